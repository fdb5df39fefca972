// SPDX-License-Identifier: ISC
// pay.js - a merchant's checkout with the form of /js/v1: its server opens a
// payment, the form confirms it, and the receipt shows what the gateway knows.
// A shop of your own has its own server in the place of sandbox/payment.

import { $, copyButton, el } from "../../admin/dom.js";

const PRICES = { USD: 1250, LRD: 240000, TZS: 3200000 };

const CARDS = [
	["4242 4242 4242 4242", "green", "Paid"],
	["4000 0027 6000 3184", "blue", "3-D Secure"],
	["4000 0000 0000 0341", "amber", "Disputed"],
	["4000 0000 0000 0002", "red", "Declined"],
	["4000 0000 0000 9995", "red", "No funds"],
	["4000 0000 0000 0069", "red", "Expired"],
];
const PHONES = [
	["+231881111000", "green", "MTN: paid"],
	["+231881111001", "red", "MTN: rejected"],
	["+231881111003", "red", "MTN: no funds"],
	["+231771111000", "green", "Orange: paid"],
	["+231771111002", "amber", "Orange: timeout"],
];

const soxara = window.Soxara("sxm_test_demoshop");
let form = null;

const currency = () => document.querySelector("[name=price]:checked").value;

// What the merchant's server does.
async function openPayment() {
	const response = await fetch("../../api/v1/sandbox/payment", {
		method: "POST", headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ amount: PRICES[currency()],
			currency: currency(), description: "Two bags of coffee" }) });
	const { data, error } = await response.json();
	if (response.ok)
		return data;
	throw new Error(response.status === 404 ?
		"This gateway is live: it has no demo payments." : error.message);
}

function thanks({ id, client_secret: secret }) {
	const url = new URL("../../thanks/", location.href);
	url.search = new URLSearchParams({ payment: id,
		payment_client_secret: secret });
	return url.href;
}

async function begin() {
	$("problem").textContent = "";
	$("begin").disabled = true;
	form?.unmount();
	try {
		const payment = await openPayment();
		form = soxara.elements({ clientSecret: payment.client_secret });
		form.on("ready", () => {
			$("begin").hidden = true;
		});
		form.on("submit", async (event) => {
			event.preventDefault();
			choose(false);
			const { error } = await soxara.confirmPayment({ elements: form,
				confirmParams: { return_url: new URL("../../thanks/",
					location.href).href } });
			if (error)
				failed(error);
			else
				location.assign(thanks(payment));
		});
		form.mount("#payment-form");
	} catch (error) {
		$("problem").textContent = error.message;
	}
	$("begin").disabled = false;
}

// The form says why. A payment that failed is over: another try is another
// payment.
function failed(error) {
	choose(true);
	$("begin").textContent = "Try again";
	$("begin").hidden = !error.payment;
}

function choose(may) {
	$("prices").disabled = !may;
}

function reprice() {
	$("sum").textContent = document.querySelector(
		".fare:has(:checked) .fare-price").textContent;
	form?.unmount();
	form = null;
	$("problem").textContent = "";
	$("begin").textContent = "Continue to payment";
	$("begin").hidden = false;
}

const list = (rows) => rows.map(([number, tone, what]) => el("li", {},
	el("span", { class: "mono number" }, number),
	el("span", { class: `pill tone-${tone}` }, what),
	copyButton(number, number.replaceAll(" ", ""))));

$("begin").addEventListener("click", begin);
$("prices").addEventListener("change", reprice);
$("test-cards").append(...list(CARDS));
$("test-phones").append(...list(PHONES));
reprice();

// SPDX-License-Identifier: ISC
// wallet.js - the holder of a wallet says yes or no to a payment, and goes
// back to the shop.

import { $, el } from "../admin/dom.js";
import { ask, isFinal, medal, money, takeSecret, wayBack }
	from "../thanks/payment.js";

const secret = takeSecret();
let busy = false;

const ENDS = {
	succeeded: ["green", "check", "This payment is paid"],
	failed: ["red", "cross", "This payment was not made"],
	canceled: ["grey", "cross", "This payment was canceled"],
};

function draw(payment, tone, mark, title, ...more) {
	document.title = payment ? `${title} - ${payment.merchant.name}` : title;
	$("test").hidden = payment?.livemode ?? true;
	$("receipt").className = `card receipt tone-${tone}`;
	$("receipt").replaceChildren(medal(mark), el("h1", {}, title), ...more);
	$("announce").textContent = title;
}

const lost = (text) => draw(null, "grey", "cross",
	"There is nothing to approve", el("p", { class: "muted" }, text));

function showEnd(payment) {
	const [tone, mark, title] = ENDS[payment.status];
	draw(payment, tone, mark, title,
		el("p", { class: "muted" }, payment.failure?.message ?? ""),
		el("p", { class: "tools" }, el("a", { class: "button",
			href: wayBack(payment, secret) },
		`Back to ${payment.merchant.name}`)));
}

function showForm(payment) {
	draw(payment, "blue", "wallet", `Pay ${payment.merchant.name}?`,
		el("p", { class: "sum" }, money(payment)),
		el("p", { class: "muted" }, payment.description ?? ""),
		document.importNode($("ask").content, true));
	$("approve").textContent = `Approve ${money(payment)}`;
	$("approval").addEventListener("submit", approve);
	$("decline").addEventListener("click", decline);
	$("phone").focus();
}

// What is wrong, at the field that it is about.
function complain(text, field = null) {
	$("problem").textContent = text;
	for (const name of ["phone", "pin"])
		$(name).setAttribute("aria-invalid", name === field);
	if (field)
		$(field).focus();
}

// "0881 158 457" as it is dialled in Liberia, and with the country before it.
function phoneNumber() {
	const text = $("phone").value.replace(/[\s().-]/g, "");
	return text.replace(/^00/, "+").replace(/^0(\d{9})$/, "+231$1");
}

// Does what a button is for, once at a time.
async function doing(verb, body) {
	if (busy)
		return;
	busy = true;
	complain("");
	for (const id of ["approve", "decline"])
		$(id).setAttribute("aria-disabled", "true");
	try {
		location.replace(wayBack(await ask(secret, verb, body), secret));
	} catch (error) {
		busy = false;
		for (const id of ["approve", "decline"])
			$(id).removeAttribute("aria-disabled");
		await refused(error);
	}
}

async function refused(error) {
	const field = error.details?.field;
	if (error.status === undefined)
		return complain("The gateway cannot be reached. Check your " +
			"connection and try again.");
	if (error.status === 409)
		return start();
	$("pin").value = "";
	if (field === "phone_number")
		return complain("Enter the phone number with its country: +231…",
			"phone");
	if (error.status === 403)
		return complain("Phone number or PIN is wrong.", "pin");
	complain(error.wait ? `Too many attempts. Try again in ${error.wait} ` +
		"seconds." : error.message, "pin");
}

function approve(event) {
	event.preventDefault();
	if (!$("phone").value.trim())
		return complain("Enter your phone number.", "phone");
	if (!/^\d{4,8}$/.test($("pin").value))
		return complain("Enter your PIN.", "pin");
	doing("/approve", { phone_number: phoneNumber(), pin: $("pin").value });
}

function decline() {
	doing("/decline", {});
}

async function start() {
	try {
		const payment = await ask(secret);
		const wallet = payment.payment_method?.type === "soxara_wallet";
		if (isFinal(payment))
			showEnd(payment);
		else if (wallet && payment.status === "requires_action")
			showForm(payment);
		else
			lost("This payment is not made with a wallet. Go back to the " +
				"shop and choose it there.");
	} catch (error) {
		lost(error.status === undefined ? "The gateway cannot be reached. " +
			"Reload this page to try again." : "The address names no payment " +
			"of this gateway. Go back to the shop and try again.");
	}
}

// Back from the shop's page, as this one was left.
addEventListener("pageshow", (event) => {
	busy = false;
	if (event.persisted && secret)
		start();
});

if (secret)
	start();
else
	lost("The address is incomplete. Go back to the shop and try again.");

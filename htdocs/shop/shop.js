// SPDX-License-Identifier: ISC
// shop.js - a shop as a partner would write it: open a payment on the server,
// let the payer confirm it in the browser, and believe only the server about
// what became of it.

import { $, el } from "../admin/dom.js";
import { Status, ask, money } from "./status.js";

const PARTNER = "ECHEZONA001";
const CLIENT = "AIRPEACE001";
const CURRENCY = "USD";

const FARES = {
	saver: { price: 420, seat: "31E", baggage: "Cabin bag" },
	economy: { price: 750, seat: "24A", baggage: "2 × 23 kg" },
	business: { price: 1980.5, seat: "2K", baggage: "3 × 32 kg" },
};

const CARDS = [
	["4242 4242 4242 4242", "green", "Paid"],
	["5555 5555 5555 4444", "green", "Paid"],
	["4000 0027 6000 3184", "blue", "3-D Secure"],
	["4000 0082 6000 3178", "blue", "3DS, no funds"],
	["4000 0000 0000 0002", "red", "Declined"],
	["4000 0000 0000 9995", "red", "No funds"],
	["4000 0000 0000 0069", "red", "Expired"],
	["4000 0000 0000 0259", "amber", "Paid, disputed"],
];

const dark = matchMedia("(prefers-color-scheme: dark)");
const announce = (text) => {
	$("announce").textContent = text;
};

// The checkout under way, or null: { answer, stripe, elements, element,
// status }.
let checkout = null;

const fare = () =>
	FARES[document.querySelector("[name=fare]:checked").value];

// Steps

function showStep(name) {
	for (const step of ["traveller", "payment", "ticket"])
		$(step).hidden = step !== name &&
			!(step === "ticket" && checkout?.status && name === "payment");
	const order = [...$("steps").children];
	const at = order.findIndex((item) => item.dataset.step === name);
	order.forEach((item, i) => {
		item.classList.toggle("done", i < at);
		if (i === at)
			item.setAttribute("aria-current", "step");
		else
			item.removeAttribute("aria-current");
	});
	$("cards").hidden = name !== "payment";
	$("again").hidden = name !== "ticket";
	for (const input of document.querySelectorAll("[name=fare]"))
		input.disabled = name !== "traveller";
}

function showFare() {
	const { price, seat, baggage } = fare();
	$("sum").textContent = money(price, CURRENCY);
	$("seat").textContent = seat;
	$("baggage").textContent = baggage;
}

// A departure some weeks ahead, whenever this is looked at.
function showDay() {
	const day = new Date(Date.now() + 30 * 86400000);
	$("day").textContent = new Intl.DateTimeFormat("en-GB", { weekday: "short",
		day: "numeric", month: "short" }).format(day);
}

// The card form

const loading = {};

// Stripe.js, or the sandbox's stand-in for it.
function loadStripe(base) {
	const src = `${base}/js/stripe.js`;
	return loading[src] ??= new Promise((done, fail) => {
		document.head.append(el("script", { src,
			load: () => done(window.Stripe),
			error: () => {
				delete loading[src];
				fail(new Error("The card form could not be loaded from " +
					`${src}. Is the sandbox running there?`));
			} }));
	});
}

function appearance() {
	const style = getComputedStyle(document.documentElement);
	const colour = (name) => style.getPropertyValue(`--${name}`).trim();
	return { theme: dark.matches ? "night" : "stripe", variables: {
		colorPrimary: colour("accent"), colorBackground: colour("surface"),
		colorText: colour("text"), colorTextSecondary: colour("muted"),
		colorDanger: colour("red"), fontFamily: colour("sans"),
		fontSizeBase: "1rem", borderRadius: "8px" } };
}

async function mountCard(current, email) {
	const { answer } = current;
	if (!answer.sandbox_base_url)
		throw new Error("This gateway uses Stripe itself. The demo shop " +
			"pays at the sandbox's stand-in only.");
	const Stripe = await loadStripe(answer.sandbox_base_url);
	current.stripe = Stripe(answer.stripe_publishable_key);
	current.elements = current.stripe.elements({
		clientSecret: answer.client_secret, appearance: appearance() });
	current.element = current.elements.create("payment", { defaultValues: {
		billingDetails: { email } } });
	current.element.on("ready", () => {
		$("pay").disabled = false;
		current.element.focus();
	});
	current.element.on("loaderror", ({ error }) => {
		$("payment-error").textContent = error.message;
	});
	current.element.mount("#card");
}

// Opening the payment

async function begin(event) {
	event.preventDefault();
	const email = $("email").value.trim();
	const { price } = fare();
	$("traveller-error").textContent = "";
	$("begin").disabled = true;
	try {
		const answer = await ask("", { partner_id: PARTNER,
			client_id: CLIENT, amount: price, currency: CURRENCY, email,
			echezona_reference: `SHOP-${Date.now()}`,
			statement_descriptor_suffix: "AIRPEACE" });
		checkout = { answer, price };
		$("who").textContent = email;
		$("pay").textContent = `Pay ${money(price, CURRENCY)}`;
		showStep("payment");
		await mountCard(checkout, email);
	} catch (error) {
		restart();
		$("traveller-error").textContent = error.message;
	} finally {
		$("begin").disabled = false;
	}
}

function restart() {
	checkout?.status?.stop();
	checkout?.element?.destroy();
	checkout = null;
	$("pay").disabled = true;
	$("payment-error").textContent = "";
	$("ticket").replaceChildren();
	$("card").replaceChildren(el("p", { class: "muted loading" },
		"Loading the card form…"));
	showStep("traveller");
}

// Paying

function busy(is) {
	$("payment").setAttribute("aria-busy", is);
	$("pay").disabled = is;
	$("change").disabled = is;
	$("redirect").disabled = is;
	$("pay").textContent = is ? "Paying…" :
		`Pay ${money(checkout.price, CURRENCY)}`;
}

function returnUrl(id) {
	const url = new URL("return.html", location.href);
	url.search = new URLSearchParams({ tx: id });
	return url.href;
}

async function pay(event) {
	event.preventDefault();
	const current = checkout;
	const { answer, stripe, elements } = current;
	if (!elements || $("pay").disabled)
		return;
	$("payment-error").textContent = "";
	busy(true);
	const { error } = await stripe.confirmPayment({ elements,
		redirect: $("redirect").checked ? "always" : "if_required",
		confirmParams: { return_url: returnUrl(answer.clive_tx_id) } })
		.catch((mistake) => ({ error: mistake }));
	busy(false);
	if (error?.type === "validation_error")
		return;		// the form says it
	if (error)
		$("payment-error").textContent = error.message;
	showStatus(current);
	showStep(error ? "payment" : "ticket");
	if (!error)
		$("checkout").focus({ preventScroll: true });
}

function showStatus(current) {
	current.status ??= new Status($("ticket"), current.answer.clive_tx_id,
		announce);
	current.status.follow();
}

// Test cards

function listCards() {
	$("card-list").append(...CARDS.map(([number, tone, what]) =>
		el("li", {},
			el("button", { type: "button", class: "test-card",
				"data-number": number.replaceAll(" ", ""),
				click: () => {
					checkout?.element?.sandboxFill({ number,
						expiry: "12 / 34", cvc: "123" });
					announce(`Filled in the card ending ${number.slice(-4)}`);
					$("pay").focus();
				} },
			el("span", { class: "mono number" }, number),
			el("span", { class: `pill tone-${tone}` }, what)))));
}

$("fares").addEventListener("change", showFare);
$("traveller").addEventListener("submit", begin);
$("payment").addEventListener("submit", pay);
for (const id of ["change", "another"])
	$(id).addEventListener("click", () => {
		restart();
		$("email").focus();
	});
dark.addEventListener("change", () =>
	checkout?.elements?.update({ appearance: appearance() }));
showDay();
showFare();
listCards();
showStep("traveller");

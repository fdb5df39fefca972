// SPDX-License-Identifier: ISC
// thanks.js - the page after a payment: what the gateway's record says of it,
// until that is the last word.

import { $, el } from "../admin/dom.js";
import { follow, medal, methodName, money, takeSecret } from "./payment.js";

const WHEN = new Intl.DateTimeFormat([], { dateStyle: "long",
	timeStyle: "short" });

const secret = takeSecret();

function facts(payment) {
	const rows = [["Shop", payment.merchant.name],
		["For", payment.description], ["Method", methodName(payment)],
		["Date", WHEN.format(new Date(payment.updated_at))],
		["Payment", el("span", { class: "mono" }, payment.id)]];
	return el("dl", { class: "facts" }, ...rows.filter(([, value]) => value)
		.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

// What there is for the payer to do, or null.
function todo({ next_action: action, payment_method: method }) {
	const url = action?.redirect_to_url?.url;
	if (url)
		return el("p", {}, el("a", { class: "button primary", href: url },
			"Go on with the payment"));
	if (method?.type !== "momo")
		return null;
	return el("p", {}, "Approve it with your PIN on ",
		el("strong", { class: "nowrap" }, method.momo.phone_number), ".");
}

const LOOKS = {
	requires_payment_method: { tone: "grey", mark: "clock",
		title: "Not paid yet", text: "Nothing has been charged. Go back to " +
			"the shop to choose how to pay." },
	requires_action: { tone: "blue", mark: "clock", waits: true,
		title: "Processing your payment",
		text: "This page follows it and changes by itself." },
	succeeded: { tone: "green", mark: "check", title: "Thank you" },
	failed: { tone: "red", mark: "cross", title: "The payment failed" },
	canceled: { tone: "grey", mark: "cross", title: "The payment was canceled",
		text: "Nothing was charged." },
};

function show(payment) {
	const { tone, mark, title, text, waits } = LOOKS[payment.status];
	const paid = payment.status === "succeeded";
	const says = paid ? `${payment.merchant.name} received your payment.` :
		payment.failure?.message ?? text;
	$("test").hidden = payment.livemode;
	document.title = `${title} - ${payment.merchant.name}`;
	$("receipt").className = `card receipt tone-${tone}`;
	$("receipt").dataset.status = payment.status;
	$("receipt").replaceChildren(medal(mark, waits), el("h1", {}, title),
		el("p", { class: "sum" }, money(payment)),
		el("p", { class: "muted" }, says),
		...(payment.status === "failed" ? [el("p", { class: "muted" },
			"Nothing was charged. To try again, go back to the shop.")] : []),
		...(waits ? [todo(payment) ?? ""] : []), facts(payment),
		...(paid ? [el("p", { class: "tools" }, el("button", { type: "button",
			class: "button", click: () => print() }, "Print"))] : []));
	$("announce").textContent = `${title}. ${says}`;
}

function lost(text) {
	document.title = "No payment here";
	$("receipt").dataset.status = "unknown";
	$("receipt").replaceChildren(medal("cross"),
		el("h1", {}, "There is no payment to show"),
		el("p", { class: "muted" }, text));
}

function trouble(error) {
	if (error && [400, 401, 403, 404].includes(error.status))
		lost("The address is incomplete, or names no payment of this gateway. " +
			"Open the link from the shop again.");
	$("trouble").textContent = error && error.status === undefined ?
		"The gateway cannot be reached. Trying again…" : "";
}

if (secret)
	follow(secret, show, trouble);
else
	lost("The address is incomplete. Open the link from the shop again.");

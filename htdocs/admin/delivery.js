// SPDX-License-Identifier: ISC
// delivery.js - one delivery: its event, and every attempt with what was sent
// and what came back.

import { api, mayChange } from "./api.js";
import { $, announce, block, bones, copyButton, copyable, el, fact, factCard,
	forbid, icon, keepingFocus, message, pill, setBusy, shortTime, time }
	from "./dom.js";
import { Keyed } from "./list.js";
import { resendButton, resendEvent, work } from "./resend.js";
import { transactionHash } from "./transactions.js";
import { deliveryHash, endpointHash, eventName, lastAnswer, nearlyTried,
	nextTry } from "./webhook-words.js";
import { duration, plural } from "./words.js";

let id = null;
let text = "";		// the answer that is on view
let shown = null;
let turn = 0;

function wentWell({ response_status: status }) {
	return status >= 200 && status < 300;
}

function attemptWords(attempt) {
	const took = duration(attempt.duration_ms);
	if (attempt.response_status === null)
		return `No answer in ${took}: ${attempt.error ?? "reason unknown"}`;
	return `Answered in ${took}` + (attempt.error ? `: ${attempt.error}` : "");
}

function responseTitle({ response_body: body, response_length: length }) {
	return length !== null && body !== null && length > body.length ?
		`Body received (the first part of ${length.toLocaleString()} bytes)` :
		"Body received";
}

function attemptNode(attempt) {
	const well = wentWell(attempt);
	const title = `Attempt ${attempt.number}`;
	return el("li", { "data-kind": "attempt" },
		el("span", { class: `knot tone-${well ? "green" : "red"}` },
			icon("attempt")),
		el("div", {},
			el("div", { class: "entry-head" }, el("h3", {}, title),
				pill(attempt.response_status === null ? "no answer" :
					String(attempt.response_status),
				well ? "green" : "red"),
				el("p", { class: "entry-time" },
					time(attempt.started_at))),
			el("p", { class: "entry-sub" }, attemptWords(attempt)),
			el("details", {}, el("summary", {}, "Sent and received",
				el("span", { class: "sr" }, ` of: ${title}`)),
			el("div", { class: "particulars" },
				block("Headers sent", attempt.request_head),
				block("Headers received", attempt.response_head),
				block(responseTitle(attempt), attempt.response_body)))));
}

const attempts = new Keyed($("attempts"), (attempt) => attempt.number,
	attemptNode);

function deliveryCard(d) {
	return factCard("Delivery",
		fact("Endpoint", el("a", { href: endpointHash(d.endpoint_id) },
			d.endpoint_name)),
		fact("Partner", d.partner_id),
		d.client_id === null ? null : fact("Merchant", d.client_id),
		fact("Attempts", d.attempts.toLocaleString()),
		fact("Last answer", lastAnswer(d)),
		fact("Next attempt", d.next_attempt_at === null ? "None" :
			el("span", {}, ...nextTry(d.next_attempt_at, "active", ""))),
		fact("Created", time(d.created_at)),
		fact("Last change", time(d.updated_at)),
		d.origin === null ? null : fact("Repeats", el("a", {
			class: "mono", href: deliveryHash(d.origin) }, d.origin),
		"wrap"),
		copyable("URL", d.url));
}

function eventCard(event) {
	return factCard("Event",
		fact("Type", el("span", { class: "mono" }, event.type)),
		fact("Happened", time(event.created_at)),
		event.clive_tx_id === null ? null : fact("Transaction",
			el("a", { class: "mono",
				href: transactionHash(event.clive_tx_id) },
			event.clive_tx_id), "wrap"),
		copyable("Event ID", event.id));
}

function showDelivery(answer) {
	const { delivery: d, event, curl } = answer;
	shown = answer;
	$("delivery-back").href = endpointHash(d.endpoint_id);
	$("delivery-back-text").textContent = d.endpoint_name;
	$("delivery-title").textContent = eventName(d.event_type);
	$("delivery-status").replaceChildren(pill(d.status));
	document.title = `${eventName(d.event_type)} to ${d.endpoint_name} ` +
		"· Clive admin";
	keepingFocus($("delivery-id"), () => $("delivery-id").replaceChildren(
		el("span", { class: "mono" }, d.id),
		copyButton("delivery ID", d.id)));
	keepingFocus($("delivery-resend"), () =>
		$("delivery-resend").replaceChildren(resendButton({ id: d.id,
			due: d.status === "due", to: d.endpoint_name, done: renew })));
	forbid($("event-resend"), !mayChange(), "role-note");
	$("event-resend").hidden = event.clive_tx_id === null;
	keepingFocus($("delivery-facts"), () =>
		$("delivery-facts").replaceChildren(deliveryCard(d)));
	keepingFocus($("event-facts"), () =>
		$("event-facts").replaceChildren(eventCard(event)));
	$("attempts-note").textContent = answer.attempts.length === 0 ?
		d.status === "due" ? "None yet." : "None was made." :
		`${plural(answer.attempts.length, "attempt")}, newest last, times ` +
		`in ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
	const none = attempts.size === 0;
	attempts.show(answer.attempts);
	// The last one is what somebody comes to see.
	if (none && attempts.size > 0)
		$("attempts").querySelector("li:last-child details").open = true;
	keepingFocus($("delivery-body"), () => $("delivery-body").replaceChildren(
		block("Body", event.body),
		curl === null ? "" : block("curl command", curl)));
}

function clear() {
	turn++;
	text = "";
	shown = null;
	attempts.clear();
	for (const box of ["delivery-title", "delivery-status", "delivery-id",
		"delivery-message", "delivery-facts", "event-facts",
		"delivery-resend", "delivery-body", "delivery-others"])
		$(box).replaceChildren();
	$("event-resend").hidden = true;
	$("delivery-page").hidden = true;
}

async function read(quiet) {
	const mine = ++turn;
	setBusy($("view-delivery"), !quiet);
	let answer = null, failure = null;
	try {
		answer = await api(`/webhooks/deliveries/${encodeURIComponent(id)}`);
	} catch (error) {
		failure = error;
	}
	if (mine !== turn)
		return;
	setBusy($("view-delivery"), false);
	if (failure && quiet)
		return;
	$("delivery-message").replaceChildren();
	$("delivery-page").hidden = failure !== null;
	if (failure)
		return message($("delivery-message"), failure.status === 404 ?
			"There is no such delivery" :
			"The delivery could not be loaded", failure.message,
		{ error: failure, button: "Try again", action: load });
	if (JSON.stringify(answer) !== text) {
		text = JSON.stringify(answer);
		showDelivery(answer);
	}
	if (!quiet)
		await readOthers(answer.event.id);
}

// Where else the event went.
async function readOthers(event) {
	const mine = turn;
	let others = [];
	try {
		others = (await api(`/webhooks/events/${encodeURIComponent(event)}`))
			.deliveries.filter((delivery) => delivery.id !== id);
	} catch {
		// The delivery itself is on view; this is beside it.
	}
	if (mine !== turn)
		return;
	$("delivery-others").replaceChildren(...(others.length === 0 ? [] : [
		el("h2", {}, "Other deliveries of this event"),
		el("ul", { class: "others" }, ...others.map((delivery) =>
			el("li", {}, el("a", { href: deliveryHash(delivery.id) },
				delivery.endpoint_name), pill(delivery.status),
			el("span", { class: "muted" },
				shortTime(delivery.created_at))))),
	]));
}

function load() {
	clear();
	$("delivery-title").textContent = "Delivery";
	$("delivery-facts").append(...bones(8));
	$("delivery-page").hidden = false;
	return read(false);
}

async function renew() {
	await read(true);
	if (shown !== null)
		await readOthers(shown.event.id);
}

$("event-resend").addEventListener("click", () => work($("event-resend"),
	async () => {
		await resendEvent(shown.event.id);
		await renew();
	}));

$("delivery-refresh").addEventListener("click", async () => {
	await read(false);
	announce("Refreshed");
});

export const deliveryView = {
	name: "delivery", nav: "webhooks", title: "Delivery",
	open(hash, [named]) {
		id = named;
		load();
	},
	pace: () => shown && nearlyTried(shown.delivery) ? 1 : 10,
	tick() {
		if (shown?.delivery.status === "due")
			read(true);
	},
	forget: clear,
};

// SPDX-License-Identifier: ISC
// endpoint.js - one endpoint: how it is, what it is set to, what can be done
// with it, and the log of what was sent to it.

import { api, mayChange } from "./api.js";
import { tell } from "./ask.js";
import { csvButton } from "./csv.js";
import { $, announce, bones, copyButton, copyable, dash, el, fact, factCard,
	forbid, keepingFocus, message, pill, setBusy,
	shortTime, time } from "./dom.js";
import { askDelete, askDisable, askEnable, askReplay, askRotate, askProve }
	from "./endpoint-ask.js";
import { PagedList, cell, filtersOfForm, filtersOfHash, filtersToForm, hashOf,
	openRows } from "./list.js";
import { resendButton, work } from "./resend.js";
import { deliveryHash, endpointHash, eventName, health, healthDot, lastAnswer,
	merchantOf, nearlyTried, nextTry, pausesOf, scheduleName, scheduleSteps,
	scheduleSummary, situation, statusPill, statusReason } from "./webhook-words.js";
import { webhooksChanged } from "./webhooks.js";
import { LIST_TIME, duration, plural } from "./words.js";

const FILTERS = ["status"];

let id = null;
let endpoint = null;	// as last read; null: not yet
let text = "";		// the answer that is on view
let filters = {};
let turn = 0;

// A secret in clear, shown until the page is left: { id, secret }.
let made = null;

export function showMade(of, secret) {
	made = { id: of, secret };
}

// The log

function logRow(delivery) {
	const at = delivery.next_attempt_at;
	const tried = plural(delivery.attempts, "attempt");
	const row = el("tr", { role: "row", "data-id": delivery.id },
		cell("event", el("span", { class: "line" }, el("a", {
			href: deliveryHash(delivery.id) },
		eventName(delivery.event_type))),
		el("span", { class: "line below" }, delivery.clive_tx_id ?
			el("span", { class: "mono" }, delivery.clive_tx_id) :
			"About no transaction")),
		cell("state", pill(delivery.status), el("span", {
			class: "below" }, tried)),
		cell("answer", lastAnswer(delivery)),
		cell("when", el("span", { class: "line" },
			shortTime(delivery.created_at)),
		el("span", { class: "line below" }, ...at !== null ? nextTry(at) :
			delivery.origin === null ? [] : ["A resend"])),
		cell("tools", resendButton({ id: delivery.id,
			due: delivery.status === "due", to: delivery.endpoint_name,
			done: renew })));
	row.children[2].title = row.children[2].textContent;
	return row;
}

function logPath() {
	return `/webhooks/deliveries?${new URLSearchParams({
		...filters, endpoint: id })}`;
}

const log = new PagedList({
	table: $("log"), message: $("log-message"), more: $("log-more"),
	count: $("log-count"), live: null,
	columns: ["event", "state", "answer", "when", "tools"],
	noun: ["delivery", "deliveries"],
	key: (delivery) => delivery.id,
	row: logRow,
	also: situation,
	path: logPath,
	empty: () => filters.status ? {
		title: `No delivery is ${filters.status}`,
		text: "Others may be there.",
		button: "Show all", action: () => {
			location.hash = endpointHash(id);
			$("log-status").focus();
		},
	} : { title: "Nothing sent yet",
		text: "Send a test event, or wait for the next payment." },
	failed: "The deliveries could not be loaded",
	pageSize: 25,
});

// Facts

function yes(value, words = "Yes") {
	return value ? words : el("span", { class: "muted" }, "No");
}

function settings(e) {
	const pauses = pausesOf(e.pauses) ?? [];
	return factCard("Settings",
		fact("Partner", e.partner_id),
		merchantOf(e) === null ? null : fact("Merchant", merchantOf(e)),
		fact("Events", el("ul", { class: "plain" }, ...e.events.map(
			(type) => el("li", {}, eventName(type))))),
		fact("Schedule", el("span", {}, scheduleName(e), el("span", {
			class: "below line" }, scheduleSummary(pauses)))),
		fact("Attempts", scheduleSteps(pauses), "wrap"),
		fact("Deliveries a second", e.rate_limit === null ?
			"No limit" : `At most ${e.rate_limit.toLocaleString()}`),
		fact("At the same time", e.max_parallel === null ?
			"As configured" : `At most ${e.max_parallel}`),
		fact("In order", yes(e.ordered, "Per transaction")),
		fact("Signed with ed25519, too", yes(e.ed25519)));
}

function secretCard(e, secrets) {
	return factCard("Secret",
		fact("Ends in", el("span", { class: "mono" }, e.secret ?? "—")),
		...secrets.map(({ number, created_at: since, expires_at: until }) =>
			fact(`Secret ${number}`, el("span", {}, until === null ?
				"made " : "signs until ",
			time(until ?? since, LIST_TIME)))));
}

function healthCard(e) {
	const now = health(e);
	return factCard("Health",
		fact("Now", el("span", { class: "health-line" },
			healthDot(now.tone), now.word)),
		e.failing_since === null ? null : fact("Failing since",
			time(e.failing_since, LIST_TIME)),
		fact("Last success", e.last_success_at === null ? "None yet" :
			time(e.last_success_at, LIST_TIME)),
		fact("Failures in a row", e.failures.toLocaleString()),
		fact("Last answer took", e.last_duration_ms === null ? dash() :
			duration(e.last_duration_ms)),
		fact("Waiting", e.waiting >= 10000 ? "10,000 or more" :
			plural(e.waiting, "delivery", "deliveries")),
		e.next_attempt_at === null ? null : fact("Next attempt", el("span", {},
			...nextTry(e.next_attempt_at, e.status, ""))),
		e.seen_at === null ? null :
			fact("Listener seen", time(e.seen_at)));
}

// What an operator should know at once, above everything else.
function showReason(e) {
	const reason = statusReason(e);
	const tone = e.status === "disabled" &&
		e.disabled_reason !== "operator" ? "red" : "amber";
	const kept = e.status === "active" ? "" :
		" Events are kept meanwhile, and go out once it is active.";
	$("endpoint-reason").hidden = reason === null;
	$("endpoint-reason").className = `callout tone-${tone}`;
	$("endpoint-reason").replaceChildren(
		el("span", {}, ...(reason ?? []), kept));
}

function showTools(e) {
	const listener = e.url === null;
	$("do-enable").hidden = e.status === "active";
	$("do-disable").hidden = e.status !== "active";
	$("do-prove").hidden = listener;
	$("do-change").href = `${endpointHash(e.id)}/change`;
	for (const button of $("endpoint-tools").children) {
		forbid(button, !mayChange(), "role-note");
		if (button === $("do-change") && !mayChange())
			button.removeAttribute("href");
	}
}

function showEndpoint({ endpoint: e, secrets }) {
	endpoint = e;
	$("endpoint-title").textContent = e.name;
	$("endpoint-status").replaceChildren(statusPill(e));
	keepingFocus($("endpoint-url"), () => $("endpoint-url").replaceChildren(
		...(e.url === null ? ["A listener: it fetches its deliveries"] :
			[el("span", { class: "mono" }, e.url),
				copyButton("URL", e.url)])));
	document.title = `${e.name} · Clive admin`;
	showReason(e);
	showTools(e);
	$("endpoint-health").replaceChildren(healthCard(e));
	keepingFocus($("endpoint-facts"), () =>
		$("endpoint-facts").replaceChildren(settings(e),
			secretCard(e, secrets),
			factCard("Record", fact("Created", time(e.created_at)),
				fact("Last change", time(e.updated_at)),
				copyable("Endpoint ID", e.id))));
}

function clear() {
	turn++;
	text = "";
	endpoint = null;
	for (const box of ["endpoint-title", "endpoint-status", "endpoint-url",
		"endpoint-message", "endpoint-health", "endpoint-facts"])
		$(box).replaceChildren();
	$("endpoint-reason").hidden = true;
	$("endpoint-tools").hidden = true;
	$("endpoint-body").hidden = true;
	log.reset();
}

function begin() {
	clear();
	$("endpoint-title").textContent = "Endpoint";
	$("endpoint-message").append(...bones(6));
	$("endpoint-tools").hidden = false;
	for (const button of $("endpoint-tools").children)
		forbid(button, true, "role-note");
}

// quiet: in the background, where trouble shows as nothing new.
async function read(quiet) {
	const mine = ++turn;
	setBusy($("view-endpoint"), !quiet);
	let answer = null, failure = null;
	try {
		answer = await api(`/webhooks/endpoints/${encodeURIComponent(id)}`);
	} catch (error) {
		failure = error;
	}
	if (mine !== turn)
		return;
	setBusy($("view-endpoint"), false);
	// One that was deleted meanwhile is no longer on view.
	if (failure && quiet && failure.status !== 404)
		return;
	$("endpoint-message").replaceChildren();
	$("endpoint-body").hidden = $("endpoint-tools").hidden =
		failure !== null;
	if (failure)
		return message($("endpoint-message"), failure.status === 404 ?
			"There is no such endpoint" :
			"The endpoint could not be loaded", failure.message,
		{ error: failure, button: "Try again", action: load });
	const now = JSON.stringify(answer) + situation(answer.endpoint);
	if (now === text)
		return;
	text = now;
	showEndpoint(answer);
}

function load() {
	begin();
	log.load("reset");
	return read(false);
}

// After something was done: the facts and the log, quietly.
async function renew() {
	webhooksChanged();
	await Promise.all([read(true), log.refresh()]);
}

// The secret that was just made

function showSecret() {
	const mine = made?.id === id;
	$("made").hidden = !mine;
	if (!mine) {
		made = null;
		$("made-secret").replaceChildren();
		return;
	}
	$("made-secret").replaceChildren(
		el("code", { class: "mono" }, made.secret),
		copyButton("secret", made.secret, "Copy"));
	$("made-title").focus({ preventScroll: true });
}

function forgetSecret() {
	made = null;
	showSecret();
}

$("made-done").addEventListener("click", () => {
	forgetSecret();
	$("endpoint-title").focus({ preventScroll: true });
});

// What the buttons do

const path = (verb) =>
	`/webhooks/endpoints/${encodeURIComponent(id)}/${verb}`;

async function sendTest() {
	const { delivery } = await api(path("test"), {});
	tell("A test event is on its way.", { href: deliveryHash(delivery.id),
		link: "Show the delivery" });
}

const DO = {
	"do-test": sendTest,
	"do-prove": () => askProve(endpoint, path("prove")),
	"do-replay": () => askReplay(endpoint, path("replay")),
	"do-enable": () => askEnable(endpoint, path("enable")),
	"do-disable": () => askDisable(endpoint, path("disable")),
	"do-rotate": async () => {
		const secret = await askRotate(endpoint, path("rotate"));
		if (secret !== null) {
			showMade(id, secret);
			showSecret();
			$("made").scrollIntoView({ block: "nearest" });
		}
		return secret;
	},
};

for (const [button, job] of Object.entries(DO))
	$(button).addEventListener("click", () => work($(button), async () => {
		if (endpoint === null)
			return;
		if (await job() !== null)
			await renew();
		// The one that was used may have made way for its opposite.
		if ($(button).hidden)
			$(button === "do-enable" ? "do-disable" : "do-enable").focus();
	}));

$("do-delete").addEventListener("click", () => work($("do-delete"),
	async () => {
		if (endpoint === null ||
		    await askDelete(endpoint, path("delete")) === null)
			return;
		webhooksChanged();
		id = null;
		tell(`${endpoint.name} was deleted.`, { stays: true });
		location.hash = "#/webhooks";
	}));

$("endpoint-refresh").addEventListener("click", async () => {
	await Promise.all([read(false), log.load("reset")]);
	announce("Refreshed");
});

$("log-filters").before(csvButton({ name: "deliveries", path: logPath,
	noun: ["delivery", "deliveries"], columns: [
		["Delivery ID", (d) => d.id],
		["Event", (d) => d.event_type],
		["Event ID", (d) => d.event_id],
		["Transaction ID", (d) => d.clive_tx_id],
		["Status", (d) => d.status],
		["Attempts", (d) => d.attempts],
		["Last answer", (d) => d.last_status],
		["Last error", (d) => d.last_error],
		["Created (UTC)", (d) => d.created_at],
		["Changed (UTC)", (d) => d.updated_at],
	] }));
$("log-filters").addEventListener("submit", (event) =>
	event.preventDefault());
$("log-filters").addEventListener("change", () => {
	location.hash = hashOf(endpointHash(id),
		filtersOfForm($("log-filters"), FILTERS));
});

openRows($("log"), (key) => {
	location.hash = deliveryHash(key);
});

// A delivery that is tried within seconds is waited for.
function expecting() {
	return endpoint?.status !== "disabled" && log.items.some(nearlyTried);
}

export const endpointView = {
	name: "endpoint", nav: "webhooks", title: "Endpoint",
	open(hash, [named]) {
		const again = named === id && endpoint !== null;
		const asked = filtersOfHash(hash, FILTERS);
		const same = JSON.stringify(asked) === JSON.stringify(filters);
		id = named;
		filters = asked;
		filtersToForm($("log-filters"), FILTERS, filters);
		if (!again)
			load();
		else if (same)
			void Promise.all([read(true), log.reopen()]);
		else
			log.load("reset");
		showSecret();
	},
	pace: () => expecting() ? 1 : 10,
	tick() {
		if (endpoint !== null) {
			read(true);
			log.refresh();
		}
	},
	left: forgetSecret,
	forget() {
		id = null;
		forgetSecret();
		clear();
	},
};

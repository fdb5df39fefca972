// SPDX-License-Identifier: ISC
// webhooks.js - the list of all endpoints where partners are told.

import { $, el, forbid, forbidden } from "./dom.js";
import { mayChange } from "./api.js";
import { csvButton } from "./csv.js";
import { PagedList, cell, filtersOfForm, filtersOfHash, filtersToForm, hashOf,
	openRows } from "./list.js";
import { endpointHash, eventsSummary, eventsTitle, health, healthDot,
	merchantOf, nextTry,
	pausesOf, scheduleName, scheduleSummary, situation, statusPill,
	statusReason } from "./webhook-words.js";
import { plural } from "./words.js";

const FILTERS = ["status", "partner_id"];
const PATH = "#/webhooks";

let shown = null;	// the part of the URL that the list shows
let filters = {};

function lines(first, below) {
	return [el("span", { class: "line" }, ...first),
		below && below.length > 0 ?
			el("span", { class: "line below" }, ...below) : null];
}

function waiting(endpoint) {
	const { waiting: count, next_attempt_at: next, status } = endpoint;
	if (count === 0)
		return lines([el("span", { class: "muted" }, "None waiting")]);
	return lines([count >= 10000 ? "10,000 or more wait" :
		`${plural(count, "waits", "wait")}`],
	nextTry(next, status));
}

function listRow(endpoint) {
	const { tone, line, below } = health(endpoint);
	const row = el("tr", { role: "row", "data-id": endpoint.id },
		cell("endpoint", ...lines([el("a", {
			href: endpointHash(endpoint.id) }, endpoint.name)],
		[endpoint.url === null ? "Listener" :
			el("span", { class: "mono" }, endpoint.url)])),
		cell("partner", ...merchantOf(endpoint) === null ?
			[endpoint.partner_id] : lines([endpoint.partner_id],
				[merchantOf(endpoint)])),
		cell("state", ...lines([statusPill(endpoint)],
			statusReason(endpoint))),
		cell("health", healthDot(tone), el("span", { class: "lines" },
			...lines(line, below).filter(Boolean))),
		cell("waiting", ...waiting(endpoint)),
		cell("told", ...lines([eventsSummary(endpoint.events)],
			[`${scheduleName(endpoint)}, ${
				plural(endpoint.max_attempts, "attempt")}`])));
	row.children[0].title = `${endpoint.name}\n${endpoint.url ?? ""}`;
	row.children[2].title = row.children[2].querySelector(".below")
		?.textContent ?? "";
	row.children[5].title = `${eventsTitle(endpoint.events)}\n${
		scheduleSummary(pausesOf(endpoint.pauses) ?? [])}`;
	return row;
}

function listPath() {
	return `/webhooks/endpoints?${new URLSearchParams(filters)}`;
}

const list = new PagedList({
	table: $("webhooks"), message: $("webhooks-message"),
	more: $("webhooks-more"), count: $("webhooks-count"),
	live: { box: $("webhooks-live"), text: $("webhooks-live-text") },
	columns: ["endpoint", "partner", "state", "health", "waiting", "told"],
	noun: ["endpoint", "endpoints"],
	key: (endpoint) => endpoint.id,
	row: listRow,
	also: situation,
	path: listPath,
	empty: () => Object.keys(filters).length > 0 ? {
		title: "Nothing matches these filters", text: "Take one away.",
		button: "Clear filters", action: clearFilters,
	} : { title: "No endpoints yet",
		text: "Add one, and its partner is told of every payment." },
	failed: "The endpoints could not be loaded",
	loaded: suggestPartners,
});

// Partners that are on view are offered where one is asked for.
function suggestPartners(endpoints) {
	const known = $("partners");
	const names = new Set([...known.options].map((option) => option.value));
	for (const { partner_id: partner } of endpoints)
		if (!names.has(partner) && names.add(partner))
			known.append(el("option", { value: partner }));
}

function applyFilters(event) {
	event.preventDefault();
	location.hash = hashOf(PATH, filtersOfForm($("webhook-filters"),
		FILTERS));
}

function clearFilters() {
	location.hash = PATH;
	$("webhook-status").focus();
}

export const webhooksView = {
	name: "webhooks", nav: "webhooks", title: "Webhooks",
	open(hash) {
		$("endpoint-back").href = hash;
		forbid($("webhook-add"), !mayChange(), "role-note");
		if (hash === shown)
			return void list.reopen();
		shown = hash;
		filters = filtersOfHash(hash, FILTERS);
		filtersToForm($("webhook-filters"), FILTERS, filters);
		$("webhook-clear").disabled = Object.keys(filters).length === 0;
		list.load("reset");
	},
	tick: () => list.refresh(),
	forget() {
		shown = null;
		list.reset();
		$("partners").replaceChildren();
	},
};

// Something was changed elsewhere: what is shown next is read anew.
export function webhooksChanged() {
	shown = null;
}

$("webhooks-refresh").before(csvButton({ name: "endpoints", path: listPath,
	noun: ["endpoint", "endpoints"], columns: [
		["Endpoint ID", (e) => e.id],
		["Name", (e) => e.name],
		["URL", (e) => e.url],
		["Partner ID", (e) => e.partner_id],
		["Client ID", (e) => e.client_id],
		["Status", (e) => e.status],
		["Events", (e) => e.events.join(" ")],
		["Schedule", scheduleName],
		["Waiting", (e) => e.waiting],
		["Failures", (e) => e.failures],
		["Failing since (UTC)", (e) => e.failing_since],
		["Last success (UTC)", (e) => e.last_success_at],
		["Created (UTC)", (e) => e.created_at],
	] }));
$("webhook-filters").addEventListener("submit", applyFilters);
$("webhook-filters").addEventListener("change", applyFilters);
$("webhook-clear").addEventListener("click", clearFilters);
$("webhooks-refresh").addEventListener("click", () => list.load("reset"));

$("webhook-add").addEventListener("click", () => {
	if (!forbidden($("webhook-add")))
		location.hash = hashOf("#/webhooks/new", filters.partner_id ?
			{ partner_id: filters.partner_id } : {});
});

openRows($("webhooks"), (id) => {
	location.hash = endpointHash(id);
});

// SPDX-License-Identifier: ISC
// webhook-words.js - endpoints, schedules and deliveries in plain words.

import { el, icon, pill, shortTime } from "./dom.js";
import { duration, plural, sentence } from "./words.js";

// As lib/outbox.c has them.
export const PAYMENT_EVENTS = ["transaction_succeeded", "transaction_failed",
	"transaction_abandoned", "transaction_refunded",
	"transaction_chargeback"];
export const ENDPOINT_EVENTS = ["endpoint_failing", "endpoint_disabled",
	"endpoint_enabled"];

export function eventName(type) {
	const known = { "*": "All events", webhook_test: "Test event",
		endpoint_challenge: "Challenge",
		transaction_chargeback: "Transaction charged back",
		endpoint_failing: "Endpoint is failing",
		endpoint_disabled: "Endpoint was disabled",
		endpoint_enabled: "Endpoint is enabled again" };
	return known[type] ?? sentence(type);
}

// The merchant whose an endpoint of the Payments API is; null: the partner's.
export function merchantOf(endpoint) {
	return endpoint.client_id === null ? null :
		`${endpoint.client_id}, ${endpoint.livemode ? "live" : "test"}`;
}

// What an endpoint is told: "All payment events and 1 more".
export function eventsSummary(events) {
	if (events.includes("*"))
		return eventName("*");
	const others = events.filter((type) => !PAYMENT_EVENTS.includes(type));
	if (events.length - others.length < PAYMENT_EVENTS.length)
		return events.length === 1 ? eventName(events[0]) :
			plural(events.length, "event type");
	return "All payment events" +
		(others.length ? ` and ${others.length} more` : "");
}

export function eventsTitle(events) {
	return events.map(eventName).join(", ");
}

// Schedules

const UNITS = { d: 86400000, h: 3600000, m: 60000, s: 1000, ms: 1 };

export const PRESETS = {
	clive: { title: "Clive", text: "As the partner API documents: 3 " +
		"attempts within seconds. The setting webhook_retry_ms may name " +
		"other pauses.", pauses: "1s,4s" },
	standard: { title: "Standard", text: "10 attempts over 75 hours, as " +
		"the Standard Webhooks specification proposes.",
	pauses: "5s,5m,30m,2h,5h,10h,14h,20h,24h" },
	payments: { title: "Payments", text: "8 attempts over 45 hours, as " +
		"receivers of the Payments API know it.",
	pauses: "1m,5m,30m,2h,6h,12h,24h" },
};

// "5s,5m,2h" in milliseconds; null: it is none.
export function pausesOf(text) {
	if (text.trim() === "none")
		return [];
	const pauses = text.split(",").map((part) => {
		const found = /^\s*(\d{1,9})(ms|[dhms])\s*$/.exec(part);
		return found ? Number(found[1]) * UNITS[found[2]] : NaN;
	});
	return pauses.length <= 49 && pauses.every((ms) => ms <= 10 * UNITS.d) ?
		pauses : null;
}

// 5400000 -> "1 h 30 min", nothing rounded away.
export function pauseWords(ms) {
	const names = { d: "d", h: "h", m: "min", s: "s", ms: "ms" };
	let rest = ms;
	const words = [];
	for (const [unit, size] of Object.entries(UNITS)) {
		const count = Math.floor(rest / size);
		// Schedules speak of 24 and of 75 hours.
		if (count === 0 || (unit === "d" && ms < 4 * size))
			continue;
		words.push(`${count}\u00a0${names[unit]}`);
		rest -= count * size;
	}
	return words.join(" ") || "0\u00a0s";
}

export function scheduleSummary(pauses) {
	const total = pauses.reduce((sum, ms) => sum + ms, 0);
	return pauses.length === 0 ? "1 attempt" :
		`${pauses.length + 1} attempts over ${pauseWords(total)}`;
}

// The attempts one after the other, each with the pause before it.
export function scheduleSteps(pauses) {
	return el("ol", { class: "steps", "aria-label": "Attempts" },
		el("li", {}, "at once"),
		...pauses.map((ms) => el("li", {},
			el("span", { class: "sr" }, "then after "),
			el("span", { "aria-hidden": "true" }, "+\u2009"),
			pauseWords(ms))));
}

export function scheduleName(endpoint) {
	return PRESETS[endpoint.schedule]?.title ?? "Custom";
}

// How an endpoint is

const REASONS = {
	operator: "Switched off by a person.",
	gone: "It answered 410 Gone: it wants no more deliveries.",
	failing: "It did nothing but fail for too long.",
};

function ahead(iso) {
	return iso !== null && new Date(iso) > new Date();
}

// Why an endpoint has the status that it has, as nodes; null where there is
// nothing to explain.
export function statusReason(endpoint) {
	if (endpoint.status === "disabled" && endpoint.probe_at !== null)
		return [REASONS[endpoint.disabled_reason], " Tried again ",
			shortTime(endpoint.probe_at), "."];
	if (endpoint.status === "disabled")
		return [REASONS[endpoint.disabled_reason] ??
			sentence(endpoint.disabled_reason ?? "unknown")];
	if (endpoint.status === "unproven")
		return ["It has not answered its challenge yet."];
	if (ahead(endpoint.hold_until))
		return ["It asked us to slow down. Held until ",
			shortTime(endpoint.hold_until, true), "."];
	if (endpoint.url === null && !listening(endpoint))
		return ["It has not asked since ",
			shortTime(endpoint.seen_at, true), "."];
	return null;
}

// What the passing of time changes in the words below.
export function situation(item) {
	return [item.hold_until, item.next_attempt_at].map((at) =>
		at !== undefined && ahead(at)).join() +
		(item.url === null && item.seen_at ? listening(item) : "");
}

// As long as lib/webhook.h says.
function listening({ seen_at: seen }) {
	return Date.now() - new Date(seen) < 120000;
}

export function statusPill(endpoint) {
	if (endpoint.url === null && endpoint.status === "active")
		return listening(endpoint) ? pill("listening", "green") :
			pill("gone", "grey");
	const off = endpoint.status === "disabled" &&
		endpoint.disabled_reason === "operator";
	return off ? pill("disabled", "grey") : pill(endpoint.status);
}

// How it has fared: a tone, a word, a line, and a line below.
export function health(endpoint) {
	const last = endpoint.last_success_at === null ? ["No success yet"] :
		["Last success ", shortTime(endpoint.last_success_at)];
	if (endpoint.failing_since !== null)
		return { tone: "red", word: "Failing",
			line: ["Failing since ", shortTime(endpoint.failing_since)],
			below: [`${plural(endpoint.failures, "failure")}. `,
				...last] };
	if (endpoint.last_success_at !== null)
		return { tone: "green", word: "Healthy", line: last,
			below: endpoint.last_duration_ms === null ? [] :
				[`Answered in ${duration(endpoint.last_duration_ms)}`] };
	return { tone: "grey", word: "Not known yet", line: ["Nothing sent yet"],
		below: [] };
}

export function healthDot(tone) {
	return el("span", { class: `health tone-${tone}` },
		icon({ red: "cross", green: "check", grey: "dash" }[tone]));
}

// When what waits is tried next.
export function nextTry(at, status = "active", when = "Next try ") {
	if (status !== "active")
		return [`Kept while ${status}`];
	return ahead(at) ? [when, shortTime(at, true)] : ["Waits its turn"];
}

// What came back from the last attempt of a delivery.
export function lastAnswer(delivery) {
	if (delivery.last_status !== null)
		return `HTTP ${delivery.last_status}`;
	if (delivery.attempts === 0 && delivery.last_error === null)
		return delivery.status === "due" ? "Not sent yet" : "Never sent";
	return `No answer: ${delivery.last_error ?? "reason unknown"}`;
}

// Will it be tried within seconds, so that it is worth looking again?
export function nearlyTried({ status, next_attempt_at: at }) {
	return status === "due" && new Date(at) - Date.now() < 15000;
}

export function endpointHash(id) {
	return `#/webhooks/${encodeURIComponent(id)}`;
}

export function deliveryHash(id) {
	return `#/deliveries/${encodeURIComponent(id)}`;
}

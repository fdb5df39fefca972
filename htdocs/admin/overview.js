// SPDX-License-Identifier: ISC
// overview.js - how the gateway is doing: what came in, what hangs, what fails.

import { api } from "./api.js";
import { $, amount, el, keepingFocus, message, pill, setBusy, shortTime, time }
	from "./dom.js";
import { endpointHash, eventName } from "./webhook-words.js";
import { viewBox } from "./page.js";
import { duration, money, plural, processorName } from "./words.js";

const DAYS = 30;
const SVG = "http://www.w3.org/2000/svg";
const PAID = ["succeeded", "refunded", "chargeback"];
const OPEN = ["initialized", "pending"];
const DAY = new Intl.DateTimeFormat(undefined, { month: "short",
	day: "numeric", timeZone: "UTC" });

let turn = 0;
let test = false;
let answer = null;
let currency = null;

const body = el("div", { class: "overview", id: "overview" });
const events = el("div", { id: "overview-events" });
const trouble = el("div", { class: "list-message", role: "status" });
const mode = el("select", { id: "overview-mode", class: "small" },
	el("option", { value: "" }, "Live and partner API"),
	el("option", { value: "1" }, "Test keys"));
viewBox("overview", "overview-title",
	el("div", { class: "view-head" },
		el("h1", { id: "overview-title", tabindex: "-1" }, "Overview"),
		el("label", { class: "sr", for: "overview-mode" }, "Payments of"),
		el("div", { class: "select" }, mode)),
	trouble, body, events);

const dayName = (day) => DAY.format(new Date(day * 86400000));

function svg(name, attributes, ...children) {
	const node = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes))
		node.setAttribute(key, value);
	node.append(...children);
	return node;
}

function rowsOf(days) {
	return answer.days.filter(({ day }) => day > answer.today - days);
}

// Major units, without the tail that floats would add.
function plus(a, b) {
	return Number((a + b).toFixed(4));
}

// Volume by currency within so many days: what was paid, refunds included.
function volumes(days) {
	const sums = new Map();
	for (const row of rowsOf(days))
		if (PAID.includes(row.status))
			sums.set(row.currency, plus(sums.get(row.currency) ?? 0,
				row.amount));
	return sums;
}

function successOf(days) {
	let paid = 0, ended = 0;
	for (const { status, count } of rowsOf(days)) {
		if (PAID.includes(status))
			paid += count;
		if (!OPEN.includes(status))
			ended += count;
	}
	return { paid, ended };
}

function rate({ paid, ended }) {
	return ended === 0 ? "—" : (paid / ended).toLocaleString(undefined,
		{ style: "percent", maximumFractionDigits: 1 });
}

function card(title, id, ...children) {
	return el("section", { class: "panel", "aria-labelledby": id },
		el("h2", { id }, title), ...children);
}

// Where it is wider than its panel, it scrolls there, by the keyboard too.
function table(label, head, rows) {
	return el("div", { class: "scroll", tabindex: "0", role: "region",
		"aria-label": label }, el("table", { class: "figures" },
		el("thead", {}, el("tr", {}, ...head.map((text) =>
			el("th", { scope: "col" }, text)))),
		el("tbody", {}, ...rows.map(([first, ...rest]) => el("tr", {},
			el("th", { scope: "row" }, first), ...rest.map((value) =>
				el("td", {}, value)))))));
}

function volumeCard(currencies) {
	const spans = [1, 7, DAYS];
	const sums = spans.map(volumes);
	const success = spans.map(successOf);
	return card("Volume", "overview-volume",
		currencies.length === 0 ? el("p", { class: "muted" },
			"Nothing was paid in these days.") : null,
		table("Volume and success", ["", "Today", "7 days", `${DAYS} days`],
			[...currencies.map((code) => [code, ...sums.map((sum) =>
				money(sum.get(code) ?? 0, code))]),
			["Success rate", ...success.map(rate)],
			["Payments ended", ...success.map(({ ended }) =>
				ended.toLocaleString())]]));
}

// The volume of each day as bars; the same as a table below.
function chart(code) {
	const days = Array.from({ length: DAYS }, (_, i) =>
		answer.today - DAYS + 1 + i);
	const sums = new Map(days.map((day) => [day, 0]));
	for (const row of rowsOf(DAYS))
		if (row.currency === code && PAID.includes(row.status))
			sums.set(row.day, plus(sums.get(row.day) ?? 0, row.amount));
	const most = Math.max(...sums.values(), 0);
	const bars = days.map((day, i) => {
		const high = most > 0 ? Math.max(sums.get(day) / most * 100,
			sums.get(day) > 0 ? 1 : 0) : 0;
		return svg("rect", { x: i * 10 + 1, y: 104 - high, width: 8,
			height: high, rx: 1, class: "bar" },
		svg("title", {}, `${dayName(day)}: ${money(sums.get(day), code)} ${
			code}`));
	});
	const best = days.reduce((a, b) => sums.get(b) > sums.get(a) ? b : a);
	const text = most === 0 ? `No volume in ${code}` :
		`Volume in ${code} a day, ${dayName(days[0])} to ${
			dayName(answer.today)}; the most is ${money(most, code)} on ${
			dayName(best)}`;
	return [
		svg("svg", { viewBox: `0 0 ${DAYS * 10} 106`, class: "chart",
			role: "img", "aria-label": text, preserveAspectRatio: "none" },
		svg("line", { x1: 0, x2: DAYS * 10, y1: 104.5, y2: 104.5,
			class: "axis" }), ...bars),
		el("p", { class: "chart-foot muted" },
			el("span", {}, dayName(days[0])),
			el("span", {}, most > 0 ? `most: ${money(most, code)} ${code}` :
				""),
			el("span", {}, "Today")),
		el("details", {}, el("summary", {}, "As a table"),
			table(`Volume in ${code} a day`, ["Day", code],
				days.toReversed().map((day) => [dayName(day),
					money(sums.get(day), code)]))),
	];
}

function chartCard(currencies) {
	if (!currencies.includes(currency))
		[currency = null] = currencies;
	if (currency === null)
		return null;
	const choice = el("select", { id: "overview-currency", class: "small",
		change: () => {
			currency = choice.value;
			show();
		} }, ...currencies.map((code) => el("option", { value: code },
		code)));
	choice.value = currency;
	return card(`The last ${DAYS} days`, "overview-chart",
		el("label", { class: "sr", for: "overview-currency" }, "Currency"),
		el("div", { class: "select panel-choice" }, choice),
		...chart(currency));
}

function statusCard() {
	const counts = new Map();
	for (const { status, count } of rowsOf(DAYS))
		counts.set(status, (counts.get(status) ?? 0) + count);
	const all = [...counts.values()].reduce((a, b) => a + b, 0);
	const rows = [...counts].sort((a, b) => b[1] - a[1]);
	return card(`Payments by status, ${DAYS} days`, "overview-status",
		rows.length === 0 ? el("p", { class: "muted" }, "None yet.") :
			table("Payments by status", ["Status", "Payments", "Share"],
				rows.map(([status, count]) => [
					el("a", { href: `#/transactions?status=${status}` },
						pill(status)),
					count.toLocaleString(),
					el("span", { class: "share" },
						svg("svg", { viewBox: "0 0 100 6", class: "meter",
							"aria-hidden": "true",
							preserveAspectRatio: "none" },
						svg("rect", { width: Math.max(count / all * 100,
							1), height: 6, rx: 1, class: "bar" })),
						(count / all).toLocaleString(undefined,
							{ style: "percent" }))])));
}

function line(...children) {
	return el("li", {}, ...children);
}

function stuckCard() {
	const { stuck } = answer;
	return card("Stuck payments", "overview-stuck", stuck.length === 0 ?
		el("p", { class: "muted" },
			"No payment has been pending for more than an hour.") :
		el("ul", { class: "others" }, ...stuck.map((payment) => line(
			el("a", { class: "mono", href: `#/transactions/${
				payment.clive_tx_id}` }, payment.clive_tx_id),
			amount(payment.amount, payment.currency),
			el("span", { class: "muted" }, processorName(
				payment.processor), ", since ",
			shortTime(payment.updated_at))))));
}

function queueCard() {
	const { queue, quarantined } = answer;
	const age = queue.oldest_due_at === null ? 0 :
		new Date(answer.now) - new Date(queue.oldest_due_at);
	return card("Webhooks", "overview-queue",
		table("Queue", ["", ""], [
			["Deliveries that wait", queue.due.toLocaleString()],
			["Of them due now", queue.late.toLocaleString()],
			["Oldest due since", age > 0 ? duration(age) : "—"],
			["Processor events set aside", quarantined === 0 ? "None" :
				quarantined.toLocaleString()]]),
		answer.endpoints.length === 0 ? el("p", { class: "muted" },
			"Every endpoint is well.") :
			el("ul", { class: "others" }, ...answer.endpoints.map((one) =>
				line(el("a", { href: endpointHash(one.id) }, one.name),
					pill(one.status === "disabled" ? "disabled" :
						"failing", one.status === "disabled" ? "red" :
						"amber"),
					el("span", { class: "muted" }, one.partner_id,
						one.failures > 0 ? `, ${plural(one.failures,
							"failure")}` : "",
						one.failing_since === null ? "" : " since ",
						one.failing_since === null ? "" :
							shortTime(one.failing_since))))));
}

function cronCard() {
	return card("Cron jobs", "overview-cron", answer.cron.length === 0 ?
		el("p", { class: "muted" }, "None has run yet: see " +
			"conf/crontab.example.") :
		table("Cron jobs", ["Job", "Last sign of life", ""],
			answer.cron.map((job) => [job.name, time(job.seen_at),
				pill(job.late ? "late" : "alive",
					job.late ? "red" : "green")])));
}

function show() {
	const currencies = [...volumes(DAYS).keys()].sort((a, b) =>
		volumes(DAYS).get(b) - volumes(DAYS).get(a));
	const asked = new Date(answer.now) - DAYS * 86400000;
	keepingFocus(body, () => body.replaceChildren(...[
		volumeCard(currencies), chartCard(currencies), statusCard(),
		queueCard(), stuckCard(), cronCard()].filter(Boolean)));
	if (new Date(answer.since) - asked > 86400000)
		body.prepend(el("p", { class: "muted" },
			"There are very many payments: the figures begin at ",
			time(answer.since), "."));
}

function showEvents({ items }) {
	events.replaceChildren(el("section", { class: "panel",
		"aria-labelledby": "overview-newest" },
	el("h2", { id: "overview-newest" }, "Newest events"),
	items.length === 0 ? el("p", { class: "muted" }, "None yet.") :
		el("ul", { class: "others" }, ...items.map((event) => line(
			event.clive_tx_id === null ? el("span", {},
				eventName(event.type)) : el("a", { href:
				`#/transactions/${event.clive_tx_id}` },
			eventName(event.type)),
			el("span", { class: "muted" }, event.partner_id,
				event.client_id ? ` / ${event.client_id}` : ""),
			el("span", { class: "muted" },
				shortTime(event.created_at, true)))))));
}

async function load(quiet) {
	const mine = ++turn;
	setBusy($("view-overview"), !quiet);
	const query = new URLSearchParams({ days: DAYS,
		offset: -new Date().getTimezoneOffset(), test: test ? 1 : 0 });
	let failure = null, got = [];
	try {
		got = await Promise.all([api(`/overview?${query}`),
			api("/webhooks/events?limit=8")]);
	} catch (error) {
		failure = error;
	}
	if (mine !== turn)
		return;
	setBusy($("view-overview"), false);
	if (failure && quiet)
		return;
	trouble.replaceChildren();
	if (failure)
		return message(trouble, "The overview could not be loaded",
			failure.message, { error: failure, button: "Try again",
				action: () => load(false) });
	[answer] = got;
	show();
	showEvents(got[1]);
}

mode.addEventListener("change", () => {
	test = mode.value === "1";
	load(false);
});

export const overviewView = {
	name: "overview", nav: "overview", title: "Overview",
	open: () => void load(answer !== null),
	tick: () => load(true),
	pace: () => 30,
	forget() {
		turn++;
		answer = null;
		body.replaceChildren();
		events.replaceChildren();
		trouble.replaceChildren();
	},
};

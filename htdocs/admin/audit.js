// SPDX-License-Identifier: ISC
// audit.js - what was done, by whom, and whether the chain of it holds.

import { api } from "./api.js";
import { tellFailure } from "./ask.js";
import { $, copyButton, el, pill, shortTime } from "./dom.js";
import { listPage } from "./page.js";
import { plural } from "./words.js";

const CHECKED = 10000;	// of the newest rows, by the button

const chain = el("div", { class: "chain", role: "status" });
const check = el("button", { type: "button", class: "button small",
	id: "audit-check", click: () => look(CHECKED) }, "Check the chain");

function showChain({ head, checked }) {
	const { good, rows, first_bad: bad } = checked;
	chain.replaceChildren(el("p", {}, pill(good ? "intact" : "broken",
		good ? "green" : "red"), " ", good ?
		`The newest ${plural(rows, "entry", "entries")} follow from each ` +
			"other." :
		`Entry ${bad} does not follow from the one before it.`),
	el("p", { class: "muted small-note" }, `Head ${head.seq}: `,
		el("span", { class: "mono wrap-all" }, head.hash), " ",
		copyButton("head", `${head.seq}:${head.hash}`)));
}

async function look(rows) {
	check.disabled = true;
	try {
		showChain(await api(`/audit/chain?rows=${rows}`));
	} catch (error) {
		tellFailure(error);
	}
	check.disabled = false;
}

// The particulars: one line each, and objects as they were written.
function particulars(detail) {
	const entries = Object.entries(detail);
	if (entries.length === 0)
		return "—";
	return el("span", { class: "mono audit-detail" }, entries.map(
		([name, value]) => `${name}: ${typeof value === "object" ?
			JSON.stringify(value) : value}`).join("\n"));
}

function aboutLink({ subject }) {
	return subject.startsWith("CLVTX_") ? el("a", { class: "mono",
		href: `#/transactions/${encodeURIComponent(subject)}` }, subject) :
		el("span", { class: "mono" }, subject);
}

const FILTERS = ["subject", "actor", "action", "from", "to"];

// Days are those of the viewer's zone; "to" is the last one shown.
function asked(filters) {
	const query = new URLSearchParams();
	for (const name of FILTERS) {
		const value = filters[name];
		if (!value)
			continue;
		if (name !== "from" && name !== "to") {
			query.set(name, value);
			continue;
		}
		const day = new Date(`${value}T00:00`);
		if (isNaN(day))
			continue;
		if (name === "to")
			day.setDate(day.getDate() + 1);
		query.set(name, day.toISOString());
	}
	return `/audit?${query}`;
}

export const auditView = listPage({
	name: "audit", nav: "audit", title: "Audit log", hash: "#/audit",
	path: asked,
	tools: [check],
	filters: [
		{ name: "subject", label: "About" },
		{ name: "actor", label: "Who" },
		{ name: "action", label: "Action" },
		{ name: "from", label: "From" },
		{ name: "to", label: "To" },
	],
	columns: [
		{ name: "seq", title: "Entry", only: "csv", csv: (e) => e.seq },
		{ name: "when", title: "When", csv: (e) => e.at,
			show: (e) => shortTime(e.at, true) },
		{ name: "mid", title: "Who", csv: (e) => e.actor,
			show: (e) => el("span", { class: "wrap-all" }, e.actor) },
		{ name: "mid", title: "Action", csv: (e) => e.action,
			show: (e) => el("span", { class: "wrap-all" }, e.action) },
		{ name: "mid", title: "About", csv: (e) => e.subject,
			show: aboutLink },
		{ name: "help", title: "Particulars",
			csv: (e) => JSON.stringify(e.detail),
			show: (e) => particulars(e.detail) },
	],
	key: (e) => String(e.seq),
	noun: ["entry", "entries"],
	empty: () => ({ title: "Nothing found",
		text: "Take a filter away, or look further back." }),
	opened: () => look(1000),
});

for (const name of ["from", "to"])
	$(`list-audit-${name}`).type = "date";
$("list-audit-filters").before(chain);

const { forget } = auditView;
auditView.forget = () => {
	forget();
	chain.replaceChildren();
};

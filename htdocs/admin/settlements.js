// SPDX-License-Identifier: ISC
// settlements.js - batches of payments that are paid out, and one of them.

import { api, apiText, may } from "./api.js";
import { ask, field, tell } from "./ask.js";
import { $, amount, bones, copyable, el, fact, factCard, forbid, forbidden,
	icon, keepingFocus, message, pill, setBusy, time } from "./dom.js";
import { saveFile } from "./csv.js";
import { listPage, listRow, listTable, viewBox } from "./page.js";
import { PagedList } from "./list.js";
import { work } from "./resend.js";
import { transactionHash } from "./transactions.js";
import { LIST_TIME, plural } from "./words.js";

const CHANGERS = ["owner", "finance"];
const WHY = "settlements-why";
const TONES = { pending: "blue", sending: "amber", sent: "green",
	failed: "red" };

const hashOf = (id) => `#/settlements/${encodeURIComponent(id)}`;

async function run() {
	const input = (name, label, hint) => field(label, el("input",
		{ id: `run-${name}`, name, type: "text", maxlength: "64",
			autocomplete: "off" }), hint);
	const made = await ask({ title: "Make batches", label: "Make them",
		body: [el("p", {}, "Everything that succeeded and is in no batch " +
			"yet is put together, a batch for each client and currency. " +
			"Nothing is paid by that."),
		input("partner_id", "Partner ID", "Empty: all partners."),
		input("client_id", "Client ID", "Empty: all clients.")],
		go: (form) => {
			const sent = {};
			for (const name of ["partner_id", "client_id"]) {
				const value = form.elements[name].value.trim();
				if (value)
					sent[name] = value;
			}
			return api("/settlements/run", sent);
		} });
	if (made === null)
		return;
	tell(made.created_batches === 0 ? "There was nothing to settle." :
		`${plural(made.created_batches, "batch was", "batches were")} made.`);
	settlementsView.list.load("reset");
}

const runButton = el("button", { type: "button", id: "settlements-run",
	class: "button small primary",
	click: () => forbidden(runButton) || run() }, icon("plus"), "Run");

const money = (name, title, key) => ({ name, title, csv: (b) => b[key],
	show: (b) => amount(b[key], b.currency) });

export const settlementsView = listPage({
	name: "settlements", nav: "settlements", title: "Settlements",
	hash: "#/settlements",
	note: el("span", {}, "Batches of payments, one a client and currency.",
		el("span", { class: "sr", id: WHY },
			" An owner or finance may make and pay them.")),
	path: (filters) => `/settlements?${new URLSearchParams(filters)}`,
	filters: [
		{ name: "status", label: "Status", options: [["", "All"],
			["pending", "Pending"], ["sending", "Sending"],
			["sent", "Sent"], ["failed", "Failed"]] },
		{ name: "partner_id", label: "Partner ID" },
		{ name: "client_id", label: "Client ID" }],
	columns: [
		money("amount", "Net", "totalNet"),
		{ name: "currency", title: "Currency", only: "csv",
			csv: (b) => b.currency },
		{ name: "status", title: "Status", csv: (b) => b.status,
			show: (b) => pill(b.status, TONES[b.status]) },
		{ name: "wide", title: "Client", csv: (b) => b.clientId,
			show: (b) => [b.clientId, el("span", { class: "line below" },
				b.partnerId)] },
		{ name: "partner", title: "Partner ID", only: "csv",
			csv: (b) => b.partnerId },
		money("mid", "Gross", "totalGross"),
		{ name: "fees", title: "Processor fees", only: "csv",
			csv: (b) => b.totalProcessorFees },
		{ name: "fees", title: "Platform fees", only: "csv",
			csv: (b) => b.totalPlatformFees },
		{ name: "refunded", title: "Refunded", only: "csv",
			csv: (b) => b.totalRefunded },
		{ name: "when", title: "Made", csv: (b) => b.createdAt,
			show: (b) => time(b.createdAt, LIST_TIME) },
		{ name: "when", title: "Paid", csv: (b) => b.paidAt,
			show: (b) => b.paidAt ? time(b.paidAt, LIST_TIME) : "Not yet" },
		{ name: "id", title: "Batch", csv: (b) => b.id,
			show: (b) => el("a", { class: "mono", href: hashOf(b.id) },
				b.id) },
	],
	key: (b) => b.id,
	href: (b) => hashOf(b.id),
	noun: ["batch", "batches"],
	tools: [runButton],
	opened: () => forbid(runButton, !may(...CHANGERS), WHY),
	empty: () => ({ title: "No batches",
		text: "“Run” makes them of what has succeeded." }),
});

// One batch

let id = null;
let batch = null;
let turn = 0;

const title = el("h1", { id: "settlement-title", tabindex: "-1" });
const status = el("span");
const name = el("p", { class: "detail-id" });
const trouble = el("div", { class: "list-message", role: "status" });
const facts = el("div", { class: "facts" });
const pay = el("button", { type: "button", class: "button small primary",
	id: "settlement-pay", click: async () => {
		if (forbidden(pay))
			return;
		const done = await ask({ title: "Pay this batch?", label: "Pay",
			danger: true, body: [el("p", {}, amount(batch.totalNet,
				batch.currency), ` go to ${batch.clientId} of ${
				batch.partnerId}. This moves money.`)],
			go: () => api(`/settlements/${encodeURIComponent(id)}/pay`,
				{}) });
		if (done !== null)
			tell("The batch was handed to the bank.");
		load();
	} }, "Pay…");
const report = el("button", { type: "button", class: "button small",
	click: () => work(report, async () => saveFile(`settlement-${id}.csv`,
		await apiText(`/settlements/${encodeURIComponent(id)}/csv`))) },
"CSV");

const COLUMNS = [
	{ name: "amount", title: "Amount",
		show: (tx) => amount(tx.amount, tx.currency) },
	{ name: "status", title: "Status", show: (tx) => pill(tx.status) },
	{ name: "mid", title: "Net", show: (tx) => amount(tx.netAmount,
		tx.currency) },
	{ name: "wide", title: "Reference", show: (tx) => tx.echezonaReference },
	{ name: "id", title: "Transaction", show: (tx) => el("a", {
		class: "mono", href: transactionHash(tx.cliveTxId) }, tx.cliveTxId) },
];
const table = listTable("batch-payments", "batch-payments-title", COLUMNS);
const note = el("div", { class: "list-message short", role: "status" });
const count = el("p", { class: "muted" });
const more = el("button", { class: "button", type: "button", hidden: "" },
	"Load more");
const payments = new PagedList({ table, message: note, more, count,
	live: null, columns: COLUMNS.map((column) => column.name),
	noun: ["payment", "payments"], key: (tx) => tx.cliveTxId,
	row: (tx) => {
		const row = listRow(tx.cliveTxId, COLUMNS, tx);
		row.classList.add("still");
		return row;
	},
	path: () => `/settlements/${encodeURIComponent(id)}?`,
	failed: "The payments could not be loaded",
	empty: () => ({ title: "No payments", text: "" }) });
// What a batch is made of stands beside the batch.
payments.ask = async function ask(mode) {
	const asked = new URLSearchParams({ limit: 50 });
	if (mode === "more")
		asked.set("cursor", this.cursor);
	const answer = await api(`/settlements/${encodeURIComponent(id)}?${
		asked}`);
	return { items: answer.transactions, nextCursor: answer.nextCursor };
};

viewBox("settlement", "settlement-title",
	el("div", { class: "detail-bar" }, el("a", { class: "back",
		href: "#/settlements" }, icon("back"), "Settlements")),
	el("div", { class: "detail-head with-tools" },
		el("div", {}, el("div", { class: "detail-amount" }, title, status),
			name),
		el("div", { class: "tools", role: "group", "aria-label": "Actions" },
			report, pay)),
	trouble,
	el("div", { class: "detail-body", id: "settlement-body" }, facts,
		el("section", { "aria-labelledby": "batch-payments-title" },
			el("h2", { class: "underlined", id: "batch-payments-title" },
				"Payments"),
			table, note, el("div", { class: "list-foot" }, count, more))));

function show(shown) {
	batch = shown;
	const sum = (key) => amount(batch[key], batch.currency);
	title.replaceChildren(sum("totalNet"));
	status.replaceChildren(pill(batch.status, TONES[batch.status]));
	name.replaceChildren(el("span", { class: "mono" }, batch.id));
	pay.hidden = !["pending", "failed"].includes(batch.status);
	forbid(pay, !may(...CHANGERS), WHY);
	keepingFocus(facts, () => facts.replaceChildren(
		factCard("Money", fact("Gross", sum("totalGross")),
			fact("Processor fees", sum("totalProcessorFees")),
			fact("Platform fees", sum("totalPlatformFees")),
			batch.totalRefunded ? fact("Refunded", sum("totalRefunded")) :
				null,
			fact("Net", sum("totalNet"), "sum")),
		factCard("Payout", fact("Partner", batch.partnerId),
			fact("Client", batch.clientId),
			fact("Made", time(batch.createdAt)),
			fact("Paid", batch.paidAt ? time(batch.paidAt) : "Not yet"),
			batch.failure ? fact("Last failure", batch.failure, "wrap") :
				null,
			batch.wiseTransferId ? copyable("Wise transfer",
				batch.wiseTransferId) : null,
			batch.mercuryTransferId ? copyable("Mercury transfer",
				batch.mercuryTransferId) : null)));
}

function clear() {
	turn++;
	batch = null;
	for (const node of [title, status, name, trouble, facts])
		node.replaceChildren();
	payments.reset();
}

async function load() {
	clear();
	const mine = turn;
	title.textContent = "Batch";
	facts.append(...bones(8));
	setBusy($("view-settlement"), true);
	let failure = null, got = null;
	try {
		got = await api(`/settlements/${encodeURIComponent(id)}?limit=1`);
	} catch (error) {
		failure = error;
	}
	if (mine !== turn)
		return;
	setBusy($("view-settlement"), false);
	$("settlement-body").hidden = failure !== null;
	if (failure)
		return message(trouble, failure.status === 404 ?
			"There is no such batch" : "The batch could not be loaded",
		failure.message, { error: failure, button: "Try again",
			action: load });
	show(got);
	payments.load("reset");
}

export const settlementView = {
	name: "settlement", nav: "settlements", title: "Settlement",
	open(hash, [named]) {
		id = named;
		load();
	},
	forget: clear,
};

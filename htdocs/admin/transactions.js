// SPDX-License-Identifier: ISC
// transactions.js - the list of transactions, and one transaction with its
// timeline.

import { api, may } from "./api.js";
import { ask, field, tell } from "./ask.js";
import { csvButton } from "./csv.js";
import { $, amount, announce, block, bones, copyButton, copyable, el, fact,
	factCard, forbid, forbidden, icon, keepingFocus, message, percent, pill,
	setBusy, time } from "./dom.js";
import { PagedList, cell, filtersOfForm, filtersOfHash, filtersToForm, hashOf,
	openRows } from "./list.js";
import { resendButton } from "./resend.js";
import { timelineEntry } from "./timeline.js";
import { LIST_TIME, money, plural, processorName } from "./words.js";

const FILTERS = ["q", "status", "mode", "partner_id", "client_id", "from",
	"to"];
const TYPING = 250;	// milliseconds without a key before it is searched
const PATH = "#/transactions";

let shown = null;	// the part of the URL that the list shows
let filters = {};

export function transactionHash(id) {
	return `${PATH}/${encodeURIComponent(id)}`;
}

// In which world a payment was made.
export function modeName({ api: by, livemode }) {
	return by === "partner" ? "Partner API" : livemode ? "Live" : "Test";
}

function listRow(item) {
	const row = el("tr", { role: "row", "data-id": item.cliveTxId },
		cell("amount", amount(item.amount, item.currency)),
		cell("status", pill(item.status),
			item.livemode === false ? pill("test", "amber") : ""),
		cell("reference", item.echezonaReference),
		cell("client", item.clientName ?? item.clientId),
		cell("partner", item.partnerName ?? item.partnerId),
		cell("created", time(item.createdAt, LIST_TIME)),
		cell("id", el("a", { class: "mono",
			href: transactionHash(item.cliveTxId) }, item.cliveTxId)));
	row.children[2].title = item.echezonaReference;
	row.children[3].title = `${item.clientName ?? ""} (${item.clientId})`;
	row.children[4].title = `${item.partnerName ?? ""} (${item.partnerId})`;
	return row;
}

// The hash holds days as the viewer names them; the API wants moments.
function listPath() {
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(filters)) {
		const clock = { from: "T00:00:00.000", to: "T23:59:59.999" }[name];
		const date = new Date(value + clock);
		if (clock && !isNaN(date))
			query.set(name, date.toISOString());
		else if (!clock)
			query.set(name, value);
	}
	return `/transactions?${query}`;
}

const list = new PagedList({
	table: $("list"), message: $("list-message"), more: $("load-more"),
	count: $("list-count"),
	live: { box: $("list-live"), text: $("list-live-text") },
	columns: ["amount", "status", "reference", "client", "partner",
		"created", "id"],
	noun: ["transaction", "transactions"],
	key: (item) => item.cliveTxId,
	row: listRow,
	path: listPath,
	empty: () => list.cursor !== null ? {
		title: "Nothing found so far",
		text: "The newest payments were looked at; “Load more” looks " +
			"further back.",
	} : Object.keys(filters).length > 0 ? {
		title: "Nothing matches these filters",
		text: "Take one away, or look at another day.",
		button: "Clear filters", action: clearFilters,
	} : { title: "No transactions yet",
		text: "The first payment that a partner opens will appear here." },
	failed: "The transactions could not be loaded",
});

function applyFilters(event) {
	event.preventDefault();
	clearTimeout(typing);
	location.hash = hashOf(PATH, filtersOfForm($("filters"), FILTERS));
}

let typing = null;

// What is typed is searched at once, without a history of every letter.
function searchSoon() {
	clearTimeout(typing);
	typing = setTimeout(() => location.replace(hashOf(PATH,
		filtersOfForm($("filters"), FILTERS))), TYPING);
}

function clearFilters() {
	location.hash = PATH;
	$("filter-status").focus();
}

function showFilters() {
	const count = Object.keys(filters).length;
	const folded = count - ("status" in filters ? 1 : 0) -
		("q" in filters ? 1 : 0);
	// Nobody's typing is corrected.
	filtersToForm($("filters"), FILTERS.filter((name) =>
		document.activeElement !== $("filters").elements[name]), filters);
	$("filters-toggle-text").textContent =
		folded > 0 ? `Filters (${folded})` : "Filters";
	$("filter-clear").disabled = count === 0;
}

export const listView = {
	name: "list", nav: "transactions", title: "Transactions",
	open(hash) {
		$("back").href = hash;
		if (hash === shown)
			return void list.reopen();
		shown = hash;
		filters = filtersOfHash(hash, FILTERS);
		showFilters();
		list.load("reset");
	},
	tick: () => list.refresh(),
	left: () => clearTimeout(typing),
	forget() {
		clearTimeout(typing);
		shown = null;
		list.reset();
	},
};

// One transaction

let turn = 0;
let id = null;

function clearDetail() {
	turn++;
	for (const box of ["detail-title", "detail-status", "detail-id",
		"detail-message", "facts", "timeline"])
		$(box).replaceChildren();
	$("timeline-note").textContent = "";
	$("detail-body").hidden = true;
}

async function loadDetail(again = false) {
	if (!again) {
		clearDetail();
		$("detail-title").textContent = "Transaction";
		$("detail-id").append(el("span", { class: "mono" }, id));
		$("facts").append(...bones(8));
		$("timeline-box").hidden = true;
		$("detail-body").hidden = false;
	}
	const mine = ++turn;
	setBusy($("view-detail"), true);
	$("detail-refresh").disabled = true;
	let answer = null, failure = null;
	try {
		answer = await api(`/transactions/${encodeURIComponent(id)}`);
	} catch (error) {
		failure = error;
	}
	if (mine !== turn)
		return;
	setBusy($("view-detail"), false);
	$("detail-refresh").disabled = false;
	$("detail-message").replaceChildren();
	$("detail-body").hidden = failure !== null;
	if (failure)
		message($("detail-message"), failure.status === 404 ?
			"There is no such transaction" :
			"The transaction could not be loaded", failure.message,
		{ error: failure, button: "Try again", action: () => loadDetail() });
	else
		showDetail(answer);
	if (again === true)
		announce(failure ? "Refreshing failed" : "Refreshed");
}

function facts(tx, payment) {
	const sum = (number) => amount(number, tx.currency);
	return [
		factCard("Money",
			fact("Amount", sum(tx.amount)),
			fact("Processor fee", sum(tx.processorFee)),
			fact("Platform fee", sum(tx.platformFee)),
			fact("Net to partner", sum(tx.netAmount), "sum"),
			tx.refundedAmount > 0 ? fact("Refunded",
				sum(tx.refundedAmount)) : null,
			tx.refundingAmount > 0 ? fact("Being refunded",
				sum(tx.refundingAmount)) : null,
			tx.disputedAmount > 0 ? fact("Taken back by the bank",
				sum(tx.disputedAmount)) : null,
			fact("Clive earning", sum(tx.cliveEarningAmount)),
			fact("Settlement", pill(tx.settlementStatus)),
			tx.settlement === null ? null : fact("Paid out",
				sum(tx.settlement.amount)),
			tx.settlement === null ? null : fact("Batch", el("a", {
				class: "mono",
				href: `#/settlements/${tx.settlement.batch}` },
			tx.settlement.batch), "wrap")),
		factCard("Rates",
			fact("Processor fee", percent(tx.stripeFeePercent)),
			fact("Partner fee", percent(tx.partnerFeePercent)),
			fact("Partner payout", percent(tx.partnerPayoutPercent)),
			fact("Clive earning", percent(tx.cliveEarningPercent))),
		factCard("Parties",
			fact("Partner", tx.partnerName),
			fact("Partner ID", tx.partnerId),
			fact("Client", tx.clientName),
			fact("Client ID", tx.clientId),
			tx.email === null ? null : copyable("E-mail", tx.email)),
		factCard("Record",
			fact("Created", time(tx.createdAt)),
			fact("Last change", time(tx.updatedAt)),
			fact("Processor", processorName(tx.processor)),
			fact("Mode", modeName(tx)),
			payment === undefined ? null : copyable("Payments API",
				payment.id),
			copyable("Reference", tx.echezonaReference),
			copyable("Processor's payment", tx.stripePaymentIntentId),
			copyable("Record ID", tx.id)),
		el("section", {}, el("h2", {}, "Meta"),
			tx.meta === null ? el("p", { class: "muted small-note" },
				"The partner sent none.") :
				block("Sent by the partner", JSON.stringify(tx.meta))),
	];
}

// What can still be refunded, in major units without a float's tail.
function leftOf(tx) {
	return Number((tx.amount - tx.refundedAmount - tx.refundingAmount)
		.toFixed(4));
}

async function askRefund(tx) {
	const left = leftOf(tx);
	const sum = el("input", { id: "refund-amount", name: "amount",
		type: "text", inputmode: "decimal", autocomplete: "off",
		required: "" });
	const reason = el("input", { id: "refund-reason", name: "reason",
		type: "text", maxlength: "500", autocomplete: "off" });
	sum.value = left;
	const refund = await ask({ title: "Refund this payment",
		label: "Refund", danger: true, body: [
			el("p", {}, `${money(left, tx.currency)} ${tx.currency} can be ` +
				"refunded. The money goes back to the payer; this cannot " +
				"be undone."),
			field(`Amount in ${tx.currency}`, sum),
			field("Reason", reason, "For the record; the payer's bank does " +
				"not show it. Optional.")],
		go: () => {
			const amountOf = Number(sum.value.trim().replaceAll(",", ""));
			return api(`/transactions/${encodeURIComponent(tx.cliveTxId)}` +
				"/refund", { currency: tx.currency, left,
				amount: Number.isNaN(amountOf) ? sum.value : amountOf,
				reason: reason.value.trim() || null });
		} });
	if (refund === null)
		return;
	tell({ succeeded: "Refunded.", failed: `The processor refused: ${
		refund.failure?.message ?? "no reason given"}`,
	pending: "The refund is under way: the processor has not answered yet.",
	}[refund.status]);
	loadDetail("quiet");
}

// Only what has an intent can be refunded from here.
function refundButton(tx, payment) {
	if (payment === undefined || tx.disputedAmount > 0 || leftOf(tx) <= 0 ||
	    !["succeeded", "refunded"].includes(tx.status))
		return "";
	const button = el("button", { type: "button", class: "button small",
		id: "do-refund", click: () => forbidden(button) || askRefund(tx) },
	icon("refund"), "Refund…");
	forbid(button, !may("owner", "finance"), "refund-why");
	return el("span", {}, button, el("span", { class: "sr",
		id: "refund-why" }, "An owner or finance may refund."));
}

function showDetail({ transaction: tx, payment, timeline }) {
	const resend = (delivery) => resendButton({ id: delivery.delivery_id,
		due: delivery.status === "due", to: delivery.endpoint_name,
		done: () => loadDetail("quiet") });
	$("detail-title").replaceChildren(amount(tx.amount, tx.currency));
	keepingFocus($("detail-status"), () => $("detail-status")
		.replaceChildren(pill(tx.status), " ", tx.livemode === false ?
			pill("test", "amber") : "", " ", refundButton(tx, payment)));
	keepingFocus($("detail-id"), () => $("detail-id").replaceChildren(
		el("span", { class: "mono" }, tx.cliveTxId),
		copyButton("transaction ID", tx.cliveTxId)));
	document.title = `${money(tx.amount, tx.currency)} ${tx.currency}, ` +
		`${tx.cliveTxId} · Clive admin`;
	keepingFocus($("facts"), () => $("facts").replaceChildren(...facts(tx,
		payment)));
	$("timeline-box").hidden = false;
	$("timeline-note").textContent = plural(timeline.length, "entry", "entries") +
		", newest last, times in " +
		Intl.DateTimeFormat().resolvedOptions().timeZone;
	// What is there already stays; a resend adds at the end.
	keepingFocus($("timeline"), () => $("timeline").replaceChildren(
		...timeline.map((entry, i) =>
			timelineEntry(entry, timeline[i - 1], resend))));
}

export const detailView = {
	name: "detail", nav: "transactions", title: "Transaction",
	open(hash, parts) {
		[id] = parts;
		loadDetail();
	},
	forget: clearDetail,
};

$("filters").addEventListener("submit", applyFilters);
$("filters").addEventListener("change", (event) => {
	if (event.target !== $("filter-q"))
		applyFilters(event);
});
$("filter-q").addEventListener("input", searchSoon);
$("list-csv").replaceWith(csvButton({ name: "transactions", path: listPath,
	noun: ["transaction", "transactions"], columns: [
		["Transaction ID", (tx) => tx.cliveTxId],
		["Created (UTC)", (tx) => tx.createdAt],
		["Status", (tx) => tx.status],
		["Amount", (tx) => tx.amount],
		["Currency", (tx) => tx.currency],
		["Reference", (tx) => tx.echezonaReference],
		["Partner ID", (tx) => tx.partnerId],
		["Partner", (tx) => tx.partnerName],
		["Client ID", (tx) => tx.clientId],
		["Client", (tx) => tx.clientName],
		["E-mail", (tx) => tx.email],
		["Mode", modeName],
		["Processor fee", (tx) => tx.processorFee],
		["Platform fee", (tx) => tx.platformFee],
		["Net", (tx) => tx.netAmount],
		["Refunded", (tx) => tx.refundedAmount],
		["Disputed", (tx) => tx.disputedAmount],
		["Settlement", (tx) => tx.settlementStatus],
		["Processor's payment", (tx) => tx.stripePaymentIntentId],
	] }));
$("filter-clear").addEventListener("click", clearFilters);
$("refresh").addEventListener("click", () => list.load("reset"));
$("detail-refresh").addEventListener("click", () => loadDetail(true));

$("filters-toggle").addEventListener("click", () => {
	const open = $("filters-more").classList.toggle("open");
	$("filters-toggle").setAttribute("aria-expanded", String(open));
});

openRows($("list"), (key) => {
	location.hash = transactionHash(key);
});

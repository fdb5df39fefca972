// SPDX-License-Identifier: ISC
// transactions.js - the list of transactions, and one transaction with its
// timeline.

import { api } from "./api.js";
import { $, amount, announce, block, bones, copyButton, copyable, el, fact,
	factCard, keepingFocus, message, percent, pill, setBusy, time }
	from "./dom.js";
import { PagedList, cell, filtersOfForm, filtersOfHash, filtersToForm, hashOf,
	openRows } from "./list.js";
import { resendButton } from "./resend.js";
import { timelineEntry } from "./timeline.js";
import { LIST_TIME, money, plural, processorName } from "./words.js";

const FILTERS = ["status", "reference", "id", "partner_id", "client_id",
	"from", "to"];
const PATH = "#/transactions";

let shown = null;	// the part of the URL that the list shows
let filters = {};

export function transactionHash(id) {
	return `${PATH}/${encodeURIComponent(id)}`;
}

function listRow(item) {
	const row = el("tr", { role: "row", "data-id": item.cliveTxId },
		cell("amount", amount(item.amount, item.currency)),
		cell("status", pill(item.status)),
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
	empty: () => Object.keys(filters).length > 0 ? {
		title: "Nothing matches these filters",
		text: "Take one away, or look at another day.",
		button: "Clear filters", action: clearFilters,
	} : { title: "No transactions yet",
		text: "The first payment that a partner opens will appear here." },
	failed: "The transactions could not be loaded",
});

function applyFilters(event) {
	event.preventDefault();
	location.hash = hashOf(PATH, filtersOfForm($("filters"), FILTERS));
}

function clearFilters() {
	location.hash = PATH;
	$("filter-status").focus();
}

function showFilters() {
	const count = Object.keys(filters).length;
	const folded = count - ("status" in filters ? 1 : 0);
	filtersToForm($("filters"), FILTERS, filters);
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
	forget() {
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

function facts(tx) {
	const sum = (number) => amount(number, tx.currency);
	return [
		factCard("Money",
			fact("Amount", sum(tx.amount)),
			fact("Processor fee", sum(tx.processorFee)),
			fact("Platform fee", sum(tx.platformFee)),
			fact("Net to partner", sum(tx.netAmount), "sum"),
			fact("Clive earning", sum(tx.cliveEarningAmount)),
			fact("Settlement", pill(tx.settlementStatus))),
		factCard("Rates",
			fact("Processor fee", percent(tx.stripeFeePercent)),
			fact("Partner fee", percent(tx.partnerFeePercent)),
			fact("Partner payout", percent(tx.partnerPayoutPercent)),
			fact("Clive earning", percent(tx.cliveEarningPercent))),
		factCard("Parties",
			fact("Partner", tx.partnerName),
			fact("Partner ID", tx.partnerId),
			fact("Client", tx.clientName),
			fact("Client ID", tx.clientId)),
		factCard("Record",
			fact("Created", time(tx.createdAt)),
			fact("Last change", time(tx.updatedAt)),
			fact("Processor", processorName(tx.processor)),
			copyable("Reference", tx.echezonaReference),
			copyable("Processor's payment", tx.stripePaymentIntentId),
			copyable("Record ID", tx.id)),
		el("section", {}, el("h2", {}, "Meta"),
			tx.meta === null ? el("p", { class: "muted small-note" },
				"The partner sent none.") :
				block("Sent by the partner", JSON.stringify(tx.meta))),
	];
}

function showDetail({ transaction: tx, timeline }) {
	const resend = (delivery) => resendButton({ id: delivery.delivery_id,
		due: delivery.status === "due", to: delivery.endpoint_name,
		done: () => loadDetail("quiet") });
	$("detail-title").replaceChildren(amount(tx.amount, tx.currency));
	$("detail-status").replaceChildren(pill(tx.status));
	keepingFocus($("detail-id"), () => $("detail-id").replaceChildren(
		el("span", { class: "mono" }, tx.cliveTxId),
		copyButton("transaction ID", tx.cliveTxId)));
	document.title = `${money(tx.amount, tx.currency)} ${tx.currency}, ` +
		`${tx.cliveTxId} · Clive admin`;
	keepingFocus($("facts"), () => $("facts").replaceChildren(...facts(tx)));
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
$("filters").addEventListener("change", applyFilters);
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

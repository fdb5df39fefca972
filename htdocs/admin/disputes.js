// SPDX-License-Identifier: ISC
// disputes.js - payments whose money the payers' banks took back.

import { amount, el, pill, shortTime, time } from "./dom.js";
import { listPage } from "./page.js";
import { modeName, transactionHash } from "./transactions.js";
import { LIST_TIME, sentence } from "./words.js";

const last = (tx) => tx.disputes.at(-1) ?? null;

function reason(tx) {
	const dispute = last(tx);
	if (dispute === null)
		return "Not told";
	return [el("span", {}, sentence(dispute.reason ?? "no reason given")),
		el("span", { class: "line below" }, dispute.respond_by === null ?
			dispute.id : el("span", {}, "Evidence by ",
				shortTime(dispute.respond_by)))];
}

export const disputesView = listPage({
	name: "disputes", nav: "disputes", title: "Disputes", hash: "#/disputes",
	note: "Evidence is handed in at the processor.",
	path: ({ partner_id: partner }) => "/disputes?" + (partner ?
		`partner_id=${encodeURIComponent(partner)}` : ""),
	filters: [{ name: "partner_id", label: "Partner ID" }],
	columns: [
		{ name: "amount", title: "Taken back", csv: (tx) => tx.disputedAmount,
			show: (tx) => amount(tx.disputedAmount, tx.currency) },
		{ name: "currency", title: "Currency", only: "csv",
			csv: (tx) => tx.currency },
		{ name: "mid", title: "Of", csv: (tx) => tx.amount,
			show: (tx) => amount(tx.amount, tx.currency) },
		{ name: "wide", title: "Reason", csv: (tx) => last(tx)?.reason,
			show: reason },
		{ name: "status", title: "State there", csv: (tx) => last(tx)?.status,
			show: (tx) => last(tx)?.status ? pill(last(tx).status,
				{ won: "green", lost: "red" }[last(tx).status] ?? "amber") :
				"—" },
		{ name: "when", title: "Told", csv: (tx) => last(tx)?.at,
			show: (tx) => time(last(tx)?.at ?? tx.updatedAt, LIST_TIME) },
		{ name: "mid", title: "Partner, client",
			csv: (tx) => `${tx.partnerId}/${tx.clientId}`,
			show: (tx) => [tx.partnerName, el("span", { class: "line below" },
				tx.clientName)] },
		{ name: "dispute", title: "Dispute", only: "csv",
			csv: (tx) => last(tx)?.id },
		{ name: "due", title: "Evidence by (UTC)", only: "csv",
			csv: (tx) => last(tx)?.respond_by },
		{ name: "mode", title: "Mode", only: "csv", csv: modeName },
		{ name: "id", title: "Transaction", csv: (tx) => tx.cliveTxId,
			show: (tx) => [el("a", { class: "mono",
				href: transactionHash(tx.cliveTxId) }, tx.cliveTxId),
			el("span", { class: "line below" }, tx.echezonaReference)] },
	],
	key: (tx) => tx.cliveTxId,
	href: (tx) => transactionHash(tx.cliveTxId),
	noun: ["dispute", "disputes"],
	empty: () => ({ title: "No disputes",
		text: "No payer’s bank has taken money back." }),
});

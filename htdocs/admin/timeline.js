// SPDX-License-Identifier: ISC
// timeline.js - one entry of a transaction's timeline, in plain words.

import { TONES, block, copyButton, el, icon, pairs, pill, time } from "./dom.js";
import { deliveryHash } from "./webhook-words.js";
import { callOutcome, curlCommand, duration, money, paymentTypeName, plural,
	processorName, sentence } from "./words.js";

const AUDIT_TITLES = {
	"transaction.initialized": "Payment opened",
	"transaction.pending": "Tied to the processor's payment",
	"transaction.succeeded": "Payment succeeded",
	"transaction.failed": "Payment failed",
	"transaction.refunded": "Payment refunded",
	"transaction.chargeback": "Payer's bank took the money back",
	"transaction.abandoned": "Payment abandoned",
	"transaction.refund_undone": "A refund in full came to nothing",
	"transaction.refund_mismatch": "Event of a refund kept: it does not fit",
	"refund.created": "Refund asked for",
	"refund.succeeded": "Refund succeeded",
	"refund.failed": "Refund failed",
};

const LEDGER_TITLES = {
	capture: "Captured", processor_fee: "Processor fee",
	platform_fee: "Platform fee", refund: "Refunded",
	chargeback: "Charged back", payout: "Paid out",
};

// "key:ab12" -> "API key ab12"
function actorName(actor) {
	const [kind, ...rest] = actor.split(":");
	const kinds = { key: "API key", operator: "operator", cron: "cron job",
		cli: "command line of", merchant: "merchant's key",
		buyer: "buyer" };
	if (kind === "processor")
		return processorName(rest.join(":"));
	if (actor === "payer")
		return "the payer";
	return kind in kinds ? `${kinds[kind]} ${rest.join(":")}` : actor;
}

// For each kind of entry: a title in plain words, a line below it, a tone, a
// pill or none, and the particulars.
const KINDS = {
	audit: (entry) => ({
		title: AUDIT_TITLES[entry.action] ?? sentence(entry.action),
		sub: `By ${actorName(entry.actor)}`,
		tone: TONES[entry.action.split(/[._]/).pop()] ?? "grey",
		more: [pairs({ Action: entry.action, Actor: entry.actor }),
			block("Particulars", JSON.stringify(entry.detail ?? {}))],
	}),
	route: (entry) => {
		const { inputs, candidates } = entry;
		const fee = (candidate) => `${processorName(candidate.processor)} ${
			money(candidate.estimated_fee, inputs.currency)} ${
			inputs.currency}`;
		return {
			title: `Route for ${paymentTypeName(inputs.payment_type)}: ${
				candidates.length ? processorName(
					candidates[0].processor) : "none"}`,
			sub: candidates.length > 1 ? `In this order: ${
				candidates.map(fee).join(", ")}` :
				candidates.map(fee).join(""),
			tone: "blue",
			more: [pairs({ "Payment type": inputs.payment_type,
				Country: inputs.issuer_country ?? "Not said",
				Scheme: inputs.card_scheme ?? "Not said",
				...Object.fromEntries(candidates.map((candidate, i) =>
					[`Choice ${i + 1}`, `${fee(candidate)}, by ${
						candidate.rule}`])) })],
		};
	},
	processor_call: (entry) => ({
		title: `Asked ${processorName(entry.processor)} to ${
			entry.operation === "checkout" ? "open a checkout" :
				`${entry.operation} the payment`}`,
		sub: callOutcome(entry),
		tone: { done: "green", asking: "blue", unknown: "amber",
			down: "amber", refused: "red" }[entry.status],
		pill: entry.status,
		more: [pairs({ Rule: entry.rule ?? "None",
			"Idempotency key": entry.idempotency_key,
			Answer: entry.answer_status === null ? "None" :
				`HTTP ${entry.answer_status}`,
			Answered: entry.finished_at === null ? "Not yet" :
				time(entry.finished_at) })],
	}),
	processor_event: (entry) => ({
		title: `${processorName(entry.processor)} reported ${entry.type}`,
		sub: { unchanged: "Nothing was left to change",
			waiting: "Waits for its payment to be known",
			quarantined: "Set aside for a person to look at" }[entry.outcome],
		tone: TONES[entry.outcome] === "green" ? "violet" :
			TONES[entry.outcome],
		pill: entry.outcome,
		more: [pairs({ "Event ID": entry.event_id, Type: entry.type }),
			block("Body as received", entry.body)],
	}),
	ledger: (entry) => ({
		title: `${LEDGER_TITLES[entry.entry] ?? sentence(entry.entry)} ${
			money(entry.amount, entry.currency)} ${entry.currency}`,
		sub: `Debit ${entry.debit_account}, credit ${entry.credit_account}`,
		tone: "amber",
		more: [pairs({ Entry: entry.entry, Debit: entry.debit_account,
			Credit: entry.credit_account,
			Amount: `${money(entry.amount, entry.currency)} ${
				entry.currency}` })],
	}),
	refund: (entry) => ({
		title: `Refund of ${money(entry.amount, entry.currency)} ${
			entry.currency}`,
		sub: [{ pending: "The processor has not answered yet",
			failed: `It came to nothing${entry.failure_code ?
				`: ${entry.failure_code}` : ""}` }[entry.status],
		entry.reason ? `Reason: ${entry.reason}` : null]
			.filter(Boolean).join(". ") || null,
		tone: { succeeded: "violet", pending: "blue",
			failed: "red" }[entry.status],
		pill: entry.status,
		more: [pairs({ "Refund ID": entry.refund_id,
			Reason: entry.reason ?? "None given",
			Failure: entry.failure_code ?? "None" })],
	}),
	event: (entry) => ({
		title: `Event written: ${entry.type}`,
		sub: "To be told to every endpoint that asked for it",
		tone: "blue",
		more: [pairs({ "Event ID": entry.event_id, Type: entry.type }),
			block("Body", entry.body)],
	}),
	delivery: (entry) => ({
		title: `Delivery to ${entry.endpoint_name}`,
		sub: { due: `${plural(entry.attempts, "attempt")} so far`,
			delivered: `After ${plural(entry.attempts, "attempt")}`,
			failed: `Given up after ${plural(entry.attempts, "attempt")}`,
		}[entry.status],
		tone: TONES[entry.status],
		pill: entry.status,
		more: [pairs({ URL: entry.url, "Delivery ID": el("a", {
				href: deliveryHash(entry.delivery_id) },
			entry.delivery_id),
			"Event ID": entry.event_id, "Endpoint ID": entry.endpoint_id,
			"Next attempt": entry.next_attempt_at === null ? "None" :
				time(entry.next_attempt_at) })],
	}),
	attempt: (entry) => ({
		title: `Attempt ${entry.number} to ${entry.endpoint_name}`,
		sub: entry.response_status === null ?
			`No answer in ${duration(entry.duration_ms)}: ${
				entry.error ?? "reason unknown"}` :
			`Answered in ${duration(entry.duration_ms)}`,
		tone: succeededAttempt(entry) ? "green" : "red",
		pill: entry.response_status === null ? "no answer" :
			String(entry.response_status),
		more: [pairs({ URL: entry.url, "Delivery ID": entry.delivery_id,
			"Event ID": entry.event_id, "Endpoint ID": entry.endpoint_id,
			Duration: duration(entry.duration_ms),
			Answer: entry.response_status ?? "None",
			...(entry.error ? { Error: entry.error } : {}) }),
		// Nothing was sent, or a listener fetched it.
		entry.url === null || !entry.request_head ? "" :
			el("div", {}, copyButton("curl command",
				curlCommand(entry), "Copy as curl")),
		block("Request head", entry.request_head),
		block("Request body", entry.body),
		block("Response head", entry.response_head),
		block("Response body", entry.response_body)],
	}),
};

function succeededAttempt(entry) {
	return entry.response_status >= 200 && entry.response_status < 300;
}

// resend makes the button that a delivery's entry has.
export function timelineEntry(entry, before, resend) {
	const make = KINDS[entry.kind];
	const { title, sub, tone = "grey", pill: word, more } = make ?
		make(entry) : { title: sentence(entry.kind),
			more: [block("Entry", JSON.stringify(entry))] };
	const gap = before ? new Date(entry.at) - new Date(before.at) : 0;
	return el("li", { "data-kind": entry.kind },
		el("span", { class: `knot tone-${tone}` },
			icon(make ? entry.kind : "audit")),
		el("div", {},
			el("div", { class: "entry-head" }, el("h3", {}, title),
				word ? pill(word, tone) : null,
				entry.kind === "delivery" ? resend(entry) : null,
				el("p", { class: "entry-time" },
					gap > 0 ? el("span", { class: "gap" },
						`${duration(gap)} later · `) : null,
					time(entry.at))),
			sub ? el("p", { class: "entry-sub" }, sub) : null,
			el("details", {}, el("summary", {}, "Particulars",
				el("span", { class: "sr" }, ` of: ${title}`)),
			el("div", { class: "particulars" }, ...more))));
}

// SPDX-License-Identifier: ISC
// status.js - what the server says of a transaction, asked every second until
// it has said its last word, and drawn as it comes.

import { el, icon } from "../admin/dom.js";

const EVERY_MS = 1000;
const GIVE_UP_MS = 15 * 60 * 1000;
const STALE_MS = 10 * 1000;	// until what was known before is news again
const API = "../api/v1/sandbox/checkout-intent";
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit",
	minute: "2-digit", second: "2-digit" });

// failed is the last word until the payer tries again.
const LOOKS = {
	initialized: ["grey", "clock", "Waiting for the payment"],
	pending: ["blue", "clock", "Waiting for the payment"],
	succeeded: ["green", "check", "Paid. Have a good flight!"],
	failed: ["red", "cross", "The payment failed"],
	refunded: ["violet", "check", "The money went back"],
	chargeback: ["amber", "cross", "The payment is disputed"],
	abandoned: ["grey", "cross", "The payment was abandoned"],
};
const OPEN = new Set(["initialized", "pending"]);

export const money = (number, currency) => new Intl.NumberFormat("en",
	{ style: "currency", currency }).format(number);

const sentence = (word) => word.charAt(0).toUpperCase() + word.slice(1);

// One call of the sandbox endpoint. What it refuses is thrown, in its words.
export async function ask(path = "", body = undefined) {
	const response = await fetch(API + path, { cache: "no-store",
		...(body ? { method: "POST", body: JSON.stringify(body),
			headers: { "Content-Type": "application/json" } } : {}) });
	const json = await response.json().catch(() => ({}));
	if (response.ok)
		return json;
	const error = new Error(json.code === "NOT_FOUND" ?
		"This gateway is live: it has no demo payments." :
		json.error ?? `The gateway answered with status ${response.status}.`);
	error.code = json.code;
	throw error;
}

// Shows one transaction in a place; announce reads out each change.
export class Status {
	seen = [];	// [{ status, at }], the oldest first
	timer = 0;
	trouble = "";

	constructor(place, id, announce) {
		this.place = place;
		this.id = id;
		this.announce = announce;
		this.draw();
	}

	get status() {
		return this.seen.at(-1)?.status ?? null;
	}

	// Begins to ask, until the status is a last one. The one that is known
	// by now counts less: the payer has just tried again.
	follow() {
		this.since = Date.now();
		this.stale = this.status;
		return this.look();
	}

	get done() {
		const waited = Date.now() - this.since;
		if (this.status === null || OPEN.has(this.status))
			return waited > GIVE_UP_MS;
		return this.status !== this.stale || waited > STALE_MS;
	}

	async look() {
		clearTimeout(this.timer);
		try {
			const tx = await ask(`/${encodeURIComponent(this.id)}`);
			this.trouble = "";
			this.take(tx);
		} catch (error) {
			this.trouble = error.message;
			if (error.code === "TX_NOT_FOUND") {
				this.draw();
				return;
			}
		}
		this.draw();
		if (!this.done)
			this.timer = setTimeout(() => this.look(), EVERY_MS);
	}

	stop() {
		clearTimeout(this.timer);
	}

	take(tx) {
		this.tx = tx;
		if (tx.status === this.status)
			return;
		this.seen.push({ status: tx.status, at: new Date() });
		this.announce(LOOKS[tx.status]?.[2] ?? tx.status);
	}

	draw() {
		const [tone, mark, title] = LOOKS[this.status] ??
			["grey", "clock", "Asking the gateway"];
		const waits = this.status === null || OPEN.has(this.status);
		this.place.replaceChildren(el("div", { class: `status tone-${tone}`,
			"data-status": this.status ?? "" },
			el("p", { class: `medal${waits ? " waits" : ""}` }, icon(mark)),
			el("h3", {}, title),
			this.tx ? el("p", { class: "status-amount" },
				money(this.tx.amount, this.tx.currency)) : null,
			this.trouble ? el("p", { class: "problem" }, this.trouble) : null,
			this.facts()));
	}

	facts() {
		return el("dl", { class: "facts" },
			el("dt", {}, "Transaction"),
			el("dd", {}, el("a", { class: "mono",
				href: `../admin/#/transactions/${encodeURIComponent(this.id)}`,
				title: "Open it in the admin page" }, this.id)),
			el("dt", {}, "Received"),
			el("dd", {}, el("ol", { class: "seen" }, ...this.seen.map(
				({ status, at }) => el("li", { "data-seen": status },
					el("span", { class: `pill tone-${LOOKS[status]?.[0] ??
						"grey"}` }, sentence(status)),
					el("time", { class: "muted", datetime: at.toISOString() },
						CLOCK.format(at)))),
				this.seen.length ? "" : el("li", { class: "muted" },
					"nothing yet"))));
	}
}

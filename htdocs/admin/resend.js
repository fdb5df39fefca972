// SPDX-License-Identifier: ISC
// resend.js - the buttons that send a delivery, or a whole event, again.

import { api, mayChange } from "./api.js";
import { el, forbid, forbidden, icon } from "./dom.js";
import { tell, tellFailure } from "./ask.js";
import { deliveryHash } from "./webhook-words.js";
import { plural } from "./words.js";

// Runs what a button is for, once at a time; trouble is told.
export async function work(button, job) {
	if (forbidden(button) || button.getAttribute("aria-busy") === "true")
		return;
	button.setAttribute("aria-busy", "true");
	try {
		await job();
	} catch (error) {
		tellFailure(error);
	}
	button.removeAttribute("aria-busy");
}

function told({ added, items }, to) {
	const [first] = items;
	const more = first ? { href: deliveryHash(first.id),
		link: "Show the delivery" } : {};
	if (added === 0)
		return tell(`It was due at ${to} already: it is tried next, as ` +
			"soon as the endpoint allows.", more);
	tell(added === 1 ? `A new delivery to ${to} is due.` :
		`${plural(added, "new delivery is", "new deliveries are")} due.`,
	more);
}

// id, due: of the delivery; to: its endpoint's name; done: called afterwards.
export function resendButton({ id, due, to, done }) {
	const label = due ? "Try now" : "Resend";
	const button = el("button", { type: "button", class: "button small",
		click: () => work(button, async () => {
			told(await api(`/webhooks/deliveries/${
				encodeURIComponent(id)}/resend`, {}), to);
			await done();
		}) },
	icon("refresh"), label, el("span", { class: "sr" }, ` to ${to}`));
	forbid(button, !mayChange(), "role-note");
	return button;
}

export async function resendEvent(id) {
	const { added } = await api(`/webhooks/events/${
		encodeURIComponent(id)}/resend`, {});
	tell(added === 0 ? "It was due at all of its endpoints already." :
		`${plural(added, "new delivery is", "new deliveries are")} due.`);
}

// SPDX-License-Identifier: ISC
// dom.js - the small parts that the pages are put together from. Data enters a
// page as text or as an attribute's value, never as markup.

import { EXACT_TIME, indentJson, money, sentence, shortFormat }
	from "./words.js";

export const $ = (id) => document.getElementById(id);

export const TONES = {
	initialized: "grey", pending: "blue", succeeded: "green",
	failed: "red", refunded: "violet", chargeback: "amber",
	abandoned: "grey",
	unsettled: "grey", queued: "blue", paid: "green",
	applied: "green", unchanged: "grey", waiting: "amber",
	quarantined: "red",
	due: "blue", delivered: "green",
	active: "green", unproven: "amber", disabled: "red",
};

// Make an element. Functions become listeners, other values attributes.
export function el(name, attributes = {}, ...children) {
	const node = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (typeof value === "function")
			node.addEventListener(key, value);
		else if (value !== null && value !== undefined)
			node.setAttribute(key, value);
	}
	node.append(...children.filter((child) => child !== null));
	return node;
}

export function icon(name) {
	const space = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(space, "svg");
	const use = document.createElementNS(space, "use");
	svg.setAttribute("class", "icon");
	svg.setAttribute("aria-hidden", "true");
	use.setAttribute("href", "#i-" + name);
	svg.append(use);
	return svg;
}

export function pill(word, tone = TONES[word] ?? "grey") {
	return el("span", { class: `pill tone-${tone}`, "data-status": word },
		sentence(word));
}

export function dash() {
	return el("span", { class: "muted", title: "Not known yet" }, "—");
}

export function amount(number, currency) {
	if (number === null || number === undefined)
		return dash();
	return el("span", { class: "nowrap" }, money(number, currency),
		el("span", { class: "currency" }, currency));
}

export function percent(number) {
	if (number === null || number === undefined)
		return dash();
	return number.toLocaleString(undefined,
		{ maximumFractionDigits: 4 }) + " %";
}

// A time in the viewer's zone; UTC on hover and for machines.
export function time(iso, format = EXACT_TIME) {
	const date = new Date(iso);
	if (iso === null || isNaN(date))
		return dash();
	const utc = date.toISOString().replace("T", " ").replace("Z", " UTC");
	return el("time", { datetime: iso, title: utc }, format.format(date));
}

export function shortTime(iso, seconds = false) {
	return time(iso, shortFormat(new Date(iso), seconds));
}

// Which server request an error is about, for whoever looks into the log.
export function requestNote(error) {
	return error.requestId ? el("span", { class: "request-id" }, "Request ",
		el("span", { class: "mono" }, error.requestId)) : null;
}

// A note in the place of what a page should have shown; where an error is
// given, with the request's id.
export function message(box, title, text, more = {}) {
	box.replaceChildren(el("div", {}, el("h2", {}, title),
		el("p", { class: "muted" }, text),
		more.error ? requestNote(more.error) : null,
		more.button ? el("button", { type: "button",
			class: "button retry", click: more.action },
		more.button) : null));
}

export function bones(count) {
	return Array.from({ length: count },
		() => el("span", { class: "bone", "aria-hidden": "true" }));
}

export function setBusy(node, busy) {
	node.setAttribute("aria-busy", String(busy));
}

const FOCUSABLE = "a[href], button, input, select, textarea, summary, " +
	"[tabindex]";

// Do something that replaces what is in a box, or the box by `now`; the focus
// stays on the control in the same place, and what was unfolded stays so.
export function keepingFocus(box, change, now = box) {
	const place = [...box.querySelectorAll(FOCUSABLE)]
		.indexOf(document.activeElement);
	const open = [...box.querySelectorAll("details")].map((d) => d.open);
	change();
	now.querySelectorAll("details").forEach((details, i) => {
		details.open ||= open[i] === true;
	});
	if (place >= 0)
		now.querySelectorAll(FOCUSABLE)[place]
			?.focus({ preventScroll: true });
}

// A button that this operator may not use says why, and can still be reached
// with the keyboard. reason is the id of the element that says it.
export function forbid(button, forbidden, reason) {
	button.setAttribute("aria-disabled", String(forbidden));
	if (forbidden)
		button.setAttribute("aria-describedby", reason);
	else
		button.removeAttribute("aria-describedby");
	button.title = forbidden ? $(reason)?.textContent ?? "" : "";
}

export function forbidden(button) {
	return button.getAttribute("aria-disabled") === "true";
}

// One line of a list of facts.
export function fact(name, value, kind = "") {
	return el("div", { class: kind }, el("dt", {}, name),
		el("dd", {}, value ?? dash()));
}

export function copyable(name, text) {
	return fact(name, text === null ? null : el("span", {},
		el("span", { class: "mono" }, text), " ",
		copyButton(name, text)), "wrap");
}

export function factCard(title, ...rows) {
	return el("section", {}, el("h2", {}, title),
		el("dl", {}, ...rows.filter((row) => row !== null)));
}

export function announce(text) {
	$("announce").textContent = text;
}

// The clipboard exists only over HTTPS and on localhost; elsewhere the old
// way of selecting a field's text still works.
export async function copyText(text) {
	if (navigator.clipboard)
		return navigator.clipboard.writeText(text);
	const field = el("textarea", { class: "sr", readonly: "" });
	field.value = text;
	document.body.append(field);
	field.select();
	const done = document.execCommand("copy");
	field.remove();
	if (!done)
		throw new Error("the browser refused to copy");
}

export function copyButton(what, text, label = null) {
	const face = () => [icon("copy"), ...(label ? [label] : [])];
	const button = el("button", {
		type: "button",
		class: label ? "button small" : "copy",
		"aria-label": label ? null : `Copy ${what}`,
		title: label ? null : `Copy ${what}`,
		click: async () => {
			let copied = true;
			try {
				await copyText(text);
			} catch {
				copied = false;
			}
			announce(copied ? `Copied ${what}` : "Copying failed");
			button.firstChild.replaceWith(icon(copied ? "check" : "cross"));
			button.focus();
			setTimeout(() => button.replaceChildren(...face()), 1500);
		},
	}, ...face());
	return button;
}

// A titled block of raw text: indented for the eye, copied as it is.
export function block(title, text) {
	if (text === null || text === undefined || text === "")
		return el("div", {}, el("div", { class: "block-head" }, title),
			el("p", { class: "block-none" }, "Empty"));
	return el("div", {},
		el("div", { class: "block-head" }, title,
			copyButton(title.toLowerCase(), text)),
		el("pre", { tabindex: "0", role: "region", "aria-label": title },
			indentJson(text).trimEnd()));
}

export function pairs(object) {
	return el("dl", {}, ...Object.entries(object).flatMap(([name, value]) =>
		[el("dt", {}, name), el("dd", {}, value ?? "—")]));
}

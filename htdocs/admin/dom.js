// SPDX-License-Identifier: ISC
// dom.js - the small parts that the pages are put together from. Data enters a
// page as text or as an attribute's value, never as markup.

import { EXACT_TIME, indentJson, money, sentence } from "./words.js";

export const $ = (id) => document.getElementById(id);

export const TONES = {
	initialized: "grey", pending: "blue", succeeded: "green",
	failed: "red", refunded: "violet", chargeback: "amber",
	abandoned: "grey",
	unsettled: "grey", queued: "blue", paid: "green",
	applied: "green", unchanged: "grey", waiting: "amber",
	quarantined: "red",
	due: "blue", delivered: "green",
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

// SPDX-License-Identifier: ISC
// page.js - pages of one list each, made from a description; they need no
// markup of their own.

import { csvButton } from "./csv.js";
import { $, el, icon } from "./dom.js";
import { PagedList, cell, filtersOfForm, filtersOfHash, filtersToForm, hashOf,
	openRows } from "./list.js";

// The element of a view, hidden until it is opened.
export function viewBox(name, label, ...children) {
	const box = el("section", { class: "view", id: `view-${name}`,
		"aria-labelledby": label, hidden: "" }, ...children);
	$("main").append(box);
	return box;
}

// A table for a PagedList. columns: { name, title, sr } - the last one where
// the title is for readers alone.
export function listTable(id, label, columns) {
	return el("table", { class: "rows plain-rows", id, role: "table",
		"aria-labelledby": label, "aria-busy": "false" },
	el("thead", { role: "rowgroup" }, el("tr", { role: "row" },
		...columns.map(({ name, title, sr }) => el("th", {
			class: `c-${name}`, scope: "col", role: "columnheader" },
		sr ? el("span", { class: "sr" }, title) : title)))),
	el("tbody", { role: "rowgroup" }));
}

// A row of it; on narrow windows each cell says what it is.
export function listRow(key, columns, item) {
	return el("tr", { role: "row", "data-id": key },
		...columns.map(({ name, title, show, sr }) => {
			const value = show(item);
			const node = cell(name, ...(Array.isArray(value) ? value :
				[value ?? "—"]));
			if (!sr)
				node.dataset.label = title;
			return node;
		}));
}

function filterField(id, { name, label, options, list }) {
	const control = options ? el("select", { id: `${id}-${name}`, name },
		...options.map(([value, text]) => el("option", { value }, text))) :
		el("input", { id: `${id}-${name}`, name, type: "text",
			maxlength: "64", autocomplete: "off", spellcheck: "false",
			list });
	return el("div", { class: "field" }, el("label", {
		for: `${id}-${name}` }, label), options ? el("div", {
		class: "select" }, control) : control);
}

function filterForm(id, filters) {
	return el("form", { class: "filters simple", id: `${id}-filters`,
		"aria-label": "Filters" },
	...filters.map((filter) => filterField(id, filter)),
	el("div", { class: "f-buttons" },
		el("button", { class: "button", type: "submit" }, "Apply"),
		el("button", { class: "button quiet", type: "button",
			id: `${id}-clear` }, "Clear")));
}

// A whole page:
//
//	name, nav, title, hash	of the view; hash is its address
//	note		a sentence below the title, or absent
//	columns		{ name, title, show(item), csv(item) }; csv where the file
//			has it, `only: "csv"` where nothing else does
//	filters		{ name, label, options }, may be absent
//	path(filters)	what to ask the API for
//	key(item), href(item)	its name, and where a click leads, or absent
//	noun, empty	as PagedList has them
//	tools		buttons at the top
export function listPage(page) {
	const id = `list-${page.name}`;
	const names = (page.filters ?? []).map(({ name }) => name);
	const shownColumns = page.columns.filter(({ only }) => only !== "csv");
	const table = listTable(id, `${id}-title`, shownColumns);
	const message = el("div", { class: "list-message", role: "status" });
	const count = el("p", { class: "muted" });
	const more = el("button", { class: "button", type: "button",
		hidden: "" }, "Load more");
	const liveText = el("span");
	const live = el("p", { class: "muted live" }, el("span", { class: "dot",
		"aria-hidden": "true" }), liveText);
	const form = names.length > 0 ? filterForm(id, page.filters) : null;
	let filters = {};
	let shown = null;
	const path = () => page.path(filters);
	const csv = csvButton({ name: page.name, path, noun: page.noun,
		columns: page.columns.filter((column) => column.csv)
			.map(({ title, csv: of }) => [title, of]) });
	const refresh = el("button", { class: "button small", type: "button",
		"aria-label": "Refresh", click: () => list.load("reset") },
	icon("refresh"), el("span", { class: "wide" }, "Refresh"));
	viewBox(page.name, `${id}-title`,
		el("div", { class: "view-head" },
			el("h1", { id: `${id}-title`, tabindex: "-1" }, page.title),
			live, csv, refresh, ...page.tools ?? []),
		page.note ? el("p", { class: "muted page-note" }, page.note) : null,
		form,
		el("div", { class: "list-box" }, table, message),
		el("div", { class: "list-foot" }, count, more));
	const list = new PagedList({ table, message, more, count,
		live: { box: live, text: liveText },
		columns: shownColumns.map(({ name }) => name), noun: page.noun,
		key: page.key, path, empty: page.empty,
		row: (item) => {
			const row = listRow(page.key(item), shownColumns, item);
			if (!page.href)
				row.classList.add("still");
			return row;
		},
		failed: "The list could not be loaded" });
	if (page.href)
		openRows(table, (key) => {
			const item = list.items.find((one) => page.key(one) === key);
			if (item)
				location.hash = page.href(item);
		});
	form?.addEventListener("submit", (event) => {
		event.preventDefault();
		location.hash = hashOf(page.hash, filtersOfForm(form, names));
	});
	form?.addEventListener("change", () => form.requestSubmit());
	form?.querySelector("[id$='-clear']").addEventListener("click", () => {
		location.hash = page.hash;
	});
	return { name: page.name, nav: page.nav, title: page.title, list,
		open(hash) {
			page.opened?.();
			if (hash === shown)
				return void list.reopen();
			shown = hash;
			filters = filtersOfHash(hash, names);
			if (form)
				filtersToForm(form, names, filters);
			list.load("reset");
		},
		tick: () => list.refresh(),
		forget() {
			shown = null;
			list.reset();
		},
	};
}

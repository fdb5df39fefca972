// SPDX-License-Identifier: ISC
// list.js - lists that the server pages: loading, refreshing in the background
// and growing by a page, without a jump, a lost focus or a lost selection.

import { api, session } from "./api.js";
import { announce, el, keepingFocus, message, setBusy } from "./dom.js";
import { plural } from "./words.js";

const PAGE_SIZE = 50;

// Elements of one parent, each made from an item that has a key. Bringing it
// to another state touches only what differs; `also` says what an element
// depends on besides its item.
export class Keyed {
	constructor(parent, keyOf, make, also = () => "") {
		Object.assign(this, { parent, keyOf, make, also });
		this.nodes = new Map();		// key -> { node, text of the item }
	}

	get size() {
		return this.nodes.size;
	}

	clear(...placeholders) {
		this.nodes.clear();
		this.parent.replaceChildren(...placeholders);
	}

	// append: items follow what is there. fresh: new ones are marked.
	show(items, append = false, fresh = false) {
		const kept = new Set(items.map(this.keyOf));
		const ours = new Set();
		for (const [key, { node }] of this.nodes) {
			if (!append && !kept.has(key))
				this.nodes.delete(key);
			else
				ours.add(node);
		}
		[...this.parent.children].forEach((node) => {
			if (!ours.has(node))
				node.remove();
		});
		let place = append ? this.nodes.size : 0;
		for (const item of items) {
			const old = this.nodes.get(this.keyOf(item));
			if (append && old)
				continue;
			const node = this.bring(item, old, fresh);
			if (this.parent.children[place] !== node)
				this.parent.insertBefore(node,
					this.parent.children[place] ?? null);
			place++;
		}
	}

	// The element of an item: the old one where nothing has changed.
	bring(item, old, fresh) {
		const text = JSON.stringify(item) + this.also(item);
		if (old?.text === text)
			return old.node;
		const node = this.make(item);
		if (fresh)
			node.classList.add("fresh");
		if (old)
			keepingFocus(old.node, () => old.node.replaceWith(node),
				node);
		this.nodes.set(this.keyOf(item), { node, text });
		return node;
	}
}

export function cell(name, ...children) {
	return el("td", { class: `c-${name}`, role: "cell" }, ...children);
}

// A table that shows what the server has, a page at a time.
//
//	table, message, more, count	elements of the page
//	live		where it says how fresh it is: { box, text }, or null
//	columns		names of the columns
//	noun		what a row is, and several are
//	key, row, also	of an item: its key, its row, what else the row shows
//	path		what to ask for, without limit and cursor
//	empty		what to say where there is nothing
//	failed		what to say above an error
//	loaded		called after each load with the items, or absent
//	pageSize	if not the usual one
export class PagedList {
	constructor(parts) {
		Object.assign(this, parts);
		this.rows = new Keyed(this.table.tBodies[0], this.key, this.row,
			this.also);
		this.turn = 0;		// older answers are dropped
		this.more.addEventListener("click", () => this.load("more"));
		this.reset();
	}

	reset() {
		Object.assign(this, { cursor: null, pages: 0, busy: false,
			items: [], turn: this.turn + 1 });
		this.rows.clear();
		this.message.replaceChildren();
		this.more.hidden = true;
		this.count.textContent = "";
		setBusy(this.table, false);
		this.setLive("", "");
	}

	setLive(state, text) {
		if (this.live === null)
			return;
		this.live.box.className = `muted live ${state}`;
		this.live.text.textContent = text;
	}

	bones() {
		return Array.from({ length: 8 }, () => el("tr", { role: "row",
			"aria-hidden": "true" }, ...this.columns.map((name) =>
			cell(name, el("span", { class: "bone" })))));
	}

	async ask(mode) {
		const [path, query] = this.path().split("?");
		const asked = new URLSearchParams(query);
		asked.set("limit", this.pageSize ?? PAGE_SIZE);
		if (mode === "more")
			asked.set("cursor", this.cursor);
		return api(`${path}?${asked}`);
	}

	// "reset" begins anew, "more" adds a page, "quiet" renews the first one.
	async load(mode) {
		const turn = ++this.turn;
		this.busy = true;
		this.more.disabled = true;
		if (mode !== "quiet") {
			this.message.replaceChildren();
			setBusy(this.table, mode === "reset");
			if (mode === "reset" && this.rows.size === 0)
				this.rows.clear(...this.bones());
		}
		let page = null, failure = null;
		try {
			page = await this.ask(mode);
		} catch (error) {
			failure = error;
		}
		if (turn !== this.turn)
			return;
		this.busy = false;
		this.more.disabled = false;
		setBusy(this.table, false);
		if (failure)
			this.sayFailed(mode, failure);
		else
			this.take(mode, page);
	}

	take(mode, page) {
		const before = this.rows.size;
		this.message.replaceChildren();
		this.rows.show(page.items, mode === "more", mode === "quiet");
		this.pages = mode === "more" ? this.pages + 1 : 1;
		this.items = mode === "more" ? [...this.items, ...page.items] :
			page.items;
		this.cursor = page.nextCursor;
		this.sayLoaded();
		if (mode === "more") {
			announce(plural(this.rows.size - before,
				...this.noun.map((word) => `more ${word}`)) +
				" loaded");
			// Keyboard users go on where the new rows begin.
			this.table.tBodies[0].rows[before]?.querySelector("a")
				.focus({ preventScroll: true });
		}
		this.loaded?.(page.items);
	}

	sayLoaded() {
		const count = this.rows.size;
		const more = this.cursor !== null;
		this.more.hidden = !more;
		this.count.textContent = count === 0 ? "" : more ?
			`The newest ${plural(count, ...this.noun)}` :
			`${plural(count, ...this.noun)}, all that match`;
		if (this.pages === 1)
			this.setLive("on", "Updated " +
				new Date().toLocaleTimeString());
		else
			this.setLive("", "Refreshing paused");
		if (count === 0) {
			const { title, text, ...button } = this.empty();
			message(this.message, title, text, button);
		}
	}

	sayFailed(mode, error) {
		this.setLive("trouble", mode === "quiet" ?
			"Not up to date; trying again" : "Not loaded");
		if (mode === "quiet" || !session.token)
			return;
		if (mode === "reset") {
			this.rows.clear();
			this.more.hidden = true;
			this.count.textContent = "";
			this.pages = 0;
		}
		message(this.message, this.failed, error.message, { error,
			button: "Try again", action: () => this.load(mode) });
	}

	// Bring the first page up to date, where it is alone on view.
	refresh() {
		if (!this.busy && this.pages === 1)
			return this.load("quiet");
	}

	// It is on view again, as it was left.
	reopen() {
		if (this.pages <= 1)
			return this.load(this.pages === 0 ? "reset" : "quiet");
	}
}

// Click anywhere in a row opens it, unless it ends a selection of text.
export function openRows(table, open) {
	table.tBodies[0].addEventListener("click", (event) => {
		const row = event.target.closest("tr[data-id]");
		if (row && !event.target.closest("a, button") &&
		    getSelection().isCollapsed)
			open(row.dataset.id);
	});
}

// Filters: a form whose fields are named as in the part of the URL after `#`.

export function filtersOfForm(form, names) {
	const filters = {};
	for (const name of names) {
		const field = form.elements[name];
		const value = field.value.trim();
		if (value && field.validity.valid)
			filters[name] = value;
	}
	return filters;
}

export function filtersToForm(form, names, filters) {
	for (const name of names) {
		const field = form.elements[name];
		const value = filters[name] ?? "";
		// Writing to a date that is being typed would end the typing.
		if (field.value !== value && field.validity.valid)
			field.value = value;
		field.classList.toggle("set", name in filters);
	}
}

export function filtersOfHash(hash, names) {
	const query = new URLSearchParams(hash.split("?")[1] ?? "");
	return Object.fromEntries(names.filter((name) => query.get(name))
		.map((name) => [name, query.get(name)]));
}

export function hashOf(path, filters) {
	const query = new URLSearchParams(filters).toString();
	return path + (query ? `?${query}` : "");
}

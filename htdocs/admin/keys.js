// SPDX-License-Identifier: ISC
// keys.js - a partner's API keys and its merchants' keys: the list, a new one
// (shown once), the end of one.

import { api, may } from "./api.js";
import { ask, field, tell } from "./ask.js";
import { copyButton, el, forbid, forbidden, icon, message, pill, shortTime }
	from "./dom.js";
import { csvButton } from "./csv.js";
import { listRow, listTable } from "./page.js";
import { Keyed } from "./list.js";

function secretRow(label, text) {
	return el("p", { class: "made-secret" }, el("span", {}, label),
		el("code", {}, text), copyButton(label, text));
}

// A part of a page: a heading with a button, and a table of keys.
function part({ id, title, note, path, revoke, columns, add, noun, csv }) {
	const why = `${id}-why`;
	const made = el("div", { class: "callout tone-green made-key",
		role: "group", hidden: "" });
	const trouble = el("div", { class: "list-message short",
		role: "status" });
	const table = listTable(id, `${id}-title`, [...columns,
		{ name: "tools", title: "Actions", sr: true }]);
	const button = el("button", { type: "button",
		class: "button small primary", id: `${id}-add`,
		click: async () => {
			if (forbidden(button))
				return;
			const answer = await add();
			if (answer === null)
				return;
			showMade(answer);
			load();
		} }, icon("plus"), "Add key");
	const rows = new Keyed(table.tBodies[0], (key) => key.id, (key) => {
		const row = listRow(key.id, [...columns, { name: "tools",
			title: "Actions", sr: true, show: revokeButton }], key);
		row.classList.add("still");
		return row;
	});
	let turn = 0;

	function revokeButton(key) {
		if (key.revoked_at !== null)
			return "";
		const end = el("button", { type: "button",
			class: "button small danger", click: async () => {
				if (forbidden(end))
					return;
				const done = await ask({ title: `Revoke “${key.name}”?`,
					label: "Revoke", danger: true, body: [el("p", {},
						"Whoever uses it is refused from now on. A revoked " +
						"key never comes back.")],
					go: () => api(revoke(key.id), {}) });
				if (done === null)
					return;
				tell("The key was revoked.");
				load();
			} }, "Revoke…", el("span", { class: "sr" }, ` ${key.name}`));
		forbid(end, !may("owner"), why);
		return end;
	}

	function showMade(answer) {
		const heading = el("h3", { tabindex: "-1" },
			`The key “${answer.name}”, shown once`);
		made.replaceChildren(heading, el("p", {}, "Copy it now and hand " +
			"it over. Once you leave this page nobody can read it again."),
		secretRow("API key", answer.api_key),
		answer.hmac_secret ? secretRow("HMAC secret",
			answer.hmac_secret) : "",
		el("button", { type: "button", class: "button small",
			click: () => {
				made.hidden = true;
				made.replaceChildren();
				button.focus();
			} }, "I have kept it"));
		made.hidden = false;
		heading.focus();
	}

	async function load() {
		const mine = ++turn;
		forbid(button, !may("owner"), why);
		try {
			const { items } = await api(path());
			if (mine !== turn)
				return;
			trouble.replaceChildren();
			table.hidden = items.length === 0;
			rows.show(items.toReversed());
			if (items.length === 0)
				message(trouble, "No keys yet", note);
		} catch (error) {
			if (mine === turn)
				message(trouble, "The keys could not be loaded",
					error.message, { error, button: "Try again",
						action: load });
		}
	}

	return { load,
		clear() {
			turn++;
			rows.clear();
			trouble.replaceChildren();
			made.replaceChildren();
			made.hidden = true;
		},
		box: el("section", { "aria-labelledby": `${id}-title` },
			el("div", { class: "log-head" },
				el("h2", { id: `${id}-title` }, title),
				el("span", { class: "tools" }, csvButton({ name: id, path,
					noun, columns: csv }), button)),
			el("p", { class: "sr", id: why },
				"Only an owner may make and revoke keys."),
			made, table, trouble) };
}

const state = { name: "status", title: "Status", show: (key) =>
	pill(key.revoked_at === null ? "active" : "revoked",
		key.revoked_at === null ? "green" : "grey") };
const created = { name: "when", title: "Created",
	show: (key) => shortTime(key.created_at) };
const CSV = [["ID", (key) => key.id], ["Name", (key) => key.name],
	["Created (UTC)", (key) => key.created_at],
	["Revoked (UTC)", (key) => key.revoked_at]];

function nameInput() {
	return el("input", { id: "key-name", name: "name", type: "text",
		maxlength: "100", required: "", autocomplete: "off" });
}

// Of the partner's back ends.
export function keysPart(partner) {
	return part({ id: "keys", title: "API keys",
		note: "The partner's back end signs with one.",
		noun: ["key", "keys"],
		path: () => `/keys?partner_id=${encodeURIComponent(partner())}`,
		revoke: (id) => `/keys/${encodeURIComponent(id)}/revoke`,
		csv: [...CSV, ["Key", (key) => key.hint]],
		columns: [
			{ name: "wide", title: "Name", show: (key) => key.name },
			{ name: "id", title: "Key", show: (key) => el("span",
				{ class: "mono" }, key.hint) }, state, created],
		add: () => ask({ title: "Add an API key", label: "Add",
			body: [field("Name", nameInput(),
				"For people: “Booking system”, say.")],
			go: (form) => api("/keys", { partner_id: partner(),
				name: form.elements.name.value.trim() }) }) });
}

// Of its merchants, for the Payments API.
export function merchantKeysPart(partner, clients) {
	return part({ id: "merchant-keys", title: "Merchants’ keys",
		note: "A merchant calls the Payments API with one.",
		noun: ["key", "keys"],
		path: () => `/merchant-keys?partner_id=${encodeURIComponent(
			partner())}`,
		revoke: (id) => `/merchant-keys/${encodeURIComponent(id)}/revoke`,
		csv: [...CSV, ["Key", (key) => key.prefix],
			["Client ID", (key) => key.client_id],
			["Mode", (key) => key.livemode ? "live" : "test"],
			["Scopes", (key) => key.scopes.join(" ")]],
		columns: [
			{ name: "wide", title: "Name", show: (key) => [key.name,
				el("span", { class: "line below" }, key.client_id)] },
			{ name: "id", title: "Key", show: (key) => el("span",
				{ class: "mono", title: key.scopes.join(", ") },
				`${key.prefix}…`) }, state, created],
		add: () => {
			const client = el("input", { id: "key-client",
				name: "client_id", type: "text", maxlength: "64",
				required: "", autocomplete: "off", list: "key-clients",
				class: "mono" });
			client.value = clients().length === 1 ?
				clients()[0].client_id : "";
			return ask({ title: "Add a merchant's key", label: "Add",
				body: [field("Client ID", client), el("datalist",
					{ id: "key-clients" }, ...clients().map((one) =>
						el("option", { value: one.client_id },
							one.legal_name))),
				field("Name", nameInput()),
				field("Mode", el("select", { id: "key-mode",
					name: "livemode" },
				el("option", { value: "" }, "Test"),
				el("option", { value: "1" }, "Live")),
				"A live key moves real money.")],
				go: (form) => api("/merchant-keys", {
					partner_id: partner(),
					client_id: client.value.trim(),
					name: form.elements.name.value.trim(),
					livemode: form.elements.livemode.value === "1" }) });
		} });
}

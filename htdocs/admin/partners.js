// SPDX-License-Identifier: ISC
// partners.js - partners, and one of them with its clients and keys.

import { api, may } from "./api.js";
import { tell } from "./ask.js";
import { $, announce, bones, copyable, el, fact, factCard, forbid, forbidden,
	icon, keepingFocus, message, percent, pill, setBusy, time } from "./dom.js";
import { csvButton } from "./csv.js";
import { askClient, askPartner, preview } from "./partner-form.js";
import { keysPart, merchantKeysPart } from "./keys.js";
import { listPage, listRow, listTable, viewBox } from "./page.js";
import { PagedList } from "./list.js";
import { LIST_TIME } from "./words.js";

const CHANGERS = ["owner", "finance"];
const WHY = "partner-why";

export function partnerHash(id) {
	return `#/partners/${encodeURIComponent(id)}`;
}

function addButton(id, label, go) {
	return el("button", { type: "button", class: "button small primary", id,
		click: (event) => forbidden(event.currentTarget) || go() },
	icon("plus"), label);
}

async function addPartner() {
	const made = await askPartner();
	if (made === null)
		return;
	tell(`${made.legal_name} was added.`, { stays: true });
	location.hash = partnerHash(made.partner_id);
}

const add = addButton("partner-add", "Add partner", addPartner);

const LOOK = ["brand_display_name", "brand_logo_url", "brand_primary_color",
	"brand_secondary_color", "widget_background_color", "widget_text_color",
	"website_url"];

export const partnersView = listPage({
	name: "partners", nav: "partners", title: "Partners", hash: "#/partners",
	path: () => "/partners?",
	columns: [
		{ name: "wide", title: "Partner", csv: (p) => p.legal_name,
			show: (p) => [el("a", { href: partnerHash(p.partner_id) },
				p.legal_name)] },
		{ name: "id", title: "Partner ID", csv: (p) => p.partner_id,
			show: (p) => el("span", { class: "mono" }, p.partner_id) },
		{ name: "status", title: "Status", csv: (p) => p.status,
			show: (p) => pill(p.status, { active: "green",
				suspended: "red" }[p.status]) },
		{ name: "status", title: "KYC", csv: (p) => p.kyc_status,
			show: (p) => pill(p.kyc_status, { approved: "green",
				pending: "amber", rejected: "red" }[p.kyc_status]) },
		{ name: "small", title: "Fee", csv: (p) => p.fee_percentage,
			show: (p) => percent(p.fee_percentage) },
		...LOOK.map((key) => ({ title: key, only: "csv",
			csv: (p) => p[key] })),
		{ name: "when", title: "Changed", csv: (p) => p.updated_at,
			show: (p) => time(p.updated_at, LIST_TIME) },
	],
	key: (p) => p.partner_id,
	href: (p) => partnerHash(p.partner_id),
	noun: ["partner", "partners"],
	tools: [add],
	opened: () => forbid(add, !may(...CHANGERS), WHY),
	empty: () => ({ title: "No partners yet",
		text: "A partner is a company that is integrated with this gateway." }),
});

// One partner

let id = null;
let partner = null;
let turn = 0;

const title = el("h1", { id: "partner-title", tabindex: "-1" });
const status = el("span");
const name = el("p", { class: "detail-id" });
const trouble = el("div", { class: "list-message", role: "status" });
const facts = el("div", { class: "facts" });
const look = el("section", { class: "look", "aria-label": "Payment form" });
const keys = keysPart(() => id);
const merchantKeys = merchantKeysPart(() => id, () => clients.items);
const change = el("button", { type: "button", class: "button small",
	id: "partner-change", click: async () => {
		if (forbidden(change))
			return;
		const changed = await askPartner(partner);
		if (changed === null)
			return;
		tell("The partner was changed.");
		show(changed);
	} }, "Change…");
const webhooks = el("a", { class: "button small" }, "Webhooks");
const payments = el("a", { class: "button small" }, "Transactions");
const addClient = addButton("client-add", "Add client", async () => {
	if (await askClient(partner) === null)
		return;
	tell("The client was added.");
	clients.load("reset");
});

const COLUMNS = [
	{ name: "wide", title: "Client", csv: (c) => c.legal_name,
		show: (c) => c.legal_name },
	{ name: "id", title: "Client ID", csv: (c) => c.client_id,
		show: (c) => el("span", { class: "mono" }, c.client_id) },
	{ name: "status", title: "Status", csv: (c) => c.status,
		show: (c) => pill(c.status, { active: "green", suspended: "red",
			pending_kyc: "amber" }[c.status]) },
	{ name: "small", title: "Fee", csv: (c) => c.partner_fee_percentage,
		show: (c) => c.partner_fee_percentage === null ? "Partner’s" :
			percent(c.partner_fee_percentage) },
	{ name: "small", title: "Flat fee, USD",
		csv: (c) => c.partner_fee_flat_usd,
		show: (c) => c.partner_fee_flat_usd === null ? "None" :
			String(c.partner_fee_flat_usd) },
	{ name: "tools", title: "Actions", sr: true, show: clientButton },
];

function clientButton(client) {
	const button = el("button", { type: "button", class: "button small",
		click: async () => {
			if (forbidden(button) ||
			    await askClient(partner, client) === null)
				return;
			tell("The client was changed.");
			clients.load("quiet");
		} }, "Change…", el("span", { class: "sr" },
		` ${client.legal_name}`));
	forbid(button, !may(...CHANGERS), WHY);
	return button;
}

const clientTable = listTable("clients", "clients-title", COLUMNS);
const clientMessage = el("div", { class: "list-message short",
	role: "status" });
const clientCount = el("p", { class: "muted" });
const clientMore = el("button", { class: "button", type: "button",
	hidden: "" }, "Load more");
const clientPath = () => `/clients?partner_id=${encodeURIComponent(id)}`;
const clients = new PagedList({ table: clientTable, message: clientMessage,
	more: clientMore, count: clientCount, live: null,
	columns: COLUMNS.map((column) => column.name),
	noun: ["client", "clients"], key: (c) => c.id,
	row: (c) => {
		const row = listRow(c.id, COLUMNS, c);
		row.classList.add("still");
		return row;
	},
	path: clientPath, failed: "The clients could not be loaded",
	empty: () => ({ title: "No clients yet",
		text: "A client is a merchant whose payments the partner takes." }) });
const clientCsv = csvButton({ name: "clients", path: clientPath,
	noun: ["client", "clients"], columns: [...COLUMNS.filter(({ csv }) => csv)
		.map((column) => [column.title, column.csv]),
	...LOOK.map((key) => [key, (c) => c[key]])] });

viewBox("partner", "partner-title",
	el("div", { class: "detail-bar" }, el("a", { class: "back",
		href: "#/partners" }, icon("back"), "Partners")),
	el("div", { class: "detail-head with-tools" },
		el("div", {}, el("div", { class: "detail-amount" }, title, status),
			name),
		el("div", { class: "tools", role: "group", "aria-label": "Actions" },
			change, webhooks, payments)),
	el("p", { class: "sr", id: WHY }, "An owner or finance may change this."),
	trouble,
	el("div", { class: "detail-body", id: "partner-body" },
		el("div", {}, facts, look),
		el("div", { class: "parts" },
			el("section", { "aria-labelledby": "clients-title" },
				el("div", { class: "log-head" },
					el("h2", { id: "clients-title" }, "Clients"),
					el("span", { class: "tools" }, clientCsv, addClient)),
				clientTable, clientMessage,
				el("div", { class: "list-foot" }, clientCount,
					clientMore)),
			keys.box, merchantKeys.box)));

function show(shown) {
	partner = shown;
	title.textContent = partner.legal_name;
	document.title = `${partner.legal_name} · Clive admin`;
	status.replaceChildren(pill(partner.status, { active: "green",
		suspended: "red" }[partner.status]));
	name.replaceChildren(el("span", { class: "mono" }, partner.partner_id));
	webhooks.href = `#/webhooks?partner_id=${encodeURIComponent(
		partner.partner_id)}`;
	payments.href = `#/transactions?partner_id=${encodeURIComponent(
		partner.partner_id)}`;
	keepingFocus(facts, () => facts.replaceChildren(factCard("Partner",
		fact("KYC", pill(partner.kyc_status, { approved: "green",
			pending: "amber", rejected: "red" }[partner.kyc_status])),
		fact("Fee", percent(partner.fee_percentage)),
		partner.website_url === null ? null : copyable("Website",
			partner.website_url),
		fact("Created", time(partner.created_at)),
		fact("Last change", time(partner.updated_at)))));
	look.replaceChildren(el("h2", {}, "Payment form"), preview(partner,
		partner.legal_name));
	for (const button of [change, addClient])
		forbid(button, !may(...CHANGERS), WHY);
}

function clear() {
	turn++;
	partner = null;
	for (const node of [title, status, name, trouble, facts, look])
		node.replaceChildren();
	clients.reset();
	keys.clear();
	merchantKeys.clear();
}

async function load() {
	clear();
	const mine = turn;
	title.textContent = "Partner";
	facts.append(...bones(6));
	setBusy($("view-partner"), true);
	let failure = null, got = null;
	try {
		got = await api(`/partners/${encodeURIComponent(id)}`);
	} catch (error) {
		failure = error;
	}
	if (mine !== turn)
		return;
	setBusy($("view-partner"), false);
	$("partner-body").hidden = failure !== null;
	if (failure)
		return message(trouble, failure.status === 404 ?
			"There is no such partner" : "The partner could not be loaded",
		failure.message, { error: failure, button: "Try again",
			action: load });
	show(got);
	clients.load("reset");
	keys.load();
	merchantKeys.load();
	announce("Loaded");
}

export const partnerView = {
	name: "partner", nav: "partners", title: "Partner",
	open(hash, [named]) {
		id = named;
		load();
	},
	forget: clear,
};

// SPDX-License-Identifier: ISC
// partner-form.js - the dialogs that make and change partners and clients,
// and what their payment form will look like.

import { api } from "./api.js";
import { ask, field } from "./ask.js";
import { el } from "./dom.js";

const LOOK = [
	["brand_display_name", "Name on the form", "text", 200],
	["brand_logo_url", "Logo's URL", "url", 2000],
	["brand_primary_color", "Main colour", "colour"],
	["brand_secondary_color", "Second colour", "colour"],
	["widget_background_color", "Background", "colour"],
	["widget_text_color", "Text", "colour"],
	["website_url", "Website", "url", 2000],
];
const COLOUR = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i;

function input(name, value, more = {}) {
	const node = el("input", { id: `f-${name}`, name, type: "text",
		autocomplete: "off", ...more });
	node.value = value ?? "";
	return node;
}

function select(name, value, options) {
	const node = el("select", { id: `f-${name}`, name },
		...options.map(([word, text]) => el("option", { value: word },
			text)));
	node.value = value;
	return node;
}

// How a payment form with this look appears; `fallback` is the name where the
// look has none. Colours are set through the style object, which no policy
// of ours forbids, and only where they are colours.
export function preview(look, fallback) {
	const colour = (name, other) => COLOUR.test(look[name] ?? "") ?
		look[name] : other;
	const name = look.brand_display_name || fallback;
	const pay = el("span", { class: "preview-pay" }, "Pay 750.00 USD");
	const box = el("div", { class: "preview", role: "img",
		"aria-label": `The payment form of ${name}, with its colours` },
	el("strong", {}, name),
	el("span", { class: "preview-line" }, "Card number"),
	el("span", { class: "preview-line short" }, "MM / YY"), pay,
	el("span", { class: "preview-mark" },
		look.brand_logo_url ? "With the logo at the URL above" :
			"Without a logo"));
	box.style.background = colour("widget_background_color", "#ffffff");
	box.style.color = colour("widget_text_color", "#1a1f36");
	pay.style.background = colour("brand_primary_color", "#3d4fd6");
	box.style.borderColor = colour("brand_secondary_color", "#e2e7ee");
	return box;
}

function lookFields(thing) {
	return LOOK.map(([name, label, kind, max]) => field(label,
		input(name, thing?.[name], kind === "colour" ? { maxlength: "7",
			placeholder: "#rrggbb", class: "mono" } : { maxlength: max,
			inputmode: kind === "url" ? "url" : null })));
}

// What of a form differs from the thing it is about; of a new thing, what is
// filled in.
function changes(form, thing, names) {
	const sent = {};
	for (const name of names) {
		const value = form.elements[name].value.trim();
		if (value !== String(thing?.[name] ?? ""))
			sent[name] = value;
	}
	return sent;
}

function asNumber(text) {
	return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

// The dialog's look part, with a preview that follows what is typed.
function lookPart(thing, fallback) {
	const place = el("div", {});
	const fields = el("div", { class: "two" }, ...lookFields(thing));
	const follow = () => place.replaceChildren(preview(Object.fromEntries(
		LOOK.map(([name]) => [name, fields.querySelector(
			`[name="${name}"]`).value.trim()])), fallback()));
	fields.addEventListener("input", follow);
	follow();
	return { follow, node: el("fieldset", {}, el("legend", {},
		"Payment form"), fields, place) };
}

const NAMES = LOOK.map(([name]) => name);

// Asks for a new partner, or for changes of one; the partner, or null.
export function askPartner(partner = null) {
	const legal = input("legal_name", partner?.legal_name,
		{ maxlength: "200", required: "" });
	const fee = input("fee_percentage", partner?.fee_percentage ?? "3.5",
		{ inputmode: "decimal" });
	const look = lookPart(partner, () => legal.value.trim() || "The partner");
	legal.addEventListener("input", look.follow);
	return ask({ title: partner ? "Change the partner" : "Add a partner",
		label: partner ? "Save" : "Add", body: [
			partner ? null : field("Partner ID", input("partner_id", "",
				{ maxlength: "64", required: "", class: "mono",
				spellcheck: "false" }), "3 to 64 letters, digits, _ and -. " +
				"It cannot be changed later."),
			field("Legal name", legal),
			el("div", { class: "two" },
				field("Status", select("status", partner?.status ?? "active",
					[["active", "Active"], ["inactive", "Inactive"],
						["suspended", "Suspended"]])),
				field("KYC", select("kyc_status", partner?.kyc_status ??
					"pending", [["approved", "Approved"],
					["pending", "Pending"], ["rejected", "Rejected"]]))),
			field("Fee, %", fee, "Of each payment; the processor's fee " +
				"is a part of it."),
			look.node].filter(Boolean),
		go: (form) => {
			const sent = changes(form, partner, ["legal_name", "status",
				"kyc_status", ...NAMES]);
			if (fee.value !== String(partner?.fee_percentage ?? ""))
				sent.fee_percentage = asNumber(fee.value.trim());
			if (partner)
				return api(`/partners/${encodeURIComponent(
					partner.partner_id)}`, sent);
			return api("/partners", { ...sent,
				partner_id: form.elements.partner_id.value.trim() });
		} });
}

// The same for a client of a partner.
export function askClient(partner, client = null) {
	const legal = input("legal_name", client?.legal_name,
		{ maxlength: "200", required: "" });
	const fees = ["partner_fee_percentage", "partner_fee_flat_usd"];
	const look = lookPart(client, () => legal.value.trim() || "The client");
	legal.addEventListener("input", look.follow);
	const feeInput = (name) => input(name, client?.[name],
		{ inputmode: "decimal" });
	return ask({ title: client ? "Change the client" :
		`Add a client of ${partner.legal_name}`,
	label: client ? "Save" : "Add", body: [
		client ? null : field("Client ID", input("client_id", "",
			{ maxlength: "64", required: "", class: "mono",
			spellcheck: "false" }), "The partner's own name for the " +
			"merchant. It cannot be changed later."),
		field("Legal name", legal),
		field("Status", select("status", client?.status ?? "active",
			[["active", "Active"], ["suspended", "Suspended"],
				["pending_kyc", "Pending KYC"]])),
		el("div", { class: "two" },
			field("Fee, %", feeInput(fees[0]), `Empty: the partner's ${
				partner.fee_percentage} %.`),
			field("Flat fee, USD", feeInput(fees[1]),
				"0 to 10 whole dollars on each USD payment.")),
		look.node].filter(Boolean),
	go: (form) => {
		const sent = changes(form, client, ["legal_name", "status",
			...NAMES]);
		for (const [name, value] of Object.entries(changes(form, client,
			fees)))
			sent[name] = value === "" ? null : asNumber(value);
		sent.partner_id = partner.partner_id;
		if (client)
			return api(`/clients/${encodeURIComponent(client.client_id)}`,
				sent);
		return api("/clients", { ...sent,
			client_id: form.elements.client_id.value.trim() });
	} });
}

// SPDX-License-Identifier: ISC
// rules.js - fee rules: which processor carries what, and what it takes.

import { api, may } from "./api.js";
import { ask, field, tell } from "./ask.js";
import { el, forbid, forbidden, icon, percent, pill, shortTime }
	from "./dom.js";
import { listPage } from "./page.js";
import { paymentTypeName, processorName, sentence } from "./words.js";

const CHANGERS = ["owner", "finance"];
const WHY = "rules-why";
const ANY = "*";

function any(word, name = (text) => text) {
	return word === ANY ? "Any" : name(word);
}

function input(name, more) {
	return el("input", { id: `rule-${name}`, name, type: "text",
		autocomplete: "off", ...more });
}

async function addRule() {
	const text = (form, name) => form.elements[name].value.trim();
	const made = await ask({ title: "Add a fee rule", label: "Add", body: [
		el("p", { class: "hint" }, "A rule cannot be changed later, since " +
			"payments refer to it; it can be ended. The cheapest rule that " +
			"fits a payment is tried first."),
		el("div", { class: "two" },
			field("Processor", input("processor", { required: "",
				list: "rule-processors", maxlength: "32" })),
			field("Payment type", el("select", { id: "rule-type",
				name: "payment_type" }, ...["card", "revolut_pay",
				"open_banking", "mobile_money", ANY].map((word) =>
				el("option", { value: word }, any(word, (type) =>
					sentence(paymentTypeName(type)))))))),
		el("datalist", { id: "rule-processors" }, ...["stripe", "revolut",
			"clickpesa", "momo"].map((word) => el("option", { value: word }))),
		el("div", { class: "two" },
			field("Country", input("country", { maxlength: "2",
				placeholder: "Any" }), "Two letters; empty: any."),
			field("Currency", input("currency", { maxlength: "3",
				placeholder: "Any" }), "Three letters; empty: any.")),
		field("Card scheme", input("card_scheme", { maxlength: "32",
			placeholder: "Any" }), "Such as visa; empty: any."),
		el("div", { class: "two" },
			field("Percent", input("percent", { required: "",
				inputmode: "decimal" })),
			field("Fixed", input("fixed", { required: "",
				inputmode: "numeric" }), "In hundredths of the " +
				"currency's unit: 30 is 0.30."))],
	go: (form) => {
		const number = (name) => {
			const value = text(form, name);
			return value === "" ? null : Number.isNaN(Number(value)) ?
				value : Number(value);
		};
		return api("/rules", { processor: text(form, "processor"),
			payment_type: form.elements.payment_type.value,
			country: text(form, "country") || null,
			currency: text(form, "currency") || null,
			card_scheme: text(form, "card_scheme") || null,
			percent: number("percent"), fixed: number("fixed") });
	} });
	if (made === null)
		return;
	tell("The rule is in force.");
	rulesView.list.load("reset");
}

async function endRule(rule) {
	const done = await ask({ title: "End this rule?", label: "End the rule",
		danger: true, body: [el("p", {}, `New payments are no longer sent ` +
			`to ${processorName(rule.processor)} by it. A rule that ended ` +
			"never comes back.")],
		go: () => api(`/rules/${encodeURIComponent(rule.id)}/end`, {}) });
	if (done === null)
		return;
	tell("The rule has ended.");
	rulesView.list.load("reset");
}

function endButton(rule) {
	if (rule.ended_at !== null)
		return "";
	const button = el("button", { type: "button",
		class: "button small danger",
		click: () => forbidden(button) || endRule(rule) }, "End…",
	el("span", { class: "sr" }, ` ${rule.id}`));
	forbid(button, !may(...CHANGERS), WHY);
	return button;
}

const add = el("button", { type: "button", class: "button small primary",
	id: "rule-add", click: () => forbidden(add) || addRule() },
icon("plus"), "Add rule");

const column = (name, title, of, show = of) => ({ name, title, csv: of,
	show });

export const rulesView = listPage({
	name: "rules", nav: "rules", title: "Fee rules", hash: "#/rules",
	note: el("span", {}, "What a processor takes, and who may carry a " +
		"payment at all.", el("span", { class: "sr", id: WHY },
		" An owner or finance may change rules.")),
	path: (filters) => `/rules?all=${filters.all ?? 0}`,
	filters: [{ name: "all", label: "Show",
		options: [["", "In force"], ["1", "All, with ended ones"]] }],
	columns: [
		column("wide", "Processor", (r) => r.processor,
			(r) => [el("strong", {}, processorName(r.processor)),
				el("span", { class: "line below mono" }, r.id)]),
		column("mid", "Payment type", (r) => r.payment_type,
			(r) => any(r.payment_type, (type) =>
				sentence(paymentTypeName(type)))),
		column("small", "Country", (r) => r.country,
			(r) => any(r.country)),
		column("small", "Scheme", (r) => r.card_scheme,
			(r) => any(r.card_scheme, sentence)),
		column("small", "Currency", (r) => r.currency,
			(r) => any(r.currency)),
		column("small", "Percent", (r) => r.percent,
			(r) => percent(r.percent)),
		column("small", "Fixed", (r) => r.fixed, (r) => String(r.fixed)),
		column("status", "Status", (r) => r.ended_at ?? "in force",
			(r) => r.ended_at === null ? pill("in force", "green") :
				[pill("ended", "grey"), " ", shortTime(r.ended_at)]),
		{ name: "id", title: "ID", only: "csv", csv: (r) => r.id },
		{ name: "tools", title: "Actions", sr: true, show: endButton },
	],
	key: (r) => r.id,
	noun: ["rule", "rules"],
	tools: [add],
	opened: () => forbid(add, !may(...CHANGERS), WHY),
	empty: () => ({ title: "No rules",
		text: "Without a rule no processor is chosen for a payment." }),
});

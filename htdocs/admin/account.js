// SPDX-License-Identifier: ISC
// account.js - the operator's own account: password, second factor, sessions.

import { api, session } from "./api.js";
import { ask, field, tell } from "./ask.js";
import { copyButton, el, fact, factCard, keepingFocus, message,
	shortTime } from "./dom.js";
import { Keyed } from "./list.js";
import { listRow, listTable, viewBox } from "./page.js";
import { sentence } from "./words.js";

const FACTOR = "/account/second-factor";
let account = null;
let changed = () => {};

// Who is called when something that had to be done first is done.
export function onAccountChange(listener) {
	changed = listener;
}

// A field of a dialog that is typed in secret, or a code.
function secret(id, name, label, autocomplete, hint = null) {
	return field(label, el("input", { id, name, type: "password",
		maxlength: "256", required: "", autocomplete }), hint);
}

function code(label, hint = null) {
	return field(label, el("input", { id: "ask-code", name: "code",
		type: "text", maxlength: "64", autocomplete: "one-time-code",
		autocapitalize: "none", spellcheck: "false", class: "mono" }), hint);
}

// What proves that it is really the owner of this session who asks.
function proof(word = "Password") {
	return [secret("ask-password", "password", word, "current-password"),
		account.user.second_factor_since !== null ? code("Code", "Of your " +
			"authenticator, or a recovery code.") : null]
		.filter((part) => part !== null);
}

function proven(form) {
	const body = { password: form.elements.password.value };
	if (form.elements.code)
		body.code = form.elements.code.value.trim();
	return body;
}

async function changePassword() {
	const done = await ask({ title: "Change password", label: "Change",
		body: [...proof("Old password"), secret("ask-new", "new_password",
			"New password", "new-password", "12 characters at least. Other " +
			"sessions end."), secret("ask-again", "again",
			"The new one again", "new-password")],
		go: (form) => {
			const word = form.elements.new_password.value;
			if (word !== form.elements.again.value)
				throw Object.assign(new Error(""), { formErrors: [],
					fieldErrors: { again: "Is not the same." } });
			return api("/account/password", { ...proven(form),
				new_password: word });
		} });
	if (done !== null)
		await reload("Your password was changed.");
}

function codeList(codes) {
	return [el("p", {}, "Each of these opens your account once, in place of " +
		"a code. Keep them where you keep no password."),
	el("ol", { class: "recovery mono" }, ...codes.map((one) =>
		el("li", {}, one))),
	copyButton("recovery codes", codes.join("\n"), "Copy all")];
}

function showCodes({ recovery_codes: codes }) {
	return ask({ title: "Recovery codes, shown once",
		label: "I have kept them", body: codeList(codes), go: () => true });
}

async function setUp() {
	const begun = await ask({ title: "Set up a second factor",
		label: "Go on", body: [el("p", {}, "You need an authenticator: a " +
			"program, often on a phone, that shows a new code every half " +
			"minute."), ...proof()], go: (form) => api(FACTOR, proven(form)) });
	if (begun === null)
		return;
	const groups = begun.secret.replace(/(.{4})(?=.)/g, "$1 ");
	const made = await ask({ title: "Enter the key", label: "Confirm",
		body: [el("p", {}, "Type this key into your authenticator: time " +
			"based, six digits."),
		el("p", { class: "made-secret" }, el("code", { class: "wrap-all" },
			groups), copyButton("key", begun.secret)),
		el("p", {}, el("a", { class: "button small", href: begun.uri },
			"Open it on this device")),
		code("The code that it shows now")],
		go: (form) => api(`${FACTOR}/confirm`, {
			code: form.elements.code.value.trim() }) });
	if (made === null)
		return;
	await showCodes(made);
	await reload("Your second factor is set up.");
}

async function newCodes() {
	const made = await ask({ title: "New recovery codes", label: "Make them",
		body: [el("p", {}, "The old ones are worth nothing from then on."),
			...proof()],
		go: (form) => api(`${FACTOR}/recovery-codes`, proven(form)) });
	if (made === null)
		return;
	await showCodes(made);
	await reload("You have new recovery codes.");
}

async function removeFactor() {
	const done = await ask({ title: "Remove the second factor?",
		label: "Remove", danger: true, body: proof(),
		go: (form) => api(`${FACTOR}/remove`, proven(form)) });
	if (done !== null)
		await reload("Your password alone opens your account now.");
}

async function endSession(one) {
	const done = await ask({ title: "End this session?", label: "End it",
		danger: true, body: [el("p", {}, one.agent ?? "Unknown browser")],
		go: () => api(`/account/sessions/${one.id}/end`, {}) });
	if (done !== null)
		await reload("The session has ended.");
}

async function everywhere() {
	const done = await ask({ title: "Sign out everywhere?",
		label: "Sign out", danger: true, body: [el("p", {},
			"All of your sessions end, this one as well.")],
		go: () => api("/account/sessions", {}) });
	if (done !== null)
		await api("/session").catch(() => {});
}

function button(label, click, kind = "") {
	return el("button", { type: "button", class: `button small ${kind}`,
		click }, label);
}

const COLUMNS = [
	{ name: "wide", title: "Browser", show: (one) => [el("span", {},
		one.agent ?? "Unknown"), one.current ? el("span", {
		class: "line below" }, "This one") : ""] },
	{ name: "mid", title: "Address", show: (one) => el("span", {
		class: "mono" }, one.address ?? "Unknown") },
	{ name: "when", title: "Signed in", show: (one) =>
		shortTime(one.created_at) },
	{ name: "when", title: "Ends", show: (one) => shortTime(one.expires_at) },
	{ name: "tools", title: "Actions", sr: true, show: (one) => one.current ?
		"" : button("End…", () => endSession(one), "danger") },
];

const trouble = el("div", { class: "list-message short", role: "status" });
const must = el("p", { class: "callout tone-amber", id: "account-must",
	hidden: "" });
const facts = el("div", { class: "facts" });
const tools = el("div", { class: "tools", role: "group",
	"aria-label": "Actions" });
const table = listTable("sessions", "sessions-title", COLUMNS);
const rows = new Keyed(table.tBodies[0], (one) => one.id, (one) => {
	const row = listRow(one.id, COLUMNS, one);
	row.classList.add("still");
	return row;
});

viewBox("account", "account-title",
	el("div", { class: "view-head" }, el("h1", { id: "account-title",
		tabindex: "-1" }, "Your account"), tools),
	must, trouble,
	el("div", { class: "parts account" }, facts,
		el("section", {}, el("h2", { id: "sessions-title" }, "Sessions"),
			table)));

function showMust() {
	const list = session.operator?.must ?? [];
	must.hidden = list.length === 0;
	must.textContent = list.includes("password") ? "Choose a password of " +
		"your own before you go on." : list.includes("second_factor") ?
		"A second factor is required: set one up before you go on." : "";
}

function show() {
	const { user, second_factor: factor } = account;
	const has = user.second_factor_since !== null;
	keepingFocus(tools, () => tools.replaceChildren(
		button("Change password…", changePassword, "primary"),
		...factor.setting === "off" ? [] : [button(has ?
			"New authenticator…" : "Set up second factor…", setUp)],
		...has ? [button("New recovery codes…", newCodes)] : [],
		...factor.can_remove ? [button("Remove second factor…",
			removeFactor, "danger")] : [],
		button("Sign out everywhere…", everywhere, "danger")));
	facts.replaceChildren(factCard("Account",
		fact("E-mail", user.email), fact("Role", sentence(user.role)),
		fact("Created", shortTime(user.created_at))),
	factCard("Second factor",
		fact("Authenticator", has ? el("span", {}, "Since ",
			shortTime(user.second_factor_since)) : "None"),
		has ? fact("Recovery codes left", String(user.recovery_codes_left)) :
			null,
		fact("Required", user.second_factor_required ||
			factor.setting === "required" ? "Yes" : factor.setting === "off" ?
			"Switched off" : "No")));
	rows.show(account.sessions);
	showMust();
}

async function load() {
	try {
		account = await api("/account");
		trouble.replaceChildren();
		show();
	} catch (error) {
		if (session.token)
			message(trouble, "The account could not be loaded",
				error.message, { error, button: "Try again", action: load });
	}
}

async function reload(text) {
	try {
		session.operator = (await api("/session")).operator;
	} catch {
		// The next question will tell what is wrong.
	}
	await load();
	changed();
	tell(text);
}

export const accountView = {
	name: "account", nav: "account", title: "Your account",
	open: load,
	tick: load,
	pace: () => 60,
	forget() {
		account = null;
		facts.replaceChildren();
		tools.replaceChildren();
		rows.clear();
		must.hidden = true;
	},
};

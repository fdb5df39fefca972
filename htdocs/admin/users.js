// SPDX-License-Identifier: ISC
// users.js - the operators, for owners: a new one, roles, ends, resets.

import { api, may, session } from "./api.js";
import { ask, field, tell } from "./ask.js";
import { copyButton, el, forbid, forbidden, icon, pill, shortTime }
	from "./dom.js";
import { listPage } from "./page.js";
import { sentence } from "./words.js";

const ROLES = ["owner", "finance", "support", "read_only"];

function roleField(id, chosen) {
	const select = el("select", { id, name: "role" }, ...ROLES.map((role) =>
		el("option", { value: role,
			selected: role === chosen ? "" : null }, sentence(role))));
	const box = field("Role", select);
	const frame = el("div", { class: "select" });
	select.replaceWith(frame);
	frame.append(select);
	return box;
}

// A password that is shown until it was kept, and nowhere again.
function showMade({ user, password }) {
	return ask({ title: "The password, shown once", label: "I have kept it",
		body: [el("p", {}, `Hand it to ${user.email}. It opens the account ` +
			"and nothing more until another one was chosen."),
		el("p", { class: "made-secret" }, el("code", {}, password),
			copyButton("password", password))], go: () => true });
}

async function addUser() {
	if (forbidden(add))
		return;
	const email = el("input", { id: "user-email", name: "email",
		type: "email", maxlength: "254", required: "", autocomplete: "off",
		autocapitalize: "none", spellcheck: "false" });
	const made = await ask({ title: "Add a user", label: "Add",
		body: [field("E-mail", email), roleField("user-role", "support")],
		go: (form) => api("/users", { email: form.elements.email.value,
			role: form.elements.role.value }) });
	if (made === null)
		return;
	await showMade(made);
	view.list.load("reset");
}

// What may be done to a user, in the order of the list of choices.
function choices(user) {
	const own = user.email === session.operator?.email;
	const factor = user.second_factor_since !== null;
	return [
		{ verb: "role", label: "Change the role" },
		user.disabled_at === null ?
			{ verb: "disable", label: "Disable the account",
				hint: "Ends all sessions; nothing is deleted." } :
			{ verb: "enable", label: "Enable the account again" },
		{ verb: "require-second-factor", label: user.second_factor_required ?
			"Leave the second factor to the setting" :
			"Require a second factor",
		body: { required: !user.second_factor_required } },
		own ? null : { verb: "reset-password", label: "Make a new password",
			hint: "It is shown once. Ends all sessions." },
		own || !factor ? null : { verb: "reset-second-factor",
			label: "Take the second factor away", hint: "For a lost " +
				"authenticator: the recovery codes are gone, too." },
	].filter((choice) => choice !== null);
}

async function change(user) {
	const all = choices(user);
	const role = roleField("new-role", user.role);
	const list = el("div", { class: "choices", role: "radiogroup",
		"aria-label": "What to do" }, ...all.map((choice, i) =>
		el("div", { class: "choice" },
			el("input", { type: "radio", name: "verb", value: choice.verb,
				id: `change-${choice.verb}`, checked: i === 0 ? "" : null,
				change: () => { role.hidden = choice.verb !== "role"; } }),
			el("label", { for: `change-${choice.verb}` }, choice.label),
			choice.hint ? el("p", { class: "hint" }, choice.hint) : null)));
	const done = await ask({ title: user.email, label: "Do it",
		body: [list, role], go: (form) => {
			const verb = form.elements.verb.value;
			const { body } = all.find((choice) => choice.verb === verb);
			return api(`/users/${user.id}/${verb}`, body ??
				(verb === "role" ? { role: form.elements.role.value } : {}));
		} });
	if (done === null)
		return;
	if (done.password)
		await showMade(done);
	else
		tell(`${done.user.email} was changed.`);
	view.list.load("reset");
}

function state(user) {
	if (user.disabled_at !== null)
		return pill("disabled");
	return user.must_change ? pill("invited", "amber") : pill("active");
}

function factor(user) {
	const text = user.second_factor_since !== null ?
		el("span", {}, "Since ", shortTime(user.second_factor_since)) :
		"None";
	return user.second_factor_required ? [text,
		el("span", { class: "line below" }, "Required")] : text;
}

const add = el("button", { type: "button", class: "button small primary",
	id: "user-add", click: addUser }, icon("plus"), "Add user");

const view = listPage({
	name: "users", nav: "users", title: "Users", hash: "#/users",
	note: "Who may use this page. Owners alone see and change this list.",
	path: () => "/users",
	tools: [add],
	columns: [
		{ name: "wide", title: "E-mail", csv: (user) => user.email,
			show: (user) => el("span", {}, user.email) },
		{ name: "small", title: "Role", csv: (user) => user.role,
			show: (user) => el("span", {}, sentence(user.role)) },
		{ name: "status", title: "State", csv: (user) => user.disabled_at ?
			"disabled" : "active", show: state },
		{ name: "when", title: "Second factor", show: factor,
			csv: (user) => user.second_factor_since },
		{ name: "when", title: "Created", csv: (user) => user.created_at,
			show: (user) => shortTime(user.created_at) },
		{ name: "tools", title: "Actions", sr: true, show: (user) =>
			el("button", { type: "button", class: "button small",
				click: () => change(user) }, "Change…",
			el("span", { class: "sr" }, ` ${user.email}`)) },
	],
	key: (user) => user.id,
	noun: ["user", "users"],
	empty: () => ({ title: "No users", text: "There is always an owner." }),
	opened: () => forbid(add, !may("owner"), "users-why"),
});

add.after(el("span", { class: "sr", id: "users-why" }, "An owner may."));

export const usersView = view;

// SPDX-License-Identifier: ISC
// settings.js - what clive.conf says, to be read; it is changed on the host.

import { el, pill } from "./dom.js";
import { listPage } from "./page.js";

function value({ value: text, set, secret }) {
	if (secret)
		return pill(set ? "set" : "not set", set ? "green" : "grey");
	return text === "" ? el("span", { class: "muted" }, "Empty") :
		el("span", { class: "mono" }, text);
}

export const settingsView = listPage({
	name: "settings", nav: "settings", title: "Settings", hash: "#/settings",
	note: el("span", {}, "From clive.conf on the host, where they are " +
		"changed. What may be a secret is never shown. ",
	el("code", {}, "clive doctor"), " says what is wrong with an " +
		"installation."),
	path: () => "/settings?",
	columns: [
		{ name: "mid", title: "Setting", csv: (s) => s.key,
			show: (s) => el("span", { class: "mono" }, s.key) },
		{ name: "mid", title: "Value", csv: (s) => s.secret ?
			s.set ? "set" : "not set" : s.value, show: value },
		{ name: "help", title: "What it is for",
			csv: (s) => s.help.replaceAll("\n", " "),
			show: (s) => s.help.replaceAll("\n", " ") },
	],
	key: (s) => s.key,
	noun: ["setting", "settings"],
	empty: () => ({ title: "No settings", text: "" }),
});

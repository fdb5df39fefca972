// SPDX-License-Identifier: ISC
// ask.js - asking before something is done, and telling what was done.

import { $, el, requestNote } from "./dom.js";

// Each of an API's complaints about a field goes below its field. Returns
// what has no field here.
export function complain(form, error) {
	let first = null;
	const rest = [...error.formErrors ?? []];
	form.querySelectorAll("[aria-invalid]").forEach((field) =>
		field.removeAttribute("aria-invalid"));
	form.querySelectorAll(".field-error").forEach((node) =>
		node.replaceChildren());
	for (const [name, text] of Object.entries(error.fieldErrors ?? {})) {
		const place = form.querySelector(`.field-error[data-of="${
			CSS.escape(name)}"]`);
		const field = form.elements[name];
		if (!place || !field) {
			rest.push(text);
			continue;
		}
		place.textContent = text;
		// Several controls of one name: the first speaks for all.
		const control = field instanceof Element ? field : field[0];
		control.setAttribute("aria-invalid", "true");
		first ??= control;
	}
	first?.focus();
	return rest.length > 0 ? rest.join(" ") : first === null ?
		error.message : "Some fields need another look.";
}

// The same, with the rest in a box of its own; without an error both are
// cleared.
export function showFailure(box, form, error = null) {
	const text = complain(form, error ?? {});
	box.replaceChildren(...(error ? [text, " ", requestNote(error) ?? ""] :
		[]));
}

// Opens a dialog: a title, what it says (nodes), and a button that does it.
// `go(form, button)` does the work; what it returns closes the dialog, unless
// that is undefined: then it asks on. Gives what go returned, or null where
// nothing was done.
export function ask({ title, body, label, go, danger = false }) {
	return new Promise((done) => {
		const error = el("p", { class: "form-error", role: "alert" });
		const button = el("button", { type: "submit",
			class: `button ${danger ? "danger" : "primary"}` }, label);
		const cancel = el("button", { type: "button", class: "button",
			click: () => dialog.close() }, "Cancel");
		const form = el("form", { novalidate: "" },
			el("h2", { id: "ask-title" }, title), ...body, error,
			el("div", { class: "dialog-foot" }, cancel, button));
		const dialog = el("dialog", { "aria-labelledby": "ask-title" },
			form);
		let result = null;
		form.addEventListener("submit", async (event) => {
			event.preventDefault();
			if (button.disabled)
				return;
			button.disabled = true;
			showFailure(error, form);
			try {
				result = await go(form, button) ?? null;
				if (result !== null)
					dialog.close();
			} catch (failure) {
				showFailure(error, form, failure);
			}
			button.disabled = false;
		});
		dialog.addEventListener("close", () => {
			dialog.remove();
			done(result);
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}

// A control with its label, a hint below and room for complaints.
export function field(label, control, hint = null) {
	const { id } = control;
	control.setAttribute("aria-describedby",
		(hint ? `${id}-hint ` : "") + `${id}-error`);
	return el("div", { class: "field" },
		el("label", { for: id }, label), control,
		hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : null,
		el("p", { class: "field-error", id: `${id}-error`,
			"data-of": control.name }));
}

export function closeDialogs() {
	document.querySelectorAll("dialog[open]").forEach((dialog) =>
		dialog.close());
}

// Telling: a line at the foot of the window that moves nothing, until the
// next one, until another page opens, or until it is sent away.

let before = null;	// what had the focus
let stays = false;	// it is about what led to the page that opens next

export function tell(text, more = {}) {
	before = document.activeElement;
	stays = more.stays === true;
	$("told").className = `told ${more.error ? "trouble" : ""}`;
	$("told-text").replaceChildren(text, " ",
		more.href ? el("a", { href: more.href }, more.link) : "",
		more.error ? requestNote(more.error) ?? "" : "");
	$("told").hidden = false;
}

export function tellFailure(error) {
	tell(error.message, { error });
}

export function untell() {
	if (!stays) {
		$("told").hidden = true;
		$("told-text").replaceChildren();
	}
	stays = false;
}

$("told-close").addEventListener("click", () => {
	stays = false;
	untell();
	if (before?.isConnected)
		before.focus();
});

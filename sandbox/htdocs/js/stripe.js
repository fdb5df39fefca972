// SPDX-License-Identifier: ISC
// stripe.js - the sandbox's stand-in for the browser object of Stripe.js.
//
//	<script src="http://localhost:4391/js/stripe.js"></script>
//	const stripe = Stripe("pk_test_...");
//	const elements = stripe.elements({ clientSecret });
//	elements.create("payment").mount("#payment");
//	const { error, paymentIntent } = await stripe.confirmPayment({
//		elements, redirect: "if_required" });
//
// It talks to the host that it came from, and takes test cards. What the real
// one does in frames of its own happens here in a shadow tree of the page: a
// page with a Content-Security-Policy has to name this host for scripts,
// styles, connections and frames, and nothing has to be "unsafe".
//
// Beyond the real one, a payment element has sandboxFill({ number, expiry,
// cvc }), so that a demo can offer its test cards at one click.

(() => {
"use strict";

const BASE = document.currentScript.src;
const TRIES = 3;		// of a call that got no answer
const LOOK_MS = 1000;		// between two looks at a payment in the dialog
const CANCEL_LOOKS = 5;
const SVG = "http://www.w3.org/2000/svg";

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// What a programmer did wrong; a payer's mistakes come back as { error }.
class IntegrationError extends Error {
	name = "IntegrationError";
}

function insist(condition, message) {
	if (!condition)
		throw new IntegrationError(message);
}

// Make an element. Functions become listeners, other values attributes.
function el(name, attributes = {}, ...children) {
	const node = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (typeof value === "function")
			node.addEventListener(key, value);
		else if (value !== null && value !== undefined)
			node.setAttribute(key, value);
	}
	node.append(...children);
	return node;
}

function drawing(label, viewBox, ...shapes) {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("viewBox", viewBox);
	svg.setAttribute("focusable", "false");
	if (label) {
		svg.setAttribute("role", "img");
		svg.setAttribute("aria-label", label);
	} else {
		svg.setAttribute("aria-hidden", "true");
	}
	for (const [name, attributes, text] of shapes) {
		const shape = document.createElementNS(SVG, name);
		for (const [key, value] of Object.entries(attributes))
			shape.setAttribute(key, value);
		shape.textContent = text ?? "";
		svg.append(shape);
	}
	return svg;
}

// A shadow tree with the stylesheet beside this file.
function shadow(host, ready = () => {}, broken = ready) {
	const root = host.attachShadow({ mode: "open" });
	root.append(el("link", { rel: "stylesheet", load: ready, error: broken,
		href: new URL("stripe.css", BASE) }));
	return root;
}

// Cards

const plate = (fill) => ["rect", { width: 32, height: 20, rx: 3, fill }];
const word = (text, fill, size, more = {}) => ["text", { x: 16, y: 13.5,
	fill, "font-size": size, "font-weight": 800, "text-anchor": "middle",
	"font-family": "Arial, sans-serif", ...more }, text];

const BRANDS = [
	{ name: "amex", title: "American Express", starts: /^3[47]/,
		lengths: [15], gaps: [4, 10], cvc: 4,
		mark: [plate("#1f6fcf"), word("AMEX", "#fff", 8.5)] },
	{ name: "visa", title: "Visa", starts: /^4/, lengths: [16],
		mark: [plate("#1a1f71"), word("VISA", "#fff", 9.5,
			{ "font-style": "italic" })] },
	{ name: "mastercard", title: "Mastercard", lengths: [16],
		starts: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/,
		mark: [plate("#252525"),
			["circle", { cx: 12.5, cy: 10, r: 6, fill: "#eb001b" }],
			["circle", { cx: 19.5, cy: 10, r: 6, fill: "#f79e1b" }],
			["path", { fill: "#ff5f00",
				d: "M16 5.13a6 6 0 0 0 0 9.74 6 6 0 0 0 0-9.74z" }]] },
	{ name: "discover", title: "Discover", starts: /^6(011|4[4-9]|5)/,
		lengths: [16, 19],
		mark: [plate("#f4f4f4"), word("DISC", "#333", 8),
			["circle", { cx: 27.5, cy: 15.5, r: 3.5, fill: "#f2791f" }]] },
	{ name: "unknown", title: "", starts: /^/,
		lengths: [12, 13, 14, 15, 16, 17, 18, 19],
		mark: [["rect", { x: 1, y: 1, width: 30, height: 18, rx: 3,
			fill: "none", stroke: "currentColor", "stroke-width": 1.5 }],
			["path", { d: "M1 6.5h30", stroke: "currentColor",
				"stroke-width": 2.5 }],
			["path", { d: "M5 13.5h7", stroke: "currentColor",
				"stroke-width": 1.5 }]] },
];

const digitsOf = (text) => text.replace(/\D/g, "");
const brandOf = (digits) => BRANDS.find((b) => b.starts.test(digits));

// The check digit that all card numbers end in.
function luhn(digits) {
	let sum = 0;
	for (let i = 0; i < digits.length; i++) {
		const digit = Number(digits[digits.length - 1 - i]);
		sum += i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
	}
	return sum % 10 === 0;
}

function formatNumber(text) {
	const all = digitsOf(text);
	const { lengths, gaps = [4, 8, 12, 16] } = brandOf(all);
	const digits = all.slice(0, lengths.at(-1));
	return [...digits].map((digit, i) =>
		gaps.includes(i) ? ` ${digit}` : digit).join("");
}

// "5" is May; "1/" is January; a year may have four digits. While digits are
// taken away, nothing is put in their place.
function formatExpiry(text, removed) {
	const parts = text.match(/^\s*(\d{1,2})\s*[/.-]\s*(?:20)?(\d{0,2})\d*\s*$/);
	let digits = digitsOf(text);
	if (!removed)
		digits = parts ? parts[1].padStart(2, "0") + parts[2] :
			digits.replace(/^([2-9])/, "0$1")
				.replace(/^(\d\d)20(?=\d\d)/, "$1");
	const year = digits.slice(2, 4);
	return digits.length < 2 || (removed && !year) ? digits :
		`${digits.slice(0, 2)} / ${year}`;
}

function checkNumber(text) {
	const digits = digitsOf(text);
	const { lengths } = brandOf(digits);
	if (digits.length < lengths[0] ||
		(!lengths.includes(digits.length) && digits.length < lengths.at(-1)))
		return "incomplete_number";
	if (luhn(digits))
		return null;
	return digits.length < lengths.at(-1) ? "incomplete_number" :
		"invalid_number";
}

function checkExpiry(text, now = new Date()) {
	const digits = digitsOf(text);
	const month = Number(digits.slice(0, 2));
	if (digits.length >= 2 && (month < 1 || month > 12))
		return "invalid_expiry_month";
	if (digits.length < 4)
		return "incomplete_expiry";
	const year = 2000 + Number(digits.slice(2));
	if (year < now.getFullYear())
		return "invalid_expiry_year_past";
	if (year === now.getFullYear() && month < now.getMonth() + 1)
		return "invalid_expiry_month_past";
	return year > now.getFullYear() + 50 ? "invalid_expiry_year" : null;
}

const PROBLEMS = {
	incomplete_number: "Your card number is incomplete.",
	invalid_number: "Your card number is invalid.",
	incomplete_expiry: "Your card's expiration date is incomplete.",
	invalid_expiry_month: "Your card's expiration month is invalid.",
	invalid_expiry_month_past: "Your card's expiration date is in the past.",
	invalid_expiry_year: "Your card's expiration year is invalid.",
	invalid_expiry_year_past: "Your card's expiration year is in the past.",
	incomplete_cvc: "Your card's security code is incomplete.",
};

// Where an error of the server's belongs.
const FIELD_OF = {
	incorrect_number: "number", invalid_number: "number",
	expired_card: "expiry", invalid_expiry_month: "expiry",
	invalid_expiry_year: "expiry",
	incorrect_cvc: "cvc", invalid_cvc: "cvc",
};

const FIELDS = [
	{ name: "number", label: "Card number",
		placeholder: "1234 1234 1234 1234", autocomplete: "cc-number",
		format: (text) => formatNumber(text), check: checkNumber },
	{ name: "expiry", label: "Expiration date", placeholder: "MM / YY",
		autocomplete: "cc-exp",
		format: (text, brand, removed) => formatExpiry(text, removed),
		check: (text) => checkExpiry(text) },
	{ name: "cvc", label: "Security code", placeholder: "CVC",
		autocomplete: "cc-csc",
		format: (text, { cvc = 3 }) => digitsOf(text).slice(0, cvc),
		check: (text, { cvc = 3 }) =>
			text.length < cvc ? "incomplete_cvc" : null },
];

// Looks

const VARIABLES = new Set(["colorPrimary", "colorBackground", "colorText",
	"colorTextSecondary", "colorTextPlaceholder", "colorDanger", "fontFamily",
	"fontSizeBase", "fontLineHeight", "borderRadius", "spacingUnit"]);
const RULE = /^\.(Input|Label|Error)(--(invalid|empty))?(:(hover|focus|disabled|autofill))?(::placeholder)?$/;

const dashed = (name) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

// Takes an appearance as Stripe describes it, over the stylesheet's own.
function dress(host, root, { theme = "stripe", variables = {}, rules = {} }) {
	host.dataset.theme = theme;
	for (const name of VARIABLES) {
		if (variables[name] === undefined)
			host.style.removeProperty(`--st-${dashed(name)}`);
		else
			host.style.setProperty(`--st-${dashed(name)}`,
				variables[name]);
	}
	const sheet = new CSSStyleSheet();
	for (const [selector, values] of Object.entries(rules)) {
		if (!RULE.test(selector))
			continue;
		const at = sheet.insertRule(`${selector} {}`, sheet.cssRules.length);
		for (const [key, value] of Object.entries(values))
			sheet.cssRules[at].style.setProperty(dashed(key), value);
	}
	root.adoptedStyleSheets = [sheet];
}

// The form for a card

class CardForm {
	inputs = {};
	touched = new Set();	// fields that were left, or filled
	insisted = new Set();	// fields that must be corrected to go on
	problems = {};		// what the server said, by field
	listeners = {};
	said = "";

	constructor(options, appearance) {
		this.options = options;
		this.appearance = appearance;
	}

	get brand() {
		return brandOf(digitsOf(this.inputs.number?.value ?? ""));
	}

	on(name, listener) {
		(this.listeners[name] ??= new Set()).add(listener);
	}

	off(name, listener) {
		if (listener)
			this.listeners[name]?.delete(listener);
		else
			delete this.listeners[name];
	}

	emit(name, more = {}) {
		for (const listener of [...this.listeners[name] ?? []])
			listener({ elementType: "payment", ...more });
	}

	mount(target) {
		this.unmount();
		this.host = el("div", { class: "StripeElement" });
		const form = el("div", { class: "form", role: "group",
			"aria-label": "Card", hidden: "" });
		const shown = (name, more) => {
			form.hidden = false;
			this.emit(name, more);
		};
		this.root = shadow(this.host, () => shown("ready"), () =>
			shown("loaderror", { error: { type: "api_connection_error",
				message: "The stylesheet did not load." } }));
		form.append(...FIELDS.map((field) => this.field(field)),
			el("p", { class: "note" },
				"Sandbox: test cards only, no money moves."));
		this.root.append(form);
		this.dress(this.appearance);
		this.update();
		target.replaceChildren(this.host);
	}

	unmount() {
		this.host?.remove();
		this.host = this.root = null;
		this.inputs = {};
		this.problems = {};
		this.touched.clear();
		this.insisted.clear();
		this.said = "";
	}

	dress(appearance) {
		this.appearance = appearance;
		if (this.host)
			dress(this.host, this.root, appearance);
	}

	field(field) {
		const { name, label, placeholder, autocomplete } = field;
		const input = el("input", { id: name, class: "Input", type: "text",
			inputmode: "numeric", autocomplete, placeholder,
			spellcheck: "false", "aria-required": "true",
			"aria-describedby": `${name}-error`,
			beforeinput: (event) => this.step(event),
			keydown: (event) => this.key(event, field),
			input: (event) => this.typed(event, field),
			focus: () => this.emit("focus"),
			blur: () => {
				if (input.value)
					this.touched.add(name);
				this.update();
				this.emit("blur");
			} });
		this.inputs[name] = input;
		const box = el("div", { class: "box" }, input);
		if (name === "number")
			box.append(this.mark = el("span", { class: "mark" }));
		return el("div", { class: `field ${name}` },
			el("label", { for: name, class: "Label" }, label), box,
			el("p", { class: "Error", id: `${name}-error`,
				"aria-live": "polite" }));
	}

	// Gaps are no characters of the number: deleting begins beyond them.
	step(event) {
		const input = event.target;
		const { selectionStart: from, selectionEnd: to, value } = input;
		let at = from;
		if (from !== to)
			return;
		if (event.inputType === "deleteContentBackward")
			while (at > 0 && !/\d/.test(value[at - 1]))
				at--;
		else if (event.inputType === "deleteContentForward")
			while (at < value.length && !/\d/.test(value[at]))
				at++;
		if (at !== from)
			input.setSelectionRange(at, at);
	}

	key(event, { name }) {
		const order = FIELDS.map((field) => field.name);
		if (event.key === "Enter") {
			event.preventDefault();
			this.host.closest("form")?.requestSubmit();
		} else if (event.key === "Escape") {
			this.emit("escape");
		} else if (event.key === "Backspace" && !event.target.value &&
			name !== order[0]) {
			event.preventDefault();
			this.inputs[order[order.indexOf(name) - 1]].focus();
		}
	}

	typed(event, field) {
		const input = event.target;
		const before = input.value.slice(0, input.selectionStart);
		const atEnd = before.length === input.value.length;
		const removed = event.inputType?.startsWith("delete");
		const value = field.format(input.value, this.brand, removed);
		input.value = value;
		delete this.problems[field.name];
		this.insisted.delete(field.name);
		let at = value.length;
		if (!atEnd) {
			at = 0;
			for (let n = digitsOf(before).length; n > 0 &&
				at < value.length; at++)
				n -= /\d/.test(value[at]);
		}
		input.setSelectionRange(at, at);
		if (field.name === "number")
			this.inputs.cvc.value = this.inputs.cvc.value.slice(0,
				this.brand.cvc ?? 3);
		this.update();
		if (!removed && atEnd && !field.check(value, this.brand))
			this.goOn(field);
	}

	// A field is full: the next one that is empty.
	goOn({ name }) {
		const next = FIELDS[FIELDS.findIndex((f) => f.name === name) + 1];
		if (next && !this.inputs[next.name].value &&
			this.root.activeElement === this.inputs[name])
			this.inputs[next.name].focus();
	}

	// The code of what is wrong with a field, or null.
	wrong({ name, check }) {
		return check(this.inputs[name].value, this.brand);
	}

	update() {
		for (const field of FIELDS) {
			const { name } = field;
			const input = this.inputs[name];
			const code = this.wrong(field);
			const shown = code && (this.insisted.has(name) ||
				(code.startsWith("incomplete") ? this.touched.has(name) &&
				this.root.activeElement !== input : input.value));
			const text = this.problems[name] ??
				(shown ? PROBLEMS[code] : "");
			const error = this.root.getElementById(`${name}-error`);
			if (error.textContent !== text)
				error.textContent = text;
			input.setAttribute("aria-invalid", Boolean(text));
			input.classList.toggle("Input--invalid", Boolean(text));
			input.classList.toggle("Input--empty", !input.value);
		}
		this.showBrand();
		this.tellChange();
	}

	showBrand() {
		const { name, title, mark, cvc = 3 } = this.brand;
		this.inputs.cvc.placeholder = cvc === 4 ? "4 digits" : "CVC";
		if (this.mark.dataset.brand === name)
			return;
		this.mark.dataset.brand = name;
		this.mark.replaceChildren(drawing(title, "0 0 32 20", ...mark));
	}

	tellChange() {
		const change = {
			complete: FIELDS.every((field) => !this.wrong(field)),
			empty: FIELDS.every(({ name }) => !this.inputs[name].value),
			collapsed: false, value: { type: "card" },
		};
		const said = JSON.stringify(change);
		if (said !== this.said && this.said)
			this.emit("change", change);
		this.said = said;
	}

	// Shows everything that is wrong; the first as an error, or null.
	validate() {
		for (const { name } of FIELDS)
			this.insisted.add(name);
		this.update();
		const bad = FIELDS.find((field) => this.wrong(field));
		if (!bad)
			return null;
		this.inputs[bad.name].focus();
		const code = this.wrong(bad);
		return { type: "validation_error", code, message: PROBLEMS[code] };
	}

	blame({ code, message }) {
		const name = FIELD_OF[code];
		if (!name || !this.root)
			return;
		this.problems[name] = message;
		this.update();
	}

	busy(is) {
		for (const input of Object.values(this.inputs))
			input.readOnly = is;
		this.root?.querySelector(".form").setAttribute("aria-busy", is);
	}

	fill(values) {
		for (const field of FIELDS) {
			if (values[field.name] === undefined)
				continue;
			this.inputs[field.name].value = field.format(
				String(values[field.name]), this.brand);
			this.touched.add(field.name);
		}
		this.problems = {};
		this.insisted.clear();
		this.update();
	}

	clear() {
		for (const input of Object.values(this.inputs))
			input.value = "";
		this.touched.clear();
		this.insisted.clear();
		this.problems = {};
		if (this.root)
			this.update();
	}

	get method() {
		const expiry = digitsOf(this.inputs.expiry.value);
		return { type: "card", card: {
			number: digitsOf(this.inputs.number.value),
			exp_month: Number(expiry.slice(0, 2)),
			exp_year: 2000 + Number(expiry.slice(2)),
			cvc: this.inputs.cvc.value,
		} };
	}
}

// The same object that the page got from elements.create leads to the form.
const forms = new WeakMap();

function makePaymentElement(form, forget) {
	let gone = false;
	const alive = () => insist(!gone, "This element was destroyed.");
	const element = {
		mount(where) {
			alive();
			const target = typeof where === "string" ?
				document.querySelector(where) : where;
			insist(target instanceof Element,
				`mount: there is no element ${where}.`);
			form.mount(target);
			return element;
		},
		on(name, listener) {
			form.on(name, listener);
			return element;
		},
		once(name, listener) {
			const once = (event) => {
				form.off(name, once);
				listener(event);
			};
			return element.on(name, once);
		},
		off(name, listener) {
			form.off(name, listener);
			return element;
		},
		update(options) {
			Object.assign(form.options, options);
			return element;
		},
		focus: () => form.inputs.number?.focus(),
		blur: () => form.root?.activeElement?.blur(),
		clear: () => form.clear(),
		collapse: () => element,
		unmount() {
			form.unmount();
			return element;
		},
		destroy() {
			gone = true;
			form.unmount();
			forget();
		},
		sandboxFill(values) {
			alive();
			insist(form.root, "sandboxFill: the element is not mounted.");
			form.fill(values);
		},
	};
	return Object.freeze(element);
}

function makeElements(settings) {
	let element = null;
	const elements = {
		create(type, options = {}) {
			insist(type === "payment",
				`The sandbox has the payment element only, no ${type}.`);
			insist(!element, "There is a payment element already.");
			const form = new CardForm({ ...options },
				settings.appearance ?? {});
			element = makePaymentElement(form, () => {
				element = null;
				forms.delete(elements);
			});
			forms.set(elements, { form, settings });
			return element;
		},
		getElement: (type) => type === "payment" ? element : null,
		update(changes) {
			Object.assign(settings, changes);
			if (changes.appearance)
				forms.get(elements)?.form.dress(changes.appearance);
		},
		async submit() {
			const error = mounted(elements).form.validate();
			return error ? { error } : { selectedPaymentMethod: "card" };
		},
		fetchUpdates: async () => ({}),
	};
	return Object.freeze(elements);
}

function mounted(elements) {
	const inside = forms.get(elements);
	insist(inside?.form.root,
		"The elements have no payment element that is mounted.");
	return inside;
}

// The API

// { a: { b: 1 } } -> [["a[b]", "1"]]
function pairs(value, name = "") {
	if (value === undefined || value === null)
		return [];
	if (typeof value !== "object")
		return [[name, String(value)]];
	return Object.entries(value).flatMap(([key, inner]) =>
		pairs(inner, name ? `${name}[${key}]` : key));
}

function randomKey() {
	return [...crypto.getRandomValues(new Uint8Array(16))]
		.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// One answer or { error }. Without an answer it is asked again: the key in
// the header makes sure that nothing is done twice.
async function call(key, method, path, params) {
	const url = new URL(path, BASE);
	const form = new URLSearchParams(pairs(params));
	const options = { method, credentials: "omit", cache: "no-store",
		headers: { Authorization: `Bearer ${key}` } };
	if (method === "POST") {
		options.body = form;
		options.headers["Idempotency-Key"] = `sandbox-js-${randomKey()}`;
	} else {
		url.search = form;
	}
	for (let attempt = 1;; attempt++) {
		try {
			const response = await fetch(url, options);
			const json = await response.json();
			if (attempt === TRIES || ![409, 429, 502, 503, 504].includes(
				response.status))
				return response.ok ? json : { error: json.error };
		} catch {
			if (attempt === TRIES)
				return { error: { type: "api_connection_error",
					message: "The payment service could not be " +
						"reached. Check your connection and try again." } };
		}
		await sleep(300 * attempt);
	}
}

function intentOf(clientSecret) {
	const id = String(clientSecret ?? "").match(/^(pi_\w+)_secret_\w+$/)?.[1];
	insist(id, "The client secret is missing, or it is none.");
	return `/v1/payment_intents/${id}`;
}

const fetchIntent = (key, clientSecret) => call(key, "GET",
	intentOf(clientSecret), { client_secret: clientSecret });

const asks = (intent) => intent.status === "requires_action";

// Where the payer must go, or null.
function actionUrl({ next_action: action }) {
	const url = action?.redirect_to_url?.url ??
		action?.use_stripe_sdk?.stripe_js;
	return /^https?:/.test(url ?? "") ? url : null;
}

// What a payment that nobody is busy with any more came to.
function outcome(intent) {
	if (intent.error)
		return { error: intent.error };
	if (intent.status === "requires_payment_method" &&
		intent.last_payment_error)
		return { error: { ...intent.last_payment_error,
			payment_intent: intent } };
	return { paymentIntent: intent };
}

// 3-D Secure

function makeDialog(url, appearance) {
	const host = el("div", { class: "StripeDialog" });
	const frame = el("iframe", { src: url, title: "Your bank's page",
		sandbox: "allow-forms allow-same-origin allow-scripts" });
	const close = el("button", { type: "button", class: "close",
		"aria-label": "Cancel the payment" },
		drawing("", "0 0 16 16", ["path", { d: "m4 4 8 8m0-8-8 8",
			stroke: "currentColor", "stroke-width": 1.5,
			"stroke-linecap": "round" }]));
	const dialog = el("dialog", { "aria-labelledby": "title" },
		el("header", {}, el("h2", { id: "title" }, "Confirm with your bank"),
			close),
		frame,
		el("footer", {}, "Nothing to see? ", el("a", { href: url,
			target: "_blank", rel: "noopener" }, "Open it in a new tab")));
	const root = shadow(host, () => dialog.classList.add("shown"));
	root.append(dialog);
	dress(host, root, { ...appearance, rules: {} });
	return { host, dialog, frame, close };
}

// Shows the bank's page until the payment has gone on. The page is of another
// origin and says nothing, so the API is asked whenever something happens in
// the frame, and from time to time. Cancelling fails the authentication.
async function authenticate(key, intent, appearance) {
	const secret = intent.client_secret;
	const url = actionUrl(intent);
	if (!url)
		return intent;
	const { host, dialog, frame, close } = makeDialog(url, appearance);
	let wake = () => {}, cancelled = false;
	const cancel = (event) => {
		event.preventDefault();
		cancelled = true;
		wake();
	};
	frame.addEventListener("load", () => wake());
	dialog.addEventListener("cancel", cancel);
	close.addEventListener("click", cancel);
	document.body.append(host);
	dialog.showModal();
	try {
		let now = intent;
		while (!cancelled && !now.error && asks(now)) {
			await Promise.race([sleep(LOOK_MS),
				new Promise((done) => { wake = done; })]);
			now = await fetchIntent(key, secret);
		}
		return cancelled && !now.error && asks(now) ?
			await giveUp(key, secret, url) : now;
	} finally {
		dialog.close();
		host.remove();
	}
}

async function giveUp(key, secret, url) {
	await fetch(url, { method: "POST", mode: "no-cors", credentials: "omit",
		body: new URLSearchParams({ action: "fail" }) }).catch(() => {});
	let now = null;
	for (let i = 0; i < CANCEL_LOOKS; i++) {
		now = await fetchIntent(key, secret);
		if (now.error || !asks(now))
			return now;
		await sleep(200);
	}
	return { error: { type: "invalid_request_error",
		code: "payment_intent_authentication_failure",
		message: "The payment was not confirmed with the bank.",
		payment_intent: now } };
}

function wayBack(url, intent) {
	const back = new URL(url);
	back.searchParams.set("payment_intent", intent.id);
	back.searchParams.set("payment_intent_client_secret",
		intent.client_secret);
	back.searchParams.set("redirect_status", "succeeded");
	return back;
}

// Leaves the page; what waits for this waits for ever.
function leave(url) {
	location.assign(url);
	return new Promise(() => {});
}

// Confirming

function absolute(url) {
	try {
		return /^https?:$/.test(new URL(url).protocol);
	} catch {
		return false;
	}
}

// Addresses, names and the like: what the page knows, then what it says now.
function methodData(form, params) {
	const data = { ...params.payment_method_data };
	const details = { ...form.options.defaultValues?.billingDetails,
		...data.billing_details };
	return { ...data, ...form.method,
		...(Object.keys(details).length ? { billing_details: details } : {}) };
}

async function confirm(key, { form, settings }, options) {
	const params = options.confirmParams ?? {};
	const always = options.redirect !== "if_required";
	const secret = options.clientSecret ?? settings.clientSecret;
	const path = intentOf(secret);
	insist(!always || absolute(params.return_url),
		"confirmParams.return_url must be an address with https:// or " +
		"http://, or redirect must be \"if_required\".");
	const invalid = form.validate();
	if (invalid)
		return { error: invalid };
	form.busy(true);
	try {
		let intent = await call(key, "POST", `${path}/confirm`, {
			client_secret: secret,
			expected_payment_method_type: "card",
			payment_method_data: methodData(form, params),
			receipt_email: params.receipt_email,
			shipping: params.shipping,
			...(always ? { return_url: params.return_url } :
				{ use_stripe_sdk: true }),
		});
		if (!intent.error && asks(intent) && always)
			return await leave(actionUrl(intent));
		if (!intent.error && asks(intent))
			intent = await authenticate(key, intent,
				settings.appearance ?? {});
		const result = outcome(intent);
		if (result.error) {
			form.blame(result.error);
			return result;
		}
		form.clear();
		return always ? await leave(wayBack(params.return_url, intent)) :
			result;
	} finally {
		form.busy(false);
	}
}

function Stripe(key) {
	insist(typeof key === "string" && key !== "",
		"Stripe() needs a publishable key.");
	insist(!/^[sr]k_/.test(key),
		"Stripe() needs the publishable key, never the secret one.");
	insist(key.startsWith("pk_test_"),
		"The sandbox takes pk_test_ keys only.");
	const confirming = new WeakSet();
	return Object.freeze({
		elements: (options = {}) => makeElements({ ...options }),
		async confirmPayment(options = {}) {
			const { elements } = options;
			const inside = mounted(elements);
			if (confirming.has(elements))
				return { error: { type: "invalid_request_error",
					message: "This payment is being confirmed already." } };
			confirming.add(elements);
			try {
				return await confirm(key, inside, options);
			} finally {
				confirming.delete(elements);
			}
		},
		retrievePaymentIntent: async (clientSecret) =>
			resultOf(await fetchIntent(key, clientSecret)),
		async handleNextAction({ clientSecret }) {
			const intent = await fetchIntent(key, clientSecret);
			return outcome(!intent.error && asks(intent) ?
				await authenticate(key, intent, {}) : intent);
		},
		registerAppInfo() {},
		_registerWrapper() {},
	});
}

// As retrieved: an error in the past is no error now.
function resultOf(intent) {
	return intent.error ? { error: intent.error } : { paymentIntent: intent };
}

Stripe.version = "sandbox";
window.Stripe = Stripe;
})();

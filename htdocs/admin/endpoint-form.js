// SPDX-License-Identifier: ISC
// endpoint-form.js - making an endpoint, and changing one.

import { api, mayChange } from "./api.js";
import { showFailure, tell } from "./ask.js";
import { $, el, forbid, forbidden, message, setBusy } from "./dom.js";
import { showMade } from "./endpoint.js";
import { ENDPOINT_EVENTS, PAYMENT_EVENTS, PRESETS, endpointHash, eventName,
	pausesOf, scheduleSteps, scheduleSummary } from "./webhook-words.js";
import { webhooksChanged } from "./webhooks.js";

const form = $("endpoint-form");
const fields = form.elements;

let id = null;		// of the endpoint that is changed; null: a new one
let before = null;	// as it was
let turn = 0;

// Events

function eventBoxes(types) {
	return types.map((type) => el("div", { class: "choice" },
		el("input", { type: "checkbox", name: "events", value: type,
			id: `event-${type}` }),
		el("label", { for: `event-${type}` }, eventName(type))));
}

$("events-payment").append(...eventBoxes(PAYMENT_EVENTS));
$("events-endpoint").append(...eventBoxes(ENDPOINT_EVENTS));

const eventInputs = () => [...form.querySelectorAll("[name=events]")];

function chosenEvents() {
	return eventInputs().filter((box) => box.checked)
		.map((box) => box.value);
}

// One box for all of payments: on, off, or in between.
function showAll() {
	const boxes = eventInputs().filter((box) =>
		PAYMENT_EVENTS.includes(box.value));
	const count = boxes.filter((box) => box.checked).length;
	$("events-all").checked = count === boxes.length;
	$("events-all").indeterminate = count > 0 && count < boxes.length;
}

function setEvents(types) {
	for (const box of eventInputs())
		box.checked = types.includes(box.value);
	showAll();
}

$("events-all").addEventListener("change", () => {
	for (const type of PAYMENT_EVENTS)
		$(`event-${type}`).checked = $("events-all").checked;
	showAll();
});

// Schedule

for (const [name, { title, text }] of Object.entries(PRESETS))
	$("schedules").append(el("div", { class: "choice" },
		el("input", { type: "radio", name: "preset", value: name,
			id: `preset-${name}`,
			"aria-describedby": `preset-${name}-hint` }),
		el("label", { for: `preset-${name}` }, title),
		el("p", { class: "hint", id: `preset-${name}-hint` }, text)));
$("schedules").append($("preset-custom").closest(".choice"));

function scheduleText() {
	return fields.preset.value === "custom" ?
		fields.schedule.value.replaceAll(" ", "") : fields.preset.value;
}

// The attempts as they would be made. What the clive preset is set to on this
// gateway only an endpoint that has it can tell.
function showSchedule() {
	const custom = fields.preset.value === "custom";
	const own = before?.schedule === fields.preset.value ?
		before.pauses : null;
	const pauses = pausesOf(custom ? fields.schedule.value :
		own ?? PRESETS[fields.preset.value].pauses);
	$("custom-schedule").hidden = !custom;
	$("schedule-says").replaceChildren(...(pauses === null ?
		[el("span", { class: "muted" }, "Pauses such as 5s,5m,2h; up " +
			"to 49, of at most 10 days each. none: one attempt alone.")] :
		[el("span", { class: "line" }, scheduleSummary(pauses)),
			scheduleSteps(pauses)]));
}

form.addEventListener("input", (event) => {
	if (["preset", "schedule"].includes(event.target.name))
		showSchedule();
	if (event.target.name === "events")
		showAll();
	if (event.target.name === "own")
		$("own-secret").hidden = fields.own.value === "no";
});

// Filling in and sending

function fill(endpoint) {
	form.reset();
	fields.name.value = endpoint.name ?? "";
	fields.url.value = endpoint.url ?? "";
	setEvents(endpoint.events ?? PAYMENT_EVENTS);
	const preset = endpoint.schedule ?? "clive";
	fields.preset.value = preset in PRESETS ? preset : "custom";
	fields.schedule.value = preset in PRESETS ? "" : endpoint.pauses;
	fields.rate_limit.value = endpoint.rate_limit ?? "";
	fields.max_parallel.value = endpoint.max_parallel ?? "";
	fields.ordered.checked = endpoint.ordered ?? false;
	fields.ed25519.checked = endpoint.ed25519 ?? false;
	fields.partner_id.value = endpoint.partner_id ?? "";
	$("own-secret").hidden = true;
	$("url-field").hidden = id !== null && endpoint.url === null;
	showSchedule();
	showFailure($("endpoint-form-error"), form);
}

function numberOf(input) {
	return input.value.trim() === "" ? 0 : Number(input.value);
}

function settings() {
	return {
		name: fields.name.value.trim(),
		...($("url-field").hidden ? {} : { url: fields.url.value.trim() }),
		...($("events-part").hidden ? {} : { events: chosenEvents() }),
		schedule: scheduleText(),
		rate_limit: numberOf(fields.rate_limit),
		max_parallel: numberOf(fields.max_parallel),
		ordered: fields.ordered.checked,
		ed25519: fields.ed25519.checked,
	};
}

// Only what differs: the clive preset, sent again, would take the pauses of
// today's setting.
function changes() {
	const now = settings();
	const was = { ...before, rate_limit: before.rate_limit ?? 0,
		max_parallel: before.max_parallel ?? 0,
		events: before.events.toSorted(),
		schedule: before.schedule in PRESETS ? before.schedule :
			before.pauses };
	now.events?.sort();
	return Object.fromEntries(Object.entries(now).filter(([name, value]) =>
		JSON.stringify(value) !== JSON.stringify(was[name])));
}

function making() {
	const body = { ...settings(), partner_id: fields.partner_id.value.trim() };
	if (fields.own.value === "yes")
		body.secret = fields.secret.value.trim();
	if (fields.prove.checked)
		body.prove = true;
	return body;
}

// What the server would refuse anyway, said at once.
function missing() {
	const wrong = {};
	const need = (name, words) => {
		if (fields[name].value.trim() === "")
			wrong[name] = words;
	};
	if (id === null)
		need("partner_id", "Say whose endpoint it is.");
	need("name", "Give it a name.");
	if (!$("url-field").hidden)
		need("url", "Say where it is.");
	if (!$("events-part").hidden && chosenEvents().length === 0)
		wrong.events = "Choose at least one.";
	if (fields.preset.value === "custom")
		need("schedule", "Name the pauses, or none.");
	if (id === null && fields.own.value === "yes")
		need("secret", "Give one, or have one made.");
	for (const name of ["rate_limit", "max_parallel"])
		if (!fields[name].validity.valid)
			wrong[name] = `A whole number from ${fields[name].min} to ${
				Number(fields[name].max).toLocaleString()}, or nothing.`;
	return Object.keys(wrong).length > 0 ? wrong : null;
}

async function send() {
	if (id === null) {
		const endpoint = await api("/webhooks/endpoints", making());
		showMade(endpoint.id, endpoint.secret);
		tell(`${endpoint.name} was added.`, { stays: true });
		return endpoint.id;
	}
	const body = changes();
	if (Object.keys(body).length > 0)
		await api(`/webhooks/endpoints/${encodeURIComponent(id)}`, body);
	tell(Object.keys(body).length > 0 ? "Changed." : "Nothing was changed.",
		{ stays: true });
	return id;
}

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	const button = $("endpoint-save");
	if (forbidden(button) || button.disabled)
		return;
	const wrong = missing();
	showFailure($("endpoint-form-error"), form, wrong === null ? null :
		{ fieldErrors: wrong });
	if (wrong !== null)
		return;
	button.disabled = true;
	try {
		const saved = await send();
		webhooksChanged();
		location.replace(endpointHash(saved));
	} catch (error) {
		showFailure($("endpoint-form-error"), form, error);
	}
	button.disabled = false;
});

function dress() {
	const isNew = id === null;
	$("endpoint-form-title").textContent = isNew ? "Add an endpoint" :
		`Change ${before?.name ?? "the endpoint"}`;
	$("endpoint-save").textContent = isNew ? "Add endpoint" : "Save";
	for (const part of ["partner-field", "secret-part", "prove-part"])
		$(part).hidden = !isNew;
	// Those of the Payments API are for the merchant to choose.
	$("events-part").hidden = !isNew && before?.api === "payments";
	$("endpoint-cancel").href = isNew ? $("endpoint-back").href :
		endpointHash(id);
	forbid($("endpoint-save"), !mayChange(), "role-note");
}

async function load() {
	const mine = ++turn;
	form.hidden = true;
	$("endpoint-form-message").replaceChildren();
	setBusy($("view-endpoint-form"), true);
	let failure = null;
	try {
		before = (await api(`/webhooks/endpoints/${
			encodeURIComponent(id)}`)).endpoint;
	} catch (error) {
		failure = error;
	}
	if (mine !== turn)
		return;
	setBusy($("view-endpoint-form"), false);
	if (failure)
		return message($("endpoint-form-message"),
			"The endpoint could not be loaded", failure.message,
			{ error: failure, button: "Try again", action: load });
	form.hidden = false;
	dress();
	fill(before);
}

export const endpointFormView = {
	name: "endpoint-form", nav: "webhooks", title: "Endpoint",
	open(hash, [named]) {
		turn++;
		id = named ?? null;
		before = null;
		dress();
		if (id !== null)
			return void load();
		form.hidden = false;
		$("endpoint-form-message").replaceChildren();
		fill({ partner_id: new URLSearchParams(hash.split("?")[1] ?? "")
			.get("partner_id") });
	},
	// A secret that was typed stays in no page that has been left.
	left: () => form.reset(),
	forget() {
		turn++;
		form.reset();
	},
};

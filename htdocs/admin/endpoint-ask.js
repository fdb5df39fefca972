// SPDX-License-Identifier: ISC
// endpoint-ask.js - what is asked before something is done with an endpoint.
// Each gives null where it was not done.

import { api } from "./api.js";
import { ask, field, tell } from "./ask.js";
import { el } from "./dom.js";
import { plural } from "./words.js";

function say(...text) {
	return el("p", {}, ...text);
}

function choice(name, value, label, hint, checked) {
	const id = `${name}-${value}`;
	const input = el("input", { type: "radio", name, value, id,
		"aria-describedby": `${id}-hint`, checked: checked ? "" : null });
	return el("div", { class: "choice" }, input,
		el("label", { for: id }, label),
		el("p", { class: "hint", id: `${id}-hint` }, hint));
}

function group(legend, ...choices) {
	return el("fieldset", {}, el("legend", {}, legend), ...choices);
}

const deliveries = (count) => plural(count, "delivery", "deliveries");

export function askProve(endpoint, path) {
	return ask({
		title: "Send a challenge?",
		body: [say("The endpoint gets a signed ",
			el("code", {}, "endpoint_challenge"),
			" and proves itself by answering with the value in it."),
		endpoint.status === "unproven" ?
			say("Once it has, it is active and gets what waits.") :
			say("Its status stays as it is, whatever it answers.")],
		label: "Send challenge",
		async go() {
			await api(path, {});
			tell("A challenge is on its way; see the log.");
			return true;
		},
	});
}

// Nothing waits: there is nothing to choose either.
export async function askEnable(endpoint, path) {
	const { waiting } = endpoint;
	const unproven = endpoint.status === "unproven";
	if (waiting === 0 && !unproven) {
		await api(path, {});
		tell(`${endpoint.name} is active again.`);
		return true;
	}
	return ask({
		title: unproven ? "Enable without proof?" : "Enable the endpoint?",
		body: [unproven ? say("It has not answered its challenge. " +
			"Whoever answers at this URL will get payments' events.") : "",
		waiting === 0 ? "" : group(waiting >= 10000 ?
			"10,000 or more deliveries wait for it" :
			`${deliveries(waiting)} ${waiting === 1 ? "waits" : "wait"} ` +
			"for it",
		choice("skip", "no", "Send them now",
			"In their order of time, as fast as its limits allow.", true),
		choice("skip", "yes", "Skip them",
			"They count as failed; a replay can send them later."))],
		label: "Enable",
		async go(form) {
			const skip = form.elements.skip?.value === "yes";
			const answer = await api(path, { skip });
			tell(`${endpoint.name} is active. ` + (answer.waiting === 0 ?
				"Nothing waited." : skip ?
					`Skipped ${deliveries(answer.waiting)}.` :
					`${deliveries(answer.waiting)} on the way.`));
			return true;
		},
	});
}

export function askDisable(endpoint, path) {
	return ask({
		title: "Disable the endpoint?",
		body: [say(`Nothing is sent to ${endpoint.name} until somebody ` +
			"enables it. Its events are kept meanwhile."),
		],
		label: "Disable",
		async go() {
			await api(path, {});
			tell(`${endpoint.name} is disabled.`);
			return true;
		},
	});
}

export function askDelete(endpoint, path) {
	const { waiting } = endpoint;
	return ask({
		title: `Delete ${endpoint.name}?`,
		body: [say("It gets nothing any more, for good. Its log stays."),
			waiting === 0 ? "" : say(el("strong", {},
				`${deliveries(waiting)} will not be sent.`))],
		label: "Delete",
		danger: true,
		async go() {
			await api(path, {});
			return true;
		},
	});
}

const OVERLAPS = [["0", "None: the old secret ends at once"],
	["3600", "1 hour"], ["86400", "24 hours"], ["259200", "3 days"],
	["604800", "7 days"]];

// Gives the new secret, in clear.
export function askRotate(endpoint, path) {
	const overlap = el("select", { id: "rotate-overlap", name: "overlap_s" },
		...OVERLAPS.map(([value, label]) => el("option", { value,
			selected: value === "86400" ? "" : null }, label)));
	const overlapField = field("Overlap", overlap);
	const select = el("div", { class: "select" });
	overlap.replaceWith(select);
	select.append(overlap);
	const secret = el("input", { id: "rotate-secret", name: "secret",
		type: "text", autocomplete: "off", autocapitalize: "none",
		spellcheck: "false", maxlength: "200" });
	return ask({
		title: "Rotate the secret?",
		body: [say("During the overlap both secrets sign. ",
			el("code", {}, "X-Clive-Signature"), " has room for one and ",
			"changes to the new one when the overlap ends."),
		overlapField,
		field("New secret (optional)", secret,
			"16 to 200 characters. Left empty, a strong one is made.")],
		label: "Rotate",
		async go(form) {
			const body = { overlap_s: Number(overlap.value) };
			const given = form.elements.secret.value.trim();
			if (given)
				body.secret = given;
			return (await api(path, body)).secret;
		},
	});
}

// Replay: counts first, then asks, then does it a part at a time.

function localTime(date) {
	const local = new Date(date - date.getTimezoneOffset() * 60000);
	return local.toISOString().slice(0, 16);
}

function moment(name, label, date) {
	return field(label, el("input", { id: `replay-${name}`, name,
		type: "datetime-local", max: "2999-12-31T23:59",
		value: date ? localTime(date) : null }));
}

function isoOf(form, name) {
	const { value } = form.elements[name];
	if (value === "")
		throw Object.assign(new Error("A time is missing."),
			{ fieldErrors: { [name]: "Say a day and a time." } });
	return new Date(value).toISOString();
}

function replayBody(form) {
	if (form.elements.what.value === "failed")
		return { failed_since: isoOf(form, "failed_since") };
	return { from: isoOf(form, "from"), ...(form.elements.to.value === "" ?
		{} : { to: isoOf(form, "to") }) };
}

// Long ranges take several requests; the button tells how far it is.
async function replayAll(path, body, of, button) {
	let count = 0;
	let cursor = null;
	do {
		const part = await api(path, cursor ? { ...body, cursor } : body);
		count += part.count;
		cursor = part.nextCursor;
		if (cursor)
			button.textContent = `Sending ${count.toLocaleString()} of ${
				of.toLocaleString()}`;
	} while (cursor && button.isConnected);
	return count;
}

export function askReplay(endpoint, path) {
	const day = new Date(Date.now() - 86400000);
	const since = endpoint.failing_since ? new Date(endpoint.failing_since) :
		day;
	const count = el("p", { class: "count", role: "status" });
	const failed = moment("failed_since", "Failed since", since);
	const range = el("div", { class: "two" }, moment("from", "From", day),
		moment("to", "Until (empty: now)", null));
	let counted = null;	// { body, count }
	let button = null;

	const recount = () => {
		counted = null;
		count.textContent = "";
		if (button)
			button.textContent = "Count";
	};
	const toggle = (event) => {
		const byTime = event.target.form.elements.what.value === "range";
		failed.hidden = byTime;
		range.hidden = !byTime;
	};
	const what = group("What",
		choice("what", "failed", "What failed",
			"Events whose last delivery here failed since a time.", true),
		choice("what", "range", "A range of time",
			"All events it is subscribed to, delivered or not."));
	what.addEventListener("change", toggle);
	const inputs = el("div", { class: "replay", input: recount },
		what, failed, range);
	range.hidden = true;
	return ask({
		title: "Replay",
		body: [say("Sends events again: the same id and bytes, signed " +
			"anew. What is on its way already is left alone. Times are in " +
			Intl.DateTimeFormat().resolvedOptions().timeZone + "."),
		inputs, count],
		label: "Count",
		async go(form, submit) {
			button = submit;
			if (counted === null) {
				const body = replayBody(form);
				const answer = await api(path, { ...body,
					dry_run: true });
				counted = { body, count: answer.count };
				count.textContent = answer.count === 0 ?
					"Nothing to send: choose another time." :
					`${deliveries(answer.count)} would be made.`;
				if (answer.count === 0)
					counted = null;
				else
					button.textContent = `Send ${
						answer.count.toLocaleString()} again`;
				return undefined;
			}
			const added = await replayAll(path, counted.body,
				counted.count, button);
			tell(added === 0 ? "Nothing was added: all of it is on its way." :
				`Added ${deliveries(added)}.`);
			return true;
		},
	});
}

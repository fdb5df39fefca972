// SPDX-License-Identifier: ISC
// api.js - asking the admin API, and who asks: the session and what its role
// may do.

const API = new URL("../api/v1/admin", document.baseURI).href;
const CHANGERS = ["owner", "support"];	// of webhooks, in lib/webhook-api.c

export const session = {
	token: sessionStorage.getItem("clive-token"),
	operator: null,
	mode: null,
};

let ended = () => {};

// Who is called when the server no longer knows the token.
export function onSessionEnd(listener) {
	ended = listener;
}

export class ApiError extends Error {
	constructor(message, more = {}) {
		super(message);
		Object.assign(this, { status: 0, code: null, requestId: null,
			retryAfter: 0, fieldErrors: {}, formErrors: [], ...more });
	}
}

function sentenceOf(text) {
	return (text.charAt(0).toUpperCase() + text.slice(1))
		.replace(/([^.!?])$/, "$1.");
}

// What was refused, in words: the reasons where there are some, else what
// kind of refusal it is.
function refusal(response, answer) {
	const details = answer?.details ?? {};
	const formErrors = (details.formErrors ?? []).map(sentenceOf);
	const fieldErrors = Object.fromEntries(Object.entries(
		details.fieldErrors ?? {}).map(([name, texts]) =>
		[name, texts.map(sentenceOf).join(" ")]));
	const text = formErrors.join(" ") ||
		sentenceOf(answer?.error ??
			`The server gave no proper answer (${response.status})`);
	return new ApiError(text, { status: response.status,
		code: answer?.code ?? null, fieldErrors, formErrors,
		requestId: response.headers.get("X-Request-Id"),
		retryAfter: Number(response.headers.get("Retry-After")) || 0 });
}

// GET, or POST where there is a body.
export async function api(path, body = undefined) {
	const headers = { Accept: "application/json" };
	const sent = session.token;
	if (sent)
		headers.Authorization = `Bearer ${sent}`;
	if (body !== undefined)
		headers["Content-Type"] = "application/json";
	let response, answer;
	try {
		response = await fetch(API + path, {
			method: body === undefined ? "GET" : "POST",
			headers,
			body: body === undefined ? undefined : JSON.stringify(body),
			cache: "no-store", credentials: "omit", redirect: "error",
			signal: AbortSignal.timeout(30000),
		});
	} catch {
		throw new ApiError("The server could not be reached.");
	}
	try {
		answer = await response.json();
	} catch {
		answer = null;
	}
	// An answer to a token that is no longer ours changes nothing.
	if (response.status === 401 && sent && sent === session.token)
		ended("Your session has ended. Sign in again to go on.");
	if (!response.ok || answer === null)
		throw refusal(response, answer);
	return answer;
}

// GET of something that is no JSON, such as a report.
export async function apiText(path) {
	let response;
	try {
		response = await fetch(API + path, { headers: {
			Authorization: `Bearer ${session.token}` }, cache: "no-store",
		credentials: "omit", redirect: "error",
		signal: AbortSignal.timeout(60000) });
	} catch {
		throw new ApiError("The server could not be reached.");
	}
	if (!response.ok)
		throw refusal(response, await response.json().catch(() => null));
	return response.text();
}

// Has this operator one of these roles? Where the role is not known, the
// server will say.
export function may(...roles) {
	return session.operator === null ||
		roles.includes(session.operator.role);
}

// May this operator change webhooks? Where the role is not known, the server
// will say.
export function mayChange() {
	return session.operator === null ||
		CHANGERS.includes(session.operator.role);
}

export function whyNot() {
	const role = session.operator?.role.replaceAll("_", " ");
	return `Your role is ${role}: you may look at webhooks, but not change ` +
		"them. An owner or support may.";
}

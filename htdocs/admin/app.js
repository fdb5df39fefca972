// SPDX-License-Identifier: ISC
// app.js - the operator's pages: signing in and out, and which view is shown.
// Everything shown comes from the admin API and goes into the page as text,
// never as markup. The part of the URL after `#` says what is shown, so that
// every view can be linked to and gone back to.

import { accountView, onAccountChange } from "./account.js";
import { api, mayChange, onSessionEnd, session, whyNot } from "./api.js";
import { closeDialogs, untell } from "./ask.js";
import { auditView } from "./audit.js";
import { deliveryView } from "./delivery.js";
import { disputesView } from "./disputes.js";
import { $ } from "./dom.js";
import { endpointView } from "./endpoint.js";
import { endpointFormView } from "./endpoint-form.js";
import { overviewView } from "./overview.js";
import { partnerView, partnersView } from "./partners.js";
import { rulesView } from "./rules.js";
import { settingsView } from "./settings.js";
import { settlementView, settlementsView } from "./settlements.js";
import { detailView, listView } from "./transactions.js";
import { usersView } from "./users.js";
import { webhooksView } from "./webhooks.js";
import { sentence } from "./words.js";

// Every view has a name, that of its link in the head, a title, and
//
//	open(hash, parts)	shows what the URL says
//	tick()			brings it up to date, every pace() seconds
//				(ten), while it is on view
//	left()			something else is shown now
//	forget()		the session is over: nothing of it may stay
const ROUTES = [
	[/^#\/overview$/, overviewView],
	[/^#\/transactions$/, listView],
	[/^#\/transactions\/([^/]+)$/, detailView],
	[/^#\/disputes$/, disputesView],
	[/^#\/settlements$/, settlementsView],
	[/^#\/settlements\/([^/]+)$/, settlementView],
	[/^#\/partners$/, partnersView],
	[/^#\/partners\/([^/]+)$/, partnerView],
	[/^#\/rules$/, rulesView],
	[/^#\/settings$/, settingsView],
	[/^#\/webhooks$/, webhooksView],
	[/^#\/webhooks\/new$/, endpointFormView],
	[/^#\/webhooks\/([^/]+)$/, endpointView],
	[/^#\/webhooks\/([^/]+)\/change$/, endpointFormView],
	[/^#\/deliveries\/([^/]+)$/, deliveryView],
	[/^#\/audit$/, auditView],
	[/^#\/users$/, usersView],
	[/^#\/account$/, accountView],
];
const VIEWS = [...new Set(ROUTES.map(([, view]) => view))];
const PACE = 10;	// seconds

// Signing in and out

function beginSession(answer) {
	session.operator = answer.operator;
	session.mode = answer.mode;
	$("who").textContent = answer.operator.email;
	$("who").title = `${answer.operator.email}, ${sentence(answer.operator.role)}`;
	$("role-note").textContent = mayChange() ? "" : whyNot();
	$("sandbox-banner").hidden = answer.mode !== "sandbox";
	showWhatMay();
}

// Nothing but the account is open before what has to be set up is.
function showWhatMay() {
	const { role, must } = session.operator;
	$("nav").hidden = must.length > 0;
	$("nav-users").hidden = role !== "owner";
}

// Forget the token and whatever it let us see.
function endSession(notice) {
	session.token = session.operator = session.mode = ticket = null;
	sessionStorage.removeItem("clive-token");
	closeDialogs();
	for (const view of VIEWS)
		view.forget();
	scrolls.clear();
	untell();
	$("who").textContent = "";
	$("sandbox-banner").hidden = true;
	showSignIn(notice);
}

function showSignIn(notice = null) {
	const line = $("sign-in-notice");
	line.textContent = notice ?? "Operators of this gateway only.";
	line.className = notice ? "notice" : "muted";
	showStep();
	show(null);
	($("email").value ? $("password") : $("email")).focus();
}

let throttleTimer = null;
let ticket = null;	// of the first step, where there is a second one

// Count the seconds down and hold the button until they are over.
function throttled(text, seconds, button, place) {
	clearInterval(throttleTimer);
	const until = Date.now() + seconds * 1000;
	const tick = () => {
		const left = Math.ceil((until - Date.now()) / 1000);
		if (left <= 0) {
			clearInterval(throttleTimer);
			button.disabled = false;
			place.textContent = "You can try again now.";
			return;
		}
		button.disabled = true;
		place.textContent = `${text} Try again in ` +
			(left < 120 ? `${left}\u00a0s.` : `${Math.ceil(left / 60)}\u00a0min.`);
	};
	throttleTimer = setInterval(tick, 1000);
	tick();
}

// The form of the step that is due.
function showStep() {
	$("sign-in-form").hidden = ticket !== null;
	$("code-form").hidden = ticket === null;
	$("code").value = "";
	$("code-error").textContent = "";
}

function signedIn(answer) {
	session.token = answer.token;
	sessionStorage.setItem("clive-token", answer.token);
	ticket = null;
	$("password").value = "";
	beginSession(answer);
	showStep();
	route();
}

async function signIn(event) {
	event.preventDefault();
	const button = $("sign-in");
	button.disabled = true;
	$("sign-in-error").textContent = "";
	try {
		const answer = await api("/login", { email: $("email").value,
			password: $("password").value });
		button.disabled = false;
		if (answer.token)
			return signedIn(answer);
		({ ticket } = answer);
		$("password").value = "";
		showStep();
		$("code").focus();
	} catch (error) {
		button.disabled = false;
		$("sign-in-error").textContent = error.message;
		if (error.status === 429 && error.retryAfter > 0)
			throttled(error.message, error.retryAfter, button,
				$("sign-in-error"));
		else
			$("password").select();
	}
}

function beginAgain(text) {
	ticket = null;
	showStep();
	$("sign-in-error").textContent = text;
	$("password").focus();
}

async function sendCode(event) {
	event.preventDefault();
	const button = $("code-send");
	button.disabled = true;
	$("code-error").textContent = "";
	try {
		const answer = await api("/second-step", { ticket,
			code: $("code").value.trim() });
		button.disabled = false;
		signedIn(answer);
	} catch (error) {
		button.disabled = false;
		if (error.code === "TICKET_INVALID")
			return beginAgain(error.message);
		$("code-error").textContent = error.fieldErrors.code ?? error.message;
		if (error.status === 429 && error.retryAfter > 0)
			throttled(error.message, error.retryAfter, button,
				$("code-error"));
		else
			$("code").select();
	}
}

async function signOut() {
	$("sign-out").disabled = true;
	try {
		await api("/logout", {});
	} catch {
		// The token is forgotten here in any case, and expires there.
	}
	$("sign-out").disabled = false;
	if (session.token)
		endSession("You are signed out.");
	else
		showSignIn("You are signed out.");
}

// Routing

let current = null;		// the view that is shown; null: signing in
let currentHash = null;
let ticked = 0;
const scrolls = new Map();	// hash -> how far down it was left

function show(view) {
	for (const { name } of VIEWS)
		$(`view-${name}`).hidden = name !== view?.name;
	$("view-sign-in").hidden = view !== null;
	$("top").hidden = view === null;
	// It is about webhooks; other pages say at each button who may.
	$("role-note").hidden = mayChange() || (view?.nav !== "webhooks" &&
		view !== detailView);
	for (const link of $("nav").children) {
		const here = link.id === `nav-${view?.nav}`;
		const page = here && link.hash === location.hash.split("?")[0];
		link.setAttribute("aria-current", page ? "page" : String(here));
		if (here)
			$("nav").scrollLeft = link.offsetLeft -
				$("nav").offsetLeft - 24;
	}
	document.title = `${view?.title ?? "Sign in"} · Clive admin`;
	if (current !== view)
		current?.left?.();
	current = view;
}

function routed() {
	const [path] = location.hash.split("?");
	for (const [pattern, view] of ROUTES) {
		const match = pattern.exec(path);
		try {
			if (match)
				return [view, match.slice(1).map(decodeURIComponent)];
		} catch {
			// No page of ours writes such an address.
		}
	}
	return null;
}

function route() {
	if (!session.token)
		return showSignIn();
	const found = routed();
	if (session.operator?.must.length > 0 && found?.[0] !== accountView)
		return location.replace("#/account");
	if (found === null)
		return location.replace("#/overview");
	const [view, parts] = found;
	const came = current !== view;
	closeDialogs();
	untell();
	if (currentHash !== null)
		scrolls.set(currentHash, window.scrollY);
	currentHash = location.hash;
	show(view);
	view.open(location.hash, parts);
	ticked = Date.now();
	if (!came && view !== detailView && view !== deliveryView)
		return;
	window.scrollTo(0, scrolls.get(location.hash) ?? 0);
	// What was just made has the focus already.
	const title = $(`view-${view.name}`).querySelector("h1");
	if (document.activeElement?.id !== "made-title")
		title.focus({ preventScroll: true });
}

async function start() {
	if (session.token) {
		try {
			beginSession(await api("/session"));
		} catch {
			// A lost token has led back to signing in; any other
			// trouble is shown by the page about to load.
		}
	}
	if (session.token || $("view-sign-in").hidden)
		route();
}

onSessionEnd(endSession);
onAccountChange(showWhatMay);
$("sign-in-form").addEventListener("submit", signIn);
$("code-form").addEventListener("submit", sendCode);
$("code-back").addEventListener("click", () => beginAgain(""));
$("sign-out").addEventListener("click", signOut);

// The hash is taken, so this link cannot work as others do.
$("skip").addEventListener("click", (event) => {
	event.preventDefault();
	$("main").focus();
});

setInterval(() => {
	const pace = (current?.pace?.() ?? PACE) * 1000;
	if (!session.token || document.hidden || !current?.tick ||
	    Date.now() - ticked < pace - 100)
		return;
	ticked = Date.now();
	current.tick();
}, 1000);

// Where a view was left is known better here.
history.scrollRestoration = "manual";
window.addEventListener("hashchange", route);
start();

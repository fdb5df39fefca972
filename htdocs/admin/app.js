// SPDX-License-Identifier: ISC
// app.js - the operator's pages: sign in, the list of transactions, and one
// transaction with its timeline. Everything shown comes from the admin API and
// goes into the page as text, never as markup. The part of the URL after `#`
// says what is shown, so that every view can be linked to and gone back to.

import { $, amount, announce, block, copyButton, dash, el, percent, pill, time }
	from "./dom.js";
import { timelineEntry } from "./timeline.js";
import { LIST_TIME, money, plural, processorName, sentence } from "./words.js";

const API = new URL("../api/v1/admin", document.baseURI).href;
const PAGE_SIZE = 50;
const REFRESH_MS = 10000;
const FILTERS = ["status", "reference", "id", "partner_id", "client_id",
	"from", "to"];

// The API

const session = {
	token: sessionStorage.getItem("clive-token"),
	operator: null,
	mode: null,
};

class ApiError extends Error {
	constructor(message, status = 0, code = null, retryAfter = 0) {
		super(message);
		Object.assign(this, { status, code, retryAfter });
	}
}

async function api(path, body = undefined) {
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
		endSession("Your session has ended. Sign in again to go on.");
	if (!response.ok || answer === null)
		throw new ApiError(answer?.error ??
			`The server gave no proper answer (${response.status}).`,
			response.status, answer?.code ?? null,
			Number(response.headers.get("Retry-After")) || 0);
	return answer;
}

// Signing in and out

function beginSession(answer) {
	session.operator = answer.operator;
	session.mode = answer.mode;
	$("who").textContent = answer.operator.email;
	$("who").title = `${answer.operator.email}, ${sentence(answer.operator.role)}`;
	$("sandbox-banner").hidden = answer.mode !== "sandbox";
}

// Forget the token and whatever it let us see.
function endSession(notice) {
	session.token = session.operator = session.mode = null;
	sessionStorage.removeItem("clive-token");
	resetList();
	clearDetail();
	$("who").textContent = "";
	$("sandbox-banner").hidden = true;
	showSignIn(notice);
}

function showSignIn(notice = null) {
	const line = $("sign-in-notice");
	line.textContent = notice ?? "Operators of this gateway only.";
	line.className = notice ? "notice" : "muted";
	show("sign-in", "Sign in");
	($("email").value ? $("password") : $("email")).focus();
}

let throttleTimer = null;

// Count the seconds down and hold the button until they are over.
function throttled(text, seconds) {
	clearInterval(throttleTimer);
	const until = Date.now() + seconds * 1000;
	const tick = () => {
		const left = Math.ceil((until - Date.now()) / 1000);
		if (left <= 0) {
			clearInterval(throttleTimer);
			$("sign-in").disabled = false;
			$("sign-in-error").textContent = "You can try again now.";
			return;
		}
		$("sign-in").disabled = true;
		$("sign-in-error").textContent = `${text} Try again in ` +
			(left < 120 ? `${left}\u00a0s.` : `${Math.ceil(left / 60)}\u00a0min.`);
	};
	throttleTimer = setInterval(tick, 1000);
	tick();
}

async function signIn(event) {
	event.preventDefault();
	const button = $("sign-in");
	button.disabled = true;
	$("sign-in-error").textContent = "";
	try {
		const answer = await api("/login", { email: $("email").value,
			password: $("password").value });
		session.token = answer.token;
		sessionStorage.setItem("clive-token", answer.token);
		beginSession(answer);
		button.disabled = false;
		$("password").value = "";
		route();
	} catch (error) {
		button.disabled = false;
		const text = error.message.replace(/([^.!?])$/, "$1.");
		$("sign-in-error").textContent = text;
		if (error.status === 429 && error.retryAfter > 0)
			throttled(text, error.retryAfter);
		else
			$("password").select();
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

// The list

const list = {
	hash: null,		// the part of the URL that it shows
	filters: {},
	cursor: null,
	pages: 0,
	rows: new Map(),	// cliveTxId -> { node, text of the item }
	turn: 0,		// number of the newest load; older answers are dropped
	busy: false,
	scroll: 0,
};

function resetList() {
	Object.assign(list, { hash: null, cursor: null, pages: 0,
		turn: list.turn + 1, busy: false, scroll: 0 });
	list.rows.clear();
	$("list").tBodies[0].replaceChildren();
	$("list-message").replaceChildren();
	$("load-more").hidden = true;
	$("list-count").textContent = "";
	setLive("", "");
}

function setLive(state, text) {
	$("list-live").className = `muted live ${state}`;
	$("list-live-text").textContent = text;
}

function transactionHash(id) {
	return `#/transactions/${encodeURIComponent(id)}`;
}

function setBusy(id, busy) {
	$(id).setAttribute("aria-busy", String(busy));
}

function cell(name, ...children) {
	return el("td", { class: `c-${name}`, role: "cell" }, ...children);
}

function listRow(item) {
	const row = el("tr", { role: "row", "data-id": item.cliveTxId },
		cell("amount", amount(item.amount, item.currency)),
		cell("status", pill(item.status)),
		cell("reference", item.echezonaReference),
		cell("client", item.clientName ?? item.clientId),
		cell("partner", item.partnerName ?? item.partnerId),
		cell("created", time(item.createdAt, LIST_TIME)),
		cell("id", el("a", { class: "mono",
			href: transactionHash(item.cliveTxId) }, item.cliveTxId)));
	row.children[2].title = item.echezonaReference;
	row.children[3].title = `${item.clientName ?? ""} (${item.clientId})`;
	row.children[4].title = `${item.partnerName ?? ""} (${item.partnerId})`;
	return row;
}

// Bring the table to `items`, touching only what differs, so that the focus
// and a selection survive a refresh.
function showItems(items, append, quiet) {
	const body = $("list").tBodies[0];
	const kept = new Set(items.map((item) => item.cliveTxId));
	body.querySelectorAll("tr:not([data-id])").forEach((row) => row.remove());
	for (const [id, row] of list.rows) {
		if (append || kept.has(id))
			continue;
		row.node.remove();
		list.rows.delete(id);
	}
	let place = append ? list.rows.size : 0;
	for (const item of items) {
		const text = JSON.stringify(item);
		const old = list.rows.get(item.cliveTxId);
		if (append && old)
			continue;
		let node = old?.node;
		if (old?.text !== text) {
			const focused = old?.node.contains(document.activeElement);
			node = listRow(item);
			if (quiet)
				node.classList.add("fresh");
			old?.node.replaceWith(node);
			list.rows.set(item.cliveTxId, { node, text });
			if (focused)
				node.querySelector("a").focus();
		}
		if (body.rows[place] !== node)
			body.insertBefore(node, body.rows[place] ?? null);
		place++;
	}
}

function showBones() {
	const names = ["amount", "status", "reference", "client", "partner",
		"created", "id"];
	const bones = Array.from({ length: 10 }, () => el("tr", { role: "row",
		"aria-hidden": "true" }, ...names.map((name) =>
		cell(name, el("span", { class: "bone" })))));
	$("list").tBodies[0].replaceChildren(...bones);
}

function message(box, title, text, button = null, action = null) {
	box.replaceChildren(el("div", {}, el("h2", {}, title),
		el("p", { class: "muted" }, text),
		button ? el("button", { type: "button", class: "button retry",
			click: action }, button) : null));
}

// The hash holds days as the viewer names them; the API wants moments.
function listQuery() {
	const query = new URLSearchParams({ limit: PAGE_SIZE });
	for (const [name, value] of Object.entries(list.filters)) {
		const clock = { from: "T00:00:00.000", to: "T23:59:59.999" }[name];
		const date = new Date(value + clock);
		if (clock && !isNaN(date))
			query.set(name, date.toISOString());
		else if (!clock)
			query.set(name, value);
	}
	return query;
}

// mode: "reset" begins anew, "more" adds a page, "quiet" renews the first one.
async function loadList(mode) {
	const turn = ++list.turn;
	const query = listQuery();
	if (mode === "more")
		query.set("cursor", list.cursor);
	list.busy = true;
	$("load-more").disabled = true;
	if (mode !== "quiet") {
		$("list-message").replaceChildren();
		setBusy("list", mode === "reset");
		if (mode === "reset" && list.rows.size === 0)
			showBones();
	}
	let page = null, failure = null;
	try {
		page = await api(`/transactions?${query}`);
	} catch (error) {
		failure = error;
	}
	if (turn !== list.turn)
		return;
	list.busy = false;
	setBusy("list", false);
	$("load-more").disabled = false;
	if (failure)
		return listFailed(mode, failure);
	$("list-message").replaceChildren();
	const before = list.rows.size;
	showItems(page.items, mode === "more", mode === "quiet");
	list.pages = mode === "more" ? list.pages + 1 : 1;
	list.cursor = page.nextCursor;
	listLoaded(mode, before);
}

function listLoaded(mode, before) {
	const count = list.rows.size;
	const more = list.cursor !== null;
	$("load-more").hidden = !more;
	$("list-count").textContent = count === 0 ? "" : more ?
		`The newest ${plural(count, "transaction")}` :
		`${plural(count, "transaction")}, all that match`;
	if (list.pages === 1)
		setLive("on", "Updated " + new Date().toLocaleTimeString());
	else
		setLive("", "Refreshing paused");
	if (mode === "more") {
		announce(`${plural(count - before, "more transaction")} loaded`);
		// Keyboard users go on where the new rows begin.
		$("list").tBodies[0].rows[before]?.querySelector("a")
			.focus({ preventScroll: true });
	}
	if (count === 0 && Object.keys(list.filters).length > 0)
		message($("list-message"), "Nothing matches these filters",
			"Take one away, or look at another day.", "Clear filters",
			clearFilters);
	else if (count === 0)
		message($("list-message"), "No transactions yet",
			"The first payment that a partner opens will appear here.");
}

function listFailed(mode, error) {
	setLive("trouble", mode === "quiet" ? "Not up to date; trying again" :
		"Not loaded");
	if (mode === "quiet" || !session.token)
		return;
	if (mode === "reset") {
		showItems([], false, false);
		$("load-more").hidden = true;
		$("list-count").textContent = "";
		list.pages = 0;
	}
	message($("list-message"), "The transactions could not be loaded",
		error.message, "Try again", () => loadList(mode));
}

// Filters

function filtersFromForm() {
	const filters = {};
	for (const name of FILTERS) {
		const field = $("filters").elements[name];
		const value = field.value.trim();
		if (value && field.validity.valid)
			filters[name] = value;
	}
	return filters;
}

function filtersToForm(filters) {
	const count = Object.keys(filters).length;
	for (const name of FILTERS) {
		const field = $("filters").elements[name];
		const value = filters[name] ?? "";
		// Writing to a date that is being typed would end the typing.
		if (field.value !== value && field.validity.valid)
			field.value = value;
		field.classList.toggle("set", name in filters);
	}
	const folded = count - ("status" in filters ? 1 : 0);
	$("filters-toggle-text").textContent =
		folded > 0 ? `Filters (${folded})` : "Filters";
	$("filter-clear").disabled = count === 0;
}

function listHash(filters) {
	const query = new URLSearchParams(filters).toString();
	return "#/transactions" + (query ? `?${query}` : "");
}

function applyFilters(event) {
	event.preventDefault();
	location.hash = listHash(filtersFromForm());
}

function clearFilters() {
	location.hash = listHash({});
	$("filter-status").focus();
}

// One transaction

let detailTurn = 0;

function clearDetail() {
	detailTurn++;
	for (const id of ["detail-title", "detail-status", "detail-id",
		"detail-message", "facts", "timeline"])
		$(id).replaceChildren();
	$("timeline-note").textContent = "";
	$("detail-body").hidden = true;
}

async function loadDetail(id, again = false) {
	if (!again) {
		clearDetail();
		$("detail-title").textContent = "Transaction";
		$("detail-id").append(el("span", { class: "mono" }, id));
		$("facts").append(...Array.from({ length: 8 },
			() => el("span", { class: "bone" })));
		$("timeline-box").hidden = true;
		$("detail-body").hidden = false;
	}
	const turn = ++detailTurn;
	setBusy("view-detail", true);
	$("detail-refresh").disabled = true;
	let answer = null, failure = null;
	try {
		answer = await api(`/transactions/${encodeURIComponent(id)}`);
	} catch (error) {
		failure = error;
	}
	if (turn !== detailTurn)
		return;
	setBusy("view-detail", false);
	$("detail-refresh").disabled = false;
	$("detail-message").replaceChildren();
	$("detail-body").hidden = failure !== null;
	if (failure)
		message($("detail-message"), failure.status === 404 ?
			"There is no such transaction" :
			"The transaction could not be loaded",
			failure.message, "Try again", () => loadDetail(id));
	else
		showDetail(answer);
	if (again)
		announce(failure ? "Refreshing failed" : "Refreshed");
}

function fact(name, value, kind = "") {
	return el("div", { class: kind }, el("dt", {}, name),
		el("dd", {}, value ?? dash()));
}

function copyable(name, text) {
	return fact(name, text === null ? null : el("span", {},
		el("span", { class: "mono" }, text), " ",
		copyButton(name, text)), "wrap");
}

function factCard(title, ...rows) {
	return el("section", {}, el("h2", {}, title), el("dl", {}, ...rows));
}

function showDetail({ transaction: tx, timeline }) {
	const sum = (number) => amount(number, tx.currency);
	$("detail-title").replaceChildren(sum(tx.amount));
	$("detail-status").replaceChildren(pill(tx.status));
	$("detail-id").replaceChildren(
		el("span", { class: "mono" }, tx.cliveTxId),
		copyButton("transaction ID", tx.cliveTxId));
	document.title = `${money(tx.amount, tx.currency)} ${tx.currency}, ` +
		`${tx.cliveTxId} · Clive admin`;
	$("facts").replaceChildren(
		factCard("Money",
			fact("Amount", sum(tx.amount)),
			fact("Processor fee", sum(tx.processorFee)),
			fact("Platform fee", sum(tx.platformFee)),
			fact("Net to partner", sum(tx.netAmount), "sum"),
			fact("Clive earning", sum(tx.cliveEarningAmount)),
			fact("Settlement", pill(tx.settlementStatus))),
		factCard("Rates",
			fact("Processor fee", percent(tx.stripeFeePercent)),
			fact("Partner fee", percent(tx.partnerFeePercent)),
			fact("Partner payout", percent(tx.partnerPayoutPercent)),
			fact("Clive earning", percent(tx.cliveEarningPercent))),
		factCard("Parties",
			fact("Partner", tx.partnerName),
			fact("Partner ID", tx.partnerId),
			fact("Client", tx.clientName),
			fact("Client ID", tx.clientId)),
		factCard("Record",
			fact("Created", time(tx.createdAt)),
			fact("Last change", time(tx.updatedAt)),
			fact("Processor", processorName(tx.processor)),
			copyable("Reference", tx.echezonaReference),
			copyable("Processor's payment", tx.stripePaymentIntentId),
			copyable("Record ID", tx.id)),
		el("section", {}, el("h2", {}, "Meta"),
			tx.meta === null ? el("p", { class: "muted small-note" },
				"The partner sent none.") :
				block("Sent by the partner", JSON.stringify(tx.meta))));
	$("timeline-box").hidden = false;
	$("timeline-note").textContent = plural(timeline.length, "entry", "entries") +
		", newest last, times in " +
		Intl.DateTimeFormat().resolvedOptions().timeZone;
	$("timeline").replaceChildren(...timeline.map((entry, i) =>
		timelineEntry(entry, timeline[i - 1])));
}

// Routing

function show(view, title) {
	for (const name of ["sign-in", "list", "detail"])
		$(`view-${name}`).hidden = name !== view;
	$("top").hidden = view === "sign-in";
	$("nav-transactions").setAttribute("aria-current",
		view === "list" ? "page" : "false");
	document.title = `${title} · Clive admin`;
}

function visible(view) {
	return !$(`view-${view}`).hidden;
}

function openList(hash) {
	const query = new URLSearchParams(hash.split("?")[1] ?? "");
	const came = !visible("list");
	show("list", "Transactions");
	if (list.hash === hash) {
		// Back from a transaction: everything as it was left.
		window.scrollTo(0, list.scroll);
		if (list.pages <= 1)
			loadList(list.pages === 0 ? "reset" : "quiet");
	} else {
		list.hash = hash;
		list.filters = Object.fromEntries(FILTERS.filter((name) =>
			query.get(name)).map((name) => [name, query.get(name)]));
		filtersToForm(list.filters);
		loadList("reset");
	}
	$("back").href = hash;
	if (came)
		$("list-title").focus({ preventScroll: true });
}

function openDetail(id) {
	if (visible("list"))
		list.scroll = window.scrollY;
	show("detail", id);
	window.scrollTo(0, 0);
	loadDetail(id);
	$("detail-title").focus({ preventScroll: true });
}

function routedId() {
	const match = /^#\/transactions\/([^/?]+)$/.exec(location.hash);
	try {
		return match && decodeURIComponent(match[1]);
	} catch {
		return null;
	}
}

function route() {
	if (!session.token)
		return showSignIn();
	const id = routedId();
	if (id)
		openDetail(id);
	else if (/^#\/transactions(\?|$)/.test(location.hash))
		openList(location.hash);
	else
		location.replace("#/transactions");
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
	if (session.token || !visible("sign-in"))
		route();
}

$("sign-in-form").addEventListener("submit", signIn);
$("sign-out").addEventListener("click", signOut);
$("filters").addEventListener("submit", applyFilters);
$("filters").addEventListener("change", applyFilters);
$("filter-clear").addEventListener("click", clearFilters);
$("refresh").addEventListener("click", () => loadList("reset"));
$("load-more").addEventListener("click", () => loadList("more"));
$("detail-refresh").addEventListener("click",
	() => loadDetail(routedId(), true));

$("filters-toggle").addEventListener("click", () => {
	const open = $("filters-more").classList.toggle("open");
	$("filters-toggle").setAttribute("aria-expanded", String(open));
});

// The hash is taken, so this link cannot work as others do.
$("skip").addEventListener("click", (event) => {
	event.preventDefault();
	$("main").focus();
});

// A click anywhere in a row opens it, unless it ends a selection of text.
$("list").tBodies[0].addEventListener("click", (event) => {
	const row = event.target.closest("tr[data-id]");
	if (row && !event.target.closest("a") && getSelection().isCollapsed)
		location.hash = transactionHash(row.dataset.id);
});

setInterval(() => {
	if (session.token && visible("list") && !document.hidden &&
	    !list.busy && list.pages === 1)
		loadList("quiet");
}, REFRESH_MS);

window.addEventListener("hashchange", route);
start();

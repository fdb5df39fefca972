// SPDX-License-Identifier: ISC
// admin-webhooks.test.mjs - the operator's pages for webhooks in a real
// browser: endpoints, their log, one delivery, replay; what the page does is
// checked at the receiver.
//
// Screenshots go where those of browser.mjs go. curl is needed for one case.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { promisify } from "node:util";

import axe from "axe-core";

import { BROWSER, HAS_BROWSER, openPage, picture } from "./browser.mjs";
import { CLIENT, Gateway, PARTNER, atEnd, eventually, hmac, run, skip,
	stripeEvent, test } from "./lib.mjs";

const OTHER = "ZULU002";
const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1` +
	"</script>";
const GIVEN = "a-secret-that-the-partner-chose";

// A receiver whose paths behave differently: /ok, /fail and /gone always,
// /moody as `moods` says, /prove answers challenges. What it says is hostile.
async function hooks() {
	const got = [];
	const moods = { moody: 503 };
	const status = (path) => ({ "/fail": 503, "/gone": 410,
		"/moody": moods.moody })[path] ?? 200;
	const server = createServer((request, response) => {
		const parts = [];
		request.on("data", (part) => parts.push(part));
		request.on("end", () => {
			const hook = { path: request.url, headers: request.headers,
				body: Buffer.concat(parts).toString() };
			got.push(hook);
			const { challenge } = JSON.parse(hook.body);
			response.writeHead(status(hook.path), { "X-Hostile": HOSTILE,
				"Content-Type": "text/html" });
			response.end(hook.path === "/prove" && challenge ?
				JSON.stringify({ challenge }) : HOSTILE);
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	atEnd(() => {
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	});
	return { url: `http://127.0.0.1:${server.address().port}`, got, moods };
}

await run("admin-webhooks", async () => {
	if (!HAS_BROWSER)
		return skip("all", `no browser at ${BROWSER}`);
	const gateway = await Gateway.make({ rate_limit_per_minute: 0,
		webhook_retry_ms: "200 200" });
	const hook = await hooks();
	await gateway.clive("partner", "add", "--id", OTHER, "--name", "Zulu",
		"--fee", "3");
	const people = {};
	for (const role of ["owner", "read_only"])
		people[role] = await gateway.clive("operator", "add", "--email",
			`${role}@example.com`, "--role", role);
	await gateway.serve();
	gateway.send();
	const page = await openPage({ timezoneId: "Africa/Lagos" });
	await page.context().grantPermissions(["clipboard-read",
		"clipboard-write"], { origin: gateway.url });

	// What the tests below share

	const $ = (selector) => page.locator(selector);
	const open = (hash) => page.evaluate((to) => {
		location.hash = to;
	}, hash);
	const token = () => page.evaluate(() =>
		sessionStorage.getItem("clive-token"));
	const ask = async (path) => (await fetch(
		`${gateway.api}/admin/webhooks${path}`, { headers: {
			authorization: `Bearer ${await token()}` } })).json();
	const endpoints = async () => Object.fromEntries((await ask("/endpoints"))
		.items.map((endpoint) => [endpoint.name, endpoint]));
	const idOf = async (name) => (await endpoints())[name].id;
	const show = async (name) => {
		await open(`#/webhooks/${await idOf(name)}`);
		await page.waitForFunction((text) => document.getElementById(
			"endpoint-title").textContent === text &&
			!document.getElementById("endpoint-body").hidden, name);
	};
	const told = (words) => page.waitForFunction((part) => {
		const box = document.getElementById("told");
		return !box.hidden && box.textContent.includes(part);
	}, words);
	const add = (name, path, ...more) => gateway.clive("webhook", "add",
		"--partner", PARTNER, "--name", name, "--url", hook.url + path,
		...more);
	const pay = async (reference, ...types) => {
		const payment = await gateway.payment(reference);
		for (const type of types)
			await gateway.stripe(stripeEvent(type, payment.intent, 750,
				"USD"));
		return payment;
	};
	// What reached the shop, the newest last.
	const atShop = () => hook.got.filter(({ path }) => path === "/ok");
	const logRows = $("#log tr[data-id]");
	const dialog = $("dialog[open]");
	const answer = () => dialog.locator("[type=submit]").click();
	const focused = () => page.evaluate(() => document.activeElement.id);
	const signIn = async (role) => {
		await page.fill("#email", `${role}@example.com`);
		await page.fill("#password", people[role].password);
		await page.click("#sign-in");
		await page.waitForSelector("#top:not([hidden])");
	};
	// Refusals that a case wants are logged by the browser, too.
	const expecting = async (status, body) => {
		await body();
		const wanted = page.troubles.findIndex((text) =>
			text.includes(`status of ${status}`));
		assert.notEqual(wanted, -1, `no answer with ${status}`);
		page.troubles.splice(wanted, 1);
	};
	const faults = async (within) => {
		await page.evaluate(axe.source);
		const { violations } = await page.evaluate((selector) =>
			window.axe.run(selector, { resultTypes: ["violations"] }),
		within);
		return violations.filter(({ impact }) =>
			["serious", "critical"].includes(impact)).map((found) =>
			`${found.id} ${found.nodes[0].html}`);
	};
	// Pictures in both colours, and nothing that a reader would stumble on:
	// of the page, or of the dialog upon it.
	const look = async (name, within = "html") => {
		for (const colorScheme of ["dark", "light"]) {
			const file = `admin-webhook-${name}` +
				(colorScheme === "dark" ? "-dark" : "");
			await page.emulateMedia({ colorScheme });
			assert.deepEqual(await faults(within), [], file);
			await picture(page, file, within === "html");
		}
	};

	await page.goto(`${gateway.url}/admin/#/webhooks`);
	await signIn("owner");

	await test("an_empty_list_says_so", async () => {
		await $("#webhooks-message h2").waitFor();
		assert.equal(await $("#webhooks-message h2").textContent(),
			"No endpoints yet");
		assert.equal(await $("#nav-webhooks").getAttribute("aria-current"),
			"page");
	});

	await test("the_form_says_what_is_missing_or_wrong", async () => {
		await page.click("#webhook-add");
		await $("#endpoint-form").waitFor();
		assert.equal(await focused(), "endpoint-form-title");
		await page.uncheck("#events-all");
		await page.click("#endpoint-save");
		for (const [field, words] of [["partner", "Say whose"],
			["name", "Give it a name"], ["url", "Say where"],
			["events", "at least one"]])
			assert.ok((await $(`#${field}-error`).textContent())
				.includes(words), field);
		assert.equal(await focused(), "endpoint-partner");
		await page.check("#events-all");
		assert.equal(await $("#events-payment :checked").count(), 5);
		await page.fill("#endpoint-partner", PARTNER);
		await page.fill("#endpoint-name", "Shop");
		await page.fill("#endpoint-url-input", "http://169.254.169.254/x");
		await expecting(400, async () => {
			await page.click("#endpoint-save");
			await page.waitForFunction(() => document.getElementById(
				"url-error").textContent);
		});
		assert.equal(await $("#endpoint-url-input")
			.getAttribute("aria-invalid"), "true");
		assert.equal(await focused(), "endpoint-url-input");
		assert.match(await $("#endpoint-form-error").textContent(),
			/another look\. Request \S+$/);
		await page.check("#preset-custom");
		await page.fill("#endpoint-schedule", "5s, 5m,2h");
		assert.match(await $("#schedule-says").innerText(),
			/^4 attempts over 2\sh 5\smin 5\ss/);
		await look("form");
	});

	let secret;
	await test("an_endpoint_is_added_and_its_secret_shown_once", async () => {
		await page.fill("#endpoint-url-input", `${hook.url}/ok`);
		await page.check("#preset-clive");
		await page.click("#endpoint-save");
		await $("#made").waitFor();
		assert.equal(await focused(), "made-title");
		secret = await $("#made-secret code").textContent();
		assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
		assert.match(await $("#made").textContent(), /shown once/);
		await page.click("#made-secret button");
		await page.waitForFunction(() => document.getElementById("announce")
			.textContent === "Copied secret");
		assert.equal(await page.evaluate(() =>
			navigator.clipboard.readText()), secret);
		await look("secret");
		// Refreshing keeps it; leaving does not.
		await page.click("#endpoint-refresh");
		assert.equal(await $("#made").isVisible(), true);
		await page.click("#endpoint-back");
		await $("#webhooks tr[data-id]").waitFor();
		await page.goBack();
		await $("#endpoint-title").waitFor();
		assert.equal(await $("#made").isVisible(), false);
		assert.ok(!(await page.content()).includes(secret));
	});

	await test("a_test_event_is_signed_with_that_secret", async () => {
		await show("Shop");
		await page.click("#do-test");
		await told("A test event is on its way");
		await page.waitForFunction(() => document.querySelector(
			"#log [data-status=delivered]"));
		const [sent] = hook.got.filter(({ path }) => path === "/ok");
		assert.equal(JSON.parse(sent.body).event, "webhook_test");
		assert.equal(sent.headers["x-clive-signature"],
			hmac(secret, sent.body));
		assert.equal(await logRows.count(), 1);
		assert.match(await logRows.innerText(), /Test event[^]*HTTP 200/);
	});

	await test("a_delivery_opens_to_its_attempts", async () => {
		await page.click("#told-text a");
		await $("#attempts li").waitFor();
		const text = await $("#view-delivery").innerText();
		for (const part of ["Test event", "Attempt 1", "X-Clive-Signature: ",
			"webhook-id: evt_", "HTTP/1.1 200 OK", '"event": "webhook_test"',
			"curl -", HOSTILE, `X-Hostile: ${HOSTILE}`,
			`${hook.url}/ok`])
			assert.ok(text.includes(part), part);
		// An hour ahead of UTC, which is said on hover.
		const at = $("#attempts time");
		const utc = await at.getAttribute("title");
		assert.match(utc, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/);
		const hour = (Number(utc.slice(11, 13)) + 1) % 24;
		assert.ok((await at.innerText()).includes(
			`, ${String(hour).padStart(2, "0")}${utc.slice(13, 19)}`));
		await look("delivery");
	});

	await test("what_receivers_say_stays_text", async () => {
		assert.equal(await $("main img:not([src='../favicon.svg'])").count(),
			0);
		assert.equal(await page.evaluate(() => window.hacked), undefined);
	});

	await test("the_curl_line_sends_the_same", async () => {
		await page.click("[aria-label='Copy curl command']");
		await page.waitForFunction(() => document.getElementById("announce")
			.textContent === "Copied curl command");
		const line = await page.evaluate(() =>
			navigator.clipboard.readText());
		const before = hook.got.length;
		await promisify(execFile)("sh", ["-c", line]);
		await eventually("curl's request", () => hook.got.length > before);
		const [again, first] = [hook.got.at(-1), hook.got[0]];
		assert.equal(again.body, first.body);
		for (const name of ["x-clive-signature", "webhook-signature",
			"webhook-id", "content-type"])
			assert.equal(again.headers[name], first.headers[name], name);
	});

	await test("a_resend_has_the_same_id_and_bytes", async () => {
		const { length } = hook.got;
		await page.click("#delivery-resend button");
		await told("A new delivery to Shop is due");
		await eventually("the resend", () => hook.got.length > length);
		const [again, first] = [hook.got.at(-1), hook.got[0]];
		assert.equal(again.body, first.body);
		assert.equal(again.headers["webhook-id"],
			first.headers["webhook-id"]);
		await page.click("#told-text a");
		await page.waitForFunction(() => document.querySelector(
			"#delivery-facts").textContent.includes("Repeats"));
	});

	await test("a_chosen_secret_limits_and_proof", async () => {
		await open(`#/webhooks/new?partner_id=${PARTNER}`);
		assert.equal(await $("#endpoint-partner").inputValue(), PARTNER);
		await page.fill("#endpoint-name", "Prover");
		await page.fill("#endpoint-url-input", `${hook.url}/prove`);
		await page.check("#own-yes");
		await page.fill("#endpoint-secret", GIVEN);
		await page.check("#preset-custom");
		await page.fill("#endpoint-schedule", "5s, 5m");
		await page.fill("#endpoint-rate", "7");
		await page.fill("#endpoint-parallel", "2");
		for (const box of ["ordered", "ed25519", "prove"])
			await page.check(`#endpoint-${box}`);
		await page.check("#event-endpoint_failing");
		await page.click("#endpoint-save");
		await $("#made").waitFor();
		assert.equal(await $("#made-secret code").textContent(), GIVEN);
		// It answers its challenge, and is active on the page as well.
		await page.waitForFunction(() => document.querySelector(
			"#endpoint-status [data-status=active]"), null,
		{ timeout: 15000 });
		const made = (await endpoints()).Prover;
		assert.deepEqual([made.pauses, made.rate_limit, made.max_parallel,
			made.ordered, made.ed25519, made.events.length],
		["5s,5m", 7, 2, true, true, 6]);
		const challenge = hook.got.find(({ path }) => path === "/prove");
		assert.equal(challenge.headers["x-clive-signature"],
			createHmac("sha256", GIVEN).update(challenge.body)
				.digest("hex"));
	});

	await test("a_change_sends_what_differs", async () => {
		await show("Prover");
		await page.click("#do-change");
		await page.waitForFunction(() => document.getElementById(
			"endpoint-name").value === "Prover");
		assert.equal(await $("#endpoint-schedule").inputValue(), "5s,5m");
		assert.equal(await $("#partner-field").isVisible(), false);
		await page.fill("#endpoint-name", "Proven");
		await page.uncheck("#event-transaction_failed");
		const sent = page.waitForRequest((request) =>
			request.method() === "POST");
		await page.click("#endpoint-save");
		const body = (await sent).postDataJSON();
		assert.deepEqual(Object.keys(body), ["name", "events"]);
		await page.waitForFunction(() => document.getElementById(
			"endpoint-title").textContent === "Proven");
		assert.equal((await endpoints()).Proven.events
			.includes("transaction_failed"), false);
	});

	await test("lists_with_reasons_and_filters_in_the_url", async () => {
		await add("Broken", "/fail", "--events", "all");
		await add("Gone", "/gone", "--events", "transaction_succeeded");
		await gateway.clive("webhook", "add", "--partner", OTHER, "--name",
			"Zulu", "--url", `${hook.url}/ok`, "--events", "all");
		await pay("EZ-1", "payment_intent.succeeded");
		await eventually("410 disables", async () =>
			(await endpoints()).Gone.status === "disabled");
		await eventually("failures", async () =>
			(await endpoints()).Broken.failures === 3);
		await open("#/webhooks");
		await page.waitForFunction(() => document.querySelectorAll(
			"#webhooks tr[data-id]").length === 5);
		await page.click("#webhooks-refresh");
		const text = (name) => $("#webhooks tr[data-id]").filter({ has:
			page.getByRole("link", { name, exact: true }) }).innerText();
		await page.waitForFunction(() => document.getElementById("webhooks")
			.innerText.includes("410 Gone"));
		assert.match(await text("Gone"), /Disabled\s+It answered 410 Gone/);
		assert.match(await text("Broken"), /Failing since[^]*3 failures/);
		assert.match(await text("Shop"), new RegExp("Last success[^]*" +
			"None waiting[^]*All payment events\\s+Clive, 3 attempts"));
		await look("list");
		await page.selectOption("#webhook-status", "disabled");
		await page.waitForFunction(() => document.querySelectorAll(
			"#webhooks tr[data-id]").length === 1);
		await page.selectOption("#webhook-status", "");
		await page.fill("#webhook-partner", OTHER);
		await page.keyboard.press("Enter");
		await page.waitForFunction((partner) => location.hash ===
			`#/webhooks?partner_id=${partner}` && document.querySelectorAll(
			"#webhooks tr[data-id]").length === 1, OTHER);
		await page.reload();
		await $("#webhooks tr[data-id]").waitFor();
		assert.equal(await $("#webhook-partner").inputValue(), OTHER);
		assert.match(await $("#webhooks").innerText(), /Zulu/);
		// And the way back from an endpoint leads there.
		await $("#webhooks tr[data-id] a").press("Enter");
		await $("#endpoint-title").waitFor();
		await page.click("#endpoint-back");
		await page.waitForFunction((partner) => location.hash.endsWith(
			`partner_id=${partner}`), OTHER);
	});

	await test("every_attempt_of_a_failure_is_there", async () => {
		await show("Broken");
		await page.selectOption("#log-status", "failed");
		await page.waitForFunction(() => location.hash.endsWith(
			"?status=failed") && document.querySelectorAll(
			"#log [data-status=failed]").length === 1);
		await logRows.click();
		await page.waitForFunction(() => document.querySelectorAll(
			"#attempts li").length === 3);
		assert.equal((await $("#attempts .pill").allInnerTexts()).join(),
			"503,503,503");
		assert.match(await $("#delivery-others").innerText(), /Shop/);
		await page.goBack();
		await logRows.waitFor();
		assert.equal(await $("#log-status").inputValue(), "failed");
	});

	await test("the_log_pages", async () => {
		for (let i = 0; i < 27; i++)
			await pay(`PAGE-${i}`, "payment_intent.succeeded");
		await show("Shop");
		await page.click("#endpoint-refresh");
		await $("#log-more").waitFor();
		assert.equal(await logRows.count(), 25);
		await page.click("#log-more");
		await page.waitForFunction(() => document.querySelectorAll(
			"#log tr[data-id]").length === 30);
		assert.equal(await $("#log-more").isVisible(), false);
		await look("endpoint");
	});

	await test("nothing_moves_and_the_focus_stays_while_rows_change", async () => {
		hook.moods.moody = 503;
		await add("Moody", "/moody", "--events",
			"transaction_chargeback", "--schedule",
			"1s,1s,1s,1s,1s,1s,1s,1s");
		await show("Moody");
		await page.click("#do-test");
		const attempts = () => page.evaluate(() => Number.parseInt(document
			.querySelector("#log .c-state .below")?.textContent ?? "0", 10));
		await eventually("an attempt", async () => await attempts() > 0);
		await $("#log .c-tools button").focus();
		await page.evaluate(() => {
			window.shifts = [];
			new PerformanceObserver((list) => window.shifts.push(
				...list.getEntries())).observe({ type: "layout-shift" });
		});
		const before = await attempts();
		await eventually("another", async () => await attempts() > before);
		assert.equal(await page.evaluate(() => document.activeElement
			.closest("#log tr") !== null && document.activeElement
			.tagName), "BUTTON");
		assert.equal(await page.evaluate(() => window.shifts.reduce(
			(sum, { value }) => sum + value, 0)), 0);
		hook.moods.moody = 200;
		await page.waitForFunction(() => document.querySelector(
			"#log [data-status=delivered]"));
	});

	await test("a_rotation_overlaps", async () => {
		await show("Shop");
		await page.click("#do-rotate");
		await dialog.waitFor();
		await look("rotate", "dialog");
		await page.fill("#rotate-secret", "short");
		await expecting(400, async () => {
			await answer();
			await page.waitForFunction(() => document.getElementById(
				"rotate-secret-error").textContent);
		});
		await page.fill("#rotate-secret", "");
		await answer();
		await $("#made").waitFor();
		const next = await $("#made-secret code").textContent();
		assert.notEqual(next, secret);
		await page.waitForFunction(() => /Secret 2[^]*made[^]*Secret 1[^]*until/
			.test(document.getElementById("endpoint-facts").textContent));
		const { length } = atShop();
		await page.click("#do-test");
		await eventually("a test", () => atShop().length > length);
		const { headers, body } = atShop().at(-1);
		assert.equal(headers["webhook-signature"].split(" ").length, 2);
		assert.equal(headers["x-clive-signature"], hmac(secret, body));
		await page.click("#made-done");
		assert.equal(await $("#made").isVisible(), false);
		assert.equal(await focused(), "endpoint-title");
	});

	await test("disabled_events_are_kept_and_go_out", async () => {
		for (const [skipped, count] of [["no", 1], ["yes", 0]]) {
			await show("Shop");
			await page.click("#do-disable");
			await dialog.waitFor();
			await answer();
			await $("#do-enable").waitFor();
			assert.equal(await focused(), "do-enable");
			assert.match(await $("#endpoint-reason").innerText(),
				/Switched off by a person\. Events are kept/);
			const { id } = await pay(`KEPT-${skipped}`,
				"payment_intent.succeeded");
			await page.click("#endpoint-refresh");
			await page.waitForFunction(() => document.getElementById(
				"endpoint-health").innerText.includes("1 delivery"));
			const arrived = () => atShop().filter(({ body }) =>
				body.includes(id)).length;
			assert.equal(arrived(), 0);
			await page.click("#do-enable");
			await dialog.waitFor();
			if (skipped === "no")
				await look("enable", "dialog");
			await page.check(`#skip-${skipped}`);
			await answer();
			await $("#do-disable").waitFor();
			await told(count ? "1 delivery on the way" :
				"Skipped 1 delivery");
			await eventually("waiting is over", async () =>
				(await endpoints()).Shop.waiting === 0);
			assert.equal(arrived(), count);
		}
	});

	await test("a_replay_counts_asks_and_tells", async () => {
		await show("Shop");
		await page.click("#do-replay");
		await dialog.waitFor();
		const before = atShop().length;
		await answer();
		await page.waitForFunction(() => document.querySelector(
			"dialog .count").textContent);
		// The one that was skipped.
		assert.equal(await $("dialog .count").textContent(),
			"1 delivery would be made.");
		await look("replay", "dialog");
		assert.equal(atShop().length, before);
		// Another choice counts anew.
		await page.check("#what-range");
		assert.equal(await $("dialog .count").textContent(), "");
		await answer();
		await page.waitForFunction(() => document.querySelector(
			"dialog .count").textContent.startsWith("30 deliveries"));
		await page.check("#what-failed");
		await answer();
		await page.waitForFunction(() => document.querySelector(
			"dialog [type=submit]").textContent === "Send 1 again");
		await answer();
		await told("Added 1 delivery");
		await eventually("what was skipped", () => atShop().some(
			({ body }) => body.includes("KEPT-yes")));
		// It has arrived, and is not sent twice.
		await eventually("the result", async () =>
			(await endpoints()).Shop.waiting === 0);
		await page.click("#do-replay");
		await dialog.waitFor();
		await answer();
		await page.waitForFunction(() => document.querySelector(
			"dialog .count").textContent.startsWith("Nothing to send"));
		const asked = page.waitForRequest("**/replay");
		await page.fill("#replay-failed_since", "2026-01-02T03:04");
		await answer();
		assert.deepEqual((await asked).postDataJSON(), { dry_run: true,
			failed_since: "2026-01-02T02:04:00.000Z" });
		await page.fill("#replay-failed_since", "");
		await answer();
		assert.match(await $("#replay-failed_since-error").textContent(),
			/Say a day/);
		await page.keyboard.press("Escape");
		await dialog.waitFor({ state: "detached" });
		assert.equal(await focused(), "do-replay");
	});

	await test("a_long_replay_goes_on_where_it_stopped", async () => {
		const bodies = [];
		await page.route("**/replay", (route) => {
			const body = route.request().postDataJSON();
			bodies.push(body);
			return route.fulfill({ json: body.dry_run ?
				{ count: 12000, dry_run: true, nextCursor: null } :
				body.cursor ? { count: 2000, nextCursor: null } :
					{ count: 10000, nextCursor: "further" } });
		});
		await page.click("#do-replay");
		await answer();
		await page.waitForFunction(() => document.querySelector(
			"dialog [type=submit]").textContent === "Send 12,000 again");
		await answer();
		await told("Added 12,000 deliveries");
		await page.unroute("**/replay");
		const [{ dry_run: dry, ...range }, first, second] = bodies;
		assert.equal(dry, true);
		assert.deepEqual(first, range);
		assert.deepEqual(second, { ...range, cursor: "further" });
	});

	await test("an_unproven_endpoint_says_so_and_can_be_let_in", async () => {
		await add("Silent", "/ok", "--events", "all", "--prove");
		await show("Silent");
		assert.match(await $("#endpoint-reason").innerText(),
			/has not answered its challenge yet/);
		const { length } = atShop();
		await page.click("#do-prove");
		await answer();
		await told("A challenge is on its way");
		await eventually("a challenge", () => atShop().slice(length).some(
			({ body }) => JSON.parse(body).event === "endpoint_challenge"));
		await page.click("#do-enable");
		assert.equal(await dialog.locator("h2").textContent(),
			"Enable without proof?");
		await answer();
		await $("#endpoint-status [data-status=active]").waitFor();
		assert.equal((await endpoints()).Silent.status, "active");
	});

	await test("a_transaction_resends_from_its_timeline", async () => {
		const { items } = await ask(`/deliveries?endpoint=${
			await idOf("Shop")}&status=delivered`);
		const { clive_tx_id: id } = items.find((item) => item.clive_tx_id);
		await open(`#/transactions/${id}`);
		const shop = $("#timeline li[data-kind=delivery]").filter({
			hasText: "Delivery to Shop" });
		await shop.first().waitFor();
		const before = await shop.count();
		const { length } = atShop();
		await shop.first().getByRole("button", { name: "Resend" }).focus();
		await page.keyboard.press("Enter");
		await told("A new delivery to Shop is due");
		await page.waitForFunction((count) => [...document.querySelectorAll(
			"#timeline li[data-kind=delivery] h3")].filter((title) =>
			title.textContent === "Delivery to Shop").length === count,
		before + 1);
		// What earlier cases sent may arrive meanwhile.
		await eventually("the resend", () => atShop().slice(length).some(
			({ body }) => body.includes(id)));
		await look("transaction");
	});

	await test("an_event_goes_to_all_its_endpoints_again", async () => {
		const { items } = await ask(`/deliveries?endpoint=${
			await idOf("Broken")}&status=failed`);
		const { id, event_id: event } = items.find((item) =>
			item.clive_tx_id);
		await open(`#/deliveries/${id}`);
		await $("#attempts li").first().waitFor();
		const { length } = atShop();
		const others = await $("#delivery-others li").count();
		await page.click("#event-resend");
		await told("new deliveries are due");
		await eventually("the shop's", () => atShop().slice(length).some(
			({ headers }) => headers["webhook-id"] === event));
		await page.waitForFunction((before) => document.querySelectorAll(
			"#delivery-others li").length > before, others);
	});

	await test("a_listener_has_no_url", async () => {
		await gateway.post("/webhooks/listen", "listen-1",
			JSON.stringify({ events: ["all"], name: "Laptop" }));
		await show("Laptop");
		assert.match(await $("#endpoint-url").innerText(), /^A listener/);
		assert.equal(await $("#endpoint-status").innerText(), "Listening");
		assert.equal(await $("#do-prove").isVisible(), false);
		await page.click("#do-change");
		await page.waitForFunction(() => document.getElementById(
			"endpoint-name").value === "Laptop");
		assert.equal(await $("#url-field").isVisible(), false);
		await page.fill("#endpoint-name", "My laptop");
		await page.click("#endpoint-save");
		await told("Changed.");
		assert.equal((await endpoints())["My laptop"].url, null);
	});

	await test("a_merchants_endpoint_says_whose_it_is", async () => {
		await add("Flights", "/ok?flights", "--client", CLIENT,
			"--events", "all");
		await show("Flights");
		const facts = await $("#endpoint-facts").innerText();
		assert.match(facts, /Merchant\s+AIRPEACE001, test/);
		assert.match(facts, /All events/);
		await page.click("#do-test");
		await eventually("the test event", () => hook.got.some(
			({ path, body }) => path === "/ok?flights" &&
			JSON.parse(body).type === "webhook_test"));
		await page.click("#do-change");
		await page.waitForFunction(() => document.getElementById(
			"endpoint-name").value === "Flights");
		assert.equal(await $("#events-part").isVisible(), false);
		await page.fill("#endpoint-name", "Tickets");
		await page.click("#endpoint-save");
		await told("Changed.");
		assert.deepEqual((await endpoints()).Tickets.events, ["*"]);
		// A form for a new one has them again.
		await open("#/webhooks/new");
		await $("#events-part").waitFor();
	});

	await test("deleting_asks_first", async () => {
		await show("Gone");
		await page.click("#do-delete");
		await dialog.waitFor();
		await look("delete", "dialog");
		await dialog.getByRole("button", { name: "Cancel" }).click();
		assert.ok("Gone" in await endpoints());
		const id = await idOf("Gone");
		await page.click("#do-delete");
		await answer();
		await told("Gone was deleted.");
		await page.waitForFunction(() => location.hash === "#/webhooks");
		assert.ok(!("Gone" in await endpoints()));
		await expecting(404, async () => {
			await open(`#/webhooks/${id}`);
			await $("#endpoint-message h2").waitFor();
		});
		assert.match(await $("#endpoint-message").innerText(),
			/There is no such endpoint[^]*not found\.[^]*Request \S+/);
	});

	await test("trouble_is_told_in_words", async () => {
		await show("Shop");
		await page.route("**/test", (route) => route.fulfill({ status: 503,
			contentType: "application/json",
			headers: { "X-Request-Id": "req_1" },
			body: '{"error":"the database is busy","code":"STORAGE"}' }));
		await expecting(503, async () => {
			await page.click("#do-test");
			await told("The database is busy. Request req_1");
		});
		await page.unroute("**/test");
		await page.click("#told-close");
		assert.equal(await $("#told").isVisible(), false);
		assert.equal(await focused(), "do-test");
	});

	await test("nothing_was_reported_in_the_console", async () => {
		assert.deepEqual(page.troubles, []);
	});

	await test("a_role_that_may_only_look_is_told_why", async () => {
		await page.click("#sign-out");
		await page.waitForSelector("#view-sign-in:not([hidden])");
		assert.equal(await logRows.count(), 0);
		await signIn("read_only");
		await show("Shop");
		await logRows.first().waitFor();
		assert.match(await $("#role-note").innerText(),
			/read only: you may look at webhooks, but not change them/);
		const posts = [];
		page.on("request", (request) => {
			if (request.method() === "POST")
				posts.push(request.url());
		});
		for (const button of [...await $("#endpoint-tools > *").all(),
			$("#log .c-tools button").first()]) {
			if (!await button.isVisible())
				continue;
			assert.equal(await button.getAttribute("aria-disabled"), "true");
			assert.equal(await button.getAttribute("aria-describedby"),
				"role-note");
			await button.click({ force: true });
			assert.equal(await dialog.count(), 0);
		}
		await look("read-only");
		await open("#/webhooks/new");
		await $("#endpoint-save").waitFor();
		await $("#endpoint-save").click({ force: true });
		await open("#/webhooks");
		await $("#webhooks tr[data-id]").first().waitFor();
		await $("#webhook-add").click({ force: true });
		assert.equal(new URL(page.url()).hash, "#/webhooks");
		assert.deepEqual(posts, []);
		const refused = await fetch(`${gateway.api}/admin/webhooks/endpoints/${
			await idOf("Shop")}/test`, { method: "POST", body: "{}",
			headers: { authorization: `Bearer ${await token()}`,
				"content-type": "application/json" } });
		assert.equal(refused.status, 403);
		assert.deepEqual(page.troubles, []);
	});
});

// SPDX-License-Identifier: ISC
// admin.test.mjs - the operator's pages in a real browser.
//
// Screenshots of every view, narrow and wide, go to CLIVE_TEST_ARTIFACTS
// (build/artifacts). CHROMIUM names another browser than /usr/bin/chromium.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { BUILD, CLIENT, Gateway, PARTNER, atEnd, eventually, receiver, run,
	skip, stripeEvent, test } from "./lib.mjs";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARTIFACTS = process.env.CLIVE_TEST_ARTIFACTS ?? join(BUILD, "artifacts");
const NARROW = { width: 360, height: 740 };
const WIDE = { width: 1440, height: 900 };
const PASSWORD_WRONG = "not the password";
const EMAIL = "owner@example.com";
const META = '{"order":"EZ12345","passenger":{"name":"Ada","seat":"12A"}}';

// Payments in every state; more than one page of the list.
async function fill(gateway, shop) {
	const drive = (payment, ...types) => types.reduce((before, type) =>
		before.then(() => gateway.stripe(stripeEvent(type, payment.intent,
			Number(payment.amount), payment.currency))), Promise.resolve());
	for (let i = 0; i < 48; i++)
		await gateway.payment(`BULK-${i}`, `${i + 1}.5`, "EUR");
	await gateway.post("/transactions/initialize", "init-open",
		JSON.stringify({ partner_id: PARTNER, client_id: CLIENT,
		amount: 12, currency: "USD", echezona_reference: "EZ-open" }));
	await drive(await gateway.payment("EZ-failed", "1200", "JPY"),
		"payment_intent.payment_failed");
	await drive(await gateway.payment("EZ-charged-back", "80.25", "GBP"),
		"payment_intent.succeeded", "charge.dispute.created");
	await drive(await gateway.payment(
		"EZ-a-very-long-reference-that-a-partner-might-choose-0123456789"),
		"payment_intent.succeeded");
	const payment = await gateway.payment("EZ12345", "1750.00", "USD", META);
	await drive(payment, "payment_intent.succeeded", "charge.refunded");
	await eventually("all webhooks", () => shop.got.filter(({ body }) =>
		body.includes(payment.id)).length >= 3, 20000);
	return payment;
}

// A page that reports what a careful visitor's console would.
async function openPage(gateway) {
	const browser = await chromium.launch({ executablePath: BROWSER,
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
			"--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync"] });
	atEnd(() => browser.close());
	const context = await browser.newContext({ viewport: WIDE,
		locale: "en-GB", timezoneId: "Europe/London" });
	const page = await context.newPage();
	page.setDefaultTimeout(10000);
	page.troubles = [];
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning")
			page.troubles.push(`${message.text()} ${message.location().url}`);
	});
	page.on("pageerror", (error) => page.troubles.push(String(error)));
	page.on("requestfailed", (request) => {
		if (!request.failure().errorText.includes("ERR_ABORTED"))
			page.troubles.push(`${request.url()} failed`);
	});
	page.on("request", (request) => {
		if (!request.url().startsWith(gateway.url))
			page.troubles.push(`${request.url()} is not ours`);
	});
	await page.addInitScript(() => {
		document.addEventListener("securitypolicyviolation", (event) =>
			console.error(`policy: ${event.violatedDirective} ` +
				event.blockedURI));
	});
	return page;
}

// A picture at both widths; nothing may stick out at the side.
async function picture(page, name) {
	for (const size of [NARROW, WIDE]) {
		await page.setViewportSize(size);
		await page.evaluate(() => document.fonts.ready);
		await page.screenshot({ fullPage: true,
			path: join(ARTIFACTS, `admin-${name}-${size.width}.png`) });
		const wide = await page.evaluate(() => {
			const root = document.documentElement;
			return root.scrollWidth > root.clientWidth ?
				[...document.querySelectorAll("body *")].filter((node) =>
					node.getBoundingClientRect().right >
					root.clientWidth + 1).map((node) => node.outerHTML
					.slice(0, 80)).slice(0, 3) : [];
		});
		assert.deepEqual(wide, [], `${name} scrolls at ${size.width} px`);
	}
}

await run("admin", async () => {
	if (!existsSync(BROWSER))
		return skip("all", `no browser at ${BROWSER}`);
	mkdirSync(ARTIFACTS, { recursive: true });
	const gateway = await Gateway.make({ rate_limit_per_minute: 0,
		webhook_retry_ms: "200 200" });
	let refusals = 1;
	const shop = await receiver(({ body }) =>
		body.includes("transaction_succeeded") &&
		body.includes("EZ12345") && refusals-- > 0 ? 503 : 200);
	await gateway.clive("webhook", "add", "--partner", PARTNER,
		"--name", "Shop", "--url", shop.url, "--events", "all");
	const { password } = await gateway.clive("operator", "add",
		"--email", EMAIL, "--role", "owner");
	await gateway.serve();
	gateway.send();
	const payment = await fill(gateway, shop);
	const page = await openPage(gateway);
	const rows = page.locator("#list tbody tr[data-id]");
	const signIn = async (word) => {
		await page.fill("#email", EMAIL);
		await page.fill("#password", word);
		await page.click("#sign-in");
	};

	await test("wrong_password_shows_why", async () => {
		await page.goto(`${gateway.url}/admin/#/transactions`);
		await page.waitForSelector("#sign-in");
		await picture(page, "sign-in");
		await signIn(PASSWORD_WRONG);
		await page.waitForFunction(() =>
			document.getElementById("sign-in-error").textContent);
		assert.equal(await page.textContent("#sign-in-error"),
			"E-mail address or password is wrong.");
		await picture(page, "sign-in-refused");
		assert.equal(await page.isVisible("#view-list"), false);
		// The browser itself reports the refusal, and nothing else.
		assert.equal(page.troubles.length, 1, page.troubles.join("; "));
		assert.match(page.troubles.pop(), /status of 401 .*\/admin\/login$/);
	});

	await test("signing_in_shows_the_newest_transactions", async () => {
		await signIn(password);
		await rows.first().waitFor();
		assert.equal(await rows.count(), 50);
		const first = rows.first();
		assert.equal(await first.getAttribute("data-id"), payment.id);
		assert.equal(await first.locator(".pill").getAttribute(
			"data-status"), "refunded");
		const text = await first.innerText();
		for (const part of ["1,750.00", "USD", "EZ12345", "Air Peace",
			"Echezona"])
			assert.ok(text.includes(part), `${part} in ${text}`);
		assert.equal(await page.isVisible("#sandbox-banner"), true);
		await picture(page, "list");
	});

	await test("load_more_shows_the_rest", async () => {
		await page.click("#load-more");
		await page.waitForFunction(() => document.querySelectorAll(
			"#list tbody tr[data-id]").length === 53);
		assert.equal(await page.isVisible("#load-more"), false);
	});

	await test("filters_by_status", async () => {
		for (const [status, count] of [["succeeded", 1], ["failed", 1],
			["refunded", 1], ["chargeback", 1], ["initialized", 1],
			["abandoned", 0], ["pending", 48]]) {
			await page.selectOption("#filter-status", status);
			await page.waitForFunction(([word, n]) => {
				const shown = [...document.querySelectorAll(
					"#list tbody tr[data-id] .pill")];
				return shown.length === n && shown.every((pill) =>
					pill.dataset.status === word) &&
					(n > 0 || document.querySelector(
					"#list-message h2"));
			}, [status, count]);
			if (status === "abandoned")
				await picture(page, "list-empty");
		}
	});

	await test("searches_for_a_reference", async () => {
		await page.selectOption("#filter-status", "");
		await page.fill("#filter-q", "EZ12345");
		await page.waitForFunction(() => document.querySelectorAll(
			"#list tbody tr[data-id]").length === 1);
		assert.equal(await rows.first().getAttribute("data-id"), payment.id);
		assert.ok(page.url().endsWith("#/transactions?q=EZ12345"),
			page.url());
	});

	await test("timeline_has_every_kind_of_entry", async () => {
		await rows.first().click();
		await page.locator("#timeline li").first().waitFor();
		const kinds = await page.locator("#timeline li").evaluateAll((items) =>
			items.map((item) => item.dataset.kind));
		const count = (kind) => kinds.filter((k) => k === kind).length;
		assert.deepEqual(Object.fromEntries([...new Set(kinds)].sort()
			.map((kind) => [kind, count(kind)])), { attempt: 3, audit: 7,
			delivery: 2, event: 2, ledger: 4, processor_event: 2 });
		assert.match(await page.textContent("#detail-title"), /1,750\.00/);
		assert.equal(await page.locator("#detail-status .pill")
			.getAttribute("data-status"), "refunded");
		await picture(page, "detail");
	});

	await test("particulars_hold_the_bytes_that_were_sent", async () => {
		await page.evaluate(() => document.querySelectorAll(
			"#timeline details").forEach((d) => { d.open = true; }));
		const attempts = await page.locator(
			"#timeline li[data-kind=attempt]").allInnerTexts();
		for (const text of attempts)
			assert.match(text, /x-clive-signature: [0-9a-f]{64}/i);
		assert.deepEqual(attempts.map((text) =>
			/"event": "transaction_(.*)"/.exec(text)[1]).sort(),
			["refunded", "succeeded", "succeeded"]);
		await picture(page, "detail-open");
	});

	await test("reload_keeps_the_session_and_the_view", async () => {
		await page.reload();
		await page.locator("#timeline li").first().waitFor();
		await page.goBack();
		await rows.first().waitFor();
		assert.equal(await rows.count(), 1);
	});

	await test("dark_colours_work", async () => {
		await page.emulateMedia({ colorScheme: "dark" });
		await picture(page, "list-dark");
		await page.emulateMedia({ colorScheme: "light" });
	});

	await test("nothing_was_reported_in_the_console", async () => {
		assert.deepEqual(page.troubles, []);
	});

	await test("signing_out_ends_the_token_on_the_server", async () => {
		const token = await page.evaluate(() =>
			sessionStorage.getItem("clive-token"));
		const ask = () => fetch(`${gateway.api}/admin/session`,
			{ headers: { authorization: `Bearer ${token}` } });
		assert.equal((await ask()).status, 200);
		await page.click("#sign-out");
		await page.waitForSelector("#view-sign-in:not([hidden])");
		const after = await ask();
		assert.equal(after.status, 401);
		assert.equal((await after.json()).code, "TOKEN_INVALID");
		assert.equal(await page.evaluate(() =>
			sessionStorage.getItem("clive-token")), null);
		assert.equal(await rows.count(), 0);
		assert.deepEqual(page.troubles, []);
	});
});

// SPDX-License-Identifier: ISC
// admin-pages.test.mjs - the operator's pages in a real browser: overview,
// search over 10,000 payments, refunds, partners and their keys, rules,
// disputes, settlements, settings; what a page does is checked at the API.
//
// Screenshots go where those of browser.mjs go.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import axe from "axe-core";

import { BROWSER, HAS_BROWSER, openPage, picture, sandboxGateway }
	from "./browser.mjs";
import { csvCell, csvText } from "./csv-of-pages.mjs";
import { BUILD, CLIENT, PARTNER, run, skip, stripeEvent, test }
	from "./lib.mjs";

const MANY = 10000;
const HOSTILE = "=HYPERLINK(1)";

await run("admin-pages", async () => {
	if (!HAS_BROWSER)
		return skip("all", `no browser at ${BROWSER}`);
	const gateway = await sandboxGateway();
	const seed = async (...args) => JSON.parse((await promisify(execFile)(
		join(BUILD, "tests/tools/seed"), args, { maxBuffer: 1 << 26,
			env: { ...process.env, CLIVE_VAR: gateway.var } })).stdout);
	const people = {};
	for (const role of ["owner", "finance", "support", "read_only"])
		people[role] = await gateway.clive("operator", "add", "--email",
			`${role}@example.com`, "--role", role);
	const merchant = await gateway.clive("merchant-key", "add", "--partner",
		PARTNER, "--client", CLIENT, "--name", "Shop", "--test");
	const shop = async (path, body) => (await fetch(gateway.url + path, {
		method: "POST", body: JSON.stringify(body), headers: {
			authorization: `Bearer ${merchant.api_key}`,
			"content-type": "application/json",
			"x-idempotency-key": `k${Math.random()}` } })).json();
	const paid = async () => {
		const { data } = await shop("/v1/payments", { amount: 12550,
			currency: "USD", description: "A seat" });
		const done = await shop(`/v1/payments/${data.id}/confirm`, {
			payment_method: { type: "card", card: {
				number: "4242424242424242", exp_month: 12, exp_year: 2034,
				cvc: "123" } }, return_url: "https://shop.example/" });
		assert.equal(done.data?.status, "succeeded", JSON.stringify(done));
		return data.id;
	};
	const charged = await gateway.payment("EZ-charged-back", "80.25", "GBP");
	for (const type of ["payment_intent.succeeded",
		"charge.dispute.created"])
		await gateway.stripe(stripeEvent(type, charged.intent, 80.25, "GBP"));
	const settled = await gateway.payment("EZ-settled", "1000.10", "EUR");
	await gateway.stripe(stripeEvent("payment_intent.succeeded",
		settled.intent, 1000.1, "EUR"));
	await gateway.payment(HOSTILE, "1750.25", "EUR");
	const intent = await paid();
	const page = await openPage();
	const $ = (selector) => page.locator(selector);
	const open = (hash) => page.evaluate((to) => {
		location.hash = to;
	}, hash);
	const token = () => page.evaluate(() =>
		sessionStorage.getItem("clive-token"));
	const ask = async (path, body) => {
		const answer = await fetch(`${gateway.api}/admin${path}`, {
			method: body ? "POST" : "GET",
			body: body && JSON.stringify(body), headers: {
				authorization: `Bearer ${await token()}`,
				"content-type": "application/json" } });
		return answer.json();
	};
	const rows = $("#list tbody tr[data-id]");
	const dialog = $("dialog[open]");
	const signIn = async (role) => {
		await page.fill("#email", `${role}@example.com`);
		await page.fill("#password", people[role].password);
		await page.click("#sign-in");
		await page.waitForSelector("#top:not([hidden])");
	};
	const told = (words) => page.waitForFunction((part) => {
		const box = document.getElementById("told");
		return !box.hidden && box.textContent.includes(part);
	}, words);
	const faults = async () => {
		await page.evaluate(axe.source);
		const { violations } = await page.evaluate(() =>
			window.axe.run("html", { resultTypes: ["violations"] }));
		return violations.filter(({ impact }) =>
			["serious", "critical"].includes(impact)).map((found) =>
			`${found.id} ${found.nodes[0].html.slice(0, 160)}`);
	};
	// Pictures in both colours, and nothing that a reader would stumble on.
	const look = async (name, full = true) => {
		for (const colorScheme of ["dark", "light"]) {
			await page.emulateMedia({ colorScheme });
			await picture(page, `admin-${name}` +
				(colorScheme === "dark" ? "-dark" : ""), full);
			assert.deepEqual(await faults(), [], `${name}, ${colorScheme}`);
		}
	};
	const saved = async (click) => {
		const [download] = await Promise.all([
			page.waitForEvent("download"), click()]);
		return readFileSync(await download.path(), "utf8")
			.replace("\ufeff", "");
	};
	const view = (name) => $(`#view-${name}:not([hidden])`).waitFor();

	await test("spreadsheets_get_no_formulas", async () => {
		for (const first of "=+-@\t\r")
			assert.match(csvCell(`${first}1+1`), /^"?'/);
		assert.equal(csvCell(-5), "-5");
		assert.equal(csvText(["a"], [['x"y'], ["p,q"], [null]]),
			'a\r\n"x""y"\r\n"p,q"\r\n\r\n');
	});

	await test("the_overview_tells_what_came_in_and_what_fails", async () => {
		await page.goto(`${gateway.url}/admin/`);
		await signIn("owner");
		await $("#overview .figures").first().waitFor();
		assert.match(page.url(), /#\/overview$/);
		const volume = await $("#overview-volume ~ .scroll").innerText();
		assert.match(volume, /GBP\s+80\.25\s+80\.25\s+80\.25/);
		assert.match(volume, /Success rate\s+100/);
		assert.match(await $("#overview").innerText(), /deliver/);
		await $("#overview-events li").first().waitFor();
		const label = await $("svg.chart").getAttribute("aria-label");
		assert.match(label, /Volume in EUR a day.*1,000\.10/);
		await $("#overview details summary").click();
		assert.equal(await $("#overview details tbody tr").count(), 30);
		await $("#overview details summary").click();
		await look("overview");
		await page.selectOption("#overview-mode", "1");
		await page.waitForFunction(() => /USD\s+125\.50/.test(
			document.getElementById("overview").innerText));
	});

	await test("a_refund_goes_through_and_is_in_the_timeline", async () => {
		await open(`#/transactions/${intent}`);
		await $("#do-refund").click();
		await dialog.locator("#refund-amount").fill("500");
		await dialog.locator("[type=submit]").click();
		await page.waitForFunction(() => document.querySelector(
			"dialog .field-error[data-of=amount]").textContent.includes(
			"At most 125.5"));
		page.troubles.splice(0);
		await dialog.locator("#refund-amount").fill("25.50");
		await dialog.locator("#refund-reason").fill("Seat was taken");
		await picture(page, "admin-refund-dialog", false);
		assert.deepEqual(await faults(), []);
		await dialog.locator("[type=submit]").click();
		await told("Refunded.");
		const { transaction, timeline } = await ask(
			`/transactions/${intent}`);
		assert.equal(transaction.refundedAmount, 25.5);
		assert.equal(transaction.status, "succeeded");
		const refund = timeline.find(({ kind }) => kind === "refund");
		assert.deepEqual([refund.amount, refund.status, refund.reason],
			[25.5, "succeeded", "Seat was taken"]);
		assert.ok(timeline.some(({ action, actor }) =>
			action === "refund.created" &&
			actor === "operator:owner@example.com"));
		await $("#timeline li[data-kind=refund]").first().waitFor();
		await look("transaction-refunded");
		// All that is left.
		await $("#do-refund").click();
		assert.equal(await dialog.locator("#refund-amount").inputValue(),
			"100");
		await dialog.locator("[type=submit]").click();
		await page.waitForFunction(() => document.querySelector(
			"#detail-status .pill").dataset.status === "refunded");
		assert.equal(await $("#do-refund").count(), 0);
	});

	await test("ten_thousand_payments_are_searched_at_once", async () => {
		await seed("open", String(MANY));
		await open("#/transactions");
		await rows.first().waitFor();
		const started = Date.now();
		await page.fill("#filter-q", "EZ-charged");
		await page.waitForFunction(() => document.querySelectorAll(
			"#list tbody tr[data-id]").length === 1 &&
			document.querySelector("#list").ariaBusy !== "true");
		const took = Date.now() - started;
		assert.ok(took < 2000, `${took} ms`);
		assert.equal(await rows.first().getAttribute("data-id"), charged.id);
		assert.match(page.url(), /#\/transactions\?q=EZ-charged$/);
		assert.equal(await page.evaluate(() =>
			document.activeElement.id), "filter-q");
		for (const [path, most] of [["?limit=50", 200],
			["?q=1750.25&limit=50", 500], ["?status=chargeback", 500],
			["?q=nothing-like-it", 500], ["?mode=test", 500]]) {
			const from = Date.now();
			await ask(`/transactions${path}`);
			assert.ok(Date.now() - from < most,
				`${path}: ${Date.now() - from} ms`);
		}
	});

	await test("a_search_finds_every_name_of_a_payment", async () => {
		const one = async (q, more = "") => (await ask(`/transactions?q=${
			encodeURIComponent(q)}${more}`)).items
			.map(({ cliveTxId }) => cliveTxId);
		const { transaction, timeline } = await ask(
			`/transactions/${intent}`);
		const refund = timeline.find(({ kind }) => kind === "refund")
			.refund_id;
		for (const q of [transaction.cliveTxId, intent, refund,
			transaction.stripePaymentIntentId])
			assert.deepEqual(await one(q), [transaction.cliveTxId], q);
		assert.deepEqual(await one("80.25"), [charged.id]);
		assert.deepEqual(await one("80.25 GBP"), [charged.id]);
		assert.deepEqual(await one("80.25 EUR"), []);
		assert.deepEqual(await one(charged.id, "&mode=partner"),
			[charged.id]);
		assert.deepEqual(await one(charged.id, "&mode=test"), []);
	});

	await test("the_list_is_saved_for_a_spreadsheet", async () => {
		await page.fill("#filter-q", HOSTILE);
		await page.waitForFunction((reference) => document.querySelector(
			"#list td.c-reference")?.textContent === reference, HOSTILE);
		const text = await saved(() => page.click(
			"#view-list .view-head button:has-text('CSV')"));
		const [head, line, ...rest] = text.split("\r\n");
		assert.match(head, /^Transaction ID,Created \(UTC\),Status/);
		assert.ok(line.includes(",'=HYPERLINK(1),"), line);
		assert.deepEqual(rest, [""]);
		await page.fill("#filter-q", "");
		await page.waitForFunction(() => document.querySelectorAll(
			"#list tbody tr[data-id]").length === 50);
		await look("transactions", false);
	});

	await test("partners_are_made_and_changed_with_a_preview", async () => {
		await open("#/partners");
		await view("partners");
		await $("#list-partners tbody tr[data-id]").first().waitFor();
		await look("partners");
		await $("#partner-add").click();
		await dialog.locator("[type=submit]").click();
		await page.waitForFunction(() => document.querySelector(
			"dialog .field-error[data-of=partner_id]").textContent !== "");
		page.troubles.splice(0);
		await dialog.locator("#f-partner_id").fill("ZULU002");
		await dialog.locator("#f-legal_name").fill("Zulu Pay");
		await dialog.locator("#f-brand_primary_color").fill("#aa0044");
		assert.equal(await dialog.locator(".preview-pay").evaluate((node) =>
			getComputedStyle(node).backgroundColor), "rgb(170, 0, 68)");
		assert.match(await dialog.locator(".preview strong").innerText(),
			/Zulu Pay/);
		assert.deepEqual(await faults(), []);
		await picture(page, "admin-partner-dialog", false);
		await dialog.locator("[type=submit]").click();
		await view("partner");
		await page.waitForFunction(() => document.getElementById(
			"partner-title").textContent === "Zulu Pay");
		const made = await ask("/partners/ZULU002");
		assert.deepEqual([made.kyc_status, made.fee_percentage,
			made.brand_primary_color], ["pending", 3.5, "#aa0044"]);
		await $("#partner-change").click();
		await dialog.locator("#f-kyc_status").selectOption("approved");
		await dialog.locator("#f-brand_primary_color").fill("");
		await dialog.locator("[type=submit]").click();
		await told("was changed");
		const changed = await ask("/partners/ZULU002");
		assert.deepEqual([changed.kyc_status, changed.brand_primary_color,
			changed.legal_name], ["approved", null, "Zulu Pay"]);
	});

	await test("clients_and_keys_are_made_and_ended", async () => {
		await $("#client-add").click();
		await dialog.locator("#f-client_id").fill("SHOP1");
		await dialog.locator("#f-legal_name").fill("A shop");
		await dialog.locator("#f-partner_fee_percentage").fill("4.25");
		await dialog.locator("[type=submit]").click();
		await $("#clients tbody tr[data-id]").waitFor();
		assert.match(await $("#clients tbody tr").innerText(), /4\.25/);
		for (const [part, name] of [["keys", "Back end"],
			["merchant-keys", "Till"]]) {
			await $(`#${part}-add`).click();
			await dialog.locator("#key-name").fill(name);
			await dialog.locator("[type=submit]").click();
			await $(`#view-partner section:has(#${part}) .made-key`)
				.waitFor();
		}
		const shown = await $("#view-partner .made-key code")
			.allInnerTexts();
		assert.equal(shown.length, 3);
		assert.match(shown[0], /^cp_test_partner_/);
		assert.match(shown[1], /^hs_/);
		assert.match(shown[2], /^sxm_test_/);
		await look("partner");
		await $("#keys tbody button").first().click();
		await dialog.locator("[type=submit]").click();
		await told("was revoked");
		const { items } = await ask("/keys?partner_id=ZULU002");
		assert.equal(items.length, 1);
		assert.notEqual(items[0].revoked_at, null);
		assert.ok(!JSON.stringify(items).includes(shown[0]));
		// Nothing of it stays when somebody comes back.
		await open("#/partners");
		await view("partners");
		await open("#/partners/ZULU002");
		await $("#keys tbody tr[data-id]").waitFor();
		assert.equal(await $("#view-partner .made-key code").count(), 0);
	});

	await test("rules_are_added_and_ended", async () => {
		await open("#/rules");
		await $("#list-rules tbody tr[data-id]").first().waitFor();
		await look("rules");
		const before = await $("#list-rules tbody tr[data-id]").count();
		await $("#rule-add").click();
		await dialog.locator("#rule-processor").fill("stripe");
		await dialog.locator("#rule-currency").fill("eur");
		await dialog.locator("#rule-percent").fill("1.4");
		await dialog.locator("#rule-fixed").fill("25");
		await dialog.locator("[type=submit]").click();
		await told("in force");
		await page.waitForFunction((n) => document.querySelectorAll(
			"#list-rules tbody tr[data-id]").length === n, before + 1);
		const rule = (await ask("/rules")).items.find((one) =>
			one.currency === "EUR");
		assert.deepEqual([rule.percent, rule.fixed, rule.country],
			[1.4, 0.25, "*"]);
		await $(`#list-rules tr[data-id="${rule.id}"] button`).click();
		await dialog.locator("[type=submit]").click();
		await told("has ended");
		assert.ok(!(await ask("/rules")).items.some(({ id }) =>
			id === rule.id));
	});

	await test("disputes_say_why_the_money_went", async () => {
		await open("#/disputes");
		await $("#list-disputes tbody tr[data-id]").waitFor();
		const text = await $("#list-disputes tbody").innerText();
		for (const part of ["80.25", "GBP", "Fraudulent", charged.id])
			assert.ok(text.includes(part), part);
		await look("disputes");
		const csv = await saved(() => page.click(
			"#view-disputes button:has-text('CSV')"));
		assert.match(csv, /80\.25,GBP,80\.25,fraudulent,needs_response/);
	});

	await test("settlements_are_made_and_told", async () => {
		// Only what was paid before today is settled.
		await seed("query", "UPDATE tx SET created_at = created_at - " +
			"86400000 WHERE status = 'succeeded'");
		await open("#/settlements");
		await view("settlements");
		await $("#settlements-run").click();
		await dialog.locator("[type=submit]").click();
		await told("made");
		await $("#list-settlements tbody tr[data-id]").first().waitFor();
		await look("settlements");
		await $("#list-settlements tbody tr[data-id] a").first().click();
		await $("#batch-payments tbody tr[data-id]").first().waitFor();
		await look("settlement", false);
		const csv = await saved(() => page.click(
			"#view-settlement button:has-text('CSV')"));
		assert.ok(csv.split("\n").length > 2, csv.slice(0, 200));
	});

	await test("settings_are_shown_without_secrets", async () => {
		await open("#/settings");
		await $("#list-settings tbody tr[data-id]").first().waitFor();
		const text = await $("#view-settings").innerText();
		assert.ok(text.includes("stripe_secret_key"));
		assert.ok(!text.includes("sk_test_browser"));
		assert.ok(!JSON.stringify(await ask("/settings")).includes(
			gateway.stripeSecret));
		await look("settings");
	});

	await test("nothing_was_reported_in_the_console", async () => {
		assert.deepEqual(page.troubles, []);
	});

	await test("who_may_only_look_is_told_so", async () => {
		await page.click("#sign-out");
		await page.waitForSelector("#view-sign-in:not([hidden])");
		await signIn("read_only");
		for (const [hash, button] of [["#/partners", "#partner-add"],
			["#/partners/ZULU002", "#client-add"],
			["#/partners/ZULU002", "#keys-add"], ["#/rules", "#rule-add"],
			["#/settlements", "#settlements-run"]]) {
			await open(hash);
			await page.waitForFunction((id) => document.querySelector(id)
				?.getAttribute("aria-disabled") === "true", button);
			await page.locator(button).click({ force: true });
			assert.equal(await dialog.count(), 0, button);
		}
	});
});

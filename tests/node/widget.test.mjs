// SPDX-License-Identifier: ISC
// widget.test.mjs - the published partner SDK's payment widget, bundled as a
// partner would and unmodified, with the sandbox's object as window.Stripe.
//
// The partner is played by a server of the test's own: it serves the page
// and turns the widget's callback into a call of the sandbox endpoint.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { build } from "esbuild";

import { BROWSER, CARDS, HAS_BROWSER, answerBank, openPage, picture,
	sandboxGateway, typeCard, webhook } from "./browser.mjs";
import { CLIENT, PARTNER, ROOT, atEnd, eventually, run, skip, test }
	from "./lib.mjs";

const SDK = join(ROOT, "tests/node/node_modules/@clive-alliance/partner-sdk");
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript",
	png: "image/png" };
const STARTS = ["initializing", "method_select", "country_select",
	"initializing", "processor_ready"];

// What a partner writes.
const PAGE = (gateway) => `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A partner's checkout</title>
<link rel="icon" href="data:,">
<div id="checkout"></div>
<script src="${gateway.sandbox}/js/stripe.js"></script>
<script type="module" src="/bundle.js"></script>
</html>`;

const HOST = (gateway) => `
import { createClivePaymentsWidget } from "@clive-alliance/partner-sdk";

window.states = [];
window.outcomes = [];
const reference = \`WIDGET-\${Date.now()}\`;
window.widget = createClivePaymentsWidget({
	mount: "#checkout",
	partnerId: "${PARTNER}", clientId: "${CLIENT}",
	amount: 750, currency: "usd", email: "payer@example.com",
	echezonaReference: reference,
	brandingBaseUrl: "${gateway.api}",
	statementDescriptorSuffix: "AIRPEACE",
	meta: { order: "EZ12345" },
	async initializeTransaction(payload) {
		const answer = await fetch("/api/clive/checkout-intent-v2", {
			method: "POST", body: JSON.stringify(payload),
			headers: { "content-type": "application/json" } });
		const json = await answer.json();
		if (!answer.ok)
			throw new Error(json.error);
		window.answer = json;
		return json;
	},
	onStateChange: (state) => window.states.push(state),
	onSuccess: ({ response, result }) => window.outcomes.push(
		{ id: response.clive_tx_id, status: result.paymentIntent.status }),
	onError: (error) => window.outcomes.push({ error: error.message }),
});
`;

// The published package in a bundle, with the images that it wants beside it.
async function bundle(gateway) {
	const { outputFiles: [file], warnings } = await build({
		stdin: { contents: HOST(gateway), resolveDir: join(ROOT,
			"tests/node") },
		bundle: true, format: "esm", platform: "browser", write: false,
		logLevel: "silent" });
	assert.deepEqual(warnings, []);
	return file.contents;
}

async function partnerSite(gateway) {
	const script = await bundle(gateway);
	const site = { posted: [], refuse: null };
	const body = async (request) => {
		const parts = [];
		for await (const part of request)
			parts.push(part);
		return Buffer.concat(parts).toString();
	};
	const answer = async (request) => {
		const path = decodeURIComponent(new URL(request.url,
			"http://partner").pathname);
		if (path === "/")
			return [200, "html", PAGE(gateway)];
		if (path === "/bundle.js")
			return [200, "js", script];
		if (/^\/assets\/images\/[\w .]+\.png$/.test(path))
			return [200, "png", readFileSync(join(SDK, "dist", path))];
		if (path !== "/api/clive/checkout-intent-v2")
			return [404, "html", ""];
		const payload = await body(request);
		site.posted.push(JSON.parse(payload));
		const open = await fetch(`${gateway.api}/sandbox/checkout-intent`,
			{ method: "POST", body: site.refuse ?? payload,
				headers: { "content-type": "application/json" } });
		return [open.status, "js", await open.text()];
	};
	const server = createServer(async (request, response) => {
		const [status, type, content] = await answer(request).catch(
			(error) => [500, "js", JSON.stringify({ error: error.message })]);
		response.writeHead(status, { "content-type": TYPES[type] });
		response.end(content);
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	atEnd(() => {
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	});
	site.url = `http://127.0.0.1:${server.address().port}/`;
	return site;
}

await run("widget", async () => {
	if (!HAS_BROWSER)
		return skip("all", `no browser at ${BROWSER}`);
	const gateway = await sandboxGateway();
	await gateway.clive("client", "set", "--partner", PARTNER,
		"--id", CLIENT, "--brand-name", "Air Peace Tickets",
		"--primary-color", "#1B5E9B", "--text-color", "#10243A",
		"--background-color", "#F6FAFF");
	const site = await partnerSite(gateway);
	const page = await openPage({ reducedMotion: "reduce" });
	// Its transitions take 400 ms each way; nobody watches.
	await page.addInitScript(() => {
		const real = window.setTimeout;
		window.setTimeout = (run, ms, ...more) =>
			real(run, ms === 400 ? 20 : ms, ...more);
	});
	// Of the world outside it may ask for its fonts, and gets none.
	await page.route(/^https:/, (route) => {
		page.troubles.push(`${route.request().url()} was asked for`);
		route.abort();
	});
	await page.route(/^https:\/\/(fonts\.googleapis|api\.fontshare)\.com\//,
		(route) => route.fulfill({ contentType: "text/css", body: "" }));

	const states = () => page.evaluate(() => window.states);
	const outcomes = () => page.evaluate(() => window.outcomes);
	const chooseCard = async () => {
		await page.goto(site.url);
		await page.getByRole("button", { name: "Card" }).first().click();
		await page.getByRole("button", { name: "Select country" }).click();
		await page.getByPlaceholder("Search country").fill("united states");
		await page.getByRole("button", { name: "United States", exact: false })
			.last().click();
		await page.getByRole("button", { name: "Continue" }).click();
	};
	const ready = async () => {
		await chooseCard();
		await page.getByLabel("Card number").waitFor();
		// The section slides in; what is filled in before is kept.
		await page.locator(".clive-pay-section:not(.is-leaving)").waitFor();
	};
	const pay = async (card) => {
		await ready();
		await typeCard(page, card);
		await page.getByRole("button", { name: "Pay now" }).click();
	};
	const heading = (text) => page.getByRole("heading", { name: text })
		.waitFor();
	const id = () => page.evaluate(() => window.answer.clive_tx_id);

	await test("wears_the_brand_of_the_client", async () => {
		await page.goto(site.url);
		await heading("Select payment method");
		assert.match(await page.innerText("#checkout"),
			/pay with Air Peace Tickets/);
		const colours = await page.locator("#checkout").evaluate((root) =>
			["primary", "text", "bg"].map((name) =>
				root.style.getPropertyValue(`--clive-widget-${name}`)));
		assert.deepEqual(colours.map((colour) => colour.toUpperCase()),
			["#1B5E9B", "#10243A", "#F6FAFF"]);
		await picture(page, "widget-methods");
	});

	await test("asks_the_gateway_for_a_routed_checkout", async () => {
		await ready();
		const { echezona_reference: reference, ...rest } = site.posted.at(-1);
		assert.match(reference, /^WIDGET-/);
		assert.deepEqual(rest, { partner_id: PARTNER, client_id: CLIENT,
			amount: 750, currency: "USD", email: "payer@example.com",
			statement_descriptor_suffix: "AIRPEACE",
			meta: { order: "EZ12345" }, payment_type: "card",
			issuer_country: "US" });
		const answer = await page.evaluate(() => window.answer);
		assert.equal(answer.processor, "stripe");
		assert.equal(answer.payment_type, "card");
		assert.equal(answer.sandbox_base_url, gateway.sandbox);
		assert.equal(answer.stripe_publishable_key, "pk_test_browser");
	});

	await test("dresses_the_card_form_in_its_colours", async () => {
		const input = page.getByLabel("Card number");
		const style = await input.evaluate((node) => {
			const { borderTopColor, borderRadius, color } =
				getComputedStyle(node);
			return { borderTopColor, borderRadius, color };
		});
		assert.deepEqual(style, { borderRadius: "12px",
			borderTopColor: "rgb(226, 232, 240)",
			color: "rgb(16, 36, 58)" });
		await typeCard(page, CARDS.good);
		await picture(page, "widget-card");
	});

	await test("pays_with_a_good_card", async () => {
		await pay(CARDS.good);
		await heading("Payment successful");
		assert.deepEqual(await states(),
			[...STARTS, "processing", "succeeded", "succeeded"]);
		assert.deepEqual(await outcomes(),
			[{ id: await id(), status: "succeeded" }]);
		const text = await page.innerText("#checkout");
		for (const part of [await id(), "USD 750.00", "payer@example.com"])
			assert.ok(text.includes(part), `${part} in ${text}`);
		await webhook(gateway, await id(), "transaction_succeeded");
		await picture(page, "widget-paid");
	});

	await test("shows_a_decline", async () => {
		await pay(CARDS.declined);
		await heading("Payment failed");
		assert.deepEqual(await states(),
			[...STARTS, "processing", "failed", "failed"]);
		assert.match((await outcomes())[0].error, /declined/);
		await webhook(gateway, await id(), "transaction_failed");
		await picture(page, "widget-declined");
	});

	await test("begins_anew_with_the_same_reference", async () => {
		const { echezona_reference: before } = site.posted.at(-1);
		const first = await id();
		await page.getByRole("button", { name: "Change method / country" })
			.click();
		await page.getByRole("button", { name: "Card" }).first().click();
		await page.getByRole("button", { name: "Select country" }).click();
		await page.getByPlaceholder("Search country").fill("Nigeria");
		await page.getByRole("button", { name: "Nigeria" }).click();
		await page.getByRole("button", { name: "Continue" }).click();
		await typeCard(page, CARDS.good);
		await page.getByRole("button", { name: "Pay now" }).click();
		await heading("Payment successful");
		assert.equal(site.posted.at(-1).echezona_reference, before);
		assert.equal(site.posted.at(-1).issuer_country, "NG");
		assert.notEqual(await id(), first);
		await webhook(gateway, await id(), "transaction_succeeded");
	});

	await test("passes_3_d_secure", async () => {
		await pay(CARDS.asks);
		await page.locator("dialog[open].shown").waitFor();
		await page.frameLocator("dialog iframe").getByRole("button",
			{ name: "Complete" }).waitFor();
		await picture(page, "widget-3ds", false);
		await answerBank(page, "Complete");
		await heading("Payment successful");
		assert.deepEqual(await states(),
			[...STARTS, "processing", "succeeded", "succeeded"]);
		await webhook(gateway, await id(), "transaction_succeeded");
	});

	await test("fails_where_the_bank_says_no", async () => {
		await pay(CARDS.asks);
		await answerBank(page, "Fail");
		await heading("Payment failed");
		assert.deepEqual(await states(),
			[...STARTS, "processing", "failed", "failed"]);
		await webhook(gateway, await id(), "transaction_failed");
	});

	await test("fails_a_card_that_is_incomplete", async () => {
		await pay("4242");
		await heading("Payment failed");
		assert.match((await outcomes())[0].error, /incomplete/);
	});

	await test("goes_back_where_the_gateway_refuses", async () => {
		site.refuse = "{}";
		await chooseCard();
		await eventually("failure", async () =>
			(await states()).at(-1) === "country_select" &&
			(await states()).includes("failed"));
		site.refuse = null;
		assert.deepEqual(await states(), ["initializing", "method_select",
			"country_select", "initializing", "failed", "country_select"]);
		assert.match(page.troubles.pop(), /status of 400/);
	});

	await test("leaves_nothing_behind", async () => {
		await ready();
		await page.evaluate(() => window.widget.destroy());
		assert.equal(await page.innerHTML("#checkout"), "");
		assert.equal(await page.locator(".StripeElement").count(), 0);
	});

	await test("nothing_was_reported_in_the_console", async () => {
		assert.deepEqual(page.troubles, []);
	});
});

// SPDX-License-Identifier: ISC
// dropin.test.mjs - the payment form of /js/v1 in a shop of another origin
// that has the page, the script and the policy of docs/payments.html; the
// pages that a payer comes to from there; the demo shop; the curl commands of
// the docs.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

import axe from "axe-core";

import { BROWSER, CARDS, HAS_BROWSER, openPage, picture, sandboxGateway }
	from "./browser.mjs";
import { BUILD, CLIENT, PARTNER, ROOT, atEnd, eventually, run, skip, test }
	from "./lib.mjs";

const SCRIPT = join(ROOT, "htdocs/js/v1");
const DOCS = readFileSync(join(ROOT, "htdocs/docs/payments.html"), "utf8");
const MOMO_MS = 2000;
const BUYER = "+231886123456", PIN = "1357";
const NUMBERS = { paid: "+231881111000", rejected: "+231881111001",
	any: "0881 158 457" };

// The code on the docs page that is called so.
function snippet(id) {
	const [, html] = DOCS.match(new RegExp(
		`<pre id="${id}"[^>]*><code>([^]*?)</code></pre>`)) ?? [];
	assert.ok(html, `the page has no code called ${id}`);
	return html.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
		.replaceAll("&amp;", "&");
}

// The shop

const pageOf = (gateway, secret) => `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>A shop</title>
<link rel="stylesheet" href="/shop.css">
<main>
<h1>Order 1001</h1>
${snippet("page").replace("https://pay.example.com", gateway.url)
	.replace("pi_..._secret_...", secret)}
</main>
</html>`;

const STYLE = `
body { margin: 0; background: #fff; color: #1a1f36; font: 16px/1.5 sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 1rem; }
@media (prefers-color-scheme: dark) {
	body { background: #0e1117; color: #e7eaf1; }
}`;

// What a case wants to know, besides what the docs have.
const WATCH = `
window.seen = [];
for (const name of ["ready", "change", "submit", "loaderror"])
	form.on(name, (event) => seen.push({ name, ...event }));
const confirmed = soxara.confirmPayment;
soxara.confirmPayment = async (options) =>
	window.result = await confirmed(options);
`;

// The policy of the docs, and with Stripe's hosts what it says of live keys.
function policy(gateway, stripe) {
	const [, text] = snippet("csp").split(/^Content-Security-Policy: /);
	const csp = text.replace(/\s+/g, " ").replaceAll(
		"https://pay.example.com", gateway.url);
	return stripe ? csp.replace("script-src", `script-src ${stripe}`)
		.replace("connect-src", `connect-src ${stripe}`)
		.replace("style-src", `style-src ${stripe}`) +
		`; frame-src ${stripe}` : csp;
}

async function shop(gateway) {
	const answer = (url) => {
		switch (url.pathname) {
		case "/":
			return ["text/html", pageOf(gateway, url.searchParams.get("for"))];
		case "/checkout.js":
			return ["text/javascript", snippet("script") + WATCH];
		case "/shop.css":
			return ["text/css", STYLE];
		}
		return ["text/html", "<!DOCTYPE html><title>Back</title>Back"];
	};
	const server = createServer((request, response) => {
		const url = new URL(request.url, "http://shop");
		const stripe = url.searchParams.has("stripe") && gateway.sandbox;
		const [type, body] = answer(url);
		response.writeHead(200, { "Content-Type": `${type}; charset=utf-8`,
			"Content-Security-Policy": policy(gateway, stripe),
			...(!stripe && { "Cross-Origin-Embedder-Policy":
				"require-corp" }) });
		response.end(body);
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	atEnd(() => {
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	});
	return `http://127.0.0.1:${server.address().port}`;
}

// The gateway

function reconcile(gateway) {
	const child = spawn(join(BUILD, "cron/reconcile"), ["--for", "170"], {
		stdio: "ignore", env: { ...process.env, CLIVE_VAR: gateway.var } });
	process.on("exit", () => child.kill("SIGKILL"));
	atEnd(() => child.kill());
}

async function call(gateway, key, path, body = undefined) {
	const response = await fetch(`${gateway.url}/v1${path}`, {
		method: body ? "POST" : "GET", body: JSON.stringify(body), headers: {
			authorization: `Bearer ${key}`,
			...(body && { "content-type": "application/json",
				"x-idempotency-key": `key-${Math.random()}` }) } });
	const { data, error } = await response.json();
	assert.ok(response.ok, `${path}: ${JSON.stringify(error)}`);
	return data;
}

await run("dropin", async () => {
	const gateway = await sandboxGateway({ momo_delay_ms: MOMO_MS });
	const key = {};
	for (const mode of ["test", "live"])
		key[mode] = (await gateway.clive("merchant-key", "add", "--partner",
			PARTNER, "--client", CLIENT, "--name", mode,
			...(mode === "live" ? ["--live"] : []))).api_key;
	reconcile(gateway);

	await test("is_small_and_builds_nothing_from_text", () => {
		const bytes = readFileSync(SCRIPT), script = bytes.toString();
		assert.ok(bytes.length < 15360, `${bytes.length} bytes`);
		assert.doesNotMatch(script,
			/innerHTML|insertAdjacentHTML|\beval\b|\.style\b|"style"|import\(/);
		assert.ok(script.split("\n").every((line) => line.length <= 80));
	});

	// The docs

	const shell = async (id, more = {}) => {
		const { stdout } = await promisify(execFile)("sh", ["-c",
			snippet(id)], { env: { ...process.env,
			PAYMENTS_API_BASE_URL: `${gateway.url}/v1`,
			PAYMENTS_API_KEY: key.test, ...more } });
		const answer = JSON.parse(stdout);
		assert.equal(answer.success, true, stdout);
		return answer.data;
	};

	await test("curl_commands_of_the_docs_work", async () => {
		const opened = await shell("create");
		const shown = JSON.parse(snippet("created")).data;
		assert.deepEqual(Object.keys(opened), Object.keys(shown));
		assert.equal(opened.status, shown.status);
		assert.deepEqual(opened.metadata, shown.metadata);
		const more = { PAYMENT: opened.id };
		assert.equal((await shell("confirm", more)).status, "succeeded");
		assert.equal((await shell("retrieve", more)).status, "succeeded");
		assert.equal((await shell("refund", more)).amount, 250);
		assert.equal((await shell("buyer")).phone_number, "+231886000001");
		assert.equal(JSON.parse(snippet("event")).type, "payment.succeeded");
		assert.equal(JSON.parse(snippet("error")).success, false);
	});

	if (!HAS_BROWSER)
		return skip("the_rest", `no browser at ${BROWSER}`);

	const base = await shop(gateway);
	const page = await openPage();
	await call(gateway, key.test, "/test/buyers",
		{ phone_number: BUYER, name: "Ada", pin: PIN });

	// What the cases share

	const field = (label) => page.getByLabel(label);
	const button = (name) => page.getByRole("button", { name });
	const open = (more = {}, mode = "test") => call(gateway, key[mode],
		"/payments", { amount: 1250, currency: "USD",
			description: "Order 1001", ...more });
	const see = (payment) => call(gateway, key.test,
		`/payments/${payment.id}`);
	const visit = async (payment, more = "") => {
		await page.goto(`${base}/?for=${payment.client_secret}${more}`);
		await page.waitForFunction(() =>
			window.seen?.some(({ name }) => name === "ready"));
	};
	const typeCard = async (number, expiry = "1234", code = "123") => {
		await field("Card number").fill(number);
		await field("Expiry date").fill(expiry);
		await field("Security code").fill(code);
	};
	const result = () => page.waitForFunction(() => window.result).then(
		(handle) => handle.jsonValue());
	const wrong = async (label) => [await field(label).getAttribute(
		"aria-invalid"), await page.locator(`#payment-form #${await field(
		label).getAttribute("aria-describedby")}`).innerText()];
	const focused = () => page.evaluate(() => {
		let { activeElement: at } = document;
		while (at.shadowRoot?.activeElement)
			at = at.shadowRoot.activeElement;
		return at.name === "way" ? at.value : at.name || at.localName;
	});
	const faults = async () => {
		await page.evaluate(axe.source);
		const { violations } = await page.evaluate(() => window.axe.run(
			"html", { resultTypes: ["violations"], preload: false }));
		return violations.filter(({ impact }) =>
			["serious", "critical"].includes(impact)).map((found) =>
			`${found.id} ${found.nodes[0].html}`);
	};
	// Pictures in both colours, and nothing that a reader stumbles on.
	const look = async (name, ...schemes) => {
		for (const colorScheme of schemes.length ? schemes :
			["dark", "light"]) {
			await page.emulateMedia({ colorScheme });
			assert.deepEqual(await faults(), [], `${name} ${colorScheme}`);
			await picture(page, `dropin-${name}` +
				(colorScheme === "dark" ? "-dark" : ""));
		}
	};
	// A refusal that a case wants is logged by the browser, too.
	const expecting = async (status, body) => {
		await body();
		const at = page.troubles.findIndex((text) =>
			text.includes(`status of ${status}`));
		assert.notEqual(at, -1, `no answer with ${status}`);
		page.troubles.splice(at, 1);
	};
	const receipt = (status) => page.locator(
		`#receipt[data-status=${status}]`).waitFor();

	// Cards

	await test("takes_a_card_typed_by_hand", async () => {
		const payment = await open();
		await visit(payment);
		assert.ok(await page.getByText("TEST MODE").isVisible());
		await look("card");
		await field("Card number").pressSequentially(CARDS.good);
		assert.equal(await field("Card number").inputValue(),
			"4242 4242 4242 4242");
		assert.ok(await page.getByText("Visa").isVisible());
		await field("Expiry date").pressSequentially("934");
		assert.equal(await field("Expiry date").inputValue(), "09 / 34");
		await field("Security code").pressSequentially("123");
		assert.equal(await page.evaluate(() => seen.at(-1).complete), true);
		await button("Pay US$12.50").click();
		const paid = (await result()).payment;
		assert.deepEqual([paid.id, paid.status, paid.payment_method.card.last4],
			[payment.id, "succeeded", "4242"]);
		assert.ok(await page.getByText("Paid US$12.50").isVisible());
		assert.equal((await see(payment)).status, "succeeded");
		await look("paid");
	});

	await test("shows_a_decline_and_asks_no_second_time", async () => {
		await visit(await open());
		await typeCard(CARDS.declined);
		await button(/^Pay/).click();
		const { error } = await result();
		assert.deepEqual([error.type, error.code, error.payment.status],
			["payment_failed", "generic_decline", "failed"]);
		assert.equal(await page.getByRole("alert").innerText(),
			error.message);
		assert.equal(await page.innerText("#problem"), error.message);
		await look("declined");
		await button(/^Pay/).click({ force: true });
		assert.equal(await page.evaluate(() => seen.filter(({ name }) =>
			name === "submit").length), 1);
	});

	await test("lands_on_return_url_after_3_d_secure", async () => {
		const payment = await open();
		await visit(payment);
		await typeCard(CARDS.asks);
		await button(/^Pay/).click();
		await page.waitForURL(`${gateway.sandbox}/**`);
		// With the bank's page left open the payer may start again.
		await page.goBack();
		await page.waitForFunction(() => window.seen?.length);
		await expecting(409, async () => {
			await typeCard(CARDS.asks);
			await button(/^Pay/).click();
			await page.waitForURL(`${gateway.sandbox}/**`);
		});
		await button("Complete").click();
		await page.waitForURL(`${base}/order/return?**`);
		const query = new URL(page.url()).searchParams;
		assert.equal(query.get("payment"), payment.id);
		assert.equal(query.get("payment_client_secret"),
			payment.client_secret);
		await eventually("payment", async () =>
			(await see(payment)).status === "succeeded");
	});

	await test("stays_where_the_shop_wants_no_redirect", async () => {
		const payment = await open();
		await visit(payment);
		const { payment: waits } = await page.evaluate((number) =>
			soxara.confirmPayment({ clientSecret: form.secret,
				redirect: "never", paymentMethod: { type: "card", card: {
				number, exp_month: 12, exp_year: 2034, cvc: "123" } } }),
		CARDS.asks);
		assert.equal(waits.status, "requires_action");
		assert.match(waits.next_action.redirect_to_url.url, /^http/);
		assert.equal(new URL(page.url()).origin, base);
	});

	await test("says_at_the_field_what_is_wrong", async () => {
		await visit(await open());
		await button(/^Pay/).click();
		assert.deepEqual(await wrong("Card number"),
			["true", "Enter the whole card number."]);
		assert.equal(await focused(), "number");
		assert.equal(await page.evaluate(() => seen.some(({ name }) =>
			name === "submit")), false);
		await field("Card number").fill("5555555555554444");
		assert.deepEqual(await wrong("Card number"),
			["true", "Only test cards are taken in test mode."]);
		await field("Expiry date").fill("12/2020");
		assert.deepEqual(await wrong("Expiry date"),
			["true", "Check the expiry date."]);
		await look("wrong");
		await typeCard(CARDS.good, "1/2034");
		assert.equal(await field("Expiry date").inputValue(), "01 / 34");
		for (const label of ["Card number", "Expiry date", "Security code"])
			assert.deepEqual(await wrong(label), ["false", ""]);
	});

	await test("waits_until_a_field_is_left_before_it_complains", async () => {
		await visit(await open());
		await field("Card number").pressSequentially("4242");
		assert.deepEqual(await wrong("Card number"), ["false", ""]);
		await field("Expiry date").focus();
		assert.equal((await wrong("Card number"))[0], "true");
		const error = await field("Card number").evaluate((input) =>
			input.getRootNode().getElementById(input.getAttribute(
				"aria-describedby")).getAttribute("aria-live"));
		assert.equal(error, "polite");
	});

	await test("lets_digits_be_corrected_anywhere", async () => {
		await visit(await open());
		const number = field("Card number");
		await number.pressSequentially("42424242");
		assert.equal(await number.inputValue(), "4242 4242");
		for (let i = 0; i < 4; i++)
			await page.keyboard.press("Backspace");
		assert.equal(await number.inputValue(), "4242");
		await page.keyboard.type("99");
		await number.evaluate((input) => input.setSelectionRange(3, 4));
		await page.keyboard.type("0");
		assert.equal(await number.evaluate((input) => input.selectionStart), 4);
		assert.equal(await number.inputValue(), "4240 99");
		const expiry = field("Expiry date");
		await expiry.pressSequentially("1/");
		assert.equal(await expiry.inputValue(), "01");
		await page.keyboard.type("34");
		assert.equal(await expiry.inputValue(), "01 / 34");
		for (let i = 0; i < 3; i++)
			await page.keyboard.press("Backspace");
		await page.keyboard.type("2/35");
		assert.equal(await expiry.inputValue(), "02 / 35");
	});

	await test("is_filled_in_by_browsers_and_phones", async () => {
		await visit(await open());
		const of = (label, names) => field(label).evaluate((input, all) =>
			all.map((name) => input.getAttribute(name)), names);
		const names = ["autocomplete", "inputmode"];
		assert.deepEqual(await of("Card number", names),
			["cc-number", "numeric"]);
		assert.deepEqual(await of("Expiry date", names),
			["cc-exp", "numeric"]);
		assert.deepEqual(await of("Security code", names),
			["cc-csc", "numeric"]);
		await field("Mobile money").check();
		assert.deepEqual(await of("Phone number", names), ["tel", "tel"]);
	});

	await test("is_paid_with_the_keyboard_alone", async () => {
		const payment = await open();
		await visit(payment);
		await page.evaluate(() => document.body.focus());
		await page.keyboard.press("Tab");
		assert.equal(await focused(), "card");
		await page.keyboard.press("ArrowRight");
		assert.equal(await focused(), "momo");
		await page.keyboard.press("ArrowDown");
		assert.equal(await focused(), "soxara_wallet");
		await page.keyboard.press("ArrowRight");
		const stops = [await focused()];
		for (let i = 0; i < 4; i++) {
			await page.keyboard.press("Tab");
			stops.push(await focused());
		}
		assert.deepEqual(stops, ["card", "number", "expiry", "cvc",
			"button"]);
		for (let i = 0; i < 3; i++)
			await page.keyboard.press("Shift+Tab");
		await page.keyboard.type(CARDS.good);
		await page.keyboard.press("Tab");
		await page.keyboard.type("1234");
		await page.keyboard.press("Tab");
		await page.keyboard.type("123");
		await page.keyboard.press("Enter");
		assert.equal((await result()).payment.status, "succeeded");
	});

	await test("fits_the_smallest_phone_and_wears_the_shop_s_colours",
		async () => {
			await visit(await open());
			await page.setViewportSize({ width: 320, height: 640 });
			const [wide, colour] = await page.evaluate(() => {
				const host = document.querySelector("#payment-form");
				host.style.setProperty("--soxara-accent", "rgb(1, 2, 3)");
				const { scrollWidth, clientWidth } = document.documentElement;
				return [scrollWidth - clientWidth, getComputedStyle(
					host.firstChild.shadowRoot.querySelector("button"))
					.backgroundColor];
			});
			assert.deepEqual([wide, colour], [0, "rgb(1, 2, 3)"]);
		});

	await test("is_read_out_as_what_it_is", async () => {
		await visit(await open());
		const tree = await page.locator("#payment-form").ariaSnapshot();
		for (const part of ['group "Pay with"', 'radio "Card" [checked]',
			'radio "Mobile money"', 'radio "Wallet"',
			'textbox "Card number"', 'button "Pay US$12.50"'])
			assert.ok(tree.includes(part), `${part} in ${tree}`);
	});

	await test("pays_once_though_the_answer_was_lost", async () => {
		const payment = await open();
		await visit(payment);
		const keys = [];
		await page.route("**/confirm", async (route) => {
			keys.push(route.request().headers()["x-idempotency-key"]);
			if (keys.length > 1)
				return route.continue();
			await fetch(route.request().url(), { method: "POST",
				body: route.request().postData(),
				headers: { "content-type": "application/json",
					authorization: `Bearer ${payment.client_secret}`,
					"x-idempotency-key": keys[0] } });
			return route.abort();
		});
		const { charges } = await (await fetch(
			`${gateway.sandbox}/control/counts`)).json();
		await typeCard(CARDS.good);
		await button(/^Pay/).click();
		assert.equal((await result()).payment.status, "succeeded");
		await page.unroute("**/confirm");
		assert.equal(keys.length, 2);
		assert.equal(keys[0], keys[1]);
		assert.equal((await (await fetch(
			`${gateway.sandbox}/control/counts`)).json()).charges,
		charges + 1);
		assert.match(page.troubles.pop(), /ERR_FAILED/);
	});

	await test("says_why_there_is_no_form", async () => {
		const { client_secret: secret } = await open();
		await expecting(401, async () => {
			await page.goto(`${base}/?for=${secret}0`);
			await page.waitForFunction(() => window.seen?.some(({ name }) =>
				name === "loaderror"));
		});
		assert.ok(await page.getByText("You cannot pay here now")
			.isVisible());
	});

	await test("wants_a_key_and_an_element", async () => {
		await visit(await open());
		const refused = await page.evaluate(() => {
			const attempts = [() => Soxara("sk_test_1"),
				() => Soxara("sxm_test_1").elements({ clientSecret:
					form.secret }).mount("#nothing")];
			return attempts.map((attempt) => {
				try {
					attempt();
					return "";
				} catch (error) {
					return error.message;
				}
			});
		});
		assert.deepEqual(refused, ["Soxara: no sxm_test_ or sxm_live_ key",
			"Soxara: no element #nothing"]);
		await page.evaluate(() => form.unmount());
		assert.equal(await page.innerHTML("#payment-form"), "");
	});

	// Mobile money

	await test("waits_for_mobile_money_and_looks_less_and_less", async () => {
		const payment = await open();
		await visit(payment);
		await field("Mobile money").check();
		await look("momo");
		await field("Phone number").fill("0881");
		await button(/^Pay/).click();
		assert.deepEqual(await wrong("Phone number"),
			["true", "Enter +231 and nine digits."]);
		const looks = [];
		page.on("request", (request) => {
			if (request.method() === "GET" &&
				request.url().endsWith(payment.id))
				looks.push(Date.now());
		});
		await field("Phone number").fill(NUMBERS.any);
		await button(/^Pay/).click();
		await page.getByText("Check your phone").waitFor();
		const status = page.locator("#payment-form").getByRole("status");
		assert.match(await status.innerText(),
			/US\$12\.50 with your PIN on \+231•+8457/);
		assert.equal(await focused(), "div");
		const paid = (await result()).payment;
		assert.equal(paid.status, "succeeded");
		assert.equal(paid.payment_method.momo.provider, "mtn");
		const pauses = looks.slice(1).map((at, i) => at - looks[i]);
		assert.ok(pauses.every((ms) => ms >= 1000), pauses.join());
		const { length } = looks;
		await new Promise((done) => setTimeout(done, 2500));
		assert.equal(looks.length, length);
	});

	await test("goes_on_waiting_after_a_reload", async () => {
		const payment = await open();
		await call(gateway, payment.client_secret,
			`/payments/${payment.id}/confirm`, { payment_method: {
				type: "momo", momo: { provider: "orange",
				phone_number: "+231770000001" } } });
		await visit(payment);
		await page.getByText("Check your phone").waitFor();
		const bar = page.getByRole("progressbar");
		assert.equal(await bar.isVisible(), true);
		await page.emulateMedia({ reducedMotion: "reduce" });
		assert.equal(await bar.isVisible(), false);
		await page.emulateMedia({ reducedMotion: "no-preference" });
		await look("waiting");
		await page.getByText("Paid US$12.50").waitFor();
	});

	await test("confirms_without_a_form_as_the_docs_do", async () => {
		await visit(await open());
		const of = (id, { client_secret: secret }) => page.evaluate(
			`(async () => {
				const clientSecret = ${JSON.stringify(secret)};
				${snippet(id)}
				return { payment, error };
			})()`);
		assert.equal((await of("momo", await open())).payment.status,
			"succeeded");
		const { client_secret: clientSecret } = await open();
		const { error } = await page.evaluate(([secret, number]) =>
			soxara.confirmPayment({ clientSecret: secret, paymentMethod: {
				type: "momo", momo: { provider: "mtn",
				phone_number: number } } }), [clientSecret,
			NUMBERS.rejected]);
		assert.equal(error.code, "user_rejected");
		assert.equal((await page.evaluate((secret) => soxara
			.retrievePayment(secret), clientSecret)).payment.status, "failed");
	});

	await test("offers_what_takes_the_currency", async () => {
		const offers = async (currency, mode) => {
			await visit(await open({ currency, amount: 3200000 }, mode),
				"&stripe=");
			return page.locator("#payment-form input[name=way]").evaluateAll(
				(inputs) => inputs.map(({ value }) => value).join(" "));
		};
		assert.equal(await offers("LRD", "test"), "card momo soxara_wallet");
		assert.equal(await offers("USD", "live"), "card soxara_wallet");
		assert.equal(await offers("TZS", "live"), "card momo soxara_wallet");
		await field("Mobile money").check();
		assert.equal(await field("Network").count(), 0);
		await field("Phone number").fill("+231 881 111 000");
		await field("Phone number").blur();
		assert.equal((await wrong("Phone number"))[1],
			"Enter +255 and nine digits.");
	});

	// Wallets

	const toWallet = async (payment) => {
		await visit(payment);
		await field("Wallet").check();
		await button("Continue").click();
		await page.waitForURL(`${gateway.url}/wallet/**`);
		await page.locator("#approve").waitFor();
	};

	await test("is_approved_on_the_page_for_wallets", async () => {
		const payment = await open();
		await visit(payment);
		await field("Wallet").check();
		await look("wallet");
		await toWallet(payment);
		assert.equal(page.url(), `${gateway.url}/wallet/?payment=${payment.id}`);
		assert.match(await page.innerText("#receipt"),
			/Pay Air Peace\?\s+US\$12\.50\s+Order 1001/);
		await look("approve");
		await page.click("#approve");
		assert.equal(await page.innerText("#problem"),
			"Enter your phone number.");
		await page.fill("#phone", "0886 123 456");
		await page.fill("#pin", "9753");
		await expecting(403, async () => {
			await page.click("#approve");
			await page.getByText("Phone number or PIN is wrong.").waitFor();
		});
		assert.equal(await page.inputValue("#pin"), "");
		assert.equal(await page.locator("#pin").getAttribute("aria-invalid"),
			"true");
		await look("approve-wrong");
		await page.fill("#pin", PIN);
		await page.keyboard.press("Enter");
		await page.waitForURL(`${base}/order/return?**`);
		assert.equal(new URL(page.url()).searchParams.get("payment"),
			payment.id);
		assert.equal((await see(payment)).status, "succeeded");
	});

	await test("is_declined_on_the_page_for_wallets", async () => {
		const payment = await open();
		await toWallet(payment);
		await page.reload();
		await page.click("#decline");
		await page.waitForURL(`${base}/order/return?**`);
		const { status, failure } = await see(payment);
		assert.deepEqual([status, failure.code], ["failed", "user_rejected"]);
	});

	await test("has_nothing_to_approve_without_a_payment", async () => {
		await page.goto(`${gateway.url}/wallet/`);
		await page.getByRole("heading", { name: "nothing to approve" })
			.waitFor();
		const payment = await open();
		await page.goto(`${gateway.url}/wallet/?payment=${payment.id}#` +
			payment.client_secret);
		await page.getByText("not made with a wallet").waitFor();
	});

	// Live cards

	await test("gives_live_cards_to_stripe_alone", async () => {
		const payment = await open({}, "live");
		const bodies = [];
		page.on("request", (request) => {
			if (request.url().startsWith(gateway.url))
				bodies.push(`${request.url()} ${request.postData() ?? ""}`);
		});
		await visit(payment, "&stripe=");
		assert.equal(await page.getByText("TEST MODE").isVisible(), false);
		assert.equal(await field("Card number").count(), 0);
		await button("Continue").click();
		await field("Expiration date").waitFor();
		await look("live", "light");
		const inside = await page.locator("#payment-form > div").evaluate(
			(host) => host.shadowRoot.querySelectorAll(
				"[autocomplete^=cc-]").length);
		assert.equal(inside, 0);
		await field("Card number").fill(CARDS.good);
		await button(/^Pay/).click();
		await page.getByText("expiration date is incomplete").waitFor();
		assert.equal(await page.evaluate(() => window.result), undefined);
		await field("Expiration date").fill("1234");
		await field("Security code").fill("123");
		await button(/^Pay/).click();
		assert.equal((await result()).payment.status, "succeeded");
		assert.ok(bodies.some((text) => text.includes("/confirm")));
		assert.ok(bodies.every((text) => !text.includes(CARDS.good)));
	});

	await test("tells_that_stripe_declined_a_live_card", async () => {
		const payment = await open({}, "live");
		await page.emulateMedia({ colorScheme: "dark" });
		await visit(payment, "&stripe=");
		await button("Continue").click();
		await field("Card number").fill(CARDS.declined);
		await look("live", "dark");
		await field("Expiration date").fill("1234");
		await field("Security code").fill("123");
		await button(/^Pay/).click();
		const { error } = await result();
		assert.deepEqual([error.type, error.code],
			["payment_failed", "generic_decline"]);
	});

	// The receipt

	await test("follows_a_payment_to_its_end", async () => {
		const payment = await open();
		await call(gateway, payment.client_secret,
			`/payments/${payment.id}/confirm`, { payment_method: {
				type: "momo", momo: { provider: "mtn",
				phone_number: "+231880000009" } } });
		await page.goto(`${gateway.url}/thanks/?payment=${payment.id}` +
			`&payment_client_secret=${payment.client_secret}`);
		await receipt("requires_action");
		assert.equal(page.url(),
			`${gateway.url}/thanks/?payment=${payment.id}`);
		await page.reload();
		await receipt("succeeded");
		const text = await page.innerText("#receipt");
		for (const part of ["Thank you", "US$12.50", "Air Peace",
			"Order 1001", "MTN Mobile Money", "0009", payment.id])
			assert.ok(text.includes(part), `${part} in ${text}`);
		assert.doesNotMatch(text, /\+231880000009/);
		await look("thanks");
	});

	await test("says_what_became_of_other_payments", async () => {
		const show = async (payment, status) => {
			await page.goto("about:blank");
			await page.goto(`${gateway.url}/thanks/#payment=${payment.id}` +
				`&client_secret=${payment.client_secret}`);
			await receipt(status);
			return page.innerText("#receipt");
		};
		const failed = await open(), gone = await open();
		await call(gateway, key.test, `/payments/${failed.id}/confirm`, {
			payment_method: { type: "card", card: {
			number: CARDS.declined, exp_month: 12, exp_year: 2034,
			cvc: "123" } } });
		await call(gateway, key.test, `/payments/${gone.id}/cancel`, {});
		assert.match(await show(failed, "failed"), /card was declined/i);
		await look("thanks-failed");
		assert.match(await show(gone, "canceled"), /Nothing was charged/);
		assert.match(await show(await open(), "requires_payment_method"),
			/Not paid yet/);
		await expecting(401, () => show({ id: "pi_1",
			client_secret: "pi_1_secret_2" }, "unknown"));
		await page.goto(`${gateway.url}/thanks/`);
		await receipt("unknown");
	});

	// The demo shop

	await test("sells_coffee", async () => {
		await page.goto(`${gateway.url}/`);
		await page.click("text=coffee");
		await page.locator("[name=price][value=LRD]").check();
		assert.equal(await page.innerText("#sum"), "L$2,400.00");
		await page.click("#begin");
		await field("Card number").waitFor();
		await look("shop");
		await typeCard(CARDS.declined);
		await button(/^Pay/).click();
		await button("Try again").click();
		await page.waitForFunction(() => document.querySelector("#begin")
			.hidden && document.querySelectorAll("#payment-form > div")
			.length === 1);
		await typeCard(CARDS.good);
		await button(/^Pay/).click();
		await page.waitForURL(/\/thanks\//);
		await receipt("succeeded");
		assert.match(await page.innerText("#receipt"), /LRD.?2,400\.00/);
	});

	await test("explains_itself", async () => {
		await page.goto(`${gateway.url}/docs/payments.html`);
		await look("docs");
	});

	await test("nothing_was_reported_in_the_console", async () => {
		assert.deepEqual(page.troubles, []);
	});
});

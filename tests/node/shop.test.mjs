// SPDX-License-Identifier: ISC
// shop.test.mjs - a payer in the demo shop: the page, the browser object, the
// processor's stand-in, its webhook, the gateway, the partner's webhook.

import assert from "node:assert/strict";

import { BROWSER, CARDS, HAS_BROWSER, answerBank, openPage, picture,
	sandboxGateway, told, typeCard, webhook } from "./browser.mjs";
import { run, skip, test } from "./lib.mjs";

await run("shop", async () => {
	if (!HAS_BROWSER)
		return skip("all", `no browser at ${BROWSER}`);
	const gateway = await sandboxGateway();
	const page = await openPage();
	const number = page.getByLabel("Card number");
	const expiry = page.getByLabel("Expiration date");
	const code = page.getByLabel("Security code");
	const payButton = page.locator("#pay");

	const begin = async (fare = "economy") => {
		await page.goto(`${gateway.url}/shop/`);
		await page.locator(`[name=fare][value=${fare}]`).check();
		await page.fill("#email", "payer@example.com");
		await page.click("#begin");
		await page.waitForSelector("#pay:enabled");
	};
	const shows = (status) => page.locator(
		`#ticket .status[data-status=${status}]`).waitFor();
	const transaction = () => page.locator("#ticket .facts a").innerText();
	const seen = () => page.locator("#ticket [data-seen]").evaluateAll(
		(items) => items.map((item) => item.dataset.seen));
	const fill = async (card) => {
		await page.click(`[data-number="${card}"]`);
		await payButton.click();
	};

	await test("offers_a_ticket", async () => {
		await page.goto(`${gateway.url}/shop/`);
		await page.locator("[name=fare][value=business]").check();
		assert.equal(await page.innerText("#sum"), "$1,980.50");
		await picture(page, "shop-start");
		await page.emulateMedia({ colorScheme: "dark" });
		await picture(page, "shop-start-dark");
		await page.emulateMedia({ colorScheme: "light" });
	});

	await test("wants_an_address_that_the_gateway_takes", async () => {
		await page.fill("#email", "a@b");
		await page.click("#begin");
		await page.waitForFunction(() =>
			document.getElementById("traveller-error").textContent);
		assert.equal(await page.isVisible("#payment"), false);
		assert.match(page.troubles.pop(), /status of 400/);
	});

	await test("takes_a_good_card_typed_by_hand", async () => {
		await begin();
		await number.pressSequentially(CARDS.good);
		assert.equal(await number.inputValue(), "4242 4242 4242 4242");
		assert.equal(await page.locator(".mark").getAttribute("data-brand"),
			"visa");
		// Each full field leads to the next.
		await page.keyboard.type("934");
		assert.equal(await expiry.inputValue(), "09 / 34");
		await page.keyboard.type("123");
		assert.equal(await code.inputValue(), "123");
		await picture(page, "shop-card");
		await page.keyboard.press("Enter");
		await shows("succeeded");
		const id = await transaction();
		await webhook(gateway, id, "transaction_succeeded");
		assert.match(await page.innerText("#ticket"), /\$750\.00/);
		assert.equal((await seen()).at(-1), "succeeded");
		assert.ok((await page.locator("#ticket .facts a").getAttribute(
			"href")).endsWith(`/admin/#/transactions/${id}`));
		await picture(page, "shop-paid");
		const listed = await gateway.get("/transactions?status=succeeded");
		assert.ok(JSON.stringify(listed.json).includes(id));
		await page.click("#another");
		assert.ok(await page.isVisible("#traveller"));
		assert.equal(await page.innerText("#ticket"), "");
	});

	await test("shows_a_decline_and_takes_another_card", async () => {
		await begin("saver");
		await fill(CARDS.declined);
		await page.waitForFunction(() =>
			document.getElementById("payment-error").textContent);
		assert.match(await page.innerText("#payment-error"), /declined/);
		await shows("failed");
		const id = await transaction();
		await webhook(gateway, id, "transaction_failed");
		await picture(page, "shop-declined");
		await fill(CARDS.good);
		await shows("succeeded");
		await webhook(gateway, id, "transaction_succeeded");
		assert.equal(await transaction(), id);
		assert.deepEqual((await seen()).slice(-2), ["failed", "succeeded"]);
	});

	await test("asks_the_bank_in_a_dialog", async () => {
		await begin();
		await fill(CARDS.asks);
		await page.locator("dialog[open].shown").waitFor();
		await page.frameLocator("dialog iframe").getByRole("button",
			{ name: "Complete" }).waitFor();
		await picture(page, "shop-3ds", false);
		await answerBank(page, "Complete");
		await shows("succeeded");
		await webhook(gateway, await transaction(), "transaction_succeeded");
	});

	await test("tells_that_the_bank_said_no", async () => {
		await begin();
		await fill(CARDS.asks);
		await answerBank(page, "Fail");
		await shows("failed");
		assert.match(await page.innerText("#payment-error"), /authenticat/i);
		await webhook(gateway, await transaction(), "transaction_failed");
	});

	await test("fails_where_the_payer_closes_the_dialog", async () => {
		await begin();
		await fill(CARDS.asks);
		await page.frameLocator("dialog iframe").getByRole("button",
			{ name: "Complete" }).waitFor();
		await page.getByRole("button", { name: "Cancel the payment" }).click();
		await page.locator("dialog").waitFor({ state: "detached" });
		await shows("failed");
		assert.ok(await payButton.isEnabled());
	});

	await test("leaves_for_the_bank_and_comes_back", async () => {
		await begin();
		await page.check("#redirect");
		await fill(CARDS.asks);
		await page.waitForURL(`${gateway.sandbox}/c/3ds/**`);
		await page.getByRole("button", { name: "Complete" }).click();
		await page.waitForURL(/return\.html\?tx=CLVTX_[0-9_]+$/);
		await shows("succeeded");
		await picture(page, "shop-return");
		await webhook(gateway, await transaction(), "transaction_succeeded");
	});

	await test("says_what_is_missing_before_it_asks", async () => {
		await begin();
		const wrong = async (input) => [await input.getAttribute(
			"aria-invalid"), await page.locator(`#${await input.getAttribute(
			"aria-describedby")}`).innerText()];
		await payButton.click();
		assert.deepEqual(await wrong(number),
			["true", "Your card number is incomplete."]);
		await picture(page, "shop-incomplete");
		await number.fill("4242 4242 4242 4241");
		assert.deepEqual(await wrong(number),
			["true", "Your card number is invalid."]);
		await expiry.fill("1220");
		assert.match((await wrong(expiry))[1], /in the past/);
		await typeCard(page, "378282246310005", "1/2035", "1234");
		assert.equal(await number.inputValue(), "3782 822463 10005");
		assert.equal(await expiry.inputValue(), "01 / 35");
		assert.equal(await page.locator(".mark").getAttribute("data-brand"),
			"amex");
		assert.equal(await code.inputValue(), "1234");
	});

	await test("is_reached_with_the_keyboard_alone", async () => {
		await begin();
		const stops = [];
		for (let i = 0; i < 5; i++) {
			stops.push(await page.evaluate(() => {
				const { activeElement: outer } = document;
				return (outer.shadowRoot?.activeElement ?? outer).id;
			}));
			await page.keyboard.press("Tab");
		}
		assert.deepEqual(stops,
			["number", "expiry", "cvc", "redirect", "pay"]);
		const tree = await page.locator("#card").ariaSnapshot();
		for (const name of ["Card number", "Expiration date",
			"Security code"])
			assert.ok(tree.includes(`textbox "${name}"`), tree);
	});

	await test("lets_digits_be_corrected_anywhere", async () => {
		await number.fill("");
		await number.pressSequentially("42424242");
		for (let i = 0; i < 4; i++)
			await page.keyboard.press("Backspace");
		assert.equal(await number.inputValue(), "4242");
		await page.keyboard.type("99");
		await number.evaluate((input) => input.setSelectionRange(5, 5));
		await page.keyboard.press("Backspace");
		assert.equal(await number.inputValue(), "4249 9");
		await page.keyboard.type("2");
		assert.equal(await number.inputValue(), "4242 99");
		await expiry.fill("");
		await expiry.pressSequentially("12");
		assert.equal(await expiry.inputValue(), "12 / ");
		await page.keyboard.press("Backspace");
		await page.keyboard.type("1");
		assert.equal(await expiry.inputValue(), "11 / ");
	});

	await test("follows_the_colours_of_the_system", async () => {
		await page.emulateMedia({ colorScheme: "dark" });
		await page.locator(".StripeElement[data-theme=night]").waitFor();
		await fill(CARDS.declined);
		await shows("failed");
		await picture(page, "shop-dark");
		await page.emulateMedia({ colorScheme: "light" });
	});

	await test("pays_once_however_often_the_button_is_hit", async () => {
		await begin();
		await page.click(`[data-number="${CARDS.good}"]`);
		await page.evaluate(() => {
			for (let i = 0; i < 5; i++)
				document.getElementById("payment").requestSubmit();
		});
		await shows("succeeded");
		const id = await transaction();
		const { items } = await (await fetch(
			`${gateway.sandbox}/control/calls?last=50`)).json();
		const intent = items.findLast((call) =>
			call.path.endsWith("/confirm")).path;
		assert.equal(items.filter((call) => call.method === "POST" &&
			call.path === intent).length, 1);
		await webhook(gateway, id, "transaction_succeeded");
		assert.equal(told(gateway, id).length, 1);
	});

	await test("gets_over_an_answer_that_was_lost", async () => {
		await begin();
		const before = await (await fetch(
			`${gateway.sandbox}/control/counts`)).json();
		await fetch(`${gateway.sandbox}/control/faults`, { method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ match: "/v1/payment_intents",
				method: "POST", fault: "status_503_after" }) });
		await fill(CARDS.good);
		await shows("succeeded");
		const after = await (await fetch(
			`${gateway.sandbox}/control/counts`)).json();
		assert.equal(after.charges, before.charges + 1);
		assert.ok(page.troubles.every((text) => /status of 503/.test(text)),
			page.troubles.join("; "));
		page.troubles.length = 0;
	});

	await test("has_what_scripts_expect_of_stripe_js", async () => {
		await begin();
		const found = await page.evaluate(async () => {
			const opened = await fetch("../api/v1/sandbox/checkout-intent", {
				method: "POST", headers: { "Content-Type":
				"application/json" }, body: JSON.stringify({
				partner_id: "ECHEZONA001", client_id: "AIRPEACE001",
				amount: 1, currency: "USD", email: "a@example.com",
				echezona_reference: "SCRIPT-1" }) });
			const { client_secret: clientSecret,
				stripe_publishable_key: key } = await opened.json();
			const place = document.createElement("div");
			place.id = "place";
			document.body.append(place);
			const refusal = async (make) => {
				try {
					await make();
					return "none";
				} catch (error) {
					return error.name;
				}
			};
			const stripe = Stripe(key);
			const elements = stripe.elements({ clientSecret, appearance: {
				rules: { ".Input": { borderTopWidth: "3px" },
					"*": { display: "none" } } } });
			const element = elements.create("payment");
			const events = [];
			for (const name of ["ready", "change", "focus", "blur"])
				element.on(name, ({ elementType }) =>
					events.push(`${name} ${elementType}`));
			const confirm = (more = { redirect: "if_required" }) =>
				stripe.confirmPayment({ elements, ...more });
			const result = {
				secretKey: await refusal(() => Stripe("sk_test_1")),
				unmounted: await refusal(confirm),
				second: await refusal(() => elements.create("payment")),
				same: elements.getElement("payment") === element,
			};
			element.mount("#place");
			await new Promise((done) => element.once("ready", done));
			const input = place.firstChild.shadowRoot.querySelector("input");
			result.border = getComputedStyle(input).borderTopWidth;
			result.incomplete = (await elements.submit()).error.code;
			result.noReturn = await refusal(() => confirm({}));
			input.blur();
			element.sandboxFill({ number: "4242424242424242",
				expiry: "12/40", cvc: "123" });
			result.submitted = (await elements.submit()).error ?? null;
			const state = async () => (await stripe.retrievePaymentIntent(
				clientSecret)).paymentIntent.status;
			result.before = await state();
			const [one, two] = await Promise.all([confirm(), confirm()]);
			result.paid = one.paymentIntent.status;
			result.doubled = two.error.message;
			result.after = await state();
			element.sandboxFill({ number: "4242424242424242",
				expiry: "12/40", cvc: "123" });
			result.again = (await confirm()).error.code;
			result.foreign = (await stripe.retrievePaymentIntent(
				"pi_1_secret_2")).error.code;
			element.unmount();
			element.mount(place);
			element.destroy();
			result.destroyed = await refusal(() => element.mount(place));
			elements.create("payment");
			place.remove();
			result.events = [...new Set(events)];
			return result;
		});
		assert.deepEqual(found, { secretKey: "IntegrationError",
			unmounted: "IntegrationError", second: "IntegrationError",
			same: true, border: "3px", incomplete: "incomplete_number",
			noReturn: "IntegrationError", submitted: null,
			before: "requires_payment_method", paid: "succeeded",
			doubled: "This payment is being confirmed already.",
			after: "succeeded", again: "payment_intent_unexpected_state",
			foreign: "resource_missing", destroyed: "IntegrationError",
			events: ["ready payment", "focus payment", "blur payment",
				"change payment"] });
		assert.equal(page.troubles.splice(0).filter((text) =>
			!/status of 40[04]/.test(text)).length, 0);
	});

	await test("says_why_it_cannot_sell", async () => {
		const refused = async (text) => {
			await page.goto(`${gateway.url}/shop/`);
			await page.click("#begin");
			await page.waitForFunction(() =>
				document.getElementById("traveller-error").textContent);
			assert.match(await page.innerText("#traveller-error"), text);
			assert.ok(await page.isEnabled("#begin"));
			assert.equal(await page.isVisible("#payment"), false);
			page.troubles.length = 0;
		};
		await page.route("**/api/v1/sandbox/checkout-intent", (route) =>
			route.fulfill({ status: 404, contentType: "application/json",
				body: '{"error":"Not found","code":"NOT_FOUND"}' }));
		await refused(/is live/);
		await page.unroute("**/api/v1/sandbox/checkout-intent");
		await page.route("**/js/stripe.js", (route) => route.abort());
		await refused(/could not be loaded/);
	});

	await test("nothing_was_reported_in_the_console", async () => {
		assert.deepEqual(page.troubles, []);
	});
});

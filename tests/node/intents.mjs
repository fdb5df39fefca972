// SPDX-License-Identifier: ISC
// intents.mjs - payments of the Payments API where the acceptance tests
// (payments/) do not look: who may begin what while something else runs, what
// becomes of answers and programs that get lost, what partners and operators
// see, a gateway in live mode, and that no card number stays anywhere.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { BUILD, CLIENT, Gateway, PARTNER, eventually, run, sleep, stripeEvent,
	test } from "./lib.mjs";
import { CARDS, MINUTE, Shop, answerBank, card, expect }
	from "./payments/kit.mjs";

const GOOD = card(CARDS.good);
const BACK = "https://shop.example/order/return?lang=en#paid";
const TIMEOUT_MS = 1000;

let shop;

const cancel = (payment, options) => shop.post(
	`/v1/payments/${payment.id}/cancel`, undefined, options);

const explain = (payment) => shop.clive("tx", "explain", payment.id);

// The questions to the processor: what was asked, and what came of it.
async function calls(payment) {
	const { timeline } = await explain(payment);
	return timeline.filter(({ kind }) => kind === "processor_call")
		.map(({ operation, status }) => `${operation} ${status}`);
}

// Stripe's intents that say they belong to the payment.
async function intentsOf(payment) {
	const { transaction: { cliveTxId } } = await explain(payment);
	const { json } = await shop.stripe("GET", "/payment_intents?limit=100");
	return json.data.filter(({ metadata }) =>
		metadata.clive_tx_id === cliveTxId);
}

async function reconcile() {
	await shop.advance(5 * MINUTE);
	await shop.reconcile();
}

const hooks = (mode) => shop.control("POST", "/webhooks", { mode });
const calm = () => shop.control("DELETE", "/faults");

// A payment that waits for its payer at the bank.
async function challenge(more = { return_url: BACK }) {
	const payment = await shop.create();
	const { next_action: action } = expect(await shop.confirm(payment,
		card(CARDS.asks), more), 202);
	return { payment, url: action.redirect_to_url.url };
}

async function methods() {
	await test("camel_case_is_good_as_well", async () => {
		const payment = await shop.create();
		const said = expect(await shop.post(
			`/v1/payments/${payment.id}/confirm`, {
			clientSecret: payment.client_secret, paymentMethod: GOOD,
			confirmParams: { return_url: BACK } }, { key: null }), 200);
		assert.equal(said.status, "succeeded");
		assert.equal(said.return_url, BACK);
		assert.ok(!("client_secret" in said) && !("metadata" in said));
	});

	await test("numbers_may_be_spelt_as_people_do", async () => {
		for (const [number, more] of [
			["4242 4242 4242 4242", { exp_month: "1", exp_year: "40" }],
			["4242-4242-4242-4242", { exp_month: "12", cvc: 1234 }],
		])
			assert.equal(expect(await shop.confirm(await shop.create(),
				card(number, more)), 200).payment_method.card.last4, "4242");
	});

	await test("wrong_parts_of_a_card_are_named", async () => {
		const payment = await shop.create();
		for (const [field, more, status] of [
			["number", { number: "5555555555554444" }, 422],
			["number", { number: "4242424242424241" }, 422],
			["number", { number: true }, 422],
			["number", { number: undefined }, 400],
			["exp_month", { exp_month: 13 }, 422],
			["exp_month", { exp_month: 0 }, 422],
			["exp_month", { exp_month: undefined }, 400],
			["exp_year", { exp_year: 2020 }, 422],
			["exp_year", { exp_year: "040" }, 422],
			["exp_year", { exp_year: undefined }, 400],
			["cvc", { cvc: "12" }, 422],
			["cvc", { cvc: "12a" }, 422],
			["cvc", { cvc: "12345" }, 422],
			["cvc", { cvc: undefined }, 400],
		]) {
			const { code, details } = expect(await shop.confirm(payment,
				card(CARDS.good, more)), status, "VALIDATION_ERROR");
			assert.equal(code, "VALIDATION_ERROR");
			assert.equal(details.field, `payment_method.card.${field}`);
			assert.ok(!("received" in details), JSON.stringify(details));
		}
		expect(await shop.confirm(payment, GOOD), 200);
	});

	await test("a_card_is_good_through_its_last_month", async () => {
		const now = new Date(shop.now());
		const year = now.getUTCFullYear(), month = now.getUTCMonth() + 1;
		expect(await shop.confirm(await shop.create(), card(CARDS.good,
			{ exp_month: month, exp_year: year })), 200);
		expect(await shop.confirm(await shop.create(), card(CARDS.good,
			month === 1 ? { exp_month: 12, exp_year: year - 1 } :
			{ exp_month: month - 1, exp_year: year })), 422,
		"VALIDATION_ERROR");
	});

	await test("a_card_takes_no_small_amounts", async () => {
		for (const [amount, currency, status] of [[49, "USD", 422],
			[50, "USD", 200], [9999, "LRD", 422], [10000, "LRD", 200]]) {
			const payment = await shop.create({ amount, currency });
			const answer = await shop.confirm(payment, GOOD);
			expect(answer, status, status === 422 ? "AMOUNT_TOO_SMALL" :
				undefined);
		}
	});

	await test("a_payment_method_has_a_type_that_we_know", async () => {
		const payment = await shop.create();
		for (const [method, status, field] of [
			[undefined, 400, "payment_method"],
			[null, 422, "payment_method"],
			["card", 422, "payment_method"],
			[{}, 400, "payment_method.type"],
			[{ type: "cash" }, 422, "payment_method.type"],
			[{ type: 1 }, 422, "payment_method.type"],
			[{ type: "card" }, 400, "payment_method.card"],
			[{ type: "card", card: "x" }, 422, "payment_method.card"],
		])
			assert.equal(expect(await shop.confirm(payment, method), status,
				"VALIDATION_ERROR").details.field, field);
		expect(await shop.confirm(payment, GOOD, { return_url: "ftp://x.y/" }),
			422, "VALIDATION_ERROR");
	});

	await test("the_bank_leads_back_with_the_payments_name", async () => {
		const { payment, url } = await challenge();
		const back = await answerBank(url, "complete");
		const secret = back.searchParams.get("payment_client_secret");
		assert.equal(back.origin + back.pathname,
			"https://shop.example/order/return");
		assert.equal(back.searchParams.get("lang"), "en");
		assert.equal(back.searchParams.get("payment"), payment.id);
		assert.equal(secret, payment.client_secret);
		assert.equal(back.hash, "#paid");
		await shop.becomes(payment, "succeeded");
	});

	await test("without_a_page_it_leads_to_ours", async () => {
		const { payment, url } = await challenge({});
		const back = await answerBank(url, "fail");
		assert.equal(back.origin + back.pathname, `${shop.url}/thanks/`);
		assert.equal(back.searchParams.get("payment"), payment.id);
		await shop.becomes(payment, "failed");
	});

	await test("what_was_declined_is_closed_at_stripe", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, card(CARDS.declined)), 200);
		const [intent] = await intentsOf(payment);
		assert.equal(intent.status, "canceled");
		expect(await shop.confirm(payment, GOOD), 409, "INVALID_STATE");
		assert.equal((await intentsOf(payment)).length, 1);
	});

	await test("what_the_bank_declined_is_closed_too", async () => {
		const { payment, url } = await challenge();
		await answerBank(url, "fail");
		await shop.becomes(payment, "failed");
		await reconcile();
		assert.equal((await intentsOf(payment))[0].status, "canceled");
		assert.equal((await shop.retrieve(payment)).status, "failed");
	});
}

async function lost() {
	await test("while_it_is_confirmed_nothing_else_begins", async () => {
		const payment = await shop.create();
		await shop.fault("delay", "/v1/payment_intents", { ms: 600 });
		const first = shop.confirm(payment, GOOD);
		await sleep(200);
		for (const answer of [await shop.confirm(payment, GOOD),
			await shop.confirm(payment, card(CARDS.asks)),
			await cancel(payment)]) {
			expect(answer, 409, "INVALID_STATE");
			assert.equal(answer.headers["retry-after"], "1");
		}
		assert.equal(expect(await first, 200).status, "succeeded");
		assert.deepEqual(await calls(payment), ["open done"]);
	});

	await test("nothing_done_can_be_tried_with_another_method", async () => {
		const payment = await shop.create();
		await shop.fault("status_429", "/v1/payment_intents", { times: 3 });
		expect(await shop.confirm(payment, card(CARDS.declined)), 502,
			"PROVIDER_ERROR");
		await calm();
		assert.equal((await shop.retrieve(payment)).payment_method, null);
		assert.equal(expect(await shop.confirm(payment, GOOD), 200).status,
			"succeeded");
		assert.deepEqual(await calls(payment), ["open down", "open done"]);
	});

	await test("in_doubt_only_the_same_is_asked_again", async () => {
		const payment = await shop.create();
		await shop.fault("garbage", "/v1/payment_intents", { times: 3 });
		expect(await shop.confirm(payment, GOOD), 502, "PROVIDER_ERROR");
		await calm();
		expect(await shop.confirm(payment, card(CARDS.declined)), 409,
			"INVALID_STATE");
		expect(await shop.confirm(payment, { type: "soxara_wallet" }), 409,
			"INVALID_STATE");
		expect(await cancel(payment), 409, "INVALID_STATE");
		assert.equal((await shop.retrieve(payment)).status,
			"requires_payment_method");
		assert.equal(expect(await shop.confirm(payment, GOOD), 200).status,
			"succeeded");
		assert.equal((await intentsOf(payment)).length, 1);
		assert.deepEqual(await calls(payment), ["open done"]);
	});

	await test("a_key_goes_on_where_its_answer_was_lost", async () => {
		const payment = await shop.create();
		const again = () => shop.confirm(payment, GOOD,
			{ options: { idem: `lost-${payment.id}` } });
		await shop.fault("status_503_after", "/v1/payment_intents",
			{ times: 3 });
		expect(await again(), 502, "PROVIDER_ERROR");
		await calm();
		const answer = await again();
		assert.equal(expect(answer, 200).status, "succeeded");
		const replay = await again();
		assert.equal(replay.text, answer.text);
		assert.equal(replay.headers["idempotent-replayed"], "true");
		assert.equal((await intentsOf(payment)).length, 1);
	});

	// The 3DS challenge must survive as well: its next_action was lost.
	for (const [name, number, status] of [["paid", "good", "succeeded"],
		["declined", "poor", "failed"], ["to_the_bank", "asks",
			"requires_action"]])
		await test(`reconcile_finds_what_was_${name}`, async () => {
			const payment = await shop.create();
			await hooks("drop");
			await shop.fault("reset_after", "/v1/payment_intents",
				{ times: 3 });
			expect(await shop.confirm(payment, card(CARDS[number]),
				{ return_url: BACK }), 502, "PROVIDER_ERROR");
			await calm();
			await reconcile();
			await hooks("normal");
			const found = await shop.retrieve(payment);
			assert.equal(found.status, status);
			assert.equal(found.failure?.code, status === "failed" ?
				"insufficient_funds" : undefined);
			assert.deepEqual(await shop.types(payment),
				["payment.created", `payment.${status}`]);
			assert.equal((await intentsOf(payment)).length, 1);
			if (status === "requires_action")
				assert.equal((await answerBank(found.next_action
					.redirect_to_url.url, "complete")).searchParams
					.get("payment"), payment.id);
			await reconcile();
		});

	await test("a_program_killed_while_it_asks_charges_once", async () => {
		const payment = await shop.create();
		await hooks("drop");
		await shop.fault("delay", "/v1/payment_intents", { ms: 900 });
		const first = shop.confirm(payment, GOOD,
			{ options: { idem: payment.id, unjudged: true } })
			.catch((error) => error);
		await sleep(300);
		killPrograms("payments.cgi");
		await first;
		await eventually("the charge at Stripe", async () =>
			(await intentsOf(payment))[0]?.status === "succeeded");
		// Its lease is not over.
		const during = await shop.confirm(payment, GOOD);
		assert.equal(during.status, 409, during.text);
		await reconcile();
		await hooks("normal");
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		assert.equal(expect(await shop.confirm(payment, GOOD,
			{ options: { idem: payment.id } }), 200).status, "succeeded");
		assert.equal((await intentsOf(payment)).length, 1);
		assert.deepEqual(await shop.types(payment),
			["payment.created", "payment.succeeded"]);
	});
}

// The programs of our own gateway with this name, by its data directory.
function killPrograms(name) {
	let killed = 0;
	for (const pid of readdirSync("/proc").filter((n) => /^\d+$/.test(n))) {
		try {
			const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
			const env = readFileSync(`/proc/${pid}/environ`, "utf8");
			if (line.split("\0")[0].endsWith(name) && env.split("\0")
				.includes(`CLIVE_VAR=${shop.gateway.var}`)) {
				process.kill(Number(pid), "SIGKILL");
				killed++;
			}
		} catch {
			// Not ours, or gone meanwhile.
		}
	}
	assert.ok(killed > 0, `no ${name} runs`);
}

async function cancels() {
	await test("canceled_before_it_is_confirmed", async () => {
		const payment = await shop.create();
		const first = await cancel(payment), second = await cancel(payment);
		assert.equal(expect(first, 200).status, "canceled");
		assert.deepEqual(expect(second, 200), first.json.data);
		expect(await shop.confirm(payment, GOOD), 409, "INVALID_STATE");
		assert.deepEqual(await shop.types(payment),
			["payment.created", "payment.canceled"]);
		assert.deepEqual(await calls(payment), []);
	});

	await test("canceled_at_the_bank_it_is_canceled_at_stripe", async () => {
		const { payment, url } = await challenge();
		const said = expect(await cancel(payment), 200);
		assert.equal(said.status, "canceled");
		assert.equal(said.next_action, null);
		assert.equal((await intentsOf(payment))[0].status, "canceled");
		const page = await fetch(url);
		assert.notEqual(page.status, 500);
		expect(await cancel(payment), 200);
		await reconcile();
		assert.equal((await shop.retrieve(payment)).status, "canceled");
		assert.deepEqual(await shop.types(payment), ["payment.created",
			"payment.requires_action", "payment.canceled"]);
		assert.deepEqual(await calls(payment), ["open done", "cancel done"]);
	});

	await test("what_was_paid_meanwhile_stays_paid", async () => {
		const { payment, url } = await challenge();
		await hooks("drop");
		await answerBank(url, "complete");
		expect(await cancel(payment), 409, "INVALID_STATE");
		await hooks("normal");
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		assert.deepEqual(await shop.types(payment), ["payment.created",
			"payment.requires_action", "payment.succeeded"]);
	});

	await test("a_cancel_without_an_answer_can_be_repeated", async () => {
		const { payment } = await challenge();
		const [{ id }] = await intentsOf(payment);
		await shop.fault("garbage", `/v1/payment_intents/${id}/cancel`,
			{ times: 3 });
		expect(await cancel(payment), 502, "PROVIDER_ERROR");
		await calm();
		assert.equal((await shop.retrieve(payment)).status,
			"requires_action");
		assert.equal(expect(await cancel(payment), 200).status, "canceled");
	});

	// The lost answer said canceled: a look must not call that a failure.
	await test("a_cancel_that_got_lost_is_found", async () => {
		const { payment } = await challenge();
		const [{ id }] = await intentsOf(payment);
		await shop.fault("garbage", `/v1/payment_intents/${id}/cancel`,
			{ times: 3 });
		expect(await cancel(payment), 502, "PROVIDER_ERROR");
		await calm();
		await reconcile();
		assert.equal((await shop.retrieve(payment)).status, "canceled");
		assert.deepEqual(await shop.types(payment), ["payment.created",
			"payment.requires_action", "payment.canceled"]);
	});

	await test("what_is_over_is_not_canceled", async () => {
		for (const number of [CARDS.good, CARDS.declined]) {
			const payment = await shop.create();
			expect(await shop.confirm(payment, card(number)), 200);
			expect(await cancel(payment), 409, "INVALID_STATE");
		}
	});

	await test("a_payer_cannot_cancel", async () => {
		const payment = await shop.create();
		expect(await cancel(payment, { key: payment.client_secret }), 401,
			"UNAUTHORIZED");
		assert.equal((await shop.retrieve(payment)).status,
			"requires_payment_method");
	});

	await test("by_wallet_it_is_canceled_here_alone", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, { type: "soxara_wallet" }), 202);
		assert.equal(expect(await cancel(payment), 200).status, "canceled");
		assert.deepEqual(await calls(payment), []);
	});
}

// What others see of it.
async function views() {
	const live = { key: shop.ours.live.key };

	await test("the_list_can_be_of_one_status", async () => {
		await shop.create();
		await challenge();
		for (const status of ["requires_payment_method", "requires_action",
			"succeeded", "failed", "canceled"]) {
			const all = await shop.all("/v1/payments");
			const some = await shop.all(`/v1/payments?status=${status}`);
			assert.ok(some.length > 0, status);
			assert.deepEqual(some.map(({ id }) => id), all.filter((one) =>
				one.status === status).map(({ id }) => id));
		}
		expect(await shop.get("/v1/payments?status=paid"), 422,
			"VALIDATION_ERROR");
	});

	await test("partners_see_live_payments_and_no_test_ones", async () => {
		const tests = await shop.paid();
		const lives = await shop.create({}, live);
		const names = {};
		for (const payment of [tests, lives])
			names[payment.id] = (await explain(payment))
				.transaction.cliveTxId;
		const { json } = await shop.gateway.get("/transactions?limit=500");
		const ids = json.items.map(({ cliveTxId }) => cliveTxId);
		assert.ok(ids.includes(names[lives.id]));
		assert.ok(!ids.includes(names[tests.id]));
		for (const [payment, status] of [[tests, 404], [lives, 200]])
			assert.equal((await shop.gateway.get(
				`/transactions/${names[payment.id]}`)).status, status);
		for (const path of [`?reference=${tests.id}`,
			`?id=${names[tests.id]}`, `?id=${tests.id}`])
			assert.deepEqual((await shop.gateway.get(
				`/transactions${path}`)).json.items, []);
		// Nor may they give one an intent of their own.
		const attach = await shop.gateway.post("/transactions/attach-intent",
			`attach-${lives.id}`, JSON.stringify({
				clive_tx_id: names[lives.id],
				stripe_payment_intent_id: "pi_abc123" }));
		assert.equal(attach.status, 404);
	});

	await test("operators_see_both_by_either_name", async () => {
		const payment = await shop.paid();
		const lives = await shop.create({}, live);
		const list = async (...args) => (await shop.clive("tx", "list",
			...args, "--limit", "500")).items.map((item) =>
			item.echezonaReference);
		for (const args of [[], ["--partner", PARTNER]]) {
			const references = await list(...args);
			assert.ok(references.includes(payment.id));
			assert.ok(references.includes(lives.id));
		}
		assert.deepEqual(await list("--reference", payment.id),
			[payment.id]);
		const { cliveTxId } = await shop.clive("tx", "show", payment.id);
		const said = await explain(payment);
		assert.equal(said.transaction.cliveTxId, cliveTxId);
		assert.equal(said.payment.id, payment.id);
		assert.equal(said.payment.status, "succeeded");
		assert.deepEqual((await shop.clive("tx", "explain", cliveTxId))
			.payment, said.payment);
	});

	await test("the_story_of_a_payment_has_its_refunds", async () => {
		const payment = await shop.paid();
		const refund = expect(await shop.refund(payment, { amount: 250 }),
			201);
		const { timeline } = await explain(payment);
		const [found] = timeline.filter(({ kind }) => kind === "refund");
		assert.equal(found.refund_id, refund.id);
		assert.equal(found.amount, 2.5);
		const { stdout } = await promisify(execFile)(join(BUILD, "clive"),
			["tx", "explain", payment.id],
			{ env: { ...process.env, CLIVE_VAR: shop.gateway.var } });
		assert.match(stdout, new RegExp(`refund of 2.5 USD \\(${refund.id}`));
		assert.match(stdout, new RegExp(`${payment.id}, succeeded, made ` +
			"with a test key"));
	});

	await test("no_partner_is_told_in_its_own_words", async () => {
		const { timeline } = await explain(await shop.paid());
		assert.deepEqual(timeline.filter(({ kind }) => kind === "event")
			.map(({ type }) => type),
		["payment.created", "payment.succeeded"]);
	});

	await test("books_agree", () => shop.books());
}

// Card numbers

async function scan(folder) {
	try {
		const { stdout } = await promisify(execFile)(
			join(BUILD, "tests/tools/pan-scan"), [folder]);
		return { status: 0, said: stdout };
	} catch (error) {
		return { status: error.code, said: error.stdout + error.stderr };
	}
}

async function numbers() {
	await test("a_live_key_takes_no_card_number", async () => {
		const options = { key: shop.ours.live.key };
		const payment = await shop.create({}, options);
		for (const number of [CARDS.good, "4539578763621486"])
			for (const idem of [undefined, `pan-${number.slice(-4)}`]) {
				const { details } = expect(await shop.confirm(payment,
					card(number), { options: { ...options, idem } }), 422,
				"VALIDATION_ERROR");
				assert.equal(details.field, "payment_method.card.number");
				assert.ok(!JSON.stringify(details).includes(number));
			}
		assert.deepEqual(await calls(payment), []);
	});

	await test("no_card_number_is_left_anywhere", async () => {
		const { status, said } = await scan(shop.gateway.var);
		assert.equal(status, 0, said);
	});
}

// A gateway in live mode: both kinds of payments go to the processors of
// their own, here the same stand-in, and events are told apart.
async function liveMode() {
	const gateway = await Gateway.make({ mode: "live",
		rate_limit_per_minute: 0, processor_timeout_ms: TIMEOUT_MS,
		stripe_api_base: "http://127.0.0.1:9",
		stripe_secret_key: "sk_live_none",
		stripe_publishable_key: "pk_live_none",
		stripe_test_api_base: shop.sandbox,
		stripe_test_secret_key: "sk_test_acceptance",
		stripe_test_publishable_key: "pk_test_acceptance" });
	const two = new Shop();
	two.gateway = gateway;
	two.url = gateway.url;
	two.sandbox = shop.sandbox;
	two.ours = await two.merchant(PARTNER, CLIENT);
	await gateway.serve();
	const refs = async (payment) => (await two.clive("tx", "show",
		payment.id)).processorReference;
	const tell = (type, ref, livemode) => {
		const event = JSON.parse(stripeEvent(type, ref, 12.5, "USD"));
		event.livemode = livemode;
		return gateway.stripe(JSON.stringify(event));
	};

	await test("in_live_mode_a_test_key_pays_in_test_mode", async () => {
		const payment = await two.paid();
		const ref = await refs(payment);
		assert.equal((await two.stripe("GET", `/payment_intents/${ref}`))
			.json.status, "succeeded");
		const said = await tell("payment_intent.succeeded", ref, false);
		assert.equal(said.status, 200, JSON.stringify(said));
	});

	await test("a_live_key_does_not_reach_the_test_mode", async () => {
		const options = { key: two.ours.live.key };
		const payment = await two.create({}, options);
		expect(await two.confirm(payment, { type: "card" }, { options }),
			502, "PROVIDER_ERROR");
	});

	await test("events_of_the_other_mode_are_kept_apart", async () => {
		const payment = await two.paid();
		const ref = await refs(payment);
		const live = await tell("charge.dispute.created", ref, true);
		assert.equal(live.status, 202);
		assert.equal((await two.retrieve(payment)).disputed, false);
		const tests = await tell("charge.dispute.created", ref, false);
		assert.equal(tests.status, 200);
		assert.equal((await two.retrieve(payment)).disputed, true);
		// A test event about nothing that we know is none of ours.
		assert.equal((await tell("payment_intent.succeeded", "pi_x1",
			false)).status, 202);
		assert.equal((await tell("payment_intent.succeeded", "pi_x2",
			true)).status, 404);
		// Payments of partners are live.
		const partners = await gateway.payment("EZ-1", "12.5");
		assert.equal((await tell("payment_intent.succeeded",
			partners.intent, false)).status, 202);
		assert.equal((await tell("payment_intent.succeeded",
			partners.intent, true)).status, 200);
		await two.books();
	});
}

await run("intents", async () => {
	shop = await Shop.start({ processor_timeout_ms: TIMEOUT_MS });
	for (const part of [methods, lost, cancels, views, numbers, liveMode])
		await part();
});

// SPDX-License-Identifier: ISC
// idempotency.test.mjs - the rules of X-Idempotency-Key: one key, one answer,
// byte for byte, for a day; told apart by merchant and mode; what may not be
// kept; and what is answered while the first request still runs.

import assert from "node:assert/strict";

import { eventually, run, test } from "../lib.mjs";
import { CARDS, DAY, MINUTE, SECOND, Shop, card, expect, momo, tally, together,
	unique } from "./kit.mjs";

const SLOW_MS = 3500;	// more than the gateway lets the second one wait

// The same answer, to the byte; only the second is marked as told again.
function same(again, first) {
	assert.equal(again.status, first.status);
	assert.equal(again.text, first.text);
	assert.equal(again.headers["idempotent-replayed"], "true");
	assert.equal(first.headers["idempotent-replayed"], undefined);
	assert.notEqual(again.headers["x-trace-id"],
		first.headers["x-trace-id"]);
}

const conflict = (answer) => assert.equal(expect(answer, 409,
	"IDEMPOTENCY_CONFLICT").message,
	"Idempotency key already used with a different request body.");

async function replays(shop) {
	const payments = async (options) =>
		(await shop.all("/v1/payments", options)).length;
	const create = (idem, more = {}, options = {}) => shop.post(
		"/v1/payments", shop.order(more), { idem, ...options });

	await test("a_success_is_told_again", async () => {
		const idem = unique();
		const first = await create(idem);
		expect(first, 201);
		const before = await payments();
		same(await create(idem), first);
		assert.equal(await payments(), before);
	});

	await test("it_is_told_as_it_was_even_after_it_changed", async () => {
		const idem = unique();
		const first = await create(idem);
		const made = expect(first, 201);
		expect(await shop.confirm(made, card(CARDS.good)), 200);
		same(await create(idem), first);
	});

	for (const [name, body, status] of [
		["wrong_value", '{"amount":-10,"currency":"USD"}', 422],
		["missing_field", '{"amount":1}', 400],
		["bad_json", '{"amount":', 400]])
		await test(`a_failure_of_${name}_is_told_again`, async () => {
			const idem = unique();
			const first = await shop.post("/v1/payments", body, { idem });
			expect(first, status, first.json.error.code);
			const again = await shop.post("/v1/payments", body, { idem });
			assert.equal(again.status, status);
			assert.equal(again.text, first.text);
		});

	await test("a_refusal_by_state_is_told_again", async () => {
		const idem = unique();
		const payment = await shop.create();
		const first = await shop.refund(payment, {}, { idem });
		expect(first, 409, "INVALID_STATE");
		expect(await shop.confirm(payment, card(CARDS.good)), 200);
		same(await shop.refund(payment, {}, { idem }), first);
		expect(await shop.refund(payment, {}, { idem: unique() }), 201);
	});

	await test("a_decline_is_told_again", async () => {
		const idem = unique(), payment = await shop.create();
		const { charges: before } = await shop.counts();
		const options = { idem };
		const first = await shop.confirm(payment, card(CARDS.declined),
			{ options });
		assert.equal(expect(first, 200).status, "failed");
		const { charges: between } = await shop.counts();
		same(await shop.confirm(payment, card(CARDS.declined),
			{ options }), first);
		assert.deepEqual([between, (await shop.counts()).charges],
			[before + 1, before + 1]);
	});

	await test("a_refund_is_told_again_and_made_once", async () => {
		const idem = unique(), payment = await shop.paid();
		const first = await shop.refund(payment, { amount: 100 }, { idem });
		expect(first, 201);
		same(await shop.refund(payment, { amount: 100 }, { idem }), first);
		assert.equal((await shop.retrieve(payment)).amount_refunded, 100);
	});

	await test("an_endpoint_is_told_again_with_its_secret", async () => {
		const idem = unique(), body = { url: "http://127.0.0.1:9/x",
			events: ["payment.succeeded"] };
		const first = await shop.post("/v1/webhook-endpoints", body,
			{ idem });
		assert.match(expect(first, 201).signing_secret, /^whsec_/);
		same(await shop.post("/v1/webhook-endpoints", body, { idem }),
			first);
	});

	await test("changes_and_deletions_are_told_again", async () => {
		const { id } = await shop.endpoint("http://127.0.0.1:9/x");
		const path = `/v1/webhook-endpoints/${id}`, idem = unique();
		const change = (url) => shop.call("PATCH", path, { idem,
			body: { url } });
		const first = await change("http://127.0.0.1:9/y");
		expect(first, 200);
		same(await change("http://127.0.0.1:9/y"), first);
		conflict(await change("http://127.0.0.1:9/z"));
		const end = { idem: unique() };
		const gone = await shop.call("DELETE", path, end);
		expect(gone, 200);
		same(await shop.call("DELETE", path, end), gone);
		expect(await shop.call("DELETE", path), 404, "NOT_FOUND");
	});

	await test("a_resend_with_one_key_is_one", async () => {
		const hook = await shop.receiver(["payment.created"]);
		const payment = await shop.create(), options = { idem: unique() };
		await shop.deliver();
		const [{ id }] = await shop.events(payment);
		const first = await shop.post(`/v1/events/${id}/resend`, undefined,
			options);
		assert.ok(first.status < 300, first.text);
		same(await shop.post(`/v1/events/${id}/resend`, undefined,
			options), first);
		await shop.deliver();
		assert.equal(hook.got.filter(({ raw }) => raw.includes(payment.id))
			.length, 2);
	});

	await test("another_body_is_a_conflict", async () => {
		const idem = unique();
		const first = await create(idem);
		expect(first, 201);
		conflict(await create(idem, { amount: 1251 }));
		// Bytes count, not meaning.
		const { amount, ...rest } = shop.order();
		conflict(await shop.post("/v1/payments",
			{ ...rest, amount }, { idem }));
		conflict(await shop.post("/v1/payments",
			`${JSON.stringify(shop.order())} `, { idem }));
		same(await create(idem), first);
	});

	await test("another_path_is_a_conflict", async () => {
		const idem = unique(), one = await shop.paid(),
			other = await shop.paid();
		const body = JSON.stringify({ payment: one.id, amount: 1 });
		const first = await shop.post("/v1/refunds", body, { idem });
		expect(first, 201);
		conflict(await shop.post("/v1/payments", body, { idem }));
		const key = unique();
		expect(await shop.post(`/v1/payments/${one.id}/cancel`, "{}",
			{ idem: key }), 409, "INVALID_STATE");
		conflict(await shop.post(`/v1/payments/${other.id}/cancel`, "{}",
			{ idem: key }));
	});

	await test("merchants_and_modes_share_no_keys", async () => {
		const idem = unique();
		const ids = new Set();
		for (const merchant of [shop.ours, shop.sibling, shop.stranger])
			for (const { key } of [merchant.test, merchant.live])
				ids.add(expect(await create(idem, {}, { key }), 201).id);
		assert.equal(ids.size, 6);
		// Two keys of one merchant do.
		const first = await create(idem);
		const { key } = await shop.ours.addKey();
		assert.equal((await create(idem, {}, { key })).text, first.text);
	});

	await test("what_may_not_be_kept_is_not", async () => {
		const idem = unique();
		expect(await create(idem, {}, { key: "sxm_test_wrong" }), 401,
			"UNAUTHORIZED");
		expect(await create(idem), 201);
	});

	await test("a_processors_trouble_is_not_kept", async () => {
		const payment = await shop.create(), idem = unique();
		await shop.fault("reset_before", "/v1/payment_intents",
			{ times: 20 });
		const options = { idem };
		expect(await shop.confirm(payment, card(CARDS.good), { options }),
			502, "PROVIDER_ERROR");
		await shop.control("DELETE", "/faults");
		await shop.advance(5 * MINUTE);
		assert.equal(expect(await shop.confirm(payment, card(CARDS.good),
			{ options }), 200).status, "succeeded");
		assert.deepEqual((await shop.types(payment)).filter((type) =>
			type === "payment.succeeded").length, 1);
	});

	await test("keys_are_told_apart_by_case", async () => {
		const idem = unique("Key");
		const first = expect(await create(idem), 201);
		const second = expect(await create(idem.toLowerCase()), 201);
		assert.notEqual(first.id, second.id);
	});

	await test("reads_take_no_key", async () => {
		const idem = unique(), payment = await shop.create();
		const path = `/v1/payments/${payment.id}`;
		const before = await shop.get(path, { idem });
		expect(before, 200);
		expect(await shop.confirm(payment, card(CARDS.good)), 200);
		assert.equal(expect(await shop.get(path, { idem }), 200).status,
			"succeeded");
	});
}

async function whileItRuns(shop) {
	const running = (answer) => {
		expect(answer, 409, "IDEMPOTENCY_CONFLICT");
		assert.equal(answer.headers["retry-after"], "1");
	};
	// A call whose processor is slow, once it waits for that: the fault that
	// was ordered is used up then.
	const begin = async (match, work) => {
		await shop.fault("delay", match, { ms: SLOW_MS });
		const call = work();
		await eventually("the processor is asked", async () =>
			(await shop.control("GET", "/faults")).items.length === 0);
		return { answer: call };
	};

	await test("confirm_again_while_it_runs_is_a_conflict", async () => {
		const payment = await shop.create(), options = { idem: unique() };
		const { charges: before } = await shop.counts();
		const first = await begin("/v1/payment_intents", () =>
			shop.confirm(payment, card(CARDS.good), { options }));
		const second = await shop.confirm(payment, card(CARDS.good),
			{ options });
		running(second);
		// Another key meets the payment at work, which is not kept.
		const busy = { idem: unique() };
		for (let i = 0; i < 2; i++) {
			const third = await shop.confirm(payment, card(CARDS.good),
				{ options: busy });
			expect(third, 409, "INVALID_STATE");
			assert.match(third.headers["retry-after"] ?? "", /^\d+$/);
			assert.equal(third.headers["idempotent-replayed"],
				undefined);
		}
		const done = await first.answer;
		assert.equal(expect(done, 200).status, "succeeded");
		same(await shop.confirm(payment, card(CARDS.good), { options }),
			done);
		assert.equal((await shop.counts()).charges, before + 1);
	});

	await test("cancel_meets_a_confirm_that_runs", async () => {
		const payment = await shop.create();
		const first = await begin("/v1/payment_intents", () =>
			shop.confirm(payment, card(CARDS.good)));
		expect(await shop.post(`/v1/payments/${payment.id}/cancel`), 409,
			"INVALID_STATE");
		assert.equal(expect(await first.answer, 200).status, "succeeded");
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
	});

	await test("refund_again_while_it_runs_is_a_conflict", async () => {
		const payment = await shop.paid(), options = { idem: unique() };
		const first = await begin("/v1/refunds", () =>
			shop.refund(payment, { amount: 7 }, options));
		running(await shop.refund(payment, { amount: 7 }, options));
		const done = await first.answer;
		expect(done, 201);
		same(await shop.refund(payment, { amount: 7 }, options), done);
		await shop.quiet();
		assert.equal((await shop.retrieve(payment)).amount_refunded, 7);
	});

	await test("one_key_32_times_at_once_makes_one", async () => {
		const idem = unique(), body = shop.order({ amount: 4321 });
		const answers = await together(32, () => shop.post("/v1/payments",
			body, { idem }));
		const made = answers.filter(({ status }) => status === 201);
		assert.ok(made.length >= 1, JSON.stringify(tally(answers)));
		assert.equal(new Set(made.map(({ text }) => text)).size, 1);
		assert.equal(made.filter(({ headers }) =>
			!headers["idempotent-replayed"]).length, 1);
		for (const answer of answers)
			if (answer.status !== 201)
				running(answer);
		assert.equal((await shop.all("/v1/payments")).filter(
			({ amount }) => amount === 4321).length, 1);
	});
}

async function aDay(shop) {
	await test("after_a_day_a_key_is_new", async () => {
		const idem = unique(), other = shop.order({ amount: 77 });
		const first = await shop.post("/v1/payments", shop.order(),
			{ idem });
		const { id } = expect(first, 201);
		await shop.advance(DAY - 5 * MINUTE);
		same(await shop.post("/v1/payments", shop.order(), { idem }),
			first);
		conflict(await shop.post("/v1/payments", other, { idem }));
		await shop.advance(6 * MINUTE);
		const fresh = expect(await shop.post("/v1/payments", other,
			{ idem }), 201);
		assert.notEqual(fresh.id, id);
		assert.equal(fresh.amount, 77);
		conflict(await shop.post("/v1/payments", shop.order(), { idem }));
	});

	await test("the_sweep_drops_nothing_that_is_good", async () => {
		const idem = unique();
		const first = await shop.post("/v1/payments", shop.order(),
			{ idem });
		expect(first, 201);
		for (const ms of [DAY / 2, DAY / 2 - 5 * MINUTE]) {
			await shop.advance(ms);
			await shop.program("sweep");
			await shop.program("sweep");
			same(await shop.post("/v1/payments", shop.order(), { idem }),
				first);
		}
	});
}

await run("idempotency", async () => {
	const shop = await Shop.start({ processor_timeout_ms: 8 * SECOND });
	await replays(shop);
	await whileItRuns(shop);
	await aDay(shop);
	await test("momo_is_asked_once_for_one_key", async () => {
		const payment = await shop.create(), options = { idem: unique() };
		const first = await shop.confirm(payment, momo("+231881111000"),
			{ options });
		expect(first, 202);
		same(await shop.confirm(payment, momo("+231881111000"),
			{ options }), first);
	});
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});

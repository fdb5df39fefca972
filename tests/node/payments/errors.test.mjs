// SPDX-License-Identifier: ISC
// errors.test.mjs - every refusal that the page of errors names, with status,
// code and details; what is missing and what is wrong; lists; cancel; refunds
// that may not be. That each answer has its envelope and its trace id is
// looked at by the kit.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";

import { BUILD, CLIENT, PARTNER, run, test } from "../lib.mjs";
import { CARDS, SECOND, Shop, card, expect, momo, together, tally, unique }
	from "./kit.mjs";

const GOOD = card(CARDS.good);

// The error, which is about this field.
function about(answer, status, code, field) {
	const error = expect(answer, status, code);
	assert.equal(error.details?.field, field, answer.text);
	return error;
}

async function creation(shop) {
	const create = (text) => shop.post("/v1/payments", text);
	const withAmount = (spelt) => create(
		`{"amount":${spelt},"currency":"USD"}`);

	await test("minus_ten_is_refused_as_the_page_says", async () => {
		const { details, message } = about(await withAmount("-10"), 422,
			"VALIDATION_ERROR", "amount");
		assert.equal(details.received, -10);
		assert.ok(message.length > 3);
	});

	await test("12.50_is_refused", async () => {
		const answer = await withAmount("12.50");
		about(answer, 422, "VALIDATION_ERROR", "amount");
		assert.match(answer.text, /"received":"?12\.50"?[,}]/);
	});

	for (const spelt of ["0", "-1", '"1250"', "1e3", "1.0", "true", "[]",
		"{}", '"12.50"', "-0"])
		await test(`amount_${spelt}_is_refused`, async () => about(
			await withAmount(spelt), 422, "VALIDATION_ERROR", "amount"));

	for (const spelt of ["100000000", "9223372036854775808",
		"1000000000000000000000000000000"])
		await test(`amount_${spelt}_is_too_large`, async () => about(
			await withAmount(spelt), 422, "AMOUNT_TOO_LARGE", "amount"));

	for (const amount of [1, 99999999])
		await test(`amount_${amount}_is_taken`, async () =>
			assert.equal((await shop.create({ amount })).amount, amount));

	for (const currency of ["USD", "LRD", "TZS"])
		await test(`takes_${currency}`, async () => {
			const made = await shop.create({ currency, amount: 100000 });
			assert.equal(made.currency, currency);
		});

	for (const currency of ["EUR", "usd", "US", "USDX", "", "840"])
		await test(`currency_${currency}_is_invalid`, async () => about(
			await create(JSON.stringify(shop.order({ currency }))), 422,
			"INVALID_CURRENCY", "currency"));

	await test("a_currency_that_is_a_number_is_422", async () => {
		const answer = await create('{"amount":1250,"currency":840}');
		assert.equal(answer.status, 422, answer.text);
		assert.equal(answer.json.error.details.field, "currency");
	});

	for (const [name, text, field] of [
		["everything", "{}", "amount"],
		["amount", '{"currency":"USD"}', "amount"],
		["currency", '{"amount":1250}', "currency"]])
		await test(`missing_${name}_is_400`, async () => about(
			await create(text), 400, "VALIDATION_ERROR", field));

	await test("the_first_wrong_field_is_named", async () => about(
		await create('{"metadata":[],"currency":"EUR","amount":-1}'), 422,
		"VALIDATION_ERROR", "amount"));

	for (const [field, value] of [["description", 5],
		["description", "x".repeat(501)], ["metadata", []],
		["metadata", "x"], ["metadata", 1]])
		await test(`${field}_${typeof value}_is_refused`, async () => about(
			await create(JSON.stringify(shop.order({ [field]: value }))),
			422, "VALIDATION_ERROR", field));

	for (const [name, text] of [["cut", '{"amount":1250,'], ["empty", ""],
		["array", "[]"], ["text", '"x"'], ["null", "null"],
		["tail", '{"amount":1250,"currency":"USD"}x'],
		["single quotes", "{'amount':1250}"]])
		await test(`body_that_is_${name}_is_400`, async () => expect(
			await create(text), 400, "BAD_REQUEST"));

	await test("body_that_is_not_utf8_is_400", async () => expect(
		await create(Buffer.from('{"amount":1,"currency":"USD",' +
			'"description":"\xff"}', "latin1")), 400, "BAD_REQUEST"));

	await test("metadata_comes_back_as_it_was_spelt", async () => {
		const metadata = '{"b":1.50,"a":{"é":"\\u00e9 / \\/"},"n":null}';
		const { id } = expect(await create(
			`{"amount":1,"currency":"USD","metadata":${metadata}}`), 201);
		const { text } = await shop.get(`/v1/payments/${id}`);
		assert.ok(text.includes(`"metadata":${metadata}`), text);
		const [{ data }] = await shop.events({ id });
		assert.deepEqual(data.object.metadata, JSON.parse(metadata));
	});

	await test("a_new_payment_is_whole", async () => {
		const made = await shop.create();
		assert.deepEqual(Object.keys(made), ["id", "object", "status",
			"amount", "currency", "amount_refunded", "description",
			"metadata", "livemode", "payment_method", "next_action",
			"failure", "return_url", "disputed", "created_at",
			"updated_at", "client_secret"]);
		assert.deepEqual([made.object, made.amount_refunded,
			made.description, made.metadata, made.livemode,
			made.payment_method, made.next_action, made.failure,
			made.disputed], ["payment", 0, "Order #A-1001",
			{ order_id: "A-1001" }, false, null, null, null, false]);
		assert.match(made.created_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
		assert.deepEqual(await shop.retrieve(made), made);
	});

	await test("only_two_fields_are_needed", async () => {
		const made = expect(await create('{"amount":1,"currency":"LRD"}'),
			201);
		assert.equal(made.description, null);
		assert.deepEqual(made.metadata, {});
	});
}

async function keys(shop) {
	const whose = shop.ours.test;
	const is401 = async (options) => {
		const error = expect(await shop.get("/v1/payments", options), 401,
			"UNAUTHORIZED");
		assert.equal(error.message,
			"Missing or malformed merchant API key.");
	};
	const tail = whose.key.slice(-32), head = whose.key.slice(0, -32);
	const other = (text) => (text[0] === "a" ? "b" : "a") + text.slice(1);

	await test("a_key_looks_as_the_page_says", () => {
		assert.match(whose.key, /^sxm_test_[A-Za-z0-9]{40}$/);
		assert.match(shop.ours.live.key, /^sxm_live_[A-Za-z0-9]{40}$/);
		assert.match(whose.id, /^mk_/);
	});

	for (const [name, headers] of [["no_header", {}],
		["no_token", { authorization: "Bearer" }],
		["empty_token", { authorization: "Bearer " }],
		["basic", { authorization: `Basic ${whose.key}` }],
		["bare", { authorization: whose.key }],
		["short", { authorization: `Bearer ${whose.key.slice(0, -1)}` }],
		["long", { authorization: `Bearer ${whose.key}a` }],
		["wrong_tail",
			{ authorization: `Bearer ${head}${other(tail)}` }],
		["unknown",
			{ authorization: `Bearer sxm_test_${"a".repeat(40)}` }],
		["other_mode", { authorization:
			`Bearer ${whose.key.replace("test", "live")}` }],
		["other_scheme", { authorization:
			`Bearer ${whose.key.replace("sxm", "sk")}` }],
		["partners_key",
			{ "x-api-key": shop.gateway.key.api_key }]])
		await test(`key_${name}_is_401`, () =>
			is401({ key: null, headers }));

	await test("a_wrong_key_changes_nothing", async () => {
		const before = (await shop.all("/v1/payments")).length;
		expect(await shop.post("/v1/payments", shop.order(),
			{ key: head + other(tail) }), 401, "UNAUTHORIZED");
		assert.equal((await shop.all("/v1/payments")).length, before);
	});

	await test("a_revoked_key_is_401", async () => {
		const second = await shop.ours.addKey();
		expect(await shop.get("/v1/payments", { key: second.key }), 200);
		const answer = await shop.post(
			`/v1/merchant/api-keys/${second.id}/revoke`);
		assert.equal(answer.status, 200, answer.text);
		await shop.advance(31 * SECOND);
		await is401({ key: second.key });
		expect(await shop.get("/v1/payments"), 200);
	});

	await test("a_key_may_revoke_itself", async () => {
		const second = await shop.ours.addKey();
		const { key, id } = second;
		assert.equal((await shop.post(`/v1/merchant/api-keys/${id}/revoke`,
			undefined, { key })).status, 200);
		await shop.advance(31 * SECOND);
		await is401({ key });
	});

	await test("without_the_scope_it_is_403", async () => {
		const { key } = await shop.ours.addKey(false, "payments:read");
		const payment = await shop.create();
		expect(await shop.get("/v1/payments", { key }), 200);
		expect(await shop.get(`/v1/payments/${payment.id}`, { key }), 200);
		expect(await shop.post("/v1/payments", shop.order(), { key }), 403,
			"FORBIDDEN");
		expect(await shop.post(`/v1/payments/${payment.id}/cancel`,
			undefined, { key }), 403, "FORBIDDEN");
		expect(await shop.refund(payment, {}, { key }), 403, "FORBIDDEN");
		expect(await shop.get("/v1/events", { key }), 403, "FORBIDDEN");
		expect(await shop.get("/v1/webhook-endpoints", { key }), 403,
			"FORBIDDEN");
		assert.equal((await shop.retrieve(payment)).status,
			"requires_payment_method");
	});

	await test("the_word_bearer_may_be_spelt_as_one_likes", async () =>
		expect(await shop.get("/v1/payments", { key: null, headers:
			{ authorization: `bEARER ${whose.key}` } }), 200));

	for (const [key, env] of [[shop.ours.test.key, "test"],
		[shop.ours.live.key, "live"]])
		await test(`says_that_it_is_${env}`, async () => {
			const { headers } = await shop.get("/v1/payments", { key });
			assert.equal(headers["x-soxara-env"], env);
		});
}

async function paths(shop) {
	for (const path of ["/v1/payments/pi_none", "/v1/refunds/re_none",
		"/v1/webhook-endpoints/we_none", "/v1/events/evt_none",
		"/v1/wallets/wal_none", "/v1/transfers/tr_none", "/v1/nothing",
		"/v1/payments/pi_none/nothing", "/v1",
		"/v1/payments/..%2f..%2fclive.conf", "/v1/payments/%00"])
		await test(`get_${path.slice(4)}_is_404`, async () => {
			const answer = await shop.get(path, { unjudged: true });
			assert.ok([400, 404].includes(answer.status), answer.text);
			if (!path.includes("%"))
				expect(await shop.get(path), 404, "NOT_FOUND");
		});

	for (const verb of ["confirm", "cancel"])
		await test(`${verb}_of_nothing_is_404`, async () => expect(
			await shop.post(`/v1/payments/pi_none/${verb}`,
				{ payment_method: GOOD }), 404, "NOT_FOUND"));

	await test("a_refund_of_nothing_is_404", async () => expect(
		await shop.refund({ id: "pi_none" }), 404, "NOT_FOUND"));

	await test("capture_is_404", async () => {
		const payment = await shop.create();
		expect(await shop.post(`/v1/payments/${payment.id}/capture`), 404,
			"NOT_FOUND");
	});

	await test("fx_is_not_offered", async () => {
		const { code } = expect(await shop.get("/v1/fx/quote?from=USD&" +
			"to=LRD&amount=100"), 501, "NOT_IMPLEMENTED");
		assert.equal(code, "NOT_IMPLEMENTED");
	});

	for (const [method, path] of [["PUT", "/v1/payments"],
		["DELETE", "/v1/payments"], ["PATCH", "/v1/payments/pi_none"],
		["POST", "/v1/events"], ["DELETE", "/v1/refunds/re_none"]])
		await test(`${method}_${path.slice(4)}_is_405`, async () => {
			const answer = await shop.call(method, path, { body: {} });
			assert.equal(answer.status, 405, answer.text);
			assert.match(answer.headers.allow ?? "", /GET/);
		});
}

async function confirming(shop) {
	const refused = (name, method, status, code, field, more = {}) =>
		test(`confirm_${name}_is_${status}`, async () => {
			const payment = await shop.create(more);
			const answer = await shop.confirm(payment, method);
			about(answer, status, code, field);
			assert.ok(!/4111111111111111|4242424242424241|"99"|"12a"/
				.test(answer.text), answer.text);
			assert.equal((await shop.retrieve(payment)).status,
				"requires_payment_method");
		});
	const wrong = "VALIDATION_ERROR";

	await refused("of_no_method", undefined, 400, wrong, "payment_method");
	await refused("of_no_type", {}, 400, wrong, "payment_method.type");
	await refused("of_text", "card", 422, wrong, "payment_method");
	await refused("of_cash", { type: "cash" }, 422, wrong,
		"payment_method.type");
	await refused("without_card", { type: "card" }, 400, wrong,
		"payment_method.card");
	await refused("without_number", card(undefined), 400, wrong,
		"payment_method.card.number");
	await refused("of_another_card", card("4111111111111111"), 422, wrong,
		"payment_method.card.number");
	await refused("of_a_typo", card("4242424242424241"), 422, wrong,
		"payment_method.card.number");
	await refused("without_expiry", card(CARDS.good,
		{ exp_month: undefined }), 400, wrong,
		"payment_method.card.exp_month");
	await refused("of_month_13", card(CARDS.good, { exp_month: 13 }), 422,
		wrong, "payment_method.card.exp_month");
	await refused("of_a_past_year", card(CARDS.good, { exp_year: 2020 }),
		422, wrong, "payment_method.card.exp_year");
	await refused("of_a_short_code", card(CARDS.good, { cvc: "12" }), 422,
		wrong, "payment_method.card.cvc");
	await refused("without_momo", { type: "momo" }, 400, wrong,
		"payment_method.momo");
	await refused("without_phone", momo(undefined), 400, wrong,
		"payment_method.momo.phone_number");
	await refused("of_airtel", momo("+231881158457", "airtel"), 422, wrong,
		"payment_method.momo.provider");
	for (const phone of ["0881158457", "231881158457", "+23188115845",
		"+2318811584570", "+232881158457", "+231 881158457", "",
		"+231881158 57", "+23188115845a"])
		await refused(`of_phone_${phone}`, momo(phone), 422,
			"INVALID_PHONE_NUMBER",
			"payment_method.momo.phone_number");
	await refused("of_49_cents", GOOD, 422, "AMOUNT_TOO_SMALL", "amount",
		{ amount: 49 });
	await refused("of_99_lrd", GOOD, 422, "AMOUNT_TOO_SMALL", "amount",
		{ amount: 9999, currency: "LRD" });
	for (const [amount, currency] of [[50, "USD"], [10000, "LRD"]])
		await test(`card_takes_${amount}_${currency}`, async () => {
			const payment = await shop.create({ amount, currency });
			expect(await shop.confirm(payment, GOOD), 200);
		});

	for (const url of ["javascript:alert(1)", "ftp://x.example/", "x", 7,
		`https://shop.example/?${"\u{1F600}".repeat(500)}`])
		await test(`return_url_${String(url).slice(0, 24)}_is_refused`,
			async () => about(await shop.confirm(await shop.create(), GOOD,
				{ return_url: url }), 422, wrong, "return_url"));

	await test("numbers_with_blanks_and_short_years_are_taken", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, card("4242 4242 4242 4242",
			{ exp_month: "12", exp_year: "40" })), 200);
	});

	await test("a_live_key_takes_no_card_number", async () => {
		const { key } = shop.ours.live;
		const payment = await shop.create({}, { key });
		const answer = await shop.confirm(payment, GOOD,
			{ options: { key } });
		about(answer, 422, wrong, "payment_method.card.number");
		assert.ok(!answer.text.includes("4242"));
	});

	await test("a_live_key_has_no_sandbox_momo", async () => {
		const { key } = shop.ours.live;
		const payment = await shop.create({}, { key });
		about(await shop.confirm(payment, momo("+231881158457"),
			{ options: { key } }), 422, wrong, "payment_method.type");
	});

	await test("wallet_of_an_unknown_phone_is_403", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, { type: "soxara_wallet",
			soxara_wallet: { phone_number: "+231999999999" } }), 403,
			"FORBIDDEN");
	});

	await test("confirm_while_the_bank_asks_is_409", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, card(CARDS.asks),
			{ return_url: "https://shop.example/" }), 202);
		expect(await shop.confirm(payment, GOOD), 409, "INVALID_STATE");
		assert.equal((await shop.retrieve(payment)).status,
			"requires_action");
	});

	await test("confirm_of_a_paid_one_is_409", async () => {
		const payment = await shop.paid();
		expect(await shop.confirm(payment, GOOD), 409, "INVALID_STATE");
		expect(await shop.confirm(payment, momo("+231881158457")), 409,
			"INVALID_STATE");
	});
}

async function canceling(shop) {
	const cancel = (payment, options) => shop.post(
		`/v1/payments/${payment.id}/cancel`, undefined, options);

	await test("cancel_at_once_and_again", async () => {
		const payment = await shop.create();
		const first = expect(await cancel(payment), 200);
		assert.equal(first.status, "canceled");
		await shop.advance(60 * SECOND);
		assert.deepEqual(expect(await cancel(payment), 200), first);
		expect(await shop.confirm(payment, GOOD), 409, "INVALID_STATE");
		assert.deepEqual(await shop.types(payment),
			["payment.created", "payment.canceled"]);
	});

	await test("cancel_takes_an_empty_object", async () => expect(
		await shop.post(`/v1/payments/${(await shop.create()).id}/cancel`,
			{}), 200));

	await test("cancel_while_the_bank_asks", async () => {
		const payment = await shop.create();
		const { next_action: { redirect_to_url: { url } } } = expect(
			await shop.confirm(payment, card(CARDS.asks),
				{ return_url: "https://shop.example/" }), 202);
		assert.equal(expect(await cancel(payment), 200).status,
			"canceled");
		const { charges_succeeded: before } = await shop.counts();
		const page = await fetch(url, { method: "POST",
			redirect: "manual", body: "action=complete", headers: {
			"content-type": "application/x-www-form-urlencoded" } });
		assert.ok(page.status >= 400, page.status);
		await shop.quiet();
		assert.equal((await shop.counts()).charges_succeeded, before);
		assert.equal((await shop.retrieve(payment)).status, "canceled");
	});

	await test("cancel_of_momo_that_waits", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, momo("+231881158457")), 202);
		assert.equal(expect(await cancel(payment), 200).status,
			"canceled");
		await shop.advance(120 * SECOND);
		await shop.reconcile();
		assert.equal((await shop.retrieve(payment)).status, "canceled");
		assert.deepEqual(await shop.types(payment), ["payment.created",
			"payment.requires_action", "payment.canceled"]);
	});

	await test("cancel_of_a_paid_or_failed_one_is_409", async () => {
		expect(await cancel(await shop.paid()), 409, "INVALID_STATE");
		const failed = await shop.create();
		expect(await shop.confirm(failed, card(CARDS.declined)), 200);
		expect(await cancel(failed), 409, "INVALID_STATE");
	});

	await test("a_payer_cannot_cancel", async () => {
		const payment = await shop.create();
		expect(await cancel(payment, { key: payment.client_secret }), 401,
			"UNAUTHORIZED");
		expect(await cancel(payment, { key: null, body: { client_secret:
			payment.client_secret } }), 401, "UNAUTHORIZED");
		assert.equal((await shop.retrieve(payment)).status,
			"requires_payment_method");
	});
}

async function refunding(shop) {
	await test("refunds_need_a_payment_that_succeeded", async () => {
		const made = await shop.create();
		expect(await shop.refund(made), 409, "INVALID_STATE");
		expect(await shop.confirm(made, card(CARDS.declined)), 200);
		expect(await shop.refund(made), 409, "INVALID_STATE");
	});

	for (const alias of ["payment", "payment_id", "payment_intent"])
		await test(`refund_takes_${alias}`, async () => {
			const { id } = await shop.paid();
			const made = expect(await shop.post("/v1/refunds",
				{ [alias]: id }), 201);
			assert.deepEqual([made.payment, made.amount], [id, 1250]);
		});

	await test("what_is_left_is_the_default", async () => {
		const payment = await shop.paid();
		expect(await shop.refund(payment, { amount: 250 }), 201);
		assert.equal(expect(await shop.refund(payment), 201).amount, 1000);
		assert.equal((await shop.retrieve(payment)).amount_refunded, 1250);
		about(await shop.refund(payment, { amount: 1 }), 422,
			"AMOUNT_TOO_LARGE", "amount");
		const more = await shop.refund(payment);
		assert.ok(["409 INVALID_STATE", "422 AMOUNT_TOO_LARGE"].includes(
			`${more.status} ${more.json.error.code}`), more.text);
	});

	await test("more_than_the_payment_is_too_large", async () => {
		const payment = await shop.paid();
		about(await shop.refund(payment, { amount: 1251 }), 422,
			"AMOUNT_TOO_LARGE", "amount");
		assert.equal((await shop.retrieve(payment)).amount_refunded, 0);
	});

	for (const amount of [0, -1, 12.5, "100"])
		await test(`refund_of_${typeof amount}_${amount}_is_422`, async () =>
			about(await shop.refund(await shop.paid(), { amount }), 422,
				"VALIDATION_ERROR", "amount"));

	await test("refund_without_payment_is_400", async () => about(
		await shop.post("/v1/refunds", { amount: 1 }), 400,
		"VALIDATION_ERROR", "payment"));

	await test("a_refund_keeps_what_it_was_given", async () => {
		const payment = await shop.paid();
		const made = expect(await shop.refund(payment, { amount: 3,
			reason: "too late", metadata: { case: "7" } }), 201);
		const { client_secret: secret, ...seen } = expect(await shop.get(
			`/v1/refunds/${made.id}`), 200);
		assert.equal(secret, undefined);
		assert.deepEqual([seen.object, seen.reason, seen.metadata,
			seen.livemode, seen.failure], ["refund", "too late",
			{ case: "7" }, false, null]);
	});
}

async function lists(shop) {
	const { key } = await shop.sibling.addKey();
	const options = { key };

	await test("payments_page_by_page_newest_first", async () => {
		const made = [];
		for (let i = 0; i < 23; i++)
			made.push((await shop.create({ amount: i + 1 }, options)).id);
		const newest = made.slice().reverse();
		const first = await shop.get("/v1/payments", options);
		assert.equal(expect(first, 200).length, 20);
		assert.equal(first.json.has_more, true);
		assert.ok(first.json.data.every((one) => !("client_secret" in
			one)));
		for (const limit of [1, 7, 23, 100])
			assert.deepEqual((await shop.all("/v1/payments", options,
				limit)).map(({ id }) => id), newest, `${limit}`);
		const last = await shop.get(
			`/v1/payments?starting_after=${made[0]}`, options);
		assert.deepEqual(last.json,
			{ success: true, data: [], has_more: false });
	});

	for (const limit of ["0", "101", "-1", "x", "1.5", ""])
		await test(`limit_${limit}_is_422`, async () => about(
			await shop.get(`/v1/payments?limit=${limit}`, options), 422,
			"VALIDATION_ERROR", "limit"));

	await test("a_cursor_of_nobody_is_as_one_of_another", async () => {
		const ours = await shop.create();
		const said = await Promise.all(["pi_none", ours.id].map(
			async (id) => about(await shop.get(
				`/v1/payments?starting_after=${id}`, options), 422,
				"VALIDATION_ERROR", "starting_after").message));
		assert.equal(said[0], said[1]);
	});

	await test("refunds_and_events_are_lists_too", async () => {
		const payment = await shop.paid({}, options);
		for (const amount of [1, 2, 3])
			expect(await shop.refund(payment, { amount }, options), 201);
		assert.deepEqual((await shop.all("/v1/refunds", options, 2)).map(
			({ amount }) => amount), [3, 2, 1]);
		const events = await shop.all("/v1/events", options, 3);
		assert.deepEqual(events.map(({ id }) => id).sort(),
			[...new Set(events.map(({ id }) => id))].sort());
	});
}

async function idempotencyKeys(shop) {
	const payment = await shop.paid();
	for (const [path, body] of [["/v1/payments", shop.order()],
		["/v1/refunds", { payment: payment.id, amount: 1 }],
		["/v1/transfers", {}]]) {
		for (const [name, idem] of [["no", null], ["an_empty", ""],
			["a_too_long", "k".repeat(256)]])
			await test(`${name}_key_on_${path.slice(4)}_is_400`, async () =>
				about(await shop.post(path, body, { idem }), 400,
					"VALIDATION_ERROR", "X-Idempotency-Key"));
	}
	await test("a_key_of_255_is_taken", async () => expect(await shop.post(
		"/v1/payments", shop.order(), { idem: randomBytes(128)
			.toString("hex").slice(1) }), 201));
	await test("no_refund_was_made", async () => assert.equal(
		(await shop.retrieve(payment)).amount_refunded, 0));
}

// A gateway that may be asked little and has no processor.
async function poor() {
	const shop = await Shop.start({ rate_limit_per_minute: 30,
		stripe_secret_key: "", stripe_publishable_key: "" });

	await test("without_stripe_cards_are_503", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, GOOD), 503,
			"SERVICE_UNAVAILABLE");
		expect(await shop.confirm(payment, momo("+231881111000")), 202);
	});

	await test("too_many_requests_are_429", async () => {
		const { key } = shop.sibling.test;
		const answers = await together(45, () =>
			shop.post("/v1/payments", shop.order(), { key }));
		const sums = tally(answers);
		assert.deepEqual(Object.keys(sums).sort(),
			["201", "429 RATE_LIMITED"], JSON.stringify(sums));
		assert.ok(sums["201"] >= 25 && sums["201"] <= 35,
			JSON.stringify(sums));
		assert.equal((await shop.all("/v1/payments", { key })).length,
			sums["201"]);
		const { headers } = answers.find(({ status }) => status === 429);
		assert.match(headers["retry-after"], /^[1-9]\d?$/);
		await shop.create({}, { key: shop.stranger.test.key });
	});

	await test("a_suspended_merchant_takes_no_payments", async () => {
		const payment = await shop.create({},
			{ key: shop.stranger.test.key });
		await shop.clive("partner", "set", "SECOND001",
			"--status", "suspended");
		expect(await shop.confirm(payment, momo("+231881111000"),
			{ options: { key: shop.stranger.test.key } }), 403,
			"FORBIDDEN");
	});

	await test("a_broken_database_is_500", async () => {
		await promisify(execFile)(join(BUILD, "tests/tools/tamper"),
			[join(shop.gateway.var, "db/clive.db"),
			"ALTER TABLE intent RENAME TO lost"]);
		const answer = await shop.get("/v1/payments",
			{ key: shop.stranger.test.key });
		assert.ok(["500 INTERNAL_ERROR", "503 SERVICE_UNAVAILABLE"]
			.includes(`${answer.status} ${answer.json.error.code}`),
			answer.text);
	});
}

await run("errors", async () => {
	const shop = await Shop.start();
	for (const part of [creation, keys, paths, confirming, canceling,
		refunding, lists, idempotencyKeys])
		await part(shop);
	await test("a_client_shares_no_list_with_its_sibling", async () => {
		const other = await shop.merchant(PARTNER, CLIENT);
		const id = unique("mine");
		const made = await shop.create({ description: id },
			{ key: other.test.key });
		assert.equal((await shop.retrieve(made)).description, id);
	});
	await test("books_and_logs_are_in_order", () => shop.inOrder());
	await poor();
});

// SPDX-License-Identifier: ISC
// sdk.test.mjs - the published partner SDK, unmodified, against the gateway.

import "./sdk-loader.mjs";

import assert from "node:assert/strict";

import { CLIENT, Gateway, PARTNER, run, test } from "./lib.mjs";

const { CliveApiError, CliveClient } =
	await import("@clive-alliance/partner-sdk");

await run("sdk", async () => {
	const gateway = await Gateway.make();
	await gateway.serve();
	const client = (changes = {}) => new CliveClient({ baseUrl: gateway.api,
		apiKey: gateway.key.api_key, hmacSecret: gateway.key.hmac_secret,
		...changes });
	const order = (reference, changes = {}) => ({ partner_id: PARTNER,
		client_id: CLIENT, amount: 750, currency: "USD",
		echezona_reference: reference, ...changes });
	const shown = async (id) =>
		(await gateway.get(`/transactions/${id}`)).json;
	const refusal = async (promise, status, code) => {
		let error;
		await assert.rejects(promise, (thrown) => {
			error = thrown;
			return true;
		});
		assert.ok(error instanceof CliveApiError, `${error}`);
		assert.deepEqual([error.status, error.code], [status, code]);
		assert.ok(error.message.length > 5);
		return error;
	};
	const sdk = client();
	let first;

	await test("opens_a_payment", async () => {
		first = await sdk.initializeTransaction(order("EZ-1"));
		assert.deepEqual(Object.keys(first), ["clive_tx_id", "status"]);
		assert.match(first.clive_tx_id, /^CLVTX_\d{13}_\d{9}$/);
		assert.equal(first.status, "initialized");
		const tx = await shown(first.clive_tx_id);
		assert.equal(tx.status, "initialized");
		assert.equal(tx.amount, 750);
		assert.equal(tx.echezonaReference, "EZ-1");
	});

	await test("attaches_an_intent", async () => {
		const answer = await sdk.attachPaymentIntent({
			clive_tx_id: first.clive_tx_id,
			stripe_payment_intent_id: "pi_sdk1" });
		assert.deepEqual(answer, { clive_tx_id: first.clive_tx_id,
			status: "pending", stripe_payment_intent_id: "pi_sdk1" });
		const tx = await shown(first.clive_tx_id);
		assert.equal(tx.status, "pending");
		assert.equal(tx.stripePaymentIntentId, "pi_sdk1");
	});

	await test("replays_the_first_answer_for_the_same_key", async () => {
		const again = await sdk.initializeTransaction(order("EZ-1"));
		assert.deepEqual(again, { ...first, idempotentReplay: true });
		const attach = await sdk.attachPaymentIntent({
			clive_tx_id: first.clive_tx_id,
			stripe_payment_intent_id: "pi_sdk1" });
		assert.equal(attach.idempotentReplay, true);
		assert.equal(attach.status, "pending");
		const { items } = (await gateway.get(
			"/transactions?reference=EZ-1")).json;
		assert.equal(items.length, 1);
	});

	await test("refuses_the_same_key_with_another_body", async () => {
		await refusal(sdk.initializeTransaction(
			order("EZ-1", { amount: 751 })), 409, "IDEMPOTENCY_CONFLICT");
	});

	await test("opens_and_attaches_in_one_call", async () => {
		const { initialize, attach } = await sdk.initializeAndAttachIntent(
			order("EZ-2"), "pi_sdk2");
		assert.equal(initialize.status, "initialized");
		assert.equal(attach.status, "pending");
		assert.equal(attach.clive_tx_id, initialize.clive_tx_id);
		assert.equal(attach.stripe_payment_intent_id, "pi_sdk2");
	});

	await test("opens_one_payment_for_ten_calls_at_once", async () => {
		const answers = await Promise.all(Array.from({ length: 10 }, () =>
			sdk.initializeTransaction(order("EZ-3"))));
		const ids = new Set(answers.map((answer) => answer.clive_tx_id));
		assert.equal(ids.size, 1);
		assert.equal(answers.filter((answer) =>
			!answer.idempotentReplay).length, 1);
	});

	await test("takes_float_noise_for_the_amount_it_means", async () => {
		const amounts = { "EZ-4": [0.1 + 0.2, 0.3], "EZ-5": [1.1 * 3, 3.3],
			"EZ-6": [4.35 * 100, 435], "EZ-7": [0.01, 0.01] };
		for (const [reference, [sent, meant]] of Object.entries(amounts)) {
			const { clive_tx_id: id } = await sdk.initializeTransaction(
				order(reference, { amount: sent }));
			assert.equal((await shown(id)).amount, meant);
		}
	});

	await test("names_the_fields_it_refuses", async () => {
		const error = await refusal(sdk.initializeTransaction(
			order("EZ-8", { amount: -1 })), 400, "VALIDATION_ERROR");
		assert.deepEqual(error.details, { fieldErrors: {
			amount: ["Number must be greater than 0"] }, formErrors: [] });
		const many = await refusal(sdk.initializeTransaction(order("EZ-9", {
			amount: "750", currency: "DOLLAR", client_id: undefined })),
			400, "VALIDATION_ERROR");
		assert.deepEqual(many.details, { fieldErrors: {
			client_id: ["Required"],
			currency: ["String must contain exactly 3 character(s)"],
			amount: ["Expected number, received string"],
		}, formErrors: [] });
	});

	await test("refuses_a_wrong_key", async () => {
		await refusal(client({ apiKey: `${gateway.key.api_key}x` })
			.initializeTransaction(order("EZ-10")), 401, "API_KEY_INVALID");
	});

	await test("refuses_a_wrong_hmac_secret", async () => {
		await refusal(client({ hmacSecret: "not the secret" })
			.initializeTransaction(order("EZ-11")), 401, "HMAC_INVALID");
	});

	await test("refuses_an_unknown_client", async () => {
		await refusal(sdk.initializeTransaction(
			order("EZ-12", { client_id: "NOBODY001" })),
			404, "CLIENT_NOT_FOUND");
	});

	await test("refuses_another_partner", async () => {
		await refusal(sdk.initializeTransaction(
			order("EZ-13", { partner_id: "OTHER001" })),
			403, "API_KEY_SCOPE_FORBIDDEN");
	});

	await test("refuses_an_unknown_transaction", async () => {
		await refusal(sdk.attachPaymentIntent({
			clive_tx_id: "CLVTX_1739378102312_420420420",
			stripe_payment_intent_id: "pi_sdk3" }), 404, "TX_NOT_FOUND");
	});

	await test("writes_nothing_for_what_it_refuses", async () => {
		const { items } = (await gateway.get("/transactions")).json;
		assert.deepEqual(items.map((item) => item.echezonaReference).sort(),
			["EZ-1", "EZ-2", "EZ-3", "EZ-4", "EZ-5", "EZ-6", "EZ-7"]);
	});
});

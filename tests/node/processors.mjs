// SPDX-License-Identifier: ISC
// processors.mjs - the gateway and the sandbox's Stripe, program against
// program: webhooks that are dropped, doubled, turned round or held, answers
// that are lost in every way the stand-in knows, refunds and disputes. In the
// end both must tell the same story, the books must be right, and no file may
// have a card number in it.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { BUILD, CLIENT, Gateway, PARTNER, ROOT, atEnd, eventually, hmac, run,
	sleep, stripeHeader, test } from "./lib.mjs";

const LOST = 500;		// payments whose webhooks are dropped
const PARALLEL = 16;
const TIMEOUT_MS = 1500;	// how long the gateway waits for Stripe
const LATE_MS = 2500;		// when a late answer comes
const RUNS_MAX = 8;		// of cron/reconcile until nothing is left
const ADVANCE_MS = 120000;	// what `advance` moves the clock by
const RETURN = "http://localhost/back";

const CARDS = { good: "4242424242424242", mastercard: "5555555555554444",
	amex: "378282246310005", declined: "4000000000000002",
	foreign: "4539578763621486", wrong: "4242424242424241" };

let gateway, sandbox, number = 0;

async function freePort() {
	const socket = createServer();
	await new Promise((done) => socket.listen(0, "127.0.0.1", done));
	const { port } = socket.address();
	await new Promise((done) => socket.close(done));
	return port;
}

// A web server with a sandbox beside it; it leads a process group and ends
// with us.
async function serve(port) {
	const server = spawn(join(ROOT, "tests/serve"), ["lighttpd",
		gateway.var, String(gateway.port), BUILD], { detached: true,
		stdio: "ignore", env: { ...process.env,
		CLIVE_SANDBOX_PORT: String(port) } });
	const gone = new Promise((done) => server.on("exit", done));
	const kill = (signal) => {
		try {
			process.kill(-server.pid, signal);
		} catch {
			// It is gone already.
		}
	};
	process.on("exit", () => kill("SIGKILL"));
	atEnd(async () => {
		kill("SIGTERM");
		await Promise.race([gone, sleep(3000)]);
	});
	await eventually("web server", async () => (await Promise.all([
		fetch(`${gateway.api}/transactions`),
		fetch(`${sandbox}/control/counts`),
	])).map((answer) => answer.status).join() === "401,200", 15000);
}

// The stand-in

async function control(method, path, body) {
	const answer = await fetch(`${sandbox}/control${path}`, { method,
		headers: { "content-type": "application/json" },
		body: body && JSON.stringify(body) });
	assert.ok(answer.ok, await answer.clone().text());
	return answer.json();
}

const hooks = (mode) => control("POST", "/webhooks", { mode });
const counts = () => control("GET", "/counts");

async function stripe(method, path, params) {
	const answer = await fetch(`${sandbox}/v1${path}`, { method,
		headers: { authorization: "Bearer sk_test_processors" },
		body: params && new URLSearchParams(params) });
	return { status: answer.status, json: await answer.json() };
}

async function done(call) {
	const { status, json } = await call;
	assert.equal(status, 200, JSON.stringify(json));
	return json;
}

const confirm = (intent, card = "visa") => done(stripe("POST",
	`/payment_intents/${intent}/confirm`, { return_url: RETURN,
		payment_method: `pm_card_${card}` }));

const refund = (intent, amount) => done(stripe("POST", "/refunds",
	{ payment_intent: intent, ...(amount ? { amount } : {}) }));

// With a card's number, as no shop should have it.
const confirmNumber = (intent, card, more = {}) => stripe("POST",
	`/payment_intents/${intent}/confirm`, { return_url: RETURN,
		"payment_method_data[type]": "card",
		"payment_method_data[card][number]": card,
		"payment_method_data[card][exp_month]": "12",
		"payment_method_data[card][exp_year]": "2040",
		"payment_method_data[card][cvc]": card === CARDS.amex ? "1234" :
			"123", ...more });

// The intents that say they are a payment's; only the newest are looked at.
async function intentsOf(id) {
	const { data } = await done(stripe("GET",
		"/payment_intents?limit=100"));
	return data.filter((intent) => intent.metadata.clive_tx_id === id)
		.map((intent) => intent.id);
}

// The gateway

const next = (what = "EZ") => `${what}-${++number}`;

const open = (reference) => gateway.post("/transactions/checkout-intent",
	`checkout-${reference}`, JSON.stringify({ partner_id: PARTNER,
		client_id: CLIENT, amount: 12.34, currency: "EUR",
		email: "payer@example.com", echezona_reference: reference }));

// A new payment: its id and the intent.
async function payment() {
	const { status, json } = await open(next());
	assert.equal(status, 201, JSON.stringify(json));
	return { id: json.clive_tx_id, intent: json.stripe_payment_intent_id,
		secret: json.client_secret };
}

// A payment on a page of Stripe's own: its id and where the payer goes.
async function page() {
	const text = JSON.stringify({ provider: "stripe", amount: 12.34,
		currency: "EUR" });
	const answer = await fetch(`${gateway.url}/payment/intent`, {
		method: "POST", body: text, headers: {
			"content-type": "application/json",
			"x-api-key": gateway.key.api_key,
			"x-clive-hmac": hmac(gateway.key.hmac_secret, text),
			"idempotency-key": next() } });
	assert.equal(answer.status, 200);
	const { url, clive_tx_id: id } = await answer.json();
	return { id, url };
}

const payOnPage = (url, card) => fetch(url, { method: "POST",
	redirect: "manual", body: new URLSearchParams({
		"billing_details[email]": "a@example.com",
		"billing_details[name]": "A B", "card[number]": card,
		"card[exp_month]": "12", "card[exp_year]": "2040",
		"card[cvc]": "123" }) });

async function paid(card) {
	const made = await payment();
	await confirm(made.intent, card);
	return made;
}

const explain = (id) => gateway.clive("tx", "explain", id);

async function state(id) {
	const { json } = await gateway.get(`/transactions/${id}`);
	return json.status;
}

const becomes = (id, wanted) => eventually(`${id} ${wanted}`, async () => {
	const found = await state(id);
	if (found !== wanted)
		throw new Error(found);
	return true;
});

// What was booked: names and amounts, in order.
const booked = async (id) => (await explain(id)).timeline
	.filter((entry) => entry.kind === "ledger")
	.map((entry) => `${entry.entry} ${entry.amount}`);

async function find(reference) {
	const { items } = await gateway.clive("tx", "list", "--reference",
		reference);
	assert.equal(items.length, 1, reference);
	return items[0];
}

async function allPayments() {
	const all = [];
	let cursor = "";
	do {
		const { json } = await gateway.get("/transactions?limit=500" +
			(cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""));
		all.push(...json.items);
		cursor = json.nextCursor;
	} while (cursor);
	return all;
}

const advance = () => gateway.clive("sandbox", "advance", `${ADVANCE_MS / 1000}s`);

// One run; how many questions it got answered, how many payments it changed.
async function reconcile() {
	const { stdout } = await promisify(execFile)(
		join(BUILD, "cron/reconcile"), ["--once", "-v"],
		{ env: { ...process.env, CLIVE_VAR: gateway.var } });
	const [calls, payments] = stdout.match(/\d+/g).map(Number);
	return { calls, payments };
}

async function books() {
	const { ok } = await gateway.clive("verify");
	assert.equal(ok, true);
}

// Nothing on its way any more: neither a webhook nor what comes before one.
async function quiet() {
	let last = -1;
	await eventually("all webhooks sent", async () => {
		const { events } = await counts();
		const { pending } = await control("GET", "/webhooks");
		const still = pending === 0 && events === last;
		last = events;
		return still;
	}, 20000, 700);
}

// Dropped webhooks

async function dropped() {
	const made = [];

	await test("pays_500_times_without_one_webhook", async () => {
		await hooks("drop");
		await Promise.all(Array.from({ length: PARALLEL }, async () => {
			while (number < LOST)
				made.push(await paid());
		}));
		assert.equal(made.length, LOST);
		assert.equal(new Set(made.map((one) => one.intent)).size, LOST);
		const all = await allPayments();
		assert.equal(all.length, LOST);
		assert.ok(all.every((one) => one.status === "pending"));
		const { payment_intents: intents, charges } = await counts();
		assert.deepEqual([intents, charges], [LOST, LOST]);
	});

	await test("looks_at_none_before_its_time", async () =>
		assert.deepEqual(await reconcile(), { calls: 0, payments: 0 }));

	await test("reconcile_finds_out_about_all_500", async () => {
		await advance();
		let changed = 0;
		for (let i = 0; i < RUNS_MAX && changed < LOST; i++)
			changed += (await reconcile()).payments;
		assert.equal(changed, LOST);
		assert.deepEqual(await reconcile(), { calls: 0, payments: 0 });
		const intents = new Map(made.map((one) => [one.id, one.intent]));
		const all = await allPayments();
		assert.equal(all.length, LOST);
		for (const one of all) {
			assert.equal(one.status, "succeeded");
			assert.equal(one.stripePaymentIntentId,
				intents.get(one.cliveTxId));
		}
		const { payment_intents, charges, charges_succeeded } =
			await counts();
		assert.deepEqual([payment_intents, charges, charges_succeeded],
			[LOST, LOST, LOST]);
	});

	await test("books_of_500_are_right", async () => {
		await books();
		assert.deepEqual((await booked(made[0].id)).map((entry) =>
			entry.split(" ")[0]), ["capture", "processor_fee",
			"platform_fee"]);
	});

	await test("a_webhook_that_comes_after_all_changes_nothing", async () => {
		const { data: [event] } = await done(stripe("GET",
			"/events?limit=1&type=payment_intent.succeeded"));
		const { id } = made.find((one) =>
			one.intent === event.data.object.id);
		const before = await booked(id);
		assert.equal(before.length, 3);
		const text = JSON.stringify(event);
		const answer = await gateway.stripe(text, stripeHeader(
			gateway.stripeSecret, text, Date.now() + ADVANCE_MS));
		assert.deepEqual(answer, { status: 200, json: { received: true,
			clive_tx_id: id, status: "succeeded" } });
		assert.deepEqual(await booked(id), before);
	});
	await hooks("normal");

	await test("a_second_try_whose_webhook_is_lost_is_found", async () => {
		await hooks("normal");
		const made = await payment();
		await stripe("POST", `/payment_intents/${made.intent}/confirm`, {
			return_url: RETURN,
			payment_method: "pm_card_visa_chargeDeclined" });
		await becomes(made.id, "failed");
		await hooks("drop");
		await confirm(made.intent);
		assert.equal(await state(made.id), "failed");
		await advance();
		await reconcile();
		assert.equal(await state(made.id), "succeeded");
	});

	await test("a_page_paid_in_silence_can_be_refunded", async () => {
		await hooks("drop");
		const { id, url } = await page();
		assert.equal((await payOnPage(url, CARDS.good)).status, 303);
		await advance();
		await reconcile();
		assert.equal(await state(id), "succeeded");
		await hooks("normal");
		const { data: [intent] } = await done(stripe("GET",
			"/payment_intents?limit=1"));
		assert.equal(intent.metadata.clive_tx_id, id);
		await refund(intent.id);
		await becomes(id, "refunded");
		await isBooked(id, "refund 12.34");
	});
}

// Lost answers

const fault = (name, times) => control("POST", "/faults", { fault: name,
	match: "/v1/payment_intents", method: "POST", times,
	...(["delay", "timeout"].includes(name) ? { ms: LATE_MS } : {}) });

// One call; only what may be said to a shop is said.
async function ask(reference) {
	const { status, json } = await open(reference);
	const said = status === 201 ? "201" : `${status} ${json?.code}`;
	assert.ok(["201", "502 PROCESSOR_UNAVAILABLE",
		"409 IDEMPOTENCY_IN_PROGRESS"].includes(said), said);
	return { status, json };
}

// With the same key until there is a payment.
async function insist(reference) {
	for (let i = 0; i < 10; i++) {
		const answer = await ask(reference);
		if (answer.status === 201)
			return answer.json;
		const { status } = await find(reference);
		assert.equal(status, "initialized");
		await sleep(100);
	}
	throw new Error("no payment in ten calls");
}

async function isWhole(reference, answer) {
	const { cliveTxId: id } = await find(reference);
	const { json } = await gateway.get(`/transactions/${id}`);
	assert.equal(json.status, "pending");
	assert.deepEqual(await intentsOf(id), [json.stripePaymentIntentId]);
	if (answer) {
		assert.equal(answer.clive_tx_id, id);
		assert.equal(answer.stripe_payment_intent_id,
			json.stripePaymentIntentId);
	}
	return { id, intent: json.stripePaymentIntentId };
}

// Stripe keeps a 500 under the key for a day: no call with this key gets
// further, and a shop takes a new one. Nothing is guessed meanwhile.
async function isKept(reference, intents) {
	for (let i = 0; i < 2; i++)
		assert.equal((await ask(reference)).status, 502);
	const { cliveTxId: id, status } = await find(reference);
	assert.equal(status, "initialized");
	assert.equal((await intentsOf(id)).length, intents);
	const fresh = next();
	await isWhole(fresh, await insist(fresh));
}

// The second ones are kept under the key; so many intents were made.
const FAULTS = ["delay", "timeout", "reset_before", "reset_after",
	"status_503_after", "garbage", "status_409", "status_429"];
const KEPT = { status_500: 0, status_500_after: 1 };

async function lostAnswers() {
	for (const times of [1, 3]) {
		const made = [];
		for (const name of FAULTS)
			await test(`gets_over_${name}_x${times}`, async () => {
				const reference = next(name);
				await fault(name, times);
				const answer = await insist(reference);
				made.push(await isWhole(reference, answer));
				// The key has its answer, the payment its end.
				const { json } = await open(reference);
				assert.deepEqual(json,
					{ ...answer, idempotentReplay: true });
				await control("DELETE", "/faults");
			});
		for (const [name, intents] of Object.entries(KEPT))
			await test(`guesses_nothing_after_${name}_x${times}`,
				async () => {
				const reference = next(name);
				await fault(name, times);
				await ask(reference);
				await control("DELETE", "/faults");
				await isKept(reference, intents);
			});
		await test(`payments_after_faults_x${times}_are_paid`, async () => {
			for (const { intent } of made)
				await confirm(intent);
			for (const { id } of made)
				await becomes(id, "succeeded");
		});
	}

	await test("reconcile_asks_where_the_shop_does_not", async () => {
		const references = [];
		for (const name of ["reset_before", "reset_after",
			"status_503_after"]) {
			references.push(next(name));
			await fault(name, 3);
			assert.equal((await ask(references.at(-1))).status, 502);
		}
		await advance();
		const { calls } = await reconcile();
		assert.ok(calls >= references.length, `${calls} calls`);
		for (const reference of references) {
			const made = await isWhole(reference);
			const { clive_tx_id: id, client_secret: secret } =
				await insist(reference);
			assert.equal(id, made.id);
			assert.ok(secret.startsWith(made.intent));
		}
	});
	await test("books_after_faults_are_right", books);
}

// Webhooks in disorder, refunds, disputes

const CAPTURE = ["capture 12.34", "processor_fee", "platform_fee"];

// What was booked after the fees; they are another test's.
async function isBooked(id, ...more) {
	const entries = await booked(id);
	assert.deepEqual(entries.slice(0, 3).map((entry, i) => i === 0 ? entry :
		entry.split(" ")[0]), CAPTURE);
	assert.deepEqual(entries.slice(3).sort(), more.sort());
}

async function disorder() {
	for (const mode of ["normal", "duplicate", "out_of_order"])
		await test(`ends_are_right_where_webhooks_are_${mode}`, async () => {
			await hooks(mode);
			const plain = await paid();
			const whole = await paid(), parts = await paid(),
				part = await paid();
			const disputed = await paid("createDispute");
			const twice = await paid("createMultipleDisputes");
			await refund(whole.intent);
			await refund(parts.intent, 400);
			await refund(parts.intent);
			await refund(part.intent, 123);
			await quiet();
			for (const [{ id }, status] of [[plain, "succeeded"],
				[whole, "refunded"], [parts, "refunded"],
				[part, "succeeded"], [disputed, "chargeback"],
				[twice, "chargeback"]])
				assert.equal(await state(id), status);
			await isBooked(plain.id);
			await isBooked(whole.id, "refund 12.34");
			await isBooked(part.id, "refund 1.23");
			await isBooked(disputed.id, "chargeback 12.34");
			await isBooked(twice.id, "chargeback 6.17",
				"chargeback 6.17");
			// The newest one says it all where it comes first.
			await isBooked(parts.id, ...(mode === "out_of_order" ?
				["refund 12.34"] : ["refund 4", "refund 8.34"]));
			await books();
		});

	await test("held_webhooks_do_their_work_when_they_come", async () => {
		await hooks("hold");
		const made = [await paid(), await paid(), await paid()];
		await refund(made[1].intent, 500);
		await refund(made[2].intent);
		await sleep(300);	// the fees become known, and are told
		for (const { id } of made)
			assert.equal(await state(id), "pending");
		await control("POST", "/webhooks/flush", { order: "reverse" });
		await hooks("normal");
		await quiet();
		for (const [i, status] of ["succeeded", "succeeded", "refunded"]
			.entries())
			assert.equal(await state(made[i].id), status);
		await isBooked(made[0].id);
		await isBooked(made[1].id, "refund 5");
		await isBooked(made[2].id, "refund 12.34");
	});

	await test("a_refund_in_parts_goes_step_by_step", async () => {
		const { id, intent } = await paid();
		await becomes(id, "succeeded");
		await refund(intent, 234);
		await eventually("first part", async () =>
			(await booked(id)).length === 4);
		assert.equal(await state(id), "succeeded");
		await refund(intent, 1000);
		await becomes(id, "refunded");
		await isBooked(id, "refund 2.34", "refund 10");
		const { status } = await stripe("POST", "/refunds",
			{ payment_intent: intent, amount: 1 });
		assert.equal(status, 400);
		await books();
	});

	await test("a_dispute_takes_the_money_back", async () => {
		const { id } = await paid("createDispute");
		await becomes(id, "chargeback");
		await isBooked(id, "chargeback 12.34");
		const inquiry = await paid("createDisputeInquiry");
		await quiet();
		assert.equal(await state(inquiry.id), "succeeded");
		await isBooked(inquiry.id);
		await books();
	});
}

// Card numbers

// What the scanner says of a folder: its status and its lines.
async function scan(folder) {
	try {
		const { stdout } = await promisify(execFile)(
			join(BUILD, "tests/tools/pan-scan"), [folder]);
		return { status: 0, lines: stdout.trim().split("\n") };
	} catch (error) {
		return { status: error.code, lines: (error.stdout +
			error.stderr).trim().split("\n") };
	}
}

async function payByNumber() {
	await test("cards_by_number_pay_or_are_declined", async () => {
		for (const card of [CARDS.good, CARDS.mastercard, CARDS.amex]) {
			const { id, intent } = await payment();
			await done(confirmNumber(intent, card));
			await becomes(id, "succeeded");
		}
		const { id, intent, secret } = await payment();
		const { status, json } = await confirmNumber(intent,
			CARDS.declined, { client_secret: secret });
		assert.equal(status, 402);
		assert.equal(json.error.code, "card_declined");
		await becomes(id, "failed");
		await done(confirmNumber(intent, "4242 4242 4242 4242"));
		await becomes(id, "succeeded");
	});

	await test("numbers_of_no_test_card_are_refused", async () => {
		const { id, intent } = await payment();
		for (const [card, code] of [[CARDS.foreign, "card_declined"],
			[CARDS.wrong, "incorrect_number"]]) {
			const { status, json } = await confirmNumber(intent, card);
			assert.equal(status, 402);
			assert.equal(json.error.code, code);
			assert.ok(!JSON.stringify(json).includes(card));
		}
		assert.notEqual(await state(id), "succeeded");
	});

	await test("a_number_on_the_page_pays", async () => {
		const { id, url } = await page();
		for (const card of [CARDS.declined, CARDS.foreign, CARDS.wrong])
			assert.equal((await payOnPage(url, card)).status, 200);
		assert.equal((await payOnPage(url, CARDS.good)).status, 303);
		await becomes(id, "succeeded");
	});
}

async function noNumbers() {
	await test("the_partner_is_told_of_everything", async () => {
		gateway.send();
		await eventually("no delivery is due", async () =>
			(await gateway.clive("status")).deliveries_due === 0,
			20000, 200);
		const { items } = await (await fetch(`${sandbox}/inbox`)).json();
		assert.ok(items.some(({ body }) =>
			body.includes("transaction_succeeded")));
	});

	await test("no_file_has_a_card_number_in_it", async () => {
		const { status, lines } = await scan(gateway.var);
		assert.equal(status, 0, lines.slice(0, 20).join("; "));
		assert.match(lines.at(-1), / files, 2 databases, 0 card numbers$/);
		assert.ok(parseInt(lines.at(-1), 10) > LOST, lines.at(-1));
	});

	// As the planted number is found, others would have been.
	await test("a_planted_number_is_found", async () => {
		const folder = join(gateway.var, "log/planted");
		const cards = ["=4242424242424242", " 3782-822463-10005",
			'"4242 4242 4242 4242"'];
		const log = "CLVTX_1764043952123_4242424242424242 " +
			"1764043952123 x4242424242424242 4242424242424241 " +
			`42424242424242424242\n${cards.join()}`;
		const found = (i, card) =>
			`some.log:${log.indexOf(cards[i]) + 1}: ${card}`;
		mkdirSync(folder);
		writeFileSync(join(folder, "some.log"), log);
		copyFileSync(join(gateway.var, "db/clive.db"),
			join(folder, "some.db"));
		await promisify(execFile)(join(BUILD, "tests/tools/tamper"),
			[join(folder, "some.db"), "CREATE TABLE planted (a, b, c);" +
			`INSERT INTO planted VALUES ('x', '${CARDS.mastercard}', ` +
			`${CARDS.good});`]);
		const { status, lines } = await scan(gateway.var);
		rmSync(folder, { recursive: true });
		assert.equal(status, 1, lines.join("; "));
		assert.deepEqual(lines.slice(0, -1).map((line) =>
			line.slice(folder.length + 1)).sort(), [
			"some.db:planted:b:0: 555555******4444",
			"some.db:planted:c:0: 424242******4242",
			found(0, "424242******4242"), found(1, "378282*****0005"),
			found(2, "424242******4242")].sort());
		assert.equal((await scan(gateway.var)).status, 0);
	});
}

await run("processors", async () => {
	const port = await freePort();
	sandbox = `http://localhost:${port}`;
	gateway = await Gateway.make({ rate_limit_per_minute: 0,
		processor_timeout_ms: TIMEOUT_MS, stripe_api_base: sandbox,
		stripe_secret_key: "sk_test_processors",
		stripe_publishable_key: "pk_test_processors" });
	const secret = "a-secret-that-the-partner-chose";
	writeFileSync(join(gateway.var, "inbox.secret"), `${secret}\n`);
	await gateway.clive("webhook", "add", "--partner", PARTNER,
		"--name", "Inbox", "--url", `${sandbox}/inbox`,
		"--secret", secret, "--events", "all");
	await serve(port);
	for (const part of [dropped, lostAnswers, disorder, payByNumber,
		noNumbers])
		await part();
});

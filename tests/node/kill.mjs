// SPDX-License-Identifier: ISC
// kill.mjs - programs die at the worst moments; nothing that a client was
// told may be lost, done twice or left half done.
//
// Several partners' clients open, attach and pay as fast as they can, while
// the sender and random endpoint programs are killed again and again. A
// client repeats what got no proper answer, with the same idempotency key or
// the same event, as the API's rules tell it to. Now and then it hangs up
// before the answer, so that it cannot know what was done.
//
//	CLIVE_KILL_SECONDS	how long the load lasts (20)
//	CLIVE_KILL_CLIENTS	how many clients (4)

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

import { Gateway, eventually, hmac, receiver, run, sleep, stripeEvent, test,
	webhookBody } from "./lib.mjs";

const SECONDS = Number(process.env.CLIVE_KILL_SECONDS ?? 20);
const CLIENTS = Number(process.env.CLIVE_KILL_CLIENTS ?? 4);
const META = '{"spelled" : 1.50}';

// What clients were told; what went wrong on the way.
const payments = [];
const troubles = {};
const kills = { sender: 0, program: 0 };

// Repeats a call until it has an answer that is the server's last word.
async function insist(call) {
	for (let attempt = 0; ; attempt++) {
		let trouble;
		try {
			const answer = await call();
			if (answer.json && answer.status < 500 &&
			    answer.json.code !== "IDEMPOTENCY_IN_PROGRESS")
				return answer;
			trouble = `${answer.status} ${answer.json?.code ??
				"by the web server"}`;
		} catch (error) {
			trouble = error.name === "TimeoutError" ? "hung up" :
				error.cause?.code;
			if (!trouble)
				throw error;
		}
		troubles[trouble] = (troubles[trouble] ?? 0) + 1;
		if (attempt === 200)
			throw new Error(`no answer in 200 attempts: ${trouble}`);
		await sleep(50);
	}
}

function expect(answer, status) {
	assert.equal(answer.status, status, JSON.stringify(answer.json));
	return answer.json;
}

// One payment from beginning to end; each step is noted when it was told.
async function pay(gateway, reference) {
	const payment = { reference, amount: "12.34", currency: "EUR",
		meta: META, status: null, id: null,
		intent: `pi_${hmac("intent", reference).slice(0, 24)}` };
	const opening = `{"partner_id":"ECHEZONA001","client_id":"AIRPEACE001",` +
		`"amount":12.34,"currency":"EUR","echezona_reference":` +
		`"${reference}","meta":${META}}`;
	const opened = expect(await insist(() => gateway.post(
		"/transactions/initialize", `init-${reference}`, opening)), 201);
	payment.id = opened.clive_tx_id;
	payment.status = "initialized";
	payments.push(payment);

	const attaching = JSON.stringify({ clive_tx_id: payment.id,
		stripe_payment_intent_id: payment.intent });
	expect(await insist(() => gateway.post("/transactions/attach-intent",
		`attach-${payment.id}`, attaching)), 200);
	payment.status = "pending";

	const event = stripeEvent("payment_intent.succeeded", payment.intent,
		12.34, "EUR");
	const paid = expect(await insist(() => gateway.stripe(event)), 200);
	assert.equal(paid.clive_tx_id, payment.id);
	payment.status = "succeeded";
}

// The endpoint programs that the web server has started.
function programs(parent) {
	const found = [];
	for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
		try {
			const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
			const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2)
				.split(" ")[1]);
			const name = readFileSync(`/proc/${pid}/cmdline`, "utf8")
				.split("\0")[0];
			if (ppid === parent && /(initialize|attach-intent|stripe)\.cgi$/
				.test(name))
				found.push(Number(pid));
		} catch {
			// It ended while we looked.
		}
	}
	return found;
}

function kill(pid, what) {
	try {
		process.kill(pid, "SIGKILL");
		kills[what]++;
	} catch {
		// It ended while we aimed.
	}
}

async function killPrograms(gateway, until) {
	while (Date.now() < until) {
		await sleep(100 + Math.random() * 600);
		const pids = programs(gateway.server.pid);
		if (pids.length > 0)
			kill(pids[Math.floor(Math.random() * pids.length)], "program");
	}
}

async function killSender(gateway, until) {
	while (Date.now() < until) {
		await sleep(300 + Math.random() * 1500);
		kill(gateway.sender.pid, "sender");
	}
}

async function client(gateway, name, until) {
	for (let i = 0; Date.now() < until; i++)
		await pay(gateway, `${name}-${i}`);
}

// Every payment there is, through the API.
async function everything(gateway) {
	const all = [];
	let cursor = "";
	do {
		const page = expect(await gateway.get(`/transactions?limit=500` +
			(cursor ? `&cursor=${encodeURIComponent(cursor)}` : "")), 200);
		all.push(...page.items);
		cursor = page.nextCursor;
	} while (cursor);
	return all;
}

await run("kill", async () => {
	const gateway = await Gateway.make({ rate_limit_per_minute: 0,
		webhook_timeout_ms: 2000 });
	const shop = await receiver(async () => {
		await sleep(Math.random() * 20);
		return 200;
	});
	const secret = "a-secret-that-the-partner-chose";
	await gateway.clive("webhook", "add", "--partner", "ECHEZONA001",
		"--name", "Shop", "--url", shop.url, "--secret", secret,
		"--events", "all");
	await gateway.serve();
	gateway.send("--for", "5");

	await test("load_goes_on_while_programs_die", async () => {
		const until = Date.now() + SECONDS * 1000;
		gateway.patience = () => Math.random() < 0.1 ?
			AbortSignal.timeout(1 + Math.floor(Math.random() * 6)) : null;
		const ends = await Promise.allSettled([killPrograms(gateway, until),
			killSender(gateway, until),
			...Array.from({ length: CLIENTS }, (_, i) =>
				client(gateway, `c${i}`, until))]);
		gateway.patience = () => null;
		for (const end of ends)
			if (end.status === "rejected")
				throw end.reason;
		assert.ok(kills.sender >= SECONDS / 4, "few senders were killed");
		assert.ok(kills.program >= SECONDS / 4, "few programs were killed");
		assert.ok(payments.length >= SECONDS, "few payments were made");
	});
	console.log(`# ${payments.length} payments, ${kills.program} programs ` +
		`and ${kills.sender} senders killed; repeated: ` +
		JSON.stringify(troubles));

	const rows = await everything(gateway);
	const byId = new Map(rows.map((row) => [row.cliveTxId, row]));

	await test("everything_a_client_was_told_is_true", async () => {
		const wrong = payments.filter((payment) => {
			const row = byId.get(payment.id);
			return row?.status !== payment.status ||
				row.echezonaReference !== payment.reference ||
				row.stripePaymentIntentId !== payment.intent;
		});
		assert.deepEqual(wrong, []);
	});

	await test("nothing_was_done_twice", async () => {
		assert.equal(new Set(rows.map((row) => row.echezonaReference)).size,
			rows.length);
		assert.equal(rows.length, payments.length);
	});

	await test("every_success_was_told_to_the_partner", async () => {
		// What a killed sender held is free again after its lease.
		await gateway.clive("sandbox", "advance", "60s");
		const arrived = new Map();
		let looked = 0;
		await eventually("all webhooks", () => {
			for (; looked < shop.got.length; looked++) {
				const webhook = shop.got[looked];
				arrived.set(JSON.parse(webhook.body).clive_tx_id,
					webhook);
			}
			const missing = payments.filter((p) => !arrived.has(p.id));
			if (missing.length > 0)
				throw new Error(`${missing.length} missing`);
			return true;
		}, 30000, 200);
		for (const payment of payments) {
			const webhook = arrived.get(payment.id);
			assert.equal(webhook.body.toString(),
				webhookBody(payment, "succeeded"));
			assert.equal(webhook.headers["x-clive-signature"],
				hmac(secret, webhook.body));
		}
	});

	await test("every_delivery_is_on_record", async () => {
		await eventually("no delivery is due", async () =>
			(await gateway.clive("status")).deliveries_due === 0,
			30000, 200);
		const some = payments.filter((_, i) =>
			i % Math.ceil(payments.length / 20) === 0);
		for (const payment of some) {
			const { timeline } = await gateway.clive("tx", "explain",
				payment.id);
			const kind = (name) => timeline.filter((entry) =>
				entry.kind === name);
			assert.deepEqual(kind("delivery").map((entry) =>
				entry.status), ["delivered"]);
			assert.equal(kind("attempt").at(-1).response_status, 200);
			assert.equal(kind("delivery")[0].attempts,
				kind("attempt").length);
		}
	});
	console.log(`# ${shop.got.length - payments.length} webhooks came ` +
		"more than once");

	await test("books_and_audit_log_verify", async () => {
		const { ok } = await gateway.clive("verify");
		assert.equal(ok, true);
	});
});

// SPDX-License-Identifier: ISC
// listen.mjs - `clive listen`: webhooks on a developer's own machine, through
// a gateway with a web server, a sender and a Stripe event at its door.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

import { Webhook } from "standardwebhooks";

import { BUILD, Gateway, PARTNER, atEnd, eventually, hmac, receiver,
	run, stripeEvent, test, webhookBody } from "./lib.mjs";

// A listener as a developer starts it: --json, so that each line is one
// document. It has no data directory, and no settings but those given.
class Listener {
	lines = [];
	said = "";

	constructor(gateway, to, args = [], env = {}) {
		const { CLIVE_VAR, ...bare } = process.env;
		this.child = spawn(join(BUILD, "clive"),
			["listen", "--forward-to", to, ...args], {
			cwd: tmpdir(), stdio: ["ignore", "pipe", "pipe"],
			env: { ...bare, CLIVE_API_BASE_URL: gateway.api,
			CLIVE_API_KEY: gateway.key.api_key,
			CLIVE_HMAC_SECRET: gateway.key.hmac_secret, ...env } });
		// Not at its exit, when the last line may still be on its way.
		this.ended = once(this.child, "close");
		this.out = "";
		this.child.stdout.on("data", (text) => this.take(String(text)));
		this.child.stderr.on("data", (text) => { this.said += text; });
		atEnd(() => this.child.kill("SIGKILL"));
	}

	take(text) {
		this.out += text;
		this.lines = this.out.split("\n").slice(0, -1);
	}

	// The documents so far.
	get docs() {
		return this.lines.map((line) => JSON.parse(line));
	}

	async begun() {
		await eventually("listening", () => {
			assert.equal(this.child.exitCode, null, this.said);
			return this.lines.length > 0;
		});
		return this.docs[0];
	}

	// Of the deliveries of an event, once there are so many.
	deliveries(event, n = 1) {
		return eventually(`delivery ${n} of ${event}`, () => {
			const got = this.docs.filter((d) => d.event_id === event);
			return got.length >= n && got;
		});
	}

	// What Ctrl-C leaves behind: the exit status.
	async stop(signal = "SIGINT") {
		this.child.kill(signal);
		const [status] = await this.ended;
		return status;
	}
}

// What a receiver does that checks everything.
function assertSigned(webhook, secret) {
	const body = webhook.body.toString();
	const { headers } = webhook;
	assert.equal(headers["x-clive-signature"], hmac(secret, body));
	assert.equal(headers["content-type"], "application/json");
	assert.match(headers["soxara-signature"], /^t=\d+,v1=[0-9a-f]{64}$/);
	const [, t, v1] = headers["soxara-signature"].match(/t=(\d+),v1=(.*)/);
	assert.equal(v1, hmac(secret, `${t}.${body}`));
	return new Webhook(secret).verify(body, headers);
}

// A gateway that answers what it is told to, one after the other: a status
// and a document for each call of "METHOD /path" below its API; the last one
// for ever. `calls` are those that came.
async function fake(script) {
	const calls = [];
	const left = new Map(Object.entries(script));
	const server = createServer((request, response) => {
		const parts = [];
		request.on("data", (part) => parts.push(part));
		request.on("end", () => {
			const name = `${request.method} ${request.url.split("?")[0]}`;
			const answers = left.get(name) ?? [[500, {}]];
			calls.push({ name, at: Date.now(), headers: request.headers,
				body: Buffer.concat(parts).toString() });
			const [status, document] = answers.length > 1 ?
				answers.shift() : answers[0];
			response.writeHead(status, { "Content-Type":
				"application/json" });
			response.end(JSON.stringify(document));
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	atEnd(() => {
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	});
	return { calls, key: { api_key: "key", hmac_secret: "secret" },
		api: `http://127.0.0.1:${server.address().port}` };
}

const BEGIN = "POST /api/v1/webhooks/listen";
const ASK = "GET /api/v1/webhooks/listen/we_1";
const REPORT = "POST /api/v1/webhooks/listen/we_1/dlv_1";
const END = "POST /api/v1/webhooks/endpoints/we_1/delete";
const begun = [[201, { id: "we_1", secret: "secret", events: [] }]];
const item = { delivery_id: "dlv_1", event_id: "evt_1", event_type: "x",
	attempt: 1, headers: [["A", "b"], ["Empty", ""]], body: "\u00e9 body" };
const nothing = [200, { status: "active", items: [] }];
const options = ["--json", "--schedule", "none"];

const gateway = await Gateway.make();
let number = 0;

// A payment that Stripe says is paid, and its event.
async function pay() {
	const payment = await gateway.payment(`LISTEN-${++number}`);
	const told = await gateway.stripe(stripeEvent("payment_intent.succeeded",
		payment.intent, 750, "USD"));
	assert.equal(told.status, 200);
	const { items } = await gateway.clive("webhook", "events",
		"--tx", payment.id);
	return { ...payment, event: items[0].id };
}

await run("listen", async () => {
	await gateway.serve();
	gateway.send();

	await test("a_payment_arrives_signed_and_is_on_record", async () => {
		const local = await receiver();
		const listener = new Listener(gateway, `${local.url}?a=b%20c`,
			["--json"]);
		const { listener: id, secret, events } = await listener.begun();
		assert.match(secret, /^whsec_/);
		assert.equal(events.length, 5);
		const payment = await pay();
		const [line] = await listener.deliveries(payment.event);
		assert.equal(line.status, 200);
		assert.equal(line.attempt, 1);
		assert.equal(line.recorded, true);
		assert.equal(line.error, null);
		assert.ok(!("body" in line), "only --print shows it");
		assert.equal(local.got.length, 1);
		const [webhook] = local.got;
		assert.equal(webhook.path, "/clive-webhooks?a=b%20c");
		assert.equal(webhook.method, "POST");
		assert.equal(webhook.body.toString(),
			webhookBody(payment, "succeeded"));
		assert.equal(assertSigned(webhook, secret).clive_tx_id, payment.id);
		assert.equal(webhook.headers["webhook-id"], payment.event);
		assert.deepEqual(Object.keys(webhook.headers).sort(),
			["content-length", "content-type", "host",
			"soxara-signature", "webhook-id", "webhook-signature",
			"webhook-timestamp", "x-clive-signature"], "and no others");

		const shown = await gateway.clive("webhook", "delivery",
			line.delivery_id);
		assert.equal(shown.delivery.status, "delivered");
		assert.equal(shown.delivery.endpoint_id, id);
		assert.equal(shown.delivery.url, null);
		assert.equal(shown.attempts.length, 1);
		const [attempt] = shown.attempts;
		assert.equal(attempt.response_status, 200);
		assert.equal(attempt.response_body, "thank you");
		assert.match(attempt.response_head, /^HTTP\/1\.1 200 OK\r\n/);
		assert.match(attempt.request_head, new RegExp("^POST " +
			"/clive-webhooks\\?a=b%20c HTTP/1\\.1\r\nHost: 127\\.0"));
		assert.ok(attempt.request_head.includes(
			webhook.headers["webhook-signature"]), "as it was sent");

		assert.equal(await listener.stop(), 0);
		const summary = listener.docs.at(-1);
		assert.deepEqual(summary, { listener: id, delivered: 1, failed: 0,
			removed: true });
		assert.equal(listener.said, "");
		const { items } = await gateway.clive("webhook", "list");
		assert.ok(!items.some((e) => e.id === id), "Ctrl-C removes it");
	});

	await test("a_resend_to_another_endpoint_reaches_it_too", async () => {
		const hook = await receiver();
		const endpoint = await gateway.clive("webhook", "add", "--partner",
			PARTNER, "--name", "hook", "--url", hook.url, "--events", "all");
		const payment = await pay();
		await eventually("the older delivery", () => hook.got.length === 1);
		const local = await receiver();
		const listener = new Listener(gateway, local.url, ["--json"]);
		const { listener: id, secret } = await listener.begun();
		const { items } = await gateway.clive("webhook", "deliveries",
			"--endpoint", endpoint.id);
		assert.equal(items[0].event_id, payment.event);
		assert.equal(local.got.length, 0, "what was before is not sent");

		const sent = await gateway.clive("webhook", "resend", items[0].id);
		assert.deepEqual(sent.items.map((d) => d.endpoint_id).sort(),
			[endpoint.id, id].sort());
		await listener.deliveries(payment.event);
		assert.deepEqual(local.got[0].body, hook.got[0].body);
		assertSigned(local.got[0], secret);
		assert.equal(local.got[0].headers["webhook-id"], payment.event);
		await eventually("the other one's", () => hook.got.length === 2);

		await gateway.clive("webhook", "resend", payment.event, "--to", id);
		await listener.deliveries(payment.event, 2);
		assert.equal(hook.got.length, 2, "to the listener alone");
		assert.equal(await listener.stop(), 0);
		await gateway.clive("webhook", "delete", endpoint.id);
	});

	await test("a_dead_local_server_is_tried_again_by_the_schedule",
		async () => {
		const gone = createServer();
		await new Promise((done) => gone.listen(0, "127.0.0.1", done));
		const { port } = gone.address();
		await new Promise((done) => gone.close(done));
		const listener = new Listener(gateway, `localhost:${port}/in`,
			["--json", "--schedule", "1s,0s"]);
		await listener.begun();
		const payment = await pay();
		const lines = await listener.deliveries(payment.event, 3);
		assert.deepEqual(lines.map((d) => d.attempt), [1, 2, 3]);
		assert.ok(lines.every((d) => d.status === null && d.recorded));
		assert.match(lines[0].error, /connect/i);
		assert.ok(Date.parse(lines[1].at) - Date.parse(lines[0].at) >= 1000);
		const shown = await gateway.clive("webhook", "delivery",
			lines[0].delivery_id);
		assert.equal(shown.delivery.status, "failed");
		assert.deepEqual(shown.attempts.map((a) => [a.number, a.error]),
			lines.map((d) => [d.attempt, d.error]));
		assert.equal(await listener.stop(), 0);
		assert.equal(listener.docs.at(-1).failed, 3);
	});

	await test("what_the_local_server_answers_is_what_counts", async () => {
		const answers = [302, 500, 200];
		const local = await receiver(() => answers.shift());
		const listener = new Listener(gateway, local.url,
			["--json", "--schedule", "0s,0s"]);
		await listener.begun();
		const payment = await pay();
		const lines = await listener.deliveries(payment.event, 3);
		assert.deepEqual(lines.map((d) => d.status), [302, 500, 200]);
		const { delivery } = await gateway.clive("webhook", "delivery",
			lines[0].delivery_id);
		assert.equal(delivery.status, "delivered");
		assert.equal(await listener.stop("SIGTERM"), 0);
	});

	await test("people_read_one_line_a_delivery", async () => {
		const local = await receiver();
		const listener = new Listener(gateway, local.url, ["--print",
			"--events", "transaction_succeeded,transaction_failed",
			"--secret", "a-developers-own-secret"]);
		await eventually("listening", () => listener.lines.length >= 5);
		assert.match(listener.out, /^listening as we_\w+ for transaction_f/);
		assert.ok(listener.out.includes(`forwarding to ${local.url}\n`));
		assert.match(listener.out, /signed with a-developers-own-secret/);
		const payment = await pay();
		await eventually("the line", () =>
			listener.out.includes(webhookBody(payment, "succeeded")));
		assert.match(listener.out, new RegExp("\n\\d{4}-\\d\\d-\\d\\d " +
			"\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  transaction_succeeded  " +
			`${payment.event}  200  \\d+ ms\n`));
		assert.match(listener.out, /\n {8}X-Clive-Signature: [0-9a-f]{64}\n/);
		assert.equal(await listener.stop("SIGHUP"), 0);
		assert.match(listener.out, /delivered +1\n/);
	});

	await test("settings_come_from_options_and_from_demo_env", async () => {
		const local = await receiver();
		const none = { CLIVE_API_BASE_URL: "", CLIVE_API_KEY: "",
			CLIVE_HMAC_SECRET: "" };
		const byOption = new Listener(gateway, local.url, ["--json",
			"--url", gateway.url, "--key", gateway.key.api_key,
			"--hmac-secret", gateway.key.hmac_secret], none);
		await byOption.begun();
		assert.equal(await byOption.stop(), 0);
		const folder = mkdtempSync(join(tmpdir(), "clive-test-"));
		atEnd(() => rmSync(folder, { recursive: true }));
		writeFileSync(join(folder, "clive.conf"), "");
		writeFileSync(join(folder, "demo.env"),
			`CLIVE_API_BASE_URL=${gateway.api}\n` +
			`CLIVE_API_KEY=${gateway.key.api_key}\n` +
			`CLIVE_HMAC_SECRET=${gateway.key.hmac_secret}\n`);
		const byFile = new Listener(gateway, local.url, ["--json"],
			{ ...none, CLIVE_VAR: folder });
		await byFile.begun();
		assert.equal(await byFile.stop(), 0);
	});

	await test("refusals_are_told_once_and_in_words", async () => {
		const refused = async (args, env, words) => {
			const listener = new Listener(gateway, "localhost:9",
				["--json", ...args], env);
			const [status] = await listener.ended;
			assert.equal(status, 1);
			const last = listener.docs.at(-1);
			assert.equal(last.ok, false);
			assert.match(last.error, words);
		};
		await refused([], { CLIVE_API_KEY: "sk_wrong" }, /HTTP 401/);
		await refused([], { CLIVE_HMAC_SECRET: "wrong" }, /HTTP 401/);
		await refused(["--events", "transaction_none"], {}, /event type/);
		await refused(["--schedule", "often"], {}, /schedule/);
		await refused(["--secret", "short"], {}, /HTTP 400/);
		const { items } = await gateway.clive("webhook", "list");
		assert.deepEqual(items, [], "nothing is left behind");
	});

	await test("it_goes_on_when_the_gateway_is_back", async () => {
		const local = await receiver();
		const listener = new Listener(gateway, local.url, ["--json"]);
		await listener.begun();
		const { server } = gateway;
		process.kill(-server.pid, "SIGTERM");
		await server.gone;
		await eventually("trouble", () => /trying again/.test(listener.said));
		await gateway.serve();
		const payment = await pay();
		const [line] = await listener.deliveries(payment.event);
		assert.equal(line.status, 200);
		assert.match(listener.said, /answers again/);
		assert.equal(await listener.stop(), 0);
	});

	await test("what_is_sent_is_signed_and_has_a_key_of_its_own", async () => {
		const local = await receiver();
		const api = await fake({ [BEGIN]: begun, [ASK]: [[200,
			{ status: "active", items: [item] }], nothing],
			[REPORT]: [[500, {}], [200, {}]], [END]: [[200, {}]] });
		const listener = new Listener(api, local.url, options);
		await listener.deliveries("evt_1");
		assert.equal(await listener.stop(), 0);
		assert.equal(local.got[0].body.toString(), "\u00e9 body");
		assert.equal(local.got[0].headers.a, "b");
		assert.equal(local.got[0].headers.empty, "");
		const posts = api.calls.filter((c) => c.name.startsWith("POST"));
		assert.deepEqual(posts.map((c) => c.name),
			[BEGIN, REPORT, REPORT, END]);
		for (const call of posts)
			assert.equal(call.headers["x-clive-hmac"],
				hmac("secret", call.body));
		const keys = posts.map((c) => c.headers["idempotency-key"]);
		assert.equal(keys[1], keys[2], "the same report");
		assert.equal(new Set(keys).size, 3);
		const report = JSON.parse(posts[1].body);
		assert.equal(report.status, 200);
		assert.equal(report.body, "thank you");
		assert.equal(report.url, local.url);
		assert.ok(api.calls.every((c) => c.headers["x-api-key"] === "key"));
	});

	await test("questions_that_are_answered_by_nothing_are_no_storm",
		async () => {
		const api = await fake({ [BEGIN]: begun, [ASK]: [nothing],
			[END]: [[200, {}]] });
		const listener = new Listener(api, "localhost:9", options);
		await eventually("two questions", () => api.calls.length >= 3);
		const [, first, second] = api.calls;
		assert.ok(second.at - first.at >= 950);
		assert.equal(await listener.stop(), 0);
	});

	await test("it_says_that_somebody_disabled_or_deleted_it", async () => {
		const api = await fake({ [BEGIN]: begun, [ASK]: [[200,
			{ status: "disabled", items: [] }], nothing,
			[404, { error: "no such endpoint" }]], [END]: [[404, {}]] });
		const listener = new Listener(api, "localhost:9", options);
		const [status] = await listener.ended;
		assert.equal(status, 1);
		assert.match(listener.said, /disabled, and gets nothing\n.*active/);
		assert.match(listener.docs.at(-1).error, /deleted/);
	});

	await test("a_result_that_is_refused_is_not_on_record", async () => {
		const local = await receiver();
		const api = await fake({ [BEGIN]: begun, [ASK]: [[200,
			{ status: "active", items: [item] }], nothing],
			[REPORT]: [[409, { error: "too late" }]], [END]: [[500, {}]] });
		const listener = new Listener(api, local.url, options);
		const [line] = await listener.deliveries("evt_1");
		assert.equal(line.recorded, false);
		assert.match(listener.said, /not on record: HTTP 409: too late/);
		assert.equal(await listener.stop(), 0);
		assert.equal(listener.docs.at(-1).removed, false);
		assert.match(listener.said, /could not be removed/);
	});

	await test("no_header_is_made_by_what_a_gateway_sends", async () => {
		const local = await receiver();
		const api = await fake({ [BEGIN]: begun, [ASK]: [[200, { items: [
			{ ...item, headers: [["A", "b\r\nC: d"]] }] }], nothing],
			[REPORT]: [[200, {}]], [END]: [[200, {}]] });
		const listener = new Listener(api, local.url, options);
		const [line] = await listener.deliveries("evt_1");
		assert.equal(line.status, null);
		assert.match(line.error, /no headers that can be passed on/);
		assert.equal(local.got.length, 0);
		assert.equal(await listener.stop(), 0);
	});

	await test("a_hanging_local_server_is_left_at_ctrl_c", async () => {
		const local = await receiver(() => new Promise(() => {}));
		const api = await fake({ [BEGIN]: begun, [ASK]: [[200,
			{ status: "active", items: [item] }], nothing],
			[END]: [[200, {}]] });
		const listener = new Listener(api, local.url, options);
		await eventually("hanging", () => api.calls.length === 2);
		const start = Date.now();
		assert.equal(await listener.stop(), 0);
		assert.ok(Date.now() - start < 5000);
		assert.deepEqual(api.calls.map((c) => c.name), [BEGIN, ASK, END]);
	});
});

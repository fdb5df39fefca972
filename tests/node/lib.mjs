// SPDX-License-Identifier: ISC
// lib.mjs - what the tests under node share: a gateway of one's own with its
// data, web server and sender; signing; a webhook receiver; reporting.
//
// Everything that was started and every folder that was made is gone when the
// program ends, however it ends.

import { execFile, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const BUILD = process.env.CLIVE_BUILD ?? join(ROOT, "build");

export const PARTNER = "ECHEZONA001";
export const CLIENT = "AIRPEACE001";

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Reporting

const counts = { passed: 0, failed: 0, skipped: 0 };
let program = "";

function oneLine(error) {
	const text = error?.stack && process.env.CLIVE_TEST_VERBOSE ?
		error.stack : error?.message ?? String(error);
	return text.replace(/\x1b\[\d+m/g, "").replace(/\s*\n\s*/g, " | ")
		.slice(0, 1500);
}

function failed(name, error) {
	counts.failed++;
	console.log(`not ok ${program}/${name}: ${oneLine(error)}`);
}

// One case. Those that follow are tried even where it fails.
export async function test(name, body) {
	try {
		await body();
		counts.passed++;
		console.log(`ok ${program}/${name}`);
	} catch (error) {
		failed(name, error);
	}
}

export function skip(name, missing) {
	counts.skipped++;
	console.log(`skip ${program}/${name}: ${missing}`);
}

// The whole program: runs body, cleans up, prints the last line, exits.
export async function run(name, body) {
	program = name;
	try {
		await body();
	} catch (error) {
		failed("setup", error);
	}
	await cleanUp();
	console.log(`${counts.passed} passed, ${counts.failed} failed` +
		(counts.skipped ? `, ${counts.skipped} skipped` : ""));
	process.exit(counts.failed ? 1 : 0);
}

// Tries until check gives something true; its last failure explains.
export async function eventually(what, check, timeout = 10000, pause = 20) {
	const until = Date.now() + timeout;
	let why = "";
	do {
		try {
			const found = await check();
			if (found)
				return found;
			why = "";
		} catch (error) {
			why = `: ${error.message}`;
		}
		await sleep(pause);
	} while (Date.now() < until);
	throw new Error(`${what}: not within ${timeout} ms${why}`);
}

// Cleaning up

const children = new Set();
const folders = new Set();
const closers = new Set();

// Each child leads a process group, so that what it started ends with it.
function start(command, args, env, log) {
	const child = spawn(command, args, { detached: true,
		env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (text) => log.push(String(text)));
	child.gone = new Promise((done) => {
		child.on("error", (error) => {
			log.push(String(error));
			done();
		});
		child.on("exit", done);
	});
	children.add(child);
	return child;
}

function killGroup(child, signal) {
	try {
		process.kill(-child.pid, signal);
	} catch {
		// It is gone already.
	}
}

async function stop(child) {
	killGroup(child, "SIGTERM");
	await Promise.race([child.gone, sleep(5000)]);
	killGroup(child, "SIGKILL");
	children.delete(child);
}

async function cleanUp() {
	for (const close of closers)
		await close();
	closers.clear();
	await Promise.all([...children].map(stop));
	removeAll();
}

function removeAll() {
	for (const child of children)
		killGroup(child, "SIGKILL");
	for (const folder of folders)
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

// Runs before anything else ends the program: a browser, for instance.
export function atEnd(close) {
	closers.add(close);
}

process.on("exit", removeAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.on(signal, () => process.exit(1));
for (const trouble of ["uncaughtException", "unhandledRejection"]) {
	process.on(trouble, (error) => {
		failed(trouble, error);
		console.log(`${counts.passed} passed, ${counts.failed} failed`);
		process.exit(1);
	});
}

// Ports that nobody uses at the moment.
async function freePort() {
	const socket = createSocket();
	await new Promise((done) => socket.listen(0, "127.0.0.1", done));
	const { port } = socket.address();
	await new Promise((done) => socket.close(done));
	return port;
}

// Signing

export function hmac(secret, body) {
	return createHmac("sha256", secret).update(body).digest("hex");
}

// As Stripe signs; tests/node/stripe.test.mjs has the published package do it.
export function stripeHeader(secret, body, at = Date.now()) {
	const t = Math.floor(at / 1000);
	return `t=${t},v1=${hmac(secret, `${t}.${body}`)}`;
}

const UNIT = { JPY: 1, KWD: 1000 };

// A classic event about a payment, as JSON text.
export function stripeEvent(type, intent, amount, currency, more = {}) {
	const units = Math.round(amount * (UNIT[currency] ?? 100));
	const common = { currency: currency.toLowerCase(), livemode: false };
	const objects = {
		payment_intent: { id: intent, object: "payment_intent",
			amount: units, amount_received: units, ...common },
		charge: { id: `ch_${intent}`, object: "charge", amount: units,
			amount_refunded: units, refunded: true,
			payment_intent: intent, ...common },
		dispute: { id: `dp_${intent}`, object: "dispute", amount: units,
			charge: `ch_${intent}`, payment_intent: intent,
			reason: "fraudulent", status: "needs_response", ...common },
	};
	const kind = type.startsWith("charge.dispute.") ? "dispute" :
		type.split(".")[0];
	return JSON.stringify({
		id: `evt_${randomBytes(12).toString("hex")}`, object: "event",
		api_version: "2026-10-28.endive",
		created: Math.floor(Date.now() / 1000), livemode: false, type,
		data: { object: { ...objects[kind], ...more } },
		pending_webhooks: 1, request: null,
	});
}

// A receiver of webhooks; `answer(webhook)` may give another status than 200,
// or a promise of one.

export async function receiver(answer = () => 200) {
	const got = [];
	const server = createServer((request, response) => {
		const parts = [];
		request.on("data", (part) => parts.push(part));
		request.on("end", async () => {
			const webhook = { at: Date.now(), method: request.method,
				path: request.url, headers: request.headers,
				body: Buffer.concat(parts) };
			const status = await answer(webhook);
			got.push(webhook);
			response.writeHead(status, { "Content-Type": "text/plain" });
			response.end(status === 200 ? "thank you" : "not now");
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	atEnd(() => {
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	});
	const url = `http://127.0.0.1:${server.address().port}/clive-webhooks`;
	return { url, got };
}

// A gateway with data of its own

// json is null where the answer is none of ours: the web server's own.
async function ask(url, options) {
	const response = await fetch(url, options);
	const text = await response.text();
	let json = null;
	try {
		json = JSON.parse(text);
	} catch {
		// The status says enough.
	}
	return { status: response.status, json };
}

export class Gateway {
	log = [];

	// When a caller hangs up, answer or not: an AbortSignal, or null.
	patience = () => null;

	// Makes the data: a partner with a client and a key. `settings` replace
	// lines of clive.conf.
	static async make(settings = {}) {
		const gateway = new Gateway();
		gateway.var = mkdtempSync(join(tmpdir(), "clive-test-"));
		folders.add(gateway.var);
		gateway.port = await freePort();
		gateway.url = `http://127.0.0.1:${gateway.port}`;
		gateway.api = `${gateway.url}/api/v1`;
		await gateway.clive("init", "--base-url", gateway.url);
		gateway.stripeSecret = `whsec_${randomBytes(24).toString("hex")}`;
		gateway.configure({ stripe_webhook_secret: gateway.stripeSecret,
			...settings });
		await gateway.clive("partner", "add", "--id", PARTNER,
			"--name", "Echezona", "--fee", "3.5");
		await gateway.clive("client", "add", "--partner", PARTNER,
			"--id", CLIENT, "--name", "Air Peace");
		gateway.key = await gateway.clive("key", "add",
			"--partner", PARTNER, "--name", "tests");
		return gateway;
	}

	configure(settings) {
		const path = join(this.var, "clive.conf");
		let text = readFileSync(path, "utf8");
		for (const [key, value] of Object.entries(settings)) {
			const line = new RegExp(`^${key} = .*$`, "m");
			if (!line.test(text))
				throw new Error(`clive.conf has no ${key}`);
			text = text.replace(line, () => `${key} = ${value}`);
		}
		writeFileSync(path, text);
	}

	// The operator's command; what it prints, read as JSON.
	async clive(...args) {
		const { stdout } = await promisify(execFile)(join(BUILD, "clive"),
			[...args, "--json"], { maxBuffer: 1 << 28,
			env: { ...process.env, CLIVE_VAR: this.var } });
		return JSON.parse(stdout);
	}

	async serve() {
		this.server = start(join(ROOT, "tests/serve"),
			["lighttpd", this.var, String(this.port), BUILD],
			{ CLIVE_SANDBOX_PORT: "" }, this.log);
		await eventually("web server", async () => {
			if (this.server.exitCode !== null)
				throw new Error(this.log.join(""));
			const answer = await fetch(`${this.api}/transactions`);
			return answer.status === 401;
		}, 60000);
	}

	// The sender, started again whenever it ends, as cron does.
	send(...args) {
		const again = () => {
			this.sender = start(join(BUILD, "cron/deliver"), args,
				{ CLIVE_VAR: this.var }, this.log);
			const { sender } = this;
			sender.gone.then(async () => {
				children.delete(sender);
				await sleep(100);
				if (this.sender === sender)
					again();
			});
		};
		again();
	}

	// A request as a partner sends it; body is the exact text.
	post(path, idempotencyKey, body, key = this.key) {
		return ask(this.api + path, { method: "POST", body,
			signal: this.patience(), headers: {
				"content-type": "application/json",
				"x-api-key": key.api_key,
				"x-clive-hmac": hmac(key.hmac_secret, body),
				"idempotency-key": idempotencyKey } });
	}

	get(path, key = this.key) {
		return ask(this.api + path,
			{ headers: { "x-api-key": key.api_key } });
	}

	// A payment with its intent, ready for what Stripe has to say. meta is
	// JSON text.
	async payment(reference, amount = "750", currency = "USD", meta = null) {
		const opened = await this.post("/transactions/initialize",
			`init-${reference}`, `{"partner_id":"${PARTNER}",` +
			`"client_id":"${CLIENT}","amount":${amount},` +
			`"currency":"${currency}","echezona_reference":"${reference}"` +
			(meta ? `,"meta":${meta}}` : "}"));
		if (opened.status !== 201)
			throw new Error(JSON.stringify(opened));
		const id = opened.json.clive_tx_id;
		const intent = `pi_${randomBytes(12).toString("hex")}`;
		const attached = await this.post("/transactions/attach-intent",
			`attach-${id}`, JSON.stringify({ clive_tx_id: id,
			stripe_payment_intent_id: intent }));
		if (attached.status !== 200)
			throw new Error(JSON.stringify(attached));
		return { id, intent, reference, amount, currency, meta };
	}

	// An event at the door that Stripe uses.
	stripe(body, header = stripeHeader(this.stripeSecret, body)) {
		return ask(`${this.api}/webhooks/stripe`, { method: "POST", body,
			signal: this.patience(), headers: {
				"content-type": "application/json; charset=utf-8",
				"stripe-signature": header } });
	}
}

// The bytes a partner is sent about a payment.
export function webhookBody(payment, status) {
	return `{"event":"transaction_${status}","clive_tx_id":"${payment.id}",` +
		`"partner_id":"${PARTNER}","client_id":"${CLIENT}",` +
		`"echezona_reference":"${payment.reference}","status":"${status}",` +
		`"amount":${payment.amount},"currency":"${payment.currency}",` +
		`"meta":${payment.meta ?? "null"}}`;
}

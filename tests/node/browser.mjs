// SPDX-License-Identifier: ISC
// browser.mjs - what the tests of payment pages share: a gateway whose Stripe
// is the sandbox's stand-in, a real browser, pictures, the card form.
//
// CHROMIUM names another browser than /usr/bin/chromium. Pictures go to
// CLIVE_TEST_ARTIFACTS (build/artifacts).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { BUILD, Gateway, ROOT, atEnd, eventually, receiver, sleep }
	from "./lib.mjs";

export const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const HAS_BROWSER = existsSync(BROWSER);
const ARTIFACTS = process.env.CLIVE_TEST_ARTIFACTS ?? join(BUILD, "artifacts");
const NARROW = { width: 360, height: 740 };
const MIDDLE = { width: 768, height: 1024 };
const WIDE = { width: 1440, height: 900 };

export const CARDS = { good: "4242424242424242",
	declined: "4000000000000002", asks: "4000002760003184" };

async function freePort() {
	const socket = createServer();
	await new Promise((done) => socket.listen(0, "127.0.0.1", done));
	const { port } = socket.address();
	await new Promise((done) => socket.close(done));
	return port;
}

// A web server with a sandbox beside it; it leads a process group and ends
// with us.
async function serve(gateway, sandboxPort) {
	const server = spawn(join(ROOT, "tests/serve"), ["lighttpd",
		gateway.var, String(gateway.port), BUILD], { detached: true,
		stdio: "ignore", env: { ...process.env,
		CLIVE_SANDBOX_PORT: String(sandboxPort) } });
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
		fetch(`${gateway.sandbox}/control/counts`),
	])).map((answer) => answer.status).join() === "401,200", 15000);
}

// A gateway, its sandbox, its sender, and a partner's receiver of webhooks
// that are kept in gateway.got.
export async function sandboxGateway(settings = {}) {
	const port = await freePort();
	const sandbox = `http://localhost:${port}`;
	const gateway = await Gateway.make({ rate_limit_per_minute: 0,
		stripe_api_base: sandbox, stripe_secret_key: "sk_test_browser",
		stripe_publishable_key: "pk_test_browser", ...settings });
	gateway.sandbox = sandbox;
	const partner = await receiver();
	gateway.got = partner.got;
	await gateway.clive("webhook", "add", "--partner", "ECHEZONA001",
		"--name", "Shop", "--url", partner.url, "--events", "all");
	await serve(gateway, port);
	gateway.send();
	return gateway;
}

// The events that the partner was told about a transaction.
export const told = (gateway, id) => gateway.got
	.map(({ body }) => JSON.parse(body))
	.filter((event) => event.clive_tx_id === id)
	.map((event) => event.event);

export const webhook = (gateway, id, event) => eventually(`${event} webhook`,
	() => told(gateway, id).includes(event), 10000);

// A page that reports what a careful visitor's console would. A refusal that
// a case expects is logged by the browser, too, and is no trouble.
export async function openPage(options = {}) {
	mkdirSync(ARTIFACTS, { recursive: true });
	const browser = await chromium.launch({ executablePath: BROWSER,
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
			"--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync"] });
	atEnd(() => browser.close());
	const context = await browser.newContext({ viewport: WIDE,
		locale: "en-GB", timezoneId: "Europe/London", ...options });
	const page = await context.newPage();
	page.setDefaultTimeout(10000);
	page.troubles = [];
	page.on("console", (message) => {
		if (["error", "warning"].includes(message.type()) &&
			!/status of 402/.test(message.text()))
			page.troubles.push(`${message.text()} ${message.location().url}`);
	});
	page.on("pageerror", (error) => page.troubles.push(String(error)));
	await context.addInitScript(() => {
		document.addEventListener("securitypolicyviolation", (event) =>
			console.error(`policy: ${event.violatedDirective} ` +
				event.blockedURI));
	});
	return page;
}

// A picture at three widths; nothing may stick out at the side.
export async function picture(page, name, fullPage = true) {
	for (const size of [NARROW, MIDDLE, WIDE]) {
		await page.setViewportSize(size);
		await page.evaluate(() => document.fonts.ready);
		await page.screenshot({ fullPage, animations: "disabled",
			path: join(ARTIFACTS, `${name}-${size.width}.png`) });
		const wide = await page.evaluate(() => {
			const root = document.documentElement;
			return root.scrollWidth - root.clientWidth;
		});
		assert.ok(wide <= 0, `${name} is ${wide} px wider than ${size.width}`);
	}
}

// The card form, as a payer fills it in.
export async function typeCard(page, number, expiry = "1234", cvc = "123") {
	await page.getByLabel("Card number").fill("");
	await page.getByLabel("Card number").pressSequentially(number);
	await page.getByLabel("Expiration date").fill(expiry);
	await page.getByLabel("Security code").fill(cvc);
}

// The bank's page in its dialog.
export async function answerBank(page, answer) {
	const bank = page.frameLocator("dialog iframe");
	await bank.getByRole("button", { name: answer }).click();
	await page.locator("dialog").waitFor({ state: "detached" });
}

// SPDX-License-Identifier: ISC
// admin-users.test.mjs - users, one's own account and the audit log in a real
// browser: a second factor is set up and asked for, an invited user gets in,
// the log shows it all.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

import axe from "axe-core";

import { BROWSER, HAS_BROWSER, openPage, picture } from "./browser.mjs";
import { Gateway, run, skip, test } from "./lib.mjs";

const EMAIL = "owner@example.com";
const INVITED = "ada@example.com";
const CHOSEN = "a long word of her own";

// What an authenticator shows, so many steps from now (RFC 6238).
function totp(secret, steps = 0) {
	const bits = [...secret].map((c) =>
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2)
			.padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
	const mac = createHmac("sha1", key).update(counter).digest();
	const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
	return String(number % 1000000).padStart(6, "0");
}

await run("admin-users", async () => {
	if (!HAS_BROWSER)
		return skip("all", `no browser at ${BROWSER}`);
	const gateway = await Gateway.make({ rate_limit_per_minute: 0 });
	const { password } = await gateway.clive("operator", "add",
		"--email", EMAIL, "--role", "owner");
	await gateway.serve();
	const page = await openPage();
	const dialog = page.locator("dialog[open]");
	let secret, codes, made, used;

	const signIn = async (email, word) => {
		await page.waitForSelector("#sign-in-form:not([hidden])");
		await page.fill("#email", email);
		await page.fill("#password", word);
		await page.click("#sign-in");
	};
	const noSeriousFinding = async (name) => {
		await page.evaluate(axe.source);
		const { violations } = await page.evaluate(() => window.axe.run({
			resultTypes: ["violations"] }));
		assert.deepEqual(violations.filter(({ impact }) =>
			["serious", "critical"].includes(impact)).map((v) =>
			`${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`), [], name);
	};
	const look = async (name) => {
		await picture(page, `admin-${name}`);
		await noSeriousFinding(name);
		await page.emulateMedia({ colorScheme: "dark" });
		await picture(page, `admin-${name}-dark`);
		await noSeriousFinding(`${name} in the dark`);
		await page.emulateMedia({ colorScheme: "light" });
	};
	const press = (name) => page.getByRole("button", { name }).click();
	const confirm = (name) => dialog.getByRole("button", { name,
		exact: true }).click();
	// A refusal that a case expects is in the browser's log, too.
	const expectTrouble = (pattern) => {
		assert.equal(page.troubles.length, 1, page.troubles.join("; "));
		assert.match(page.troubles.pop(), pattern);
	};

	await test("the_account_page_shows_the_session", async () => {
		await page.goto(`${gateway.url}/admin/`);
		await signIn(EMAIL, password);
		await page.click("#who");
		await page.locator("#sessions tbody tr").first().waitFor();
		assert.match(await page.innerText("#sessions"), /Chrom/);
		assert.match(await page.innerText("#sessions"), /This one/);
		await look("account");
	});

	await test("a_wrong_password_sets_nothing_up", async () => {
		await press("Set up second factor…");
		await dialog.getByLabel("Password").fill("wrong");
		await confirm("Go on");
		await dialog.getByRole("alert").filter({
			hasText: "The password or the code is wrong." }).waitFor();
		expectTrouble(/status of 403/);
		assert.equal(await page.isVisible("#view-account"), true);
	});

	await test("an_authenticator_is_set_up", async () => {
		await dialog.getByLabel("Password").fill(password);
		await confirm("Go on");
		await dialog.getByText("Enter the key").waitFor();
		const uri = await dialog.getByRole("link").getAttribute("href");
		secret = new URL(uri).searchParams.get("secret");
		assert.match(secret, /^[A-Z2-7]{32}$/);
		assert.equal((await dialog.locator("code").innerText())
			.replaceAll(" ", ""), secret);
		await look("account-key");
		await dialog.getByLabel("The code that it shows now")
			.fill(used = totp(secret, -1));
		await confirm("Confirm");
		await dialog.locator("ol li").first().waitFor();
		codes = await dialog.locator("ol li").allInnerTexts();
		assert.equal(codes.length, 10);
		await look("account-recovery");
		await confirm("I have kept them");
		await page.getByText("Your second factor is set up.").waitFor();
		assert.match(await page.innerText("#view-account"),
			/Recovery codes left\s*10/i);
	});

	await test("signing_in_takes_two_steps", async () => {
		await page.click("#sign-out");
		await signIn(EMAIL, password);
		await page.waitForSelector("#code-form:not([hidden])");
		assert.equal(await page.evaluate(() => document.activeElement.id),
			"code");
		await look("second-step");
		// The one that it was set up with is used.
		await page.fill("#code", used);
		await page.click("#code-send");
		await page.getByText("The code is wrong or was used already.")
			.waitFor();
		expectTrouble(/status of 401/);
		await page.fill("#code", totp(secret, 0));
		await page.click("#code-send");
		await page.waitForSelector("#view-account:not([hidden])");
	});

	await test("a_recovery_code_serves_in_its_place", async () => {
		await page.click("#sign-out");
		await signIn(EMAIL, password);
		await page.fill("#code", codes[0]);
		await page.keyboard.press("Enter");
		await page.waitForSelector("#view-account:not([hidden])");
		await page.getByText("Your account").waitFor();
		await page.waitForFunction(() => /left\s*9/i.test(
			document.getElementById("view-account").innerText));
	});

	await test("an_owner_adds_a_user", async () => {
		await page.click("#nav-users");
		await page.click("#user-add");
		await dialog.getByLabel("E-mail").fill("nobody");
		await confirm("Add");
		await dialog.locator("[aria-invalid]").waitFor();
		expectTrouble(/status of 400/);
		await dialog.getByLabel("E-mail").fill(INVITED);
		await dialog.getByLabel("Role").selectOption("read_only");
		await confirm("Add");
		await dialog.locator("code").waitFor();
		made = await dialog.locator("code").innerText();
		assert.equal(made.length, 20);
		await confirm("I have kept it");
		await page.getByText(INVITED).first().waitFor();
		assert.equal(await page.locator("#list-users tbody tr").count(), 2);
		assert.ok(!(await page.content()).includes(made));
		await look("users");
	});

	await test("a_user_is_changed", async () => {
		await press(`Change… ${INVITED}`);
		await look("users-change");
		await dialog.getByLabel("Role", { exact: true })
			.selectOption("support");
		await confirm("Do it");
		await page.locator("#list-users tbody tr", { hasText: INVITED })
			.filter({ hasText: "Support" }).waitFor();
		await press(`Change… ${EMAIL}`);
		await dialog.getByLabel("Disable the account").check();
		await confirm("Do it");
		await dialog.getByText("The last owner can be neither").waitFor();
		expectTrouble(/status of 409/);
		await page.keyboard.press("Escape");
	});

	await test("the_audit_log_says_who_did_what", async () => {
		await page.click("#nav-audit");
		await page.locator("#list-audit tbody tr[data-id]").first().waitFor();
		await page.locator(".chain .pill[data-status=intact]").waitFor();
		await page.fill("#list-audit-action", "operator.role_set");
		await page.keyboard.press("Enter");
		await page.waitForFunction(() => document.querySelectorAll(
			"#list-audit tbody tr[data-id]").length === 1);
		const text = await page.innerText("#list-audit");
		assert.match(text, /before: \{"role":"read_only"\}/);
		assert.match(text, /after: \{"role":"support"\}/);
		assert.match(text, new RegExp(`operator:${EMAIL}`));
		await press("Clear");
		await page.waitForFunction(() => document.querySelectorAll(
			"#list-audit tbody tr[data-id]").length > 3);
		await press("Check the chain");
		await page.locator(".chain .pill[data-status=intact]").waitFor();
		await look("audit");
		const log = await page.innerText("#list-audit");
		for (const word of [secret, made, password, codes[0].slice(0, 5)])
			assert.ok(!log.includes(word), word);
	});

	await test("an_invited_user_chooses_a_password_first", async () => {
		await page.click("#sign-out");
		await signIn(INVITED, made);
		await page.waitForSelector("#account-must:not([hidden])");
		await page.goto(`${gateway.url}/admin/#/transactions`);
		await page.waitForFunction(() => location.hash === "#/account");
		await look("account-must");
		await press("Change password…");
		await dialog.getByLabel("Old password").fill(made);
		await dialog.getByLabel("New password").fill(CHOSEN);
		await dialog.getByLabel("The new one again").fill("another");
		await confirm("Change");
		await dialog.getByText("Is not the same.").waitFor();
		await dialog.getByLabel("The new one again").fill(CHOSEN);
		await confirm("Change");
		await page.getByText("Your password was changed.").waitFor();
		await page.waitForSelector("#nav:not([hidden])");
		assert.equal(await page.isVisible("#nav-users"), false);
		await page.click("#nav-transactions");
		await page.waitForSelector("#view-list:not([hidden])");
	});

	await test("other_sessions_end_from_here", async () => {
		const other = await fetch(`${gateway.api}/admin/login`, {
			method: "POST", headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ email: INVITED, password: CHOSEN }) });
		const { token } = await other.json();
		await page.click("#who");
		await press("End…");
		await confirm("End it");
		await page.getByText("The session has ended.").waitFor();
		assert.equal((await fetch(`${gateway.api}/admin/session`, {
			headers: { Authorization: `Bearer ${token}` } })).status, 401);
		await press("Sign out everywhere…");
		await confirm("Sign out");
		await page.waitForSelector("#sign-in-form:not([hidden])");
		expectTrouble(/status of 401/);
	});

	await test("nothing_else_was_reported_in_the_console", async () => {
		assert.deepEqual(page.troubles, []);
	});
});

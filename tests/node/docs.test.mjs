// SPDX-License-Identifier: ISC
// docs.test.mjs - runs the code that htdocs/docs/webhooks.html shows, in
// every language that this machine has, against good and spoilt deliveries.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHmac, generateKeyPairSync, sign as signWithKey } from
	"node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { ROOT, atEnd, run, skip, test } from "./lib.mjs";

const page = readFileSync(join(ROOT, "htdocs/docs/webhooks.html"), "utf8");
const text = (html) => html.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
	.replaceAll("&amp;", "&");

function snippet(id) {
	const found = page.match(new RegExp(
		`<pre id="${id}"[^>]*><code>([^]*?)</code></pre>`));
	assert.ok(found, `the page has no code called ${id}`);
	return text(found[1]);
}

function example(id) {
	return text(page.match(new RegExp(`id="ex-${id}">([^<]*)<`))[1]);
}

const folder = mkdtempSync(join(tmpdir(), "clive-docs-"));
atEnd(() => rmSync(folder, { recursive: true, force: true }));

function file(name, content) {
	writeFileSync(join(folder, name), content);
	return join(folder, name);
}

function has(command) {
	return spawnSync(command, ["--help"], { stdio: "ignore",
		env: { ...process.env, GOFLAGS: "" } }).error === undefined;
}

// What is signed, and with what

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const LONG = `whsec_${Buffer.alloc(32, 0xfb).toString("base64")}`;
const CHOSEN = "a-secret-that-the-partner-chose";
const ID = "evt_01KAV9FT00004R7D2W8YV6BF7Q";
const TIME = 1764000000;
const BODY = '{"event":"transaction_failed","meta":{"note":"café — 50 % \\n"}}';

function v1(secret, body = BODY, id = ID, time = TIME) {
	const key = secret.startsWith("whsec_") ?
		Buffer.from(secret.slice(6), "base64") : secret;
	return "v1," + createHmac("sha256", key).update(`${id}.${time}.${body}`)
		.digest("base64");
}

const good = { id: ID, time: String(TIME), signatures: v1(SECRET),
	body: BODY, secret: SECRET, now: TIME, expect: true };

const cases = {
	"a good one": {},
	"a longer secret": { secret: LONG, signatures: v1(LONG) },
	"a chosen secret": { secret: CHOSEN, signatures: v1(CHOSEN) },
	"the older of two": { signatures: `${v1(LONG)} ${v1(SECRET)}` },
	"beside an ed25519 one": { signatures: `${v1(SECRET)} v1a,AAAA` },
	"an empty body": { body: "", signatures: v1(SECRET, "") },
	"the page's example": { id: example("id"), time: example("time"),
		body: example("body"), secret: example("secret"),
		signatures: example("signature"), now: Number(example("time")) },
	"300 s old": { now: TIME + 300 },
	"300 s ahead": { now: TIME - 300 },
	"another body": { body: BODY.replace("50", "51"), expect: false },
	"a longer body": { body: `${BODY}\n`, expect: false },
	"another id": { id: ID.replace("4R", "5R"), expect: false },
	"another time": { time: String(TIME + 1), expect: false },
	"another secret": { secret: LONG, expect: false },
	"the prefix taken for a part of the key": { expect: false,
		signatures: "v1," + createHmac("sha256", SECRET)
			.update(`${ID}.${TIME}.${BODY}`).digest("base64") },
	"a part of a signature": { expect: false,
		signatures: v1(SECRET).slice(0, -4) },
	"another version": { expect: false,
		signatures: v1(SECRET).replace("v1,", "v2,") },
	"no version": { signatures: v1(SECRET).slice(3), expect: false },
	"no signature": { signatures: "", expect: false },
	"zeros": { expect: false,
		signatures: "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
	"301 s old": { now: TIME + 301, expect: false },
	"301 s ahead": { now: TIME - 301, expect: false },
	"no time": { time: "", signatures: v1(SECRET, BODY, ID, ""),
		expect: false },
	"a time with more behind it": { time: `${TIME}x`, expect: false,
		signatures: v1(SECRET, BODY, ID, `${TIME}x`) },
	"a time that is none": { time: "now", expect: false,
		signatures: v1(SECRET, BODY, ID, "now") },
};
const names = Object.keys(cases);
const table = names.map((name) => ({ ...good, ...cases[name] }));

function judge(output, rows = table, called = names) {
	const got = output.trim().split(/\s+/);
	assert.equal(got.length, rows.length, output);
	rows.forEach(({ expect }, i) =>
		assert.equal(got[i], expect ? "1" : "0", called[i]));
}

function output(command, args, options = {}) {
	return execFileSync(command, args, { encoding: "utf8", cwd: folder,
		timeout: 45000, stdio: ["pipe", "pipe", "pipe"], ...options });
}

// A program that was made of the page's code and of what calls it.
const HEADERS = `{ "webhook-id": c.id, "webhook-timestamp": c.time,
	"webhook-signature": c.signatures }`;

const programs = {
	node: ["node", () => [file("verify.mjs", `${snippet("node")}
import { readFileSync } from "node:fs";
for (const c of JSON.parse(readFileSync("cases.json", "utf8")))
	console.log(Number(verify(${HEADERS}, Buffer.from(c.body), c.secret,
		c.now)));
`)]],
	php: ["php", () => [file("verify.php", `${snippet("php")}
foreach (json_decode(file_get_contents('cases.json'), true) as $c)
	echo (int)verify($c['id'], $c['time'], $c['signatures'], $c['body'],
	    $c['secret'], $c['now']), "\\n";
`)]],
	python: ["python3", () => [file("verify.py", `${snippet("python")}
import json
for c in json.load(open("cases.json", encoding="utf-8")):
    print(int(verify(${HEADERS.replaceAll(/c\.(\w+)/g, 'c["$1"]')},
                     c["body"].encode(), c["secret"], c["now"])))
`)]],
};

// Languages that are compiled get the cases as a part of the program.
const literal = JSON.stringify;

function goProgram() {
	const source = snippet("go").replace("package webhooks", "package main");
	return `${source}
func main() {
	for _, c := range []struct {
		id, time, signatures, body, secret string
		now int64
	}{
${table.map((c) => `\t\t{${[c.id, c.time, c.signatures, c.body, c.secret]
		.map(literal)}, ${c.now}},`).join("\n")}
	} {
		h := http.Header{}
		h.Set("webhook-id", c.id)
		h.Set("webhook-timestamp", c.time)
		h.Set("webhook-signature", c.signatures)
		fmt.Println(map[bool]int{true: 1}[Verify(h, []byte(c.body), c.secret,
			time.Unix(c.now, 0))])
	}
}
`;
}

function cProgram() {
	return `${snippet("c")}
int
main(void)
{
${table.map((c) => `\tprintf("%d\\n", verify(${[c.id, c.time, c.signatures,
		c.body].map(literal)}, ${Buffer.byteLength(c.body)},
	    ${literal(c.secret)}, ${c.now}));`).join("\n")}
	return 0;
}
`;
}

// The shell function does not look at the time.
const timeless = (c) => c.now === Number(c.time);

await run("docs", async () => {
	file("cases.json", JSON.stringify(table));

	for (const [name, [command, args]] of Object.entries(programs)) {
		if (has(command))
			await test(`code_in_${name}_knows_good_from_bad`, () =>
				judge(output(command, args())));
		else
			skip(`code_in_${name}_knows_good_from_bad`,
				`${command} is not installed`);
	}

	if (has("go")) {
		await test("code_in_go_knows_good_from_bad", () =>
			judge(output("go", ["run", file("verify.go", goProgram())],
				{ env: { ...process.env, GOCACHE: join(folder, "go"),
				GO111MODULE: "off" } })));
	} else {
		skip("code_in_go_knows_good_from_bad", "go is not installed");
	}

	await test("code_in_c_knows_good_from_bad", () => {
		const program = join(folder, "verify");
		output("cc", ["-std=gnu11", "-Wall", "-Wextra", "-Werror",
			"-fsanitize=address,undefined", "-o", program,
			file("verify.c", cProgram()), "-lcrypto"]);
		judge(output(program, []));
	});

	await test("code_in_shell_knows_good_from_bad", () => {
		const rows = table.filter(timeless);
		const script = file("verify.sh", `set -u\n${snippet("shell")}
verify "$@" && echo 1 || echo 0\n`);
		judge(rows.map((c) => output("sh", [script, c.id, c.time,
			c.signatures, c.secret], { input: c.body })).join(""), rows,
			names.filter((_, i) => timeless(table[i])));
	});

	// Keys instead of secrets
	const pair = generateKeyPairSync("ed25519");
	const other = generateKeyPairSync("ed25519");
	const v1a = (key) => "v1a," + signWithKey(null,
		Buffer.from(`${ID}.${TIME}.${BODY}`), key.privateKey)
		.toString("base64");
	const jwk = pair.publicKey.export({ format: "jwk" });
	const keyCases = {
		"a good one": { signatures: v1a(pair) },
		"behind one with a secret": {
			signatures: `${v1(SECRET)} ${v1a(other)} ${v1a(pair)}` },
		"another body": { signatures: v1a(pair), body: `${BODY} `,
			expect: false },
		"another id": { signatures: v1a(pair), id: `${ID}1`,
			expect: false },
		"another time": { signatures: v1a(pair), time: String(TIME + 1),
			expect: false },
		"another key": { signatures: v1a(other), expect: false },
		"no such version": { expect: false,
			signatures: v1a(pair).replace("v1a", "v1") },
		"301 s old": { signatures: v1a(pair), now: TIME + 301,
			expect: false },
		"no signature": { signatures: "", expect: false },
	};
	const keyNames = Object.keys(keyCases);
	const keyTable = keyNames.map((name) => ({ ...good,
		...keyCases[name] }));

	await test("code_in_node_checks_keys", () => {
		file("keys.json", JSON.stringify(keyTable));
		judge(output("node", [file("keys.mjs", `${snippet("node-key")}
import { readFileSync } from "node:fs";
for (const c of JSON.parse(readFileSync("keys.json", "utf8")))
	console.log(Number(verifyKey(${HEADERS}, Buffer.from(c.body),
		[${JSON.stringify(jwk)}], c.now)));
`)]), keyTable, keyNames);
	});

	await test("code_in_shell_checks_keys", () => {
		const usable = (c) => timeless(c) && !c.signatures.includes(" ") &&
			!c.signatures.startsWith("v1,");
		const rows = keyTable.filter(usable);
		const script = file("keys.sh", `set -u\n${snippet("shell-key")}
verify_key "$@" && echo 1 || echo 0\n`);
		const whpk = `whpk_${Buffer.from(jwk.x, "base64url")
			.toString("base64")}`;
		judge(rows.map((c) => output("sh", [script, c.id, c.time,
			c.signatures, whpk], { input: c.body, env: { ...process.env,
			TMPDIR: folder } })).join(""), rows,
			keyNames.filter((_, i) => usable(keyTable[i])));
	});

	// With libraries
	const require = createRequire(import.meta.url);

	function withLibrary(code, body) {
		const now = Math.floor(Date.now() / 1000);
		const t = `t=${now},v1=${createHmac("sha256", SECRET)
			.update(`${now}.${BODY}`).digest("hex")}`;
		const headers = { "webhook-id": ID, "webhook-timestamp": String(now),
			"webhook-signature": v1(SECRET, BODY, ID, now),
			"soxara-signature": t };
		return spawnSync("node", [file("library.mjs", `
const body = Buffer.from(${literal(body)}), secret = ${literal(SECRET)};
const headers = ${literal(headers)};
${code.replace(/from "([a-z]+)"/, (_, name) =>
	`from "${pathToFileURL(require.resolve(name))}"`)}`)]).status;
	}

	for (const name of ["standardwebhooks", "svix"]) {
		await test(`code_for_${name}_knows_good_from_bad`, () => {
			const code = snippet("library").replace(
				'from "standardwebhooks"', `from "${name}"`);
			assert.equal(withLibrary(code, BODY), 0);
			assert.equal(withLibrary(code, `${BODY} `), 1);
		});
	}

	await test("code_for_stripe_knows_good_from_bad", () => {
		assert.equal(withLibrary(snippet("stripe"), BODY), 0);
		assert.equal(withLibrary(snippet("stripe"), `${BODY} `), 1);
	});

	// What the page shows
	await test("request_on_the_page_is_signed_as_it_says", () => {
		const [head, body] = snippet("request").split("\n\n");
		const header = (name) => head.match(new RegExp(`^${name}: (.*)$`,
			"m"))[1];
		const t = header("webhook-timestamp");
		assert.equal(header("webhook-signature"), v1(SECRET, body,
			header("webhook-id"), t));
		assert.equal(header("X-Clive-Signature"),
			createHmac("sha256", SECRET).update(body).digest("hex"));
		assert.equal(header("Soxara-Signature"), `t=${t},v1=${createHmac(
			"sha256", SECRET).update(`${t}.${body}`).digest("hex")}`);
	});

	await test("challenge_on_the_page_is_one", () => {
		const challenge = JSON.parse(snippet("challenge-body"));
		assert.deepEqual(Object.keys(challenge), ["event", "endpoint_id",
			"challenge"]);
		assert.equal(challenge.event, "endpoint_challenge");
		assert.match(challenge.challenge, /^[0-9a-f]{64}$/);
	});

	await test("example_on_the_page_fits_in_all_three_forms", () => {
		const hex = (prefix) => createHmac("sha256", example("secret"))
			.update(prefix + example("body")).digest("hex");
		assert.equal(example("signature"), v1(example("secret"),
			example("body"), example("id"), example("time")));
		assert.equal(example("soxara"),
			`t=${example("time")},v1=${hex(`${example("time")}.`)}`);
		assert.equal(example("clive"), hex(""));
	});
});

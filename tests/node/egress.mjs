// SPDX-License-Identifier: ISC
// egress.mjs - where the sender goes, seen from the other side.
//
// tests/egress-test starts this in a network where every address is local.
// The name server here answers as a case wants it; the receivers listen on
// all addresses at once and note which one was connected. So an escape shows
// as a connection, not as a missing error.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createCanary } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { BUILD, ROOT, run, skip, test } from "./lib.mjs";

const work = process.argv[2];
const ipv6 = process.env.EGRESS_IPV6 === "1";
const execute = promisify(execFile);

const PUBLIC = "93.184.216.34";
const PUBLIC6 = "2606:2800:220:1:248:1893:25c8:1946";
const CANARY_PORTS = [22, 25, 80, 3128, 6379, 8080, 9000];

// Receivers

const connections = [];	// "address:port", in the order in which they came
const requests = [];	// { at, host, path }

function note(socket) {
	socket.on("error", () => {});
	connections.push(`${socket.localAddress.replace(/^::ffff:/, "")}:` +
		socket.localPort);
}

function listen(server, port) {
	server.on("connection", note);
	server.on("tlsClientError", () => {});
	return new Promise((done) => server.listen(port, ipv6 ? "::" :
		"0.0.0.0", done));
}

async function startReceivers() {
	const tls = { key: readFileSync(join(work, "key.pem")),
		cert: readFileSync(join(work, "cert.pem")) };
	for (const port of [443, 8443, 9443])
		await listen(createServer(tls, (req, res) => {
			requests.push({ at: Date.now(), path: req.url,
				host: req.headers.host });
			req.resume();
			if (req.url.startsWith("/to/"))
				res.writeHead(307, { Location: "https://" +
					req.url.slice(4) });
			res.end("thanks");
		}), port);
	for (const port of CANARY_PORTS)
		await listen(createCanary((socket) => socket.destroy()), port);
}

// Name server

const zone = new Map();	// name -> (count of questions, type) => addresses
const asked = new Map();	// "name type" -> how often

const times = (name, type = "A") => asked.get(`${name} ${type}`) ?? 0;

function bytesOf(address) {
	if (!address.includes(":"))
		return Buffer.from(address.split(".").map(Number));
	let text = address;
	const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text);
	if (dotted) {
		const b = bytesOf(dotted[1]).toString("hex");
		text = text.replace(dotted[1],
			`${b.slice(0, 4)}:${b.slice(4)}`);
	}
	const [head, tail] = text.split("::").map((half) =>
		half ? half.split(":") : []);
	const rest = tail ?? [];
	const words = [...head, ...Array(8 - head.length - rest.length)
		.fill("0"), ...rest];
	return Buffer.from(words.map((w) => w.padStart(4, "0")).join(""),
		"hex");
}

const isOf = (type) => (address) => address.includes(":") ===
	(type === "AAAA");

// The answer to one question; rcode 3 for names that are not.
function answer(query, addresses) {
	const end = query.indexOf(0, 12) + 5;
	const head = Buffer.from(query.subarray(0, 12));
	head.writeUInt16BE(addresses ? 0x8180 : 0x8183, 2);
	head.writeUInt16BE(1, 4);
	head.writeUInt16BE(addresses ? addresses.length : 0, 6);
	head.writeUInt32BE(0, 8);
	const records = (addresses ?? []).map((address) => {
		const data = bytesOf(address);
		const record = Buffer.alloc(12);
		record.writeUInt16BE(0xc00c, 0);
		query.copy(record, 2, end - 4, end);
		record.writeUInt32BE(0, 6);
		record.writeUInt16BE(data.length, 10);
		return Buffer.concat([record, data]);
	});
	return Buffer.concat([head, query.subarray(12, end), ...records]);
}

function nameOf(query) {
	const labels = [];
	for (let at = 12; query[at] !== 0; at += query[at] + 1)
		labels.push(query.subarray(at + 1, at + 1 + query[at])
			.toString("latin1"));
	return labels.join(".").toLowerCase();
}

function startNameServer() {
	const socket = createSocket("udp4");
	socket.on("message", (query, from) => {
		const name = nameOf(query);
		const at = query.indexOf(0, 12) + 1;
		const type = { 1: "A", 28: "AAAA" }[query.readUInt16BE(at)];
		const key = `${name} ${type}`;
		asked.set(key, (asked.get(key) ?? 0) + 1);
		const said = zone.get(name)?.(asked.get(key), type);
		if (said === "silence")
			return;
		socket.send(answer(query, said?.filter(isOf(type))),
			from.port, from.address);
	});
	return new Promise((done) => socket.bind(53, "127.0.0.1", done));
}

// Always the same addresses.
const fixed = (...addresses) => () => addresses;

// The first question of a type gets one answer, all later ones another.
const rebinding = (first, later) => (count) => count === 1 ? first : later;

// A gateway in live mode

class Site {
	static async make(name, ...settings) {
		const site = new Site();
		site.env = { PATH: process.env.PATH,
			CLIVE_VAR: join(work, name, "var") };
		mkdirSync(join(work, name));
		await site.seed("init", "--live", "webhook_timeout_ms = 3000",
			...settings);
		return site;
	}

	async seed(...args) {
		const { stdout } = await execute(join(BUILD,
			"tests/tools/seed"), args, { env: this.env,
			maxBuffer: 1 << 26 });
		return JSON.parse(stdout);
	}

	// One attempt a delivery. The URL is put where no check sees it: what
	// was allowed when it was added need not be so any more.
	async endpoint(url) {
		const { id } = await this.seed("endpoint",
			"https://hook.example.com/", "pauses=");
		await this.seed("query", "UPDATE webhook_endpoint SET url = " +
			`'${url.replaceAll("'", "''")}' WHERE id = '${id}'`);
		return id;
	}

	// Pays once and sends what is due; attempts by URL, the newest ones.
	async deliver(env = {}) {
		await this.seed("pay", "1");
		const { stdout, stderr } = await execute(join(BUILD,
			"cron/deliver"), ["--once"], { env: { ...this.env,
			...env }, timeout: 60000 });
		assert.equal(stdout + stderr, "");
		const rows = await this.seed("query", "SELECT w.url, " +
			"a.response_status AS status, a.error, " +
			"a.duration_ms AS ms FROM attempt a " +
			"JOIN delivery d ON d.id = a.delivery_id " +
			"JOIN webhook_endpoint w ON w.id = d.endpoint_id " +
			"ORDER BY a.started_at, a.delivery_id");
		return new Map(rows.map((row) => [row.url, row]));
	}

	async deliverTo(url, env) {
		if (!this.has?.has(url)) {
			(this.has ??= new Set()).add(url);
			await this.endpoint(url);
		}
		connections.length = requests.length = 0;
		return (await this.deliver(env)).get(url);
	}
}

function assertSent(attempt, ...to) {
	assert.equal(attempt.error, null);
	assert.equal(attempt.status, 200);
	assert.deepEqual(connections, to);
}

function assertRefused(attempt, error) {
	assert.match(attempt.error, error);
	assert.equal(attempt.status, null);
	assert.deepEqual(connections, []);
}

// The corpus, unescaped: [class, bytes of the URL, answer]
function corpus() {
	const text = readFileSync(join(ROOT, "tests/corpus/urls-refused.txt"),
		"latin1");
	return text.split("\n").filter((line) => line && line[0] !== "#")
		.map((line) => {
			const [kind, url, said] = line.split("\t");
			return [kind, url.replace(/\\x(..)|\\(.)/g,
				(all, hex, char) => char ??
				String.fromCharCode(parseInt(hex, 16))),
				said ? said.split(" ") : []];
		});
}

const cases = {
	async a_public_receiver_is_reached(site) {
		zone.set("plain.example.com", fixed(PUBLIC));
		assertSent(await site.deliverTo("https://plain.example.com/"),
			`${PUBLIC}:443`);
		assert.equal(requests[0].host, "plain.example.com");
		assert.equal(times("plain.example.com"), 1);
		assertSent(await site.deliverTo(
			"https://plain.example.com:8443/x"), `${PUBLIC}:443`,
			`${PUBLIC}:8443`);
	},

	// One look-up is made, so the second answer is never heard.
	async a_name_that_changes_after_the_check_gains_nothing(site) {
		const later = ["127.0.0.1", "10.0.0.1", "169.254.169.254"];
		for (const [i, address] of later.entries()) {
			const name = `flip${i}.example.com`;
			zone.set(name, rebinding([PUBLIC], [address]));
			const attempt = await site.deliverTo(
				`https://${name}/`);
			assert.equal(attempt.error, null);
			assert.equal(times(name), 1);
			assert.equal(times(name, "AAAA"), 1);
			// Those of before were asked again, and refused.
			assert.deepEqual(connections, [`${PUBLIC}:443`]);
		}
	},

	async a_name_that_changes_between_attempts_is_refused_then(site) {
		const later = ["127.0.0.1", "10.1.2.3", "169.254.169.254",
			"192.168.1.1", "0.0.0.0", "100.100.100.200",
			"168.63.129.16"];
		for (const [i, address] of later.entries())
			zone.set(`later${i}.example.com`,
				rebinding([PUBLIC], [address]));
		for (const i of later.keys())
			await site.endpoint(`https://later${i}.example.com/`);
		connections.length = 0;
		for (const attempt of (await site.deliver()).values())
			assert.equal(attempt.error, null);
		assert.equal(connections.length, later.length);
		connections.length = 0;
		const attempts = await site.deliver();
		for (const [i, address] of later.entries())
			assert(attempts.get(`https://later${i}.example.com/`)
				.error.includes(` leads to ${address}, a `));
		assert.deepEqual(connections, []);
	},

	async a_name_that_becomes_public_is_reached_then(site) {
		zone.set("tamed.example.com", rebinding(["10.0.0.1"],
			[PUBLIC]));
		assertRefused(await site.deliverTo(
			"https://tamed.example.com/"),
			/leads to 10\.0\.0\.1, a private.*webhook_allow/);
		assertSent(await site.deliverTo("https://tamed.example.com/"),
			`${PUBLIC}:443`);
	},

	async one_private_address_of_many_refuses_all(site) {
		const answers = [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC],
			[PUBLIC, "127.0.0.1"], [PUBLIC, "::1"],
			[PUBLIC, "fd00::1"], [PUBLIC6, "10.0.0.1"],
			[PUBLIC, "::ffff:10.0.0.1"],
			[PUBLIC, "64:ff9b::10.0.0.1"],
			["1.1.1.1", "8.8.8.8", "9.9.9.9", "1.0.0.1", "8.8.4.4",
				"208.67.222.222", "208.67.220.220", "4.4.4.4",
				"5.5.5.5", "6.6.6.6", "192.168.0.1"]];
		for (const [i, addresses] of answers.entries()) {
			zone.set(`mixed${i}.example.com`, fixed(...addresses));
			await site.endpoint(`https://mixed${i}.example.com/`);
		}
		connections.length = 0;
		const attempts = await site.deliver();
		assert.equal(attempts.size, answers.length);
		for (const { error } of attempts.values())
			assert.match(error, /leads to .*webhook_allow/);
		assert.deepEqual(connections, []);
	},

	async too_many_addresses_are_refused(site) {
		zone.set("many.example.com", fixed(...Array.from({ length: 33 },
			(_, i) => `8.8.8.${i}`)));
		assertRefused(await site.deliverTo("https://many.example.com/"),
			/too many addresses/);
	},

	async the_next_address_is_tried_where_one_is_dead(site) {
		zone.set("dual.example.com", fixed("2001:470::1", PUBLIC));
		assertSent(await site.deliverTo("https://dual.example.com/"),
			`${PUBLIC}:443`);
	},

	async a_receiver_with_ipv6_is_reached(site) {
		zone.set("six.example.com", fixed(PUBLIC6));
		assertSent(await site.deliverTo("https://six.example.com/"),
			`${PUBLIC6}:443`);
	},

	async a_silent_name_server_holds_up_nobody_else(site) {
		zone.set("quick.example.com", fixed(PUBLIC));
		for (let i = 0; i < 10; i++) {
			zone.set(`silent${i}.example.com`, () => "silence");
			await site.endpoint(`https://silent${i}.example.com/`);
		}
		const begin = Date.now();
		const attempt = await site.deliverTo(
			"https://quick.example.com/");
		assertSent(attempt, `${PUBLIC}:443`);
		assert(attempt.ms < 1500, `${attempt.ms} ms`);
		assert(requests[0].at - begin < 2000);
		const [silent] = await site.seed("query", "SELECT error, " +
			"duration_ms AS ms FROM attempt WHERE error IS NOT " +
			"NULL ORDER BY duration_ms DESC LIMIT 1");
		assert.match(silent.error, /no name server answered in time/);
		assert(silent.ms >= 3000 && silent.ms < 4500,
			`${silent.ms} ms`);
	},

	async a_name_that_is_not_says_so(site) {
		assertRefused(await site.deliverTo("https://no.example.com/"),
			/^no\.example\.com: the host name has no address$/);
	},

	async the_certificate_must_be_for_the_name(site) {
		zone.set("other.example.net", fixed(PUBLIC));
		const attempt = await site.deliverTo(
			"https://other.example.net/");
		assert.match(attempt.error, /SSL: no alternative certificate/);
		assert.deepEqual(connections, [`${PUBLIC}:443`]);
		assert.deepEqual(requests, []);
	},

	async redirects_are_not_followed(site) {
		zone.set("moved.example.com", fixed(PUBLIC));
		for (const to of ["10.0.0.1/", "moved.example.com/again"]) {
			const attempt = await site.deliverTo(
				`https://moved.example.com/to/${to}`);
			assert.equal(attempt.status, 307);
			assert.equal(attempt.error, null);
			assert.deepEqual([...new Set(connections)],
				[`${PUBLIC}:443`]);
			for (const { path } of requests)
				assert.match(path, /^\/to\//);
		}
	},

	async proxies_of_the_environment_are_ignored(site) {
		zone.set("direct.example.com", fixed(PUBLIC));
		const env = {};
		for (const name of ["http_proxy", "https_proxy", "all_proxy",
			"ftp_proxy", "socks_proxy"])
			env[name] = env[name.toUpperCase()] =
				"http://10.9.9.9:3128";
		for (const exempt of ["", "*", "other.example.com"])
			assertSent(await site.deliverTo(
				"https://direct.example.com/", { ...env,
				no_proxy: exempt, NO_PROXY: exempt }),
			`${PUBLIC}:443`);
	},

	async what_is_listed_is_reached_and_nothing_else(site) {
		const at = { in: "10.1.2.3", out: "10.2.2.3",
			named: "192.168.7.7", trap: "169.254.169.254" };
		for (const [name, address] of Object.entries(at))
			zone.set(`${name}.example.com`, fixed(address));
		assertSent(await site.deliverTo("https://in.example.com:9443/"),
			"10.1.2.3:9443");
		const named = await site.deliverTo(
			"https://named.example.com/");
		connections.sort();
		assertSent(named, "10.1.2.3:9443", "192.168.7.7:443");
		connections.length = 0;
		await site.endpoint("https://out.example.com/");
		await site.endpoint("https://trap.example.com/");
		await site.endpoint("https://192.168.7.7/");
		await site.endpoint("https://named.example.com:8443/");
		const attempts = await site.deliver();
		const says = (url, error) =>
			assert.match(attempts.get(url).error, error);
		says("https://out.example.com/", /10\.2\.2\.3.*webhook_allow/);
		says("https://trap.example.com/", /never allowed/);
		says("https://192.168.7.7/", /webhook_allow/);
		says("https://named.example.com:8443/", /8443.*webhook_ports/);
		assert.deepEqual(connections.sort(), ["10.1.2.3:9443",
			"192.168.7.7:443"]);
	},

	// A few endpoints are given the whole corpus, URL by URL.
	async nothing_of_the_corpus_is_connected(site) {
		const lines = corpus().filter(([, url]) => url.length >= 8 &&
			url.length <= 2000);	// what the table can hold
		const ids = [];
		let refused = 0;

		assert(lines.length >= 500);
		for (const [, url, addresses] of lines)
			if (addresses.length > 0)
				zone.set(/^https:\/\/([^/:]+)/.exec(url)[1]
					.toLowerCase(), fixed(...addresses));
		while (ids.length < 60)
			ids.push(await site.endpoint("https://x.example.com/"));
		connections.length = 0;
		for (let i = 0; i < lines.length; i += ids.length) {
			const urls = lines.slice(i, i + ids.length);
			await site.seed("query", "UPDATE webhook_endpoint " +
				"SET url = CASE id " + urls.map(([, url], k) =>
				`WHEN '${ids[k]}' THEN CAST(x'` +
				Buffer.from(url, "latin1").toString("hex") +
				"' AS TEXT)").join(" ") +
				" ELSE 'https://10.0.0.1/' END");
			await site.deliver();
			refused += urls.length;
			const [row] = await site.seed("query", "SELECT " +
				"count(*) AS n FROM attempt WHERE error IS " +
				"NOT NULL AND response_status IS NULL");
			assert.deepEqual(connections, []);
			assert.equal(row.n, Math.ceil(refused / ids.length) *
				ids.length);
		}
		// All of it by the guard, nothing by chance.
		const ours = new RegExp("webhook_(allow|ports) in clive.conf$" +
			"|which is never allowed$|^in live mode|^an address " +
			"is|^the (host|URL|bracket) |^between|^behind");
		for (const { error } of await site.seed("query",
			"SELECT DISTINCT error FROM attempt"))
			assert.match(error, ours);
	},
};

const settings = {
	what_is_listed_is_reached_and_nothing_else: ["webhook_ports = 443 9443",
		"webhook_allow = 10.1.0.0/16 named.example.com " +
		"trap.example.com"],
};
const needsIpv6 = ["a_receiver_with_ipv6_is_reached",
	"the_next_address_is_tried_where_one_is_dead"];

await run("egress", async () => {
	await startReceivers();
	await startNameServer();
	for (const [name, body] of Object.entries(cases))
		if (needsIpv6.includes(name) && !ipv6)
			skip(name, "no IPv6 here");
		else
			await test(name, async () => body(await Site.make(name,
				...settings[name] ?? [])));
});

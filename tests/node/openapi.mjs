// SPDX-License-Identifier: ISC
/*
 * openapi.mjs - htdocs/openapi.json is an OpenAPI document, and it has what
 * the programs have: each of their actions, as their tables declare them and
 * as their head comments name them, and nothing else.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "htdocs/openapi.json"), "utf8");
const doc = JSON.parse(text);
const methods = ["get", "post", "patch", "delete"];

/* ------------------------------------------------------ the programs */

function* sources(folder) {
	for (const e of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, e.name);
		if (e.isDirectory())
			yield* sources(path);
		else if (path.endsWith(".c"))
			yield path;
	}
}

const headers = readdirSync(join(root, "lib"))
	.filter((n) => n.endsWith(".h"))
	.map((n) => readFileSync(join(root, "lib", n), "utf8")).join("\n");
const lib = readdirSync(join(root, "lib")).filter((n) => n.endsWith(".c"))
	.map((n) => readFileSync(join(root, "lib", n), "utf8"));

/* The file of the library that defines a table of actions. */
const definedIn = (table) => lib.find((source) =>
	source.includes(`const struct action ${table}[] = {`));

/* What #define has for the rows of a table: ONE, VERB("x"). */
function expand(rows, source) {
	const joined = `${headers}\n${source}`.replace(/\s*\\\n\s*/g, " ");
	for (const [, name, arg, body] of joined.matchAll(
		/^#define ([A-Z_]+)(\([a-z]+\))?[ \t]+(.*)$/gm))
		rows = arg === undefined ?
			rows.replaceAll(new RegExp(`\\b${name}\\b`, "g"), body) :
			rows.replaceAll(new RegExp(`\\b${name}\\(([^)]*)\\)`, "g"),
				(_, value) => body.replace(
					new RegExp(`\\b${arg.slice(1, -1)}\\b`), value));
	return rows;
}

/* [["get", "/{id}/verb"], ...] of a program's table. */
function actionsOf(source) {
	const named = source.match(/\b([a-z_]+_actions)\b/)?.[1];
	const home = named === undefined ? source : definedIn(named);
	assert.ok(home, `no table ${named}`);
	const start = home.indexOf(`struct action ${named ?? "actions"}[] = {`);
	const table = expand(home.slice(start, home.indexOf("\n};", start)), home);
	return [...table.matchAll(
		/\{ METHOD_(GET|POST|PATCH|DELETE)\b([^{}]*)\}/g)]
		.map(([, method, rest]) => {
			const verb = rest.match(/\.verb = "([^"]*)"/)?.[1];
			return [method.toLowerCase(),
				!/\.takes_rest = true/.test(rest) ? "" :
				verb ? `/{id}/${verb}` : "/{id}"];
		});
}

/* The paths that a head comment names, with their methods. */
function namedIn(source) {
	const comment = source.slice(0, source.indexOf("*/", 40))
		.replace(/^ \* ?/gm, "").replace(/\n/g, " ");
	const found = [];
	for (const m of comment.matchAll(
		/((?:GET|POST|PATCH|DELETE)(?:, (?:GET|POST|PATCH|DELETE))*) (\/[a-z][^\s;:,]*)((?:, | - and )\/[a-z-]+)?/g)) {
		const path = m[2].replace(/\?.*/, "").replace(/[.)]+$/, "")
			.replace(/\{[a-z_]+\}/, "{id}");
		const paths = path.includes("[") ?
			[path.replace(/\[.*/, ""), path.replace(/\[(\/\{id\}).*/, "$1")] :
			[path];
		if (m[3] !== undefined)
			paths.push(path.replace(/\/[^/]*$/, m[3].replace(/.*\//, "/")));
		for (const one of paths)
			for (const method of m[1].split(", "))
				found.push([method.toLowerCase(), one]);
	}
	return found;
}

/* Those that answer 404 to whatever no other program serves. */
const roots = ["/api", "/v1", "/payment", "/webhooks"];
const programs = new Map([...sources(join(root, "cgi-bin"))].map((file) => [
	file.slice(join(root, "cgi-bin").length, -2), readFileSync(file, "utf8")]));

const has = (method, path) =>
	doc.paths[path]?.[method] !== undefined ||
	/*
	 * A part that the table does not name: /listen/{id}/{delivery}; or a
	 * word where another action has an id: /audit/csv.
	 */
	path.endsWith("/{id}") &&
	Object.entries(doc.paths).some(([other, item]) =>
		item[method] !== undefined && (other.startsWith(`${path}/{`) ||
		(other.startsWith(path.slice(0, -4)) &&
		/^[a-z-]+$/.test(other.slice(path.length - 4)) &&
		!programs.has(other))));

/* --------------------------------------------------------- the document */

function* refs(value) {
	if (value === null || typeof value !== "object")
		return;
	if (typeof value.$ref === "string")
		yield value.$ref;
	for (const inner of Object.values(value))
		yield* refs(inner);
}

const resolve = (ref) => ref.slice(2).split("/")
	.reduce((at, key) => at?.[key], doc);

const operations = Object.entries(doc.paths).flatMap(([path, item]) =>
	methods.filter((m) => item[m] !== undefined)
		.map((m) => [path, m, item[m]]));

const tests = {
	async "the document is OpenAPI 3.1"() {
		const validator = new Validator();
		const result = await validator.validate(structuredClone(doc));
		assert.deepEqual(result.errors ?? [], []);
		assert.equal(validator.version, "3.1");
		assert.equal(doc.openapi, "3.1.0");
	},

	"every reference leads somewhere, and nothing is left over"() {
		const all = new Set(refs(doc));
		for (const ref of all)
			assert.ok(resolve(ref) !== undefined, ref);
		for (const kind of ["schemas", "parameters", "responses"])
			for (const name of Object.keys(doc.components[kind]))
				assert.ok(all.has(`#/components/${kind}/${name}`),
					`${name} is used nowhere`);
	},

	"the release is that of the programs"() {
		const version = readFileSync(join(root, "lib/version.h"), "utf8")
			.match(/CLIVE_VERSION "([^"]+)"/)[1];
		assert.equal(doc.info.version, version);
	},

	"what has an id in its path says so"() {
		for (const [path, method, operation] of operations) {
			const declared = (operation.parameters ?? [])
				.map((p) => p.$ref === undefined ? p : resolve(p.$ref))
				.filter((p) => p.in === "path").map((p) => p.name);
			assert.deepEqual(declared.sort(),
				[...path.matchAll(/\{([a-z]+)\}/g)].map((m) => m[1]).sort(),
				`${method} ${path}`);
		}
	},

	"every operation says who may call it, and has a name"() {
		const ids = operations.map(([, , o]) => o.operationId);
		assert.equal(new Set(ids).size, ids.length);
		const tags = doc.tags.map((tag) => tag.name);
		for (const [path, method, o] of operations) {
			assert.ok(Array.isArray(o.security), `${method} ${path}`);
			for (const one of o.security)
				for (const name of Object.keys(one))
					assert.ok(doc.components.securitySchemes[name]);
			assert.ok(tags.includes(o.tags[0]), o.tags[0]);
			if (path.startsWith("/v1/") || path.startsWith("/api/"))
				assert.ok(o.responses.default, `${method} ${path}`);
		}
	},

	"every action of every program is in it"() {
		let count = 0;
		for (const [path, source] of programs) {
			if (roots.includes(path))
				continue;
			const actions = /monitor_main/.test(source) ? [["get", ""]] :
				actionsOf(source);
			assert.ok(actions.length > 0, path);
			for (const [method, rest] of actions) {
				assert.ok(has(method, path + rest),
					`${method} ${path}${rest} is missing`);
				count++;
			}
		}
		assert.ok(count > 60, `${count} actions`);
	},

	"whatever the head comments name is in it"() {
		let count = 0;
		for (const [path, source] of programs)
			for (const [method, named] of namedIn(source)) {
				assert.ok(has(method, named),
					`${method} ${named} of ${path} is missing`);
				count++;
			}
		assert.ok(count > 60, `${count} names`);
	},

	"nothing is in it that no program serves"() {
		for (const [path, method] of operations) {
			let program = path;
			while (program !== "" && !programs.has(program))
				program = program.slice(0, program.lastIndexOf("/"));
			assert.ok(program !== "" && !roots.includes(program),
				`${path}: no program`);
			if (/monitor_main/.test(programs.get(program)))
				continue;
			const rest = path.slice(program.length)
				.replace(/\/\{delivery\}$/, "");
			const word = rest.replace(/^\/[a-z-]+$/, "/{id}");
			assert.ok(actionsOf(programs.get(program)).some(([m, r]) =>
				m === method && (r === rest || r === word)),
				`${method} ${path}: no action`);
		}
	},

	"every event that a partner or merchant is sent is in it"() {
		const source = readFileSync(join(root, "lib/outbox.c"), "utf8");
		const types = (name) => [...source.slice(source.indexOf(
			`const char *const ${name}[] = {`)).split("};")[0]
			.matchAll(/"([a-z_.]+)"/g)].map((m) => m[1]);
		const partner = types("outbox_event_types");
		assert.deepEqual(partner.sort(),
			[...doc.components.schemas.PartnerEvent.properties.event.enum]
				.sort());
		const merchant = types("outbox_merchant_event_types");
		assert.ok(merchant.length > 10);
		/* "payment.created, .succeeded; refund.created" */
		const said = doc.webhooks.merchantEvent.post.description;
		for (const type of merchant) {
			const [thing, what] = type.split(".");
			assert.match(said, new RegExp(`${thing}\\.[^;]*\\b${what}\\b`));
		}
	},

	"fields that the programs read are those of the bodies"() {
		const table = (file, schema) => {
			const source = readFileSync(join(root, file), "utf8");
			for (const [, name] of source.matchAll(
				/^\t\{ (?:\.name = )?"([a-z_0-9]+)"/gm))
				assert.ok(schema.properties[name] !== undefined,
					`${file}: ${name}`);
		};
		const s = doc.components.schemas;
		table("cgi-bin/api/v1/clients.c", { properties: {
			...s.NewClient.properties, limit: 1, cursor: 1 } });
		table("cgi-bin/api/v1/transactions/initialize.c", s.NewTransaction);
	},

	"it lies where the servers serve it"() {
		assert.ok(existsSync(join(root, "htdocs/openapi.json")));
		assert.ok(!programs.has("/openapi.json"));
	},
};

let passed = 0, failed = 0;
for (const [name, test] of Object.entries(tests))
	try {
		await test();
		console.log(`ok ${name}`);
		passed++;
	} catch (error) {
		console.log(`not ok ${name}: ${error.message}`);
		failed++;
	}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

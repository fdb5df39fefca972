// SPDX-License-Identifier: ISC
//
// web.mjs - initialize as one would write it who knows Node: fastify and
// better-sqlite3, two workers, synchronous=FULL, prepared statements.
//
//	web.mjs PORT DATABASE KEY SECRET each|batched
//
// It checks key, HMAC and idempotency key, reads partner and client, and
// writes payment, audit event (with its chained hash) and answer, in one
// transaction. "each" commits for every request; "batched" commits what came
// since the last commit together, and answers after it.

import cluster from 'node:cluster';
import { createHash, createHmac, randomInt, timingSafeEqual } from
    'node:crypto';
import Database from 'better-sqlite3';
import fastify from 'fastify';

const [port, file, key, secret, how] = process.argv.slice(2);
const WORKERS = 2;

if (cluster.isPrimary) {
	let ready = 0;
	for (let i = 0; i < WORKERS; i++)
		cluster.fork();
	cluster.on('listening', () => {
		if (++ready === WORKERS)
			console.log('ready');
	});
	process.on('SIGTERM', () => {
		for (const worker of Object.values(cluster.workers))
			worker.process.kill();
		process.exit(0);
	});
} else {
	work();
}

function work()
{
	const db = new Database(file, { timeout: 5000 });
	db.pragma('journal_mode = WAL');
	db.pragma('synchronous = FULL');
	db.pragma('foreign_keys = ON');
	db.pragma('wal_autocheckpoint = 4000');

	const find = db.prepare(`SELECT body_hash, status, answer FROM
		idempotency WHERE day IN (?, ?) AND owner = ? AND path = ? AND
		idempotency_key = ?`);
	const partner = db.prepare(`SELECT status, kyc_status FROM partner
		WHERE partner_id = ?`);
	const client = db.prepare(`SELECT status FROM client WHERE
		partner_id = ? AND client_id = ?`);
	const insert = db.prepare(`INSERT INTO tx (clive_tx_id, partner_id,
		client_id, amount, currency, echezona_reference, meta, status,
		processor, settlement_status, created_at, updated_at) VALUES
		(?, ?, ?, ?, ?, ?, ?, 'initialized', 'stripe', 'unsettled', ?,
		?)`);
	const head = db.prepare('SELECT seq, hash FROM audit_head');
	const setHead = db.prepare('UPDATE audit_head SET seq = ?, hash = ?');
	const audit = db.prepare(`INSERT INTO audit_event (seq, at, actor,
		action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`);
	const keep = db.prepare(`INSERT INTO idempotency (day, owner, path,
		idempotency_key, body_hash, status, answer, created_at) VALUES
		(?, ?, ?, ?, ?, ?, ?, ?)`);

	function initialize(rq)
	{
		const { body, path, idem, hash } = rq;
		const now = Date.now();
		const day = Math.floor(now / 86400000);
		const known = find.get(day, day - 1, body.partner_id, path,
		    idem);

		if (known !== undefined)
			return known.body_hash.equals(hash) ?
			    [known.status, known.answer] :
			    [409, '{"code":"IDEMPOTENCY_CONFLICT"}'];
		const p = partner.get(body.partner_id);
		const c = client.get(body.partner_id, body.client_id);
		if (p?.status !== 'active' || p.kyc_status !== 'approved' ||
		    c?.status !== 'active')
			return [403, '{"code":"PARTNER_NOT_ACTIVE"}'];
		const id = `CLVTX_${now}_` +
		    String(randomInt(1e9)).padStart(9, '0');
		const detail = JSON.stringify({ amount: body.amount,
			currency: body.currency });
		const answer = JSON.stringify({ clive_tx_id: id,
			status: 'initialized' });
		insert.run(id, body.partner_id, body.client_id,
		    Math.round(body.amount * 100), body.currency,
		    body.echezona_reference, JSON.stringify(body.meta), now,
		    now);
		const last = head.get();
		const seq = last.seq + 1;
		const link = createHash('sha256').update(last.hash).update(
		    [seq, now, `key:${key.slice(-4)}`,
			'transaction.initialized', id, detail].join('\0'))
		    .digest();
		audit.run(seq, now, `key:${key.slice(-4)}`,
		    'transaction.initialized', id, detail, link);
		setHead.run(seq, link);
		keep.run(day, body.partner_id, path, idem, hash, 201, answer,
		    now);
		return [201, answer];
	}

	const one = db.transaction(initialize);
	const many = db.transaction((list) => list.map((w) =>
	    initialize(w.rq)));
	let waiting = [];

	function commit()
	{
		const list = waiting;

		waiting = [];
		many.immediate(list).forEach((answer, i) =>
		    list[i].resolve(answer));
	}

	function batched(rq)
	{
		return new Promise((resolve) => {
			if (waiting.push({ rq, resolve }) === 1)
				setImmediate(commit);
		});
	}

	const app = fastify();
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('application/json', { parseAs: 'buffer' },
	    (rq, body, done) => done(null, body));
	app.post('/api/v1/transactions/initialize', async (rq, reply) => {
		const mac = createHmac('sha256', secret).update(rq.body)
		    .digest();
		const given = Buffer.from(rq.headers['x-clive-hmac'] ?? '',
		    'hex');
		if (rq.headers['x-api-key'] !== key ||
		    given.length !== mac.length ||
		    !timingSafeEqual(given, mac))
			return reply.code(401).send({ code: 'HMAC_INVALID' });
		const idem = rq.headers['idempotency-key'];
		const body = JSON.parse(rq.body);
		if (!idem || !(body.amount > 0) || !body.partner_id ||
		    !body.client_id || !body.echezona_reference ||
		    !/^[A-Z]{3}$/.test(body.currency))
			return reply.code(400).send({ code:
			    'VALIDATION_ERROR' });
		const asked = { body, path: rq.url, idem,
			hash: createHash('sha256').update(rq.body).digest() };
		const [status, answer] = how === 'batched' ?
		    await batched(asked) : one.immediate(asked);
		return reply.code(status).type('application/json')
		    .send(answer);
	});
	app.listen({ port: Number(port), host: '127.0.0.1' });
}

/* SPDX-License-Identifier: ISC */
/*
 * store.mjs - what both senders have in common: claiming deliveries under a
 * lease, signing them, and recording what came of them.
 *
 * Written as one would who knows Node and SQLite: statements are prepared
 * once, claims are made many at a time in one transaction, secrets are read
 * once. Several senders may share a database.
 */
import { createHmac, randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';

export const PARALLEL = 64;		/* requests under way at once */
export const PER_ENDPOINT = 8;		/* of them to one endpoint */
export const TIMEOUT_MS = 10000;
const LEASE_MS = 30000;
const PAUSES_MS = [1000, 4000];

export class Store {
	constructor(path, secret) {
		this.owner = randomUUID();
		this.secret = secret;
		this.key = Buffer.from(secret.slice('whsec_'.length), 'base64');
		this.queue = [];
		this.db = new Database(path);
		this.db.pragma('journal_mode = WAL');
		this.db.pragma('synchronous = FULL');
		this.endpoints = this.db.prepare(`SELECT id, url FROM
			webhook_endpoint WHERE status = 'active'`);
		this.claimSome = this.db.prepare(`UPDATE delivery SET
			lease_owner = ?, lease_until = ? WHERE id IN (SELECT id
			FROM delivery WHERE endpoint_id = ? AND status = 'due'
			AND next_attempt_at <= ? AND (lease_until IS NULL OR
			lease_until <= ?) ORDER BY next_attempt_at LIMIT ?)
			RETURNING id, event_id, attempts`);
		this.event = this.db.prepare(
			'SELECT body FROM event WHERE id = ?');
		this.finish = this.db.prepare(`UPDATE delivery SET status = ?,
			attempts = ?, next_attempt_at = ?, lease_owner = NULL,
			lease_until = NULL, updated_at = ? WHERE id = ? AND
			lease_owner = ? AND status = 'due'`);
		this.attempt = this.db.prepare(`INSERT INTO attempt
			(delivery_id, number, started_at, duration_ms,
			request_head, response_status, response_head,
			response_body, response_length, error) VALUES (?, ?,
			?, ?, ?, ?, ?, ?, ?, ?)`);
		this.claimAll = this.db.transaction(() => this.#claimAll());
		this.record = this.db.transaction((jobs) => {
			for (const job of jobs)
				this.#recordOne(job);
		});
	}

	#claimAll() {
		const now = Date.now();
		const claimed = [];

		for (const { id, url } of this.endpoints.all())
			for (const row of this.claimSome.all(this.owner,
			    now + LEASE_MS, id, now, now, PER_ENDPOINT))
				claimed.push({ id: row.id,
					eventId: row.event_id,
					number: row.attempts + 1, url,
					body: this.event.get(row.event_id)
					    .body });
		return claimed;
	}

	/* The next delivery to send, or undefined where none is due. */
	next() {
		if (this.queue.length === 0)
			this.queue = this.claimAll().reverse();
		return this.queue.pop();
	}

	headers(job) {
		const t = Math.floor(Date.now() / 1000);
		const hex = createHmac('sha256', this.secret).update(job.body)
		    .digest('hex');
		const v1 = createHmac('sha256', this.secret).update(`${t}.`)
		    .update(job.body).digest('hex');
		const standard = createHmac('sha256', this.key)
		    .update(`${job.eventId}.${t}.`).update(job.body)
		    .digest('base64');

		return {
			'content-type': 'application/json',
			'user-agent': 'Bench/1',
			'x-clive-signature': hex,
			'soxara-signature': `t=${t},v1=${v1}`,
			'webhook-id': job.eventId,
			'webhook-timestamp': String(t),
			'webhook-signature': `v1,${standard}`
		};
	}

	#recordOne(job) {
		const now = Date.now();
		const good = job.status >= 200 && job.status < 300;
		const pause = PAUSES_MS[job.number - 1];
		const status = good ? 'delivered' : pause === undefined ?
		    'failed' : 'due';

		if (this.finish.run(status, job.number, status === 'due' ?
		    now + pause : now, now, job.id, this.owner).changes !== 1)
			return;
		this.attempt.run(job.id, job.number, job.startedAt,
		    now - job.startedAt, head(`POST ${new URL(job.url).pathname}`,
		    job.headers), job.status ?? null, job.answerHead ?? null,
		    job.answer ?? null, job.answer?.length ?? null,
		    job.error ?? null);
	}

	close() {
		this.db.close();
	}
}

export function head(first, headers) {
	let text = first;

	for (const name in headers)
		text += `\r\n${name}: ${headers[name]}`;
	return text;
}

/* Keeps PARALLEL deliveries under way until none is due. */
export async function drain(store, deliver) {
	const worker = async () => {
		for (let job; (job = store.next()) !== undefined; ) {
			job.headers = store.headers(job);
			job.startedAt = Date.now();
			await deliver(job);
		}
	};

	await Promise.all(Array.from({ length: PARALLEL }, worker));
}

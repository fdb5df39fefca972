/* SPDX-License-Identifier: ISC */
/*
 * undici-sender.mjs - the quick way in Node: undici's request on a pool for
 * each receiver, results committed in batches.
 *
 *	node undici-sender.mjs DATABASE SECRET
 */
import { Pool } from 'undici';
import { drain, head, PER_ENDPOINT, Store, TIMEOUT_MS } from './store.mjs';

const BATCH = 64;		/* results, or those of */
const BATCH_MS = 5;		/* so many milliseconds */

const store = new Store(process.argv[2], process.argv[3]);
const pools = new Map();
let ended = [], timer;

function flush() {
	clearTimeout(timer);
	timer = undefined;
	store.record(ended);
	ended = [];
}

function ending(job) {
	ended.push(job);
	if (ended.length >= BATCH)
		flush();
	else
		timer ??= setTimeout(flush, BATCH_MS);
}

function pool(origin) {
	let found = pools.get(origin);

	if (found === undefined) {
		found = new Pool(origin, { connections: PER_ENDPOINT,
			headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
		pools.set(origin, found);
	}
	return found;
}

await drain(store, async (job) => {
	const { origin, pathname } = new URL(job.url);

	try {
		const answer = await pool(origin).request({ path: pathname,
			method: 'POST', headers: job.headers,
			body: job.body });
		job.answer = Buffer.from(await answer.body.arrayBuffer());
		job.status = answer.statusCode;
		job.answerHead = head(`HTTP/1.1 ${answer.statusCode}`,
		    answer.headers);
	} catch (e) {
		job.error = e.message;
	}
	ending(job);
});
flush();
await Promise.all([...pools.values()].map((p) => p.close()));
store.close();

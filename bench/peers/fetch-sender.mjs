/* SPDX-License-Identifier: ISC */
/*
 * fetch-sender.mjs - the plain way in Node: fetch, and a commit a result.
 *
 *	node fetch-sender.mjs DATABASE SECRET
 */
import { drain, head, Store, TIMEOUT_MS } from './store.mjs';

const store = new Store(process.argv[2], process.argv[3]);

await drain(store, async (job) => {
	try {
		const answer = await fetch(job.url, { method: 'POST',
			headers: job.headers, body: job.body,
			redirect: 'manual',
			signal: AbortSignal.timeout(TIMEOUT_MS) });
		job.answer = Buffer.from(await answer.arrayBuffer());
		job.status = answer.status;
		job.answerHead = head(`HTTP/1.1 ${answer.status}`,
		    Object.fromEntries(answer.headers));
	} catch (e) {
		job.error = e.message;
	}
	store.record([job]);
});
store.close();

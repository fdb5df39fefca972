// SPDX-License-Identifier: ISC
//
// receiver.js - a webhook receiver that behaves as its path says.
//
//	/ok...			200
//	/status/CODE...		that status
//	/fail/N...		500 to this path's first N requests, then 200
//	/tire/CODE/N...		200 to its first N requests, then that status
//	/slow/MS...		200 after a while
//	/hang...		takes the request and says nothing
//	/trickle...		200, then a byte of body now and then, for ever
//	/drip...		an answer of which a byte comes each second
//	/huge...		200 and 4 MiB of body
//	/endless-body...	200 and body without end
//	/endless-head...	header lines without end
//	/close...		hangs up without an answer
//	/reset...		resets the connection
//	/garbage...		bytes that are no HTTP
//	/after/CODE/WHEN...	that status with Retry-After: WHEN
//	/echo...		200 and the body's challenge, as JSON
//	/repeat...		200 and the body's challenge, as text
//	/redirect/PATH		302 to that path
//
// Run by itself it prints its port: node receiver.js LOG. Every request is
// a line of JSON in LOG: when, method, path, header lines, body in base64.

'use strict';

const fs = require('node:fs');
const http = require('node:http');

function answer(req, res, body, count) {
	const [, mode, argument] = req.url.split('/');

	switch (mode) {
	case 'hang':
		return;
	case 'close':
		req.socket.destroy();
		return;
	case 'slow':
		setTimeout(() => res.end('late'), Number(argument));
		return;
	case 'trickle': {
		res.writeHead(200);
		const timer = setInterval(() => res.write('.'), 50);
		req.socket.on('close', () => clearInterval(timer));
		return;
	}
	case 'drip': {
		const bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
		let n = 0;
		const timer = setInterval(() => req.socket.write(
		    bytes[n++ % bytes.length]), 1000);
		req.socket.on('close', () => clearInterval(timer));
		return;
	}
	case 'huge':
		res.writeHead(200);
		res.end(Buffer.alloc(4 * 1024 * 1024, 'x'));
		return;
	case 'endless-head': {
		req.socket.write('HTTP/1.1 200 OK\r\n');
		const line = `X-More: ${'m'.repeat(1000)}\r\n`;
		const timer = setInterval(() => req.socket.write(
		    line.repeat(50)), 5);
		req.socket.on('close', () => clearInterval(timer));
		return;
	}
	case 'endless-body': {
		const chunk = Buffer.alloc(64 * 1024, 'x');
		const more = () => {
			while (!res.destroyed && res.write(chunk))
				;
		};
		res.writeHead(200);
		res.on('drain', more);
		more();
		return;
	}
	case 'reset':
		req.socket.resetAndDestroy();
		return;
	case 'garbage':
		req.socket.end(Buffer.from([0, 255, 13, 10, 13, 10, 0, 128]));
		return;
	case 'after':
		res.writeHead(Number(argument), {
			'Retry-After': decodeURIComponent(
			    req.url.split('/')[3]) });
		res.end();
		return;
	case 'echo':
	case 'repeat': {
		const { challenge } = JSON.parse(body);
		res.end(mode === 'echo' ? JSON.stringify({ challenge }) :
		    `${challenge}\n`);
		return;
	}
	case 'tire':
		res.writeHead(count <= Number(req.url.split('/')[3]) ? 200 :
		    Number(argument));
		res.end();
		return;
	case 'redirect':
		res.writeHead(302, { Location: `/${argument}` });
		res.end();
		return;
	case 'status':
		res.writeHead(Number(argument));
		res.end(`status ${argument}`);
		return;
	case 'fail':
		res.writeHead(count <= Number(argument) ? 500 : 200);
		res.end(`request ${count}`);
		return;
	default:
		res.end('thanks');
	}
}

// Starts one on a free port; requests are in `requests`, and in log where
// that is named.
function start(log) {
	const requests = [];
	const counts = new Map();
	const server = http.createServer((req, res) => {
		const chunks = [];
		const at = Date.now();

		req.on('error', () => {});
		res.on('error', () => {});
		req.on('data', (chunk) => chunks.push(chunk));
		req.on('end', () => {
			const body = Buffer.concat(chunks);
			const count = (counts.get(req.url) || 0) + 1;
			const entry = { at, method: req.method, path: req.url,
				httpVersion: req.httpVersion,
				headers: req.rawHeaders,
				body: body.toString('base64') };

			counts.set(req.url, count);
			requests.push(entry);
			if (log)
				fs.appendFileSync(log,
				    `${JSON.stringify(entry)}\n`);
			answer(req, res, body, count);
		});
	});

	return new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => resolve({
			port: server.address().port,
			requests,
			of: (path) => requests.filter((r) => r.path === path),
			forget: () => {
				requests.length = 0;
				counts.clear();
			},
			stop: () => {
				server.closeAllConnections();
				return new Promise((done) =>
				    server.close(done));
			},
		}));
	});
}

module.exports = { start };

if (require.main === module) {
	start(process.argv[2]).then((receiver) => console.log(receiver.port));
}

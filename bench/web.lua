-- SPDX-License-Identifier: ISC
-- web.lua - for wrk: requests that were written out beforehand, each used
-- once, and the result as one line of JSON.
--
--	wrk -t1 ... -s web.lua URL -- FILE
--
-- FILE holds whole HTTP requests with a NUL behind each.

local requests, at = {}, 0

function init(args)
	local file = assert(io.open(args[1], "rb"))
	for text in file:read("*a"):gmatch("([^%z]+)") do
		requests[#requests + 1] = text
	end
	file:close()
end

function request()
	at = at + 1
	if at > #requests then
		wrk.thread:stop()
		return requests[#requests]
	end
	return requests[at]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format('\n{"n":%d,"us":%d,"p50":%d,"p99":%d,' ..
	    '"bad":%d}\n', summary.requests, summary.duration,
	    latency:percentile(50), latency:percentile(99),
	    e.connect + e.read + e.write + e.status + e.timeout))
end

-- SPDX-License-Identifier: ISC
--
-- schema.sql - what the stand-ins of the payment processors remember, in
-- var/sandbox.db. Nothing here is worth keeping: DELETE /control empties it.
--
-- Times are milliseconds of the sandbox clock, except object.created.

-- Everything an API can show: payment intents, charges, events ...
CREATE TABLE object (
	seq	INTEGER PRIMARY KEY AUTOINCREMENT,	-- order of creation
	id	TEXT NOT NULL UNIQUE,
	kind	TEXT NOT NULL,		-- as the API calls it: "charge"
	created	INTEGER NOT NULL,	-- seconds, as the API counts
	body	TEXT NOT NULL		-- JSON; members with _ are not shown
) STRICT;
CREATE INDEX object_kind ON object (kind, seq);

-- What will happen by itself: a fee becomes known, an authorisation lapses.
CREATE TABLE job (
	seq	INTEGER PRIMARY KEY,
	due	INTEGER NOT NULL,
	kind	TEXT NOT NULL,
	subject	TEXT NOT NULL		-- an object's id
) STRICT;
CREATE INDEX job_due ON job (due, seq);

-- Idempotency keys, each with the answer that its first request got.
CREATE TABLE idem (
	service	TEXT NOT NULL,		-- path of the program
	key	TEXT NOT NULL,
	print	TEXT NOT NULL,		-- digest of path and parameters
	request	TEXT NOT NULL,		-- id of the first request
	created	INTEGER NOT NULL,
	status	INTEGER,		-- NULL: still running
	answer	TEXT,
	PRIMARY KEY (service, key)
) STRICT, WITHOUT ROWID;

-- Where a service's webhooks go, and what goes wrong on the way.
CREATE TABLE hook (
	service	TEXT PRIMARY KEY,
	url	TEXT NOT NULL,		-- '': the gateway of clive.conf
	mode	TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- An event on its way to the receiver.
CREATE TABLE delivery (
	seq	INTEGER PRIMARY KEY,
	service	TEXT NOT NULL,
	event	TEXT NOT NULL,
	body	TEXT NOT NULL,
	place	INTEGER NOT NULL,	-- sent in this order among those due
	due	INTEGER NOT NULL,
	tries	INTEGER NOT NULL,	-- attempts so far
	state	TEXT NOT NULL CHECK (state IN
		('waiting', 'held', 'dropped', 'done', 'failed'))
) STRICT;
CREATE INDEX delivery_due ON delivery (state, service, place);

-- What came of each attempt.
CREATE TABLE attempt (
	seq	INTEGER PRIMARY KEY,
	delivery INTEGER NOT NULL,
	at	INTEGER NOT NULL,
	url	TEXT NOT NULL,
	status	INTEGER NOT NULL,	-- 0: no answer
	note	TEXT			-- why there was none
) STRICT;
CREATE INDEX attempt_delivery ON attempt (delivery);

-- Trouble that a test ordered, used up from the oldest on.
CREATE TABLE fault (
	seq	INTEGER PRIMARY KEY,
	prefix	TEXT NOT NULL,		-- of the request's path
	method	TEXT NOT NULL,		-- '': any
	name	TEXT NOT NULL,
	ms	INTEGER NOT NULL,
	times	INTEGER NOT NULL	-- requests it will still hit
) STRICT;

-- The requests that came, without keys and card numbers.
CREATE TABLE call (
	seq	INTEGER PRIMARY KEY,
	at	INTEGER NOT NULL,
	request	TEXT NOT NULL,
	method	TEXT NOT NULL,
	path	TEXT NOT NULL,
	params	TEXT NOT NULL,		-- JSON
	idem	TEXT,			-- the idempotency key
	status	INTEGER NOT NULL,	-- also of a lost answer; 0: none
	fault	TEXT
) STRICT;

-- schema.sql: the only schema. SQLite reads it as it stands; the PostgreSQL
-- form is derived by tools/schema-pg (types renamed, pragmas, STRICT and
-- triggers left out).
--
-- Conventions:
--   * every time is an INTEGER: milliseconds since 1970-01-01 UTC;
--   * every amount is an INTEGER in the minor unit of the currency beside it;
--   * every percentage is an INTEGER in parts per million (3.5 % = 35000);
--   * every identifier made here begins with the time, so that the indexes
--     on the write path grow at their right edge;
--   * columns named *_sealed hold AES-256-GCM ciphertext (see lib/vault.h).

PRAGMA application_id = 1129072214;	-- "CLIV"
PRAGMA user_version = 1;

-- A payment company integrated with this gateway.
CREATE TABLE partner (
	-- Public name of the partner in every request, e.g. ECHEZONA001.
	partner_id TEXT PRIMARY KEY
		CHECK (length(partner_id) BETWEEN 3 AND 64),
	-- Registered name; shown to buyers, so it never holds markup.
	legal_name TEXT NOT NULL CHECK (length(legal_name) BETWEEN 2 AND 200),
	-- May this partner open payments at all?
	status TEXT NOT NULL
		CHECK (status IN ('active', 'inactive', 'suspended')),
	-- Has the know-your-customer review been passed?
	kyc_status TEXT NOT NULL
		CHECK (kyc_status IN ('approved', 'pending', 'rejected')),
	-- Total fee charged to the partner, of which the processor's fee is a part.
	fee_ppm INTEGER NOT NULL CHECK (fee_ppm BETWEEN 0 AND 1000000),
	-- Name, logo and colours of the payment form; NULL where unset.
	brand_display_name TEXT,
	brand_logo_url TEXT,
	brand_primary_color TEXT,
	brand_secondary_color TEXT,
	widget_background_color TEXT,
	widget_text_color TEXT,
	website_url TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

-- A merchant under a partner.
CREATE TABLE client (
	-- Opaque row name in API answers.
	id TEXT PRIMARY KEY,
	partner_id TEXT NOT NULL REFERENCES partner (partner_id),
	-- The partner's own name for the merchant, e.g. AIRPEACE001.
	client_id TEXT NOT NULL CHECK (length(client_id) BETWEEN 3 AND 64),
	legal_name TEXT NOT NULL CHECK (length(legal_name) BETWEEN 2 AND 200),
	status TEXT NOT NULL
		CHECK (status IN ('active', 'suspended', 'pending_kyc')),
	-- Total fee for this merchant in place of the partner's; NULL: none.
	fee_ppm INTEGER CHECK (fee_ppm BETWEEN 0 AND 1000000),
	-- Fixed fee in US cents, added on USD payments; NULL: none.
	fee_flat_usd INTEGER CHECK (fee_flat_usd BETWEEN 0 AND 1000),
	-- As on partner; a value here wins over the partner's.
	brand_display_name TEXT,
	brand_logo_url TEXT,
	brand_primary_color TEXT,
	brand_secondary_color TEXT,
	widget_background_color TEXT,
	widget_text_color TEXT,
	website_url TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	UNIQUE (partner_id, client_id)
) STRICT;
-- A partner's list, newest first.
CREATE INDEX client_by_partner ON client (partner_id, id);

-- A key with which a partner's back end calls us.
CREATE TABLE api_key (
	-- Safe to show and to log.
	id TEXT PRIMARY KEY,
	-- NULL: platform-wide, may act for every partner.
	partner_id TEXT REFERENCES partner (partner_id),
	-- What the operator calls it.
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	-- SHA-256 of the key. Keys hold 256 random bits, so no salt is needed.
	key_hash BLOB NOT NULL UNIQUE CHECK (length(key_hash) = 32),
	-- The last four characters, to tell keys apart on a page.
	key_hint TEXT NOT NULL CHECK (length(key_hint) = 4),
	-- The shared secret of x-clive-hmac, sealed.
	hmac_sealed BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	-- NULL while the key is good.
	revoked_at INTEGER
) STRICT;

-- A key with which a merchant (a client of a partner) calls the Payments API:
-- sxm_test_ or sxm_live_, eight characters to find it by, 32 of secret.
CREATE TABLE merchant_key (
	id TEXT PRIMARY KEY,
	partner_id TEXT NOT NULL,
	client_id TEXT NOT NULL,
	-- 0: sees and makes test data alone, 1: live data alone.
	livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
	-- What the operator calls it.
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	-- Safe to show and to log.
	prefix TEXT NOT NULL CHECK (length(prefix) = 8),
	-- SHA-256 of the secret part, which holds 190 random bits: no salt.
	secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
	-- What it may do: the words of lib/merchant.h, a blank between them.
	scopes TEXT NOT NULL CHECK (length(scopes) BETWEEN 1 AND 400),
	created_at INTEGER NOT NULL,
	-- NULL while the key is good.
	revoked_at INTEGER,
	UNIQUE (livemode, prefix),
	FOREIGN KEY (partner_id, client_id)
		REFERENCES client (partner_id, client_id)
) STRICT;
CREATE INDEX merchant_key_by_client
	ON merchant_key (partner_id, client_id, id);

-- Which processor may carry a payment, and what it takes for it. '*' matches
-- anything; the cheapest matching rule is tried first.
CREATE TABLE fee_rule (
	id TEXT PRIMARY KEY,
	processor TEXT NOT NULL CHECK (length(processor) > 0),
	-- card, revolut_pay, open_banking, mobile_money or *
	payment_type TEXT NOT NULL,
	-- two letters of the buyer's country, upper case, or *
	country TEXT NOT NULL,
	-- visa, mastercard ... in lower case, or *
	card_scheme TEXT NOT NULL,
	-- three letters, upper case, or *
	currency TEXT NOT NULL,
	percent_ppm INTEGER NOT NULL CHECK (percent_ppm BETWEEN 0 AND 1000000),
	-- Fixed part in hundredths of the currency's major unit: 30 is 0.30.
	fixed_hundredths INTEGER NOT NULL
		CHECK (fixed_hundredths BETWEEN 0 AND 100000),
	created_at INTEGER NOT NULL,
	-- NULL while the rule is in force. Rules are never changed: payments
	-- refer to the one they were opened under.
	ended_at INTEGER
) STRICT;
INSERT INTO fee_rule (id, processor, payment_type, country, card_scheme,
	currency, percent_ppm, fixed_hundredths, created_at) VALUES
	('rule_stripe_default', 'stripe', 'card', '*', '*', '*', 29000, 30, 0),
	-- Placeholders: an operator ends them and adds what the contract with
	-- Revolut says (clive rule end, clive rule add).
	('rule_revolut_pay_default', 'revolut', 'revolut_pay', '*', '*', '*',
		10000, 20, 0),
	('rule_revolut_open_banking_default', 'revolut', 'open_banking', '*',
		'*', '*', 10000, 20, 0),
	-- Wallets are our own (lib/wallet.h): moving money costs nothing.
	('rule_wallet_default', 'wallet', 'wallet', '*', '*', '*', 0, 0, 0),
	-- ClickPesa's price list is the merchant's own: nothing is held back
	-- for it before the operator says how much.
	('rule_clickpesa_default', 'clickpesa', 'mobile_money', '*', '*', '*',
		0, 0, 0),
	-- The sandbox of mobile money (lib/provider-momo.c) takes nothing.
	('rule_momo_default', 'momo', 'mobile_money', '*', '*', '*', 0, 0, 0);

-- Payments of one client in one currency that are paid out together.
CREATE TABLE settlement_batch (
	-- A UUID of version 7, which begins with the time.
	id TEXT PRIMARY KEY CHECK (length(id) = 36),
	partner_id TEXT NOT NULL,
	client_id TEXT NOT NULL,
	currency TEXT NOT NULL CHECK (length(currency) = 3),
	-- The sums over its payments: amount, processor_fee, platform_fee, what
	-- had gone back of them to payers, settlement_amount.
	payments INTEGER NOT NULL DEFAULT 0 CHECK (payments >= 0),
	gross INTEGER NOT NULL DEFAULT 0,
	processor_fees INTEGER NOT NULL DEFAULT 0,
	platform_fees INTEGER NOT NULL DEFAULT 0,
	refunded INTEGER NOT NULL DEFAULT 0,
	net INTEGER NOT NULL DEFAULT 0,
	-- assembling: payments are still being added; it shows nowhere.
	-- sending: the rail was asked; no answer is on record.
	-- failed: the rail refused; nothing was paid. sent: final.
	status TEXT NOT NULL CHECK (status IN ('assembling', 'pending',
		'sending', 'sent', 'failed')),
	-- Who pays it out, to whom there, and under which key we ask: a UUID,
	-- kept until the rail refuses. NULL before the first try.
	rail TEXT CHECK (rail IN ('wise', 'mercury')),
	recipient TEXT,
	payout_key TEXT,
	-- What the rail gave us on the way (Wise's quote), and its name for the
	-- transfer.
	rail_quote TEXT,
	rail_transfer TEXT,
	-- How often it was tried; until when somebody is at it; when
	-- cron/reconcile asks again, and how often it did.
	tries INTEGER NOT NULL DEFAULT 0,
	busy_until INTEGER NOT NULL DEFAULT 0,
	next_look_at INTEGER,
	looks INTEGER NOT NULL DEFAULT 0,
	-- Why the last try did not pay, in words; NULL: it did, or none was.
	failure TEXT,
	-- sent: how many of its payments are not marked as paid yet.
	unbooked INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	paid_at INTEGER,
	FOREIGN KEY (partner_id, client_id)
		REFERENCES client (partner_id, client_id),
	CHECK (gross = processor_fees + platform_fees + refunded + net),
	CHECK ((paid_at IS NOT NULL) = (status = 'sent')),
	CHECK (status NOT IN ('sending', 'sent') OR payout_key IS NOT NULL),
	CHECK (status <> 'sent' OR rail_transfer IS NOT NULL)
) STRICT;
-- A partner's list, newest first.
CREATE INDEX settlement_batch_by_partner
	ON settlement_batch (partner_id, id);
-- One batch a group is put together at a time.
CREATE UNIQUE INDEX settlement_batch_assembling
	ON settlement_batch (partner_id, client_id, currency)
	WHERE status = 'assembling';
-- What is left to do: to ask again, to mark as paid, to pay or take apart.
CREATE INDEX settlement_batch_sending ON settlement_batch (next_look_at)
	WHERE status = 'sending';
CREATE INDEX settlement_batch_unbooked ON settlement_batch (id)
	WHERE unbooked > 0;
CREATE INDEX settlement_batch_open ON settlement_batch (id)
	WHERE status = 'pending' OR status = 'failed';

-- Where a partner's money goes, or that of one of its clients.
CREATE TABLE payout_account (
	partner_id TEXT NOT NULL REFERENCES partner (partner_id),
	-- '': for all clients that have none of their own.
	client_id TEXT NOT NULL DEFAULT '',
	-- Three letters, or * for any.
	currency TEXT NOT NULL
		CHECK (currency = '*' OR length(currency) = 3),
	rail TEXT NOT NULL CHECK (rail IN ('wise', 'mercury')),
	-- The rail's name for the account that is paid.
	recipient TEXT NOT NULL CHECK (length(recipient) BETWEEN 1 AND 100),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (partner_id, client_id, currency, rail)
) STRICT;

-- One payment. The table is called tx because TRANSACTION is a word of SQL.
CREATE TABLE tx (
	-- CLVTX_<13 digits of ms>_<9 digits>: time-ordered, so is this index.
	clive_tx_id TEXT PRIMARY KEY,
	partner_id TEXT NOT NULL REFERENCES partner (partner_id),
	client_id TEXT NOT NULL,
	amount INTEGER NOT NULL CHECK (amount > 0),
	currency TEXT NOT NULL CHECK (length(currency) = 3),
	-- The partner's own immutable reference. Not unique: a restarted
	-- checkout reuses it.
	echezona_reference TEXT NOT NULL
		CHECK (length(echezona_reference) BETWEEN 1 AND 128),
	-- The buyer's address, for receipts; NULL in the two-step flow.
	email TEXT,
	-- The partner's meta object, byte for byte as it came; NULL: none.
	meta TEXT,
	-- Moves only along the table in lib/tx.c, and from refunded back to
	-- succeeded where a refund came to nothing (lib/refund.c).
	status TEXT NOT NULL CHECK (status IN ('initialized', 'pending',
		'succeeded', 'failed', 'refunded', 'chargeback', 'abandoned')),
	-- Which processor carries the payment, and its name for it there.
	processor TEXT NOT NULL CHECK (length(processor) > 0),
	processor_ref TEXT,
	-- The rule under which it was opened, where we opened it; its fees hold.
	fee_rule_id TEXT REFERENCES fee_rule (id),
	-- When to look the payment up at the processor, and how often that was
	-- done already; NULL: never, the intent is not ours.
	next_look_at INTEGER,
	looks INTEGER NOT NULL DEFAULT 0,
	-- Computed once, at success; NULL before (fees: lib/fee.h).
	processor_fee_ppm INTEGER,
	partner_fee_ppm INTEGER,
	clive_earning_ppm INTEGER,
	clive_earning INTEGER,
	processor_fee INTEGER,
	platform_fee INTEGER,
	net_amount INTEGER,
	-- Running totals of what went back to the payer.
	refunded_amount INTEGER NOT NULL DEFAULT 0 CHECK (refunded_amount >= 0),
	disputed_amount INTEGER NOT NULL DEFAULT 0 CHECK (disputed_amount >= 0),
	-- Refunds of ours that the processor was asked for and has not answered,
	-- and the running total that it last spoke of (lib/refund.h).
	refunding_amount INTEGER NOT NULL DEFAULT 0
		CHECK (refunding_amount >= 0),
	told_refunded INTEGER NOT NULL DEFAULT 0 CHECK (told_refunded >= 0),
	settlement_status TEXT NOT NULL
		CHECK (settlement_status IN ('unsettled', 'queued', 'paid')),
	-- The batch it is paid out with, and what of it: the net amount less
	-- what had gone back when it was queued; NULL while unsettled.
	settlement_batch_id TEXT REFERENCES settlement_batch (id),
	settlement_amount INTEGER,
	-- Through which API it was opened. That of payments keeps test and live
	-- ones apart (table intent); the partner API has no such mark.
	api TEXT NOT NULL DEFAULT 'clive'
		CHECK (api = 'clive' OR api = 'payments'),
	livemode INTEGER CHECK (livemode IN (0, 1)),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	UNIQUE (processor, processor_ref),
	FOREIGN KEY (partner_id, client_id)
		REFERENCES client (partner_id, client_id),
	CHECK (refunded_amount + refunding_amount <= amount),
	CHECK ((livemode IS NULL) = (api = 'clive')),
	CHECK (processor_fee IS NULL
		OR amount = processor_fee + platform_fee + net_amount),
	CHECK ((settlement_status = 'unsettled')
		= (settlement_batch_id IS NULL)),
	CHECK ((settlement_batch_id IS NULL) = (settlement_amount IS NULL)),
	-- What a test key made is never paid out.
	CHECK (settlement_batch_id IS NULL OR coalesce(livemode, 1) = 1)
) STRICT;
-- A partner's list, newest first; what was made with a test key is no part
-- of it.
CREATE INDEX tx_by_partner ON tx (partner_id, clive_tx_id)
	WHERE coalesce(livemode, 1) = 1;
-- The same of that, for operators.
CREATE INDEX tx_test_by_partner ON tx (partner_id, clive_tx_id)
	WHERE livemode = 0;
-- "Which payment was order EZ12345?"
CREATE INDEX tx_by_reference ON tx (echezona_reference, clive_tx_id);
-- What the sweep may have to abandon: open payments by last change.
CREATE INDEX tx_open ON tx (updated_at)
	WHERE status IN ('initialized', 'pending');

-- What payers' banks took back, for the list of disputes.
CREATE INDEX tx_disputed ON tx (clive_tx_id) WHERE disputed_amount > 0;

-- Payments that may yet turn out to be paid, by when to look them up: twenty
-- looks are some three days, for as long as processors repeat webhooks.
CREATE INDEX tx_look ON tx (next_look_at)
	WHERE status IN ('pending', 'failed', 'abandoned') AND looks < 20;

-- What is still to be settled, of each group in the order of time.
CREATE INDEX tx_to_settle
	ON tx (partner_id, client_id, currency, created_at, clive_tx_id)
	WHERE status = 'succeeded' AND settlement_status = 'unsettled'
	AND coalesce(livemode, 1) = 1;
-- A batch's payments; those of it that are not paid yet.
CREATE INDEX tx_by_batch ON tx (settlement_batch_id, clive_tx_id)
	WHERE settlement_batch_id IS NOT NULL;
CREATE INDEX tx_queued ON tx (settlement_batch_id, clive_tx_id)
	WHERE settlement_status = 'queued';

-- What the Payments API knows of a payment beyond its row in tx, which has
-- amount, metadata (meta), state, processor and ledger.
CREATE TABLE intent (
	-- pi_...: what the API calls a payment.
	id TEXT PRIMARY KEY,
	clive_tx_id TEXT NOT NULL UNIQUE REFERENCES tx (clive_tx_id),
	-- As in tx, for the merchant's list.
	partner_id TEXT NOT NULL,
	client_id TEXT NOT NULL,
	livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
	description TEXT CHECK (length(description) <= 500),
	-- How it was confirmed; NULL before.
	method TEXT CHECK (method = 'card' OR method = 'momo'
		OR method = 'soxara_wallet'),
	-- JSON objects: what may be shown of the method (never a card number),
	-- and what the payer has to do now; NULL: nothing.
	method_detail TEXT,
	next_action TEXT,
	-- Where the payer's browser goes on.
	return_url TEXT CHECK (length(return_url) <= 2000),
	-- Why it failed, in the words of the API; NULL: it did not.
	failure_code TEXT,
	failure_message TEXT,
	-- Until when a confirm or cancel that is under way keeps others off.
	busy_until INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
-- A merchant's list, newest first.
CREATE INDEX intent_by_merchant
	ON intent (partner_id, client_id, livemode, id);

-- Money on its way back, asked for through the Payments API.
CREATE TABLE refund (
	-- re_...
	id TEXT PRIMARY KEY,
	intent_id TEXT NOT NULL REFERENCES intent (id),
	clive_tx_id TEXT NOT NULL REFERENCES tx (clive_tx_id),
	-- As in intent.
	partner_id TEXT NOT NULL,
	client_id TEXT NOT NULL,
	livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
	amount INTEGER NOT NULL CHECK (amount > 0),
	currency TEXT NOT NULL CHECK (length(currency) = 3),
	reason TEXT CHECK (length(reason) <= 500),
	-- The merchant's object, byte for byte; NULL: none.
	metadata TEXT,
	-- pending: the processor has not answered yet; its amount is part of
	-- tx.refunding_amount so long, and then of tx.refunded_amount or none.
	status TEXT NOT NULL CHECK (status = 'pending'
		OR status = 'succeeded' OR status = 'failed'),
	failure_code TEXT,
	failure_message TEXT,
	-- The processor's name for it; NULL: not told.
	processor_ref TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX refund_by_intent ON refund (intent_id, id);
-- Those under way, for /metrics.
CREATE INDEX refund_pending ON refund (id) WHERE status = 'pending';
CREATE INDEX refund_by_merchant
	ON refund (partner_id, client_id, livemode, id);

-- Somebody who pays from a wallet of ours; known by the phone number.
CREATE TABLE buyer (
	-- usr_...
	id TEXT PRIMARY KEY,
	-- 0: made up, with fake money, for tests.
	livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
	-- E.164: +231881158457
	phone_number TEXT NOT NULL
		CHECK (length(phone_number) BETWEEN 9 AND 16),
	name TEXT CHECK (length(name) BETWEEN 1 AND 100),
	-- Two capitals, by the number; NULL: not known.
	country_code TEXT CHECK (length(country_code) = 2),
	-- As operator.password. Wrong tries are counted in login_failure.
	pin TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	-- NULL while the account is good.
	disabled_at INTEGER,
	UNIQUE (livemode, phone_number),
	UNIQUE (id, livemode)
) STRICT;

-- Money of one currency that we hold for somebody (lib/wallet.h).
CREATE TABLE wallet (
	-- wal_...
	id TEXT PRIMARY KEY,
	-- outside: the world, one a mode and currency.
	kind TEXT NOT NULL CHECK (kind = 'buyer' OR kind = 'merchant'
		OR kind = 'outside'),
	livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
	currency TEXT NOT NULL CHECK (length(currency) = 3),
	-- Whose it is; NULL for the other kinds.
	buyer_id TEXT,
	partner_id TEXT,
	client_id TEXT,
	-- The sum of its transfers. Nobody spends what is not there.
	balance INTEGER NOT NULL DEFAULT 0
		CHECK (balance >= 0 OR kind = 'outside'),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	CHECK ((buyer_id IS NOT NULL) = (kind = 'buyer')),
	CHECK ((partner_id IS NOT NULL) = (kind = 'merchant')),
	CHECK ((client_id IS NOT NULL) = (kind = 'merchant')),
	UNIQUE (id, livemode, currency),
	FOREIGN KEY (buyer_id, livemode) REFERENCES buyer (id, livemode),
	FOREIGN KEY (partner_id, client_id)
		REFERENCES client (partner_id, client_id)
) STRICT;
CREATE UNIQUE INDEX wallet_of_buyer ON wallet (buyer_id, currency)
	WHERE kind = 'buyer';
CREATE UNIQUE INDEX wallet_of_merchant
	ON wallet (partner_id, client_id, livemode, currency)
	WHERE kind = 'merchant';
CREATE UNIQUE INDEX wallet_outside ON wallet (livemode, currency)
	WHERE kind = 'outside';

-- A row moves an amount from one wallet to another, so that every set of
-- rows sums to zero by its shape. Never updated, never deleted.
CREATE TABLE wallet_transfer (
	-- tr_...
	id TEXT PRIMARY KEY,
	-- Why the money moved (lib/wallet.h).
	kind TEXT NOT NULL CHECK (kind = 'top_up' OR kind = 'withdrawal'
		OR kind = 'transfer' OR kind = 'payment' OR kind = 'refund'),
	from_wallet TEXT NOT NULL,
	to_wallet TEXT NOT NULL,
	-- Of both wallets: the keys below hold them to it.
	livemode INTEGER NOT NULL,
	currency TEXT NOT NULL,
	amount INTEGER NOT NULL CHECK (amount > 0),
	intent_id TEXT REFERENCES intent (id),
	refund_id TEXT REFERENCES refund (id),
	-- Of a transfer: the merchant that sent it, and the phone number that
	-- it was sent to, where it named one.
	partner_id TEXT,
	client_id TEXT,
	to_phone TEXT,
	description TEXT CHECK (length(description) <= 500),
	-- The merchant's object, byte for byte; NULL: none.
	metadata TEXT,
	created_at INTEGER NOT NULL,
	CHECK (from_wallet <> to_wallet),
	CHECK ((intent_id IS NOT NULL) = (kind IN ('payment', 'refund'))),
	CHECK ((refund_id IS NOT NULL) = (kind = 'refund')),
	CHECK ((partner_id IS NOT NULL) = (kind = 'transfer')),
	CHECK ((client_id IS NOT NULL) = (kind = 'transfer')),
	FOREIGN KEY (from_wallet, livemode, currency)
		REFERENCES wallet (id, livemode, currency),
	FOREIGN KEY (to_wallet, livemode, currency)
		REFERENCES wallet (id, livemode, currency),
	FOREIGN KEY (partner_id, client_id)
		REFERENCES client (partner_id, client_id)
) STRICT;
-- A wallet's list, newest first; a merchant's.
CREATE INDEX wallet_transfer_from ON wallet_transfer (from_wallet, id);
CREATE INDEX wallet_transfer_to ON wallet_transfer (to_wallet, id);
CREATE INDEX wallet_transfer_by_merchant
	ON wallet_transfer (partner_id, client_id, livemode, id)
	WHERE kind = 'transfer';
-- A payment is paid once, a refund is given back once.
CREATE UNIQUE INDEX wallet_transfer_payment ON wallet_transfer (intent_id)
	WHERE kind = 'payment';
CREATE UNIQUE INDEX wallet_transfer_refund ON wallet_transfer (refund_id)
	WHERE kind = 'refund';
CREATE INDEX wallet_transfer_by_intent ON wallet_transfer (intent_id)
	WHERE intent_id IS NOT NULL;

CREATE TRIGGER wallet_transfer_is_final_update BEFORE UPDATE
ON wallet_transfer
BEGIN SELECT raise(ABORT, 'transfers are never changed'); END;
CREATE TRIGGER wallet_transfer_is_final_delete BEFORE DELETE
ON wallet_transfer
BEGIN SELECT raise(ABORT, 'transfers are never deleted'); END;

-- How a payment found its processor: the inputs and every candidate with its
-- verdict, so that the decision can be explained later.
CREATE TABLE route_decision (
	clive_tx_id TEXT PRIMARY KEY REFERENCES tx (clive_tx_id),
	-- JSON object: payment_type, country, card_scheme, amount, currency
	inputs TEXT NOT NULL,
	-- JSON array in the order tried: rule, processor, estimated_fee
	candidates TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;

-- A question to a processor, written before it is asked.
CREATE TABLE processor_call (
	id TEXT PRIMARY KEY,
	clive_tx_id TEXT NOT NULL REFERENCES tx (clive_tx_id),
	processor TEXT NOT NULL,
	-- open, checkout, cancel, refund; of a refund idempotency_key is its id.
	operation TEXT NOT NULL,
	-- The fee rule under which it is asked; NULL: none.
	fee_rule_id TEXT REFERENCES fee_rule (id),
	-- What makes asking again the same question.
	idempotency_key TEXT NOT NULL,
	-- asking: no answer on record yet. done, refused: answered. down:
	-- certainly not done. unknown: perhaps done.
	status TEXT NOT NULL CHECK (status IN
		('asking', 'done', 'refused', 'down', 'unknown')),
	-- What the payment's row does not hold but the question needs.
	payment_type TEXT,
	descriptor_suffix TEXT,
	-- What it is paid with where we confirm it ourselves: the processor's
	-- token of a card, or a phone number; and where the payer's browser
	-- goes on.
	payment_method TEXT,
	return_url TEXT,
	-- When cron/reconcile asks again where no answer is on record.
	next_look_at INTEGER NOT NULL,
	looks INTEGER NOT NULL DEFAULT 0,
	-- HTTP status and words of the answer; NULL before.
	answer_status INTEGER,
	answer_message TEXT,
	started_at INTEGER NOT NULL,
	finished_at INTEGER
) STRICT;
CREATE INDEX processor_call_by_tx ON processor_call (clive_tx_id);
CREATE INDEX processor_call_due ON processor_call (next_look_at)
	WHERE status IN ('asking', 'unknown');

-- The answer to a mutation, kept so that a retry gets it again.
CREATE TABLE idempotency (
	-- Days since 1970: leads the key, so that inserts stay within one
	-- day's part of the index and old days are dropped from its left edge.
	day INTEGER NOT NULL,
	-- partner_id of the key, or '*' for a platform-wide key; Payments API:
	-- the merchant and its mode, or the payment of a payer.
	owner TEXT NOT NULL,
	-- URL path of the endpoint; '' in the Payments API, whose keys count
	-- everywhere.
	path TEXT NOT NULL,
	-- The caller's idempotency-key header.
	idempotency_key TEXT NOT NULL
		CHECK (length(idempotency_key) BETWEEN 1 AND 255),
	-- SHA-256 of the raw body: the same key with another body is refused.
	-- Payments API: an HMAC of method, path and body.
	body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
	-- NULL while the first request still runs.
	status INTEGER,
	-- The answer's JSON text; NULL while running.
	answer TEXT,
	-- While running: the payment it opened, and until when it may run. Then
	-- a retry goes on where it stopped.
	clive_tx_id TEXT,
	lease_until INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (day, owner, path, idempotency_key)
) STRICT, WITHOUT ROWID;

-- Every signed event a processor sent us, byte for byte.
CREATE TABLE processor_event (
	processor TEXT NOT NULL,
	-- The processor's own id of the event: what we dedupe on.
	event_id TEXT NOT NULL,
	type TEXT NOT NULL,
	-- The processor's name of the payment it speaks of; NULL: none.
	processor_ref TEXT,
	-- For a dispute, its name there: several events may tell of it.
	object_id TEXT,
	-- The payment it was applied to; NULL while there is none.
	clive_tx_id TEXT REFERENCES tx (clive_tx_id),
	-- applied: changed the payment. unchanged: nothing left to change.
	-- waiting: came too early (no such payment yet, or a refund before its
	-- success); applied as soon as the payment allows it.
	-- quarantined: kept for a person to look at (see the audit log).
	outcome TEXT NOT NULL CHECK (outcome IN
		('applied', 'unchanged', 'waiting', 'quarantined')),
	body BLOB NOT NULL,
	received_at INTEGER NOT NULL,
	PRIMARY KEY (processor, event_id)
) STRICT;
-- Events that wait for their payment.
CREATE INDEX processor_event_waiting
	ON processor_event (processor, processor_ref)
	WHERE outcome = 'waiting';
-- Those that have waited for too long.
CREATE INDEX processor_event_old ON processor_event (received_at)
	WHERE outcome = 'waiting';
-- Was this dispute booked already?
CREATE INDEX processor_event_object ON processor_event (processor, object_id)
	WHERE object_id IS NOT NULL;
-- What a person has to look at.
CREATE INDEX processor_event_quarantined ON processor_event (received_at)
	WHERE outcome = 'quarantined';
-- The timeline of one payment.
CREATE INDEX processor_event_by_tx ON processor_event (clive_tx_id);

-- Double entry: a row moves an amount from one account to another, so that
-- every set of rows sums to zero by its shape. Never updated, never deleted.
CREATE TABLE ledger_entry (
	id TEXT PRIMARY KEY,
	clive_tx_id TEXT NOT NULL REFERENCES tx (clive_tx_id),
	-- Why the money moved.
	kind TEXT NOT NULL CHECK (kind IN ('capture', 'processor_fee',
		'platform_fee', 'refund', 'chargeback', 'payout')),
	-- Accounts: processor:<name> (what a processor owes us),
	-- partner:<id> (what we owe a partner), revenue (what we earned),
	-- rail:<name> (what was paid out over a rail).
	debit_account TEXT NOT NULL,
	credit_account TEXT NOT NULL,
	amount INTEGER NOT NULL CHECK (amount > 0),
	currency TEXT NOT NULL CHECK (length(currency) = 3),
	created_at INTEGER NOT NULL,
	CHECK (debit_account <> credit_account)
) STRICT;
CREATE INDEX ledger_entry_by_tx ON ledger_entry (clive_tx_id);

CREATE TRIGGER ledger_entry_is_final_update BEFORE UPDATE ON ledger_entry
BEGIN SELECT raise(ABORT, 'ledger entries are never changed'); END;
CREATE TRIGGER ledger_entry_is_final_delete BEFORE DELETE ON ledger_entry
BEGIN SELECT raise(ABORT, 'ledger entries are never deleted'); END;

-- Who did what: append-only, each row's hash covers the row before it.
CREATE TABLE audit_event (
	seq INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	-- key:<id>, operator:<email>, processor:<name>, cron:<program>,
	-- cli:<user>, address:<ip> (a sign-in that failed), merchant:<key id>,
	-- payer (who has a client secret), buyer:<id> (and a PIN)
	actor TEXT NOT NULL,
	-- dotted verb, e.g. transaction.succeeded
	action TEXT NOT NULL,
	-- id of the thing it was done to; a client's is <partner>/<client>
	subject TEXT NOT NULL,
	-- JSON object with the particulars; never a secret
	detail TEXT NOT NULL,
	-- SHA-256 over the previous hash and this row (see lib/audit.h)
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_event_by_subject ON audit_event (subject, seq);

CREATE TRIGGER audit_event_is_final_update BEFORE UPDATE ON audit_event
BEGIN SELECT raise(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER audit_event_is_final_delete BEFORE DELETE ON audit_event
BEGIN SELECT raise(ABORT, 'audit events are never deleted'); END;

-- The newest link of the chain: one row. Writers queue on it, and a chain
-- cut off at its end no longer agrees with it.
CREATE TABLE audit_head (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	seq INTEGER NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, zeroblob(32));

-- Where a partner wants to be told.
CREATE TABLE webhook_endpoint (
	id TEXT PRIMARY KEY,
	partner_id TEXT NOT NULL REFERENCES partner (partner_id),
	-- The merchant whose events it gets, of the Payments API alone.
	client_id TEXT,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	-- NULL: a listener, which fetches its deliveries (clive listen).
	url TEXT CHECK (length(url) BETWEEN 8 AND 2000),
	-- Whose events it gets, in that API's form. The Payments API keeps test
	-- and live ones apart; the partner API has no such mark.
	api TEXT NOT NULL CHECK (api IN ('clive', 'payments')),
	livemode INTEGER CHECK (livemode IN (0, 1)),
	-- unproven: it has not answered its challenge yet. Events are kept for
	-- all but deleted ones, and go out once the endpoint is active.
	status TEXT NOT NULL CHECK (status IN
		('active', 'disabled', 'unproven', 'deleted')),
	-- 0: its URL has to answer a challenge first. Kept beside the status, so
	-- that switching it off and on is no way around that.
	proven INTEGER NOT NULL DEFAULT 1 CHECK (proven IN (0, 1)),
	-- operator: by a person. gone: it answered 410. failing: nothing but
	-- failures for too long; it is probed. NULL while it is not disabled.
	disabled_reason TEXT CHECK (disabled_reason IN
		('operator', 'gone', 'failing')),
	-- The preset's name, or custom; the pauses between the attempts of one
	-- delivery in milliseconds, separated by commas ('': one attempt).
	schedule TEXT NOT NULL CHECK (length(schedule) BETWEEN 1 AND 16),
	pauses TEXT NOT NULL CHECK (length(pauses) <= 700),
	-- Deliveries a second, NULL: no limit; and when the next one is free by
	-- it, in microseconds since 1970 (a leaky bucket in one number).
	rate_limit INTEGER CHECK (rate_limit BETWEEN 1 AND 10000),
	rate_free_at INTEGER NOT NULL DEFAULT 0,
	-- Attempts under way at once; NULL: the setting's.
	max_parallel INTEGER CHECK (max_parallel BETWEEN 1 AND 1000),
	-- 1: an event waits for the earlier ones of its payment.
	ordered INTEGER NOT NULL DEFAULT 0 CHECK (ordered IN (0, 1)),
	-- 1: signed with the gateway's ed25519 key as well.
	ed25519 INTEGER NOT NULL DEFAULT 0 CHECK (ed25519 IN (0, 1)),
	-- How long the last attempt took, whatever came of it; NULL: there was
	-- none. A sender that starts knows by it who must not delay the others.
	last_duration_ms INTEGER CHECK (last_duration_ms >= 0),
	last_success_at INTEGER,
	-- The first failure since the last success, and how many there were;
	-- when the warning was given at half of the time to disabling.
	failing_since INTEGER,
	failures INTEGER NOT NULL DEFAULT 0,
	warned_at INTEGER,
	-- Nothing is sent before: it said that we are too fast (429, 502, 504),
	-- so many times in a row.
	hold_until INTEGER NOT NULL DEFAULT 0,
	slowdowns INTEGER NOT NULL DEFAULT 0,
	-- When a failing one is tried again, and how often that was done.
	probe_at INTEGER,
	probes INTEGER NOT NULL DEFAULT 0,
	-- When a listener last asked; NULL for all others.
	seen_at INTEGER,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	CHECK ((disabled_reason IS NOT NULL) = (status = 'disabled')),
	CHECK ((seen_at IS NULL) = (url IS NOT NULL)),
	CHECK ((livemode IS NULL) = (api = 'clive')),
	CHECK ((client_id IS NULL) = (api = 'clive'))
) STRICT;
-- A merchant's, or with '' the partner's own.
CREATE INDEX webhook_endpoint_by_owner
	ON webhook_endpoint (partner_id, coalesce(client_id, ''), id);

-- What deliveries are signed with. The newest has no end; an older one signs
-- beside it until it expires.
CREATE TABLE webhook_secret (
	endpoint_id TEXT NOT NULL REFERENCES webhook_endpoint (id),
	-- 1, 2, 3 ...
	number INTEGER NOT NULL CHECK (number > 0),
	secret_sealed BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER,
	PRIMARY KEY (endpoint_id, number)
) STRICT, WITHOUT ROWID;

-- The gateway's own ed25519 keys, for receivers that hold no secret.
CREATE TABLE signing_key (
	id TEXT PRIMARY KEY,
	private_sealed BLOB NOT NULL,
	public_key BLOB NOT NULL CHECK (length(public_key) = 32),
	created_at INTEGER NOT NULL,
	-- As of webhook_secret.
	expires_at INTEGER
) STRICT;

-- Which events an endpoint gets.
CREATE TABLE webhook_subscription (
	endpoint_id TEXT NOT NULL REFERENCES webhook_endpoint (id),
	event_type TEXT NOT NULL CHECK (length(event_type) BETWEEN 1 AND 64),
	PRIMARY KEY (endpoint_id, event_type)
) STRICT, WITHOUT ROWID;

-- Something a partner is told: written in the transaction of the change.
CREATE TABLE event (
	id TEXT PRIMARY KEY,
	partner_id TEXT NOT NULL REFERENCES partner (partner_id),
	-- As on webhook_endpoint.
	client_id TEXT,
	-- NULL: it tells of an endpoint, not of a payment.
	clive_tx_id TEXT REFERENCES tx (clive_tx_id),
	-- As on webhook_endpoint.
	api TEXT NOT NULL CHECK (api IN ('clive', 'payments')),
	livemode INTEGER CHECK (livemode IN (0, 1)),
	type TEXT NOT NULL,
	-- The exact bytes of the request body, the same for every endpoint.
	body BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	CHECK ((livemode IS NULL) = (api = 'clive')),
	CHECK ((client_id IS NULL) = (api = 'clive'))
) STRICT;
CREATE INDEX event_by_tx ON event (clive_tx_id);
-- A partner's list, and what is replayed of it; a merchant's.
CREATE INDEX event_by_partner ON event (partner_id, id);
CREATE INDEX event_by_merchant ON event (partner_id, client_id, livemode, id)
	WHERE client_id IS NOT NULL;

-- The outbox: one event on its way to one endpoint.
CREATE TABLE delivery (
	id TEXT PRIMARY KEY,
	event_id TEXT NOT NULL REFERENCES event (id),
	endpoint_id TEXT NOT NULL REFERENCES webhook_endpoint (id),
	-- The delivery that a person had repeated; NULL: the event's own.
	origin TEXT REFERENCES delivery (id),
	-- due: to be tried at next_attempt_at. delivered, failed: over. (For an
	-- IN of three SQLite builds a table, each time the row is written.)
	status TEXT NOT NULL CHECK (status = 'due' OR status = 'delivered'
		OR status = 'failed'),
	-- 1: a challenge or a test, which a person asked for: it goes out
	-- whatever the state of its endpoint.
	asked INTEGER NOT NULL DEFAULT 0 CHECK (asked IN (0, 1)),
	-- Those that the schedule counts; probes are not among them.
	attempts INTEGER NOT NULL DEFAULT 0,
	next_attempt_at INTEGER NOT NULL,
	-- The sender that holds it, and until when; NULL: nobody.
	lease_owner TEXT,
	lease_until INTEGER,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_due ON delivery (endpoint_id, next_attempt_at)
	WHERE status = 'due';
CREATE INDEX delivery_asked ON delivery (endpoint_id, next_attempt_at)
	WHERE status = 'due' AND asked = 1;
-- How many attempts of an endpoint are under way.
CREATE INDEX delivery_held ON delivery (endpoint_id, lease_until)
	WHERE lease_until IS NOT NULL;
CREATE INDEX delivery_by_event ON delivery (event_id);
-- The log of one endpoint, newest first.
CREATE INDEX delivery_by_endpoint ON delivery (endpoint_id, id);
-- What failed since a moment.
CREATE INDEX delivery_failed ON delivery (endpoint_id, updated_at, id)
	WHERE status = 'failed';

-- One try of one delivery: what was sent and what came back.
CREATE TABLE attempt (
	delivery_id TEXT NOT NULL REFERENCES delivery (id),
	-- 1, 2, 3 ...
	number INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
	-- The request line and headers as sent; the body is event.body.
	request_head TEXT NOT NULL,
	-- HTTP status, or NULL where no answer came.
	response_status INTEGER,
	-- The first 4 KiB of the answer's head and 16 KiB of its body, and how
	-- long the body was (of what we read: at most 256 KiB).
	response_head TEXT,
	response_body BLOB,
	response_length INTEGER,
	-- Why there was no answer or not the right one, in words; NULL where
	-- it was complete.
	error TEXT,
	PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

-- A person who may use the admin page.
CREATE TABLE operator (
	id TEXT PRIMARY KEY,
	email TEXT NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
	-- scrypt:<log2 N>:<r>:<p>:<salt hex>:<hash hex>
	password TEXT NOT NULL,
	role TEXT NOT NULL
		CHECK (role IN ('owner', 'finance', 'support', 'read_only')),
	created_at INTEGER NOT NULL,
	-- NULL while the account is good.
	disabled_at INTEGER,
	-- Has to have a second factor, whatever the setting says.
	second_factor INTEGER NOT NULL DEFAULT 0
		CHECK (second_factor IN (0, 1)),
	-- The password was made by somebody else and has to be changed.
	must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1))
) STRICT;

-- What an operator's authenticator knows.
CREATE TABLE operator_factor (
	operator_id TEXT PRIMARY KEY REFERENCES operator (id),
	-- The secret that codes are made from; NULL: the first is not proven.
	secret_sealed BLOB,
	since INTEGER,
	-- The last step that a code was taken for: none up to it is again.
	step INTEGER NOT NULL,
	-- The next secret, until a code of it was right.
	next_sealed BLOB,
	next_at INTEGER,
	CHECK ((secret_sealed IS NULL) = (since IS NULL)),
	CHECK ((next_sealed IS NULL) = (next_at IS NULL))
) STRICT;

-- What serves once in its place, where the authenticator is lost.
CREATE TABLE operator_recovery (
	operator_id TEXT NOT NULL REFERENCES operator (id),
	-- SHA-256 of the code, which holds 100 random bits.
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	used_at INTEGER,
	PRIMARY KEY (operator_id, hash)
) STRICT;

-- A sign-in, named by the token's jti; ended here, it is over everywhere.
CREATE TABLE operator_session (
	id TEXT PRIMARY KEY,
	operator_id TEXT NOT NULL REFERENCES operator (id),
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	ended_at INTEGER,
	-- Where from and with what, in the browser's words; NULL: not said.
	address TEXT,
	agent TEXT,
	-- The password was right, the second factor is to come: opens nothing.
	half INTEGER NOT NULL DEFAULT 0 CHECK (half IN (0, 1))
) STRICT;
CREATE INDEX operator_session_by_operator ON operator_session
	(operator_id, id);

-- Failed sign-ins, counted per account and address, per address, per account;
-- and wrong PINs, per phone number and per payment.
CREATE TABLE login_failure (
	-- account:<hash of the e-mail address>@<ip>, address:<ip>,
	-- account:<hash>, code:<hash> (of the second factor);
	-- and of PINs: buyer:<test or live>:<hash of the number>, payment:<id>
	subject TEXT PRIMARY KEY,
	failures INTEGER NOT NULL,
	-- Sign-in is refused until then.
	blocked_until INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

-- What a processor's own report says that it took for a payment, beside what
-- was computed at its success (clive reconcile-report).
CREATE TABLE processor_fee_actual (
	processor TEXT NOT NULL CHECK (length(processor) > 0),
	-- The report's name of its line.
	report_id TEXT NOT NULL CHECK (length(report_id) > 0),
	clive_tx_id TEXT NOT NULL REFERENCES tx (clive_tx_id),
	-- Both in the currency in which the processor keeps our money.
	amount INTEGER NOT NULL,
	fee INTEGER NOT NULL,
	currency TEXT NOT NULL CHECK (length(currency) = 3),
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (processor, report_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX processor_fee_actual_by_tx
	ON processor_fee_actual (clive_tx_id);

-- The heartbeat of the cron programs; the newest run owns its name.
CREATE TABLE cron_run (
	-- deliver, sweep, ...
	name TEXT PRIMARY KEY,
	owner TEXT NOT NULL,
	started_at INTEGER NOT NULL,
	-- When the run last said that it is alive.
	seen_at INTEGER NOT NULL,
	-- NULL while it runs.
	finished_at INTEGER
) STRICT;

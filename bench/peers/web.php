<?php
// SPDX-License-Identifier: ISC
//
// web.php - initialize as one would write it who knows PHP: PHP-FPM and PDO
// with a persistent connection, synchronous=FULL, a commit a request. It does
// what web.mjs does. CLIVE_DB, CLIVE_KEY and CLIVE_SECRET come from the pool.

declare(strict_types=1);

function answer(int $status, string $body): never
{
	http_response_code($status);
	header('Content-Type: application/json');
	echo $body;
	exit;
}

$raw = file_get_contents('php://input');
$key = getenv('CLIVE_KEY');
$mac = hash_hmac('sha256', $raw, getenv('CLIVE_SECRET'));
if (($_SERVER['HTTP_X_API_KEY'] ?? '') !== $key ||
    !hash_equals($mac, $_SERVER['HTTP_X_CLIVE_HMAC'] ?? ''))
	answer(401, '{"code":"HMAC_INVALID"}');
$idem = $_SERVER['HTTP_IDEMPOTENCY_KEY'] ?? '';
$body = json_decode($raw, true);
if ($idem === '' || !is_array($body) || !(($body['amount'] ?? 0) > 0) ||
    empty($body['partner_id']) || empty($body['client_id']) ||
    empty($body['echezona_reference']) ||
    !preg_match('/^[A-Z]{3}$/', $body['currency'] ?? ''))
	answer(400, '{"code":"VALIDATION_ERROR"}');

$db = new PDO('sqlite:' . getenv('CLIVE_DB'), null, null, [
	PDO::ATTR_PERSISTENT => true,
	PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
	PDO::ATTR_TIMEOUT => 5,
]);
$db->exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
$hash = hash('sha256', $raw, true);
$path = '/api/v1/transactions/initialize';
$now = (int)(microtime(true) * 1000);
$day = intdiv($now, 86400000);

function query(PDO $db, string $sql, array $values): array|false
{
	$statement = $db->prepare($sql);
	foreach (array_values($values) as $i => $value)
		$statement->bindValue($i + 1, $value, is_int($value) ?
		    PDO::PARAM_INT : (strlen((string)$value) === 32 &&
		    !ctype_print($value) ? PDO::PARAM_LOB : PDO::PARAM_STR));
	$statement->execute();
	return $statement->fetch(PDO::FETCH_ASSOC);
}

$db->exec('BEGIN IMMEDIATE');
$known = query($db, 'SELECT body_hash, status, answer FROM idempotency WHERE
    day IN (?, ?) AND owner = ? AND path = ? AND idempotency_key = ?',
    [$day, $day - 1, $body['partner_id'], $path, $idem]);
if ($known !== false) {
	$db->exec('ROLLBACK');
	answer((int)$known['status'], $known['answer']);
}
$partner = query($db, 'SELECT status, kyc_status FROM partner WHERE
    partner_id = ?', [$body['partner_id']]);
$client = query($db, 'SELECT status FROM client WHERE partner_id = ? AND
    client_id = ?', [$body['partner_id'], $body['client_id']]);
if (($partner['status'] ?? '') !== 'active' ||
    $partner['kyc_status'] !== 'approved' ||
    ($client['status'] ?? '') !== 'active') {
	$db->exec('ROLLBACK');
	answer(403, '{"code":"PARTNER_NOT_ACTIVE"}');
}
$id = sprintf('CLVTX_%013d_%09d', $now, random_int(0, 999999999));
$detail = json_encode(['amount' => $body['amount'],
    'currency' => $body['currency']]);
query($db, "INSERT INTO tx (clive_tx_id, partner_id, client_id, amount,
    currency, echezona_reference, meta, status, processor, settlement_status,
    created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'initialized',
    'stripe', 'unsettled', ?, ?)", [$id, $body['partner_id'],
    $body['client_id'], (int)round($body['amount'] * 100), $body['currency'],
    $body['echezona_reference'], json_encode($body['meta'] ?? null), $now,
    $now]);
$head = query($db, 'SELECT seq, hash FROM audit_head', []);
$seq = (int)$head['seq'] + 1;
$actor = 'key:' . substr($key, -4);
$link = hash('sha256', $head['hash'] . implode("\0", [$seq, $now, $actor,
    'transaction.initialized', $id, $detail]), true);
$insert = $db->prepare('INSERT INTO audit_event (seq, at, actor, action,
    subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)');
foreach ([$seq, $now, $actor, 'transaction.initialized', $id, $detail] as
    $i => $value)
	$insert->bindValue($i + 1, $value, is_int($value) ? PDO::PARAM_INT :
	    PDO::PARAM_STR);
$insert->bindValue(7, $link, PDO::PARAM_LOB);
$insert->execute();
$set = $db->prepare('UPDATE audit_head SET seq = ?, hash = ?');
$set->bindValue(1, $seq, PDO::PARAM_INT);
$set->bindValue(2, $link, PDO::PARAM_LOB);
$set->execute();
$answer = json_encode(['clive_tx_id' => $id, 'status' => 'initialized']);
$keep = $db->prepare('INSERT INTO idempotency (day, owner, path,
    idempotency_key, body_hash, status, answer, created_at) VALUES (?, ?, ?,
    ?, ?, 201, ?, ?)');
foreach ([$day, $body['partner_id'], $path, $idem, $hash, $answer, $now] as
    $i => $value)
	$keep->bindValue($i + 1, $value, is_int($value) ? PDO::PARAM_INT :
	    ($i === 4 ? PDO::PARAM_LOB : PDO::PARAM_STR));
$keep->execute();
$db->exec('COMMIT');
answer(201, $answer);

/* SPDX-License-Identifier: ISC */
/* outbox.c - events and the deliveries they cause. */
#include "outbox.h"

#include <string.h>

#include "id.h"

enum {
	BODY_MAX_BYTES = 64 * 1024,	/* meta has 16 KiB at the most */
	PAGE = 32			/* endpoints read before writing */
};

const char *const outbox_event_types[] = {
	"transaction_succeeded", "transaction_failed",
	"transaction_abandoned", "transaction_refunded",
	"transaction_chargeback", NULL
};

const char *
outbox_event_of(enum tx_status status)
{
	switch (status) {
	case TX_SUCCEEDED:
		return "transaction_succeeded";
	case TX_FAILED:
		return "transaction_failed";
	case TX_ABANDONED:
		return "transaction_abandoned";
	case TX_REFUNDED:
		return "transaction_refunded";
	case TX_CHARGEBACK:
		return "transaction_chargeback";
	case TX_INITIALIZED:
	case TX_PENDING:
	case TX_STATUS_COUNT:
		break;
	}
	return NULL;
}

void
outbox_body(struct buf *buf, const struct tx *tx, const char *event_type)
{
	char amount[AMOUNT_TEXT_SIZE];
	struct jsonw w;

	amount_print(tx->amount.minor, tx->amount.currency, amount);
	jsonw_init(&w, buf);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "event", event_type);
	jsonw_text(&w, "clive_tx_id", tx->clive_tx_id);
	jsonw_text(&w, "partner_id", tx->partner_id);
	jsonw_text(&w, "client_id", tx->client_id);
	jsonw_text(&w, "echezona_reference", tx->echezona_reference);
	jsonw_text(&w, "status", tx_status_name(tx->status));
	jsonw_raw(&w, "amount", amount, strlen(amount));
	jsonw_text(&w, "currency", tx->amount.currency);
	jsonw_raw(&w, "meta", tx->meta,
	    tx->meta != NULL ? strlen(tx->meta) : 0);
	jsonw_end_object(&w);
}

/*
 * Deliveries to the subscribed endpoints after *last, a page of them; the
 * number written. A statement is read to its end before another writes.
 */
static size_t
write_page(struct conn *c, int64_t now, const struct tx *tx,
    const char *type, const char *event, char last[ID_SIZE])
{
	char endpoints[PAGE][ID_SIZE], delivery[ID_SIZE];
	size_t n = 0;

	struct rows *r = conn_rows(c, SQL_ENDPOINTS_SUBSCRIBED, "ttti",
	    tx->partner_id, type, last, (int64_t)PAGE);
	while (n < PAGE && row_next(r))
		snprintf(endpoints[n++], ID_SIZE, "%s", row_text(r, 0));
	row_done(r);
	for (size_t i = 0; i < n; i++) {
		conn_run(c, SQL_DELIVERY_INSERT, "ttti",
		    id_make("dlv_", now, delivery), event, endpoints[i], now);
		memcpy(last, endpoints[i], ID_SIZE);
	}
	return n;
}

void
outbox_emit(struct conn *c, int64_t now, const struct tx *tx)
{
	const char *type = outbox_event_of(tx->status);
	char event[ID_SIZE], last[ID_SIZE] = "";
	struct buf body;

	if (type == NULL)
		return;
	buf_init(&body, BODY_MAX_BYTES);
	outbox_body(&body, tx, type);
	conn_run(c, SQL_EVENT_INSERT, "tttbi", id_make("evt_", now, event),
	    tx->clive_tx_id, type, body.data, body.len, now);
	buf_free(&body);
	while (write_page(c, now, tx, type, event, last) == PAGE)
		continue;
}

/* SPDX-License-Identifier: ISC */
/* outbox.c - events and the deliveries they cause. */
#include "outbox.h"

#include <string.h>

#include "id.h"
#include "webhook.h"

enum {
	BODY_MAX_BYTES = 64 * 1024,	/* meta has 16 KiB at the most */
	PAGE = 32			/* endpoints read before writing */
};

const char *const outbox_event_types[] = {
	"transaction_succeeded", "transaction_failed",
	"transaction_abandoned", "transaction_refunded",
	"transaction_chargeback", NULL
};

const char *const outbox_endpoint_event_types[] = {
	"endpoint_failing", "endpoint_disabled", "endpoint_enabled", NULL
};

const char *const outbox_merchant_event_types[] = {
	"payment.created", "payment.requires_action", "payment.succeeded",
	"payment.failed", "payment.canceled", "payment.disputed",
	"refund.created", "refund.succeeded", "refund.failed",
	"transfer.created", "transfer.succeeded", NULL
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
	struct jsonw w;

	jsonw_init(&w, buf);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "event", event_type);
	jsonw_text(&w, "clive_tx_id", tx->clive_tx_id);
	jsonw_text(&w, "partner_id", tx->partner_id);
	jsonw_text(&w, "client_id", tx->client_id);
	jsonw_text(&w, "echezona_reference", tx->echezona_reference);
	jsonw_text(&w, "status", tx_status_name(tx->status));
	jsonw_money(&w, "amount", tx->amount.minor, tx->amount.currency);
	jsonw_text(&w, "currency", tx->amount.currency);
	jsonw_raw(&w, "meta", tx->meta,
	    tx->meta != NULL ? strlen(tx->meta) : 0);
	jsonw_end_object(&w);
}

static void
write_event(struct conn *c, int64_t now, struct outbox_event *e)
{
	if (e->id[0] == '\0')
		id_make("evt_", now, e->id);
	conn_run(c, SQL_EVENT_INSERT, "ttttotbit", e->id, e->partner_id,
	    e->clive_tx_id, e->api, e->livemode, e->type, e->body.p,
	    e->body.n, now, e->client_id);
}

static void
write_delivery(struct conn *c, int64_t now, struct outbox_event *e,
    const char *endpoint)
{
	conn_run(c, SQL_DELIVERY_INSERT, "tttni",
	    id_make("dlv_", now, e->delivery), e->id, endpoint, now);
}

/*
 * Deliveries to the subscribed endpoints after *last, a page of them; the
 * number written. A statement is read to its end before another writes.
 */
static size_t
write_page(struct conn *c, int64_t now, struct outbox_event *e,
    char last[ID_SIZE])
{
	char endpoints[PAGE][ID_SIZE];
	size_t n = 0;

	struct rows *r = conn_rows(c, SQL_ENDPOINTS_SUBSCRIBED, "tttitiit",
	    e->partner_id, e->type, last, (int64_t)PAGE, e->api, e->livemode,
	    now - WEBHOOK_LISTENER_MS, e->client_id != NULL ? e->client_id :
	    "");
	while (n < PAGE && row_next(r))
		snprintf(endpoints[n++], ID_SIZE, "%s", row_text(r, 0));
	row_done(r);
	for (size_t i = 0; i < n; i++) {
		if (e->but == NULL || strcmp(endpoints[i], e->but) != 0)
			write_delivery(c, now, e, endpoints[i]);
		memcpy(last, endpoints[i], ID_SIZE);
	}
	return n;
}

void
outbox_write(struct conn *c, int64_t now, struct outbox_event *e)
{
	char last[ID_SIZE] = "";

	write_event(c, now, e);
	while (write_page(c, now, e, last) == PAGE)
		continue;
}

void
outbox_write_to(struct conn *c, int64_t now, struct outbox_event *e,
    const char *endpoint)
{
	write_event(c, now, e);
	write_delivery(c, now, e, endpoint);
}

void
outbox_write_object(struct conn *c, int64_t now, struct outbox_event *e,
    const char *endpoint, outbox_object *object, const void *about)
{
	struct buf body;
	struct jsonw w;

	id_make("evt_", now, e->id);
	buf_init(&body, BODY_MAX_BYTES);
	jsonw_init(&w, &body);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "id", e->id);
	jsonw_text(&w, "type", e->type);
	jsonw_int(&w, "created", now / 1000);
	jsonw_bool(&w, "livemode", e->livemode == 1);
	jsonw_object(&w, "data");
	object(&w, about);
	jsonw_end_object(&w);
	jsonw_end_object(&w);
	e->body = (struct slice){ body.data, body.len };
	if (endpoint != NULL)
		outbox_write_to(c, now, e, endpoint);
	else
		outbox_write(c, now, e);
	buf_free(&body);
}

void
outbox_emit(struct conn *c, int64_t now, const struct tx *tx)
{
	struct outbox_event event = { .partner_id = tx->partner_id,
	    .clive_tx_id = tx->clive_tx_id, .api = "clive", .livemode = -1,
	    .type = outbox_event_of(tx->status) };
	struct buf body;

	if (event.type == NULL)
		return;
	buf_init(&body, BODY_MAX_BYTES);
	outbox_body(&body, tx, event.type);
	event.body = (struct slice){ body.data, body.len };
	outbox_write(c, now, &event);
	buf_free(&body);
}

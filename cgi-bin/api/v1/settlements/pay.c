/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/settlements/pay - pay a batch out.
 *
 * Needs x-api-key, a platform-wide one, and a JSON body:
 *
 *   settlement_batch_id	text, required
 *
 * GBP, EUR and USD go over Wise, other currencies over Mercury. A batch that
 * is pending or failed is paid; one whose answer got lost (sending) is asked
 * about again with the same key, so that it is paid once.
 *
 * Refuses, after the checks of lib/app.h: 403 API_KEY_SCOPE_FORBIDDEN for a
 * partner's key, 404 BATCH_NOT_FOUND, 409 BATCH_ALREADY_PAID, 409
 * BATCH_BEING_PAID while another request asks, 409 BATCH_NOT_PAYABLE where it
 * comes to nothing or less, 409 PAYOUT_ACCOUNT_MISSING, 503
 * PAYOUT_NOT_CONFIGURED, 502 PAYOUT_FAILED with the details {"status",
 * "message"}: failed, and may be paid again, or sending, and its outcome is
 * not known yet.
 *
 * Answers 200 with the batch as /api/v1/settlements lists it, its status sent.
 */
#include "gateway.h"

struct input {
	const char	*id;
};

static const struct field fields[] = {
	{ "settlement_batch_id", FIELD_TEXT, .required = true,
	  .offset = offsetof(struct input, id), .min = 1, .max = 64 },
	{ .name = NULL }
};

static const struct fault *
pay(struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct settlement_pay work = { .db = rq->db, .arena = rq->arena,
	    .conf = rq->conf, .id = in->id, .actor = caller_actor(rq) };

	if (!rq->caller.platform)
		return &FAULT_SCOPE;
	const struct fault *fault = settlement_pay(&work);
	if (fault != NULL)
		return settlement_pay_refuse(rq, &work, fault);
	settlement_pay_answer(rq, work.batch);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_KEY, .fields = fields,
	  .input_size = sizeof(struct input), .handle = pay },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/settlements/pay", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}

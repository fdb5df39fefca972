/* SPDX-License-Identifier: ISC */
/* rail-momo.c - mobile money: which network, which phone, which processor. */
#include "rail.h"

#include <string.h>

enum {
	DETAIL_MAX_BYTES = 512,
	TZS_LEAST = 50000	/* in cents; ClickPesa takes no less */
};

/* What numbers look like where a currency is paid in, and who has them. */
struct land {
	const char		*prefix;	/* +231 */
	const char *const	*networks;	/* ended by NULL */
	const char		*which;		/* what to say of others */
	const char		*number;
};

static const char *const liberian[] = { "mtn", "orange", NULL };
static const char *const tanzanian[] = { "tigo", "mpesa", "airtel",
    "halotel", NULL };

static const struct land liberia = { "+231", liberian,
    "Must be mtn or orange", "Must be +231 and nine digits" };
static const struct land tanzania = { "+255", tanzanian,
    "Must be tigo, mpesa, airtel or halotel",
    "Must be +255 and nine digits" };

static bool
is_number(const struct land *land, const char *text)
{
	size_t n = strlen(land->prefix);

	return strncmp(text, land->prefix, n) == 0 &&
	    strspn(text + n, "0123456789") == 9 && text[n + 9] == '\0';
}

static bool
is_network(const struct land *land, const char *text)
{
	const char *const *at = land->networks;

	while (*at != NULL && strcmp(*at, text) != 0)
		at++;
	return *at != NULL;
}

/* Absent, and null for what may be absent. */
static bool
is_missing(const struct json *object, const char *key)
{
	const struct json *v = json_get(object, key);

	return v == NULL || v->kind == JSON_NULL;
}

/* The network, or NULL where it is left open, which Tanzanian ones may be. */
static const struct fault *
read_network(struct request *rq, const struct land *land,
    const struct json *momo, const char **network)
{
	static const char field[] = "payment_method.momo.provider";

	*network = json_text(momo, "provider");
	if (is_missing(momo, "provider"))
		return land == &tanzania ? NULL : request_refuse(rq,
		    &FAULT_FIELD_MISSING, field, "Required");
	if (*network == NULL || !is_network(land, *network))
		return request_refuse(rq, &FAULT_FIELD_WRONG, field,
		    land->which);
	return NULL;
}

static const struct fault *
read_number(struct request *rq, const struct land *land,
    const struct json *momo, const char **number)
{
	static const char field[] = "payment_method.momo.phone_number";

	*number = json_text(momo, "phone_number");
	if (is_missing(momo, "phone_number"))
		return request_refuse(rq, &FAULT_FIELD_MISSING, field,
		    "Required");
	if (*number == NULL || !is_number(land, *number))
		return request_refuse(rq, &FAULT_PHONE_NUMBER, field,
		    land->number);
	return NULL;
}

/* Who carries it; the sandbox has no live money, and ClickPesa no sandbox. */
static const struct fault *
choose_processor(struct request *rq, const struct intent *intent,
    const struct land *land, struct rail *rail)
{
	static const char field[] = "payment_method.type";

	if (land == &liberia && intent->live)
		return request_refuse(rq, &FAULT_FIELD_WRONG, field,
		    "Mobile money in this currency takes test keys alone");
	if (land == &tanzania && !intent->live && rq->conf->live)
		return request_refuse(rq, &FAULT_FIELD_WRONG, field,
		    "Mobile money in this currency takes live keys alone");
	rail->processor = land == &liberia ? "momo" : "clickpesa";
	rail->provider = provider_find(rail->processor);
	return rail->provider != NULL ? NULL : &FAULT_SERVICE_UNAVAILABLE;
}

static const struct fault *
check_amount(struct request *rq, const struct land *land,
    const struct amount *amount)
{
	if (land != &tanzania)
		return NULL;
	if (amount->minor < TZS_LEAST)
		return request_refuse(rq, &FAULT_AMOUNT_SMALL, "amount",
		    "Mobile money takes 500 shillings at the least");
	if (amount->minor % 100 != 0)
		return request_refuse(rq, &FAULT_FIELD_WRONG, "amount",
		    "Mobile money takes whole shillings alone");
	return NULL;
}

static const char *
write_detail(struct arena *arena, const char *network, const char *number)
{
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, DETAIL_MAX_BYTES);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "provider", network);
	jsonw_text(&w, "phone_number", number);
	jsonw_end_object(&w);
	const char *text = arena_strdup(arena, buf_str(&detail));
	buf_free(&detail);
	return text;
}

const struct fault *
rail_momo(struct request *rq, const struct intent *intent,
    const struct json *momo, struct rail *rail)
{
	const struct amount *amount = &intent->tx->amount;
	const struct land *land = strcmp(amount->currency, "TZS") == 0 ?
	    &tanzania : &liberia;
	const struct fault *fault;
	const char *network, *number;

	*rail = (struct rail){ .method = "momo",
	    .payment_type = "mobile_money" };
	if ((fault = choose_processor(rq, intent, land, rail)) != NULL)
		return fault;
	if (momo == NULL || momo->kind == JSON_NULL)
		return request_refuse(rq, &FAULT_FIELD_MISSING,
		    "payment_method.momo", "Required");
	if (momo->kind != JSON_OBJECT)
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "payment_method.momo", "Must be an object");
	if ((fault = read_network(rq, land, momo, &network)) != NULL ||
	    (fault = read_number(rq, land, momo, &number)) != NULL ||
	    (fault = check_amount(rq, land, amount)) != NULL)
		return fault;
	rail->phone_number = number;
	rail->method_detail = write_detail(rq->arena, network, number);
	/* ClickPesa wants no plus and finds the network by itself. */
	rail->payment_method = land == &tanzania ? number + 1 :
	    arena_printf(rq->arena, "%s:%s", network, number);
	return NULL;
}

/* SPDX-License-Identifier: ISC */
/*
 * harness.h - a private gateway for each endpoint test program.
 *
 * A program makes a data directory, seeds it through the library, starts the
 * web server named by CLIVE_TEST_SERVER (lighttpd, fcgid or cgi) on a free
 * loopback port and speaks HTTP to it. plain_run is a second way in: one
 * program, run directly with any environment and any bytes, for requests
 * that no web server would pass on. At the end the audit chain and the
 * ledger are verified, and the logs are searched for secrets and for the
 * complaints of sanitizers.
 *
 * Cases share the server but no state: each uses references and keys of its
 * own, so they run in any order, and alone. The sandbox clock only ever
 * moves forward.
 *
 * Started by root, the Apache modes run as another user. The harness becomes
 * the owner of the data directory as soon as the server has started, so what
 * it writes from then on belongs to those who must be able to write it.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>

#include "apikey.h"
#include "arena.h"
#include "json.h"
#include "merchant.h"
#include "setup.h"
#include "test.h"

#define PARTNER "ECHEZONA001"
#define CLIENT "AIRPEACE001"
#define OTHER_PARTNER "OTHERPAY01"
#define OTHER_CLIENT "OTHERSHOP1"

#define INITIALIZE "/api/v1/transactions/initialize"
#define ATTACH "/api/v1/transactions/attach-intent"
#define TRANSACTIONS "/api/v1/transactions"
#define CLIENTS "/api/v1/clients"
#define BRANDING "/api/v1/branding/packet"
#define CHECKOUT "/api/v1/transactions/checkout-intent"
#define CHECKOUT_V2 "/api/v1/transactions/checkout-intent-v2"
#define HOSTED "/payment/intent"
#define STRIPE_WEBHOOK "/api/v1/webhooks/stripe"
#define REVOLUT_WEBHOOK "/api/v1/webhooks/revolut"
#define CLICKPESA_WEBHOOK "/webhooks/clickpesa"
#define ADMIN "/api/v1/admin"
#define PAYMENTS "/v1/payments"
#define REFUNDS "/v1/refunds"
#define MERCHANT_KEYS "/v1/merchant/api-keys"

/* Two secrets are live at once, as while one is being replaced. */
#define STRIPE_SECRET "whsec_new_0123456789"
#define STRIPE_OLD_SECRET "whsec_old_0123456789"

/* What the processors know us by, where there are any. */
#define STRIPE_KEY "sk_test_0123456789"
#define REVOLUT_KEY "sk_revolut_0123456789"
#define REVOLUT_SECRET "wsk_0123456789"
#define CLICKPESA_KEY "api_clickpesa_0123456789"
#define PAYOUT_TOKEN "payout_token_0123456789"
#define CLICKPESA_CHECKSUM_KEY "checksum_0123456789"

#define OPERATOR_EMAIL "owner@example.com"
#define OPERATOR_PASSWORD "correct horse battery"

struct world_options {
	const char	*conf[8];	/* lines that replace those of clive.conf */
	bool		 with_operator;	/* hashing a password takes a while */
	bool		 small_disk;	/* the database on 4 MiB, if we may mount */
	bool		 processors;	/* all are configured: processor_says */
};

/* Everything that a program's cases share. */
struct world {
	char		 root[CONF_PATH_MAX];	/* the checkout */
	char		 build[CONF_PATH_MAX];
	char		 var[CONF_PATH_MAX];
	const char	*mode;			/* lighttpd, fcgid, cgi */
	int		 port;
	bool		 small_disk;		/* it was possible */
	struct setup	 setup;			/* its conn is for reading */
	struct arena	*arena;			/* emptied after each case */
	struct apikey	 partner, other, platform;
	struct apikey	 suspended, inactive, kyc_pending; /* such partners' */
	struct apikey	 revoked;
	struct apikey	 damaged;		/* whose secret does not unseal */
	char		 webhook[ID_SIZE];	/* PARTNER's endpoint, all events */
	/* Keys of the Payments API: CLIENT's of both modes, OTHER_CLIENT's
	 * test key; and the first one's id. */
	char		 merchant[MERCHANT_KEY_SIZE];
	char		 merchant_live[MERCHANT_KEY_SIZE];
	char		 merchant_other[MERCHANT_KEY_SIZE];
	char		 merchant_id[ID_SIZE];
};
extern struct world world;

/* The group fixture; main of each program through ENDPOINT_MAIN. */
int	world_start(const struct world_options *);
int	world_stop(void);
int	case_end(void **state);

/* A case of the table. */
#define CASE(f) cmocka_unit_test_teardown(f, case_end)

#define ENDPOINT_MAIN(name, tests, options)				\
static int								\
group_start(void **state)						\
{									\
	(void)state;							\
	return world_start(options);					\
}									\
									\
static int								\
group_stop(void **state)						\
{									\
	(void)state;							\
	return world_stop();						\
}									\
									\
int									\
main(int argc, char **argv)						\
{									\
	if (argc > 1)							\
		cmocka_set_test_filter(argv[1]);			\
	return cmocka_run_group_tests_name(name, tests, group_start,	\
	    group_stop);						\
}

/* An answer; it and its texts live until the end of the case. */
struct answer {
	int		 status;
	const char	*head;		/* its header lines as they came */
	const char	*body;		/* NUL-terminated */
	size_t		 len;
	const struct json *json;	/* NULL where the body is no JSON */
};

struct call {
	const char		*method; /* NULL: POST with a body, else GET */
	const char		*path;
	const char		*body;	/* NULL: none */
	size_t			 len;	/* of the body; 0: strlen */
	const struct apikey	*key;	/* x-api-key; NULL: none */
	const char		*idempotency_key; /* with it goes the HMAC */
	const char		*type;	/* NULL: JSON with a body; "": none */
	const char		*lines[8]; /* further header lines */
};

struct answer	*ask(const struct call *);

/*
 * In a child that was forked: calls go over a connection of its own, and one
 * that gets no answer has the status 0 instead of ending the case, which is
 * the parent's.
 */
void		 ask_anew(void);

/* The common calls. */
struct answer	*ask_get(const struct apikey *, const char *path);
struct answer	*ask_post(const struct apikey *, const char *path,
		    const char *idempotency_key, const char *body);

/* The same with a bearer token; body NULL: GET. */
struct answer	*ask_admin(const char *token, const char *path,
		    const char *body);

/*
 * A call of the Payments API. key: sxm_..., a client secret, or NULL;
 * idempotency_key may be NULL; body NULL: GET.
 */
struct answer	*ask_merchant(const char *key, const char *path,
		    const char *idempotency_key, const char *body);

/* One program run as plain CGI, independent of the web server. */
struct cgi {
	const char	*program;	/* its URL path */
	const char	*var;		/* NULL: the world's */
	const char	*input;		/* what comes on standard input */
	size_t		 len;
	size_t		 file_limit;	/* RLIMIT_FSIZE; 0: none */
	const char	*env[16];	/* NAME=value; nothing else is set */
};

struct answer	*plain_run(const struct cgi *);

/* plain_run of a signed POST to a data directory; NULL: the world's. */
struct answer	*plain_post(const char *var, size_t file_limit,
		    const struct apikey *, const char *path,
		    const char *idempotency_key, const char *body);

/* The x-clive-hmac of a body. */
const char	*signature_of(const struct apikey *, const char *body);

/* A header of an answer; NULL where it is not there. Names as we spell
 * them or in lower case. */
const char	*header_of(const struct answer *, const char *name);

/* A member by its path, such as "details.fieldErrors.amount.0"; or NULL. */
const struct json *member(const struct answer *, const char *path);
/* Its text; "(no text)" where there is none. */
const char	*text_at(const struct answer *, const char *path);
bool		 null_at(const struct answer *, const char *path);
/* The number of its elements or members. */
int		 size_at(const struct answer *, const char *path);

/* Runs through the elements of an array at a path. */
#define for_each(item, a, path)						\
	for (item = member(a, path) != NULL ? member(a, path)->child :	\
	    NULL; item != NULL; item = item->next)

/* The names of an object's members in their order, joined by blanks. */
const char	*keys_of(const struct json *);

/* printf into the arena of the case. */
#define textf(...) arena_printf(world.arena, __VA_ARGS__)

/*
 * Is this the answer? The status and the body as it must be, byte for byte;
 * or a refusal in the error shape, without details.
 */
#define assert_answer(a, status, body)					\
	check_answer(a, status, body, __FILE__, __LINE__)
#define assert_fault(a, name)						\
	check_fault(a, &FAULT_##name, __FILE__, __LINE__)
/* A validation error with these details (JSON text). */
#define assert_invalid(a, details)					\
	check_invalid(a, details, __FILE__, __LINE__)
/* A refusal of the Payments API: without details; or about this field. */
#define assert_refused(a, name)						\
	check_refused(a, &FAULT_##name, NULL, __FILE__, __LINE__)
#define assert_refused_field(a, name, field)				\
	check_refused(a, &FAULT_##name, field, __FILE__, __LINE__)
#define assert_status(a, status)					\
	check_answer(a, status, NULL, __FILE__, __LINE__)
#define assert_has(a, needle)						\
	check_has(a, needle, __FILE__, __LINE__)

void	check_answer(const struct answer *, int status, const char *body,
	    const char *file, int line);
void	check_fault(const struct answer *, const struct fault *,
	    const char *file, int line);
void	check_invalid(const struct answer *, const char *details,
	    const char *file, int line);
void	check_refused(const struct answer *, const struct fault *,
	    const char *field, const char *file, int line);
void	check_has(const struct answer *, const char *needle,
	    const char *file, int line);

/* SQL of the case's own, on a connection of its own. */
void		 db_exec(const char *sql);
/* The first column of the first row as text; NULL: no row, or NULL. */
const char	*db_text(const char *sql);
int64_t		 db_int(const char *sql);

/*
 * What all processors answer from now on, each time after a pause (ms). They
 * are one server, which gives ClickPesa's tokens out without being told.
 */
void		 processor_says(int status, const char *body, long pause);

/* The last question that one of them was asked, as it came. */
const char	*processor_asked(void);

/* A copy of the data directory for plain_run, with lines of clive.conf
 * replaced; gone at the end of the program. Never root's. */
const char	*var_copy(const char *const *conf_lines);

/* A body for initialize with this reference: 750 USD for CLIENT. */
const char	*initialize_body(const char *reference);

/* Opens a payment, or opens one and attaches pi_<reference>; its id. */
const char	*tx_new(const char *reference);
const char	*tx_attached(const char *reference);

/* The state a payment has now. */
const char	*tx_state(const char *clive_tx_id);

/* A Stripe-Signature header line over a body at the sandbox clock's time. */
const char	*stripe_signature(const char *secret, const char *body,
		    size_t len, int64_t seconds_off);
/* Posts a body as Stripe would. */
struct answer	*stripe_post(const char *body);
/* Posts an event; object is the JSON text of data.object. */
struct answer	*stripe_event(const char *id, const char *type,
		    const char *object);
/* The data.object of a payment_intent with this reference. */
const char	*stripe_intent(const char *reference, int64_t units);
/* Tells that pi_<reference> was paid in full (750 USD). */
struct answer	*stripe_succeed(const char *reference);

/* Signs the operator in; the token. */
const char	*admin_token(void);

#endif

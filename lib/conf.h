/* SPDX-License-Identifier: ISC */
/*
 * conf.h - where the data lives, and the settings file.
 *
 * The data directory is $CLIVE_VAR, or the `var` beside the nearest ancestor
 * directory of the running program that has var/clive.conf. clive.conf holds
 * `key = value` lines; an unknown key, a bad value, a line without `=`, a
 * key given twice and a file that others may read are refused, naming file
 * and line. The table of keys in conf.c is also the example file
 * (`clive init`) and the manual (clive.conf.5).
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

enum {
	CONF_PATH_MAX = 1024,
	CONF_SECRETS_MAX = 4,	/* webhook secrets of one processor at once */
	CONF_NUMBERS_MAX = 16,	/* numbers of one setting */
	CONF_ALLOW_MAX = 32,
	CONF_WORD_MAX = 16	/* bytes of a setting that is one of some words */
};

/* A word of webhook_allow, as lib/egress.h reads it. */
struct conf_allow {
	struct address_net	net;	/* where host is empty */
	char			host[256];	/* ".x" stands for all below */
};

struct conf {
	char	 var[CONF_PATH_MAX];	/* the data directory */
	bool	 live;			/* mode = live; otherwise sandbox */
	char	 base_url[256];		/* how the outside reaches us */
	char	 stripe_webhook_secret[CONF_SECRETS_MAX][128];
	size_t	 stripe_webhook_secret_count;
	char	 stripe_api_base[256];
	char	 stripe_secret_key[256];	/* empty: Stripe is not used */
	char	 stripe_publishable_key[256];
	/* Of payments with test keys, where the mode is live (lib/rail.h). */
	char	 stripe_test_api_base[256];
	char	 stripe_test_secret_key[256];
	char	 stripe_test_publishable_key[256];
	/* Good for test events alone. */
	char	 stripe_test_webhook_secret[CONF_SECRETS_MAX][128];
	size_t	 stripe_test_webhook_secret_count;
	char	 revolut_api_base[256];
	char	 revolut_secret_key[256];	/* empty: not used */
	char	 revolut_public_key[256];
	char	 revolut_webhook_secret[CONF_SECRETS_MAX][128];
	size_t	 revolut_webhook_secret_count;
	char	 clickpesa_api_url[256];
	char	 clickpesa_client_id[256];	/* empty: not used */
	char	 clickpesa_api_key[256];
	char	 clickpesa_webhook_url[256];	/* given out as notificationUrl */
	char	 clickpesa_checksum_key[256];
	char	 clickpesa_checksum_method[CONF_WORD_MAX];
	char	 clickpesa_url_fields[CONF_WORD_MAX];	/* all, documented */
	char	 clickpesa_webhook_verify[CONF_WORD_MAX]; /* see conf.c */
	char	 wise_api_base[256];
	char	 wise_token[256];		/* empty: not used */
	char	 wise_profile_id[256];
	char	 mercury_api_base[256];
	char	 mercury_token[256];		/* empty: not used */
	char	 mercury_account_id[256];
	char	 settle_pays[CONF_WORD_MAX];	/* yes, no */
	int64_t	 processor_timeout_ms;		/* one try of one call */
	int64_t	 momo_delay_ms;			/* lib/provider-momo.c */
	int64_t	 momo_timeout_ms;
	int64_t	 rate_limit;		/* requests a minute and partner; 0: none */
	int64_t	 threads;		/* request threads of a FastCGI program */
	int64_t	 wait_ms;		/* for the database, and for a first
					   request with the same key */
	int64_t	 abandon_after_s;	/* open payments without a change */
	int64_t	 webhook_timeout_ms;	/* one attempt */
	int64_t	 webhook_retry_ms[CONF_NUMBERS_MAX]; /* pause after attempt n */
	size_t	 webhook_retry_count;
	int64_t	 webhook_parallel;	/* attempts under way at once */
	int64_t	 webhook_parallel_endpoint; /* of them to one endpoint */
	int64_t	 webhook_disable_after_s; /* of failures alone; 0: never */
	char	 webhook_prove[CONF_WORD_MAX];	/* yes: every new endpoint */
	int64_t	 webhook_ports[CONF_NUMBERS_MAX]; /* that may be connected */
	size_t	 webhook_ports_count;
	struct conf_allow webhook_allow[CONF_ALLOW_MAX]; /* though private */
	size_t	 webhook_allow_count;
	int64_t	 session_s;		/* life of an operator's token */
	char	 operator_second_factor[CONF_WORD_MAX];	/* see conf.c */
	char	 metrics_token[256];	/* empty: this machine alone */
	char	 log_format[CONF_WORD_MAX];	/* text, json */
};

/*
 * Finds the data directory into path (size bytes); false with a sentence in
 * why where there is none.
 */
bool	conf_find(char *path, size_t size, char *why, size_t why_size);

/*
 * Reads var/clive.conf. False with a sentence in why, which names file and
 * line and never quotes a value.
 */
bool	conf_read(const char *var, struct conf *, char *why, size_t why_size);

/* conf_find and conf_read in one. */
bool	conf_load(struct conf *, char *why, size_t why_size);

/* Wipes all of it: much of it is secret. */
void	conf_wipe(struct conf *);

/* Writes the commented example file to f; the text behind it is conf.c's. */
struct _IO_FILE;
void	conf_example(struct _IO_FILE *, bool live, const char *base_url,
	    const char *stripe_webhook_secret);

/*
 * Writes every setting into an open array: {"key","value","set","secret",
 * "help"}. What may hold a secret is told as set or not, and never its value.
 */
struct jsonw;
void	conf_write(struct jsonw *, const struct conf *);

/* "<var>/<name>" into path, which holds CONF_PATH_MAX bytes; the program
 * stops where that does not fit. Returns path. */
char	*conf_path(const struct conf *, const char *name, char *path);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * cli.h - what the subcommands of `clive` share.
 *
 * A subcommand is a row of the table in commands.c: its words, its options
 * and the function that runs it. That function writes one JSON document,
 * which main.c prints as it is (--json) or lets render.c turn into text. The
 * document is JSON text from the start and no tree of values, so that amounts
 * and `meta` come out with the very bytes they have in the database.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "amount.h"
#include "arena.h"
#include "buf.h"
#include "json.h"
#include "setup.h"
#include "version.h"

struct cli;

enum {
	CLI_OPTIONS_MAX = 16,		/* of one subcommand */
	CLI_EXIT_FAILURE = 1,
	CLI_EXIT_USAGE = 64		/* EX_USAGE of sysexits.h */
};

struct cli_option {
	const char	*name;		/* without its dashes */
	const char	*value;		/* the name of its value in the usage;
					   NULL: a switch */
	bool		 required;
	bool		 secret;	/* wiped from the process list; "-" is
					   standard input */
	const char	*help;
};

struct cli_command {
	const char	*name;		/* "webhook add" */
	const char	*argument;	/* "ID", "[WORD]"; NULL: takes none */
	const char	*help;		/* half a sentence */
	const struct cli_option *options;	/* ended by a NULL name */
	bool		 no_data;	/* runs without a data directory */
	/* Writes the document to cli->w; false after cli_fail. */
	bool		(*run)(struct cli *);
	/* As text, where the general renderer will not do. */
	void		(*render)(struct cli *, const struct json *);
	const char	*columns;	/* of a table of items, "id,name" */
	const char	*note;		/* to be read after the text */
};

/* All of them, ended by a NULL name. */
extern const struct cli_command cli_commands[];

/* One run of the program. */
struct cli {
	const struct cli_command *command;
	const char	*values[CLI_OPTIONS_MAX]; /* as command->options */
	const char	*argument;
	bool		 json;
	bool		 verbose;
	struct arena	*arena;
	struct setup	 setup;
	char		 actor[72];	/* in the audit log: cli:<login name> */
	char		 secret[512];	/* what cli_secret read */
	struct buf	 doc;
	struct jsonw	 w;		/* writes to doc */
	bool		 failed;
	char		 why[1024];	/* one sentence, where failed */
};

/* main.c: notes in one sentence why this cannot be done; returns false. */
bool		 cli_fail(struct cli *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/*
 * main.c: runs fn in a transaction. fn writes its document itself, may run
 * again, and after cli_fail nothing of it remains.
 */
typedef bool	 cli_change(struct cli *, struct conn *, void *arg);
bool		 cli_txn(struct cli *, cli_change *fn, void *arg);

/* main.c: false, with its words, after trouble on the reading connection. */
bool		 cli_read_well(struct cli *);

/* main.c: prints the document so far as a line and begins another one. */
void		 cli_print_json(struct cli *);

/* main.c: where the data is; root becomes the owner of that directory. */
bool		 cli_find_var(struct cli *, char path[CONF_PATH_MAX]);

/*
 * options.c: reads the command line. 0, or the exit status with cli->why
 * filled in.
 */
int		 cli_parse(struct cli *, int argc, char **argv);

/* The value of an option ("" of a switch); NULL where it was not given. */
const char	*cli_get(const struct cli *, const char *name);

/* "usage: clive webhook add --partner P ..." in lines. */
void		 cli_usage(FILE *, const struct cli_command *);

/*
 * values.c: the value of an option, checked. Each leaves *out alone where
 * the option was not given, and is false after cli_fail.
 */
bool		 cli_id(struct cli *, const char *option, const char **out);
bool		 cli_text(struct cli *, const char *option, int64_t min,
		    int64_t max, const char *(*check)(const char *),
		    const char **out);
bool		 cli_choice(struct cli *, const char *option,
		    const char *const *choices, const char **out);
bool		 cli_integer(struct cli *, const char *option, int64_t min,
		    int64_t max, int64_t *out);
bool		 cli_time(struct cli *, const char *option, int64_t *out);
/* The same, or so long before now: "2h ago", "-2h". */
bool		 cli_moment(struct cli *, const char *option, int64_t now,
		    int64_t *out);
/* "24h" in milliseconds, from nothing to max, which is whole days. */
bool		 cli_span(struct cli *, const char *option, int64_t max,
		    int64_t *out);
/* 1 to max; "none" is 0. */
bool		 cli_limit(struct cli *, const char *option, int64_t max,
		    int64_t *out);
/* An option whose value is yes or no. */
bool		 cli_yes_no(struct cli *, const char *option, bool *out);
/* "none" is -1 where none is allowed. */
bool		 cli_percent(struct cli *, const char *option, bool none,
		    int64_t *ppm);
bool		 cli_dollars(struct cli *, const char *option, int64_t max,
		    int64_t *cents);
/* More than zero, in the currency's major unit. */
bool		 cli_amount(struct cli *, const char *option,
		    const char currency[4], struct amount *out);
/* Of a command with the switches --live and --test, which is the default. */
bool		 cli_mode(struct cli *, bool *live);

/* values.c: n bytes such as "24h" in milliseconds; -1: they are none. */
int64_t		 cli_parse_span(const char *, size_t n);

/*
 * secret.c: the value of a secret option, from the command line or, for "-",
 * from standard input; at most max bytes without control characters. NULL
 * where the option was not given, or after cli_fail.
 */
const char	*cli_secret(struct cli *, const char *option, size_t max);

/*
 * secret.c: a password from standard input; on a terminal it is asked for
 * twice, without echo. NULL after cli_fail.
 */
const char	*cli_password(struct cli *);

/*
 * progress.c: how far long work is, on a terminal; over ends the line. Where
 * standard error is none, nothing.
 */
void		 cli_progress(int64_t done, int64_t total, bool over);

/* render.c: a document as text on standard output. */
void		 cli_render(struct cli *, const struct json *);

/* The pieces, for renderers of their own. */
char		*cli_clean(struct arena *, const char *, size_t);
void		 cli_render_object(struct cli *, const struct json *,
		    int indent);
/* A text of several lines, each of them indented and clean. */
void		 cli_render_lines(struct cli *, const struct json *);
const char	*cli_value(struct cli *, const struct json *);
const char	*cli_member(struct cli *, const struct json *,
		    const char *key);

/* timeline.c, doctor.c, help.c, completion.c: renderers of their own. */
void		 sign_render(struct cli *, const struct json *);
void		 report_render(struct cli *, const struct json *);
void		 timeline_render(struct cli *, const struct json *);
void		 delivery_render(struct cli *, const struct json *);
void		 doctor_render(struct cli *, const struct json *);
void		 help_render(struct cli *, const struct json *);
void		 version_render(struct cli *, const struct json *);
void		 completion_render(struct cli *, const struct json *);

/* The subcommands. */
bool		 run_init(struct cli *);
bool		 run_partner_add(struct cli *);
bool		 run_partner_list(struct cli *);
bool		 run_partner_show(struct cli *);
bool		 run_partner_set(struct cli *);
bool		 run_client_add(struct cli *);
bool		 run_client_list(struct cli *);
bool		 run_client_set(struct cli *);
bool		 run_key_add(struct cli *);
bool		 run_key_list(struct cli *);
bool		 run_key_revoke(struct cli *);
bool		 run_merchant_key_add(struct cli *);
bool		 run_merchant_key_list(struct cli *);
bool		 run_merchant_key_revoke(struct cli *);
bool		 run_buyer_add(struct cli *);
bool		 run_buyer_list(struct cli *);
bool		 run_buyer_show(struct cli *);
bool		 run_buyer_disable(struct cli *);
bool		 run_wallet_list(struct cli *);
bool		 run_wallet_show(struct cli *);
bool		 run_wallet_fund(struct cli *);
bool		 run_wallet_withdraw(struct cli *);
bool		 run_webhook_add(struct cli *);
bool		 run_webhook_list(struct cli *);
bool		 run_webhook_show(struct cli *);
bool		 run_webhook_set(struct cli *);
bool		 run_webhook_rotate(struct cli *);
bool		 run_webhook_disable(struct cli *);
bool		 run_webhook_enable(struct cli *);
bool		 run_webhook_delete(struct cli *);
bool		 run_webhook_prove(struct cli *);
bool		 run_webhook_test(struct cli *);
bool		 run_webhook_key_show(struct cli *);
bool		 run_webhook_key_rotate(struct cli *);
bool		 run_webhook_deliveries(struct cli *);
bool		 run_webhook_delivery(struct cli *);
bool		 run_webhook_events(struct cli *);
bool		 run_webhook_resend(struct cli *);
bool		 run_webhook_replay(struct cli *);
bool		 run_listen(struct cli *);
bool		 run_rule_add(struct cli *);
bool		 run_rule_list(struct cli *);
bool		 run_rule_end(struct cli *);
bool		 run_settlement_run(struct cli *);
bool		 run_settlement_list(struct cli *);
bool		 run_settlement_show(struct cli *);
bool		 run_settlement_pay(struct cli *);
bool		 run_settlement_report(struct cli *);
bool		 run_payout_account_set(struct cli *);
bool		 run_payout_account_list(struct cli *);
bool		 run_tx_list(struct cli *);
bool		 run_tx_show(struct cli *);
bool		 run_tx_explain(struct cli *);
bool		 run_operator_add(struct cli *);
bool		 run_operator_list(struct cli *);
bool		 run_operator_password(struct cli *);
bool		 run_operator_reset_password(struct cli *);
bool		 run_operator_role(struct cli *);
bool		 run_operator_disable(struct cli *);
bool		 run_operator_enable(struct cli *);
bool		 run_operator_require_factor(struct cli *);
bool		 run_operator_reset_factor(struct cli *);
bool		 run_audit_list(struct cli *);
bool		 run_tail(struct cli *);
bool		 run_trigger(struct cli *);
bool		 run_rekey(struct cli *);
bool		 run_verify(struct cli *);
bool		 run_backup(struct cli *);
bool		 run_restore(struct cli *);
bool		 run_export(struct cli *);
bool		 run_completion(struct cli *);
bool		 run_reconcile_report(struct cli *);
bool		 run_doctor(struct cli *);
bool		 run_sandbox_advance(struct cli *);
bool		 run_sign(struct cli *);
bool		 run_status(struct cli *);
bool		 run_help(struct cli *);
bool		 run_version(struct cli *);

#endif

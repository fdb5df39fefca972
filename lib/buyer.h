/* SPDX-License-Identifier: ISC */
/*
 * buyer.h - people who pay from a wallet of ours.
 *
 * A buyer is known by the phone number, once a mode; a test buyer is a name
 * and fake money, known to the test keys of every merchant. The PIN, four to
 * eight digits, is kept as a password is (password.h) and proves the buyer
 * where a payment is approved.
 *
 * Wrong PINs are counted a phone number, whether it is a buyer's or not, so
 * that neither the answer nor the counting tells which numbers are: the fifth
 * in a row keeps all further tries off for a quarter of an hour, the tenth for
 * twice as long and so on up to a day, since a PIN has few digits and whoever
 * tries has many numbers. cron/sweep forgets them after a day. They are
 * counted a payment as well, or one could try a PIN that many people have at
 * one number after the other.
 */
#ifndef BUYER_H
#define BUYER_H

#include "request.h"

enum {
	BUYER_PIN_SIZE = 9,		/* holds a PIN */
	BUYER_FREE = 5,			/* wrong PINs of a phone number */
	BUYER_PAYMENT_FREE = 20,	/* and of a payment, till the block */
	BUYER_BLOCK_MS = 15 * 60 * 1000,	/* the first block */
	BUYER_BLOCK_MAX_MS = 24 * 60 * 60 * 1000
};

/* Texts live in the arena of the read. */
struct buyer {
	const char	*id;		/* usr_... */
	bool		 live;
	const char	*phone_number;	/* E.164 */
	const char	*name;		/* NULL: not said */
	const char	*country_code;	/* by the number; NULL: not known */
	const char	*pin;		/* stored form; never to be shown */
	int64_t		 created_at;
	int64_t		 disabled_at;	/* 0: good */
};

/* NULL where it may be a phone number (E.164) or a PIN, else a constant
 * sentence; for tables of fields. */
const char	*buyer_check_phone(const char *);
const char	*buyer_check_pin_form(const char *);

/* A random PIN of six digits. */
void		 buyer_pin_make(char out[BUYER_PIN_SIZE]);

/* Reads the current row of a statement with BUYER_COLUMNS of sql.c. */
struct buyer	*buyer_of_row(struct rows *, struct arena *);

/* NULL where there is none (or conn_failed). Those that are disabled are
 * found as well. */
struct buyer	*buyer_find(struct conn *, struct arena *, bool live,
		    const char *phone_number);

/* The same; NULL for one that is disabled, too. */
struct buyer	*buyer_find_good(struct conn *, struct arena *, bool live,
		    const char *phone_number);

/*
 * Makes a buyer in the caller's transaction, with its audit event. b holds
 * mode, phone number, name and the stored form of the PIN; the rest is filled
 * in. False where the number is taken.
 */
bool		 buyer_add(struct conn *, struct arena *, int64_t now,
		    struct buyer *, const char *actor);

/* Closes an account, with its audit event; false where there is none, or it
 * is closed. The money stays: an operator pays it out. */
bool		 buyer_disable(struct conn *, int64_t now, struct buyer *,
		    const char *actor);

/*
 * Is this the buyer with this PIN? NULL with *b filled in; FAULT_FORBIDDEN
 * whatever is wrong; FAULT_RATE_LIMITED with Retry-After after too many
 * tries. Writes in transactions of its own and takes a tenth of a second: no
 * part of a transaction. payment is the one that is being approved.
 */
const struct fault *buyer_check_pin(struct request *, bool live,
		    const char *phone_number, const char *pin,
		    const char *payment, struct buyer **);

/* "id", "object", "phone_number", "name", "country_code", "livemode",
 * "created_at", "disabled_at", into an open object. */
void		 buyer_write(struct jsonw *, const struct buyer *);

#endif

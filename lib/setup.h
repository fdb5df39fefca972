/* SPDX-License-Identifier: ISC */
/*
 * setup.h - making a new data directory, and opening an existing one for a
 * program that is no endpoint (CLI, cron, tests).
 */
#ifndef SETUP_H
#define SETUP_H

#include "conf.h"
#include "db.h"
#include "vault.h"

/*
 * Makes var with its folders (0700), clive.conf, master.key and an empty
 * database. Refuses where var has a clive.conf already; goes on where an
 * earlier try stopped, since clive.conf comes last. base_url and
 * stripe_webhook_secret go into clive.conf. False with a sentence in why.
 */
bool	setup_var(const char *var, bool live, const char *base_url,
	    const char *stripe_webhook_secret, char *why, size_t size);

/* What such a program works with. */
struct setup {
	struct conf	 conf;
	struct vault	*vault;
	struct db	*db;
	struct conn	*conn;		/* for reading */
};

/* Opens settings, master key, clock and database; false with why. */
bool	setup_open(struct setup *, char *why, size_t size);
void	setup_close(struct setup *);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * schedule.h - when a delivery that failed is tried again.
 *
 * A schedule is a list of pauses: the first attempt is made at once, each
 * further one after the pause that follows the failure before it. Presets:
 *   clive     1 s, 4 s: three attempts, as the partner API documents (the
 *             setting webhook_retry_ms can name other pauses)
 *   payments  1 min to 24 h: eight attempts (soxara.md 12.9)
 *   standard  5 s to 24 h: ten attempts over 75 hours, the example of the
 *             Standard Webhooks specification
 * Anything else is a list such as "5s,5m,2h", or "none" for one attempt.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "conf.h"

enum {
	SCHEDULE_PAUSES_MAX = 49,
	SCHEDULE_TEXT_SIZE = 701	/* holds any schedule as it is stored */
};

struct schedule {
	const char	*name;		/* of the preset, or "custom" */
	int64_t		 pauses[SCHEDULE_PAUSES_MAX];	/* milliseconds */
	size_t		 count;
};

/* The names of the presets, ended by NULL. */
extern const char *const schedule_presets[];

/* Reads what a person wrote; NULL, or a sentence that says what is wrong. */
const char	*schedule_parse(const char *text, const struct conf *,
		    struct schedule *);

/* The pauses as the database has them: milliseconds between commas. */
char		*schedule_print(const struct schedule *,
		    char out[SCHEDULE_TEXT_SIZE]);
void		 schedule_read(const char *stored, struct schedule *);

/* The pauses as a person reads them, "5s,5m,2h"; appended. */
void		 schedule_words(const struct schedule *, struct buf *);

/* How often one delivery is tried. */
int64_t		 schedule_attempts(const struct schedule *);

/*
 * The pause after failed attempt number 1, 2 ..., which is not the last: the
 * schedule's, and up to a tenth more as the dice fall, so that deliveries
 * which failed together do not come back together.
 */
int64_t		 schedule_pause(const struct schedule *, int64_t number,
		    uint32_t dice);

#endif

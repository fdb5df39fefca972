/* SPDX-License-Identifier: ISC */
/* schedule.c - presets, lists of pauses, and jitter. */
#include "schedule.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND	INT64_C(1000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

#define PAUSE_MAX	(10 * DAY)

const char *const schedule_presets[] = { "clive", "payments", "standard",
    NULL };

static const int64_t payments_pauses[] = { MINUTE, 5 * MINUTE, 30 * MINUTE,
    2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR };

static const int64_t standard_pauses[] = { 5 * SECOND, 5 * MINUTE,
    30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR,
    24 * HOUR };

static const struct unit {
	char	letter;
	int64_t	ms;
} units[] = { { 'd', DAY }, { 'h', HOUR }, { 'm', MINUTE }, { 's', SECOND } };

enum { UNITS = sizeof(units) / sizeof(units[0]) };

static const char *
take(struct schedule *s, const char *name, const int64_t *pauses, size_t n)
{
	s->name = name;
	s->count = n;
	memcpy(s->pauses, pauses, n * sizeof(*pauses));
	return NULL;
}

/* "90s", "5m", "2h" or "1d" up to a comma or the end; NULL: it is none. */
static const char *
read_pause(const char *text, int64_t *ms)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	long long n = strtoll(text, &end, 10);
	for (size_t i = 0; i < UNITS; i++)
		if (*end == units[i].letter && n <= PAUSE_MAX / units[i].ms) {
			*ms = n * units[i].ms;
			return end[1] == ',' || end[1] == '\0' ? end + 1 :
			    NULL;
		}
	return NULL;
}

static const char *
read_list(const char *text, struct schedule *s)
{
	s->name = "custom";
	for (s->count = 0; ; text++) {
		if (s->count == SCHEDULE_PAUSES_MAX)
			return "a schedule has at most 49 pauses";
		text = read_pause(text, &s->pauses[s->count++]);
		if (text == NULL)
			return "a schedule is clive, payments, standard, none "
			    "or pauses such as 5s,5m,2h of at most 10 days";
		if (*text == '\0')
			return NULL;
	}
}

const char *
schedule_parse(const char *text, const struct conf *conf, struct schedule *s)
{
	memset(s, 0, sizeof(*s));
	if (strcmp(text, "clive") == 0)
		return take(s, "clive", conf->webhook_retry_ms,
		    conf->webhook_retry_count);
	if (strcmp(text, "payments") == 0)
		return take(s, "payments", payments_pauses,
		    sizeof(payments_pauses) / sizeof(*payments_pauses));
	if (strcmp(text, "standard") == 0)
		return take(s, "standard", standard_pauses,
		    sizeof(standard_pauses) / sizeof(*standard_pauses));
	if (strcmp(text, "none") == 0)
		return take(s, "custom", standard_pauses, 0);
	return read_list(text, s);
}

char *
schedule_print(const struct schedule *s, char out[SCHEDULE_TEXT_SIZE])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < s->count; i++)
		n += (size_t)snprintf(out + n, SCHEDULE_TEXT_SIZE - n,
		    "%s%" PRId64, i > 0 ? "," : "", s->pauses[i]);
	return out;
}

void
schedule_read(const char *stored, struct schedule *s)
{
	char *end;

	s->name = "custom";
	for (s->count = 0; *stored != '\0' && s->count < SCHEDULE_PAUSES_MAX;
	    stored = *end == ',' ? end + 1 : end) {
		s->pauses[s->count] = strtoll(stored, &end, 10);
		if (end == stored)
			return;
		s->count++;
	}
}

void
schedule_words(const struct schedule *s, struct buf *buf)
{
	if (s->count == 0)
		buf_printf(buf, "none");
	for (size_t i = 0; i < s->count; i++) {
		const struct unit *u = units;
		int64_t ms = s->pauses[i];

		while (u < &units[UNITS - 1] && (ms == 0 || ms % u->ms != 0))
			u++;
		buf_printf(buf, "%s%" PRId64, i > 0 ? "," : "",
		    ms % SECOND == 0 ? ms / u->ms : ms);
		buf_printf(buf, "%s", ms % SECOND != 0 ? "ms" :
		    (const char[]){ u->letter, '\0' });
	}
}

int64_t
schedule_attempts(const struct schedule *s)
{
	return (int64_t)s->count + 1;
}

int64_t
schedule_pause(const struct schedule *s, int64_t number, uint32_t dice)
{
	int64_t pause = s->pauses[number - 1];

	return pause + (pause / 10) * (dice % 1024) / 1024;
}

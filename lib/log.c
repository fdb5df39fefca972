/* SPDX-License-Identifier: ISC */
/* log.c - one write(2) a line, so that lines of many processes stay whole. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "utf8.h"

enum {
	LINE_BYTES = 4096,	/* what a pipe takes in one piece */
	VALUE_BYTES = 1024,	/* of one value, as it stands in the line */
	MESSAGE_BYTES = 1024
};

struct line {
	char	text[LINE_BYTES];
	size_t	n;
};

/* Lines that wait for log_flush. */
static struct {
	bool		on;
	struct line	lines;
} gathered;

static const char *program = "clive";
static _Atomic bool json;

void
log_name(const char *name)
{
	program = name;
}

void
log_json(bool on)
{
	json = on;
}

/* May it stand without quotes? */
static bool
is_plain(const char *value)
{
	for (const char *c = value; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '=' ||
		    *c == '\\')
			return false;
	return *value != '\0';
}

/*
 * The value between quotes, so that neither a quote nor a line's end of a
 * stranger's ends it. What is no UTF-8, or is cut off, is left with ASCII.
 */
static size_t
quote(const char *value, char out[VALUE_BYTES])
{
	size_t len = strlen(value), n = 0;
	bool ascii = len > VALUE_BYTES / 2 || !utf8_is_valid(value, len);

	out[n++] = '"';
	for (size_t i = 0; i < len && n < VALUE_BYTES - 3; i++) {
		unsigned char c = (unsigned char)value[i];
		if (c < ' ' || c == 0x7f || (ascii && c >= 0x80))
			c = '?';
		if (c == '"' || c == '\\')
			out[n++] = '\\';
		out[n++] = (char)c;
	}
	out[n++] = '"';
	return n;
}

static void
add(struct line *l, const char *text, size_t n)
{
	memcpy(l->text + l->n, text, n);
	l->n += n;
}

/* A pair, or where there is no room for all of it none. */
static void
add_pair(struct line *l, const struct log_pair *pair)
{
	char value[VALUE_BYTES], key[64];
	size_t n;

	if (pair->value == NULL)
		return;
	if ((json ? pair->number : is_plain(pair->value)) &&
	    strlen(pair->value) <= VALUE_BYTES) {
		n = strlen(pair->value);
		memcpy(value, pair->value, n);
	} else {
		n = quote(pair->value, value);
	}
	int k = snprintf(key, sizeof(key), json ? "%s\"%s\":" : "%s%s=",
	    l->n == 0 ? "" : json ? "," : " ", pair->key);
	/* Room for the braces and the line's end. */
	if (l->n + (size_t)k + n > sizeof(l->text) - 4)
		return;
	if (json && l->n == 0)
		add(l, "{", 1);
	add(l, key, (size_t)k);
	add(l, value, n);
}

static void
begin(struct line *l, const char *level, const char *message)
{
	char when[32], pid[24];
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	size_t n = strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(when + n, sizeof(when) - n, ".%03ldZ", ts.tv_nsec / 1000000);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	const struct log_pair pairs[] = {
		{ "time", when, false }, { "level", level, false },
		{ "program", program, false }, { "pid", pid, true },
		{ "msg", message, false }
	};
	l->n = 0;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		add_pair(l, &pairs[i]);
}

static void
write_out(struct line *l)
{
	size_t n = l->n;

	l->n = 0;
	if (n > 0 && write(STDERR_FILENO, l->text, n) == -1)
		return;		/* nobody is left to tell */
}

static void
end(struct line *l)
{
	if (json)
		add(l, "}", 1);
	add(l, "\n", 1);
	if (!gathered.on) {
		write_out(l);
		return;
	}
	if (gathered.lines.n + l->n > sizeof(gathered.lines.text))
		write_out(&gathered.lines);
	add(&gathered.lines, l->text, l->n);
}

void
log_gather(void)
{
	gathered.on = true;
}

void
log_flush(void)
{
	write_out(&gathered.lines);
	gathered.on = false;
}

void
log_pairs(const char *message, const struct log_pair *pairs, size_t n)
{
	struct line l;

	begin(&l, "info", message);
	for (size_t i = 0; i < n; i++)
		add_pair(&l, &pairs[i]);
	end(&l);
}

static void __attribute__((format(printf, 2, 0)))
write_line(const char *level, const char *fmt, va_list ap)
{
	char message[MESSAGE_BYTES];
	struct line l;

	vsnprintf(message, sizeof(message), fmt, ap);
	begin(&l, level, message);
	end(&l);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line("warning", fmt, ap);
	va_end(ap);
	write_out(&gathered.lines);	/* it may be the last that we say */
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line("info", fmt, ap);
	va_end(ap);
}

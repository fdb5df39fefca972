/* SPDX-License-Identifier: ISC */
/* jsonw.c - the writer of JSON that json.h declares. */
#include "json.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "amount.h"
#include "utf8.h"

/* A character that may not stand in a string as it is. */
static void
write_escape(struct buf *b, char c)
{
	static const char meant[] = "\"\\\b\f\n\r\t";
	static const char names[] = "\"\\bfnrt";
	const char *at = memchr(meant, c, sizeof(meant) - 1);

	if (at != NULL)
		buf_printf(b, "\\%c", names[at - meant]);
	else if ((unsigned char)c < 0x20)
		buf_printf(b, "\\u%04x", (unsigned)c);
	else
		buf_puts(b, "\xef\xbf\xbd");
}

static void
write_string(struct buf *b, const char *s, size_t n)
{
	size_t i = 0, plain = 0;

	buf_putc(b, '"');
	while (i < n) {
		size_t len = utf8_length(s + i, n - i);

		if (len == 0 || (unsigned char)s[i] < 0x20 || s[i] == '"' ||
		    s[i] == '\\') {
			buf_add(b, s + plain, i - plain);
			write_escape(b, s[i]);
			len = 1;
			plain = i + 1;
		}
		i += len;
	}
	buf_add(b, s + plain, n - plain);
	buf_putc(b, '"');
}

/* What stands before every value. */
static void
begin(struct jsonw *w, const char *key)
{
	if (w->comma)
		buf_putc(w->buf, ',');
	w->comma = true;
	if (key != NULL) {
		write_string(w->buf, key, strlen(key));
		buf_putc(w->buf, ':');
	}
}

static void
open_container(struct jsonw *w, const char *key, char c)
{
	begin(w, key);
	buf_putc(w->buf, c);
	w->comma = false;
}

static void
close_container(struct jsonw *w, char c)
{
	buf_putc(w->buf, c);
	w->comma = true;
}

void
jsonw_init(struct jsonw *w, struct buf *b)
{
	*w = (struct jsonw){ .buf = b };
}

void
jsonw_object(struct jsonw *w, const char *key)
{
	open_container(w, key, '{');
}

void
jsonw_array(struct jsonw *w, const char *key)
{
	open_container(w, key, '[');
}

void
jsonw_end_object(struct jsonw *w)
{
	close_container(w, '}');
}

void
jsonw_end_array(struct jsonw *w)
{
	close_container(w, ']');
}

void
jsonw_null(struct jsonw *w, const char *key)
{
	begin(w, key);
	buf_puts(w->buf, "null");
}

void
jsonw_bool(struct jsonw *w, const char *key, bool value)
{
	begin(w, key);
	buf_puts(w->buf, value ? "true" : "false");
}

void
jsonw_int(struct jsonw *w, const char *key, int64_t value)
{
	begin(w, key);
	buf_printf(w->buf, "%" PRId64, value);
}

void
jsonw_text(struct jsonw *w, const char *key, const char *text)
{
	jsonw_textn(w, key, text, text != NULL ? strlen(text) : 0);
}

void
jsonw_textn(struct jsonw *w, const char *key, const char *text, size_t n)
{
	if (text == NULL) {
		jsonw_null(w, key);
		return;
	}
	begin(w, key);
	write_string(w->buf, text, n);
}

void
jsonw_raw(struct jsonw *w, const char *key, const char *text, size_t n)
{
	if (text == NULL) {
		jsonw_null(w, key);
		return;
	}
	begin(w, key);
	buf_add(w->buf, text, n);
}

void
jsonw_time(struct jsonw *w, const char *key, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (ms <= 0 || gmtime_r(&seconds, &tm) == NULL) {
		jsonw_null(w, key);
		return;
	}
	begin(w, key);
	buf_printf(w->buf, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(ms % 1000));
}

void
jsonw_percent(struct jsonw *w, const char *key, int64_t ppm)
{
	char text[AMOUNT_TEXT_SIZE];

	begin(w, key);
	buf_puts(w->buf, percent_print(ppm, text));
}

void
jsonw_money(struct jsonw *w, const char *key, int64_t minor,
    const char *currency)
{
	char text[AMOUNT_TEXT_SIZE];

	begin(w, key);
	buf_puts(w->buf, amount_print(minor, currency, text));
}

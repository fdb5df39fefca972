/* SPDX-License-Identifier: ISC */
/* log.c - one write(2) a line, so that lines of many processes stay whole. */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 1024,
	GATHERED_MAX = 4096	/* what a pipe takes without dividing it */
};

static const char *program = "clive";

/* Lines that wait for log_flush. */
static struct {
	bool	on;
	char	text[GATHERED_MAX];
	size_t	n;
} gathered;

void
log_name(const char *name)
{
	program = name;
}

static void
write_all(const char *text, size_t n)
{
	if (write(STDERR_FILENO, text, n) == -1)
		return;		/* nobody is left to tell */
}

static void
gather(const char *line, size_t n)
{
	if (gathered.n + n > sizeof(gathered.text)) {
		write_all(gathered.text, gathered.n);
		gathered.n = 0;
	}
	memcpy(gathered.text + gathered.n, line, n);
	gathered.n += n;
}

void
log_gather(void)
{
	gathered.on = true;
}

void
log_flush(void)
{
	if (gathered.n > 0)
		write_all(gathered.text, gathered.n);
	gathered.n = 0;
	gathered.on = false;
}

static void __attribute__((format(printf, 2, 0)))
write_line(const char *level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	size_t n = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(line + n, sizeof(line) - n, ".%03ldZ %s[%ld] %s ",
	    ts.tv_nsec / 1000000, program, (long)getpid(), level);
	size_t text = n;
	int more = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (more > 0)
		n += (size_t)more;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (size_t i = text; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	if (gathered.on)
		gather(line, n);
	else
		write_all(line, n);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line("warning:", fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line("info:", fmt, ap);
	va_end(ap);
}

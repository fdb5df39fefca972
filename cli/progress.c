/* SPDX-License-Identifier: ISC */
/* progress.c - the bar that long work shows on a terminal. */
#include <inttypes.h>
#include <unistd.h>

#include "cli.h"

enum { BAR = 30 };	/* characters */

void
cli_progress(int64_t done, int64_t total, bool over)
{
	int64_t of = total > 0 ? total : 1, part = done < of ? done : of;
	char bar[BAR + 1];

	if (isatty(STDERR_FILENO) != 1)
		return;
	for (int i = 0; i < BAR; i++)
		bar[i] = i < part * BAR / of ? '#' : ' ';
	bar[BAR] = '\0';
	fprintf(stderr, "\r[%s] %3" PRId64 "%%  %" PRId64 " of %" PRId64 "%s",
	    bar, part * 100 / of, done, total, over ? "\n" : "");
}

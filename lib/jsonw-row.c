/* SPDX-License-Identifier: ISC */
/* jsonw-row.c - NULL is null, everything else is written. */
#include "jsonw-row.h"

void
jsonw_row_int(struct jsonw *w, const char *key, struct rows *r, int column)
{
	if (row_null(r, column))
		jsonw_null(w, key);
	else
		jsonw_int(w, key, row_int(r, column));
}

void
jsonw_row_bytes(struct jsonw *w, const char *key, struct rows *r, int column)
{
	struct slice s = row_bytes(r, column);

	if (row_null(r, column))
		jsonw_null(w, key);
	else
		jsonw_textn(w, key, s.p != NULL ? s.p : "", s.n);
}

/* SPDX-License-Identifier: ISC */
/* jsonw-row.h - columns of a row as members of a JSON object. */
#ifndef JSONW_ROW_H
#define JSONW_ROW_H

#include "conn.h"
#include "json.h"

/* A number, or null where the column is NULL. */
void	jsonw_row_int(struct jsonw *, const char *key, struct rows *,
	    int column);

/* Bytes of any kind as a text, or null where the column is NULL. */
void	jsonw_row_bytes(struct jsonw *, const char *key, struct rows *,
	    int column);

#endif

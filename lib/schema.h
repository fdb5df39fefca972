/* SPDX-License-Identifier: ISC */
/* schema.h - the text of schema.sql, made into a string by the Makefile. */
#ifndef SCHEMA_H
#define SCHEMA_H

extern const char schema_sql[];

#endif

/* SPDX-License-Identifier: ISC */
/* brand.h - the look of payment forms, which partners and clients share. */
#ifndef BRAND_H
#define BRAND_H

#include "cli.h"
#include "partner.h"

/*
 * Takes the brand options that were given; an empty value unsets. *changed is
 * set where there was one. False after cli_fail.
 */
bool	brand_take(struct cli *, struct branding *, bool *changed);

/* The seven members into an open object. */
void	brand_write(struct jsonw *, const struct branding *);

#endif

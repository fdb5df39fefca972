/* SPDX-License-Identifier: ISC */
/* brand-options.h - the look of payment forms as options of the command. */
#ifndef BRAND_OPTIONS_H
#define BRAND_OPTIONS_H

#include "brand.h"
#include "cli.h"

/*
 * Takes the brand options that were given; an empty value unsets. *changed is
 * set where there was one. False after cli_fail.
 */
bool	brand_options(struct cli *, struct branding *, bool *changed);

#endif

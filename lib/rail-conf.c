/* SPDX-License-Identifier: ISC */
/* rail-conf.c - whose credentials a payment's processors are called with. */
#include "rail.h"

#include <stdio.h>

/* With real money about, a test key must reach nothing but test modes. */
const struct conf *
rail_conf(const struct conf *conf, bool live)
{
	static _Thread_local struct conf test;

	if (live || !conf->live)
		return conf;
	test = *conf;
	test.live = false;
	snprintf(test.stripe_api_base, sizeof(test.stripe_api_base), "%s",
	    conf->stripe_test_api_base);
	snprintf(test.stripe_secret_key, sizeof(test.stripe_secret_key), "%s",
	    conf->stripe_test_secret_key);
	snprintf(test.stripe_publishable_key,
	    sizeof(test.stripe_publishable_key), "%s",
	    conf->stripe_test_publishable_key);
	test.revolut_secret_key[0] = test.revolut_public_key[0] = '\0';
	test.clickpesa_client_id[0] = test.clickpesa_api_key[0] = '\0';
	return &test;
}

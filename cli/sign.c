/* SPDX-License-Identifier: ISC */
/*
 * sign.c - `clive sign`: the x-clive-hmac of a body, for scripts.
 *
 * The secret comes from the environment and the body from standard input:
 * arguments can be read by every user of the host.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sig.h"

enum { BODY_MAX_BYTES = 1024 * 1024 };

bool
run_sign(struct cli *cli)
{
	const char *name = cli_get(cli, "env");
	const char *secret = getenv(name);
	char part[4096], hex[SHA256_HEX_SIZE];
	struct buf body;
	ssize_t n;

	if (secret == NULL || *secret == '\0')
		return cli_fail(cli, "%s is not in the environment", name);
	buf_init(&body, BODY_MAX_BYTES);
	while ((n = read(STDIN_FILENO, part, sizeof(part))) > 0)
		buf_add(&body, part, (size_t)n);
	bool good = n == 0 && !body.failed;
	if (good)
		sig_hmac_hex(secret, strlen(secret), buf_str(&body), body.len,
		    hex);
	buf_free(&body);
	if (!good)
		return cli_fail(cli, "standard input is unreadable or longer "
		    "than 1 MiB");
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "signature", hex);
	jsonw_end_object(&cli->w);
	return true;
}

void
sign_render(struct cli *cli, const struct json *doc)
{
	(void)cli;
	printf("%s\n", json_text(doc, "signature"));
}

/* SPDX-License-Identifier: ISC */
/* reach.c - settings of a gateway elsewhere, and signed calls to it. */
#include "reach.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "field.h"
#include "sig.h"

enum {
	ENV_LINE_MAX = 4096,	/* of demo.env */
	VALUE_MAX = 400,	/* of a key or secret */
	ANSWER_MAX = 16 * 1024 * 1024
};

static const char base_name[] = "CLIVE_API_BASE_URL";
static const char key_name[] = "CLIVE_API_KEY";
static const char secret_name[] = "CLIVE_HMAC_SECRET";

/* The value of a line "name=value" of the file; NULL: it has none. */
static char *
read_env_file(struct arena *arena, const char *path, const char *name)
{
	char line[ENV_LINE_MAX], *value = NULL;
	size_t n = strlen(name);
	FILE *f = fopen(path, "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, n) == 0 && line[n] == '=') {
			line[strcspn(line, "\r\n")] = '\0';
			value = arena_strdup(arena, line + n + 1);
		}
	if (f != NULL)
		fclose(f);
	sig_wipe(line, sizeof(line));
	return value;
}

/* The sandbox's demo.env; false where there is no data directory. */
static bool
find_env_file(char path[CONF_PATH_MAX])
{
	char var[CONF_PATH_MAX], why[512];

	if (!conf_find(var, sizeof(var), why, sizeof(why)))
		return false;
	return snprintf(path, CONF_PATH_MAX, "%s/demo.env", var) <
	    CONF_PATH_MAX;
}

/* A value of the environment in memory of ours; NULL: unset or empty. */
static char *
from_environment(struct arena *arena, const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? arena_strdup(arena, value) :
	    NULL;
}

/* Without the slash at the end, and with the API's path where none is. */
static const char *
tidy_base(struct arena *arena, const char *base)
{
	size_t n = strlen(base);

	while (n > 0 && base[n - 1] == '/')
		n--;
	const char *tidy = arena_strndup(arena, base, n);
	const char *host = strstr(tidy, "://");
	if (host != NULL && strchr(host + 3, '/') == NULL)
		tidy = arena_printf(arena, "%s/api/v1", tidy);
	return tidy;
}

/* A secret option, then the environment. NULL: neither has it. */
static bool
take(struct cli *cli, const char *option, const char *name, char **out)
{
	if (cli_get(cli, option) == NULL) {
		*out = from_environment(cli->arena, name);
		return true;
	}
	const char *given = cli_secret(cli, option, VALUE_MAX);
	if (given == NULL)
		return false;
	*out = arena_strdup(cli->arena, given);
	return true;
}

/* What is missing still from demo.env, if it speaks of the same gateway. */
static void
fill_up(struct cli *cli, struct reach *r)
{
	char path[CONF_PATH_MAX];
	const char *base;

	if ((r->base != NULL && r->key != NULL && r->secret != NULL) ||
	    !find_env_file(path) ||
	    (base = read_env_file(cli->arena, path, base_name)) == NULL)
		return;
	base = tidy_base(cli->arena, base);
	if (r->base == NULL)
		r->base = base;
	if (strcmp(r->base, base) != 0)
		return;
	/* A key and a secret that do not belong together help nobody. */
	if (r->key == NULL && r->secret == NULL) {
		r->key = read_env_file(cli->arena, path, key_name);
		r->secret = read_env_file(cli->arena, path, secret_name);
	}
}

static bool
is_header_text(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text > '~')
			return false;
	return true;
}

bool
reach_find(struct cli *cli, struct reach *r)
{
	const char *base = cli_get(cli, "url");

	memset(r, 0, sizeof(*r));
	if (base == NULL)
		base = from_environment(cli->arena, base_name);
	if (base != NULL)
		r->base = tidy_base(cli->arena, base);
	if (!take(cli, "key", key_name, &r->key) ||
	    !take(cli, "hmac-secret", secret_name, &r->secret))
		return false;
	fill_up(cli, r);
	if (r->base == NULL)
		return cli_fail(cli, "no gateway is known; give --url or set "
		    "%s", base_name);
	if (field_check_url(r->base) != NULL)
		return cli_fail(cli, "the gateway's URL must be such as "
		    "https://pay.example.com/api/v1");
	if (r->key == NULL || !is_header_text(r->key))
		return cli_fail(cli, "no API key is known; give --key or set "
		    "%s", key_name);
	if (strncmp(r->key, "sxm_", 4) == 0)
		return cli_fail(cli, "this is a merchant's key of the "
		    "Payments API; only a partner's API key can listen");
	if (r->secret == NULL)
		return cli_fail(cli, "no HMAC secret is known; give "
		    "--hmac-secret or set %s", secret_name);
	return true;
}

void
reach_wipe(struct reach *r)
{
	if (r->key != NULL)
		sig_wipe(r->key, strlen(r->key));
	if (r->secret != NULL)
		sig_wipe(r->secret, strlen(r->secret));
}

struct http_answer
reach_call(const struct reach *r, struct http *http, struct arena *arena,
    const char *path, const char *key, const struct buf *body,
    int64_t timeout_ms, bool patient)
{
	char hex[SHA256_HEX_SIZE];
	const char *headers[7] = { "user-agent: clive/" CLIVE_VERSION,
	    "accept: application/json" };
	struct http_request rq = { .method = body != NULL ? "POST" : "GET",
	    .url = arena_printf(arena, "%s%s", r->base, path),
	    .headers = headers, .timeout_ms = timeout_ms, .proxy = true,
	    .keep = ANSWER_MAX, .read = ANSWER_MAX };

	headers[2] = arena_printf(arena, "x-api-key: %s", r->key);
	if (body != NULL) {
		sig_hmac_hex(r->secret, strlen(r->secret), buf_str(body),
		    body->len, hex);
		headers[3] = arena_printf(arena, "x-clive-hmac: %s", hex);
		headers[4] = arena_printf(arena, "idempotency-key: %s", key);
		headers[5] = "content-type: application/json";
		rq.body = (struct slice){ buf_str(body), body->len };
	}
	return http_run(http, arena, &rq, patient);
}

/* The first complaint about a field, or about all of it; "" where none is. */
static const char *
first_complaint(struct arena *arena, const struct json *details)
{
	const struct json *form = json_get(details, "formErrors");
	const struct json *fields = json_get(details, "fieldErrors");
	const struct json *list = fields != NULL ? fields->child : NULL;
	const char *field = list != NULL && list->key != NULL ? list->key : "";

	if (list == NULL)
		list = form;
	if (list == NULL || list->child == NULL ||
	    list->child->kind != JSON_STRING)
		return "";
	return arena_printf(arena, ": %s%s%s", field,
	    *field != '\0' ? ": " : "", list->child->text);
}

const char *
reach_words(struct arena *arena, const struct http_answer *a)
{
	const char *why;

	if (a->status == 0)
		return cli_clean(arena, a->error, strlen(a->error));
	const struct json *doc = json_parse(arena, a->body.p, a->body.n,
	    &why);
	const char *words = json_text(doc, "error");
	if (words == NULL)
		return arena_printf(arena, "HTTP %d", a->status);
	words = arena_printf(arena, "%s%s", words, first_complaint(arena,
	    json_get(doc, "details")));
	return arena_printf(arena, "HTTP %d: %s", a->status,
	    cli_clean(arena, words, strlen(words)));
}

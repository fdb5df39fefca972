/* SPDX-License-Identifier: ISC */
/* conf.c - the settings table and its strict reader. */
#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "egress.h"
#include "json.h"
#include "sig.h"

enum kind {
	KIND_MODE,	/* sandbox or live */
	KIND_TEXT,
	KIND_OPTIONAL,	/* text that may be empty */
	KIND_WORD,	/* one of words, or empty where that is the initial */
	KIND_NUMBER,
	KIND_NUMBERS,	/* blank-separated */
	KIND_SECRETS,	/* blank-separated */
	KIND_ALLOW	/* blank-separated; see lib/egress.h */
};

struct setting {
	const char	*key;
	enum kind	 kind;
	size_t		 offset;	/* in struct conf */
	size_t		 count;		/* offset of the count of a list */
	int64_t		 min, max;	/* of a number */
	const char	*initial;
	const char	*help;
};

#define AT(member) offsetof(struct conf, member)

static const struct setting settings[] = {
	{ "mode", KIND_MODE, AT(live), 0, 0, 0, "sandbox",
	  "sandbox or live. In live mode test events are refused and webhooks\n"
	  "go to public addresses only." },
	{ "base_url", KIND_TEXT, AT(base_url), 0, 0, 0,
	  "http://localhost:4390",
	  "How the outside reaches this host." },
	{ "stripe_webhook_secret", KIND_SECRETS, AT(stripe_webhook_secret),
	  AT(stripe_webhook_secret_count), 0, 0, "",
	  "Signing secrets (whsec_...) of the Stripe webhook endpoint, up to\n"
	  "four, separated by blanks: keep the old one while it is rolled." },
	{ "stripe_api_base", KIND_TEXT, AT(stripe_api_base), 0, 0, 0,
	  "https://api.stripe.com",
	  "Where Stripe's API is; the sandbox has a stand-in." },
	{ "stripe_secret_key", KIND_OPTIONAL, AT(stripe_secret_key), 0, 0, 0,
	  "", "sk_..., for payments that we open." },
	{ "stripe_publishable_key", KIND_OPTIONAL,
	  AT(stripe_publishable_key), 0, 0, 0, "",
	  "pk_..., handed to browsers." },
	{ "stripe_test_api_base", KIND_TEXT, AT(stripe_test_api_base), 0, 0,
	  0, "https://api.stripe.com",
	  "In live mode: where the cards of payments with test keys go." },
	{ "stripe_test_secret_key", KIND_OPTIONAL,
	  AT(stripe_test_secret_key), 0, 0, 0, "",
	  "sk_test_..., for them; empty: they cannot be paid by card." },
	{ "stripe_test_publishable_key", KIND_OPTIONAL,
	  AT(stripe_test_publishable_key), 0, 0, 0, "",
	  "pk_test_..., for them." },
	{ "stripe_test_webhook_secret", KIND_SECRETS,
	  AT(stripe_test_webhook_secret),
	  AT(stripe_test_webhook_secret_count), 0, 0, "",
	  "Signing secrets of the webhook endpoint in Stripe's test mode: good\n"
	  "for test events alone." },
	{ "revolut_api_base", KIND_TEXT, AT(revolut_api_base), 0, 0, 0,
	  "https://merchant.revolut.com",
	  "Where Revolut's Merchant API is." },
	{ "revolut_secret_key", KIND_OPTIONAL, AT(revolut_secret_key), 0,
	  0, 0, "", "sk_..., for orders that we open." },
	{ "revolut_public_key", KIND_OPTIONAL, AT(revolut_public_key), 0,
	  0, 0, "", "pk_..., handed to browsers." },
	{ "revolut_webhook_secret", KIND_SECRETS, AT(revolut_webhook_secret),
	  AT(revolut_webhook_secret_count), 0, 0, "",
	  "Signing secrets (wsk_...) of the Revolut webhook, up to four." },
	{ "clickpesa_api_url", KIND_TEXT, AT(clickpesa_api_url), 0, 0, 0,
	  "https://api.clickpesa.com/third-parties",
	  "Where ClickPesa's API is." },
	{ "clickpesa_client_id", KIND_OPTIONAL, AT(clickpesa_client_id), 0,
	  0, 0, "", "The client id of the ClickPesa application." },
	{ "clickpesa_api_key", KIND_OPTIONAL, AT(clickpesa_api_key), 0,
	  0, 0, "", "Its API key." },
	{ "clickpesa_webhook_url", KIND_OPTIONAL, AT(clickpesa_webhook_url),
	  0, 0, 0, "",
	  "What ClickPesa is told to call; empty: base_url and\n"
	  "/webhooks/clickpesa." },
	{ "clickpesa_checksum_key", KIND_OPTIONAL,
	  AT(clickpesa_checksum_key), 0, 0, 0, "",
	  "The application's checksum key, where checksums are on." },
	{ "clickpesa_checksum_method", KIND_WORD,
	  AT(clickpesa_checksum_method), 0, 0, 0, "canonical",
	  "canonical, or legacy: how requests are signed. Webhooks are accepted\n"
	  "with canonical checksums only." },
	{ "clickpesa_url_fields", KIND_WORD, AT(clickpesa_url_fields), 0,
	  0, 0, "all",
	  "all sends callbackUrl, notificationUrl and redirectUrl; documented\n"
	  "leaves the last two out, which ClickPesa's documents do not name." },
	{ "clickpesa_webhook_verify", KIND_WORD,
	  AT(clickpesa_webhook_verify), 0, 0, 0, "",
	  "checksum, query (ask ClickPesa before crediting) or off (trust the\n"
	  "body: dangerous). Empty: checksum with a key, else query." },
	{ "wise_api_base", KIND_TEXT, AT(wise_api_base), 0, 0, 0,
	  "https://api.wise.com",
	  "Where Wise's API is, which pays out GBP, EUR and USD." },
	{ "wise_token", KIND_OPTIONAL, AT(wise_token), 0, 0, 0, "",
	  "Its API token; empty: these cannot be paid out." },
	{ "wise_profile_id", KIND_OPTIONAL, AT(wise_profile_id), 0, 0, 0, "",
	  "The profile there whose balance pays." },
	{ "mercury_api_base", KIND_TEXT, AT(mercury_api_base), 0, 0, 0,
	  "https://api.mercury.com",
	  "Where Mercury's API is, which pays out all other currencies." },
	{ "mercury_token", KIND_OPTIONAL, AT(mercury_token), 0, 0, 0, "",
	  "Its API token; empty: these cannot be paid out." },
	{ "mercury_account_id", KIND_OPTIONAL, AT(mercury_account_id), 0,
	  0, 0, "", "The account there that pays." },
	{ "settle_pays", KIND_WORD, AT(settle_pays), 0, 0, 0, "no",
	  "yes: cron/settle pays the batches that it makes; no: a person\n"
	  "does." },
	{ "processor_timeout_ms", KIND_NUMBER, AT(processor_timeout_ms), 0,
	  100, 120000, "15000",
	  "How long one try of a call to a processor may take." },
	{ "momo_delay_ms", KIND_NUMBER, AT(momo_delay_ms), 0, 0, 3600000,
	  "5000",
	  "How long the payers of the mobile money sandbox take to approve." },
	{ "momo_timeout_ms", KIND_NUMBER, AT(momo_timeout_ms), 0,
	  0, 3600000, "30000",
	  "After how long those that never do are given up." },
	{ "rate_limit_per_minute", KIND_NUMBER, AT(rate_limit), 0,
	  0, 1000000, "120",
	  "Requests a minute of one partner; 0 switches the limit off." },
	{ "threads", KIND_NUMBER, AT(threads), 0, 1, 64, "16",
	  "Requests that one FastCGI program works on at once; what they write\n"
	  "is committed together." },
	{ "wait_ms", KIND_NUMBER, AT(wait_ms), 0, 10, 60000, "5000",
	  "How long a request waits for the database, or for an earlier request\n"
	  "with the same idempotency key, before it is refused." },
	{ "abandon_after_s", KIND_NUMBER, AT(abandon_after_s), 0,
	  60, 31536000, "86400",
	  "An open payment without a change for so long is abandoned." },
	{ "webhook_timeout_ms", KIND_NUMBER, AT(webhook_timeout_ms), 0,
	  100, 60000, "10000",
	  "How long a receiver may take to answer one attempt." },
	{ "webhook_retry_ms", KIND_NUMBERS, AT(webhook_retry_ms),
	  AT(webhook_retry_count), 1, INT64_C(864000000), "1000 4000",
	  "The schedule clive: pauses after the first, second ... failed\n"
	  "attempt. Endpoints that are made from now on get these." },
	{ "webhook_parallel", KIND_NUMBER, AT(webhook_parallel), 0,
	  1, 1000, "64",
	  "Attempts under way at once." },
	{ "webhook_parallel_endpoint", KIND_NUMBER,
	  AT(webhook_parallel_endpoint), 0, 1, 1000, "8",
	  "How many of them may go to one endpoint that has no number of its\n"
	  "own, so that a slow receiver delays nobody else." },
	{ "webhook_disable_after_s", KIND_NUMBER,
	  AT(webhook_disable_after_s), 0, 0, 31536000, "432000",
	  "An endpoint with nothing but failures for so long is disabled, with\n"
	  "a warning at half of it; 0: never." },
	{ "webhook_prove", KIND_WORD, AT(webhook_prove), 0, 0, 0, "no",
	  "yes: every new endpoint, and each that gets another URL, has to\n"
	  "answer a challenge before it gets events; no: those made so." },
	{ "webhook_ports", KIND_NUMBERS, AT(webhook_ports),
	  AT(webhook_ports_count), 1, 65535, "80 443 8443",
	  "The ports that webhooks may go to." },
	{ "webhook_allow", KIND_ALLOW, AT(webhook_allow),
	  AT(webhook_allow_count), 0, 0, "",
	  "Receivers in private networks: addresses, networks (10.1.0.0/16),\n"
	  "host names, and .domain for all names below one, up to 32,\n"
	  "separated by blanks. All others have to be public." },
	{ "session_s", KIND_NUMBER, AT(session_s), 0, 60, 86400, "3600",
	  "How long an operator stays signed in." },
	{ "operator_second_factor", KIND_WORD, AT(operator_second_factor),
	  0, 0, 0, "optional",
	  "off: no operator is asked for a code; optional: who has set one up,\n"
	  "and who was told to; required: everybody has to set one up." },
	{ "metrics_token", KIND_OPTIONAL, AT(metrics_token), 0, 0, 0, "",
	  "What /metrics and the reasons of /readyz are given to, as a bearer\n"
	  "token. Empty: to connections from this machine alone; behind a\n"
	  "proxy on this machine set one." },
	{ "log_format", KIND_WORD, AT(log_format), 0, 0, 0, "text",
	  "text (key=value) or json: the lines of the programs' logs." },
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

/* What a KIND_WORD may be; blanks around each. */
static const struct {
	const char	*key;
	const char	*words;
} choices[] = {
	{ "clickpesa_checksum_method", " canonical legacy " },
	{ "clickpesa_url_fields", " all documented " },
	{ "clickpesa_webhook_verify", " checksum query off " },
	{ "settle_pays", " yes no " },
	{ "webhook_prove", " yes no " },
	{ "operator_second_factor", " off optional required " },
	{ "log_format", " text json " },
};

/* Writes a sentence for the caller and says no. */
static bool
refuse(char *why, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool
refuse(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return false;
}

static bool
has_conf(const char *var)
{
	char path[CONF_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/clive.conf", var);
	return access(path, F_OK) == 0;
}

bool
conf_find(char *path, size_t size, char *why, size_t why_size)
{
	const char *var = getenv("CLIVE_VAR");
	char self[CONF_PATH_MAX];

	if (var != NULL && *var != '\0') {
		if ((size_t)snprintf(path, size, "%s", var) >= size)
			return refuse(why, why_size, "CLIVE_VAR is too long");
		return true;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	for (char *end; (end = strrchr(self, '/')) != NULL; ) {
		*end = '\0';
		if ((size_t)snprintf(path, size, "%s/var", self) < size &&
		    has_conf(path))
			return true;
	}
	return refuse(why, why_size, "no data directory: set CLIVE_VAR, or "
	    "run `clive init`");
}

static bool
read_number(const char *text, const struct setting *s, int64_t *out)
{
	char *end;

	errno = 0;
	intmax_t n = strtoimax(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' ||
	    n < s->min || n > s->max)
		return false;
	*out = n;
	return true;
}

/* Takes the next blank-separated word off *rest; NULL at the end. */
static char *
next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");

	if (*word == '\0')
		return NULL;
	*rest = word + strcspn(word, " \t");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

static bool
store_text(char *to, size_t size, const char *value)
{
	return (size_t)snprintf(to, size, "%s", value) < size;
}

/* Stores number i of a list that starts at `at`; false where it cannot be. */
static bool
store_item(const struct setting *s, char *at, size_t i, const char *word)
{
	switch (s->kind) {
	case KIND_NUMBERS:
		return i < CONF_NUMBERS_MAX &&
		    read_number(word, s, (int64_t *)(void *)at + i);
	case KIND_SECRETS:
		return i < CONF_SECRETS_MAX && store_text(at + 128 * i, 128,
		    word);
	case KIND_ALLOW:
		return i < CONF_ALLOW_MAX && egress_read_allow(word,
		    (struct conf_allow *)(void *)at + i);
	case KIND_MODE:
	case KIND_TEXT:
	case KIND_OPTIONAL:
	case KIND_WORD:
	case KIND_NUMBER:
		break;
	}
	return false;
}

static bool
store_list(struct conf *conf, const struct setting *s, char *value)
{
	size_t *count = (size_t *)(void *)((char *)conf + s->count);
	char *word;

	for (*count = 0; (word = next_word(&value)) != NULL; (*count)++)
		if (!store_item(s, (char *)conf + s->offset, *count, word))
			return false;
	return s->kind != KIND_NUMBERS || *count > 0;
}

/* Words are short: each member that holds one is CONF_WORD_MAX long. */
static bool
store_word(char *to, const struct setting *s, const char *value)
{
	char bounded[CONF_WORD_MAX + 2];
	size_t i = 0;

	if (*value == '\0')
		return *s->initial == '\0' &&
		    store_text(to, CONF_WORD_MAX, value);
	while (strcmp(choices[i].key, s->key) != 0)
		i++;
	return strchr(value, ' ') == NULL &&
	    (size_t)snprintf(bounded, sizeof(bounded), " %s ", value) <
	    sizeof(bounded) && strstr(choices[i].words, bounded) != NULL &&
	    store_text(to, CONF_WORD_MAX, value);
}

static bool
store(struct conf *conf, const struct setting *s, char *value)
{
	char *at = (char *)conf + s->offset;

	switch (s->kind) {
	case KIND_MODE:
		conf->live = strcmp(value, "live") == 0;
		return conf->live || strcmp(value, "sandbox") == 0;
	case KIND_OPTIONAL:
		return store_text(at, 256, value);
	case KIND_TEXT:
		return *value != '\0' &&
		    store_text(at, 256, value);
	case KIND_WORD:
		return store_word(at, s, value);
	case KIND_NUMBER:
		return read_number(value, s, (int64_t *)(void *)at);
	case KIND_NUMBERS:
	case KIND_SECRETS:
	case KIND_ALLOW:
		return store_list(conf, s, value);
	}
	return false;
}

static const struct setting *
find_setting(const char *key)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

static void
set_initial(struct conf *conf)
{
	char value[128];

	for (size_t i = 0; i < SETTINGS; i++) {
		snprintf(value, sizeof(value), "%s", settings[i].initial);
		if (!store(conf, &settings[i], value))
			abort();	/* the table itself is wrong */
	}
}

static char *
trim(char *text)
{
	text += strspn(text, " \t");
	for (char *end = text + strlen(text);
	    end > text && isspace((unsigned char)end[-1]); )
		*--end = '\0';
	return text;
}

static bool
read_line(struct conf *conf, char *line, bool seen[], const char *path,
    int number, char *why, size_t size)
{
	char *text = trim(line);

	if (*text == '\0' || *text == '#')
		return true;
	char *equals = strchr(text, '=');
	if (equals == NULL)
		return refuse(why, size, "%s:%d: no '=' in this line",
		    path, number);
	*equals = '\0';
	const char *key = trim(text);
	const struct setting *s = find_setting(key);
	if (s == NULL)
		return refuse(why, size, "%s:%d: unknown setting", path,
		    number);
	if (seen[s - settings])
		return refuse(why, size, "%s:%d: %s is given twice", path,
		    number, s->key);
	seen[s - settings] = true;
	if (!store(conf, s, trim(equals + 1)))
		return refuse(why, size, "%s:%d: bad value for %s", path,
		    number, s->key);
	return true;
}

static bool
read_lines(struct conf *conf, FILE *f, const char *path, char *why,
    size_t size)
{
	bool seen[SETTINGS] = { false };
	char line[1024];
	bool good = true;

	for (int number = 1; good && fgets(line, sizeof(line), f) != NULL;
	    number++) {
		if (strchr(line, '\n') == NULL && !feof(f))
			good = refuse(why, size, "%s:%d: line too long", path,
			    number);
		else
			good = read_line(conf, line, seen, path, number, why,
			    size);
	}
	sig_wipe(line, sizeof(line));
	if (good && ferror(f))
		return refuse(why, size, "%s: %s", path, strerror(errno));
	return good;
}

bool
conf_read(const char *var, struct conf *conf, char *why, size_t size)
{
	char path[CONF_PATH_MAX];
	struct stat st;

	memset(conf, 0, sizeof(*conf));
	if (!store_text(conf->var, sizeof(conf->var), var))
		return refuse(why, size, "the data directory's path is too long");
	set_initial(conf);
	conf_path(conf, "clive.conf", path);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return refuse(why, size, "%s: %s", path, strerror(errno));
	if (fstat(fileno(f), &st) != 0 || (st.st_mode & 077) != 0) {
		fclose(f);
		return refuse(why, size, "%s: may be read by others; "
		    "chmod 600 it", path);
	}
	bool good = read_lines(conf, f, path, why, size);
	fclose(f);
	return good;
}

bool
conf_load(struct conf *conf, char *why, size_t size)
{
	char var[CONF_PATH_MAX];

	return conf_find(var, sizeof(var), why, size) &&
	    conf_read(var, conf, why, size);
}

void
conf_wipe(struct conf *conf)
{
	sig_wipe(conf, sizeof(*conf));
}

void
conf_example(FILE *f, bool live, const char *base_url, const char *secret)
{
	fputs("# clive.conf - settings of this gateway; see clive.conf(5).\n"
	    "# Keep this file at mode 0600: it holds secrets.\n", f);
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];
		const char *value = s->initial;

		if (s->kind == KIND_MODE)
			value = live ? "live" : "sandbox";
		else if (strcmp(s->key, "base_url") == 0)
			value = base_url;
		else if (strcmp(s->key, "stripe_webhook_secret") == 0)
			value = secret;
		fputs("\n# ", f);
		for (const char *c = s->help; *c != '\0'; c++) {
			fputc(*c, f);
			if (*c == '\n')
				fputs("# ", f);
		}
		fprintf(f, "\n%s = %s\n", s->key, value);
	}
}

/* Texts that may be empty are mostly keys: none of them is told. */
static bool
may_be_secret(const struct setting *s, const char *at)
{
	return s->kind == KIND_SECRETS || s->kind == KIND_OPTIONAL ||
	    (s->kind == KIND_TEXT && strchr(at, '@') != NULL);
}

/* The value of a setting that is no secret, as the file spells it. */
static void
print_value(const struct conf *conf, const struct setting *s, const char *at,
    struct buf *out)
{
	size_t n = s->count != 0 ? *(const size_t *)(const void *)
	    ((const char *)conf + s->count) : 0;
	const int64_t *numbers = (const int64_t *)(const void *)at;

	switch (s->kind) {
	case KIND_MODE:
		buf_printf(out, "%s", conf->live ? "live" : "sandbox");
		break;
	case KIND_TEXT:
	case KIND_WORD:
		buf_printf(out, "%s", at);
		break;
	case KIND_NUMBER:
		buf_printf(out, "%" PRId64, *numbers);
		break;
	case KIND_NUMBERS:
		for (size_t i = 0; i < n; i++)
			buf_printf(out, "%s%" PRId64, i > 0 ? " " : "",
			    numbers[i]);
		break;
	case KIND_ALLOW:
		buf_printf(out, "%zu %s", n, n == 1 ? "entry" :
		    "entries");
		break;
	case KIND_OPTIONAL:
	case KIND_SECRETS:
		break;
	}
}

static bool
is_set(const struct conf *conf, const struct setting *s, const char *at)
{
	switch (s->kind) {
	case KIND_TEXT:
	case KIND_OPTIONAL:
	case KIND_WORD:
		return *at != '\0';
	case KIND_NUMBERS:
	case KIND_SECRETS:
	case KIND_ALLOW:
		return *(const size_t *)(const void *)((const char *)conf +
		    s->count) > 0;
	case KIND_MODE:
	case KIND_NUMBER:
		return true;
	}
	return false;
}

void
conf_write(struct jsonw *w, const struct conf *conf)
{
	struct buf value;

	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];
		const char *at = (const char *)conf + s->offset;
		bool secret = may_be_secret(s, at);

		buf_init(&value, 4096);
		if (!secret)
			print_value(conf, s, at, &value);
		jsonw_object(w, NULL);
		jsonw_text(w, "key", s->key);
		jsonw_text(w, "value", secret ? NULL : buf_str(&value));
		jsonw_bool(w, "set", is_set(conf, s, at));
		jsonw_bool(w, "secret", secret);
		jsonw_text(w, "help", s->help);
		jsonw_end_object(w);
		buf_free(&value);
	}
}

char *
conf_path(const struct conf *conf, const char *name, char *path)
{
	if ((size_t)snprintf(path, CONF_PATH_MAX, "%s/%s", conf->var,
	    name) >= CONF_PATH_MAX) {
		fprintf(stderr, "clive: the data directory's path is too long\n");
		exit(1);
	}
	return path;
}

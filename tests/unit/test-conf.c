/* SPDX-License-Identifier: ISC */
/* test-conf.c - one case for each sentence that conf.h says. */
#include "conf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static char var[64], path[96];
static char why[2048];
static struct conf conf;

static int
make_var(void **state)
{
	(void)state;
	fixture_folder(var);
	snprintf(path, sizeof(path), "%s/clive.conf", var);
	return 0;
}

static int
drop_var(void **state)
{
	(void)state;
	fixture_remove(var);
	unsetenv("CLIVE_VAR");
	return 0;
}

static void
write_bytes(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void
write_conf(const char *text)
{
	write_bytes(text, strlen(text));
}

static void
assert_reads(const char *text)
{
	write_conf(text);
	if (!conf_read(var, &conf, why, sizeof(why)))
		fail_msg("%s: %s", text, why);
}

/* The sentence is the file's name, a colon, and the rest given here. */
static void
assert_refuses(const char *text, const char *rest)
{
	char expected[512];

	write_conf(text);
	snprintf(expected, sizeof(expected), "%s:%s", path, rest);
	if (conf_read(var, &conf, why, sizeof(why)))
		fail_msg("accepted: %s", text);
	assert_string_equal(why, expected);
}

static void
assert_defaults(void)
{
	assert_string_equal(conf.var, var);
	assert_false(conf.live);
	assert_string_equal(conf.base_url, "http://localhost:4390");
	assert_int_equal(conf.stripe_webhook_secret_count, 0);
	assert_string_equal(conf.stripe_api_base, "https://api.stripe.com");
	assert_string_equal(conf.stripe_secret_key, "");
	assert_string_equal(conf.stripe_publishable_key, "");
	assert_string_equal(conf.stripe_test_api_base,
	    "https://api.stripe.com");
	assert_string_equal(conf.stripe_test_secret_key, "");
	assert_string_equal(conf.stripe_test_publishable_key, "");
	assert_int_equal(conf.stripe_test_webhook_secret_count, 0);
	assert_string_equal(conf.revolut_api_base,
	    "https://merchant.revolut.com");
	assert_string_equal(conf.revolut_secret_key, "");
	assert_string_equal(conf.revolut_public_key, "");
	assert_int_equal(conf.revolut_webhook_secret_count, 0);
	assert_string_equal(conf.clickpesa_api_url,
	    "https://api.clickpesa.com/third-parties");
	assert_string_equal(conf.clickpesa_client_id, "");
	assert_string_equal(conf.clickpesa_api_key, "");
	assert_string_equal(conf.clickpesa_webhook_url, "");
	assert_string_equal(conf.clickpesa_checksum_key, "");
	assert_string_equal(conf.clickpesa_checksum_method, "canonical");
	assert_string_equal(conf.clickpesa_url_fields, "all");
	assert_string_equal(conf.clickpesa_webhook_verify, "");
	assert_string_equal(conf.wise_api_base, "https://api.wise.com");
	assert_string_equal(conf.wise_token, "");
	assert_string_equal(conf.wise_profile_id, "");
	assert_string_equal(conf.mercury_api_base, "https://api.mercury.com");
	assert_string_equal(conf.mercury_token, "");
	assert_string_equal(conf.mercury_account_id, "");
	assert_string_equal(conf.settle_pays, "no");
	assert_int_equal(conf.processor_timeout_ms, 15000);
	assert_int_equal(conf.momo_delay_ms, 5000);
	assert_int_equal(conf.momo_timeout_ms, 30000);
	assert_int_equal(conf.rate_limit, 120);
	assert_int_equal(conf.threads, 16);
	assert_int_equal(conf.wait_ms, 5000);
	assert_int_equal(conf.abandon_after_s, 86400);
	assert_int_equal(conf.webhook_timeout_ms, 10000);
	assert_int_equal(conf.webhook_retry_count, 2);
	assert_int_equal(conf.webhook_retry_ms[0], 1000);
	assert_int_equal(conf.webhook_retry_ms[1], 4000);
	assert_int_equal(conf.webhook_parallel, 64);
	assert_int_equal(conf.webhook_parallel_endpoint, 8);
	assert_int_equal(conf.webhook_disable_after_s, 432000);
	assert_string_equal(conf.webhook_prove, "no");
	assert_int_equal(conf.webhook_ports_count, 3);
	assert_int_equal(conf.webhook_ports[0], 80);
	assert_int_equal(conf.webhook_ports[1], 443);
	assert_int_equal(conf.webhook_ports[2], 8443);
	assert_int_equal(conf.webhook_allow_count, 0);
	assert_int_equal(conf.session_s, 3600);
	assert_string_equal(conf.operator_second_factor, "optional");
	assert_string_equal(conf.metrics_token, "");
	assert_string_equal(conf.log_format, "text");
}

static void
empty_file_gives_the_defaults(void **state)
{
	(void)state;
	assert_reads("");
	assert_defaults();
}

static void
blanks_and_comments_say_nothing(void **state)
{
	(void)state;
	assert_reads("\n   \t\n# mode = live\n  # = \n#\r\n");
	assert_defaults();
}

static void
every_key_is_read(void **state)
{
	(void)state;
	assert_reads("mode = live\n"
	    "base_url=https://pay.example\n"
	    "  stripe_webhook_secret \t=  whsec_a   whsec_b\t\n"
	    "rate_limit_per_minute = 0\n"
	    "threads = 64\n"
	    "wait_ms = 10\n"
	    "abandon_after_s = 60\n"
	    "webhook_timeout_ms = 60000\n"
	    "webhook_retry_ms = 1 2 3\r\n"
	    "webhook_parallel = 1000\n"
	    "webhook_parallel_endpoint = 1\n"
	    "webhook_disable_after_s = 0\n"
	    "webhook_prove = yes\n"
	    "webhook_ports = 1 65535\n"
	    "webhook_allow = 10.1.0.0/16  Hooks.example \tfd00::7\n"
	    "session_s = 86400\n"
	    "operator_second_factor = required\n"
	    "metrics_token = a b=c\n"
	    "log_format = json");	/* no line end at the end */
	assert_true(conf.live);
	assert_string_equal(conf.base_url, "https://pay.example");
	assert_int_equal(conf.stripe_webhook_secret_count, 2);
	assert_string_equal(conf.stripe_webhook_secret[0], "whsec_a");
	assert_string_equal(conf.stripe_webhook_secret[1], "whsec_b");
	assert_int_equal(conf.rate_limit, 0);
	assert_int_equal(conf.threads, 64);
	assert_int_equal(conf.wait_ms, 10);
	assert_int_equal(conf.abandon_after_s, 60);
	assert_int_equal(conf.webhook_timeout_ms, 60000);
	assert_int_equal(conf.webhook_retry_count, 3);
	assert_int_equal(conf.webhook_retry_ms[2], 3);
	assert_int_equal(conf.webhook_parallel, 1000);
	assert_int_equal(conf.webhook_parallel_endpoint, 1);
	assert_int_equal(conf.webhook_disable_after_s, 0);
	assert_string_equal(conf.webhook_prove, "yes");
	assert_int_equal(conf.webhook_ports_count, 2);
	assert_int_equal(conf.webhook_ports[0], 1);
	assert_int_equal(conf.webhook_ports[1], 65535);
	assert_int_equal(conf.webhook_allow_count, 3);
	assert_int_equal(conf.webhook_allow[0].net.bits, 16);
	assert_string_equal(conf.webhook_allow[0].host, "");
	assert_string_equal(conf.webhook_allow[1].host, "hooks.example");
	assert_int_equal(conf.webhook_allow[2].net.bits, 128);
	assert_int_equal(conf.session_s, 86400);
	assert_string_equal(conf.operator_second_factor, "required");
	assert_string_equal(conf.metrics_token, "a b=c");
	assert_string_equal(conf.log_format, "json");
}

static void
every_key_of_a_processor_is_read(void **state)
{
	(void)state;
	assert_reads("stripe_api_base = http://box/stripe\n"
	    "stripe_secret_key = sk_1\n"
	    "stripe_publishable_key = pk_1\n"
	    "revolut_api_base = http://box/revolut\n"
	    "revolut_secret_key = sk_2\n"
	    "revolut_public_key = pk_2\n"
	    "revolut_webhook_secret = wsk_a wsk_b wsk_c\n"
	    "clickpesa_api_url = http://box/third-parties\n"
	    "clickpesa_client_id = id_3\n"
	    "clickpesa_api_key = SK3\n"
	    "clickpesa_webhook_url = https://pay.example/hook\n"
	    "clickpesa_checksum_key = CHK3\n"
	    "clickpesa_checksum_method = legacy\n"
	    "clickpesa_url_fields = documented\n"
	    "clickpesa_webhook_verify = query\n"
	    "processor_timeout_ms = 100\n"
	    "momo_delay_ms = 0\n"
	    "momo_timeout_ms = 3600000\n");
	assert_string_equal(conf.stripe_api_base, "http://box/stripe");
	assert_string_equal(conf.stripe_secret_key, "sk_1");
	assert_string_equal(conf.stripe_publishable_key, "pk_1");
	assert_string_equal(conf.revolut_api_base, "http://box/revolut");
	assert_string_equal(conf.revolut_secret_key, "sk_2");
	assert_string_equal(conf.revolut_public_key, "pk_2");
	assert_int_equal(conf.revolut_webhook_secret_count, 3);
	assert_string_equal(conf.revolut_webhook_secret[0], "wsk_a");
	assert_string_equal(conf.revolut_webhook_secret[2], "wsk_c");
	assert_int_equal(conf.stripe_webhook_secret_count, 0);
	assert_string_equal(conf.clickpesa_api_url,
	    "http://box/third-parties");
	assert_string_equal(conf.clickpesa_client_id, "id_3");
	assert_string_equal(conf.clickpesa_api_key, "SK3");
	assert_string_equal(conf.clickpesa_webhook_url,
	    "https://pay.example/hook");
	assert_string_equal(conf.clickpesa_checksum_key, "CHK3");
	assert_string_equal(conf.clickpesa_checksum_method, "legacy");
	assert_string_equal(conf.clickpesa_url_fields, "documented");
	assert_string_equal(conf.clickpesa_webhook_verify, "query");
	assert_int_equal(conf.processor_timeout_ms, 100);
	assert_int_equal(conf.momo_delay_ms, 0);
	assert_int_equal(conf.momo_timeout_ms, 3600000);
}

static void
each_word_of_a_choice_is_taken(void **state)
{
	static const char *const methods[] = { "canonical", "legacy" },
	    *const fields[] = { "all", "documented" },
	    *const verify[] = { "checksum", "query", "off" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "clickpesa_checksum_method=%s\n"
		    "clickpesa_url_fields=%s\n", methods[i], fields[i]);
		assert_reads(text);
		assert_string_equal(conf.clickpesa_checksum_method,
		    methods[i]);
		assert_string_equal(conf.clickpesa_url_fields, fields[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
		    "clickpesa_webhook_verify = %s\t\n", verify[i]);
		assert_reads(text);
		assert_string_equal(conf.clickpesa_webhook_verify, verify[i]);
	}
}

static void
what_is_optional_may_be_empty(void **state)
{
	(void)state;
	assert_reads("stripe_webhook_secret =\n"
	    "stripe_secret_key =\n"
	    "stripe_publishable_key = \n"
	    "revolut_secret_key=\n"
	    "revolut_public_key =\t\n"
	    "revolut_webhook_secret =\n"
	    "clickpesa_client_id =\r\n"
	    "clickpesa_api_key =\n"
	    "clickpesa_webhook_url =\n"
	    "clickpesa_checksum_key =\n"
	    "clickpesa_webhook_verify =\n");
	assert_defaults();
	/* A value goes as it stands, blanks and signs within it too. */
	assert_reads("clickpesa_checksum_key = a b=c#d \n");
	assert_string_equal(conf.clickpesa_checksum_key, "a b=c#d");
}

static void
refuses_unknown_keys(void **state)
{
	(void)state;
	assert_refuses("color = red\n", "1: unknown setting");
	assert_refuses("\n#\nMode = live\n", "3: unknown setting");
	assert_refuses("mode x = live\n", "1: unknown setting");
	assert_refuses(" = live\n", "1: unknown setting");
	assert_refuses("threads2 = 1\n", "1: unknown setting");
}

static void
refuses_lines_without_equals(void **state)
{
	(void)state;
	assert_refuses("mode live\n", "1: no '=' in this line");
	assert_refuses("mode = live\nthreads\n", "2: no '=' in this line");
	assert_refuses("[section]\n", "1: no '=' in this line");
}

static void
refuses_keys_given_twice(void **state)
{
	(void)state;
	assert_refuses("mode = live\nmode = live\n",
	    "2: mode is given twice");
	assert_refuses("threads = 1\n\nmode = live\n threads=2\n",
	    "4: threads is given twice");
	assert_refuses("stripe_webhook_secret =\nstripe_webhook_secret =\n",
	    "2: stripe_webhook_secret is given twice");
}

static void
refuses_bad_values(void **state)
{
	static const char *const lines[][2] = {
		{ "mode", "" }, { "mode", "Live" }, { "mode", "test" },
		{ "mode", "live live" }, { "base_url", "" },
		{ "threads", "" }, { "threads", "0" }, { "threads", "65" },
		{ "threads", "-1" }, { "threads", "1.5" },
		{ "threads", "8x" }, { "threads", "0x8" },
		{ "threads", "8 8" }, { "threads", "eight" },
		{ "threads", "99999999999999999999" },
		{ "rate_limit_per_minute", "-1" },
		{ "rate_limit_per_minute", "1000001" },
		{ "wait_ms", "9" }, { "wait_ms", "60001" },
		{ "abandon_after_s", "59" },
		{ "abandon_after_s", "31536001" },
		{ "webhook_timeout_ms", "99" },
		{ "webhook_timeout_ms", "60001" },
		{ "webhook_retry_ms", "" }, { "webhook_retry_ms", "0" },
		{ "webhook_retry_ms", "1000 x" },
		{ "webhook_retry_ms", "1000, 2000" },
		{ "webhook_retry_ms", "864000001" },
		{ "webhook_parallel", "0" }, { "webhook_parallel", "1001" },
		{ "webhook_parallel_endpoint", "0" },
		{ "webhook_parallel_endpoint", "1001" },
		{ "webhook_disable_after_s", "-1" },
		{ "webhook_disable_after_s", "31536001" },
		{ "webhook_prove", "" }, { "webhook_prove", "true" },
		{ "webhook_ports", "" }, { "webhook_ports", "0" },
		{ "webhook_ports", "443 65536" },
		{ "webhook_ports", "443,8443" },
		{ "webhook_allow", "*" }, { "webhook_allow", "0.0.0.0/0" },
		{ "webhook_allow", "10.0.0.7/8" },
		{ "webhook_allow", "10.0.0.7 https://x.example" },
		{ "operator_second_factor", "" },
		{ "operator_second_factor", "yes" },
		{ "session_s", "59" }, { "session_s", "86401" },
		{ "log_format", "xml" }, { "log_format", "" },
		{ "stripe_webhook_secret", "a b c d e" },
		{ "stripe_test_webhook_secret", "a b c d e" },
		{ "revolut_webhook_secret", "a b c d e" },
		{ "stripe_api_base", "" }, { "revolut_api_base", "" },
		{ "clickpesa_api_url", "" },
		{ "processor_timeout_ms", "" },
		{ "processor_timeout_ms", "99" },
		{ "processor_timeout_ms", "120001" },
		{ "momo_delay_ms", "-1" }, { "momo_delay_ms", "3600001" },
		{ "momo_timeout_ms", "" }, { "momo_timeout_ms", "3600001" },
		{ "clickpesa_checksum_method", "" },
		{ "clickpesa_checksum_method", "Legacy" },
		{ "clickpesa_checksum_method", "canonical legacy" },
		{ "clickpesa_checksum_method", "canonica" },
		{ "clickpesa_checksum_method", "all" },
		{ "clickpesa_url_fields", "" },
		{ "clickpesa_url_fields", "documented all" },
		{ "clickpesa_url_fields", "al" },
		{ "clickpesa_url_fields", "none" },
		{ "settle_pays", "" },
		{ "settle_pays", "Yes" },
		{ "clickpesa_webhook_verify", "on" },
		{ "clickpesa_webhook_verify", "OFF" },
		{ "clickpesa_webhook_verify", "query off" },
		{ "clickpesa_webhook_verify", "checksum_and_query" },
	};
	char text[256], rest[128];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "#\n%s = %s\n", lines[i][0],
		    lines[i][1]);
		snprintf(rest, sizeof(rest), "2: bad value for %s",
		    lines[i][0]);
		assert_refuses(text, rest);
	}
}

/* Appends a word so many times to a setting. */
static void
make_list(char *text, size_t size, const char *key, const char *word, int n)
{
	size_t len = (size_t)snprintf(text, size, "%s =", key);

	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, " %s", word);
	snprintf(text + len, size - len, "\n");
}

static void
lists_hold_as_many_as_there_is_room_for(void **state)
{
	char text[256];

	(void)state;
	make_list(text, sizeof(text), "webhook_retry_ms", "7",
	    CONF_NUMBERS_MAX);
	assert_reads(text);
	assert_int_equal(conf.webhook_retry_count, CONF_NUMBERS_MAX);
	assert_int_equal(conf.webhook_retry_ms[CONF_NUMBERS_MAX - 1], 7);
	make_list(text, sizeof(text), "webhook_retry_ms", "7",
	    CONF_NUMBERS_MAX + 1);
	assert_refuses(text, "1: bad value for webhook_retry_ms");
	make_list(text, sizeof(text), "webhook_ports", "7",
	    CONF_NUMBERS_MAX);
	assert_reads(text);
	assert_int_equal(conf.webhook_ports_count, CONF_NUMBERS_MAX);
	assert_int_equal(conf.webhook_ports[CONF_NUMBERS_MAX - 1], 7);
	make_list(text, sizeof(text), "webhook_ports", "7",
	    CONF_NUMBERS_MAX + 1);
	assert_refuses(text, "1: bad value for webhook_ports");
	make_list(text, sizeof(text), "webhook_allow", "::1",
	    CONF_ALLOW_MAX);
	assert_reads(text);
	assert_int_equal(conf.webhook_allow_count, CONF_ALLOW_MAX);
	make_list(text, sizeof(text), "webhook_allow", "::1",
	    CONF_ALLOW_MAX + 1);
	assert_refuses(text, "1: bad value for webhook_allow");
	make_list(text, sizeof(text), "stripe_webhook_secret", "whsec_x",
	    CONF_SECRETS_MAX);
	assert_reads(text);
	assert_int_equal(conf.stripe_webhook_secret_count, CONF_SECRETS_MAX);
	make_list(text, sizeof(text), "stripe_test_webhook_secret",
	    "whsec_t", CONF_SECRETS_MAX);
	assert_reads(text);
	assert_int_equal(conf.stripe_test_webhook_secret_count,
	    CONF_SECRETS_MAX);
	assert_int_equal(conf.stripe_webhook_secret_count, 0);
	make_list(text, sizeof(text), "revolut_webhook_secret", "wsk_x",
	    CONF_SECRETS_MAX);
	assert_reads(text);
	assert_int_equal(conf.revolut_webhook_secret_count, CONF_SECRETS_MAX);
	/* One pause replaces both of the defaults. */
	assert_reads("webhook_retry_ms = 5\n");
	assert_int_equal(conf.webhook_retry_count, 1);
}

static void
refuses_values_that_do_not_fit(void **state)
{
	char value[600], text[700];

	(void)state;
	memset(value, 'x', sizeof(value));
	value[127] = '\0';
	snprintf(text, sizeof(text), "stripe_webhook_secret = %s\n", value);
	assert_reads(text);
	assert_int_equal(strlen(conf.stripe_webhook_secret[0]), 127);
	value[127] = 'x';
	value[128] = '\0';
	snprintf(text, sizeof(text), "stripe_webhook_secret = %s\n", value);
	assert_refuses(text, "1: bad value for stripe_webhook_secret");
	value[128] = 'x';
	value[256] = '\0';
	snprintf(text, sizeof(text), "base_url = %s\n", value);
	assert_refuses(text, "1: bad value for base_url");
	snprintf(text, sizeof(text), "stripe_secret_key = %s\n", value);
	assert_refuses(text, "1: bad value for stripe_secret_key");
	snprintf(text, sizeof(text), "clickpesa_webhook_verify = %s\n",
	    value);
	assert_refuses(text, "1: bad value for clickpesa_webhook_verify");
	value[255] = '\0';
	snprintf(text, sizeof(text), "stripe_secret_key = %s\n", value);
	assert_reads(text);
	assert_string_equal(conf.stripe_secret_key, value);
}

static void
refuses_lines_that_are_too_long(void **state)
{
	char text[3000];

	(void)state;
	memset(text, '#', sizeof(text));
	text[1022] = '\n';
	text[1023] = '\0';
	assert_reads(text);
	text[1022] = '#';
	text[1023] = '\n';
	text[1024] = '\0';
	assert_refuses(text, "1: line too long");
	memset(text, '#', sizeof(text));
	memcpy(text, "mode=live\n", 10);
	text[2990] = '\0';
	assert_refuses(text, "2: line too long");
}

/* A NUL would hide what follows it. */
static void
refuses_nul_bytes(void **state)
{
	static const char text[] = "mode = live\0x\nthreads = 1\n";

	(void)state;
	write_bytes(text, sizeof(text) - 1);
	assert_false(conf_read(var, &conf, why, sizeof(why)));
	assert_non_null(strstr(why, "clive.conf:1: line too long"));
}

static void
never_quotes_a_value(void **state)
{
	(void)state;
	assert_refuses("stripe_webhook_secret = 1 2 3 4 hush\n",
	    "1: bad value for stripe_webhook_secret");
	assert_refuses("clickpesa_checksum_method = hush\n",
	    "1: bad value for clickpesa_checksum_method");
	assert_refuses("stripe_webhook_secrets = hush\n",
	    "1: unknown setting");
	assert_refuses("hush\n", "1: no '=' in this line");
}

static void
refuses_files_that_others_may_read(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601,
	    0644, 0666, 0700 | 044 };

	(void)state;
	write_conf("mode = live\n");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_false(conf_read(var, &conf, why, sizeof(why)));
		assert_non_null(strstr(why,
		    "clive.conf: may be read by others"));
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_true(conf_read(var, &conf, why, sizeof(why)));
}

static void
names_the_file_that_is_missing(void **state)
{
	(void)state;
	assert_false(conf_read(var, &conf, why, sizeof(why)));
	assert_non_null(strstr(why, path));
	assert_non_null(strstr(why, "No such file"));
}

static void
refuses_what_cannot_be_read(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(conf_read(var, &conf, why, sizeof(why)));
	assert_non_null(strstr(why, "clive.conf: "));
	assert_non_null(strstr(why, "directory"));
}

static void
refuses_a_path_that_is_too_long(void **state)
{
	char name[CONF_PATH_MAX + 8];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[CONF_PATH_MAX] = '\0';
	assert_false(conf_read(name, &conf, why, sizeof(why)));
	assert_non_null(strstr(why, "too long"));
	setenv("CLIVE_VAR", name, 1);
	assert_false(conf_load(&conf, why, sizeof(why)));
	assert_string_equal(why, "CLIVE_VAR is too long");
}

static void
write_example(bool live, const char *url, const char *secret)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	conf_example(f, live, url, secret);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void
the_example_reads_back(void **state)
{
	(void)state;
	write_example(false, "http://localhost:4390", "");
	assert_true(conf_read(var, &conf, why, sizeof(why)));
	assert_defaults();
	write_example(true, "https://pay.example", "whsec_1 whsec_2");
	assert_true(conf_read(var, &conf, why, sizeof(why)));
	assert_true(conf.live);
	assert_string_equal(conf.base_url, "https://pay.example");
	assert_int_equal(conf.stripe_webhook_secret_count, 2);
	assert_string_equal(conf.stripe_webhook_secret[1], "whsec_2");
	assert_int_equal(conf.webhook_retry_count, 2);
}

/* A key that the example does not show could not be found by its owner. */
static void
the_example_explains_every_key(void **state)
{
	static const char *const keys[] = { "mode", "base_url",
	    "stripe_webhook_secret", "stripe_api_base", "stripe_secret_key",
	    "stripe_publishable_key", "stripe_test_api_base",
	    "stripe_test_secret_key", "stripe_test_publishable_key",
	    "stripe_test_webhook_secret",
	    "revolut_api_base", "revolut_secret_key", "revolut_public_key",
	    "revolut_webhook_secret", "clickpesa_api_url",
	    "clickpesa_client_id", "clickpesa_api_key",
	    "clickpesa_webhook_url", "clickpesa_checksum_key",
	    "clickpesa_checksum_method", "clickpesa_url_fields",
	    "clickpesa_webhook_verify", "wise_api_base", "wise_token",
	    "wise_profile_id", "mercury_api_base", "mercury_token",
	    "mercury_account_id", "settle_pays", "processor_timeout_ms",
	    "momo_delay_ms", "momo_timeout_ms",
	    "rate_limit_per_minute", "threads",
	    "wait_ms", "abandon_after_s", "webhook_timeout_ms",
	    "webhook_retry_ms", "webhook_parallel",
	    "webhook_parallel_endpoint", "webhook_disable_after_s",
	    "webhook_prove", "webhook_ports", "webhook_allow",
	    "session_s", "operator_second_factor", "metrics_token", "log_format" };
	char line[1024], last[1024] = "";
	size_t n = 0;

	(void)state;
	write_example(false, "http://x", "");
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] != '#' && line[0] != '\n') {
			assert_true(n < sizeof(keys) / sizeof(keys[0]));
			assert_memory_equal(line, keys[n], strlen(keys[n]));
			assert_memory_equal(line + strlen(keys[n]), " =", 2);
			assert_memory_equal(last, "# ", 2);
			n++;
		}
		memcpy(last, line, sizeof(last));
	}
	fclose(f);
	assert_int_equal(n, sizeof(keys) / sizeof(keys[0]));
}

static void
wiping_removes_the_secrets(void **state)
{
	static const char zeros[sizeof(conf)];

	(void)state;
	assert_reads("stripe_webhook_secret = whsec_a whsec_b\n"
	    "stripe_secret_key = sk_1\nrevolut_secret_key = sk_2\n"
	    "clickpesa_api_key = SK3\nclickpesa_checksum_key = CHK3\n");
	conf_wipe(&conf);
	assert_memory_equal(&conf, zeros, sizeof(zeros));
}

static void
paths_lie_in_the_data_directory(void **state)
{
	char out[CONF_PATH_MAX], expected[128];

	(void)state;
	assert_reads("");
	snprintf(expected, sizeof(expected), "%s/db/clive.db", var);
	assert_ptr_equal(conf_path(&conf, "db/clive.db", out), out);
	assert_string_equal(out, expected);
}

static void
a_path_that_does_not_fit_stops_the_program(void **state)
{
	char out[CONF_PATH_MAX];
	int status;

	(void)state;
	memset(conf.var, 'x', sizeof(conf.var) - 1);
	conf.var[sizeof(conf.var) - 1] = '\0';
	pid_t pid = fork();
	if (pid == 0) {
		close(STDERR_FILENO);
		/* exit() in it must not run the parent's handlers twice. */
		conf_path(&conf, "x", out);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void
clive_var_names_the_directory(void **state)
{
	char found[CONF_PATH_MAX];

	(void)state;
	setenv("CLIVE_VAR", var, 1);
	assert_true(conf_find(found, sizeof(found), why, sizeof(why)));
	assert_string_equal(found, var);
	write_conf("threads = 3\n");
	assert_true(conf_load(&conf, why, sizeof(why)));
	assert_int_equal(conf.threads, 3);
}

/* Runs a copy of this program from a folder; what conf_find says there. */
static void
find_from(const char *program, char *out, size_t size)
{
	char command[1024], self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	snprintf(command, sizeof(command), "mkdir -p %s && cp %s %s/prog && "
	    "env -u CLIVE_VAR CONF_FIND=1 %s/prog", program, self, program,
	    program);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	out[0] = '\0';
	assert_ptr_equal(fgets(out, (int)size, f), out);
	pclose(f);
	out[strcspn(out, "\n")] = '\0';
}

/* A folder below our own, with or without a var/clive.conf in it. */
static void
make_home(const char *name, bool with_conf)
{
	char p[256];

	snprintf(p, sizeof(p), "%s%s", var, name);
	mkdir(p, 0700);
	snprintf(p, sizeof(p), "%s%s/var", var, name);
	mkdir(p, 0700);
	snprintf(p, sizeof(p), "%s%s/var/clive.conf", var, name);
	if (!with_conf)
		return;
	int fd = open(p, O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	close(fd);
}

static void
the_nearest_var_with_a_conf_is_found(void **state)
{
	char program[128], out[512], expected[128];

	(void)state;
	make_home("", true);
	make_home("/a", true);
	make_home("/a/b", false);	/* a var without clive.conf */
	snprintf(program, sizeof(program), "%s/a/b/c", var);
	snprintf(expected, sizeof(expected), "%s/a/var", var);
	find_from(program, out, sizeof(out));
	assert_string_equal(out, expected);
	snprintf(program, sizeof(program), "%s/d", var);
	snprintf(expected, sizeof(expected), "%s/var", var);
	find_from(program, out, sizeof(out));
	assert_string_equal(out, expected);
}

static void
no_var_anywhere_is_said_in_words(void **state)
{
	char program[128], out[512];

	(void)state;
	snprintf(program, sizeof(program), "%s/a/b", var);
	find_from(program, out, sizeof(out));
	assert_string_equal(out, "no data directory: set CLIVE_VAR, or run "
	    "`clive init`");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_var, drop_var)

static const struct CMUnitTest tests[] = {
	CASE(empty_file_gives_the_defaults),
	CASE(blanks_and_comments_say_nothing),
	CASE(every_key_is_read),
	CASE(every_key_of_a_processor_is_read),
	CASE(each_word_of_a_choice_is_taken),
	CASE(what_is_optional_may_be_empty),
	CASE(refuses_unknown_keys),
	CASE(refuses_lines_without_equals),
	CASE(refuses_keys_given_twice),
	CASE(refuses_bad_values),
	CASE(lists_hold_as_many_as_there_is_room_for),
	CASE(refuses_values_that_do_not_fit),
	CASE(refuses_lines_that_are_too_long),
	CASE(refuses_nul_bytes),
	CASE(never_quotes_a_value),
	CASE(refuses_files_that_others_may_read),
	CASE(names_the_file_that_is_missing),
	CASE(refuses_what_cannot_be_read),
	CASE(refuses_a_path_that_is_too_long),
	CASE(the_example_reads_back),
	CASE(the_example_explains_every_key),
	CASE(wiping_removes_the_secrets),
	CASE(paths_lie_in_the_data_directory),
	CASE(a_path_that_does_not_fit_stops_the_program),
	CASE(clive_var_names_the_directory),
	CASE(the_nearest_var_with_a_conf_is_found),
	CASE(no_var_anywhere_is_said_in_words),
};

/* Run from another folder, the program only says what it finds there. */
static void
answer_find(void)
{
	char found[CONF_PATH_MAX];

	if (getenv("CONF_FIND") == NULL)
		return;
	puts(conf_find(found, sizeof(found), why, sizeof(why)) ? found : why);
	exit(0);
}

static void __attribute__((constructor))
before_main(void)
{
	answer_find();
}

TEST_MAIN("conf", tests)

/* SPDX-License-Identifier: ISC */
/* test-schedule.c - presets, lists of pauses, their texts, and jitter. */
#include "schedule.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

#define SECOND	INT64_C(1000)
#define HOUR	(3600 * SECOND)

static const struct conf conf = {
	.webhook_retry_ms = { 1000, 4000 }, .webhook_retry_count = 2
};

static struct schedule
parse(const char *text)
{
	struct schedule s;
	const char *wrong = schedule_parse(text, &conf, &s);

	if (wrong != NULL)
		fail_msg("%s: %s", text, wrong);
	return s;
}

static int64_t
sum(const struct schedule *s)
{
	int64_t all = 0;

	for (size_t i = 0; i < s->count; i++)
		all += s->pauses[i];
	return all;
}

static void
the_default_is_what_the_settings_say(void **state)
{
	const struct schedule s = parse("clive");

	(void)state;
	assert_string_equal(s.name, "clive");
	assert_int_equal(schedule_attempts(&s), 3);
	assert_int_equal(s.pauses[0], 1000);
	assert_int_equal(s.pauses[1], 4000);
}

static void
presets_have_their_documented_spans(void **state)
{
	const struct schedule standard = parse("standard"),
	    payments = parse("payments");

	(void)state;
	assert_int_equal(schedule_attempts(&standard), 10);
	assert_int_equal(sum(&standard), 75 * HOUR + 35 * 60 * SECOND +
	    5 * SECOND);
	assert_int_equal(schedule_attempts(&payments), 8);
	assert_int_equal(sum(&payments), 44 * HOUR + 36 * 60 * SECOND);
}

static void
every_preset_parses_to_its_name(void **state)
{
	(void)state;
	for (const char *const *p = schedule_presets; *p != NULL; p++)
		assert_string_equal(parse(*p).name, *p);
}

static void
a_list_is_read_in_its_units(void **state)
{
	const struct schedule s = parse("0s,90s,5m,2h,10d");
	static const int64_t wanted[] = { 0, 90 * SECOND, 300 * SECOND,
	    2 * HOUR, 240 * HOUR };

	(void)state;
	assert_string_equal(s.name, "custom");
	assert_int_equal(s.count, 5);
	assert_memory_equal(s.pauses, wanted, sizeof(wanted));
}

static void
none_is_one_attempt(void **state)
{
	const struct schedule s = parse("none");

	(void)state;
	assert_string_equal(s.name, "custom");
	assert_int_equal(schedule_attempts(&s), 1);
}

static void
what_is_no_list_is_refused(void **state)
{
	static const char *const texts[] = { "", ",", "5", "5x", "s", "-5s",
	    "+5s", " 5s", "5s ", "5 s", "5s,", ",5s", "5s,,5s", "5s5s", "5S",
	    "1.5s", "11d", "864001s", "99999999999999999999s", "Clive",
	    "clive,5s", "5s;5s", "0x5s", "5ms" };
	struct schedule s;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (schedule_parse(texts[i], &conf, &s) == NULL)
			fail_msg("accepted: '%s'", texts[i]);
}

static void
fifty_attempts_are_the_most(void **state)
{
	char text[256] = "";
	struct schedule s;

	(void)state;
	for (int i = 0; i < SCHEDULE_PAUSES_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s1s", i > 0 ? "," : "");
	assert_null(schedule_parse(text, &conf, &s));
	assert_int_equal(schedule_attempts(&s), 50);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ",1s");
	assert_non_null(strstr(schedule_parse(text, &conf, &s), "49"));
}

static void
what_is_stored_is_read_back(void **state)
{
	static const char *const texts[] = { "none", "0s", "5s,5m,2h",
	    "standard", "payments", "clive" };
	char stored[SCHEDULE_TEXT_SIZE];
	struct schedule back;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct schedule s = parse(texts[i]);
		schedule_read(schedule_print(&s, stored), &back);
		assert_int_equal(back.count, s.count);
		assert_memory_equal(back.pauses, s.pauses, s.count *
		    sizeof(s.pauses[0]));
	}
}

static void
the_longest_schedule_fits_its_column(void **state)
{
	struct schedule s = { .count = SCHEDULE_PAUSES_MAX };
	char stored[SCHEDULE_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < s.count; i++)
		s.pauses[i] = 240 * HOUR;
	assert_true(strlen(schedule_print(&s, stored)) <= 700);
	schedule_read(stored, &s);
	assert_int_equal(s.count, SCHEDULE_PAUSES_MAX);
	assert_int_equal(s.pauses[SCHEDULE_PAUSES_MAX - 1], 240 * HOUR);
}

static void
assert_words(const struct schedule *s, const char *wanted)
{
	struct buf words;

	buf_init(&words, 1024);
	schedule_words(s, &words);
	assert_string_equal(buf_str(&words), wanted);
	buf_free(&words);
}

static void
a_person_reads_what_a_person_wrote(void **state)
{
	const struct schedule list = parse("0s,90s,5m,2h,1d"),
	    none = parse("none"), round = parse("60s,3600s,24h");

	(void)state;
	assert_words(&list, "0s,90s,5m,2h,1d");
	assert_words(&none, "none");
	assert_words(&round, "1m,1h,1d");
}

static void
pauses_of_less_than_a_second_are_shown_as_such(void **state)
{
	struct schedule s;

	(void)state;
	schedule_read("300,1500,2000", &s);
	assert_words(&s, "300ms,1500ms,2s");
}

static void
jitter_only_ever_adds_up_to_a_tenth(void **state)
{
	const struct schedule s = parse("1s,1000s");
	int64_t longest = 0;

	(void)state;
	assert_int_equal(schedule_pause(&s, 1, 0), 1000);
	assert_int_equal(schedule_pause(&s, 2, 0), 1000 * SECOND);
	for (uint32_t dice = 0; dice < 5000; dice++) {
		int64_t pause = schedule_pause(&s, 2, dice * 858993);
		assert_in_range(pause, 1000 * SECOND, 1100 * SECOND);
		if (pause > longest)
			longest = pause;
	}
	assert_in_range(longest, 1090 * SECOND, 1100 * SECOND);
}

static void
no_pause_is_longer_than_eleven_days(void **state)
{
	const struct schedule s = parse("10d");

	(void)state;
	assert_in_range(schedule_pause(&s, 1, UINT32_MAX), 240 * HOUR,
	    264 * HOUR);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_default_is_what_the_settings_say),
	cmocka_unit_test(presets_have_their_documented_spans),
	cmocka_unit_test(every_preset_parses_to_its_name),
	cmocka_unit_test(a_list_is_read_in_its_units),
	cmocka_unit_test(none_is_one_attempt),
	cmocka_unit_test(what_is_no_list_is_refused),
	cmocka_unit_test(fifty_attempts_are_the_most),
	cmocka_unit_test(what_is_stored_is_read_back),
	cmocka_unit_test(the_longest_schedule_fits_its_column),
	cmocka_unit_test(a_person_reads_what_a_person_wrote),
	cmocka_unit_test(pauses_of_less_than_a_second_are_shown_as_such),
	cmocka_unit_test(jitter_only_ever_adds_up_to_a_tenth),
	cmocka_unit_test(no_pause_is_longer_than_eleven_days),
};

TEST_MAIN("schedule", tests)

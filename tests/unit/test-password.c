/* SPDX-License-Identifier: ISC */
/* test-password.c - passwords are kept so that they cannot be read back. */
#include "password.h"

#include <pthread.h>
#include <string.h>

#include "test.h"

/* Made with another implementation; the form is in people's databases. */
#define SALT "000102030405060708090a0b0c0d0e0f"
#define USUAL "scrypt:15:8:1:" SALT					\
	":c72e940880b3f15bff3fa26a3a49140f80ce9a1c4dd2d5d27bab10014071ba94"

/* The same password at a price that suits a test. */
#define HASH "e03288a2454338ec5e3dfc42c59c881797f26e9d4c7156c0b542d05f9fdd7ff9"
#define CHEAP "scrypt:4:1:2:" SALT ":" HASH
#define PASSWORD "correct horse battery"

static void
checks_a_hash_made_elsewhere(void **state)
{
	(void)state;
	assert_true(password_check(USUAL, PASSWORD));
	assert_true(password_check(CHEAP, PASSWORD));
	assert_true(password_check("scrypt:4:1:1:" SALT
	    ":9d57d5c6da5d5edb8f60808778e8a8d4"
	    "0741486e035b3dc1100a1910166179fc", ""));
	assert_true(password_check("scrypt:4:1:1:" SALT
	    ":3dbef7a8b1ef10a74d404a86d8c87759"
	    "21eb7ca2a955ca4aa72965d701a56a59",
	    "p\xc3\xa4ssw\xc3\xb6rter-\xc3\xb6\xc3\xa4\xc3\xbc"));
}

static void
refuses_any_other_password(void **state)
{
	static const char *const wrong[] = {
		"", "correct horse batterx", "Correct horse battery",
		"correct horse battery ", " correct horse battery",
		"correct horse batter", CHEAP, HASH,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(password_check(CHEAP, wrong[i]));
	assert_false(password_check(USUAL, "correct horse batterx"));
}

static void
hashing_checks_out_and_is_salted(void **state)
{
	char a[PASSWORD_STORED_SIZE], b[PASSWORD_STORED_SIZE];

	(void)state;
	password_hash(PASSWORD, a, sizeof(a));
	password_hash(PASSWORD, b, sizeof(b));
	assert_int_equal(strlen(a), strlen(USUAL));
	assert_memory_equal(a, USUAL, strlen("scrypt:15:8:1:"));
	assert_memory_not_equal(a + 14, b + 14, 32);
	assert_memory_not_equal(a + 47, b + 47, 64);
	assert_true(password_check(a, PASSWORD));
	assert_true(password_check(b, PASSWORD));
	assert_false(password_check(a, "correct horse batterx"));
}

static void
refuses_any_altered_digit_of_the_hash(void **state)
{
	char stored[] = CHEAP;

	(void)state;
	for (size_t i = strlen("scrypt:4:1:2:"); i < sizeof(stored) - 1; i++) {
		char digit = stored[i];

		stored[i] = digit == '0' ? '1' : '0';
		assert_false(password_check(stored, PASSWORD));
		stored[i] = digit;
	}
	assert_true(password_check(stored, PASSWORD));
}

static void
refuses_malformed_stored_forms(void **state)
{
	static const char *const wrong[] = {
		"", "scrypt", "scrypt:", "scrypt:4", "scrypt:4:1:2",
		"scrypt:4:1:2:", "scrypt:4:1:2:" SALT, "scrypt:4:1:2:" SALT ":",
		"scrypt:4:1:2:" SALT "." HASH,
		"scrypt:4:1:2:" SALT ":" HASH " ",
		"scrypt:4:1:2:" SALT ":" HASH "00",
		"scrypt:4:1:2:" SALT "00:" HASH,
		"scrypt:4:1:2:00:" HASH,
		"scrypt:4:1:2::" HASH,
		"scrypt:4:1:2:0001020304050607080g0a0b0c0d0e0f:" HASH,
		" scrypt:4:1:2:" SALT ":" HASH,
		"SCRYPT:4:1:2:" SALT ":" HASH,
		"bcrypt:4:1:2:" SALT ":" HASH,
		"scrypt:04:1:2:" SALT ":" HASH,
		"scrypt:+4:1:2:" SALT ":" HASH,
		"scrypt: 4:1:2:" SALT ":" HASH,
		"scrypt:4:1:2.0:" SALT ":" HASH,
		"scrypt::1:2:" SALT ":" HASH,
		PASSWORD,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(password_check(wrong[i], PASSWORD));
}

/*
 * A stored form must not make the host work for minutes, run dry, or stop.
 * The first three are right hashes: they fail for their parameters alone.
 */
static void
refuses_parameters_out_of_bounds(void **state)
{
	static const char *const wrong[] = {
		"scrypt:4:9:2:" SALT
		    ":31ce7f738647c7bba82d987ffb67d21b"
		    "e8e875778c8b4340e552f4d39e866436",
		"scrypt:4:1:5:" SALT
		    ":3a0640f5f97b6682ce97626c327a579e"
		    "2f33696de1c441c7d29f26d62b7adebe",
		"scrypt:18:2:1:" SALT
		    ":1ad48df9e608b3c034f7b112ae5cd80b"
		    "4c21b56008c4efdaae5806df0786753f",
		"scrypt:16:1:1:" SALT ":" HASH,
		"scrypt:17:1:1:" SALT ":" HASH,
		"scrypt:0:1:2:" SALT ":" HASH,
		"scrypt:4:0:2:" SALT ":" HASH,
		"scrypt:4:1:0:" SALT ":" HASH,
		"scrypt:-4:1:2:" SALT ":" HASH,
		"scrypt:18:1:2:" SALT ":" HASH,
		"scrypt:63:1:2:" SALT ":" HASH,
		"scrypt:64:1:2:" SALT ":" HASH,
		"scrypt:4:9:2:" SALT ":" HASH,
		"scrypt:4:1:5:" SALT ":" HASH,
		"scrypt:4294967300:1:2:" SALT ":" HASH,
		"scrypt:4:4294967297:2:" SALT ":" HASH,
		"scrypt:99999999999999999999:1:2:" SALT ":" HASH,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(password_check(wrong[i], PASSWORD));
}

/* The largest parameters allowed must fit the memory we grant them. */
static void
works_at_the_bounds(void **state)
{
	(void)state;
	assert_false(password_check("scrypt:17:8:4:" SALT ":" HASH, "x"));
	assert_false(password_check("scrypt:15:1:1:" SALT ":" HASH, "x"));
	assert_false(password_check("scrypt:1:1:1:" SALT ":" HASH, "x"));
}

static void
refuses_an_endless_password(void **state)
{
	char endless[PASSWORD_MAX + 2];

	(void)state;
	memset(endless, 'x', sizeof(endless));
	endless[PASSWORD_MAX + 1] = '\0';
	assert_false(password_check("scrypt:4:1:2:" SALT
	    ":2613b93647c9b43bc7070222280923d7"
	    "57d4aee0b5cc0c6cb9bba87fa3f2e57f", endless));
	endless[PASSWORD_MAX] = '\0';
	assert_true(password_check("scrypt:4:1:2:" SALT
	    ":fcc9e13de35d7459ede517fe9e1118be"
	    "50eeefed8982252c9685b6f547389e8d", endless));
}

static void
says_which_passwords_are_acceptable(void **state)
{
	char text[PASSWORD_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[PASSWORD_MAX + 1] = '\0';
	assert_string_equal(password_acceptable(text),
	    "The password has more than 256 bytes.");
	text[PASSWORD_MAX] = '\0';
	assert_null(password_acceptable(text));
	text[PASSWORD_MIN] = '\0';
	assert_null(password_acceptable(text));
	text[PASSWORD_MIN - 1] = '\0';
	assert_string_equal(password_acceptable(text),
	    "The password needs at least 12 characters.");
	assert_non_null(password_acceptable(""));
}

static void
a_made_password_is_long_clear_and_new(void **state)
{
	static const char clear[] = "0123456789abcdefghjkmnpqrstvwxyz";
	char made[PASSWORD_MADE_SIZE], other[PASSWORD_MADE_SIZE];
	bool seen[sizeof(clear)] = { false };

	(void)state;
	for (int i = 0; i < 100; i++) {
		password_make(made);
		assert_int_equal(strlen(made), 20);
		assert_int_equal(strspn(made, clear), 20);
		assert_null(password_acceptable(made));
		for (const char *p = made; *p != '\0'; p++)
			seen[strchr(clear, *p) - clear] = true;
	}
	/* In 2000 draws no character stays away by chance. */
	for (size_t i = 0; i < sizeof(clear) - 1; i++)
		assert_true(seen[i]);
	password_make(other);
	assert_string_not_equal(made, other);
}

static int64_t
processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Processor time, so that a busy machine does not count. */
static void
the_dummy_costs_as_much_as_a_check(void **state)
{
	(void)state;
	int64_t start = processor_ns();
	password_dummy_check();
	int64_t middle = processor_ns();
	password_check(USUAL, "correct horse batterx");
	int64_t end = processor_ns();

	assert_true(middle - start > (end - middle) / 4);
	assert_true(end - middle > (middle - start) / 4);
}

enum { WAITING = 5 };		/* more than are let in at once */

static void *
check_one(void *arg)
{
	bool *good = arg;

	char stored[PASSWORD_STORED_SIZE];

	password_hash_in_turn(PASSWORD, stored, sizeof(stored));
	*good = password_check_in_turn(USUAL, PASSWORD) &&
	    password_check_in_turn(stored, PASSWORD);
	return NULL;
}

static void
checks_in_turn_all_come_to_their_end(void **state)
{
	bool good[WAITING] = { false };
	pthread_t threads[WAITING];

	(void)state;
	for (int i = 0; i < WAITING; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, check_one,
		    &good[i]), 0);
	for (int i = 0; i < WAITING; i++) {
		pthread_join(threads[i], NULL);
		assert_true(good[i]);
	}
	assert_false(password_check_in_turn(USUAL, "correct horse batterx"));
	/* Nobody's password is nobody's, and takes as long. */
	int64_t start = processor_ns();
	assert_false(password_check_in_turn(NULL, "nobody's password"));
	int64_t middle = processor_ns();
	password_dummy_check();
	assert_true(middle - start > (processor_ns() - middle) / 4);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(checks_a_hash_made_elsewhere),
	cmocka_unit_test(refuses_any_other_password),
	cmocka_unit_test(hashing_checks_out_and_is_salted),
	cmocka_unit_test(refuses_any_altered_digit_of_the_hash),
	cmocka_unit_test(refuses_malformed_stored_forms),
	cmocka_unit_test(refuses_parameters_out_of_bounds),
	cmocka_unit_test(works_at_the_bounds),
	cmocka_unit_test(refuses_an_endless_password),
	cmocka_unit_test(says_which_passwords_are_acceptable),
	cmocka_unit_test(a_made_password_is_long_clear_and_new),
	cmocka_unit_test(the_dummy_costs_as_much_as_a_check),
	cmocka_unit_test(checks_in_turn_all_come_to_their_end),
};

TEST_MAIN("password", tests)

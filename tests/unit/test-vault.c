/* SPDX-License-Identifier: ISC */
/* test-vault.c - secrets at rest open for their owner only. */
#include "vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sig.h"
#include "test.h"

#define ZEROS_64							\
	"0000000000000000000000000000000000000000000000000000000000000000"
#define KEY_1 "00000001 "						\
	"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\n"
#define DERIVED								\
	"7d7bd95dbc456668deadb3372ae05091cea62f952d18a2329b61bcd71c490595"
#define KEY_2 "0000000a " ZEROS_64 "\n"

static char folder[64];
static char path[96];
static char why[256];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/clive-vault.XXXXXX", P_tmpdir);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/master.key", folder);
	return 0;
}

static int
drop_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void
write_file(const char *text, mode_t mode)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct vault *
open_keys(const char *text)
{
	write_file(text, 0600);
	struct vault *vault = vault_open(path, why, sizeof(why));
	if (vault == NULL)
		fail_msg("%s", why);
	return vault;
}

static void
assert_refused(const char *sentence)
{
	why[0] = '\0';
	assert_null(vault_open(path, why, sizeof(why)));
	if (strstr(why, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, sentence);
}

static void
a_created_key_seals_and_opens(void **state)
{
	uint8_t sealed[5 + VAULT_OVERHEAD];
	struct stat st;

	(void)state;
	assert_true(vault_create(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	struct vault *vault = vault_open(path, why, sizeof(why));
	assert_non_null(vault);

	struct arena *arena = arena_new();
	vault_seal(vault, "api_key:1", "hello", 5, sealed);
	assert_string_equal(vault_unseal(vault, "api_key:1", sealed,
	    sizeof(sealed), arena), "hello");
	arena_free(arena);
	vault_close(vault);
}

static void
create_never_replaces_a_key(void **state)
{
	char before[128] = "", after[128] = "";

	(void)state;
	assert_true(vault_create(path));
	FILE *f = fopen(path, "r");
	assert_non_null(fgets(before, sizeof(before), f));
	fclose(f);

	errno = 0;
	assert_false(vault_create(path));
	assert_int_equal(errno, EEXIST);
	f = fopen(path, "r");
	assert_non_null(fgets(after, sizeof(after), f));
	fclose(f);
	assert_string_equal(before, after);
}

static void
create_does_not_write_through_a_link(void **state)
{
	(void)state;
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_false(vault_create(path));
	assert_int_equal(errno, EEXIST);
}

static void
create_says_why_a_folder_is_missing(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/nowhere/master.key", folder);
	assert_false(vault_create(path));
	assert_int_equal(errno, ENOENT);
}

static void
create_takes_a_name_without_a_folder(void **state)
{
	(void)state;
	int home = open(".", O_RDONLY | O_DIRECTORY);
	assert_int_equal(chdir(folder), 0);
	bool created = vault_create("master.key");
	assert_int_equal(fchdir(home), 0);
	close(home);

	assert_true(created);
	struct vault *vault = vault_open(path, why, sizeof(why));
	assert_non_null(vault);
	vault_close(vault);
}

/* Made with other implementations; the layout is in people's databases. */
static void
opens_a_value_sealed_elsewhere(void **state)
{
	static const char hex[] = "0100000001" "a0a1a2a3a4a5a6a7a8a9aaab"
	    "caba621298c62e5b4e3c91b6b2c1ae2c816ceb2f1ffaf58fd0d24b";
	uint8_t sealed[64];
	const size_t n = (sizeof(hex) - 1) / 2;

	(void)state;
	assert_true(hex_decode(hex, sizeof(hex) - 1, sealed, n));
	struct vault *vault = open_keys(KEY_1);
	struct arena *arena = arena_new();
	assert_string_equal(vault_unseal(vault, "processor:stripe", sealed, n,
	    arena), "sk_test_123");
	arena_free(arena);
	vault_close(vault);
}

static void
sealing_the_same_twice_differs(void **state)
{
	uint8_t a[4 + VAULT_OVERHEAD], b[4 + VAULT_OVERHEAD];

	(void)state;
	struct vault *vault = open_keys(KEY_1);
	vault_seal(vault, "c", "same", 4, a);
	vault_seal(vault, "c", "same", 4, b);
	assert_memory_equal(a, b, 5);
	assert_memory_not_equal(a + 5, b + 5, 12);
	assert_memory_not_equal(a + 17, b + 17, 4);
	vault_close(vault);
}

static void
seals_nothing_and_zero_bytes(void **state)
{
	uint8_t sealed[3 + VAULT_OVERHEAD];

	(void)state;
	struct vault *vault = open_keys(KEY_1);
	struct arena *arena = arena_new();
	vault_seal(vault, "", NULL, 0, sealed);
	assert_string_equal(vault_unseal(vault, "", sealed, VAULT_OVERHEAD,
	    arena), "");
	assert_null(vault_unseal(vault, "x", sealed, VAULT_OVERHEAD, arena));
	vault_seal(vault, "c", "a\0b", 3, sealed);
	assert_memory_equal(vault_unseal(vault, "c", sealed, sizeof(sealed),
	    arena), "a\0b", 4);
	arena_free(arena);
	vault_close(vault);
}

static void
refuses_a_value_of_another_row(void **state)
{
	static const char *const contexts[] = {
		"api_key:2", "api_key:11", "api_key:", "", "API_KEY:1",
	};
	uint8_t sealed[5 + VAULT_OVERHEAD];

	(void)state;
	struct vault *vault = open_keys(KEY_1);
	struct arena *arena = arena_new();
	vault_seal(vault, "api_key:1", "hello", 5, sealed);
	for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++)
		assert_null(vault_unseal(vault, contexts[i], sealed,
		    sizeof(sealed), arena));
	arena_free(arena);
	vault_close(vault);
}

static void
refuses_any_altered_bit(void **state)
{
	uint8_t sealed[5 + VAULT_OVERHEAD];

	(void)state;
	struct vault *vault = open_keys(KEY_1 KEY_2);
	struct arena *arena = arena_new();
	vault_seal(vault, "c", "hello", 5, sealed);
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_null(vault_unseal(vault, "c", sealed, sizeof(sealed),
		    arena));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_non_null(vault_unseal(vault, "c", sealed, sizeof(sealed),
	    arena));
	arena_free(arena);
	vault_close(vault);
}

static void
refuses_any_other_length(void **state)
{
	uint8_t sealed[5 + VAULT_OVERHEAD + 1] = { 0 };

	(void)state;
	struct vault *vault = open_keys(KEY_1);
	struct arena *arena = arena_new();
	vault_seal(vault, "c", "hello", 5, sealed);
	for (size_t n = 0; n <= sizeof(sealed); n++)
		if (n != 5 + VAULT_OVERHEAD)
			assert_null(vault_unseal(vault, "c", sealed, n,
			    arena));
	assert_null(vault_unseal(vault, "c", NULL, 0, arena));
	arena_free(arena);
	vault_close(vault);
}

static void
the_first_key_seals_and_all_keys_open(void **state)
{
	uint8_t old[3 + VAULT_OVERHEAD], new[3 + VAULT_OVERHEAD];
	struct arena *arena = arena_new();

	(void)state;
	struct vault *vault = open_keys(KEY_1);
	vault_seal(vault, "c", "old", 3, old);
	vault_close(vault);

	vault = open_keys(KEY_2 KEY_1);
	vault_seal(vault, "c", "new", 3, new);
	assert_memory_equal(new + 1, "\0\0\0\x0a", 4);
	assert_string_equal(vault_unseal(vault, "c", old, sizeof(old), arena),
	    "old");
	assert_string_equal(vault_unseal(vault, "c", new, sizeof(new), arena),
	    "new");
	vault_close(vault);

	vault = open_keys(KEY_2);
	assert_null(vault_unseal(vault, "c", old, sizeof(old), arena));
	vault_close(vault);
	arena_free(arena);
}

static void
derives_from_the_first_key(void **state)
{
	uint8_t derived[32];
	char hex[65];

	(void)state;
	struct vault *vault = open_keys(KEY_1 KEY_2);
	vault_derive(vault, "operator-token", derived);
	hex_encode(derived, sizeof(derived), hex);
	assert_string_equal(hex, DERIVED);
	vault_derive(vault, "operator-tokem", derived);
	hex_encode(derived, sizeof(derived), hex);
	assert_string_not_equal(hex, DERIVED);
	vault_close(vault);
}

static void
takes_a_last_line_without_line_feed(void **state)
{
	(void)state;
	vault_close(open_keys("0000000A " ZEROS_64));
	vault_close(NULL);
}

static void
refuses_malformed_key_files(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ "", "holds no key" },
		{ "\n", ":1: not a new key id" },
		{ KEY_1 "\n", ":2: not a new key id" },
		{ "0000000a\t" ZEROS_64 "\n", ":1: not a new key id" },
		{ "0000000a  " ZEROS_64 "\n", ":1: not a new key id" },
		{ " 0000000a " ZEROS_64 "\n", ":1: not a new key id" },
		{ "0000000a " ZEROS_64 " \n", ":1: not a new key id" },
		{ "0000000a " ZEROS_64 "\r\n", ":1: not a new key id" },
		{ "0000000a " ZEROS_64 "0\n", ":1: not a new key id" },
		{ "0000000 0" ZEROS_64 "\n", ":1: not a new key id" },
		{ "000000ag " ZEROS_64 "\n", ":1: not a new key id" },
		{ "# a comment\n" KEY_1, ":1: not a new key id" },
		{ KEY_1 KEY_2 KEY_1, ":3: not a new key id" },
		{ KEY_2 "0000000A " ZEROS_64 "\n", ":2: not a new key id" },
		{ KEY_1 "0000000a", ":2: not a new key id" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file(rows[i].text, 0600);
		assert_refused(rows[i].sentence);
	}
}

static void
takes_sixteen_keys_and_no_more(void **state)
{
	char text[2048] = "";
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 16; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%08x " ZEROS_64 "\n", i);
	vault_close(open_keys(text));
	snprintf(text + n, sizeof(text) - n, "%08x " ZEROS_64 "\n", 16);
	write_file(text, 0600);
	assert_refused("more than 16 keys");
}

static void
a_refusal_never_shows_the_key(void **state)
{
	(void)state;
	write_file("0000000b deadbeefdeadbeef\n", 0600);
	assert_refused(":1:");
	assert_null(strstr(why, "deadbeef"));
}

static void
refuses_a_file_open_to_others(void **state)
{
	static const mode_t modes[] = {
		0640, 0620, 0610, 0604, 0602, 0601, 0644, 0660, 0666, 0777
	};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file(KEY_1, modes[i]);
		assert_refused("open to group or others");
	}
	write_file(KEY_1, 0400);
	vault_close(vault_open(path, why, sizeof(why)));
}

static void
refuses_what_is_no_file_of_its_own(void **state)
{
	char target[112];

	(void)state;
	assert_refused(strerror(ENOENT));
	write_file(KEY_1, 0600);
	snprintf(target, sizeof(target), "%s/real.key", folder);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink("real.key", path), 0);
	assert_refused(strerror(ELOOP));
	unlink(path);
	unlink(target);

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("not a regular file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused("not a regular file");
	rmdir(path);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)

static const struct CMUnitTest tests[] = {
	CASE(a_created_key_seals_and_opens),
	CASE(create_never_replaces_a_key),
	CASE(create_does_not_write_through_a_link),
	CASE(create_says_why_a_folder_is_missing),
	CASE(create_takes_a_name_without_a_folder),
	CASE(opens_a_value_sealed_elsewhere),
	CASE(sealing_the_same_twice_differs),
	CASE(seals_nothing_and_zero_bytes),
	CASE(refuses_a_value_of_another_row),
	CASE(refuses_any_altered_bit),
	CASE(refuses_any_other_length),
	CASE(the_first_key_seals_and_all_keys_open),
	CASE(derives_from_the_first_key),
	CASE(takes_a_last_line_without_line_feed),
	CASE(refuses_malformed_key_files),
	CASE(takes_sixteen_keys_and_no_more),
	CASE(a_refusal_never_shows_the_key),
	CASE(refuses_a_file_open_to_others),
	CASE(refuses_what_is_no_file_of_its_own),
};

TEST_MAIN("vault", tests)

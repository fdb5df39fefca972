/* SPDX-License-Identifier: ISC */
/* vault.c - secrets at rest: AES-256-GCM under the master key. */
#include "vault.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "sig.h"

enum {
	VERSION = 1,
	ID_BYTES = 4,
	KEY_BYTES = 32,
	NONCE_BYTES = 12,
	TAG_BYTES = 16,
	HEAD_BYTES = 1 + ID_BYTES + NONCE_BYTES,

	/* Eight digits, a blank, 64 digits; the line feed comes on top. */
	LINE_CHARS = 2 * ID_BYTES + 1 + 2 * KEY_BYTES,
	KEYS_MAX = 16,
	FILE_MAX = KEYS_MAX * (LINE_CHARS + 1)
};

struct key {
	uint8_t	id[ID_BYTES];
	uint8_t	bytes[KEY_BYTES];
};

struct vault {
	struct key	keys[KEYS_MAX];
	size_t		count;		/* at least one; the first seals */
	char		path[1024];	/* "": is not looked at again */
	struct stat	file;		/* as it was read */
};

static bool __attribute__((format(printf, 3, 4)))
refuse(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return false;
}

/* Reads until n bytes or the end of the file; -1 with errno. */
static ssize_t
read_all(int fd, char *data, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, data + got, n - got);

		if (r == 0)
			break;
		if (r < 0 && errno != EINTR)
			return -1;
		if (r > 0)
			got += (size_t)r;
	}
	return (ssize_t)got;
}

static bool
write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, data, n);

		if (w < 0 && errno != EINTR)
			return false;
		if (w > 0) {
			data += w;
			n -= (size_t)w;
		}
	}
	return true;
}

static const struct key *
find_key(const struct vault *vault, const uint8_t *id)
{
	for (size_t i = 0; i < vault->count; i++)
		if (memcmp(vault->keys[i].id, id, ID_BYTES) == 0)
			return &vault->keys[i];
	return NULL;
}

/* Reads "<8 hex> <64 hex>"; two lines of one id would make it ambiguous. */
static bool
add_key(struct vault *vault, const char *line, size_t n)
{
	struct key *key = &vault->keys[vault->count];

	if (vault->count == KEYS_MAX || n != LINE_CHARS ||
	    line[2 * ID_BYTES] != ' ' ||
	    !hex_decode(line, 2 * ID_BYTES, key->id, ID_BYTES) ||
	    !hex_decode(line + 2 * ID_BYTES + 1, 2 * KEY_BYTES, key->bytes,
	    KEY_BYTES) || find_key(vault, key->id) != NULL)
		return false;
	vault->count++;
	return true;
}

static bool
parse_keys(struct vault *vault, const char *path, const char *text, size_t n,
    char *why, size_t size)
{
	if (n == 0)
		return refuse(why, size, "%s: holds no key", path);
	for (int line = 1; n > 0; line++) {
		const char *end = memchr(text, '\n', n);
		size_t len = end != NULL ? (size_t)(end - text) : n;

		if (!add_key(vault, text, len))
			return refuse(why, size,
			    "%s:%d: not a new key id and its key", path, line);
		len += end != NULL;
		text += len;
		n -= len;
	}
	return true;
}

/* The text of the file into data, provided that nobody else can read it. */
static bool
read_private(int fd, const char *path, char *data, size_t *n, char *why,
    size_t size)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return refuse(why, size, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(why, size, "%s: not a regular file", path);
	if ((st.st_mode & 077) != 0)
		return refuse(why, size,
		    "%s: open to group or others; set its mode to 0600", path);
	ssize_t got = read_all(fd, data, FILE_MAX + 1);
	if (got < 0)
		return refuse(why, size, "%s: %s", path, strerror(errno));
	if (got > FILE_MAX)
		return refuse(why, size, "%s: more than %d keys", path,
		    KEYS_MAX);
	*n = (size_t)got;
	return true;
}

/* Remembers which file it was, to know when it is another one. */
static void
note_file(struct vault *vault, int fd, const char *path)
{
	if (strlen(path) < sizeof(vault->path) &&
	    fstat(fd, &vault->file) == 0)
		memcpy(vault->path, path, strlen(path) + 1);
}

struct vault *
vault_open(const char *path, char *why, size_t size)
{
	/* O_NONBLOCK: a pipe of that name must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1) {
		refuse(why, size, "%s: %s", path, strerror(errno));
		return NULL;
	}

	struct vault *vault = calloc(1, sizeof(*vault));
	if (vault == NULL)
		sig_die("calloc");
	char text[FILE_MAX + 1];
	size_t n = 0;
	bool good = read_private(fd, path, text, &n, why, size) &&
	    parse_keys(vault, path, text, n, why, size);
	note_file(vault, fd, path);
	close(fd);
	sig_wipe(text, sizeof(text));
	if (good)
		return vault;
	vault_close(vault);
	return NULL;
}

void
vault_close(struct vault *vault)
{
	if (vault == NULL)
		return;
	sig_wipe(vault, sizeof(*vault));
	free(vault);
}

/* A new file survives a power cut only when its folder is synced as well. */
static bool
sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") :
	    strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (folder == NULL)
		sig_die("strdup");

	int fd = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	free(folder);
	if (fd == -1)
		return false;
	bool good = fsync(fd) == 0;
	int saved = errno;
	close(fd);
	errno = saved;
	return good;
}

static bool
write_key(int fd, const struct key *key)
{
	char line[LINE_CHARS + 2];

	hex_encode(key->id, ID_BYTES, line);
	line[2 * ID_BYTES] = ' ';
	hex_encode(key->bytes, KEY_BYTES, line + 2 * ID_BYTES + 1);
	line[LINE_CHARS] = '\n';
	bool good = write_all(fd, line, LINE_CHARS + 1);
	sig_wipe(line, sizeof(line));
	return good;
}

/* Writes a new file with these keys; false with errno, and without it. */
static bool
write_file(const char *path, const struct key *keys, size_t count)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd == -1)
		return false;

	bool good = true;
	for (size_t i = 0; good && i < count; i++)
		good = write_key(fd, &keys[i]);
	good = good && fsync(fd) == 0;
	int saved = errno;
	if (close(fd) != 0 && good) {
		good = false;
		saved = errno;
	}
	if (good && sync_folder_of(path))
		return true;
	if (good)
		saved = errno;
	/* Half a key must not stand in the way of the next attempt. */
	unlink(path);
	errno = saved;
	return false;
}

bool
vault_create(const char *path)
{
	struct key key;

	sig_random(&key, sizeof(key));
	bool good = write_file(path, &key, 1);
	sig_wipe(&key, sizeof(key));
	return good;
}

/* Puts these keys in place of the file, which is always a whole one. */
static bool
replace_file(const char *path, const struct key *keys, size_t count,
    char *why, size_t size)
{
	char new[1024 + 8];

	snprintf(new, sizeof(new), "%s.new", path);
	/* Of a try that was killed. */
	unlink(new);
	if (write_file(new, keys, count)) {
		if (rename(new, path) == 0 && sync_folder_of(path))
			return true;
		int saved = errno;
		unlink(new);
		errno = saved;
	}
	return refuse(why, size, "%s: %s", path, strerror(errno));
}

bool
vault_add_key(const char *path, char *why, size_t size)
{
	struct vault *vault = vault_open(path, why, size);
	struct key keys[KEYS_MAX];

	if (vault == NULL)
		return false;
	bool good = vault->count < KEYS_MAX || refuse(why, size, "%s: has "
	    "%d keys already", path, KEYS_MAX);
	if (good) {
		do
			sig_random(&keys[0], sizeof(keys[0]));
		while (find_key(vault, keys[0].id) != NULL);
		memcpy(keys + 1, vault->keys, vault->count * sizeof(keys[0]));
		good = replace_file(path, keys, vault->count + 1, why, size);
		sig_wipe(keys, sizeof(keys));
	}
	vault_close(vault);
	return good;
}

bool
vault_drop_keys(const char *path, char *why, size_t size)
{
	struct vault *vault = vault_open(path, why, size);

	if (vault == NULL)
		return false;
	bool good = replace_file(path, vault->keys, 1, why, size);
	vault_close(vault);
	return good;
}

/*
 * The keys as the file has them now, where that is another file than the one
 * that was read: to be closed after use. NULL: they are the same, or nobody
 * can tell.
 */
static struct vault *
newer(const struct vault *vault)
{
	const struct stat *old = &vault->file;
	struct stat st;
	char why[256];

	if (vault->path[0] == '\0' || stat(vault->path, &st) != 0 ||
	    (st.st_ino == old->st_ino && st.st_dev == old->st_dev &&
	    st.st_mtim.tv_sec == old->st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == old->st_mtim.tv_nsec))
		return NULL;
	return vault_open(vault->path, why, sizeof(why));
}

size_t
vault_keys(const struct vault *vault)
{
	return vault->count;
}

char *
vault_key_id(const struct vault *vault, size_t number,
    char out[VAULT_ID_SIZE])
{
	hex_encode(vault->keys[number].id, ID_BYTES, out);
	return out;
}

int
vault_key_of(const struct vault *vault, const void *sealed, size_t n)
{
	const uint8_t *p = sealed;

	if (p == NULL || n < VAULT_OVERHEAD || p[0] != VERSION)
		return -1;
	const struct key *key = find_key(vault, p + 1);
	return key != NULL ? (int)(key - vault->keys) : -1;
}

static void
seal(const struct key *key, const char *context, const void *plain,
    size_t n, uint8_t *out)
{
	uint8_t *nonce = out + 1 + ID_BYTES;
	uint8_t *text = out + HEAD_BYTES;
	int len = 0;

	if (n > INT_MAX)
		sig_die("sealing so much");
	out[0] = VERSION;
	memcpy(out + 1, key->id, ID_BYTES);
	sig_random(nonce, NONCE_BYTES);

	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL,
	    key->bytes, nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &len, (const uint8_t *)context,
	    (int)strlen(context)) != 1)
		sig_die("AES-256-GCM");
	if (n > 0 && EVP_EncryptUpdate(ctx, text, &len, plain, (int)n) != 1)
		sig_die("AES-256-GCM");
	if (EVP_EncryptFinal_ex(ctx, text + n, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
	    text + n) != 1)
		sig_die("AES-256-GCM");
	EVP_CIPHER_CTX_free(ctx);
}

void
vault_seal(const struct vault *vault, const char *context, const void *plain,
    size_t n, uint8_t *out)
{
	struct vault *fresh = newer(vault);

	seal(fresh != NULL ? &fresh->keys[0] : &vault->keys[0], context,
	    plain, n, out);
	vault_close(fresh);
}

/* Decrypts n bytes that the tag follows; false where the tag is another. */
static bool
decrypt(const struct key *key, const char *context, const uint8_t *nonce,
    const uint8_t *text, size_t n, char *plain)
{
	uint8_t tag[TAG_BYTES];
	uint8_t *out = (uint8_t *)plain;
	int len = 0;

	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL,
	    key->bytes, nonce) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &len, (const uint8_t *)context,
	    (int)strlen(context)) != 1)
		sig_die("AES-256-GCM");
	if (n > 0 && EVP_DecryptUpdate(ctx, out, &len, text, (int)n) != 1)
		sig_die("AES-256-GCM");
	memcpy(tag, text + n, TAG_BYTES);
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
	    tag) != 1)
		sig_die("AES-256-GCM");
	bool genuine = EVP_DecryptFinal_ex(ctx, out + n, &len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return genuine;
}

char *
vault_unseal(const struct vault *vault, const char *context,
    const void *sealed, size_t n, struct arena *arena)
{
	const uint8_t *p = sealed;

	if (p == NULL || n < VAULT_OVERHEAD || n > INT_MAX || p[0] != VERSION)
		return NULL;
	const struct key *key = find_key(vault, p + 1);
	struct vault *fresh = key == NULL ? newer(vault) : NULL;
	if (fresh != NULL)
		key = find_key(fresh, p + 1);
	if (key == NULL) {
		vault_close(fresh);
		return NULL;
	}
	n -= VAULT_OVERHEAD;
	char *plain = arena_alloc(arena, n + 1);
	bool good = decrypt(key, context, p + 1 + ID_BYTES, p + HEAD_BYTES, n,
	    plain);
	vault_close(fresh);
	if (good) {
		plain[n] = '\0';
		return plain;
	}
	/* GCM has decrypted before it could tell: nobody may see that. */
	sig_wipe(plain, n);
	return NULL;
}

bool
vault_derive_nth(const struct vault *vault, size_t number,
    const char *purpose, uint8_t out[32])
{
	struct vault *fresh = newer(vault);
	const struct vault *v = fresh != NULL ? fresh : vault;
	bool good = number < v->count;

	if (good)
		sig_hmac(v->keys[number].bytes, KEY_BYTES, purpose,
		    strlen(purpose), out);
	vault_close(fresh);
	return good;
}

void
vault_derive(const struct vault *vault, const char *purpose, uint8_t out[32])
{
	(void)vault_derive_nth(vault, 0, purpose, out);
}

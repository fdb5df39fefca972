/* SPDX-License-Identifier: ISC */
/*
 * vault.h - secrets at rest: AES-256-GCM under the master key.
 *
 * The master key file (var/master.key, mode 0600) holds one line a key:
 * eight hex digits of key id, a blank, 64 hex digits of key. The first line
 * seals; every line opens, so a second key can be brought in before the old
 * one is dropped (clive rekey). A program that runs meanwhile sees that the
 * file is another one and goes by it from then on.
 *
 * Sealed form: version byte 1, 4 bytes key id, 12 bytes nonce, ciphertext,
 * 16 bytes tag. The context (for instance "api_key:<id>") is authenticated
 * with it: a sealed value moved to another row does not open.
 */
#ifndef VAULT_H
#define VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct vault;

enum { VAULT_OVERHEAD = 1 + 4 + 12 + 16 };	/* bytes added by sealing */

/*
 * Reads a master key file. NULL with a sentence in why (size bytes) where it
 * is missing, malformed, or open to group or others. Free with vault_close.
 */
struct vault	*vault_open(const char *path, char *why, size_t size);
void		 vault_close(struct vault *);

/* Writes a new master key file, mode 0600; false with errno where it exists. */
bool		 vault_create(const char *path);

/* Seals n bytes into out, which holds n + VAULT_OVERHEAD bytes. */
void		 vault_seal(const struct vault *, const char *context,
		    const void *plain, size_t n, uint8_t *out);

/*
 * Opens a sealed value into the arena, NUL-terminated; NULL where the key is
 * unknown or the value was altered or belongs elsewhere. Wipe it after use.
 */
char		*vault_unseal(const struct vault *, const char *context,
		    const void *sealed, size_t n, struct arena *);

/*
 * 32 bytes for a purpose ("operator-token"), derived from the first key:
 * HMAC-SHA256(key, purpose).
 */
void		 vault_derive(const struct vault *, const char *purpose,
		    uint8_t out[32]);

/*
 * The same from the key of this number, 0 being the first: what was derived
 * before a new key came is to be recognized as long as the old one is there.
 * False: there are not so many keys.
 */
bool		 vault_derive_nth(const struct vault *, size_t number,
		    const char *purpose, uint8_t out[32]);

/* How many keys there are. */
size_t		 vault_keys(const struct vault *);

enum { VAULT_ID_SIZE = 9 };	/* bytes that hold the name of a key */

/* The name of the key of this number, which is no secret. Returns out. */
char		*vault_key_id(const struct vault *, size_t number,
		    char out[VAULT_ID_SIZE]);

/*
 * The number of the key that a value is sealed under; -1: none of ours, or it
 * is no sealed value.
 */
int		 vault_key_of(const struct vault *, const void *sealed,
		    size_t n);

/*
 * Puts a new key in front of those in the file, which is replaced as a whole.
 * False with a sentence in why, and the file as it was.
 */
bool		 vault_add_key(const char *path, char *why, size_t size);

/* Leaves the first key alone in the file; likewise. */
bool		 vault_drop_keys(const char *path, char *why, size_t size);

#endif

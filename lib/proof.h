/* SPDX-License-Identifier: ISC */
/*
 * proof.h - the challenge that shows that a URL wants our webhooks.
 *
 * It is an event of the type endpoint_challenge, signed like all others:
 *   {"event":"endpoint_challenge","endpoint_id":"we_...","challenge":"<hex>"}
 * Whoever answers 2xx with the challenge has read it, and so does want them.
 */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>

#include "buf.h"
#include "arena.h"

#define PROOF_EVENT "endpoint_challenge"

/* Writes the body of a new challenge: 256 random bits. */
void	proof_write(struct buf *, const char *endpoint_id);

/*
 * Does an answer's body repeat the challenge of an event's: as it is, blanks
 * around it allowed, or as the member "challenge" of a JSON object?
 */
bool	proof_answered(struct slice event, struct slice answer);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * sender-attempt.h - one attempt to deliver one event, over libcurl.
 *
 * An attempt posts the event's bytes to a URL and keeps what was sent and
 * what came back. It follows no redirect, uses no proxy, speaks http and
 * https only, and connects to no address that lib/address.h refuses: the
 * check is made on the very address that is about to be connected, so a name
 * that resolves differently the next time gains nothing. What a receiver can
 * make us keep is bounded.
 */
#ifndef SENDER_ATTEMPT_H
#define SENDER_ATTEMPT_H

#include <curl/curl.h>

#include "buf.h"
#include "conf.h"
#include "id.h"
#include "sig.h"

enum {
	SENDER_ANSWER_KEPT = 16 * 1024,	/* bytes of a body on record */
	SENDER_ANSWER_READ = 256 * 1024	/* after so many we hang up */
};

struct sender_receiver;

enum sender_state {
	SENDER_FREE,
	SENDER_UNDER_WAY,
	SENDER_ENDED		/* but not on record yet */
};

struct sender_attempt {
	enum sender_state	 state;

	/* What is delivered. */
	char			 delivery[ID_SIZE];
	char			 endpoint[ID_SIZE];
	char			 tx[ID_SIZE];	/* clive_tx_id */
	struct buf		 body;
	int64_t			 number;	/* 1, 2, 3 ... */
	int64_t			 max_attempts;
	struct sender_receiver	*receiver;	/* whose place it takes */

	/* What came of it. */
	struct buf		 head;		/* request line and headers */
	struct buf		 answer;	/* the first bytes of the body */
	int64_t			 status;	/* -1: none came */
	char			 error[CURL_ERROR_SIZE + 64];	/* "" */
	int64_t			 started_at, ended_at;	/* clock_now */
	int64_t			 duration_ms;

	/* For sender-attempt.c alone. */
	CURL			*easy;		/* kept from one to the next */
	struct curl_slist	*headers;
	char			 curl_error[CURL_ERROR_SIZE];
	char			 refused[64];	/* the address we refused */
	bool			 allow_loopback;
	int64_t			 timeout_ms;
	int64_t			 started;	/* clock_monotonic */
	size_t			 answer_head;	/* bytes read of the answer */
	size_t			 answer_body;
	bool			 cut;		/* we hung up on a long body */
};

/* A free attempt; free it with sender_attempt_free. */
void	sender_attempt_init(struct sender_attempt *);
void	sender_attempt_free(struct sender_attempt *);

/*
 * Makes an attempt free for its next use. What it delivers is filled in
 * afterwards, then it is started or failed.
 */
void	sender_attempt_reset(struct sender_attempt *);

/* Sends it on its way. */
void	sender_attempt_start(struct sender_attempt *, CURLM *,
	    const struct conf *, const char *url,
	    const char signature[SHA256_HEX_SIZE]);

/* Ends it before anything was sent, for a reason in words. */
void	sender_attempt_fail(struct sender_attempt *, const char *error);

/* The next attempt that has ended by itself, or NULL. */
struct sender_attempt *sender_attempt_next_ended(CURLM *);

/* Did the receiver take it: a complete answer with any 2xx? */
bool	sender_attempt_good(const struct sender_attempt *);

/*
 * Adds a piece of a request's head as libcurl sends it. A piece that begins
 * a head after a complete one starts afresh: libcurl sends again when a kept
 * connection turns out to be dead, and what was sent last is what counts.
 */
void	sender_attempt_head(struct buf *, const char *, size_t);

#endif

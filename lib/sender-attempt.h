/* SPDX-License-Identifier: ISC */
/*
 * sender-attempt.h - one attempt to deliver one event, over libcurl.
 *
 * An attempt posts the event's bytes to a URL and keeps what was sent and
 * what came back. It follows no redirect, uses no proxy, speaks http and
 * https only, and goes nowhere that lib/egress.h refuses. What a receiver can
 * make us keep is bounded.
 *
 * A host name is looked up by lib/resolver.h and the whole answer judged;
 * then libcurl is given these addresses as the ones of the host
 * (CURLOPT_RESOLVE), so that it asks no name server, and a name that is
 * elsewhere a moment later gains nothing. TLS still checks the name. That
 * libcurl does as it is told is checked once more where it opens a socket:
 * there is none but to an address that was judged.
 *
 * Nothing of libcurl's own would do. Its hooks see one address at a time, as
 * it is connected, so that of a public and a private address in one answer
 * the public one would be used; and to resolve within a hook would stop all
 * other attempts.
 */
#ifndef SENDER_ATTEMPT_H
#define SENDER_ATTEMPT_H

#include <curl/curl.h>

#include "buf.h"
#include "conf.h"
#include "egress.h"
#include "id.h"
#include "resolver.h"
#include "schedule.h"
#include "sig.h"
#include "webhook-sign.h"

enum {
	SENDER_HEAD_KEPT = 4 * 1024,	/* bytes of an answer's head on record */
	SENDER_ANSWER_KEPT = 16 * 1024,	/* bytes of a body on record */
	SENDER_ANSWER_READ = 256 * 1024, /* after so many we hang up */
	SENDER_PINS_MAX = 8	/* addresses of a host that are tried */
};

struct sender_receiver;

enum sender_state {
	SENDER_FREE,
	SENDER_READY,		/* to be sent */
	SENDER_UNDER_WAY,
	SENDER_ENDED		/* but not on record yet */
};

struct sender_attempt {
	enum sender_state	 state;
	struct sender_attempt	*next;		/* in a list */
	int64_t			 lease_until;	/* for sender-clerk.c alone */

	/* What is delivered. */
	char			 delivery[ID_SIZE];
	char			 endpoint[ID_SIZE];
	char			 event[ID_SIZE];
	char			 tx[ID_SIZE];	/* clive_tx_id; "": none */
	struct buf		 body;
	int64_t			 number;	/* 1, 2, 3 ... */
	int64_t			 used;		/* by the schedule, before it */
	int64_t			 next_attempt_at;	/* when it was due */
	struct schedule		 schedule;
	bool			 probe;		/* of a disabled endpoint */
	bool			 proof;		/* the answer must repeat the
						   challenge */
	bool			 ordered;	/* later events wait for it */
	struct sender_receiver	*receiver;	/* whose place it takes */

	/* What came of it. */
	struct buf		 head;		/* request line and headers */
	struct buf		 answer_head;	/* the first bytes of it */
	struct buf		 answer;	/* the first bytes of the body */
	int64_t			 status;	/* -1: none came */
	char			 error[CURL_ERROR_SIZE + 64];	/* "" */
	int64_t			 started_at, ended_at;	/* clock_now */
	int64_t			 duration_ms;
	int64_t			 retry_after_ms;	/* 0: not said */
	size_t			 answer_body;	/* bytes of it that we read */
	bool			 bad;		/* counted in receiver->bad */

	/* For sender-attempt.c alone. */
	CURL			*easy;		/* while it is under way */
	struct buf		 lines;		/* URL, then signatures */
	struct curl_slist	 headers[WEBHOOK_SIGN_HEADERS + 2];
	char			 curl_error[CURL_ERROR_SIZE];
	struct egress_target	 target;
	int64_t			 ready_at;	/* clock_monotonic */
	struct address		 pins[SENDER_PINS_MAX];	/* judged; no others */
	size_t			 pin_count;
	struct curl_slist	*pinned;	/* the same for libcurl */
	char			 refused[ADDRESS_TEXT_SIZE]; /* none of them */
	const struct conf	*conf;
	struct resolver		*names;
	CURLM			*multi;
	int64_t			 timeout_ms;
	int64_t			 started;	/* clock_monotonic */
	size_t			 head_read;	/* bytes of the answer's head */
	bool			 cut;		/* we hung up on a long body */
};

/* Attempts in a row. */
struct sender_list {
	struct sender_attempt	*first, **last;
	size_t			 n;
};

void	sender_list_init(struct sender_list *);
void	sender_list_add(struct sender_list *, struct sender_attempt *);
/* The first, or NULL. */
struct sender_attempt *sender_list_take(struct sender_list *);
/* Puts all of the other's behind its own. */
void	sender_list_join(struct sender_list *, struct sender_list *);

/* A free attempt; free it with sender_attempt_free. */
void	sender_attempt_init(struct sender_attempt *, const struct conf *);
void	sender_attempt_free(struct sender_attempt *);

/*
 * Makes an attempt free for its next use. What it delivers is filled in
 * afterwards, then it is made ready or failed.
 */
void	sender_attempt_reset(struct sender_attempt *);

/*
 * Makes it ready to be sent, signed, or fails it where the URL is not to be
 * used; URL and headers are copied.
 */
void	sender_attempt_prepare(struct sender_attempt *, const char *url,
	    const struct webhook_header signatures[WEBHOOK_SIGN_HEADERS]);

/* A handle for attempts, one at a time. Never NULL. */
CURL	*sender_attempt_easy(void);

/* Sends one on its way that is ready, on a handle that is free. */
void	sender_attempt_start(struct sender_attempt *, CURL *, CURLM *,
	    struct resolver *);

/*
 * Moves on those whose host's name has been looked up meanwhile, or was not
 * in time. The resolver wakes the CURLM when there are such.
 */
void	sender_attempt_resume(struct resolver *);

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

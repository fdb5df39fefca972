/* SPDX-License-Identifier: ISC */
/*
 * box.h - the frame of a sandbox program: requests in, replies out, trouble
 * on order.
 *
 * A stand-in of a processor is a program of its own on the sandbox port. It
 * does not run in live mode: there it answers 503. Everything it knows is in
 * var/sandbox.db (store.h), everything it shows are documents (doc.h).
 */
#ifndef BOX_H
#define BOX_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "cgi.h"
#include "conf.h"
#include "form.h"
#include "id.h"
#include "store.h"

enum {
	BOX_PARTS_MAX = 8,	/* segments of a path below the program's */
	BOX_TICK_MS = 25	/* pause between two rounds of the background */
};

/* What every piece of a stand-in works with. */
struct box {
	const struct conf	*conf;
	struct store		*store;
	struct arena		*arena;
	int64_t			 now;	/* ms of the sandbox clock */
};

/*
 * Trouble that POST /control/faults orders. "Before" means that the work was
 * not done, "after" that it was.
 *
 * A program behind a web server cannot reset the caller's connection. The
 * two resets promise a body of 1 MiB and stop after one byte of it, so the
 * web server closes the connection early: curl says error 18 (libcurl:
 * CURLE_PARTIAL_FILE), the stripe npm client StripeConnectionError. That
 * client repeats a request by itself only where no status line came; to see
 * it do so order status_503_after, which is what a proxy says that lost the
 * answer.
 */
enum box_fault {
	BOX_NO_FAULT,
	BOX_DELAY,		/* works, ms later */
	BOX_RESET_BEFORE,
	BOX_RESET_AFTER,
	BOX_STATUS_409,		/* before */
	BOX_STATUS_429,		/* before */
	BOX_STATUS_500,		/* before, and remembered under the key */
	BOX_STATUS_500_AFTER,	/* after, and remembered under the key */
	BOX_STATUS_503_AFTER,	/* after; the true answer is remembered */
	BOX_GARBAGE,		/* after; 200 with a body that is no JSON */
	BOX_TIMEOUT		/* after; the answer comes ms later */
};

/* Its name in /control/faults, and back; BOX_NO_FAULT: no such name. */
const char	*box_fault_name(enum box_fault);
enum box_fault	 box_fault_of(const char *name);

struct box_request {
	struct box	 box;
	struct cgi	*cgi;
	const char	*method;
	const char	*path;		/* all of it */
	const char	*part[BOX_PARTS_MAX]; /* what follows the program */
	size_t		 parts;
	struct slice	 body;
	struct form	 form;		/* query and form body */
	bool		 form_bad;	/* could not be decoded */
	char		 id[ID_SIZE];
	const char	*host;		/* "localhost:4391", says the caller */
	enum box_fault	 fault;
	int64_t		 fault_ms;

	/* The reply. */
	int		 status;
	const char	*type;		/* its media type */
	struct buf	 head;		/* further header lines */
	struct buf	 out;
};

struct box_program {
	const char	*path;		/* "/v1" */
	/* Writes the reply; status is 404 and out empty before. */
	void	(*handle)(struct box_request *);
	/* Writes an error in the API's own shape; NULL: plain text. */
	void	(*refuse)(struct box_request *, int status);
	/* Runs once before requests do; may be NULL. */
	void	(*start)(struct box *);
	/* Runs all the time in a thread of its own; may be NULL. */
	void	(*tick)(struct box *);
	/* Is it a processor? Its calls are recorded and faults hit it. */
	bool	 processor;
};

/* Serves until a signal ends it; the exit status. */
int		 box_main(const struct box_program *);

/*
 * Called by a program where the work would begin: waits where a delay was
 * ordered; true where the answer is to be status 500 instead.
 */
bool		 box_work_fails(struct box_request *);

/* A header of the request by its CGI name (HTTP_STRIPE_VERSION), or NULL. */
const char	*box_header(struct box_request *, const char *cgi_name);

/* Is part n of the path this word? */
bool		 box_part_is(const struct box_request *, size_t n,
		    const char *word);

/* Replies with JSON. */
void		 box_json(struct box_request *, int status, const char *json);

/* Sends the caller elsewhere (303). */
void		 box_redirect(struct box_request *, const char *url);

#endif

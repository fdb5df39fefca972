/* SPDX-License-Identifier: ISC */
/*
 * once.h - idempotency keys: the answer of the first request is given again.
 */
#ifndef ONCE_H
#define ONCE_H

#include "box.h"

enum once {
	ONCE_NEW,	/* the caller has the key and goes on */
	ONCE_DONE,	/* the first answer is in answer */
	ONCE_RUNNING,	/* the first request is not done yet */
	ONCE_OTHER	/* the first request was another one */
};

struct once_answer {
	int		 status;
	const char	*body;
	const char	*request;	/* id of the first request */
};

/* Takes a key, or says what is known of it. In no transaction. */
enum once	once_claim(struct box_request *, const char *service,
		    const char *key, struct once_answer *);

/* Keeps the reply of the request as the answer. In its transaction. */
void		once_keep(struct box_request *, const char *service,
		    const char *key);

/* Gives a key back: nothing was done. In no transaction. */
void		once_forget(struct box_request *, const char *service,
		    const char *key);

/* Gives back the keys that a killed program had taken. */
void		once_tidy(struct box *, const char *service);

#endif

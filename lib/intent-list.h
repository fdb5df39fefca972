/* SPDX-License-Identifier: ISC */
/*
 * intent-list.h - a merchant's payments, newest first, paged by name.
 */
#ifndef INTENT_LIST_H
#define INTENT_LIST_H

#include "field.h"
#include "request.h"

/* The query parameters, and their field table. */
struct intent_list {
	int64_t		 limit;		/* 1 to 100 */
	const char	*starting_after; /* the last name of the page before;
					   NULL: from the newest */
	const char	*status;	/* of the API; NULL: any */
};

extern const struct field intent_list_fields[];

/*
 * Answers 200 {"success":true,"data":[...],"has_more"} with the payments of
 * the request's merchant in its key's mode. For struct action's handle;
 * refuses with FAULT_FIELD_WRONG a starting_after that is none of them.
 */
const struct fault *intent_list_answer(struct request *, void *list);

#endif

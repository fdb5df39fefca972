/* SPDX-License-Identifier: ISC */
/*
 * cgi.h - one request's way in and out, as FastCGI or as plain CGI, and the
 * loop that serves them.
 *
 * The only module that knows FastCGI. Under FastCGI several threads take
 * requests; SIGTERM and SIGUSR1 let running ones finish and end the program.
 * Under plain CGI there is one request, on standard input and
 * output.
 */
#ifndef CGI_H
#define CGI_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct cgi;

/* Was the program started as plain CGI? */
bool		 cgi_is_plain(void);

/* Was it asked to end? Who waits for something should answer now. */
bool		 cgi_is_ending(void);

/* A CGI variable ("PATH_INFO", "HTTP_X_API_KEY"); NULL where absent. Lives
 * as long as the request. */
const char	*cgi_param(struct cgi *, const char *name);

/* Reads up to n bytes of the body; 0 at its end. */
size_t		 cgi_read(struct cgi *, char *to, size_t n);

/* Writes; a caller that went away is not told of. */
void		 cgi_write(struct cgi *, const char *from, size_t n);

/*
 * A parameter of the query string, decoded into the arena; NULL where it is
 * absent. Given twice, the last one counts. NULs and invalid escapes make it
 * absent.
 */
const char	*cgi_query(struct cgi *, struct arena *, const char *name);

/* The same of a form body, which is spelt like a query string. */
const char	*cgi_form(struct arena *, const char *form, const char *name);

/* Decodes %xx and +; NULL where it cannot or a NUL would come out. */
const char	*cgi_url_decode(struct arena *, const char *text, size_t n);

/* What serves requests. */
struct cgi_server {
	/* Makes what one thread reuses, before its first request, which is
	 * dropped where this is NULL; a group's thread ends the program. */
	void	*(*thread_start)(void);
	void	 (*thread_end)(void *);
	/* Serves one request: reads and writes. */
	void	 (*serve)(void *thread, struct cgi *);
};

/*
 * Serves until a signal ends it (FastCGI, with so many threads) or one
 * request (CGI). Returns the exit status.
 */
int		 cgi_run(const struct cgi_server *, int threads);

enum { CGI_GROUP_MAX = 32 };	/* requests that are taken together */

/*
 * The same with one thread, which takes a request and whatever others are
 * there by then, and serves them together: serve_group reads and writes all
 * of them. As plain CGI that is one.
 */
struct cgi_group_server {
	void	*(*thread_start)(void);
	void	 (*thread_end)(void *);
	void	 (*serve_group)(void *thread, struct cgi *const *, size_t n);
};
int		 cgi_run_groups(const struct cgi_group_server *);

/* Serves a single request in this thread and returns; false where none can
 * come. */
bool		 cgi_serve_one(const struct cgi_server *);

#endif

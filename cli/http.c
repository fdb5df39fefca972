/* SPDX-License-Identifier: ISC */
/* http.c - libcurl's multi interface, which can be waited for beside Ctrl-C. */
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "curl-request.h"
#include "shared.h"
#include "sig.h"

enum { WAIT_MS = 1000, HEAD_KEPT = 4096 };

struct http {
	CURLM	*multi;
	int	 stop;
};

/* One request under way. */
struct transfer {
	const struct http_request	*request;
	struct buf			 head, body;
	size_t				 length;
	bool				 cut;
};

struct http *
http_open(int stop)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(h);
		return NULL;
	}
	h->stop = stop;
	h->multi = curl_multi_init();
	if (h->multi == NULL) {
		http_close(h);
		return NULL;
	}
	return h;
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	free(h);
}

static size_t
take_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t room = t->request->keep - t->body.len;

	(void)size;
	buf_add(&t->body, data, n < room ? n : room);
	t->length += n;
	t->cut = t->length > t->request->read;
	return t->cut ? 0 : n;
}

/* Heads may follow each other (100 Continue): the last one counts. */
static size_t
take_head(char *line, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)size;
	if (n > 5 && memcmp(line, "HTTP/", 5) == 0)
		buf_reset(&t->head);
	size_t room = HEAD_KEPT - t->head.len;
	buf_add(&t->head, line, n < room ? n : room);
	return n;
}

/* Has the request a header of this name? */
static bool
has_header(const struct http_request *rq, const char *name)
{
	size_t n = strlen(name);

	for (const char *const *h = rq->headers; *h != NULL; h++)
		if (strncasecmp(*h, name, n) == 0 && (*h)[n] == ':')
			return true;
	return false;
}

/* The request's headers, and an end to those that libcurl would add. */
static struct curl_slist *
make_headers(const struct http_request *rq)
{
	static const char *const added[] = { "Accept", "Expect",
	    "Content-Type", "User-Agent", NULL };
	struct curl_slist *list = NULL, *longer;
	char line[32];

	for (const char *const *name = added; *name != NULL; name++) {
		if (has_header(rq, *name))
			continue;
		snprintf(line, sizeof(line), "%s:", *name);
		if ((longer = curl_slist_append(list, line)) == NULL)
			sig_die("memory");
		list = longer;
	}
	for (const char *const *h = rq->headers; *h != NULL; h++) {
		if ((longer = curl_slist_append(list, *h)) == NULL)
			sig_die("memory");
		list = longer;
	}
	return list;
}

static void
set_options(CURL *curl, struct transfer *t, struct curl_slist *headers)
{
	const struct http_request *rq = t->request;

	curl_request_set(curl, rq->method, rq->url, headers, rq->body,
	    rq->timeout_ms);
	if (rq->proxy)
		curl_easy_setopt(curl, CURLOPT_PROXY, NULL);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
}

/* Drives the transfer to its end; CURLE_ABORTED_BY_CALLBACK: stopped. */
static CURLcode
drive(struct http *h, bool patient)
{
	struct curl_waitfd stop = { .fd = h->stop, .events = CURL_WAIT_POLLIN };
	unsigned watched = h->stop != -1 && !patient;
	int running = 1, left;

	while (running > 0) {
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return CURLE_FAILED_INIT;
		stop.revents = 0;
		if (running > 0 && curl_multi_poll(h->multi, &stop, watched,
		    WAIT_MS, NULL) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (stop.revents != 0)
			return CURLE_ABORTED_BY_CALLBACK;
	}
	const CURLMsg *m = curl_multi_info_read(h->multi, &left);
	return m != NULL ? m->data.result : CURLE_FAILED_INIT;
}

static struct slice
keep(struct arena *arena, const struct buf *buf)
{
	return (struct slice){ arena_strndup(arena, buf_str(buf), buf->len),
	    buf->len };
}

/* What became of it. Enough that was read of an answer is an answer. */
static struct http_answer
read_result(struct arena *arena, CURL *curl, CURLcode rc,
    const struct transfer *t, const char *words)
{
	struct http_answer a = { .length = t->length };
	long status = 0;

	if (rc == CURLE_OK || (rc == CURLE_WRITE_ERROR && t->cut))
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	a.status = (int)status;
	a.stopped = rc == CURLE_ABORTED_BY_CALLBACK;
	if (status == 0)
		a.error = a.stopped ? "stopped" : arena_strdup(arena,
		    *words != '\0' ? words : curl_easy_strerror(rc));
	a.head = keep(arena, &t->head);
	a.body = keep(arena, &t->body);
	return a;
}

struct http_answer
http_run(struct http *h, struct arena *arena, const struct http_request *rq,
    bool patient)
{
	struct transfer t = { .request = rq };
	int64_t start = clock_monotonic();
	char words[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = make_headers(rq);

	if (curl == NULL)
		sig_die("libcurl");
	buf_init(&t.head, HEAD_KEPT);
	buf_init(&t.body, rq->keep);
	set_options(curl, &t, headers);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
	curl_multi_add_handle(h->multi, curl);
	CURLcode rc = drive(h, patient);
	struct http_answer a = read_result(arena, curl, rc, &t, words);
	a.duration_ms = clock_monotonic() - start;
	curl_multi_remove_handle(h->multi, curl);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	buf_free(&t.head);
	buf_free(&t.body);
	return a;
}

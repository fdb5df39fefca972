/* SPDX-License-Identifier: ISC */
/* fetch.c - libcurl for one request at a time. */
#include "fetch.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "buf.h"
#include "curl-request.h"
#include "sig.h"

enum {
	PAUSE_MS = 500,			/* before the second try */
	PAUSE_MAX_MS = 5000
};

/* One try: what curl's callbacks fill in. */
struct attempt {
	struct arena		*arena;
	struct buf		 body;
	struct fetch_answer	 answer;
	int			 should_retry;	/* -1: the answer did not say */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start_curl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		sig_die("libcurl");
}

static size_t
take_body(char *data, size_t size, size_t n, void *arg)
{
	struct attempt *a = arg;

	(void)size;
	buf_add(&a->body, data, n);
	return a->body.failed ? 0 : n;
}

/* The value of a header line of this name, trimmed; NULL for another. */
static const char *
header_value(struct arena *arena, const char *line, size_t n,
    const char *name)
{
	size_t len = strlen(name);

	if (n <= len || line[len] != ':' || strncasecmp(line, name, len) != 0)
		return NULL;
	for (len++; len < n && isspace((unsigned char)line[len]); len++)
		continue;
	while (n > len && isspace((unsigned char)line[n - 1]))
		n--;
	return arena_strndup(arena, line + len, n - len);
}

static size_t
take_header(char *line, size_t size, size_t n, void *arg)
{
	struct attempt *a = arg;
	const char *value;

	(void)size;
	value = header_value(a->arena, line, n, "Request-Id");
	if (value != NULL)
		a->answer.request_id = value;
	value = header_value(a->arena, line, n, "Stripe-Should-Retry");
	if (value != NULL)
		a->should_retry = strcmp(value, "true") == 0;
	return n;
}

static struct curl_slist *
make_headers(const char *const *headers)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (; list != NULL && *headers != NULL; headers++)
		list = curl_slist_append(list, *headers);
	if (list == NULL)
		sig_die("memory");
	return list;
}

static void
set_options(CURL *curl, const struct fetch *f, struct curl_slist *headers,
    struct attempt *a)
{
	curl_request_set(curl, f->method, f->url, headers, f->body,
	    f->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
}

/* Errors before a byte of the request was on its way. */
static bool
never_left(CURL *curl, CURLcode code)
{
	long sent = 0;

	if (code == CURLE_OPERATION_TIMEDOUT &&
	    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK)
		return sent == 0;
	return code == CURLE_COULDNT_RESOLVE_HOST ||
	    code == CURLE_COULDNT_CONNECT || code == CURLE_URL_MALFORMAT ||
	    code == CURLE_UNSUPPORTED_PROTOCOL ||
	    code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_PEER_FAILED_VERIFICATION;
}

static void
read_result(struct attempt *a, CURL *curl, CURLcode code)
{
	long status = 0;

	if (code != CURLE_OK) {
		a->answer.fate = never_left(curl, code) ? FETCH_NOT_SENT :
		    FETCH_UNKNOWN;
		a->answer.error = a->body.failed ? "the answer is too long" :
		    curl_easy_strerror(code);
		return;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	a->answer.fate = FETCH_ANSWERED;
	a->answer.status = (int)status;
	a->answer.body.n = a->body.len;
	a->answer.body.p = arena_strndup(a->arena, buf_str(&a->body),
	    a->body.len);
}

static void
try_once(struct attempt *a, const struct fetch *f)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = make_headers(f->headers);

	if (curl == NULL)
		sig_die("libcurl");
	a->answer = (struct fetch_answer){ .fate = FETCH_NOT_SENT };
	a->should_retry = -1;
	buf_init(&a->body, FETCH_ANSWER_MAX);
	set_options(curl, f, headers, a);
	read_result(a, curl, curl_easy_perform(curl));
	buf_free(&a->body);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
}

static bool
worth_retrying(const struct attempt *a)
{
	int status = a->answer.status;

	if (a->answer.fate != FETCH_ANSWERED)
		return true;
	if (a->should_retry >= 0)
		return a->should_retry > 0;
	return status == 409 || status == 429 || status >= 500;
}

/* May a try that was not the last have done what it asked for? */
static bool
may_be_done(const struct fetch_answer *a)
{
	return a->fate == FETCH_UNKNOWN || (a->fate == FETCH_ANSWERED &&
	    (a->status == 409 || a->status >= 500));
}

/* Half to all of a pause that doubles from try to try. */
static void
pause_before(int try)
{
	int64_t ms = PAUSE_MS;
	uint16_t r;

	for (int i = 2; i < try && ms < PAUSE_MAX_MS; i++)
		ms *= 2;
	sig_random(&r, sizeof(r));
	ms = ms / 2 + ms * r / (2 * 65535);
	const struct timespec ts = { ms / 1000, (ms % 1000) * 1000000 };
	nanosleep(&ts, NULL);
}

struct fetch_answer
fetch_run(struct arena *arena, const struct fetch *f)
{
	struct attempt a = { .arena = arena };
	bool perhaps = false;

	pthread_once(&once, start_curl);
	for (int try = 1; ; try++) {
		try_once(&a, f);
		if (try >= f->tries || !worth_retrying(&a))
			break;
		perhaps = perhaps || may_be_done(&a.answer);
		pause_before(try + 1);
	}
	/* An earlier try may have arrived although the last one did not. */
	a.answer.perhaps_done = perhaps;
	if (a.answer.fate == FETCH_NOT_SENT && perhaps)
		a.answer.fate = FETCH_UNKNOWN;
	return a.answer;
}

char *
fetch_encode(struct arena *arena, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = arena_alloc(arena, 3 * strlen(text) + 1), *to = out;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (isascii(c) && (isalnum(c) || strchr("-._~", c) != NULL)) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = hex[c >> 4];
		*to++ = hex[c & 15];
	}
	return out;
}

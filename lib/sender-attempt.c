/* SPDX-License-Identifier: ISC */
/* sender-attempt.c - libcurl's callbacks and options for one attempt. */
#include "sender-attempt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "shared.h"

enum {
	BODY_MAX = 64 * 1024,		/* of an event (lib/outbox.c) */
	HEAD_MAX = 16 * 1024,		/* of a request: the URL has 2000 */
	ANSWER_HEAD_READ = 64 * 1024,	/* of an answer, before we hang up */
	/*
	 * Most servers drop a quiet connection after 5 seconds or more; one
	 * that is younger is not about to be closed under our request.
	 */
	KEEP_IDLE_S = 3
};

void
sender_attempt_init(struct sender_attempt *a)
{
	memset(a, 0, sizeof(*a));
	buf_init(&a->body, BODY_MAX);
	buf_init(&a->head, HEAD_MAX);
	buf_init(&a->answer, SENDER_ANSWER_KEPT);
	a->easy = curl_easy_init();
	if (a->easy == NULL)
		sig_die("curl_easy_init");
}

void
sender_attempt_free(struct sender_attempt *a)
{
	curl_easy_cleanup(a->easy);
	curl_slist_free_all(a->headers);
	buf_free(&a->body);
	buf_free(&a->head);
	buf_free(&a->answer);
}

void
sender_attempt_reset(struct sender_attempt *a)
{
	a->state = SENDER_FREE;
	buf_reset(&a->body);
	buf_reset(&a->head);
	buf_reset(&a->answer);
	a->tx[0] = a->error[0] = a->curl_error[0] = a->refused[0] = '\0';
	a->status = -1;
	a->answer_head = a->answer_body = 0;
	a->cut = false;
	a->started_at = clock_now();
	a->started = clock_monotonic();
}

void
sender_attempt_head(struct buf *head, const char *text, size_t n)
{
	if (head->len >= 4 &&
	    memcmp(head->data + head->len - 4, "\r\n\r\n", 4) == 0)
		buf_reset(head);
	buf_add(head, text, n);
}

static int
on_debug(CURL *easy, curl_infotype type, char *text, size_t n, void *arg)
{
	struct sender_attempt *a = arg;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		sender_attempt_head(&a->head, text, n);
	return 0;
}

/* An answer's head is not kept, but it must not go on for ever. */
static size_t
on_answer_head(char *text, size_t size, size_t n, void *arg)
{
	struct sender_attempt *a = arg;

	(void)text;
	a->answer_head += size * n;
	return a->answer_head <= ANSWER_HEAD_READ ? size * n : 0;
}

static size_t
on_answer_body(char *text, size_t size, size_t n, void *arg)
{
	struct sender_attempt *a = arg;
	size_t room = SENDER_ANSWER_KEPT - a->answer.len;

	buf_add(&a->answer, text, n < room ? n : room);
	a->answer_body += n;
	a->cut = a->answer_body > SENDER_ANSWER_READ;
	return a->cut ? 0 : size * n;
}

static void
name_address(const struct sockaddr *sa, char *text, size_t size)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, text, (socklen_t)size);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, text, (socklen_t)size);
	} else {
		snprintf(text, size, "of family %d", sa->sa_family);
	}
}

static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct sender_attempt *a = arg;

	(void)purpose;
	if (address_refused(&to->addr, a->allow_loopback)) {
		name_address(&to->addr, a->refused, sizeof(a->refused));
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void
set_callbacks(struct sender_attempt *a)
{
	curl_easy_setopt(a->easy, CURLOPT_PRIVATE, a);
	curl_easy_setopt(a->easy, CURLOPT_ERRORBUFFER, a->curl_error);
	curl_easy_setopt(a->easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(a->easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(a->easy, CURLOPT_DEBUGDATA, a);
	curl_easy_setopt(a->easy, CURLOPT_HEADERFUNCTION, on_answer_head);
	curl_easy_setopt(a->easy, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(a->easy, CURLOPT_WRITEFUNCTION, on_answer_body);
	curl_easy_setopt(a->easy, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(a->easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(a->easy, CURLOPT_OPENSOCKETDATA, a);
}

static void
set_request(struct sender_attempt *a, const char *url, const char *signature)
{
	char line[sizeof("X-Clive-Signature: ") + SHA256_HEX_SIZE];

	snprintf(line, sizeof(line), "X-Clive-Signature: %s", signature);
	a->headers = curl_slist_append(a->headers,
	    "Content-Type: application/json");
	a->headers = curl_slist_append(a->headers, line);
	a->headers = curl_slist_append(a->headers, "Expect:");
	curl_easy_setopt(a->easy, CURLOPT_URL, url);
	curl_easy_setopt(a->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(a->easy, CURLOPT_USERAGENT, "Clive-Webhook/1");
	curl_easy_setopt(a->easy, CURLOPT_HTTPHEADER, a->headers);
	curl_easy_setopt(a->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(a->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)a->body.len);
	curl_easy_setopt(a->easy, CURLOPT_POSTFIELDS, buf_str(&a->body));
}

static void
set_limits(struct sender_attempt *a)
{
	curl_easy_setopt(a->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(a->easy, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(a->easy, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(a->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(a->easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(a->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(a->easy, CURLOPT_NOSIGNAL, 1L);
	/* A name server that says nothing must not stop the others. */
	curl_easy_setopt(a->easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(a->easy, CURLOPT_MAXAGE_CONN, (long)KEEP_IDLE_S);
	curl_easy_setopt(a->easy, CURLOPT_TIMEOUT_MS, (long)a->timeout_ms);
	curl_easy_setopt(a->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)a->timeout_ms);
}

void
sender_attempt_start(struct sender_attempt *a, CURLM *multi,
    const struct conf *conf, const char *url,
    const char signature[SHA256_HEX_SIZE])
{
	a->allow_loopback = !conf->live;
	a->timeout_ms = conf->webhook_timeout_ms;
	a->state = SENDER_UNDER_WAY;
	curl_easy_reset(a->easy);
	set_callbacks(a);
	set_request(a, url, signature);
	set_limits(a);
	CURLMcode code = curl_multi_add_handle(multi, a->easy);
	if (code != CURLM_OK)
		sender_attempt_fail(a, curl_multi_strerror(code));
}

static void
end(struct sender_attempt *a)
{
	a->state = SENDER_ENDED;
	a->ended_at = clock_now();
	a->duration_ms = clock_monotonic() - a->started;
	curl_slist_free_all(a->headers);
	a->headers = NULL;
}

void
sender_attempt_fail(struct sender_attempt *a, const char *error)
{
	snprintf(a->error, sizeof(a->error), "%s", error);
	end(a);
}

/* Why there is no complete answer, in words for whoever runs the receiver. */
static void
describe(struct sender_attempt *a, CURLcode code)
{
	const char *text = a->curl_error[0] != '\0' ? a->curl_error :
	    curl_easy_strerror(code);
	size_t size = sizeof(a->error);

	if (a->refused[0] != '\0' && a->status < 0)
		snprintf(a->error, size, "the address is private; webhooks go "
		    "to public addresses only (%s)", a->refused);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(a->error, size, "%s within %lld ms", a->status < 0 ?
		    "no answer" : "no complete answer",
		    (long long)a->timeout_ms);
	else if (a->answer_head > ANSWER_HEAD_READ)
		snprintf(a->error, size, "the answer's head is too long");
	else
		snprintf(a->error, size, "%s", text);
}

static void
conclude(struct sender_attempt *a, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &status);
	a->status = status > 0 ? status : -1;
	/* Hanging up on a body of any length is our choice, no failure. */
	if (code != CURLE_OK && !a->cut)
		describe(a, code);
	end(a);
}

struct sender_attempt *
sender_attempt_next_ended(CURLM *multi)
{
	struct sender_attempt *a = NULL;
	const CURLMsg *message;
	int left;

	do {
		message = curl_multi_info_read(multi, &left);
	} while (message != NULL && message->msg != CURLMSG_DONE);
	if (message == NULL)
		return NULL;
	/* The message dies with the handle's removal. */
	CURLcode code = message->data.result;
	CURL *easy = message->easy_handle;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)(void *)&a);
	curl_multi_remove_handle(multi, easy);
	conclude(a, code);
	return a;
}

bool
sender_attempt_good(const struct sender_attempt *a)
{
	return a->error[0] == '\0' && a->status >= 200 && a->status < 300;
}

/* SPDX-License-Identifier: ISC */
/* sender-attempt.c - libcurl's callbacks and options for one attempt. */
#include "sender-attempt.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proof.h"
#include "retry-after.h"
#include "shared.h"

enum {
	BODY_MAX = 64 * 1024,		/* of an event (lib/outbox.c) */
	HEAD_MAX = 16 * 1024,		/* of a request: the URL has 2000 */
	ANSWER_HEAD_READ = 64 * 1024,	/* of an answer, before we hang up */
	BUFFER = 4 * 1024,		/* libcurl takes one for each attempt */
	/*
	 * Most servers drop a quiet connection after 5 seconds or more; one
	 * that is younger is not about to be closed under our request.
	 */
	KEEP_IDLE_S = 3,
	/* A host that has moved is followed, however busy the connection. */
	KEEP_S = 2 * RESOLVER_KEPT_MS / 1000,
	/* Longer than an attempt, so that what was pinned to it stays. */
	PINNED_S = 120
};

void
sender_list_init(struct sender_list *list)
{
	list->first = NULL;
	list->last = &list->first;
	list->n = 0;
}

void
sender_list_add(struct sender_list *list, struct sender_attempt *a)
{
	a->next = NULL;
	*list->last = a;
	list->last = &a->next;
	list->n++;
}

struct sender_attempt *
sender_list_take(struct sender_list *list)
{
	struct sender_attempt *a = list->first;

	if (a == NULL)
		return NULL;
	list->first = a->next;
	if (list->first == NULL)
		list->last = &list->first;
	list->n--;
	return a;
}

void
sender_list_join(struct sender_list *list, struct sender_list *other)
{
	if (other->first == NULL)
		return;
	*list->last = other->first;
	list->last = other->last;
	list->n += other->n;
	sender_list_init(other);
}

void
sender_attempt_free(struct sender_attempt *a)
{
	curl_slist_free_all(a->pinned);
	buf_free(&a->body);
	buf_free(&a->head);
	buf_free(&a->lines);
	buf_free(&a->answer_head);
	buf_free(&a->answer);
}

void
sender_attempt_reset(struct sender_attempt *a)
{
	a->state = SENDER_FREE;
	buf_reset(&a->lines);
	buf_reset(&a->body);
	buf_reset(&a->head);
	buf_reset(&a->answer_head);
	buf_reset(&a->answer);
	a->tx[0] = a->error[0] = a->curl_error[0] = a->refused[0] = '\0';
	a->status = -1;
	a->head_read = a->answer_body = a->pin_count = 0;
	a->retry_after_ms = 0;
	a->proof = a->cut = a->bad = false;
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
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	sender_attempt_head(&a->head, text, n);
	/* What else it would say takes time. */
	if (a->head.len >= 4 && memcmp(a->head.data + a->head.len - 4,
	    "\r\n\r\n", 4) == 0)
		curl_easy_setopt(a->easy, CURLOPT_VERBOSE, 0L);
	return 0;
}

/* Keeps what fits of a line of an answer's head, as plain text. */
static void
keep_line(struct buf *head, const char *line, size_t n)
{
	/* An interim answer (1xx) comes before the one that counts. */
	if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
		buf_reset(head);
	if (n > SENDER_HEAD_KEPT - head->len)
		n = SENDER_HEAD_KEPT - head->len;
	size_t start = head->len;
	buf_add(head, line, n);
	for (size_t i = start; i < head->len; i++) {
		char *c = &head->data[i];
		if (*c != '\t' && *c != '\r' && *c != '\n' && (*c < ' ' ||
		    *c >= 0x7f))
			*c = '?';
	}
}

static size_t
on_answer_head(char *text, size_t size, size_t n, void *arg)
{
	struct sender_attempt *a = arg;

	keep_line(&a->answer_head, text, size * n);
	a->head_read += size * n;
	return a->head_read <= ANSWER_HEAD_READ ? size * n : 0;
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

/* The last word: no socket but to an address that was judged. */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct sender_attempt *a = arg;
	struct address address;

	(void)purpose;
	bool known = address_of_sockaddr(&to->addr, &address);
	for (size_t i = 0; known && i < a->pin_count; i++)
		if (address_equal(&a->pins[i], &address))
			return socket(to->family, to->socktype |
			    SOCK_CLOEXEC, to->protocol);
	address_text(&address, a->refused);
	return CURL_SOCKET_BAD;
}

/* What libcurl hands to the callbacks above. */
static void
set_owner(struct sender_attempt *a)
{
	curl_easy_setopt(a->easy, CURLOPT_PRIVATE, a);
	curl_easy_setopt(a->easy, CURLOPT_ERRORBUFFER, a->curl_error);
	curl_easy_setopt(a->easy, CURLOPT_DEBUGDATA, a);
	curl_easy_setopt(a->easy, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(a->easy, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(a->easy, CURLOPT_OPENSOCKETDATA, a);
}

static void
set_request(struct sender_attempt *a)
{
	curl_easy_setopt(a->easy, CURLOPT_URL, a->lines.data);
	curl_easy_setopt(a->easy, CURLOPT_HTTPHEADER, a->headers);
	curl_easy_setopt(a->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)a->body.len);
	curl_easy_setopt(a->easy, CURLOPT_POSTFIELDS, buf_str(&a->body));
	/* Until the request's head has been said (on_debug). */
	curl_easy_setopt(a->easy, CURLOPT_VERBOSE, 1L);
}

CURL *
sender_attempt_easy(void)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		sig_die("curl_easy_init");
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "Clive-Webhook/1");
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_answer_head);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer_body);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A name server that says nothing must not stop the others. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)KEEP_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)KEEP_S);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)PINNED_S);
	return easy;
}

void
sender_attempt_init(struct sender_attempt *a, const struct conf *conf)
{
	memset(a, 0, sizeof(*a));
	a->conf = conf;
	buf_init(&a->body, BODY_MAX);
	buf_init(&a->head, HEAD_MAX);
	buf_init(&a->lines, HEAD_MAX);
	buf_init(&a->answer_head, SENDER_HEAD_KEPT);
	buf_init(&a->answer, SENDER_ANSWER_KEPT);
}

/* Tells libcurl where the host is: "+host:port:address,address". */
static void
pin_name(struct sender_attempt *a)
{
	char text[ADDRESS_TEXT_SIZE];
	struct buf line;

	buf_init(&line, EGRESS_HOST_MAX + 16 +
	    SENDER_PINS_MAX * (ADDRESS_TEXT_SIZE + 3));
	buf_printf(&line, "+%s:%u", a->target.host, a->target.port);
	for (size_t i = 0; i < a->pin_count; i++)
		buf_printf(&line, a->pins[i].v6 ? "%c[%s]" : "%c%s",
		    i == 0 ? ':' : ',', address_text(&a->pins[i], text));
	a->pinned = curl_slist_append(NULL, buf_str(&line));
	buf_free(&line);
	curl_easy_setopt(a->easy, CURLOPT_RESOLVE, a->pinned);
}

/* Sends it to addresses that were judged, in what is left of its time. */
static void
go(struct sender_attempt *a, const struct address *addresses, size_t n)
{
	int64_t left = a->started + a->timeout_ms - clock_monotonic();

	a->pin_count = n < SENDER_PINS_MAX ? n : SENDER_PINS_MAX;
	memcpy(a->pins, addresses, a->pin_count * sizeof(*addresses));
	if (!a->target.literal)
		pin_name(a);
	if (left < 1)
		left = 1;
	curl_easy_setopt(a->easy, CURLOPT_TIMEOUT_MS, (long)left);
	curl_easy_setopt(a->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)left);
	CURLMcode code = curl_multi_add_handle(a->multi, a->easy);
	if (code != CURLM_OK)
		sender_attempt_fail(a, curl_multi_strerror(code));
}

static void
take_answer(struct sender_attempt *a, const struct resolver_answer *answer)
{
	char why[EGRESS_WHY_SIZE];
	const char *wrong = why;

	if (answer->error != NULL)
		snprintf(why, sizeof(why), "%.200s: %s", a->target.host,
		    answer->error);
	else
		wrong = egress_check_answer(a->conf, &a->target,
		    answer->addresses, answer->n, why);
	if (wrong != NULL)
		sender_attempt_fail(a, wrong);
	else
		go(a, answer->addresses, answer->n);
}

void
sender_attempt_resume(struct resolver *names)
{
	const struct resolver_answer *answer;
	struct sender_attempt *a;

	while ((a = resolver_next(names, clock_monotonic(), &answer)) != NULL)
		take_answer(a, answer);
}

/* The URL and the header lines, one after the other, each with a NUL. */
static void
write_lines(struct sender_attempt *a, const char *url,
    const struct webhook_header *signatures)
{
	static char type[] = "Content-Type: application/json";
	static char no_expect[] = "Expect:";
	size_t at[WEBHOOK_SIGN_HEADERS];
	struct curl_slist *h = a->headers;

	buf_add(&a->lines, url, strlen(url) + 1);
	for (size_t i = 0; i < WEBHOOK_SIGN_HEADERS; i++) {
		at[i] = a->lines.len;
		buf_puts(&a->lines, signatures[i].name);
		buf_puts(&a->lines, ": ");
		buf_add(&a->lines, signatures[i].value,
		    strlen(signatures[i].value) + 1);
	}
	/* Now that the buffer does not move any more. */
	*h = (struct curl_slist){ type, h + 1 };
	for (size_t i = 0; i < WEBHOOK_SIGN_HEADERS; i++) {
		h++;
		*h = (struct curl_slist){ a->lines.data + at[i], h + 1 };
	}
	h++;
	*h = (struct curl_slist){ no_expect, NULL };
}

void
sender_attempt_prepare(struct sender_attempt *a, const char *url,
    const struct webhook_header signatures[WEBHOOK_SIGN_HEADERS])
{
	char why[EGRESS_WHY_SIZE];

	a->state = SENDER_READY;
	a->ready_at = clock_monotonic();
	/* Judged afresh each time: the settings may have changed. */
	if (egress_check_url(a->conf, url, &a->target, why) != NULL)
		sender_attempt_fail(a, why);
	else
		write_lines(a, url, signatures);
}

void
sender_attempt_start(struct sender_attempt *a, CURL *easy, CURLM *multi,
    struct resolver *names)
{
	const struct resolver_answer *answer;

	a->easy = easy;
	a->names = names;
	a->multi = multi;
	a->timeout_ms = a->conf->webhook_timeout_ms;
	a->state = SENDER_UNDER_WAY;
	a->started_at = clock_now();
	a->started = clock_monotonic();
	set_owner(a);
	set_request(a);
	if (a->target.literal) {
		go(a, &a->target.address, 1);
		return;
	}
	answer = resolver_ask(names, a->target.host, a->started,
	    a->started + a->timeout_ms, a);
	if (answer != NULL)
		take_answer(a, answer);
}

static void
end(struct sender_attempt *a)
{
	a->state = SENDER_ENDED;
	a->ended_at = clock_now();
	a->duration_ms = clock_monotonic() - a->started;
	if (a->pinned != NULL)
		curl_easy_setopt(a->easy, CURLOPT_RESOLVE, NULL);
	curl_slist_free_all(a->pinned);
	a->pinned = NULL;
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
		snprintf(a->error, size, "the connection would have gone to "
		    "%s, which was not checked", a->refused);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(a->error, size, "%s within %lld ms", a->status < 0 ?
		    "no answer" : "no complete answer",
		    (long long)a->timeout_ms);
	else if (a->head_read > ANSWER_HEAD_READ)
		snprintf(a->error, size, "the answer's head is too long");
	else
		snprintf(a->error, size, "%s", text);
}

/* The value of a header of the answer, or NULL; valid for a moment. */
static const char *
header(struct sender_attempt *a, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(a->easy, name, 0, CURLH_HEADER, -1, &h) ==
	    CURLHE_OK ? h->value : NULL;
}

/* What a complete answer means beyond its status. */
static void
read_answer(struct sender_attempt *a)
{
	struct slice event = { buf_str(&a->body), a->body.len },
	    answer = { buf_str(&a->answer), a->answer.len };

	if (!sender_attempt_good(a))
		a->retry_after_ms = retry_after_ms(header(a, "Retry-After"),
		    header(a, "Date"), clock_now());
	else if (a->proof && !proof_answered(event, answer))
		snprintf(a->error, sizeof(a->error), "the answer does not "
		    "repeat the challenge, as text or as the JSON member "
		    "\"challenge\"");
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
	read_answer(a);
	/* Perhaps it has moved: the next attempt looks its name up again. */
	if (code == CURLE_COULDNT_CONNECT)
		resolver_forget(a->names, a->target.host);
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

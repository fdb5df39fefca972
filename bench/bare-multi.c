/* SPDX-License-Identifier: ISC */
/*
 * bare-multi.c - what libcurl's multi interface alone can send.
 *
 *	bare-multi connections < list
 *
 * Each line of the list is a URL, a tab and a body to post. The requests are
 * those of cron/deliver to the byte, but for what the headers say: nothing is
 * signed, kept or recorded. Each handle is set up once and reused, and so are
 * the connections. Prints how many answers were 200.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum { WAIT_MS = 1000 };

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const lines[] = {
	"Content-Type: application/json",
	"Expect:",
	"X-Clive-Signature: " HEX,
	"Soxara-Signature: t=1700000000,v1=" HEX,
	"webhook-id: evt_01HXXXXXXXXXXXXXXXXXXXXXXX",
	"webhook-timestamp: 1700000000",
	"webhook-signature: v1,Kj0dm7FWTj/H56i1ureqOJsMx4WLzeFP1gchseiK8w0="
};

struct handle {
	CURL	*easy;
	char	*line;		/* room for the list's line under way */
	size_t	 size;
};

static long good;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "bare-multi: %s\n", what);
	exit(1);
}

static size_t
ignore(char *text, size_t size, size_t n, void *arg)
{
	(void)text;
	(void)arg;
	return size * n;
}

static void
set_up(struct handle *h, const struct curl_slist *headers)
{
	h->easy = curl_easy_init();
	if (h->easy == NULL)
		die("no handle");
	curl_easy_setopt(h->easy, CURLOPT_PRIVATE, h);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h->easy, CURLOPT_USERAGENT, "Clive-Webhook/1");
	curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->easy, CURLOPT_PROXY, "");
}

/* Sends the list's next line; false at its end. */
static bool
send_next(CURLM *multi, struct handle *h)
{
	ssize_t n = getline(&h->line, &h->size, stdin);

	if (n <= 0)
		return false;
	if (h->line[n - 1] == '\n')
		h->line[--n] = '\0';
	char *body = strchr(h->line, '\t');
	if (body == NULL)
		die("a line without a tab");
	*body++ = '\0';
	curl_easy_setopt(h->easy, CURLOPT_URL, h->line);
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE,
	    (long)(h->line + n - body));
	if (curl_multi_add_handle(multi, h->easy) != CURLM_OK)
		die("curl_multi_add_handle");
	return true;
}

static int
take_ended(CURLM *multi)
{
	CURLMsg *message;
	int left, ended = 0;

	while ((message = curl_multi_info_read(multi, &left)) != NULL) {
		struct handle *h;
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;
		long status = 0;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &h);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		good += code == CURLE_OK && status == 200;
		curl_multi_remove_handle(multi, easy);
		ended += !send_next(multi, h);
	}
	return ended;
}

int
main(int argc, char **argv)
{
	int running, connections = argc == 2 ? (int)strtol(argv[1], NULL,
	    10) : 0, busy = 0;
	struct curl_slist *headers = NULL;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(curl_version());
		return 0;
	}
	if (connections < 1)
		die("usage: bare-multi connections < list");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURLM *multi = curl_multi_init();
	struct handle *handles = calloc((size_t)connections,
	    sizeof(*handles));
	if (multi == NULL || handles == NULL)
		die("no memory");
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		headers = curl_slist_append(headers, lines[i]);
	for (int i = 0; i < connections; i++) {
		set_up(&handles[i], headers);
		busy += send_next(multi, &handles[i]);
	}
	while (busy > 0) {
		curl_multi_perform(multi, &running);
		busy -= take_ended(multi);
		if (busy > 0)
			curl_multi_poll(multi, NULL, 0, WAIT_MS, NULL);
	}
	printf("%ld\n", good);
	return 0;
}

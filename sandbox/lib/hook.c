/* SPDX-License-Identifier: ISC */
/* hook.c - the sender, over libcurl. */
#include "hook.h"

#include <string.h>

#include <curl/curl.h>

#include "shared.h"

enum {
	ATTEMPT_MS = 10000,
	QUIET_MS = 300,		/* out_of_order: wait for more */
	STALE_MS = 3600 * 1000
};

const char hook_modes[] =
    "normal duplicate out_of_order hold drop bad_signature stale";

/* After the first, second and third attempt. */
static const int64_t usual_pauses[] = { 1000, 5000, 30000, 0 };

void
hook_look(struct box *box, const char *service, const char **url,
    const char **mode)
{
	struct cursor *c = store_query(box->store, Q_HOOK_FIND, "t", service);

	*url = "";
	*mode = "normal";
	if (!cursor_next(c))
		return;
	*url = arena_strdup(box->arena, cursor_text(c, 0));
	*mode = arena_strdup(box->arena, cursor_text(c, 1));
	cursor_end(c);
}

void
hook_queue(struct box *box, const struct hook_service *service,
    const char *event, const char *body)
{
	const char *url, *mode, *state = "waiting";
	int64_t due = box->now, order = 1;

	hook_look(box, service->name, &url, &mode);
	if (strcmp(mode, "hold") == 0)
		state = "held";
	else if (strcmp(mode, "drop") == 0)
		state = "dropped";
	else if (strcmp(mode, "out_of_order") == 0) {
		due += QUIET_MS;
		order = -1;
		store_run(box->store, Q_DELIVERY_QUIET, "ti", service->name,
		    due);
	}
	int copies = strcmp(mode, "duplicate") == 0 ? 2 : 1;
	while (copies-- > 0)
		store_run(box->store, Q_DELIVERY_ADD, "tttiit",
		    service->name, event, body, order, due, state);
}

static size_t
discard(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

/* The status of the answer, 0 with a note where there was none. */
static long
post(const char *url, const char *signature, const char *body,
    const char **note)
{
	static CURL *curl;	/* of the background thread alone */
	struct curl_slist *head;
	long status = 0;

	if (curl == NULL && (curl = curl_easy_init()) == NULL)
		return 0;
	curl_easy_reset(curl);
	head = curl_slist_append(NULL, "Content-Type: application/json; "
	    "charset=utf-8");
	head = curl_slist_append(head, "User-Agent: Clive-Sandbox/1.0");
	head = curl_slist_append(head, "Expect:");
	if (signature != NULL)
		head = curl_slist_append(head, signature);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ATTEMPT_MS);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, head);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
	CURLcode rc = curl_easy_perform(curl);
	if (rc == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	else
		*note = curl_easy_strerror(rc);
	curl_slist_free_all(head);
	return status;
}

/* The pause after so many attempts before this one; 0: none follows. */
static int64_t
pause_after(const struct hook_service *service, int64_t tries)
{
	const int64_t *pauses = service->pauses != NULL ? service->pauses :
	    usual_pauses;

	for (; tries > 0 && *pauses > 0; tries--)
		pauses++;
	return *pauses;
}

/* One attempt, and its outcome on record; false: it could not be recorded. */
static bool
attempt(struct box *box, const struct hook_service *service, int64_t seq,
    const char *event, const char *body, int64_t tries,
    void (*delivered)(struct box *, const char *))
{
	const char *url, *mode, *note = NULL, *state = "failed";
	int64_t now = clock_now(), due = now;

	hook_look(box, service->name, &url, &mode);
	if (*url == '\0')
		url = arena_printf(box->arena, "%s%s", box->conf->base_url,
		    service->path);
	const char *signature = service->sign(box, body,
	    strcmp(mode, "stale") == 0 ? now - STALE_MS : now,
	    strcmp(mode, "bad_signature") == 0);
	long status = post(url, signature, body, &note);
	if (status >= 200 && status < 300) {
		state = "done";
	} else if (pause_after(service, tries) > 0) {
		state = "waiting";
		due = clock_now() + pause_after(service, tries);
	}
	store_begin(box->store);
	store_run(box->store, Q_ATTEMPT_ADD, "iitit", seq, now, url,
	    (int64_t)status, note);
	store_run(box->store, Q_DELIVERY_TRIED, "iti", seq, state, due);
	if (delivered != NULL && strcmp(state, "done") == 0)
		delivered(box, event);
	return store_commit(box->store);
}

bool
hook_send(struct box *box, const struct hook_service *service,
    void (*delivered)(struct box *, const char *event))
{
	struct cursor *c = store_query(box->store, Q_DELIVERY_NEXT, "ti",
	    service->name, clock_now());

	if (!cursor_next(c))
		return false;
	int64_t seq = cursor_int(c, 0);
	const char *event = arena_strdup(box->arena, cursor_text(c, 1));
	const char *body = arena_strdup(box->arena, cursor_text(c, 2));
	int64_t tries = cursor_int(c, 3);
	cursor_end(c);
	return attempt(box, service, seq, event, body, tries, delivered);
}

/* SPDX-License-Identifier: ISC */
/*
 * listen.c - `clive listen`: webhooks for a developer's own machine.
 *
 * The machine is behind a router, so the gateway cannot call it: it asks, and
 * has its questions wait until something is to be delivered (a long poll).
 * At the gateway it is an endpoint without a URL that gets what any other
 * endpoint gets, resends too. Each delivery is posted to a local URL with the
 * very headers and bytes it came with, and what came of it is reported, so
 * that the gateway has it on record and tries again where it failed.
 */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "field.h"
#include "id.h"
#include "shared.h"
#include "sig.h"

enum {
	WAIT_S = 25,			/* of one question */
	EMPTY_MS = 1000,		/* the least time between questions
					   that are answered by nothing */
	PAUSE_MAX_MS = 30 * 1000,
	SECRET_MAX = 200,
	FORWARD_MAX = 2000		/* bytes of the local URL */
};

/* Readable once we are to end; Ctrl-C writes to its other end. */
static int stop[2] = { -1, -1 };

static void
on_signal(int sig)
{
	int error = errno;

	(void)sig;
	/* Full: then it is readable already. */
	ssize_t n = write(stop[1], "", 1);
	(void)n;
	errno = error;
}

/* The second Ctrl-C finds the default again and ends us at once. */
static bool
catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = on_signal,
	    .sa_flags = (int)SA_RESETHAND }, old;

	if (pipe2(stop, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		/* Whoever started us with nohup meant it. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	return true;
}

/* Sleeps; true where we are to end. */
bool
listen_stopped(int64_t ms)
{
	struct pollfd p = { .fd = stop[0], .events = POLLIN };

	return poll(&p, 1, (int)ms) > 0;
}

const char *
listen_key(struct listen *l)
{
	char id[ID_SIZE];

	return arena_strdup(l->arena, id_make("lsn_", clock_now(), id));
}

void
listen_say(const char *what, const char *why)
{
	fprintf(stderr, "clive: %s: %s\n", what, why);
}

/* Something of ours that stdout does not take any more is no reason to stay. */
bool
listen_flush(struct listen *l)
{
	return (fflush(stdout) == 0 && ferror(stdout) == 0) ||
	    cli_fail(l->cli, "standard output: %s", strerror(errno));
}

/* --forward-to: without a scheme it is http://. */
static bool
take_forward_to(struct listen *l)
{
	const char *url = cli_get(l->cli, "forward-to");
	char *part = NULL;
	bool good = false;

	if (strstr(url, "://") == NULL)
		url = arena_printf(l->cli->arena, "http://%s", url);
	CURLU *u = curl_url();
	if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &part, 0) == CURLUE_OK)
		good = strcmp(part, "http") == 0 || strcmp(part, "https") == 0;
	curl_free(part);
	part = NULL;
	/* It would add a header that no real delivery has. */
	if (good && curl_url_get(u, CURLUPART_USER, &part, 0) == CURLUE_OK)
		good = false;
	curl_free(part);
	curl_url_cleanup(u);
	l->forward_to = url;
	/* What no report could name would be sent again for ever. */
	if (strlen(url) > FORWARD_MAX || field_check_url(url) != NULL)
		good = false;
	return good || cli_fail(l->cli, "--forward-to: must be a URL such as "
	    "http://localhost:3000/hooks, without user or password");
}

/* The words of --events as the API wants them. */
static void
write_events(struct jsonw *w, struct cli *cli)
{
	const char *list = cli_get(cli, "events");
	size_t n;

	jsonw_array(w, "events");
	for (list = list != NULL ? list : "all"; *list != '\0';
	    list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		jsonw_textn(w, NULL, list, n);
	}
	jsonw_end_array(w);
}

static struct http_answer
ask_for_listener(struct listen *l)
{
	char host[128] = "";
	struct http_answer a;
	struct buf body;
	struct jsonw w;

	gethostname(host, sizeof(host) - 1);
	buf_init(&body, LISTEN_BODY_MAX);
	jsonw_init(&w, &body);
	jsonw_object(&w, NULL);
	write_events(&w, l->cli);
	if (l->secret != NULL)
		jsonw_text(&w, "secret", l->secret);
	jsonw_text(&w, "name", arena_printf(l->arena, "clive listen%s%.60s",
	    host[0] != '\0' ? " at " : "", host));
	if (cli_get(l->cli, "partner") != NULL)
		jsonw_text(&w, "partner_id", cli_get(l->cli, "partner"));
	jsonw_text(&w, "schedule", l->schedule);
	jsonw_end_object(&w);
	a = reach_call(&l->reach, l->http, l->arena, "/webhooks/listen",
	    listen_key(l), &body, LISTEN_ANSWER_MS, false);
	buf_free(&body);
	return a;
}

/* Says who we are now; the secret is not to be had again. */
static void
introduce(struct listen *l, const struct json *doc)
{
	struct cli *cli = l->cli;

	if (cli->json) {
		jsonw_object(&cli->w, NULL);
		jsonw_text(&cli->w, "listener", l->id);
		jsonw_text(&cli->w, "secret", json_text(doc, "secret"));
		const struct json *events = json_get(doc, "events");
		if (events != NULL)
			jsonw_raw(&cli->w, "events", events->raw.p,
			    events->raw.n);
		jsonw_text(&cli->w, "forward_to", l->forward_to);
		jsonw_end_object(&cli->w);
		cli_print_json(cli);
		return;
	}
	printf("listening as %s for %s\n", cli_member(cli, doc, "id"),
	    cli_member(cli, doc, "events"));
	printf("forwarding to %s\n", cli_clean(cli->arena, l->forward_to,
	    strlen(l->forward_to)));
	printf("signed with %s (not shown again); Ctrl-C ends it\n\nUTC\n",
	    cli_member(cli, doc, "secret"));
}

static bool
begin(struct listen *l)
{
	struct http_answer a = ask_for_listener(l);
	const char *why;
	const struct json *doc = a.status == 201 ? json_parse(l->arena,
	    a.body.p, a.body.n, &why) : NULL;
	const char *id = json_text(doc, "id");

	if (a.stopped)
		return false;
	if (id == NULL)
		return cli_fail(l->cli, "the gateway at %s makes no listener: "
		    "%s", l->reach.base, reach_words(l->arena, &a));
	l->id = arena_strdup(l->cli->arena, id);
	introduce(l, doc);
	return listen_flush(l);
}

/* Is asking again no use? Then it has failed. */
static bool
is_final(struct listen *l, const struct http_answer *a)
{
	if (a->status == 404)
		cli_fail(l->cli, "the listener is gone; somebody has deleted "
		    "it");
	else if (a->status >= 400 && a->status < 500 && a->status != 408 &&
	    a->status != 429)
		cli_fail(l->cli, "the gateway refuses: %s",
		    reach_words(l->arena, a));
	else
		return false;
	return true;
}

/* Waits before the next question, longer each time; false: we are to end. */
static bool
pause_for(struct listen *l, const struct http_answer *a)
{
	l->pause_ms = l->pause_ms == 0 ? 1000 : 2 * l->pause_ms;
	if (l->pause_ms > PAUSE_MAX_MS)
		l->pause_ms = PAUSE_MAX_MS;
	fprintf(stderr, "clive: the gateway does not answer (%s); trying "
	    "again in %lld s\n", reach_words(l->arena, a),
	    (long long)(l->pause_ms / 1000));
	return !listen_stopped(l->pause_ms);
}

/* Somebody may switch a listener off and on, as any endpoint. */
static void
note_status(struct listen *l, const struct json *doc)
{
	const char *status = json_text(doc, "status");
	bool off = status != NULL && strcmp(status, "active") != 0;

	if (off != l->off)
		fprintf(stderr, "clive: the listener is %s\n",
		    off ? "disabled, and gets nothing" : "active again");
	l->off = off;
}

/* One question and what comes of it; false: that was the last one. */
static bool
ask(struct listen *l)
{
	struct http_answer a = reach_call(&l->reach, l->http, l->arena,
	    arena_printf(l->arena, "/webhooks/listen/%s?wait=%d", l->id,
	    WAIT_S), NULL, NULL, WAIT_S * 1000 + LISTEN_ANSWER_MS, false);
	const char *why;

	if (a.stopped || is_final(l, &a))
		return false;
	const struct json *doc = a.status == 200 ? json_parse(l->arena,
	    a.body.p, a.body.n, &why) : NULL;
	const struct json *items = json_get(doc, "items");
	if (items == NULL)
		return pause_for(l, &a);
	if (l->pause_ms > 0)
		fprintf(stderr, "clive: the gateway answers again\n");
	l->pause_ms = 0;
	note_status(l, doc);
	/* It may have more to do than to let us wait. */
	if (items->child == NULL && a.duration_ms < EMPTY_MS)
		return !listen_stopped(EMPTY_MS - a.duration_ms);
	for (const struct json *v = items->child; v != NULL; v = v->next)
		if (!listen_deliver(l, v) || listen_stopped(0))
			return false;
	return true;
}

/* Takes the listener out of use; without word from us it ends by itself. */
static bool
end(struct listen *l)
{
	struct buf body;

	buf_init(&body, 16);
	buf_puts(&body, "{}");
	struct http_answer a = reach_call(&l->reach, l->http, l->arena,
	    arena_printf(l->arena, "/webhooks/endpoints/%s/delete", l->id),
	    listen_key(l), &body, LISTEN_ANSWER_MS, true);
	buf_free(&body);
	if (a.status != 200 && a.status != 404)
		listen_say("the listener could not be removed; it gets "
		    "nothing after two minutes", reach_words(l->arena, &a));
	return a.status == 200 || a.status == 404;
}

static void
summarise(struct listen *l, bool removed)
{
	struct jsonw *w = &l->cli->w;

	jsonw_object(w, NULL);
	jsonw_text(w, "listener", l->id);
	jsonw_int(w, "delivered", l->delivered);
	jsonw_int(w, "failed", l->failed);
	jsonw_bool(w, "removed", removed);
	jsonw_end_object(w);
}

static bool
listen_on(struct listen *l)
{
	for (bool on = begin(l); on; on = ask(l))
		arena_reset(l->arena);
	if (l->id == NULL)
		return !l->cli->failed && cli_fail(l->cli, "stopped before "
		    "the listener was made");
	summarise(l, end(l));
	if (!l->cli->json)
		putchar('\n');
	return !l->cli->failed;
}

static bool
take_delivery_options(struct listen *l)
{
	const char *given = cli_get(l->cli, "secret");

	l->schedule = cli_get(l->cli, "schedule");
	if (l->schedule == NULL)
		l->schedule = "clive";
	if (given == NULL)
		return true;
	given = cli_secret(l->cli, "secret", SECRET_MAX);
	if (given != NULL)
		l->secret = arena_strdup(l->cli->arena, given);
	return given != NULL;
}

bool
run_listen(struct cli *cli)
{
	struct listen l = { .cli = cli, .arena = arena_new(),
	    .print = cli_get(cli, "print") != NULL };
	bool good = false;

	if (!take_forward_to(&l) || !take_delivery_options(&l) ||
	    !reach_find(cli, &l.reach))
		goto out;
	if (!catch_signals() || (l.http = http_open(stop[0])) == NULL) {
		cli_fail(cli, "listening cannot begin: %s", strerror(errno));
		goto out;
	}
	good = listen_on(&l);
out:
	http_close(l.http);
	reach_wipe(&l.reach);
	if (l.secret != NULL)
		sig_wipe(l.secret, strlen(l.secret));
	arena_free(l.arena);
	return good;
}

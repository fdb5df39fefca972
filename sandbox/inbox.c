/* SPDX-License-Identifier: ISC */
/*
 * /inbox on the sandbox port - a partner's webhook receiver to try things
 * with.
 *
 * POST: takes a webhook of at most 64 KiB, checks X-Clive-Signature with the
 * secret in var/inbox.secret, and keeps it. Refuses: 401 HMAC_MISSING, 401
 * HMAC_INVALID. Answers 200 {"received":true}.
 *
 * GET: the newest 50 of them. Answers 200 {"items":[{"received_at",
 * "signature","body"}]}, newest first.
 *
 * In live mode both answer 404. Kept webhooks are files in var/inbox, named
 * by an identifier that begins with the time.
 */
#include "gateway.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sig.h"

enum {
	SHOWN = 50,
	WEBHOOK_MAX = 64 * 1024,
	FILE_MAX = WEBHOOK_MAX + SHA256_HEX_SIZE
};

/* The whole file, or a slice without text. */
static struct slice
read_file(struct request *rq, const char *path)
{
	struct slice text = { NULL, 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *to = arena_alloc(rq->arena, FILE_MAX + 1);

	if (fd == -1)
		return text;
	ssize_t n = read(fd, to, FILE_MAX);
	close(fd);
	if (n > 0)
		text = (struct slice){ to, (size_t)n };
	return text;
}

static const char *
file_name(struct request *rq, const char *name)
{
	return arena_printf(rq->arena, "%s/inbox/%s", rq->conf->var, name);
}

static const struct fault *
check_signature(struct request *rq, const char *signature)
{
	uint8_t mac[SHA256_SIZE];
	const char *path = arena_printf(rq->arena, "%s/inbox.secret",
	    rq->conf->var);
	struct slice secret = read_file(rq, path);

	if (signature == NULL || *signature == '\0')
		return &FAULT_HMAC_MISSING;
	while (secret.n > 0 && secret.p[secret.n - 1] == '\n')
		secret.n--;
	if (secret.n == 0)
		return &FAULT_INTERNAL;
	sig_hmac(secret.p, secret.n, rq->body.p, rq->body.n, mac);
	return sig_hex_equal(mac, signature, strlen(signature)) ? NULL :
	    &FAULT_HMAC_INVALID;
}

/* A file: 64 digits of signature, a line feed, the body. */
static bool
keep(struct request *rq, const char *signature)
{
	char id[ID_SIZE];
	const char *folder = arena_printf(rq->arena, "%s/inbox",
	    rq->conf->var);

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return false;
	int fd = open(file_name(rq, id_make("", rq->now, id)),
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return false;
	char *text = arena_printf(rq->arena, "%s\n%.*s", signature,
	    (int)rq->body.n, rq->body.p);
	size_t n = strlen(text);
	bool good = write(fd, text, n) == (ssize_t)n;
	return close(fd) == 0 && good;
}

static const struct fault *
take(struct request *rq, void *arg)
{
	const char *signature = request_header(rq, "HTTP_X_CLIVE_SIGNATURE");
	const struct fault *fault;
	struct jsonw w;

	(void)arg;
	if (rq->conf->live)
		return &FAULT_NOT_FOUND;
	if ((fault = check_signature(rq, signature)) != NULL)
		return fault;
	if (!keep(rq, signature))
		return &FAULT_INTERNAL;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "received", true);
	jsonw_end_object(&w);
	return NULL;
}

static int
newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

static int
is_webhook(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The time that an identifier begins with: ten digits of base 32. */
static int64_t
time_of(const char *id)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	int64_t ms = 0;

	for (int i = 0; i < 10 && id[i] != '\0'; i++) {
		const char *at = strchr(digits, id[i]);
		ms = ms * 32 + (at != NULL ? at - digits : 0);
	}
	return ms;
}

static void
show(struct request *rq, struct jsonw *w, const char *name)
{
	struct slice text = read_file(rq, file_name(rq, name));

	if (text.n < SHA256_HEX_SIZE)
		return;
	jsonw_object(w, NULL);
	jsonw_time(w, "received_at", time_of(name));
	jsonw_textn(w, "signature", text.p, SHA256_HEX_SIZE - 1);
	jsonw_textn(w, "body", text.p + SHA256_HEX_SIZE,
	    text.n - SHA256_HEX_SIZE);
	jsonw_end_object(w);
}

static const struct fault *
list(struct request *rq, void *arg)
{
	struct dirent **names = NULL;
	struct jsonw w;

	(void)arg;
	if (rq->conf->live)
		return &FAULT_NOT_FOUND;
	int n = scandir(file_name(rq, ""), &names, is_webhook, newest_first);
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (int i = 0; i < n; i++) {
		if (i < SHOWN)
			show(rq, &w, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_PUBLIC, .raw_body = true,
	  .body_max = WEBHOOK_MAX, .handle = take },
	{ METHOD_GET, ACCESS_PUBLIC, .handle = list },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = { "/inbox", actions, API_CLIVE };

int
main(void)
{
	return app_main(&endpoint);
}

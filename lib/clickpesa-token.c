/* SPDX-License-Identifier: ISC */
/* clickpesa-token.c - a file, a lock, and the request behind them. */
#include "clickpesa-token.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "fetch.h"
#include "json.h"
#include "log.h"
#include "sig.h"

enum {
	LIFE_MS = 55 * 60 * 1000,
	TOKEN_MAX = 4096,
	FILE_MAX = TOKEN_MAX + 128,
	TRIES = 2
};

/* The sandbox clock is not ClickPesa's. */
static int64_t
real_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A token is good for the settings it was got with, and no others. */
static void
fingerprint(struct arena *arena, const struct conf *conf,
    char hex[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	char *text = arena_printf(arena, "%s\n%s\n%s\n%s",
	    conf->clickpesa_api_url, conf->clickpesa_client_id,
	    conf->clickpesa_api_key, conf->clickpesa_checksum_key);

	sig_sha256(text, strlen(text), digest);
	sig_wipe(text, strlen(text));
	hex_encode(digest, sizeof(digest), hex);
}

/* The file: fingerprint, end of life, token, each after a blank. */
static const char *
read_token(struct arena *arena, const struct conf *conf,
    const char *rejected)
{
	char path[CONF_PATH_MAX], print[SHA256_HEX_SIZE];
	char *text = arena_alloc(arena, FILE_MAX + 1), *end;
	int fd = open(conf_path(conf, "run/clickpesa.token", path),
	    O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return NULL;
	ssize_t n = read(fd, text, FILE_MAX);
	close(fd);
	fingerprint(arena, conf, print);
	if (n < SHA256_HEX_SIZE || strncmp(text, print, strlen(print)) != 0)
		return NULL;
	int64_t until = strtoimax(text + strlen(print), &end, 10);
	int64_t left = until - real_now();
	/* A clock that was put back must not make it live longer. */
	if (*end != ' ' || left <= 0 || left > LIFE_MS)
		return NULL;
	return rejected == NULL || strcmp(end + 1, rejected) != 0 ? end + 1 :
	    NULL;
}

static void
write_token(struct arena *arena, const struct conf *conf, const char *token)
{
	char path[CONF_PATH_MAX], fresh[CONF_PATH_MAX];
	char print[SHA256_HEX_SIZE];
	int fd = open(conf_path(conf, "run/clickpesa.token.new", fresh),
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	conf_path(conf, "run/clickpesa.token", path);
	fingerprint(arena, conf, print);
	char *text = arena_printf(arena, "%s %" PRId64 " %s", print,
	    real_now() + LIFE_MS, token);
	bool good = fd != -1 && write(fd, text, strlen(text)) ==
	    (ssize_t)strlen(text);
	sig_wipe(text, strlen(text));
	if (fd != -1)
		good = close(fd) == 0 && good;
	if (!good || rename(fresh, path) != 0)
		log_warn("%s: %s", path, strerror(errno));
}

/* It becomes a header line: printable ASCII, and of sane length. */
static bool
is_sane(const char *token)
{
	size_t n = strlen(token);

	if (n == 0 || n > TOKEN_MAX - strlen("Bearer "))
		return false;
	for (size_t i = 0; i < n; i++)
		if (token[i] < ' ' || token[i] > '~')
			return false;
	return true;
}

/* The documents say that the token begins with "Bearer ", the seed not. */
static const char *
read_answer(struct arena *arena, const struct fetch_answer *f,
    const char **why)
{
	const struct json *json = f->fate == FETCH_ANSWERED ?
	    json_parse(arena, f->body.p, f->body.n, why) : NULL;
	const char *token = json_text(json, "token");
	const char *message = json_text(json, "message");

	if (f->fate != FETCH_ANSWERED) {
		*why = f->error;
		return NULL;
	}
	if (f->status < 200 || f->status > 299 || token == NULL ||
	    !is_sane(token)) {
		*why = message != NULL ? message : arena_printf(arena,
		    "no token; status %d", f->status);
		return NULL;
	}
	return strncmp(token, "Bearer ", 7) == 0 ? token :
	    arena_printf(arena, "Bearer %s", token);
}

static const char *
fetch_token(struct arena *arena, const struct conf *conf, const char **why)
{
	const char *headers[] = {
		arena_printf(arena, "client-id: %s",
		    conf->clickpesa_client_id),
		arena_printf(arena, "api-key: %s", conf->clickpesa_api_key),
		"Content-Type:",
		NULL
	};
	const struct fetch f = {
		.method = "POST", .headers = headers, .body = { "", 0 },
		.url = arena_printf(arena, "%s/generate-token",
		    conf->clickpesa_api_url),
		.timeout_ms = conf->processor_timeout_ms, .tries = TRIES,
	};
	struct fetch_answer answer = fetch_run(arena, &f);

	return read_answer(arena, &answer, why);
}

/* With the lock, whose file holds when the last one failed. */
static const char *
renew(struct arena *arena, const struct conf *conf, const char *rejected,
    int lock, int64_t started, const char **why)
{
	const char *token = read_token(arena, conf, rejected);
	int64_t failed;

	if (token != NULL)
		return token;
	if (pread(lock, &failed, sizeof(failed), 0) == sizeof(failed) &&
	    failed >= started && failed <= real_now()) {
		*why = "no token: another request has just tried";
		return NULL;
	}
	token = fetch_token(arena, conf, why);
	if (token != NULL) {
		write_token(arena, conf, token);
		return token;
	}
	failed = real_now();
	if (pwrite(lock, &failed, sizeof(failed), 0) == -1)
		log_warn("run/clickpesa.lock: %s", strerror(errno));
	log_warn("ClickPesa gave no token: %s", *why);
	return NULL;
}

const char *
clickpesa_token(struct arena *arena, const struct conf *conf,
    const char *rejected, const char **why)
{
	const char *token = read_token(arena, conf, rejected);
	int64_t started = real_now();
	char path[CONF_PATH_MAX];

	if (token != NULL)
		return token;
	int lock = open(conf_path(conf, "run/clickpesa.lock", path),
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	/* Without a lock there is still a token, only more of them. */
	while (lock != -1 && flock(lock, LOCK_EX) == -1 && errno == EINTR)
		continue;
	token = renew(arena, conf, rejected, lock, started, why);
	if (lock != -1)
		close(lock);
	return token;
}

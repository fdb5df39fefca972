/* SPDX-License-Identifier: ISC */
/* probe.c - a few HTTP requests to our own address. */
#include "probe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "field.h"
#include "sig.h"

enum {
	HEAD_BYTES = 16,	/* of a file, by which it is recognised */
	TIMEOUT_MS = 3000,	/* of one request */
	PREFIXES_MAX = 5
};

/* The start of an answer's body. */
struct start {
	char	bytes[HEAD_BYTES];
	size_t	n;
};

static size_t
take_body(char *data, size_t size, size_t count, void *arg)
{
	struct start *s = arg;
	size_t n = size * count, room = sizeof(s->bytes) - s->n;

	memcpy(s->bytes + s->n, data, n < room ? n : room);
	s->n += n < room ? n : room;
	/* More than the start is not wanted: this ends the transfer. */
	return s->n < sizeof(s->bytes) ? n : 0;
}

static size_t
take_header(char *data, size_t size, size_t count, void *arg)
{
	static const char name[] = "date:";
	size_t n = size * count;
	int64_t *date_s = arg;
	char value[64];

	if (n > sizeof(name) && n < sizeof(value) &&
	    strncasecmp(data, name, sizeof(name) - 1) == 0) {
		snprintf(value, sizeof(value), "%.*s",
		    (int)(n - sizeof(name) + 1), data + sizeof(name) - 1);
		time_t t = curl_getdate(value, NULL);
		*date_s = t > 0 ? t : 0;
	}
	return n;
}

/* A GET as it is spelt, dots and all. The HTTP status, or 0. */
static long
get(CURL *curl, const char *url, struct start *body, int64_t *date_s)
{
	long status = 0;

	body->n = 0;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* The question is what this host serves, not what a proxy does. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "clive-doctor");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, date_s);
	CURLcode rc = curl_easy_perform(curl);
	if (rc == CURLE_OK || rc == CURLE_WRITE_ERROR)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* The first bytes of a file of ours; false where it has none. */
static bool
read_head(const struct conf *conf, const char *name, char head[HEAD_BYTES])
{
	char path[CONF_PATH_MAX];
	FILE *f = fopen(conf_path(conf, name, path), "re");

	if (f == NULL)
		return false;
	size_t n = fread(head, 1, HEAD_BYTES, f);
	fclose(f);
	return n == HEAD_BYTES;
}

/* Under which of these paths is the file handed out? */
static bool
try_file(CURL *curl, const struct conf *conf, const char *name,
    const char *const *prefixes, struct probe *p)
{
	struct start body;
	char head[HEAD_BYTES], url[sizeof(p->leak)];
	int64_t date_s;
	bool found = false;

	if (!read_head(conf, name, head))
		return false;
	for (; *prefixes != NULL && !found; prefixes++) {
		size_t n = (size_t)snprintf(url, sizeof(url), "%s%s%s",
		    conf->base_url, *prefixes, name);
		if (n >= sizeof(url))
			continue;
		long status = get(curl, url, &body, &date_s);
		p->tried++;
		found = status >= 200 && status < 300 &&
		    body.n == HEAD_BYTES && sig_equal(body.bytes, head,
		    HEAD_BYTES);
	}
	if (found)
		snprintf(p->leak, sizeof(p->leak), "%s", url);
	sig_wipe(head, sizeof(head));
	sig_wipe(&body, sizeof(body));
	return found;
}

static void
try_files(CURL *curl, const struct conf *conf, struct probe *p)
{
	static const char *const names[] = { "clive.conf", "master.key",
	    "db/clive.db" };
	const char *prefixes[PREFIXES_MAX + 1] = { "/var/", "/../var/",
	    "/%2e%2e/var/", "/", NULL };
	const char *last = strrchr(conf->var, '/');
	char own[CONF_PATH_MAX + 2];

	/* The data directory under its own name, where that is another. */
	last = last != NULL ? last + 1 : conf->var;
	if (*last != '\0' && strcmp(last, "var") != 0 && *last != '.') {
		snprintf(own, sizeof(own), "/%s/", last);
		prefixes[4] = own;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (try_file(curl, conf, names[i], prefixes, p))
			return;
}

/* Does a program answer, and not only the web server? */
static bool
is_healthy(CURL *curl, const struct conf *conf)
{
	static const char yes[] = "{\"ok\":true}";
	char url[sizeof(conf->base_url) + 16];
	struct start body;
	int64_t date_s;

	snprintf(url, sizeof(url), "%s/healthz", conf->base_url);
	return get(curl, url, &body, &date_s) == 200 &&
	    body.n >= strlen(yes) &&
	    strncmp((const char *)body.bytes, yes, strlen(yes)) == 0;
}

void
probe_run(const struct conf *conf, struct probe *p)
{
	struct start body;

	memset(p, 0, sizeof(*p));
	if (field_check_url(conf->base_url) != NULL) {
		snprintf(p->why, sizeof(p->why), "base_url is no http(s) URL");
		return;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *curl = curl_easy_init();
	char error[CURL_ERROR_SIZE] = "";
	if (curl != NULL) {
		curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
		p->reached = get(curl, conf->base_url, &body, &p->date_s) != 0;
		if (p->reached) {
			p->healthy = is_healthy(curl, conf);
			try_files(curl, conf, p);
		} else {
			snprintf(p->why, sizeof(p->why), "%s", error);
		}
	}
	curl_easy_cleanup(curl);
	curl_global_cleanup();
}

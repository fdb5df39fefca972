/* SPDX-License-Identifier: ISC */
/* egress.c - reading a webhook's URL and judging where it leads. */
#include "egress.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 63 };

/* Writes a complaint and returns it. */
static const char *
complain(char *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static const char *
complain(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, EGRESS_WHY_SIZE, fmt, ap);
	va_end(ap);
	return why;
}

static bool
is_name_char(char c)
{
	return isascii((unsigned char)c) &&
	    (isalnum((unsigned char)c) || c == '-' || c == '_');
}

/* A host name of whole labels, in letters that are the same everywhere. */
static bool
is_name(const char *host)
{
	if (strlen(host) > EGRESS_HOST_MAX)
		return false;
	for (;;) {
		size_t n = 0;

		while (is_name_char(host[n]))
			n++;
		if (n == 0 || n > LABEL_MAX || host[0] == '-' ||
		    host[n - 1] == '-')
			return false;
		if (host[n] == '\0')
			return true;
		if (host[n] != '.')
			return false;
		host += n + 1;
	}
}

/*
 * Would somebody read this name as an IPv4 address: does it end in a number
 * (decimal, octal or hexadecimal), as in 127.1, 0x7f.1 or 2130706433?
 */
static bool
looks_like_number(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot != NULL ? dot + 1 : host;
	size_t n = strlen(last);

	if (n >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
		return strspn(last + 2, "0123456789abcdefABCDEF") == n - 2;
	return strspn(last, "0123456789") == n;
}

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

bool
egress_read_allow(const char *word, struct conf_allow *out)
{
	memset(out, 0, sizeof(*out));
	if (address_net_read(word, &out->net))
		return out->net.bits >= (out->net.net.v6 ? EGRESS_BITS_MIN6 :
		    EGRESS_BITS_MIN4);
	if (!is_name(*word == '.' ? word + 1 : word) ||
	    looks_like_number(word))
		return false;
	snprintf(out->host, sizeof(out->host), "%s", word);
	lower(out->host);
	return true;
}

/* Is the name one of the list, or below a domain of it? */
static bool
name_allowed(const struct conf *conf, const char *host)
{
	size_t n = strlen(host);

	for (size_t i = 0; i < conf->webhook_allow_count; i++) {
		const char *listed = conf->webhook_allow[i].host;
		size_t len = strlen(listed);
		if (*listed == '.' ? n > len &&
		    strcmp(host + n - len, listed) == 0 :
		    *listed != '\0' && strcmp(host, listed) == 0)
			return true;
	}
	return false;
}

static bool
net_allowed(const struct conf *conf, const struct address *a)
{
	for (size_t i = 0; i < conf->webhook_allow_count; i++)
		if (conf->webhook_allow[i].host[0] == '\0' &&
		    address_in(&conf->webhook_allow[i].net, a))
			return true;
	return false;
}

/* Public, or in a network of the list. */
static bool
acceptable(const struct conf *conf, const struct address *a)
{
	return address_kind(a) == NULL || net_allowed(conf, a);
}

/*
 * NULL where the address may be connected, else what about it may not: the
 * address itself, or one that it carries. *never: no setting helps.
 */
static const struct address *
find_refused(const struct conf *conf, const struct address *a, bool by_name,
    struct address inner[ADDRESS_INNER_MAX], bool *never)
{
	size_t n = address_inner(a, inner);

	*never = true;
	if (address_metadata(a))
		return a;
	for (size_t i = 0; i < n; i++)
		if (address_metadata(&inner[i]))
			return &inner[i];
	*never = false;
	if (by_name || (!conf->live && address_loopback(a)))
		return NULL;
	if (!acceptable(conf, a))
		return a;
	for (size_t i = 0; i < n; i++)
		if (!acceptable(conf, &inner[i]))
			return &inner[i];
	return NULL;
}

/* One address of a target, or what is wrong with it. */
static const char *
judge(const struct conf *conf, const struct egress_target *t,
    const struct address *a, char *why)
{
	struct address inner[ADDRESS_INNER_MAX];
	char text[ADDRESS_TEXT_SIZE];
	bool never;
	const struct address *bad = find_refused(conf, a, !t->literal &&
	    name_allowed(conf, t->host), inner, &never);

	if (bad == NULL)
		return NULL;
	const char *rest = never ? "which is never allowed" :
	    "allow it by name with webhook_allow in clive.conf";
	address_text(bad, text);
	if (bad == a && t->literal)
		return complain(why, "%s is %s address%s %s", text,
		    address_kind(bad), never ? "," : ";", rest);
	return complain(why, "%.100s leads to %s, %s address%s %s", t->host,
	    text, address_kind(bad), never ? "," : ";", rest);
}

static bool
port_listed(const struct conf *conf, uint16_t port)
{
	for (size_t i = 0; i < conf->webhook_ports_count; i++)
		if (conf->webhook_ports[i] == port)
			return true;
	return false;
}

static const char *
judge_port(const struct conf *conf, uint16_t port, char *why)
{
	if (port_listed(conf, port))
		return NULL;
	return complain(why, "webhooks do not go to port %u; list it in "
	    "webhook_ports in clive.conf", port);
}

const char *
egress_check_answer(const struct conf *conf, const struct egress_target *t,
    const struct address *addresses, size_t n, char why[EGRESS_WHY_SIZE])
{
	bool loopback = !conf->live;
	const char *wrong;

	for (size_t i = 0; i < n; i++) {
		if ((wrong = judge(conf, t, &addresses[i], why)) != NULL)
			return wrong;
		loopback = loopback && address_loopback(&addresses[i]);
	}
	return loopback ? NULL : judge_port(conf, t->port, why);
}

/* Names of loopback, which no name server is to be asked for (RFC 6761). */
static bool
is_localhost(const char *host)
{
	size_t n = strlen(host), len = strlen("localhost");

	return n >= len && strcmp(host + n - len, "localhost") == 0 &&
	    (n == len || host[n - len - 1] == '.');
}

/* What can be said of a name before it is resolved. */
static const char *
judge_name(const struct conf *conf, const struct egress_target *t, char *why)
{
	const struct address loopback = { .bytes = { 127, [3] = 1 } };

	if (!conf->live)
		return NULL;
	if (is_localhost(t->host))
		return egress_check_answer(conf, t, &loopback, 1, why);
	return judge_port(conf, t->port, why);
}

/* The host, n > 0 bytes, or what is wrong with its spelling. */
static const char *
read_host(const char *text, size_t n, struct egress_target *t, char *why)
{
	char *host = t->host;

	if (n > EGRESS_HOST_MAX)
		return complain(why, "the host is too long");
	memcpy(host, text, n);
	host[n] = '\0';
	lower(host);
	if (host[n - 1] == '.')
		return complain(why, "the host must not end in a dot");
	if (!is_name(host))
		return complain(why, "the host is spelled with letters, "
		    "digits, - and dots; write other letters as xn--...");
	t->literal = looks_like_number(host);
	if (t->literal && !address_read(host, &t->address))
		return complain(why, "an address is written as four decimal "
		    "numbers, or as IPv6 in brackets");
	return NULL;
}

static const char *
read_bracketed(const char *text, size_t n, struct egress_target *t, char *why)
{
	t->literal = true;
	if (n < sizeof(t->host)) {
		memcpy(t->host, text, n);
		t->host[n] = '\0';
		lower(t->host);
		if (address_read(t->host, &t->address) && t->address.v6)
			return NULL;
	}
	return complain(why, "between brackets stands an IPv6 address, "
	    "without a zone");
}

/* What stands behind the host: nothing, or a port. */
static const char *
read_port(const char *text, size_t n, uint16_t *port, char *why)
{
	unsigned value = 0;
	bool good = n >= 2 && n <= 6 && text[0] == ':' && text[1] != '0';

	if (n == 0)
		return NULL;
	for (size_t i = 1; good && i < n; i++) {
		good = text[i] >= '0' && text[i] <= '9';
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	if (!good || value > UINT16_MAX)
		return complain(why, "behind the host stands at most a colon "
		    "and a port, 1 to 65535");
	*port = (uint16_t)value;
	return NULL;
}

/* Host and port out of the n bytes between "://" and the path. */
static const char *
read_authority(const char *text, size_t n, struct egress_target *t, char *why)
{
	const char *end, *wrong;

	if (n == 0 || *text == ':' || memchr(text, '@', n) != NULL)
		return complain(why, "the URL must name a host, without user "
		    "or password");
	if (*text == '[') {
		end = memchr(text, ']', n);
		if (end == NULL)
			return complain(why, "the bracket [ is not closed");
		wrong = read_bracketed(text + 1, (size_t)(end - text - 1), t,
		    why);
		end++;
	} else {
		end = memchr(text, ':', n);
		if (end == NULL)
			end = text + n;
		wrong = read_host(text, (size_t)(end - text), t, why);
	}
	if (wrong != NULL)
		return wrong;
	return read_port(end, n - (size_t)(end - text), &t->port, why);
}

/* No byte that one program drops, another one splits or decodes at. */
static bool
is_plain(const char *url)
{
	for (; *url != '\0'; url++)
		if (!isascii((unsigned char)*url) ||
		    !isgraph((unsigned char)*url) ||
		    strchr("\\<>\"", *url) != NULL)
			return false;
	return true;
}

const char *
egress_check_url(const struct conf *conf, const char *url,
    struct egress_target *t, char why[EGRESS_WHY_SIZE])
{
	bool tls = strncmp(url, "https://", 8) == 0;
	const char *start = url + (tls ? 8 : 7), *wrong;

	memset(t, 0, sizeof(*t));
	t->port = tls ? 443 : 80;
	if ((!tls && strncmp(url, "http://", 7) != 0) ||
	    strlen(url) > EGRESS_URL_MAX)
		return complain(why, "the URL must be http:// or https:// "
		    "and at most %d characters", EGRESS_URL_MAX);
	wrong = read_authority(start, strcspn(start, "/?#"), t, why);
	if (wrong != NULL)
		return wrong;
	if (!is_plain(url))
		return complain(why, "the URL has characters that must be "
		    "written as %%XX");
	if (conf->live && !tls)
		return complain(why, "in live mode the URL must be https://");
	if (t->literal)
		return egress_check_answer(conf, t, &t->address, 1, why);
	return judge_name(conf, t, why);
}

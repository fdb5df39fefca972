/* SPDX-License-Identifier: ISC */
/* curl-request.h - what our requests over libcurl have in common. */
#ifndef CURL_REQUEST_H
#define CURL_REQUEST_H

#include <curl/curl.h>
#include <stdint.h>

#include "arena.h"

enum { CURL_REQUEST_CONNECT_MS = 5000 };

/*
 * Sets method, URL, headers and body (p NULL: none), which all outlive the
 * request, and how it is made: http and https only, no redirects, no proxy,
 * no signals, at most CURL_REQUEST_CONNECT_MS to connect and timeout_ms in
 * all.
 */
void	curl_request_set(CURL *, const char *method, const char *url,
	    struct curl_slist *headers, struct slice body,
	    int64_t timeout_ms);

#endif

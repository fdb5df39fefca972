/* SPDX-License-Identifier: ISC */
/*
 * empty-cgi.c - a CGI program that does nothing but answer: what starting one
 * costs.
 */
#include <stdio.h>

int
main(void)
{
	puts("Status: 200\r\nContent-Type: application/json\r\n\r\n{}");
	return 0;
}

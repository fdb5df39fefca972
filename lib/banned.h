/* SPDX-License-Identifier: ISC */
/*
 * banned.h - functions that do not compile here.
 *
 * The Makefile includes this file before every other line of every source
 * file. It pulls in the headers that declare the functions first, so that
 * only our own uses of them are caught.
 */
#ifndef BANNED_H
#define BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(f) sorry_##f##_is_banned

#undef strcpy
#define strcpy(a, b) BANNED(strcpy)	/* no bound */
#undef strcat
#define strcat(a, b) BANNED(strcat)	/* no bound */
#undef strncpy
#define strncpy(a, b, n) BANNED(strncpy) /* may leave no terminator */
#undef sprintf
#define sprintf(...) BANNED(sprintf)	/* no bound */
#undef vsprintf
#define vsprintf(a, b, c) BANNED(vsprintf) /* no bound */
#undef strtok
#define strtok(a, b) BANNED(strtok)	/* hidden state */
#undef gmtime
#define gmtime(a) BANNED(gmtime)	/* hidden state */
#undef localtime
#define localtime(a) BANNED(localtime)	/* hidden state */
#undef ctime
#define ctime(a) BANNED(ctime)		/* hidden state */
#undef atoi
#define atoi(a) BANNED(atoi)		/* no errors */
#undef atol
#define atol(a) BANNED(atol)		/* no errors */
#undef atof
#define atof(a) BANNED(atof)		/* no errors */
#undef rand
#define rand() BANNED(rand)		/* guessable */
#undef random
#define random() BANNED(random)		/* guessable */

#endif

/* SPDX-License-Identifier: ISC */
/* version.h - which Clive this is. */
#ifndef VERSION_H
#define VERSION_H

#ifndef CLIVE_VERSION
#define CLIVE_VERSION "0.1.0"
#endif

#endif

/* SPDX-License-Identifier: ISC */
/*
 * test.h - what every cmocka program includes.
 *
 * TEST_MAIN makes a main that runs the table; the first argument of the
 * program, where there is one, is a pattern of cases to run
 * (make check T=name/case).
 */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST_MAIN(name, tests)						\
int									\
main(int argc, char **argv)						\
{									\
	if (argc > 1)							\
		cmocka_set_test_filter(argv[1]);			\
	return cmocka_run_group_tests_name(name, tests, NULL, NULL);	\
}

#endif

/* SPDX-License-Identifier: ISC */
/*
 * cgi-alone.c - how long one request takes as plain CGI, from the start of the
 * program to its end, without a web server.
 *
 *	cgi-alone PROGRAM BODY N SALT
 *
 * Runs the program N times with the environment as it is, the file BODY as
 * its input and an idempotency key of its own each time; prints the median in
 * microseconds.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t
run_once(const char *program, const char *body)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL };
	posix_spawn_file_actions_t files;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, body, O_RDONLY,
	    0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
	    O_WRONLY, 0);
	int64_t start = now_us();
	if (posix_spawn(&pid, program, &files, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		die(program);
	posix_spawn_file_actions_destroy(&files);
	return now_us() - start;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
	char key[64];

	if (argc != 5)
		return 64;
	size_t n = strtoul(argv[3], NULL, 10);
	int64_t *us = calloc(n, sizeof(*us));
	if (n == 0 || us == NULL)
		return 64;
	for (size_t i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "cgi-%s-%zu", argv[4], i);
		setenv("HTTP_IDEMPOTENCY_KEY", key, 1);
		us[i] = run_once(argv[1], argv[2]);
	}
	qsort(us, n, sizeof(*us), compare);
	printf("%" PRId64 "\n", us[n / 2]);
	free(us);
	return 0;
}

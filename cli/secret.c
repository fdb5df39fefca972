/* SPDX-License-Identifier: ISC */
/* secret.c - secrets and passwords, kept out of the command line. */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "password.h"
#include "sig.h"

static void
on_interrupt(int sig)
{
	(void)sig;	/* it only has to interrupt read */
}

/*
 * Reads bytes up to a line feed or the end into cli->secret. False with
 * errno: E2BIG where they do not fit.
 */
static bool
read_bytes(struct cli *cli)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(STDIN_FILENO, cli->secret + n, 1);

		if (got == -1)
			return false;
		if (got == 0 || cli->secret[n] == '\n')
			break;
		if (++n == sizeof(cli->secret)) {
			errno = E2BIG;
			return false;
		}
	}
	cli->secret[n] = '\0';
	return true;
}

/* The same on a terminal, whose echo must come back whatever happens. */
static bool
read_silently(struct cli *cli, const char *prompt)
{
	struct sigaction act = { .sa_handler = on_interrupt }, old;
	struct termios shown, hidden;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return read_bytes(cli);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	sigaction(SIGINT, &act, &old);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fprintf(stderr, "%s: ", prompt);
	bool good = read_bytes(cli);
	int error = errno;
	fputc('\n', stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	sigaction(SIGINT, &old, NULL);
	errno = error;
	return good;
}

static bool
read_line(struct cli *cli, const char *prompt)
{
	if (read_silently(cli, prompt)) {
		/* A file from another system may end its line with CR. */
		size_t n = strlen(cli->secret);
		if (n > 0 && cli->secret[n - 1] == '\r')
			cli->secret[n - 1] = '\0';
		return true;
	}
	return errno == E2BIG ? cli_fail(cli, "standard input: too long") :
	    cli_fail(cli, "standard input: %s", strerror(errno));
}

static bool
has_controls(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

const char *
cli_secret(struct cli *cli, const char *option, size_t max)
{
	const char *value = cli_get(cli, option);

	if (value != NULL && strcmp(value, "-") == 0)
		value = read_line(cli, "Secret") ? cli->secret : NULL;
	if (value == NULL)
		return NULL;
	if (*value == '\0')
		cli_fail(cli, "--%s: is empty", option);
	else if (strlen(value) > max)
		cli_fail(cli, "--%s: has more than %zu characters", option,
		    max);
	else if (has_controls(value))
		cli_fail(cli, "--%s: has control characters", option);
	else
		return value;
	return NULL;
}

const char *
cli_password(struct cli *cli)
{
	char first[sizeof(cli->secret)];
	const char *wrong;

	if (!read_line(cli, "Password"))
		return NULL;
	if (isatty(STDIN_FILENO) == 1) {
		memcpy(first, cli->secret, sizeof(first));
		bool same = read_line(cli, "Again") &&
		    strcmp(first, cli->secret) == 0;
		sig_wipe(first, sizeof(first));
		if (!same && !cli->failed)
			cli_fail(cli, "the two passwords differ");
		if (!same)
			return NULL;
	}
	if ((wrong = password_acceptable(cli->secret)) == NULL)
		return cli->secret;
	cli_fail(cli, "%s", wrong);
	return NULL;
}

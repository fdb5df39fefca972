/* SPDX-License-Identifier: ISC */
/*
 * listen-on.c - runs a FastCGI program as a web server would.
 *
 *	listen-on SOCKET PROGRAM
 *
 * Makes a Unix socket at a path where there is none yet, and becomes the
 * program, with the socket as its descriptor 0. It can be connected to as
 * soon as the path is there.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char new[sizeof(at.sun_path)];

	if (argc != 3 || strlen(argv[1]) >= sizeof(at.sun_path) - 4) {
		fputs("usage: listen-on SOCKET PROGRAM\n", stderr);
		return 64;
	}
	snprintf(new, sizeof(new), "%s.new", argv[1]);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", new);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 1024) != 0 || rename(new, argv[1]) != 0 ||
	    dup2(fd, STDIN_FILENO) == -1) {
		perror("listen-on");
		return 1;
	}
	if (fd != STDIN_FILENO)
		close(fd);
	execl(argv[2], argv[2], (char *)NULL);
	perror(argv[2]);
	return 1;
}

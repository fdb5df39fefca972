/* SPDX-License-Identifier: ISC */
/*
 * hello.c - the least that a FastCGI program can do: read a request, answer
 * it. What it reaches behind the same web server is the ceiling for ours.
 *
 * libfcgi does not close a connection before the web server has, which is
 * time in which it could take the next one. Called hello-prompt, this closes
 * it at once, as our programs do: a fairer and higher ceiling.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>

static void
finish(FCGX_Request *rq, bool prompt)
{
	int fd = rq->ipcFd;

	rq->keepConnection = prompt;
	FCGX_Finish_r(rq);
	if (prompt) {
		rq->ipcFd = -1;
		close(fd);
	}
}

int
main(int argc, char **argv)
{
	static const char reply[] = "Status: 200\r\n"
	    "Content-Type: application/json\r\n\r\n{\"hello\":\"world\"}";
	bool prompt = argc > 0 && strstr(argv[0], "prompt") != NULL;
	char body[4096];
	FCGX_Request rq;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&rq, 0, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&rq) == 0) {
		while (FCGX_GetStr(body, sizeof(body), rq.in) > 0)
			continue;
		FCGX_PutStr(reply, sizeof(reply) - 1, rq.out);
		finish(&rq, prompt);
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * hello.c - the least that a FastCGI program can do: read a request, answer
 * it. What it reaches behind the same web server is the ceiling for ours.
 */
#include <fcgiapp.h>

int
main(void)
{
	static const char reply[] = "Status: 200\r\n"
	    "Content-Type: application/json\r\n\r\n{\"hello\":\"world\"}";
	char body[4096];
	FCGX_Request rq;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&rq, 0, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&rq) == 0) {
		while (FCGX_GetStr(body, sizeof(body), rq.in) > 0)
			continue;
		FCGX_PutStr(reply, sizeof(reply) - 1, rq.out);
		FCGX_Finish_r(&rq);
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
/* test-incoming.c - when a FastCGI request is there, and when it is not. */
#include "incoming.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fixture.h"
#include "test.h"

/* Begin, one parameter record, its end, one piece of body, the body's end. */
static const unsigned char request[] = {
	1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
	1, 4, 0, 1, 0, 3, 5, 0, 1, 0, 'a', 0, 0, 0, 0, 0,
	1, 4, 0, 1, 0, 0, 0, 0,
	1, 5, 0, 1, 0, 2, 0, 0, 'h', 'i',
	1, 5, 0, 1, 0, 0, 0, 0
};

static void
a_request_is_whole_at_its_last_byte_and_not_before(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(request); n++)
		if (incoming_is_whole(request, n))
			fail_msg("whole after %zu bytes", n);
	assert_true(incoming_is_whole(request, sizeof(request)));
}

static void
what_is_no_request_is_for_the_reader_to_refuse(void **state)
{
	unsigned char bytes[sizeof(request)];

	(void)state;
	memcpy(bytes, request, sizeof(bytes));
	bytes[0] = 2;			/* another version */
	assert_true(incoming_is_whole(bytes, 8));
	bytes[0] = 1;
	bytes[1] = 9;			/* a question about us */
	assert_true(incoming_is_whole(bytes, 8));
	assert_true(incoming_is_whole((const unsigned char *)
	    "GET / HTTP/1.1", 14));
}

/* A client of a socket in the folder. */
static int
join(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)at,
	    sizeof(*at)), 0);
	return fd;
}

static void
send_all(int fd, size_t from, size_t to)
{
	assert_int_equal(send(fd, request + from, to - from, 0), to - from);
}

static void
only_what_is_whole_is_taken(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char folder[64], byte;
	int fds[4], listening = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	fixture_folder(folder);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", folder);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)),
	    0);
	assert_int_equal(listen(listening, 8), 0);
	int silent = join(&at), half = join(&at), gone = join(&at);
	int first = join(&at), second = join(&at);
	send_all(half, 0, 30);
	close(gone);
	send_all(first, 0, sizeof(request));
	send_all(second, 0, sizeof(request));
	assert_int_equal(incoming_take(listening, fds, 4), 2);
	/* Nothing has been taken off them. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(recv(fds[i], &byte, 1, 0), 1);
		assert_int_equal(byte, 1);
		close(fds[i]);
	}
	send_all(half, 30, sizeof(request));
	assert_int_equal(incoming_take(listening, fds, 4), 1);
	close(fds[0]);
	/* No more than asked for; the other one stays. */
	send_all(silent, 0, sizeof(request));
	int third = join(&at);
	send_all(third, 0, sizeof(request));
	assert_int_equal(incoming_take(listening, fds, 1), 1);
	assert_int_equal(incoming_take(listening, fds + 1, 1), 1);
	close(fds[0]), close(fds[1]);
	const int all[] = { silent, half, first, second, third, listening };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		close(all[i]);
	assert_int_equal(incoming_take(listening, fds, 1), 0);
	fixture_remove(folder);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_request_is_whole_at_its_last_byte_and_not_before),
	cmocka_unit_test(what_is_no_request_is_for_the_reader_to_refuse),
	cmocka_unit_test(only_what_is_whole_is_taken),
};

TEST_MAIN("incoming", tests)

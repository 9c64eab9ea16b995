/* SPDX-License-Identifier: MIT */
/* Requests to a runner's control socket, as they are. */
#include "harness.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

int http_connect(const struct runner *runner)
{
	int64_t end = now_ms() + DEADLINE_S * INT64_C(1000);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(text_copy(address.sun_path, sizeof(address.sun_path), runner->socket));
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		assert_true(now_ms() < end);
		usleep(20000);
	}
	return fd;
}

char *http_exchange(const struct runner *runner, const char *request)
{
	struct text answer = TEXT_EMPTY;
	int fd = http_connect(runner);
	char part[4096];
	ssize_t count;

	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	while ((count = read(fd, part, sizeof(part))) > 0)
		text_append_bytes(&answer, part, (size_t)count);
	close(fd);
	text_append(&answer, "");
	return text_steal(&answer);
}

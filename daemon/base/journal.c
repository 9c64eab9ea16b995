/* SPDX-License-Identifier: MIT */
#include "base/journal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"

int journal_open(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

bool journal_send(int fd, const char *path, const struct journal_field *fields)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct text entry = TEXT_EMPTY;
	ssize_t sent;
	int error;

	if (!text_copy(address.sun_path, sizeof(address.sun_path), path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	for (; fields->name != NULL; fields++) {
		if (fields->value == NULL)
			continue;
		assert(strchr(fields->value, '\n') == NULL);
		text_printf(&entry, "%s=%s\n", fields->name, fields->value);
	}
	sent = sendto(fd, entry.data, entry.length, MSG_NOSIGNAL, (struct sockaddr *)&address,
	    sizeof(address));
	error = errno;
	text_clear(&entry);
	errno = error;
	return sent >= 0;
}

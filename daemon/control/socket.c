/* SPDX-License-Identifier: MIT */
#include "control/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/paths.h"

/*
 * Opens the socket's directory, making it if it is missing, and locks it so that two runners don't
 * start at once. Returns a descriptor, or -1 with a reason.
 */
static int open_directory(const char *path, char reason[REASON_SIZE])
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == NULL ? xstrdup(".") : xstrndup(path, (size_t)(slash - path) + 1);
	size_t length = strlen(directory);
	struct stat status;
	int fd = -1;

	if (length > 1 && directory[length - 1] == '/')
		directory[length - 1] = '\0';
	if (make_directories(directory) == 0)
		fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(reason, REASON_SIZE, "directory %s: %s", directory, strerror(errno));
	} else if (fstat(fd, &status) == 0 && status.st_uid != 0 && status.st_uid != geteuid()) {
		snprintf(reason, REASON_SIZE, "directory %s belongs to another user (%u)",
		    directory, (unsigned)status.st_uid);
		close(fd);
		fd = -1;
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		snprintf(reason, REASON_SIZE, "another runner is starting in %s", directory);
		close(fd);
		fd = -1;
	}
	free(directory);
	return fd;
}

/* Whether a process listens on the socket. */
static bool somebody_answers(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool answered;

	if (fd < 0)
		return true;
	answered = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	           (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return answered;
}

/* Removes a socket that was left behind. Returns whether the path is free, or a reason. */
static bool clear_path(const struct sockaddr_un *address, char reason[REASON_SIZE])
{
	const char *path = address->sun_path;
	struct stat status;

	if (lstat(path, &status) != 0) {
		if (errno == ENOENT)
			return true;
		snprintf(reason, REASON_SIZE, "%s: %s", path, strerror(errno));
		return false;
	}
	if (!S_ISSOCK(status.st_mode)) {
		snprintf(reason, REASON_SIZE, "%s exists and is not a socket", path);
		return false;
	}
	if (somebody_answers(address)) {
		snprintf(reason, REASON_SIZE, "another runner answers on %s", path);
		return false;
	}
	if (unlink(path) != 0) {
		snprintf(reason, REASON_SIZE, "%s: can't be replaced: %s", path, strerror(errno));
		return false;
	}
	return true;
}

/* Binds and listens, with mode 0660. Returns the socket, or -1 with errno. */
static int bind_socket(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t mask;
	int result;

	if (fd < 0)
		return -1;
	mask = umask(0117);
	result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	if (result == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	result = errno;
	close(fd);
	errno = result;
	return -1;
}

int control_listen(const char *path, dev_t *device, ino_t *inode, char reason[REASON_SIZE])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	int directory, fd = -1;

	if (!text_copy(address.sun_path, sizeof(address.sun_path), path)) {
		snprintf(reason, REASON_SIZE,
		    "%s: longer than %zu characters, the most for a socket", path,
		    sizeof(address.sun_path) - 1);
		return -1;
	}
	directory = open_directory(path, reason);
	if (directory < 0)
		return -1;
	if (clear_path(&address, reason)) {
		fd = bind_socket(&address);
		if (fd < 0 || lstat(path, &status) != 0)
			snprintf(reason, REASON_SIZE, "%s: %s", path, strerror(errno));
	}
	close(directory);
	if (fd < 0)
		return -1;
	*device = status.st_dev;
	*inode = status.st_ino;
	return fd;
}

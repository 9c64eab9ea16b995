/* SPDX-License-Identifier: MIT */
#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening ---- */

/* Another open file of the same pipe or terminal, which does not block; -1 if there can't be. */
static int open_again(int fd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void outlet_open(struct outlet *outlet, int fd, bool ours)
{
	struct stat status;
	int again;

	outlet_close(outlet);
	*outlet = (struct outlet){.fd = fd, .is_ours = ours};
	if (fstat(fd, &status) != 0)
		return;
	outlet->device = status.st_dev;
	outlet->inode = status.st_ino;
	if (S_ISSOCK(status.st_mode))
		outlet->kind = OUTLET_SOCKET;
	if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
		return;
	again = open_again(fd);
	if (again < 0) {
		outlet->kind = OUTLET_SHARED;
		return;
	}
	if (ours)
		close(fd);
	outlet->fd = again;
	outlet->is_ours = true;
}

void outlet_close(struct outlet *outlet)
{
	if (outlet->is_ours && outlet->fd >= 0)
		close(outlet->fd);
	text_clear(&outlet->queue);
	*outlet = (struct outlet)OUTLET_CLOSED;
}

bool outlet_is_of(const struct outlet *outlet, int fd)
{
	struct stat status;

	return outlet->fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == outlet->device &&
	       status.st_ino == outlet->inode;
}

/* ---- writing ---- */

/*
 * Writes what is taken now: how much, or -1 with errno. A pipe that has room has it for PIPE_BUF
 * bytes.
 */
static ssize_t write_some(const struct outlet *outlet, const char *bytes, size_t length)
{
	struct pollfd room = {.fd = outlet->fd, .events = POLLOUT};

	if (outlet->kind == OUTLET_SOCKET)
		return send(outlet->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (outlet->kind == OUTLET_PLAIN)
		return write(outlet->fd, bytes, length);
	if (poll(&room, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(outlet->fd, bytes, length < PIPE_BUF ? length : PIPE_BUF);
}

/*
 * Writes as much as is taken now. Returns how much that was; less than length with errno EAGAIN, or
 * another that tells that the rest can't be written.
 */
static size_t write_now(const struct outlet *outlet, const char *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t written = write_some(outlet, bytes + done, length - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			break;
	}
	return done;
}

size_t outlet_kept(const struct outlet *outlet)
{
	return outlet->queue.length - outlet->sent;
}

bool outlet_flush(struct outlet *outlet)
{
	struct text *queue = &outlet->queue;
	size_t left = outlet_kept(outlet);
	size_t done;

	if (left == 0)
		return true;
	done = write_now(outlet, queue->data + outlet->sent, left);
	outlet->sent += done;
	if (done == left || errno != EAGAIN) {
		text_clear(queue);
		outlet->sent = 0;
		return true;
	}
	if (outlet->sent > OUTLET_QUEUE_MAX) {
		queue->length -= outlet->sent;
		memmove(queue->data, queue->data + outlet->sent, queue->length);
		outlet->sent = 0;
	}
	return false;
}

bool outlet_write(struct outlet *outlet, const char *line, size_t length)
{
	size_t done;

	if (!outlet_flush(outlet)) {
		if (outlet_kept(outlet) + length > OUTLET_QUEUE_MAX)
			outlet->dropped++;
		else
			text_append_bytes(&outlet->queue, line, length);
		return true;
	}
	done = write_now(outlet, line, length);
	if (done == length)
		return true;
	if (errno != EAGAIN)
		return false;
	/* A line that was begun is always completed, however long it is. */
	text_append_bytes(&outlet->queue, line + done, length - done);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "kit/file_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

#define SETTLED_NS (200 * NS_PER_MS)
#define WRITTEN (IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_ATTRIB)

/* What tells one content of a file from the next. */
struct version {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

struct file_watch {
	int fd;
	char *path;
	const char *name; /* its last part */
	struct version version;
};

/* The version that is there now; false if there is none. */
static bool look(const struct file_watch *watch, struct version *version)
{
	struct stat status;

	memset(version, 0, sizeof(*version));
	if (stat(watch->path, &status) != 0)
		return false;
	version->device = status.st_dev;
	version->inode = status.st_ino;
	version->size = status.st_size;
	version->modified = status.st_mtim;
	return true;
}

struct file_watch *file_watch_open(const char *path)
{
	struct file_watch *watch = xcalloc(1, sizeof(*watch));
	const char *slash = strrchr(path, '/');
	char *directory = slash != NULL ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	int result;

	watch->path = xstrdup(path);
	watch->name = slash != NULL ? watch->path + (slash + 1 - path) : watch->path;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	result = watch->fd < 0 ? -1 : inotify_add_watch(watch->fd, directory, WRITTEN);
	free(directory);
	if (result < 0) {
		file_watch_free(watch);
		return NULL;
	}
	look(watch, &watch->version);
	return watch;
}

void file_watch_free(struct file_watch *watch)
{
	int error = errno;

	if (watch->fd >= 0)
		close(watch->fd);
	free(watch->path);
	free(watch);
	errno = error;
}

int file_watch_fd(const struct file_watch *watch)
{
	return watch->fd;
}

/* Reads all events that are there. Returns whether one is about the file. */
static bool read_events(const struct file_watch *watch)
{
	_Alignas(struct inotify_event) char bytes[4096];
	const struct inotify_event *event;
	bool about = false;
	ssize_t length;

	while ((length = read(watch->fd, bytes, sizeof(bytes))) > 0) {
		for (const char *at = bytes; at < bytes + length;
		     at += sizeof(*event) + event->len) {
			event = (const void *)at;
			about = about ||
			        (event->len > 0 && strcmp(event->name, watch->name) == 0) ||
			        (event->mask & IN_Q_OVERFLOW) != 0;
		}
	}
	return about;
}

/* Waits until whoever writes the file has paused. */
static void wait_until_settled(const struct file_watch *watch)
{
	struct pollfd more = {.fd = watch->fd, .events = POLLIN};
	struct monotonic settled = monotonic_after(monotonic_now(), SETTLED_NS);
	int64_t left;

	while ((left = monotonic_since(settled, monotonic_now())) > 0) {
		poll(&more, 1, (int)(left / NS_PER_MS) + 1);
		if (read_events(watch))
			settled = monotonic_after(monotonic_now(), SETTLED_NS);
	}
}

/* Notes the version that is there now; false if there is none, or the one noted before. */
static bool note_version(struct file_watch *watch)
{
	struct version version;

	if (!look(watch, &version) || memcmp(&version, &watch->version, sizeof(version)) == 0)
		return false;
	watch->version = version;
	return true;
}

bool file_watch_changed(struct file_watch *watch)
{
	if (!read_events(watch))
		return false;
	wait_until_settled(watch);
	return note_version(watch);
}

bool file_watch_look(struct file_watch *watch)
{
	if (!note_version(watch))
		return false;
	wait_until_settled(watch);
	note_version(watch);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define PROGRAM "iml-plugin-runner"
#define SOCKET "control.sock"

/* The value of a variable that must be an absolute path, or NULL. */
static const char *environment_path(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] == '/' ? value : NULL;
}

/* The first of the directories that systemd made for the service, or NULL. */
static char *service_directory(const char *name)
{
	const char *value = environment_path(name);

	return value != NULL ? xstrndup(value, strcspn(value, ":")) : NULL;
}

char *default_state_directory(void)
{
	const char *home = environment_path("XDG_STATE_HOME");
	char *service = service_directory("STATE_DIRECTORY");

	if (service != NULL)
		return service;
	if (geteuid() == 0)
		return xstrdup("/var/lib/" PROGRAM);
	if (home != NULL)
		return xasprintf("%s/" PROGRAM, home);
	home = environment_path("HOME");
	if (home != NULL)
		return xasprintf("%s/.local/state/" PROGRAM, home);
	return xasprintf("/tmp/" PROGRAM "-%u", (unsigned)geteuid());
}

/* The socket of a runner that a user who is not root started. */
static char *user_socket(void)
{
	const char *directory = environment_path("XDG_RUNTIME_DIR");

	if (directory != NULL)
		return xasprintf("%s/" PROGRAM "/" SOCKET, directory);
	return xasprintf("/tmp/" PROGRAM "-%u/" SOCKET, (unsigned)geteuid());
}

char *default_control_socket(void)
{
	char *service = service_directory("RUNTIME_DIRECTORY");
	char *socket;

	if (service == NULL)
		return geteuid() == 0 ? xstrdup("/run/" PROGRAM "/" SOCKET) : user_socket();
	socket = xasprintf("%s/" SOCKET, service);
	free(service);
	return socket;
}

char *default_database_password(void)
{
	const char *directory = environment_path("CREDENTIALS_DIRECTORY");
	char *path = directory != NULL ? xasprintf("%s/database-password", directory) : NULL;

	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

size_t control_socket_places(char *places[CONTROL_SOCKET_PLACES])
{
	const char *directory = environment_path("XDG_RUNTIME_DIR");
	size_t count = 0;

	places[count++] = xstrdup("/run/" PROGRAM "/" SOCKET);
	if (directory != NULL)
		places[count++] = xasprintf("%s/" PROGRAM "/" SOCKET, directory);
	places[count++] = xasprintf("/tmp/" PROGRAM "-%u/" SOCKET, (unsigned)geteuid());
	return count;
}

/* What is wrong with an open file that holds a secret: it is none, or others may use it. */
static const char *secret_file_fault(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "it is no file";
	if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return "it may be used by others: chmod 640 it, or 600";
	return NULL;
}

ssize_t secret_file_read(const char *path, char *content, size_t size, const char **fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t length = -1;

	if (fd < 0) {
		*fault = strerror(errno);
		return -1;
	}
	*fault = secret_file_fault(fd);
	if (*fault == NULL) {
		length = read(fd, content, size);
		*fault = length < 0 ? strerror(errno) : NULL;
	}
	close(fd);
	return length;
}

int make_directories(const char *path)
{
	char *part;
	int result = 0;

	/* Those above end before each slash but a leading one. */
	for (const char *slash = strchr(path, '/'); result == 0 && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		if (slash == path)
			continue;
		part = xstrndup(path, (size_t)(slash - path));
		result = mkdir(part, 0755) == 0 || errno == EEXIST ? 0 : -1;
		free(part);
	}
	if (result == 0 && mkdir(path, 0755) != 0 && errno != EEXIST)
		result = -1;
	return result;
}

char *plugin_name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t length = strlen(name);

	if (length > 3 && strcmp(name + length - 3, ".so") == 0)
		length -= 3;
	return xstrndup(name, length);
}

bool plugin_name_is_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz"
	                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "0123456789_-");

	return length > 0 && length <= PLUGIN_NAME_MAX && name[length] == '\0';
}

/* Takes the last name away from a path, if ".." after it leads back to where the rest leads. */
static bool take_back(struct text *path)
{
	char *slash = path->data != NULL ? strrchr(path->data, '/') : NULL;
	struct stat status;

	if (slash == NULL || strcmp(slash, "/..") == 0)
		return false;
	if (lstat(path->data, &status) == 0 && S_ISLNK(status.st_mode))
		return false;
	path->length = (size_t)(slash - path->data);
	*slash = '\0';
	return true;
}

char *path_normalise(const char *path)
{
	bool is_absolute = path[0] == '/';
	struct text result = TEXT_EMPTY;
	size_t length;

	for (const char *name = path; *name != '\0'; name += length) {
		name += strspn(name, "/");
		length = strcspn(name, "/");
		if (length == 0 || (length == 1 && name[0] == '.'))
			continue;
		if (length == 2 && memcmp(name, "..", 2) == 0 && is_absolute &&
		    (result.length == 0 || take_back(&result)))
			continue;
		if (is_absolute || result.length > 0)
			text_append_char(&result, '/');
		text_append_bytes(&result, name, length);
	}
	if (result.length == 0)
		text_append(&result, is_absolute ? "/" : ".");
	else if (path[strlen(path) - 1] == '/')
		text_append_char(&result, '/');
	return text_steal(&result);
}

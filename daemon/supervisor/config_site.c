/* SPDX-License-Identifier: MIT */
/*
 * What a configuration names outside of itself, looked at before anything is started, so that
 * --check refuses what the start would refuse.
 */
#include "supervisor/config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "control/control.h"
#include "store/store.h"

/* Adds the mistake "file:line: key: reason". */
static void mistake(const struct config *config, struct text *mistakes, const char *key,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

static void mistake(
    const struct config *config, struct text *mistakes, const char *key, const char *format, ...)
{
	va_list arguments;

	text_printf(mistakes, "%s: %s: ", config_place(config, key), key);
	va_start(arguments, format);
	text_vprintf(mistakes, format, arguments);
	va_end(arguments);
	text_append_char(mistakes, '\n');
}

static void check_user(
    const struct config *config, struct text *mistakes, const char *key, const char *user)
{
	if (user != NULL && getpwnam(user) == NULL)
		mistake(config, mistakes, key,
		    "there is no user \"%s\" on this machine; create it (useradd --system), or name"
		    " another",
		    user);
}

static void check_group(const struct config *config, struct text *mistakes)
{
	const char *group = config->control_group;

	if (group != NULL && getgrnam(group) == NULL)
		mistake(config, mistakes, "control.group",
		    "there is no group \"%s\" on this machine; create it (groupadd --system), or "
		    "name"
		    " another",
		    group);
}

static void check_conninfo(const struct config *config, struct text *mistakes)
{
	char reason[REASON_SIZE];

	if (!store_check_conninfo(config->conninfo, reason))
		mistake(config, mistakes, "database.conninfo", "%s", reason);
}

static void check_password_file(const struct config *config, struct text *mistakes)
{
	const char *path = config->database_password_file;
	char reason[REASON_SIZE];
	char *conninfo = path != NULL ? store_conninfo_with_password("", path, reason) : NULL;

	if (path != NULL && conninfo == NULL)
		mistake(config, mistakes, "database.password_file", "%s", reason);
	free(conninfo);
}

static void check_listen(const struct config *config, struct text *mistakes)
{
	const char *address = config->control_listen;
	char reason[REASON_SIZE];

	if (address != NULL && !control_check_address(address, reason))
		mistake(config, mistakes, "control.listen", "%s", reason);
	if (address != NULL && config->control_token_file == NULL)
		mistake(config, mistakes, "control.listen",
		    "requests there need a token: name the file that has it with "
		    "control.token_file");
}

static void check_token_file(const struct config *config, struct text *mistakes)
{
	const char *path = config->control_token_file;
	char reason[REASON_SIZE];
	char *token = path != NULL ? control_read_token(path, reason) : NULL;

	if (path != NULL && token == NULL)
		mistake(config, mistakes, "control.token_file", "%s", reason);
	forget_text(token);
}

/* The directory of an absolute path. The caller frees it. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* Whether this program may write what is at path. */
static bool can_write(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

/* A log file that is missing is made, so its directory counts. */
static void check_log_file(const struct config *config, struct text *mistakes)
{
	const char *path = config->log_file;
	struct stat status;
	char *directory;

	if (path == NULL)
		return;
	directory = directory_of(path);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		mistake(config, mistakes, "log.file", "%s is a directory; name a file in it", path);
	else if (stat(directory, &status) != 0)
		mistake(config, mistakes, "log.file", "directory %s: %s; make it, or name another",
		    directory, strerror(errno));
	else if (!can_write(access(path, F_OK) == 0 ? path : directory))
		mistake(config, mistakes, "log.file",
		    "%s can't be written: %s; change its owner or mode, or name another", path,
		    strerror(errno));
	free(directory);
}

bool config_check_site(const struct config *config, struct text *mistakes)
{
	size_t before = mistakes->length;

	check_user(config, mistakes, "user", config->user);
	check_user(config, mistakes, "database.embedded_user", config->embedded_user);
	check_group(config, mistakes);
	check_conninfo(config, mistakes);
	check_password_file(config, mistakes);
	check_log_file(config, mistakes);
	check_listen(config, mistakes);
	check_token_file(config, mistakes);
	return mistakes->length == before;
}

char *config_conninfo(const struct config *config, char reason[REASON_SIZE])
{
	const char *conninfo = config->conninfo != NULL ? config->conninfo : "";
	char why[REASON_SIZE];
	char *complete;

	if (config->database_password_file == NULL)
		return xstrdup(conninfo);
	complete = store_conninfo_with_password(conninfo, config->database_password_file, why);
	if (complete == NULL)
		reason_write(reason, "database.password_file: %s", why);
	return complete;
}

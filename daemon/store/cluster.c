/* SPDX-License-Identifier: MIT */
#include "store/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/conninfo.h"

#define PORT "5432"
#define SOCKET_NAME ".s.PGSQL." PORT

#define LOG_LINES_TOLD 5

/* ---- finding things ---- */

/* Who the server runs as. */
static bool choose_user(struct cluster *cluster, const char *wanted, char reason[REASON_SIZE])
{
	const struct passwd *entry;

	cluster->change_user = geteuid() == 0;
	if (!cluster->change_user)
		entry = getpwuid(geteuid());
	else if (wanted != NULL)
		entry = getpwnam(wanted);
	else if ((entry = getpwnam("postgres")) == NULL)
		entry = getpwnam("nobody");
	if (entry == NULL) {
		reason_write(reason,
		    "there is no user %s to run PostgreSQL as: add one to the system",
		    wanted != NULL && cluster->change_user ? wanted : "of this name and number");
		return false;
	}
	if (entry->pw_uid == 0) {
		reason_write(reason, "PostgreSQL refuses to run as root: choose another user");
		return false;
	}
	cluster->user = xstrdup(entry->pw_name);
	cluster->uid = entry->pw_uid;
	cluster->gid = entry->pw_gid;
	return true;
}

static bool has_programs(const char *directory)
{
	char *initdb = xasprintf("%s/initdb", directory);
	char *postgres = xasprintf("%s/postgres", directory);
	bool has = access(initdb, X_OK) == 0 && access(postgres, X_OK) == 0;

	free(initdb);
	free(postgres);
	return has;
}

/* The major version that made the cluster, or 0 if there is none. */
static int cluster_version(const struct cluster *cluster)
{
	char *path = xasprintf("%s/PG_VERSION", cluster->data);
	FILE *file = fopen(path, "re");
	int version = 0;

	free(path);
	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &version) != 1)
		version = 0;
	fclose(file);
	return version;
}

/* The newest of the versions side by side that Debian installs, or that of the cluster. */
static char *find_versioned(int wanted)
{
	static const char pattern[] = "/usr/lib/postgresql/*/bin";
	int best = 0;
	glob_t found;
	char *directory = NULL;

	if (glob(pattern, 0, NULL, &found) != 0)
		return NULL;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int version = atoi(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"));

		if (version <= best || (wanted != 0 && version != wanted) ||
		    !has_programs(found.gl_pathv[i]))
			continue;
		best = version;
		free(directory);
		directory = xstrdup(found.gl_pathv[i]);
	}
	globfree(&found);
	return directory;
}

static char *find_in_path(void)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		size_t length = strcspn(path, ":");
		char *directory = xstrndup(path, length);

		if (has_programs(directory))
			return directory;
		free(directory);
		path += length + (path[length] == ':');
	}
	return NULL;
}

static bool find_programs(struct cluster *cluster, const char *given, char reason[REASON_SIZE])
{
	int version = cluster_is_complete(cluster) ? cluster_version(cluster) : 0;

	if (given != NULL) {
		if (has_programs(given))
			cluster->bin_directory = xstrdup(given);
		else
			reason_write(reason, "there is no initdb and postgres in %s", given);
		return cluster->bin_directory != NULL;
	}
	cluster->bin_directory = find_versioned(version);
	if (cluster->bin_directory == NULL)
		cluster->bin_directory = find_in_path();
	if (cluster->bin_directory != NULL)
		return true;
	if (version != 0)
		reason_write(reason,
		    "%s was made by PostgreSQL %d, which is not installed: install it, or remove "
		    "the "
		    "directory to begin anew",
		    cluster->directory, version);
	else
		reason_write(reason, "PostgreSQL is not installed (no initdb in "
		                     "/usr/lib/postgresql/*/bin or $PATH): "
		                     "install the package postgresql");
	return false;
}

/* ---- directories ---- */

static bool prepare_directory(
    const struct cluster *cluster, const char *path, char reason[REASON_SIZE])
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		reason_write(reason, "can't make the directory %s: %s", path, strerror(errno));
		return false;
	}
	if (cluster->change_user && chown(path, cluster->uid, cluster->gid) != 0) {
		reason_write(
		    reason, "can't give %s to user %s: %s", path, cluster->user, strerror(errno));
		return false;
	}
	if (chmod(path, 0700) != 0) {
		reason_write(
		    reason, "can't make %s private (mode 0700): %s", path, strerror(errno));
		return false;
	}
	return true;
}

bool cluster_become_user(const struct cluster *cluster)
{
	if (!cluster->change_user)
		return true;
	return initgroups(cluster->user, cluster->gid) == 0 && setgid(cluster->gid) == 0 &&
	       setuid(cluster->uid) == 0;
}

/* Whether the server's user can get at the directory: asked of the kernel, as that user. */
static bool check_access(const struct cluster *cluster, char reason[REASON_SIZE])
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(cluster_become_user(cluster) &&
		              access(cluster->directory, R_OK | W_OK | X_OK) == 0
		          ? 0
		          : 1);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (pid > 0 && status == 0)
		return true;
	reason_write(reason,
	    "user %s can't reach %s: let others search the directories above it (chmod o+x), or "
	    "choose another place for the runner's state",
	    cluster->user, cluster->directory);
	return false;
}

/* One runner uses a cluster. */
static bool lock_directory(struct cluster *cluster, char reason[REASON_SIZE])
{
	char *path = xasprintf("%s/lock", cluster->directory);

	cluster->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (cluster->lock < 0)
		reason_write(reason, "can't open %s: %s", path, strerror(errno));
	free(path);
	if (cluster->lock < 0)
		return false;
	if (flock(cluster->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	reason_write(reason,
	    "another runner uses the database in %s: stop it, or give this one a state directory "
	    "of "
	    "its own",
	    cluster->directory);
	return false;
}

/*
 * In the cluster's directory, or in /tmp if the name of the socket is too long there, or has the
 * comma that separates hosts in a conninfo.
 */
static bool choose_socket_directory(struct cluster *cluster, char reason[REASON_SIZE])
{
	size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	char template[] = "/tmp/iml-postgresql-XXXXXX";

	if (strlen(cluster->directory) + sizeof("/" SOCKET_NAME) <= room &&
	    strchr(cluster->directory, ',') == NULL) {
		cluster->socket_directory = xstrdup(cluster->directory);
		return true;
	}
	if (mkdtemp(template) == NULL) {
		reason_write(reason, "can't make a directory in /tmp: %s", strerror(errno));
		return false;
	}
	cluster->socket_directory = xstrdup(template);
	cluster->own_socket_directory = true;
	return prepare_directory(cluster, template, reason);
}

char *cluster_conninfo(const struct cluster *cluster)
{
	struct text text = TEXT_EMPTY;

	conninfo_append(&text, "host", cluster->socket_directory);
	conninfo_append(&text, "port", PORT);
	conninfo_append(&text, "dbname", "postgres");
	conninfo_append(&text, "user", cluster->user);
	return text_steal(&text);
}

static bool prepare_places(struct cluster *cluster, const char *wanted, char reason[REASON_SIZE])
{
	if (!prepare_directory(cluster, wanted, reason))
		return false;
	cluster->directory = realpath(wanted, NULL);
	if (cluster->directory == NULL) {
		reason_write(reason, "can't find %s: %s", wanted, strerror(errno));
		return false;
	}
	cluster->data = xasprintf("%s/data", cluster->directory);
	cluster->marker = xasprintf("%s/complete", cluster->directory);
	cluster->log = xasprintf("%s/log", cluster->directory);
	return check_access(cluster, reason) && lock_directory(cluster, reason) &&
	       choose_socket_directory(cluster, reason);
}

char *cluster_last_words(const struct cluster *cluster)
{
	FILE *file = fopen(cluster->log, "re");
	char tail[2048];
	size_t length, start;
	int lines = 0;

	if (file == NULL)
		return xstrdup("nothing in the log");
	if (fseek(file, -(long)sizeof(tail) + 1, SEEK_END) != 0)
		rewind(file);
	length = fread(tail, 1, sizeof(tail) - 1, file);
	fclose(file);
	while (length > 0 && tail[length - 1] == '\n')
		length--;
	tail[length] = '\0';
	for (start = length; start > 0; start--) {
		if (tail[start - 1] == '\n' && ++lines == LOG_LINES_TOLD)
			break;
	}
	for (char *c = tail + start; *c != '\0'; c++) {
		if (*c == '\n')
			*c = ';';
	}
	return xstrdup(tail + start);
}

bool cluster_is_complete(const struct cluster *cluster)
{
	return access(cluster->marker, F_OK) == 0;
}

bool cluster_mark_complete(const struct cluster *cluster)
{
	int fd = open(cluster->marker, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 && close(fd) == 0;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	(void)stat;
	(void)type;
	(void)place;
	return remove(path);
}

void cluster_remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

bool cluster_prepare(struct cluster *cluster, const char *directory, const char *user,
    const char *bin_directory, char reason[REASON_SIZE])
{
	*cluster = (struct cluster){.lock = -1};
	return choose_user(cluster, user, reason) && prepare_places(cluster, directory, reason) &&
	       find_programs(cluster, bin_directory, reason);
}

void cluster_clear(struct cluster *cluster)
{
	if (cluster->own_socket_directory)
		cluster_remove_tree(cluster->socket_directory);
	if (cluster->lock >= 0)
		close(cluster->lock);
	free(cluster->directory);
	free(cluster->data);
	free(cluster->marker);
	free(cluster->log);
	free(cluster->socket_directory);
	free(cluster->bin_directory);
	free(cluster->user);
}

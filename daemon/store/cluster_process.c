/* SPDX-License-Identifier: MIT */
#include "store/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define LOG_MAX_BYTES (1024L * 1024)

/* What goes wrong in the child before the program runs is told in its log, as its own words are. */
static void child_fails(const char *what)
{
	dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
	_exit(127);
}

/* Standard input is empty, the outputs go to the log, and everything else is closed. */
static void set_child_files(const struct cluster *cluster)
{
	int log = open(cluster->log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
	int null = open("/dev/null", O_RDONLY);
	struct stat stat;

	if (log >= 0 && fstat(log, &stat) == 0 && stat.st_size > LOG_MAX_BYTES &&
	    ftruncate(log, 0) != 0)
		_exit(127);
	if (log < 0 || null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(127);
	if (close_range(3, ~0U, 0) != 0)
		child_fails("close_range");
}

/* Signals as a program expects them, and no settings of libpq or locales from our environment. */
static void set_child_environment(void)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	static char messages[] = "LC_MESSAGES=C";
	static char *environment[] = {path, messages, NULL};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	umask(077);
	environ = environment;
}

/*
 * The life of the child up to exec. A session of its own keeps the terminal's signals away; the
 * kernel sends death_signal when the runner is gone, also when that was killed.
 */
static void run_child(const struct cluster *cluster, const char *const *arguments, bool anew,
    pid_t runner, int death_signal)
{
	setsid();
	if (!cluster_become_user(cluster))
		_exit(127);
	set_child_files(cluster);
	if (prctl(PR_SET_PDEATHSIG, death_signal) != 0)
		child_fails("prctl");
	if (getppid() != runner)
		_exit(127);
	set_child_environment();
	if (chdir(cluster->directory) != 0)
		child_fails(cluster->directory);
	if (anew)
		cluster_remove_tree(cluster->data);
	/* execv changes nothing, but its type does not say so. */
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	child_fails(arguments[0]);
}

/* Runs a program with these arguments, the first of them its file. */
static pid_t run(
    const struct cluster *cluster, const char *const *arguments, bool anew, int death_signal)
{
	pid_t runner = getpid();
	pid_t pid = fork();

	if (pid == 0)
		run_child(cluster, arguments, anew, runner, death_signal);
	return pid;
}

/* A locale with the order of code points and UTF-8, or the one that is always there. */
static const char *choose_locale(void)
{
	locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);

	if (locale == NULL)
		return "C";
	freelocale(locale);
	return "C.UTF-8";
}

/*
 * Makes the cluster, in place of one that was not completed. Whoever gets as far as the socket is
 * trusted: its directory lets only the server's user and root in.
 */
pid_t cluster_run_initdb(const struct cluster *cluster)
{
	char *program = xasprintf("%s/initdb", cluster->bin_directory);
	char *locale = xasprintf("--locale=%s", choose_locale());
	const char *const arguments[] = {program, "--pgdata", cluster->data, "--username",
	    cluster->user, "--auth=trust", "--encoding=UTF8", locale, "--no-sync",
	    "--no-instructions", NULL};
	pid_t pid = run(cluster, arguments, true, SIGKILL);

	free(program);
	free(locale);
	return pid;
}

/* The setting of the socket's directory: a list, so it is quoted. */
static char *socket_setting(const struct cluster *cluster)
{
	struct text text = TEXT_EMPTY;

	text_append(&text, "unix_socket_directories=\"");
	for (const char *c = cluster->socket_directory; *c != '\0'; c++) {
		if (*c == '"')
			text_append_char(&text, '"');
		text_append_char(&text, *c);
	}
	text_append_char(&text, '"');
	return text_steal(&text);
}

pid_t cluster_run_server(const struct cluster *cluster)
{
	char *program = xasprintf("%s/postgres", cluster->bin_directory);
	char *sockets = socket_setting(cluster);
	const char *const arguments[] = {program, "-D", cluster->data, "-p", "5432", "-c", sockets,
	    "-c", "unix_socket_permissions=0700", "-c", "listen_addresses=", "-c",
	    "shared_buffers=32MB", "-c", "max_connections=40", "-c", "wal_level=minimal", "-c",
	    "max_wal_senders=0", "-c", "max_wal_size=256MB", "-c", "huge_pages=off", "-c",
	    "jit=off", "-c", "logging_collector=off", "-c", "log_destination=stderr", "-c",
	    "log_checkpoints=off", NULL};
	pid_t pid = run(cluster, arguments, false, SIGINT);

	free(program);
	free(sockets);
	return pid;
}

/* It belongs to the user, and its command line names the directory. */
bool cluster_is_server(const struct cluster *cluster, pid_t pid)
{
	char *path = xasprintf("/proc/%d/cmdline", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char line[4096];
	ssize_t length = -1;
	struct stat stat;
	bool found = false;

	free(path);
	if (fd >= 0 && fstat(fd, &stat) == 0 && stat.st_uid == cluster->uid)
		length = read(fd, line, sizeof(line) - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return false;
	line[length] = '\0';
	for (const char *argument = line; argument < line + length && !found;
	     argument += strlen(argument) + 1)
		found = strcmp(argument, cluster->data) == 0;
	return found;
}

/* As postmaster.pid says. A stale file is removed. */
pid_t cluster_find_server(const struct cluster *cluster)
{
	char *path = xasprintf("%s/postmaster.pid", cluster->data);
	FILE *file = fopen(path, "re");
	int pid = 0;

	if (file != NULL) {
		if (fscanf(file, "%d", &pid) != 1 || pid <= 0 || !cluster_is_server(cluster, pid))
			pid = 0;
		fclose(file);
		if (pid == 0)
			unlink(path);
	}
	free(path);
	return pid;
}

/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "host/host.h"

#define SPARE_FD 64 /* above everything that the child's fixed descriptors take */

/* The two ends of everything that connects us with a child. */
struct ends {
	int channel[2];
	int output[2];
	int errors[2];
	int recorder;
	int null;
};

static void close_all(struct ends *ends)
{
	int *const all[] = {&ends->channel[0], &ends->channel[1], &ends->output[0],
	    &ends->output[1], &ends->errors[0], &ends->errors[1], &ends->recorder, &ends->null};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i] >= 0)
			close(*all[i]);
		*all[i] = -1;
	}
}

/* Opens all ends, close-on-exec. */
static int open_ends(struct ends *ends)
{
	*ends = (struct ends){{-1, -1}, {-1, -1}, {-1, -1}, -1, -1};
	ends->recorder = recorder_create();
	ends->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (ends->recorder < 0 || ends->null < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->channel) != 0 ||
	    pipe2(ends->output, O_CLOEXEC) != 0 || pipe2(ends->errors, O_CLOEXEC) != 0) {
		int error = errno;

		close_all(ends);
		errno = error;
		return -1;
	}
	return 0;
}

/* Becomes the user that plugin hosts run as. Never goes on as root when that fails. */
static int drop_privileges(const char *user)
{
	const struct passwd *entry;

	if (user == NULL || geteuid() != 0)
		return 0;
	errno = 0;
	entry = getpwnam(user);
	if (entry == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	if (initgroups(user, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0)
		return -1;
	return setuid(entry->pw_uid);
}

/* Says on standard error, which the supervisor reads, why the child can't go on. */
static _Noreturn void child_failed(const char *what)
{
	dprintf(STDERR_FILENO, "plugin host: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* Puts a descriptor in its place, out of the way of those that are still to be placed. */
static int place(int fd, int target)
{
	int spare = fcntl(fd, F_DUPFD_CLOEXEC, SPARE_FD);

	return spare < 0 ? -1 : dup2(spare, target);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
}

/* The child: nothing of the supervisor but five descriptors survives into the new program. */
static _Noreturn void become_host(
    const struct ends *ends, const struct supervisor *supervisor, const char *plugin, pid_t parent)
{
	const char *zone = getenv("TZ");
	char *zone_setting = zone != NULL ? xasprintf("TZ=%s", zone) : NULL;
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char locale[] = "LANG=C.UTF-8";
	char role[] = "plugin-host";
	char *const environment[] = {path, locale, zone_setting, NULL};
	char *const arguments[] = {supervisor->program, role, xstrdup(plugin), NULL};

	if (place(ends->null, 0) < 0 || place(ends->output[1], 1) < 0 ||
	    place(ends->errors[1], 2) < 0)
		child_failed("standard descriptors");
	if (place(ends->channel[1], HOST_CHANNEL_FD) < 0 ||
	    place(ends->recorder, HOST_RECORDER_FD) < 0)
		child_failed("channel");
	close_range(HOST_RECORDER_FD + 1, ~0U, 0);
	reset_signals();
	setsid();
	if (drop_privileges(supervisor->config.user) != 0)
		child_failed(supervisor->config.user);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	execve(supervisor->program, arguments, environment);
	child_failed(supervisor->program);
}

static int start_child(
    const struct ends *ends, const struct supervisor *supervisor, const char *plugin, pid_t *child)
{
	pid_t parent = getpid();

	*child = fork();
	if (*child == 0)
		become_host(ends, supervisor, plugin, parent);
	return *child < 0 ? -1 : 0;
}

/* Takes our ends out of ends, so that close_all() leaves them alone. */
static void keep_our_ends(struct process *process, struct ends *ends)
{
	process->channel = ends->channel[0];
	process->output = ends->output[0];
	process->errors = ends->errors[0];
	ends->channel[0] = ends->output[0] = ends->errors[0] = -1;
	fcntl(process->channel, F_SETFL, O_NONBLOCK);
	fcntl(process->output, F_SETFL, O_NONBLOCK);
	fcntl(process->errors, F_SETFL, O_NONBLOCK);
}

int process_start(struct process *process, const struct supervisor *supervisor, const char *plugin,
    char reason[REASON_SIZE])
{
	struct ends ends;
	int error = 0;

	*process = (struct process){.channel = -1, .output = -1, .errors = -1};
	if (open_ends(&ends) != 0) {
		snprintf(reason, REASON_SIZE, "can't start a process: %s", strerror(errno));
		return -1;
	}
	process->recorder = recorder_map(ends.recorder);
	if (process->recorder == NULL) {
		error = errno;
	} else if (supervisor->options->no_isolation) {
		error = host_start_thread(ends.channel[1], ends.recorder);
		if (error == 0)
			ends.channel[1] = ends.recorder = -1;
	} else if (start_child(&ends, supervisor, plugin, &process->pid) != 0) {
		error = errno;
	}
	process->started = wallclock_now();
	if (error == 0)
		keep_our_ends(process, &ends);
	else
		recorder_unmap(process->recorder);
	close_all(&ends);
	if (error != 0)
		snprintf(reason, REASON_SIZE, "can't start a process: %s", strerror(error));
	return error == 0 ? 0 : -1;
}

void process_close(struct process *process)
{
	if (process->pid > 0)
		kill(process->pid, SIGKILL);
	recorder_unmap(process->recorder);
	*process = (struct process){.channel = -1, .output = -1, .errors = -1};
}

/* ---- what plugins leave behind ---- */

/* How long what was killed may take to end. */
#define ADOPTED_LIMIT_NS NS_PER_S

void processes_guard(bool is_private)
{
	if (is_private)
		prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Kills all children that there are, and takes leave of those that have ended. */
static bool end_children(void)
{
	FILE *children = fopen("/proc/thread-self/children", "re");
	bool any = false;
	int pid;

	if (children == NULL)
		return false;
	while (fscanf(children, "%d", &pid) == 1) {
		kill(pid, SIGKILL);
		any = waitpid(pid, NULL, WNOHANG) != pid || any;
	}
	fclose(children);
	return any;
}

void processes_end_adopted(void)
{
	struct monotonic end = monotonic_after(monotonic_now(), ADOPTED_LIMIT_NS);

	while (end_children() && monotonic_since(end, monotonic_now()) > 0)
		poll(NULL, 0, 10);
}

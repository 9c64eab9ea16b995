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

#include "base/log.h"
#include "base/memory.h"
#include "host/host.h"
#include "supervisor/config_keys.h"

#define VICTIM_SCORE 200 /* of 1000 */
#define SPARE_FD 64      /* above everything that the child's fixed descriptors take */

#define NO_PROCESS \
	((struct process){.channel = -1, .output = -1, .errors = -1, .cgroup = CGROUP_NONE})

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

/* Has the kernel kill it before the runner, and before the database, when the machine has no
 * memory. */
static void prefer_as_victim(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%d", VICTIM_SCORE);
	close(fd);
}

/* The child: nothing of the supervisor but five descriptors survives into the new program. */
static _Noreturn void become_host(const struct ends *ends, const struct cgroup *group,
    const struct supervisor *supervisor, const char *plugin, pid_t parent)
{
	const char *zone = getenv("TZ");
	char *zone_setting = zone != NULL ? xasprintf("TZ=%s", zone) : NULL;
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char locale[] = "LANG=C.UTF-8";
	char role[] = "plugin-host";
	char *const environment[] = {path, locale, zone_setting, NULL};
	char *const arguments[] = {supervisor->program, role, xstrdup(plugin), NULL};
	int unbound = group->fd >= 0 && cgroup_enter(group) != 0 ? errno : 0;

	/* From here on its descriptor may be another's. */
	if (place(ends->null, 0) < 0 || place(ends->output[1], 1) < 0 ||
	    place(ends->errors[1], 2) < 0)
		child_failed("standard descriptors");
	if (place(ends->channel[1], HOST_CHANNEL_FD) < 0 ||
	    place(ends->recorder, HOST_RECORDER_FD) < 0)
		child_failed("channel");
	if (unbound != 0)
		dprintf(STDERR_FILENO, "plugin host: control group %s: %s\n", group->name,
		    strerror(unbound));
	prefer_as_victim();
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

static int start_child(const struct ends *ends, const struct supervisor *supervisor,
    const char *plugin, struct process *process)
{
	pid_t parent = getpid();

	process->pid = fork();
	if (process->pid == 0)
		become_host(ends, &process->cgroup, supervisor, plugin, parent);
	return process->pid < 0 ? -1 : 0;
}

static struct cgroup_limits limits_of(const struct config *config)
{
	return (struct cgroup_limits){
	    .memory_max = config->host_memory_max, .tasks_max = config->host_tasks_max};
}

/* Makes the control group of a process. Without one it is started all the same. */
static void make_cgroup(
    struct process *process, const struct supervisor *supervisor, const char *plugin)
{
	const struct cgroup_limits limits = limits_of(&supervisor->config);
	char reason[REASON_SIZE];

	if (supervisor->cgroup >= 0 &&
	    cgroup_make(&process->cgroup, supervisor->cgroup, plugin, &limits, reason) != 0)
		log_about(LOG_LEVEL_WARNING, plugin, NULL,
		    "its memory and tasks are not bounded: control group %s", reason);
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

	*process = NO_PROCESS;
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
	} else {
		make_cgroup(process, supervisor, plugin);
		if (start_child(&ends, supervisor, plugin, process) != 0)
			error = errno;
	}
	process->started = wallclock_now();
	if (error == 0)
		keep_our_ends(process, &ends);
	close_all(&ends);
	if (error == 0)
		return 0;
	snprintf(reason, REASON_SIZE, "can't start a process: %s", strerror(error));
	recorder_unmap(process->recorder);
	cgroup_remove(&process->cgroup);
	return -1;
}

void process_close(struct process *process)
{
	if (process->pid > 0)
		kill(process->pid, SIGKILL);
	recorder_unmap(process->recorder);
	cgroup_remove(&process->cgroup);
	*process = NO_PROCESS;
}

/* ---- control groups ---- */

void processes_take_cgroup(struct supervisor *supervisor)
{
	char reason[REASON_SIZE];
	char *directory = cgroup_find(reason);
	int level;

	supervisor->cgroup = directory != NULL ? cgroup_divide(directory, reason) : -1;
	free(directory);
	if (supervisor->cgroup >= 0)
		return;
	/* Only a service can have one. */
	level = getenv("NOTIFY_SOCKET") != NULL ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG;
	log_about(level, NULL, NULL,
	    "memory and tasks of plugin hosts are not bounded (host.memory_max, host.tasks_max): "
	    "%s",
	    reason);
}

void process_limit(const struct process *process, const struct config *config)
{
	const struct cgroup_limits limits = limits_of(config);

	if (process->cgroup.fd >= 0 && cgroup_limit(&process->cgroup, &limits) != 0)
		log_warning("control group %s does not take new limits: %s", process->cgroup.name,
		    strerror(errno));
}

void process_describe_end(
    const struct process *process, const struct config *config, int status, struct text *out)
{
	enum cgroup_kill kill = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
	                            ? cgroup_find_kill(&process->cgroup)
	                            : CGROUP_KILL_NONE;

	if (kill == CGROUP_KILL_LIMIT) {
		text_append(out, "killed because it took more memory than host.memory_max, ");
		config_append_size(config->host_memory_max, out);
	} else if (kill == CGROUP_KILL_MACHINE) {
		text_append(out, "killed by the kernel because the machine had no memory left");
	} else {
		recorder_describe_end(process->recorder, status, out);
	}
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

/* SPDX-License-Identifier: MIT */
/* Control groups, with a directory in the place of that of the service. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "supervisor/supervisor.h"

#define LIMITS ((struct cgroup_limits){.memory_max = 64 << 20, .tasks_max = 100})

struct fixture {
	char directory[64];
	int fd; /* of it */
};

/* Puts a file, which the kernel would have made, below the directory. */
static void put(const struct fixture *fixture, const char *name, const char *content)
{
	int fd = openat(fixture->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static void assert_content(const struct fixture *fixture, const char *name, const char *expected)
{
	int fd = openat(fixture->fd, name, O_RDONLY | O_CLOEXEC);
	char content[128] = "";

	assert_true(fd >= 0);
	assert_true(read(fd, content, sizeof(content) - 1) >= 0);
	assert_string_equal(content, expected);
	close(fd);
}

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/iml-cgroup-XXXXXX");
	*state = fixture;
	if (mkdtemp(fixture->directory) == NULL)
		return -1;
	fixture->fd = open(fixture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkdirat(fixture->fd, "runner", 0755);
	mkdirat(fixture->fd, "host-acme", 0755);
	put(fixture, "cgroup.subtree_control", "");
	put(fixture, "runner/cgroup.procs", "");
	put(fixture, "host-acme/cgroup.procs", "");
	put(fixture, "host-acme/cgroup.kill", "");
	put(fixture, "host-acme/memory.max", "max\n");
	put(fixture, "host-acme/memory.oom.group", "0\n");
	put(fixture, "host-acme/memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\n");
	put(fixture, "host-acme/pids.max", "max\n");
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char *line = xasprintf("rm -rf %s", fixture->directory);
	int result = system(line);

	close(fixture->fd);
	free(line);
	free(fixture);
	return result;
}

static void make(const struct fixture *fixture, struct cgroup *cgroup)
{
	char reason[REASON_SIZE];
	const struct cgroup_limits limits = LIMITS;

	if (cgroup_make(cgroup, fixture->fd, "acme", &limits, reason) != 0)
		fail_msg("%s", reason);
}

static void the_runner_moves_away_before_the_group_is_divided(void **state)
{
	struct fixture *fixture = *state;
	char reason[REASON_SIZE];
	int group = cgroup_divide(fixture->directory, reason);

	assert_true(group >= 0);
	assert_content(fixture, "runner/cgroup.procs", "0");
	assert_content(fixture, "cgroup.subtree_control", "+memory +pids");
	close(group);
}

static void a_group_that_cannot_be_divided_is_told_with_the_reason(void **state)
{
	struct fixture *fixture = *state;
	char reason[REASON_SIZE];
	char *expected;

	assert_int_equal(unlinkat(fixture->fd, "cgroup.subtree_control", 0), 0);
	assert_int_equal(cgroup_divide(fixture->directory, reason), -1);
	expected = xasprintf("%s: memory and tasks can't be bounded in it: No such file or "
	                     "directory",
	    fixture->directory);
	assert_string_equal(reason, expected);
	free(expected);
	assert_int_equal(cgroup_divide("/proc/none", reason), -1);
	assert_string_equal(reason, "/proc/none: the control group runner can't be made in it: No "
	                            "such file or directory");
}

static void a_host_has_limits_and_dies_whole(void **state)
{
	struct fixture *fixture = *state;
	struct cgroup cgroup;
	const struct cgroup_limits more = {.memory_max = INT64_C(1) << 40, .tasks_max = 1000};

	make(fixture, &cgroup);
	assert_content(fixture, "host-acme/memory.max", "67108864");
	assert_content(fixture, "host-acme/pids.max", "100");
	assert_content(fixture, "host-acme/memory.oom.group", "1");
	assert_int_equal(cgroup_enter(&cgroup), 0);
	assert_content(fixture, "host-acme/cgroup.procs", "0");
	assert_int_equal(cgroup_limit(&cgroup, &more), 0);
	assert_content(fixture, "host-acme/memory.max", "1099511627776");
	assert_content(fixture, "host-acme/pids.max", "1000");
	cgroup_remove(&cgroup);
	assert_content(fixture, "host-acme/cgroup.kill", "1");
	assert_int_equal(cgroup.fd, -1);
	assert_int_equal(cgroup_find_kill(&cgroup), CGROUP_KILL_NONE);
}

static void a_group_that_cannot_be_made_is_told_and_not_left(void **state)
{
	struct fixture *fixture = *state;
	struct cgroup cgroup;
	char reason[REASON_SIZE];
	const struct cgroup_limits limits = LIMITS;
	struct stat status;

	/* A directory without the files of a control group. */
	assert_int_equal(cgroup_make(&cgroup, fixture->fd, "other", &limits, reason), -1);
	assert_string_equal(reason, "host-other: No such file or directory");
	assert_int_equal(fstatat(fixture->fd, "host-other", &status, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(cgroup.fd, -1);
}

/* Asserts how the end of a host by a signal is told, once its group has had these events. */
static void assert_end(
    const struct fixture *fixture, const char *events, int signal, const char *expected)
{
	const struct config config = {.host_memory_max = 64 << 20};
	struct process process = {.channel = -1, .output = -1, .errors = -1};
	struct text text = TEXT_EMPTY;
	int fd = recorder_create();

	process.recorder = recorder_map(fd);
	close(fd);
	put(fixture, "host-acme/memory.events", "oom 1\noom_kill 2\n");
	make(fixture, &process.cgroup);
	put(fixture, "host-acme/memory.events", events);
	process_describe_end(&process, &config, signal, &text);
	assert_string_equal(text.data, expected);
	text_clear(&text);
	process_close(&process);
}

static void an_obituary_tells_who_was_killed_for_want_of_memory(void **state)
{
	struct fixture *fixture = *state;

	assert_end(fixture, "low 0\nhigh 0\nmax 90\noom 2\noom_kill 3\noom_group_kill 1\n", SIGKILL,
	    "killed because it took more memory than host.memory_max, 64 MiB");
	assert_end(fixture, "oom 1\noom_kill 3\n", SIGKILL,
	    "killed by the kernel because the machine had no memory left");
	assert_end(fixture, "oom 1\noom_kill 2\n", SIGKILL, "signal 9 (Killed)");
	assert_end(fixture, "oom 2\noom_kill 3\n", SIGSEGV, "signal 11 (Segmentation fault)");
	assert_end(fixture, "", SIGKILL, "signal 9 (Killed)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        the_runner_moves_away_before_the_group_is_divided, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        a_group_that_cannot_be_divided_is_told_with_the_reason, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_host_has_limits_and_dies_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        a_group_that_cannot_be_made_is_told_and_not_left, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        an_obituary_tells_who_was_killed_for_want_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

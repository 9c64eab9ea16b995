/* SPDX-License-Identifier: MIT */
#include "kit/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "wire/recorder.h"

#define PRINTED_MAX (1024 * 1024)
#define EXIT_RETURNED_MAX 125
#define EXIT_NO_NETWORK 126

/* The parent's view of a child. */
struct child {
	pid_t pid;
	int handle; /* pidfd */
	int recorder_fd;
	struct recorder *recorder;
	int result[2];
	int printed[2];
	const struct isolate_options *options;
	struct isolate_result *outcome;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_child(struct child *child)
{
	close_fd(&child->handle);
	close_fd(&child->recorder_fd);
	close_fd(&child->result[0]);
	close_fd(&child->result[1]);
	close_fd(&child->printed[0]);
	close_fd(&child->printed[1]);
	if (child->recorder != NULL)
		recorder_unmap(child->recorder);
}

static bool open_child(struct child *child)
{
	child->recorder_fd = recorder_create();
	if (child->recorder_fd < 0 || pipe2(child->result, O_CLOEXEC) != 0 ||
	    pipe2(child->printed, O_CLOEXEC) != 0)
		return false;
	child->recorder = recorder_map(child->recorder_fd);
	return child->recorder != NULL;
}

/* ---- the child ---- */

static _Noreturn void live(struct child *child,
    int (*function)(void *context, const struct isolated *isolated), void *context, pid_t parent)
{
	struct isolated isolated = {.recorder = child->recorder_fd, .result = child->result[1]};
	int status;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (child->options->without_network && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		_exit(EXIT_NO_NETWORK);
	if (child->options->capture) {
		dup2(child->printed[1], STDOUT_FILENO);
		dup2(child->printed[1], STDERR_FILENO);
	} else {
		dup2(STDERR_FILENO, STDOUT_FILENO);
	}
	child->recorder_fd = -1;
	child->result[1] = -1;
	close_child(child);
	status = function(context, &isolated);
	fflush(NULL);
	_exit(status >= 0 && status <= EXIT_RETURNED_MAX ? status : EXIT_RETURNED_MAX);
}

/* ---- the parent ---- */

/* Reads what there is; closes the descriptor at the end. Returns how much. */
static size_t take_bytes(int *fd, char *bytes, size_t size)
{
	ssize_t length = read(*fd, bytes, size);

	if (length > 0)
		return (size_t)length;
	if (length == 0 || (errno != EINTR && errno != EAGAIN))
		close_fd(fd);
	return 0;
}

static size_t take_result(struct child *child)
{
	char bytes[65536];
	size_t length = take_bytes(&child->result[0], bytes, sizeof(bytes));

	text_append_bytes(&child->outcome->result, bytes, length);
	return length;
}

static size_t take_printed(struct child *child)
{
	char bytes[65536];
	struct text *printed = &child->outcome->printed;
	size_t length = take_bytes(&child->printed[0], bytes, sizeof(bytes));

	if (child->options->print != NULL && length > 0)
		child->options->print(child->options->print_context, bytes, length);
	else if (printed->length + length <= PRINTED_MAX)
		text_append_bytes(printed, bytes, length);
	return length;
}

/* Milliseconds until the limit, or -1 for ever. */
static int wait_ms(const struct child *child, struct monotonic end)
{
	int64_t left = monotonic_since(end, monotonic_now());

	if (child->options->limit_ns == 0)
		return -1;
	return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

static void stop_child(struct child *child)
{
	char bytes[sizeof(struct signalfd_siginfo)];

	/* Asked again, it is not asked but ended. */
	kill(child->pid, child->outcome->stopped ? SIGKILL : SIGTERM);
	child->outcome->killed = child->outcome->stopped;
	child->outcome->stopped = true;
	if (read(child->options->stop, bytes, sizeof(bytes)) < 0)
		return;
}

/* Serves the child until it has ended. */
static void watch(struct child *child)
{
	struct isolate_result *outcome = child->outcome;
	struct monotonic end = monotonic_after(monotonic_now(), child->options->limit_ns);
	bool ended = false;

	while (!ended) {
		struct pollfd events[] = {{.fd = child->handle, .events = POLLIN},
		    {.fd = child->result[0], .events = POLLIN},
		    {.fd = child->printed[0], .events = POLLIN},
		    {.fd = child->options->stop, .events = POLLIN}};
		int count = poll(events, 4, wait_ms(child, end));

		if (count == 0) {
			outcome->timed_out = true;
			kill(child->pid, SIGKILL);
			end = monotonic_after(monotonic_now(), NS_PER_S);
		}
		if (count <= 0)
			continue;
		if (events[1].revents != 0)
			take_result(child);
		if (events[2].revents != 0)
			take_printed(child);
		if (events[3].revents != 0)
			stop_child(child);
		ended = events[0].revents != 0;
	}
}

/* Takes what is left in the pipes of a child that is dead. */
static void drain(struct child *child)
{
	fcntl(child->result[0], F_SETFL, O_NONBLOCK);
	fcntl(child->printed[0], F_SETFL, O_NONBLOCK);
	while (child->result[0] >= 0 && take_result(child) > 0)
		continue;
	while (child->printed[0] >= 0 && take_printed(child) > 0)
		continue;
}

/* " in update_scan", of the worker in which it struck, or the one that is at work. */
static void describe_hook(const struct child *child, struct text *text)
{
	for (size_t i = 0; i < RECORDER_WORKERS; i++) {
		uint32_t hook = child->recorder->workers[i].hook;

		if (recorder_suspects(child->recorder, i) && hook_runs(hook)) {
			text_printf(text, " in %s", hook_name(hook));
			return;
		}
	}
}

/* Why the function did not return; NULL if it did. */
static char *describe_end(const struct child *child)
{
	const struct isolate_result *outcome = child->outcome;
	struct text text = TEXT_EMPTY;

	if (!outcome->timed_out && WIFEXITED(outcome->status) && child->recorder->fatal_exit == 0)
		return NULL;
	if (outcome->timed_out)
		text_append(&text, "no end in time");
	else
		recorder_describe_end(child->recorder, outcome->status, &text);
	describe_hook(child, &text);
	return text_steal(&text);
}

/* Waits for the child and says how it ended. */
static void bury(struct child *child)
{
	struct isolate_result *outcome = child->outcome;

	kill(-child->pid, SIGKILL);
	waitpid(child->pid, &outcome->status, 0);
	drain(child);
	outcome->cause = describe_end(child);
	outcome->no_network =
	    WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == EXIT_NO_NETWORK;
	outcome->good = outcome->cause == NULL && WIFEXITED(outcome->status) &&
	                WEXITSTATUS(outcome->status) == 0;
}

void isolate(int (*function)(void *context, const struct isolated *isolated), void *context,
    const struct isolate_options *options, struct isolate_result *result)
{
	struct child child = {.handle = -1,
	    .recorder_fd = -1,
	    .result = {-1, -1},
	    .printed = {-1, -1},
	    .options = options,
	    .outcome = result};
	pid_t parent = getpid();

	*result = (struct isolate_result){.started = false};
	fflush(NULL);
	if (open_child(&child) && (child.pid = fork()) == 0)
		live(&child, function, context, parent);
	if (child.pid > 0) {
		setpgid(child.pid, child.pid);
		close_fd(&child.result[1]);
		close_fd(&child.printed[1]);
		child.handle = pidfd_open(child.pid, 0);
		result->started = child.handle >= 0;
		if (!result->started)
			kill(child.pid, SIGKILL);
		else
			watch(&child);
		bury(&child);
	}
	if (!result->started)
		result->cause = xasprintf("can't start a process: %s", strerror(errno));
	close_child(&child);
}

void isolate_result_clear(struct isolate_result *result)
{
	free(result->cause);
	text_clear(&result->result);
	text_clear(&result->printed);
}

/* SPDX-License-Identifier: MIT */
/*
 * "iml-plugin scan": a plugin at work for one scannable, without runner and database. The plugin
 * runs in a process of its own, which writes the tree and the changes; what it prints itself, and
 * how it ended, is seen and told by the process that was started.
 */
#include "cli/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "wire/recorder.h"

/* ---- where things go ---- */

static void open_output(struct scan *scan, const struct cli *cli)
{
	scan->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	scan->err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	scan->can_ask = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	scan->out_terminal = cli->terminal;
	scan->err_terminal = cli->terminal;
	scan->err_terminal.colour = cli->terminal.colour && isatty(STDERR_FILENO);
	scan->json = scan->json || cli->json;
}

/* Signals that ask to stop are read from a descriptor; broken pipes are errors of write(). */
static void open_signals(struct scan *scan)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	scan->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- a run in a process of its own ---- */

/* Tells of a plugin that died, and how to see where. */
static void write_obituary(const struct scan *scan, const char *cause)
{
	struct text command = TEXT_EMPTY;

	scan_append_gdb(scan, &command);
	scan_say(
	    scan, STYLE_ERROR, "plugin died: %s; run it under gdb with: %s", cause, command.data);
	text_clear(&command);
}

/* What came out of it, having told of a bad end. */
static enum scan_result conclude(const struct scan *scan, const struct isolate_result *result)
{
	if (!result->started) {
		scan_say(scan, STYLE_ERROR, "%s", result->cause);
		return SCAN_FAILED;
	}
	if (result->killed) {
		scan_say(scan, STYLE_ERROR, "ended at once: teardown was not waited for");
		return SCAN_FAILED;
	}
	if (result->cause != NULL && scan->file != NULL && file_watch_look(scan->file)) {
		scan_say(scan, STYLE_WARNING,
		    "%s was overwritten while the plugin ran, which died of it: %s", scan->path,
		    result->cause);
		return SCAN_RELOAD;
	}
	if (result->cause != NULL) {
		write_obituary(scan, result->cause);
		return SCAN_FAILED;
	}
	return (enum scan_result)WEXITSTATUS(result->status);
}

/* Runs the plugin once; names gets those of passwords that it wants (SCAN_ASK). */
static enum scan_result run_isolated(struct scan *scan, struct text *names, bool *stopped)
{
	struct scan_printed printed = {.scan = scan};
	struct isolate_options options = {.capture = true,
	    .print = scan_take_printed,
	    .print_context = &printed,
	    .stop = scan->signals};
	struct isolate_result result;
	enum scan_result outcome;

	isolate(scan_run_session, scan, &options, &result);
	scan_end_printed(&printed);
	outcome = conclude(scan, &result);
	text_append_bytes(names, result.result.data, result.result.length);
	*stopped = result.stopped;
	isolate_result_clear(&result);
	return outcome;
}

/* The same in this process. What the plugin prints is not told apart then. */
static enum scan_result run_here(struct scan *scan, struct text *names, bool *stopped)
{
	struct isolated isolated = {.recorder = recorder_create()};
	int result[2];
	enum scan_result outcome;
	char bytes[65536];
	ssize_t length;

	*stopped = false;
	if (isolated.recorder < 0 || pipe2(result, O_CLOEXEC | O_NONBLOCK) != 0) {
		scan_say(scan, STYLE_ERROR, "%s", strerror(errno));
		return SCAN_FAILED;
	}
	isolated.result = result[1];
	dup2(STDERR_FILENO, STDOUT_FILENO);
	outcome = scan_run_session(scan, &isolated);
	length = read(result[0], bytes, sizeof(bytes));
	text_append_bytes(names, bytes, length > 0 ? (size_t)length : 0);
	close(result[0]);
	close(result[1]);
	return outcome;
}

/* Runs the plugin, after asking for passwords if there are some to be asked for. */
static enum scan_result run(struct scan *scan, bool *stopped)
{
	struct text names = TEXT_EMPTY;
	enum scan_result result;
	bool again;

	scan->runs++;
	do {
		text_reset(&names);
		text_append(&names, "");
		result = scan->isolated ? run_isolated(scan, &names, stopped)
		                        : run_here(scan, &names, stopped);
		again = result == SCAN_ASK && !*stopped && scan_ask(scan, names.data);
	} while (again);
	text_clear(&names);
	return result == SCAN_ASK ? SCAN_WRONG_ARGUMENTS : result;
}

/* ---- one version of the file after the other ---- */

/* Waits until the file changes. False if asked to stop. */
static bool wait_for_file(const struct scan *scan)
{
	struct pollfd events[] = {{.fd = file_watch_fd(scan->file), .events = POLLIN},
	    {.fd = scan->signals, .events = POLLIN}};

	scan_say(scan, STYLE_PLAIN, "waiting for %s to change (Ctrl-C ends)", scan->path);
	for (;;) {
		if (poll(events, 2, -1) < 0)
			continue;
		if (events[1].revents != 0)
			return false;
		if (file_watch_changed(scan->file))
			return true;
	}
}

/* Runs each version of the file until asked to stop. Returns what came out of the last. */
static enum scan_result run_versions(struct scan *scan)
{
	enum scan_result result;
	bool stopped;

	scan->file = file_watch_open(scan->path);
	if (scan->file == NULL) {
		scan_say(scan, STYLE_ERROR, "can't watch %s: %s", scan->path, strerror(errno));
		return SCAN_FAILED;
	}
	do {
		file_watch_look(scan->file);
		result = run(scan, &stopped);
		if (result == SCAN_WRONG_ARGUMENTS && scan->runs == 1)
			break;
		if (scan->runs > 1 && result == SCAN_UNUSABLE)
			scan_say(scan, STYLE_ERROR,
			    "the new file can't be used, and the session of the old one has ended");
	} while (!stopped && (result == SCAN_RELOAD || wait_for_file(scan)));
	file_watch_free(scan->file);
	return result;
}

/* Tells what to do next. */
static void tell_next(const struct scan *scan, enum scan_result result)
{
	const struct cli cli = {.json = scan->json};

	if (result == SCAN_GOOD)
		print_next(&cli,
		    "examine it at this device: iml-plugin certify, with the same file and "
		    "attributes");
	else if (result == SCAN_UNUSABLE)
		print_next(&cli, "see all that is wrong: iml-plugin validate %s", scan->path);
	else if (result == SCAN_FAILED)
		print_next(&cli,
		    "correct this and build it again; with --watch it is then run again "
		    "by itself");
}

int command_scan(struct cli *cli, char **arguments, int count)
{
	struct scan scan = {.signals = -1};
	enum scan_result result = SCAN_WRONG_ARGUMENTS;
	bool stopped;
	int status;

	open_output(&scan, cli);
	if (scan_read_arguments(&scan, arguments, count, &status)) {
		open_signals(&scan);
		result = scan.watch ? run_versions(&scan) : run(&scan, &stopped);
		if (result == SCAN_WRONG_ARGUMENTS)
			fprintf(stderr, "see \"iml-plugin help scan\"\n");
		tell_next(&scan, result);
	}
	scan_free_arguments(&scan);
	close(scan.signals);
	close(scan.out);
	close(scan.err);
	return result == SCAN_UNUSABLE ? SCAN_FAILED : (int)result;
}

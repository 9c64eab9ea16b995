/* SPDX-License-Identifier: MIT */
/*
 * Running a function in a child process, so that what a plugin does to its process (crash, exit,
 * hang, print) is seen from outside and hurts nobody.
 */
#ifndef KIT_ISOLATE_H
#define KIT_ISOLATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

/* What the child works with. */
struct isolated {
	int recorder; /* shared memory for kit_options.recorder; taken over by kit_load() */
	int result;   /* a pipe: what is written to it becomes isolate_result.result */
};

struct isolate_options {
	int64_t limit_ns; /* the child is killed after this time; 0: never */
	/*
	 * Whether standard output and error of the child go into isolate_result.printed. Else they
	 * are ours, standard output replaced by standard error: what a plugin prints is no result.
	 */
	bool capture;
	/* With capture: takes what the child prints while it lives, and printed stays empty. */
	void (*print)(void *context, const char *bytes, size_t length);
	void *print_context;
	bool without_network; /* cut the child off from every network, where the kernel lets us */
	/*
	 * When this descriptor can be read, as a signalfd, the child gets SIGTERM, and at the
	 * second time SIGKILL; -1: none.
	 */
	int stop;
};

struct isolate_result {
	bool started;   /* else reason says why not */
	bool timed_out; /* and was killed */
	bool stopped;   /* was asked to stop */
	bool killed;    /* was asked again */
	int status;     /* of waitpid() */
	bool good;      /* the function returned 0 */
	bool no_network;
	/* NULL if the function returned: "signal 11 (Segmentation fault) in initial_scan". */
	char *cause;
	struct text result;
	struct text printed; /* cut at 1 MiB */
};

/*
 * Runs the function in a child process and waits for its end; the child's exit status is what it
 * returns (0 to 125). Whatever the child started ends with it. Must be called while this process
 * has one thread.
 */
void isolate(int (*function)(void *context, const struct isolated *isolated), void *context,
    const struct isolate_options *options, struct isolate_result *result);
void isolate_result_clear(struct isolate_result *result);

#endif

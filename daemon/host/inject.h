/* SPDX-License-Identifier: MIT */
/*
 * Faults on purpose, for the tools that examine plugins: calls that are refused although nothing is
 * wrong with them, and hooks that count as failed although they succeeded. Stands between a plugin
 * and the host where host_direct_load() was asked for it, and exists nowhere else: a runner's
 * plugin host has no such thing in its way.
 *
 * One injection at a time in a process.
 */
#ifndef HOST_INJECT_H
#define HOST_INJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/recorder.h"

struct host;

/*
 * The caller sets the first part between hooks, and reads the second. Only calls that report or
 * change something count: a plugin has to reckon with the refusal of those, as it depends on what
 * the device says.
 */
struct injection {
	/* The calls from first_refused to last_refused are refused; 0: none. */
	uint64_t first_refused;
	uint64_t last_refused;
	/* Called before each call with its number, in the thread that makes it; may be NULL. */
	void (*at_call)(void *context, uint64_t number);
	void *context;
	/* INITIAL_SCAN or UPDATE_SCAN, which then fails whatever it returns. */
	enum hook failing_hook;

	_Atomic uint64_t calls; /* since the caller set it to 0 */
	_Atomic uint64_t refusals;
	uint64_t
	    entered[HOOK_END]; /* how often each hook was, but for those of labels and values */
	char place[128];       /* of the last call that was refused here */
};

/* What a hook fails with that is made to. */
#define INJECTED_FAILURE "made to fail by the examination"

/* Puts the injection, which must outlive the host, between a loaded plugin and its host. */
void inject(struct host *host, struct injection *injection);

#endif

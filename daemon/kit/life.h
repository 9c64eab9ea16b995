/* SPDX-License-Identifier: MIT */
/*
 * The life of one scannable as the runner leads it: its session is opened, its hooks run when they
 * are due, and after a failure the next session is tried, with waits of 2 s that double to 60 s.
 */
#ifndef KIT_LIFE_H
#define KIT_LIFE_H

#include "kit/kit.h"

struct life {
	struct kit *kit;
	struct kit_session *session;
	bool once; /* ends after the first update scan, or the first failure */
	int stop;  /* all is to end from when on this can be read; kit_stop() was called, or will */
	/* After each thing that was done: a hook ran, or changes were applied. */
	void (*step)(void *context);
	/* The next session is opened after so long. */
	void (*waiting)(void *context, int64_t ns);
	void *context;
};

/* Returns when the last session has ended. */
void life_run(const struct life *life);

#endif

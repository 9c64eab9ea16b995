/* SPDX-License-Identifier: MIT */
/*
 * Last words: when a signal or exit() ends the process, the flight recorder learns in which worker
 * it struck. What happens then is the default action, core file included.
 */
#ifndef HOST_OBITUARY_H
#define HOST_OBITUARY_H

#include <stddef.h>

#include "wire/recorder.h"

/* Installs the handlers. Once in a process. */
void obituary_prepare(struct recorder *recorder);

/* From here on exit() is in order, and noted no more. */
void obituary_cancel(void);

/* Says which worker this thread is, and gives it a stack for signals (its own may be used up). */
void obituary_enter_thread(size_t worker);
void obituary_leave_thread(void);

#endif

/* SPDX-License-Identifier: MIT */
/* What is shown again and again: in place on a terminal, else one after the other. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>

#include "base/text.h"

/*
 * Prints what append() appends, at once and then in each period, until SIGINT or SIGTERM, and in
 * place also until "q" is typed. What has more lines than the terminal is cut there. Returns the
 * exit status.
 */
int screen_repeat(
    bool in_place, int period_ms, void (*append)(void *context, struct text *out), void *context);

#endif

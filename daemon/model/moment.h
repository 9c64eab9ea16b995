/* SPDX-License-Identifier: MIT */
/* Durations and times as people write them. */
#ifndef MODEL_MOMENT_H
#define MODEL_MOMENT_H

#include "base/clock.h"
#include "model/class.h"

/* "5 s", "10m", "250 ms" into nanoseconds; false with a reason for anything else. */
bool duration_parse(const char *text, int64_t *ns, char reason[REASON_SIZE]);

/*
 * "1795343296.5" (seconds since 1970), "2026-11-22T10:28:16Z", "2026-11-22T11:28:16.5+01:00",
 * "-90 min" (so long before now) or "now"; false with a reason for anything else.
 */
bool moment_parse(
    const char *text, struct wallclock now, struct wallclock *moment, char reason[REASON_SIZE]);

#endif

/* SPDX-License-Identifier: MIT */
/* The refused calls of a scan, each with its place in the plugin's source. From any thread. */
#ifndef KIT_REFUSED_CALLS_H
#define KIT_REFUSED_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/reasons.h"

struct refused_calls;

struct refused_calls *refused_calls_new(void);
void refused_calls_free(struct refused_calls *calls);

/*
 * Takes a line of the plugin's log if it tells of refused calls. No line comes for a call that is
 * refused for the same reason as one before; it is but counted in its batch.
 */
bool refused_calls_note(struct refused_calls *calls, const char *line);

/*
 * Moves what came since the last time to lines, as "acme.c:31: iml_set: drive 5: …". count is what
 * the batch says was refused, diagnostic the first of that (NULL if there was no batch): what no
 * line came for is told in one.
 */
void refused_calls_take(
    struct refused_calls *calls, uint32_t count, const char *diagnostic, struct reasons *lines);

#endif

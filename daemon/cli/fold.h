/* SPDX-License-Identifier: MIT */
/*
 * Alerts that are raised, or cleared, together are told as one line for each root cause. They are
 * held back until no more come for a moment.
 */
#ifndef CLI_FOLD_H
#define CLI_FOLD_H

#include "base/clock.h"
#include "cli/command.h"

struct folded;

struct fold {
	struct folded *items; /* in the order in which they came */
	size_t count, capacity;
	struct monotonic first, last; /* when what is held back came */
};

/* Takes a notice about an alert in; false if it is of another kind. */
bool fold_take(struct fold *fold, struct json_object *notice);

/* Whether the moment has passed. */
bool fold_is_due(const struct fold *fold);

/* Writes what is held back. */
void fold_render(struct fold *fold, struct text *out, const struct terminal *terminal);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The samples of a session that were not sent yet, in groups of the same statistic and time: a scan
 * makes few of these, in whichever order it takes its samples. With the session locked.
 */
#ifndef HOST_SAMPLING_H
#define HOST_SAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/batch.h"

struct sampling_group;

/* Of one index of a statistic. */
struct sampling_statistic {
	struct sampling_group *newest; /* that got a sample; NULL: none */
	size_t expected;               /* samples of the next group */
};

/* Starts with {0}. */
struct sampling {
	struct sampling_group *groups; /* hash */
	struct sampling_statistic *statistics;
	size_t statistic_count;
	size_t count; /* of samples */
};

void sampling_add(struct sampling *sampling, const struct sample *sample);

/* Drops the samples of some resources. */
void sampling_drop(struct sampling *sampling,
    bool (*is_dropped)(const void *context, uint32_t resource), const void *context);

/* Moves all samples, in order of time, to a batch that has none. */
void sampling_move(struct sampling *sampling, struct batch *batch);

void sampling_clear(struct sampling *sampling);

#endif

/* SPDX-License-Identifier: MIT */
/* The samples of a batch one by one. */
#ifndef TESTS_UNIT_BATCH_SAMPLES_H
#define TESTS_UNIT_BATCH_SAMPLES_H

#include "base/memory.h"
#include "model/batch.h"

/* Adds a sample, in a group of its own. */
static inline void batch_add_sample(struct batch *batch, struct sample sample)
{
	struct sample_group *group;

	batch->sample_groups = xreallocarray(
	    batch->sample_groups, batch->sample_group_count + 1, sizeof(*batch->sample_groups));
	group = &batch->sample_groups[batch->sample_group_count++];
	*group =
	    (struct sample_group){.statistic = sample.statistic, .time = sample.time, .count = 1};
	group->resources = xcalloc(1, sizeof(*group->resources));
	group->resources[0] = sample.resource;
	group->values = xcalloc(1, sizeof(*group->values));
	group->values[0] = sample.value;
}

/* The sample at an index, counted through all groups, which has to be there. */
static inline struct sample batch_sample_at(const struct batch *batch, size_t index)
{
	const struct sample_group *group = batch->sample_groups;

	for (; index >= group->count; group++)
		index -= group->count;
	return (struct sample){
	    group->resources[index], group->statistic, group->time, group->values[index]};
}

#endif

/* SPDX-License-Identifier: MIT */
#include "host/sampling.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/memory.h"

/* All of it is hashed: no gaps. */
struct sampling_key {
	int64_t time_us;
	uint64_t statistic;
};

struct sampling_group {
	struct sampling_key key;
	struct sample_group samples;
	size_t capacity;
	UT_hash_handle by_key;
};

static struct sampling_statistic *reach_statistic(struct sampling *sampling, uint32_t statistic)
{
	size_t count = sampling->statistic_count;

	if (statistic >= count) {
		sampling->statistics = xreallocarray(
		    sampling->statistics, statistic + 1, sizeof(*sampling->statistics));
		memset(sampling->statistics + count, 0,
		    (statistic + 1 - count) * sizeof(*sampling->statistics));
		sampling->statistic_count = statistic + 1;
	}
	return &sampling->statistics[statistic];
}

static void set_capacity(struct sampling_group *group, size_t capacity)
{
	struct sample_group *samples = &group->samples;

	samples->resources =
	    xreallocarray(samples->resources, capacity, sizeof(*samples->resources));
	samples->values = xreallocarray(samples->values, capacity, sizeof(*samples->values));
	group->capacity = capacity;
}

/* The group of this key, a new one if there is none. */
static struct sampling_group *reach_group(
    struct sampling *sampling, const struct sampling_key *key, struct sampling_statistic *statistic)
{
	struct sampling_group *group;

	HASH_FIND(by_key, sampling->groups, key, sizeof(*key), group);
	if (group == NULL) {
		group = xcalloc(1, sizeof(*group));
		group->key = *key;
		group->samples.statistic = (uint32_t)key->statistic;
		group->samples.time.us = key->time_us;
		if (statistic->newest != NULL)
			statistic->expected = statistic->newest->samples.count;
		set_capacity(group, statistic->expected > 0 ? statistic->expected : 1);
		HASH_ADD(by_key, sampling->groups, key, sizeof(group->key), group);
	}
	statistic->newest = group;
	return group;
}

void sampling_add(struct sampling *sampling, const struct sample *sample)
{
	struct sampling_statistic *statistic = reach_statistic(sampling, sample->statistic);
	const struct sampling_key key = {sample->time.us, sample->statistic};
	struct sampling_group *group = statistic->newest;
	struct sample_group *samples;

	if (group == NULL || group->key.time_us != key.time_us)
		group = reach_group(sampling, &key, statistic);
	samples = &group->samples;
	if (samples->count == group->capacity)
		set_capacity(group, 2 * group->capacity);
	samples->resources[samples->count] = sample->resource;
	samples->values[samples->count++] = sample->value;
	sampling->count++;
}

static void free_group(struct sampling *sampling, struct sampling_group *group)
{
	assert(sampling->groups != NULL);
	HASH_DELETE(by_key, sampling->groups, group);
	free(group->samples.resources);
	free(group->samples.values);
	free(group);
}

/* Forgets which groups there are, and expects those of the next batch to be like the newest. */
static void forget_newest(struct sampling *sampling)
{
	for (size_t i = 0; i < sampling->statistic_count; i++) {
		struct sampling_statistic *statistic = &sampling->statistics[i];

		if (statistic->newest != NULL)
			statistic->expected = statistic->newest->samples.count;
		statistic->newest = NULL;
	}
}

void sampling_drop(struct sampling *sampling,
    bool (*is_dropped)(const void *context, uint32_t resource), const void *context)
{
	struct sampling_group *group, *next;

	forget_newest(sampling);
	HASH_ITER (by_key, sampling->groups, group, next) {
		struct sample_group *samples = &group->samples;
		size_t kept = 0;

		for (size_t i = 0; i < samples->count; i++) {
			samples->resources[kept] = samples->resources[i];
			samples->values[kept] = samples->values[i];
			kept += !is_dropped(context, samples->resources[i]);
		}
		sampling->count -= samples->count - kept;
		samples->count = kept;
		if (kept == 0)
			free_group(sampling, group);
	}
}

static int compare_times(const struct sampling_group *a, const struct sampling_group *b)
{
	return (a->key.time_us > b->key.time_us) - (a->key.time_us < b->key.time_us);
}

void sampling_move(struct sampling *sampling, struct batch *batch)
{
	struct sampling_group *group, *next;

	assert(batch->sample_groups == NULL);
	forget_newest(sampling);
	HASH_SRT(by_key, sampling->groups, compare_times);
	batch->sample_groups =
	    xcalloc(HASH_CNT(by_key, sampling->groups), sizeof(*batch->sample_groups));
	HASH_ITER (by_key, sampling->groups, group, next) {
		batch->sample_groups[batch->sample_group_count++] = group->samples;
		group->samples.resources = NULL;
		group->samples.values = NULL;
		free_group(sampling, group);
	}
	sampling->count = 0;
}

void sampling_clear(struct sampling *sampling)
{
	struct sampling_group *group, *next;

	HASH_ITER (by_key, sampling->groups, group, next)
		free_group(sampling, group);
	free(sampling->statistics);
	*sampling = (struct sampling){0};
}

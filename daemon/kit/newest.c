/* SPDX-License-Identifier: MIT */
#include "kit/newest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/memory.h"

/* A resource that has samples: a few, so that they are looked through. */
struct sampled {
	record_id id;
	struct newest_sample *samples;
	size_t count;
	size_t capacity;
	UT_hash_handle hh;
};

struct newest {
	struct sampled *resources;
};

struct newest *newest_new(void)
{
	return xcalloc(1, sizeof(struct newest));
}

static struct sampled *find_resource(const struct newest *newest, record_id id)
{
	struct sampled *sampled;

	HASH_FIND(hh, newest->resources, &id, sizeof(id), sampled);
	return sampled;
}

static void forget(struct newest *newest, struct sampled *sampled)
{
	if (sampled == NULL)
		return;
	assert(newest->resources != NULL);
	HASH_DELETE(hh, newest->resources, sampled);
	for (size_t i = 0; i < sampled->count; i++)
		free(sampled->samples[i].counts);
	free(sampled->samples);
	free(sampled);
}

void newest_free(struct newest *newest)
{
	while (newest->resources != NULL)
		forget(newest, newest->resources);
	free(newest);
}

static struct newest_sample *find_sample(const struct sampled *sampled, record_id statistic)
{
	for (size_t i = 0; i < sampled->count; i++)
		if (sampled->samples[i].statistic == statistic)
			return &sampled->samples[i];
	return NULL;
}

/* The sample of this resource and statistic, made if there is none. */
static struct newest_sample *place_of(
    struct newest *newest, record_id resource, record_id statistic)
{
	struct sampled *sampled = find_resource(newest, resource);
	struct newest_sample *sample;

	if (sampled == NULL) {
		sampled = xcalloc(1, sizeof(*sampled));
		sampled->id = resource;
		HASH_ADD(hh, newest->resources, id, sizeof(sampled->id), sampled);
	}
	sample = find_sample(sampled, statistic);
	if (sample != NULL)
		return sample;
	sampled->samples =
	    xgrow(sampled->samples, sampled->count, &sampled->capacity, sizeof(*sample));
	sample = &sampled->samples[sampled->count++];
	*sample = (struct newest_sample){.statistic = statistic};
	return sample;
}

void newest_take(struct newest *newest, const struct kit_sample *sample)
{
	struct newest_sample *kept =
	    place_of(newest, sample->resource->id, sampled_statistic(sample));

	kept->time = sample->time;
	kept->value = sample->value;
	if (sample->counts == NULL)
		return;
	kept->counts = xreallocarray(kept->counts, sample->count, sizeof(*kept->counts));
	memcpy(kept->counts, sample->counts, sample->count * sizeof(*kept->counts));
	kept->count = sample->count;
}

void newest_forget(struct newest *newest, const struct changes *changes)
{
	for (size_t i = 0; i < changes->removed_resource_count; i++)
		forget(newest, find_resource(newest, changes->removed_resources[i]));
}

const struct newest_sample *newest_find(
    const struct newest *newest, record_id resource, record_id statistic)
{
	const struct sampled *sampled = find_resource(newest, resource);

	return sampled != NULL ? find_sample(sampled, statistic) : NULL;
}

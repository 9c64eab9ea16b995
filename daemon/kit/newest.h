/* SPDX-License-Identifier: MIT */
/* The newest sample of each statistic of each resource. */
#ifndef KIT_NEWEST_H
#define KIT_NEWEST_H

#include "kit/sampled.h"
#include "model/record.h"

struct newest;

struct newest_sample {
	record_id statistic;
	struct wallclock time;
	double value;
	int64_t *counts; /* of a histogram */
	size_t count;
};

struct newest *newest_new(void);
void newest_free(struct newest *newest);

void newest_take(struct newest *newest, const struct kit_sample *sample);

/* Forgets the resources that are removed by what is to be written. */
void newest_forget(struct newest *newest, const struct changes *changes);

/* The newest sample, or NULL if there is none. Valid until one of these is called. */
const struct newest_sample *newest_find(
    const struct newest *newest, record_id resource, record_id statistic);

#endif

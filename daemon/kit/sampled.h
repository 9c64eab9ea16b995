/* SPDX-License-Identifier: MIT */
/* The samples of a batch, with what they are samples of. */
#ifndef KIT_SAMPLED_H
#define KIT_SAMPLED_H

#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"
#include "model/batch.h"

struct kit_sample {
	const struct graph_resource *resource;
	size_t statistic; /* index in the class */
	struct wallclock time;
	double value;
	const int64_t *counts; /* of a histogram, else NULL */
	size_t count;
};

/*
 * Calls visit for each sample of a batch that was applied to the graph just now, group by group,
 * then for each histogram. Those of resources that are gone are passed over.
 */
void sampled_visit(const struct graph *graph, const struct batch *batch,
    void (*visit)(void *context, const struct kit_sample *sample), void *context);

/* The id of what it is a sample of. */
record_id sampled_statistic(const struct kit_sample *sample);

#endif

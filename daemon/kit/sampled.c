/* SPDX-License-Identifier: MIT */
#include "kit/sampled.h"

static void visit_group(const struct graph *graph, const struct batch *batch,
    const struct sample_group *group, void (*visit)(void *context, const struct kit_sample *sample),
    void *context)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct kit_sample sample = {
		    .resource = graph_resource_of(graph, batch->session, group->resources[i]),
		    .statistic = group->statistic,
		    .time = group->time,
		    .value = group->values[i]};

		if (sample.resource != NULL)
			visit(context, &sample);
	}
}

void sampled_visit(const struct graph *graph, const struct batch *batch,
    void (*visit)(void *context, const struct kit_sample *sample), void *context)
{
	for (size_t i = 0; i < batch->sample_group_count; i++)
		visit_group(graph, batch, &batch->sample_groups[i], visit, context);
	for (size_t i = 0; i < batch->histogram_count; i++) {
		const struct histogram *taken = &batch->histograms[i];
		const struct kit_sample sample = {
		    .resource = graph_resource_of(graph, batch->session, taken->resource),
		    .statistic = taken->statistic,
		    .time = taken->time,
		    .counts = taken->counts,
		    .count = taken->count};

		if (sample.resource != NULL)
			visit(context, &sample);
	}
}

record_id sampled_statistic(const struct kit_sample *sample)
{
	return sample->resource->class->statistic_ids[sample->statistic];
}

/* SPDX-License-Identifier: MIT */
#include "kit/sampled.h"

void sampled_visit(const struct graph *graph, const struct batch *batch,
    void (*visit)(void *context, const struct kit_sample *sample), void *context)
{
	for (size_t i = 0; i < batch->sample_count; i++) {
		const struct sample *taken = &batch->samples[i];
		const struct kit_sample sample = {
		    .resource = graph_resource_of(graph, batch->session, taken->resource),
		    .statistic = taken->statistic,
		    .time = taken->time,
		    .value = taken->value};

		if (sample.resource != NULL)
			visit(context, &sample);
	}
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

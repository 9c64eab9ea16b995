/* SPDX-License-Identifier: MIT */
#include "model/batch.h"

#include <stdlib.h>

static void report_clear(struct report *report)
{
	for (size_t i = 0; i < report->change_count; i++)
		value_clear(&report->changes[i].value);
	free(report->changes);
	free(report->label);
}

size_t batch_sample_count(const struct batch *batch)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->sample_group_count; i++)
		count += batch->sample_groups[i].count;
	return count;
}

void batch_forget_samples(struct batch *batch)
{
	for (size_t i = 0; i < batch->sample_group_count; i++) {
		free(batch->sample_groups[i].resources);
		free(batch->sample_groups[i].values);
	}
	for (size_t i = 0; i < batch->histogram_count; i++)
		free(batch->histograms[i].counts);
	free(batch->sample_groups);
	free(batch->histograms);
	batch->sample_groups = NULL;
	batch->histograms = NULL;
	batch->sample_group_count = batch->histogram_count = 0;
}

void batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	for (size_t i = 0; i < batch->report_count; i++)
		report_clear(&batch->reports[i]);
	batch_forget_samples(batch);
	for (size_t i = 0; i < batch->alert_count; i++)
		free(batch->alerts[i].message);
	free(batch->diagnostic);
	free(batch->incomplete);
	free(batch->removed);
	free(batch->reports);
	free(batch->parents);
	free(batch->alerts);
	free(batch);
}

bool batch_is_empty(const struct batch *batch)
{
	return batch->removed_count == 0 && batch->report_count == 0 && batch->parent_count == 0 &&
	       batch->sample_group_count == 0 && batch->histogram_count == 0 &&
	       batch->alert_count == 0;
}

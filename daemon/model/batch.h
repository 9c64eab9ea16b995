/* SPDX-License-Identifier: MIT */
/*
 * What one scan changed, or what a plugin's own threads changed since: the unit that is stored in
 * one transaction. Resources are named by their number in the session; the scannable is number 0. A
 * number can be that of another resource in a batch after the one that removed its resource.
 *
 * The parts are applied in this order: reports, labels, removals, parents, samples, alerts. What a
 * batch says of a resource that it removes has no effect.
 */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/class.h"
#include "model/value.h"

enum batch_kind {
	BATCH_INITIAL = 1, /* after initial_scan: complete, what is missing is gone */
	BATCH_UPDATE = 2,  /* after update_scan */
	BATCH_ASYNC = 3,   /* from the plugin's own threads */
	BATCH_KIND_END
};

struct change {
	uint32_t attribute; /* index in the class */
	struct value value;
};

/* A resource that is new to the session (all its attributes that are not null) or changed. */
struct report {
	uint32_t resource;
	uint32_t class; /* index among the plugin's classes */
	bool created;
	bool label_changed; /* the label is to be stored, NULL taking it back to the default */
	struct change *changes;
	size_t change_count;
	char *label; /* NULL: default label or, in a report that is not created, as before */
};

/* Each pair of child and parent at most once in a batch. */
struct parent_change {
	uint32_t child;
	uint32_t parent;
	bool added;
};

struct sample {
	uint32_t resource;
	uint32_t statistic; /* index in the class */
	struct wallclock time;
	double value;
};

/* Samples of this statistic of the classes of some resources, at this time: one of each. */
struct sample_group {
	uint32_t statistic;
	struct wallclock time;
	uint32_t *resources;
	double *values;
	size_t count;
};

struct histogram {
	uint32_t resource;
	uint32_t statistic;
	struct wallclock time;
	int64_t *counts;
	size_t count;
};

/*
 * A condition that began or ceased to hold. In the first report of a resource all that
 * hold; one that asks for several scans is told when these have passed, whether it holds or not.
 */
struct alert_change {
	uint32_t resource;
	uint32_t condition; /* index in the class */
	uint32_t threshold; /* index of the severity */
	bool raised;
	char *message; /* condition_message(); of a raised one only */
};

/*
 * Batches of a session that may be unacknowledged: two are being stored, one behind the other,
 * while the scan of the third runs.
 */
#define BATCHES_UNACKNOWLEDGED_MOST 3

struct batch {
	uint32_t session;
	uint64_t number; /* counts up from 1 in each session, by one */
	enum batch_kind kind;
	struct wallclock time; /* of the end of the scan */
	int64_t duration_ns;   /* of the scan */
	int64_t lateness_ns;   /* start of the scan after it was due */

	uint32_t refused;     /* calls refused in this scan */
	char *diagnostic;     /* the first of them in words, or NULL */
	uint32_t *incomplete; /* indexes of classes marked incomplete */
	size_t incomplete_count;

	uint32_t *removed; /* resources removed by the plugin */
	size_t removed_count;
	struct report *reports;
	size_t report_count;
	struct parent_change *parents;
	size_t parent_count;
	struct sample_group *sample_groups; /* those of a series in order of time */
	size_t sample_group_count;
	struct histogram *histograms;
	size_t histogram_count;
	struct alert_change *alerts;
	size_t alert_count;
};

void batch_free(struct batch *batch);

/* The number of samples other than histograms. */
size_t batch_sample_count(const struct batch *batch);

/* Leaves the samples out. */
void batch_forget_samples(struct batch *batch);

/* Whether the batch changes nothing and holds no samples. */
bool batch_is_empty(const struct batch *batch);

#endif

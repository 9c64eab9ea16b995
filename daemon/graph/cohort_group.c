/* SPDX-License-Identifier: MIT */
/* The cohorts of a scannable and a class, and the numbers of cohorts. */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct graph_cohort_group *cohort_group_find(
    const struct graph *graph, record_id scannable, record_id class)
{
	struct graph_cohort_group *group;
	struct cohort_key key;

	memset(&key, 0, sizeof(key));
	key.scannable_id = scannable;
	key.class_id = class;
	HASH_FIND(by_key, graph->cohort_groups, &key, sizeof(key), group);
	return group;
}

struct graph_cohort_group *cohort_group_reach(
    struct graph *graph, record_id scannable, struct graph_class *class)
{
	struct graph_cohort_group *group = cohort_group_find(graph, scannable, class->id);

	if (group != NULL)
		return group;
	group = xcalloc(1, sizeof(*group));
	group->key = (struct cohort_key){scannable, class->id};
	group->class = class;
	TAILQ_INIT(&group->cohorts);
	HASH_ADD(by_key, graph->cohort_groups, key, sizeof(group->key), group);
	return group;
}

void cohort_group_free(struct graph *graph, struct graph_cohort_group *group)
{
	assert(graph->cohort_groups != NULL && TAILQ_EMPTY(&group->cohorts));
	HASH_DELETE(by_key, graph->cohort_groups, group);
	free(group->falls);
	free(group);
}

/* Gives a cohort a number. That of none is 0. */
static uint32_t add_number(struct graph *graph, struct graph_cohort *cohort)
{
	assert(graph->cohort_count < SEAT_COHORTS);
	graph->cohorts = xgrow(graph->cohorts, graph->cohort_count, &graph->cohort_capacity,
	    sizeof(struct graph_cohort *));
	graph->cohorts[graph->cohort_count] = cohort;
	return (uint32_t)graph->cohort_count++;
}

struct graph_cohort *cohort_new(struct graph *graph, struct graph_cohort_group *group, record_id id)
{
	struct graph_cohort *cohort = xcalloc(1, sizeof(*cohort));

	if (graph->cohort_count == 0)
		add_number(graph, NULL);
	cohort->id = id;
	cohort->number = add_number(graph, cohort);
	cohort->group = group;
	TAILQ_INSERT_HEAD(&group->cohorts, cohort, in_group);
	return cohort;
}

void cohort_free(struct graph *graph, struct graph_cohort *cohort)
{
	assert(cohort->series == NULL);
	counters_forget(cohort);
	graph->cohorts[cohort->number] = NULL;
	TAILQ_REMOVE(&cohort->group->cohorts, cohort, in_group);
	free(cohort->resources);
	free(cohort->others);
	free(cohort);
}

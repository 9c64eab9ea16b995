/* SPDX-License-Identifier: MIT */
/*
 * Cohorts, and the slots that resources have in them from their first sample on until they go. A
 * resource that several scannables report has one in a cohort of each. A slot that became free is
 * given to another resource on a day (UTC) that has no samples of those before, as intervals of up
 * to a day are condensed.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define LEAST_CAPACITY 4

#define DAY_US (24 * 60 * 60 * US_PER_S)

static struct graph_cohort *cohort_of(const struct graph *graph, uint32_t seat)
{
	return graph->cohorts[seat / FRAME_SLOTS];
}

static uint32_t slot_of(uint32_t seat)
{
	return seat % FRAME_SLOTS;
}

/* The next seat of the resource that has this one, or 0. */
static uint32_t next_seat(const struct graph *graph, uint32_t seat)
{
	const struct graph_cohort *cohort = cohort_of(graph, seat);

	return cohort->others != NULL ? cohort->others[slot_of(seat)] : 0;
}

/* ---- groups and their cohorts ---- */

static struct graph_cohort_group *find_group(
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

static struct graph_cohort_group *reach_group(
    struct graph *graph, record_id scannable, struct graph_class *class)
{
	struct graph_cohort_group *group = find_group(graph, scannable, class->id);

	if (group != NULL)
		return group;
	group = xcalloc(1, sizeof(*group));
	group->key = (struct cohort_key){scannable, class->id};
	group->class = class;
	TAILQ_INIT(&group->cohorts);
	HASH_ADD(by_key, graph->cohort_groups, key, sizeof(group->key), group);
	return group;
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

static struct graph_cohort *cohort_new(
    struct graph *graph, struct graph_cohort_group *group, record_id id)
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

static void cohort_free(struct graph *graph, struct graph_cohort *cohort)
{
	assert(cohort->series == NULL);
	graph->cohorts[cohort->number] = NULL;
	TAILQ_REMOVE(&cohort->group->cohorts, cohort, in_group);
	free(cohort->resources);
	free(cohort->others);
	free(cohort);
}

static bool is_taken(const struct graph_cohort *cohort, uint32_t slot)
{
	return slot < cohort->capacity && cohort->resources[slot] != 0;
}

static bool is_full(const struct graph_cohort *cohort)
{
	return cohort->count == FRAME_SLOTS;
}

/* Keeps those with a free slot before those without. */
static void sort_in(struct graph_cohort *cohort)
{
	struct graph_cohort_group *group = cohort->group;

	TAILQ_REMOVE(&group->cohorts, cohort, in_group);
	if (is_full(cohort))
		TAILQ_INSERT_TAIL(&group->cohorts, cohort, in_group);
	else
		TAILQ_INSERT_HEAD(&group->cohorts, cohort, in_group);
}

/* ---- seats ---- */

/* Makes sure that the cohort has room for slots below this. */
static void reach_slots(struct graph_cohort *cohort, uint32_t count)
{
	uint32_t capacity = cohort->capacity == 0 ? LEAST_CAPACITY : cohort->capacity;

	assert(count <= FRAME_SLOTS);
	while (capacity < count)
		capacity *= 2;
	if (capacity == cohort->capacity)
		return;
	cohort->resources = xreallocarray(cohort->resources, capacity, sizeof(*cohort->resources));
	memset(cohort->resources + cohort->capacity, 0,
	    (capacity - cohort->capacity) * sizeof(*cohort->resources));
	if (cohort->others != NULL) {
		cohort->others = xreallocarray(cohort->others, capacity, sizeof(*cohort->others));
		memset(cohort->others + cohort->capacity, 0,
		    (capacity - cohort->capacity) * sizeof(*cohort->others));
	}
	cohort->capacity = capacity;
}

/* Notes which other seat a resource has besides this one; 0: none. */
static void set_next_seat(const struct graph *graph, uint32_t seat, uint32_t next)
{
	struct graph_cohort *cohort = cohort_of(graph, seat);

	if (cohort->others == NULL && next == 0)
		return;
	if (cohort->others == NULL)
		cohort->others = xcalloc(cohort->capacity, sizeof(*cohort->others));
	cohort->others[slot_of(seat)] = next;
}

static uint32_t take_slot(const struct graph *graph, struct graph_cohort *cohort, uint32_t slot,
    struct graph_resource *resource)
{
	uint32_t seat = cohort->number * FRAME_SLOTS + slot;

	reach_slots(cohort, slot + 1);
	assert(cohort->resources[slot] == 0);
	cohort->resources[slot] = resource->id;
	cohort->count++;
	if (slot >= cohort->end)
		cohort->end = slot + 1;
	set_next_seat(graph, seat, resource->seat);
	resource->seat = seat;
	if (is_full(cohort))
		sort_in(cohort);
	return seat;
}

/* The last moment of a day (UTC). */
static struct wallclock end_of_day(struct wallclock time)
{
	return (struct wallclock){time.us - time.us % DAY_US + DAY_US - 1};
}

static void leave_slot(struct graph *graph, uint32_t seat)
{
	struct graph_cohort *cohort = cohort_of(graph, seat);
	uint32_t slot = slot_of(seat);
	bool was_full = is_full(cohort);

	cohort->resources[slot] = 0;
	set_next_seat(graph, seat, 0);
	cohort->count--;
	cohort->vacated = end_of_day(cohort->newest);
	if (slot < cohort->first_free)
		cohort->first_free = slot;
	if (was_full)
		sort_in(cohort);
}

/* A slot for a resource that is sampled at this time, or FRAME_SLOTS. */
static uint32_t find_free_slot(struct graph_cohort *cohort, struct wallclock time)
{
	if (time.us <= cohort->vacated.us)
		return cohort->end;
	while (cohort->first_free < cohort->end && is_taken(cohort, cohort->first_free))
		cohort->first_free++;
	return cohort->first_free;
}

static struct graph_cohort *add_cohort(struct graph *graph, struct graph_cohort_group *group)
{
	struct graph_cohort *cohort = cohort_new(graph, group, ++graph->counters.cohort_id);

	graph->cohorts_added = xgrow(graph->cohorts_added, graph->cohorts_added_count,
	    &graph->cohorts_added_capacity, sizeof(*graph->cohorts_added));
	graph->cohorts_added[graph->cohorts_added_count++] = cohort->number;
	return cohort;
}

static uint32_t give_seat(struct graph *graph, struct graph_session *session,
    struct graph_resource *resource, struct wallclock time)
{
	struct graph_cohort_group *group =
	    reach_group(graph, session->scannable->id, resource->class);
	struct graph_cohort *cohort = TAILQ_FIRST(&group->cohorts);
	uint32_t slot = FRAME_SLOTS;
	uint32_t seat;

	for (; cohort != NULL && !is_full(cohort); cohort = TAILQ_NEXT(cohort, in_group)) {
		slot = find_free_slot(cohort, time);
		if (slot < FRAME_SLOTS)
			break;
	}
	if (slot == FRAME_SLOTS) {
		cohort = add_cohort(graph, group);
		slot = 0;
	}
	seat = take_slot(graph, cohort, slot, resource);
	graph->seats_added = xgrow(graph->seats_added, graph->seats_added_count,
	    &graph->seats_added_capacity, sizeof(*graph->seats_added));
	graph->seats_added[graph->seats_added_count++] =
	    (struct new_seat){resource->id, seat, time};
	return seat;
}

struct graph_cohort *cohort_seat(struct graph *graph, struct graph_session *session,
    struct graph_resource *resource, struct wallclock time, uint32_t *seat)
{
	uint32_t found = resource->seat;

	while (found != 0 &&
	       cohort_of(graph, found)->group->key.scannable_id != session->scannable->id)
		found = next_seat(graph, found);
	*seat = found != 0 ? found : give_seat(graph, session, resource, time);
	return cohort_of(graph, *seat);
}

/* ---- the end of resources and scannables ---- */

/* Takes one seat from the resource that has it. */
static void drop_seat(struct graph *graph, struct graph_resource *resource, uint32_t seat)
{
	uint32_t next = next_seat(graph, seat);
	uint32_t before = resource->seat;

	if (before == seat) {
		resource->seat = next;
	} else {
		while (next_seat(graph, before) != seat)
			before = next_seat(graph, before);
		set_next_seat(graph, before, next);
	}
	leave_slot(graph, seat);
}

static void end_cohort(struct graph *graph, struct graph_cohort *cohort)
{
	for (uint32_t slot = 0; slot < cohort->capacity; slot++)
		if (cohort->resources[slot] != 0)
			drop_seat(graph, graph_find(graph, cohort->resources[slot]),
			    cohort->number * FRAME_SLOTS + slot);
	cohort_free(graph, cohort);
}

static void end_group(struct graph *graph, struct graph_cohort_group *group)
{
	assert(graph->cohort_groups != NULL);
	while (!TAILQ_EMPTY(&group->cohorts))
		end_cohort(graph, TAILQ_FIRST(&group->cohorts));
	HASH_DELETE(by_key, graph->cohort_groups, group);
	free(group);
}

void cohorts_forget(struct graph *graph, struct graph_resource *resource)
{
	const struct graph_class *class;

	if (graph->cohorts == NULL)
		return;
	while (resource->seat != 0)
		drop_seat(graph, resource, resource->seat);
	for (class = graph->classes_by_id; resource->class->scannable && class != NULL;
	     class = class->by_id.next) {
		struct graph_cohort_group *group = find_group(graph, resource->id, class->id);

		if (group != NULL)
			end_group(graph, group);
	}
}

void cohorts_free(struct graph *graph)
{
	struct graph_cohort_group *group, *next;

	for (size_t number = 1; number < graph->cohort_count; number++)
		if (graph->cohorts[number] != NULL)
			cohort_free(graph, graph->cohorts[number]);
	HASH_ITER (by_key, graph->cohort_groups, group, next) {
		HASH_DELETE(by_key, graph->cohort_groups, group);
		free(group);
	}
	free(graph->cohorts);
	free(graph->cohorts_added);
	free(graph->seats_added);
	graph->cohorts = NULL;
}

/* ---- what the database holds ---- */

void graph_restore_cohort(struct graph *graph, const struct cohort_row *row)
{
	const struct graph_resource *scannable = graph_find(graph, row->scannable_id);
	struct graph_cohort *cohort;
	struct graph_class *class;

	assert(!graph->restored);
	if (graph->counters.cohort_id < row->id)
		graph->counters.cohort_id = row->id;
	HASH_FIND(by_id, graph->classes_by_id, &row->class_id, sizeof(row->class_id), class);
	if (scannable == NULL || !scannable->class->scannable || class == NULL) {
		graph_warn(graph, NULL, NULL,
		    "stored cohort %" PRId64 " names a scannable or a class that is not there: "
		    "left out",
		    row->id);
		return;
	}
	cohort = cohort_new(graph, reach_group(graph, row->scannable_id, class), row->id);
	cohort->newest = cohort->framed = graph->counters.sampled;
	/* Nothing tells which of its slots were taken by what is gone. */
	cohort->vacated = end_of_day(graph->counters.sampled);
	cohort->end = FRAME_SLOTS;
}

/* Whether an id comes before or after that of a cohort. */
static int compare_cohort(const void *key, const void *item)
{
	record_id id = *(const record_id *)key;
	const struct graph_cohort *cohort = *(struct graph_cohort *const *)item;

	return (id > cohort->id) - (id < cohort->id);
}

/* Their ids count up, also in the database. */
static struct graph_cohort *find_cohort(const struct graph *graph, record_id id)
{
	struct graph_cohort **found = NULL;

	if (graph->cohort_count > 1)
		found = bsearch(&id, graph->cohorts + 1, graph->cohort_count - 1,
		    sizeof(struct graph_cohort *), compare_cohort);
	return found != NULL ? *found : NULL;
}

void graph_restore_slot(struct graph *graph, const struct slot_row *row)
{
	struct graph_resource *resource = graph_find(graph, row->resource_id);
	struct graph_cohort *cohort = find_cohort(graph, row->cohort_id);

	assert(!graph->restored);
	if (resource == NULL || cohort == NULL || resource->class != cohort->group->class ||
	    row->slot >= FRAME_SLOTS) {
		graph_warn(graph, NULL, NULL,
		    "stored slot %" PRIu32 " of cohort %" PRId64
		    " is of no use to resource %" PRId64 ": left out",
		    row->slot, row->cohort_id, row->resource_id);
		return;
	}
	take_slot(graph, cohort, row->slot, resource);
}

/* ---- what is to be written ---- */

bool cohorts_have_changes(const struct graph *graph)
{
	return graph->cohorts_added_count > 0 || graph->seats_added_count > 0;
}

static void take_cohorts(struct graph *graph, struct changes *changes)
{
	changes->cohorts = xcalloc(graph->cohorts_added_count + 1, sizeof(*changes->cohorts));
	for (size_t i = 0; i < graph->cohorts_added_count; i++) {
		const struct graph_cohort *cohort = graph->cohorts[graph->cohorts_added[i]];

		if (cohort != NULL)
			changes->cohorts[changes->cohort_count++] = (struct cohort_row){cohort->id,
			    cohort->group->key.scannable_id, cohort->group->key.class_id};
	}
	graph->cohorts_added_count = 0;
}

static void take_slots(struct graph *graph, struct changes *changes)
{
	changes->slots = xcalloc(graph->seats_added_count + 1, sizeof(*changes->slots));
	for (size_t i = 0; i < graph->seats_added_count; i++) {
		const struct new_seat *added = &graph->seats_added[i];
		const struct graph_cohort *cohort = cohort_of(graph, added->seat);
		uint32_t slot = slot_of(added->seat);

		if (cohort != NULL && cohort->resources[slot] == added->resource)
			changes->slots[changes->slot_count++] =
			    (struct slot_row){cohort->id, added->resource, slot, added->since};
	}
	graph->seats_added_count = 0;
}

void cohorts_take_changes(struct graph *graph, struct changes *changes)
{
	if (!cohorts_have_changes(graph))
		return;
	take_cohorts(graph, changes);
	take_slots(graph, changes);
}

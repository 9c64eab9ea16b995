/* SPDX-License-Identifier: MIT */
/*
 * Samples that the database does not take go to the spool, and from there to the database when it
 * is back: record by record, with what else has changed in between, which goes first. So the
 * cohorts of frames are stored before these are.
 */
#include "supervisor/supervisor.h"

/* Adds frames to the spool. Gives how many it took. */
static size_t add_frames(
    const struct supervisor *supervisor, const struct frame_row *frames, size_t count)
{
	const struct spool_mark mark = {.cohort_id = supervisor->stored.cohort_id,
	    .statistic_id = supervisor->stored.statistic_id,
	    .revision = store_revision(supervisor->store),
	    .sampled = graph_sampled(supervisor->graph)};

	return spool_add(supervisor->spool, frames, count, &mark);
}

size_t spooling_spill(void *context, const struct frame_row *frames, size_t count)
{
	return add_frames(supervisor_of(context), frames, count);
}

/* Saves what is in flight. It may be in the database, or not: to write it twice does no harm. */
static void save_in_flight(struct supervisor *supervisor)
{
	const struct changes *in_flight[STORE_IN_FLIGHT_MOST];
	size_t count = store_in_flight(supervisor->store, in_flight);
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		if (in_flight[i] == supervisor->saved)
			first = i + 1;
	}
	for (size_t i = first; i < count; i++) {
		supervisor->saved = in_flight[i];
		if (in_flight[i] != supervisor->replayed)
			add_frames(supervisor, in_flight[i]->frames, in_flight[i]->frame_count);
	}
}

void spooling_save(struct supervisor *supervisor)
{
	if (!supervisor->loaded)
		return;
	save_in_flight(supervisor);
	graph_spill(supervisor->graph);
}

void spooling_restore(struct supervisor *supervisor, struct counters *counters)
{
	struct wallclock sampled;

	supervisor->stored = *counters;
	spool_claim(supervisor->spool, store_identity(supervisor->store),
	    store_revision(supervisor->store));
	sampled = spool_sampled(supervisor->spool);
	if (counters->sampled.us < sampled.us)
		counters->sampled = sampled;
}

/*
 * The oldest samples of the spool, unless the runner is to end soon. Those of the record before are
 * to be committed first: until then they are the oldest.
 */
static struct changes *take_spooled(struct supervisor *supervisor)
{
	struct changes *changes;

	if (supervisor->state == SUPERVISOR_STOPPING || supervisor->replayed != NULL)
		return NULL;
	changes = spool_take(supervisor->spool);
	supervisor->replayed = changes;
	return changes;
}

struct changes *spooling_take(struct supervisor *supervisor)
{
	struct changes *changes = supervisor->replay_next ? take_spooled(supervisor) : NULL;

	if (changes == NULL)
		changes = graph_take_changes(supervisor->graph);
	if (changes == NULL)
		changes = take_spooled(supervisor);
	supervisor->replay_next = changes != supervisor->replayed;
	return changes;
}

void spooling_committed(struct supervisor *supervisor, const struct changes *changes)
{
	if (changes == supervisor->saved)
		supervisor->saved = NULL;
	if (changes == supervisor->replayed) {
		supervisor->replayed = NULL;
		spool_drop(supervisor->spool);
		store_kick(supervisor->store);
	} else if (!changes_are_empty(changes)) {
		supervisor->stored = changes->counters;
	}
	if (spool_is_empty(supervisor->spool))
		graph_end_dropping(supervisor->graph);
}

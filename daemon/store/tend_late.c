/* SPDX-License-Identifier: MIT */
/*
 * Frames of intervals that got samples after they were condensed are made again, some in each step.
 */
#include "store/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Frames that a step makes. */
#define STEP_LATE 32

static void late_failed(struct store *store, PGresult *result)
{
	condenser_stop(store->tending.late_condenser);
	store_step_failed(store, result);
}

/* What was made again is a part of what is being made. */
static void disturb(struct condenser *condenser, const struct condenser *late)
{
	if (condenser->resolution == late->resolution + 1)
		condenser_stop(condenser);
}

static void late_stored(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;

	(void)result;
	disturb(tending->condenser, tending->late_condenser);
	if (tending->late_condenser->resolution + 1 < STORE_RESOLUTIONS)
		tending->may_be_late[tending->late_condenser->resolution + 1] = true;
	condenser_stop(tending->late_condenser);
	store_step_done(store);
}

/*
 * The frames of the next resolution that are to be made again, because a part of them was. Of what
 * has expired meanwhile there are not all parts any more: they stay as they are.
 */
static void add_coarser(const struct store *store, struct late_list *list)
{
	const struct condenser *late = store->tending.late_condenser;
	unsigned coarser = late->resolution + 1;
	int64_t kept_us, length_us;

	if (coarser == STORE_RESOLUTIONS)
		return;
	length_us = resolution_length_s[coarser] * US_PER_S;
	kept_us = wallclock_now().us - store->tending.retention_s[late->resolution] * US_PER_S;
	for (size_t i = 0; i < late->made.count; i++) {
		const struct late_row *frame = &late->made.rows[i];

		if (interval_start(frame->time.us, length_us) >= kept_us)
			late_add(list, frame, coarser, frame->time.us, frame->time.us,
			    store->tending.condensed_us[coarser]);
	}
}

/* Fills the arrays with the keys of frames. */
static void add_keys(const struct late_list *list, struct array arrays[MADE_PAYLOAD])
{
	array_begin(&arrays[MADE_COHORT], ARRAY_ID);
	array_begin(&arrays[MADE_STATISTIC], ARRAY_ID);
	array_begin(&arrays[MADE_BIN], ARRAY_NUMBER);
	array_begin(&arrays[MADE_TIME], ARRAY_TIME);
	for (size_t i = 0; i < list->count; i++) {
		array_add(&arrays[MADE_COHORT], &list->rows[i].cohort_id);
		array_add(&arrays[MADE_STATISTIC], &list->rows[i].statistic_id);
		array_add(&arrays[MADE_BIN], &list->rows[i].bin);
		array_add(&arrays[MADE_TIME], &list->rows[i].time);
	}
}

/* Stores the frames that were made again, and what follows from them. */
static void store_late(struct store *store)
{
	struct condenser *late = store->tending.late_condenser;
	struct array arrays[MADE_COLUMNS + MADE_PAYLOAD] = {0};
	struct late_list coarser = {0};
	struct text sql = TEXT_EMPTY;

	memcpy(arrays, late->columns, sizeof(late->columns));
	add_coarser(store, &coarser);
	add_keys(&coarser, &arrays[MADE_COLUMNS]);
	store_append_make_frames(late->resolution, &sql);
	text_printf(&sql,
	    ", done AS (DELETE FROM storage.late USING u WHERE late.resolution = %u"
	    " AND late.cohort_id = u.cohort_id AND late.statistic_id = u.statistic_id"
	    " AND late.bin = u.bin AND late.time = u.time)"
	    " INSERT INTO storage.late (resolution, cohort_id, statistic_id, bin, time)"
	    " SELECT %u, * FROM unnest($6::bigint[], $7::bigint[], $8::integer[],"
	    " $9::timestamptz[]) ON CONFLICT DO NOTHING",
	    late->resolution, late->resolution + 1);
	store_put_question(store, &(const struct question){.sql = sql.data,
	                              .arrays = arrays,
	                              .array_count = MADE_COLUMNS + MADE_PAYLOAD,
	                              .answered = late_stored,
	                              .failed = late_failed});
	for (size_t i = MADE_COLUMNS; i < MADE_COLUMNS + MADE_PAYLOAD; i++)
		array_clear(&arrays[i]);
	free(coarser.rows);
	text_clear(&sql);
}

static void late_part_arrived(struct store *store, PGresult *result)
{
	store_take_part(store->tending.late_condenser, result);
}

static void late_parts_read(struct store *store, PGresult *result)
{
	struct condenser *late = store->tending.late_condenser;
	unsigned resolution = late->resolution;

	(void)result;
	condenser_finish(late);
	if (late->made.count == 0) {
		store->tending.may_be_late[resolution] = false;
		condenser_stop(late);
		store_step_done(store);
		return;
	}
	for (size_t i = 0; i < late->made.count; i++) {
		int64_t time_us = late->made.rows[i].time.us;

		if (store_has_partition(store, resolution, time_us))
			continue;
		condenser_stop(late);
		store_make_partition(store, resolution, time_us);
		return;
	}
	store_late(store);
}

/* Reads the parts of some late frames. Each has its own, which the planner is not to look for. */
static void read_late(struct store *store)
{
	unsigned resolution = store->tending.late_condenser->resolution;
	int64_t reach_s = resolution == 1 ? FRAME_REACH_S : 0;
	struct text sql = TEXT_EMPTY;

	text_printf(&sql,
	    "SELECT frame.cohort_id, frame.statistic_id, frame.bin, frame.time, part.time,"
	    " part.payload, coalesce(type = 'Counter', false)"
	    " FROM (SELECT * FROM storage.late WHERE resolution = %u"
	    " ORDER BY cohort_id, statistic_id, bin, time LIMIT %d) AS frame"
	    " LEFT JOIN storage.statistic ON statistic.id = frame.statistic_id"
	    " LEFT JOIN LATERAL (SELECT time, payload FROM storage.frame AS finer"
	    " WHERE finer.resolution = %u AND finer.cohort_id = frame.cohort_id"
	    " AND finer.statistic_id = frame.statistic_id AND finer.bin = frame.bin"
	    " AND finer.time >= frame.time - interval '%" PRId64 " seconds'"
	    " AND finer.time < frame.time + interval '%" PRId64 " seconds'"
	    " ORDER BY time) AS part ON true"
	    " ORDER BY frame.cohort_id, frame.statistic_id, frame.bin, frame.time, part.time",
	    resolution, STEP_LATE, resolution - 1, reach_s,
	    resolution_length_s[resolution] + reach_s);
	store_put_question(store, &(const struct question){.sql = sql.data,
	                              .binary = true,
	                              .row = late_part_arrived,
	                              .answered = late_parts_read,
	                              .failed = late_failed});
	text_clear(&sql);
}

bool store_condense_late(struct store *store)
{
	struct tending *tending = &store->tending;

	for (unsigned i = 1; i < STORE_RESOLUTIONS; i++) {
		if (!tending->may_be_late[i])
			continue;
		condenser_begin_late(tending->late_condenser, i);
		if (store_begin_step(store))
			read_late(store);
		return true;
	}
	return false;
}

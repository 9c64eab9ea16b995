/* SPDX-License-Identifier: MIT */
/*
 * Condensing in steps: each reads a bounded number of frames, makes those of the next resolution
 * from them, and stores these in one transaction. The last step of an interval also says that the
 * resolution is condensed until its end, so an interval that was begun is begun anew by the next
 * runner.
 */
#include "store/internal.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

/* Frames that a step reads. */
#define STEP_FRAMES 256

/* Samples may be written this long after they were made without being late. */
#define GRACE_S 30

#define REACH_US (FRAME_REACH_S * US_PER_S)

enum result_column {
	RESULT_COHORT,
	RESULT_STATISTIC,
	RESULT_BIN,
	RESULT_INTERVAL,
	RESULT_TIME,
	RESULT_PAYLOAD,
	RESULT_COUNTER
};

/* ---- rows ---- */

static int64_t binary_integer(const PGresult *result, int column)
{
	uint64_t bits;

	assert(PQgetlength(result, 0, column) == sizeof(bits));
	memcpy(&bits, PQgetvalue(result, 0, column), sizeof(bits));
	return (int64_t)be64toh(bits);
}

static uint32_t binary_small(const PGresult *result, int column)
{
	uint16_t bits;

	assert(PQgetlength(result, 0, column) == sizeof(bits));
	memcpy(&bits, PQgetvalue(result, 0, column), sizeof(bits));
	return be16toh(bits);
}

static struct part_row read_row(const struct condenser *condenser, const PGresult *result)
{
	struct part_row row = {
	    .frame = {.cohort_id = binary_integer(result, RESULT_COHORT),
	        .statistic_id = binary_integer(result, RESULT_STATISTIC),
	        .bin = binary_small(result, RESULT_BIN),
	        .time = {.us = condenser->begin_us},
	        .resolution = condenser->resolution},
	    .time_us = INT64_MIN,
	    .counter = PQgetvalue(result, 0, RESULT_COUNTER)[0] != 0,
	};

	if (condenser->late)
		row.frame.time = array_time(binary_integer(result, RESULT_INTERVAL));
	if (PQgetisnull(result, 0, RESULT_TIME))
		return row;
	row.time_us = array_time(binary_integer(result, RESULT_TIME)).us;
	row.payload = PQgetvalue(result, 0, RESULT_PAYLOAD);
	row.size = (size_t)PQgetlength(result, 0, RESULT_PAYLOAD);
	return row;
}

void store_take_part(struct condenser *condenser, const PGresult *result)
{
	struct part_row row = read_row(condenser, result);
	char text[CLOCK_TEXT_SIZE];

	if (!condenser_add(condenser, &row))
		log_error("a frame in the database is damaged and left out: resolution %u, cohort"
		          " %" PRId64 ", statistic %" PRId64 ", bin %" PRIu32 ", time %s",
		    condenser->resolution - 1, row.frame.cohort_id, row.frame.statistic_id,
		    row.frame.bin, wallclock_format((struct wallclock){row.time_us}, text));
}

void store_append_make_frames(unsigned resolution, struct text *sql)
{
	text_printf(sql,
	    "WITH u AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[],"
	    " $4::timestamptz[], $5::bytea[]) AS u (cohort_id, statistic_id, bin, time, payload)),"
	    " made AS (INSERT INTO storage.frame (resolution, cohort_id, statistic_id, bin, time,"
	    " payload) SELECT %u, u.* FROM u WHERE u.payload IS NOT NULL"
	    " ON CONFLICT (resolution, cohort_id, statistic_id, bin, time)"
	    " DO UPDATE SET payload = excluded.payload)",
	    resolution);
}

/* Appends a time as a constant of SQL. */
static void append_time(struct text *sql, int64_t time_us)
{
	char text[CLOCK_TEXT_SIZE];

	text_printf(sql, "timestamptz '%s'", wallclock_format((struct wallclock){time_us}, text));
}

/* ---- intervals that have ended ---- */

/* Until when intervals of a resolution may be condensed; INT64_MIN: not at all. */
static int64_t condensable_until(const struct store *store, unsigned resolution)
{
	if (resolution > 1)
		return store->tending.condensed_us[resolution - 1];
	return wallclock_now().us - GRACE_S * US_PER_S;
}

static void condense_failed(struct store *store, PGresult *result)
{
	condenser_stop(store->tending.condenser);
	store_step_failed(store, result);
}

/* A part of an interval is stored. */
static void part_stored(struct store *store, PGresult *result)
{
	(void)result;
	condenser_stored(store->tending.condenser);
	store_step_done(store);
}

/* The resolution is condensed until the time that was written. */
static void progress_stored(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;

	(void)result;
	tending->condensed_us[tending->resolution] = tending->next_us;
	condenser_stop(tending->condenser);
	store_step_done(store);
}

/* Stores the frames that were made; if next_us is not INT64_MIN, also that they are the last ones
 * until then. */
static void store_made(struct store *store, int64_t next_us)
{
	struct tending *tending = &store->tending;
	struct condenser *condenser = tending->condenser;
	bool is_last = next_us != INT64_MIN;
	struct text sql = TEXT_EMPTY;

	tending->resolution = condenser->resolution;
	tending->next_us = next_us;
	store_append_make_frames(condenser->resolution, &sql);
	if (is_last) {
		text_append(&sql, " UPDATE storage.resolution SET condensed = ");
		append_time(&sql, next_us);
		text_printf(&sql, " WHERE number = %u", condenser->resolution);
	} else {
		text_append(&sql, " SELECT");
	}
	store_put_question(store, &(const struct question){.sql = sql.data,
	                              .arrays = condenser->columns,
	                              .array_count = MADE_COLUMNS,
	                              .answered = is_last ? progress_stored : part_stored,
	                              .failed = condense_failed});
	text_clear(&sql);
}

/*
 * Until when there is nothing to condense after the interval, which is empty: there may be no
 * partitions with finer frames for days.
 */
static int64_t next_start_us(const struct store *store, const struct condenser *condenser)
{
	const struct partitions *list = &store->tending.partitions[condenser->resolution - 1];
	int64_t length_us = condenser_length_us(condenser);
	int64_t until_us = condensable_until(store, condenser->resolution);
	int64_t next_us = INT64_MIN;
	size_t i = 0;

	until_us = interval_start(until_us, length_us);
	if (condenser->begin_us != INT64_MIN)
		next_us = condenser->begin_us + length_us;
	while (i < list->count && list->items[i].end_s * US_PER_S + REACH_US <= next_us)
		i++;
	if (i == list->count)
		return until_us;
	if (list->items[i].begin_s * US_PER_S - REACH_US > next_us)
		next_us = interval_start(list->items[i].begin_s * US_PER_S - REACH_US, length_us);
	return next_us < until_us ? next_us : until_us;
}

static void part_arrived(struct store *store, PGresult *result)
{
	struct condenser *condenser = store->tending.condenser;

	condenser->read++;
	store_take_part(condenser, result);
}

/* The frames of this step are read. */
static void parts_read(struct store *store, PGresult *result)
{
	struct condenser *condenser = store->tending.condenser;
	int64_t end_us = condenser->begin_us + condenser_length_us(condenser);

	(void)result;
	if (condenser->read == STEP_FRAMES) {
		store_made(store, INT64_MIN);
		return;
	}
	condenser_finish(condenser);
	store_made(store, condenser->found ? end_us : next_start_us(store, condenser));
}

/* Reads the next frames of the interval. */
static void read_parts(struct store *store)
{
	struct condenser *condenser = store->tending.condenser;
	int64_t reach_us = condenser->resolution == 1 ? REACH_US : 0;
	int64_t end_us = condenser->begin_us + condenser_length_us(condenser);
	const struct late_row *frame = &condenser->frame;
	struct text sql = TEXT_EMPTY;

	condenser->read = 0;
	text_printf(&sql,
	    "SELECT part.cohort_id, part.statistic_id, part.bin, NULL, part.time, part.payload,"
	    " coalesce(type = 'Counter', false) FROM (SELECT * FROM storage.frame"
	    " WHERE resolution = %u AND time >= ",
	    condenser->resolution - 1);
	append_time(&sql, condenser->begin_us - reach_us);
	text_append(&sql, " AND time < ");
	append_time(&sql, end_us + reach_us);
	if (condenser->open) {
		text_printf(&sql,
		    " AND (cohort_id, statistic_id, bin, time) > (%" PRId64 ", %" PRId64
		    ", %" PRIu32 ", ",
		    frame->cohort_id, frame->statistic_id, frame->bin);
		append_time(&sql, condenser->last_us);
		text_append(&sql, ")");
	}
	text_printf(&sql,
	    " ORDER BY cohort_id, statistic_id, bin, time LIMIT %d) AS part"
	    " LEFT JOIN storage.statistic ON statistic.id = part.statistic_id"
	    " ORDER BY part.cohort_id, part.statistic_id, part.bin, part.time",
	    STEP_FRAMES);
	store_put_question(store, &(const struct question){.sql = sql.data,
	                              .binary = true,
	                              .row = part_arrived,
	                              .answered = parts_read,
	                              .failed = condense_failed});
	text_clear(&sql);
}

/* Whether there is an interval of a resolution to condense, or the first one is to be looked for.
 */
static bool is_due(const struct store *store, unsigned resolution)
{
	int64_t until_us = condensable_until(store, resolution);
	int64_t condensed_us = store->tending.condensed_us[resolution];

	if (condensed_us == INT64_MIN || until_us == INT64_MIN)
		return until_us != INT64_MIN;
	return condensed_us + resolution_length_s[resolution] * US_PER_S <= until_us;
}

/* Begins the next interval that is due, of the finest resolution first. */
static bool begin_interval(struct store *store)
{
	struct tending *tending = &store->tending;

	for (unsigned i = 1; i < STORE_RESOLUTIONS; i++) {
		if (!is_due(store, i))
			continue;
		condenser_begin(tending->condenser, i, tending->condensed_us[i]);
		return true;
	}
	return false;
}

bool store_condense(struct store *store)
{
	struct condenser *condenser = store->tending.condenser;

	if (condenser->resolution == 0 && !begin_interval(store))
		return false;
	if (!store_begin_step(store))
		return true;
	if (condenser->begin_us == INT64_MIN)
		store_made(store, next_start_us(store, condenser));
	else if (store_has_partition(store, condenser->resolution, condenser->begin_us))
		read_parts(store);
	else
		store_make_partition(store, condenser->resolution, condenser->begin_us);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "store/condense.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/frame.h"

static const enum array_type column_types[MADE_COLUMNS] = {
    [MADE_COHORT] = ARRAY_ID,
    [MADE_STATISTIC] = ARRAY_ID,
    [MADE_BIN] = ARRAY_NUMBER,
    [MADE_TIME] = ARRAY_TIME,
    [MADE_PAYLOAD] = ARRAY_BYTES,
};

int64_t condenser_length_us(const struct condenser *condenser)
{
	assert(condenser->resolution > 0);
	return resolution_length_s[condenser->resolution] * US_PER_S;
}

void condenser_stored(struct condenser *condenser)
{
	condenser->made.count = 0;
	for (size_t i = 0; i < MADE_COLUMNS; i++)
		array_begin(&condenser->columns[i], column_types[i]);
}

void condenser_begin(struct condenser *condenser, unsigned resolution, int64_t begin_us)
{
	condenser_stop(condenser);
	condenser->resolution = resolution;
	condenser->begin_us = begin_us;
	condenser_stored(condenser);
}

void condenser_begin_late(struct condenser *condenser, unsigned resolution)
{
	condenser_begin(condenser, resolution, 0);
	condenser->late = true;
}

/* ---- frames ---- */

static bool same_frame(const struct late_row *a, const struct late_row *b)
{
	return a->cohort_id == b->cohort_id && a->statistic_id == b->statistic_id &&
	       a->bin == b->bin && a->time.us == b->time.us;
}

static void begin_frame(struct condenser *condenser, const struct part_row *row)
{
	condenser->open = true;
	condenser->frame = row->frame;
	*condenser->sums = (struct frame_sums){.counter = row->counter};
}

/* A frame is complete. One without samples is made only if it is to be made again, and is null. */
static void end_frame(struct condenser *condenser)
{
	const struct late_row *frame = &condenser->frame;
	struct late_list *made = &condenser->made;
	struct text payload = TEXT_EMPTY;

	frame_sums_encode(condenser->sums, &payload);
	condenser->open = false;
	if (payload.length > 0 || condenser->late) {
		array_add(&condenser->columns[MADE_COHORT], &frame->cohort_id);
		array_add(&condenser->columns[MADE_STATISTIC], &frame->statistic_id);
		array_add(&condenser->columns[MADE_BIN], &frame->bin);
		array_add(&condenser->columns[MADE_TIME], &frame->time);
		array_add(&condenser->columns[MADE_PAYLOAD], &payload);
		made->rows = xgrow(made->rows, made->count, &made->capacity, sizeof(*made->rows));
		made->rows[made->count++] = *frame;
	}
	text_clear(&payload);
}

/* Adds samples to the frame that is being made. */
static bool add_samples(struct condenser *condenser, const struct part_row *row)
{
	int64_t begin_us = condenser->frame.time.us;
	int64_t end_us = begin_us + condenser_length_us(condenser);
	int64_t first_us, last_us;

	if (!frame_span(row->payload, row->size, row->time_us, &first_us, &last_us))
		return false;
	if (last_us < begin_us || first_us >= end_us)
		return true;
	if (!frame_decode(row->payload, row->size, condenser->samples))
		return false;
	frame_sums_add(condenser->sums, condenser->samples, row->time_us, begin_us, end_us);
	return true;
}

/* Adds a condensed frame to it. */
static bool add_sums(struct condenser *condenser, const struct part_row *row)
{
	condenser->part->counter = condenser->sums->counter;
	if (!frame_sums_decode(row->payload, row->size, condenser->part))
		return false;
	frame_sums_join(condenser->sums, condenser->part);
	return true;
}

bool condenser_add(struct condenser *condenser, const struct part_row *row)
{
	if (condenser->open && !same_frame(&condenser->frame, &row->frame))
		end_frame(condenser);
	if (!condenser->open)
		begin_frame(condenser, row);
	condenser->found = true;
	condenser->last_us = row->time_us;
	if (row->time_us == INT64_MIN)
		return true;
	return condenser->resolution == 1 ? add_samples(condenser, row) : add_sums(condenser, row);
}

void condenser_finish(struct condenser *condenser)
{
	if (condenser->open)
		end_frame(condenser);
}

void condenser_stop(struct condenser *condenser)
{
	condenser->resolution = 0;
	condenser->late = condenser->found = condenser->open = false;
	condenser->made.count = 0;
}

struct condenser *condenser_new(void)
{
	struct condenser *condenser = xcalloc(1, sizeof(*condenser));

	condenser->sums = xcalloc(1, sizeof(*condenser->sums));
	condenser->samples = xcalloc(1, sizeof(*condenser->samples));
	condenser->part = xcalloc(1, sizeof(*condenser->part));
	return condenser;
}

void condenser_free(struct condenser *condenser)
{
	for (size_t i = 0; i < MADE_COLUMNS; i++)
		array_clear(&condenser->columns[i]);
	free(condenser->made.rows);
	free(condenser->sums);
	free(condenser->samples);
	free(condenser->part);
	free(condenser);
}

/* ---- what is late ---- */

void late_add(struct late_list *list, const struct late_row *frame, unsigned resolution,
    int64_t from_us, int64_t to_us, int64_t condensed_us)
{
	int64_t length_us = resolution_length_s[resolution] * US_PER_S;
	int64_t start_us = interval_start(from_us, length_us);
	struct late_row row = *frame;

	row.resolution = resolution;
	for (; start_us <= to_us && start_us + length_us <= condensed_us; start_us += length_us) {
		row.time.us = start_us;
		list->rows = xgrow(list->rows, list->count, &list->capacity, sizeof(*list->rows));
		list->rows[list->count++] = row;
	}
}

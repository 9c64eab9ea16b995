/* SPDX-License-Identifier: MIT */
/*
 * Samples on their way into the database: cohorts, slots, and frames. What is expected of them is
 * what a reader finds: the frames of the cohorts of a resource, at its slots.
 */
#include "graph_site.h"

#define MINUTE_US (60 * US_PER_S)
#define DAY_US (24 * 60 * MINUTE_US)

/* A sample as a reader finds it. */
struct reading {
	int64_t time_us;
	double value;
};

struct readings {
	struct reading *items;
	size_t count;
};

/* What the frame holds for the slot, unless it is a sample of an earlier resource. */
static void read_frame(
    struct readings *readings, const struct frame_row *row, const struct slot_row *slot)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct reading reading;

	assert_true(frame_decode(row->payload.data, row->payload.length, frame));
	reading.time_us = row->time.us + frame->offset_us[slot->slot];
	reading.value = frame->value[slot->slot];
	assert_true(llabs(frame->offset_us[slot->slot]) < MINUTE_US);
	if (frame->present[slot->slot] && reading.time_us >= slot->since.us)
		APPEND(readings->items, readings->count, reading);
	free(frame);
}

/* All samples of a statistic of a drive, or of a bin of a histogram. */
static struct readings read_samples(
    const struct site *site, record_id resource, record_id statistic, uint32_t bin)
{
	const struct database *database = &site->database;
	struct readings readings = {NULL, 0};

	for (size_t i = 0; i < database->slot_count; i++) {
		const struct slot_row *slot = &database->slots[i];

		if (slot->resource_id != resource)
			continue;
		for (size_t j = 0; j < database->frame_count; j++)
			if (database->frames[j].cohort_id == slot->cohort_id &&
			    database->frames[j].statistic_id == statistic &&
			    database->frames[j].bin == bin)
				read_frame(&readings, &database->frames[j], slot);
	}
	return readings;
}

static record_id statistic_id(const struct site *site, uint32_t class, uint32_t statistic)
{
	return graph_find_class(site->graph, "acme", site->classes[class]->name)
	    ->statistic_ids[statistic];
}

/* What is read of a drive's temperature, as text: "1000=20 2000=21 ". Valid until the next call. */
static const char *temperatures(const struct site *site, record_id resource)
{
	static struct text text;
	struct readings readings = read_samples(site, resource, statistic_id(site, DRIVE, 0), 0);

	text_reset(&text);
	for (size_t i = 0; i < readings.count; i++)
		text_printf(&text, "%lld=%g ", (long long)readings.items[i].time_us,
		    readings.items[i].value);
	free(readings.items);
	return text.data;
}

static void batch_sample(
    struct batch *batch, uint32_t resource, uint32_t statistic, int64_t time_us, double value)
{
	struct sample sample = {resource, statistic, {time_us}, value};

	batch_add_sample(batch, sample);
}

static void batch_histogram(
    struct batch *batch, uint32_t resource, int64_t time_us, int64_t first, int64_t second)
{
	struct histogram histogram = {.resource = resource, .statistic = 1, .time = {time_us}};

	histogram.count = 2;
	histogram.counts = xcalloc(2, sizeof(*histogram.counts));
	histogram.counts[0] = first;
	histogram.counts[1] = second;
	APPEND(batch->histograms, batch->histogram_count, histogram);
}

/* The initial scan of a new session of a couplet: shelf 1 has this number of drives, from 2 on. */
static struct batch *initial_batch(struct site *site, const char *address, uint32_t drives)
{
	struct batch *batch = batch_new(site_session(site, address), 1);

	batch_shelf(batch, 1, 1);
	for (uint32_t i = 0; i < drives; i++)
		batch_drive(batch, 2 + i, 1, i);
	return batch;
}

/* The next batch of the session opened last. */
static struct batch *next_batch(const struct site *site, uint64_t number)
{
	return batch_new(site->last_session, number);
}

static void apply_and_write(struct site *site, struct batch *batch)
{
	site_apply(site, batch);
	site_write(site);
}

static record_id drive_id(const struct site *site, uint32_t number)
{
	return graph_resource_of(site->graph, site->last_session, number)->id;
}

/* The slot of a resource that has just one. */
static const struct slot_row *slot_of(const struct site *site, record_id resource)
{
	const struct slot_row *found = NULL;

	for (size_t i = 0; i < site->database.slot_count; i++) {
		if (site->database.slots[i].resource_id != resource)
			continue;
		assert_null(found);
		found = &site->database.slots[i];
	}
	assert_non_null(found);
	return found;
}

/* ---- cohorts and slots ---- */

static void resources_get_a_slot_with_their_first_sample(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 3);

	batch_sample(batch, 4, 0, 1000, 21);
	batch_sample(batch, 2, 0, 2000, 20);
	apply_and_write(site, batch);

	assert_int_equal(site->database.cohort_count, 1);
	assert_int_equal(site->database.cohorts[0].id, 1);
	assert_int_equal(site->database.cohorts[0].scannable_id, site_couplet(site, "a")->id);
	assert_int_equal(site->database.slot_count, 2);
	assert_int_equal(site->database.slots[0].resource_id, drive_id(site, 4));
	assert_int_equal(site->database.slots[0].since.us, 1000);
	assert_int_equal(site->database.slots[1].slot, 1);
	assert_int_equal(site->database.frame_count, 1);
	assert_int_equal(site->database.frames[0].sample_count, 2);
	assert_int_equal(site->database.counters.cohort_id, 1);
	assert_int_equal(site->database.counters.sampled.us, 2000);
	assert_string_equal(temperatures(site, drive_id(site, 2)), "2000=20 ");
	assert_string_equal(temperatures(site, drive_id(site, 3)), "");
}

static void a_full_cohort_is_followed_by_another(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", FRAME_SLOTS + 2);

	for (uint32_t i = 0; i < FRAME_SLOTS + 2; i++)
		batch_sample(batch, 2 + i, 0, 1000, i);
	apply_and_write(site, batch);

	assert_int_equal(site->database.cohort_count, 2);
	assert_int_equal(site->database.slot_count, FRAME_SLOTS + 2);
	assert_int_equal(site->database.frame_count, 2);
	assert_int_equal(site->database.frames[0].sample_count, FRAME_SLOTS);
	assert_string_equal(temperatures(site, drive_id(site, FRAME_SLOTS + 3)), "1000=1025 ");
}

static void slots_outlast_sessions_and_the_runner(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);
	record_id id;

	batch_sample(batch, 2, 0, 1000, 20);
	batch_sample(batch, 3, 0, 1000, 30);
	apply_and_write(site, batch);
	batch = initial_batch(site, "a", 2);
	batch_sample(batch, 3, 0, 2000, 31);
	apply_and_write(site, batch);
	site_restart(site);
	batch = initial_batch(site, "a", 2);
	batch_sample(batch, 3, 0, 3000, 32);
	apply_and_write(site, batch);
	id = drive_id(site, 3);

	assert_int_equal(site->database.cohort_count, 1);
	assert_int_equal(site->database.slot_count, 2);
	assert_string_equal(temperatures(site, id), "1000=30 2000=31 3000=32 ");
	assert_int_equal(site_warnings.length, 0);
}

static void a_free_slot_is_given_to_another_resource(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);
	record_id old, new;

	batch_sample(batch, 2, 0, 1000, 20);
	batch_sample(batch, 3, 0, 1000, 30);
	apply_and_write(site, batch);
	old = drive_id(site, 2);
	batch = next_batch(site, 2);
	batch_remove(batch, 2);
	apply_and_write(site, batch);
	batch = next_batch(site, 3);
	batch_drive(batch, 2, 1, 7);
	batch_sample(batch, 2, 0, DAY_US, 70);
	apply_and_write(site, batch);
	new = drive_id(site, 2);

	assert_int_equal(site->database.slot_count, 2);
	assert_int_equal(slot_of(site, new)->slot, 0);
	assert_string_equal(temperatures(site, old), "");
	assert_string_equal(temperatures(site, new), "86400000000=70 ");
}

static void a_free_slot_waits_for_the_next_day(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);

	/* given a slot that became free after a sample at the very end of a day */
	batch_sample(batch, 2, 0, DAY_US, 20);
	batch_sample(batch, 3, 0, 2 * DAY_US - 2, 20);
	apply_and_write(site, batch);
	batch = next_batch(site, 2);
	batch_remove(batch, 2);
	/* when others are sampled on that day and on the next one */
	batch_drive(batch, 4, 1, 7);
	batch_sample(batch, 4, 0, 2 * DAY_US - 1, 70);
	apply_and_write(site, batch);
	batch = next_batch(site, 3);
	batch_drive(batch, 5, 1, 8);
	batch_sample(batch, 5, 0, 2 * DAY_US, 80);
	apply_and_write(site, batch);

	/* then the second one gets it */
	assert_int_equal(site->database.cohort_count, 1);
	assert_int_equal(slot_of(site, drive_id(site, 4))->slot, 2);
	assert_int_equal(slot_of(site, drive_id(site, 5))->slot, 0);
}

static void slots_that_became_free_before_a_restart_wait_for_the_next_day(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);

	/* given a runner that does not know that a drive, which is gone, had the last slot */
	batch_sample(batch, 2, 0, 1000, 20);
	batch_sample(batch, 3, 0, 1000, 30);
	apply_and_write(site, batch);
	batch = next_batch(site, 2);
	batch_remove(batch, 3);
	apply_and_write(site, batch);
	site_restart(site);
	/* when others are sampled on that day and on the next one */
	batch = initial_batch(site, "a", 1);
	batch_drive(batch, 4, 1, 7);
	batch_sample(batch, 4, 0, DAY_US - 1, 70);
	apply_and_write(site, batch);
	batch = next_batch(site, 2);
	batch_drive(batch, 5, 1, 8);
	batch_drive(batch, 6, 1, 9);
	batch_sample(batch, 5, 0, DAY_US, 80);
	batch_sample(batch, 6, 0, DAY_US, 90);
	apply_and_write(site, batch);

	/* then the first one has a slot of another cohort */
	assert_int_equal(slot_of(site, drive_id(site, 2))->cohort_id, 1);
	assert_int_equal(slot_of(site, drive_id(site, 4))->cohort_id, 2);
	assert_int_equal(slot_of(site, drive_id(site, 5))->cohort_id, 2);
	assert_int_equal(site->database.cohort_count, 2);
	assert_string_equal(temperatures(site, drive_id(site, 4)), "86399999999=70 ");
}

static void a_full_cohort_with_a_free_slot_does_not_keep_others_from_being_filled(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2 * FRAME_SLOTS);

	/* given two cohorts that were full today, and lose a drive each */
	for (uint32_t i = 0; i < 2 * FRAME_SLOTS; i++)
		batch_sample(batch, 2 + i, 0, 1000, i);
	apply_and_write(site, batch);
	for (uint32_t i = 0; i < 2; i++) {
		batch = next_batch(site, 2 + i);
		batch_remove(batch, 2 + i * FRAME_SLOTS);
		batch_drive(batch, 2 + 2 * FRAME_SLOTS + i, 1, 2 * FRAME_SLOTS + i);
		batch_sample(batch, 2 + 2 * FRAME_SLOTS + i, 0, 2000, 7);
		apply_and_write(site, batch);
	}
	/* then the two drives that came share one */
	assert_int_equal(site->database.cohort_count, 3);
}

static void what_is_gone_before_it_is_written_gets_no_slot(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);

	batch_sample(batch, 2, 0, 1000, 20);
	site_apply(site, batch);
	batch = next_batch(site, 2);
	batch_remove(batch, 2);
	batch_sample(batch, 3, 0, 2000, 30);
	site_apply(site, batch);
	site_write(site);

	assert_int_equal(site->database.slot_count, 1);
	assert_string_equal(temperatures(site, drive_id(site, 3)), "2000=30 ");

	graph_remove(site->graph, site_couplet(site, "a"));
	batch = initial_batch(site, "b", 1);
	batch_sample(batch, 2, 0, 1000, 20);
	site_apply(site, batch);
	graph_remove(site->graph, site_couplet(site, "b"));
	site_write(site);
	assert_int_equal(site->database.cohort_count, 0);
	assert_int_equal(site->database.slot_count, 0);
}

/* A session that reports a disk, as others do, and a sample of its wear. */
static void report_disk(struct site *site, const char *address, int64_t time_us, double value)
{
	struct batch *batch = batch_new(site_session(site, address), 1);

	batch_disk(batch, 1, "S1");
	batch_sample(batch, 1, 0, time_us, value);
	apply_and_write(site, batch);
}

static void each_scannable_that_reports_a_resource_has_a_slot_for_it(void **state)
{
	struct site *site = *state;
	struct readings readings;
	record_id disk;

	report_disk(site, "a", 1000, 1);
	report_disk(site, "b", 2000, 2);
	report_disk(site, "c", 3000, 3);
	report_disk(site, "a", 4000, 4);
	disk = drive_id(site, 1);
	readings = read_samples(site, disk, statistic_id(site, DISK, 0), 0);
	assert_int_equal(readings.count, 4);
	free(readings.items);
	assert_int_equal(site->database.cohort_count, 3);
	assert_int_equal(site->database.slot_count, 3);

	graph_remove(site->graph, site_couplet(site, "b"));
	site_write(site);
	assert_int_equal(site->database.slot_count, 2);
	report_disk(site, "c", 5000, 5);
	site_restart(site);
	report_disk(site, "a", 6000, 6);
	assert_int_equal(site->database.slot_count, 2);
	graph_remove(site->graph, site_couplet(site, "a"));
	graph_remove(site->graph, site_couplet(site, "c"));
	site_write(site);
	assert_int_equal(site->database.slot_count, 0);
	assert_int_equal(site->database.cohort_count, 0);
}

static void rows_that_make_no_sense_are_left_out(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);
	struct slot_row slot;

	batch_sample(batch, 2, 0, 1000, 20);
	apply_and_write(site, batch);
	slot = site->database.slots[0];
	for (size_t i = 0; i < 4; i++) {
		struct slot_row row = slot;

		row.slot = 1 + (uint32_t)i;
		if (i == 0)
			row.slot = FRAME_SLOTS;
		else if (i == 1)
			row.cohort_id = 9;
		else if (i == 2)
			row.resource_id = 999;
		else
			row.resource_id = site_couplet(site, "a")->id;
		APPEND(site->database.slots, site->database.slot_count, row);
	}
	APPEND(site->database.cohorts, site->database.cohort_count,
	    ((struct cohort_row){2, 999, site->database.cohorts[0].class_id}));
	site_restart(site);

	assert_non_null(strstr(site_warnings.data, "stored cohort 2 "));
	assert_non_null(strstr(site_warnings.data, "stored slot 1024 "));
	assert_non_null(strstr(site_warnings.data, "stored slot 2 of cohort 9 "));
	assert_non_null(strstr(site_warnings.data, "resource 999"));
	assert_non_null(strstr(site_warnings.data, "stored slot 4 "));
}

/* ---- frames ---- */

static void each_bin_of_a_histogram_is_a_series(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);
	struct readings readings;

	batch_histogram(batch, 2, 1000, 5, 6);
	batch_histogram(batch, 3, 1000, 7, INT64_C(1) << 53);
	batch_sample(batch, 3, 0, 1000, -0.0);
	apply_and_write(site, batch);

	assert_int_equal(site->database.frame_count, 3);
	for (uint32_t bin = 0; bin < 2; bin++) {
		readings = read_samples(site, drive_id(site, 3), statistic_id(site, DRIVE, 1), bin);
		assert_int_equal(readings.count, 1);
		assert_int_equal(readings.items[0].time_us, 1000);
		assert_true(readings.items[0].value == (bin == 0 ? 7 : 0x1p53));
		free(readings.items);
	}
	assert_string_equal(temperatures(site, drive_id(site, 3)), "1000=-0 ");
}

static void several_samples_of_a_slot_make_further_frames(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);

	for (int64_t i = 0; i < 3; i++) {
		batch_sample(batch, 2, 0, 1000 + i, (double)i);
		batch_sample(batch, 3, 0, 1000 + i, 10 + (double)i);
	}
	apply_and_write(site, batch);

	assert_int_equal(site->database.frame_count, 3);
	assert_string_equal(temperatures(site, drive_id(site, 2)), "1000=0 1001=1 1002=2 ");
	assert_string_equal(temperatures(site, drive_id(site, 3)), "1000=10 1001=11 1002=12 ");
}

static void very_many_samples_of_a_slot_are_kept(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);
	struct readings readings;

	batch_sample(batch, 3, 0, 1000, -1);
	for (int64_t i = 0; i < 300; i++)
		batch_sample(batch, 2, 0, 1000 + i, (double)i);
	batch_sample(batch, 3, 0, 3000, -2);
	apply_and_write(site, batch);

	readings = read_samples(site, drive_id(site, 2), statistic_id(site, DRIVE, 0), 0);
	assert_int_equal(readings.count, 300);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(readings.items[i].time_us, 1000 + i);
		assert_true(readings.items[i].value == i);
	}
	free(readings.items);
	assert_string_equal(temperatures(site, drive_id(site, 3)), "1000=-1 3000=-2 ");
}

static void samples_of_a_long_scan_are_in_several_frames(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 4);

	batch_sample(batch, 2, 0, 1000, 1);
	batch_sample(batch, 3, 0, 999 + MINUTE_US, 2);
	batch_sample(batch, 4, 0, 1000 + MINUTE_US, 3);
	batch_sample(batch, 5, 0, 1000 + 3 * MINUTE_US, 4);
	batch_sample(batch, 2, 0, 1001 + 3 * MINUTE_US, 5);
	apply_and_write(site, batch);

	assert_int_equal(site->database.frame_count, 3);
	assert_string_equal(temperatures(site, drive_id(site, 2)), "1000=1 180001001=5 ");
	assert_string_equal(temperatures(site, drive_id(site, 3)), "60000999=2 ");
	assert_string_equal(temperatures(site, drive_id(site, 4)), "60001000=3 ");
	assert_string_equal(temperatures(site, drive_id(site, 5)), "180001000=4 ");
}

/* Frames of a series come in order of their times, which differ. */
static void assert_frames_increase(const struct database *database)
{
	for (size_t i = 1; i < database->frame_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct frame_row *row = &database->frames[i];
			const struct frame_row *other = &database->frames[j];

			if (row->cohort_id == other->cohort_id && row->bin == other->bin &&
			    row->statistic_id == other->statistic_id)
				assert_true(row->time.us > other->time.us);
		}
}

static void frames_of_one_time_are_a_microsecond_apart(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 4);

	batch_sample(batch, 2, 0, 1000, 1);
	apply_and_write(site, batch);
	for (uint32_t i = 3; i < 6; i++) {
		batch = next_batch(site, i);
		batch_sample(batch, i, 0, 1000, i);
		apply_and_write(site, batch);
	}

	assert_frames_increase(&site->database);
	assert_int_equal(site->database.frames[3].time.us, 1003);
	assert_int_equal(site->database.counters.sampled.us, 1003);
	assert_string_equal(temperatures(site, drive_id(site, 5)), "1000=5 ");
}

static void a_sample_is_of_a_time_series_and_counts_are_of_a_histogram(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 1);

	/* given a drive whose first statistic is a gauge, the second one a histogram */
	apply_and_write(site, batch);
	batch = next_batch(site, 2);
	batch_sample(batch, 2, 1, 1000, 5);
	site_refuse(site, batch, "no such statistic");
	batch = batch_new(site_session(site, "a"), 1);
	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, 0);
	batch_histogram(batch, 2, 1000, 1, 2);
	batch->histograms[0].statistic = 0;
	site_refuse(site, batch, "no such statistic");
	assert_int_equal(site->database.frame_count, 0);
}

static void samples_of_what_is_gone_have_no_effect(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);

	batch_sample(batch, 2, 0, 1000, 20);
	apply_and_write(site, batch);
	batch = next_batch(site, 2);
	batch_remove(batch, 2);
	batch_sample(batch, 2, 0, 2000, 21);
	batch_sample(batch, 3, 0, 2000, 30);
	apply_and_write(site, batch);

	assert_int_equal(site->database.frame_count, 2);
	assert_int_equal(site->database.frames[1].sample_count, 1);
}

/* ---- times that go back ---- */

static void samples_that_are_not_later_than_those_of_earlier_sessions_are_left_out(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 2);

	batch_sample(batch, 2, 0, 5000, 1);
	batch_sample(batch, 3, 0, 6000, 2);
	apply_and_write(site, batch);
	for (int restart = 0; restart < 2; restart++) {
		text_reset(&site_warnings);
		if (restart == 1)
			site_restart(site);
		batch = initial_batch(site, "a", 2);
		batch_sample(batch, 2, 0, 5500 + restart, 3);
		batch_sample(batch, 3, 0, 6000 + restart, 4);
		batch_sample(batch, 2, 0, 7000 + restart, 5);
		apply_and_write(site, batch);
		assert_non_null(strstr(site_warnings.data, "2 samples are not later"));
	}
	assert_string_equal(temperatures(site, drive_id(site, 2)), "5000=1 7000=5 7001=5 ");
	assert_string_equal(temperatures(site, drive_id(site, 3)), "6000=2 ");
}

static void samples_can_be_ignored(void **state)
{
	static const struct graph_options options = {.warn = site_warn, .ignores_samples = true};
	struct site *site = *state;
	struct batch *batch;

	graph_free(site->graph);
	site->graph = graph_new(&options);
	database_restore(&site->database, site->graph);
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
	for (int session = 0; session < 2; session++) {
		batch = initial_batch(site, "a", 1);
		batch_sample(batch, 2, 0, 5000, 1);
		apply_and_write(site, batch);
	}

	assert_int_equal(site_warnings.length, 0);
	assert_int_equal(site->database.frame_count, 0);
	assert_int_equal(site->database.cohort_count, 0);
}

static void it_is_told_once_that_samples_are_outdated(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 1);

	batch_sample(batch, 2, 0, 5000, 1);
	apply_and_write(site, batch);
	batch = initial_batch(site, "a", 1);
	batch_sample(batch, 2, 0, 4000, 1);
	apply_and_write(site, batch);
	assert_non_null(strstr(site_warnings.data, "1 sample is not later"));
	text_reset(&site_warnings);
	batch = next_batch(site, 2);
	batch_sample(batch, 2, 0, 4500, 1);
	batch_sample(batch, 2, 0, 5001, 2);
	apply_and_write(site, batch);

	assert_int_equal(site_warnings.length, 0);
	assert_string_equal(temperatures(site, drive_id(site, 2)), "5000=1 5001=2 ");
}

static void a_session_whose_times_go_far_back_harms_only_its_own_samples(void **state)
{
	struct site *site = *state;
	struct batch *batch = initial_batch(site, "a", 3);

	batch_sample(batch, 2, 0, 10 * MINUTE_US, 1);
	apply_and_write(site, batch);
	batch = next_batch(site, 2);
	batch_sample(batch, 2, 0, 1000, 2);
	batch_sample(batch, 3, 0, 10 * MINUTE_US - 1000, 3);
	batch_sample(batch, 4, 0, 11 * MINUTE_US, 4);
	apply_and_write(site, batch);

	assert_frames_increase(&site->database);
	assert_string_equal(temperatures(site, drive_id(site, 2)), "600000000=1 ");
	assert_string_equal(temperatures(site, drive_id(site, 3)), "599999000=3 ");
	assert_string_equal(temperatures(site, drive_id(site, 4)), "660000000=4 ");
}

/* ---- anything ---- */

static uint32_t random_number(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

#define DRIVES 40

/* What every drive that there is was sampled. */
struct expected {
	struct readings drives[DRIVES];
	int64_t time_us;
};

static void sample_some(struct expected *expected, struct batch *batch, uint32_t *seed)
{
	uint32_t count = random_number(seed) % 60;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t drive = random_number(seed) % DRIVES;
		struct reading reading = {expected->time_us, random_number(seed)};

		if (random_number(seed) % 200 == 0)
			expected->time_us += 2 * MINUTE_US;
		if (random_number(seed) % 3 == 0)
			expected->time_us += 1000;
		reading.time_us = ++expected->time_us;
		batch_sample(batch, 2 + drive, 0, reading.time_us, reading.value);
		APPEND(expected->drives[drive].items, expected->drives[drive].count, reading);
	}
}

static void assert_read(const struct site *site, const struct expected *expected)
{
	for (uint32_t drive = 0; drive < DRIVES; drive++) {
		const struct readings *made = &expected->drives[drive];
		struct readings found =
		    read_samples(site, drive_id(site, 2 + drive), statistic_id(site, DRIVE, 0), 0);

		assert_int_equal(found.count, made->count);
		for (size_t i = 0; i < made->count; i++) {
			assert_int_equal(found.items[i].time_us, made->items[i].time_us);
			assert_true(found.items[i].value == made->items[i].value);
		}
		free(found.items);
	}
}

static void whatever_happens_each_sample_is_read_once(void **state)
{
	struct site *site = *state;
	struct expected expected = {.time_us = BATCH_TIME};
	struct batch *batch = initial_batch(site, "a", DRIVES);
	uint32_t seed = 1;

	sample_some(&expected, batch, &seed);
	site_apply(site, batch);
	for (uint64_t number = 2; number < 150; number++) {
		batch = next_batch(site, number);
		sample_some(&expected, batch, &seed);
		site_apply(site, batch);
		if (random_number(&seed) % 2 == 0)
			site_write(site);
	}
	site_write(site);
	assert_read(site, &expected);
	assert_frames_increase(&site->database);
	for (uint32_t drive = 0; drive < DRIVES; drive++)
		free(expected.drives[drive].items);
}

static void whatever_is_replaced_each_sample_is_read_once(void **state)
{
	struct site *site = *state;
	struct expected expected = {.time_us = BATCH_TIME};
	struct batch *batch = initial_batch(site, "a", DRIVES);
	uint32_t seed = 7;
	uint64_t number = 2;

	sample_some(&expected, batch, &seed);
	site_apply(site, batch);
	for (; number < 60; number++) {
		uint32_t drive = random_number(&seed) % DRIVES;

		/* The number is free again in the batch after the one that removes it. */
		batch = next_batch(site, 2 * number);
		batch_remove(batch, 2 + drive);
		site_apply(site, batch);
		batch = next_batch(site, 2 * number + 1);
		batch_drive(batch, 2 + drive, 1, 1000 + (int64_t)number);
		expected.drives[drive].count = 0;
		sample_some(&expected, batch, &seed);
		site_apply(site, batch);
		if (random_number(&seed) % 3 == 0)
			site_write(site);
	}
	site_write(site);
	assert_read(site, &expected);
	assert_int_equal(site->database.cohort_count, 1);
	for (uint32_t drive = 0; drive < DRIVES; drive++)
		free(expected.drives[drive].items);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(resources_get_a_slot_with_their_first_sample),
	    TEST(a_full_cohort_is_followed_by_another),
	    TEST(slots_outlast_sessions_and_the_runner),
	    TEST(a_free_slot_is_given_to_another_resource),
	    TEST(a_free_slot_waits_for_the_next_day),
	    TEST(slots_that_became_free_before_a_restart_wait_for_the_next_day),
	    TEST(a_full_cohort_with_a_free_slot_does_not_keep_others_from_being_filled),
	    TEST(what_is_gone_before_it_is_written_gets_no_slot),
	    TEST(each_scannable_that_reports_a_resource_has_a_slot_for_it),
	    TEST(rows_that_make_no_sense_are_left_out),
	    TEST(each_bin_of_a_histogram_is_a_series),
	    TEST(several_samples_of_a_slot_make_further_frames),
	    TEST(very_many_samples_of_a_slot_are_kept),
	    TEST(samples_of_a_long_scan_are_in_several_frames),
	    TEST(frames_of_one_time_are_a_microsecond_apart),
	    TEST(a_sample_is_of_a_time_series_and_counts_are_of_a_histogram),
	    TEST(samples_of_what_is_gone_have_no_effect),
	    TEST(samples_that_are_not_later_than_those_of_earlier_sessions_are_left_out),
	    TEST(samples_can_be_ignored),
	    TEST(it_is_told_once_that_samples_are_outdated),
	    TEST(a_session_whose_times_go_far_back_harms_only_its_own_samples),
	    TEST(whatever_happens_each_sample_is_read_once),
	    TEST(whatever_is_replaced_each_sample_is_read_once),
	};

	return cmocka_run_group_tests_name("graph samples", tests, NULL, NULL);
}

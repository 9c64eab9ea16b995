/* SPDX-License-Identifier: MIT */
/*
 * What statistics need between transactions is done one small step at a time, so that writing is
 * not held up. Each step is repeatable, and leaves the database as if it was whole or never begun.
 */
#include "store/internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "model/frame.h"

/* Frames may be this far in the future: the clock was set back. */
#define FUTURE_S INT64_C(86400)

#define TELL_AGAIN_NS (60 * NS_PER_S)

/* ---- steps ---- */

static int64_t now_s(void)
{
	return interval_start(wallclock_now().us, US_PER_S) / US_PER_S;
}

bool store_begin_step(struct store *store)
{
	if (!PQexitPipelineMode(store->connection)) {
		store_lost_by_error(store);
		return false;
	}
	store_set_state(store, STORE_TENDING, NULL);
	return true;
}

void store_end_step(struct store *store)
{
	if (!PQenterPipelineMode(store->connection)) {
		store_lost_by_error(store);
		return;
	}
	if (store->in_flight != NULL) {
		store_begin_writing(store);
		return;
	}
	store_set_state(store, STORE_READY, NULL);
	store_kick(store);
}

void store_tend_timeout(struct store *store)
{
	store_end_step(store);
}

void store_step_done(struct store *store)
{
	backoff_reset(&store->tending.wait);
	store_end_trouble(&store->tending.trouble, "tending the statistics works again");
	store_end_step(store);
}

void store_step_failed(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;
	char *text = store_error_text(result);
	int64_t wait_ns = backoff_next(&tending->wait);

	store_tell_trouble(
	    &tending->trouble, 0, "tending the statistics failed, trying again", text);
	free(text);
	tending->not_before = monotonic_after(monotonic_now(), wait_ns);
	if (store->in_flight != NULL)
		store_set_timer(store, wait_ns / NS_PER_MS);
	else
		store_end_step(store);
}

/* ---- how the statistics stand ---- */

static void add_partition(struct store *store, const char *name)
{
	struct partition partition;
	unsigned resolution;

	if (partition_parse(name, &resolution, &partition))
		partitions_add(&store->tending.partitions[resolution], partition);
}

static void partitions_read(struct store *store, PGresult *result)
{
	bool was_read = store->tending.is_read;

	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++)
		partitions_clear(&store->tending.partitions[i]);
	for (int i = 0; i < PQntuples(result); i++)
		add_partition(store, PQgetvalue(result, i, 0));
	store->tending.is_read = true;
	if (was_read)
		store_step_done(store);
	else
		store_statistics_read(store);
}

static void resolutions_read(struct store *store, PGresult *result)
{
	for (int i = 0; i < PQntuples(result); i++) {
		long number = strtol(PQgetvalue(result, i, 0), NULL, 10);

		if (number < STORE_RESOLUTIONS)
			store->tending.condensed_us[number] =
			    PQgetisnull(result, i, 1) ? INT64_MIN
			                              : strtoll(PQgetvalue(result, i, 1), NULL, 10);
	}
	store_ask(store,
	    "SELECT partition.relname FROM pg_catalog.pg_inherits"
	    " JOIN pg_catalog.pg_class AS partition ON partition.oid = inhrelid"
	    " JOIN pg_catalog.pg_class AS parent ON parent.oid = inhparent"
	    " WHERE parent.relnamespace = 'storage'::regnamespace"
	    " AND parent.relname ~ '^frame_[0-9]$'",
	    NULL, NULL, partitions_read);
}

/* Writes how long frames are kept, and reads the rest. */
static void read_statistics(struct store *store)
{
	const int64_t *retention_s = store->tending.retention_s;
	struct text sql = TEXT_EMPTY;

	text_append(&sql,
	    "UPDATE storage.resolution SET retention = make_interval(secs => u.seconds)"
	    " FROM (VALUES ");
	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++)
		text_printf(&sql, "%s(%u, %" PRId64 ")", i > 0 ? ", " : "", i, retention_s[i]);
	text_append(&sql, ") AS u (number, seconds) WHERE resolution.number = u.number"
	                  " AND retention <> make_interval(secs => u.seconds);"
	                  " SELECT number, (extract(epoch FROM condensed) * 1000000)::bigint"
	                  " FROM storage.resolution");
	store_ask(store, sql.data, NULL, NULL, resolutions_read);
	text_clear(&sql);
}

void store_tend_open(struct store *store)
{
	store->tending.is_read = false;
	for (unsigned i = 1; i < STORE_RESOLUTIONS; i++)
		store->tending.may_be_late[i] = true;
	condenser_stop(store->tending.condenser);
	condenser_stop(store->tending.late_condenser);
	store->tending.retention_is_new = false;
	read_statistics(store);
}

void store_set_retention(struct store *store, const int64_t retention_s[STORE_RESOLUTIONS])
{
	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++)
		store->tending.retention_s[i] = retention_s[i];
	store->tending.retention_is_new = true;
}

/* Writes retentions that have changed. */
static bool write_retention(struct store *store)
{
	if (!store->tending.retention_is_new)
		return false;
	store->tending.retention_is_new = false;
	if (store_begin_step(store))
		read_statistics(store);
	return true;
}

/* ---- before writing ---- */

/* Whether a frame is of a time that is not kept. */
static bool is_out_of_time(const struct store *store, const struct frame_row *frame)
{
	const struct tending *tending = &store->tending;
	int64_t time_s = interval_start(frame->time.us, US_PER_S) / US_PER_S;
	int64_t now = now_s();

	if (time_s > now + FUTURE_S)
		return true;
	return time_s - FRAME_REACH_S < now - tending->retention_s[0] &&
	       frame->time.us - FRAME_REACH_S * US_PER_S < tending->condensed_us[1];
}

/* Warns that frames are left out, once a minute as long as there are any. */
static void warn_of_left_out(struct tending *tending)
{
	struct monotonic now = monotonic_now();

	if (tending->left_out_told.ns != 0 &&
	    monotonic_since(now, tending->left_out_told) < TELL_AGAIN_NS)
		return;
	log_warning(
	    "%zu frame%s of samples left out, older than samples are kept or of a time to come",
	    tending->left_out, plural(tending->left_out));
	tending->left_out_told = now;
	tending->left_out = 0;
}

/* Leaves out frames for which there is no place in time. */
static void leave_out_frames(struct store *store, struct changes *changes)
{
	size_t kept = 0, count = changes->frame_count;

	for (size_t i = 0; i < count; i++) {
		struct frame_row *frame = &changes->frames[i];

		if (!is_out_of_time(store, frame)) {
			changes->frames[kept++] = *frame;
			continue;
		}
		store->statistics.samples_out_of_time += frame->sample_count;
		text_clear(&frame->payload);
	}
	changes->frame_count = kept;
	if (kept == count)
		return;
	store->statistics.left_out += count - kept;
	store->tending.left_out += count - kept;
	warn_of_left_out(&store->tending);
}

/* The intervals that samples of a frame are of are to be made again if they were made before. */
static void note_late(struct store *store, const struct frame_row *frame, struct late_list *list)
{
	struct tending *tending = &store->tending;
	struct condenser *condenser = tending->condenser;
	struct late_row row = {
	    .cohort_id = frame->cohort_id, .statistic_id = frame->statistic_id, .bin = frame->bin};
	int64_t first_us, last_us;

	if (!frame_span(
	        frame->payload.data, frame->payload.length, frame->time.us, &first_us, &last_us))
		return;
	late_add(list, &row, 1, first_us, last_us, tending->condensed_us[1]);
	if (condenser->resolution == 1 &&
	    first_us < condenser->begin_us + condenser_length_us(condenser))
		condenser_stop(condenser);
}

/* Adds to the changes what their frames come too late for. */
static void note_all_late(struct store *store, struct changes *changes)
{
	struct late_list list = {.rows = changes->late};

	for (size_t i = 0; i < changes->frame_count; i++)
		note_late(store, &changes->frames[i], &list);
	changes->late = list.rows;
	changes->late_count = list.count;
	if (list.count > 0)
		store->tending.may_be_late[1] = true;
}

bool store_tend_before_writing(struct store *store)
{
	struct changes *changes = store->in_flight;

	leave_out_frames(store, changes);
	for (size_t i = 0; i < changes->frame_count; i++) {
		if (store_has_partition(store, 0, changes->frames[i].time.us))
			continue;
		store_make_partition(store, 0, changes->frames[i].time.us);
		return false;
	}
	note_all_late(store, changes);
	return true;
}

bool store_tend_before_writing_ahead(struct store *store)
{
	leave_out_frames(store, store->next);
	if (!store_frames_are_present(store, store->next))
		return false;
	note_all_late(store, store->next);
	return true;
}

/* ---- what is due ---- */

bool store_tend(struct store *store)
{
	static bool (*const steps[])(struct store * store) = {write_retention, store_make_ahead,
	    store_prepare_present, store_condense_late, store_drop_expired, store_condense};

	if (monotonic_since(monotonic_now(), store->tending.not_before) < 0)
		return false;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i](store))
			return true;
	}
	return false;
}

void store_tend_clear(struct store *store)
{
	condenser_free(store->tending.condenser);
	condenser_free(store->tending.late_condenser);
	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++)
		partitions_clear(&store->tending.partitions[i]);
}

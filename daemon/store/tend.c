/* SPDX-License-Identifier: MIT */
/*
 * What statistics need between transactions, one small step at a time, so that writing is not held
 * up: partitions are made before they are needed, and dropped when all of their frames have expired
 * and are part of the next resolution.
 */
#include "store/internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

/* How far the time of a sample may be from that of its frame. */
#define FRAME_REACH_S 60

/* Frames may be this far in the future: the clock was set back. */
#define FUTURE_S INT64_C(86400)

/* Readers wait behind a statement that waits for a lock, so it does not wait for long. */
#define MAKE_LOCK_TIMEOUT "SET LOCAL lock_timeout = '1s'; "
#define DROP_LOCK_TIMEOUT "SET LOCAL lock_timeout = '100ms'; "

/* Readers may keep a partition from being dropped for this time before it is told. */
#define DROP_QUIET_NS (600 * NS_PER_S)

/* ---- steps ---- */

static int64_t now_s(void)
{
	return interval_start(wallclock_now().us, US_PER_S) / US_PER_S;
}

/* Leaves the pipeline for questions. False if that lost the connection. */
static bool begin_step(struct store *store)
{
	if (!PQexitPipelineMode(store->connection)) {
		store_lost_by_error(store);
		return false;
	}
	store_set_state(store, STORE_TENDING, NULL);
	return true;
}

/* Goes back to writing. */
static void end_step(struct store *store)
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
	end_step(store);
}

/* A step went well. */
static void step_done(struct store *store)
{
	store->tending.wait.next_ms = 0;
	store_end_trouble(&store->tending.trouble, "tending the statistics works again");
	end_step(store);
}

/* A step failed: it is tried again after a while. What is in flight may need it, and waits. */
static void step_failed(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;
	char *text = store_error_text(result);
	int64_t wait_ms = store_next_wait(&tending->wait);

	store_tell_trouble(
	    &tending->trouble, 0, "tending the statistics failed, trying again", text);
	free(text);
	tending->not_before = monotonic_after(monotonic_now(), wait_ms * NS_PER_MS);
	if (store->in_flight != NULL)
		store_set_timer(store, wait_ms);
	else
		end_step(store);
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
		step_done(store);
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
	if (begin_step(store))
		read_statistics(store);
	return true;
}

/* ---- making partitions ---- */

static void partition_made(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;

	(void)result;
	partitions_add(&tending->partitions[tending->resolution], tending->partition);
	step_done(store);
}

/* Whether there is a partition for a time. */
static bool has_partition(const struct store *store, unsigned resolution, int64_t time_us)
{
	int64_t time_s = interval_start(time_us, US_PER_S) / US_PER_S;

	return partitions_find(&store->tending.partitions[resolution], time_s) != NULL;
}

/* Makes the partition for a time that has none; the next step follows. */
static void make_partition(struct store *store, unsigned resolution, int64_t time_us)
{
	struct tending *tending = &store->tending;
	int64_t time_s = interval_start(time_us, US_PER_S) / US_PER_S;
	int64_t width_s = partition_width_s(tending->retention_s[resolution]);
	struct text sql = TEXT_EMPTY;

	if (!begin_step(store))
		return;
	tending->resolution = resolution;
	tending->partition = partitions_plan(&tending->partitions[resolution], time_s, width_s);
	text_append(&sql, MAKE_LOCK_TIMEOUT);
	partition_append_make(resolution, tending->partition, &sql);
	store_put_question(
	    store, &(const struct question){
	               .sql = sql.data, .answered = partition_made, .failed = step_failed});
	text_clear(&sql);
}

/* Makes partitions for now, and for what comes after. */
static bool make_ahead(struct store *store)
{
	int64_t now_us = wallclock_now().us;

	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++) {
		int64_t width_us = partition_width_s(store->tending.retention_s[i]) * US_PER_S;
		bool has_present = has_partition(store, i, now_us);

		if (has_present && has_partition(store, i, now_us + width_us))
			continue;
		make_partition(store, i, has_present ? now_us + width_us : now_us);
		return true;
	}
	return false;
}

/* ---- dropping them ---- */

static void partition_dropped(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;

	(void)result;
	partitions_remove(&tending->partitions[tending->resolution], tending->partition);
	tending->drop_wait.next_ms = 0;
	store_end_trouble(&tending->drop_trouble, "expired frames can be dropped again");
	step_done(store);
}

/* Somebody reads or writes it: another time. */
static void drop_failed(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;
	char *text = store_error_text(result);
	int64_t wait_ms = store_next_wait(&tending->drop_wait);

	store_tell_trouble(&tending->drop_trouble, DROP_QUIET_NS,
	    "expired frames can't be dropped, trying again", text);
	free(text);
	tending->drop_not_before = monotonic_after(monotonic_now(), wait_ms * NS_PER_MS);
	end_step(store);
}

/* Whether the frames of a partition have expired, and nothing is to be made of them any more. */
static bool is_expired(
    const struct store *store, unsigned resolution, const struct partition *partition)
{
	const struct tending *tending = &store->tending;
	int64_t reach_s = resolution == 0 ? FRAME_REACH_S : 0;

	if (partition->end_s > now_s() - tending->retention_s[resolution])
		return false;
	return resolution + 1 == STORE_RESOLUTIONS ||
	       tending->condensed_us[resolution + 1] >= (partition->end_s + reach_s) * US_PER_S;
}

static void drop_partition(struct store *store, unsigned resolution, struct partition partition)
{
	struct text sql = TEXT_EMPTY;

	if (!begin_step(store))
		return;
	store->tending.resolution = resolution;
	store->tending.partition = partition;
	text_append(&sql, DROP_LOCK_TIMEOUT);
	partition_append_drop(resolution, partition, &sql);
	store_put_question(
	    store, &(const struct question){
	               .sql = sql.data, .answered = partition_dropped, .failed = drop_failed});
	text_clear(&sql);
}

static bool drop_expired(struct store *store)
{
	const struct tending *tending = &store->tending;

	if (monotonic_since(monotonic_now(), tending->drop_not_before) < 0)
		return false;
	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++) {
		const struct partitions *list = &tending->partitions[i];

		if (list->count > 0 && is_expired(store, i, &list->items[0])) {
			drop_partition(store, i, list->items[0]);
			return true;
		}
	}
	return false;
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

/* Leaves out frames for which there is no place in time. */
static void leave_out_frames(struct store *store)
{
	struct changes *changes = store->in_flight;
	size_t kept = 0, count = changes->frame_count;

	for (size_t i = 0; i < count; i++) {
		struct frame_row *frame = &changes->frames[i];

		if (is_out_of_time(store, frame))
			text_clear(&frame->payload);
		else
			changes->frames[kept++] = *frame;
	}
	changes->frame_count = kept;
	if (kept == count)
		return;
	store->statistics.left_out += count - kept;
	log_warning(
	    "%zu frame%s of samples left out, older than samples are kept or of a time to come",
	    count - kept, plural(count - kept));
}

bool store_tend_before_writing(struct store *store)
{
	const struct changes *changes = store->in_flight;

	leave_out_frames(store);
	for (size_t i = 0; i < changes->frame_count; i++) {
		if (has_partition(store, 0, changes->frames[i].time.us))
			continue;
		make_partition(store, 0, changes->frames[i].time.us);
		return false;
	}
	return true;
}

/* ---- what is due ---- */

bool store_tend(struct store *store)
{
	static bool (*const steps[])(struct store * store) = {
	    write_retention, make_ahead, drop_expired};

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
	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++)
		partitions_clear(&store->tending.partitions[i]);
}

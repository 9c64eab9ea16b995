/* SPDX-License-Identifier: MIT */
/*
 * Partitions are made before they are needed, and dropped when all of their frames have expired and
 * are part of the next resolution.
 */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/write_part.h"

/* Readers wait behind a statement that waits for a lock, so it does not wait for long. */
#define MAKE_LOCK_TIMEOUT "SET LOCAL lock_timeout = '1s'; "
#define DROP_LOCK_TIMEOUT "SET LOCAL lock_timeout = '100ms'; "

/* Readers may keep a partition from being dropped for this time before it is told. */
#define DROP_QUIET_NS (600 * NS_PER_S)

static int64_t in_seconds(int64_t time_us)
{
	return interval_start(time_us, US_PER_S) / US_PER_S;
}

/* ---- making them ---- */

static void partition_made(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;

	(void)result;
	partitions_add(&tending->partitions[tending->resolution], tending->partition);
	store_step_done(store);
}

bool store_has_partition(const struct store *store, unsigned resolution, int64_t time_us)
{
	const struct partitions *list = &store->tending.partitions[resolution];

	return partitions_find(list, in_seconds(time_us)) != NULL;
}

void store_make_partition(struct store *store, unsigned resolution, int64_t time_us)
{
	struct tending *tending = &store->tending;
	int64_t width_s = partition_width_s(tending->retention_s[resolution]);
	struct text sql = TEXT_EMPTY;

	if (!store_begin_step(store))
		return;
	tending->resolution = resolution;
	tending->partition =
	    partitions_plan(&tending->partitions[resolution], in_seconds(time_us), width_s);
	text_append(&sql, MAKE_LOCK_TIMEOUT);
	partition_append_make(resolution, tending->partition, &sql);
	store_put_question(
	    store, &(const struct question){
	               .sql = sql.data, .answered = partition_made, .failed = store_step_failed});
	text_clear(&sql);
}

bool store_make_ahead(struct store *store)
{
	int64_t now_us = wallclock_now().us;

	for (unsigned i = 0; i < STORE_RESOLUTIONS; i++) {
		int64_t width_us = partition_width_s(store->tending.retention_s[i]) * US_PER_S;
		bool has_present = store_has_partition(store, i, now_us);

		if (has_present && store_has_partition(store, i, now_us + width_us))
			continue;
		store_make_partition(store, i, has_present ? now_us + width_us : now_us);
		return true;
	}
	return false;
}

/* ---- writing into that of the present ---- */

static void present_prepared(struct store *store, PGresult *result)
{
	bool may_insert = strcmp(PQgetvalue(result, 0, 0), "t") == 0;

	store->tending.present = store->tending.partition;
	store->tending.present_failed = !may_insert;
	store_step_done(store);
}

bool store_prepare_present(struct store *store)
{
	struct tending *tending = &store->tending;
	const struct partition *partition =
	    partitions_find(&tending->partitions[0], in_seconds(wallclock_now().us));
	struct text sql = TEXT_EMPTY;

	if (partition == NULL || partition->begin_s == tending->present.begin_s)
		return false;
	if (!store_begin_step(store))
		return true;
	if (tending->present.end_s != 0)
		text_append(&sql, "DEALLOCATE " FRAMES_PRESENT "; ");
	tending->partition = *partition;
	tending->present = (struct partition){0, 0};
	text_append(&sql, "PREPARE " FRAMES_PRESENT " AS INSERT INTO ");
	partition_append_name(0, *partition, &sql);
	/* One that was made before our role was known is written as those of other times are. */
	text_append(&sql, FRAME_INSERTION "; SELECT has_table_privilege('");
	partition_append_name(0, *partition, &sql);
	text_append(&sql, "', 'INSERT')");
	store_put_question(
	    store, &(const struct question){
	               .sql = sql.data, .answered = present_prepared, .failed = store_step_failed});
	text_clear(&sql);
	return true;
}

bool store_frames_are_present(const struct store *store, const struct changes *changes)
{
	const struct partition *present = &store->tending.present;
	bool are_present = !store->tending.present_failed;

	for (size_t i = 0; i < changes->frame_count && are_present; i++) {
		int64_t time_s = in_seconds(changes->frames[i].time.us);

		are_present = time_s >= present->begin_s && time_s < present->end_s;
	}
	return are_present;
}

/* ---- dropping them ---- */

static void partition_dropped(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;

	(void)result;
	partitions_remove(&tending->partitions[tending->resolution], tending->partition);
	backoff_reset(&tending->drop_wait);
	store_end_trouble(&tending->drop_trouble, "expired frames can be dropped again");
	store_step_done(store);
}

/* Somebody reads or writes it: another time. */
static void drop_failed(struct store *store, PGresult *result)
{
	struct tending *tending = &store->tending;
	char *text = store_error_text(result);
	int64_t wait_ns = backoff_next(&tending->drop_wait);

	store_tell_trouble(&tending->drop_trouble, DROP_QUIET_NS,
	    "expired frames can't be dropped, trying again", text);
	free(text);
	tending->drop_not_before = monotonic_after(monotonic_now(), wait_ns);
	store_end_step(store);
}

/* Whether the frames of a partition have expired, and it is needed for nothing any more. */
static bool is_expired(
    const struct store *store, unsigned resolution, const struct partition *partition)
{
	const struct tending *tending = &store->tending;
	unsigned last = STORE_RESOLUTIONS - 1;
	unsigned next = resolution < last ? resolution + 1 : last;
	int64_t reach_s = resolution == 0 ? FRAME_REACH_S : 0;

	return partition->end_s <=
	           in_seconds(wallclock_now().us) - tending->retention_s[resolution] &&
	       !tending->may_be_late[resolution] && !tending->may_be_late[next] &&
	       tending->condensed_us[next] >= (partition->end_s + reach_s) * US_PER_S;
}

static void drop_partition(struct store *store, unsigned resolution, struct partition partition)
{
	struct text sql = TEXT_EMPTY;

	if (!store_begin_step(store))
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

bool store_drop_expired(struct store *store)
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

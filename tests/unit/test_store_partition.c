/* SPDX-License-Identifier: MIT */
#include "store_client.h"

#include "store/partition.h"

#define HOUR_S INT64_C(3600)
#define DAY_S (24 * HOUR_S)

/* ---- lists of partitions ---- */

static void a_partition_is_found_by_what_is_in_it(void **state)
{
	struct partitions list = {0};

	(void)state;
	assert_null(partitions_find(&list, 5));
	partitions_add(&list, (struct partition){20, 30});
	partitions_add(&list, (struct partition){0, 10});
	partitions_add(&list, (struct partition){10, 15});

	assert_int_equal(partitions_find(&list, 0)->begin_s, 0);
	assert_int_equal(partitions_find(&list, 9)->end_s, 10);
	assert_int_equal(partitions_find(&list, 10)->begin_s, 10);
	assert_null(partitions_find(&list, 15));
	assert_null(partitions_find(&list, -1));
	assert_int_equal(partitions_find(&list, 29)->begin_s, 20);
	assert_null(partitions_find(&list, 30));
	partitions_remove(&list, (struct partition){10, 15});
	assert_null(partitions_find(&list, 12));
	partitions_clear(&list);
}

static void a_new_partition_is_aligned_and_overlaps_no_other(void **state)
{
	struct partitions list = {0};
	struct partition plan = partitions_plan(&list, -1, 100);

	(void)state;
	assert_int_equal(plan.begin_s, -100);
	assert_int_equal(plan.end_s, 0);
	partitions_add(&list, (struct partition){130, 140});
	partitions_add(&list, (struct partition){160, 250});

	plan = partitions_plan(&list, 155, 100);
	assert_int_equal(plan.begin_s, 140);
	assert_int_equal(plan.end_s, 160);
	plan = partitions_plan(&list, 110, 100);
	assert_int_equal(plan.begin_s, 100);
	assert_int_equal(plan.end_s, 130);
	plan = partitions_plan(&list, 299, 100);
	assert_int_equal(plan.begin_s, 250);
	assert_int_equal(plan.end_s, 300);
	partitions_clear(&list);
}

static void names_tell_what_a_partition_is_for(void **state)
{
	struct partition partition;
	unsigned resolution;

	(void)state;
	assert_true(partition_parse("frame_3_-7200_1700000000", &resolution, &partition));
	assert_int_equal(resolution, 3);
	assert_int_equal(partition.begin_s, -7200);
	assert_int_equal(partition.end_s, 1700000000);
	assert_false(partition_parse("frame_3", &resolution, &partition));
	assert_false(partition_parse("frame_5_0_10", &resolution, &partition));
	assert_false(partition_parse("frame_3_10_10", &resolution, &partition));
	assert_false(partition_parse("frame_3_0_10_old", &resolution, &partition));
}

/* ---- in the database ---- */

static int64_t now_s(void)
{
	return wallclock_now().us / US_PER_S;
}

/* A question to the database that is awaited to be true. */
struct awaited {
	struct database *database;
	char *sql;
};

static bool is_answered_by_true(void *context)
{
	struct awaited *awaited = context;
	struct client *client = &awaited->database->client;

	if (client->store != NULL && store_state(client->store) == STORE_READY)
		store_kick(client->store);
	return strcmp(query(awaited->database->reader, awaited->sql), "t") == 0;
}

static void __attribute__((format(printf, 2, 3)))
await(struct database *database, const char *format, ...)
{
	struct awaited awaited = {.database = database};
	va_list arguments;

	va_start(arguments, format);
	awaited.sql = xvasprintf(format, arguments);
	va_end(arguments);
	if (!run_until(server.base, is_answered_by_true, &awaited))
		fail_msg("not so: %s", awaited.sql);
	free(awaited.sql);
}

static void add_frame(struct changes *changes, int64_t time_s)
{
	struct frame_row row = {.cohort_id = 1,
	    .statistic_id = 20,
	    .time = {.us = time_s * US_PER_S},
	    .sample_count = 3};

	text_append(&row.payload, "payload");
	ADD(changes, frames, frame_count, row);
}

/* That there is a partition for a time. */
#define HAS                                                                                 \
	"SELECT EXISTS (SELECT FROM pg_class WHERE relname ~ '^frame_%d_' AND"              \
	" split_part(relname, '_', 3)::bigint <= %lld AND %lld < split_part(relname, '_', " \
	"4)::bigint"                                                                        \
	" AND relkind = 'r')"

static void await_partition(struct database *database, int resolution, int64_t time_s)
{
	await(database, HAS, resolution, (long long)time_s, (long long)time_s);
}

static void partitions_are_made_ahead(void **state)
{
	struct database *database = *state;
	int64_t now = now_s();

	for (int i = 0; i < STORE_RESOLUTIONS; i++)
		await_partition(database, i, now);
	await_partition(database, 0, now + HOUR_S);
	await_partition(database, 1, now + 3 * HOUR_S);
	await_partition(database, 3, now + 30 * HOUR_S);

	clock_skip(5 * HOUR_S * NS_PER_S);
	await_partition(database, 0, now + 6 * HOUR_S);
	clock_skip(-5 * HOUR_S * NS_PER_S);
}

static void a_frame_of_any_time_has_its_partition(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	int64_t now = now_s();

	add_frame(changes, now);
	add_frame(changes, now - 10 * HOUR_S);
	add_frame(changes, now + 20 * HOUR_S);
	add_frame(changes, now - 10 * HOUR_S + 1);
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT count(*), min(resolution), max(resolution) FROM storage.frame", "4|0|0");
	assert_int_equal(store_statistics(database->client.store)->left_out, 0);
}

static void frames_whose_partition_others_dropped_hold_up_nothing(void **state)
{
	struct database *database = *state;
	int64_t now = now_s();

	await_partition(database, 4, now + 1);
	for (int i = 0; i < 3; i++) {
		struct changes *changes = new_changes();

		add_frame(changes, i == 2 ? now - 10 * HOUR_S : now + i);
		client_write(&database->client, changes);
		if (i == 0)
			query(database->reader, "DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' ||"
			                        " tableoid::regclass FROM storage.frame); END $$");
	}

	assert_answer(database, "SELECT count(*) FROM storage.frame", "1");
	assert_int_equal(store_statistics(database->client.store)->left_out, 1);
}

static void a_frame_outside_of_what_is_kept_is_left_out(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	int64_t now = now_s();

	await_partition(database, 4, now);
	client_close(&database->client);
	query(database->reader, "UPDATE storage.resolution SET condensed = now() WHERE number = 1");
	client_open(&database->client, server.base, database->conninfo);
	add_frame(changes, now - DAY_S + 300);
	add_frame(changes, now - DAY_S);
	add_frame(changes, now + 25 * HOUR_S);
	client_write(&database->client, changes);

	assert_answer(database, "SELECT count(*) FROM storage.frame", "1");
	assert_int_equal(store_statistics(database->client.store)->left_out, 2);
	assert_int_equal(store_statistics(database->client.store)->samples_out_of_time, 6);
	assert_int_equal(store_statistics(database->client.store)->samples, 3);
}

static size_t warnings;

static void count_warning(int level, const char *plugin, const char *scannable, const char *line)
{
	(void)plugin;
	(void)scannable;
	if (level == LOG_LEVEL_WARNING && strstr(line, "of samples left out") != NULL)
		warnings++;
}

static void frames_that_are_left_out_are_told_once_a_minute(void **state)
{
	struct database *database = *state;

	await_partition(database, 4, now_s());
	log_set_sink(count_warning);
	warnings = 0;
	for (int i = 0; i < 6; i++) {
		struct changes *changes = new_changes();

		if (i == 5)
			clock_skip(61 * NS_PER_S);
		add_frame(changes, now_s() + 25 * HOUR_S);
		client_write(&database->client, changes);
	}
	log_set_sink(NULL);

	assert_int_equal(warnings, 2);
	assert_int_equal(store_statistics(database->client.store)->left_out, 6);
}

static void samples_that_no_interval_has_yet_are_kept_however_old(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	query(database->reader,
	    "UPDATE storage.resolution SET condensed = now() - interval '4 days' WHERE number = 1");
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);
	add_frame(changes, now_s() - 3 * DAY_S);
	client_write(&database->client, changes);

	assert_int_equal(store_statistics(database->client.store)->left_out, 0);
}

static void partitions_are_known_after_a_restart(void **state)
{
	struct database *database = *state;
	int64_t now = now_s();
	char *before;

	await_partition(database, 4, now);
	await(database, "SELECT count(*) = 10 FROM pg_inherits JOIN pg_class ON oid = inhparent"
	                " WHERE relkind = 'p' AND relname ~ '^frame_.$'");
	before = xstrdup(query(database->reader, "SELECT array_agg(oid ORDER BY oid) FROM pg_class"
	                                         " WHERE relname ~ '^frame_._' AND relkind = 'r'"));
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);
	client_write(&database->client, new_changes());

	assert_answer(database,
	    "SELECT array_agg(oid ORDER BY oid) FROM pg_class"
	    " WHERE relname ~ '^frame_._' AND relkind = 'r'",
	    before);
	free(before);
}

static void readers_and_writers_go_on_while_a_partition_is_made(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	await_partition(database, 4, now_s());
	query(database->reader, "BEGIN; SELECT count(*) FROM storage.frame; LOCK storage.frame_0 IN"
	                        " ROW EXCLUSIVE MODE");
	add_frame(changes, now_s() - 10 * HOUR_S);
	client_write(&database->client, changes);
	query(database->reader, "COMMIT");

	assert_answer(database, "SELECT count(*) FROM storage.frame", "1");
}

static void retentions_are_told_to_readers(void **state)
{
	static const int64_t retention_s[] = {120, 600, HOUR_S, DAY_S, 10000 * 7 * DAY_S};
	struct database *database = *state;

	assert_answer(database,
	    "SELECT string_agg(extract(epoch FROM retention)::text, ' ' ORDER BY"
	    " number) FROM storage.resolution",
	    "86400.000000 259200.000000 604800.000000 2592000.000000 6048000000.000000");
	store_set_retention(database->client.store, retention_s);
	await(database, "SELECT sum(extract(epoch FROM retention)) = 6048090720"
	                " FROM storage.resolution");
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);
	assert_answer(
	    database, "SELECT retention = '1 day' FROM storage.resolution WHERE number = 0", "t");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_partition_is_found_by_what_is_in_it),
	    cmocka_unit_test(a_new_partition_is_aligned_and_overlaps_no_other),
	    cmocka_unit_test(names_tell_what_a_partition_is_for),
	    TEST(partitions_are_made_ahead),
	    TEST(a_frame_of_any_time_has_its_partition),
	    TEST(frames_whose_partition_others_dropped_hold_up_nothing),
	    TEST(a_frame_outside_of_what_is_kept_is_left_out),
	    TEST(frames_that_are_left_out_are_told_once_a_minute),
	    TEST(samples_that_no_interval_has_yet_are_kept_however_old),
	    TEST(partitions_are_known_after_a_restart),
	    TEST(readers_and_writers_go_on_while_a_partition_is_made),
	    TEST(retentions_are_told_to_readers),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}

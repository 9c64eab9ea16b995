/* SPDX-License-Identifier: MIT */
/*
 * Random series are written as time passes, some frames late, by a store that is ended and started
 * again all the time. What is condensed is compared with what the database makes of the samples.
 */
#include "store_client.h"

#include "model/frame.h"
#include "store/partition.h"

#define MINUTE_S INT64_C(60)
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

#define SLOTS 12
#define COUNTER_STATISTIC 11

/* What there is to sample: series of statistics 10, 20 and 21 are gauges, that of 11 is a counter.
 */
static const struct kind {
	record_id cohort;
	record_id statistic;
	uint32_t bin;
	double (*next)(double before);
} kinds[];

struct site {
	struct database *database;
	double values[4][SLOTS];
	struct frame_row held[256]; /* frames that are to come late */
	size_t held_count;
	struct text raw; /* all samples, to be copied into a table */
};

/* ---- chance ---- */

static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
	chance_state = chance_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(chance_state >> 33) % below;
}

static double next_integer(double before)
{
	(void)before;
	return (double)chance(1001);
}

static double next_decimal(double before)
{
	(void)before;
	return ((double)chance(200000) - 100000) / 100;
}

static double next_real(double before)
{
	return before / 3 + (double)chance(1000) * 1e-7 - 1e3 / (1 + (double)chance(99));
}

/* Counters rise, and begin anew now and then. */
static double next_count(double before)
{
	return chance(40) == 0 ? 0 : before + chance(100000);
}

static const struct kind kinds[] = {
    {1, 10, 0, next_integer},
    {1, 20, 0, next_decimal},
    {2, 21, 3, next_real},
    {2, COUNTER_STATISTIC, 0, next_count},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- time ---- */

static int64_t now_s(void)
{
	return wallclock_now().us / US_PER_S;
}

static void skip_to(int64_t time_s)
{
	int64_t by_us = time_s * US_PER_S - wallclock_now().us;

	if (by_us > 0)
		clock_skip(by_us * 1000);
}

/* A question to the database that is awaited to be true. */
struct awaited {
	struct database *database;
	const char *sql;
};

static bool is_answered_by_true(void *context)
{
	struct awaited *awaited = context;

	store_kick(awaited->database->client.store);
	return strcmp(query(awaited->database->reader, awaited->sql), "t") == 0;
}

static void await(struct database *database, const char *sql)
{
	struct awaited awaited = {database, sql};

	if (!run_until(server.base, is_answered_by_true, &awaited))
		fail_msg("not so: %s", sql);
}

/* ---- the store, and what ends it ---- */

static void on_moment(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

/* Drives the store for so many turns of the loop, to wherever it gets. */
static void run_turns(struct database *database, unsigned turns)
{
	const struct timeval moment = {.tv_usec = 500};
	struct event *tick = event_new(server.base, -1, EV_PERSIST, on_moment, NULL);

	event_add(tick, &moment);
	store_kick(database->client.store);
	while (turns-- > 0)
		event_base_loop(server.base, EVLOOP_ONCE);
	event_free(tick);
}

static void restart(struct database *database)
{
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);
}

/* ---- frames ---- */

static size_t slot_of(size_t i)
{
	return i * 93;
}

/* One scan's samples of one kind. Those of each slot follow each other in every frame. */
static struct frame_row make_frame(struct site *site, size_t kind, int64_t time_us)
{
	struct frame frame = {0};
	struct frame_row row = {.cohort_id = kinds[kind].cohort,
	    .statistic_id = kinds[kind].statistic,
	    .bin = kinds[kind].bin,
	    .time = {time_us}};
	bool any = false;

	for (size_t i = 0; i < SLOTS; i++) {
		int64_t offset_us = ((int64_t)i * 4 - 5) * US_PER_S + chance(4000) * 1000;
		double *value = &site->values[kind][i];

		if (chance(5) == 0 && (any || i + 1 < SLOTS))
			continue;
		any = true;
		*value = kinds[kind].next(*value);
		frame.present[slot_of(i)] = true;
		frame.offset_us[slot_of(i)] = offset_us;
		frame.value[slot_of(i)] = *value;
		text_printf(&site->raw, "%ld\t%u\t%zu\t%lld\t%.17g\n", (long)row.statistic_id,
		    row.bin, slot_of(i), (long long)(time_us + offset_us), *value);
	}
	frame_encode(&frame, &row.payload);
	return row;
}

static void add_frame(struct changes *changes, const struct frame_row *row)
{
	struct frame_row copy = *row;

	copy.payload = TEXT_EMPTY;
	text_append_bytes(&copy.payload, row->payload.data, row->payload.length);
	ADD(changes, frames, frame_count, copy);
}

/* Writes frames; now and then the store is ended while it does, and the next one writes them again.
 */
static void write_frames(struct site *site, const struct frame_row *rows, size_t count)
{
	struct database *database = site->database;

	for (int i = 0; i < 2; i++) {
		struct changes *changes = new_changes();

		if (database->client.queued == QUEUE_MAX)
			restart(database);
		for (size_t j = 0; j < count; j++)
			add_frame(changes, &rows[j]);
		if (i > 0 || chance(20) > 0) {
			client_write(&database->client, changes);
			return;
		}
		client_give(&database->client, changes);
		run_turns(database, chance(6));
		restart(database);
	}
}

/* Any of the frames held back, but before samples of its time are no longer kept. */
static size_t next_held(const struct site *site)
{
	for (size_t i = 0; i < site->held_count; i++)
		if (site->held[i].time.us / US_PER_S < now_s() - 10 * HOUR_S)
			return i;
	return chance((uint32_t)site->held_count);
}

/* Writes a frame that was held back. */
static void write_held(struct site *site)
{
	size_t index = next_held(site);
	struct frame_row *held = &site->held[index];

	write_frames(site, held, 1);
	text_clear(&held->payload);
	*held = site->held[--site->held_count];
}

/* One scan at the present time. */
static void scan(struct site *site)
{
	struct frame_row rows[KINDS];
	size_t count = 0;
	int64_t time_us = now_s() * US_PER_S;

	for (size_t kind = 0; kind < KINDS; kind++) {
		struct frame_row row = make_frame(site, kind, time_us);

		if (chance(40) == 0 && site->held_count < 256)
			site->held[site->held_count++] = row;
		else
			rows[count++] = row;
	}
	if (count > 0)
		write_frames(site, rows, count);
	for (size_t i = 0; i < count; i++)
		text_clear(&rows[i].payload);
}

/* Lets time pass until the next scan: mostly 10 s, sometimes hours. */
static void pass(struct site *site)
{
	uint32_t what = chance(100);
	int64_t by_s = what < 75 ? 10 : what < 95 ? 60 + chance(900) : 1000 + chance(9000);

	skip_to(now_s() + by_s);
	if (chance(3) == 0)
		run_turns(site->database, chance(30));
	if (chance(10) == 0)
		restart(site->database);
	if (site->held_count > 0 && chance(6) == 0)
		write_held(site);
}

/* ---- comparing ---- */

static void copy_in(struct database *database, const char *table, const struct text *rows)
{
	char *sql = xasprintf("COPY %s FROM STDIN", table);
	PGresult *result = PQexec(database->reader, sql);

	assert_int_equal(PQresultStatus(result), PGRES_COPY_IN);
	PQclear(result);
	assert_int_equal(PQputCopyData(database->reader, rows->data, (int)rows->length), 1);
	assert_int_equal(PQputCopyEnd(database->reader, NULL), 1);
	result = PQgetResult(database->reader);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s", PQresultErrorMessage(result));
	PQclear(result);
	while ((result = PQgetResult(database->reader)) != NULL)
		PQclear(result);
	free(sql);
}

/* Appends the entries of a condensed frame as rows of a table. */
static void append_entries(const PGresult *result, int row, struct text *out)
{
	static struct frame_sums sums;
	size_t size;
	unsigned char *payload =
	    PQunescapeBytea((const unsigned char *)PQgetvalue(result, row, 4), &size);
	bool decoded;

	sums.counter = strtol(PQgetvalue(result, row, 1), NULL, 10) == COUNTER_STATISTIC;
	decoded = frame_sums_decode(payload, size, &sums);
	assert_true(decoded);
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		const struct frame_sum *sum = &sums.slots[slot];

		if (sum->count == 0)
			continue;
		text_printf(out,
		    "%s\t%s\t%s\t%zu\t%s\t%lu\t%.17g\t%.17g\t%.17g\t%.17g\t%.17g\t%.17g\n",
		    PQgetvalue(result, row, 0), PQgetvalue(result, row, 1),
		    PQgetvalue(result, row, 2), slot, PQgetvalue(result, row, 3),
		    (unsigned long)sum->count, sum->sum, sum->minimum, sum->maximum, sum->first,
		    sum->last, sum->rise);
	}
	PQfreemem(payload);
}

/* Puts what was condensed into the table made. */
static void read_condensed(struct database *database)
{
	struct text rows = TEXT_EMPTY;
	PGresult *result = PQexec(database->reader,
	    "SELECT resolution, statistic_id, bin, (extract(epoch FROM time) * 1000000)::bigint,"
	    " payload FROM storage.frame WHERE resolution > 0");

	assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
	for (int i = 0; i < PQntuples(result); i++)
		append_entries(result, i, &rows);
	PQclear(result);
	copy_in(database, "made", &rows);
	text_clear(&rows);
}

/* What the samples come to by intervals of each length. Counters have the last three, too. */
static const char expectation[] =
    "CREATE TABLE expected AS SELECT resolution, statistic, bin, slot, start, count(*),"
    " sum(value::numeric)::float8, sum(value) AS real_sum, sum(abs(value)) AS size,"
    " min(value), max(value),"
    " CASE WHEN statistic = 11 THEN (array_agg(value ORDER BY us))[1] ELSE 0 END AS first,"
    " CASE WHEN statistic = 11 THEN (array_agg(value ORDER BY us DESC))[1] ELSE 0 END AS last,"
    " CASE WHEN statistic = 11 THEN coalesce(sum(greatest(value - before, 0)), 0) ELSE 0 END"
    " AS rise FROM (SELECT number AS resolution, raw.*, us / length * length AS start,"
    " lag(value) OVER (PARTITION BY number, statistic, bin, slot, us / length ORDER BY us)"
    " AS before FROM raw, (VALUES (1, 60000000), (2, 300000000), (3, 3600000000),"
    " (4, 86400000000)) AS r (number, length)) AS x GROUP BY 1, 2, 3, 4, 5";

static void compare(struct site *site)
{
	struct database *database = site->database;

	query(database->reader, "CREATE TABLE raw (statistic bigint, bin int, slot int, us bigint,"
	                        " value float8)");
	query(database->reader,
	    "CREATE TABLE made (resolution int, statistic bigint, bin int, slot int, start bigint,"
	    " count bigint, sum float8, min float8, max float8, first float8, last float8,"
	    " rise float8)");
	copy_in(database, "raw", &site->raw);
	read_condensed(database);
	query(database->reader, expectation);
	assert_answer(database,
	    "SELECT count(DISTINCT resolution) = 4 AND count(*) FILTER (WHERE resolution = 4) > 80"
	    " FROM expected",
	    "t");
	assert_answer(database,
	    "SELECT count(*) FROM made FULL JOIN expected USING (resolution, statistic, bin, slot,"
	    " start) WHERE made.count IS DISTINCT FROM expected.count"
	    " OR made.min IS DISTINCT FROM expected.min OR made.max IS DISTINCT FROM expected.max"
	    " OR CASE WHEN statistic = 21 THEN NOT abs(made.sum - real_sum) <= size * 1e-13"
	    " ELSE made.sum IS DISTINCT FROM expected.sum END"
	    " OR statistic = 11 AND (made.first, made.last, made.rise) IS DISTINCT FROM"
	    " (expected.first, expected.last, expected.rise)",
	    "0");
}

/* ---- the tests ---- */

static void begin_site(struct site *site, struct database *database, uint64_t seed)
{
	struct changes *changes = new_changes();
	char *sql = xasprintf("ALTER DATABASE %s SET TimeZone = 'Europe/Berlin'", database->name);

	*site = (struct site){.database = database};
	chance_state = seed;
	query(database->reader, sql);
	free(sql);
	add_class(changes, 1, "Couplet", true);
	add_class(changes, 2, "Thing", true);
	client_write(&database->client, changes);
	query(database->reader, "UPDATE storage.statistic SET type = 'Counter' WHERE id = 11");
	restart(database);
}

static void end_site(struct site *site)
{
	while (site->held_count > 0)
		write_held(site);
	skip_to(now_s() / DAY_S * DAY_S + DAY_S + 2 * MINUTE_S);
	await(site->database,
	    "SELECT NOT EXISTS (SELECT FROM storage.late) AND (SELECT min(condensed) FROM"
	    " storage.resolution WHERE number > 0) >= (SELECT max(time) + interval '1 second'"
	    " FROM storage.frame)");
	compare(site);
	text_clear(&site->raw);
}

/* Two days and a half of random samples, from a time on. */
static void check_days(struct database *database, int64_t from_s, uint64_t seed)
{
	struct site site;

	skip_to(from_s);
	begin_site(&site, database, seed);
	while (now_s() < from_s + 60 * HOUR_S) {
		scan(&site);
		pass(&site);
	}
	end_site(&site);
}

static void condensed_frames_equal_the_samples_over_a_night_of_23_hours(void **state)
{
	/* 2027-03-27 03:00 UTC. */
	check_days(*state, INT64_C(1806116400), 1);
}

static void condensed_frames_equal_the_samples_over_a_night_of_25_hours(void **state)
{
	/* 2027-10-30 07:00 UTC. */
	check_days(*state, INT64_C(1824879600), 2);
}

static void condensed_frames_equal_the_samples_over_29_february(void **state)
{
	/* 2028-02-28 01:00 UTC. */
	check_days(*state, INT64_C(1835312400), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(condensed_frames_equal_the_samples_over_a_night_of_23_hours),
	    TEST(condensed_frames_equal_the_samples_over_a_night_of_25_hours),
	    TEST(condensed_frames_equal_the_samples_over_29_february),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}

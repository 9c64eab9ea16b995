/* SPDX-License-Identifier: MIT */
/*
 * Random series are written as time passes, some frames late, by a store that is ended and started
 * again all the time. What is condensed, and what readers make of it, is compared with what the
 * database makes of the samples.
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
	int64_t begin_s; /* of its first day */
	double values[4][SLOTS];
	struct frame_row held[256]; /* frames that are to come late */
	size_t held_count;
	size_t late_count; /* of those that came after their hour */
	struct text raw;   /* all samples, to be copied into a table */
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

/* The seconds since 1970 at which a day of a year (UTC) begins. */
static int64_t day_s(int year, int month, int day)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};

	return timegm(&tm);
}

static int present_year(void)
{
	time_t now = now_s();
	struct tm tm;

	gmtime_r(&now, &tm);
	return tm.tm_year + 1900;
}

/* The next last Sunday of a month that is to come: the clocks of Europe change in its night. */
static int64_t next_change_s(int month)
{
	for (int year = present_year();; year++) {
		int64_t last_s = day_s(year, month, 31);
		int64_t sunday_s = last_s - (last_s / DAY_S + 4) % 7 * DAY_S;

		if (sunday_s > now_s() + 2 * DAY_S)
			return sunday_s;
	}
}

static int64_t next_leap_day_s(void)
{
	for (int year = present_year();; year++) {
		int64_t leap_s = day_s(year, 2, 29);

		if (leap_s != day_s(year, 3, 1) && leap_s > now_s() + 2 * DAY_S)
			return leap_s;
	}
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

/* Waits until all is condensed that can be. */
static void catch_up(struct database *database)
{
	char *sql = xasprintf("SELECT bool_and(coalesce(condensed >= date_bin(length,"
	                      " to_timestamp(%lld), 'epoch'), false))"
	                      " FROM storage.resolution WHERE number > 0",
	    (long long)(now_s() - MINUTE_S));

	await(database, sql);
	free(sql);
}

/* Writes a frame that was held back, mostly after all intervals with its time are condensed. */
static void write_held(struct site *site)
{
	size_t index = next_held(site);
	struct frame_row *held = &site->held[index];

	if (chance(3) > 0)
		catch_up(site->database);
	if (held->time.us < (now_s() / HOUR_S * HOUR_S - MINUTE_S) * US_PER_S)
		site->late_count++;
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
	int64_t by_s = what < 60 ? 10 : what < 90 ? 60 + chance(900) : 1000 + chance(9000);

	skip_to(now_s() + by_s);
	if (chance(3) == 0)
		run_turns(site->database, chance(30));
	if (chance(10) == 0)
		restart(site->database);
	if (chance(20) == 0)
		catch_up(site->database);
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

/* What there is to read of some of the slots: resources of the class 1, with two gauges and a
 * counter. */
static const char resources[] =
    "UPDATE storage.statistic SET type = 'Counter', bins = NULL, bin_labels = NULL WHERE id = 11;"
    "UPDATE storage.statistic SET class_id = 1, name = 'decimal' WHERE id = 20;"
    "INSERT INTO storage.resource (id, class_id, identifier, label, attributes, configured, in_use)"
    " SELECT 100 + n, 1, n, n, '{}', true, true FROM generate_series(0, 11, 4) AS n;"
    "INSERT INTO storage.cohort VALUES (1, 100, 1), (2, 100, 1);"
    "INSERT INTO storage.slot SELECT cohort, n * 93, 100 + n, to_timestamp(0)"
    " FROM generate_series(0, 11, 4) AS n, generate_series(1, 2) AS cohort";

/*
 * What samples come to in the intervals of whole days by themselves: means, and for counters by how
 * much they rose since the sample before, over the time from the end of the interval before.
 */
static const char expected_points[] =
    "CREATE TABLE expected_point AS SELECT length, statistic, slot, start, count(*),"
    " CASE WHEN statistic = 11 THEN sum(gain)"
    "  / (start + length - coalesce(lag(start) OVER series + length, start))"
    " ELSE (avg(value::numeric * 1.00000000000000000000))::float8 END AS value,"
    " min(value), max(value) FROM"
    " (SELECT *, us / 1000000 / length * length AS start FROM"
    "  (SELECT *, greatest(value - lag(value) OVER (PARTITION BY statistic, slot ORDER BY us), 0)"
    "   AS gain FROM raw) AS g, unnest(ARRAY[60, 300, 3600, 86400]) AS length) AS x"
    " WHERE statistic <> 21 AND slot % 4 = 0 GROUP BY length, statistic, slot, start"
    " WINDOW series AS (PARTITION BY length, statistic, slot ORDER BY start)";

/* The same as readers are told it. */
static const char read_points[] =
    "CREATE TABLE read_point AS SELECT length, statistic.id AS statistic, slot,"
    " extract(epoch FROM p.time)::bigint AS start, p.count, p.value, p.minimum, p.maximum"
    " FROM unnest(ARRAY[60, 300, 3600, 86400]) AS length, storage.statistic, storage.slot,"
    " storage.intervals(resource_id, statistic.name, to_timestamp(%lld), to_timestamp(%lld),"
    "  (%lld / length)::integer) AS p"
    " WHERE class_id = 1 AND cohort_id = 1 AND p.count > 0";

/* Compares what readers are told with the samples, for the days from the first to the last. */
static void compare_readers(struct site *site)
{
	struct database *database = site->database;
	int64_t end_s = now_s() / DAY_S * DAY_S;
	char *sql = xasprintf(read_points, (long long)site->begin_s, (long long)end_s,
	    (long long)(end_s - site->begin_s));

	query(database->reader, expected_points);
	query(database->reader, sql);
	free(sql);
	assert_answer(database,
	    "SELECT count(DISTINCT length) = 4 AND count(DISTINCT statistic) = 3"
	    " AND count(*) FILTER (WHERE length = 60) > 500 FROM expected_point",
	    "t");
	assert_answer(database,
	    "SELECT string_agg(x::text, ' ') FROM (SELECT * FROM read_point AS r FULL JOIN"
	    " expected_point AS e USING (length, statistic, slot, start)"
	    " WHERE r.count IS DISTINCT FROM e.count OR statistic <> 11 AND"
	    " (r.value, r.minimum, r.maximum) IS DISTINCT FROM (e.value, e.min, e.max)"
	    " OR statistic = 11 AND (r.value - e.value BETWEEN e.value * -1e-12 AND e.value * "
	    "1e-12)"
	    " IS NOT TRUE AND (r.value, e.value) IS DISTINCT FROM (NULL, NULL)"
	    " ORDER BY start, length, slot LIMIT 5) AS x",
	    "");
}

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
	    "SELECT string_agg(x::text, ' ') FROM (SELECT * FROM made FULL JOIN expected USING "
	    "(resolution, statistic, bin, slot,"
	    " start) WHERE made.count IS DISTINCT FROM expected.count"
	    " OR made.min IS DISTINCT FROM expected.min OR made.max IS DISTINCT FROM expected.max"
	    " OR CASE WHEN statistic = 21 THEN NOT abs(made.sum - real_sum) <= size * 1e-13"
	    " ELSE made.sum IS DISTINCT FROM expected.sum END"
	    " OR statistic = 11 AND (made.first, made.last, made.rise) IS DISTINCT FROM"
	    " (expected.first, expected.last, expected.rise)"
	    " ORDER BY start, resolution, slot LIMIT 5) AS x",
	    "");
}

/* ---- the tests ---- */

/* The seed of this run: IML_TEST_SEED, or the same as always. */
static uint64_t choose_seed(void)
{
	const char *given = getenv("IML_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20261122;

	print_message("seed %llu\n", (unsigned long long)seed);
	return seed;
}

static void begin_site(struct site *site, struct database *database)
{
	struct changes *changes = new_changes();
	char *sql = xasprintf("ALTER DATABASE %s SET TimeZone = 'Europe/Berlin'", database->name);

	*site = (struct site){.database = database, .begin_s = now_s() / DAY_S * DAY_S};
	chance_state = choose_seed();
	query(database->reader, sql);
	query(database->reader, "SET TimeZone = 'Europe/Berlin'");
	free(sql);
	add_class(changes, 1, "Couplet", true);
	add_class(changes, 2, "Thing", true);
	client_write(&database->client, changes);
	query(database->reader, resources);
	restart(database);
}

/* Waits until all is condensed, an hour at a time. */
static void await_end(struct database *database, int64_t begin_s)
{
	for (int64_t time_s = begin_s; time_s < now_s() - HOUR_S; time_s += HOUR_S) {
		char *sql = xasprintf("SELECT coalesce(condensed >= to_timestamp(%lld), false)"
		                      " FROM storage.resolution WHERE number = 1",
		    (long long)time_s);

		await(database, sql);
		free(sql);
	}
	await(database, "SELECT NOT EXISTS (SELECT FROM storage.late) AND bool_and(coalesce("
	                "condensed > (SELECT max(time) FROM storage.frame), false))"
	                " FROM storage.resolution WHERE number > 0");
}

static void end_site(struct site *site)
{
	while (site->held_count > 0)
		write_held(site);
	skip_to(now_s() / DAY_S * DAY_S + DAY_S + 2 * MINUTE_S);
	await_end(site->database, site->begin_s);
	assert_true(site->late_count > 5);
	compare(site);
	compare_readers(site);
	text_clear(&site->raw);
}

/* Two days of random samples, from a time on. */
static void check_days(struct database *database, int64_t from_s)
{
	struct site site;

	skip_to(from_s);
	begin_site(&site, database);
	while (now_s() < from_s + 46 * HOUR_S) {
		scan(&site);
		pass(&site);
	}
	end_site(&site);
}

/* The same over a day that has so many hours where the database is. */
static void check_change(struct database *database, int month, const char *hours)
{
	int64_t sunday_s = next_change_s(month);
	char *sql =
	    xasprintf("SELECT (day + 1)::timestamptz - day::timestamptz"
	              " FROM (SELECT (to_timestamp(%lld) + interval '12 h')::date) AS d (day)",
	        (long long)sunday_s);

	check_days(database, sunday_s - 21 * HOUR_S);
	assert_answer(database, sql, hours);
	free(sql);
}

static void condensed_frames_equal_the_samples_over_a_night_of_23_hours(void **state)
{
	check_change(*state, 3, "23:00:00");
}

static void condensed_frames_equal_the_samples_over_a_night_of_25_hours(void **state)
{
	check_change(*state, 10, "1 day 01:00:00");
}

static void condensed_frames_equal_the_samples_over_29_february(void **state)
{
	check_days(*state, next_leap_day_s() - 23 * HOUR_S);
}

/* ---- one interval, in parts ---- */

/* A frame with one sample of each of some slots. */
static struct frame_row simple_frame(record_id cohort, int64_t time_us, double value)
{
	struct frame frame = {.present = {true}, .value = {value}};
	struct frame_row row = {.cohort_id = cohort, .statistic_id = 10, .time = {time_us}};

	frame_encode(&frame, &row.payload);
	return row;
}

static void give_frame(struct changes *changes, record_id cohort, int64_t time_us, double value)
{
	ADD(changes, frames, frame_count, simple_frame(cohort, time_us, value));
}

/* The sum of the count and of the values of the first slot, over the frames of a resolution. */
static void assert_sums(
    struct database *database, int resolution, size_t frames, uint64_t count, double total)
{
	char *sql =
	    xasprintf("SELECT payload FROM storage.frame WHERE resolution = %d", resolution);
	PGresult *result = PQexec(database->reader, sql);
	uint64_t counted = 0;
	double summed = 0;

	assert_int_equal(PQntuples(result), frames);
	for (int i = 0; i < PQntuples(result); i++) {
		static struct frame_sums sums;
		size_t size;
		unsigned char *payload =
		    PQunescapeBytea((const unsigned char *)PQgetvalue(result, i, 0), &size);

		sums.counter = false;
		assert_true(frame_sums_decode(payload, size, &sums));
		PQfreemem(payload);
		counted += sums.slots[0].count;
		summed += sums.slots[0].sum;
	}
	PQclear(result);
	free(sql);
	assert_int_equal(counted, count);
	assert_true(summed == total);
}

/* The start of the minute before the present one, after which it is condensed. */
static int64_t next_minute_us(void)
{
	int64_t minute_s = now_s() / MINUTE_S * MINUTE_S + 2 * MINUTE_S;

	skip_to(minute_s + 5);
	return minute_s * US_PER_S;
}

static void await_condensed(struct database *database, int resolution, int64_t until_us)
{
	char *sql = xasprintf("SELECT coalesce(condensed >= to_timestamp(%lld), false)"
	                      " AND NOT EXISTS (SELECT FROM storage.late)"
	                      " FROM storage.resolution WHERE number = %d",
	    (long long)(until_us / US_PER_S), resolution);

	await(database, sql);
	free(sql);
}

static void an_interval_of_many_frames_is_condensed_in_parts(void **state)
{
	struct database *database = *state;
	int64_t minute_us = next_minute_us();

	for (int part = 0; part < 4; part++) {
		struct changes *changes = new_changes();

		for (int i = 0; i < 400; i++)
			give_frame(changes, 1 + i % 3, minute_us + part * 10000 + i * 20, 1);
		for (int i = 0; i < 50; i++)
			give_frame(changes, 10 + i, minute_us + part * 10000, 2);
		client_write(&database->client, changes);
	}
	skip_to(minute_us / US_PER_S + 91);
	await_condensed(database, 1, minute_us + MINUTE_S * US_PER_S);

	assert_sums(database, 1, 53, 1800, 2000);
}

static void samples_on_the_edges_of_an_interval_count_once(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	int64_t minute_us = next_minute_us();

	give_frame(changes, 1, minute_us - 1, 1);
	give_frame(changes, 1, minute_us, 10);
	give_frame(changes, 1, minute_us + MINUTE_S * US_PER_S - 1, 100);
	give_frame(changes, 1, minute_us + MINUTE_S * US_PER_S, 1000);
	client_write(&database->client, changes);
	skip_to(minute_us / US_PER_S + 151);
	await_condensed(database, 1, minute_us + 2 * MINUTE_S * US_PER_S);

	assert_sums(database, 1, 3, 4, 1111);
	assert_answer(database,
	    "SELECT bool_and(extract(epoch FROM time)::bigint % 60 = 0) FROM storage.frame"
	    " WHERE resolution = 1",
	    "t");
}

static void only_completed_intervals_are_condensed(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	int64_t minute_us = next_minute_us();

	give_frame(changes, 1, minute_us, 1);
	client_write(&database->client, changes);
	skip_to(minute_us / US_PER_S + 80);
	await_condensed(database, 1, minute_us);
	run_turns(database, 50);

	assert_sums(database, 1, 0, 0, 0);
	skip_to(minute_us / US_PER_S + 91);
	await_condensed(database, 1, minute_us + MINUTE_S * US_PER_S);
	assert_sums(database, 1, 1, 1, 1);
}

/* Another sample of now. */
static struct changes *one_more_frame(struct client *client)
{
	struct changes *changes = new_changes();

	give_frame(changes, 2, wallclock_now().us + (int64_t)client->queued, 1);
	return changes;
}

static void intervals_are_condensed_while_there_is_always_more_to_write(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	int64_t minute_us = next_minute_us();

	give_frame(changes, 1, minute_us, 1);
	client_write(&database->client, changes);
	skip_to(minute_us / US_PER_S + 91);
	database->client.more = one_more_frame;
	await_condensed(database, 1, minute_us + MINUTE_S * US_PER_S);
	assert_sums(database, 1, 1, 1, 1);
	database->client.more = NULL;
	client_settle(&database->client);
}

static void samples_that_come_while_their_interval_is_condensed_are_in_it(void **state)
{
	struct database *database = *state;
	int64_t minute_us = next_minute_us();
	unsigned turns = 1;

	for (int round = 0; round < 8; round++, turns += 3) {
		struct changes *changes = new_changes();

		for (int i = 0; i < 1000; i++)
			give_frame(changes, 1 + i % 4, minute_us + i * 20, 1);
		client_write(&database->client, changes);
		skip_to(minute_us / US_PER_S + 91);
		run_turns(database, turns);
		changes = new_changes();
		give_frame(changes, 1, minute_us + 1, 1);
		client_write(&database->client, changes);
		await_condensed(database, 1, minute_us + MINUTE_S * US_PER_S);

		assert_sums(database, 1, 4 * ((size_t)round + 1), 1001 * ((uint64_t)round + 1),
		    1001.0 * (round + 1));
		minute_us = next_minute_us();
	}
}

static void a_late_sample_reaches_every_resolution(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	int64_t day_us = (now_s() / DAY_S + 1) * DAY_S * US_PER_S;

	static const int64_t retention_s[] = {
	    5 * DAY_S, 5 * DAY_S, 7 * DAY_S, 30 * DAY_S, 100 * DAY_S};

	store_set_retention(database->client.store, retention_s);
	skip_to(day_us / US_PER_S + HOUR_S);
	give_frame(changes, 1, day_us + 10 * US_PER_S, 1);
	client_write(&database->client, changes);
	skip_to(day_us / US_PER_S + DAY_S + 2 * MINUTE_S);
	await_condensed(database, 4, day_us + DAY_S * US_PER_S);
	changes = new_changes();
	give_frame(changes, 1, day_us + 20 * US_PER_S, 5);
	give_frame(changes, 1, day_us + 70 * US_PER_S, 10);
	give_frame(changes, 2, day_us + 70 * US_PER_S, 100);
	client_write(&database->client, changes);
	await_condensed(database, 4, day_us + DAY_S * US_PER_S);

	assert_sums(database, 1, 3, 4, 116);
	for (int i = 2; i < STORE_RESOLUTIONS; i++)
		assert_sums(database, i, 2, 4, 116);
}

static void days_without_a_runner_are_caught_up_with(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	int64_t begin_us = next_minute_us();

	give_frame(changes, 1, begin_us, 1);
	client_write(&database->client, changes);
	client_close(&database->client);
	skip_to(begin_us / US_PER_S + 8 * DAY_S);
	client_open(&database->client, server.base, database->conninfo);
	changes = new_changes();
	give_frame(changes, 1, now_s() * US_PER_S, 10);
	client_write(&database->client, changes);
	await_condensed(database, 4, begin_us + 7 * DAY_S * US_PER_S);

	assert_sums(database, 3, 1, 1, 1);
	assert_sums(database, 4, 1, 1, 1);
	skip_to(begin_us / US_PER_S + 9 * DAY_S);
	await_condensed(database, 4, begin_us + 8 * DAY_S * US_PER_S);
	assert_sums(database, 4, 2, 2, 11);
}

/* ---- retention ---- */

/* Whether no frame of a resolution is older than so many seconds. */
static void await_dropped(struct database *database, int resolution, int64_t seconds)
{
	char *sql = xasprintf("SELECT NOT EXISTS (SELECT FROM storage.frame WHERE resolution = %d"
	                      " AND time < to_timestamp(%lld))",
	    resolution, (long long)(now_s() - seconds));

	await(database, sql);
	free(sql);
}

/* A new database whose frames are not kept for long. */
static int open_database_of_short_retention(void **state)
{
	static const int64_t retention_s[] = {180, 600, 7200, 2 * DAY_S, 2 * DAY_S};
	struct database *database;

	make_database(state);
	database = *state;
	client_begin(&database->client, server.base, database->conninfo);
	store_set_retention(database->client.store, retention_s);
	client_settle(&database->client);
	return 0;
}

static void what_has_expired_goes_while_what_is_coarser_stays(void **state)
{
	struct database *database = *state;
	int64_t begin_us = next_minute_us();

	for (int i = 0; i < 12; i++) {
		struct changes *changes = new_changes();

		skip_to(begin_us / US_PER_S + i * MINUTE_S);
		give_frame(changes, 1, begin_us + i * MINUTE_S * US_PER_S, 1);
		client_write(&database->client, changes);
		await_dropped(database, 0, 189);
		await_dropped(database, 1, 630);
	}

	assert_answer(database,
	    "SELECT count(*) BETWEEN 3 AND 4 FROM storage.frame WHERE resolution = 0", "t");
	assert_answer(database,
	    "SELECT count(*) BETWEEN 8 AND 10 FROM storage.frame WHERE resolution = 1", "t");
	skip_to(begin_us / US_PER_S + 3 * HOUR_S);
	await_dropped(database, 0, 0);
	await_dropped(database, 1, 0);
	await_dropped(database, 2, 7560);
	await_condensed(database, 3, begin_us + HOUR_S * US_PER_S);
	assert_sums(database, 2, 0, 0, 0);
	assert_answer(database, "SELECT count(*) > 0 FROM storage.frame WHERE resolution = 3", "t");
	skip_to(begin_us / US_PER_S + 5 * DAY_S);
	await_dropped(database, 3, 0);
	await_dropped(database, 4, 0);
}

static void a_reader_delays_a_drop_and_nothing_waits_for_it(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();
	PGconn *other = connect_to(database->conninfo);
	int64_t begin_us = next_minute_us();

	give_frame(changes, 1, begin_us, 1);
	client_write(&database->client, changes);
	query(other, "BEGIN; SELECT count(*) FROM storage.frame");
	skip_to(begin_us / US_PER_S + 600);
	run_turns(database, 50);
	changes = new_changes();
	give_frame(changes, 1, now_s() * US_PER_S, 1);
	client_write(&database->client, changes);
	await_condensed(database, 1, begin_us + 8 * MINUTE_S * US_PER_S);
	assert_answer(database, "SELECT count(*) FROM storage.frame WHERE resolution = 0", "2");

	query(other, "COMMIT");
	PQfinish(other);
	await_dropped(database, 0, 189);
	assert_answer(database, "SELECT count(*) FROM storage.frame WHERE resolution = 0", "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)

#define SHORT_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_database_of_short_retention, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_interval_of_many_frames_is_condensed_in_parts),
	    TEST(samples_on_the_edges_of_an_interval_count_once),
	    TEST(only_completed_intervals_are_condensed),
	    TEST(intervals_are_condensed_while_there_is_always_more_to_write),
	    TEST(samples_that_come_while_their_interval_is_condensed_are_in_it),
	    TEST(a_late_sample_reaches_every_resolution),
	    TEST(days_without_a_runner_are_caught_up_with),
	    SHORT_TEST(what_has_expired_goes_while_what_is_coarser_stays),
	    SHORT_TEST(a_reader_delays_a_drop_and_nothing_waits_for_it),
	    TEST(condensed_frames_equal_the_samples_over_a_night_of_23_hours),
	    TEST(condensed_frames_equal_the_samples_over_a_night_of_25_hours),
	    TEST(condensed_frames_equal_the_samples_over_29_february),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}

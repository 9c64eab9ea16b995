/* SPDX-License-Identifier: MIT */
#include "store_fixture.h"

#include <endian.h>
#include <math.h>

#include "model/frame.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MINUTE 60
#define HOUR 3600

extern const char schema_001[];

/* Two couplets, 1 and 2; drives 11 and 12 of couplet 1 in cohort 1, at slots 3 and 700. */
static const char world[] =
    "INSERT INTO storage.plugin VALUES ('acme');"
    "INSERT INTO storage.class VALUES"
    " (1, 'acme', 'Couplet', 'Couplet', true, false, true, '[\"acme.Couplet\"]', '[]', '[]', '[]'),"
    " (2, 'acme', 'Drive', 'Drive', false, false, true, '[\"acme.Drive\"]', '[]',"
    "  '[{\"title\": \"Work\", \"series\": [\"heat\", \"reads\"]},"
    "   {\"title\": \"Sizes\", \"series\": [\"sizes\"]}]', '[]');"
    "INSERT INTO storage.statistic VALUES"
    " (1, 2, 'heat', 'Gauge', 'Heat', 'C', 10, NULL, NULL, true),"
    " (2, 2, 'reads', 'Counter', 'Reads', '', 10, NULL, NULL, true),"
    " (3, 2, 'sizes', 'BytesHistogram', 'Sizes', 'bytes', 10, '[[0, 9], [10, null]]',"
    "  '[\"small\", \"large\"]', true),"
    " (4, 2, 'load', 'Gauge', 'Load', '', 10, NULL, NULL, true),"
    " (5, 2, 'gone', 'Gauge', 'Gone', '', 10, NULL, NULL, false);"
    "INSERT INTO storage.resource (id, class_id, scope_id, identifier, label, attributes, "
    "configured, in_use)"
    " VALUES (1, 1, NULL, 'a', 'a', '{}', true, true), (2, 1, NULL, 'b', 'b', '{}', true, true),"
    " (11, 2, 1, 'x', 'x', '{}', false, false), (12, 2, 1, 'y', 'y', '{}', false, false);"
    "INSERT INTO storage.cohort VALUES (1, 1, 2), (2, 2, 2);"
    "INSERT INTO storage.slot VALUES (1, 3, 11, '-infinity'), (1, 700, 12, '-infinity');"
    "CREATE TABLE storage.frames_0 PARTITION OF storage.frame_0 DEFAULT;"
    "CREATE TABLE storage.frames_1 PARTITION OF storage.frame_1 DEFAULT;"
    "CREATE TABLE storage.frames_2 PARTITION OF storage.frame_2 DEFAULT;"
    "CREATE TABLE storage.frames_3 PARTITION OF storage.frame_3 DEFAULT;"
    "CREATE TABLE storage.frames_4 PARTITION OF storage.frame_4 DEFAULT;"
    /* Times are told in seconds since a full hour that is a few hours ago. */
    "CREATE FUNCTION at(seconds double precision) RETURNS timestamptz LANGUAGE sql STABLE AS"
    " $$ SELECT date_bin('1 hour', now(), 'epoch') - interval '5 hours' + seconds * interval '1 s' "
    "$$;"
    "CREATE FUNCTION since(t timestamptz) RETURNS double precision LANGUAGE sql STABLE AS"
    " $$ SELECT extract(epoch FROM t - at(0))::double precision $$;";

static struct server server;

/* Each test is a transaction that is rolled back. */
static int begin_test(void **state)
{
	query(*state, "BEGIN");
	return 0;
}

static int end_test(void **state)
{
	query(*state, "ROLLBACK");
	return 0;
}

static int open_server(void **state)
{
	server_prepare(&server);
	server_start_and_wait(&server);
	*state = connect_to(embedded_conninfo(server.embedded));
	query(*state, schema_001);
	query(*state, world);
	return 0;
}

static int close_server(void **state)
{
	PQfinish(*state);
	server_discard(&server);
	return 0;
}

static void assert_answer(PGconn *database, const char *sql, const char *expected)
{
	assert_string_equal(query(database, sql), expected);
}

static void assert_refused(PGconn *database, const char *sql, const char *reason)
{
	PGresult *result;

	query(database, "SAVEPOINT refused");
	result = PQexec(database, sql);
	assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
	assert_string_equal(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), reason);
	PQclear(result);
	query(database, "ROLLBACK TO refused");
}

/* ---- frames ---- */

struct key {
	int resolution;
	int cohort;
	int statistic;
	int bin;
	double time; /* in seconds: see at() */
};

static void put_payload(PGconn *database, struct key key, const struct text *payload)
{
	struct text sql = TEXT_EMPTY;
	const char *values[] = {payload->data};
	const int lengths[] = {(int)payload->length}, formats[] = {1};
	PGresult *result;

	text_printf(&sql,
	    "INSERT INTO storage.frame (resolution, cohort_id, statistic_id, bin, time, payload) "
	    "VALUES (%d, %d, %d, %d, at(%.6f), $1::bytea)",
	    key.resolution, key.cohort, key.statistic, key.bin, key.time);
	result = PQexecParams(database, sql.data, 1, NULL, values, lengths, formats, 0);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s", PQerrorMessage(database));
	PQclear(result);
	text_clear(&sql);
}

static void put_frame(PGconn *database, struct key key, const struct frame *frame)
{
	struct text payload = TEXT_EMPTY;

	frame_encode(frame, &payload);
	put_payload(database, key, &payload);
	text_clear(&payload);
}

/* A sample of drive 11, which is 1 ms later than the time of its frame says. */
static void put_sample(PGconn *database, int statistic, double time, double value)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));

	frame->present[3] = true;
	frame->offset_us[3] = 1000;
	frame->value[3] = value;
	put_frame(database, (struct key){0, 1, statistic, 0, time - 0.001}, frame);
	free(frame);
}

/* Samples of drive 11 every 10 seconds. */
static void put_samples(
    PGconn *database, int statistic, double time, const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_sample(database, statistic, time + 10 * (double)i, values[i]);
}

/* What an interval comes to for drive 11, in which these were sampled. */
static void put_interval(
    PGconn *database, struct key key, bool counter, const double *values, size_t count)
{
	struct frame_sums *sums = xcalloc(1, sizeof(*sums));
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload = TEXT_EMPTY;

	sums->counter = counter;
	frame->present[3] = true;
	for (size_t i = 0; i < count; i++) {
		frame->value[3] = values[i];
		frame_sums_add(sums, frame, (int64_t)i, 0, INT64_MAX);
	}
	frame_sums_encode(sums, &payload);
	put_payload(database, key, &payload);
	text_clear(&payload);
	free(frame);
	free(sums);
}

#define VALUES(...) (const double[]){__VA_ARGS__}, COUNT_OF(((const double[]){__VA_ARGS__}))

/* ---- payloads ---- */

static double random_double(void)
{
	double value;

	do {
		uint64_t bits =
		    (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();

		memcpy(&value, &bits, sizeof(value));
	} while (!isfinite(value));
	return value;
}

/* What the database finds in a payload for every slot; to be released with PQclear(). */
static PGresult *entries_of(PGconn *database, const struct text *payload)
{
	const char *values[] = {payload->data};
	const int lengths[] = {(int)payload->length}, formats[] = {1};
	PGresult *result = PQexecParams(database,
	    "SELECT e[1], e[2], e[3], e[4], e[5], e[6], e[7] FROM (SELECT "
	    "storage.frame_entry($1::bytea,"
	    " s) AS e FROM generate_series(0, 1023) AS s OFFSET 0) AS f",
	    1, NULL, values, lengths, formats, 1);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s", PQerrorMessage(database));
	return result;
}

static void assert_bits(const PGresult *result, size_t slot, int column, double expected)
{
	uint64_t bits;
	double value;

	assert_false(PQgetisnull(result, (int)slot, column));
	memcpy(&bits, PQgetvalue(result, (int)slot, column), sizeof(bits));
	bits = be64toh(bits);
	memcpy(&value, &bits, sizeof(value));
	if (memcmp(&value, &expected, sizeof(value)) != 0)
		fail_msg("slot %zu column %d: %a in place of %a", slot, column, value, expected);
}

static void assert_read_back(PGconn *database, const struct frame *frame)
{
	struct text payload = TEXT_EMPTY;
	PGresult *result;

	frame_encode(frame, &payload);
	result = entries_of(database, &payload);
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		if (!frame->present[slot]) {
			assert_true(PQgetisnull(result, (int)slot, 0));
			continue;
		}
		assert_bits(result, slot, 0, (double)frame->offset_us[slot]);
		assert_bits(result, slot, 1, frame->value[slot]);
	}
	PQclear(result);
	text_clear(&payload);
}

static void every_value_is_read_bit_by_bit(void **state)
{
	static const double edges[] = {0, -0.0, 1, -1, 0.1, -36.6, 1e-15, 5e-324, -5e-324, 1e-310,
	    0x1p-1022, 0x1.fffffffffffffp-1023, -0x1p-1021, 0.5, 0x1p53, -0x1p53, 1e22, 1e300,
	    0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, 0x1.8p-1, 0x1p-52, M_PI};
	struct frame *frame = xcalloc(1, sizeof(*frame));

	/* given frames with all kinds of values, of any width */
	srandom(7);
	for (unsigned round = 0; round < 60; round++) {
		for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
			frame->present[slot] = round % 4 != 0 || random() % (1 + round) == 0;
			frame->offset_us[slot] = (random() >> (round % 31)) - 1000;
			frame->value[slot] =
			    round % 3 == 0 ? random_double()
			    : round % 3 == 1
			        ? edges[(size_t)random() % COUNT_OF(edges)]
			        : (double)(random() >> (round % 31)) / pow(10, round % 11);
		}
		frame->present[(size_t)random() % FRAME_SLOTS] = true;
		assert_read_back(*state, frame);
	}
	/* and single ones */
	for (size_t i = 0; i < COUNT_OF(edges); i++) {
		memset(frame->present, 0, sizeof(frame->present));
		frame->present[i * 44] = true;
		frame->value[i * 44] = edges[i];
		assert_read_back(*state, frame);
	}
	free(frame);
}

static void every_sum_is_read_bit_by_bit(void **state)
{
	struct frame_sums *sums = xcalloc(1, sizeof(*sums));
	struct text payload = TEXT_EMPTY;
	PGresult *result;

	sums->counter = true;
	for (size_t slot = 0; slot < FRAME_SLOTS; slot += 3)
		sums->slots[slot] = (struct frame_sum){.count = slot + 1,
		    .sum = random_double(),
		    .minimum = 1 - (double)slot / 10,
		    .maximum = (double)slot,
		    .first = random_double(),
		    .last = 5,
		    .rise = random_double()};
	frame_sums_encode(sums, &payload);
	result = entries_of(*state, &payload);
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		const struct frame_sum *sum = &sums->slots[slot];

		assert_int_equal(PQgetisnull(result, (int)slot, 0), slot % 3 != 0);
		if (slot % 3 != 0)
			continue;
		assert_bits(result, slot, 0, (double)sum->count);
		assert_bits(result, slot, 1, sum->sum);
		assert_bits(result, slot, 2, sum->minimum);
		assert_bits(result, slot, 3, sum->maximum);
		assert_bits(result, slot, 4, sum->first);
		assert_bits(result, slot, 5, sum->last);
		assert_bits(result, slot, 6, sum->rise);
	}
	PQclear(result);
	text_clear(&payload);
	free(sums);
}

static void frames_that_fill_pages_are_read(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));

	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		frame->present[slot] = true;
		frame->value[slot] = random_double();
	}
	frame->value[700] = M_PI;
	put_frame(*state, (struct key){0, 1, 1, 0, 100}, frame);
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(12, 'heat', at(0), at(200))",
	    "100|3.141592653589793");
	free(frame);
}

/* A frame at each of so many times, 10 s apart: value i of the drive is that of the frame i. */
static void put_values(PGconn *database, const double *values, size_t count)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));

	for (size_t i = 0; i < count; i++) {
		/* others of the frame decide how it is stored */
		for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
			frame->present[slot] = slot == 3 || random() % 2 == 0;
			frame->value[slot] = i % 3 == 0   ? random_double()
			                     : i % 3 == 1 ? values[i]
			                                  : (double)(random() % 1000) / 8;
		}
		frame->value[3] = values[i];
		put_frame(database, (struct key){0, 1, 1, 0, 10 * (double)i}, frame);
	}
	free(frame);
}

/* That the question, which gives numbers, is answered by these, bit by bit. */
static void assert_numbers(
    PGconn *database, const char *sql, int columns, const double *values, size_t count)
{
	PGresult *result = PQexecParams(database, sql, 0, NULL, NULL, NULL, NULL, 1);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s", PQerrorMessage(database));
	assert_int_equal(PQntuples(result), count);
	for (size_t i = 0; i < count; i++)
		for (int column = 0; column < columns; column++)
			assert_bits(result, i, column, values[i]);
	PQclear(result);
}

static void every_function_gives_every_bit(void **state)
{
	double values[300] = {-0.0, 0, 5e-324, -5e-324, 0x1.fffffffffffffp-1023, -0x1p-1022,
	    0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, 0.1, 1e22, -1e-300, 0x1p53 + 2};

	/* given random numbers, also with other settings than usual */
	srandom(13);
	for (size_t i = 12; i < COUNT_OF(values); i++)
		values[i] = random_double();
	put_values(*state, values, COUNT_OF(values));
	query(*state, "SET LOCAL extra_float_digits = -10");
	assert_numbers(*state,
	    "SELECT value, minimum, maximum FROM storage.samples(11, 'heat', at(0), at(3000))", 3,
	    values, COUNT_OF(values));
	assert_numbers(*state,
	    "SELECT values[1] FROM storage.series(11, '{heat}', at(0), at(3000))", 1, values,
	    COUNT_OF(values));
	/* as minimum and maximum, and newest value, of intervals with one sample each */
	assert_numbers(*state,
	    "SELECT minimum, maximum FROM storage.intervals(11, 'heat', at(0), at(3000), 300)", 2,
	    values, COUNT_OF(values));
	assert_numbers(*state, "SELECT value FROM storage.latest(11) WHERE statistic = 'heat'", 1,
	    &values[COUNT_OF(values) - 1], 1);
	/* and as JSON, which has no -0 */
	assert_numbers(*state,
	    "SELECT (v->>0)::double precision FROM jsonb_array_elements("
	    "storage.charts(11, at(10), at(3000))->'charts'->0->'values') AS v",
	    1, &values[1], COUNT_OF(values) - 1);
}

/* ---- samples ---- */

static void gauges_are_read_as_they_were_sampled(void **state)
{
	put_samples(*state, 1, 1000, VALUES(100, 150, 20, 30));
	assert_answer(*state,
	    "SELECT since(time), value, minimum, maximum, count, gap"
	    " FROM storage.samples(11, 'heat', at(1000), at(1040))",
	    "1000|100|100|100|1|\n1010|150|150|150|1|\n1020|20|20|20|1|\n1030|30|30|30|1|");
	/* of another drive, or statistic, there are none */
	assert_answer(*state, "SELECT * FROM storage.samples(12, 'heat', at(0), at(2000))", "");
	assert_answer(*state, "SELECT * FROM storage.samples(11, 'load', at(0), at(2000))", "");
}

static void a_range_is_rounded_down_to_10_seconds(void **state)
{
	static const char sql[] = "SELECT string_agg(value::text, ' ' ORDER BY time) FROM "
	                          "storage.samples(11, 'heat', %s)";
	static const struct {
		const char *range, *expected;
	} cases[] = {
	    {"at(1000), at(1030)", "1 2 3"},
	    {"at(1001), at(1030)", "1 2 3"},
	    {"at(1009.999), at(1029.999)", "1 2"},
	    {"at(1010), at(1039)", "2 3"},
	    {"at(1010), at(1010)", ""},
	    {"'-infinity', 'infinity'", "1 2 3 4"},
	    {"at(1020), 'infinity'", "3 4"},
	};

	put_samples(*state, 1, 1000, VALUES(1, 2, 3, 4));
	query(*state, "UPDATE storage.slot SET since = at(1000) WHERE resource_id = 11");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *ask = xasprintf(sql, cases[i].range);

		assert_answer(*state, ask, cases[i].expected);
		free(ask);
	}
}

static void samples_far_from_the_time_of_their_frame_are_found(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));

	frame->present[3] = frame->present[700] = true;
	frame->offset_us[3] = -59000000;
	frame->offset_us[700] = 59000000;
	put_frame(*state, (struct key){0, 1, 1, 0, 1000}, frame);
	assert_answer(
	    *state, "SELECT since(time) FROM storage.samples(11, 'heat', at(940), at(950))", "941");
	assert_answer(*state,
	    "SELECT since(time) FROM storage.samples(12, 'heat', at(1050), at(1060))", "1059");
	assert_answer(*state, "SELECT * FROM storage.samples(11, 'heat', at(950), at(2000))", "");
	free(frame);
}

static void counters_are_read_as_rates(void **state)
{
	put_samples(*state, 2, 1000, VALUES(100, 150, 20, 30));
	assert_answer(*state,
	    "SELECT since(time), value, count FROM storage.samples(11, 'reads', at(1000), "
	    "at(1040))",
	    "1010|5|1\n1020|0|1\n1030|1|1");
	/* that before the range is none of its points */
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(11, 'reads', at(1010), at(1040))",
	    "1020|0\n1030|1");
}

static void samples_of_one_moment_have_no_rate_of_their_own(void **state)
{
	/* given some that are less than 0.1 s apart, at the beginning, within and at the end */
	put_samples(*state, 2, 1000, VALUES(100, 200));
	put_sample(*state, 2, 1000.000001, 150);
	put_sample(*state, 2, 1010.04, 220);
	put_sample(*state, 2, 1010.08, 230);
	put_sample(*state, 2, 1010.1, 240);
	put_sample(*state, 2, 1020.1, 300);
	put_sample(*state, 2, 1020.100001, 310);
	/* then their rise is that of the step to the next, 0.1 s later or more */
	assert_answer(*state,
	    "SELECT since(time), value, count FROM storage.samples(11, 'reads', at(1000), "
	    "at(1040))",
	    "1010|10|2\n1010.1|400|3\n1020.1|6|1");
	assert_answer(*state,
	    "SELECT since(time), values FROM storage.series(11, '{reads}', at(1000), at(1040))",
	    "1010|{10}\n1010.1|{400}\n1020.1|{6}");
	assert_answer(*state,
	    "SELECT storage.charts(11, at(1000), at(1040))->'charts'->0->'values'",
	    "[[null, 10], [null, 400], [null, 6]]");
	/* and there is none if there is no next */
	assert_answer(*state,
	    "SELECT value, count FROM storage.intervals(11, 'reads', at(1000), at(1010), 1)", "|2");
	assert_answer(*state,
	    "SELECT round(value::numeric, 2), count"
	    " FROM storage.intervals(11, 'reads', at(1000), at(1020), 2)",
	    "|2\n8.91|4");
}

/* ---- resolutions ---- */

/* Three hours of samples every 10 s: the minute of the hour, ten times the tens of seconds. */
static void put_three_hours(PGconn *database)
{
	for (int i = 0; i < 3 * HOUR / 10; i++)
		put_sample(database, 1, 10 * i, i % 360 / 6 + i % 6 * 10);
}

static void a_range_is_read_at_the_finest_resolution_that_fits(void **state)
{
	static const char sql[] = "SELECT count(*), min(since(time)), max(since(time)), sum(count)"
	                          " FROM storage.samples(11, 'heat', at(%d), at(%d), %d)";
	static const struct {
		int from, to, points;
		const char *expected;
	} cases[] = {
	    {3600, 7200, 360, "360|3600|7190|360"},
	    {3600, 7200, 359, "60|3600|7140|360"},
	    {3600, 7200, 100, "60|3600|7140|360"},
	    {3600, 7200, 60, "60|3600|7140|360"},
	    {3610, 7210, 60, "60|3660|7200|360"},
	    {3600, 7200, 59, "12|3600|6900|360"},
	    {3600, 7200, 11, "1|3600|3600|360"},
	    {0, 10800, 3, "3|0|7200|1080"},
	};

	put_three_hours(*state);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *ask = xasprintf(sql, cases[i].from, cases[i].to, cases[i].points);

		assert_answer(*state, ask, cases[i].expected);
		free(ask);
	}
	assert_answer(*state,
	    "SELECT since(time), value, minimum, maximum, count"
	    " FROM storage.samples(11, 'heat', at(3600), at(7200), 100) LIMIT 2",
	    "3600|25|0|50|6\n3660|26|1|51|6");
}

static void a_range_of_which_no_samples_are_left_is_read_from_intervals(void **state)
{
	/* given an hour of which all samples are gone, and the resolutions that are too coarse */
	query(*state, "UPDATE storage.resolution SET retention = '1 hour' WHERE number = 0;"
	              "UPDATE storage.resolution SET condensed = at(3 * 3600) WHERE number > 0");
	put_interval(*state, (struct key){1, 1, 1, 0, 0}, false, VALUES(0.1, 0.2, 0.3));
	put_interval(*state, (struct key){1, 1, 1, 0, 60}, false, VALUES(-1));
	put_interval(*state, (struct key){2, 1, 1, 0, 0}, false, VALUES(77));
	assert_answer(*state,
	    "SELECT since(time), value, minimum, maximum, count"
	    " FROM storage.samples(11, 'heat', at(0), at(300))",
	    "0|0.2|0.1|0.3|3\n60|-1|-1|-1|1");
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(11, 'heat', at(0), at(300), 2)",
	    "0|77");
	/* an interval is of the range that it begins in */
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(11, 'heat', at(10), at(70))", "60|-1");
}

static void the_last_day_is_read_as_it_was_sampled(void **state)
{
	put_samples(*state, 1, 1007, VALUES(1, 2));
	assert_answer(*state,
	    "SELECT since(time), value"
	    " FROM storage.samples(11, 'heat', now() - interval '1 day', now())",
	    "1007|1\n1017|2");
}

static void what_is_not_condensed_comes_from_what_is_finer(void **state)
{
	/* given hours that are condensed up to 1 h, 5 min up to 1 h 10 min, and minutes up to 1 h
	 * 12 */
	put_three_hours(*state);
	query(*state, "UPDATE storage.resolution SET condensed = at(3630) WHERE number = 3;"
	              "UPDATE storage.resolution SET condensed = at(4200) WHERE number = 2;"
	              "UPDATE storage.resolution SET condensed = at(4321) WHERE number = 1");
	put_interval(*state, (struct key){3, 1, 1, 0, 0}, false, VALUES(1000));
	put_interval(*state, (struct key){2, 1, 1, 0, 3600}, false, VALUES(2000, 2000));
	put_interval(*state, (struct key){1, 1, 1, 0, 4200}, false, VALUES(3000));
	/* then the first hour is as condensed, the second from these and samples from 1 h 12 on */
	assert_answer(*state,
	    "SELECT since(time), minimum, maximum, count"
	    " FROM storage.samples(11, 'heat', at(0), at(7200), 2)",
	    "0|1000|1000|1\n3600|12|3000|291");
}

static void a_range_that_nothing_fits_is_read_by_several_days(void **state)
{
	query(*state, "UPDATE storage.resolution SET condensed = at(0) WHERE number > 0");
	for (int day = -90; day <= -2; day++) {
		struct text sql = TEXT_EMPTY;

		put_interval(*state, (struct key){4, 1, 1, 0, day * 86400}, false, VALUES(day));
		text_printf(&sql,
		    "UPDATE storage.frame SET time = date_bin('1 day', time, 'epoch')"
		    " WHERE resolution = 4 AND time = at(%d)",
		    day * 86400);
		query(*state, sql.data);
		text_clear(&sql);
	}
	assert_answer(*state,
	    "SELECT count(*) BETWEEN 7 AND 10, sum(count) BETWEEN 70 AND 80,"
	    " bool_and(extract(epoch FROM time) % (8 * 86400) = 0)"
	    " FROM storage.samples(11, 'heat', at(-80 * 86400), at(0), 10)",
	    "t|t|t");
}

static void counters_of_intervals_are_rates_between_their_ends(void **state)
{
	query(*state, "UPDATE storage.resolution SET retention = '1 hour' WHERE number = 0;"
	              "UPDATE storage.resolution SET condensed = at(3 * 3600) WHERE number > 0");
	put_interval(*state, (struct key){1, 1, 2, 0, 0}, true, VALUES(100, 110));
	/* a rise of 10 before it, 20 within, a reset, 5 after that */
	put_interval(*state, (struct key){1, 1, 2, 0, 60}, true, VALUES(120, 140, 0, 5));
	/* a reset before it, nothing for a minute before that */
	put_interval(*state, (struct key){1, 1, 2, 0, 180}, true, VALUES(2, 14));
	assert_answer(*state,
	    "SELECT since(time), value * 60, minimum, maximum, count"
	    " FROM storage.samples(11, 'reads', at(0), at(300))",
	    "60|35|||4\n180|6|||2");
	/* that of the first one is that within it, or from the one before */
	assert_answer(*state,
	    "SELECT since(time), value * 60, count FROM storage.intervals(11, 'reads', at(0), "
	    "at(240), 4)",
	    "0|10|2\n60|35|4\n120||0\n180|6|2");
	assert_answer(*state,
	    "SELECT since(time), value * 60, count FROM storage.intervals(11, 'reads', at(60), "
	    "at(120), 1)",
	    "60|35|4");
}

/* ---- intervals ---- */

static void any_number_of_equal_intervals_is_given(void **state)
{
	put_three_hours(*state);
	assert_answer(*state,
	    "SELECT since(time), value, minimum, maximum, count"
	    " FROM storage.intervals(11, 'heat', at(3600), at(3660), 2)",
	    "3600|10|0|20|3\n3630|40|30|50|3");
	/* empty ones, too */
	assert_answer(*state,
	    "SELECT since(time), value, count, gap FROM storage.intervals(11, 'heat', at(-60), "
	    "at(30), 3)",
	    "-60||0|\n-30||0|\n0|10|3|");
	assert_answer(*state,
	    "SELECT count(*), sum(count), max(since(time)) FROM storage.intervals(11, 'heat', "
	    "at(0), at(10), 7)",
	    "7|1|8.571429");
	assert_answer(*state,
	    "SELECT count(*), sum(count) FROM storage.intervals(12, 'heat', at(0), at(1000), 100)",
	    "100|0");
}

static void intervals_come_to_the_same_from_whatever_they_are_read(void **state)
{
	static const char sql[] =
	    "SELECT string_agg(concat_ws(' ', since(time), value, minimum, maximum, count), ', ')"
	    " FROM storage.intervals(11, 'heat', at(0), at(3600), 12)";
	const char *expected;

	/* given tenths, sampled every 10 s, and condensed to minutes and 5 minutes */
	for (int i = 0; i < HOUR / 10; i++)
		put_sample(*state, 1, 10 * i, i * 7 % 100 / 10.0);
	expected = query(*state, sql);
	for (int minute = 0; minute < 60; minute++) {
		double values[6];

		for (int i = 0; i < 6; i++)
			values[i] = (6 * minute + i) * 7 % 100 / 10.0;
		put_interval(*state, (struct key){1, 1, 1, 0, 60 * minute}, false, values, 6);
	}
	/* then what was sampled need not be there any more */
	query(*state, "UPDATE storage.resolution SET condensed = at(3600) WHERE number = 1;"
	              "DELETE FROM storage.frame WHERE resolution = 0");
	assert_answer(*state, sql, expected);
	/* and it is what the samples are by themselves */
	for (int i = 0; i < HOUR / 10; i++)
		put_sample(*state, 1, 10 * i, i * 7 % 100 / 10.0);
	assert_answer(*state,
	    "SELECT string_agg(concat_ws(' ', t, value, minimum, maximum, count), ', ' ORDER BY t)"
	    " FROM (SELECT floor(since(time) / 300) * 300 AS t, avg(value::numeric * "
	    "1.00000000000000000000)::double "
	    "precision AS"
	    " value, min(value) AS minimum, max(value) AS maximum, count(*) AS count"
	    " FROM storage.samples(11, 'heat', at(0), at(3600)) GROUP BY 1) AS s",
	    expected);
}

/* Random samples of three hours, and what they come to in minutes, 5 minutes and hours. */
struct history {
	int statistic;
	struct frame_sums *sums[3]; /* one for each interval */
};

static const int lengths[] = {MINUTE, 5 * MINUTE, HOUR};

static void remember(struct history *history, double time, double value)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	int minute = (int)time / MINUTE;

	frame->present[3] = true;
	frame->value[3] = value;
	frame_sums_add(&history->sums[0][minute], frame, 0, 0, 1);
	free(frame);
}

static void make_history(PGconn *database, struct history *history, int statistic)
{
	double value = 0;

	history->statistic = statistic;
	for (size_t level = 0; level < COUNT_OF(lengths); level++) {
		history->sums[level] =
		    xcalloc((size_t)(3 * HOUR / lengths[level]), sizeof(struct frame_sums));
		for (int i = 0; i < 3 * HOUR / lengths[level]; i++)
			history->sums[level][i].counter = statistic == 2;
	}
	for (double time = 0.002; time < 3 * HOUR; time += 5 + (double)(random() % 15000) / 1000) {
		if (random() % 40 == 0)
			time += (double)(random() % 900);
		if (time >= 3 * HOUR)
			break;
		value = statistic == 1       ? (double)(random() % 1000) / 10
		        : random() % 30 == 0 ? (double)(random() % 10)
		                             : value + (double)(random() % 100);
		put_sample(database, statistic, time, value);
		remember(history, time, value);
	}
	for (size_t level = 1; level < COUNT_OF(lengths); level++) {
		for (int i = 0; i < 3 * HOUR / lengths[level - 1]; i++)
			frame_sums_join(
			    &history->sums[level][i * lengths[level - 1] / lengths[level]],
			    &history->sums[level - 1][i]);
	}
}

static void put_history(PGconn *database, const struct history *history)
{
	for (size_t level = 0; level < COUNT_OF(lengths); level++) {
		for (int i = 0; i < 3 * HOUR / lengths[level]; i++) {
			struct text payload = TEXT_EMPTY;

			frame_sums_encode(&history->sums[level][i], &payload);
			if (payload.length > 0)
				put_payload(database,
				    (struct key){(int)level + 1, 1, history->statistic, 0,
				        i * lengths[level]},
				    &payload);
			text_clear(&payload);
		}
		free(history->sums[level]);
	}
}

static void condensing_changes_nothing(void **state)
{
	static const char sql[] = "SELECT string_agg(concat_ws(' ', n, since(time), "
	                          "round(value::numeric, 9), minimum, maximum,"
	                          " count), ', ') FROM unnest('{1,3,36,180}'::int[]) AS n,"
	                          " storage.samples(11, '%s', at(0), at(3 * 3600), n)";
	static const char *const condensed[] = {"at(1000)", "at(3600)", "at(7777)", "at(3 * 3600)"};
	struct history gauge, counter;
	char *ask_gauge = xasprintf(sql, "heat"), *ask_counter = xasprintf(sql, "reads");
	char *expected_gauge, *expected_counter;

	srandom(11);
	query(*state, "UPDATE storage.resolution SET retention = '1 hour' WHERE number = 0");
	make_history(*state, &gauge, 1);
	make_history(*state, &counter, 2);
	expected_gauge = xstrdup(query(*state, ask_gauge));
	expected_counter = xstrdup(query(*state, ask_counter));
	assert_true(strlen(expected_gauge) > 5000 && strlen(expected_counter) > 3000);
	put_history(*state, &gauge);
	put_history(*state, &counter);
	for (size_t i = 0; i < COUNT_OF(condensed); i++) {
		char *progress =
		    xasprintf("UPDATE storage.resolution SET condensed = %s"
		              " WHERE number BETWEEN 1 AND 3;"
		              "DELETE FROM storage.frame WHERE resolution = 0 AND time < %s"
		              " - interval '1 h'",
		        condensed[i], condensed[i]);

		query(*state, progress);
		assert_answer(*state, ask_gauge, expected_gauge);
		assert_answer(*state, ask_counter, expected_counter);
		free(progress);
	}
	free(ask_gauge);
	free(ask_counter);
	free(expected_gauge);
	free(expected_counter);
}

static void samples_of_a_long_period_are_read_at_any_resolution(void **state)
{
	/* given a gauge and a counter that are sampled every 10 minutes, minutes being condensed */
	query(*state, "UPDATE storage.statistic SET sample_period = 600 WHERE id IN (1, 2);"
	              "UPDATE storage.resolution SET condensed = at(7200) WHERE number = 1");
	for (int i = 0; i < 18; i++) {
		put_sample(*state, 1, 600 * i + 7, i);
		put_sample(*state, 2, 600 * i + 7, 6000 * i);
		if (600 * i >= 7200)
			continue;
		put_interval(*state, (struct key){1, 1, 1, 0, 600 * i}, false, VALUES(i));
		put_interval(*state, (struct key){1, 1, 2, 0, 600 * i}, true, VALUES(6000 * i));
	}
	/* then samples are given if there are few, however long the time */
	assert_answer(*state,
	    "SELECT count(*), min(since(time)), max(value)"
	    " FROM storage.samples(11, 'heat', at(0), at(10800), 18)",
	    "18|7|17");
	/* and intervals with a sample else, counters with the right rate */
	query(*state, "UPDATE storage.resolution SET retention = '1 hour' WHERE number = 0");
	assert_answer(*state,
	    "SELECT count(*), min(since(time)), max(value), sum(count)"
	    " FROM storage.samples(11, 'heat', at(0), at(10800))",
	    "18|0|17|18");
	assert_answer(*state,
	    "SELECT count(*), min(value), max(value) FROM storage.samples(11, 'reads', at(0), "
	    "at(10800))",
	    "17|10|10");
	assert_answer(*state,
	    "SELECT min(value), max(value), count(value), count(*)"
	    " FROM storage.intervals(11, 'reads', at(3600), at(7200), 60)",
	    "10|10|6|60");
}

/* ---- several series ---- */

static void series_are_merged_by_scan(void **state)
{
	/* given two gauges and a counter that a scan samples some milliseconds apart */
	put_samples(*state, 1, 1000, VALUES(10, 20, 30));
	put_samples(*state, 2, 1000.2, VALUES(0, 5));
	put_samples(*state, 4, 1010.4, VALUES(7, 8));
	assert_answer(*state,
	    "SELECT since(time), values FROM storage.series(11, '{heat,load}', at(1000), at(1100))",
	    "1000|{10,NULL}\n1010|{20,7}\n1020|{30,8}");
	/* then the earliest point, which lacks a rate, is left out */
	assert_answer(*state,
	    "SELECT since(time), values FROM storage.series(11, '{load,reads,heat}', at(1000), "
	    "at(1100))",
	    "1010|{7,0.5,20}\n1020|{8,NULL,30}");
}

static void several_samples_of_a_scan_are_all_there(void **state)
{
	for (int i = 0; i < 3; i++) {
		put_sample(*state, 1, 1000 + i / 10.0, i);
		put_sample(*state, 4, 1000.05 + i / 10.0, 10 + i);
	}
	assert_answer(*state,
	    "SELECT since(time), values FROM storage.series(11, '{heat,load}', at(1000), at(1100))",
	    "1000|{0,10}\n1000.1|{1,11}\n1000.2|{2,12}");
}

static void series_of_intervals_are_merged(void **state)
{
	put_three_hours(*state);
	put_samples(*state, 4, 60, VALUES(1, 2));
	put_samples(*state, 2, 100, VALUES(0, 60, 120));
	assert_answer(*state,
	    "SELECT since(time), values"
	    " FROM storage.series(11, '{heat,load,reads}', at(0), at(180), 3)",
	    "0|{25,NULL,NULL}\n60|{26,1.5,NULL}\n120|{27,NULL,1}");
}

/* ---- histograms ---- */

static void put_histogram(PGconn *database, double time, double small, double large)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));

	frame->present[3] = true;
	frame->value[3] = small;
	put_frame(database, (struct key){0, 1, 3, 0, time}, frame);
	frame->value[3] = large;
	put_frame(database, (struct key){0, 1, 3, 1, time}, frame);
	free(frame);
}

static void histograms_have_a_history(void **state)
{
	put_histogram(*state, 1000, 1, 2);
	put_histogram(*state, 1010, 3, 6);
	assert_answer(*state,
	    "SELECT since(time), counts FROM storage.histogram_samples(11, 'sizes', at(0), "
	    "at(2000))",
	    "1000|{1,2}\n1010|{3,6}");
	assert_answer(*state,
	    "SELECT since(time), counts FROM storage.histogram_samples(11, 'sizes', at(0), "
	    "at(2000), 1)",
	    "0|{2,4}");
	assert_answer(*state,
	    "SELECT resource_id, statistic, since(time), counts FROM storage.histograms",
	    "11|sizes|1010|{3,6}");
}

/* ---- the newest ---- */

static void the_newest_sample_of_every_statistic_is_given(void **state)
{
	assert_answer(
	    *state, "SELECT * FROM storage.latest(11)", "heat|||\nreads|||\nsizes|||\nload|||");
	put_sample(*state, 2, 480.7, 41);
	put_sample(*state, 2, 490.7, 42);
	put_sample(*state, 1, 470, 36.6);
	put_histogram(*state, 499.9, 1, 2);
	assert_answer(*state,
	    "SELECT statistic, since(time), value, counts FROM storage.latest(11)",
	    "heat|470|36.6|\nreads|490|42|\nsizes|490||{1,2}\nload|||");
	assert_answer(*state, "SELECT count(value) FROM storage.latest(12)", "0");
}

static void the_newest_value_outlives_the_samples(void **state)
{
	put_interval(*state, (struct key){1, 1, 2, 0, 60}, true, VALUES(3, 4));
	put_interval(*state, (struct key){2, 1, 1, 0, 300}, false, VALUES(3, 4));
	put_interval(*state, (struct key){3, 1, 1, 0, 0}, false, VALUES(7));
	put_interval(*state, (struct key){1, 1, 3, 0, 60}, false, VALUES(2, 4));
	put_interval(*state, (struct key){1, 1, 3, 1, 60}, false, VALUES(20, 40));
	assert_answer(*state,
	    "SELECT statistic, since(time), value, counts FROM storage.latest(11)",
	    "heat|300|3.5|\nreads|60|4|\nsizes|60||{3,30}\nload|||");
}

/* ---- slots ---- */

static void samples_of_an_earlier_resource_at_the_slot_are_not_shown(void **state)
{
	put_samples(*state, 1, 1000, VALUES(1, 2, 3, 4));
	put_interval(*state, (struct key){1, 1, 1, 0, 900}, false, VALUES(9));
	put_interval(*state, (struct key){1, 1, 1, 0, 960}, false, VALUES(10));
	query(*state, "UPDATE storage.slot SET since = at(1020) WHERE resource_id = 11;"
	              "UPDATE storage.resolution SET condensed = at(1000) WHERE number = 1");
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(11, 'heat', at(0), at(2000))",
	    "1020|3\n1030|4");
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(11, 'heat', at(900), at(1080), 1)",
	    "900|3.5");
	query(*state, "UPDATE storage.slot SET since = at(1031) WHERE resource_id = 11;");
	assert_answer(*state, "SELECT value FROM storage.latest(11) WHERE statistic = 'heat'", "");
}

static void samples_in_several_cohorts_are_one_series(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));

	put_samples(*state, 1, 1000, VALUES(1, 2));
	put_samples(*state, 2, 1000, VALUES(10, 20));
	query(*state, "INSERT INTO storage.slot VALUES (2, 9, 11, at(1000))");
	frame->present[9] = true;
	frame->value[9] = 7;
	put_frame(*state, (struct key){0, 2, 1, 0, 1005}, frame);
	frame->value[9] = 30;
	put_frame(*state, (struct key){0, 2, 2, 0, 1020}, frame);
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(11, 'heat', at(0), at(2000))",
	    "1000|1\n1005|7\n1010|2");
	assert_answer(*state,
	    "SELECT since(time), value FROM storage.samples(11, 'reads', at(0), at(2000))",
	    "1010|1\n1020|1");
	assert_answer(
	    *state, "SELECT value FROM storage.latest(11) WHERE statistic = 'reads'", "30");
	free(frame);
}

static void samples_of_removed_resources_are_gone(void **state)
{
	put_samples(*state, 1, 1000, VALUES(1, 2));
	query(*state, "INSERT INTO storage.slot VALUES (2, 9, 11, at(0));"
	              "INSERT INTO storage.gap VALUES (1, 1, at(0), NULL, 'offline'), (2, 2, "
	              "at(0), NULL, 'offline'),"
	              " (3, NULL, at(0), NULL, 'stopped');"
	              "DELETE FROM storage.resource WHERE id = 12");
	assert_answer(*state, "SELECT cohort_id, slot FROM storage.slot ORDER BY 1", "1|3\n2|9");
	/* with a scannable go its cohorts, and the slots of others in them */
	query(*state, "DELETE FROM storage.resource WHERE id = 2");
	assert_answer(*state, "SELECT id FROM storage.cohort", "1");
	assert_answer(*state, "SELECT cohort_id, slot FROM storage.slot", "1|3");
	assert_answer(*state, "SELECT id FROM storage.gap ORDER BY 1", "1\n3");
	query(*state, "DELETE FROM storage.resource WHERE id = 11");
	assert_answer(*state, "SELECT count(*) FROM storage.slot", "0");
	assert_refused(*state, "SELECT * FROM storage.samples(11, 'heat', at(0), at(2000))",
	    "resource: there is no resource 11");
}

static void samples_of_hidden_resources_are_not_shown(void **state)
{
	put_histogram(*state, 1000, 1, 2);
	query(*state, "UPDATE storage.class SET loaded = false WHERE id = 2");
	assert_refused(
	    *state, "SELECT * FROM storage.latest(11)", "resource: there is no resource 11");
	assert_answer(*state, "SELECT count(*) FROM storage.histograms", "0");
}

/* ---- gaps ---- */

static void gaps_say_why_samples_are_missing(void **state)
{
	put_samples(*state, 1, 1000, VALUES(1, 2));
	put_samples(*state, 1, 1100, VALUES(3));
	query(*state, "INSERT INTO storage.gap VALUES (1, 1, at(1015), at(1095), 'offline'),"
	              " (2, 2, at(0), NULL, 'crash'), (3, NULL, at(900), at(905), 'stopped'),"
	              " (4, 1, at(1105), NULL, 'deadline')");
	assert_answer(*state,
	    "SELECT since(time), value, count, gap FROM storage.samples(11, 'heat', at(900), "
	    "at(2000))",
	    "900||0|stopped\n1000|1|1|\n1010|2|1|\n1015||0|offline\n1100|3|1|\n1105||0|deadline");
	assert_answer(*state,
	    "SELECT since(time), value, gap FROM storage.samples(11, 'heat', at(1020), at(1030))",
	    "1020||offline");
	/* of equal intervals, for each that is empty */
	assert_answer(*state,
	    "SELECT since(time), value, gap FROM storage.intervals(11, 'heat', at(990), at(1140), "
	    "5)",
	    "990|1.5|\n1020||offline\n1050||offline\n1080|3|\n1110||deadline");
	/* and for the first of those that follow each other */
	assert_answer(*state,
	    "SELECT since(time), value, gap FROM storage.samples(11, 'heat', at(840), at(1380), 2)",
	    "900|2|\n1200||deadline");
	assert_answer(*state,
	    "SELECT scannable_id, since(begin_time), since(end_time), reason FROM storage.gaps"
	    " WHERE scannable_id = 2",
	    "2|0||crash");
}

/* ---- charts ---- */

static void charts_are_one_object(void **state)
{
	put_samples(*state, 1, 1000, VALUES(10, 20, 30.5));
	put_samples(*state, 2, 1000, VALUES(0, 5));
	put_histogram(*state, 1000, 1, 2);
	query(*state, "INSERT INTO storage.gap VALUES (1, 1, at(1030), NULL, 'offline')");
	assert_answer(*state,
	    "SELECT since(to_timestamp((c->>'from')::double precision)),"
	    " since(to_timestamp((c->>'to')::double precision)), c->'resource', c->'step'"
	    " FROM storage.charts(11, at(1000), at(1200)) AS c",
	    "1000|1200|11|null");
	assert_answer(*state,
	    "SELECT c->>'title', c->>'type', regexp_replace((c->'series')::text, '[0-9]{9,}', "
	    "'T'), c->'values', (SELECT string_agg("
	    "since(to_timestamp(t::double precision))::text, ' ') FROM"
	    " jsonb_array_elements_text(c->'times') AS t)"
	    " FROM jsonb_array_elements(storage.charts(11, at(1000), at(1200))->'charts') AS c",
	    "Work|series|[{\"type\": \"Gauge\", \"label\": \"Heat\", \"units\": \"C\", "
	    "\"statistic\": \"heat\"},"
	    " {\"type\": \"Counter\", \"label\": \"Reads\", \"units\": \"\", \"statistic\": "
	    "\"reads\"}]"
	    "|[[20, 0.5], [30.5, null]]|1010 1020\n"
	    "Sizes|histogram|[{\"time\": T, \"label\": \"Sizes\", \"units\": \"bytes\", "
	    "\"counts\": [1, 2],"
	    " \"statistic\": \"sizes\", \"bin_labels\": [\"small\", \"large\"]}]||");
	assert_answer(*state,
	    "SELECT since(to_timestamp((g->>'from')::double precision)), g->'to', g->>'reason'"
	    " FROM jsonb_array_elements(storage.charts(11, at(1000), at(1200))->'gaps') AS g",
	    "1030|null|offline");
}

static void charts_without_samples_are_there(void **state)
{
	assert_answer(*state,
	    "SELECT c->>'title', c->'values', c->'times', c->'series'->0->'counts'"
	    " FROM jsonb_array_elements(storage.charts(12, at(0), at(1200))->'charts') AS c",
	    "Work|[]|[]|\nSizes|||null");
	assert_answer(*state, "SELECT storage.charts(1, at(0), at(1200))->'charts'", "[]");
}

static void all_charts_have_the_same_step(void **state)
{
	put_three_hours(*state);
	assert_answer(*state,
	    "SELECT c->'step', jsonb_array_length(c->'charts'->0->'values')"
	    " FROM storage.charts(11, at(0), at(3600), 60) AS c",
	    "60|60");
	/* of less than that there is nothing */
	query(*state, "UPDATE storage.resolution SET retention = '1 hour' WHERE number = 0");
	assert_answer(*state,
	    "SELECT c->'step', c->'charts'->0->'values'"
	    " FROM storage.charts(11, at(10), at(50)) AS c",
	    "60|[]");
}

/* ---- refusals ---- */

static void bad_arguments_are_named(void **state)
{
	static const struct {
		const char *sql, *reason;
	} cases[] = {
	    {"storage.samples(5, 'heat', at(0), at(1))", "resource: there is no resource 5"},
	    {"storage.samples(NULL, 'heat', at(0), at(1))", "resource: there is no resource null"},
	    {"storage.samples(11, 'heet', at(0), at(1))",
	        "statistic: resource 11 has no statistic \"heet\""},
	    {"storage.samples(11, 'gone', at(0), at(1))",
	        "statistic: resource 11 has no statistic \"gone\""},
	    {"storage.samples(11, NULL, at(0), at(1))",
	        "statistic: resource 11 has no statistic \"null\""},
	    {"storage.samples(11, 'sizes', at(0), at(1))", "statistic: \"sizes\" is a histogram"},
	    {"storage.samples(11, 'heat', NULL, at(1))", "from_time: is null"},
	    {"storage.samples(11, 'heat', at(0), NULL)", "to_time: is null"},
	    {"storage.samples(11, 'heat', '2026-01-02 00:00Z', '2026-01-01 00:00Z')",
	        "to_time: 2026-01-01 00:00:00+00 is before from_time, 2026-01-02 00:00:00+00"},
	    {"storage.samples(11, 'heat', at(0), at(1), 0)",
	        "max_points: 0 is not from 1 to 100000"},
	    {"storage.samples(11, 'heat', at(0), at(1), NULL)",
	        "max_points: null is not from 1 to 100000"},
	    {"storage.intervals(11, 'heat', at(0), at(60), 0)",
	        "intervals: 0 is not from 1 to 100000"},
	    {"storage.intervals(11, 'heat', at(0), at(60), 100001)",
	        "intervals: 100001 is not from 1 to 100000"},
	    {"storage.intervals(11, 'heat', '2026-01-01 00:00Z', '2026-01-01 00:00:09Z', 1)",
	        "to_time: 2026-01-01 00:00:09+00 is less than 10 s after from_time, 2026-01-01 "
	        "00:00:00+00"},
	    {"storage.series(11, '{}', at(0), at(1))", "statistics: names none"},
	    {"storage.series(11, NULL, at(0), at(1))", "statistics: names none"},
	    {"storage.series(11, '{heat,sizes}', at(0), at(1))",
	        "statistic: \"sizes\" is a histogram"},
	    {"storage.histogram_samples(11, 'heat', at(0), at(1))",
	        "statistic: \"heat\" is not a histogram"},
	    {"storage.latest(5)", "resource: there is no resource 5"},
	    {"storage.charts(5, at(0), at(1))", "resource: there is no resource 5"},
	    {"storage.charts(11, at(0), at(1), -1)", "max_points: -1 is not from 1 to 100000"},
	};

	query(*state, "SET LOCAL timezone = 'UTC'");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *sql = xasprintf("SELECT * FROM %s", cases[i].sql);

		assert_refused(*state, sql, cases[i].reason);
		free(sql);
	}
}

static void readers_need_no_right_to_the_tables(void **state)
{
	put_samples(*state, 1, 1000, VALUES(1, 2));
	put_histogram(*state, 1000, 1, 2);
	query(*state,
	    "CREATE ROLE reader; GRANT USAGE ON SCHEMA storage TO reader;"
	    "GRANT SELECT ON storage.histograms, storage.gaps TO reader; SET LOCAL ROLE reader;"
	    "SET LOCAL timezone = 'America/New_York'; SET LOCAL extra_float_digits = 0");
	assert_answer(
	    *state, "SELECT value FROM storage.samples(11, 'heat', at(0), at(2000))", "1\n2");
	assert_answer(
	    *state, "SELECT value FROM storage.intervals(11, 'heat', at(0), at(2000), 1)", "1.5");
	assert_answer(
	    *state, "SELECT values FROM storage.series(11, '{heat}', at(0), at(2000))", "{1}\n{2}");
	assert_answer(*state,
	    "SELECT counts FROM storage.histogram_samples(11, 'sizes', at(0), at(2000))", "{1,2}");
	assert_answer(*state, "SELECT counts FROM storage.histograms", "{1,2}");
	assert_answer(*state, "SELECT count(value) FROM storage.latest(11)", "1");
	assert_answer(*state, "SELECT storage.charts(11, at(0), at(2000))->'resource'", "11");
	assert_answer(*state, "SELECT count(*) FROM storage.gaps", "0");
	assert_refused(*state, "SELECT * FROM storage.frame", "permission denied for table frame");
	assert_refused(*state, "SELECT * FROM storage.entries(11, 1, 0, 0, at(0), at(1))",
	    "permission denied for function entries");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_test, end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_value_is_read_bit_by_bit),
	    TEST(every_sum_is_read_bit_by_bit),
	    TEST(every_function_gives_every_bit),
	    TEST(samples_of_a_long_period_are_read_at_any_resolution),
	    TEST(frames_that_fill_pages_are_read),
	    TEST(gauges_are_read_as_they_were_sampled),
	    TEST(a_range_is_rounded_down_to_10_seconds),
	    TEST(samples_far_from_the_time_of_their_frame_are_found),
	    TEST(counters_are_read_as_rates),
	    TEST(samples_of_one_moment_have_no_rate_of_their_own),
	    TEST(a_range_is_read_at_the_finest_resolution_that_fits),
	    TEST(a_range_of_which_no_samples_are_left_is_read_from_intervals),
	    TEST(the_last_day_is_read_as_it_was_sampled),
	    TEST(what_is_not_condensed_comes_from_what_is_finer),
	    TEST(a_range_that_nothing_fits_is_read_by_several_days),
	    TEST(counters_of_intervals_are_rates_between_their_ends),
	    TEST(any_number_of_equal_intervals_is_given),
	    TEST(intervals_come_to_the_same_from_whatever_they_are_read),
	    TEST(condensing_changes_nothing),
	    TEST(series_are_merged_by_scan),
	    TEST(several_samples_of_a_scan_are_all_there),
	    TEST(series_of_intervals_are_merged),
	    TEST(histograms_have_a_history),
	    TEST(the_newest_sample_of_every_statistic_is_given),
	    TEST(the_newest_value_outlives_the_samples),
	    TEST(samples_of_an_earlier_resource_at_the_slot_are_not_shown),
	    TEST(samples_in_several_cohorts_are_one_series),
	    TEST(samples_of_removed_resources_are_gone),
	    TEST(samples_of_hidden_resources_are_not_shown),
	    TEST(gaps_say_why_samples_are_missing),
	    TEST(charts_are_one_object),
	    TEST(charts_without_samples_are_there),
	    TEST(all_charts_have_the_same_step),
	    TEST(bad_arguments_are_named),
	    TEST(readers_need_no_right_to_the_tables),
	};

	return cmocka_run_group_tests(tests, open_server, close_server);
}

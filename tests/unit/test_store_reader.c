/* SPDX-License-Identifier: MIT */
#include "store_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "model/frame.h"
#include "store/reader.h"

/*
 * What the schema has, as far as the reader knows it: charts() does as the number of points says.
 */
static const char functions[] =
    "CREATE SCHEMA storage;"
    "CREATE TABLE storage.thing (id integer);"
    "CREATE FUNCTION storage.charts(resource bigint, from_time timestamptz, to_time timestamptz,"
    " points integer) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN"
    " IF points = 0 THEN RAISE EXCEPTION 'max_points: % is not positive', points; END IF;"
    " IF points = 1 THEN PERFORM pg_sleep(600); END IF;"
    " IF points = 2 THEN RETURN to_jsonb(repeat('x', 100000)); END IF;"
    " IF points = 3 THEN INSERT INTO storage.thing VALUES (1); END IF;"
    " IF points = 4 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
    " IF points = 5 THEN RETURN NULL; END IF;"
    " RETURN jsonb_build_object('resource', resource, 'from', extract(epoch FROM from_time), 'to',"
    " extract(epoch FROM to_time), 'points', points); END $$;"
    "CREATE FUNCTION storage.latest(resource bigint) RETURNS TABLE (statistic text, at timestamptz,"
    " number double precision, bins bigint[]) LANGUAGE sql AS $$ VALUES"
    " ('zeal', to_timestamp(1700000000.5), 36.5::double precision, NULL::bigint[]),"
    " ('age', NULL, NULL, NULL), ('sizes', to_timestamp(1700000010), NULL, '{1,2}') $$;"
    "CREATE FUNCTION storage.series(resource bigint, names text[], from_time timestamptz,"
    " to_time timestamptz, points integer) RETURNS TABLE (\"time\" timestamptz,"
    " \"values\" double precision[]) LANGUAGE sql AS"
    " $$ VALUES (from_time, '{1,NULL}'::double precision[]), (to_time, '{2.5,-3}') $$;";

static const char events[] =
    "CREATE TABLE storage.resources (id bigint, plugin text, class text, class_label text,"
    " name text);"
    "CREATE TABLE storage.events (id bigint, \"time\" timestamptz, severity text,"
    " severity_number integer, resource_id bigint, alert_id bigint, message text);"
    "INSERT INTO storage.resources VALUES (7, 'acme', 'Drive', 'Disk', 'Disk 1');"
    "INSERT INTO storage.events VALUES"
    " (1, to_timestamp(1700000000), 'WARNING', 30, 7, 5, 'bad'),"
    " (2, to_timestamp(1700000000.25), 'INFO', 20, 7, 5, 'good'),"
    " (3, to_timestamp(1700000000.25), 'ERROR', 40, NULL, NULL, 'worse'),"
    " (4, to_timestamp(1700000001), 'ERROR', 40, 8, NULL, 'nobody knows'),"
    " (5, to_timestamp(1700009999), 'ERROR', 40, 7, NULL, 'later');";

#define ASKED_MAX 80

struct asker {
	struct database *database;
	struct reader *reader;
	size_t asked, answered;
	uint64_t numbers[ASKED_MAX];
	enum answer_status statuses[ASKED_MAX]; /* in the order of the answers */
	char *texts[ASKED_MAX];                 /* JSON or reasons */
	size_t awaited;
};

static struct asker asker;

static void take_answer(void *context, const struct database_answer *answer)
{
	size_t index = asker.answered++;

	assert_ptr_equal(context, &asker);
	asker.statuses[index] = answer->status;
	asker.texts[index] = answer->status == ANSWER_GIVEN ? xstrndup(answer->json, answer->length)
	                                                    : xstrdup(answer->reason);
}

static void ask(const struct database_question *question)
{
	assert_true(asker.asked < ASKED_MAX);
	asker.numbers[asker.asked] = reader_ask(asker.reader, question, take_answer, &asker);
	assert_true(asker.numbers[asker.asked++] != 0);
}

static void ask_charts(record_id resource, int64_t points)
{
	ask(&(const struct database_question){.subject = QUESTION_CHARTS,
	    .resource = resource,
	    .from = {1700000000 * US_PER_S},
	    .to = {1700003600 * US_PER_S},
	    .points = points});
}

static bool are_answered(void *context)
{
	(void)context;
	return asker.answered >= asker.awaited;
}

static void await(size_t count)
{
	asker.awaited = count;
	assert_true(run_until(server.base, are_answered, NULL));
	assert_int_equal(asker.answered, count);
}

static void assert_given(size_t index, const char *json)
{
	assert_string_equal(asker.texts[index], json);
	assert_int_equal(asker.statuses[index], ANSWER_GIVEN);
}

static void assert_refused(size_t index, enum answer_status status, const char *part)
{
	if (strstr(asker.texts[index], part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, asker.texts[index]);
	assert_int_equal(asker.statuses[index], status);
}

static void open_reader(const struct reader_limits *limits)
{
	reader_free(asker.reader);
	asker.reader = reader_new(server.base, asker.database->conninfo, limits);
}

static int start_asker(void **state)
{
	make_database(state);
	asker = (struct asker){.database = *state};
	query(asker.database->reader, functions);
	open_reader(&reader_default_limits);
	return 0;
}

static int stop_asker(void **state)
{
	reader_free(asker.reader);
	for (size_t i = 0; i < asker.answered; i++)
		free(asker.texts[i]);
	return drop_database(state);
}

/* How many connections of the reader there are. */
static const char *connections(void)
{
	return query(asker.database->reader,
	    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE"
	    " 'iml-plugin-runner (reader)%' AND datname = current_database()");
}

static bool is_asked(void *context)
{
	(void)context;
	return strcmp(query(asker.database->reader,
	                  "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query"
	                  " LIKE 'WITH answer%' AND datname = current_database()"),
	           "1") == 0;
}

static bool is_alone(void *context)
{
	(void)context;
	return strcmp(connections(), "0") == 0;
}

static void charts_are_asked_for_with_times_and_points(void **state)
{
	(void)state;
	ask_charts(INT64_C(9007199254740993), 1000);
	await(1);
	assert_given(0, "{\"to\": 1700003600.000000, \"from\": 1700000000.000000, \"points\": 1000,"
	                " \"resource\": 9007199254740993}");
}

static void latest_values_keep_the_order_of_declaration(void **state)
{
	(void)state;
	ask(&(const struct database_question){.subject = QUESTION_LATEST, .resource = 7});
	await(1);
	assert_given(0,
	    "{\"resource\": 7, \"statistics\": [{\"time\": 1700000000.500000, \"value\": 36.5,"
	    " \"counts\": null, \"statistic\": \"zeal\"}, {\"time\": null, \"value\": null,"
	    " \"counts\": null, \"statistic\": \"age\"}, {\"time\": 1700000010.000000, \"value\":"
	    " null, \"counts\": [1, 2], \"statistic\": \"sizes\"}]}");
}

static void series_take_statistics_of_any_name(void **state)
{
	static const char *const names[] = {"a\"b\\c", "{NULL,d}"};

	(void)state;
	ask(&(const struct database_question){.subject = QUESTION_SERIES,
	    .resource = 7,
	    .to = {10 * US_PER_S},
	    .points = 5,
	    .statistics = names,
	    .statistic_count = 2});
	await(1);
	assert_given(0,
	    "{\"to\": 10.000000, \"from\": 0.000000, \"times\": [0.000000, 10.000000], \"values\":"
	    " [[1, null], [2.5, -3]], \"resource\": 7, \"statistics\": [\"a\\\"b\\\\c\","
	    " \"{NULL,d}\"]}");
}

static void questions_are_answered_in_their_order_on_one_connection(void **state)
{
	char expected[32];

	(void)state;
	for (int i = 0; i < READER_QUESTIONS_MAX; i++)
		ask_charts(i, 1000);
	assert_int_equal(
	    reader_ask(asker.reader, &(const struct database_question){0}, take_answer, &asker), 0);
	await(READER_QUESTIONS_MAX);
	for (int i = 0; i < READER_QUESTIONS_MAX; i++) {
		snprintf(expected, sizeof(expected), "\"resource\": %d}", i);
		assert_non_null(strstr(asker.texts[i], expected));
	}
	assert_string_equal(connections(), "1");
	ask_charts(1, 1000);
	await(READER_QUESTIONS_MAX + 1);
}

static void an_error_that_the_function_raises_is_the_askers(void **state)
{
	(void)state;
	ask_charts(1, 0);
	ask_charts(1, 1000);
	await(2);
	assert_string_equal(asker.texts[0], "max_points: 0 is not positive");
	assert_int_equal(asker.statuses[0], ANSWER_REFUSED);
	assert_int_equal(asker.statuses[1], ANSWER_GIVEN);
}

static void a_slow_answer_is_given_up_and_the_next_is_given(void **state)
{
	struct reader_limits limits = reader_default_limits;

	(void)state;
	limits.answer_ms = 100;
	open_reader(&limits);
	ask_charts(1, 1);
	ask_charts(1, 1000);
	await(2);
	assert_refused(0, ANSWER_LATE, "statement timeout");
	/* Its own time may be over as well where the machine is slow. */
	assert_true(asker.statuses[1] == ANSWER_GIVEN || asker.statuses[1] == ANSWER_LATE);
	assert_string_equal(connections(), "1");
}

static void an_answer_beyond_the_limit_stays_in_the_database(void **state)
{
	struct reader_limits limits = reader_default_limits;

	(void)state;
	limits.answer_size = 100001;
	open_reader(&limits);
	ask_charts(1, 2);
	await(1);
	assert_refused(
	    0, ANSWER_TOO_LARGE, "the answer would have 100002 bytes, and 100001 is the most");
	limits.answer_size = 100002;
	open_reader(&limits);
	ask_charts(1, 2);
	await(2);
	assert_int_equal(strlen(asker.texts[1]), 100002);
}

static void nothing_can_be_written(void **state)
{
	(void)state;
	ask_charts(1, 3);
	await(1);
	assert_refused(0, ANSWER_AWAY, "read-only transaction");
	assert_string_equal(query(asker.database->reader, "SELECT * FROM storage.thing"), "");
}

static void no_answer_and_no_function_are_failures(void **state)
{
	(void)state;
	ask_charts(1, 5);
	query(asker.database->reader, "DROP FUNCTION storage.latest");
	ask(&(const struct database_question){.subject = QUESTION_LATEST, .resource = 7});
	await(2);
	assert_refused(0, ANSWER_FAILED, "no answer");
	assert_refused(1, ANSWER_FAILED, "storage.latest");
}

static void a_question_whose_connection_is_cut_is_asked_again(void **state)
{
	(void)state;
	ask_charts(1, 1);
	ask_charts(2, 1000);
	assert_true(run_until(server.base, is_asked, NULL));
	query(asker.database->reader,
	    "CREATE OR REPLACE FUNCTION storage.charts(resource bigint, from_time timestamptz,"
	    " to_time timestamptz, points integer) RETURNS jsonb LANGUAGE sql AS"
	    " $$ SELECT to_jsonb(resource) $$");
	query(asker.database->reader,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'WITH answer%'"
	    " AND datname = current_database()");
	await(2);
	assert_given(0, "1");
	assert_given(1, "2");
}

static void a_question_that_ends_each_connection_is_given_up(void **state)
{
	(void)state;
	ask_charts(1, 4);
	await(1);
	assert_refused(0, ANSWER_AWAY, "terminating connection");
	ask_charts(1, 1000);
	await(2);
	assert_int_equal(asker.statuses[1], ANSWER_GIVEN);
}

static void a_connection_that_ended_while_nothing_was_asked_is_made_anew(void **state)
{
	(void)state;
	ask_charts(1, 1000);
	await(1);
	query(asker.database->reader,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE"
	    " 'iml%' AND datname = current_database()");
	/* Whether the end is seen before the question or after it. */
	ask_charts(2, 1000);
	await(2);
	assert_int_equal(asker.statuses[1], ANSWER_GIVEN);
}

static void the_connection_is_closed_when_nothing_is_asked(void **state)
{
	struct reader_limits limits = reader_default_limits;

	(void)state;
	limits.idle_ms = 20;
	open_reader(&limits);
	ask_charts(1, 1000);
	await(1);
	assert_true(run_until(server.base, is_alone, NULL));
	ask_charts(1, 1000);
	await(2);
	assert_int_equal(asker.statuses[1], ANSWER_GIVEN);
}

static void who_withdraws_gets_no_answer(void **state)
{
	(void)state;
	ask_charts(1, 1000);
	ask_charts(2, 1000);
	ask_charts(3, 1000);
	reader_withdraw(asker.reader, asker.numbers[1]);
	await(2);
	assert_non_null(strstr(asker.texts[1], "\"resource\": 3"));
	/* A number that is known no more. */
	reader_withdraw(asker.reader, asker.numbers[0]);
	reader_withdraw(asker.reader, 0);
}

static void who_withdraws_what_is_being_answered_gets_no_answer(void **state)
{
	(void)state;
	ask_charts(1, 1);
	assert_true(run_until(server.base, is_asked, NULL));
	reader_withdraw(asker.reader, asker.numbers[0]);
	ask_charts(2, 1000);
	query(asker.database->reader,
	    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'WITH answer%'"
	    " AND datname = current_database()");
	await(1);
	assert_int_equal(asker.statuses[0], ANSWER_GIVEN);
}

static void a_reader_ends_with_questions_open(void **state)
{
	(void)state;
	ask_charts(1, 1);
	ask_charts(2, 1000);
	assert_true(run_until(server.base, is_asked, NULL));
	reader_free(asker.reader);
	asker.reader = NULL;
	query(asker.database->reader,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'WITH answer%'"
	    " AND datname = current_database()");
	assert_int_equal(asker.answered, 0);
}

static void a_database_that_is_away_is_told_to_all_who_wait(void **state)
{
	(void)state;
	reader_free(asker.reader);
	asker.reader =
	    reader_new(server.base, "host=/nowhere/at/all user=x", &reader_default_limits);
	ask_charts(1, 1000);
	ask_charts(2, 1000);
	await(2);
	assert_refused(0, ANSWER_AWAY, "/nowhere/at/all");
	assert_refused(1, ANSWER_AWAY, "/nowhere/at/all");
}

static void a_server_that_says_nothing_is_away(void **state)
{
	struct reader_limits limits = reader_default_limits;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *conninfo = xasprintf("host=%s user=x", server.directory);
	char *path = xasprintf("%s/.s.PGSQL.5432", server.directory);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_true(text_copy(address.sun_path, sizeof(address.sun_path), path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	limits.connect_ms = 50;
	reader_free(asker.reader);
	asker.reader = reader_new(server.base, conninfo, &limits);
	ask_charts(1, 1000);
	await(1);
	assert_refused(0, ANSWER_AWAY, "no answer within");
	close(fd);
	unlink(path);
	free(path);
	free(conninfo);
}

/* ---- with the schema as it is ---- */

/* Stores a sample of the temperature of resource 2 every 10 s from a time on. */
static void store_samples(PGconn *connection, int64_t from_s, const double *values, int count)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload = TEXT_EMPTY, sql = TEXT_EMPTY;

	query(connection, "CREATE TABLE storage.of_the_test PARTITION OF storage.frame_0 DEFAULT;"
	                  "INSERT INTO storage.cohort VALUES (1, 1, 2);"
	                  "INSERT INTO storage.slot VALUES (1, 5, 2, '1970-01-01 UTC')");
	for (int i = 0; i < count; i++) {
		text_reset(&payload);
		text_reset(&sql);
		frame->present[5] = true;
		frame->value[5] = values[i];
		frame_encode(frame, &payload);
		text_printf(&sql,
		    "INSERT INTO storage.frame (resolution, cohort_id, statistic_id, bin, time, "
		    "payload) VALUES (0, 1, 20, 0, to_timestamp(%lld), '\\x",
		    (long long)from_s + i * 10);
		for (size_t byte = 0; byte < payload.length; byte++)
			text_printf(&sql, "%02x", (unsigned char)payload.data[byte]);
		text_append(&sql, "')");
		query(connection, sql.data);
	}
	text_clear(&payload);
	text_clear(&sql);
	free(frame);
}

static int start_with_schema(void **state)
{
	struct changes *changes = new_changes();

	open_database(state);
	asker = (struct asker){.database = *state};
	add_class(changes, 1, "Couplet", true);
	add_class(changes, 2, "Thing", true);
	add_resource(changes, 1, 1, 0, "array");
	add_resource(changes, 2, 2, 1, "drive");
	changes->counters = (struct counters){.class_id = 2, .statistic_id = 21, .resource_id = 2};
	client_write(&asker.database->client, changes);
	client_close(&asker.database->client);
	open_reader(&reader_default_limits);
	return 0;
}

static void assert_said(size_t index, const char *part)
{
	assert_int_equal(asker.statuses[index], ANSWER_GIVEN);
	if (strstr(asker.texts[index], part) == NULL)
		fail_msg("%s is not in: %s", part, asker.texts[index]);
}

static void the_schema_answers_every_subject(void **state)
{
	static const double values[] = {36.5, 37, -4};
	static const char *const names[] = {"temperature"};
	const int64_t from = (wallclock_now().us / US_PER_S - 600) / 10 * 10;
	struct database_question question = {.resource = 2,
	    .from = {from * US_PER_S},
	    .to = {(from + 300) * US_PER_S},
	    .points = 100,
	    .statistics = names,
	    .statistic_count = 1};
	char *times = xasprintf("\"times\": [%lld, %lld, %lld]", (long long)from,
	    (long long)from + 10, (long long)from + 20);

	(void)state;
	store_samples(asker.database->reader, from, values, 3);
	question.subject = QUESTION_CHARTS;
	ask(&question);
	question.subject = QUESTION_LATEST;
	ask(&question);
	question.subject = QUESTION_SERIES;
	ask(&question);
	await(3);
	assert_said(0, times);
	assert_said(0, "\"values\": [[36.5], [37], [-4]]");
	assert_said(0, "\"label\": \"Temperature\"");
	assert_said(1, "\"value\": -4, \"counts\": null, \"statistic\": \"temperature\"}, {");
	assert_said(1, "\"statistic\": \"sizes\"}]");
	assert_said(2, "\"values\": [[36.5], [37], [-4]]");
	free(times);
}

static void the_schema_names_what_is_wrong(void **state)
{
	static const char *const names[] = {"noise"};
	struct database_question question = {.subject = QUESTION_SERIES,
	    .resource = 2,
	    .to = {US_PER_S},
	    .points = 100,
	    .statistics = names};

	(void)state;
	ask(&question);
	question.statistic_count = 1;
	ask(&question);
	ask_charts(99, 100);
	ask_charts(2, -1);
	await(4);
	assert_refused(0, ANSWER_REFUSED, "statistics: ");
	assert_refused(1, ANSWER_REFUSED, "noise");
	assert_refused(2, ANSWER_REFUSED, "resource: ");
	assert_refused(3, ANSWER_REFUSED, "max_points: ");
}

#define a_test(name) cmocka_unit_test_setup_teardown(name, start_asker, stop_asker)

static void events_come_the_newest_first_and_in_pages(void **state)
{
	struct database_question question = {.subject = QUESTION_EVENTS,
	    .from = {1700000000 * US_PER_S},
	    .to = {1700003600 * US_PER_S},
	    .points = 2};

	(void)state;
	query(asker.database->reader, events);
	ask(&question);
	question.after = 3;
	ask(&question);
	question = (struct database_question){.subject = QUESTION_EVENTS,
	    .resource = 7,
	    .from = {0},
	    .to = {1800000000 * US_PER_S},
	    .points = 100,
	    .severity = 30};
	ask(&question);
	question.resource = 9;
	ask(&question);
	await(4);
	assert_given(0,
	    "{\"next\": 3, \"events\": [{\"time\": \"2023-11-14T22:13:21.000000Z\", \"alert\": "
	    "null,"
	    " \"event\": 4, \"message\": \"nobody knows\", \"resource\": {\"id\": 8, \"class\": "
	    "null,"
	    " \"label\": null, \"class_label\": null}, \"severity\": \"ERROR\"},"
	    " {\"time\": \"2023-11-14T22:13:20.250000Z\", \"alert\": null, \"event\": 3,"
	    " \"message\": \"worse\", \"resource\": null, \"severity\": \"ERROR\"}]}");
	assert_given(1,
	    "{\"next\": null, \"events\": [{\"time\": \"2023-11-14T22:13:20.250000Z\", \"alert\": "
	    "5,"
	    " \"event\": 2, \"message\": \"good\", \"resource\": {\"id\": 7, \"class\": "
	    "\"acme.Drive\","
	    " \"label\": \"Disk 1\", \"class_label\": \"Disk\"}, \"severity\": \"INFO\"},"
	    " {\"time\": \"2023-11-14T22:13:20.000000Z\", \"alert\": 5, \"event\": 1,"
	    " \"message\": \"bad\", \"resource\": {\"id\": 7, \"class\": \"acme.Drive\","
	    " \"label\": \"Disk 1\", \"class_label\": \"Disk\"}, \"severity\": \"WARNING\"}]}");
	assert_non_null(strstr(asker.texts[2], "later"));
	assert_non_null(strstr(asker.texts[2], "bad"));
	assert_null(strstr(asker.texts[2], "good"));
	assert_given(3, "{\"next\": null, \"events\": []}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    a_test(charts_are_asked_for_with_times_and_points),
	    a_test(latest_values_keep_the_order_of_declaration),
	    a_test(series_take_statistics_of_any_name),
	    a_test(questions_are_answered_in_their_order_on_one_connection),
	    a_test(an_error_that_the_function_raises_is_the_askers),
	    a_test(a_slow_answer_is_given_up_and_the_next_is_given),
	    a_test(an_answer_beyond_the_limit_stays_in_the_database),
	    a_test(nothing_can_be_written),
	    a_test(no_answer_and_no_function_are_failures),
	    a_test(a_question_whose_connection_is_cut_is_asked_again),
	    a_test(a_question_that_ends_each_connection_is_given_up),
	    a_test(a_connection_that_ended_while_nothing_was_asked_is_made_anew),
	    a_test(the_connection_is_closed_when_nothing_is_asked),
	    a_test(who_withdraws_gets_no_answer),
	    a_test(who_withdraws_what_is_being_answered_gets_no_answer),
	    a_test(a_reader_ends_with_questions_open),
	    a_test(a_database_that_is_away_is_told_to_all_who_wait),
	    a_test(a_server_that_says_nothing_is_away),
	    a_test(events_come_the_newest_first_and_in_pages),
	    cmocka_unit_test_setup_teardown(
	        the_schema_answers_every_subject, start_with_schema, stop_asker),
	    cmocka_unit_test_setup_teardown(
	        the_schema_names_what_is_wrong, start_with_schema, stop_asker),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}

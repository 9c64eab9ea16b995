/* SPDX-License-Identifier: MIT */
#include "store_client.h"

static struct text log_lines;

/* Ends the connection of the store from the server's side. */
static void cut_off(const struct database *database)
{
	query(database->reader,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	    " WHERE application_name LIKE 'iml%' AND datname = current_database()");
}

/* Ends it, and waits until the store has seen that. */
static void cut_off_and_wait(const struct database *database)
{
	cut_off(database);
	while (store_state(database->client.store) != STORE_WAITING)
		assert_int_equal(event_base_loop(server.base, EVLOOP_ONCE), 0);
}

static void keep_line(int level, const char *plugin, const char *scannable, const char *line)
{
	(void)plugin;
	(void)scannable;
	if (level >= LOG_LEVEL_INFO)
		text_printf(&log_lines, "%s\n", line);
}

static size_t count_in_log(const char *text)
{
	size_t count = 0;

	for (const char *at = log_lines.data; at != NULL && (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

static int forget_log(void **state)
{
	text_reset(&log_lines);
	log_set_sink(keep_line);
	return make_database(state);
}

static int show_log(void **state)
{
	log_set_sink(NULL);
	return drop_database(state);
}

/* The transaction of many rows that is being written when something happens. */
static struct changes *some_changes(size_t first, size_t count)
{
	struct changes *changes = first == 0 ? example_changes() : new_changes();

	for (size_t i = first; i < first + count; i++) {
		char key[32];

		snprintf(key, sizeof(key), "drive %zu", i);
		add_resource(changes, 100 + (record_id)i, 2, 1, key);
		add_event(changes, 100 + (record_id)i, 100 + (record_id)i, 0);
	}
	return changes;
}

struct moment {
	struct client *client;
	size_t committed;
	size_t turns;
};

/* Some turns of the loop after a number of transactions was committed. */
static bool moment_has_come(void *context)
{
	struct moment *moment = context;

	enum store_state state = store_state(moment->client->store);

	return moment->client->committed >= moment->committed &&
	       (state == STORE_READY || state == STORE_WRITING) && moment->turns-- == 0;
}

static void nothing_is_lost_when_the_server_is_killed_during_writes(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	for (size_t i = 0; i < 12; i++)
		client_give(client, some_changes(i * 1000, 1000));
	for (size_t i = 0; i < 3; i++) {
		struct moment moment = {client, i * 2 + 1, i};
		struct monotonic deadline = monotonic_after(monotonic_now(), DEADLINE_NS);

		assert_true(run_until(server.base, moment_has_come, &moment));
		kill(server_pid(&server), SIGKILL);
		while (store_state(client->store) != STORE_WAITING)
			assert_true(event_base_loop(server.base, EVLOOP_ONCE) == 0 &&
			            monotonic_since(deadline, monotonic_now()) > 0);
	}
	client_settle(client);

	assert_null(client->fatal);
	assert_int_equal(client->committed, 12);
	PQreset(database->reader);
	assert_answer(database, "SELECT count(*) FROM storage.resource", "12004");
	assert_answer(database, "SELECT count(*) FROM storage.event", "12001");
	assert_answer(database, "SELECT revision FROM storage.counter", "12");
	assert_int_equal(store_statistics(client->store)->transactions, 12);
	assert_true(store_statistics(client->store)->reconnects >= 3);
}

static void an_outage_is_told_once_and_its_end_once(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	text_reset(&log_lines);
	cut_off_and_wait(database);
	client_give(client, example_changes());
	client_settle(client);

	assert_int_equal(client->committed, 1);
	assert_int_equal(count_in_log("database lost, trying again: "), 1);
	assert_int_equal(count_in_log("administrator command"), 1);
	assert_int_equal(count_in_log("database back after "), 1);
}

static bool has_failed_twice(void *context)
{
	return store_statistics(((struct client *)context)->store)->failures >= 2;
}

static bool has_reconnected_twice(void *context)
{
	return store_statistics(((struct client *)context)->store)->reconnects >= 2;
}

static bool is_waiting_for_rights_to_write(void *context)
{
	struct client *client = context;

	return store_state(client->store) == STORE_WAITING && client->reason != NULL &&
	       strstr(client->reason, "read-only") != NULL;
}

static char *with(const struct database *database, const char *more)
{
	return xasprintf("%s %s", database->conninfo, more);
}

static void a_refused_row_does_not_show_its_password(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	query(database->reader,
	    "ALTER TABLE storage.resource ADD CONSTRAINT refuse CHECK (secrets IS NULL)");
	client_write(client, example_changes());

	assert_true(count_in_log("SQLSTATE 23514") > 0);
	assert_int_equal(count_in_log("xyzzy"), 0);
}

static void a_warning_of_the_server_is_in_the_log(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	query(database->reader,
	    "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN RAISE NOTICE ''all is well''; RAISE WARNING ''it is nearly full'';"
	    " RETURN NULL; END';"
	    " CREATE TRIGGER warn AFTER INSERT ON storage.resource EXECUTE FUNCTION warn()");
	client_write(client, example_changes());

	assert_int_equal(count_in_log("database: it is nearly full (SQLSTATE 01000)"), 1);
	assert_int_equal(count_in_log("all is well"), 0);
}

static void a_failure_to_write_is_told_once_and_its_end_once(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	query(database->reader, "ALTER TABLE storage.event RENAME TO elsewhere");
	client_give(client, example_changes());
	assert_true(run_until(server.base, has_failed_twice, client));

	assert_int_equal(count_in_log("writing to the database failed, trying again"), 1);
	query(database->reader, "ALTER TABLE storage.elsewhere RENAME TO event");
	client_settle(client);
	assert_int_equal(count_in_log("writing to the database works again"), 1);
}

static void a_database_that_became_read_only_is_not_back_before_it_can_be_written(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *sql =
	    xasprintf("ALTER DATABASE %s SET default_transaction_read_only = on", database->name);

	client_open(client, server.base, database->conninfo);
	text_reset(&log_lines);
	query(database->reader, sql);
	cut_off_and_wait(database);
	client_give(client, example_changes());
	assert_true(run_until(server.base, is_waiting_for_rights_to_write, client));
	assert_int_equal(count_in_log("database lost, trying again: "), 1);
	assert_int_equal(count_in_log("database back"), 0);

	free(sql);
	sql = xasprintf("SET default_transaction_read_only = off;"
	                " ALTER DATABASE %s RESET default_transaction_read_only",
	    database->name);
	query(database->reader, sql);
	client_settle(client);
	assert_int_equal(count_in_log("database back after "), 1);
	free(sql);
}

static void an_outage_ends_when_what_was_in_flight_is_stored(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	text_reset(&log_lines);
	query(database->reader,
	    "CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM"
	    " pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';"
	    "CREATE TRIGGER fall AFTER INSERT ON storage.event FOR EACH STATEMENT"
	    " EXECUTE FUNCTION fall()");
	client_give(client, example_changes());
	assert_true(run_until(server.base, has_reconnected_twice, client));
	assert_int_equal(count_in_log("database lost, trying again: "), 1);
	assert_int_equal(count_in_log("database back"), 0);

	query(database->reader, "DROP TRIGGER fall ON storage.event");
	client_settle(client);
	assert_int_equal(count_in_log("database back after "), 1);
}

static void a_database_of_another_encoding_is_refused_with_the_remedy(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo = with(database, "dbname=latin");

	query(database->reader,
	    "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
	client_begin(client, server.base, conninfo);
	client_settle(client);

	assert_non_null(strstr(client->fatal, "\"latin\" has the encoding LATIN1"));
	assert_non_null(strstr(client->fatal, "ENCODING 'UTF8' TEMPLATE template0"));
	client_close(client);
	query(database->reader, "DROP DATABASE latin WITH (FORCE)");
	free(conninfo);
}

static bool is_waiting_with_reason(void *context)
{
	struct client *client = context;

	return store_state(client->store) == STORE_WAITING && client->reason != NULL;
}

static void a_server_that_is_away_at_first_is_waited_for(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo = xasprintf("host=%s dbname=x password=xyzzy", server.directory);

	client_begin(client, server.base, conninfo);
	assert_true(run_until(server.base, is_waiting_with_reason, client));

	assert_null(client->fatal);
	assert_non_null(strstr(client->reason, "No such file"));
	assert_null(strstr(client->reason, "xyzzy"));
	free(conninfo);
}

static void a_refused_login_is_waited_for(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo = with(database, "user=nobody_known password=xyzzy");

	client_begin(client, server.base, conninfo);
	assert_true(run_until(server.base, is_waiting_with_reason, client));

	assert_null(client->fatal);
	assert_non_null(strstr(client->reason, "role \"nobody_known\" does not exist"));
	assert_null(strstr(client->reason, "xyzzy"));
	free(conninfo);
}

static void a_conninfo_that_cannot_be_read_is_fatal_and_not_shown(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_begin(client, server.base, "host=/tmp password=very xyzzy");
	client_settle(client);

	assert_non_null(client->fatal);
	assert_non_null(strstr(client->fatal, "can't be read"));
	assert_null(strstr(client->fatal, "xyzzy"));
	assert_int_equal(store_state(client->store), STORE_STOPPED);
}

static void a_newer_schema_is_refused(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	client_close(client);
	query(database->reader,
	    "INSERT INTO storage.migration (number, name, program) VALUES (77, 'x', '9.0')");
	client_begin(client, server.base, database->conninfo);
	client_settle(client);

	assert_non_null(client->fatal);
	assert_non_null(strstr(client->fatal, "version 77"));
	assert_non_null(strstr(client->fatal, "up to 1"));
	assert_false(client->loaded);
}

static void a_schema_of_another_is_refused(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	query(database->reader, "CREATE SCHEMA storage; CREATE TABLE storage.barrels (n integer)");
	client_begin(client, server.base, database->conninfo);
	client_settle(client);

	assert_non_null(client->fatal);
	assert_non_null(strstr(client->fatal, "use another database, or rename"));
	assert_answer(database, "SELECT count(*) FROM storage.barrels", "0");
}

static void an_empty_schema_made_for_the_runner_is_used(void **state)
{
	struct database *database = *state;

	query(database->reader, "CREATE SCHEMA storage");
	client_open(&database->client, server.base, database->conninfo);

	assert_answer(database, "SELECT count(*) FROM storage.resources", "0");
}

static void a_migration_is_applied_once(void **state)
{
	struct database *database = *state;

	client_open(&database->client, server.base, database->conninfo);
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);

	assert_answer(database, "SELECT number FROM storage.migration", "1");
}

/* Once what the role began has ended. */
static void drop_poor(struct database *database)
{
	query(database->reader,
	    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = 'poor'");
	query(database->reader, "DROP OWNED BY poor; DROP ROLE poor");
}

static void a_role_that_may_not_make_the_schema_waits_until_somebody_has(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo = with(database, "user=poor");
	char *grant = xasprintf("GRANT CREATE ON DATABASE %s TO poor", database->name);

	query(database->reader, "CREATE ROLE poor LOGIN");
	client_begin(client, server.base, conninfo);
	assert_true(run_until(server.base, is_waiting_with_reason, client));
	assert_null(client->fatal);
	assert_non_null(strstr(client->reason, "the role \"poor\" may not create it"));
	assert_non_null(strstr(client->reason, "Run iml-plugin db init --conninfo \"host=/"));
	assert_int_equal(count_in_log("Run iml-plugin db init"), 1);
	assert_answer(database, "SELECT to_regnamespace('storage') IS NULL", "t");

	query(database->reader, grant);
	client_settle(client);
	assert_true(client->loaded);
	assert_int_equal(count_in_log("the database was taken care of after"), 1);
	client_close(client);
	drop_poor(database);
	free(grant);
	free(conninfo);
}

static void a_role_without_rights_on_the_schema_waits_for_them(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo = with(database, "user=poor");

	client_open(client, server.base, database->conninfo);
	client_close(client);
	query(database->reader, "CREATE ROLE poor LOGIN");
	client_begin(client, server.base, conninfo);
	assert_true(run_until(server.base, is_waiting_with_reason, client));
	assert_null(client->fatal);
	assert_non_null(strstr(client->reason, "\"poor\" has no rights on the schema"));

	query(database->reader,
	    "INSERT INTO storage.role VALUES ('runner', 'poor'); SELECT storage.grant_rights()");
	client_settle(client);
	assert_true(client->loaded);
	client_write(client, example_changes());
	client_close(client);
	drop_poor(database);
	free(conninfo);
}

static void a_second_store_is_refused_by_name(void **state)
{
	struct database *database = *state;
	struct client second;
	char *self = xasprintf("another runner (iml-plugin-runner %d on ", (int)getpid());

	client_open(&database->client, server.base, database->conninfo);
	client_begin(&second, server.base, database->conninfo);
	client_settle(&second);

	assert_non_null(second.fatal);
	assert_non_null(strstr(second.fatal, self));
	client_write(&database->client, example_changes());
	client_close(&second);
	free(self);
}

/* It looked for the lock and did not get it. */
static bool is_locked_out(void *context)
{
	struct moment *moment = context;

	return store_state(moment->client->store) == STORE_MIGRATING && moment->turns-- == 0;
}

static void a_lock_that_becomes_free_is_waited_for(void **state)
{
	struct database *database = *state;
	struct client second;
	struct moment moment = {.client = &second, .turns = 20};

	client_open(&database->client, server.base, database->conninfo);
	client_begin(&second, server.base, database->conninfo);
	assert_true(run_until(server.base, is_locked_out, &moment));
	assert_null(second.fatal);
	client_close(&database->client);
	client_settle(&second);

	assert_null(second.fatal);
	assert_true(second.loaded);
	client_close(&second);
}

static void a_database_restored_from_a_backup_is_refused(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	client_write(client, example_changes());
	client_write(client, example_changes());
	query(database->reader, "UPDATE storage.counter SET revision = 1");
	cut_off(database);
	while (client->fatal == NULL)
		assert_int_equal(event_base_loop(server.base, EVLOOP_ONCE), 0);

	assert_non_null(strstr(client->fatal, "restored from a backup"));
}

static void cut_off_loading(struct client *client)
{
	struct database *database = client->context;

	if (client->resource_rows % 3000 == 0)
		cut_off(database);
}

static void loading_goes_on_after_a_lost_connection(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	client_write(client, some_changes(0, 20000));
	client_close(client);
	client_begin(client, server.base, database->conninfo);
	client->on_resource = cut_off_loading;
	client->context = database;
	client_settle(client);

	assert_null(client->fatal);
	assert_int_equal(client->resource_rows, 20004);
	assert_int_equal(count_in_log("database reached"), 0);
}

static void an_attempt_can_be_made_at_once(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_open(client, server.base, database->conninfo);
	cut_off_and_wait(database);
	store_retry_now(client->store);
	event_base_loop(server.base, EVLOOP_NONBLOCK);

	assert_int_not_equal(store_state(client->store), STORE_WAITING);
	client_settle(client);
}

static void every_state_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(store_state_name(STORE_WAITING), "waiting");
	assert_string_equal(store_state_name(STORE_STOPPED), "stopped");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, forget_log, show_log)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_lost_when_the_server_is_killed_during_writes),
	    TEST(an_outage_is_told_once_and_its_end_once),
	    TEST(a_refused_row_does_not_show_its_password),
	    TEST(a_warning_of_the_server_is_in_the_log),
	    TEST(a_failure_to_write_is_told_once_and_its_end_once),
	    TEST(a_database_that_became_read_only_is_not_back_before_it_can_be_written),
	    TEST(an_outage_ends_when_what_was_in_flight_is_stored),
	    TEST(a_database_of_another_encoding_is_refused_with_the_remedy),
	    TEST(a_server_that_is_away_at_first_is_waited_for),
	    TEST(a_refused_login_is_waited_for),
	    TEST(a_conninfo_that_cannot_be_read_is_fatal_and_not_shown),
	    TEST(a_newer_schema_is_refused),
	    TEST(a_schema_of_another_is_refused),
	    TEST(an_empty_schema_made_for_the_runner_is_used),
	    TEST(a_migration_is_applied_once),
	    TEST(a_role_that_may_not_make_the_schema_waits_until_somebody_has),
	    TEST(a_role_without_rights_on_the_schema_waits_for_them),
	    TEST(a_second_store_is_refused_by_name),
	    TEST(a_lock_that_becomes_free_is_waited_for),
	    TEST(a_database_restored_from_a_backup_is_refused),
	    TEST(loading_goes_on_after_a_lost_connection),
	    TEST(an_attempt_can_be_made_at_once),
	    cmocka_unit_test(every_state_has_a_name),
	};
	int failed;

	log_set_level(LOG_LEVEL_INFO);
	failed = cmocka_run_group_tests_name("store/connection", tests, start_server, stop_server);
	text_clear(&log_lines);
	return failed;
}

/* SPDX-License-Identifier: MIT */
/* What a server that hangs, or somebody's lock, does to the store: for as long as its limits say.
 */
#include "store_client.h"

static const struct store_limits short_limits = {.statement_ms = 400, .lock_ms = 100};

/* A store with short limits, connected. */
static void open_limited(struct database *database)
{
	struct client *client = &database->client;

	client_begin(client, server.base, database->conninfo);
	store_set_limits(client->store, &short_limits);
	client_settle(client);
	assert_null(client->fatal);
}

static bool has_failed_twice(void *context)
{
	return store_statistics(((struct client *)context)->store)->failures >= 2;
}

static void a_lock_that_others_hold_is_not_waited_for_forever(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	open_limited(database);
	query(database->reader, "BEGIN; LOCK TABLE storage.event");
	client_give(client, example_changes());
	assert_true(run_until(server.base, has_failed_twice, client));

	assert_non_null(strstr(store_write_error(client->store), "lock timeout"));
	assert_int_equal(client->committed, 0);
	query(database->reader, "COMMIT");
	client_settle(client);
	assert_int_equal(client->committed, 1);
	assert_int_equal(store_statistics(client->store)->reconnects, 0);
}

static void a_statement_that_takes_too_long_is_tried_again(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	open_limited(database);
	query(database->reader,
	    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';"
	    " CREATE TRIGGER dawdle AFTER INSERT ON storage.event EXECUTE FUNCTION dawdle()");
	client_give(client, example_changes());
	assert_true(run_until(server.base, has_failed_twice, client));

	assert_non_null(strstr(store_write_error(client->store), "statement timeout"));
	query(database->reader, "DROP TRIGGER dawdle ON storage.event");
	client_settle(client);
	assert_int_equal(client->committed, 1);
	assert_answer(database, "SELECT count(*) FROM storage.resource", "4");
}

/* Time passes quickly meanwhile. */
static bool has_given_the_server_up(void *context)
{
	struct client *client = context;

	clock_skip(NS_PER_S);
	return store_state(client->store) == STORE_WAITING && client->reason != NULL &&
	       strstr(client->reason, "the server has not answered for") != NULL;
}

static void a_server_that_says_nothing_is_given_up(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	pid_t process;

	open_limited(database);
	process = (pid_t)strtol(
	    query(database->reader, "SELECT pid FROM pg_stat_activity"
	                            " WHERE application_name LIKE 'iml%' AND datname ="
	                            " current_database()"),
	    NULL, 10);
	assert_int_equal(kill(process, SIGSTOP), 0);
	client_give(client, example_changes());
	assert_true(run_until(server.base, has_given_the_server_up, client));
	assert_int_equal(kill(process, SIGCONT), 0);

	client_settle(client);
	assert_null(client->fatal);
	assert_int_equal(client->committed, 1);
	assert_answer(database, "SELECT count(*) FROM storage.resource", "4");
}

static void what_the_role_sets_does_not_matter(void **state)
{
	struct database *database = *state;
	char *sql =
	    xasprintf("ALTER DATABASE %s SET statement_timeout = '1ms'; ALTER DATABASE %s SET"
	              " idle_session_timeout = '50ms'",
	        database->name, database->name);
	struct monotonic since;

	query(database->reader, sql);
	client_open(&database->client, server.base, database->conninfo);
	since = monotonic_now();
	while (monotonic_since(monotonic_now(), since) < 200 * NS_PER_MS)
		event_base_loop(server.base, EVLOOP_ONCE);
	client_write(&database->client, example_changes());

	assert_int_equal(store_statistics(database->client.store)->reconnects, 0);
	free(sql);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_database, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_lock_that_others_hold_is_not_waited_for_forever),
	    TEST(a_statement_that_takes_too_long_is_tried_again),
	    TEST(what_the_role_sets_does_not_matter),
	    TEST(a_server_that_says_nothing_is_given_up),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/limits", tests, start_server, stop_server);
}

/* SPDX-License-Identifier: MIT */
/*
 * Samples that are sent while those before them are not stored yet: the server is held up by a lock
 * until both are sent, and something then happens to the first ones.
 */
#include "store_client.h"

/* Frames of one second each, so that none is stored twice. */
static int64_t seconds;

static struct changes *some_frames(void)
{
	struct changes *changes = new_changes();

	seconds++;
	add_sample_frame(changes, 1, 20, 0, half_past() + seconds, (double)seconds);
	add_sample_frame(changes, 1, 21, 0, half_past() + seconds, (double)seconds);
	return changes;
}

static struct changes *an_event(void)
{
	struct changes *changes = new_changes();

	add_event(changes, ++seconds, 0, 0);
	return changes;
}

static size_t count_in_flight(struct database *database)
{
	const struct changes *in_flight[STORE_IN_FLIGHT_MOST];

	return store_in_flight(database->client.store, in_flight);
}

static bool is_writing(void *context)
{
	struct database *database = context;

	return store_state(database->client.store) == STORE_WRITING;
}

static void offer(struct database *database, struct changes *changes)
{
	client_give(&database->client, changes);
	store_offer(database->client.store);
}

/* Gives changes that are sent, while the lock holds up the server. */
static void give_first(struct database *database, const char *lock, struct changes *(*first)(void))
{
	client_calm(&database->client);
	query(database->reader, "BEGIN");
	query(database->reader, lock);
	client_give(&database->client, first());
	assert_true(run_until(server.base, is_writing, database));
}

/* The same with samples, which are sent although those before are not stored yet. */
static void send_two(struct database *database, const char *lock)
{
	give_first(database, lock, some_frames);
	offer(database, some_frames());
	assert_int_equal(count_in_flight(database), 2);
}

static const char lock_counter[] = "SELECT FROM storage.counter FOR UPDATE";

/* Everything that was given is stored once, and the server counts as the store does. */
static void assert_all_is_stored(struct database *database)
{
	char *counts;

	client_calm(&database->client);
	counts = xasprintf("%ld|%ld", (long)seconds, (long)store_revision(database->client.store));
	assert_answer(database,
	    "SELECT (SELECT count(*) FROM storage.frame WHERE resolution = 0"
	    " AND statistic_id = 20) +"
	    " (SELECT count(*) FROM storage.event), revision FROM storage.counter",
	    counts);
	assert_int_equal(count_in_flight(database), 0);
	free(counts);
}

/* Ends the lock and waits until both are stored, of which the store does not hear. */
static void let_the_server_go_on(struct database *database)
{
	struct monotonic end = monotonic_after(monotonic_now(), DEADLINE_NS);
	int64_t before = store_revision(database->client.store), now = before;

	query(database->reader, "COMMIT");
	while (now < before + 2 && monotonic_since(end, monotonic_now()) > 0)
		now = strtoll(
		    query(database->reader, "SELECT revision FROM storage.counter"), NULL, 10);
	assert_int_equal(now, before + 2);
	assert_int_equal(store_revision(database->client.store), before);
}

static void the_server_does_not_wait_for_the_next_ones(void **state)
{
	struct database *database = *state;

	send_two(database, lock_counter);
	let_the_server_go_on(database);
	assert_all_is_stored(database);
}

static void what_is_not_only_samples_waits(void **state)
{
	struct database *database = *state;

	give_first(database, lock_counter, some_frames);
	offer(database, an_event());
	query(database->reader, "COMMIT");
	assert_all_is_stored(database);
}

static void samples_wait_for_what_is_not_only_samples(void **state)
{
	struct database *database = *state;

	give_first(database, lock_counter, an_event);
	offer(database, some_frames());
	assert_int_equal(count_in_flight(database), 1);
	query(database->reader, "COMMIT");
	assert_all_is_stored(database);
}

/* Longer than it takes until the turn of what else is due has come. */
static bool is_later(void *context)
{
	const struct monotonic *begun = context;

	return monotonic_since(monotonic_now(), *begun) > 50 * NS_PER_MS;
}

static void samples_follow_however_long_those_before_take(void **state)
{
	struct database *database = *state;
	struct monotonic begun;

	give_first(database, lock_counter, some_frames);
	begun = monotonic_now();
	assert_true(run_until(server.base, is_later, &begun));
	offer(database, some_frames());
	let_the_server_go_on(database);
	assert_all_is_stored(database);
}

static void what_is_offered_is_taken_at_once(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	client_give(client, some_frames());
	assert_int_equal(count_in_flight(database), 0);
	store_offer(client->store);
	assert_int_equal(count_in_flight(database), 1);
	offer(database, some_frames());
	assert_int_equal(count_in_flight(database), 1);
	assert_all_is_stored(database);
	assert_int_equal(store_revision(client->store), 2);
}

static void nothing_that_is_offered_is_committed_without_a_transaction(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	offer(database, new_changes());
	client_settle(client);
	assert_int_equal(client->committed, 1);
	assert_int_equal(store_revision(client->store), 0);
}

static const char terminate[] =
    "SELECT count(pg_terminate_backend(pid, 300000)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'";

static void both_are_written_again_when_the_connection_is_lost(void **state)
{
	struct database *database = *state;

	send_two(database, lock_counter);
	assert_answer(database, terminate, "1");
	query(database->reader, "COMMIT");
	assert_all_is_stored(database);
	assert_int_equal(store_statistics(database->client.store)->reconnects, 1);
}

static void what_was_stored_before_the_connection_is_lost_is_stored_once(void **state)
{
	struct database *database = *state;

	send_two(database, lock_counter);
	let_the_server_go_on(database);
	assert_answer(database, terminate, "1");
	assert_all_is_stored(database);
}

static void what_was_taken_before_the_connection_is_lost_is_stored(void **state)
{
	struct database *database = *state;

	offer(database, some_frames());
	assert_answer(database, terminate, "1");
	assert_all_is_stored(database);
	assert_int_equal(store_statistics(database->client.store)->reconnects, 1);
}

static bool has_failed(void *context)
{
	return store_statistics(((struct database *)context)->client.store)->failures > 0;
}

static bool has_given_up(void *context)
{
	return ((struct database *)context)->client.fatal != NULL;
}

static void what_is_only_taken_hides_no_transaction_of_others(void **state)
{
	struct database *database = *state;

	give_first(database, lock_counter, some_frames);
	offer(database, an_event());
	assert_int_equal(count_in_flight(database), 2);
	query(database->reader, "UPDATE storage.counter SET revision = revision + 2");
	assert_answer(database, terminate, "1");
	query(database->reader, "COMMIT");
	assert_true(run_until(server.base, has_given_up, database));
	assert_non_null(strstr(database->client.fatal, "changed by others"));
}

/* Makes the transaction of the first ones fail, and only that. To make a trigger locks the table.
 */
static void fail_the_first(struct database *database, const char *trigger)
{
	char *sql = xasprintf(
	    "CREATE TABLE refused AS SELECT revision + 1 AS revision FROM storage.counter;"
	    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN IF NEW.revision = (SELECT revision FROM public.refused) THEN"
	    " RAISE ''not now''; END IF; RETURN NEW; END';"
	    "%s FOR EACH ROW EXECUTE FUNCTION refuse()",
	    trigger);

	send_two(database, sql);
	query(database->reader, "COMMIT");
	free(sql);
	assert_true(run_until(server.base, has_failed, database));
	assert_int_equal(count_in_flight(database), 2);
	query(database->reader, "DROP TRIGGER refuse ON storage.counter");
	assert_all_is_stored(database);
}

static void both_wait_when_the_first_ones_fail(void **state)
{
	fail_the_first(*state, "CREATE TRIGGER refuse BEFORE UPDATE ON storage.counter");
}

static void both_are_written_again_when_the_first_ones_fail_at_their_end(void **state)
{
	fail_the_first(*state, "CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON storage.counter"
	                       " DEFERRABLE INITIALLY DEFERRED");
}

static void a_frame_that_is_refused_keeps_no_other_away(void **state)
{
	struct database *database = *state;

	send_two(database, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
	                   " 'BEGIN RAISE check_violation; END';"
	                   "CREATE TRIGGER refuse BEFORE INSERT ON storage.frame FOR EACH ROW WHEN"
	                   " (NEW.statistic_id = 21) EXECUTE FUNCTION refuse()");
	query(database->reader, "COMMIT");
	assert_all_is_stored(database);
	assert_int_equal(store_statistics(database->client.store)->failures, 0);
	assert_int_equal(store_statistics(database->client.store)->left_out, 2);
}

static int open_prepared(void **state)
{
	struct database *database;

	assert_int_equal(open_database(state), 0);
	database = *state;
	seconds = 0;
	client_calm(&database->client);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_prepared, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_server_does_not_wait_for_the_next_ones),
	    TEST(what_is_not_only_samples_waits),
	    TEST(samples_wait_for_what_is_not_only_samples),
	    TEST(samples_follow_however_long_those_before_take),
	    TEST(what_is_offered_is_taken_at_once),
	    TEST(nothing_that_is_offered_is_committed_without_a_transaction),
	    TEST(both_are_written_again_when_the_connection_is_lost),
	    TEST(what_was_stored_before_the_connection_is_lost_is_stored_once),
	    TEST(what_was_taken_before_the_connection_is_lost_is_stored),
	    TEST(what_is_only_taken_hides_no_transaction_of_others),
	    TEST(both_wait_when_the_first_ones_fail),
	    TEST(both_are_written_again_when_the_first_ones_fail_at_their_end),
	    TEST(a_frame_that_is_refused_keeps_no_other_away),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/ahead", tests, start_server, stop_server);
}

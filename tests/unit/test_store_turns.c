/* SPDX-License-Identifier: MIT */
/* What is due beside writing is done however much there is to write. */
#include "store_client.h"

static struct changes *one_more_event(struct client *client)
{
	struct changes *changes = new_changes();

	add_event(changes, (record_id)client->queued + 1, 0, 0);
	return changes;
}

/* Samples, which are sent while those before them are being stored. */
static struct changes *one_more_frame(struct client *client)
{
	struct changes *changes = new_changes();

	add_sample_frame(changes, 1, (record_id)client->queued + 1, 0, half_past(), 1);
	return changes;
}

/* From here on there is always more to write. */
static void write_without_end(
    struct database *database, struct changes *(*one_more)(struct client *client))
{
	client_calm(&database->client);
	database->client.more = one_more;
	store_kick(database->client.store);
}

static void end_writing(struct database *database)
{
	database->client.more = NULL;
	client_settle(&database->client);
	assert_null(database->client.fatal);
}

static bool is_asked(void *context)
{
	struct database *database = context;

	return database->client.requests > 0;
}

static void read_requests(
    struct database *database, struct changes *(*one_more)(struct client *client))
{
	write_without_end(database, one_more);
	query(database->reader,
	    "INSERT INTO storage.request (kind, arguments) VALUES ('alias', '{}');"
	    "NOTIFY storage_manager");
	assert_true(run_until(server.base, is_asked, database));
	end_writing(database);
}

static void what_the_manager_asks_for_is_read(void **state)
{
	read_requests(*state, one_more_event);
}

static void what_the_manager_asks_for_is_read_though_samples_are_sent_ahead(void **state)
{
	read_requests(*state, one_more_frame);
}

/* Asks again each time. */
static bool is_tended(void *context)
{
	struct database *database = context;

	query(database->reader, "NOTIFY storage_manager");
	return strcmp(query(database->reader, "SELECT retention = '2 days' FROM storage.resolution"
	                                      " WHERE number = 0"),
	           "t") == 0;
}

static void tend_statistics(
    struct database *database, struct changes *(*one_more)(struct client *client))
{
	static const int64_t retention_s[STORE_RESOLUTIONS] = {
	    172800, 259200, 604800, 2592000, 6048000000};

	write_without_end(database, one_more);
	store_set_retention(database->client.store, retention_s);
	assert_true(run_until(server.base, is_tended, database));
	end_writing(database);
}

static void statistics_are_tended_though_the_manager_always_asks(void **state)
{
	tend_statistics(*state, one_more_event);
}

static void statistics_are_tended_though_samples_are_sent_ahead(void **state)
{
	tend_statistics(*state, one_more_frame);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_the_manager_asks_for_is_read),
	    TEST(what_the_manager_asks_for_is_read_though_samples_are_sent_ahead),
	    TEST(statistics_are_tended_though_the_manager_always_asks),
	    TEST(statistics_are_tended_though_samples_are_sent_ahead),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/turns", tests, start_server, stop_server);
}

/* SPDX-License-Identifier: MIT */
/* What those who show the database ask it. */
#include "store_client.h"

/* A class with an ancestry of its own. */
static void add_kind(struct changes *changes, record_id id, const char *name, const char *ancestry)
{
	struct class_row *row;

	add_class(changes, id, name, true);
	row = &changes->classes[changes->class_count - 1];
	free(row->ancestry);
	row->ancestry = xstrdup(ancestry);
	for (size_t i = 0; i < row->statistic_count; i++)
		row->statistics[i].id = id * 10 + (record_id)i;
}

static void add_thing(
    struct changes *changes, record_id id, record_id class_id, const char *attributes)
{
	char key[16];

	snprintf(key, sizeof(key), "%d", (int)id);
	add_resource(changes, id, class_id, class_id == 1 ? 0 : 1, key);
	free(changes->resources[changes->resource_count - 1].attributes);
	changes->resources[changes->resource_count - 1].attributes = xstrdup(attributes);
}

/* Enclosure 2 with disks 3 and 4, pool 5, LUN 6, device node 7; spare disk 8; couplet 1. */
static struct changes *array_changes(void)
{
	static const struct {
		record_id class_id;
		const char *attributes;
	} things[] = {
	    {1, "{}"},
	    {2, "{\"slot\": 10}"},
	    {3, "{\"slot\": 9, \"state\": \"b\", \"spare\": true, \"near\": {\"ref\": 6}}"},
	    {3, "{\"slot\": 10, \"state\": \"a\", \"spare\": false, \"near\": {\"ref\": 2}}"},
	    {2, "{\"slot\": null}"},
	    {2, "{\"slot\": -1.5}"},
	    {2, "{}"},
	    {4, "{\"slot\": 100}"},
	};
	static const record_id links[][2] = {{3, 2}, {4, 2}, {5, 3}, {5, 4}, {6, 5}, {7, 6}};
	struct changes *changes = new_changes();

	add_kind(changes, 1, "Couplet", "[\"acme.Couplet\", \"ScannableResource\", \"Resource\"]");
	add_kind(changes, 2, "Thing", "[\"acme.Thing\", \"Resource\"]");
	add_kind(changes, 3, "HardDrive",
	    "[\"acme.HardDrive\", \"acme.Drive\", \"PhysicalDisk\", \"Resource\"]");
	add_kind(changes, 4, "Drive", "[\"acme.Drive\", \"PhysicalDisk\", \"Resource\"]");
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		add_thing(changes, (record_id)i + 1, things[i].class_id, things[i].attributes);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		add_parent(changes, links[i][0], links[i][1]);
	return changes;
}

/* An alert on a resource with its cause, 0 for none, and root cause. */
static void add_caused(struct changes *changes, record_id id, record_id resource, record_id cause,
    record_id root, bool active)
{
	add_alert(changes, id, resource, active);
	changes->alerts[changes->alert_count - 1].cause_id = cause;
	changes->alerts[changes->alert_count - 1].root_cause_id = root;
}

static void ancestors_are_the_resource_and_all_above_once(void **state)
{
	struct database *database = *state;

	client_write(&database->client, array_changes());
	assert_answer(
	    database, "SELECT id FROM storage.ancestors(7) ORDER BY 1", "2\n3\n4\n5\n6\n7");
	assert_answer(database, "SELECT id FROM storage.ancestors(1)", "1");
	assert_answer(database, "SELECT count(*) FROM storage.ancestors(99)", "0");
	assert_answer(database, "SELECT id FROM storage.descendants(3) ORDER BY 1", "5\n6\n7");
	assert_answer(database, "SELECT count(*) FROM storage.descendants(8)", "0");
}

static void the_graph_has_each_resource_with_its_parents(void **state)
{
	struct database *database = *state;
	struct changes *changes;

	client_write(&database->client, array_changes());
	assert_answer(database,
	    "SELECT id, class_label, label, parents FROM storage.graph"
	    " WHERE id IN (SELECT id FROM storage.ancestors(5)) ORDER BY id",
	    "2|acme.Thing|Thing 2|{}\n3|acme.HardDrive|Thing 3|{2}\n4|acme.HardDrive|Thing 4|{2}\n"
	    "5|acme.Thing|Thing 5|{3,4}");
	assert_answer(database, "SELECT count(*) FROM storage.graph", "8");

	changes = new_changes();
	ADD(changes, classes, class_count, (struct class_row){.id = 3});
	client_write(&database->client, changes);
	assert_answer(database, "SELECT id, parents FROM storage.graph WHERE id = 5", "5|{}");
}

static void resources_are_found_by_kind(void **state)
{
	struct database *database = *state;

	client_write(&database->client, array_changes());
	assert_answer(database,
	    "SELECT id FROM storage.resources_of_kind('PhysicalDisk') ORDER BY id", "3\n4\n8");
	assert_answer(database,
	    "SELECT id FROM storage.resources_of_kind('acme.Drive') ORDER BY id", "3\n4\n8");
	assert_answer(database,
	    "SELECT id FROM storage.resources_of_kind('acme.HardDrive') WHERE plugin = 'acme'"
	    " ORDER BY id",
	    "3\n4");
	assert_answer(database, "SELECT count(*) FROM storage.resources_of_kind('Fan')", "0");
	assert_answer(database,
	    "SELECT count(*) FROM storage.resources WHERE ancestry ? 'PhysicalDisk'", "3");
}

static void resources_tell_their_scannable_and_whether_users_may_remove_them(void **state)
{
	struct database *database = *state;
	struct changes *changes = array_changes();

	add_thing(changes, 9, 2, "{}");
	changes->resources[8].scope_id = 0;
	ADD(changes, reporters_added, reporters_added_count, (struct reporter_row){9, 1});
	changes->resources[0].added = true;
	client_write(&database->client, changes);
	assert_answer(database,
	    "SELECT id, removable, scannable_id FROM storage.resources WHERE id IN (1, 2, 9)"
	    " ORDER BY id",
	    "1|f|1\n2|f|1\n9|f|1");
	changes = array_changes();
	changes->resources[0].added = true;
	changes->resources[0].configured = false;
	client_write(&database->client, changes);
	assert_answer(database, "SELECT removable FROM storage.resources WHERE id = 1", "t");
}

/* The ids of all but the couplet in order of an attribute, those of equal values by id. */
static const char *sorted(struct database *database, const char *attribute, const char *direction)
{
	static char sql[512];

	snprintf(sql, sizeof(sql),
	    "SELECT string_agg(id::text, ' ' ORDER BY storage.sort_value(attributes->'%s') %s"
	    " NULLS LAST, id) FROM storage.resources WHERE id > 1",
	    attribute, direction);
	return query(database->reader, sql);
}

static void any_attribute_sorts_by_its_type_with_nothing_last(void **state)
{
	struct database *database = *state;

	client_write(&database->client, array_changes());
	assert_string_equal(sorted(database, "slot", "ASC"), "6 3 2 4 8 5 7");
	assert_string_equal(sorted(database, "slot", "DESC"), "8 2 4 3 6 5 7");
	assert_string_equal(sorted(database, "state", "ASC"), "4 3 2 5 6 7 8");
	assert_string_equal(sorted(database, "state", "DESC"), "3 4 2 5 6 7 8");
	assert_string_equal(sorted(database, "spare", "ASC"), "4 3 2 5 6 7 8");
	/* A reference by the name of what it refers to, not by its number. */
	query(database->reader, "UPDATE storage.resource SET alias = 'zenith' WHERE id = 2");
	assert_string_equal(sorted(database, "near", "ASC"), "3 4 2 5 6 7 8");
	assert_string_equal(sorted(database, "near", "DESC"), "4 3 2 5 6 7 8");
	assert_string_equal(sorted(database, "unknown", "DESC"), "2 3 4 5 6 7 8");
}

static void a_reference_shows_alias_or_label_of_its_target(void **state)
{
	static const char sql[] =
	    "SELECT storage.reference_name(attributes->'near') FROM storage.resources WHERE id = 3";
	struct database *database = *state;

	client_write(&database->client, array_changes());
	assert_answer(database, sql, "Thing 6");
	query(database->reader, "UPDATE storage.resource SET alias = 'test alias' WHERE id = 6");
	assert_answer(database, sql, "test alias");
	query(database->reader, "UPDATE storage.resource SET alias = NULL WHERE id = 6");
	assert_answer(database, sql, "Thing 6");
	assert_answer(database, "SELECT storage.reference_name(NULL) IS NULL", "t");
	assert_answer(database, "SELECT storage.reference_name('null') IS NULL", "t");
}

static void alerts_are_listed_as_own_and_as_propagated(void **state)
{
	struct database *database = *state;
	struct changes *changes = array_changes();

	add_caused(changes, 1, 3, 0, 1, true);
	add_caused(changes, 2, 5, 1, 1, true);
	add_caused(changes, 3, 5, 0, 3, false);
	free(changes->alerts[2].name);
	changes->alerts[2].name = xstrdup("_status_WARNING");
	changes->alerts[2].severity = SEVERITY_WARNING;
	changes->alerts[2].dismissed = true;
	client_write(&database->client, changes);

	assert_answer(database, "SELECT * FROM storage.active_alerts(3)", "1|f");
	assert_answer(database, "SELECT * FROM storage.active_alerts(5) ORDER BY 1", "1|t\n2|f");
	assert_answer(database, "SELECT * FROM storage.active_alerts(7) ORDER BY 1", "1|t\n2|t");
	assert_answer(database, "SELECT count(*) FROM storage.active_alerts(4)", "0");
	assert_answer(database,
	    "SELECT id, message, end_time > begin_time, dismissed FROM storage.alerts"
	    " WHERE resource_id = 5 AND NOT active AND severity = 'WARNING'",
	    "3|Failure 3|t|t");
}

static void consequences_fold_into_their_root_cause(void **state)
{
	struct database *database = *state;
	struct changes *changes = array_changes();

	add_caused(changes, 1, 2, 0, 1, true);
	add_caused(changes, 2, 3, 1, 1, true);
	add_caused(changes, 3, 5, 2, 1, true);
	add_caused(changes, 4, 8, 0, 4, true);
	client_write(&database->client, changes);
	assert_answer(database,
	    "SELECT id, consequences FROM storage.alerts WHERE active AND cause_id IS NULL"
	    " ORDER BY id",
	    "1|2\n4|0");
	assert_answer(database,
	    "SELECT string_agg(id::text, ' ' ORDER BY id) FROM storage.alerts"
	    " WHERE root_cause_id = 1",
	    "1 2 3");
	assert_answer(database,
	    "SELECT alert_id, string_agg(resource_id::text, ' ' ORDER BY resource_id)"
	    " FROM storage.affected GROUP BY 1 ORDER BY 1",
	    "1|3 4 5 6 7\n2|5 6 7\n3|6 7");

	/* What is hidden is not counted. */
	changes = new_changes();
	ADD(changes, classes, class_count, (struct class_row){.id = 3});
	client_write(&database->client, changes);
	assert_answer(database, "SELECT consequences FROM storage.alerts WHERE id = 1", "1");
}

static void what_is_affected_follows_the_links(void **state)
{
	static const char sql[] = "SELECT string_agg(resource_id::text, ' ' ORDER BY resource_id)"
	                          " FROM storage.affected WHERE alert_id = 1";
	struct database *database = *state;
	struct changes *changes = array_changes();

	add_caused(changes, 1, 3, 0, 1, true);
	client_write(&database->client, changes);
	assert_answer(database, sql, "5 6 7");

	changes = new_changes();
	add_parent(changes, 8, 3);
	ADD(changes, parents_removed, parents_removed_count, (struct parent_row){6, 5, 1});
	client_write(&database->client, changes);
	assert_answer(database, sql, "5 8");

	changes = new_changes();
	ADD(changes, removed_resources, removed_resource_count, 5);
	client_write(&database->client, changes);
	assert_answer(database, sql, "8");

	changes = new_changes();
	add_caused(changes, 1, 3, 0, 1, false);
	client_write(&database->client, changes);
	assert_answer(database, sql, "");
}

static void causes_that_leave_no_record_are_forgotten(void **state)
{
	struct database *database = *state;
	struct changes *changes = array_changes();

	add_caused(changes, 1, 1, 0, 1, false);
	free(changes->alerts[0].name);
	free(changes->alerts[0].attribute);
	changes->alerts[0].name = xstrdup(ALERT_ROW_OFFLINE);
	changes->alerts[0].attribute = NULL;
	add_caused(changes, 2, 2, 1, 1, false);
	client_write(&database->client, changes);
	assert_answer(
	    database, "SELECT cause_id, root_cause_id FROM storage.alerts WHERE id = 2", "1|1");

	changes = new_changes();
	ADD(changes, forgotten_offline, forgotten_offline_count, 1);
	client_write(&database->client, changes);
	assert_answer(
	    database, "SELECT cause_id, root_cause_id FROM storage.alerts WHERE id = 2", "|2");
	assert_answer(database, "SELECT count(*) FROM storage.alerts", "1");
}

static void a_reader_of_the_views_needs_no_rights_on_tables(void **state)
{
	static const char *const queries[] = {
	    "SELECT count(*) FROM storage.ancestors(7)",
	    "SELECT count(*) FROM storage.descendants(2)",
	    "SELECT count(*) FROM storage.active_alerts(7)",
	    "SELECT count(*) FROM storage.resources_of_kind('PhysicalDisk')",
	    "SELECT count(*) FROM storage.graph",
	    "SELECT count(*) FROM storage.affected",
	    "SELECT count(consequences) FROM storage.alerts",
	    "SELECT count(*) FROM storage.affected_volumes",
	    "SELECT count(*) FROM storage.affected_servers",
	    "SELECT count(storage.sort_value(attributes->'near')) FROM storage.resources",
	};
	static const char *const answers[] = {"6", "5", "1", "3", "8", "3", "1", "0", "0", "2"};
	struct database *database = *state;
	struct changes *changes = array_changes();

	add_caused(changes, 1, 3, 0, 1, true);
	client_write(&database->client, changes);
	query(database->reader,
	    "DROP ROLE IF EXISTS viewer; CREATE ROLE viewer; GRANT USAGE ON SCHEMA storage TO "
	    "viewer;"
	    "GRANT SELECT ON storage.resources, storage.alerts, storage.affected, storage.graph,"
	    " storage.affected_volumes, storage.affected_servers TO viewer; SET ROLE viewer");
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		assert_answer(database, queries[i], answers[i]);
	query(database->reader, "RESET ROLE; DROP OWNED BY viewer; DROP ROLE viewer");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(ancestors_are_the_resource_and_all_above_once),
	    TEST(the_graph_has_each_resource_with_its_parents),
	    TEST(resources_are_found_by_kind),
	    TEST(resources_tell_their_scannable_and_whether_users_may_remove_them),
	    TEST(any_attribute_sorts_by_its_type_with_nothing_last),
	    TEST(a_reference_shows_alias_or_label_of_its_target),
	    TEST(alerts_are_listed_as_own_and_as_propagated),
	    TEST(consequences_fold_into_their_root_cause),
	    TEST(what_is_affected_follows_the_links),
	    TEST(causes_that_leave_no_record_are_forgotten),
	    TEST(a_reader_of_the_views_needs_no_rights_on_tables),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/queries", tests, start_server, stop_server);
}

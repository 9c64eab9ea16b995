/* SPDX-License-Identifier: MIT */
#include "store_client.h"

/* Everything in the database, as text. */
static char *dump(const struct database *database)
{
	static const char *const tables[] = {"plugin", "class", "statistic", "resource", "parent",
	    "reporter", "reference", "alert", "event", "cohort", "slot", "frame"};
	struct text text = TEXT_EMPTY;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char *sql = xasprintf("SELECT t::text FROM storage.%s t ORDER BY 1", tables[i]);

		text_printf(&text, "%s:\n%s\n", tables[i], query(database->reader, sql));
		free(sql);
	}
	return text_steal(&text);
}

static void stored_rows_are_seen_through_the_views(void **state)
{
	struct database *database = *state;

	client_write(&database->client, example_changes());

	assert_answer(database, "SELECT * FROM storage.plugins", "acme|t|2");
	assert_answer(database,
	    "SELECT id, plugin, name, label, scannable, internal, ancestry FROM storage.classes "
	    "ORDER BY id",
	    "1|acme|Couplet|acme.Couplet|t|f|[\"acme.Couplet\", \"Resource\"]\n"
	    "2|acme|Thing|acme.Thing|f|f|[\"acme.Thing\", \"Resource\"]");
	assert_answer(database, "SELECT * FROM storage.resources ORDER BY id LIMIT 2",
	    "1|1|acme|Couplet|acme.Couplet||[\"array\"]|Thing array||Thing array|{\"serial\": "
	    "\"array\"}|t|f|[\"acme.Couplet\", \"Resource\"]|f|1\n"
	    "2|2|acme|Thing|acme.Thing|1|[\"drive\"]|Thing drive||Thing drive|{\"serial\": "
	    "\"drive\"}|f|f|[\"acme.Thing\", \"Resource\"]|f|1");
	assert_answer(database, "SELECT * FROM storage.parents ORDER BY 1", "3|2\n4|3");
	assert_answer(database, "SELECT * FROM storage.affected ORDER BY 2", "1|3\n1|4");
}

static void times_and_texts_are_exact(void **state)
{
	struct database *database = *state;

	query(database->reader, "SET TimeZone = 'UTC'");
	client_write(&database->client, example_changes());

	assert_answer(database, "SELECT * FROM storage.alerts",
	    "1|2|_status_ERROR|status|ERROR|40|Failure 1|2023-11-14 22:13:20.123456+00||t|f||1|0");
	assert_answer(database, "SELECT * FROM storage.events",
	    "1|2023-11-14 22:13:20+00|INFO|20|2|1|Something \"happened\" — twice\\");
	assert_answer(database, "SELECT since FROM storage.slot", "2020-09-13 12:26:40+00");
	assert_answer(database, "SELECT max(time) - min(time) FROM storage.frame", "00:00:10");
	assert_answer(database, "SELECT sampled FROM storage.counter", "2023-11-14 22:13:30+00");
}

static void classes_show_charts_relations_and_fields(void **state)
{
	struct database *database = *state;

	client_write(&database->client, example_changes());

	assert_answer(database,
	    "SELECT charts->0->>'title', charts->0->'series', relations->0->>'class',"
	    " relations->0->'ignore_case' FROM storage.classes WHERE id = 2",
	    "Heat|[\"temperature\"]|ScsiDevice|true");
	assert_answer(database,
	    "SELECT statistics->0->>'units', statistics->0->'bin_labels',"
	    " statistics->1->'bin_labels' FROM storage.classes WHERE id = 2",
	    "C|null|[\"≤512\", \"≥513\"]");
	assert_answer(database, "SELECT fields FROM storage.classes WHERE id = 2",
	    "[{\"name\": \"serial\", \"type\": \"String\"}, {\"name\": \"secret\", "
	    "\"type\": \"Password\"}]");
}

static void columns_leave_out_what_is_hidden_or_secret(void **state)
{
	struct database *database = *state;

	client_write(&database->client, example_changes());

	assert_answer(database, "SELECT columns FROM storage.classes WHERE id = 2",
	    "[{\"name\": \"serial\", \"type\": \"String\"}]");
	assert_answer(database,
	    "SELECT string_agg(s->>'name', ' '), max(s->>'bins') FROM storage.classes,"
	    " jsonb_array_elements(statistics) s WHERE id = 2",
	    "temperature sizes|[[0, 512], [513, null]]");
}

static void writing_twice_changes_nothing(void **state)
{
	struct database *database = *state;
	char *once, *twice;

	client_write(&database->client, example_changes());
	once = dump(database);
	client_write(&database->client, example_changes());
	twice = dump(database);

	assert_string_equal(once, twice);
	assert_answer(database, "SELECT count(*) FROM storage.resource", "4");
	free(once);
	free(twice);
}

/* A pause of a scannable, or (0) of the plugin "acme". */
static void add_pause(struct changes *changes, record_id scannable, bool lasts)
{
	changes->pauses =
	    xreallocarray(changes->pauses, changes->pause_count + 1, sizeof(*changes->pauses));
	changes->pauses[changes->pause_count++] = (struct pause_row){.scannable_id = scannable,
	    .plugin = xstrdup("acme"),
	    .since = {1700000000000000},
	    .user = 5,
	    .why = scannable != 0 ? xstrdup("work") : NULL,
	    .lasts = lasts};
}

static void pauses_are_kept_until_they_end(void **state)
{
	static const char pauses[] =
	    "SELECT string_agg(concat(scannable_id, plugin, user_id, reason), ' '"
	    " ORDER BY scannable_id) FROM storage.pauses";
	struct database *database = *state;
	struct changes *changes;

	client_write(&database->client, example_changes());
	for (int twice = 0; twice < 2; twice++) {
		changes = new_changes();
		add_pause(changes, 1, true);
		add_pause(changes, 99, true);
		add_pause(changes, 0, true);
		client_write(&database->client, changes);
		assert_answer(database, pauses, "1acme5work acme5");
	}
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);
	assert_non_null(strstr(database->client.rows.data,
	    "pause 1 acme 1700000000000000 5 work\npause 0 acme 1700000000000000 5 none\n"));
	changes = new_changes();
	add_pause(changes, 0, false);
	client_write(&database->client, changes);
	assert_answer(database, pauses, "1acme5work");
	changes = new_changes();
	ADD(changes, removed_resources, removed_resource_count, 1);
	client_write(&database->client, changes);
	assert_answer(database, "SELECT count(*) FROM storage.pauses", "0");
}

static void what_was_written_is_loaded(void **state)
{
	struct database *database = *state;

	client_write(&database->client, example_changes());
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);

	assert_string_equal(database->client.rows.data,
	    "counters 2 21 4 1 1 cohort 1 gap 0 sampled 1700000010000000\n"
	    "class 1 acme.Couplet 'acme.Couplet' 101 [\"acme.Couplet\", \"Resource\"] "
	    "[{\"name\":\"serial\",\"type\":\"String\"},{\"name\":\"secret\",\"type\":\"Password\"}"
	    ","
	    "{\"name\":\"inner\",\"type\":\"String\",\"hidden\":true}] "
	    "[{\"title\":\"Heat\",\"series\":[\"temperature\"]}] "
	    "[{\"type\":\"provide\",\"plugin\":\"linux\",\"class\":\"ScsiDevice\","
	    "\"attributes\":[\"serial\"],\"ignore_case\":true}]\n"
	    "statistic 10 temperature Gauge 'Temperature' C 10 none none\n"
	    "statistic 11 sizes BytesHistogram 'Sizes'  60 [[0,512],[513,null]] "
	    "[\"≤512\",\"≥513\"]\n"
	    "class 2 acme.Thing 'acme.Thing' 001 [\"acme.Thing\", \"Resource\"] "
	    "[{\"name\":\"serial\",\"type\":\"String\"},{\"name\":\"secret\",\"type\":\"Password\"}"
	    ","
	    "{\"name\":\"inner\",\"type\":\"String\",\"hidden\":true}] "
	    "[{\"title\":\"Heat\",\"series\":[\"temperature\"]}] "
	    "[{\"type\":\"provide\",\"plugin\":\"linux\",\"class\":\"ScsiDevice\","
	    "\"attributes\":[\"serial\"],\"ignore_case\":true}]\n"
	    "statistic 20 temperature Gauge 'Temperature' C 10 none none\n"
	    "statistic 21 sizes BytesHistogram 'Sizes'  60 [[0,512],[513,null]] "
	    "[\"≤512\",\"≥513\"]\n"
	    "resource 1 class 1 scope 0 [\"array\"] 'Thing array' none {\"serial\": \"array\"} "
	    "{\"secret\": \"xyzzy\"} 1\n"
	    "resource 2 class 2 scope 1 [\"drive\"] 'Thing drive' none {\"serial\": \"drive\"} "
	    "none "
	    "0\n"
	    "resource 3 class 2 scope 1 [\"pool\"] 'Thing pool' none {\"serial\": \"pool\"} none "
	    "0\n"
	    "resource 4 class 2 scope 1 [\"lun\"] 'Thing lun' none {\"serial\": \"lun\"} none 0\n"
	    "parent 3 2 1\n"
	    "parent 4 3 1\n"
	    "reporter 4 1\n"
	    "alert 1 2 _status_ERROR status 40 'Failure 1' 1700000000123456 1\n"
	    "cohort 1 1 2\n"
	    "slot 1 0 2 1600000000000000\n");
}

static void what_was_given_and_who_says_that_an_alert_holds_come_back(void **state)
{
	struct database *database = *state;
	struct changes *changes = example_changes();

	changes->resources[0].given = xstrdup("{\"address\": \"a\", \"password\": null}");
	changes->alerts[0].voters = xstrdup("{1}");
	client_write(&database->client, changes);
	changes = new_changes();
	add_alert(changes, 1, 2, true);
	changes->alerts[0].voters = xstrdup("{4,1}");
	client_write(&database->client, changes);
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);

	assert_non_null(strstr(database->client.rows.data,
	    "\ngiven {\"address\": \"a\", \"password\": null}\nresource 2 "));
	assert_non_null(strstr(database->client.rows.data, "\nvoters {4,1}\n"));
}

static void what_no_scannable_in_use_reports_is_hidden(void **state)
{
	static const char shown[] =
	    "SELECT id, scannable_id FROM storage.resources WHERE id > 1 ORDER BY id";
	struct database *database = *state;
	struct changes *changes = new_changes();

	add_class(changes, 1, "Couplet", true);
	add_class(changes, 2, "Thing", true);
	for (record_id id = 1; id <= 5; id++) {
		add_resource(changes, id, id <= 2 ? 1 : 2, 0, (char[]){(char)('0' + id), '\0'});
		changes->resources[id - 1].in_use = id == 2;
	}
	for (record_id id = 3; id <= 4; id++)
		ADD(changes, reporters_added, reporters_added_count,
		    (struct reporter_row){.resource_id = id, .reporter_id = 1});
	ADD(changes, reporters_added, reporters_added_count,
	    (struct reporter_row){.resource_id = 4, .reporter_id = 2});
	client_write(&database->client, changes);
	assert_answer(database, shown, "2|2\n4|2");

	changes = new_changes();
	add_resource(changes, 1, 1, 0, "1");
	client_write(&database->client, changes);
	assert_answer(database, shown, "2|2\n3|1\n4|1");
}

static void a_new_database_loads_as_nothing(void **state)
{
	struct database *database = *state;

	assert_string_equal(
	    database->client.rows.data, "counters 0 0 0 0 0 cohort 0 gap 0 sampled 0\n");
	assert_answer(
	    database, "SELECT number, name, program FROM storage.migration", "1|storage|" VERSION);
}

static void empty_changes_are_done_without_a_transaction(void **state)
{
	struct database *database = *state;

	client_write(&database->client, new_changes());

	assert_answer(database, "SELECT revision FROM storage.counter", "0");
	assert_int_equal(store_statistics(database->client.store)->transactions, 0);
	assert_int_equal(database->client.committed, 1);
}

static void only_parts_with_rows_send_statements(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	query(database->reader,
	    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN RAISE ''%'', tg_table_name; END';"
	    "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON storage.resource"
	    " FOR EACH STATEMENT EXECUTE FUNCTION refuse();"
	    "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON storage.class"
	    " FOR EACH STATEMENT EXECUTE FUNCTION refuse();"
	    "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON storage.parent"
	    " FOR EACH STATEMENT EXECUTE FUNCTION refuse()");
	add_sample_frame(changes, 1, 20, 0, 20, 1);
	client_write(&database->client, changes);

	assert_int_equal(store_statistics(database->client.store)->failures, 0);
	assert_answer(database, "SELECT count(*) FROM storage.frame", "5");
}

static void listeners_are_notified_once_per_transaction(void **state)
{
	struct database *database = *state;
	struct changes *changes = example_changes();
	PGnotify *notification;

	ADD(changes, removed_resources, removed_resource_count, 77);
	query(database->reader, "LISTEN storage");
	client_write(&database->client, changes);

	query(database->reader, "SELECT 1");
	notification = PQnotifies(database->reader);
	assert_non_null(notification);
	assert_string_equal(notification->extra,
	    "{\"resources\":4,\"removed\":1,\"alerts\":1,\"events\":1,\"samples\":4,"
	    "\"servers\":0,\"volumes\":0}");
	assert_null(PQnotifies(database->reader));
	PQfreemem(notification);
}

static void removal_takes_everything_along_but_history(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	ADD(changes, removed_resources, removed_resource_count, 2);
	add_alert(changes, 1, 2, false);
	changes->alerts[0].resource_id = 0;
	client_write(&database->client, changes);

	assert_answer(database, "SELECT id FROM storage.resources ORDER BY 1", "1\n3\n4");
	assert_answer(database,
	    "SELECT (SELECT count(*) FROM storage.parent), (SELECT count(*) FROM "
	    "storage.reference),"
	    " (SELECT count(*) FROM storage.cohort), (SELECT count(*) FROM storage.slot)",
	    "1|0|1|0");
	assert_answer(database,
	    "SELECT resource_id IS NULL, message, active, end_time > begin_time FROM "
	    "storage.alerts",
	    "t|Failure 1|f|t");
	assert_answer(database, "SELECT count(*) FROM storage.events", "1");
}

static void alerts_about_contact_go_without_history(void **state)
{
	struct database *database = *state;
	struct changes *changes = example_changes();

	for (record_id id = 11; id <= 13; id++) {
		add_alert(changes, id, id < 13 ? 1 : 2, id == 12);
		free(changes->alerts[changes->alert_count - 1].name);
		free(changes->alerts[changes->alert_count - 1].attribute);
		changes->alerts[changes->alert_count - 1].name = xstrdup(ALERT_ROW_OFFLINE);
		changes->alerts[changes->alert_count - 1].attribute = NULL;
	}
	add_event(changes, 5, 1, 11);
	client_write(&database->client, changes);
	changes = new_changes();
	ADD(changes, forgotten_offline, forgotten_offline_count, 1);
	ADD(changes, removed_resources, removed_resource_count, 1);
	client_write(&database->client, changes);

	assert_answer(database, "SELECT id, active FROM storage.alerts ORDER BY 1", "1|t\n13|f");
	assert_answer(database, "SELECT alert_id IS NULL FROM storage.event WHERE id = 5", "t");
}

static void removing_a_scope_removes_what_is_in_it(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	ADD(changes, removed_resources, removed_resource_count, 1);
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT (SELECT count(*) FROM storage.resource), (SELECT count(*) FROM storage.cohort),"
	    " (SELECT count(*) FROM storage.slot)",
	    "0|0|0");
}

static void rows_about_missing_resources_are_passed_over(void **state)
{
	struct database *database = *state;
	struct changes *changes = example_changes();

	add_parent(changes, 99, 1);
	add_parent(changes, 1, 99);
	ADD(changes, reporters_added, reporters_added_count,
	    (struct reporter_row){.resource_id = 99, .reporter_id = 1});
	ADD(changes, references, reference_count,
	    (struct reference_row){
	        .resource_id = 3, .attribute = xstrdup("pool"), .target_id = 99});
	ADD(changes, parents_removed, parents_removed_count,
	    (struct parent_row){.child_id = 99, .parent_id = 1, .reporter_id = 1});
	add_alert(changes, 2, 99, true);
	add_event(changes, 2, 99, 98);
	ADD(changes, cohorts, cohort_count,
	    (struct cohort_row){.id = 7, .scannable_id = 99, .class_id = 2});
	ADD(changes, slots, slot_count, (struct slot_row){.cohort_id = 7, .resource_id = 3});
	ADD(changes, slots, slot_count,
	    (struct slot_row){.cohort_id = 1, .slot = 1, .resource_id = 99});
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT (SELECT count(*) FROM storage.parent), (SELECT count(*) FROM storage.reporter),"
	    " (SELECT count(*) FROM storage.reference), (SELECT count(*) FROM storage.cohort),"
	    " (SELECT count(*) FROM storage.slot),"
	    " (SELECT count(*) FROM storage.alert WHERE resource_id IS NULL),"
	    " (SELECT count(*) FROM storage.event WHERE resource_id IS NULL)",
	    "2|1|1|1|1|1|1");
}

static void references_of_a_written_resource_are_replaced(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	add_resource(changes, 2, 2, 1, "drive");
	ADD(changes, references, reference_count,
	    (struct reference_row){.resource_id = 2, .attribute = xstrdup("lun"), .target_id = 4});
	client_write(&database->client, changes);

	assert_answer(database, "SELECT * FROM storage.reference", "2|lun|4");
}

static void links_are_removed(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	ADD(changes, parents_removed, parents_removed_count,
	    (struct parent_row){.child_id = 4, .parent_id = 3, .reporter_id = 1});
	ADD(changes, reporters_removed, reporters_removed_count,
	    (struct reporter_row){.resource_id = 4, .reporter_id = 1});
	client_write(&database->client, changes);

	assert_answer(database, "SELECT * FROM storage.parents", "3|2");
	assert_answer(database, "SELECT count(*) FROM storage.reporter", "0");
}

static void links_of_relations_have_no_reporter(void **state)
{
	const struct parent_row row = {.child_id = 4, .parent_id = 2, .reporter_id = 0};
	struct database *database = *state;
	struct changes *changes = example_changes();

	ADD(changes, parents_added, parents_added_count, row);
	ADD(changes, parents_added, parents_added_count, row);
	add_parent(changes, 4, 2);
	client_write(&database->client, changes);
	changes = new_changes();
	ADD(changes, parents_added, parents_added_count, row);
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT reporter_id FROM storage.parent WHERE child_id = 4 AND parent_id = 2 ORDER BY "
	    "1",
	    "1\n");
	assert_answer(database, "SELECT * FROM storage.parents ORDER BY 1, 2", "3|2\n4|2\n4|3");
	client_close(&database->client);
	client_open(&database->client, server.base, database->conninfo);
	assert_non_null(strstr(database->client.rows.data, "parent 4 2 0\n"));

	changes = new_changes();
	ADD(changes, parents_removed, parents_removed_count, row);
	client_write(&database->client, changes);
	assert_answer(database,
	    "SELECT reporter_id FROM storage.parent WHERE child_id = 4 AND parent_id = 2", "1");
}

static void an_alert_can_be_cleared_and_raised_again_at_once(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	add_alert(changes, 2, 2, true);
	add_alert(changes, 1, 2, false);
	client_write(&database->client, changes);

	assert_answer(database, "SELECT id, active FROM storage.alerts ORDER BY id", "1|f\n2|t");
}

static void a_second_active_alert_of_a_name_is_refused_by_the_database(void **state)
{
	struct database *database = *state;
	PGresult *result;

	client_write(&database->client, example_changes());
	result = PQexec(database->reader,
	    "INSERT INTO storage.alert SELECT 99, resource_id, name, attribute, severity, message,"
	    " begin_time, end_time, active, dismissed, cause_id, 99 FROM storage.alert");

	assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "23505");
	PQclear(result);
}

static void a_second_global_identity_is_refused_by_the_database(void **state)
{
	struct database *database = *state;
	PGresult *result;

	client_write(&database->client, example_changes());
	result = PQexec(database->reader,
	    "INSERT INTO storage.resource SELECT 99, class_id, scope_id, identifier, label, alias,"
	    " attributes, secrets, configured, in_use FROM storage.resource"
	    " WHERE scope_id IS NULL");

	assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "23505");
	PQclear(result);
}

static void identities_can_be_exchanged(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	add_resource(changes, 3, 2, 1, "lun");
	add_resource(changes, 4, 2, 1, "pool");
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT id, identifier FROM storage.resources WHERE id > 2 ORDER BY id",
	    "3|[\"lun\"]\n4|[\"pool\"]");
}

static void a_slot_that_became_free_is_given_to_another_resource(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	ADD(changes, removed_resources, removed_resource_count, 2);
	ADD(changes, slots, slot_count,
	    (struct slot_row){
	        .cohort_id = 1, .resource_id = 3, .since = {.us = INT64_C(1800000000000000)}});
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT cohort_id, slot, resource_id, since > '2026-01-01'"
	    " FROM storage.slot",
	    "1|0|3|t");
}

static void a_frame_that_is_there_stays_as_it_is(void **state)
{
	static const char frames[] =
	    "SELECT md5(string_agg(payload, '' ORDER BY time)) FROM storage.frame"
	    " WHERE statistic_id = 20";
	struct database *database = *state;
	struct changes *changes = new_changes();
	char *before;

	client_write(&database->client, example_changes());
	before = xstrdup(query(database->reader, frames));
	add_sample_frame(changes, 1, 20, 0, 10, 5);
	client_write(&database->client, changes);

	assert_answer(database, frames, before);
	free(before);
}

static void the_time_of_the_newest_sample_does_not_go_back(void **state)
{
	struct database *database = *state;
	struct changes *changes = example_changes();

	client_write(&database->client, example_changes());
	changes->counters.sampled.us -= US_PER_S;
	client_write(&database->client, changes);
	changes = example_changes();
	changes->counters.sampled.us = 0;
	client_write(&database->client, changes);

	assert_answer(database, "SELECT extract(epoch FROM sampled)::bigint FROM storage.counter",
	    "1700000010");
}

static void classes_that_are_not_loaded_are_hidden_and_come_back(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	ADD(changes, classes, class_count, (struct class_row){.id = 2});
	client_write(&database->client, changes);

	assert_answer(database, "SELECT id FROM storage.resources", "1");
	assert_answer(database, "SELECT name FROM storage.classes", "Couplet");
	assert_answer(database,
	    "SELECT (SELECT count(*) FROM storage.alerts), (SELECT count(*) FROM storage.parents),"
	    " (SELECT count(*) FROM storage.affected), (SELECT count(*) FROM storage.events),"
	    " (SELECT count(*) FROM storage.descendants(2))",
	    "0|0|0|0|0");
	assert_answer(database, "SELECT count(*) FROM storage.resource", "4");

	changes = new_changes();
	add_class(changes, 2, "Thing", true);
	client_write(&database->client, changes);
	assert_answer(database, "SELECT id FROM storage.resources ORDER BY 1", "1\n2\n3\n4");
}

static void a_statistic_that_is_no_longer_declared_is_hidden(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	add_class(changes, 2, "Thing", true);
	free(changes->classes[0].statistics[1].name);
	changes->classes[0].statistics[1].name = xstrdup("speed");
	changes->classes[0].statistics[1].id = 22;
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT string_agg(s->>'name', ' ') FROM storage.classes,"
	    " jsonb_array_elements(statistics) s WHERE id = 2",
	    "temperature speed");
}

static void ancestors_and_descendants_end_on_cycles(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	assert_answer(database, "SELECT * FROM storage.descendants(2) ORDER BY 1", "3\n4");
	assert_answer(database, "SELECT * FROM storage.ancestors(4) ORDER BY 1", "2\n3\n4");
	add_parent(changes, 2, 4);
	client_write(&database->client, changes);

	assert_answer(database, "SELECT * FROM storage.descendants(2) ORDER BY 1", "3\n4");
	assert_answer(database, "SELECT * FROM storage.ancestors(2) ORDER BY 1", "2\n3\n4");
	assert_answer(database, "SELECT * FROM storage.affected ORDER BY 2", "1|3\n1|4");
}

static void passwords_are_in_no_view(void **state)
{
	struct database *database = *state;
	char *views;

	client_write(&database->client, example_changes());
	assert_answer(database, "SELECT secrets FROM storage.resource WHERE id = 1",
	    "{\"secret\": \"xyzzy\"}");
	views = xstrdup(query(database->reader,
	    "SELECT string_agg(format('SELECT v::text FROM storage.%I v', viewname), ' UNION ALL ')"
	    " FROM pg_views WHERE schemaname = 'storage'"));

	assert_null(strstr(query(database->reader, views), "xyzzy"));
	free(views);
}

static void a_reader_needs_rights_on_views_only(void **state)
{
	struct database *database = *state;
	PGresult *result;

	client_write(&database->client, example_changes());
	query(database->reader,
	    "DROP ROLE IF EXISTS reader; CREATE ROLE reader; GRANT USAGE ON SCHEMA storage TO "
	    "reader;"
	    "GRANT SELECT ON storage.resources, storage.alerts, storage.affected TO reader;"
	    "SET ROLE reader");

	assert_answer(database, "SELECT count(*) FROM storage.resources", "4");
	assert_answer(database, "SELECT count(*) FROM storage.affected", "2");
	assert_answer(database, "SELECT count(*) FROM storage.descendants(2)", "2");
	result = PQexec(database->reader, "SELECT * FROM storage.resource");
	assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42501");
	PQclear(result);
	query(database->reader, "RESET ROLE; DROP OWNED BY reader; DROP ROLE reader");
}

static void everything_public_has_a_comment(void **state)
{
	struct database *database = *state;

	assert_answer(database,
	    "SELECT viewname, attname FROM pg_views JOIN pg_attribute"
	    " ON attrelid = ('storage.' || viewname)::regclass WHERE schemaname = 'storage'"
	    " AND (col_description(attrelid, attnum) IS NULL"
	    " OR obj_description(attrelid, 'pg_class') IS NULL)",
	    "");
	assert_answer(database,
	    "SELECT proname FROM pg_proc WHERE pronamespace = 'storage'::regnamespace"
	    " AND prosecdef AND obj_description(oid, 'pg_proc') IS NULL",
	    "");
}

static bool has_failed_twice(void *context)
{
	return store_statistics(((struct client *)context)->store)->failures >= 2;
}

static void a_transaction_that_fails_is_tried_until_it_succeeds(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	query(database->reader, "ALTER TABLE storage.event RENAME TO elsewhere");
	client_give(client, example_changes());
	assert_true(run_until(server.base, has_failed_twice, client));
	assert_int_equal(client->committed, 0);
	assert_int_equal(store_state(client->store), STORE_WRITING);
	assert_answer(database, "SELECT count(*) FROM storage.resource", "0");
	assert_non_null(strstr(store_write_error(client->store), "42P01"));

	query(database->reader, "ALTER TABLE storage.elsewhere RENAME TO event");
	client_settle(client);
	assert_int_equal(client->committed, 1);
	assert_int_equal(store_statistics(client->store)->reconnects, 0);
	assert_null(store_write_error(client->store));
	assert_answer(database, "SELECT count(*) FROM storage.resource", "4");
}

static bool has_failed_once(void *context)
{
	return store_statistics(((struct client *)context)->store)->failures >= 1;
}

static void a_failure_at_commit_is_tried_again_too(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;

	query(database->reader,
	    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN RAISE ''not now''; END';"
	    "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON storage.resource"
	    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()");
	client_give(client, example_changes());
	assert_true(run_until(server.base, has_failed_once, client));
	query(database->reader, "DROP TRIGGER refuse ON storage.resource");
	client_settle(client);

	assert_int_equal(client->committed, 1);
	assert_answer(database, "SELECT count(*) FROM storage.resource", "4");
}

static struct changes *many_resources(size_t count)
{
	struct changes *changes = example_changes();

	for (size_t i = 0; i < count; i++) {
		char key[32];

		snprintf(key, sizeof(key), "drive %zu", i);
		add_resource(changes, 100 + (record_id)i, 2, 1, key);
		add_parent(changes, 100 + (record_id)i, 3);
		add_sample_frame(changes, 100 + (record_id)i, 20, 0, 0, (double)i);
	}
	return changes;
}

static void many_rows_become_one_transaction(void **state)
{
	struct database *database = *state;

	client_write(&database->client, many_resources(30000));

	assert_answer(database, "SELECT count(*), count(DISTINCT xmin::text) FROM storage.resource",
	    "30004|1");
	assert_answer(database, "SELECT count(*) FROM storage.frame", "30004");
	assert_answer(database, "SELECT count(*) FROM storage.affected", "30002");
	assert_int_equal(store_statistics(database->client.store)->transactions, 1);
	assert_true(store_statistics(database->client.store)->rows > 90000);
}

/* ---- rows that the database refuses ---- */

static struct text errors;

static void keep_error(int level, const char *plugin, const char *scannable, const char *line)
{
	(void)plugin;
	(void)scannable;
	if (level >= LOG_LEVEL_ERROR)
		text_printf(&errors, "%s\n", line);
}

static int keep_errors(void **state)
{
	text_reset(&errors);
	log_set_sink(keep_error);
	return open_database(state);
}

static int forget_errors(void **state)
{
	log_set_sink(NULL);
	text_clear(&errors);
	return drop_database(state);
}

/* Makes the database refuse resources of these ids, as for a value that it can't hold. */
static void refuse_resources(struct database *database, const char *condition)
{
	char *sql = xasprintf(
	    "ALTER TABLE storage.resource ADD CONSTRAINT refuse CHECK (NOT (%s))", condition);

	query(database->reader, sql);
	free(sql);
}

static void a_row_that_is_refused_does_not_keep_the_others_away(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	struct changes *changes = new_changes();

	refuse_resources(database, "id IN (2777, 20777)");
	client_write(client, many_resources(30000));

	assert_answer(database,
	    "SELECT count(*), count(*) FILTER (WHERE id IN (2777, 20777)) FROM storage.resource",
	    "30002|0");
	assert_answer(database, "SELECT count(*) FROM storage.frame", "30004");
	assert_answer(database, "SELECT count(*) FROM storage.parent", "30000");
	assert_int_equal(store_statistics(client->store)->left_out, 2);
	assert_int_equal(store_statistics(client->store)->failures, 0);
	assert_null(store_write_error(client->store));
	assert_non_null(
	    strstr(errors.data, "refuses a row of resources, id 2777, Thing drive 2677: "));
	assert_non_null(strstr(errors.data, "id 20777"));
	assert_non_null(strstr(errors.data, "(SQLSTATE 23514)"));

	add_event(changes, 7, 0, 0);
	client_write(client, changes);
	assert_answer(database, "SELECT count(*) FROM storage.event WHERE id = 7", "1");
}

static void many_rows_that_are_refused_are_counted(void **state)
{
	struct database *database = *state;

	refuse_resources(database, "id >= 100 AND id % 2 = 0");
	client_write(&database->client, many_resources(600));

	assert_answer(database, "SELECT count(*) FROM storage.resource", "304");
	assert_int_equal(store_statistics(database->client.store)->left_out, 300);
	assert_non_null(strstr(errors.data, "refuses 280 more rows"));
}

static void samples_are_counted_by_what_becomes_of_them(void **state)
{
	struct database *database = *state;
	const struct store_statistics *statistics = store_statistics(database->client.store);
	uint64_t transactions = 0;

	query(database->reader, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
	                        " 'BEGIN RAISE check_violation; END';"
	                        "CREATE TRIGGER refuse BEFORE INSERT ON storage.frame FOR EACH ROW"
	                        " WHEN (NEW.statistic_id = 21) EXECUTE FUNCTION refuse()");
	client_write(&database->client, example_changes());

	assert_answer(database, "SELECT count(*) FROM storage.frame", "2");
	assert_int_equal(statistics->samples, 2);
	assert_int_equal(statistics->samples_refused, 2);
	assert_int_equal(statistics->samples_out_of_time, 0);
	for (size_t i = 0; i <= DURATION_BOUNDS; i++)
		transactions += statistics->durations.counts[i];
	assert_int_equal(transactions, statistics->transactions);
}

static void what_breaks_a_constraint_at_the_end_is_found_too(void **state)
{
	struct database *database = *state;
	struct changes *changes = example_changes();

	add_resource(changes, 5, 2, 1, "drive");
	add_resource(changes, 6, 2, 1, "other drive");
	add_resource(changes, 7, 2, 99, "stray");
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT string_agg(id::text, ' ' ORDER BY id) FROM storage.resource", "1 2 3 4 6");
	assert_int_equal(store_statistics(database->client.store)->left_out, 2);
}

static void a_text_that_the_database_can_not_hold_is_left_out(void **state)
{
	struct database *database = *state;
	struct changes *changes = example_changes();

	add_event(changes, 2, 0, 0);
	free(changes->events[1].message);
	changes->events[1].message = xstrdup("\xff\xfe");
	client_write(&database->client, changes);

	assert_answer(database, "SELECT string_agg(id::text, ' ') FROM storage.event", "1");
	assert_non_null(strstr(errors.data, "(SQLSTATE 22021)"));
}

static void ids_given_out_never_go_back(void **state)
{
	struct database *database = *state;
	struct changes *changes = new_changes();

	client_write(&database->client, example_changes());
	add_event(changes, 2, 0, 0);
	changes->counters.event_id = 2;
	client_write(&database->client, changes);

	assert_answer(database,
	    "SELECT revision, class, statistic, resource, alert, event FROM storage.counter",
	    "2|2|21|4|1|2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)
#define ERROR_TEST(name) cmocka_unit_test_setup_teardown(name, keep_errors, forget_errors)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_given_and_who_says_that_an_alert_holds_come_back),
	    TEST(what_no_scannable_in_use_reports_is_hidden),
	    TEST(a_new_database_loads_as_nothing),
	    TEST(stored_rows_are_seen_through_the_views),
	    TEST(times_and_texts_are_exact),
	    TEST(columns_leave_out_what_is_hidden_or_secret),
	    TEST(classes_show_charts_relations_and_fields),
	    TEST(writing_twice_changes_nothing),
	    TEST(what_was_written_is_loaded),
	    TEST(pauses_are_kept_until_they_end),
	    TEST(empty_changes_are_done_without_a_transaction),
	    TEST(only_parts_with_rows_send_statements),
	    TEST(listeners_are_notified_once_per_transaction),
	    TEST(removal_takes_everything_along_but_history),
	    TEST(alerts_about_contact_go_without_history),
	    TEST(removing_a_scope_removes_what_is_in_it),
	    TEST(rows_about_missing_resources_are_passed_over),
	    TEST(references_of_a_written_resource_are_replaced),
	    TEST(links_are_removed),
	    TEST(links_of_relations_have_no_reporter),
	    TEST(an_alert_can_be_cleared_and_raised_again_at_once),
	    TEST(a_second_active_alert_of_a_name_is_refused_by_the_database),
	    TEST(a_second_global_identity_is_refused_by_the_database),
	    TEST(identities_can_be_exchanged),
	    TEST(a_slot_that_became_free_is_given_to_another_resource),
	    TEST(a_frame_that_is_there_stays_as_it_is),
	    TEST(the_time_of_the_newest_sample_does_not_go_back),
	    TEST(classes_that_are_not_loaded_are_hidden_and_come_back),
	    TEST(a_statistic_that_is_no_longer_declared_is_hidden),
	    TEST(ancestors_and_descendants_end_on_cycles),
	    TEST(passwords_are_in_no_view),
	    TEST(a_reader_needs_rights_on_views_only),
	    TEST(everything_public_has_a_comment),
	    TEST(a_transaction_that_fails_is_tried_until_it_succeeds),
	    TEST(a_failure_at_commit_is_tried_again_too),
	    TEST(many_rows_become_one_transaction),
	    TEST(ids_given_out_never_go_back),
	    ERROR_TEST(a_row_that_is_refused_does_not_keep_the_others_away),
	    ERROR_TEST(many_rows_that_are_refused_are_counted),
	    ERROR_TEST(samples_are_counted_by_what_becomes_of_them),
	    ERROR_TEST(what_breaks_a_constraint_at_the_end_is_found_too),
	    ERROR_TEST(a_text_that_the_database_can_not_hold_is_left_out),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/write", tests, start_server, stop_server);
}

/* SPDX-License-Identifier: MIT */
/* What a person does with the database: init, migrate, check, and a runner with the rights of one.
 */
#include "store_client.h"

#include "store/care.h"
#include "store/care_internal.h"
#include "store/migration.h"

static const struct care_names default_names;

static char *with(const struct database *database, const char *more)
{
	return xasprintf("%s %s", database->conninfo, more);
}

static struct care *care_of(const struct database *database, const char *more)
{
	char reason[REASON_SIZE] = "";
	char *conninfo = with(database, more);
	struct care *care = care_open(conninfo, "test", reason);

	free(conninfo);
	if (care == NULL)
		fail_msg("%s", reason);
	return care;
}

/* Makes schema, roles and rights; the SQL that did it. The caller frees it. */
static char *init_as(struct database *database, const char *more, const struct care_names *names)
{
	char reason[REASON_SIZE] = "";
	struct text sql = TEXT_EMPTY;
	struct care *care = care_of(database, more);

	if (!care_plan_init(care, names, &sql, reason) || !care_carry_out(care, sql.data, reason))
		fail_msg("%s", reason);
	care_free(care);
	return text_steal(&sql);
}

static void init(struct database *database)
{
	free(init_as(database, "", &default_names));
}

/* Members of the roles that can log in. */
static void make_logins(struct database *database)
{
	query(database->reader, "CREATE ROLE the_runner LOGIN IN ROLE iml_storage_runner;"
	                        "CREATE ROLE the_reader LOGIN IN ROLE iml_storage_reader;"
	                        "CREATE ROLE the_operator LOGIN IN ROLE iml_storage_operator");
}

static int forget_roles(void **state)
{
	struct database *database = *state;

	if (database->client.store != NULL)
		client_close(&database->client);
	query(database->reader, "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
	                        " WHERE datname = current_database() AND pid <> pg_backend_pid()");
	query(database->reader,
	    "SET client_min_messages = error; RESET ROLE; DROP SCHEMA IF EXISTS storage CASCADE;"
	    " DO $$ DECLARE role text; BEGIN FOR role IN SELECT quote_ident(rolname) FROM pg_roles"
	    " WHERE rolname ~ '^(iml_storage|the|other)_' ORDER BY rolname DESC LOOP"
	    " EXECUTE 'DROP OWNED BY ' || role; EXECUTE 'DROP ROLE ' || role; END LOOP; END $$");
	return drop_database(state);
}

/* The SQLSTATE of a statement that a role runs; "00000" if it may. */
static const char *outcome(struct database *database, const char *role, const char *sql)
{
	static char state[6];
	char *more = xasprintf("user=%s", role);
	char *conninfo = with(database, more);
	PGconn *connection = connect_to(conninfo);
	PGresult *result = PQexec(connection, sql);
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	snprintf(state, sizeof(state), "%s", code != NULL ? code : "00000");
	PQclear(result);
	PQfinish(connection);
	free(conninfo);
	free(more);
	return state;
}

/* ---- findings ---- */

/* The findings from a level on, a line each: "check place: message". The caller frees it. */
static char *findings_as(struct database *database, const char *more, enum care_level least)
{
	struct care *care = care_of(database, more);
	struct care_report report = {0};
	struct text lines = TEXT_EMPTY;

	care_check(care, &report);
	text_append(&lines, "");
	for (size_t i = 0; i < report.count; i++) {
		const struct care_finding *finding = &report.findings[i];

		if (finding->level >= least)
			text_printf(&lines, "%s %s: %s. %s\n", finding->check,
			    finding->place != NULL ? finding->place : "", finding->message,
			    finding->remedy != NULL ? finding->remedy : "");
	}
	care_report_clear(&report);
	care_free(care);
	return text_steal(&lines);
}

static void assert_no_findings(struct database *database, const char *more, enum care_level least)
{
	char *lines = findings_as(database, more, least);

	assert_string_equal(lines, "");
	free(lines);
}

static void assert_finding(struct database *database, const char *part)
{
	char *lines = findings_as(database, "", CARE_WARNING);

	if (strstr(lines, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, lines);
	free(lines);
}

/* ---- init ---- */

/* For each resolution those of now and of the time after. */
static bool partitions_are_made(void *context)
{
	struct database *database = context;

	return strcmp(query(database->reader,
	                  "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relispartition"
	                  " AND relname ~ '^frame_._[0-9]+_'"),
	           "10") == 0;
}

static void init_makes_roles_and_a_schema_that_a_lesser_runner_works_with(void **state)
{
	struct database *database = *state;
	char *conninfo = with(database, "user=the_runner");

	init(database);
	make_logins(database);
	client_open(&database->client, server.base, conninfo);
	client_write(&database->client, example_changes());

	assert_answer(database, "SELECT count(*) FROM storage.resources", "4");
	assert_true(run_until(server.base, partitions_are_made, database));
	assert_answer(database,
	    "SELECT DISTINCT relowner::regrole FROM pg_class"
	    " WHERE relnamespace = 'storage'::regnamespace",
	    "iml_storage_owner");
	assert_string_equal(
	    outcome(database, "the_runner", "CREATE TABLE storage.mine (n integer)"), "42501");
	assert_string_equal(
	    outcome(database, "the_runner", "UPDATE storage.migration SET number = 9"), "42501");
	assert_no_findings(database, "user=the_runner", CARE_NOTE);
	free(conninfo);
}

static void a_lesser_runner_drops_what_has_expired(void **state)
{
	struct database *database = *state;

	init(database);
	make_logins(database);
	query(database->reader, "SELECT storage.make_partition(2, 0, 100)");
	assert_string_equal(
	    outcome(database, "the_runner", "SELECT storage.drop_partition(2, 0, 100)"), "00000");
	assert_string_equal(outcome(database, "the_runner", "DROP TABLE storage.frame_0"), "42501");
	assert_string_equal(
	    outcome(database, "the_reader", "SELECT storage.drop_partition(2, 0, 100)"), "42501");
	assert_answer(database, "SELECT to_regclass('storage.frame_2_0_100') IS NULL", "t");
}

static void init_a_second_time_changes_nothing(void **state)
{
	static const char acl[] = "SELECT relname, relacl FROM pg_class WHERE relnamespace ="
	                          " 'storage'::regnamespace ORDER BY 1";
	struct database *database = *state;
	char *again, *before;

	init(database);
	before = xstrdup(query(database->reader, acl));
	again = init_as(database, "", &default_names);

	assert_null(strstr(again, "CREATE ROLE"));
	assert_null(strstr(again, "CREATE TABLE"));
	assert_answer(database, acl, before);
	free(before);
	free(again);
}

static void init_uses_the_roles_that_it_is_given(void **state)
{
	static const struct care_names names = {
	    .owner = "the_\"owner", .roles = {"the_runner", "the_ui", "the_ui"}};
	struct database *database = *state;

	query(database->reader, "CREATE ROLE the_runner LOGIN");
	free(init_as(database, "", &names));

	assert_answer(database,
	    "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'storage'",
	    "\"the_\"\"owner\"");
	assert_answer(database,
	    "SELECT rolcanlogin FROM pg_roles WHERE rolname ~ '^the_' ORDER BY rolname", "f\nt\nf");
	assert_no_findings(database, "user=the_runner", CARE_WARNING);
}

static void a_role_that_another_takes_the_place_of_loses_its_rights(void **state)
{
	static const struct care_names names = {.roles = {"other_runner", NULL, NULL}};
	struct database *database = *state;

	init(database);
	make_logins(database);
	free(init_as(database, "", &names));

	assert_answer(
	    database, "SELECT name FROM storage.role WHERE purpose = 'runner'", "other_runner");
	assert_string_equal(
	    outcome(database, "the_runner", "SELECT secrets FROM storage.resource"), "42501");
	assert_no_findings(database, "", CARE_WARNING);
}

static void init_by_a_role_that_is_no_superuser_works(void **state)
{
	struct database *database = *state;
	char *grant = xasprintf("CREATE ROLE the_admin LOGIN CREATEROLE;"
	                        " GRANT ALL ON DATABASE %s TO the_admin",
	    database->name);

	query(database->reader, grant);
	free(init_as(database, "user=the_admin", &default_names));

	assert_answer(database,
	    "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'storage'",
	    "iml_storage_owner");
	free(grant);
}

static void a_schema_with_an_owner_keeps_it(void **state)
{
	static const struct care_names names = {.owner = "the_owner"};
	struct database *database = *state;
	struct care *care;
	struct text sql = TEXT_EMPTY;
	char reason[REASON_SIZE];

	client_open(&database->client, server.base, database->conninfo);
	init(database);
	care = care_of(database, "");

	assert_false(care_plan_init(care, &names, &sql, reason));
	assert_non_null(strstr(reason, "leave --owner out"));
	assert_int_equal(sql.length, 0);
	client_write(&database->client, example_changes());
	care_free(care);
}

/* ---- rights ---- */

static void every_view_and_function_has_its_rights_whatever_is_added(void **state)
{
	struct database *database = *state;

	init(database);
	make_logins(database);
	query(database->reader,
	    "SET ROLE iml_storage_owner; CREATE VIEW storage.novelties AS SELECT 1 AS n;"
	    "CREATE TABLE storage.novelty (n integer);"
	    "CREATE FUNCTION storage.novel() RETURNS integer LANGUAGE sql SECURITY DEFINER SET"
	    " search_path = pg_catalog, pg_temp BEGIN ATOMIC SELECT 1; END;"
	    "COMMENT ON FUNCTION storage.novel IS 'Asks for something.'; RESET ROLE");
	assert_finding(database, "role iml_storage_reader: it lacks SELECT on storage.novelties");
	query(database->reader, "SELECT storage.grant_rights()");

	assert_no_findings(database, "", CARE_WARNING);
	assert_string_equal(outcome(database, "the_reader", "TABLE storage.novelties"), "00000");
	assert_string_equal(outcome(database, "the_reader", "SELECT storage.novel()"), "42501");
	assert_string_equal(outcome(database, "the_operator", "SELECT storage.novel()"), "00000");
	assert_string_equal(
	    outcome(database, "the_runner", "DELETE FROM storage.novelty"), "00000");
	assert_answer(database,
	    "SELECT relname FROM pg_class WHERE relnamespace = 'storage'::regnamespace"
	    " AND relkind = 'v' AND NOT has_table_privilege('the_operator', oid, 'SELECT')",
	    "");
	assert_answer(database,
	    "SELECT relname FROM pg_class WHERE relnamespace = 'storage'::regnamespace"
	    " AND relkind IN ('r', 'p', 'S') AND (has_table_privilege('the_operator', oid,"
	    " 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') OR relname <> 'novelty' AND"
	    " has_table_privilege('the_runner', oid, 'TRUNCATE, TRIGGER'))",
	    "");
}

static void operators_ask_and_readers_read_and_neither_sees_passwords(void **state)
{
	static const char ask[] = "SELECT storage.add_server('host')";
	struct database *database = *state;

	init(database);
	make_logins(database);
	assert_string_equal(outcome(database, "the_operator", ask), "00000");
	assert_string_equal(outcome(database, "the_reader", ask), "42501");
	assert_string_equal(outcome(database, "the_reader", "TABLE storage.resources"), "00000");
	assert_string_equal(
	    outcome(database, "the_reader", "SELECT * FROM storage.ancestors(1)"), "00000");
	assert_string_equal(outcome(database, "the_operator", "TABLE storage.resource"), "42501");
	assert_string_equal(outcome(database, "the_reader", "TABLE storage.resource"), "42501");
}

/* ---- migrate ---- */

static void a_migration_is_shown_and_done_as_the_owner(void **state)
{
	struct database *database = *state;
	struct care *care = care_of(database, "");
	struct text sql = TEXT_EMPTY;
	char reason[REASON_SIZE];

	assert_false(care_plan_migration(care, &sql, reason));
	assert_non_null(strstr(reason, "iml-plugin db init"));

	init(database);
	assert_true(care_plan_migration(care, &sql, reason));
	assert_int_equal(sql.length, 0);

	/* The schema of a program that had no migration yet. */
	query(database->reader,
	    "SET client_min_messages = error; DROP SCHEMA storage CASCADE;"
	    " CREATE SCHEMA storage AUTHORIZATION iml_storage_owner;"
	    "SET ROLE iml_storage_owner; CREATE TABLE storage.migration (number integer, name text,"
	    " program text); RESET ROLE");
	assert_true(care_plan_migration(care, &sql, reason));
	assert_non_null(strstr(sql.data, "BEGIN;"));
	assert_non_null(strstr(sql.data, "SET LOCAL ROLE \"iml_storage_owner\";"));
	assert_non_null(strstr(sql.data, "CREATE TABLE storage.resource ("));
	query(database->reader, "DROP TABLE storage.migration");
	assert_true(care_carry_out(care, sql.data, reason));
	assert_int_equal(care_version(care), migration_newest());
	text_clear(&sql);
	care_free(care);
}

static void a_migration_by_one_who_is_not_the_owner_is_refused(void **state)
{
	struct database *database = *state;
	struct care *care;
	struct text sql = TEXT_EMPTY;
	char reason[REASON_SIZE];

	init(database);
	make_logins(database);
	query(database->reader, "DELETE FROM storage.migration");
	care = care_of(database, "user=the_runner");

	assert_false(care_plan_migration(care, &sql, reason));
	assert_non_null(strstr(reason, "belongs to the role \"iml_storage_owner\""));
	care_free(care);
}

static void a_newer_schema_is_refused(void **state)
{
	struct database *database = *state;
	struct care *care;
	struct text sql = TEXT_EMPTY;
	char reason[REASON_SIZE];

	init(database);
	query(database->reader,
	    "INSERT INTO storage.migration (number, name, program) VALUES (77, 'x', '9.0')");
	care = care_of(database, "");

	assert_false(care_plan_migration(care, &sql, reason));
	assert_non_null(strstr(reason, "version 77"));
	assert_false(care_plan_init(care, &default_names, &sql, reason));
	assert_finding(database, "schema storage: it has version 77");
	care_free(care);
}

static void nothing_is_changed_under_a_runner_at_work(void **state)
{
	struct database *database = *state;
	struct care *care = care_of(database, "");
	char reason[REASON_SIZE];

	client_open(&database->client, server.base, database->conninfo);
	assert_false(care_carry_out(care,
	    "BEGIN; SET LOCAL lock_timeout = '50ms'; SELECT pg_advisory_xact_lock(" RUNNER_LOCK
	    "); DROP SCHEMA storage CASCADE; COMMIT",
	    reason));

	assert_non_null(strstr(reason, "\"iml-plugin-runner "));
	assert_non_null(strstr(reason, "stop it first"));
	client_write(&database->client, example_changes());
	care_free(care);
}

static bool is_waiting_for_care(void *context)
{
	struct client *client = context;

	return store_state(client->store) == STORE_WAITING && client->reason != NULL &&
	       strstr(client->reason, "iml-plugin db ") != NULL;
}

static void a_runner_that_may_not_migrate_goes_on_when_somebody_has(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo = with(database, "user=the_runner");

	init(database);
	make_logins(database);
	query(database->reader,
	    "CREATE TABLE kept AS TABLE storage.migration; DELETE FROM storage.migration");
	client_begin(client, server.base, conninfo);
	assert_true(run_until(server.base, is_waiting_for_care, client));
	assert_null(client->fatal);
	assert_non_null(strstr(client->reason, "has version 0"));
	assert_non_null(strstr(client->reason, "iml-plugin db migrate --conninfo \"host=/"));

	query(database->reader, "INSERT INTO storage.migration TABLE kept");
	client_settle(client);
	assert_null(client->fatal);
	client_write(client, example_changes());
	free(conninfo);
}

/* It looked for the lock, did not get it, and asked who has it. */
static bool has_found_the_lock(void *context)
{
	size_t *turns = context;

	clock_skip(NS_PER_S);
	return (*turns)-- == 0;
}

static void a_runner_waits_for_the_end_of_a_migration(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	struct care *care = care_of(database, "");
	size_t turns = 60;
	char reason[REASON_SIZE];

	assert_true(
	    care_carry_out(care, "BEGIN; SELECT pg_advisory_xact_lock(" RUNNER_LOCK ")", reason));
	client_begin(client, server.base, database->conninfo);
	assert_true(run_until(server.base, has_found_the_lock, &turns));
	assert_null(client->fatal);
	care_free(care);
	client_settle(client);

	assert_null(client->fatal);
}

/* ---- check ---- */

static void what_is_sound_has_no_findings(void **state)
{
	struct database *database = *state;

	client_open(&database->client, server.base, database->conninfo);
	client_write(&database->client, example_changes());
	assert_no_findings(database, "", CARE_WARNING);
	client_close(&database->client);
	assert_no_findings(database, "", CARE_WARNING);
}

static void each_row_that_names_what_is_not_there_is_found(void **state)
{
	static const struct {
		const char *sql;
		const char *finding;
	} cases[] = {
	    {"INSERT INTO storage.parent VALUES (1, 999, NULL)",
	        "storage.parent.parent_id: 1 rows that name what is not in storage.resource, id "
	        "999"},
	    {"INSERT INTO storage.slot VALUES (77, 1, 1, now())",
	        "DELETE FROM storage.slot WHERE cohort_id IS NOT NULL AND NOT EXISTS"},
	    {"UPDATE storage.alert SET root_cause_id = 998",
	        "UPDATE storage.alert SET root_cause_id = id WHERE"},
	    {"INSERT INTO storage.cohort VALUES (51, 1, 1), (52, 1, 1);"
	     "INSERT INTO storage.slot VALUES (51, 0, 2, now()), (52, 0, 2, now())",
	        "resources that have two slots"},
	    {"UPDATE storage.counter SET resource = 1", "storage.counter.resource: "},
	    {"UPDATE storage.resource SET attributes = '{\"secret\": \"xyzzy\"}' WHERE id = 2",
	        "with a password among the attributes"},
	    {"DELETE FROM storage.counter", "restore the database from a backup"},
	};
	struct database *database = *state;

	client_open(&database->client, server.base, database->conninfo);
	client_write(&database->client, example_changes());
	client_close(&database->client);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *lines;

		query(database->reader, cases[i].sql);
		assert_finding(database, cases[i].finding);
		lines = findings_as(database, "", CARE_GOOD);
		assert_null(strstr(lines, "xyzzy"));
		free(lines);
	}
}

static void rights_that_are_too_many_or_too_few_are_found(void **state)
{
	static const struct {
		const char *sql;
		const char *finding;
	} cases[] = {
	    {"REVOKE SELECT ON storage.alerts FROM iml_storage_reader",
	        "role iml_storage_reader: it lacks SELECT on storage.alerts"},
	    {"GRANT SELECT (secrets) ON storage.resource TO the_reader",
	        "role the_reader: it may read passwords"},
	    {"GRANT iml_storage_runner TO the_operator; GRANT iml_storage_runner TO"
	     " iml_storage_reader",
	        "role iml_storage_reader: it may read passwords"},
	    {"GRANT EXECUTE ON FUNCTION storage.set_in_use TO PUBLIC",
	        "function storage.set_in_use(bigint,boolean): it changes something"},
	    {"ALTER VIEW storage.alerts OWNER TO the_reader",
	        "view storage.alerts: the owner of the schema does not own it, but the_reader"},
	    {"REVOKE iml_storage_reader FROM iml_storage_operator, the_reader;"
	     "DROP OWNED BY iml_storage_reader; DROP ROLE iml_storage_reader",
	        "role iml_storage_reader: the role is gone"},
	};
	struct database *database = *state;

	init(database);
	make_logins(database);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		query(database->reader, cases[i].sql);
		assert_finding(database, cases[i].finding);
	}
}

static void a_role_that_could_not_be_a_runner_is_told_so(void **state)
{
	struct database *database = *state;
	char *lines;

	init(database);
	make_logins(database);
	query(database->reader, "GRANT SELECT ON storage.migration TO the_reader");
	lines = findings_as(database, "user=the_reader", CARE_ERROR);

	assert_non_null(strstr(lines, "role the_reader: a runner that connects like this lacks"));
	assert_non_null(strstr(lines, "GRANT the runner's role to it"));
	free(lines);
}

static void settings_that_lose_data_are_found(void **state)
{
	struct database *database = *state;
	char *sql = xasprintf("ALTER DATABASE %s SET synchronous_commit = off", database->name);

	init(database);
	query(database->reader, sql);
	assert_finding(database, "settings synchronous_commit: off: scans that were acknowledged");
	free(sql);
}

static void a_database_without_a_schema_is_told_how_to_make_it(void **state)
{
	assert_finding(*state, "schema storage: there is none yet. iml-plugin db init");
	query(((struct database *)*state)->reader,
	    "CREATE SCHEMA storage; CREATE TABLE storage.barrels (n integer)");
	assert_finding(*state, "schema storage: it is not the runner's");
}

static void clocks_may_differ_a_little(void **state)
{
	static const struct {
		int64_t ahead_s, doubt_s;
		enum care_level level;
	} cases[] = {
	    {0, 0, CARE_GOOD},
	    {1, 0, CARE_GOOD},
	    {-20, 19, CARE_GOOD},
	    {3, 0, CARE_WARNING},
	    {-3, 0, CARE_WARNING},
	    {61, 0, CARE_ERROR},
	    {-3600, 5, CARE_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct care_report report = {0};

		care_judge_clock(&report, cases[i].ahead_s * US_PER_S, cases[i].doubt_s * US_PER_S);
		assert_int_equal(care_report_level(&report), cases[i].level);
		care_report_clear(&report);
	}
}

static void a_conninfo_with_a_password_is_recognised(void **state)
{
	(void)state;
	assert_true(care_conninfo_has_password("host=a password=x"));
	assert_true(care_conninfo_has_password("postgresql://me:x@a/storage"));
	assert_false(care_conninfo_has_password("host=a passfile=/x user=password"));
	assert_false(care_conninfo_has_password("storage"));
}

static void a_server_that_is_away_is_told(void **state)
{
	char reason[REASON_SIZE] = "";

	(void)state;
	assert_null(care_open("host=/nowhere dbname=x", "check", reason));
	assert_non_null(strstr(reason, "No such file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_database, forget_roles)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(init_makes_roles_and_a_schema_that_a_lesser_runner_works_with),
	    TEST(a_lesser_runner_drops_what_has_expired),
	    TEST(init_a_second_time_changes_nothing),
	    TEST(init_uses_the_roles_that_it_is_given),
	    TEST(a_role_that_another_takes_the_place_of_loses_its_rights),
	    TEST(init_by_a_role_that_is_no_superuser_works),
	    TEST(a_schema_with_an_owner_keeps_it),
	    TEST(every_view_and_function_has_its_rights_whatever_is_added),
	    TEST(operators_ask_and_readers_read_and_neither_sees_passwords),
	    TEST(a_migration_is_shown_and_done_as_the_owner),
	    TEST(a_migration_by_one_who_is_not_the_owner_is_refused),
	    TEST(a_newer_schema_is_refused),
	    TEST(nothing_is_changed_under_a_runner_at_work),
	    TEST(a_runner_that_may_not_migrate_goes_on_when_somebody_has),
	    TEST(what_is_sound_has_no_findings),
	    TEST(each_row_that_names_what_is_not_there_is_found),
	    TEST(rights_that_are_too_many_or_too_few_are_found),
	    TEST(a_role_that_could_not_be_a_runner_is_told_so),
	    TEST(settings_that_lose_data_are_found),
	    TEST(a_database_without_a_schema_is_told_how_to_make_it),
	    cmocka_unit_test(clocks_may_differ_a_little),
	    cmocka_unit_test(a_conninfo_with_a_password_is_recognised),
	    cmocka_unit_test(a_server_that_is_away_is_told),
	    /* The clock of this program is wrong after it. */
	    TEST(a_runner_waits_for_the_end_of_a_migration),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/care", tests, start_server, stop_server);
}

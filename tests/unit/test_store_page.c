/* SPDX-License-Identifier: MIT */
/*
 * The man page of the schema is true: it has each view with each of its columns, and each function,
 * with their types; the database has all that it has; and its examples run.
 */
#include "store_client.h"

#include "base/text.h"

#define MAN_PAGE "man/iml-storage-schema.7"

/* ---- what the page says ---- */

/* Reads one line of the page, without its end; false at the end of the page. */
static bool next_line(FILE *page, char line[1024])
{
	if (fgets(line, 1024, page) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static FILE *open_page(void)
{
	FILE *page = fopen(MAN_PAGE, "re");

	assert_non_null(page);
	return page;
}

/* What follows a prefix, or NULL. */
static const char *after(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0 ? line + strlen(prefix) : NULL;
}

/* "view.column type" of a line like ".It Va column : Vt type" below ".Ss storage.view". */
static void append_column(struct text *rows, const char *view, const char *item)
{
	const char *type = strstr(item, " : Vt ");

	if (type != NULL)
		text_printf(rows, "%s%s.%.*s %s", rows->length > 0 ? "\n" : "", view,
		    (int)(type - item), item, type + strlen(" : Vt "));
}

/* "name(argument type, argument type)" of a line like '.It Fn storage.name "argument type" …'. */
static void append_function(struct text *rows, const char *item)
{
	size_t length = strcspn(item, " ");
	bool quoted = false;

	text_printf(rows, "%s%.*s(", rows->length > 0 ? "\n" : "", (int)length, item);
	for (const char *c = item + length; *c != '\0'; c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (quoted)
			text_append_char(rows, *c);
		else if (c[1] == '"' && c != item + length)
			text_append(rows, ", ");
	}
	text_append_char(rows, ')');
}

/* All columns, or all functions, of the page, in the order of the page. */
static char *described(bool functions)
{
	FILE *page = open_page();
	struct text rows = TEXT_EMPTY;
	char line[1024], view[1024] = "";

	while (next_line(page, line)) {
		const char *section = after(line, ".Ss storage.");
		const char *column = after(line, ".It Va ");
		const char *function = after(line, ".It Fn storage.");

		if (section != NULL)
			snprintf(view, sizeof(view), "%s", section);
		else if (after(line, ".S") != NULL)
			view[0] = '\0';
		else if (!functions && column != NULL && view[0] != '\0')
			append_column(&rows, view, column);
		else if (functions && function != NULL)
			append_function(&rows, function);
	}
	fclose(page);
	text_append(&rows, "");
	return text_steal(&rows);
}

/* ---- what the database says ---- */

/* Fails unless the lines of the page are just those that a query gives. */
static void assert_same_lines(struct database *database, char *page, const char *sql)
{
	struct text both = TEXT_EMPTY;
	char *rest, *quoted;

	text_append(&both, "WITH page (line) AS (VALUES (NULL::text)");
	for (char *line = strtok_r(page, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		quoted = PQescapeLiteral(database->reader, line, strlen(line));
		text_printf(&both, ", (%s)", quoted);
		PQfreemem(quoted);
	}
	text_printf(&both,
	    "), base (line) AS (%s) SELECT coalesce('the page lacks: ' || base.line,"
	    " 'the database lacks: ' || page.line) FROM base FULL JOIN page USING (line)"
	    " WHERE (base.line IS NULL) <> (page.line IS NULL)",
	    sql);
	assert_answer(database, both.data, "");
	text_clear(&both);
	free(page);
}

static void the_page_has_every_column_of_every_view(void **state)
{
	char *page = described(false);

	assert_true(strlen(page) > 1000);
	assert_same_lines(*state, page,
	    "SELECT relname || '.' || attname || ' ' || replace(format_type(atttypid, atttypmod),"
	    " 'timestamp with time zone', 'timestamptz')"
	    " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
	    " WHERE relnamespace = 'storage'::regnamespace AND relkind = 'v' AND attnum > 0");
}

static void the_page_has_every_function_that_others_may_use(void **state)
{
	char *page = described(true);

	assert_true(strlen(page) > 100);
	assert_same_lines(*state, page,
	    "SELECT proname || '(' || replace(pg_get_function_identity_arguments(oid),"
	    " 'timestamp with time zone', 'timestamptz') || ')'"
	    " FROM pg_proc WHERE pronamespace = 'storage'::regnamespace"
	    " AND obj_description(oid, 'pg_proc') NOT LIKE 'Private:%'");
}

/* ---- examples ---- */

/* Gives a class a counter besides its other statistics. */
static void add_counter(struct class_row *class, record_id id)
{
	class->statistics = xreallocarray(
	    class->statistics, class->statistic_count + 1, sizeof(*class->statistics));
	class->statistics[class->statistic_count++] = (struct statistic_row){.id = id,
	    .name = xstrdup("reads"),
	    .type = xstrdup("Counter"),
	    .label = xstrdup("Reads"),
	    .units = xstrdup(""),
	    .sample_period = 10};
}

/* Samples of the disk, and a time without. */
static void add_samples(struct changes *changes)
{
	add_counter(&changes->classes[1], 32);
	add_cohort(changes, 1, 6);
	for (int64_t i = 0; i < 3; i++) {
		add_sample_frame(changes, 1, 30, 0, 10 * i, 36.5);
		add_sample_frame(changes, 1, 31, 0, 10 * i, 7);
		add_sample_frame(changes, 1, 31, 1, 10 * i, 8);
		add_sample_frame(changes, 1, 32, 0, 10 * i, (double)(1000 * i));
	}
	ADD(changes, gaps, gap_count,
	    (struct gap_row){.id = 1,
	        .scannable_id = 1,
	        .begin = {(sample_second() + 30) * US_PER_S},
	        .end = {(sample_second() + 60) * US_PER_S}});
}

/*
 * A couplet with a drive that device nodes of a server lead to, and a failed disk above it, which
 * is sampled.
 */
static struct changes *site(void)
{
	struct changes *changes = new_changes();

	add_class(changes, 1, "Couplet", true);
	add_class(changes, 2, "Thing", true);
	free(changes->classes[1].ancestry);
	changes->classes[1].ancestry = xstrdup("[\"acme.Thing\", \"PhysicalDisk\", \"Resource\"]");
	for (size_t i = 0; i < changes->classes[1].statistic_count; i++)
		changes->classes[1].statistics[i].id += 10;
	add_samples(changes);
	for (record_id id = 1; id <= 7; id++)
		add_resource(changes, id, id == 1 ? 1 : 2, id == 1 ? 0 : 1,
		    (char[]){(char)('0' + id), '\0'});
	add_parent(changes, 6, 3);
	add_parent(changes, 7, 6);
	add_alert(changes, 1, 3, true);
	changes->alerts[0].root_cause_id = 1;
	add_alert(changes, 2, 6, true);
	changes->alerts[1].cause_id = changes->alerts[1].root_cause_id = 1;
	ADD(changes, servers, server_count,
	    (struct server_row){1, xstrdup("10.0.0.5"), NULL, xstrdup("requested"),
	        xstrdup("virtual machine"), {1}});
	ADD(changes, volumes, volume_count,
	    (struct volume_row){.id = 1, .drive_id = 6, .label = xstrdup("mylun"), .size = 4096});
	ADD(changes, volume_nodes, volume_node_count,
	    (struct volume_node_row){.id = 1,
	        .volume_id = 1,
	        .resource_id = 7,
	        .server_id = 1,
	        .path = xstrdup("/dev/sda"),
	        .primary = true,
	        .used = true});
	return changes;
}

/* The next example of the page as SQL; NULL after the last. */
static char *next_example(FILE *page)
{
	struct text sql = TEXT_EMPTY;
	char line[1024];

	while (next_line(page, line) && strcmp(line, ".\\\" sample sql") != 0)
		continue;
	if (feof(page) || !next_line(page, line))
		return NULL;
	while (next_line(page, line) && strcmp(line, ".Ed") != 0)
		text_printf(&sql, "%s\n", line);
	return text_steal(&sql);
}

static void every_example_runs_and_finds_something(void **state)
{
	struct database *database = *state;
	FILE *page = open_page();
	int count = 0;
	char *sql;

	client_write(&database->client, site());
	for (; (sql = next_example(page)) != NULL; count++) {
		PGresult *result = PQexec(database->reader, sql);

		if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) == 0)
			fail_msg("%s%s", sql, PQresultErrorMessage(result));
		PQclear(result);
		free(sql);
	}
	fclose(page);
	assert_true(count >= 18);
}

/* ---- the notification ---- */

static void the_page_names_what_a_notification_counts(void **state)
{
	struct database *database = *state;
	struct text members = TEXT_EMPTY;
	FILE *page = open_page();
	PGnotify *notice;
	char line[1024];
	bool here = false;
	char *quoted, *sql;

	query(database->reader, "LISTEN storage");
	client_write(&database->client, site());
	query(database->reader, "SELECT 1");
	notice = PQnotifies(database->reader);
	assert_non_null(notice);
	while (next_line(page, line)) {
		if (after(line, ".Sh ") != NULL)
			here = after(line, ".Sh NOTIFICATIONS") != NULL;
		else if (here && after(line, ".It Va ") != NULL)
			text_printf(&members, "%s%s", members.length > 0 ? " " : "",
			    after(line, ".It Va "));
	}
	fclose(page);
	quoted = PQescapeLiteral(database->reader, notice->extra, strlen(notice->extra));
	sql = xasprintf("SELECT string_agg(key, ' ') FROM json_object_keys(%s) AS key", quoted);
	assert_answer(database, sql, members.data);
	free(sql);
	PQfreemem(quoted);
	PQfreemem(notice);
	text_clear(&members);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_page_has_every_column_of_every_view),
	    TEST(the_page_has_every_function_that_others_may_use),
	    TEST(every_example_runs_and_finds_something),
	    TEST(the_page_names_what_a_notification_counts),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/page", tests, start_server, stop_server);
}

/* SPDX-License-Identifier: MIT */
/*
 * What the rows say of each other where no constraint keeps them to it. All is examined as of one
 * moment, so that a runner at work makes no difference.
 */
#include "store/care_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Rows of a table that name what is not there. */
struct reference_check {
	const char *table;
	const char *column;
	const char *target; /* table, by its id */
	const char *repair; /* the beginning of the statement that does; NULL: the rows go */
};

static const struct reference_check reference_checks[] = {
    {"resource", "class_id", "class", NULL},
    {"parent", "child_id", "resource", NULL},
    {"parent", "parent_id", "resource", NULL},
    {"parent", "reporter_id", "resource", NULL},
    {"reporter", "resource_id", "resource", NULL},
    {"reporter", "reporter_id", "resource", NULL},
    {"reference", "resource_id", "resource", NULL},
    {"reference", "target_id", "resource", NULL},
    {"alert", "cause_id", "alert", "UPDATE storage.alert SET cause_id = NULL"},
    {"alert", "root_cause_id", "alert", "UPDATE storage.alert SET root_cause_id = id"},
    {"cohort", "scannable_id", "resource", NULL},
    {"cohort", "class_id", "class", NULL},
    {"slot", "cohort_id", "cohort", NULL},
    {"slot", "resource_id", "resource", NULL},
    {"gap", "scannable_id", "resource", NULL},
    {"volume", "drive_id", "resource", NULL},
    {"volume_node", "resource_id", "resource", NULL},
};

/* Tables whose ids storage.counter has the highest of. */
static const char *const counted[] = {
    "class", "statistic", "resource", "alert", "event", "volume", "volume_node", "cohort", "gap"};

/* Each gives a row (number, example) unless the number is 0. */
static const struct content_check {
	const char *place;
	const char *sql;
	const char *message;
	const char *remedy;
} content_checks[] = {
    {"storage.slot",
        "SELECT count(*), min(resource_id) FROM (SELECT resource_id FROM storage.slot"
        " JOIN storage.cohort ON cohort.id = cohort_id"
        " GROUP BY resource_id, scannable_id, class_id HAVING count(*) > 1) AS twice",
        "resources that have two slots of one scannable: their samples are in two places",
        "stop the runner, then: DELETE FROM storage.slot AS a USING storage.slot AS b WHERE"
        " a.resource_id = b.resource_id AND a.since > b.since"},
    {"storage.resource",
        "SELECT count(*), min(resource.id) FROM storage.resource JOIN storage.class"
        " ON class.id = class_id, jsonb_array_elements(class.attributes::jsonb) AS a"
        " WHERE a->>'type' = 'Password' AND resource.attributes ? (a->>'name')",
        "resources with a password among the attributes that views show",
        "stop the runner, then: UPDATE storage.resource SET attributes = attributes - 'the"
        " password''s name' WHERE id = …, and have the password changed on the device"},
    {"storage.counter", "SELECT 1 - count(*), 0 FROM storage.counter",
        "missing rows of the highest ids", "restore the database from a backup"},
};

/* Adds a finding if the question (number, example) says so. False if it can't be asked. */
static bool examine(struct care *care, struct care_report *report, const char *sql,
    const char *place, const char *message, const char *remedy)
{
	char reason[REASON_SIZE];
	PGresult *result = care_ask(care, sql, reason);
	const char *number = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "0";

	if (result == NULL)
		care_find(report, CARE_WARNING, "content", place, NULL, "not examined: %s", reason);
	else if (strcmp(number, "0") != 0)
		care_find(report, CARE_ERROR, "content", place, remedy, "%s %s, id %s for one",
		    number, message, PQgetvalue(result, 0, 1));
	PQclear(result);
	return result != NULL;
}

static bool examine_reference(
    struct care *care, struct care_report *report, const struct reference_check *check)
{
	char *condition =
	    xasprintf("%s IS NOT NULL AND NOT EXISTS (SELECT FROM storage.%s AS target"
	              " WHERE target.id = %s.%s)",
	        check->column, check->target, check->table, check->column);
	char *sql = xasprintf("SELECT count(*), min(%s) FROM storage.%s WHERE %s", check->column,
	    check->table, condition);
	char *place = xasprintf("storage.%s.%s", check->table, check->column);
	char *message = xasprintf("rows that name what is not in storage.%s", check->target);
	char *remedy =
	    check->repair != NULL
	        ? xasprintf("stop the runner, then: %s WHERE %s", check->repair, condition)
	        : xasprintf("stop the runner, then: DELETE FROM storage.%s WHERE %s", check->table,
	              condition);
	bool good = examine(care, report, sql, place, message, remedy);

	free(condition);
	free(sql);
	free(place);
	free(message);
	free(remedy);
	return good;
}

static bool examine_counter(struct care *care, struct care_report *report, const char *table)
{
	char *sql = xasprintf("SELECT count(*), max(id) FROM storage.%s WHERE id > (SELECT %s FROM"
	                      " storage.counter)",
	    table, table);
	char *place = xasprintf("storage.counter.%s", table);
	char *remedy = xasprintf("stop the runner, then: UPDATE storage.counter SET %s = (SELECT"
	                         " max(id) FROM storage.%s)",
	    table, table);
	bool good = examine(care, report, sql, place,
	    "rows have an id beyond the highest one, which would be given again", remedy);

	free(sql);
	free(place);
	free(remedy);
	return good;
}

static void examine_all(struct care *care, struct care_report *report)
{
	bool good = true;

	for (size_t i = 0; good && i < sizeof(reference_checks) / sizeof(reference_checks[0]); i++)
		good = examine_reference(care, report, &reference_checks[i]);
	for (size_t i = 0; good && i < sizeof(counted) / sizeof(counted[0]); i++)
		good = examine_counter(care, report, counted[i]);
	for (size_t i = 0; good && i < sizeof(content_checks) / sizeof(content_checks[0]); i++)
		good = examine(care, report, content_checks[i].sql, content_checks[i].place,
		    content_checks[i].message, content_checks[i].remedy);
}

void care_check_content(struct care *care, struct care_report *report)
{
	size_t before = report->count;

	PQclear(PQexec(care->connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
	examine_all(care, report);
	PQclear(PQexec(care->connection, "ROLLBACK"));
	if (report->count == before)
		care_find(report, CARE_GOOD, "content", NULL, NULL, "the rows fit together");
}

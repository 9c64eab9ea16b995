/* SPDX-License-Identifier: MIT */
/* Who may do what: as the schema says it should be, and no more. */
#include "store/care_internal.h"

#include <stdlib.h>

#include "base/memory.h"

#define AGAIN "iml-plugin db init, which gives every right again"

/* "has_table_privilege(role, object, privilege)" for a row of storage.rights(). */
#define HAS_RIGHT(role)                                                                  \
	"CASE kind WHEN 'SCHEMA' THEN has_schema_privilege(" role ", object, privilege)" \
	" WHEN 'TABLE' THEN has_table_privilege(" role ", object, privilege)"            \
	" ELSE has_function_privilege(" role ", object, privilege) END"

/* A role that reads tables because it is the owner's or the runner's. */
#define MAY_BE_OWNER_OR_RUNNER                                                               \
	"(pg_has_role(r.oid, n.nspowner, 'MEMBER') OR EXISTS (SELECT FROM storage.role AS p" \
	" JOIN pg_roles AS q ON q.rolname = p.name WHERE p.purpose = 'runner'"               \
	" AND pg_has_role(r.oid, q.oid, 'MEMBER')))"

/* Each gives a row (place, detail) for what is wrong. */
static const struct rights_check {
	enum care_level level;
	const char *sql;
	const char *message; /* followed by the detail */
	const char *remedy;
} rights_checks[] = {
    {CARE_ERROR,
        "SELECT 'role ' || name, purpose FROM storage.role"
        " WHERE name NOT IN (SELECT rolname FROM pg_roles)",
        "the role is gone, and is to be the", AGAIN},
    {CARE_ERROR,
        "SELECT 'role ' || r.name, left(string_agg(DISTINCT privilege || ' on ' || object, ', '"
        " ORDER BY privilege || ' on ' || object), 200)"
        " FROM storage.role AS r JOIN pg_roles ON rolname = name"
        " JOIN storage.rights() AS due USING (purpose)"
        " WHERE NOT " HAS_RIGHT("r.name") " GROUP BY r.name",
        "it lacks", AGAIN},
    {CARE_ERROR,
        "SELECT kind || ' ' || name, owner FROM (SELECT CASE relkind WHEN 'v' THEN 'view' ELSE"
        " 'table' END, oid::regclass::text, relnamespace, relowner FROM pg_class WHERE relkind IN"
        " ('r', 'p', 'v') UNION ALL SELECT 'function', oid::regprocedure::text, pronamespace,"
        " proowner FROM pg_proc) AS o (kind, name, place, owner_id),"
        " pg_get_userbyid(owner_id) AS owner JOIN pg_namespace AS n ON n.nspname = 'storage'"
        " WHERE place = n.oid AND owner_id <> n.nspowner ORDER BY 1 LIMIT 20",
        "the owner of the schema does not own it, but", "ALTER … OWNER TO the schema's owner"},
    {CARE_ERROR,
        "SELECT 'role ' || r.rolname, 'storage.resource' FROM pg_roles AS r"
        " JOIN pg_namespace AS n ON n.nspname = 'storage'"
        " JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'resource'"
        " WHERE NOT r.rolsuper AND r.rolname !~ '^pg_'"
        " AND has_any_column_privilege(r.oid, c.oid, 'SELECT')"
        " AND (NOT " MAY_BE_OWNER_OR_RUNNER
        " OR r.rolname IN (SELECT name FROM storage.role WHERE purpose <> 'runner'"
        " EXCEPT SELECT name FROM storage.role WHERE purpose = 'runner'))"
        " ORDER BY 1 LIMIT 20",
        "it may read passwords, in",
        "REVOKE what it was granted on tables, or its membership in a role that may read them"},
    {CARE_ERROR,
        "SELECT 'function ' || oid::regprocedure::text, 'PUBLIC' FROM pg_proc"
        " WHERE pronamespace = 'storage'::regnamespace AND provolatile = 'v' AND prosecdef"
        " AND has_function_privilege('public', oid, 'EXECUTE') ORDER BY 1 LIMIT 20",
        "it changes something, and may be called by", AGAIN},
};

/* Adds what one check finds. */
static void check_one(
    struct care *care, const struct rights_check *check, struct care_report *report)
{
	char reason[REASON_SIZE];
	PGresult *result = care_ask(care, check->sql, reason);

	if (result == NULL)
		care_find(report, CARE_WARNING, "rights", NULL, NULL, "not examined: %s", reason);
	for (int i = 0; i < PQntuples(result); i++)
		care_find(report, check->level, "rights", PQgetvalue(result, i, 0), check->remedy,
		    "%s %s", check->message, PQgetvalue(result, i, 1));
	PQclear(result);
}

/* Whether the role that is connected could be the runner's. */
static void check_own(struct care *care, struct care_report *report)
{
	char reason[REASON_SIZE];
	char *place = xasprintf("role %s", PQuser(care->connection));
	PGresult *result = care_ask(care,
	    "SELECT left(string_agg(privilege || ' on ' || object, ', '), 200) FROM "
	    "storage.rights()"
	    " WHERE purpose = 'runner' AND NOT " HAS_RIGHT("current_user"),
	    reason);

	if (PQntuples(result) == 1 && !PQgetisnull(result, 0, 0))
		care_find(report, CARE_ERROR, "rights", place,
		    "GRANT the runner's role to it (iml_storage_runner, if db init was not told "
		    "another)",
		    "a runner that connects like this lacks %s", PQgetvalue(result, 0, 0));
	PQclear(result);
	free(place);
}

static void note_single_role(struct care *care, struct care_report *report)
{
	char reason[REASON_SIZE];
	PGresult *result = care_ask(care, "SELECT FROM storage.role", reason);

	if (result != NULL && PQntuples(result) == 0)
		care_find(report, CARE_NOTE, "rights", NULL, "iml-plugin db init makes lesser ones",
		    "one role does everything");
	PQclear(result);
}

void care_check_rights(struct care *care, struct care_report *report)
{
	size_t before = report->count;

	check_own(care, report);
	if (report->count == before)
		for (size_t i = 0; i < sizeof(rights_checks) / sizeof(rights_checks[0]); i++)
			check_one(care, &rights_checks[i], report);
	if (report->count == before)
		care_find(report, CARE_GOOD, "rights", NULL, NULL,
		    "every role has those that it needs, and none may read passwords that should "
		    "not");
	note_single_role(care, report);
}

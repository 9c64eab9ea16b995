/* SPDX-License-Identifier: MIT */
#include "store/care.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/care_internal.h"
#include "store/internal.h"
#include "store/migration.h"

/* ---- asking ---- */

PGresult *care_ask(struct care *care, const char *sql, char reason[REASON_SIZE])
{
	PGresult *result = PQexec(care->connection, sql);
	ExecStatusType status = PQresultStatus(result);
	char *text;

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	text = store_error_text(result);
	reason_write(reason, "%s", text);
	free(text);
	PQclear(result);
	return NULL;
}

/* The one number that a question has for an answer; otherwise if it can't be asked. */
static int ask_number(struct care *care, const char *sql, int otherwise)
{
	char reason[REASON_SIZE];
	PGresult *result = care_ask(care, sql, reason);
	int number = result == NULL ? otherwise : (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);

	PQclear(result);
	return number;
}

/* ---- the connection ---- */

static PGconn *connect_to(const char *conninfo, const char *name)
{
	/* What the conninfo says overrides what stands before it. */
	const char *keywords[] = {"connect_timeout", "target_session_attrs", "dbname",
	    "application_name", "client_encoding", NULL};
	const char *values[] = {"10", "read-write", conninfo, name, "UTF8", NULL};

	return PQconnectdbParams(keywords, values, 1);
}

/* Whether a pooler gives a second connection the session that the first one has. */
static bool is_shared(struct care *care)
{
	static const char sql[] = "SELECT pg_backend_pid()";
	int session = ask_number(care, sql, 0);
	PGconn *second;
	PGresult *result;
	bool same;

	if (session == PQbackendPID(care->connection))
		return false;
	second = connect_to(care->conninfo, care->name);
	result = PQstatus(second) == CONNECTION_OK ? PQexec(second, sql) : NULL;
	same = PQntuples(result) == 1 && session == strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(second);
	return same;
}

static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

struct care *care_open(const char *conninfo, const char *action, char reason[REASON_SIZE])
{
	struct care *care = xcalloc(1, sizeof(*care));
	char *line;

	care->conninfo = xstrdup(conninfo);
	care->name = xasprintf("iml-plugin db %s", action);
	care->connection = connect_to(conninfo, care->name);
	if (PQstatus(care->connection) != CONNECTION_OK) {
		line = store_one_line(PQerrorMessage(care->connection));
		reason_write(reason, "%s%s", line,
		    PQconnectionNeedsPassword(care->connection)
		        ? ". Put the password into ~/.pgpass, or a service file"
		        : "");
		free(line);
		care_free(care);
		return NULL;
	}
	PQsetNoticeReceiver(care->connection, ignore_notice, NULL);
	care->target = xasprintf("%s@%s:%s/%s", PQuser(care->connection), PQhost(care->connection),
	    PQport(care->connection), PQdb(care->connection));
	care->is_shared = is_shared(care);
	return care;
}

void care_free(struct care *care)
{
	if (care == NULL)
		return;
	PQfinish(care->connection);
	for (size_t i = 0; i < CARE_ROLES; i++)
		free(care->roles[i]);
	free(care->conninfo);
	free(care->name);
	free(care->target);
	free(care);
}

bool care_conninfo_has_password(const char *conninfo)
{
	PQconninfoOption *options =
	    store_conninfo_is_name(conninfo) ? NULL : PQconninfoParse(conninfo, NULL);
	bool has = false;

	for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
		has = has || (strstr(o->keyword, "password") != NULL && o->val != NULL);
	PQconninfoFree(options);
	return has;
}

const char *care_target(const struct care *care)
{
	return care->target;
}

/* ---- the schema ---- */

void care_read_schema(struct care *care, struct care_schema *schema)
{
	char reason[REASON_SIZE];
	PGresult *result = care_ask(care,
	    "SELECT nspowner IS NOT NULL, EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid"
	    " AND relname = 'migration'), EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid)"
	    " OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = n.oid),"
	    " pg_get_userbyid(nspowner), coalesce(pg_has_role(nspowner, 'MEMBER'), false)"
	    " FROM (VALUES (1)) AS one LEFT JOIN pg_namespace AS n ON nspname = 'storage'",
	    reason);

	*schema = (struct care_schema){0};
	if (result == NULL)
		return;
	schema->exists = store_is_true(result, 0);
	schema->is_ours = store_is_true(result, 1);
	schema->has_things = store_is_true(result, 2);
	schema->owner = xstrdup(store_text_at(result, 3));
	schema->may_be_owner = store_is_true(result, 4);
	PQclear(result);
	if (schema->is_ours)
		schema->version =
		    ask_number(care, "SELECT coalesce(max(number), 0) FROM storage.migration", -1);
}

void care_schema_clear(struct care_schema *schema)
{
	free(schema->owner);
	*schema = (struct care_schema){0};
}

int care_version(struct care *care)
{
	struct care_schema schema;
	int version;

	care_read_schema(care, &schema);
	version = schema.version;
	care_schema_clear(&schema);
	return version;
}

const char *care_role_name(struct care *care, enum care_role role)
{
	static const char *const purposes[CARE_ROLES] = {"runner", "reader", "operator"};
	char reason[REASON_SIZE];
	char *sql = xasprintf("SELECT name FROM storage.role WHERE purpose = '%s'", purposes[role]);
	PGresult *result = care_ask(care, sql, reason);

	free(sql);
	free(care->roles[role]);
	care->roles[role] = PQntuples(result) == 1 ? xstrdup(store_text_at(result, 0)) : NULL;
	PQclear(result);
	return care->roles[role];
}

/* ---- findings ---- */

const char *care_level_name(enum care_level level)
{
	static const char *const names[] = {"good", "note", "warning", "error"};

	return names[level];
}

void care_find(struct care_report *report, enum care_level level, const char *check,
    const char *place, const char *remedy, const char *format, ...)
{
	va_list arguments;

	report->findings =
	    xgrow(report->findings, report->count, &report->capacity, sizeof(*report->findings));
	va_start(arguments, format);
	report->findings[report->count++] = (struct care_finding){.level = level,
	    .check = check,
	    .place = xstrdup(place),
	    .remedy = xstrdup(remedy),
	    .message = xvasprintf(format, arguments)};
	va_end(arguments);
}

enum care_level care_report_level(const struct care_report *report)
{
	enum care_level worst = CARE_GOOD;

	for (size_t i = 0; i < report->count; i++)
		if (report->findings[i].level > worst)
			worst = report->findings[i].level;
	return worst;
}

void care_report_clear(struct care_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->findings[i].place);
		free(report->findings[i].message);
		free(report->findings[i].remedy);
	}
	free(report->findings);
	*report = (struct care_report){0};
}

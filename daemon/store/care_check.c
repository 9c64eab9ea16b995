/* SPDX-License-Identifier: MIT */
/* What is looked at from outside of the schema, and what the schema says of itself. */
#include "store/care.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/care_internal.h"
#include "store/internal.h"
#include "store/migration.h"

/* Clocks may differ by so much; samples are on a grid of 10 s at the finest. */
#define CLOCK_GOOD_US (2 * US_PER_S)
#define CLOCK_BAD_US (60 * US_PER_S)

/* ---- server ---- */

static void check_connection(struct care *care, struct care_report *report)
{
	int version = PQserverVersion(care->connection);

	if (care->is_shared)
		care_find(report, CARE_ERROR, "connection", care->target,
		    "set pool_mode = session for this database in pgbouncer.ini, or connect to the"
		    " server itself",
		    "a pooler in transaction mode is between: locks, prepared statements and"
		    " notifications of the runner get lost");
	else
		care_find(report, CARE_GOOD, "connection", care->target, NULL, "connected");
	if (version < OLDEST_SERVER)
		care_find(report, CARE_ERROR, "server", care->target, "upgrade the server",
		    "the server is PostgreSQL %d, and %d or newer is needed", version / 10000,
		    OLDEST_SERVER / 10000);
	else
		care_find(report, CARE_GOOD, "server", NULL, NULL, "PostgreSQL %s",
		    PQparameterStatus(care->connection, "server_version"));
}

static void check_encoding(struct care *care, struct care_report *report)
{
	const char *encoding = PQparameterStatus(care->connection, "server_encoding");
	const char *database = PQdb(care->connection);

	if (encoding == NULL || strcmp(encoding, "UTF8") == 0)
		care_find(report, CARE_GOOD, "encoding", NULL, NULL, "UTF8");
	else
		care_find(report, CARE_ERROR, "encoding", database,
		    "make another database: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
		    "%s can't hold every text that plugins report", encoding);
}

void care_judge_clock(struct care_report *report, int64_t ahead_us, int64_t doubt_us)
{
	int64_t apart_us = llabs(ahead_us) - doubt_us;
	char text[CLOCK_TEXT_SIZE];

	if (apart_us <= CLOCK_GOOD_US) {
		care_find(report, CARE_GOOD, "clock", NULL, NULL,
		    "server and this machine agree to within %s",
		    duration_format((llabs(ahead_us) + doubt_us) * 1000, text));
		return;
	}
	care_find(report, apart_us > CLOCK_BAD_US ? CARE_ERROR : CARE_WARNING, "clock", NULL,
	    "keep both by NTP (chrony, systemd-timesyncd)",
	    "the clock of the server is %s %s that of this machine: charts end early, or show"
	    " nothing of the last minutes",
	    duration_format(llabs(ahead_us) * 1000, text), ahead_us > 0 ? "ahead of" : "behind");
}

static void check_clock(struct care *care, struct care_report *report)
{
	char reason[REASON_SIZE];
	int64_t before_us = wallclock_now().us;
	PGresult *result = care_ask(
	    care, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", reason);
	int64_t doubt_us = (wallclock_now().us - before_us) / 2;

	if (result != NULL)
		care_judge_clock(report,
		    strtoll(PQgetvalue(result, 0, 0), NULL, 10) - before_us - doubt_us, doubt_us);
	PQclear(result);
}

/* ---- settings ---- */

static const struct setting_check {
	const char *name;
	const char *wrong; /* a condition in SQL on "value", the setting, and "role", ours */
	enum care_level level;
	const char *message;
	const char *remedy;
} setting_checks[] = {
    {"max_connections", "value::integer < 20", CARE_WARNING,
        "the runner needs 3 connections, and every user of the interface some more",
        "ALTER SYSTEM SET max_connections = 100, and restart the server"},
    {"max_connections", "role.rolconnlimit BETWEEN 0 AND 2", CARE_ERROR,
        "the runner needs 3 connections, and its role may have fewer",
        "ALTER ROLE … CONNECTION LIMIT -1"},
    {"synchronous_commit", "value = 'off'", CARE_WARNING,
        "scans that were acknowledged get lost when the server crashes, and the runner then has to"
        " be started again",
        "ALTER SYSTEM RESET synchronous_commit, and for role and database alike"},
    {"fsync", "value = 'off'", CARE_WARNING, "a crash of the machine may destroy the database",
        "ALTER SYSTEM RESET fsync"},
    {"full_page_writes", "value = 'off'", CARE_WARNING,
        "a crash of the machine may destroy the database", "ALTER SYSTEM RESET full_page_writes"},
    {"default_transaction_read_only", "value = 'on'", CARE_ERROR, "nothing can be stored",
        "ALTER DATABASE … RESET default_transaction_read_only, and for the role alike"},
    {"statement_timeout", "value::integer BETWEEN 1 AND 10000", CARE_NOTE,
        "what the interface asks for may be cut off; the runner sets its own", NULL},
    {"idle_in_transaction_session_timeout", "value::integer BETWEEN 1 AND 1000", CARE_NOTE,
        "users of the interface may be cut off; the runner sets its own", NULL},
};

static void check_settings(struct care *care, struct care_report *report)
{
	char reason[REASON_SIZE];
	size_t before = report->count;

	for (size_t i = 0; i < sizeof(setting_checks) / sizeof(setting_checks[0]); i++) {
		const struct setting_check *check = &setting_checks[i];
		char *sql = xasprintf("SELECT current_setting(name) FROM (SELECT name, setting AS"
		                      " value FROM pg_settings WHERE name = '%s') AS s, pg_roles AS"
		                      " role WHERE rolname = current_user AND %s",
		    check->name, check->wrong);
		PGresult *result = care_ask(care, sql, reason);

		if (PQntuples(result) == 1)
			care_find(report, check->level, "settings", check->name, check->remedy,
			    "%s: %s", PQgetvalue(result, 0, 0), check->message);
		PQclear(result);
		free(sql);
	}
	if (report->count == before)
		care_find(report, CARE_GOOD, "settings", NULL, NULL,
		    "nothing is set in a way that harms");
}

/* ---- schema ---- */

/* Whether the schema is the one that the other checks are about. */
static bool check_schema(struct care *care, struct care_report *report)
{
	struct care_schema schema;
	int version, needed = migration_newest();

	care_read_schema(care, &schema);
	version = schema.version;
	if (!schema.is_ours && schema.has_things)
		care_find(report, CARE_ERROR, "schema", "storage",
		    "use another database, or rename that schema",
		    "it is not the runner's: it has no table storage.migration");
	else if (!schema.is_ours)
		care_find(report, CARE_ERROR, "schema", "storage", "iml-plugin db init",
		    "there is none yet");
	else if (version < 0)
		care_find(report, CARE_ERROR, "schema", "storage",
		    "connect as the runner does, or as the owner",
		    "the role \"%s\" may not read it", PQuser(care->connection));
	else if (version < needed)
		care_find(report, CARE_ERROR, "schema", "storage", "iml-plugin db migrate",
		    "it has version %d, and this program needs %d", version, needed);
	else if (version > needed)
		care_find(report, CARE_ERROR, "schema", "storage", "install the newer program",
		    "it has version %d, and this program (" VERSION ") knows versions up to %d",
		    version, needed);
	else
		care_find(
		    report, CARE_GOOD, "schema", NULL, NULL, "version %d, the newest", version);
	care_schema_clear(&schema);
	return version == needed;
}

/* ---- partitions ---- */

/* Whether a runner has been there for a minute. */
static bool runner_is_there(struct care *care)
{
	char reason[REASON_SIZE];
	PGresult *result = care_ask(care,
	    "SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
	    " AND granted AND coalesce(backend_start < now() - interval '1 minute', true)"
	    " AND (classid, objid, objsubid) = (" RUNNER_LOCK ", 2)"
	    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
	    reason);
	bool is_there = PQntuples(result) > 0;

	PQclear(result);
	return is_there;
}

/* Each resolution needs a partition for now, and the one after it. */
static void check_partitions(struct care *care, struct care_report *report)
{
	char reason[REASON_SIZE];
	bool is_there = runner_is_there(care);
	PGresult *result = care_ask(care,
	    "WITH part AS (SELECT split_part(relname, '_', 2)::integer AS number,"
	    " split_part(relname, '_', 3)::bigint AS first, split_part(relname, '_', 4)::bigint"
	    " AS last FROM pg_class WHERE relnamespace = 'storage'::regnamespace"
	    " AND relname ~ '^frame_[0-4]_-?[0-9]+_-?[0-9]+$' AND relispartition)"
	    " SELECT 'frame_' || resolution.number FROM storage.resolution WHERE NOT EXISTS ("
	    " SELECT FROM part AS a JOIN part AS b ON b.number = a.number AND b.first = a.last"
	    " WHERE a.number = resolution.number"
	    " AND a.first <= extract(epoch FROM now()) AND extract(epoch FROM now()) < a.last)"
	    " ORDER BY 1",
	    reason);

	for (int i = 0; i < PQntuples(result); i++)
		care_find(report, is_there ? CARE_WARNING : CARE_NOTE, "partitions",
		    PQgetvalue(result, i, 0),
		    is_there ? "see what the runner logs about them: iml-plugin db check also tells"
		               " which rights it lacks"
		             : NULL,
		    "there is none for now, or for the time after; the runner %s",
		    is_there ? "makes them ahead of time, and has not"
		             : "makes them when it is there");
	if (result != NULL && PQntuples(result) == 0)
		care_find(report, CARE_GOOD, "partitions", NULL, NULL,
		    "there are some for now and for the time after");
	PQclear(result);
}

void care_check(struct care *care, struct care_report *report)
{
	check_connection(care, report);
	check_encoding(care, report);
	check_clock(care, report);
	check_settings(care, report);
	if (!check_schema(care, report))
		return;
	care_check_rights(care, report);
	check_partitions(care, report);
	care_check_content(care, report);
}

/* SPDX-License-Identifier: MIT */
#include "store/internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/migration.h"

/* The session of a runner that was killed may keep the lock for a moment. */
#define LOCK_RETRY_MS 200
#define LOCK_PATIENCE_NS (4 * NS_PER_S)

/* How the commands for the database begin their names: they end soon, and no runner is one. */
#define CARE_NAME "iml-plugin db"

static void read_number(struct store *store);

/* ---- the schema ---- */

/*
 * What has to be done takes a person with more rights: waits for it, disconnected, so that the
 * database is free for whoever does it. format: what is wrong; then what to run.
 */
static void await_care(struct store *store, const char *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void await_care(struct store *store, const char *command, const char *format, ...)
{
	struct text reason = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&reason, format, arguments);
	va_end(arguments);
	text_printf(&reason,
	    ". Run iml-plugin db %s --conninfo \"host=%s port=%s dbname=%s user=…\" as %s; the"
	    " runner goes on by itself then",
	    command, PQhost(store->connection), PQport(store->connection), PQdb(store->connection),
	    strcmp(command, "init") == 0 ? "a role that may create roles and schemas"
	                                 : "the owner of the schema, or a member of it");
	store_await_care(store, reason.data);
	text_clear(&reason);
}

static void applied(struct store *store, PGresult *result)
{
	(void)result;
	read_number(store);
}

static void apply(struct store *store, const struct migration *migration)
{
	struct text sql = TEXT_EMPTY;

	log_info("database: applying migration %d, %s", migration->number, migration->name);
	text_append(&sql, "BEGIN; SET LOCAL statement_timeout = 0;");
	if (store->owner != NULL)
		text_printf(&sql, " SET LOCAL ROLE %s;", store->owner);
	text_append_char(&sql, '\n');
	migration_append(migration, &sql);
	text_append(&sql, "COMMIT");
	store_ask(store, sql.data, NULL, NULL, applied);
	text_clear(&sql);
}

/*
 * Compares the number of transactions with what we know of it. Those that were sent may have been
 * committed.
 */
static void revision_read(struct store *store, PGresult *result)
{
	int64_t highest = store->in_flight != NULL ? store->writer.revision : store->revision;
	int64_t revision;

	if (PQntuples(result) != 1) {
		store_give_up(store,
		    "the table storage.counter of the database is empty: the schema "
		    "was damaged, restore it from a backup");
		return;
	}
	revision = store_number_at(result, 0);
	if ((store->loaded || store->load_step > 0) && revision != store->revision &&
	    (revision < store->revision || revision > highest)) {
		store_give_up(store,
		    "the database was changed by others while it was away (revision %lld in place "
		    "of"
		    " %lld): restored from a backup, or another server? Start the runner again",
		    (long long)revision, (long long)store->revision);
		return;
	}
	if (!store->loaded) {
		store->revision = revision;
		free(store->identity);
		store->identity = xstrdup(PQgetvalue(result, 0, 1));
	}
	store_migrated(store);
}

static void number_read(struct store *store, PGresult *result)
{
	int64_t number = store_number_at(result, 0);
	const struct migration *next = migration_after(number);

	if (number > migration_newest())
		store_give_up(store,
		    "the schema of the database has version %lld, this program (%s) knows versions "
		    "up to %d: install the newer program, or restore a backup of the older schema",
		    (long long)number, VERSION, migration_newest());
	else if (next == NULL)
		store_ask(store, "SELECT revision, identity FROM storage.counter", NULL, NULL,
		    revision_read);
	else if (store->may_migrate)
		apply(store, next);
	else
		await_care(store, "migrate",
		    "the schema of the database has version %lld, this program (%s) needs version"
		    " %d, and the role \"%s\" may not change it",
		    (long long)number, VERSION, migration_newest(), PQuser(store->connection));
}

static void read_number(struct store *store)
{
	store_ask(store, "SELECT coalesce(max(number), 0) FROM storage.migration", NULL, NULL,
	    number_read);
}

/* What inspect_schema() asks for. */
enum { SCHEMA_IS_OURS, SCHEMA_HAS_THINGS, SCHEMA_MAY_USE, SCHEMA_MAY_CHANGE, SCHEMA_OWNER };

/* Makes the schema, or has it made. */
static void make_schema(struct store *store)
{
	if (store->may_migrate)
		apply(store, migration_after(0));
	else
		await_care(store, "init",
		    "the database \"%s\" has no schema for the runner yet, and the role \"%s\" may"
		    " not create it",
		    PQdb(store->connection), PQuser(store->connection));
}

/* What there is of a schema: nothing (or an empty one made for us), ours, or another's. */
static void schema_inspected(struct store *store, PGresult *result)
{
	bool is_ours = store_is_true(result, SCHEMA_IS_OURS);

	free(store->owner);
	store->owner = xstrdup(store_text_at(result, SCHEMA_OWNER));
	store->may_migrate = store_is_true(result, SCHEMA_MAY_CHANGE);
	if (is_ours && !store_is_true(result, SCHEMA_MAY_USE))
		await_care(store, "init",
		    "the role \"%s\" has no rights on the schema \"storage\": make it a member of"
		    " the runner's role (GRANT iml_storage_runner TO …), which this command makes",
		    PQuser(store->connection));
	else if (is_ours)
		read_number(store);
	else if (store_is_true(result, SCHEMA_HAS_THINGS))
		store_give_up(store,
		    "the database \"%s\" has a schema \"storage\" that is not the runner's (it has "
		    "no table storage.migration): use another database, or rename that schema",
		    PQdb(store->connection));
	else if (store->loaded || store->load_step > 0)
		store_give_up(store,
		    "the schema \"storage\" is gone from the database \"%s\": start the runner "
		    "again to make a new one",
		    PQdb(store->connection));
	else
		make_schema(store);
}

/* Its owner is given where we may act as the owner. */
static void inspect_schema(struct store *store)
{
	store_ask(store,
	    "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname ="
	    " 'migration'), EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid)"
	    " OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = n.oid),"
	    " has_schema_privilege(n.oid, 'USAGE'),"
	    " coalesce(pg_has_role(nspowner, 'MEMBER'),"
	    " has_database_privilege(current_database(), 'CREATE')),"
	    " CASE WHEN pg_has_role(nspowner, 'MEMBER') THEN quote_ident(pg_get_userbyid(nspowner))"
	    " END FROM (VALUES (1)) AS one LEFT JOIN pg_namespace AS n ON nspname = 'storage'",
	    NULL, NULL, schema_inspected);
}

/* ---- the lock ---- */

static void holder_found(struct store *store, PGresult *result)
{
	const char *name = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "gone by now";
	bool is_care = strncmp(name, CARE_NAME, strlen(CARE_NAME)) == 0;
	char *reason = xasprintf(
	    is_care ? "waiting for the end of \"%s\"" : "another runner (%s) uses this database",
	    name);

	if (!store->loaded && !is_care) {
		store_give_up(
		    store, "%s: stop it, or give each runner a database of its own", reason);
	} else {
		store_tell_trouble(&store->locked, 0, "database", reason);
		store_set_timer(store, LOCK_RETRY_MS);
	}
	free(reason);
}

static void find_holder(struct store *store)
{
	store_ask(store,
	    "SELECT coalesce(nullif(application_name, ''), 'unknown') || coalesce(', address ' ||"
	    " host(client_addr), '') FROM pg_locks JOIN pg_stat_activity USING (pid)"
	    " WHERE locktype = 'advisory' AND granted AND (classid, objid, objsubid) = "
	    "(" RUNNER_LOCK
	    ", 2) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
	    NULL, NULL, holder_found);
}

static void lock_tried(struct store *store, PGresult *result)
{
	if (store_is_true(result, 1)) {
		store_lost(store, "the database is read-only (default_transaction_read_only)");
		return;
	}
	if (store_is_true(result, 0)) {
		store_end_trouble(&store->locked, "database free");
		inspect_schema(store);
		return;
	}
	if (!store->locked.on) {
		store->locked.on = true;
		store->locked.since = monotonic_now();
	}
	if (monotonic_since(monotonic_now(), store->locked.since) > LOCK_PATIENCE_NS)
		find_holder(store);
	else
		store_set_timer(store, LOCK_RETRY_MS);
}

/* Makes the session fit, and tries to get the lock. */
static void try_lock(struct store *store)
{
	struct text sql = TEXT_EMPTY;

	store_append_settings(store, &sql);
	text_append(&sql, " LISTEN " REQUEST_CHANNEL "; SELECT pg_try_advisory_lock(" RUNNER_LOCK
	                  "), current_setting('transaction_read_only')::boolean");
	store_ask(store, sql.data, NULL, NULL, lock_tried);
	text_clear(&sql);
}

void store_migrate_timeout(struct store *store)
{
	if (!store_pooler_timeout(store))
		try_lock(store);
}

void store_pooler_checked(struct store *store)
{
	try_lock(store);
}

void store_migrate(struct store *store)
{
	store_check_pooler(store);
}

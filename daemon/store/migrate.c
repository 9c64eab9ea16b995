/* SPDX-License-Identifier: MIT */
#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

/* Held as long as the connection lasts: "IML" and the number of the purpose. */
#define LOCK "4803916, 1"

/* The session of a runner that was killed may keep the lock for a moment. */
#define LOCK_RETRY_MS 200
#define LOCK_PATIENCE_NS (4 * NS_PER_S)

struct migration {
	int number;
	const char *name;
	const char *sql;
};

extern const char schema_001[];

static const struct migration migrations[] = {
    {1, "storage", schema_001},
};

#define MIGRATION_COUNT (sizeof(migrations) / sizeof(migrations[0]))
#define NEWEST (migrations[MIGRATION_COUNT - 1].number)

static void read_number(struct store *store);

static int64_t number_at(const PGresult *result, int column)
{
	return strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

static bool is_true(const PGresult *result, int column)
{
	return PQgetvalue(result, 0, column)[0] == 't';
}

/* ---- the schema ---- */

/* The migration after this number, or NULL. */
static const struct migration *migration_after(int64_t number)
{
	for (size_t i = 0; i < MIGRATION_COUNT; i++) {
		if (migrations[i].number > number)
			return &migrations[i];
	}
	return NULL;
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
	text_printf(&sql,
	    "BEGIN;\n%s\nINSERT INTO storage.migration (number, name, program) VALUES (%d, '%s',"
	    " '%s'); COMMIT",
	    migration->sql, migration->number, migration->name, VERSION);
	store_ask(store, sql.data, NULL, NULL, applied);
	text_clear(&sql);
}

/*
 * Compares the number of transactions with what we know of it. The one in flight may have been
 * committed.
 */
static void revision_read(struct store *store, PGresult *result)
{
	int64_t revision;

	if (PQntuples(result) != 1) {
		store_give_up(store,
		    "the table storage.counter of the database is empty: the schema "
		    "was damaged, restore it from a backup");
		return;
	}
	revision = number_at(result, 0);
	if ((store->loaded || store->load_step > 0) && revision != store->revision &&
	    !(store->in_flight != NULL && revision == store->revision + 1)) {
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
	int64_t number = number_at(result, 0);
	const struct migration *next = migration_after(number);

	if (number > NEWEST)
		store_give_up(store,
		    "the schema of the database has version %lld, this program (%s) knows versions "
		    "up to %d: install the newer program, or restore a backup of the older schema",
		    (long long)number, VERSION, NEWEST);
	else if (next == NULL)
		store_ask(store, "SELECT revision, identity FROM storage.counter", NULL, NULL,
		    revision_read);
	else
		apply(store, next);
}

static void read_number(struct store *store)
{
	store_ask(store, "SELECT coalesce(max(number), 0) FROM storage.migration", NULL, NULL,
	    number_read);
}

/* What there is of a schema: nothing (or an empty one made for us), ours, or another's. */
static void schema_inspected(struct store *store, PGresult *result)
{
	bool is_ours = is_true(result, 0);
	bool has_things = is_true(result, 1);

	if (is_ours)
		read_number(store);
	else if (has_things)
		store_give_up(store,
		    "the database \"%s\" has a schema \"storage\" that is not the runner's (it has "
		    "no"
		    " table storage.migration): use another database, or rename that schema",
		    PQdb(store->connection));
	else if (store->loaded || store->load_step > 0)
		store_give_up(store,
		    "the schema \"storage\" is gone from the database \"%s\": start the runner "
		    "again"
		    " to make a new one",
		    PQdb(store->connection));
	else
		apply(store, migration_after(0));
}

static void inspect_schema(struct store *store)
{
	store_ask(store,
	    "SELECT to_regclass('storage.migration') IS NOT NULL,"
	    " EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('storage'))"
	    " OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = to_regnamespace('storage'))",
	    NULL, NULL, schema_inspected);
}

/* ---- the lock ---- */

static void holder_found(struct store *store, PGresult *result)
{
	const char *name = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "gone by now";
	char *reason = xasprintf("another runner (%s) uses this database", name);

	if (!store->loaded) {
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
	    " WHERE locktype = 'advisory' AND granted AND (classid, objid, objsubid) = (" LOCK
	    ", 2) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
	    NULL, NULL, holder_found);
}

static void lock_tried(struct store *store, PGresult *result)
{
	if (is_true(result, 1)) {
		store_lost(store, "the database is read-only (default_transaction_read_only)");
		return;
	}
	if (is_true(result, 0)) {
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

/*
 * The settings let the server find out when this machine is gone, and give the lock free, and keep
 * it from compiling statements that are used once.
 */
static void try_lock(struct store *store)
{
	store_ask(store,
	    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
	    " SET tcp_keepalives_count = 3; SET jit = off; LISTEN " REQUEST_CHANNEL ";"
	    " SELECT pg_try_advisory_lock(" LOCK "),"
	    " current_setting('transaction_read_only')::boolean",
	    NULL, NULL, lock_tried);
}

void store_migrate_timeout(struct store *store)
{
	try_lock(store);
}

void store_migrate(struct store *store)
{
	try_lock(store);
}

/* SPDX-License-Identifier: MIT */
/*
 * A pooler may stand between us and the server. One that gives each connection a session of its own
 * (pgbouncer's session mode) is as good as the server; one that gives each transaction any session
 * (transaction mode) loses locks, prepared statements and notifications. Which one it is shows when
 * a second connection is asked for its session while ours does nothing.
 */
#include "store/internal.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

/* In transaction mode a session is given at once; in session mode there may be none left. */
#define PROBE_LIMIT_MS 5000

#define ASK_SESSION "SELECT pg_backend_pid()"

void store_pooler_stop(struct store *store)
{
	connector_close(store->probe);
	store->probe_connection = NULL;
	store->is_probing = false;
}

static int session_at(const PGresult *result)
{
	return (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
}

/* The second connection has shown what it can, or nothing. */
static void probed(struct store *store, bool is_shared)
{
	store_pooler_stop(store);
	event_del(store->timer);
	if (!is_shared)
		store_pooler_checked(store);
	else
		store_await_care(store,
		    "a pooler in transaction mode is between the runner and the server, which loses"
		    " locks, prepared statements and notifications: set pool_mode = session for "
		    "this"
		    " database in pgbouncer.ini, or connect to the server itself");
}

static void probe_connected(void *context, PGconn *connection)
{
	struct store *store = context;

	store->probe_connection = connection;
	if (PQsendQuery(connection, ASK_SESSION))
		connector_flush(store->probe);
	else
		connector_fail(store->probe);
}

static void probe_received(void *context)
{
	struct store *store = context;
	PGresult *result;
	bool is_shared;

	if (PQisBusy(store->probe_connection))
		return;
	result = PQgetResult(store->probe_connection);
	is_shared = PQntuples(result) == 1 && session_at(result) == store->session;
	PQclear(result);
	probed(store, is_shared);
}

static void probe_sent(void *context)
{
	(void)context;
}

static void probe_lost(void *context, const char *reason)
{
	log_debug("database: the second connection through the pooler: %s", reason);
	probed(context, false);
}

const struct connector_callbacks store_probe_callbacks = {
    .connected = probe_connected,
    .received = probe_received,
    .sent = probe_sent,
    .lost = probe_lost,
};

/* The server numbers sessions as the connection does, unless somebody is between. */
static void session_told(struct store *store, PGresult *result)
{
	store->session = session_at(result);
	if (store->session == PQbackendPID(store->connection)) {
		store_pooler_checked(store);
		return;
	}
	store->is_probing = true;
	store_set_timer(store, PROBE_LIMIT_MS);
	connector_open(store->probe, &(const struct connector_options){.purpose = " (probe)",
	                                 .nameserver = store->nameserver,
	                                 .limit_ms = PROBE_LIMIT_MS});
}

void store_check_pooler(struct store *store)
{
	store_ask(store, ASK_SESSION, NULL, NULL, session_told);
}

bool store_pooler_timeout(struct store *store)
{
	if (!store->is_probing)
		return false;
	probed(store, false);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "store/internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* An attempt to connect, to all servers of the conninfo, ends after this time. */
#define CONNECT_LIMIT_MS 60000

/* So much later than the server would, the store gives a statement up by itself. */
#define SILENCE_GRACE_MS 30000

/* A session with an open transaction that does nothing for this time is one that hangs. */
#define IDLE_LIMIT_MS 60000

char *store_one_line(const char *message)
{
	struct text line = TEXT_EMPTY;

	for (; *message != '\0'; message++) {
		bool space = isspace((unsigned char)*message);

		if (!space)
			text_append_char(&line, *message);
		else if (line.length > 0 && line.data[line.length - 1] != ' ')
			text_append_char(&line, ' ');
	}
	while (line.length > 0 && line.data[line.length - 1] == ' ')
		line.data[--line.length] = '\0';
	return text_steal(&line);
}

void store_disconnect(struct store *store)
{
	connector_close(store->connector);
	store->connection = NULL;
	event_del(store->timer);
	PQclear(store->answer);
	store->answer = NULL;
	store->pending = 0;
	store_write_interrupted(store);
}

void store_lost_by_error(struct store *store)
{
	connector_fail(store->connector);
}

bool store_flush(struct store *store)
{
	return connector_flush(store->connector);
}

/* ---- while it stands ---- */

static void received(void *context)
{
	struct store *store = context;
	PGnotify *notice;

	store->heard = monotonic_now();
	store_take_results(store);
	while (store->connection != NULL && (notice = PQnotifies(store->connection)) != NULL) {
		/* The only channel that is listened to. */
		store->requests_waiting = true;
		store_kick(store);
		PQfreemem(notice);
	}
}

static void sent(void *context)
{
	struct store *store = context;

	if (store->state == STORE_WRITING)
		store_write_more(store);
}

void store_append_settings(const struct store *store, struct text *sql)
{
	text_printf(sql,
	    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
	    " SET tcp_keepalives_count = 3; SET jit = off; SET statement_timeout = %" PRId64
	    "; SET lock_timeout = %" PRId64 "; SET idle_in_transaction_session_timeout = %d;"
	    " SELECT set_config(name, '0', false) FROM pg_settings"
	    " WHERE name IN ('idle_session_timeout', 'transaction_timeout');",
	    store->limits.statement_ms, store->limits.lock_ms, IDLE_LIMIT_MS);
}

void store_check_silence(struct store *store)
{
	int64_t silent_ns = monotonic_since(monotonic_now(), store->heard);
	char duration[CLOCK_TEXT_SIZE];
	char *reason;

	if (store->connection == NULL || store->pending == 0 ||
	    silent_ns < (store->limits.statement_ms + SILENCE_GRACE_MS) * NS_PER_MS)
		return;
	reason =
	    xasprintf("the server has not answered for %s", duration_format(silent_ns, duration));
	store_lost(store, reason);
	free(reason);
}

/* Gives up, and returns false, if the server or the database is of a kind that can't be used. */
static bool check_server(struct store *store)
{
	int version = PQserverVersion(store->connection);
	const char *encoding = PQparameterStatus(store->connection, "server_encoding");

	if (version < OLDEST_SERVER) {
		store_give_up(store,
		    "the database is PostgreSQL %d, but %d or newer is needed: upgrade the server",
		    version / 10000, OLDEST_SERVER / 10000);
		return false;
	}
	if (encoding != NULL && strcmp(encoding, "UTF8") != 0) {
		store_give_up(store,
		    "the database \"%s\" has the encoding %s, which can't hold every text that"
		    " plugins report: use one with UTF8 (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE"
		    " template0)",
		    PQdb(store->connection), encoding);
		return false;
	}
	return true;
}

/* Goes over from connecting to talking. */
static void connected(void *context, PGconn *connection)
{
	struct store *store = context;

	store->connection = connection;
	if (!check_server(store))
		return;
	store->connected_at = monotonic_now();
	store_set_state(store, STORE_MIGRATING, NULL);
	store_migrate(store);
}

/* ---- making one ---- */

/* Removes what is quoted: it may be a part of a password that was not quoted well. */
static void hide_quoted(char *message)
{
	bool quoted = false;
	char *to = message;

	for (const char *from = message; *from != '\0'; from++) {
		if (*from == '"')
			quoted = !quoted;
		if (!quoted || *from == '"')
			*to++ = *from;
	}
	*to = '\0';
}

bool store_conninfo_is_name(const char *conninfo)
{
	return strchr(conninfo, '=') == NULL && strstr(conninfo, "://") == NULL;
}

bool store_check_conninfo(const char *conninfo, char reason[REASON_SIZE])
{
	char *mistake = NULL;
	PQconninfoOption *options;
	char *line;

	if (store_conninfo_is_name(conninfo))
		return true;
	options = PQconninfoParse(conninfo, &mistake);
	PQconninfoFree(options);
	if (options != NULL)
		return true;
	line = store_one_line(mistake != NULL ? mistake : "out of memory");
	PQfreemem(mistake);
	hide_quoted(line);
	reason_write(reason,
	    "can't be read: %s. Write it as \"host=db.example dbname=storage user=runner\" or"
	    " postgresql://runner@db.example/storage",
	    line);
	free(line);
	return false;
}

/* Gives up, and returns false, if libpq can't read the conninfo. */
static bool check_conninfo(struct store *store)
{
	char reason[REASON_SIZE];

	if (store_check_conninfo(store->conninfo, reason))
		return true;
	store_give_up(store, "the conninfo of the database %s", reason);
	return false;
}

static void unresolved(void *context, const char *reason)
{
	struct store *store = context;

	if (reason != NULL)
		store_tell_trouble(
		    &store->unresolved, 0, "a host of the database is left out", reason);
	else
		store_end_trouble(&store->unresolved, "all hosts of the database are known");
}

static void lost(void *context, const char *reason)
{
	store_lost(context, reason);
}

const struct connector_callbacks store_connector_callbacks = {
    .connected = connected,
    .received = received,
    .sent = sent,
    .unresolved = unresolved,
    .lost = lost,
};

void store_connect(struct store *store)
{
	const struct connector_options options = {
	    .purpose = "", .nameserver = store->nameserver, .limit_ms = CONNECT_LIMIT_MS};

	if (!check_conninfo(store))
		return;
	store_set_state(store, STORE_CONNECTING, NULL);
	connector_open(store->connector, &options);
}

/* SPDX-License-Identifier: MIT */
#include "store/internal.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

/* An attempt to connect, to all servers of the conninfo, ends after this time. */
#define CONNECT_LIMIT_MS 60000

/* Name servers have to answer within this time. */
#define RESOLVE_LIMIT_MS 7000

#define OLDEST_VERSION 150000

static void on_connecting(evutil_socket_t fd, short what, void *context);

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

static void free_event(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

void store_disconnect(struct store *store)
{
	resolve_free(store->resolve);
	store->resolve = NULL;
	free_event(&store->readable);
	free_event(&store->writable);
	event_del(store->timer);
	PQclear(store->answer);
	store->answer = NULL;
	store->pending = 0;
	free(store->last_words);
	store->last_words = NULL;
	PQfinish(store->connection);
	store->connection = NULL;
	store_write_interrupted(store);
}

void store_lost_by_error(struct store *store)
{
	static const char closed[] = "server closed the connection unexpectedly";
	const char *reason = PQerrorMessage(store->connection);

	if (store->last_words != NULL)
		reason = store->last_words;
	else if (reason[0] == '\0' || strncmp(reason, closed, strlen(closed)) == 0)
		reason = "the server closed the connection";
	store_lost(store, reason);
}

bool store_flush(struct store *store)
{
	int left = PQflush(store->connection);

	if (left < 0)
		store_lost_by_error(store);
	else if (left > 0)
		event_add(store->writable, NULL);
	return left == 0;
}

/* ---- while it stands ---- */

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;
	PGnotify *notice;

	(void)fd;
	(void)what;
	if (!PQconsumeInput(store->connection)) {
		store_lost_by_error(store);
		return;
	}
	store_take_results(store);
	if (store->connection == NULL)
		return;
	while ((notice = PQnotifies(store->connection)) != NULL) {
		/* The only channel that is listened to. */
		store->requests_waiting = true;
		store_kick(store);
		PQfreemem(notice);
	}
	if (PQstatus(store->connection) == CONNECTION_BAD)
		store_lost_by_error(store);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	if (store_flush(store) && store->state == STORE_WRITING)
		store_write_more(store);
}

/*
 * What the server, or libpq, says unasked: in place of libpq's own receiver, which writes it to
 * standard error. Before the server ends a connection it says why.
 */
static void take_notice(void *context, const PGresult *result)
{
	struct store *store = context;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	char *text = store_error_text(result);

	if (severity != NULL && strcmp(severity, "WARNING") == 0)
		log_warning("database: %s", text);
	else
		log_debug("database: %s", text);
	if (severity != NULL && strcmp(severity, "FATAL") == 0) {
		free(store->last_words);
		store->last_words = text;
	} else {
		free(text);
	}
}

/* Gives up, and returns false, if the server or the database is of a kind that can't be used. */
static bool check_server(struct store *store)
{
	int version = PQserverVersion(store->connection);
	const char *encoding = PQparameterStatus(store->connection, "server_encoding");

	if (version < OLDEST_VERSION) {
		store_give_up(store,
		    "the database is PostgreSQL %d, but %d or newer is needed: upgrade the server",
		    version / 10000, OLDEST_VERSION / 10000);
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

/* The connection stands: goes over from connecting to talking. */
static void connected(struct store *store)
{
	evutil_socket_t fd = PQsocket(store->connection);

	if (!check_server(store))
		return;
	event_del(store->timer);
	free_event(&store->readable);
	free_event(&store->writable);
	store->readable = event_new(store->base, fd, EV_READ | EV_PERSIST, on_readable, store);
	store->writable = event_new(store->base, fd, EV_WRITE, on_writable, store);
	PQsetnonblocking(store->connection, 1);
	event_add(store->readable, NULL);
	store->connected_at = monotonic_now();
	store_set_state(store, STORE_MIGRATING, NULL);
	store_migrate(store);
}

/* Waits until libpq can go on connecting. Its socket may be another one each time. */
static void wait_for_socket(struct store *store, short what)
{
	free_event(&store->readable);
	store->readable =
	    event_new(store->base, PQsocket(store->connection), what, on_connecting, store);
	event_add(store->readable, NULL);
}

static void on_connecting(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	/* libpq may close the socket, and epoll must forget it before. */
	free_event(&store->readable);
	switch (PQconnectPoll(store->connection)) {
	case PGRES_POLLING_READING:
		wait_for_socket(store, EV_READ);
		break;
	case PGRES_POLLING_OK:
		connected(store);
		break;
	case PGRES_POLLING_FAILED:
		store_lost_by_error(store);
		break;
	default:
		wait_for_socket(store, EV_WRITE);
	}
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

/* Lets libpq connect. What the endpoints leave out, the conninfo says. */
static void open_connection(struct store *store, const struct endpoints *endpoints)
{
	char host[64] = "";
	char name[128];
	/*
	 * The last one of a name counts: the conninfo overrides what stands before it. Values that
	 * are NULL don't.
	 */
	const char *keywords[] = {"tcp_user_timeout", "keepalives_idle", "keepalives_interval",
	    "keepalives_count", "dbname", "application_name", "client_encoding", "host", "hostaddr",
	    "port", NULL};
	const char *values[] = {"10000", "10", "5", "3", store->conninfo, name, "UTF8",
	    endpoints->host, endpoints->hostaddr, endpoints->port, NULL};

	gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "iml-plugin-runner %d on %s", (int)getpid(), host);
	store->connection = PQconnectStartParams(keywords, values, 1);
	if (store->connection == NULL) {
		store_lost(store, "out of memory");
		return;
	}
	PQsetNoticeReceiver(store->connection, take_notice, store);
	if (PQstatus(store->connection) == CONNECTION_BAD) {
		store_lost_by_error(store);
		return;
	}
	store_set_timer(store, CONNECT_LIMIT_MS);
	wait_for_socket(store, EV_WRITE);
}

static void resolved(void *context, const struct endpoints *endpoints, const char *reason)
{
	struct store *store = context;

	if (endpoints == NULL) {
		store_lost(store, reason);
		return;
	}
	if (reason != NULL)
		store_tell_trouble(
		    &store->unresolved, 0, "a host of the database is left out", reason);
	else
		store_end_trouble(&store->unresolved, "all hosts of the database are known");
	open_connection(store, endpoints);
	resolve_free(store->resolve);
	store->resolve = NULL;
}

void store_connect(struct store *store)
{
	static const struct endpoints of_conninfo = {NULL, NULL, NULL};
	const struct resolve_options options = {
	    .nameserver = store->nameserver,
	    .limit_ms = RESOLVE_LIMIT_MS,
	    .done = resolved,
	    .context = store,
	};

	if (!check_conninfo(store))
		return;
	store_set_state(store, STORE_CONNECTING, NULL);
	store->resolve = resolve_start(store->base, store->conninfo, &options);
	if (store->resolve == NULL)
		open_connection(store, &of_conninfo);
}

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
	PGnotify *unwanted;

	(void)fd;
	(void)what;
	if (!PQconsumeInput(store->connection)) {
		store_lost_by_error(store);
		return;
	}
	store_take_results(store);
	if (store->connection == NULL)
		return;
	while ((unwanted = PQnotifies(store->connection)) != NULL)
		PQfreemem(unwanted);
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

/* What the server says unasked. Before it ends a connection it says why. */
static void take_notice(void *context, const PGresult *result)
{
	struct store *store = context;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	char *text = store_error_text(result);

	log_debug("database: %s", text);
	if (severity != NULL && strcmp(severity, "FATAL") == 0) {
		free(store->last_words);
		store->last_words = text;
	} else {
		free(text);
	}
}

/* The connection stands: goes over from connecting to talking. */
static void connected(struct store *store)
{
	evutil_socket_t fd = PQsocket(store->connection);
	int version = PQserverVersion(store->connection);

	if (version < OLDEST_VERSION) {
		store_give_up(store,
		    "the database is PostgreSQL %d, but %d or newer is needed: upgrade the server",
		    version / 10000, OLDEST_VERSION / 10000);
		return;
	}
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

/* Gives up, and returns false, if libpq can't read the conninfo. */
static bool check_conninfo(struct store *store)
{
	bool is_name =
	    strchr(store->conninfo, '=') == NULL && strstr(store->conninfo, "://") == NULL;
	char *mistake = NULL;
	PQconninfoOption *options;
	char *line;

	if (is_name)
		return true;
	options = PQconninfoParse(store->conninfo, &mistake);
	PQconninfoFree(options);
	if (options != NULL)
		return true;
	line = store_one_line(mistake != NULL ? mistake : "out of memory");
	PQfreemem(mistake);
	hide_quoted(line);
	store_give_up(store,
	    "the conninfo of the database can't be read: %s. Write it as \"host=db.example"
	    " dbname=storage user=runner\" or postgresql://runner@db.example/storage",
	    line);
	free(line);
	return false;
}

void store_connect(struct store *store)
{
	char host[64] = "";
	char name[128];
	/* The last one of a name counts: the conninfo overrides what stands before it. */
	const char *keywords[] = {"tcp_user_timeout", "keepalives_idle", "keepalives_interval",
	    "keepalives_count", "dbname", "application_name", "client_encoding", NULL};
	const char *values[] = {"10000", "10", "5", "3", store->conninfo, name, "UTF8", NULL};

	gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "iml-plugin-runner %d on %s", (int)getpid(), host);
	if (!check_conninfo(store))
		return;
	store_set_state(store, STORE_CONNECTING, NULL);
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

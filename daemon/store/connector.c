/* SPDX-License-Identifier: MIT */
#include "store/connector.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/internal.h"

/* Name servers have to answer within this time. */
#define RESOLVE_LIMIT_MS 7000

struct connector {
	struct event_base *base;
	char *conninfo;
	struct connector_callbacks callbacks;
	void *context;

	struct connector_options options; /* of this attempt */
	struct resolve *resolve;          /* its first part, if there are names */
	PGconn *connection;               /* NULL while closed and while resolving */
	struct event *readable;           /* these two are the connection's */
	struct event *writable;
	struct event *limit;

	char *last_words; /* of the server, before it ends the connection; or NULL */
};

static void on_connecting(evutil_socket_t fd, short what, void *context);

static void free_event(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

void connector_close(struct connector *connector)
{
	resolve_free(connector->resolve);
	connector->resolve = NULL;
	free_event(&connector->readable);
	free_event(&connector->writable);
	event_del(connector->limit);
	free(connector->last_words);
	connector->last_words = NULL;
	PQfinish(connector->connection);
	connector->connection = NULL;
}

void connector_fail(struct connector *connector)
{
	static const char closed[] = "server closed the connection unexpectedly";
	const char *reason = PQerrorMessage(connector->connection);

	if (connector->last_words != NULL)
		reason = connector->last_words;
	else if (reason[0] == '\0' || strncmp(reason, closed, strlen(closed)) == 0)
		reason = "the server closed the connection";
	connector->callbacks.lost(connector->context, reason);
}

bool connector_flush(struct connector *connector)
{
	int left = PQflush(connector->connection);

	if (left < 0)
		connector_fail(connector);
	else if (left > 0)
		connector_await_room(connector);
	return left == 0;
}

void connector_await_room(struct connector *connector)
{
	event_add(connector->writable, NULL);
}

/* ---- while it stands ---- */

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct connector *connector = context;

	(void)fd;
	(void)what;
	if (!PQconsumeInput(connector->connection)) {
		connector_fail(connector);
		return;
	}
	connector->callbacks.received(connector->context);
	if (connector->connection != NULL && PQstatus(connector->connection) == CONNECTION_BAD)
		connector_fail(connector);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	struct connector *connector = context;

	(void)fd;
	(void)what;
	if (connector_flush(connector))
		connector->callbacks.sent(connector->context);
}

/* What the server says unasked. Before it ends a connection it says why. */
static void take_notice(void *context, const PGresult *result)
{
	struct connector *connector = context;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	char *text = store_error_text(result);

	if (severity != NULL && strcmp(severity, "WARNING") == 0)
		log_warning("database: %s", text);
	else
		log_debug("database: %s", text);
	if (severity != NULL && strcmp(severity, "FATAL") == 0) {
		free(connector->last_words);
		connector->last_words = text;
	} else {
		free(text);
	}
}

/* The connection stands. */
static void connected(struct connector *connector)
{
	evutil_socket_t fd = PQsocket(connector->connection);

	event_del(connector->limit);
	free_event(&connector->readable);
	free_event(&connector->writable);
	connector->readable =
	    event_new(connector->base, fd, EV_READ | EV_PERSIST, on_readable, connector);
	connector->writable = event_new(connector->base, fd, EV_WRITE, on_writable, connector);
	PQsetnonblocking(connector->connection, 1);
	event_add(connector->readable, NULL);
	connector->callbacks.connected(connector->context, connector->connection);
}

/* Waits until libpq can go on connecting. Its socket may be another one each time. */
static void wait_for_socket(struct connector *connector, short what)
{
	free_event(&connector->readable);
	connector->readable = event_new(
	    connector->base, PQsocket(connector->connection), what, on_connecting, connector);
	event_add(connector->readable, NULL);
}

static void on_connecting(evutil_socket_t fd, short what, void *context)
{
	struct connector *connector = context;

	(void)fd;
	(void)what;
	/* libpq may close the socket, and epoll must forget it before. */
	free_event(&connector->readable);
	switch (PQconnectPoll(connector->connection)) {
	case PGRES_POLLING_READING:
		wait_for_socket(connector, EV_READ);
		break;
	case PGRES_POLLING_OK:
		connected(connector);
		break;
	case PGRES_POLLING_FAILED:
		connector_fail(connector);
		break;
	default:
		wait_for_socket(connector, EV_WRITE);
	}
}

/* ---- making one ---- */

/* Lets libpq connect. What the endpoints leave out, the conninfo says. */
static void open_connection(struct connector *connector, const struct endpoints *endpoints)
{
	const struct timeval limit = {.tv_sec = connector->options.limit_ms / 1000,
	    .tv_usec = connector->options.limit_ms % 1000 * 1000};
	char host[64] = "";
	char name[128];
	/*
	 * The last one of a name counts: the conninfo overrides what stands before it. Values that
	 * are NULL don't.
	 */
	const char *keywords[] = {"target_session_attrs", "tcp_user_timeout", "keepalives_idle",
	    "keepalives_interval", "keepalives_count", "dbname", "application_name",
	    "client_encoding", "host", "hostaddr", "port", NULL};
	const char *values[] = {"read-write", "10000", "10", "5", "3", connector->conninfo, name,
	    "UTF8", endpoints->host, endpoints->hostaddr, endpoints->port, NULL};

	gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "iml-plugin-runner%s %d on %s", connector->options.purpose,
	    (int)getpid(), host);
	connector->connection = PQconnectStartParams(keywords, values, 1);
	if (connector->connection == NULL) {
		connector->callbacks.lost(connector->context, "out of memory");
		return;
	}
	PQsetNoticeReceiver(connector->connection, take_notice, connector);
	if (PQstatus(connector->connection) == CONNECTION_BAD) {
		connector_fail(connector);
		return;
	}
	event_add(connector->limit, &limit);
	wait_for_socket(connector, EV_WRITE);
}

static void resolved(void *context, const struct endpoints *endpoints, const char *reason)
{
	struct connector *connector = context;
	struct resolve *resolve = connector->resolve;

	if (endpoints == NULL) {
		connector->callbacks.lost(connector->context, reason);
		return;
	}
	if (connector->callbacks.unresolved != NULL)
		connector->callbacks.unresolved(connector->context, reason);
	connector->resolve = NULL;
	open_connection(connector, endpoints);
	resolve_free(resolve);
}

void connector_open(struct connector *connector, const struct connector_options *options)
{
	static const struct endpoints of_conninfo = {NULL, NULL, NULL};
	const struct resolve_options resolve_options = {
	    .nameserver = options->nameserver,
	    .limit_ms = RESOLVE_LIMIT_MS,
	    .done = resolved,
	    .context = connector,
	};

	assert(connector->connection == NULL && connector->resolve == NULL);
	connector->options = *options;
	connector->resolve = resolve_start(connector->base, connector->conninfo, &resolve_options);
	if (connector->resolve == NULL)
		open_connection(connector, &of_conninfo);
}

static void on_limit(evutil_socket_t fd, short what, void *context)
{
	struct connector *connector = context;
	char reason[64];

	(void)fd;
	(void)what;
	snprintf(reason, sizeof(reason), "no answer within %lld s",
	    (long long)connector->options.limit_ms / 1000);
	connector->callbacks.lost(connector->context, reason);
}

struct connector *connector_new(struct event_base *base, const char *conninfo,
    const struct connector_callbacks *callbacks, void *context)
{
	struct connector *connector = xcalloc(1, sizeof(*connector));

	connector->base = base;
	connector->conninfo = xstrdup(conninfo);
	connector->callbacks = *callbacks;
	connector->context = context;
	connector->limit = evtimer_new(base, on_limit, connector);
	assert(connector->limit != NULL);
	return connector;
}

void connector_free(struct connector *connector)
{
	if (connector == NULL)
		return;
	connector_close(connector);
	event_free(connector->limit);
	free(connector->conninfo);
	free(connector);
}

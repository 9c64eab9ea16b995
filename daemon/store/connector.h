/* SPDX-License-Identifier: MIT */
/*
 * A connection to PostgreSQL that is made and served from the event loop, without ever blocking it.
 * Its user talks to the server with the functions of libpq that don't block.
 */
#ifndef STORE_CONNECTOR_H
#define STORE_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

struct connector;
struct event_base;

/*
 * All are called from the event loop, lost() also from the functions below. Each of them may close
 * the connector.
 */
struct connector_callbacks {
	/* The connection stands; it belongs to the connector and is valid until that is closed. */
	void (*connected)(void *context, PGconn *connection);
	/* Something came from the server: results, or notifications. */
	void (*received)(void *context);
	/* What was held back has been sent; not called where connector_flush() returned true. */
	void (*sent)(void *context);
	/*
	 * Some of the hosts are not known (the reason names them), or all are (NULL); may be NULL
	 * itself.
	 */
	void (*unresolved)(void *context, const char *reason);
	/* There is no connection to be had, or it is lost. The callee closes the connector. */
	void (*lost)(void *context, const char *reason);
};

struct connector_options {
	const char *purpose;    /* is told to the server with the name of the program, or "" */
	const char *nameserver; /* as of struct resolve_options */
	int64_t limit_ms;       /* of an attempt to connect, to all servers of the conninfo */
};

/* A connector for what a conninfo names (anything that libpq takes), closed. */
struct connector *connector_new(struct event_base *base, const char *conninfo,
    const struct connector_callbacks *callbacks, void *context);

/*
 * Begins to connect; of several hosts to the first one that can be written. What the conninfo says
 * overrides the defaults for it. Texts are borrowed.
 */
void connector_open(struct connector *connector, const struct connector_options *options);

/* Closes the connection, or ends the attempt; nothing is called any more. */
void connector_close(struct connector *connector);

void connector_free(struct connector *connector);

/* Calls lost() for the reason that libpq or the server gave. */
void connector_fail(struct connector *connector);

/*
 * Sends what libpq holds back; true if nothing is left. If something is, sent() follows; false too
 * when the connection was lost.
 */
bool connector_flush(struct connector *connector);

/* Calls sent() when the connection takes more. */
void connector_await_room(struct connector *connector);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A real PostgreSQL for the tests of the store: the private cluster, in a temporary directory, and
 * an event loop that is driven until a condition holds.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/embedded.h"

#define DEADLINE_NS (300 * NS_PER_S)

struct server {
	char directory[64];
	char *cluster;
	struct event_base *base;
	struct event *child_ended;
	struct embedded *embedded;
	char *failure;
};

static inline void on_child_ended(evutil_socket_t number, short what, void *context)
{
	struct server *server = context;
	int status;
	pid_t pid;

	(void)number;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (server->embedded != NULL)
			embedded_child_ended(server->embedded, pid, status);
	}
}

static inline void on_server_failed(void *context, const char *reason)
{
	struct server *server = context;

	free(server->failure);
	server->failure = xstrdup(reason);
}

static inline void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

/* Drives the loop until the condition holds; false if it does not within the deadline. */
static inline bool run_until(
    struct event_base *base, bool (*condition)(void *context), void *context)
{
	struct monotonic end = monotonic_after(monotonic_now(), DEADLINE_NS);
	struct event *tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	const struct timeval period = {.tv_usec = 10000};
	bool held;

	event_add(tick, &period);
	while (!(held = condition(context)) && monotonic_since(end, monotonic_now()) > 0)
		event_base_loop(base, EVLOOP_ONCE);
	event_free(tick);
	return held;
}

static inline bool server_answers(void *context)
{
	struct server *server = context;

	return PQping(embedded_conninfo(server->embedded)) == PQPING_OK;
}

/* A temporary directory and an event loop, no server yet. */
static inline void server_prepare(struct server *server)
{
	*server = (struct server){.directory = "/tmp/iml-test-store-XXXXXX"};
	assert_non_null(mkdtemp(server->directory));
	assert_int_equal(chmod(server->directory, 0755), 0);
	server->cluster = xasprintf("%s/cluster", server->directory);
	server->base = event_base_new();
	server->child_ended = evsignal_new(server->base, SIGCHLD, on_child_ended, server);
	event_add(server->child_ended, NULL);
}

/* Begins to start the server. */
static inline bool server_start(struct server *server, char reason[REASON_SIZE])
{
	const struct embedded_options options = {
	    .directory = server->cluster, .failed = on_server_failed, .context = server};

	server->embedded = embedded_start(server->base, &options, reason);
	return server->embedded != NULL;
}

static inline void server_start_and_wait(struct server *server)
{
	char reason[REASON_SIZE] = "";

	if (!server_start(server, reason))
		fail_msg("%s", reason);
	if (!run_until(server->base, server_answers, server))
		fail_msg("no server: %s", server->failure != NULL ? server->failure : "no reason");
}

static inline bool server_has_ended(void *context)
{
	struct server *server = context;

	return !embedded_is_running(server->embedded);
}

static inline void server_stop(struct server *server)
{
	if (server->embedded == NULL)
		return;
	embedded_stop(server->embedded);
	assert_true(run_until(server->base, server_has_ended, server));
	embedded_free(server->embedded);
	server->embedded = NULL;
}

/* The process id of the server, as its file says. */
static inline pid_t server_pid(const struct server *server)
{
	char *path = xasprintf("%s/data/postmaster.pid", server->cluster);
	FILE *file = fopen(path, "re");
	int pid = 0;

	free(path);
	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

static inline int remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	(void)stat;
	(void)type;
	(void)place;
	return remove(path);
}

static inline void server_discard(struct server *server)
{
	server_stop(server);
	event_free(server->child_ended);
	event_base_free(server->base);
	nftw(server->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(server->cluster);
	free(server->failure);
}

/* ---- asking the database, apart from the store ---- */

static inline PGconn *connect_to(const char *conninfo)
{
	PGconn *connection = PQconnectdb(conninfo);

	if (PQstatus(connection) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(connection));
	return connection;
}

/*
 * The rows of the answer as text: columns separated by '|', rows by a line end. Valid until the
 * next four calls.
 */
static inline const char *query(PGconn *connection, const char *sql)
{
	static struct text answers[4];
	static unsigned next;
	struct text *text = &answers[next++ % 4];
	PGresult *result = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	text_reset(text);
	for (int row = 0; row < PQntuples(result); row++) {
		if (row > 0)
			text_append(text, "\n");
		for (int column = 0; column < PQnfields(result); column++) {
			if (column > 0)
				text_append(text, "|");
			text_append(text, PQgetvalue(result, row, column));
		}
	}
	PQclear(result);
	return text->data;
}

#endif

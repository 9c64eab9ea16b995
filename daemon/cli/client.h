/* SPDX-License-Identifier: MIT */
/*
 * Talks to the runner over its control socket. Functions that fail have said why on standard error.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include <json-c/json_object.h>

struct client;

/*
 * Finds the runner: at the socket given or, for NULL, at $IML_PLUGIN_SOCKET or the places where a
 * runner listens by default. Waits up to so many seconds for one that is starting. NULL if none
 * answers, with EACCES in errno if there may be one that we are kept from.
 */
struct client *client_open(const char *socket, unsigned wait_s);
void client_free(struct client *client);

/*
 * The answer to GET path, which the caller owns; NULL with a reason, which the caller frees. What
 * comes with the status 503 is an answer unless it is an error.
 */
struct json_object *client_try(struct client *client, const char *path, char **reason);

/* The answer to GET path, which the caller owns; NULL if there is none or it is an error. */
struct json_object *client_get(struct client *client, const char *path);

/* Like client_get() with all pages put together: key names the array that comes in pages. */
struct json_object *client_get_all(struct client *client, const char *path, const char *key);

/*
 * The answer to a request that changes something, which the caller owns; NULL if it was refused.
 * The body, which may be NULL, is released.
 */
struct json_object *client_send(
    struct client *client, const char *method, const char *path, struct json_object *body);

/* Appends the name of something to a path, escaped. */
char *client_append_name(char *path, const char *name);

/* Appends a query's parameter to a path, escaped. */
char *client_add_parameter(char *path, const char *name, const char *value);

/* ---- until it is interrupted ---- */

/*
 * A descriptor that becomes readable with SIGINT and SIGTERM, which don't end the program from now
 * on; and the end of that.
 */
int client_take_signals(sigset_t *before);
void client_give_signals_back(int signals, const sigset_t *before);

/* ---- following the changes ---- */

/* What a follower is told. */
struct client_events {
	void (*notice)(void *context, const char *json);
	/* Called at least every wait_ms until it returns false, which ends the following. */
	bool (*idle)(void *context);
	int wait_ms;
};

/*
 * Follows the changes until idle() wants no more, SIGINT or SIGTERM comes, or the runner hangs up.
 * Returns false if the runner could not be followed at all.
 */
bool client_follow(struct client *client, const struct client_events *events, void *context);

#endif

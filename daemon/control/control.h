/* SPDX-License-Identifier: MIT */
/*
 * The control API: JSON over HTTP on a Unix socket, for iml-plugin and for scripts. It reads the
 * graph and asks the supervisor for what only that knows; what is to be changed, the supervisor is
 * told.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <json-c/json_object.h>

#include "graph/graph.h"
#include "model/instruction.h"
#include "model/question.h"

struct event_base;
struct control;

struct control_callbacks {
	/* The answer to GET /v1/status, a new object that the caller owns. */
	struct json_object *(*status)(void *context);
	/* The answer to GET /healthz, a new object, and whether the runner is of use as it is. */
	struct json_object *(*health)(void *context, bool *is_usable);
	/* The answer to GET /v1/log-level, a new object. */
	struct json_object *(*levels)(void *context);
	/* The answer to GET /v1/usage, a new object. */
	struct json_object *(*usage)(void *context);
	/* The answer to GET /metrics, a new text without the last line end. */
	char *(*metrics)(void *context);
	/*
	 * Why there is nothing to show yet ("the first scan waits for the database"), a new text;
	 * NULL when nothing stands in the way. May be NULL itself, as the one below.
	 */
	char *(*waiting)(void *context);
	/* Why a scannable is not contactable, or NULL. */
	const char *(*reason)(void *context, const struct graph_resource *scannable);
	/*
	 * Asks the database: answered() is called once, later, from the event loop. Returns a
	 * number to withdraw the question by, or 0 if too many wait already.
	 */
	uint64_t (*ask)(void *context, const struct statistics_question *question,
	    void (*answered)(void *asker, const struct statistics_answer *answer), void *asker);
	/* The question's asker is gone: answered() must not be called any more. */
	void (*withdraw)(void *context, uint64_t number);
	/*
	 * Tells what to change: answered() is called once, later, from the event loop. What the
	 * instruction points to is copied as far as it is needed. Returns a number to withdraw the
	 * asker by, or 0 if too many are under way already.
	 */
	uint64_t (*instruct)(void *context, const struct instruction *instruction,
	    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker);
	/* The asker of an instruction is gone; it is followed all the same. */
	void (*forget)(void *context, uint64_t number);
	/* Someone began to follow the changes, or the last one left. */
	void (*followers)(void *context, bool any);
};

/*
 * Listens on a socket at path (replacing one that no process answers on). The graph is borrowed.
 * NULL with a reason that names the path.
 */
struct control *control_start(struct event_base *base, const char *path, struct graph *graph,
    const struct control_callbacks *callbacks, void *context, char reason[REASON_SIZE]);

/* Lets the members of a group change things, besides root and the user of the runner; NULL: none.
 */
void control_set_group(struct control *control, const char *name, gid_t id);

/* Whether a text names an address of the loopback interface and a port; else a reason. */
bool control_check_address(const char *text, char reason[REASON_SIZE]);

/*
 * Listens on such an address, too; port 0 is a free one. What is asked there needs the token, and
 * changes nothing. Returns false with a reason.
 */
bool control_listen_tcp(struct control *control, const char *text, char reason[REASON_SIZE]);

/*
 * The token in a file that nobody else may use, to be released with forget_text(). NULL with a
 * reason that names the path.
 */
char *control_read_token(const char *path, char reason[REASON_SIZE]);

/* The token that requests over TCP need (NULL: all are refused), those for metrics perhaps not. */
void control_set_token(struct control *control, const char *token, bool open_metrics);

/* Sends notices (JSON texts) to all who follow the changes. */
void control_tell(struct control *control, char *const *notices, size_t count);

/* Ends all connections, removes the socket, and releases everything. */
void control_free(struct control *control);

#endif

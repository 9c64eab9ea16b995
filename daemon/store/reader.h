/* SPDX-License-Identifier: MIT */
/*
 * Questions to the database, answered one after another on a connection of their own that can't
 * write. It is made when there is something to ask and closed when nothing was for a minute. A
 * question whose connection is lost is asked once more.
 */
#ifndef STORE_READER_H
#define STORE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "model/question.h"

struct event_base;
struct reader;

/* Questions that may wait at a time, the one that is being answered included. */
#define READER_QUESTIONS_MAX 64

struct reader_limits {
	int64_t connect_ms; /* of an attempt to connect */
	int64_t answer_ms;  /* after which the server gives a question up */
	int64_t idle_ms;    /* after which the connection is closed */
	size_t answer_size; /* in bytes */
};
extern const struct reader_limits reader_default_limits;

/* A reader of the database of a conninfo, not connected. */
struct reader *reader_new(
    struct event_base *base, const char *conninfo, const struct reader_limits *limits);

/*
 * Asks. answered() is called once, later, from the event loop; the answer is valid during the call.
 * Returns a number for reader_withdraw(), or 0 if too many questions wait already. What the
 * question points to is copied.
 */
uint64_t reader_ask(struct reader *reader, const struct database_question *question,
    void (*answered)(void *context, const struct database_answer *answer), void *context);

/* Nobody waits for the answer any more: answered() will not be called. */
void reader_withdraw(struct reader *reader, uint64_t number);

/* How many questions wait, the one that is being answered included. */
size_t reader_waiting(const struct reader *reader);

/* Closes the connection at once; what was asked gets no answer. */
void reader_free(struct reader *reader);

#endif

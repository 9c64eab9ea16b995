/* SPDX-License-Identifier: MIT */
/*
 * Requests whose answer takes time, because the database has to give it, or to store what is to be
 * changed: the client waits for it, the event loop does not.
 */
#include "control/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct inquiry {
	struct control *control;
	struct evhttp_request *request;
	void (*withdraw)(void *context, uint64_t number);
	uint64_t number;
	TAILQ_ENTRY(inquiry) in_inquiries;
};

/* Forgets an inquiry, whose request is about to be answered or to end. */
static void inquiry_remove(struct inquiry *inquiry)
{
	TAILQ_REMOVE(&inquiry->control->inquiries, inquiry, in_inquiries);
	free(inquiry);
}

/* The connection of someone who waits ends. */
static void inquirer_left(struct evhttp_connection *connection, void *argument)
{
	struct inquiry *inquiry = argument;
	struct control *control = inquiry->control;
	struct evhttp_request *request = inquiry->request;

	(void)connection;
	inquiry->withdraw(control->context, inquiry->number);
	inquiry_remove(inquiry);
	request_release_closed(request);
}

struct inquiry *inquiry_new(
    struct exchange *exchange, void (*withdraw)(void *context, uint64_t number))
{
	struct inquiry *inquiry = xcalloc(1, sizeof(*inquiry));

	inquiry->control = exchange->control;
	inquiry->request = exchange->request;
	inquiry->withdraw = withdraw;
	TAILQ_INSERT_TAIL(&exchange->control->inquiries, inquiry, in_inquiries);
	return inquiry;
}

void inquiry_begin(struct inquiry *inquiry, uint64_t number)
{
	inquiry->number = number;
	if (number == 0)
		inquiry_remove(inquiry);
	else
		evhttp_connection_set_closecb(
		    evhttp_request_get_connection(inquiry->request), inquirer_left, inquiry);
}

struct exchange inquiry_end(struct inquiry *inquiry)
{
	struct exchange exchange = {.control = inquiry->control, .request = inquiry->request};

	evhttp_connection_set_closecb(evhttp_request_get_connection(exchange.request), NULL, NULL);
	inquiry_remove(inquiry);
	return exchange;
}

/* The database's names of parameters and ours. A reason begins with the name that it is about. */
static const struct parameter_name {
	const char *theirs, *ours;
} parameter_names[] = {
    {"resource: ", "id"},
    {"from_time: ", "from"},
    {"to_time: ", "to"},
    {"max_points: ", "points"},
    {"statistic: ", "statistic"},
    {"statistics: ", "statistic"},
};

/* Refuses a request for a parameter that the database finds wrong. */
static void refuse_parameter(struct exchange *exchange, const char *reason)
{
	for (size_t i = 0; i < sizeof(parameter_names) / sizeof(parameter_names[0]); i++) {
		const struct parameter_name *name = &parameter_names[i];
		size_t length = strlen(name->theirs);

		if (strncmp(reason, name->theirs, length) != 0)
			continue;
		exchange_refuse(
		    exchange, HTTP_BADREQUEST, name->ours, "%s: %s", name->ours, reason + length);
		return;
	}
	exchange_refuse(exchange, HTTP_BADREQUEST, NULL, "%s", reason);
}

/* Refuses a request for the reason that the database, or the way to it, gives. */
static void refuse(struct exchange *exchange, const struct database_answer *answer)
{
	static const struct {
		int code;
		const char *field, *before;
	} refusals[] = {
	    [ANSWER_TOO_LARGE] = {HTTP_BADREQUEST, "points", "ask for fewer points: "},
	    [ANSWER_AWAY] = {HTTP_SERVUNAVAIL, NULL, "the database is away: "},
	    [ANSWER_LATE] = {HTTP_GATEWAY_TIMEOUT, NULL, "the database took too long: "},
	    [ANSWER_FAILED] = {HTTP_INTERNAL, NULL, "the database can't answer: "},
	};

	if (answer->status == ANSWER_REFUSED) {
		refuse_parameter(exchange, answer->reason);
		return;
	}
	exchange_refuse(exchange, refusals[answer->status].code, refusals[answer->status].field,
	    "%s%s", refusals[answer->status].before, answer->reason);
}

static void answered(void *argument, const struct database_answer *answer)
{
	struct exchange exchange = inquiry_end(argument);

	if (answer->status == ANSWER_GIVEN)
		exchange_answer_text(&exchange, answer->json, answer->length);
	else
		refuse(&exchange, answer);
}

void exchange_inquire(struct exchange *exchange, const struct database_question *question)
{
	const struct control *control = exchange->control;
	struct inquiry *inquiry = inquiry_new(exchange, control->callbacks->withdraw);
	uint64_t number = control->callbacks->ask(control->context, question, answered, inquiry);

	inquiry_begin(inquiry, number);
	if (number == 0)
		exchange_refuse(exchange, HTTP_SERVUNAVAIL, NULL,
		    "too many requests wait for the database already");
}

void inquiries_close(struct control *control)
{
	struct inquiry *inquiry;

	while ((inquiry = TAILQ_FIRST(&control->inquiries)) != NULL)
		evhttp_connection_free(evhttp_request_get_connection(inquiry->request));
}

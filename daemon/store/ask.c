/* SPDX-License-Identifier: MIT */
#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define PARAMETERS_MAX 12

#define MISSING_RIGHT "42501"

static bool starts_with_any(const char *text, const char *const *prefixes)
{
	for (; *prefixes != NULL; prefixes++) {
		if (strncmp(text, *prefixes, strlen(*prefixes)) == 0)
			return true;
	}
	return false;
}

bool store_error_loses_connection(const PGconn *connection, const PGresult *result)
{
	/* Read only: no longer the primary server. */
	static const char *const states[] = {"25006", "08", NULL};
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (state == NULL || PQstatus(connection) == CONNECTION_BAD)
		return true;
	if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
		return true;
	return starts_with_any(state, states);
}

/* Whether the detail of an error may be told: that of a refused value or row may hold a password.
 */
static bool detail_is_safe(const char *state)
{
	static const char *const unsafe[] = {"22", "23502", "23514", NULL};

	return state != NULL && !starts_with_any(state, unsafe);
}

char *store_error_text(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	struct text text = TEXT_EMPTY;
	char *line;

	if (message == NULL)
		return store_one_line(PQresultErrorMessage(result));
	text_printf(&text, "%s (SQLSTATE %s)", message, state != NULL ? state : "unknown");
	if (detail != NULL && detail_is_safe(state))
		text_printf(&text, "; %s", detail);
	if (hint != NULL)
		text_printf(&text, "; %s", hint);
	line = store_one_line(text.data);
	text_clear(&text);
	return line;
}

char *store_text_at(const PGresult *result, int column)
{
	return PQgetisnull(result, 0, column) ? NULL : PQgetvalue(result, 0, column);
}

int64_t store_number_at(const PGresult *result, int column)
{
	return strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

bool store_is_true(const PGresult *result, int column)
{
	return PQgetvalue(result, 0, column)[0] == 't';
}

/* Waits until somebody has given our role the right that it lacks. */
static void await_right(struct store *store, const char *text)
{
	char *reason = xasprintf("%s. Run iml-plugin db check to see what rights the role \"%s\""
	                         " lacks, and what to do",
	    text, PQuser(store->connection));

	store_await_care(store, reason);
	free(reason);
}

/* A question failed: tries again with another connection, unless that is of no use. */
static void question_failed(struct store *store, const PGresult *result)
{
	/* Rolled back, out of resources, the operator's doing, the system's fault. */
	static const char *const passing[] = {"40", "53", "55", "57", "58", NULL};
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	char *text = store_error_text(result);

	if (store_error_loses_connection(store->connection, result) ||
	    starts_with_any(state, passing) || store->loaded)
		store_lost(store, text);
	else if (strcmp(state, MISSING_RIGHT) == 0)
		await_right(store, text);
	else
		store_give_up(store, "the database can't be used: %s", text);
	free(text);
}

/* Sends a question with its parameters: arrays in binary form, or one text. */
static int send_question(struct store *store, const struct question *question)
{
	const char *values[PARAMETERS_MAX] = {question->parameter};
	int lengths[PARAMETERS_MAX] = {0};
	int formats[PARAMETERS_MAX] = {0};
	size_t count = question->array_count;

	assert(count <= PARAMETERS_MAX);
	for (size_t i = 0; i < count; i++) {
		values[i] = question->arrays[i].bytes.data;
		lengths[i] = (int)question->arrays[i].bytes.length;
		formats[i] = 1;
	}
	if (question->name != NULL)
		return PQsendPrepare(store->connection, question->name, question->sql, 0, NULL);
	if (count == 0 && question->parameter == NULL && !question->binary)
		return PQsendQuery(store->connection, question->sql);
	if (question->parameter != NULL)
		count = 1;
	return PQsendQueryParams(store->connection, question->sql, (int)count, NULL, values,
	    lengths, formats, question->binary);
}

void store_put_question(struct store *store, const struct question *question)
{
	assert(store->pending == 0);
	if (!send_question(store, question)) {
		store_lost_by_error(store);
		return;
	}
	if (question->row != NULL)
		PQsetSingleRowMode(store->connection);
	store->row = question->row;
	store->answered = question->answered;
	store->failed = question->failed;
	store->pending = 1;
	store->heard = monotonic_now();
	store_flush(store);
}

void store_ask(struct store *store, const char *sql, const char *parameter,
    void (*row)(struct store *store, PGresult *result),
    void (*answered)(struct store *store, PGresult *result))
{
	store_put_question(
	    store, &(const struct question){
	               .sql = sql, .parameter = parameter, .row = row, .answered = answered});
}

/* The end of a question: its last result says how it went. */
static void question_ended(struct store *store)
{
	PGresult *answer = store->answer;
	ExecStatusType status = PQresultStatus(answer);

	store->pending = 0;
	store->answer = NULL;
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		store->answered(store, answer);
	else if (store->failed != NULL && !store_error_loses_connection(store->connection, answer))
		store->failed(store, answer);
	else
		question_failed(store, answer);
	PQclear(answer);
}

static void take_answer(struct store *store, PGresult *result)
{
	if (result == NULL) {
		question_ended(store);
		return;
	}
	if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
		store->row(store, result);
		PQclear(result);
		return;
	}
	PQclear(store->answer);
	store->answer = result;
}

void store_take_results(struct store *store)
{
	while (store->connection != NULL && store->pending > 0 && !PQisBusy(store->connection)) {
		PGresult *result = PQgetResult(store->connection);

		if (store->state == STORE_WRITING)
			store_write_result(store, result);
		else
			take_answer(store, result);
	}
}

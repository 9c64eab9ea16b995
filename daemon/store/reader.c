/* SPDX-License-Identifier: MIT */
#include "store/reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/internal.h"

/* So much later than the server would, the reader gives a question up by itself. */
#define GRACE_MS 5000

/* A question and who waits for its answer. */
struct inquiry {
	uint64_t number;
	enum question_subject subject;
	char *parameters[5]; /* resource, from, to, points, statistics */
	bool repeated;       /* after the connection was lost */
	void (*answered)(
	    void *context, const struct statistics_answer *answer); /* NULL: withdrawn */
	void *context;
	TAILQ_ENTRY(inquiry) in_queue;
};

enum reader_state {
	READER_CLOSED,
	READER_CONNECTING,
	READER_PREPARING, /* the session */
	READER_IDLE,
	READER_ASKING /* the first one of the queue */
};

struct reader {
	struct reader_limits limits;
	struct connector *connector;
	PGconn *connection; /* the connector's, NULL until it stands */
	enum reader_state state;
	struct event *work; /* begins to work on the queue */
	struct event
	    *timer;       /* ends the connection when nothing is asked, or an answer takes long */
	PGresult *result; /* the last one of what was sent */
	TAILQ_HEAD(, inquiry) queue;
	size_t count;
	uint64_t last_number;
};

const struct reader_limits reader_default_limits = {
    .connect_ms = 10000,
    .answer_ms = 10000,
    .idle_ms = 60000,
    .answer_size = (size_t)16 * 1024 * 1024,
};

/* How each subject is asked for: one JSON text, of the first so many parameters. */
static const struct {
	const char *sql;
	int parameters;
} subjects[QUESTION_SUBJECT_COUNT] = {
    [QUESTION_CHARTS] = {"SELECT storage.charts($1, $2, $3, $4)::text", 4},
    [QUESTION_LATEST] = {"SELECT jsonb_build_object('resource', $1::bigint, 'statistics',"
                         " coalesce(jsonb_agg(jsonb_build_object('statistic', statistic, 'time',"
                         " extract(epoch FROM newest.time), 'value', value, 'counts', counts)"
                         " ORDER BY place), '[]'))::text FROM storage.latest($1) WITH ORDINALITY"
                         " AS newest (statistic, time, value, counts, place)",
        1},
    [QUESTION_SERIES] = {"SELECT jsonb_build_object('resource', $1::bigint, 'from',"
                         " extract(epoch FROM $2::timestamptz), 'to',"
                         " extract(epoch FROM $3::timestamptz), 'statistics', $5::text[],"
                         " 'times', coalesce(jsonb_agg(extract(epoch FROM at) ORDER BY at),"
                         " '[]'), 'values', coalesce(jsonb_agg(to_jsonb(numbers) ORDER BY at),"
                         " '[]'))::text"
                         " FROM storage.series($1, $5, $2, $3, $4) AS point (at, numbers)",
        5},
};

static void work(struct reader *reader);

/* ---- the queue ---- */

static void inquiry_remove(struct reader *reader, struct inquiry *inquiry)
{
	TAILQ_REMOVE(&reader->queue, inquiry, in_queue);
	reader->count--;
	for (size_t i = 0; i < sizeof(inquiry->parameters) / sizeof(char *); i++)
		free(inquiry->parameters[i]);
	free(inquiry);
}

/* Answers the first question. */
static void answer_first(struct reader *reader, const struct statistics_answer *answer)
{
	struct inquiry *inquiry = TAILQ_FIRST(&reader->queue);
	void (*answered)(void *context, const struct statistics_answer *answer) = inquiry->answered;
	void *context = inquiry->context;

	inquiry_remove(reader, inquiry);
	if (answered != NULL)
		answered(context, answer);
}

static void refuse_first(struct reader *reader, enum answer_status status, const char *reason)
{
	answer_first(reader, &(const struct statistics_answer){.status = status, .reason = reason});
}

/* Appends the text form of an array of texts. */
static void append_array(struct text *text, const char *const *items, size_t count)
{
	text_append_char(text, '{');
	for (size_t i = 0; i < count; i++) {
		text_append(text, i > 0 ? ",\"" : "\"");
		for (const char *byte = items[i]; *byte != '\0'; byte++) {
			if (*byte == '"' || *byte == '\\')
				text_append_char(text, '\\');
			text_append_char(text, *byte);
		}
		text_append_char(text, '"');
	}
	text_append_char(text, '}');
}

uint64_t reader_ask(struct reader *reader, const struct statistics_question *question,
    void (*answered)(void *context, const struct statistics_answer *answer), void *context)
{
	struct text statistics = TEXT_EMPTY;
	char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
	struct inquiry *inquiry;

	assert(answered != NULL && (size_t)question->subject < QUESTION_SUBJECT_COUNT);
	if (reader->count == READER_QUESTIONS_MAX)
		return 0;
	inquiry = xcalloc(1, sizeof(*inquiry));
	append_array(&statistics, question->statistics, question->statistic_count);
	*inquiry = (struct inquiry){
	    .number = ++reader->last_number,
	    .subject = question->subject,
	    .parameters = {xasprintf("%lld", (long long)question->resource),
	        xstrdup(wallclock_format(question->from, from)),
	        xstrdup(wallclock_format(question->to, to)),
	        xasprintf("%lld", (long long)question->points), text_steal(&statistics)},
	    .answered = answered,
	    .context = context,
	};
	TAILQ_INSERT_TAIL(&reader->queue, inquiry, in_queue);
	reader->count++;
	event_active(reader->work, EV_TIMEOUT, 0);
	return inquiry->number;
}

void reader_withdraw(struct reader *reader, uint64_t number)
{
	struct inquiry *inquiry = TAILQ_FIRST(&reader->queue);

	while (inquiry != NULL && inquiry->number != number)
		inquiry = TAILQ_NEXT(inquiry, in_queue);
	if (inquiry == NULL)
		return;
	inquiry->answered = NULL;
	/* What the server works at ends by itself, at its limit at the latest. */
	if (reader->state != READER_ASKING || inquiry != TAILQ_FIRST(&reader->queue))
		inquiry_remove(reader, inquiry);
}

/* ---- the connection ---- */

static void set_timer(struct reader *reader, int64_t ms)
{
	const struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(reader->timer, &time);
}

static void close_connection(struct reader *reader)
{
	PQclear(reader->result);
	reader->result = NULL;
	connector_close(reader->connector);
	reader->connection = NULL;
	event_del(reader->timer);
	reader->state = READER_CLOSED;
}

/* Closes the connection and answers with the reason all that is asked now. */
static void give_up(struct reader *reader, enum answer_status status, const char *reason)
{
	char *line = store_one_line(reason);
	uint64_t last = reader->last_number;
	struct inquiry *first;

	close_connection(reader);
	while ((first = TAILQ_FIRST(&reader->queue)) != NULL && first->number <= last)
		refuse_first(reader, status, line);
	free(line);
	work(reader);
}

static void lost(void *context, const char *reason)
{
	struct reader *reader = context;
	struct inquiry *first = TAILQ_FIRST(&reader->queue);
	bool again = reader->state == READER_ASKING && !first->repeated;

	log_debug("database: the connection for questions ended: %s", reason);
	if (!again && reader->state != READER_IDLE) {
		give_up(reader, ANSWER_AWAY, reason);
		return;
	}
	if (again)
		first->repeated = true;
	close_connection(reader);
	work(reader);
}

/* Sends a statement; its results come to received(). */
static void send_statement(struct reader *reader, const char *sql, const char *const *parameters,
    int count, enum reader_state state)
{
	reader->state = state;
	set_timer(reader, reader->limits.answer_ms + GRACE_MS);
	if (!PQsendQueryParams(reader->connection, sql, count, NULL, parameters, NULL, NULL, 0))
		connector_fail(reader->connector);
	else
		connector_flush(reader->connector);
}

static void connected(void *context, PGconn *connection)
{
	struct reader *reader = context;
	char *sql = xasprintf("SELECT set_config('default_transaction_read_only', 'on', false),"
	                      " set_config('statement_timeout', '%lld', false),"
	                      " set_config('idle_in_transaction_session_timeout', '%lld', false)",
	    (long long)reader->limits.answer_ms, (long long)reader->limits.answer_ms);

	reader->connection = connection;
	send_statement(reader, sql, NULL, 0, READER_PREPARING);
	free(sql);
}

/* Asks the first question, with the size of its answer and, unless that is too large, the answer.
 */
static void ask_first(struct reader *reader)
{
	const struct inquiry *inquiry = TAILQ_FIRST(&reader->queue);
	char *sql = xasprintf("WITH answer (json) AS MATERIALIZED (%s) SELECT octet_length(json),"
	                      " CASE WHEN octet_length(json) <= %zu THEN json END FROM answer",
	    subjects[inquiry->subject].sql, reader->limits.answer_size);

	send_statement(reader, sql, (const char *const *)inquiry->parameters,
	    subjects[inquiry->subject].parameters, READER_ASKING);
	free(sql);
}

/* Connects, or asks what comes next, or waits for more. */
static void work(struct reader *reader)
{
	if (TAILQ_EMPTY(&reader->queue)) {
		if (reader->state == READER_IDLE)
			set_timer(reader, reader->limits.idle_ms);
		return;
	}
	if (reader->state == READER_IDLE) {
		ask_first(reader);
		return;
	}
	if (reader->state != READER_CLOSED)
		return;
	reader->state = READER_CONNECTING;
	connector_open(reader->connector, &(const struct connector_options){.purpose = " (reader)",
	                                      .limit_ms = reader->limits.connect_ms});
}

static void on_work(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	work(context);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct reader *reader = context;

	(void)fd;
	(void)what;
	if (reader->state == READER_IDLE)
		close_connection(reader);
	else
		give_up(reader, ANSWER_AWAY, "the database does not answer");
}

/* ---- results ---- */

/* What an error means for who asked. */
static enum answer_status status_of_error(const PGresult *result)
{
	static const struct {
		const char *state; /* or its beginning */
		enum answer_status status;
	} meanings[] = {
	    {"P0001", ANSWER_REFUSED}, /* raised by the function */
	    {"22", ANSWER_REFUSED},
	    {"57014", ANSWER_LATE},
	    {"53", ANSWER_AWAY},
	};
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	for (size_t i = 0; state != NULL && i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0)
			return meanings[i].status;
	return ANSWER_FAILED;
}

/* Answers the first question with an error of the server. */
static void answer_error(struct reader *reader, const PGresult *result)
{
	enum answer_status status = status_of_error(result);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char *reason = status == ANSWER_REFUSED && message != NULL ? store_one_line(message)
	                                                           : store_error_text(result);

	if (status == ANSWER_FAILED)
		log_warning("database: a question failed: %s", reason);
	refuse_first(reader, status, reason);
	free(reason);
}

static void answer_row(struct reader *reader, PGresult *result)
{
	struct statistics_answer answer = {.status = ANSWER_GIVEN};

	if (PQntuples(result) != 1 || PQgetisnull(result, 0, 0)) {
		refuse_first(reader, ANSWER_FAILED, "the database gave no answer");
		return;
	}
	if (PQgetisnull(result, 0, 1)) {
		char *reason = xasprintf("the answer would have %s bytes, and %zu is the most",
		    PQgetvalue(result, 0, 0), reader->limits.answer_size);

		refuse_first(reader, ANSWER_TOO_LARGE, reason);
		free(reason);
		return;
	}
	answer.json = PQgetvalue(result, 0, 1);
	answer.length = (size_t)PQgetlength(result, 0, 1);
	answer_first(reader, &answer);
}

/* What was sent is done. */
static void statement_ended(struct reader *reader)
{
	PGresult *result = reader->result;
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK;

	reader->result = NULL;
	if (!good && store_error_loses_connection(reader->connection, result)) {
		connector_fail(reader->connector);
	} else if (reader->state == READER_PREPARING && !good) {
		give_up(reader, ANSWER_AWAY, PQresultErrorMessage(result));
	} else {
		bool asked = reader->state == READER_ASKING;

		reader->state = READER_IDLE;
		if (asked && good)
			answer_row(reader, result);
		else if (asked)
			answer_error(reader, result);
		work(reader);
	}
	PQclear(result);
}

static void received(void *context)
{
	struct reader *reader = context;

	while (reader->state >= READER_PREPARING && reader->state != READER_IDLE &&
	       !PQisBusy(reader->connection)) {
		PGresult *result = PQgetResult(reader->connection);

		if (result == NULL) {
			statement_ended(reader);
			continue;
		}
		PQclear(reader->result);
		reader->result = result;
	}
}

static void sent(void *context)
{
	(void)context;
}

/* ---- for the supervisor ---- */

struct reader *reader_new(
    struct event_base *base, const char *conninfo, const struct reader_limits *limits)
{
	static const struct connector_callbacks callbacks = {
	    .connected = connected, .received = received, .sent = sent, .lost = lost};
	struct reader *reader = xcalloc(1, sizeof(*reader));

	reader->limits = *limits;
	TAILQ_INIT(&reader->queue);
	reader->connector = connector_new(base, conninfo, &callbacks, reader);
	reader->work = evtimer_new(base, on_work, reader);
	reader->timer = evtimer_new(base, on_timer, reader);
	assert(reader->work != NULL && reader->timer != NULL);
	return reader;
}

size_t reader_waiting(const struct reader *reader)
{
	return reader->count;
}

void reader_free(struct reader *reader)
{
	struct inquiry *inquiry;

	if (reader == NULL)
		return;
	while ((inquiry = TAILQ_FIRST(&reader->queue)) != NULL)
		inquiry_remove(reader, inquiry);
	close_connection(reader);
	connector_free(reader->connector);
	event_free(reader->work);
	event_free(reader->timer);
	free(reader);
}

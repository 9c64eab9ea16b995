/* SPDX-License-Identifier: MIT */
/*
 * One changes object is one transaction in one round trip: its statements are sent in libpq's
 * pipeline mode, a bounded number of rows at a time, without waiting for answers. Each statement
 * passes over rows that name what is not there, and can be repeated without harm: at least with
 * care.
 *
 * When the server refuses what is in a row, the transaction is written again with care: each
 * statement in a savepoint of its own and answered before the next one is sent, half the rows of
 * the one before if that was refused, twice as many if not. A single row that is refused is left
 * out.
 */
#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/write_part.h"

/* Bounds of a statement, so that neither libpq's buffer nor a turn of the event loop grows. */
#define STATEMENT_ROWS 4096
#define STATEMENT_BYTES ((size_t)1024 * 1024)
#define STATEMENTS_AT_ONCE 4

/* A statement of so many bytes is answered before others. */
#define FLUSH_BYTES ((size_t)64 * 1024)

/* Rows that are left out of a transaction are told up to this number. */
#define LEFT_OUT_TOLD 20

/* Bytes of its name that are told. */
#define NAME_TOLD 80

/* ---- sending ---- */

/* A statement as it is sent: its text, or the name that it was prepared with. */
static bool send_statement(struct store *store, const char *prepared, const char *sql, int count,
    const char *const *values, const int *lengths, const int *formats)
{
	int sent = prepared != NULL ? PQsendQueryPrepared(store->connection, prepared, count,
	                                  values, lengths, formats, 0)
	                            : PQsendQueryParams(store->connection, sql, count, NULL, values,
	                                  lengths, formats, 0);

	if (!sent) {
		store_lost(store, PQerrorMessage(store->connection));
		return false;
	}
	if (store->pending++ == 0)
		store->heard = monotonic_now();
	return true;
}

/*
 * Has the server answer what was sent before all is done, so that it shows whether it hangs; what
 * does not take long is answered with what follows.
 */
static bool send_flush(struct store *store, size_t bytes)
{
	if (bytes < FLUSH_BYTES || PQsendFlushRequest(store->connection))
		return true;
	store_lost(store, PQerrorMessage(store->connection));
	return false;
}

/* The statement of the part that was prepared, or NULL if its text is to be sent. */
static const char *prepared_of(const struct store *store, const struct part *part)
{
	if (store->writer.care != WRITE_PLAIN)
		return NULL;
	return part->present != NULL && store->writer.present ? part->present : part->prepared;
}

static bool send_arrays(struct store *store, const struct part *part, const struct array *arrays)
{
	const char *values[MAX_COLUMNS];
	int lengths[MAX_COLUMNS];
	int formats[MAX_COLUMNS];

	for (size_t i = 0; i < part->column_count; i++) {
		values[i] = arrays[i].bytes.data;
		lengths[i] = (int)arrays[i].bytes.length;
		formats[i] = 1;
	}
	return send_statement(store, prepared_of(store, part), part->sql, (int)part->column_count,
	    values, lengths, formats);
}

static size_t bytes_of(const struct array *arrays, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += arrays[i].bytes.length;
	return bytes;
}

/* Sends the statement of the part for the next rows. */
static bool send_part(struct store *store, const struct part *part, size_t count)
{
	struct writer *writer = &store->writer;
	const char *rows = part_rows(part, writer->changes);
	struct array arrays[MAX_COLUMNS] = {0};
	size_t bytes;
	size_t end = writer->row + (writer->care == WRITE_PLAIN ? STATEMENT_ROWS : writer->limit);
	bool sent;

	assert(part->column_count <= MAX_COLUMNS);
	for (size_t i = 0; i < part->column_count; i++)
		array_begin(&arrays[i], part->columns[i].type);
	for (; writer->row < count && writer->row < end; writer->row++) {
		const char *row = rows + writer->row * part->row_size;

		if (bytes_of(arrays, part->column_count) > STATEMENT_BYTES)
			break;
		part_add_row(part, arrays, row);
	}
	bytes = bytes_of(arrays, part->column_count);
	sent = send_arrays(store, part, arrays);
	for (size_t i = 0; i < part->column_count; i++)
		array_clear(&arrays[i]);
	return sent && send_flush(store, bytes);
}

static size_t sample_count(const struct changes *changes)
{
	size_t count = 0;

	for (size_t i = 0; i < changes->frame_count; i++)
		count += changes->frames[i].sample_count;
	return count;
}

/* What each transaction says of itself: its number and the highest ids, and a notification. */
static const char sql_written[] =
    "UPDATE storage.counter SET revision = ($1::bigint[])[1],"
    " class = greatest(class, ($1)[2]), statistic = greatest(statistic, ($1)[3]),"
    " resource = greatest(resource, ($1)[4]), alert = greatest(alert, ($1)[5]),"
    " event = greatest(event, ($1)[6]), server = greatest(server, ($1)[7]),"
    " volume = greatest(volume, ($1)[8]), volume_node = greatest(volume_node, ($1)[9]),"
    " cohort = greatest(cohort, ($1)[10]), gap = greatest(gap, ($1)[11]),"
    " silence = greatest(silence, ($1)[12]), sampled = greatest(sampled,"
    " timestamptz 'epoch' + nullif(($1)[13], 0) * interval '1 microsecond')"
    " RETURNING pg_notify('storage', $2::text)";

static bool send_written(struct store *store)
{
	const struct changes *changes = store->writer.changes;
	const struct counters *counters = &changes->counters;
	const int64_t revision = store->revision + (store->writer.ahead ? 2 : 1);
	const int64_t numbers[] = {revision, counters->class_id, counters->statistic_id,
	    counters->resource_id, counters->alert_id, counters->event_id, counters->server_id,
	    counters->volume_id, counters->volume_node_id, counters->cohort_id, counters->gap_id,
	    counters->silence_id, counters->sampled.us};
	struct writer *writer = &store->writer;
	struct array array = {0};
	char *notification = xasprintf(
	    "{\"resources\":%zu,\"removed\":%zu,\"alerts\":%zu,\"events\":%zu,\"samples\":%zu,"
	    "\"servers\":%zu,\"volumes\":%zu,\"silences\":%zu}",
	    changes->resource_count, changes->removed_resource_count, changes->alert_count,
	    changes->event_count, sample_count(changes),
	    changes->server_count + changes->servers_removed_count,
	    changes->volume_count + changes->volumes_removed_count + changes->volume_node_count +
	        changes->volume_nodes_removed_count,
	    changes->silence_count + changes->silences_removed_count);
	bool sent;

	if (writer->revision < revision)
		writer->revision = revision;
	array_begin(&array, ARRAY_INTEGER);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		array_add(&array, &numbers[i]);
	sent = send_statement(store, "written", NULL, 2,
	    (const char *const[]){array.bytes.data, notification},
	    (const int[]){(int)array.bytes.length, 0}, (const int[]){1, 0});
	array_clear(&array);
	free(notification);
	return sent;
}

/* Ends the transaction. */
static bool send_end(struct store *store)
{
	return send_written(store) && send_statement(store, "commit", NULL, 0, NULL, NULL, NULL);
}

static bool send_command(struct store *store, const char *sql)
{
	return send_statement(store, NULL, sql, 0, NULL, NULL, NULL);
}

static void commit_prepared(struct store *store, PGresult *result)
{
	(void)result;
	store_prepared(store);
}

static void begin_prepared(struct store *store, PGresult *result)
{
	(void)result;
	store_put_question(
	    store, &(const struct question){
	               .sql = "COMMIT", .name = "commit", .answered = commit_prepared});
}

static void parts_prepared(struct store *store, PGresult *result)
{
	(void)result;
	store_put_question(store,
	    &(const struct question){.sql = "BEGIN", .name = "begin", .answered = begin_prepared});
}

void store_prepare(struct store *store)
{
	struct text sql = TEXT_EMPTY;

	store->tending.present = (struct partition){0, 0};
	for (size_t i = 0; i < write_part_count; i++)
		if (write_parts[i].prepared != NULL)
			text_printf(&sql, "PREPARE %s AS %s; ", write_parts[i].prepared,
			    write_parts[i].prepared_sql);
	text_printf(&sql, "PREPARE written AS %s", sql_written);
	store_ask(store, sql.data, NULL, NULL, parts_prepared);
	text_clear(&sql);
}

/* Ends the pipeline: the server answers when it has done all of it. */
static void send_sync(struct store *store)
{
	if (!PQpipelineSync(store->connection)) {
		store_lost(store, PQerrorMessage(store->connection));
		return;
	}
	store->pending++;
	store->writer.complete = true;
}

/* The next part that has rows to send, and how many it has in all. NULL if there is none. */
static const struct part *next_part(struct store *store, size_t *count)
{
	struct writer *writer = &store->writer;

	for (; writer->part < write_part_count; writer->part++, writer->row = 0) {
		*count = part_count(&write_parts[writer->part], writer->changes);
		if (writer->row < *count)
			return &write_parts[writer->part];
	}
	return NULL;
}

/* Sends the next statement; the last ones end the transaction. False if that lost the connection.
 */
static bool send_next(struct store *store)
{
	struct writer *writer = &store->writer;
	size_t count;
	const struct part *part = writer->failed ? NULL : next_part(store, &count);

	if (part != NULL)
		return send_part(store, part, count);
	if (!writer->failed && !send_end(store))
		return false;
	send_sync(store);
	return store->connection != NULL;
}

/* The same with care: sends rows as far as they can be taken back, and asks for the answer. */
static void send_carefully(struct store *store)
{
	struct writer *writer = &store->writer;
	size_t count;
	const struct part *part = next_part(store, &count);
	bool sent;

	writer->first = writer->row;
	if (part != NULL)
		sent = send_command(store, "SAVEPOINT rows") && send_part(store, part, count) &&
		       send_command(store, "RELEASE SAVEPOINT rows");
	else
		sent = send_end(store);
	if (sent)
		send_sync(store);
	if (store->connection != NULL)
		store_flush(store);
}

void store_write_more(struct store *store)
{
	struct writer *writer = &store->writer;

	if (writer->care != WRITE_PLAIN || !writer->open)
		return;
	for (int i = 0; i < STATEMENTS_AT_ONCE && !writer->complete; i++)
		if (!send_next(store))
			return;
	if (store_flush(store) && !writer->complete)
		connector_await_room(store->connector);
}

/* What is in flight is the next to be answered. */
static void begin_answers(struct store *store)
{
	struct writer *writer = &store->writer;

	writer->open = true;
	writer->ahead = writer->failed = writer->refused = writer->committed = false;
	writer->rows = 0;
	writer->samples = sample_count(store->in_flight);
	writer->begun = monotonic_now();
}

/* Begins to send changes: those in flight, or the next. */
static bool send_begin(struct store *store, const struct changes *changes)
{
	struct writer *writer = &store->writer;

	writer->changes = changes;
	writer->complete = false;
	writer->part = writer->row = 0;
	return send_statement(store, "begin", NULL, 0, NULL, NULL, NULL);
}

void store_write(struct store *store)
{
	struct writer *writer = &store->writer;

	assert(store->in_flight != NULL && !writer->open);
	begin_answers(store);
	writer->rolling_back = false;
	writer->left_out = 0;
	writer->limit = STATEMENT_ROWS;
	writer->present = store_frames_are_present(store, store->in_flight);
	if (!send_begin(store, store->in_flight))
		return;
	if (writer->care == WRITE_PLAIN)
		store_write_more(store);
	else if (writer->care == WRITE_CAREFUL ||
	         send_command(store, "SET CONSTRAINTS ALL IMMEDIATE"))
		send_carefully(store);
}

bool store_can_write_ahead(const struct store *store)
{
	const struct writer *writer = &store->writer;

	return writer->open && writer->complete && writer->present && !writer->ahead &&
	       !writer->failed && writer->care == WRITE_PLAIN &&
	       changes_are_frames(store->in_flight);
}

void store_write_ahead(struct store *store)
{
	assert(store_can_write_ahead(store) && store->next != NULL);
	store->writer.ahead = true;
	if (send_begin(store, store->next))
		store_write_more(store);
}

void store_write_goes_on(struct store *store)
{
	assert(store->writer.ahead);
	begin_answers(store);
}

/* ---- answers ---- */

/* Whether the server refuses what is in a row: bad data, a broken constraint, beyond a limit. */
static bool is_refusal(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL && (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ||
	                            strncmp(state, "54", 2) == 0);
}

/*
 * A statement failed, and with it the transaction unless it is taken back. What fails after that
 * does so for this reason.
 */
static void note_failure(struct store *store, const PGresult *result)
{
	struct writer *writer = &store->writer;
	char *text = store_error_text(result);

	if (store_error_loses_connection(store->connection, result)) {
		store_lost(store, text);
	} else if (!writer->failed) {
		writer->failed = true;
		writer->refused = is_refusal(result);
		free(writer->error);
		writer->error = xstrdup(text);
	}
	free(text);
}

/* The transaction failed. Nothing is lost: it is written again, with more care if that may help. */
static void roll_back(struct store *store)
{
	struct writer *writer = &store->writer;

	assert(writer->failed);
	writer->rolling_back = true;
	store->tending.present_failed |= writer->present && !writer->refused;
	writer->refused = writer->refused && writer->care < WRITE_STRICT;
	if (writer->refused) {
		writer->care++;
	} else {
		store->statistics.failures++;
		store_tell_trouble(&writer->trouble, 0,
		    "writing to the database failed, trying again", writer->error);
	}
	if (!send_command(store, "ROLLBACK"))
		return;
	send_sync(store);
	if (store->connection != NULL)
		store_flush(store);
}

/* Tells of the row that the server refused. */
static void leave_out(struct store *store)
{
	struct writer *writer = &store->writer;
	const struct part *part = &write_parts[writer->part];
	const char *row = part_rows(part, store->in_flight) + writer->first * part->row_size;
	const char *name = NULL;
	record_id id;

	if (part->rows == offsetof(struct changes, frames))
		writer->samples -= store->in_flight->frames[writer->first].sample_count;
	memcpy(&id, row, sizeof(id));
	if (part->name != 0)
		memcpy(&name, row + part->name, sizeof(name));
	if (++writer->left_out > LEFT_OUT_TOLD)
		return;
	log_error("the database refuses a row of %s, id %lld%s%.*s: %s. It is left out, all else is"
	          " stored",
	    part->what, (long long)id, name != NULL ? ", " : "",
	    name != NULL ? (int)utf8_cut(name, strlen(name), NAME_TOLD) : 0,
	    name != NULL ? name : "", writer->error);
}

/* Takes a statement back that was refused; half of its rows are next, or the row after. */
static bool take_back(struct store *store)
{
	struct writer *writer = &store->writer;
	size_t rows = writer->row - writer->first;

	if (rows > 1)
		writer->row = writer->first;
	else
		leave_out(store);
	writer->limit = rows > 1 ? rows / 2 : 1;
	writer->failed = writer->refused = false;
	return send_command(store, "ROLLBACK TO SAVEPOINT rows") &&
	       send_command(store, "RELEASE SAVEPOINT rows");
}

/* A statement that was sent with care was answered. */
static void go_on_carefully(struct store *store)
{
	struct writer *writer = &store->writer;
	bool has_rows = writer->part < write_part_count;

	if (!writer->failed && writer->limit < STATEMENT_ROWS)
		writer->limit *= 2;
	if (writer->failed && !(writer->refused && has_rows))
		roll_back(store);
	else if (!writer->failed || take_back(store))
		send_carefully(store);
}

/* Counts a transaction that is committed. */
static void count_write(struct store *store)
{
	struct store_statistics *statistics = &store->statistics;
	const struct writer *writer = &store->writer;

	statistics->transactions++;
	statistics->rows += writer->rows;
	statistics->left_out += writer->left_out;
	statistics->samples += writer->samples;
	statistics->samples_refused += sample_count(store->in_flight) - writer->samples;
	durations_add(&statistics->durations, monotonic_since(monotonic_now(), writer->begun));
}

/* The transaction is committed. */
static void end_write(struct store *store)
{
	struct writer *writer = &store->writer;

	if (writer->left_out > LEFT_OUT_TOLD)
		log_error("the database refuses %zu more rows, which are left out, too",
		    writer->left_out - LEFT_OUT_TOLD);
	writer->open = false;
	writer->care = WRITE_PLAIN;
	backoff_reset(&writer->wait);
	store_end_trouble(&writer->trouble, "writing to the database works again");
	free(writer->error);
	writer->error = NULL;
	store->revision++;
	count_write(store);
	store_written(store);
}

/* The server has done everything up to the end of the pipeline. */
static void pipeline_ended(struct store *store)
{
	struct writer *writer = &store->writer;

	store->pending--;
	if (writer->rolling_back) {
		writer->open = false;
		if (writer->refused)
			store_set_timer(store, 0);
		else
			store_wait(store, &writer->wait);
	} else if (writer->committed) {
		end_write(store);
	} else if (writer->failed && writer->ahead) {
		/* Whatever becomes of the next ones, they are written again, too. */
		writer->ahead = false;
	} else if (writer->care == WRITE_PLAIN && writer->failed) {
		roll_back(store);
	} else {
		go_on_carefully(store);
	}
}

/* A statement went well. */
static void note_success(struct store *store, PGresult *result)
{
	const char *status = PQcmdStatus(result);

	if (store->writer.failed)
		return;
	if (strcmp(status, "COMMIT") == 0)
		store->writer.committed = true;
	else if (PQresultStatus(result) == PGRES_COMMAND_OK)
		store->writer.rows += strtoull(PQcmdTuples(result), NULL, 10);
}

void store_write_result(struct store *store, PGresult *result)
{
	if (result == NULL) {
		store->pending--;
		return;
	}
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		note_success(store, result);
		break;
	case PGRES_PIPELINE_SYNC:
		pipeline_ended(store);
		break;
	case PGRES_PIPELINE_ABORTED:
		break;
	default:
		note_failure(store, result);
	}
	PQclear(result);
}

void store_write_timeout(struct store *store)
{
	store_write(store);
}

void store_write_interrupted(struct store *store)
{
	store->writer.open = store->writer.ahead = false;
}

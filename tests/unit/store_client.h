/* SPDX-License-Identifier: MIT */
/* A user of the store that gives it changes, and keeps what it tells. */
#ifndef TESTS_STORE_CLIENT_H
#define TESTS_STORE_CLIENT_H

#include "store_fixture.h"

#include "model/frame.h"
#include "store/store.h"

#define QUEUE_MAX 64

struct client {
	struct event_base *base;
	struct store *store;
	struct changes *queue[QUEUE_MAX]; /* the places are used again */
	size_t given, queued, committed;
	struct changes *(*more)(struct client *client); /* there are always changes, or NULL */
	bool loaded;
	char *fatal;
	char *reason;     /* of the last state */
	struct text rows; /* what was loaded, a line each */
	size_t resource_rows;
	size_t requests;
	void (*on_resource)(struct client *client);
	void *context;
};

static inline void client_counters(void *context, const struct counters *row)
{
	text_printf(&((struct client *)context)->rows,
	    "counters %ld %ld %ld %ld %ld cohort %ld gap %ld sampled %ld\n", (long)row->class_id,
	    (long)row->statistic_id, (long)row->resource_id, (long)row->alert_id,
	    (long)row->event_id, (long)row->cohort_id, (long)row->gap_id, (long)row->sampled.us);
}

static inline const char *or_none(const char *text)
{
	return text != NULL ? text : "none";
}

static inline void client_class(void *context, const struct class_row *row)
{
	struct text *rows = &((struct client *)context)->rows;

	text_printf(rows, "class %ld %s.%s '%s' %d%d%d %s %s %s %s\n", (long)row->id, row->plugin,
	    row->name, row->label, row->scannable, row->internal, row->loaded, row->ancestry,
	    row->attributes, row->charts, row->relations);
	for (size_t i = 0; i < row->statistic_count; i++) {
		const struct statistic_row *statistic = &row->statistics[i];

		text_printf(rows, "statistic %ld %s %s '%s' %s %u %s %s\n", (long)statistic->id,
		    statistic->name, statistic->type, statistic->label, statistic->units,
		    (unsigned)statistic->sample_period, or_none(statistic->bins),
		    or_none(statistic->bin_labels));
	}
}

static inline void client_resource(void *context, const struct resource_row *row)
{
	struct client *client = context;

	client->resource_rows++;
	text_printf(&client->rows, "resource %ld class %ld scope %ld %s '%s' %s %s %s %d\n",
	    (long)row->id, (long)row->class_id, (long)row->scope_id, row->identifier, row->label,
	    or_none(row->alias), row->attributes, or_none(row->secrets), row->configured);
	if (row->given != NULL)
		text_printf(&client->rows, "given %s\n", row->given);
	if (client->on_resource != NULL)
		client->on_resource(client);
}

static inline void client_parent(void *context, const struct parent_row *row)
{
	text_printf(&((struct client *)context)->rows, "parent %ld %ld %ld\n", (long)row->child_id,
	    (long)row->parent_id, (long)row->reporter_id);
}

static inline void client_reporter(void *context, const struct reporter_row *row)
{
	text_printf(&((struct client *)context)->rows, "reporter %ld %ld\n", (long)row->resource_id,
	    (long)row->reporter_id);
}

static inline void client_alert(void *context, const struct alert_row *row)
{
	struct text *rows = &((struct client *)context)->rows;

	text_printf(rows, "alert %ld %ld %s %s %d '%s' %lld %d\n", (long)row->id,
	    (long)row->resource_id, row->name, or_none(row->attribute), (int)row->severity,
	    row->message, (long long)row->begin.us, row->active);
	if (row->voters != NULL)
		text_printf(rows, "voters %s\n", row->voters);
}

static inline void client_silence(void *context, const struct silence_row *row)
{
	text_printf(&((struct client *)context)->rows, "silence %ld %ld %lld %lld %s '%s'\n",
	    (long)row->id, (long)row->resource_id, (long long)row->begin.us, (long long)row->end.us,
	    row->who, row->why);
}

static inline void client_cohort(void *context, const struct cohort_row *row)
{
	text_printf(&((struct client *)context)->rows, "cohort %ld %ld %ld\n", (long)row->id,
	    (long)row->scannable_id, (long)row->class_id);
}

static inline void client_slot(void *context, const struct slot_row *row)
{
	text_printf(&((struct client *)context)->rows, "slot %ld %u %ld %ld\n",
	    (long)row->cohort_id, (unsigned)row->slot, (long)row->resource_id, (long)row->since.us);
}

static inline void client_pause(void *context, const struct pause_row *row)
{
	text_printf(&((struct client *)context)->rows, "pause %ld %s %ld %ld %s\n",
	    (long)row->scannable_id, row->plugin, (long)row->since.us, (long)row->user,
	    or_none(row->why));
}

static inline void client_loaded(void *context)
{
	struct client *client = context;

	assert_false(client->loaded);
	client->loaded = true;
}

static inline void client_request(void *context, const struct request_row *request)
{
	(void)request;
	((struct client *)context)->requests++;
}

static inline struct changes *client_take(void *context)
{
	struct client *client = context;

	if (client->given == client->queued && client->more != NULL)
		client->queue[client->queued++ % QUEUE_MAX] = client->more(client);
	return client->given < client->queued ? client->queue[client->given++ % QUEUE_MAX] : NULL;
}

static inline void client_committed(void *context, struct changes *changes)
{
	struct client *client = context;

	assert_ptr_equal(changes, client->queue[client->committed % QUEUE_MAX]);
	client->committed++;
	changes_free(changes);
}

static inline void client_state(void *context, enum store_state state, const char *reason)
{
	struct client *client = context;

	(void)state;
	free(client->reason);
	client->reason = xstrdup(reason);
}

static inline void client_fatal(void *context, const char *reason)
{
	struct client *client = context;

	free(client->fatal);
	client->fatal = xstrdup(reason);
}

static inline void client_begin(
    struct client *client, struct event_base *base, const char *conninfo)
{
	static const struct store_callbacks callbacks = {
	    .counters = client_counters,
	    .class = client_class,
	    .resource = client_resource,
	    .parent = client_parent,
	    .reporter = client_reporter,
	    .alert = client_alert,
	    .silence = client_silence,
	    .cohort = client_cohort,
	    .slot = client_slot,
	    .pause = client_pause,
	    .loaded = client_loaded,
	    .request = client_request,
	    .take = client_take,
	    .committed = client_committed,
	    .state = client_state,
	    .fatal = client_fatal,
	};

	*client = (struct client){.base = base};
	client->store = store_new(base, conninfo, 500, &callbacks, client);
	store_start(client->store);
}

static inline bool client_is_settled(void *context)
{
	struct client *client = context;

	return client->fatal != NULL || (client->loaded && client->committed == client->queued &&
	                                    (store_state(client->store) == STORE_READY ||
	                                        store_state(client->store) == STORE_TENDING));
}

/* Waits until everything is written, or the store has given up. */
static inline void client_settle(struct client *client)
{
	assert_true(run_until(client->base, client_is_settled, client));
}

/* How often the store was found with nothing to do. */
struct calm {
	struct store *store;
	unsigned looks;
};

static inline bool is_calm(void *context)
{
	struct calm *calm = context;

	calm->looks = store_state(calm->store) == STORE_READY ? calm->looks + 1 : 0;
	store_kick(calm->store);
	return calm->looks == 5;
}

/* The same, and what is due beside writing is done, so that samples can be sent ahead. */
static inline void client_calm(struct client *client)
{
	struct calm calm = {.store = client->store};

	client_settle(client);
	assert_true(run_until(client->base, is_calm, &calm));
}

/* Waits until the store is ready; it must be. */
static inline void client_open(struct client *client, struct event_base *base, const char *conninfo)
{
	client_begin(client, base, conninfo);
	client_settle(client);
	if (client->fatal != NULL)
		fail_msg("%s", client->fatal);
}

static inline void client_give(struct client *client, struct changes *changes)
{
	assert_true(client->queued - client->committed < QUEUE_MAX);
	client->queue[client->queued++ % QUEUE_MAX] = changes;
	store_kick(client->store);
}

/* Gives changes and waits until they are written. */
static inline void client_write(struct client *client, struct changes *changes)
{
	client_give(client, changes);
	client_settle(client);
	assert_null(client->fatal);
}

static inline void client_close(struct client *client)
{
	store_free(client->store);
	for (; client->given < client->queued; client->given++)
		changes_free(client->queue[client->given % QUEUE_MAX]);
	free(client->fatal);
	free(client->reason);
	text_clear(&client->rows);
	*client = (struct client){0};
}

/* ---- making changes ---- */

/* Appends a row to one of the lists of changes, which have room for a power of two. */
#define ADD(changes, list, count, ...)                                       \
	do {                                                                 \
		if (((changes)->count & ((changes)->count - 1)) == 0)        \
			(changes)->list = xreallocarray((changes)->list,     \
			    (changes)->count > 0 ? (changes)->count * 2 : 1, \
			    sizeof((changes)->list[0]));                     \
		(changes)->list[(changes)->count++] = __VA_ARGS__;           \
	} while (0)

static inline struct changes *new_changes(void)
{
	return xcalloc(1, sizeof(struct changes));
}

static inline void add_class(struct changes *changes, record_id id, const char *name, bool loaded)
{
	struct class_row row = {
	    .id = id,
	    .plugin = xstrdup("acme"),
	    .name = xstrdup(name),
	    .label = xasprintf("acme.%s", name),
	    .scannable = id == 1,
	    .loaded = loaded,
	    .ancestry = xasprintf("[\"acme.%s\", \"Resource\"]", name),
	    .attributes = xstrdup("[{\"name\":\"serial\",\"type\":\"String\"},"
	                          "{\"name\":\"secret\",\"type\":\"Password\"},"
	                          "{\"name\":\"inner\",\"type\":\"String\",\"hidden\":true}]"),
	    .charts = xstrdup("[{\"title\":\"Heat\",\"series\":[\"temperature\"]}]"),
	    .relations = xstrdup("[{\"type\":\"provide\",\"plugin\":\"linux\","
	                         "\"class\":\"ScsiDevice\",\"attributes\":[\"serial\"],"
	                         "\"ignore_case\":true}]"),
	    .statistics = xcalloc(2, sizeof(struct statistic_row)),
	    .statistic_count = 2,
	};

	row.statistics[0] = (struct statistic_row){.id = id * 10,
	    .name = xstrdup("temperature"),
	    .type = xstrdup("Gauge"),
	    .label = xstrdup("Temperature"),
	    .units = xstrdup("C"),
	    .sample_period = 10};
	row.statistics[1] = (struct statistic_row){.id = id * 10 + 1,
	    .name = xstrdup("sizes"),
	    .type = xstrdup("BytesHistogram"),
	    .label = xstrdup("Sizes"),
	    .units = xstrdup(""),
	    .sample_period = 60,
	    .bins = xstrdup("[[0,512],[513,null]]"),
	    .bin_labels = xstrdup("[\"≤512\",\"≥513\"]")};
	ADD(changes, classes, class_count, row);
}

static inline void add_resource(
    struct changes *changes, record_id id, record_id class_id, record_id scope_id, const char *key)
{
	ADD(changes, resources, resource_count,
	    (struct resource_row){
	        .id = id,
	        .class_id = class_id,
	        .scope_id = scope_id,
	        .identifier = xasprintf("[\"%s\"]", key),
	        .label = xasprintf("Thing %s", key),
	        .attributes = xasprintf("{\"serial\": \"%s\"}", key),
	        .secrets = class_id == 1 ? xstrdup("{\"secret\": \"xyzzy\"}") : NULL,
	        .configured = class_id == 1,
	        .in_use = class_id == 1,
	    });
}

static inline void add_parent(struct changes *changes, record_id child, record_id parent)
{
	ADD(changes, parents_added, parents_added_count,
	    (struct parent_row){.child_id = child, .parent_id = parent, .reporter_id = 1});
}

static inline void add_alert(struct changes *changes, record_id id, record_id resource, bool active)
{
	ADD(changes, alerts, alert_count,
	    (struct alert_row){
	        .id = id,
	        .resource_id = resource,
	        .name = xstrdup("_status_ERROR"),
	        .attribute = xstrdup("status"),
	        .severity = SEVERITY_ERROR,
	        .message = xasprintf("Failure %ld", (long)id),
	        .begin = {.us = INT64_C(1700000000123456)},
	        .end = {.us = INT64_C(1700000060000000)},
	        .active = active,
	    });
}

static inline void add_event(
    struct changes *changes, record_id id, record_id resource, record_id alert)
{
	ADD(changes, events, event_count,
	    (struct event_row){.id = id,
	        .time = {.us = INT64_C(1700000000000000)},
	        .severity = SEVERITY_INFO,
	        .resource_id = resource,
	        .alert_id = alert,
	        .message = xstrdup("Something \"happened\" — twice\\")});
}

/* A cohort of the scannable 1 and the class 2, with the resource at its slot 0. */
static inline void add_cohort(struct changes *changes, record_id id, record_id resource)
{
	ADD(changes, cohorts, cohort_count,
	    (struct cohort_row){.id = id, .scannable_id = 1, .class_id = 2});
	ADD(changes, slots, slot_count,
	    (struct slot_row){.cohort_id = id,
	        .resource_id = resource,
	        .since = {.us = INT64_C(1600000000) * US_PER_S}});
}

/* The second that samples are stored of: a little while ago, the same in all of a test. */
static inline int64_t sample_second(void)
{
	static int64_t second;

	if (second == 0)
		second = wallclock_now().us / US_PER_S - 100;
	return second;
}

/*
 * How many seconds after that it is half past the present hour. Samples of that hour have a
 * partition that they are written right into.
 */
static inline int64_t half_past(void)
{
	int64_t second = wallclock_now().us / US_PER_S;

	return second - second % 3600 + 1800 - sample_second();
}

/* A frame with one sample, at slot 0, so many seconds after that second. */
static inline void add_sample_frame(struct changes *changes, record_id cohort, record_id statistic,
    uint32_t bin, int64_t after, double value)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct frame_row row = {.cohort_id = cohort,
	    .statistic_id = statistic,
	    .bin = bin,
	    .time = {.us = (sample_second() + after) * US_PER_S},
	    .sample_count = 1};

	frame->present[0] = true;
	frame->value[0] = value;
	frame_encode(frame, &row.payload);
	free(frame);
	ADD(changes, frames, frame_count, row);
}

/*
 * Two classes; scannable 1 with drive 2, pool 3 and LUN 4 in it; disk → pool → LUN; an active
 * alert on the drive, an event, samples of the drive, one of a histogram.
 */
static inline struct changes *example_changes(void)
{
	struct changes *changes = new_changes();

	add_class(changes, 1, "Couplet", true);
	add_class(changes, 2, "Thing", true);
	add_resource(changes, 1, 1, 0, "array");
	add_resource(changes, 2, 2, 1, "drive");
	add_resource(changes, 3, 2, 1, "pool");
	add_resource(changes, 4, 2, 1, "lun");
	ADD(changes, reporters_added, reporters_added_count,
	    (struct reporter_row){.resource_id = 4, .reporter_id = 1});
	add_parent(changes, 3, 2);
	add_parent(changes, 4, 3);
	ADD(changes, references, reference_count,
	    (struct reference_row){.resource_id = 2, .attribute = xstrdup("pool"), .target_id = 3});
	add_alert(changes, 1, 2, true);
	add_event(changes, 1, 2, 1);
	add_cohort(changes, 1, 2);
	add_sample_frame(changes, 1, 20, 0, 0, 36.5);
	add_sample_frame(changes, 1, 20, 0, 10, -1e300);
	add_sample_frame(changes, 1, 21, 0, 10, 7);
	add_sample_frame(changes, 1, 21, 1, 10, 8);
	changes->counters = (struct counters){.class_id = 2,
	    .statistic_id = 21,
	    .resource_id = 4,
	    .alert_id = 1,
	    .event_id = 1,
	    .cohort_id = 1,
	    .sampled = {.us = INT64_C(1700000010) * US_PER_S}};
	return changes;
}

/* ---- one server for all tests of a program, and a database for each test ---- */

static struct server server;

struct database {
	char *name;
	char *conninfo;
	PGconn *reader;
	struct client client;
};

static inline int start_server(void **state)
{
	(void)state;
	server_prepare(&server);
	server_start_and_wait(&server);
	return 0;
}

static inline int stop_server(void **state)
{
	(void)state;
	server_discard(&server);
	return 0;
}

static inline void run_once(const char *sql)
{
	PGconn *connection = connect_to(embedded_conninfo(server.embedded));

	query(connection, sql);
	PQfinish(connection);
}

/* A new database; with a reader, without a store. */
static inline int make_database(void **state)
{
	static struct database database;
	static int number;
	char *sql;

	database.name = xasprintf("test%d", ++number);
	database.conninfo =
	    xasprintf("%s dbname=%s", embedded_conninfo(server.embedded), database.name);
	sql = xasprintf("CREATE DATABASE %s", database.name);
	run_once(sql);
	free(sql);
	database.reader = connect_to(database.conninfo);
	*state = &database;
	return 0;
}

static inline int drop_database(void **state)
{
	struct database *database = *state;
	char *sql = xasprintf("DROP DATABASE %s WITH (FORCE)", database->name);

	if (database->client.store != NULL)
		client_close(&database->client);
	PQfinish(database->reader);
	run_once(sql);
	free(sql);
	free(database->name);
	free(database->conninfo);
	*database = (struct database){0};
	return 0;
}

/* A new database that a store uses. */
static inline int open_database(void **state)
{
	struct database *database;

	make_database(state);
	database = *state;
	client_open(&database->client, server.base, database->conninfo);
	return 0;
}

#define assert_answer(database, sql, expected) \
	assert_string_equal(query((database)->reader, sql), expected)

#endif

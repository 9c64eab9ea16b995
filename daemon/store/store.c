/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include <event2/util.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/internal.h"

/* The first wait after a failure. */
#define WAIT_LEAST_NS (100 * NS_PER_MS)

/* The longest wait after tending the statistics failed. */
#define TENDING_WAIT_MOST_NS (60 * NS_PER_S)

#define DAY_S INT64_C(86400)

static const struct store_limits default_limits = {.statement_ms = 600000, .lock_ms = 15000};

/* At start-up the server may take this long to answer before anything is said about it. */
#define START_QUIET_NS (3 * NS_PER_S)

/* How often a trouble that lasts is told again. */
#define TELL_AGAIN_NS (60 * NS_PER_S)

/* While there are always changes to write, what else is due comes before them this often. */
#define TURN_NS (20 * NS_PER_MS)

/* A connection that lasted for this time, or was of use, makes the waits begin anew. */
#define HEALTHY_NS (10 * NS_PER_S)

static const int64_t default_retention_s[STORE_RESOLUTIONS] = {
    DAY_S, 3 * DAY_S, 7 * DAY_S, 30 * DAY_S, 70000 * DAY_S};

static const char *const state_names[] = {
    [STORE_WAITING] = "waiting",
    [STORE_CONNECTING] = "connecting",
    [STORE_MIGRATING] = "migrating",
    [STORE_LOADING] = "loading",
    [STORE_READY] = "ready",
    [STORE_READING] = "reading",
    [STORE_WRITING] = "writing",
    [STORE_TENDING] = "tending",
    [STORE_STOPPED] = "stopped",
};

const char *store_state_name(enum store_state state)
{
	assert((size_t)state < sizeof(state_names) / sizeof(state_names[0]));
	return state_names[state];
}

bool store_state_is_usable(enum store_state state)
{
	return state == STORE_READY || state == STORE_READING || state == STORE_WRITING ||
	       state == STORE_TENDING;
}

void store_set_state(struct store *store, enum store_state state, const char *reason)
{
	enum store_state before = store->state;

	if (state == before)
		return;
	store->state = state;
	if (store_state_is_usable(before) && store_state_is_usable(state))
		return;
	log_debug("database: %s, was %s%s%s", store_state_name(state), store_state_name(before),
	    reason != NULL ? ": " : "", reason != NULL ? reason : "");
	store->callbacks.state(store->context, state, reason);
}

/* ---- waits and troubles ---- */

void store_tell_trouble(
    struct store_trouble *trouble, int64_t quiet_ns, const char *what, const char *reason)
{
	struct monotonic now = monotonic_now();

	if (!trouble->on) {
		trouble->on = true;
		trouble->since = now;
	}
	if (monotonic_since(now, trouble->since) < quiet_ns)
		return;
	if (trouble->told && monotonic_since(now, trouble->told_at) < TELL_AGAIN_NS)
		return;
	trouble->told = true;
	trouble->told_at = now;
	log_warning("%s: %s", what, reason);
}

void store_end_trouble(struct store_trouble *trouble, const char *what)
{
	char duration[CLOCK_TEXT_SIZE];

	if (trouble->told)
		log_info("%s after %s", what,
		    duration_format(monotonic_since(monotonic_now(), trouble->since), duration));
	*trouble = (struct store_trouble){0};
}

/* ---- the ways out ---- */

void store_lost(struct store *store, const char *reason)
{
	char *line = store_one_line(reason);
	bool was_usable = store_state_is_usable(store->state);

	if (was_usable && monotonic_since(monotonic_now(), store->connected_at) > HEALTHY_NS)
		backoff_reset(&store->wait);
	store_tell_trouble(&store->outage, store->loaded ? 0 : START_QUIET_NS,
	    store->loaded ? "database lost, trying again" : "database not reached, trying again",
	    line);
	store_disconnect(store);
	store_wait(store, &store->wait);
	store_set_state(store, STORE_WAITING, line);
	free(line);
}

void store_await_care(struct store *store, const char *reason)
{
	store_tell_trouble(&store->careless, 0, "database", reason);
	store_disconnect(store);
	store_wait(store, &store->wait);
	store_set_state(store, STORE_WAITING, reason);
}

void store_give_up(struct store *store, const char *format, ...)
{
	va_list arguments;
	char *reason;

	va_start(arguments, format);
	reason = xvasprintf(format, arguments);
	va_end(arguments);
	store_disconnect(store);
	store_set_state(store, STORE_STOPPED, reason);
	store->callbacks.fatal(store->context, reason);
	free(reason);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	if (store->state == STORE_WAITING)
		store_connect(store);
	else if (store->state == STORE_MIGRATING)
		store_migrate_timeout(store);
	else if (store->state == STORE_WRITING)
		store_write_timeout(store);
	else if (store->state == STORE_TENDING)
		store_tend_timeout(store);
}

void store_set_timer(struct store *store, int64_t ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(store->timer, &wait);
}

void store_wait(struct store *store, struct backoff *wait)
{
	store_set_timer(store, backoff_next(wait) / NS_PER_MS);
}

/* ---- what is due beside writing ---- */

/*
 * Begins it, and is READY again then. False if nothing is due. Requests of the manager and
 * statistics take turns.
 */
static bool do_other(struct store *store)
{
	bool ask = store->requests_waiting && !store->requests_handed;

	if ((!ask || store->has_asked) && store_tend(store)) {
		store->has_asked = false;
		return true;
	}
	store->has_asked = ask;
	if (ask)
		store_read_requests(store);
	return ask;
}

static bool turn_has_come(const struct store *store)
{
	return monotonic_since(monotonic_now(), store->next_turn) >= 0;
}

/* The same, now and then: changes that never end must not keep it from being done. */
static bool do_other_in_turn(struct store *store)
{
	if (!turn_has_come(store))
		return false;
	store->next_turn = monotonic_after(monotonic_now(), TURN_NS);
	return do_other(store);
}

/* ---- from one state to the next ---- */

void store_begin_writing(struct store *store)
{
	if (!store_tend_before_writing(store))
		return;
	store_set_state(store, STORE_WRITING, NULL);
	store_write(store);
}

static struct changes *take_next(struct store *store)
{
	struct changes *next = store->next;

	store->next = NULL;
	return next != NULL ? next : store->callbacks.take(store->context);
}

/* Takes changes to write; those that are empty are done at once. */
static void take_changes(struct store *store)
{
	struct changes *changes;

	while ((changes = take_next(store)) != NULL) {
		if (!changes_are_empty(changes)) {
			store->in_flight = changes;
			store_begin_writing(store);
			return;
		}
		store->callbacks.committed(store->context, changes);
	}
}

/*
 * Takes the next changes while others are in flight, and sends them already if they are of the kind
 * for which that can be done. Others wait. However long it takes to store changes, one may follow;
 * when the turn of what else is due has come, no more follow that.
 */
static void write_ahead(struct store *store)
{
	if (store->next != NULL || !store_can_write_ahead(store))
		return;
	if (store->follows && turn_has_come(store))
		return;
	store->next = store->callbacks.take(store->context);
	if (store->next != NULL && changes_are_frames(store->next) &&
	    store_tend_before_writing_ahead(store))
		store_write_ahead(store);
}

static void on_kick(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	if (store->state != STORE_READY || do_other_in_turn(store))
		return;
	take_changes(store);
	write_ahead(store);
	if (store->state == STORE_READY)
		do_other(store);
}

static void on_second(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	store_check_silence(context);
	store_kick(context);
}

static void end_outage(struct store *store)
{
	store_end_trouble(&store->outage,
	    store->statistics.reconnects > 0 ? "database back" : "database reached");
}

/*
 * The database can be used. What was in flight when it was lost comes first; that it can be written
 * again is known when this is stored.
 */
static void become_ready(struct store *store)
{
	if (!PQenterPipelineMode(store->connection)) {
		store_lost_by_error(store);
		return;
	}
	store->requests_waiting = true;
	if (store->in_flight == NULL) {
		end_outage(store);
		store_set_state(store, STORE_READY, NULL);
		store_kick(store);
		return;
	}
	store_begin_writing(store);
}

void store_migrated(struct store *store)
{
	store_end_trouble(&store->careless, "the database was taken care of");
	if (store->loaded) {
		store->statistics.reconnects++;
		store_tend_open(store);
		return;
	}
	store_set_state(store, STORE_LOADING, NULL);
	store_load(store);
}

void store_has_loaded(struct store *store)
{
	store->loaded = true;
	backoff_reset(&store->wait);
	store->callbacks.loaded(store->context);
	store_tend_open(store);
}

void store_statistics_read(struct store *store)
{
	store_prepare(store);
}

void store_prepared(struct store *store)
{
	become_ready(store);
}

/* Begins to write the next changes, if it is their turn. Gives those that are empty instead. */
static struct changes *begin_next(struct store *store)
{
	struct changes *next = do_other_in_turn(store) ? NULL : take_next(store);

	if (next == NULL || changes_are_empty(next))
		return next;
	store->in_flight = next;
	store_begin_writing(store);
	return NULL;
}

/* What was in flight is stored: the next ones are, or are begun. Gives those that are empty. */
static struct changes *go_on(struct store *store)
{
	struct changes *empty = NULL;

	store->in_flight = NULL;
	store->follows = store->writer.ahead;
	if (store->follows) {
		store->in_flight = take_next(store);
		store_write_goes_on(store);
	} else {
		store_set_state(store, STORE_READY, NULL);
		empty = begin_next(store);
	}
	write_ahead(store);
	return empty;
}

void store_written(struct store *store)
{
	struct changes *empty, *changes = store->in_flight;

	if (changes->requests_done_count > 0)
		store->requests_handed = false;
	backoff_reset(&store->wait);
	end_outage(store);
	/* The server works on the next ones while these are acknowledged. */
	empty = go_on(store);
	store->callbacks.committed(store->context, changes);
	if (empty != NULL)
		store->callbacks.committed(store->context, empty);
	store_kick(store);
}

/* ---- for the supervisor ---- */

struct store *store_new(struct event_base *base, const char *conninfo, int64_t retry_max_ms,
    const struct store_callbacks *callbacks, void *context)
{
	struct store *store = xcalloc(1, sizeof(*store));

	assert(retry_max_ms > 0);
	store->base = base;
	store->conninfo = xstrdup(conninfo);
	store->callbacks = *callbacks;
	store->context = context;
	store->state = STORE_STOPPED;
	store->limits = default_limits;
	backoff_limit(&store->wait, WAIT_LEAST_NS, retry_max_ms * NS_PER_MS);
	store->writer.wait = store->wait;
	store->connector = connector_new(base, conninfo, &store_connector_callbacks, store);
	store->probe = connector_new(base, conninfo, &store_probe_callbacks, store);
	store->timer = evtimer_new(base, on_timer, store);
	store->kick = evtimer_new(base, on_kick, store);
	store->second = event_new(base, -1, EV_PERSIST, on_second, store);
	assert(store->timer != NULL && store->kick != NULL && store->second != NULL);
	store->tending.condenser = condenser_new();
	store->tending.late_condenser = condenser_new();
	store_set_retention(store, default_retention_s);
	backoff_limit(&store->tending.wait, WAIT_LEAST_NS, TENDING_WAIT_MOST_NS);
	store->tending.drop_wait = store->tending.wait;
	return store;
}

void store_set_limits(struct store *store, const struct store_limits *limits)
{
	assert(limits->statement_ms > 0 && limits->lock_ms > 0);
	store->limits = *limits;
}

void store_start(struct store *store)
{
	const struct timeval second = {.tv_sec = 1};

	assert(store->state == STORE_STOPPED);
	event_add(store->second, &second);
	store_set_timer(store, 0);
	store_set_state(store, STORE_WAITING, NULL);
}

void store_kick(struct store *store)
{
	if (store->state == STORE_READY)
		event_active(store->kick, EV_TIMEOUT, 0);
}

void store_offer(struct store *store)
{
	if (store->state == STORE_READY && store->next == NULL)
		store->next = store->callbacks.take(store->context);
	write_ahead(store);
	store_kick(store);
}

void store_retry_now(struct store *store)
{
	if (store->state == STORE_WAITING)
		store_set_timer(store, 0);
}

enum store_state store_state(const struct store *store)
{
	return store->state;
}

const char *store_write_error(const struct store *store)
{
	return store->writer.error;
}

const struct store_statistics *store_statistics(const struct store *store)
{
	return &store->statistics;
}

const char *store_identity(const struct store *store)
{
	return store->identity;
}

int64_t store_revision(const struct store *store)
{
	return store->revision;
}

size_t store_in_flight(
    const struct store *store, const struct changes *in_flight[STORE_IN_FLIGHT_MOST])
{
	size_t count = 0;

	if (store->in_flight != NULL)
		in_flight[count++] = store->in_flight;
	if (store->next != NULL)
		in_flight[count++] = store->next;
	return count;
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	store_disconnect(store);
	connector_free(store->connector);
	connector_free(store->probe);
	event_free(store->timer);
	event_free(store->kick);
	event_free(store->second);
	changes_free(store->in_flight);
	changes_free(store->next);
	store_load_clear(store);
	store_tend_clear(store);
	free(store->writer.error);
	free(store->identity);
	free(store->owner);
	free(store->conninfo);
	free(store);
}

/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include <event2/util.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/internal.h"

#define WAIT_MIN_MS 100

/* At start-up the server may take this long to answer before anything is said about it. */
#define START_QUIET_NS (3 * NS_PER_S)

/* How often a trouble that lasts is told again. */
#define TELL_AGAIN_NS (60 * NS_PER_S)

/* A connection that lasted for this time, or was of use, makes the waits begin anew. */
#define HEALTHY_NS (10 * NS_PER_S)

static const char *const state_names[] = {
    [STORE_WAITING] = "waiting",
    [STORE_CONNECTING] = "connecting",
    [STORE_MIGRATING] = "migrating",
    [STORE_LOADING] = "loading",
    [STORE_READY] = "ready",
    [STORE_READING] = "reading",
    [STORE_WRITING] = "writing",
    [STORE_STOPPED] = "stopped",
};

const char *store_state_name(enum store_state state)
{
	assert((size_t)state < sizeof(state_names) / sizeof(state_names[0]));
	return state_names[state];
}

static bool is_usable(enum store_state state)
{
	return state == STORE_READY || state == STORE_READING || state == STORE_WRITING;
}

void store_set_state(struct store *store, enum store_state state, const char *reason)
{
	enum store_state before = store->state;

	if (state == before)
		return;
	store->state = state;
	if (is_usable(before) && is_usable(state))
		return;
	log_debug("database: %s, was %s%s%s", store_state_name(state), store_state_name(before),
	    reason != NULL ? ": " : "", reason != NULL ? reason : "");
	store->callbacks.state(store->context, state, reason);
}

/* ---- waits and troubles ---- */

int64_t store_next_wait(struct store_wait *wait)
{
	int64_t ms = wait->next_ms > 0 ? wait->next_ms : WAIT_MIN_MS;
	uint32_t chance;

	if (ms > wait->max_ms)
		ms = wait->max_ms;
	wait->next_ms = ms * 2;
	evutil_secure_rng_get_bytes(&chance, sizeof(chance));
	return ms - ms / 5 + (int64_t)(chance % (uint64_t)(ms * 2 / 5 + 1));
}

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
	bool was_usable = is_usable(store->state);

	if (was_usable && monotonic_since(monotonic_now(), store->connected_at) > HEALTHY_NS)
		store->wait.next_ms = 0;
	store_tell_trouble(&store->outage, store->loaded ? 0 : START_QUIET_NS,
	    store->loaded ? "database lost, trying again" : "database not reached, trying again",
	    line);
	store_disconnect(store);
	store_set_timer(store, store_next_wait(&store->wait));
	store_set_state(store, STORE_WAITING, line);
	free(line);
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
}

void store_set_timer(struct store *store, int64_t ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(store->timer, &wait);
}

/* ---- from one state to the next ---- */

/* Takes changes to write; those that are empty are done at once. */
static void take_changes(struct store *store)
{
	struct changes *changes;

	while ((changes = store->callbacks.take(store->context)) != NULL) {
		if (!changes_are_empty(changes)) {
			store->in_flight = changes;
			store_set_state(store, STORE_WRITING, NULL);
			store_write(store);
			return;
		}
		store->callbacks.committed(store->context, changes);
	}
}

static void on_kick(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	if (store->state != STORE_READY)
		return;
	take_changes(store);
	if (store->state == STORE_READY && store->requests_waiting && !store->requests_handed)
		store_read_requests(store);
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
	store_set_state(store, STORE_WRITING, NULL);
	store_write(store);
}

void store_migrated(struct store *store)
{
	if (store->loaded) {
		store->statistics.reconnects++;
		become_ready(store);
		return;
	}
	store_set_state(store, STORE_LOADING, NULL);
	store_load(store);
}

void store_has_loaded(struct store *store)
{
	store->loaded = true;
	store->wait.next_ms = 0;
	store->callbacks.loaded(store->context);
	become_ready(store);
}

void store_written(struct store *store)
{
	struct changes *changes = store->in_flight;

	store->in_flight = NULL;
	if (changes->requests_done_count > 0)
		store->requests_handed = false;
	store->wait.next_ms = 0;
	end_outage(store);
	store_set_state(store, STORE_READY, NULL);
	store_kick(store);
	store->callbacks.committed(store->context, changes);
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
	store->wait.max_ms = retry_max_ms;
	store->writer.wait.max_ms = retry_max_ms;
	store->connector = connector_new(base, conninfo, &store_connector_callbacks, store);
	store->timer = evtimer_new(base, on_timer, store);
	store->kick = evtimer_new(base, on_kick, store);
	assert(store->timer != NULL && store->kick != NULL);
	return store;
}

void store_start(struct store *store)
{
	assert(store->state == STORE_STOPPED);
	store_set_timer(store, 0);
	store_set_state(store, STORE_WAITING, NULL);
}

void store_kick(struct store *store)
{
	if (store->state == STORE_READY)
		event_active(store->kick, EV_TIMEOUT, 0);
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

bool store_is_idle(const struct store *store)
{
	return store->in_flight == NULL;
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	store_disconnect(store);
	connector_free(store->connector);
	event_free(store->timer);
	event_free(store->kick);
	changes_free(store->in_flight);
	store_load_clear(store);
	free(store->writer.error);
	free(store->conninfo);
	free(store);
}

/* SPDX-License-Identifier: MIT */
#include "host/session.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "host/assign.h"
#include "host/gather.h"
#include "host/refusal.h"
#include "host/session_internal.h"

/* How long changes of the plugin's own threads are gathered before they are sent. */
#define FLUSH_DELAY_NS (20 * NS_PER_MS)

/* How long a session that is to end waits for its last batch to be acknowledged. */
#define LAST_WAIT_NS NS_PER_S

static const char *const state_names[HOST_SESSION_STATE_END] = {
    [HOST_SESSION_FREE] = "free",
    [HOST_SESSION_OPEN] = "open",
    [HOST_SESSION_SCANNING] = "scanning",
    [HOST_SESSION_COMMITTING] = "committing",
    [HOST_SESSION_IDLE] = "idle",
    [HOST_SESSION_CLOSING] = "closing",
    [HOST_SESSION_TEARDOWN] = "teardown",
};

static _Thread_local struct host_session *running;

const char *host_session_state_name(enum host_session_state state)
{
	assert(state < HOST_SESSION_STATE_END);
	return state_names[state];
}

void host_session_set_state(struct host_session *session, enum host_session_state state)
{
	host_log(session->host, session->number, LOG_LEVEL_DEBUG, "%s -> %s",
	    host_session_state_name(session->state), host_session_state_name(state));
	session->state = state;
}

void host_session_lock(struct host_session *session)
{
	assert(session->magic == HOST_SESSION_MAGIC);
	pthread_mutex_lock(&session->lock);
}

void host_session_unlock(struct host_session *session)
{
	pthread_mutex_unlock(&session->lock);
}

struct host_session *host_session_running(void)
{
	return running;
}

/* ---- opening ---- */

static struct host_session *find_session(struct host *host, uint32_t number)
{
	struct host_session *session;

	pthread_mutex_lock(&host->lock);
	HASH_FIND(by_number, host->sessions, &number, sizeof(number), session);
	pthread_mutex_unlock(&host->lock);
	return session;
}

/* Locks the session of a number. NULL if there is none. */
static struct host_session *enter_number(struct host *host, uint32_t number)
{
	struct host_session *session = find_session(host, number);

	if (session == NULL)
		return NULL;
	host_session_lock(session);
	/* It may have ended meanwhile, and even be another's. */
	if (session->state != HOST_SESSION_FREE && session->host == host &&
	    session->number == number)
		return session;
	host_session_unlock(session);
	return NULL;
}

/*
 * Queues the next hook. Teardowns wait for no scan, and scans not for those that take too long;
 * where one thread does everything there is one queue.
 */
static void enqueue_locked(struct host_session *session, struct monotonic due)
{
	struct host *host = session->host;
	bool has_pools = host->pools[POOL_SCANS].size > 0;
	struct deadline_queue *queue = &host->scans;

	if (has_pools && session->state == HOST_SESSION_CLOSING)
		queue = &host->endings;
	else if (has_pools && session->is_slow)
		queue = &host->slow;
	if (session->queue != queue)
		host_session_unqueue_locked(session);
	session->queue = queue;
	deadline_queue_put(queue, &session->scan, due);
}

void host_session_unqueue_locked(struct host_session *session)
{
	if (session->queue != NULL)
		deadline_queue_remove(session->queue, &session->scan);
}

void host_session_open(struct host *host, const struct message_open *open)
{
	struct host_session *session;

	if (host->stopping || find_session(host, open->session) != NULL) {
		host_log(host, open->session, LOG_LEVEL_ERROR, "session %u can't be opened: %s",
		    open->session, host->stopping ? "stopping" : "it is open");
		return;
	}
	session = host_session_take(host, open);
	pthread_mutex_lock(&host->lock);
	HASH_ADD(by_number, host->sessions, number, sizeof(session->number), session);
	host->live++;
	pthread_mutex_unlock(&host->lock);
	session->next_scan = monotonic_now();
	enqueue_locked(session, session->next_scan);
	host_session_unlock(session);
}

/* ---- batches ---- */

static uint64_t count_unacknowledged(const struct host_session *session)
{
	return session->last_batch - session->acknowledged;
}

/* Whether another batch may be sent. The first one has to be acknowledged before. */
static bool may_send(const struct host_session *session)
{
	if (session->last_kind == BATCH_INITIAL)
		return count_unacknowledged(session) == 0;
	return count_unacknowledged(session) < BATCHES_UNACKNOWLEDGED_MOST;
}

/*
 * Gathers a batch and sends it. The lock is kept, so that nothing of the session can overtake the
 * batch. Returns false, having sent nothing, if there is nothing to say and need not be.
 */
static bool send_batch_locked(
    struct host_session *session, enum batch_kind kind, bool even_if_empty, struct monotonic start)
{
	struct batch *batch = gather_batch(session, kind);
	struct message message = {.type = MESSAGE_BATCH, .batch = batch};

	assert(may_send(session));
	session->flush_wanted = false;
	if (!even_if_empty && batch_is_empty(batch) && batch->refused == 0) {
		batch_free(batch);
		return false;
	}
	batch->number = ++session->last_batch;
	if (start.ns != 0) {
		batch->duration_ns = monotonic_since(monotonic_now(), start);
		batch->lateness_ns = monotonic_since(start, session->next_scan);
	}
	session->last_kind = kind;
	host_send(session->host, &message);
	batch_free(batch);
	return true;
}

/* Queues the sending of changes that were made outside of scans. */
static void enqueue_flush_locked(struct host_session *session)
{
	if (session->flush_wanted && count_unacknowledged(session) == 0)
		deadline_queue_put(&session->host->prompt, &session->flush, session->flush_due);
}

void host_session_touch_locked(struct host_session *session)
{
	if (session->flush_wanted)
		return;
	if (session->state != HOST_SESSION_IDLE && session->state != HOST_SESSION_COMMITTING)
		return;
	session->flush_wanted = true;
	session->flush_due = monotonic_after(monotonic_now(), FLUSH_DELAY_NS);
	if (session->state == HOST_SESSION_IDLE)
		enqueue_flush_locked(session);
}

/* Nothing that the session does next has to wait: queues it. */
static void become_idle_locked(struct host_session *session)
{
	host_session_set_state(session, HOST_SESSION_IDLE);
	if (session->scan_wanted)
		enqueue_locked(session, session->next_scan);
	enqueue_flush_locked(session);
}

/* What follows when a batch is stored: the first update scan comes right after the initial scan. */
static void plan_after_locked(struct host_session *session, enum batch_kind kind)
{
	if (kind != BATCH_INITIAL)
		return;
	session->scan_wanted = true;
	session->next_scan = monotonic_now();
}

void host_session_run_flush(struct worker *worker, struct queue_entry *entry)
{
	struct host_session *session =
	    (struct host_session *)(void *)((char *)entry - offsetof(struct host_session, flush));

	host_session_lock(session);
	/* The session may be at something else by now, and even be another's. */
	if (session->host != worker->host || session->state != HOST_SESSION_IDLE ||
	    !session->flush_wanted || session->flush_due.ns > monotonic_now().ns ||
	    count_unacknowledged(session) > 0) {
		host_session_unlock(session);
		return;
	}
	host_session_unqueue_locked(session);
	host_session_set_state(session, HOST_SESSION_COMMITTING);
	send_batch_locked(session, BATCH_ASYNC, false, (struct monotonic){0});
	if (may_send(session))
		become_idle_locked(session);
	host_session_unlock(session);
}

/* Something was acknowledged: goes on with what waited for that. */
static void go_on_locked(struct host_session *session)
{
	bool all = count_unacknowledged(session) == 0;

	if (session->state == HOST_SESSION_COMMITTING && may_send(session)) {
		plan_after_locked(session, session->last_kind);
		become_idle_locked(session);
	} else if (session->state == HOST_SESSION_IDLE) {
		enqueue_flush_locked(session);
	} else if (session->state == HOST_SESSION_CLOSING && all) {
		enqueue_locked(session, (struct monotonic){0});
	}
}

void host_session_acknowledge(struct host *host, uint32_t number, uint64_t batch)
{
	struct host_session *session = enter_number(host, number);

	if (session == NULL)
		return;
	if (batch > session->acknowledged && batch <= session->last_batch) {
		session->acknowledged = batch;
		go_on_locked(session);
	}
	host_session_unlock(session);
}

static struct host_resource *find_machine(const struct host_session *session, uint32_t number)
{
	const struct loaded_plugin *plugin = &session->host->plugin;
	struct host_resource *resource;

	for (size_t i = 0; i < plugin->class_count; i++) {
		if (plugin->classes[i]->builtin != BUILTIN_VIRTUAL_MACHINE)
			continue;
		TAILQ_FOREACH (resource, &session->by_class[i], same_class)
			if (resource->number == number)
				return resource;
	}
	return NULL;
}

void host_session_associate(struct host *host, const struct message_associate *message)
{
	struct host_session *session = enter_number(host, message->session);
	struct host_resource *machine;
	const struct class *class;

	if (session == NULL)
		return;
	machine = find_machine(session, message->resource);
	class = machine != NULL ? host_resource_class(machine) : NULL;
	for (size_t i = 0; class != NULL && i < class->attribute_count; i++) {
		if (!class_is_managed(class, i))
			continue;
		value_clear(&machine->values[i]);
		machine->values[i] = value_integer(message->server);
	}
	host_session_unlock(session);
}

/* ---- hooks ---- */

bool host_session_set_period_locked(struct host_session *session, uint32_t seconds)
{
	if (session->state != HOST_SESSION_SCANNING || session->hook != HOOK_INITIAL_SCAN)
		return false;
	session->period_s = seconds;
	return true;
}

/* Runs a hook of the plugin, unlocked, and returns what it returned. */
static int run_hook(struct host_session *session, enum hook hook)
{
	const struct iml_plugin_definition *plugin = &session->host->plugin.definition;
	struct iml_plugin *self = (struct iml_plugin *)(uintptr_t)session->handle;
	struct iml_resource *scannable =
	    (struct iml_resource *)(uintptr_t)session->scannable->handle;
	struct worker_note before = worker_enter(hook, session->number);
	int result;

	session->hook = hook;
	host_session_unlock(session);
	running = session;
	if (hook == HOOK_TEARDOWN)
		result = plugin->teardown(self);
	else if (hook == HOOK_UPDATE_SCAN)
		result = plugin->update_scan(self, scannable);
	else
		result = plugin->initial_scan(self, scannable);
	running = NULL;
	host_session_lock(session);
	worker_leave(before);
	return result;
}

/* Why a hook failed, in the plugin's words if it gave any. The caller frees it. */
static char *failure_reason(struct host_session *session, int result)
{
	char *reason = session->fail_reason;

	session->fail_reason = NULL;
	return reason != NULL ? reason : xasprintf("returned %d", result);
}

/* A plugin that gave a reason to fail, and then did not, has most likely not listed all. */
static void check_forgotten_failure(struct host_session *session, int result)
{
	if (result == 0 && session->fail_reason != NULL)
		refuse(session, IML_ESTATE, NULL, session->scannable,
		    "%s returned 0 after iml_fail(): %s", hook_name(session->hook),
		    session->fail_reason);
	free(session->fail_reason);
	session->fail_reason = NULL;
}

/* ---- the end ---- */

static void run_teardown_locked(struct host_session *session)
{
	int result;

	if (!session->entered || session->host->plugin.definition.teardown == NULL)
		return;
	result = run_hook(session, HOOK_TEARDOWN);
	if (result != 0) {
		char *reason = failure_reason(session, result);

		host_log(session->host, session->number, LOG_LEVEL_WARNING, "teardown failed: %s",
		    reason);
		free(reason);
	}
}

/* Tells the supervisor that a session is over. */
static void send_ended(struct host *host, uint32_t number, const char *hook, const char *reason)
{
	struct message message = {.type = MESSAGE_ENDED,
	    .ended = {.session = number,
	        .failed = reason != NULL,
	        .hook = xstrdup(hook),
	        .reason = xstrdup(reason)}};

	host_send(host, &message);
	message_clear(&message);
}

static void leave_host(struct host *host, struct host_session *session)
{
	pthread_mutex_lock(&host->lock);
	HASH_DELETE(by_number, host->sessions, session);
	host_session_gone_locked(host);
	pthread_mutex_unlock(&host->lock);
}

/*
 * Ends a session that the caller has locked, and unlocks it. reason is why a hook failed, which is
 * released, or NULL.
 */
static void end_session(struct host_session *session, enum hook failed, char *reason)
{
	struct host *host = session->host;
	uint32_t number = session->number;

	host_session_set_state(session, HOST_SESSION_TEARDOWN);
	deadline_queue_remove(&host->prompt, &session->flush);
	run_teardown_locked(session);
	host_session_empty(session);
	send_ended(host, number, reason != NULL ? hook_name(failed) : NULL, reason);
	free(reason);
	leave_host(host, session);
	host_session_keep(session);
}

/*
 * Begins to end a session that runs no hook: before all scans, however long those are overdue, but
 * after the acknowledgement of its batches, if that comes soon.
 */
static void begin_end_locked(struct host_session *session)
{
	struct monotonic due = {0};

	if (count_unacknowledged(session) > 0 && !atomic_load(&session->host->alone))
		due = monotonic_after(monotonic_now(), LAST_WAIT_NS);
	host_session_set_state(session, HOST_SESSION_CLOSING);
	enqueue_locked(session, due);
}

/* ---- scans ---- */

/* Sends the results of a scan that succeeded. Locked. */
static void commit_scan_locked(struct host_session *session, struct monotonic start)
{
	enum batch_kind kind = session->hook == HOOK_INITIAL_SCAN ? BATCH_INITIAL : BATCH_UPDATE;

	host_session_set_state(session, HOST_SESSION_COMMITTING);
	send_batch_locked(session, kind, true, start);
	session->next_scan =
	    monotonic_after(monotonic_now(), (int64_t)session->period_s * NS_PER_S);
	if (!session->stopping && may_send(session))
		become_idle_locked(session);
}

/* A scan that takes longer than this is slow. */
static int64_t slow_ns(const struct host_session *session)
{
	return session->period_s > 0 ? session->period_s * NS_PER_S : NS_PER_S;
}

/*
 * Runs a scan of a session that the caller has locked, and unlocks it. What an initial scan lists
 * counts as complete, so one that was asked to stop is not stored.
 */
static void run_scan(struct host_session *session, enum hook hook)
{
	struct monotonic start = monotonic_now();
	int result;

	host_session_set_state(session, HOST_SESSION_SCANNING);
	deadline_queue_remove(&session->host->prompt, &session->flush);
	session->flush_wanted = false;
	free(session->fail_reason);
	session->fail_reason = NULL;
	if (hook == HOOK_INITIAL_SCAN) {
		session->entered = true;
		assign_defaults(session->scannable);
	}
	result = run_hook(session, hook);
	session->is_slow = monotonic_since(monotonic_now(), start) > slow_ns(session);
	if (result != 0 && !session->stopping) {
		refusals_tell_left_out(session);
		end_session(session, hook, failure_reason(session, result));
		return;
	}
	check_forgotten_failure(session, result);
	refusals_tell_left_out(session);
	if (result == 0 && !(session->stopping && hook == HOOK_INITIAL_SCAN))
		commit_scan_locked(session, start);
	if (session->stopping && count_unacknowledged(session) == 0) {
		end_session(session, hook, NULL);
		return;
	}
	if (session->stopping)
		begin_end_locked(session);
	host_session_unlock(session);
}

/* In place of an update scan that the plugin does not have. Unlocks the session. */
static void pass_over_scan(struct host_session *session)
{
	deadline_queue_remove(&session->host->prompt, &session->flush);
	session->hook = HOOK_NONE;
	refusals_tell_left_out(session);
	commit_scan_locked(session, monotonic_now());
	host_session_unlock(session);
}

static bool has_unsent(const struct host_session *session)
{
	const struct unsent *unsent = &session->unsent;

	return !TAILQ_EMPTY(&session->changed) || !TAILQ_EMPTY(&session->changed_links) ||
	       unsent->removed.count > 0 || session->sampling.count > 0 ||
	       unsent->histogram_count > 0;
}

/* Sends the last changes of a session that is to end, and ends it. */
static void close_session(struct host_session *session)
{
	if (session->last_batch > 0 && count_unacknowledged(session) == 0)
		send_batch_locked(session, BATCH_ASYNC, false, (struct monotonic){0});
	else if (session->last_batch > 0 && has_unsent(session))
		host_log(session->host, session->number, LOG_LEVEL_WARNING,
		    "the last changes are lost: those before are not stored yet");
	end_session(session, HOOK_NONE, NULL);
}

void host_session_run_due(struct worker *worker, struct queue_entry *entry)
{
	struct host_session *session =
	    (struct host_session *)(void *)((char *)entry - offsetof(struct host_session, scan));

	host_session_lock(session);
	/* The session may be at something else by now, and even be another's. */
	if (session->host != worker->host)
		host_session_unlock(session);
	else if (session->state == HOST_SESSION_CLOSING)
		close_session(session);
	else if (session->state == HOST_SESSION_OPEN)
		run_scan(session, HOOK_INITIAL_SCAN);
	else if (session->state != HOST_SESSION_IDLE || !session->scan_wanted ||
	         session->next_scan.ns > monotonic_now().ns)
		host_session_unlock(session);
	else if (session->host->plugin.definition.update_scan != NULL)
		run_scan(session, HOOK_UPDATE_SCAN);
	else
		pass_over_scan(session);
}

bool host_session_hurry(struct host *host, uint32_t number)
{
	struct host_session *session = enter_number(host, number);
	bool has_scan;

	if (session == NULL)
		return false;
	has_scan = session->state == HOST_SESSION_OPEN ||
	           (session->state == HOST_SESSION_IDLE && session->scan_wanted &&
	               host->plugin.definition.update_scan != NULL);
	if (has_scan) {
		session->next_scan = monotonic_now();
		enqueue_locked(session, (struct monotonic){0});
	}
	host_session_unlock(session);
	return has_scan;
}

/* ---- closing ---- */

static void close_locked(struct host_session *session)
{
	session->stopping = true;
	if (session->state == HOST_SESSION_SCANNING || session->state == HOST_SESSION_CLOSING ||
	    session->state == HOST_SESSION_TEARDOWN)
		return;
	begin_end_locked(session);
}

void host_session_close(struct host *host, uint32_t number)
{
	struct host_session *session = enter_number(host, number);

	if (session == NULL)
		return;
	close_locked(session);
	host_session_unlock(session);
}

void host_sessions_close(struct host *host)
{
	struct number_list numbers = {.items = NULL};
	struct host_session *session, *next;

	pthread_mutex_lock(&host->lock);
	HASH_ITER (by_number, host->sessions, session, next)
		number_list_add(&numbers, session->number);
	pthread_mutex_unlock(&host->lock);
	for (size_t i = 0; i < numbers.count; i++)
		host_session_close(host, numbers.items[i]);
	free(numbers.items);
}

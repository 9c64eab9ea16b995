/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"
#include "graph/volume.h"

#define SESSION_MAGIC 0x53455353u

/* The longest wait before another initial scan, in terms of the shortest. */
#define CONFIRMATION_MOST 12

static const char *const state_names[SESSION_STATE_COUNT] = {
    [SESSION_WAITING] = "waiting",
    [SESSION_INITIAL] = "initial",
    [SESSION_FIRST] = "first",
    [SESSION_ONLINE] = "online",
    [SESSION_BACKOFF] = "backoff",
    [SESSION_CLOSING] = "closing",
    [SESSION_PAUSED] = "paused",
};

const char *session_state_name(enum session_state state)
{
	assert(state < SESSION_STATE_COUNT);
	return state_names[state];
}

/* Moves to a state; a reason in words is kept for status. */
static void session_set_state(struct session *session, enum session_state state, const char *reason)
{
	free(session->reason);
	session->reason = xstrdup(reason);
	session->state = state;
	log_about(LOG_LEVEL_DEBUG, session->plugin->config->name, graph_name(session->scannable),
	    "session %s%s%s", session_state_name(state), reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
}

/* Ends the open session, which a new one follows unless the scannable is unwanted. */
static void begin_closing(struct session *session, const char *reason)
{
	struct message message = {.type = MESSAGE_CLOSE, .close = {.session = session->number}};

	evtimer_del(session->timer);
	session_set_state(session, SESSION_CLOSING, reason);
	plugin_send(session->plugin, &message);
}

/* The wait after a failure, or before another initial scan, is over. */
static void timer_expired(int fd, short what, void *context)
{
	struct session *session = context;

	(void)fd;
	(void)what;
	assert(session->magic == SESSION_MAGIC);
	if (session->state == SESSION_ONLINE) {
		begin_closing(session, "another initial scan is to tell what is gone");
		return;
	}
	assert(session->state == SESSION_BACKOFF);
	session_set_state(session, SESSION_WAITING, NULL);
	session_open(session);
}

void session_take_waits(struct session *session)
{
	const struct config *config = &session->plugin->supervisor->config;

	backoff_limit(&session->backoff, config->retry_min_ns, config->retry_max_ns);
	backoff_limit(&session->confirmation, config->confirm_after_ns,
	    CONFIRMATION_MOST * config->confirm_after_ns);
}

struct session *session_new(struct plugin *plugin, struct graph_resource *scannable)
{
	struct session *session = xcalloc(1, sizeof(*session));

	session->magic = SESSION_MAGIC;
	session->plugin = plugin;
	session->scannable = scannable;
	session_take_waits(session);
	session->timer = evtimer_new(plugin->supervisor->base, timer_expired, session);
	TAILQ_INSERT_TAIL(&plugin->sessions, session, next);
	HASH_ADD(
	    by_scannable, plugin->by_scannable, scannable, sizeof(session->scannable), session);
	return session;
}

struct session *session_find(struct plugin *plugin, uint32_t number)
{
	struct session *session;

	HASH_FIND(by_number, plugin->by_number, &number, sizeof(number), session);
	return session;
}

struct session *session_of_scannable(
    const struct plugin *plugin, const struct graph_resource *scannable)
{
	struct session *session;

	HASH_FIND(by_scannable, plugin->by_scannable, &scannable, sizeof(scannable), session);
	return session;
}

/* Ends the open session's number; what waits for its acknowledgement waits in vain. */
static void close_number(struct session *session)
{
	graph_close(session->plugin->supervisor->graph, session->number);
	HASH_DELETE(by_number, session->plugin->by_number, session);
	evtimer_del(session->timer);
	session->number = 0;
	session->batch = session->acknowledged = 0;
}

void session_free(struct session *session)
{
	if (session->number != 0)
		close_number(session);
	TAILQ_REMOVE(&session->plugin->sessions, session, next);
	HASH_DELETE(by_scannable, session->plugin->by_scannable, session);
	event_free(session->timer);
	free(session->reason);
	free(session->failure);
	free(session->place);
	session->magic = 0;
	free(session);
}

/* Frees the session of a scannable that is not to be scanned any more. */
static void discard(struct session *session)
{
	struct supervisor *supervisor = session->plugin->supervisor;
	struct graph_resource *scannable = session->scannable;

	session_free(session);
	scannable_left(supervisor, scannable);
}

/* Whether the plugin, as it is loaded now, still has the scannable's class, as a scannable one. */
static bool is_declared(const struct session *session)
{
	const struct graph_class *class = session->scannable->class;

	return class->class != NULL && class->scannable;
}

static void send_open(struct session *session)
{
	const struct graph_resource *scannable = session->scannable;
	const struct plugin *plugin = session->plugin;
	const struct class *class = scannable->class->class;
	struct message message = message_open_for(session->number,
	    class_index(plugin->classes, plugin->class_count, class), class, scannable->values,
	    graph_name(scannable));

	message.open.is_slow = session->is_slow;
	plugin_send(session->plugin, &message);
	message_open_release(&message);
}

/* From this time on there are no samples of the scannable. */
static void begin_gap(const struct session *session, enum gap_reason reason)
{
	bool was_scanned = session->last_scan.us != 0;

	graph_begin_gap(session->plugin->supervisor->graph, session->scannable, reason,
	    was_scanned ? session->last_scan : wallclock_now());
}

/* Has a session that is not open wait for the scannable to be resumed, if that is paused. */
static bool rest(struct session *session)
{
	const struct pause_row *pause =
	    graph_find_pause(session->plugin->supervisor->graph, session->scannable);
	struct text reason = TEXT_EMPTY;

	if (pause == NULL)
		return false;
	evtimer_del(session->timer);
	begin_gap(session, GAP_PAUSED);
	graph_describe_pause(pause, &reason);
	session_set_state(session, SESSION_PAUSED, reason.data);
	text_clear(&reason);
	supervisor_kick(session->plugin->supervisor);
	return true;
}

void session_open(struct session *session)
{
	struct supervisor *supervisor = session->plugin->supervisor;

	if (session->state != SESSION_WAITING || session->unwanted || !supervisor->loaded ||
	    supervisor->state == SUPERVISOR_STOPPING)
		return;
	if (rest(session) || session->plugin->state != PLUGIN_RUNNING)
		return;
	/* A plugin that was replaced by another version may lack the class, and is told so. */
	if (session->plugin->killed || !is_declared(session))
		return;
	session->number = ++supervisor->last_session;
	session->batch = session->acknowledged = 0;
	HASH_ADD(by_number, session->plugin->by_number, number, sizeof(session->number), session);
	graph_open(supervisor->graph, session->number, session->scannable);
	session_set_state(session, SESSION_INITIAL, NULL);
	send_open(session);
}

void session_close(struct session *session, const char *reason)
{
	session->unwanted = true;
	if (session->number == 0)
		discard(session);
	else if (session->state != SESSION_CLOSING)
		begin_closing(session, reason);
}

void session_renew(struct session *session, const char *reason)
{
	if (session->number != 0 && session->state != SESSION_CLOSING)
		begin_closing(session, reason);
}

void session_want(struct session *session)
{
	session->unwanted = false;
}

void session_configure(struct session *session, uint64_t typed)
{
	bool changed = session->typed != typed;

	session_want(session);
	session->typed = typed;
	if (changed)
		session_renew(session, "its configuration changed");
}

void session_retry(struct session *session)
{
	if (session->state != SESSION_BACKOFF)
		return;
	evtimer_del(session->timer);
	session_set_state(session, SESSION_WAITING, NULL);
	session_open(session);
}

void session_follow_pause(struct session *session)
{
	bool is_paused =
	    graph_find_pause(session->plugin->supervisor->graph, session->scannable) != NULL;

	if (is_paused && session->number != 0) {
		session_renew(session, "it is paused");
	} else if (is_paused) {
		rest(session);
	} else if (session->state == SESSION_PAUSED) {
		session_set_state(session, SESSION_WAITING, NULL);
		session_open(session);
	}
}

void session_hurry(struct session *session)
{
	struct message message = {.type = MESSAGE_SCAN, .scan = {.session = session->number}};

	if (session->state == SESSION_BACKOFF)
		session_retry(session);
	else if (session->state == SESSION_WAITING)
		plugin_retry(session->plugin);
	else if (session->state == SESSION_FIRST || session->state == SESSION_ONLINE)
		plugin_send(session->plugin, &message);
}

/* The scannable is not contactable, for this reason, since its last scan. */
static void go_offline(struct session *session, const char *reason, enum gap_reason gap)
{
	free(session->failure);
	session->failure = xstrdup(reason);
	graph_set_offline(session->plugin->supervisor->graph, session->scannable, true);
	begin_gap(session, gap);
}

/* The scannable is scanned again: its gap ends, and that of the time without any scans. */
static void end_gaps(struct session *session, const struct batch *batch)
{
	struct graph *graph = session->plugin->supervisor->graph;
	struct wallclock begin = {batch->time.us - batch->duration_ns / 1000};

	graph_end_gap(graph, session->scannable, GAP_REASON_COUNT, begin);
	graph_end_gap(graph, NULL, GAP_REASON_COUNT, begin);
}

/*
 * A failed session: the scannable is offline, and tried again after a wait. was_told: the reason is
 * in the log.
 */
static void fail(struct session *session, const char *reason, bool was_told, enum gap_reason gap)
{
	struct supervisor *supervisor = session->plugin->supervisor;
	int64_t wait = backoff_next(&session->backoff);
	struct timeval time = {.tv_sec = wait / NS_PER_S, .tv_usec = wait % NS_PER_S / 1000};
	char text[CLOCK_TEXT_SIZE];
	char *next = xasprintf("next scan in %s", duration_format(wait, text));
	char *words = xasprintf("%s; %s", reason, next);

	session->plugin->counts.failures[gap]++;
	session->scanned = true;
	go_offline(session, reason, gap);
	session_set_state(session, SESSION_BACKOFF, words);
	log_about(LOG_LEVEL_WARNING, session->plugin->config->name, graph_name(session->scannable),
	    "%s", was_told ? next : words);
	free(words);
	free(next);
	evtimer_add(session->timer, &time);
	supervisor_kick(supervisor);
}

/* The first update scan succeeded: contact is established. */
static void come_online(struct session *session)
{
	graph_set_offline(session->plugin->supervisor->graph, session->scannable, false);
	free(session->failure);
	session->failure = NULL;
	backoff_reset(&session->backoff);
	backoff_reset(&session->plugin->backoff);
	session_set_state(session, SESSION_ONLINE, NULL);
}

/*
 * Plans another initial scan if the one of this session could not tell what is gone: some time
 * after a scan without refused calls, so that there is a prospect of more success.
 */
static void plan_confirmation(struct session *session, const struct batch *batch)
{
	struct timeval time;
	int64_t wait;

	if (!graph_needs_initial_scan(session->plugin->supervisor->graph, session->number)) {
		backoff_reset(&session->confirmation);
		return;
	}
	if (session->state != SESSION_ONLINE || batch->kind != BATCH_UPDATE || batch->refused > 0 ||
	    evtimer_pending(session->timer, NULL))
		return;
	wait = backoff_next(&session->confirmation);
	time = (struct timeval){.tv_sec = wait / NS_PER_S, .tv_usec = wait % NS_PER_S / 1000};
	evtimer_add(session->timer, &time);
}

/* Values, and the bins of histograms. */
static uint64_t sample_count(const struct batch *batch)
{
	uint64_t count = batch_sample_count(batch);

	for (size_t i = 0; i < batch->histogram_count; i++)
		count += batch->histograms[i].count;
	return count;
}

static void note_scan(struct session *session, const struct batch *batch)
{
	struct plugin_counts *counts = &session->plugin->counts;

	counts->batches[batch->kind]++;
	counts->refused += batch->refused;
	session->totals.refused += batch->refused;
	if (batch->kind == BATCH_ASYNC)
		return;
	durations_add(&counts->scans[batch->kind], batch->duration_ns);
	durations_add(&counts->lateness, batch->lateness_ns);
	session->totals.scans++;
	session->totals.duration_ns += batch->duration_ns;
	session->totals.lateness_ns += batch->lateness_ns;
	session->last_scan = batch->time;
	session->last_duration_ns = batch->duration_ns;
	session->last_lateness_ns = batch->lateness_ns;
	session->refused = batch->refused;
	session->is_slow = false;
}

void sessions_tell_associations(struct supervisor *supervisor)
{
	struct message message = {.type = MESSAGE_ASSOCIATE};
	struct association association;
	struct plugin *plugin;

	while (graph_next_association(supervisor->graph, &association)) {
		message.associate = (struct message_associate){
		    association.session, association.resource, association.server};
		TAILQ_FOREACH (plugin, &supervisor->plugins, next)
			if (session_find(plugin, association.session) != NULL)
				plugin_send(plugin, &message);
	}
}

void session_batch(struct session *session, struct batch *batch)
{
	struct supervisor *supervisor = session->plugin->supervisor;
	char reason[REASON_SIZE];

	if (session->batch - session->acknowledged >= BATCHES_UNACKNOWLEDGED_MOST) {
		plugin_kill(session->plugin,
		    "sent batch %" PRIu64 " before %" PRIu64 " was acknowledged", batch->number,
		    session->acknowledged + 1);
		return;
	}
	session->plugin->counts.samples += sample_count(batch);
	if (!supervisor->config.statistics_enabled) {
		supervisor->samples_unwanted += sample_count(batch);
		batch_forget_samples(batch);
	}
	if (graph_apply(supervisor->graph, batch, reason) != 0) {
		plugin_kill(session->plugin, "sent a batch that can't be: %s", reason);
		return;
	}
	sessions_tell_associations(supervisor);
	scannables_follow(supervisor);
	if (batch->kind == BATCH_INITIAL)
		end_gaps(session, batch);
	note_scan(session, batch);
	session->batch = batch->number;
	if (batch->kind == BATCH_INITIAL && session->state == SESSION_INITIAL) {
		session->scanned = true;
		session_set_state(session, SESSION_FIRST, NULL);
	} else if (batch->kind == BATCH_UPDATE && session->state == SESSION_FIRST) {
		come_online(session);
	}
	plan_confirmation(session, batch);
	if (supervisor->database_away) {
		spooling_save(supervisor);
		session_acknowledge(session, batch->number);
	}
	supervisor_offer(supervisor);
}

void session_acknowledge(struct session *session, uint64_t number)
{
	struct message message = {.type = MESSAGE_ACKNOWLEDGE,
	    .acknowledge = {.session = session->number, .batch = number}};

	if (number <= session->acknowledged || number > session->batch)
		return;
	session->acknowledged = number;
	plugin_send(session->plugin, &message);
}

void session_ended(struct session *session, bool failed, const char *hook, const char *reason)
{
	bool asked = session->state == SESSION_CLOSING || session->plugin->state == PLUGIN_STOPPING;
	char *words;

	close_number(session);
	if (session->unwanted) {
		discard(session);
		return;
	}
	if (asked) {
		/* The scannable may be back in the configuration by now. */
		session_set_state(session, SESSION_WAITING, NULL);
		session_open(session);
		return;
	}
	words = failed ? xasprintf("%s failed: %s", hook != NULL ? hook : "session",
	                     reason != NULL ? reason : "no reason given")
	               : xstrdup("its session ended unasked");
	fail(session, words, false, GAP_OFFLINE);
	free(words);
}

void session_lost(struct session *session, bool to_blame, const char *reason)
{
	struct supervisor *supervisor = session->plugin->supervisor;
	enum gap_reason gap = session->plugin->overdue ? GAP_DEADLINE : GAP_CRASH;

	close_number(session);
	session->is_slow = to_blame;
	if (session->unwanted) {
		discard(session);
	} else if (session->plugin->state == PLUGIN_STOPPING) {
		session_set_state(session, SESSION_WAITING, reason);
	} else if (rest(session)) {
		return;
	} else if (to_blame) {
		fail(session, reason, true, gap);
	} else {
		go_offline(session, reason, gap);
		session_set_state(session, SESSION_WAITING, reason);
		supervisor_kick(supervisor);
	}
}

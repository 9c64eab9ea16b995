/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/paths.h"
#include "graph/volume.h"

/* How long scans wait for the database to store what it was given. */
#define WRITE_LIMIT_NS (10 * NS_PER_S)

/* Resources in one transaction that leave much unused memory behind. */
#define MANY_RESOURCES 10000

static void restore_counters(void *context, const struct counters *counters)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct counters restored = *counters;

	spooling_restore(supervisor, &restored);
	graph_restore_counters(supervisor->graph, &restored);
}

static void restore_class(void *context, const struct class_row *row)
{
	graph_restore_class(supervisor_of(context)->graph, row);
}

static void restore_resource(void *context, const struct resource_row *row)
{
	graph_restore_resource(supervisor_of(context)->graph, row);
}

static void restore_parent(void *context, const struct parent_row *row)
{
	graph_restore_parent(supervisor_of(context)->graph, row);
}

static void restore_reporter(void *context, const struct reporter_row *row)
{
	graph_restore_reporter(supervisor_of(context)->graph, row);
}

static void restore_alert(void *context, const struct alert_row *row)
{
	graph_restore_alert(supervisor_of(context)->graph, row);
}

static void restore_silence(void *context, const struct silence_row *row)
{
	graph_restore_silence(supervisor_of(context)->graph, row);
}

static void restore_server(void *context, const struct server_row *row)
{
	graph_restore_server(supervisor_of(context)->graph, row);
}

static void restore_peer(void *context, const struct server_peer_row *row)
{
	graph_restore_peer(supervisor_of(context)->graph, row);
}

static void restore_volume(void *context, const struct volume_row *row)
{
	graph_restore_volume(supervisor_of(context)->graph, row);
}

static void restore_volume_node(void *context, const struct volume_node_row *row)
{
	graph_restore_volume_node(supervisor_of(context)->graph, row);
}

static void restore_cohort(void *context, const struct cohort_row *row)
{
	graph_restore_cohort(supervisor_of(context)->graph, row);
}

static void restore_slot(void *context, const struct slot_row *row)
{
	graph_restore_slot(supervisor_of(context)->graph, row);
}

static void restore_gap(void *context, const struct gap_row *row)
{
	graph_restore_gap(supervisor_of(context)->graph, row);
}

static void restore_pause(void *context, const struct pause_row *row)
{
	graph_restore_pause(supervisor_of(context)->graph, row);
}

static void take_request(void *context, const struct request_row *row)
{
	struct supervisor *supervisor = supervisor_of(context);

	graph_take_request(supervisor->graph, row);
	sessions_tell_associations(supervisor);
	scannables_follow(supervisor);
}

/* Hides what the database holds of plugins that are no longer listed. */
static void hide_unlisted(struct supervisor *supervisor)
{
	const struct graph_class *class;

	for (class = graph_first_class(supervisor->graph); class != NULL; class = class->by_id.next)
		if (supervisor_find_plugin(supervisor, class->plugin) == NULL)
			graph_hide(supervisor->graph, class->plugin);
}

/* What was loaded or stored shows that the database is there. */
static void end_outage(struct supervisor *supervisor)
{
	if (!supervisor->database_away)
		return;
	supervisor->database_away = false;
	free(supervisor->database_reason);
	supervisor->database_reason = NULL;
}

/* There were no samples as long as no runner was there, or it waited for the database. */
static void begin_gap(const struct supervisor *supervisor)
{
	int64_t waited_ns = monotonic_since(monotonic_now(), supervisor->started);
	struct wallclock started = {wallclock_now().us - waited_ns / 1000};

	if (!graph_begin_stopped(supervisor->graph) || !supervisor->database_missed)
		return;
	graph_end_gap(supervisor->graph, NULL, GAP_STOPPED, started);
	graph_begin_gap(supervisor->graph, NULL, GAP_DATABASE, started);
}

static void database_loaded(void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct plugin *plugin;
	size_t count;

	graph_restored(supervisor->graph);
	begin_gap(supervisor);
	graph_begin_configuration(supervisor->graph);
	supervisor->loaded = true;
	end_outage(supervisor);
	hide_unlisted(supervisor);
	count = graph_resource_count(supervisor->graph);
	log_info("database loaded: %zu resource%s, scanning begins", count, plural(count));
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		plugin_join(plugin);
}

/* From now on the database owes us an answer: it has changes to store, or has yet to take them. */
static void begin_write(struct supervisor *supervisor)
{
	if (supervisor->write_since.ns == 0)
		supervisor->write_since = monotonic_now();
}

static struct changes *take_changes(void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct changes *changes = supervisor->loaded ? spooling_take(supervisor) : NULL;

	if (changes != NULL)
		begin_write(supervisor);
	if (changes != NULL && changes != supervisor->replayed)
		supervisor->writes_begun++;
	return changes;
}

/* The session of a batch that was stored, whichever plugin it belongs to. */
static struct session *session_of(struct supervisor *supervisor, uint32_t number)
{
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		struct session *session = session_find(plugin, number);

		if (session != NULL)
			return session;
	}
	return NULL;
}

/* The database has stored what it was given. */
static void end_slow_write(struct supervisor *supervisor)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t waited = monotonic_since(monotonic_now(), supervisor->write_since);

	if (supervisor->write_is_slow)
		log_info("the database stored what it was given after %s",
		    duration_format(waited, text));
	supervisor->write_since.ns = 0;
	supervisor->write_is_slow = false;
}

static void database_committed(void *context, struct changes *changes)
{
	struct supervisor *supervisor = supervisor_of(context);
	const struct changes *in_flight[STORE_IN_FLIGHT_MOST];
	bool many;

	end_slow_write(supervisor);
	if (store_in_flight(supervisor->store, in_flight) > 0)
		begin_write(supervisor);
	end_outage(supervisor);
	if (changes != supervisor->replayed)
		supervisor->writes_done++;
	spooling_committed(supervisor, changes);
	instructions_stored(supervisor);
	for (size_t i = 0; i < changes->batch_count; i++) {
		struct session *session = session_of(supervisor, changes->batches[i].session);

		if (session != NULL)
			session_acknowledge(session, changes->batches[i].number);
	}
	if (supervisor->control != NULL)
		control_tell(supervisor->control, changes->notices, changes->notice_count);
	if (supervisor->control != NULL && changes->notices_lost)
		control_tell_lost(supervisor->control);
	many = changes->resource_count >= MANY_RESOURCES;
	changes_free(changes);
	if (many)
		memory_return();
	supervisor_plugin_changed(supervisor);
}

/* While the database is away the graph keeps what changes, the spool samples, and scans go on. */
static void acknowledge_everything(struct supervisor *supervisor)
{
	struct plugin *plugin;
	struct session *session;

	spooling_save(supervisor);
	instructions_not_stored(supervisor);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		TAILQ_FOREACH (session, &plugin->sessions, next)
			session_acknowledge(session, session->batch);
}

void database_check_write(struct supervisor *supervisor)
{
	char text[CLOCK_TEXT_SIZE];

	if (supervisor->database_away || supervisor->write_since.ns == 0 ||
	    monotonic_since(monotonic_now(), supervisor->write_since) < WRITE_LIMIT_NS)
		return;
	if (!supervisor->write_is_slow)
		log_warning("the database has not stored for %s what it was given; scans go on, and"
		            " what changes is kept in memory",
		    duration_format(WRITE_LIMIT_NS, text));
	supervisor->write_is_slow = true;
	acknowledge_everything(supervisor);
}

static void database_state(void *context, enum store_state state, const char *reason)
{
	struct supervisor *supervisor = supervisor_of(context);
	bool away = !store_state_is_usable(state);
	const char *waiting =
	    away && supervisor->embedded != NULL ? embedded_waiting(supervisor->embedded) : NULL;

	/* Whether it is back shows when what was in flight is stored. */
	if (!away && state != STORE_READY && supervisor->database_away)
		return;
	free(supervisor->database_reason);
	supervisor->database_reason = xstrdup(waiting != NULL ? waiting : reason);
	if (away && !supervisor->database_away)
		supervisor->database_away_since = monotonic_now();
	supervisor->database_away = away;
	supervisor->replay_next = supervisor->replay_next && !away;
	supervisor->database_missed |= state == STORE_WAITING && reason != NULL;
	if (supervisor->write_since.ns != 0)
		supervisor->write_since = monotonic_now();
	if (away && supervisor->loaded)
		acknowledge_everything(supervisor);
}

static void database_fatal(void *context, const char *reason)
{
	supervisor_give_up(context, reason);
}

static const struct store_callbacks store_callbacks = {
    .counters = restore_counters,
    .class = restore_class,
    .resource = restore_resource,
    .parent = restore_parent,
    .reporter = restore_reporter,
    .alert = restore_alert,
    .silence = restore_silence,
    .server = restore_server,
    .peer = restore_peer,
    .volume = restore_volume,
    .volume_node = restore_volume_node,
    .cohort = restore_cohort,
    .slot = restore_slot,
    .gap = restore_gap,
    .pause = restore_pause,
    .request = take_request,
    .loaded = database_loaded,
    .take = take_changes,
    .committed = database_committed,
    .state = database_state,
    .fatal = database_fatal,
};

/* The database owes us an answer as soon as there are changes. */
static void begin_write_of_changes(struct supervisor *supervisor)
{
	if (supervisor->loaded && graph_has_changes(supervisor->graph))
		begin_write(supervisor);
}

void supervisor_kick(struct supervisor *supervisor)
{
	begin_write_of_changes(supervisor);
	store_kick(supervisor->store);
}

void supervisor_offer(struct supervisor *supervisor)
{
	begin_write_of_changes(supervisor);
	store_offer(supervisor->store);
}

static void embedded_failed(void *context, const char *reason)
{
	supervisor_give_up(context, reason);
}

/*
 * Starts the private cluster if it is wanted. Gives what to connect to, which the caller frees, or
 * NULL with a reason.
 */
static char *prepare_database(struct supervisor *supervisor, char reason[REASON_SIZE])
{
	const struct config *config = &supervisor->config;
	char *directory;

	if (!config->embedded && !supervisor->options->embedded)
		return config_conninfo(config, reason);
	if (make_directories(config->state_directory) != 0) {
		snprintf(reason, REASON_SIZE, "directories.state: can't make %s: %s",
		    config->state_directory, strerror(errno));
		return NULL;
	}
	directory = xasprintf("%s/postgresql", config->state_directory);
	supervisor->embedded = embedded_start(supervisor->base,
	    &(const struct embedded_options){.directory = directory,
	        .user = config->embedded_user,
	        .failed = embedded_failed,
	        .context = supervisor},
	    reason);
	free(directory);
	return supervisor->embedded != NULL ? xstrdup(embedded_conninfo(supervisor->embedded))
	                                    : NULL;
}

bool database_is_written(const struct supervisor *supervisor)
{
	const struct changes *in_flight[STORE_IN_FLIGHT_MOST];

	return !supervisor->loaded || (!graph_has_changes(supervisor->graph) &&
	                                  store_in_flight(supervisor->store, in_flight) == 0);
}

void database_take_retention(struct supervisor *supervisor)
{
	int64_t retention_s[STORE_RESOLUTIONS];

	for (size_t i = 0; i < STORE_RESOLUTIONS; i++)
		retention_s[i] = supervisor->config.retention_ns[i] / NS_PER_S;
	store_set_retention(supervisor->store, retention_s);
}

int database_open(struct supervisor *supervisor, char reason[REASON_SIZE])
{
	char *conninfo = prepare_database(supervisor, reason);

	if (conninfo == NULL)
		return -1;
	supervisor->store = store_new(supervisor->base, conninfo,
	    supervisor->config.database_retry_max_ns / NS_PER_MS, &store_callbacks, supervisor);
	store_set_limits(supervisor->store,
	    &(const struct store_limits){
	        .statement_ms = supervisor->config.database_statement_limit_ns / NS_PER_MS,
	        .lock_ms = supervisor->config.database_lock_limit_ns / NS_PER_MS});
	database_take_retention(supervisor);
	supervisor->spool = spool_open(
	    supervisor->config.state_directory, (uint64_t)supervisor->config.sample_spool);
	supervisor->reader = reader_new(supervisor->base, conninfo, &reader_default_limits);
	forget_text(conninfo);
	return 0;
}

/* Stops the private cluster once nobody is connected to it any more. */
static void stop_embedded(struct supervisor *supervisor)
{
	if (supervisor->embedded == NULL)
		return;
	embedded_stop(supervisor->embedded);
	while (embedded_is_running(supervisor->embedded) && !supervisor->at_once)
		event_base_loop(supervisor->base, EVLOOP_ONCE);
}

void database_close(struct supervisor *supervisor)
{
	if (supervisor->store != NULL)
		store_free(supervisor->store);
	supervisor->store = NULL;
	spool_free(supervisor->spool);
	supervisor->spool = NULL;
	reader_free(supervisor->reader);
	supervisor->reader = NULL;
	stop_embedded(supervisor);
	if (supervisor->embedded != NULL)
		embedded_free(supervisor->embedded);
	supervisor->embedded = NULL;
}

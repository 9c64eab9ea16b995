/* SPDX-License-Identifier: MIT */
#include "supervisor/plugin_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"

/* From SIGKILL to the end of the process, unless it hangs in the kernel. */
#define KILLED_LIMIT_NS (5 * NS_PER_S)

static const char *const state_names[PLUGIN_STATE_COUNT] = {
    [PLUGIN_STARTING] = "starting",
    [PLUGIN_RUNNING] = "running",
    [PLUGIN_STOPPING] = "stopping",
    [PLUGIN_BACKOFF] = "backoff",
    [PLUGIN_FAILED] = "failed",
    [PLUGIN_STOPPED] = "stopped",
};

const char *plugin_state_name(enum plugin_state state)
{
	assert(state < PLUGIN_STATE_COUNT);
	return state_names[state];
}

struct plugin *plugin_of(void *context)
{
	struct plugin *plugin = context;

	assert(plugin->magic == PLUGIN_MAGIC);
	return plugin;
}

void plugin_take_state(struct plugin *plugin, enum plugin_state state, char *reason)
{
	free(plugin->reason);
	plugin->reason = reason;
	plugin->state = state;
	supervisor_plugin_changed(plugin->supervisor);
}

void plugin_set_state(struct plugin *plugin, enum plugin_state state, const char *format, ...)
{
	bool is_bad = state == PLUGIN_BACKOFF || (state == PLUGIN_STOPPED && format != NULL);
	va_list arguments;
	char *reason = NULL;

	if (format != NULL) {
		va_start(arguments, format);
		reason = xvasprintf(format, arguments);
		va_end(arguments);
	}
	log_about(is_bad ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, plugin->config->name, NULL, "%s%s%s",
	    plugin_state_name(state), reason != NULL ? ": " : "", reason != NULL ? reason : "");
	plugin_take_state(plugin, state, reason);
}

/* Logs why it can't be used. */
static void tell_reasons(const struct plugin *plugin)
{
	assert(plugin->reason_count > 0);
	for (size_t i = 0; i < plugin->reason_count; i++)
		log_about(LOG_LEVEL_ERROR, plugin->config->name, NULL, "%s: failed: %s",
		    plugin->config->place, plugin->reasons[i]);
}

void plugin_fail(struct plugin *plugin)
{
	tell_reasons(plugin);
	plugin_take_state(plugin, PLUGIN_FAILED, xstrdup(plugin->reasons[0]));
}

void plugin_set_timer(struct plugin *plugin, int64_t ns)
{
	struct timeval wait = {.tv_sec = ns / NS_PER_S, .tv_usec = ns % NS_PER_S / 1000};

	evtimer_add(plugin->timer, &wait);
}

void texts_free(char ***texts, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*texts)[i]);
	free(*texts);
	*texts = NULL;
	*count = 0;
}

/* ---- starting ---- */

static void send_configure(struct plugin *plugin)
{
	struct message_adjust adjustment = plugin_adjustment(plugin);
	struct message message = {.type = MESSAGE_CONFIGURE,
	    .configure = {.plugin = plugin->config->name,
	        .path = plugin->config->path,
	        .log_level = adjustment.log_level,
	        .workers = adjustment.workers,
	        .default_period_s = adjustment.default_period_s,
	        .settings = plugin->config->settings,
	        .setting_count = plugin->config->setting_count}};

	plugin->adjusted = adjustment;
	plugin_send(plugin, &message);
}

void plugin_start(struct plugin *plugin)
{
	char reason[REASON_SIZE];

	assert(!plugin->has_process);
	texts_free(&plugin->reasons, &plugin->reason_count);
	if (stat(plugin->config->path, &plugin->file) != 0)
		plugin->file = (struct stat){0};
	if (process_start(&plugin->process, plugin->supervisor, plugin->config->name, reason) !=
	    0) {
		int64_t wait = backoff_next(&plugin->backoff);
		char text[CLOCK_TEXT_SIZE];

		plugin_set_state(plugin, PLUGIN_BACKOFF, "%s; next try in %s", reason,
		    duration_format(wait, text));
		plugin_set_timer(plugin, wait);
		return;
	}
	plugin->has_process = true;
	plugin->lacks_class = false;
	plugin->closed = false;
	plugin->killed = false;
	plugin->hook_told = plugin->overdue = false;
	plugin->reaped = false;
	plugin->still_s = 0;
	plugin->started = monotonic_now();
	plugin_open_channel(plugin);
	plugin_open_output(plugin);
	plugin_set_state(plugin, PLUGIN_STARTING, NULL);
	plugin_set_timer(plugin, plugin->supervisor->config.load_limit_ns);
	send_configure(plugin);
}

void plugin_restart(struct plugin *plugin)
{
	if (plugin->has_process) {
		plugin->restarting = true;
		scannables_forget(plugin);
		scannables_lose_instructions(plugin);
		if (plugin->state != PLUGIN_FAILED)
			plugin_stop(plugin);
		return;
	}
	evtimer_del(plugin->timer);
	plugin_start(plugin);
}

void plugin_retry(struct plugin *plugin)
{
	if ((plugin->state != PLUGIN_FAILED && plugin->state != PLUGIN_BACKOFF) ||
	    plugin->refused || plugin->leaving || plugin->has_process)
		return;
	plugin_restart(plugin);
}

void plugin_refuse(struct plugin *plugin, const char *reason)
{
	texts_free(&plugin->reasons, &plugin->reason_count);
	plugin->reasons = xcalloc(1, sizeof(*plugin->reasons));
	plugin->reasons[0] = xstrdup(reason);
	plugin->reason_count = 1;
	plugin_fail(plugin);
	plugin_join(plugin);
	plugins_check_relations(plugin->supervisor);
}

/* ---- ending ---- */

/* Ends a process with all that it started: it leads a group of its own. */
static void kill_group(pid_t pid)
{
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
}

/* Kills its process for a reason, which it takes; NULL: there is no fault in it. */
static void kill_for(struct plugin *plugin, char *reason)
{
	free(plugin->death_reason);
	plugin->death_reason = reason;
	plugin->killed = true;
	if (plugin->reaped)
		return;
	if (plugin->process.pid > 0)
		kill(plugin->process.pid, SIGKILL);
	else
		shutdown(plugin->process.channel, SHUT_RDWR);
	if (plugin->state != PLUGIN_STOPPING)
		plugin_set_timer(plugin, KILLED_LIMIT_NS);
}

void plugin_kill(struct plugin *plugin, const char *format, ...)
{
	va_list arguments;

	if (!plugin->has_process || plugin->killed)
		return;
	va_start(arguments, format);
	kill_for(plugin, xvasprintf(format, arguments));
	va_end(arguments);
	log_about(LOG_LEVEL_DEBUG, plugin->config->name, NULL, "killing its process: it %s",
	    plugin->death_reason);
}

void plugin_stop(struct plugin *plugin)
{
	struct message message = {.type = MESSAGE_STOP};

	if (plugin->state == PLUGIN_STOPPING)
		return;
	evtimer_del(plugin->timer);
	if (!plugin->has_process) {
		plugin_set_state(plugin, PLUGIN_STOPPED, NULL);
		return;
	}
	if (plugin->state == PLUGIN_RUNNING)
		plugin_send(plugin, &message);
	else if (!plugin->killed)
		kill_for(plugin, NULL); /* it has nothing to tear down: it is still loading */
	plugin_set_state(plugin, PLUGIN_STOPPING, NULL);
	plugin_set_timer(plugin, plugin->config->stop_limit_ns);
}

/* Why its process ended: what it was killed for, or how it ended by itself. */
static void describe_status(const struct plugin *plugin, int status, struct text *text)
{
	if (plugin->killed)
		text_printf(text, "killed because it %s",
		    plugin->death_reason != NULL ? plugin->death_reason : "was still loading");
	else
		process_describe_end(&plugin->process, &plugin->supervisor->config, status, text);
}

/* Tells every session that its process is gone, and which of them is to blame. */
static void lose_sessions(struct plugin *plugin, const char *reason)
{
	struct session *session;
	struct session *next;

	for (session = TAILQ_FIRST(&plugin->sessions); session != NULL; session = next) {
		next = TAILQ_NEXT(session, next);
		if (session->number != 0)
			session_lost(session, plugin_was_busy(plugin, session), reason);
	}
}

/*
 * It died before it ever told what it declares, perhaps for want of something that is there later:
 * failed, but tried again. Not by a check, which tells what is so now.
 */
static void fail_to_load(struct plugin *plugin, const char *cause)
{
	char *reason = xasprintf("could not be loaded: its process died: %s", cause);
	char wait_text[CLOCK_TEXT_SIZE];
	int64_t wait;

	plugin_refuse(plugin, reason);
	free(reason);
	if (plugin->supervisor->options->check)
		return;
	wait = backoff_next(&plugin->backoff);
	plugin->counts.restarts[RESTART_LOADING]++;
	log_about(LOG_LEVEL_INFO, plugin->config->name, NULL, "next try in %s",
	    duration_format(wait, wait_text));
	plugin_set_timer(plugin, wait);
}

static enum restart_reason restart_reason(const struct plugin *plugin)
{
	if (plugin->reason_count > 0)
		return RESTART_LOADING;
	if (!plugin->killed)
		return RESTART_CRASH;
	return plugin->overdue ? RESTART_DEADLINE : RESTART_FAULT;
}

uint64_t plugin_restarts(const struct plugin *plugin)
{
	uint64_t count = 0;

	for (size_t i = 0; i < RESTART_REASON_COUNT; i++)
		count += plugin->counts.restarts[i];
	return count;
}

/* What follows the end of a process that was not asked to end. */
static void bury(struct plugin *plugin, const char *cause)
{
	char age[CLOCK_TEXT_SIZE];
	char wait_text[CLOCK_TEXT_SIZE];
	char number[16] = "";
	int64_t lived = monotonic_since(monotonic_now(), plugin->started);
	int64_t wait;

	if (plugin->state == PLUGIN_STARTING && plugin->classes == NULL) {
		fail_to_load(plugin, cause);
		return;
	}
	wait = backoff_next(&plugin->backoff);
	plugin->counts.restarts[restart_reason(plugin)]++;
	if (plugin->reason_count > 0) {
		plugin_set_state(plugin, PLUGIN_BACKOFF, "could not be loaded: %s; next try in %s",
		    plugin->reasons[0], duration_format(wait, wait_text));
		plugin_set_timer(plugin, wait);
		return;
	}
	if (plugin->process.pid > 0)
		snprintf(number, sizeof(number), "[%d]", (int)plugin->process.pid);
	log_about(LOG_LEVEL_ERROR, plugin->config->name, NULL,
	    "plugin host %s%s died: %s; it had run for %s; restart %" PRIu64 " in %s",
	    plugin->config->name, number, cause, duration_format(lived, age),
	    plugin_restarts(plugin), duration_format(wait, wait_text));
	plugin_take_state(plugin, PLUGIN_BACKOFF, xasprintf("died: %s", cause));
	plugin_set_timer(plugin, wait);
}

/* Takes the part of a condemned plugin back: it has failed, as was told before. */
static void withdraw(struct plugin *plugin)
{
	plugin->condemned = false;
	plugin->lacks_class = true;
	if (plugin->declared)
		graph_retract(plugin->supervisor->graph, plugin->config->name);
	plugin->declared = false;
	plugin_take_state(plugin, PLUGIN_FAILED, xstrdup(plugin->reasons[0]));
	plugin_join(plugin);
}

void plugin_condemn(struct plugin *plugin, struct reasons *reasons)
{
	texts_free(&plugin->reasons, &plugin->reason_count);
	plugin->reasons = reasons->items;
	plugin->reason_count = reasons->count;
	*reasons = (struct reasons){0};
	plugin->condemned = true;
	tell_reasons(plugin);
	plugin_stop(plugin);
	if (!plugin->has_process)
		withdraw(plugin);
}

/* The end of a process that was asked to end; that it did so orderly is not worth a word. */
static void end_stop(struct plugin *plugin, int status, const char *cause)
{
	if (plugin->supervisor->state != SUPERVISOR_STOPPING && !plugin->restarting &&
	    plugin->condemned && !plugin->leaving) {
		withdraw(plugin);
		plugins_check_relations(plugin->supervisor);
	} else if (plugin->killed ? plugin->death_reason != NULL : status != 0) {
		plugin_set_state(
		    plugin, PLUGIN_STOPPED, "its process died while stopping: %s", cause);
	} else {
		plugin_set_state(plugin, PLUGIN_STOPPED, NULL);
	}
}

/* Closes everything that led to the process. */
static void close_process(struct plugin *plugin)
{
	plugin_close_channel(plugin);
	plugin->process.pid = 0;
	process_close(&plugin->process);
	plugin->has_process = false;
}

/* What a change of the list has left to be done until its process has ended. */
static void follow_list(struct plugin *plugin)
{
	if (plugin->leaving) {
		plugin_depart(plugin);
	} else if (plugin->restarting) {
		plugin->restarting = false;
		plugin->condemned = false;
		plugin_restart(plugin);
	}
}

void plugin_ended(struct plugin *plugin, int status)
{
	struct text cause = TEXT_EMPTY;

	evtimer_del(plugin->timer);
	plugin->reaped = true;
	plugin_drain_channel(plugin);
	plugin_close_output(plugin);
	describe_status(plugin, status, &cause);
	if (!plugin->hook_told)
		plugin_describe_activity(plugin, &cause);
	if (plugin->state != PLUGIN_STOPPING && plugin->state != PLUGIN_FAILED)
		bury(plugin, cause.data);
	lose_sessions(plugin, cause.data);
	scannables_forget(plugin);
	scannables_lose_instructions(plugin);
	if (plugin->state == PLUGIN_STOPPING)
		end_stop(plugin, status, cause.data);
	close_process(plugin);
	text_clear(&cause);
	if (plugin->supervisor->state != SUPERVISOR_STOPPING)
		follow_list(plugin);
	supervisor_plugin_changed(plugin->supervisor);
}

/* The wait of the state is over. */
static void timer_expired(int fd, short what, void *context)
{
	struct plugin *plugin = plugin_of(context);
	struct text where = TEXT_EMPTY;

	(void)fd;
	(void)what;
	if (!plugin->has_process) {
		plugin_start(plugin);
		return;
	}
	if (plugin->killed && plugin->state != PLUGIN_STOPPING) {
		log_about(LOG_LEVEL_ERROR, plugin->config->name, NULL,
		    "its process %d was killed because it %s, but does not end: it hangs in the "
		    "kernel",
		    (int)plugin->process.pid, plugin->death_reason);
		lose_sessions(plugin, plugin->death_reason);
		return;
	}
	if (plugin->closed && plugin->state != PLUGIN_STOPPING) {
		plugin_kill(plugin, "closed its channel");
		return;
	}
	if (plugin->state != PLUGIN_STARTING && plugin->state != PLUGIN_STOPPING)
		return;
	plugin_describe_activity(plugin, &where);
	plugin->hook_told = true;
	plugin_kill(plugin, "did not %s in time%s",
	    plugin->state == PLUGIN_STARTING ? "finish loading" : "stop",
	    where.data != NULL ? where.data : "");
	text_clear(&where);
}

/* ---- the plugin itself ---- */

struct plugin *plugin_new(struct supervisor *supervisor, const struct plugin_config *config)
{
	struct plugin *plugin = xcalloc(1, sizeof(*plugin));

	plugin->magic = PLUGIN_MAGIC;
	plugin->supervisor = supervisor;
	plugin->config = config;
	plugin->state = PLUGIN_STOPPED;
	plugin->log_level = -1;
	plugin->backoff = (struct backoff){.least_ns = supervisor->config.retry_min_ns,
	    .most_ns = supervisor->config.retry_max_ns};
	plugin->timer = evtimer_new(supervisor->base, timer_expired, plugin);
	TAILQ_INIT(&plugin->sessions);
	return plugin;
}

void plugin_free(struct plugin *plugin)
{
	struct session *session;

	while ((session = TAILQ_FIRST(&plugin->sessions)) != NULL)
		session_free(session);
	if (plugin->has_process) {
		pid_t pid = plugin->process.pid;

		/* Not awaited: it may hang in the kernel, on a device that does not answer. */
		if (pid > 0)
			kill_group(pid);
		plugin_close_output(plugin);
		close_process(plugin);
	}
	scannables_free(plugin);
	scannables_lose_instructions(plugin);
	event_free(plugin->timer);
	plugin_free_classes(plugin);
	plugin_drop_own_config(plugin);
	texts_free(&plugin->reasons, &plugin->reason_count);
	texts_free(&plugin->warnings, &plugin->warning_count);
	texts_free(&plugin->relation_warnings, &plugin->relation_warning_count);
	free(plugin->reason);
	free(plugin->death_reason);
	plugin->magic = 0;
	free(plugin);
}

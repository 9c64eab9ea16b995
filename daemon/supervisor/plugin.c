/* SPDX-License-Identifier: MIT */
#include "supervisor/plugin_internal.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

void plugin_set_state(struct plugin *plugin, enum plugin_state state, const char *format, ...)
{
	va_list arguments;

	free(plugin->reason);
	plugin->reason = NULL;
	if (format != NULL) {
		va_start(arguments, format);
		plugin->reason = xvasprintf(format, arguments);
		va_end(arguments);
	}
	log_about(state == PLUGIN_FAILED                              ? LOG_LEVEL_ERROR
	          : state == PLUGIN_STOPPED && plugin->reason != NULL ? LOG_LEVEL_WARNING
	                                                              : LOG_LEVEL_INFO,
	    plugin->config->name, NULL, "%s%s%s", plugin_state_name(state),
	    plugin->reason != NULL ? ": " : "", plugin->reason != NULL ? plugin->reason : "");
	plugin->state = state;
	supervisor_plugin_changed(plugin->supervisor);
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
	const struct config *config = &plugin->supervisor->config;
	struct message message = {.type = MESSAGE_CONFIGURE,
	    .configure = {.plugin = plugin->config->name,
	        .path = plugin->config->path,
	        .log_level = (uint32_t)(plugin->config->log_level >= 0 ? plugin->config->log_level
	                                                               : config->plugin_log_level),
	        .workers = config->scan_workers,
	        .default_period_s = (uint32_t)(config->scan_period_ns / NS_PER_S),
	        .settings = plugin->config->settings,
	        .setting_count = plugin->config->setting_count}};

	plugin_send(plugin, &message);
}

void plugin_start(struct plugin *plugin)
{
	char reason[REASON_SIZE];

	assert(!plugin->has_process);
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
	plugin->closed = false;
	plugin->killed = false;
	plugin->reaped = false;
	plugin->started = monotonic_now();
	plugin_open_channel(plugin);
	plugin_open_output(plugin);
	plugin_set_state(plugin, PLUGIN_STARTING, NULL);
	plugin_set_timer(plugin, plugin->supervisor->config.load_limit_ns);
	send_configure(plugin);
}

void plugin_retry(struct plugin *plugin)
{
	if (plugin->state != PLUGIN_FAILED || plugin->refused || plugin->has_process)
		return;
	texts_free(&plugin->reasons, &plugin->reason_count);
	plugin_start(plugin);
}

void plugin_refuse(struct plugin *plugin, const char *reason)
{
	texts_free(&plugin->reasons, &plugin->reason_count);
	plugin->reasons = xcalloc(1, sizeof(*plugin->reasons));
	plugin->reasons[0] = xstrdup(reason);
	plugin->reason_count = 1;
	plugin_set_state(plugin, PLUGIN_FAILED, "%s", reason);
	plugin_join(plugin);
}

/* ---- ending ---- */

/* Ends a process with all that it started: it leads a group of its own. */
static void kill_group(pid_t pid)
{
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
}

void plugin_kill(struct plugin *plugin, const char *format, ...)
{
	va_list arguments;

	if (!plugin->has_process || plugin->killed)
		return;
	va_start(arguments, format);
	free(plugin->death_reason);
	plugin->death_reason = xvasprintf(format, arguments);
	va_end(arguments);
	plugin->killed = true;
	log_about(LOG_LEVEL_WARNING, plugin->config->name, NULL, "killing its process %d: it %s",
	    (int)plugin->process.pid, plugin->death_reason);
	if (plugin->reaped)
		return;
	if (plugin->process.pid > 0)
		kill(plugin->process.pid, SIGKILL);
	else
		shutdown(plugin->process.channel, SHUT_RDWR);
	if (plugin->state != PLUGIN_STOPPING)
		plugin_set_timer(plugin, KILLED_LIMIT_NS);
}

void plugin_stop(struct plugin *plugin)
{
	struct message message = {.type = MESSAGE_STOP};

	evtimer_del(plugin->timer);
	if (!plugin->has_process) {
		plugin_set_state(plugin, PLUGIN_STOPPED, NULL);
		return;
	}
	if (plugin->state == PLUGIN_RUNNING)
		plugin_send(plugin, &message);
	else
		plugin_kill(plugin, "was still loading");
	plugin_set_state(plugin, PLUGIN_STOPPING, NULL);
	plugin_set_timer(plugin, plugin->supervisor->config.stop_limit_ns);
}

/* "signal 11 (Segmentation fault)", "exit status 3", … */
static void describe_status(const struct plugin *plugin, int status, struct text *text)
{
	if (plugin->killed)
		text_printf(text, "killed because it %s", plugin->death_reason);
	else if (WIFSIGNALED(status))
		text_printf(text, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (plugin->process.recorder->fatal_exit != 0)
		text_printf(text, "the plugin called exit(%d)", WEXITSTATUS(status));
	else
		text_printf(text, "exit status %d", WEXITSTATUS(status));
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

/* What follows the end of a process that was not asked to end. */
static void bury(struct plugin *plugin, const char *cause)
{
	char age[CLOCK_TEXT_SIZE];
	char wait_text[CLOCK_TEXT_SIZE];
	int64_t lived = monotonic_since(monotonic_now(), plugin->started);
	int64_t wait;

	if (plugin->state == PLUGIN_STARTING && plugin->classes == NULL) {
		char *reason = xasprintf("could not be loaded: its process died of %s", cause);

		plugin_refuse(plugin, reason);
		free(reason);
		return;
	}
	wait = backoff_next(&plugin->backoff);
	plugin->restarts++;
	log_about(LOG_LEVEL_ERROR, plugin->config->name, NULL,
	    "plugin host %s[%d] died: %s; it had run for %s; restart %u in %s",
	    plugin->config->name, (int)plugin->process.pid, cause, duration_format(lived, age),
	    plugin->restarts, duration_format(wait, wait_text));
	plugin_set_state(plugin, PLUGIN_BACKOFF, "died: %s", cause);
	plugin_set_timer(plugin, wait);
}

/* The end of a process that was asked to end; that it did so orderly is not worth a word. */
static void end_stop(struct plugin *plugin, int status, const char *cause)
{
	if (plugin->killed || status != 0)
		plugin_set_state(
		    plugin, PLUGIN_STOPPED, "its process died while stopping: %s", cause);
	else
		plugin_set_state(plugin, PLUGIN_STOPPED, NULL);
}

/* Closes everything that led to the process. */
static void close_process(struct plugin *plugin)
{
	plugin_close_channel(plugin);
	plugin->process.pid = 0;
	process_close(&plugin->process);
	plugin->has_process = false;
}

void plugin_ended(struct plugin *plugin, int status)
{
	struct text cause = TEXT_EMPTY;

	evtimer_del(plugin->timer);
	plugin->reaped = true;
	plugin_drain_channel(plugin);
	plugin_close_output(plugin);
	describe_status(plugin, status, &cause);
	plugin_describe_activity(plugin, &cause);
	lose_sessions(plugin, cause.data);
	scannables_forget(plugin);
	if (plugin->state == PLUGIN_STOPPING)
		end_stop(plugin, status, cause.data);
	else if (plugin->state != PLUGIN_FAILED)
		bury(plugin, cause.data);
	close_process(plugin);
	text_clear(&cause);
	supervisor_plugin_changed(plugin->supervisor);
}

/* The wait of the state is over. */
static void timer_expired(int fd, short what, void *context)
{
	struct plugin *plugin = plugin_of(context);
	struct text where = TEXT_EMPTY;

	(void)fd;
	(void)what;
	if (plugin->state == PLUGIN_BACKOFF) {
		plugin_start(plugin);
		return;
	}
	if (plugin->killed && plugin->state != PLUGIN_STOPPING) {
		log_about(LOG_LEVEL_ERROR, plugin->config->name, NULL,
		    "its process %d was killed but does not end: it hangs in the kernel",
		    (int)plugin->process.pid);
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
	event_free(plugin->timer);
	plugin_free_classes(plugin);
	texts_free(&plugin->reasons, &plugin->reason_count);
	texts_free(&plugin->warnings, &plugin->warning_count);
	free(plugin->reason);
	free(plugin->death_reason);
	plugin->magic = 0;
	free(plugin);
}

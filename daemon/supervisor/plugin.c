/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"

#define PLUGIN_MAGIC 0x504c5547u
#define OUTPUT_LINE_MAX 4096
/* More than a pipe or the channel holds. */
#define REST_MAX (1024 * 1024)
/* From the end of the channel to the end of the process, when that is all there is to it. */
#define CLOSED_LIMIT_NS NS_PER_S
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

static struct plugin *plugin_of(void *context)
{
	struct plugin *plugin = context;

	assert(plugin->magic == PLUGIN_MAGIC);
	return plugin;
}

/* Moves to a state; the reason, in words, is logged and kept for status. */
static void __attribute__((format(printf, 3, 4)))
plugin_set_state(struct plugin *plugin, enum plugin_state state, const char *format, ...)
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

static void set_timer(struct plugin *plugin, int64_t ns)
{
	struct timeval wait = {.tv_sec = ns / NS_PER_S, .tv_usec = ns % NS_PER_S / 1000};

	evtimer_add(plugin->timer, &wait);
}

static void free_texts(char ***texts, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*texts)[i]);
	free(*texts);
	*texts = NULL;
	*count = 0;
}

static void free_classes(struct class **classes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		class_free(classes[i]);
	free(classes);
}

/* ---- what the process prints ---- */

static void log_output(struct plugin *plugin, int level, const char *line)
{
	int least = plugin->config->log_level >= 0 ? plugin->config->log_level
	                                           : plugin->supervisor->config.plugin_log_level;

	if (level >= least)
		log_always(level, plugin->config->name, NULL, line);
}

/* Logs the complete lines of what was printed, and with rest set what is left without an end. */
static void log_lines(struct plugin *plugin, struct bufferevent *stream, int level, bool rest)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	char *line;

	while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF)) != NULL) {
		log_output(plugin, level, line);
		free(line);
	}
	while (evbuffer_get_length(input) >= (rest ? 1 : OUTPUT_LINE_MAX)) {
		char part[OUTPUT_LINE_MAX + 1];
		int length = evbuffer_remove(input, part, OUTPUT_LINE_MAX);

		if (length <= 0)
			break;
		part[length] = '\0';
		log_output(plugin, level, part);
	}
}

static void output_ready(struct bufferevent *stream, void *context)
{
	log_lines(plugin_of(context), stream, LOG_LEVEL_INFO, false);
}

static void errors_ready(struct bufferevent *stream, void *context)
{
	log_lines(plugin_of(context), stream, LOG_LEVEL_WARNING, false);
}

static void output_event(struct bufferevent *stream, short what, void *context)
{
	(void)what;
	(void)context;
	bufferevent_disable(stream, EV_READ);
}

/*
 * Reads what a dead process left in its stream. No more than fits there: a process that it started
 * may live on, and write faster than we read.
 */
static void read_rest(struct bufferevent *stream)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	int left = REST_MAX;
	int length;

	evbuffer_unfreeze(input, 0);
	while (left > 0 && (length = evbuffer_read(input, bufferevent_getfd(stream), left)) > 0)
		left -= length;
}

/* Logs what a dead process printed last, then closes the stream. */
static void close_output(struct plugin *plugin, struct bufferevent **stream, int level)
{
	if (*stream == NULL)
		return;
	read_rest(*stream);
	log_lines(plugin, *stream, level, true);
	bufferevent_free(*stream);
	*stream = NULL;
}

/* ---- messages ---- */

static void receive_loaded(struct plugin *plugin, struct message *message);
static void receive_failed(struct plugin *plugin, struct message *message);

static struct session *session_of(struct plugin *plugin, uint32_t number, const char *what)
{
	struct session *session = session_find(plugin, number);

	if (session == NULL)
		plugin_kill(plugin, "sent %s for session %u, which is not open", what, number);
	return session;
}

static void receive_batch(struct plugin *plugin, struct message *message)
{
	struct session *session = session_of(plugin, message->batch->session, "a batch");

	if (session != NULL)
		session_batch(session, message->batch);
}

static void receive_ended(struct plugin *plugin, struct message *message)
{
	struct session *session = session_of(plugin, message->ended.session, "the end");

	if (session != NULL)
		session_ended(
		    session, message->ended.failed, message->ended.hook, message->ended.reason);
}

static void receive_log(struct plugin *plugin, struct message *message)
{
	const struct session *session = session_find(plugin, message->log.session);

	log_always((int)message->log.level, plugin->config->name,
	    session != NULL ? graph_name(session->scannable) : NULL, message->log.line);
}

static void receive_obfuscated(struct plugin *plugin, struct message *message)
{
	scannables_obfuscated(plugin, &message->obfuscated);
}

/* Which messages a plugin host may send, and in which states. */
static const struct receiver {
	void (*receive)(struct plugin *plugin, struct message *message);
	bool while_starting, while_running;
} receivers[MESSAGE_TYPE_END] = {
    [MESSAGE_LOADED] = {receive_loaded, true, false},
    [MESSAGE_FAILED] = {receive_failed, true, false},
    [MESSAGE_BATCH] = {receive_batch, false, true},
    [MESSAGE_ENDED] = {receive_ended, false, true},
    [MESSAGE_LOG] = {receive_log, true, true},
    [MESSAGE_OBFUSCATED] = {receive_obfuscated, false, true},
};

static const struct receiver *find_receiver(const struct plugin *plugin, enum message_type type)
{
	const struct receiver *receiver = &receivers[type];

	if (type <= 0 || type >= MESSAGE_TYPE_END || receiver->receive == NULL)
		return NULL;
	if (plugin->state == PLUGIN_STARTING)
		return receiver->while_starting ? receiver : NULL;
	return receiver->while_running ? receiver : NULL;
}

/* Decodes one message and acts on it. Anything wrong ends the process. */
static void receive(struct plugin *plugin, enum message_type type, const void *body, size_t length)
{
	const struct receiver *receiver = find_receiver(plugin, type);
	struct wire_context context = {.classes = plugin->classes,
	    .class_count = plugin->class_count,
	    .class_of = graph_class_of,
	    .context = plugin->supervisor->graph};
	struct message message;
	char reason[REASON_SIZE];

	if (receiver == NULL) {
		plugin_kill(plugin, "sent a message of type %d (%s) while %s", (int)type,
		    message_type_name(type), plugin_state_name(plugin->state));
		return;
	}
	if (!message_decode(type, body, length, &context, &message, reason)) {
		plugin_kill(
		    plugin, "sent a malformed message (%s): %s", message_type_name(type), reason);
		return;
	}
	receiver->receive(plugin, &message);
	message_clear(&message);
}

/* Takes complete messages out of what came in. */
static void receive_all(struct plugin *plugin)
{
	struct evbuffer *input = bufferevent_get_input(plugin->channel);
	enum message_type type;
	const void *body;
	size_t length;
	char reason[REASON_SIZE];
	int more = 1;

	while ((length = evbuffer_get_contiguous_space(input)) > 0 && !plugin->killed) {
		frame_reader_feed(
		    &plugin->frames, evbuffer_pullup(input, (ev_ssize_t)length), length);
		evbuffer_drain(input, length);
	}
	while (!plugin->killed &&
	       (more = frame_reader_next(&plugin->frames, &type, &body, &length, reason)) > 0)
		receive(plugin, type, body, length);
	if (!plugin->killed && more < 0)
		plugin_kill(plugin, "sent what is no message: %s", reason);
}

static void channel_ready(struct bufferevent *stream, void *context)
{
	(void)stream;
	receive_all(plugin_of(context));
}

static void channel_event(struct bufferevent *stream, short what, void *context)
{
	struct plugin *plugin = plugin_of(context);

	(void)what;
	bufferevent_disable(stream, EV_READ | EV_WRITE);
	plugin->closed = true;
	if (plugin->process.pid == 0)
		plugin_ended(plugin, 0);
	else if (plugin->state != PLUGIN_STOPPING)
		set_timer(plugin, CLOSED_LIMIT_NS);
}

void plugin_send(struct plugin *plugin, const struct message *message)
{
	struct text frames = TEXT_EMPTY;

	if (plugin->channel == NULL)
		return;
	message_encode(message, &frames);
	bufferevent_write(plugin->channel, frames.data, frames.length);
	explicit_bzero(frames.data, frames.length);
	text_clear(&frames);
}

/* ---- starting ---- */

static struct bufferevent *open_stream(
    struct plugin *plugin, int fd, bufferevent_data_cb ready, bufferevent_event_cb event)
{
	struct bufferevent *stream =
	    bufferevent_socket_new(plugin->supervisor->base, fd, BEV_OPT_CLOSE_ON_FREE);

	assert(stream != NULL);
	bufferevent_setcb(stream, ready, NULL, event, plugin);
	bufferevent_enable(stream, EV_READ);
	return stream;
}

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
		set_timer(plugin, wait);
		return;
	}
	plugin->has_process = true;
	plugin->closed = false;
	plugin->killed = false;
	plugin->started = monotonic_now();
	plugin->channel =
	    open_stream(plugin, plugin->process.channel, channel_ready, channel_event);
	bufferevent_enable(plugin->channel, EV_WRITE);
	plugin->output = open_stream(plugin, plugin->process.output, output_ready, output_event);
	plugin->errors = open_stream(plugin, plugin->process.errors, errors_ready, output_event);
	plugin_set_state(plugin, PLUGIN_STARTING, NULL);
	set_timer(plugin, plugin->supervisor->config.load_limit_ns);
	send_configure(plugin);
}

void plugin_retry(struct plugin *plugin)
{
	if (plugin->state != PLUGIN_FAILED || plugin->refused || plugin->has_process)
		return;
	free_texts(&plugin->reasons, &plugin->reason_count);
	plugin_start(plugin);
}

void plugin_refuse(struct plugin *plugin, const char *reason)
{
	free_texts(&plugin->reasons, &plugin->reason_count);
	plugin->reasons = xcalloc(1, sizeof(*plugin->reasons));
	plugin->reasons[0] = xstrdup(reason);
	plugin->reason_count = 1;
	plugin_set_state(plugin, PLUGIN_FAILED, "%s", reason);
	plugin_join(plugin);
}

/* Whether the classes are those that an earlier process of this plugin declared. */
static bool same_classes(const struct plugin *plugin, const struct message_loaded *loaded)
{
	if (plugin->classes == NULL || plugin->class_count != loaded->class_count)
		return false;
	for (size_t i = 0; i < plugin->class_count; i++)
		if (!class_equal(plugin->classes[i], loaded->classes[i]))
			return false;
	return true;
}

/* Whether every class says that it is this plugin's. */
static bool are_own_classes(const struct plugin *plugin, const struct message_loaded *loaded)
{
	for (size_t i = 0; i < loaded->class_count; i++)
		if (strcmp(loaded->classes[i]->plugin, plugin->config->name) != 0)
			return false;
	return true;
}

/* Takes over the classes of the message, unless the graph already has just these. */
static void take_classes(struct plugin *plugin, struct message_loaded *loaded)
{
	if (same_classes(plugin, loaded))
		return;
	if (plugin->classes != NULL) {
		if (plugin->declared)
			graph_retract(plugin->supervisor->graph, plugin->config->name);
		plugin->declared = false;
		free_classes(plugin->classes, plugin->class_count);
	}
	plugin->classes = loaded->classes;
	plugin->class_count = loaded->class_count;
	loaded->classes = NULL;
	loaded->class_count = 0;
}

void plugin_join(struct plugin *plugin)
{
	struct supervisor *supervisor = plugin->supervisor;
	struct session *session;

	if (plugin->state == PLUGIN_FAILED && supervisor->loaded) {
		graph_hide(supervisor->graph, plugin->config->name);
		supervisor_kick(supervisor);
	}
	if (plugin->state != PLUGIN_RUNNING || !supervisor->loaded)
		return;
	if (!plugin->declared)
		graph_declare(
		    supervisor->graph, plugin->config->name, plugin->classes, plugin->class_count);
	plugin->declared = true;
	scannables_configure(plugin);
	TAILQ_FOREACH (session, &plugin->sessions, next)
		session_open(session);
	supervisor_kick(supervisor);
}

static void take_warnings(struct plugin *plugin, struct message_loaded *loaded)
{
	free_texts(&plugin->warnings, &plugin->warning_count);
	plugin->warnings = loaded->warnings;
	plugin->warning_count = loaded->warning_count;
	loaded->warnings = NULL;
	loaded->warning_count = 0;
	for (size_t i = 0; i < plugin->warning_count; i++)
		log_about(LOG_LEVEL_WARNING, plugin->config->name, NULL, "%s", plugin->warnings[i]);
}

static void receive_loaded(struct plugin *plugin, struct message *message)
{
	struct message_loaded *loaded = &message->loaded;

	if (!are_own_classes(plugin, loaded)) {
		plugin_kill(plugin, "declared classes of another plugin");
		return;
	}
	evtimer_del(plugin->timer);
	plugin->api_major = loaded->api_major;
	plugin->api_minor = loaded->api_minor;
	take_classes(plugin, loaded);
	take_warnings(plugin, loaded);
	plugin_set_state(plugin, PLUGIN_RUNNING, "%zu classes, interface %u.%u, process %d",
	    plugin->class_count, plugin->api_major, plugin->api_minor, (int)plugin->process.pid);
	plugin_join(plugin);
}

static void receive_failed(struct plugin *plugin, struct message *message)
{
	struct message_failed *failed = &message->failed;

	evtimer_del(plugin->timer);
	free_texts(&plugin->reasons, &plugin->reason_count);
	plugin->reasons = failed->reasons;
	plugin->reason_count = failed->reason_count;
	failed->reasons = NULL;
	failed->reason_count = 0;
	plugin_set_state(plugin, PLUGIN_FAILED, "%s",
	    plugin->reason_count > 0 ? plugin->reasons[0] : "could not be loaded");
	for (size_t i = 1; i < plugin->reason_count; i++)
		log_about(LOG_LEVEL_ERROR, plugin->config->name, NULL, "%s", plugin->reasons[i]);
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
	if (plugin->process.pid > 0)
		kill(plugin->process.pid, SIGKILL);
	else
		shutdown(plugin->process.channel, SHUT_RDWR);
	if (plugin->state != PLUGIN_STOPPING)
		set_timer(plugin, KILLED_LIMIT_NS);
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
	set_timer(plugin, plugin->supervisor->config.stop_limit_ns);
}

/* The hook a worker is in, as far as a recorder that may hold anything tells. */
struct activity {
	uint32_t hook;
	uint32_t session;
	int64_t for_ns;
};

static bool read_activity(const struct plugin *plugin, size_t worker, struct activity *activity)
{
	const struct recorder_entry *entry = &plugin->process.recorder->workers[worker];
	struct monotonic since = {entry->since_ns};

	*activity = (struct activity){.hook = entry->hook, .session = entry->session};
	activity->for_ns = monotonic_since(monotonic_now(), since);
	return activity->hook > HOOK_NONE && activity->hook < HOOK_END;
}

/* Appends 'in update_scan of "array-7"' for every hook that was running, or just the fatal one. */
static void describe_activity(struct plugin *plugin, struct text *text)
{
	uint32_t fatal = plugin->process.recorder->fatal_worker;
	struct activity activity;
	const char *separator = " in ";

	for (size_t i = 0; i < RECORDER_WORKERS; i++) {
		const struct session *session;

		if (fatal > 0 && fatal <= RECORDER_WORKERS && i != fatal - 1)
			continue;
		if (!read_activity(plugin, i, &activity))
			continue;
		session = session_find(plugin, activity.session);
		text_printf(text, "%s%s", separator, hook_name(activity.hook));
		if (session != NULL)
			text_printf(text, " of \"%s\"", graph_name(session->scannable));
		separator = " and in ";
	}
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

/* Whether a session's hook was running when the process died. */
static bool was_busy(const struct plugin *plugin, const struct session *session)
{
	uint32_t fatal = plugin->process.recorder->fatal_worker;
	struct activity activity;

	for (size_t i = 0; i < RECORDER_WORKERS; i++) {
		if (fatal > 0 && fatal <= RECORDER_WORKERS && i != fatal - 1)
			continue;
		if (read_activity(plugin, i, &activity) && session->number != 0 &&
		    activity.session == session->number)
			return true;
	}
	return false;
}

/* Tells every session that its process is gone, and which of them is to blame. */
static void lose_sessions(struct plugin *plugin, const char *reason)
{
	struct session *session;
	struct session *next;

	for (session = TAILQ_FIRST(&plugin->sessions); session != NULL; session = next) {
		next = TAILQ_NEXT(session, next);
		if (session->number != 0)
			session_lost(session, was_busy(plugin, session), reason);
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
	set_timer(plugin, wait);
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
	if (plugin->channel != NULL)
		bufferevent_free(plugin->channel);
	plugin->channel = NULL;
	frame_reader_clear(&plugin->frames);
	plugin->process.pid = 0;
	process_close(&plugin->process);
	plugin->has_process = false;
}

/* Takes what a process sent before it ended. */
static void drain_channel(struct plugin *plugin)
{
	bufferevent_disable(plugin->channel, EV_READ | EV_WRITE);
	read_rest(plugin->channel);
	receive_all(plugin);
}

void plugin_ended(struct plugin *plugin, int status)
{
	struct text cause = TEXT_EMPTY;

	evtimer_del(plugin->timer);
	if (plugin->process.pid > 0)
		kill(-plugin->process.pid, SIGKILL);
	drain_channel(plugin);
	close_output(plugin, &plugin->output, LOG_LEVEL_INFO);
	close_output(plugin, &plugin->errors, LOG_LEVEL_WARNING);
	describe_status(plugin, status, &cause);
	describe_activity(plugin, &cause);
	lose_sessions(plugin, cause.data);
	scannables_forget_pending(plugin);
	if (plugin->state == PLUGIN_STOPPING)
		end_stop(plugin, status, cause.data);
	else if (plugin->state != PLUGIN_FAILED)
		bury(plugin, cause.data);
	close_process(plugin);
	text_clear(&cause);
	supervisor_plugin_changed(plugin->supervisor);
}

/* The limit of one run of a hook. */
static int64_t hook_limit(const struct plugin *plugin, uint32_t hook)
{
	switch (hook) {
	case HOOK_INITIAL_SCAN:
	case HOOK_UPDATE_SCAN:
		return plugin->config->scan_limit_ns;
	case HOOK_LOAD:
		return plugin->supervisor->config.load_limit_ns;
	default:
		return plugin->config->teardown_limit_ns;
	}
}

void plugin_check_limits(struct plugin *plugin)
{
	struct activity activity;
	char text[CLOCK_TEXT_SIZE];

	if (!plugin->has_process || plugin->killed)
		return;
	for (size_t i = 0; i < RECORDER_WORKERS; i++) {
		int64_t limit;

		if (!read_activity(plugin, i, &activity))
			continue;
		limit = hook_limit(plugin, activity.hook);
		if (activity.for_ns > limit) {
			plugin->process.recorder->fatal_worker = (uint32_t)i + 1;
			plugin_kill(plugin, "did not return from %s within %s",
			    hook_name(activity.hook), duration_format(limit, text));
			return;
		}
	}
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
	describe_activity(plugin, &where);
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
	TAILQ_INIT(&plugin->pending);
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
		close_output(plugin, &plugin->output, LOG_LEVEL_INFO);
		close_output(plugin, &plugin->errors, LOG_LEVEL_WARNING);
		close_process(plugin);
	}
	scannables_forget_pending(plugin);
	event_free(plugin->timer);
	free_classes(plugin->classes, plugin->class_count);
	free_texts(&plugin->reasons, &plugin->reason_count);
	free_texts(&plugin->warnings, &plugin->warning_count);
	free(plugin->reason);
	free(plugin->death_reason);
	plugin->magic = 0;
	free(plugin);
}

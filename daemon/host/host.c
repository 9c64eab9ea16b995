/* SPDX-License-Identifier: MIT */
#include "host/host.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "host/calls.h"
#include "host/host_internal.h"
#include "host/obituary.h"
#include "host/preparation.h"
#include "host/refusal.h"
#include "host/session.h"

/* Time for sessions to be torn down once the supervisor is gone. */
#define GRACE_NS (2 * NS_PER_S)

/* What became of a step in the life of a host; the last one's is the exit status. */
enum step { STEP_DONE = 0, STEP_NOT_LOADED = 1, STEP_CHANNEL = 2 };

/* Of the process's own host, whose log lines go to the supervisor. */
static _Atomic(struct host *) logging_host;

/* ---- messages to the supervisor ---- */

void host_send(struct host *host, const struct message *message)
{
	if (host->receive != NULL)
		host->receive(host->receiver, message);
	else
		host_channel_send(&host->channel, message);
}

void host_session_gone_locked(struct host *host)
{
	host->live--;
	if (host->live > 0)
		return;
	pthread_cond_broadcast(&host->all_ended);
	/* Fails only if the plugin closed the descriptor, which the main thread will notice. */
	eventfd_write(host->wake, 1);
}

static void send_line(struct host *host, uint32_t session, int level, const char *line)
{
	struct message message = {.type = MESSAGE_LOG,
	    .log = {.session = session, .level = level > 0 ? (uint32_t)level : 0}};

	if (level < (int)atomic_load(&host->log_level))
		return;
	message.log.line = text_of_plugin(line);
	host_send(host, &message);
	message_clear(&message);
}

void host_log(struct host *host, uint32_t session, int level, const char *format, ...)
{
	va_list arguments;
	char *line;

	if (level < (int)atomic_load(&host->log_level))
		return;
	va_start(arguments, format);
	line = xvasprintf(format, arguments);
	va_end(arguments);
	send_line(host, session, level, line);
	free(line);
}

/* Where the lines of the whole process go. */
static void log_to_supervisor(
    int level, const char *plugin, const char *scannable, const char *line)
{
	struct host *host = atomic_load(&logging_host);

	(void)plugin;
	(void)scannable;
	if (host != NULL)
		send_line(host, 0, level, line);
}

/* ---- messages from the supervisor ---- */

static void on_open(struct host *host, struct message *message)
{
	host_session_open(host, &message->open);
}

static void on_close(struct host *host, struct message *message)
{
	host_session_close(host, message->close.session);
}

static void on_scan(struct host *host, struct message *message)
{
	host_session_hurry(host, message->scan.session);
}

static void on_acknowledge(struct host *host, struct message *message)
{
	host_session_acknowledge(host, message->acknowledge.session, message->acknowledge.batch);
}

static void on_associate(struct host *host, struct message *message)
{
	host_session_associate(host, &message->associate);
}

static void on_prepare(struct host *host, struct message *message)
{
	preparation_request(host, &message->prepare);
}

static void on_adjust(struct host *host, struct message *message)
{
	atomic_store(&host->default_period_s, message->adjust.default_period_s);
	atomic_store(&host->log_level, message->adjust.log_level);
	workers_limit(host, message->adjust.workers);
}

static void on_stop(struct host *host, struct message *message)
{
	(void)message;
	host->stopping = true;
	host_sessions_close(host);
}

typedef void message_handler(struct host *host, struct message *message);

static message_handler *const handlers[MESSAGE_TYPE_END] = {
    [MESSAGE_OPEN] = on_open,
    [MESSAGE_CLOSE] = on_close,
    [MESSAGE_ACKNOWLEDGE] = on_acknowledge,
    [MESSAGE_PREPARE] = on_prepare,
    [MESSAGE_ASSOCIATE] = on_associate,
    [MESSAGE_SCAN] = on_scan,
    [MESSAGE_ADJUST] = on_adjust,
    [MESSAGE_STOP] = on_stop,
};

static int next_message(struct host *host, struct message *message)
{
	const struct wire_context context = {
	    .classes = host->plugin.classes, .class_count = host->plugin.class_count};
	char reason[REASON_SIZE];
	int result = host_channel_next(&host->channel, &context, message, reason);

	if (result < 0)
		host_log(host, 0, LOG_LEVEL_ERROR, "the channel is broken: %s", reason);
	return result;
}

void host_handle(struct host *host, struct message *message)
{
	if (handlers[message->type] != NULL)
		handlers[message->type](host, message);
	else
		host_log(host, 0, LOG_LEVEL_ERROR, "unexpected message %s",
		    message_type_name(message->type));
}

/* Handles all messages that have arrived. Returns false if one of them is none. */
static bool handle_messages(struct host *host)
{
	struct message message;
	int result;

	while ((result = next_message(host, &message)) > 0) {
		host_handle(host, &message);
		message_clear(&message);
	}
	return result == 0;
}

/* ---- the life of a host ---- */

/* Waits for the configuration, which is the first message. */
static enum step await_configuration(struct host *host)
{
	struct message message;
	int result;

	while ((result = next_message(host, &message)) == 0)
		if (!host_channel_receive(&host->channel, host->wake))
			return STEP_CHANNEL;
	if (result < 0)
		return STEP_CHANNEL;
	if (message.type != MESSAGE_CONFIGURE) {
		message_clear(&message);
		return STEP_CHANNEL;
	}
	host->configuration = message.configure;
	host->log_level = message.configure.log_level;
	host->default_period_s = message.configure.default_period_s;
	return STEP_DONE;
}

static void send_failed(struct host *host, struct reasons *reasons)
{
	struct message message = {.type = MESSAGE_FAILED,
	    .failed = {.reasons = reasons->items, .reason_count = reasons->count}};

	host_send(host, &message);
}

static void send_loaded(struct host *host)
{
	struct loaded_plugin *plugin = &host->plugin;
	struct message message = {.type = MESSAGE_LOADED,
	    .loaded = {.api_major = plugin->definition.major,
	        .api_minor = plugin->definition.minor,
	        .has_update_scan = plugin->definition.update_scan != NULL,
	        .classes = plugin->classes,
	        .class_count = plugin->class_count,
	        .warnings = plugin->warnings.items,
	        .warning_count = plugin->warnings.count}};

	host_send(host, &message);
}

static void index_names(struct host *host)
{
	size_t count = host->plugin.class_count;

	host->names = xcalloc(count, sizeof(*host->names));
	host->label_complained = xcalloc(count, sizeof(*host->label_complained));
	for (size_t i = 0; i < count; i++)
		class_names_init(&host->names[i], host->plugin.classes[i]);
}

static bool open_plugin(struct host *host, struct reasons *reasons)
{
	const struct message_configure *configuration = &host->configuration;

	if (host->definition != NULL)
		return load_definition(
		    configuration->plugin, host->definition, &host->plugin, reasons);
	return load_plugin(configuration->plugin, configuration->path, &host->plugin, reasons);
}

/* Whether the plugin will be given passwords. */
static bool has_passwords(const struct loaded_plugin *plugin)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		for (size_t k = 0; k < plugin->classes[i]->attribute_count; k++)
			if (plugin->classes[i]->attributes[k].type == ATTRIBUTE_PASSWORD)
				return true;
	return false;
}

bool host_load(struct host *host)
{
	struct reasons reasons = {.count = 0};

	recorder_enter(host->recorder, 0, HOOK_LOAD, 0);
	obituary_enter_thread(0);
	host->loaded = open_plugin(host, &reasons);
	obituary_leave_thread();
	recorder_leave(host->recorder, 0);
	if (!host->loaded)
		send_failed(host, &reasons);
	reasons_clear(&reasons);
	if (!host->loaded)
		return false;
	/* No core file of a plugin host, and no other process of its user, gets at them. */
	if (host->own_process && host->receive == NULL && has_passwords(&host->plugin))
		prctl(PR_SET_DUMPABLE, 0);
	*host->plugin.definition.calls = &host_calls;
	index_names(host);
	send_loaded(host);
	return true;
}

static enum step start_workers(struct host *host)
{
	struct reasons reasons = {.count = 0};
	int error = workers_start(host, host->configuration.workers);

	if (error == 0)
		return STEP_DONE;
	reasons_add(&reasons, "its worker threads can't be started: %s", strerror(error));
	send_failed(host, &reasons);
	reasons_clear(&reasons);
	return STEP_NOT_LOADED;
}

static size_t count_live(struct host *host)
{
	size_t live;

	pthread_mutex_lock(&host->lock);
	live = host->live;
	pthread_mutex_unlock(&host->lock);
	return live;
}

/* Serves the supervisor until it said STOP and all sessions have ended. */
static enum step serve(struct host *host)
{
	while (!host->stopping || count_live(host) > 0) {
		atomic_fetch_add(&host->recorder->turns, 1);
		if (!host_channel_receive(&host->channel, host->wake) || !handle_messages(host))
			return STEP_CHANNEL;
		workers_balance(host);
	}
	return STEP_DONE;
}

/* After the supervisor is gone: tears down what can be in time. Returns whether all was. */
static bool wind_up(struct host *host)
{
	struct timespec end = monotonic_timespec(monotonic_after(monotonic_now(), GRACE_NS));
	bool ended;
	int error = 0;

	host->stopping = true;
	atomic_store(&host->alone, true);
	host_sessions_close(host);
	workers_balance(host);
	pthread_mutex_lock(&host->lock);
	while (host->live > 0 && error == 0)
		error = pthread_cond_timedwait(&host->all_ended, &host->lock, &end);
	ended = host->live == 0;
	pthread_mutex_unlock(&host->lock);
	return ended;
}

/* The story of a plugin host. *ended tells whether no hook of the plugin runs any more. */
static enum step live(struct host *host, bool *ended)
{
	enum step step = await_configuration(host);

	*ended = true;
	if (step == STEP_DONE)
		step = host_load(host) ? STEP_DONE : STEP_NOT_LOADED;
	if (step == STEP_DONE)
		step = start_workers(host);
	if (step == STEP_DONE)
		step = serve(host);
	if (step == STEP_CHANNEL)
		*ended = wind_up(host);
	return step;
}

/* ---- beginning and end ---- */

struct host *host_new(int channel, int recorder, bool own_process)
{
	struct host *host = xcalloc(1, sizeof(*host));
	pthread_condattr_t attributes;

	host->magic = HOST_MAGIC;
	host->own_process = own_process;
	host->log_level = LOG_LEVEL_INFO;
	host_channel_init(&host->channel, channel);
	deadline_queue_init(&host->scans);
	deadline_queue_init(&host->slow);
	deadline_queue_init(&host->endings);
	deadline_queue_init(&host->prompt);
	pthread_mutex_init(&host->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&host->all_ended, &attributes);
	pthread_condattr_destroy(&attributes);
	host->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	host->recorder = recorder_map(recorder);
	close(recorder);
	return host;
}

static void free_plugin(struct host *host)
{
	for (size_t i = 0; i < host->plugin.class_count; i++)
		class_names_clear(&host->names[i]);
	free(host->names);
	free(host->label_complained);
	unload_plugin(&host->plugin);
}

void host_free(struct host *host)
{
	struct message configure = {.type = MESSAGE_CONFIGURE, .configure = host->configuration};

	workers_join(host);
	preparations_free(host);
	if (host->loaded)
		free_plugin(host);
	message_clear(&configure);
	deadline_queue_destroy(&host->scans);
	deadline_queue_destroy(&host->slow);
	deadline_queue_destroy(&host->endings);
	deadline_queue_destroy(&host->prompt);
	host_channel_close(&host->channel);
	pthread_mutex_destroy(&host->lock);
	pthread_cond_destroy(&host->all_ended);
	close(host->wake);
	recorder_unmap(host->recorder);
	free(host);
}

void host_take_process(struct host *host)
{
	obituary_prepare(host->recorder);
	atomic_store(&logging_host, host);
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(log_to_supervisor);
}

void host_release_process(void)
{
	log_set_sink(NULL);
	atomic_store(&logging_host, NULL);
	obituary_cancel();
}

/* Runs a host that was made by host_new() to its end. */
static int run_host(struct host *host)
{
	bool ended;
	enum step step;

	if (host->recorder == NULL || host->wake < 0) {
		host_free(host);
		return STEP_CHANNEL;
	}
	if (host->own_process)
		host_take_process(host);
	step = live(host, &ended);
	if (host->own_process)
		host_release_process();
	if (ended)
		host_free(host);
	else if (host->own_process)
		_exit(step); /* A hook does not return, and must not run while exit() cleans up. */
	return step;
}

int host_main(int channel, int recorder)
{
	return run_host(host_new(channel, recorder, true));
}

/* ---- in threads ---- */

static pthread_mutex_t threads_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t *threads;
static size_t thread_count;
static size_t thread_capacity;

static void *run_thread(void *argument)
{
	struct host *host = argument;

	assert(host->magic == HOST_MAGIC);
	run_host(host);
	return NULL;
}

int host_start_thread(int channel, int recorder)
{
	struct host *host = host_new(channel, recorder, false);
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run_thread, host);

	if (error != 0) {
		host_free(host);
		return error;
	}
	pthread_mutex_lock(&threads_lock);
	threads = xgrow(threads, thread_count, &thread_capacity, sizeof(*threads));
	threads[thread_count++] = thread;
	pthread_mutex_unlock(&threads_lock);
	return 0;
}

void host_join_threads(void)
{
	pthread_mutex_lock(&threads_lock);
	for (size_t i = 0; i < thread_count; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	threads = NULL;
	thread_count = 0;
	thread_capacity = 0;
	pthread_mutex_unlock(&threads_lock);
}

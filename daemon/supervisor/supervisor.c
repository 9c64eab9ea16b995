/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/memory.h"
#include "host/host.h"

#define SUPERVISOR_MAGIC 0x53555056u

struct supervisor *supervisor_of(void *context)
{
	struct supervisor *supervisor = context;

	assert(supervisor->magic == SUPERVISOR_MAGIC);
	return supervisor;
}

/* ---- plugins ---- */

struct plugin *supervisor_find_plugin(const struct supervisor *supervisor, const char *name)
{
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (strcmp(plugin->config->name, name) == 0)
			return plugin;
	return NULL;
}

static void start_plugins(struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;

	for (size_t i = 0; i < config->plugin_count; i++) {
		bool taken = supervisor_find_plugin(supervisor, config->plugins[i].name) != NULL;
		struct plugin *plugin = plugin_new(supervisor, &config->plugins[i]);

		TAILQ_INSERT_TAIL(&supervisor->plugins, plugin, next);
		plugin->refused = taken;
		if (taken)
			plugin_refuse(
			    plugin, "duplicate: another plugin of this name is listed before it");
		else
			plugin_start(plugin);
	}
}

unsigned supervisor_check_scannables(const struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;
	unsigned mistakes = 0;

	for (size_t i = 0; i < config->scannable_count; i++) {
		const struct scannable_config *scannable = &config->scannables[i];

		if (supervisor_find_plugin(supervisor, scannable->plugin) != NULL)
			continue;
		log_error("%s: plugin \"%s\" is not listed under plugins", scannable->place,
		    scannable->plugin);
		mistakes++;
	}
	return mistakes;
}

unsigned supervisor_scanning_initially(const struct supervisor *supervisor)
{
	const struct plugin *plugin;
	const struct session *session;
	unsigned count = supervisor->loaded ? 0 : 1;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		count += plugin->state == PLUGIN_STARTING;
		count += scannables_pending(plugin);
		TAILQ_FOREACH (session, &plugin->sessions, next)
			count += !session->scanned || session->state == SESSION_FIRST;
	}
	return count;
}

/* Tells systemd how things are, when that changed. It visits every session: not for every scan. */
static void tell_systemd(struct supervisor *supervisor)
{
	char *text = supervisor_summary(supervisor);

	if (supervisor->status_text == NULL || strcmp(text, supervisor->status_text) != 0)
		sd_notifyf(0, "STATUS=%s", text);
	free(supervisor->status_text);
	supervisor->status_text = text;
}

/* ---- --check ---- */

/* The verdict of --check once every plugin has loaded or failed to. */
static void check_finished(struct supervisor *supervisor)
{
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->state == PLUGIN_STARTING || plugin->state == PLUGIN_BACKOFF)
			return;
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		if (plugin->state == PLUGIN_FAILED)
			supervisor->mistakes++;
		else
			supervisor->mistakes += scannables_check(plugin);
	}
	supervisor->mistakes += supervisor_check_scannables(supervisor);
	event_base_loopbreak(supervisor->base);
}

/* ---- stopping ---- */

static bool any_process(const struct supervisor *supervisor)
{
	const struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->has_process)
			return true;
	return false;
}

/*
 * The order of a stop: sessions and plugins, then what is to be written. A database that is away
 * may be back before the time for stopping is over, unless the runner has given it up.
 */
static void continue_stop(struct supervisor *supervisor)
{
	if (supervisor->store == NULL || any_process(supervisor))
		return;
	if (database_is_written(supervisor) || supervisor->exit_status != 0)
		event_base_loopexit(supervisor->base, NULL);
	else if (supervisor->database_away)
		store_retry_now(supervisor->store);
	else
		store_kick(supervisor->store);
}

void supervisor_plugin_changed(struct supervisor *supervisor)
{
	if (supervisor->state == SUPERVISOR_STOPPING)
		continue_stop(supervisor);
}

/* Orderly means took too long: leave what is left behind. */
static void stop_took_too_long(int fd, short what, void *context)
{
	struct supervisor *supervisor = supervisor_of(context);

	(void)fd;
	(void)what;
	supervisor->at_once = true;
	event_base_loopbreak(supervisor->base);
}

static void begin_stop(struct supervisor *supervisor)
{
	struct timeval limit = {.tv_sec = supervisor->config.stop_limit_ns / NS_PER_S + 10};
	struct plugin *plugin;

	supervisor->state = SUPERVISOR_STOPPING;
	sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%lld", (limit.tv_sec + 10) * 1000000LL);
	evtimer_add(supervisor->stop_timer, &limit);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		plugin_stop(plugin);
	continue_stop(supervisor);
}

static void terminate(evutil_socket_t number, short what, void *context)
{
	struct supervisor *supervisor = supervisor_of(context);

	(void)what;
	if (supervisor->state == SUPERVISOR_STOPPING) {
		log_warning("%s again: stopping at once", strsignal((int)number));
		supervisor->exit_status = EXIT_FAILURE;
		supervisor->at_once = true;
		event_base_loopbreak(supervisor->base);
		return;
	}
	log_info("%s: stopping", strsignal((int)number));
	begin_stop(supervisor);
}

void supervisor_give_up(struct supervisor *supervisor, const char *reason)
{
	log_error("%s", reason);
	supervisor->exit_status = EXIT_FAILURE;
	if (supervisor->state != SUPERVISOR_STOPPING)
		begin_stop(supervisor);
}

/* ---- events ---- */

static struct plugin *plugin_of_process(const struct supervisor *supervisor, pid_t pid)
{
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->has_process && plugin->process.pid == pid)
			return plugin;
	return NULL;
}

/* The child that ended first, or 0. Its number is not given back before waitpid(). */
static pid_t ended_child(void)
{
	siginfo_t child = {.si_pid = 0};

	return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 ? child.si_pid : 0;
}

static void child_ended(evutil_socket_t number, short what, void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	int status;
	pid_t pid;

	(void)number;
	(void)what;
	while ((pid = ended_child()) > 0) {
		struct plugin *plugin = plugin_of_process(supervisor, pid);

		/* What it started is in its group, and ends with it. */
		if (plugin != NULL)
			kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		if (plugin != NULL)
			plugin_ended(plugin, status);
		else if (supervisor->embedded != NULL)
			embedded_child_ended(supervisor->embedded, pid, status);
	}
	supervisor_plugin_changed(supervisor);
}

static void every_second(evutil_socket_t fd, short what, void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct plugin *plugin;

	(void)fd;
	(void)what;
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		plugin_check_limits(plugin);
		plugin_tell_dropped(plugin);
	}
	database_check_write(supervisor);
	supervisor_plugin_changed(supervisor);
	tell_systemd(supervisor);
}

static void hangup(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	supervisor_reload(supervisor_of(context));
}

static struct event *watch_signal(
    struct supervisor *supervisor, int number, event_callback_fn callback)
{
	struct event *event = evsignal_new(supervisor->base, number, callback, supervisor);

	assert(event != NULL);
	evsignal_add(event, NULL);
	return event;
}

static void watch_signals(struct supervisor *supervisor)
{
	supervisor->terminate_signals[0] = watch_signal(supervisor, SIGTERM, terminate);
	supervisor->terminate_signals[1] = watch_signal(supervisor, SIGINT, terminate);
	supervisor->hangup_signal = watch_signal(supervisor, SIGHUP, hangup);
	supervisor->child_signal = watch_signal(supervisor, SIGCHLD, child_ended);
}

static void check_each_second(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	every_second(fd, what, context);
	check_finished(context);
}

static void watch_clock(struct supervisor *supervisor)
{
	struct timeval second = {.tv_sec = 1};
	struct timeval moment = {.tv_usec = 50 * 1000};

	supervisor->second = event_new(supervisor->base, -1, EV_PERSIST,
	    supervisor->options->check ? check_each_second : every_second, supervisor);
	event_add(supervisor->second, supervisor->options->check ? &moment : &second);
	supervisor->stop_timer = evtimer_new(supervisor->base, stop_took_too_long, supervisor);
}

/* ---- the control API ---- */

static void followers(void *context, bool any)
{
	graph_collect_notices(supervisor_of(context)->graph, any);
}

static const struct control_callbacks control_callbacks = {
    .status = supervisor_status,
    .followers = followers,
};

/* ---- the story ---- */

static void warn(const char *plugin, const char *scannable, const char *line)
{
	log_about(LOG_LEVEL_WARNING, plugin, scannable, "%s", line);
}

static char *find_program(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return NULL;
	path[length] = '\0';
	return xstrdup(path);
}

/* Opens everything that can fail for a reason that a person has to mend. */
static int open_parts(struct supervisor *supervisor)
{
	char reason[REASON_SIZE];

	if (database_open(supervisor, reason) != 0) {
		log_error("%s", reason);
		return -1;
	}
	supervisor->control = control_start(supervisor->base, supervisor->config.control_socket,
	    supervisor->graph, &control_callbacks, supervisor, reason);
	if (supervisor->control == NULL) {
		log_error("%s", reason);
		return -1;
	}
	store_start(supervisor->store);
	return 0;
}

static void run(struct supervisor *supervisor)
{
	start_plugins(supervisor);
	supervisor_check_scannables(supervisor);
	supervisor->state = SUPERVISOR_RUNNING;
	sd_notify(0, "READY=1");
	event_base_dispatch(supervisor->base);
	if (!database_is_written(supervisor))
		log_warning(
		    "stopped before everything was written: what changed will be found again by"
		    " the next initial scans, except samples and past alerts");
}

/* --check: load the plugins, compare the scannables with their classes, and tell. */
static int check(struct supervisor *supervisor)
{
	start_plugins(supervisor);
	event_base_dispatch(supervisor->base);
	if (supervisor->mistakes > 0) {
		fprintf(stderr, "%u mistake%s found\n", supervisor->mistakes,
		    supervisor->mistakes == 1 ? "" : "s");
		return EXIT_WRONG_CONFIGURATION;
	}
	printf("configuration and %zu plugin%s are good\n", supervisor->config.plugin_count,
	    supervisor->config.plugin_count == 1 ? "" : "s");
	return 0;
}

static void free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

static void close_parts(struct supervisor *supervisor)
{
	struct plugin *plugin;

	while ((plugin = TAILQ_FIRST(&supervisor->plugins)) != NULL) {
		TAILQ_REMOVE(&supervisor->plugins, plugin, next);
		plugin_free(plugin);
	}
	host_join_threads();
	if (supervisor->control != NULL)
		control_free(supervisor->control);
	supervisor->control = NULL;
	database_close(supervisor);
	graph_free(supervisor->graph);
	free_event(supervisor->terminate_signals[0]);
	free_event(supervisor->terminate_signals[1]);
	free_event(supervisor->hangup_signal);
	free_event(supervisor->child_signal);
	free_event(supervisor->second);
	free_event(supervisor->stop_timer);
	event_base_free(supervisor->base);
	free(supervisor->program);
	free(supervisor->database_reason);
	free(supervisor->status_text);
}

/* Reads the configuration; mistakes go to standard error as they are. */
static bool read_config(struct supervisor *supervisor)
{
	struct text mistakes = TEXT_EMPTY;
	bool good = config_load(supervisor->options->config_path, &supervisor->config, &mistakes);

	if (!good)
		fputs(mistakes.data, stderr);
	text_clear(&mistakes);
	if (good && supervisor->options->verbose) {
		supervisor->config.log_level = LOG_LEVEL_DEBUG;
		supervisor->config.plugin_log_level = LOG_LEVEL_DEBUG;
	}
	return good;
}

static bool open_log(const struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;

	log_set_level(config->log_level);
	if (supervisor->options->check || log_open(config->log_file) == 0)
		return true;
	fprintf(stderr, "can't open the log file %s: %s\n", config->log_file, strerror(errno));
	return false;
}

int supervisor_main(const struct supervisor_options *options)
{
	struct supervisor supervisor = {
	    .magic = SUPERVISOR_MAGIC, .options = options, .started = monotonic_now()};
	struct graph_options graph_options = {.warn = warn};

	/* A reload asked for before there is anything to reload. */
	signal(SIGHUP, SIG_IGN);
	if (!read_config(&supervisor) || !open_log(&supervisor)) {
		config_free(&supervisor.config);
		return EXIT_WRONG_CONFIGURATION;
	}
	TAILQ_INIT(&supervisor.plugins);
	signal(SIGPIPE, SIG_IGN);
	supervisor.program = find_program();
	supervisor.base = event_base_new();
	supervisor.graph = graph_new(&graph_options);
	supervisor.database_away = true;
	supervisor.database_away_since = supervisor.started;
	assert(supervisor.program != NULL && supervisor.base != NULL);
	watch_signals(&supervisor);
	watch_clock(&supervisor);
	if (options->check)
		supervisor.exit_status = check(&supervisor);
	else if (open_parts(&supervisor) == 0)
		run(&supervisor);
	else
		supervisor.exit_status = EXIT_FAILURE;
	close_parts(&supervisor);
	log_info("stopped");
	log_close();
	config_free(&supervisor.config);
	return supervisor.exit_status;
}

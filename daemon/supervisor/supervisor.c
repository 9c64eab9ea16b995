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

/* How long scans wait for the database to store what it was given. */
#define WRITE_LIMIT_NS (10 * NS_PER_S)

#define SUPERVISOR_MAGIC 0x53555056u

struct supervisor *supervisor_of(void *context)
{
	struct supervisor *supervisor = context;

	assert(supervisor->magic == SUPERVISOR_MAGIC);
	return supervisor;
}

/* ---- the database ---- */

static void restore_counters(void *context, const struct counters *counters)
{
	graph_restore_counters(supervisor_of(context)->graph, counters);
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

static struct plugin *find_plugin(const struct supervisor *supervisor, const char *name)
{
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (strcmp(plugin->config->name, name) == 0)
			return plugin;
	return NULL;
}

/* Hides what the database holds of plugins that are no longer listed. */
static void hide_unlisted(struct supervisor *supervisor)
{
	const struct graph_class *class;

	for (class = graph_first_class(supervisor->graph); class != NULL; class = class->by_id.next)
		if (find_plugin(supervisor, class->plugin) == NULL)
			graph_hide(supervisor->graph, class->plugin);
}

static void database_loaded(void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct plugin *plugin;

	graph_restored(supervisor->graph);
	graph_begin_configuration(supervisor->graph);
	supervisor->loaded = true;
	hide_unlisted(supervisor);
	log_info("database loaded: %zu resources, %s", graph_resource_count(supervisor->graph),
	    "scanning begins");
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		plugin_join(plugin);
}

static struct changes *take_changes(void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct changes *changes = supervisor->loaded ? graph_take_changes(supervisor->graph) : NULL;

	if (changes != NULL)
		supervisor->write_since = monotonic_now();
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

	end_slow_write(supervisor);
	for (size_t i = 0; i < changes->batch_count; i++) {
		struct session *session = session_of(supervisor, changes->batches[i].session);

		if (session != NULL)
			session_acknowledge(session, changes->batches[i].number);
	}
	if (supervisor->control != NULL)
		control_tell(supervisor->control, changes->notices, changes->notice_count);
	changes_free(changes);
	supervisor_plugin_changed(supervisor);
}

/* While the database is away the graph keeps what changes, and scans go on. */
static void acknowledge_everything(struct supervisor *supervisor)
{
	struct plugin *plugin;
	struct session *session;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		TAILQ_FOREACH (session, &plugin->sessions, next)
			session_acknowledge(session, session->unacknowledged);
}

/*
 * A database that answers nothing, or can't store what it is given, is as good as away: nobody is
 * to wait for it.
 */
static void check_write(struct supervisor *supervisor)
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
	bool away = state != STORE_READY && state != STORE_WRITING;

	free(supervisor->database_reason);
	supervisor->database_reason = xstrdup(reason);
	if (away && !supervisor->database_away)
		supervisor->database_away_since = monotonic_now();
	supervisor->database_away = away;
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
    .loaded = database_loaded,
    .take = take_changes,
    .committed = database_committed,
    .state = database_state,
    .fatal = database_fatal,
};

void supervisor_kick(struct supervisor *supervisor)
{
	store_kick(supervisor->store);
}

static void embedded_failed(void *context, const char *reason)
{
	supervisor_give_up(context, reason);
}

/* Makes a directory and those above it, as far as they are missing. Returns 0, or -1 with errno. */
static int make_directories(const char *path)
{
	char *copy = xstrdup(path);
	int result = 0;

	for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			break;
		*slash = '/';
	}
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		result = -1;
	free(copy);
	return result;
}

/* Starts the private cluster if it is wanted. Gives what to connect to, or NULL with a reason. */
static const char *prepare_database(struct supervisor *supervisor, char reason[REASON_SIZE])
{
	const struct config *config = &supervisor->config;
	char *directory;

	if (!config->embedded && !supervisor->options->embedded)
		return config->conninfo != NULL ? config->conninfo : "";
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
	return supervisor->embedded != NULL ? embedded_conninfo(supervisor->embedded) : NULL;
}

/* ---- plugins ---- */

static void start_plugins(struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;

	for (size_t i = 0; i < config->plugin_count; i++) {
		bool taken = find_plugin(supervisor, config->plugins[i].name) != NULL;
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

/* Mentions scannables whose plugin is not listed: nobody would ever look at them. */
static unsigned check_scannable_plugins(const struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;
	unsigned mistakes = 0;

	for (size_t i = 0; i < config->scannable_count; i++) {
		const struct scannable_config *scannable = &config->scannables[i];

		if (find_plugin(supervisor, scannable->plugin) != NULL)
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
	supervisor->mistakes += check_scannable_plugins(supervisor);
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

static bool is_all_written(const struct supervisor *supervisor)
{
	return !supervisor->loaded ||
	       (!graph_has_changes(supervisor->graph) && store_is_idle(supervisor->store));
}

/*
 * The order of a stop: sessions and plugins, then what is to be written. A database that is away
 * may be back before the time for stopping is over, unless the runner has given it up.
 */
static void continue_stop(struct supervisor *supervisor)
{
	if (supervisor->store == NULL || any_process(supervisor))
		return;
	if (is_all_written(supervisor) || supervisor->exit_status != 0)
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

/* Stops the private cluster once nobody is connected to it any more. */
static void stop_embedded(struct supervisor *supervisor)
{
	if (supervisor->embedded == NULL)
		return;
	embedded_stop(supervisor->embedded);
	while (embedded_is_running(supervisor->embedded) && !supervisor->at_once)
		event_base_loop(supervisor->base, EVLOOP_ONCE);
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
	sd_notify(0, "STOPPING=1");
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

static void child_ended(evutil_socket_t number, short what, void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct plugin *plugin;
	int status;
	pid_t pid;

	(void)number;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		TAILQ_FOREACH (plugin, &supervisor->plugins, next)
			if (plugin->has_process && plugin->process.pid == pid)
				break;
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
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		plugin_check_limits(plugin);
	check_write(supervisor);
	supervisor_plugin_changed(supervisor);
	tell_systemd(supervisor);
}

/* Swaps the scannables of two configurations. */
static void swap_scannables(struct config *a, struct config *b)
{
	struct scannable_config *scannables = a->scannables;
	size_t count = a->scannable_count;

	a->scannables = b->scannables;
	a->scannable_count = b->scannable_count;
	b->scannables = scannables;
	b->scannable_count = count;
}

/* Logs each line of a text as an error. */
static void log_lines(char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		log_error("%s", line);
}

/* Compares the scannables with the classes of the plugins that were loaded. */
static unsigned check_scannables(struct supervisor *supervisor)
{
	struct plugin *plugin;
	unsigned mistakes = 0;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->classes != NULL)
			mistakes += scannables_check(plugin);
	return mistakes;
}

/* Takes up the scannables of the configuration. */
static void configure_again(struct supervisor *supervisor)
{
	struct plugin *plugin;

	log_info("configuration reloaded: %zu scannables (other changes take effect at the next"
	         " start)",
	    supervisor->config.scannable_count);
	if (supervisor->loaded)
		graph_begin_configuration(supervisor->graph);
	check_scannable_plugins(supervisor);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		plugin_join(plugin);
		plugin_retry(plugin);
	}
}

/* Reads the configuration again and takes up its scannables. With a mistake in it nothing changes.
 */
static void reload(evutil_socket_t number, short what, void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct config config;
	struct text mistakes = TEXT_EMPTY;

	(void)number;
	(void)what;
	if (!config_load(supervisor->config.path, &config, &mistakes)) {
		log_lines(mistakes.data);
		log_error("nothing was reloaded, the configuration has mistakes");
	} else if (supervisor->state != SUPERVISOR_STOPPING) {
		swap_scannables(&supervisor->config, &config);
		if (check_scannables(supervisor) == 0) {
			configure_again(supervisor);
		} else {
			swap_scannables(&supervisor->config, &config);
			log_error("nothing was reloaded, the scannables have mistakes");
		}
	}
	text_clear(&mistakes);
	config_free(&config);
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
	supervisor->hangup_signal = watch_signal(supervisor, SIGHUP, reload);
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
	const char *conninfo = prepare_database(supervisor, reason);

	if (conninfo == NULL) {
		log_error("%s", reason);
		return -1;
	}
	supervisor->store = store_new(supervisor->base, conninfo,
	    supervisor->config.database_retry_max_ns / NS_PER_MS, &store_callbacks, supervisor);
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
	check_scannable_plugins(supervisor);
	supervisor->state = SUPERVISOR_RUNNING;
	sd_notify(0, "READY=1");
	event_base_dispatch(supervisor->base);
	if (!is_all_written(supervisor))
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
	if (supervisor->store != NULL)
		store_free(supervisor->store);
	supervisor->store = NULL;
	stop_embedded(supervisor);
	if (supervisor->embedded != NULL)
		embedded_free(supervisor->embedded);
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

/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

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
		if (!plugin->leaving && strcmp(plugin->config->name, name) == 0)
			return plugin;
	return NULL;
}

void supervisor_add_plugin(struct supervisor *supervisor, const struct plugin_config *config)
{
	bool taken = supervisor_find_plugin(supervisor, config->name) != NULL;
	struct plugin *plugin = plugin_new(supervisor, config);

	TAILQ_INSERT_TAIL(&supervisor->plugins, plugin, next);
	plugin->refused = taken;
	if (taken)
		plugin_refuse(plugin, "duplicate: another plugin of this name is listed before it");
	else
		plugin_start(plugin);
}

static void start_plugins(struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;

	for (size_t i = 0; i < config->plugin_count; i++)
		supervisor_add_plugin(supervisor, &config->plugins[i]);
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
			count += session->state != SESSION_PAUSED &&
			         (!session->scanned || session->state == SESSION_FIRST);
	}
	return count;
}

/* ---- --check ---- */

/* Counts the mistakes in a plugin that can't be used, and tells what they keep from being seen. */
static void check_failed(struct supervisor *supervisor, const struct plugin *plugin)
{
	const struct config *config = &supervisor->config;
	size_t count = 0;

	supervisor->mistakes += (unsigned)plugin->reason_count;
	for (size_t i = 0; i < config->scannable_count; i++)
		count += strcmp(config->scannables[i].plugin, plugin->config->name) == 0;
	if (count > 0 && !plugin->refused)
		log_about(LOG_LEVEL_WARNING, plugin->config->name, NULL,
		    "its scannable%s not looked at", count == 1 ? " was" : "s were");
}

/* The verdict of --check once every plugin has loaded or failed to. */
static void check_finished(struct supervisor *supervisor)
{
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->state == PLUGIN_STARTING || plugin->state == PLUGIN_BACKOFF)
			return;
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		if (plugin->state == PLUGIN_FAILED || plugin->condemned)
			check_failed(supervisor, plugin);
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

/* How long the most patient plugin may take. */
static int64_t longest_stop_ns(const struct supervisor *supervisor)
{
	const struct plugin *plugin;
	int64_t longest = 0;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->config->stop_limit_ns > longest)
			longest = plugin->config->stop_limit_ns;
	return longest;
}

static void begin_stop(struct supervisor *supervisor)
{
	struct timeval limit = {.tv_sec = 10};
	struct plugin *plugin;

	supervisor->state = SUPERVISOR_STOPPING;
	limit.tv_sec += longest_stop_ns(supervisor) / NS_PER_S;
	service_tell_stop(limit.tv_sec + 10);
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
		if (!supervisor->options->check)
			plugin_check_turns(plugin);
		plugin_tell_dropped(plugin);
	}
	plugins_sweep(supervisor);
	log_flush();
	database_check_write(supervisor);
	silences_check(supervisor);
	supervisor_plugin_changed(supervisor);
	service_tell_status(supervisor);
}

static void hangup(evutil_socket_t number, short what, void *context)
{
	struct text changes = TEXT_EMPTY;

	(void)number;
	(void)what;
	supervisor_reload(supervisor_of(context), &changes);
	text_clear(&changes);
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

static uint64_t ask(void *context, const struct database_question *question,
    void (*answered)(void *asker, const struct database_answer *answer), void *asker)
{
	return reader_ask(supervisor_of(context)->reader, question, answered, asker);
}

static void withdraw(void *context, uint64_t number)
{
	reader_withdraw(supervisor_of(context)->reader, number);
}

static const struct control_callbacks control_callbacks = {
    .status = supervisor_status,
    .health = supervisor_health,
    .levels = supervisor_levels,
    .usage = supervisor_usage,
    .metrics = supervisor_metrics,
    .waiting = supervisor_waiting,
    .reason = supervisor_reason,
    .ask = ask,
    .withdraw = withdraw,
    .instruct = supervisor_instruct,
    .forget = supervisor_forget_asker,
    .followers = followers,
};

void supervisor_take_token(const struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;
	char reason[REASON_SIZE];
	char *token = config->control_token_file != NULL
	                  ? control_read_token(config->control_token_file, reason)
	                  : NULL;

	if (token == NULL && config->control_token_file != NULL)
		log_error("%s; requests over TCP are refused", reason);
	control_set_token(supervisor->control, token, config->control_metrics_without_token);
	forget_text(token);
}

void supervisor_take_group(const struct supervisor *supervisor)
{
	const char *name = supervisor->config.control_group;
	const struct group *group = name != NULL ? getgrnam(name) : NULL;

	control_set_group(
	    supervisor->control, group != NULL ? name : NULL, group != NULL ? group->gr_gid : 0);
}

/* ---- the story ---- */

static void warn(const char *plugin, const char *scannable, const char *line)
{
	log_about(LOG_LEVEL_WARNING, plugin, scannable, "%s", line);
}

static void complain(const char *plugin, const char *scannable, const char *line)
{
	log_about(LOG_LEVEL_ERROR, plugin, scannable, "%s", line);
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

/* Another program may have the port; that keeps nothing from being scanned. */
static void listen_tcp(struct supervisor *supervisor)
{
	const char *address = supervisor->config.control_listen;
	char reason[REASON_SIZE];
	char *text;

	if (address == NULL || control_listen_tcp(supervisor->control, address, reason))
		return;
	text = xasprintf("control.listen: %s; nobody is answered there", reason);
	mistakes_add(
	    &supervisor->failed, config_place(&supervisor->config, "control.listen"), text);
	log_error("%s: %s", supervisor->failed.items[0].place, text);
	free(text);
}

/* Opens everything that can fail for a reason that a person has to mend. */
static int open_parts(struct supervisor *supervisor)
{
	char reason[REASON_SIZE];

	/* Before any process is started: none may be left where the groups are divided. */
	if (!supervisor->options->no_isolation)
		processes_take_cgroup(supervisor);
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
	supervisor_take_group(supervisor);
	supervisor_take_token(supervisor);
	listen_tcp(supervisor);
	store_start(supervisor->store);
	return 0;
}

/* Warns when what plugins do is not held in any bounds. */
static void warn_of_root(const struct supervisor *supervisor)
{
	if (geteuid() == 0 && supervisor->config.user == NULL)
		log_warning("plugins run as root: name an ordinary user with the key \"user\"");
}

static void run(struct supervisor *supervisor)
{
	start_plugins(supervisor);
	supervisor_check_scannables(supervisor);
	supervisor->state = SUPERVISOR_RUNNING;
	warn_of_root(supervisor);
	service_begin(supervisor);
	event_base_dispatch(supervisor->base);
	if (database_is_written(supervisor))
		return;
	spooling_save(supervisor);
	log_warning("stopped before everything was written: what changed will be found again by the"
	            " next initial scans, except past alerts, and samples that are not in %s",
	    spool_status(supervisor->spool).path);
}

/* --check: load the plugins, compare the scannables with their classes, and tell. */
static int check(struct supervisor *supervisor)
{
	start_plugins(supervisor);
	event_base_dispatch(supervisor->base);
	if (supervisor->mistakes > 0) {
		fprintf(stderr, "%u mistake%s found\n", supervisor->mistakes,
		    plural(supervisor->mistakes));
		return EXIT_WRONG_CONFIGURATION;
	}
	printf("configuration and %zu plugin%s are good\n", supervisor->config.plugin_count,
	    plural(supervisor->config.plugin_count));
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
	instructions_close(supervisor);
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
	service_end(supervisor);
	event_base_free(supervisor->base);
	if (supervisor->cgroup >= 0)
		close(supervisor->cgroup);
	free(supervisor->program);
	mistakes_clear(&supervisor->rejected);
	mistakes_clear(&supervisor->failed);
	free(supervisor->database_reason);
}

/* The end of --check when there are mistakes, one on each line, in the configuration itself. */
static void tell_unchecked(const struct text *mistakes)
{
	unsigned count = 0;

	for (size_t i = 0; i < mistakes->length; i++)
		count += mistakes->data[i] == '\n';
	fprintf(stderr, "%u mistake%s found; plugins and scannables were not looked at\n", count,
	    plural(count));
}

void supervisor_override(const struct supervisor *supervisor, struct config *config)
{
	if (!supervisor->options->verbose)
		return;
	config->log_level = LOG_LEVEL_DEBUG;
	config->plugin_log_level = LOG_LEVEL_DEBUG;
}

/* Reads the configuration; mistakes go to standard error as they are. */
static bool read_config(struct supervisor *supervisor)
{
	struct text mistakes = TEXT_EMPTY;
	bool good = config_load(supervisor->options->config_path, &supervisor->config, &mistakes);

	good = config_check_site(&supervisor->config, &mistakes) && good;
	if (!good)
		fputs(mistakes.data, stderr);
	if (!good && supervisor->options->check)
		tell_unchecked(&mistakes);
	text_clear(&mistakes);
	supervisor_override(supervisor, &supervisor->config);
	return good;
}

static bool open_log(const struct supervisor *supervisor)
{
	const struct supervisor_options *options = supervisor->options;
	const struct config *config = &supervisor->config;
	bool is_quiet = options->check && !options->verbose;

	/* A check tells what is wrong, not what it does. */
	log_set_level(is_quiet ? LOG_LEVEL_WARNING : config->log_level);
	log_set_fold(options->check ? 0 : config->log_fold_ns);
	log_copy_to_stderr(options->verbose);
	if (options->check || log_open(config->log_file) == 0)
		return true;
	fprintf(stderr, "can't open the log file %s: %s\n", config->log_file, strerror(errno));
	return false;
}

/* What libevent has to say. */
static void log_event(int severity, const char *line)
{
	static const int levels[] = {[EVENT_LOG_DEBUG] = LOG_LEVEL_DEBUG,
	    [EVENT_LOG_MSG] = LOG_LEVEL_INFO,
	    [EVENT_LOG_WARN] = LOG_LEVEL_WARNING,
	    [EVENT_LOG_ERR] = LOG_LEVEL_ERROR};

	assert(severity >= 0 && (size_t)severity < sizeof(levels) / sizeof(levels[0]));
	log_about(levels[severity], NULL, NULL, "libevent: %s", line);
}

int supervisor_main(const struct supervisor_options *options)
{
	struct supervisor supervisor = {.magic = SUPERVISOR_MAGIC,
	    .options = options,
	    .log_level = -1,
	    .cgroup = -1,
	    .started = monotonic_now(),
	    .started_at = wallclock_now()};
	struct graph_options graph_options = {
	    .warn = warn, .error = complain, .spill = spooling_spill, .context = &supervisor};

	/* A reload asked for before there is anything to reload. */
	signal(SIGHUP, SIG_IGN);
	if (!read_config(&supervisor) || !open_log(&supervisor)) {
		config_free(&supervisor.config);
		return EXIT_WRONG_CONFIGURATION;
	}
	TAILQ_INIT(&supervisor.plugins);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	supervisor.program = find_program();
	event_set_log_callback(log_event);
	control_prepare();
	supervisor.base = event_base_new();
	graph_options.frame_limit = (size_t)supervisor.config.sample_memory;
	supervisor.graph = graph_new(&graph_options);
	supervisor.database_away = true;
	supervisor.database_away_since = supervisor.started;
	assert(supervisor.program != NULL && supervisor.base != NULL);
	processes_guard(!options->no_isolation);
	watch_signals(&supervisor);
	watch_clock(&supervisor);
	instructions_open(&supervisor);
	if (options->check)
		supervisor.exit_status = check(&supervisor);
	else if (open_parts(&supervisor) == 0)
		run(&supervisor);
	else
		supervisor.exit_status = EXIT_FAILURE;
	close_parts(&supervisor);
	processes_end_adopted();
	/* The last line tells the end. */
	log_set_fold(0);
	log_info("stopped");
	log_close();
	config_free(&supervisor.config);
	return supervisor.exit_status;
}

/* SPDX-License-Identifier: MIT */
/* The metrics: a table of families, each with the function that writes its samples. */
#include "supervisor/supervisor.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <json-c/json.h>

#include "base/memory.h"
#include "control/openmetrics.h"
#include "supervisor/usage.h"

/* A process at the moment of the scrape. */
struct measured {
	const char *plugin; /* NULL: the runner */
	struct wallclock started;
	struct usage usage;
};

/* One scrape. */
struct scrape {
	const struct supervisor *supervisor;
	struct text out;
	struct measured *processes;
	size_t process_count;
};

struct family {
	struct metric_family heading;
	/* Writes all samples, or those of each plugin (NULL: a number of it). */
	void (*write)(struct scrape *scrape, const struct family *family);
	void (*write_plugin)(
	    struct text *out, const struct metric_family *heading, const struct plugin *plugin);
	size_t offset; /* of the number that it is about, for those that share a function */
};

/* The number that a family is about, in what has it. */
static double number_of(const struct family *family, const void *object)
{
	uint64_t number;

	memcpy(&number, (const char *)object + family->offset, sizeof(number));
	return (double)number;
}

static void write_one(struct scrape *scrape, const struct family *family, double value)
{
	metrics_sample(&scrape->out, &family->heading, METRIC_NO_LABELS, value);
}

/* ---- the runner ---- */

static void write_build(struct scrape *scrape, const struct family *family)
{
	metrics_sample(&scrape->out, &family->heading, METRIC_LABELS({"version", VERSION}), 1);
}

static void write_runner_state(struct scrape *scrape, const struct family *family)
{
	metrics_states(&scrape->out, &family->heading, METRIC_NO_LABELS, supervisor_state_names,
	    SUPERVISOR_STOPPING + 1, supervisor_state(scrape->supervisor));
}

static void write_mistakes(struct scrape *scrape, const struct family *family)
{
	struct json_object *mistakes = supervisor_mistakes(scrape->supervisor);

	write_one(scrape, family, (double)json_object_array_length(mistakes));
	json_object_put(mistakes);
}

static void write_resources(struct scrape *scrape, const struct family *family)
{
	write_one(scrape, family, (double)supervisor_count_resources(scrape->supervisor));
}

/* Of each severity the number of active alerts that are silenced, or that are not. */
static void write_alert_counts(struct scrape *scrape, const struct family *family, bool silenced)
{
	double counts[SEVERITY_COUNT] = {0};
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, graph_alerts(scrape->supervisor->graph), in_active) {
		if (alert->resource == NULL || !graph_is_shown(alert->resource) ||
		    (graph_silence_of(alert->resource) != NULL) != silenced)
			continue;
		for (size_t i = 0; i < SEVERITY_COUNT; i++)
			counts[i] += severity_of_threshold[i] == alert->row.severity;
	}
	for (size_t i = 0; i < SEVERITY_COUNT; i++)
		metrics_sample(&scrape->out, &family->heading,
		    METRIC_LABELS({"severity", severity_name(severity_of_threshold[i])}),
		    counts[i]);
}

static void write_alerts(struct scrape *scrape, const struct family *family)
{
	write_alert_counts(scrape, family, false);
}

static void write_silenced_alerts(struct scrape *scrape, const struct family *family)
{
	write_alert_counts(scrape, family, true);
}

/* ---- plugins ---- */

static void write_plugin_state(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	const char *names[PLUGIN_STATE_COUNT];

	for (size_t i = 0; i < PLUGIN_STATE_COUNT; i++)
		names[i] = plugin_state_name((enum plugin_state)i);
	metrics_states(out, heading, METRIC_LABELS({"plugin", plugin->config->name}), names,
	    PLUGIN_STATE_COUNT, plugin->state);
}

static void write_restarts(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	static const char *const reasons[RESTART_REASON_COUNT] = {
	    [RESTART_CRASH] = "crash",
	    [RESTART_DEADLINE] = "deadline",
	    [RESTART_FAULT] = "fault",
	    [RESTART_LOADING] = "loading",
	};

	for (size_t i = 0; i < RESTART_REASON_COUNT; i++)
		metrics_sample(out, heading,
		    METRIC_LABELS({"plugin", plugin->config->name}, {"reason", reasons[i]}),
		    (double)plugin->counts.restarts[i]);
}

static void write_channel(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	const char *name = plugin->config->name;

	if (plugin->channel == NULL)
		return;
	metrics_sample(out, heading, METRIC_LABELS({"plugin", name}, {"direction", "to_plugin"}),
	    (double)evbuffer_get_length(bufferevent_get_output(plugin->channel)));
	metrics_sample(out, heading, METRIC_LABELS({"plugin", name}, {"direction", "to_runner"}),
	    (double)(plugin->frames.buffer.length - plugin->frames.consumed));
}

static void write_scannables(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	double counts[SESSION_STATE_COUNT + 1] = {0};
	const struct session *session;

	TAILQ_FOREACH (session, &plugin->sessions, next)
		counts[session_is_degraded(session) ? SESSION_STATE_COUNT : session->state]++;
	for (size_t i = 0; i <= SESSION_STATE_COUNT; i++) {
		const char *state = i < SESSION_STATE_COUNT
		                        ? session_state_name((enum session_state)i)
		                        : "degraded";

		metrics_sample(out, heading,
		    METRIC_LABELS({"plugin", plugin->config->name}, {"state", state}), counts[i]);
	}
}

static void write_scans(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	const char *name = plugin->config->name;

	metrics_durations(out, heading,
	    METRIC_LABELS({"plugin", name}, {"hook", hook_name(HOOK_INITIAL_SCAN)}),
	    &plugin->counts.scans[BATCH_INITIAL]);
	metrics_durations(out, heading,
	    METRIC_LABELS({"plugin", name}, {"hook", hook_name(HOOK_UPDATE_SCAN)}),
	    &plugin->counts.scans[BATCH_UPDATE]);
}

static void write_lateness(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	metrics_durations(out, heading, METRIC_LABELS({"plugin", plugin->config->name}),
	    &plugin->counts.lateness);
}

static void write_failures(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	static const struct {
		enum gap_reason gap;
		const char *name;
	} reasons[] = {{GAP_OFFLINE, "failed"}, {GAP_DEADLINE, "deadline"}, {GAP_CRASH, "crash"}};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		metrics_sample(out, heading,
		    METRIC_LABELS({"plugin", plugin->config->name}, {"reason", reasons[i].name}),
		    (double)plugin->counts.failures[reasons[i].gap]);
}

static void write_batches(
    struct text *out, const struct metric_family *heading, const struct plugin *plugin)
{
	static const char *const kinds[BATCH_KIND_END] = {
	    [BATCH_INITIAL] = "initial", [BATCH_UPDATE] = "update", [BATCH_ASYNC] = "async"};

	for (size_t i = BATCH_INITIAL; i < BATCH_KIND_END; i++)
		metrics_sample(out, heading,
		    METRIC_LABELS({"plugin", plugin->config->name}, {"kind", kinds[i]}),
		    (double)plugin->counts.batches[i]);
}

/* Writes the samples of each plugin, or its number. */
static void write_plugins(struct scrape *scrape, const struct family *family)
{
	const struct plugin *plugin;

	TAILQ_FOREACH (plugin, &scrape->supervisor->plugins, next) {
		/* One that is refused, or leaves, shares its name with another. */
		if (plugin->refused || plugin->leaving)
			continue;
		if (family->write_plugin != NULL)
			family->write_plugin(&scrape->out, &family->heading, plugin);
		else
			metrics_sample(&scrape->out, &family->heading,
			    METRIC_LABELS({"plugin", plugin->config->name}),
			    number_of(family, plugin));
	}
}

/* ---- what waits ---- */

/* How many batches the database has yet to store before they are acknowledged. */
static double count_unstored(const struct supervisor *supervisor)
{
	const struct plugin *plugin;
	const struct session *session;
	double count = 0;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		TAILQ_FOREACH (session, &plugin->sessions, next)
			count += (double)(session->batch - session->acknowledged);
	return count;
}

static void write_queues(struct scrape *scrape, const struct family *family)
{
	const struct supervisor *supervisor = scrape->supervisor;
	const struct {
		const char *name;
		double length;
	} queues[] = {{"batches", count_unstored(supervisor)},
	    {"instructions", supervisor->task_count},
	    {"questions", (double)reader_waiting(supervisor->reader)}};

	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++)
		metrics_sample(&scrape->out, &family->heading,
		    METRIC_LABELS({"queue", queues[i].name}), queues[i].length);
}

/* A number of the spool. */
static void write_spool(struct scrape *scrape, const struct family *family)
{
	const struct spool_status status = spool_status(scrape->supervisor->spool);

	write_one(scrape, family, number_of(family, &status));
}

/* ---- the database ---- */

static void write_database_up(struct scrape *scrape, const struct family *family)
{
	write_one(scrape, family, !scrape->supervisor->database_away);
}

static void write_database_state(struct scrape *scrape, const struct family *family)
{
	const char *names[STORE_STOPPED + 1];

	for (size_t i = 0; i <= STORE_STOPPED; i++)
		names[i] = store_state_name((enum store_state)i);
	metrics_states(&scrape->out, &family->heading, METRIC_NO_LABELS, names, STORE_STOPPED + 1,
	    store_state(scrape->supervisor->store));
}

static void write_unwritten(struct scrape *scrape, const struct family *family)
{
	struct monotonic since = scrape->supervisor->write_since;
	int64_t ns = since.ns != 0 ? monotonic_since(monotonic_now(), since) : 0;

	write_one(scrape, family, (double)ns / NS_PER_S);
}

static void write_transactions(struct scrape *scrape, const struct family *family)
{
	metrics_durations(&scrape->out, &family->heading, METRIC_NO_LABELS,
	    &store_statistics(scrape->supervisor->store)->durations);
}

/* A number that the store counts. */
static void write_store(struct scrape *scrape, const struct family *family)
{
	write_one(scrape, family, number_of(family, store_statistics(scrape->supervisor->store)));
}

static void write_samples_dropped(struct scrape *scrape, const struct family *family)
{
	const struct supervisor *supervisor = scrape->supervisor;
	const struct store_statistics *statistics = store_statistics(supervisor->store);
	const struct {
		const char *name;
		uint64_t count;
	} reasons[] = {{"disabled", supervisor->samples_unwanted},
	    {"full", graph_dropped_samples(supervisor->graph)},
	    {"orphaned", spool_status(supervisor->spool).left_out},
	    {"refused", statistics->samples_refused}, {"time", statistics->samples_out_of_time}};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		metrics_sample(&scrape->out, &family->heading,
		    METRIC_LABELS({"reason", reasons[i].name}), (double)reasons[i].count);
}

/* ---- processes ---- */

static void measure(struct scrape *scrape, const char *plugin, pid_t pid, struct wallclock started)
{
	struct measured *measured = &scrape->processes[scrape->process_count];

	measured->plugin = plugin;
	measured->started = started;
	scrape->process_count += usage_read(pid, &measured->usage);
}

/* Looks at the runner's process and those of all plugins; without isolation these have none. */
static void measure_all(struct scrape *scrape)
{
	const struct supervisor *supervisor = scrape->supervisor;
	const struct plugin *plugin;
	size_t most = 1;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		most++;
	scrape->processes = xcalloc(most, sizeof(*scrape->processes));
	measure(scrape, NULL, getpid(), supervisor->started_at);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->has_process && plugin->process.pid > 0 && !plugin->leaving)
			measure(scrape, plugin->config->name, plugin->process.pid,
			    plugin->process.started);
}

static void write_of_process(struct scrape *scrape, const struct family *family,
    const struct measured *process, double value)
{
	metrics_sample(&scrape->out, &family->heading,
	    METRIC_LABELS({"process", process->plugin != NULL ? "plugin" : "runner"},
	        {"plugin", process->plugin}),
	    value);
}

/* A number of each process of which it is known. */
static void write_usage(struct scrape *scrape, const struct family *family)
{
	double value;

	for (size_t i = 0; i < scrape->process_count; i++) {
		const struct measured *process = &scrape->processes[i];

		memcpy(&value, (const char *)&process->usage + family->offset, sizeof(value));
		if (value >= 0)
			write_of_process(scrape, family, process, value);
	}
}

static void write_started(struct scrape *scrape, const struct family *family)
{
	for (size_t i = 0; i < scrape->process_count; i++)
		write_of_process(scrape, family, &scrape->processes[i],
		    (double)scrape->processes[i].started.us / US_PER_S);
}

/* ---- the table ---- */

#define PLUGINS(function) .write = write_plugins, .write_plugin = function
#define PLUGIN_NUMBER(member) .write = write_plugins, .offset = offsetof(struct plugin, member)
#define STORE(member) .write = write_store, .offset = offsetof(struct store_statistics, member)
#define SPOOL(member) .write = write_spool, .offset = offsetof(struct spool_status, member)
#define USAGE(member) .write = write_usage, .offset = offsetof(struct usage, member)

/* clang-format off */
static const struct family families[] = {
	{{"iml_build", METRIC_INFO, NULL, "The version of the runner."}, .write = write_build},
	{{"iml_runner_state", METRIC_STATESET, NULL,
	    "What the runner does; it is starting until the database has been read."},
	    .write = write_runner_state},
	{{"iml_configuration_mistakes", METRIC_GAUGE, NULL,
	    "Mistakes in the configuration, those of a file that was not reloaded included."},
	    .write = write_mistakes},
	{{"iml_resources", METRIC_GAUGE, NULL, "Resources that are shown."}, .write = write_resources},
	{{"iml_alerts", METRIC_GAUGE, NULL, "Active alerts that are not silenced."},
	    .write = write_alerts},
	{{"iml_silenced_alerts", METRIC_GAUGE, NULL, "Active alerts that are silenced."},
	    .write = write_silenced_alerts},

	{{"iml_plugin_state", METRIC_STATESET, NULL, "The state of each plugin."},
	    PLUGINS(write_plugin_state)},
	{{"iml_plugin_restarts", METRIC_COUNTER, NULL,
	    "How often the process of a plugin ended unasked and was started again."},
	    PLUGINS(write_restarts)},
	{{"iml_plugin_log_lines_dropped", METRIC_COUNTER, NULL,
	    "Lines that a plugin logged and that are not in the log: there were too many."},
	    PLUGIN_NUMBER(allowance.dropped)},
	{{"iml_plugin_channel_bytes", METRIC_GAUGE, "bytes",
	    "What waits between the runner and the process of a plugin."},
	    PLUGINS(write_channel)},
	{{"iml_scannables", METRIC_GAUGE, NULL, "Scannables by plugin and state."},
	    PLUGINS(write_scannables)},
	{{"iml_scan_duration_seconds", METRIC_HISTOGRAM, "seconds",
	    "How long scans took that succeeded."},
	    PLUGINS(write_scans)},
	{{"iml_scan_lateness_seconds", METRIC_HISTOGRAM, "seconds",
	    "How long after they were due these scans began."},
	    PLUGINS(write_lateness)},
	{{"iml_scan_failures", METRIC_COUNTER, NULL,
	    "Sessions that ended because a scan failed, took too long or crashed."},
	    PLUGINS(write_failures)},
	{{"iml_refused_calls", METRIC_COUNTER, NULL, "Calls of plugins that were refused."},
	    PLUGIN_NUMBER(counts.refused)},
	{{"iml_batches", METRIC_COUNTER, NULL, "Batches of changes that plugins sent."},
	    PLUGINS(write_batches)},
	{{"iml_samples_received", METRIC_COUNTER, NULL,
	    "Samples that plugins sent; a histogram counts once for each of its bins."},
	    PLUGIN_NUMBER(counts.samples)},

	{{"iml_samples_stored", METRIC_COUNTER, NULL, "Samples that the database has stored."},
	    STORE(samples)},
	{{"iml_samples_dropped", METRIC_COUNTER, NULL, "Samples that will never be stored."},
	    .write = write_samples_dropped},
	{{"iml_queue_entries", METRIC_GAUGE, NULL, "What waits for the database."},
	    .write = write_queues},
	{{"iml_spool_bytes", METRIC_GAUGE, "bytes", "The size of the file of samples that wait."},
	    SPOOL(bytes)},
	{{"iml_spool_limit_bytes", METRIC_GAUGE, "bytes", "The size that this file may have."},
	    SPOOL(limit)},
	{{"iml_spool_samples", METRIC_GAUGE, NULL, "Samples that wait in this file."}, SPOOL(samples)},

	{{"iml_database_up", METRIC_GAUGE, NULL, "Whether the database can be used."},
	    .write = write_database_up},
	{{"iml_database_state", METRIC_STATESET, NULL, "What the connection that writes does."},
	    .write = write_database_state},
	{{"iml_database_unwritten_seconds", METRIC_GAUGE, "seconds",
	    "How long the database has not stored what it was given; 0 when it has."},
	    .write = write_unwritten},
	{{"iml_database_transaction_duration_seconds", METRIC_HISTOGRAM, "seconds",
	    "How long transactions took, from BEGIN to the answer to COMMIT."},
	    .write = write_transactions},
	{{"iml_database_transaction_failures", METRIC_COUNTER, NULL,
	    "Transactions that failed and were tried again."},
	    STORE(failures)},
	{{"iml_database_reconnects", METRIC_COUNTER, NULL, "How often the connection was made anew."},
	    STORE(reconnects)},
	{{"iml_database_rows", METRIC_COUNTER, NULL, "Rows written or removed."}, STORE(rows)},
	{{"iml_database_rows_left_out", METRIC_COUNTER, NULL, "Rows that could not be stored."},
	    STORE(left_out)},

	{{"iml_process_cpu_seconds", METRIC_COUNTER, "seconds", "Processor time."}, USAGE(processor_s)},
	{{"iml_process_resident_memory_bytes", METRIC_GAUGE, "bytes", "Memory in use."}, USAGE(resident)},
	{{"iml_process_virtual_memory_bytes", METRIC_GAUGE, "bytes", "Address space."}, USAGE(virtual)},
	{{"iml_process_threads", METRIC_GAUGE, NULL, "Threads."}, USAGE(threads)},
	{{"iml_process_open_fds", METRIC_GAUGE, NULL, "Open file descriptors."}, USAGE(descriptors)},
	{{"iml_process_max_fds", METRIC_GAUGE, NULL, "File descriptors that may be open."},
	    USAGE(descriptors_max)},
	{{"iml_process_start_time_seconds", METRIC_GAUGE, "seconds",
	    "When the process was started, in seconds since 1970."},
	    .write = write_started},
};
/* clang-format on */

char *supervisor_metrics(void *context)
{
	struct scrape scrape = {.supervisor = supervisor_of(context)};

	measure_all(&scrape);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		metrics_family(&scrape.out, &families[i].heading);
		families[i].write(&scrape, &families[i]);
	}
	metrics_end(&scrape.out);
	free(scrape.processes);
	return text_steal(&scrape.out);
}

/* SPDX-License-Identifier: MIT */
/*
 * The graph and the store as the runner joins them, with a database of their own, and the plugins
 * of the naive model as hosts that report what random operations say. Everything in here happens in
 * a child process of the test, so that what fails, or is aborted, can be tried again.
 */
#ifndef TESTS_UNIT_RANDOM_SITE_H
#define TESTS_UNIT_RANDOM_SITE_H

#include "random_classes.h"
#include "store_fixture.h"

#include "../naive/views.h"
#include "store/store.h"

/* What a scannable finds when it looks: a plugin reports it, scan by scan. */
struct random_device {
	bool there[THINGS];
	int values[THINGS][VALUES];
	bool linked[THINGS][THINGS];
	uint32_t session; /* 0: none */
	uint64_t batch;
	uint32_t last_number;
	uint32_t numbers[THINGS]; /* in the session; 0: not reported in it */
};

struct random_site {
	const char *conninfo;
	struct event_base *base;
	struct store *store;
	struct graph *graph;
	struct class **classes[PLUGINS];
	PGconn *connection;
	struct naive_model model;
	struct naive_marks marks;
	struct random_device devices[SCANNABLES];
	struct naive_scan scan; /* what the scan that is under way says */
	bool scanning;
	uint32_t old_numbers[THINGS]; /* of what it removes */
	uint32_t last_session;
	bool loaded;
	size_t in_flight;
	int64_t asked;       /* requests that the runner is yet to take */
	struct text trouble; /* what the runner complains of, or what differs */
};

/* ---- graph and store, as the supervisor joins them ---- */

static inline struct random_site *random_site_of(void *context)
{
	return context;
}

static inline void random_counters(void *context, const struct counters *row)
{
	graph_restore_counters(random_site_of(context)->graph, row);
}

static inline void random_class_row(void *context, const struct class_row *row)
{
	graph_restore_class(random_site_of(context)->graph, row);
}

static inline void random_resource(void *context, const struct resource_row *row)
{
	graph_restore_resource(random_site_of(context)->graph, row);
}

static inline void random_parent(void *context, const struct parent_row *row)
{
	graph_restore_parent(random_site_of(context)->graph, row);
}

static inline void random_reporter(void *context, const struct reporter_row *row)
{
	graph_restore_reporter(random_site_of(context)->graph, row);
}

static inline void random_alert(void *context, const struct alert_row *row)
{
	graph_restore_alert(random_site_of(context)->graph, row);
}

static inline void random_silence(void *context, const struct silence_row *row)
{
	graph_restore_silence(random_site_of(context)->graph, row);
}

static inline void random_server(void *context, const struct server_row *row)
{
	graph_restore_server(random_site_of(context)->graph, row);
}

static inline void random_peer(void *context, const struct server_peer_row *row)
{
	graph_restore_peer(random_site_of(context)->graph, row);
}

static inline void random_volume(void *context, const struct volume_row *row)
{
	graph_restore_volume(random_site_of(context)->graph, row);
}

static inline void random_volume_node(void *context, const struct volume_node_row *row)
{
	graph_restore_volume_node(random_site_of(context)->graph, row);
}

static inline void random_cohort(void *context, const struct cohort_row *row)
{
	graph_restore_cohort(random_site_of(context)->graph, row);
}

static inline void random_slot(void *context, const struct slot_row *row)
{
	graph_restore_slot(random_site_of(context)->graph, row);
}

static inline void random_gap(void *context, const struct gap_row *row)
{
	graph_restore_gap(random_site_of(context)->graph, row);
}

static inline void random_pause(void *context, const struct pause_row *row)
{
	graph_restore_pause(random_site_of(context)->graph, row);
}

static inline void random_loaded(void *context)
{
	graph_restored(random_site_of(context)->graph);
	random_site_of(context)->loaded = true;
}

static inline void random_request(void *context, const struct request_row *row)
{
	random_site_of(context)->asked--;
	graph_take_request(random_site_of(context)->graph, row);
}

static inline struct changes *random_take(void *context)
{
	struct random_site *site = context;
	struct changes *changes = site->loaded ? graph_take_changes(site->graph) : NULL;

	site->in_flight += changes != NULL;
	return changes;
}

static inline void random_committed(void *context, struct changes *changes)
{
	random_site_of(context)->in_flight--;
	changes_free(changes);
}

/* A transaction that fails would be tried again for ever. */
static inline void random_state(void *context, enum store_state state, const char *reason)
{
	struct random_site *site = context;

	if (reason != NULL && site->loaded)
		text_printf(&site->trouble, "  store %s: %s\n", store_state_name(state), reason);
}

static inline void random_fatal(void *context, const char *reason)
{
	text_printf(&random_site_of(context)->trouble, "  store: %s\n", reason);
}

static inline void random_error(const char *plugin, const char *scannable, const char *line)
{
	fprintf(stderr, "error of %s, %s: %s\n", plugin != NULL ? plugin : "-",
	    scannable != NULL ? scannable : "-", line);
	abort();
}

static inline void random_warn(
    UNUSED const char *plugin, UNUSED const char *scannable, UNUSED const char *line)
{
}

static inline bool random_is_settled(void *context)
{
	const struct changes *in_flight[STORE_IN_FLIGHT_MOST];
	struct random_site *site = context;

	return site->trouble.length > 0 ||
	       (site->loaded && site->asked == 0 && !graph_has_changes(site->graph) &&
	           site->in_flight == 0 && store_in_flight(site->store, in_flight) == 0);
}

/* Waits until all that changed is in the database. */
static inline void random_write(struct random_site *site)
{
	store_kick(site->store);
	if (!run_until(site->base, random_is_settled, site))
		text_append(&site->trouble, "  nothing more is written\n");
	if (site->trouble.length == 0 && store_statistics(site->store)->left_out > 0)
		text_append(&site->trouble, "  the database refused a row\n");
}

static inline void random_declare(struct random_site *site, int plugin)
{
	graph_declare(
	    site->graph, naive_plugins[plugin], site->classes[plugin], random_class_count(plugin));
}

static inline struct graph_resource *random_scannable(struct random_site *site, int scannable)
{
	return graph_find(site->graph, naive_id(&site->model, scannable));
}

/* Has the configuration name a scannable. */
static inline struct graph_resource *random_configure(struct random_site *site, int scannable)
{
	const struct naive_class *class = &naive_classes[site->model.things[scannable].class];
	struct value name = value_text(site->model.scannables[scannable].name);
	char reason[REASON_SIZE];
	struct graph_resource *resource = graph_configure(site->graph,
	    graph_find_class(site->graph, naive_plugins[class->plugin], class->name), &name,
	    "configured:1", reason);

	value_clear(&name);
	if (resource == NULL)
		abort();
	return resource;
}

/* Passes over the configuration of a plugin. */
static inline void random_configure_plugin(struct random_site *site, int plugin)
{
	for (int i = 0; i < SCANNABLES; i++)
		if (naive_plugin_of(site->model.things[i].class) == plugin &&
		    site->model.scannables[i].configured)
			random_configure(site, i);
	graph_end_configuration(site->graph, naive_plugins[plugin]);
}

static inline void random_start(struct random_site *site)
{
	static const struct graph_options options = {.warn = random_warn, .error = random_error};
	static const struct store_callbacks callbacks = {random_counters, random_class_row,
	    random_resource, random_parent, random_reporter, random_alert, random_silence,
	    random_server, random_peer, random_volume, random_volume_node, random_cohort,
	    random_slot, random_gap, random_pause, random_loaded, random_request, random_take,
	    random_committed, random_state, random_fatal};

	site->loaded = false;
	site->in_flight = 0;
	site->graph = graph_new(&options);
	site->store = store_new(site->base, site->conninfo, 500, &callbacks, site);
	store_start(site->store);
	random_write(site);
	if (!site->loaded)
		return;
	graph_begin_configuration(site->graph);
	for (int i = 0; i < PLUGINS; i++) {
		if (!site->model.loaded[i]) {
			graph_hide(site->graph, naive_plugins[i]);
			continue;
		}
		random_declare(site, i);
		random_configure_plugin(site, i);
	}
}

static inline void random_stop(struct random_site *site)
{
	store_free(site->store);
	graph_free(site->graph);
	for (int i = 0; i < SCANNABLES; i++)
		site->devices[i].session = 0;
}

static inline struct random_site *random_begin(const char *conninfo)
{
	struct random_site *site = xcalloc(1, sizeof(*site));

	site->conninfo = conninfo;
	site->base = event_base_new();
	site->connection = PQconnectdb(conninfo);
	PQclear(PQexec(site->connection, "SET client_min_messages = warning"));
	PQclear(PQexec(site->connection, "DROP SCHEMA IF EXISTS storage CASCADE"));
	PQclear(PQexec(site->connection, "SET jit = off"));
	naive_begin(&site->model);
	snprintf(site->model.automatic, sizeof(site->model.automatic), "[\"configured:1\"]");
	for (int i = 0; i < PLUGINS; i++)
		site->classes[i] = random_classes(i);
	for (int i = 0; i < SCANNABLES; i++)
		naive_configure(&site->model, i);
	random_start(site);
	return site;
}

/* ---- scans ---- */

static inline struct value random_value(
    const struct random_site *site, int scannable, int thing, int value)
{
	const struct random_device *device = &site->devices[scannable];
	int number = site->scan.values[thing][value];

	if (number == 0)
		return VALUE_NULL_INIT;
	if (value == REF)
		return value_reference(device->numbers[number - 1]);
	if (naive_values[value].is_number)
		return value_integer(strtoll(naive_text(value, number), NULL, 10));
	return value_text(naive_text(value, number));
}

static inline void random_add_created(
    const struct random_site *site, struct batch *batch, int thing)
{
	const struct naive_thing *t = &site->model.things[thing];
	const struct random_device *device = &site->devices[site->scan.scannable];

	batch_report(batch, device->numbers[thing], random_class_place(t->class), true);
	if (t->class == SPINDLE)
		batch_set(batch, 0, value_reference(device->numbers[t->tray]));
	batch_set(batch, t->class == SPINDLE, value_integer(t->number));
	for (int i = 0; i < VALUES; i++)
		if (site->scan.values[thing][i] != 0)
			batch_set(batch, random_attribute(t->class, i),
			    random_value(site, site->scan.scannable, thing, i));
}

static inline void random_add_changed(
    const struct random_site *site, struct batch *batch, int thing)
{
	const struct naive_thing *t = &site->model.things[thing];
	bool begun = false;

	for (int i = 0; i < VALUES; i++) {
		if (!site->scan.changed[thing][i])
			continue;
		if (!begun)
			batch_report(batch, site->devices[site->scan.scannable].numbers[thing],
			    random_class_place(t->class), false);
		begun = true;
		batch_set(batch, random_attribute(t->class, i),
		    random_value(site, site->scan.scannable, thing, i));
	}
}

/* Conditions are judged by plugin hosts: what begins to hold, or ceases to. */
static inline void random_add_alerts(const struct random_site *site, struct batch *batch, int thing)
{
	uint32_t number = site->devices[site->scan.scannable].numbers[thing];
	int state = site->scan.values[thing][STATE];
	bool created = site->scan.created[thing];

	if (!created && !site->scan.changed[thing][STATE])
		return;
	if (state == FAILED || !created)
		APPEND(batch->alerts, batch->alert_count,
		    ((struct alert_change){number, 0, 0, state == FAILED,
		        state == FAILED ? xstrdup("Failure") : NULL}));
	if (state == WORN || !created)
		APPEND(batch->alerts, batch->alert_count,
		    ((struct alert_change){
		        number, 0, 1, state == WORN, state == WORN ? xstrdup("Failure") : NULL}));
	if (state == WORN || state == FAILED || !created)
		APPEND(batch->alerts, batch->alert_count,
		    ((struct alert_change){number, 1, 2, state == WORN || state == FAILED,
		        state == WORN || state == FAILED ? xstrdup("Trouble") : NULL}));
}

static inline void random_add_links(const struct random_site *site, struct batch *batch)
{
	const struct random_device *device = &site->devices[site->scan.scannable];

	for (int child = 0; child < THINGS; child++)
		for (int parent = 0; parent < THINGS; parent++)
			if (site->scan.linked[child][parent] || site->scan.unlinked[child][parent])
				batch_parent(batch, device->numbers[child], device->numbers[parent],
				    site->scan.linked[child][parent]);
}

static inline struct batch *random_batch(struct random_site *site)
{
	const struct naive_scan *scan = &site->scan;
	struct random_device *device = &site->devices[scan->scannable];
	struct batch *batch = batch_new(device->session, ++device->batch);

	batch->kind = scan->initial ? BATCH_INITIAL : BATCH_UPDATE;
	batch->time = wallclock_now();
	batch->refused = scan->refused;
	for (int i = 0; i < CLASSES; i++)
		if (scan->incomplete[i])
			APPEND(batch->incomplete, batch->incomplete_count, random_class_place(i));
	/* In any order. */
	for (int n = SCANNABLES; n < THINGS; n++) {
		int i = device->session % 2 == 0 ? n : THINGS - 1 - (n - SCANNABLES);

		if (scan->removed[i])
			batch_remove(batch, site->old_numbers[i]);
		if (scan->created[i])
			random_add_created(site, batch, i);
		else
			random_add_changed(site, batch, i);
		random_add_alerts(site, batch, i);
	}
	random_add_links(site, batch);
	return batch;
}

/* Begins to gather what a scan says. */
static inline void random_scan_begin(struct random_site *site, int scannable, bool initial)
{
	memset(&site->scan, 0, sizeof(site->scan));
	site->scan.scannable = scannable;
	site->scan.initial = initial;
	site->scanning = true;
}

/* Opens another session of a scannable, of which nothing is reported yet. */
static inline void random_open(struct random_site *site, int scannable)
{
	struct random_device *device = &site->devices[scannable];

	if (device->session != 0)
		graph_close(site->graph, device->session);
	device->session = ++site->last_session;
	device->batch = 0;
	device->last_number = 0;
	memset(device->numbers, 0, sizeof(device->numbers));
	graph_open(site->graph, device->session, random_scannable(site, scannable));
	naive_open(&site->model, scannable);
}

/* Has the graph, and the model, apply what was gathered, and compares them. */
static inline void random_scan_end(struct random_site *site)
{
	char reason[REASON_SIZE];
	struct batch *batch;

	if (!site->scanning)
		return;
	site->scanning = false;
	batch = random_batch(site);
	if (graph_apply(site->graph, batch, reason) != 0)
		text_printf(&site->trouble, "  a batch was refused: %s\n", reason);
	batch_free(batch);
	naive_apply(&site->model, &site->scan);
}

static inline void random_compare(struct random_site *site, bool history)
{
	if (site->trouble.length == 0)
		random_write(site);
	if (site->trouble.length == 0)
		naive_check(&site->model, site->connection, &site->marks, history, &site->trouble);
}

#endif

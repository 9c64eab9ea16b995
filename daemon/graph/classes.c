/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct graph_class *graph_class_new(struct graph *graph, record_id id, const char *plugin,
    const char *name, const char *label, bool scannable)
{
	struct graph_class *class = xcalloc(1, sizeof(*class));

	class->graph = graph;
	class->id = id;
	class->plugin = xstrdup(plugin);
	class->name = xstrdup(name);
	class->label = xstrdup(label);
	class->scannable = scannable;
	class->key = xasprintf("%s.%s", plugin, name);
	TAILQ_INIT(&class->resources);
	HASH_ADD(by_id, graph->classes_by_id, id, sizeof(class->id), class);
	HASH_ADD_KEYPTR(by_name, graph->classes_by_name, class->key, strlen(class->key), class);
	return class;
}

void graph_class_free(struct graph_class *class)
{
	for (size_t i = 0; i < class->known_statistic_count; i++)
		statistic_row_clear(&class->known_statistics[i]);
	relations_free_ports(class);
	free(class->known_statistics);
	free(class->statistic_ids);
	free(class->first_series);
	free(class->counter_places);
	free(class->row_text);
	free(class->plugin);
	free(class->name);
	free(class->label);
	free(class->key);
	free(class);
}

void graph_class_learn_statistic(struct graph_class *class, const struct statistic_row *row)
{
	size_t count = class->known_statistic_count + 1;

	class->known_statistics =
	    xreallocarray(class->known_statistics, count, sizeof(*class->known_statistics));
	class->known_statistics[count - 1] = (struct statistic_row){
	    .id = row->id,
	    .name = xstrdup(row->name),
	    .type = xstrdup(row->type),
	    .sample_period = row->sample_period,
	    .bins = xstrdup(row->bins),
	};
	class->known_statistic_count = count;
}

/* The newest statistic of this name, or NULL. */
static const struct statistic_row *find_known(const struct graph_class *class, const char *name)
{
	const struct statistic_row *newest = NULL;

	for (size_t i = 0; i < class->known_statistic_count; i++) {
		const struct statistic_row *known = &class->known_statistics[i];

		if (strcmp(known->name, name) == 0 && (newest == NULL || known->id > newest->id))
			newest = known;
	}
	return newest;
}

struct graph_plugin *graph_plugin_find(const struct graph *graph, const char *name)
{
	struct graph_plugin *plugin;

	TAILQ_FOREACH (plugin, &graph->plugins, in_graph)
		if (strcmp(plugin->name, name) == 0)
			return plugin;
	return NULL;
}

void graph_plugin_free(struct graph *graph, struct graph_plugin *plugin)
{
	TAILQ_REMOVE(&graph->plugins, plugin, in_graph);
	free(plugin->classes);
	free(plugin->declared);
	free(plugin->name);
	free(plugin);
}

/* ---- declaring ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether samples of one are samples of the other. If not, tells why there are none any more. */
static bool goes_on(const struct graph_class *class, const struct statistic_row *known,
    const struct statistic_row *declared)
{
	if (!same_text(known->type, declared->type) || !same_text(known->bins, declared->bins)) {
		graph_warn(class->graph, class->plugin, NULL,
		    "statistic \"%s\" of class \"%s\" is declared with another type or other bins: "
		    "its older samples are dropped",
		    known->name, class->name);
		return false;
	}
	if (known->sample_period == declared->sample_period)
		return true;
	graph_warn(class->graph, class->plugin, NULL,
	    "statistic \"%s\" of class \"%s\" has a sample period of %" PRIu32
	    " s, no longer of %" PRIu32 " s: its older samples are dropped",
	    known->name, class->name, declared->sample_period, known->sample_period);
	return false;
}

/* The id of a statistic that is declared: a new one if its older samples are of no use to it. */
static record_id number_statistic(
    struct graph *graph, struct graph_class *class, const struct statistic *statistic)
{
	struct statistic_row declared = statistic_row_of(0, statistic);
	const struct statistic_row *known = find_known(class, declared.name);
	record_id id;

	if (known != NULL && goes_on(class, known, &declared)) {
		id = known->id;
	} else {
		id = declared.id = ++graph->counters.statistic_id;
		graph_class_learn_statistic(class, &declared);
	}
	statistic_row_clear(&declared);
	return id;
}

static void number_statistics(struct graph *graph, struct graph_class *class)
{
	const struct class *declared = class->class;

	class->statistic_ids =
	    xcalloc(declared->statistic_count + 1, sizeof(*class->statistic_ids));
	for (size_t i = 0; i < declared->statistic_count; i++)
		class->statistic_ids[i] = number_statistic(graph, class, &declared->statistics[i]);
}

/* A histogram is one series for each of its bins. */
static void number_series(struct graph_class *class)
{
	const struct class *declared = class->class;

	class->first_series = xcalloc(declared->statistic_count + 1, sizeof(*class->first_series));
	class->counter_places =
	    xcalloc(declared->statistic_count + 1, sizeof(*class->counter_places));
	class->counter_count = 0;
	for (size_t i = 0; i < declared->statistic_count; i++) {
		size_t bins = declared->statistics[i].bin_count;

		class->first_series[i + 1] =
		    class->first_series[i] + (bins > 0 ? (uint32_t)bins : 1);
		class->counter_places[i] = class->counter_count;
		class->counter_count += declared->statistics[i].type == STATISTIC_COUNTER;
	}
}

/* Has the row of a class written if it is not what is stored. */
static void store_class(struct graph *graph, struct graph_class *class)
{
	struct class_row row = class_row_of(class->id, class->class, class->statistic_ids);
	char *row_text = class_row_text(&row);

	if (class->row_text != NULL && class_rows_equal(class->row_text, row_text)) {
		free(row_text);
		class_row_clear(&row);
		return;
	}
	free(class->row_text);
	class->row_text = row_text;
	changes_add_class(graph, &row);
	if (class->shown)
		return;
	class->shown = true;
	causes_change_class(graph, class);
}

static struct graph_class *declare_class(
    struct graph *graph, const struct class *declared, size_t index)
{
	struct graph_class *class = graph_find_class(graph, declared->plugin, declared->name);

	if (class == NULL)
		class = graph_class_new(graph, ++graph->counters.class_id, declared->plugin,
		    declared->name, declared->label, declared->scannable);
	assert(class->class == NULL);
	class->class = declared;
	class->index = index;
	volumes_declare(graph, class);
	class->attribute_count = declared->attribute_count;
	class->scannable = declared->scannable;
	free(class->label);
	class->label = xstrdup(declared->label);
	number_statistics(graph, class);
	number_series(class);
	store_class(graph, class);
	return class;
}

void graph_declare(
    struct graph *graph, const char *plugin, struct class *const *classes, size_t count)
{
	struct graph_plugin *declared;

	assert(graph->restored);
	graph_retract(graph, plugin);
	graph->time = wallclock_now();
	graph->actor = NULL;
	declared = xcalloc(1, sizeof(*declared));
	declared->name = xstrdup(plugin);
	declared->classes = xcalloc(count + 1, sizeof(*declared->classes));
	declared->declared = xcalloc(count + 1, sizeof(*declared->declared));
	memcpy(declared->declared, classes, count * sizeof(*classes));
	declared->class_count = count;
	TAILQ_INSERT_TAIL(&graph->plugins, declared, in_graph);
	for (size_t i = 0; i < count; i++) {
		assert(strcmp(classes[i]->plugin, plugin) == 0);
		declared->classes[i] = declare_class(graph, classes[i], i);
	}
	relations_declare(graph, declared);
	for (size_t i = 0; i < count; i++)
		stored_read(graph, declared->classes[i]);
	relations_settle(graph);
	relations_confirm(graph, declared);
	links_retry(graph);
	volumes_settle(graph);
	causes_settle(graph);
	for (size_t i = 0; i < count; i++)
		scannables_review(graph, declared->classes[i]);
}

static void retract_class(struct graph_class *class)
{
	stored_write(class);
	counters_forget_class(class->graph, class);
	class->class = NULL;
	free(class->statistic_ids);
	free(class->first_series);
	free(class->counter_places);
	class->statistic_ids = NULL;
	class->first_series = NULL;
	class->counter_places = NULL;
}

void graph_retract(struct graph *graph, const char *plugin)
{
	struct graph_plugin *declared = graph_plugin_find(graph, plugin);
	struct graph_session *session, *next;

	if (declared == NULL)
		return;
	HASH_ITER (by_number, graph->sessions, session, next)
		if (session->plugin == declared)
			graph_session_free(graph, session);
	relations_retract(graph, declared);
	for (size_t i = 0; i < declared->class_count; i++)
		retract_class(declared->classes[i]);
	graph_plugin_free(graph, declared);
}

/* ---- hiding ---- */

void graph_hide(struct graph *graph, const char *plugin)
{
	struct graph_class *class, *next;

	HASH_ITER (by_id, graph->classes_by_id, class, next) {
		struct class_row row = {.id = class->id, .loaded = false};

		if (class->class != NULL || !class->shown || strcmp(class->plugin, plugin) != 0)
			continue;
		class->shown = false;
		free(class->row_text);
		class->row_text = NULL;
		changes_add_class(graph, &row);
		causes_change_class(graph, class);
	}
	causes_settle(graph);
}

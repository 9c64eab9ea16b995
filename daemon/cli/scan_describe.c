/* SPDX-License-Identifier: MIT */
#include "cli/scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/axis.h"
#include "cli/json.h"
#include "control/describe.h"

/* Most resources in a tree. */
#define TREE_LIMIT 1000000

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static void add_time(struct json_object *object, struct wallclock time)
{
	char buffer[CLOCK_TEXT_SIZE];

	add_text(object, "time", wallclock_format(time, buffer));
}

/* ---- samples ---- */

/* Appends the bins of a histogram that count anything: "≤512: 3, ≥513: 1". */
static void append_bins(
    struct text *text, const struct statistic *statistic, const int64_t *counts, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count && i < statistic->bin_count; i++) {
		if (counts[i] == 0)
			continue;
		text_append(text, any ? ", " : "");
		bin_label(&statistic->bins[i], text);
		text_printf(text, ": %" PRId64, counts[i]);
		any = true;
	}
	text_append(text, any ? "" : "empty");
}

/* Adds a sample as programs and as people read it; counts is NULL unless it is a histogram. */
static void add_sample(struct json_object *object, const struct statistic *statistic, double value,
    const int64_t *counts, size_t count)
{
	struct json_object *array;
	struct text text = TEXT_EMPTY;

	if (counts == NULL) {
		json_object_object_add(object, "value", json_object_new_double(value));
		append_quantity(&text, value, statistic->units);
	} else {
		array = json_object_new_array();
		json_object_object_add(object, "counts", array);
		for (size_t i = 0; i < count; i++)
			json_object_array_add(array, json_object_new_int64(counts[i]));
		append_bins(&text, statistic, counts, count);
	}
	add_text(object, "text", text.data);
	text_clear(&text);
}

/* A statistic with its newest sample; without one, value and time are null. */
static struct json_object *describe_statistic(
    const struct statistic *statistic, const struct newest_sample *sample)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "label", statistic->label);
	add_text(object, "type", statistic_type_name(statistic->type));
	add_text(object, "units", statistic->units);
	if (sample != NULL) {
		add_time(object, sample->time);
		add_sample(object, statistic, sample->value, sample->counts, sample->count);
	} else {
		json_object_object_add(object, "time", NULL);
		json_object_object_add(object, "value", NULL);
		add_text(object, "text", "-");
	}
	return object;
}

/* ---- the tree ---- */

static void add_statistics(
    struct json_object *object, const struct graph_resource *resource, const struct newest *newest)
{
	const struct graph_class *graph_class = resource->class;
	const struct class *class = graph_class->class;
	struct json_object *statistics = json_object_new_object();

	for (size_t i = 0; i < class->statistic_count; i++)
		json_object_object_add(statistics, class->statistics[i].name,
		    describe_statistic(&class->statistics[i],
		        newest_find(newest, resource->id, graph_class->statistic_ids[i])));
	json_object_object_add(object, "statistics", statistics);
}

static void add_parents(struct json_object *object, const struct graph_resource *resource)
{
	struct json_object *parents = json_object_new_array();
	const struct graph_link *link;

	TAILQ_FOREACH (link, &resource->parents, in_child)
		json_object_array_add(parents, describe_reference(link->parent));
	json_object_object_add(object, "parents", parents);
}

/* Adds to each resource of the tree what "tree" does not tell. */
static void complete(
    struct json_object *object, const struct graph *graph, const struct newest *newest)
{
	const struct graph_resource *resource = graph_find(graph, json_number(object, "id"));
	struct json_object *children = json_part(object, "children");

	if (json_flag(object, "see_also") || resource == NULL)
		return;
	add_statistics(object, resource, newest);
	add_parents(object, resource);
	for (size_t i = 0; i < json_count(children); i++)
		complete(json_item(children, i), graph, newest);
}

struct json_object *scan_describe_tree(
    const struct kit_session *session, const struct newest *newest)
{
	struct graph *graph = kit_graph(session->kit);
	struct json_object *answer = describe_tree(graph, session->scannable, TREE_LIMIT);
	struct json_object *trees = json_part(answer, "trees");

	for (size_t i = 0; i < json_count(trees); i++)
		complete(json_item(trees, i), graph, newest);
	return answer;
}

/* ---- notices ---- */

static void append_notice(struct text *notices, struct json_object *notice)
{
	text_append(notices, json_object_to_json_string_ext(
	                         notice, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	text_append_char(notices, '\n');
	json_object_put(notice);
}

static struct json_object *begin_notice(struct wallclock time, const char *kind)
{
	struct json_object *notice = json_object_new_object();

	add_time(notice, time);
	add_text(notice, "kind", kind);
	return notice;
}

void scan_describe_batch(const struct batch *batch, struct text *notices)
{
	static const char *const names[BATCH_KIND_END] = {[BATCH_INITIAL] = "initial_scan",
	    [BATCH_UPDATE] = "update_scan",
	    [BATCH_ASYNC] = "between scans"};
	struct json_object *notice = begin_notice(batch->time, "scanned");

	add_text(notice, "scan", names[batch->kind]);
	json_object_object_add(
	    notice, "duration_ms", json_object_new_double((double)batch->duration_ns / NS_PER_MS));
	add_number(notice, "reports", (int64_t)batch->report_count);
	add_number(notice, "removals", (int64_t)batch->removed_count);
	add_number(
	    notice, "samples", (int64_t)(batch_sample_count(batch) + batch->histogram_count));
	add_number(notice, "refused", batch->refused);
	append_notice(notices, notice);
}

void scan_describe_sample(const struct kit_sample *sample, struct text *notices)
{
	const struct statistic *statistic =
	    &sample->resource->class->class->statistics[sample->statistic];
	struct json_object *notice = begin_notice(sample->time, "sampled");

	json_object_object_add(notice, "resource", describe_reference(sample->resource));
	add_text(notice, "statistic", statistic->name);
	add_text(notice, "label", statistic->label);
	add_sample(notice, statistic, sample->value, sample->counts, sample->count);
	append_notice(notices, notice);
}

/* SPDX-License-Identifier: MIT */
/* What takes long, and what takes much: processes of plugins, and scans of scannables. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/screen.h"
#include "cli/table.h"

#define PERIOD_MS 2000

/* ---- columns ---- */

enum form { FORM_TEXT, FORM_NUMBER, FORM_MS, FORM_PERCENT, FORM_BYTES };

struct column {
	const char *heading;
	const char *key;  /* in the answer */
	const char *sort; /* what --sort calls it */
	enum form form;
};

static const struct column plugin_columns[] = {
    {"PLUGIN", "name", "name", FORM_TEXT},
    {"STATE", "state", "state", FORM_TEXT},
    {"PID", "pid", "pid", FORM_NUMBER},
    {"CPU", "processor_percent", "cpu", FORM_PERCENT},
    {"MEMORY", "memory", "memory", FORM_BYTES},
    {"FDS", "descriptors", "fds", FORM_NUMBER},
    {"THREADS", "threads", "threads", FORM_NUMBER},
    {"SCANS", "scans", "scans", FORM_NUMBER},
    {"MEAN", "mean_scan_ms", "mean", FORM_MS},
    {"MEAN LATE", "mean_lateness_ms", "mean-late", FORM_MS},
    {"REFUSED", "refused", "refused", FORM_NUMBER},
    {"RESTARTS", "restarts", "restarts", FORM_NUMBER},
};

static const struct column scannable_columns[] = {
    {"ID", "id", "id", FORM_NUMBER},
    {"SCANNABLE", "label", "name", FORM_TEXT},
    {"PLUGIN", "plugin", "plugin", FORM_TEXT},
    {"STATE", "state", "state", FORM_TEXT},
    {"SCANS", "scans", "scans", FORM_NUMBER},
    {"LAST", "last_scan_ms", "last", FORM_MS},
    {"MEAN", "mean_scan_ms", "mean", FORM_MS},
    {"LATE", "last_lateness_ms", "late", FORM_MS},
    {"MEAN LATE", "mean_lateness_ms", "mean-late", FORM_MS},
    {"REFUSED", "refused", "refused", FORM_NUMBER},
};

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

/* The column of this name for --sort, or NULL. */
static const struct column *find_column(
    const struct column *columns, size_t count, const char *sort)
{
	for (size_t i = 0; sort != NULL && i < count; i++)
		if (strcmp(columns[i].sort, sort) == 0)
			return &columns[i];
	return NULL;
}

/* ---- sorting ---- */

/* An entry beside its place before, so that equal ones keep it. */
struct entry {
	struct json_object *object;
	size_t place;
	const struct column *by;
};

/* Texts from a to z, numbers from the highest down. */
static int compare(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	const char *key = one->by->key;
	double difference = json_real(other->object, key) - json_real(one->object, key);
	int order = one->by->form == FORM_TEXT
	                ? strcmp(json_text(one->object, key), json_text(other->object, key))
	                : (difference > 0) - (difference < 0);

	if (order == 0)
		order = (one->place > other->place) - (one->place < other->place);
	return order;
}

static struct entry *sorted(struct json_object *array, const struct column *by)
{
	size_t count = json_count(array);
	struct entry *entries = xcalloc(count + 1, sizeof(*entries));

	for (size_t i = 0; i < count; i++)
		entries[i] = (struct entry){json_item(array, i), i, by};
	if (by != NULL)
		qsort(entries, count, sizeof(*entries), compare);
	return entries;
}

/* ---- drawing ---- */

static void add_cell(struct table *table, const struct column *column, struct json_object *object)
{
	struct text cell = TEXT_EMPTY;
	bool is_known = json_value(object, column->key) != NULL;

	text_append(&cell, is_known ? "" : "-");
	if (is_known && column->form == FORM_MS)
		text_printf(&cell, "%.1f ms", json_real(object, column->key));
	else if (is_known && column->form == FORM_PERCENT)
		text_printf(&cell, "%.1f%%", json_real(object, column->key));
	else if (is_known && column->form == FORM_BYTES)
		bytes_format(json_number(object, column->key), &cell);
	else if (is_known)
		text_append(&cell, json_text(object, column->key));
	table_add(table, STYLE_PLAIN, cell.data);
	text_clear(&cell);
}

static void append_table(struct text *out, const struct terminal *terminal,
    const struct column *columns, size_t count, struct json_object *array, const char *sort)
{
	struct entry *entries = sorted(array, find_column(columns, count, sort));
	struct table table = table_of(terminal, count);

	for (size_t i = 0; i < count; i++) {
		table_add(&table, STYLE_BOLD, columns[i].heading);
		if (columns[i].form != FORM_TEXT)
			table_align_right(&table, i);
	}
	for (size_t i = 0; i < json_count(array); i++)
		for (size_t j = 0; j < count; j++)
			add_cell(&table, &columns[j], entries[i].object);
	table_render(&table, out);
	table_clear(&table);
	free(entries);
}

/* Appends "runner 412: 1.2% of a processor, 34.5MB, 23 descriptors". */
static void append_runner(struct text *out, struct json_object *runner)
{
	text_printf(out, "runner %lld: %.1f%% of a processor, ",
	    (long long)json_number(runner, "pid"), json_real(runner, "processor_percent"));
	bytes_format(json_number(runner, "memory"), out);
	text_printf(out, ", %lld descriptors\n\n", (long long)json_number(runner, "descriptors"));
}

void render_top(
    struct text *out, const struct terminal *terminal, struct json_object *answer, const char *sort)
{
	append_runner(out, json_part(answer, "runner"));
	append_table(out, terminal, plugin_columns, COUNT(plugin_columns),
	    json_part(answer, "plugins"), sort);
	text_append_char(out, '\n');
	append_table(out, terminal, scannable_columns, COUNT(scannable_columns),
	    json_part(answer, "scannables"), sort);
}

/* ---- since the last time ---- */

/* The object of an array that has this process, or NULL. */
static struct json_object *find_process(struct json_object *array, int64_t pid)
{
	for (size_t i = 0; pid != 0 && i < json_count(array); i++)
		if (json_number(json_item(array, i), "pid") == pid)
			return json_item(array, i);
	return NULL;
}

/* Gives a process the processor time that it took since then, instead of since it was started. */
static void take_difference(struct json_object *process, struct json_object *before, double seconds)
{
	double taken = json_real(process, "processor_s") - json_real(before, "processor_s");

	if (before != NULL && seconds > 0)
		json_object_object_add(
		    process, "processor_percent", json_object_new_double(100 * taken / seconds));
}

void top_compare(struct json_object *answer, struct json_object *before)
{
	double seconds = json_real(answer, "time_s") - json_real(before, "time_s");
	struct json_object *plugins = json_part(answer, "plugins");
	struct json_object *runner = json_part(answer, "runner");

	if (json_number(runner, "pid") == json_number(json_part(before, "runner"), "pid"))
		take_difference(runner, json_part(before, "runner"), seconds);
	for (size_t i = 0; i < json_count(plugins); i++) {
		struct json_object *plugin = json_item(plugins, i);

		take_difference(plugin,
		    find_process(json_part(before, "plugins"), json_number(plugin, "pid")),
		    seconds);
	}
}

/* ---- the command ---- */

struct view {
	const struct cli *cli;
	struct json_object *before; /* the last answer, or NULL */
};

static void append_now(void *context, struct text *out)
{
	struct view *view = context;
	const struct terminal terminal = terminal_of_output();
	char *reason = NULL;
	struct json_object *answer = client_try(view->cli->client, "/v1/usage", &reason);

	if (answer == NULL) {
		text_printf(out, "%s\n", reason);
		free(reason);
		return;
	}
	if (view->before != NULL)
		top_compare(answer, view->before);
	json_object_put(view->before);
	view->before = answer;
	render_top(out, &terminal, answer, view->cli->sort);
}

static int show_once(const struct cli *cli)
{
	struct json_object *answer = client_get(cli->client, "/v1/usage");
	struct text out = TEXT_EMPTY;

	if (answer == NULL || cli->json)
		return conclude_change(cli, answer);
	render_top(&out, &cli->terminal, answer, cli->sort);
	json_object_put(answer);
	return print(&out);
}

/* Complains of a name that is that of no column. */
static int refuse_sort(const char *sort)
{
	struct nearest nearest = nearest_to(sort);
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < COUNT(plugin_columns); i++)
		nearest_try(&nearest, plugin_columns[i].sort, strlen(plugin_columns[i].sort));
	for (size_t i = 0; i < COUNT(scannable_columns); i++)
		nearest_try(&nearest, scannable_columns[i].sort, strlen(scannable_columns[i].sort));
	text_append(&names, sort);
	if (nearest.name != NULL)
		text_printf(&names, "; did you mean %s?", nearest.name);
	wrong_usage("--sort: no such column: ", names.data);
	text_clear(&names);
	return EXIT_WRONG_USAGE;
}

int command_top(struct cli *cli, char **arguments, int count)
{
	struct view view = {.cli = cli};
	int result;

	(void)arguments;
	(void)count;
	if (cli->sort != NULL &&
	    find_column(plugin_columns, COUNT(plugin_columns), cli->sort) == NULL &&
	    find_column(scannable_columns, COUNT(scannable_columns), cli->sort) == NULL)
		return refuse_sort(cli->sort);
	if (cli->once || cli->json || isatty(STDOUT_FILENO) == 0)
		return show_once(cli);
	result = screen_repeat(true, PERIOD_MS, append_now, &view);
	json_object_put(view.before);
	return result;
}

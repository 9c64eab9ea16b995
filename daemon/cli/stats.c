/* SPDX-License-Identifier: MIT */
#include "cli/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/charts.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/screen.h"

#define ROWS_MIN 3
#define ROWS_MAX 20

/* A watch looks anew at least this often: the periods of scans may be shorter than those declared.
 */
#define WATCH_PERIOD_S 5

/* ---- which charts ---- */

static bool is_chosen(const char *name, const char *const *statistics, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(statistics[i], name) == 0)
			return true;
	return false;
}

/* The items of an array at the same places as the series that are chosen. */
static struct json_object *pick(struct json_object *array, const bool *chosen)
{
	struct json_object *picked = json_object_new_array();

	for (size_t i = 0; i < json_count(array); i++)
		if (chosen[i])
			json_object_array_add(picked, json_object_get(json_item(array, i)));
	return picked;
}

/* Leaves of a chart what is chosen. Returns how many series that are. */
static size_t choose_series(
    struct json_object *chart, const char *const *statistics, size_t statistic_count)
{
	struct json_object *series = json_part(chart, "series");
	struct json_object *values = json_part(chart, "values");
	size_t count = json_count(series), left = 0;
	bool *chosen = xcalloc(count + 1, sizeof(bool));

	for (size_t i = 0; i < count; i++) {
		chosen[i] = is_chosen(
		    json_text(json_item(series, i), "statistic"), statistics, statistic_count);
		left += chosen[i];
	}
	for (size_t i = 0; left < count && i < json_count(values); i++)
		if (json_count(json_item(values, i)) == count)
			json_object_array_put_idx(values, i, pick(json_item(values, i), chosen));
	if (left < count)
		json_object_object_add(chart, "series", pick(series, chosen));
	free(chosen);
	return left;
}

static bool has_series(struct json_object *charts, const char *statistic)
{
	for (size_t i = 0; i < json_count(charts); i++) {
		struct json_object *series = json_part(json_item(charts, i), "series");

		for (size_t j = 0; j < json_count(series); j++)
			if (strcmp(json_text(json_item(series, j), "statistic"), statistic) == 0)
				return true;
	}
	return false;
}

const char *stats_choose(
    struct json_object *answer, const char *const *statistics, size_t statistic_count)
{
	struct json_object *charts = json_part(answer, "charts");
	struct json_object *left;

	if (statistic_count == 0)
		return NULL;
	for (size_t i = 0; i < statistic_count; i++)
		if (!has_series(charts, statistics[i]))
			return statistics[i];
	left = json_object_new_array();
	for (size_t i = 0; i < json_count(charts); i++)
		if (choose_series(json_item(charts, i), statistics, statistic_count) > 0)
			json_object_array_add(left, json_object_get(json_item(charts, i)));
	json_object_object_add(answer, "charts", left);
	return NULL;
}

/* ---- what is shown ---- */

struct view {
	struct cli *cli;
	struct json_object *resource;
	char *path; /* of its charts */
};

/* Appends "HardDrive 17  2026-11-22 09:28:16 to 2026-11-22 10:28:16, every 10 s". */
static void append_subject(struct text *out, const struct view *view, struct json_object *answer)
{
	const struct terminal *terminal = &view->cli->terminal;
	double step = json_real(answer, "step");
	char duration[CLOCK_TEXT_SIZE];

	append_styled(out, terminal, STYLE_BOLD, json_text(view->resource, "label"));
	text_append(out, "  ");
	append_local_time(out, json_real(answer, "from"));
	text_append(out, " to ");
	append_local_time(out, json_real(answer, "to"));
	if (step > 0)
		text_printf(out, ", every %s",
		    duration_format((int64_t)(step * (double)NS_PER_S), duration));
	text_append_char(out, '\n');
}

/* The rows of each chart: on a terminal that is watched, as many as fit. */
static size_t rows_of_charts(const struct view *view, struct json_object *answer)
{
	size_t height = view->cli->terminal.height;
	size_t count = json_count(json_part(answer, "charts"));
	/* The subject, the line below that stays free, and the gaps. */
	size_t beside = 2 + charts_gap_lines(answer) + count * CHART_LINES;
	size_t each;

	if (!view->cli->stats.watch || height == 0 || count == 0)
		return CHART_ROWS;
	each = height > beside ? (height - beside) / count : 0;
	if (each < ROWS_MIN)
		return ROWS_MIN;
	return each < ROWS_MAX ? each : ROWS_MAX;
}

/* Asks for the charts and appends them. Returns false, with the reason, if there are none. */
static bool append_charts(const struct view *view, struct text *out, char **reason)
{
	const struct stats_options *options = &view->cli->stats;
	struct json_object *answer = client_try(view->cli->client, view->path, reason);
	const char *missing;

	if (answer == NULL)
		return false;
	missing = stats_choose(answer, options->statistics, options->statistic_count);
	if (missing != NULL) {
		*reason = xasprintf("no chart of %s shows a statistic \"%s\"",
		    json_text(view->resource, "class"), missing);
		json_object_put(answer);
		return false;
	}
	if (options->csv) {
		render_csv(out, answer);
	} else if (view->cli->json) {
		append_json(out, answer);
	} else {
		append_subject(out, view, answer);
		render_charts(out, &view->cli->terminal, answer, rows_of_charts(view, answer));
	}
	json_object_put(answer);
	return true;
}

/* ---- watching ---- */

/* Appends what there is now, or why there is nothing. */
static void append_now(void *context, struct text *out)
{
	char *reason = NULL;

	if (!append_charts(context, out, &reason))
		text_printf(out, "%s\n", reason);
	free(reason);
}

/* How often to look anew, in seconds: with the shortest period of the statistics, or more often. */
static int64_t watch_period(struct json_object *resource)
{
	struct json_object *statistics = json_part(resource, "statistics");
	int64_t shortest = WATCH_PERIOD_S;

	for (size_t i = 0; i < json_count(statistics); i++) {
		int64_t period = json_number(json_item(statistics, i), "sample_period");

		if (period > 0 && period < shortest)
			shortest = period;
	}
	return shortest;
}

/* Shows the charts again and again. */
static int watch(struct view *view)
{
	bool in_place = isatty(STDOUT_FILENO) != 0 && !view->cli->json && !view->cli->stats.csv;

	return screen_repeat(in_place, (int)watch_period(view->resource) * 1000, append_now, view);
}

/* ---- the command ---- */

static int show_once(const struct view *view)
{
	struct text out = TEXT_EMPTY;
	char *reason = NULL;

	if (append_charts(view, &out, &reason))
		return print(&out);
	fprintf(stderr, "iml-plugin: %s\n", reason);
	free(reason);
	return EXIT_FAILURE;
}

int command_stats(struct cli *cli, char **arguments, int count)
{
	struct view view = {.cli = cli};
	int result = EXIT_FAILURE;
	char *path;

	(void)count;
	if (!stats_take_width(cli))
		return EXIT_WRONG_USAGE;
	path = resource_path(cli, arguments[0]);
	if (path == NULL)
		return EXIT_FAILURE;
	view.path = stats_charts_path(&cli->stats, path);
	if (view.path == NULL) {
		free(path);
		return EXIT_WRONG_USAGE;
	}
	view.resource = client_get(cli->client, path);
	if (view.resource != NULL)
		result = cli->stats.watch ? watch(&view) : show_once(&view);
	json_object_put(view.resource);
	free(view.path);
	free(path);
	return result;
}

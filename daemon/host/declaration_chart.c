/* SPDX-License-Identifier: MIT */
/* Reading the charts that a plugin declares. */
#include "host/declaration.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Most different units in one chart, which has two axes. */
#define UNITS_MAX 2

/* ---- series ---- */

static bool has_series(const struct chart *chart, size_t statistic)
{
	for (size_t i = 0; i < chart->series_count; i++)
		if (chart->series[i] == statistic)
			return true;
	return false;
}

/* Adds a statistic to the chart. */
static void add_series(
    const struct declaration *at, const struct class *class, const char *name, struct chart *chart)
{
	size_t statistic = class_find_statistic(class, name);

	if (statistic == CLASS_NOT_FOUND && class_find_attribute(class, name) != CLASS_NOT_FOUND)
		complain(at, "the series \"%s\" is an attribute, not a statistic", name);
	else if (statistic == CLASS_NOT_FOUND)
		complain(at, "the class has no statistic \"%s\"", name);
	else if (has_series(chart, statistic))
		complain(at, "it names the series \"%s\" twice", name);
	else
		chart->series[chart->series_count++] = statistic;
}

/* Takes over the names of the statistics. */
static void read_series(const struct declaration *at, const struct class *class,
    const struct iml_chart *declared, struct chart *chart)
{
	if (declared->series_count == 0)
		complain(at, "a chart needs at least one series: IML_SERIES(\"statistic\")");
	if (!check_table(at, "series", declared->series, declared->series_count, sizeof(char *)))
		return;
	chart->series = xcalloc(declared->series_count, sizeof(*chart->series));
	for (size_t i = 0; i < declared->series_count; i++) {
		const char *declared_name = read_pointer(declared->series, i);
		char *name =
		    read_text(at, "the name of a series", declared_name, DECLARATION_TEXT_MAX);

		if (declared_name == NULL)
			complain(at, "series number %zu is NULL", i + 1);
		if (name != NULL)
			add_series(at, class, name, chart);
		free(name);
	}
}

/* ---- whether they fit together ---- */

/* Complains about a chart of both time series and histograms. */
static void check_types(
    const struct declaration *at, const struct class *class, const struct chart *chart)
{
	size_t histograms = 0;

	for (size_t i = 0; i < chart->series_count; i++)
		if (class->statistics[chart->series[i]].type == STATISTIC_HISTOGRAM)
			histograms++;
	if (histograms > 0 && histograms < chart->series_count)
		complain(at, "histograms can't be in one chart with gauges and counters");
}

/* Complains about a chart of more units than it has axes. */
static void check_units(
    const struct declaration *at, const struct class *class, const struct chart *chart)
{
	const char *units[UNITS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < chart->series_count; i++) {
		const char *unit = class->statistics[chart->series[i]].units;
		size_t known = 0;

		while (known < count && strcmp(units[known], unit) != 0)
			known++;
		if (known == UNITS_MAX) {
			complain(at,
			    "its series have more than %d different units: \"%s\", \"%s\", \"%s\"",
			    UNITS_MAX, units[0], units[1], unit);
			return;
		}
		if (known == count)
			units[count++] = unit;
	}
}

static void check_chart(
    const struct declaration *at, const struct class *class, const struct chart *chart)
{
	struct declaration item = *at;

	item.kind = "chart";
	item.item = chart->title;
	check_types(&item, class, chart);
	check_units(&item, class, chart);
}

/* ---- charts ---- */

static void add_chart(struct class *class, struct chart chart)
{
	class->charts =
	    xreallocarray(class->charts, class->chart_count + 1, sizeof(*class->charts));
	class->charts[class->chart_count++] = chart;
}

/* Reads one chart; without a usable title it is only checked. */
static void read_chart(const struct declaration *at, size_t index, const struct iml_chart *declared,
    struct class *class)
{
	struct declaration item = *at;
	struct chart chart = {
	    .title = read_name(at, "title of chart", index, declared->title, DECLARATION_TEXT_MAX)};

	if (chart.title == NULL)
		return;
	item.kind = "chart";
	item.item = chart.title;
	if (utf8_length(chart.title) > DECLARATION_TEXT_MAX)
		complain(&item, "the title has %zu characters (at most %d)",
		    utf8_length(chart.title), DECLARATION_TEXT_MAX);
	read_series(&item, class, declared, &chart);
	check_chart(at, class, &chart);
	add_chart(class, chart);
}

/* Reads the charts that the class itself declares. */
static void read_own_charts(
    const struct declaration *at, const struct iml_chart_table *table, struct class *class)
{
	size_t stride = at->definition->chart_size;

	if (!check_table(at, "charts", table->items, table->count, stride))
		return;
	for (size_t i = 0; i < table->count; i++) {
		struct iml_chart declared;

		read_entry(table->items, i, stride, &declared, sizeof(declared));
		read_chart(at, i, &declared, class);
	}
}

/* Adds a chart of the base. What was declared anew may not suit it. */
static void inherit_chart(const struct declaration *at, struct class *class,
    const struct class *base, const struct chart *inherited)
{
	struct chart chart = {.title = xstrdup(inherited->title),
	    .series = xcalloc(inherited->series_count, sizeof(*chart.series)),
	    .series_count = inherited->series_count};
	bool changed = false;

	for (size_t i = 0; i < chart.series_count; i++) {
		const struct statistic *old = &base->statistics[inherited->series[i]];
		const struct statistic *new;

		chart.series[i] = class_find_statistic(class, old->name);
		new = &class->statistics[chart.series[i]];
		changed = changed || new->type != old->type || strcmp(new->units, old->units) != 0;
	}
	if (changed)
		check_chart(at, class, &chart);
	add_chart(class, chart);
}

/* Gives each statistic a chart of its own. */
static void add_default_charts(struct class *class)
{
	for (size_t i = 0; i < class->statistic_count; i++) {
		struct chart chart = {.title = xstrdup(class->statistics[i].label),
		    .series = xcalloc(1, sizeof(*chart.series)),
		    .series_count = 1};

		chart.series[0] = i;
		add_chart(class, chart);
	}
}

/* Gives the class its charts: its own, then inherited ones, or one for each statistic. */
void make_charts(const struct declaration *at, const struct iml_chart_table *table,
    struct class *class, const struct class *base)
{
	read_own_charts(at, table, class);
	for (size_t i = 0; base != NULL && base->has_declared_charts && i < base->chart_count; i++)
		inherit_chart(at, class, base, &base->charts[i]);
	class->has_declared_charts = class->chart_count > 0;
	if (!class->has_declared_charts)
		add_default_charts(class);
}

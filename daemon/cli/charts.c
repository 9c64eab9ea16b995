/* SPDX-License-Identifier: MIT */
#include "cli/charts.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/json.h"

/* Where there is no terminal whose width counts. */
#define DEFAULT_WIDTH 80

/* Most gaps that are told one by one. */
#define GAPS_SHOWN 10

#define DAY_SECONDS 86400.0

size_t chart_width(const struct terminal *terminal)
{
	return terminal->width > 0 ? terminal->width : DEFAULT_WIDTH;
}

/* What a reason for a gap means. */
static const char *words_of(const char *reason)
{
	static const char *const words[][2] = {
	    {"offline", "scannable offline"},
	    {"deadline", "a scan took too long"},
	    {"crash", "the plugin crashed"},
	    {"database", "the database was away"},
	    {"dropped", "more than could be kept while the database was away"},
	    {"stopped", "the runner was not running"},
	    {"paused", "the scannable was paused"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], reason) == 0)
			return words[i][1];
	return reason;
}

/* Appends a time as exactly as the length of what is drawn asks for. */
static void append_moment(struct text *out, double moment, double length)
{
	time_t time = (time_t)moment;
	char buffer[64];
	struct tm local;

	localtime_r(&time, &local);
	if (length < 600)
		strftime(buffer, sizeof(buffer), "%T", &local);
	else if (length <= DAY_SECONDS)
		strftime(buffer, sizeof(buffer), "%R", &local);
	else
		strftime(buffer, sizeof(buffer), "%F %R", &local);
	text_append(out, buffer);
}

/* Appends "no data 12:03–12:10: scannable offline". */
static void append_gap(struct text *out, const struct terminal *terminal, struct json_object *gap,
    double from, double to)
{
	double begin, end, length = to - from;
	bool ends = json_finite(json_value(gap, "to"), &end);

	if (!json_finite(json_value(gap, "from"), &begin))
		return;
	if (ends && end - begin < 120 && length <= DAY_SECONDS)
		length = end - begin;
	text_append(out, ends ? "no data " : "no data since ");
	append_moment(out, begin, to - begin > DAY_SECONDS ? to - begin : length);
	if (ends) {
		text_append(out, terminal->unicode ? "–" : "-");
		append_moment(out, end, length);
	}
	text_append(out, ": ");
	append_clean(out, terminal, words_of(json_text(gap, "reason")));
	text_append_char(out, '\n');
}

size_t charts_gap_lines(struct json_object *answer)
{
	size_t count = json_count(json_part(answer, "gaps"));

	if (count == 0)
		return 0;
	return count <= GAPS_SHOWN ? 1 + count : 1 + GAPS_SHOWN + 1;
}

/* Appends why there is no data where there is none. */
static void append_gaps(
    struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *gaps = json_part(answer, "gaps");
	size_t count = json_count(gaps);
	double from = json_real(answer, "from"), to = json_real(answer, "to");

	if (count == 0)
		return;
	text_append_char(out, '\n');
	for (size_t i = 0; i < count && i < GAPS_SHOWN; i++)
		append_gap(out, terminal, json_item(gaps, i), from, to);
	if (count > GAPS_SHOWN)
		text_printf(out, "%s %zu more times without data\n", ellipsis(terminal),
		    count - GAPS_SHOWN);
}

void render_charts(
    struct text *out, const struct terminal *terminal, struct json_object *answer, size_t rows)
{
	struct json_object *charts = json_part(answer, "charts");

	if (json_count(charts) == 0)
		text_append(out, "no charts: the class of this resource declares no statistics\n");
	for (size_t i = 0; i < json_count(charts); i++) {
		struct json_object *chart = json_item(charts, i);

		append_heading(out, terminal, json_text(chart, "title"));
		if (strcmp(json_text(chart, "type"), "histogram") == 0)
			append_bars(out, terminal, chart);
		else
			append_plot(out, terminal, answer, chart, rows);
	}
	append_gaps(out, terminal, answer);
}

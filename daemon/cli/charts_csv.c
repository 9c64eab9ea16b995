/* SPDX-License-Identifier: MIT */
/*
 * Charts as a table with commas: a column for each statistic, or each bin of a histogram, and a
 * line for each time.
 */
#include "cli/charts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/json.h"

struct number {
	double time;
	size_t column;
	const char *text; /* belongs to the answer */
};

struct csv {
	char **columns;
	size_t column_count;
	size_t column_capacity;
	struct number *numbers;
	size_t count;
	size_t capacity;
};

/* Adds a column and gives its index; *is_new is false if a chart before had it. Takes the name. */
static size_t add_column(struct csv *csv, char *name, bool *is_new)
{
	for (size_t i = 0; i < csv->column_count; i++) {
		if (strcmp(csv->columns[i], name) != 0)
			continue;
		free(name);
		*is_new = false;
		return i;
	}
	csv->columns =
	    xgrow(csv->columns, csv->column_count, &csv->column_capacity, sizeof(char *));
	csv->columns[csv->column_count] = name;
	*is_new = true;
	return csv->column_count++;
}

static void add_number(
    struct csv *csv, struct json_object *time, size_t column, struct json_object *value)
{
	struct number number = {.column = column};
	double ignored;

	if (!json_finite(time, &number.time) || !json_finite(value, &ignored))
		return;
	number.text = json_object_get_string(value);
	csv->numbers = xgrow(csv->numbers, csv->count, &csv->capacity, sizeof(number));
	csv->numbers[csv->count++] = number;
}

static void add_series(struct csv *csv, struct json_object *chart, size_t index)
{
	struct json_object *series = json_item(json_part(chart, "series"), index);
	struct json_object *times = json_part(chart, "times");
	struct json_object *values = json_part(chart, "values");
	bool is_new;
	size_t column = add_column(csv, xstrdup(json_text(series, "statistic")), &is_new);

	for (size_t i = 0; is_new && i < json_count(times); i++) {
		struct json_object *row = json_item(values, i);

		if (index < json_count(row))
			add_number(csv, json_item(times, i), column, json_item(row, index));
	}
}

static void add_histogram(struct csv *csv, struct json_object *series)
{
	struct json_object *labels = json_part(series, "bin_labels");
	struct json_object *counts = json_part(series, "counts");
	bool is_new;

	for (size_t i = 0; i < json_count(labels); i++) {
		size_t column = add_column(csv,
		    xasprintf("%s %s", json_text(series, "statistic"),
		        json_object_get_string(json_item(labels, i))),
		    &is_new);

		if (is_new && i < json_count(counts))
			add_number(csv, json_value(series, "time"), column, json_item(counts, i));
	}
}

static void add_chart(struct csv *csv, struct json_object *chart)
{
	struct json_object *series = json_part(chart, "series");
	bool is_histogram = strcmp(json_text(chart, "type"), "histogram") == 0;

	for (size_t i = 0; i < json_count(series); i++) {
		if (is_histogram)
			add_histogram(csv, json_item(series, i));
		else
			add_series(csv, chart, i);
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const struct number *first = a, *second = b;

	if (first->time != second->time)
		return first->time < second->time ? -1 : 1;
	return (first->column > second->column) - (first->column < second->column);
}

/* Appends a field, in quotes if it needs them. */
static void append_field(struct text *out, const char *field)
{
	if (strpbrk(field, ",\"\r\n") == NULL) {
		text_append(out, field);
		return;
	}
	text_append_char(out, '"');
	for (; *field != '\0'; field++) {
		if (*field == '"')
			text_append_char(out, '"');
		text_append_char(out, *field);
	}
	text_append_char(out, '"');
}

/* Appends the line of one time; gives the index after its numbers. */
static size_t append_line(const struct csv *csv, size_t index, struct text *out)
{
	double time = csv->numbers[index].time;
	char buffer[CLOCK_TEXT_SIZE];

	text_append(out,
	    wallclock_format((struct wallclock){(int64_t)(time * (double)US_PER_S + 0.5)}, buffer));
	for (size_t column = 0; column < csv->column_count; column++) {
		text_append_char(out, ',');
		if (index == csv->count || csv->numbers[index].time != time ||
		    csv->numbers[index].column != column)
			continue;
		text_append(out, csv->numbers[index].text);
		/* A column has one value at a time; what is said twice counts once. */
		while (index < csv->count && csv->numbers[index].time == time &&
		       csv->numbers[index].column == column)
			index++;
	}
	text_append_char(out, '\n');
	return index;
}

void render_csv(struct text *out, struct json_object *answer)
{
	struct json_object *charts = json_part(answer, "charts");
	struct csv csv = {0};

	for (size_t i = 0; i < json_count(charts); i++)
		add_chart(&csv, json_item(charts, i));
	if (csv.count > 0)
		qsort(csv.numbers, csv.count, sizeof(struct number), compare_numbers);
	text_append(out, "time");
	for (size_t i = 0; i < csv.column_count; i++) {
		text_append_char(out, ',');
		append_field(out, csv.columns[i]);
		free(csv.columns[i]);
	}
	text_append_char(out, '\n');
	for (size_t i = 0; i < csv.count;)
		i = append_line(&csv, i, out);
	free(csv.columns);
	free(csv.numbers);
}

/* SPDX-License-Identifier: MIT */
/* Histograms, as bars that lie. */
#include "cli/charts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

/* Appends a bar of so many columns, the last one in eighths where the terminal has them. */
static void append_bar(struct text *out, const struct terminal *terminal, double columns)
{
	static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	struct text bar = TEXT_EMPTY;
	size_t eighths = (size_t)round(columns * 8);

	text_append(&bar, "");
	if (!terminal->unicode)
		eighths = (size_t)round(columns) * 8;
	for (; eighths >= 8; eighths -= 8)
		text_append(&bar, terminal->unicode ? "█" : "#");
	text_append(&bar, parts[eighths]);
	append_styled(out, terminal, STYLE_INFO, bar.data);
	text_clear(&bar);
}

/* The label of a bin, made harmless; the caller frees it. */
static char *bin_label_at(const struct terminal *terminal, struct json_object *labels, size_t bin)
{
	struct json_object *label = bin < json_count(labels) ? json_item(labels, bin) : NULL;
	struct text clean = TEXT_EMPTY;

	if (label != NULL)
		append_clean(&clean, terminal, json_object_get_string(label));
	return text_steal(&clean);
}

/* Appends the label of a bin, aligned to the right. */
static void append_bin_label(struct text *out, const struct terminal *terminal,
    struct json_object *labels, size_t bin, size_t width)
{
	const struct terminal plain = {.unicode = terminal->unicode};
	char *label = bin_label_at(terminal, labels, bin);
	size_t taken = display_width(label);

	append_blanks(out, width > taken ? width - taken : 0);
	append_cut(out, &plain, label, width);
	free(label);
}

static size_t widest_label(const struct terminal *terminal, struct json_object *labels)
{
	size_t widest = 0;

	for (size_t i = 0; i < json_count(labels); i++) {
		char *label = bin_label_at(terminal, labels, i);
		size_t width = display_width(label);

		if (width > widest)
			widest = width;
		free(label);
	}
	return widest < chart_width(terminal) / 2 ? widest : chart_width(terminal) / 2;
}

/* Appends "Sizes at 2026-11-22 10:20:00", or that there is none. */
static void append_title(
    struct text *out, const struct terminal *terminal, struct json_object *series, bool is_there)
{
	double seconds;

	text_append(out, "  ");
	append_clean(out, terminal, json_text(series, "label"));
	if (!is_there || !json_finite(json_value(series, "time"), &seconds)) {
		text_append(out, ": no samples\n");
		return;
	}
	text_append(out, " at ");
	append_local_time(out, seconds);
	if (json_text(series, "units")[0] != '\0') {
		text_append(out, ", in ");
		append_clean(out, terminal, json_text(series, "units"));
	}
	text_append_char(out, '\n');
}

static void append_histogram(
    struct text *out, const struct terminal *terminal, struct json_object *series)
{
	struct json_object *labels = json_part(series, "bin_labels");
	struct json_object *counts = json_part(series, "counts");
	size_t widest = widest_label(terminal, labels);
	size_t beside = widest + 2 + 1 + 20; /* with a count of any size */
	double room =
	    chart_width(terminal) > beside + 8 ? (double)(chart_width(terminal) - beside) : 8;
	double count, most = 0;

	append_title(out, terminal, series, counts != NULL);
	for (size_t i = 0; i < json_count(counts); i++)
		if (json_finite(json_item(counts, i), &count))
			most = fmax(most, count);
	for (size_t i = 0; i < json_count(counts); i++) {
		if (!json_finite(json_item(counts, i), &count))
			count = 0;
		append_bin_label(out, terminal, labels, i, widest);
		text_append(out, terminal->unicode ? " ┤" : " |");
		if (count > 0)
			append_bar(out, terminal, count / most * room);
		text_printf(out, " %" PRId64 "\n", json_object_get_int64(json_item(counts, i)));
	}
}

void append_bars(struct text *out, const struct terminal *terminal, struct json_object *chart)
{
	struct json_object *series = json_part(chart, "series");

	for (size_t i = 0; i < json_count(series); i++)
		append_histogram(out, terminal, json_item(series, i));
}

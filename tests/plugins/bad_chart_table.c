/* SPDX-License-Identifier: MIT */
/* Charts without what makes a chart, and a table that is none. */
#include <iml/storage_plugin.h>

#define LETTERS_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("heat")),
    .charts = IML_CHARTS({.series = NULL}, IML_CHART("", IML_SERIES("heat")), {.title = "Empty"},
        IML_CHART("Null", IML_SERIES("heat", NULL)), {.title = "Wild", .series_count = 3},
        IML_CHART(LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64, IML_SERIES("heat"))),
};

static const struct iml_class fan = {
    .name = "Fan",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .charts = {.items = (const struct iml_chart *)64, .count = 1},
};

IML_PLUGIN(bad_chart_table, .classes = IML_CLASSES(&drive, &fan));

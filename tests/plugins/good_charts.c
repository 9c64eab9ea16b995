/* SPDX-License-Identifier: MIT */
/* Charts, declared on several levels, inherited, and made of what has none. */
#include <iml/storage_plugin.h>

static const struct iml_class plain = {
    .name = "Plain",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("heat", .label = "Temperature"),
        IML_COUNTER("read_bytes", .units = IML_UNITS_BYTES)),
};

/* Still none declared: one for each, own first. */
static const struct iml_class derived = {
    .name = "Derived",
    .base = &plain,
    .identifier = IML_SCOPED_ID("serial"),
    .statistics = IML_STATISTICS(IML_GAUGE("load")),
};

static const struct iml_class charted = {
    .name = "Charted",
    .base = &derived,
    .identifier = IML_SCOPED_ID("serial"),
    .statistics = IML_STATISTICS(IML_COUNTER("write_bytes", .units = IML_UNITS_BYTES),
        IML_HISTOGRAM("sizes", IML_BINS({0, 512}, {513, IML_OPEN}))),
    .charts = IML_CHARTS(IML_CHART("Bandwidth", IML_SERIES("read_bytes", "write_bytes")),
        IML_CHART("Sizes", IML_SERIES("sizes"))),
};

/* "write_bytes" is another statistic here, in the inherited chart too. */
static const struct iml_class redeclared = {
    .name = "Redeclared",
    .base = &charted,
    .identifier = IML_SCOPED_ID("serial"),
    .statistics = IML_STATISTICS(IML_GAUGE("write_bytes", .units = "MB/s")),
    .charts = IML_CHARTS(IML_CHART("Climate", IML_SERIES("heat", "load"))),
};

IML_PLUGIN(good_charts, .classes = IML_CLASSES(&plain, &derived, &charted, &redeclared));

/* SPDX-License-Identifier: MIT */
/* Charts of what can't be shown, or not together. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("heat", .units = "C"), IML_GAUGE("load"),
        IML_COUNTER("reads", .units = "op/s"), IML_COUNTER("read_bytes", .units = IML_UNITS_BYTES),
        IML_HISTOGRAM("sizes", IML_BINS({0, IML_OPEN}))),
    .charts = IML_CHARTS(IML_CHART("Mixed", IML_SERIES("heat", "sizes")),
        IML_CHART("Too much", IML_SERIES("heat", "reads", "read_bytes", "load")),
        IML_CHART("Unknown", IML_SERIES("heat", "haet", "serial")),
        IML_CHART("Twice", IML_SERIES("heat", "heat")),
        IML_CHART("Two axes", IML_SERIES("reads", "read_bytes"))),
};

IML_PLUGIN(bad_chart_series, .classes = IML_CLASSES(&drive));

/* SPDX-License-Identifier: MIT */
/* What a class declares anew does not suit the charts that it inherits. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("heat"), IML_GAUGE("load")),
    .charts = IML_CHARTS(
        IML_CHART("Both", IML_SERIES("heat", "load")), IML_CHART("Heat", IML_SERIES("heat"))),
};

static const struct iml_class ssd = {
    .name = "Ssd",
    .base = &drive,
    .identifier = IML_SCOPED_ID("serial"),
    .statistics = IML_STATISTICS(IML_HISTOGRAM("load", IML_BINS({0, IML_OPEN}))),
};

IML_PLUGIN(bad_chart_inherited, .classes = IML_CLASSES(&drive, &ssd));

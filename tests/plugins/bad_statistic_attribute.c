/* SPDX-License-Identifier: MIT */
/* Names of both an attribute and a statistic. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_INTEGER("load")),
    .statistics = IML_STATISTICS(IML_GAUGE("load")),
};

static const struct iml_class ssd = {
    .name = "Ssd",
    .base = &drive,
    .identifier = IML_SCOPED_ID("serial"),
    .statistics = IML_STATISTICS(IML_GAUGE("serial")),
};

IML_PLUGIN(bad_statistic_attribute, .classes = IML_CLASSES(&drive, &ssd));

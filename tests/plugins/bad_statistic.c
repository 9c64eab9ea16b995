/* SPDX-License-Identifier: MIT */
/* Statistics that are wrong in themselves. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("load", .sample_period = -1),
        IML_COUNTER("reads", IML_BINS({0, 1})), {.type = 9, .name = "mystery"}, IML_GAUGE("load")),
};

IML_PLUGIN(bad_statistic, .classes = IML_CLASSES(&drive));

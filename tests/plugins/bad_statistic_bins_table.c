/* SPDX-License-Identifier: MIT */
/* Bins that are nowhere, and more than there can be. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics =
        IML_STATISTICS(IML_HISTOGRAM("sizes", .bins = (const struct iml_bin *)64, .bin_count = 2),
            IML_HISTOGRAM("times", .bins = (const struct iml_bin *)64, .bin_count = 5000)),
};

IML_PLUGIN(bad_statistic_bins_table, .classes = IML_CLASSES(&drive));

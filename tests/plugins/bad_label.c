/* SPDX-License-Identifier: MIT */
/* Labels that are empty, too long or no text. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial", .label = "")),
    .statistics = IML_STATISTICS(IML_GAUGE("load", .label = "\xc3")),
    .label = "a\tb",
};

IML_PLUGIN(bad_label, .classes = IML_CLASSES(&drive));

/* SPDX-License-Identifier: MIT */
/* Options of other types. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_STRING("name", .min = IML_LIMIT(1)),
        IML_INTEGER("slot", .max_length = 3), IML_BOOLEAN("on", IML_OPTIONS("yes", "no"))),
};

IML_PLUGIN(bad_options_foreign, .classes = IML_CLASSES(&drive));

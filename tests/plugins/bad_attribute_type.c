/* SPDX-License-Identifier: MIT */
/* An attribute of a type that does not exist. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), {.type = 99, .name = "mystery"}),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_UPPER_BOUND("mystery", .error_bound = IML_BOUND(1))),
};

IML_PLUGIN(bad_attribute_type, .classes = IML_CLASSES(&drive));

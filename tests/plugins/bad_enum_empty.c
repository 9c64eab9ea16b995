/* SPDX-License-Identifier: MIT */
/* An enumeration without options. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(
        IML_STRING("serial"), IML_ENUM("status", .default_value = IML_DEFAULT("OK"))),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"))),
};

IML_PLUGIN(bad_enum_empty, .classes = IML_CLASSES(&drive));

/* SPDX-License-Identifier: MIT */
/* What a class declares anew does not suit what its base has. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"))),
};

static const struct iml_class flash = {
    .name = "Flash",
    .base = &drive,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_ENUM("status", IML_OPTIONS("GOOD", "WORN"))),
};

IML_PLUGIN(bad_base_inherited, .classes = IML_CLASSES(&drive, &flash));

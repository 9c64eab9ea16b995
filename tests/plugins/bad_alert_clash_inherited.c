/* SPDX-License-Identifier: MIT */
/* An alert condition of the same name as one of the base. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"))),
};

static const struct iml_class ssd = {
    .name = "Ssd",
    .base = &drive,
    .identifier = IML_SCOPED_ID("serial"),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .error_states = IML_STATES("OK"))),
};

IML_PLUGIN(bad_alert_clash_inherited, .classes = IML_CLASSES(&ssd, &drive));

/* SPDX-License-Identifier: MIT */
/* Bounds where states belong, and the other way round. */
#include <iml/storage_plugin.h>

static const struct iml_class controller = {
    .name = "Controller",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(
        IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED")), IML_INTEGER("slot")),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .error_bound = IML_BOUND(1)),
            IML_UPPER_BOUND("slot", .warn_states = IML_STATES("1")),
            IML_LOWER_BOUND("slot", .info_bound = IML_BOUND(__builtin_inf())),
            {.type = 7, .attribute = "slot"}),
};

IML_PLUGIN(bad_alert_kind, .classes = IML_CLASSES(&controller));

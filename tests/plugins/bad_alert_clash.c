/* SPDX-License-Identifier: MIT */
/* Alert conditions of one name. */
#include <iml/storage_plugin.h>

static const struct iml_class controller = {
    .name = "Controller",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .warn_states = IML_STATES("FAILED")),
            IML_VALUE_CONDITION("status", .warn_states = IML_STATES("OK")),
            IML_VALUE_CONDITION("status", .id = "a", .warn_states = IML_STATES("OK")),
            IML_VALUE_CONDITION("status", .error_states = IML_STATES("OK"))),
};

IML_PLUGIN(bad_alert_clash, .classes = IML_CLASSES(&controller));

/* SPDX-License-Identifier: MIT */
/* States that can not be. */
#include <iml/storage_plugin.h>

static const struct iml_class controller = {
    .name = "Controller",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED")),
            IML_BOOLEAN("on"), IML_INTEGER("slot", .max = IML_LIMIT(9)),
            IML_ENUM("level", IML_NUMBERS(1, 2)), IML_REFERENCE("twin", .optional = true)),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED", "FAILD")),
        IML_VALUE_CONDITION(
            "on", .error_states = IML_STATES("false"), .warn_states = IML_STATES("no")),
        IML_VALUE_CONDITION("slot", .error_states = IML_STATES("9", "10", "x")),
        IML_VALUE_CONDITION("level", .error_states = IML_STATES("1", "3")),
        IML_VALUE_CONDITION(
            "twin", .error_states = IML_STATES(NULL), .warn_states = IML_STATES("x"))),
};

IML_PLUGIN(bad_alert_state, .classes = IML_CLASSES(&controller));

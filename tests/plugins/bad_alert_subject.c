/* SPDX-License-Identifier: MIT */
/* Alert conditions on what they can not judge. */
#include <iml/storage_plugin.h>

static const struct iml_class controller = {
    .name = "Controller",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
    .statistics = IML_STATISTICS(IML_COUNTER("reads"), IML_GAUGE("temperature")),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_UPPER_BOUND("temprature", .error_bound = IML_BOUND(85)),
            IML_UPPER_BOUND("status", .error_bound = IML_BOUND(85)),
            IML_UPPER_BOUND("reads", .error_bound = IML_BOUND(85)),
            IML_VALUE_CONDITION("temperature", .error_states = IML_STATES("85")),
            IML_LOWER_BOUND("temperature", .error_bound = IML_BOUND(0)), IML_UPPER_BOUND(NULL)),
};

IML_PLUGIN(bad_alert_subject, .classes = IML_CLASSES(&controller));

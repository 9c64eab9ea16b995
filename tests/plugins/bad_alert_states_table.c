/* SPDX-License-Identifier: MIT */
/* Lists of states that are nowhere. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BOOLEAN("failed")),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_VALUE_CONDITION("failed", .error_states = {.items = NULL, .count = 1}),
        IML_VALUE_CONDITION(
            "serial", .warn_states = {.items = (const char *const *)64, .count = 1})),
};

IML_PLUGIN(bad_alert_states_table, .classes = IML_CLASSES(&drive));

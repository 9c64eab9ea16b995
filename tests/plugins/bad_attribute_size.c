/* SPDX-License-Identifier: MIT */
/* Attribute tables of another size than their version has. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

__attribute__((visibility("hidden"))) const struct iml_calls *iml_calls_;

extern const struct iml_plugin_definition iml_plugin_definition_bad_attribute_size;
__attribute__((visibility("default")))
const struct iml_plugin_definition iml_plugin_definition_bad_attribute_size = {
    .magic = IML_PLUGIN_MAGIC,
    .major = IML_API_MAJOR,
    .minor = IML_API_MINOR,
    .size = sizeof(struct iml_plugin_definition),
    .class_size = sizeof(struct iml_class),
    .attribute_size = 16,
    .statistic_size = sizeof(struct iml_statistic),
    .alert_condition_size = sizeof(struct iml_alert_condition),
    .chart_size = sizeof(struct iml_chart),
    .relation_size = sizeof(struct iml_relation),
    .name = "bad_attribute_size",
    .calls = &iml_calls_,
    .classes = IML_CLASSES(&drive),
};

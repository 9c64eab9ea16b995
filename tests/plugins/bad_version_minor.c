/* SPDX-License-Identifier: MIT */
/* Built for a minor version that does not exist yet. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

__attribute__((visibility("hidden"))) const struct iml_calls *iml_calls_;

extern const struct iml_plugin_definition iml_plugin_definition_bad_version_minor;
__attribute__((visibility("default")))
const struct iml_plugin_definition iml_plugin_definition_bad_version_minor = {
    .magic = IML_PLUGIN_MAGIC,
    .major = IML_API_MAJOR,
    .minor = 99,
    .size = sizeof(struct iml_plugin_definition),
    .class_size = sizeof(struct iml_class),
    .attribute_size = sizeof(struct iml_attribute),
    .statistic_size = sizeof(struct iml_statistic),
    .alert_condition_size = sizeof(struct iml_alert_condition),
    .name = "bad_version_minor",
    .calls = &iml_calls_,
    .classes = IML_CLASSES(&drive),
};

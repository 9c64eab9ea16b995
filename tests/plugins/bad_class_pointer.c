/* SPDX-License-Identifier: MIT */
/* Tables and texts outside of the memory of the plugin. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = {.scope = IML_ID_SCOPED, .count = 1, .names = (const char *const *)64},
    .attributes = {.items = (const struct iml_attribute *)128, .count = 1},
    .statistics = {.items = NULL, .count = 2},
    .alert_conditions = {.items = (const struct iml_alert_condition *)256, .count = 5000},
};

static const struct iml_class fan = {
    .name = (const char *)4096,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_class_pointer, .classes = IML_CLASSES(&drive, &fan, (const struct iml_class *)8192));

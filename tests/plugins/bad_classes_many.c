/* SPDX-License-Identifier: MIT */
/* A list of classes whose count can not be right. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class *const classes[] = {&drive};

IML_PLUGIN(bad_classes_many, .classes = {.items = classes, .count = 5000});

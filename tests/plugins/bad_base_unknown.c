/* SPDX-License-Identifier: MIT */
/* Bases that are not listed, not built-in, or no classes. */
#include <iml/storage_plugin.h>

static const struct iml_class unlisted = {.name = "Unlisted"};
static const struct iml_class future = {.name = "Future", .builtin = 77};
static const struct iml_class a = {
    .name = "A",
    .base = &unlisted,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};
static const struct iml_class b = {
    .name = "B",
    .base = &future,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};
static const struct iml_class c = {
    .name = "C",
    .base = (const struct iml_class *)64,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_base_unknown, .classes = IML_CLASSES(&a, &b, &c, &iml_fan));

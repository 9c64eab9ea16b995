/* SPDX-License-Identifier: MIT */
/* Classes that are their own bases. */
#include <iml/storage_plugin.h>

static const struct iml_class itself = {
    .name = "Itself",
    .base = &itself,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class hen;
static const struct iml_class egg = {.name = "Egg", .base = &hen};
static const struct iml_class hen = {.name = "Hen", .base = &egg};
/* Not in the loop, but based on one that is. */
static const struct iml_class chick = {
    .name = "Chick",
    .base = &egg,
    .identifier = IML_SCOPED_ID("serial"),
};

IML_PLUGIN(bad_base_loop, .classes = IML_CLASSES(&itself, &egg, &hen, &chick));

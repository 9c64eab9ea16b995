/* SPDX-License-Identifier: MIT */
/* A scannable class, and no initial_scan. */
#include <iml/storage_plugin.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_AUTO_ID(),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address")),
};

IML_PLUGIN(bad_scannable_no_scan, .classes = IML_CLASSES(&array));

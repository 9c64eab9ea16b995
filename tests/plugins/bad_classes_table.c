/* SPDX-License-Identifier: MIT */
/* A list of classes that is nowhere. */
#include <iml/storage_plugin.h>

IML_PLUGIN(
    bad_classes_table, .classes = {.items = (const struct iml_class *const *)64, .count = 2});

/* SPDX-License-Identifier: MIT */
/* A number in place of a definition. */
#include <iml/storage_plugin.h>

extern const int iml_plugin_definition_bad_definition_type;
__attribute__((visibility("default"))) const int iml_plugin_definition_bad_definition_type = 1;

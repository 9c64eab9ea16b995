/* SPDX-License-Identifier: MIT */
/* A function in place of a definition. */
#include <iml/storage_plugin.h>

int iml_plugin_definition_bad_definition_function(void);

__attribute__((visibility("default"))) int iml_plugin_definition_bad_definition_function(void)
{
	return 1;
}

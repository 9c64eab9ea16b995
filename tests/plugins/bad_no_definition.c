/* SPDX-License-Identifier: MIT */
/* A shared object that is no plugin. */
#include <iml/storage_plugin.h>

int answer(void);

__attribute__((visibility("default"))) int answer(void)
{
	return 42;
}

/* SPDX-License-Identifier: MIT */
/*
 * Looks into a plugin's file without loading it, so that a truncated or foreign file is refused
 * with a reason rather than with a signal.
 */
#ifndef HOST_EXAMINE_H
#define HOST_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* The symbol by which the file defines a plugin. */
struct plugin_symbol {
	char *name; /* to be released with free() */
	size_t size;
};

/*
 * Whether the file at path is a complete shared object for this machine that defines exactly one
 * plugin. If not, the reason is appended: a sentence that names the path where that helps.
 */
bool examine_plugin(const char *path, struct plugin_symbol *symbol, struct text *reason);

#endif

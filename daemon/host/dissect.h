/* SPDX-License-Identifier: MIT */
/*
 * What else a plugin's file tells without being loaded: libraries, symbols, how it was linked.
 */
#ifndef HOST_DISSECT_H
#define HOST_DISSECT_H

#include <stdbool.h>

#include "host/reasons.h"

struct dissection {
	struct reasons needed;   /* names of libraries, as the loader is told */
	struct reasons exported; /* symbols, but for those that compilers add or have to share */
	char *build_id;          /* hexadecimal; NULL: none */
	bool executable_stack;
	bool text_relocations;
	bool thread_sanitizer; /* built with it: it needs that runtime to be loaded first */
};

/* Returns false if the file can't be read; examine_plugin() says why. */
bool dissect_plugin(const char *path, struct dissection *dissection);
void dissection_clear(struct dissection *dissection);

#endif

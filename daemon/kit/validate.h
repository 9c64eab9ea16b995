/* SPDX-License-Identifier: MIT */
/*
 * Checking a plugin without using it: it is loaded in a process of its own, no hook is called, and
 * all that is wrong with its declarations, or poor, is told.
 */
#ifndef KIT_VALIDATE_H
#define KIT_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "host/reasons.h"
#include "model/class.h"
#include "wire/message.h"

struct validate_options {
	const char *path;
	int64_t limit_ns; /* a plugin that takes longer to load hangs */
	/*
	 * Where plugins that relations name are looked for, after the directory of the plugin
	 * itself; NULLs are passed over.
	 */
	const char *const *directories;
	size_t directory_count;
};

/* End with validation_clear(). */
struct validation {
	char *name;              /* of the plugin, after its file */
	struct message loaded;   /* LOADED with what it declares, if it could be loaded */
	struct reasons errors;   /* why it can't be used; none: it is valid */
	struct reasons warnings; /* what is legal but poor */
	struct text printed;     /* what it wrote to standard output and error meanwhile */
};

/* Must be called while this process has one thread. */
void validate_plugin(const struct validate_options *options, struct validation *validation);
void validation_clear(struct validation *validation);

/* The classes of the plugin; none if it could not be loaded. */
struct class *const *validation_classes(const struct validation *validation, size_t *count);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A scannable as a person describes it, in a file or on a command line: a class, and attributes as
 * texts.
 */
#ifndef MODEL_TYPED_H
#define MODEL_TYPED_H

#include <stddef.h>

#include "model/class.h"

struct typed_attribute {
	char *name;
	char *value; /* as typed; NULL for null */
	char *place; /* "file:line", for messages */
};

/* Receives one mistake; place is that of the attribute, or NULL for the whole. */
typedef void typed_complaint(void *context, const char *place, const char *text);

/*
 * Reads the attributes into values (one per attribute of the class, all null), and gives mandatory
 * ones that are missing their fixed default. Those with a default function stay null: the plugin is
 * to be asked. Every mistake is told; what is missing only when there is no other.
 */
void typed_read(const struct class *class, const struct typed_attribute *attributes, size_t count,
    struct value *values, typed_complaint *complain, void *context);

/*
 * Whether the plugin has to complete the values: there is a password to obfuscate, or a default
 * function to run.
 */
bool typed_needs_plugin(const struct class *class, const struct value *values);

/* Releases values that may hold passwords. */
void typed_free_values(const struct class *class, struct value *values);

#endif

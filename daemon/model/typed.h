/* SPDX-License-Identifier: MIT */
/*
 * A scannable as a person describes it, in a file or on a command line: a class, and attributes as
 * texts.
 */
#ifndef MODEL_TYPED_H
#define MODEL_TYPED_H

#include <stdbool.h>
#include <stddef.h>

#include "model/class.h"

struct typed_attribute {
	char *name;
	char *value; /* as typed; NULL for null */
	char *place; /* "file:line", for messages */
};

/*
 * Receives one mistake: the attribute that it is about, by the name that was typed or is missing,
 * and its place, which is NULL for what is missing.
 */
typedef void typed_complaint(
    void *context, const char *place, const char *attribute, const char *text);

/*
 * Reads the attributes into values (one per attribute of the class, all null), and gives mandatory
 * ones that are missing their fixed default. Those with a default function stay null: the plugin is
 * to be asked. Every mistake is told; what is missing only when all names are known.
 */
void typed_read(const struct class *class, const struct typed_attribute *attributes, size_t count,
    struct value *values, typed_complaint *complain, void *context);

/*
 * Reads attributes that are to be changed: values, all null, get what was typed, and typed says of
 * each attribute whether it was. Mandatory ones can't be made null.
 */
void typed_read_changes(const struct class *class, const struct typed_attribute *attributes,
    size_t count, struct value *values, bool *typed, typed_complaint *complain, void *context);

/*
 * Whether the plugin has to complete the values: there is a password to obfuscate, or a default
 * function to run.
 */
bool typed_needs_plugin(const struct class *class, const struct value *values);

/* Releases values that may hold passwords. */
void typed_free_values(const struct class *class, struct value *values);

#endif

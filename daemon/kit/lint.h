/* SPDX-License-Identifier: MIT */
/*
 * What is legal in the classes of a plugin, but poor: types that are too weak for what the name
 * tells, labels that read badly, alerts without words. A class is judged by what it declares
 * itself; what it inherits is told where it is declared.
 *
 * A String with a max_length, and any text with a label, is taken for what its author wants.
 */
#ifndef KIT_LINT_H
#define KIT_LINT_H

#include <stddef.h>

#include "host/reasons.h"
#include "model/class.h"

/* Adds a warning for everything found. classes are all of one plugin, each after its bases. */
void lint_classes(struct class *const *classes, size_t count, struct reasons *warnings);

/* The class of the plugin that a class is directly based on; NULL if that is a built-in one. */
const struct class *lint_base_of(
    const struct class *class, struct class *const *classes, size_t count);

#endif

/* SPDX-License-Identifier: MIT */
/* What the files about scannables share: reading them (scannable.c), and taking them into use. */
#ifndef SUPERVISOR_SCANNABLE_INTERNAL_H
#define SUPERVISOR_SCANNABLE_INTERNAL_H

#include "supervisor/supervisor.h"

/* A pass over the scannables that the configuration has for one plugin. */
struct reading {
	struct plugin *plugin;
	struct mistake_list *mistakes; /* where they go, besides the log */
	struct identity **identities;  /* hash of those that were met */
};

/* The class of this name that a loaded plugin has, scannable or not; or NULL. */
const struct class *scannable_find_class(const struct plugin *plugin, const char *name);

/* Logs and keeps a mistake. */
void scannable_mistake(struct reading *reading, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Reads one scannable: its values, one per attribute, to be released with typed_free_values();
 * or NULL after its mistakes. *class is NULL if it has no known one.
 */
struct value *scannable_read(
    struct reading *reading, const struct scannable_config *config, const struct class **class);

/*
 * Notes the identity of a complete scannable. Returns false after a mistake: it can't be, or
 * another one before has it.
 */
bool scannable_take_identity(struct reading *reading, const struct scannable_config *config,
    const struct class *class, const struct value *values);

void identities_free(struct identity **identities);

/* What was typed for an attribute, or NULL. */
const char *scannable_typed(const struct scannable_config *config, const char *attribute);

#endif

/* SPDX-License-Identifier: MIT */
/* Within the configuration: the table of keys, looked at and applied. */
#ifndef SUPERVISOR_CONFIG_KEYS_H
#define SUPERVISOR_CONFIG_KEYS_H

#include "supervisor/config.h"

/* The key of this full name, or NULL. */
const struct config_key *config_key_find(const char *name);

/* Whether there are keys below this name: "scan" is a section. */
bool config_key_is_section(const char *name);

/*
 * Appends what to do about a name that is not known below prefix ("", "scan.", "plugins[]."): the
 * nearest one that is, or all there are.
 */
void config_key_suggest(const char *prefix, const char *name, struct text *advice);

/*
 * Stores a typed value in the member of object that the key names, or the default if typed is
 * NULL. Relative paths are taken from directory. Returns false with a reason.
 */
bool config_key_store(const struct config_key *key, const char *typed, const char *directory,
    void *object, char reason[REASON_SIZE]);

/* Whether two objects have the same value of a scalar key. */
bool config_key_equal(const struct config_key *key, const void *a, const void *b);

/* Swaps the values that two objects have of a scalar key. */
void config_key_swap(const struct config_key *key, void *a, void *b);

/* Releases what config_key_store() stored. */
void config_key_clear(const struct config_key *key, void *object);

/* Writes a path relative to directory as an absolute one. The caller frees it. */
char *config_absolute_path(const char *path, const char *directory);

/* Appends a size as it is written there, with the largest unit of which it is a whole number. */
void config_append_size(int64_t bytes, struct text *out);

#endif

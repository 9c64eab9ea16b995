/* SPDX-License-Identifier: MIT */
/*
 * Reading small files, and allocation that ends the process when there is no memory.
 */
#ifndef LINUX_SYSFS_H
#define LINUX_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Passes memory on, or ends the process if it is NULL. */
void *required(void *memory);

/* Formatted text, to be released with free(). */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Reads a file of a directory into a buffer: the number of bytes, or -1 with errno. What does not
 * fit is left out.
 */
long sysfs_bytes(const char *directory, const char *file, void *buffer, size_t size);

/* The file's text without white space at its ends, released with free(); NULL if none or empty. */
char *sysfs_text(const char *directory, const char *file);

/* The file's first number; false if there is none. */
bool sysfs_number(const char *directory, const char *file, uint64_t *number);

bool sysfs_exists(const char *directory, const char *file);

/*
 * The names in a directory, sorted, ended by NULL; NULL with errno if it can't be read. Release
 * with free_names().
 */
char **sysfs_names(const char *directory);
void free_names(char **names);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Allocation that can't fail: each function returns memory, or ends the process with a message
 * when there is none. Everything is released with free().
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* Zeroed memory for count elements of size bytes. */
void *xcalloc(size_t count, size_t size);

/* Resizes memory to count elements of size bytes. New bytes are not zeroed. */
void *xreallocarray(void *memory, size_t count, size_t size);

/* Makes room for one more element: doubles *capacity when count has reached it. */
void *xgrow(void *memory, size_t count, size_t *capacity, size_t size);

/* Gives to the system what was released. It takes its time: for the end of something large. */
void memory_return(void);

/* Copies of text; xstrdup(NULL) is NULL. */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);
char *xmemdup(const void *bytes, size_t length);

/* Releases a text that may be a secret, and leaves none of it in memory. NULL is no text. */
void forget_text(char *text);

/* Formatted text. */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

#endif

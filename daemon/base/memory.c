/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <assert.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CAPACITY 8

/* Ends the process without asking for any memory. */
__attribute__((noreturn)) static void out_of_memory(void)
{
	static const char message[] = "iml: out of memory\n";
	ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);

	(void)written;
	abort();
}

static void *checked(void *memory)
{
	if (memory == NULL)
		out_of_memory();
	return memory;
}

void *xcalloc(size_t count, size_t size)
{
	/* calloc() may answer NULL when asked for nothing. */
	if (count == 0 || size == 0)
		return checked(calloc(1, 1));
	return checked(calloc(count, size));
}

void *xreallocarray(void *memory, size_t count, size_t size)
{
	/* realloc() may release the memory when asked for nothing. */
	if (count == 0 || size == 0)
		return checked(realloc(memory, 1));
	return checked(reallocarray(memory, count, size));
}

void *xgrow(void *memory, size_t count, size_t *capacity, size_t size)
{
	assert(count <= *capacity);
	if (count < *capacity)
		return memory;
	if (*capacity > SIZE_MAX / 2)
		out_of_memory();
	*capacity = *capacity > 0 ? 2 * *capacity : FIRST_CAPACITY;
	return xreallocarray(memory, *capacity, size);
}

void memory_return(void)
{
	malloc_trim(0);
}

char *xstrdup(const char *text)
{
	return text != NULL ? checked(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
	return checked(strndup(text, length));
}

char *xmemdup(const void *bytes, size_t length)
{
	char *copy = xcalloc(length, 1);

	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

void forget_text(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

char *xasprintf(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	return text;
}

char *xvasprintf(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		out_of_memory();
	return text;
}

/* SPDX-License-Identifier: MIT */
#include "sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 16384

void *required(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

char *format_text(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return required(text);
}

long sysfs_bytes(const char *directory, const char *file, void *buffer, size_t size)
{
	char *path = format_text("%s/%s", directory, file);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	free(path);
	if (descriptor < 0)
		return -1;
	length = read(descriptor, buffer, size);
	close(descriptor);
	return length;
}

char *sysfs_text(const char *directory, const char *file)
{
	char buffer[TEXT_MAX];
	long length = sysfs_bytes(directory, file, buffer, sizeof(buffer) - 1);
	char *start = buffer;

	if (length <= 0)
		return NULL;
	buffer[length] = '\0';
	while (isspace((unsigned char)*start))
		start++;
	for (char *end = start + strlen(start); end > start; *--end = '\0')
		if (!isspace((unsigned char)end[-1]))
			break;
	return *start != '\0' ? required(strdup(start)) : NULL;
}

bool sysfs_number(const char *directory, const char *file, uint64_t *number)
{
	char *text = sysfs_text(directory, file);
	char *end = text;

	if (text == NULL)
		return false;
	*number = strtoull(text, &end, 10);
	free(text);
	return end != text;
}

bool sysfs_exists(const char *directory, const char *file)
{
	char *path = format_text("%s/%s", directory, file);
	bool exists = access(path, F_OK) == 0;

	free(path);
	return exists;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **sysfs_names(const char *directory)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	char **names = NULL;
	size_t count = 0;

	if (stream == NULL)
		return NULL;
	names = required(calloc(1, sizeof(*names)));
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names = required(realloc(names, (count + 2) * sizeof(*names)));
		names[count++] = required(strdup(entry->d_name));
		names[count] = NULL;
	}
	closedir(stream);
	qsort(names, count, sizeof(*names), compare_names);
	return names;
}

void free_names(char **names)
{
	for (char **name = names; name != NULL && *name != NULL; name++)
		free(*name);
	free(names);
}

/* SPDX-License-Identifier: MIT */
/* How the plugin canary obfuscates: it writes the password backwards. */
#ifndef CANARY_H
#define CANARY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool canary_obfuscate(const char *password, char *out, size_t size)
{
	size_t length = strlen(password);

	if (length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		out[i] = password[length - 1 - i];
	out[length] = '\0';
	return true;
}

#endif

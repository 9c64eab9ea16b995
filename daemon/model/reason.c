/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reason_write(char reason[REASON_SIZE], const char *format, ...)
{
	static const char more[] = "…";
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(reason, REASON_SIZE, format, arguments);
	va_end(arguments);
	assert(length >= 0);
	if (length >= REASON_SIZE) {
		size_t end = utf8_cut(reason, (size_t)length, REASON_SIZE - sizeof(more));

		memcpy(reason + end, more, sizeof(more));
	}
}

/* SPDX-License-Identifier: MIT */
#include "host/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* Adds a text that the list then owns. What is not UTF-8 in it (the name of a file, say) is "?". */
void reasons_take(struct reasons *reasons, char *reason)
{
	if (!utf8_valid(reason, strlen(reason)))
		for (char *byte = reason; *byte != '\0'; byte++)
			if ((unsigned char)*byte >= 0x80)
				*byte = '?';
	reasons->items =
	    xgrow(reasons->items, reasons->count, &reasons->capacity, sizeof(*reasons->items));
	reasons->items[reasons->count++] = reason;
}

/* Adds a formatted text. */
void reasons_add(struct reasons *reasons, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	reasons_take(reasons, xvasprintf(format, arguments));
	va_end(arguments);
}

/* Releases all texts and leaves an empty list. */
void reasons_clear(struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		free(reasons->items[i]);
	free(reasons->items);
	*reasons = (struct reasons){0};
}

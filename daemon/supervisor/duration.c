/* SPDX-License-Identifier: MIT */
#include "supervisor/config.h"

#include <string.h>

#include "base/clock.h"

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {
    {"ms", NS_PER_MS},
    {"s", NS_PER_S},
    {"m", 60 * NS_PER_S},
    {"min", 60 * NS_PER_S},
    {"h", 3600 * NS_PER_S},
    {"d", 86400 * NS_PER_S},
};

/* The unit of this name, or NULL. */
static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/* Writes why a text is no duration. Always false. */
static bool refuse(char reason[REASON_SIZE], const char *text, const char *why)
{
	reason_write(reason, "\"%s\" %s", text, why);
	return false;
}

bool duration_parse(const char *text, int64_t *ns, char reason[REASON_SIZE])
{
	size_t digits = strspn(text, "0123456789");
	const char *name = text + digits + strspn(text + digits, " ");
	const struct unit *unit = find_unit(name);
	int64_t number = 0;

	if (text[0] == '-')
		return refuse(reason, text, "is below 0");
	if (digits > 0 && name[0] == '\0')
		return refuse(reason, text, "has no unit (ms, s, min, h, d), as in \"5 s\"");
	if (digits == 0 || unit == NULL)
		return refuse(reason, text,
		    "is not a duration: a whole number and ms, s, min, h or d, as in \"5 s\"");
	for (size_t i = 0; i < digits; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, text[i] - '0', &number))
			return refuse(reason, text, "is too long");
	if (__builtin_mul_overflow(number, unit->ns, ns))
		return refuse(reason, text, "is too long");
	return true;
}

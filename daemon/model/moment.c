/* SPDX-License-Identifier: MIT */
#include "model/moment.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

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

/* ---- times ---- */

/* Reads a dot and digits, down to microseconds, if there are any; returns what follows. */
static const char *parse_fraction(const char *text, int64_t *us)
{
	int64_t unit = US_PER_S / 10;

	if (text[0] != '.' || !isdigit((unsigned char)text[1]))
		return text;
	for (text++; isdigit((unsigned char)*text); text++, unit /= 10)
		*us += unit * (*text - '0');
	return text;
}

static bool parse_epoch(const char *text, int64_t *us)
{
	size_t digits = strspn(text, "0123456789");
	int64_t seconds = 0;

	if (digits == 0 || digits > 12)
		return false;
	for (size_t i = 0; i < digits; i++)
		seconds = seconds * 10 + (text[i] - '0');
	*us = seconds * US_PER_S;
	return *parse_fraction(text + digits, us) == '\0';
}

/* Two digits as a number, or a large one. */
static int two_digits(const char *text)
{
	if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]))
		return 1000;
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* "Z" or "+01:00" at the end of a time; takes it off. */
static bool parse_zone(const char *text, int64_t *us)
{
	int hours, minutes;

	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	if (text[0] != '+' && text[0] != '-')
		return false;
	hours = two_digits(text + 1);
	if (hours > 23 || text[3] != ':')
		return false;
	minutes = two_digits(text + 4);
	if (minutes > 59 || text[6] != '\0')
		return false;
	*us -= (text[0] == '+' ? 1 : -1) * (hours * 60 + minutes) * 60 * US_PER_S;
	return true;
}

static bool parse_date(const char *text, int64_t *us)
{
	struct tm parts = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);

	if (rest == NULL)
		return false;
	*us = (int64_t)timegm(&parts) * US_PER_S;
	return parse_zone(parse_fraction(rest, us), us);
}

static bool parse_moment(const char *text, struct wallclock now, int64_t *us)
{
	char ignored[REASON_SIZE];
	int64_t ago;

	if (strcmp(text, "now") == 0) {
		*us = now.us;
		return true;
	}
	if (text[0] != '-')
		return parse_epoch(text, us) || parse_date(text, us);
	if (!duration_parse(text + 1, &ago, ignored))
		return false;
	*us = now.us - ago / (NS_PER_S / US_PER_S);
	return true;
}

bool moment_parse(
    const char *text, struct wallclock now, struct wallclock *moment, char reason[REASON_SIZE])
{
	/* The end of the year 9999. */
	const int64_t last = INT64_C(253402300799) * US_PER_S;

	if (!parse_moment(text, now, &moment->us))
		return refuse(reason, text,
		    "is not a time: seconds since 1970, or as in \"2026-11-22T10:28:16Z\","
		    " or \"-1h\" for an hour ago");
	if (moment->us < 0 || moment->us > last)
		return refuse(reason, text, "is not between the years 1970 and 9999");
	return true;
}

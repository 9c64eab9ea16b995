/* SPDX-License-Identifier: MIT */
#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Longest name that is compared. */
#define NAME_MAX_COMPARED 64

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* How many letters to insert, remove or replace to make one name of the other. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t row[NAME_MAX_COMPARED + 1];

	if (a_length > NAME_MAX_COMPARED || b_length > NAME_MAX_COMPARED)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t replaced = corner + !same_letter(a[i - 1], b[j - 1]);
			size_t least = row[j - 1] < row[j] ? row[j - 1] + 1 : row[j] + 1;

			corner = row[j];
			row[j] = replaced < least ? replaced : least;
		}
	}
	return row[b_length];
}

struct nearest nearest_to(const char *typed)
{
	return (struct nearest){.typed = typed, .least = strlen(typed) / 3 + 2};
}

void nearest_try(struct nearest *nearest, const char *name, size_t length)
{
	size_t away = distance(nearest->typed, strlen(nearest->typed), name, length);

	if (away >= nearest->least)
		return;
	nearest->least = away;
	nearest->name = name;
	nearest->length = length;
}

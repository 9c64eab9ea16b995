/* SPDX-License-Identifier: MIT */
#include "model/column.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <string.h>

#define WIDTH_MAX 57 /* a byte's 7 bits before it, and it is in 8 bytes */
#define EXACT_END 0x1p53

static const double powers[COLUMN_DIGITS + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

static int64_t bits_of(double value)
{
	int64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static double of_bits(int64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The bits of a double as a number in the order of the doubles; and back. */
static int64_t in_order(int64_t bits)
{
	return bits >= 0 ? bits : bits ^ INT64_MAX;
}

/* Whether value is n / 10^kind, bit by bit, and n. */
static bool find_decimal(double value, unsigned kind, int64_t *n)
{
	double scaled = value * powers[kind];

	if (!(fabs(scaled) < EXACT_END))
		return false;
	*n = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
	return bits_of((double)*n / powers[kind]) == bits_of(value);
}

/* ---- the kinds ---- */

static bool find_integers(const double *values, size_t count, int64_t *numbers)
{
	for (size_t i = 0; i < count; i++) {
		if (!(fabs(values[i]) < EXACT_END))
			return false;
		numbers[i] = (int64_t)values[i];
		if (bits_of((double)numbers[i]) != bits_of(values[i]))
			return false;
	}
	return true;
}

/* The kind of a column of these values, and their numbers if it is not COLUMN_REAL. */
static unsigned find_kind(const double *values, size_t count, int64_t *numbers)
{
	unsigned kind = 0;
	size_t i = 0;

	if (find_integers(values, count, numbers))
		return 0;
	while (i < count) {
		unsigned least = kind;

		while (kind <= COLUMN_DIGITS && !find_decimal(values[i], kind, &numbers[i]))
			kind++;
		if (kind > COLUMN_DIGITS)
			return COLUMN_REAL;
		/* Those before it are to be of the same kind. */
		i = kind > least ? 0 : i + 1;
	}
	return kind;
}

struct column column_of_numbers(const int64_t *numbers, size_t count)
{
	int64_t least = INT64_MAX, most = INT64_MIN;
	uint64_t range;
	unsigned width;

	assert(count >= 1 && count <= COLUMN_ENTRIES);
	for (size_t i = 0; i < count; i++) {
		least = numbers[i] < least ? numbers[i] : least;
		most = numbers[i] > most ? numbers[i] : most;
	}
	range = (uint64_t)most - (uint64_t)least;
	width = range == 0 ? 0 : 64 - (unsigned)__builtin_clzll(range);
	return (struct column){.width = width > WIDTH_MAX ? 64 : width, .base = least};
}

struct column column_of_values(const double *values, size_t count, int64_t *numbers)
{
	unsigned kind = find_kind(values, count, numbers);
	struct column column;

	if (kind == COLUMN_REAL) {
		for (size_t i = 0; i < count; i++)
			numbers[i] = in_order(bits_of(values[i]));
	}
	column = column_of_numbers(numbers, count);
	column.kind = kind;
	return column;
}

bool column_is_valid(const struct column *column)
{
	return (column->kind <= COLUMN_DIGITS || column->kind == COLUMN_REAL) &&
	       (column->width <= WIDTH_MAX || column->width == 64);
}

static bool decimal_values(
    const struct column *column, const int64_t *numbers, size_t count, double *values)
{
	double power = powers[column->kind];
	bool valid = true;

	for (size_t i = 0; i < count; i++) {
		values[i] = (double)numbers[i] / power;
		valid =
		    valid && numbers[i] > -(int64_t)EXACT_END && numbers[i] < (int64_t)EXACT_END;
	}
	return valid;
}

bool column_values(
    const struct column *column, const int64_t *numbers, size_t count, double *values)
{
	bool valid = true;

	if (column->kind != COLUMN_REAL)
		return decimal_values(column, numbers, count, values);
	for (size_t i = 0; i < count; i++) {
		values[i] = of_bits(in_order(numbers[i]));
		valid = valid && isfinite(values[i]);
	}
	return valid;
}

/* ---- bits ---- */

size_t column_size(const struct column *column, size_t count)
{
	return (column->width * count + 7) / 8;
}

static uint64_t load_64(const uint8_t *bytes)
{
	uint64_t number;

	memcpy(&number, bytes, sizeof(number));
	return be64toh(number);
}

static void store_64(uint8_t *bytes, uint64_t number)
{
	number = htobe64(number);
	memcpy(bytes, &number, sizeof(number));
}

void column_pack(
    const struct column *column, const int64_t *numbers, size_t count, struct text *out)
{
	uint8_t packed[COLUMN_ENTRIES * 8 + COLUMN_PADDING];
	uint64_t base = (uint64_t)column->base, bits = 0;
	uint8_t *place = packed;
	unsigned used = 0; /* bits of the byte at place, which are the lowest of bits */

	assert(count <= COLUMN_ENTRIES && column_is_valid(column));
	for (size_t i = 0; i < count && column->width == 64; i++)
		store_64(packed + 8 * i, (uint64_t)numbers[i] - base);
	for (size_t i = 0; i < count && column->width > 0 && column->width < 64; i++) {
		bits = bits << column->width | ((uint64_t)numbers[i] - base);
		used += column->width;
		store_64(place, bits << (64 - used));
		place += used / 8;
		used %= 8;
	}
	text_append_bytes(out, packed, column_size(column, count));
}

void column_unpack(
    const struct column *column, const uint8_t *bytes, size_t count, int64_t *numbers)
{
	uint64_t base = (uint64_t)column->base;
	size_t width = column->width;

	for (size_t i = 0; i < count; i++) {
		uint64_t bits = load_64(bytes + i * width / 8) << (i * width % 8);

		numbers[i] = (int64_t)(base + (width == 0 ? 0 : bits >> (64 - width)));
	}
}

/* ---- sums ---- */

bool column_add_decimals(double a, double b, double *sum)
{
	double largest = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
	unsigned kind = COLUMN_DIGITS;
	int64_t first, second;

	if (find_decimal(a, 0, &first) && find_decimal(b, 0, &second)) {
		*sum = (double)(first + second);
		return true;
	}
	if (!(largest < powers[COLUMN_DIGITS]))
		return false;
	while (kind > 0 && largest * powers[kind] >= powers[COLUMN_DIGITS])
		kind--;
	if (!find_decimal(a, kind, &first) || !find_decimal(b, kind, &second))
		return false;
	*sum = (double)(first + second) / powers[kind];
	return true;
}

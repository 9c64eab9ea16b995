/* SPDX-License-Identifier: MIT */
/*
 * The columns of frames: numbers in as few bits as they need. What the bytes mean is described in
 * model/frame.h. Pure functions; any thread.
 */
#ifndef MODEL_COLUMN_H
#define MODEL_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define COLUMN_ENTRIES 1024 /* at most; at least one */
#define COLUMN_REAL 64
#define COLUMN_DIGITS 15

/* 8 bytes can be read from wherever an entry of a column begins if as many follow the column. */
#define COLUMN_PADDING 8

/* How the entries of a column are stored. */
struct column {
	unsigned kind;  /* up to COLUMN_DIGITS: n / 10^kind; COLUMN_REAL: the bits in order */
	unsigned width; /* in bits: up to 57, or 64 */
	int64_t base;   /* the smallest n */
};

/* The column for whole numbers. */
struct column column_of_numbers(const int64_t *numbers, size_t count);

/* The column for finite values, and the number that stands for each. */
struct column column_of_values(const double *values, size_t count, int64_t *numbers);

/* Whether there are columns like this, as far as that can be told without the entries. */
bool column_is_valid(const struct column *column);

/* Size in bytes of that many entries. */
size_t column_size(const struct column *column, size_t count);

void column_pack(
    const struct column *column, const int64_t *numbers, size_t count, struct text *out);
void column_unpack(
    const struct column *column, const uint8_t *bytes, size_t count, int64_t *numbers);

/* What the numbers stand for. False if one stands for nothing, or not for a finite value. */
bool column_values(
    const struct column *column, const int64_t *numbers, size_t count, double *values);

/*
 * The sum of two numbers. It is correctly rounded if both are, as decimal numbers, of up to
 * COLUMN_DIGITS digits at the same scale; false if they are not.
 */
bool column_add_decimals(double a, double b, double *sum);

#endif

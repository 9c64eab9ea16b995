/* SPDX-License-Identifier: MIT */
/*
 * Numbers and texts as bytes, little-endian. Texts are a 32-bit length and the bytes; the length
 * UINT32_MAX stands for NULL.
 */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

void put_u8(struct text *out, uint8_t value);
void put_u16(struct text *out, uint16_t value);
void put_u32(struct text *out, uint32_t value);
void put_u64(struct text *out, uint64_t value);
void put_i64(struct text *out, int64_t value);
void put_f64(struct text *out, double value);
void put_string(struct text *out, const char *string);

/*
 * Reads from bytes that nobody vouches for. After the first error every get returns 0 or NULL, and
 * error says what was wrong.
 */
struct reader {
	const uint8_t *data;
	size_t length;
	size_t position;
	const char *error; /* NULL: none yet */
};

struct reader reader_of(const void *data, size_t length);

uint8_t get_u8(struct reader *in);
bool get_bool(struct reader *in); /* refuses anything but 0 and 1 */
uint16_t get_u16(struct reader *in);
uint32_t get_u32(struct reader *in);
uint64_t get_u64(struct reader *in);
int64_t get_i64(struct reader *in);
double get_f64(struct reader *in);

/* A copy, to be released with free(), or NULL. Refuses bytes that are not valid UTF-8. */
char *get_string(struct reader *in);

/*
 * The number of elements that follow; refused if even elements of least_size bytes each would not
 * fit into what is left, so that a wrong count can't allocate much.
 */
size_t get_count(struct reader *in, size_t least_size);

/* Refuses bytes that are left over. Returns whether everything was read without an error. */
bool reader_finish(struct reader *in);

#endif

/* SPDX-License-Identifier: MIT */
#include "wire/codec.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

#define NULL_LENGTH UINT32_MAX

/* Appends the low bytes of a number, lowest first. */
static void put_bytes(struct text *out, uint64_t value, size_t size)
{
	uint8_t bytes[sizeof(value)];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	text_append_bytes(out, bytes, size);
}

void put_u8(struct text *out, uint8_t value)
{
	put_bytes(out, value, 1);
}

void put_u16(struct text *out, uint16_t value)
{
	put_bytes(out, value, 2);
}

void put_u32(struct text *out, uint32_t value)
{
	put_bytes(out, value, 4);
}

void put_u64(struct text *out, uint64_t value)
{
	put_bytes(out, value, 8);
}

void put_i64(struct text *out, int64_t value)
{
	put_bytes(out, (uint64_t)value, 8);
}

void put_f64(struct text *out, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_u64(out, bits);
}

void put_string(struct text *out, const char *string)
{
	size_t length;

	if (string == NULL) {
		put_u32(out, NULL_LENGTH);
		return;
	}
	length = strlen(string);
	assert(length < NULL_LENGTH);
	put_u32(out, (uint32_t)length);
	text_append_bytes(out, string, length);
}

struct reader reader_of(const void *data, size_t length)
{
	return (struct reader){.data = length > 0 ? data : (const uint8_t *)"", .length = length};
}

/* The next size bytes, or NULL if there was an error or they are not there. */
static const uint8_t *take(struct reader *in, size_t size)
{
	const uint8_t *bytes = in->data + in->position;

	if (in->error != NULL)
		return NULL;
	if (size > in->length - in->position) {
		in->error = "it ends too early";
		return NULL;
	}
	in->position += size;
	return bytes;
}

/* The number in the next size bytes, or 0. */
static uint64_t get_bytes(struct reader *in, size_t size)
{
	const uint8_t *bytes = take(in, size);
	uint64_t value = 0;

	for (size_t i = 0; bytes != NULL && i < size; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

uint8_t get_u8(struct reader *in)
{
	return (uint8_t)get_bytes(in, 1);
}

bool get_bool(struct reader *in)
{
	uint8_t value = get_u8(in);

	if (value > 1)
		in->error = "a boolean is neither 0 nor 1";
	return value == 1;
}

uint16_t get_u16(struct reader *in)
{
	return (uint16_t)get_bytes(in, 2);
}

uint32_t get_u32(struct reader *in)
{
	return (uint32_t)get_bytes(in, 4);
}

uint64_t get_u64(struct reader *in)
{
	return get_bytes(in, 8);
}

int64_t get_i64(struct reader *in)
{
	return (int64_t)get_bytes(in, 8);
}

double get_f64(struct reader *in)
{
	uint64_t bits = get_bytes(in, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

char *get_string(struct reader *in)
{
	uint32_t length = get_u32(in);
	const char *bytes;

	if (in->error != NULL || length == NULL_LENGTH)
		return NULL;
	bytes = (const char *)take(in, length);
	if (bytes == NULL)
		return NULL;
	if (!utf8_valid(bytes, length)) {
		in->error = "a text is not valid UTF-8";
		return NULL;
	}
	return xstrndup(bytes, length);
}

size_t get_count(struct reader *in, size_t least_size)
{
	size_t count = get_u32(in);

	assert(least_size > 0);
	if (in->error == NULL && count > (in->length - in->position) / least_size)
		in->error = "a count is larger than the bytes that follow";
	return in->error == NULL ? count : 0;
}

bool reader_finish(struct reader *in)
{
	if (in->error == NULL && in->position < in->length)
		in->error = "bytes are left over at its end";
	return in->error == NULL;
}

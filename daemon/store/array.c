/* SPDX-License-Identifier: MIT */
#include "store/array.h"

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "model/record.h"

/* PostgreSQL counts microseconds from 2000-01-01 00:00 UTC. */
#define EPOCH_DIFFERENCE_US (INT64_C(946684800) * US_PER_S)

/* What stands in front of the elements, in network byte order. */
struct header {
	uint32_t dimensions;
	uint32_t has_null; /* true does no harm when there is none */
	uint32_t element_type;
	uint32_t count;
	uint32_t first_index;
};

/* Object ids of the element types, fixed in PostgreSQL. */
static const uint32_t element_types[ARRAY_TYPE_COUNT] = {
    [ARRAY_ID] = 20,
    [ARRAY_NUMBER] = 23,
    [ARRAY_INTEGER] = 20,
    [ARRAY_BOOL] = 16,
    [ARRAY_REAL] = 701,
    [ARRAY_TIME] = 1184,
    [ARRAY_TEXT] = 25,
    [ARRAY_JSON] = 3802,
    [ARRAY_BYTES] = 17,
};

void array_begin(struct array *array, enum array_type type)
{
	struct header header = {
	    .dimensions = htobe32(1),
	    .has_null = htobe32(1),
	    .element_type = htobe32(element_types[type]),
	    .first_index = htobe32(1),
	};

	array->type = type;
	array->count = 0;
	text_reset(&array->bytes);
	text_append_bytes(&array->bytes, &header, sizeof(header));
}

/* Appends an element of length bytes, in two pieces. */
static void add_bytes(
    struct array *array, const void *prefix, size_t prefix_length, const void *bytes, size_t length)
{
	uint32_t size = htobe32((uint32_t)(prefix_length + length));

	assert(prefix_length + length <= INT32_MAX);
	text_append_bytes(&array->bytes, &size, sizeof(size));
	text_append_bytes(&array->bytes, prefix, prefix_length);
	text_append_bytes(&array->bytes, bytes, length);
}

static void add_null(struct array *array)
{
	uint32_t size = htobe32(UINT32_MAX);

	text_append_bytes(&array->bytes, &size, sizeof(size));
}

static void add_int64(struct array *array, int64_t number)
{
	uint64_t bytes = htobe64((uint64_t)number);

	add_bytes(array, "", 0, &bytes, sizeof(bytes));
}

static void add_id(struct array *array, const void *field)
{
	const record_id *id = field;

	if (*id == 0)
		add_null(array);
	else
		add_int64(array, *id);
}

static void add_number(struct array *array, const void *field)
{
	uint32_t number;

	memcpy(&number, field, sizeof(number));
	assert(number <= INT32_MAX);
	number = htobe32(number);
	add_bytes(array, "", 0, &number, sizeof(number));
}

static void add_integer(struct array *array, const void *field)
{
	int64_t number;

	memcpy(&number, field, sizeof(number));
	add_int64(array, number);
}

static void add_bool(struct array *array, const void *field)
{
	uint8_t byte = *(const bool *)field ? 1 : 0;

	add_bytes(array, "", 0, &byte, sizeof(byte));
}

static void add_real(struct array *array, const void *field)
{
	int64_t bits;

	memcpy(&bits, field, sizeof(bits));
	add_int64(array, bits);
}

static void add_time(struct array *array, const void *field)
{
	const struct wallclock *time = field;

	add_int64(array, time->us - EPOCH_DIFFERENCE_US);
}

static void add_text(struct array *array, const void *field)
{
	const char *text = *(char *const *)field;

	if (text == NULL)
		add_null(array);
	else
		add_bytes(array, "", 0, text, strlen(text));
}

/* The binary form of jsonb is its version, 1, and the text. */
static void add_json(struct array *array, const void *field)
{
	const char *text = *(char *const *)field;

	if (text == NULL)
		add_null(array);
	else
		add_bytes(array, "\1", 1, text, strlen(text));
}

static void add_blob(struct array *array, const void *field)
{
	const struct text *bytes = field;

	if (bytes->length == 0)
		add_null(array);
	else
		add_bytes(array, "", 0, bytes->data, bytes->length);
}

void array_add(struct array *array, const void *field)
{
	static void (*const add[ARRAY_TYPE_COUNT])(struct array *, const void *) = {
	    [ARRAY_ID] = add_id,
	    [ARRAY_NUMBER] = add_number,
	    [ARRAY_INTEGER] = add_integer,
	    [ARRAY_BOOL] = add_bool,
	    [ARRAY_REAL] = add_real,
	    [ARRAY_TIME] = add_time,
	    [ARRAY_TEXT] = add_text,
	    [ARRAY_JSON] = add_json,
	    [ARRAY_BYTES] = add_blob,
	};
	uint32_t count;

	assert(array->bytes.length >= sizeof(struct header));
	add[array->type](array, field);
	array->count++;
	count = htobe32(array->count);
	memcpy(array->bytes.data + offsetof(struct header, count), &count, sizeof(count));
}

struct wallclock array_time(int64_t binary)
{
	return (struct wallclock){binary + EPOCH_DIFFERENCE_US};
}

void array_clear(struct array *array)
{
	text_clear(&array->bytes);
	array->count = 0;
}

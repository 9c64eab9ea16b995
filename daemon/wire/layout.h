/* SPDX-License-Identifier: MIT */
/*
 * Within the room: how a structure is laid out in bytes. A table of fields per structure drives
 * encoding, decoding and releasing, so that the three can't disagree. The kind of a field follows
 * from the type of the member.
 *
 * Numbers take the width of their type, booleans one byte, texts a length and their bytes, arrays a
 * count (32 bits) and their elements. A value is its type (one byte) and, by type, a boolean, an
 * integer, a text or a number.
 */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/class.h"
#include "model/value.h"
#include "wire/codec.h"

enum field_kind {
	FIELD_BOOLEAN,
	FIELD_U16,
	FIELD_U32, /* enumerations too */
	FIELD_U64, /* size_t too */
	FIELD_I64,
	FIELD_REAL, /* must be finite */
	FIELD_TIME, /* struct wallclock from 1970 to 9999 */
	FIELD_TEXT,
	FIELD_VALUE,
	FIELD_POINTER, /* to a structure of its own allocation, never NULL */
	FIELD_ARRAY,   /* a pointer to elements, and their number */
	FIELD_FIXED,   /* an array of fixed length */
	FIELD_KIND_COUNT
};

struct layout;

struct field {
	enum field_kind kind;
	bool not_null; /* of a text */
	bool required; /* of a text: neither NULL nor "" */
	bool parallel; /* of an array: has as many elements as one before, with the same count */
	const char *name;
	size_t offset;
	size_t count_offset;          /* of an array: where its number of elements is kept */
	size_t count;                 /* of an array of fixed length */
	const struct layout *element; /* of pointers and arrays */
	int64_t minimum, maximum;     /* of numbers, if maximum is not 0 */
};

struct layout {
	size_t size; /* of the structure */
	const struct field *fields;
	size_t field_count;
	/*
	 * Only for structures of numbers whose bytes lie in memory as they are sent: whether each
	 * of the elements is one that decoding field by field accepts. Arrays of these are copied.
	 */
	bool (*accepts)(const void *elements, size_t count);
};

/* clang-format off */
#define FIELD_KIND_OF(member_) \
	_Generic((member_), bool: FIELD_BOOLEAN, uint16_t: FIELD_U16, uint32_t: FIELD_U32, \
	    uint64_t: FIELD_U64, int64_t: FIELD_I64, double: FIELD_REAL, \
	    struct wallclock: FIELD_TIME, char *: FIELD_TEXT, struct value: FIELD_VALUE)
/* clang-format on */

#define MEMBER_(type_, member_) (((type_ *)NULL)->member_)

/* A number, boolean, time, value, or a text that may be NULL. */
#define FIELD(type_, member_, ...)                                                \
	{                                                                         \
		.kind = FIELD_KIND_OF(MEMBER_(type_, member_)), .name = #member_, \
		.offset = offsetof(type_, member_), __VA_ARGS__                   \
	}
#define RANGE(type_, member_, minimum_, maximum_) \
	FIELD(type_, member_, .minimum = (minimum_), .maximum = (maximum_))
#define REQUIRED(type_, member_) FIELD(type_, member_, .required = true)

/* An element that is a number or text by itself. */
#define PLAIN(type_, ...)                                                      \
	{                                                                      \
		.kind = FIELD_KIND_OF(*(type_ *)NULL), .name = "", __VA_ARGS__ \
	}

/* An element that is a pointer to a structure. */
#define OWNED(element_)                                                  \
	{                                                                \
		.kind = FIELD_POINTER, .name = "", .element = (element_) \
	}

#define NESTED_(type_, member_, kind_, element_, ...)                                  \
	{                                                                              \
		.kind = (kind_), .name = #member_, .offset = offsetof(type_, member_), \
		.element = (element_), __VA_ARGS__                                     \
	}
#define ARRAY(type_, member_, count_, element_) \
	NESTED_(type_, member_, FIELD_ARRAY, element_, .count_offset = offsetof(type_, count_))
#define PARALLEL(type_, member_, count_, element_)                                              \
	NESTED_(type_, member_, FIELD_ARRAY, element_, .count_offset = offsetof(type_, count_), \
	    .parallel = true)
#define FIXED(type_, member_, element_)                \
	NESTED_(type_, member_, FIELD_FIXED, element_, \
	    .count = sizeof(MEMBER_(type_, member_)) / sizeof(MEMBER_(type_, member_)[0]))

#define LAYOUT(type_, fields_, ...)                                                \
	{                                                                          \
		.size = sizeof(type_), .fields = (fields_),                        \
		.field_count = sizeof(fields_) / sizeof((fields_)[0]), __VA_ARGS__ \
	}

/* The end of the year 9999: what PostgreSQL, JSON and people can read. */
#define LAYOUT_TIME_END (INT64_C(253402300800) * US_PER_S)

void layout_encode(const struct layout *layout, const void *object, struct text *out);

/*
 * Decodes into an object that is all zero. Returns false with a reason that names the field,
 * 'reports[3].changes[0].attribute: …'; what was decoded until then must be cleared too.
 */
bool layout_decode(
    const struct layout *layout, struct reader *in, void *object, char reason[REASON_SIZE]);

/* Releases what the object holds and makes it all zero. */
void layout_clear(const struct layout *layout, void *object);

#endif

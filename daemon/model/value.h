/* SPDX-License-Identifier: MIT */
/*
 * The value of an attribute. Values own their text. Start with VALUE_NULL_INIT, end with
 * value_clear(). Not locked: whoever owns the value owns the lock.
 */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum value_type {
	VALUE_NULL = 0,
	VALUE_BOOLEAN = 1,
	VALUE_INTEGER = 2,
	VALUE_TEXT = 3,
	VALUE_REFERENCE = 4,
	VALUE_REAL = 5,     /* only on the way in: no attribute keeps one */
	VALUE_UNSIGNED = 6, /* above INT64_MAX; only on the way in, too */
	VALUE_TYPE_COUNT
};

struct value {
	enum value_type type;
	union {
		bool boolean;
		int64_t integer;
		uint64_t number;
		double real;
		char *text; /* owned, valid UTF-8 */
		/*
		 * Another resource: in a plugin host and on the wire its number in the session, in
		 * the supervisor its id.
		 */
		uint64_t reference;
	};
};

#define VALUE_NULL_INIT ((struct value){.type = VALUE_NULL})

struct value value_boolean(bool boolean);
struct value value_integer(int64_t integer);
struct value value_real(double real);
struct value value_text(const char *text); /* copies */
struct value value_reference(uint64_t reference);

struct value value_copy(const struct value *value);
void value_clear(struct value *value);

/* Equal in type and value; texts byte by byte. */
bool value_equal(const struct value *a, const struct value *b);

/* Moves from into to, clearing what to held; from is null afterwards. */
void value_move(struct value *to, struct value *from);

/*
 * Appends the value as JSON: null, true, 12, "text". A reference is its number in an object,
 * {"ref": 12}, so that it can't be taken for an integer.
 */
void value_append_json(struct text *text, const struct value *value);

/* Appends the value for people: "-" for null, true, 12, text as it is, #12 for a reference. */
void value_append_plain(struct text *text, const struct value *value);

#endif

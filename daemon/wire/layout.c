/* SPDX-License-Identifier: MIT */
#include "wire/layout.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static_assert(sizeof(size_t) == sizeof(uint64_t), "FIELD_U64 holds a size_t");
static_assert(sizeof(enum attribute_type) == sizeof(uint32_t), "FIELD_U32 holds an enumeration");

/* Structures within structures, at most. */
#define DEPTH_MAX 6

/* One step of the way to the field that is being decoded. */
struct step {
	const char *name;
	size_t index;
};

struct decoder {
	struct reader *in;
	char *reason;
	bool refused; /* the reason is written */
	size_t depth;
	struct step steps[DEPTH_MAX];
};

struct handler {
	size_t least; /* bytes that a field of this kind takes at least */
	void (*encode)(const struct field *field, const void *member, struct text *out);
	void (*decode)(const struct field *field, void *member, struct decoder *decoder);
	void (*clear)(const struct field *field, void *member);
};

static void decode_object(const struct layout *layout, void *object, struct decoder *decoder);

/* Appends the way to a field: "reports[3].changes[0].attribute". */
static void append_place(const struct decoder *decoder, const char *field, struct text *place)
{
	for (size_t i = 0; i < decoder->depth; i++) {
		const struct step *step = &decoder->steps[i];

		text_printf(place, "%s%s[%zu]", i > 0 ? "." : "", step->name, step->index);
	}
	if (field[0] != '\0')
		text_printf(place, "%s%s", decoder->depth > 0 ? "." : "", field);
}

/* Ends decoding, with a reason unless there is an earlier one. */
static void __attribute__((format(printf, 3, 4)))
refuse(struct decoder *decoder, const struct field *field, const char *format, ...)
{
	struct text text = TEXT_EMPTY;
	va_list arguments;

	if (decoder->refused)
		return;
	append_place(decoder, field->name, &text);
	text_append(&text, ": ");
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	reason_write(decoder->reason, "%s", text.data);
	text_clear(&text);
	decoder->refused = true;
	if (decoder->in->error == NULL)
		decoder->in->error = "refused";
}

/* Refuses a number outside the range of its field. */
static void check_range(const struct field *field, int64_t number, struct decoder *decoder)
{
	if (field->maximum != 0 && (number < field->minimum || number > field->maximum))
		refuse(decoder, field, "%lld is out of range (%lld to %lld)", (long long)number,
		    (long long)field->minimum, (long long)field->maximum);
}

/* ---- numbers ---- */

static void encode_boolean(const struct field *field, const void *member, struct text *out)
{
	(void)field;
	put_u8(out, *(const bool *)member ? 1 : 0);
}

static void decode_boolean(const struct field *field, void *member, struct decoder *decoder)
{
	(void)field;
	*(bool *)member = get_bool(decoder->in);
}

static void encode_u16(const struct field *field, const void *member, struct text *out)
{
	(void)field;
	put_u16(out, *(const uint16_t *)member);
}

static void decode_u16(const struct field *field, void *member, struct decoder *decoder)
{
	*(uint16_t *)member = get_u16(decoder->in);
	check_range(field, *(uint16_t *)member, decoder);
}

static void encode_u32(const struct field *field, const void *member, struct text *out)
{
	uint32_t number;

	(void)field;
	memcpy(&number, member, sizeof(number));
	put_u32(out, number);
}

static void decode_u32(const struct field *field, void *member, struct decoder *decoder)
{
	uint32_t number = get_u32(decoder->in);

	memcpy(member, &number, sizeof(number));
	check_range(field, number, decoder);
}

static void encode_u64(const struct field *field, const void *member, struct text *out)
{
	(void)field;
	put_u64(out, *(const uint64_t *)member);
}

static void decode_u64(const struct field *field, void *member, struct decoder *decoder)
{
	uint64_t number = get_u64(decoder->in);

	*(uint64_t *)member = number;
	check_range(field, number <= INT64_MAX ? (int64_t)number : INT64_MAX, decoder);
}

static void encode_i64(const struct field *field, const void *member, struct text *out)
{
	(void)field;
	put_i64(out, *(const int64_t *)member);
}

static void decode_i64(const struct field *field, void *member, struct decoder *decoder)
{
	*(int64_t *)member = get_i64(decoder->in);
	check_range(field, *(int64_t *)member, decoder);
}

static void encode_real(const struct field *field, const void *member, struct text *out)
{
	(void)field;
	put_f64(out, *(const double *)member);
}

static void decode_real(const struct field *field, void *member, struct decoder *decoder)
{
	double number = get_f64(decoder->in);

	if (!isfinite(number))
		refuse(decoder, field, "the number is not finite");
	*(double *)member = number;
}

static void encode_time(const struct field *field, const void *member, struct text *out)
{
	(void)field;
	put_i64(out, ((const struct wallclock *)member)->us);
}

static void decode_time(const struct field *field, void *member, struct decoder *decoder)
{
	int64_t us = get_i64(decoder->in);

	if (us < 0 || us >= LAYOUT_TIME_END)
		refuse(decoder, field, "the time is not between 1970 and 9999");
	((struct wallclock *)member)->us = us;
}

/* ---- texts and values ---- */

static void encode_text(const struct field *field, const void *member, struct text *out)
{
	(void)field;
	put_string(out, *(char *const *)member);
}

static void decode_text(const struct field *field, void *member, struct decoder *decoder)
{
	char *string = get_string(decoder->in);

	*(char **)member = string;
	if (decoder->in->error != NULL)
		return;
	if (string == NULL ? field->not_null || field->required
	                   : field->required && string[0] == '\0')
		refuse(decoder, field, "the text is missing");
}

static void clear_text(const struct field *field, void *member)
{
	(void)field;
	free(*(char **)member);
}

static void encode_value(const struct field *field, const void *member, struct text *out)
{
	const struct value *value = member;

	(void)field;
	assert(value->type <= VALUE_REFERENCE);
	put_u8(out, (uint8_t)value->type);
	if (value->type == VALUE_BOOLEAN)
		put_u8(out, value->boolean ? 1 : 0);
	else if (value->type == VALUE_INTEGER)
		put_i64(out, value->integer);
	else if (value->type == VALUE_TEXT)
		put_string(out, value->text);
	else if (value->type == VALUE_REFERENCE)
		put_u64(out, value->reference);
}

/* Reads a text value, which stays null if there is none. */
static void decode_value_text(
    const struct field *field, struct value *value, struct decoder *decoder)
{
	char *text = get_string(decoder->in);

	if (text == NULL) {
		refuse(decoder, field, "%s",
		    decoder->in->error != NULL ? decoder->in->error : "the text is missing");
		return;
	}
	value->type = VALUE_TEXT;
	value->text = text;
}

static void decode_value(const struct field *field, void *member, struct decoder *decoder)
{
	struct value *value = member;
	uint8_t type = get_u8(decoder->in);

	switch (type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOLEAN:
		*value = value_boolean(get_bool(decoder->in));
		break;
	case VALUE_INTEGER:
		*value = value_integer(get_i64(decoder->in));
		break;
	case VALUE_TEXT:
		decode_value_text(field, value, decoder);
		break;
	case VALUE_REFERENCE:
		*value = value_reference(get_u64(decoder->in));
		if (value->reference > UINT32_MAX)
			refuse(decoder, field, "no resource has a number that high");
		break;
	default:
		refuse(decoder, field, "%u is no type of value", type);
	}
}

static void clear_value(const struct field *field, void *member)
{
	(void)field;
	value_clear(member);
}

/* ---- structures and arrays ---- */

/* Where the number of elements of an array is kept, beside the array. */
static size_t *count_of(const struct field *field, void *member)
{
	return (size_t *)(void *)((char *)member - field->offset + field->count_offset);
}

static size_t least_size(const struct layout *layout);

/* Bytes that a field takes at least. */
static size_t least_field_size(const struct field *field);

static void encode_pointer(const struct field *field, const void *member, struct text *out)
{
	layout_encode(field->element, *(void *const *)member, out);
}

static void decode_pointer(const struct field *field, void *member, struct decoder *decoder)
{
	void *object = xcalloc(1, field->element->size);

	*(void **)member = object;
	decode_object(field->element, object, decoder);
}

static void clear_pointer(const struct field *field, void *member)
{
	void *object = *(void **)member;

	if (object != NULL)
		layout_clear(field->element, object);
	free(object);
}

/* Whether elements are sent as they lie in memory. */
static bool is_copied(const struct layout *element)
{
	return element->accepts != NULL && BYTE_ORDER == LITTLE_ENDIAN;
}

static void encode_array(const struct field *field, const void *member, struct text *out)
{
	const char *start = (const char *)member - field->offset + field->count_offset;
	const char *elements = *(const char *const *)member;
	size_t count = *(const size_t *)(const void *)start;

	assert(count <= UINT32_MAX);
	put_u32(out, (uint32_t)count);
	if (is_copied(field->element)) {
		text_append_bytes(out, elements, count * field->element->size);
		return;
	}
	for (size_t i = 0; i < count; i++)
		layout_encode(field->element, elements + i * field->element->size, out);
}

/* Decodes elements in place, as long as none is refused. */
static void decode_elements(
    const struct field *field, char *elements, size_t count, struct decoder *decoder)
{
	struct step *step = &decoder->steps[decoder->depth++];

	assert(decoder->depth <= DEPTH_MAX);
	step->name = field->name;
	for (size_t i = 0; i < count && decoder->in->error == NULL; i++) {
		step->index = i;
		decode_object(field->element, elements + i * field->element->size, decoder);
	}
	decoder->depth--;
}

/* Copies elements, if all are accepted. get_count() made sure that they are there. */
static bool copy_elements(
    const struct layout *element, char *elements, size_t count, struct reader *in)
{
	if (!is_copied(element))
		return false;
	assert(least_size(element) == element->size);
	memcpy(elements, in->data + in->position, count * element->size);
	if (!element->accepts(elements, count))
		return false;
	in->position += count * element->size;
	return true;
}

static void decode_array(const struct field *field, void *member, struct decoder *decoder)
{
	size_t count = get_count(decoder->in, least_size(field->element));
	char *elements;

	if (field->parallel && decoder->in->error == NULL && count != *count_of(field, member))
		refuse(decoder, field, "it has %zu elements, not %zu", count,
		    *count_of(field, member));
	if (count == 0 || decoder->in->error != NULL)
		return;
	elements = xcalloc(count, field->element->size);
	*(char **)member = elements;
	*count_of(field, member) = count;
	if (!copy_elements(field->element, elements, count, decoder->in))
		decode_elements(field, elements, count, decoder);
}

static void clear_array(const struct field *field, void *member)
{
	char *elements = *(char **)member;
	size_t count = *count_of(field, member);

	for (size_t i = 0; elements != NULL && i < count && !is_copied(field->element); i++)
		layout_clear(field->element, elements + i * field->element->size);
	free(elements);
}

static void encode_fixed(const struct field *field, const void *member, struct text *out)
{
	const char *elements = member;

	for (size_t i = 0; i < field->count; i++)
		layout_encode(field->element, elements + i * field->element->size, out);
}

static void decode_fixed(const struct field *field, void *member, struct decoder *decoder)
{
	decode_elements(field, member, field->count, decoder);
}

static void clear_fixed(const struct field *field, void *member)
{
	char *elements = member;

	for (size_t i = 0; i < field->count; i++)
		layout_clear(field->element, elements + i * field->element->size);
}

/* ---- the engine ---- */

static const struct handler handlers[FIELD_KIND_COUNT] = {
    [FIELD_BOOLEAN] = {1, encode_boolean, decode_boolean, NULL},
    [FIELD_U16] = {2, encode_u16, decode_u16, NULL},
    [FIELD_U32] = {4, encode_u32, decode_u32, NULL},
    [FIELD_U64] = {8, encode_u64, decode_u64, NULL},
    [FIELD_I64] = {8, encode_i64, decode_i64, NULL},
    [FIELD_REAL] = {8, encode_real, decode_real, NULL},
    [FIELD_TIME] = {8, encode_time, decode_time, NULL},
    [FIELD_TEXT] = {4, encode_text, decode_text, clear_text},
    [FIELD_VALUE] = {1, encode_value, decode_value, clear_value},
    [FIELD_POINTER] = {0, encode_pointer, decode_pointer, clear_pointer},
    [FIELD_ARRAY] = {4, encode_array, decode_array, clear_array},
    [FIELD_FIXED] = {0, encode_fixed, decode_fixed, clear_fixed},
};

static size_t least_field_size(const struct field *field)
{
	if (field->kind == FIELD_POINTER)
		return least_size(field->element);
	if (field->kind == FIELD_FIXED)
		return field->count * least_size(field->element);
	return handlers[field->kind].least;
}

/* Bytes that a structure takes at least. */
static size_t least_size(const struct layout *layout)
{
	size_t size = 0;

	for (size_t i = 0; i < layout->field_count; i++)
		size += least_field_size(&layout->fields[i]);
	return size;
}

void layout_encode(const struct layout *layout, const void *object, struct text *out)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const struct field *field = &layout->fields[i];

		handlers[field->kind].encode(field, (const char *)object + field->offset, out);
	}
}

/* Decodes fields as long as none is refused, and adds the place to what the reader objected to. */
static void decode_object(const struct layout *layout, void *object, struct decoder *decoder)
{
	for (size_t i = 0; i < layout->field_count && decoder->in->error == NULL; i++) {
		const struct field *field = &layout->fields[i];

		handlers[field->kind].decode(field, (char *)object + field->offset, decoder);
		if (decoder->in->error != NULL)
			refuse(decoder, field, "%s", decoder->in->error);
	}
}

bool layout_decode(
    const struct layout *layout, struct reader *in, void *object, char reason[REASON_SIZE])
{
	struct decoder decoder = {.in = in, .reason = reason};

	decode_object(layout, object, &decoder);
	return in->error == NULL;
}

void layout_clear(const struct layout *layout, void *object)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const struct field *field = &layout->fields[i];

		if (handlers[field->kind].clear != NULL)
			handlers[field->kind].clear(field, (char *)object + field->offset);
	}
	memset(object, 0, layout->size);
}

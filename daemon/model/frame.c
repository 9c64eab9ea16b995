/* SPDX-License-Identifier: MIT */
#include "model/frame.h"

#include <assert.h>
#include <endian.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define HEADER_SIZE 8
#define COLUMN_HEADER_SIZE 10
#define SAMPLE_COLUMNS 2
#define COUNT_END (INT64_C(1) << 53)
#define GAUGE_COLUMNS (FRAME_MAXIMUM + 1)

/* The slots that have an entry. */
struct layout {
	size_t first;
	size_t span;
	size_t count;
	uint16_t slots[FRAME_SLOTS];
};

/* A payload as it is read. */
struct content {
	struct layout layout;
	const uint8_t *headers; /* of the columns */
	const uint8_t *entries; /* of the next column */
	const uint8_t *end;
};

/* ---- writing ---- */

static void put_16(uint8_t *bytes, size_t number)
{
	uint16_t value = htobe16((uint16_t)number);

	assert(number <= UINT16_MAX);
	memcpy(bytes, &value, sizeof(value));
}

static void find_layout(const bool present[FRAME_SLOTS], struct layout *layout)
{
	layout->count = 0;
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		layout->slots[layout->count] = (uint16_t)slot;
		layout->count += present[slot];
	}
	if (layout->count == 0)
		return;
	layout->first = layout->slots[0];
	layout->span = layout->slots[layout->count - 1] - layout->first + 1u;
}

/* Appends what is before the entries, with zeros for the columns. */
static void begin_payload(const struct layout *layout, size_t columns, struct text *payload)
{
	uint8_t header[HEADER_SIZE] = {FRAME_FORMAT, (uint8_t)columns};
	uint8_t headers[COLUMN_HEADER_SIZE * FRAME_SUM_COLUMNS] = {0};
	uint8_t bitmap[FRAME_SLOTS / 8] = {0};

	put_16(header + 2, layout->first);
	put_16(header + 4, layout->span);
	put_16(header + 6, layout->count);
	text_append_bytes(payload, header, sizeof(header));
	text_append_bytes(payload, headers, COLUMN_HEADER_SIZE * columns);
	if (layout->count == layout->span)
		return;
	for (size_t i = 0; i < layout->count; i++) {
		size_t place = layout->slots[i] - layout->first;

		bitmap[place / 8] |= (uint8_t)(0x80 >> place % 8);
	}
	text_append_bytes(payload, bitmap, (layout->span + 7) / 8);
}

/* Appends the entries of a column of the payload that begins at start. */
static void add_column(const struct column *column, size_t index, const int64_t *numbers,
    size_t count, size_t start, struct text *payload)
{
	uint8_t header[COLUMN_HEADER_SIZE] = {(uint8_t)column->kind, (uint8_t)column->width};
	uint64_t base = htobe64((uint64_t)column->base);

	memcpy(header + 2, &base, sizeof(base));
	memcpy(payload->data + start + HEADER_SIZE + COLUMN_HEADER_SIZE * index, header,
	    sizeof(header));
	column_pack(column, numbers, count, payload);
}

static void end_payload(struct text *payload)
{
	static const uint8_t padding[COLUMN_PADDING];

	text_append_bytes(payload, padding, sizeof(padding));
}

void frame_encode(const struct frame *frame, struct text *payload)
{
	size_t start = payload->length;
	struct layout layout;
	struct column column;
	int64_t numbers[FRAME_SLOTS];
	double values[FRAME_SLOTS];

	find_layout(frame->present, &layout);
	assert(layout.count > 0);
	begin_payload(&layout, SAMPLE_COLUMNS, payload);
	for (size_t i = 0; i < layout.count; i++) {
		numbers[i] = frame->offset_us[layout.slots[i]];
		values[i] = frame->value[layout.slots[i]];
	}
	column = column_of_numbers(numbers, layout.count);
	add_column(&column, 0, numbers, layout.count, start, payload);
	column = column_of_values(values, layout.count, numbers);
	add_column(&column, 1, numbers, layout.count, start, payload);
	end_payload(payload);
}

/* ---- reading ---- */

static size_t get_16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return be16toh(value);
}

static struct column get_column(const struct content *content, size_t index)
{
	const uint8_t *header = content->headers + COLUMN_HEADER_SIZE * index;
	uint64_t base;

	memcpy(&base, header + 2, sizeof(base));
	return (struct column){
	    .kind = header[0], .width = header[1], .base = (int64_t)be64toh(base)};
}

/* The slots that have an entry; false if the bitmap says other than the header. */
static bool read_layout(const uint8_t *bitmap, struct layout *layout)
{
	size_t bits = (layout->span + 7) / 8 * 8, found = 0;

	if (layout->count == layout->span) {
		for (size_t i = 0; i < layout->count; i++)
			layout->slots[i] = (uint16_t)(layout->first + i);
		return true;
	}
	for (size_t i = 0; i < bits; i++) {
		if ((bitmap[i / 8] & 0x80 >> i % 8) == 0)
			continue;
		if (found == layout->count || i >= layout->span)
			return false;
		layout->slots[found++] = (uint16_t)(layout->first + i);
	}
	return found == layout->count && layout->slots[0] == layout->first &&
	       layout->slots[found - 1] == layout->first + layout->span - 1;
}

/* Whether the columns are valid, and their entries fill what is left but for the padding. */
static bool check_columns(const struct content *content, size_t columns)
{
	size_t size = COLUMN_PADDING;

	for (size_t i = 0; i < columns; i++) {
		struct column column = get_column(content, i);

		if (!column_is_valid(&column))
			return false;
		size += column_size(&column, content->layout.count);
	}
	return size == (size_t)(content->end - content->entries);
}

/* Opens a payload with that many columns. False if it is none. */
static bool open_payload(
    const uint8_t *payload, size_t size, size_t columns, struct content *content)
{
	struct layout *layout = &content->layout;
	size_t bitmap_size, start = HEADER_SIZE + COLUMN_HEADER_SIZE * columns;

	if (size < start || payload[0] != FRAME_FORMAT || payload[1] != columns)
		return false;
	layout->first = get_16(payload + 2);
	layout->span = get_16(payload + 4);
	layout->count = get_16(payload + 6);
	if (layout->count == 0 || layout->count > layout->span ||
	    layout->first + layout->span > FRAME_SLOTS)
		return false;
	bitmap_size = layout->count == layout->span ? 0 : (layout->span + 7) / 8;
	if (size - start < bitmap_size)
		return false;
	content->headers = payload + HEADER_SIZE;
	content->entries = payload + start + bitmap_size;
	content->end = payload + size;
	return read_layout(payload + start, layout) && check_columns(content, columns);
}

/* The numbers of the next column. */
static struct column read_column(
    struct content *content, size_t index, int64_t numbers[FRAME_SLOTS])
{
	struct column column = get_column(content, index);

	column_unpack(&column, content->entries, content->layout.count, numbers);
	content->entries += column_size(&column, content->layout.count);
	return column;
}

/* The values of the next column. False if they are not valid. */
static bool read_values(struct content *content, size_t index, double values[FRAME_SLOTS])
{
	int64_t numbers[FRAME_SLOTS];
	struct column column = read_column(content, index, numbers);

	return column_values(&column, numbers, content->layout.count, values);
}

bool frame_decode(const void *payload, size_t size, struct frame *frame)
{
	struct content content;
	int64_t offsets[FRAME_SLOTS];
	double values[FRAME_SLOTS];

	if (!open_payload(payload, size, SAMPLE_COLUMNS, &content) ||
	    read_column(&content, 0, offsets).kind != 0 || !read_values(&content, 1, values))
		return false;
	memset(frame->present, 0, sizeof(frame->present));
	for (size_t i = 0; i < content.layout.count; i++) {
		size_t slot = content.layout.slots[i];

		frame->present[slot] = true;
		frame->offset_us[slot] = offsets[i];
		frame->value[slot] = values[i];
	}
	return true;
}

/* ---- condensed frames ---- */

static const size_t sum_fields[FRAME_SUM_COLUMNS] = {
    [FRAME_SUM] = offsetof(struct frame_sum, sum),
    [FRAME_MINIMUM] = offsetof(struct frame_sum, minimum),
    [FRAME_MAXIMUM] = offsetof(struct frame_sum, maximum),
    [FRAME_FIRST] = offsetof(struct frame_sum, first),
    [FRAME_LAST] = offsetof(struct frame_sum, last),
    [FRAME_RISE] = offsetof(struct frame_sum, rise),
};

static double within_range(double value)
{
	return value > DBL_MAX ? DBL_MAX : value < -DBL_MAX ? -DBL_MAX : value;
}

static void add_sum_column(const struct frame_sums *sums, const struct layout *layout, size_t index,
    size_t start, struct text *payload)
{
	int64_t numbers[FRAME_SLOTS];
	double values[FRAME_SLOTS];
	struct column column;

	for (size_t i = 0; i < layout->count; i++) {
		const struct frame_sum *sum = &sums->slots[layout->slots[i]];

		values[i] = index == FRAME_SUM
		                ? within_range(sum->sum + sum->carry)
		                : *(const double *)((const char *)sum + sum_fields[index]);
	}
	column = column_of_values(values, layout->count, numbers);
	add_column(&column, index, numbers, layout->count, start, payload);
}

void frame_sums_encode(const struct frame_sums *sums, struct text *payload)
{
	size_t start = payload->length;
	size_t columns = sums->counter ? FRAME_SUM_COLUMNS : GAUGE_COLUMNS;
	bool present[FRAME_SLOTS];
	int64_t counts[FRAME_SLOTS];
	struct layout layout;
	struct column column;

	for (size_t slot = 0; slot < FRAME_SLOTS; slot++)
		present[slot] = sums->slots[slot].count > 0;
	find_layout(present, &layout);
	if (layout.count == 0)
		return;
	begin_payload(&layout, columns, payload);
	for (size_t i = 0; i < layout.count; i++)
		counts[i] = (int64_t)sums->slots[layout.slots[i]].count;
	column = column_of_numbers(counts, layout.count);
	add_column(&column, FRAME_COUNT, counts, layout.count, start, payload);
	for (size_t i = FRAME_COUNT + 1; i < columns; i++)
		add_sum_column(sums, &layout, i, start, payload);
	end_payload(payload);
}

static bool read_counts(struct content *content, struct frame_sums *sums)
{
	int64_t counts[FRAME_SLOTS];

	if (read_column(content, FRAME_COUNT, counts).kind != 0)
		return false;
	for (size_t i = 0; i < content->layout.count; i++) {
		if (counts[i] <= 0 || counts[i] >= COUNT_END)
			return false;
		sums->slots[content->layout.slots[i]].count = (uint64_t)counts[i];
	}
	return true;
}

bool frame_sums_decode(const void *payload, size_t size, struct frame_sums *sums)
{
	size_t columns = sums->counter ? FRAME_SUM_COLUMNS : GAUGE_COLUMNS;
	struct content content;
	double values[FRAME_SLOTS];

	memset(sums->slots, 0, sizeof(sums->slots));
	if (!open_payload(payload, size, columns, &content) || !read_counts(&content, sums))
		return false;
	for (size_t index = FRAME_COUNT + 1; index < columns; index++) {
		if (!read_values(&content, index, values))
			return false;
		for (size_t i = 0; i < content.layout.count; i++) {
			char *sum = (char *)&sums->slots[content.layout.slots[i]];

			*(double *)(sum + sum_fields[index]) = values[i];
		}
	}
	return true;
}

/* ---- sums ---- */

/* Adds to the sum; what rounding leaves out is kept in the carry. */
static void add_to_sum(struct frame_sum *sum, double value)
{
	double total;

	if (sum->carry == 0 && column_add_decimals(sum->sum, value, &sum->sum))
		return;
	total = sum->sum + value;
	if (!isfinite(total)) {
		sum->sum = within_range(total);
		return;
	}
	sum->carry +=
	    fabs(sum->sum) >= fabs(value) ? (sum->sum - total) + value : (value - total) + sum->sum;
	sum->sum = total;
}

/* Adds what a counter rises by from the last sample to this one: nothing if it falls. */
static void add_to_rise(struct frame_sum *sum, double next)
{
	double by;

	if (next <= sum->last)
		return;
	if (!column_add_decimals(next, -sum->last, &by))
		by = within_range(next - sum->last);
	if (!column_add_decimals(sum->rise, by, &sum->rise))
		sum->rise = within_range(sum->rise + by);
}

static void widen_range(struct frame_sum *sum, double minimum, double maximum)
{
	sum->minimum = minimum < sum->minimum ? minimum : sum->minimum;
	sum->maximum = maximum > sum->maximum ? maximum : sum->maximum;
}

static void add_sample(struct frame_sum *sum, double value, bool counter)
{
	if (sum->count == 0) {
		*sum = (struct frame_sum){.count = 1,
		    .sum = value,
		    .minimum = value,
		    .maximum = value,
		    .first = value,
		    .last = value};
		return;
	}
	sum->count++;
	widen_range(sum, value, value);
	add_to_sum(sum, value);
	if (counter)
		add_to_rise(sum, value);
	sum->last = value;
}

static void join_sum(struct frame_sum *sum, const struct frame_sum *part, bool counter)
{
	if (sum->count == 0) {
		*sum = *part;
		return;
	}
	sum->count += part->count;
	widen_range(sum, part->minimum, part->maximum);
	add_to_sum(sum, part->sum);
	add_to_sum(sum, part->carry);
	if (!counter)
		return;
	add_to_rise(sum, part->first);
	if (!column_add_decimals(sum->rise, part->rise, &sum->rise))
		sum->rise = within_range(sum->rise + part->rise);
	sum->last = part->last;
}

void frame_sums_add(struct frame_sums *sums, const struct frame *frame, int64_t time_us,
    int64_t from_us, int64_t to_us)
{
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		int64_t time;

		if (!frame->present[slot] ||
		    __builtin_add_overflow(time_us, frame->offset_us[slot], &time) ||
		    time < from_us || time >= to_us)
			continue;
		add_sample(&sums->slots[slot], frame->value[slot], sums->counter);
	}
}

void frame_sums_join(struct frame_sums *sums, const struct frame_sums *part)
{
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		if (part->slots[slot].count > 0)
			join_sum(&sums->slots[slot], &part->slots[slot], sums->counter);
	}
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/frame.h"

#define TEST(function) cmocka_unit_test(function)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MINUTE 60000000

static uint64_t random_state = 88172645463325252u;

static uint64_t random_bits(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static double random_double(void)
{
	double value;

	do {
		uint64_t bits = random_bits();

		memcpy(&value, &bits, sizeof(value));
	} while (!isfinite(value));
	return value;
}

static void set(struct frame *frame, size_t slot, int64_t offset_us, double value)
{
	frame->present[slot] = true;
	frame->offset_us[slot] = offset_us;
	frame->value[slot] = value;
}

/* The payload, which must come back as it was, bit by bit. */
static struct text encoded(const struct frame *frame)
{
	struct text payload = TEXT_EMPTY;
	struct frame again;

	memset(&again, 0xaa, sizeof(again));
	frame_encode(frame, &payload);
	assert_true(frame_decode(payload.data, payload.length, &again));
	assert_memory_equal(frame->present, again.present, sizeof(again.present));
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		if (!frame->present[slot])
			continue;
		assert_true(again.offset_us[slot] == frame->offset_us[slot]);
		assert_memory_equal(&again.value[slot], &frame->value[slot], sizeof(double));
	}
	return payload;
}

/* The size of the payload of a frame, which must come back as it was. */
static size_t size_of(const struct frame *frame)
{
	struct text payload = encoded(frame);
	size_t size = payload.length;

	text_clear(&payload);
	return size;
}

/* The kind and the width of the column of values of these values. */
static void assert_column(const double *values, size_t count, unsigned kind, unsigned width)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload;

	for (size_t i = 0; i < count; i++)
		set(frame, i, 0, values[i]);
	payload = encoded(frame);
	assert_int_equal((uint8_t)payload.data[18], kind);
	assert_int_equal((uint8_t)payload.data[19], width);
	text_clear(&payload);
	free(frame);
}

#define ASSERT_COLUMN(kind, width, ...) \
	assert_column((double[]){__VA_ARGS__}, COUNT_OF(((double[]){__VA_ARGS__})), kind, width)

/* ---- frames ---- */

static void the_bytes_are_those_that_are_described(void **state)
{
	static const char expected[] = "\1\2\0\5\0\4\0\3"       /* slots 5, 6 and 8 */
	                               "\0\x0a\0\0\0\0\0\0\0\0" /* offsets: 10 bits from 0 */
	                               "\1\3\0\0\0\0\0\0\0\xc8" /* tenths: 3 bits from 200 */
	                               "\xd0"                   /* 1101 */
	                               "\x00\x00\x1f\xfc"       /* 0, 1, 1023 */
	                               "\x14\x80"               /* 0, 5, 1 */
	                               "\0\0\0\0\0\0\0";
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload;
	(void)state;

	set(frame, 5, 0, 20);
	set(frame, 6, 1, 20.5);
	set(frame, 8, 1023, 20.1);
	payload = encoded(frame);
	assert_int_equal(payload.length, sizeof(expected));
	assert_memory_equal(payload.data, expected, sizeof(expected));
	text_clear(&payload);
	free(frame);
}

static void a_payload_is_appended(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame)), *again = xcalloc(1, sizeof(*again));
	struct text payload = TEXT_EMPTY;
	(void)state;

	text_append(&payload, "before");
	set(frame, 0, 3, 4);
	frame_encode(frame, &payload);
	assert_memory_equal(payload.data, "before", 6);
	assert_true(frame_decode(payload.data + 6, payload.length - 6, again));
	assert_true(again->present[0] && again->offset_us[0] == 3 && again->value[0] == 4);
	text_clear(&payload);
	free(again);
	free(frame);
}

static void any_slots_may_have_an_entry(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	(void)state;

	for (size_t slot = 0; slot < FRAME_SLOTS; slot += 341) {
		memset(frame->present, 0, sizeof(frame->present));
		set(frame, slot, 0, 1);
		assert_int_equal(size_of(frame), 8 + 2 * 10 + 8);
	}
	set(frame, 0, 1, 2);
	set(frame, 1023, -1, 0);
	/* Three entries of 2 bits in each column, and a bitmap. */
	assert_int_equal(size_of(frame), 8 + 2 * 10 + 128 + 2 + 8);
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++)
		set(frame, slot, 0, (double)slot);
	assert_int_equal(size_of(frame), 8 + 2 * 10 + 1024 * 10 / 8 + 8);
	for (size_t round = 0; round < 200; round++) {
		for (size_t slot = 0; slot < FRAME_SLOTS; slot++)
			frame->present[slot] = random_bits() % (round + 1) == 0;
		frame->present[random_bits() % FRAME_SLOTS] = true;
		size_of(frame);
	}
	free(frame);
}

static void equal_values_take_no_bits(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	(void)state;

	for (size_t slot = 0; slot < FRAME_SLOTS; slot++)
		set(frame, slot, 1000, M_PI);
	assert_int_equal(size_of(frame), 8 + 2 * 10 + 8);
	free(frame);
}

static void values_take_as_few_bits_as_they_need(void **state)
{
	(void)state;
	ASSERT_COLUMN(0, 0, 5);
	ASSERT_COLUMN(0, 1, 1000000, 1000001);
	ASSERT_COLUMN(0, 10, 0, 1000);
	ASSERT_COLUMN(0, 10, -500, 500);
	ASSERT_COLUMN(0, 53, 0, 0x1p53 - 1);
	ASSERT_COLUMN(0, 54, -0x1p53 + 1, 0x1p53 - 1);
	ASSERT_COLUMN(1, 1, 0.1, 0.2);
	ASSERT_COLUMN(1, 2, -0.1, 0.2);
	ASSERT_COLUMN(2, 9, 36.5, 40, 41.25);
	ASSERT_COLUMN(3, 14, 10, 0.001, 1.25);
	ASSERT_COLUMN(15, 4, 1e-15, 9e-15);
	ASSERT_COLUMN(15, 50, 0, 0.123456789012345, 0.6);
	ASSERT_COLUMN(64, 1, 0x1p53, 0x1p53 + 2);
	ASSERT_COLUMN(64, 64, 0.1 + 0.2, M_PI, -1e300);
}

static void values_that_are_no_short_decimals_keep_every_bit(void **state)
{
	(void)state;
	ASSERT_COLUMN(64, 0, -0.0);
	ASSERT_COLUMN(64, 1, -0.0, 0.0);
	ASSERT_COLUMN(64, 64, -0.0, 1.5);
	ASSERT_COLUMN(64, 1, DBL_TRUE_MIN, 2 * DBL_TRUE_MIN);
	ASSERT_COLUMN(64, 64, -DBL_MAX, DBL_MAX);
	ASSERT_COLUMN(64, 52, DBL_MIN, DBL_MIN - DBL_TRUE_MIN, DBL_TRUE_MIN);
	ASSERT_COLUMN(64, 2, -DBL_TRUE_MIN, DBL_TRUE_MIN, 0);
	ASSERT_COLUMN(64, 64, 0.1, 1e300);
	ASSERT_COLUMN(64, 64, 1e-16, 0.1 + 0.2);
	ASSERT_COLUMN(64, 1, 0.3, 0.1 + 0.2);
	ASSERT_COLUMN(64, 0, 1e22);
	ASSERT_COLUMN(64, 52, 9007199254740993.0, 9007199254740992.0, 0x1.fffffp53);
}

static void a_range_of_each_width_comes_back(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	(void)state;

	for (unsigned bits = 1; bits <= 64; bits++) {
		uint64_t most = UINT64_MAX >> (64 - bits);
		struct text payload;

		memset(frame->present, 0, sizeof(frame->present));
		for (size_t slot = 0; slot < 100; slot++)
			set(frame, slot, (int64_t)(random_bits() & most) + (bits < 63 ? -7 : 0), 0);
		frame->offset_us[3] = bits < 63 ? -7 : bits == 63 ? 0 : INT64_MIN;
		frame->offset_us[98] = (int64_t)((uint64_t)frame->offset_us[3] + most);
		payload = encoded(frame);
		assert_int_equal((uint8_t)payload.data[9], bits <= 57 ? bits : 64);
		text_clear(&payload);
	}
	free(frame);
}

static void random_doubles_come_back(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	(void)state;

	for (size_t round = 0; round < 100; round++) {
		double scale = pow(10, (double)(random_bits() % 17));

		for (size_t slot = 0; slot < FRAME_SLOTS; slot++)
			set(frame, slot, (int64_t)(random_bits() % 2000) - 1000,
			    round % 2 == 0 ? random_double()
			                   : (double)(int64_t)random_bits() / 1024 / scale);
		size_of(frame);
	}
	free(frame);
}

static void random_decimals_come_back(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	(void)state;

	for (size_t round = 0; round < 160; round++) {
		double scale = pow(10, (double)(round % 16));
		struct text payload;

		for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
			int64_t digits =
			    (int64_t)(random_bits() % 2000000000000000) - 1000000000000000;

			set(frame, slot, 0, (double)digits / scale);
		}
		payload = encoded(frame);
		assert_int_equal((uint8_t)payload.data[18], round % 16);
		text_clear(&payload);
	}
	free(frame);
}

/* ---- what is no payload ---- */

/* A copy that ends where the memory does, so that reading beyond it is found. */
static bool decodes(const void *payload, size_t size, struct frame *frame)
{
	void *copy = memcpy(xcalloc(1, size > 0 ? size : 1), payload, size);
	void *exact = xreallocarray(copy, size > 0 ? size : 1, 1);
	bool decoded = frame_decode(exact, size, frame);

	free(exact);
	return decoded;
}

static struct text an_example(void)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload;

	for (size_t slot = 100; slot < 150; slot += 3)
		set(frame, slot, (int64_t)slot * 1000, (double)slot / 8);
	payload = encoded(frame);
	free(frame);
	return payload;
}

static void a_payload_of_another_size_is_refused(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload = an_example();
	(void)state;

	assert_true(decodes(payload.data, payload.length, frame));
	for (size_t size = 0; size < payload.length; size++)
		assert_false(decodes(payload.data, size, frame));
	assert_false(decodes(payload.data, payload.length + 1, frame));
	text_clear(&payload);
	free(frame);
}

static void a_damaged_header_is_refused(void **state)
{
	static const struct {
		size_t place;
		uint8_t byte;
	} damages[] = {
	    /* the format, the number of columns */
	    {0, 0},
	    {0, 2},
	    {1, 1},
	    {1, 4},
	    /* the first slot, the number of slots, the number of entries */
	    {2, 4},
	    {4, 4},
	    {5, 48},
	    {6, 1},
	    {7, 0},
	    {7, 16},
	    {7, 18},
	    {7, 50},
	    /* the kind and the width of offsets, of values; n of a decimal is less than 2^53 */
	    {8, 1},
	    {8, 64},
	    {9, 58},
	    {9, 65},
	    {9, 255},
	    {18, 16},
	    {18, 63},
	    {18, 65},
	    {19, 63},
	    {19, 0},
	    {20, 0x70},
	    /* the bitmap */
	    {28, 0x10},
	    {34, 0xff},
	};
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload = an_example();
	(void)state;

	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		char saved = payload.data[damages[i].place];

		payload.data[damages[i].place] = (char)damages[i].byte;
		if (decodes(payload.data, payload.length, frame))
			fail_msg("byte %zu as %u", damages[i].place, damages[i].byte);
		payload.data[damages[i].place] = saved;
	}
	text_clear(&payload);
	free(frame);
}

static void values_that_are_not_finite_are_refused(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload = TEXT_EMPTY;
	(void)state;

	set(frame, 0, 0, DBL_MAX);
	frame_encode(frame, &payload);
	memcpy(payload.data + 20, "\x7f\xf0\0\0\0\0\0\0", 8);
	assert_false(decodes(payload.data, payload.length, frame));
	memcpy(payload.data + 20, "\x80\x0f\xff\xff\xff\xff\xff\xff", 8);
	assert_false(decodes(payload.data, payload.length, frame));
	text_clear(&payload);
	free(frame);
}

static void damage_is_never_read_past_the_end(void **state)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct frame_sums *sums = xcalloc(1, sizeof(*sums));
	struct text payload = an_example();
	(void)state;

	for (size_t round = 0; round < 20000; round++) {
		size_t place = random_bits() % payload.length;
		char saved = payload.data[place];
		void *copy;

		payload.data[place] = (char)random_bits();
		decodes(payload.data, payload.length, frame);
		copy = memcpy(xcalloc(1, payload.length), payload.data, payload.length);
		((char *)copy)[1] = round % 2 == 0 ? 4 : 7;
		sums->counter = round % 2 == 1;
		frame_sums_decode(copy, payload.length, sums);
		free(copy);
		payload.data[place] = saved;
	}
	text_clear(&payload);
	free(sums);
	free(frame);
}

/* ---- sums ---- */

static struct frame_sums *sums_new(bool counter)
{
	struct frame_sums *sums = xcalloc(1, sizeof(*sums));

	sums->counter = counter;
	return sums;
}

/* Adds a sample to slot 7. */
static void add(struct frame_sums *sums, int64_t time_us, double value)
{
	struct frame *frame = xcalloc(1, sizeof(*frame));

	set(frame, 7, 0, value);
	frame_sums_add(sums, frame, time_us, 0, INT64_MAX);
	free(frame);
}

/* The sums as they come back from storage. */
static struct frame_sums *stored(struct frame_sums *sums)
{
	struct frame_sums *again = sums_new(sums->counter);
	struct text payload = TEXT_EMPTY;

	frame_sums_encode(sums, &payload);
	assert_true(frame_sums_decode(payload.data, payload.length, again));
	text_clear(&payload);
	free(sums);
	return again;
}

static void samples_of_an_interval_are_added_up(void **state)
{
	struct frame_sums *sums = sums_new(false);
	struct frame *frame = xcalloc(1, sizeof(*frame));
	const struct frame_sum *sum = &sums->slots[7];
	(void)state;

	/* given samples right before, at the beginning of, in, and at the end of a minute */
	set(frame, 7, -1, 1000);
	set(frame, 8, 0, 3);
	frame_sums_add(sums, frame, MINUTE, MINUTE, 2 * (int64_t)MINUTE);
	set(frame, 7, MINUTE - 1, 5);
	set(frame, 8, 7, 4);
	set(frame, 1023, MINUTE, 1000);
	frame_sums_add(sums, frame, MINUTE, MINUTE, 2 * (int64_t)MINUTE);

	/* then those that are of it count */
	sums = stored(sums);
	sum = sums->slots;
	assert_int_equal(sum[7].count, 1);
	assert_true(sum[7].sum == 5);
	assert_int_equal(sum[8].count, 2);
	assert_true(sum[8].sum == 7 && sum[8].minimum == 3 && sum[8].maximum == 4);
	assert_int_equal(sum[9].count, 0);
	assert_int_equal(sum[1023].count, 0);
	free(frame);
	free(sums);
}

static void a_time_out_of_range_is_of_no_interval(void **state)
{
	struct frame_sums *sums = sums_new(false);
	struct frame *frame = xcalloc(1, sizeof(*frame));
	(void)state;

	set(frame, 7, INT64_MAX, 1);
	frame_sums_add(sums, frame, 1, INT64_MIN, INT64_MAX);
	assert_int_equal(sums->slots[7].count, 0);
	free(frame);
	free(sums);
}

static void sums_without_a_sample_make_no_payload(void **state)
{
	struct frame_sums *sums = sums_new(true);
	struct text payload = TEXT_EMPTY;
	(void)state;

	frame_sums_encode(sums, &payload);
	assert_int_equal(payload.length, 0);
	free(sums);
}

static void sums_of_decimals_are_exact(void **state)
{
	struct frame_sums *day = sums_new(false);
	(void)state;

	/* given tenths, which binary sums would be wrong about, by the hour */
	for (int hour = 0; hour < 24; hour++) {
		struct frame_sums *part = sums_new(false);

		for (int i = 0; i < 360; i++)
			add(part, i, i % 2 == 0 ? 0.1 : 36.7);
		part = stored(part);
		frame_sums_join(day, part);
		free(part);
	}
	day = stored(day);
	assert_int_equal(day->slots[7].count, 8640);
	assert_true(day->slots[7].sum == 158976);
	assert_true(day->slots[7].minimum == 0.1 && day->slots[7].maximum == 36.7);
	free(day);
}

static void sums_of_large_integers_are_exact(void **state)
{
	struct frame_sums *sums = sums_new(false);
	(void)state;

	for (int i = 0; i < 6; i++)
		add(sums, i, 999999999999.0 - i);
	sums = stored(sums);
	assert_true(sums->slots[7].sum == 5999999999979.0);
	free(sums);
}

static void what_rounding_leaves_out_of_sums_is_kept(void **state)
{
	struct frame_sums *sums = sums_new(false), *part = sums_new(false);
	(void)state;

	/* given small numbers that vanish each in a large one */
	add(sums, 0, 1e100);
	for (int i = 1; i <= 100; i++)
		add(sums, i, M_PI);
	add(part, 200, -1e100);
	frame_sums_join(sums, part);
	sums = stored(sums);
	assert_float_equal(sums->slots[7].sum, 100 * M_PI, 1e-12);
	free(part);
	free(sums);
}

static void a_sum_that_overflows_is_the_largest_number(void **state)
{
	struct frame_sums *sums = sums_new(true);
	(void)state;

	add(sums, 0, -DBL_MAX);
	add(sums, 1, DBL_MAX);
	add(sums, 2, DBL_MAX);
	add(sums, 3, DBL_MAX);
	sums = stored(sums);
	assert_true(sums->slots[7].sum == DBL_MAX);
	assert_true(sums->slots[7].rise == DBL_MAX);
	free(sums);
}

static void a_counter_rises_by_what_it_does_not_fall(void **state)
{
	static const double counts[] = {100, 150, 20, 30, 30, 30.5};
	struct frame_sums *sums = sums_new(true);
	(void)state;

	for (size_t i = 0; i < COUNT_OF(counts); i++)
		add(sums, (int64_t)i, counts[i]);
	sums = stored(sums);
	assert_true(sums->slots[7].rise == 60.5);
	assert_true(sums->slots[7].first == 100 && sums->slots[7].last == 30.5);
	assert_true(sums->slots[7].minimum == 20 && sums->slots[7].maximum == 150);
	assert_true(sums->slots[7].sum == 360.5);
	free(sums);
}

static void parts_come_to_the_same_as_their_samples(void **state)
{
	(void)state;
	for (int counter = 0; counter < 2; counter++) {
		struct frame_sums *whole = sums_new(counter == 1), *joined = sums_new(counter == 1);

		for (int64_t from = 0; from < 50; from++) {
			struct frame_sums *part = sums_new(counter == 1);

			for (int64_t i = 0; i < (int64_t)(random_bits() % 5); i++) {
				double value = (double)(random_bits() % 10000) / 10;

				add(whole, from, value);
				add(part, from, value);
			}
			frame_sums_join(joined, part);
			free(part);
		}
		whole = stored(whole);
		joined = stored(joined);
		assert_memory_equal(&whole->slots[7], &joined->slots[7], sizeof(whole->slots[7]));
		free(whole);
		free(joined);
	}
}

static void sums_of_random_numbers_come_back(void **state)
{
	(void)state;
	for (int counter = 0; counter < 2; counter++) {
		struct frame_sums *sums = sums_new(counter == 1), *copy = sums_new(counter == 1);

		for (size_t slot = 0; slot < FRAME_SLOTS; slot += 1 + random_bits() % 3)
			sums->slots[slot] = (struct frame_sum){
			    .count = 1 + random_bits() % 9000,
			    .sum = random_double(),
			    .minimum = random_double(),
			    .maximum = random_double(),
			    .first = counter == 1 ? random_double() : 0,
			    .last = counter == 1 ? random_double() : 0,
			    .rise = counter == 1 ? random_double() : 0,
			};
		*copy = *sums;
		sums = stored(sums);
		assert_memory_equal(copy, sums, sizeof(*sums));
		free(copy);
		free(sums);
	}
}

static void sums_of_another_kind_are_refused(void **state)
{
	struct frame_sums *gauge = sums_new(false), *counter = sums_new(true);
	struct frame *frame = xcalloc(1, sizeof(*frame));
	struct text payload = TEXT_EMPTY;
	(void)state;

	add(gauge, 0, 5);
	frame_sums_encode(gauge, &payload);
	assert_false(frame_sums_decode(payload.data, payload.length, counter));
	assert_false(frame_decode(payload.data, payload.length, frame));
	/* A count is at least 1. */
	payload.data[8 + 9] = 0;
	assert_false(frame_sums_decode(payload.data, payload.length, gauge));
	for (size_t size = 0; size < payload.length; size++)
		assert_false(frame_sums_decode(payload.data, size, gauge));
	text_clear(&payload);
	free(frame);
	free(counter);
	free(gauge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_bytes_are_those_that_are_described),
	    TEST(a_payload_is_appended),
	    TEST(any_slots_may_have_an_entry),
	    TEST(equal_values_take_no_bits),
	    TEST(values_take_as_few_bits_as_they_need),
	    TEST(values_that_are_no_short_decimals_keep_every_bit),
	    TEST(a_range_of_each_width_comes_back),
	    TEST(random_doubles_come_back),
	    TEST(random_decimals_come_back),
	    TEST(a_payload_of_another_size_is_refused),
	    TEST(a_damaged_header_is_refused),
	    TEST(values_that_are_not_finite_are_refused),
	    TEST(damage_is_never_read_past_the_end),
	    TEST(samples_of_an_interval_are_added_up),
	    TEST(a_time_out_of_range_is_of_no_interval),
	    TEST(sums_without_a_sample_make_no_payload),
	    TEST(sums_of_decimals_are_exact),
	    TEST(sums_of_large_integers_are_exact),
	    TEST(what_rounding_leaves_out_of_sums_is_kept),
	    TEST(a_sum_that_overflows_is_the_largest_number),
	    TEST(a_counter_rises_by_what_it_does_not_fall),
	    TEST(parts_come_to_the_same_as_their_samples),
	    TEST(sums_of_random_numbers_come_back),
	    TEST(sums_of_another_kind_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

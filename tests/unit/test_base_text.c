/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static void a_new_text_becomes_empty_text_not_null(void **state)
{
	struct text text = TEXT_EMPTY;
	(void)state;

	text_append(&text, "");
	assert_string_equal(text.data, "");
	assert_int_equal(text.length, 0);
	text_clear(&text);
	assert_null(text.data);

	text_reset(&text);
	assert_string_equal(text.data, "");
	text_clear(&text);
}

static void text_grows_with_what_is_appended(void **state)
{
	struct text text = TEXT_EMPTY;
	(void)state;

	for (int i = 0; i < 1000; i++)
		text_printf(&text, "%03d", i);
	assert_int_equal(text.length, 3000);
	assert_memory_equal(text.data, "000001002", 9);
	assert_string_equal(text.data + 2997, "999");
	text_clear(&text);
}

static void a_long_format_is_not_cut(void **state)
{
	struct text text = TEXT_EMPTY;
	char *line = xcalloc(10001, 1);
	(void)state;

	memset(line, 'x', 10000);
	text_append(&text, "a");
	text_printf(&text, "%s%d", line, 7);
	assert_int_equal(text.length, 10002);
	assert_string_equal(text.data + 10000, "x7");
	text_clear(&text);
	free(line);
}

static void reset_keeps_the_memory(void **state)
{
	struct text text = TEXT_EMPTY;
	char *data;
	(void)state;

	text_append(&text, "something");
	data = text.data;
	text_reset(&text);
	assert_ptr_equal(text.data, data);
	assert_string_equal(text.data, "");
	text_clear(&text);
}

static void stolen_text_is_never_null(void **state)
{
	struct text text = TEXT_EMPTY;
	char *stolen = text_steal(&text);
	(void)state;

	assert_string_equal(stolen, "");
	free(stolen);

	text_append(&text, "mine");
	stolen = text_steal(&text);
	assert_string_equal(stolen, "mine");
	assert_null(text.data);
	assert_int_equal(text.length, 0);
	free(stolen);
}

static void json_escapes_what_json_can_not_hold(void **state)
{
	struct text text = TEXT_EMPTY;
	(void)state;

	text_append_json(&text, "a\"b\\c\b\f\n\r\t\x01/é");
	assert_string_equal(text.data, "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001/é\"");
	text_reset(&text);
	text_append_json(&text, NULL);
	assert_string_equal(text.data, "null");
	text_reset(&text);
	text_append_json(&text, "");
	assert_string_equal(text.data, "\"\"");
	text_clear(&text);
}

static void well_formed_utf8_is_valid(void **state)
{
	static const char *const good[] = {"", "plain", "é", "€", "\xf0\x9f\x98\x80",
	    "\xed\x9f\xbf" /* U+D7FF */, "\xee\x80\x80" /* U+E000 */,
	    "\xf4\x8f\xbf\xbf" /* U+10FFFF */, "a long line of ASCII, then é at its end: é"};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
}

static void malformed_utf8_is_not_valid(void **state)
{
	static const char *const bad[] = {"\x80", "\xff", "\xc3", "\xc3(", "\xe2\x82",
	    "\xc0\x80" /* overlong zero */, "\xc1\xbf", "\xe0\x9f\xbf" /* overlong */,
	    "\xf0\x8f\xbf\xbf" /* overlong */, "\xed\xa0\x80" /* surrogate */,
	    "\xf4\x90\x80\x80" /* above U+10FFFF */, "\xf5\x80\x80\x80",
	    "eight bytes before it \x80 and eight bytes behind it"};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_false(utf8_valid("a\0b", 3));
	assert_false(utf8_valid("1234567\0", 8));
	assert_false(utf8_valid("é", 1));
}

static void utf8_length_counts_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_length(""), 0);
	assert_int_equal(utf8_length("abc"), 3);
	assert_int_equal(utf8_length("é€\xf0\x9f\x98\x80"), 3);
}

static void a_cut_falls_between_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_cut("abc", 3, 5), 3);
	assert_int_equal(utf8_cut("abc", 3, 2), 2);
	assert_int_equal(utf8_cut("a€b", 5, 3), 1);
	assert_int_equal(utf8_cut("a€b", 5, 4), 4);
	assert_int_equal(utf8_cut("€", 3, 2), 0);
}

static void text_copy_takes_all_or_nothing(void **state)
{
	char buffer[4] = "old";
	(void)state;

	assert_true(text_copy(buffer, sizeof(buffer), "abc"));
	assert_string_equal(buffer, "abc");
	assert_false(text_copy(buffer, sizeof(buffer), "abcd"));
	assert_string_equal(buffer, "");
}

static void sizes_have_one_decimal_and_a_unit(void **state)
{
	static const struct {
		int64_t bytes;
		const char *shown;
	} sizes[] = {{0, "0.0bytes"}, {1023, "1023.0bytes"}, {1024, "1.0KB"}, {1536, "1.5KB"},
	    {1048575, "1.0MB"}, {INT64_C(1) << 20, "1.0MB"}, {INT64_C(1) << 30, "1.0GB"},
	    {INT64_C(1) << 40, "1.0TB"}, {INT64_C(1) << 50, "1.0PB"}, {INT64_C(1) << 60, "1.0EB"},
	    {INT64_MAX, "8.0EB"}, {-2048, "-2.0KB"}, {INT64_MIN, "-8.0EB"}};
	struct text text = TEXT_EMPTY;
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		text_reset(&text);
		bytes_format(sizes[i].bytes, &text);
		assert_string_equal(text.data, sizes[i].shown);
	}
	text_clear(&text);
}

static void sizes_that_are_close_have_more_decimals(void **state)
{
	static const struct {
		int64_t bytes, step;
		const char *shown;
	} sizes[] = {{107374182, INT64_MAX, "102.4MB"}, {107374182, 1 << 16, "102.40MB"},
	    {-107374182, 1 << 14, "-102.40MB"}, {1536, 512, "1.5KB"}, {INT64_MAX, 1, "8.000000EB"},
	    {0, 1, "0.0bytes"}};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		text_reset(&text);
		bytes_format_step(sizes[i].bytes, sizes[i].step, &text);
		assert_string_equal(text.data, sizes[i].shown);
	}
	text_clear(&text);
}

static void memory_grows_by_doubling(void **state)
{
	size_t capacity = 0;
	int *numbers = NULL;
	(void)state;

	for (size_t i = 0; i < 100; i++) {
		numbers = xgrow(numbers, i, &capacity, sizeof(*numbers));
		assert_true(capacity > i);
		numbers[i] = (int)i;
	}
	assert_int_equal(capacity, 128);
	assert_int_equal(numbers[99], 99);
	free(numbers);
}

static void memory_for_nothing_is_still_memory(void **state)
{
	char *memory = xcalloc(0, 8);
	(void)state;

	assert_non_null(memory);
	memory = xreallocarray(memory, 0, 8);
	assert_non_null(memory);
	free(memory);
	memory = xmemdup(NULL, 0);
	assert_non_null(memory);
	free(memory);
	assert_null(xstrdup(NULL));
}

static void copies_are_independent(void **state)
{
	char source[] = "source";
	char *all = xstrdup(source), *part = xstrndup(source, 3);
	char *bytes = xmemdup(source, 2), *made = xasprintf("%s-%d", source, 5);
	(void)state;

	source[0] = 'X';
	assert_string_equal(all, "source");
	assert_string_equal(part, "sou");
	assert_memory_equal(bytes, "so", 2);
	assert_string_equal(made, "source-5");
	free(all);
	free(part);
	free(bytes);
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_text_becomes_empty_text_not_null),
	    cmocka_unit_test(text_grows_with_what_is_appended),
	    cmocka_unit_test(a_long_format_is_not_cut),
	    cmocka_unit_test(reset_keeps_the_memory),
	    cmocka_unit_test(stolen_text_is_never_null),
	    cmocka_unit_test(json_escapes_what_json_can_not_hold),
	    cmocka_unit_test(well_formed_utf8_is_valid),
	    cmocka_unit_test(malformed_utf8_is_not_valid),
	    cmocka_unit_test(utf8_length_counts_characters),
	    cmocka_unit_test(a_cut_falls_between_characters),
	    cmocka_unit_test(text_copy_takes_all_or_nothing),
	    cmocka_unit_test(sizes_have_one_decimal_and_a_unit),
	    cmocka_unit_test(sizes_that_are_close_have_more_decimals),
	    cmocka_unit_test(memory_grows_by_doubling),
	    cmocka_unit_test(memory_for_nothing_is_still_memory),
	    cmocka_unit_test(copies_are_independent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

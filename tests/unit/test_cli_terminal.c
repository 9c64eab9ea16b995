/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>

#include "cli_fixture.h"

static void assert_clean(const struct terminal *terminal, const char *dirty, const char *expected)
{
	struct text out = TEXT_EMPTY;

	text_append(&out, "");
	append_clean(&out, terminal, dirty);
	assert_string_equal(out.data, expected);
	text_clear(&out);
}

static void control_characters_are_stripped(void **state)
{
	(void)state;
	assert_clean(&to_file, "a\033[31mb\033]0;title\007c", "a[31mb]0;titlec");
	assert_clean(&to_file, "one\r\x7f\x01two", "onetwo");
	assert_clean(&to_file, "tab\tline\nend", "tab line end");
	/* the 8-bit forms of the escape sequences, as UTF-8 */
	assert_clean(&to_file,
	    "x\xc2\x9b"
	    "31m\xc2\x90y",
	    "x31my");
	/* right-to-left override, zero width no-break space */
	assert_clean(&to_file,
	    "gpj.\xe2\x80\xae"
	    "exe\xef\xbb\xbf",
	    "gpj.exe");
}

static void what_is_no_utf8_becomes_question_marks(void **state)
{
	(void)state;
	assert_clean(&to_file, "a\xff\xc3.b\xe2\x82", "a??.b??");
	assert_clean(&to_file, "Größe €", "Größe €");
	assert_clean(&ascii_file, "Größe €", "Gr??e ?");
}

static void width_counts_columns_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(display_width("abc"), 3);
	assert_int_equal(display_width("Größe"), 5);
	assert_int_equal(display_width("\033[31mred\033[0m"), 3);
	assert_int_equal(display_width(""), 0);
}

static void assert_cut(
    const struct terminal *terminal, const char *text, size_t columns, const char *expected)
{
	struct text out = TEXT_EMPTY;

	text_append(&out, "");
	append_cut(&out, terminal, text, columns);
	assert_string_equal(out.data, expected);
	text_clear(&out);
}

static void text_is_cut_between_characters(void **state)
{
	(void)state;
	assert_cut(&to_file, "abcdef", 6, "abcdef");
	assert_cut(&to_file, "abcdef", 5, "abcd…");
	assert_cut(&ascii_file, "abcdef", 5, "ab...");
	assert_cut(&ascii_file, "abcdef", 2, "");
	assert_cut(&to_file, "Größe", 3, "Gr…");
	assert_cut(&to_file, "abc", 0, "");
}

static void cutting_ends_the_style(void **state)
{
	(void)state;
	assert_cut(&coloured, "\033[31mabcdef\033[0m", 3, "\033[31mab\033[0m…");
}

static void styles_are_for_terminals_with_colour(void **state)
{
	struct text out = TEXT_EMPTY;
	(void)state;

	append_styled(&out, &coloured, STYLE_ERROR, "bad");
	append_styled(&out, &to_file, STYLE_ERROR, " worse");
	append_styled(&out, &coloured, STYLE_PLAIN, " plain");
	assert_string_equal(out.data, "\033[31mbad\033[0m worse plain");
	text_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(control_characters_are_stripped),
	    cmocka_unit_test(what_is_no_utf8_becomes_question_marks),
	    cmocka_unit_test(width_counts_columns_not_bytes),
	    cmocka_unit_test(text_is_cut_between_characters),
	    cmocka_unit_test(cutting_ends_the_style),
	    cmocka_unit_test(styles_are_for_terminals_with_colour),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

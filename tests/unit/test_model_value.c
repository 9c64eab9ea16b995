/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "model/value.h"

static void assert_shown(struct value value, const char *json, const char *plain)
{
	struct text text = TEXT_EMPTY;

	value_append_json(&text, &value);
	assert_string_equal(text.data, json);
	text_reset(&text);
	value_append_plain(&text, &value);
	assert_string_equal(text.data, plain);
	text_clear(&text);
	value_clear(&value);
}

static void values_are_shown_as_json_and_for_people(void **state)
{
	(void)state;
	assert_shown(VALUE_NULL_INIT, "null", "-");
	assert_shown(value_boolean(true), "true", "true");
	assert_shown(value_boolean(false), "false", "false");
	assert_shown(value_integer(INT64_MIN), "-9223372036854775808", "-9223372036854775808");
	assert_shown(value_text("a\"b"), "\"a\\\"b\"", "a\"b");
	assert_shown(value_reference(12), "{\"ref\": 12}", "#12");
	assert_shown(value_real(0.1), "0.1", "0.1");
	assert_shown(value_real(1.0 / 3), "0.33333333333333331", "0.33333333333333331");
	assert_shown(value_real(INFINITY), "null", "inf");
	assert_shown((struct value){.type = VALUE_UNSIGNED, .number = UINT64_MAX},
	    "18446744073709551615", "18446744073709551615");
}

static void values_are_equal_in_type_and_value(void **state)
{
	struct value one = value_integer(1), two = value_integer(2), truth = value_boolean(true);
	struct value digit = value_text("1"), same = value_text("1"),
	             reference = value_reference(1);
	struct value null = VALUE_NULL_INIT, real = value_real(1);
	(void)state;

	assert_true(value_equal(&one, &one));
	assert_false(value_equal(&one, &two));
	assert_false(value_equal(&one, &digit));
	assert_false(value_equal(&one, &truth));
	assert_false(value_equal(&one, &reference));
	assert_false(value_equal(&one, &null));
	assert_false(value_equal(&one, &real));
	assert_true(value_equal(&digit, &same));
	assert_true(value_equal(&null, &null));
	assert_true(value_equal(&real, &real));
	value_clear(&digit);
	value_clear(&same);
}

static void a_copy_owns_its_text(void **state)
{
	struct value value = value_text("text"), copy = value_copy(&value);
	(void)state;

	assert_ptr_not_equal(value.text, copy.text);
	value_clear(&value);
	assert_int_equal(value.type, VALUE_NULL);
	assert_string_equal(copy.text, "text");
	value_clear(&copy);
}

static void a_move_leaves_null_behind(void **state)
{
	struct value from = value_text("new"), to = value_text("old");
	(void)state;

	value_move(&to, &from);
	assert_int_equal(from.type, VALUE_NULL);
	assert_string_equal(to.text, "new");
	value_clear(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_shown_as_json_and_for_people),
	    cmocka_unit_test(values_are_equal_in_type_and_value),
	    cmocka_unit_test(a_copy_owns_its_text),
	    cmocka_unit_test(a_move_leaves_null_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

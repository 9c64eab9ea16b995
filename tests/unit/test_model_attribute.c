/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/class.h"

static char name[] = "x";

/* A mandatory attribute named "x". */
#define ATTRIBUTE(type_, ...) ((struct attribute){.type = (type_), .name = name, __VA_ARGS__})

/* Asserts that a value from a plugin is taken and stored as expected. */
static void assert_stored(struct attribute attribute, struct value value, struct value expected)
{
	char reason[REASON_SIZE] = "";
	bool valid = attribute_validate(&attribute, &value, reason);

	assert_string_equal(reason, "");
	assert_true(valid);
	assert_true(value_equal(&value, &expected));
	value_clear(&value);
	value_clear(&expected);
}

static void assert_passes(struct attribute attribute, struct value value)
{
	assert_stored(attribute, value, value_copy(&value));
}

/* Asserts that a value from a plugin is refused for this reason, and left as it was. */
static void assert_refused(struct attribute attribute, struct value value, const char *expected)
{
	struct value before = value_copy(&value);
	char reason[REASON_SIZE];

	assert_false(attribute_validate(&attribute, &value, reason));
	assert_string_equal(reason, expected);
	assert_true(value_equal(&value, &before));
	value_clear(&value);
	value_clear(&before);
}

/* Asserts what typed text becomes. */
static void assert_parsed(struct attribute attribute, const char *typed, struct value expected)
{
	char reason[REASON_SIZE] = "";
	struct value value = VALUE_NULL_INIT;
	bool valid = attribute_parse(&attribute, typed, &value, reason);

	assert_string_equal(reason, "");
	assert_true(valid);
	assert_true(value_equal(&value, &expected));
	value_clear(&value);
	value_clear(&expected);
}

static void assert_not_parsed(struct attribute attribute, const char *typed, const char *expected)
{
	struct value value = value_integer(77);
	char reason[REASON_SIZE];

	assert_false(attribute_parse(&attribute, typed, &value, reason));
	assert_string_equal(reason, expected);
	assert_int_equal(value.integer, 77);
}

/* A text of count times the same character. */
static char *repeat(const char *character, size_t count)
{
	struct text text = TEXT_EMPTY;

	text_reset(&text);
	while (count-- > 0)
		text_append(&text, character);
	return text_steal(&text);
}

static struct value repeated(const char *character, size_t count)
{
	return (struct value){.type = VALUE_TEXT, .text = repeat(character, count)};
}

static struct value unsigned_value(uint64_t number)
{
	return (struct value){.type = VALUE_UNSIGNED, .number = number};
}

/* ---- null ---- */

static void null_passes_for_optional_attributes_of_every_type(void **state)
{
	(void)state;
	for (int type = ATTRIBUTE_BOOLEAN; type < ATTRIBUTE_TYPE_END; type++) {
		struct attribute attribute =
		    ATTRIBUTE(type, .optional = true, .has_min = true, .min = 5, .max_length = 3);

		assert_passes(attribute, VALUE_NULL_INIT);
		assert_parsed(attribute, NULL, VALUE_NULL_INIT);
	}
}

static void null_is_refused_for_mandatory_attributes_of_every_type(void **state)
{
	(void)state;
	for (int type = ATTRIBUTE_BOOLEAN; type < ATTRIBUTE_TYPE_END; type++) {
		struct value value = VALUE_NULL_INIT;
		char reason[REASON_SIZE];

		assert_false(attribute_validate(&ATTRIBUTE(type), &value, reason));
		assert_memory_equal(reason, "\"x\": null ", 10);
		assert_false(attribute_parse(&ATTRIBUTE(type), NULL, &value, reason));
	}
	assert_refused(ATTRIBUTE(ATTRIBUTE_STRING), VALUE_NULL_INIT,
	    "\"x\": null is not allowed (not optional)");
}

/* ---- texts ---- */

static void any_text_is_a_string(void **state)
{
	(void)state;
	assert_passes(ATTRIBUTE(ATTRIBUTE_STRING), value_text(""));
	assert_passes(ATTRIBUTE(ATTRIBUTE_STRING), value_text("naïve €\n\t"));
	assert_parsed(ATTRIBUTE(ATTRIBUTE_STRING), "typed", value_text("typed"));
	assert_parsed(ATTRIBUTE(ATTRIBUTE_STRING), "", value_text(""));
}

static void the_length_of_a_string_counts_characters(void **state)
{
	struct attribute limited = ATTRIBUTE(ATTRIBUTE_STRING, .max_length = 512);
	struct attribute path = ATTRIBUTE(ATTRIBUTE_PATH);
	struct attribute password = ATTRIBUTE(ATTRIBUTE_PASSWORD);
	static const size_t good[] = {0, 511, 512};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_passes(limited, repeated("a", good[i]));
		assert_passes(limited, repeated("€", good[i]));
	}
	assert_passes(path, repeated("a", VALUE_TEXT_MAX));
	assert_refused(
	    path, repeated("a", VALUE_TEXT_MAX + 1), "\"x\": 32769 bytes is too long (max 32768)");
	assert_refused(password, repeated("a", VALUE_TEXT_MAX + 1),
	    "\"x\": 32769 bytes is too long (max 32768)");
	assert_refused(limited, repeated("a", 513), "\"x\": 513 characters is too long (max 512)");
	assert_refused(limited, repeated("€", 513), "\"x\": 513 characters is too long (max 512)");
}

static void malformed_utf8_is_refused_and_not_repeated(void **state)
{
	static const enum attribute_type types[] = {ATTRIBUTE_STRING, ATTRIBUTE_ENUM,
	    ATTRIBUTE_PATH, ATTRIBUTE_INTEGER, ATTRIBUTE_PASSWORD, ATTRIBUTE_BOOLEAN};
	(void)state;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_refused(ATTRIBUTE(types[i]), value_text("a\xff"), "\"x\": not valid UTF-8");
		assert_not_parsed(ATTRIBUTE(types[i]), "a\xff", "\"x\": not valid UTF-8");
	}
}

static void numbers_are_no_texts(void **state)
{
	(void)state;
	assert_refused(ATTRIBUTE(ATTRIBUTE_STRING), value_integer(12), "\"x\": 12 is not a text");
	assert_refused(ATTRIBUTE(ATTRIBUTE_PATH), value_boolean(true), "\"x\": true is not a text");
	assert_refused(
	    ATTRIBUTE(ATTRIBUTE_UUID), value_reference(3), "\"x\": a resource is not a text");
}

static void any_text_but_the_empty_one_is_a_path(void **state)
{
	(void)state;
	assert_passes(ATTRIBUTE(ATTRIBUTE_PATH), value_text("/tmp/myfile.txt"));
	assert_passes(ATTRIBUTE(ATTRIBUTE_PATH), value_text("a/b"));
	assert_refused(ATTRIBUTE(ATTRIBUTE_PATH), value_text(""), "\"x\": a path can't be empty");
}

/* ---- numbers ---- */

static void bounds_of_an_integer_are_inclusive(void **state)
{
	struct attribute bounded =
	    ATTRIBUTE(ATTRIBUTE_INTEGER, .has_min = true, .min = 10, .has_max = true, .max = 20);
	(void)state;

	assert_passes(bounded, value_integer(10));
	assert_passes(bounded, value_integer(15));
	assert_passes(bounded, value_integer(20));
	assert_refused(bounded, value_integer(5), "\"x\": 5 is too low (min 10)");
	assert_refused(bounded, value_integer(22), "\"x\": 22 is too high (max 20)");
}

static void a_bound_of_zero_is_a_bound(void **state)
{
	(void)state;
	assert_refused(ATTRIBUTE(ATTRIBUTE_INTEGER, .has_max = true), value_integer(1),
	    "\"x\": 1 is too high (max 0)");
	assert_refused(ATTRIBUTE(ATTRIBUTE_INTEGER, .has_min = true), value_integer(-1),
	    "\"x\": -1 is too low (min 0)");
}

static void an_integer_without_bounds_has_64_bits(void **state)
{
	struct attribute integer = ATTRIBUTE(ATTRIBUTE_INTEGER);
	(void)state;

	assert_passes(integer, value_integer(-1000));
	assert_passes(integer, value_integer(0));
	assert_passes(integer, value_integer(INT64_C(1) << 30));
	assert_passes(integer, value_integer(INT64_MIN));
	assert_passes(integer, value_integer(INT64_MAX));
	assert_refused(integer, unsigned_value(UINT64_MAX),
	    "\"x\": 18446744073709551615 is too high (max 9223372036854775807)");
	assert_refused(ATTRIBUTE(ATTRIBUTE_INTEGER, .has_max = true, .max = 20),
	    unsigned_value(UINT64_MAX), "\"x\": 18446744073709551615 is too high (max 20)");
}

static void a_real_number_is_taken_if_it_is_whole(void **state)
{
	struct attribute integer = ATTRIBUTE(ATTRIBUTE_INTEGER);
	(void)state;

	assert_stored(integer, value_real(-3), value_integer(-3));
	assert_stored(integer, value_real(-9223372036854775808.0), value_integer(INT64_MIN));
	assert_refused(integer, value_real(1.5), "\"x\": 1.5 is not a whole number");
	assert_refused(integer, value_real(9223372036854775808.0),
	    "\"x\": 9.2233720368547758e+18 is too high (max 9223372036854775807)");
	assert_refused(integer, value_real(INFINITY), "\"x\": inf is not a whole number");
	assert_refused(
	    integer, value_real(-1e300), "\"x\": -1e+300 is too low (min -9223372036854775808)");
}

static void texts_and_booleans_from_a_plugin_are_no_integers(void **state)
{
	struct attribute integer = ATTRIBUTE(ATTRIBUTE_INTEGER);
	(void)state;

	assert_refused(integer, value_text("1"), "\"x\": \"1\" is not a whole number");
	assert_refused(integer, value_boolean(true), "\"x\": true is not a whole number");
	assert_refused(integer, value_reference(1), "\"x\": a resource is not a whole number");
}

static void typed_digits_are_an_integer(void **state)
{
	struct attribute integer = ATTRIBUTE(ATTRIBUTE_INTEGER);
	static const char *const bad[] = {"x", "1.5", "", "-", "1x", "0x10", "--1", " 1"};
	(void)state;

	assert_parsed(integer, "1", value_integer(1));
	assert_parsed(integer, "-12", value_integer(-12));
	assert_parsed(integer, "007", value_integer(7));
	assert_parsed(integer, "9223372036854775807", value_integer(INT64_MAX));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *expected = xasprintf("\"x\": \"%s\" is not a whole number", bad[i]);

		assert_not_parsed(integer, bad[i], expected);
		free(expected);
	}
	assert_not_parsed(integer, "9223372036854775808",
	    "\"x\": \"9223372036854775808\" is too high (max 9223372036854775807)");
	assert_not_parsed(ATTRIBUTE(ATTRIBUTE_BYTES), "-9223372036854775809",
	    "\"x\": \"-9223372036854775809\" is too low (min 0)");
	assert_not_parsed(ATTRIBUTE(ATTRIBUTE_INTEGER, .has_min = true, .min = 10), "5",
	    "\"x\": 5 is too low (min 10)");
}

static void bytes_below_zero_need_a_declared_minimum(void **state)
{
	(void)state;
	assert_passes(ATTRIBUTE(ATTRIBUTE_BYTES), value_integer(0));
	assert_passes(ATTRIBUTE(ATTRIBUTE_BYTES), value_integer(INT64_MAX));
	assert_refused(
	    ATTRIBUTE(ATTRIBUTE_BYTES), value_integer(-1), "\"x\": -1 is too low (min 0)");
	assert_passes(ATTRIBUTE(ATTRIBUTE_BYTES, .has_min = true, .min = -5), value_integer(-5));
	assert_refused(ATTRIBUTE(ATTRIBUTE_BYTES, .has_min = true, .min = -5), value_integer(-6),
	    "\"x\": -6 is too low (min -5)");
}

/* ---- booleans ---- */

static void what_is_not_zero_and_not_empty_is_true(void **state)
{
	struct attribute boolean = ATTRIBUTE(ATTRIBUTE_BOOLEAN);
	(void)state;

	assert_stored(boolean, value_integer(7), value_boolean(true));
	assert_stored(boolean, value_integer(0), value_boolean(false));
	assert_stored(boolean, unsigned_value(UINT64_MAX), value_boolean(true));
	assert_stored(boolean, value_real(0.5), value_boolean(true));
	assert_stored(boolean, value_real(0), value_boolean(false));
	assert_stored(boolean, value_text("false"), value_boolean(true));
	assert_stored(boolean, value_text(""), value_boolean(false));
	assert_passes(boolean, value_boolean(true));
	assert_refused(boolean, value_reference(1), "\"x\": a resource is not a boolean");
}

static void booleans_are_typed_as_words(void **state)
{
	struct attribute boolean = ATTRIBUTE(ATTRIBUTE_BOOLEAN);
	static const char *const yes[] = {"true", "True", "yes", "YES", "1"};
	static const char *const no[] = {"false", "no", "No", "0"};
	(void)state;

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_parsed(boolean, yes[i], value_boolean(true));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_parsed(boolean, no[i], value_boolean(false));
	assert_not_parsed(
	    boolean, "maybe", "\"x\": \"maybe\" is not one of true, false, yes, no, 1, 0");
	assert_not_parsed(boolean, "", "\"x\": \"\" is not one of true, false, yes, no, 1, 0");
	assert_not_parsed(boolean, "2", "\"x\": \"2\" is not one of true, false, yes, no, 1, 0");
}

/* ---- enumerations ---- */

static struct attribute enumeration_of_texts(void)
{
	static char alpha[] = "alpha", bravo[] = "bravo";
	static struct value options[] = {
	    {.type = VALUE_TEXT, .text = alpha}, {.type = VALUE_TEXT, .text = bravo}};

	return ATTRIBUTE(ATTRIBUTE_ENUM, .options = options, .option_count = 2);
}

static struct attribute enumeration_of_numbers(void)
{
	static struct value options[] = {
	    {.type = VALUE_INTEGER, .integer = 0}, {.type = VALUE_INTEGER, .integer = 1}};

	return ATTRIBUTE(ATTRIBUTE_ENUM, .options = options, .option_count = 2);
}

static void an_enumeration_takes_its_options_only(void **state)
{
	struct attribute texts = enumeration_of_texts();
	(void)state;

	assert_passes(texts, value_text("alpha"));
	assert_passes(texts, value_text("bravo"));
	assert_refused(
	    texts, value_text("charlie"), "\"x\": \"charlie\" is not one of \"alpha\", \"bravo\"");
	assert_refused(texts, value_text(""), "\"x\": \"\" is not one of \"alpha\", \"bravo\"");
	assert_refused(texts, VALUE_NULL_INIT, "\"x\": null is not one of \"alpha\", \"bravo\"");
	assert_refused(
	    texts, value_text("Alpha"), "\"x\": \"Alpha\" is not one of \"alpha\", \"bravo\"");
	assert_refused(texts, value_integer(0), "\"x\": 0 is not one of \"alpha\", \"bravo\"");
	assert_parsed(texts, "bravo", value_text("bravo"));
}

static void numeric_options_can_be_typed_but_not_reported_as_text(void **state)
{
	struct attribute numbers = enumeration_of_numbers();
	(void)state;

	assert_passes(numbers, value_integer(0));
	assert_refused(numbers, value_integer(2), "\"x\": 2 is not one of 0, 1");
	assert_refused(numbers, value_text("0"), "\"x\": \"0\" is not one of 0, 1");
	assert_parsed(numbers, "0", value_integer(0));
	assert_not_parsed(numbers, "2", "\"x\": 2 is not one of 0, 1");
	assert_not_parsed(numbers, "alpha", "\"x\": \"alpha\" is not one of 0, 1");
	assert_not_parsed(numbers, "", "\"x\": \"\" is not one of 0, 1");
}

/* ---- UUIDs and host names ---- */

static void a_uuid_is_32_digits_with_hyphens_anywhere(void **state)
{
	struct attribute uuid = ATTRIBUTE(ATTRIBUTE_UUID);
	static const char *const good[] = {"BACBE363-A1D4-4C1A-9A08-5B47DE17AB73",
	    "bacbe363a1d44c1a9a085b47de17ab73", "-BACBE363A1D44C1A9A-085B47DE17AB7-3-"};
	static const char *const bad[] = {"deadbeef", "other", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
	    "", "BACBE363-A1D4-4C1A-9A08-5B47DE17AB730", "BACBE363-A1D4-4C1A-9A08-5B47DE17AB73 ",
	    "BACBE363-A1D4-4C1A-9A08-5B47DE17AB7"};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_passes(uuid, value_text(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *expected =
		    xasprintf("\"x\": \"%s\" is not a UUID (32 hexadecimal digits)", bad[i]);

		assert_refused(uuid, value_text(bad[i]), expected);
		free(expected);
	}
}

static void host_names_and_addresses_are_host_names(void **state)
{
	static const char *const good[] = {"whamcloud.com", "127.0.0.1", "my-laptop", "x", "0",
	    "A.b-C.9", "fe80::1", "::1", "2001:db8:0:0:0:0:0:1", "::ffff:10.0.0.1"};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_passes(ATTRIBUTE(ATTRIBUTE_HOSTNAME), value_text(good[i]));
}

static void what_dns_can_not_name_is_no_host_name(void **state)
{
	static const char *const bad[] = {"whamcloud.-com", "whamcloud-.com", "my_laptop", "", ".",
	    "a.b.", ".a", "a..b", "a\n", "a b", "é", "fe80::1::2", "fe80::12345", "a:b", "[::1]",
	    "10.0.0.256", "192.168.1", "1.2.3.4.5"};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct attribute hostname = ATTRIBUTE(ATTRIBUTE_HOSTNAME);
		struct value value = value_text(bad[i]);
		char reason[REASON_SIZE];

		assert_false(attribute_validate(&hostname, &value, reason));
		assert_non_null(strstr(reason, "is not a host name or an IP address"));
		value_clear(&value);
	}
}

/* count labels "x", and the last one longer by more. */
static struct value long_hostname(size_t count, size_t more)
{
	char *labels = repeat("x.", count), *tail = repeat("x", more);
	struct value value = {.type = VALUE_TEXT, .text = xasprintf("%s%s", labels, tail)};

	free(labels);
	free(tail);
	return value;
}

static void host_names_have_255_characters_in_labels_of_63(void **state)
{
	struct attribute hostname = ATTRIBUTE(ATTRIBUTE_HOSTNAME);
	struct value too_long = long_hostname(128, 0), beyond = long_hostname(127, 2);
	char reason[REASON_SIZE];
	(void)state;

	assert_passes(hostname, repeated("x", 63));
	assert_passes(hostname, long_hostname(127, 1));
	assert_refused(hostname, repeated("x", 64),
	    "\"x\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" "
	    "is not a host name or an IP address");
	assert_false(attribute_validate(&hostname, &too_long, reason));
	assert_false(attribute_validate(&hostname, &beyond, reason));
	value_clear(&too_long);
	value_clear(&beyond);
}

/* ---- passwords and references ---- */

static void a_password_is_never_in_a_reason(void **state)
{
	struct attribute password = ATTRIBUTE(ATTRIBUTE_PASSWORD, .max_length = 3);
	(void)state;

	assert_refused(password, value_integer(4711), "\"x\": a password must be a text");
	assert_refused(password, value_text("secret\xff"), "\"x\": not valid UTF-8");
	assert_not_parsed(password, "secret", "\"x\": 6 characters is too long (max 3)");
	assert_not_parsed(password, "secret\xff", "\"x\": not valid UTF-8");
}

static void the_length_of_a_password_limits_what_is_typed(void **state)
{
	struct attribute password = ATTRIBUTE(ATTRIBUTE_PASSWORD, .max_length = 3);
	(void)state;

	assert_parsed(password, "abc", value_text("abc"));
	assert_passes(password, value_text("a long obfuscated password"));
}

static void a_reference_is_a_resource_and_can_not_be_typed(void **state)
{
	struct attribute reference = ATTRIBUTE(ATTRIBUTE_REFERENCE);
	(void)state;

	assert_passes(reference, value_reference(1));
	assert_passes(reference, value_reference(0));
	assert_refused(reference, value_integer(1), "\"x\": 1 is not a resource");
	assert_refused(reference, value_text("a"), "\"x\": \"a\" is not a resource");
	assert_not_parsed(reference, "1", "\"x\": a reference to a resource can't be typed");
}

static void what_only_the_plugin_sets_can_not_be_typed(void **state)
{
	struct attribute attribute =
	    ATTRIBUTE(ATTRIBUTE_INTEGER, .optional = true, .user_read_only = true);
	(void)state;

	assert_passes(attribute, value_integer(1));
	assert_not_parsed(attribute, "1", "\"x\": set by the plugin only");
	assert_not_parsed(attribute, NULL, "\"x\": set by the plugin only");
}

/* ---- reasons ---- */

static void a_long_value_is_cut_in_the_reason(void **state)
{
	struct value value = repeated("€", 100);
	struct attribute uuid = ATTRIBUTE(ATTRIBUTE_UUID);
	char *shown = repeat("€", 26);
	char *expected = xasprintf("\"x\": \"%s…\" is not a UUID (32 hexadecimal digits)", shown);
	(void)state;

	assert_refused(uuid, value, expected);
	free(expected);
	free(shown);
}

static void control_characters_are_escaped_in_the_reason(void **state)
{
	(void)state;
	assert_refused(ATTRIBUTE(ATTRIBUTE_HOSTNAME), value_text("a\n\x1b"),
	    "\"x\": \"a\\n\\u001b\" is not a host name or an IP address");
}

static void a_long_reason_ends_with_an_ellipsis(void **state)
{
	struct value options[200];
	struct attribute many = ATTRIBUTE(ATTRIBUTE_ENUM, .options = options, .option_count = 200);
	struct value value = value_integer(-1);
	char reason[REASON_SIZE];
	(void)state;

	for (int i = 0; i < 200; i++)
		options[i] = value_text("é");
	assert_false(attribute_validate(&many, &value, reason));
	assert_true(strlen(reason) >= REASON_SIZE - 5);
	assert_true(utf8_valid(reason, strlen(reason)));
	assert_string_equal(reason + strlen(reason) - strlen("…"), "…");
	for (int i = 0; i < 200; i++)
		value_clear(&options[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(null_passes_for_optional_attributes_of_every_type),
	    cmocka_unit_test(null_is_refused_for_mandatory_attributes_of_every_type),
	    cmocka_unit_test(any_text_is_a_string),
	    cmocka_unit_test(the_length_of_a_string_counts_characters),
	    cmocka_unit_test(malformed_utf8_is_refused_and_not_repeated),
	    cmocka_unit_test(numbers_are_no_texts),
	    cmocka_unit_test(any_text_but_the_empty_one_is_a_path),
	    cmocka_unit_test(bounds_of_an_integer_are_inclusive),
	    cmocka_unit_test(a_bound_of_zero_is_a_bound),
	    cmocka_unit_test(an_integer_without_bounds_has_64_bits),
	    cmocka_unit_test(a_real_number_is_taken_if_it_is_whole),
	    cmocka_unit_test(texts_and_booleans_from_a_plugin_are_no_integers),
	    cmocka_unit_test(typed_digits_are_an_integer),
	    cmocka_unit_test(bytes_below_zero_need_a_declared_minimum),
	    cmocka_unit_test(what_is_not_zero_and_not_empty_is_true),
	    cmocka_unit_test(booleans_are_typed_as_words),
	    cmocka_unit_test(an_enumeration_takes_its_options_only),
	    cmocka_unit_test(numeric_options_can_be_typed_but_not_reported_as_text),
	    cmocka_unit_test(a_uuid_is_32_digits_with_hyphens_anywhere),
	    cmocka_unit_test(host_names_and_addresses_are_host_names),
	    cmocka_unit_test(what_dns_can_not_name_is_no_host_name),
	    cmocka_unit_test(host_names_have_255_characters_in_labels_of_63),
	    cmocka_unit_test(a_password_is_never_in_a_reason),
	    cmocka_unit_test(the_length_of_a_password_limits_what_is_typed),
	    cmocka_unit_test(a_reference_is_a_resource_and_can_not_be_typed),
	    cmocka_unit_test(what_only_the_plugin_sets_can_not_be_typed),
	    cmocka_unit_test(a_long_value_is_cut_in_the_reason),
	    cmocka_unit_test(control_characters_are_escaped_in_the_reason),
	    cmocka_unit_test(a_long_reason_ends_with_an_ellipsis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

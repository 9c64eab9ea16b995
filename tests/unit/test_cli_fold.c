/* SPDX-License-Identifier: MIT */
/* Alerts that come together, as one line for each root cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/fold.h"
#include "cli_fixture.h"

#define TIME "\"time\": \"2026-11-22T12:01:03Z\""

/* A notice of a kind about an alert; the root cause, as JSON, of message. */
static void take(
    struct fold *fold, const char *kind, int alert, const char *message, const char *cause)
{
	struct json_object *notice;
	struct text json = TEXT_EMPTY;

	text_printf(&json,
	    "{" TIME ", \"kind\": \"%s\", \"alert\": %d, \"severity\": \"ERROR\","
	    " \"message\": \"%s\", \"affects\": [], \"root_cause\": %s}",
	    kind, alert, message, cause);
	notice = json_tokener_parse(json.data);
	assert_non_null(notice);
	assert_true(fold_take(fold, notice));
	json_object_put(notice);
	text_clear(&json);
}

static void assert_folded(struct fold *fold, const char *expected)
{
	struct text out = TEXT_EMPTY;

	fold_render(fold, &out, &to_file);
	assert_string_equal(out.data, expected);
	text_clear(&out);
	assert_false(fold_is_due(fold));
}

#define POWER "{\"alert\": 1, \"message\": \"Power failed (P)\"}"
#define DRIVE "{\"alert\": 5, \"message\": \"Drive failed (D)\"}"

static void consequences_are_one_line_with_their_root_cause(void **state)
{
	struct fold fold = {0};
	(void)state;

	take(&fold, "alert_raised", 2, "Fan failed (F)", POWER);
	take(&fold, "alert_raised", 3, "Disk failed (D)", POWER);
	take(&fold, "alert_raised", 1, "Power failed (P)", "null");
	take(&fold, "alert_raised", 4, "LUN failed (L)", POWER);
	assert_folded(
	    &fold, "12:01:03  alert raised  ERROR  Power failed (P) and 3 consequences\n");
}

static void one_consequence_is_not_called_several(void **state)
{
	struct fold fold = {0};
	(void)state;

	take(&fold, "alert_raised", 1, "Power failed (P)", "null");
	take(&fold, "alert_raised", 2, "Fan failed (F)", POWER);
	assert_folded(&fold, "12:01:03  alert raised  ERROR  Power failed (P) and 1 consequence\n");
}

static void later_consequences_name_their_root_cause(void **state)
{
	struct fold fold = {0};
	(void)state;

	take(&fold, "alert_raised", 2, "Fan failed (F)", POWER);
	assert_folded(
	    &fold, "12:01:03  alert raised  ERROR  Fan failed (F), because of Power failed (P)\n");
	take(&fold, "alert_raised", 2, "Fan failed (F)", POWER);
	take(&fold, "alert_raised", 3, "Disk failed (D)", POWER);
	assert_folded(&fold, "12:01:03  alert raised  ERROR  Fan failed (F) and 1 more, because of"
	                     " Power failed (P)\n");
}

static void other_causes_and_other_kinds_are_lines_of_their_own(void **state)
{
	struct fold fold = {0};
	(void)state;

	take(&fold, "alert_cleared", 1, "Power failed (P)", "null");
	take(&fold, "alert_raised", 6, "Pool failed (O)", DRIVE);
	take(&fold, "alert_cleared", 2, "Fan failed (F)", POWER);
	take(&fold, "alert_raised", 7, "Hot (H)", "null");
	assert_folded(&fold,
	    "12:01:03  alert cleared ERROR  Power failed (P) and 1 consequence\n"
	    "12:01:03  alert raised  ERROR  Pool failed (O), because of Drive failed (D)\n"
	    "12:01:03  alert raised  ERROR  Hot (H)\n");
}

static void changes_that_are_no_alerts_are_left_alone(void **state)
{
	struct fold fold = {0};
	struct json_object *notice =
	    json_tokener_parse("{" TIME ", \"kind\": \"offline\", \"alert\": 1}");
	(void)state;

	assert_false(fold_take(&fold, notice));
	assert_false(fold_is_due(&fold));
	json_object_put(notice);
	assert_int_equal(fold.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(consequences_are_one_line_with_their_root_cause),
	    cmocka_unit_test(one_consequence_is_not_called_several),
	    cmocka_unit_test(later_consequences_name_their_root_cause),
	    cmocka_unit_test(other_causes_and_other_kinds_are_lines_of_their_own),
	    cmocka_unit_test(changes_that_are_no_alerts_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

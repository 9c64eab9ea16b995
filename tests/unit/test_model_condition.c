/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "model/class.h"

enum { ERROR, WARNING, INFO }; /* thresholds */

static char status_name[] = "status", status_label[] = "Status";
static char capacity_name[] = "capacity", capacity_label[] = "Capacity";
static char password_name[] = "password", password_label[] = "Password";
static char temperature_name[] = "temperature", temperature_label[] = "Temperature";
static char celsius[] = "C", failed[] = "FAILED", badly_failed[] = "BADLY_FAILED", two[] = "2";
static char truth[] = "true", id[] = "top", drive_failure[] = "Drive failure";

static struct attribute attributes[] = {
    {.type = ATTRIBUTE_STRING, .name = status_name, .label = status_label},
    {.type = ATTRIBUTE_BYTES, .name = capacity_name, .label = capacity_label},
    {.type = ATTRIBUTE_PASSWORD, .name = password_name, .label = password_label},
};
enum { STATUS, CAPACITY, PASSWORD };

static struct statistic statistics[] = {{.type = STATISTIC_GAUGE,
    .name = temperature_name,
    .label = temperature_label,
    .units = celsius}};

static const struct class drive = {
    .attributes = attributes, .attribute_count = 3, .statistics = statistics, .statistic_count = 1};

static struct alert_condition bounded(enum condition_type type, double error_bound)
{
	return (struct alert_condition){
	    .type = type, .thresholds[ERROR] = {.has_bound = true, .bound = error_bound}};
}

static bool fires(struct alert_condition condition, size_t threshold, struct value value)
{
	bool result = condition_fires(&condition, threshold, &value);

	value_clear(&value);
	return result;
}

/* ---- bounds ---- */

static void an_upper_bound_fires_above_it(void **state)
{
	struct alert_condition upper = bounded(CONDITION_UPPER_BOUND, 85);
	(void)state;

	assert_true(fires(upper, ERROR, value_integer(86)));
	assert_false(fires(upper, ERROR, value_integer(85)));
	assert_false(fires(upper, ERROR, value_integer(84)));
	assert_true(fires(upper, ERROR, value_real(85.0001)));
	assert_false(fires(upper, ERROR, value_real(85)));
}

static void a_lower_bound_fires_below_it(void **state)
{
	struct alert_condition lower = bounded(CONDITION_LOWER_BOUND, 0);
	(void)state;

	assert_true(fires(lower, ERROR, value_integer(-1)));
	assert_false(fires(lower, ERROR, value_integer(0)));
	assert_false(fires(lower, ERROR, value_integer(1)));
	assert_true(fires(lower, ERROR, value_real(-0.5)));
	assert_false(fires(lower, ERROR, value_real(0)));
}

static void fractions_of_a_bound_count(void **state)
{
	(void)state;
	assert_true(fires(bounded(CONDITION_UPPER_BOUND, 84.5), ERROR, value_integer(85)));
	assert_false(fires(bounded(CONDITION_UPPER_BOUND, 85.5), ERROR, value_integer(85)));
	assert_true(fires(bounded(CONDITION_LOWER_BOUND, 85.5), ERROR, value_integer(85)));
	assert_true(fires(bounded(CONDITION_UPPER_BOUND, -0.5), ERROR, value_integer(0)));
	assert_true(fires(bounded(CONDITION_LOWER_BOUND, -84.5), ERROR, value_integer(-85)));
	assert_false(fires(bounded(CONDITION_LOWER_BOUND, -85.5), ERROR, value_integer(-85)));
}

static void large_integers_are_compared_exactly(void **state)
{
	const int64_t limit = INT64_C(1) << 53;
	const double large = (double)limit, beyond = 9223372036854775808.0;
	(void)state;

	assert_true(fires(bounded(CONDITION_UPPER_BOUND, large), ERROR, value_integer(limit + 1)));
	assert_false(fires(bounded(CONDITION_UPPER_BOUND, large), ERROR, value_integer(limit)));
	assert_true(fires(bounded(CONDITION_LOWER_BOUND, beyond), ERROR, value_integer(INT64_MAX)));
	assert_false(
	    fires(bounded(CONDITION_UPPER_BOUND, beyond), ERROR, value_integer(INT64_MAX)));
	assert_false(
	    fires(bounded(CONDITION_LOWER_BOUND, -beyond), ERROR, value_integer(INT64_MIN)));
	assert_true(
	    fires(bounded(CONDITION_UPPER_BOUND, -beyond), ERROR, value_integer(INT64_MIN + 1)));
	assert_true(fires(bounded(CONDITION_UPPER_BOUND, -1e300), ERROR, value_integer(INT64_MIN)));
	assert_true(fires(bounded(CONDITION_LOWER_BOUND, INFINITY), ERROR, value_integer(0)));
}

static void what_is_no_number_never_fires_a_bound(void **state)
{
	struct alert_condition lower = bounded(CONDITION_LOWER_BOUND, 10);
	(void)state;

	assert_false(fires(lower, ERROR, VALUE_NULL_INIT));
	assert_false(fires(lower, ERROR, value_real(NAN)));
	assert_false(fires(lower, ERROR, value_text("1")));
	assert_false(fires(bounded(CONDITION_LOWER_BOUND, NAN), ERROR, value_integer(1)));
	assert_false(fires(bounded(CONDITION_UPPER_BOUND, NAN), ERROR, value_integer(1)));
}

static void severities_are_independent(void **state)
{
	struct alert_condition hot = bounded(CONDITION_UPPER_BOUND, 95);
	(void)state;

	hot.thresholds[WARNING] = (struct threshold){.has_bound = true, .bound = 85};
	assert_true(fires(hot, ERROR, value_integer(96)));
	assert_true(fires(hot, WARNING, value_integer(96)));
	assert_false(fires(hot, ERROR, value_integer(90)));
	assert_true(fires(hot, WARNING, value_integer(90)));
	assert_false(fires(hot, INFO, value_integer(96)));
}

/* ---- states ---- */

static struct alert_condition status_condition(void)
{
	static struct value error_states[] = {{.type = VALUE_TEXT, .text = badly_failed}};
	static struct value warning_states[] = {
	    {.type = VALUE_TEXT, .text = failed}, {.type = VALUE_TEXT, .text = two}};
	static struct value info_states[] = {
	    {.type = VALUE_NULL}, {.type = VALUE_TEXT, .text = truth}};

	return (struct alert_condition){.type = CONDITION_VALUE,
	    .thresholds = {[ERROR] = {.states = error_states, .state_count = 1},
	        [WARNING] = {.states = warning_states, .state_count = 2},
	        [INFO] = {.states = info_states, .state_count = 2}}};
}

static void a_state_fires_the_severity_that_lists_it(void **state)
{
	struct alert_condition status = status_condition();
	(void)state;

	for (size_t threshold = 0; threshold < SEVERITY_COUNT; threshold++)
		assert_false(fires(status, threshold, value_text("OK")));
	assert_true(fires(status, WARNING, value_text("FAILED")));
	assert_false(fires(status, ERROR, value_text("FAILED")));
	assert_true(fires(status, ERROR, value_text("BADLY_FAILED")));
	assert_false(fires(status, WARNING, value_text("BADLY_FAILED")));
	assert_false(fires(status, WARNING, value_text("failed")));
}

static void numbers_and_booleans_are_listed_as_text(void **state)
{
	struct alert_condition status = status_condition();
	(void)state;

	assert_true(fires(status, WARNING, value_integer(2)));
	assert_false(fires(status, WARNING, value_integer(22)));
	assert_true(fires(status, INFO, value_boolean(true)));
	assert_false(fires(status, INFO, value_boolean(false)));
}

static void null_fires_only_where_it_is_listed(void **state)
{
	static char dash[] = "-";
	struct value dash_state = {.type = VALUE_TEXT, .text = dash};
	struct alert_condition status = status_condition();
	(void)state;

	assert_true(fires(status, INFO, VALUE_NULL_INIT));
	assert_false(fires(status, ERROR, VALUE_NULL_INIT));
	assert_false(fires(status, INFO, value_text("-")));
	status.thresholds[ERROR].states = &dash_state;
	assert_false(fires(status, ERROR, VALUE_NULL_INIT));
}

static void a_condition_without_bounds_or_states_never_fires(void **state)
{
	static const enum condition_type types[] = {
	    CONDITION_UPPER_BOUND, CONDITION_LOWER_BOUND, CONDITION_VALUE};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct alert_condition empty = {.type = types[i]};

		for (size_t threshold = 0; threshold < SEVERITY_COUNT; threshold++) {
			assert_false(fires(empty, threshold, value_integer(-1)));
			assert_false(fires(empty, threshold, value_integer(1)));
			assert_false(fires(empty, threshold, VALUE_NULL_INIT));
		}
	}
}

/* ---- names and messages ---- */

static void assert_name(struct alert_condition condition, size_t threshold, const char *expected)
{
	struct text name = TEXT_EMPTY;

	condition_name(&drive, &condition, threshold, &name);
	assert_string_equal(name.data, expected);
	text_clear(&name);
}

static void a_name_joins_id_subject_and_severity(void **state)
{
	struct alert_condition condition = {.type = CONDITION_VALUE, .subject = STATUS};
	(void)state;

	assert_name(condition, ERROR, "_status_ERROR");
	assert_name(condition, WARNING, "_status_WARNING");
	condition.id = id;
	assert_name(condition, INFO, "top_status_INFO");
	condition.on_statistic = true;
	assert_name(condition, ERROR, "top_temperature_ERROR");
}

static void assert_message(
    struct alert_condition condition, struct value value, const char *expected)
{
	struct text message = TEXT_EMPTY;

	condition_message(&drive, &condition, &value, &message);
	assert_string_equal(message.data, expected);
	text_clear(&message);
	value_clear(&value);
}

static void a_declared_message_is_used_as_it_is(void **state)
{
	(void)state;
	assert_message((struct alert_condition){.message = drive_failure}, value_text("FAILED"),
	    "Drive failure");
}

static void without_a_message_label_and_value_tell(void **state)
{
	(void)state;
	assert_message(
	    (struct alert_condition){.subject = STATUS}, value_text("FAILED"), "Status FAILED");
	assert_message((struct alert_condition){.subject = STATUS}, VALUE_NULL_INIT, "Status -");
	assert_message(
	    (struct alert_condition){.subject = CAPACITY}, value_integer(1536), "Capacity 1.5KB");
	assert_message(
	    (struct alert_condition){.on_statistic = true}, value_real(86.5), "Temperature 86.5 C");
}

static void a_password_is_not_in_the_message(void **state)
{
	(void)state;
	assert_message(
	    (struct alert_condition){.subject = PASSWORD}, value_text("secret"), "Password");
}

static void severities_have_names_highest_first(void **state)
{
	(void)state;
	assert_string_equal(severity_name(severity_of_threshold[0]), "ERROR");
	assert_string_equal(severity_name(severity_of_threshold[1]), "WARNING");
	assert_string_equal(severity_name(severity_of_threshold[2]), "INFO");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_upper_bound_fires_above_it),
	    cmocka_unit_test(a_lower_bound_fires_below_it),
	    cmocka_unit_test(fractions_of_a_bound_count),
	    cmocka_unit_test(large_integers_are_compared_exactly),
	    cmocka_unit_test(what_is_no_number_never_fires_a_bound),
	    cmocka_unit_test(severities_are_independent),
	    cmocka_unit_test(a_state_fires_the_severity_that_lists_it),
	    cmocka_unit_test(numbers_and_booleans_are_listed_as_text),
	    cmocka_unit_test(null_fires_only_where_it_is_listed),
	    cmocka_unit_test(a_condition_without_bounds_or_states_never_fires),
	    cmocka_unit_test(a_name_joins_id_subject_and_severity),
	    cmocka_unit_test(a_declared_message_is_used_as_it_is),
	    cmocka_unit_test(without_a_message_label_and_value_tell),
	    cmocka_unit_test(a_password_is_not_in_the_message),
	    cmocka_unit_test(severities_have_names_highest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Assertions that do not hold: each fails its test, says what was expected and what there is, and
 * names the line of the test. Every one runs in a process of its own, whose output is looked at.
 */
#include "acme.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_SIZE 65536

/* What a process printed, and how it ended. */
struct outcome {
	char output[OUTPUT_SIZE];
	int status;
};

static void read_output(int fd, char *output)
{
	size_t length = 0;
	ssize_t count;

	while ((count = read(fd, output + length, OUTPUT_SIZE - 1 - length)) > 0)
		length += (size_t)count;
	output[length] = '\0';
}

/* Runs one test of cmocka in a child. */
static struct outcome run_alone(const struct CMUnitTest *test)
{
	static struct outcome outcome;
	const struct CMUnitTest tests[] = {*test};
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		exit(cmocka_run_group_tests_name("alone", tests, NULL, NULL));
	}
	close(ends[1]);
	read_output(ends[0], outcome.output);
	close(ends[0]);
	assert_int_equal(waitpid(child, &outcome.status, 0), child);
	return outcome;
}

static void assert_says(const struct outcome *outcome, const char *part)
{
	if (strstr(outcome->output, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, outcome->output);
}

/* ---- tests that fail, and what they must say ---- */

static struct iml_test_scannable *scanned(struct iml_test *test)
{
	struct iml_test_scannable *array = iml_test_add(test, "Array", "address=10.0.0.1");

	iml_test_assert_scan(array);
	return array;
}

static struct iml_test_resource *drive_of(struct iml_test *test)
{
	scanned(test);
	return iml_test_assert_resource(test, "Drive", "serial=D0");
}

static void no_such_resource(void **state)
{
	scanned(*state);
	iml_test_assert_resource(*state, "Drive", "serial=D9", "status=OK");
}

static void more_than_one(void **state)
{
	scanned(*state);
	iml_test_assert_resource(*state, "Drive", "status=OK");
}

static void resource_is_there(void **state)
{
	scanned(*state);
	iml_test_assert_no_resource(*state, "Drive", "serial=D1");
}

static void no_such_class(void **state)
{
	scanned(*state);
	iml_test_assert_count(*state, "Drives", 2);
}

static void no_such_attribute(void **state)
{
	scanned(*state);
	iml_test_assert_resource(*state, "Drive", "serail=D0");
}

static void value_that_can_not_be(void **state)
{
	iml_test_assert_attribute(drive_of(*state), "status", "BROKEN");
}

static void no_value(void **state)
{
	scanned(*state);
	iml_test_assert_resource(*state, "Drive", "D0");
}

static void wrong_count(void **state)
{
	scanned(*state);
	iml_test_assert_count(*state, "Drive", 3);
}

static void wrong_value(void **state)
{
	iml_test_assert_attribute(drive_of(*state), "status", "FAILED");
}

static void wrong_label(void **state)
{
	iml_test_assert_label(drive_of(*state), "D0");
}

static void not_null(void **state)
{
	iml_test_assert_attribute(drive_of(*state), "status", NULL);
}

static void password_is_not_shown(void **state)
{
	struct iml_test_scannable *array =
	    iml_test_add(*state, "Array", "address=10.0.0.1", "password=terces");

	iml_test_assert_label(iml_test_resource_of(array), "none");
}

static void no_parent(void **state)
{
	struct iml_test_resource *drive = drive_of(*state);

	iml_test_assert_parent(drive, iml_test_assert_resource(*state, "Pool"));
}

static void a_parent(void **state)
{
	struct iml_test_resource *drive = drive_of(*state);

	iml_test_assert_no_parent(iml_test_assert_resource(*state, "Pool"), drive);
}

static void no_alert(void **state)
{
	iml_test_assert_alert(drive_of(*state), "ERROR", "Drive failure");
}

static void other_alert(void **state)
{
	acme.drives[0].celsius = 99;
	iml_test_assert_alert(drive_of(*state), "ERROR", "Drive failure");
}

static void unexpected_alert(void **state)
{
	acme.drives[0].status = "FAILED";
	iml_test_assert_no_alert(drive_of(*state));
}

static void no_severity(void **state)
{
	iml_test_assert_alert(drive_of(*state), "error", NULL);
}

static void not_affected(void **state)
{
	scanned(*state);
	iml_test_assert_affected(iml_test_assert_resource(*state, "Pool"), "Drive failure");
}

static void affected(void **state)
{
	acme.drives[0].status = "FAILED";
	scanned(*state);
	iml_test_assert_not_affected(iml_test_assert_resource(*state, "Pool"));
}

static void wrong_sample(void **state)
{
	iml_test_assert_sample(drive_of(*state), "temperature", 36.6);
}

static void wrong_histogram(void **state)
{
	iml_test_assert_histogram(drive_of(*state), "latency", ((const int64_t[]){3, 4}), 2);
}

static void no_such_statistic(void **state)
{
	iml_test_sample(drive_of(*state), "heat");
}

static void wrong_statistic(void **state)
{
	iml_test_sample(drive_of(*state), "latency");
}

static void not_gone(void **state)
{
	iml_test_assert_gone(drive_of(*state));
}

static void gone(void **state)
{
	struct iml_test_scannable *array = scanned(*state);
	struct iml_test_resource *drive = iml_test_assert_resource(*state, "Drive", "serial=D1");

	iml_test_close(array);
	acme.drives[1].serial = NULL;
	iml_test_assert_scan(array);
	iml_test_assert_attribute(drive, "status", "OK");
}

static void scan_fails(void **state)
{
	acme.error = "no route to host";
	scanned(*state);
}

static void scan_succeeds(void **state)
{
	iml_test_assert_scan_fails(scanned(*state), "no route");
}

static void fails_otherwise(void **state)
{
	struct iml_test_scannable *array = iml_test_add(*state, "Array", "address=10.0.0.1");

	acme.error = "connection refused";
	iml_test_assert_scan_fails(array, "no route");
}

static void call_is_refused(void **state)
{
	acme.drives[1].capacity = -1;
	scanned(*state);
}

static void refused_between_scans(void **state)
{
	scanned(*state);
	acme.drives[0].status = "BROKEN";
	iml_test_advance(*state, 60);
}

static void nothing_refused(void **state)
{
	iml_test_assert_refused(scanned(*state), 1, NULL);
}

static void not_added(void **state)
{
	iml_test_add(*state, "Array", "address=10.0.0.1", "colour=red");
}

static void added(void **state)
{
	iml_test_assert_add_fails(*state, "address", "Array", "address=10.0.0.1");
}

static void nothing_logged(void **state)
{
	iml_test_set(*state, "greeting", "hello");
	scanned(*state);
	iml_test_assert_log(*state, "goodbye");
}

static void setting_too_late(void **state)
{
	scanned(*state);
	iml_test_set(*state, "greeting", "hello");
}

static void teardown_fails(void **state)
{
	struct iml_test_scannable *array = scanned(*state);

	acme.teardown_result = 7;
	iml_test_close(array);
}

/* The failure is in the middle of the plugin's hook. */
static void mock_has_no_value(void **state)
{
	acme.ask_library = true;
	expect_string(acme_library_state, serial, "D0");
	scanned(*state);
}

static void mock_gets_another(void **state)
{
	acme.ask_library = true;
	expect_string(acme_library_state, serial, "D7");
	scanned(*state);
}

static void no_such_file(void **state)
{
	struct iml_test *test = iml_test_load("/nowhere/acme.so");

	(void)state;
	iml_test_add(test, NULL);
}

static const struct failure {
	struct CMUnitTest test;
	const char *says[4];
} failures[] = {
#define FAILS(name, ...)                                                     \
	{                                                                    \
		cmocka_unit_test_setup_teardown(name, acme_setup, acme_end), \
		{                                                            \
			__VA_ARGS__                                          \
		}                                                            \
	}
    FAILS(no_such_resource, "there are no Drive with serial=D9 status=OK, but:",
        "  Drive \"Drive D0\": serial=D0 capacity=4096 status=OK uuid=0123", "serial=D1"),
    FAILS(more_than_one, "there are 2 Drive with status=OK:", "serial=D0", "serial=D1"),
    FAILS(resource_is_there, "there is 1 Drive with serial=D1:", "serial=D1 capacity=8192"),
    FAILS(no_such_class, "plugin acme has no class \"Drives\", but Array, Pool, Drive"),
    FAILS(no_such_attribute, "no attribute \"serail\":", "Drive has serial capacity status uuid"),
    FAILS(value_that_can_not_be, "BROKEN", "status"),
    FAILS(no_value, "\"D0\" is not \"name=value\""),
    FAILS(wrong_count, "expected 3, but there are 2 Drive:", "serial=D0"),
    FAILS(wrong_value, "\"status\" expected to be FAILED, but there is:", "status=OK"),
    FAILS(wrong_label, "label expected to be \"D0\", but there is:", "Drive \"Drive D0\":"),
    FAILS(not_null, "\"status\" expected to be null, but there is:", "status=OK"),
    FAILS(password_is_not_shown, "password=(a password)"),
    FAILS(no_parent,
        "Pool \"Pool 0\" is no parent of Drive \"Drive D0\", whose parents are:", "  none"),
    FAILS(a_parent, "Drive \"Drive D0\" is a parent of Pool \"Pool 0\"", "serial=D1"),
    FAILS(no_alert, "no ERROR alert \"Drive failure\" is active for", "serial=D0", "  none"),
    FAILS(other_alert, "no ERROR alert \"Drive failure\"", "  WARNING \"Drive too hot"),
    FAILS(unexpected_alert, "no alert expected for", "  ERROR \"Drive failure"),
    FAILS(no_severity, "\"error\" is no severity"),
    FAILS(
        not_affected, "Pool \"Pool 0\" is not affected by an alert \"Drive failure\"", "serial=D0"),
    FAILS(affected, "is affected by:", "  ERROR \"Drive failure", "of Drive \"Drive D0\""),
    FAILS(wrong_sample, "\"temperature\" of Drive \"Drive D0\" is 36.5, expected 36.6"),
    FAILS(wrong_histogram, "the newest histogram \"latency\"", " 3 4096", " 3 4\n"),
    FAILS(no_such_statistic, "class Drive has no statistic \"heat\", but temperature latency"),
    FAILS(wrong_statistic, "\"latency\" is a histogram"),
    FAILS(not_gone, "expected to be gone, but there is:", "serial=D0"),
    FAILS(gone, "Drive \"Drive D1\" is gone"),
    FAILS(scan_fails, "scan of Array 10.0.0.1 failed: initial_scan: no route to host"),
    FAILS(scan_succeeds, "succeeded, but was expected to fail with \"no route\""),
    FAILS(fails_otherwise, "failed with \"initial_scan: connection refused\"",
        "expected to with \"no route\""),
    FAILS(call_is_refused, "calls of the plugin were refused:", "\"capacity\": -1", "acme.h:"),
    FAILS(refused_between_scans, "calls of the plugin were refused:", "BROKEN"),
    FAILS(nothing_refused, "0 calls of Array 10.0.0.1 were refused, 1 expected"),
    FAILS(not_added, "the scannable can't be added:", "no attribute \"colour\""),
    FAILS(added, "was added, but was expected to be refused with \"address\""),
    FAILS(nothing_logged, "no line with \"goodbye\" was logged", "INFO Array 10.0.0.1",
        "greeting is hello"),
    FAILS(setting_too_late, "setting \"greeting\" comes too late"),
    FAILS(teardown_fails, "did not end well", "teardown failed: returned 7"),
    FAILS(mock_has_no_value, "acme_library_state"),
    FAILS(mock_gets_another, "acme_library_state", "D7"),
    FAILS(no_such_file, "plugin acme can't be loaded:", "/nowhere/acme.so"),
};

static void each_failure_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const struct failure *failure = &failures[i];
		struct outcome outcome = run_alone(&failure->test);

		print_message("%s\n", failure->test.name);
		assert_says(&outcome, "[  FAILED  ]");
		assert_says(&outcome, "tests/sdk/");
		assert_null(strstr(outcome.output, "secret"));
		if (strstr(outcome.output, "Sanitizer") != NULL)
			fail_msg("a failure leaks:\n%s", outcome.output);
		for (size_t j = 0; j < 4 && failure->says[j] != NULL; j++)
			assert_says(&outcome, failure->says[j]);
		assert_true(WIFEXITED(outcome.status));
		assert_int_not_equal(WEXITSTATUS(outcome.status), 0);
	}
}

/* ---- after a failure ---- */

static int end_badly(void **state)
{
	acme.teardown_result = 7;
	iml_test_free(*state);
	return 0;
}

static void only_scans(void **state)
{
	scanned(*state);
}

static void failed_teardown_fails_the_end(void **state)
{
	const struct CMUnitTest test =
	    cmocka_unit_test_setup_teardown(only_scans, acme_setup, end_badly);
	struct outcome outcome = run_alone(&test);

	(void)state;
	assert_says(&outcome, "the sessions did not end well:");
	assert_says(&outcome, "teardown failed: returned 7");
	assert_int_not_equal(outcome.status, 0);
}

static int run_two(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(mock_gets_another, acme_setup, acme_end),
	    cmocka_unit_test_setup_teardown(only_scans, acme_setup, acme_end),
	};

	return cmocka_run_group_tests_name("two", tests, NULL, NULL);
}

static void run_both(void **state)
{
	(void)state;
	exit(run_two());
}

static void failure_in_a_hook_leaves_the_next_test_alone(void **state)
{
	const struct CMUnitTest test = cmocka_unit_test(run_both);
	struct outcome outcome = run_alone(&test);

	(void)state;
	assert_says(&outcome, "[  FAILED  ] mock_gets_another");
	assert_says(&outcome, "[       OK ] only_scans");
	assert_true(WIFEXITED(outcome.status));
	assert_int_equal(WEXITSTATUS(outcome.status), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_failure_says_what_and_where),
	    cmocka_unit_test(failed_teardown_fails_the_end),
	    cmocka_unit_test(failure_in_a_hook_leaves_the_next_test_alone),
	};

	return cmocka_run_group_tests_name("plugin tests: failures", tests, NULL, NULL);
}

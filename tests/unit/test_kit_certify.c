/* SPDX-License-Identifier: MIT */
/* Each thing that a plugin can do wrong is found by the check that is for it, and by no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kit/certify.h"

#define SECRET "correct-horse"
#define LIMIT_S 2

/* A plugin, the check that it fails, and a part of what is then told. */
struct wrong {
	const char *plugin;
	const char *check;
	const char *seen;
	unsigned limit_s; /* of hooks; 0: LIMIT_S */
	const char *also; /* another check that it fails; NULL: none */
};

static const struct wrong wrongs[] = {
    {"certify_leaks_memory", "leaks", "memory grows by", 0, NULL},
    {"certify_leaks_session", "leaks", "with each session", 0, NULL},
    {"certify_leaks_descriptor", "leaks", "descriptors grow by 1 ", 0, NULL},
    {"certify_leaves_files", "leaks", "temporary files grow by 1 ", 0, NULL},
    {"certify_leaves_process", "leaks", "a process was still running", 0, NULL},
    {"certify_leaves_thread", "threads", "1 threads still ran", 0, NULL},
    {"certify_prints", "output", "beginning with: connecting to the box", 0, NULL},
    {"certify_changes_identity", "identity", "different resources of class Drive", 0, NULL},
    {"certify_changes_always", "updates", "Drive.position changed in", 0, NULL},
    {"certify_comes_and_goes", "updates", "class Drive came and went", 0, NULL},
    {"certify_crashes_in_teardown", "teardown", "signal 6 (Aborted) in teardown", 0, NULL},
    {"certify_ignores_refusals", "refused-calls", "did not return within 2 s in initial_scan", 0,
        NULL},
    {"certify_loses_refused", "refused-calls", "1 resources were removed when call 4 of 4", 0,
        NULL},
    {"certify_shows_password", "password", "the password is in a log line", 0, NULL},
    {"certify_changes_process", "process", "the plugin changed what SIGPIPE does", 0, NULL},
    {"certify_no_contact", "no-network", "succeeded with 0 resources, of 6", 0, NULL},
    {"certify_exports", "file", "certify_helper", 0, NULL},
    {"certify_stops_slowly", "stop", "took 6", 9, "slow-device"},
    {"certify_shares_state", "concurrency", "the connection is in use", 0, NULL},
    {"certify_locks_all", "slow-device", "the sessions of other scannables did not go on", 0, NULL},
    {"certify_reports_nothing", "first-scan", "nothing was reported", 0, NULL},
};

static char *plugin_path(const char *directory, const char *name)
{
	const char *build = getenv("BUILD");

	return xasprintf("%s/%s/%s.so", build != NULL ? build : "build", directory, name);
}

static struct typed_attribute typed(const char *name, const char *value)
{
	return (struct typed_attribute){
	    .name = (char *)(uintptr_t)name, .value = (char *)(uintptr_t)value};
}

static void certify(const char *path, const char *class, const struct typed_attribute *attributes,
    size_t count, unsigned limit_s, struct certificate *certificate)
{
	const struct certify_options options = {.path = path,
	    .class = class,
	    .attributes = attributes,
	    .attribute_count = count,
	    .scans = 48,
	    .limit_s = limit_s};

	certify_plugin(&options, certificate);
}

/* A box with a password. */
static void certify_box(
    const char *plugin, const char *name, unsigned limit_s, struct certificate *certificate)
{
	const struct typed_attribute attributes[] = {
	    typed("name", name), typed("password", SECRET)};
	char *path = plugin_path("tests/plugins", plugin);

	certify(path, NULL, attributes, 2, limit_s, certificate);
	free(path);
}

static void show(const struct certificate *certificate)
{
	for (size_t i = 0; i < certificate->count; i++) {
		const struct certify_result *result = &certificate->results[i];

		print_message("%-13s %s: %s\n", result->name, certify_outcome_name(result->outcome),
		    result->summary != NULL ? result->summary : "");
		for (size_t k = 0; k < result->failures.count; k++)
			print_message("    %s\n", result->failures.items[k]);
		for (size_t k = 0; k < result->notes.count; k++)
			print_message("    note: %s\n", result->notes.items[k]);
	}
}

static const struct certify_result *find(const struct certificate *certificate, const char *name)
{
	for (size_t i = 0; i < certificate->count; i++)
		if (strcmp(certificate->results[i].name, name) == 0)
			return &certificate->results[i];
	fail_msg("no check %s", name);
	return NULL;
}

static bool tells(const struct reasons *reasons, const char *part)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (strstr(reasons->items[i], part) != NULL)
			return true;
	return false;
}

/* ---- what is wrong ---- */

static void one_check_finds_it(void **state)
{
	const struct wrong *wrong = *state;
	struct certificate certificate;

	certify_box(
	    wrong->plugin, "A", wrong->limit_s > 0 ? wrong->limit_s : LIMIT_S, &certificate);
	if (strcmp(wrong->check, "no-network") == 0 &&
	    find(&certificate, wrong->check)->outcome == CERTIFY_NOT_APPLICABLE) {
		certificate_clear(&certificate);
		skip();
	}
	show(&certificate);
	assert_false(certificate.passed);
	for (size_t i = 0; i < certificate.count; i++) {
		const struct certify_result *result = &certificate.results[i];
		bool is_it = strcmp(result->name, wrong->check) == 0;

		bool fails =
		    is_it || (wrong->also != NULL && strcmp(result->name, wrong->also) == 0);

		assert_int_equal(result->outcome == CERTIFY_FAILED, fails);
		assert_int_equal(result->failures.count, result->remedies.count);
		if (is_it)
			assert_true(tells(&result->failures, wrong->seen));
		assert_false(tells(&result->failures, SECRET));
		assert_false(tells(&result->notes, SECRET));
	}
	certificate_clear(&certificate);
}

static void a_crash_fails_the_checks_that_meet_it_and_no_others(void **state)
{
	struct certificate certificate;

	(void)state;
	certify_box("certify_crashes_in_scan", "A", LIMIT_S, &certificate);
	show(&certificate);
	assert_true(tells(&find(&certificate, "updates")->failures, "Aborted) in update_scan"));
	assert_true(tells(&find(&certificate, "leaks")->failures, "Aborted) in update_scan"));
	assert_int_equal(find(&certificate, "identity")->outcome, CERTIFY_PASSED);
	assert_int_equal(find(&certificate, "threads")->outcome, CERTIFY_PASSED);
	certificate_clear(&certificate);
}

static void a_plugin_that_is_not_valid_is_not_run(void **state)
{
	struct certificate certificate;

	(void)state;
	certify_box("bad_default", "A", LIMIT_S, &certificate);
	assert_false(certificate.passed);
	assert_int_equal(find(&certificate, "declarations")->outcome, CERTIFY_FAILED);
	assert_int_equal(find(&certificate, "first-scan")->outcome, CERTIFY_NOT_APPLICABLE);
	assert_int_equal(find(&certificate, "leaks")->outcome, CERTIFY_NOT_APPLICABLE);
	certificate_clear(&certificate);
}

static void what_is_typed_wrong_is_told_by_the_first_scan(void **state)
{
	const struct typed_attribute attributes[] = {typed("nome", "A")};
	char *path = plugin_path("tests/plugins", "certify_clean");
	struct certificate certificate;

	(void)state;
	certify(path, NULL, attributes, 1, LIMIT_S, &certificate);
	assert_true(tells(&find(&certificate, "first-scan")->failures, "no attribute \"nome\""));
	certificate_clear(&certificate);
	free(path);
}

extern void __tsan_init(void) __attribute__((weak));

/* Plugins are built as the tests are. */
static void a_race_is_found_where_there_is_thread_sanitizer(void **state)
{
	struct certificate certificate;

	(void)state;
	certify_box("certify_races", "A", LIMIT_S, &certificate);
	show(&certificate);
	assert_true(certificate.file.thread_sanitizer == (__tsan_init != NULL));
	if (certificate.file.thread_sanitizer)
		assert_true(tells(&find(&certificate, "concurrency")->failures, "certify_races.c"));
	else
		assert_true(tells(
		    &find(&certificate, "concurrency")->notes, "build with -fsanitize=thread"));
	assert_int_equal(find(&certificate, "output")->outcome, CERTIFY_PASSED);
	certificate_clear(&certificate);
}

/* What the check without a network finds of a box of this name; the caller clears it. */
static const struct certify_result *cut_off(const char *name, struct certificate *certificate)
{
	const struct certify_result *result;

	certify_box("certify_no_contact", name, LIMIT_S, certificate);
	result = find(certificate, "no-network");
	if (result->outcome == CERTIFY_NOT_APPLICABLE) {
		certificate_clear(certificate);
		skip();
	}
	return result;
}

static void a_device_out_of_reach_is_to_be_told_with_a_reason(void **state)
{
	struct certificate certificate;
	const struct certify_result *result = cut_off("honest", &certificate);

	(void)state;
	assert_int_equal(result->outcome, CERTIFY_PASSED);
	assert_string_equal(result->summary, "fails with \"honest: no route to the box\"");
	certificate_clear(&certificate);

	result = cut_off("silent", &certificate);
	assert_int_equal(result->outcome, CERTIFY_FAILED);
	assert_true(tells(&result->failures, "did not say why: returned 1"));
	certificate_clear(&certificate);
}

/* ---- what is right ---- */

static void assert_all_pass(struct certificate *certificate)
{
	show(certificate);
	for (size_t i = 0; i < certificate->count; i++)
		assert_int_not_equal(certificate->results[i].outcome, CERTIFY_FAILED);
	assert_true(certificate->passed);
	assert_int_equal(strlen(certificate->sha256), 64);
	assert_int_equal(certificate->api_major, 1);
	certificate_clear(certificate);
}

static void a_good_plugin_passes(void **state)
{
	struct certificate certificate;

	(void)state;
	certify_box("certify_clean", "A", LIMIT_S, &certificate);
	assert_int_equal(find(&certificate, "password")->outcome, CERTIFY_PASSED);
	assert_true(tells(&find(&certificate, "password")->notes, "becomes the same"));
	assert_non_null(strstr(find(&certificate, "threads")->summary, "1 threads of its own"));
	assert_all_pass(&certificate);
}

static void the_example_passes(void **state)
{
	const struct typed_attribute attributes[] = {
	    typed("address_1", "a.example.com"), typed("address_2", "b.example.com")};
	char *path = plugin_path("plugins", "example");
	struct certificate certificate;

	(void)state;
	certify(path, "Couplet", attributes, 2, LIMIT_S, &certificate);
	free(path);
	assert_all_pass(&certificate);
}

static void the_simulator_passes(void **state)
{
	const struct typed_attribute attributes[] = {typed("name", "alpha")};
	char *path = plugin_path("plugins", "simulator");
	struct certificate certificate;

	(void)state;
	certify(path, NULL, attributes, 1, LIMIT_S, &certificate);
	free(path);
	assert_all_pass(&certificate);
}

static void the_linux_plugin_passes(void **state)
{
	char *path = plugin_path("plugins", "linux");
	struct certificate certificate;

	(void)state;
	certify(path, NULL, NULL, 0, LIMIT_S, &certificate);
	free(path);
	assert_all_pass(&certificate);
}

static void one_check_can_be_run_alone(void **state)
{
	const struct typed_attribute attributes[] = {typed("name", "A")};
	char *path = plugin_path("tests/plugins", "certify_clean");
	const struct certify_options options = {.path = path,
	    .attributes = attributes,
	    .attribute_count = 1,
	    .scans = CERTIFY_SCANS_MIN,
	    .limit_s = 2,
	    .only = "threads"};
	struct certificate certificate;

	(void)state;
	certify_plugin(&options, &certificate);
	assert_int_equal(certificate.count, 3);
	assert_string_equal(certificate.results[2].name, "threads");
	assert_all_pass(&certificate);
	free(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_crash_fails_the_checks_that_meet_it_and_no_others),
	    cmocka_unit_test(a_plugin_that_is_not_valid_is_not_run),
	    cmocka_unit_test(what_is_typed_wrong_is_told_by_the_first_scan),
	    cmocka_unit_test(a_device_out_of_reach_is_to_be_told_with_a_reason),
	    cmocka_unit_test(a_race_is_found_where_there_is_thread_sanitizer),
	    cmocka_unit_test(a_good_plugin_passes),
	    cmocka_unit_test(the_example_passes),
	    cmocka_unit_test(the_simulator_passes),
	    cmocka_unit_test(the_linux_plugin_passes),
	    cmocka_unit_test(one_check_can_be_run_alone),
	};
	struct CMUnitTest found[sizeof(wrongs) / sizeof(*wrongs)];

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++)
		found[i] = (struct CMUnitTest){.name = wrongs[i].plugin,
		    .test_func = one_check_finds_it,
		    .initial_state = (void *)(uintptr_t)&wrongs[i]};
	return cmocka_run_group_tests_name("certify: what is wrong", found, NULL, NULL) +
	       cmocka_run_group_tests_name("certify", tests, NULL, NULL);
}

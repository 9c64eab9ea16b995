/* SPDX-License-Identifier: MIT */
/* What a vendor's test sees of a plugin that is scanned. */
#include "acme.h"

#include <stdlib.h>

static struct iml_test_scannable *add(struct iml_test *test)
{
	return iml_test_add(test, "Array", "address=10.0.0.1");
}

static void a_scan_reports_resources(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);
	struct iml_test_resource *drive;

	assert_true(iml_test_scan(array));
	assert_null(iml_test_reason(array));
	iml_test_assert_count(test, "Drive", 2);
	iml_test_assert_count(test, "PhysicalDisk", 2);
	iml_test_assert_count(test, "ScannableResource", 1);
	drive = iml_test_assert_resource(test, "Drive", "serial=D0", "status=OK");
	iml_test_assert_attribute(drive, "capacity", "4096");
	iml_test_assert_attribute(drive, "uuid", "0123abcd0123456789AB0123456789ab");
	iml_test_assert_label(drive, "Drive D0");
	iml_test_assert_sample(drive, "temperature", 36.5);
	iml_test_assert_histogram(drive, "latency", ((const int64_t[]){3, 4096}), 2);
	iml_test_assert_no_resource(test, "Drive", "serial=D2");
	assert_null(iml_test_find(test, "Drive", "status=FAILED"));
	assert_ptr_equal(drive, iml_test_find(test, "Resource", "serial=D0"));
}

static void null_is_told_from_values(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);
	struct iml_test_resource *resource = iml_test_resource_of(array);

	iml_test_assert_attribute(resource, "note", NULL);
	assert_null(iml_test_attribute(resource, "note"));
	assert_string_equal(iml_test_attribute(resource, "address"), "10.0.0.1");
}

static void passwords_are_obfuscated_by_the_plugin(void **state)
{
	struct iml_test_scannable *array =
	    iml_test_add(*state, "Array", "address=10.0.0.1", "password=terces");

	iml_test_assert_attribute(iml_test_resource_of(array), "password", "secret");
}

static void alerts_rise_clear_and_reach_below(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);
	struct iml_test_resource *drive, *pool;

	iml_test_assert_scan(array);
	drive = iml_test_assert_resource(test, "Drive", "serial=D0");
	pool = iml_test_assert_resource(test, "Pool");
	iml_test_assert_parent(pool, drive);
	iml_test_assert_no_parent(drive, pool);
	iml_test_assert_not_affected(pool);

	acme.drives[0].status = "FAILED";
	acme.drives[1].celsius = 51;
	iml_test_assert_scan(array);
	iml_test_assert_alert(drive, "ERROR", "Drive failure");
	iml_test_assert_alert(
	    iml_test_assert_resource(test, "Drive", "serial=D1"), "WARNING", "too hot");
	iml_test_assert_no_alert(pool);
	iml_test_assert_affected(pool, "Drive failure");
	iml_test_assert_affected(pool, "too hot");

	acme.drives[0].status = "OK";
	iml_test_assert_scan(array);
	iml_test_assert_no_alert(drive);
}

static void what_an_initial_scan_does_not_report_is_gone(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);
	struct iml_test_resource *drive;

	iml_test_assert_scan(array);
	drive = iml_test_assert_resource(test, "Drive", "serial=D1");
	acme.drives[1].serial = NULL;
	iml_test_assert_scan(array);
	iml_test_assert_attribute(drive, "status", "OK");

	iml_test_close(array);
	iml_test_assert_count(test, "Drive", 2);
	iml_test_assert_scan(array);
	iml_test_assert_gone(drive);
	iml_test_assert_count(test, "Drive", 1);
}

static void failed_scan_ends_the_session_and_keeps_resources(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);

	iml_test_assert_scan(array);
	iml_test_assert_scan(array);
	acme.error = "no route to host";
	assert_false(iml_test_scan(array));
	assert_string_equal(iml_test_reason(array), "update_scan: no route to host");
	iml_test_assert_alert(iml_test_resource_of(array), "WARNING", "not contactable");
	iml_test_assert_count(test, "Drive", 2);

	iml_test_assert_scan_fails(array, "initial_scan: no route");
	acme.error = NULL;
	iml_test_assert_scan(array);
	assert_null(iml_test_reason(array));
	iml_test_assert_scan(array);
	iml_test_assert_no_alert(iml_test_resource_of(array));
}

static void time_passes_only_when_told_to(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);
	struct iml_test_resource *drive;

	iml_test_advance(test, 0);
	assert_int_equal(iml_test_scans(array), 2);
	iml_test_advance(test, 9.999);
	assert_int_equal(iml_test_scans(array), 2);
	iml_test_advance(test, 0.001);
	assert_int_equal(iml_test_scans(array), 3);
	drive = iml_test_assert_resource(test, "Drive", "serial=D0");
	iml_test_assert_samples(drive, "temperature", 3);

	iml_test_advance(test, 86400);
	assert_int_equal(iml_test_scans(array), 3 + 8640);
}

/* Each scannable has its own period, and a scan of one does not move the other's. */
static void scannables_are_scanned_in_the_order_of_their_time(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *slow = add(test);
	struct iml_test_scannable *fast;

	iml_test_advance(test, 1);
	acme.period = 3;
	fast = iml_test_add(test, NULL, "address=10.0.0.2");
	iml_test_assert_scan(fast);
	assert_int_equal(iml_test_scans(slow), 2);
	iml_test_assert_scan(fast);
	iml_test_advance(test, 9);
	assert_int_equal(iml_test_scans(slow), 3);
	assert_int_equal(iml_test_scans(fast), 5);
	iml_test_assert_count(test, "Drive", 4);
}

static void mocks_work_in_hooks(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);
	struct iml_test_resource *drive;

	acme.ask_library = true;
	acme.drives[1].serial = NULL;
	expect_string(acme_library_state, serial, "D0");
	will_return(acme_library_state, "OK");
	iml_test_assert_scan(array);
	drive = iml_test_assert_resource(test, "Drive");
	expect_string(acme_library_state, serial, "D0");
	will_return(acme_library_state, "FAILED");
	iml_test_assert_scan(array);
	iml_test_assert_attribute(drive, "status", "FAILED");
}

static void threads_of_the_plugin_are_awaited(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);

	acme.has_thread = true;
	acme.drives[1].serial = NULL;
	iml_test_assert_scan(array);
	sem_post(&acme_event);
	iml_test_await(test);
	assert_int_equal(iml_test_scans(array), 1);
	iml_test_assert_attribute(iml_test_assert_resource(test, "Drive"), "status", "FAILED");
}

static void refused_calls_are_counted_when_allowed(void **state)
{
	struct iml_test *test = *state;
	struct iml_test_scannable *array = add(test);

	iml_test_allow_refused(test, true);
	iml_test_assert_scan(array);
	acme.drives[0].capacity = -1;
	acme.drives[1].status = "BROKEN";
	iml_test_assert_scan(array);
	iml_test_assert_refused(array, 2, "acme.h:");
	iml_test_assert_refused(array, 2, "\"capacity\"");
	iml_test_assert_alert(iml_test_resource_of(array), NULL, NULL);
	acme.drives[0].capacity = 1;
	acme.drives[1].status = "OK";
	iml_test_assert_scan(array);
	iml_test_assert_refused(array, 0, NULL);
}

static void settings_and_log_lines_are_seen(void **state)
{
	struct iml_test *test = *state;

	iml_test_set(test, "greeting", "hello");
	iml_test_assert_scan(add(test));
	iml_test_assert_log(test, "greeting is hello");
	iml_test_assert_log(test, "scanned");
}

static void wrong_scannables_are_refused(void **state)
{
	struct iml_test *test = *state;

	iml_test_assert_add_fails(test, "no scannable class \"Aray\"", "Aray", "address=a");
	iml_test_assert_add_fails(test, "no attribute \"adress\"", "Array", "adress=a");
	iml_test_assert_add_fails(test, "address", "Array");
	iml_test_assert_add_fails(test, NULL, "Array", "address=not a host");
}

static void a_built_plugin_is_loaded(void **state)
{
	const char *build = getenv("BUILD");
	char path[512];
	struct iml_test *test;

	(void)state;
	snprintf(path, sizeof(path), "%s/plugins/example.so", build != NULL ? build : "build");
	test = iml_test_load(path);
	iml_test_assert_scan(iml_test_add(test, "Couplet", "address_1=array-1a"));
	iml_test_assert_count(test, "HardDrive", 12);
	iml_test_free(test);
}

static void a_test_may_end_without_a_scan(void **state)
{
	add(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, acme_setup, acme_end)
	    TEST(a_scan_reports_resources),
	    TEST(null_is_told_from_values),
	    TEST(passwords_are_obfuscated_by_the_plugin),
	    TEST(alerts_rise_clear_and_reach_below),
	    TEST(what_an_initial_scan_does_not_report_is_gone),
	    TEST(failed_scan_ends_the_session_and_keeps_resources),
	    TEST(time_passes_only_when_told_to),
	    TEST(scannables_are_scanned_in_the_order_of_their_time),
	    TEST(mocks_work_in_hooks),
	    TEST(threads_of_the_plugin_are_awaited),
	    TEST(refused_calls_are_counted_when_allowed),
	    TEST(settings_and_log_lines_are_seen),
	    TEST(wrong_scannables_are_refused),
	    TEST(a_built_plugin_is_loaded),
	    TEST(a_test_may_end_without_a_scan),
	};

	return cmocka_run_group_tests_name("plugin tests: scans", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What the plugin skeleton reports of its array, and what it does when the array has trouble. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iml/plugin_test.h>

#include "device.h"

IML_TEST_PLUGIN(skeleton);

static struct iml_test *test;
static struct iml_test_scannable *array;

/* Each test begins with an array that is well, and not scanned yet. */
static int setup(void **state)
{
	(void)state;
	device_simulation = (struct device_simulation){.silent = false};
	test = iml_test_new(skeleton);
	array = iml_test_add(test, "Array", "address=array-1.example.com");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iml_test_free(test);
	return 0;
}

static void a_healthy_array_has_drives_and_a_volume(void **state)
{
	struct iml_test_resource *drive, *volume;
	(void)state;

	iml_test_assert_scan(array);
	iml_test_assert_count(test, "Drive", DEVICE_SLOTS);
	drive = iml_test_assert_resource(test, "Drive", "slot=2");
	volume = iml_test_assert_resource(test, "Volume", "number=0");
	iml_test_assert_attribute(drive, "status", "OK");
	iml_test_assert_sample(drive, "temperature", 33);
	iml_test_assert_parent(volume, drive);
	iml_test_assert_not_affected(volume);
}

static void a_failed_drive_raises_an_alert_that_affects_the_volume(void **state)
{
	struct iml_test_resource *drive, *volume;
	(void)state;

	iml_test_assert_scan(array);
	drive = iml_test_assert_resource(test, "Drive", "slot=1");
	volume = iml_test_assert_resource(test, "Volume", "number=0");
	device_simulation.slots[1].failed = true;
	iml_test_assert_scan(array);
	iml_test_assert_alert(drive, "ERROR", "Drive failure");
	iml_test_assert_affected(volume, "Drive failure");

	device_simulation.slots[1].failed = false;
	iml_test_assert_scan(array);
	iml_test_assert_no_alert(drive);
	iml_test_assert_not_affected(volume);
}

static void a_hot_drive_raises_a_warning(void **state)
{
	struct iml_test_resource *drive;
	(void)state;

	device_simulation.slots[3].heat = 40;
	iml_test_assert_scan(array);
	drive = iml_test_assert_resource(test, "Drive", "slot=3");
	iml_test_assert_alert(drive, "WARNING", "Drive too hot");
}

static void a_drive_that_is_pulled_is_gone_at_the_next_update(void **state)
{
	struct iml_test_resource *drive;
	(void)state;

	iml_test_assert_scan(array);
	drive = iml_test_assert_resource(test, "Drive", "slot=0");
	device_simulation.slots[0].pulled = true;
	iml_test_assert_scan(array);
	iml_test_assert_gone(drive);
	iml_test_assert_count(test, "Drive", DEVICE_SLOTS - 1);
}

static void an_array_that_is_silent_fails_the_scan_and_keeps_what_was_known(void **state)
{
	(void)state;

	iml_test_assert_scan(array);
	device_simulation.silent = true;
	iml_test_assert_scan_fails(array, "array-1.example.com: lost contact");
	iml_test_assert_scan_fails(array, "no route to host");
	iml_test_assert_count(test, "Drive", DEVICE_SLOTS);

	device_simulation.silent = false;
	iml_test_assert_scan(array);
	iml_test_assert_count(test, "Drive", DEVICE_SLOTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        a_healthy_array_has_drives_and_a_volume, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        a_failed_drive_raises_an_alert_that_affects_the_volume, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_hot_drive_raises_a_warning, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        a_drive_that_is_pulled_is_gone_at_the_next_update, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        an_array_that_is_silent_fails_the_scan_and_keeps_what_was_known, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_host.h"

/* Steps of the simulated array at which things happen; its first scan is step 0. */
#define STEP_HOT 9
#define STEP_FAILED 10
#define STEP_REPLACED 20
#define STEP_REBUILT 26
#define STEP_SNAPSHOT 8
#define STEP_SNAPSHOT_GONE 16

static struct fake_resource *drive_in_slot(int slot)
{
	struct fake_resource *found = NULL;

	for (struct fake_resource *r = fake.newest; r != NULL; r = r->older) {
		const char *serial = fake_text(r, "serial_number");

		if (strcmp(r->class_->name, "HardDrive") == 0 &&
		    atoi(serial + strlen(serial) - 2) == slot)
			found = r;
	}
	assert_non_null(found);
	return found;
}

static void scan_until(int step)
{
	assert_int_equal(fake_initial_scan(), 0);
	for (int i = 1; i <= step; i++)
		assert_int_equal(fake_update_scan(), 0);
}

static int load(void **state)
{
	(void)state;
	fake_load("example");
	fake_add_scannable(
	    "Couplet", IML_SET("address_1", "array-1a"), IML_SET("address_2", "array-1b"));
	return 0;
}

static int unload(void **state)
{
	(void)state;
	fake_unload();
	return 0;
}

static void first_scan_reports_everything(void **state)
{
	(void)state;
	scan_until(0);
	assert_int_equal(fake_count("Controller"), 2);
	assert_int_equal(fake_count("HardDrive"), 12);
	assert_int_equal(fake_count("RaidPool"), 2);
	assert_int_equal(fake_count("Lun"), 4);
	assert_int_equal(fake.refused, 0);
	assert_int_equal(fake.period, 5);
}

static void trouble_travels_from_drives_and_controllers_to_pool_and_lun(void **state)
{
	(void)state;
	scan_until(0);
	assert_true(fake_is_parent(fake_find("Controller|0"), fake_find("RaidPool|1")));
	assert_true(fake_is_parent(fake_find("Controller|1"), fake_find("RaidPool|0")));
	assert_true(fake_is_parent(drive_in_slot(0), fake_find("RaidPool|0")));
	assert_true(fake_is_parent(drive_in_slot(11), fake_find("RaidPool|1")));
	assert_false(fake_is_parent(drive_in_slot(11), fake_find("RaidPool|0")));
	assert_true(fake_is_parent(fake_find("RaidPool|1"), fake_find("Lun|3")));
}

static void labels_name_pools_and_luns(void **state)
{
	(void)state;
	scan_until(0);
	assert_string_equal(fake_label(fake_find("RaidPool|0")), "Pool 0 (raid6)");
	assert_string_equal(fake_label(fake_find("Lun|2")), "lun2");
}

static void drives_warm_up(void **state)
{
	double cold;

	(void)state;
	scan_until(0);
	cold = fake_sample(drive_in_slot(0), "temperature")->value;
	for (int i = 0; i < 10; i++)
		assert_int_equal(fake_update_scan(), 0);
	assert_true(fake_sample(drive_in_slot(0), "temperature")->value > cold + 5);
	assert_int_equal(fake_sample(drive_in_slot(0), "temperature")->count, 11);
}

static void drive_overheats_before_it_fails(void **state)
{
	(void)state;
	scan_until(STEP_HOT);
	assert_true(fake_sample(drive_in_slot(3), "temperature")->value > 85);
	assert_string_equal(fake_text(drive_in_slot(3), "status"), "OK");
	assert_string_equal(fake_text(fake_find("RaidPool|0"), "status"), "OPTIMAL");
}

static void failed_drive_degrades_its_pool_only(void **state)
{
	(void)state;
	scan_until(STEP_FAILED);
	assert_string_equal(fake_text(drive_in_slot(3), "status"), "FAILED");
	assert_string_equal(fake_text(drive_in_slot(4), "status"), "OK");
	assert_string_equal(fake_text(fake_find("RaidPool|0"), "status"), "DEGRADED");
	assert_string_equal(fake_text(fake_find("RaidPool|1"), "status"), "OPTIMAL");
}

static void replaced_drive_makes_the_pool_rebuild_and_recover(void **state)
{
	(void)state;
	scan_until(STEP_REPLACED);
	assert_string_equal(fake_text(drive_in_slot(3), "status"), "OK");
	assert_string_equal(fake_text(fake_find("RaidPool|0"), "status"), "REBUILDING");
	for (int i = STEP_REPLACED; i < STEP_REBUILT; i++)
		assert_int_equal(fake_update_scan(), 0);
	assert_string_equal(fake_text(fake_find("RaidPool|0"), "status"), "OPTIMAL");
}

static void deleted_lun_is_removed(void **state)
{
	(void)state;
	scan_until(STEP_SNAPSHOT);
	assert_string_equal(fake_label(fake_find("Lun|4")), "snapshot");
	for (int i = STEP_SNAPSHOT; i < STEP_SNAPSHOT_GONE; i++)
		assert_int_equal(fake_update_scan(), 0);
	assert_null(fake_find("Lun|4"));
	assert_int_equal(fake_count("Lun"), 4);
}

static void counters_grow(void **state)
{
	double before;

	(void)state;
	scan_until(0);
	before = fake_sample(fake_find("Lun|0"), "read_bytes")->value;
	assert_int_equal(fake_update_scan(), 0);
	assert_true(fake_sample(fake_find("Lun|0"), "read_bytes")->value > before);
}

/* Over several cycles nothing that the array says is refused. */
static void long_run_stays_valid(void **state)
{
	(void)state;
	scan_until(500);
	assert_int_equal(fake.refused, 0);
	assert_int_equal(fake_count("HardDrive"), 12);
}

static void second_session_reports_the_same_identities(void **state)
{
	char serial[64];

	(void)state;
	scan_until(3);
	snprintf(serial, sizeof(serial), "%s", fake_text(drive_in_slot(7), "serial_number"));
	fake_teardown();
	fake_forget();
	scan_until(0);
	assert_string_equal(fake_text(drive_in_slot(7), "serial_number"), serial);
}

static void unreachable_couplet_fails_the_scan_with_a_reason(void **state)
{
	(void)state;
	fake_load("example");
	fake_add_scannable("Couplet", IML_SET("address_1", "unreachable.example.com"));
	assert_int_not_equal(fake_initial_scan(), 0);
	assert_string_equal(fake.failure,
	    "can't connect to the couplet: unreachable.example.com: no route to host");
	assert_int_equal(fake_count("HardDrive"), 0);
	fake_unload();
}

static void one_reachable_address_is_enough(void **state)
{
	(void)state;
	fake_load("example");
	fake_add_scannable("Couplet", IML_SET("address_1", "unreachable.example.com"),
	    IML_SET("address_2", "array-1b"));
	scan_until(0);
	assert_string_equal(fake_text(fake_find("Controller|0"), "status"), "OFFLINE");
	assert_string_equal(fake_text(fake_find("Controller|1"), "status"), "ONLINE");
	fake_unload();
}

static void lost_contact_fails_the_update(void **state)
{
	(void)state;
	fake_load("example");
	fake_add_scannable("Couplet", IML_SET("address_1", "unsteady.example.com"));
	scan_until(2);
	assert_int_not_equal(fake_update_scan(), 0);
	assert_string_equal(fake.failure, "unsteady.example.com: lost contact");
	fake_unload();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(first_scan_reports_everything, load, unload),
	    cmocka_unit_test_setup_teardown(
	        trouble_travels_from_drives_and_controllers_to_pool_and_lun, load, unload),
	    cmocka_unit_test_setup_teardown(labels_name_pools_and_luns, load, unload),
	    cmocka_unit_test_setup_teardown(drives_warm_up, load, unload),
	    cmocka_unit_test_setup_teardown(drive_overheats_before_it_fails, load, unload),
	    cmocka_unit_test_setup_teardown(failed_drive_degrades_its_pool_only, load, unload),
	    cmocka_unit_test_setup_teardown(
	        replaced_drive_makes_the_pool_rebuild_and_recover, load, unload),
	    cmocka_unit_test_setup_teardown(deleted_lun_is_removed, load, unload),
	    cmocka_unit_test_setup_teardown(counters_grow, load, unload),
	    cmocka_unit_test_setup_teardown(long_run_stays_valid, load, unload),
	    cmocka_unit_test_setup_teardown(
	        second_session_reports_the_same_identities, load, unload),
	    cmocka_unit_test(unreachable_couplet_fails_the_scan_with_a_reason),
	    cmocka_unit_test(one_reachable_address_is_enough),
	    cmocka_unit_test(lost_contact_fails_the_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The example plugin, as a vendor would test it: what becomes of what its array says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <iml/plugin_test.h>
#include <stdio.h>

#include "array.h"

IML_TEST_PLUGIN(example);

#define ADDRESS_1 "array-1a"
#define ADDRESS_2 "array-1b"

/* Steps of the simulated array at which things happen; its first scan is step 0. */
#define STEP_HOT 9
#define STEP_FAILED 10
#define STEP_REPLACED 20
#define STEP_REBUILT 26
#define STEP_SNAPSHOT 8
#define STEP_SNAPSHOT_GONE 16

static struct iml_test_scannable *couplet;

static int begin(void **state)
{
	*state = iml_test_new(example);
	couplet = iml_test_add(*state, "Couplet", "address_1=" ADDRESS_1, "address_2=" ADDRESS_2);
	return 0;
}

static int end(void **state)
{
	iml_test_free(*state);
	return 0;
}

static void scan_steps(int count)
{
	for (int i = 0; i < count; i++)
		iml_test_assert_scan(couplet);
}

static void scan_until(int step)
{
	scan_steps(step + 1);
}

/* Asks an array of the same addresses for the serial number. */
static struct iml_test_resource *drive_in_slot(struct iml_test *test, int slot)
{
	char wanted[128], reason[128];
	struct array *array = array_connect(ADDRESS_1, ADDRESS_2, reason, sizeof(reason));
	struct array_drive drive;

	assert_non_null(array);
	assert_true(array_refresh(array));
	while (array_next_drive(array, &drive) && drive.slot != slot)
		continue;
	snprintf(wanted, sizeof(wanted), "serial_number=%s", drive.serial);
	array_disconnect(array);
	return iml_test_assert_resource(test, "HardDrive", wanted);
}

static struct iml_test_resource *pool(struct iml_test *test, const char *wanted)
{
	return iml_test_assert_resource(test, "RaidPool", wanted);
}

static struct iml_test_resource *lun(struct iml_test *test, const char *wanted)
{
	return iml_test_assert_resource(test, "Lun", wanted);
}

static void first_scan_reports_everything(void **state)
{
	scan_until(0);
	iml_test_assert_count(*state, "Controller", 2);
	iml_test_assert_count(*state, "HardDrive", 12);
	iml_test_assert_count(*state, "RaidPool", 2);
	iml_test_assert_count(*state, "Lun", 4);
}

static void trouble_travels_from_drives_and_controllers_to_pool_and_lun(void **state)
{
	struct iml_test_resource *pool_0, *pool_1;

	scan_until(0);
	pool_0 = pool(*state, "local_id=0");
	pool_1 = pool(*state, "local_id=1");
	for (int i = 0; i < ARRAY_CONTROLLERS; i++) {
		struct iml_test_resource *controller =
		    iml_test_assert_resource(*state, "Controller", i == 0 ? "index=0" : "index=1");

		iml_test_assert_parent(pool_0, controller);
		iml_test_assert_parent(pool_1, controller);
	}
	iml_test_assert_parent(pool_0, drive_in_slot(*state, 0));
	iml_test_assert_parent(pool_1, drive_in_slot(*state, 11));
	iml_test_assert_no_parent(pool_0, drive_in_slot(*state, 11));
	iml_test_assert_parent(lun(*state, "local_id=3"), pool_1);
}

static void labels_name_pools_and_luns(void **state)
{
	scan_until(0);
	iml_test_assert_label(pool(*state, "local_id=0"), "Pool 0 (raid6)");
	iml_test_assert_label(lun(*state, "local_id=2"), "lun2");
}

static void drives_warm_up(void **state)
{
	double cold;

	scan_until(0);
	cold = iml_test_sample(drive_in_slot(*state, 0), "temperature");
	scan_steps(10);
	assert_true(iml_test_sample(drive_in_slot(*state, 0), "temperature") > cold + 5);
	iml_test_assert_samples(drive_in_slot(*state, 0), "temperature", 11);
}

static void drive_overheats_before_it_fails(void **state)
{
	struct iml_test_resource *drive;

	scan_until(STEP_HOT);
	drive = drive_in_slot(*state, 3);
	iml_test_assert_alert(drive, "ERROR", "Drive too hot");
	iml_test_assert_attribute(drive, "status", "OK");
	iml_test_assert_no_alert(pool(*state, "local_id=0"));
}

static void failed_drive_degrades_its_pool_only(void **state)
{
	struct iml_test_resource *pool_0, *pool_1;

	scan_until(STEP_FAILED);
	pool_0 = pool(*state, "local_id=0");
	pool_1 = pool(*state, "local_id=1");
	iml_test_assert_alert(drive_in_slot(*state, 3), "ERROR", "Drive failure");
	iml_test_assert_attribute(drive_in_slot(*state, 4), "status", "OK");
	iml_test_assert_attribute(pool_0, "status", "DEGRADED");
	iml_test_assert_alert(pool_0, "WARNING", "Pool is degraded");
	iml_test_assert_affected(lun(*state, "local_id=0"), "Drive failure");
	iml_test_assert_affected(lun(*state, "local_id=0"), "Pool is degraded");
	iml_test_assert_attribute(pool_1, "status", "OPTIMAL");
	iml_test_assert_not_affected(lun(*state, "local_id=3"));
}

static void replaced_drive_makes_the_pool_rebuild_and_recover(void **state)
{
	struct iml_test_resource *pool_0;

	scan_until(STEP_REPLACED);
	pool_0 = pool(*state, "local_id=0");
	iml_test_assert_attribute(drive_in_slot(*state, 3), "status", "OK");
	iml_test_assert_alert(pool_0, "INFO", "Pool is rebuilding");
	scan_steps(STEP_REBUILT - STEP_REPLACED);
	iml_test_assert_attribute(pool_0, "status", "OPTIMAL");
	iml_test_assert_not_affected(pool_0);
}

static void deleted_lun_is_removed(void **state)
{
	struct iml_test_resource *snapshot;

	scan_until(STEP_SNAPSHOT);
	snapshot = lun(*state, "local_id=4");
	iml_test_assert_label(snapshot, "snapshot");
	scan_steps(STEP_SNAPSHOT_GONE - STEP_SNAPSHOT);
	iml_test_assert_gone(snapshot);
	iml_test_assert_count(*state, "Lun", 4);
}

static void counters_grow(void **state)
{
	double before;

	scan_until(0);
	before = iml_test_sample(lun(*state, "local_id=0"), "read_bytes");
	iml_test_assert_scan(couplet);
	assert_true(iml_test_sample(lun(*state, "local_id=0"), "read_bytes") > before);
}

static void couplet_is_scanned_every_five_seconds(void **state)
{
	iml_test_advance(*state, 0);
	assert_int_equal(iml_test_scans(couplet), 2);
	iml_test_advance(*state, 60);
	assert_int_equal(iml_test_scans(couplet), 2 + 60 / 5);
}

/* Over several cycles nothing that the array says is refused. */
static void long_run_stays_valid(void **state)
{
	iml_test_advance(*state, 500 * 5);
	assert_int_equal(iml_test_scans(couplet), 502);
	iml_test_assert_refused(couplet, 0, NULL);
	iml_test_assert_count(*state, "HardDrive", 12);
}

/* A connection begins with step 0, when there is no snapshot. */
static void second_session_finds_the_same_resources(void **state)
{
	struct iml_test_resource *drive, *snapshot;

	scan_until(STEP_SNAPSHOT);
	drive = drive_in_slot(*state, 7);
	snapshot = lun(*state, "local_id=4");
	iml_test_close(couplet);
	iml_test_assert_attribute(snapshot, "name", "snapshot");
	scan_until(0);
	assert_ptr_equal(drive_in_slot(*state, 7), drive);
	iml_test_assert_gone(snapshot);
	iml_test_assert_count(*state, "HardDrive", 12);
}

static void unreachable_couplet_fails_the_scan_with_a_reason(void **state)
{
	struct iml_test_scannable *unreachable =
	    iml_test_add(*state, "Couplet", "address_1=" ARRAY_UNREACHABLE);

	iml_test_assert_scan_fails(
	    unreachable, "can't connect to the couplet: " ARRAY_UNREACHABLE ": no route to host");
	iml_test_assert_count(*state, "HardDrive", 0);
}

static void one_reachable_address_is_enough(void **state)
{
	struct iml_test_resource *first, *second;

	iml_test_assert_scan(iml_test_add(
	    *state, "Couplet", "address_1=" ARRAY_UNREACHABLE, "address_2=" ADDRESS_2));
	first = iml_test_assert_resource(*state, "Controller", "index=0");
	second = iml_test_assert_resource(*state, "Controller", "index=1");
	iml_test_assert_alert(first, "ERROR", "Controller does not answer");
	iml_test_assert_attribute(second, "status", "ONLINE");
	iml_test_assert_affected(lun(*state, "local_id=0"), "Controller does not answer");
}

static void lost_contact_ends_the_session_and_keeps_what_was_known(void **state)
{
	struct iml_test_scannable *unsteady =
	    iml_test_add(*state, "Couplet", "address_1=" ARRAY_UNSTEADY);

	for (int i = 0; i < 3; i++)
		iml_test_assert_scan(unsteady);
	iml_test_assert_scan_fails(unsteady, ARRAY_UNSTEADY ": lost contact");
	iml_test_assert_alert(iml_test_resource_of(unsteady), NULL, "not contactable");
	iml_test_assert_count(*state, "HardDrive", 12);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(first_scan_reports_everything),
	    TEST(trouble_travels_from_drives_and_controllers_to_pool_and_lun),
	    TEST(labels_name_pools_and_luns),
	    TEST(drives_warm_up),
	    TEST(drive_overheats_before_it_fails),
	    TEST(failed_drive_degrades_its_pool_only),
	    TEST(replaced_drive_makes_the_pool_rebuild_and_recover),
	    TEST(deleted_lun_is_removed),
	    TEST(counters_grow),
	    TEST(couplet_is_scanned_every_five_seconds),
	    TEST(long_run_stays_valid),
	    TEST(second_session_finds_the_same_resources),
	    TEST(unreachable_couplet_fails_the_scan_with_a_reason),
	    TEST(one_reachable_address_is_enough),
	    TEST(lost_contact_ends_the_session_and_keeps_what_was_known),
	};

	return cmocka_run_group_tests_name("plugin tests: example", tests, NULL, NULL);
}

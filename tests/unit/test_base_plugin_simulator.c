/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "fake_host.h"

/* One second of simulated time passes from scan to scan; the first is at 0. */
static int load(void **state)
{
	(void)state;
	fake_load("simulator");
	fake_configure("step", "1");
	fake_add_scannable("Couplet", IML_SET("name", "alpha"));
	return 0;
}

static int unload(void **state)
{
	(void)state;
	fake_unload();
	return 0;
}

static void script(size_t index, const char *at, const char *action, const char *object)
{
	static char keys[16][3][32];

	snprintf(keys[index][0], sizeof(keys[index][0]), "script.%zu.at", index);
	snprintf(keys[index][1], sizeof(keys[index][1]), "script.%zu.action", index);
	snprintf(keys[index][2], sizeof(keys[index][2]), "script.%zu.object", index);
	fake_configure(keys[index][0], at);
	fake_configure(keys[index][1], action);
	fake_configure(keys[index][2], object);
}

static void scan_until(int second)
{
	assert_int_equal(fake_initial_scan(), 0);
	for (int i = 1; i <= second; i++)
		assert_int_equal(fake_update_scan(), 0);
}

static const char *status(const char *key)
{
	assert_non_null(fake_find(key));
	return fake_text(fake_find(key), "status");
}

static double temperature(const char *key)
{
	assert_non_null(fake_sample(fake_find(key), "temperature"));
	return fake_sample(fake_find(key), "temperature")->value;
}

static void expect_refusal(const char *key, const char *value, const char *reason)
{
	fake_configure(key, value);
	assert_int_not_equal(fake_initial_scan(), 0);
	assert_string_equal(fake.failure, reason);
	fake_teardown();
	fake.setting_count = 1;
}

static void defaults_make_a_small_couplet(void **state)
{
	(void)state;
	scan_until(0);
	assert_int_equal(fake_count("Fan"), 2);
	assert_int_equal(fake_count("Enclosure"), 2);
	assert_int_equal(fake_count("HardDrive"), 24);
	assert_int_equal(fake_count("Pool"), 2);
	assert_int_equal(fake_count("Lun"), 8);
	assert_int_equal(fake.refused, 0);
	assert_int_equal(fake.period, 5);
}

static void settings_give_the_numbers(void **state)
{
	(void)state;
	fake_configure("enclosures", "3");
	fake_configure("drives_per_enclosure", "5");
	fake_configure("pools", "4");
	fake_configure("luns_per_pool", "1");
	fake_configure("period", "30");
	scan_until(0);
	assert_int_equal(fake_count("Fan"), 3);
	assert_int_equal(fake_count("HardDrive"), 15);
	assert_int_equal(fake_count("Pool"), 4);
	assert_int_equal(fake_count("Lun"), 4);
	assert_int_equal(fake.period, 30);
}

static void parents_go_from_fan_to_lun(void **state)
{
	(void)state;
	scan_until(0);
	assert_true(fake_is_parent(fake_find("Fan|1"), fake_find("Enclosure|1")));
	assert_true(fake_is_parent(fake_find("Enclosure|1"), fake_find("HardDrive|12")));
	assert_true(fake_is_parent(fake_find("HardDrive|11"), fake_find("Pool|0")));
	assert_true(fake_is_parent(fake_find("HardDrive|12"), fake_find("Pool|1")));
	assert_true(fake_is_parent(fake_find("Pool|1"), fake_find("Lun|4")));
	assert_int_equal(fake_find("Fan|0")->parent_count, 0);
}

/* Every drive has exactly one pool, also where they can't be dealt out evenly. */
static void uneven_pools_share_all_drives(void **state)
{
	size_t members = 0;

	(void)state;
	fake_configure("enclosures", "1");
	fake_configure("drives_per_enclosure", "11");
	fake_configure("pools", "3");
	scan_until(0);
	members += fake_find("Pool|0")->parent_count;
	members += fake_find("Pool|1")->parent_count;
	members += fake_find("Pool|2")->parent_count;
	assert_int_equal(members, 11);
}

static void script_fails_and_recovers_a_drive(void **state)
{
	(void)state;
	script(0, "2", "fail", "drive 3");
	script(1, "4", "recover", "drive 3");
	scan_until(1);
	assert_string_equal(status("HardDrive|3"), "OK");
	assert_int_equal(fake_update_scan(), 0);
	assert_string_equal(status("HardDrive|3"), "FAILED");
	assert_string_equal(status("Pool|0"), "DEGRADED");
	assert_string_equal(status("Pool|1"), "OK");
	fake_update_scan();
	fake_update_scan();
	assert_string_equal(status("HardDrive|3"), "OK");
	assert_string_equal(status("Pool|0"), "OK");
}

static void script_may_be_in_any_order(void **state)
{
	(void)state;
	script(0, "2", "recover", "fan 1");
	script(1, "1", "degrade", "fan 1");
	scan_until(1);
	assert_string_equal(status("Fan|1"), "DEGRADED");
	fake_update_scan();
	assert_string_equal(status("Fan|1"), "OK");
}

static void third_failed_drive_fails_the_pool(void **state)
{
	(void)state;
	script(0, "1", "fail", "drive 12");
	script(1, "1", "fail", "drive 13");
	script(2, "2", "remove", "drive 14");
	scan_until(1);
	assert_string_equal(status("Pool|1"), "DEGRADED");
	fake_update_scan();
	assert_string_equal(status("Pool|1"), "FAILED");
}

static void hot_drive_exceeds_its_bound_until_it_recovers(void **state)
{
	(void)state;
	script(0, "1", "hot", "drive 0");
	script(1, "2", "recover", "drive 0");
	scan_until(0);
	assert_true(temperature("HardDrive|0") < 60);
	fake_update_scan();
	assert_true(temperature("HardDrive|0") > 80);
	fake_update_scan();
	assert_true(temperature("HardDrive|0") < 60);
}

static void removed_object_is_gone_and_comes_back_with_its_links(void **state)
{
	(void)state;
	script(0, "1", "remove", "drive 5");
	script(1, "1", "remove", "enclosure 1");
	script(2, "3", "add", "drive 5");
	script(3, "3", "add", "enclosure 1");
	scan_until(1);
	assert_null(fake_find("HardDrive|5"));
	assert_null(fake_find("Enclosure|1"));
	assert_int_equal(fake_find("Pool|0")->parent_count, 11);
	fake_update_scan();
	fake_update_scan();
	assert_true(fake_is_parent(fake_find("Enclosure|0"), fake_find("HardDrive|5")));
	assert_true(fake_is_parent(fake_find("HardDrive|5"), fake_find("Pool|0")));
	assert_true(fake_is_parent(fake_find("Fan|1"), fake_find("Enclosure|1")));
	assert_true(fake_is_parent(fake_find("Enclosure|1"), fake_find("HardDrive|23")));
	assert_int_equal(fake.refused, 0);
}

static void a_shelf_without_power_takes_everything_along(void **state)
{
	(void)state;
	fake_configure("power_supplies", "true");
	fake_configure("servers", "2");
	script(0, "1", "fail", "power 1");
	script(1, "2", "recover", "power 1");
	scan_until(1);
	assert_int_equal(fake_count("PowerSupply"), 2);
	assert_true(fake_is_parent(fake_find("PowerSupply|1"), fake_find("Fan|1")));
	assert_string_equal(status("PowerSupply|1"), "FAILED");
	assert_string_equal(status("Fan|1"), "FAILED");
	assert_string_equal(status("Enclosure|1"), "FAILED");
	assert_string_equal(status("HardDrive|12"), "FAILED");
	assert_string_equal(status("HardDrive|23"), "FAILED");
	assert_string_equal(status("Pool|1"), "FAILED");
	assert_string_equal(status("Lun|4"), "FAILED");
	assert_string_equal(status("Enclosure|0"), "OK");
	assert_string_equal(status("HardDrive|11"), "OK");
	assert_string_equal(status("Lun|3"), "OK");
	fake_update_scan();
	assert_string_equal(status("HardDrive|23"), "OK");
	assert_string_equal(status("Lun|4"), "OK");
}

static void servers_have_a_node_for_each_path_and_one_for_all(void **state)
{
	(void)state;
	fake_configure("pools", "1");
	fake_configure("luns_per_pool", "2");
	fake_configure("servers", "3");
	fake_configure("first_server", "7");
	scan_until(0);
	assert_int_equal(fake_count("DeviceNode"), 6);
	fake_teardown();
	fake_forget();

	fake_configure("paths", "2");
	scan_until(0);
	assert_int_equal(fake_count("DeviceNode"), 2 * 3 * (2 + 1));
	for (struct fake_resource *r = fake.newest; r != NULL; r = r->older) {
		if (strstr(r->key, "/dev/mapper/") != NULL)
			assert_int_equal(r->parent_count, 2);
		else if (strstr(r->key, "/dev/") != NULL)
			assert_int_equal(r->parent_count, 1);
	}
	assert_int_equal(fake.refused, 0);
}

static void couplets_that_share_enclosures_report_the_same_ones(void **state)
{
	char first[64] = "";

	(void)state;
	fake_configure("shared", "array");
	fake_configure("power_supplies", "true");
	scan_until(0);
	assert_int_equal(fake_count("SharedPowerSupply"), 2);
	assert_int_equal(fake_count("SharedFan"), 2);
	assert_int_equal(fake_count("SharedEnclosure"), 2);
	assert_int_equal(fake_count("SharedDrive"), 24);
	assert_int_equal(fake_count("HardDrive"), 0);
	assert_int_equal(fake_count("Lun"), 8);
	for (struct fake_resource *r = fake.newest; r != NULL; r = r->older)
		if (strncmp(r->key, "SharedDrive|", 12) == 0)
			snprintf(first, sizeof(first), "%s", r->key);
	fake_unload();
	fake_load("simulator");
	fake_configure("step", "1");
	fake_configure("shared", "array");
	fake_add_scannable("Couplet", IML_SET("name", "beta"));
	scan_until(0);
	assert_non_null(fake_find(first));
}

/* The session that failed is over; the next one sees the couplet come back in time. */
static void couplet_goes_offline_and_comes_back_in_a_later_session(void **state)
{
	(void)state;
	script(0, "2", "offline", "couplet");
	script(1, "4", "online", "couplet");
	scan_until(1);
	assert_int_not_equal(fake_update_scan(), 0);
	assert_string_equal(fake.failure, "couplet \"alpha\" is offline (simulated)");
	fake_teardown();
	fake_forget();
	assert_int_not_equal(fake_initial_scan(), 0);
	fake_teardown();
	assert_int_equal(fake_initial_scan(), 0);
	assert_int_equal(fake_count("HardDrive"), 24);
}

static double seconds_of_scan(void)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(fake_update_scan(), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

static void slow_scans_take_their_time_and_see_the_end(void **state)
{
	(void)state;
	fake_configure("scan_ms", "20");
	script(0, "2", "slow", "couplet");
	fake_configure("script.0.ms", "600000");
	scan_until(0);
	assert_true(seconds_of_scan() >= 0.02);
	fake.stopping = true;
	assert_true(seconds_of_scan() < 60);
}

static void a_blackholed_couplet_answers_nothing_until_the_end(void **state)
{
	(void)state;
	fake_configure("blackholed", "alp");
	fake.stopping = true;
	assert_int_not_equal(fake_initial_scan(), 0);
	assert_non_null(strstr(fake.failure, "does not answer"));
	assert_null(fake_find("HardDrive|0"));
}

static void statistics_can_be_turned_off(void **state)
{
	(void)state;
	fake_configure("statistics", "off");
	scan_until(1);
	assert_int_equal(fake_find("HardDrive|0")->sample_count, 0);
	assert_int_equal(fake_find("Lun|0")->sample_count, 0);
}

static void counters_never_fall(void **state)
{
	double last = -1;

	(void)state;
	scan_until(0);
	for (int i = 0; i < 700; i++) {
		double now = fake_sample(fake_find("Lun|3"), "read_bytes")->value;

		assert_true(now >= last);
		last = now;
		fake_update_scan();
	}
	assert_true(last > 0);
}

/* Everything chaos did until then, as one text. */
static void describe(char *text, size_t size)
{
	size_t used = 0;

	for (struct fake_resource *r = fake.newest; r != NULL; r = r->older) {
		const char *word = fake_text(r, "status");

		if (word[0] != '\0' && strcmp(word, "OK") != 0)
			used += (size_t)snprintf(text + used, size - used, "%s=%s ", r->key, word);
	}
}

static void chaos_is_the_same_for_the_same_seed(void **state)
{
	char first[4096] = "", second[4096] = "", other[4096] = "";

	(void)state;
	fake_configure("chaos", "0.5");
	scan_until(50);
	describe(first, sizeof(first));
	fake_unload();
	load(NULL);
	fake_configure("chaos", "0.5");
	scan_until(50);
	describe(second, sizeof(second));
	fake_unload();
	load(NULL);
	fake_configure("chaos", "0.5");
	fake_configure("seed", "2");
	scan_until(50);
	describe(other, sizeof(other));
	assert_string_not_equal(first, "");
	assert_string_equal(first, second);
	assert_string_not_equal(first, other);
}

/* Failures come one per second and last one second: after hundreds most objects are well. */
static void chaos_recovers(void **state)
{
	char text[4096] = "";
	size_t troubled = 0;

	(void)state;
	fake_configure("chaos", "1");
	fake_configure("chaos_recovery", "1");
	scan_until(300);
	describe(text, sizeof(text));
	for (const char *p = text; (p = strchr(p, '=')) != NULL; p++)
		troubled++;
	assert_true(troubled < 10);
}

static void unchanged_scan_assigns_by_handle_only(void **state)
{
	(void)state;
	scan_until(3);
	assert_int_equal(fake_find("HardDrive|0")->reports, 1);
	assert_int_equal(fake_find("Lun|0")->reports, 1);
}

static void hundred_thousand_drives_are_scanned_quickly(void **state)
{
	(void)state;
	fake_configure("enclosures", "1000");
	fake_configure("drives_per_enclosure", "100");
	fake_configure("pools", "10000");
	fake_configure("luns_per_pool", "1");
	scan_until(0);
	assert_int_equal(fake_count("HardDrive"), 100000);
	assert_true(seconds_of_scan() < 10);
}

static void settings_that_make_no_sense_are_named(void **state)
{
	(void)state;
	expect_refusal("enclosures", "many",
	    "setting \"enclosures\": \"many\" is not a whole number from 1 to 100000");
	expect_refusal("enclosures", "0",
	    "setting \"enclosures\": \"0\" is not a whole number from 1 to 100000");
	expect_refusal("period", "5 sheep",
	    "setting \"period\": \"5 sheep\" is not a whole number from 1 to 86400");
	expect_refusal("chaos", "-1", "setting \"chaos\": \"-1\" is not a number of seconds");
	expect_refusal("chaos", "nan", "setting \"chaos\": \"nan\" is not a number of seconds");
	expect_refusal(
	    "chaos", "1e-9", "setting \"chaos\": less than 0.001 seconds; use 0 for none");
	expect_refusal(
	    "statistics", "maybe", "setting \"statistics\": \"maybe\" is not true or false");
	expect_refusal("pools", "25", "setting \"pools\": 25 are more than there are drives (24)");
}

static void script_mistakes_are_named(void **state)
{
	(void)state;
	expect_refusal("script.0.at", "5", "setting \"script.0.action\": is missing");
	script(0, "1", "fail", "drive 24");
	expect_refusal("unused", "",
	    "setting \"script.0.object\": there is no \"drive 24\": the simulation has 24 (from "
	    "0)");
	script(0, "1", "offline", "drive 2");
	expect_refusal(
	    "unused", "", "setting \"script.0.object\": \"offline\" can't happen to \"drive 2\"");
	script(0, "soon", "fail", "drive 2");
	expect_refusal(
	    "unused", "", "setting \"script.0.at\": \"soon\" is not a number of seconds");
	script(0, "1", "fail", "drive");
	expect_refusal("unused", "",
	    "setting \"script.0.object\": \"drive\" is none of \"power 0\", \"fan 0\", "
	    "\"enclosure 0\", \"drive 0\", \"pool 0\", \"lun 0\", \"node 0\", \"mapper 0\" "
	    "(with any number), \"couplet\"");
	script(0, "1", "explode", "drive 2");
	expect_refusal("unused", "",
	    "setting \"script.0.action\": \"explode\" is none of fail, degrade, recover, hot, "
	    "remove, add, offline, online, slow");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, load, unload)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(defaults_make_a_small_couplet),
	    TEST(settings_give_the_numbers),
	    TEST(parents_go_from_fan_to_lun),
	    TEST(uneven_pools_share_all_drives),
	    TEST(script_fails_and_recovers_a_drive),
	    TEST(script_may_be_in_any_order),
	    TEST(third_failed_drive_fails_the_pool),
	    TEST(hot_drive_exceeds_its_bound_until_it_recovers),
	    TEST(removed_object_is_gone_and_comes_back_with_its_links),
	    TEST(a_shelf_without_power_takes_everything_along),
	    TEST(servers_have_a_node_for_each_path_and_one_for_all),
	    TEST(couplets_that_share_enclosures_report_the_same_ones),
	    TEST(couplet_goes_offline_and_comes_back_in_a_later_session),
	    TEST(slow_scans_take_their_time_and_see_the_end),
	    TEST(a_blackholed_couplet_answers_nothing_until_the_end),
	    TEST(statistics_can_be_turned_off),
	    TEST(counters_never_fall),
	    TEST(chaos_is_the_same_for_the_same_seed),
	    TEST(chaos_recovers),
	    TEST(unchanged_scan_assigns_by_handle_only),
	    TEST(hundred_thousand_drives_are_scanned_quickly),
	    TEST(settings_that_make_no_sense_are_named),
	    TEST(script_mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

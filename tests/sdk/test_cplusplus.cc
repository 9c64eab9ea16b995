/* SPDX-License-Identifier: MIT */
/* A plugin in C++17 and its test, in one file. */
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}
#include <iml/plugin_test.h>
#include <iml/storage_plugin.h>

static const char *state_of_drive;

static const iml_class array = IML_CLASS("Array")
                                   .base(&iml_scannable)
                                   .identifier(IML_GLOBAL_ID("address"))
                                   .attributes(IML_ATTRIBUTES(IML_HOSTNAME("address")));

static const iml_class drive =
    IML_CLASS("Drive")
        .base(&iml_physical_disk)
        .identifier(IML_SCOPED_ID("serial"))
        .attributes(
            IML_ATTRIBUTES(IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))))
        .alert_conditions(IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status")
                                                   .error_states(IML_STATES("FAILED"))
                                                   .message("Drive failure")));

static int scan(iml_plugin *self, iml_resource *)
{
	iml_update_or_create(self, &drive, IML_NO_PARENTS, IML_SET("serial", "D0"),
	    IML_SET("status", state_of_drive));
	return 0;
}

IML_PLUGIN(cplusplus, .classes(IML_CLASSES(&array, &drive)).initial_scan(scan).update_scan(scan));

static void a_failed_drive_raises_an_alert(void **)
{
	iml_test *test = iml_test_new(cplusplus);
	iml_test_scannable *scannable = iml_test_add(test, "Array", "address=10.0.0.1");

	state_of_drive = "OK";
	iml_test_assert_scan(scannable);
	iml_test_resource *d0 = iml_test_assert_resource(test, "Drive", "serial=D0");
	iml_test_assert_no_alert(d0);

	state_of_drive = "FAILED";
	iml_test_advance(test, 5);
	iml_test_assert_alert(d0, "ERROR", "Drive failure");
	iml_test_free(test);
}

int main()
{
	const CMUnitTest tests[] = {cmocka_unit_test(a_failed_drive_raises_an_alert)};

	return cmocka_run_group_tests_name("plugin tests: C++", tests, nullptr, nullptr);
}

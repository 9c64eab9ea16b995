// SPDX-License-Identifier: MIT
// As author.c, in C++17.
#include <iml/storage_plugin.h>

static const iml_class array = IML_CLASS("Array")
                                   .base(&iml_scannable)
                                   .identifier(IML_GLOBAL_ID("address"))
                                   .attributes(IML_ATTRIBUTES(IML_HOSTNAME("address")));

static const iml_class drive =
    IML_CLASS("Drive")
        .base(&iml_physical_disk)
        .identifier(IML_SCOPED_ID("slot"))
        .attributes(IML_ATTRIBUTES(
            IML_INTEGER("slot").min(IML_LIMIT(0)), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))))
        .statistics(IML_STATISTICS(IML_GAUGE("temperature").units("C"), IML_COUNTER("reads")))
        .alert_conditions(IML_ALERT_CONDITIONS(
            IML_VALUE_CONDITION("status").error_states(IML_STATES("FAILED")).message("Failure"),
            IML_UPPER_BOUND("temperature").warn_bound(IML_BOUND(60)).message("Too hot")))
        .charts(IML_CHARTS(IML_CHART("Heat", IML_SERIES("temperature"))));

static int scan(iml_plugin *self, iml_resource *)
{
	for (int slot = 0; slot < 3; slot++) {
		iml_resource *reported = iml_update_or_create(self, &drive, IML_NO_PARENTS,
		    IML_SET("slot", slot), IML_SET("status", slot == 1 ? "FAILED" : "OK"));

		iml_sample(reported, "temperature", 40 + 20 * slot);
	}
	return 0;
}

IML_PLUGIN(author, .classes(IML_CLASSES(&array, &drive)).initial_scan(scan).update_scan(scan));

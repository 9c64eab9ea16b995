/* SPDX-License-Identifier: MIT */
/*
 * A plugin as its author wrote it for version 1.0 of the interface, with two entries or more in
 * every table. It is never changed: it is built against the header of each version, and of one that
 * has GROWN, whose tables have one more field.
 */
#include <iml/storage_plugin.h>

#ifdef GROWN
#define MORE , .grown = GROWN
#else
#define MORE
#endif

/* clang-format off */

static const struct iml_class array = {
	.name = "Array",
	.base = &iml_scannable,
	.identifier = IML_GLOBAL_ID("address"),
	.attributes = IML_ATTRIBUTES(
		IML_HOSTNAME("address" MORE),
		IML_STRING("firmware", .optional = true, .user_read_only = true MORE)) MORE,
};

static const struct iml_class drive = {
	.name = "Drive",
	.label = "Drive",
	.base = &iml_physical_disk,
	.identifier = IML_SCOPED_ID("slot"),
	.attributes = IML_ATTRIBUTES(
		IML_INTEGER("slot", .min = IML_LIMIT(0), .max = IML_LIMIT(9) MORE),
		IML_ENUM("status", IML_OPTIONS("OK", "FAILED") MORE),
		IML_STRING("firmware", .optional = true MORE),
		IML_BYTES("capacity", .default_value = IML_DEFAULT(4096) MORE)),
	.statistics = IML_STATISTICS(
		IML_GAUGE("temperature", .units = "C" MORE),
		IML_COUNTER("reads" MORE),
		IML_HISTOGRAM("sizes", IML_BINS({0, 512}, {513, IML_OPEN}) MORE)),
	.alert_conditions = IML_ALERT_CONDITIONS(
		IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"), .message = "Drive failure" MORE),
		IML_UPPER_BOUND("temperature", .warn_bound = IML_BOUND(60), .message = "Drive too hot" MORE)),
	.charts = IML_CHARTS(
		IML_CHART("Heat", IML_SERIES("temperature") MORE),
		IML_CHART("Work", IML_SERIES("reads") MORE)),
	.relations = IML_RELATIONS(
		IML_SUBSCRIBE(&array, IML_MATCH("firmware") MORE),
		IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("slot") MORE)) MORE,
};

/* clang-format on */

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	static const int64_t sizes[] = {3, 4};

	iml_set(scannable, "firmware", "7.1");
	for (int slot = 0; slot < 3; slot++) {
		struct iml_resource *reported =
		    iml_update_or_create(self, &drive, IML_NO_PARENTS, IML_SET("slot", slot),
		        IML_SET("status", slot == 1 ? "FAILED" : "OK"), IML_SET("firmware", "7.1"));

		iml_sample(reported, "temperature", 40 + 20 * slot);
		iml_sample(reported, "reads", slot);
		iml_sample_histogram(reported, "sizes", sizes, 2);
	}
	return 0;
}

IML_PLUGIN(
    author, .classes = IML_CLASSES(&array, &drive), .initial_scan = scan, .update_scan = scan MORE);

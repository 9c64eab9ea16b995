/* SPDX-License-Identifier: MIT */
/* The storage plugin skeleton. device.h is how it talks to its array. */
#include <iml/storage_plugin.h>

#include "device.h"

/* clang-format off */

/* What an administrator adds. Each array gets a session of its own. */
static const struct iml_class array = {
	.name = "Array",
	.label = "Array",
	.base = &iml_scannable,
	.identifier = IML_GLOBAL_ID("address"),
	.attributes = IML_ATTRIBUTES(
		IML_HOSTNAME("address")),
};

static const struct iml_class drive = {
	.name = "Drive",
	.label = "Drive",
	.base = &iml_physical_disk,
	.identifier = IML_SCOPED_ID("serial_number"),
	.attributes = IML_ATTRIBUTES(
		IML_STRING("serial_number"),
		IML_INTEGER("slot", .min = IML_LIMIT(0)),
		IML_BYTES("capacity"),
		IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
	.statistics = IML_STATISTICS(
		IML_GAUGE("temperature", .units = "C")),
	.alert_conditions = IML_ALERT_CONDITIONS(
		IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"),
			.message = "Drive failure"),
		IML_UPPER_BOUND("temperature", .warn_bound = IML_BOUND(60),
			.message = "Drive too hot")),
};

/*
 * The attribute "size" is inherited from the logical drive. A server sees the volume as a disk of
 * the same serial, and the volume becomes the parent of that disk.
 */
static const struct iml_class volume = {
	.name = "Volume",
	.label = "Volume",
	.base = &iml_logical_drive,
	.identifier = IML_SCOPED_ID("number"),
	.attributes = IML_ATTRIBUTES(
		IML_INTEGER("number", .min = IML_LIMIT(0)),
		IML_STRING("serial")),
	.statistics = IML_STATISTICS(
		IML_COUNTER("read_bytes", .label = "Read", .units = IML_UNITS_BYTES)),
	.relations = IML_RELATIONS(
		IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true)),
};

/* clang-format on */

/*
 * Reports the drives and returns how many handles it stored. A report that is refused is logged and
 * has no handle; the others count all the same.
 */
static size_t report_drives(
    struct iml_plugin *self, struct device *device, struct iml_resource *drives[DEVICE_SLOTS])
{
	char removed[DEVICE_SERIAL_SIZE];
	struct device_drive d;
	size_t count = 0;

	while (device_next_drive(device, &d)) {
		struct iml_resource *reported = iml_update_or_create(self, &drive, IML_NO_PARENTS,
		    IML_SET("serial_number", d.serial), IML_SET("slot", d.slot),
		    IML_SET("capacity", d.bytes), IML_SET("status", d.failed ? "FAILED" : "OK"));

		if (reported == NULL)
			continue;
		iml_sample(reported, "temperature", d.celsius);
		drives[count++] = reported;
	}
	while (device_next_removed_drive(device, removed))
		iml_remove_by_attr(self, &drive, IML_SET("serial_number", removed));
	return count;
}

/* Reports the volumes, which lie on the drives: a problem with a drive is one with the volume. */
static void report_volumes(struct iml_plugin *self, struct device *device,
    struct iml_resource *const *drives, size_t drive_count)
{
	struct device_volume v;

	while (device_next_volume(device, &v)) {
		struct iml_resource *reported = iml_update_or_create(self, &volume, drives,
		    drive_count, IML_SET("number", v.number), IML_SET("serial", v.serial),
		    IML_SET("size", v.bytes));

		if (reported != NULL)
			iml_sample(reported, "read_bytes", v.read_bytes);
	}
}

/* Reports everything there is. What did not change costs next to nothing. */
static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct device *device = iml_get_private(self);
	struct iml_resource *drives[DEVICE_SLOTS];
	size_t count;

	if (!device_refresh(device))
		return iml_fail(self, "%s: lost contact", iml_text(scannable, "address"));
	count = report_drives(self, device, drives);
	report_volumes(self, device, drives, count);
	return 0;
}

/* Connects, keeps the connection with the session, and reports for the first time. */
static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	char reason[256];
	struct device *device =
	    device_connect(iml_text(scannable, "address"), reason, sizeof(reason));

	if (device == NULL)
		return iml_fail(self, "%s: %s", iml_text(scannable, "address"), reason);
	iml_set_private(self, device);
	iml_set_update_period(self, 5);
	return update_scan(self, scannable);
}

/* Also called when initial_scan failed, so there may be no connection. */
static int teardown(struct iml_plugin *self)
{
	struct device *device = iml_get_private(self);

	if (device != NULL)
		device_disconnect(device);
	return 0;
}

IML_PLUGIN(skeleton, .classes = IML_CLASSES(&array, &drive, &volume), .initial_scan = initial_scan,
    .update_scan = update_scan, .teardown = teardown);

/* SPDX-License-Identifier: MIT */
/*
 * An example to copy: a couplet of RAID controllers with drives, pools and LUNs. array.h takes the
 * place of the client library that a real array would have.
 */
#include <iml/storage_plugin.h>

#include "array.h"

/* The label of a pool: "Pool 0 (raid6)". Without such a function it would be "RaidPool 0". */
static int pool_label(struct iml_resource *pool, char *label, size_t size)
{
	snprintf(label, size, "Pool %lld (%s)", (long long)iml_get_integer(pool, "local_id"),
	    iml_text(pool, "raid_type"));
	return 0;
}

static int lun_label(struct iml_resource *lun, char *label, size_t size)
{
	iml_get_text(lun, "name", label, size);
	return 0;
}

/* clang-format off */

/* What the administrator adds: the two addresses of a couplet. */
static const struct iml_class couplet = {
	.name = "Couplet",
	.base = &iml_scannable,
	.identifier = IML_GLOBAL_ID("address_1", "address_2"),
	.attributes = IML_ATTRIBUTES(
		IML_HOSTNAME("address_1", .label = "First address"),
		IML_HOSTNAME("address_2", .label = "Second address", .optional = true)),
};

static const struct iml_class controller = {
	.name = "Controller",
	.label = "Controller",
	.base = &iml_controller,
	.identifier = IML_SCOPED_ID("index"),
	.attributes = IML_ATTRIBUTES(
		IML_ENUM("index", IML_NUMBERS(0, 1)),
		IML_ENUM("status", IML_OPTIONS("ONLINE", "OFFLINE"))),
	.alert_conditions = IML_ALERT_CONDITIONS(
		IML_VALUE_CONDITION("status", .error_states = IML_STATES("OFFLINE"),
			.message = "Controller does not answer")),
};

static const struct iml_class hard_drive = {
	.name = "HardDrive",
	.label = "Drive",
	.base = &iml_physical_disk,
	.identifier = IML_SCOPED_ID("serial_number"),
	.attributes = IML_ATTRIBUTES(
		IML_STRING("serial_number"),
		IML_BYTES("capacity"),
		IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
	.statistics = IML_STATISTICS(
		IML_GAUGE("temperature", .units = "C")),
	.alert_conditions = IML_ALERT_CONDITIONS(
		IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"),
			.message = "Drive failure"),
		IML_UPPER_BOUND("temperature", .warn_bound = IML_BOUND(60),
			.error_bound = IML_BOUND(85), .message = "Drive too hot")),
};

static const struct iml_class raid_pool = {
	.name = "RaidPool",
	.label = "Pool",
	.base = &iml_storage_pool,
	.identifier = IML_SCOPED_ID("local_id"),
	.attributes = IML_ATTRIBUTES(
		IML_INTEGER("local_id", .label = "Number", .min = IML_LIMIT(0)),
		IML_ENUM("raid_type", IML_OPTIONS("raid0", "raid1", "raid5", "raid6"),
			.label = "RAID type"),
		IML_BYTES("capacity"),
		IML_ENUM("status", IML_OPTIONS("OPTIMAL", "REBUILDING", "DEGRADED"))),
	.alert_conditions = IML_ALERT_CONDITIONS(
		IML_VALUE_CONDITION("status", .info_states = IML_STATES("REBUILDING"),
			.message = "Pool is rebuilding"),
		IML_VALUE_CONDITION("status", .warn_states = IML_STATES("DEGRADED"),
			.message = "Pool is degraded")),
	.get_label = pool_label,
};

/*
 * The attribute "size" is inherited from the logical drive. A server sees a LUN as a disk of the same
 * serial, whose parent the LUN becomes.
 */
static const struct iml_class lun = {
	.name = "Lun",
	.label = "LUN",
	.base = &iml_logical_drive,
	.identifier = IML_SCOPED_ID("local_id"),
	.attributes = IML_ATTRIBUTES(
		IML_INTEGER("local_id", .label = "Number", .min = IML_LIMIT(0)),
		IML_STRING("name", .max_length = 63),
		IML_STRING("serial")),
	.statistics = IML_STATISTICS(
		IML_COUNTER("read_bytes", .label = "Read", .units = IML_UNITS_BYTES),
		IML_COUNTER("write_bytes", .label = "Written", .units = IML_UNITS_BYTES)),
	.charts = IML_CHARTS(
		IML_CHART("Bandwidth", IML_SERIES("read_bytes", "write_bytes"))),
	.relations = IML_RELATIONS(
		IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true)),
	.get_label = lun_label,
};

/* clang-format on */

/* The resources of one scan that others name as their parents; NULL where a report was refused. */
struct parents {
	struct iml_resource *controllers[ARRAY_CONTROLLERS];
	struct iml_resource *drives[ARRAY_DRIVES];
	struct iml_resource *pools[ARRAY_POOLS];
};

/*
 * A refused report needs no action: it is logged, nothing is taken for gone because of it, and the
 * others are still reported. Its handle is NULL, though, and NULL is no parent.
 */
static void add_parents(struct iml_resource *child, struct iml_resource *const *parents, int count)
{
	for (int i = 0; child != NULL && i < count; i++)
		if (parents[i] != NULL)
			iml_add_parent(child, parents[i]);
}

static void report_hardware(struct iml_plugin *self, struct array *array, struct parents *known)
{
	struct array_controller c;
	struct array_drive d;

	while (array_next_controller(array, &c))
		known->controllers[c.index] = iml_update_or_create(self, &controller,
		    IML_NO_PARENTS, IML_SET("index", c.index),
		    IML_SET("status", c.online ? "ONLINE" : "OFFLINE"));
	while (array_next_drive(array, &d)) {
		struct iml_resource *drive = iml_update_or_create(self, &hard_drive, IML_NO_PARENTS,
		    IML_SET("serial_number", d.serial), IML_SET("capacity", d.bytes),
		    IML_SET("status", d.ok ? "OK" : "FAILED"));

		known->drives[d.slot] = drive;
		if (drive != NULL)
			iml_sample(drive, "temperature", d.celsius);
	}
}

static void report_pools(struct iml_plugin *self, struct array *array, struct parents *known)
{
	struct array_pool p;

	while (array_next_pool(array, &p)) {
		struct iml_resource *pool = iml_update_or_create(self, &raid_pool, IML_NO_PARENTS,
		    IML_SET("local_id", p.id), IML_SET("raid_type", p.raid_type),
		    IML_SET("capacity", p.bytes), IML_SET("status", p.status));

		known->pools[p.id] = pool;
		add_parents(pool, known->controllers, ARRAY_CONTROLLERS);
		add_parents(pool, known->drives + p.first_slot, p.drives);
	}
}

static void report_luns(struct iml_plugin *self, struct array *array, struct parents *known)
{
	struct array_lun l;
	int deleted;

	while (array_next_lun(array, &l)) {
		struct iml_resource *reported = iml_update_or_create(self, &lun, IML_NO_PARENTS,
		    IML_SET("local_id", l.id), IML_SET("name", l.name), IML_SET("serial", l.serial),
		    IML_SET("size", l.bytes));

		if (reported == NULL)
			continue;
		add_parents(reported, known->pools + l.pool, 1);
		iml_sample(reported, "read_bytes", l.bytes_read);
		iml_sample(reported, "write_bytes", l.bytes_written);
	}
	while (array_next_deleted_lun(array, &deleted))
		iml_remove_by_attr(self, &lun, IML_SET("local_id", deleted));
}

/* Reports everything there is. What did not change costs next to nothing. */
static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct array *array = iml_get_private(self);
	struct parents known = {0};

	if (!array_refresh(array))
		return iml_fail(self, "%s: lost contact", iml_text(scannable, "address_1"));
	report_hardware(self, array, &known);
	report_pools(self, array, &known);
	report_luns(self, array, &known);
	return 0;
}

/* Connects, keeps the connection with the session, and reports for the first time. */
static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	char reason[256];
	struct array *array = array_connect(iml_text(scannable, "address_1"),
	    iml_text(scannable, "address_2"), reason, sizeof(reason));

	if (array == NULL)
		return iml_fail(self, "can't connect to the couplet: %s", reason);
	iml_set_private(self, array);
	iml_set_update_period(self, 5);
	return update_scan(self, scannable);
}

/* Also called when initial_scan failed, so there may be no connection. */
static int teardown(struct iml_plugin *self)
{
	struct array *array = iml_get_private(self);

	if (array != NULL)
		array_disconnect(array);
	return 0;
}

IML_PLUGIN(example, .classes = IML_CLASSES(&couplet, &controller, &hard_drive, &raid_pool, &lun),
    .initial_scan = initial_scan, .update_scan = update_scan, .teardown = teardown);

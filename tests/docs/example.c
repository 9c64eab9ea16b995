/* SPDX-License-Identifier: MIT */
/* The plugin of example.py in C. The scans are left out in both. */
#include <iml/storage_plugin.h>

/* clang-format off */

static const struct iml_class couplet = {
	.name = "Couplet",
	.base = &iml_scannable,
	.identifier = IML_GLOBAL_ID("address_1", "address_2"),
	.attributes = IML_ATTRIBUTES(
		IML_HOSTNAME("address_1"),
		IML_HOSTNAME("address_2")),
};

static const struct iml_class controller = {
	.name = "Controller",
	.base = &iml_controller,
	.identifier = IML_SCOPED_ID("index"),
	.attributes = IML_ATTRIBUTES(
		IML_ENUM("index", IML_NUMBERS(0, 1))),
};

static const struct iml_class hard_drive = {
	.name = "HardDrive",
	.base = &iml_physical_disk,
	.identifier = IML_SCOPED_ID("serial_number"),
	.attributes = IML_ATTRIBUTES(
		IML_STRING("serial_number"),
		IML_BYTES("capacity")),
	.statistics = IML_STATISTICS(
		IML_GAUGE("temperature", .units = "C")),
};

static int pool_label(struct iml_resource *pool, char *label, size_t size)
{
	snprintf(label, size, "%lld", (long long)iml_get_integer(pool, "local_id"));
	return 0;
}

static const struct iml_class raid_pool = {
	.name = "RaidPool",
	.base = &iml_storage_pool,
	.identifier = IML_SCOPED_ID("local_id"),
	.attributes = IML_ATTRIBUTES(
		IML_INTEGER("local_id"),
		IML_ENUM("raid_type", IML_OPTIONS("raid0", "raid1", "raid5", "raid6")),
		IML_BYTES("capacity")),
	.get_label = pool_label,
};

static int lun_label(struct iml_resource *lun, char *label, size_t size)
{
	iml_get_text(lun, "name", label, size);
	return 0;
}

static const struct iml_class lun = {
	.name = "Lun",
	.base = &iml_logical_drive,
	.identifier = IML_SCOPED_ID("local_id"),
	.attributes = IML_ATTRIBUTES(
		IML_INTEGER("local_id"),
		IML_STRING("name"),
		IML_STRING("serial")),
	.relations = IML_RELATIONS(
		IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true)),
	.get_label = lun_label,
};

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	/*
	 * This is where the plugin should report all the resources that belong to the scannable, or
	 * fail with iml_fail() if that can't be done.
	 */
	(void)self, (void)scannable;
	return 0;
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	/* Report what changed, and statistics; remove what is gone. */
	(void)self, (void)scannable;
	return 0;
}

static int teardown(struct iml_plugin *self)
{
	/* Free what the session holds. */
	(void)self;
	return 0;
}

IML_PLUGIN(example, .classes = IML_CLASSES(&couplet, &controller, &hard_drive, &raid_pool, &lun),
	.initial_scan = initial_scan, .update_scan = update_scan, .teardown = teardown);

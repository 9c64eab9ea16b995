/* SPDX-License-Identifier: MIT */
/* All that can be declared: every type and option, and classes that inherit over several levels. */
#include <iml/storage_plugin.h>
#include <string.h>

static int obfuscate(const char *password, char *out, size_t size)
{
	size_t length = strlen(password);

	if (length >= size)
		return -1;
	for (size_t i = 0; i < length; i++)
		out[i] = password[length - 1 - i];
	out[length] = '\0';
	return 0;
}

static int name_of_serial(struct iml_resource *resource)
{
	return iml_set(resource, "name", iml_text(resource, "serial"));
}

static int label(struct iml_resource *resource, char *label, size_t size)
{
	iml_get_text(resource, "name", label, size);
	return 0;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *array)
{
	(void)self;
	(void)array;
	return 0;
}

/* Derived classes may come before their bases. */
static const struct iml_class lun, thin_lun;
static const struct iml_class flash_lun = {
    .name = "FlashLun",
    .base = &thin_lun,
    .identifier = IML_GLOBAL_ID("wwn"),
    .attributes = IML_ATTRIBUTES(IML_UUID("wwn"), IML_INTEGER("wear", .hidden = true)),
    .statistics = IML_STATISTICS(IML_GAUGE("temperature", .units = "C")),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_UPPER_BOUND("temperature", .error_bound = IML_BOUND(85.5))),
    .device_type = "flash",
};

static const struct iml_class thin_lun = {
    .name = "ThinLun",
    .label = "Thin LUN",
    .base = &lun,
    .identifier = IML_SCOPED_ID("name", "size"),
    /* Declared anew: now mandatory and bounded, and last. */
    .attributes = IML_ATTRIBUTES(
        IML_BYTES("allocated"), IML_INTEGER("note", .min = IML_LIMIT(1), .max = IML_LIMIT(5))),
    .statistics = IML_STATISTICS(
        IML_COUNTER("writes", .sample_period = 60), IML_GAUGE("reads", .units = "op/s")),
    .alert_conditions = IML_ALERT_CONDITIONS(IML_VALUE_CONDITION(
        "status", .id = "thin", .error_states = IML_STATES("FAILED"), .message = "Thin failure")),
};

static const struct iml_class lun = {
    .name = "Lun",
    .base = &iml_logical_drive_slice,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_STRING("note", .optional = true),
        IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
    .statistics = IML_STATISTICS(IML_COUNTER("reads")),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"),
            .warn_states = IML_STATES("OK", NULL), .raise_after = 3)),
    .get_label = label,
    .unusable_for_lustre = true,
};

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_AUTO_ID(),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address"), IML_STRING("serial", .optional = true),
        IML_STRING("name", .default_function = name_of_serial),
        IML_PASSWORD("password", .obfuscate = obfuscate, .max_length = 20),
        IML_BOOLEAN("active", .default_value = IML_DEFAULT(1)), IML_PATH("path", .optional = true),
        IML_ENUM("level", IML_NUMBERS(1, 2), .default_value = IML_DEFAULT(2)),
        IML_REFERENCE("twin", .label = "Twin array", .optional = true, .user_read_only = true)),
    .statistics = IML_STATISTICS(
        IML_HISTOGRAM("sizes", IML_BINS({0, 512}, {513, IML_OPEN}), .units = "bytes")),
    .charts = IML_CHARTS(IML_CHART("Sizes of requests", IML_SERIES("sizes"))),
};

static const struct iml_class plain = {
    .name = "Plain",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .relations = IML_RELATIONS(IML_SUBSCRIBE(&lun, IML_MATCH("serial")),
        IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true)),
};

IML_PLUGIN(good_classes, .classes = IML_CLASSES(&flash_lun, &thin_lun, &lun, &array, &plain),
    .initial_scan = initial_scan);

/* SPDX-License-Identifier: MIT */
/* The controller of an array whose LUNs are disks of servers, which t_volumes reports. */
#include "relation_script.h"

static int name_label(struct iml_resource *resource, char *label, size_t size)
{
	iml_get_text(resource, "lun", label, size);
	return 0;
}

static const struct iml_class controller = {
    .name = "Controller",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_PATH("script")),
};

static const struct iml_class drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("slot"),
    .attributes = IML_ATTRIBUTES(
        IML_STRING("slot"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"), .optional = true)),
    .alert_conditions = IML_ALERT_CONDITIONS(IML_VALUE_CONDITION(
        "status", .error_states = IML_STATES("FAILED"), .message = "Drive failure")),
};

static const struct iml_class lun = {
    .name = "Lun",
    .base = &iml_logical_drive,
    .identifier = IML_SCOPED_ID("lun"),
    .attributes = IML_ATTRIBUTES(IML_STRING("lun"), IML_STRING("key", .optional = true),
        IML_BYTES("size", .default_value = IML_DEFAULT(4096))),
    .get_label = name_label,
    .relations =
        IML_RELATIONS(IML_PROVIDE_TO("t_volumes", "Disk", IML_MATCH("key"), .ignore_case = true)),
};

static const struct iml_class presentation = {
    .name = "Presentation",
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_STRING("lun", .optional = true),
        IML_INTEGER("host_id", .optional = true), IML_STRING("path", .optional = true)),
    .relations = IML_RELATIONS(IML_SUBSCRIBE(&lun, IML_MATCH("lun")),
        IML_PROVIDE_TO("t_volumes", "Node", IML_MATCH("host_id", "path"))),
};

static const struct iml_class *const script_classes[] = {&drive, &lun, &presentation, NULL};

IML_PLUGIN(t_controller, .classes = IML_CLASSES(&controller, &drive, &lun, &presentation),
    .initial_scan = script_scan, .update_scan = script_scan);

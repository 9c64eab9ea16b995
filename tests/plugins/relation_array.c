/* SPDX-License-Identifier: MIT */
/* The controllers of an array, whose LUNs are the devices of servers. */
#include "relation_script.h"

static const struct iml_class controller = {
    .name = "Controller",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_PATH("script")),
};

static const struct iml_class disk = {
    .name = "Disk",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(
        IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "FAILED"), .optional = true)),
    .alert_conditions = IML_ALERT_CONDITIONS(IML_VALUE_CONDITION(
        "status", .error_states = IML_STATES("FAILED"), .message = "Drive failure")),
};

static const struct iml_class lun = {
    .name = "Lun",
    .identifier = IML_SCOPED_ID("lun"),
    .attributes = IML_ATTRIBUTES(IML_STRING("lun"), IML_STRING("serial", .optional = true)),
    .relations = IML_RELATIONS(
        IML_PROVIDE_TO("relation_linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true)),
};

static const struct iml_class fat_lun = {
    .name = "FatLun",
    .base = &lun,
    .identifier = IML_SCOPED_ID("lun"),
};

static const struct iml_class presentation = {
    .name = "Presentation",
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_STRING("lun", .optional = true),
        IML_STRING("path", .optional = true)),
    .relations = IML_RELATIONS(IML_SUBSCRIBE(&lun, IML_MATCH("lun")),
        IML_PROVIDE_TO("relation_linux", "Node", IML_MATCH("path"))),
};

static const struct iml_class *const script_classes[] = {
    &disk, &lun, &fat_lun, &presentation, NULL};

IML_PLUGIN(relation_array,
    .classes = IML_CLASSES(&controller, &disk, &lun, &fat_lun, &presentation),
    .initial_scan = script_scan, .update_scan = script_scan);

/* SPDX-License-Identifier: MIT */
/* Arrays whose LUNs are the devices of servers. */
#include "naive_script.h"

static const struct iml_class box = {
    .name = "Box",
    .label = "Box",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(NAIVE_SCANNABLE),
};

static const struct iml_class numbered = {
    .name = "Numbered",
    .label = "Numbered",
    .base = &iml_scannable,
    .identifier = IML_AUTO_ID(),
    .attributes = IML_ATTRIBUTES(NAIVE_SCANNABLE),
};

static const struct iml_class tray = {
    .name = "Tray",
    .label = "Tray",
    .base = &iml_enclosure,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE),
    .alert_conditions = NAIVE_CONDITIONS,
};

static const struct iml_class spindle = {
    .name = "Spindle",
    .label = "Spindle",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("tray", "name"),
    .attributes = IML_ATTRIBUTES(IML_REFERENCE("tray"), IML_INTEGER("name"), NAIVE_STATE,
        IML_REFERENCE("spare", .optional = true)),
    .alert_conditions = NAIVE_CONDITIONS,
};

static const struct iml_class lun = {
    .name = "Lun",
    .label = "Lun",
    .base = &iml_logical_drive,
    .identifier = IML_SCOPED_ID("name"),
    .attributes =
        IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE, IML_STRING("wwn", .optional = true),
            IML_INTEGER("size", .optional = true), IML_REFERENCE("spindle")),
    .alert_conditions = NAIVE_CONDITIONS,
    .relations = IML_RELATIONS(
        IML_PROVIDE_TO("naive_linux", "Device", IML_MATCH("wwn"), .ignore_case = true)),
};

static const struct iml_class fat_lun = {
    .name = "FatLun",
    .label = "FatLun",
    .base = &lun,
    .identifier = IML_SCOPED_ID("name"),
    .device_type = "zfs",
};

static const struct iml_class shared = {
    .name = "Shared",
    .label = "Shared",
    .base = &iml_logical_drive,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes =
        IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE, IML_STRING("wwn", .optional = true),
            IML_INTEGER("size", .optional = true), IML_REFERENCE("home", .optional = true)),
    .alert_conditions = NAIVE_CONDITIONS,
};

static const struct iml_class *const script_classes[] = {
    &tray, &spindle, &lun, &fat_lun, &shared, NULL};

IML_PLUGIN(naive_array,
    .classes = IML_CLASSES(&box, &numbered, &tray, &spindle, &lun, &fat_lun, &shared),
    .initial_scan = script_scan, .update_scan = script_scan);

/* SPDX-License-Identifier: MIT */
/* Servers whose devices are the LUNs of arrays. */
#include "naive_script.h"

static const struct iml_class server = {
    .name = "Server",
    .label = "Server",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(NAIVE_SCANNABLE),
};

static const struct iml_class device = {
    .name = "Device",
    .label = "Device",
    .base = &iml_device_node,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE,
        IML_STRING("wwn", .optional = true), IML_INTEGER("size", .optional = true)),
    .alert_conditions = NAIVE_CONDITIONS,
    .relations = IML_RELATIONS(IML_SUBSCRIBE_TO("naive_array", "Shared", IML_MATCH("wwn", "size"))),
};

static const struct iml_class export_ = {
    .name = "Export",
    .label = "Export",
    .base = &iml_logical_drive,
    .unusable_for_lustre = true,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE,
        IML_INTEGER("size", .optional = true), IML_REFERENCE("device")),
    .alert_conditions = NAIVE_CONDITIONS,
    .relations = IML_RELATIONS(IML_SUBSCRIBE_TO("naive_array", "Lun", IML_MATCH("size"))),
};

static const struct iml_class part = {
    .name = "Part",
    .label = "Part",
    .base = &iml_logical_drive_slice,
    .identifier = IML_SCOPED_ID("name"),
    .attributes =
        IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE, IML_INTEGER("size", .optional = true)),
    .alert_conditions = NAIVE_CONDITIONS,
};

static const struct iml_class rating = {
    .name = "Rating",
    .label = "Rating",
    .base = &iml_path_weight,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name"), IML_STRING("wwn", .optional = true)),
    .relations = IML_RELATIONS(IML_PROVIDE_TO("naive_linux", "Device", IML_MATCH("wwn"))),
};

static const struct iml_class mount = {
    .name = "Mount",
    .label = "Mount",
    .base = &iml_logical_drive_occupier,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name"), IML_INTEGER("size", .optional = true)),
    .relations = IML_RELATIONS(IML_SUBSCRIBE_TO("naive_linux", "Part", IML_MATCH("size"))),
};

static const struct iml_class machine = {
    .name = "Machine",
    .label = "Machine",
    .base = &iml_virtual_machine,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name")),
};

static const struct iml_class *const script_classes[] = {
    &device, &export_, &part, &rating, &mount, &machine, NULL};

IML_PLUGIN(naive_linux,
    .classes = IML_CLASSES(&server, &device, &export_, &part, &rating, &mount, &machine),
    .initial_scan = script_scan, .update_scan = script_scan);

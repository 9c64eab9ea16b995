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
    .base = &iml_controller,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE,
        IML_STRING("wwn", .optional = true), IML_INTEGER("size", .optional = true)),
    .alert_conditions = NAIVE_CONDITIONS,
    .relations = IML_RELATIONS(IML_SUBSCRIBE_TO("naive_array", "Shared", IML_MATCH("wwn", "size"))),
};

static const struct iml_class export_ = {
    .name = "Export",
    .label = "Export",
    .base = &iml_controller,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("name"), NAIVE_STATE,
        IML_INTEGER("size", .optional = true), IML_REFERENCE("device")),
    .alert_conditions = NAIVE_CONDITIONS,
    .relations = IML_RELATIONS(IML_SUBSCRIBE_TO("naive_array", "Lun", IML_MATCH("size"))),
};

static const struct iml_class *const script_classes[] = {&device, &export_, NULL};

IML_PLUGIN(naive_linux, .classes = IML_CLASSES(&server, &device, &export_),
    .initial_scan = script_scan, .update_scan = script_scan);

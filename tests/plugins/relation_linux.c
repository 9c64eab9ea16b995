/* SPDX-License-Identifier: MIT */
/* Servers with their devices, which know nothing of arrays. */
#include "relation_script.h"

static const struct iml_class server = {
    .name = "Server",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_PATH("script")),
};

static const struct iml_class device = {
    .name = "ScsiDevice",
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_STRING("serial", .optional = true)),
};

static const struct iml_class fast_device = {
    .name = "FastDevice",
    .base = &device,
    .identifier = IML_SCOPED_ID("name"),
};

static const struct iml_class node = {
    .name = "Node",
    .identifier = IML_SCOPED_ID("path"),
    .attributes = IML_ATTRIBUTES(IML_STRING("path")),
};

static const struct iml_class *const script_classes[] = {&device, &fast_device, &node, NULL};

IML_PLUGIN(relation_linux, .classes = IML_CLASSES(&server, &device, &fast_device, &node),
    .initial_scan = script_scan, .update_scan = script_scan);

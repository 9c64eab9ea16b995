/* SPDX-License-Identifier: MIT */
/* Relations to every kind of target, and some that nothing can take part in, which is no error. */
#include <iml/storage_plugin.h>

static const struct iml_class presentation;

static const struct iml_class lun = {
    .name = "Lun",
    .base = &iml_logical_drive,
    .identifier = IML_SCOPED_ID("lun_id"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("lun_id"), IML_STRING("serial"),
        IML_STRING("wwn", .optional = true), IML_STRING("alias", .optional = true)),
    .relations = IML_RELATIONS(
        IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true),
        IML_PROVIDE(&presentation, IML_MATCH("alias")),
        /* The node derived from it has a "wwn"; a fan has none. */
        IML_PROVIDE(&iml_device_node, IML_MATCH("wwn")), IML_PROVIDE(&iml_fan, IML_MATCH("wwn"))),
};

static const struct iml_class thin_lun = {
    .name = "ThinLun",
    .base = &lun,
    .identifier = IML_SCOPED_ID("lun_id"),
    /* Declared anew, and still matched. */
    .attributes = IML_ATTRIBUTES(IML_UUID("wwn", .optional = true), IML_STRING("pool")),
    .relations = IML_RELATIONS(IML_SUBSCRIBE_TO("acme", "Pool", IML_MATCH("pool"))),
};

static const struct iml_class presentation = {
    .name = "Presentation",
    .identifier = IML_SCOPED_ID("host_id", "path"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("host_id"), IML_PATH("path"), IML_INTEGER("lun_id")),
    .relations = IML_RELATIONS(IML_PROVIDE(&iml_device_node, IML_MATCH("host_id", "path")),
        IML_SUBSCRIBE(&lun, IML_MATCH("lun_id")),
        IML_SUBSCRIBE_TO("good_relations", "ThinLun", IML_MATCH("lun_id"))),
};

static const struct iml_class node = {
    .name = "Node",
    .base = &iml_device_node,
    .identifier = IML_SCOPED_ID("path"),
    .attributes = IML_ATTRIBUTES(IML_STRING("wwn")),
};

IML_PLUGIN(good_relations, .classes = IML_CLASSES(&lun, &thin_lun, &presentation, &node));

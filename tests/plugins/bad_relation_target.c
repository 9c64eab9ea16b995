/* SPDX-License-Identifier: MIT */
/* Relations to what is no class. */
#include <iml/storage_plugin.h>

static const struct iml_class forgotten = {.name = "Forgotten"};

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .relations = IML_RELATIONS(IML_PROVIDE(&forgotten, IML_MATCH("serial")),
        IML_PROVIDE((const struct iml_class *)64, IML_MATCH("serial")),
        IML_PROVIDE(NULL, IML_MATCH("serial")), IML_PROVIDE_TO("linux", NULL, IML_MATCH("serial")),
        IML_PROVIDE_TO("linux", "", IML_MATCH("serial")),
        IML_SUBSCRIBE(&iml_fan, IML_MATCH("serial"), .target_plugin = "linux"),
        IML_SUBSCRIBE_TO("bad_relation_target", "drive", IML_MATCH("serial")),
        {.type = 3, .target = &iml_device_node, IML_MATCH("serial")}),
};

static const struct iml_class fan = {
    .name = "Fan",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .relations = {.items = (const struct iml_relation *)64, .count = 1},
};

IML_PLUGIN(bad_relation_target, .classes = IML_CLASSES(&drive, &fan));

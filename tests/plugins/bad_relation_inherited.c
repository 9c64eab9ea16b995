/* SPDX-License-Identifier: MIT */
/* What a class declares anew does not suit the relation that it inherits. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_STRING("shelf", .optional = true)),
    .relations = IML_RELATIONS(IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("shelf"))),
};

static const struct iml_class ssd = {
    .name = "Ssd",
    .base = &drive,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_REFERENCE("shelf", .optional = true)),
};

IML_PLUGIN(bad_relation_inherited, .classes = IML_CLASSES(&drive, &ssd));

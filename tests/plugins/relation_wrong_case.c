/* SPDX-License-Identifier: MIT */
/* Names a class of another plugin as that does not spell it. */
#include "relation_script.h"

static const struct iml_class box = {
    .name = "Box",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_PATH("script")),
};

static const struct iml_class lun = {
    .name = "Lun",
    .identifier = IML_SCOPED_ID("lun"),
    .attributes = IML_ATTRIBUTES(IML_STRING("lun"), IML_STRING("serial", .optional = true)),
    .relations = IML_RELATIONS(IML_PROVIDE_TO("relation_linux", "scsidevice", IML_MATCH("serial"))),
};

static const struct iml_class *const script_classes[] = {&lun, NULL};

IML_PLUGIN(relation_wrong_case, .classes = IML_CLASSES(&box, &lun), .initial_scan = script_scan,
    .update_scan = script_scan);

/* SPDX-License-Identifier: MIT */
/* Relations to classes of the plugin linux: one that it has, one that it has not. */
#include <iml/storage_plugin.h>

static const struct iml_class volume = {
    .name = "Volume",
    .base = &iml_logical_drive,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_STRING("nickname")),
    .relations = IML_RELATIONS(IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial")),
        IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("nickname")),
        IML_PROVIDE_TO("linux", "scsidevice", IML_MATCH("serial"))),
};

static const struct iml_class thin_volume = {
    .name = "ThinVolume",
    .base = &volume,
    .identifier = IML_SCOPED_ID("serial"),
};

IML_PLUGIN(relation_elsewhere, .classes = IML_CLASSES(&thin_volume, &volume));

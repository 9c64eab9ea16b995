/* SPDX-License-Identifier: MIT */
/* The device type of something that is no logical drive. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .device_type = "zfs",
};

IML_PLUGIN(bad_device_type, .classes = IML_CLASSES(&drive));

/* SPDX-License-Identifier: MIT */
/* A NULL among the classes. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_class_null, .classes = IML_CLASSES(&drive, NULL));

/* SPDX-License-Identifier: MIT */
/* Two classes of one name, and a class that is listed twice. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class other = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class fan = {
    .name = "Fan",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_class_duplicate, .classes = IML_CLASSES(&drive, &other, &fan, &fan));

/* SPDX-License-Identifier: MIT */
/* Calls itself by another name than its file. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(quite_another, .classes = IML_CLASSES(&drive), .internal = true);

/* SPDX-License-Identifier: MIT */
/* Two attributes of one name. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("size"), IML_INTEGER("size")),
};

IML_PLUGIN(bad_attribute_duplicate, .classes = IML_CLASSES(&drive));

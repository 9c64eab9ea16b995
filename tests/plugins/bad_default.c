/* SPDX-License-Identifier: MIT */
/* Defaults that could not be assigned. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"),
        IML_INTEGER("slot", .default_value = IML_DEFAULT("first")),
        IML_INTEGER("bay", .max = IML_LIMIT(9), .default_value = IML_DEFAULT(10)),
        IML_STRING("name", .max_length = 3, .default_value = IML_DEFAULT("long")),
        IML_ENUM("status", IML_OPTIONS("OK"), .default_value = IML_DEFAULT("BAD")),
        IML_REFERENCE("twin", .default_value = IML_DEFAULT(1)),
        IML_STRING("note", .optional = true, .default_value = IML_DEFAULT(1))),
};

IML_PLUGIN(bad_default, .classes = IML_CLASSES(&drive));

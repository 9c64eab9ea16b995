/* SPDX-License-Identifier: MIT */
/* A least value above the greatest, and a length below 0. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"),
        IML_INTEGER("slot", .min = IML_LIMIT(10), .max = IML_LIMIT(5)),
        IML_BYTES("capacity", .max = IML_LIMIT(-1)),
        IML_STRING("name", .max_length = (uint32_t)-20)),
};

IML_PLUGIN(bad_limits, .classes = IML_CLASSES(&drive));

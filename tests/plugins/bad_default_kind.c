/* SPDX-License-Identifier: MIT */
/* Defaults that no constant can be, or that the type does not take. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_STRING("model", .default_value = {.kind = 77}),
            IML_INTEGER("slot", .default_value = {.kind = IML_KIND_RESOURCE}),
            IML_BYTES("capacity", .default_value = IML_DEFAULT(-1)),
            IML_INTEGER("bay", .default_value = {.kind = IML_KIND_UNSIGNED, .integer = -1}),
            IML_HOSTNAME("host", .default_value = IML_DEFAULT("not a host")),
            IML_UUID("uuid", .default_value = IML_DEFAULT("deadbeef")),
            IML_PATH("path", .default_value = IML_DEFAULT(""))),
};

IML_PLUGIN(bad_default_kind, .classes = IML_CLASSES(&drive));

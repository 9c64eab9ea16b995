/* SPDX-License-Identifier: MIT */
/* Set by the plugin only, but mandatory. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_STRING("firmware", .user_read_only = true)),
};

IML_PLUGIN(bad_read_only, .classes = IML_CLASSES(&drive));

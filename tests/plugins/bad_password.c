/* SPDX-License-Identifier: MIT */
/* A password without a function to obfuscate it. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_PASSWORD("password")),
};

IML_PLUGIN(bad_password, .classes = IML_CLASSES(&drive));

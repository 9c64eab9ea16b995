/* SPDX-License-Identifier: MIT */
/* A derived class without an identifier of its own. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class ssd = {
    .name = "Ssd",
    .base = &drive,
};

IML_PLUGIN(bad_id_missing, .classes = IML_CLASSES(&drive, &ssd));

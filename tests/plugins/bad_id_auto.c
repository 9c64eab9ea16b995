/* SPDX-License-Identifier: MIT */
/* An automatic identifier of a class that is not scannable. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_AUTO_ID(),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_id_auto, .classes = IML_CLASSES(&drive));

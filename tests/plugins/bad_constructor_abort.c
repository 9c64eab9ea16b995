/* SPDX-License-Identifier: MIT */
/* Aborts while it is loaded. */
#include <iml/storage_plugin.h>

#include <stdlib.h>

__attribute__((constructor)) static void begin(void)
{
	abort();
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_constructor_abort, .classes = IML_CLASSES(&drive));

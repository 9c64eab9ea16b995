/* SPDX-License-Identifier: MIT */
/* Ends the process while it is loaded. */
#include <iml/storage_plugin.h>

#include <stdlib.h>

__attribute__((constructor)) static void begin(void)
{
	exit(10);
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_constructor_exit, .classes = IML_CLASSES(&drive));

/* SPDX-License-Identifier: MIT */
/* Never returns while it is loaded. */
#include <iml/storage_plugin.h>

#include <unistd.h>

__attribute__((constructor)) static void begin(void)
{
	for (;;)
		pause();
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_constructor_hang, .classes = IML_CLASSES(&drive));

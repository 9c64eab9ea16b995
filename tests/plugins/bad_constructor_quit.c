/* SPDX-License-Identifier: MIT */
/* Ends the process while it is loaded, as if all were well. */
#include <iml/storage_plugin.h>

#include <unistd.h>

__attribute__((constructor)) static void begin(void)
{
	_exit(0);
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_constructor_quit, .classes = IML_CLASSES(&drive));

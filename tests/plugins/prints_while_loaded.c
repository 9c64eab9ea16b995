/* SPDX-License-Identifier: MIT */
/* Prints while it is loaded. */
#include <iml/storage_plugin.h>

__attribute__((constructor)) static void begin(void)
{
	puts("welcome to \033[1mACME\033[0m");
	fflush(stdout);
	fputs("no license", stderr);
}

static const struct iml_class drive = {
    .name = "Drive",
    .label = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(prints_while_loaded, .classes = IML_CLASSES(&drive));

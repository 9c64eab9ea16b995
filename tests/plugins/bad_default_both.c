/* SPDX-License-Identifier: MIT */
/* A fixed default and a function for it. */
#include <iml/storage_plugin.h>

static int fill_in(struct iml_resource *resource)
{
	(void)resource;
	return 0;
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"),
        IML_STRING("name", .default_value = IML_DEFAULT("x"), .default_function = fill_in)),
};

IML_PLUGIN(bad_default_both, .classes = IML_CLASSES(&drive));

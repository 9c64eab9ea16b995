/* SPDX-License-Identifier: MIT */
/* Calls a function that nobody has. */
#include <iml/storage_plugin.h>

void function_that_nobody_has(void);

static int teardown(struct iml_plugin *self)
{
	(void)self;
	function_that_nobody_has();
	return 0;
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_unresolved, .classes = IML_CLASSES(&drive), .teardown = teardown);

/* SPDX-License-Identifier: MIT */
/* Attributes of a scannable class that nobody can fill in. */
#include <iml/storage_plugin.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	return 0;
}

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_AUTO_ID(),
    .attributes = IML_ATTRIBUTES(IML_STRING("secret", .hidden = true), IML_REFERENCE("twin"),
        IML_STRING("known", .hidden = true, .default_value = IML_DEFAULT("x")),
        IML_STRING("free", .hidden = true, .optional = true)),
};

IML_PLUGIN(bad_scannable_hidden, .classes = IML_CLASSES(&array), .initial_scan = initial_scan);

/* SPDX-License-Identifier: MIT */
/* An automatic identifier that names attributes. */
#include <iml/storage_plugin.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	return 0;
}

static const char *const names[] = {"address"};

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = {.scope = IML_ID_AUTO, .count = 1, .names = names},
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address")),
};

IML_PLUGIN(bad_id_auto_names, .classes = IML_CLASSES(&array), .initial_scan = initial_scan);

/* SPDX-License-Identifier: MIT */
/* Five different mistakes. */
#include <iml/storage_plugin.h>

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	return 0;
}

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("adress"),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address"), IML_PASSWORD("password")),
};

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_ENUM("status")),
    .statistics = IML_STATISTICS(IML_GAUGE("load", .sample_period = -5)),
};

IML_PLUGIN(bad_five, .classes = IML_CLASSES(&array, &drive), .update_scan = update_scan);

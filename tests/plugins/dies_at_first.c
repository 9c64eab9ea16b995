/* SPDX-License-Identifier: MIT */
/* Dies while it is loaded as long as there is a file beside it, with ".trap" after its name. */
#include <iml/storage_plugin.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("address"),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address")),
};

__attribute__((constructor)) static void begin(void)
{
	char trap[4096];
	Dl_info own;

	if (dladdr(&array, &own) == 0)
		return;
	snprintf(trap, sizeof(trap), "%s.trap", own.dli_fname);
	if (access(trap, F_OK) == 0)
		abort();
}

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_set_update_period(self, 1);
	return 0;
}

IML_PLUGIN(
    dies_at_first, .classes = IML_CLASSES(&array), .initial_scan = scan, .update_scan = scan);

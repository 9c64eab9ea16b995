/* SPDX-License-Identifier: MIT */
/* Crashes in its scan, after it started a process that prints for ever. */
#include <iml/storage_plugin.h>

#include <stdlib.h>
#include <unistd.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name")),
};

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	if (fork() == 0) {
		execlp("yes", "yes", (char *)NULL);
		_exit(1);
	}
	abort();
}

IML_PLUGIN(leaves_child, .classes = IML_CLASSES(&array), .initial_scan = initial_scan);

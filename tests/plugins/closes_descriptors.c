/* SPDX-License-Identifier: MIT */
/* A plugin that closes every descriptor it finds, as some libraries do before a fork. */
#include "t_array.h"

#include <unistd.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	report_drive(self, "D0", 1);
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	return 0;
}

IML_PLUGIN(
    closes_descriptors, .classes = IML_CLASSES(&array, &drive), .initial_scan = initial_scan);

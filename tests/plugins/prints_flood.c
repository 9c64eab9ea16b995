/* SPDX-License-Identifier: MIT */
/* A plugin that prints and logs far more lines than anybody reads. */
#include "t_array.h"

#include <stdio.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	for (int i = 0; i < 50; i++)
		iml_warning(self, "high water");
	for (int i = 0; i < 100000; i++) {
		printf("flood %d\n", i);
		iml_warning(self, "deluge %d", i);
	}
	fflush(stdout);
	report_drive(self, "D0", 1);
	return 0;
}

IML_PLUGIN(prints_flood, .classes = IML_CLASSES(&array, &drive), .initial_scan = initial_scan);

/* SPDX-License-Identifier: MIT */
/* Prints in its first scan. */
#include "certify_box.h"

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	printf("connecting to the box\n");
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_prints, .initial_scan = initial_scan, .update_scan = box_scan);

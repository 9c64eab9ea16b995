/* SPDX-License-Identifier: MIT */
/* Crashes when it counts to ten. */
#include "certify_box.h"

#include <stdint.h>

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	intptr_t scans = (intptr_t)iml_get_private(self) + 1;

	iml_set_private(self, (void *)scans);
	if (scans == 10)
		abort();
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_crashes_in_scan, .initial_scan = box_scan, .update_scan = update_scan);

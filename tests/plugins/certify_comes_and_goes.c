/* SPDX-License-Identifier: MIT */
/* Takes a drive for gone in every second scan. */
#include "certify_box.h"

#include <stdint.h>

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	intptr_t scans = (intptr_t)iml_get_private(self) + 1;

	iml_set_private(self, (void *)scans);
	box_scan(self, scannable);
	if (scans % 2 == 0)
		iml_remove_by_attr(self, &drive, IML_SET("serial", "S5"));
	return 0;
}

BOX_PLUGIN(certify_comes_and_goes, .initial_scan = box_scan, .update_scan = update_scan);

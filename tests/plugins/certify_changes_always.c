/* SPDX-License-Identifier: MIT */
/* Reports the number of the scan as an attribute. */
#include "certify_box.h"

#include <stdint.h>

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	intptr_t scans = (intptr_t)iml_get_private(self) + 1;
	struct iml_resource *first = NULL;
	size_t count = 0;

	iml_set_private(self, (void *)scans);
	box_scan(self, scannable);
	iml_find(self, &drive, &first, 1, &count, IML_SET("serial", "S0"));
	if (first != NULL)
		iml_set(first, "position", (int64_t)scans + 1000);
	return 0;
}

BOX_PLUGIN(certify_changes_always, .initial_scan = box_scan, .update_scan = update_scan);

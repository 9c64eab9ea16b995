/* SPDX-License-Identifier: MIT */
/* Says goodbye to a device that does not answer. */
#include "certify_box.h"

#include <unistd.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	box_scan(self, scannable);
	if (iml_stopping(self))
		sleep(6);
	return 0;
}

BOX_PLUGIN(certify_stops_slowly, .initial_scan = initial_scan, .update_scan = box_scan);

/* SPDX-License-Identifier: MIT */
/* Counts the scans of all sessions, without a lock. */
#include "certify_box.h"

static long scans;

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	scans++;
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_races, .initial_scan = scan, .update_scan = scan);

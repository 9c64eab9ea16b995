/* SPDX-License-Identifier: MIT */
/* Loses a little memory in each update scan. */
#include "certify_box.h"

static _Thread_local char *volatile lost;

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	lost = malloc(100);
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_leaks_memory, .initial_scan = box_scan, .update_scan = update_scan);

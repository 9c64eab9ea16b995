/* SPDX-License-Identifier: MIT */
/* Exports more than its definition. */
#include "certify_box.h"

__attribute__((visibility("default"))) int certify_helper(void);

int certify_helper(void)
{
	return 0;
}

BOX_PLUGIN(certify_exports, .initial_scan = box_scan, .update_scan = box_scan);

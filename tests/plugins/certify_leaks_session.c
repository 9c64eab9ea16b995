/* SPDX-License-Identifier: MIT */
/* Never frees what it keeps with a session. */
#include "certify_box.h"

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_private(self, malloc(1000));
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_leaks_session, .initial_scan = initial_scan, .update_scan = box_scan);

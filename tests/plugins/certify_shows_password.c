/* SPDX-License-Identifier: MIT */
/* Logs what it logs in with. */
#include "certify_box.h"

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_debug(self, "login with %s", iml_text(scannable, "password"));
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_shows_password, .initial_scan = initial_scan, .update_scan = box_scan);

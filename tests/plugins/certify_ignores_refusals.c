/* SPDX-License-Identifier: MIT */
/* Tries a refused report again until it is taken. */
#include "certify_box.h"

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	while (iml_update_or_create(self, &drive, IML_NO_PARENTS, IML_SET("serial", "S0"),
	           IML_SET("status", "OK")) == NULL)
		continue;
	return 0;
}

BOX_PLUGIN(certify_ignores_refusals, .initial_scan = scan, .update_scan = scan);

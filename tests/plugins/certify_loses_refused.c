/* SPDX-License-Identifier: MIT */
/* Removes a drive whose temperature was refused. */
#include "certify_box.h"

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *found = iml_update_or_create(
	    self, &drive, IML_NO_PARENTS, IML_SET("serial", "S0"), IML_SET("status", "OK"));

	(void)scannable;
	if (found != NULL && iml_sample(found, "temperature", 30) != 0)
		iml_remove(found);
	return 0;
}

BOX_PLUGIN(certify_loses_refused, .initial_scan = scan, .update_scan = scan);

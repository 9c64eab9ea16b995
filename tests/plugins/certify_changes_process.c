/* SPDX-License-Identifier: MIT */
/* Makes itself at home in the process. */
#include "certify_box.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	signal(SIGPIPE, SIG_IGN);
	umask(0);
	setenv("CERTIFY_BOX", "yes", 1);
	if (chdir("/") != 0)
		return iml_fail(self, "can't change the directory");
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_changes_process, .initial_scan = initial_scan, .update_scan = box_scan);

/* SPDX-License-Identifier: MIT */
/* Has one connection for all sessions, which is in use or not. */
#include "certify_box.h"

#include <stdatomic.h>
#include <time.h>

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	static atomic_int users;

	if (atomic_fetch_add(&users, 1) > 0) {
		atomic_fetch_sub(&users, 1);
		return iml_fail(self, "the connection is in use");
	}
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	box_scan(self, scannable);
	atomic_fetch_sub(&users, 1);
	return 0;
}

BOX_PLUGIN(certify_shares_state, .initial_scan = scan, .update_scan = scan);

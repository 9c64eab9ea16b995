/* SPDX-License-Identifier: MIT */
/* Has one lock for all sessions, and keeps it as long as a scan lasts. */
#include "certify_box.h"

#include <pthread.h>

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	box_scan(self, scannable);
	pthread_mutex_unlock(&lock);
	return 0;
}

BOX_PLUGIN(certify_locks_all, .initial_scan = scan, .update_scan = scan);

/* SPDX-License-Identifier: MIT */
/* Starts one thread for all sessions, which never ends. */
#include "certify_box.h"

#include <pthread.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *stay(void *context)
{
	for (;;)
		pause();
	return context;
}

static void start(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, stay, NULL);
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	pthread_once(&once, start);
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_leaves_thread, .initial_scan = initial_scan, .update_scan = box_scan);

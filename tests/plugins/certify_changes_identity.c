/* SPDX-License-Identifier: MIT */
/* Makes up serial numbers anew in each session. */
#include "certify_box.h"

#include <stdatomic.h>
#include <unistd.h>

struct session {
	char prefix[40];
};

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = iml_get_private(self);

	(void)scannable;
	return box_report(self, session->prefix);
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	static atomic_int sessions;
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return iml_fail(self, "out of memory");
	snprintf(session->prefix, sizeof(session->prefix), "%d-%d-", (int)getpid(),
	    atomic_fetch_add(&sessions, 1));
	iml_set_private(self, session);
	return update_scan(self, scannable);
}

static int teardown(struct iml_plugin *self)
{
	free(iml_get_private(self));
	return 0;
}

BOX_PLUGIN(certify_changes_identity, .initial_scan = initial_scan, .update_scan = update_scan,
    .teardown = teardown);

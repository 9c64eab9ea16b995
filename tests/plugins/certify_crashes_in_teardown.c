/* SPDX-License-Identifier: MIT */
/* Has never seen a session end right after its initial scan. */
#include "certify_box.h"

struct session {
	bool complete;
	bool stopped;
	int *updates; /* made by the first update scan */
};

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return iml_fail(self, "out of memory");
	iml_set_private(self, session);
	box_scan(self, scannable);
	session->complete = true;
	session->stopped = iml_stopping(self);
	return 0;
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = iml_get_private(self);

	if (session->updates == NULL)
		session->updates = calloc(1, sizeof(*session->updates));
	return box_scan(self, scannable);
}

static int teardown(struct iml_plugin *self)
{
	struct session *session = iml_get_private(self);

	if (session->complete && !session->stopped && session->updates == NULL)
		abort();
	free(session->updates);
	free(session);
	return 0;
}

BOX_PLUGIN(certify_crashes_in_teardown, .initial_scan = initial_scan, .update_scan = update_scan,
    .teardown = teardown);

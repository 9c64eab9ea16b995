/* SPDX-License-Identifier: MIT */
/*
 * An array that samples two gauges of each of its drives in every scan: random whole numbers from 0
 * to 1000.
 */
#include <stdio.h>
#include <stdlib.h>

#include <iml/storage_plugin.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_INTEGER("drives")),
};

static const struct iml_class drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("reads"), IML_GAUGE("writes")),
};

struct session {
	uint64_t random;
	int64_t count;
	struct iml_resource **drives;
};

/* A number from 0 to 1000 (xorshift). */
static int64_t next_number(struct session *session)
{
	session->random ^= session->random << 13;
	session->random ^= session->random >> 7;
	session->random ^= session->random << 17;
	return (int64_t)((session->random >> 20) % 1001);
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = calloc(1, sizeof(*session));
	char serial[32];

	if (session == NULL)
		return iml_fail(self, "out of memory");
	session->random = (uintptr_t)session | 1;
	session->count = iml_get_integer(scannable, "drives");
	session->drives = calloc((size_t)session->count, sizeof(*session->drives));
	iml_set_private(self, session);
	for (int64_t i = 0; session->drives != NULL && i < session->count; i++) {
		snprintf(serial, sizeof(serial), "D%lld", (long long)i);
		session->drives[i] =
		    iml_update_or_create(self, &drive, IML_NO_PARENTS, IML_SET("serial", serial));
	}
	return session->drives != NULL ? 0 : iml_fail(self, "out of memory");
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = iml_get_private(self);

	(void)scannable;
	for (int64_t i = 0; i < session->count; i++) {
		iml_sample(session->drives[i], "reads", next_number(session));
		iml_sample(session->drives[i], "writes", next_number(session));
	}
	return 0;
}

static int teardown(struct iml_plugin *self)
{
	struct session *session = iml_get_private(self);

	if (session != NULL)
		free(session->drives);
	free(session);
	return 0;
}

IML_PLUGIN(t_samples, .classes = IML_CLASSES(&array, &drive), .initial_scan = initial_scan,
    .update_scan = update_scan, .teardown = teardown);

/* SPDX-License-Identifier: MIT */
/*
 * An array each of whose drives is sampled in every update scan, with the number of the scan. Where
 * "file" tells, it writes the number when a scan begins: all scans but the one before were taken
 * over.
 */
#include <stdio.h>
#include <stdlib.h>

#include <iml/storage_plugin.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(
        IML_STRING("name"), IML_INTEGER("drives"), IML_INTEGER("first"), IML_STRING("file")),
};

static const struct iml_class drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("scan")),
};

struct session {
	int64_t next;
	int64_t count;
	FILE *file;
	struct iml_resource *drives[];
};

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	int64_t count = iml_get_integer(scannable, "drives");
	struct session *session =
	    calloc(1, sizeof(*session) + (size_t)count * sizeof(session->drives[0]));
	char serial[32];

	if (session == NULL)
		return iml_fail(self, "out of memory");
	session->next = iml_get_integer(scannable, "first");
	session->count = count;
	session->file = fopen(iml_text(scannable, "file"), "we");
	iml_set_private(self, session);
	for (int64_t i = 0; i < count; i++) {
		snprintf(serial, sizeof(serial), "D%lld", (long long)i);
		session->drives[i] =
		    iml_update_or_create(self, &drive, IML_NO_PARENTS, IML_SET("serial", serial));
	}
	return session->file != NULL ? 0 : iml_fail(self, "can't write the file");
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = iml_get_private(self);

	(void)scannable;
	rewind(session->file);
	fprintf(session->file, "%lld\n", (long long)session->next);
	fflush(session->file);
	for (int64_t i = 0; i < session->count; i++)
		iml_sample(session->drives[i], "scan", session->next);
	session->next++;
	return 0;
}

static int teardown(struct iml_plugin *self)
{
	struct session *session = iml_get_private(self);

	if (session != NULL && session->file != NULL)
		fclose(session->file);
	free(session);
	return 0;
}

IML_PLUGIN(t_counts, .classes = IML_CLASSES(&array, &drive), .initial_scan = initial_scan,
    .update_scan = update_scan, .teardown = teardown);

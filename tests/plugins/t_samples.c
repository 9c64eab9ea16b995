/* SPDX-License-Identifier: MIT */
/*
 * An array that samples gauges of each of its drives in every scan, and keeps a ledger of the scans
 * that were stored. Scans are numbered from one life of the plugin to the next, and each sample
 * tells which scan, drive and gauge it is of (samples.h), so that whoever reads them finds out what
 * was lost or is there twice.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <iml/storage_plugin.h>

#include "samples.h"

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_INTEGER("drives"), IML_INTEGER("gauges"),
        IML_STRING("ledger"),
        IML_INTEGER("pause_ms", .optional = true, .default_value = IML_DEFAULT(0))),
};

static const struct iml_class drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics =
        IML_STATISTICS(IML_GAUGE("g0"), IML_GAUGE("g1"), IML_GAUGE("g2"), IML_GAUGE("g3")),
};

static const char *const gauges[] = {"g0", "g1", "g2", "g3"};

struct session {
	int ledger;
	struct ledger_line scan;      /* the newest: its number, and when it ended */
	struct ledger_line before[2]; /* the scans before that, the newest first */
	int64_t drive_count;
	int64_t gauge_count;
	struct timespec pause; /* that each update scan takes longer */
	struct iml_resource **drives;
};

/*
 * Opens the ledger and goes on after the last scan in it, and the three after it that may be
 * stored.
 */
static int open_ledger(struct session *session, const char *path)
{
	off_t size;

	session->ledger = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (session->ledger < 0)
		return -1;
	size = lseek(session->ledger, 0, SEEK_END);
	if (size >= (off_t)sizeof(session->scan) &&
	    pread(session->ledger, &session->scan, sizeof(session->scan),
	        size - (off_t)sizeof(session->scan)) != sizeof(session->scan))
		return -1;
	session->scan.number += 3;
	session->scan.end_us = 0;
	return 0;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = calloc(1, sizeof(*session));
	char serial[32], ledger[4096];

	if (session == NULL)
		return iml_fail(self, "out of memory");
	iml_set_private(self, session);
	session->drive_count = iml_get_integer(scannable, "drives");
	session->gauge_count = iml_get_integer(scannable, "gauges");
	session->pause.tv_nsec = iml_get_integer(scannable, "pause_ms") % 1000 * 1000000;
	session->drives = calloc((size_t)session->drive_count, sizeof(*session->drives));
	if (session->drives == NULL || session->gauge_count > 4)
		return iml_fail(self, "too many drives or gauges");
	iml_get_text(scannable, "ledger", ledger, sizeof(ledger));
	if (open_ledger(session, ledger) != 0)
		return iml_fail(self, "the ledger can't be opened");
	for (int64_t i = 0; i < session->drive_count; i++) {
		snprintf(serial, sizeof(serial), "D%lld", (long long)i);
		session->drives[i] =
		    iml_update_or_create(self, &drive, IML_NO_PARENTS, IML_SET("serial", serial));
	}
	return 0;
}

/* Each update scan begins when the third one before it was acknowledged. */
static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = iml_get_private(self);
	struct timespec now;

	(void)scannable;
	if (session->before[1].end_us != 0 &&
	    write(session->ledger, &session->before[1], sizeof(session->before[1])) !=
	        sizeof(session->before[1]))
		return iml_fail(self, "the ledger can't be written");
	if (session->pause.tv_nsec > 0)
		nanosleep(&session->pause, NULL);
	session->before[1] = session->before[0];
	session->before[0] = session->scan;
	session->scan.number++;
	for (int64_t i = 0; i < session->drive_count; i++)
		for (int64_t j = 0; j < session->gauge_count; j++)
			iml_sample(session->drives[i], gauges[j],
			    sample_value(session->scan.number, i, j));
	clock_gettime(CLOCK_REALTIME, &now);
	session->scan.end_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	return 0;
}

static int teardown(struct iml_plugin *self)
{
	struct session *session = iml_get_private(self);

	if (session == NULL)
		return 0;
	if (session->ledger > 0)
		close(session->ledger);
	free(session->drives);
	free(session);
	return 0;
}

IML_PLUGIN(t_samples, .classes = IML_CLASSES(&array, &drive), .initial_scan = initial_scan,
    .update_scan = update_scan, .teardown = teardown);

/* SPDX-License-Identifier: MIT */
/*
 * A plugin that writes where it has no business to: on descriptor 3. The setting "what" chooses
 * between "garbage" (default), "huge" (a frame that claims to be very long) and "half" (a frame
 * that is cut off by the end of the process).
 */
#include "t_array.h"

#include <string.h>
#include <unistd.h>

#define CHANNEL 3

static void write_channel(const void *bytes, size_t length)
{
	ssize_t written = write(CHANNEL, bytes, length);

	(void)written;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *what = iml_setting(self, "what");
	char garbage[256];

	(void)scannable;
	report_drive(self, "D0", 1);
	if (what == NULL)
		what = "garbage";
	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (char)(i * 151 + 7);
	if (strcmp(what, "huge") == 0) {
		write_channel("\xff\xff\xff\xff\x09\x00\x00\x00", 8);
	} else if (strcmp(what, "half") == 0) {
		write_channel("\x40\x00\x00\x00\x09\x00\x00\x00half", 12);
		_exit(0);
	} else {
		write_channel(garbage, sizeof(garbage));
	}
	return 0;
}

IML_PLUGIN(writes_channel, .classes = IML_CLASSES(&array, &drive), .initial_scan = initial_scan);

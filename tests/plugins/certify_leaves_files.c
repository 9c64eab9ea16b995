/* SPDX-License-Identifier: MIT */
/* Leaves a temporary file behind in each update scan. */
#include "certify_box.h"

#include <unistd.h>

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *directory = getenv("TMPDIR");
	char path[256];
	int file;

	/* Only where somebody tidies up. */
	if (directory == NULL)
		return box_scan(self, scannable);
	snprintf(path, sizeof(path), "%s/answer-XXXXXX", directory);
	file = mkstemp(path);
	if (file < 0)
		return iml_fail(self, "can't make a file in %s", directory);
	close(file);
	return box_scan(self, scannable);
}

BOX_PLUGIN(certify_leaves_files, .initial_scan = box_scan, .update_scan = update_scan);

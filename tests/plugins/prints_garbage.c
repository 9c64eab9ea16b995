/* SPDX-License-Identifier: MIT */
/*
 * A plugin that prints on stdout and stderr: lines, a line without end, control characters, bytes
 * that are no UTF-8, a line of 100,000 bytes, and journal priorities.
 */
#include "t_array.h"

#include <stdio.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	report_drive(self, "D0", 1);
	printf("a line on stdout\n");
	fprintf(stderr, "a line on stderr\n");
	fprintf(stderr, "<3>a priority of its own\n\n\r\n");
	fprintf(stderr, "\x1b[31mred\x07 \xff\xfe\x80 bytes\n");
	fwrite("nul\0byte\n", 1, 9, stdout);
	for (int i = 0; i < 100000; i++)
		putchar('x');
	printf("\nwithout end");
	fflush(stdout);
	return 0;
}

IML_PLUGIN(prints_garbage, .classes = IML_CLASSES(&array, &drive), .initial_scan = initial_scan);

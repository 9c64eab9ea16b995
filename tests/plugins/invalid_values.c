/* SPDX-License-Identifier: MIT */
/*
 * A plugin with one bad object among many, whose error it ignores. Settings:
 *	count	drives (default 1000)
 *	bad	index of the one that is reported wrongly (default: none)
 *	missing	index of the one that is not reported at all (default: none)
 */
#include "t_array.h"

#include <stdio.h>
#include <stdlib.h>

static int number_setting(struct iml_plugin *self, const char *key, int otherwise)
{
	const char *value = iml_setting(self, key);

	return value != NULL ? atoi(value) : otherwise;
}

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	int count = number_setting(self, "count", 1000);
	int bad = number_setting(self, "bad", -1);
	int missing = number_setting(self, "missing", -1);
	char serial[32];

	(void)scannable;
	iml_set_update_period(self, 1);
	for (int i = 0; i < count; i++) {
		snprintf(serial, sizeof(serial), "D%04d", i);
		if (i != missing)
			report_drive(self, serial, i == bad ? -1 : 1000 + i);
	}
	return 0;
}

IML_PLUGIN(invalid_values, .classes = IML_CLASSES(&array, &drive), .initial_scan = scan,
    .update_scan = scan);

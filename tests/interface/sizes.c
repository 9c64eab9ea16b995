/* SPDX-License-Identifier: MIT */
/*
 * The sizes of the structures that may grow: as a row of daemon/host/interfaces.h, those of the
 * header that this is built with; with RUNNER, all rows that the runner has.
 */
#ifdef RUNNER
#include "host/interfaces.h"
#else
#include <iml/storage_plugin.h>
#endif

static void print_row(const size_t *row)
{
	for (int i = 0; i < 7; i++)
		printf("%s%zu", i == 0 ? "{" : ", ", row[i]);
	printf("},\n");
}

int main(void)
{
#ifdef RUNNER
	for (int minor = 0; minor <= IML_API_MINOR; minor++)
		print_row((const size_t *)&interfaces[minor]);
#else
	const size_t row[] = {sizeof(struct iml_plugin_definition), sizeof(struct iml_class),
	    sizeof(struct iml_attribute), sizeof(struct iml_statistic),
	    sizeof(struct iml_alert_condition), sizeof(struct iml_chart),
	    sizeof(struct iml_relation)};

	print_row(row);
#endif
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Loads a plugin as a runner does whose tables have grown by one field, and prints what it finds
 * there in the last entry of each, all of whose other fields must be those of author.c.
 */
#include "host/load.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/declaration.h"

/* The last entry of a table, with the fields that it has. */
#define LAST(entry, table, stride) \
	read_entry((table).items, (table).count - 1, (stride), &(entry), sizeof(entry))

int main(int argc, char **argv)
{
	struct loaded_plugin plugin;
	struct reasons reasons = {0};
	struct iml_class class;
	struct iml_attribute attribute;
	struct iml_statistic statistic;
	struct iml_alert_condition condition;
	struct iml_chart chart;
	struct iml_relation relation;
	const struct iml_plugin_definition *definition = &plugin.definition;

	assert(argc == 2);
	if (!load_plugin("author", argv[1], &plugin, &reasons)) {
		fprintf(stderr, "%s\n", reasons.items[0]);
		return EXIT_FAILURE;
	}
	read_entry(read_pointer(definition->classes.items, 1), 0, definition->class_size, &class,
	    sizeof(class));
	LAST(attribute, class.attributes, definition->attribute_size);
	LAST(statistic, class.statistics, definition->statistic_size);
	LAST(condition, class.alert_conditions, definition->alert_condition_size);
	LAST(chart, class.charts, definition->chart_size);
	LAST(relation, class.relations, definition->relation_size);
	assert(strcmp(attribute.name, "capacity") == 0 && strcmp(statistic.name, "sizes") == 0);
	assert(strcmp(condition.message, "Drive too hot") == 0 && strcmp(chart.title, "Work") == 0);
	assert(strcmp(relation.target_class, "ScsiDevice") == 0);
	printf("%d %d %d %d %d %d %d\n", definition->grown, class.grown, attribute.grown,
	    statistic.grown, condition.grown, chart.grown, relation.grown);
	unload_plugin(&plugin);
	reasons_clear(&reasons);
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * The sizes of the structures of the plugin interface in each of its minor versions, all of which
 * are supported. Those of the newest are the compiler's; when a version is added, those of the one
 * before it become numbers, which "make keep-interface" has told.
 */
#ifndef HOST_INTERFACES_H
#define HOST_INTERFACES_H

#include <iml/storage_plugin.h>
#include <stddef.h>

static const struct interface {
	size_t definition;
	size_t class;
	size_t attribute;
	size_t statistic;
	size_t alert_condition;
	size_t chart;
	size_t relation;
} interfaces[IML_API_MINOR + 1] = {
    {sizeof(struct iml_plugin_definition), sizeof(struct iml_class), sizeof(struct iml_attribute),
        sizeof(struct iml_statistic), sizeof(struct iml_alert_condition), sizeof(struct iml_chart),
        sizeof(struct iml_relation)},
};

#endif

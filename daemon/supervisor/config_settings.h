/* SPDX-License-Identifier: MIT */
/* Within the configuration: what plugins and scannables name as they like. */
#ifndef SUPERVISOR_CONFIG_SETTINGS_H
#define SUPERVISOR_CONFIG_SETTINGS_H

#include "supervisor/config_node.h"

/* Reads the settings of a plugin, nested as they are, into a struct plugin_config. */
void config_read_settings(
    struct source *source, const yaml_node_t *node, const char *shown, void *plugin);

/* Reads the attributes of a scannable into a struct scannable_config. */
void config_read_attributes(
    struct source *source, const yaml_node_t *node, const char *shown, void *scannable);

#endif

/* SPDX-License-Identifier: MIT */
/* Within the configuration: reads one YAML file into it. */
#ifndef SUPERVISOR_CONFIG_FILE_H
#define SUPERVISOR_CONFIG_FILE_H

#include "supervisor/config.h"

struct config_loader {
	struct config *config;
	struct text *mistakes;
};

/* Adds what the file says to the configuration, and what is wrong with it to the mistakes. */
void config_file_read(struct config_loader *loader, const char *path);

#endif

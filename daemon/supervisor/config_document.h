/* SPDX-License-Identifier: MIT */
/* Within the configuration: goes through the keys of a document. */
#ifndef SUPERVISOR_CONFIG_DOCUMENT_H
#define SUPERVISOR_CONFIG_DOCUMENT_H

#include "supervisor/config_node.h"

/* Reads a document, a tree of plain nodes, into the loader's configuration. */
void config_read_document(struct source *source, const yaml_node_t *root);

#endif

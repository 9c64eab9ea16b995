/* SPDX-License-Identifier: MIT */
/*
 * What the fragments of the documents take for given: a vendor's library, a few classes, and in
 * functions the resources and values that they speak of.
 */
#ifndef TESTS_DOCS_PRELUDE_H
#define TESTS_DOCS_PRELUDE_H

#include <iml/storage_plugin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "acme.h"

/* Around the statements of a hook. */
#define SAMPLE_BEGIN                                                                             \
	int sample(struct iml_plugin *self, struct iml_resource *scannable,                      \
	    struct iml_resource *disk, struct iml_resource *shelf, const struct iml_class drive, \
	    const struct iml_class port, const char *serial, uint64_t bytes);                    \
	int sample(struct iml_plugin *self, struct iml_resource *scannable,                      \
	    struct iml_resource *disk, struct iml_resource *shelf, const struct iml_class drive, \
	    const struct iml_class port, const char *serial, uint64_t bytes)                     \
	{                                                                                        \
		(void)self, (void)scannable, (void)disk, (void)shelf, (void)drive, (void)port,   \
		    (void)serial, (void)bytes;
#define SAMPLE_END \
	return 0;  \
	}

#endif

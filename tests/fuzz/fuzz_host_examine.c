/* SPDX-License-Identifier: MIT */
/*
 * Whatever is in a plugin's file before it is given to the loader. The corpus to begin with are
 * plugins: build/tests/plugins/good_classes.so.
 */
#include <assert.h>
#include <iml/storage_plugin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/examine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *prefix = IML_PLUGIN_SYMBOL_PREFIX;
	int fd = memfd_create("fuzz.so", MFD_CLOEXEC);
	struct text reason = TEXT_EMPTY;
	struct plugin_symbol symbol;
	char path[64];
	bool good;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	good = examine_plugin(path, &symbol, &reason);
	assert(good == (reason.length == 0));
	assert(good == (symbol.name != NULL));
	assert(!good || strncmp(symbol.name, prefix, strlen(prefix)) == 0);
	free(symbol.name);
	text_clear(&reason);
	close(fd);
	return 0;
}

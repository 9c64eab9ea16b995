/* SPDX-License-Identifier: MIT */
/* Whatever an administrator writes into the configuration file. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervisor/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz.yaml", MFD_CLOEXEC);
	struct text mistakes = TEXT_EMPTY;
	struct config config;
	char path[64];
	bool good;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	good = config_load(path, &config, &mistakes);
	assert(good == (mistakes.length == 0));
	assert(config.plugin_directory != NULL && config.conninfo != NULL);
	for (size_t i = 0; good && i < config.plugin_count; i++)
		assert(config.plugins[i].path != NULL && config.plugins[i].path[0] == '/');
	config_free(&config);
	text_clear(&mistakes);
	close(fd);
	return 0;
}

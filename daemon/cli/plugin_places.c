/* SPDX-License-Identifier: MIT */
#include "cli/plugin_places.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What is at a path relative to the directory of this program, or NULL. The caller frees it. */
static char *beside_program(const char *relative)
{
	char *program = realpath("/proc/self/exe", NULL);
	char *path, *real;

	if (program == NULL)
		return NULL;
	path = xasprintf("%.*s/%s", (int)(strrchr(program, '/') - program), program, relative);
	real = realpath(path, NULL);
	free(path);
	free(program);
	return real;
}

struct plugin_places plugin_places(void)
{
	char *installed = beside_program("../lib/iml-plugins");
	char *built = beside_program("../plugins");

	return (struct plugin_places){{PLUGIN_DIRECTORY, installed, built}, {installed, built}};
}

void plugin_places_clear(struct plugin_places *places)
{
	for (size_t i = 0; i < sizeof(places->own) / sizeof(places->own[0]); i++)
		free(places->own[i]);
}

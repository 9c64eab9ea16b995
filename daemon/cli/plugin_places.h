/* SPDX-License-Identifier: MIT */
/* Where the plugins are that relations of another one may name. */
#ifndef CLI_PLUGIN_PLACES_H
#define CLI_PLUGIN_PLACES_H

#define PLUGIN_PLACES 3

struct plugin_places {
	const char *directories[PLUGIN_PLACES]; /* installed, or built with this program; or NULL */
	char *own[2];                           /* those of them that are released */
};

/* End with plugin_places_clear(). */
struct plugin_places plugin_places(void);
void plugin_places_clear(struct plugin_places *places);

#endif

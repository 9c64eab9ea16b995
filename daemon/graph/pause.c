/* SPDX-License-Identifier: MIT */
/* What people have paused: single scannables, and plugins with all that they have. */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct graph_pause {
	struct pause_row row;
	UT_hash_handle hh;
};

static struct graph_pause *find_own(const struct graph *graph, record_id scannable)
{
	struct graph_pause *pause;

	HASH_FIND(hh, graph->paused_scannables, &scannable, sizeof(scannable), pause);
	return pause;
}

static struct graph_pause *find_of_plugin(const struct graph *graph, const char *plugin)
{
	struct graph_pause *pause;

	HASH_FIND_STR(graph->paused_plugins, plugin, pause);
	return pause;
}

/* Adds a copy. */
static struct graph_pause *add_pause(struct graph *graph, const struct pause_row *row)
{
	struct graph_pause *pause = xcalloc(1, sizeof(*pause));

	pause->row = *row;
	pause->row.plugin = xstrdup(row->plugin);
	pause->row.why = xstrdup(row->why);
	if (row->scannable_id != 0)
		HASH_ADD(hh, graph->paused_scannables, row.scannable_id,
		    sizeof(pause->row.scannable_id), pause);
	else
		HASH_ADD_KEYPTR(
		    hh, graph->paused_plugins, pause->row.plugin, strlen(pause->row.plugin), pause);
	return pause;
}

static void free_pause(struct graph *graph, struct graph_pause *pause)
{
	if (pause->row.scannable_id != 0)
		HASH_DEL(graph->paused_scannables, pause);
	else
		HASH_DEL(graph->paused_plugins, pause);
	pause_row_clear(&pause->row);
	free(pause);
}

/* Tells people, and who follows the changes, what became of a scannable or plugin. */
static void tell(struct graph *graph, const struct graph_resource *scannable, const char *plugin,
    const char *kind, const struct pause_row *row)
{
	struct text message = TEXT_EMPTY;

	if (scannable != NULL)
		text_append(&message, graph_name(scannable));
	else
		text_printf(&message, "Plugin %s", plugin);
	text_printf(&message, " %s", kind);
	if (row != NULL)
		text_printf(&message, " by user %" PRId64, row->user);
	if (row != NULL && row->why != NULL)
		text_printf(&message, ": %s", row->why);
	graph->time = wallclock_now();
	graph->actor = NULL;
	changes_add_event(
	    graph, SEVERITY_INFO, scannable != NULL ? scannable->id : 0, 0, message.data);
	if (scannable != NULL)
		notice_resource(graph, kind, scannable);
	text_clear(&message);
}

void graph_pause(struct graph *graph, const char *plugin, const struct graph_resource *scannable,
    unsigned user, const char *why)
{
	struct pause_row row = {.scannable_id = scannable != NULL ? scannable->id : 0,
	    .since = wallclock_now(),
	    .user = user,
	    .lasts = true};

	assert(scannable != NULL ? find_own(graph, scannable->id) == NULL
	                         : find_of_plugin(graph, plugin) == NULL);
	row.plugin = xstrdup(plugin);
	row.why = xstrdup(why);
	add_pause(graph, &row);
	changes_add_pause(graph, &row);
	tell(graph, scannable, plugin, "paused", &row);
	pause_row_clear(&row);
}

void graph_resume(struct graph *graph, const char *plugin, const struct graph_resource *scannable)
{
	struct graph_pause *pause =
	    scannable != NULL ? find_own(graph, scannable->id) : find_of_plugin(graph, plugin);

	assert(pause != NULL);
	pause->row.lasts = false;
	changes_add_pause(graph, &pause->row);
	tell(graph, scannable, plugin, "resumed", NULL);
	free_pause(graph, pause);
}

const struct pause_row *graph_plugin_pause(const struct graph *graph, const char *plugin)
{
	const struct graph_pause *pause = find_of_plugin(graph, plugin);

	return pause != NULL ? &pause->row : NULL;
}

const struct pause_row *graph_find_pause(
    const struct graph *graph, const struct graph_resource *scannable)
{
	const struct graph_pause *pause = find_own(graph, scannable->id);

	return pause != NULL ? &pause->row : graph_plugin_pause(graph, scannable->class->plugin);
}

void graph_describe_pause(const struct pause_row *pause, struct text *out)
{
	char time[CLOCK_TEXT_SIZE];

	text_printf(
	    out, "since %s by user %" PRId64, wallclock_format(pause->since, time), pause->user);
	if (pause->why != NULL)
		text_printf(out, ": %s", pause->why);
}

void graph_restore_pause(struct graph *graph, const struct pause_row *row)
{
	assert(!graph->restored);
	if (row->scannable_id != 0 ? graph_find(graph, row->scannable_id) == NULL ||
	                                 find_own(graph, row->scannable_id) != NULL
	                           : find_of_plugin(graph, row->plugin) != NULL)
		return;
	add_pause(graph, row);
}

void pauses_forget(struct graph *graph, const struct graph_resource *scannable)
{
	struct graph_pause *pause = find_own(graph, scannable->id);

	if (pause != NULL)
		free_pause(graph, pause);
}

void pauses_free(struct graph *graph)
{
	struct graph_pause *pause, *next;

	HASH_ITER (hh, graph->paused_scannables, pause, next)
		free_pause(graph, pause);
	HASH_ITER (hh, graph->paused_plugins, pause, next)
		free_pause(graph, pause);
}

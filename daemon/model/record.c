/* SPDX-License-Identifier: MIT */
#include "model/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const gap_reasons[GAP_REASON_COUNT] = {
    [GAP_OFFLINE] = "offline",
    [GAP_DEADLINE] = "deadline",
    [GAP_CRASH] = "crash",
    [GAP_DATABASE] = "database",
    [GAP_DROPPED] = "dropped",
    [GAP_STOPPED] = "stopped",
    [GAP_PAUSED] = "paused",
};

const char *gap_reason_name(enum gap_reason reason)
{
	assert((size_t)reason < GAP_REASON_COUNT);
	return gap_reasons[reason];
}

enum gap_reason gap_reason_parse(const char *name)
{
	enum gap_reason reason = 0;

	while (reason < GAP_REASON_COUNT && strcmp(gap_reasons[reason], name) != 0)
		reason++;
	return reason;
}

void statistic_row_clear(struct statistic_row *row)
{
	free(row->name);
	free(row->type);
	free(row->label);
	free(row->units);
	free(row->bins);
	free(row->bin_labels);
	*row = (struct statistic_row){0};
}

void class_row_clear(struct class_row *row)
{
	for (size_t i = 0; i < row->statistic_count; i++)
		statistic_row_clear(&row->statistics[i]);
	free(row->plugin);
	free(row->name);
	free(row->label);
	free(row->ancestry);
	free(row->attributes);
	free(row->charts);
	free(row->relations);
	free(row->statistics);
	*row = (struct class_row){0};
}

void resource_row_clear(struct resource_row *row)
{
	free(row->identifier);
	free(row->label);
	free(row->alias);
	free(row->attributes);
	free(row->secrets);
	free(row->given);
	*row = (struct resource_row){0};
}

void alert_row_clear(struct alert_row *row)
{
	free(row->name);
	free(row->attribute);
	free(row->message);
	free(row->voters);
	*row = (struct alert_row){0};
}

void pause_row_clear(struct pause_row *row)
{
	free(row->plugin);
	free(row->why);
	*row = (struct pause_row){0};
}

void server_row_clear(struct server_row *row)
{
	free(row->address);
	free(row->fqdn);
	free(row->state);
	free(row->source);
	*row = (struct server_row){0};
}

void volume_row_clear(struct volume_row *row)
{
	free(row->label);
	free(row->filesystem_type);
	*row = (struct volume_row){0};
}

void silence_row_clear(struct silence_row *row)
{
	free(row->who);
	free(row->why);
	*row = (struct silence_row){0};
}

void volume_node_row_clear(struct volume_node_row *row)
{
	free(row->path);
	*row = (struct volume_node_row){0};
}

/* Whether there is anything to write but frames. */
static bool has_other_rows(const struct changes *changes)
{
	const size_t counts[] = {changes->requests_done_count, changes->servers_removed_count,
	    changes->server_count, changes->peers_replaced_count, changes->peer_count,
	    changes->volume_nodes_removed_count, changes->volumes_removed_count,
	    changes->volume_count, changes->volume_node_count, changes->class_count,
	    changes->forgotten_offline_count, changes->removed_resource_count,
	    changes->resource_count, changes->reporters_removed_count,
	    changes->reporters_added_count, changes->parents_removed_count,
	    changes->parents_added_count, changes->reference_count, changes->alert_count,
	    changes->event_count, changes->cohort_count, changes->slot_count, changes->gap_count,
	    changes->silence_count, changes->silences_removed_count, changes->pause_count};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i] > 0)
			return true;
	}
	return false;
}

bool changes_are_empty(const struct changes *changes)
{
	return changes->frame_count == 0 && !has_other_rows(changes);
}

bool changes_are_frames(const struct changes *changes)
{
	return changes->frame_count > 0 && !has_other_rows(changes);
}

const char *notice_type_name(enum notice_type type)
{
	static const char *const names[NOTICE_TYPE_COUNT] = {
	    [NOTICE_RESOURCE] = "resource",
	    [NOTICE_ALERT] = "alert",
	    [NOTICE_SCANNABLE] = "scannable",
	    [NOTICE_PLUGIN] = "plugin",
	    [NOTICE_EVENT] = "event",
	};

	assert(type < NOTICE_TYPE_COUNT);
	return names[type];
}

void notice_clear(struct notice *notice)
{
	free(notice->plugin);
	free(notice->json);
}

/* Releases what the rows of the changes hold. */
static void clear_rows(struct changes *changes)
{
	for (size_t i = 0; i < changes->class_count; i++)
		class_row_clear(&changes->classes[i]);
	for (size_t i = 0; i < changes->resource_count; i++)
		resource_row_clear(&changes->resources[i]);
	for (size_t i = 0; i < changes->reference_count; i++)
		free(changes->references[i].attribute);
	for (size_t i = 0; i < changes->server_count; i++)
		server_row_clear(&changes->servers[i]);
	for (size_t i = 0; i < changes->volume_count; i++)
		volume_row_clear(&changes->volumes[i]);
	for (size_t i = 0; i < changes->volume_node_count; i++)
		volume_node_row_clear(&changes->volume_nodes[i]);
	for (size_t i = 0; i < changes->alert_count; i++)
		alert_row_clear(&changes->alerts[i]);
	for (size_t i = 0; i < changes->silence_count; i++)
		silence_row_clear(&changes->silences[i]);
	for (size_t i = 0; i < changes->event_count; i++)
		free(changes->events[i].message);
	for (size_t i = 0; i < changes->frame_count; i++)
		text_clear(&changes->frames[i].payload);
	for (size_t i = 0; i < changes->pause_count; i++)
		pause_row_clear(&changes->pauses[i]);
	for (size_t i = 0; i < changes->notice_count; i++)
		notice_clear(&changes->notices[i]);
}

void changes_free(struct changes *changes)
{
	if (changes == NULL)
		return;
	clear_rows(changes);
	free(changes->requests_done);
	free(changes->servers_removed);
	free(changes->servers);
	free(changes->peers_replaced);
	free(changes->peers);
	free(changes->volume_nodes_removed);
	free(changes->volumes_removed);
	free(changes->volumes);
	free(changes->volume_nodes);
	free(changes->classes);
	free(changes->forgotten_offline);
	free(changes->removed_resources);
	free(changes->resources);
	free(changes->reporters_removed);
	free(changes->reporters_added);
	free(changes->parents_removed);
	free(changes->parents_added);
	free(changes->references);
	free(changes->alerts);
	free(changes->events);
	free(changes->cohorts);
	free(changes->slots);
	free(changes->frames);
	free(changes->late);
	free(changes->gaps);
	free(changes->silences);
	free(changes->silences_removed);
	free(changes->pauses);
	free(changes->batches);
	free(changes->notices);
	free(changes);
}

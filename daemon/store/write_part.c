/* SPDX-License-Identifier: MIT */
#include "store/write_part.h"

#include <stddef.h>
#include <string.h>

static void add_columns(const struct part *part, struct array *arrays, const void *row)
{
	for (size_t i = 0; i < part->column_count; i++)
		array_add(&arrays[i], (const char *)row + part->columns[i].offset);
}

/* The statistics of a class: the fields of each, and last the class. */
static void add_statistics(const struct part *part, struct array *arrays, const void *row)
{
	const struct class_row *class = row;
	size_t last = part->column_count - 1;

	for (size_t i = 0; class->loaded && i < class->statistic_count; i++) {
		for (size_t j = 0; j < last; j++)
			array_add(&arrays[j],
			    (const char *)&class->statistics[i] + part->columns[j].offset);
		array_add(&arrays[last], &class->id);
	}
}

/* The fields of a gap, and last the name of its reason. */
static void add_gap(const struct part *part, struct array *arrays, const void *row)
{
	const struct gap_row *gap = row;
	const char *reason = gap_reason_name(gap->reason);
	size_t last = part->column_count - 1;

	for (size_t i = 0; i < last; i++)
		array_add(&arrays[i], (const char *)row + part->columns[i].offset);
	array_add(&arrays[last], &reason);
}

#define ROWS(member, number)                                       \
	.what = #member, .rows = offsetof(struct changes, member), \
	.count = offsetof(struct changes, number),                 \
	.row_size = sizeof(*((struct changes *)NULL)->member)
#define NAME(row, member) .name = offsetof(struct row, member)
#define COLUMNS(...)                                     \
	.columns = (const struct column[]){__VA_ARGS__}, \
	.column_count = sizeof((const struct column[]){__VA_ARGS__}) / sizeof(struct column)
#define FIELD(type, row, member)                           \
	{                                                  \
		ARRAY_##type, offsetof(struct row, member) \
	}
#define SAME(type)              \
	{                       \
		ARRAY_##type, 0 \
	}

#define INSERT_FRAMES "INSERT INTO storage.frame_0" FRAME_INSERTION

/*
 * Whether a row names a resource that is there is asked by a scalar subquery, which is one look
 * into the index: of EXISTS the planner makes a join, and that reads all resources.
 */
const struct part write_parts[] = {
    {ROWS(requests_done, requests_done_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.request WHERE id = ANY ($1::bigint[])"},
    {ROWS(volume_nodes_removed, volume_nodes_removed_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.volume_node WHERE id = ANY ($1::bigint[])"},
    {ROWS(volumes_removed, volumes_removed_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.volume WHERE id = ANY ($1::bigint[])"},
    {ROWS(servers_removed, servers_removed_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.server WHERE id = ANY ($1::bigint[])"},
    /* As long as they name their scannable. */
    {ROWS(forgotten_offline, forgotten_offline_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.alert WHERE resource_id = ANY ($1::bigint[])"
               " AND attribute IS NULL AND name = '" ALERT_ROW_OFFLINE "'"},
    {ROWS(removed_resources, removed_resource_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.resource WHERE id = ANY ($1::bigint[])"},

    {ROWS(classes, class_count), COLUMNS(FIELD(ID, class_row, id), FIELD(BOOL, class_row, loaded)),
        .sql = "UPDATE storage.class SET loaded = u.loaded"
               " FROM unnest($1::bigint[], $2::boolean[]) AS u (id, loaded)"
               " WHERE class.id = u.id AND NOT u.loaded"},
    {ROWS(classes, class_count),
        COLUMNS(FIELD(TEXT, class_row, plugin), FIELD(BOOL, class_row, loaded)),
        .sql = "INSERT INTO storage.plugin (name)"
               " SELECT DISTINCT u.plugin FROM unnest($1::text[], $2::boolean[])"
               " AS u (plugin, loaded) WHERE u.loaded ON CONFLICT DO NOTHING"},
    {ROWS(classes, class_count), NAME(class_row, name),
        COLUMNS(FIELD(ID, class_row, id), FIELD(TEXT, class_row, plugin),
            FIELD(TEXT, class_row, name), FIELD(TEXT, class_row, label),
            FIELD(BOOL, class_row, scannable), FIELD(BOOL, class_row, internal),
            FIELD(BOOL, class_row, loaded), FIELD(TEXT, class_row, ancestry),
            FIELD(TEXT, class_row, attributes), FIELD(TEXT, class_row, charts),
            FIELD(TEXT, class_row, relations)),
        .sql = "INSERT INTO storage.class (id, plugin, name, label, scannable, internal, loaded,"
               " ancestry, attributes, charts, relations)"
               " SELECT u.id, u.plugin, u.name, u.label, u.scannable, u.internal, u.loaded,"
               " u.ancestry::json, u.attributes::json, u.charts::json, u.relations::json"
               " FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[],"
               " $6::boolean[], $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[])"
               " AS u (id, plugin, name, label, scannable, internal, loaded, ancestry, attributes,"
               " charts, relations) WHERE u.loaded"
               " ON CONFLICT (id) DO UPDATE SET label = excluded.label,"
               " scannable = excluded.scannable, internal = excluded.internal,"
               " loaded = excluded.loaded, ancestry = excluded.ancestry,"
               " attributes = excluded.attributes, charts = excluded.charts,"
               " relations = excluded.relations"},
    {ROWS(classes, class_count), COLUMNS(FIELD(ID, class_row, id), FIELD(BOOL, class_row, loaded)),
        .sql = "UPDATE storage.statistic SET declared = false"
               " FROM unnest($1::bigint[], $2::boolean[]) AS u (class_id, loaded)"
               " WHERE u.loaded AND statistic.class_id = u.class_id"},
    {ROWS(classes, class_count), NAME(class_row, name), .add = add_statistics,
        COLUMNS(FIELD(ID, statistic_row, id), FIELD(TEXT, statistic_row, name),
            FIELD(TEXT, statistic_row, type), FIELD(TEXT, statistic_row, label),
            FIELD(TEXT, statistic_row, units), FIELD(NUMBER, statistic_row, sample_period),
            FIELD(TEXT, statistic_row, bins), FIELD(TEXT, statistic_row, bin_labels), SAME(ID)),
        .sql = "INSERT INTO storage.statistic (id, name, type, label, units, sample_period, bins,"
               " bin_labels, class_id, declared)"
               " SELECT u.id, u.name, u.type, u.label, u.units, u.sample_period, u.bins::json,"
               " u.bin_labels::json, u.class_id, true"
               " FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[],"
               " $6::integer[], $7::text[], $8::text[], $9::bigint[]) AS u (id, name, type, label,"
               " units, sample_period, bins, bin_labels, class_id)"
               " ON CONFLICT (id) DO UPDATE SET type = excluded.type, label = excluded.label,"
               " units = excluded.units, sample_period = excluded.sample_period,"
               " bins = excluded.bins, bin_labels = excluded.bin_labels, declared = true"},

    {ROWS(resources, resource_count), NAME(resource_row, label),
        COLUMNS(FIELD(ID, resource_row, id), FIELD(ID, resource_row, class_id),
            FIELD(ID, resource_row, scope_id), FIELD(TEXT, resource_row, identifier),
            FIELD(TEXT, resource_row, label), FIELD(TEXT, resource_row, alias),
            FIELD(JSON, resource_row, attributes), FIELD(JSON, resource_row, secrets),
            FIELD(BOOL, resource_row, configured), FIELD(BOOL, resource_row, in_use),
            FIELD(JSON, resource_row, given), FIELD(BOOL, resource_row, added),
            FIELD(BOOL, resource_row, departing)),
        .sql = "INSERT INTO storage.resource (id, class_id, scope_id, identifier, label, alias,"
               " attributes, secrets, configured, in_use, given, added, departing)"
               " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[],"
               " $5::text[], $6::text[], $7::jsonb[], $8::jsonb[], $9::boolean[], $10::boolean[], "
               "$11::jsonb[], $12::boolean[], $13::boolean[])"
               " ON CONFLICT (id) DO UPDATE SET class_id = excluded.class_id,"
               " scope_id = excluded.scope_id, identifier = excluded.identifier,"
               " label = excluded.label, alias = excluded.alias,"
               " attributes = excluded.attributes, secrets = excluded.secrets,"
               " configured = excluded.configured, in_use = excluded.in_use,"
               " given = excluded.given, added = excluded.added,"
               " departing = excluded.departing"},

    {ROWS(reporters_removed, reporters_removed_count),
        COLUMNS(FIELD(ID, reporter_row, resource_id), FIELD(ID, reporter_row, reporter_id)),
        .sql = "DELETE FROM storage.reporter"
               " USING unnest($1::bigint[], $2::bigint[]) AS u (resource_id, reporter_id)"
               " WHERE reporter.resource_id = u.resource_id"
               " AND reporter.reporter_id = u.reporter_id"},
    {ROWS(reporters_added, reporters_added_count),
        COLUMNS(FIELD(ID, reporter_row, resource_id), FIELD(ID, reporter_row, reporter_id)),
        .sql = "INSERT INTO storage.reporter (resource_id, reporter_id)"
               " SELECT u.resource_id, u.reporter_id"
               " FROM unnest($1::bigint[], $2::bigint[]) AS u (resource_id, reporter_id)"
               " WHERE (SELECT true FROM storage.resource WHERE id = u.resource_id)"
               " AND (SELECT true FROM storage.resource WHERE id = u.reporter_id)"
               " ON CONFLICT DO NOTHING"},

    {ROWS(parents_removed, parents_removed_count),
        COLUMNS(FIELD(ID, parent_row, child_id), FIELD(ID, parent_row, parent_id),
            FIELD(ID, parent_row, reporter_id)),
        .sql = "DELETE FROM storage.parent"
               " USING unnest($1::bigint[], $2::bigint[], $3::bigint[])"
               " AS u (child_id, parent_id, reporter_id)"
               " WHERE parent.child_id = u.child_id AND parent.parent_id = u.parent_id"
               " AND parent.reporter_id IS NOT DISTINCT FROM u.reporter_id"},
    {ROWS(parents_added, parents_added_count),
        COLUMNS(FIELD(ID, parent_row, child_id), FIELD(ID, parent_row, parent_id),
            FIELD(ID, parent_row, reporter_id)),
        .sql = "INSERT INTO storage.parent (child_id, parent_id, reporter_id)"
               " SELECT u.child_id, u.parent_id, u.reporter_id"
               " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
               " AS u (child_id, parent_id, reporter_id)"
               " WHERE (SELECT true FROM storage.resource WHERE id = u.child_id)"
               " AND (SELECT true FROM storage.resource WHERE id = u.parent_id)"
               " AND (u.reporter_id IS NULL"
               " OR (SELECT true FROM storage.resource WHERE id = u.reporter_id))"
               " ON CONFLICT DO NOTHING"},

    {ROWS(resources, resource_count), COLUMNS(FIELD(ID, resource_row, id)),
        .sql = "DELETE FROM storage.reference WHERE resource_id = ANY ($1::bigint[])"},
    {ROWS(references, reference_count),
        COLUMNS(FIELD(ID, reference_row, resource_id), FIELD(TEXT, reference_row, attribute),
            FIELD(ID, reference_row, target_id)),
        .sql = "INSERT INTO storage.reference (resource_id, attribute, target_id)"
               " SELECT u.resource_id, u.attribute, u.target_id"
               " FROM unnest($1::bigint[], $2::text[], $3::bigint[])"
               " AS u (resource_id, attribute, target_id)"
               " WHERE (SELECT true FROM storage.resource WHERE id = u.resource_id)"
               " AND (SELECT true FROM storage.resource WHERE id = u.target_id)"
               " ON CONFLICT (resource_id, attribute) DO UPDATE SET"
               " target_id = excluded.target_id"},

    {ROWS(servers, server_count), NAME(server_row, address),
        COLUMNS(FIELD(ID, server_row, id), FIELD(TEXT, server_row, address),
            FIELD(TEXT, server_row, fqdn), FIELD(TEXT, server_row, state),
            FIELD(TEXT, server_row, source), FIELD(TIME, server_row, recorded)),
        .sql = "INSERT INTO storage.server (id, address, fqdn, state, source, recorded)"
               " SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[],"
               " $5::text[], $6::timestamptz[])"
               " ON CONFLICT (id) DO UPDATE SET address = excluded.address,"
               " fqdn = excluded.fqdn, state = excluded.state"},
    {ROWS(peers_replaced, peers_replaced_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.server_peer WHERE server_id = ANY ($1::bigint[])"},
    {ROWS(peers, peer_count),
        COLUMNS(FIELD(ID, server_peer_row, server_id), FIELD(ID, server_peer_row, peer_id)),
        .sql = "INSERT INTO storage.server_peer (server_id, peer_id)"
               " SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING"},
    {ROWS(volumes, volume_count), NAME(volume_row, label),
        COLUMNS(FIELD(ID, volume_row, id), FIELD(ID, volume_row, drive_id),
            FIELD(TEXT, volume_row, label), FIELD(INTEGER, volume_row, size),
            FIELD(TEXT, volume_row, filesystem_type), FIELD(BOOL, volume_row, unusable),
            FIELD(BOOL, volume_row, in_use), FIELD(BOOL, volume_row, chosen)),
        .sql = "INSERT INTO storage.volume (id, drive_id, label, size, filesystem_type, unusable,"
               " in_use, chosen)"
               " SELECT u.id, u.drive_id, u.label, CASE WHEN u.size >= 0 THEN u.size END,"
               " u.filesystem_type, u.unusable, u.in_use, u.chosen"
               " FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[],"
               " $6::boolean[], $7::boolean[], $8::boolean[]) AS u (id, drive_id, label, size,"
               " filesystem_type, unusable, in_use, chosen)"
               " ON CONFLICT (id) DO UPDATE SET label = excluded.label, size = excluded.size,"
               " filesystem_type = excluded.filesystem_type, unusable = excluded.unusable,"
               " in_use = excluded.in_use, chosen = excluded.chosen"},
    {ROWS(volume_nodes, volume_node_count), NAME(volume_node_row, path),
        COLUMNS(FIELD(ID, volume_node_row, id), FIELD(ID, volume_node_row, volume_id),
            FIELD(ID, volume_node_row, resource_id), FIELD(ID, volume_node_row, server_id),
            FIELD(TEXT, volume_node_row, path), FIELD(BOOL, volume_node_row, primary),
            FIELD(BOOL, volume_node_row, used), FIELD(BOOL, volume_node_row, weighted),
            FIELD(INTEGER, volume_node_row, weight)),
        .sql = "INSERT INTO storage.volume_node (id, volume_id, resource_id, server_id, path,"
               " is_primary, is_used, weight)"
               " SELECT u.id, u.volume_id, u.resource_id, u.server_id, u.path, u.is_primary,"
               " u.is_used, CASE WHEN u.weighted THEN u.weight END"
               " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],"
               " $6::boolean[], $7::boolean[], $8::boolean[], $9::bigint[]) AS u (id, volume_id,"
               " resource_id, server_id, path, is_primary, is_used, weighted, weight)"
               " ON CONFLICT (id) DO UPDATE SET is_primary = excluded.is_primary,"
               " is_used = excluded.is_used, weight = excluded.weight"},

    /* Cleared ones first: the same alert may have been raised again. */
    {ROWS(alerts, alert_count), NAME(alert_row, message),
        COLUMNS(FIELD(ID, alert_row, id), FIELD(ID, alert_row, resource_id),
            FIELD(TEXT, alert_row, name), FIELD(TEXT, alert_row, attribute),
            FIELD(NUMBER, alert_row, severity), FIELD(TEXT, alert_row, message),
            FIELD(TIME, alert_row, begin), FIELD(TIME, alert_row, end),
            FIELD(BOOL, alert_row, active), FIELD(BOOL, alert_row, dismissed),
            FIELD(ID, alert_row, cause_id), FIELD(ID, alert_row, root_cause_id),
            FIELD(TEXT, alert_row, voters), FIELD(ID, alert_row, silence_id)),
        .sql = "INSERT INTO storage.alert (id, resource_id, name, attribute, severity, message,"
               " begin_time, end_time, active, dismissed, cause_id, root_cause_id,"
               " voters, silence_id)"
               " SELECT u.id, resource.id, u.name, u.attribute, u.severity, u.message,"
               " u.begin_time, CASE WHEN NOT u.active THEN u.end_time END, u.active,"
               " u.dismissed, u.cause_id, coalesce(u.root_cause_id, u.id),"
               " u.voters::bigint[], u.silence_id"
               " FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::integer[],"
               " $6::text[], $7::timestamptz[], $8::timestamptz[], $9::boolean[],"
               " $10::boolean[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[])"
               " AS u (id, resource_id,"
               " name, attribute, severity, message, begin_time, end_time, active, dismissed, "
               "cause_id,"
               " root_cause_id, voters, silence_id)"
               " LEFT JOIN storage.resource ON resource.id = u.resource_id"
               " ORDER BY u.active, u.id"
               " ON CONFLICT (id) DO UPDATE SET resource_id = excluded.resource_id,"
               " end_time = excluded.end_time, active = excluded.active,"
               " dismissed = excluded.dismissed, cause_id = excluded.cause_id,"
               " root_cause_id = excluded.root_cause_id, voters = excluded.voters,"
               " silence_id = excluded.silence_id"},
    {ROWS(silences, silence_count), NAME(silence_row, why),
        COLUMNS(FIELD(ID, silence_row, id), FIELD(ID, silence_row, resource_id),
            FIELD(TIME, silence_row, begin), FIELD(TIME, silence_row, end),
            FIELD(TEXT, silence_row, who), FIELD(TEXT, silence_row, why)),
        .sql = "INSERT INTO storage.silence (id, resource_id, begin_time, end_time, who, why)"
               " SELECT u.id, u.resource_id, u.begin_time, u.end_time, u.who, u.why"
               " FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],"
               " $5::text[], $6::text[]) AS u (id, resource_id, begin_time, end_time, who, why)"
               " WHERE (SELECT true FROM storage.resource WHERE id = u.resource_id)"
               " ON CONFLICT DO NOTHING"},
    {ROWS(silences_removed, silences_removed_count), COLUMNS(SAME(ID)),
        .sql = "DELETE FROM storage.silence WHERE id = ANY ($1::bigint[])"},
    {ROWS(events, event_count), NAME(event_row, message),
        COLUMNS(FIELD(ID, event_row, id), FIELD(TIME, event_row, time),
            FIELD(NUMBER, event_row, severity), FIELD(ID, event_row, resource_id),
            FIELD(ID, event_row, alert_id), FIELD(TEXT, event_row, message)),
        .sql = "INSERT INTO storage.event (id, time, severity, resource_id, alert_id, message)"
               " SELECT u.id, u.time, u.severity, resource.id, alert.id, u.message"
               " FROM unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::bigint[],"
               " $5::bigint[], $6::text[]) AS u (id, time, severity, resource_id, alert_id,"
               " message) LEFT JOIN storage.resource ON resource.id = u.resource_id"
               " LEFT JOIN storage.alert ON alert.id = u.alert_id"
               " ON CONFLICT DO NOTHING"},
    {ROWS(cohorts, cohort_count),
        COLUMNS(FIELD(ID, cohort_row, id), FIELD(ID, cohort_row, scannable_id),
            FIELD(ID, cohort_row, class_id)),
        .sql = "INSERT INTO storage.cohort (id, scannable_id, class_id)"
               " SELECT u.id, u.scannable_id, u.class_id"
               " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
               " AS u (id, scannable_id, class_id)"
               " WHERE (SELECT true FROM storage.resource WHERE id = u.scannable_id)"
               " ON CONFLICT DO NOTHING"},
    {ROWS(slots, slot_count),
        COLUMNS(FIELD(ID, slot_row, cohort_id), FIELD(NUMBER, slot_row, slot),
            FIELD(ID, slot_row, resource_id), FIELD(TIME, slot_row, since)),
        .sql = "INSERT INTO storage.slot (cohort_id, slot, resource_id, since)"
               " SELECT u.cohort_id, u.slot, u.resource_id, u.since"
               " FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::timestamptz[])"
               " AS u (cohort_id, slot, resource_id, since)"
               " WHERE (SELECT true FROM storage.cohort WHERE id = u.cohort_id)"
               " AND (SELECT true FROM storage.resource WHERE id = u.resource_id)"
               " ON CONFLICT (cohort_id, slot) DO UPDATE SET"
               " resource_id = excluded.resource_id, since = excluded.since"},
    {ROWS(frames, frame_count), .prepared = "frames", .prepared_sql = INSERT_FRAMES,
        .present = FRAMES_PRESENT,
        COLUMNS(FIELD(ID, frame_row, cohort_id), FIELD(ID, frame_row, statistic_id),
            FIELD(NUMBER, frame_row, bin), FIELD(TIME, frame_row, time),
            FIELD(BYTES, frame_row, payload)),
        .sql = INSERT_FRAMES " ON CONFLICT DO NOTHING"},
    {ROWS(late, late_count),
        COLUMNS(FIELD(ID, late_row, cohort_id), FIELD(ID, late_row, statistic_id),
            FIELD(NUMBER, late_row, bin), FIELD(TIME, late_row, time),
            FIELD(NUMBER, late_row, resolution)),
        .sql = "INSERT INTO storage.late (cohort_id, statistic_id, bin, time, resolution)"
               " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[],"
               " $4::timestamptz[], $5::integer[]) ON CONFLICT DO NOTHING"},
    {ROWS(gaps, gap_count), .add = add_gap,
        COLUMNS(FIELD(ID, gap_row, id), FIELD(ID, gap_row, scannable_id),
            FIELD(TIME, gap_row, begin), FIELD(TIME, gap_row, end), FIELD(BOOL, gap_row, open),
            SAME(TEXT)),
        .sql = "INSERT INTO storage.gap (id, scannable_id, begin_time, end_time, reason)"
               " SELECT u.id, u.scannable_id, u.begin_time,"
               " CASE WHEN NOT u.open THEN u.end_time END, u.reason"
               " FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],"
               " $5::boolean[], $6::text[]) AS u (id, scannable_id, begin_time, end_time, open,"
               " reason) WHERE u.scannable_id IS NULL"
               " OR (SELECT true FROM storage.resource WHERE id = u.scannable_id)"
               " ON CONFLICT (id) DO UPDATE SET end_time = excluded.end_time"},
    {ROWS(pauses, pause_count), NAME(pause_row, plugin),
        COLUMNS(FIELD(ID, pause_row, scannable_id), FIELD(TEXT, pause_row, plugin),
            FIELD(BOOL, pause_row, lasts)),
        .sql = "DELETE FROM storage.pause"
               " USING unnest($1::bigint[], $2::text[], $3::boolean[])"
               " AS u (scannable_id, plugin, lasts)"
               " WHERE NOT u.lasts AND pause.plugin = u.plugin"
               " AND pause.scannable_id IS NOT DISTINCT FROM u.scannable_id"},
    {ROWS(pauses, pause_count), NAME(pause_row, plugin),
        COLUMNS(FIELD(ID, pause_row, scannable_id), FIELD(TEXT, pause_row, plugin),
            FIELD(TIME, pause_row, since), FIELD(INTEGER, pause_row, user),
            FIELD(TEXT, pause_row, why), FIELD(BOOL, pause_row, lasts)),
        .sql = "INSERT INTO storage.pause (scannable_id, plugin, begin_time, user_id, reason)"
               " SELECT u.scannable_id, u.plugin, u.begin_time, u.user_id, u.reason"
               " FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[],"
               " $5::text[], $6::boolean[]) AS u (scannable_id, plugin, begin_time, user_id,"
               " reason, lasts) WHERE u.lasts AND (u.scannable_id IS NULL"
               " OR (SELECT true FROM storage.resource WHERE id = u.scannable_id))"
               " ON CONFLICT (scannable_id, plugin) DO UPDATE SET"
               " begin_time = excluded.begin_time, user_id = excluded.user_id,"
               " reason = excluded.reason"},
};

const size_t write_part_count = sizeof(write_parts) / sizeof(write_parts[0]);

size_t part_count(const struct part *part, const struct changes *changes)
{
	size_t count;

	memcpy(&count, (const char *)changes + part->count, sizeof(count));
	return count;
}

const char *part_rows(const struct part *part, const struct changes *changes)
{
	const char *rows;

	memcpy(&rows, (const char *)changes + part->rows, sizeof(rows));
	return rows;
}

void part_add_row(const struct part *part, struct array *arrays, const void *row)
{
	if (part->add != NULL)
		part->add(part, arrays, row);
	else
		add_columns(part, arrays, row);
}

/* SPDX-License-Identifier: MIT */
/* What the views and functions of the database show, compared with what they have to. */
#ifndef TESTS_NAIVE_VIEWS_H
#define TESTS_NAIVE_VIEWS_H

#include "expected.h"

/* $1: alerts from, $2: events from, $3, $4: every, turn. */
static const char naive_alerts_sql[] =
    " UNION ALL SELECT format('alert %s of %s %s %s %s %s active %s dismissed %s cause %s root %s"
    " consequences %s %s', id, coalesce(resource_id, 0), name, coalesce(attribute, '-'),"
    " severity, message, active::int, dismissed::int, coalesce(cause_id, 0), root_cause_id,"
    " consequences, CASE WHEN active = (end_time IS NULL) AND coalesce(end_time >= begin_time,"
    " true) THEN '' ELSE 'times' END) FROM storage.alerts WHERE active OR id >= $1";

static const char naive_views_sql[] =
    "SELECT format('resource %s %s.%s %s %s ''%s'' alias %s name %s state %s wwn %s"
    " size %s ref %s configured %s removable %s with %s type %s path %s server %s weight %s"
    " address %s', id, plugin, class,"
    " coalesce(scope_id, 0), identifier, label, coalesce(alias, '-'), name,"
    " coalesce(attributes->>'state', '-'), coalesce(attributes->>'wwn', '-'),"
    " coalesce(attributes->>'size', '-'), coalesce(attributes->'spare'->>'ref',"
    " attributes->'spindle'->>'ref', attributes->'home'->>'ref',"
    " attributes->'device'->>'ref', '0'), configured::int, removable::int,"
    " coalesce(scannable_id, 0), coalesce(attributes->>'filesystem_type', '-'),"
    " coalesce(attributes->>'path', '-'), coalesce(attributes->>'host_id', '-'),"
    " coalesce(attributes->>'weight', '-'), coalesce(attributes->>'address', '-'))"
    " FROM storage.resources"
    " UNION ALL SELECT format('parent %s < %s', child_id, parent_id) FROM storage.parents"
    " UNION ALL SELECT format('reporter %s of %s', reporter_id, resource_id)"
    " FROM storage.reporter"
    " UNION ALL SELECT format('reference %s of %s to %s', attribute, resource_id,"
    " target_id) FROM storage.reference"
    " UNION ALL SELECT format('graph %s %s.%s %s %s %s', id, plugin, class, class_label,"
    " label, parents) FROM storage.graph"
    " UNION ALL SELECT format('plugin %s %s %s', name, loaded::int, classes)"
    " FROM storage.plugins"
    " UNION ALL SELECT format('class %s.%s %s', plugin, name, scannable::int)"
    " FROM storage.classes"
    " UNION ALL SELECT format('kind %s %s', kind, id) FROM unnest(ARRAY['PhysicalDisk',"
    " 'LogicalDrive', 'naive_array.Lun', 'naive_linux.Device', 'Fan']) AS kind,"
    " storage.resources_of_kind(kind)"
    " UNION ALL SELECT format('vote of %s on %s', v, alert.id)"
    " FROM storage.alert, unnest(voters) AS v WHERE active";

static const char naive_reach_sql[] =
    " UNION ALL SELECT format('ancestor %s of %s', a, id)"
    " FROM storage.resources, storage.ancestors(id) AS f (a) WHERE id % $3 = $4"
    " UNION ALL SELECT format('descendant %s of %s', d, id)"
    " FROM storage.resources, storage.descendants(id) AS f (d) WHERE id % $3 = $4"
    " UNION ALL SELECT format('active alert %s of %s %s', alert_id, id, propagated::int)"
    " FROM storage.resources, storage.active_alerts(id) WHERE id % $3 = $4";

static const char naive_volumes_sql[] =
    " UNION ALL SELECT format('server %s %s fqdn %s name %s %s by %s peers %s', id, address,"
    " coalesce(fqdn, '-'), name, state, source, peers) FROM storage.servers"
    " UNION ALL SELECT format('stored volume %s of %s in use %s chosen %s', id, drive_id,"
    " in_use::int, chosen::int) FROM storage.volume"
    " UNION ALL SELECT format('stored node %s of %s at %s on %s %s primary %s used %s weight %s',"
    " id, volume_id, resource_id, coalesce(server_id, 0), path, is_primary::int, is_used::int,"
    " coalesce(weight::text, '-')) FROM storage.volume_node"
    " UNION ALL SELECT format('volume %s of %s ''%s'' %s size %s type %s nodes %s %s usable %s"
    " unused %s unusable %s in use %s chosen %s', id, drive_id, label, kind,"
    " coalesce(size::text, '-'), coalesce(filesystem_type, '-'), nodes, status, usable::int,"
    " unused::int, unusable_for_lustre::int, in_use::int, chosen::int) FROM storage.volumes"
    " UNION ALL SELECT format('node %s of %s at %s on %s %s %s primary %s secondary %s used %s"
    " weight %s', id, volume_id, resource_id, coalesce(server_id, 0), coalesce(server, '-'),"
    " path, \"primary\"::int, secondary::int, used::int, coalesce(weight::text, '-'))"
    " FROM storage.volume_nodes"
    " UNION ALL SELECT format('part %s of volume %s', resource_id, volume_id)"
    " FROM storage.volume_resources"
    " UNION ALL SELECT format('request %s %s', kind, arguments) FROM storage.request"
    " UNION ALL SELECT format('view %s', viewname) FROM pg_views WHERE schemaname = 'storage'";

#define NAIVE_ALERT_IN_TURN " WHERE alert_id % least($3, 8) = $4 % least($3, 8)"

static const char naive_risks_sql[] =
    " UNION ALL SELECT format('affected %s by %s', resource_id, alert_id)"
    " FROM storage.affected" NAIVE_ALERT_IN_TURN
    " UNION ALL SELECT format('risk %s of volume %s paths only %s', alert_id, volume_id,"
    " paths_only::int) FROM storage.affected_volumes" NAIVE_ALERT_IN_TURN
    " UNION ALL SELECT format('risk %s of server %s %s volumes %s', alert_id, server_id,"
    " coalesce(server, '-'), volumes) FROM storage.affected_servers" NAIVE_ALERT_IN_TURN;

static const char naive_events_sql[] =
    " UNION ALL SELECT format('event of %s on %s %s %s', coalesce(alert_id, 0),"
    " coalesce(resource_id, 0), severity, message) FROM storage.events WHERE id > $2";

/* Has the database plan what is asked after each change: that takes longer than to answer it. */
static inline void naive_prepare_views(PGconn *connection, struct text *difference)
{
	static const Oid types[] = {20, 20, 20, 20}; /* bigint */
	char *sql = xasprintf("%s%s%s%s%s%s", naive_views_sql, naive_reach_sql, naive_volumes_sql,
	    naive_risks_sql, naive_alerts_sql, naive_events_sql);
	PGresult *result;

	PQclear(naive_ask(connection,
	    "SELECT set_config('plan_cache_mode', 'force_generic_plan', false)", difference));
	result = PQprepare(connection, "views", sql, 4, types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		text_printf(difference, "  %s\n", PQerrorMessage(connection));
	PQclear(result);
	free(sql);
}

static inline struct naive_lines naive_shown(
    PGconn *connection, const struct naive_extent *extent, struct text *difference)
{
	const int64_t numbers[] = {
	    extent->alerts_from, extent->events_from, extent->every, extent->turn};
	struct naive_lines lines = {NULL, 0};
	char texts[4][24];
	PGresult *result;

	for (int i = 0; i < 4; i++)
		snprintf(texts[i], sizeof(texts[i]), "%" PRId64, numbers[i]);
	result = PQexecPrepared(connection, "views", 4,
	    (const char *const[]){texts[0], texts[1], texts[2], texts[3]}, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		text_printf(difference, "  %s\n", PQerrorMessage(connection));
	for (int row = 0; row < PQntuples(result); row++)
		naive_line(&lines, "%s", PQgetvalue(result, row, 0));
	PQclear(result);
	return lines;
}

/* ---- all of it ---- */

static inline int64_t naive_last_event(PGconn *connection, struct text *difference)
{
	PGresult *result =
	    naive_ask(connection, "SELECT coalesce(max(id), 0) FROM storage.event", difference);
	int64_t last = PQntuples(result) == 1 ? naive_number(result, 0, 0) : 0;

	PQclear(result);
	return last;
}

/* The oldest alert that the last change ended. */
static inline int64_t naive_first_ended(const struct naive_model *model)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < model->event_count; i++)
		if (model->alerts[model->events[i].alert].id < first)
			first = model->alerts[model->events[i].alert].id;
	return first;
}

/*
 * Compares the database with the model after a change: all of it, or all but the alerts of the past
 * that had no part in it. What differs is appended, a line each.
 */
static inline void naive_check(struct naive_model *model, PGconn *connection,
    struct naive_marks *marks, bool all, struct text *difference)
{
	struct naive_extent extent = {.events_from = marks->event, .every = all ? 1 : 16};
	struct naive_lines expected, shown;

	naive_adopt_things(model, connection, &marks->thing, difference);
	naive_adopt_links(model, connection, difference);
	naive_adopt_alerts(model, connection, &marks->alert, difference);
	naive_name_causes(model);
	naive_adopt_volumes(model, connection, marks, difference);
	extent.alerts_from = all ? 0 : naive_first_ended(model);
	extent.turn = marks->checks++ % extent.every;
	expected = naive_expected(model, &extent);
	shown = naive_shown(connection, &extent, difference);
	marks->event = naive_last_event(connection, difference);
	naive_differ(&expected, &shown, difference);
	naive_clear_lines(&expected);
	naive_clear_lines(&shown);
}

#endif

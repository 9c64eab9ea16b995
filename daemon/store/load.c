/* SPDX-License-Identifier: MIT */
#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/*
 * The rows of a step come in a fixed order, and nobody else writes: after a lost connection the
 * step goes on behind the rows ($1 of them) that were handed on before.
 */
struct load_step {
	const char *sql;
	void (*row)(struct store *store, const PGresult *row);
	void (*end)(struct store *store); /* may be NULL */
};

/* Microseconds since 1970, as struct wallclock. */
#define TIME(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

static void load_counters(struct store *store, const PGresult *row)
{
	const struct counters counters = {
	    .class_id = store_number_at(row, 0),
	    .statistic_id = store_number_at(row, 1),
	    .resource_id = store_number_at(row, 2),
	    .alert_id = store_number_at(row, 3),
	    .event_id = store_number_at(row, 4),
	    .server_id = store_number_at(row, 5),
	    .volume_id = store_number_at(row, 6),
	    .volume_node_id = store_number_at(row, 7),
	    .cohort_id = store_number_at(row, 8),
	    .gap_id = store_number_at(row, 9),
	    .silence_id = store_number_at(row, 10),
	    .sampled = {.us = store_number_at(row, 11)},
	};

	store->callbacks.counters(store->context, &counters);
}

/* ---- a class has one row for each of its statistics, or one without ---- */

static void end_class(struct store *store)
{
	if (store->class.id == 0)
		return;
	store->callbacks.class(store->context, &store->class);
	class_row_clear(&store->class);
	store->class_capacity = 0;
}

static void begin_class(struct store *store, const PGresult *row)
{
	store->class = (struct class_row){
	    .id = store_number_at(row, 0),
	    .plugin = xstrdup(store_text_at(row, 1)),
	    .name = xstrdup(store_text_at(row, 2)),
	    .label = xstrdup(store_text_at(row, 3)),
	    .scannable = store_is_true(row, 4),
	    .internal = store_is_true(row, 5),
	    .loaded = store_is_true(row, 6),
	    .ancestry = xstrdup(store_text_at(row, 7)),
	    .attributes = xstrdup(store_text_at(row, 8)),
	    .charts = xstrdup(store_text_at(row, 9)),
	    .relations = xstrdup(store_text_at(row, 10)),
	};
}

static void add_statistic(struct class_row *class, size_t *capacity, const PGresult *row)
{
	class->statistics = xgrow(
	    class->statistics, class->statistic_count, capacity, sizeof(class->statistics[0]));
	class->statistics[class->statistic_count++] = (struct statistic_row){
	    .id = store_number_at(row, 11),
	    .name = xstrdup(store_text_at(row, 12)),
	    .type = xstrdup(store_text_at(row, 13)),
	    .label = xstrdup(store_text_at(row, 14)),
	    .units = xstrdup(store_text_at(row, 15)),
	    .sample_period = (uint32_t)store_number_at(row, 16),
	    .bins = xstrdup(store_text_at(row, 17)),
	    .bin_labels = xstrdup(store_text_at(row, 18)),
	    .declared = store_is_true(row, 19),
	};
}

static void load_class(struct store *store, const PGresult *row)
{
	if (store_number_at(row, 0) != store->class.id) {
		end_class(store);
		begin_class(store, row);
	}
	if (store_text_at(row, 11) != NULL)
		add_statistic(&store->class, &store->class_capacity, row);
}

/* ---- the rest is handed on as it comes ---- */

static void load_resource(struct store *store, const PGresult *row)
{
	const struct resource_row resource = {
	    .id = store_number_at(row, 0),
	    .class_id = store_number_at(row, 1),
	    .scope_id = store_number_at(row, 2),
	    .identifier = store_text_at(row, 3),
	    .label = store_text_at(row, 4),
	    .alias = store_text_at(row, 5),
	    .attributes = store_text_at(row, 6),
	    .secrets = store_text_at(row, 7),
	    .configured = store_is_true(row, 8),
	    .in_use = store_is_true(row, 9),
	    .given = store_text_at(row, 10),
	    .added = store_is_true(row, 11),
	    .departing = store_is_true(row, 12),
	};

	store->callbacks.resource(store->context, &resource);
}

static void load_parent(struct store *store, const PGresult *row)
{
	const struct parent_row parent = {
	    .child_id = store_number_at(row, 0),
	    .parent_id = store_number_at(row, 1),
	    .reporter_id = store_number_at(row, 2),
	};

	store->callbacks.parent(store->context, &parent);
}

static void load_reporter(struct store *store, const PGresult *row)
{
	const struct reporter_row reporter = {
	    .resource_id = store_number_at(row, 0),
	    .reporter_id = store_number_at(row, 1),
	};

	store->callbacks.reporter(store->context, &reporter);
}

static void load_alert(struct store *store, const PGresult *row)
{
	const struct alert_row alert = {
	    .id = store_number_at(row, 0),
	    .resource_id = store_number_at(row, 1),
	    .name = store_text_at(row, 2),
	    .attribute = store_text_at(row, 3),
	    .severity = (enum severity)store_number_at(row, 4),
	    .message = store_text_at(row, 5),
	    .begin = {.us = store_number_at(row, 6)},
	    .active = true,
	    .dismissed = store_is_true(row, 7),
	    .cause_id = store_number_at(row, 8),
	    .root_cause_id = store_number_at(row, 9),
	    .voters = store_text_at(row, 10),
	    .silence_id = store_number_at(row, 11),
	};

	store->callbacks.alert(store->context, &alert);
}

static void load_silence(struct store *store, const PGresult *row)
{
	const struct silence_row silence = {
	    .id = store_number_at(row, 0),
	    .resource_id = store_number_at(row, 1),
	    .begin = {.us = store_number_at(row, 2)},
	    .end = {.us = store_number_at(row, 3)},
	    .who = store_text_at(row, 4),
	    .why = store_text_at(row, 5),
	};

	store->callbacks.silence(store->context, &silence);
}

static void load_server(struct store *store, const PGresult *row)
{
	const struct server_row server = {
	    .id = store_number_at(row, 0),
	    .address = store_text_at(row, 1),
	    .fqdn = store_text_at(row, 2),
	    .state = store_text_at(row, 3),
	    .source = store_text_at(row, 4),
	    .recorded = {.us = store_number_at(row, 5)},
	};

	store->callbacks.server(store->context, &server);
}

static void load_peer(struct store *store, const PGresult *row)
{
	const struct server_peer_row peer = {
	    .server_id = store_number_at(row, 0), .peer_id = store_number_at(row, 1)};

	store->callbacks.peer(store->context, &peer);
}

static void load_volume(struct store *store, const PGresult *row)
{
	const struct volume_row volume = {
	    .id = store_number_at(row, 0),
	    .drive_id = store_number_at(row, 1),
	    .label = store_text_at(row, 2),
	    .size = store_number_at(row, 3),
	    .filesystem_type = store_text_at(row, 4),
	    .unusable = store_is_true(row, 5),
	    .in_use = store_is_true(row, 6),
	    .chosen = store_is_true(row, 7),
	};

	store->callbacks.volume(store->context, &volume);
}

static void load_volume_node(struct store *store, const PGresult *row)
{
	const struct volume_node_row node = {
	    .id = store_number_at(row, 0),
	    .volume_id = store_number_at(row, 1),
	    .resource_id = store_number_at(row, 2),
	    .server_id = store_number_at(row, 3),
	    .path = store_text_at(row, 4),
	    .primary = store_is_true(row, 5),
	    .used = store_is_true(row, 6),
	    .weighted = store_text_at(row, 7) != NULL,
	    .weight = store_number_at(row, 7),
	};

	store->callbacks.volume_node(store->context, &node);
}

static void load_cohort(struct store *store, const PGresult *row)
{
	const struct cohort_row cohort = {
	    .id = store_number_at(row, 0),
	    .scannable_id = store_number_at(row, 1),
	    .class_id = store_number_at(row, 2),
	};

	store->callbacks.cohort(store->context, &cohort);
}

static void load_slot(struct store *store, const PGresult *row)
{
	const struct slot_row slot = {
	    .cohort_id = store_number_at(row, 0),
	    .slot = (uint32_t)store_number_at(row, 1),
	    .resource_id = store_number_at(row, 2),
	    .since = {.us = store_number_at(row, 3)},
	};

	store->callbacks.slot(store->context, &slot);
}

static void load_gap(struct store *store, const PGresult *row)
{
	const struct gap_row gap = {
	    .id = store_number_at(row, 0),
	    .scannable_id = store_number_at(row, 1),
	    .begin = {.us = store_number_at(row, 2)},
	    .open = true,
	    .reason = gap_reason_parse(store_text_at(row, 3)),
	};

	if (gap.reason < GAP_REASON_COUNT)
		store->callbacks.gap(store->context, &gap);
}

static void load_pause(struct store *store, const PGresult *row)
{
	const struct pause_row pause = {
	    .scannable_id = store_number_at(row, 0),
	    .plugin = store_text_at(row, 1),
	    .since = {.us = store_number_at(row, 2)},
	    .user = store_number_at(row, 3),
	    .why = store_text_at(row, 4),
	    .lasts = true,
	};

	store->callbacks.pause(store->context, &pause);
}

static const struct load_step steps[] = {
    {"SELECT class, statistic, resource, alert, event, server, volume, volume_node,"
     " cohort, gap, silence, coalesce(" TIME(
         "sampled") ", 0) FROM storage.counter OFFSET $1::bigint",
        load_counters, NULL},
    {"SELECT class.id, plugin, class.name, class.label, scannable, internal, loaded, ancestry,"
     " attributes, charts, relations, statistic.id, statistic.name, type, statistic.label, units,"
     " sample_period, bins, bin_labels, declared"
     " FROM storage.class LEFT JOIN storage.statistic ON class_id = class.id"
     " ORDER BY class.id, statistic.id OFFSET $1::bigint",
        load_class, end_class},
    {"SELECT id, class_id, scope_id, identifier, label, alias, attributes, secrets, configured,"
     " in_use, given, added, departing"
     " FROM storage.resource ORDER BY id OFFSET $1::bigint",
        load_resource, NULL},
    {"SELECT child_id, parent_id, reporter_id FROM storage.parent"
     " ORDER BY child_id, parent_id, reporter_id OFFSET $1::bigint",
        load_parent, NULL},
    {"SELECT resource_id, reporter_id FROM storage.reporter"
     " ORDER BY resource_id, reporter_id OFFSET $1::bigint",
        load_reporter, NULL},
    {"SELECT id, resource_id, name, attribute, severity, message, " TIME(
         "begin_time") ", dismissed, cause_id, root_cause_id, voters, silence_id FROM storage.alert"
                       " WHERE active ORDER BY id OFFSET $1::bigint",
        load_alert, NULL},
    {"SELECT id, resource_id, " TIME("begin_time") ", " TIME(
         "end_time") ", who, why FROM storage.silence ORDER BY id OFFSET $1::bigint",
        load_silence, NULL},
    {"SELECT id, address, fqdn, state, source, " TIME(
         "recorded") " FROM storage.server ORDER BY id OFFSET $1::bigint",
        load_server, NULL},
    {"SELECT server_id, peer_id FROM storage.server_peer ORDER BY server_id, peer_id"
     " OFFSET $1::bigint",
        load_peer, NULL},
    {"SELECT id, drive_id, label, coalesce(size, -1), filesystem_type, unusable, in_use, chosen"
     " FROM storage.volume ORDER BY id OFFSET $1::bigint",
        load_volume, NULL},
    {"SELECT id, volume_id, resource_id, server_id, path, is_primary, is_used, weight"
     " FROM storage.volume_node ORDER BY id OFFSET $1::bigint",
        load_volume_node, NULL},
    {"SELECT id, scannable_id, class_id FROM storage.cohort ORDER BY id OFFSET $1::bigint",
        load_cohort, NULL},
    {"SELECT cohort_id, slot, resource_id, " TIME(
         "since") " FROM storage.slot ORDER BY cohort_id, slot OFFSET $1::bigint",
        load_slot, NULL},
    {"SELECT id, scannable_id, " TIME(
         "begin_time") ", reason FROM storage.gap WHERE end_time IS NULL ORDER BY id"
                       " OFFSET $1::bigint",
        load_gap, NULL},
    {"SELECT scannable_id, plugin, " TIME(
         "begin_time") ", user_id, reason FROM storage.pause ORDER BY plugin, scannable_id"
                       " OFFSET $1::bigint",
        load_pause, NULL},
};

static void row_arrived(struct store *store, PGresult *result)
{
	store->load_rows++;
	steps[store->load_step].row(store, result);
}

static void step_done(struct store *store, PGresult *result)
{
	const struct load_step *step = &steps[store->load_step];

	(void)result;
	if (step->end != NULL)
		step->end(store);
	store->load_step++;
	store->load_rows = 0;
	if (store->load_step < sizeof(steps) / sizeof(steps[0]))
		store_load(store);
	else
		store_has_loaded(store);
}

void store_load(struct store *store)
{
	char *offset = xasprintf("%llu", (unsigned long long)store->load_rows);

	store_ask(store, steps[store->load_step].sql, offset, row_arrived, step_done);
	free(offset);
}

void store_load_clear(struct store *store)
{
	class_row_clear(&store->class);
}

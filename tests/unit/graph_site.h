/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the graph share: the classes of a plugin "acme", batches written by hand, and a
 * database in memory that the graph's changes are written to and that a new graph is restored from.
 */
#ifndef TESTS_UNIT_GRAPH_SITE_H
#define TESTS_UNIT_GRAPH_SITE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "batch_samples.h"
#include "graph/graph.h"
#include "graph/volume.h"
#include "model/frame.h"

#define UNUSED __attribute__((unused))

/* ---- classes ---- */

enum { COUPLET, SHELF, DRIVE, DISK, POOL, ARRAY, BLADE, CLASS_COUNT };
enum { COUPLET_ADDRESS, COUPLET_PASSWORD, COUPLET_FIRMWARE, COUPLET_PORT };
enum { SHELF_NUMBER, SHELF_COLOUR };
enum { DRIVE_SHELF, DRIVE_SLOT, DRIVE_CAPACITY, DRIVE_STATUS, DRIVE_NOTE, DRIVE_MATE, DRIVE_POOL };
enum { DISK_SERIAL, DISK_SIZE, DISK_STATE, DISK_HOME };
enum { POOL_NAME, POOL_MASTER };
enum { ARRAY_NAME };
enum { BLADE_NUMBER };

struct attribute_text {
	const char *name;
	enum attribute_type type;
	bool optional;
};

static inline void add_attribute(
    struct class *class, const char *name, enum attribute_type type, bool optional)
{
	struct attribute *attribute;

	class->attributes = xreallocarray(
	    class->attributes, class->attribute_count + 1, sizeof(*class->attributes));
	attribute = &class->attributes[class->attribute_count++];
	*attribute = (struct attribute){.type = type, .optional = optional};
	attribute->name = xstrdup(name);
	attribute->label = label_from_name(name);
}

static inline void add_options(struct class *class, size_t attribute, const char *options)
{
	char *copy = xstrdup(options);
	char *rest = copy;
	char *option;

	while ((option = strsep(&rest, " ")) != NULL) {
		struct attribute *declared = &class->attributes[attribute];

		declared->options = xreallocarray(
		    declared->options, declared->option_count + 1, sizeof(*declared->options));
		declared->options[declared->option_count++] = value_text(option);
	}
	free(copy);
}

static inline void add_identifier(struct class *class, size_t attribute)
{
	class->identifier = xreallocarray(
	    class->identifier, class->identifier_count + 1, sizeof(*class->identifier));
	class->identifier[class->identifier_count++] = attribute;
}

static inline void add_state(
    struct class *class, size_t condition, size_t threshold, const char *state)
{
	struct threshold *declared = &class->conditions[condition].thresholds[threshold];

	declared->states =
	    xreallocarray(declared->states, declared->state_count + 1, sizeof(*declared->states));
	declared->states[declared->state_count++] = value_text(state);
}

static inline struct class *class_begin(
    const char *name, enum builtin builtin, enum identifier_scope scope)
{
	struct class *class = xcalloc(1, sizeof(*class));

	class->plugin = xstrdup("acme");
	class->name = xstrdup(name);
	class->label = xasprintf("acme.%s", name);
	class->builtin = builtin;
	class->scannable = builtin == BUILTIN_SCANNABLE;
	class->scope = scope;
	class->ancestry = xcalloc(2, sizeof(*class->ancestry));
	class->ancestry[0] = xasprintf("acme.%s", name);
	class->ancestry[1] = xstrdup(builtin_name(builtin));
	class->ancestry_count = 2;
	return class;
}

static inline struct class *make_couplet(void)
{
	struct class *class = class_begin("Couplet", BUILTIN_SCANNABLE, IDENTIFIER_GLOBAL);

	add_attribute(class, "address", ATTRIBUTE_HOSTNAME, false);
	add_attribute(class, "password", ATTRIBUTE_PASSWORD, true);
	add_attribute(class, "firmware", ATTRIBUTE_STRING, true);
	add_attribute(class, "port", ATTRIBUTE_INTEGER, false);
	class->attributes[COUPLET_FIRMWARE].user_read_only = true;
	class->attributes[COUPLET_PORT].default_value = value_integer(80);
	add_identifier(class, COUPLET_ADDRESS);
	return class;
}

/* A chart of the first statistic, and a relation by one attribute. */
static inline void add_chart_and_relation(struct class *class, size_t attribute)
{
	class->charts = xcalloc(1, sizeof(*class->charts));
	class->chart_count = 1;
	class->has_declared_charts = true;
	class->charts[0] = (struct chart){xstrdup("Climate"), xcalloc(1, sizeof(size_t)), 1};
	class->relations = xcalloc(1, sizeof(*class->relations));
	class->relation_count = 1;
	class->relations[0] = (struct relation){RELATION_PROVIDE, xstrdup("linux"),
	    xstrdup("ScsiDevice"), xcalloc(1, sizeof(size_t)), 1, true};
	class->relations[0].attributes[0] = attribute;
}

static inline struct class *make_drive(void)
{
	struct class *class = class_begin("Drive", BUILTIN_PHYSICAL_DISK, IDENTIFIER_SCOPED);

	free(class->label);
	class->label = xstrdup("Disk");
	class->has_declared_label = true;
	add_attribute(class, "shelf", ATTRIBUTE_REFERENCE, false);
	add_attribute(class, "slot", ATTRIBUTE_INTEGER, false);
	add_attribute(class, "capacity", ATTRIBUTE_BYTES, false);
	add_attribute(class, "status", ATTRIBUTE_ENUM, true);
	add_attribute(class, "note", ATTRIBUTE_STRING, true);
	add_attribute(class, "mate", ATTRIBUTE_REFERENCE, true);
	add_attribute(class, "pool", ATTRIBUTE_REFERENCE, true);
	add_options(class, DRIVE_STATUS, "OK WORN FAILED");
	add_identifier(class, DRIVE_SHELF);
	add_identifier(class, DRIVE_SLOT);
	class->statistics = xcalloc(2, sizeof(*class->statistics));
	class->statistic_count = 2;
	class->statistics[0] = (struct statistic){STATISTIC_GAUGE, xstrdup("temperature"),
	    xstrdup("Temperature"), xstrdup("C"), 10, NULL, 0};
	class->statistics[1] = (struct statistic){STATISTIC_HISTOGRAM, xstrdup("latency"),
	    xstrdup("Latency"), xstrdup("ms"), 10, xcalloc(2, sizeof(struct bin)), 2};
	class->statistics[1].bins[0] = (struct bin){0, 9};
	class->statistics[1].bins[1] = (struct bin){10, INT64_MAX};
	class->conditions = xcalloc(2, sizeof(*class->conditions));
	class->condition_count = 2;
	class->conditions[0] = (struct alert_condition){.type = CONDITION_VALUE,
	    .message = xstrdup("Drive failure"),
	    .subject = DRIVE_STATUS,
	    .raise_after = 1,
	    .clear_after = 1};
	add_state(class, 0, 0, "FAILED");
	add_state(class, 0, 1, "WORN");
	class->conditions[1] = (struct alert_condition){.type = CONDITION_UPPER_BOUND,
	    .message = xstrdup("Drive too hot"),
	    .on_statistic = true,
	    .thresholds = {{.has_bound = true, .bound = 85}},
	    .raise_after = 1,
	    .clear_after = 1};
	add_chart_and_relation(class, DRIVE_NOTE);
	return class;
}

static inline struct class *make_disk(void)
{
	struct class *class = class_begin("SharedDisk", BUILTIN_PHYSICAL_DISK, IDENTIFIER_GLOBAL);

	add_attribute(class, "serial", ATTRIBUTE_STRING, false);
	add_attribute(class, "size", ATTRIBUTE_BYTES, true);
	add_attribute(class, "state", ATTRIBUTE_STRING, true);
	add_attribute(class, "home", ATTRIBUTE_REFERENCE, true);
	add_identifier(class, DISK_SERIAL);
	class->statistics = xcalloc(1, sizeof(*class->statistics));
	class->statistic_count = 1;
	class->statistics[0] = (struct statistic){
	    STATISTIC_GAUGE, xstrdup("wear"), xstrdup("Wear"), xstrdup("%"), 10, NULL, 0};
	class->conditions = xcalloc(1, sizeof(*class->conditions));
	class->condition_count = 1;
	class->conditions[0] = (struct alert_condition){.type = CONDITION_VALUE,
	    .message = xstrdup("Disk failure"),
	    .subject = DISK_STATE,
	    .raise_after = 1,
	    .clear_after = 1};
	add_state(class, 0, 0, "FAILED");
	return class;
}

/* The classes as a plugin host declares them. free_classes() releases them. */
static inline struct class **make_classes(void)
{
	struct class **classes = xcalloc(CLASS_COUNT, sizeof(*classes));

	classes[COUPLET] = make_couplet();
	classes[SHELF] = class_begin("Shelf", BUILTIN_ENCLOSURE, IDENTIFIER_SCOPED);
	add_attribute(classes[SHELF], "number", ATTRIBUTE_INTEGER, false);
	add_attribute(classes[SHELF], "colour", ATTRIBUTE_STRING, true);
	add_identifier(classes[SHELF], SHELF_NUMBER);
	classes[DRIVE] = make_drive();
	classes[DISK] = make_disk();
	classes[POOL] = class_begin("Pool", BUILTIN_STORAGE_POOL, IDENTIFIER_SCOPED);
	add_attribute(classes[POOL], "name", ATTRIBUTE_STRING, false);
	add_attribute(classes[POOL], "master", ATTRIBUTE_REFERENCE, true);
	add_identifier(classes[POOL], POOL_NAME);
	classes[ARRAY] = class_begin("Array", BUILTIN_SCANNABLE, IDENTIFIER_AUTO);
	add_attribute(classes[ARRAY], "name", ATTRIBUTE_STRING, true);
	classes[BLADE] = class_begin("Blade", BUILTIN_SCANNABLE, IDENTIFIER_SCOPED);
	add_attribute(classes[BLADE], "number", ATTRIBUTE_INTEGER, false);
	add_identifier(classes[BLADE], BLADE_NUMBER);
	return classes;
}

static inline void free_classes(struct class **classes)
{
	for (size_t i = 0; classes != NULL && i < CLASS_COUNT; i++)
		class_free(classes[i]);
	free(classes);
}

/* ---- the database in memory ---- */

struct database {
	struct counters counters;
	struct class_row *classes;
	size_t class_count;
	struct resource_row *resources;
	size_t resource_count;
	struct parent_row *parents;
	size_t parent_count;
	struct reporter_row *reporters;
	size_t reporter_count;
	struct alert_row *alerts;
	size_t alert_count;
	struct silence_row *silences;
	size_t silence_count;
	struct event_row *events;
	size_t event_count;
	struct server_row *servers;
	size_t server_count;
	struct server_peer_row *peers;
	size_t peer_count;
	struct volume_row *volumes;
	size_t volume_count;
	struct volume_node_row *nodes;
	size_t node_count;
	struct cohort_row *cohorts; /* by id */
	size_t cohort_count;
	struct slot_row *slots;
	size_t slot_count;
	struct frame_row *frames;
	size_t frame_count;
	size_t written; /* rows written or removed, in total */
};

/* Doubles the array whenever its count is a power of two. */
#define APPEND(array, count, row)                                                            \
	do {                                                                                 \
		if (((count) & ((count)-1)) == 0)                                            \
			(array) = xreallocarray((array), 2 * (count) + 1, sizeof(*(array))); \
		(array)[(count)++] = (row);                                                  \
	} while (0)

#define REMOVE(array, count, index) ((array)[index] = (array)[--(count)])

static inline struct resource_row *database_find(const struct database *database, record_id id)
{
	for (size_t i = 0; i < database->resource_count; i++)
		if (database->resources[i].id == id)
			return &database->resources[i];
	return NULL;
}

static inline struct resource_row copy_resource(const struct resource_row *row)
{
	struct resource_row copy = *row;

	copy.identifier = xstrdup(row->identifier);
	copy.label = xstrdup(row->label);
	copy.alias = xstrdup(row->alias);
	copy.attributes = xstrdup(row->attributes);
	copy.secrets = xstrdup(row->secrets);
	copy.given = xstrdup(row->given);
	return copy;
}

static inline struct alert_row copy_alert(const struct alert_row *row)
{
	struct alert_row copy = *row;

	copy.name = xstrdup(row->name);
	copy.attribute = xstrdup(row->attribute);
	copy.message = xstrdup(row->message);
	copy.voters = xstrdup(row->voters);
	return copy;
}

static inline struct class_row copy_class(const struct class_row *row)
{
	struct class_row copy = *row;

	copy.plugin = xstrdup(row->plugin);
	copy.name = xstrdup(row->name);
	copy.label = xstrdup(row->label);
	copy.ancestry = xstrdup(row->ancestry);
	copy.attributes = xstrdup(row->attributes);
	copy.charts = xstrdup(row->charts);
	copy.relations = xstrdup(row->relations);
	copy.statistics = xcalloc(row->statistic_count, sizeof(*copy.statistics));
	for (size_t i = 0; i < row->statistic_count; i++) {
		const struct statistic_row *statistic = &row->statistics[i];

		copy.statistics[i] = *statistic;
		copy.statistics[i].name = xstrdup(statistic->name);
		copy.statistics[i].type = xstrdup(statistic->type);
		copy.statistics[i].label = xstrdup(statistic->label);
		copy.statistics[i].units = xstrdup(statistic->units);
		copy.statistics[i].bins = xstrdup(statistic->bins);
		copy.statistics[i].bin_labels = xstrdup(statistic->bin_labels);
	}
	return copy;
}

static inline bool same_parent(const struct parent_row *a, const struct parent_row *b)
{
	return a->child_id == b->child_id && a->parent_id == b->parent_id &&
	       a->reporter_id == b->reporter_id;
}

static inline bool same_reporter(const struct reporter_row *a, const struct reporter_row *b)
{
	return a->resource_id == b->resource_id && a->reporter_id == b->reporter_id;
}

static inline void drop_parent(struct database *database, const struct parent_row *row)
{
	for (size_t i = database->parent_count; i-- > 0;)
		if (same_parent(&database->parents[i], row))
			REMOVE(database->parents, database->parent_count, i);
}

static inline void drop_reporter(struct database *database, const struct reporter_row *row)
{
	for (size_t i = database->reporter_count; i-- > 0;)
		if (same_reporter(&database->reporters[i], row))
			REMOVE(database->reporters, database->reporter_count, i);
}

/* With everything that refers to it, as foreign keys do. */
static inline bool has_cohort(const struct database *database, record_id id)
{
	for (size_t i = 0; i < database->cohort_count; i++)
		if (database->cohorts[i].id == id)
			return true;
	return false;
}

/* Takes a resource out of its cohorts, and its own cohorts along. */
static inline void drop_slots(struct database *database, record_id id)
{
	size_t kept = 0;

	for (size_t i = 0; i < database->cohort_count; i++)
		if (database->cohorts[i].scannable_id != id)
			database->cohorts[kept++] = database->cohorts[i];
	database->cohort_count = kept;
	for (size_t i = database->slot_count; i-- > 0;)
		if (database->slots[i].resource_id == id ||
		    !has_cohort(database, database->slots[i].cohort_id))
			REMOVE(database->slots, database->slot_count, i);
}

static inline void drop_silence(struct database *database, size_t place)
{
	silence_row_clear(&database->silences[place]);
	REMOVE(database->silences, database->silence_count, place);
}

static inline void write_silences(struct database *database, const struct changes *changes)
{
	for (size_t i = 0; i < changes->silence_count; i++) {
		struct silence_row row = changes->silences[i];

		if (database_find(database, row.resource_id) == NULL)
			continue;
		row.who = xstrdup(row.who);
		row.why = xstrdup(row.why);
		APPEND(database->silences, database->silence_count, row);
	}
	for (size_t i = 0; i < changes->silences_removed_count; i++)
		for (size_t j = database->silence_count; j-- > 0;)
			if (database->silences[j].id == changes->silences_removed[i])
				drop_silence(database, j);
}

static inline void drop_resource(struct database *database, record_id id)
{
	struct resource_row *row = database_find(database, id);

	if (row == NULL)
		return;
	resource_row_clear(row);
	REMOVE(database->resources, database->resource_count, (size_t)(row - database->resources));
	for (size_t i = database->parent_count; i-- > 0;) {
		const struct parent_row *link = &database->parents[i];

		if (link->child_id == id || link->parent_id == id || link->reporter_id == id)
			REMOVE(database->parents, database->parent_count, i);
	}
	for (size_t i = database->reporter_count; i-- > 0;) {
		const struct reporter_row *report = &database->reporters[i];

		if (report->resource_id == id || report->reporter_id == id)
			REMOVE(database->reporters, database->reporter_count, i);
	}
	for (size_t i = database->silence_count; i-- > 0;)
		if (database->silences[i].resource_id == id)
			drop_silence(database, i);
	drop_slots(database, id);
}

static inline bool has_statistic(const struct class_row *row, record_id id)
{
	for (size_t i = 0; i < row->statistic_count; i++)
		if (row->statistics[i].id == id)
			return true;
	return false;
}

/* Statistics stay, but those that are not in the new row are not declared any more. */
static inline void replace_class(struct class_row *stored, const struct class_row *row)
{
	struct class_row copy = copy_class(row);

	for (size_t i = 0; i < stored->statistic_count; i++) {
		struct statistic_row *statistic = &stored->statistics[i];

		if (has_statistic(row, statistic->id))
			continue;
		copy.statistics = xreallocarray(
		    copy.statistics, copy.statistic_count + 1, sizeof(*copy.statistics));
		statistic->declared = false;
		copy.statistics[copy.statistic_count++] = *statistic;
		*statistic = (struct statistic_row){0};
	}
	class_row_clear(stored);
	*stored = copy;
}

static inline void write_class(struct database *database, const struct class_row *row)
{
	for (size_t i = 0; i < database->class_count; i++)
		if (database->classes[i].id == row->id) {
			replace_class(&database->classes[i], row);
			return;
		}
	APPEND(database->classes, database->class_count, copy_class(row));
}

static inline void write_resource(struct database *database, const struct resource_row *row)
{
	struct resource_row *stored = database_find(database, row->id);

	if (stored == NULL) {
		APPEND(database->resources, database->resource_count, copy_resource(row));
		return;
	}
	resource_row_clear(stored);
	*stored = copy_resource(row);
}

static inline void write_alert(struct database *database, const struct alert_row *row)
{
	for (size_t i = 0; i < database->alert_count; i++) {
		if (database->alerts[i].id != row->id)
			continue;
		alert_row_clear(&database->alerts[i]);
		database->alerts[i] = copy_alert(row);
		return;
	}
	APPEND(database->alerts, database->alert_count, copy_alert(row));
}

/* ---- servers and volumes ---- */

static inline struct server_row *database_server(const struct database *database, record_id id)
{
	for (size_t i = 0; i < database->server_count; i++)
		if (database->servers[i].id == id)
			return &database->servers[i];
	return NULL;
}

static inline struct volume_row *database_volume(const struct database *database, record_id id)
{
	for (size_t i = 0; i < database->volume_count; i++)
		if (database->volumes[i].id == id)
			return &database->volumes[i];
	return NULL;
}

static inline struct volume_node_row *database_node(const struct database *database, record_id id)
{
	for (size_t i = 0; i < database->node_count; i++)
		if (database->nodes[i].id == id)
			return &database->nodes[i];
	return NULL;
}

static inline void drop_peers(struct database *database, record_id server)
{
	for (size_t i = database->peer_count; i-- > 0;)
		if (database->peers[i].server_id == server)
			REMOVE(database->peers, database->peer_count, i);
}

static inline void drop_server(struct database *database, record_id id)
{
	struct server_row *row = database_server(database, id);

	if (row == NULL)
		return;
	server_row_clear(row);
	REMOVE(database->servers, database->server_count, (size_t)(row - database->servers));
	drop_peers(database, id);
}

static inline void drop_volume(struct database *database, record_id id)
{
	struct volume_row *row = database_volume(database, id);

	if (row == NULL)
		return;
	volume_row_clear(row);
	REMOVE(database->volumes, database->volume_count, (size_t)(row - database->volumes));
}

static inline void drop_node(struct database *database, record_id id)
{
	struct volume_node_row *row = database_node(database, id);

	if (row == NULL)
		return;
	volume_node_row_clear(row);
	REMOVE(database->nodes, database->node_count, (size_t)(row - database->nodes));
}

static inline void write_server(struct database *database, const struct server_row *row)
{
	struct server_row *stored = database_server(database, row->id);
	struct server_row copy = *row;

	copy.address = xstrdup(row->address);
	copy.fqdn = xstrdup(row->fqdn);
	copy.state = xstrdup(row->state);
	copy.source = xstrdup(row->source);
	if (stored == NULL) {
		APPEND(database->servers, database->server_count, copy);
		return;
	}
	server_row_clear(stored);
	*stored = copy;
}

static inline void write_volume(struct database *database, const struct volume_row *row)
{
	struct volume_row *stored = database_volume(database, row->id);
	struct volume_row copy = *row;

	copy.label = xstrdup(row->label);
	copy.filesystem_type = xstrdup(row->filesystem_type);
	if (stored == NULL) {
		APPEND(database->volumes, database->volume_count, copy);
		return;
	}
	volume_row_clear(stored);
	*stored = copy;
}

static inline void write_node(struct database *database, const struct volume_node_row *row)
{
	struct volume_node_row *stored = database_node(database, row->id);
	struct volume_node_row copy = *row;

	copy.path = xstrdup(row->path);
	if (stored == NULL) {
		APPEND(database->nodes, database->node_count, copy);
		return;
	}
	volume_node_row_clear(stored);
	*stored = copy;
}

static inline void write_volumes(struct database *database, const struct changes *changes)
{
	for (size_t i = 0; i < changes->volume_nodes_removed_count; i++)
		drop_node(database, changes->volume_nodes_removed[i]);
	for (size_t i = 0; i < changes->volumes_removed_count; i++)
		drop_volume(database, changes->volumes_removed[i]);
	for (size_t i = 0; i < changes->servers_removed_count; i++)
		drop_server(database, changes->servers_removed[i]);
	for (size_t i = 0; i < changes->server_count; i++)
		write_server(database, &changes->servers[i]);
	for (size_t i = 0; i < changes->peers_replaced_count; i++)
		drop_peers(database, changes->peers_replaced[i]);
	for (size_t i = 0; i < changes->peer_count; i++)
		APPEND(database->peers, database->peer_count, changes->peers[i]);
	for (size_t i = 0; i < changes->volume_count; i++)
		write_volume(database, &changes->volumes[i]);
	for (size_t i = 0; i < changes->volume_node_count; i++)
		write_node(database, &changes->volume_nodes[i]);
	database->written += changes->volume_nodes_removed_count + changes->volumes_removed_count +
	                     changes->servers_removed_count + changes->server_count +
	                     changes->peers_replaced_count + changes->peer_count +
	                     changes->volume_count + changes->volume_node_count;
}

/* That each path of a server is there once, and roles make sense. */
static inline void check_node(const struct database *database, size_t place)
{
	const struct volume_node_row *node = &database->nodes[place];

	assert_non_null(database_find(database, node->resource_id));
	assert_non_null(database_volume(database, node->volume_id));
	assert_true(node->used || !node->primary);
	for (size_t i = 0; i < place; i++) {
		const struct volume_node_row *other = &database->nodes[i];

		assert_false(
		    other->server_id == node->server_id && strcmp(other->path, node->path) == 0);
		assert_false(
		    other->volume_id == node->volume_id && other->primary && node->primary);
	}
}

static inline void check_volumes(const struct database *database)
{
	for (size_t i = 0; i < database->node_count; i++)
		check_node(database, i);
	for (size_t i = 0; i < database->volume_count; i++) {
		const struct volume_row *volume = &database->volumes[i];
		bool any = volume->in_use;

		assert_non_null(database_find(database, volume->drive_id));
		for (size_t j = 0; j < database->node_count; j++)
			any = any || database->nodes[j].volume_id == volume->id;
		assert_true(any);
	}
	for (size_t i = 0; i < database->peer_count; i++) {
		assert_non_null(database_server(database, database->peers[i].server_id));
		assert_non_null(database_server(database, database->peers[i].peer_id));
	}
}

/* What foreign keys and unique indexes of a real database would refuse. */
static inline void check_database(const struct database *database)
{
	check_volumes(database);
	for (size_t i = 0; i < database->parent_count; i++) {
		assert_non_null(database_find(database, database->parents[i].child_id));
		assert_non_null(database_find(database, database->parents[i].parent_id));
		if (database->parents[i].reporter_id != RELATION)
			assert_non_null(database_find(database, database->parents[i].reporter_id));
	}
	for (size_t i = 0; i < database->reporter_count; i++) {
		assert_non_null(database_find(database, database->reporters[i].resource_id));
		assert_non_null(database_find(database, database->reporters[i].reporter_id));
	}
	for (size_t i = 0; i < database->resource_count; i++)
		if (database->resources[i].scope_id != 0)
			assert_non_null(database_find(database, database->resources[i].scope_id));
}

/* The alerts about contact with a scannable. */
static inline void forget_offline(struct database *database, record_id id)
{
	for (size_t i = database->alert_count; i-- > 0;) {
		struct alert_row *alert = &database->alerts[i];

		if (alert->resource_id != id || strcmp(alert->name, ALERT_ROW_OFFLINE) != 0)
			continue;
		alert_row_clear(alert);
		REMOVE(database->alerts, database->alert_count, i);
	}
}

/* Cohorts and slots of what is there, as the store writes them, and frames. */
static inline void write_frames(struct database *database, const struct changes *changes)
{
	for (size_t i = 0; i < changes->cohort_count; i++) {
		assert_non_null(database_find(database, changes->cohorts[i].scannable_id));
		APPEND(database->cohorts, database->cohort_count, changes->cohorts[i]);
	}
	for (size_t i = 0; i < changes->slot_count; i++) {
		assert_non_null(database_find(database, changes->slots[i].resource_id));
		assert_true(has_cohort(database, changes->slots[i].cohort_id));
		APPEND(database->slots, database->slot_count, changes->slots[i]);
	}
	for (size_t i = 0; i < changes->frame_count; i++) {
		struct frame_row frame = changes->frames[i];

		frame.payload = TEXT_EMPTY;
		text_append_bytes(&frame.payload, changes->frames[i].payload.data,
		    changes->frames[i].payload.length);
		APPEND(database->frames, database->frame_count, frame);
	}
}

static inline void database_write(struct database *database, const struct changes *changes)
{
	for (size_t i = 0; i < changes->forgotten_offline_count; i++)
		forget_offline(database, changes->forgotten_offline[i]);
	for (size_t i = 0; i < changes->removed_resource_count; i++)
		drop_resource(database, changes->removed_resources[i]);
	for (size_t i = 0; i < changes->class_count; i++)
		write_class(database, &changes->classes[i]);
	for (size_t i = 0; i < changes->resource_count; i++)
		write_resource(database, &changes->resources[i]);
	for (size_t i = 0; i < changes->reporters_removed_count; i++)
		drop_reporter(database, &changes->reporters_removed[i]);
	for (size_t i = 0; i < changes->reporters_added_count; i++) {
		drop_reporter(database, &changes->reporters_added[i]);
		APPEND(database->reporters, database->reporter_count, changes->reporters_added[i]);
	}
	for (size_t i = 0; i < changes->parents_removed_count; i++)
		drop_parent(database, &changes->parents_removed[i]);
	for (size_t i = 0; i < changes->parents_added_count; i++) {
		drop_parent(database, &changes->parents_added[i]);
		APPEND(database->parents, database->parent_count, changes->parents_added[i]);
	}
	for (size_t i = 0; i < changes->reference_count; i++)
		assert_non_null(database_find(database, changes->references[i].target_id));
	for (size_t i = 0; i < changes->alert_count; i++)
		write_alert(database, &changes->alerts[i]);
	for (size_t i = 0; i < changes->event_count; i++) {
		struct event_row event = changes->events[i];

		event.message = xstrdup(event.message);
		APPEND(database->events, database->event_count, event);
	}
	write_silences(database, changes);
	write_volumes(database, changes);
	write_frames(database, changes);
	database->counters = changes->counters;
	database->written += changes->removed_resource_count + changes->class_count +
	                     changes->resource_count + changes->reporters_removed_count +
	                     changes->reporters_added_count + changes->parents_removed_count +
	                     changes->parents_added_count + changes->alert_count +
	                     changes->event_count + changes->cohort_count + changes->slot_count +
	                     changes->frame_count;
	check_database(database);
}

static inline void database_restore(const struct database *database, struct graph *graph)
{
	graph_restore_counters(graph, &database->counters);
	for (size_t i = 0; i < database->class_count; i++)
		graph_restore_class(graph, &database->classes[i]);
	for (size_t i = 0; i < database->resource_count; i++)
		graph_restore_resource(graph, &database->resources[i]);
	for (size_t i = 0; i < database->parent_count; i++)
		graph_restore_parent(graph, &database->parents[i]);
	for (size_t i = 0; i < database->reporter_count; i++)
		graph_restore_reporter(graph, &database->reporters[i]);
	for (size_t i = 0; i < database->alert_count; i++)
		if (database->alerts[i].active)
			graph_restore_alert(graph, &database->alerts[i]);
	for (size_t i = 0; i < database->silence_count; i++)
		graph_restore_silence(graph, &database->silences[i]);
	for (size_t i = 0; i < database->server_count; i++)
		graph_restore_server(graph, &database->servers[i]);
	for (size_t i = 0; i < database->peer_count; i++)
		graph_restore_peer(graph, &database->peers[i]);
	for (size_t i = 0; i < database->volume_count; i++)
		graph_restore_volume(graph, &database->volumes[i]);
	for (size_t i = 0; i < database->node_count; i++)
		graph_restore_volume_node(graph, &database->nodes[i]);
	for (size_t i = 0; i < database->cohort_count; i++)
		graph_restore_cohort(graph, &database->cohorts[i]);
	for (size_t i = 0; i < database->slot_count; i++)
		graph_restore_slot(graph, &database->slots[i]);
	graph_restored(graph);
}

static inline void database_clear(struct database *database)
{
	for (size_t i = 0; i < database->class_count; i++)
		class_row_clear(&database->classes[i]);
	for (size_t i = 0; i < database->resource_count; i++)
		resource_row_clear(&database->resources[i]);
	for (size_t i = 0; i < database->alert_count; i++)
		alert_row_clear(&database->alerts[i]);
	while (database->silence_count > 0)
		drop_silence(database, 0);
	free(database->silences);
	for (size_t i = 0; i < database->event_count; i++)
		free(database->events[i].message);
	for (size_t i = 0; i < database->server_count; i++)
		server_row_clear(&database->servers[i]);
	for (size_t i = 0; i < database->volume_count; i++)
		volume_row_clear(&database->volumes[i]);
	for (size_t i = 0; i < database->node_count; i++)
		volume_node_row_clear(&database->nodes[i]);
	for (size_t i = 0; i < database->frame_count; i++)
		text_clear(&database->frames[i].payload);
	free(database->cohorts);
	free(database->slots);
	free(database->frames);
	free(database->servers);
	free(database->peers);
	free(database->volumes);
	free(database->nodes);
	free(database->classes);
	free(database->resources);
	free(database->parents);
	free(database->reporters);
	free(database->alerts);
	free(database->events);
	*database = (struct database){0};
}

/* ---- a site: graph, plugin, database ---- */

struct site {
	struct graph *graph;
	struct class **classes;
	struct database database;
	uint32_t last_session;
	struct text notices; /* those of the changes written last, one a line */
};

static struct text site_warnings, site_errors;

static void site_warn(UNUSED const char *plugin, UNUSED const char *scannable, const char *line)
{
	text_append(&site_warnings, line);
	text_append_char(&site_warnings, '\n');
}

static void site_error(UNUSED const char *plugin, UNUSED const char *scannable, const char *line)
{
	text_append(&site_errors, line);
	text_append_char(&site_errors, '\n');
}

static inline void site_start(struct site *site)
{
	static const struct graph_options options = {
	    .warn = site_warn, .error = site_error, .frame_limit = 100000};

	site->graph = graph_new(&options);
	database_restore(&site->database, site->graph);
}

/* Writes what there is to write; returns how many rows that was. */
static inline size_t site_write(struct site *site)
{
	struct changes *changes = graph_take_changes(site->graph);
	size_t before = site->database.written;

	text_reset(&site->notices);
	if (changes == NULL)
		return 0;
	database_write(&site->database, changes);
	for (size_t i = 0; i < changes->notice_count; i++) {
		if (changes->notices[i].type == NOTICE_EVENT)
			continue;
		text_append(&site->notices, changes->notices[i].json);
		text_append_char(&site->notices, '\n');
	}
	changes_free(changes);
	assert_false(graph_has_changes(site->graph));
	return site->database.written - before;
}

static inline int site_setup(void **state)
{
	struct site *site = xcalloc(1, sizeof(*site));

	text_reset(&site_warnings);
	text_reset(&site_errors);
	site->classes = make_classes();
	site_start(site);
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
	site_write(site);
	*state = site;
	return 0;
}

/* The runner ends, orderly or not, and starts again. */
static inline void site_restart(struct site *site)
{
	graph_free(site->graph);
	site_start(site);
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
}

static inline int site_teardown(void **state)
{
	struct site *site = *state;

	graph_free(site->graph);
	free_classes(site->classes);
	database_clear(&site->database);
	text_clear(&site->notices);
	text_clear(&site_warnings);
	text_clear(&site_errors);
	free(site);
	return 0;
}

static inline struct graph_resource *site_couplet(struct site *site, const char *address)
{
	struct value values[] = {
	    value_text(address), VALUE_NULL_INIT, VALUE_NULL_INIT, VALUE_NULL_INIT};
	char reason[REASON_SIZE];
	struct graph_resource *couplet = graph_configure(
	    site->graph, graph_find_class(site->graph, "acme", "Couplet"), values, NULL, reason);

	value_clear(&values[0]);
	assert_non_null(couplet);
	return couplet;
}

static inline uint32_t site_open(struct site *site, struct graph_resource *scannable)
{
	graph_open(site->graph, ++site->last_session, scannable);
	return site->last_session;
}

/* Opens a session of the couplet with this address. */
static inline uint32_t site_session(struct site *site, const char *address)
{
	return site_open(site, site_couplet(site, address));
}

/* The one resource of this label, or NULL. */
static inline struct graph_resource *site_find(const struct site *site, const char *label)
{
	for (record_id id = 1; id <= 100000; id++) {
		struct graph_resource *resource = graph_find(site->graph, id);

		if (resource != NULL && strcmp(resource->label, label) == 0)
			return resource;
		if (id > site->database.counters.resource_id + 1000)
			break;
	}
	return NULL;
}

static inline record_id site_id(const struct site *site, const char *label)
{
	const struct graph_resource *resource = site_find(site, label);

	assert_non_null(resource);
	return resource->id;
}

static inline const struct alert_row *site_alert(const struct site *site, const char *message)
{
	for (size_t i = site->database.alert_count; i-- > 0;)
		if (strstr(site->database.alerts[i].message, message) != NULL)
			return &site->database.alerts[i];
	return NULL;
}

static inline size_t site_count_events(const struct site *site, const char *message)
{
	size_t count = 0;

	for (size_t i = 0; i < site->database.event_count; i++)
		if (strcmp(site->database.events[i].message, message) == 0)
			count++;
	return count;
}

/* ---- batches ---- */

/* Time of batch 0; each one more takes a microsecond. */
#define BATCH_TIME (INT64_C(1700000000) * US_PER_S)

static inline struct batch *batch_new(uint32_t session, uint64_t number)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->session = session;
	batch->number = number;
	batch->kind = number == 1 ? BATCH_INITIAL : BATCH_UPDATE;
	batch->time = (struct wallclock){BATCH_TIME + (int64_t)number};
	return batch;
}

static inline void batch_report(
    struct batch *batch, uint32_t resource, uint32_t class, bool created)
{
	struct report report = {.resource = resource, .class = class, .created = created};

	APPEND(batch->reports, batch->report_count, report);
}

/* Sets an attribute in the report added last. */
static inline void batch_set(struct batch *batch, uint32_t attribute, struct value value)
{
	struct report *report = &batch->reports[batch->report_count - 1];
	struct change change = {attribute, value};

	APPEND(report->changes, report->change_count, change);
}

static inline void batch_shelf(struct batch *batch, uint32_t resource, int64_t number)
{
	batch_report(batch, resource, SHELF, true);
	batch_set(batch, SHELF_NUMBER, value_integer(number));
}

static inline void batch_drive(struct batch *batch, uint32_t resource, uint32_t shelf, int64_t slot)
{
	batch_report(batch, resource, DRIVE, true);
	batch_set(batch, DRIVE_SHELF, value_reference(shelf));
	batch_set(batch, DRIVE_SLOT, value_integer(slot));
	batch_set(batch, DRIVE_CAPACITY, value_integer(1000));
}

static inline void batch_disk(struct batch *batch, uint32_t resource, const char *serial)
{
	batch_report(batch, resource, DISK, true);
	batch_set(batch, DISK_SERIAL, value_text(serial));
}

static inline void batch_pool(struct batch *batch, uint32_t resource, const char *name)
{
	batch_report(batch, resource, POOL, true);
	batch_set(batch, POOL_NAME, value_text(name));
}

static inline void batch_parent(struct batch *batch, uint32_t child, uint32_t parent, bool added)
{
	struct parent_change change = {child, parent, added};

	APPEND(batch->parents, batch->parent_count, change);
}

static inline void batch_remove(struct batch *batch, uint32_t resource)
{
	APPEND(batch->removed, batch->removed_count, resource);
}

static inline void batch_alert(
    struct batch *batch, uint32_t resource, uint32_t threshold, const char *message)
{
	struct alert_change change = {resource, 0, threshold, message != NULL, xstrdup(message)};

	APPEND(batch->alerts, batch->alert_count, change);
}

/* Applies the batch, which must be accepted, and frees it. */
static inline void site_apply(struct site *site, struct batch *batch)
{
	char reason[REASON_SIZE] = "";

	if (graph_apply(site->graph, batch, reason) != 0)
		fail_msg("refused: %s", reason);
	batch_free(batch);
}

/* Applies a batch that must be refused for this reason, without any change; frees it. */
static inline void site_refuse(struct site *site, struct batch *batch, const char *expected)
{
	char reason[REASON_SIZE] = "";

	site_write(site);
	assert_int_equal(graph_apply(site->graph, batch, reason), -1);
	if (strstr(reason, expected) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", expected, reason);
	assert_false(graph_has_changes(site->graph));
	batch_free(batch);
}

#endif

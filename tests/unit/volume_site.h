/* SPDX-License-Identifier: MIT */
/*
 * What the tests of volumes share: a plugin "unix" whose scannables are servers, or arrays, and a
 * short way to say what a scan reports.
 */
#ifndef TESTS_UNIT_VOLUME_SITE_H
#define TESTS_UNIT_VOLUME_SITE_H

#include "graph_site.h"

enum {
	MACHINE_ROOM, /* the scannable: a server or an array, by its address */
	LUN,
	SCSI,
	RAW,       /* a drive that is unusable for Lustre */
	DATASET,   /* a drive of device type "zfs" */
	PARTITION, /* a slice */
	GROUP,     /* a pool */
	NODE,
	MOUNT, /* an occupier */
	WEIGHT,
	MACHINE, /* virtual */
	UNIX_COUNT
};

/* Attributes of drives, nodes, weights and machines. Each is identified by its first. */
enum { KEY };
enum { DRIVE_BYTES = 1, DRIVE_TYPE };
enum { NODE_HOST = 1 };
enum { WEIGHT_VALUE = 1 };
enum { MACHINE_ADDRESS = 1, MACHINE_HOST };

static const struct {
	const char *name;
	enum builtin builtin;
	enum identifier_scope scope;
} unix_classes[UNIX_COUNT] = {
    [MACHINE_ROOM] = {"Server", BUILTIN_SCANNABLE, IDENTIFIER_GLOBAL},
    [LUN] = {"Lun", BUILTIN_LOGICAL_DRIVE, IDENTIFIER_GLOBAL},
    [SCSI] = {"ScsiDevice", BUILTIN_LOGICAL_DRIVE, IDENTIFIER_GLOBAL},
    [RAW] = {"Raw", BUILTIN_LOGICAL_DRIVE, IDENTIFIER_GLOBAL},
    [DATASET] = {"Dataset", BUILTIN_LOGICAL_DRIVE, IDENTIFIER_GLOBAL},
    [PARTITION] = {"Partition", BUILTIN_LOGICAL_DRIVE_SLICE, IDENTIFIER_GLOBAL},
    [GROUP] = {"Group", BUILTIN_STORAGE_POOL, IDENTIFIER_GLOBAL},
    [NODE] = {"Node", BUILTIN_DEVICE_NODE, IDENTIFIER_SCOPED},
    [MOUNT] = {"Mount", BUILTIN_LOGICAL_DRIVE_OCCUPIER, IDENTIFIER_SCOPED},
    [WEIGHT] = {"Weight", BUILTIN_PATH_WEIGHT, IDENTIFIER_SCOPED},
    [MACHINE] = {"Machine", BUILTIN_VIRTUAL_MACHINE, IDENTIFIER_GLOBAL},
};

static inline struct class *make_unix_class(size_t index)
{
	enum builtin builtin = unix_classes[index].builtin;
	struct class *class =
	    class_begin(unix_classes[index].name, builtin, unix_classes[index].scope);

	free(class->plugin);
	free(class->ancestry[0]);
	class->plugin = xstrdup("unix");
	class->ancestry[0] = xasprintf("unix.%s", class->name);
	add_attribute(class, builtin == BUILTIN_DEVICE_NODE ? "path" : "key",
	    builtin == BUILTIN_DEVICE_NODE ? ATTRIBUTE_PATH : ATTRIBUTE_STRING, false);
	add_identifier(class, KEY);
	if (builtin == BUILTIN_LOGICAL_DRIVE || builtin == BUILTIN_LOGICAL_DRIVE_SLICE) {
		add_attribute(class, "size", ATTRIBUTE_BYTES, false);
		add_attribute(class, "filesystem_type", ATTRIBUTE_STRING, true);
		class->device_type = xstrdup(index == DATASET ? "zfs" : "linux");
		class->unusable_for_lustre = index == RAW;
	}
	if (builtin == BUILTIN_DEVICE_NODE)
		add_attribute(class, "host_id", ATTRIBUTE_INTEGER, false);
	if (builtin == BUILTIN_PATH_WEIGHT)
		add_attribute(class, "weight", ATTRIBUTE_INTEGER, false);
	if (builtin == BUILTIN_VIRTUAL_MACHINE) {
		add_attribute(class, "address", ATTRIBUTE_HOSTNAME, false);
		add_attribute(class, "host_id", ATTRIBUTE_INTEGER, true);
	}
	return class;
}

static inline struct class **make_unix(void)
{
	struct class **classes = xcalloc(UNIX_COUNT, sizeof(*classes));

	for (size_t i = 0; i < UNIX_COUNT; i++)
		classes[i] = make_unix_class(i);
	return classes;
}

static struct class **unix_declared;

static inline int volume_setup(void **state)
{
	int result = site_setup(state);
	struct site *site = *state;

	unix_declared = make_unix();
	graph_declare(site->graph, "unix", unix_declared, UNIX_COUNT);
	site_write(site);
	return result;
}

static inline int volume_teardown(void **state)
{
	int result = site_teardown(state);

	for (size_t i = 0; i < UNIX_COUNT; i++)
		class_free(unix_declared[i]);
	free(unix_declared);
	return result;
}

static inline void volume_restart(struct site *site)
{
	site_write(site);
	site_restart(site);
	graph_declare(site->graph, "unix", unix_declared, UNIX_COUNT);
}

#define volume_test(function) \
	cmocka_unit_test_setup_teardown(function, volume_setup, volume_teardown)

/* ---- scans ---- */

/* A session, and the batch that is being put together for it. */
struct scan {
	struct site *site;
	uint32_t session;
	uint64_t batches;
	uint32_t last; /* number of a resource */
	int64_t host;  /* host_id of its device nodes */
	struct batch *batch;
};

/* A session of the scannable with this name, begun anew. */
static inline struct scan scan_begin(struct site *site, const char *name, int64_t host)
{
	struct scan scan = {.site = site, .host = host};
	struct value values[] = {value_text(name)};
	char reason[REASON_SIZE];
	struct graph_resource *scannable = graph_configure(
	    site->graph, graph_find_class(site->graph, "unix", "Server"), values, NULL, reason);

	value_clear(&values[0]);
	assert_non_null(scannable);
	scan.session = site_open(site, scannable);
	return scan;
}

static inline struct batch *scan_batch(struct scan *scan)
{
	if (scan->batch == NULL)
		scan->batch = batch_new(scan->session, ++scan->batches);
	return scan->batch;
}

/* Applies what was put together, and writes what follows from it; how many rows that was. */
static inline size_t scan_end(struct scan *scan)
{
	struct batch *batch = scan_batch(scan);

	scan->batch = NULL;
	site_apply(scan->site, batch);
	return site_write(scan->site);
}

static inline void scan_label(struct scan *scan, const char *label)
{
	struct report *report = &scan_batch(scan)->reports[scan->batch->report_count - 1];

	free(report->label);
	report->label = xstrdup(label);
	report->label_changed = true;
}

/* Reports a resource that is called by its key; gives its number. */
static inline uint32_t scan_report(struct scan *scan, int class, const char *key)
{
	batch_report(scan_batch(scan), ++scan->last, (uint32_t) class, true);
	batch_set(scan->batch, KEY, value_text(key));
	scan_label(scan, key);
	if (class >= LUN && class <= PARTITION)
		batch_set(scan->batch, DRIVE_BYTES, value_integer(4096));
	if (class == NODE)
		batch_set(scan->batch, NODE_HOST, value_integer(scan->host));
	return scan->last;
}

static inline void scan_link(struct scan *scan, uint32_t child, uint32_t parent)
{
	batch_parent(scan_batch(scan), child, parent, true);
}

static inline void scan_unlink(struct scan *scan, uint32_t child, uint32_t parent)
{
	batch_parent(scan_batch(scan), child, parent, false);
}

static inline void scan_remove(struct scan *scan, uint32_t resource)
{
	batch_remove(scan_batch(scan), resource);
}

static inline void scan_change(
    struct scan *scan, int class, uint32_t resource, uint32_t attribute, struct value value)
{
	batch_report(scan_batch(scan), resource, (uint32_t) class, false);
	batch_set(scan->batch, attribute, value);
}

/* Reports a resource below another one. */
static inline uint32_t scan_below(struct scan *scan, uint32_t parent, int class, const char *key)
{
	uint32_t number = scan_report(scan, class, key);

	scan_link(scan, number, parent);
	return number;
}

static inline uint32_t scan_weight(
    struct scan *scan, uint32_t parent, const char *key, int64_t weight)
{
	uint32_t number = scan_below(scan, parent, WEIGHT, key);

	batch_set(scan->batch, WEIGHT_VALUE, value_integer(weight));
	return number;
}

/* ---- what the database says ---- */

static inline const struct volume_row *the_volume(const struct site *site, const char *label)
{
	const struct volume_row *found = NULL;

	for (size_t i = 0; i < site->database.volume_count; i++)
		if (strcmp(site->database.volumes[i].label, label) == 0)
			found = &site->database.volumes[i];
	return found;
}

/* The node of a volume on a server with this path. */
static inline const struct volume_node_row *the_node(
    const struct site *site, record_id server, const char *path)
{
	for (size_t i = 0; i < site->database.node_count; i++) {
		const struct volume_node_row *node = &site->database.nodes[i];

		if (node->server_id == server && strcmp(node->path, path) == 0)
			return node;
	}
	return NULL;
}

/* The server of the primary, or secondary, node of a volume; 0: it has none. */
static inline record_id home_of(const struct site *site, const char *label, bool primary)
{
	const struct volume_row *volume = the_volume(site, label);

	assert_non_null(volume);
	for (size_t i = 0; i < site->database.node_count; i++) {
		const struct volume_node_row *node = &site->database.nodes[i];

		if (node->volume_id == volume->id && node->used && node->primary == primary)
			return node->server_id;
	}
	return 0;
}

#define assert_home(site, label, primary_, secondary_)                     \
	do {                                                               \
		assert_int_equal(home_of(site, label, true), primary_);    \
		assert_int_equal(home_of(site, label, false), secondary_); \
	} while (0)

#define assert_counts(site, volumes, nodes)                                 \
	do {                                                                \
		assert_int_equal((site)->database.volume_count, (volumes)); \
		assert_int_equal((site)->database.node_count, (nodes));     \
	} while (0)

/* ---- the manager ---- */

static inline void __attribute__((format(printf, 3, 4)))
ask(struct site *site, const char *kind, const char *format, ...)
{
	static record_id last;
	struct request_row row = {.id = ++last, .kind = xstrdup(kind)};
	va_list arguments;

	va_start(arguments, format);
	row.arguments = xvasprintf(format, arguments);
	va_end(arguments);
	graph_take_request(site->graph, &row);
	site_write(site);
	free(row.kind);
	free(row.arguments);
}

static inline void add_server(struct site *site, record_id id, const char *address)
{
	ask(site, "add_server", "{\"server\": %ld, \"address\": \"%s\"}", (long)id, address);
}

static inline void set_peers(struct site *site, record_id server, const char *peers)
{
	ask(site, "set_peers", "{\"server\": %ld, \"peers\": [%s]}", (long)server, peers);
}

#endif

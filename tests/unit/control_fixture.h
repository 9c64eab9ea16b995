/* SPDX-License-Identifier: MIT */
/*
 * A small site of plugin acme behind a control API on a socket in a new directory:
 *
 *	Couplet 10.0.0.1
 *	  Enclosure 1
 *	    HardDrive S1 … S10
 *	  StoragePool p, below all drives
 */
#ifndef CONTROL_FIXTURE_H
#define CONTROL_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <json-c/json.h>

#include "base/memory.h"
#include "base/text.h"
#include "control/control.h"

enum { COUPLET, ENCLOSURE, HARD_DRIVE, POOL, SHARED, CLASS_COUNT };
enum { SERIAL, CAPACITY, STATUS, LOCATED, PASSWORD, SECRET_NOTE, SPARE_OF };

#define SESSION 7
#define DRIVES 10

struct site {
	struct event_base *base;
	struct graph *graph;
	struct control *control;
	struct control_callbacks callbacks;
	char directory[64];
	char *path;
	struct class *classes[CLASS_COUNT];
	struct graph_resource *couplet;
	bool followed;
};

/* ---- classes ---- */

static inline struct class *make_class(
    const char *name, enum builtin builtin, enum identifier_scope scope)
{
	struct class *class = xcalloc(1, sizeof(*class));

	class->plugin = xstrdup("acme");
	class->name = xstrdup(name);
	class->label = xasprintf("acme.%s", name);
	class->builtin = builtin;
	class->scannable = builtin == BUILTIN_SCANNABLE;
	class->ancestry = xcalloc(2, sizeof(char *));
	class->ancestry[0] = xasprintf("acme.%s", name);
	class->ancestry[1] = xstrdup(builtin_name(builtin));
	class->ancestry_count = 2;
	class->scope = scope;
	class->identifier = xcalloc(1, sizeof(size_t));
	class->identifier_count = 1;
	return class;
}

static inline struct attribute *add_attribute(
    struct class *class, const char *name, enum attribute_type type)
{
	struct attribute *attribute;

	class->attributes =
	    xreallocarray(class->attributes, class->attribute_count + 1, sizeof(struct attribute));
	attribute = &class->attributes[class->attribute_count++];
	*attribute = (struct attribute){.type = type, .optional = class->attribute_count > 1};
	attribute->name = xstrdup(name);
	attribute->label = label_from_name(name);
	return attribute;
}

static inline void add_status(struct class *class)
{
	struct attribute *status = add_attribute(class, "status", ATTRIBUTE_ENUM);
	struct alert_condition *condition = xcalloc(1, sizeof(*condition));

	status->options = xcalloc(2, sizeof(struct value));
	status->options[0] = value_text("OK");
	status->options[1] = value_text("FAILED");
	status->option_count = 2;
	condition->type = CONDITION_VALUE;
	condition->message = xstrdup("Drive failure");
	condition->subject = class->attribute_count - 1;
	condition->raise_after = condition->clear_after = 1;
	condition->thresholds[0].states = xcalloc(1, sizeof(struct value));
	condition->thresholds[0].states[0] = value_text("FAILED");
	condition->thresholds[0].state_count = 1;
	class->conditions = condition;
	class->condition_count = 1;
}

static inline void add_temperature(struct class *class)
{
	struct alert_condition *condition;

	class->statistics = xcalloc(1, sizeof(struct statistic));
	class->statistics[0] = (struct statistic){.type = STATISTIC_GAUGE,
	    .name = xstrdup("temperature"),
	    .label = xstrdup("Temperature"),
	    .units = xstrdup("C"),
	    .sample_period = 10};
	class->statistic_count = 1;
	class->conditions = xreallocarray(class->conditions, 2, sizeof(*condition));
	condition = &class->conditions[class->condition_count++];
	*condition = (struct alert_condition){.type = CONDITION_UPPER_BOUND,
	    .id = xstrdup("heat"),
	    .on_statistic = true,
	    .thresholds = {{.has_bound = true, .bound = 95}, {.has_bound = true, .bound = 85.5}},
	    .raise_after = 3,
	    .clear_after = 2};
}

static inline void add_chart_and_relation(struct class *class)
{
	class->charts = xcalloc(1, sizeof(struct chart));
	class->chart_count = 1;
	class->charts[0] = (struct chart){xstrdup("Heat"), xcalloc(1, sizeof(size_t)), 1};
	class->relations = xcalloc(1, sizeof(struct relation));
	class->relation_count = 1;
	class->relations[0] = (struct relation){RELATION_PROVIDE, xstrdup("linux"),
	    xstrdup("ScsiDevice"), xcalloc(1, sizeof(size_t)), 1, true};
}

static inline void make_classes(struct class **classes)
{
	struct class *drive = make_class("HardDrive", BUILTIN_PHYSICAL_DISK, IDENTIFIER_SCOPED);

	add_attribute(drive, "serial_number", ATTRIBUTE_STRING);
	add_attribute(drive, "capacity", ATTRIBUTE_BYTES);
	add_status(drive);
	add_temperature(drive);
	add_chart_and_relation(drive);
	add_attribute(drive, "located", ATTRIBUTE_BOOLEAN);
	add_attribute(drive, "password", ATTRIBUTE_PASSWORD);
	add_attribute(drive, "note", ATTRIBUTE_STRING)->hidden = true;
	add_attribute(drive, "spare_of", ATTRIBUTE_REFERENCE);
	classes[HARD_DRIVE] = drive;
	classes[COUPLET] = make_class("Couplet", BUILTIN_SCANNABLE, IDENTIFIER_GLOBAL);
	add_attribute(classes[COUPLET], "address", ATTRIBUTE_HOSTNAME);
	classes[ENCLOSURE] = make_class("Enclosure", BUILTIN_ENCLOSURE, IDENTIFIER_SCOPED);
	add_attribute(classes[ENCLOSURE], "number", ATTRIBUTE_INTEGER);
	classes[POOL] = make_class("StoragePool", BUILTIN_STORAGE_POOL, IDENTIFIER_SCOPED);
	add_attribute(classes[POOL], "name", ATTRIBUTE_STRING);
	classes[SHARED] = make_class("Shared", BUILTIN_RESOURCE, IDENTIFIER_GLOBAL);
	classes[SHARED]->internal = true;
	add_attribute(classes[SHARED], "wwn", ATTRIBUTE_STRING);
}

/* ---- batches ---- */

static inline struct batch *make_batch(enum batch_kind kind)
{
	static uint64_t number;
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->session = SESSION;
	batch->number = ++number;
	batch->kind = kind;
	batch->time = (struct wallclock){INT64_C(1800000000000000)};
	return batch;
}

static inline struct report *batch_report(
    struct batch *batch, uint32_t resource, uint32_t class, bool created)
{
	batch->reports =
	    xreallocarray(batch->reports, batch->report_count + 1, sizeof(struct report));
	batch->reports[batch->report_count] =
	    (struct report){.resource = resource, .class = class, .created = created};
	return &batch->reports[batch->report_count++];
}

static inline void report_value(struct report *report, uint32_t attribute, struct value value)
{
	report->changes =
	    xreallocarray(report->changes, report->change_count + 1, sizeof(struct change));
	report->changes[report->change_count++] = (struct change){attribute, value};
}

static inline void batch_parent(struct batch *batch, uint32_t child, uint32_t parent)
{
	batch->parents =
	    xreallocarray(batch->parents, batch->parent_count + 1, sizeof(struct parent_change));
	batch->parents[batch->parent_count++] = (struct parent_change){child, parent, true};
}

static inline void apply(struct site *site, struct batch *batch)
{
	char reason[REASON_SIZE] = "";

	if (graph_apply(site->graph, batch, reason) != 0)
		fail_msg("batch refused: %s", reason);
	batch_free(batch);
}

/* The status of a drive (1 to DRIVES) changes, with its alert. */
static inline void set_status(struct site *site, uint32_t drive, const char *status)
{
	struct batch *batch = make_batch(BATCH_UPDATE);
	bool failed = strcmp(status, "FAILED") == 0;

	report_value(batch_report(batch, 1 + drive, HARD_DRIVE, false), STATUS, value_text(status));
	batch->alerts = xcalloc(1, sizeof(struct alert_change));
	batch->alert_count = 1;
	batch->alerts[0] = (struct alert_change){.resource = 1 + drive,
	    .raised = failed,
	    .message = failed ? xstrdup("Drive failure") : NULL};
	apply(site, batch);
}

/* Resource 1 is the enclosure, 2 to 11 the drives, 12 the pool, 13 what others report too. */
static inline void scan_initially(struct site *site)
{
	struct batch *batch = make_batch(BATCH_INITIAL);
	struct report *report;
	char serial[16];

	report_value(batch_report(batch, 1, ENCLOSURE, true), 0, value_integer(1));
	batch_parent(batch, 1, 0);
	for (uint32_t i = 1; i <= DRIVES; i++) {
		snprintf(serial, sizeof(serial), "S%u", i);
		report = batch_report(batch, 1 + i, HARD_DRIVE, true);
		report_value(report, SERIAL, value_text(serial));
		report_value(report, CAPACITY, value_integer(INT64_C(4398046511104)));
		report_value(report, STATUS, value_text("OK"));
		report_value(report, LOCATED, value_boolean(true));
		report_value(report, PASSWORD, value_text("open sesame"));
		report_value(report, SECRET_NOTE, value_text("for the plugin"));
		if (i > 1)
			report_value(report, SPARE_OF, value_reference(2));
		batch_parent(batch, 1 + i, 1);
	}
	report_value(batch_report(batch, 12, POOL, true), 0, value_text("p"));
	for (uint32_t i = 1; i <= DRIVES; i++)
		batch_parent(batch, 12, 1 + i);
	report_value(batch_report(batch, 13, SHARED, true), 0, value_text("w"));
	apply(site, batch);
}

/* ---- the site ---- */

static inline struct json_object *site_status(void *context)
{
	(void)context;
	return json_tokener_parse("{\"state\": \"running\", \"plugins\": [{\"name\": \"acme\", "
	                          "\"state\": \"running\"}]}");
}

static inline void site_followers(void *context, bool any)
{
	((struct site *)context)->followed = any;
}

static inline void site_warn(const char *plugin, const char *scannable, const char *line)
{
	fail_msg("%s %s: %s", plugin, scannable, line);
}

static inline int site_start(void **state)
{
	struct site *site = xcalloc(1, sizeof(*site));
	static const struct graph_options options = {.warn = site_warn};
	struct value address = value_text("10.0.0.1");
	char reason[REASON_SIZE] = "";

	signal(SIGPIPE, SIG_IGN); /* as in the runner */
	memcpy(site->directory, "/tmp/test-control-XXXXXX", sizeof("/tmp/test-control-XXXXXX"));
	assert_non_null(mkdtemp(site->directory));
	site->path = xasprintf("%s/run/control.sock", site->directory);
	site->base = event_base_new();
	site->graph = graph_new(&options);
	make_classes(site->classes);
	graph_restored(site->graph);
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
	graph_begin_configuration(site->graph);
	site->couplet = graph_configure(
	    site->graph, graph_find_class(site->graph, "acme", "Couplet"), &address, "", reason);
	assert_non_null(site->couplet);
	value_clear(&address);
	graph_open(site->graph, SESSION, site->couplet);
	scan_initially(site);
	site->callbacks =
	    (struct control_callbacks){.status = site_status, .followers = site_followers};
	site->control =
	    control_start(site->base, site->path, site->graph, &site->callbacks, site, reason);
	assert_string_equal(reason, "");
	assert_non_null(site->control);
	*state = site;
	return 0;
}

static inline int site_stop(void **state)
{
	struct site *site = *state;

	if (site->control != NULL)
		control_free(site->control);
	graph_free(site->graph);
	for (size_t i = 0; i < CLASS_COUNT; i++)
		class_free(site->classes[i]);
	event_base_free(site->base);
	unlink(site->path);
	*strrchr(site->path, '/') = '\0';
	rmdir(site->path);
	rmdir(site->directory);
	free(site->path);
	free(site);
	return 0;
}

/* ---- a client in the same thread ---- */

static inline int site_connect(const struct site *site)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(text_copy(address.sun_path, sizeof(address.sun_path), site->path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Lets the server run and reads what is there. Returns false at the end of the stream. */
static inline bool site_receive(const struct site *site, int fd, struct text *answer)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char buffer[65536];
	ssize_t count;

	event_base_loop(site->base, EVLOOP_NONBLOCK);
	poll(&wait, 1, 5);
	count = read(fd, buffer, sizeof(buffer));
	if (count > 0)
		text_append_bytes(answer, buffer, (size_t)count);
	return count > 0 || (count < 0 && errno == EAGAIN);
}

static inline void site_send(int fd, const char *request)
{
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
}

/* The whole answer to a request that closes the connection. */
static inline char *site_exchange(const struct site *site, const char *request)
{
	struct text answer = TEXT_EMPTY;
	int fd = site_connect(site);

	site_send(fd, request);
	while (site_receive(site, fd, &answer))
		continue;
	close(fd);
	return text_steal(&answer);
}

/* The JSON answer to GET path, and its status. */
static inline struct json_object *site_get(const struct site *site, const char *path, int *code)
{
	char *request = xasprintf("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	char *answer = site_exchange(site, request);
	char *body = strstr(answer, "\r\n\r\n");
	struct json_object *json;

	assert_non_null(body);
	assert_int_equal(sscanf(answer, "HTTP/1.1 %d", code), 1);
	json = json_tokener_parse(body);
	assert_non_null(json);
	free(answer);
	free(request);
	return json;
}

/* What is at a path such as "trees/0/children/1/id" of an answer, as text; "" if nothing is. */
static inline const char *at(struct json_object *json, const char *path)
{
	char key[64];
	size_t length;

	while (*path != '\0' && json != NULL) {
		length = strcspn(path, "/");
		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		if (json_object_is_type(json, json_type_array))
			json = json_object_array_get_idx(json, (size_t)atoi(key));
		else
			json = json_object_object_get(json, key);
		path += length + (path[length] == '/');
	}
	return json != NULL ? json_object_get_string(json) : "";
}

#endif

/* SPDX-License-Identifier: MIT */
#include "kit/kit.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "graph/volume.h"
#include "host/direct.h"
#include "host/inject.h"

#define DEFAULT_PERIOD_S 5

struct kit {
	struct kit_options options;
	char *name;
	struct host *host;
	struct graph *graph;
	struct class *const *classes; /* the host's */
	size_t class_count;
	bool has_update_scan;
	struct kit_session_list sessions;
	pthread_mutex_t names; /* for numbers and names of sessions, which log lines ask for */
	uint32_t last_session;
	struct reasons *reasons;  /* where those of FAILED and PREPARED go */
	struct reasons *warnings; /* and those of LOADED */
	struct value *prepared;   /* the answer of PREPARED */
};

/* ---- what the plugin host says ---- */

static struct kit_session *find_session(struct kit *kit, uint32_t number)
{
	struct kit_session *session;

	TAILQ_FOREACH (session, &kit->sessions, next)
		if (session->number == number)
			return session;
	assert(!"a message is about an open session");
	abort();
}

static void copy_reasons(struct reasons *to, char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		reasons_take(to, xstrdup(texts[i]));
}

static void receive_loaded(struct kit *kit, const struct message *message)
{
	kit->classes = message->loaded.classes;
	kit->class_count = message->loaded.class_count;
	kit->has_update_scan = message->loaded.has_update_scan;
	copy_reasons(kit->warnings, message->loaded.warnings, message->loaded.warning_count);
}

static void receive_failed(struct kit *kit, const struct message *message)
{
	copy_reasons(kit->reasons, message->failed.reasons, message->failed.reason_count);
}

/* The name of an open session, or NULL. The caller frees it. */
static char *session_name(struct kit *kit, uint32_t number)
{
	const struct kit_session *session;
	char *name = NULL;

	pthread_mutex_lock(&kit->names);
	TAILQ_FOREACH (session, &kit->sessions, next)
		if (number != 0 && session->number == number)
			name = xstrdup(session->name);
	pthread_mutex_unlock(&kit->names);
	return name;
}

/* Gives a session another number, 0 when it is over. */
static void set_number(struct kit_session *session, uint32_t number)
{
	pthread_mutex_lock(&session->kit->names);
	session->number = number;
	free(session->name);
	session->name = number != 0 ? xstrdup(graph_name(session->scannable)) : NULL;
	pthread_mutex_unlock(&session->kit->names);
}

static void receive_log(struct kit *kit, const struct message *message)
{
	char *name;

	if (kit->options.callbacks.log == NULL)
		return;
	name = session_name(kit, message->log.session);
	kit->options.callbacks.log(
	    kit->options.context, name, (int)message->log.level, message->log.line);
	free(name);
}

/* Tells what changed in the graph. */
static void tell_changes(struct kit *kit)
{
	struct changes *changes = graph_take_changes(kit->graph);

	if (changes == NULL)
		return;
	if (kit->options.callbacks.stored != NULL)
		kit->options.callbacks.stored(kit->options.context, changes);
	/* Of events only the database keeps more than what was told already. */
	for (size_t i = 0; i < changes->notice_count && kit->options.callbacks.changed; i++)
		if (changes->notices[i].type != NOTICE_EVENT)
			kit->options.callbacks.changed(
			    kit->options.context, changes->notices[i].json);
	changes_free(changes);
}

static void note_scan(struct kit_session *session, enum batch_kind kind)
{
	if (kind == BATCH_ASYNC)
		return;
	session->scans++;
	if (kind == BATCH_INITIAL) {
		session->state = KIT_FIRST;
		return;
	}
	if (session->state == KIT_FIRST)
		graph_set_offline(session->kit->graph, session->scannable, false);
	session->state = KIT_ONLINE;
}

static void receive_batch(struct kit *kit, const struct message *message)
{
	struct kit_session *session = find_session(kit, message->batch->session);
	char reason[REASON_SIZE];
	int result = graph_apply(kit->graph, message->batch, reason);

	assert(result == 0);
	note_scan(session, message->batch->kind);
	session->unacknowledged = message->batch->number;
	if (kit->options.callbacks.applied != NULL)
		kit->options.callbacks.applied(kit->options.context, session, message->batch);
	tell_changes(kit);
}

static void receive_ended(struct kit *kit, const struct message *message)
{
	struct kit_session *session = find_session(kit, message->ended.session);
	bool failed = message->ended.failed;

	graph_close(kit->graph, session->number);
	set_number(session, 0);
	session->unacknowledged = 0;
	session->state = KIT_CLOSED;
	session->failures += failed;
	if (failed)
		graph_set_offline(kit->graph, session->scannable, true);
	if (kit->options.callbacks.ended != NULL)
		kit->options.callbacks.ended(kit->options.context, session, message->ended.hook,
		    failed ? message->ended.reason : NULL);
	tell_changes(kit);
}

static void receive_prepared(struct kit *kit, const struct message *message)
{
	const struct message_prepared *prepared = &message->prepared;

	copy_reasons(kit->reasons, prepared->reasons, prepared->reason_count);
	if (prepared->value_count == 0)
		return;
	kit->prepared = xcalloc(prepared->value_count, sizeof(*kit->prepared));
	for (size_t i = 0; i < prepared->value_count; i++)
		kit->prepared[i] = value_copy(&prepared->values[i]);
}

static void receive(void *context, const struct message *message)
{
	static void (*const receivers[MESSAGE_TYPE_END])(struct kit *, const struct message *) = {
	    [MESSAGE_LOADED] = receive_loaded,
	    [MESSAGE_FAILED] = receive_failed,
	    [MESSAGE_LOG] = receive_log,
	    [MESSAGE_BATCH] = receive_batch,
	    [MESSAGE_ENDED] = receive_ended,
	    [MESSAGE_PREPARED] = receive_prepared,
	};

	assert(receivers[message->type] != NULL);
	receivers[message->type](context, message);
}

/* ---- beginning and end ---- */

static struct message make_configure(const struct kit_options *options)
{
	struct message message = {.type = MESSAGE_CONFIGURE};
	struct message_configure *configure = &message.configure;

	configure->plugin = xstrdup(options->name);
	configure->path = xstrdup(options->path);
	configure->log_level =
	    (uint32_t)(options->log_level > 0 ? options->log_level : LOG_LEVEL_INFO);
	configure->workers = 1;
	configure->default_period_s = options->period_s > 0 ? options->period_s : DEFAULT_PERIOD_S;
	configure->settings = xcalloc(options->setting_count, sizeof(*configure->settings));
	configure->setting_count = options->setting_count;
	for (size_t i = 0; i < options->setting_count; i++)
		configure->settings[i] = (struct setting){.key = xstrdup(options->settings[i].key),
		    .value = xstrdup(options->settings[i].value)};
	return message;
}

static void warn(const char *plugin, const char *scannable, const char *line)
{
	log_about(LOG_LEVEL_WARNING, plugin, scannable, "%s", line);
}

/* Releases a kit without a host. */
static void release(struct kit *kit)
{
	graph_free(kit->graph);
	pthread_mutex_destroy(&kit->names);
	free(kit->name);
	free(kit);
}

struct kit *kit_load(
    const struct kit_options *options, struct reasons *reasons, struct reasons *warnings)
{
	struct kit *kit = xcalloc(1, sizeof(*kit));
	const struct host_direct_options direct = {.configure = make_configure(options),
	    .definition = options->definition,
	    .recorder = options->recorder,
	    .injection = options->injection,
	    .receive = receive,
	    .context = kit};

	kit->options = *options;
	kit->name = xstrdup(options->name);
	kit->reasons = reasons;
	kit->warnings = warnings;
	TAILQ_INIT(&kit->sessions);
	pthread_mutex_init(&kit->names, NULL);
	kit->graph =
	    graph_new(&(const struct graph_options){.warn = warn, .ignores_samples = true});
	graph_restored(kit->graph);
	graph_collect_notices(kit->graph, options->notices);
	kit->host = host_direct_load(&direct);
	if (kit->host == NULL) {
		release(kit);
		return NULL;
	}
	graph_declare(kit->graph, kit->name, kit->classes, kit->class_count);
	return kit;
}

void kit_inject(struct kit *kit, struct injection *injection)
{
	inject(kit->host, injection);
}

void kit_free(struct kit *kit)
{
	struct kit_session *session;

	kit_stop(kit);
	while (kit_run(kit))
		continue;
	assert(!kit_is_busy(kit));
	host_direct_free(kit->host);
	while ((session = TAILQ_FIRST(&kit->sessions)) != NULL) {
		TAILQ_REMOVE(&kit->sessions, session, next);
		free(session);
	}
	release(kit);
}

struct graph *kit_graph(const struct kit *kit)
{
	return kit->graph;
}

struct class *const *kit_classes(const struct kit *kit, size_t *count)
{
	*count = kit->class_count;
	return kit->classes;
}

bool kit_has_update_scan(const struct kit *kit)
{
	return kit->has_update_scan;
}

/* ---- scannables ---- */

const struct class *kit_choose_class(
    const struct kit *kit, const char *name, struct reasons *reasons)
{
	char *names = class_scannable_names(kit->classes, kit->class_count);
	const struct class *chosen = NULL;
	size_t count = 0;

	for (size_t i = 0; i < kit->class_count; i++) {
		const struct class *class = kit->classes[i];

		if (!class->scannable)
			continue;
		count++;
		if (name == NULL || strcmp(class->name, name) == 0)
			chosen = class;
	}
	if (name == NULL && count > 1) {
		chosen = NULL;
		reasons_add(reasons, "say which class to scan: %s", names);
	} else if (chosen == NULL && name != NULL) {
		reasons_add(reasons, "plugin %s has no scannable class \"%s\" (it has: %s)",
		    kit->name, name, names);
	} else if (chosen == NULL) {
		reasons_add(reasons, "plugin %s has no scannable class", kit->name);
	}
	free(names);
	return chosen;
}

static void add_mistake(void *context, const char *place, const char *attribute, const char *text)
{
	(void)place;
	(void)attribute;
	reasons_add(context, "%s", text);
}

/* Has the plugin complete the values, which are released. NULL with reasons. */
static struct value *prepare(
    struct kit *kit, const struct class *class, struct value *values, struct reasons *reasons)
{
	struct message message = {.type = MESSAGE_PREPARE,
	    .prepare = {.request = 1,
	        .class = class_index(kit->classes, kit->class_count, class),
	        .values = values,
	        .value_count = class->attribute_count}};

	kit->reasons = reasons;
	kit->prepared = NULL;
	host_direct_handle(kit->host, &message);
	message_clear(&message);
	while (kit->prepared == NULL && reasons->count == 0)
		kit_run(kit);
	return kit->prepared;
}

/* The values of a scannable, or NULL with reasons. */
static struct value *read_values(struct kit *kit, const struct class *class,
    const struct typed_attribute *attributes, size_t count, struct reasons *reasons)
{
	struct value *values = xcalloc(class->attribute_count, sizeof(*values));

	typed_read(class, attributes, count, values, add_mistake, reasons);
	if (reasons->count > 0) {
		typed_free_values(class, values);
		return NULL;
	}
	return typed_needs_plugin(class, values) ? prepare(kit, class, values, reasons) : values;
}

struct kit_session *kit_add(struct kit *kit, const char *class_name,
    const struct typed_attribute *attributes, size_t count, struct reasons *reasons)
{
	const struct class *class = kit_choose_class(kit, class_name, reasons);
	struct graph_resource *scannable;
	struct kit_session *session;
	struct value *values;
	char reason[REASON_SIZE];
	char *name;

	if (class == NULL)
		return NULL;
	values = read_values(kit, class, attributes, count, reasons);
	if (values == NULL)
		return NULL;
	name = xasprintf("configured:%u", kit->last_session + 1);
	scannable = graph_configure(
	    kit->graph, graph_find_class(kit->graph, kit->name, class->name), values, name, reason);
	typed_free_values(class, values);
	free(name);
	if (scannable == NULL) {
		reasons_add(reasons, "%s", reason);
		return NULL;
	}
	session = xcalloc(1, sizeof(*session));
	session->kit = kit;
	session->class = class;
	session->scannable = scannable;
	pthread_mutex_lock(&kit->names);
	TAILQ_INSERT_TAIL(&kit->sessions, session, next);
	pthread_mutex_unlock(&kit->names);
	return session;
}

/* ---- sessions ---- */

void kit_open(struct kit_session *session)
{
	struct kit *kit = session->kit;
	const struct graph_resource *scannable = session->scannable;
	struct message message;

	assert(session->number == 0);
	set_number(session, ++kit->last_session);
	session->state = KIT_INITIAL;
	graph_open(kit->graph, session->number, session->scannable);
	message = message_open_for(session->number,
	    class_index(kit->classes, kit->class_count, session->class), session->class,
	    scannable->values, graph_name(scannable));
	host_direct_handle(kit->host, &message);
	message_open_release(&message);
}

void kit_close(struct kit_session *session)
{
	struct message message = {.type = MESSAGE_CLOSE, .close = {.session = session->number}};

	if (session->number != 0)
		host_direct_handle(session->kit->host, &message);
}

static void acknowledge(struct kit *kit)
{
	struct kit_session *session;

	TAILQ_FOREACH (session, &kit->sessions, next) {
		struct message message = {.type = MESSAGE_ACKNOWLEDGE,
		    .acknowledge = {.session = session->number, .batch = session->unacknowledged}};

		if (session->unacknowledged == 0)
			continue;
		session->unacknowledged = 0;
		host_direct_handle(kit->host, &message);
	}
}

/* Tells the virtual machines of open sessions which servers they are. */
static void tell_associations(struct kit *kit)
{
	struct message message = {.type = MESSAGE_ASSOCIATE};
	struct association association;

	while (graph_next_association(kit->graph, &association)) {
		message.associate = (struct message_associate){
		    association.session, association.resource, association.server};
		host_direct_handle(kit->host, &message);
	}
}

bool kit_run(struct kit *kit)
{
	bool done = host_direct_run(kit->host);

	tell_associations(kit);
	acknowledge(kit);
	return done;
}

bool kit_next(struct kit *kit, struct monotonic *due)
{
	return host_direct_next(kit->host, due);
}

bool kit_next_changes(struct kit *kit, struct monotonic *due)
{
	return host_direct_next_changes(kit->host, due);
}

bool kit_hurry(struct kit_session *session)
{
	return session->number != 0 && host_direct_hurry(session->kit->host, session->number);
}

int kit_wake(const struct kit *kit)
{
	return host_direct_wake(kit->host);
}

void kit_stop(struct kit *kit)
{
	host_direct_stop(kit->host);
}

bool kit_is_busy(const struct kit *kit)
{
	return host_direct_sessions(kit->host) > 0;
}

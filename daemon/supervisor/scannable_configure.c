/* SPDX-License-Identifier: MIT */
/*
 * Taking the scannables of the configuration into use. Those that the plugin has to complete go to
 * its process first, and are known to the graph when they are back.
 */
#include "supervisor/scannable_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fingerprint.h"
#include "base/memory.h"

/* A scannable that the plugin has yet to complete. */
struct pending {
	uint32_t request;
	size_t index; /* in the configuration */
	const struct class *class;
	char *name; /* with an automatic identifier */
	UT_hash_handle by_request;
};

/* Scannables of a class with automatic identifiers to which the same attributes are given. */
struct namesakes {
	char *key;
	unsigned count;
	UT_hash_handle hh;
};

static const struct scannable_config *config_at(const struct plugin *plugin, size_t index)
{
	return &plugin->supervisor->config.scannables[index];
}

/* ---- names ---- */

/* One more that has this key: how many there are now. */
static unsigned count_namesakes(struct namesakes **all, const char *key)
{
	struct namesakes *namesakes;

	HASH_FIND_STR(*all, key, namesakes);
	if (namesakes == NULL) {
		namesakes = xcalloc(1, sizeof(*namesakes));
		namesakes->key = xstrdup(key);
		HASH_ADD_KEYPTR(hh, *all, namesakes->key, strlen(namesakes->key), namesakes);
	}
	return ++namesakes->count;
}

static void free_namesakes(struct namesakes **all)
{
	struct namesakes *namesakes, *next;

	HASH_ITER (hh, *all, namesakes, next) {
		HASH_DEL(*all, namesakes);
		free(namesakes->key);
		free(namesakes);
	}
}

/*
 * The name of a scannable with an automatic identifier: what is configured of it, and which of
 * several with the same attributes it is. It does not change when others come or go.
 */
static char *automatic_name(
    struct namesakes **all, const struct class *class, const struct scannable_config *config)
{
	struct text name = TEXT_EMPTY;
	char *key;

	text_append(&name, "configured:");
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD)
			continue;
		text_append_json(&name, scannable_typed(config, class->attributes[i].name));
		text_append_char(&name, ',');
	}
	key = xasprintf("%s %s", class->name, name.data);
	text_printf(&name, "%u", count_namesakes(all, key));
	free(key);
	return text_steal(&name);
}

/* ---- into the graph ---- */

static uint64_t fingerprint_add(uint64_t so_far, const char *text)
{
	uint64_t pair[2] = {so_far, text != NULL ? fingerprint(text, strlen(text)) : 0};

	return fingerprint(pair, sizeof(pair));
}

/*
 * Tells whether something else was typed, or a default has become another. What a typed password
 * was obfuscated to may differ from time to time.
 */
static uint64_t fingerprint_of(
    const struct scannable_config *config, const struct class *class, const struct value *values)
{
	uint64_t all = 0;

	for (size_t i = 0; i < class->attribute_count; i++) {
		const char *typed = scannable_typed(config, class->attributes[i].name);
		struct text value = TEXT_EMPTY;

		if (class->attributes[i].type != ATTRIBUTE_PASSWORD)
			value_append_json(&value, &values[i]);
		all = fingerprint_add(all, typed != NULL ? typed : value.data);
		text_clear(&value);
	}
	return all;
}

/* Tells whether another password was typed, or another process of the plugin obfuscated it. */
static uint64_t fingerprint_of_passwords(
    const struct plugin *plugin, const struct scannable_config *config, const struct class *class)
{
	uint64_t all = fingerprint(&plugin->started, sizeof(plugin->started));

	for (size_t i = 0; i < class->attribute_count; i++)
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD)
			all = fingerprint_add(
			    all, scannable_typed(config, class->attributes[i].name));
	return all;
}

/*
 * Puts the passwords that a scannable has in the place of the same, obfuscated once more: the
 * plugin may have assigned others since, and what comes of one may differ from time to time.
 */
static void keep_passwords(
    const struct graph_resource *scannable, const struct class *class, struct value *values)
{
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (class->attributes[i].type != ATTRIBUTE_PASSWORD || values[i].type == VALUE_NULL)
			continue;
		value_clear(&values[i]);
		values[i] = value_copy(&scannable->values[i]);
	}
}

/* Makes a complete scannable known, and gives it a session. NULL after a mistake. */
static struct session *configure(struct reading *reading, size_t index, const struct class *class,
    struct value *values, const char *name)
{
	struct plugin *plugin = reading->plugin;
	struct graph *graph = plugin->supervisor->graph;
	const struct graph_class *known = graph_find_class(graph, class->plugin, class->name);
	const struct scannable_config *config = config_at(plugin, index);
	uint64_t passwords = fingerprint_of_passwords(plugin, config, class);
	struct graph_resource *scannable;
	struct session *session;
	char reason[REASON_SIZE];

	if (!scannable_take_identity(reading, config, class, values))
		return NULL;
	scannable = graph_find_configured(graph, known, values, name);
	session = session_of_scannable(plugin, scannable);
	if (session != NULL && session->passwords == passwords)
		keep_passwords(scannable, class, values);
	scannable = graph_configure(graph, known, values, name, reason);
	if (scannable == NULL) {
		scannable_mistake(reading, config->place, "%s", reason);
		return NULL;
	}
	if (session == NULL)
		session = session_new(plugin, scannable);
	session_configure(session, fingerprint_of(config, class, values));
	session->passwords = passwords;
	free(session->place);
	session->place = xstrdup(config->place);
	return session;
}

/* Ends the sessions of scannables that the configuration no longer has. */
static void sweep(struct plugin *plugin)
{
	struct session *session;
	struct session *next;

	if (plugin->pending != NULL)
		return;
	graph_end_configuration(plugin->supervisor->graph, plugin->config->name);
	for (session = TAILQ_FIRST(&plugin->sessions); session != NULL; session = next) {
		next = TAILQ_NEXT(session, next);
		if (!graph_wants_session(session->scannable))
			session_close(session, "no longer in the configuration");
	}
}

/* ---- by way of the plugin ---- */

/* Asks the plugin to complete a scannable. The name is taken over. */
static void ask(struct plugin *plugin, size_t index, const struct class *class,
    struct value *values, char *name)
{
	struct pending *pending = xcalloc(1, sizeof(*pending));
	struct message message = {.type = MESSAGE_PREPARE};

	pending->request = ++plugin->supervisor->last_request;
	pending->index = index;
	pending->class = class;
	pending->name = name;
	HASH_ADD(by_request, plugin->pending, request, sizeof(pending->request), pending);
	message.prepare = (struct message_prepare){.request = pending->request,
	    .class = class_index(plugin->classes, plugin->class_count, class),
	    .values = values,
	    .value_count = class->attribute_count};
	plugin_send(plugin, &message);
}

static void free_pending(struct plugin *plugin, struct pending *pending)
{
	HASH_DELETE(by_request, plugin->pending, pending);
	free(pending->name);
	free(pending);
}

static struct pending *find_pending(const struct plugin *plugin, uint32_t request)
{
	struct pending *pending;

	HASH_FIND(by_request, plugin->pending, &request, sizeof(request), pending);
	return pending;
}

static struct reading reading_of(struct plugin *plugin)
{
	return (struct reading){
	    .plugin = plugin, .mistakes = &plugin->mistakes, .identities = &plugin->identities};
}

/* Takes a completed scannable into use, or notes why it can't be. */
static struct session *conclude(
    struct plugin *plugin, const struct pending *pending, const struct message_prepared *answer)
{
	struct reading reading = reading_of(plugin);
	const char *place = config_at(plugin, pending->index)->place;

	for (size_t i = 0; i < answer->reason_count; i++)
		scannable_mistake(&reading, place, "%s", answer->reasons[i]);
	if (answer->reason_count > 0)
		return NULL;
	return configure(&reading, pending->index, pending->class, answer->values, pending->name);
}

void scannables_prepared(struct plugin *plugin, const struct message_prepared *answer)
{
	struct pending *pending = find_pending(plugin, answer->request);
	struct session *session;

	if (answer->request > plugin->supervisor->last_request) {
		plugin_kill(plugin, "answered a request that was not made");
		return;
	}
	/* Where neither asked, a reload has made another request since. */
	if (pending == NULL) {
		scannable_instructed(plugin, answer);
		return;
	}
	if (answer->partial ||
	    answer->class != class_index(plugin->classes, plugin->class_count, pending->class)) {
		plugin_kill(plugin, "answered another request than was made");
		return;
	}
	session = conclude(plugin, pending, answer);
	free_pending(plugin, pending);
	sweep(plugin);
	scannables_follow(plugin->supervisor);
	if (session != NULL)
		session_open(session);
	supervisor_kick(plugin->supervisor);
}

/* ---- a pass over the configuration ---- */

static void take_up(struct reading *reading, size_t index, struct namesakes **namesakes)
{
	struct plugin *plugin = reading->plugin;
	const struct scannable_config *config = config_at(plugin, index);
	const struct class *class;
	struct value *values = scannable_read(reading, config, &class);
	char *name = NULL;

	assert(class != NULL || values == NULL);
	/* One with mistakes counts among its namesakes: the others keep their names. */
	if (class != NULL && class->scope == IDENTIFIER_AUTO)
		name = automatic_name(namesakes, class, config);
	if (values != NULL && typed_needs_plugin(class, values)) {
		ask(plugin, index, class, values, name);
		name = NULL;
	} else if (values != NULL) {
		configure(reading, index, class, values, name);
	}
	if (values != NULL)
		typed_free_values(class, values);
	free(name);
}

void scannables_configure(struct plugin *plugin)
{
	const struct config *config = &plugin->supervisor->config;
	struct reading reading = reading_of(plugin);
	struct namesakes *namesakes = NULL;

	scannables_forget(plugin);
	for (size_t i = 0; i < config->scannable_count; i++)
		if (strcmp(config->scannables[i].plugin, plugin->config->name) == 0)
			take_up(&reading, i, &namesakes);
	free_namesakes(&namesakes);
	sweep(plugin);
}

unsigned scannables_pending(const struct plugin *plugin)
{
	return HASH_CNT(by_request, plugin->pending);
}

void scannables_forget(struct plugin *plugin)
{
	struct pending *pending, *next;

	HASH_ITER (by_request, plugin->pending, pending, next)
		free_pending(plugin, pending);
	identities_free(&plugin->identities);
	mistakes_clear(&plugin->mistakes);
}

void scannables_free(struct plugin *plugin)
{
	scannables_forget(plugin);
	mistakes_clear(&plugin->rejected);
}

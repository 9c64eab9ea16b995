/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

static void mistake(const struct plugin *plugin, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void mistake(const struct plugin *plugin, const char *place, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	log_about(LOG_LEVEL_ERROR, plugin->config->name, NULL, "%s: %s", place, text);
	free(text);
}

static const struct class *find_class(const struct plugin *plugin, const char *name)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		if (strcmp(plugin->classes[i]->name, name) == 0)
			return plugin->classes[i];
	return NULL;
}

/* Names joined by commas: the scannable classes, or the attributes of a class. */
static char *scannable_class_names(const struct plugin *plugin)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < plugin->class_count; i++)
		if (plugin->classes[i]->scannable)
			text_printf(
			    &names, "%s%s", names.length > 0 ? ", " : "", plugin->classes[i]->name);
	return text_steal(&names);
}

static char *attribute_names(const struct class *class)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (!class->attributes[i].user_read_only)
			text_printf(&names, "%s%s", names.length > 0 ? ", " : "",
			    class->attributes[i].name);
	return text_steal(&names);
}

/* Reads one attribute as typed. Returns the number of mistakes. */
static unsigned read_attribute(const struct plugin *plugin, const struct class *class,
    const struct typed_attribute *typed, struct value *values)
{
	size_t index = class_find_attribute(class, typed->name);
	char reason[REASON_SIZE];
	char *names;

	if (index == CLASS_NOT_FOUND) {
		names = attribute_names(class);
		mistake(plugin, typed->place, "%s has no attribute \"%s\" (it has: %s)",
		    class->name, typed->name, names);
		free(names);
		return 1;
	}
	if (class->attributes[index].user_read_only) {
		mistake(
		    plugin, typed->place, "\"%s\" is set by the plugin; leave it out", typed->name);
		return 1;
	}
	if (typed->value == NULL)
		return 0;
	if (!attribute_parse(&class->attributes[index], typed->value, &values[index], reason)) {
		mistake(plugin, typed->place, "%s", reason);
		return 1;
	}
	return 0;
}

static unsigned check_missing(
    const struct plugin *plugin, const struct class *class, const char *place, struct value *values)
{
	unsigned mistakes = 0;

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];

		if (attribute->optional || values[i].type != VALUE_NULL)
			continue;
		if (attribute->default_value.type != VALUE_NULL) {
			values[i] = value_copy(&attribute->default_value);
		} else if (!attribute->has_default_function) {
			mistake(plugin, place, "%s needs a value for \"%s\"", class->name,
			    attribute->name);
			mistakes++;
		}
	}
	return mistakes;
}

static void free_values(struct value *values, const struct class *class)
{
	for (size_t i = 0; i < class->attribute_count; i++)
		value_clear(&values[i]);
	free(values);
}

/* Reads one scannable: its class and values, or NULL after its mistakes were logged and counted. */
static struct value *read_scannable(const struct plugin *plugin,
    const struct scannable_config *config, const struct class **class, unsigned *mistakes)
{
	unsigned before = *mistakes;
	struct value *values;

	*class = find_class(plugin, config->class);
	if (*class == NULL || !(*class)->scannable) {
		char *names = scannable_class_names(plugin);

		mistake(plugin, config->place,
		    "plugin %s has no scannable class \"%s\" (it has: %s)", config->plugin,
		    config->class, names);
		free(names);
		++*mistakes;
		return NULL;
	}
	values = xcalloc((*class)->attribute_count, sizeof(*values));
	for (size_t i = 0; i < config->attribute_count; i++)
		*mistakes += read_attribute(plugin, *class, &config->attributes[i], values);
	if (*mistakes == before)
		*mistakes += check_missing(plugin, *class, config->place, values);
	if (*mistakes == before)
		return values;
	free_values(values, *class);
	return NULL;
}

unsigned scannables_check(struct plugin *plugin)
{
	const struct config *config = &plugin->supervisor->config;
	unsigned mistakes = 0;

	for (size_t i = 0; i < config->scannable_count; i++) {
		const struct class *class;
		struct value *values;

		if (strcmp(config->scannables[i].plugin, plugin->config->name) != 0)
			continue;
		values = read_scannable(plugin, &config->scannables[i], &class, &mistakes);
		if (values != NULL)
			free_values(values, class);
	}
	return mistakes;
}

static struct session *find_session(struct plugin *plugin, const struct graph_resource *scannable)
{
	struct session *session;

	TAILQ_FOREACH (session, &plugin->sessions, next)
		if (session->scannable == scannable)
			return session;
	return NULL;
}

/* What was typed for a scannable, to see whether something else is later. */
static char *describe(const struct scannable_config *config)
{
	struct text typed = TEXT_EMPTY;

	text_append(&typed, "");
	for (size_t i = 0; i < config->attribute_count; i++)
		text_printf(&typed, "%s=%s\n", config->attributes[i].name,
		    config->attributes[i].value != NULL ? config->attributes[i].value : "");
	return text_steal(&typed);
}

static const char *typed_value(const struct scannable_config *config, const char *name)
{
	for (size_t i = 0; i < config->attribute_count; i++)
		if (strcmp(config->attributes[i].name, name) == 0)
			return config->attributes[i].value;
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Whether two scannables of a class were given the same attributes, but for passwords. */
static bool same_typed(
    const struct class *class, const struct scannable_config *a, const struct scannable_config *b)
{
	for (size_t i = 0; i < class->attribute_count; i++) {
		const char *name = class->attributes[i].name;
		const char *left = typed_value(a, name);
		const char *right = typed_value(b, name);

		if (class->attributes[i].type == ATTRIBUTE_PASSWORD)
			continue;
		if (!same_text(left, right))
			return false;
	}
	return true;
}

/*
 * The name of a scannable with an automatic identifier: what is configured of it, and which of
 * several with the same attributes it is. It does not change when others come or go.
 */
static char *automatic_name(const struct plugin *plugin, const struct class *class, size_t index)
{
	const struct scannable_config *all = plugin->supervisor->config.scannables;
	struct text name = TEXT_EMPTY;
	unsigned same = 1;

	text_append(&name, "configured:");
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD)
			continue;
		text_append_json(&name, typed_value(&all[index], class->attributes[i].name));
		text_append_char(&name, ',');
	}
	for (size_t i = 0; i < index; i++)
		same += strcmp(all[i].plugin, all[index].plugin) == 0 &&
		        strcmp(all[i].class, all[index].class) == 0 &&
		        same_typed(class, &all[i], &all[index]);
	text_printf(&name, "%u", same);
	return text_steal(&name);
}

/* Makes one scannable known, and gives it a session. */
static void configure(
    struct plugin *plugin, size_t index, const struct class *class, const struct value *values)
{
	struct graph *graph = plugin->supervisor->graph;
	const struct scannable_config *config = &plugin->supervisor->config.scannables[index];
	struct graph_resource *scannable;
	struct session *session;
	char reason[REASON_SIZE];
	char *name = class->scope == IDENTIFIER_AUTO ? automatic_name(plugin, class, index) : NULL;

	scannable = graph_configure(
	    graph, graph_find_class(graph, class->plugin, class->name), values, name, reason);
	free(name);
	if (scannable == NULL) {
		mistake(plugin, config->place, "%s", reason);
		return;
	}
	session = find_session(plugin, scannable);
	if (session == NULL)
		session = session_new(plugin, scannable);
	session_configure(session, describe(config));
}

/* Ends the sessions of scannables that the configuration no longer has. */
static void sweep(struct plugin *plugin)
{
	struct session *session;
	struct session *next;

	if (!TAILQ_EMPTY(&plugin->pending))
		return;
	graph_end_configuration(plugin->supervisor->graph, plugin->config->name);
	for (session = TAILQ_FIRST(&plugin->sessions); session != NULL; session = next) {
		next = TAILQ_NEXT(session, next);
		if (!session->scannable->configured)
			session_close(session);
	}
}

static void free_pending(struct plugin *plugin, struct pending *pending)
{
	TAILQ_REMOVE(&plugin->pending, pending, next);
	free_values(pending->values, pending->class);
	free(pending->requests);
	free(pending);
}

void scannables_forget_pending(struct plugin *plugin)
{
	struct pending *pending;

	while ((pending = TAILQ_FIRST(&plugin->pending)) != NULL)
		free_pending(plugin, pending);
}

static void send_obfuscate(struct plugin *plugin, const struct pending *pending, size_t attribute)
{
	struct message message = {.type = MESSAGE_OBFUSCATE};

	for (size_t i = 0; i < plugin->class_count; i++)
		if (plugin->classes[i] == pending->class)
			message.obfuscate.class = (uint32_t)i;
	message.obfuscate.request = pending->requests[attribute];
	message.obfuscate.attribute = (uint32_t)attribute;
	message.obfuscate.password = pending->values[attribute].text;
	plugin_send(plugin, &message);
}

/* Has the plugin obfuscate the passwords among the values, which the pending scannable takes over.
 */
static void ask_for_passwords(
    struct plugin *plugin, size_t index, const struct class *class, struct value *values)
{
	struct pending *pending = xcalloc(1, sizeof(*pending));

	pending->index = index;
	pending->class = class;
	pending->values = values;
	pending->requests = xcalloc(class->attribute_count, sizeof(*pending->requests));
	TAILQ_INSERT_TAIL(&plugin->pending, pending, next);
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (class->attributes[i].type != ATTRIBUTE_PASSWORD || values[i].type != VALUE_TEXT)
			continue;
		pending->requests[i] = ++plugin->supervisor->last_request;
		pending->awaited++;
		send_obfuscate(plugin, pending, i);
	}
}

static bool has_password(const struct class *class, const struct value *values)
{
	for (size_t i = 0; i < class->attribute_count; i++)
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD && values[i].type == VALUE_TEXT)
			return true;
	return false;
}

void scannables_configure(struct plugin *plugin)
{
	const struct config *config = &plugin->supervisor->config;
	unsigned mistakes = 0;

	scannables_forget_pending(plugin);
	for (size_t i = 0; i < config->scannable_count; i++) {
		const struct class *class;
		struct value *values;

		if (strcmp(config->scannables[i].plugin, plugin->config->name) != 0)
			continue;
		values = read_scannable(plugin, &config->scannables[i], &class, &mistakes);
		if (values == NULL)
			continue;
		if (has_password(class, values)) {
			ask_for_passwords(plugin, i, class, values);
			continue;
		}
		configure(plugin, i, class, values);
		free_values(values, class);
	}
	sweep(plugin);
}

/* Finds who waits for an answer, and for which attribute. */
static struct pending *find_pending(struct plugin *plugin, uint32_t request, size_t *attribute)
{
	struct pending *pending;

	TAILQ_FOREACH (pending, &plugin->pending, next)
		for (*attribute = 0; *attribute < pending->class->attribute_count; ++*attribute)
			if (request != 0 && pending->requests[*attribute] == request)
				return pending;
	return NULL;
}

void scannables_obfuscated(struct plugin *plugin, const struct message_obfuscated *answer)
{
	size_t attribute;
	struct pending *pending = find_pending(plugin, answer->request, &attribute);
	const struct scannable_config *config;
	struct session *session;

	if (answer->request == 0 || answer->request > plugin->supervisor->last_request) {
		plugin_kill(plugin, "answered a request that was not made");
		return;
	}
	/* A reload has made another request of it since. */
	if (pending == NULL)
		return;
	config = &plugin->supervisor->config.scannables[pending->index];
	pending->requests[attribute] = 0;
	pending->awaited--;
	if (answer->result == NULL) {
		mistake(plugin, config->place, "the plugin could not obfuscate \"%s\"",
		    pending->class->attributes[attribute].name);
		pending->failed = true;
	} else {
		value_clear(&pending->values[attribute]);
		pending->values[attribute] = value_text(answer->result);
	}
	if (pending->awaited > 0)
		return;
	if (!pending->failed)
		configure(plugin, pending->index, pending->class, pending->values);
	free_pending(plugin, pending);
	sweep(plugin);
	TAILQ_FOREACH (session, &plugin->sessions, next)
		session_open(session);
	supervisor_kick(plugin->supervisor);
}

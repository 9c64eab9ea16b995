/* SPDX-License-Identifier: MIT */
/*
 * Relations to classes of other plugins, which are compared once both are loaded. A plugin that is
 * missing may still come, and is warned about; one that lacks the class never will do, and the
 * plugin that declares the relation is treated as one that can't be loaded.
 */
#include "supervisor/plugin_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"
#include "host/reasons.h"

/* What is found out about one plugin. */
struct findings {
	struct reasons errors, warnings;
};

/* Whether the classes of a plugin take part in relations. */
static bool is_at_hand(const struct plugin *plugin)
{
	return plugin->classes != NULL && plugin->state != PLUGIN_FAILED && !plugin->condemned &&
	       !plugin->leaving;
}

/* Whether a plugin may have classes that are not known yet. */
static bool is_awaited(const struct plugin *plugin)
{
	return plugin->state == PLUGIN_STARTING && plugin->classes == NULL;
}

static bool any_awaited(const struct supervisor *supervisor)
{
	const struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (is_awaited(plugin))
			return true;
	return false;
}

/* ---- what is wrong with a relation ---- */

static void add(struct reasons *reasons, const struct class *class, const struct relation *relation,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

static void add(struct reasons *reasons, const struct class *class, const struct relation *relation,
    const char *format, ...)
{
	struct text target = TEXT_EMPTY;
	va_list arguments;
	char *words;

	va_start(arguments, format);
	words = xvasprintf(format, arguments);
	va_end(arguments);
	relation_target(relation, &target);
	reasons_add(reasons, "Resource class '%s': relation to \"%s\": %s", class->name,
	    target.data, words);
	text_clear(&target);
	free(words);
}

/* The name of a class that differs from the one given in case only, or NULL. */
static const char *similar_class(const struct plugin *plugin, const char *name)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		if (strcasecmp(plugin->classes[i]->name, name) == 0)
			return plugin->classes[i]->name;
	return NULL;
}

static const char *similar_plugin(const struct supervisor *supervisor, const char *name)
{
	const struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (strcasecmp(plugin->config->name, name) == 0)
			return plugin->config->name;
	return NULL;
}

static void warn_of_attributes(
    struct findings *findings, const struct class *class, const struct relation *relation)
{
	add(&findings->warnings, class, relation,
	    "neither that class nor one that derives from it has all the attributes to match");
}

static void complain_of_class(struct findings *findings, const struct class *class,
    const struct relation *relation, const struct plugin *other)
{
	const char *similar = similar_class(other, relation->target_class);

	if (similar == NULL)
		add(&findings->errors, class, relation, "plugin %s has no class of this name",
		    other->config->name);
	else
		add(&findings->errors, class, relation,
		    "plugin %s has no class of this name, but one named \"%s\": case counts",
		    other->config->name, similar);
}

static void warn_of_plugin(struct findings *findings, const struct class *class,
    const struct relation *relation, const struct supervisor *supervisor)
{
	const char *name = relation->target_plugin;
	const char *similar = similar_plugin(supervisor, name);

	if (supervisor_find_plugin(supervisor, name) != NULL)
		add(&findings->warnings, class, relation,
		    "plugin %s is not loaded; there will be links when it is", name);
	else if (similar == NULL)
		add(&findings->warnings, class, relation,
		    "plugin %s is not listed under plugins; there will be links when it is", name);
	else
		add(&findings->warnings, class, relation,
		    "plugin %s is not listed under plugins, but one named \"%s\": case counts",
		    name, similar);
}

/* ---- comparing ---- */

static void check_foreign(struct findings *findings, const struct supervisor *supervisor,
    const struct class *class, const struct relation *relation)
{
	const struct plugin *other = supervisor_find_plugin(supervisor, relation->target_plugin);
	enum relation_outcome outcome;

	if (other == NULL || !is_at_hand(other)) {
		if (other == NULL || !is_awaited(other))
			warn_of_plugin(findings, class, relation, supervisor);
		return;
	}
	outcome = relation_resolve(class, relation, other->classes, other->class_count, NULL);
	if (outcome == RELATION_NO_CLASS)
		complain_of_class(findings, class, relation, other);
	else if (outcome == RELATION_NO_ATTRIBUTE)
		warn_of_attributes(findings, class, relation);
}

/* Whether a class of any plugin at hand can be the target of a relation to a built-in class. */
static bool is_matched(
    const struct supervisor *supervisor, const struct class *class, const struct relation *relation)
{
	const struct plugin *other;

	TAILQ_FOREACH (other, &supervisor->plugins, next)
		if (is_at_hand(other) && relation_resolve(class, relation, other->classes,
		                             other->class_count, NULL) == RELATION_FOUND)
			return true;
	return false;
}

static void check_relation(struct findings *findings, const struct plugin *plugin,
    const struct class *class, const struct relation *relation)
{
	const struct supervisor *supervisor = plugin->supervisor;

	if (relation->target_plugin == NULL) {
		if (!any_awaited(supervisor) && !is_matched(supervisor, class, relation))
			warn_of_attributes(findings, class, relation);
	} else if (strcmp(relation->target_plugin, plugin->config->name) != 0) {
		check_foreign(findings, supervisor, class, relation);
	}
}

static void check_plugin(struct findings *findings, const struct plugin *plugin)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		for (size_t j = 0; j < plugin->classes[i]->relation_count; j++)
			check_relation(findings, plugin, plugin->classes[i],
			    &plugin->classes[i]->relations[j]);
}

/* ---- consequences ---- */

static bool was_told(const struct plugin *plugin, const char *warning)
{
	for (size_t i = 0; i < plugin->relation_warning_count; i++)
		if (strcmp(plugin->relation_warnings[i], warning) == 0)
			return true;
	return false;
}

/* Keeps the warnings for the status, and logs those that are new. */
static void take_warnings(struct plugin *plugin, struct reasons *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		if (!was_told(plugin, warnings->items[i]))
			log_about(LOG_LEVEL_WARNING, plugin->config->name, NULL, "%s",
			    warnings->items[i]);
	texts_free(&plugin->relation_warnings, &plugin->relation_warning_count);
	plugin->relation_warnings = warnings->items;
	plugin->relation_warning_count = warnings->count;
	*warnings = (struct reasons){0};
}

static void act(struct plugin *plugin, struct findings *findings)
{
	take_warnings(plugin, &findings->warnings);
	if (findings->errors.count > 0)
		plugin_condemn(plugin, &findings->errors);
	reasons_clear(&findings->errors);
	reasons_clear(&findings->warnings);
}

void plugins_check_relations(struct supervisor *supervisor)
{
	struct plugin *plugin;
	struct findings *findings;
	size_t count = 0;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		count++;
	findings = xcalloc(count, sizeof(*findings));
	count = 0;
	/* Two that lack what the other names are both at fault. */
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (is_at_hand(plugin))
			check_plugin(&findings[count++], plugin);
		else
			count++;
	count = 0;
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		act(plugin, &findings[count++]);
	free(findings);
}

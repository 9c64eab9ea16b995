/* SPDX-License-Identifier: MIT */
#include "host/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/assign.h"
#include "host/refusal.h"
#include "host/session.h"

static const struct class *class_at(const struct host_session *session, uint32_t index)
{
	return session->host->plugin.classes[index];
}

void report_end_stage(struct host_session *session)
{
	struct stage *stage = &session->stage;

	for (size_t i = 0; i < stage->size; i++) {
		value_clear(&stage->values[i]);
		stage->targets[i] = NULL;
		stage->given[i] = false;
	}
}

/* Reads one setting into the stage; a later one of the same name takes the place of an earlier. */
static int stage_setting(struct host_session *session, uint32_t class,
    const struct iml_setting *setting, const struct host_resource *about, const char *place)
{
	struct stage *stage = &session->stage;
	size_t index = assign_find_attribute(session, class, setting->name, about, place);
	struct host_resource *target;
	struct value value;
	int result;

	if (index == CLASS_NOT_FOUND)
		return IML_EUNKNOWN;
	result =
	    assign_convert(session, class, index, &setting->value, about, place, &value, &target);
	if (result != 0)
		return result;
	value_clear(&stage->values[index]);
	stage->values[index] = value;
	stage->targets[index] = target;
	stage->given[index] = true;
	return 0;
}

/* Reads what identifies first, so that a refusal can name the resource. */
static int stage_report(struct host_session *session, uint32_t class,
    const struct iml_report *report, const char *place)
{
	const struct class_names *names = &session->host->names[class];
	int result = 0;

	for (int identifying = 1; identifying >= 0; identifying--)
		for (size_t i = 0; i < report->setting_count && result == 0; i++) {
			const char *name = report->settings[i].name;
			size_t index = class_names_attribute(names, name != NULL ? name : "");

			if ((index != CLASS_NOT_FOUND &&
			        class_is_identifying(class_at(session, class), index)) ==
			    (identifying == 1))
				result = stage_setting(
				    session, class, &report->settings[i], NULL, place);
		}
	return result;
}

int report_stage_search(struct host_session *session, uint32_t class,
    const struct iml_setting *settings, size_t count, const char *place)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		const char *name = settings[i].name;
		size_t index = assign_find_attribute(session, class, name, NULL, place);

		if (index == CLASS_NOT_FOUND)
			result = IML_EUNKNOWN;
		else if (class_is_identifying(class_at(session, class), index))
			result = stage_setting(session, class, &settings[i], NULL, place);
	}
	return result;
}

bool report_matches_stage(const struct host_resource *resource)
{
	const struct class *class = host_resource_class(resource);
	const struct stage *stage = &resource->session->stage;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (stage->given[i] && !assign_identifies_same(&class->attributes[i],
		                           &resource->values[i], &stage->values[i]))
			return false;
	return true;
}

bool report_stage_identifies(const struct host_session *session, uint32_t class_index)
{
	const struct class *class = class_at(session, class_index);

	for (size_t i = 0; i < class->identifier_count; i++)
		if (!session->stage.given[class->identifier[i]] &&
		    !class->attributes[class->identifier[i]].optional)
			return false;
	return true;
}

/* ---- reports ---- */

size_t report_find_class(
    struct host_session *session, const struct iml_class *declared, const char *place)
{
	const struct loaded_plugin *plugin = &session->host->plugin;
	size_t index = loaded_class_index(plugin, declared);

	if (index == CLASS_NOT_FOUND) {
		const char *name =
		    declared != NULL && declared->name != NULL ? declared->name : "NULL";

		refuse(session, IML_EUNKNOWN, place, NULL,
		    "%s is no class that plugin %s lists in its .classes", name, plugin->name);
		return CLASS_NOT_FOUND;
	}
	if (plugin->classes[index]->scope != IDENTIFIER_NONE &&
	    plugin->classes[index]->scope != IDENTIFIER_AUTO)
		return index;
	refuse(session, IML_ESTATE, place, NULL,
	    "class %s has no identifier of its own, so the plugin can't report it",
	    plugin->classes[index]->name);
	return CLASS_NOT_FOUND;
}

/* Checks all parents of a report before any is added. child is NULL if it is new. */
static int check_parents(struct host_session *session, uint32_t class, struct host_resource *child,
    const struct iml_report *report, const char *place)
{
	for (size_t i = 0; i < report->parent_count; i++) {
		struct host_resource *parent = assign_resource_of(session, report->parents[i]);
		char reason[128];

		if (parent == NULL) {
			snprintf(reason, sizeof(reason), "parent %zu of %zu is %s", i + 1,
			    report->parent_count,
			    report->parents[i] == NULL
			        ? "NULL: was its own report refused?"
			        : "no resource of this session, or was removed");
			return assign_refuse(session, IML_EHANDLE, place, class, child, reason);
		}
		if (child != NULL && !host_resource_has_parent(child, parent) &&
		    host_resource_would_cycle(child, parent))
			return refuse(session, IML_ECYCLE, place, child,
			    "parent %zu of the report would make it its own ancestor", i + 1);
	}
	return 0;
}

/* Checks all references of a report before any is assigned. */
static int check_references(struct host_resource *resource, const char *place)
{
	const struct class *class = host_resource_class(resource);
	const struct stage *stage = &resource->session->stage;
	int result = 0;

	for (size_t i = 0; i < class->attribute_count && result == 0; i++)
		if (stage->given[i])
			result = assign_check_loop(
			    resource, i, &stage->values[i], stage->targets[i], place);
	return result;
}

static void add_parents(struct host_resource *child, const struct iml_report *report)
{
	for (size_t i = 0; i < report->parent_count; i++)
		host_resource_add_parent(
		    child, assign_resource_of(child->session, report->parents[i]));
}

/* Gives identifying attributes that were not given their fixed defaults. */
static void stage_fixed_defaults(struct host_session *session, uint32_t class_index)
{
	const struct class *class = class_at(session, class_index);

	for (size_t i = 0; i < class->identifier_count; i++) {
		size_t index = class->identifier[i];
		const struct attribute *attribute = &class->attributes[index];

		if (session->stage.given[index] || attribute->optional)
			continue;
		session->stage.values[index] = value_copy(&attribute->default_value);
		session->stage.given[index] = attribute->default_value.type != VALUE_NULL;
	}
}

/* Moves the staged values into a resource, except those that identify one which has them. */
static void apply_stage(struct host_resource *resource)
{
	const struct class *class = host_resource_class(resource);
	struct stage *stage = &resource->session->stage;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (stage->given[i] && (resource->key == NULL || !class_is_identifying(class, i)))
			host_resource_assign(
			    resource, (uint32_t)i, &stage->values[i], stage->targets[i]);
}

/* A resource from the stage, with its defaults, that is not in the index yet. */
static struct host_resource *conceive(struct host_session *session, uint32_t class)
{
	struct host_resource *resource = host_resource_new(session, class);

	resource->number = host_resource_take_number(session);
	session->unborn = resource;
	apply_stage(resource);
	assign_defaults(resource);
	session->unborn = NULL;
	return resource;
}

/* Enters a new resource into the index. */
static void bear(struct host_resource *resource, const char *key)
{
	host_resource_index(resource, xstrdup(key));
	host_resource_touch(resource);
}

/* Moves what was given, and all that identifies, back to the stage. */
static void restage(struct host_resource *unborn)
{
	const struct class *class = host_resource_class(unborn);
	struct stage *stage = &unborn->session->stage;

	for (size_t i = 0; i < class->attribute_count; i++) {
		stage->given[i] |= class_is_identifying(class, i);
		if (!stage->given[i])
			continue;
		stage->targets[i] = host_resource_target(unborn, (uint32_t)i);
		value_move(&stage->values[i], &unborn->values[i]);
	}
	host_resource_discard(unborn);
}

/* Names the identifying attribute that has no value and can't be null, or NULL. */
static const char *unidentified(const struct host_session *session, uint32_t class_index)
{
	const struct class *class = class_at(session, class_index);

	for (size_t i = 0; i < class->identifier_count; i++) {
		const struct attribute *attribute = &class->attributes[class->identifier[i]];

		if (!attribute->optional &&
		    session->stage.values[class->identifier[i]].type == VALUE_NULL)
			return attribute->name;
	}
	return NULL;
}

/* Makes the stage hold all that identifies, by default functions if need be. */
static int complete_identity(struct host_session *session, uint32_t class, const char *place)
{
	struct text reason = TEXT_EMPTY;
	const char *missing;

	stage_fixed_defaults(session, class);
	if (unidentified(session, class) == NULL)
		return 0;
	restage(conceive(session, class));
	missing = unidentified(session, class);
	if (missing == NULL)
		return 0;
	text_printf(&reason, "%s without \"%s\", which identifies it",
	    class_at(session, class)->name, missing);
	return refuse_text(session, IML_EMISSING, place, &reason);
}

static struct host_resource *update(
    struct host_resource *resource, const struct iml_report *report, const char *place)
{
	if (check_parents(resource->session, resource->class, resource, report, place) != 0 ||
	    check_references(resource, place) != 0)
		return NULL;
	apply_stage(resource);
	add_parents(resource, report);
	return resource;
}

static struct host_resource *create(struct host_session *session, uint32_t class, const char *key,
    const struct iml_report *report, const char *place)
{
	struct host_resource *resource;

	if (check_parents(session, class, NULL, report, place) != 0)
		return NULL;
	resource = conceive(session, class);
	if (assign_check_complete(resource, place) != 0) {
		host_resource_discard(resource);
		return NULL;
	}
	bear(resource, key);
	add_parents(resource, report);
	return resource;
}

/* Finds or makes the resource of the staged report. */
static struct host_resource *update_or_create(struct host_session *session, uint32_t class,
    const struct iml_report *report, const char *place)
{
	struct host_resource *existing, *resource;
	char reason[REASON_SIZE];
	char *key;

	if (complete_identity(session, class, place) != 0)
		return NULL;
	key = host_resource_key(session, class, session->stage.values, reason);
	if (key == NULL) {
		assign_refuse(session, IML_EIDENTITY, place, class, NULL, reason);
		return NULL;
	}
	existing = host_resource_find(session, key);
	resource = existing != NULL ? update(existing, report, place)
	                            : create(session, class, key, report, place);
	if (resource != NULL && report->created != NULL)
		*report->created = existing == NULL;
	free(key);
	return resource;
}

struct host_resource *report_resource(struct host_session *session,
    const struct iml_class *declared, const struct iml_report *report, const char *place)
{
	struct host_resource *resource = NULL;
	size_t class = report_find_class(session, declared, place);

	if (class == CLASS_NOT_FOUND)
		return NULL;
	if (stage_report(session, (uint32_t) class, report, place) == 0)
		resource = update_or_create(session, (uint32_t) class, report, place);
	report_end_stage(session);
	return resource;
}

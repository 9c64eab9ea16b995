/* SPDX-License-Identifier: MIT */
#include "host/resource.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/handle.h"
#include "host/session.h"

const struct class *host_resource_class(const struct host_resource *resource)
{
	return resource->session->host->plugin.classes[resource->class];
}

/* Whether a bound of the class is judged on samples. */
static bool judges_samples(const struct class *class)
{
	for (size_t i = 0; i < class->condition_count; i++)
		if (class->conditions[i].on_statistic)
			return true;
	return false;
}

static double *new_newest(const struct class *class)
{
	double *newest = xcalloc(class->statistic_count, sizeof(*newest));

	for (size_t i = 0; i < class->statistic_count; i++)
		newest[i] = NAN;
	return newest;
}

struct host_resource *host_resource_new(struct host_session *session, uint32_t class_index)
{
	const struct class *class = session->host->plugin.classes[class_index];
	struct host_resource *resource = xcalloc(1, sizeof(*resource));

	resource->session = session;
	resource->class = class_index;
	resource->handle = handle_new(HANDLE_RESOURCE, session, resource);
	resource->values = xcalloc(class->attribute_count, sizeof(*resource->values));
	if (class->condition_count > 0)
		resource->alerts =
		    xcalloc(class->condition_count * SEVERITY_COUNT, sizeof(*resource->alerts));
	if (judges_samples(class))
		resource->newest = new_newest(class);
	LIST_INIT(&resource->outgoing);
	LIST_INIT(&resource->incoming);
	TAILQ_INSERT_TAIL(&session->by_class[class_index], resource, same_class);
	return resource;
}

void host_resource_index(struct host_resource *resource, char *key)
{
	assert(resource->key == NULL);
	resource->key = key;
	if (key != NULL)
		HASH_ADD_KEYPTR(by_key, resource->session->resources, resource->key,
		    strlen(resource->key), resource);
}

struct host_resource *host_resource_find(struct host_session *session, const char *key)
{
	struct host_resource *resource;

	HASH_FIND(by_key, session->resources, key, strlen(key), resource);
	return resource;
}

char *host_resource_key(const struct host_session *session, uint32_t class,
    const struct value *values, char reason[REASON_SIZE])
{
	struct text key = TEXT_EMPTY;

	text_printf(&key, "%u:", class);
	if (class_identifier(session->host->plugin.classes[class], values, &key, reason))
		return text_steal(&key);
	text_clear(&key);
	return NULL;
}

/* ---- changes ---- */

void host_resource_touch(struct host_resource *resource)
{
	struct host_session *session = resource->session;

	if (resource == session->unborn)
		return;
	if (!resource->is_changed) {
		resource->is_changed = true;
		TAILQ_INSERT_TAIL(&session->changed, resource, changed);
	}
	host_session_touch_locked(session);
}

static struct original *find_original(struct host_resource *resource, uint32_t attribute)
{
	for (size_t i = 0; i < resource->original_count; i++)
		if (resource->originals[i].attribute == attribute)
			return &resource->originals[i];
	return NULL;
}

/* Keeps the value as it was sent, the first time that the attribute changes since. */
static void keep_original(struct host_resource *resource, uint32_t attribute, bool assigned)
{
	struct original *original = find_original(resource, attribute);

	if (original != NULL) {
		original->assigned |= assigned;
		return;
	}
	resource->originals = xgrow(resource->originals, resource->original_count,
	    &resource->original_capacity, sizeof(*resource->originals));
	resource->originals[resource->original_count++] = (struct original){.attribute = attribute,
	    .assigned = assigned,
	    .value = value_copy(&resource->values[attribute])};
}

/* The link of a reference, or NULL. */
static struct host_link *find_reference(const struct host_resource *from, uint32_t attribute)
{
	struct host_link *link;

	LIST_FOREACH (link, &from->outgoing, outgoing)
		if (link->attribute == attribute)
			return link;
	return NULL;
}

/*
 * The link to a parent, or NULL. It is in the lists of both ends, and one of these is mostly short:
 * a pool has many parents, an enclosure many children.
 */
static struct host_link *find_parent(
    const struct host_resource *child, const struct host_resource *parent)
{
	struct host_link *up = LIST_FIRST(&child->outgoing);
	struct host_link *down = LIST_FIRST(&parent->incoming);

	while (up != NULL && down != NULL) {
		if (up->attribute == LINK_TO_PARENT && up->to == parent)
			return up;
		if (down->attribute == LINK_TO_PARENT && down->from == child)
			return down;
		up = LIST_NEXT(up, outgoing);
		down = LIST_NEXT(down, incoming);
	}
	return NULL;
}

static struct host_link *add_link(
    struct host_resource *from, struct host_resource *to, uint32_t attribute)
{
	struct host_link *link = xcalloc(1, sizeof(*link));

	*link = (struct host_link){.from = from, .to = to, .attribute = attribute};
	link->state = attribute == LINK_TO_PARENT ? LINK_NEW : LINK_SENT;
	LIST_INSERT_HEAD(&from->outgoing, link, outgoing);
	LIST_INSERT_HEAD(&to->incoming, link, incoming);
	if (link->state == LINK_NEW)
		TAILQ_INSERT_TAIL(&from->session->changed_links, link, changed);
	return link;
}

static void free_link(struct host_link *link)
{
	if (link->state != LINK_SENT)
		TAILQ_REMOVE(&link->from->session->changed_links, link, changed);
	LIST_REMOVE(link, outgoing);
	LIST_REMOVE(link, incoming);
	free(link);
}

void host_resource_assign(struct host_resource *resource, uint32_t attribute, struct value *value,
    struct host_resource *target)
{
	bool always = resource->session->report_unchanged;
	struct host_link *link;

	if (!always && value_equal(&resource->values[attribute], value)) {
		value_clear(value);
		return;
	}
	if (resource->sent)
		keep_original(resource, attribute, always);
	link = find_reference(resource, attribute);
	if (link != NULL)
		free_link(link);
	if (value->type == VALUE_REFERENCE)
		add_link(resource, target, attribute);
	value_move(&resource->values[attribute], value);
	host_resource_touch(resource);
}

struct host_resource *host_resource_target(const struct host_resource *resource, uint32_t attribute)
{
	struct host_link *link = find_reference(resource, attribute);

	return link != NULL ? link->to : NULL;
}

/* ---- parents ---- */

bool host_resource_has_parent(
    const struct host_resource *resource, const struct host_resource *parent)
{
	struct host_link *link = find_parent(resource, parent);

	return link != NULL && link->state != LINK_GONE;
}

static bool has_children(const struct host_resource *resource)
{
	struct host_link *link;

	LIST_FOREACH (link, &resource->incoming, incoming)
		if (link->attribute == LINK_TO_PARENT && link->state != LINK_GONE)
			return true;
	return false;
}

/* Resources that are still to be visited. */
struct walk {
	struct host_resource **items;
	size_t count;
	size_t capacity;
};

static void walk_add(struct walk *walk, struct host_resource *resource)
{
	walk->items = xgrow(walk->items, walk->count, &walk->capacity, sizeof(*walk->items));
	walk->items[walk->count++] = resource;
}

/* Adds the parents that this walk has not met before. */
static void walk_add_parents(struct walk *walk, struct host_resource *resource, uint64_t visit)
{
	struct host_link *link;

	LIST_FOREACH (link, &resource->outgoing, outgoing) {
		if (link->attribute != LINK_TO_PARENT || link->state == LINK_GONE ||
		    link->to->visit == visit)
			continue;
		link->to->visit = visit;
		walk_add(walk, link->to);
	}
}

bool host_resource_would_cycle(struct host_resource *resource, struct host_resource *parent)
{
	uint64_t visit = ++resource->session->last_visit;
	struct walk walk = {.items = NULL};
	bool met = parent == resource;

	if (met || !has_children(resource))
		return met;
	walk_add(&walk, parent);
	while (!met && walk.count > 0) {
		walk_add_parents(&walk, walk.items[--walk.count], visit);
		met = resource->visit == visit;
	}
	free(walk.items);
	return met;
}

/* ---- references that can't be null ---- */

/* Whether a resource can't be without what this attribute refers to. */
static bool is_vital(const struct host_resource *resource, uint32_t attribute)
{
	const struct class *class = host_resource_class(resource);

	return attribute != LINK_TO_PARENT &&
	       (!class->attributes[attribute].optional || class_is_identifying(class, attribute));
}

static void walk_add_vital(struct walk *walk, struct host_resource *resource, uint64_t visit)
{
	struct host_link *link;

	LIST_FOREACH (link, &resource->outgoing, outgoing) {
		if (!is_vital(resource, link->attribute) || link->to->visit == visit)
			continue;
		link->to->visit = visit;
		walk_add(walk, link->to);
	}
}

bool host_resource_would_loop(
    struct host_resource *resource, uint32_t attribute, struct host_resource *target)
{
	uint64_t visit = ++resource->session->last_visit;
	struct walk walk = {.items = NULL};
	bool met = resource == target;

	if (!is_vital(resource, attribute))
		return false;
	walk_add(&walk, target);
	while (!met && walk.count > 0) {
		walk_add_vital(&walk, walk.items[--walk.count], visit);
		met = resource->visit == visit;
	}
	free(walk.items);
	return met;
}

/* ---- changes of parents ---- */

void host_resource_add_parent(struct host_resource *resource, struct host_resource *parent)
{
	struct host_session *session = resource->session;
	struct host_link *link = find_parent(resource, parent);

	if (link == NULL) {
		add_link(resource, parent, LINK_TO_PARENT);
	} else if (link->state == LINK_GONE) {
		link->state = LINK_SENT;
		TAILQ_REMOVE(&session->changed_links, link, changed);
	} else {
		return;
	}
	host_session_touch_locked(session);
}

void host_resource_remove_parent(struct host_resource *resource, struct host_resource *parent)
{
	struct host_session *session = resource->session;
	struct host_link *link = find_parent(resource, parent);

	if (link == NULL || link->state == LINK_GONE)
		return;
	if (link->state == LINK_NEW) {
		free_link(link);
		return;
	}
	link->state = LINK_GONE;
	TAILQ_INSERT_TAIL(&session->changed_links, link, changed);
	host_session_touch_locked(session);
}

void host_link_sent(struct host_link *link)
{
	if (link->state == LINK_GONE) {
		free_link(link);
		return;
	}
	TAILQ_REMOVE(&link->from->session->changed_links, link, changed);
	link->state = LINK_SENT;
}

/* ---- removal ---- */

static void free_originals(struct host_resource *resource)
{
	for (size_t i = 0; i < resource->original_count; i++)
		value_clear(&resource->originals[i].value);
	free(resource->originals);
}

/* Takes the resource out of the lists of its session. */
static void unlist(struct host_resource *resource)
{
	struct host_session *session = resource->session;

	if (resource->key != NULL)
		HASH_DELETE(by_key, session->resources, resource);
	if (resource->is_changed)
		TAILQ_REMOVE(&session->changed, resource, changed);
	if (resource->is_watched)
		TAILQ_REMOVE(&session->watched, resource, watched);
	TAILQ_REMOVE(&session->by_class[resource->class], resource, same_class);
}

/* Releases a resource that has no links any more. */
static void free_resource(struct host_resource *resource)
{
	const struct class *class = host_resource_class(resource);

	assert(LIST_EMPTY(&resource->outgoing) && LIST_EMPTY(&resource->incoming));
	unlist(resource);
	handle_free(resource->handle);
	for (size_t i = 0; i < class->attribute_count; i++)
		value_clear(&resource->values[i]);
	free_originals(resource);
	free(resource->values);
	free(resource->alerts);
	free(resource->newest);
	free(resource->sampled);
	free(resource->label);
	free(resource->key);
	free(resource);
}

static void doom(struct walk *doomed, struct host_resource *resource)
{
	if (resource->is_doomed)
		return;
	resource->is_doomed = true;
	walk_add(doomed, resource);
}

/* Takes back one link to a resource that goes; what can't be without it has to go, too. */
static void lose_target(struct host_link *link, struct walk *doomed)
{
	struct host_resource *from = link->from;
	struct value null = VALUE_NULL_INIT;

	if (link->attribute == LINK_TO_PARENT || from->is_doomed) {
		free_link(link);
	} else if (from->number != 0 && is_vital(from, link->attribute)) {
		free_link(link);
		doom(doomed, from);
	} else {
		/* Frees the link. */
		host_resource_assign(from, link->attribute, &null, NULL);
	}
}

/* Removes all links of a resource that goes. */
static void cut_links(struct host_resource *resource, struct walk *doomed)
{
	struct host_link *link;

	while ((link = LIST_FIRST(&resource->outgoing)) != NULL)
		free_link(link);
	while ((link = LIST_FIRST(&resource->incoming)) != NULL)
		lose_target(link, doomed);
}

/* Notes what the supervisor has to know of the end of a resource, and releases it. */
static void end_resource(struct host_resource *resource)
{
	struct unsent *unsent = &resource->session->unsent;

	if (resource->sampled_for > resource->session->last_batch)
		number_list_add(&unsent->forgotten, resource->number);
	if (resource->sent)
		number_list_add(&unsent->removed, resource->number);
	else if (resource->sampled_for > resource->session->last_batch)
		number_list_add(&unsent->vacated, resource->number);
	else
		number_list_add(&resource->session->vacant, resource->number);
	free_resource(resource);
}

uint32_t host_resource_take_number(struct host_session *session)
{
	struct number_list *vacant = &session->vacant;

	if (vacant->count == 0)
		unsent_forget(session);
	return vacant->count > 0 ? vacant->items[--vacant->count] : ++session->last_resource;
}

void host_resource_remove(struct host_resource *resource)
{
	struct host_session *session = resource->session;
	struct walk doomed = {.items = NULL};

	assert(resource->number != 0 && resource != session->unborn);
	doom(&doomed, resource);
	for (size_t i = 0; i < doomed.count; i++)
		cut_links(doomed.items[i], &doomed);
	for (size_t i = 0; i < doomed.count; i++)
		end_resource(doomed.items[i]);
	free(doomed.items);
	host_session_touch_locked(session);
}

/* Releases a resource and all its links, whatever they mean. */
static void release(struct host_resource *resource)
{
	while (!LIST_EMPTY(&resource->outgoing))
		free_link(LIST_FIRST(&resource->outgoing));
	while (!LIST_EMPTY(&resource->incoming))
		free_link(LIST_FIRST(&resource->incoming));
	free_resource(resource);
}

void host_resource_discard(struct host_resource *resource)
{
	assert(!resource->sent && resource->sampled_for == 0);
	number_list_add(&resource->session->vacant, resource->number);
	release(resource);
}

void host_resources_free(struct host_session *session)
{
	for (size_t i = 0; i < session->host->plugin.class_count; i++)
		while (!TAILQ_EMPTY(&session->by_class[i]))
			release(TAILQ_FIRST(&session->by_class[i]));
}

/* ---- texts ---- */

/* Names the target of a reference by its own label. */
static void describe_target(void *context, uint64_t reference, struct text *label)
{
	const struct host_resource *resource = context;
	struct host_link *link;

	LIST_FOREACH (link, &resource->outgoing, outgoing) {
		if (link->attribute == LINK_TO_PARENT || link->to->number != reference)
			continue;
		host_resource_describe(link->to, label);
		return;
	}
	text_printf(label, "#%llu", (unsigned long long)reference);
}

void host_resource_describe(const struct host_resource *resource, struct text *text)
{
	/* The callback takes no const context, and changes nothing. */
	class_default_label(host_resource_class(resource), resource->values, describe_target,
	    (void *)(uintptr_t)resource, text);
}

static void describe_staged_target(void *context, uint64_t reference, struct text *label)
{
	const struct host_session *session = context;

	for (size_t i = 0; i < session->stage.size; i++) {
		const struct host_resource *target = session->stage.targets[i];

		if (target == NULL || target->number != reference)
			continue;
		host_resource_describe(target, label);
		return;
	}
	text_printf(label, "#%llu", (unsigned long long)reference);
}

void host_stage_describe(struct host_session *session, uint32_t class, struct text *text)
{
	class_default_label(session->host->plugin.classes[class], session->stage.values,
	    describe_staged_target, session, text);
}

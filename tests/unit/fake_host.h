/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for the plugin host: loads a built plugin, hands it a table of calls, and records in
 * memory what it reports. It refuses what the runner would refuse (unknown names, values of the
 * wrong type, missing attributes, dead handles), counts it in refused, and prints why.
 *
 * One plugin at a time; header only, for the tests of the plugins.
 */
#ifndef TESTS_UNIT_FAKE_HOST_H
#define TESTS_UNIT_FAKE_HOST_H

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include <iml/storage_plugin.h>

#define FAKE_MAGIC 0x46414b45u
#define FAKE_ATTRIBUTES 16
#define FAKE_STATISTICS 8
#define FAKE_SETTINGS 64
#define FAKE_KEY_SIZE 512

struct fake_sample {
	const char *name;
	double value; /* the newest */
	size_t count;
};

struct fake_resource {
	uint32_t magic;
	const struct iml_class *class_;
	char *key; /* class and identity */
	struct iml_setting values[FAKE_ATTRIBUTES];
	size_t value_count;
	struct fake_sample samples[FAKE_STATISTICS];
	size_t sample_count;
	struct fake_resource **parents;
	size_t parent_count;
	bool removed;
	size_t reports;              /* calls of update_or_create() */
	struct fake_resource *older; /* all ever reported, newest first */
	UT_hash_handle hh;
};

struct fake_host {
	void *library;
	const struct iml_plugin_definition *definition;
	struct iml_calls calls;
	const char *settings[FAKE_SETTINGS][2];
	size_t setting_count;
	struct fake_resource *scannable;
	struct fake_resource *resources; /* by key, those that are there */
	struct fake_resource *newest;
	void *private_data;
	char error[FAKE_KEY_SIZE];
	char failure[1024]; /* what iml_fail() said last */
	char log[4096];     /* the last line logged */
	size_t refused;
	size_t sets;
	unsigned period;
	bool stopping;
};

static struct fake_host fake;

/* ---- names and values ---- */

struct fake_builtin_attribute {
	uint32_t builtin;
	struct iml_attribute attribute;
};

static const struct fake_builtin_attribute fake_builtin_attributes[] = {
    {IML_BUILTIN_LOGICAL_DRIVE, IML_BYTES("size")},
    {IML_BUILTIN_LOGICAL_DRIVE, IML_STRING("filesystem_type", .optional = true)},
    {IML_BUILTIN_LOGICAL_DRIVE_SLICE, IML_BYTES("size")},
    {IML_BUILTIN_LOGICAL_DRIVE_SLICE, IML_STRING("filesystem_type", .optional = true)},
    {IML_BUILTIN_DEVICE_NODE, IML_INTEGER("host_id")},
    {IML_BUILTIN_DEVICE_NODE, IML_PATH("path")},
    {IML_BUILTIN_PATH_WEIGHT, IML_INTEGER("weight")},
};
#define FAKE_BUILTIN_ATTRIBUTES \
	(sizeof(fake_builtin_attributes) / sizeof(fake_builtin_attributes[0]))

static inline const struct iml_attribute *fake_attribute(
    const struct iml_class *class_, const char *name)
{
	for (; class_ != NULL; class_ = class_->base) {
		for (size_t i = 0; i < class_->attributes.count; i++)
			if (strcmp(class_->attributes.items[i].name, name) == 0)
				return &class_->attributes.items[i];
		for (size_t i = 0; i < FAKE_BUILTIN_ATTRIBUTES; i++)
			if (class_->builtin == fake_builtin_attributes[i].builtin &&
			    strcmp(fake_builtin_attributes[i].attribute.name, name) == 0)
				return &fake_builtin_attributes[i].attribute;
	}
	return NULL;
}

static inline const struct iml_statistic *fake_statistic(
    const struct iml_class *class_, const char *name)
{
	for (; class_ != NULL; class_ = class_->base)
		for (size_t i = 0; i < class_->statistics.count; i++)
			if (strcmp(class_->statistics.items[i].name, name) == 0)
				return &class_->statistics.items[i];
	return NULL;
}

static inline struct iml_setting *fake_value(struct fake_resource *resource, const char *name)
{
	for (size_t i = 0; i < resource->value_count; i++)
		if (strcmp(resource->values[i].name, name) == 0)
			return &resource->values[i];
	return NULL;
}

static inline __attribute__((format(printf, 3, 4))) int fake_refuse(
    int code, const char *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fake.error, sizeof(fake.error), format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s: refused: %s\n", place, fake.error);
	fake.refused++;
	return code;
}

static inline bool fake_is_option(
    const struct iml_attribute *attribute, const struct iml_value *value)
{
	for (uint32_t i = 0; i < attribute->options_count; i++) {
		if (attribute->options != NULL && value->kind == IML_KIND_TEXT &&
		    strcmp(attribute->options[i], value->text) == 0)
			return true;
		if (attribute->numbers != NULL && value->kind != IML_KIND_TEXT &&
		    attribute->numbers[i] == value->integer)
			return true;
	}
	return false;
}

static inline bool fake_fits(const struct iml_attribute *attribute, const struct iml_value *value)
{
	bool number = value->kind == IML_KIND_INTEGER || value->kind == IML_KIND_UNSIGNED;
	bool text = value->kind == IML_KIND_TEXT;

	if (value->kind == IML_KIND_NULL)
		return attribute->optional;
	switch (attribute->type) {
	case IML_TYPE_BOOLEAN:
		return true;
	case IML_TYPE_BYTES:
	case IML_TYPE_INTEGER:
		return number &&
		       (!attribute->min.given || value->integer >= attribute->min.value) &&
		       (attribute->type == IML_TYPE_INTEGER || value->integer >= 0);
	case IML_TYPE_ENUM:
		return fake_is_option(attribute, value);
	case IML_TYPE_STRING:
		return text &&
		       (attribute->max_length == 0 || strlen(value->text) <= attribute->max_length);
	case IML_TYPE_REFERENCE:
		return value->kind == IML_KIND_RESOURCE &&
		       ((struct fake_resource *)value->resource)->magic == FAKE_MAGIC;
	default:
		return text && value->text[0] != '\0';
	}
}

static inline void fake_store(
    struct fake_resource *resource, const char *name, const struct iml_value *value)
{
	struct iml_setting *slot = fake_value(resource, name);

	if (slot == NULL) {
		if (resource->value_count == FAKE_ATTRIBUTES)
			abort();
		slot = &resource->values[resource->value_count++];
		slot->name = fake_attribute(resource->class_, name)->name;
		slot->value.text = NULL;
	}
	if (slot->value.text != NULL && value->text != NULL &&
	    strcmp(slot->value.text, value->text) == 0)
		return;
	free((void *)(uintptr_t)slot->value.text);
	slot->value = *value;
	slot->value.text = value->text != NULL ? strdup(value->text) : NULL;
}

static inline void fake_append_value(char *key, size_t size, const struct iml_value *value)
{
	size_t length = strlen(key);
	const struct fake_resource *target = (const struct fake_resource *)value->resource;

	if (value->kind == IML_KIND_TEXT)
		snprintf(key + length, size - length, "|%s", value->text);
	else if (value->kind == IML_KIND_RESOURCE)
		snprintf(key + length, size - length, "|(%s)", target->key);
	else if (value->kind != IML_KIND_NULL)
		snprintf(key + length, size - length, "|%lld", (long long)value->integer);
	else
		snprintf(key + length, size - length, "|-");
}

static inline const struct iml_value *fake_given(
    const struct iml_setting *settings, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i].value;
	return NULL;
}

/* "HardDrive|serial": what tells a resource from the others. */
static inline void fake_make_key(const struct iml_class *class_, const struct iml_setting *settings,
    size_t count, char key[FAKE_KEY_SIZE])
{
	const struct iml_value nothing = {.kind = IML_KIND_NULL};

	snprintf(key, FAKE_KEY_SIZE, "%s", class_->name);
	for (uint32_t i = 0; i < class_->identifier.count; i++) {
		const struct iml_value *value =
		    fake_given(settings, count, class_->identifier.names[i]);

		fake_append_value(key, FAKE_KEY_SIZE, value != NULL ? value : &nothing);
	}
}

/* ---- the calls ---- */

static inline struct fake_resource *fake_handle(struct iml_resource *handle)
{
	struct fake_resource *resource = (struct fake_resource *)handle;

	return resource != NULL && resource->magic == FAKE_MAGIC && !resource->removed ? resource
	                                                                               : NULL;
}

static inline bool fake_settings_fit(const struct iml_class *class_,
    const struct iml_setting *settings, size_t count, const char *place)
{
	for (size_t i = 0; i < count; i++) {
		const struct iml_attribute *attribute = fake_attribute(class_, settings[i].name);

		if (attribute == NULL || !fake_fits(attribute, &settings[i].value)) {
			fake_refuse(attribute == NULL ? IML_EUNKNOWN : IML_EVALUE, place,
			    "%s: \"%s\"", class_->name, settings[i].name);
			return false;
		}
	}
	return true;
}

/* Gives defaults; false if a mandatory attribute has no value. */
static inline bool fake_complete(struct fake_resource *resource, const char *place)
{
	for (const struct iml_class *c = resource->class_; c != NULL; c = c->base) {
		for (size_t i = 0; i < c->attributes.count; i++) {
			const struct iml_attribute *a = &c->attributes.items[i];

			if (a->optional || fake_value(resource, a->name) != NULL)
				continue;
			if (a->default_value.kind == IML_KIND_NULL) {
				fake_refuse(
				    IML_EMISSING, place, "%s: \"%s\" is missing", c->name, a->name);
				return false;
			}
			fake_store(resource, a->name, &a->default_value);
		}
	}
	return true;
}

static inline void fake_free_resource(struct fake_resource *resource)
{
	for (size_t i = 0; i < resource->value_count; i++)
		free((void *)(uintptr_t)resource->values[i].value.text);
	free(resource->parents);
	free(resource->key);
	free(resource);
}

static inline struct fake_resource *fake_make(const struct iml_class *class_,
    const struct iml_setting *settings, size_t count, const char *place)
{
	struct fake_resource *resource = calloc(1, sizeof(*resource));
	char key[FAKE_KEY_SIZE];

	resource->magic = FAKE_MAGIC;
	resource->class_ = class_;
	for (size_t i = 0; i < count; i++)
		if (settings[i].value.kind != IML_KIND_NULL)
			fake_store(resource, settings[i].name, &settings[i].value);
	fake_make_key(class_, settings, count, key);
	resource->key = strdup(key);
	if (!fake_complete(resource, place)) {
		fake_free_resource(resource);
		return NULL;
	}
	resource->older = fake.newest;
	fake.newest = resource;
	HASH_ADD_KEYPTR(hh, fake.resources, resource->key, strlen(resource->key), resource);
	return resource;
}

static inline int fake_add_parent(
    struct iml_resource *child, struct iml_resource *handle, const char *place)
{
	struct fake_resource *resource = fake_handle(child);
	struct fake_resource *parent = fake_handle(handle);

	if (resource == NULL || parent == NULL)
		return fake_refuse(IML_EHANDLE, place, "add_parent: dead or no handle");
	for (size_t i = 0; i < resource->parent_count; i++)
		if (resource->parents[i] == parent)
			return 0;
	resource->parents = realloc((void *)resource->parents,
	    (resource->parent_count + 1) * sizeof(struct fake_resource *));
	resource->parents[resource->parent_count++] = parent;
	return 0;
}

static inline int fake_remove_parent(
    struct iml_resource *child, struct iml_resource *handle, const char *place)
{
	struct fake_resource *resource = fake_handle(child);
	struct fake_resource *parent = fake_handle(handle);

	if (resource == NULL || parent == NULL)
		return fake_refuse(IML_EHANDLE, place, "remove_parent: dead or no handle");
	for (size_t i = 0; i < resource->parent_count; i++)
		if (resource->parents[i] == parent)
			resource->parents[i] = resource->parents[--resource->parent_count];
	return 0;
}

static inline struct iml_resource *fake_update_or_create(struct iml_plugin *self,
    const struct iml_class *class_, const struct iml_report *report, const char *place)
{
	struct fake_resource *resource;
	char key[FAKE_KEY_SIZE];

	(void)self;
	for (size_t i = 0; i < report->parent_count; i++)
		if (fake_handle(report->parents[i]) == NULL) {
			fake_refuse(
			    IML_EHANDLE, place, "%s: a parent is dead or NULL", class_->name);
			return NULL;
		}
	if (!fake_settings_fit(class_, report->settings, report->setting_count, place))
		return NULL;
	fake_make_key(class_, report->settings, report->setting_count, key);
	HASH_FIND_STR(fake.resources, key, resource);
	if (report->created != NULL)
		*report->created = resource == NULL;
	if (resource == NULL)
		resource = fake_make(class_, report->settings, report->setting_count, place);
	else
		for (size_t i = 0; i < report->setting_count; i++)
			fake_store(resource, report->settings[i].name, &report->settings[i].value);
	if (resource == NULL)
		return NULL;
	resource->reports++;
	for (size_t i = 0; i < report->parent_count; i++)
		fake_add_parent((struct iml_resource *)resource, report->parents[i], place);
	return (struct iml_resource *)resource;
}

static inline int fake_set(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	struct fake_resource *resource = fake_handle(handle);
	struct iml_setting setting = {.name = name, .value = *value};

	fake.sets++;
	if (resource == NULL)
		return fake_refuse(IML_EHANDLE, place, "set \"%s\": dead handle", name);
	if (!fake_settings_fit(resource->class_, &setting, 1, place))
		return IML_EVALUE;
	fake_store(resource, name, value);
	return 0;
}

static inline int fake_get(struct iml_resource *handle, const char *name, struct iml_value *value,
    char *text, size_t size, const char *place)
{
	struct fake_resource *resource = fake_handle(handle);
	const struct iml_setting *slot;

	if (resource == NULL)
		return fake_refuse(IML_EHANDLE, place, "get \"%s\": dead handle", name);
	if (fake_attribute(resource->class_, name) == NULL)
		return fake_refuse(IML_EUNKNOWN, place, "get \"%s\"", name);
	slot = fake_value(resource, name);
	*value = slot != NULL ? slot->value : (struct iml_value){.kind = IML_KIND_NULL};
	if (text != NULL)
		snprintf(text, size, "%s", value->text != NULL ? value->text : "");
	return 0;
}

static inline int fake_get_parents(struct iml_resource *handle, const struct iml_class *class_,
    struct iml_resource **parents, size_t size, size_t *count, const char *place)
{
	struct fake_resource *resource = fake_handle(handle);

	if (resource == NULL)
		return fake_refuse(IML_EHANDLE, place, "get_parents: dead handle");
	*count = 0;
	for (size_t i = 0; i < resource->parent_count; i++) {
		if (class_ != NULL && resource->parents[i]->class_ != class_)
			continue;
		if (*count < size)
			parents[*count] = (struct iml_resource *)resource->parents[i];
		++*count;
	}
	return 0;
}

static inline int fake_remove(struct iml_resource *handle, const char *place)
{
	struct fake_resource *resource = fake_handle(handle);

	if (resource == NULL || resource == fake.scannable)
		return fake_refuse(IML_EHANDLE, place, "remove: dead handle or scannable");
	resource->removed = true;
	HASH_DELETE(hh, fake.resources, resource);
	for (struct fake_resource *r = fake.newest; r != NULL; r = r->older)
		for (size_t i = 0; i < r->parent_count; i++)
			if (r->parents[i] == resource)
				r->parents[i--] = r->parents[--r->parent_count];
	return 0;
}

static inline int fake_find_by_attr(struct iml_plugin *self, const struct iml_class *class_,
    const struct iml_setting *settings, size_t setting_count, struct iml_resource **found,
    size_t size, size_t *count, const char *place)
{
	struct fake_resource *resource;
	char key[FAKE_KEY_SIZE];

	(void)self;
	(void)place;
	fake_make_key(class_, settings, setting_count, key);
	HASH_FIND_STR(fake.resources, key, resource);
	*count = resource != NULL;
	if (resource != NULL && size > 0)
		found[0] = (struct iml_resource *)resource;
	return 0;
}

static inline int fake_remove_by_attr(struct iml_plugin *self, const struct iml_class *class_,
    const struct iml_setting *settings, size_t setting_count, const char *place)
{
	struct iml_resource *found;
	size_t count;

	fake_find_by_attr(self, class_, settings, setting_count, &found, 1, &count, place);
	return count == 0 ? 0 : fake_remove(found, place) == 0;
}

static inline int fake_take_sample(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	struct fake_resource *resource = fake_handle(handle);
	const struct iml_statistic *statistic;
	size_t i = 0;

	if (resource == NULL)
		return fake_refuse(IML_EHANDLE, place, "sample \"%s\": dead handle", name);
	statistic = fake_statistic(resource->class_, name);
	if (statistic == NULL)
		return fake_refuse(IML_EUNKNOWN, place, "sample \"%s\"", name);
	while (i < resource->sample_count && resource->samples[i].name != statistic->name)
		i++;
	if (i == resource->sample_count && resource->sample_count++ == FAKE_STATISTICS)
		abort();
	resource->samples[i].name = statistic->name;
	resource->samples[i].value =
	    value->kind == IML_KIND_REAL ? value->real : (double)value->integer;
	resource->samples[i].count++;
	return 0;
}

static inline int fake_sample_histogram(struct iml_resource *handle, const char *name,
    const int64_t *counts, size_t count, const char *place)
{
	(void)handle;
	(void)counts;
	(void)count;
	return fake_refuse(IML_EUNKNOWN, place, "histogram \"%s\"", name);
}

static inline int fake_incomplete(
    struct iml_plugin *self, const struct iml_class *class_, const char *place)
{
	(void)self;
	(void)class_;
	(void)place;
	return 0;
}

static inline int fake_fail(struct iml_plugin *self, const char *reason)
{
	(void)self;
	snprintf(fake.failure, sizeof(fake.failure), "%s", reason);
	return -1;
}

static inline int fake_forgive(struct iml_plugin *self)
{
	(void)self;
	fake.refused = 0;
	return 0;
}

static inline int fake_report_unchanged(struct iml_plugin *self, bool on)
{
	(void)self;
	(void)on;
	return 0;
}

static inline int fake_set_update_period(
    struct iml_plugin *self, unsigned seconds, const char *place)
{
	(void)self;
	(void)place;
	fake.period = seconds;
	return 0;
}

static inline void fake_log(struct iml_plugin *self, int level, const char *line)
{
	(void)self;
	(void)level;
	snprintf(fake.log, sizeof(fake.log), "%s", line);
}

static inline const char *fake_error(void)
{
	return fake.error;
}

static inline const char *fake_setting(struct iml_plugin *self, const char *key)
{
	(void)self;
	for (size_t i = 0; i < fake.setting_count; i++)
		if (strcmp(fake.settings[i][0], key) == 0)
			return fake.settings[i][1];
	return NULL;
}

static inline struct iml_resource *fake_scannable(struct iml_plugin *self)
{
	(void)self;
	return (struct iml_resource *)fake.scannable;
}

static inline int fake_set_private(struct iml_plugin *self, void *data)
{
	(void)self;
	fake.private_data = data;
	return 0;
}

static inline void *fake_get_private(struct iml_plugin *self)
{
	(void)self;
	return fake.private_data;
}

static inline struct iml_plugin *fake_plugin_of(struct iml_resource *resource)
{
	(void)resource;
	return (struct iml_plugin *)&fake;
}

static inline bool fake_stopping(struct iml_plugin *self)
{
	(void)self;
	return fake.stopping;
}

static const struct iml_calls fake_calls = {
    .size = sizeof(struct iml_calls),
    .major = IML_API_MAJOR,
    .minor = IML_API_MINOR,
    .update_or_create = fake_update_or_create,
    .set = fake_set,
    .get = fake_get,
    .add_parent = fake_add_parent,
    .remove_parent = fake_remove_parent,
    .get_parents = fake_get_parents,
    .remove = fake_remove,
    .find = fake_find_by_attr,
    .remove_by_attr = fake_remove_by_attr,
    .sample = fake_take_sample,
    .sample_histogram = fake_sample_histogram,
    .incomplete = fake_incomplete,
    .fail = fake_fail,
    .forgive = fake_forgive,
    .report_unchanged = fake_report_unchanged,
    .set_update_period = fake_set_update_period,
    .log = fake_log,
    .error = fake_error,
    .setting = fake_setting,
    .scannable = fake_scannable,
    .set_private = fake_set_private,
    .get_private = fake_get_private,
    .plugin_of = fake_plugin_of,
    .stopping = fake_stopping,
};

/* ---- what a test does ---- */

/* Loads BUILD/plugins/NAME.so; ends the test program if it can't. */
static inline void fake_load(const char *name)
{
	const char *build = getenv("BUILD");
	char path[4096], symbol[256];

	memset(&fake, 0, sizeof(fake));
	snprintf(path, sizeof(path), "%s/plugins/%s.so", build != NULL ? build : "build", name);
	snprintf(symbol, sizeof(symbol), IML_PLUGIN_SYMBOL_PREFIX "%s", name);
	if (path[0] != '/') {
		char *absolute = realpath(path, NULL);

		snprintf(path, sizeof(path), "%s", absolute != NULL ? absolute : name);
		free(absolute);
	}
	fake.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	fake.definition = fake.library != NULL ? dlsym(fake.library, symbol) : NULL;
	if (fake.definition == NULL) {
		fprintf(stderr, "%s: %s\n", path, dlerror());
		exit(1);
	}
	*fake.definition->calls = &fake_calls;
}

static inline void fake_configure(const char *key, const char *value)
{
	if (fake.setting_count == FAKE_SETTINGS)
		abort();
	fake.settings[fake.setting_count][0] = key;
	fake.settings[fake.setting_count++][1] = value;
}

static inline const struct iml_class *fake_class(const char *name)
{
	for (size_t i = 0; i < fake.definition->classes.count; i++)
		if (strcmp(fake.definition->classes.items[i]->name, name) == 0)
			return fake.definition->classes.items[i];
	return NULL;
}

static inline struct iml_plugin *fake_self(void)
{
	return (struct iml_plugin *)&fake;
}

/* What the administrator adds. */
#define fake_add_scannable(class_name, ...)                                                  \
	(fake.scannable = fake_make(fake_class(class_name),                                  \
	     (const struct iml_setting[]){__VA_ARGS__},                                      \
	     sizeof((const struct iml_setting[]){__VA_ARGS__}) / sizeof(struct iml_setting), \
	     IML_PLACE))

static inline int fake_initial_scan(void)
{
	return fake.definition->initial_scan(fake_self(), (struct iml_resource *)fake.scannable);
}

static inline int fake_update_scan(void)
{
	return fake.definition->update_scan(fake_self(), (struct iml_resource *)fake.scannable);
}

static inline void fake_teardown(void)
{
	if (fake.definition->teardown != NULL)
		fake.definition->teardown(fake_self());
	fake.private_data = NULL;
}

/* Forgets all resources but the scannable, as a new session does. */
static inline void fake_forget(void)
{
	struct fake_resource *resource = fake.newest, *older;

	HASH_CLEAR(hh, fake.resources);
	fake.newest = NULL;
	for (; resource != NULL; resource = older) {
		older = resource->older;
		if (resource != fake.scannable)
			fake_free_resource(resource);
	}
	if (fake.scannable == NULL)
		return;
	fake.scannable->older = NULL;
	fake.newest = fake.scannable;
	HASH_ADD_KEYPTR(
	    hh, fake.resources, fake.scannable->key, strlen(fake.scannable->key), fake.scannable);
}

/* Ends the session and unloads the plugin. */
static inline void fake_unload(void)
{
	fake_teardown();
	fake_forget();
	HASH_CLEAR(hh, fake.resources);
	if (fake.scannable != NULL)
		fake_free_resource(fake.scannable);
	dlclose(fake.library);
	memset(&fake, 0, sizeof(fake));
}

/* The resource with this class and identity, "HardDrive|serial", or NULL. */
static inline struct fake_resource *fake_find(const char *key)
{
	struct fake_resource *resource;

	HASH_FIND_STR(fake.resources, key, resource);
	return resource;
}

static inline size_t fake_count(const char *class_name)
{
	size_t count = 0;

	for (struct fake_resource *r = fake.newest; r != NULL; r = r->older)
		count += !r->removed && strcmp(r->class_->name, class_name) == 0;
	return count;
}

/* A text attribute; "" for null and for an attribute never given. */
static inline const char *fake_text(struct fake_resource *resource, const char *name)
{
	const struct iml_setting *slot = fake_value(resource, name);

	return slot != NULL && slot->value.text != NULL ? slot->value.text : "";
}

static inline int64_t fake_integer(struct fake_resource *resource, const char *name)
{
	const struct iml_setting *slot = fake_value(resource, name);

	return slot != NULL ? slot->value.integer : INT64_MIN;
}

static inline struct fake_resource *fake_reference(struct fake_resource *resource, const char *name)
{
	const struct iml_setting *slot = fake_value(resource, name);

	return slot != NULL ? (struct fake_resource *)slot->value.resource : NULL;
}

/* The newest sample, or NULL. */
static inline const struct fake_sample *fake_sample(
    const struct fake_resource *resource, const char *name)
{
	for (size_t i = 0; i < resource->sample_count; i++)
		if (strcmp(resource->samples[i].name, name) == 0)
			return &resource->samples[i];
	return NULL;
}

static inline bool fake_is_parent(
    const struct fake_resource *parent, const struct fake_resource *child)
{
	for (size_t i = 0; child != NULL && i < child->parent_count; i++)
		if (child->parents[i] == parent)
			return true;
	return false;
}

/* What the class's label function says; "" if it has none or fails. */
static inline const char *fake_label(struct fake_resource *resource)
{
	static char label[1024];

	label[0] = '\0';
	if (resource->class_->get_label == NULL ||
	    resource->class_->get_label((struct iml_resource *)resource, label, sizeof(label)) != 0)
		label[0] = '\0';
	return label;
}

#endif

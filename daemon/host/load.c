/* SPDX-License-Identifier: MIT */
#include "host/load.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/declaration.h"
#include "host/examine.h"
#include "host/image.h"
#include "host/interfaces.h"

/* Up to here a definition has the same shape in every version. */
#define VERSION_SIZE offsetof(struct iml_plugin_definition, class_size)

/* A plugin on its way to be loaded. */
struct loading {
	const char *path;
	struct plugin_symbol symbol;
	struct loaded_plugin *plugin;
	struct reasons *reasons;
};

/* Opens the file. Its constructors run now. */
static bool open_object(struct loading *loading)
{
	/* Without a slash the file would be searched for among the system's libraries. */
	char *path =
	    xasprintf("%s%s", strchr(loading->path, '/') == NULL ? "./" : "", loading->path);

	loading->plugin->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	free(path);
	if (loading->plugin->handle != NULL)
		return true;
	reasons_add(loading->reasons, "the plugin can't be loaded: %s", dlerror());
	return false;
}

/* Whether the version that the plugin was built for is supported. */
static bool check_version(
    const struct loading *loading, const struct iml_plugin_definition *version)
{
	if (version->magic != IML_PLUGIN_MAGIC) {
		reasons_add(loading->reasons,
		    "the plugin declares no version of the plugin interface: define it with "
		    "IML_PLUGIN() of "
		    "<iml/storage_plugin.h>, which declares version %d.%d",
		    IML_API_MAJOR, IML_API_MINOR);
		return false;
	}
	if (version->major == IML_API_MAJOR && version->minor <= IML_API_MINOR)
		return true;
	reasons_add(loading->reasons,
	    "the plugin declares version %u.%u of the plugin interface, but this runner supports "
	    "version "
	    "%d.%d: build it with the runner's <iml/storage_plugin.h>",
	    version->major, version->minor, IML_API_MAJOR, IML_API_MINOR);
	return false;
}

/* Whether the structures have the sizes of the version that the plugin was built for. */
static bool check_sizes(const struct loading *loading, const struct iml_plugin_definition *declared)
{
	const struct interface *interface = &interfaces[declared->minor];
	/* Sanitizers make symbols larger than what they stand for. */
	size_t there =
	    loading->symbol.size < declared->size ? loading->symbol.size : declared->size;
	const struct {
		const char *name;
		size_t declared;
		size_t expected;
	} sizes[] = {
	    {"iml_plugin_definition", there, interface->definition},
	    {"iml_class", declared->class_size, interface->class},
	    {"iml_attribute", declared->attribute_size, interface->attribute},
	    {"iml_statistic", declared->statistic_size, interface->statistic},
	    {"iml_alert_condition", declared->alert_condition_size, interface->alert_condition},
	    {"iml_chart", declared->chart_size, interface->chart},
	    {"iml_relation", declared->relation_size, interface->relation},
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i].declared == sizes[i].expected)
			continue;
		reasons_add(loading->reasons,
		    "the plugin has a struct %s of %zu bytes, where version %u.%u of the plugin "
		    "interface has %zu: build it with the runner's <iml/storage_plugin.h>",
		    sizes[i].name, sizes[i].declared, declared->major, declared->minor,
		    sizes[i].expected);
		return false;
	}
	return true;
}

/* Checks the version of the definition at an address, then its sizes, and copies it. */
static bool read_definition(struct loading *loading, const void *address)
{
	struct iml_plugin_definition definition = {0};
	size_t size = loading->symbol.size;
	const uint32_t magic = IML_PLUGIN_MAGIC;

	image_take(&loading->plugin->image, address);
	if (!image_contains(&loading->plugin->image, address, size)) {
		reasons_add(loading->reasons,
		    "the plugin can't be loaded: its definition is not in its memory");
		return false;
	}
	/* Something without the magic number may be of any size. */
	if (size >= VERSION_SIZE && memcmp(address, &magic, sizeof(magic)) == 0)
		memcpy(&definition, address, VERSION_SIZE);
	if (!check_version(loading, &definition))
		return false;
	read_entry(address, 0, size, &definition, sizeof(definition));
	if (!check_sizes(loading, &definition))
		return false;
	read_entry(address, 0, definition.size, &loading->plugin->definition, sizeof(definition));
	return true;
}

/* Whether the place for the runner's functions is one. */
static bool check_calls(const struct loading *loading)
{
	const struct iml_calls **calls = loading->plugin->definition.calls;

	if (image_is_writable(&loading->plugin->image, calls, sizeof(*calls)))
		return true;
	reasons_add(loading->reasons, "the definition of the plugin has no place for the runner's "
	                              "functions (.calls): define it with "
	                              "IML_PLUGIN()");
	return false;
}

/* Warns if the plugin gives itself another name than its file has. */
static void compare_names(struct loading *loading)
{
	struct loaded_plugin *plugin = loading->plugin;
	const char *declared = plugin->definition.name;
	size_t length;

	if (declared == NULL || !image_text(&loading->plugin->image, declared, &length) ||
	    strcmp(declared, plugin->name) == 0)
		return;
	reasons_add(&plugin->warnings,
	    "the plugin calls itself \"%s\" in IML_PLUGIN(), but the name of its file counts: "
	    "\"%s\"",
	    declared, plugin->name);
}

static void hash_classes(struct loaded_plugin *plugin)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		HASH_ADD(by_declared, plugin->by_declared, declared,
		    sizeof(plugin->details[i].declared), &plugin->details[i]);
}

/* Whether the file may be given to the loader. */
static bool examine(struct loading *loading)
{
	struct text reason = TEXT_EMPTY;
	bool good = examine_plugin(loading->path, &loading->symbol, &reason);

	if (!good)
		reasons_take(loading->reasons, text_steal(&reason));
	text_clear(&reason);
	return good;
}

/* Reads what the definition declares. */
static bool read_all(struct loading *loading)
{
	struct loaded_plugin *plugin = loading->plugin;
	bool good = check_calls(loading);

	good = read_declarations(plugin, &plugin->image, loading->reasons) && good;
	compare_names(loading);
	if (good)
		hash_classes(plugin);
	return good;
}

/* Loads a plugin from its file; false with all reasons and nothing held if it can't be used. */
bool load_plugin(
    const char *name, const char *path, struct loaded_plugin *plugin, struct reasons *reasons)
{
	struct loading loading = {.path = path, .plugin = plugin, .reasons = reasons};
	bool good;

	*plugin = (struct loaded_plugin){.name = xstrdup(name)};
	good = examine(&loading) && open_object(&loading) &&
	       read_definition(&loading, dlsym(plugin->handle, loading.symbol.name)) &&
	       read_all(&loading);
	if (!good)
		unload_plugin(plugin);
	free(loading.symbol.name);
	return good;
}

bool load_definition(const char *name, const struct iml_plugin_definition *definition,
    struct loaded_plugin *plugin, struct reasons *reasons)
{
	struct loading loading = {
	    .plugin = plugin, .reasons = reasons, .symbol = {.size = sizeof(*definition)}};
	bool good;

	*plugin = (struct loaded_plugin){.name = xstrdup(name)};
	good = read_definition(&loading, definition) && read_all(&loading);
	if (!good)
		unload_plugin(plugin);
	return good;
}

/* Releases everything but the shared object itself. */
void unload_plugin(struct loaded_plugin *plugin)
{
	HASH_CLEAR(by_declared, plugin->by_declared);
	for (size_t i = 0; i < plugin->class_count; i++) {
		class_free(plugin->classes[i]);
		free(plugin->details[i].functions);
	}
	free(plugin->classes);
	free(plugin->details);
	free(plugin->name);
	image_clear(&plugin->image);
	reasons_clear(&plugin->warnings);
	*plugin = (struct loaded_plugin){0};
}

/* The class at an address in the plugin, or NULL. */
static const struct loaded_class *find_class(
    const struct loaded_plugin *plugin, const struct iml_class *declared)
{
	struct loaded_class *detail;

	HASH_FIND(by_declared, plugin->by_declared, &declared, sizeof(declared), detail);
	return detail;
}

/* Index of a class by its address in the plugin; CLASS_NOT_FOUND for any other pointer. */
size_t loaded_class_index(const struct loaded_plugin *plugin, const struct iml_class *declared)
{
	const struct loaded_class *detail = find_class(plugin, declared);

	return detail != NULL ? detail->index : CLASS_NOT_FOUND;
}

/* Whether a class is based on the built-in one at an address in the plugin. */
static bool is_builtin(
    const struct loaded_plugin *plugin, size_t class, const struct iml_class *declared)
{
	enum builtin builtin = plugin->classes[class]->builtin;
	struct iml_class base;

	if (!image_contains(&plugin->image, declared, plugin->definition.class_size))
		return false;
	read_entry(declared, 0, plugin->definition.class_size, &base, sizeof(base));
	while (builtin != BUILTIN_NONE && builtin != base.builtin)
		builtin = builtin_parent(builtin);
	return builtin != BUILTIN_NONE;
}

/* Whether a class is the declared one, of the plugin or built-in, or derived from it. */
bool loaded_class_is_a(
    const struct loaded_plugin *plugin, size_t class, const struct iml_class *declared)
{
	size_t base = loaded_class_index(plugin, declared);

	if (base == CLASS_NOT_FOUND)
		return is_builtin(plugin, class, declared);
	while (class != base && class != CLASS_NOT_FOUND)
		class = plugin->details[class].base;
	return class == base;
}

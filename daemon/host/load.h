/* SPDX-License-Identifier: MIT */
/*
 * Loading a plugin: the file is examined, opened, its version checked, and then all it declares.
 * A plugin with any mistake is not used at all; every mistake is told.
 *
 * What is made here never changes until unload_plugin(), so all threads may read it.
 */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include <iml/storage_plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "host/image.h"
#include "host/reasons.h"
#include "model/class.h"

typedef int default_function(struct iml_resource *resource);
typedef int obfuscate_function(const char *password, char *out, size_t size);
typedef int label_function(struct iml_resource *resource, char *label, size_t size);

/* The plugin's functions for one attribute; NULL where it has none. */
struct attribute_functions {
	default_function *default_value; /* never set for optional attributes */
	obfuscate_function *obfuscate;   /* always set for passwords */
};

/* What only the plugin host knows of a class. */
struct loaded_class {
	const struct iml_class *declared; /* in the plugin: what its calls name the class by */
	size_t index;                     /* in loaded_plugin.classes */
	size_t base;                      /* index of the base; CLASS_NOT_FOUND: a built-in class */
	struct attribute_functions *functions; /* one per attribute of the class, as in its array */
	label_function *get_label;             /* its own or that of its nearest base, or NULL */
	UT_hash_handle by_declared;
};

struct loaded_plugin {
	char *name; /* that of the file, which counts */
	void *handle;
	/*
	 * The plugin's definition, copied; what an older plugin lacks is zero. The slot that
	 * definition.calls points to must be filled before any function of the plugin is called.
	 */
	struct iml_plugin_definition definition;
	struct class **classes;       /* each after its bases */
	struct loaded_class *details; /* one per class */
	size_t class_count;
	struct loaded_class *by_declared; /* hash of details */
	struct image image;               /* where the plugin's declarations are */
	struct reasons warnings;
};

/*
 * Loads the plugin of the given name from the file at path. Returns false with reasons (each a
 * sentence for people that needs no prefix but the plugin's name) and nothing held. The plugin's
 * constructors run here, in the calling thread.
 */
bool load_plugin(
    const char *name, const char *path, struct loaded_plugin *plugin, struct reasons *reasons);

/* The same for a plugin that is linked into this program. */
bool load_definition(const char *name, const struct iml_plugin_definition *definition,
    struct loaded_plugin *plugin, struct reasons *reasons);

/* Releases everything but the shared object itself, whose code other threads may still run. */
void unload_plugin(struct loaded_plugin *plugin);

/* Index of a class by its address in the plugin; CLASS_NOT_FOUND for any other pointer. */
size_t loaded_class_index(const struct loaded_plugin *plugin, const struct iml_class *declared);

/*
 * Whether a class is the declared one or derived from it; declared may be built-in too. False for
 * any other pointer.
 */
bool loaded_class_is_a(
    const struct loaded_plugin *plugin, size_t class, const struct iml_class *declared);

#endif

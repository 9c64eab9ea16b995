/* SPDX-License-Identifier: MIT */
#include "kit/validate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/paths.h"
#include "host/load.h"
#include "kit/isolate.h"
#include "kit/lint.h"

/* Most characters of what the plugin prints that a warning repeats. */
#define PRINTED_SHOWN 60

/* What the child is to load. */
struct load {
	const char *name;
	const char *path;
};

/* ---- in the child ---- */

static bool write_all(int fd, const struct text *bytes)
{
	for (size_t written = 0; written < bytes->length;) {
		ssize_t part = write(fd, bytes->data + written, bytes->length - written);

		if (part < 0 && errno != EINTR)
			return false;
		written += part > 0 ? (size_t)part : 0;
	}
	return true;
}

/* Loads the plugin and sends what a plugin host would: LOADED or FAILED. */
static int load_and_tell(void *context, const struct isolated *isolated)
{
	const struct load *load = context;
	struct loaded_plugin plugin;
	struct reasons reasons = {0};
	struct message message = {.type = MESSAGE_LOADED};
	struct text bytes = TEXT_EMPTY;

	if (load_plugin(load->name, load->path, &plugin, &reasons))
		message.loaded = (struct message_loaded){.api_major = plugin.definition.major,
		    .api_minor = plugin.definition.minor,
		    .has_update_scan = plugin.definition.update_scan != NULL,
		    .classes = plugin.classes,
		    .class_count = plugin.class_count,
		    .warnings = plugin.warnings.items,
		    .warning_count = plugin.warnings.count};
	else
		message = (struct message){.type = MESSAGE_FAILED,
		    .failed = {.reasons = reasons.items, .reason_count = reasons.count}};
	message_encode(&message, &bytes);
	return write_all(isolated->result, &bytes) ? 0 : 1;
}

/* ---- in the parent ---- */

/* The message among the bytes that the child wrote; false if they are none. */
static bool read_answer(const struct text *bytes, struct message *message)
{
	struct frame_reader reader = {0};
	enum message_type type;
	const void *body;
	size_t length;
	char reason[REASON_SIZE];
	bool good;

	frame_reader_feed(&reader, bytes->data, bytes->length);
	good = frame_reader_next(&reader, &type, &body, &length, reason) == 1 &&
	       (type == MESSAGE_LOADED || type == MESSAGE_FAILED) &&
	       message_decode(type, body, length, NULL, message, reason);
	frame_reader_clear(&reader);
	return good;
}

/* Why the child ended before it could answer. */
static void tell_death(
    const struct isolate_result *result, int64_t limit_ns, struct reasons *errors)
{
	char limit[CLOCK_TEXT_SIZE];

	if (!result->started)
		reasons_add(errors, "%s", result->cause);
	else if (result->timed_out)
		reasons_add(errors,
		    "the plugin can't be loaded: its constructors did not return within %s: "
		    "leave work to the hooks",
		    duration_format(limit_ns, limit));
	else if (WIFSIGNALED(result->status))
		reasons_add(errors,
		    "the plugin can't be loaded: its process died: %s: what can fail belongs into "
		    "the hooks, not into constructors",
		    result->cause);
	else
		reasons_add(errors,
		    "the plugin can't be loaded: it ended its process with status %d: a plugin "
		    "must not call exit()",
		    WEXITSTATUS(result->status));
}

/* Loads a plugin in a child; false with errors if it can't be. */
static bool load_isolated(const struct load *load, int64_t limit_ns, struct message *loaded,
    struct reasons *errors, struct text *printed)
{
	const struct isolate_options options = {.limit_ns = limit_ns, .capture = true, .stop = -1};
	struct load context = *load;
	struct isolate_result result;
	struct message message;
	bool answered;

	isolate(load_and_tell, &context, &options, &result);
	answered = result.good && read_answer(&result.result, &message);
	if (!answered)
		tell_death(&result, limit_ns, errors);
	*printed = result.printed;
	result.printed = TEXT_EMPTY;
	isolate_result_clear(&result);
	if (!answered)
		return false;
	if (message.type == MESSAGE_LOADED) {
		*loaded = message;
		return true;
	}
	for (size_t i = 0; i < message.failed.reason_count; i++)
		reasons_take(errors, xstrdup(message.failed.reasons[i]));
	message_clear(&message);
	return false;
}

struct class *const *validation_classes(const struct validation *validation, size_t *count)
{
	*count =
	    validation->loaded.type == MESSAGE_LOADED ? validation->loaded.loaded.class_count : 0;
	return *count > 0 ? validation->loaded.loaded.classes : NULL;
}

/* ---- relations to other plugins ---- */

/* Another plugin that relations name; while it is looked at. */
struct neighbour {
	const char *name;
	char *path; /* NULL: not at hand */
	bool loaded;
	struct message message;
};

/* The file of a plugin in a directory whose path has a length, or NULL. */
static char *find_file(const char *directory, size_t length, const char *name)
{
	char *path = xasprintf("%.*s/%s.so", (int)length, directory, name);

	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* The file of a plugin, or NULL. The caller frees it. */
static char *find_plugin(const struct validate_options *options, const char *name)
{
	const char *slash = strrchr(options->path, '/');
	char *path = slash != NULL ? find_file(options->path, (size_t)(slash - options->path), name)
	                           : find_file(".", 1, name);

	for (size_t i = 0; i < options->directory_count && path == NULL; i++) {
		const char *directory = options->directories[i];

		if (directory != NULL)
			path = find_file(directory, strlen(directory), name);
	}
	return path;
}

static void meet_neighbour(const struct validate_options *options, struct neighbour *neighbour)
{
	struct load load = {.name = neighbour->name};
	struct reasons errors = {0};
	struct text printed = TEXT_EMPTY;

	load.path = neighbour->path = find_plugin(options, neighbour->name);
	if (load.path != NULL)
		neighbour->loaded =
		    load_isolated(&load, options->limit_ns, &neighbour->message, &errors, &printed);
	reasons_clear(&errors);
	text_clear(&printed);
}

static void leave_neighbour(struct neighbour *neighbour)
{
	if (neighbour->loaded)
		message_clear(&neighbour->message);
	free(neighbour->path);
}

/* Checks one relation of a class to a class of the neighbour. */
static void check_relation(struct validation *validation, const struct class *class,
    const struct relation *relation, const struct neighbour *neighbour)
{
	const struct message_loaded *other = &neighbour->message.loaded;
	struct text where = TEXT_EMPTY;
	enum relation_outcome outcome = RELATION_FOUND;

	text_printf(&where, "Resource class '%s': relation to \"%s.%s\": ", class->name,
	    relation->target_plugin, relation->target_class);
	if (neighbour->loaded)
		outcome =
		    relation_resolve(class, relation, other->classes, other->class_count, NULL);
	if (neighbour->path == NULL)
		reasons_add(&validation->warnings,
		    "%sit can't be checked: there is no %s.so beside the plugin, nor where plugins "
		    "are installed",
		    where.data, neighbour->name);
	else if (!neighbour->loaded)
		reasons_add(&validation->warnings, "%sit can't be checked: %s can't be loaded",
		    where.data, neighbour->path);
	else if (outcome == RELATION_NO_ATTRIBUTE)
		reasons_add(&validation->warnings,
		    "%sneither that class nor one of its plugin that derives from it has all the "
		    "attributes to match",
		    where.data);
	else if (outcome != RELATION_FOUND)
		reasons_add(&validation->errors, "%sthat plugin has no class of this name (%s)",
		    where.data, neighbour->path);
	text_clear(&where);
}

/* How many relations, the first ones, the class itself declares. */
static size_t own_relation_count(const struct validation *validation, const struct class *class)
{
	size_t count;
	struct class *const *classes = validation_classes(validation, &count);
	const struct class *base = lint_base_of(class, classes, count);

	return base != NULL && base->relation_count <= class->relation_count
	           ? class->relation_count - base->relation_count
	           : class->relation_count;
}

/* Calls check_relation() for all relations to the neighbour. */
static void check_neighbour(struct validation *validation, const struct neighbour *neighbour)
{
	size_t count;
	struct class *const *classes = validation_classes(validation, &count);

	for (size_t i = 0; i < count; i++) {
		size_t own = own_relation_count(validation, classes[i]);

		for (size_t j = 0; j < own; j++) {
			const struct relation *relation = &classes[i]->relations[j];

			if (relation->target_plugin != NULL &&
			    strcmp(relation->target_plugin, neighbour->name) == 0)
				check_relation(validation, classes[i], relation, neighbour);
		}
	}
}

/* Adds the plugin that a relation names, unless it is this one or was added before. */
static size_t add_neighbour(const struct validation *validation, const struct relation *relation,
    struct neighbour *neighbours, size_t count)
{
	if (relation->target_plugin == NULL ||
	    strcmp(relation->target_plugin, validation->name) == 0)
		return count;
	for (size_t i = 0; i < count; i++)
		if (strcmp(neighbours[i].name, relation->target_plugin) == 0)
			return count;
	neighbours[count] = (struct neighbour){.name = relation->target_plugin};
	return count + 1;
}

/* Checks the relations to classes of other plugins, as far as these are at hand. */
static void check_neighbours(const struct validate_options *options, struct validation *validation)
{
	size_t class_count, relation_count = 0, count = 0;
	struct class *const *classes = validation_classes(validation, &class_count);
	struct neighbour *neighbours;

	for (size_t i = 0; i < class_count; i++)
		relation_count += classes[i]->relation_count;
	neighbours = xcalloc(relation_count, sizeof(*neighbours));
	for (size_t i = 0; i < class_count; i++)
		for (size_t j = 0; j < classes[i]->relation_count; j++)
			count =
			    add_neighbour(validation, &classes[i]->relations[j], neighbours, count);
	for (size_t i = 0; i < count; i++) {
		meet_neighbour(options, &neighbours[i]);
		check_neighbour(validation, &neighbours[i]);
		leave_neighbour(&neighbours[i]);
	}
	free(neighbours);
}

/* ---- all of it ---- */

static void warn_of_printing(struct validation *validation)
{
	const struct text *printed = &validation->printed;
	size_t line = printed->length > 0 ? strcspn(printed->data, "\n") : 0;
	bool valid = line > 0 && utf8_valid(printed->data, line);
	size_t shown = valid ? utf8_cut(printed->data, line, PRINTED_SHOWN) : 0;

	if (printed->length > 0)
		reasons_add(&validation->warnings,
		    "the plugin prints while it is loaded (\"%.*s%s\"): use iml_log() in its hooks",
		    (int)shown, shown > 0 ? printed->data : "", shown < line ? "…" : "");
}

static void check_loaded(const struct validate_options *options, struct validation *validation)
{
	const struct message_loaded *loaded = &validation->loaded.loaded;

	for (size_t i = 0; i < loaded->warning_count; i++)
		reasons_take(&validation->warnings, xstrdup(loaded->warnings[i]));
	check_neighbours(options, validation);
	lint_classes(loaded->classes, loaded->class_count, &validation->warnings);
}

void validate_plugin(const struct validate_options *options, struct validation *validation)
{
	struct load load = {.path = options->path};

	*validation = (struct validation){.name = plugin_name_of(options->path)};
	load.name = validation->name;
	if (!plugin_name_is_valid(validation->name))
		reasons_add(&validation->errors,
		    "\"%s\" can't be a plugin's name: name the file with letters, digits, _ and - "
		    "(at most %d), and .so",
		    validation->name, PLUGIN_NAME_MAX);
	if (load_isolated(&load, options->limit_ns, &validation->loaded, &validation->errors,
	        &validation->printed))
		check_loaded(options, validation);
	warn_of_printing(validation);
}

void validation_clear(struct validation *validation)
{
	if (validation->loaded.type == MESSAGE_LOADED)
		message_clear(&validation->loaded);
	free(validation->name);
	reasons_clear(&validation->errors);
	reasons_clear(&validation->warnings);
	text_clear(&validation->printed);
}

/* SPDX-License-Identifier: MIT */
/*
 * Loading plugins: each bad plugin of tests/plugins/ with exactly the reasons that it is refused
 * for, files that are damaged in every way, and what comes out of good ones.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/declaration.h"
#include "host/examine.h"
#include "host/image.h"
#include "host/load.h"
#include "../refusals.h"

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

/* Directory for the files that the tests make. */
static char directory[PATH_MAX];

/* ---- helpers ---- */

/* The path of a test plugin. */
static char *plugin_path(const char *name)
{
	const char *build = getenv("BUILD");

	return xasprintf("%s/tests/plugins/%s.so", build != NULL ? build : "build", name);
}

static char *made_path(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

struct content {
	char *bytes;
	size_t size;
};

static struct content read_content(const char *path)
{
	struct content content = {0};
	FILE *file = fopen(path, "rb");
	struct stat status;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	content.size = (size_t)status.st_size;
	content.bytes = xcalloc(content.size, 1);
	assert_int_equal(fread(content.bytes, 1, content.size, file), content.size);
	fclose(file);
	return content;
}

/* Makes a file of the given bytes anew, and gives its path. */
static char *make_file(const char *name, const void *bytes, size_t size)
{
	char *path = made_path(name);
	FILE *file;

	unlink(path);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return path;
}

static struct loaded_plugin load_good(const char *name)
{
	char *path = plugin_path(name);
	struct reasons reasons = {0};
	struct loaded_plugin plugin;

	if (!load_plugin(name, path, &plugin, &reasons))
		fail_msg("%s: %s", path, reasons.items[0]);
	assert_int_equal(reasons.count, 0);
	free(path);
	return plugin;
}

static const struct class *class_named(const struct loaded_plugin *plugin, const char *name)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		if (strcmp(plugin->classes[i]->name, name) == 0)
			return plugin->classes[i];
	fail_msg("no class %s", name);
	return NULL;
}

static size_t index_of(const struct loaded_plugin *plugin, const char *name)
{
	size_t i = 0;

	while (plugin->classes[i] != class_named(plugin, name))
		i++;
	return i;
}

/* The one reason for which the file at path is refused. */
static char *reason_of(const char *path)
{
	struct text reason = TEXT_EMPTY;
	struct plugin_symbol symbol;

	assert_false(examine_plugin(path, &symbol, &reason));
	assert_null(symbol.name);
	return text_steal(&reason);
}

static void assert_refused(const char *path, const char *expected)
{
	char *reason = reason_of(path);
	char *full = xasprintf("%s %s", path, expected);

	assert_string_equal(reason, full);
	free(full);
	free(reason);
}

/* Uses everything that was loaded, as a host would before its first session. */
static bool can_use_classes(const struct loaded_plugin *plugin)
{
	for (size_t i = 0; i < plugin->class_count; i++) {
		const struct class *class = plugin->classes[i];

		if (!class_equal(class, class) ||
		    loaded_class_index(plugin, plugin->details[i].declared) != i ||
		    !utf8_valid(class->label, strlen(class->label)))
			return false;
		for (size_t j = 0; j < class->condition_count; j++)
			if (condition_subject(class, &class->conditions[j])[0] == '\0')
				return false;
	}
	return true;
}

/* How a process that loads a file ends. A sanitizer that finds something ends it with 1. */
#define LOADED 0
#define REFUSED 3
#define BROKEN 4
#define LOADER_FAILED 127 /* by the system's loader itself */

/* Loads a file in this process and ends it. */
static void load_and_exit(const char *name, const char *path)
{
	static const int caught_by_cmocka[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS};
	struct reasons reasons = {0};
	struct loaded_plugin plugin;

	for (size_t i = 0; i < sizeof(caught_by_cmocka) / sizeof(caught_by_cmocka[0]); i++)
		signal(caught_by_cmocka[i], SIG_DFL);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(BROKEN);
	/* Damaged code may well run for ever. */
	alarm(5);
	if (!load_plugin(name, path, &plugin, &reasons))
		_exit(reasons.count > 0 ? REFUSED : BROKEN);
	_exit(can_use_classes(&plugin) ? LOADED : BROKEN);
}

/* Loads a file in a process of its own, and gives how that ends. */
static int load_in_child(const char *name, const char *path)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		load_and_exit(name, path);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* ---- refused for what they declare ---- */

static char *with_path(const char *reason, const char *path)
{
	const char *at = reason != NULL ? strstr(reason, "PATH") : NULL;

	if (at == NULL)
		return xstrdup(reason);
	return xasprintf("%.*s%s%s", (int)(at - reason), reason, path, at + strlen("PATH"));
}

/* Named after the plugin that it loads. */
static void is_refused_with_all_reasons(void **state)
{
	const struct refusal *refusal = *state;
	char *path = plugin_path(refusal->file);
	struct reasons reasons = {0};
	struct loaded_plugin plugin;

	assert_false(load_plugin(refusal->file, path, &plugin, &reasons));
	for (size_t i = 0; i < REASONS_MAX; i++) {
		char *expected = with_path(refusal->reasons[i], path);

		if (expected == NULL) {
			assert_int_equal(reasons.count, i);
			break;
		}
		assert_true(i < reasons.count);
		assert_string_equal(reasons.items[i], expected);
		free(expected);
	}
	reasons_clear(&reasons);
	free(path);
}

/* ---- refused for what the file is ---- */

static void a_file_that_is_not_there_is_refused(void **state)
{
	char *path = made_path("missing.so");
	(void)state;

	assert_refused(path, "can't be opened: No such file or directory");
	free(path);
}

static void a_text_file_is_refused(void **state)
{
	static const char text[] = "This is not a plugin.\n";
	char *path = make_file("junk.so", text, sizeof(text) - 1);
	(void)state;

	assert_refused(path, "is no shared object");
	free(path);
}

static void an_empty_file_is_refused(void **state)
{
	char *path = make_file("empty.so", "", 0);
	(void)state;

	assert_refused(path, "is no shared object");
	free(path);
}

static void a_directory_is_refused(void **state)
{
	(void)state;
	assert_refused(directory, "is no regular file");
}

static void a_fifo_is_refused_without_waiting_for_a_writer(void **state)
{
	char *path = made_path("fifo.so");
	(void)state;

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, "is no regular file");
	free(path);
}

static void an_executable_defines_no_plugin(void **state)
{
	(void)state;
	assert_refused(
	    "/proc/self/exe", "does not define a plugin: it needs one IML_PLUGIN(name, ...)");
}

/* Copies a good plugin, changes 16 bits in it, and gives the path of the copy. */
static char *copy_with(size_t offset, uint16_t value)
{
	char *good = plugin_path("good_classes");
	struct content content = read_content(good);
	char *path;

	memcpy(content.bytes + offset, &value, sizeof(value));
	path = make_file("changed.so", content.bytes, content.size);
	free(content.bytes);
	free(good);
	return path;
}

static void a_file_for_another_machine_is_refused(void **state)
{
	char *path = copy_with(offsetof(Elf64_Ehdr, e_machine), EM_68K);
	(void)state;

	assert_refused(path, "is built for another machine");
	free(path);
}

static void an_object_file_is_refused(void **state)
{
	char *path = copy_with(offsetof(Elf64_Ehdr, e_type), ET_REL);
	(void)state;

	assert_refused(path, "is no shared object: link it with -shared");
	free(path);
}

static void segments_out_of_order_are_refused(void **state)
{
	char *good = plugin_path("good_classes");
	struct content content = read_content(good);
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)content.bytes;
	Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(content.bytes + header->e_phoff);
	Elf64_Phdr first = segments[0];
	char *path;
	size_t last = 0;
	(void)state;

	for (size_t i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_LOAD)
			last = i;
	segments[0] = segments[last];
	segments[last] = first;
	path = make_file("changed.so", content.bytes, content.size);
	assert_refused(path, "is damaged: its segments are not one behind the other");
	free(path);
	free(content.bytes);
	free(good);
}

/* The length that a file must have for all its segments to be there. */
static size_t segments_end(const struct content *content)
{
	Elf64_Ehdr header;
	size_t end = 0;

	memcpy(&header, content->bytes, sizeof(header));
	for (size_t i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, content->bytes + header.e_phoff + i * sizeof(segment),
		    sizeof(segment));
		if (segment.p_offset + segment.p_filesz > end)
			end = segment.p_offset + segment.p_filesz;
	}
	return end;
}

static void a_truncated_file_is_refused_before_it_is_loaded(void **state)
{
	char *good = plugin_path("good_classes");
	struct content content = read_content(good);
	size_t end = segments_end(&content);
	(void)state;

	for (size_t length = 0; length < end; length += 1 + end / 400) {
		char *path = make_file("truncated.so", content.bytes, length);
		char *reason = reason_of(path);

		assert_true(strstr(reason, " is truncated") != NULL ||
		            strstr(reason, " is no shared object") != NULL);
		free(reason);
		free(path);
	}
	free(content.bytes);
	free(good);
}

/* The kernel would not raise SIGBUS, but what follows the segments is missing too. */
static void a_file_truncated_behind_its_segments_is_refused(void **state)
{
	char *good = plugin_path("good_classes");
	struct content content = read_content(good);
	size_t end = segments_end(&content);
	(void)state;

	assert_true(end < content.size);
	for (size_t length = end; length < content.size; length += 1 + (content.size - end) / 100) {
		char *path = make_file("truncated.so", content.bytes, length);

		free(reason_of(path));
		free(path);
	}
	free(content.bytes);
	free(good);
}

static void bytes_behind_the_end_do_no_harm(void **state)
{
	char *good = plugin_path("good_classes");
	struct content content = read_content(good);
	char *path;
	(void)state;

	content.bytes = xreallocarray(content.bytes, content.size + 1000, 1);
	memset(content.bytes + content.size, 'x', 1000);
	path = make_file("good_classes.so", content.bytes, content.size + 1000);
	assert_int_equal(load_in_child("good_classes", path), LOADED);
	free(path);
	free(content.bytes);
	free(good);
}

/* Changes a few bytes between begin and end, and gives the path of the file with them. */
static char *make_damaged(const struct content *content, size_t begin, size_t end, uint32_t *random)
{
	struct content copy = {xmemdup(content->bytes, content->size), content->size};
	char *path;

	for (uint32_t i = 0; i <= next_random(random) % 4; i++)
		copy.bytes[begin + next_random(random) % (end - begin)] = (char)next_random(random);
	path = make_file("damaged.so", copy.bytes, copy.size);
	free(copy.bytes);
	return path;
}

/* Only a crash of a process of its own is allowed: the loader of the system trusts the file. */
static void a_damaged_file_harms_nobody_but_its_own_process(void **state)
{
	char *good = plugin_path("good_classes");
	struct content content = read_content(good);
	uint32_t random = 1;
	(void)state;

	for (int i = 0; i < 300; i++) {
		char *path = make_damaged(&content, 0, content.size, &random);
		struct text reason = TEXT_EMPTY;
		struct plugin_symbol symbol;
		int status;

		if (examine_plugin(path, &symbol, &reason)) {
			status = load_in_child("good_classes", path);
			assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == LOADED ||
			            WEXITSTATUS(status) == REFUSED ||
			            WEXITSTATUS(status) == LOADER_FAILED);
		}
		free(symbol.name);
		text_clear(&reason);
		free(path);
	}
	free(content.bytes);
	free(good);
}

/* The place of a section of the file. */
static Elf64_Shdr find_section(const struct content *content, const char *name)
{
	Elf64_Shdr section, names;
	Elf64_Ehdr header;

	memcpy(&header, content->bytes, sizeof(header));
	memcpy(&names, content->bytes + header.e_shoff + header.e_shstrndx * sizeof(names),
	    sizeof(names));
	for (size_t i = 0; i < header.e_shnum; i++) {
		memcpy(&section, content->bytes + header.e_shoff + i * sizeof(section),
		    sizeof(section));
		if (strcmp(content->bytes + names.sh_offset + section.sh_name, name) == 0)
			return section;
	}
	fail_msg("no section %s", name);
	return section;
}

/* Whatever the declarations say, reading them does not crash. */
static void damaged_declarations_are_refused_or_loaded(void **state)
{
	static const char *const sections[] = {".data.rel.ro", ".rodata"};
	char *good = plugin_path("good_classes");
	struct content content = read_content(good);
	uint32_t random = 2;
	(void)state;

	for (int i = 0; i < 600; i++) {
		Elf64_Shdr section = find_section(&content, sections[i % 2]);
		char *path = make_damaged(
		    &content, section.sh_offset, section.sh_offset + section.sh_size, &random);
		int status = load_in_child("good_classes", path);

		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) == LOADED || WEXITSTATUS(status) == REFUSED);
		free(path);
	}
	free(content.bytes);
	free(good);
}

/* ---- constructors ---- */

static int load_bad_in_child(const char *name)
{
	char *path = plugin_path(name);
	int status = load_in_child(name, path);

	free(path);
	return status;
}

static void a_constructor_that_aborts_ends_its_process_only(void **state)
{
	int status = load_bad_in_child("bad_constructor_abort");
	(void)state;

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void a_constructor_that_exits_ends_its_process_only(void **state)
{
	int status = load_bad_in_child("bad_constructor_exit");
	(void)state;

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 10);
}

static void looking_into_a_file_runs_none_of_its_code(void **state)
{
	static const char *const names[] = {
	    "bad_constructor_abort", "bad_constructor_exit", "bad_constructor_hang"};
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = plugin_path(names[i]);
		struct text reason = TEXT_EMPTY;
		struct plugin_symbol symbol;

		assert_true(examine_plugin(path, &symbol, &reason));
		assert_memory_equal(symbol.name, "iml_plugin_definition_", 22);
		assert_string_equal(symbol.name + 22, names[i]);
		free(symbol.name);
		free(path);
	}
}

/* ---- what good plugins become ---- */

static void each_builtin_class_can_be_a_base(void **state)
{
	struct loaded_plugin plugin = load_good("good_builtins");
	(void)state;

	assert_int_equal(plugin.class_count, BUILTIN_END - 1);
	for (size_t i = 0; i < plugin.class_count; i++) {
		const struct class *class = plugin.classes[i];

		assert_int_equal(class->builtin, i + 1);
		assert_string_equal(class->name + strlen("My"), builtin_name(class->builtin));
		assert_string_equal(class->ancestry[1], builtin_name(class->builtin));
		assert_string_equal(class->ancestry[class->ancestry_count - 1], "Resource");
		assert_int_equal(class->scannable, class->builtin == BUILTIN_SCANNABLE);
	}
	unload_plugin(&plugin);
}

/* The inherited attributes that must be given, joined by spaces. */
static char *inherited_mandatory(const struct class *class)
{
	struct text names = TEXT_EMPTY;

	text_append(&names, "");
	for (size_t i = 0; i + 1 < class->attribute_count; i++)
		if (!class->attributes[i].optional)
			text_printf(&names, "%s ", class->attributes[i].name);
	return text_steal(&names);
}

static void inherited_mandatory_attributes_are_those_of_the_builtin(void **state)
{
	static const char *const expected[BUILTIN_END] = {
	    [BUILTIN_LOGICAL_DRIVE] = "size ",
	    [BUILTIN_LOGICAL_DRIVE_SLICE] = "size ",
	    [BUILTIN_DEVICE_NODE] = "host_id path ",
	    [BUILTIN_PATH_WEIGHT] = "weight ",
	    [BUILTIN_VIRTUAL_MACHINE] = "address ",
	};
	struct loaded_plugin plugin = load_good("good_builtins");
	(void)state;

	for (size_t i = 0; i < plugin.class_count; i++) {
		const char *names = expected[plugin.classes[i]->builtin];
		char *found = inherited_mandatory(plugin.classes[i]);

		assert_string_equal(found, names != NULL ? names : "");
		free(found);
	}
	unload_plugin(&plugin);
}

static void classes_come_after_their_bases(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	(void)state;

	assert_true(index_of(&plugin, "Lun") < index_of(&plugin, "ThinLun"));
	assert_true(index_of(&plugin, "ThinLun") < index_of(&plugin, "FlashLun"));
	assert_int_equal(
	    plugin.details[index_of(&plugin, "FlashLun")].base, index_of(&plugin, "ThinLun"));
	assert_int_equal(plugin.details[index_of(&plugin, "Lun")].base, CLASS_NOT_FOUND);
	unload_plugin(&plugin);
}

static void assert_names(
    const struct class *class, const char *const *attributes, const char *const *statistics)
{
	size_t i;

	for (i = 0; attributes[i] != NULL; i++)
		assert_string_equal(class->attributes[i].name, attributes[i]);
	assert_int_equal(class->attribute_count, i);
	for (i = 0; statistics[i] != NULL; i++)
		assert_string_equal(class->statistics[i].name, statistics[i]);
	assert_int_equal(class->statistic_count, i);
}

static void attributes_of_bases_come_first_and_statistics_of_bases_last(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	(void)state;

	assert_names(class_named(&plugin, "FlashLun"),
	    (const char *const[]){"size", "filesystem_type", "name", "status", "allocated", "note",
	        "wwn", "wear", NULL},
	    (const char *const[]){"temperature", "writes", "reads", NULL});
	unload_plugin(&plugin);
}

static void an_attribute_declared_anew_replaces_the_inherited_one(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	const struct class *base = class_named(&plugin, "Lun");
	const struct class *derived = class_named(&plugin, "ThinLun");
	const struct attribute *old = &base->attributes[class_find_attribute(base, "note")];
	const struct attribute *new = &derived->attributes[class_find_attribute(derived, "note")];
	(void)state;

	assert_int_equal(old->type, ATTRIBUTE_STRING);
	assert_true(old->optional);
	assert_int_equal(new->type, ATTRIBUTE_INTEGER);
	assert_false(new->optional);
	assert_int_equal(new->max, 5);
	assert_ptr_equal(new, &derived->attributes[derived->attribute_count - 1]);
	assert_int_equal(
	    derived->statistics[class_find_statistic(derived, "reads")].type, STATISTIC_GAUGE);
	unload_plugin(&plugin);
}

static void conditions_are_inherited_with_what_they_judge(void **state)
{
	static const char *const names[] = {
	    "_temperature_ERROR", "thin_status_ERROR", "_status_ERROR"};
	struct loaded_plugin plugin = load_good("good_classes");
	const struct class *class = class_named(&plugin, "FlashLun");
	(void)state;

	assert_int_equal(class->condition_count, 3);
	for (size_t i = 0; i < 3; i++) {
		struct text name = TEXT_EMPTY;

		condition_name(class, &class->conditions[i], 0, &name);
		assert_string_equal(name.data, names[i]);
		text_clear(&name);
	}
	assert_true(class->conditions[0].on_statistic);
	assert_int_equal(class->conditions[0].raise_after, 1);
	assert_int_equal(class->conditions[2].raise_after, 3);
	assert_int_equal(class->conditions[2].thresholds[1].states[1].type, VALUE_NULL);
	unload_plugin(&plugin);
}

static void identifier_and_label_are_not_inherited(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	const struct class *thin = class_named(&plugin, "ThinLun");
	const struct class *flash = class_named(&plugin, "FlashLun");
	(void)state;

	assert_int_equal(thin->scope, IDENTIFIER_SCOPED);
	assert_int_equal(thin->identifier_count, 2);
	assert_string_equal(thin->attributes[thin->identifier[1]].name, "size");
	assert_string_equal(thin->label, "Thin LUN");
	assert_true(thin->has_declared_label);
	assert_int_equal(flash->scope, IDENTIFIER_GLOBAL);
	assert_int_equal(flash->identifier_count, 1);
	assert_string_equal(flash->label, "good_classes.FlashLun");
	assert_false(flash->has_declared_label);
	unload_plugin(&plugin);
}

static void what_marks_a_logical_drive_is_inherited(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	(void)state;

	assert_string_equal(class_named(&plugin, "ThinLun")->device_type, "linux");
	assert_string_equal(class_named(&plugin, "FlashLun")->device_type, "flash");
	assert_true(class_named(&plugin, "FlashLun")->unusable_for_lustre);
	assert_null(class_named(&plugin, "Plain")->device_type);
	unload_plugin(&plugin);
}

static void functions_are_found_by_attribute(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	size_t index = index_of(&plugin, "Array");
	const struct class *array = plugin.classes[index];
	const struct attribute_functions *functions = plugin.details[index].functions;
	char stored[8];
	(void)state;

	for (size_t i = 0; i < array->attribute_count; i++) {
		bool is_name = strcmp(array->attributes[i].name, "name") == 0;
		bool is_password = array->attributes[i].type == ATTRIBUTE_PASSWORD;

		assert_int_equal(functions[i].default_value != NULL, is_name);
		assert_int_equal(array->attributes[i].has_default_function, is_name);
		assert_int_equal(functions[i].obfuscate != NULL, is_password);
		if (is_password)
			assert_int_equal(functions[i].obfuscate("abc", stored, sizeof(stored)), 0);
	}
	assert_string_equal(stored, "cba");
	unload_plugin(&plugin);
}

static void a_label_function_serves_derived_classes_too(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	(void)state;

	assert_non_null(plugin.details[index_of(&plugin, "Lun")].get_label);
	assert_ptr_equal(plugin.details[index_of(&plugin, "FlashLun")].get_label,
	    plugin.details[index_of(&plugin, "Lun")].get_label);
	assert_true(class_named(&plugin, "FlashLun")->has_label_function);
	assert_null(plugin.details[index_of(&plugin, "Plain")].get_label);
	unload_plugin(&plugin);
}

static void options_and_defaults_become_values(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	const struct class *array = class_named(&plugin, "Array");
	const struct attribute *active = &array->attributes[class_find_attribute(array, "active")];
	const struct attribute *level = &array->attributes[class_find_attribute(array, "level")];
	(void)state;

	assert_int_equal(active->default_value.type, VALUE_BOOLEAN);
	assert_true(active->default_value.boolean);
	assert_int_equal(level->option_count, 2);
	assert_int_equal(level->options[1].integer, 2);
	assert_int_equal(level->default_value.integer, 2);
	assert_int_equal(array->scope, IDENTIFIER_AUTO);
	assert_int_equal(array->identifier_count, 0);
	unload_plugin(&plugin);
}

static void statistics_keep_units_bins_and_period(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	const struct statistic *sizes = &class_named(&plugin, "Array")->statistics[0];
	const struct statistic *writes = &class_named(&plugin, "ThinLun")->statistics[0];
	(void)state;

	assert_int_equal(sizes->type, STATISTIC_HISTOGRAM);
	assert_string_equal(sizes->units, "bytes");
	assert_int_equal(sizes->bin_count, 2);
	assert_int_equal(sizes->bins[1].from, 513);
	assert_true(sizes->bins[1].to == INT64_MAX);
	assert_int_equal(sizes->sample_period, 10);
	assert_int_equal(writes->sample_period, 60);
	assert_string_equal(writes->units, "");
	unload_plugin(&plugin);
}

/* The charts of a class as one text. */
static char *charts_of(const struct class *class)
{
	struct text text = TEXT_EMPTY;

	for (size_t i = 0; i < class->chart_count; i++) {
		text_printf(&text, "%s%s:", i > 0 ? "; " : "", class->charts[i].title);
		for (size_t j = 0; j < class->charts[i].series_count; j++)
			text_printf(
			    &text, " %s", class->statistics[class->charts[i].series[j]].name);
	}
	return text_steal(&text);
}

static void assert_charts(const struct loaded_plugin *plugin, const char *name, const char *charts)
{
	char *found = charts_of(class_named(plugin, name));

	assert_string_equal(found, charts);
	free(found);
}

static void charts_are_those_declared_or_one_for_each_statistic(void **state)
{
	struct loaded_plugin plugin = load_good("good_charts");
	const struct class *redeclared = class_named(&plugin, "Redeclared");
	(void)state;

	assert_charts(&plugin, "Plain", "Temperature: heat; Read bytes: read_bytes");
	assert_charts(&plugin, "Derived", "Load: load; Temperature: heat; Read bytes: read_bytes");
	assert_charts(&plugin, "Charted", "Bandwidth: read_bytes write_bytes; Sizes: sizes");
	assert_charts(&plugin, "Redeclared",
	    "Climate: heat load; Bandwidth: read_bytes write_bytes; Sizes: sizes");
	assert_string_equal(redeclared->statistics[redeclared->charts[1].series[1]].units, "MB/s");
	assert_int_equal(plugin.warnings.count, 0);
	unload_plugin(&plugin);
}

/* The relations of a class as one text. */
static char *relations_of(const struct class *class)
{
	struct text text = TEXT_EMPTY;

	for (size_t i = 0; i < class->relation_count; i++) {
		const struct relation *relation = &class->relations[i];

		text_printf(&text, "%s%s ", i > 0 ? "; " : "", relation_type_name(relation->type));
		relation_target(relation, &text);
		for (size_t j = 0; j < relation->attribute_count; j++)
			text_printf(&text, " %s", class->attributes[relation->attributes[j]].name);
		text_append(&text, relation->ignore_case ? " ignoring case" : "");
	}
	return text_steal(&text);
}

static void assert_relations(
    const struct loaded_plugin *plugin, const char *name, const char *relations)
{
	char *found = relations_of(class_named(plugin, name));

	assert_string_equal(found, relations);
	free(found);
}

static void relations_name_their_targets_and_are_inherited(void **state)
{
	static const char of_lun[] =
	    "provide linux.ScsiDevice serial ignoring case; provide good_relations.Presentation "
	    "alias; provide DeviceNode wwn; provide Fan wwn";
	struct loaded_plugin plugin = load_good("good_relations");
	char *of_thin_lun = xasprintf("subscribe acme.Pool pool; %s", of_lun);
	(void)state;

	assert_relations(&plugin, "Lun", of_lun);
	assert_relations(&plugin, "ThinLun", of_thin_lun);
	assert_relations(&plugin, "Presentation",
	    "provide DeviceNode host_id path; subscribe good_relations.Lun lun_id; subscribe "
	    "good_relations.ThinLun lun_id");
	assert_int_equal(class_named(&plugin, "Node")->relation_count, 0);
	free(of_thin_lun);
	unload_plugin(&plugin);
}

static void relations_that_nothing_can_take_part_in_are_warned_of(void **state)
{
	struct loaded_plugin plugin = load_good("good_relations");
	(void)state;

	assert_int_equal(plugin.warnings.count, 2);
	assert_string_equal(plugin.warnings.items[0],
	    "Resource class 'Lun': relation to \"good_relations.Presentation\": neither this class "
	    "nor one of the plugin that derives from it has all the attributes to match");
	assert_string_equal(plugin.warnings.items[1],
	    "Resource class 'Lun': relation to \"Fan\": neither this class nor one of the plugin "
	    "that derives from it has all the attributes to match");
	unload_plugin(&plugin);
}

static void classes_are_found_by_their_address_in_the_plugin(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	static const struct iml_class foreign = {.name = "Foreign"};
	(void)state;

	assert_true(can_use_classes(&plugin));
	assert_int_equal(loaded_class_index(&plugin, &foreign), CLASS_NOT_FOUND);
	assert_int_equal(loaded_class_index(&plugin, NULL), CLASS_NOT_FOUND);
	unload_plugin(&plugin);
}

static void a_class_is_what_it_derives_from(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	size_t lun = index_of(&plugin, "Lun"), flash = index_of(&plugin, "FlashLun");
	size_t array = index_of(&plugin, "Array");
	(void)state;

	assert_true(loaded_class_is_a(&plugin, flash, plugin.details[lun].declared));
	assert_true(loaded_class_is_a(&plugin, lun, plugin.details[lun].declared));
	assert_false(loaded_class_is_a(&plugin, lun, plugin.details[flash].declared));
	assert_true(loaded_class_is_a(&plugin, flash, plugin.details[lun].declared->base));
	assert_false(loaded_class_is_a(&plugin, flash, plugin.details[array].declared->base));
	assert_false(loaded_class_is_a(&plugin, flash, &iml_logical_drive_slice));
	assert_false(loaded_class_is_a(&plugin, flash, NULL));
	assert_false(loaded_class_is_a(&plugin, flash, (const struct iml_class *)64));
	unload_plugin(&plugin);
}

static void another_name_than_the_file_has_is_a_warning(void **state)
{
	struct loaded_plugin plugin = load_good("good_other_name");
	(void)state;

	assert_int_equal(plugin.warnings.count, 1);
	assert_string_equal(plugin.warnings.items[0],
	    "the plugin calls itself \"quite_another\" in IML_PLUGIN(), but the name of its file "
	    "counts: \"good_other_name\"");
	assert_string_equal(plugin.classes[0]->plugin, "good_other_name");
	assert_true(plugin.classes[0]->internal);
	unload_plugin(&plugin);
}

static void the_place_for_the_calls_can_be_filled(void **state)
{
	struct loaded_plugin plugin = load_good("good_classes");
	static const struct iml_calls calls = {.size = sizeof(calls)};
	(void)state;

	*plugin.definition.calls = &calls;
	assert_ptr_equal(*plugin.definition.calls, &calls);
	unload_plugin(&plugin);
}

/* ---- parts ---- */

static void what_an_older_table_lacks_is_zero(void **state)
{
	static const uint32_t table[] = {1, 2, 3, 4};
	uint32_t entry[3];
	(void)state;

	read_entry(table, 1, 2 * sizeof(uint32_t), entry, sizeof(entry));
	assert_int_equal(entry[0], 3);
	assert_int_equal(entry[1], 4);
	assert_int_equal(entry[2], 0);
}

static void what_a_newer_table_has_more_is_skipped(void **state)
{
	static const uint32_t table[] = {1, 2, 3, 4};
	uint32_t entry;
	(void)state;

	read_entry(table, 1, 2 * sizeof(uint32_t), &entry, sizeof(entry));
	assert_int_equal(entry, 3);
}

static void constants_are_in_the_image_and_stacks_and_other_objects_are_not(void **state)
{
	static const char constant[] = "constant";
	static int variable;
	char automatic[] = "automatic";
	struct image image;
	size_t length;
	(void)state;

	image_take(&image, constant);
	assert_true(image_text(&image, constant, &length));
	assert_int_equal(length, 8);
	assert_false(image_is_writable(&image, constant, 1));
	assert_true(image_is_writable(&image, &variable, sizeof(variable)));
	assert_false(image_contains(&image, automatic, 1));
	assert_false(image_text(&image, automatic, &length));
	assert_false(image_contains(&image, NULL, 1));
	assert_false(image_contains(&image, &variable, SIZE_MAX));
	assert_false(image_contains(&image, dlsym(RTLD_DEFAULT, "getenv"), 1));
	image_clear(&image);
	image_take(&image, automatic);
	assert_int_equal(image.count, 0);
	image_clear(&image);
}

static void a_reason_is_always_utf8(void **state)
{
	struct reasons reasons = {0};
	(void)state;

	reasons_add(&reasons, "%s is missing", "b\xe4r.so");
	reasons_add(&reasons, "%s is missing", "b\xc3\xa4r.so");
	assert_string_equal(reasons.items[0], "b?r.so is missing");
	assert_string_equal(reasons.items[1], "b\xc3\xa4r.so is missing");
	reasons_clear(&reasons);
}

static int make_directory(void **state)
{
	const char *base = getenv("TMPDIR");
	(void)state;

	snprintf(
	    directory, sizeof(directory), "%s/test_host_load.XXXXXX", base != NULL ? base : "/tmp");
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int remove_directory(void **state)
{
	static const char *const names[] = {"junk.so", "empty.so", "fifo.so", "changed.so",
	    "truncated.so", "damaged.so", "good_classes.so"};
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = made_path(names[i]);

		unlink(path);
		free(path);
	}
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_that_is_not_there_is_refused),
	    cmocka_unit_test(a_text_file_is_refused),
	    cmocka_unit_test(an_empty_file_is_refused),
	    cmocka_unit_test(a_directory_is_refused),
	    cmocka_unit_test(a_fifo_is_refused_without_waiting_for_a_writer),
	    cmocka_unit_test(an_executable_defines_no_plugin),
	    cmocka_unit_test(a_file_for_another_machine_is_refused),
	    cmocka_unit_test(an_object_file_is_refused),
	    cmocka_unit_test(segments_out_of_order_are_refused),
	    cmocka_unit_test(a_truncated_file_is_refused_before_it_is_loaded),
	    cmocka_unit_test(a_file_truncated_behind_its_segments_is_refused),
	    cmocka_unit_test(bytes_behind_the_end_do_no_harm),
	    cmocka_unit_test(a_damaged_file_harms_nobody_but_its_own_process),
	    cmocka_unit_test(damaged_declarations_are_refused_or_loaded),
	    cmocka_unit_test(a_constructor_that_aborts_ends_its_process_only),
	    cmocka_unit_test(a_constructor_that_exits_ends_its_process_only),
	    cmocka_unit_test(looking_into_a_file_runs_none_of_its_code),
	    cmocka_unit_test(each_builtin_class_can_be_a_base),
	    cmocka_unit_test(inherited_mandatory_attributes_are_those_of_the_builtin),
	    cmocka_unit_test(classes_come_after_their_bases),
	    cmocka_unit_test(attributes_of_bases_come_first_and_statistics_of_bases_last),
	    cmocka_unit_test(an_attribute_declared_anew_replaces_the_inherited_one),
	    cmocka_unit_test(conditions_are_inherited_with_what_they_judge),
	    cmocka_unit_test(identifier_and_label_are_not_inherited),
	    cmocka_unit_test(what_marks_a_logical_drive_is_inherited),
	    cmocka_unit_test(functions_are_found_by_attribute),
	    cmocka_unit_test(a_label_function_serves_derived_classes_too),
	    cmocka_unit_test(options_and_defaults_become_values),
	    cmocka_unit_test(statistics_keep_units_bins_and_period),
	    cmocka_unit_test(charts_are_those_declared_or_one_for_each_statistic),
	    cmocka_unit_test(relations_name_their_targets_and_are_inherited),
	    cmocka_unit_test(relations_that_nothing_can_take_part_in_are_warned_of),
	    cmocka_unit_test(classes_are_found_by_their_address_in_the_plugin),
	    cmocka_unit_test(a_class_is_what_it_derives_from),
	    cmocka_unit_test(another_name_than_the_file_has_is_a_warning),
	    cmocka_unit_test(the_place_for_the_calls_can_be_filled),
	    cmocka_unit_test(what_an_older_table_lacks_is_zero),
	    cmocka_unit_test(what_a_newer_table_has_more_is_skipped),
	    cmocka_unit_test(constants_are_in_the_image_and_stacks_and_other_objects_are_not),
	    cmocka_unit_test(a_reason_is_always_utf8),
	};
	struct CMUnitTest refused[REFUSALS];
	int failed;

	for (size_t i = 0; i < REFUSALS; i++)
		refused[i] = (struct CMUnitTest){.name = refusals[i].file,
		    .test_func = is_refused_with_all_reasons,
		    .initial_state = (void *)(uintptr_t)&refusals[i]};
	failed = cmocka_run_group_tests_name(
	    "files and classes", tests, make_directory, remove_directory);
	failed += cmocka_run_group_tests_name("bad plugins", refused, NULL, NULL);
	return failed != 0;
}

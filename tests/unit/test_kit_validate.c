/* SPDX-License-Identifier: MIT */
/* Validating plugins: what they do to their process is told, and hurts nobody. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "kit/validate.h"

#define LIMIT_NS (20 * NS_PER_S)

static char *built(const char *name)
{
	const char *build = getenv("BUILD");

	return xasprintf("%s/%s", build != NULL ? build : "build", name);
}

/* Validates a file with another directory of plugins at hand, or none. */
static struct validation validate_beside(const char *file, const char *directory)
{
	char *path = built(file);
	char *plugins = directory != NULL ? built(directory) : NULL;
	const char *const directories[] = {NULL, plugins};
	const struct validate_options options = {
	    .path = path, .limit_ns = LIMIT_NS, .directories = directories, .directory_count = 2};
	struct validation validation;

	validate_plugin(&options, &validation);
	free(plugins);
	free(path);
	return validation;
}

static struct validation validate(const char *file)
{
	return validate_beside(file, NULL);
}

static void assert_texts(const struct reasons *found, const char *const *expected, size_t count)
{
	for (size_t i = 0; i < found->count && i < count; i++)
		assert_string_equal(found->items[i], expected[i]);
	assert_int_equal(found->count, count);
}

#define assert_reasons(found, ...)                                 \
	assert_texts(&(found), (const char *const[]){__VA_ARGS__}, \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* That the file can't be used for one reason. */
static void assert_one_error(const char *file, const char *error)
{
	struct validation validation = validate(file);
	size_t count;

	assert_reasons(validation.errors, error);
	assert_int_equal(validation.warnings.count, 0);
	assert_null(validation_classes(&validation, &count));
	assert_int_equal(count, 0);
	validation_clear(&validation);
}

static void a_good_plugin_has_classes_and_no_errors(void **state)
{
	struct validation validation = validate("tests/plugins/good_charts.so");
	size_t count;
	struct class *const *classes = validation_classes(&validation, &count);
	(void)state;

	assert_string_equal(validation.name, "good_charts");
	assert_int_equal(validation.errors.count, 0);
	assert_int_equal(validation.warnings.count, 0);
	assert_int_equal(validation.printed.length, 0);
	assert_true(count > 0);
	assert_string_equal(classes[0]->plugin, "good_charts");
	assert_int_equal(validation.loaded.loaded.api_major, 1);
	validation_clear(&validation);
}

static void the_plugins_of_the_runner_are_without_fault(void **state)
{
	static const char *const names[] = {"example", "linux", "simulator"};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		char *file = xasprintf("plugins/%s.so", names[i]);
		struct validation validation = validate(file);

		assert_int_equal(validation.errors.count, 0);
		for (size_t j = 0; j < validation.warnings.count; j++)
			fail_msg("%s", validation.warnings.items[j]);
		validation_clear(&validation);
		free(file);
	}
}

static void all_mistakes_are_told_at_once(void **state)
{
	struct validation validation = validate("tests/plugins/bad_five.so");
	(void)state;

	assert_int_equal(validation.errors.count, 5);
	assert_int_equal(validation.loaded.type, 0);
	validation_clear(&validation);
}

static void a_crash_while_loading_is_an_error_with_its_signal(void **state)
{
	(void)state;

	assert_one_error("tests/plugins/bad_constructor_abort.so",
	    "the plugin can't be loaded: its process died: signal 6 (Aborted): what can fail "
	    "belongs into the hooks, not into constructors");
	assert_one_error("tests/plugins/bad_constructor_segv.so",
	    "the plugin can't be loaded: its process died: signal 11 (Segmentation fault): what "
	    "can fail belongs into the hooks, not into constructors");
}

static void ending_the_process_while_loading_is_an_error(void **state)
{
	(void)state;

	assert_one_error("tests/plugins/bad_constructor_exit.so",
	    "the plugin can't be loaded: it ended its process with status 10: a plugin must not "
	    "call exit()");
	assert_one_error("tests/plugins/bad_constructor_quit.so",
	    "the plugin can't be loaded: it ended its process with status 0: a plugin must not "
	    "call exit()");
}

static void a_plugin_that_hangs_while_loading_is_ended(void **state)
{
	char *path = built("tests/plugins/bad_constructor_hang.so");
	const struct validate_options options = {.path = path, .limit_ns = NS_PER_S / 2};
	struct validation validation;
	(void)state;

	validate_plugin(&options, &validation);
	assert_reasons(validation.errors,
	    "the plugin can't be loaded: its constructors did not return within 0.5 s: leave work "
	    "to the hooks");
	validation_clear(&validation);
	free(path);
}

static void what_is_no_plugin_is_one_error(void **state)
{
	char *path = built("tests/plugins");
	char *error = xasprintf("%s is no regular file", path);
	(void)state;

	assert_one_error("tests/plugins", error);
	free(error);
	free(path);
}

static void a_file_that_can_t_name_a_plugin_is_refused(void **state)
{
	char *directory = xstrdup("/tmp/test-validate-XXXXXX");
	char *target, *link;
	char *good = realpath((target = built("tests/plugins/good_charts.so")), NULL);
	struct validate_options options = {.limit_ns = LIMIT_NS};
	struct validation validation;
	(void)state;

	assert_non_null(mkdtemp(directory));
	link = xasprintf("%s/my plugin.so", directory);
	assert_int_equal(symlink(good, link), 0);
	options.path = link;
	validate_plugin(&options, &validation);
	assert_reasons(validation.errors,
	    "\"my plugin\" can't be a plugin's name: name the file with letters, digits, _ and - "
	    "(at most 128), and .so");
	validation_clear(&validation);
	unlink(link);
	rmdir(directory);
	free(link);
	free(good);
	free(target);
	free(directory);
}

static void no_hook_is_called(void **state)
{
	struct validation validation = validate("tests/plugins/crash_in_hook.so");
	(void)state;

	assert_int_equal(validation.errors.count, 0);
	validation_clear(&validation);
}

static void what_a_plugin_prints_is_kept_and_warned_of(void **state)
{
	struct validation validation = validate("tests/plugins/prints_while_loaded.so");
	(void)state;

	assert_int_equal(validation.errors.count, 0);
	assert_string_equal(validation.printed.data, "welcome to \033[1mACME\033[0m\nno license");
	assert_reasons(validation.warnings,
	    "the plugin prints while it is loaded (\"welcome to \033[1mACME\033[0m\"): use "
	    "iml_log() in its hooks");
	validation_clear(&validation);
}

/* ---- relations ---- */

#define OF_VOLUME "Resource class 'Volume': relation to \"linux."

static void relations_to_a_plugin_at_hand_are_checked_once(void **state)
{
	struct validation validation =
	    validate_beside("tests/plugins/relation_elsewhere.so", "plugins");
	char *linux_so = built("plugins/linux.so");
	char *error = xasprintf(
	    OF_VOLUME "scsidevice\": that plugin has no class of this name (%s)", linux_so);
	(void)state;

	assert_reasons(validation.errors, error);
	assert_reasons(validation.warnings,
	    OF_VOLUME "ScsiDevice\": neither that class nor one of its plugin that derives from it "
	              "has all the attributes to match");
	validation_clear(&validation);
	free(error);
	free(linux_so);
}

static void relations_to_a_plugin_that_is_not_at_hand_are_a_warning(void **state)
{
	static const char unchecked[] = "it can't be checked: there is no linux.so beside the "
	                                "plugin, nor where plugins are installed";
	struct validation validation = validate("tests/plugins/relation_elsewhere.so");
	(void)state;

	assert_int_equal(validation.errors.count, 0);
	assert_int_equal(validation.warnings.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(validation.warnings.items[i], unchecked));
	validation_clear(&validation);
}

static void a_relation_to_a_plugin_that_can_t_be_loaded_is_a_warning(void **state)
{
	char *directory = xstrdup("/tmp/test-validate-XXXXXX");
	char *path = built("tests/plugins/relation_elsewhere.so");
	const char *const directories[] = {directory};
	const struct validate_options options = {
	    .path = path, .limit_ns = LIMIT_NS, .directories = directories, .directory_count = 1};
	struct validation validation;
	char *neighbour;
	FILE *file;
	(void)state;

	assert_non_null(mkdtemp(directory));
	neighbour = xasprintf("%s/linux.so", directory);
	file = fopen(neighbour, "w");
	assert_non_null(file);
	fclose(file);
	validate_plugin(&options, &validation);
	assert_int_equal(validation.errors.count, 0);
	assert_int_equal(validation.warnings.count, 3);
	assert_non_null(strstr(validation.warnings.items[0], "linux.so can't be loaded"));
	validation_clear(&validation);
	unlink(neighbour);
	rmdir(directory);
	free(neighbour);
	free(path);
	free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_plugin_has_classes_and_no_errors),
	    cmocka_unit_test(the_plugins_of_the_runner_are_without_fault),
	    cmocka_unit_test(all_mistakes_are_told_at_once),
	    cmocka_unit_test(a_crash_while_loading_is_an_error_with_its_signal),
	    cmocka_unit_test(ending_the_process_while_loading_is_an_error),
	    cmocka_unit_test(a_plugin_that_hangs_while_loading_is_ended),
	    cmocka_unit_test(what_is_no_plugin_is_one_error),
	    cmocka_unit_test(a_file_that_can_t_name_a_plugin_is_refused),
	    cmocka_unit_test(no_hook_is_called),
	    cmocka_unit_test(what_a_plugin_prints_is_kept_and_warned_of),
	    cmocka_unit_test(relations_to_a_plugin_at_hand_are_checked_once),
	    cmocka_unit_test(relations_to_a_plugin_that_is_not_at_hand_are_a_warning),
	    cmocka_unit_test(a_relation_to_a_plugin_that_can_t_be_loaded_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

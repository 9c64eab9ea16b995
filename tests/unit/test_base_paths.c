/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/paths.h"

static int clear_environment(void **state)
{
	static const char *const names[] = {"STATE_DIRECTORY", "RUNTIME_DIRECTORY",
	    "CREDENTIALS_DIRECTORY", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"};
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	setenv("HOME", "/home/somebody", 1);
	return 0;
}

/* Asserts that the path is the first for root and the second for others. */
static void assert_path(char *path, const char *of_root, const char *of_user)
{
	assert_string_equal(path, geteuid() == 0 ? of_root : of_user);
	free(path);
}

static void the_state_directory_is_that_of_the_system_or_of_the_user(void **state)
{
	(void)state;
	assert_path(default_state_directory(), "/var/lib/iml-plugin-runner",
	    "/home/somebody/.local/state/iml-plugin-runner");
	setenv("XDG_STATE_HOME", "/state", 1);
	assert_path(
	    default_state_directory(), "/var/lib/iml-plugin-runner", "/state/iml-plugin-runner");
}

static void the_directories_of_a_service_come_first(void **state)
{
	(void)state;
	setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
	setenv("RUNTIME_DIRECTORY", "/run/one", 1);
	assert_path(default_state_directory(), "/var/lib/one", "/var/lib/one");
	assert_path(default_control_socket(), "/run/one/control.sock", "/run/one/control.sock");
}

static void a_password_that_systemd_hands_over_is_found(void **state)
{
	char directory[] = "/tmp/iml-credentials-XXXXXX";
	char *path, *found;
	(void)state;

	assert_null(default_database_password());
	assert_non_null(mkdtemp(directory));
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	assert_null(default_database_password());
	path = xasprintf("%s/database-password", directory);
	assert_int_equal(fclose(fopen(path, "we")), 0);
	found = default_database_password();
	assert_string_equal(found, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
	free(found);
	free(path);
}

static void variables_that_are_no_absolute_paths_are_ignored(void **state)
{
	char *expected = xasprintf("/tmp/iml-plugin-runner-%u/control.sock", (unsigned)geteuid());
	(void)state;

	setenv("STATE_DIRECTORY", "", 1);
	setenv("XDG_RUNTIME_DIR", "run", 1);
	assert_path(default_state_directory(), "/var/lib/iml-plugin-runner",
	    "/home/somebody/.local/state/iml-plugin-runner");
	assert_path(default_control_socket(), "/run/iml-plugin-runner/control.sock", expected);
	free(expected);
}

/* Whatever the runner takes for its default, the command must look there. */
static void the_default_socket_is_among_the_places_to_look(void **state)
{
	char *places[CONTROL_SOCKET_PLACES];
	char *socket = default_control_socket();
	size_t count = control_socket_places(places), found = 0;
	(void)state;

	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		found += strcmp(places[i], socket) == 0;
		free(places[i]);
	}
	assert_int_equal(found, 1);
	free(socket);

	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	count = control_socket_places(places);
	assert_int_equal(count, 3);
	assert_string_equal(places[0], "/run/iml-plugin-runner/control.sock");
	assert_string_equal(places[1], "/run/user/7/iml-plugin-runner/control.sock");
	for (size_t i = 0; i < count; i++)
		free(places[i]);
}

static void a_plugin_is_named_after_its_file(void **state)
{
	static const char *const paths[] = {"/opt/x/sub/acme.so", "acme.so", "./acme", "acme"};
	(void)state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char *name = plugin_name_of(paths[i]);

		assert_string_equal(name, "acme");
		free(name);
	}
	assert_true(plugin_name_is_valid("Acme_2-b"));
	assert_false(plugin_name_is_valid("acme.so"));
	assert_false(plugin_name_is_valid("my plugin"));
	assert_false(plugin_name_is_valid(""));
}

static void a_path_is_normalised_as_far_as_it_leads_to_the_same_file(void **state)
{
	static const char *const cases[][2] = {
	    {"/a//b/./c.so", "/a/b/c.so"},
	    {"/a/b/../c.so", "/a/c.so"},
	    {"/a/../../c", "/c"},
	    {"/", "/"},
	    {"/a//", "/a/"},
	    {"./a/.//b", "a/b"},
	    {"../a", "../a"},
	    {".", "."},
	    {"/proc/self/../x", "/proc/self/../x"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = path_normalise(cases[i][0]);

		assert_string_equal(path, cases[i][1]);
		free(path);
	}
}

static void a_directory_is_made_with_those_above_it(void **state)
{
	char base[] = "/tmp/iml-test-paths.XXXXXX";
	char *outer, *inner, *file;

	(void)state;
	assert_non_null(mkdtemp(base));
	outer = xasprintf("%s/a", base);
	inner = xasprintf("%s/b", outer);
	file = xasprintf("%s/f", base);
	assert_int_equal(make_directories(inner), 0);
	assert_int_equal(access(inner, W_OK | X_OK), 0);
	assert_int_equal(make_directories(inner), 0);
	assert_int_equal(make_directories("/"), 0);

	assert_int_equal(symlink("/dev/null", file), 0);
	free(inner);
	inner = xasprintf("%s/b", file);
	assert_int_equal(make_directories(inner), -1);
	assert_int_equal(errno, ENOTDIR);

	assert_int_equal(unlink(file), 0);
	free(inner);
	inner = xasprintf("%s/b", outer);
	assert_int_equal(rmdir(inner), 0);
	assert_int_equal(rmdir(outer), 0);
	assert_int_equal(rmdir(base), 0);
	free(file);
	free(inner);
	free(outer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
	        the_state_directory_is_that_of_the_system_or_of_the_user, clear_environment),
	    cmocka_unit_test_setup(the_directories_of_a_service_come_first, clear_environment),
	    cmocka_unit_test_setup(a_password_that_systemd_hands_over_is_found, clear_environment),
	    cmocka_unit_test_setup(
	        variables_that_are_no_absolute_paths_are_ignored, clear_environment),
	    cmocka_unit_test_setup(
	        the_default_socket_is_among_the_places_to_look, clear_environment),
	    cmocka_unit_test(a_plugin_is_named_after_its_file),
	    cmocka_unit_test(a_path_is_normalised_as_far_as_it_leads_to_the_same_file),
	    cmocka_unit_test(a_directory_is_made_with_those_above_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

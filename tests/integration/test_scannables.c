/* SPDX-License-Identifier: MIT */
/* Scannables of the configuration: what the plugin completes, and what is wrong with them. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ARRAY(attributes) "  - {plugin: names_itself, class: Array, attributes: {" attributes "}}\n"
#define VAULT(uuid) "  - {plugin: names_itself, class: Vault, attributes: {uuid: " uuid "}}\n"

/* Configures the plugin and these scannables, each on a line of its own. */
static void configure(struct runner *runner, const char *scannables)
{
	char *plugin = built("tests/plugins/names_itself.so");

	runner_configure(runner,
	    "plugins: [%s]\n"
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\n"
	    "scannables:\n%s",
	    plugin, scannables);
	free(plugin);
}

static void reload(struct runner *runner, const char *outcome)
{
	unsigned before = count_log(runner, outcome);

	kill(runner->pid, SIGHUP);
	wait_for_log(runner, outcome, before + 1);
}

/* The number of the line of the configuration that has a text. */
static unsigned line_of(const struct runner *runner, const char *text)
{
	FILE *file = fopen(runner->config, "re");
	unsigned number = 0;
	bool found = false;
	char line[1024];

	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		number++;
		found = strstr(line, text) != NULL;
	}
	fclose(file);
	assert_true(found);
	return number;
}

/* Fails unless the status says this of the scannable whose line of the configuration has a text. */
static void assert_mistake(
    const struct runner *runner, const char *status, const char *line, const char *words)
{
	char *place = xasprintf("%s:%u: ", runner->config, line_of(runner, line));
	const char *found = strstr(status, place);
	const char *said = found != NULL ? strstr(found, words) : NULL;

	if (said == NULL || said > strchr(found, '\n'))
		fail_msg("\"%s\" is not said of %s\n%s", words, place, status);
	free(place);
}

/* ---- what the plugin completes ---- */

static void what_identifies_a_scannable_may_come_from_a_default_function(void **state)
{
	struct runner *runner = *state;
	char *before;
	int status;

	configure(runner, ARRAY("address: a.example.com") ARRAY("address: b.example.com"));
	runner_start(runner, "--verbose", NULL);
	wait_for(runner, "select count(*) = 2 from storage.resources where configured");
	wait_for_log(runner, "session online", 2);
	before = xstrdup(
	    query(runner, "select string_agg(id || ' ' || (attributes->>'name'), ',' order by id) "
	                  "from storage.resources"));
	assert_non_null(strstr(before, "array at a.example.com"));
	assert_non_null(strstr(before, "array at b.example.com"));

	/* Neither a reload nor a restart makes others of them. */
	reload(runner, "configuration reloaded");
	free(command(runner, &status, "status"));
	assert_int_equal(status, 0);
	assert_int_equal(count_log(runner, "its configuration changed"), 0);
	assert_int_equal(runner_stop(runner), 0);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 2);
	assert_string_equal(
	    query(runner, "select string_agg(id || ' ' || (attributes->>'name'), ',' order by id) "
	                  "from storage.resources"),
	    before);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
}

static void a_name_that_was_typed_is_not_made_by_the_plugin(void **state)
{
	struct runner *runner = *state;

	configure(runner, ARRAY("name: mine, address: nameless.example.com, password: p"));
	runner_start(runner, "--verbose", NULL);
	wait_for(runner, "select attributes->>'name' = 'mine' from storage.resources");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_process_that_dies_of_it_is_asked_again(void **state)
{
	struct runner *runner = *state;
	char *scannables = xasprintf(ARRAY("address: a.example.com, trap: %s/trap")
	                                 ARRAY("name: B, address: b.example.com"),
	    runner->directory);

	configure(runner, scannables);
	write_file(runner, "trap", "\n");
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "in default_function", 1);
	wait_for(runner, "select count(*) = 2 from storage.resources where configured");
	wait_for_log(runner, "session online", 2);
	assert_int_equal(runner_stop(runner), 0);
	free(scannables);
}

/* ---- mistakes ---- */

static void mistakes_are_in_the_status_until_they_are_mended(void **state)
{
	struct runner *runner = *state;
	char *output;
	int status;

	/* clang-format off */
	configure(runner,
	    ARRAY("address: a.example.com, password: fine")
	    ARRAY("address: nameless.example.com")
	    ARRAY("address: c.example.com, password: refused")
	    ARRAY("name: array at a.example.com, address: clash.example.com, password: fine")
	    ARRAY("name: E")
	    ARRAY("adress: f.example.com")
	    VAULT("bacbe363-a1d4-4c1a-9a08-5b47de17ab73")
	    VAULT("BACBE363A1D44C1A9A085B47DE17AB73")
	    "  - {plugin: names_itself, class: Shelf}\n"
	    "  - {plugin: forgotten, class: Array}\n");
	/* clang-format on */
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 2);
	output = command(runner, &status, "status");
	assert_int_equal(status, 1);
	assert_mistake(runner, output, "nameless",
	    "names_itself: \"name\": the plugin's default function returned 1: "
	    "nameless.example.com has no name");
	assert_mistake(runner, output, "refused",
	    "names_itself: \"password\": the plugin's obfuscate function failed");
	assert_mistake(runner, output, "clash", "this Array is already given at ");
	assert_mistake(runner, output, "name: E", "Array needs a value for \"address\"");
	assert_mistake(runner, output, "adress", "Array has no attribute \"adress\"");
	assert_mistake(runner, output, "BACBE363A", "this Vault is already given at ");
	assert_mistake(runner, output, "class: Shelf", "has no scannable class \"Shelf\"");
	assert_mistake(runner, output, "forgotten", "\"forgotten\" is not listed under plugins");
	assert_null(strstr(output, "refused"));
	assert_string_equal(query(runner, "select string_agg(attributes->>'address', ',') from "
	                                  "storage.resources where class = 'Array'"),
	    "a.example.com");
	free(output);

	configure(runner, ARRAY("address: a.example.com, password: fine"));
	reload(runner, "configuration reloaded");
	output = command(runner, &status, "status");
	assert_int_equal(status, 0);
	assert_null(strstr(output, "mistake"));
	free(output);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_file_that_was_not_reloaded_is_in_the_status_too(void **state)
{
	struct runner *runner = *state;
	char *output;
	int status;

	configure(runner, ARRAY("address: a.example.com"));
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	configure(runner, ARRAY("address: a.example.com") ARRAY("address: a b"));
	reload(runner, "nothing was reloaded");
	output = command(runner, &status, "status");
	assert_int_equal(status, 1);
	assert_mistake(runner, output, "a b", "not reloaded");
	free(output);

	/* Each attempt has its own mistakes, of whatever kind. */
	configure(runner, ARRAY("address: a.example.com") "user: no-such-user\nscann: {}\n");
	reload(runner, "nothing was reloaded");
	output = command(runner, &status, "status");
	assert_int_equal(status, 1);
	assert_mistake(runner, output, "no-such-user", "not reloaded");
	assert_mistake(runner, output, "scann:", "did you mean \"scan\"?");
	assert_null(strstr(output, "a b"));
	free(output);

	configure(runner, ARRAY("address: a.example.com") ARRAY("address: b.example.com"));
	reload(runner, "configuration reloaded");
	wait_for_log(runner, "session online", 2);
	free(command(runner, &status, "status"));
	assert_int_equal(status, 0);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(what_identifies_a_scannable_may_come_from_a_default_function),
	    runner_test(a_name_that_was_typed_is_not_made_by_the_plugin),
	    runner_test(a_process_that_dies_of_it_is_asked_again),
	    runner_test(mistakes_are_in_the_status_until_they_are_mended),
	    runner_test(a_file_that_was_not_reloaded_is_in_the_status_too),
	};

	return cmocka_run_group_tests_name("scannables", tests, database_start, database_stop);
}

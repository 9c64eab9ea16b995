/* SPDX-License-Identifier: MIT */
/* Resources that refer to others, and what becomes of them when those go. */
#include "harness.h"

#include <stdlib.h>

#include "base/memory.h"

/* What the box reports from now on. */
static void say(struct runner *runner, const char *script)
{
	write_file(runner, "box", "%s", script);
}

static void start(struct runner *runner, const char *script)
{
	char *plugin = built("tests/plugins/naive_array.so");

	say(runner, script);
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\nscannables:\n"
	    "  - {plugin: naive_array, class: Box, attributes: {name: b, script: %s/box}}\n",
	    plugin, runner->directory);
	runner_start(runner, NULL);
	free(plugin);
}

#define NAMES                                                                               \
	"(select string_agg(class || ' ' || (attributes->>'name'), ', ' order by id) from " \
	"storage."                                                                          \
	"resources where class <> 'Box')"

static void wait_for_names(struct runner *runner, const char *names)
{
	wait_for(runner, "select coalesce(" NAMES ", '') = '%s'", names);
}

/* Asserts that no table refers to a resource that is not there. */
static void assert_nothing_dangles(struct runner *runner)
{
	assert_string_equal(
	    query(runner,
	        "select concat_ws(' ',"
	        " (select count(*) from storage.parent where child_id not in (select id from"
	        " storage.resource) or parent_id not in (select id from storage.resource)),"
	        " (select count(*) from storage.reporter where resource_id not in (select id from"
	        " storage.resource)),"
	        " (select count(*) from storage.resource, jsonb_each(attributes::jsonb) where"
	        " jsonb_typeof(value) = 'object' and (value->>'ref')::bigint not in (select id from"
	        " storage.resource)))"),
	    "0 0 0");
}

static void what_can_not_be_without_another_goes_with_it(void **state)
{
	struct runner *runner = *state;

	start(runner, "Tray 1\nTray 2\nSpindle 1:1\nSpindle 2:1 spare=1:1\nLun 1 @spindle=1:1\n"
	              "link Lun 1 Spindle 1:1\nlink Spindle 1:1 Tray 1\nShared 5 home=1\n");
	wait_for_names(runner, "Tray 1, Tray 2, Spindle 1, Spindle 1, Lun 1, Shared 5");
	assert_int_equal(query_number(runner, "select count(*) from storage.parents"), 2);
	assert_int_equal(query_number(runner, "select count(*) from storage.resources where"
	                                      " attributes ? 'spare' or attributes ? 'home'"),
	    2);
	say(runner, "gone Tray 1\n");
	wait_for_names(runner, "Tray 2, Spindle 1, Shared 5");
	assert_int_equal(query_number(runner, "select count(*) from storage.resources where"
	                                      " attributes ? 'spare' or attributes ? 'home'"),
	    0);
	assert_nothing_dangles(runner);
	assert_int_equal(count_log(runner, " ERROR "), 0);
	assert_int_equal(runner_stop(runner), 0);
}

static void two_that_refer_to_each_other_come_and_go(void **state)
{
	struct runner *runner = *state;

	start(runner, "Tray 1\nSpindle 1:1\nSpindle 1:2 spare=1:1\nSpindle 1:1 spare=1:2\n");
	wait_for(runner, "select count(*) = 2 from storage.resources a join storage.resources b on"
	                 " (a.attributes->'spare'->>'ref')::bigint = b.id and"
	                 " (b.attributes->'spare'->>'ref')::bigint = a.id");
	say(runner, "gone Spindle 1:1\n");
	wait_for_names(runner, "Tray 1, Spindle 2");
	assert_nothing_dangles(runner);
	assert_int_equal(query_number(runner, "select count(*) from storage.resources where"
	                                      " attributes ? 'spare'"),
	    0);
	say(runner, "gone Tray 1\n");
	wait_for_names(runner, "");
	assert_int_equal(runner_stop(runner), 0);
}

static void what_others_identify_keeps_its_number_in_any_order(void **state)
{
	struct runner *runner = *state;
	char *before;

	start(runner, "Tray 1\nTray 2\nSpindle 1:1\nSpindle 2:1\nLun 1 @spindle=2:1\n");
	wait_for_names(runner, "Tray 1, Tray 2, Spindle 1, Spindle 1, Lun 1");
	before =
	    xstrdup(query(runner, "select string_agg(concat_ws(' ', id, identifier, attributes),"
	                          " ';' order by id) from storage.resources"));
	assert_int_equal(runner_stop(runner), 0);
	say(runner, "Tray 2\nSpindle 2:1\nLun 1 @spindle=2:1\nTray 1\nSpindle 1:1\n");
	runner_start(runner, NULL);
	wait_for_log(runner, "committing -> idle", count_log(runner, "committing -> idle") + 3);
	assert_string_equal(
	    query(runner,
	        "select string_agg(concat_ws(' ', id, identifier, attributes), ';' order by"
	        " id) from storage.resources"),
	    before);
	free(before);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(what_can_not_be_without_another_goes_with_it),
	    runner_test(two_that_refer_to_each_other_come_and_go),
	    runner_test(what_others_identify_keeps_its_number_in_any_order),
	};

	return cmocka_run_group_tests_name("references", tests, database_start, database_stop);
}

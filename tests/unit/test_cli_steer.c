/* SPDX-License-Identifier: MIT */
/* What is told of pauses, log levels, reloads, plugins, classes, and of what takes long. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "base/memory.h"
#include "cli_fixture.h"

#define PAUSED(with_plugin)                                                               \
	"\"paused\": {\"since\": \"2026-11-22T10:23:16.000000Z\", \"user\": 0, \"why\": " \
	"\"fabric\\u001b work\", \"with_plugin\": " with_plugin "}"

static void what_is_paused_is_told_with_who_and_why(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_rendered(render_list, &to_file,
	    "{\"classes\": {\"acme.Array\": {\"columns\": []}}, \"resources\": [{\"id\": 3, "
	    "\"class\": \"acme.Array\", \"label\": \"A\", " PAUSED("false") "}]}",
	    "ID  NAME        ALERTS\n 3  A (paused)\n");
	assert_rendered(render_trees, &to_file,
	    "{\"trees\": [{\"id\": 3, \"class\": \"acme.Array\", \"label\": \"A\", " PAUSED(
	        "false") "}]}",
	    "A   paused since 2026-11-22 10:23:16 by root: fabric work\n");
	assert_rendered(render_resource, &to_file,
	    "{\"id\": 3, \"class\": \"acme.Array\", \"kind\": \"Resource\", \"label\": "
	    "\"A\", " PAUSED("true") "}",
	    "A\nId     3\nClass  acme.Array (Resource)\n"
	    "State  paused since 2026-11-22 10:23:16 by root with all of its plugin: fabric "
	    "work\n");
}

static void levels_are_told_with_where_they_are_from(void **state)
{
	(void)state;
	assert_rendered(render_levels, &to_file,
	    "{\"level\": \"info\", \"is_set\": false, \"plugins\": [{\"name\": \"acme\", "
	    "\"level\": "
	    "\"debug\", \"is_set\": true}]}",
	    "PLUGIN    LEVEL  FROM\n"
	    "(runner)  info   configured\n"
	    "acme      debug  until a reload\n");
	assert_rendered(render_levels, &to_file,
	    "{\"plugins\": [{\"name\": \"acme\", \"level\": \"error\", \"is_set\": false}]}",
	    "PLUGIN  LEVEL  FROM\nacme    error  configured\n");
}

static void what_a_reload_changed_is_a_line_each(void **state)
{
	(void)state;
	assert_rendered(render_changes, &to_file,
	    "{\"changes\": [\"a.yaml:3: one\", \"two\\u001b\"]}", "a.yaml:3: one\ntwo\n");
	assert_rendered(render_changes, &to_file, "{\"changes\": []}", "nothing changed\n");
}

static void a_class_is_told_as_its_form_has_it(void **state)
{
	(void)state;
	assert_rendered(render_class_fully, &to_file,
	    "{\"class\": \"acme.Array\", \"label\": \"Array\", \"kind\": \"ScannableResource\","
	    " \"scannable\": true, \"fields\": ["
	    "{\"name\": \"address\", \"label\": \"Address\", \"type\": \"Hostname\","
	    " \"required\": true, \"max_length\": 255},"
	    "{\"name\": \"port\", \"label\": \"Port\", \"type\": \"Integer\", \"min\": 1,"
	    " \"max\": 65535, \"default\": 80},"
	    "{\"name\": \"limit\", \"label\": \"Limit\", \"type\": \"Bytes\", \"min\": 5},"
	    "{\"name\": \"mode\", \"label\": \"Mode\", \"type\": \"Enum\","
	    " \"options\": [\"fast\", \"slow\"], \"computed\": true},"
	    "{\"name\": \"model\", \"label\": \"Model\", \"type\": \"String\","
	    " \"user_read_only\": true}],"
	    " \"columns\": [{\"label\": \"Address\"}, {\"label\": \"Port\"}], \"statistics\": []}",
	    "acme.Array  Array, ScannableResource, can be added\n\n"
	    "ATTRIBUTE  LABEL    TYPE      VALUE\n"
	    "address    Address  Hostname  required, at most 255 characters\n"
	    "port       Port     Integer   1 to 65535, default 80\n"
	    "limit      Limit    Bytes     at least 5\n"
	    "mode       Mode     Enum      fast | slow, computed if not given\n"
	    "model      Model    String    set by the plugin\n"
	    "\nColumns: Address, Port\n");
}

static void plugins_are_listed_after_what_is_wrong_with_them(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_rendered(render_plugins, &to_file,
	    "{\"plugins\": [{\"name\": \"acme\", \"state\": \"running\", \"pid\": 7, \"restarts\":"
	    " 2, \"api\": \"1.0\", \"path\": \"/a.so\", \"scannables\": [{}, {}], " PAUSED(
	        "false") "}, {\"name\": \"b\", \"state\": \"failed\", \"reason\": \"no file\"}]}",
	    "Plugin acme is paused since 2026-11-22 10:23:16 by root: fabric work\n"
	    "Plugin b failed: no file\n\n"
	    "PLUGIN  STATE            PID  RESTARTS  INTERFACE  SCANNABLES  FILE\n"
	    "acme    running, paused    7         2  1.0                 2  /a.so\n"
	    "b       failed                                              0\n");
	assert_rendered(render_plugins, &to_file, "{}", "No plugins are configured.\n");
}

/* ---- top ---- */

#define USAGE(time, runner, plugin)                                                                \
	"{\"time_s\": " time ", \"runner\": {\"pid\": 4, \"processor_s\": " runner                 \
	", \"processor_percent\": 1.25, \"memory\": 2097152, \"descriptors\": 9}, \"plugins\": ["  \
	"{\"name\": \"acme\", \"state\": \"running\", \"pid\": 7, \"processor_s\": " plugin        \
	", \"processor_percent\": 50, \"memory\": 1048576, \"descriptors\": null, \"threads\": 3," \
	" \"scans\": 5, \"mean_scan_ms\": 1.04, \"mean_lateness_ms\": 0, \"refused\": 2,"          \
	" \"restarts\": 1}, {\"name\": \"b\", \"state\": \"failed\"}], \"scannables\": ["          \
	"{\"id\": 1, \"label\": \"A\", \"plugin\": \"acme\", \"state\": \"online\", \"scans\": 3," \
	" \"last_scan_ms\": 1, \"mean_scan_ms\": 2, \"last_lateness_ms\": 0, "                     \
	"\"mean_lateness_ms\":"                                                                    \
	" 0, \"refused\": 0}, {\"id\": 2, \"label\": \"B\", \"plugin\": \"acme\", \"state\":"      \
	" \"online\", \"scans\": 2, \"last_scan_ms\": 9, \"mean_scan_ms\": 12.5,"                  \
	" \"last_lateness_ms\": 0, \"mean_lateness_ms\": 0, \"refused\": 2}]}"

/* What is rendered of an answer and, if that is not NULL, the one before it. */
static char *top(const char *json, const char *json_before, const char *sort)
{
	struct json_object *answer = json_tokener_parse(json);
	struct json_object *before = json_before != NULL ? json_tokener_parse(json_before) : NULL;
	struct text out = TEXT_EMPTY;

	assert_non_null(answer);
	if (before != NULL)
		top_compare(answer, before);
	render_top(&out, &to_file, answer, sort);
	json_object_put(answer);
	json_object_put(before);
	return text_steal(&out);
}

static void what_takes_most_comes_first_if_that_is_asked_for(void **state)
{
	static const char header[] =
	    "runner 4: 1.2% of a processor, 2.0MB, 9 descriptors\n\n"
	    "PLUGIN  STATE    PID    CPU  MEMORY  FDS  THREADS  SCANS    MEAN  MEAN LATE  REFUSED  "
	    "RESTARTS\n"
	    "acme    running    7  50.0%   1.0MB    -        3      5  1.0 ms     0.0 ms        2  "
	    "       1\n"
	    "b       failed     -      -       -    -        -      -       -          -        -  "
	    "       -\n\n"
	    "ID  SCANNABLE  PLUGIN  STATE   SCANS    LAST     MEAN    LATE  MEAN LATE  REFUSED\n";
	static const char a[] =
	    " 1  A          acme    online      3  1.0 ms   2.0 ms  0.0 ms     0.0 ms        0\n";
	static const char b[] =
	    " 2  B          acme    online      2  9.0 ms  12.5 ms  0.0 ms     0.0 ms        2\n";
	char *expected = xasprintf("%s%s%s", header, a, b);
	char *text = top(USAGE("10", "1", "1"), NULL, NULL);

	(void)state;
	assert_string_equal(text, expected);
	free(text);
	free(expected);
	expected = xasprintf("%s%s%s", header, b, a);
	text = top(USAGE("10", "1", "1"), NULL, "mean");
	assert_string_equal(text, expected);
	free(text);
	free(expected);
}

static void the_processor_is_that_of_the_time_since_before(void **state)
{
	char *text = top(USAGE("12", "1.5", "1.1"), USAGE("10", "1", "1"), NULL);

	(void)state;
	assert_non_null(strstr(text, "runner 4: 25.0% of a processor"));
	assert_non_null(strstr(text, "running    7  5.0%"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_paused_is_told_with_who_and_why),
	    cmocka_unit_test(levels_are_told_with_where_they_are_from),
	    cmocka_unit_test(what_a_reload_changed_is_a_line_each),
	    cmocka_unit_test(a_class_is_told_as_its_form_has_it),
	    cmocka_unit_test(plugins_are_listed_after_what_is_wrong_with_them),
	    cmocka_unit_test(what_takes_most_comes_first_if_that_is_asked_for),
	    cmocka_unit_test(the_processor_is_that_of_the_time_since_before),
	};

	return cmocka_run_group_tests_name("steering", tests, NULL, NULL);
}

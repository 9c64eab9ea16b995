/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>

#include "cli_fixture.h"

#define RESOURCE "\"resource\": {\"id\": 17, \"label\": \"Disk 17\"}"
#define TIME "\"time\": \"2026-11-22T12:01:03.250000Z\""

/* ---- status ---- */

static const char healthy[] =
    "{\"version\": \"0.1.0\", \"pid\": 412, \"uptime_s\": 37, \"state\": \"running\","
    "\"config\": null, \"scanning_initially\": 0,"
    "\"database\": {\"state\": \"ready\", \"embedded\": true, \"transactions\": 9, \"away_s\": 0,"
    " \"conninfo\": \"host='/run/db' user='ann'\"},"
    "\"plugins\": [{\"name\": \"acme\", \"path\": \"/p/acme.so\", \"state\": \"running\","
    "\"pid\": 413, \"restarts\": 0, \"scannables\": [{\"id\": 1, \"label\": \"array-7\","
    "\"state\": \"online\", \"last_scan\": \"2026-11-22T12:01:03Z\", \"last_scan_ms\": 1.25}]}],"
    "\"counts\": {\"resources\": 30, \"alerts\": 1}}";

static void a_healthy_status_begins_with_the_runner(void **state)
{
	struct json_object *status = json_tokener_parse(healthy);
	(void)state;

	assert_rendered(render_status, &to_file, healthy,
	    "iml-plugin-runner 0.1.0 is running, pid 412, up 37 s\n"
	    "configuration: defaults\n"
	    "database: embedded, ready, 9 transactions, 0 failed, 0 reconnects\n"
	    "reach it with: psql \"host='/run/db' user='ann'\"\n"
	    "resources: 30, active alerts: 1\n"
	    "\n"
	    "PLUGIN  STATE    PID  RESTARTS  FILE\n"
	    "acme    running  413         0  /p/acme.so\n"
	    "\n"
	    "ID  SCANNABLE  PLUGIN  STATE   LAST SCAN    TOOK\n"
	    " 1  array-7    acme    online  12:01:03   1.2 ms\n");
	assert_false(status_is_bad(status));
	json_object_put(status);
}

static void what_is_wrong_comes_first(void **state)
{
	static const char ill[] =
	    "{\"state\": \"running\", \"database\": {\"state\": \"waiting\", \"away_s\": 37,"
	    "\"reason\": \"connection refused\"}, \"mistakes\": ["
	    "{\"plugin\": \"acme\", \"place\": \"r.yaml:7\", \"text\": \"no such class\"},"
	    "{\"plugin\": \"acme\", \"place\": \"r.yaml:9\", \"text\": \"typo\", \"rejected\": "
	    "true},"
	    "{\"plugin\": null, \"place\": \"r.yaml:2\", \"text\": \"user: no such\", "
	    "\"rejected\": true}],"
	    "\"plugins\": ["
	    "{\"name\": \"bad\", \"state\": \"failed\", \"reason\": \"2 mistakes\","
	    " \"reasons\": [\"first\", \"second\"]},"
	    "{\"name\": \"crash\", \"state\": \"backoff\", \"reason\": \"signal 11\"},"
	    "{\"name\": \"acme\", \"state\": \"running\", \"warnings\": [\"odd\"], \"scannables\": "
	    "["
	    " {\"label\": \"array-7\", \"state\": \"backoff\", \"reason\": \"lost contact\"},"
	    " {\"label\": \"array-8\", \"state\": \"online\", \"refused\": 3, \"reason\": "
	    "null}]}]}";
	static const char expected[] =
	    "The database is away since 37 s: connection refused\n"
	    "r.yaml:7: there is a mistake in a scannable of plugin acme: no such class\n"
	    "r.yaml:9: not reloaded, there is a mistake in a scannable of plugin acme: typo\n"
	    "r.yaml:2: not reloaded, there is a mistake: user: no such\n"
	    "Plugin bad failed\n"
	    "    first\n"
	    "    second\n"
	    "Plugin crash waits to be restarted: signal 11\n"
	    "Plugin acme was loaded with warnings\n"
	    "    odd\n"
	    "array-7 of plugin acme can't be scanned: lost contact\n"
	    "array-8 of plugin acme is degraded: 3 calls refused in the last scan\n"
	    "\n";
	char *text = rendered(render_status, &to_file, ill);
	(void)state;

	text[sizeof(expected) - 1] = '\0';
	assert_string_equal(text, expected);
	free(text);
}

static bool is_bad(const char *json)
{
	struct json_object *status = json_tokener_parse(json);
	bool bad = status_is_bad(status);

	json_object_put(status);
	return bad;
}

static void a_database_that_does_not_store_is_told_with_its_error(void **state)
{
	struct terminal terminal = {.width = 80};
	struct json_object *status =
	    json_tokener_parse("{\"database\": {\"state\": \"writing\", \"error\": \"no table\"}}");
	struct text out = TEXT_EMPTY;

	(void)state;
	render_status(&out, &terminal, status);
	assert_non_null(
	    strstr(out.data, "The database does not store what it is given: no table\n"));
	text_clear(&out);
	json_object_put(status);
}

static void samples_that_wait_and_that_were_dropped_are_told(void **state)
{
#define STATUS(database)                                                                    \
	"{\"state\": \"running\", \"database\": {\"state\": \"" database "\"},"             \
	"\"counts\": {\"dropped_samples\": 7}, \"spool\": {\"path\": \"/s/samples.spool\"," \
	"\"bytes\": 2048, \"samples\": 1000, \"reason\": \"it is full\"}}"
	char *text = rendered(render_status, &to_file, STATUS("waiting"));

	(void)state;
	assert_non_null(strstr(text, "The database is away\n"
	                             "Samples are kept in memory only: it is full\n\n"));
	assert_non_null(
	    strstr(text, "\nsamples that wait for the database: 1000 (2.0KB in /s/samples.spool)\n"
	                 "samples dropped: 7\n"));
	free(text);
	text = rendered(render_status, &to_file, STATUS("ready"));
	assert_null(strstr(text, "it is full"));
	free(text);
#undef STATUS
}

static void failed_plugins_mistakes_and_an_absent_database_are_bad(void **state)
{
	(void)state;
	assert_true(is_bad("{\"plugins\": [{\"state\": \"running\"}, {\"state\": \"failed\"}]}"));
	assert_true(is_bad("{\"plugins\": [{\"state\": \"backoff\"}]}"));
	assert_true(is_bad("{\"database\": {\"state\": \"waiting\"}}"));
	assert_true(is_bad("{\"mistakes\": [{\"place\": \"r.yaml:7\"}]}"));
	assert_false(is_bad("{\"mistakes\": []}"));
	assert_true(is_bad("{\"database\": {\"state\": \"connecting\", \"away_s\": 0.5}}"));
	assert_false(is_bad("{\"database\": {\"state\": \"connecting\", \"away_s\": 0}}"));
	assert_true(is_bad("{\"database\": {\"state\": \"writing\", \"error\": \"no table\"}}"));
	assert_true(is_bad("{\"database\": {\"state\": \"writing\", \"slow\": true}}"));
	assert_false(is_bad("{\"database\": {\"error\": null, \"slow\": false}}"));
	assert_false(
	    is_bad("{\"plugins\": [{\"state\": \"starting\"}, {\"state\": \"stopped\"}]}"));
}

static void the_only_reason_of_a_failed_plugin_is_told_once(void **state)
{
	static const char expected[] = "Plugin bad failed: no such file\n\n";
	char *text = rendered(render_status, &to_file,
	    "{\"plugins\": [{\"name\": \"bad\", \"state\": \"failed\", \"reason\": \"no such "
	    "file\", \"reasons\": [\"no such file\"]}]}");
	(void)state;

	text[sizeof(expected) - 1] = '\0';
	assert_string_equal(text, expected);
	free(text);
}

static void a_scannable_that_waits_for_the_database_says_so(void **state)
{
	char *text = rendered(render_status, &to_file,
	    "{\"plugins\": [{\"name\": \"acme\", \"state\": \"running\", \"scannables\": ["
	    "{\"id\": null, \"label\": \"array-7\", \"state\": \"waiting\", \"reason\": "
	    "\"waiting for the database\"}]}]}");
	(void)state;

	assert_non_null(strstr(text, "    array-7    acme    waiting for the database\n"));
	free(text);
}

/* ---- alerts ---- */

static void alerts_tell_since_when_and_what_they_affect(void **state)
{
	(void)state;
	assert_rendered(render_alerts, &to_file,
	    "{\"alerts\": [{\"id\": 9, \"begin\": \"2026-11-22T12:01:03Z\", \"severity\": "
	    "\"ERROR\"," RESOURCE
	    ", \"message\": \"Drive failure (Disk 17)\", \"affects\": [{\"label\": \"P\"},"
	    "{\"label\": \"L 1\"}, {\"label\": \"L 2\"}, {\"label\": \"L 3\"}]}]}",
	    "#  SINCE                SEVERITY  ID  ALERT                    AFFECTS\n"
	    "9  2026-11-22 12:01:03  ERROR     17  Drive failure (Disk 17)  P, L 1, L 2 …\n");
	assert_rendered(render_alerts, &to_file, "{\"alerts\": []}", "No active alerts.\n");
}

static void a_scannable_is_not_contactable_for_a_reason(void **state)
{
	(void)state;
	assert_rendered(render_alerts, &to_file,
	    "{\"alerts\": [{\"id\": 9, \"begin\": \"2026-11-22T12:01:03Z\", \"severity\": "
	    "\"WARNING\"," RESOURCE
	    ", \"message\": \"array-7 not contactable\", \"reason\": \"refused\", \"affects\": "
	    "[]}]}",
	    "#  SINCE                SEVERITY  ID  ALERT                             AFFECTS\n"
	    "9  2026-11-22 12:01:03  WARNING   17  array-7 not contactable: refused\n");
}

static void a_root_cause_stands_for_its_consequences(void **state)
{
	(void)state;
	assert_rendered(render_alerts, &to_file,
	    "{\"alerts\": [{\"id\": 9, \"begin\": \"2026-11-22T12:01:03Z\", \"severity\": "
	    "\"ERROR\"," RESOURCE
	    ", \"message\": \"Fan failed (Fan 0)\", \"consequences\": 84, \"cause\": null},"
	    "{\"id\": 9, \"begin\": \"2026-11-22T12:01:03Z\", \"severity\": \"ERROR\"," RESOURCE
	    ", \"message\": \"Fan failed (Fan 1)\", \"consequences\": 1, \"cause\": null}]}",
	    "#  SINCE                SEVERITY  ID  ALERT                                   "
	    "AFFECTS\n"
	    "9  2026-11-22 12:01:03  ERROR     17  Fan failed (Fan 0) and 84 consequences\n"
	    "9  2026-11-22 12:01:03  ERROR     17  Fan failed (Fan 1) and 1 consequence\n");
	assert_rendered(render_alerts, &to_file,
	    "{\"alerts\": [{\"id\": 9, \"begin\": \"2026-11-22T12:01:03Z\", \"severity\": "
	    "\"ERROR\"," RESOURCE ", \"message\": \"Drive failed (Disk 17)\", \"consequences\": 0,"
	    " \"cause\": {\"resource\": {\"label\": \"Fan 0\"}}}]}",
	    "#  SINCE                SEVERITY  ID  ALERT                   CAUSE  AFFECTS\n"
	    "9  2026-11-22 12:01:03  ERROR     17  Drive failed (Disk 17)  Fan 0\n");
}

static void events_are_read_from_the_oldest_to_the_newest(void **state)
{
	(void)state;
	assert_rendered(render_events, &to_file,
	    "{\"events\": [{\"event\": 8, \"time\": \"2026-11-22T12:01:04Z\", \"severity\":"
	    " \"INFO\", \"message\": \"Cleared\"}, {\"event\": 7, \"time\": "
	    "\"2026-11-22T12:01:03Z\","
	    " \"severity\": \"WARNING\", \"message\": \"Drive\\u001bfailure\"}]}",
	    "2026-11-22 12:01:03  WARNING  Drivefailure\n"
	    "2026-11-22 12:01:04  INFO     Cleared\n");
	assert_rendered(render_events, &to_file, "{\"events\": []}", "No events.\n");
}

static void silenced_alerts_are_counted_or_marked(void **state)
{
	static const char answer[] =
	    "{\"silenced\": 2, \"alerts\": [{\"id\": 9, \"begin\": \"2026-11-22T12:01:03Z\", "
	    "\"severity\": "
	    "\"ERROR\", \"silenced\": 3," RESOURCE
	    ", \"message\": \"Fan failed (Fan 0)\", \"consequences\": 0, \"cause\": null},"
	    " {\"id\": 10, \"begin\": \"2026-11-22T12:01:03Z\", \"severity\": \"INFO\", "
	    "\"silenced\": null," RESOURCE
	    ", \"message\": \"Hot\", \"consequences\": 0, \"cause\": null}]}";

	(void)state;
	assert_rendered(render_alerts, &to_file, answer,
	    " #  SINCE                SEVERITY  ID  ALERT  AFFECTS\n"
	    "10  2026-11-22 12:01:03  INFO      17  Hot\n"
	    "2 alerts silenced\n");
	assert_rendered(render_all_alerts, &to_file, answer,
	    " #  SINCE                SEVERITY  ID  ALERT                          AFFECTS\n"
	    " 9  2026-11-22 12:01:03  ERROR     17  Fan failed (Fan 0) (silenced)\n"
	    "10  2026-11-22 12:01:03  INFO      17  Hot\n");
	assert_rendered(render_alerts, &to_file, "{\"silenced\": 1, \"alerts\": []}",
	    "No active alerts.\n1 alert silenced\n");
}

static void silences_tell_until_when_who_and_why(void **state)
{
	(void)state;
	assert_rendered(render_silences, &to_file,
	    "{\"silences\": [{\"id\": 3, \"until\": \"2026-11-22T12:01:03Z\"," RESOURCE
	    ", \"alerts\": 12, \"who\": \"root\", \"why\": \"new firmware\"}]}",
	    "#  UNTIL                ID  RESOURCE  ALERTS  BY    WHY\n"
	    "3  2026-11-22 12:01:03  17  Disk 17       12  root  new firmware\n");
	assert_rendered(render_silences, &to_file, "{\"silences\": []}", "Nothing is silenced.\n");
}

static void what_was_dismissed_is_marked(void **state)
{
	(void)state;
	assert_rendered(render_alerts, &to_file,
	    "{\"alerts\": [{\"id\": 9, \"begin\": \"2026-11-22T12:01:03Z\", \"severity\": "
	    "\"ERROR\", \"dismissed\": true," RESOURCE
	    ", \"message\": \"Fan failed (Fan 0)\", \"consequences\": 2, \"cause\": null}]}",
	    "#  SINCE                SEVERITY  ID  ALERT                                         "
	    "AFFECTS\n"
	    "9  2026-11-22 12:01:03  ERROR     17  Fan failed (Fan 0) and 2 consequences (seen)\n");
	assert_rendered(render_impact, &to_file,
	    "{\"resource\": {\"label\": \"x\"}, \"alerts\": [{\"severity\": \"ERROR\", "
	    "\"dismissed\":"
	    " true, \"message\": \"Bad (x)\", \"begin\": \"2026-11-22T12:01:03Z\"}]}",
	    "x\n\nAlerts\nERROR  Bad (x) (seen)  since 2026-11-22 12:01:03\n\n"
	    "Nothing depends on it\n");
}

static void volumes_are_listed_with_and_without_nodes(void **state)
{
	(void)state;
	assert_rendered(render_volumes, &to_file,
	    "{\"volumes\": [{\"id\": 1, \"label\": \"L\", \"in_use\": false, \"chosen\": true, "
	    "\"nodes\": "
	    "[{\"id\": 5, \"server\": {\"id\": 2, \"label\": \"oss1\"}, \"path\": \"/dev/sda\", "
	    "\"role\":"
	    " \"primary\"}, {\"id\": 16, \"server\": {\"id\": 4, \"label\": null}, \"path\": "
	    "\"/dev/sdb\","
	    " \"role\": \"secondary\"}, {\"id\": 7, \"server\": null, \"path\": \"/dev/sdc\", "
	    "\"role\":"
	    " \"unused\"}]}, {\"id\": 2, \"label\": \"M\", \"in_use\": true, \"nodes\": []}]}",
	    "ID  VOLUME  NODE  SERVER  PATH      ROLE\n"
	    " 1  L          5  oss1    /dev/sda  primary    chosen\n"
	    "              16  4       /dev/sdb  secondary\n"
	    "               7          /dev/sdc  unused\n"
	    " 2  M                               no nodes   in use\n");
	assert_rendered(render_volumes, &to_file, "{\"volumes\": []}",
	    "No volumes: no logical drive has device nodes on a server.\n");
}

static void the_impact_names_ways_and_roots(void **state)
{
	(void)state;
	assert_rendered(render_impact, &to_file,
	    "{\"resource\": {\"id\": 17, \"label\": \"Disk 17\"}, \"alerts\": ["
	    "{\"severity\": \"ERROR\", \"message\": \"Drive failed (Disk 17)\","
	    " \"begin\": \"2026-11-22T12:01:03Z\","
	    " \"root_cause\": {\"message\": \"Fan failed (Fan 0)\"}}],"
	    "\"volumes\": [{\"id\": 8, \"label\": \"LUN 3\", \"path\": [{\"label\": \"Disk 17\"},"
	    " {\"label\": \"Pool 1\"}, {\"label\": \"LUN 3\"}]}],"
	    "\"servers\": [{\"id\": 4, \"label\": null, \"path\": [{\"label\": \"Disk 17\"},"
	    " {\"label\": \"/dev/sda\"}]}],"
	    "\"affects\": [{\"id\": 20, \"label\": \"Pool 1\", \"class\": \"a.Pool\"}],"
	    "\"affects_count\": 3}",
	    "Disk 17\n"
	    "\n"
	    "Alerts\n"
	    "ERROR  Drive failed (Disk 17)  since 2026-11-22 12:01:03  because of Fan failed (Fan "
	    "0)\n"
	    "\n"
	    "Volumes\n"
	    "8  LUN 3  Disk 17 → Pool 1 → LUN 3\n"
	    "\n"
	    "Servers\n"
	    "4  -  Disk 17 → /dev/sda\n"
	    "\n"
	    "Affects\n"
	    "20  Pool 1  a.Pool\n"
	    "… 2 more\n");
	assert_rendered(render_impact, &ascii_file,
	    "{\"resource\": {\"label\": \"x\"}, \"volumes\": [{\"id\": 1, \"label\": \"v\", "
	    "\"path\":"
	    " [{\"label\": \"a\"}, {\"label\": \"b\"}]}], \"affects_count\": 0}",
	    "x\n\nVolumes\n1  v  a -> b\n\nNothing depends on it\n");
}

/* A shelf with two drives, one of which failed, and a pool of both. */
static const char diamond[] =
    "{\"nodes\": ["
    "{\"id\": 1, \"label\": \"Shelf \\\"1\\\"\", \"class_label\": \"Shelf\", \"parents\": []},"
    "{\"id\": 2, \"label\": \"Disk 2\", \"class_label\": \"Disk\", \"parents\": [1],"
    " \"severity\": \"ERROR\"},"
    "{\"id\": 3, \"label\": \"Disk 3\", \"class_label\": \"Disk\", \"parents\": [1, 99]},"
    "{\"id\": 4, \"label\": \"P\", \"class_label\": \"Pool\", \"parents\": [2, 3]},"
    "{\"id\": 5, \"label\": \"L\", \"class_label\": \"LUN\", \"parents\": [4]}]}";

static void render_all(
    struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	render_graph(out, terminal, answer, 0);
}

static void render_around_4(
    struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	render_graph(out, terminal, answer, 4);
}

static void render_for_dot(
    struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	(void)terminal;
	render_dot(out, answer);
}

static void what_is_nested_too_deep_is_marked(void **state)
{
	struct text json = TEXT_EMPTY;
	char *drawn;
	(void)state;

	text_append(&json, "{\"nodes\": [{\"id\": 1, \"label\": \"N1\", \"parents\": []}");
	for (int i = 2; i <= 203; i++)
		text_printf(
		    &json, ", {\"id\": %d, \"label\": \"N%d\", \"parents\": [%d]}", i, i, i - 1);
	text_append(&json, "]}");
	drawn = rendered(render_all, &to_file, json.data);
	assert_non_null(strstr(drawn, "N200   200\n"));
	assert_non_null(strstr(drawn, "N201   201  …\n"));
	assert_null(strstr(drawn, "N202"));
	free(drawn);
	text_clear(&json);
}

static void the_graph_is_drawn_from_the_top_and_each_branch_once(void **state)
{
	(void)state;
	assert_rendered(render_all, &to_file, diamond,
	    "Shelf \"1\"  Shelf 1\n"
	    "├─ Disk 2  Disk 2  ! ERROR\n"
	    "│  └─ P  Pool 4\n"
	    "│     └─ L  LUN 5\n"
	    "└─ Disk 3  Disk 3\n"
	    "   └─ → P  Pool 4\n");
	assert_rendered(render_all, &to_file, "{\"nodes\": []}", "No resources.\n");
}

static void the_graph_around_a_resource_goes_up_and_down(void **state)
{
	(void)state;
	assert_rendered(render_around_4, &ascii_file, diamond,
	    "P  Pool 4\n"
	    "\n"
	    "Depends on\n"
	    "|- Disk 2  Disk 2  ! ERROR\n"
	    "|  `- Shelf \"1\"  Shelf 1\n"
	    "`- Disk 3  Disk 3\n"
	    "   `- Shelf \"1\"  Shelf 1\n"
	    "\n"
	    "Affects\n"
	    "`- L  LUN 5\n");
}

static void graphviz_gets_quoted_labels_and_links_from_parent_to_child(void **state)
{
	(void)state;
	assert_rendered(render_for_dot, &to_file, diamond,
	    "digraph storage {\n"
	    "\tnode [shape=box];\n"
	    "\t1 [label=\"Shelf\\nShelf \\\"1\\\"\", color=black];\n"
	    "\t2 [label=\"Disk\\nDisk 2\", color=red];\n"
	    "\t3 [label=\"Disk\\nDisk 3\", color=black];\n"
	    "\t4 [label=\"Pool\\nP\", color=black];\n"
	    "\t5 [label=\"LUN\\nL\", color=black];\n"
	    "\t1 -> 2;\n\t1 -> 3;\n\t2 -> 4;\n\t3 -> 4;\n\t4 -> 5;\n}\n");
}

static void a_message_is_shortened_by_the_name_at_its_end(void **state)
{
	static const struct {
		const char *message, *expected;
	} cases[] = {
	    {"Drive failure (HardDrive (foo, bar))", "Drive failure"},
	    {"Drive failure (x)", "Drive failure"},
	    {"array-7 not contactable", "array-7 not contactable"},
	    {"(all of it)", "(all of it)"},
	    {"unbalanced)", "unbalanced)"},
	    {"f(x)", "f(x)"},
	    {"", ""},
	};
	struct text out = TEXT_EMPTY;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_reset(&out);
		append_message_only(&out, &to_file, cases[i].message);
		assert_string_equal(out.data, cases[i].expected);
	}
	text_clear(&out);
}

/* ---- lists ---- */

static void nothing_is_listed_before_the_database_was_read(void **state)
{
	static const char answer[] = "{\"waiting\": \"the first scan waits for the database\"}";
	static const char expected[] =
	    "Nothing to show yet: the first scan waits for the database\n";
	(void)state;

	assert_rendered(render_list, &to_file, answer, expected);
	assert_rendered(render_classes, &to_file, answer, expected);
	assert_rendered(render_trees, &to_file, answer, expected);
	assert_rendered(render_list, &to_file, "{}", "No resources.\n");
}

static void a_class_is_found_by_name_label_or_kind_in_any_case(void **state)
{
	struct json_object *classes = json_tokener_parse(
	    "[{\"class\": \"acme.HardDrive\", \"name\": \"HardDrive\", \"label\": \"Disk drive\"},"
	    "{\"class\": \"linux.Disk\", \"name\": \"Disk\", \"label\": \"linux.Disk\"}]");
	static const char *const cases[][2] = {
	    {"HardDrive", "/v1/resources?class=HardDrive"},
	    {"harddrive", "/v1/resources?class=HardDrive"},
	    {"ACME.harddrive", "/v1/resources?class=acme.HardDrive"},
	    {"disk drive", "/v1/resources?class=acme.HardDrive"},
	    {"disk", "/v1/resources?class=Disk"},
	    {"physicaldisk", "/v1/resources?kind=PhysicalDisk"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = list_path(classes, cases[i][0]);

		assert_string_equal(path, cases[i][1]);
		free(path);
	}
	assert_null(list_path(classes, "hard_drives"));
	assert_null(list_path(classes, "quite another"));
	json_object_put(classes);
}

static void a_list_has_the_columns_of_the_class(void **state)
{
	(void)state;
	assert_rendered(render_list, &to_file,
	    "{\"classes\": {\"a.Disk\": {\"columns\": ["
	    "{\"name\": \"capacity\", \"label\": \"Capacity\", \"type\": \"Bytes\"},"
	    "{\"name\": \"status\", \"label\": \"Status\", \"type\": \"Enum\"}]}},"
	    "\"resources\": [{\"id\": 9, \"class\": \"a.Disk\", \"label\": \"Disk 9\","
	    "\"texts\": {\"capacity\": \"4.0TB\", \"status\": \"OK\"}, \"alerts\": []},"
	    "{\"id\": 10, \"class\": \"a.Disk\", \"label\": \"Disk 10\","
	    "\"texts\": {\"capacity\": \"512.0GB\", \"status\": \"FAILED\"}, \"alerts\": ["
	    "{\"severity\": \"ERROR\", \"message\": \"Drive failure (Disk 10)\"}]}]}",
	    "ID  NAME     Capacity  Status  ALERTS\n"
	    " 9  Disk 9      4.0TB  OK\n"
	    "10  Disk 10   512.0GB  FAILED  Drive failure\n");
	assert_rendered(render_list, &to_file, "{\"resources\": []}", "No resources.\n");
}

static void classes_of_one_name_have_a_table_each(void **state)
{
	(void)state;
	assert_rendered(render_list, &to_file,
	    "{\"classes\": {\"a.X\": {\"columns\": []}, \"b.X\": {\"columns\": []}},"
	    "\"resources\": [{\"id\": 1, \"class\": \"a.X\", \"label\": \"one\"},"
	    "{\"id\": 2, \"class\": \"b.X\", \"label\": \"two\"}]}",
	    "a.X\nID  NAME  ALERTS\n 1  one\n\nb.X\nID  NAME  ALERTS\n 2  two\n");
}

static void a_resource_is_shown_with_its_relatives(void **state)
{
	(void)state;
	assert_rendered(render_resource, &to_file,
	    "{\"id\": 17, \"class\": \"a.Disk\", \"kind\": \"PhysicalDisk\", \"label\": \"left "
	    "one\","
	    "\"alias\": \"left one\", \"label_without_alias\": \"Disk 17\","
	    "\"reporters\": [{\"label\": \"array-7\"}],"
	    "\"fields\": [{\"label\": \"Capacity\", \"text\": \"4.0TB\"}],"
	    "\"alerts\": [{\"severity\": \"ERROR\", \"message\": \"Drive failure (Disk 17)\","
	    " \"begin\": \"2026-11-22T12:01:03Z\"}],"
	    "\"parents\": [{\"id\": 3, \"class\": \"a.Enclosure\", \"label\": \"Enclosure 3\"}],"
	    "\"children\": [{\"id\": 20, \"class\": \"a.Pool\", \"label\": \"P\"}], "
	    "\"child_count\": 2}",
	    "left one\n"
	    "Id           17\n"
	    "Class        a.Disk (PhysicalDisk)\n"
	    "Label        Disk 17\n"
	    "Reported by  array-7\n"
	    "Capacity     4.0TB\n"
	    "\n"
	    "Alerts\n"
	    "ERROR  Drive failure (Disk 17)  since 2026-11-22 12:01:03\n"
	    "\n"
	    "Parents\n"
	    "3  Enclosure 3  a.Enclosure\n"
	    "\n"
	    "Children\n"
	    "20  P  a.Pool\n"
	    "… 1 more\n");
}

/* ---- changes ---- */

static void each_kind_of_change_is_one_line(void **state)
{
	static const struct {
		const char *json, *expected;
	} cases[] = {
	    {"{" TIME ", \"kind\": \"alert_raised\", " RESOURCE ", \"severity\": \"ERROR\","
	     "\"message\": \"Drive failure (Disk 17)\", \"affects\": [{\"label\": \"P 1\"},"
	     "{\"label\": \"L 2\"}]}",
	        "12:01:03  alert raised  ERROR  Drive failure (Disk 17)  affects P 1, L 2\n"},
	    {"{" TIME ", \"kind\": \"alert_cleared\", " RESOURCE
	     ", \"severity\": \"ERROR\", \"message\": \"Drive failure (Disk 17)\"}",
	        "12:01:03  alert cleared ERROR  Drive failure (Disk 17)\n"},
	    {"{" TIME ", \"kind\": \"appeared\", " RESOURCE "}",
	        "12:01:03  appeared      Disk 17\n"},
	    {"{" TIME ", \"kind\": \"disappeared\", " RESOURCE "}",
	        "12:01:03  disappeared   Disk 17\n"},
	    {"{" TIME ", \"kind\": \"changed\", " RESOURCE ", \"label\": \"Status\","
	     "\"from\": \"OK\", \"to\": \"FAILED\"}",
	        "12:01:03  changed       Disk 17  Status OK -> FAILED\n"},
	    {"{" TIME ", \"kind\": \"changed\", " RESOURCE ", \"label\": \"Spare\","
	     "\"from\": null, \"to\": true}",
	        "12:01:03  changed       Disk 17  Spare - -> yes\n"},
	    {"{" TIME ", \"kind\": \"offline\", " RESOURCE
	     ", \"message\": \"Disk 17 not contactable\"}",
	        "12:01:03  offline       Disk 17 not contactable\n"},
	    {"{" TIME ", \"kind\": \"online\", " RESOURCE "}", "12:01:03  online        Disk 17\n"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_rendered(render_change, &to_file, cases[i].json, cases[i].expected);
}

static void kinds_of_later_versions_are_passed_over(void **state)
{
	(void)state;
	assert_rendered(render_change, &to_file, "{" TIME ", \"kind\": \"teleported\"}", "");
}

static void a_change_is_cut_to_the_terminal(void **state)
{
	(void)state;
	assert_rendered(render_change, &narrow,
	    "{" TIME ", \"kind\": \"alert_raised\", \"severity\": \"ERROR\","
	    "\"message\": \"Drive failure (Disk 17)\", \"affects\": []}",
	    "12:01:03  alert raised  ERROR  Drive fa…\n");
}

/* ---- usage ---- */

static int run(int count, const char *const *words)
{
	char *arguments[8] = {NULL};
	int result;

	for (int i = 0; i < count; i++)
		arguments[i] = strdup(words[i]);
	optind = 0;
	result = cli_main(count, arguments);
	for (int i = 0; i < count; i++)
		free(arguments[i]);
	return result;
}

#define RUN(...)                                                                       \
	run(sizeof((const char *const[]){"iml-plugin", __VA_ARGS__}) / sizeof(char *), \
	    (const char *const[]){"iml-plugin", __VA_ARGS__})

static void wrong_usage_exits_with_64(void **state)
{
	(void)state;
	assert_int_equal(RUN("dance"), 64);
	assert_int_equal(RUN("--json"), 64);
	assert_int_equal(RUN("--nonsense", "tree"), 64);
	assert_int_equal(RUN("--wait", "soon", "tree"), 64);
	assert_int_equal(RUN("show"), 64);
	assert_int_equal(RUN("show", "12x"), 64);
	assert_int_equal(RUN("show", "1", "2"), 64);
	assert_int_equal(RUN("impact"), 64);
	assert_int_equal(RUN("tree", "--nonsense"), 64);
	assert_int_equal(RUN("tree", "--all"), 64);
	assert_int_equal(RUN("alerts", "--dot"), 64);
	assert_int_equal(RUN("--json", "graph", "--dot"), 64);
	assert_int_equal(RUN("help", "dance"), 64);
}

static void help_needs_no_runner(void **state)
{
	(void)state;
	assert_int_equal(RUN("--help"), 0);
	assert_int_equal(RUN("help", "tree"), 0);
	assert_int_equal(RUN("--version"), 0);
}

static void without_a_runner_commands_fail_and_the_status_is_3(void **state)
{
	(void)state;
	assert_int_equal(RUN("tree", "--socket", "/nonexistent/control.sock"), 1);
	assert_int_equal(RUN("--socket", "/nonexistent/control.sock", "status"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_healthy_status_begins_with_the_runner),
	    cmocka_unit_test(what_is_wrong_comes_first),
	    cmocka_unit_test(samples_that_wait_and_that_were_dropped_are_told),
	    cmocka_unit_test(failed_plugins_mistakes_and_an_absent_database_are_bad),
	    cmocka_unit_test(a_database_that_does_not_store_is_told_with_its_error),
	    cmocka_unit_test(the_only_reason_of_a_failed_plugin_is_told_once),
	    cmocka_unit_test(a_scannable_that_waits_for_the_database_says_so),
	    cmocka_unit_test(events_are_read_from_the_oldest_to_the_newest),
	    cmocka_unit_test(alerts_tell_since_when_and_what_they_affect),
	    cmocka_unit_test(a_root_cause_stands_for_its_consequences),
	    cmocka_unit_test(silenced_alerts_are_counted_or_marked),
	    cmocka_unit_test(silences_tell_until_when_who_and_why),
	    cmocka_unit_test(what_was_dismissed_is_marked),
	    cmocka_unit_test(volumes_are_listed_with_and_without_nodes),
	    cmocka_unit_test(the_impact_names_ways_and_roots),
	    cmocka_unit_test(what_is_nested_too_deep_is_marked),
	    cmocka_unit_test(the_graph_is_drawn_from_the_top_and_each_branch_once),
	    cmocka_unit_test(the_graph_around_a_resource_goes_up_and_down),
	    cmocka_unit_test(graphviz_gets_quoted_labels_and_links_from_parent_to_child),
	    cmocka_unit_test(a_message_is_shortened_by_the_name_at_its_end),
	    cmocka_unit_test(a_scannable_is_not_contactable_for_a_reason),
	    cmocka_unit_test(nothing_is_listed_before_the_database_was_read),
	    cmocka_unit_test(a_class_is_found_by_name_label_or_kind_in_any_case),
	    cmocka_unit_test(a_list_has_the_columns_of_the_class),
	    cmocka_unit_test(classes_of_one_name_have_a_table_each),
	    cmocka_unit_test(a_resource_is_shown_with_its_relatives),
	    cmocka_unit_test(each_kind_of_change_is_one_line),
	    cmocka_unit_test(kinds_of_later_versions_are_passed_over),
	    cmocka_unit_test(a_change_is_cut_to_the_terminal),
	    cmocka_unit_test(wrong_usage_exits_with_64),
	    cmocka_unit_test(help_needs_no_runner),
	    cmocka_unit_test(without_a_runner_commands_fail_and_the_status_is_3),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

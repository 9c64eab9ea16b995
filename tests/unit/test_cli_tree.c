/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli_fixture.h"

#define CLASSES                                                                                 \
	"\"classes\": {\"a.Disk\": {\"columns\": ["                                             \
	"{\"name\": \"serial\", \"label\": \"Serial\", \"type\": \"String\", \"identifying\": " \
	"true},"                                                                                \
	"{\"name\": \"model\", \"label\": \"Model\", \"type\": \"String\"},"                    \
	"{\"name\": \"temperature\", \"label\": \"Temperature\", \"type\": \"Integer\"},"       \
	"{\"name\": \"capacity\", \"label\": \"Capacity\", \"type\": \"Bytes\"},"               \
	"{\"name\": \"spare\", \"label\": \"Spare\", \"type\": \"Boolean\"},"                   \
	"{\"name\": \"status\", \"label\": \"Status\", \"type\": \"Enum\"}]}}"

#define FAILURE                                                                         \
	"{\"id\": 5, \"severity\": \"ERROR\", \"message\": \"Drive failure (Disk 1)\"," \
	" \"resource\": {\"id\": 3, \"label\": \"Disk 1\"}}"

static const char site[] =
    "{" CLASSES ", \"truncated\": false, \"trees\": [{\"label\": \"Couplet A\", \"class\": \"a.C\","
    "\"alerts\": [], \"children\": ["
    "  {\"label\": \"Disk 1\", \"class\": \"a.Disk\","
    "   \"texts\": {\"serial\": \"1\", \"model\": \"ST4000\", \"temperature\": \"38\","
    "    \"capacity\": \"4.0TB\", \"spare\": \"yes\", \"status\": \"FAILED\"},"
    "   \"alerts\": [" FAILURE "], \"children\": ["
    "    {\"label\": \"Pool\", \"class\": \"a.P\", \"alerts\": [],"
    "     \"affected_by\": [" FAILURE "], \"children\": []}]},"
    "  {\"label\": \"Disk 2\", \"class\": \"a.Disk\","
    "   \"texts\": {\"serial\": \"2\", \"model\": \"-\", \"capacity\": \"4.0TB\", \"spare\": "
    "\"no\","
    "    \"status\": \"OK\"}, \"alerts\": [],"
    "   \"children\": [{\"label\": \"Pool\", \"class\": \"a.P\", \"see_also\": true}]}"
    "]}]}";

static void a_tree_shows_what_matters_on_each_line(void **state)
{
	(void)state;
	assert_rendered(render_trees, &to_file, site,
	    "Couplet A\n"
	    "├─ Disk 1  FAILED  4.0TB  temperature 38  spare   ! Drive failure\n"
	    "│  └─ Pool   (!)\n"
	    "└─ Disk 2  OK  4.0TB  → Pool\n");
}

static void what_is_silenced_is_dim(void **state)
{
	(void)state;
	assert_rendered(render_trees, &coloured,
	    "{" CLASSES
	    ", \"trees\": [{\"label\": \"Couplet A\", \"class\": \"a.C\", \"silenced\": 3,"
	    " \"alerts\": [{\"id\": 5, \"severity\": \"ERROR\", \"message\": \"Away\", "
	    "\"silenced\": 3}],"
	    " \"children\": []}]}",
	    "\033[2mCouplet A\033[0m   \033[2m! Away (silenced)\033[0m\n");
}

static void branches_are_plain_where_there_is_only_ascii(void **state)
{
	(void)state;
	assert_rendered(render_trees, &ascii_file, site,
	    "Couplet A\n"
	    "|- Disk 1  FAILED  4.0TB  temperature 38  spare   ! Drive failure\n"
	    "|  `- Pool   (!)\n"
	    "`- Disk 2  OK  4.0TB  -> Pool\n");
}

static void on_a_narrow_terminal_values_give_way_to_alerts(void **state)
{
	(void)state;
	assert_rendered(render_trees, &narrow, site,
	    "Couplet A\n"
	    "├─ Disk 1  FAILED …   ! Drive failure\n"
	    "│  └─ Pool   (!)\n"
	    "└─ Disk 2  OK  4.0TB  → Pool\n");
}

static void alerts_colour_the_resource_and_the_message(void **state)
{
	char *text = rendered(render_trees, &coloured, site);
	(void)state;

	assert_non_null(strstr(text, "\033[1mCouplet A\033[0m\n"));
	assert_non_null(strstr(text, "├─ \033[31mDisk 1\033[0m  FAILED"));
	assert_non_null(strstr(text, "\033[31m! Drive failure\033[0m\n"));
	assert_non_null(strstr(text, "\033[2m→ Pool\033[0m"));
	free(text);
}

#define ALERT(id, severity, message, label)                                                   \
	"{\"id\": " id ", \"severity\": \"" severity "\", \"message\": \"" message " (" label \
	")\","                                                                                \
	" \"resource\": {\"label\": \"" label "\"}}"

static void the_worst_alert_of_ancestors_is_told_and_the_others_counted(void **state)
{
	(void)state;
	assert_rendered(render_trees, &to_file,
	    "{\"trees\": [{\"label\": \"Lun\", \"affected_by\": [" ALERT("1", "WARNING", "Fan slow",
	        "Fan 1") ", " ALERT("2", "ERROR", "Drive failure", "Disk 1") "]}]}",
	    "Lun   (! Disk 1: Drive failure, 1 more)\n");
}

#define FAN_OFF ALERT("1", "ERROR", "Fan off", "Fan 1")
#define SPARE_USED ALERT("2", "INFO", "Spare used", "Disk 1")

static void alerts_that_the_line_above_shows_are_not_told_again(void **state)
{
	static const char fan[] =
	    "{\"trees\": [{\"label\": \"Fan 1\", \"alerts\": [" FAN_OFF "], \"children\": ["
	    "{\"label\": \"Enclosure\", \"affected_by\": [" FAN_OFF "], \"children\": ["
	    "{\"label\": \"Lun\", \"affected_by\": [" FAN_OFF ", " SPARE_USED "]}]}]}]}";
	(void)state;

	assert_rendered(render_trees, &to_file, fan,
	    "Fan 1   ! Fan off\n"
	    "└─ Enclosure   (!)\n"
	    "   └─ Lun   (! Disk 1: Spare used)\n");
}

static void an_alert_at_several_severities_is_told_once(void **state)
{
	(void)state;
	assert_rendered(render_trees, &to_file,
	    "{\"trees\": [{\"label\": \"Lun\", \"alerts\": [" ALERT(
	        "1", "WARNING", "Too hot", "Lun") ", " ALERT("2", "ERROR", "Too hot", "Lun") "]}]}",
	    "Lun   ! Too hot\n");
}

static void names_from_devices_can_not_act_on_the_terminal(void **state)
{
	(void)state;
	assert_rendered(render_trees, &to_file,
	    "{\"trees\": [{\"label\": \"Disk \\u001b[2J\\nx\", \"alerts\": [{\"severity\": "
	    "\"ERROR\","
	    " \"message\": \"bad \\u001b]0;x\\u0007 (Disk)\"}]}]}",
	    "Disk [2J x   ! bad ]0;x\n");
}

static void trees_stand_apart_and_say_when_they_are_cut(void **state)
{
	(void)state;
	assert_rendered(render_trees, &to_file,
	    "{\"truncated\": true, \"trees\": [{\"label\": \"A\"}, {\"label\": \"B\"}]}",
	    "A\n\nB\n… and more: look at a part of it with \"iml-plugin tree ID\"\n");
	assert_rendered(render_trees, &to_file, "{\"trees\": []}", "No scannables yet.\n");
}

/* A scannable with a pool below a disk, as "scan" describes them. */
static const char scanned[] =
    "{\"trees\": [{\"id\": 1, \"label\": \"Couplet A\", \"texts\": {\"address\": \"A\"},"
    " \"parents\": [], \"children\": ["
    "{\"id\": 2, \"label\": \"Disk 1\","
    " \"texts\": {\"serial\": \"1\", \"model\": \"ST4000 \\u001b[2J\", \"status\": \"OK\"},"
    " \"statistics\": {\"temperature\": {\"text\": \"36.5 C\"}, \"reads\": {\"text\": \"-\"}},"
    " \"parents\": [], \"children\": ["
    "{\"id\": 4, \"label\": \"Pool\", \"children\": [],"
    " \"parents\": [{\"id\": 2, \"label\": \"Disk 1\"}, {\"id\": 3, \"label\": \"Disk 2\"}]}]},"
    "{\"id\": 3, \"label\": \"Disk 2\", \"texts\": {\"serial\": \"2\"}, \"parents\": [],"
    " \"children\": [{\"id\": 4, \"label\": \"Pool\", \"see_also\": true}]}]}]}";

static void details_stand_below_the_line_of_a_resource(void **state)
{
	(void)state;
	assert_rendered(render_detailed_trees, &to_file, scanned,
	    "Couplet A\n"
	    "│  address=A\n"
	    "├─ Disk 1\n"
	    "│  │  serial=1  model=ST4000 [2J  status=OK\n"
	    "│  │  temperature 36.5 C  reads -\n"
	    "│  └─ Pool\n"
	    "│        parents: Disk 1, Disk 2\n"
	    "└─ Disk 2  → Pool\n"
	    "      serial=2\n");
}

static void details_take_as_many_lines_as_they_need(void **state)
{
	static const struct terminal narrower = {.width = 30, .unicode = true};
	char *text = rendered(render_detailed_trees, &narrower, scanned);

	(void)state;
	assert_non_null(strstr(text, "│  │  serial=1\n│  │  model=ST4000 [2J\n│  │  status=OK\n"));
	assert_non_null(strstr(text, "│        parents: Disk 1,\n│        Disk 2\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_tree_shows_what_matters_on_each_line),
	    cmocka_unit_test(what_is_silenced_is_dim),
	    cmocka_unit_test(branches_are_plain_where_there_is_only_ascii),
	    cmocka_unit_test(on_a_narrow_terminal_values_give_way_to_alerts),
	    cmocka_unit_test(alerts_colour_the_resource_and_the_message),
	    cmocka_unit_test(the_worst_alert_of_ancestors_is_told_and_the_others_counted),
	    cmocka_unit_test(alerts_that_the_line_above_shows_are_not_told_again),
	    cmocka_unit_test(an_alert_at_several_severities_is_told_once),
	    cmocka_unit_test(names_from_devices_can_not_act_on_the_terminal),
	    cmocka_unit_test(trees_stand_apart_and_say_when_they_are_cut),
	    cmocka_unit_test(details_stand_below_the_line_of_a_resource),
	    cmocka_unit_test(details_take_as_many_lines_as_they_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* How charts look, line by line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli_fixture.h"

#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "cli/charts.h"

static const struct terminal to_utf8 = {.width = 60, .unicode = true};
static const struct terminal in_ascii = {.width = 60};
static const struct terminal coloured_here = {.width = 40, .colour = true, .unicode = true};

/* The parts of an answer of /charts; lists without their brackets. */
#define SERIES(statistic, label, units, type)                                              \
	"{\"statistic\": \"" statistic "\", \"label\": \"" label "\", \"units\": \"" units \
	"\", \"type\": \"" type "\"}"
#define CHART(title, series, times, values)                                     \
	"{\"title\": \"" title "\", \"type\": \"series\", \"series\": [" series \
	"], \"times\": [" times "], \"values\": [" values "]}"
#define ANSWER(from, to, charts, gaps)                      \
	"{\"resource\": 3, \"from\": " from ", \"to\": " to \
	", \"step\": null, \"charts\": [" charts "], \"gaps\": [" gaps "]}"

/* Draws an answer of the runner in a time zone and compares it with the lines expected. */
static void assert_charts(const struct terminal *terminal, const char *zone, size_t rows,
    const char *json, const char *expected)
{
	struct json_object *answer = json_tokener_parse(json);
	struct text out = TEXT_EMPTY;

	assert_non_null(answer);
	setenv("TZ", zone, 1);
	tzset();
	render_charts(&out, terminal, answer, rows);
	json_object_put(answer);
	assert_string_equal(out.data, expected);
	text_clear(&out);
}

static void one_line_has_an_axis_of_values_and_one_of_times(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 8,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1700000000, 1700000600, 1700001200, 1700001800, 1700002400, 1700003000, "
	            "1700003600",
	            "[36.5], [38], [41], [37], [35], [36], [39]"),
	        ""),
	    "\n"
	    "Heat\n"
	    " C\n"
	    "42 ┤\n"
	    "   │                ⣀⠔⠊⠢⢄\n"
	    "40 ┤             ⣀⠔⠊     ⠑⠤⡀\n"
	    "   │          ⣀⠔⠊          ⠈⠒⢄                           ⡠⠔⠊\n"
	    "38 ┤   ⣀⣀⠤⠤⠒⠒⠉                ⠑⠢⣀                    ⢀⡠⠒⠉\n"
	    "36 ┤⠒⠉⠉                          ⠉⠒⠤⣀⡀           ⢀⣀⠤⠒⠁\n"
	    "   │                                 ⠈⠑⠢⢄⣀⡠⠤⠤⠒⠒⠉⠉⠁\n"
	    "34 ┤\n"
	    "   └──────┬────────┬────────┬─────────┬────────┬────────┬───\n"
	    "        22:20    22:30    22:40     22:50    23:00    23:10\n"
	    "  ⠒⠒ Temperature\n");
}

static void plain_terminals_get_marks(void **state)
{
	(void)state;
	assert_charts(&in_ascii, "UTC", 8,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1700000000, 1700000600, 1700001200, 1700001800, 1700002400, 1700003000, "
	            "1700003600",
	            "[36.5], [38], [41], [37], [35], [36], [39]"),
	        ""),
	    "\n"
	    "Heat\n"
	    " C\n"
	    "42 +\n"
	    "   |                 ***\n"
	    "40 +              ***   ***\n"
	    "   |           ***         ****                          ***\n"
	    "38 +     ******                ****                  ****\n"
	    "36 +*****                          ****       *******\n"
	    "   |                                   *******\n"
	    "34 +\n"
	    "   +------+--------+--------+---------+--------+--------+---\n"
	    "        22:20    22:30    22:40     22:50    23:00    23:10\n"
	    "  * Temperature\n");
}

static void two_units_have_an_axis_each(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 8,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat",
	            SERIES("temperature", "Temperature", "C", "Gauge") ", " SERIES(
	                "reads", "Bytes read", "bytes", "Counter"),
	            "1700000000, 1700001200, 1700002400, 1700003600",
	            "[20, 0], [30, 1048576], [40, 3145728], [20, 2097152]"),
	        ""),
	    "\n"
	    "Heat\n"
	    " C\n"
	    "40 ┤                          **+++++           ├ 3.0MB/s\n"
	    "   │                  *******+++   **+++++++    │\n"
	    "30 ┤           *******    +++          ***  ++++├ 2.0MB/s\n"
	    "   │    *******        +++                ****  │\n"
	    "20 ┤****            +++                       **│\n"
	    "10 ┤           +++++                            ├ 1.0MB/s\n"
	    "   │    +++++++                                 │\n"
	    " 0 ┤++++                                        ├ 0.0bytes/s\n"
	    "   └─────┬──────┬──────┬──────┬──────┬───────┬──┘\n"
	    "       22:20  22:30  22:40  22:50  23:00   23:10\n"
	    "  * Temperature (left)  + Bytes read (right)\n");
}

static void lines_of_the_same_units_share_an_axis_in_colours(void **state)
{
	(void)state;
	assert_charts(&coloured_here, "UTC", 4,
	    ANSWER("1700000000", "1700003600",
	        CHART("Load",
	            SERIES("a", "Reads", "op", "Counter") ", " SERIES(
	                "b", "Writes", "op/s", "Gauge"),
	            "1700000000, 1700003600", "[0, 100], [100, 0]"),
	        ""),
	    "\n"
	    "\033[1mLoad\033[0m\n"
	    "op/s\n"
	    "100 "
	    "┤\033[33m⠉\033[0m\033[33m⠑\033[0m\033[33m⠒\033[0m\033[33m⠢\033[0m\033[33m⠤\033[0m\033["
	    "33m⠤\033[0m\033[33m⣀\033[0m\033[33m⣀\033[0m\033[33m⡀\033[0m                 "
	    "\033[36m⢀\033[0m\033[36m⣀\033[0m\033[36m⣀\033[0m\033[36m⠤\033[0m\033[36m⠤\033[0m\033["
	    "36m⠔\033[0m\033[36m⠒\033[0m\033[36m⠊\033[0m\033[36m⠉\033[0m\n"
	    "    │        "
	    "\033[33m⠈\033[0m\033[33m⠉\033[0m\033[33m⠑\033[0m\033[33m⠒\033[0m\033[33m⠒\033[0m\033["
	    "33m⠤\033[0m\033[33m⠤\033[0m\033[33m⣀\033[0m\033[33m⣀\033[0m\033[33m⣀\033[0m\033["
	    "36m⣀\033[0m\033[36m⣀\033[0m\033[36m⠤\033[0m\033[36m⠤\033[0m\033[36m⠒\033[0m\033["
	    "36m⠒\033[0m\033[36m⠊\033[0m\033[36m⠉\033[0m\033[36m⠁\033[0m\n"
	    " 50 ┤        "
	    "\033[36m⢀\033[0m\033[36m⣀\033[0m\033[36m⡠\033[0m\033[36m⠤\033[0m\033[36m⠤\033[0m\033["
	    "36m⠒\033[0m\033[36m⠒\033[0m\033[36m⠉\033[0m\033[36m⠉\033[0m\033[33m⠉\033[0m\033["
	    "33m⠉\033[0m\033[33m⠉\033[0m\033[33m⠒\033[0m\033[33m⠒\033[0m\033[33m⠤\033[0m\033["
	    "33m⠤\033[0m\033[33m⢄\033[0m\033[33m⣀\033[0m\033[33m⡀\033[0m\n"
	    "  0 "
	    "┤\033[36m⣀\033[0m\033[36m⡠\033[0m\033[36m⠤\033[0m\033[36m⠔\033[0m\033[36m⠒\033[0m\033["
	    "36m⠒\033[0m\033[36m⠉\033[0m\033[36m⠉\033[0m\033[36m⠁\033[0m                 "
	    "\033[33m⠈\033[0m\033[33m⠉\033[0m\033[33m⠉\033[0m\033[33m⠒\033[0m\033[33m⠒\033[0m\033["
	    "33m⠢\033[0m\033[33m⠤\033[0m\033[33m⢄\033[0m\033[33m⣀\033[0m\n"
	    "    └─┬───────┬────────┬───────┬────────\n"
	    "    22:15   22:30    22:45   23:00\n"
	    "  \033[36m⠒⠒\033[0m Reads  \033[33m⠒⠒\033[0m Writes\n");
}

static void nothing_is_drawn_where_there_is_no_data(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 6,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1700000000, 1700000120, 1700000240, 1700000360, 1700000480, 1700000600, "
	            "1700000720, 1700000840, 1700000960, 1700001080, 1700001200, 1700001320, "
	            "1700002040, 1700002160, 1700002280, 1700002400, 1700002520, 1700002640, "
	            "1700002760, 1700002880, 1700003000, 1700003120, 1700003240, 1700003360, "
	            "1700003480, 1700003600",
	            "[30], [31], [32], [33], [34], [30], [31], [32], [33], [34], [30], [31], [32], "
	            "[33], [34], [30], [31], [32], [33], [34], [30], [31], [32], [33], [34], [30]"),
	        "{\"from\": 1700002500, \"to\": 1700002900, \"reason\": \"deadline\"}, {\"from\": "
	        "1700003500, \"to\": null, \"reason\": \"offline\"}"),
	    "\n"
	    "Heat\n"
	    " C\n"
	    "34 ┤      ⢀⠾⡀       ⡼⡀                ⢠⢇        ⠈        ⡜\n"
	    "   │     ⡠⠃ ⡇     ⢀⠜ ⡇               ⡠⠃⢸      ⠠        ⢀⠜\n"
	    "   │    ⡔⠁  ⢱    ⢠⠊  ⢱              ⡔⠁ ⠈⡆             ⢠⠊\n"
	    "32 ┤  ⢀⠎    ⠸⡀  ⡔⠁   ⠸⡀            ⠈    ⢇   ⠈        ⡔⠁\n"
	    "   │ ⢠⠊      ⡇⢀⠎      ⡇ ⡔               ⢸  ⠂       ⢀⠎\n"
	    "30 ┤⡰⠁       ⢱⠎       ⢱⠎                ⠈⡆        ⢀⠎       ⢀\n"
	    "   └──────┬────────┬────────┬─────────┬────────┬────────┬───\n"
	    "        22:20    22:30    22:40     22:50    23:00    23:10\n"
	    "  ⠒⠒ Temperature\n"
	    "\n"
	    "no data 22:55–23:01: a scan took too long\n"
	    "no data since 23:11: scannable offline\n");
}

static void a_single_point_is_a_dot(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"), "1700001800",
	            "[36.5]"),
	        ""),
	    "\n"
	    "Heat\n"
	    " C\n"
	    "40 ┤\n"
	    "   │                            ⡀\n"
	    "35 ┤\n"
	    "   │\n"
	    "30 ┤\n"
	    "   └──────┬────────┬────────┬─────────┬────────┬────────┬───\n"
	    "        22:20    22:30    22:40     22:50    23:00    23:10\n"
	    "  ⠒⠒ Temperature\n");
}

static void negative_values_are_below_zero(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 7,
	    ANSWER("1700000000", "1700003600",
	        CHART("Clock", SERIES("p", "Offset", "ms", "Gauge"),
	            "1700000000, 1700001800, 1700003600", "[-20], [10], [-20]"),
	        ""),
	    "\n"
	    "Clock\n"
	    " ms\n"
	    " 10 ┤                        ⣀⠤⠒⠉⠒⠤⣀\n"
	    "    │                    ⣀⠤⠒⠉       ⠉⠒⠤⣀\n"
	    "  0 ┤                ⣀⠤⠒⠉               ⠉⠒⠤⣀\n"
	    "    │            ⣀⠤⠒⠉                       ⠉⠒⠤⣀\n"
	    "-10 ┤        ⣀⠤⠒⠉                               ⠉⠒⠤⣀\n"
	    "    │    ⣀⠤⠒⠉                                       ⠉⠒⠤⣀\n"
	    "-20 ┤⣀⠤⠒⠉                                               ⠉⠒⠤⣀\n"
	    "    └──────┬────────┬────────┬────────┬────────┬────────┬───\n"
	    "         22:20    22:30    22:40    22:50    23:00    23:10\n"
	    "  ⠒⠒ Offset\n");
}

static void a_constant_is_in_the_middle(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1700000000, 1700003600", "[-7], [-7]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "   C\n"
	    "-6.5 ┤\n"
	    "     │\n"
	    "-7.0 ┤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤\n"
	    "     │\n"
	    "-7.5 ┤\n"
	    "     └──────┬────────┬────────┬───────┬────────┬────────┬───\n"
	    "          22:20    22:30    22:40   22:50    23:00    23:10\n"
	    "  ⠒⠒ Temperature\n");
}

static void zero_is_at_the_bottom(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1700000000, 1700003600", "[0], [0]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "  C\n"
	    "1.0 ┤\n"
	    "    │\n"
	    "0.5 ┤\n"
	    "    │\n"
	    "0.0 ┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀\n"
	    "    └──────┬────────┬────────┬────────┬────────┬────────┬───\n"
	    "         22:20    22:30    22:40    22:50    23:00    23:10\n"
	    "  ⠒⠒ Temperature\n");
}

static void huge_values_fit(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Huge", SERIES("h", "Huge", "", "Gauge"), "1700000000, 1700003600",
	            "[-1.7e+308], [1.7e+308]"),
	        ""),
	    "\n"
	    "Huge\n"
	    " 2e+308 ┤                                           ⢀⣀⣀⡠⠤⠤⠔⠒\n"
	    "        │                               ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    "      0 ┤                   ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    "        │       ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    "-2e+308 ┤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    "        └──────┬───────┬───────┬────────┬───────┬───────┬───\n"
	    "             22:20   22:30   22:40    22:50   23:00   23:10\n");
}

static void tiny_values_fit(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Tiny", SERIES("h", "Tiny", "", "Gauge"), "1700000000, 1700003600",
	            "[0], [5e-324]"),
	        ""),
	    "\n"
	    "Tiny\n"
	    "5e-324 ┤                                          ⢀⣀⣀⠤⠤⠔⠒⠒⠊⠉\n"
	    "       │                               ⢀⣀⣀⠤⠤⠤⠒⠒⠊⠉⠉⠁\n"
	    "       │                    ⢀⣀⣀⡠⠤⠤⠒⠒⠊⠉⠉⠁\n"
	    "       │         ⢀⣀⣀⡠⠤⠤⠒⠒⠒⠉⠉⠁\n"
	    "     0 ┤⣀⡠⠤⠤⠔⠒⠒⠉⠉⠁\n"
	    "       └──────┬───────┬────────┬───────┬────────┬───────┬───\n"
	    "            22:20   22:30    22:40   22:50    23:00   23:10\n");
}

static void large_numbers_have_prefixes(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Ops", SERIES("h", "Ops", "op", "Counter"), "1700000000, 1700003600",
	            "[0], [1000000.0]"),
	        ""),
	    "\n"
	    "Ops\n"
	    "op/s\n"
	    "1.0M ┤                                            ⣀⣀⡠⠤⠤⠔⠒⠒⠊⠉\n"
	    "     │                                ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠉⠉⠉\n"
	    "0.5M ┤                     ⢀⣀⣀⠤⠤⠤⠒⠒⠒⠉⠉⠁\n"
	    "     │          ⣀⣀⣀⠤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    " 0.0 ┤⣀⡠⠤⠤⠔⠒⠒⠊⠉⠉\n"
	    "     └──────┬────────┬────────┬───────┬────────┬────────┬───\n"
	    "          22:20    22:30    22:40   22:50    23:00    23:10\n");
}

static void bytes_beyond_any_disk_fit(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("B", SERIES("h", "B", "bytes", "Gauge"), "1700000000, 1700003600",
	            "[0], [1e+30]"),
	        ""),
	    "\n"
	    "B\n"
	    "1.27e+30bytes ┤\n"
	    "              │                                  ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠊⠉\n"
	    "6.34e+29bytes ┤                      ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    "              │          ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    "     0.0bytes ┤⣀⡠⠤⠤⠔⠒⠒⠊⠉⠉⠁\n"
	    "              └─────┬──────┬───────┬──────┬──────┬───────┬──\n"
	    "                  22:20  22:30   22:40  22:50  23:00   23:10\n");
}

static void a_line_without_points_says_so(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat",
	            SERIES("temperature", "Temperature", "C", "Gauge") ", " SERIES(
	                "l", "Load", "%", "Gauge"),
	            "1700000000, 1700003600", "[1, null], [2, null]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "C\n"
	    "2 ┤                                          ***************\n"
	    "  │              ****************************\n"
	    "1 ┤**************\n"
	    "  │\n"
	    "0 ┤\n"
	    "  └──────┬─────────┬────────┬────────┬─────────┬────────┬───\n"
	    "       22:20     22:30    22:40    22:50     23:00    23:10\n"
	    "  * Temperature  + Load (no data)\n");
}

static void points_of_different_times_are_joined(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("a", "A", "", "Gauge") ", " SERIES("b", "B", "", "Gauge"),
	            "1700000000, 1700000300, 1700000600, 1700000900, 1700001200, 1700001500, "
	            "1700001800, 1700002100, 1700002400, 1700002700, 1700003000, 1700003300",
	            "[0, null], [null, 10], [0, null], [null, 10], [0, null], [null, 10], [0, "
	            "null], [null, 10], [0, null], [null, 10], [0, null], [null, 10]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "10 ┤     ++++++++++++++++++++++++++++++++++++++++++++++\n"
	    "   │\n"
	    " 5 ┤\n"
	    "   │\n"
	    " 0 ┤***********************************************\n"
	    "   └──────┬────────┬────────┬─────────┬────────┬────────┬───\n"
	    "        22:20    22:30    22:40     22:50    23:00    23:10\n"
	    "  * A  + B\n");
}

static void nonsense_is_left_out(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    "{\"from\": 1700000000, \"to\": 1700003600, \"charts\": [{\"title\": \"X\", \"type"
	    "\": \"series\", \"series\": [{\"label\": \"a\\u001b[31m\"}, {}], \"times\": [17000"
	    "00000, null, \"x\", 1700000060, 700000000.0, 1700000120], \"values\": [[1]"
	    ", [2, 3], null, \"q\", [9, 9], [3, \"4\"]]}, {\"title\": \"Y\"}, 7, {\"type\": \""
	    "histogram\", \"series\": [{\"counts\": [\"a\", 2], \"bin_labels\": [5]}, 3]}], "
	    "\"gaps\": [{\"reason\": \"offline\"}, 4]}",
	    "\n"
	    "X\n"
	    "4 ┤\n"
	    "  │  *\n"
	    "2 ┤ *\n"
	    "  │*\n"
	    "0 ┤\n"
	    "  └──────┬─────────┬────────┬────────┬─────────┬────────┬───\n"
	    "       22:20     22:30    22:40    22:50     23:00    23:10\n"
	    "  * a[31m  +  (no data)\n"
	    "\n"
	    "Y\n"
	    "  no samples in this time\n"
	    "\n"
	    "\n"
	    "  no samples in this time\n"
	    "\n"
	    "\n"
	    "  : no samples\n"
	    "5 ┤ 0\n"
	    "  ┤████████████████████████████████████ 2\n"
	    "  : no samples\n"
	    "\n");
}

static void seconds_are_marked_in_a_short_time(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 3,
	    ANSWER("1700000000", "1700000045",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1700000000, 1700000045", "[1], [2]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "C\n"
	    "2 ┤                        ⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉\n"
	    "1 ┤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
	    "0 ┤\n"
	    "  └┬───────────┬────────────┬───────────┬────────────┬──────\n"
	    "22:13:20   22:13:30     22:13:40    22:13:50     22:14:00\n"
	    "  ⠒⠒ Temperature\n");
}

static void midnight_is_marked_with_the_day(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "CET-1CEST,M3.5.0,M10.5.0/3", 3,
	    ANSWER("1700000000", "1700086400",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1700000000, 1700086400", "[1], [2]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "C\n"
	    "2 ┤                        ⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉\n"
	    "1 ┤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
	    "0 ┤\n"
	    "  └──┬──────┬──────┬──────┬──────┬──────┬──────┬──────┬─────\n"
	    "   11-15  03:00  06:00  09:00  12:00  15:00  18:00  21:00\n"
	    "  ⠒⠒ Temperature\n");
}

static void days_are_marked_across_the_end_of_summer_time(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "CET-1CEST,M3.5.0,M10.5.0/3", 3,
	    ANSWER("1698357600", "1698962400",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1698357600, 1698962400", "[1], [2]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "C\n"
	    "2 ┤                        ⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉\n"
	    "1 ┤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
	    "0 ┤\n"
	    "  └┬───────┬───────┬───────┬───────┬───────┬───────┬────────\n"
	    " 10-27   10-28   10-29   10-30   10-31   11-01   11-02\n"
	    "  ⠒⠒ Temperature\n");
}

static void hours_are_marked_across_the_end_of_summer_time(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "CET-1CEST,M3.5.0,M10.5.0/3", 3,
	    ANSWER("1698530400", "1698552000",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1698530400, 1698552000", "[1], [2]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "C\n"
	    "2 ┤                        ⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉\n"
	    "1 ┤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
	    "0 ┤\n"
	    "  └┬────────┬─────────┬────────┬────────┬─────────┬────────┬\n"
	    " 10-29    01:00     02:00    02:00    03:00     04:00   05:00\n"
	    "  ⠒⠒ Temperature\n");
}

static void hours_are_marked_across_the_beginning_of_summer_time(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "CET-1CEST,M3.5.0,M10.5.0/3", 3,
	    ANSWER("1711839600", "1711861200",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"),
	            "1711839600, 1711861200", "[1], [2]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "C\n"
	    "2 ┤                        ⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉\n"
	    "1 ┤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
	    "0 ┤\n"
	    "  └┬────────┬─────────┬────────┬────────┬─────────┬────────┬\n"
	    " 03-31    01:00     03:00    04:00    05:00     06:00   07:00\n"
	    "  ⠒⠒ Temperature\n");
}

static void years_are_marked(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 3,
	    ANSWER("0", "1700000000",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"), "0, 1700000000",
	            "[1], [2]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "C\n"
	    "2 ┤                        ⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉\n"
	    "1 ┤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
	    "0 ┤\n"
	    "  └──────────┬────────────────────┬────────────────────┬────\n"
	    "           1980                 2000                 2020\n"
	    "  ⠒⠒ Temperature\n");
}

static void histograms_are_bars(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 3,
	    ANSWER("1700000000", "1700003600",
	        "{\"title\": \"Sizes\", \"type\": \"histogram\", \"series\": [{\"statistic\": "
	        "\"s\", \"label\": \"Read sizes\", \"units\": \"bytes\", \"bin_labels\": "
	        "[\"≤512\", \"513 to 1024\", \"≥1025\"], \"time\": 1700000060, \"counts\": [7, "
	        "120, 0]}, {\"statistic\": \"w\", \"label\": \"Write sizes\", \"units\": \"\", "
	        "\"bin_labels\": [\"≤512\", \"≥513\"], \"time\": null, \"counts\": null}]}",
	        ""),
	    "\n"
	    "Sizes\n"
	    "  Read sizes at 2023-11-14 22:14:20, in bytes\n"
	    "       ≤512 ┤█▌ 7\n"
	    "513 to 1024 ┤██████████████████████████ 120\n"
	    "      ≥1025 ┤ 0\n"
	    "  Write sizes: no samples\n");
}

static void histograms_are_marks_on_plain_terminals(void **state)
{
	(void)state;
	assert_charts(&in_ascii, "UTC", 3,
	    ANSWER("1700000000", "1700003600",
	        "{\"title\": \"Sizes\", \"type\": \"histogram\", \"series\": [{\"statistic\": "
	        "\"s\", \"label\": \"Read sizes\", \"units\": \"bytes\", \"bin_labels\": "
	        "[\"≤512\", \"513 to 1024\", \"≥1025\"], \"time\": 1700000060, \"counts\": [0, 0, "
	        "9223372036854775807]}]}",
	        ""),
	    "\n"
	    "Sizes\n"
	    "  Read sizes at 2023-11-14 22:14:20, in bytes\n"
	    "       ?512 | 0\n"
	    "513 to 1024 | 0\n"
	    "      ?1025 |########################## 9223372036854775807\n");
}

static void no_data_has_its_reason(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5,
	    ANSWER("1700000000", "1700003600",
	        CHART("Heat", SERIES("temperature", "Temperature", "C", "Gauge"), "", ""),
	        "{\"from\": 1699910000, \"to\": 1700001800, \"reason\": \"stopped\"}, {\"from\": "
	        "1700001800, \"to\": null, \"reason\": \"database\"}"),
	    "\n"
	    "Heat\n"
	    "  no samples in this time\n"
	    "\n"
	    "no data 2023-11-13 21:13–22:43: the runner was not running\n"
	    "no data since 22:43: the database was away\n");
}

static void no_statistics_are_told(void **state)
{
	(void)state;
	assert_charts(&to_utf8, "UTC", 5, ANSWER("1700000000", "1700003600", "", ""),
	    "no charts: the class of this resource declares no statistics\n");
}

static void many_gaps_are_counted(void **state)
{
	(void)state;
	assert_charts(&in_ascii, "UTC", 5,
	    ANSWER("1700000000", "1700003600", "",
	        "{\"from\": 1700000000, \"to\": 1700000030, \"reason\": \"crash\"}, {\"from\": "
	        "1700000060, \"to\": 1700000090, \"reason\": \"crash\"}, {\"from\": 1700000120, "
	        "\"to\": 1700000150, \"reason\": \"crash\"}, {\"from\": 1700000180, \"to\": "
	        "1700000210, \"reason\": \"crash\"}, {\"from\": 1700000240, \"to\": 1700000270, "
	        "\"reason\": \"crash\"}, {\"from\": 1700000300, \"to\": 1700000330, \"reason\": "
	        "\"crash\"}, {\"from\": 1700000360, \"to\": 1700000390, \"reason\": \"crash\"}, "
	        "{\"from\": 1700000420, \"to\": 1700000450, \"reason\": \"crash\"}, {\"from\": "
	        "1700000480, \"to\": 1700000510, \"reason\": \"crash\"}, {\"from\": 1700000540, "
	        "\"to\": 1700000570, \"reason\": \"crash\"}, {\"from\": 1700000600, \"to\": "
	        "1700000630, \"reason\": \"crash\"}, {\"from\": 1700000660, \"to\": 1700000690, "
	        "\"reason\": \"crash\"}, {\"from\": 1700000720, \"to\": 1700000750, \"reason\": "
	        "\"crash\"}"),
	    "no charts: the class of this resource declares no statistics\n"
	    "\n"
	    "no data 22:13:20-22:13:50: the plugin crashed\n"
	    "no data 22:14:20-22:14:50: the plugin crashed\n"
	    "no data 22:15:20-22:15:50: the plugin crashed\n"
	    "no data 22:16:20-22:16:50: the plugin crashed\n"
	    "no data 22:17:20-22:17:50: the plugin crashed\n"
	    "no data 22:18:20-22:18:50: the plugin crashed\n"
	    "no data 22:19:20-22:19:50: the plugin crashed\n"
	    "no data 22:20:20-22:20:50: the plugin crashed\n"
	    "no data 22:21:20-22:21:50: the plugin crashed\n"
	    "no data 22:22:20-22:22:50: the plugin crashed\n"
	    "... 3 more times without data\n");
}

static void points_twice_as_far_apart_as_usual_are_joined_but_not_much_farther(void **state)
{
	(void)state;
	/* At 0, 10, 20, 40 and 70: 20 is joined with 40, and 40 not with 70. */
	assert_charts(&in_ascii, "UTC", 3,
	    ANSWER("0", "70",
	        CHART("Heat", SERIES("t", "Heat", "", "Gauge"), "0, 10, 20, 40, 70",
	            "[1], [1], [1], [1], [1]"),
	        ""),
	    "\n"
	    "Heat\n"
	    "1.05 +\n"
	    "1.00 +*******************************                      *\n"
	    "0.95 +\n"
	    "     ++----------+-----------+----------+----------+--------\n"
	    "  00:00:00   00:00:15    00:00:30   00:00:45   00:01:00\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_line_has_an_axis_of_values_and_one_of_times),
	    cmocka_unit_test(plain_terminals_get_marks),
	    cmocka_unit_test(two_units_have_an_axis_each),
	    cmocka_unit_test(lines_of_the_same_units_share_an_axis_in_colours),
	    cmocka_unit_test(nothing_is_drawn_where_there_is_no_data),
	    cmocka_unit_test(a_single_point_is_a_dot),
	    cmocka_unit_test(negative_values_are_below_zero),
	    cmocka_unit_test(a_constant_is_in_the_middle),
	    cmocka_unit_test(zero_is_at_the_bottom),
	    cmocka_unit_test(huge_values_fit),
	    cmocka_unit_test(tiny_values_fit),
	    cmocka_unit_test(large_numbers_have_prefixes),
	    cmocka_unit_test(bytes_beyond_any_disk_fit),
	    cmocka_unit_test(a_line_without_points_says_so),
	    cmocka_unit_test(points_of_different_times_are_joined),
	    cmocka_unit_test(nonsense_is_left_out),
	    cmocka_unit_test(seconds_are_marked_in_a_short_time),
	    cmocka_unit_test(midnight_is_marked_with_the_day),
	    cmocka_unit_test(days_are_marked_across_the_end_of_summer_time),
	    cmocka_unit_test(hours_are_marked_across_the_end_of_summer_time),
	    cmocka_unit_test(hours_are_marked_across_the_beginning_of_summer_time),
	    cmocka_unit_test(years_are_marked),
	    cmocka_unit_test(histograms_are_bars),
	    cmocka_unit_test(histograms_are_marks_on_plain_terminals),
	    cmocka_unit_test(no_data_has_its_reason),
	    cmocka_unit_test(no_statistics_are_told),
	    cmocka_unit_test(many_gaps_are_counted),
	    cmocka_unit_test(points_twice_as_far_apart_as_usual_are_joined_but_not_much_farther),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#ifndef CLI_STATS_H
#define CLI_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json_object.h>

#include "model/class.h"

#define STATS_STATISTICS_MAX 16

/* The options of "stats", as they were given; --since is of "events", too. */
struct stats_options {
	const char *since; /* NULL: an hour before the end */
	const char *until;
	const char *points;
	const char *width;
	const char *statistics[STATS_STATISTICS_MAX];
	size_t statistic_count;
	bool watch;
	bool csv;
	const char *given; /* the name of the last one but --since and --until, or NULL */
};

/* Takes an option by the letter that getopt gives for it; false if it is none of "stats". */
bool stats_take_option(struct stats_options *options, int letter, const char *value);

/*
 * What to ask the runner for a time that was typed: "1h" (ago), a time of the user's time zone as
 * "10:28", "2026-11-22" or "2026-11-22 10:28:16", or what the runner itself reads. The caller frees
 * it; NULL with a reason.
 */
char *stats_time(const char *typed, bool ago, char reason[REASON_SIZE]);

struct cli;

/* Sets the width to draw in. Returns false, with a complaint, for what is none. */
bool stats_take_width(struct cli *cli);

/*
 * The path of the charts of a resource, whose own path is given, with all that was given; NULL with
 * a complaint.
 */
char *stats_charts_path(const struct stats_options *options, const char *resource);

/*
 * Leaves of an answer of /charts only the series of these statistics, and the charts that have any.
 * Returns the first statistic that no chart has, or NULL.
 */
const char *stats_choose(
    struct json_object *answer, const char *const *statistics, size_t statistic_count);

#endif

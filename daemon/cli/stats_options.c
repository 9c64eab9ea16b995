/* SPDX-License-Identifier: MIT */
/* The options of "stats", and what is asked of the runner by them. */
#include "cli/stats.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/client.h"
#include "cli/command.h"
#include "model/moment.h"

#define WIDTH_MIN 20
#define WIDTH_MAX 1000

/* The time that is shown if its beginning is not given. */
#define DEFAULT_S 3600

bool stats_take_option(struct stats_options *options, int letter, const char *value)
{
	const struct {
		int letter;
		const char *name;
		const char **value;
		bool *flag;
	} table[] = {
	    {'S', "--since", &options->since, NULL},
	    {'U', "--until", &options->until, NULL},
	    {'P', "--points", &options->points, NULL},
	    {'X', "--width", &options->width, NULL},
	    {'T', "--statistic", NULL, NULL},
	    {'W', "--watch", NULL, &options->watch},
	    {'C', "--csv", NULL, &options->csv},
	};

	assert(options != NULL);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].letter != letter)
			continue;
		if (letter != 'S' && letter != 'U')
			options->given = table[i].name;
		if (table[i].value != NULL)
			*table[i].value = value;
		else if (table[i].flag != NULL)
			*table[i].flag = true;
		else if (options->statistic_count < STATS_STATISTICS_MAX)
			options->statistics[options->statistic_count++] = value;
		return true;
	}
	return false;
}

/* A local time as typed, in seconds since 1970; -1 for anything else. */
static time_t parse_local(const char *typed)
{
	time_t now = time(NULL);
	struct tm today, parts;
	const char *rest;

	localtime_r(&now, &today);
	today.tm_sec = 0;
	parts = today;
	rest = strptime(typed, "%H:%M", &parts);
	if (rest == NULL || *rest != '\0') {
		parts = today;
		parts.tm_hour = parts.tm_min = 0;
		rest = strptime(typed, "%Y-%m-%d", &parts);
	}
	if (rest != NULL && *rest == ' ')
		rest = strptime(rest, " %H:%M", &parts);
	if (rest != NULL && *rest == ':')
		rest = strptime(rest, ":%S", &parts);
	if (rest == NULL || *rest != '\0')
		return -1;
	parts.tm_isdst = -1;
	return mktime(&parts);
}

char *stats_time(const char *typed, bool ago, char reason[REASON_SIZE])
{
	char ignored[REASON_SIZE];
	struct wallclock moment;
	int64_t duration;
	time_t local;

	if (ago && duration_parse(typed, &duration, ignored))
		return xasprintf("-%s", typed);
	local = parse_local(typed);
	if (local != -1)
		return xasprintf("%lld", (long long)local);
	return moment_parse(typed, wallclock_now(), &moment, reason) ? xstrdup(typed) : NULL;
}

static int refuse_option(const char *option, const char *reason)
{
	fprintf(stderr, "iml-plugin: %s: %s\n", option, reason);
	return EXIT_WRONG_USAGE;
}

/* What to ask for a time that was given, and that moment; NULL, with a complaint, if it is none. */
static char *take_time(
    const char *option, const char *typed, bool ago, struct wallclock now, struct wallclock *moment)
{
	char reason[REASON_SIZE];
	char *time = stats_time(typed, ago, reason);

	if (time == NULL || !moment_parse(time, now, moment, reason)) {
		refuse_option(option, reason);
		free(time);
		return NULL;
	}
	return time;
}

/* The parameters of the times that were given; NULL, with a complaint, if they are none. */
static char *take_times(const struct stats_options *options, char *path)
{
	struct wallclock now = wallclock_now(), since = {INT64_MIN}, until = now;
	char *from = NULL, *to = NULL;
	bool taken = true;

	if (options->since != NULL)
		taken = (from = take_time("--since", options->since, true, now, &since)) != NULL;
	if (taken && options->until != NULL)
		taken = (to = take_time("--until", options->until, false, now, &until)) != NULL;
	if (taken && since.us >= until.us) {
		refuse_option("--since", options->until != NULL
		                             ? "the time is not before that of --until"
		                             : "the time is yet to come");
		taken = false;
	}
	if (from == NULL && to != NULL)
		from = xasprintf("%lld", (long long)(until.us / US_PER_S - DEFAULT_S));
	if (taken && from != NULL)
		path = client_add_parameter(path, "from", from);
	if (taken && to != NULL)
		path = client_add_parameter(path, "to", to);
	free(from);
	free(to);
	if (taken)
		return path;
	free(path);
	return NULL;
}

char *stats_charts_path(const struct stats_options *options, const char *resource)
{
	char *path = take_times(options, xasprintf("%s/charts", resource));

	if (path != NULL && options->points != NULL)
		path = client_add_parameter(path, "points", options->points);
	return path;
}

bool stats_take_width(struct cli *cli)
{
	char *end;
	long width;

	if (cli->stats.width == NULL)
		return true;
	width = strtol(cli->stats.width, &end, 10);
	if (*end != '\0' || width < WIDTH_MIN || width > WIDTH_MAX) {
		refuse_option("--width", "not a number of columns (20 to 1000)");
		return false;
	}
	cli->terminal.width = (size_t)width;
	return true;
}

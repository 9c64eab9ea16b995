/* SPDX-License-Identifier: MIT */
/* Checks of what a plugin reports: first scan, identity, updates. */
#include "kit/certify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SESSIONS 5     /* in one process, to compare */
#define UPDATES_MIN 16 /* scans to compare */
#define UPDATES_MAX 200

/* ---- the first scan ---- */

static const char *const no_contact =
    "check address and credentials with \"iml-plugin scan\"; the other checks need a device";

static void try_first_scan(struct trial *trial)
{
	char duration[CLOCK_TEXT_SIZE];
	size_t count;

	if (!trial_begin(trial))
		return;
	if (!trial_settle(trial)) {
		trial_fail(trial, no_contact, "%s failed: %s",
		    trial->seen.hook != NULL ? trial->seen.hook : "the session",
		    trial->seen.reason != NULL ? trial->seen.reason : "it ended");
		trial_end(trial);
		return;
	}
	trial_fact(trial, "online");
	count = graph_resource_count(kit_graph(trial->kit)) - 1;
	if (count == 0)
		trial_fail(trial,
		    "return iml_fail(self, ...) if the device could not be listed; a scannable "
		    "without any resource is of no use",
		    "nothing was reported");
	if (trial->seen.refused > 0)
		trial_fail(trial, "correct the call at that line: its reason tells what it takes",
		    "%llu calls were refused, the first: %s",
		    (unsigned long long)trial->seen.refused, trial->seen.diagnostic);
	trial_summary(trial, "%zu resources, the last scan took %s", count,
	    duration_format(trial->seen.duration_ns, duration));
	trial_end(trial);
}

void check_first_scan(struct examination *examination, struct certify_result *result)
{
	struct experiment_outcome outcome;

	experiment_run(examination, result, try_first_scan, NULL, false, &outcome);
	examination->scans = outcome.complete && outcome.facts.count > 0;
	experiment_outcome_clear(&outcome);
}

/* ---- identity ---- */

static const char *const unstable_identity =
    "identify a resource by what the device itself calls it (serial number, WWN, UUID), never by "
    "time, order, address in memory or a counter";

static const char *const unstable_list =
    "report everything that the device has in each initial scan, or fail";

/* Whether so much of a class differs that it is not the device that changed. */
static bool is_unstable(const struct tally *tally)
{
	return tally->most || tally->replacements >= 2;
}

/* Judges what came, went and changed between sessions. */
static void judge_identity(struct certify_result *result, const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++) {
		const struct tally *tally = &comparison->tallies[i];

		if (tally->changed > 0)
			result_note(result, "%s was not the same in all sessions (%s, for example)",
			    tally->name, tally->example);
		if (tally->lost + tally->gained == 0)
			continue;
		if (is_unstable(tally))
			result_fail(result,
			    tally->lost > 0 && tally->gained > 0 ? unstable_identity
			                                         : unstable_list,
			    "sessions of the same device found different resources of class %s: "
			    "%zu came and %zu went in %zu comparisons (%s, for example)",
			    tally->name, tally->gained, tally->lost, comparison->comparisons,
			    tally->example);
		else
			result_note(result, "%s: %zu came and %zu went (%s, for example)",
			    tally->name, tally->gained, tally->lost, tally->example);
	}
}

/* Compares sessions that follow each other in this process, each with the one before. */
static void try_sessions(struct trial *trial)
{
	struct snapshot snapshot;

	if (!trial_begin(trial))
		return;
	for (unsigned i = 0; i < SESSIONS; i++) {
		if (!trial_must_settle(trial, "a session after another"))
			break;
		snapshot_take(trial, &snapshot);
		trial_fact(trial, "");
		snapshot_tell(trial, &snapshot);
		snapshot_clear(&snapshot);
		trial_close(trial);
	}
	trial_end(trial);
}

/* Adds the snapshots of one process to the comparison; last is the one to go on with. */
static void compare_process(
    struct comparison *comparison, struct snapshot *last, bool first, const struct reasons *facts)
{
	for (size_t i = 0; i < facts->count;) {
		struct reasons part = {.items = facts->items + i + 1};
		struct snapshot next;

		while (i + 1 + part.count < facts->count &&
		       facts->items[i + 1 + part.count][0] != '\0')
			part.count++;
		i += 1 + part.count;
		snapshot_from_facts(&part, &next);
		if (!first)
			comparison_add(comparison, last, &next);
		first = false;
		snapshot_clear(last);
		*last = next;
	}
}

void check_identity(struct examination *examination, struct certify_result *result)
{
	struct comparison comparison = {.count = 0};
	struct snapshot last = {.lines = {.count = 0}};
	bool complete = true;

	for (unsigned process = 0; process < 2 && complete; process++) {
		struct experiment_outcome outcome;

		experiment_run(examination, result, try_sessions, NULL, false, &outcome);
		compare_process(&comparison, &last, process == 0, &outcome.facts);
		complete = outcome.complete;
		experiment_outcome_clear(&outcome);
	}
	judge_identity(result, &comparison);
	result_summary(result, "%zu resources in %zu sessions of 2 processes", last.lines.count,
	    comparison.comparisons + 1);
	snapshot_clear(&last);
	comparison_clear(&comparison);
}

/* ---- updates ---- */

static void judge_presence(
    struct trial *trial, const struct comparison *comparison, const struct tally *tally)
{
	/* A device may really lose a drive meanwhile, but not in every fourth scan. */
	if (tally->comparisons * 4 > comparison->comparisons)
		trial_fail(trial,
		    "remove a resource only when the device says that it is gone, and identify it "
		    "by what does not change",
		    "resources of class %s came and went in %zu of %zu scans (%s, for example)",
		    tally->name, tally->comparisons, comparison->comparisons, tally->example);
	else
		trial_note(trial, "%s: %zu came and %zu went in %zu scans (%s, for example)",
		    tally->name, tally->gained, tally->lost, comparison->comparisons,
		    tally->example);
}

static void judge_changes(
    struct trial *trial, const struct comparison *comparison, const struct tally *tally)
{
	if (tally->comparisons * 2 > comparison->comparisons)
		trial_fail(trial,
		    "make a measurement a statistic (IML_GAUGE, IML_COUNTER); leave out times and "
		    "counters of scans",
		    "%s changed in %zu of %zu scans (%s, for example)", tally->name,
		    tally->comparisons, comparison->comparisons, tally->example);
	else
		trial_note(trial, "%s changed in %zu of %zu scans (%s, for example)", tally->name,
		    tally->comparisons, comparison->comparisons, tally->example);
}

static void judge_updates(struct trial *trial, const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++) {
		const struct tally *tally = &comparison->tallies[i];

		if (tally->lost + tally->gained > 0)
			judge_presence(trial, comparison, tally);
		else if (tally->changed > 0)
			judge_changes(trial, comparison, tally);
	}
	trial_summary(trial, "%zu scans", comparison->comparisons);
}

/* How many scans to compare; as many as are wanted for all, within reason. */
static unsigned count_updates(const struct trial *trial)
{
	unsigned count = trial->options->scans / 5;

	if (count < UPDATES_MIN)
		return UPDATES_MIN;
	return count < UPDATES_MAX ? count : UPDATES_MAX;
}

static void compare_updates(struct trial *trial, struct comparison *comparison)
{
	struct snapshot before, after;

	snapshot_take(trial, &before);
	for (unsigned i = count_updates(trial); i > 0; i--) {
		if (!trial_scan(trial)) {
			trial_fail(trial, no_contact, "update_scan failed: %s",
			    trial->seen.reason != NULL ? trial->seen.reason : "it ended");
			break;
		}
		snapshot_take(trial, &after);
		comparison_add(comparison, &before, &after);
		snapshot_clear(&before);
		before = after;
	}
	snapshot_clear(&before);
}

static void try_updates(struct trial *trial)
{
	struct comparison comparison = {.count = 0};

	if (!trial_begin(trial))
		return;
	if (!kit_has_update_scan(trial->kit)) {
		trial_skip(trial, "the plugin has no update_scan");
	} else if (trial_must_settle(trial, "before the updates")) {
		compare_updates(trial, &comparison);
		judge_updates(trial, &comparison);
	}
	comparison_clear(&comparison);
	trial_end(trial);
}

void check_updates(struct examination *examination, struct certify_result *result)
{
	experiment_try(examination, result, try_updates);
}

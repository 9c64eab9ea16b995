/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/client.h"
#include "cli/json.h"

/* What monitoring systems take from a plugin of theirs. */
enum nagios { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN, NAGIOS_COUNT };

static const struct {
	const char *name; /* of the runner */
	const char *word;
	enum style style;
} statuses[NAGIOS_COUNT] = {
    [NAGIOS_OK] = {"ok", "OK", STYLE_GOOD},
    [NAGIOS_WARNING] = {"warning", "WARNING", STYLE_WARNING},
    [NAGIOS_CRITICAL] = {"critical", "CRITICAL", STYLE_ERROR},
    [NAGIOS_UNKNOWN] = {"unknown", "UNKNOWN", STYLE_WARNING},
};

static enum nagios status_named(const char *name)
{
	size_t status = 0;

	while (status < NAGIOS_UNKNOWN && strcmp(statuses[status].name, name) != 0)
		status++;
	return (enum nagios)status;
}

int health_status(struct json_object *health)
{
	return (int)status_named(json_text(health, "status"));
}

/* ---- for people ---- */

/* Appends "2 of 3 plugins running, 5 of 7 scannables online, 1 paused". */
static void append_counts(struct text *out, struct json_object *health)
{
	int64_t plugins = json_number(health, "plugins");
	int64_t scannables = json_number(health, "scannables");
	int64_t paused = json_number(health, "scannables_paused");

	text_printf(out, "%lld of %lld plugin%s running, %lld of %lld scannable%s online",
	    (long long)json_number(health, "plugins_running"), (long long)plugins,
	    plural((uint64_t)plugins), (long long)json_number(health, "scannables_online"),
	    (long long)scannables, plural((uint64_t)scannables));
	if (paused > 0)
		text_printf(out, ", %lld paused", (long long)paused);
}

void render_health(struct text *out, const struct terminal *terminal, struct json_object *health)
{
	enum nagios status = status_named(json_text(health, "status"));
	struct json_object *problems = json_part(health, "problems");
	int64_t more = json_number(health, "problem_count") - (int64_t)json_count(problems);

	append_styled(out, terminal, statuses[status].style, statuses[status].word);
	text_append(out, ": ");
	append_counts(out, health);
	text_append_char(out, '\n');
	for (size_t i = 0; i < json_count(problems); i++) {
		struct json_object *problem = json_item(problems, i);

		status = status_named(json_text(problem, "severity"));
		append_styled(out, terminal, statuses[status].style, statuses[status].word);
		text_append(out, "  ");
		append_clean(out, terminal, json_text(problem, "text"));
		text_append_char(out, '\n');
	}
	if (more > 0)
		text_printf(out, "and %lld more\n", (long long)more);
}

/* ---- for Nagios, Icinga and their kind ---- */

/* What comes after the words, in the order of the format: label, unit, and the largest value. */
static const struct {
	const char *key;
	const char *unit;
	const char *most; /* the key of it, or NULL */
} performance[] = {
    {"plugins", "", NULL},
    {"plugins_running", "", "plugins"},
    {"scannables", "", NULL},
    {"scannables_online", "", "scannables"},
    {"scannables_degraded", "", "scannables"},
    {"scannables_offline", "", "scannables"},
    {"scannables_paused", "", "scannables"},
    {"alerts", "", NULL},
    {"database_away_s", "s", NULL},
    {"dropped_samples", "c", NULL},
};

static void append_performance(struct text *out, struct json_object *health)
{
	text_append(out, " |");
	for (size_t i = 0; i < sizeof(performance) / sizeof(performance[0]); i++) {
		text_printf(out, " %s=%lld%s;;;0", performance[i].key,
		    (long long)json_number(health, performance[i].key), performance[i].unit);
		if (performance[i].most != NULL)
			text_printf(
			    out, ";%lld", (long long)json_number(health, performance[i].most));
	}
}

/* Appends text in which the mark of performance data is none. */
static void append_words(struct text *out, const char *words)
{
	static const struct terminal plain = {.unicode = true};
	size_t begin = out->length;

	append_clean(out, &plain, words);
	for (size_t i = begin; i < out->length; i++)
		if (out->data[i] == '|')
			out->data[i] = '/';
}

void render_nagios(struct text *out, struct json_object *health)
{
	enum nagios status = status_named(json_text(health, "status"));
	struct json_object *problems = json_part(health, "problems");
	int64_t count = json_number(health, "problem_count");

	text_printf(out, "IML %s - ", statuses[status].word);
	if (count > 0)
		append_words(out, json_text(json_item(problems, 0), "text"));
	else
		append_counts(out, health);
	if (count > 1)
		text_printf(out, ", and %lld more", (long long)count - 1);
	append_performance(out, health);
	text_append_char(out, '\n');
	for (size_t i = 1; i < json_count(problems); i++) {
		append_words(out, json_text(json_item(problems, i), "text"));
		text_append_char(out, '\n');
	}
}

/* ---- the command ---- */

/* Nothing was answered; what went wrong is told on standard error, which Nagios does not read. */
static int conclude_unanswered(const struct cli *cli, enum nagios status, const char *words)
{
	if (cli->nagios)
		printf("IML %s - %s\n", statuses[status].word, words);
	return (int)status;
}

int health_without_runner(const struct cli *cli, bool is_forbidden)
{
	if (is_forbidden)
		return conclude_unanswered(
		    cli, NAGIOS_UNKNOWN, "not allowed to talk to the plugin runner");
	return conclude_unanswered(cli, NAGIOS_CRITICAL, "no plugin runner answers");
}

int command_health(struct cli *cli, char **arguments, int count)
{
	struct json_object *health = client_get(cli->client, "/healthz");
	struct text out = TEXT_EMPTY;
	int status, written;

	(void)arguments;
	(void)count;
	if (health == NULL)
		return conclude_unanswered(
		    cli, NAGIOS_UNKNOWN, "the plugin runner does not answer");
	status = health_status(health);
	if (cli->json)
		append_json(&out, health);
	else if (cli->nagios)
		render_nagios(&out, health);
	else
		render_health(&out, &cli->terminal, health);
	json_object_put(health);
	written = print(&out);
	return written == EXIT_SUCCESS ? status : NAGIOS_UNKNOWN;
}

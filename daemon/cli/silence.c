/* SPDX-License-Identifier: MIT */
/* Silences: making and ending one, and which there are. */
#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"
#include "model/moment.h"

/* The time that a silence is to end at, as the runner reads it; NULL with a complaint. */
static char *end_time(const struct cli *cli)
{
	char reason[REASON_SIZE];
	int64_t duration, end_us;
	char *until;

	if (cli->stats.until != NULL) {
		until = stats_time(cli->stats.until, false, reason);
		if (until == NULL)
			fprintf(stderr, "iml-plugin: --until: %s\n", reason);
		return until;
	}
	if (!duration_parse(cli->silence.duration, &duration, reason)) {
		fprintf(stderr, "iml-plugin: --for: %s\n", reason);
		return NULL;
	}
	end_us = wallclock_now().us + duration / (NS_PER_S / US_PER_S);
	return xasprintf("%" PRId64 ".%06" PRId64, end_us / US_PER_S, end_us % US_PER_S);
}

/* Whether the options go together; else complains. */
static bool options_fit(const struct cli *cli, int count)
{
	const struct silence_options *options = &cli->silence;
	bool has_until = cli->stats.until != NULL, has_for = options->duration != NULL;

	if (options->end != NULL && (count > 0 || has_until || has_for || cli->why != NULL))
		wrong_usage("--end goes with nothing else", "");
	else if (options->end != NULL && !is_id(options->end))
		wrong_usage("not the number of a silence, see \"silences\": ", options->end);
	else if (options->end == NULL && count == 0)
		wrong_usage("an argument is missing: ", "ID|NAME, or --end ID");
	else if (options->end == NULL && has_until == has_for)
		wrong_usage("either --until or --for goes with silence", "");
	else if (options->end == NULL && cli->why == NULL)
		wrong_usage("--why is missing: the reason, for those who wonder", "");
	else
		return true;
	return false;
}

static int end_silence(const struct cli *cli)
{
	char *path = xasprintf("/v1/silences/%s", cli->silence.end);
	struct json_object *answer = client_send(cli->client, "DELETE", path, NULL);

	free(path);
	return conclude_change(cli, answer);
}

/* Asks for a silence. Returns the exit status. */
static int silence(struct cli *cli, const char *resource, const char *until)
{
	struct json_object *body = json_object_new_object();
	struct json_object *answer;
	struct text out = TEXT_EMPTY;

	json_object_object_add(
	    body, "resource", json_object_new_int64(strtoll(strrchr(resource, '/') + 1, NULL, 10)));
	json_object_object_add(body, "until", json_object_new_string(until));
	json_object_object_add(body, "why", json_object_new_string(cli->why));
	answer = client_send(cli->client, "POST", "/v1/silences", body);
	if (answer == NULL || cli->json)
		return conclude_change(cli, answer);
	text_printf(&out, "%lld\n", (long long)json_number(answer, "id"));
	json_object_put(answer);
	return print(&out);
}

int command_silence(struct cli *cli, char **arguments, int count)
{
	char *until, *resource;
	int result = EXIT_FAILURE;

	if (!options_fit(cli, count))
		return EXIT_WRONG_USAGE;
	if (cli->silence.end != NULL)
		return end_silence(cli);
	until = end_time(cli);
	if (until == NULL)
		return EXIT_WRONG_USAGE;
	resource = resource_path(cli, arguments[0]);
	if (resource != NULL)
		result = silence(cli, resource, until);
	free(resource);
	free(until);
	return result;
}

/* ---- which there are ---- */

static void add_silence(struct table *table, struct json_object *silence)
{
	struct text time = TEXT_EMPTY;

	append_time(&time, json_text(silence, "until"), true);
	table_add(table, STYLE_DIM, json_text(silence, "id"));
	table_add(table, STYLE_PLAIN, time.data);
	table_add(table, STYLE_DIM, json_text(json_part(silence, "resource"), "id"));
	table_add(table, STYLE_PLAIN, json_text(json_part(silence, "resource"), "label"));
	table_add(table, STYLE_PLAIN, json_text(silence, "alerts"));
	table_add(table, STYLE_PLAIN, json_text(silence, "who"));
	table_add(table, STYLE_PLAIN, json_text(silence, "why"));
	text_clear(&time);
}

void render_silences(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	static const char *const heads[] = {"#", "UNTIL", "ID", "RESOURCE", "ALERTS", "BY", "WHY"};
	struct json_object *silences = json_part(answer, "silences");
	struct table table;

	if (json_count(silences) == 0) {
		text_append(out, "Nothing is silenced.\n");
		return;
	}
	table = table_of(terminal, sizeof(heads) / sizeof(heads[0]));
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_add(&table, STYLE_BOLD, heads[i]);
	table_align_right(&table, 0);
	table_align_right(&table, 2);
	table_align_right(&table, 4);
	for (size_t i = 0; i < json_count(silences); i++)
		add_silence(&table, json_item(silences, i));
	table_render(&table, out);
	table_clear(&table);
}

int command_silences(struct cli *cli, char **arguments, int count)
{
	struct json_object *answer = client_get(cli->client, "/v1/silences");
	struct text out = TEXT_EMPTY;

	(void)arguments;
	(void)count;
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	render_silences(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}

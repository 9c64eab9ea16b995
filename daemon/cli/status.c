/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

/* Appends a duration in seconds, as "37 s". */
static void append_duration(struct text *out, double seconds)
{
	char buffer[CLOCK_TEXT_SIZE];

	text_append(out, duration_format((int64_t)(seconds * 1e9), buffer));
}

static bool is_one_of(const char *text, const char *const *words)
{
	while (*words != NULL && strcmp(text, *words) != 0)
		words++;
	return *words != NULL;
}

static bool database_is_away(struct json_object *status)
{
	static const char *const away[] = {"waiting", "stopped", NULL};
	struct json_object *database = json_part(status, "database");

	return json_real(database, "away_s") > 0 || is_one_of(json_text(database, "state"), away);
}

/* Whether the database is there, and yet does not store what it is given. */
static bool database_does_not_store(struct json_object *status)
{
	struct json_object *database = json_part(status, "database");

	return json_text(database, "error")[0] != '\0' || json_flag(database, "slow");
}

static bool plugin_is_bad(struct json_object *plugin)
{
	static const char *const bad[] = {"failed", "backoff", NULL};

	return is_one_of(json_text(plugin, "state"), bad);
}

bool status_is_bad(struct json_object *status)
{
	struct json_object *plugins = json_part(status, "plugins");

	for (size_t i = 0; i < json_count(plugins); i++) {
		if (plugin_is_bad(json_item(plugins, i)))
			return true;
	}
	return database_is_away(status) || database_does_not_store(status) ||
	       json_count(json_part(status, "mistakes")) > 0;
}

/* ---- what is wrong ---- */

/* Begins a line about something wrong: what it is, and the reason if one is known. */
static void append_problem(struct text *out, const struct terminal *terminal, enum style style,
    const char *what, const char *reason)
{
	append_styled(out, terminal, style, what);
	if (reason[0] != '\0') {
		text_append(out, ": ");
		append_clean(out, terminal, reason);
	}
	text_append_char(out, '\n');
}

static void append_indented(
    struct text *out, const struct terminal *terminal, struct json_object *lines)
{
	for (size_t i = 0; i < json_count(lines); i++) {
		text_append(out, "    ");
		append_clean(out, terminal, json_object_get_string(json_item(lines, i)));
		text_append_char(out, '\n');
	}
}

static void append_database_problem(
    struct text *out, const struct terminal *terminal, struct json_object *status)
{
	struct json_object *database = json_part(status, "database");
	struct text what = TEXT_EMPTY;

	if (!database_is_away(status)) {
		if (database_does_not_store(status))
			append_problem(out, terminal, STYLE_ERROR,
			    "The database does not store what it is given",
			    json_text(database, "error"));
		return;
	}
	text_append(&what, "The database is away");
	if (json_real(database, "away_s") > 0) {
		text_append(&what, " since ");
		append_duration(&what, json_real(database, "away_s"));
	}
	append_problem(out, terminal, STYLE_ERROR, what.data, json_text(database, "reason"));
	text_clear(&what);
}

static void append_spool_problem(
    struct text *out, const struct terminal *terminal, struct json_object *status)
{
	const char *reason = json_text(json_part(status, "spool"), "reason");

	if (reason[0] != '\0' && (database_is_away(status) || database_does_not_store(status)))
		append_problem(
		    out, terminal, STYLE_WARNING, "Samples are kept in memory only", reason);
}

static void append_mistake(
    struct text *out, const struct terminal *terminal, struct json_object *mistake)
{
	const char *plugin = json_text(mistake, "plugin");
	struct text what = TEXT_EMPTY;

	text_printf(&what, "%s: %sthere is a mistake", json_text(mistake, "place"),
	    json_flag(mistake, "rejected") ? "not reloaded, " : "");
	if (plugin[0] != '\0')
		text_printf(&what, " in a scannable of plugin %s", plugin);
	append_problem(out, terminal, STYLE_ERROR, what.data, json_text(mistake, "text"));
	text_clear(&what);
}

static void append_scannable_problem(struct text *out, const struct terminal *terminal,
    const char *plugin, struct json_object *scannable)
{
	struct text what = TEXT_EMPTY;
	int64_t refused = json_number(scannable, "refused");

	text_printf(&what, "%s of plugin %s ", json_text(scannable, "label"), plugin);
	if (json_part(scannable, "paused") != NULL) {
		/* Of a plugin that is paused it is told once. */
		if (!json_flag(json_part(scannable, "paused"), "with_plugin")) {
			text_append(&what, "is ");
			append_pause(&what, terminal, json_part(scannable, "paused"));
			append_problem(out, terminal, STYLE_WARNING, what.data, "");
		}
	} else if (strcmp(json_text(scannable, "state"), "backoff") == 0) {
		text_append(&what, "can't be scanned");
		append_problem(
		    out, terminal, STYLE_ERROR, what.data, json_text(scannable, "reason"));
	} else if (refused > 0) {
		text_printf(&what, "is degraded: %lld call%s refused in the last scan",
		    (long long)refused, plural((uint64_t)refused));
		append_problem(
		    out, terminal, STYLE_WARNING, what.data, json_text(scannable, "reason"));
	}
	text_clear(&what);
}

/* What is wrong with a plugin itself. */
static void append_plugin_troubles(
    struct text *out, const struct terminal *terminal, struct json_object *plugin)
{
	struct json_object *warnings = json_part(plugin, "warnings");
	struct json_object *reasons = json_part(plugin, "reasons");
	const char *name = json_text(plugin, "name");
	struct text what = TEXT_EMPTY;

	if (plugin_is_bad(plugin)) {
		text_printf(&what, "Plugin %s %s", name,
		    strcmp(json_text(plugin, "state"), "failed") == 0 ? "failed"
		                                                      : "waits to be restarted");
		append_problem(out, terminal, STYLE_ERROR, what.data,
		    json_count(reasons) > 1 ? "" : json_text(plugin, "reason"));
		if (json_count(reasons) > 1)
			append_indented(out, terminal, reasons);
	}
	if (json_count(warnings) > 0) {
		text_reset(&what);
		text_printf(&what, "Plugin %s was loaded with warnings", name);
		append_problem(out, terminal, STYLE_WARNING, what.data, "");
		append_indented(out, terminal, warnings);
	}
	if (json_part(plugin, "paused") != NULL) {
		text_reset(&what);
		text_printf(&what, "Plugin %s is ", name);
		append_pause(&what, terminal, json_part(plugin, "paused"));
		append_problem(out, terminal, STYLE_WARNING, what.data, "");
	}
	text_clear(&what);
}

/* The same, and with its scannables. */
static void append_plugin_problems(
    struct text *out, const struct terminal *terminal, struct json_object *plugin)
{
	struct json_object *scannables = json_part(plugin, "scannables");

	append_plugin_troubles(out, terminal, plugin);
	for (size_t i = 0; i < json_count(scannables); i++)
		append_scannable_problem(
		    out, terminal, json_text(plugin, "name"), json_item(scannables, i));
}

/* ---- everything else ---- */

/* Appends how to reach an embedded database, which nobody could guess. */
static void append_conninfo(
    struct text *out, const struct terminal *terminal, struct json_object *database)
{
	const char *conninfo = json_text(database, "conninfo");

	if (conninfo[0] == '\0')
		return;
	text_append(out, "\nreach it with: psql \"");
	append_clean(out, terminal, conninfo);
	text_append_char(out, '"');
}

/* Appends how many samples wait to be stored, and how many never will be. */
static void append_samples(
    struct text *out, const struct terminal *terminal, struct json_object *status)
{
	struct json_object *spool = json_part(status, "spool");
	int64_t dropped = json_number(json_part(status, "counts"), "dropped_samples");

	if (json_number(spool, "samples") > 0) {
		text_printf(out, "samples that wait for the database: %lld (",
		    (long long)json_number(spool, "samples"));
		bytes_format(json_number(spool, "bytes"), out);
		text_append(out, " in ");
		append_clean(out, terminal, json_text(spool, "path"));
		text_append(out, ")\n");
	}
	if (dropped > 0)
		text_printf(out, "samples dropped: %lld\n", (long long)dropped);
}

static void append_summary(
    struct text *out, const struct terminal *terminal, struct json_object *status)
{
	struct json_object *counts = json_part(status, "counts");
	struct json_object *database = json_part(status, "database");
	int64_t initially = json_number(status, "scanning_initially");

	text_append(out, "iml-plugin-runner ");
	append_clean(out, terminal, json_text(status, "version"));
	text_append(out, " is ");
	append_clean(out, terminal, json_text(status, "state"));
	text_printf(out, ", pid %lld, up ", (long long)json_number(status, "pid"));
	append_duration(out, json_real(status, "uptime_s"));
	text_append(out, "\nconfiguration: ");
	append_clean(out, terminal,
	    json_text(status, "config")[0] != '\0' ? json_text(status, "config") : "defaults");
	text_printf(out, "\ndatabase: %s", json_flag(database, "embedded") ? "embedded, " : "");
	append_clean(out, terminal, json_text(database, "state"));
	text_printf(out, ", %lld transactions, %lld failed, %lld reconnects",
	    (long long)json_number(database, "transactions"),
	    (long long)json_number(database, "failures"),
	    (long long)json_number(database, "reconnects"));
	append_conninfo(out, terminal, database);
	text_printf(out, "\nresources: %lld, active alerts: %lld\n",
	    (long long)json_number(counts, "resources"), (long long)json_number(counts, "alerts"));
	if (initially > 0)
		text_printf(out, "initial scans still running: %lld\n", (long long)initially);
	append_samples(out, terminal, status);
}

static enum style style_of_state(const char *state)
{
	static const char *const good[] = {"running", "online", NULL};
	static const char *const bad[] = {"failed", "backoff", NULL};

	if (is_one_of(state, good))
		return STYLE_GOOD;
	return is_one_of(state, bad) ? STYLE_ERROR : STYLE_WARNING;
}

/* Adds the state, which also tells whether the plugin is paused. */
static void add_plugin_state(struct table *table, struct json_object *plugin)
{
	const char *state = json_text(plugin, "state");
	bool is_paused = json_part(plugin, "paused") != NULL;
	struct text words = TEXT_EMPTY;

	text_printf(&words, "%s%s", state, is_paused ? ", paused" : "");
	table_add(table, is_paused ? STYLE_WARNING : style_of_state(state), words.data);
	text_clear(&words);
}

/* Appends the plugins; with_more also what the summary of all does without. */
static void append_plugins(
    struct text *out, const struct terminal *terminal, struct json_object *plugins, bool with_more)
{
	struct table table = table_of(terminal, with_more ? 7 : 5);

	table_add(&table, STYLE_BOLD, "PLUGIN");
	table_add(&table, STYLE_BOLD, "STATE");
	table_add(&table, STYLE_BOLD, "PID");
	table_add(&table, STYLE_BOLD, "RESTARTS");
	if (with_more) {
		table_add(&table, STYLE_BOLD, "INTERFACE");
		table_add(&table, STYLE_BOLD, "SCANNABLES");
		table_align_right(&table, 5);
	}
	table_add(&table, STYLE_BOLD, "FILE");
	table_align_right(&table, 2);
	table_align_right(&table, 3);
	for (size_t i = 0; i < json_count(plugins); i++) {
		struct json_object *plugin = json_item(plugins, i);

		table_add(&table, STYLE_PLAIN, json_text(plugin, "name"));
		add_plugin_state(&table, plugin);
		table_add(&table, STYLE_PLAIN, json_text(plugin, "pid"));
		table_add(&table, STYLE_PLAIN, json_text(plugin, "restarts"));
		if (with_more) {
			table_add(&table, STYLE_PLAIN, json_text(plugin, "api"));
			table_add_number(&table, STYLE_PLAIN,
			    (long long)json_count(json_part(plugin, "scannables")));
		}
		table_add(&table, STYLE_PLAIN, json_text(plugin, "path"));
	}
	table_render(&table, out);
	table_clear(&table);
}

static void add_scannable(struct table *table, const char *plugin, struct json_object *scannable)
{
	const char *state = json_text(scannable, "state");
	const char *reason = json_text(scannable, "reason");
	struct text time = TEXT_EMPTY, took = TEXT_EMPTY;

	/* It is not known to the database yet, and waits for that. */
	if (json_text(scannable, "id")[0] == '\0' && reason[0] != '\0')
		state = reason;
	text_append(&time, "");
	text_append(&took, "");
	if (json_text(scannable, "last_scan")[0] != '\0') {
		append_time(&time, json_text(scannable, "last_scan"), false);
		text_printf(&took, "%.1f ms", json_real(scannable, "last_scan_ms"));
	}
	table_add(table, STYLE_DIM, json_text(scannable, "id"));
	table_add(table, STYLE_PLAIN, json_text(scannable, "label"));
	table_add(table, STYLE_PLAIN, plugin);
	table_add(table, style_of_state(state), state);
	table_add(table, STYLE_PLAIN, time.data);
	table_add(table, STYLE_PLAIN, took.data);
	text_clear(&time);
	text_clear(&took);
}

static void append_scannables(
    struct text *out, const struct terminal *terminal, struct json_object *plugins)
{
	struct table table = table_of(terminal, 6);
	struct json_object *plugin, *scannables;

	table_add(&table, STYLE_BOLD, "ID");
	table_add(&table, STYLE_BOLD, "SCANNABLE");
	table_add(&table, STYLE_BOLD, "PLUGIN");
	table_add(&table, STYLE_BOLD, "STATE");
	table_add(&table, STYLE_BOLD, "LAST SCAN");
	table_add(&table, STYLE_BOLD, "TOOK");
	table_align_right(&table, 0);
	table_align_right(&table, 5);
	for (size_t i = 0; i < json_count(plugins); i++) {
		plugin = json_item(plugins, i);
		scannables = json_part(plugin, "scannables");
		for (size_t j = 0; j < json_count(scannables); j++)
			add_scannable(&table, json_text(plugin, "name"), json_item(scannables, j));
	}
	table_render(&table, out);
	table_clear(&table);
}

void render_status(struct text *out, const struct terminal *terminal, struct json_object *status)
{
	struct json_object *plugins = json_part(status, "plugins");
	struct json_object *mistakes = json_part(status, "mistakes");
	size_t begin = out->length;

	append_database_problem(out, terminal, status);
	append_spool_problem(out, terminal, status);
	for (size_t i = 0; i < json_count(mistakes); i++)
		append_mistake(out, terminal, json_item(mistakes, i));
	for (size_t i = 0; i < json_count(plugins); i++)
		append_plugin_problems(out, terminal, json_item(plugins, i));
	if (out->length > begin)
		text_append_char(out, '\n');
	append_summary(out, terminal, status);
	text_append_char(out, '\n');
	if (json_count(plugins) == 0) {
		text_append(out, "No plugins are configured.\n");
		return;
	}
	append_plugins(out, terminal, plugins, false);
	text_append_char(out, '\n');
	append_scannables(out, terminal, plugins);
}

void render_plugins(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *plugins = json_part(answer, "plugins");
	size_t begin = out->length;

	for (size_t i = 0; i < json_count(plugins); i++)
		append_plugin_troubles(out, terminal, json_item(plugins, i));
	if (out->length > begin)
		text_append_char(out, '\n');
	if (json_count(plugins) > 0)
		append_plugins(out, terminal, plugins, true);
	else
		text_append(out, "No plugins are configured.\n");
}

int command_plugins(struct cli *cli, char **arguments, int count)
{
	struct json_object *answer = client_get(cli->client, "/v1/plugins");
	struct text out = TEXT_EMPTY;

	(void)arguments;
	(void)count;
	if (answer == NULL || cli->json)
		return conclude_change(cli, answer);
	render_plugins(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}

int command_status(struct cli *cli, char **arguments, int count)
{
	struct json_object *status = client_get(cli->client, "/v1/status");
	struct text out = TEXT_EMPTY;
	bool bad;
	int result;

	(void)arguments;
	(void)count;
	if (status == NULL)
		return EXIT_UNKNOWN;
	bad = status_is_bad(status);
	if (cli->json) {
		result = print_json(status);
	} else {
		render_status(&out, &cli->terminal, status);
		json_object_put(status);
		result = print(&out);
	}
	return bad ? EXIT_FAILURE : result;
}

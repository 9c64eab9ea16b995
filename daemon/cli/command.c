/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/client.h"

#define JSON_FLAGS \
	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)
#define WAIT_MAX 3600

static int command_help(struct cli *cli, char **arguments, int count);

static const struct command commands[] = {
    {"tree", "[ID]", "what each scannable holds, and what is wrong with it",
        "Draws the resources of every scannable below their parents, or those below the\n"
        "resource ID. A resource with several parents is drawn below the first and named\n"
        "after an arrow at the others. \"! …\" marks an alert, in parentheses one of a\n"
        "resource further up.\n",
        0, 1, true, false, command_tree},
    {"list", "[CLASS]", "the classes, or the resources of a class",
        "Without CLASS lists the classes of all plugins. CLASS is the name or label of a class,\n"
        "plugin.Name where two plugins have one of the same name, or a kind (PhysicalDisk),\n"
        "which includes all classes derived from it. Case does not count.\n"
        "  --all   without CLASS: also the classes of plugins that are marked internal\n",
        0, 1, false, false, command_list},
    {"classes", "[CLASS]", "the classes, or what a class is made of",
        "Without CLASS the same as \"list\". CLASS is named as there; shown is what a form to add "
        "or\n"
        "change one has, what each value can be and is if none is given, and what tables show.\n"
        "  --all   without CLASS: also the classes of plugins that are marked internal\n",
        0, 1, false, false, command_classes},
    {"plugins", "", "the plugins, and what is wrong with them",
        "Lists the plugins that are configured, with state, process, restarts, interface, number "
        "of\n"
        "scannables, and file. What is wrong comes first.\n",
        0, 0, false, false, command_plugins},
    {"show", "ID", "everything about one resource",
        "Shows attributes, alerts, parents and children of the resource with this id, as\n"
        "\"list\" and \"alerts\" give it.\n",
        1, 1, true, false, command_show},
    {"stats", "ID|NAME", "the statistics of a resource, as charts",
        "Draws the charts of a resource's class over the last hour, and says where data is "
        "missing\n"
        "and why. NAME is the label of a resource. What counts is drawn as a rate per second.\n"
        "  --since TIME      begin: 90min, 1h, 7d (ago), 10:28, 2026-11-22, \"2026-11-22 10:28\"\n"
        "  --until TIME      end; if not given, now\n"
        "  --points NUMBER   most points of a series, 1 to 10000; 1000 if not given\n"
        "  --statistic NAME  this statistic only; may be given several times\n"
        "  --watch           again every 5 s or sooner, until Ctrl-C\n"
        "  --csv             as a table for other programs\n"
        "  --width COLUMNS   the width to draw in, 20 to 1000\n",
        1, 1, false, false, command_stats},
    {"alerts", "", "the active alerts, oldest first",
        "Lists what is wrong, since when, and which resources it affects. An alert on which\n"
        "others follow is listed once for all of them, with their number.\n"
        "  --all   each alert, with its cause\n",
        0, 0, false, false, command_alerts},
    {"events", "", "what happened, and what happens from now on",
        "Lists what happened in the last day, oldest first: alerts raised and cleared, contact\n"
        "lost and found, resources discovered, counters reset.\n"
        "  --since TIME        from then on: 90min, 1h, 7d (ago), 10:28, 2026-11-22\n"
        "  --follow            then what happens, until Ctrl-C\n"
        "  --resource ID|NAME  what happened to this resource, or was found by its scans\n",
        0, 0, false, false, command_events},
    {"impact", "ID", "what depends on a resource, and what it suffers from",
        "Tells which volumes and servers a problem with the resource puts at risk, each with\n"
        "the way it takes, what else depends on it, and the alerts that it suffers from.\n",
        1, 1, true, false, command_impact},
    {"graph", "[ID]", "who depends on whom, as trees or for graphviz",
        "Draws the whole graph from the top, or what is above and below the resource ID. What\n"
        "was drawn before is named after an arrow.\n"
        "  --dot   for graphviz: iml-plugin graph --dot | dot -Tsvg\n",
        0, 1, true, false, command_graph},
    {"status", "", "how the runner, its plugins and scannables are",
        "Tells what is wrong first. Exits with 0 if the runner runs and all is well, with 1 if a\n"
        "plugin failed, the configuration has a mistake or the database is away, with 3 if no\n"
        "runner runs, and with 4 if that can't be told.\n",
        0, 0, false, false, command_status},
    {"health", "", "whether all is well, for monitoring systems",
        "Tells what is wrong, worst first. Exits with 0 if all is well, with 1 after a warning, "
        "with\n"
        "2 if the database is away, a plugin failed or no runner runs, and with 3 if that can't "
        "be\n"
        "told.\n"
        "  --nagios   for Nagios and its kind: one line, with performance data\n",
        0, 0, false, false, command_health},
    {"top", "", "which plugins and scannables take most",
        "Shows, every 2 seconds until \"q\" or Ctrl-C, what the process of each plugin takes, and "
        "how\n"
        "long the scans of each scannable take and how late they begin: the last one, and the "
        "mean\n"
        "since the runner was started. CPU is of the time since before, at first of all time.\n"
        "  --once          once; also without a terminal\n"
        "  --sort COLUMN   name, state, pid, cpu, memory, fds, threads, scans, last, mean, late,\n"
        "                  mean-late, refused, restarts, id or plugin; highest first\n",
        0, 0, false, false, command_top},
    {"watch", "", "the tree, then every change as it happens",
        "Draws the tree when all initial scans are done (after 8 seconds at the latest) and\n"
        "then writes a line for each change, until Ctrl-C or until the runner ends. With\n"
        "--json each change is one JSON text on one line.\n",
        0, 0, false, false, command_watch},
    {"add", "PLUGIN CLASS ATTRIBUTE=VALUE... [OPTION]...", "add a scannable",
        "Has the plugin scan what the attributes describe, of its scannable class CLASS, from now\n"
        "on. Passwords that are needed and not given are asked for.\n"
        "  --password ATTRIBUTE                ask for this password, too\n"
        "  --password-file ATTRIBUTE=FILE      the password in the first line of FILE\n"
        "  --password-command ATTRIBUTE=WORDS  the password in the first line that WORDS writes\n",
        3, 1000, false, false, command_add},
    {"modify", "ID|NAME ATTRIBUTE=VALUE... [OPTION]...", "change a scannable that was added",
        "Gives a scannable other attributes, and begins to scan it anew. It keeps its number and\n"
        "all that belongs to it.\n"
        "  --unset ATTRIBUTE                   no value\n"
        "  --password ATTRIBUTE                ask for this password\n"
        "  --password-file ATTRIBUTE=FILE      the password in the first line of FILE\n"
        "  --password-command ATTRIBUTE=WORDS  the password in the first line that WORDS writes\n",
        1, 1000, false, false, command_modify},
    {"remove", "ID|NAME", "remove a scannable that was added",
        "Ends the scans of a scannable, and removes it with all that it alone reports, and its\n"
        "history. Also one that left the configuration file, by its id.\n",
        1, 1, false, false, command_remove},
    {"rescan", "ID|NAME...", "scan scannables now, without waiting",
        "Has each scannable scanned now, also one that waits because its last scan failed, or\n"
        "because its plugin died. A scan that runs is left alone.\n"
        "  --all   all scannables that are not paused\n",
        0, 1000, false, false, command_rescan},
    {"pause", "ID|NAME... [OPTION]...", "scan scannables no more until they are resumed",
        "Ends the scans of scannables after the one that runs. What they have reported, and their\n"
        "alerts, stay as they are, and they do not count as not contactable. It lasts until\n"
        "\"resume\", also when the runner is restarted. --plugin alone pauses all of a plugin.\n"
        "  --plugin NAME   the plugin, or the one that has the scannables\n"
        "  --why TEXT      why, for others to read\n",
        0, 1000, false, false, command_pause},
    {"resume", "ID|NAME... [OPTION]...", "scan scannables again that were paused",
        "Begins to scan scannables again, at once. --plugin alone resumes a plugin that was "
        "paused\n"
        "as a whole; what was paused by itself before stays so.\n"
        "  --plugin NAME   the plugin, or the one that has the scannables\n",
        0, 1000, false, false, command_resume},
    {"reload", "", "read the configuration again, and tell what changed",
        "Has the runner take up what differs in its configuration, as SIGHUP does, and tells what\n"
        "that is. With a mistake in it nothing changes, and all mistakes are told.\n",
        0, 0, false, false, command_reload},
    {"log-level", "[PLUGIN] [LEVEL|default]", "how much is logged about plugins, and for how long",
        "Logs from now on what is of LEVEL (debug, info, warning, error) or above: what the "
        "plugin\n"
        "logs and prints, and what the runner says about it, or without PLUGIN all there is. It\n"
        "lasts until it is set again, also to \"default\", until a reload, or until the runner is\n"
        "restarted. Without LEVEL shows what the levels are.\n",
        0, 2, false, false, command_log_level},
    {"volumes", "", "volumes, their nodes on servers, and which of these are used",
        "Lists the logical drives that servers can use, with the device nodes that lead there. "
        "The\n"
        "runner decides which are primary and secondary, unless a user has chosen them.\n",
        0, 0, false, false, command_volumes},
    {"choose", "VOLUME [NODE...]", "choose the nodes of a volume that are used",
        "Makes the first of the nodes, by their numbers, the primary one of the volume, and the\n"
        "others secondary ones, on different servers of one HA cluster; further ones are unused.\n"
        "  --clear   let the runner decide again\n",
        1, 1000, false, false, command_choose},
    {"alias", "ID|NAME [TEXT]", "give a resource a name of your own",
        "Calls the resource TEXT, up to 64 characters, wherever it is shown; NAME is what it is\n"
        "called now.\n"
        "  --clear   call it again what the plugin calls it\n",
        1, 2, false, false, command_alias},
    {"dismiss", "ID...", "mark alerts as seen",
        "Marks the active alerts of these numbers, which \"alerts\" shows in its first column, as\n"
        "seen. They stay active; one that is raised again is not marked.\n"
        "  --undo   take the mark back\n",
        1, 1000, false, false, command_dismiss},
    {"silence", "[ID|NAME] [OPTION]...", "leave the alerts of a resource out of what is counted",
        "Silences the resource and all that depends on it: their alerts stay active, but count\n"
        "neither for \"health\" nor in metrics, and \"alerts\" tells only how many there are. The\n"
        "number of the silence is written.\n"
        "  --until TIME      until then, at most a year: 18:30, 2026-11-22, \"2026-11-22 18:30\"\n"
        "  --for DURATION    for so long: 90min, 4h, 7d\n"
        "  --why TEXT        the reason\n"
        "  --end ID          end the silence of this number\n",
        0, 1, false, false, command_silence},
    {"silences", "", "what is silenced, until when, by whom and why",
        "Lists the silences that are in force, with the number of alerts under each.\n", 0, 0,
        false, false, command_silences},
    {"db", "ACTION [OPTION]...", "make, migrate or examine the database",
        "Needs no runner, but the database of its configuration, as the owner of the schema or "
        "who\n"
        "may make it. \"init\" makes schema, roles and rights, as often as it is called; "
        "\"migrate\"\n"
        "makes the schema what this program needs, while no runner is at work; \"check\" examines\n"
        "connection, server, settings, clock, rights, schema and content, and exits with 1 after\n"
        "an error. Exits with 69 if the database can't be reached, with 78 if the configuration\n"
        "has a mistake.\n"
        "  --config FILE    the runner's configuration, if not the system's\n"
        "  --conninfo TEXT  a conninfo of libpq, without password, in place of the configuration\n"
        "  --dry-run        of migrate: write the SQL that would be run\n"
        "  --owner ROLE     of init: who owns the schema; iml_storage_owner if not given\n"
        "  --runner ROLE    of init: what the runner connects as; iml_storage_runner\n"
        "  --reader ROLE    of init: who reads views; iml_storage_reader\n"
        "  --operator ROLE  of init: who asks the runner for changes, too; iml_storage_operator\n"
        "  --json           for programs: JSON, see iml-plugin(8)\n",
        0, 0, false, true, command_db},
    {"new", "NAME", "a folder with a small plugin that works: for authors",
        "Makes the folder NAME with a plugin for a simulated array, its unit test, a Makefile and\n"
        "notes on packaging. NAME begins with a lower-case letter and has lower-case letters,\n"
        "digits and _.\n"
        "  --directory DIR   the folder to make\n",
        1, 1, false, true, command_new},
    {"validate", "FILE.so", "what is wrong with a plugin: for its author",
        "Loads the plugin in a process of its own and tells every mistake in its declarations,\n"
        "and what is legal but poor. Calls none of its hooks; needs no runner, database or\n"
        "configuration. Exits with 1 if there was a mistake, with 2 if there is no such file.\n"
        "  --json   the same for programs\n",
        1, 1, false, true, command_validate},
    {"scan", "FILE.so [CLASS] ATTRIBUTE=VALUE... [OPTION]...",
        "run a plugin without a runner and see what it reports",
        "Scans with the plugin in FILE.so what the attributes describe, a resource of the\n"
        "scannable class CLASS (if there are several), without runner and database. Draws the\n"
        "tree of what it reports, then writes a line for each change, until Ctrl-C.\n\n"
        "  --once                        the first two scans only\n"
        "  --json                        for programs: JSON, see iml-plugin(8)\n"
        "  --password-file ATTRIBUTE=FILE  the password in the first line of FILE\n"
        "  --setting KEY=VALUE           a setting of the plugin\n"
        "  --period SECONDS              between update scans, if the plugin sets none\n"
        "  --watch                       again when FILE.so changes\n"
        "  --debug                       each scan and sample, and what the plugin logs at DEBUG\n"
        "  --no-isolation                in one process, for gdb and valgrind\n",
        0, 0, false, true, command_scan},
    {"certify", "FILE.so [CLASS] ATTRIBUTE=VALUE... [OPTION]...",
        "examine a plugin at its device, as proof that it is fit for use",
        "Runs every check there is on the plugin in FILE.so, at the device that the attributes\n"
        "describe, and reports what was seen and what to change. Exits with 1 if a check failed.\n"
        "See iml-plugin(8) for what each check proves: declarations, file, first-scan, identity,\n"
        "updates, teardown, refused-calls, stop, no-network, leaks, threads, concurrency,\n"
        "slow-device, password, process, output.\n\n"
        "  --scans NUMBER                of the check for leaks, 1000 if not given\n"
        "  --limit SECONDS               for each hook, 60 if not given\n"
        "  --check NAME                  this check alone\n"
        "  --json                        for programs and packages: JSON\n"
        "  --output FILE                 writes the report to FILE, too\n"
        "  --password-file ATTRIBUTE=FILE  the password in the first line of FILE\n"
        "  --setting KEY=VALUE           a setting of the plugin\n",
        0, 0, false, true, command_certify},
    {"help", "[COMMAND]", "this help, or that of a command", "Shows help.\n", 0, 1, false, false,
        command_help},
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* ---- help ---- */

/* Of every command that asks the runner, before or after it. */
static const char common_options[] =
    "  --socket PATH    the runner's control socket, if not one of the usual\n"
    "                   (or set IML_PLUGIN_SOCKET)\n"
    "  --json           answers for programs: JSON, see iml-plugin(8)\n"
    "  --wait SECONDS   wait for a runner that is starting\n";

static void append_usage(struct text *out)
{
	char use[32];

	text_append(out, "usage: iml-plugin [--socket PATH] [--json] [--wait SECONDS] COMMAND\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		/* The first argument tells enough here. */
		snprintf(use, sizeof(use), "%s %.*s", commands[i].name,
		    (int)strcspn(commands[i].arguments, " "), commands[i].arguments);
		text_printf(out, "  %-16s %s\n", use, commands[i].help);
	}
	text_printf(out,
	    "\n%s"
	    "  --help           this help\n"
	    "  --version        the version\n",
	    common_options);
}

int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "iml-plugin: %s%s; see \"iml-plugin --help\"\n", what, which);
	return EXIT_WRONG_USAGE;
}

static int command_help(struct cli *cli, char **arguments, int count)
{
	struct text out = TEXT_EMPTY;
	const struct command *command;

	(void)cli;
	if (count == 0) {
		append_usage(&out);
		return print(&out);
	}
	command = find_command(arguments[0]);
	if (command == NULL)
		return wrong_usage("no such command: ", arguments[0]);
	text_printf(&out, "usage: iml-plugin %s%s%s\n\n%s", command->name,
	    command->arguments[0] != '\0' ? " " : "", command->arguments, command->details);
	if (!command->for_authors && command->run != command_help)
		text_printf(&out, "\n%s", common_options);
	return print(&out);
}

static int print_version(void)
{
	struct text out = TEXT_EMPTY;

	text_append(&out, "iml-plugin " VERSION "\n");
	return print(&out);
}

/* ---- output ---- */

int print(struct text *out)
{
	bool written = out->length == 0 || fwrite(out->data, out->length, 1, stdout) == 1;

	written = fflush(stdout) == 0 && written;
	if (!written)
		perror("iml-plugin: standard output");
	text_clear(out);
	return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

void print_next(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	if (cli->json || !isatty(STDERR_FILENO))
		return;
	fputs("Next: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void append_json(struct text *out, struct json_object *answer)
{
	text_append(out, json_object_to_json_string_ext(answer, JSON_FLAGS));
	text_append_char(out, '\n');
}

int print_json(struct json_object *answer)
{
	struct text out = TEXT_EMPTY;

	append_json(&out, answer);
	json_object_put(answer);
	return print(&out);
}

/* ---- running ---- */

bool is_id(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length <= 18 && text[length] == '\0';
}

/* The exit status of a command when there is no runner to talk to, or one that may not be asked. */
static int without_runner(const struct cli *cli, const struct command *command, bool is_forbidden)
{
	if (command->run == command_health)
		return health_without_runner(cli, is_forbidden);
	if (command->run == command_status)
		return is_forbidden ? EXIT_UNKNOWN : EXIT_NOT_RUNNING;
	return EXIT_FAILURE;
}

/* Connects to the runner and runs the command. */
static int run(struct cli *cli, const struct command *command, char **arguments, int count)
{
	int result;

	if (command->run == command_help)
		return command_help(cli, arguments, count);
	cli->client = client_open(cli->socket, cli->wait_s);
	if (cli->client == NULL)
		return without_runner(cli, command, errno == EACCES);
	result = command->run(cli, arguments, count);
	client_free(cli->client);
	return result;
}

/* Whether the command takes those of the options of stats that were given; else complains. */
static bool stats_options_fit(const struct stats_options *options, const struct command *command)
{
	const char *given = options->given;

	if (command->run == command_stats)
		return true;
	if (options->until != NULL && command->run != command_silence)
		given = "--until";
	if (options->since != NULL && command->run != command_events)
		given = "--since";
	if (given != NULL)
		fprintf(stderr, "iml-plugin: %s is not of %s; see \"iml-plugin help\"\n", given,
		    command->name);
	return given == NULL;
}

/* Checks options that only commands about plugins have. Returns -1, or the exit status. */
static int check_plugin_options(const struct cli *cli, const struct command *command)
{
	if (cli->plugin != NULL && command->run != command_pause && command->run != command_resume)
		return wrong_usage("--plugin is of pause and resume, not of ", command->name);
	if (cli->why != NULL && command->run != command_pause && command->run != command_silence)
		return wrong_usage("--why is of pause and silence, not of ", command->name);
	if ((cli->once || cli->sort != NULL) && command->run != command_top)
		return wrong_usage("--once and --sort are of top, not of ", command->name);
	return -1;
}

/* Takes one of these options. */
static void take_plugin_option(struct cli *cli, int option, const char *argument)
{
	if (option == OPTION_PLUGIN)
		cli->plugin = argument;
	else if (option == OPTION_WHY)
		cli->why = argument;
	else if (option == OPTION_SORT)
		cli->sort = argument;
	else
		cli->once = true;
}

/* Checks the arguments of a command that talks to the runner, and runs it. */
static int check_and_run(struct cli *cli, const struct command *command, char **words, int count)
{
	if (count < command->min_arguments)
		return wrong_usage("an argument is missing: ", command->arguments);
	if (count > command->max_arguments)
		return wrong_usage("too many arguments for ", command->name);
	if (cli->all && command->run != command_alerts && command->run != command_list &&
	    command->run != command_classes && command->run != command_rescan)
		return wrong_usage(
		    "--all is of alerts, list, classes and rescan, not of ", command->name);
	if (cli->dot && (command->run != command_graph || cli->json))
		return wrong_usage("--dot is of graph, without --json", "");
	if (cli->clear && command->run != command_alias && command->run != command_choose)
		return wrong_usage("--clear is of alias and choose, not of ", command->name);
	if (cli->undo && command->run != command_dismiss)
		return wrong_usage("--undo is of dismiss, not of ", command->name);
	if (cli->follow && command->run != command_events)
		return wrong_usage("--follow is of events, not of ", command->name);
	if (cli->resource != NULL && command->run != command_events)
		return wrong_usage("--resource is of events, not of ", command->name);
	if (cli->silence.given != NULL && command->run != command_silence)
		return wrong_usage(cli->silence.given, " is of silence");
	if (cli->nagios && (command->run != command_health || cli->json))
		return wrong_usage("--nagios is of health, without --json", "");
	if (cli->given.count > 0 && command->run != command_add && command->run != command_modify)
		return wrong_usage(
		    "--unset and --password… are of add and modify, not of ", command->name);
	if (!stats_options_fit(&cli->stats, command))
		return EXIT_WRONG_USAGE;
	if (cli->stats.csv && cli->json)
		return wrong_usage("either --csv or --json", "");
	if (cli->stats.csv && cli->stats.watch)
		return wrong_usage("--watch does not go with --csv", "");
	if (check_plugin_options(cli, command) >= 0)
		return EXIT_WRONG_USAGE;
	if (command->takes_id && count == 1 && !is_id(words[0]))
		return wrong_usage("not the id of a resource, which is a number: ", words[0]);
	return run(cli, command, words, count);
}

static bool parse_seconds(const char *text, unsigned *seconds)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > WAIT_MAX)
		return false;
	*seconds = (unsigned)number;
	return true;
}

/* Adds an option about an attribute. */
static void give(struct given_list *list, int option, const char *argument)
{
	list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] = (struct given){(enum given_option)option, argument};
}

/*
 * Reads options as far as it goes: up to the first word that is none, if the letters begin with
 * "+". Returns -1 to go on at optind, or the exit status.
 */
static int read_options(struct cli *cli, const char *letters, int argc, char **argv)
{
	static const struct option options[] = {
	    {"socket", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'},
	    {"wait", required_argument, NULL, 'w'},
	    {"all", no_argument, NULL, 'a'},
	    {"dot", no_argument, NULL, 'd'},
	    {"clear", no_argument, NULL, 'c'},
	    {"undo", no_argument, NULL, 'u'},
	    {"nagios", no_argument, NULL, 'n'},
	    {"follow", no_argument, NULL, 'F'},
	    {"for", required_argument, NULL, 'D'},
	    {"end", required_argument, NULL, 'E'},
	    {"resource", required_argument, NULL, 'R'},
	    {"unset", required_argument, NULL, GIVEN_UNSET},
	    {"password", required_argument, NULL, GIVEN_PASSWORD},
	    {"password-file", required_argument, NULL, GIVEN_FILE},
	    {"password-command", required_argument, NULL, GIVEN_COMMAND},
	    {"plugin", required_argument, NULL, OPTION_PLUGIN},
	    {"why", required_argument, NULL, OPTION_WHY},
	    {"once", no_argument, NULL, OPTION_ONCE},
	    {"sort", required_argument, NULL, OPTION_SORT},
	    {"since", required_argument, NULL, 'S'},
	    {"until", required_argument, NULL, 'U'},
	    {"points", required_argument, NULL, 'P'},
	    {"statistic", required_argument, NULL, 'T'},
	    {"watch", no_argument, NULL, 'W'},
	    {"csv", no_argument, NULL, 'C'},
	    {"width", required_argument, NULL, 'X'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (option == 's')
			cli->socket = optarg;
		else if (option == 'j')
			cli->json = true;
		else if (option == 'a')
			cli->all = true;
		else if (option == 'd')
			cli->dot = true;
		else if (option == 'c')
			cli->clear = true;
		else if (option == 'u')
			cli->undo = true;
		else if (option == 'n')
			cli->nagios = true;
		else if (option == 'F')
			cli->follow = true;
		else if (option == 'R')
			cli->resource = optarg;
		else if (option == 'D')
			cli->silence.given = "--for", cli->silence.duration = optarg;
		else if (option == 'E')
			cli->silence.given = "--end", cli->silence.end = optarg;
		else if (option >= GIVEN_UNSET && option <= GIVEN_COMMAND)
			give(&cli->given, option, optarg);
		else if (option >= OPTION_PLUGIN && option <= OPTION_SORT)
			take_plugin_option(cli, option, optarg);
		else if (option == 'h')
			return command_help(cli, NULL, 0);
		else if (option == 'V')
			return print_version();
		else if (option != 'w' && !stats_take_option(&cli->stats, option, optarg))
			return EXIT_WRONG_USAGE;
		else if (option == 'w' && !parse_seconds(optarg, &cli->wait_s))
			return wrong_usage("--wait: not a number of seconds (0 to 3600): ", optarg);
	}
	return -1;
}

/* Runs a command that talks to the runner; its options may stand anywhere after it. */
static int run_with_options(struct cli *cli, const struct command *command, int argc, char **argv)
{
	char *program = xasprintf("iml-plugin %s", command->name);
	char *name = argv[0];
	int status;

	argv[0] = program; /* for what getopt says */
	status = read_options(cli, "s:jw:hV", argc, argv);
	if (status < 0)
		status = check_and_run(cli, command, argv + optind, argc - optind);
	argv[0] = name;
	free(program);
	free(cli->given.items);
	return status;
}

int cli_main(int argc, char **argv)
{
	struct cli cli = {0};
	const struct command *command;
	int status;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* numbers are as the runner and other programs read them */
	status = read_options(&cli, "+s:jw:hV", argc, argv);
	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	if (argc == 0)
		return wrong_usage("a command is missing", "");
	command = find_command(argv[0]);
	if (command == NULL)
		return wrong_usage("no such command: ", argv[0]);
	cli.terminal = terminal_of_output();
	if (command->for_authors && argc == 2 && strcmp(argv[1], "--help") == 0)
		return command_help(&cli, argv, 1);
	if (command->for_authors)
		return command->run(&cli, argv, argc);
	return run_with_options(&cli, command, argc, argv);
}

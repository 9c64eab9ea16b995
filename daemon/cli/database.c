/* SPDX-License-Identifier: MIT */
/* iml-plugin db: what a person does with the database, apart from the runner. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/care.h"
#include "supervisor/config.h"

#define EXIT_DATABASE_AWAY 69
#define EXIT_WRONG_CONFIG 78

struct database_options {
	const char *config;
	const char *conninfo;
	bool dry_run;
	struct care_names names;
	bool names_given;
};

struct action {
	const char *name;
	bool is_init;    /* may be given names */
	bool is_migrate; /* may be a dry run */
	int (*run)(
	    const struct cli *cli, struct care *care, const struct database_options *options);
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "iml-plugin db %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* ---- init and migrate ---- */

/* Writes what a change came to, for programs. */
static int write_change_json(struct care *care, bool changed, const char *sql)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "changed", json_object_new_boolean(changed));
	json_object_object_add(answer, "version", json_object_new_int(care_version(care)));
	if (sql != NULL)
		json_object_object_add(answer, "sql", json_object_new_string(sql));
	return print_json(answer);
}

/* Appends how to make a member of a role that can connect. */
static void append_login(
    struct text *out, struct care *care, enum care_role role, const char *login, const char *use)
{
	const char *name = care_role_name(care, role);

	if (name != NULL)
		text_printf(
		    out, "  CREATE ROLE \"%s\" LOGIN IN ROLE \"%s\";  -- %s\n", login, name, use);
}

static int init(const struct cli *cli, struct care *care, const struct database_options *options)
{
	struct text sql = TEXT_EMPTY, out = TEXT_EMPTY;
	char reason[REASON_SIZE];
	bool good = care_plan_init(care, &options->names, &sql, reason) &&
	            care_carry_out(care, sql.data, reason);

	text_clear(&sql);
	if (!good)
		return complain("init", reason);
	if (cli->json)
		return write_change_json(care, true, NULL);
	text_printf(&out,
	    "The schema has version %d, and its roles have their rights.\n\n"
	    "Next, give those who connect these roles, in psql, unless they have them:\n",
	    care_version(care));
	append_login(&out, care, CARE_RUNNER, "iml-plugin-runner", "user=… in database.conninfo");
	append_login(&out, care, CARE_OPERATOR, "manager", "an interface that changes things");
	append_login(&out, care, CARE_READER, "viewer", "one that only reads");
	text_append(&out, "Then: iml-plugin db check\n");
	return print(&out);
}

/* Says in words how the schema is after a migration that was due, or not. */
static int write_migrated(struct care *care, bool was_due)
{
	struct text out = TEXT_EMPTY;

	text_printf(&out, "The schema has version %d%s.\n", care_version(care),
	    was_due ? " now" : ", the newest: there is nothing to do");
	return print(&out);
}

static int migrate(const struct cli *cli, struct care *care, const struct database_options *options)
{
	struct text sql = TEXT_EMPTY;
	char reason[REASON_SIZE];
	bool good = care_plan_migration(care, &sql, reason);
	bool is_due = sql.length > 0;
	bool is_shown = is_due && options->dry_run;
	int status;

	if (good && is_due && !is_shown)
		good = care_carry_out(care, sql.data, reason);
	if (!good)
		status = complain("migrate", reason);
	else if (cli->json)
		status = write_change_json(care, is_due && !is_shown, is_shown ? sql.data : NULL);
	else if (is_shown)
		status = print(&sql);
	else
		status = write_migrated(care, is_due);
	text_clear(&sql);
	return status;
}

/* ---- check ---- */

static int write_report_json(const struct care *care, const struct care_report *report)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *findings = json_object_new_array();

	for (size_t i = 0; i < report->count; i++) {
		const struct care_finding *finding = &report->findings[i];
		const struct {
			const char *name;
			const char *value;
		} members[] = {{"level", care_level_name(finding->level)},
		    {"check", finding->check}, {"place", finding->place},
		    {"message", finding->message}, {"remedy", finding->remedy}};
		struct json_object *object = json_object_new_object();

		for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++)
			json_object_object_add(object, members[k].name,
			    members[k].value != NULL ? json_object_new_string(members[k].value)
			                             : NULL);
		json_object_array_add(findings, object);
	}
	json_object_object_add(answer, "database", json_object_new_string(care_target(care)));
	json_object_object_add(
	    answer, "level", json_object_new_string(care_level_name(care_report_level(report))));
	json_object_object_add(answer, "findings", findings);
	return print_json(answer);
}

static void append_finding(
    struct text *out, const struct terminal *terminal, const struct care_finding *finding)
{
	static const enum style styles[] = {[CARE_GOOD] = STYLE_GOOD,
	    [CARE_NOTE] = STYLE_INFO,
	    [CARE_WARNING] = STYLE_WARNING,
	    [CARE_ERROR] = STYLE_ERROR};

	append_styled(out, terminal, styles[finding->level], care_level_name(finding->level));
	append_blanks(out, 9 - strlen(care_level_name(finding->level)));
	text_printf(out, "%s: ", finding->check);
	if (finding->place != NULL) {
		append_clean(out, terminal, finding->place);
		text_append(out, ": ");
	}
	append_clean(out, terminal, finding->message);
	text_append_char(out, '\n');
	if (finding->remedy == NULL)
		return;
	append_blanks(out, 9);
	text_append(out, "remedy: ");
	append_clean(out, terminal, finding->remedy);
	text_append_char(out, '\n');
}

static int write_report(const struct terminal *terminal, const struct care_report *report)
{
	struct text out = TEXT_EMPTY;

	for (size_t i = 0; i < report->count; i++)
		append_finding(&out, terminal, &report->findings[i]);
	return print(&out);
}

static int check(const struct cli *cli, struct care *care, const struct database_options *options)
{
	struct care_report report = {0};
	int status, written;

	(void)options;
	care_check(care, &report);
	status = care_report_level(&report) == CARE_ERROR ? EXIT_FAILURE : EXIT_SUCCESS;
	written =
	    cli->json ? write_report_json(care, &report) : write_report(&cli->terminal, &report);
	care_report_clear(&report);
	return written == EXIT_SUCCESS ? status : written;
}

/* ---- the command ---- */

static const struct action actions[] = {
    {"init", true, false, init},
    {"migrate", false, true, migrate},
    {"check", false, false, check},
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	}
	return NULL;
}

/* The conninfo of the configuration; NULL, with what is wrong told. The caller frees it. */
static char *conninfo_of_config(const char *path)
{
	struct text mistakes = TEXT_EMPTY;
	struct config config;
	char reason[REASON_SIZE];
	char *conninfo = NULL;

	if (path == NULL && access(SYSTEM_CONFIG, F_OK) == 0)
		path = SYSTEM_CONFIG;
	if (!config_load(path, &config, &mistakes))
		fputs(mistakes.data, stderr);
	else if (config.embedded)
		fprintf(stderr,
		    "iml-plugin db: %s: the private cluster needs no care by hand; name another"
		    " database with --conninfo\n",
		    config_place(&config, "database.embedded"));
	else if ((conninfo = config_conninfo(&config, reason)) == NULL)
		fprintf(stderr, "iml-plugin db: %s\n", reason);
	text_clear(&mistakes);
	config_free(&config);
	return conninfo;
}

static int run_action(
    const struct cli *cli, const struct action *action, const struct database_options *options)
{
	char *conninfo = options->conninfo != NULL ? xstrdup(options->conninfo)
	                                           : conninfo_of_config(options->config);
	char reason[REASON_SIZE];
	struct care *care;
	int status;

	if (conninfo == NULL)
		return EXIT_WRONG_CONFIG;
	care = care_open(conninfo, action->name, reason);
	forget_text(conninfo);
	if (care == NULL) {
		complain(action->name, reason);
		return EXIT_DATABASE_AWAY;
	}
	status = action->run(cli, care, options);
	care_free(care);
	return status;
}

enum { OPTION_CONFIG = 256, OPTION_CONNINFO, OPTION_DRY_RUN, OPTION_OWNER, OPTION_ROLE };

/* Takes one option. */
static void take_option(struct cli *cli, struct database_options *options, int option)
{
	if (option == 'j')
		cli->json = true;
	else if (option == OPTION_CONFIG)
		options->config = optarg;
	else if (option == OPTION_CONNINFO)
		options->conninfo = optarg;
	else if (option == OPTION_DRY_RUN)
		options->dry_run = true;
	else if (option == OPTION_OWNER)
		options->names.owner = optarg;
	else
		options->names.roles[option - OPTION_ROLE] = optarg;
	options->names_given = options->names_given || option >= OPTION_OWNER;
}

static bool read_options(
    struct cli *cli, struct database_options *options, char **arguments, int count)
{
	static const struct option known[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"config", required_argument, NULL, OPTION_CONFIG},
	    {"conninfo", required_argument, NULL, OPTION_CONNINFO},
	    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	    {"owner", required_argument, NULL, OPTION_OWNER},
	    {"runner", required_argument, NULL, OPTION_ROLE + CARE_RUNNER},
	    {"reader", required_argument, NULL, OPTION_ROLE + CARE_READER},
	    {"operator", required_argument, NULL, OPTION_ROLE + CARE_OPERATOR},
	    {NULL, 0, NULL, 0},
	};
	static char program[] = "iml-plugin db";
	int option;

	arguments[0] = program; /* for what getopt says */
	optind = 0;
	while ((option = getopt_long(count, arguments, "j", known, NULL)) != -1) {
		if (option == '?')
			return false;
		take_option(cli, options, option);
	}
	return true;
}

int command_db(struct cli *cli, char **arguments, int count)
{
	struct database_options options = {0};
	const struct action *action;
	char reason[REASON_SIZE];

	if (!read_options(cli, &options, arguments, count))
		return EXIT_WRONG_USAGE;
	if (count - optind != 1)
		return wrong_usage("db: one of init, migrate and check has to follow", "");
	action = find_action(arguments[optind]);
	if (action == NULL)
		return wrong_usage("db: not init, migrate or check: ", arguments[optind]);
	if (options.dry_run && !action->is_migrate)
		return wrong_usage("--dry-run is of db migrate, not of db ", action->name);
	if (options.names_given && !action->is_init)
		return wrong_usage("names of roles are of db init, not of db ", action->name);
	if (options.config != NULL && options.conninfo != NULL)
		return wrong_usage("either --config or --conninfo", "");
	if (options.conninfo != NULL && !store_check_conninfo(options.conninfo, reason))
		return wrong_usage("--conninfo ", reason);
	if (options.conninfo != NULL && care_conninfo_has_password(options.conninfo))
		return wrong_usage(
		    "--conninfo: others can see a password in an argument; put it into"
		    " ~/.pgpass, a service file or PGPASSWORD",
		    "");
	return run_action(cli, action, &options);
}

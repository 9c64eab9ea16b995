/* SPDX-License-Identifier: MIT */
/*
 * The commands of iml-plugin. Each asks the runner and renders the answer; the functions that
 * render know nothing but the answer and the terminal.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json_object.h>

#include "base/text.h"
#include "cli/stats.h"
#include "cli/terminal.h"

#define EXIT_WRONG_USAGE 64
/* Of "status", as of the status action of an init script. */
#define EXIT_NOT_RUNNING 3
#define EXIT_UNKNOWN 4
#define EXIT_WRONG_ARGUMENT 2 /* of a command for plugin authors; also a file that is not there */

struct client;

/* An option that says something about an attribute; beyond all letters. */
enum given_option { GIVEN_UNSET = 256, GIVEN_PASSWORD, GIVEN_FILE, GIVEN_COMMAND };

/* The same of options that are about a plugin. */
enum plugin_option { OPTION_PLUGIN = 300, OPTION_WHY, OPTION_ONCE, OPTION_SORT };

struct given {
	enum given_option option;
	const char *argument;
};

struct given_list {
	struct given *items;
	size_t count, capacity;
};

/* The options before the command. */
struct cli {
	const char *socket; /* NULL: to be found */
	bool json;
	unsigned wait_s;
	bool all;                /* of alerts, list and rescan */
	bool dot;                /* of graph */
	bool clear;              /* of alias and choose */
	bool undo;               /* of dismiss */
	bool nagios;             /* of health */
	const char *plugin;      /* of pause and resume */
	const char *why;         /* of pause */
	bool once;               /* of top */
	const char *sort;        /* of top: a column */
	struct given_list given; /* options of add and modify, in order */
	struct stats_options stats;
	struct terminal terminal;
	struct client *client; /* connected when a command runs */
};

struct command {
	const char *name;
	const char *arguments; /* for the usage; "" for none */
	const char *help;      /* one line */
	const char *details;   /* for "help COMMAND" */
	int min_arguments, max_arguments;
	bool takes_id; /* its argument is the id of a resource */
	/*
	 * For plugin authors, and for the care of the database: needs no runner, and gets its own
	 * name and all that follows, options included.
	 */
	bool for_authors;
	int (*run)(struct cli *cli, char **arguments, int count); /* returns the exit status */
};

/* The whole program. Returns its exit status. */
int cli_main(int argc, char **argv);

int command_tree(struct cli *cli, char **arguments, int count);
int command_plugins(struct cli *cli, char **arguments, int count);
int command_classes(struct cli *cli, char **arguments, int count);
int command_list(struct cli *cli, char **arguments, int count);
int command_show(struct cli *cli, char **arguments, int count);
int command_alerts(struct cli *cli, char **arguments, int count);
int command_impact(struct cli *cli, char **arguments, int count);
int command_graph(struct cli *cli, char **arguments, int count);
int command_stats(struct cli *cli, char **arguments, int count);
int command_status(struct cli *cli, char **arguments, int count);
int command_health(struct cli *cli, char **arguments, int count);
int command_watch(struct cli *cli, char **arguments, int count);

int command_volumes(struct cli *cli, char **arguments, int count);
int command_choose(struct cli *cli, char **arguments, int count);
int command_alias(struct cli *cli, char **arguments, int count);
int command_dismiss(struct cli *cli, char **arguments, int count);
int command_add(struct cli *cli, char **arguments, int count);
int command_modify(struct cli *cli, char **arguments, int count);
int command_remove(struct cli *cli, char **arguments, int count);
int command_rescan(struct cli *cli, char **arguments, int count);
int command_pause(struct cli *cli, char **arguments, int count);
int command_resume(struct cli *cli, char **arguments, int count);
int command_top(struct cli *cli, char **arguments, int count);
int command_log_level(struct cli *cli, char **arguments, int count);
int command_reload(struct cli *cli, char **arguments, int count);

int command_db(struct cli *cli, char **arguments, int count);

int command_validate(struct cli *cli, char **arguments, int count);
int command_new(struct cli *cli, char **arguments, int count);
int command_scan(struct cli *cli, char **arguments, int count);
int command_certify(struct cli *cli, char **arguments, int count);

/*
 * Tells an author at a terminal what to do next, on standard error; nobody if the answer is for
 * programs.
 */
void print_next(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the answer to a change if it is for programs, and releases it. Returns the exit status. */
int conclude_change(const struct cli *cli, struct json_object *answer);

/* Complains of how the program was called. Returns the exit status. */
int wrong_usage(const char *what, const char *which);

/* Writes the text to standard output and clears it. Returns the exit status. */
int print(struct text *out);

/* Appends the answer as JSON. */
void append_json(struct text *out, struct json_object *answer);

/* Writes the answer as JSON and releases it. */
int print_json(struct json_object *answer);

/* Appends how an answer looks. */
void render_trees(struct text *out, const struct terminal *terminal, struct json_object *answer);
/* The same with all attributes, statistics and parents, as the answer of "scan" has them. */
void render_detailed_trees(
    struct text *out, const struct terminal *terminal, struct json_object *answer);
void render_classes(struct text *out, const struct terminal *terminal, struct json_object *answer);
/* What a class is made of. */
void render_class_fully(
    struct text *out, const struct terminal *terminal, struct json_object *class);
void render_plugins(struct text *out, const struct terminal *terminal, struct json_object *answer);
void render_list(struct text *out, const struct terminal *terminal, struct json_object *answer);
void render_resource(
    struct text *out, const struct terminal *terminal, struct json_object *resource);
void render_alerts(struct text *out, const struct terminal *terminal, struct json_object *answer);
void render_impact(struct text *out, const struct terminal *terminal, struct json_object *impact);
/* The graph as trees: above and below the resource of an id, or all of it for 0; or for graphviz.
 */
void render_graph(
    struct text *out, const struct terminal *terminal, struct json_object *answer, int64_t id);
void render_dot(struct text *out, struct json_object *answer);
void render_volumes(struct text *out, const struct terminal *terminal, struct json_object *answer);
void render_health(struct text *out, const struct terminal *terminal, struct json_object *health);
/* The same on one line with numbers after it, and what is wrong besides on further ones. */
void render_nagios(struct text *out, struct json_object *health);
void render_status(struct text *out, const struct terminal *terminal, struct json_object *status);
void render_changes(struct text *out, const struct terminal *terminal, struct json_object *answer);
void render_levels(struct text *out, const struct terminal *terminal, struct json_object *answer);
void render_change(struct text *out, const struct terminal *terminal, struct json_object *notice);

/* What takes long, sorted by a column of this name (NULL: as it is). */
void render_top(struct text *out, const struct terminal *terminal, struct json_object *answer,
    const char *sort);

/* Has an answer about processes tell of the time since the one before, as far as both know them. */
void top_compare(struct json_object *answer, struct json_object *before);

/*
 * The request for the resources that "list" is to show: typed is the name or label of one of the
 * classes, or a built-in class, in any case. NULL, with a complaint that names the nearest, if it
 * is none. The caller frees it.
 */
char *list_path(struct json_object *classes, const char *typed);

/* The class, in an array of all, whose name or label this is in any case; or NULL. */
struct json_object *class_named(struct json_object *classes, const char *typed);

/* Tells that nothing has this name, and which known one is nearest. */
void complain_of_class(struct json_object *classes, const char *typed);

/* The exit status of "health": 0 to 3. */
int health_status(struct json_object *health);

/* The same when there is no runner, or one that may not be asked. */
int health_without_runner(const struct cli *cli, bool is_forbidden);

/* Whether the status tells of a plugin that failed or a database that is away. */
bool status_is_bad(struct json_object *status);

/*
 * Appends the attributes of a resource by name, its statistics, and its parents unless there is but
 * the one of the id above; each line begins with before.
 */
void append_details(struct text *out, const struct terminal *terminal, const char *before,
    struct json_object *resource, int64_t above);

/* Appends why there is nothing to show yet, if the answer says so. Returns whether it does. */
bool append_waiting(struct text *out, const struct terminal *terminal, struct json_object *answer);

/* Appends "paused since 2026-11-22 10:23:16 by root: new firmware". */
void append_pause(struct text *out, const struct terminal *terminal, struct json_object *pause);

/* Appends a heading on a line of its own, after an empty one. */
void append_heading(struct text *out, const struct terminal *terminal, const char *heading);

/* Appends a heading and alerts, one a line with its root cause; nothing if there are none. */
void append_alert_lines(struct text *out, const struct terminal *terminal, const char *heading,
    struct json_object *alerts);

/* Appends an alert's message without the name of the resource, in parentheses at its end. */
void append_message_only(struct text *out, const struct terminal *terminal, const char *message);

/* Appends up to so many names of an array of resources, with commas, then an ellipsis. */
void append_names(struct text *out, const struct terminal *terminal, struct json_object *resources,
    size_t most, bool more);

/*
 * The path of a resource that was named by its id or by its label (or alias); NULL with a
 * complaint. The caller frees it.
 */
char *resource_path(struct cli *cli, const char *name);

/* Whether the text is the id of a resource: digits alone. */
bool is_id(const char *text);

#endif

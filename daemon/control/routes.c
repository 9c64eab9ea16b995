/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of the runner: each path with its method, parameters and members of the body.
 * Everything about a request is checked by these tables before its handler runs.
 *
 * A new route is a row of control_routes; a new parameter is a member of struct query and one of
 * those here. conf/openapi.json and iml-plugin-api(7) tell of it, too: tests compare them with
 * these tables, and answers with the file.
 */
#include "control/internal.h"

#include <stddef.h>

#define IN_QUERY(member) offsetof(struct query, member)

/* ---- parameters ---- */

static const struct parameter plugin = {.name = "plugin",
    .type = PARAMETER_PLUGIN,
    .offset = IN_QUERY(plugin),
    .meaning = "Only what belongs to this plugin."};
static const struct parameter class = {.name = "class",
    .type = PARAMETER_CLASS,
    .offset = IN_QUERY(class),
    .meaning = "Only resources of this class, such as HardDrive or acme.HardDrive."};
static const struct parameter kind = {.name = "kind",
    .type = PARAMETER_KIND,
    .offset = IN_QUERY(kind),
    .meaning = "Only classes based on this one, such as PhysicalDisk or acme.HardDrive."};
static const struct parameter internal = {.name = "internal",
    .type = PARAMETER_BOOLEAN,
    .offset = IN_QUERY(internal),
    .meaning = "Whether to list classes that are not meant for people, too."};
static const struct parameter severity = {.name = "severity",
    .type = PARAMETER_SEVERITY,
    .offset = IN_QUERY(severity),
    .meaning = "Only alerts of this severity, or a worse one."};
static const struct parameter roots = {.name = "roots",
    .type = PARAMETER_BOOLEAN,
    .offset = IN_QUERY(roots),
    .meaning = "Only alerts that are no consequence of another."};
static const struct parameter affects = {.name = "affects",
    .type = PARAMETER_NUMBER,
    .offset = IN_QUERY(affects),
    .maximum = 1000,
    .otherwise = 20,
    .meaning = "The most affected resources to name with each alert."};
static const struct parameter limit = {.name = "limit",
    .type = PARAMETER_NUMBER,
    .offset = IN_QUERY(limit),
    .minimum = 1,
    .maximum = 10000,
    .otherwise = 1000,
    .meaning = "The most entries in the answer."};
static const struct parameter tree_limit = {.name = "limit",
    .type = PARAMETER_NUMBER,
    .offset = IN_QUERY(limit),
    .minimum = 1,
    .maximum = 100000,
    .otherwise = 10000,
    .meaning = "The most resources in the answer."};
static const struct parameter after = {.name = "after",
    .type = PARAMETER_NUMBER,
    .offset = IN_QUERY(after),
    .maximum = INT64_MAX,
    .meaning = "Only what has an id above this one: the \"next\" of the page before."};
static const struct parameter sort = {.name = "sort",
    .type = PARAMETER_SORT,
    .offset = IN_QUERY(order),
    .meaning =
        "The order: id, or name (of the class, then of the resource); -id, -name: descending."};
static const struct parameter sorted_after = {.name = "after",
    .type = PARAMETER_NUMBER,
    .offset = IN_QUERY(after),
    .maximum = INT64_MAX,
    .meaning = "Only what comes after this id in that order: the \"next\" of the page before."};
static const struct parameter id = {.name = "id",
    .type = PARAMETER_ID,
    .offset = IN_QUERY(id),
    .minimum = 1,
    .maximum = INT64_MAX,
    .meaning = "Only this resource, and what hangs together with it."};
static const struct parameter from = {.name = "from",
    .type = PARAMETER_TIME,
    .offset = IN_QUERY(from),
    .otherwise = 3600,
    .meaning = "Where the time begins, such as 2026-01-31T08:00:00Z or -2h."};
static const struct parameter to = {
    .name = "to", .type = PARAMETER_TIME, .offset = IN_QUERY(to), .meaning = "Where it ends."};
static const struct parameter points = {.name = "points",
    .type = PARAMETER_NUMBER,
    .offset = IN_QUERY(limit),
    .minimum = 1,
    .maximum = 10000,
    .otherwise = 1000,
    .meaning = "The most points of each series."};
static const struct parameter statistic = {.name = "statistic",
    .type = PARAMETER_STATISTIC,
    .maximum = STATISTICS_MAX,
    .required = true,
    .meaning = "The name of one, or several times."};

static const struct parameter resource = {.name = "resource",
    .type = PARAMETER_ID,
    .offset = IN_QUERY(id),
    .minimum = 1,
    .maximum = INT64_MAX,
    .meaning = "Only what is about this resource or, in a stream, was told by its scans."};
static const struct parameter type = {.name = "type",
    .type = PARAMETER_NOTICE,
    .offset = IN_QUERY(types),
    .maximum = NOTICE_TYPE_COUNT,
    .meaning = "Only changes of this type, or of several."};
static const struct parameter least = {.name = "severity",
    .type = PARAMETER_SEVERITY,
    .offset = IN_QUERY(severity),
    .meaning = "Only events of this severity, or a worse one."};
static const struct parameter day_from = {.name = "from",
    .type = PARAMETER_TIME,
    .offset = IN_QUERY(from),
    .otherwise = 86400,
    .meaning = "Where the time begins, such as 2026-01-31T08:00:00Z or -2h."};
static const struct parameter before = {.name = "after",
    .type = PARAMETER_NUMBER,
    .offset = IN_QUERY(after),
    .maximum = INT64_MAX,
    .meaning = "Only what is older than this event: the \"next\" of the page before."};

const struct parameter path_parameters[] = {
    {.name = "id",
        .type = PARAMETER_ID,
        .offset = IN_QUERY(id),
        .maximum = INT64_MAX,
        .meaning = "The id of what the request is about."},
    {.name = "name",
        .type = PARAMETER_TEXT,
        .offset = IN_QUERY(name),
        .maximum = 64,
        .meaning = "The name of the plugin."},
};
const size_t path_parameter_count = sizeof(path_parameters) / sizeof(path_parameters[0]);

/* ---- members of bodies ---- */

#define ALIAS_MEMBER(is_required)                                                                 \
	{                                                                                         \
		.name = "alias", .types = BODY_TEXT | BODY_NULL, .required = (is_required),       \
		.maximum = ALIAS_MAX,                                                             \
		.meaning = "What people call it, without blanks at its ends; null takes it back." \
	}
#define ATTRIBUTES_MEMBER(is_required)                                                 \
	{                                                                              \
		.name = "attributes", .types = BODY_OBJECT, .required = (is_required), \
		.items = BODY_TEXT | BODY_INTEGER | BODY_BOOLEAN | BODY_NULL,          \
		.meaning = "Attributes by their names; null for none."                 \
	}

#define WHY_MEMBER                                                                 \
	{                                                                          \
		.name = "why", .types = BODY_TEXT | BODY_NULL, .maximum = WHY_MAX, \
		.meaning = "Why, for others to read."                              \
	}

/* ---- routes ---- */

#define ROUTE(verb, with_path, with_handler, with_summary)                          \
	.method = EVHTTP_REQ_##verb, .path = (with_path), .handle = (with_handler), \
	.summary = (with_summary)

const struct route control_routes[] = {
    {ROUTE(GET, "/healthz", handle_health, "Whether all is well, and else what is not."),
        .access = ACCESS_OPEN},
    {ROUTE(GET, "/metrics", handle_metrics, "Metrics in OpenMetrics format."),
        .access = ACCESS_METRICS},
    {ROUTE(GET, "/v1/openapi.json", handle_openapi, "This description.")},
    {ROUTE(GET, "/v1/status", handle_status, "The runner, its plugins and scannables.")},
    {ROUTE(GET, "/v1/plugins", handle_plugins, "The plugins, as the status has them.")},
    {ROUTE(GET, "/v1/plugins/{name}", handle_plugin, "One plugin.")},
    {ROUTE(POST, "/v1/plugins/{name}/pause", handle_pause,
         "Scans nothing of a plugin until it is resumed."),
        .body = {WHY_MEMBER}},
    {ROUTE(POST, "/v1/plugins/{name}/resume", handle_resume, "Scans a paused plugin again.")},
    {ROUTE(GET, "/v1/usage", handle_usage, "What plugins take, and how long scans do.")},
    {ROUTE(GET, "/v1/log-level", handle_levels, "How much is logged about each plugin.")},
    {ROUTE(POST, "/v1/log-level", handle_log_level,
         "Sets how much is logged, until a reload or a restart of the runner."),
        .body = {{.name = "plugin",
                     .types = BODY_TEXT | BODY_NULL,
                     .meaning = "The plugin; null for all, and the runner itself."},
            {.name = "level",
                .types = BODY_TEXT | BODY_NULL,
                .required = true,
                .meaning = "debug, info, warning or error; null for what is configured."}}},
    {ROUTE(POST, "/v1/reload", handle_reload, "Reads the configuration again.")},
    {ROUTE(GET, "/v1/classes", handle_classes, "What the plugins declare."),
        .parameters = {&plugin, &class, &kind, &internal}},

    {ROUTE(GET, "/v1/resources", handle_resources, "Resources, with the columns of tables."),
        .parameters = {&plugin, &class, &kind, &sort, &limit, &sorted_after}},
    {ROUTE(GET, "/v1/resources/{id}", handle_resource, "Everything about one resource.")},
    {ROUTE(GET, "/v1/resources/{id}/impact", handle_impact,
         "What depends on a resource, and what it suffers from."),
        .parameters = {&limit}},
    {ROUTE(GET, "/v1/resources/{id}/charts", handle_charts, "The charts of a resource."),
        .parameters = {&from, &to, &points}},
    {ROUTE(GET, "/v1/resources/{id}/statistics", handle_statistics,
        "The newest sample of each statistic.")},
    {ROUTE(GET, "/v1/resources/{id}/series", handle_series, "Samples of some statistics."),
        .parameters = {&statistic, &from, &to, &points}},
    {ROUTE(PUT, "/v1/resources/{id}/alias", handle_alias, "Gives a resource another name."),
        .body = {ALIAS_MEMBER(true)}},
    {ROUTE(GET, "/v1/tree", handle_tree, "Scannables with all that they report."),
        .parameters = {&plugin, &id, &tree_limit}},
    {ROUTE(GET, "/v1/graph", handle_graph, "Resources, and what each depends on."),
        .parameters = {&plugin, &id, &limit, &after}},

    {ROUTE(GET, "/v1/alerts", handle_alerts, "The active alerts."),
        .parameters = {&plugin, &class, &kind, &severity, &roots, &limit, &after, &affects}},
    {ROUTE(POST, "/v1/alerts/{id}/dismiss", handle_dismiss, "Dismisses an alert."),
        .body = {{.name = "dismissed",
            .types = BODY_BOOLEAN,
            .meaning = "False takes the dismissal back."}}},

    {ROUTE(POST, "/v1/scannables", handle_add, "Adds a scannable."),
        .body = {{.name = "plugin",
                     .types = BODY_TEXT,
                     .required = true,
                     .meaning = "The plugin that scans it."},
            {.name = "class",
                .types = BODY_TEXT,
                .required = true,
                .meaning = "Its class, without the plugin's name."},
            ATTRIBUTES_MEMBER(true)}},
    {ROUTE(PATCH, "/v1/scannables/{id}", handle_edit, "Edits a scannable that was added."),
        .body = {ATTRIBUTES_MEMBER(false), ALIAS_MEMBER(false)}},
    {ROUTE(DELETE, "/v1/scannables/{id}", handle_remove,
        "Removes a scannable that was added, with all that it reports.")},
    {ROUTE(POST, "/v1/scannables/{id}/scan", handle_scan, "Scans a scannable now.")},
    {ROUTE(POST, "/v1/scannables/{id}/pause", handle_pause,
         "Does not scan a scannable until it is resumed."),
        .body = {WHY_MEMBER}},
    {ROUTE(POST, "/v1/scannables/{id}/resume", handle_resume, "Scans a paused scannable again.")},

    {ROUTE(GET, "/v1/servers", handle_servers, "The servers that volumes are used on.")},
    {ROUTE(GET, "/v1/volumes", handle_volumes, "Volumes, and the nodes on servers."),
        .parameters = {&limit, &after}},
    {ROUTE(PUT, "/v1/volumes/{id}/nodes", handle_nodes, "Chooses the nodes of a volume."),
        .body = {{.name = "primary",
                     .types = BODY_INTEGER | BODY_NULL,
                     .required = true,
                     .meaning = "The id of the node; null leaves the choice to the runner."},
            {.name = "secondary",
                .types = BODY_ARRAY,
                .items = BODY_INTEGER,
                .meaning = "The ids of nodes."}}},

    {ROUTE(GET, "/v1/silences", handle_silences, "The silences that are in force.")},
    {ROUTE(POST, "/v1/silences", handle_silence, "Silences a resource and what depends on it."),
        .body = {{.name = "resource",
                     .types = BODY_INTEGER,
                     .required = true,
                     .meaning = "The id of the resource."},
            {.name = "until",
                .types = BODY_TEXT,
                .required = true,
                .meaning = "When it ends, at most a year ahead, such as 2026-01-31T08:00:00Z."},
            {.name = "why",
                .types = BODY_TEXT,
                .required = true,
                .maximum = SILENCE_WHY_MAX,
                .meaning = "The reason, for those who wonder."}}},
    {ROUTE(DELETE, "/v1/silences/{id}", handle_unsilence, "Ends a silence.")},

    {ROUTE(GET, "/v1/events", handle_events, "What happened, the newest first."),
        .parameters = {&day_from, &to, &resource, &least, &limit, &before}},
    {ROUTE(GET, "/v1/events/stream", handle_stream, "A stream of what changes."),
        .parameters = {&type, &resource, &plugin}},
};
const size_t control_route_count = sizeof(control_routes) / sizeof(control_routes[0]);

/* SPDX-License-Identifier: MIT */
#include "control/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <event2/keyvalq_struct.h>

#include "model/moment.h"

/* A parameter of a query: how its text becomes a member of struct query. */
struct parameter {
	const char *name;
	bool (*parse)(struct exchange *exchange, const struct route *route,
	    const struct parameter *parameter, const char *value);
	size_t offset;
	int64_t maximum; /* of numbers */
};

bool parse_digits(const char *text, int64_t *number)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0';
}

const char *quotable(const char *value)
{
	for (const char *byte = value; *byte != '\0'; byte++) {
		if (byte - value >= 64 || *byte < ' ' || *byte > '~')
			return "…";
	}
	return value;
}

static void *member(struct query *query, size_t offset)
{
	return (char *)query + offset;
}

static bool parse_number(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	bool is_limit = parameter->offset == offsetof(struct query, limit);
	bool is_id = parameter->offset == offsetof(struct query, id);
	int64_t minimum = is_limit || is_id ? 1 : 0;
	int64_t maximum = is_limit ? route->max_limit : parameter->maximum;
	int64_t number;

	if (!parse_digits(value, &number) || number < minimum || number > maximum) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s: \"%s\" is not a number (%lld to %lld)", parameter->name, quotable(value),
		    (long long)minimum, (long long)maximum);
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &number, sizeof(number));
	return true;
}

static bool parse_boolean(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	bool yes = strcmp(value, "true") == 0;

	(void)route;
	if (!yes && strcmp(value, "false") != 0) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s: \"%s\" is neither true nor false", parameter->name, quotable(value));
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &yes, sizeof(yes));
	return true;
}

static bool parse_severity(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	(void)route;
	for (size_t i = 0; i < SEVERITY_COUNT; i++) {
		if (strcmp(value, severity_name(severity_of_threshold[i])) != 0)
			continue;
		exchange->query.severity = severity_of_threshold[i];
		return true;
	}
	exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
	    "%s: \"%s\" is not INFO, WARNING or ERROR", parameter->name, quotable(value));
	return false;
}

/* Whether a class is built in, or one of a plugin, by its whole name. */
static bool kind_is_known(const struct graph *graph, const char *name)
{
	const struct graph_class *class;

	for (enum builtin kind = BUILTIN_RESOURCE; kind < BUILTIN_END; kind++)
		if (strcmp(builtin_name(kind), name) == 0)
			return true;
	for (class = graph_first_class(graph); class != NULL; class = class->by_id.next)
		if (strcmp(class->key, name) == 0)
			return true;
	return false;
}

static bool parse_kind(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	(void)route;
	if (!kind_is_known(exchange->control->graph, value)) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s: \"%s\" is neither a built-in class, such as PhysicalDisk, nor one of a "
		    "plugin, such as acme.Drive",
		    parameter->name, quotable(value));
		return false;
	}
	exchange->query.kind = value;
	return true;
}

static bool parse_time(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	struct wallclock moment;
	char reason[REASON_SIZE];

	(void)route;
	if (!moment_parse(value, wallclock_now(), &moment, reason)) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name, "%s: %s",
		    parameter->name, quotable(value) == value ? reason : "is not a time");
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &moment, sizeof(moment));
	return true;
}

static bool parse_statistic(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	struct query *query = &exchange->query;

	(void)route;
	if (query->statistic_count == STATISTICS_MAX) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s is given more than %d times", parameter->name, STATISTICS_MAX);
		return false;
	}
	query->statistics[query->statistic_count++] = value;
	return true;
}

static bool parse_type(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	(void)route;
	for (enum notice_type type = 0; type < NOTICE_TYPE_COUNT; type++) {
		if (strcmp(value, notice_type_name(type)) != 0)
			continue;
		exchange->query.types |= 1u << type;
		return true;
	}
	exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
	    "%s: \"%s\" is not resource, alert, scannable, plugin or event", parameter->name,
	    quotable(value));
	return false;
}

static bool parse_plugin(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	const struct graph_class *class = graph_first_class(exchange->control->graph);

	(void)route;
	while (class != NULL && strcmp(class->plugin, value) != 0)
		class = class->by_id.next;
	if (class == NULL) {
		exchange_refuse(exchange, HTTP_NOTFOUND, parameter->name,
		    "no plugin \"%s\" has been loaded; \"iml-plugin status\" tells of all",
		    quotable(value));
		return false;
	}
	exchange->query.plugin = value;
	return true;
}

static bool parse_class(struct exchange *exchange, const struct route *route,
    const struct parameter *parameter, const char *value)
{
	const struct graph_class *class = graph_first_class(exchange->control->graph);

	(void)route;
	while (class != NULL && strcmp(class->name, value) != 0 && strcmp(class->key, value) != 0)
		class = class->by_id.next;
	if (class == NULL) {
		exchange_refuse(exchange, HTTP_NOTFOUND, parameter->name,
		    "no class \"%s\" is known", quotable(value));
		return false;
	}
	exchange->query.class = value;
	return true;
}

static const struct parameter parameters[] = {
    {"plugin", parse_plugin, offsetof(struct query, plugin), 0},
    {"class", parse_class, offsetof(struct query, class), 0},
    {"kind", parse_kind, offsetof(struct query, kind), 0},
    {"severity", parse_severity, offsetof(struct query, severity), 0},
    {"limit", parse_number, offsetof(struct query, limit), 0},
    {"after", parse_number, offsetof(struct query, after), INT64_MAX},
    {"affects", parse_number, offsetof(struct query, affects), 1000},
    {"internal", parse_boolean, offsetof(struct query, internal), 0},
    {"roots", parse_boolean, offsetof(struct query, roots), 0},
    {"from", parse_time, offsetof(struct query, from), 0},
    {"to", parse_time, offsetof(struct query, to), 0},
    {"points", parse_number, offsetof(struct query, limit), 0},
    {"statistic", parse_statistic, 0, 0},
    {"id", parse_number, offsetof(struct query, id), INT64_MAX},
    {"resource", parse_number, offsetof(struct query, id), INT64_MAX},
    {"type", parse_type, 0, 0},
};

static const struct parameter *find_parameter(const char *name)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (strcmp(parameters[i].name, name) == 0)
			return &parameters[i];
	}
	return NULL;
}

/* Whether it may be given more than once. */
static bool is_list(const struct parameter *parameter)
{
	return parameter->parse == parse_statistic || parameter->parse == parse_type;
}

/* Whether the route's list of parameters has this name. */
static bool route_takes(const struct route *route, const char *name)
{
	const char *list = route->parameters;
	size_t length;

	for (; *list != '\0'; list += length + strspn(list + length, " ")) {
		length = strcspn(list, " ");
		if (strlen(name) == length && memcmp(list, name, length) == 0)
			return true;
	}
	return false;
}

bool parse_query(
    struct exchange *exchange, const struct route *route, const struct evkeyvalq *given)
{
	const struct evkeyval *pair, *earlier;
	const struct parameter *parameter;

	TAILQ_FOREACH (pair, given, next) {
		parameter = route_takes(route, pair->key) ? find_parameter(pair->key) : NULL;
		if (parameter == NULL) {
			exchange_refuse(exchange, HTTP_BADREQUEST, quotable(pair->key),
			    "%s takes no parameter \"%s\"", route->path, quotable(pair->key));
			return false;
		}
		for (earlier = TAILQ_FIRST(given); earlier != pair;
		     earlier = TAILQ_NEXT(earlier, next)) {
			if (strcmp(earlier->key, pair->key) != 0 || is_list(parameter))
				continue;
			exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
			    "%s is given twice", parameter->name);
			return false;
		}
		if (!parameter->parse(exchange, route, parameter, pair->value))
			return false;
	}
	return true;
}

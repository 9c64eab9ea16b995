/* SPDX-License-Identifier: MIT */
#include "control/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <event2/keyvalq_struct.h>

#include "model/moment.h"

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

static bool parse_number(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	int64_t number;

	if (!parse_digits(value, &number) || number < parameter->minimum ||
	    number > parameter->maximum) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s: \"%s\" is not a number (%lld to %lld)", parameter->name, quotable(value),
		    (long long)parameter->minimum, (long long)parameter->maximum);
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &number, sizeof(number));
	return true;
}

static bool parse_boolean(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	bool yes = strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "false") != 0) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s: \"%s\" is neither true nor false", parameter->name, quotable(value));
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &yes, sizeof(yes));
	return true;
}

static bool parse_severity(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
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

static bool parse_kind(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
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

static bool parse_time(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	struct wallclock moment;
	char reason[REASON_SIZE];

	if (!moment_parse(value, wallclock_now(), &moment, reason)) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name, "%s: %s",
		    parameter->name, quotable(value) == value ? reason : "is not a time");
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &moment, sizeof(moment));
	return true;
}

static bool parse_statistic(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	struct query *query = &exchange->query;

	if (query->statistic_count == STATISTICS_MAX) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s is given more than %d times", parameter->name, STATISTICS_MAX);
		return false;
	}
	query->statistics[query->statistic_count++] = value;
	return true;
}

static bool parse_notice(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
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

static bool parse_sort(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	struct order order = {.descending = value[0] == '-'};
	const char *by = value + order.descending;

	order.by_name = strcmp(by, "name") == 0;
	if (!order.by_name && strcmp(by, "id") != 0) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s: \"%s\" is not id, -id, name or -name", parameter->name, quotable(value));
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &order, sizeof(order));
	return true;
}

static bool parse_text(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	size_t length = strlen(value);
	bool is_plain = length > 0 && length <= (size_t)parameter->maximum;

	for (size_t i = 0; i < length; i++)
		is_plain = is_plain && (unsigned char)value[i] >= ' ' && value[i] != 0x7f;
	if (!is_plain) {
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
		    "%s: \"%s\" is not a text of 1 to %lld bytes without control characters",
		    parameter->name, quotable(value), (long long)parameter->maximum);
		return false;
	}
	memcpy(member(&exchange->query, parameter->offset), &value, sizeof(value));
	return true;
}

static bool parse_plugin(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	const struct graph_class *class = graph_first_class(exchange->control->graph);

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

static bool parse_class(
    struct exchange *exchange, const struct parameter *parameter, const char *value)
{
	const struct graph_class *class = graph_first_class(exchange->control->graph);

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

static bool (*const parsers[PARAMETER_TYPE_COUNT])(
    struct exchange *exchange, const struct parameter *parameter, const char *value) = {
    [PARAMETER_NUMBER] = parse_number,
    [PARAMETER_ID] = parse_number,
    [PARAMETER_BOOLEAN] = parse_boolean,
    [PARAMETER_TEXT] = parse_text,
    [PARAMETER_TIME] = parse_time,
    [PARAMETER_SEVERITY] = parse_severity,
    [PARAMETER_PLUGIN] = parse_plugin,
    [PARAMETER_CLASS] = parse_class,
    [PARAMETER_KIND] = parse_kind,
    [PARAMETER_STATISTIC] = parse_statistic,
    [PARAMETER_SORT] = parse_sort,
    [PARAMETER_NOTICE] = parse_notice,
};

void query_set_defaults(struct query *query, const struct route *route)
{
	struct wallclock now = wallclock_now();

	for (size_t i = 0; route->parameters[i] != NULL; i++) {
		const struct parameter *parameter = route->parameters[i];
		struct wallclock moment = {now.us - parameter->otherwise * US_PER_S};

		if (parameter->type == PARAMETER_NUMBER)
			memcpy(member(query, parameter->offset), &parameter->otherwise,
			    sizeof(parameter->otherwise));
		else if (parameter->type == PARAMETER_TIME)
			memcpy(member(query, parameter->offset), &moment, sizeof(moment));
	}
}

bool parse_path_values(struct exchange *exchange, const struct path_values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct parameter *parameter = values->items[i].parameter;
		const char *text = values->items[i].text;
		int64_t number;

		if (parameter->type == PARAMETER_ID && !parse_digits(text, &number)) {
			exchange_refuse(
			    exchange, HTTP_NOTFOUND, NULL, "\"%s\" is not an id", quotable(text));
			return false;
		}
		if (!parsers[parameter->type](exchange, parameter, text))
			return false;
	}
	return true;
}

/* The parameter of this name that the route takes, or NULL. */
static const struct parameter *find_parameter(const struct route *route, const char *name)
{
	for (size_t i = 0; route->parameters[i] != NULL; i++)
		if (strcmp(route->parameters[i]->name, name) == 0)
			return route->parameters[i];
	return NULL;
}

static bool may_be_repeated(const struct parameter *parameter)
{
	return parameter->type == PARAMETER_STATISTIC || parameter->type == PARAMETER_NOTICE;
}

/* Whether there is a parameter of the same name before this one. */
static bool is_repeated(const struct evkeyvalq *given, const struct evkeyval *pair)
{
	const struct evkeyval *earlier = TAILQ_FIRST(given);

	while (earlier != pair && strcmp(earlier->key, pair->key) != 0)
		earlier = TAILQ_NEXT(earlier, next);
	return earlier != pair;
}

static bool is_given(const struct evkeyvalq *given, const char *name)
{
	const struct evkeyval *pair;

	TAILQ_FOREACH (pair, given, next)
		if (strcmp(pair->key, name) == 0)
			return true;
	return false;
}

/* Whether all that has to be given is; else the request is refused. */
static bool accept_missing(
    struct exchange *exchange, const struct route *route, const struct evkeyvalq *given)
{
	for (size_t i = 0; route->parameters[i] != NULL; i++) {
		const struct parameter *parameter = route->parameters[i];

		if (!parameter->required || is_given(given, parameter->name))
			continue;
		exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name, "%s is missing: %s",
		    parameter->name, parameter->meaning);
		return false;
	}
	return true;
}

bool parse_query(
    struct exchange *exchange, const struct route *route, const struct evkeyvalq *given)
{
	const struct parameter *parameter;
	const struct evkeyval *pair;

	TAILQ_FOREACH (pair, given, next) {
		parameter = find_parameter(route, pair->key);
		if (parameter == NULL) {
			exchange_refuse(exchange, HTTP_BADREQUEST, quotable(pair->key),
			    "%.*s takes no parameter \"%s\"", (int)strcspn(route->path, "="),
			    route->path, quotable(pair->key));
			return false;
		}
		if (!may_be_repeated(parameter) && is_repeated(given, pair)) {
			exchange_refuse(exchange, HTTP_BADREQUEST, parameter->name,
			    "%s is given twice", parameter->name);
			return false;
		}
		if (!parsers[parameter->type](exchange, parameter, pair->value))
			return false;
	}
	return accept_missing(exchange, route, given);
}

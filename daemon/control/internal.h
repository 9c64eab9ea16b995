/* SPDX-License-Identifier: MIT */
/*
 * Inside the control API: how a request finds its route.
 *
 * A request is one exchange: its parameters are checked against the route's table, its handler
 * answers or refuses it. All of it runs in the event loop's thread.
 */
#ifndef CONTROL_INTERNAL_H
#define CONTROL_INTERNAL_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <event2/event.h>
#include <event2/http.h>

#include "base/clock.h"
#include "control/control.h"
#include "control/describe.h"
#include "model/instruction.h"

#define CONTROL_MAGIC 0x4354524cu

/* What a request may be, and how long it may take. */
#define REQUEST_HEADERS_MAX 16384
#define REQUEST_URI_MAX 8192
#define REQUEST_BODY_MAX 65536
/* Without a byte either way. */
#define SILENCE_SECONDS 60

/* More than this is not even read. */
#define REQUEST_BODY_LIMIT 1048576

/* Since libevent 2.2 in its header. */
#define HTTP_CREATED 201
#define HTTP_ACCEPTED 202
#define HTTP_UNAUTHORIZED 401
#define HTTP_FORBIDDEN 403
#define HTTP_REQUEST_TIMEOUT 408
#define HTTP_CONFLICT 409
#define HTTP_URI_TOO_LONG 414
#define HTTP_EXPECTATION_FAILED 417
#define HTTP_UNPROCESSABLE 422
#define HTTP_TOO_MANY_REQUESTS 429
#define HTTP_HEADERS_TOO_LARGE 431
#define HTTP_GATEWAY_TIMEOUT 504

struct bufferevent;
struct evconnlistener;

/* What a client does at present. */
enum client_state {
	CLIENT_WAITS,     /* nothing */
	CLIENT_ASKS,      /* sends a request */
	CLIENT_IS_SERVED, /* waits for the answer, or follows a stream */
	CLIENT_TAKES      /* takes an answer, all of which is there */
};

/* A connection. */
struct client {
	struct control *control;
	struct bufferevent *stream; /* libevent's: of use until its socket is another */
	bool is_known;              /* the following are set */
	int fd;
	uint64_t cookie;   /* of the socket */
	uid_t user;        /* -1: not known */
	bool is_network;   /* came by TCP */
	bool is_sent_away; /* its end is near */
	enum client_state state;
	struct monotonic since;
	size_t head_bytes; /* that have come in of the request */
	TAILQ_ENTRY(client) in_clients;
};
TAILQ_HEAD(client_list, client);

struct control_limits {
	int64_t request_ms; /* from the first byte of a request to its last */
	int64_t answer_ms;  /* until an answer is taken */
	size_t user_connections;
	int64_t look_ms; /* how often these are looked at */
};

struct follower {
	struct control *control;
	struct evhttp_request *request;
	uint64_t place;     /* number of the next event that it may want */
	bool sending;       /* it has not taken yet what it was sent */
	unsigned types;     /* of notices that it wants, as bits */
	record_id resource; /* that it is about or, as a scannable, told of; 0: any */
	char *plugin;       /* NULL: any */
	TAILQ_ENTRY(follower) in_followers;
};

/* An event as it is sent, and what is needed to tell who wants it. */
struct told {
	enum notice_type type;
	record_id resource, scannable;
	char *plugin;
	char *text;
	size_t length;
};

/* The events of the last time, by number. */
struct recent {
	char epoch[20];
	struct told *items;
	size_t capacity;
	uint64_t first, next;
	size_t bytes;
};

struct control {
	uint32_t magic;
	struct evhttp *http;
	struct graph *graph;
	const struct control_callbacks *callbacks;
	void *context;

	char *path;
	bool listening; /* the socket at path, device and inode, is ours to remove */
	dev_t device;
	ino_t inode;

	struct evconnlistener *listener; /* belongs to http */
	struct event *resume;            /* pending while nobody is let in */
	size_t connections_max;
	bool is_full; /* and that was told */

	struct evconnlistener *port_listener; /* the same for TCP, or NULL */
	unsigned port;
	char *token;       /* or NULL */
	bool open_metrics; /* they need no token */

	struct client_list clients;
	size_t client_count;
	struct event *look; /* pending while there are clients */
	struct control_limits limits;

	TAILQ_HEAD(, follower) followers;
	size_t follower_count;
	struct event *heartbeat; /* pending while collecting */
	bool collecting;         /* for followers, or for one that may come back */
	unsigned idle_beats;     /* since the last follower left */
	struct recent recent;

	TAILQ_HEAD(, inquiry) inquiries; /* whose answers are owed */

	char *group; /* whose members may change things, or NULL */
	gid_t group_id;
};

/* Statistics that a request may name. */
#define STATISTICS_MAX 16

struct inquiry;

/* How a list is sorted. */
struct order {
	bool by_name;
	bool descending;
};

/* What the path and the parameters of a request say; those not given are at their defaults. */
struct query {
	const char *name; /* in the path */
	const char *plugin;
	const char *class; /* "Name" or "plugin.Name" */
	const char *kind;  /* "PhysicalDisk" or "plugin.Name" */
	int64_t severity;  /* least */
	int64_t limit;
	int64_t after;
	int64_t affects; /* most affected resources to name with each alert */
	struct wallclock from, to;
	const char *statistics[STATISTICS_MAX];
	size_t statistic_count;
	unsigned types; /* of notices, as bits; 0: all */
	struct order order;
	bool internal;
	bool roots; /* only alerts that are their own root cause */
	record_id id;
};

struct exchange {
	struct control *control;
	struct evhttp_request *request;
	struct query query;
	struct json_object *body; /* as the route's table of members describes it */
	uid_t user;               /* who asks, of requests that change something */
};

/* ---- request.c ---- */

/* Answers every request; the argument is the control. */
void control_handle_request(struct evhttp_request *request, void *argument);

/* Sends a JSON answer and releases it. */
void exchange_answer(struct exchange *exchange, struct json_object *answer);

/* The same with another code than 200. */
void exchange_answer_code(struct exchange *exchange, int code, struct json_object *answer);

/* Sends an answer that is JSON already; copies it. */
void exchange_answer_text(struct exchange *exchange, const char *json, size_t length);

/* Sends a text of another type, to which a line end is added; copies it. */
void exchange_answer_as(struct exchange *exchange, const char *type, const char *text);

/* The words that go with a code. */
const char *phrase_of(int code);

/* Sends {"error": …} or, if field is not NULL, with the parameter that is wrong. */
void exchange_refuse(struct exchange *exchange, int code, const char *field, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* ---- routes.c ---- */

/* How the text of a parameter is read. */
enum parameter_type {
	PARAMETER_NUMBER,    /* int64_t */
	PARAMETER_ID,        /* the same, of a resource or whatever else has one */
	PARAMETER_BOOLEAN,   /* bool: "true" or "false" */
	PARAMETER_TEXT,      /* const char *: 1 to maximum bytes, none below a blank */
	PARAMETER_TIME,      /* struct wallclock: a moment, or "-2h" */
	PARAMETER_SEVERITY,  /* int64_t: INFO, WARNING or ERROR */
	PARAMETER_PLUGIN,    /* const char *: one whose classes are known */
	PARAMETER_CLASS,     /* const char *: "Name" or "plugin.Name" */
	PARAMETER_KIND,      /* const char *: a class and all that are based on it */
	PARAMETER_STATISTIC, /* may be repeated */
	PARAMETER_SORT,      /* struct order: "id" or "name", with "-" before it descending */
	PARAMETER_NOTICE,    /* a bit of unsigned, by the name of a type; may be repeated */
	PARAMETER_TYPE_COUNT
};

/* What a query may say, or (in braces) a path says. */
struct parameter {
	const char *name;
	enum parameter_type type;
	size_t offset; /* of the member of struct query */
	int64_t minimum, maximum;
	bool required;
	int64_t otherwise; /* a number that is not given; of times, seconds before now */
	const char *meaning;
};

/* A member that the object in a request's body may have. */
struct body_member {
	const char *name;
	unsigned types; /* BODY_… that its value may be of */
	bool required;
	unsigned items; /* BODY_… that the elements of an array, or members of an object, may be */
	int64_t maximum; /* characters of a text; 0: any */
	const char *meaning;
};
#define BODY_NULL (1u << json_type_null)
#define BODY_BOOLEAN (1u << json_type_boolean)
#define BODY_INTEGER (1u << json_type_int)
#define BODY_TEXT (1u << json_type_string)
#define BODY_ARRAY (1u << json_type_array)
#define BODY_OBJECT (1u << json_type_object)

#define ROUTE_PARAMETERS_MAX 10
#define ROUTE_MEMBERS_MAX 6

/* What a request over TCP needs. */
enum route_access {
	ACCESS_TOKEN,
	ACCESS_METRICS, /* the token, unless control.metrics_without_token is set */
	ACCESS_OPEN     /* nothing */
};

/* The lists end with NULL, or a member without a name. */
struct route {
	enum evhttp_cmd_type method; /* any but GET is for those who may change things */
	const char *path;            /* with the names of path parameters in braces */
	void (*handle)(struct exchange *exchange);
	const char *summary;
	enum route_access access;
	const struct parameter *parameters[ROUTE_PARAMETERS_MAX + 1];
	struct body_member body[ROUTE_MEMBERS_MAX + 1];
};
extern const struct route control_routes[];
extern const size_t control_route_count;

/* What a path may have in braces. */
extern const struct parameter path_parameters[];
extern const size_t path_parameter_count;

/* ---- match.c ---- */

#define PATH_VALUES_MAX 2

/* What a path says where its route has braces. */
struct path_values {
	struct {
		const struct parameter *parameter;
		char *text; /* decoded */
	} items[PATH_VALUES_MAX];
	size_t count;
};

/* The route of a path and a method, or NULL; the values are the caller's, unless it is NULL. */
const struct route *find_route(
    const char *path, enum evhttp_cmd_type method, struct path_values *values);

void path_values_clear(struct path_values *values);

/* Refuses a request whose path, or method, nothing answers to. */
void refuse_route(struct exchange *exchange, const char *path);

/* ---- query.c ---- */

struct evkeyvalq;

/* Gives all parameters of a route the values that they have if they are not given. */
void query_set_defaults(struct query *query, const struct route *route);

/* Reads what the path says into the exchange's query; refuses the request and returns false. */
bool parse_path_values(struct exchange *exchange, const struct path_values *values);

/* Reads the parameters given into the exchange's query; refuses the request and returns false. */
bool parse_query(
    struct exchange *exchange, const struct route *route, const struct evkeyvalq *given);

/* A number of digits alone. */
bool parse_digits(const char *text, int64_t *number);

/* The value, if it is safe and short enough to be repeated in a message, or "…". */
const char *quotable(const char *value);

/* ---- peer.c ---- */

/*
 * Whether the client may change things: root, the user of the runner, and the members of a group if
 * one is set. Else the request is refused.
 */
bool exchange_may_change(struct exchange *exchange);

/* ---- token.c ---- */

/* Whether a request over TCP for a route (NULL: for none) has what it needs; else it is refused. */
bool exchange_has_token(struct exchange *exchange, const struct route *route);

/* Whether a request has the token, needed or not. */
bool exchange_shows_token(const struct exchange *exchange);

/* ---- body.c ---- */

/*
 * The object in the body of a request, which has the members that the route tells and no others; an
 * empty one if there is no body. NULL with the request refused.
 */
struct json_object *exchange_read_body(struct exchange *exchange, const struct route *route);

/* The text of a member, or NULL. It belongs to the body. */
const char *body_text(struct json_object *body, const char *name);

/* ---- wipe.c ---- */

/* Releases a value, whose texts are overwritten before. Names are no secrets. */
void body_release(struct json_object *body);

struct json_tokener;

/*
 * Has a tokener use room for texts of this length: before it gets to see a secret, so that it
 * leaves none behind when it needs more, and afterwards, which overwrites that.
 */
void tokener_rinse(struct json_tokener *tokener, size_t length);

/* ---- inquire.c ---- */

/* A request that is answered later, until then or until its connection ends. */
struct inquiry *inquiry_new(
    struct exchange *exchange, void (*withdraw)(void *context, uint64_t number));

/* It has this number; 0: nobody will answer it, and the caller does. */
void inquiry_begin(struct inquiry *inquiry, uint64_t number);

/* The exchange of an inquiry that is to be answered now, and is no more. */
struct exchange inquiry_end(struct inquiry *inquiry);

/* Asks the database, and answers the request with what it says. */
void exchange_inquire(struct exchange *exchange, const struct database_question *question);

/* Ends the connections of all who wait for an answer. */
void inquiries_close(struct control *control);

/* ---- overview.c ---- */

void handle_status(struct exchange *exchange);
void handle_health(struct exchange *exchange);
void handle_metrics(struct exchange *exchange);
void handle_usage(struct exchange *exchange);
void handle_levels(struct exchange *exchange);
void handle_plugins(struct exchange *exchange);
void handle_plugin(struct exchange *exchange);
void handle_classes(struct exchange *exchange);

/* conf/openapi.json */
extern const char control_openapi[];
void handle_openapi(struct exchange *exchange);

/* ---- resources.c ---- */

/* Whether the query asks for resources of this class. */
bool class_matches(const struct graph_class *class, const struct query *query);

/* Adds "waiting", the reason, while there is nothing to show yet. */
void add_waiting(struct json_object *answer, const struct control *control);

/* Adds "reason" to what is said about a scannable that is not contactable. */
void add_reason(struct json_object *object, const struct control *control,
    const struct graph_resource *scannable);

/* Adds "next": what to pass as "after" to get what follows, or null at the end. */
void add_next(struct json_object *answer, bool more, record_id last);

/* The resource of the query's id, or NULL with the request refused. */
struct graph_resource *find_resource(struct exchange *exchange);

void handle_resources(struct exchange *exchange);
void handle_resource(struct exchange *exchange);
void handle_tree(struct exchange *exchange);
void handle_impact(struct exchange *exchange);
void handle_graph(struct exchange *exchange);

/* ---- statistics.c ---- */

void handle_charts(struct exchange *exchange);
void handle_statistics(struct exchange *exchange);
void handle_series(struct exchange *exchange);

/* Whether a query is about a time at all; else the request is refused. */
bool accept_range(struct exchange *exchange);

/* ---- events.c ---- */

void handle_events(struct exchange *exchange);
void handle_stream(struct exchange *exchange);

/* ---- alerts.c ---- */

void handle_alerts(struct exchange *exchange);

/* ---- instruct.c: requests that change something ---- */

/*
 * Passes an instruction of the client, about the id in the path, on; the request is answered when
 * it has been followed.
 */
void exchange_instruct(struct exchange *exchange, struct instruction instruction);

void handle_alias(struct exchange *exchange);
void handle_dismiss(struct exchange *exchange);
void handle_add(struct exchange *exchange);
void handle_edit(struct exchange *exchange);
void handle_remove(struct exchange *exchange);
void handle_scan(struct exchange *exchange);
void handle_pause(struct exchange *exchange);
void handle_resume(struct exchange *exchange);
void handle_reload(struct exchange *exchange);
void handle_log_level(struct exchange *exchange);

/* ---- silences.c ---- */

void handle_silences(struct exchange *exchange);
void handle_silence(struct exchange *exchange);
void handle_unsilence(struct exchange *exchange);

/* ---- volumes.c ---- */

void handle_servers(struct exchange *exchange);
void handle_volumes(struct exchange *exchange);
void handle_nodes(struct exchange *exchange);

/* ---- follow.c ---- */

/* At the end of a request's connection: frees it, if libevent won't. */
void request_release_closed(struct evhttp_request *request);

/* Begins a stream of server-sent events, of those that the query asks for. */
void exchange_follow(struct exchange *exchange);

/* The timer that keeps streams from looking dead. */
struct event *followers_heartbeat(struct event_base *base, struct control *control);

/* Ends all streams. */
void followers_close(struct control *control);

/* ---- recent.c ---- */

/* Begins with nothing. */
void recent_begin(struct recent *recent);

/* Appends an event of this number as it is sent. */
void recent_append_event(const struct recent *recent, struct text *event, uint64_t number,
    const char *name, const char *data);

/* Adds what was told; what is oldest goes when there is too much. */
void recent_add(struct recent *recent, const struct notice *notice);

/* The event of a number from first up to before next. */
const struct told *recent_get(const struct recent *recent, uint64_t number);

/* The number that follows the event of an id; one before first if that is too long ago, or none. */
uint64_t recent_after(const struct recent *recent, const char *id);

/* Forgets everything: who had less than that has missed something. */
void recent_forget(struct recent *recent);

/* ---- socket.c ---- */

/*
 * A listening socket at path, non-blocking, in place of one that nobody answers on; sets device and
 * inode. Returns -1 with a reason that names the path.
 */
int control_listen(const char *path, dev_t *device, ino_t *inode, char reason[REASON_SIZE]);

/* ---- accept.c ---- */

/* How many connections there may be at a time: 128, or a quarter of all descriptors. */
size_t control_connections_max(void);

/*
 * Begins to let clients in on a listening socket, which is taken over. Those for whom there is no
 * room wait. Returns false if libevent can't.
 */
bool control_accept(struct event_base *base, int fd, struct control *control);

/* The same on another socket. */
struct evconnlistener *control_add_listener(struct control *control, int fd);

/* After the end of its HTTP server. */
void control_stop_accepting(struct control *control);

/* ---- client.c ---- */

void clients_open(struct event_base *base, struct control *control);

/* The stream of a connection that was accepted. */
struct bufferevent *client_new(struct event_base *base, struct control *control);

/* How many connections there are. */
size_t clients_count(struct control *control);

/* A request has come in. Returns false if its client was sent away before. */
bool client_asked(struct exchange *exchange);

/* Whether the client came by TCP. */
bool client_is_network(const struct exchange *exchange);

/* The answer was handed over to libevent. */
void client_takes(struct exchange *exchange);

/* After the end of the HTTP server. */
void clients_close(struct control *control);

#endif

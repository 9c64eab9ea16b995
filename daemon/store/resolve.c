/* SPDX-License-Identifier: MIT */
/*
 * libpq resolves host names while everything else waits. Here evdns does it before, and libpq gets
 * the addresses beside the names.
 *
 * What evdns was asked it answers from its event loop, even when it was cancelled, and needs its
 * memory until then. So that a resolve can end at any time, evdns has a loop of its own. It is
 * turned from the main one: when a name server has sent something, and regularly for the time
 * limits.
 */
#include "store/internal.h"

#include <assert.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/util.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

/* How often evdns gets to see the time. */
#define TICK_MS 100

enum outcome { HOST_WAITED_FOR, HOST_FOUND, HOST_UNKNOWN, HOST_WITHOUT_ADDRESS, HOST_UNANSWERED };

/* What is said about a host around its name. */
static const struct {
	const char *before;
	const char *after;
} troubles[] = {
    [HOST_UNKNOWN] = {"there is no host",
        "correct the conninfo of the database, or add the name to the DNS or /etc/hosts"},
    [HOST_WITHOUT_ADDRESS] = {"the name server gave no address of host",
        "check it, or add hostaddr to the conninfo of the database"},
    [HOST_UNANSWERED] = {"the name server did not answer for host",
        "check it and /etc/resolv.conf, or add hostaddr to the conninfo of the database"},
};

/* One entry of the lists of libpq. */
struct target {
	struct resolve *resolve;
	char *host; /* "" in place of what a list does not have */
	char *hostaddr;
	char *port;
	bool is_name; /* to be resolved; then the next three count */
	enum outcome outcome;
	struct evdns_getaddrinfo_request *request; /* while it is waited for */
	struct evutil_addrinfo *addresses;
};

struct resolve {
	struct resolve_options options;
	struct event_base *base;

	struct target *targets;
	size_t count;
	size_t waited_for;

	struct event_base *loop; /* of evdns */
	struct evdns_base *dns;
	struct event **sockets; /* of evdns, in the main loop */
	size_t socket_count;
	struct event *tick;
	struct event *limit;
};

/* ---- what libpq would resolve ---- */

/* The three lists of libpq; NULL or "" if there is none. */
struct lists {
	const char *host;
	const char *hostaddr;
	const char *port;
};

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
	for (; options != NULL && options->keyword != NULL; options++) {
		if (strcmp(options->keyword, keyword) == 0)
			return options->val;
	}
	return NULL;
}

/*
 * What libpq uses where the conninfo says nothing. It looks into the service file for them itself,
 * for the service of the environment; one that the conninfo names is lent to it there.
 */
static PQconninfoOption *defaults_with_service(const char *service)
{
	char *before = xstrdup(getenv("PGSERVICE"));
	PQconninfoOption *defaults;

	if (service != NULL)
		setenv("PGSERVICE", service, 1);
	defaults = PQconndefaults();
	if (before != NULL)
		setenv("PGSERVICE", before, 1);
	else
		unsetenv("PGSERVICE");
	free(before);
	return defaults;
}

static const char *value_or_default(
    const PQconninfoOption *options, const PQconninfoOption *defaults, const char *keyword)
{
	const char *value = option_value(options, keyword);

	return value != NULL ? value : option_value(defaults, keyword);
}

static bool is_empty(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static size_t count_items(const char *list)
{
	size_t count = 1;

	for (; *list != '\0'; list++)
		count += *list == ',';
	return count;
}

/* The next item of a list, which goes on after it; "" at its end. The caller frees it. */
static char *take_item(const char **list)
{
	size_t length = is_empty(*list) ? 0 : strcspn(*list, ",");
	char *item = xstrndup(length > 0 ? *list : "", length);

	if (!is_empty(*list))
		*list += length + ((*list)[length] == ',');
	return item;
}

/* Whether getaddrinfo() would ask for the host: it is no path, no abstract socket, no address. */
static bool is_name(const char *host)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
	struct addrinfo *address = NULL;

	if (host[0] == '\0' || host[0] == '/' || host[0] == '@')
		return false;
	if (getaddrinfo(host, NULL, &hints, &address) != 0)
		return true;
	freeaddrinfo(address);
	return false;
}

/* Whether the lists fit together. libpq complains about those that don't, before it resolves. */
static bool lists_agree(const struct lists *lists, size_t count)
{
	size_t ports = is_empty(lists->port) ? 1 : count_items(lists->port);

	return count_items(lists->host) == count && (ports == 1 || ports == count);
}

/* Splits the lists; nothing comes of lists without a name. */
static void take_targets(struct resolve *resolve, struct lists lists)
{
	bool one_port = is_empty(lists.port) || count_items(lists.port) == 1;

	if (is_empty(lists.host))
		return;
	resolve->count = count_items(is_empty(lists.hostaddr) ? lists.host : lists.hostaddr);
	if (!lists_agree(&lists, resolve->count)) {
		resolve->count = 0;
		return;
	}
	resolve->targets = xcalloc(resolve->count, sizeof(resolve->targets[0]));
	for (size_t i = 0; i < resolve->count; i++) {
		struct target *target = &resolve->targets[i];

		target->resolve = resolve;
		target->host = take_item(&lists.host);
		target->hostaddr = take_item(&lists.hostaddr);
		target->port = one_port ? xstrdup(is_empty(lists.port) ? "" : lists.port)
		                        : take_item(&lists.port);
		target->is_name = target->hostaddr[0] == '\0' && is_name(target->host);
		resolve->waited_for += target->is_name;
	}
}

static void take_conninfo(struct resolve *resolve, const char *conninfo)
{
	PQconninfoOption *options =
	    store_conninfo_is_name(conninfo) ? NULL : PQconninfoParse(conninfo, NULL);
	PQconninfoOption *defaults = defaults_with_service(option_value(options, "service"));
	const struct lists lists = {
	    .host = value_or_default(options, defaults, "host"),
	    .hostaddr = value_or_default(options, defaults, "hostaddr"),
	    .port = value_or_default(options, defaults, "port"),
	};

	take_targets(resolve, lists);
	PQconninfoFree(options);
	PQconninfoFree(defaults);
}

/* ---- what libpq is told ---- */

static void append_item(struct text *list, const char *item, bool first)
{
	text_append(list, first ? "" : ",");
	text_append(list, item);
}

struct entries {
	struct text host;
	struct text hostaddr;
	struct text port;
	size_t count;
};

static void append_entry(struct entries *entries, const struct target *target, const char *hostaddr)
{
	bool first = entries->count++ == 0;

	append_item(&entries->host, target->host, first);
	append_item(&entries->hostaddr, hostaddr, first);
	append_item(&entries->port, target->port, first);
}

static void append_target(struct entries *entries, const struct target *target)
{
	char address[NI_MAXHOST];

	if (!target->is_name)
		append_entry(entries, target, target->hostaddr);
	for (const struct evutil_addrinfo *a = target->addresses; a != NULL; a = a->ai_next) {
		if (getnameinfo(a->ai_addr, (socklen_t)a->ai_addrlen, address, sizeof(address),
		        NULL, 0, NI_NUMERICHOST) == 0)
			append_entry(entries, target, address);
	}
}

static void append_trouble(struct text *reason, const struct target *target)
{
	if (!target->is_name || target->outcome == HOST_FOUND)
		return;
	text_printf(reason, "%s%s \"%s\": %s", reason->length > 0 ? "; " : "",
	    troubles[target->outcome].before, target->host, troubles[target->outcome].after);
}

/* Gives the outcome away. */
static void tell(struct resolve *resolve)
{
	struct entries entries = {0};
	struct text reason = TEXT_EMPTY;
	struct endpoints endpoints;

	for (size_t i = 0; i < resolve->count; i++) {
		append_target(&entries, &resolve->targets[i]);
		append_trouble(&reason, &resolve->targets[i]);
	}
	endpoints = (struct endpoints){entries.host.data, entries.hostaddr.data, entries.port.data};
	resolve->options.done(
	    resolve->options.context, entries.count > 0 ? &endpoints : NULL, reason.data);
	text_clear(&entries.host);
	text_clear(&entries.hostaddr);
	text_clear(&entries.port);
	text_clear(&reason);
}

/* ---- resolving ---- */

/* What evdns says of name servers that come and go is no news: the outcome tells it all. */
static void on_log(int is_warning, const char *message)
{
	if (is_warning)
		log_debug("resolving: %s", message);
}

static void free_event(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

/* Ends what is under way, and all that is needed for it. */
static void stop(struct resolve *resolve)
{
	for (size_t i = 0; i < resolve->count; i++) {
		if (resolve->targets[i].request != NULL)
			evdns_getaddrinfo_cancel(resolve->targets[i].request);
	}
	for (size_t i = 0; i < resolve->socket_count; i++)
		event_free(resolve->sockets[i]);
	free(resolve->sockets);
	resolve->sockets = NULL;
	resolve->socket_count = 0;
	free_event(&resolve->tick);
	free_event(&resolve->limit);
	if (resolve->dns != NULL) {
		/* Here evdns answers what was cancelled. */
		event_base_loop(resolve->loop, EVLOOP_NONBLOCK);
		evdns_base_free(resolve->dns, 0);
	}
	if (resolve->loop != NULL)
		event_base_free(resolve->loop);
	resolve->dns = NULL;
	resolve->loop = NULL;
}

static void on_answer(int error, struct evutil_addrinfo *addresses, void *context)
{
	struct target *target = context;

	target->request = NULL;
	if (error == EVUTIL_EAI_CANCEL)
		return;
	target->addresses = addresses;
	if (error == EVUTIL_EAI_NONAME)
		target->outcome = HOST_UNKNOWN;
	else
		target->outcome = addresses != NULL ? HOST_FOUND : HOST_WITHOUT_ADDRESS;
	target->resolve->waited_for--;
}

/* Gives evdns its turn. What it gets to know may end the resolve. */
static void on_turn(evutil_socket_t fd, short what, void *context)
{
	struct resolve *resolve = context;

	(void)fd;
	(void)what;
	event_base_loop(resolve->loop, EVLOOP_NONBLOCK);
	if (resolve->waited_for > 0)
		return;
	stop(resolve);
	tell(resolve);
}

static void on_limit(evutil_socket_t fd, short what, void *context)
{
	struct resolve *resolve = context;

	(void)fd;
	(void)what;
	stop(resolve);
	for (size_t i = 0; i < resolve->count; i++) {
		if (resolve->targets[i].outcome == HOST_WAITED_FOR)
			resolve->targets[i].outcome = HOST_UNANSWERED;
	}
	tell(resolve);
}

static int watch_socket(const struct event_base *loop, const struct event *event, void *context)
{
	struct resolve *resolve = context;
	evutil_socket_t fd = event_get_fd(event);
	struct event *readable;

	(void)loop;
	if (fd < 0 || (event_get_events(event) & EV_READ) == 0)
		return 0;
	readable = event_new(resolve->base, fd, EV_READ | EV_PERSIST, on_turn, resolve);
	event_add(readable, NULL);
	resolve->sockets =
	    xreallocarray(resolve->sockets, resolve->socket_count + 1, sizeof(struct event *));
	resolve->sockets[resolve->socket_count++] = readable;
	return 0;
}

static struct event *new_timer(
    struct resolve *resolve, short what, event_callback_fn callback, int64_t ms)
{
	const struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	struct event *timer = event_new(resolve->base, -1, what, callback, resolve);

	assert(timer != NULL);
	event_add(timer, &time);
	return timer;
}

/*
 * Reads /etc/hosts and /etc/resolv.conf as they are now, apart from the times in the latter: every
 * 2 s the next name server is asked, until the limit. Questions are in lower and upper case as they
 * stand, as not every server repeats a mixture; and a server that failed is not probed, as evdns
 * would ask it for a name that is none of ours.
 */
static bool open_dns(struct resolve *resolve)
{
	const char *nameserver = resolve->options.nameserver;
	int flags = DNS_OPTION_HOSTSFILE;

	evdns_set_log_fn(on_log);
	resolve->loop = event_base_new();
	if (resolve->loop != NULL)
		resolve->dns = evdns_base_new(resolve->loop, 0);
	if (resolve->dns == NULL)
		return false;
	evdns_base_set_option(resolve->dns, "timeout:", "2");
	evdns_base_set_option(resolve->dns, "attempts:", "4");
	evdns_base_set_option(resolve->dns, "getaddrinfo-allow-skew:", "1");
	evdns_base_set_option(resolve->dns, "randomize-case:", "0");
	evdns_base_set_option(resolve->dns, "initial-probe-timeout:", "3600");
	if (nameserver == NULL)
		flags |= DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS;
	else
		evdns_base_nameserver_ip_add(resolve->dns, nameserver);
	evdns_base_resolv_conf_parse(resolve->dns, flags, "/etc/resolv.conf");
	event_base_foreach_event(resolve->loop, watch_socket, resolve);
	return true;
}

static void ask(struct target *target)
{
	const struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct evdns_getaddrinfo_request *request;

	request =
	    evdns_getaddrinfo(target->resolve->dns, target->host, NULL, &hints, on_answer, target);
	/* What stands in /etc/hosts has been answered by now. */
	if (target->outcome == HOST_WAITED_FOR)
		target->request = request;
}

struct resolve *resolve_start(
    struct event_base *base, const char *conninfo, const struct resolve_options *options)
{
	struct resolve *resolve = xcalloc(1, sizeof(*resolve));

	resolve->base = base;
	resolve->options = *options;
	take_conninfo(resolve, conninfo);
	if (resolve->waited_for == 0) {
		resolve_free(resolve);
		return NULL;
	}
	resolve->limit = new_timer(resolve, 0, on_limit, options->limit_ms);
	if (!open_dns(resolve))
		return resolve;
	resolve->tick = new_timer(resolve, EV_PERSIST, on_turn, TICK_MS);
	for (size_t i = 0; i < resolve->count; i++) {
		if (resolve->targets[i].is_name)
			ask(&resolve->targets[i]);
	}
	if (resolve->waited_for == 0)
		event_active(resolve->tick, EV_TIMEOUT, 0);
	return resolve;
}

void resolve_free(struct resolve *resolve)
{
	if (resolve == NULL)
		return;
	stop(resolve);
	for (size_t i = 0; i < resolve->count; i++) {
		struct target *target = &resolve->targets[i];

		free(target->host);
		free(target->hostaddr);
		free(target->port);
		if (target->addresses != NULL)
			evutil_freeaddrinfo(target->addresses);
	}
	free(resolve->targets);
	free(resolve);
}

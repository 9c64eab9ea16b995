/* SPDX-License-Identifier: MIT */
#include "store_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/listener.h>

#include "store/internal.h"

/* ---- a name server in the same event loop ---- */

struct name {
	const char *name;
	int error;            /* of DNS, or -1: no answer */
	const char *v4[3];    /* addresses */
	const char *v6;       /* address */
	bool silent_about_v6; /* no answer to the question for v6 */
};

static const struct name names[] = {
    {"one.example", .v4 = {"192.0.2.1"}},
    {"two.example", .v4 = {"192.0.2.1", "192.0.2.2"}},
    {"both.example", .v4 = {"192.0.2.1"}, .v6 = "2001:db8::1"},
    {"half.example", .v4 = {"192.0.2.1"}, .silent_about_v6 = true},
    {.name = "none.example"},
    {"missing.example", .error = DNS_ERR_NOTEXIST},
    {"broken.example", .error = DNS_ERR_SERVERFAILED},
    {"refused.example", .error = DNS_ERR_REFUSED},
    {"silent.example", .error = -1},
    {"local.example", .v4 = {"127.0.0.77", "127.0.0.1"}},
};

static const struct name missing = {.name = "", .error = DNS_ERR_NOTEXIST};

struct name_server {
	struct evdns_server_port *port;
	char address[32];
	size_t questions;
	bool knows_nothing;                      /* yet */
	void (*asked)(struct name_server *self); /* after each question, if not NULL */
	void *context;
};

static const struct name *find_name(const struct name_server *self, const char *name)
{
	if (self->knows_nothing)
		return &missing;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0)
			return &names[i];
	}
	fail_msg("asked for %s", name);
	return NULL;
}

static void add_answers(
    struct evdns_server_request *request, const char *question, int type, const struct name *name)
{
	unsigned char address[sizeof(struct in6_addr)];

	for (size_t i = 0; type == EVDNS_TYPE_A && name->v4[i] != NULL; i++) {
		inet_pton(AF_INET, name->v4[i], address);
		evdns_server_request_add_a_reply(request, question, 1, address, 60);
	}
	if (type == EVDNS_TYPE_AAAA && name->v6 != NULL) {
		inet_pton(AF_INET6, name->v6, address);
		evdns_server_request_add_aaaa_reply(request, question, 1, address, 60);
	}
}

static void on_question(struct evdns_server_request *request, void *context)
{
	struct name_server *self = context;
	const struct evdns_server_question *question = request->questions[0];
	const struct name *name = find_name(self, question->name);

	self->questions++;
	if (name->error < 0 || (name->silent_about_v6 && question->type == EVDNS_TYPE_AAAA)) {
		evdns_server_request_drop(request);
	} else {
		add_answers(request, question->name, question->type, name);
		evdns_server_request_respond(request, name->error);
	}
	if (self->asked != NULL)
		self->asked(self);
}

static void name_server_start(struct name_server *self, struct event_base *base)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*self = (struct name_server){0};
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	snprintf(self->address, sizeof(self->address), "127.0.0.1:%d", ntohs(address.sin_port));
	self->port = evdns_add_server_port_with_base(base, fd, 0, on_question, self);
	assert_non_null(self->port);
}

/* Closes its socket too. */
static void name_server_stop(struct name_server *self)
{
	evdns_close_server_port(self->port);
}

/* ---- resolving alone ---- */

struct attempt {
	struct event_base *base;
	struct name_server server;
	struct resolve *resolve;
	size_t calls;
	bool found;
	char *host, *hostaddr, *port, *reason;
	size_t ticks;
};

static void forget_environment(void)
{
	static const char *const variables[] = {
	    "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGSERVICEFILE"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
}

static int begin(void **state)
{
	static struct attempt attempt;

	forget_environment();
	attempt = (struct attempt){.base = event_base_new()};
	name_server_start(&attempt.server, attempt.base);
	*state = &attempt;
	return 0;
}

static int end(void **state)
{
	struct attempt *attempt = *state;

	resolve_free(attempt->resolve);
	name_server_stop(&attempt->server);
	event_base_free(attempt->base);
	free(attempt->host);
	free(attempt->hostaddr);
	free(attempt->port);
	free(attempt->reason);
	forget_environment();
	return 0;
}

static void on_done(void *context, const struct endpoints *endpoints, const char *reason)
{
	struct attempt *attempt = context;

	attempt->calls++;
	attempt->reason = xstrdup(reason);
	attempt->found = endpoints != NULL;
	if (attempt->found) {
		attempt->host = xstrdup(endpoints->host);
		attempt->hostaddr = xstrdup(endpoints->hostaddr);
		attempt->port = xstrdup(endpoints->port);
	}
	resolve_free(attempt->resolve);
	attempt->resolve = NULL;
}

static void start(struct attempt *attempt, const char *conninfo, int64_t limit_ms)
{
	const struct resolve_options options = {.nameserver = attempt->server.address,
	    .limit_ms = limit_ms,
	    .done = on_done,
	    .context = attempt};

	attempt->resolve = resolve_start(attempt->base, conninfo, &options);
}

static bool is_done(void *context)
{
	return ((struct attempt *)context)->calls > 0;
}

static void resolve(struct attempt *attempt, const char *conninfo)
{
	start(attempt, conninfo, 30000);
	assert_non_null(attempt->resolve);
	assert_int_equal(attempt->calls, 0);
	assert_true(run_until(attempt->base, is_done, attempt));
}

static void assert_endpoints(
    const struct attempt *attempt, const char *host, const char *hostaddr, const char *port)
{
	assert_true(attempt->found);
	assert_string_equal(attempt->host, host);
	assert_string_equal(attempt->hostaddr, hostaddr);
	assert_string_equal(attempt->port, port);
}

static void what_needs_no_resolving_is_left_to_libpq(void **state)
{
	static const char *const conninfos[] = {
	    "",
	    "storage",
	    "dbname=storage",
	    "host=/run/postgresql",
	    "host=@abstract",
	    "host=192.0.2.1",
	    "host=127.1",
	    "host=2001:db8::1 port=5433",
	    "host=fe80::1%lo",
	    "host=/tmp,192.0.2.1,::1 port=1,2,3",
	    "host=,/tmp",
	    "host=one.example hostaddr=192.0.2.9",
	    "hostaddr=192.0.2.9",
	    "host=/tmp,one.example hostaddr=,192.0.2.9",
	    "postgresql:///storage?host=/tmp",
	    "postgresql://[2001:db8::1]/storage",
	};
	struct attempt *attempt = *state;

	for (size_t i = 0; i < sizeof(conninfos) / sizeof(conninfos[0]); i++) {
		start(attempt, conninfos[i], 30000);
		if (attempt->resolve != NULL)
			fail_msg("\"%s\" is resolved", conninfos[i]);
	}
	assert_int_equal(attempt->server.questions, 0);
}

/* libpq refuses these with a message of its own, before it resolves anything. */
static void lists_that_do_not_fit_are_left_to_libpq(void **state)
{
	static const char *const conninfos[] = {
	    "host=one.example,two.example port=1,2,3",
	    "host=one.example port=1,2",
	    "host=one.example,two.example hostaddr=192.0.2.9",
	};
	struct attempt *attempt = *state;

	for (size_t i = 0; i < sizeof(conninfos) / sizeof(conninfos[0]); i++) {
		PGconn *connection = PQconnectStart(conninfos[i]);

		start(attempt, conninfos[i], 30000);
		assert_null(attempt->resolve);
		assert_int_equal(PQstatus(connection), CONNECTION_BAD);
		assert_non_null(strstr(PQerrorMessage(connection), "could not match"));
		PQfinish(connection);
	}
}

static void a_name_with_two_addresses_becomes_two_entries(void **state)
{
	struct attempt *attempt = *state;

	resolve(attempt, "postgresql://runner@two.example:5433/storage");

	assert_endpoints(attempt, "two.example,two.example", "192.0.2.1,192.0.2.2", "5433,5433");
	assert_null(attempt->reason);
}

static void both_kinds_of_addresses_are_used(void **state)
{
	struct attempt *attempt = *state;

	resolve(attempt, "host=both.example");

	assert_endpoints(
	    attempt, "both.example,both.example", "192.0.2.1,2001:db8::1", "5432,5432");
}

static void other_hosts_keep_their_places_and_ports(void **state)
{
	struct attempt *attempt = *state;

	resolve(attempt, "host=/tmp,two.example,::1,one.example,one.example"
	                 " hostaddr=,,,192.0.2.7, port=1,2,3,4,");

	assert_endpoints(attempt, "/tmp,two.example,two.example,::1,one.example,one.example",
	    ",192.0.2.1,192.0.2.2,,192.0.2.7,192.0.2.1", "1,2,2,3,4,");
}

static void localhost_stands_in_etc_hosts(void **state)
{
	struct attempt *attempt = *state;

	resolve(attempt, "host=localhost");

	assert_true(attempt->found);
	assert_non_null(strstr(attempt->hostaddr, "127.0.0.1"));
	assert_int_equal(attempt->server.questions, 0);
}

static void localhost_is_found_with_the_name_servers_of_the_machine(void **state)
{
	struct attempt *attempt = *state;
	const struct resolve_options options = {
	    .limit_ms = 30000, .done = on_done, .context = attempt};

	attempt->resolve = resolve_start(attempt->base, "host=localhost", &options);
	assert_non_null(attempt->resolve);
	assert_true(run_until(attempt->base, is_done, attempt));

	assert_true(attempt->found);
	assert_non_null(strstr(attempt->hostaddr, "127.0.0.1"));
}

static void the_environment_counts_for_what_the_conninfo_leaves_out(void **state)
{
	struct attempt *attempt = *state;

	setenv("PGHOST", "one.example,two.example", 1);
	setenv("PGPORT", "1,2", 1);
	resolve(attempt, "storage");

	assert_endpoints(attempt, "one.example,two.example,two.example",
	    "192.0.2.1,192.0.2.1,192.0.2.2", "1,2,2");
}

static char *write_service_file(void)
{
	char *path = xstrdup("/tmp/iml-test-service-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	dprintf(fd, "[site]\nhost=one.example\nport=7\n[other]\nhost=two.example\nport=8\n");
	close(fd);
	setenv("PGSERVICEFILE", path, 1);
	return path;
}

static void a_service_of_the_conninfo_counts_before_one_of_the_environment(void **state)
{
	struct attempt *attempt = *state;
	char *path = write_service_file();

	setenv("PGSERVICE", "other", 1);
	setenv("PGHOST", "missing.example", 1);
	resolve(attempt, "service=site dbname=storage");

	assert_endpoints(attempt, "one.example", "192.0.2.1", "7");
	assert_string_equal(getenv("PGSERVICE"), "other");
	unlink(path);
	free(path);
}

static void a_service_leaves_no_trace_in_the_environment(void **state)
{
	struct attempt *attempt = *state;
	char *path = write_service_file();

	resolve(attempt, "service=other port=9");

	assert_endpoints(attempt, "two.example,two.example", "192.0.2.1,192.0.2.2", "9,9");
	assert_null(getenv("PGSERVICE"));
	start(attempt, "service=unknown", 30000);
	assert_null(attempt->resolve);
	unlink(path);
	free(path);
}

static void a_missing_name_is_told_with_a_remedy(void **state)
{
	struct attempt *attempt = *state;

	resolve(attempt, "host=missing.example");

	assert_false(attempt->found);
	assert_non_null(strstr(attempt->reason, "there is no host \"missing.example\": correct"));
}

static void a_name_without_address_is_told_with_a_remedy(void **state)
{
	static const char *const hosts[] = {"none.example", "broken.example", "refused.example"};
	struct attempt *attempt = *state;

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		char *conninfo = xasprintf("host=%s", hosts[i]);
		char *words = xasprintf("gave no address of host \"%s\": check", hosts[i]);

		attempt->calls = 0;
		resolve(attempt, conninfo);

		assert_false(attempt->found);
		assert_non_null(strstr(attempt->reason, words));
		free(attempt->reason);
		attempt->reason = NULL;
		free(conninfo);
		free(words);
	}
}

static void a_host_that_is_not_found_is_left_out(void **state)
{
	struct attempt *attempt = *state;

	resolve(attempt, "host=missing.example,one.example,none.example port=1,2,3");

	assert_endpoints(attempt, "one.example", "192.0.2.1", "2");
	assert_non_null(strstr(attempt->reason, "\"missing.example\""));
	assert_non_null(
	    strstr(attempt->reason, "; the name server gave no address of host \"none"));
}

/* ---- a name server that says nothing ---- */

static void count_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	((struct attempt *)context)->ticks++;
}

static void everything_else_goes_on_while_a_name_server_is_silent(void **state)
{
	struct attempt *attempt = *state;
	const struct timeval period = {.tv_usec = 5000};
	struct event *timer = event_new(attempt->base, -1, EV_PERSIST, count_tick, attempt);

	event_add(timer, &period);
	start(attempt, "host=silent.example,one.example", 500);
	while (attempt->calls == 0)
		assert_int_equal(event_base_loop(attempt->base, EVLOOP_ONCE), 0);
	event_free(timer);

	assert_true(attempt->ticks >= 10);
	assert_endpoints(attempt, "one.example", "192.0.2.1", "5432");
	assert_non_null(strstr(attempt->reason, "did not answer for host \"silent.example\""));
}

static void one_kind_of_addresses_is_enough_when_the_other_is_not_answered(void **state)
{
	struct attempt *attempt = *state;

	resolve(attempt, "host=half.example");

	assert_endpoints(attempt, "half.example", "192.0.2.1", "5432");
	assert_null(attempt->reason);
}

static void nothing_is_left_in_the_event_loop(void **state)
{
	struct attempt *attempt = *state;
	int before = event_base_get_num_events(attempt->base, EVENT_BASE_COUNT_ADDED);

	resolve(attempt, "host=missing.example,one.example");

	assert_int_equal(event_base_get_num_events(attempt->base, EVENT_BASE_COUNT_ADDED), before);
}

static bool is_asked(void *context)
{
	return ((struct attempt *)context)->server.questions >= 2;
}

static void a_resolve_can_be_ended_at_once(void **state)
{
	struct attempt *attempt = *state;

	start(attempt, "host=one.example,localhost", 30000);
	resolve_free(attempt->resolve);
	attempt->resolve = NULL;
	event_base_loop(attempt->base, EVLOOP_NONBLOCK);

	assert_int_equal(attempt->calls, 0);
}

static void a_resolve_can_be_ended_while_the_name_server_is_silent(void **state)
{
	struct attempt *attempt = *state;

	start(attempt, "host=silent.example", 30000);
	assert_true(run_until(attempt->base, is_asked, attempt));
	resolve_free(attempt->resolve);
	attempt->resolve = NULL;

	assert_int_equal(attempt->calls, 0);
}

static void end_resolve(struct name_server *self)
{
	struct attempt *attempt = self->context;

	if (self->questions < 2)
		return;
	resolve_free(attempt->resolve);
	attempt->resolve = NULL;
}

static void a_resolve_can_be_ended_when_answers_have_arrived(void **state)
{
	static const char *const conninfos[] = {
	    "host=both.example", "host=half.example", "host=missing.example"};
	struct attempt *attempt = *state;

	attempt->server.asked = end_resolve;
	attempt->server.context = attempt;
	for (size_t i = 0; i < sizeof(conninfos) / sizeof(conninfos[0]); i++) {
		attempt->server.questions = 0;
		start(attempt, conninfos[i], 30000);
		while (attempt->resolve != NULL)
			assert_int_equal(event_base_loop(attempt->base, EVLOOP_ONCE), 0);
	}

	assert_int_equal(attempt->calls, 0);
}

static size_t libevent_lines;

static void count_line(int severity, const char *message)
{
	(void)severity;
	(void)message;
	libevent_lines++;
}

static void libevent_says_nothing_of_name_servers(void **state)
{
	struct attempt *attempt = *state;

	libevent_lines = 0;
	event_set_log_callback(count_line);
	resolve(attempt, "host=refused.example,broken.example,missing.example");
	event_set_log_callback(NULL);

	assert_int_equal(libevent_lines, 0);
}

/* ---- the store ---- */

/* Listens on TCP and hands everything on to the server's Unix socket. */
struct relay {
	struct evconnlistener *listener;
	int port;
	struct sockaddr_un server;
	struct bufferevent *ends[16]; /* each two belong together */
	size_t count;
};

static void relay_more(struct bufferevent *from, void *to)
{
	bufferevent_write_buffer(to, bufferevent_get_input(from));
}

static void relay_end(struct bufferevent *from, short what, void *to)
{
	(void)to;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		bufferevent_disable(from, EV_READ | EV_WRITE);
}

static void relay_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int size, void *context)
{
	struct relay *relay = context;
	struct event_base *base = evconnlistener_get_base(listener);
	struct bufferevent **ends = &relay->ends[relay->count];

	(void)address;
	(void)size;
	relay->count += 2;
	assert_true(relay->count <= sizeof(relay->ends) / sizeof(relay->ends[0]));
	ends[0] = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	ends[1] = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	assert_int_equal(bufferevent_socket_connect(
	                     ends[1], (struct sockaddr *)&relay->server, sizeof(relay->server)),
	    0);
	for (size_t i = 0; i < 2; i++) {
		bufferevent_setcb(ends[i], relay_more, NULL, relay_end, ends[1 - i]);
		bufferevent_enable(ends[i], EV_READ | EV_WRITE);
	}
}

static void relay_start(struct relay *relay, const struct database *database)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	*relay = (struct relay){.server.sun_family = AF_UNIX};
	snprintf(relay->server.sun_path, sizeof(relay->server.sun_path), "%s/.s.PGSQL.%s",
	    PQhost(database->reader), PQport(database->reader));
	relay->listener = evconnlistener_new_bind(server.base, relay_accept, relay,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, (struct sockaddr *)&address,
	    sizeof(address));
	assert_non_null(relay->listener);
	getsockname(evconnlistener_get_fd(relay->listener), (struct sockaddr *)&address, &size);
	relay->port = ntohs(address.sin_port);
}

static void relay_stop(struct relay *relay)
{
	for (size_t i = 0; i < relay->count; i++)
		bufferevent_free(relay->ends[i]);
	evconnlistener_free(relay->listener);
}

/* What a store meets that connects by name. */
static struct {
	struct name_server names;
	struct relay relay;
	struct text log;
} site;

static void keep_line(int level, const char *plugin, const char *scannable, const char *line)
{
	(void)plugin;
	(void)scannable;
	if (level >= LOG_LEVEL_INFO)
		text_printf(&site.log, "%s\n", line);
}

static int make_site(void **state)
{
	forget_environment();
	make_database(state);
	name_server_start(&site.names, server.base);
	relay_start(&site.relay, *state);
	log_set_sink(keep_line);
	return 0;
}

static int clear_site(void **state)
{
	struct database *database = *state;

	log_set_sink(NULL);
	text_clear(&site.log);
	if (database->client.store != NULL)
		client_close(&database->client);
	relay_stop(&site.relay);
	name_server_stop(&site.names);
	return drop_database(state);
}

/* Lets a store connect to hosts, on the port of the relay. */
static struct client *connect_by_name(struct database *database, const char *hosts)
{
	char *conninfo =
	    xasprintf("%s host=%s port=%d", database->conninfo, hosts, site.relay.port);

	client_begin(&database->client, server.base, conninfo);
	database->client.store->nameserver = site.names.address;
	free(conninfo);
	return &database->client;
}

static void assert_connected(const struct database *database, const char *host, const char *address)
{
	const struct client *client = &database->client;

	assert_null(client->fatal);
	assert_true(client->loaded);
	assert_string_equal(PQhost(client->store->connection), host);
	assert_string_equal(PQhostaddr(client->store->connection), address);
}

static void a_store_connects_to_localhost_over_tcp(void **state)
{
	struct client *client = connect_by_name(*state, "localhost");

	client_settle(client);

	assert_connected(*state, "localhost", "127.0.0.1");
	assert_int_equal(site.names.questions, 0);
}

static void a_store_tries_each_address_of_a_name(void **state)
{
	struct client *client = connect_by_name(*state, "local.example");

	client_settle(client);
	client_write(client, example_changes());

	assert_connected(*state, "local.example", "127.0.0.1");
	assert_int_equal(site.names.questions, 2);
}

static bool is_waiting_with_reason(void *context)
{
	struct client *client = context;

	return store_state(client->store) == STORE_WAITING && client->reason != NULL;
}

static void a_store_waits_until_a_name_is_known(void **state)
{
	struct client *client = connect_by_name(*state, "local.example");

	site.names.knows_nothing = true;
	assert_true(run_until(server.base, is_waiting_with_reason, client));
	assert_non_null(strstr(client->reason, "there is no host \"local.example\""));
	assert_null(client->fatal);
	site.names.knows_nothing = false;
	client_settle(client);

	assert_connected(*state, "local.example", "127.0.0.1");
}

static void a_store_tells_of_a_host_that_it_left_out(void **state)
{
	struct client *client = connect_by_name(*state, "missing.example,local.example");

	client_settle(client);

	assert_connected(*state, "local.example", "127.0.0.1");
	assert_non_null(strstr(site.log.data, "a host of the database is left out: there is no"));
	assert_non_null(strstr(site.log.data, "\"missing.example\""));
}

static void a_store_takes_what_needs_no_resolving_beside_a_name(void **state)
{
	struct database *database = *state;
	char *hosts = xasprintf("missing.example,%s", PQhost(database->reader));
	char *conninfo =
	    xasprintf("%s host=%s port=1,%s", database->conninfo, hosts, PQport(database->reader));

	client_begin(&database->client, server.base, conninfo);
	database->client.store->nameserver = site.names.address;
	client_settle(&database->client);

	assert_null(database->client.fatal);
	assert_true(database->client.loaded);
	free(hosts);
	free(conninfo);
}

static bool names_are_asked(void *context)
{
	(void)context;
	return site.names.questions >= 2;
}

static void a_store_can_be_freed_while_it_resolves(void **state)
{
	struct client *client = connect_by_name(*state, "silent.example");

	assert_true(run_until(server.base, names_are_asked, NULL));
	assert_int_equal(store_state(client->store), STORE_CONNECTING);
	assert_null(client->store->connection);
	client_close(client);

	assert_int_equal(event_base_loop(server.base, EVLOOP_NONBLOCK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_site, clear_site)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_needs_no_resolving_is_left_to_libpq),
	    TEST(lists_that_do_not_fit_are_left_to_libpq),
	    TEST(a_name_with_two_addresses_becomes_two_entries),
	    TEST(both_kinds_of_addresses_are_used),
	    TEST(other_hosts_keep_their_places_and_ports),
	    TEST(localhost_stands_in_etc_hosts),
	    TEST(localhost_is_found_with_the_name_servers_of_the_machine),
	    TEST(the_environment_counts_for_what_the_conninfo_leaves_out),
	    TEST(a_service_of_the_conninfo_counts_before_one_of_the_environment),
	    TEST(a_service_leaves_no_trace_in_the_environment),
	    TEST(a_missing_name_is_told_with_a_remedy),
	    TEST(a_name_without_address_is_told_with_a_remedy),
	    TEST(a_host_that_is_not_found_is_left_out),
	    TEST(everything_else_goes_on_while_a_name_server_is_silent),
	    TEST(one_kind_of_addresses_is_enough_when_the_other_is_not_answered),
	    TEST(nothing_is_left_in_the_event_loop),
	    TEST(a_resolve_can_be_ended_at_once),
	    TEST(a_resolve_can_be_ended_while_the_name_server_is_silent),
	    TEST(a_resolve_can_be_ended_when_answers_have_arrived),
	    TEST(libevent_says_nothing_of_name_servers),
	};
	const struct CMUnitTest store_tests[] = {
	    STORE_TEST(a_store_connects_to_localhost_over_tcp),
	    STORE_TEST(a_store_tries_each_address_of_a_name),
	    STORE_TEST(a_store_waits_until_a_name_is_known),
	    STORE_TEST(a_store_tells_of_a_host_that_it_left_out),
	    STORE_TEST(a_store_takes_what_needs_no_resolving_beside_a_name),
	    STORE_TEST(a_store_can_be_freed_while_it_resolves),
	};
	int failed;

	log_set_level(LOG_LEVEL_INFO);
	failed = cmocka_run_group_tests_name("store/resolve", tests, NULL, NULL);
	failed += cmocka_run_group_tests_name(
	    "store/resolve, connecting", store_tests, start_server, stop_server);
	return failed;
}

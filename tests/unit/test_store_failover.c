/* SPDX-License-Identifier: MIT */
/*
 * Two servers, the second one a standby that the first waits for at each commit: which of them the
 * store uses, and that it goes on with the second when the first is gone.
 */
#include "store_client.h"

#include <sys/prctl.h>

#include "store/cluster.h"

static struct site {
	char directory[64];
	struct event_base *base;
	struct cluster tools; /* whose programs and user all of this is run with */
	pid_t primary, standby;
} site;

/* ---- servers ---- */

/* Runs one of PostgreSQL's programs with these arguments as the server's user. */
static pid_t launch(const char *program, const char *const *arguments)
{
	char *path = xasprintf("%s/%s", site.tools.bin_directory, program);
	char *words[16] = {path};
	size_t count = 1;
	pid_t pid;

	for (; arguments[count - 1] != NULL; count++)
		words[count] = xstrdup(arguments[count - 1]);
	pid = fork();
	if (pid == 0) {
		char *log = xasprintf("%s/log", site.directory);

		if (!cluster_become_user(&site.tools) || chdir(site.directory) != 0)
			_exit(126);
		prctl(PR_SET_PDEATHSIG, SIGQUIT);
		if (freopen(log, "a", stdout) != NULL)
			dup2(1, 2);
		execv(path, words);
		_exit(127);
	}
	assert_true(pid > 0);
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	return pid;
}

static void run(const char *program, const char *const *arguments)
{
	int status = -1;

	assert_int_equal(waitpid(launch(program, arguments), &status, 0) > 0, true);
	if (status != 0)
		fail_msg("%s: status %d; see %s/log", program, status, site.directory);
}

static char *conninfo_of(const char *hosts)
{
	return xasprintf("host=%s user=%s dbname=postgres", hosts, site.tools.user);
}

static char *socket_of(const char *name)
{
	return xasprintf("%s/%s", site.directory, name);
}

static bool answers(void *context)
{
	return PQping(context) == PQPING_OK;
}

/* Starts a server whose directory and socket are called "a" or "b", and waits for it. */
static pid_t start(const char *name)
{
	char *data = xasprintf("%s/%s/data", site.directory, name);
	char *place = socket_of(name);
	char *conninfo = conninfo_of(place);
	const char *const arguments[] = {"-D", data, "-k", place, "-c", "listen_addresses=", "-c",
	    "shared_buffers=16MB", "-c", "max_connections=30", "-c", "autovacuum=off", NULL};
	pid_t pid = launch("postgres", arguments);

	assert_true(run_until(site.base, answers, conninfo));
	free(conninfo);
	free(place);
	free(data);
	return pid;
}

static void end(pid_t *process)
{
	if (*process > 0) {
		kill(*process, SIGQUIT);
		waitpid(*process, NULL, 0);
	}
	*process = 0;
}

/* What a server answers. Valid as that of query(). */
static const char *ask(const char *name, const char *sql)
{
	char *place = socket_of(name);
	char *conninfo = conninfo_of(place);
	PGconn *connection = connect_to(conninfo);
	const char *answer = query(connection, sql);

	PQfinish(connection);
	free(conninfo);
	free(place);
	return answer;
}

static bool is_synchronous(void *context)
{
	(void)context;
	return strcmp(ask("a", "SELECT sync_state FROM pg_stat_replication"), "sync") == 0;
}

static void make_directory(const char *name)
{
	char *path = socket_of(name);

	assert_int_equal(mkdir(path, 0755), 0);
	if (site.tools.change_user)
		assert_int_equal(chown(path, site.tools.uid, site.tools.gid), 0);
	free(path);
}

static int start_pair(void **state)
{
	char reason[REASON_SIZE] = "";
	char *tools, *first, *data_a, *data_b;

	(void)state;
	site = (struct site){.directory = "/tmp/iml-test-pair-XXXXXX"};
	assert_non_null(mkdtemp(site.directory));
	assert_int_equal(chmod(site.directory, 0777), 0);
	site.base = event_base_new();
	tools = socket_of("tools");
	first = socket_of("a");
	data_a = xasprintf("%s/data", first);
	data_b = xasprintf("%s/b/data", site.directory);
	if (!cluster_prepare(&site.tools, tools, NULL, NULL, reason))
		fail_msg("%s", reason);
	make_directory("a");
	make_directory("b");
	run("initdb", (const char *const[]){"-D", data_a, "-A", "trust", "-E", "UTF8", "--no-sync",
	                  "--no-instructions", "--locale=C", NULL});
	site.primary = start("a");
	run("pg_basebackup", (const char *const[]){
	                         "-h", first, "-D", data_b, "-R", "-c", "fast", "--no-sync", NULL});
	site.standby = start("b");
	ask("a", "ALTER SYSTEM SET synchronous_standby_names = '*'");
	ask("a", "SELECT pg_reload_conf()");
	assert_true(run_until(site.base, is_synchronous, NULL));
	free(tools);
	free(first);
	free(data_a);
	free(data_b);
	return 0;
}

static int end_pair(void **state)
{
	(void)state;
	end(&site.primary);
	end(&site.standby);
	cluster_clear(&site.tools);
	event_base_free(site.base);
	cluster_remove_tree(site.directory);
	return 0;
}

/* ---- the store ---- */

/* The standby first. */
static char *both(void)
{
	char *hosts = xasprintf("%s/b,%s/a", site.directory, site.directory);
	char *conninfo = conninfo_of(hosts);

	free(hosts);
	return conninfo;
}

static void a_standby_is_passed_over(void **state)
{
	struct client client;
	char *conninfo = both();

	(void)state;
	client_open(&client, site.base, conninfo);

	assert_string_equal(
	    ask("a", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'iml%'"),
	    "1");
	assert_string_equal(
	    ask("b", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'iml%'"),
	    "0");
	client_close(&client);
	free(conninfo);
}

static bool is_refused(void *context)
{
	struct client *client = context;

	return store_state(client->store) == STORE_WAITING && client->reason != NULL;
}

static void a_standby_alone_is_not_used(void **state)
{
	struct client client;
	char *place = socket_of("b");
	char *conninfo = conninfo_of(place);

	(void)state;
	client_begin(&client, site.base, conninfo);
	assert_true(run_until(site.base, is_refused, &client));

	assert_non_null(strstr(client.reason, "read-only"));
	assert_null(client.fatal);
	assert_false(client.loaded);
	client_close(&client);
	free(conninfo);
	free(place);
}

static void a_service_file_names_both(void **state)
{
	struct client client;
	char *path = socket_of("services");
	FILE *file = fopen(path, "we");

	(void)state;
	assert_non_null(file);
	fprintf(file, "[pair]\nhost=%s/b,%s/a\nuser=%s\ndbname=postgres\n", site.directory,
	    site.directory, site.tools.user);
	assert_int_equal(fclose(file), 0);
	setenv("PGSERVICEFILE", path, 1);
	client_open(&client, site.base, "service=pair");
	client_close(&client);
	setenv("PGSERVICE", "pair", 1);
	client_open(&client, site.base, "");
	client_close(&client);
	unsetenv("PGSERVICE");
	unsetenv("PGSERVICEFILE");
	free(path);
}

/* Changes with so many events, and as many resources. */
static struct changes *some_changes(size_t first, size_t count)
{
	struct changes *changes = first == 0 ? example_changes() : new_changes();

	for (size_t i = first; i < first + count; i++) {
		char key[32];

		snprintf(key, sizeof(key), "drive %zu", i);
		add_resource(changes, 100 + (record_id)i, 2, 1, key);
		add_event(changes, 100 + (record_id)i, 100 + (record_id)i, 0);
	}
	return changes;
}

static bool some_are_stored(void *context)
{
	return ((struct client *)context)->committed >= 4;
}

/* Comes last: the first server is gone then. */
static void nothing_is_lost_or_stored_twice_when_the_standby_takes_over(void **state)
{
	struct client client;
	char *conninfo = both();

	(void)state;
	client_open(&client, site.base, conninfo);
	for (size_t i = 0; i < 12; i++)
		client_give(&client, some_changes(i * 200, 200));
	assert_true(run_until(site.base, some_are_stored, &client));
	end(&site.primary);
	assert_true(run_until(site.base, is_refused, &client));
	assert_null(client.fatal);
	assert_true(client.committed < 12);
	ask("b", "SELECT pg_promote()");
	client_settle(&client);

	assert_null(client.fatal);
	assert_int_equal(client.committed, 12);
	assert_string_equal(ask("b", "SELECT count(*) FROM storage.resource"), "2404");
	assert_string_equal(ask("b", "SELECT count(*) FROM storage.event"), "2401");
	assert_string_equal(ask("b", "SELECT revision FROM storage.counter"), "12");
	client_close(&client);
	free(conninfo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_standby_is_passed_over),
	    cmocka_unit_test(a_standby_alone_is_not_used),
	    cmocka_unit_test(a_service_file_names_both),
	    cmocka_unit_test(nothing_is_lost_or_stored_twice_when_the_standby_takes_over),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/failover", tests, start_pair, end_pair);
}

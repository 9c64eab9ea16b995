/* SPDX-License-Identifier: MIT */
/* A pgbouncer with its defaults between the store and the server, and one in transaction mode. */
#include "store_client.h"

#include <pwd.h>
#include <sys/prctl.h>

#include "store/care.h"

static pid_t pooler;
static char *user; /* of the server, which pgbouncer runs as, too */

static const char *find_pgbouncer(void)
{
	static const char *const places[] = {"/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* A part of the server's conninfo. The caller frees it. */
static char *part_of_conninfo(const char *keyword)
{
	PQconninfoOption *options = PQconninfoParse(embedded_conninfo(server.embedded), NULL);
	char *value = NULL;

	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (strcmp(o->keyword, keyword) == 0)
			value = xstrdup(o->val);
	PQconninfoFree(options);
	return value;
}

static char *directory_of_pooler(void)
{
	return xasprintf("%s/pool", server.directory);
}

/* What to connect to the database with through the pooler. The caller frees it. */
static char *through(const struct database *database, const char *more)
{
	char *directory = directory_of_pooler();
	char *conninfo = xasprintf("host=%s port=6432 user=%s dbname=%s %s", directory, user,
	    database != NULL ? database->name : "postgres", more);

	free(directory);
	return conninfo;
}

static bool pooler_answers(void *context)
{
	return PQping(context) == PQPING_OK;
}

static void run_pooler(const char *program, const char *config)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || chdir(server.directory) != 0)
		_exit(126);
	if (geteuid() == 0)
		execl(program, program, "-q", "-u", user, config, NULL);
	else
		execl(program, program, "-q", config, NULL);
	_exit(127);
}

/* Starts a pgbouncer with these settings besides where it listens and what is behind it. */
static void start_pooler(const char *settings)
{
	char *directory = directory_of_pooler();
	char *config = xasprintf("%s/pgbouncer.ini", server.directory);
	char *host = part_of_conninfo("host");
	char *port = part_of_conninfo("port");
	char *conninfo = through(NULL, "");
	FILE *file = fopen(config, "we");

	assert_non_null(file);
	fprintf(file,
	    "[databases]\n* = host=%s port=%s user=%s\n[pgbouncer]\nlisten_addr =\n"
	    "unix_socket_dir = %s\nlogfile = %s/log\nauth_type = any\n%s\n",
	    host, port, user, directory, directory, settings);
	assert_int_equal(fclose(file), 0);
	pooler = fork();
	if (pooler == 0)
		run_pooler(find_pgbouncer(), config);
	assert_true(run_until(server.base, pooler_answers, conninfo));
	free(conninfo);
	free(host);
	free(port);
	free(config);
	free(directory);
}

static bool pooler_has_ended(void *context)
{
	(void)context;
	return kill(pooler, 0) != 0;
}

static void end_pooler(void)
{
	if (pooler <= 0)
		return;
	kill(pooler, SIGKILL);
	assert_true(run_until(server.base, pooler_has_ended, NULL));
	pooler = 0;
}

static int start_server_and_directory(void **state)
{
	char *directory;
	const struct passwd *entry;

	start_server(state);
	user = part_of_conninfo("user");
	entry = getpwnam(user);
	directory = directory_of_pooler();
	assert_int_equal(mkdir(directory, 0755), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(directory, entry->pw_uid, entry->pw_gid), 0);
	free(directory);
	return 0;
}

static int stop_all(void **state)
{
	end_pooler();
	free(user);
	return stop_server(state);
}

static int forget_pooler(void **state)
{
	struct database *database = *state;

	if (database->client.store != NULL)
		client_close(&database->client);
	end_pooler();
	return drop_database(state);
}

static void skip_without_pgbouncer(void)
{
	if (find_pgbouncer() == NULL)
		skip();
}

/* ---- session mode, which is the default ---- */

static void the_store_works_through_pgbouncer_as_it_is_installed(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo;

	skip_without_pgbouncer();
	conninfo = through(database, "");
	start_pooler("");
	client_open(client, server.base, conninfo);
	client_write(client, example_changes());
	assert_answer(database, "SELECT count(*) FROM storage.resources", "4");

	end_pooler();
	client_give(client, example_changes());
	start_pooler("");
	client_settle(client);
	assert_null(client->fatal);
	assert_int_equal(client->committed, 2);
	assert_int_equal(store_statistics(client->store)->reconnects, 1);
	assert_answer(database, "SELECT revision FROM storage.counter", "2");
	free(conninfo);
}

static void a_pool_of_one_session_is_enough_for_the_store(void **state)
{
	struct database *database = *state;
	char *conninfo;

	skip_without_pgbouncer();
	conninfo = through(database, "");
	start_pooler("default_pool_size = 1");
	client_open(&database->client, server.base, conninfo);
	client_write(&database->client, example_changes());

	assert_answer(database, "SELECT count(*) FROM storage.resources", "4");
	free(conninfo);
}

static bool is_waiting_with_reason(void *context)
{
	struct client *client = context;

	return store_state(client->store) == STORE_WAITING && client->reason != NULL;
}

static void options_that_pgbouncer_refuses_are_told(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo;

	skip_without_pgbouncer();
	conninfo = through(database, "options='-c work_mem=8MB'");
	start_pooler("");
	client_begin(client, server.base, conninfo);
	assert_true(run_until(server.base, is_waiting_with_reason, client));

	assert_non_null(strstr(client->reason, "startup parameter"));
	assert_non_null(strstr(client->reason, "options"));
	free(conninfo);
}

/* ---- transaction mode ---- */

static void transaction_mode_is_refused_and_leaves_no_lock(void **state)
{
	struct database *database = *state;
	struct client *client = &database->client;
	char *conninfo;

	skip_without_pgbouncer();
	conninfo = through(database, "");
	start_pooler("pool_mode = transaction");
	client_begin(client, server.base, conninfo);
	assert_true(run_until(server.base, is_waiting_with_reason, client));
	assert_null(client->fatal);
	assert_false(client->loaded);
	assert_non_null(strstr(client->reason, "set pool_mode = session"));
	assert_answer(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0");

	end_pooler();
	start_pooler("pool_mode = session");
	client_settle(client);
	assert_true(client->loaded);
	free(conninfo);
}

static enum care_level level_through(const char *conninfo, const char *check)
{
	char reason[REASON_SIZE] = "";
	struct care *care = care_open(conninfo, "check", reason);
	struct care_report report = {0};
	enum care_level level = CARE_GOOD;

	if (care == NULL)
		fail_msg("%s", reason);
	care_check(care, &report);
	for (size_t i = 0; i < report.count; i++)
		if (strcmp(report.findings[i].check, check) == 0)
			level = report.findings[i].level;
	care_report_clear(&report);
	care_free(care);
	return level;
}

static void the_check_tells_the_modes_apart(void **state)
{
	struct database *database = *state;
	char *conninfo;

	skip_without_pgbouncer();
	conninfo = through(database, "");
	start_pooler("");
	assert_int_equal(level_through(conninfo, "connection"), CARE_GOOD);
	end_pooler();
	start_pooler("pool_mode = transaction");
	assert_int_equal(level_through(conninfo, "connection"), CARE_ERROR);
	free(conninfo);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_database, forget_pooler)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_store_works_through_pgbouncer_as_it_is_installed),
	    TEST(a_pool_of_one_session_is_enough_for_the_store),
	    TEST(options_that_pgbouncer_refuses_are_told),
	    TEST(transaction_mode_is_refused_and_leaves_no_lock),
	    TEST(the_check_tells_the_modes_apart),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name(
	    "store/pgbouncer", tests, start_server_and_directory, stop_all);
}

/* SPDX-License-Identifier: MIT */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>

static int set_up(void **state)
{
	static struct server server;

	server_prepare(&server);
	*state = &server;
	return 0;
}

static int tear_down(void **state)
{
	server_discard(*state);
	return 0;
}

static char *ask(const struct server *server, const char *sql)
{
	PGconn *connection = connect_to(embedded_conninfo(server->embedded));
	char *answer = xstrdup(query(connection, sql));

	PQfinish(connection);
	return answer;
}

static void assert_answer(const struct server *server, const char *sql, const char *expected)
{
	char *answer = ask(server, sql);

	assert_string_equal(answer, expected);
	free(answer);
}

static void append_to(const struct server *server, const char *name, const char *line)
{
	char *path = xasprintf("%s/%s", server->cluster, name);
	FILE *file = fopen(path, "ae");

	assert_non_null(file);
	fputs(line, file);
	fclose(file);
	free(path);
}

static void makes_a_utf8_cluster_that_others_cannot_reach(void **state)
{
	struct server *server = *state;
	struct stat stat_of;

	server_start_and_wait(server);

	assert_answer(server, "SHOW server_encoding", "UTF8");
	assert_answer(server, "SHOW listen_addresses", "");
	assert_int_equal(stat(server->cluster, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, 0700);
	if (geteuid() == 0)
		assert_int_not_equal(stat_of.st_uid, 0);
}

static void keeps_its_data_over_a_restart(void **state)
{
	struct server *server = *state;

	server_start_and_wait(server);
	free(ask(server, "CREATE TABLE kept (n integer)"));
	server_stop(server);
	server_start_and_wait(server);

	assert_answer(server, "SELECT count(*) FROM kept", "0");
}

static void makes_a_half_made_cluster_anew(void **state)
{
	struct server *server = *state;
	char *marker = xasprintf("%s/complete", server->cluster);

	server_start_and_wait(server);
	server_stop(server);
	assert_int_equal(unlink(marker), 0);
	append_to(server, "data/postgresql.conf", "nonsense\n");
	free(marker);
	server_start_and_wait(server);

	assert_answer(server, "SELECT 1", "1");
}

struct restart {
	struct server *server;
	pid_t before;
};

static bool has_restarted(void *context)
{
	struct restart *restart = context;
	pid_t pid = server_pid(restart->server);

	return pid != 0 && pid != restart->before && server_answers(restart->server);
}

static void starts_a_killed_server_again(void **state)
{
	struct server *server = *state;
	struct restart restart = {.server = server};

	server_start_and_wait(server);
	restart.before = server_pid(server);
	kill(restart.before, SIGKILL);

	assert_true(run_until(server->base, has_restarted, &restart));
}

static bool has_failed(void *context)
{
	return ((struct server *)context)->failure != NULL;
}

static void gives_up_with_the_end_of_the_log_after_repeated_failure(void **state)
{
	struct server *server = *state;
	char reason[REASON_SIZE];

	server_start_and_wait(server);
	server_stop(server);
	append_to(server, "data/postgresql.conf", "no_such_setting = 1\n");
	assert_true(server_start(server, reason));

	assert_true(run_until(server->base, has_failed, server));
	assert_non_null(strstr(server->failure, "no_such_setting"));
	assert_non_null(strstr(server->failure, server->cluster));
	assert_false(embedded_is_running(server->embedded));
}

static void refuses_a_second_runner(void **state)
{
	struct server *server = *state;
	const struct embedded_options options = {
	    .directory = server->cluster, .failed = on_server_failed, .context = server};
	char reason[REASON_SIZE];

	server_start_and_wait(server);

	assert_null(embedded_start(server->base, &options, reason));
	assert_non_null(strstr(reason, "another runner uses the database in"));
	assert_answer(server, "SELECT 1", "1");
}

static void listens_elsewhere_when_the_path_is_too_long_for_a_socket(void **state)
{
	struct server *server = *state;
	char name[101];
	char *socket_directory;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	free(server->cluster);
	server->cluster = xasprintf("%s/%s", server->directory, name);
	server_start_and_wait(server);
	socket_directory = ask(server, "SHOW unix_socket_directories");

	assert_int_equal(strncmp(socket_directory, "\"/tmp/", 6), 0);
	socket_directory[strlen(socket_directory) - 1] = '\0';
	assert_int_equal(access(socket_directory + 1, F_OK), 0);
	server_stop(server);
	assert_int_not_equal(access(socket_directory + 1, F_OK), 0);
	free(socket_directory);
}

static void copes_with_special_characters_in_its_path(void **state)
{
	struct server *server = *state;

	free(server->cluster);
	server->cluster = xasprintf("%s/it's a, \"path\"", server->directory);
	server_start_and_wait(server);

	assert_answer(server, "SELECT 1", "1");
}

static void names_the_user_who_cannot_reach_the_directory(void **state)
{
	struct server *server = *state;
	char reason[REASON_SIZE] = "";

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(server->directory, 0700), 0);

	assert_false(server_start(server, reason));
	assert_non_null(strstr(reason, "can't reach"));
	assert_non_null(strstr(reason, server->cluster));
}

static void names_a_missing_user(void **state)
{
	struct server *server = *state;
	const struct embedded_options options = {.directory = server->cluster,
	    .user = "no-such-user",
	    .failed = on_server_failed,
	    .context = server};
	char reason[REASON_SIZE] = "";

	if (geteuid() != 0)
		skip();

	assert_null(embedded_start(server->base, &options, reason));
	assert_non_null(strstr(reason, "no-such-user"));
}

static void names_a_directory_without_programs(void **state)
{
	struct server *server = *state;
	const struct embedded_options options = {.directory = server->cluster,
	    .bin_directory = "/nonexistent",
	    .failed = on_server_failed,
	    .context = server};
	char reason[REASON_SIZE] = "";

	assert_null(embedded_start(server->base, &options, reason));
	assert_non_null(strstr(reason, "/nonexistent"));
}

/* A runner of its own that starts the server and is killed. */
static void run_and_be_killed(struct server *server)
{
	event_reinit(server->base);
	server_start_and_wait(server);
	raise(SIGKILL);
}

static void start_and_kill_a_runner(struct server *server)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		run_and_be_killed(server);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static bool server_file_is_gone(void *context)
{
	return server_pid(context) == 0;
}

static void ends_when_the_runner_is_killed(void **state)
{
	struct server *server = *state;

	start_and_kill_a_runner(server);

	assert_true(run_until(server->base, server_file_is_gone, server));
}

static void takes_over_from_a_killed_runner(void **state)
{
	struct server *server = *state;

	start_and_kill_a_runner(server);
	server_start_and_wait(server);

	assert_answer(server, "SELECT 1", "1");
}

static void can_be_stopped_while_it_is_made(void **state)
{
	struct server *server = *state;
	char reason[REASON_SIZE];

	assert_true(server_start(server, reason));
	assert_true(embedded_is_running(server->embedded));
	assert_string_equal(
	    embedded_waiting(server->embedded), "the private database is being made");
	server_stop(server);
	server_start_and_wait(server);
	assert_null(embedded_waiting(server->embedded));

	assert_answer(server, "SELECT 1", "1");
}

static void can_be_released_while_it_runs(void **state)
{
	struct server *server = *state;
	pid_t pid;

	server_start_and_wait(server);
	pid = server_pid(server);
	event_del(server->child_ended);
	embedded_free(server->embedded);
	server->embedded = NULL;

	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* A stopped process answers no signal but SIGKILL. */
static void a_server_that_does_not_move_holds_up_no_release(void **state)
{
	struct server *server = *state;
	pid_t pid;

	server_start_and_wait(server);
	pid = server_pid(server);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	event_del(server->child_ended);
	embedded_free(server->embedded);
	server->embedded = NULL;

	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_a_utf8_cluster_that_others_cannot_reach),
	    TEST(keeps_its_data_over_a_restart),
	    TEST(makes_a_half_made_cluster_anew),
	    TEST(starts_a_killed_server_again),
	    TEST(gives_up_with_the_end_of_the_log_after_repeated_failure),
	    TEST(refuses_a_second_runner),
	    TEST(listens_elsewhere_when_the_path_is_too_long_for_a_socket),
	    TEST(copes_with_special_characters_in_its_path),
	    TEST(names_the_user_who_cannot_reach_the_directory),
	    TEST(names_a_missing_user),
	    TEST(names_a_directory_without_programs),
	    TEST(ends_when_the_runner_is_killed),
	    TEST(takes_over_from_a_killed_runner),
	    TEST(can_be_stopped_while_it_is_made),
	    TEST(can_be_released_while_it_runs),
	    TEST(a_server_that_does_not_move_holds_up_no_release),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store/embedded", tests, NULL, NULL);
}

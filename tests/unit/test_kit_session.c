/* SPDX-License-Identifier: MIT */
/* A plugin in this process: its scans run when they are due, and the graph holds what it reports.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "kit/isolate.h"
#include "kit/kit.h"

/* What the callbacks were told. */
struct told {
	unsigned batches;
	unsigned refused;
	unsigned ends;
	char *reason;
	struct text notices;
	struct text log;
};

static void log_line(void *context, const char *scannable, int level, const char *line)
{
	struct told *told = context;

	(void)scannable;
	(void)level;
	text_printf(&told->log, "%s\n", line);
}

static void applied(void *context, struct kit_session *session, const struct batch *batch)
{
	struct told *told = context;

	(void)session;
	told->batches++;
	told->refused += batch->refused;
}

static void ended(void *context, struct kit_session *session, const char *hook, const char *reason)
{
	struct told *told = context;

	(void)session;
	(void)hook;
	told->ends++;
	free(told->reason);
	told->reason = xstrdup(reason);
}

static void changed(void *context, const char *notice)
{
	struct told *told = context;

	text_printf(&told->notices, "%s\n", notice);
}

static char *plugin_path(const char *name)
{
	const char *build = getenv("BUILD");

	return xasprintf("%s/tests/plugins/%s.so", build != NULL ? build : "build", name);
}

static struct kit *load(const char *name, struct told *told, int recorder)
{
	char *path = plugin_path(name);
	struct reasons reasons = {0};
	struct reasons warnings = {0};
	struct kit_options options = {.name = name,
	    .path = path,
	    .recorder = recorder,
	    .notices = true,
	    .callbacks = {.log = log_line, .applied = applied, .ended = ended, .changed = changed},
	    .context = told};
	struct kit *kit = kit_load(&options, &reasons, &warnings);

	for (size_t i = 0; i < reasons.count; i++)
		print_message("%s\n", reasons.items[i]);
	free(path);
	reasons_clear(&reasons);
	reasons_clear(&warnings);
	return kit;
}

static char *script_path(const char *content)
{
	char *path = xstrdup("/tmp/test-kit-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	return path;
}

static void rewrite(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

/* Has a session in the state in which only update scans are left to do. */
static void settle(struct kit *kit, struct kit_session *session)
{
	kit_open(session);
	while (kit_run(kit))
		continue;
	assert_int_equal(session->state, KIT_ONLINE);
}

static void scan_again(struct kit *kit, struct kit_session *session)
{
	assert_true(kit_hurry(session));
	while (kit_run(kit))
		continue;
}

static struct kit_session *add_class(
    struct kit *kit, const char *class, char *script, struct reasons *reasons)
{
	static char name[] = "name", value[] = "A", right[] = "script", wrong[] = "scrypt";
	const struct typed_attribute typed[] = {{.name = name, .value = value},
	    {.name = script != NULL ? right : wrong, .value = script}};

	return kit_add(kit, class, typed, 2, reasons);
}

static struct kit_session *add(struct kit *kit, char *script, struct reasons *reasons)
{
	return add_class(kit, "Array", script, reasons);
}

static void clear_told(struct told *told)
{
	free(told->reason);
	text_clear(&told->notices);
	text_clear(&told->log);
}

static void scans_fill_the_graph(void **state)
{
	struct told told = {0};
	struct kit *kit = load("scripted", &told, -1);
	struct reasons reasons = {0};
	char *script = script_path("disk S1 status=OK\ndisk S2 status=OK\n");
	struct kit_session *session = add(kit, script, &reasons);
	struct monotonic due;

	(void)state;
	assert_non_null(session);
	assert_false(kit_is_busy(kit));
	kit_open(session);
	while (kit_run(kit))
		continue;
	assert_int_equal(session->state, KIT_ONLINE);
	assert_int_equal(told.batches, 2);
	assert_int_equal(graph_resource_count(kit_graph(kit)), 3);

	assert_true(kit_next(kit, &due));
	assert_false(kit_run(kit));
	rewrite(script, "disk S1 status=FAILED\ngone disk S2\n");
	clock_skip(monotonic_since(due, monotonic_now()));
	assert_true(kit_run(kit));
	assert_int_equal(graph_resource_count(kit_graph(kit)), 2);
	assert_non_null(strstr(told.notices.data, "\"alert_raised\""));

	rewrite(script, "fail no contact\n");
	assert_true(kit_next(kit, &due));
	clock_skip(monotonic_since(due, monotonic_now()));
	assert_true(kit_run(kit));
	assert_int_equal(told.ends, 1);
	assert_string_equal(told.reason, "script says no");
	assert_int_equal(session->state, KIT_CLOSED);
	assert_non_null(strstr(told.notices.data, "\"offline\""));

	kit_free(kit);
	unlink(script);
	free(script);
	clear_told(&told);
}

static void a_scan_can_be_hurried(void **state)
{
	struct told told = {0};
	struct kit *kit = load("scripted", &told, -1);
	struct reasons reasons = {0};
	char *script = script_path("disk S1 status=OK\n");
	struct kit_session *session = add(kit, script, &reasons);
	struct monotonic due;

	(void)state;
	assert_false(kit_hurry(session));
	kit_open(session);
	while (kit_run(kit))
		continue;
	assert_false(kit_run(kit));
	assert_true(kit_hurry(session));
	assert_false(kit_next_changes(kit, &due));
	assert_true(kit_run(kit));
	assert_false(kit_run(kit));
	assert_int_equal(session->scans, 3);

	kit_free(kit);
	unlink(script);
	free(script);
	clear_told(&told);
}

static void a_virtual_machine_learns_which_server_it_is(void **state)
{
	struct told told = {0};
	struct kit *kit = load("t_volumes", &told, -1);
	struct reasons reasons = {0};
	char *script = script_path("machine vm0 address=10.0.0.5\nnumber vm0\n");
	struct kit_session *session = add_class(kit, "Server", script, &reasons);

	(void)state;
	settle(kit, session);
	scan_again(kit, session);
	assert_non_null(strstr(told.log.data, "vm0 has number 1\n"));

	rewrite(script, "machine vm0 address=10.0.0.5\nmachine vm1 address=10.0.0.6\n");
	scan_again(kit, session);
	rewrite(script, "number vm1\n");
	scan_again(kit, session);
	assert_non_null(strstr(told.log.data, "vm1 has number 3\n"));
	assert_int_equal(told.ends, 0);

	kit_free(kit);
	unlink(script);
	free(script);
	clear_told(&told);
}

static void what_is_typed_wrong_is_told(void **state)
{
	struct told told = {0};
	struct kit *kit = load("scripted", &told, -1);
	struct reasons reasons = {0};

	(void)state;
	assert_null(add(kit, NULL, &reasons));
	assert_int_equal(reasons.count, 1);
	assert_non_null(strstr(reasons.items[0], "no attribute \"scrypt\""));
	reasons_clear(&reasons);
	assert_null(kit_add(kit, NULL, NULL, 0, &reasons));
	assert_non_null(strstr(reasons.items[0], "Array, Numbered"));
	reasons_clear(&reasons);
	kit_free(kit);
}

static int run_crash(void *context, const struct isolated *isolated)
{
	struct told told = {0};
	struct kit *kit = load(context, &told, isolated->recorder);

	if (kit == NULL)
		return 2;
	kit_free(kit);
	return 0;
}

static void a_crash_is_seen_from_outside(void **state)
{
	static char crash[] = "bad_constructor_abort";
	static char good[] = "scripted";
	struct isolate_options options = {.limit_ns = 20 * NS_PER_S, .capture = true, .stop = -1};
	struct isolate_result result;

	(void)state;
	isolate(run_crash, crash, &options, &result);
	assert_true(result.started);
	assert_non_null(result.cause);
	assert_non_null(strstr(result.cause, "signal 6"));
	assert_false(result.good);
	isolate_result_clear(&result);

	isolate(run_crash, good, &options, &result);
	assert_null(result.cause);
	assert_true(result.good);
	isolate_result_clear(&result);
}

static void a_hang_is_ended(void **state)
{
	static char hang[] = "bad_constructor_hang";
	struct isolate_options options = {.limit_ns = 200 * NS_PER_MS, .capture = true, .stop = -1};
	struct isolate_result result;

	(void)state;
	isolate(run_crash, hang, &options, &result);
	assert_true(result.timed_out);
	assert_false(result.good);
	assert_non_null(strstr(result.cause, "no end in time"));
	isolate_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scans_fill_the_graph),
	    cmocka_unit_test(a_scan_can_be_hurried),
	    cmocka_unit_test(a_virtual_machine_learns_which_server_it_is),
	    cmocka_unit_test(what_is_typed_wrong_is_told),
	    cmocka_unit_test(a_crash_is_seen_from_outside),
	    cmocka_unit_test(a_hang_is_ended),
	};

	return cmocka_run_group_tests_name("kit sessions", tests, NULL, NULL);
}

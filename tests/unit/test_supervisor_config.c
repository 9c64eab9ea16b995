/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/moment.h"
#include "supervisor/config.h"

#define DAY_NS (86400 * NS_PER_S)
#define SAMPLE "conf/plugin-runner.yaml"
#define MAN_PAGE "man/iml-plugin-runner.yaml.5"

/* A directory with configuration files, and what was loaded from it. */
struct fixture {
	char directory[32];
	char *file; /* r.yaml in it */
	struct config config;
	struct text mistakes;
};

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/iml-config.XXXXXX");
	*state = fixture;
	if (mkdtemp(fixture->directory) == NULL)
		return -1;
	fixture->file = xasprintf("%s/r.yaml", fixture->directory);
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	nftw(fixture->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	config_free(&fixture->config);
	text_clear(&fixture->mistakes);
	free(fixture->file);
	free(fixture);
	return 0;
}

static void write_bytes(
    const struct fixture *fixture, const char *name, const char *bytes, size_t length)
{
	char *path = xasprintf("%s/%s", fixture->directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	free(path);
}

static void write_file(const struct fixture *fixture, const char *name, const char *content)
{
	write_bytes(fixture, name, content, strlen(content));
}

static void write_drop_in(const struct fixture *fixture, const char *name, const char *content)
{
	char *path = xasprintf("%s/conf.d", fixture->directory);

	mkdir(path, 0700);
	free(path);
	path = xasprintf("conf.d/%s", name);
	write_file(fixture, path, content);
	free(path);
}

/* Loads r.yaml with this content and the drop-ins that are there. */
static bool load(struct fixture *fixture, const char *content)
{
	write_file(fixture, "r.yaml", content);
	config_free(&fixture->config);
	text_reset(&fixture->mistakes);
	return config_load(fixture->file, &fixture->config, &fixture->mistakes);
}

static void assert_loads(struct fixture *fixture, const char *content)
{
	if (!load(fixture, content))
		fail_msg("refused: %s", fixture->mistakes.data);
}

/* The mistakes with the fixture's directory cut out: "r.yaml:1: ...". The caller frees them. */
static char *relative_mistakes(const struct fixture *fixture)
{
	size_t length = strlen(fixture->directory) + 1;
	char *all = xstrdup(fixture->mistakes.data);

	for (char *at = all; (at = strstr(at, fixture->directory)) != NULL;)
		memmove(at, at + length, strlen(at + length) + 1);
	return all;
}

static void assert_mistakes(struct fixture *fixture, const char *content, const char *expected)
{
	char *mistakes;

	if (load(fixture, content))
		fail_msg("accepted: %s", content);
	mistakes = relative_mistakes(fixture);
	assert_string_equal(mistakes, expected);
	free(mistakes);
}

struct bad {
	const char *content;
	const char *mistakes;
};

static void assert_all_bad(struct fixture *fixture, const struct bad *bad, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_mistakes(fixture, bad[i].content, bad[i].mistakes);
}
#define ASSERT_ALL_BAD(fixture, bad) assert_all_bad(fixture, bad, sizeof(bad) / sizeof((bad)[0]))

/* ---- durations ---- */

static void durations_have_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
	    {"5 s", 5 * NS_PER_S},
	    {"5s", 5 * NS_PER_S},
	    {"10m", 600 * NS_PER_S},
	    {"10 min", 600 * NS_PER_S},
	    {"250 ms", 250 * NS_PER_MS},
	    {"2  h", 7200 * NS_PER_S},
	    {"1 d", 86400 * NS_PER_S},
	    {"0 s", 0},
	    {"007 s", 7 * NS_PER_S},
	    {"106751 d", INT64_C(106751) * 86400 * NS_PER_S},
	};
	char reason[REASON_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t ns = -1;

		assert_true(duration_parse(good[i].text, &ns, reason));
		assert_true(ns == good[i].ns);
	}
}

static void anything_else_is_no_duration(void **state)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
	    {"5 sheep", "\"5 sheep\" is not a duration: a whole number and ms, s, min, h or d, as "
	                "in \"5 s\""},
	    {"", "\"\" is not a duration: a whole number and ms, s, min, h or d, as in \"5 s\""},
	    {"s", "\"s\" is not a duration: a whole number and ms, s, min, h or d, as in \"5 s\""},
	    {"10.9 s", "\"10.9 s\" is not a duration: a whole number and ms, s, min, h or d, as in "
	               "\"5 s\""},
	    {" 5 s", "\" 5 s\" is not a duration: a whole number and ms, s, min, h or d, as in "
	             "\"5 s\""},
	    {"5 s ", "\"5 s \" is not a duration: a whole number and ms, s, min, h or d, as in "
	             "\"5 s\""},
	    {"5 S", "\"5 S\" is not a duration: a whole number and ms, s, min, h or d, as in "
	            "\"5 s\""},
	    {"1 h 5 min", "\"1 h 5 min\" is not a duration: a whole number and ms, s, min, h or d, "
	                  "as in \"5 s\""},
	    {"+5 s", "\"+5 s\" is not a duration: a whole number and ms, s, min, h or d, as in "
	             "\"5 s\""},
	    {"5", "\"5\" has no unit (ms, s, min, h, d), as in \"5 s\""},
	    {"-1 s", "\"-1 s\" is below 0"},
	    {"106752 d", "\"106752 d\" is too long"},
	    {"99999999999999999999 ms", "\"99999999999999999999 ms\" is too long"},
	};
	char reason[REASON_SIZE];
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(duration_parse(bad[i].text, &ns, reason));
		assert_string_equal(reason, bad[i].reason);
	}
}

/* ---- what is right ---- */

static void without_a_file_everything_has_its_default(void **state)
{
	struct fixture *fixture = *state;
	struct config *config = &fixture->config;

	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	assert_true(config_load(NULL, config, &fixture->mistakes));
	assert_null(config->path);
	assert_int_equal(config->plugin_count, 0);
	assert_int_equal(config->scannable_count, 0);
	assert_string_equal(config->plugin_directory, PLUGIN_DIRECTORY);
	assert_null(config->user);
	assert_string_equal(config->conninfo, "");
	assert_false(config->embedded);
	assert_null(config->database_password_file);
	assert_null(config->embedded_user);
	assert_int_equal(config->database_retry_max_ns, 10 * NS_PER_S);
	assert_int_equal(config->host_memory_max, INT64_C(4) << 30);
	assert_int_equal(config->host_tasks_max, 4096);
	assert_int_equal(config->scan_period_ns, 5 * NS_PER_S);
	assert_int_equal(config->scan_workers, 256);
	assert_int_equal(config->scan_limit_ns, 600 * NS_PER_S);
	assert_int_equal(config->teardown_limit_ns, 30 * NS_PER_S);
	assert_int_equal(config->load_limit_ns, 30 * NS_PER_S);
	assert_int_equal(config->stop_limit_ns, 5 * NS_PER_S);
	assert_int_equal(config->retry_min_ns, 2 * NS_PER_S);
	assert_int_equal(config->retry_max_ns, 60 * NS_PER_S);
	assert_int_equal(config->confirm_after_ns, 300 * NS_PER_S);
	assert_true(config->statistics_enabled);
	assert_int_equal(config->retention_ns[0], DAY_NS);
	assert_int_equal(config->retention_ns[1], 3 * DAY_NS);
	assert_int_equal(config->retention_ns[2], 7 * DAY_NS);
	assert_int_equal(config->retention_ns[3], 30 * DAY_NS);
	assert_int_equal(config->retention_ns[4], 70000 * DAY_NS);
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_int_equal(config->plugin_log_level, LOG_LEVEL_WARNING);
	assert_null(config->log_file);
	if (geteuid() == 0) {
		assert_string_equal(config->state_directory, "/var/lib/iml-plugin-runner");
		assert_string_equal(config->control_socket, "/run/iml-plugin-runner/control.sock");
	}
}

static void an_empty_file_is_the_defaults(void **state)
{
	static const char *const empty[] = {"", "# nothing\n", "---\n...\n", "~\n",
	    "plugins:\nscannables:\nscan:\nlog: ~\ndatabase: {}\n"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		assert_loads(fixture, empty[i]);
		assert_int_equal(fixture->config.plugin_count, 0);
		assert_int_equal(fixture->config.scan_workers, 256);
		assert_string_equal(fixture->config.path, fixture->file);
	}
}

static void every_scalar_can_be_set(void **state)
{
	struct fixture *fixture = *state;
	struct config *config = &fixture->config;
	char *path;

	assert_loads(fixture,
	    "directories: {plugins: /p, state: state}\n"
	    "user: nobody\n"
	    "database:\n"
	    "  conninfo: service=iml user='a b'\n"
	    "  password_file: /secret\n"
	    "  embedded: false\n"
	    "  embedded_user: pg\n"
	    "  retry_max: 1h\n"
	    "host: {memory_max: 32 MiB, tasks_max: 64}\n"
	    "scan:\n"
	    "  period: 2 min\n"
	    "  workers: 256\n"
	    "  limit: 1 s\n"
	    "  teardown_limit: 1 d\n"
	    "  stop_limit: 0 s\n"
	    "  retry_min: 100 ms\n"
	    "  retry_max: 100 ms\n"
	    "  confirm_after: 2 min\n"
	    "statistics:\n"
	    "  enabled: false\n"
	    "  retention: {samples: 180 s, one_minute: 10 min, five_minutes: 2h,\n"
	    "    one_hour: 2 d, one_day: 100000 d}\n"
	    "log: {level: debug, plugin_level: ERROR, file: /log}\n"
	    "control: {socket: /socket}\n");
	path = xasprintf("%s/state", fixture->directory);
	assert_string_equal(config->state_directory, path);
	free(path);
	assert_string_equal(config->plugin_directory, "/p");
	assert_string_equal(config->user, "nobody");
	assert_string_equal(config->conninfo, "service=iml user='a b'");
	assert_string_equal(config->database_password_file, "/secret");
	assert_string_equal(config->embedded_user, "pg");
	assert_int_equal(config->database_retry_max_ns, 3600 * NS_PER_S);
	assert_int_equal(config->host_memory_max, INT64_C(32) << 20);
	assert_int_equal(config->host_tasks_max, 64);
	assert_int_equal(config->scan_period_ns, 120 * NS_PER_S);
	assert_int_equal(config->scan_workers, 256);
	assert_int_equal(config->scan_limit_ns, NS_PER_S);
	assert_int_equal(config->teardown_limit_ns, 86400 * NS_PER_S);
	assert_int_equal(config->stop_limit_ns, 0);
	assert_int_equal(config->retry_min_ns, 100 * NS_PER_MS);
	assert_int_equal(config->confirm_after_ns, 120 * NS_PER_S);
	assert_false(config->statistics_enabled);
	assert_int_equal(config->retention_ns[0], 180 * NS_PER_S);
	assert_int_equal(config->retention_ns[1], 600 * NS_PER_S);
	assert_int_equal(config->retention_ns[2], 7200 * NS_PER_S);
	assert_int_equal(config->retention_ns[3], 2 * DAY_NS);
	assert_int_equal(config->retention_ns[4], 100000 * DAY_NS);
	assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(config->plugin_log_level, LOG_LEVEL_ERROR);
	assert_string_equal(config->log_file, "/log");
	assert_string_equal(config->control_socket, "/socket");
}

static void null_is_the_default(void **state)
{
	struct fixture *fixture = *state;
	char *socket;

	assert_loads(fixture, "");
	socket = xstrdup(fixture->config.control_socket);
	assert_loads(fixture, "scan: {workers: ~, limit: null}\ncontrol: {socket: }\nuser:\n");
	assert_int_equal(fixture->config.scan_workers, 256);
	assert_int_equal(fixture->config.scan_limit_ns, 600 * NS_PER_S);
	assert_string_equal(fixture->config.control_socket, socket);
	assert_null(fixture->config.user);
	free(socket);
	assert_loads(fixture, "user: 'null'\n");
	assert_string_equal(fixture->config.user, "null");
}

static void plugins_are_names_paths_or_mappings(void **state)
{
	struct fixture *fixture = *state;
	struct plugin_config *plugins;
	char *path;

	assert_loads(fixture, "plugins:\n"
	                      "- linux\n"
	                      "- /opt/x/sub/acme.so\n"
	                      "- sub/beta.so\n"
	                      "- gamma.so\n"
	                      "- name: delta\n"
	                      "  log_level: debug\n"
	                      "  scan_limit: 7 s\n"
	                      "  teardown_limit: 8 s\n"
	                      "  stop_limit: 9 s\n"
	                      "- path: /opt/epsilon\n"
	                      "scan: {limit: 20 s, teardown_limit: 21 s}\n"
	                      "directories: {plugins: /plugins}\n");
	plugins = fixture->config.plugins;
	assert_int_equal(fixture->config.plugin_count, 6);
	assert_string_equal(plugins[0].name, "linux");
	assert_string_equal(plugins[0].path, "/plugins/linux.so");
	assert_int_equal(plugins[0].log_level, -1);
	assert_int_equal(plugins[0].scan_limit_ns, 20 * NS_PER_S);
	assert_int_equal(plugins[0].teardown_limit_ns, 21 * NS_PER_S);
	assert_string_equal(plugins[1].name, "acme");
	assert_string_equal(plugins[1].path, "/opt/x/sub/acme.so");
	path = xasprintf("%s/sub/beta.so", fixture->directory);
	assert_string_equal(plugins[2].path, path);
	free(path);
	assert_string_equal(plugins[3].name, "gamma");
	path = xasprintf("%s:5", fixture->file);
	assert_string_equal(plugins[3].place, path);
	free(path);
	assert_string_equal(plugins[4].path, "/plugins/delta.so");
	assert_int_equal(plugins[4].log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(plugins[4].scan_limit_ns, 7 * NS_PER_S);
	assert_int_equal(plugins[4].teardown_limit_ns, 8 * NS_PER_S);
	assert_string_equal(plugins[5].name, "epsilon");
}

static void two_plugins_may_have_one_name_here(void **state)
{
	struct fixture *fixture = *state;

	assert_loads(fixture, "plugins: [acme, acme, /opt/acme.so]\n");
	assert_int_equal(fixture->config.plugin_count, 3);
}

static void paths_are_made_absolute_from_a_relative_file_too(void **state)
{
	struct fixture *fixture = *state;
	char *here = realpath(".", NULL), *path;

	write_file(fixture, "r.yaml", "plugins: [./a.so]\n");
	assert_int_equal(chdir(fixture->directory), 0);
	assert_true(config_load("r.yaml", &fixture->config, &fixture->mistakes));
	path = xasprintf("%s/a.so", fixture->directory);
	assert_string_equal(fixture->config.plugins[0].path, path);
	assert_string_equal(fixture->config.plugins[0].place, "r.yaml:1");
	assert_int_equal(chdir(here), 0);
	free(path);
	free(here);
}

static void assert_setting(const struct setting *setting, const char *key, const char *value)
{
	assert_string_equal(setting->key, key);
	if (value == NULL)
		assert_null(setting->value);
	else
		assert_string_equal(setting->value, value);
}

static void settings_are_joined_with_dots(void **state)
{
	struct fixture *fixture = *state;
	struct setting *settings;

	assert_loads(fixture, "plugins:\n"
	                      "- name: acme\n"
	                      "  settings:\n"
	                      "    seed: 0x10\n"
	                      "    none: ~\n"
	                      "    empty: ''\n"
	                      "    simulator: {couplets: 4, deep: {er: yes}}\n"
	                      "    addresses: [192.0.2.1, {port: 80}, [a, b]]\n");
	settings = fixture->config.plugins[0].settings;
	assert_int_equal(fixture->config.plugins[0].setting_count, 9);
	assert_setting(&settings[0], "seed", "0x10");
	assert_setting(&settings[1], "none", NULL);
	assert_setting(&settings[2], "empty", "");
	assert_setting(&settings[3], "simulator.couplets", "4");
	assert_setting(&settings[4], "simulator.deep.er", "yes");
	assert_setting(&settings[5], "addresses.0", "192.0.2.1");
	assert_setting(&settings[6], "addresses.1.port", "80");
	assert_setting(&settings[7], "addresses.2.0", "a");
	assert_setting(&settings[8], "addresses.2.1", "b");
}

static void scannables_keep_what_was_typed(void **state)
{
	struct fixture *fixture = *state;
	struct scannable_config *scannable;
	char *place;

	assert_loads(fixture, "scannables:\n"
	                      "- plugin: acme\n"
	                      "  class: Couplet\n"
	                      "  attributes:\n"
	                      "    address: 192.0.2.1\n"
	                      "    number: 010\n"
	                      "    text: '~'\n"
	                      "    nothing: ~\n"
	                      "- {plugin: linux, class: Server}\n");
	assert_int_equal(fixture->config.scannable_count, 2);
	scannable = &fixture->config.scannables[0];
	assert_string_equal(scannable->plugin, "acme");
	assert_string_equal(scannable->class, "Couplet");
	assert_int_equal(scannable->attribute_count, 4);
	assert_string_equal(scannable->attributes[0].name, "address");
	assert_string_equal(scannable->attributes[0].value, "192.0.2.1");
	assert_string_equal(scannable->attributes[1].value, "010");
	assert_string_equal(scannable->attributes[2].value, "~");
	assert_null(scannable->attributes[3].value);
	place = xasprintf("%s:6", fixture->file);
	assert_string_equal(scannable->attributes[1].place, place);
	free(place);
	assert_int_equal(fixture->config.scannables[1].attribute_count, 0);
}

/* ---- drop-ins ---- */

static void drop_ins_add_plugins_and_override_scalars(void **state)
{
	struct fixture *fixture = *state;
	struct config *config = &fixture->config;
	char *path = xasprintf("%s/conf.d/own.so", fixture->directory);

	write_drop_in(fixture, "20-b.yaml", "plugins: [b]\nscan: {workers: 20}\n");
	write_drop_in(fixture, "10-a.yaml",
	    "plugins: [a, ./own.so]\nscan: {workers: 10, limit: 9 s}\n"
	    "scannables: [{plugin: a, class: A}]\n");
	write_drop_in(fixture, ".hidden.yaml", "nonsense");
	write_drop_in(fixture, "README", "nonsense");
	write_drop_in(fixture, "30.yaml.bak", "nonsense");
	assert_loads(fixture, "plugins: [main]\nscan: {workers: 1, period: 7 s}\n"
	                      "directories: {plugins: /p}\n");
	assert_int_equal(config->plugin_count, 4);
	assert_string_equal(config->plugins[0].name, "main");
	assert_string_equal(config->plugins[1].path, "/p/a.so");
	assert_string_equal(config->plugins[3].name, "b");
	assert_int_equal(config->scannable_count, 1);
	assert_int_equal(config->scan_workers, 20);
	assert_int_equal(config->scan_limit_ns, 9 * NS_PER_S);
	assert_int_equal(config->plugins[0].scan_limit_ns, 9 * NS_PER_S);
	assert_int_equal(config->scan_period_ns, 7 * NS_PER_S);
	assert_string_equal(config->plugins[2].path, path);
	free(path);
}

static void a_drop_in_can_take_a_key_back_to_its_default(void **state)
{
	struct fixture *fixture = *state;

	write_drop_in(fixture, "a.yaml", "log: {file: ~}\n");
	assert_loads(fixture, "log: {file: /log}\n");
	assert_null(fixture->config.log_file);
}

static void mistakes_in_drop_ins_name_the_drop_in(void **state)
{
	struct fixture *fixture = *state;

	write_drop_in(fixture, "a.yaml", "\nscan: {workers: no}\n");
	write_drop_in(fixture, "b.yaml", "database: {embedded: true}\n");
	assert_mistakes(fixture, "scan: {workers: nil}\ndatabase: {conninfo: x}\n",
	    "r.yaml:1: scan.workers: \"nil\" is not a number (1 to 256)\n"
	    "conf.d/a.yaml:2: scan.workers: \"no\" is not a number (1 to 256)\n"
	    "conf.d/b.yaml:1: database.embedded: excludes database.conninfo (r.yaml:2); remove one "
	    "of them\n");
}

/* ---- what is wrong ---- */

static void unknown_keys_are_refused_with_the_nearest_known_one(void **state)
{
	static const struct bad bad[] = {
	    {"scan:\n  workres: 4\n",
	        "r.yaml:2: scan.workres: unknown key; did you mean \"workers\"?\n"},
	    {"plugin: [a]\n", "r.yaml:1: plugin: unknown key; did you mean \"plugins\"?\n"},
	    {"sacn: {}\n", "r.yaml:1: sacn: unknown key; did you mean \"scan\"?\n"},
	    {"conninfo: x\n",
	        "r.yaml:1: conninfo: unknown key; did you mean \"database.conninfo\"?\n"},
	    {"scan.workers: 4\n",
	        "r.yaml:1: scan.workers: unknown key; known here: plugins, "
	        "scannables, directories, user, database, host, scan, statistics, log, control\n"},
	    {"database: {port: 5432}\n",
	        "r.yaml:1: database.port: unknown key; known here: conninfo, "
	        "password_file, embedded, embedded_user, retry_max, "
	        "statement_limit, lock_limit\n"},
	    {"plugins:\n- name: a\n  loglevel: debug\n",
	        "r.yaml:3: plugins[0].loglevel: unknown key; did you mean \"log_level\"?\n"},
	    {"plugins[]: a\n", "r.yaml:1: plugins[]: unknown key; did you mean \"plugins\"?\n"},
	    {"scannables: [{plugin: a, clas: B}]\n",
	        "r.yaml:1: scannables[0].clas: unknown key; did you mean \"class\"?\n"},
	    {"? [a, b]\n: c\n", "r.yaml:1: a key: must be a single value, not a list\n"},
	};

	ASSERT_ALL_BAD(*state, bad);
}

static void a_key_must_be_given_once_in_a_file(void **state)
{
	static const struct bad bad[] = {
	    {"scan: {workers: 1}\nuser: a\nscan: {period: 1 s}\n",
	        "r.yaml:3: scan: is given twice, first in line 1\n"},
	    {"scan:\n  workers: 1\n  workers: 1\n",
	        "r.yaml:3: scan.workers: is given twice, first in line 2\n"},
	    {"plugins:\n- name: a\n  settings: {x: {y: 1, z: 2, y: 3}}\n",
	        "r.yaml:3: plugins[0].settings.x.y: is given twice, first in line 3\n"},
	    {"scannables:\n- plugin: a\n  class: A\n  attributes:\n    x: 1\n    x: 1\n",
	        "r.yaml:6: scannables[0].attributes.x: is given twice, first in line 5\n"},
	};

	ASSERT_ALL_BAD(*state, bad);
}

static void values_of_the_wrong_type_are_refused(void **state)
{
	static const struct bad bad[] = {
	    {"scan: {workers: many}\n",
	        "r.yaml:1: scan.workers: \"many\" is not a number (1 to 256)\n"},
	    {"scan: {workers: 0}\n", "r.yaml:1: scan.workers: \"0\" is not a number (1 to 256)\n"},
	    {"scan: {workers: 257}\n",
	        "r.yaml:1: scan.workers: \"257\" is not a number (1 to 256)\n"},
	    {"scan: {workers: 4294967298}\n",
	        "r.yaml:1: scan.workers: \"4294967298\" is not a number (1 to 256)\n"},
	    {"scan: {workers: 99999999999999999999}\n",
	        "r.yaml:1: scan.workers: \"99999999999999999999\" is not a number (1 to 256)\n"},
	    {"scan: {workers: 4.5}\n",
	        "r.yaml:1: scan.workers: \"4.5\" is not a number (1 to 256)\n"},
	    {"scan: {workers: ''}\n", "r.yaml:1: scan.workers: \"\" is not a number (1 to 256)\n"},
	    {"scan: {workers: [4]}\n",
	        "r.yaml:1: scan.workers: must be a single value, not a list\n"},
	    {"user: {name: a}\n", "r.yaml:1: user: must be a single value, not a mapping\n"},
	    {"scan: 5\n", "r.yaml:1: scan: must be a mapping (known here: period, workers, limit, "
	                  "teardown_limit, load_limit, stop_limit, retry_min, retry_max, "
	                  "confirm_after)\n"},
	    {"database: {embedded: yes}\n",
	        "r.yaml:1: database.embedded: \"yes\" is neither true nor false\n"},
	    {"log: {level: loud}\n", "r.yaml:1: log.level: \"loud\" is not a level (debug, info, "
	                             "warning, error)\n"},
	    {"log: {file: ''}\n", "r.yaml:1: log.file: \"\" is not a path\n"},
	    {"user: \"a\\0b\"\n", "r.yaml:1: user: contains a zero byte\n"},
	};

	ASSERT_ALL_BAD(*state, bad);
}

static void durations_must_be_in_range(void **state)
{
	static const struct bad bad[] = {
	    {"scan: {limit: 5 sheep}\n",
	        "r.yaml:1: scan.limit: \"5 sheep\" is not a duration: a whole number and ms, s, "
	        "min, h or d, as in \"5 s\"\n"},
	    {"scan: {limit: 0 s}\n",
	        "r.yaml:1: scan.limit: \"0 s\" is out of range (1 s to 1 d)\n"},
	    {"scan: {period: 2 d}\n",
	        "r.yaml:1: scan.period: \"2 d\" is out of range (0 s to 1 d)\n"},
	    {"scan: {period: 1500 ms}\n",
	        "r.yaml:1: scan.period: \"1500 ms\" is not a whole number of seconds\n"},
	    {"plugins: [{name: a, scan_limit: -1 s}]\n",
	        "r.yaml:1: plugins[0].scan_limit: \"-1 s\" is below 0\n"},
	    {"scan:\n  retry_min: 3 min\n  retry_max: 2 min\n",
	        "r.yaml:2: scan.retry_min: 3 min is more than scan.retry_max, 2 min (r.yaml:3)\n"},
	    {"scan: {retry_min: 3 min}\n", "r.yaml:1: scan.retry_min: 3 min is more than "
	                                   "scan.retry_max, 1 min (default)\n"},
	    {"statistics: {retention: {samples: 5 sheep}}\n",
	        "r.yaml:1: statistics.retention.samples: \"5 sheep\" is not a duration: a whole "
	        "number and ms, s, min, h or d, as in \"5 s\"\n"},
	    {"statistics: {retention: {samples: 179 s}}\n",
	        "r.yaml:1: statistics.retention.samples: \"179 s\" is out of range (3 min to "
	        "100000 d)\n"},
	    {"statistics: {retention: {one_day: 999999999 d}}\n",
	        "r.yaml:1: statistics.retention.one_day: \"999999999 d\" is too long\n"},
	    {"statistics: {retention: {samples: 4 d}}\n",
	        "r.yaml:1: statistics.retention.samples: 4 d is more than "
	        "statistics.retention.one_minute, 3 d (default)\n"},
	    {"statistics: {retention: {one_minutes: 4 d}}\n",
	        "r.yaml:1: statistics.retention.one_minutes: unknown key; did you mean "
	        "\"one_minute\"?\n"},
	};

	ASSERT_ALL_BAD(*state, bad);
}

static void sizes_have_a_number_and_a_unit(void **state)
{
	struct fixture *fixture = *state;

	assert_loads(fixture, "statistics: {memory: 65536 B, spool: 0}\n");
	assert_int_equal(fixture->config.sample_memory, 65536);
	assert_int_equal(fixture->config.sample_spool, 0);
	config_free(&fixture->config);
	assert_loads(fixture, "statistics: {memory: 64KiB, spool: 64 GiB}\n");
	assert_int_equal(fixture->config.sample_memory, 65536);
	assert_int_equal(fixture->config.sample_spool, INT64_C(64) << 30);
	config_free(&fixture->config);
	assert_loads(fixture, "");
	assert_int_equal(fixture->config.sample_memory, 64 << 20);
	assert_int_equal(fixture->config.sample_spool, 256 << 20);
}

static void anything_else_is_no_size(void **state)
{
#define NO_SIZE(text)                                                   \
	{                                                               \
		"statistics: {spool: '" text "'}\n",                    \
		    "r.yaml:1: statistics.spool: \"" text               \
		    "\" is not a size: a whole number and B, KiB, MiB " \
		    "or GiB, as in \"64 MiB\"\n"                        \
	}
	static const struct bad bad[] = {
	    NO_SIZE(""),
	    NO_SIZE("5"),
	    NO_SIZE("00"),
	    NO_SIZE("MiB"),
	    NO_SIZE("5 sheep"),
	    NO_SIZE("5 mib"),
	    NO_SIZE("5 MB"),
	    NO_SIZE("1.5 GiB"),
	    NO_SIZE("-1 KiB"),
	    NO_SIZE(" 1 KiB"),
	    NO_SIZE("1 KiB "),
	    NO_SIZE("1000000000 GiB"),
	    {"statistics: {spool: 65 GiB}\n", "r.yaml:1: statistics.spool: \"65 GiB\" is out of "
	                                      "range (0 B to 64 GiB)\n"},
	    {"statistics: {memory: 0}\n", "r.yaml:1: statistics.memory: \"0\" is out of range (64 "
	                                  "KiB to 64 GiB)\n"},
	};
#undef NO_SIZE

	ASSERT_ALL_BAD(*state, bad);
}

static void lists_must_be_lists_of_what_they_say(void **state)
{
	static const struct bad bad[] = {
	    {"plugins: linux\n", "r.yaml:1: plugins: must be a list\n"},
	    {"plugins: [[linux]]\n", "r.yaml:1: plugins[0]: must be a single value, not a list\n"},
	    {"plugins:\n- linux\n-\n", "r.yaml:3: plugins[1]: needs either a name or a path\n"},
	    {"plugins: [{log_level: debug}]\n",
	        "r.yaml:1: plugins[0]: needs either a name or a path\n"},
	    {"plugins: [{name: a, path: b}]\n",
	        "r.yaml:1: plugins[0]: has both a name and a path: remove one\n"},
	    {"plugins: [a b]\n", "r.yaml:1: plugins[0]: \"a b\" can't be a plugin's name (letters, "
	                         "digits, _ and -, at most 128)\n"},
	    {"plugins: [/opt/x.y.so]\n",
	        "r.yaml:1: plugins[0]: \"x.y\" can't be a plugin's name (letters, digits, _ and -, "
	        "at most 128)\n"},
	    {"plugins: [/opt/]\n", "r.yaml:1: plugins[0]: \"\" can't be a plugin's name (letters, "
	                           "digits, _ and -, at most 128)\n"},
	    {"plugins: [{name: a, settings: [b]}]\n",
	        "r.yaml:1: plugins[0].settings: must be a mapping of names and values\n"},
	    {"plugins: [{name: a, settings: {b.c: 1}}]\n",
	        "r.yaml:1: plugins[0].settings.b.c: a name is not empty and has no dot (nest "
	        "mappings instead)\n"},
	    {"plugins: [{name: a, settings: {x: "
	     "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}}]\n",
	        "r.yaml:1: plugins[0].settings.x[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: is "
	        "nested too deeply (more than 16 levels)\n"},
	    {"scannables: {plugin: a}\n", "r.yaml:1: scannables: must be a list\n"},
	    {"scannables: [a]\n",
	        "r.yaml:1: scannables[0]: must be a mapping (plugin, class, attributes)\n"},
	    {"scannables: [{plugin: a}]\n",
	        "r.yaml:1: scannables[0]: needs a plugin and a class\n"},
	    {"scannables: [{plugin: a, class: b, attributes: [c]}]\n",
	        "r.yaml:1: scannables[0].attributes: must be a mapping of attribute names and "
	        "values\n"},
	    {"scannables: [{plugin: a, class: b, attributes: {c: [d]}}]\n",
	        "r.yaml:1: scannables[0].attributes.c: must be a single value, not a list\n"},
	};

	ASSERT_ALL_BAD(*state, bad);
}

static void what_is_no_plain_yaml_is_refused_with_its_line(void **state)
{
	static const struct bad bad[] = {
	    {"scan:\n\tworkers: 1\n", "r.yaml:2: found character that cannot start any token while "
	                              "scanning for the next token (a tab? indent with blanks)\n"},
	    {"user: a\nscan: {workers: 1\n",
	        "r.yaml:3: did not find expected ',' or '}' while parsing a flow mapping\n"},
	    {"user: a: b\n", "r.yaml:1: mapping values are not allowed in this context\n"},
	    {"user: a\n\nlog: {file: \xff}\n", "r.yaml:3: invalid leading UTF-8 octet\n"},
	    {"- linux\n", "r.yaml:1: must be a mapping of keys, as in \"plugins: [linux]\"\n"},
	    {"linux\n", "r.yaml:1: must be a mapping of keys, as in \"plugins: [linux]\"\n"},
	    {"user: a\n---\nuser: b\n",
	        "r.yaml:3: a second document begins here; only one is allowed\n"},
	    {"user: a\n---\nuser: [\n", "r.yaml:4: did not find expected node content while "
	                                "parsing a flow node\n"},
	    {"user: &a b\nlog: {file: *a}\n",
	        "r.yaml:1: aliases are not supported: write the value again where it is used\n"},
	    {"&a [*a]\n",
	        "r.yaml:1: aliases are not supported: write the value again where it is used\n"},
	    {"scan: {workers: !!int 4}\n",
	        "r.yaml:1: tags are not supported: \"tag:yaml.org,2002:int\"\n"},
	};

	ASSERT_ALL_BAD(*state, bad);
}

static void all_mistakes_are_told_at_once(void **state)
{
	assert_mistakes(*state,
	    "plugins: [a b]\n"
	    "scan:\n"
	    "  workers: many\n"
	    "  perod: 5 s\n"
	    "  limit: 5\n"
	    "  limit: 6 s\n"
	    "databse: {}\n"
	    "database: {embedded: true, conninfo: x}\n",
	    "r.yaml:1: plugins[0]: \"a b\" can't be a plugin's name (letters, digits, _ and -, at "
	    "most 128)\n"
	    "r.yaml:6: scan.limit: is given twice, first in line 5\n"
	    "r.yaml:3: scan.workers: \"many\" is not a number (1 to 256)\n"
	    "r.yaml:4: scan.perod: unknown key; did you mean \"period\"?\n"
	    "r.yaml:5: scan.limit: \"5\" has no unit (ms, s, min, h, d), as in \"5 s\"\n"
	    "r.yaml:7: databse: unknown key; did you mean \"database\"?\n"
	    "r.yaml:8: database.embedded: excludes database.conninfo (r.yaml:8); remove one of "
	    "them\n");
}

/* The mistakes that only this machine makes of a configuration. The caller frees them. */
static char *site_mistakes(struct fixture *fixture, const char *content)
{
	bool good;

	assert_loads(fixture, content);
	text_reset(&fixture->mistakes);
	good = config_check_site(&fixture->config, &fixture->mistakes);
	assert_int_equal(good, fixture->mistakes.length == 0);
	return relative_mistakes(fixture);
}

static void what_is_not_there_on_this_machine_is_a_mistake(void **state)
{
	static const struct bad bad[] = {
	    {"", ""},
	    {"user: root\ndatabase: {embedded_user: root}\nlog: {file: new.log}\n", ""},
	    {"user: no-such-user\n",
	        "r.yaml:1: user: there is no user \"no-such-user\" on this machine; create it "
	        "(useradd --system), or name another\n"},
	    {"database:\n  embedded_user: no-such-user\n",
	        "r.yaml:2: database.embedded_user: there is no user \"no-such-user\" on this "
	        "machine; create it (useradd --system), or name another\n"},
	    {"control: {group: root}\n", ""},
	    {"control:\n  group: no-such-group\n",
	        "r.yaml:2: control.group: there is no group \"no-such-group\" on this machine; "
	        "create it (groupadd --system), or name another\n"},
	    {"control:\n  listen: 127.0.0.1:9500\n",
	        "r.yaml:2: control.listen: requests there need a token: name the file that has it "
	        "with control.token_file\n"},
	    {"control:\n  listen: 0.0.0.0:9500\n  token_file: /proc/a/b\n",
	        "r.yaml:2: control.listen: 0.0.0.0:9500 is not of this machine alone: name "
	        "127.0.0.1 or [::1], and let a proxy with TLS in front of it speak to others\n"
	        "r.yaml:3: control.token_file: /proc/a/b: No such file or directory\n"},
	    {"log:\n  file: nowhere/a.log\n", "r.yaml:2: log.file: directory nowhere: No such file "
	                                      "or directory; make it, or name another\n"},
	    {"log: {file: /tmp}\n", "r.yaml:1: log.file: /tmp is a directory; name a file in it\n"},
	    {"database:\n  conninfo: \"host=db password='a secret\"\n",
	        "r.yaml:2: database.conninfo: can't be read: unterminated quoted string in "
	        "connection info string. Write it as \"host=db.example dbname=storage "
	        "user=runner\" or postgresql://runner@db.example/storage\n"},
	    {"database:\n  password_file: /proc/a/b\n",
	        "r.yaml:2: database.password_file: /proc/a/b can't be read: No such file or "
	        "directory\n"},
	    {"user: no-such-user\nlog: {file: /proc/a/b}\n",
	        "r.yaml:1: user: there is no user \"no-such-user\" on this machine; create it "
	        "(useradd --system), or name another\nr.yaml:2: log.file: directory /proc/a: No "
	        "such file or directory; make it, or name another\n"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *mistakes = site_mistakes(*state, bad[i].content);

		assert_string_equal(mistakes, bad[i].mistakes);
		free(mistakes);
	}
}

static void a_file_that_cannot_be_read_is_a_mistake(void **state)
{
	struct fixture *fixture = *state;
	char *mistakes;

	assert_false(config_load(fixture->file, &fixture->config, &fixture->mistakes));
	mistakes = relative_mistakes(fixture);
	assert_string_equal(mistakes, "r.yaml: can't be read: No such file or directory\n");
	free(mistakes);
	config_free(&fixture->config);
	text_reset(&fixture->mistakes);
	assert_int_equal(mkdir(fixture->file, 0700), 0);
	assert_false(config_load(fixture->file, &fixture->config, &fixture->mistakes));
	mistakes = relative_mistakes(fixture);
	assert_string_equal(mistakes, "r.yaml: can't be read: Is a directory\n");
	free(mistakes);
}

static void a_file_without_end_is_a_mistake(void **state)
{
	struct fixture *fixture = *state;

	assert_false(config_load("/dev/zero", &fixture->config, &fixture->mistakes));
	assert_string_equal(fixture->mistakes.data, "/dev/zero: can't be read: File too large\n");
}

/* ---- the table, the sample and the man page ---- */

static char *read_text(const char *path)
{
	struct text text = TEXT_EMPTY;
	FILE *file = fopen(path, "r");
	int byte;

	if (file == NULL)
		fail_msg("%s is missing (tests run in the top directory)", path);
	while ((byte = getc(file)) != EOF)
		text_append_char(&text, (char)byte);
	fclose(file);
	return text_steal(&text);
}

/* The sample with its examples and defaults made active: what follows "#" without one space. */
static char *uncomment(const char *sample)
{
	struct text text = TEXT_EMPTY;

	for (const char *line = sample; *line != '\0';) {
		size_t length = strcspn(line, "\n") + 1, indent = strspn(line, " ");
		bool active = line[indent] == '#' && line[indent + 1] != '\n' &&
		              (line[indent + 1] != ' ' || line[indent + 2] == ' ');

		text_append_bytes(&text, line, indent);
		text_append_bytes(&text, line + indent + active, length - indent - active);
		line += length;
	}
	return text_steal(&text);
}

/* Whether a key of both has the same value. */
static bool same_value(const struct config_key *key, const struct config *a, const struct config *b)
{
	const char *x = (const char *)a + key->offset, *y = (const char *)b + key->offset;
	const char *text, *other;

	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_PATH:
		text = *(char *const *)(const void *)x;
		other = *(char *const *)(const void *)y;
		return text == NULL || other == NULL ? text == other : strcmp(text, other) == 0;
	case CONFIG_BOOLEAN:
		return *x == *y;
	case CONFIG_NUMBER:
	case CONFIG_LOG_LEVEL:
		return memcmp(x, y, sizeof(int)) == 0;
	default:
		return memcmp(x, y, sizeof(int64_t)) == 0;
	}
}

/* Whether the sample gives this key the default of every machine. */
static bool default_is_fixed(const struct config_key *key)
{
	if (strchr(key->name, '[') != NULL || key->type == CONFIG_LIST)
		return false;
	if (key->make_default != NULL)
		return geteuid() == 0;
	return strcmp(key->name, "directories.plugins") != 0;
}

static void the_sample_loads_as_it_is(void **state)
{
	struct fixture *fixture = *state;

	if (!config_load(SAMPLE, &fixture->config, &fixture->mistakes))
		fail_msg("%s", fixture->mistakes.data);
	assert_int_equal(fixture->config.scannable_count, 0);
}

static void the_sample_shows_every_key_at_its_default(void **state)
{
	struct fixture *fixture = *state;
	struct config defaults;
	char *sample = read_text(SAMPLE), *active = uncomment(sample);

	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_loads(fixture, active);
	assert_true(config_load(NULL, &defaults, &fixture->mistakes));
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		const char *dot = strrchr(key->name, '.');
		char *word = xasprintf("%s:", dot != NULL ? dot + 1 : key->name);

		if (strstr(active, word) == NULL)
			fail_msg("%s is not in " SAMPLE, key->name);
		if (default_is_fixed(key) && !same_value(key, &fixture->config, &defaults))
			fail_msg("%s has another default in " SAMPLE, key->name);
		free(word);
	}
	config_free(&defaults);
	free(sample);
	free(active);
}

/* Fails for an item of the page that is like a key, and none. */
static void assert_items_are_keys(const char *page)
{
	for (const char *item = page; (item = strstr(item, "\n.It Ic ")) != NULL; item++) {
		const char *begin = item + strlen("\n.It Ic ");
		char *name = xstrndup(begin, strcspn(begin, " \n"));
		const struct config_key *key = config_keys;

		while (key < config_keys + config_key_count && strcmp(key->name, name) != 0)
			key++;
		if (key == config_keys + config_key_count)
			fail_msg("%s is in " MAN_PAGE ", but there is no such key", name);
		free(name);
	}
}

static void the_man_page_has_every_key_and_no_other(void **state)
{
	char *page = read_text(MAN_PAGE);

	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		bool list = config_keys[i].type == CONFIG_LIST;
		char *row = xasprintf(list ? ".Ic %s\n" : ".It Ic %s :", config_keys[i].name);

		if (strstr(page, row) == NULL)
			fail_msg("%s is not in " MAN_PAGE, config_keys[i].name);
		free(row);
	}
	assert_items_are_keys(page);
	free(page);
}

static void every_key_has_a_help_and_a_sound_default(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		assert_non_null(key->help);
		assert_true(key->minimum <= key->maximum);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(config_keys[j].name, key->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_have_a_number_and_a_unit),
	    cmocka_unit_test(anything_else_is_no_duration),
	    cmocka_unit_test_setup_teardown(
	        without_a_file_everything_has_its_default, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_empty_file_is_the_defaults, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_scalar_can_be_set, setup, teardown),
	    cmocka_unit_test_setup_teardown(null_is_the_default, setup, teardown),
	    cmocka_unit_test_setup_teardown(plugins_are_names_paths_or_mappings, setup, teardown),
	    cmocka_unit_test_setup_teardown(two_plugins_may_have_one_name_here, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        paths_are_made_absolute_from_a_relative_file_too, setup, teardown),
	    cmocka_unit_test_setup_teardown(settings_are_joined_with_dots, setup, teardown),
	    cmocka_unit_test_setup_teardown(scannables_keep_what_was_typed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        drop_ins_add_plugins_and_override_scalars, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        a_drop_in_can_take_a_key_back_to_its_default, setup, teardown),
	    cmocka_unit_test_setup_teardown(mistakes_in_drop_ins_name_the_drop_in, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        unknown_keys_are_refused_with_the_nearest_known_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_key_must_be_given_once_in_a_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(values_of_the_wrong_type_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(durations_must_be_in_range, setup, teardown),
	    cmocka_unit_test_setup_teardown(sizes_have_a_number_and_a_unit, setup, teardown),
	    cmocka_unit_test_setup_teardown(anything_else_is_no_size, setup, teardown),
	    cmocka_unit_test_setup_teardown(lists_must_be_lists_of_what_they_say, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        what_is_no_plain_yaml_is_refused_with_its_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(all_mistakes_are_told_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        what_is_not_there_on_this_machine_is_a_mistake, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        a_file_that_cannot_be_read_is_a_mistake, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_file_without_end_is_a_mistake, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_sample_loads_as_it_is, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        the_sample_shows_every_key_at_its_default, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        the_man_page_has_every_key_and_no_other, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        every_key_has_a_help_and_a_sound_default, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

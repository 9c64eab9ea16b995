/* SPDX-License-Identifier: MIT */
/* Checks of what a plugin does to its process: leaks, threads, and what belongs to the process. */
#include "kit/certify_internal.h"

#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#define EIGHTHS 8
#define SESSIONS_MIN 16
#define THREAD_PATIENCE_NS (2 * NS_PER_S)

/* The cache of freed memory that glibc keeps for each thread. */
#define CACHED_PER_SIZE 7
#define CACHED_STEP 16
#define CACHED_MAX 1032

/* ---- counting ---- */

size_t count_entries(const char *directory)
{
	DIR *opened = opendir(directory);
	const struct dirent *entry;
	size_t count = 0;

	if (opened == NULL)
		return 0;
	while ((entry = readdir(opened)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(opened);
	return count;
}

size_t count_descriptors(void)
{
	/* Without the one by which they are counted. */
	return count_entries("/proc/self/fd") - 1;
}

size_t count_threads(void)
{
	return count_entries("/proc/self/task");
}

/* Where memory is a sanitizer's, only that knows. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/*
 * Fills the C library's cache of freed memory, which counts as allocated: from one measurement to
 * the next it then differs by nothing.
 */
static void fill_cache(void)
{
	void *volatile memory[CACHED_PER_SIZE];

	for (size_t size = CACHED_STEP / 2; size <= CACHED_MAX; size += CACHED_STEP) {
		for (size_t i = 0; i < CACHED_PER_SIZE; i++)
			memory[i] = malloc(size);
		for (size_t i = 0; i < CACHED_PER_SIZE; i++)
			free(memory[i]);
	}
}

size_t count_memory(void)
{
	struct mallinfo2 memory;

	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	fill_cache();
	memory = mallinfo2();
	return memory.uordblks + memory.hblkhd;
}

size_t count_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

size_t await_threads(size_t wanted)
{
	const struct timespec pause = {.tv_nsec = 5 * NS_PER_MS};
	struct monotonic start = monotonic_now();
	size_t count = count_threads();

	/* A thread that was joined may still be listed for a moment. */
	while (wanted > 0 && count > wanted &&
	       monotonic_since(monotonic_now(), start) < THREAD_PATIENCE_NS) {
		nanosleep(&pause, NULL);
		count = count_threads();
	}
	return count;
}

static size_t least(const size_t *values, size_t count)
{
	size_t found = values[0];

	for (size_t i = 1; i < count; i++)
		if (values[i] < found)
			found = values[i];
	return found;
}

double growth(const size_t *values, size_t count)
{
	size_t parts = count < EIGHTHS ? count : EIGHTHS;
	size_t first = 0, last = 0;

	if (parts < 2)
		return 0;
	for (size_t i = 0; i < parts; i++) {
		size_t begin = i * count / parts;
		size_t part = least(values + begin, (i + 1) * count / parts - begin);

		if (i > 0 && part <= last)
			return 0;
		if (i == 0)
			first = part;
		last = part;
	}
	return (double)(last - first) / ((double)count * (double)(parts - 1) / (double)parts);
}

/* ---- leaks ---- */

/* What is measured after each step. */
enum measure { MEMORY, DESCRIPTORS, THREADS, FILES, MEASURE_COUNT };

static const struct {
	const char *what;
	const char *unit;
	double tolerated; /* per step */
	const char *remedy;
} measures[MEASURE_COUNT] = {
    [MEMORY] = {"memory", "bytes", 8,
        "run \"valgrind --leak-check=full iml-plugin scan --no-isolation FILE.so ...\"; what a "
        "session allocates is to be freed in teardown, what a scan does before it returns"},
    [DESCRIPTORS] = {"descriptors", "descriptors", 0,
        "close every file and socket on all ways out of a scan, and in teardown"},
    [THREADS] = {"threads", "threads", 0, "end and join every thread, in teardown at the latest"},
    [FILES] = {"temporary files", "files", 0,
        "remove temporary files when they are no longer used"},
};

struct series {
	size_t *values[MEASURE_COUNT];
	size_t count;
};

static struct series new_series(size_t size)
{
	struct series series = {.count = 0};

	for (size_t i = 0; i < MEASURE_COUNT; i++)
		series.values[i] = xcalloc(size, sizeof(size_t));
	return series;
}

static void free_series(struct series *series)
{
	for (size_t i = 0; i < MEASURE_COUNT; i++)
		free(series->values[i]);
}

static void measure(struct series *series, const char *directory)
{
	series->values[MEMORY][series->count] = count_memory();
	series->values[DESCRIPTORS][series->count] = count_descriptors();
	series->values[THREADS][series->count] = count_threads();
	series->values[FILES][series->count] = count_entries(directory);
	series->count++;
}

static void judge_series(struct trial *trial, const struct series *series, const char *step)
{
	for (size_t i = 0; i < MEASURE_COUNT; i++) {
		double slope = growth(series->values[i], series->count);

		if (slope > measures[i].tolerated)
			trial_fail(trial, measures[i].remedy,
			    "%s grow%s by %.3g %s with each %s, over %zu of them", measures[i].what,
			    i == MEMORY ? "s" : "", slope, measures[i].unit, step, series->count);
	}
}

static void complain_of_end(struct trial *trial, const char *during)
{
	trial_fail(trial, "", "%s failed %s: %s",
	    trial->seen.hook != NULL ? trial->seen.hook : "the session", during,
	    trial->seen.reason != NULL ? trial->seen.reason : "it ended");
}

/* Scans until the plugin has what it keeps, and then as often as asked for. */
static void measure_scans(struct trial *trial, const char *directory)
{
	unsigned scans = trial->options->scans;
	struct series series = new_series(scans);

	for (unsigned i = 0; i < scans + scans / 8; i++) {
		if (!trial_scan(trial)) {
			complain_of_end(trial, "among many scans");
			break;
		}
		if (i >= scans / 8)
			measure(&series, directory);
	}
	judge_series(trial, &series, "scan");
	free_series(&series);
}

static unsigned count_sessions(const struct trial *trial)
{
	unsigned sessions = trial->options->scans / 10;

	return sessions > SESSIONS_MIN ? sessions : SESSIONS_MIN;
}

static void measure_sessions(struct trial *trial, const char *directory)
{
	unsigned sessions = count_sessions(trial);
	struct series series = new_series(sessions);

	for (unsigned i = 0; i < sessions + sessions / 8; i++) {
		trial_close(trial);
		if (i >= sessions / 8)
			measure(&series, directory);
		if (!trial_settle(trial)) {
			complain_of_end(trial, "among many sessions");
			break;
		}
	}
	judge_series(trial, &series, "session");
	free_series(&series);
}

/* Complains of processes that the plugin started and did not wait for. */
static void judge_processes(struct trial *trial)
{
	siginfo_t child = {.si_pid = 0};

	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0)
		return;
	trial_fail(trial,
	    "wait for every process that the plugin starts, in teardown at the latest",
	    "a process was %s after teardown",
	    child.si_pid != 0 ? "not waited for" : "still running");
}

static void try_many_scans(struct trial *trial)
{
	const char *directory = trial->context;
	size_t before;

	/* Where well-behaved code makes its temporary files. */
	setenv("TMPDIR", directory, 1);
	if (!trial_begin(trial))
		return;
	if (trial_must_settle(trial, "before many scans")) {
		before = count_resident();
		if (kit_has_update_scan(trial->kit))
			measure_scans(trial, directory);
		if (trial->session->number != 0)
			measure_sessions(trial, directory);
		trial_close(trial);
		judge_processes(trial);
		trial_summary(trial,
		    "%u scans and %u sessions; resident memory went from %zu KiB to %zu KiB",
		    kit_has_update_scan(trial->kit) ? trial->options->scans : 0,
		    count_sessions(trial), before, count_resident());
	}
	trial_end(trial);
}

/* Removes a directory of temporary files. */
static void remove_directory(const char *directory)
{
	DIR *opened = opendir(directory);
	const struct dirent *entry;

	while (opened != NULL && (entry = readdir(opened)) != NULL)
		unlinkat(dirfd(opened), entry->d_name, 0);
	if (opened != NULL)
		closedir(opened);
	rmdir(directory);
}

void check_leaks(struct examination *examination, struct certify_result *result)
{
	char directory[] = "/tmp/iml-plugin-certify-XXXXXX";
	struct experiment_outcome outcome;

	if (mkdtemp(directory) == NULL) {
		result_skip(result, "no directory can be made in /tmp: %s", strerror(errno));
		return;
	}
	experiment_run(examination, result, try_many_scans, directory, false, &outcome);
	result_note(result, "temporary files outside of $TMPDIR are not noticed");
	experiment_outcome_clear(&outcome);
	remove_directory(directory);
}

/* ---- threads ---- */

static void *do_nothing(void *context)
{
	return context;
}

/* Starts a thread that ends: a sanitizer then has the one that it starts for itself. */
static void start_first_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
}

static void try_threads(struct trial *trial)
{
	size_t before, during, after;

	start_first_thread();
	if (!trial_begin(trial))
		return;
	before = count_threads();
	if (trial_must_settle(trial, "before threads were counted")) {
		during = count_threads();
		trial_close(trial);
		after = await_threads(before);
		trial_summary(trial, "%zu threads of its own during a session",
		    during > before ? during - before : 0);
		if (after > before)
			trial_fail(trial,
			    "tell the thread to end and pthread_join() it in teardown: after that "
			    "the session's handles are no longer valid",
			    "%zu threads still ran 2 s after teardown", after - before);
	}
	trial_end(trial);
}

void check_threads(struct examination *examination, struct certify_result *result)
{
	experiment_try(examination, result, try_threads);
}

/* ---- what belongs to the process ---- */

static const int watched_signals[] = {
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2};
#define SIGNAL_COUNT (sizeof(watched_signals) / sizeof(*watched_signals))

/* All that a plugin shares with its process and must leave alone. */
struct belongings {
	struct sigaction actions[SIGNAL_COUNT];
	sigset_t blocked;
	char *directory;
	char *mask; /* umask, as the kernel shows it */
	char *locale;
	struct text environment;
};

/* The line of /proc/self/status with the umask: to ask for it by umask() would change it. */
static char *read_mask(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	char *mask = NULL;

	while (file != NULL && mask == NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "Umask:", 6) == 0)
			mask = xstrdup(line);
	if (file != NULL)
		fclose(file);
	return mask != NULL ? mask : xstrdup("");
}

static void take_belongings(struct belongings *found)
{
	memset(found, 0, sizeof(*found));
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(watched_signals[i], NULL, &found->actions[i]);
	sigprocmask(SIG_SETMASK, NULL, &found->blocked);
	found->directory = getcwd(NULL, 0);
	found->mask = read_mask();
	found->locale = xstrdup(setlocale(LC_ALL, NULL));
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
		text_printf(&found->environment, "%s\n", *entry);
	text_append(&found->environment, "");
}

static void clear_belongings(struct belongings *found)
{
	free(found->directory);
	free(found->mask);
	free(found->locale);
	text_clear(&found->environment);
}

static void compare_text(struct trial *trial, const char *what, const char *remedy,
    const char *before, const char *after)
{
	if (before == NULL || after == NULL || strcmp(before, after) != 0)
		trial_fail(trial, remedy, "the plugin changed %s", what);
}

static void compare_signals(
    struct trial *trial, const struct belongings *before, const struct belongings *after)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		int number = watched_signals[i];

		if (before->actions[i].sa_handler != after->actions[i].sa_handler)
			trial_fail(trial,
			    "leave signals to the runner; write to sockets with MSG_NOSIGNAL, wait "
			    "for processes with waitpid()",
			    "the plugin changed what SIG%s does", sigabbrev_np(number));
		if (sigismember(&before->blocked, number) != sigismember(&after->blocked, number))
			trial_fail(trial, "block signals in threads of the plugin's own only",
			    "the plugin changed whether SIG%s is blocked", sigabbrev_np(number));
	}
}

static void compare_belongings(
    struct trial *trial, const struct belongings *before, const struct belongings *after)
{
	compare_signals(trial, before, after);
	compare_text(trial, "the working directory", "use absolute paths, or openat()",
	    before->directory, after->directory);
	compare_text(trial, "the umask", "give the mode to open() and mkdir(), or use fchmod()",
	    before->mask, after->mask);
	compare_text(trial, "the locale", "use uselocale() for the thread, never setlocale()",
	    before->locale, after->locale);
	compare_text(trial, "the environment",
	    "hand settings to libraries by their functions, never by setenv()",
	    before->environment.data, after->environment.data);
}

static void try_belongings(struct trial *trial)
{
	struct belongings before, after;

	take_belongings(&before);
	if (!trial_begin(trial))
		return;
	if (trial_must_settle(trial, "before the process was looked at")) {
		trial_scan(trial);
		trial_close(trial);
		take_belongings(&after);
		compare_belongings(trial, &before, &after);
		clear_belongings(&after);
	}
	clear_belongings(&before);
	trial_end(trial);
}

void check_process(struct examination *examination, struct certify_result *result)
{
	experiment_try(examination, result, try_belongings);
}

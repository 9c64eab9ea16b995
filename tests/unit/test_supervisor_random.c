/* SPDX-License-Identifier: MIT */
/*
 * Random operations on graph, store and a real database, compared with the naive model on every
 * view after each batch: classes and resources, links, alerts, events, servers, volumes and what is
 * at risk. IML_TEST_SEED has the seed of a sequence to try, IML_TEST_OPERATIONS its length. A
 * sequence that fails is made as short as it can be within IML_TEST_TRIES tries, and told.
 */
#include "random_operations.h"

#include <fcntl.h>
#include <time.h>

enum { OPERATIONS = 10000, WHOLE_HISTORY = 50, TRIES_MAX = 400 };

static const char *conninfo;

/* The number that a variable of the environment has. */
static uint32_t number_from(const char *variable, uint32_t otherwise)
{
	const char *text = getenv(variable);

	return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

/* ---- playing ---- */

static void end_scan(struct random_site *site, uint32_t batch)
{
	if (!site->scanning)
		return;
	random_scan_end(site);
	random_compare(site, batch % WHOLE_HISTORY == 0);
}

/* Performs the operations up to the first trouble, which is told with the number of those done. */
static void play_all(const struct operation *operations, size_t count, int out)
{
	struct random_site *site = random_begin(conninfo);
	size_t done = 0;

	naive_prepare_views(site->connection, &site->trouble);
	random_compare(site, true);
	for (; done < count && site->trouble.length == 0; done++) {
		if (done > 0 && operations[done].batch != operations[done - 1].batch)
			end_scan(site, operations[done].batch);
		if (site->trouble.length > 0)
			break;
		if (write(out, &(char){'.'}, 1) != 1)
			_exit(1);
		perform(site, &operations[done]);
	}
	if (site->trouble.length == 0)
		end_scan(site, 0);
	if (site->trouble.length > 0 &&
	    write(out, site->trouble.data, site->trouble.length) != (ssize_t)site->trouble.length)
		_exit(1);
}

/*
 * Performs the operations in a process of their own. Returns what differed, which the caller frees,
 * or NULL; and how many were begun.
 */
static char *play(const struct operation *operations, size_t count, size_t *begun)
{
	struct text told = TEXT_EMPTY;
	char part[4096];
	int ends[2], status;
	ssize_t length;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		play_all(operations, count, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	while ((length = read(ends[0], part, sizeof(part))) > 0)
		text_append_bytes(&told, part, (size_t)length);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*begun = told.length > 0 ? strspn(told.data, ".") : 0;
	if (status != 0)
		text_printf(&told, "  the process died: status %d\n", status);
	if (told.length == *begun) {
		text_clear(&told);
		return NULL;
	}
	memmove(told.data, told.data + *begun, told.length - *begun + 1);
	return text_steal(&told);
}

/* ---- making sequences ---- */

static enum kind pick_kind(uint32_t *seed)
{
	uint32_t sum = 0, at;
	int kind = 0;

	for (int i = 0; i < KINDS; i++)
		sum += kinds[i].weight;
	at = pick(seed, sum);
	while (at >= kinds[kind].weight)
		at -= kinds[kind++].weight;
	return (enum kind)kind;
}

static enum kind pick_part(uint32_t *seed)
{
	static const enum kind parts[] = {REPORT, REPORT, REPORT, REPORT, CHANGE, CHANGE, CHANGE,
	    LINK, LINK, LINK, UNLINK, REMOVE};

	return parts[pick(seed, sizeof(parts) / sizeof(parts[0]))];
}

static struct operation *make_operations(uint32_t seed, size_t count)
{
	struct operation *operations = xcalloc(count, sizeof(*operations));
	uint32_t batch = 0, left = 0;
	int scannable = 0;

	for (size_t i = 0; i < count; i++) {
		struct operation *operation = &operations[i];

		if (left == 0) {
			batch++;
			left = pick(&seed, 4) == 0 ? 1 : 2 + pick(&seed, 16);
			scannable = (int)pick(&seed, SCANNABLES);
		}
		operation->kind =
		    left == 1 && pick(&seed, 2) == 0 ? pick_kind(&seed) : pick_part(&seed);
		batch += !kinds[operation->kind].in_scan;
		left--;
		*operation =
		    (struct operation){operation->kind, scannable, batch, pick(&seed, 1 << 24)};
	}
	return operations;
}

/* ---- making them short ---- */

/* Whether the operations fail without those from begin up to end; then they are left out. */
static bool leave_out(struct operation *operations, size_t *count, size_t begin, size_t end)
{
	struct operation *rest = xcalloc(*count, sizeof(*rest));
	size_t begun, left = *count - (end - begin);
	char *difference;

	memcpy(rest, operations, begin * sizeof(*rest));
	memcpy(rest + begin, operations + end, (*count - end) * sizeof(*rest));
	difference = play(rest, left, &begun);
	if (difference != NULL) {
		*count = begun;
		memcpy(operations, rest, begun * sizeof(*rest));
	}
	free(rest);
	free(difference);
	return difference != NULL;
}

/* Leaves out all but the last few operations, if these alone fail. */
static void keep_the_last(struct operation *operations, size_t *count)
{
	for (size_t last = 30; last < *count; last *= 2)
		if (leave_out(operations, count, 0, *count - last))
			return;
}

/* Leaves out ever smaller pieces as long as the rest fails. */
static void make_short(struct operation *operations, size_t *count, size_t tries_max)
{
	size_t piece, tries = 0;

	keep_the_last(operations, count);
	for (piece = *count / 2; piece > 0; piece /= 2) {
		bool again = true;

		while (again && tries < tries_max) {
			again = false;
			for (size_t end = *count; end >= piece && tries < tries_max; tries++) {
				size_t begin = end - piece;

				if (leave_out(operations, count, begin, end))
					again = piece == 1;
				end = begin < *count ? begin : *count;
			}
		}
	}
}

static void tell(const struct operation *operations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("  %s%s of scannable %d, dice %u\n",
		    i > 0 && operations[i].batch == operations[i - 1].batch ? "  and " : "",
		    kinds[operations[i].kind].name, operations[i].scannable, operations[i].dice);
}

/* Makes a sequence that fails short, and tells it with what differs then. */
static void explain(struct operation *operations, size_t count, size_t tries_max)
{
	char *difference;
	size_t begun;

	make_short(operations, &count, tries_max);
	difference = play(operations, count, &begun);
	printf("the shortest that fails, %zu operations:\n", count);
	tell(operations, count);
	printf("%s", difference != NULL ? difference : "  only sometimes\n");
	free(difference);
}

static void play_seed(uint32_t seed, size_t count)
{
	struct operation *operations = make_operations(seed, count);
	size_t tries_max = number_from("IML_TEST_TRIES", TRIES_MAX);
	size_t begun;
	char *difference = play(operations, count, &begun);

	printf("seed %u, %zu operations, %u batches\n", seed, begun,
	    operations[begun > 0 ? begun - 1 : 0].batch);
	if (difference != NULL) {
		printf("%s", difference);
		free(difference);
		if (tries_max > 0)
			explain(operations, begun, tries_max);
		free(operations);
		fail_msg("seed %u: database and model differ", seed);
	}
	free(operations);
}

/* ---- tests ---- */

static int server_setup(void **state)
{
	struct server *server = xcalloc(1, sizeof(*server));

	log_set_level(LOG_LEVEL_ERROR);
	server_prepare(server);
	server_start_and_wait(server);
	conninfo = embedded_conninfo(server->embedded);
	*state = server;
	return 0;
}

static int server_teardown(void **state)
{
	server_discard(*state);
	free(*state);
	return 0;
}

static void database_and_model_agree_after_each_batch(void **state)
{
	(void)state;
	play_seed(
	    number_from("IML_TEST_SEED", 20261122), number_from("IML_TEST_OPERATIONS", OPERATIONS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(database_and_model_agree_after_each_batch),
	};

	/* The seed is told before it takes long to make the sequence short. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests(tests, server_setup, server_teardown);
}

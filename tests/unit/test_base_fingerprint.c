/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fingerprint.h"

static void equal_texts_have_equal_fingerprints_and_others_do_not(void **state)
{
	const char *text = "correct horse";
	char copy[] = "correct horse";

	(void)state;
	assert_true(fingerprint(text, strlen(text)) == fingerprint(copy, strlen(copy)));
	copy[0] = 'C';
	assert_true(fingerprint(text, strlen(text)) != fingerprint(copy, strlen(copy)));
	assert_true(fingerprint(text, strlen(text)) != fingerprint(text, strlen(text) - 1));
	assert_true(fingerprint(text, 0) != fingerprint("\0", 1));
}

/* The fingerprint that a process of its own gives a text. */
static uint64_t of_another_process(const char *text)
{
	uint64_t result = 0;
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		result = fingerprint(text, strlen(text));
		_exit(write(ends[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
	}
	assert_int_equal(read(ends[0], &result, sizeof(result)), sizeof(result));
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
	return result;
}

/* Runs first: from the first fingerprint on, children have the key of their parent. */
static void the_key_is_not_one_that_another_process_has(void **state)
{
	uint64_t other = of_another_process("x");

	(void)state;
	assert_true(other != of_another_process("x"));
	assert_true(other != fingerprint("x", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_key_is_not_one_that_another_process_has),
	    cmocka_unit_test(equal_texts_have_equal_fingerprints_and_others_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fingerprint.h"

/* The key and the results that the authors of SipHash published: bytes 0, 1, 2, … */
static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

static void the_published_results_come_out(void **state)
{
	uint8_t bytes[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	assert_true(siphash(key, bytes, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(siphash(key, bytes, 1) == UINT64_C(0x74f839c593dc67fd));
	assert_true(siphash(key, bytes, 8) == UINT64_C(0x93f5f5799a932462));
	assert_true(siphash(key, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
}

static void equal_texts_have_equal_fingerprints_and_others_do_not(void **state)
{
	const char *text = "correct horse";
	char copy[] = "correct horse";

	(void)state;
	assert_true(fingerprint(text, strlen(text)) == fingerprint(copy, strlen(copy)));
	copy[0] = 'C';
	assert_true(fingerprint(text, strlen(text)) != fingerprint(copy, strlen(copy)));
	assert_true(fingerprint(text, strlen(text)) != fingerprint(text, strlen(text) - 1));
}

static void the_key_is_not_one_that_others_know(void **state)
{
	static const uint64_t zero[2];

	(void)state;
	assert_true(fingerprint("x", 1) != siphash(zero, "x", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_published_results_come_out),
	    cmocka_unit_test(equal_texts_have_equal_fingerprints_and_others_do_not),
	    cmocka_unit_test(the_key_is_not_one_that_others_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

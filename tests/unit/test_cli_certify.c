/* SPDX-License-Identifier: MIT */
/* The report of an examination, for people and for programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/certify.h"
#include "cli_fixture.h"

static struct certify_result good(void)
{
	return (struct certify_result){.name = "threads",
	    .proves = "threads end",
	    .outcome = CERTIFY_PASSED,
	    .duration_ns = 12 * NS_PER_MS};
}

static struct certify_result bad(void)
{
	struct certify_result result = {.name = "leaks",
	    .proves = "nothing grows",
	    .outcome = CERTIFY_FAILED,
	    .summary = xstrdup("64 scans")};

	reasons_add(&result.failures, "memory grows");
	reasons_add(&result.remedies, "free it");
	reasons_add(&result.failures, "it \033[31mcrashed");
	reasons_add(&result.remedies, "%s", "");
	reasons_add(&result.notes, "in $TMPDIR");
	return result;
}

static void clear(struct certify_result *result)
{
	free(result->summary);
	reasons_clear(&result->failures);
	reasons_clear(&result->remedies);
	reasons_clear(&result->notes);
}

static void a_check_is_one_line_and_what_is_to_be_done(void **state)
{
	struct certify_result results[] = {good(), bad()};
	struct text out = TEXT_EMPTY;

	(void)state;
	render_check(&out, &to_file, &results[0]);
	assert_string_equal(out.data, "passed         threads       threads end\n");
	text_reset(&out);
	render_check(&out, &to_file, &results[1]);
	assert_non_null(strstr(out.data, "failed         leaks         64 scans\n"
	                                 "    memory grows\n"
	                                 "      to do: free it\n"));
	assert_null(strchr(out.data, '\033'));
	assert_non_null(strstr(out.data, "    note: in $TMPDIR\n"));
	text_clear(&out);
	clear(&results[1]);
}

static void a_certificate_names_what_was_examined(void **state)
{
	struct certify_result results[] = {good(), bad()};
	char name[] = "acme", machine[] = "Linux 6.1 x86_64";
	const struct certificate certificate = {.plugin = name,
	    .api_major = 1,
	    .sha256 = "ab12",
	    .machine = machine,
	    .results = results,
	    .count = 2};
	struct json_object *object = describe_certificate(&certificate, 64), *checks, *failures;
	struct text out = TEXT_EMPTY;

	(void)state;
	render_certificate(&out, &to_file, &certificate, 64);
	assert_non_null(strstr(out.data, "plugin     acme\ninterface  1.0\nsha256     ab12\n"));
	assert_non_null(strstr(out.data, "failed: 1 check passed, 1 failed, 0 not applicable\n"));

	assert_string_equal(
	    json_object_get_string(json_object_object_get(object, "sha256")), "ab12");
	assert_null(json_object_object_get(object, "build_id"));
	assert_false(json_object_get_boolean(json_object_object_get(object, "passed")));
	checks = json_object_object_get(object, "checks");
	assert_int_equal(json_object_array_length(checks), 2);
	failures = json_object_object_get(json_object_array_get_idx(checks, 1), "failures");
	assert_string_equal(json_object_get_string(json_object_object_get(
	                        json_object_array_get_idx(failures, 0), "to_do")),
	    "free it");
	assert_null(json_object_object_get(json_object_array_get_idx(failures, 1), "to_do"));
	json_object_put(object);
	text_clear(&out);
	clear(&results[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_check_is_one_line_and_what_is_to_be_done),
	    cmocka_unit_test(a_certificate_names_what_was_examined),
	};

	return cmocka_run_group_tests_name("certificates", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "control/openmetrics.h"
#include "control_fixture.h"

static void assert_text(struct text *out, const char *expected)
{
	assert_string_equal(out->data, expected);
	text_clear(out);
}

static void a_heading_has_type_unit_and_help(void **state)
{
	const struct metric_family calls = {
	    "calls", METRIC_COUNTER, NULL, "One \\ two\n\"three\"."};
	const struct metric_family size = {"size_bytes", METRIC_GAUGE, "bytes", "Size."};
	struct text out = TEXT_EMPTY;

	(void)state;
	metrics_family(&out, &calls);
	metrics_family(&out, &size);
	assert_text(&out, "# TYPE calls counter\n# HELP calls One \\\\ two\\n\"three\".\n"
	                  "# TYPE size_bytes gauge\n# UNIT size_bytes bytes\n"
	                  "# HELP size_bytes Size.\n");
}

static void samples_have_the_end_of_their_type(void **state)
{
	const struct metric_family calls = {"calls", METRIC_COUNTER, NULL, "Calls."};
	const struct metric_family heat = {"heat", METRIC_GAUGE, NULL, "Heat."};
	const struct metric_family build = {"build", METRIC_INFO, NULL, "Build."};
	struct text out = TEXT_EMPTY;

	(void)state;
	metrics_sample(&out, &calls, METRIC_NO_LABELS, 9007199254740991.0);
	metrics_sample(&out, &heat, METRIC_NO_LABELS, -0.25);
	metrics_sample(&out, &build, METRIC_LABELS({"version", "1"}), 1);
	metrics_end(&out);
	assert_text(&out, "calls_total 9007199254740991\nheat -0.25\n"
	                  "build_info{version=\"1\"} 1\n# EOF");
}

static void values_of_labels_are_escaped_and_missing_ones_left_out(void **state)
{
	const struct metric_family heat = {"heat", METRIC_GAUGE, NULL, "Heat."};
	struct text out = TEXT_EMPTY;

	(void)state;
	metrics_sample(&out, &heat,
	    METRIC_LABELS({"a", NULL}, {"b", "x\"y\\z\n"}, {"c", NULL}, {"d", "é"}), 2);
	metrics_sample(&out, &heat, METRIC_LABELS({"a", NULL}), 3);
	assert_text(&out, "heat{b=\"x\\\"y\\\\z\\n\",d=\"é\"} 2\nheat 3\n");
}

static void one_state_is_on(void **state)
{
	static const char *const states[] = {"cold", "warm"};
	const struct metric_family heat = {"heat", METRIC_STATESET, NULL, "Heat."};
	struct text out = TEXT_EMPTY;

	(void)state;
	metrics_states(&out, &heat, METRIC_LABELS({"of", "tea"}), states, 2, 1);
	assert_text(&out, "heat{of=\"tea\",heat=\"cold\"} 0\nheat{of=\"tea\",heat=\"warm\"} 1\n");
}

static void buckets_are_cumulative_and_include_their_bound(void **state)
{
	const struct metric_family time = {"time_seconds", METRIC_HISTOGRAM, "seconds", "Time."};
	struct durations durations = {0};
	struct text out = TEXT_EMPTY;

	(void)state;
	durations_add(&durations, -1);
	durations_add(&durations, NS_PER_MS);
	durations_add(&durations, NS_PER_MS + 1);
	durations_add(&durations, 301 * NS_PER_S);
	metrics_durations(&out, &time, METRIC_LABELS({"of", "tea"}), &durations);
	assert_ptr_equal(strstr(out.data, "time_seconds_bucket{of=\"tea\",le=\"0.001\"} 2\n"
	                                  "time_seconds_bucket{of=\"tea\",le=\"0.0025\"} 3\n"),
	    out.data);
	assert_non_null(strstr(out.data, "le=\"1.0\"} 3\n"));
	assert_non_null(strstr(out.data, "le=\"300.0\"} 3\n"
	                                 "time_seconds_bucket{of=\"tea\",le=\"+Inf\"} 4\n"
	                                 "time_seconds_sum{of=\"tea\"} 301.002000001\n"
	                                 "time_seconds_count{of=\"tea\"} 4\n"));
	text_clear(&out);
}

static char *site_metrics(void *context)
{
	(void)context;
	return xstrdup("heat 1\n# EOF");
}

static void they_are_answered_as_what_they_are(void **state)
{
	struct site *site = *state;
	char *answer;

	site->callbacks.metrics = site_metrics;
	answer =
	    site_exchange(site, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_non_null(strstr(answer, "\r\nContent-Type: application/openmetrics-text; "
	                               "version=1.0.0; charset=utf-8\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\nheat 1\n# EOF\n"));
	free(answer);
	answer =
	    site_exchange(site, "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_non_null(strstr(answer, "HTTP/1.1 405 "));
	free(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_heading_has_type_unit_and_help),
	    cmocka_unit_test(samples_have_the_end_of_their_type),
	    cmocka_unit_test(values_of_labels_are_escaped_and_missing_ones_left_out),
	    cmocka_unit_test(one_state_is_on),
	    cmocka_unit_test(buckets_are_cumulative_and_include_their_bound),
	    cmocka_unit_test_setup_teardown(
	        they_are_answered_as_what_they_are, site_start, site_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

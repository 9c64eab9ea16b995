/* SPDX-License-Identifier: MIT */
/* What was logged: by the plugin, from any of its threads, and about it. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

/* How many lines a failure shows. */
#define SHOWN_MAX 20

void log_keep(struct iml_test *test, const char *scannable, int level, const char *text)
{
	pthread_mutex_lock(&test->log_lock);
	test->lines =
	    xgrow(test->lines, test->line_count, &test->line_capacity, sizeof(*test->lines));
	test->lines[test->line_count++] = (struct log_line){
	    .scannable = xstrdup(scannable), .level = level, .text = xstrdup(text)};
	pthread_mutex_unlock(&test->log_lock);
}

size_t log_count(struct iml_test *test)
{
	size_t count;

	pthread_mutex_lock(&test->log_lock);
	count = test->line_count;
	pthread_mutex_unlock(&test->log_lock);
	return count;
}

static bool is_about(const struct log_line *line, const char *scannable)
{
	return scannable == NULL ||
	       (line->scannable != NULL && strcmp(line->scannable, scannable) == 0);
}

static void append_line(struct iml_test *test, const struct log_line *line)
{
	text_printf(&test->message, "  %s %s%s%s\n", log_level_name(line->level),
	    line->scannable != NULL ? line->scannable : "", line->scannable != NULL ? ": " : "",
	    line->text);
}

size_t log_append_matching(
    struct iml_test *test, const char *scannable, size_t first, const char *prefix)
{
	size_t count = 0;

	pthread_mutex_lock(&test->log_lock);
	for (size_t i = first; i < test->line_count; i++) {
		const struct log_line *line = &test->lines[i];

		if (!is_about(line, scannable) || strncmp(line->text, prefix, strlen(prefix)) != 0)
			continue;
		append_line(test, line);
		count++;
	}
	pthread_mutex_unlock(&test->log_lock);
	return count;
}

bool log_contains(struct iml_test *test, const char *scannable, size_t first, const char *part)
{
	bool found = false;

	pthread_mutex_lock(&test->log_lock);
	for (size_t i = first; i < test->line_count && !found; i++)
		found = is_about(&test->lines[i], scannable) &&
		        strstr(test->lines[i].text, part) != NULL;
	pthread_mutex_unlock(&test->log_lock);
	return found;
}

void log_append(struct iml_test *test, size_t first)
{
	size_t shown = 0;
	size_t begin;

	pthread_mutex_lock(&test->log_lock);
	begin = test->line_count;
	while (begin > first && shown < SHOWN_MAX)
		shown += test->lines[--begin].level >= LOG_LEVEL_INFO;
	for (size_t i = begin; i < test->line_count; i++)
		if (test->lines[i].level >= LOG_LEVEL_INFO)
			append_line(test, &test->lines[i]);
	pthread_mutex_unlock(&test->log_lock);
	if (shown == 0)
		text_append(&test->message, "  nothing\n");
}

void log_free(struct iml_test *test)
{
	for (size_t i = 0; i < test->line_count; i++) {
		free(test->lines[i].scannable);
		free(test->lines[i].text);
	}
	free(test->lines);
}

void iml_test_assert_log_at(const char *file, int line, struct iml_test *test, const char *part)
{
	test_check(test);
	if (log_contains(test, NULL, 0, part))
		return;
	text_printf(&test->message, "no line with \"%s\" was logged, but:\n", part);
	log_append(test, 0);
	test_fail(test, HERE);
}

/* SPDX-License-Identifier: MIT */
/* What people pause: what of it holds, and what is to be written. */
#include "graph_site.h"

/* Takes the changes, and gives the pauses among them as text. */
static const char *take_pauses(struct graph *graph)
{
	static struct text text;
	struct changes *changes = graph_take_changes(graph);

	text_reset(&text);
	text_append(&text, "");
	for (size_t i = 0; changes != NULL && i < changes->pause_count; i++) {
		const struct pause_row *row = &changes->pauses[i];

		text_printf(&text, "%s%ld of %s by %ld %s, %s", i > 0 ? "; " : "",
		    (long)row->scannable_id, row->plugin, (long)row->user,
		    row->why != NULL ? row->why : "-", row->lasts ? "lasts" : "ended");
	}
	changes_free(changes);
	return text.data;
}

static void a_pause_is_written_when_it_begins_and_when_it_ends(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");
	const char *plugin = scannable->class->plugin;
	char *begun = xasprintf("%ld of %s by 5 work, lasts", (long)scannable->id, plugin);
	char *ended = xasprintf("%ld of %s by 5 work, ended", (long)scannable->id, plugin);

	graph_pause(site->graph, plugin, scannable, 5, "work");
	assert_string_equal(take_pauses(site->graph), begun);
	assert_string_equal(take_pauses(site->graph), "");
	graph_resume(site->graph, plugin, scannable);
	assert_string_equal(take_pauses(site->graph), ended);
	assert_null(graph_find_pause(site->graph, scannable));
	free(begun);
	free(ended);
}

static void what_is_paused_and_resumed_before_it_is_written_is_one_row(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");
	const char *plugin = scannable->class->plugin;
	char *both = xasprintf(
	    "%ld of %s by 6 -, lasts; 0 of %s by 7 -, ended", (long)scannable->id, plugin, plugin);

	graph_pause(site->graph, plugin, scannable, 5, "work");
	graph_resume(site->graph, plugin, scannable);
	graph_pause(site->graph, plugin, NULL, 7, NULL);
	graph_pause(site->graph, plugin, scannable, 6, NULL);
	graph_resume(site->graph, plugin, NULL);
	assert_string_equal(take_pauses(site->graph), both);
	free(both);
}

static void a_scannable_is_paused_with_its_plugin(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");
	const char *plugin = scannable->class->plugin;

	assert_null(graph_plugin_pause(site->graph, plugin));
	graph_pause(site->graph, plugin, NULL, 5, NULL);
	assert_int_equal(graph_find_pause(site->graph, scannable)->scannable_id, 0);
	assert_null(graph_plugin_pause(site->graph, "another"));
	graph_pause(site->graph, plugin, scannable, 6, NULL);
	assert_int_equal(graph_find_pause(site->graph, scannable)->scannable_id, scannable->id);
	graph_resume(site->graph, plugin, NULL);
	assert_int_equal(graph_find_pause(site->graph, scannable)->user, 6);
}

static void both_ends_are_events(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");
	const char *plugin = scannable->class->plugin;
	char *paused = xasprintf("%s paused by user 5: work", graph_name(scannable));
	char *resumed = xasprintf("Plugin %s resumed", plugin);
	struct changes *changes;
	size_t count;

	changes_free(graph_take_changes(site->graph));
	graph_pause(site->graph, plugin, scannable, 5, "work");
	graph_pause(site->graph, plugin, NULL, 5, NULL);
	graph_resume(site->graph, plugin, NULL);
	changes = graph_take_changes(site->graph);
	count = changes->event_count;
	assert_int_equal(count, 3);
	assert_string_equal(changes->events[0].message, paused);
	assert_int_equal(changes->events[0].resource_id, scannable->id);
	assert_string_equal(changes->events[2].message, resumed);
	assert_int_equal(changes->events[2].resource_id, 0);
	changes_free(changes);
	free(paused);
	free(resumed);
}

static void the_pause_of_what_is_removed_is_forgotten(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");

	graph_pause(site->graph, scannable->class->plugin, scannable, 5, NULL);
	graph_remove(site->graph, scannable);
	scannable = site_couplet(site, "a");
	assert_null(graph_find_pause(site->graph, scannable));
}

static void what_was_stored_is_in_force_again(void **state)
{
	static char plugin[] = "acme", why[] = "work";
	const struct graph_options options = {.warn = site_warn};
	struct graph *graph = graph_new(&options);
	const struct pause_row whole = {
	    .plugin = plugin, .why = why, .since = {1000000}, .user = 5, .lasts = true};
	const struct pause_row lost = {.scannable_id = 17, .plugin = plugin, .lasts = true};
	struct text words = TEXT_EMPTY;

	(void)state;
	graph_restore_pause(graph, &whole);
	graph_restore_pause(graph, &whole);
	graph_restore_pause(graph, &lost);
	graph_restored(graph);
	graph_describe_pause(graph_plugin_pause(graph, "acme"), &words);
	assert_string_equal(words.data, "since 1970-01-01T00:00:01.000000Z by user 5: work");
	text_clear(&words);
	graph_free(graph);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_pause_is_written_when_it_begins_and_when_it_ends),
	    TEST(what_is_paused_and_resumed_before_it_is_written_is_one_row),
	    TEST(a_scannable_is_paused_with_its_plugin),
	    TEST(both_ends_are_events),
	    TEST(the_pause_of_what_is_removed_is_forgotten),
	    TEST(what_was_stored_is_in_force_again),
	};

	return cmocka_run_group_tests_name("pauses", tests, NULL, NULL);
}

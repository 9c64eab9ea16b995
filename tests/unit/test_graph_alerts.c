/* SPDX-License-Identifier: MIT */
#include "graph_site.h"

enum { ERROR_STATE, WARNING_STATE };

static struct batch *shelf_and_drive(struct site *site, const char *address)
{
	struct batch *batch = batch_new(site_session(site, address), 1);

	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, 7);
	batch_parent(batch, 2, 1, true);
	return batch;
}

static size_t active_count(const struct site *site)
{
	const struct graph_alert *alert;
	size_t count = 0;

	TAILQ_FOREACH (alert, graph_alerts(site->graph), in_active)
		count++;
	return count;
}

static void an_alert_is_raised_cleared_and_raised_anew(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");
	const struct alert_row *alert;
	record_id first;

	batch_alert(batch, 2, WARNING_STATE, "Drive failure");
	site_apply(site, batch);
	site_write(site);
	alert = site_alert(site, "Drive failure (Disk (Shelf 1, 7))");
	assert_non_null(alert);
	first = alert->id;
	assert_true(alert->active);
	assert_int_equal(alert->severity, SEVERITY_WARNING);
	assert_string_equal(alert->name, "_status_WARNING");
	assert_string_equal(alert->attribute, "status");
	assert_int_equal(alert->begin.us, BATCH_TIME + 1);

	batch = batch_new(site->last_session, 2);
	batch_alert(batch, 2, WARNING_STATE, NULL);
	batch_alert(batch, 2, ERROR_STATE, NULL);
	batch->time.us -= 1000;
	site_apply(site, batch);
	site_write(site);
	alert = site_alert(site, "Drive failure");
	assert_false(alert->active);
	assert_int_equal(alert->end.us, alert->begin.us);
	assert_int_equal(
	    site_count_events(site, "Cleared storage alert: Drive failure (Disk (Shelf 1, 7))"), 1);
	assert_int_equal(site->database.events[0].alert_id, first);
	assert_int_equal(site->database.events[0].severity, SEVERITY_INFO);

	batch = batch_new(site->last_session, 3);
	batch_alert(batch, 2, ERROR_STATE, "Drive failure");
	batch_alert(batch, 2, WARNING_STATE, "Drive failure");
	site_apply(site, batch);
	site_write(site);
	assert_int_equal(site->database.alert_count, 3);
	assert_int_equal(active_count(site), 2);
	assert_int_equal(site->database.event_count, 1);
}

static void an_alert_names_a_statistic_it_judged(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");

	batch_alert(batch, 2, 0, "Drive too hot");
	batch->alerts[0].condition = 1;
	site_apply(site, batch);
	site_write(site);
	assert_string_equal(site->database.alerts[0].attribute, "temperature");
	assert_string_equal(site->database.alerts[0].name, "_temperature_ERROR");
}

static void messages_name_a_resource_by_its_own_label_or_alias(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");

	batch->reports[1].label = xstrdup("top left");
	batch_alert(batch, 2, 0, "Drive failure");
	site_apply(site, batch);
	site_write(site);
	assert_non_null(site_alert(site, "Drive failure (Disk top left)"));

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 2, DRIVE, false);
	batch->reports[0].label_changed = true;
	batch->reports[0].label = xstrdup("elsewhere");
	site_apply(site, batch);
	site_write(site);
	assert_non_null(site_alert(site, "Drive failure (Disk top left)"));

	database_find(&site->database, site_id(site, "elsewhere"))->alias = xstrdup("blue one");
	site_restart(site);
	batch = shelf_and_drive(site, "a");
	batch_alert(batch, 2, WARNING_STATE, "Drive worn");
	site_apply(site, batch);
	site_write(site);
	assert_non_null(site_alert(site, "Drive worn (Disk blue one)"));
	assert_string_equal(
	    graph_name(graph_find(site->graph, site->database.alerts[1].resource_id)), "blue one");
}

static void messages_say_the_class_unless_the_name_begins_with_that_word(void **state)
{
	static const char *const names[][2] = {
	    {"Diskette drawer", "Drive failure (Disk Diskette drawer)"},
	    {"disk 7", "Drive failure (disk 7)"},
	    {"Disk7", "Drive failure (Disk7)"},
	    {"Disk", "Drive failure (Disk)"},
	    {"Dis", "Drive failure (Disk Dis)"},
	};
	struct site *site = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct batch *batch = shelf_and_drive(site, "a");

		batch->reports[1].label = xstrdup(names[i][0]);
		site_apply(site, batch);
		batch = batch_new(site->last_session, 2);
		batch_alert(batch, 2, 0, "Drive failure");
		site_apply(site, batch);
		site_write(site);
		assert_string_equal(
		    site->database.alerts[site->database.alert_count - 1].message, names[i][1]);
	}
}

static void a_restart_keeps_an_alert_that_still_holds(void **state)
{
	struct site *site = *state;

	for (int run = 0; run < 3; run++) {
		struct batch *batch = shelf_and_drive(site, "a");

		batch_alert(batch, 2, 0, "Drive failure");
		site_apply(site, batch);
		site_write(site);
		site_restart(site);
		assert_int_equal(active_count(site), 1);
	}
	assert_int_equal(site->database.alert_count, 1);
	assert_int_equal(site->database.event_count, 0);
}

static void a_restart_clears_alerts_that_no_longer_hold(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");

	batch_alert(batch, 2, 0, "Drive failure");
	batch_alert(batch, 2, 1, "Drive failure");
	site_apply(site, batch);
	site_write(site);
	free(site->database.alerts[0].name);
	site->database.alerts[0].name = xstrdup("of_a_condition_that_is_no_more_ERROR");
	site_restart(site);
	assert_int_equal(active_count(site), 2);

	batch = shelf_and_drive(site, "a");
	batch_alert(batch, 2, 0, "Drive failure");
	site_apply(site, batch);
	site_write(site);
	assert_int_equal(active_count(site), 1);
	assert_false(site->database.alerts[0].active);
	assert_false(site->database.alerts[1].active);
	assert_true(site->database.alerts[2].active);
}

static void resources_that_were_not_reported_keep_their_alerts(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");

	batch_alert(batch, 2, 0, "Drive failure");
	site_apply(site, batch);
	batch = batch_new(site_session(site, "a"), 1);
	batch->refused = 2;
	site_apply(site, batch);
	assert_int_equal(active_count(site), 2);
}

static void two_reporters_of_one_resource_share_an_alert(void **state)
{
	struct site *site = *state;
	uint32_t sessions[] = {site_session(site, "a"), site_session(site, "b")};
	struct batch *batch;

	for (size_t i = 0; i < 2; i++) {
		batch = batch_new(sessions[i], 1);
		batch_disk(batch, 1, "S");
		batch_alert(batch, 1, 0, "Disk failure");
		site_apply(site, batch);
	}
	assert_int_equal(active_count(site), 1);
	batch = batch_new(sessions[1], 2);
	batch_alert(batch, 1, 0, NULL);
	site_apply(site, batch);
	assert_int_equal(active_count(site), 1);
	batch = batch_new(sessions[0], 2);
	batch_alert(batch, 1, 0, NULL);
	site_apply(site, batch);
	site_write(site);
	assert_int_equal(site->database.event_count, 1);
	assert_int_equal(site->database.alert_count, 1);
}

/* A first batch of a couplet that reports the shared disk, failed or not. */
static uint32_t report_disk(struct site *site, const char *address, bool failed)
{
	uint32_t session = site_session(site, address);
	struct batch *batch = batch_new(session, 1);

	batch_disk(batch, 1, "S");
	if (failed)
		batch_alert(batch, 1, 0, "Disk failure");
	site_apply(site, batch);
	return session;
}

static void say(struct site *site, uint32_t session, uint64_t number, bool failed)
{
	struct batch *batch = batch_new(session, number);

	batch_alert(batch, 1, 0, failed ? "Disk failure" : NULL);
	site_apply(site, batch);
}

static void a_reporter_takes_back_only_what_it_said_itself(void **state)
{
	struct site *site = *state;
	uint32_t a = report_disk(site, "a", true);
	uint32_t b = report_disk(site, "b", false);

	assert_int_equal(active_count(site), 1);
	say(site, b, 2, false);
	assert_int_equal(active_count(site), 1);
	say(site, b, 3, true);
	say(site, a, 2, false);
	assert_int_equal(active_count(site), 1);
	say(site, b, 4, false);
	assert_int_equal(active_count(site), 0);
	say(site, a, 3, true);
	assert_int_equal(active_count(site), 1);
	site_write(site);
	assert_int_equal(site->database.alert_count, 2);
	assert_int_equal(site->database.event_count, 1);
}

static void a_report_that_ends_takes_its_alerts_along(void **state)
{
	struct site *site = *state;
	uint32_t a = report_disk(site, "a", true);
	struct batch *batch = batch_new(a, 2);

	report_disk(site, "b", false);
	batch_remove(batch, 1);
	site_apply(site, batch);
	assert_non_null(site_find(site, "SharedDisk S"));
	assert_int_equal(active_count(site), 0);

	/* Nor does one that an initial scan no longer makes, or whose scannable goes. */
	report_disk(site, "a", true);
	site_apply(site, batch_new(site_session(site, "a"), 1));
	assert_int_equal(active_count(site), 0);
	report_disk(site, "a", true);
	graph_remove(site->graph, site_find(site, "Couplet a"));
	assert_non_null(site_find(site, "SharedDisk S"));
	assert_int_equal(active_count(site), 0);
}

static void votes_survive_a_restart(void **state)
{
	struct site *site = *state;

	report_disk(site, "a", true);
	report_disk(site, "b", false);
	report_disk(site, "c", true);
	site_write(site);
	site_restart(site);
	report_disk(site, "b", false);
	report_disk(site, "a", false);
	assert_int_equal(active_count(site), 1);
	site_write(site);
	site_restart(site);
	report_disk(site, "c", false);
	assert_int_equal(active_count(site), 0);
	site_write(site);
	assert_int_equal(site->database.alert_count, 1);
	assert_int_equal(site->database.event_count, 1);
}

static void unknown_votes_are_those_of_all_until_they_say(void **state)
{
	struct site *site = *state;

	report_disk(site, "a", true);
	report_disk(site, "b", false);
	site_write(site);
	free(site->database.alerts[0].voters);
	site->database.alerts[0].voters = NULL;
	site_restart(site);
	report_disk(site, "a", false);
	assert_int_equal(active_count(site), 1);
	report_disk(site, "b", false);
	assert_int_equal(active_count(site), 0);
}

static void what_only_a_retired_scannable_said_no_longer_holds(void **state)
{
	struct site *site = *state;

	report_disk(site, "a", true);
	report_disk(site, "b", false);
	graph_begin_configuration(site->graph);
	site_couplet(site, "b");
	graph_end_configuration(site->graph, "acme");
	assert_int_equal(active_count(site), 0);
	assert_true(graph_is_shown(site_find(site, "SharedDisk S")));

	report_disk(site, "b", true);
	report_disk(site, "a", true);
	graph_begin_configuration(site->graph);
	site_couplet(site, "b");
	graph_end_configuration(site->graph, "acme");
	assert_int_equal(active_count(site), 1);
	graph_begin_configuration(site->graph);
	graph_end_configuration(site->graph, "acme");
	assert_int_equal(active_count(site), 0);
	assert_false(graph_is_shown(site_find(site, "SharedDisk S")));

	/* All is as before when one is back. */
	site_couplet(site, "a");
	assert_true(graph_is_shown(site_find(site, "SharedDisk S")));
	assert_int_equal(site_find(site, "SharedDisk S")->reporters.count, 2);
}

static void removal_ends_alerts_and_keeps_them_as_history(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");
	record_id id;

	batch_alert(batch, 2, 0, "Drive failure");
	site_apply(site, batch);
	site_write(site);
	id = site_id(site, "Disk (Shelf 1, 7)");
	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 1);
	site_apply(site, batch);
	assert_int_equal(active_count(site), 0);
	site_write(site);
	assert_int_equal(site->database.alert_count, 1);
	assert_false(site->database.alerts[0].active);
	assert_int_equal(site->database.alerts[0].resource_id, id);
	assert_string_equal(site->database.alerts[0].message, "Drive failure (Disk (Shelf 1, 7))");
	assert_int_equal(site->database.event_count, 1);
}

/* ---- the runner's own ---- */

static void refused_calls_degrade_the_scannable_until_a_scan_without(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");
	const struct alert_row *alert;

	batch->refused = 3;
	batch->diagnostic = xstrdup("drive 5 is missing \"capacity\" (acme.c:31)");
	site_apply(site, batch);
	site_write(site);
	alert = site_alert(site, "3 calls were refused, first: drive 5 is missing \"capacity\" "
	                         "(acme.c:31) (Couplet a)");
	assert_non_null(alert);
	assert_string_equal(alert->name, "degraded");
	assert_null(alert->attribute);
	assert_int_equal(alert->severity, SEVERITY_WARNING);

	batch = batch_new(site->last_session, 2);
	batch->refused = 1;
	site_apply(site, batch);
	batch = batch_new(site->last_session, 3);
	batch->kind = BATCH_ASYNC;
	site_apply(site, batch);
	assert_int_equal(site_write(site), 0);
	assert_int_equal(active_count(site), 1);

	/* What is gone has not been told yet. */
	site_apply(site, batch_new(site->last_session, 4));
	assert_int_equal(active_count(site), 1);
	assert_true(graph_needs_initial_scan(site->graph, site->last_session));
	site_apply(site, shelf_and_drive(site, "a"));
	assert_false(graph_needs_initial_scan(site->graph, site->last_session));
	site_write(site);
	assert_int_equal(active_count(site), 0);
	assert_int_equal(site->database.alert_count, 1);

	batch = batch_new(site->last_session, 2);
	batch->refused = 1;
	site_apply(site, batch);
	assert_int_equal(active_count(site), 1);
	assert_false(graph_needs_initial_scan(site->graph, site->last_session));
	site_apply(site, batch_new(site->last_session, 3));
	assert_int_equal(active_count(site), 0);
}

static void one_refused_call_is_told_as_one(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");

	batch->refused = 1;
	batch->diagnostic = xstrdup("no such attribute");
	site_apply(site, batch);
	site_write(site);
	assert_non_null(site_alert(site, "1 call was refused: no such attribute (Couplet a)"));
}

static void a_scannable_without_contact_is_offline(void **state)
{
	struct site *site = *state;
	struct graph_resource *couplet = site_couplet(site, "a");
	int64_t begin;

	graph_set_offline(site->graph, couplet, false);
	site_write(site);
	graph_set_offline(site->graph, couplet, true);
	site_write(site);
	assert_string_equal(site->database.alerts[0].message, "Couplet a not contactable");
	begin = site->database.alerts[0].begin.us;
	graph_set_offline(site->graph, couplet, true);
	assert_int_equal(site_write(site), 0);

	site_restart(site);
	site_apply(site, batch_new(site_session(site, "a"), 1));
	assert_int_equal(active_count(site), 1);
	graph_set_offline(site->graph, site_find(site, "Couplet a"), false);
	graph_set_offline(site->graph, site_find(site, "Couplet a"), false);
	site_write(site);
	assert_int_equal(site->database.alerts[0].begin.us, begin);
	assert_true(site->database.alerts[0].end.us >= begin);
	assert_int_equal(site_count_events(site, "Re-established contact with Couplet a"), 1);
	assert_int_equal(site->database.event_count, 1);
}

/* Loses contact with the scannable, regains it, and loses it again. */
static void lose_contact(struct site *site, const char *label)
{
	graph_set_offline(site->graph, site_find(site, label), true);
	site_write(site);
	graph_set_offline(site->graph, site_find(site, label), false);
	graph_set_offline(site->graph, site_find(site, label), true);
}

static void a_removed_scannable_was_never_offline(void **state)
{
	struct site *site = *state;
	struct batch *batch = shelf_and_drive(site, "a");

	batch_alert(batch, 2, 0, "Drive failure");
	site_apply(site, batch);
	site_couplet(site, "b");
	graph_set_offline(site->graph, site_find(site, "Couplet b"), true);
	lose_contact(site, "Couplet a");
	graph_remove(site->graph, site_find(site, "Couplet a"));
	site_write(site);
	assert_int_equal(site->database.alert_count, 2);
	assert_non_null(site_alert(site, "Couplet b not contactable"));
	assert_non_null(site_alert(site, "Drive failure (Disk (Shelf 1, 7))"));
	assert_int_equal(site_count_events(site, "Re-established contact with Couplet a"), 1);
}

static void what_is_removed_before_it_is_written_leaves_no_alert(void **state)
{
	struct site *site = *state;

	site_couplet(site, "a");
	graph_set_offline(site->graph, site_find(site, "Couplet a"), true);
	graph_remove(site->graph, site_find(site, "Couplet a"));
	site_write(site);
	assert_int_equal(site->database.alert_count, 0);
	assert_int_equal(site->database.event_count, 0);
}

static void a_scannable_that_leaves_the_configuration_was_never_offline(void **state)
{
	struct site *site = *state;

	site_couplet(site, "a");
	lose_contact(site, "Couplet a");
	site_write(site);
	assert_int_equal(site->database.alert_count, 2);
	site_restart(site);
	graph_begin_configuration(site->graph);
	graph_end_configuration(site->graph, "acme");
	site_write(site);
	assert_int_equal(site->database.alert_count, 0);
	assert_int_equal(site_count_events(site, "Re-established contact with Couplet a"), 1);

	/* Taken up again it can be offline as any other. */
	site_couplet(site, "a");
	graph_set_offline(site->graph, site_find(site, "Couplet a"), true);
	site_write(site);
	assert_int_equal(active_count(site), 1);
}

/* ---- notices ---- */

static void assert_notice(const struct site *site, const char *text)
{
	if (strstr(site->notices.data, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, site->notices.data);
}

static size_t notice_count(const struct site *site)
{
	size_t count = 0;

	for (const char *c = site->notices.data; *c != '\0'; c++)
		count += *c == '\n';
	return count;
}

static void nothing_is_told_unless_someone_listens(void **state)
{
	struct site *site = *state;

	site_apply(site, shelf_and_drive(site, "a"));
	site_write(site);
	assert_string_equal(site->notices.data, "");
}

static void notices_tell_what_happens(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	graph_collect_notices(site->graph, true);
	batch = shelf_and_drive(site, "a");
	batch_alert(batch, 1, 0, "unused");
	batch->alerts[0].resource = 2;
	for (uint32_t i = 3; i < 33; i++) {
		batch_pool(batch, i, (char[]){'p', (char)('A' + i), '\0'});
		batch_parent(batch, i, 2, true);
	}
	site_apply(site, batch);
	site_write(site);
	assert_int_equal(notice_count(site), 1 + 32 + 1);
	assert_notice(site, "\"kind\": \"appeared\", \"resource\": {\"id\": 1, \"class\": "
	                    "\"acme.Couplet\", \"class_label\": \"acme.Couplet\", \"label\": "
	                    "\"Couplet a\"}, \"scannable\": null}");
	assert_notice(site,
	    "{\"time\": \"2023-11-14T22:13:20.000001Z\", \"kind\": \"appeared\", "
	    "\"resource\": {\"id\": 3, \"class\": \"acme.Drive\", \"class_label\": "
	    "\"Disk\", \"label\": \"Disk (Shelf 1, 7)\"}, \"scannable\": {\"id\": 1, "
	    "\"label\": \"Couplet a\"}}\n");
	assert_notice(site, "\"kind\": \"alert_raised\"");
	assert_notice(site,
	    "\"alert\": 1, \"name\": \"_status_ERROR\", \"severity\": \"ERROR\", "
	    "\"message\": \"unused (Disk (Shelf 1, 7))\", \"affects\": [{\"id\": 4, "
	    "\"class\": \"acme.Pool\", \"label\": \"Pool pD\"}, ");
	assert_notice(site, "\"label\": \"Pool pW\"}], \"affects_count\": 30, \"root_cause\": "
	                    "null, \"dismissed\": false, \"silenced\": false}");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 2, DRIVE, false);
	batch_set(batch, DRIVE_STATUS, value_text("OK"));
	batch_set(batch, DRIVE_CAPACITY, value_integer(2000));
	batch_set(batch, DRIVE_MATE, value_reference(1));
	batch_alert(batch, 2, 0, NULL);
	batch_remove(batch, 5);
	site_apply(site, batch);
	graph_set_offline(site->graph, site_find(site, "Couplet a"), true);
	graph_set_offline(site->graph, site_find(site, "Couplet a"), false);
	site_write(site);
	assert_int_equal(notice_count(site), 3 + 1 + 1 + 2);
	assert_notice(site,
	    "\"attribute\": \"status\", \"label\": \"Status\", \"from\": null, \"to\": \"OK\"}");
	assert_notice(site, "\"from\": 1000, \"to\": 2000}");
	assert_notice(site, "\"from\": null, \"to\": \"Shelf 1\"}");
	assert_notice(site, "\"kind\": \"alert_cleared\"");
	assert_notice(site, "\"kind\": \"disappeared\"");
	assert_notice(site, "\"kind\": \"offline\"");
	assert_notice(site, "\"kind\": \"online\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
	    TEST(an_alert_is_raised_cleared_and_raised_anew),
	    TEST(an_alert_names_a_statistic_it_judged),
	    TEST(messages_name_a_resource_by_its_own_label_or_alias),
	    TEST(messages_say_the_class_unless_the_name_begins_with_that_word),
	    TEST(a_restart_keeps_an_alert_that_still_holds),
	    TEST(a_restart_clears_alerts_that_no_longer_hold),
	    TEST(resources_that_were_not_reported_keep_their_alerts),
	    TEST(two_reporters_of_one_resource_share_an_alert),
	    TEST(a_reporter_takes_back_only_what_it_said_itself),
	    TEST(a_report_that_ends_takes_its_alerts_along),
	    TEST(votes_survive_a_restart),
	    TEST(unknown_votes_are_those_of_all_until_they_say),
	    TEST(what_only_a_retired_scannable_said_no_longer_holds),
	    TEST(removal_ends_alerts_and_keeps_them_as_history),
	    TEST(refused_calls_degrade_the_scannable_until_a_scan_without),
	    TEST(one_refused_call_is_told_as_one),
	    TEST(a_scannable_without_contact_is_offline),
	    TEST(a_removed_scannable_was_never_offline),
	    TEST(what_is_removed_before_it_is_written_leaves_no_alert),
	    TEST(a_scannable_that_leaves_the_configuration_was_never_offline),
	    TEST(nothing_is_told_unless_someone_listens),
	    TEST(notices_tell_what_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

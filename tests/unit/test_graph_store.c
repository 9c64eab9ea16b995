/* SPDX-License-Identifier: MIT */
/* What the graph has written, reads back, and takes from declarations and the configuration. */
#include "graph_site.h"

static struct value *couplet_values(const char *address, const char *password, int64_t port)
{
	struct value *values = xcalloc(4, sizeof(*values));

	values[COUPLET_ADDRESS] = value_text(address);
	if (password != NULL)
		values[COUPLET_PASSWORD] = value_text(password);
	if (port != 0)
		values[COUPLET_PORT] = value_integer(port);
	return values;
}

/* Configures a couplet with these values, which it frees. */
static struct graph_resource *configure(
    struct site *site, struct value *values, char reason[REASON_SIZE])
{
	struct graph_resource *couplet = graph_configure(
	    site->graph, graph_find_class(site->graph, "acme", "Couplet"), values, NULL, reason);

	for (size_t i = 0; i < 4; i++)
		value_clear(&values[i]);
	free(values);
	return couplet;
}

/* ---- classes ---- */

static void classes_are_written_once(void **state)
{
	struct site *site = *state;
	const struct class_row *drive = &site->database.classes[DRIVE];

	assert_int_equal(site->database.class_count, CLASS_COUNT);
	assert_string_equal(drive->plugin, "acme");
	assert_string_equal(drive->name, "Drive");
	assert_string_equal(drive->label, "Disk");
	assert_false(drive->scannable);
	assert_true(site->database.classes[COUPLET].scannable);
	assert_string_equal(drive->ancestry, "[\"acme.Drive\", \"PhysicalDisk\"]");
	assert_non_null(strstr(drive->attributes,
	    "{\"name\": \"status\", \"label\": \"Status\", \"type\": \"Enum\", \"optional\": true, "
	    "\"hidden\": false, \"user_read_only\": false, \"options\": [\"OK\", \"WORN\", "
	    "\"FAILED\"]}"));
	assert_non_null(strstr(site->database.classes[COUPLET].attributes, "\"default\": 80}"));
	assert_int_equal(drive->statistic_count, 2);
	assert_string_equal(drive->statistics[0].name, "temperature");
	assert_null(drive->statistics[0].bins);
	assert_string_equal(drive->statistics[1].bins, "[[0, 9], [10, null]]");
	assert_string_equal(drive->statistics[1].bin_labels, "[\"≤9\", \"≥10\"]");
	assert_string_equal(
	    drive->charts, "[{\"title\": \"Climate\", \"series\": [\"temperature\"]}]");
	assert_string_equal(drive->relations,
	    "[{\"type\": \"provide\", \"plugin\": \"linux\", \"class\": \"ScsiDevice\", "
	    "\"attributes\": [\"note\"], \"ignore_case\": true}]");
	assert_string_equal(site->database.classes[COUPLET].charts, "[]");
	site_restart(site);
	assert_int_equal(site_write(site), 0);
	assert_int_equal(graph_find_class(site->graph, "acme", "Drive")->id, drive->id);
}

static void a_changed_class_is_written_again_with_the_same_ids(void **state)
{
	struct site *site = *state;
	record_id temperature = site->database.classes[DRIVE].statistics[0].id;
	record_id id = site->database.classes[DRIVE].id;

	free(site->classes[DRIVE]->label);
	site->classes[DRIVE]->label = xstrdup("Hard disk");
	free(site->classes[DRIVE]->statistics[1].name);
	site->classes[DRIVE]->statistics[1].name = xstrdup("wait");
	site_restart(site);
	assert_int_equal(site_write(site), 1);
	assert_int_equal(site->database.class_count, CLASS_COUNT);
	assert_int_equal(site->database.classes[DRIVE].id, id);
	assert_string_equal(site->database.classes[DRIVE].label, "Hard disk");
	assert_int_equal(site->database.classes[DRIVE].statistics[0].id, temperature);
	assert_int_equal(site->database.classes[DRIVE].statistics[1].id, 4);
}

/* The statistics of drives, as they are stored: "1 temperature 10, 2 latency 10 gone". */
static const char *drive_statistics(const struct site *site)
{
	static struct text text;
	const struct class_row *drive = &site->database.classes[DRIVE];

	text_reset(&text);
	for (size_t i = 0; i < drive->statistic_count; i++) {
		const struct statistic_row *row = &drive->statistics[i];

		text_printf(&text, "%s%lld %s %u%s", i > 0 ? ", " : "", (long long)row->id,
		    row->name, (unsigned)row->sample_period, row->declared ? "" : " gone");
	}
	return text.data;
}

static void a_statistic_with_another_period_begins_anew(void **state)
{
	struct site *site = *state;
	struct class *drive = site->classes[DRIVE];

	assert_string_equal(drive_statistics(site), "1 temperature 10, 2 latency 10");
	drive->statistics[0].sample_period = 60;
	text_reset(&site_warnings);
	site_restart(site);
	site_write(site);

	/* its samples are none of the new one, those of the other are still there */
	assert_string_equal(
	    drive_statistics(site), "4 temperature 60, 2 latency 10, 1 temperature 10 gone");
	assert_string_equal(site_warnings.data,
	    "statistic \"temperature\" of class \"Drive\" has a sample period of 60 s, no longer "
	    "of 10 s: its older samples are dropped\n");
	/* told once */
	text_reset(&site_warnings);
	site_restart(site);
	assert_int_equal(site_write(site), 0);
	assert_string_equal(site_warnings.data, "");
	/* and the same, back again */
	drive->statistics[0].sample_period = 10;
	site_restart(site);
	site_write(site);
	assert_string_equal(drive_statistics(site),
	    "5 temperature 10, 2 latency 10, 4 temperature 60 gone, 1 temperature 10 gone");
}

static void a_statistic_with_other_bins_begins_anew(void **state)
{
	struct site *site = *state;
	struct class *drive = site->classes[DRIVE];

	drive->statistics[1].bins[0].to = 5;
	drive->statistics[1].bins[1].from = 6;
	text_reset(&site_warnings);
	site_restart(site);
	site_write(site);
	assert_string_equal(
	    drive_statistics(site), "1 temperature 10, 4 latency 10, 2 latency 10 gone");
	assert_non_null(strstr(site_warnings.data, "\"latency\" of class \"Drive\" is declared "
	                                           "with another type or other bins"));
	drive->statistics[0].type = STATISTIC_COUNTER;
	site_restart(site);
	site_write(site);
	assert_string_equal(drive_statistics(site),
	    "5 temperature 10, 4 latency 10, 1 temperature 10 gone, 2 latency 10 gone");
}

static void a_statistic_that_comes_back_has_its_samples(void **state)
{
	struct site *site = *state;
	struct class *drive = site->classes[DRIVE];

	drive->statistic_count = 1;
	site_restart(site);
	site_write(site);
	assert_string_equal(drive_statistics(site), "1 temperature 10, 2 latency 10 gone");
	drive->statistic_count = 2;
	site_restart(site);
	assert_int_equal(site_write(site), 1);
	assert_string_equal(drive_statistics(site), "1 temperature 10, 2 latency 10");
}

/* ---- declarations and stored values ---- */

static void a_plugin_that_comes_back_finds_its_values(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	const struct graph_resource *drive;

	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, -7);
	batch_set(batch, DRIVE_NOTE, value_text("a \"b\"\n\\ € 𝄞"));
	batch_set(batch, DRIVE_MATE, value_reference(2));
	site_apply(site, batch);
	site_write(site);

	graph_retract(site->graph, "acme");
	graph_retract(site->graph, "acme");
	assert_null(graph_find_class(site->graph, "acme", "Drive")->class);
	assert_null(site_find(site, "Disk (Shelf 1, -7)")->values);
	assert_int_equal(site_write(site), 0);
	site_refuse(site, batch_new(site->last_session, 2), "is not open");
	free_classes(site->classes);

	site->classes = make_classes();
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
	drive = site_find(site, "Disk (Shelf 1, -7)");
	assert_string_equal(drive->values[DRIVE_NOTE].text, "a \"b\"\n\\ € 𝄞");
	assert_int_equal(drive->values[DRIVE_SLOT].integer, -7);
	assert_int_equal(drive->values[DRIVE_MATE].reference, drive->id);
	assert_int_equal(site_write(site), 0);

	batch = batch_new(site_session(site, "a"), 1);
	batch_shelf(batch, 1, 1);
	site_apply(site, batch);
	assert_int_equal(graph_resource_count(site->graph), 2);
}

static void a_plugin_that_is_gone_keeps_its_records(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_shelf(batch, 1, 1);
	site_apply(site, batch);
	site_write(site);
	graph_free(site->graph);
	site_start(site);
	assert_int_equal(graph_resource_count(site->graph), 2);
	assert_int_equal(site_write(site), 0);
	assert_null(site_find(site, "Shelf 1")->values);
	graph_begin_configuration(site->graph);
	assert_int_equal(site_write(site), 0);
}

static void a_new_version_takes_defaults_and_ignores_what_it_lacks(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	struct class *pool = site->classes[POOL];
	const struct graph_resource *stored;

	batch_pool(batch, 1, "p");
	batch_shelf(batch, 2, 1);
	batch_set(batch, SHELF_COLOUR, value_text("red"));
	batch_shelf(batch, 3, 2);
	batch_set(batch, SHELF_COLOUR, value_text("blue"));
	site_apply(site, batch);
	site_write(site);

	add_attribute(pool, "level", ATTRIBUTE_INTEGER, false);
	pool->attributes[2].default_value = value_integer(0);
	free(site->classes[SHELF]->attributes[SHELF_COLOUR].name);
	site->classes[SHELF]->attributes[SHELF_COLOUR].name = xstrdup("paint");
	site->classes[SHELF]->attributes[SHELF_COLOUR].optional = false;
	site_restart(site);

	stored = site_find(site, "Pool p");
	assert_int_equal(stored->values[2].integer, 0);
	assert_int_equal(stored->values[2].type, VALUE_INTEGER);
	assert_int_equal(site_find(site, "Shelf 1")->values[SHELF_COLOUR].type, VALUE_NULL);
	assert_non_null(strstr(site_errors.data,
	    "mandatory attribute \"paint\" of \"Shelf 1\" and of 1 other resources has no stored "
	    "value"));
	site_write(site);
	assert_string_equal(database_find(&site->database, stored->id)->attributes,
	    "{\"name\": \"p\", \"level\": 0}");
}

static void a_class_the_new_version_lacks_is_hidden_and_kept(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_pool(batch, 1, "p");
	site_apply(site, batch);
	site_write(site);
	graph_free(site->graph);
	site_start(site);
	graph_declare(site->graph, "acme", site->classes, POOL);
	assert_null(graph_find_class(site->graph, "acme", "Pool")->class);
	site_apply(site, batch_new(site_session(site, "a"), 1));
	assert_non_null(site_find(site, "Pool p"));
	assert_int_equal(site_write(site), 0);
}

static void stored_rows_that_name_nothing_are_left_out(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_pool(batch, 1, "p");
	batch_pool(batch, 2, "q");
	batch_parent(batch, 1, 2, true);
	site_apply(site, batch);
	site_write(site);
	APPEND(
	    site->database.parents, site->database.parent_count, ((struct parent_row){2, 99, 1}));
	APPEND(site->database.reporters, site->database.reporter_count,
	    ((struct reporter_row){98, 1}));
	database_find(&site->database, 2)->scope_id = 97;
	database_find(&site->database, 3)->class_id = 96;
	site_restart(site);

	assert_non_null(strstr(site_warnings.data, "resource 99"));
	assert_non_null(strstr(site_warnings.data, "resource 98"));
	assert_non_null(strstr(site_warnings.data, "scannable 97"));
	assert_non_null(strstr(site_warnings.data, "has no class"));
	assert_int_equal(graph_resource_count(site->graph), 1);
	batch = batch_new(site_session(site, "a"), 1);
	batch_pool(batch, 1, "r");
	site_apply(site, batch);
	assert_int_equal(site_id(site, "Pool r"), 4);
}

/* ---- values ---- */

static void only_the_newest_state_is_written_once(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	struct changes *changes;

	batch_pool(batch, 1, "p");
	batch_shelf(batch, 2, 1);
	site_apply(site, batch);
	site_write(site);
	for (uint64_t i = 2; i < 5; i++) {
		batch = batch_new(site->last_session, i);
		batch_report(batch, 2, SHELF, false);
		batch_set(batch, SHELF_COLOUR, value_text(i == 4 ? "red" : "blue"));
		site_apply(site, batch);
	}
	changes = graph_take_changes(site->graph);
	assert_int_equal(changes->resource_count, 1);
	assert_string_equal(
	    changes->resources[0].attributes, "{\"number\": 1, \"colour\": \"red\"}");
	assert_int_equal(changes->batch_count, 1);
	assert_int_equal(changes->batches[0].number, 4);
	assert_int_equal(changes->batches[0].session, site->last_session);
	changes_free(changes);
	assert_null(graph_take_changes(site->graph));
}

static void older_samples_are_dropped_when_nobody_takes_them(void **state)
{
	struct site *site = *state;
	uint32_t session = site_session(site, "a");
	struct changes *changes;
	size_t bytes = 0;

	for (uint64_t number = 1; number <= 15; number++) {
		struct batch *batch = batch_new(session, number);

		batch->kind = number == 1 ? BATCH_INITIAL : BATCH_UPDATE;
		if (number == 1) {
			batch_shelf(batch, 1, 1);
			batch_drive(batch, 2, 1, 1);
		}
		for (int i = 0; i < 100; i++) {
			struct sample sample = {
			    .resource = 2, .time = {(int64_t)number * 1000 + i}};

			batch_add_sample(batch, sample);
		}
		site_apply(site, batch);
	}
	assert_non_null(strstr(site_warnings.data, "older samples are dropped"));
	changes = graph_take_changes(site->graph);
	assert_true(changes->gap_count > 0);
	assert_int_equal(changes->gaps[0].reason, GAP_DROPPED);
	assert_int_equal(changes->gaps[0].scannable_id, 0);
	assert_int_equal(changes->gaps[0].begin.us, 1000);
	assert_in_range(changes->gaps[0].end.us, 2000, changes->frames[0].time.us);
	for (size_t i = 0; i < changes->frame_count; i++)
		bytes += changes->frames[i].payload.capacity;
	assert_in_range(bytes, 1, 100000);
	assert_in_range(changes->frame_count, 250, 1400);
	assert_int_equal(changes->frame_count + graph_dropped_samples(site->graph), 1500);
	assert_int_equal(changes->frames[changes->frame_count - 1].time.us, 15099);
	changes_free(changes);
}

/* Where frames are spilled to: it takes so many more. */
struct spill {
	size_t room;
	size_t count;
	int64_t last_us;
};

static size_t take_frames(void *context, const struct frame_row *frames, size_t count)
{
	struct spill *spill = context;
	size_t taken = count < spill->room ? count : spill->room;

	for (size_t i = 0; i < taken; i++) {
		assert_true(frames[i].time.us > spill->last_us);
		spill->last_us = frames[i].time.us;
	}
	spill->room -= taken;
	spill->count += taken;
	return taken;
}

/* A graph that spills its frames, with a couplet that has a drive. Gives its session. */
static uint32_t start_spilling(struct site *site, struct spill *spill)
{
	const struct graph_options options = {.warn = site_warn,
	    .error = site_error,
	    .frame_limit = 100000,
	    .spill = take_frames,
	    .context = spill};
	struct batch *batch;
	uint32_t session;

	graph_free(site->graph);
	site->graph = graph_new(&options);
	graph_restored(site->graph);
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
	session = site_session(site, "a");
	batch = batch_new(session, 1);
	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, 1);
	site_apply(site, batch);
	return session;
}

/* A scan with so many samples of the drive, each a frame. */
static void scan_samples(struct site *site, uint32_t session, uint64_t number, int count)
{
	struct batch *batch = batch_new(session, number);

	batch->kind = BATCH_UPDATE;
	for (int i = 0; i < count; i++) {
		struct sample sample = {.resource = 2, .time = {(int64_t)number * 1000 + i}};

		batch_add_sample(batch, sample);
	}
	site_apply(site, batch);
}

static const struct graph_alert *dropped_alert(const struct site *site)
{
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, graph_alerts(site->graph), in_active)
		if (strcmp(alert->row.name, "dropped") == 0)
			return alert;
	return NULL;
}

static void samples_that_are_too_many_are_spilled(void **state)
{
	struct spill spill = {.room = SIZE_MAX};
	struct site *site = *state;
	uint32_t session = start_spilling(site, &spill);
	struct changes *changes;

	for (uint64_t number = 2; number <= 16; number++)
		scan_samples(site, session, number, 100);
	assert_in_range(spill.count, 250, 1499);
	graph_spill(site->graph);
	assert_int_equal(spill.count, 1500);
	assert_int_equal(spill.last_us, 16099);
	assert_int_equal(graph_sampled(site->graph).us, 16099);
	graph_spill(site->graph);
	changes = graph_take_changes(site->graph);
	assert_int_equal(changes->frame_count, 0);
	assert_int_equal(changes->gap_count, 0);
	assert_int_equal(graph_dropped_samples(site->graph), 0);
	assert_null(dropped_alert(site));
	changes_free(changes);
}

static void what_can_not_be_spilled_is_dropped_and_alerted(void **state)
{
	struct spill spill = {.room = 300};
	struct site *site = *state;
	uint32_t session = start_spilling(site, &spill);
	struct changes *changes;
	uint64_t number = 2;

	while (graph_dropped_samples(site->graph) == 0)
		scan_samples(site, session, number++, 100);
	assert_int_equal(spill.count, 300);
	assert_non_null(dropped_alert(site));
	assert_string_equal(dropped_alert(site)->row.message,
	    "Samples are dropped: the database has been away, or slow, for longer than they can be"
	    " kept (Couplet a)");
	for (int i = 0; i < 30; i++)
		scan_samples(site, session, number++, 100);
	changes = graph_take_changes(site->graph);
	assert_int_equal(changes->alert_count, 1);
	/* One gap, from the first that was not spilled to the last that is not there. */
	assert_int_equal(changes->gap_count, 1);
	assert_int_equal(changes->gaps[0].begin.us, spill.last_us + 901);
	assert_in_range(changes->gaps[0].end.us, spill.last_us, changes->frames[0].time.us - 1);
	assert_int_equal(spill.count + changes->frame_count + graph_dropped_samples(site->graph),
	    (number - 2) * 100);
	changes_free(changes);

	graph_end_dropping(site->graph);
	assert_non_null(dropped_alert(site));
	graph_end_dropping(site->graph);
	assert_null(dropped_alert(site));
	changes = graph_take_changes(site->graph);
	assert_int_equal(changes->alert_count, 1);
	assert_false(changes->alerts[0].active);
	changes_free(changes);
	graph_end_dropping(site->graph);
	assert_false(graph_has_changes(site->graph));
}

static void the_alert_of_what_was_dropped_ends_after_a_restart(void **state)
{
	struct site *site = *state;
	uint32_t session = site_session(site, "a");
	struct batch *batch = batch_new(session, 1);

	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, 1);
	site_apply(site, batch);
	for (uint64_t number = 2; graph_dropped_samples(site->graph) == 0; number++)
		scan_samples(site, session, number, 100);
	site_write(site);
	site_restart(site);
	assert_non_null(dropped_alert(site));
	graph_end_dropping(site->graph);
	assert_null(dropped_alert(site));
}

static void references_are_written_with_ids(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	struct changes *changes;

	site_write(site);
	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, 1);
	batch_set(batch, DRIVE_MATE, value_reference(0));
	site_apply(site, batch);
	changes = graph_take_changes(site->graph);

	assert_int_equal(changes->reference_count, 2);
	assert_string_equal(changes->references[0].attribute, "shelf");
	assert_int_equal(changes->references[0].target_id, 2);
	assert_string_equal(changes->references[1].attribute, "mate");
	assert_int_equal(changes->references[1].target_id, 1);
	assert_int_equal(changes->counters.resource_id, 3);
	changes_free(changes);
}

static void passwords_are_secrets(void **state)
{
	struct site *site = *state;
	const struct resource_row *row;
	struct graph_resource *couplet;
	struct batch *batch;
	char reason[REASON_SIZE];

	graph_collect_notices(site->graph, true);
	couplet = configure(site, couplet_values("a", "hunter2", 0), reason);
	site_write(site);
	row = database_find(&site->database, couplet->id);
	assert_string_equal(row->attributes, "{\"address\": \"a\", \"port\": 80}");
	assert_string_equal(row->secrets, "{\"password\": \"hunter2\"}");
	site_apply(site, batch_new(site_open(site, couplet), 1));
	batch = batch_new(site->last_session, 2);
	batch_report(batch, 0, COUPLET, false);
	batch_set(batch, COUPLET_PASSWORD, value_text("hunter3"));
	site_apply(site, batch);
	assert_int_equal(site_write(site), 1);
	assert_string_equal(site->notices.data, "");
	assert_string_equal(row->secrets, "{\"password\": \"hunter3\"}");
	site_restart(site);
	assert_string_equal(site_find(site, "Couplet a")->values[COUPLET_PASSWORD].text, "hunter3");
}

/* ---- the configuration ---- */

static void a_scannable_of_the_configuration_is_made_once(void **state)
{
	struct site *site = *state;
	char reason[REASON_SIZE];
	struct graph_resource *couplet = configure(site, couplet_values("a", NULL, 8080), reason);

	assert_true(couplet->configured);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 8080);
	assert_string_equal(couplet->label, "Couplet a");
	assert_int_equal(site_write(site), 1);
	assert_ptr_equal(configure(site, couplet_values("a", NULL, 8080), reason), couplet);
	assert_int_equal(site_write(site), 0);
	configure(site, couplet_values("a", NULL, 0), reason);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 80);
	assert_int_equal(site_write(site), 1);
}

static void what_the_plugin_found_out_survives_the_configuration(void **state)
{
	struct site *site = *state;
	struct batch *batch;
	char reason[REASON_SIZE];

	site_apply(site, batch_new(site_session(site, "a"), 1));
	batch = batch_new(site->last_session, 2);
	batch_report(batch, 0, COUPLET, false);
	batch_set(batch, COUPLET_FIRMWARE, value_text("1.2"));
	site_apply(site, batch);
	site_write(site);
	site_restart(site);
	graph_begin_configuration(site->graph);
	configure(site, couplet_values("a", NULL, 0), reason);
	assert_int_equal(site_write(site), 0);
	assert_string_equal(site_find(site, "Couplet a")->values[COUPLET_FIRMWARE].text, "1.2");
}

/* The plugin assigns the port of the couplet of the session opened last. */
static void assign_port(struct site *site, uint64_t number, int64_t port)
{
	struct batch *batch = batch_new(site->last_session, number);

	batch_report(batch, 0, COUPLET, false);
	batch_set(batch, COUPLET_PORT, value_integer(port));
	site_apply(site, batch);
}

static void what_the_plugin_assigned_stays_until_something_else_is_given(void **state)
{
	struct site *site = *state;
	char reason[REASON_SIZE];
	struct graph_resource *couplet = configure(site, couplet_values("a", NULL, 0), reason);

	site_apply(site, batch_new(site_open(site, couplet), 1));
	assign_port(site, 2, 8080);
	site_write(site);
	configure(site, couplet_values("a", NULL, 0), reason);
	assert_int_equal(site_write(site), 0);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 8080);

	site_restart(site);
	couplet = configure(site, couplet_values("a", NULL, 0), reason);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 8080);
	configure(site, couplet_values("a", "secret", 81), reason);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 81);
	site_apply(site, batch_new(site_open(site, couplet), 1));
	assign_port(site, 2, 8081);
	site_write(site);

	/* What is no longer typed goes, also if that happened while the runner was away. */
	site_restart(site);
	couplet = configure(site, couplet_values("a", NULL, 81), reason);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 8081);
	assert_int_equal(couplet->values[COUPLET_PASSWORD].type, VALUE_NULL);
	configure(site, couplet_values("a", NULL, 0), reason);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 80);
}

static void what_is_remembered_of_the_configuration_has_no_password(void **state)
{
	struct site *site = *state;
	char reason[REASON_SIZE];
	struct graph_resource *couplet = configure(site, couplet_values("a", "hunter2", 0), reason);

	site_write(site);
	assert_string_equal(database_find(&site->database, couplet->id)->given,
	    "{\"address\": \"a\", \"password\": null, \"port\": 80}");
	configure(site, couplet_values("a", "hunter3", 0), reason);
	assert_string_equal(couplet->values[COUPLET_PASSWORD].text, "hunter3");
}

static void a_scannable_written_amid_a_pass_is_still_configured(void **state)
{
	struct site *site = *state;
	char reason[REASON_SIZE];
	struct graph_resource *couplet = configure(site, couplet_values("a", NULL, 0), reason);

	site_apply(site, batch_new(site_open(site, couplet), 1));
	site_write(site);
	graph_begin_configuration(site->graph);
	assign_port(site, 2, 8080);
	site_write(site);
	assert_true(database_find(&site->database, couplet->id)->configured);
	configure(site, couplet_values("a", NULL, 0), reason);
	graph_end_configuration(site->graph, "acme");
	site_write(site);
	assert_true(database_find(&site->database, couplet->id)->configured);
}

static void a_scannable_that_leaves_the_configuration_is_marked(void **state)
{
	struct site *site = *state;

	site_couplet(site, "a");
	site_couplet(site, "b");
	site_write(site);
	graph_begin_configuration(site->graph);
	assert_false(site_find(site, "Couplet a")->configured);
	site_couplet(site, "b");
	assert_true(graph_is_shown(site_find(site, "Couplet a")));
	graph_end_configuration(site->graph, "acme");
	assert_false(graph_is_shown(site_find(site, "Couplet a")));
	assert_true(graph_has_changes(site->graph));
	assert_int_equal(site_write(site), 1);
	assert_false(database_find(&site->database, site_id(site, "Couplet a"))->configured);
	assert_true(database_find(&site->database, site_id(site, "Couplet b"))->configured);
	site_couplet(site, "a");
	assert_true(graph_is_shown(site_find(site, "Couplet a")));
	assert_int_equal(site_write(site), 1);
}

static void automatic_identifiers_are_told_apart_by_name(void **state)
{
	struct site *site = *state;
	const struct graph_class *class = graph_find_class(site->graph, "acme", "Array");
	struct value value = VALUE_NULL_INIT;
	char reason[REASON_SIZE];
	struct graph_resource *one, *two;

	one = graph_configure(site->graph, class, &value, "configured:1", reason);
	two = graph_configure(site->graph, class, &value, "configured:2", reason);
	assert_ptr_not_equal(one, two);
	assert_ptr_equal(graph_configure(site->graph, class, &value, "configured:1", reason), one);
	assert_string_equal(graph_identifier(one), "[\"configured:1\"]");
}

static void a_scannable_that_can_not_be_is_refused_with_a_reason(void **state)
{
	struct site *site = *state;
	char reason[REASON_SIZE];
	char address[2 * IDENTIFIER_MAX];
	struct value *values = couplet_values("a", NULL, 0);

	value_clear(&values[COUPLET_ADDRESS]);
	assert_null(configure(site, values, reason));
	assert_non_null(strstr(reason, "\"address\" is missing"));
	memset(address, 'a', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	assert_null(configure(site, couplet_values(address, NULL, 0), reason));
	assert_int_equal(graph_resource_count(site->graph), 0);
	assert_false(graph_has_changes(site->graph));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
	    TEST(classes_are_written_once),
	    TEST(a_changed_class_is_written_again_with_the_same_ids),
	    TEST(a_statistic_with_another_period_begins_anew),
	    TEST(a_statistic_with_other_bins_begins_anew),
	    TEST(a_statistic_that_comes_back_has_its_samples),
	    TEST(a_plugin_that_comes_back_finds_its_values),
	    TEST(a_plugin_that_is_gone_keeps_its_records),
	    TEST(a_new_version_takes_defaults_and_ignores_what_it_lacks),
	    TEST(a_class_the_new_version_lacks_is_hidden_and_kept),
	    TEST(stored_rows_that_name_nothing_are_left_out),
	    TEST(only_the_newest_state_is_written_once),
	    TEST(older_samples_are_dropped_when_nobody_takes_them),
	    TEST(samples_that_are_too_many_are_spilled),
	    TEST(what_can_not_be_spilled_is_dropped_and_alerted),
	    TEST(the_alert_of_what_was_dropped_ends_after_a_restart),
	    TEST(references_are_written_with_ids),
	    TEST(passwords_are_secrets),
	    TEST(a_scannable_of_the_configuration_is_made_once),
	    TEST(what_the_plugin_found_out_survives_the_configuration),
	    TEST(what_the_plugin_assigned_stays_until_something_else_is_given),
	    TEST(what_is_remembered_of_the_configuration_has_no_password),
	    TEST(a_scannable_written_amid_a_pass_is_still_configured),
	    TEST(a_scannable_that_leaves_the_configuration_is_marked),
	    TEST(automatic_identifiers_are_told_apart_by_name),
	    TEST(a_scannable_that_can_not_be_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "wire/message_layouts.h"

#include <assert.h>
#include <math.h>

#include "wire/message.h"
#include "wire/recorder.h"

/* ---- shared elements ---- */

static const struct field text_fields[] = {PLAIN(char *, .required = true)};
static const struct layout text_layout = LAYOUT(char *, text_fields);

static bool accepts_numbers(const void *elements, size_t count)
{
	(void)elements;
	(void)count;
	return true;
}
static const struct field number_fields[] = {PLAIN(uint32_t)};
static const struct layout number_layout =
    LAYOUT(uint32_t, number_fields, .accepts = accepts_numbers);

static bool accepts_reals(const void *elements, size_t count)
{
	const double *reals = elements;
	bool accepted = true;

	for (size_t i = 0; i < count; i++)
		accepted &= isfinite(reals[i]) != 0;
	return accepted;
}
static const struct field real_fields[] = {PLAIN(double)};
static const struct layout real_layout = LAYOUT(double, real_fields, .accepts = accepts_reals);

static const struct field size_fields[] = {PLAIN(size_t)};
static const struct layout size_layout = LAYOUT(size_t, size_fields);

static const struct field count_fields[] = {PLAIN(int64_t)};
static const struct layout count_layout = LAYOUT(int64_t, count_fields);

static const struct field value_fields[] = {PLAIN(struct value)};
static const struct layout value_layout = LAYOUT(struct value, value_fields);

static const struct field change_fields[] = {
    FIELD(struct change, attribute),
    FIELD(struct change, value),
};
static const struct layout change_layout = LAYOUT(struct change, change_fields);

/* Sessions count from 1; 0 stands for none. */
#define SESSION(type_) RANGE(type_, session, 1, UINT32_MAX)

/* ---- supervisor to plugin host ---- */

static const struct field setting_fields[] = {
    REQUIRED(struct setting, key),
    FIELD(struct setting, value),
};
static const struct layout setting_layout = LAYOUT(struct setting, setting_fields);

static const struct field configure_fields[] = {
    REQUIRED(struct message_configure, plugin),
    REQUIRED(struct message_configure, path),
    FIELD(struct message_configure, log_level),
    RANGE(struct message_configure, workers, 1, SCAN_WORKERS_MAX),
    FIELD(struct message_configure, default_period_s),
    ARRAY(struct message_configure, settings, setting_count, &setting_layout),
};
const struct layout configure_layout = LAYOUT(struct message_configure, configure_fields);

static const struct field open_fields[] = {
    SESSION(struct message_open),
    FIELD(struct message_open, class),
    REQUIRED(struct message_open, label),
    ARRAY(struct message_open, values, value_count, &change_layout),
    FIELD(struct message_open, is_slow),
};
const struct layout open_layout = LAYOUT(struct message_open, open_fields);

static const struct field close_fields[] = {SESSION(struct message_close)};
const struct layout close_layout = LAYOUT(struct message_close, close_fields);

static const struct field scan_fields[] = {SESSION(struct message_scan)};
const struct layout scan_layout = LAYOUT(struct message_scan, scan_fields);

static const struct field acknowledge_fields[] = {
    SESSION(struct message_acknowledge),
    FIELD(struct message_acknowledge, batch),
};
const struct layout acknowledge_layout = LAYOUT(struct message_acknowledge, acknowledge_fields);

static const struct field associate_fields[] = {
    SESSION(struct message_associate),
    FIELD(struct message_associate, resource),
    FIELD(struct message_associate, server),
};
const struct layout associate_layout = LAYOUT(struct message_associate, associate_fields);

static const struct field prepare_fields[] = {
    RANGE(struct message_prepare, request, 1, UINT32_MAX),
    FIELD(struct message_prepare, class),
    ARRAY(struct message_prepare, values, value_count, &value_layout),
    FIELD(struct message_prepare, partial),
};
const struct layout prepare_layout = LAYOUT(struct message_prepare, prepare_fields);

static const struct field adjust_fields[] = {
    FIELD(struct message_adjust, log_level),
    RANGE(struct message_adjust, workers, 1, SCAN_WORKERS_MAX),
    FIELD(struct message_adjust, default_period_s),
};
const struct layout adjust_layout = LAYOUT(struct message_adjust, adjust_fields);

const struct layout stop_layout = {0};

/* ---- classes ---- */

static const struct field attribute_fields[] = {
    RANGE(struct attribute, type, 1, ATTRIBUTE_TYPE_END - 1),
    REQUIRED(struct attribute, name),
    REQUIRED(struct attribute, label),
    FIELD(struct attribute, optional),
    FIELD(struct attribute, hidden),
    FIELD(struct attribute, user_read_only),
    FIELD(struct attribute, has_default_function),
    FIELD(struct attribute, has_min),
    FIELD(struct attribute, has_max),
    FIELD(struct attribute, min),
    FIELD(struct attribute, max),
    FIELD(struct attribute, max_length),
    ARRAY(struct attribute, options, option_count, &value_layout),
    FIELD(struct attribute, default_value),
};
static const struct layout attribute_layout = LAYOUT(struct attribute, attribute_fields);

static const struct field bin_fields[] = {FIELD(struct bin, from), FIELD(struct bin, to)};
static const struct layout bin_layout = LAYOUT(struct bin, bin_fields);

static const struct field statistic_fields[] = {
    RANGE(struct statistic, type, STATISTIC_GAUGE, STATISTIC_HISTOGRAM),
    REQUIRED(struct statistic, name),
    REQUIRED(struct statistic, label),
    FIELD(struct statistic, units, .not_null = true),
    RANGE(struct statistic, sample_period, 1, INT32_MAX),
    ARRAY(struct statistic, bins, bin_count, &bin_layout),
};
static const struct layout statistic_layout = LAYOUT(struct statistic, statistic_fields);

static const struct field threshold_fields[] = {
    FIELD(struct threshold, has_bound),
    FIELD(struct threshold, bound),
    ARRAY(struct threshold, states, state_count, &value_layout),
};
static const struct layout threshold_layout = LAYOUT(struct threshold, threshold_fields);

static const struct field condition_fields[] = {
    RANGE(struct alert_condition, type, CONDITION_UPPER_BOUND, CONDITION_VALUE),
    FIELD(struct alert_condition, id),
    FIELD(struct alert_condition, message),
    FIELD(struct alert_condition, on_statistic),
    FIELD(struct alert_condition, subject),
    FIXED(struct alert_condition, thresholds, &threshold_layout),
    RANGE(struct alert_condition, raise_after, 1, UINT32_MAX),
    RANGE(struct alert_condition, clear_after, 1, UINT32_MAX),
};
static const struct layout condition_layout = LAYOUT(struct alert_condition, condition_fields);

static const struct field chart_fields[] = {
    REQUIRED(struct chart, title),
    ARRAY(struct chart, series, series_count, &size_layout),
};
static const struct layout chart_layout = LAYOUT(struct chart, chart_fields);

static const struct field relation_fields[] = {
    RANGE(struct relation, type, RELATION_PROVIDE, RELATION_SUBSCRIBE),
    FIELD(struct relation, target_plugin),
    REQUIRED(struct relation, target_class),
    ARRAY(struct relation, attributes, attribute_count, &size_layout),
    FIELD(struct relation, ignore_case),
};
static const struct layout relation_layout = LAYOUT(struct relation, relation_fields);

static const struct field class_fields[] = {
    REQUIRED(struct class, plugin),
    REQUIRED(struct class, name),
    REQUIRED(struct class, label),
    FIELD(struct class, has_declared_label),
    FIELD(struct class, has_label_function),
    FIELD(struct class, internal),
    FIELD(struct class, scannable),
    FIELD(struct class, unusable_for_lustre),
    FIELD(struct class, device_type),
    RANGE(struct class, builtin, BUILTIN_RESOURCE, BUILTIN_END - 1),
    ARRAY(struct class, ancestry, ancestry_count, &text_layout),
    RANGE(struct class, scope, IDENTIFIER_NONE, IDENTIFIER_AUTO),
    ARRAY(struct class, identifier, identifier_count, &size_layout),
    ARRAY(struct class, attributes, attribute_count, &attribute_layout),
    ARRAY(struct class, statistics, statistic_count, &statistic_layout),
    ARRAY(struct class, conditions, condition_count, &condition_layout),
    ARRAY(struct class, charts, chart_count, &chart_layout),
    FIELD(struct class, has_declared_charts),
    ARRAY(struct class, relations, relation_count, &relation_layout),
};
static const struct layout class_layout = LAYOUT(struct class, class_fields);

static const struct field class_pointer_fields[] = {OWNED(&class_layout)};
static const struct layout class_pointer_layout = LAYOUT(struct class *, class_pointer_fields);

/* ---- plugin host to supervisor ---- */

static const struct field loaded_fields[] = {
    FIELD(struct message_loaded, api_major),
    FIELD(struct message_loaded, api_minor),
    FIELD(struct message_loaded, has_update_scan),
    ARRAY(struct message_loaded, classes, class_count, &class_pointer_layout),
    ARRAY(struct message_loaded, warnings, warning_count, &text_layout),
};
const struct layout loaded_layout = LAYOUT(struct message_loaded, loaded_fields);

static const struct field failed_fields[] = {
    ARRAY(struct message_failed, reasons, reason_count, &text_layout),
};
const struct layout failed_layout = LAYOUT(struct message_failed, failed_fields);

static const struct field report_fields[] = {
    FIELD(struct report, resource),
    FIELD(struct report, class),
    FIELD(struct report, created),
    ARRAY(struct report, changes, change_count, &change_layout),
    FIELD(struct report, label),
    FIELD(struct report, label_changed),
};
static const struct layout report_layout = LAYOUT(struct report, report_fields);

static const struct field parent_fields[] = {
    FIELD(struct parent_change, child),
    FIELD(struct parent_change, parent),
    FIELD(struct parent_change, added),
};
static const struct layout parent_layout = LAYOUT(struct parent_change, parent_fields);

static const struct field sample_group_fields[] = {
    FIELD(struct sample_group, statistic),
    FIELD(struct sample_group, time),
    ARRAY(struct sample_group, resources, count, &number_layout),
    PARALLEL(struct sample_group, values, count, &real_layout),
};
static const struct layout sample_group_layout = LAYOUT(struct sample_group, sample_group_fields);

static const struct field histogram_fields[] = {
    FIELD(struct histogram, resource),
    FIELD(struct histogram, statistic),
    FIELD(struct histogram, time),
    ARRAY(struct histogram, counts, count, &count_layout),
};
static const struct layout histogram_layout = LAYOUT(struct histogram, histogram_fields);

static const struct field alert_fields[] = {
    FIELD(struct alert_change, resource),
    FIELD(struct alert_change, condition),
    RANGE(struct alert_change, threshold, 0, SEVERITY_COUNT - 1),
    FIELD(struct alert_change, raised),
    FIELD(struct alert_change, message),
};
static const struct layout alert_layout = LAYOUT(struct alert_change, alert_fields);

static const struct field batch_fields[] = {
    SESSION(struct batch),
    RANGE(struct batch, number, 1, INT64_MAX),
    RANGE(struct batch, kind, BATCH_INITIAL, BATCH_KIND_END - 1),
    FIELD(struct batch, time),
    RANGE(struct batch, duration_ns, 0, INT64_MAX),
    FIELD(struct batch, lateness_ns),
    FIELD(struct batch, refused),
    FIELD(struct batch, diagnostic),
    ARRAY(struct batch, incomplete, incomplete_count, &number_layout),
    ARRAY(struct batch, removed, removed_count, &number_layout),
    ARRAY(struct batch, reports, report_count, &report_layout),
    ARRAY(struct batch, parents, parent_count, &parent_layout),
    ARRAY(struct batch, sample_groups, sample_group_count, &sample_group_layout),
    ARRAY(struct batch, histograms, histogram_count, &histogram_layout),
    ARRAY(struct batch, alerts, alert_count, &alert_layout),
};
static const struct layout batch_layout = LAYOUT(struct batch, batch_fields);

static const struct field batch_message_fields[] = {OWNED(&batch_layout)};
const struct layout batch_message_layout = LAYOUT(struct batch *, batch_message_fields);

static const struct field ended_fields[] = {
    SESSION(struct message_ended),
    FIELD(struct message_ended, failed),
    FIELD(struct message_ended, hook),
    FIELD(struct message_ended, reason),
};
const struct layout ended_layout = LAYOUT(struct message_ended, ended_fields);

static const struct field log_fields[] = {
    FIELD(struct message_log, session),
    FIELD(struct message_log, level),
    FIELD(struct message_log, line, .not_null = true),
};
const struct layout log_layout = LAYOUT(struct message_log, log_fields);

static const struct field prepared_fields[] = {
    RANGE(struct message_prepared, request, 1, UINT32_MAX),
    FIELD(struct message_prepared, class),
    ARRAY(struct message_prepared, values, value_count, &value_layout),
    FIELD(struct message_prepared, partial),
    ARRAY(struct message_prepared, reasons, reason_count, &text_layout),
};
const struct layout prepared_layout = LAYOUT(struct message_prepared, prepared_fields);

/* SPDX-License-Identifier: MIT */
/* A plugin in C++17 with all that can be declared, which reports two drives of a made-up array. */
#include <iml/storage_plugin.h>

#include <cstring>
#include <string>
#include <vector>

namespace
{

struct drive_state {
	std::string serial;
	uint64_t bytes;
	bool good;
	float celsius;
};

int obfuscate(const char *password, char *out, size_t size)
{
	return std::snprintf(out, size, "<%zu>", std::strlen(password)) < 0;
}

int name_of_serial(iml_resource *drive)
{
	return iml_set(drive, "name", "Drive " + iml_text(drive, "serial"));
}

int drive_label(iml_resource *drive, char *label, size_t size)
{
	iml_get_text(drive, "name", label, size);
	return 0;
}

const iml_class array =
    IML_CLASS("Array")
        .label("An array")
        .base(&iml_scannable)
        .identifier(IML_GLOBAL_ID("address"))
        .attributes(IML_ATTRIBUTES(IML_HOSTNAME("address").label("Network address"),
            IML_PASSWORD("password").obfuscate(obfuscate).max_length(20).optional(true),
            IML_STRING("firmware").optional(true).user_read_only(true)));

const iml_class drive =
    IML_CLASS("Drive")
        .base(&iml_physical_disk)
        .identifier(IML_SCOPED_ID("serial"))
        .attributes(IML_ATTRIBUTES(IML_STRING("serial").max_length(20), IML_BYTES("capacity"),
            IML_ENUM("status", IML_OPTIONS("OK", "FAILED")).default_value(IML_DEFAULT("OK")),
            IML_ENUM("level", IML_NUMBERS(1, 2)).default_value(IML_DEFAULT(2)),
            IML_INTEGER("slot").min(IML_LIMIT(0)).max(IML_LIMIT(9)), IML_BOOLEAN("spare"),
            IML_PATH("path").optional(true), IML_UUID("wwn").optional(true),
            IML_STRING("name").hidden(true).default_function(name_of_serial),
            IML_REFERENCE("twin").optional(true)))
        .statistics(IML_STATISTICS(IML_GAUGE("temperature").units("C").label("Heat"),
            IML_COUNTER("read_bytes").units(IML_UNITS_BYTES).sample_period(60),
            IML_HISTOGRAM("sizes", IML_BINS({0, 512}, {513, IML_OPEN}))))
        .alert_conditions(IML_ALERT_CONDITIONS(
            IML_VALUE_CONDITION("status").error_states(IML_STATES("FAILED")).message("Broken"),
            IML_UPPER_BOUND("temperature").warn_bound(IML_BOUND(60)).raise_after(2)))
        .charts(IML_CHARTS(IML_CHART("Climate", IML_SERIES("temperature", "read_bytes")),
            IML_CHART("Sizes", IML_SERIES("sizes"))))
        .relations(IML_RELATIONS(
            IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial")).ignore_case(true),
            IML_SUBSCRIBE(&array, IML_MATCH("name")),
            IML_PROVIDE(&iml_device_node, IML_MATCH("path"))))
        .get_label(drive_label);

void report_drive(iml_plugin *self, iml_resource *parent, const drive_state &state)
{
	const int64_t counts[] = {3, 4};
	iml_resource *reported =
	    iml_update_or_create(self, &drive, IML_PARENTS(parent), IML_SET("serial", state.serial),
	        IML_SET("capacity", state.bytes), IML_SET("slot", 3), IML_SET("spare", !state.good),
	        IML_SET("path", IML_NULL), IML_SET("status", state.good ? "OK" : "FAILED"));

	iml_sample(reported, "temperature", state.celsius);
	iml_sample_histogram(reported, "sizes", counts, 2);
}

int initial_scan(iml_plugin *self, iml_resource *scannable)
{
	const std::vector<drive_state> drives = {
	    {"Z1", UINT64_C(4) << 40, true, 36.5f}, {"Z2", UINT64_C(4) << 40, false, 71}};
	iml_resource *found[2];
	size_t count = 0;

	iml_set(scannable, "firmware", "1." + iml_text(scannable, "address"));
	for (const drive_state &state : drives)
		report_drive(self, scannable, state);
	if (iml_find(self, &drive, found, 2, &count, IML_SET("serial", "Z2")) != 0 || count != 1)
		return iml_fail(self, "found %zu drives: %s", count, iml_error());
	iml_set(found[0], "twin", found[0]);
	if (iml_remove_by_attr(self, &drive, IML_SET("serial", "Z3")) != 0)
		return iml_fail(self, "a drive was removed that is none");
	iml_info(self, "%zu drives", drives.size());
	return 0;
}

} // namespace

IML_PLUGIN(good_cplusplus, .classes(IML_CLASSES(&array, &drive)).initial_scan(initial_scan));

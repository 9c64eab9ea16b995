# SPDX-License-Identifier: MIT
# The first scan of 100,000 resources, from its start until they can be read, against a plain COPY
# of the same rows into tables with the same indexes. Three times, one after the other; medians.

# copy_again: the time of COPY of all rows into new tables, in milliseconds.
copy_again() {
	sql <<-'EOF'
		CREATE TABLE resource_again (LIKE storage.resource INCLUDING ALL);
		CREATE TABLE parent_again (LIKE storage.parent INCLUDING ALL);
		SELECT current_setting('data_directory') || '/resource.copy' AS resources,
			current_setting('data_directory') || '/parent.copy' AS parents,
			set_config('bench.begin', '0', false) AS unused \gset
		COPY storage.resource TO :'resources';
		COPY storage.parent TO :'parents';
		CHECKPOINT;
		SELECT set_config('bench.begin', extract(epoch FROM clock_timestamp())::text, false) AS unused \gset
		BEGIN;
		COPY resource_again FROM :'resources';
		COPY parent_again FROM :'parents';
		COMMIT;
		SELECT round((extract(epoch FROM clock_timestamp()) - current_setting('bench.begin')::numeric) * 1000);
	EOF
}

discovered=
copied=
for round in 1 2 3; do
	large_new
	server_before=$(server_processor)
	runner_start
	visible=$(await_large)
	server_used=$(($(server_processor) - server_before))
	[ "$(ask "SELECT count(*) FROM storage.resources")" -eq "$large" ] ||
		fail "not all resources can be read" "$log"
	discovered="$discovered $((visible - $(logged 'session initial')))"
	host=$(plugin_process)
	backend=$(ask "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'iml-plugin-runner %' AND datname = current_database()")
	host_used=$(processor "$host")
	runner_used=$(processor "$runner")
	host_peak=$(peak "$host")
	runner_peak=$(peak "$runner")
	backend_peak=$(peak "$backend")
	copy_before=$(server_processor)
	copied="$copied $(copy_again)"
	copy_used=$(($(server_processor) - copy_before))
	runner_stop
	runner_forget
done
time=$(median $discovered)
copy=$(median $copied)
row "first scan of 100,000 resources" "$(calculate "$time / 1000") s" \
	"COPY of the rows, $(calculate "$copy / 1000") s (goal: 2)" "$(calculate "$time / $copy")"
row "  processor time, PostgreSQL" "$(calculate "$server_used / 1000") s" \
	"COPY out and in, $(calculate "$copy_used / 1000") s" "$(calculate "$server_used / $copy_used")"
row "  processor time, supervisor" "$(calculate "$runner_used / 1000") s" - -
row "  processor time, plugin host" "$(calculate "$host_used / 1000") s" - -
row "  peak memory, PostgreSQL backend" "$backend_peak MiB" - -
row "  peak memory, supervisor" "$runner_peak MiB" "1 KiB per resource" "$(calculate "$runner_peak * 1024 / $large")"
row "  peak memory, plugin host" "$host_peak MiB" "1 KiB per resource" "$(calculate "$host_peak * 1024 / $large")"

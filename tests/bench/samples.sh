# SPDX-License-Identifier: MIT
# Samples: arrays of 1,000 drives with two gauges each, random whole numbers from 0 to 1000, that are
# scanned again as soon as the scan before is stored, for ten seconds. Against COPY of such samples
# as rows into a table with an index on (series, time), and against COPY of the frames that the
# runner made, each committed scan by scan.

per_scan=2000

# copy_time TABLE SCANS SELECT: the time to COPY that many scans into a table, in milliseconds. In
# SELECT, %s is the number of the scan.
copy_time() {
	sql <<-EOF
		DO \$\$
		BEGIN
			FOR i IN 0 .. $2 - 1 LOOP
				EXECUTE format('COPY (' || format(\$q\$$3\$q\$, i) || ') TO %L (FORMAT binary)',
					current_setting('data_directory') || '/$1.' || i);
			END LOOP;
		END
		\$\$;
		CHECKPOINT;
		DO \$\$
		DECLARE
			begun timestamptz := clock_timestamp();
		BEGIN
			FOR i IN 0 .. $2 - 1 LOOP
				EXECUTE format('COPY $1 FROM %L (FORMAT binary)',
					current_setting('data_directory') || '/$1.' || i);
				COMMIT;
			END LOOP;
			PERFORM set_config('bench.time', round(extract(epoch FROM clock_timestamp() - begun) * 1000)::text, false);
		END
		\$\$;
		SELECT current_setting('bench.time');
	EOF
}

# arrays_new COUNT: a runner with that many arrays.
arrays_new() {
	{
		cat <<-EOF
			plugins:
			  - path: $build/tests/plugins/t_samples.so
			scan:
			  period: 0 s
			scannables:
		EOF
		for array in $(seq "$1"); do
			echo "  - {plugin: t_samples, class: Array, attributes: {name: bench-$array, drives: 1000}}"
		done
	} >"$directory/arrays.yaml"
	runner_new <"$directory/arrays.yaml"
}

# measure_arrays COUNT: their samples per second as $rate, and what they cost.
measure_arrays() {
	arrays_new "$1"
	runner_start
	await_online "$1"
	host=$(plugin_process)
	stored=$(ask "SELECT count(*) FROM storage.frame_0")
	transactions=$(status "s->'database'->>'transactions'")
	begin=$(date +%s%3N)
	server_used=$(server_processor)
	host_used=$(processor "$host")
	runner_used=$(processor "$runner")
	sleep 10
	server_used=$(($(server_processor) - server_used))
	host_used=$(($(processor "$host") - host_used))
	runner_used=$(($(processor "$runner") - runner_used))
	transactions=$(($(status "s->'database'->>'transactions'") - transactions))
	stored=$((($(ask "SELECT count(*) FROM storage.frame_0") - stored) * per_scan / 2))
	rate=$((stored * 1000 / ($(date +%s%3N) - begin)))
	runner_stop
	bytes=$(ask "SELECT round((SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
		WHERE inhparent = 'storage.frame_0'::regclass)
		/ (SELECT count(*) * $per_scan / 2 FROM storage.frame_0)::numeric, 2)")
}

compare_arrays() {
	row "samples stored, $1 array(s) of 1,000 x 2" "$rate/s" "COPY of rows, $row_rate/s" \
		"$(calculate "$row_rate / $rate")"
	row "" "" "COPY of frames, $frame_rate/s" "$(calculate "$frame_rate / $rate")"
	million="/ 1000 / ($stored / 1000000)"
	row "  processor time per million, PostgreSQL" "$(calculate "$server_used $million") s" - -
	row "  processor time per million, supervisor" "$(calculate "$runner_used $million") s" - -
	row "  processor time per million, plugin host" "$(calculate "$host_used $million") s" - -
	row "  transactions per scan" "$(calculate "$transactions * $per_scan / $stored")" "one for each scan" \
		"$(calculate "$transactions * $per_scan / $stored")"
	row "  bytes per sample, with the index" "$bytes" "3" "$(calculate "$bytes / 3")"
}

measure_arrays 1
scans=300
ask "CREATE TABLE sample_again (series bigint NOT NULL, time timestamptz NOT NULL, value double precision NOT NULL)"
ask "CREATE INDEX ON sample_again (series, time)"
copy=$(copy_time sample_again $scans \
	"SELECT n::bigint, timestamptz 'epoch' + %s * interval '1 s', floor(random() * 1001) FROM generate_series(1, $per_scan) AS n")
row_rate=$((scans * per_scan * 1000 / copy))
ask "CREATE TABLE numbered AS SELECT (row_number() OVER (ORDER BY time, statistic_id) - 1) / 2 AS scan, * FROM storage.frame_0 LIMIT $scans * 2"
ask "CREATE INDEX ON numbered (scan)"
ask "CREATE TABLE frame_again (LIKE storage.frame INCLUDING ALL)"
copy=$(copy_time frame_again $scans \
	"SELECT resolution, cohort_id, statistic_id, bin, time, payload FROM numbered WHERE scan = %s")
frame_rate=$((scans * per_scan * 1000 / copy))
compare_arrays 1
runner_forget
measure_arrays 8
compare_arrays 8
runner_forget

# SPDX-License-Identifier: MIT
# Samples: 64 couplets of 1,000 LUNs with two counters each, scanned once a second (128,128 samples
# per second are offered), for ten seconds; against COPY of such samples into a table with an
# index on (series, time), committed scan by scan.

couplets=64
per_scan=2002 # two temperatures more

# copy_samples SCANS: the time to COPY that many scans, in milliseconds.
copy_samples() {
	sql <<-EOF
		CREATE TABLE numbered AS SELECT row_number() OVER () - 1 AS n,
			statistic_id * 1000000 + resource_id AS series, time, value
			FROM (SELECT * FROM storage.sample ORDER BY time LIMIT $1 * $per_scan) AS s;
		CREATE INDEX ON numbered (n);
		CREATE TABLE sample_again (series bigint NOT NULL, time timestamptz NOT NULL,
			value double precision NOT NULL);
		CREATE INDEX ON sample_again (series, time);
		DO \$\$
		BEGIN
			FOR i IN 0 .. $1 - 1 LOOP
				EXECUTE format('COPY (SELECT series, time, value FROM numbered WHERE n >= %s AND n < %s) TO %L',
					i * $per_scan, (i + 1) * $per_scan, current_setting('data_directory') || '/samples.' || i);
			END LOOP;
		END
		\$\$;
		CHECKPOINT;
		DO \$\$
		DECLARE
			begun timestamptz := clock_timestamp();
		BEGIN
			FOR i IN 0 .. $1 - 1 LOOP
				EXECUTE format('COPY sample_again FROM %L', current_setting('data_directory') || '/samples.' || i);
				COMMIT;
			END LOOP;
			PERFORM set_config('bench.time', round(extract(epoch FROM clock_timestamp() - begun) * 1000)::text, false);
		END
		\$\$;
		SELECT current_setting('bench.time');
	EOF
}

simulator_new "enclosures: 1, drives_per_enclosure: 1, pools: 1, luns_per_pool: 1000,
	statistics: true, period: 1" "$couplets"
runner_start
await_online "$couplets"
host=$(plugin_process)
stored=$(status "s->'database'->>'rows'")
transactions=$(status "s->'database'->>'transactions'")
begin=$(date +%s%3N)
server_used=$(server_processor)
host_used=$(processor "$host")
runner_used=$(processor "$runner")
sleep 10
server_used=$(($(server_processor) - server_used))
host_used=$(($(processor "$host") - host_used))
runner_used=$(($(processor "$runner") - runner_used))
stored=$(($(status "s->'database'->>'rows'") - stored))
transactions=$(($(status "s->'database'->>'transactions'") - transactions))
rate=$((stored * 1000 / ($(date +%s%3N) - begin)))
lateness=$(status "(SELECT round(max((x->>'last_lateness_ms')::numeric)) FROM jsonb_array_elements(s->'plugins'->0->'scannables') AS x)")
runner_stop
scans=200
copy=$(copy_samples $scans)
copy_rate=$((scans * per_scan * 1000 / copy))
row "samples stored (of 128,128/s offered)" "$rate/s" "COPY scan by scan, $copy_rate/s" \
	"$(calculate "$copy_rate / $rate")"
million="/ 1000 / ($stored / 1000000)"
row "  processor time per million, PostgreSQL" "$(calculate "$server_used $million") s" \
	"time of COPY, $(calculate "$copy / ($scans * $per_scan / 1000)") s" \
	"$(calculate "$server_used / $stored / ($copy / ($scans * $per_scan))")"
row "  processor time per million, supervisor" "$(calculate "$runner_used $million") s" - -
row "  processor time per million, plugin host" "$(calculate "$host_used $million") s" - -
row "  transactions per scan" "$(calculate "$transactions * $per_scan / $stored")" "one for each scan" \
	"$(calculate "$transactions * $per_scan / $stored")"
row "  latest scan" "$lateness ms" "the period of 1 s" "$(calculate "$lateness / 1000")"
runner_forget

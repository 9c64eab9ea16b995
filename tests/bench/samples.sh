# SPDX-License-Identifier: MIT
# Samples: arrays of 1,000 drives with two gauges each, random whole numbers, that are scanned again
# at once. Against COPY of such samples as rows into a table with an index on (series, time), and
# against COPY of the frames that the runner made, each committed scan by scan, in turns of a second
# or so; the server reads them from files. Also against psql, which sends it the frames. The same with
# 100,000 drives of four gauges. Every stored sample is then held against the plugin's ledger of what
# was acknowledged; also after the runner was killed and PostgreSQL restarted at random moments.

. "$bench/arrays.sh"

# copies_write TABLE SCANS SELECT: writes that many scans to files for copies_read. In SELECT, %s is
# the number of the scan.
copies_write() {
	ask "DO \$\$
		BEGIN
			FOR i IN 0 .. $2 - 1 LOOP
				EXECUTE format('COPY (' || format(\$q\$$3\$q\$, i) || ') TO %L (FORMAT binary)',
					current_setting('data_directory') || '/$1.' || i);
			END LOOP;
		END
		\$\$"
}

# copies_read TABLE FIRST SCANS: the time to COPY these scans into the table, in microseconds.
copies_read() {
	sql <<-EOF
		DO \$\$
		DECLARE
			begun timestamptz := clock_timestamp();
		BEGIN
			FOR i IN $2 .. $2 + $3 - 1 LOOP
				EXECUTE format('COPY $1 FROM %L (FORMAT binary)',
					current_setting('data_directory') || '/$1.' || i);
				COMMIT;
			END LOOP;
			PERFORM set_config('bench.time', round(extract(epoch FROM clock_timestamp() - begun) * 1000000)::text, false);
		END
		\$\$;
		SELECT current_setting('bench.time');
	EOF
}

# copies_send TABLE FIRST SCANS: the same for psql, which sends them to the server.
copies_send() {
	{
		echo "SELECT extract(epoch FROM clock_timestamp()) * 1000000;"
		for scan in $(seq "$2" $(($2 + $3 - 1))); do
			printf '%s\n' "\\copy $1 FROM '$directory/server/data/$1.$scan' (FORMAT binary)"
		done
		echo "SELECT extract(epoch FROM clock_timestamp()) * 1000000;"
	} | sql >"$directory/copied" || fail "COPY into $1 failed" "$directory/copied"
	awk 'NR == 1 { begun = $1 } END { printf "%d", $1 - begun }' "$directory/copied"
}

# scans_pause, scans_go: no scan is begun, and all are stored; scans go on.
scans_pause() {
	kill -STOP "$host"
	revision=
	while [ "$revision" != "${before:=none}" ]; do
		before=$revision
		sleep 0.05
		revision=$(ask "SELECT revision FROM storage.counter")
	done
	before=
}

scans_go() {
	kill -CONT "$host"
}

# processors SIGN: adds the processor time used so far to what is used in turns, or takes it away.
processors() {
	server_used=$((server_used $1 $(server_processor)))
	host_used=$((host_used $1 $(processor "$host")))
	runner_used=$((runner_used $1 $(processor "$runner")))
}

# turn_of_scans SECONDS: adds to $scans, $took (microseconds) and what is used.
turn_of_scans() {
	processors -
	scans=$((scans - $(ledger_scans)))
	took=$((took - $(date +%s%6N)))
	scans_go
	sleep "$1"
	scans=$((scans + $(ledger_scans)))
	took=$((took + $(date +%s%6N)))
	processors +
	scans_pause
}

# copies_prepare ROWS FRAMES: the files of that many scans as rows, and as frames.
copies_prepare() {
	frames=$((gauges * ((drives + 1023) / 1024)))
	for attempt in $(seq 600); do
		[ "$(ledger_scans)" -lt $(($2 + 1)) ] || break
		sleep 0.1
	done
	scans_pause
	sql <<-EOF
		CREATE TABLE sample_again (series bigint NOT NULL, time timestamptz NOT NULL, value double precision NOT NULL);
		CREATE INDEX ON sample_again (series, time);
		CREATE TABLE frame_again (LIKE storage.frame INCLUDING ALL);
		CREATE TABLE numbered AS SELECT (row_number() OVER (ORDER BY scannable_id, time, cohort_id, statistic_id) - 1)
			/ $frames AS scan, frame_0.* FROM storage.frame_0 JOIN storage.cohort ON cohort.id = cohort_id
			LIMIT $2 * $frames;
		CREATE INDEX ON numbered (scan);
	EOF
	copies_write sample_again "$1" \
		"SELECT n::bigint, timestamptz 'epoch' + %s * interval '1 s', floor(random() * 1001) FROM generate_series(1, $per_scan) AS n"
	copies_write frame_again "$2" \
		"SELECT cohort_id, statistic_id, time, resolution, bin, payload FROM numbered WHERE scan = %s"
	ask "CHECKPOINT"
}

# measure_arrays COUNT DRIVES GAUGES TURNS ROWS FRAMES: samples per second as $rate, of COPY as
# $row_rate, $frame_rate and $sent_rate, and what they cost. In each turn that many scans are copied.
measure_arrays() {
	arrays_new "$1" "$2" "$3"
	runner_start
	await_online "$1"
	host=$(plugin_process)
	copies_prepare "$(($4 * $5))" "$6"
	transactions=$(status "s->'database'->>'transactions'")
	scans=0 took=0 server_used=0 host_used=0 runner_used=0 row_time=0 frame_time=0
	sent_time=0
	for turn in $(seq 0 $(($4 - 1))); do
		turn_of_scans 2
		row_time=$((row_time + $(copies_read sample_again $((turn * $5)) "$5")))
		frame_time=$((frame_time + $(copies_read frame_again 0 "$6")))
		ask "TRUNCATE frame_again"
		sent_time=$((sent_time + $(copies_send frame_again 0 "$6")))
		ask "TRUNCATE frame_again"
	done
	transactions=$(($(status "s->'database'->>'transactions'") - transactions))
	stored=$((scans * per_scan))
	rate=$((stored * 1000000 / took))
	row_rate=$(($4 * $5 * per_scan * 1000000 / row_time))
	frame_rate=$(($4 * $6 * per_scan * 1000000 / frame_time))
	sent_rate=$(($4 * $6 * per_scan * 1000000 / sent_time))
	scans_go
}

# see_scans: for five seconds, a reader that asks for a drive of the first array over and over:
# how long after the end of a scan it sees it, as $visible_median and $visible_worst (p99), and how
# long it takes to ask, as $look, in microseconds.
see_scans() {
	ask "CREATE TABLE seen (scan bigint, time timestamptz)"
	look=$(sql <<-EOF
		DO \$\$
		DECLARE
			drive CONSTANT bigint := (SELECT min(resource_id) FROM storage.slot);
			until CONSTANT timestamptz := clock_timestamp() + interval '5 s';
			newest bigint;
			before bigint := 0;
			looks integer := 0;
		BEGIN
			WHILE clock_timestamp() < until LOOP
				SELECT floor(value / 1001) INTO newest FROM storage.latest(drive) WHERE statistic = 'g0';
				IF newest > before THEN
					INSERT INTO seen VALUES (newest, clock_timestamp());
				END IF;
				before := newest;
				looks := looks + 1;
				COMMIT;
			END LOOP;
			PERFORM set_config('bench.look', (5000000 / looks)::text, false);
		END
		\$\$;
		SELECT current_setting('bench.look');
	EOF
	)
	{
		echo "CREATE TEMP TABLE ended (scan bigint, us bigint); COPY ended FROM STDIN (DELIMITER ' ');"
		od -A n -t d8 -w16 -v "$directory/ledger-1" | sed 's/^ *//; s/  */ /'
		echo '\.'
		cat <<-EOF
			SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY late))
				|| ' ' || round(percentile_cont(0.99) WITHIN GROUP (ORDER BY late))
			FROM (SELECT extract(epoch FROM time) * 1000000 - us AS late
				FROM seen JOIN ended USING (scan) OFFSET 1) AS seen;
		EOF
	} | sql >"$directory/visible"
	read -r visible_median visible_worst <"$directory/visible"
}

# check_arrays COUNT TEXT: holds every stored sample against the ledgers; a row, and the samples as
# $checked. The last scans of a life may be stored although they were not acknowledged.
check_arrays() {
	for array in $(seq "$1"); do
		"$build/tests/bench/bench_store_ledger" \
			"host=$directory/server user=$user dbname=$database" "bench-$array" \
			"$directory/ledger-$array" "$drives" "$gauges" || fail "samples are wrong" "$log"
	done >"$directory/audit"
	checked=$(awk '{ samples += $1 } END { printf "%d", samples }' "$directory/audit")
	row "  $2" "$checked" "acknowledged scans: $(ledger_scans), others:$(awk '{ more += $2 }
		END { print " " more }' "$directory/audit")" "none lost, none twice"
}

# compare_arrays COUNT TEXT: the rows of what was measured.
compare_arrays() {
	row "samples stored, $2" "$rate/s" "COPY of rows, $row_rate/s; goal: 0.125" \
		"$(calculate "$row_rate / $rate" %.3f)"
	row "" "" "COPY of frames, $frame_rate/s; goal: 1.67" "$(calculate "$frame_rate / $rate")"
	row "" "" "  sent by psql, $sent_rate/s" "$(calculate "$sent_rate / $rate")"
	million="/ 1000 / ($stored / 1000000)"
	row "  processor time per million, PostgreSQL" "$(calculate "$server_used $million") s" - -
	row "  processor time per million, supervisor" "$(calculate "$runner_used $million") s" - -
	row "  processor time per million, plugin host" "$(calculate "$host_used $million") s" - -
	row "  transactions per scan" "$(calculate "$transactions / $scans")" "one for each scan" \
		"$(calculate "$transactions / $scans")"
	row "  memory at most, supervisor" "$peak_memory MiB" - -
	row "  memory at most, plugin host" "$host_memory MiB" - -
	check_arrays "$1" "samples held against the ledger"
	bytes=$(ask "SELECT round((SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
		WHERE inhparent = 'storage.frame_0'::regclass) / $checked::numeric, 2)")
	row "  bytes per sample, with the index" "$bytes" "3" "$(calculate "$bytes / 3")"
}

# compare TEXT COUNT DRIVES GAUGES TURNS ROWS FRAMES: measures, and adds the rows.
compare() {
	text=$1
	shift
	measure_arrays "$@"
	[ "$1" -gt 1 ] || [ "$2" -gt 1000 ] || see_scans
	peak_memory=$(peak "$runner")
	host_memory=$(peak "$host")
	runner_stop
	compare_arrays "$1" "$text"
	[ "$1" -gt 1 ] || [ "$2" -gt 1000 ] ||
		row "  end of scan to sight, one look taking $look µs" "$visible_median µs" \
			"p99: $visible_worst µs" -
	runner_forget
}

# random MOST: a random whole number below it.
random() {
	echo $(($(od -A n -t u4 -N 4 /dev/urandom) % $1))
}

# await_ledger: waits until three more scans were acknowledged.
await_ledger() {
	scans=$(ledger_scans)
	for attempt in $(seq 1200); do
		[ "$(ledger_scans)" -lt $((scans + 3)) ] || return 0
		sleep 0.05
	done
	fail "no scan is stored" "$log"
}

runner_kill() {
	kill -9 "$runner"
	wait "$runner" || true
	runner_start
}

# server_crash: PostgreSQL ends without writing what it has in memory, and recovers. Scans that were
# acknowledged meanwhile are stored when this ends.
server_crash() {
	(cd "$directory/server" && $as_user "$bin/pg_ctl" -w -m immediate -D "$directory/server/data" \
		-l "$directory/server/log" restart) >>"$directory/server.out" 2>&1 ||
		fail "PostgreSQL did not start" "$directory/server.out"
	server=$(head -n 1 "$directory/server/data/postmaster.pid")
	revision=$(ask "SELECT revision FROM storage.counter")
	await 60 "SELECT revision > $revision + 3 FROM storage.counter" >/dev/null
}

# disturb ROUNDS: an array whose scans are disturbed at random; a row. It has no more than 200 scans a
# second, so that there is room in memory for what comes while PostgreSQL is away.
disturb() {
	arrays_new 1 1000 2 "" 5
	runner_start
	kills=0
	for round in $(seq "$1"); do
		await_ledger
		sleep "0.$(random 10)"
		if [ "$(random 2)" -eq 0 ]; then
			kills=$((kills + 1))
			runner_kill
		else
			server_crash
		fi
	done 2>"$directory/disturbed" || fail "disturbed too much" "$directory/disturbed"
	await_ledger
	runner_stop
	row "runner killed $kills times, PostgreSQL $(($1 - kills)) times" - - -
	check_arrays 1 "samples held against the ledger"
	runner_forget
}

compare "1 array of 1,000 x 2" 1 1000 2 5 200 1000
compare "8 arrays of 1,000 x 2" 8 1000 2 5 200 1000
compare "1 array of 100,000 x 4" 1 100000 4 3 2 5
disturb 30

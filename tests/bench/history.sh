# SPDX-License-Identifier: MIT
# What 30 days of history cost: an array of 1,000 drives with two gauges, random whole numbers from 0
# to 1,000, sampled every 10 s. The frames of samples are copies of such that the runner made; the
# runner condenses them. Bytes per sample with all of that, and with what the default retention
# leaves of it; how fast samples are stored, in turns, against a database without history.

. "$bench/arrays.sh"

# turn DATABASE: a runner that scans for two seconds. Gives their samples per second as $rate.
turn() {
	sed "s/dbname=[a-z_0-9]*/dbname=$1/" "$directory/fast.yaml" >"$directory/plugin-runner.yaml"
	rm -f "$log"
	runner_start
	await_online 1
	scans=$(ledger_scans)
	took=$(date +%s%6N)
	sleep 2
	scans=$(($(ledger_scans) - scans))
	took=$(($(date +%s%6N) - took))
	runner_stop
	rate=$((scans * per_scan * 1000000 / took))
}

# history_frames DAYS: frames of samples for these days, and the partitions that hold them: copies of
# those that are there.
history_frames() {
	sql <<-EOF
		CREATE TABLE pattern AS SELECT cohort_id, statistic_id, payload,
			row_number() OVER (PARTITION BY statistic_id ORDER BY time) - 1 AS number
			FROM storage.frame_0;
		DELETE FROM pattern WHERE number >= 400;
		CREATE INDEX ON pattern (number);
		ANALYZE pattern;
		CREATE PROCEDURE fill(begin_s bigint, end_s bigint) LANGUAGE sql AS \$\$
			INSERT INTO storage.frame (resolution, cohort_id, statistic_id, bin, time, payload)
				SELECT 0, cohort_id, statistic_id, 0, to_timestamp(s), payload
				FROM generate_series(begin_s, end_s - 1, 10) AS s JOIN pattern ON number = s / 10 * 7 % 400;
		\$\$;
		DO \$\$
		DECLARE
			first_s CONSTANT bigint := (SELECT extract(epoch FROM min(time)) FROM storage.frame);
			last_s CONSTANT bigint := (SELECT min(substring(relname FROM '[0-9]{6,}')::bigint)
				FROM pg_class WHERE relname ~ '^frame_0_[0-9]+_[0-9]+\$');
			-- As wide as the runner makes them.
			width CONSTANT bigint := (SELECT extract(epoch FROM retention) / 24 FROM storage.resolution
				WHERE number = 0);
			end_s bigint := last_s;
		BEGIN
			CALL fill(last_s, first_s - 600);
			WHILE end_s > first_s - $1 * 86400 LOOP
				EXECUTE format('CREATE TABLE storage.%I PARTITION OF storage.frame_0 FOR VALUES FROM (%L) TO (%L)',
					format('frame_0_%s_%s', end_s - width, end_s), to_timestamp(end_s - width),
					to_timestamp(end_s));
				CALL fill(end_s - width, end_s);
				COMMIT;
				end_s := end_s - width;
			END LOOP;
		END
		\$\$;
		UPDATE storage.resolution SET condensed = NULL;
		ANALYZE;
	EOF
}

# frame_bytes RESOLUTION: what its frames take on disk; "." is all of them.
frame_bytes() {
	ask "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
		JOIN pg_class ON pg_class.oid = inhparent WHERE relname ~ '^frame_$1\$'"
}

# slow_runner CONDITION [RETENTION]: a runner that scans once a minute, until that is so.
slow_runner() {
	sed "s/dbname=[a-z_0-9]*/dbname=history/; s/period: 0 s/period: 60 s/
		${2+s/retention: .*/retention: {$2\}/}" "$directory/fast.yaml" >"$directory/plugin-runner.yaml"
	rm -f "$log"
	runner_start
	await 1200 "$1" >/dev/null
	runner_stop
}

days=${BENCH_DAYS:-30}
arrays_new 1 1000 2 "samples: 31 d, one_minute: 31 d, five_minutes: 31 d, one_hour: 31 d"
empty=$database
runner_start
await_online 1
await 60 "SELECT count(*) >= 1000 FROM storage.frame" >/dev/null
runner_stop
cp "$directory/plugin-runner.yaml" "$directory/fast.yaml"
ask "CHECKPOINT"
database=
ask "CREATE DATABASE history TEMPLATE $empty"
database=history
history_frames "$days"
slow_runner "SELECT bool_and(coalesce(condensed > now() - 2 * length - interval \$q\$2 min\$q\$, false))
	FROM storage.resolution WHERE number > 0"
samples=$(ask "SELECT count(*) * 1000 FROM storage.frame WHERE resolution = 0")
all_bytes=$(calculate "$(frame_bytes .) / $samples")
row "bytes per sample, $days days kept in all resolutions" "$all_bytes" "3" "$(calculate "$all_bytes / 3")"
row "  of that, as sampled" "$(calculate "$(frame_bytes 0) / $samples")" - -
row "  by the minute" "$(calculate "$(frame_bytes 1) / $samples")" - -

empty_rates= history_rates= ratios=
for round in 1 2 3 4 5; do
	turn "$empty"
	empty_rate=$rate
	turn history
	empty_rates="$empty_rates $empty_rate"
	history_rates="$history_rates $rate"
	ratios="$ratios $(calculate "$empty_rate / $rate" %.3f)"
done
row "samples stored with $days days of history" "$(median $history_rates)/s" \
	"without, $(median $empty_rates)/s; goal: 1.1" "$(median $ratios)"

# Partitions of 31 h.
slow_runner "SELECT (SELECT min(time) FROM storage.frame_0) > now() - interval \$q\$57 h\$q\$
	AND (SELECT min(time) FROM storage.frame_1) > now() - interval \$q\$104 h\$q\$
	AND (SELECT min(time) FROM storage.frame_2) > now() - interval \$q\$200 h\$q\$" ""
kept_bytes=$(calculate "$(frame_bytes .) / $samples")
row "bytes per sample, after the default retention" "$kept_bytes" "3" "$(calculate "$kept_bytes / 3")"
runner_forget
database=$empty
runner_forget

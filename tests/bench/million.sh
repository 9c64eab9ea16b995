# SPDX-License-Identifier: MIT
# A site of 1,000,000 resources: its start, and what those pay who ask the database what an alert
# affects, against a site of 10,000 that is made alike: each shelf of 96 drives, each pool of 19 LUNs.

# million_new SHELVES: a site with 100 resources a shelf, and an alert on the first shelf.
million_new() {
	large=$(($1 * 100 + 1))
	simulator_new "enclosures: $1, drives_per_enclosure: 96, pools: $(($1 / 10)), luns_per_pool: 19,
		statistics: false, period: 60, step: 60, script: [{at: 0, action: fail, object: enclosure 0}]"
}

# affected_time VIEW: the median time of a query for the worst alert, in microseconds.
affected_time() {
	sql <<-EOF
		SELECT alert_id AS alert FROM storage.affected GROUP BY alert_id ORDER BY count(*) DESC LIMIT 1 \\gset
		CREATE TEMP TABLE took (us float8);
		SELECT set_config('bench.alert', :'alert', false) \\g /dev/null
		DO \$\$
		DECLARE
			started timestamptz;
		BEGIN
			FOR i IN 1..101 LOOP
				started := clock_timestamp();
				PERFORM count(*) FROM storage.$1 WHERE alert_id = current_setting('bench.alert')::bigint;
				INSERT INTO took VALUES (extract(epoch FROM clock_timestamp() - started) * 1e6);
			END LOOP;
		END
		\$\$;
		SELECT round(percentile_disc(0.5) WITHIN GROUP (ORDER BY us)) FROM took;
	EOF
}

for shelves in 100 10000; do
	million_new "$shelves"
	runner_start
	await_large 600 >/dev/null
	await_online 1
	await 60 "SELECT count(*) > 0 FROM storage.alerts WHERE active" >/dev/null
	[ "$shelves" -gt 100 ] || {
		few_resources=$(affected_time affected)
		few_volumes=$(affected_time affected_volumes)
		count=$(ask "SELECT max(n) FROM (SELECT count(*) AS n FROM storage.affected GROUP BY alert_id) AS a")
		runner_stop
		runner_forget
	}
done
many_resources=$(affected_time affected)
many_volumes=$(affected_time affected_volumes)
row "what an alert affects ($count resources), among 1,000,000" "$many_resources µs" \
	"among 10,000, $few_resources µs" "$(calculate "$many_resources / $few_resources")"
row "  the volumes among them" "$many_volumes µs" \
	"among 10,000, $few_volumes µs" "$(calculate "$many_volumes / $few_volumes")"
runner_stop
rm "$log"
begin=$(date +%s%3N)
runner_start
await_online 1
first=$(($(logged 'session initial') - begin))
row "start with 1,000,000 resources, to the first scan" "$(calculate "$first / 1000") s" \
	"goal: 10 s" "$(calculate "$first / 10000")"
row "  memory, supervisor" "$(resident "$runner") MiB" "1 KiB per resource" \
	"$(calculate "$(resident "$runner") * 1024 / $large")"
row "  at most, with the first scan in it" "$(peak "$runner") MiB" "1 KiB per resource" \
	"$(calculate "$(peak "$runner") * 1024 / $large")"
runner_stop
runner_forget
large=100001

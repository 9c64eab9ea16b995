# SPDX-License-Identifier: MIT
# What the measurements share: a PostgreSQL server with default settings on a Unix socket in
# $directory, runners with a database of their own, figures from /proc and from the status, and the
# table. Sourced by run, which sets $directory, $build and $rows.

# ---- the table ----

# row NAME FIGURE COMPARED_WITH RATIO: adds a row; "-" where there is nothing to compare with.
row() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$rows"
}

print_table() {
	{
		printf 'measurement\tfigure\tcompared with\tratio (less is better)\n'
		cat "$rows"
	} | awk -F '\t' '
		{
			for (i = 1; i <= 4; i++) {
				cell[NR, i] = $i
				if (length($i) > width[i])
					width[i] = length($i)
			}
		}
		function line(n) {
			printf "%-*s  %*s  %-*s  %s\n", width[1], cell[n, 1], width[2], cell[n, 2],
			    width[3], cell[n, 3], cell[n, 4]
		}
		END {
			line(1)
			rule = sprintf("%*s", width[1] + width[2] + width[3] + 27, "")
			gsub(/ /, "-", rule)
			print rule
			for (n = 2; n <= NR; n++)
				line(n)
		}'
}

# calculate EXPRESSION [FORMAT]: arithmetic with fractions.
calculate() {
	awk "BEGIN { printf \"${2:-%.2f}\", $1 }"
}

# median NUMBER...
median() {
	printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"
}

# ---- the database server ----

server=
# As root the server has to be another user.
if [ "$(id -u)" -eq 0 ]; then
	user=postgres
	as_user="runuser -u postgres --"
else
	user=$(id -un)
	as_user=
fi

server_start() {
	[ -z "$server" ] || return 0
	bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	mkdir "$directory/server"
	[ -z "$as_user" ] || chown "$user" "$directory/server"
	(cd "$directory/server" &&
		$as_user "$bin/initdb" --no-sync -A trust -E UTF8 --locale=C.UTF-8 -D "$directory/server/data" &&
		$as_user "$bin/pg_ctl" -w -D "$directory/server/data" -l "$directory/server/log" \
			-o "-k $directory/server -c listen_addresses=" start) >"$directory/server.out" 2>&1 ||
		fail "PostgreSQL did not start" "$directory/server.out"
	server=$(head -n 1 "$directory/server/data/postmaster.pid")
}

# sql: runs standard input in the runner's database; values only.
sql() {
	PGOPTIONS='-c client_min_messages=warning' psql -XqAt -v ON_ERROR_STOP=1 -h "$directory/server" \
		-U "$user" "${database:-postgres}"
}

# ask STATEMENT: its result.
ask() {
	printf '%s\n' "$1" | sql
}

# ---- the runner ----

runner=
runners=0

# runner_new: a new database; the text on standard input is added to the configuration.
runner_new() {
	runners=$((runners + 1))
	log=$directory/log
	rm -f "$log"
	database=
	ask "CREATE DATABASE bench_$runners"
	ask "CHECKPOINT"
	database=bench_$runners
	cat >"$directory/plugin-runner.yaml" <<-EOF
		directories:
		  plugins: $build/plugins
		  state: $directory/state
		database:
		  conninfo: "host=$directory/server user=$user dbname=$database"
		control:
		  socket: $directory/control.sock
		log:
		  level: debug
		  file: $log
	EOF
	cat >>"$directory/plugin-runner.yaml"
}

# simulator_new SETTINGS [COUNT]: a runner with simulated couplets.
simulator_new() {
	{
		cat <<-EOF
			plugins:
			  - name: simulator
			    settings: {$1}
			scannables:
		EOF
		for couplet in $(seq "${2:-1}"); do
			echo "  - {plugin: simulator, class: Couplet, attributes: {name: bench-$couplet}}"
		done
	} >"$directory/plugins.yaml"
	runner_new <"$directory/plugins.yaml"
}

# large_new: one couplet with the number of resources in $large: 1,000 × (enclosure, fan, 96
# drives), 100 × (pool, 19 LUNs), and itself.
large=100001
large_new() {
	simulator_new "enclosures: 1000, drives_per_enclosure: 96, pools: 100, luns_per_pool: 19,
		statistics: false, period: 60"
}

runner_start() {
	"$build/bin/iml-plugin-runner" --config "$directory/plugin-runner.yaml" >"$directory/output" 2>&1 &
	runner=$!
}

runner_stop() {
	kill "$runner" 2>/dev/null || true
	wait "$runner" || fail "the runner failed" "$log"
	runner=
}

# runner_forget: drops the database of a runner that was stopped.
runner_forget() {
	forgotten=$database
	database=
	ask "DROP DATABASE $forgotten"
}

# status EXPRESSION: an SQL expression over s, the status of the runner as jsonb.
status() {
	"$build/bin/iml-plugin" --socket "$directory/control.sock" --json status >"$directory/status.json"
	sql <<-EOF
		\\set status \`cat $directory/status.json\`
		SELECT $1 FROM (SELECT :'status'::jsonb) AS status (s);
	EOF
}

# await SECONDS STATEMENT: repeats a cheap statement in the server every 10 ms until it is true;
# gives the time in milliseconds.
await() {
	sql <<-EOF
		DO \$\$
		DECLARE
			reached boolean := false;
			until timestamptz := clock_timestamp() + interval '$1 s';
		BEGIN
			LOOP
				EXECUTE '$2' INTO reached;
				EXIT WHEN reached;
				IF clock_timestamp() > until THEN
					RAISE 'waited in vain for: $2';
				END IF;
				COMMIT;
				PERFORM pg_sleep(0.01);
			END LOOP;
		END
		\$\$;
		SELECT floor(extract(epoch FROM clock_timestamp()) * 1000);
	EOF
}

# await_schema: waits until the tables are there.
await_schema() {
	await 30 "SELECT to_regclass(\$q\$storage.counter\$q\$) IS NOT NULL" >/dev/null
}

# await_online COUNT: waits until so many scannables have their first update scan behind them.
await_online() {
	for attempt in $(seq 600); do
		[ "$(cat "$log" 2>/dev/null | grep -c 'session online')" -lt "$1" ] || return 0
		sleep 0.1
	done
	fail "not all scannables came online" "$log"
}

# await_large [SECONDS]: waits until all of large_new is stored; gives the time in milliseconds.
await_large() {
	await_schema
	await "${1:-120}" "SELECT resource >= $large FROM storage.counter"
}

# await_scan: waits until the first scannable is scanned once more.
await_scan() {
	last=$(status "$first_scannable->>'last_scan'")
	for attempt in $(seq 600); do
		[ "$(status "$first_scannable->>'last_scan'")" = "$last" ] || return 0
		sleep 0.1
	done
	fail "no scan within a minute" "$log"
}
first_scannable="s->'plugins'->0->'scannables'->0"

# logged TEXT: when the first line with it was logged, in milliseconds.
logged() {
	date -d "$(grep -m 1 -- "$1" "$log" | cut -c 1-23)" +%s%3N
}

# ---- processes ----

plugin_process() {
	status "s->'plugins'->0->>'pid'"
}

# processor PID: processor time used so far, in milliseconds.
processor() {
	awk '{ sub(/.*\) /, ""); print ($12 + $13) * 10 }' "/proc/$1/stat"
}

# server_processor: the same of all of PostgreSQL, processes that ended included.
server_processor() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v server="$server" '
		{ pid = $1; sub(/.*\) /, "") }
		pid == server { sum += $12 + $13 + $14 + $15 }
		$2 == server { sum += $12 + $13 }
		END { print sum * 10 }'
}

# peak PID: most memory it ever had, in MiB.
peak() {
	awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"
}

# resident PID: the memory it has now, in MiB.
resident() {
	awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"
}

# ---- the end ----

fail() {
	echo "bench: $1" >&2
	tail -n 20 "$2" >&2
	exit 1
}

finish() {
	if [ -n "$runner" ]; then
		kill "$runner" 2>/dev/null || true
		wait "$runner" 2>/dev/null || true
	fi
	if [ -n "$server" ]; then
		(cd "$directory/server" &&
			$as_user "$bin/pg_ctl" -w -m immediate -D "$directory/server/data" stop) >/dev/null 2>&1 || true
	fi
	rm -rf "$directory"
}

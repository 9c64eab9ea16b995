# SPDX-License-Identifier: MIT
# Arrays of the plugin t_samples, each with a ledger. Sourced by the measurements of samples.

# arrays_new COUNT DRIVES GAUGES [RETENTION [PAUSE]]: a runner with that many arrays, each with a
# ledger. Each scan of one takes that many milliseconds longer.
arrays_new() {
	drives=$2
	gauges=$3
	per_scan=$((drives * gauges))
	rm -f "$directory"/ledger-*
	{
		cat <<-EOF
			plugins:
			  - path: $build/tests/plugins/t_samples.so
			scan:
			  period: 0 s
			statistics:
			  retention: {${4:-}}
			scannables:
		EOF
		for array in $(seq "$1"); do
			: >"$directory/ledger-$array"
			echo "  - {plugin: t_samples, class: Array, attributes: {name: bench-$array," \
				"drives: $drives, gauges: $gauges, ledger: $directory/ledger-$array, pause_ms: ${5:-0}}}"
		done
	} >"$directory/arrays.yaml"
	runner_new <"$directory/arrays.yaml"
}

# ledger_scans: scans in all ledgers.
ledger_scans() {
	echo $(($(cat "$directory"/ledger-* | wc -c) / 16))
}

# SPDX-License-Identifier: MIT
# 10 couplets that are scanned once a second, beside 40 of the same plugin that never answer: how
# late the scans of the 10 begin, over 20 periods.

{
	cat <<-END
		plugins:
		  - name: simulator
		    scan_limit: 1 h
		    settings: {blackholed: dead, period: 1, enclosures: 1, drives_per_enclosure: 12}
		scannables:
	END
	for couplet in $(seq 10); do
		echo "  - {plugin: simulator, class: Couplet, attributes: {name: live-$couplet}}"
	done
	for couplet in $(seq 40); do
		echo "  - {plugin: simulator, class: Couplet, attributes: {name: dead-$couplet}}"
	done
} >"$directory/plugins.yaml"
runner_new <"$directory/plugins.yaml"
runner_start
await_online 10
: >"$directory/lateness"
end=$(($(date +%s) + 21))
while [ "$(date +%s)" -lt "$end" ]; do
	status "(SELECT string_agg(concat_ws(' ', x->>'id', x->>'last_scan', x->>'last_lateness_ms'), chr(10))
		FROM jsonb_array_elements(s->'plugins'->0->'scannables') AS x
		WHERE x->>'state' = 'online')" >>"$directory/lateness"
	sleep 0.2
done
sort -u "$directory/lateness" | awk '{ print $3 }' | sort -g >"$directory/sorted"
scans=$(wc -l <"$directory/sorted")
late() {
	sed -n "$((($scans * $1 + 99) / 100))p" "$directory/sorted"
}
row "10 live beside 40 blackholed: lateness, median" "$(late 50) ms" "the period of 1 s" \
	"$(calculate "$(late 50) / 1000" %.4f)"
row "  lateness, 99th percentile of $scans scans" "$(late 99) ms" "goal: 500 ms" "$(calculate "$(late 99) / 500" %.4f)"
runner_stop
runner_forget

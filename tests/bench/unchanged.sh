# SPDX-License-Identifier: MIT
# Scans of 10,000 resources that find nothing new, once a second, against the first scan.

simulator_new "enclosures: 100, drives_per_enclosure: 96, pools: 20, luns_per_pool: 9,
	statistics: false, period: 1"
runner_start
await_online 1
host=$(plugin_process)
first=$(($(logged 'session online') - $(logged 'session initial')))
transactions=$(status "s->'database'->>'transactions'")
host_before=$(processor "$host")
runner_before=$(processor "$runner")
scans=10
times=
for scan in $(seq $scans); do
	await_scan
	times="$times $(status "$first_scannable->>'last_scan_ms'")"
done
host_used=$(($(processor "$host") - host_before))
runner_used=$(($(processor "$runner") - runner_before))
transactions=$(($(status "s->'database'->>'transactions'") - transactions))
time=$(median $times)
row "unchanged scan of 10,000 resources" "$(calculate "$time" %.1f) ms" \
	"first two scans, stored: $first ms" "$(calculate "$time / $first" %.3f)"
row "  processor time, plugin host" "$(calculate "$host_used / $scans" %.1f) ms" "the scan" \
	"$(calculate "$host_used / $scans / $time")"
row "  processor time, supervisor" "$(calculate "$runner_used / $scans" %.1f) ms" "the scan" \
	"$(calculate "$runner_used / $scans / $time")"
row "  transactions of $scans scans" "$transactions" "goal: 0" -
runner_forget

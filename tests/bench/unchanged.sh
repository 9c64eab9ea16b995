# SPDX-License-Identifier: MIT
# Scans of 10,000 resources that find nothing new, once a second, against the first scan.

simulator_new "enclosures: 100, drives_per_enclosure: 96, pools: 20, luns_per_pool: 9,
	statistics: false, period: 1"
runner_start
await_online 1
host=$(plugin_process)
first=$(($(logged 'session online') - $(logged 'session initial')))
transactions=$(status "s->'database'->>'transactions'")
host_used=$(processor "$host")
runner_used=$(processor "$runner")
sleep 10
host_used=$(($(processor "$host") - host_used))
runner_used=$(($(processor "$runner") - runner_used))
times=
for scan in 1 2 3 4 5; do
	await_scan
	times="$times $(status "$first_scannable->>'last_scan_ms'")"
done
transactions=$(($(status "s->'database'->>'transactions'") - transactions))
time=$(median $times)
row "unchanged scan of 10,000 resources" "$(calculate "$time" %.1f) ms" \
	"first two scans, stored: $first ms" "$(calculate "$time / $first" %.3f)"
row "  processor time in 10 s, plugin host" "$host_used ms" "10 s" "$(calculate "$host_used / 10000" %.4f)"
row "  processor time in 10 s, supervisor" "$runner_used ms" "10 s" "$(calculate "$runner_used / 10000" %.4f)"
row "  transactions of these 15 scans" "$transactions" "goal: 0" -
runner_stop
runner_forget

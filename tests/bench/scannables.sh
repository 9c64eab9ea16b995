# SPDX-License-Identifier: MIT
# 10,000 scannables on the workers of one plugin host, each with four resources and a period of
# 5 s, so 2,000 scans per second: how late they are, after three periods.

scannables=10000
simulator_new "enclosures: 1, drives_per_enclosure: 1, pools: 0, statistics: false, period: 5" \
	"$scannables"
runner_start
begin=$(date +%s%3N)
await_online "$scannables"
first=$(($(date +%s%3N) - begin))
host=$(plugin_process)
transactions=$(status "s->'database'->>'transactions'")
host_used=$(processor "$host")
runner_used=$(processor "$runner")
sleep 15
host_used=$(($(processor "$host") - host_used))
runner_used=$(($(processor "$runner") - runner_used))
late=$(status "(SELECT string_agg(round(l::numeric, 1)::text, ' ') FROM (SELECT unnest(percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY (x->>'last_lateness_ms')::float8)) FROM jsonb_array_elements(s->'plugins'->0->'scannables') AS x) AS p (l))")
transactions=$(($(status "s->'database'->>'transactions'") - transactions))
threads=$(awk '/^Threads/ { print $2 }' "/proc/$host/status")
row "10,000 scannables: all online after" "$(calculate "$first / 1000") s" "the period of 5 s" "$(calculate "$first / 5000")"
row "  lateness of a scan, median" "${late% *} ms" "the period of 5 s" "$(calculate "${late% *} / 5000" %.4f)"
row "  lateness of a scan, 99th percentile" "${late#* } ms" "the period of 5 s" "$(calculate "${late#* } / 5000" %.4f)"
row "  processor time per scan, plugin host" "$(calculate "$host_used / 30") us" "1/2000 s" "$(calculate "$host_used / 15000")"
row "  processor time per scan, supervisor" "$(calculate "$runner_used / 30") us" "1/2000 s" "$(calculate "$runner_used / 15000")"
row "  threads of the plugin host" "$threads" "one for each scannable" "$(calculate "$threads / $scannables" %.4f)"
row "  memory of the plugin host" "$(peak "$host") MiB" "1 KiB per resource" \
	"$(calculate "$(peak "$host") * 1024 / ($scannables * 4)")"
row "  transactions in 15 s" "$transactions" "goal: 0" -
runner_stop
runner_forget

# SPDX-License-Identifier: MIT
# A restart with 100,000 known resources: from exec to the first scan, and what the first scans
# write.

large_new
runner_start
await_large >/dev/null
await_online 1
runner_stop
rm "$log"
revision=$(ask "SELECT revision FROM storage.counter")
begin=$(date +%s%3N)
runner_start
await_online 1
first=$(($(logged 'session initial') - begin))
row "restart with 100,000 resources, to the first scan" "$first ms" \
	"goal: 10 s for 1,000,000, so 1 s" "$(calculate "$first / 1000")"
row "  transactions of the first two scans" "$(status "s->'database'->>'transactions'")" "goal: 0" -
row "  rows written" "$(status "s->'database'->>'rows'")" "goal: 0" -
[ "$revision" = "$(ask "SELECT revision FROM storage.counter")" ] ||
	fail "the first scans after a restart wrote something" "$log"
runner_stop
runner_forget

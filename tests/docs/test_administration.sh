#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The section "Administration" of README.md is true: its commands, run one after the other against a
# fresh runner, print what it shows.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/../.."
root=$PWD
build=$(cd "${BUILD:-build}" && pwd)
# In /tmp, where the user of the database gets at it, whatever TMPDIR says.
directory=$(mktemp -d /tmp/iml-administration.XXXXXX)
chmod 755 "$directory"
patience=120 # seconds for what is to come about

# Ends the runner, if a failure has left it, and leaves nothing behind.
finish() {
	status=$?
	trap - EXIT
	if [ -n "${!:-}" ] && kill "$!" 2>/dev/null; then
		wait "$!" || true
	fi
	cd /
	rm -rf "$directory"
	exit $status
}
trap finish EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# ---- the section ----

awk '/^## / { inside = /^## Administration$/ } inside' README.md >"$directory/section"
awk '/^```/ { inside = /^```yaml/; next } inside' "$directory/section" >"$directory/site.yaml"
sed -n 's/^    //p; /^$/p' "$directory/section" >"$directory/transcript"
[ -s "$directory/site.yaml" ] || fail "README.md has no configuration in its section Administration"

# ---- the site ----

mkdir "$directory/conf.d"
cat >"$directory/conf.d/places.yaml" <<END
directories: {plugins: $build/plugins, state: $directory/state}
control: {socket: $directory/control.sock}
END
export IML_PLUGIN_SOCKET=$directory/control.sock
PATH=$build/bin:$PATH
cd "$directory"

# ---- replaying ----

# What only looks may be asked again until the runner has got there.
looks() {
	[[ $1 =~ ^iml-plugin\ (--wait\ [0-9]+\ )?(status|health|tree|list|show|alerts|impact|stats|volumes|events|top)($|\ ) ]]
}

count=0
# replay COMMAND: runs it and compares what it prints with the file "expected".
replay() {
	local end=$((SECONDS + patience))
	count=$((count + 1))
	# Blank lines that are only between paragraphs of the section.
	sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' expected
	if [[ $1 == *\& ]]; then
		eval "${1%&} >log 2>&1 &"
		return
	fi
	while true; do
		eval "$1" >output 2>&1 || true
		! awk -v expected=expected -f "$root/tests/docs/replay.awk" <output || return 0
		looks "$1" && [ $SECONDS -lt $end ] || break
		sleep 0.2
	done
	diff -u expected output >&2 || true
	fail "README.md shows something else for: $1"
}

command=
while IFS= read -r line <&3; do
	if [[ $line == '$ '* ]]; then
		[ -z "$command" ] || replay "$command"
		command=${line#\$ }
		: >expected
	elif [ -n "$command" ]; then
		printf '%s\n' "$line" >>expected
	fi
done 3<transcript
[ -z "$command" ] || replay "$command"

[ $count -ge 20 ] || fail "only $count commands were found"
tail -n 1 log | grep -q ' stopped$' || fail "the runner did not stop: $(tail -n 5 log)"
echo "Administration: $count commands."

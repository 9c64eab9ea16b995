#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The promises of the plugin interface: no version that was kept has changed; plugins built against
# the header of each of them run today; and when tables grow at their end, old plugins run in the new
# runner while old runners refuse new plugins in words.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/interface
header=plugin-sdk/include/iml/storage_plugin.h
build=$(cd "${BUILD:-build}" && pwd)
directory=$(mktemp -d "${TMPDIR:-/tmp}/iml-interface.XXXXXX")
trap 'rm -rf "$directory"' EXIT
unset MAKEFLAGS MAKELEVEL
grows='iml_class|iml_attribute|iml_statistic|iml_alert_condition|iml_chart|iml_relation'
grows="$grows|iml_plugin_definition|iml_calls"

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# equal WHAT IS EXPECTED
equal() {
	[ "$2" = "$3" ] || fail "$1: \"$2\", expected \"$3\""
}

say() {
	printf '   %s\n' "$*"
}

version_of() {
	sed -n 's/^#define IML_API_M[A-Z]*OR //p' "$1" | paste -sd.
}
today=$(version_of $header)

# ---- what was kept has not changed ----

# The structures and enumerations of a header, each on a line without its end.
declarations() {
	gcc -w -fpreprocessed -dD -E -P -x c "$1" | grep -v '^#' | tr -s '[:space:]' ' ' |
		grep -oE '(struct|enum) iml_[a-z_]+ \{[^}]*\}' | sed -E 's/,? *\}$//'
}

# What to do about a declaration that is not what it was: VERSION BEFORE NOW
complain() {
	fail "the plugin interface has changed.
   version $1 had:  $2
   $header has:  ${3:-nothing of that name}
Plugins that were built for version $1 would not work any more. Leave what is there as it is; what
is added goes to the end of a structure that may grow (see \"Versions\" in the header) or of an
enumeration, and needs a new minor version: raise IML_API_MINOR, turn the last row in
daemon/host/interfaces.h into numbers, and run \"make keep-interface\". Only as long as version $1 has
not been released, \"make keep-interface\" alone records the change."
}

# compare VERSION: each kept declaration is still there.
compare() {
	local before now name
	declarations $header >"$directory/now"
	declarations "$here/$1/iml/storage_plugin.h" >"$directory/before"
	[ "$(wc -l <"$directory/before")" -gt 30 ] || fail "the declarations of version $1 were not found"
	while read -r before; do
		name=${before%% \{*}
		now=$(grep "^$name {" "$directory/now" || true)
		[ "$now" = "$before" ] && continue
		[ "$1" != "$today" ] || complain "$1" "$before" "$now"
		[[ $name =~ ^(enum .*|struct ($grows))$ && $now == "$before"[,\;\ ]* ]] ||
			complain "$1" "$before" "$now"
	done <"$directory/before"
}

[ -e "$here/$today/iml/storage_plugin.h" ] ||
	fail "version $today of the plugin interface is not kept: run \"make keep-interface\""
kept=$(cd $here && ls -d [0-9]*.[0-9]*)
for version in $kept; do
	say "no declaration of version $version has changed"
	compare "$version"
done

say "the runner knows the sizes of every version"
gcc -DRUNNER -Idaemon -Iplugin-sdk/include $here/sizes.c -o "$directory/runner-sizes"
for version in $kept; do
	gcc -I$here/"$version" $here/sizes.c -o "$directory/sizes"
	equal "row of version $version in daemon/host/interfaces.h" \
		"$("$directory/runner-sizes" | sed -n "$((${version#*.} + 1))p")" "$("$directory/sizes")"
done

# ---- plugins of every kept version run today ----

flags="-Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden -Wl,--no-undefined ${SANITIZE:+$SANITIZE -Wl,-z,undefs}"

# build_plugin DIRECTORY HEADERS [FLAG]: author.c, as an author builds it.
build_plugin() {
	mkdir -p "$directory/$1"
	gcc -std=c17 $flags -I"$2" ${3:-} $here/author.c -o "$directory/$1/author.so"
}

# What a scan with a plugin gives: PROGRAM FILE
scan() {
	"$1" scan "$2" address=array.example.com --once --json 2>"$directory/log" |
		sed -E 's/"[0-9]{4}-[0-9-]+T[0-9:.]+Z"/"TIME"/' || fail "$2: $(cat "$directory/log")"
}

# check_in_runner FILE: by the configuration check, which loads it as the runner does.
check_in_runner() {
	printf 'directories: {state: %s}\nplugins: [%s]\n' "$directory" "$1" >"$directory/runner.yaml"
	"$build/bin/iml-plugin-runner" --config "$directory/runner.yaml" --check >"$directory/log" 2>&1
}

for version in $kept; do
	say "plugins built for version $version, in C and C++, run today"
	build_plugin "$version" $here/"$version"
	mkdir -p "$directory/$version++"
	g++ -std=c++17 $flags -I$here/"$version" $here/author.cc -o "$directory/$version++/author.so"
	for plugin in "$directory/$version/author.so" "$directory/$version++/author.so"; do
		"$build/bin/iml-plugin" validate "$plugin" >"$directory/log" 2>&1 ||
			fail "$plugin: $(cat "$directory/log")"
		check_in_runner "$plugin" || fail "$plugin: $(cat "$directory/log")"
		scan "$build/bin/iml-plugin" "$plugin" >"$directory/result"
		equal "drives of $plugin" "$(grep -c '"class": "author.Drive",' "$directory/result")" 3
		grep -q '"message": "Drive failure\|"message": "Failure' "$directory/result" ||
			fail "$plugin: no alert"
	done
done

# ---- growth, in both directions ----

# The next version, made up: one more field in each table, one more function.
next=$build/next-interface
minor=${today#*.}
next_version=${today%.*}.$((minor + 1))
mkdir -p "$next/header/iml" "$next/header/host"

# A file that is written only if it changes, so that what depends on it is not built again.
replace() {
	cat >"$1.new"
	if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}
awk -v grows="^struct ($grows) {\$" '
	$0 ~ grows { inside = 1; field = /iml_calls/ ? "int (*grown)(void);" : "int64_t grown;" }
	inside && /^};/ { print "\t" field; inside = 0; found++ }
	{ print }
	END { exit found != 8 }' $header |
	sed "s/^#define IML_API_MINOR .*/#define IML_API_MINOR $((minor + 1))/" |
	replace "$next/header/iml/storage_plugin.h" || fail "the header has not the structures that grow"
replace "$next/header/iml/storage_plugin.hpp" <${header}pp
awk -v row="    $("$directory/runner-sizes" | tail -n 1)" '
	/^    \{sizeof\(struct iml_plugin_definition/ { print row }
	{ print }' daemon/host/interfaces.h | replace "$next/header/host/interfaces.h"

say "a runner of version $next_version, made up from today's with every table longer, is built"
make -s -j"$(nproc)" BUILD="$next" CC="gcc -I$next/header" OPTIMIZE=-O0 HARDEN= \
	"$next/bin/iml-plugin" >"$directory/log" 2>&1 || fail "$(cat "$directory/log")"
gcc -std=gnu17 -D_GNU_SOURCE -I"$next/header" -Idaemon $here/grown.c -o "$directory/grown" \
	-Wl,--start-group "$next"/lib/lib{host,wire,model,base}.a -Wl,--end-group ${SANITIZE:-} -lelf -ljson-c -lm -pthread
build_plugin next "$next/header" -DGROWN=7
build_plugin today plugin-sdk/include

say "it runs plugins of version $today, and finds zero where they have nothing"
"$next/bin/iml-plugin" validate "$directory/today/author.so" >"$directory/log" 2>&1 ||
	fail "$(cat "$directory/log")"
equal "fields of a plugin that lacks them" "$("$directory/grown" "$directory/today/author.so")" "0 0 0 0 0 0 0"
scan "$build/bin/iml-plugin" "$directory/today/author.so" >"$directory/expected"
scan "$next/bin/iml-plugin" "$directory/today/author.so" >"$directory/result"
diff "$directory/expected" "$directory/result" || fail "the old plugin gives other results in the new runner"

say "it runs plugins of version $next_version, and reads what is new"
equal "fields of a plugin that has them" "$("$directory/grown" "$directory/next/author.so")" "7 7 7 7 7 7 7"
scan "$next/bin/iml-plugin" "$directory/next/author.so" >"$directory/result"
diff "$directory/expected" "$directory/result" || fail "the new plugin gives other results"

say "a runner of version $today refuses those, and names both versions"
refused() { # COMMAND...
	! "$@" >"$directory/log" 2>&1 || fail "$* did not refuse it"
	grep -q "declares version $next_version of the plugin interface.* supports version $today" \
		"$directory/log" || fail "$*: $(cat "$directory/log")"
}
refused "$build/bin/iml-plugin" validate "$directory/next/author.so"
refused check_in_runner "$directory/next/author.so"

say "a change without a new version is noticed"
sed 's/^	const char \*title;/	int more;\n&/' "$here/$today/iml/storage_plugin.h" >"$directory/changed.h"
message=$( (header=$directory/changed.h && compare "$today") 2>&1) && fail "a field in the middle was not noticed"
[[ $message == *"struct iml_chart"*"make keep-interface"* ]] || fail "it was not told: $message"

say "growth with a new version is none"
kept_version=$today
(header=$next/header/iml/storage_plugin.h today=$next_version && compare "$kept_version")

echo "Interface: version $today keeps what versions $(echo $kept | sed 's/ /, /g') promised."

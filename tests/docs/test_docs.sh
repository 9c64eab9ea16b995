#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The documents for plugin authors are true: every sample in them compiles, whole plugins among them
# validate and scan as the text says, what pages refer to is there, all that the headers declare is
# described, and the same plugin takes at most twice the lines that it took in Python.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/docs
build=$(cd "${BUILD:-build}" && pwd)
directory=$(mktemp -d "${TMPDIR:-/tmp}/iml-docs.XXXXXX")
trap 'rm -rf "$directory"' EXIT
flags="-Wall -Wextra -Wpedantic -Werror -Iplugin-sdk/include -I$here"
shared="-fPIC -shared -fvisibility=hidden -Wl,--no-undefined"
compilers=$(for c in gcc clang; do if command -v $c >/dev/null; then echo $c; fi; done)

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

say() {
	printf '   %s\n' "$*"
}

# ---- pages ----

if command -v mandoc >/dev/null; then
	say "mandoc has nothing to say about the pages"
	mandoc -T lint -W warning man/*.[1-9] || fail "see above"
fi

# The names of a page.
names() {
	sed -n '/^\.Nd/q; s/^\.Nm \([^ ]*\).*/\1/p' "$1"
}

say "every page that is referred to is there"
for page in man/*.[1-9]; do
	for name in $(names "$page"); do
		echo "$name ${page##*.}"
	done
done | sort -u >"$directory/pages"
sed -nE 's/^\.(It )?Xr ((iml|IML|storage)[^ ]* [1-9]).*/\2/p' man/*.[1-9] | sort -u >"$directory/wanted"
[ -s "$directory/wanted" ] || fail "no reference was found"
missing=$(comm -13 "$directory/pages" "$directory/wanted")
[ -z "$missing" ] || fail "no page has the name of: $missing"

say "every call and macro of the headers is in the name of a page"
{
	gcc -w -fpreprocessed -dD -E -P -x c plugin-sdk/include/iml/storage_plugin.h
	gcc -w -fpreprocessed -dD -E -P -x c plugin-sdk/include/iml/plugin_test.h
} | sed -nE 's/^#define ((IML|iml)_[A-Za-z_]*[A-Za-z])[ (].*/\1/p
	s/^(static inline )?.*[ *](iml_[a-z_]+)\(.*/\2/p' |
	grep -vE '_(H|at|definition|format)$|_$|^IML_(API_|PLUGIN_|COUNT|PLACE)|^iml_value_' | sort -u >"$directory/public"
[ "$(wc -l <"$directory/public")" -gt 80 ] || fail "the names in the headers were not found"
sed -n 's/ 3$//p' "$directory/pages" | sort -u >"$directory/described"
missing=$(comm -23 "$directory/public" "$directory/described")
[ -z "$missing" ] || fail "no page of section 3 describes: $missing"

# ---- samples ----

# What makes a sample of each kind a source file.
wrap() { # KIND FILE
	case $1 in
	declarations) printf '#include "prelude.h"\n' && cat "$2" ;;
	attribute)
		printf '#include "prelude.h"\nextern const struct iml_attribute sample[];\n'
		printf 'const struct iml_attribute sample[] = {\n' && cat "$2" && echo '};'
		;;
	statements) printf '#include "prelude.h"\nSAMPLE_BEGIN\n' && cat "$2" && echo 'SAMPLE_END' ;;
	test) cat "$2" ;;
	c++) printf '#include <iml/storage_plugin.h>\n' && cat "$2" ;;
	*) cat "$2" ;;
	esac
}

# Of a fragment some things are not used, and a vendor's mocks are not declared.
compile() { # KIND FILE PLACE
	local compiler source=$directory/wrapped.${2##*.}
	wrap "$1" "$2" >"$source"
	for compiler in $compilers; do
		case $1 in
		c++)
			compiler=${compiler/gcc/g++} compiler=${compiler/clang/clang++}
			set -- "$1" "$2" "$3" -std=c++17 -Wno-unused
			;;
		file | plugin | test) set -- "$1" "$2" "$3" -std=c17 ;;
		*) set -- "$1" "$2" "$3" -std=c17 -Wno-unused ;;
		esac
		$compiler $flags "${@:4}" -fsyntax-only "$source" || fail "$compiler: the sample at $3"
	done
}

# A plugin of the documents is built as they say, validated, and scanned with made-up attributes.
run_plugin() { # FILE PLACE NAME ATTRIBUTE
	local value=array.example.com
	[ "$4" = status_file ] && value=$directory/state
	gcc -std=c17 $flags $shared "$1" -o "$directory/$3.so"
	"$build/bin/iml-plugin" validate "$directory/$3.so" >"$directory/log" 2>&1 ||
		fail "$2: $(cat "$directory/log")"
	"$build/bin/iml-plugin" scan "$directory/$3.so" "$4=$value" --once >"$directory/$3.scanned" 2>&1 ||
		fail "$2: $(cat "$directory/$3.scanned")"
}

say "every sample compiles, with $(echo $compilers | sed 's/ / and /')"
count=0
$here/extract "$directory/samples" man/*.[1-9] README.md CONTRIBUTING.md plugin-sdk/skeleton/*.md >"$directory/list"
while read -r kind file place rest; do
	case $kind in
	python | text | sql) continue ;;
	data) cp "$file" "$directory/state" && continue ;;
	output) cp "$file" "$directory/output" && continue ;;
	unknown)
		[[ $place == *.[37]:* ]] || ! grep -q 'IML_\|iml_[a-z]*(' "$file" || fail "$place: the sample tells no kind"
		[[ $place != *.[37]:* ]] || fail "$place: the sample tells no kind"
		continue
		;;
	esac
	compile "$kind" "$file" "$place"
	count=$((count + 1))
	[ "$kind" != plugin ] || run_plugin "$file" "$place" $rest
done <"$directory/list"
[ $count -ge 15 ] || fail "only $count samples were found"

say "so does every construct of the porting table"
awk -f $here/porting.awk man/iml-plugin-porting.7 >"$directory/porting.c" || fail "see above"
for compiler in $compilers; do
	$compiler -std=c17 $flags -fsyntax-only "$directory/porting.c" || fail "$compiler: the porting table"
done

say "the worked plugin of iml-storage-plugin(7) draws what the page shows"
# Branches are drawn with other characters where the locale has no more than ASCII.
plain() {
	sed "s|$directory/state|/var/lib/shelf/state|" | tr -s ' ' | LC_ALL=C sed 's/^[^A-Za-z]*//' | grep .
}
diff <(plain <"$directory/output") <(plain <"$directory/shelf.scanned") || fail "see above"

# ---- length ----

say "the plugin that was written in Python takes at most twice the lines in C"
gcc -std=c17 $flags $shared $here/example.c -o "$directory/example.so"
"$build/bin/iml-plugin" validate "$directory/example.so" >"$directory/log" 2>&1 || fail "$(cat "$directory/log")"
python=$(grep -cvE '^[[:space:]]*(#.*)?$' $here/example.py)
# Comments away, then blank lines; a line that holds a comment only counts for nothing.
c=$(awk '{
	while (match($0, /\/\*.*\*\//)) $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
	if (inside && sub(/.*\*\//, "")) inside = 0
	if (!inside && sub(/\/\*.*/, "")) { inside = 1; rest = $0 } else if (inside) next
	if (/[^[:space:]]/) count++
} END { print count }' $here/example.c)
say "lines of code: $python in Python, $c in C: $(awk "BEGIN { printf \"%.2f\", $c / $python }") times"
[ "$c" -le $((2 * python)) ] || fail "that is more than twice"

echo "Documents: $count samples compile."

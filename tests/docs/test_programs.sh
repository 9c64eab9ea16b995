#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The manual pages of the programs are true: every command and option that a program has is in its
# help and on its page, where it belongs, and nothing else is. (Other tests do so for the keys of
# the configuration, the schema, the metrics and the control API.)
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
build=$(cd "${BUILD:-build}" && pwd)
directory=$(mktemp -d "${TMPDIR:-/tmp}/iml-programs.XXXXXX")
trap 'rm -rf "$directory"' EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

say() {
	printf '   %s\n' "$*"
}

# ---- what there is ----

# The words of a text that are long options, sorted.
options() {
	sed -E 's/(^|[^[:alnum:]-])--([a-z][a-z-]*)/\n=\2\n/g' | sed -n 's/^=//p' | sort -u
}

# The long options that a program takes: SOURCE...
taken() {
	sed -nE 's/.*\{"([a-z-]+)", *(no|required|optional)_argument.*/\1/p' "$@" | sort -u
}

# A page with its options as they are typed: "Fl \-json", "Fl s , Fl \-socket Ar path".
typed() {
	sed -E 's/\\-/-/g; s/(^|[ .])Fl -([a-z])/\1 --\2/g' "$1"
}

# The first list of a section, with its items marked "@ ": PAGE. Lists in them are left as they are.
items() {
	typed "$1" | awk '
		/^\.Bl/ { depth++ }
		/^\.El/ { depth-- }
		/^\.It/ && depth == 1 { sub(/^\.It/, "@"); held = /^@ Xo/; if (held) next }
		held && /^\.Cm/ { sub(/^\.Cm/, "@ Cm"); held = 0 }
		{ print }'
}

# same WHAT FILE OTHER: both are sorted lists of the same.
same() {
	local more less
	[ -s "$2" ] || fail "$1: nothing was found"
	less=$(comm -23 "$2" "$3" | tr '\n' ' ')
	more=$(comm -13 "$2" "$3" | tr '\n' ' ')
	[ -z "$less" ] || fail "$1: not documented: $less"
	[ -z "$more" ] || fail "$1: documented, but not there: $more"
}

# ---- iml-plugin-runner ----

say "the options of iml-plugin-runner are those of its page"
page=man/iml-plugin-runner.8
taken daemon/supervisor/main.c >"$directory/taken"
"$build/bin/iml-plugin-runner" --help | options >"$directory/helped"
items $page | grep '^@  --' | options >"$directory/paged"
same "iml-plugin-runner --help" "$directory/taken" "$directory/helped"
same $page "$directory/taken" "$directory/paged"

# ---- iml-plugin ----

page=man/iml-plugin.8
command=$build/bin/iml-plugin

say "the commands of iml-plugin are those of its page"
$command --help | sed -nE 's/^  ([a-z][a-z-]*)( .*)?$/\1/p' | sort -u >"$directory/commands"
items $page | sed -nE 's/^@ Cm ([a-z][a-z\\-]*).*/\1/p' | sed 's/\\//g' | sort -u >"$directory/paged"
same $page "$directory/commands" "$directory/paged"

say "so are the options before a command"
$command --help | grep '^  --' | options >"$directory/common"
items $page | awk '/^@ Cm/ { done = 1 } /^@/ && !done' | options >"$directory/paged"
same $page "$directory/common" "$directory/paged"

# What the page says of a command, in one or more items.
item() {
	items $page | awk -v name="$1" '
		/^@/ || /^\.S[sh]/ { mine = 0 }
		/^@ Cm/ { word = $3; gsub(/\\/, "", word); mine = word == name }
		mine { print }'
}

# The same, with that of a command whose options it also has.
described() {
	item "$1"
	item "$1" | sed -n '/^The options are those of$/{n;s/^\.Cm //p}' | while read -r other; do
		item "$other"
	done
}

say "and the options of each command"
while read -r name; do
	# The help of a command ends with the options that all have.
	$command help "$name" | sed '/^  --socket /,$d' | options >"$directory/helped"
	described "$name" | options | comm -23 - "$directory/common" >"$directory/paged"
	comm -23 "$directory/helped" "$directory/common" >"$directory/own"
	echo >>"$directory/own" && echo >>"$directory/paged"
	sort -o "$directory/own" "$directory/own"
	sort -o "$directory/paged" "$directory/paged"
	same "iml-plugin $name" "$directory/own" "$directory/paged"
	cat "$directory/own" "$directory/common"
done <"$directory/commands" | grep . | sort -u >"$directory/helped"

say "and no command takes an option that no help tells of"
taken daemon/cli/*.c >"$directory/taken"
same "the help of iml-plugin" "$directory/taken" "$directory/helped"

say "every variable of their own that the programs look at is on a page"
grep -ohE 'getenv\("IML_[A-Z_]+"\)' daemon/*/*.c | sed 's/.*("//; s/")//' | sort -u >"$directory/variables"
typed man/iml-plugin.8 | sed -nE 's/^\.It Ev (IML_[A-Z_]+)$/\1/p' | sort -u >"$directory/paged"
same man/iml-plugin.8 "$directory/variables" "$directory/paged"

echo "Programs: $(wc -l <"$directory/commands") commands, $(wc -l <"$directory/taken") options of iml-plugin."

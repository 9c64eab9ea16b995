#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What "make install" puts into a staging directory is enough to write a plugin with: one is made,
# built in C17 and C++17 by every compiler there is, tested, validated, scanned and installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
build=$(cd "${BUILD:-build}" && pwd)
directory=$(mktemp -d "${TMPDIR:-/tmp}/iml-install.XXXXXX")
trap 'rm -rf "$directory"' EXIT
stage=$directory/stage
unset MAKEFLAGS MAKELEVEL DESTDIR prefix

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# equal WHAT IS EXPECTED
equal() {
	[ "$2" = "$3" ] || fail "$1 is \"$2\", expected \"$3\""
}

say() {
	printf '   %s\n' "$*"
}

# A copy of the build: the programs are made again for the prefix.
mkdir "$directory/build"
cp -a "$build/obj" "$build/lib" "$build/plugins" "$directory/build"
install_with() {
	make -s BUILD="$directory/build" OPTIMIZE=-O0 "$@" install >"$directory/log" 2>&1 ||
		fail "make install $*: $(cat "$directory/log")"
}
install_with prefix=/usr DESTDIR="$stage"

say "every file is where it belongs"
for file in usr/sbin/iml-plugin-runner usr/bin/iml-plugin \
	usr/lib/iml-plugins/{example,linux,simulator}.so \
	usr/include/iml/{storage_plugin.h,storage_plugin.hpp,plugin_test.h} \
	usr/lib/libiml-plugin-test.a usr/lib/pkgconfig/iml-{storage-plugin,plugin-test}.pc \
	etc/iml/plugin-runner.yaml usr/lib/systemd/system/iml-plugin-runner.service \
	usr/share/man/man8/iml-plugin{,-runner}.8 usr/share/man/man5/iml-plugin-runner.yaml.5 \
	usr/share/man/man7/iml-{storage-plugin,plugin-porting,plugin-api}.7 \
	usr/share/man/man3/{storage_plugin.h,iml_report,iml_update_or_create,IML_STRING}.3 \
	usr/share/iml-plugin-runner/openapi.json \
	usr/share/doc/iml-plugin-runner/{README.md,LICENSE,NEWS} \
	usr/share/bash-completion/completions/iml-plugin \
	usr/share/zsh/site-functions/_iml-plugin usr/share/fish/vendor_completions.d/iml-plugin.fish; do
	[ -s "$stage/$file" ] || fail "$file is missing"
done
[ -d "$stage/etc/iml/conf.d" ] || fail "etc/iml/conf.d is missing"
! grep -rl "$directory" "$stage/usr/lib/pkgconfig" "$stage/etc" "$stage/usr/share" ||
	fail "these name the staging directory"
for page in "$stage"/usr/share/man/man3/*.3; do
	target=$(sed -n '1s/^\.so //p' "$page")
	[ -z "$target" ] || [ -s "$stage/usr/share/man/$target" ] || fail "$page leads nowhere"
done

say "pkg-config tells the places"
export PKG_CONFIG_PATH=$stage/usr/lib/pkgconfig
variable() {
	pkg-config --variable="$1" iml-storage-plugin
}
equal plugindir "$(variable plugindir)" /usr/lib/iml-plugins
equal confdir "$(variable confdir)" /etc/iml/conf.d
interface=$(sed -n 's/^#define IML_API_M[A-Z]*OR //p' "$stage/usr/include/iml/storage_plugin.h" | paste -sd.)
equal interface_version "$(variable interface_version)" "$interface"
install_with prefix=/opt/iml DESTDIR="$directory/other"
export PKG_CONFIG_PATH=$directory/other/opt/iml/lib/pkgconfig
equal plugindir "$(variable plugindir)" /opt/iml/lib/iml-plugins
equal confdir "$(variable confdir)" /opt/iml/etc/iml/conf.d
equal cflags "$(pkg-config --cflags iml-storage-plugin | xargs)" -I/opt/iml/include
equal "what is found below another prefix" \
	"$(pkg-config --define-variable=prefix=/moved --variable=plugindir iml-storage-plugin)" \
	/moved/lib/iml-plugins

# From here on as an author works, who has nothing but what is installed.
export PKG_CONFIG_PATH=$stage/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$stage PATH=$stage/usr/bin:$PATH
flags="-Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden -Wl,--no-undefined"
cd "$directory"
iml-plugin new acme >/dev/null
cp "$root/tests/plugins/good_cplusplus.cc" acme/
cd acme

# The author's library is that of the host, its cflags those of the stage.
unset PKG_CONFIG_SYSROOT_DIR
cflags=$(PKG_CONFIG_SYSROOT_DIR=$stage pkg-config --cflags iml-storage-plugin)
equal cflags "$(echo $cflags)" "-I$stage/usr/include"
for compiler in gcc clang; do
	command -v $compiler >/dev/null || continue
	say "$compiler builds what \"iml-plugin new\" makes, in C17"
	$compiler -std=c17 $flags $cflags acme.c device.c -o acme.so || fail "$compiler: C17"
	iml-plugin validate acme.so >log 2>&1 || fail "$compiler: $(cat log)"
	case $compiler in gcc) plusplus=g++ ;; clang) plusplus=clang++ ;; esac
	command -v $plusplus >/dev/null || continue
	say "$plusplus builds a plugin in C++17"
	$plusplus -std=c++17 $flags $cflags good_cplusplus.cc -o good_cplusplus.so || fail "$plusplus: C++17"
	iml-plugin validate good_cplusplus.so >log 2>&1 || fail "$plusplus: $(cat log)"
done

say "its Makefile builds, tests, validates and installs it"
make -s IML_PLUGIN=iml-plugin PKG_CONFIG="pkg-config --define-variable=prefix=$stage/usr" \
	test validate >log 2>&1 || fail "$(cat log)"
make -s DESTDIR="$stage" install >log 2>&1 || fail "$(cat log)"
[ -s "$stage/usr/lib/iml-plugins/acme.so" ] && [ -s "$stage/etc/iml/conf.d/acme.yaml" ] ||
	fail "the plugin was not installed where pkg-config says"

say "the runner finds it by its drop-in"
cat >"$stage/etc/iml/conf.d/00-stage.yaml" <<END
directories:
  plugins: $stage/usr/lib/iml-plugins
  state: $directory/state
scannables:
  - plugin: acme
    class: Array
    attributes: {address: array-1.example.com}
END
check() {
	"$stage/usr/sbin/iml-plugin-runner" --config "$stage/etc/iml/plugin-runner.yaml" --check
}
check >log 2>&1 || fail "$(cat log)"
mv "$stage/usr/lib/iml-plugins/acme.so" .
! check >log 2>&1 || fail "a plugin that is missing was not missed"
grep -q 'acme' log || fail "the message does not name the plugin: $(cat log)"

commands=$(iml-plugin help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | sort | paste -sd' ')
[ "$(wc -w <<<"$commands")" -ge 12 ] || fail "help lists too few commands: $commands"
checks=$(iml-plugin certify --json --scans 32 acme.so address=array-1.example.com |
	sed -n 's/^ *"name": *"\(.*\)",$/\1/p' | sort | paste -sd' ')

# What a shell offers for a command line, of which the last word is being typed.
offers_in_bash() {
	bash -c '. "$0/usr/share/bash-completion/completions/iml-plugin"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _iml_plugin; printf "%s\n" "${COMPREPLY[@]}"' \
		"$stage" "$@"
}
offers_in_zsh() {
	zsh -f -c 'compadd() { shift; print -l -- ${(M)@:#${words[CURRENT]}*}; }
		_files() { [ "$1" != -g ] || print -l -- ${~words[CURRENT]}${~2}(N); }
		words=("$@") CURRENT=$#; set --; . "$0/usr/share/zsh/site-functions/_iml-plugin"' "$stage" "$@"
}
offers_in_fish() {
	HOME=$directory fish --no-config -c "source $stage/usr/share/fish/vendor_completions.d/iml-plugin.fish
		complete -C '$*'" | cut -f1
}
offers() {
	equal "what $shell offers for \"${*:2}\"" "$("offers_in_$shell" "${@:2}" | sort | paste -sd' ')" "$1"
}

mv acme.so beside.txt
cp beside.txt acme.so
for shell in bash zsh fish; do
	if ! command -v $shell >/dev/null; then
		say "completion in $shell is NOT tested: there is no $shell"
		continue
	fi
	say "completion in $shell knows every command and its options"
	offers "$commands" iml-plugin ''
	offers "$commands" iml-plugin help ''
	offers "--help --json --socket --version --wait" iml-plugin --
	offers validate iml-plugin --json val
	offers status iml-plugin --wait 5 statu
	for command in $commands; do
		options=$(iml-plugin help "$command" | sed -n 's/^  \(--[a-z-]*\) .*/\1/p' | sort | paste -sd' ')
		offers "$options" iml-plugin "$command" --
	done
	offers --all iml-plugin list --a
	offers --dot iml-plugin graph --d
	offers "check init migrate" iml-plugin db ''
	offers migrate iml-plugin db --json m
	offers --json iml-plugin status --j
	offers "$checks" iml-plugin certify acme.so --check ''
	offers acme.so iml-plugin validate --json ac
	offers "" iml-plugin scan acme.so --period ''
	offers "" iml-plugin stats 1 --since ''
done

echo "Installation: everything is as it should be."

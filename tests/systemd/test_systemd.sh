#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What systemd, systemd-sysusers, systemd-tmpfiles and logrotate make of the files in systemd/, without
# a systemd that runs: that takes a machine of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(cd "${BUILD:-build}" && pwd)
directory=$(mktemp -d "${TMPDIR:-/tmp}/iml-systemd.XXXXXX")
runner=
trap '[ -z "$runner" ] || kill "$runner" 2>/dev/null; rm -rf "$directory"' EXIT
unset MAKEFLAGS MAKELEVEL DESTDIR prefix

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

say() {
	printf '   %s\n' "$*"
}

# Whether there is a program; if not, says what is not tested.
have() {
	command -v "$1" >/dev/null || { say "$2 NOT tested: there is no $1" && false; }
}

# wait_until COMMAND...
wait_until() {
	for _ in {1..1200}; do
		! "$@" || return 0
		sleep 0.1
	done
	fail "waited too long for: $*"
}

units=$directory/usr/lib/systemd/system
service=$units/iml-plugin-runner.service
make_units() {
	make -s BUILD="$directory/build" prefix="$1/usr" sysconfdir="$1/etc" "$2" install-systemd
}
make_units "$directory" notify_reload=
mkdir "$directory"/usr/{sbin,bin}
ln -s "$build/bin/iml-plugin-runner" "$directory/usr/sbin"
ln -s "$build/bin/iml-plugin" "$directory/usr/bin"

say "every place in the units is filled in, and every manual page they name is there"
! grep -rn '@[a-z]*@' "$units" || fail "these are left"
for page in $(sed -n 's/^Documentation=//p' "$units"/*); do
	page=${page#man:}
	[ -s "man/${page%(*}.$(sed 's/.*(\(.\))/\1/' <<<"$page")" ] || fail "there is no $page"
done

if have systemd-analyze "units are"; then
	say "systemd finds nothing wrong with the units"
	systemd-analyze verify --man=no --recursive-errors=no "$units"/* >"$directory/log" 2>&1 ||
		fail "systemd-analyze verify: $(cat "$directory/log")"
	[ ! -s "$directory/log" ] || fail "systemd-analyze verify: $(cat "$directory/log")"

	say "the service is exposed by 2.0 at most"
	systemd-analyze security --no-pager --offline=true --threshold=20 "$service" >"$directory/log" 2>&1 ||
		fail "$(tail -n 2 "$directory/log")"
fi

say "a reload is waited for in the way that the version of systemd knows"
grep -qx 'Type=notify' "$service" && grep -q '^ExecReload=' "$service" || fail "not as before version 253"
make_units "$directory/newer" notify_reload=yes
service=$directory/newer/usr/lib/systemd/system/iml-plugin-runner.service
grep -qx 'Type=notify-reload' "$service" || fail "not as since version 253"
! grep -q '^ExecReload=' "$service" || fail "ExecReload= is left"

if have systemd-sysusers "the user is"; then
	say "systemd-sysusers makes the user, once"
	mkdir -p "$directory/root/etc"
	for _ in once again; do
		systemd-sysusers --root="$directory/root" "$directory/usr/lib/sysusers.d/iml-plugin-runner.conf" \
			>"$directory/log" 2>&1 || fail "systemd-sysusers: $(cat "$directory/log")"
	done
	[ "$(grep -c '^iml-plugin-runner:.*:/var/lib/iml-plugin-runner:.*nologin$' "$directory/root/etc/passwd")" = 1 ] ||
		fail "no user was made: $(cat "$directory/root/etc/passwd")"
	grep -q '^iml-plugin-runner:' "$directory/root/etc/group" || fail "no group was made"
fi

if [ "$(id -u)" -ne 0 ]; then
	say "modes of the configuration are NOT tested: only root can give files away"
elif have systemd-tmpfiles "modes of the configuration are"; then
	say "systemd-tmpfiles takes the configuration from the eyes of others"
	install -D -m 644 conf/plugin-runner.yaml "$directory/root/etc/iml/plugin-runner.yaml"
	install -D -m 644 /dev/null "$directory/root/etc/iml/database-password"
	install -d -m 755 "$directory/root/etc/iml/conf.d"
	sed "s|$directory/etc|/etc|" "$directory/usr/lib/tmpfiles.d/iml-plugin-runner.conf" >"$directory/tmpfiles.conf"
	systemd-tmpfiles --root="$directory/root" --create "$directory/tmpfiles.conf" >"$directory/log" 2>&1 ||
		fail "systemd-tmpfiles: $(cat "$directory/log")"
	id=$(sed -n 's/^iml-plugin-runner:[^:]*:\([0-9]*\):.*/\1/p' "$directory/root/etc/group")
	modes=$(cd "$directory/root/etc/iml" && stat -c '%n %a %u:%g' *)
	[ "$modes" = "conf.d 750 0:$id
database-password 600 0:0
plugin-runner.yaml 640 0:$id" ] || fail "modes are $modes"
fi

if have logrotate "rotation is"; then
	say "logrotate renames the log, and the runner goes on in a new one"
	mkdir "$directory/log.d"
	log=$directory/log.d/runner.log
	sed "s|/var/log/iml-plugin-runner|$directory/log.d|; s|su .*|su $(id -un) $(id -gn)|; /compress/d" \
		"$directory/etc/logrotate.d/iml-plugin-runner" >"$directory/logrotate.conf"
	cat >"$directory/runner.yaml" <<END
database: {conninfo: host=$directory/none}
directories: {state: $directory/state}
control: {socket: $directory/control.sock}
log: {file: $log}
END
	"$directory/usr/sbin/iml-plugin-runner" --config "$directory/runner.yaml" &
	runner=$!
	wait_until test -S "$directory/control.sock"
	wait_until test -s "$log"
	logrotate --force --state "$directory/rotated" "$directory/logrotate.conf" >"$directory/rotation" 2>&1 ||
		fail "logrotate: $(cat "$directory/rotation")"
	[ -s "$log.1" ] || fail "logrotate renamed nothing: $(ls "$directory/log.d")"
	kill "$runner"
	wait "$runner" || fail "the runner ended with status $?"
	runner=
	grep -q 'INFO stopped$' "$log" || fail "the last line is not in the new log"
	! grep -q 'INFO stopped$' "$log.1" || fail "the last line is in the old log"
fi

echo "systemd: everything is as it should be."

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The Debian packages: built, looked at by lintian, and installed, used, upgraded, removed and purged on a
# copy of this machine, an overlay that only this test sees and that is gone when it ends. That takes root,
# and the tools that "make deps-check" installs; IML_TEST_PACKAGES=required makes it a failure to have none.
set -euo pipefail
cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL DESTDIR prefix

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

say() {
	printf '   %s\n' "$*"
}

# equal WHAT IS EXPECTED
equal() {
	[ "$2" = "$3" ] || fail "$1: is \"$2\", expected \"$3\""
}

# quietly COMMAND...
quietly() {
	"$@" >"$directory/log" 2>&1 </dev/null || fail "$*: $(cat "$directory/log")"
}

# ---- within the overlay ----

state=/var/lib/iml-plugin-runner
config=/etc/iml/plugin-runner.yaml

# From here on packages find a systemd, which writes down what it is asked, and does what it can without
# being one.
with_systemd() {
	mkdir -p /run/systemd/system
	rm -f /usr/sbin/policy-rc.d
	mv /usr/bin/systemctl /usr/bin/systemctl.host
	cat >/usr/bin/systemctl <<END
#!/bin/sh
echo "\$*" >>$directory/systemctl
case "\$*" in
*--root=*) exec systemctl.host "\$@" ;;
*is-enabled*) echo enabled ;;
esac
END
	chmod 755 /usr/bin/systemctl
	: >"$directory/systemctl"
}

# asked WHAT: systemd was asked for this.
asked() {
	grep -q "$1" "$directory/systemctl" || fail "systemd was not asked to $1: $(cat "$directory/systemctl")"
}

without_systemd() {
	rm -rf /run/systemd
	rm -f /usr/bin/systemctl /usr/bin/systemctl.host /usr/bin/systemd-tmpfiles
}

# Fails if the configuration is for all to read, or not for the runner.
check_modes() {
	equal "the mode of $config" "$(stat -c '%a %U:%G' $config)" "640 root:iml-plugin-runner"
	equal "the mode of conf.d" "$(stat -c '%a %U:%G' /etc/iml/conf.d)" "750 root:iml-plugin-runner"
}

# How the service is run: as its user, with the directories that systemd makes for it.
as_service=(setpriv --reuid=iml-plugin-runner --regid=iml-plugin-runner --init-groups
	env -i "PATH=$PATH" "STATE_DIRECTORY=$state" RUNTIME_DIRECTORY=/run/iml-plugin-runner)

run_runner() {
	install -d -o iml-plugin-runner -g iml-plugin-runner $state /run/iml-plugin-runner
	"${as_service[@]}" iml-plugin-runner --config $config --check >"$directory/log" 2>&1 ||
		fail "the configuration as it was installed: $(cat "$directory/log")"
	"${as_service[@]}" iml-plugin-runner --config $config --embedded >"$directory/runner.log" 2>&1 </dev/null &
	runner=$!
	for _ in {1..1200}; do
		! iml-plugin status >"$directory/log" 2>&1 || break
		sleep 0.1
	done
	iml-plugin status >"$directory/log" 2>&1 || fail "status: $(cat "$directory/log" "$directory/runner.log")"
	kill $runner
	wait $runner || fail "the runner ended with status $?: $(cat "$directory/runner.log")"
}

use_sdk() {
	cd "$directory"
	for plugin in example simulator linux; do
		quietly iml-plugin validate /usr/lib/iml-plugins/$plugin.so
	done
	quietly iml-plugin new acme
	quietly make -C acme test validate
	quietly cc -std=c17 -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden \
		/usr/share/doc/iml-plugin-example/examples/example/*.c -o example.so \
		$(pkg-config --cflags iml-storage-plugin)
	quietly iml-plugin validate example.so
}

# What there is beyond the machine as it was; what every package leaves, as logs and the account, aside.
left_over() {
	find "$directory/upper" -mindepth 1 ! -type c -printf '/%P %y\n' | while read -r path type; do
		case $path in
		"$directory"* | /proc | /dev | /run | /usr/bin/system*) ;;
		/var/lib/dpkg/* | /var/log/dpkg.log | /var/log/alternatives.log | /var/cache/* | /etc/ld.so.cache) ;;
		/etc/passwd* | /etc/shadow* | /etc/group* | /etc/gshadow* | /etc/.pwd.lock | /etc/subuid* | /etc/subgid*) ;;
		/var/lib/systemd | /var/lib/systemd/deb-systemd-helper-*) ;;
		*) [ "$type" = d ] && [ -e "$directory/lower$path" ] || echo "$path" ;;
		esac
	done
}

inside() {
	directory=$1
	export DEBIAN_FRONTEND=noninteractive
	unset NOTIFY_SOCKET STATE_DIRECTORY RUNTIME_DIRECTORY
	cd /

	say "an older version is installed where systemd runs"
	with_systemd
	quietly dpkg -i "$directory"/old/*.deb
	asked "start.*iml-plugin-runner.service"
	check_modes
	grep -q old /etc/logrotate.d/iml-plugin-runner || fail "not the older version was installed"
	[ -L /etc/systemd/system/multi-user.target.wants/iml-plugin-runner.service ] || fail "the service is not enabled"
	[ ! -e /etc/systemd/system/multi-user.target.wants/iml-plugin-agent.target ] || fail "the target is enabled"

	say "an upgrade keeps what the administrator changed, and asks nothing"
	echo '# mine' >>$config
	: >"$directory/systemctl"
	quietly dpkg -i "$directory"/deb/*.deb
	asked "restart.*iml-plugin-runner.service"
	check_modes
	grep -qx '# mine' $config || fail "the configuration is not that of the administrator any more"
	! grep -q old /etc/logrotate.d/iml-plugin-runner || fail "what nobody changed was not replaced"

	say "the runner runs as its user, with a private database"
	run_runner

	say "plugins are made with what the packages have"
	use_sdk

	say "a removed package leaves configuration and state"
	: >"$directory/systemctl"
	quietly dpkg -r iml-plugin-example iml-plugin-sdk iml-plugin-runner
	asked "stop.*iml-plugin-runner.service"
	[ ! -e /usr/sbin/iml-plugin-runner ] && [ -s $config ] && [ -d $state/postgresql ] || fail "it does not"
	[[ $(left_over) == *$config* ]] || fail "what is left is not seen: $(left_over)"

	say "a purged one leaves nothing"
	quietly dpkg -P iml-plugin-example iml-plugin-sdk iml-plugin-runner
	equal "what is left" "$(left_over)" ""

	say "without systemd it is installed, too, and purged"
	without_systemd
	quietly dpkg -i "$directory"/deb/*.deb
	check_modes
	"${as_service[@]}" iml-plugin-runner --config $config --check >"$directory/log" 2>&1 || fail "$(cat "$directory/log")"
	quietly dpkg -P iml-plugin-example iml-plugin-sdk iml-plugin-runner
	equal "what is left" "$(left_over)" ""
}

if [ "${1:-}" = inside ]; then
	inside "$2"
	exit
fi

# ---- outside ----

# not_tested WHY
not_tested() {
	[ "${IML_TEST_PACKAGES:-}" != required ] || fail "the packages can't be tested: $*"
	say "packages are NOT tested: $*"
	exit 0
}

# Mounts a copy of this machine that is written to a file system in memory, and goes on there.
enter() {
	mount --make-rprivate / &&
		mount -t tmpfs iml-packages "$directory/overlay" &&
		mkdir "$directory"/overlay/{upper,work,root} &&
		mount -t overlay -o "lowerdir=/,upperdir=$directory/overlay/upper,workdir=$directory/overlay/work" \
			iml-packages "$directory/overlay/root" || exit 125
	root=$directory/overlay/root
	mkdir -p "$root$directory"
	cp -r "$directory"/{deb,old} "$root$directory"
	mkdir "$root$directory"/{upper,lower}
	mount --bind "$directory/overlay/upper" "$root$directory/upper"
	mount --bind / "$root$directory/lower"
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs run "$root/run"
	cp "$0" "$root$directory/test"
	exec chroot "$root" "$directory/test" inside "$directory"
}

if [ "${1:-}" = enter ]; then
	directory=$2
	enter
fi

[ "$(id -u)" -eq 0 ] || not_tested "only root may install them"
for tool in dpkg-buildpackage dh lintian unshare setpriv; do
	command -v $tool >/dev/null || not_tested "there is no $tool"
done
build=$(cd "${BUILD:-build}" && pwd)
directory=$(mktemp -d "${TMPDIR:-/tmp}/iml-packages.XXXXXX")
trap 'rm -rf "$directory"' EXIT
chmod 755 "$directory"
mkdir "$directory/overlay"
unshare -m bash -c "mount --make-rprivate / && mount -t tmpfs x '$directory/overlay' &&
	mkdir '$directory'/overlay/{u,w,m} &&
	mount -t overlay -o 'lowerdir=/,upperdir=$directory/overlay/u,workdir=$directory/overlay/w' x '$directory/overlay/m'" \
	>/dev/null 2>&1 || not_tested "no overlay of this machine can be mounted"

say "make deb builds them"
quietly env DEB_BUILD_OPTIONS="noopt noautodbgsym parallel=$(nproc)" COMPILED="$build" make BUILD="$directory" deb
version=$(sed -n 's/^VERSION := //p' Makefile)
[ -s "$directory/deb/iml-plugin-runner_${version}_$(dpkg --print-architecture).deb" ] ||
	fail "there is no package of version $version: $(ls "$directory/deb")"

say "lintian has nothing to say"
quietly lintian --allow-root --fail-on error,warning "$directory"/deb/*.changes
[ ! -s "$directory/log" ] || fail "lintian: $(cat "$directory/log")"

# Takes what the two kinds of packages have of their own from a list of modes and paths: what they say of the
# copyright and of changes, how they compress, where libraries are, and whether these may be executed.
list() {
	awk '$1 ~ /^d/ && $2 !~ /^\/etc\/iml/ { next } { print }' | sed -E '
		/\/\.build-id|\/licenses\/|\/doc\/[^/]*\/(changelog.gz|copyright)$|\/lintian\// d
		s| /lib/systemd| /usr/lib/systemd|; s|/usr/lib/[^/]*-linux-gnu[^/]*/|/usr/lib64/|
		s|^l\S* (.*/man/)|-rw-r--r-- \1|; s|^\S* (.*\.so)$|-rw-r--r-- \1|; s|/$||; s|\.gz$||' | sort -k 2
}
list_deb() {
	dpkg-deb -c "$1" | awk '{ sub(/^\./, "", $6); print $1, $6 }' | list
}
list_rpm() {
	rpm -qp --nosignature --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$1" | list
}

# Builds the other kind of packages with what those of Debian were built with. Debian has rpmbuild, but not the
# macros of the distributions that use it.
build_rpms() {
	cat >"$directory/macros" <<END
%_topdir $directory/rpm
%_docdir /usr/share/doc
%_unitdir /usr/lib/systemd/system
%_sysusersdir /usr/lib/sysusers.d
%_tmpfilesdir /usr/lib/tmpfiles.d
%build_cflags -O0
%build_ldflags %{nil}
%compiled $build
%__os_install_post %{nil}
%systemd_post() echo posted %{1}
%systemd_preun() echo stopped %{1} %{2}
%systemd_postun_with_restart() echo restarted %{1}
END
	quietly rpmbuild -tb --nodeps --load="$directory/macros" "$directory/iml-plugin-runner-$version.tar.gz"
}

compare_packages() {
	for package in iml-plugin-runner iml-plugin-sdk iml-plugin-example; do
		diff <(list_deb "$directory/deb/${package}_"*.deb) \
			<(list_rpm "$directory/rpm/RPMS"/*/"$package-$version"*.rpm) >"$directory/log" ||
			fail "packages of Debian (<) and RPM (>) differ: $package: $(cat "$directory/log")"
		[ "$(list_deb "$directory/deb/${package}_"*.deb | wc -l)" -ge 10 ] || fail "$package has too little"
	done
	scripts=$(rpm -qp --nosignature --scripts "$directory/rpm/RPMS"/*/"iml-plugin-runner-$version"*.rpm)
	for words in "useradd -r -g iml-plugin-runner" "posted iml-plugin-runner.service" \
		"stopped iml-plugin-runner.service iml-plugin-agent.target" "restarted iml-plugin-runner.service"; do
		[[ $scripts == *"$words"* ]] || fail "the RPM does not have \"$words\": $scripts"
	done
}

if command -v rpmbuild >/dev/null; then
	say "packages of Debian and RPM have the same files"
	build_rpms
	compare_packages
else
	say "RPM packages are NOT tested: there is no rpmbuild"
fi

# The same packages as an older version, of which one file of configuration was different.
mkdir "$directory/old"
for package in "$directory"/deb/*.deb; do
	dpkg-deb -R "$package" "$directory/unpacked"
	sed -i "s/$version/0.0.1/" "$directory/unpacked/DEBIAN/control"
	! [ -e "$directory/unpacked/etc/logrotate.d" ] || sed -i '1i # old' "$directory/unpacked/etc/logrotate.d/"*
	quietly dpkg-deb --root-owner-group -b "$directory/unpacked" "$directory/old"
	rm -r "$directory/unpacked"
done

unshare --mount --pid --fork --kill-child bash "$0" enter "$directory" || fail "see above"
echo "Packages: everything is as it should be."

#!/bin/sh
# clean_root.sh - tries the commands of the README as a new user would, in a clean Debian.
#
#   sudo sh tests/clean_root.sh            all of these:
#   sudo sh tests/clean_root.sh tests      tests/run.sh
#   sudo sh tests/clean_root.sh hand       systemd/install.sh where there is no systemd
#   sudo sh tests/clean_root.sh boot       the same in a machine booted with systemd
#   sudo sh tests/clean_root.sh package    the Debian package there: made, installed, upgraded over
#                                          an older state, removed and purged
#
# What is tried is in tests/clean_root/.  Takes the last commit, not what lies uncommitted.  Needs root, debootstrap, systemd-nspawn and a
# Debian mirror (for the package also node and npm), so it is run by hand.  The clean Debian is kept in $CASMAND_ROOTS between runs.
set -eu

roots=${CASMAND_ROOTS:-/var/tmp/casmand-roots}
older=93b5c6053e63 # its state is upgraded by the package
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/clean_root/expect.sh
. "$top/tests/clean_root/expect.sh"

clean_debian() { # NAME [OPTION]: makes $roots/NAME anew, and $root says where
	kept=$roots/kept-$1 root=$roots/$1
	shift
	if [ ! -e "$kept/ready" ]; then
		rm -rf "$kept"
		mkdir -p "$kept"
		debootstrap --variant=minbase "$@" bookworm "$kept" >"$kept.log" 2>&1 ||
			fail "debootstrap: see $kept.log"
		cp /etc/resolv.conf "$kept/etc/"
		touch "$kept/ready"
	fi
	rm -rf "$root"
	cp -a --reflink=auto "$kept" "$root"
	git clone -q "$top" "$root/srv/casmand"
	chown -R 1000:1000 "$root/srv/casmand"
	chroot "$root" useradd --uid 1000 --create-home --shell /bin/sh field
}

# In a process and mount namespace of its own: nothing of it outlives the command.  The root is made
# a mount point, for what mounts something in there.
inside() { # COMMAND...
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --fork --kill-child sh -c '
		mount --bind "$1" "$1" && mount -t proc proc "$1/proc" &&
			mount --rbind /dev "$1/dev" && root=$1 && shift &&
			cd "$root" && exec chroot . "$@"
	' - "$root" "$@"
}

try_tests() {
	clean_debian tests
	inside sh /srv/casmand/tests/run.sh
}

# In a process of its own, "$leader", which is killed with all of the machine when we end.
boot() {
	systemd-nspawn -q -D "$root" --boot --register=no --keep-unit --private-network \
		--console=pipe --link-journal=no </dev/null >"$roots/boot.log" 2>&1 &
	nspawn=$!
	trap 'kill -KILL $leader' EXIT # of the namespace: takes all of the machine along
	leader=
	until [ -n "$leader" ] && booted systemctl is-system-running --wait >/dev/null 2>&1; do
		kill -0 $nspawn || fail "the machine does not boot: see $roots/boot.log"
		leader=$(ps -o pid= --ppid $nspawn | tr -d ' ')
		sleep 0.1
	done
}

booted() { # COMMAND...
	nsenter -t "$leader" -m -u -i -n -p -C -- "$@"
}

power_off() {
	booted systemctl poweroff 2>/dev/null || true # it may go before it has answered
	wait $nspawn || true
	trap - EXIT
}

try_hand() {
	clean_debian hand
	inside sh /srv/casmand/tests/clean_root/script.sh
}

try_boot() {
	clean_debian boot --include=systemd,systemd-sysv,dbus
	inside sh /srv/casmand/systemd/packages.sh build
	boot
	booted sh /srv/casmand/tests/clean_root/script.sh
	power_off
}

# The older casmand knew no buckets, and its state.db has fewer tables.
build_package() {
	clean_debian hand
	mkdir "$root/srv/built"
	expect "the package is built" inside sh /srv/casmand/systemd/package.sh /srv/built
	inside apt-get -q -y install --no-install-recommends lintian >/dev/null
	expect "lintian finds no error" quiet inside \
		sh -c "lintian --allow-root --fail-on error /srv/built/casmand_*.deb"
	git clone -q "$top" "$root/srv/older"
	git -C "$root/srv/older" checkout -q "$older"
	expect "an older casmand is built" quiet inside sh -c "
		meson setup -Dtests=disabled /srv/older/build /srv/older &&
		ninja -C /srv/older/build &&
		cp /srv/older/build/daemon/casmand /srv/older/build/client/casmanctl /srv/built"
	built=$root/srv/built
}

# The machine has no network: what apt needs there is fetched before.
try_package() {
	build_package
	clean_debian boot --include=systemd,systemd-sysv,dbus
	cp -a "$built" "$root/srv/"
	inside sh -c "apt-get -q -y install --no-install-recommends sqlite3 &&
		apt-get -q -y install --download-only /srv/built/casmand_*.deb" >/dev/null
	boot
	sh "$top/tests/servers/r2.sh" install
	r2=$roots/r2
	rm -rf "$r2"
	nsenter -t "$leader" -n -- sh "$top/tests/servers/r2.sh" 8787 id secret "$r2" \
		casman-databases >"$roots/r2.log" 2>&1 & # ends with the machine's network
	simulator=$!
	trap 'kill $simulator; kill -KILL $leader' EXIT
	becomes grep -q ready "$roots/r2.log" || fail "no R2 simulator: see $roots/r2.log"
	booted sh /srv/casmand/tests/clean_root/package.sh
	kill $simulator
	power_off
}

case ${1-all} in
all)
	try_tests
	try_hand
	try_boot
	try_package
	;;
tests | hand | boot | package) "try_$1" ;;
*) fail "say tests, hand, boot or package" ;;
esac

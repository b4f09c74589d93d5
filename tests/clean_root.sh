#!/bin/sh
# clean_root.sh - tries the commands of the README as a new user would, in a clean Debian.
#
#   sudo sh tests/clean_root.sh            all of these:
#   sudo sh tests/clean_root.sh tests      tests/run.sh
#   sudo sh tests/clean_root.sh hand       systemd/install.sh where there is no systemd
#   sudo sh tests/clean_root.sh boot       the same in a machine booted with systemd
#
# Takes the last commit, not what lies uncommitted.  Needs root, debootstrap, systemd-nspawn and a
# Debian mirror, so it is run by hand.  The clean Debian is kept in $CASMAND_ROOTS between runs.
set -eu

roots=${CASMAND_ROOTS:-/var/tmp/casmand-roots}
top=$(cd "$(dirname "$0")/.." && pwd)

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

expect() { # WHAT COMMAND...
	what=$1
	shift
	"$@" || fail "$what: $*"
	echo "ok: $what"
}

# --- outside ---

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

try_hand() {
	clean_debian hand
	inside sh /srv/casmand/tests/clean_root.sh scenario
}

try_boot() {
	clean_debian boot --include=systemd,systemd-sysv,dbus
	inside sh /srv/casmand/systemd/packages.sh build
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
	booted sh /srv/casmand/tests/clean_root.sh scenario
	booted systemctl poweroff 2>/dev/null || true # it may go before it has answered
	wait $nspawn || true
	trap - EXIT
}

booted() { # COMMAND...
	nsenter -t "$leader" -m -u -i -n -p -C -- "$@"
}

# --- inside ---

# A person's first database, by what is there: meson brought Python along.
scan_parts() { # DATABASE JOURNAL_MODE COUNT
	python3 - "$@" <<-'END'
	import os, sqlite3, sys
	db = sqlite3.connect(sys.argv[1])
	db.execute("PRAGMA journal_mode=" + sys.argv[2])
	db.execute("CREATE TABLE IF NOT EXISTS parts (id INTEGER PRIMARY KEY, name TEXT)")
	db.executemany("INSERT INTO parts (name) VALUES (?)", [("antenna",)] * int(sys.argv[3]))
	db.commit()
	os._exit(0)  # as if it still ran: a -wal stays
	END
}

stored() { # how many versions of parts.db
	find /var/lib/casmand/store/backups/parts.db -name '*_parts.db' 2>/dev/null | wc -l
}

daemon_pid() {
	if [ -d /run/systemd/system ]; then
		systemctl show --property MainPID --value casmand
	else
		cat /run/casmand/casmand.pid
	fi
}

runs_as() { # USER
	grep -q "^Uid:	$(id -u "$1")	" "/proc/$(daemon_pid)/status"
}

scenario() {
	cd /srv/casmand
	expect "installs" sh systemd/install.sh
	expect "runs as its own user" runs_as casman
	expect "leaves nothing of root's in the build" test "$(stat -c %U build-release)" = field

	usermod -a -G casman field
	su field -c "sh tests/clean_root.sh scan /var/lib/casman/parts.db delete 10"
	expect "a scan is posted by who is in the group" su field -c "casmanctl scan --count 10"
	expect "a backup is stored" casmanctl backup parts.db
	expect "it lies in the store" test "$(stored)" -ge 1

	echo "# mine" >>/etc/casmand/casmand.conf
	before=$(daemon_pid)
	expect "installs again" sh systemd/install.sh
	expect "an edited configuration stays" grep -q "# mine" /etc/casmand/casmand.conf
	expect "the daemon is a new one" test "$(daemon_pid)" != "$before"
	expect "and knows the versions" sh -c "casmanctl list | grep -q parts.db"

	scenario_of_credentials
	[ ! -d /run/systemd/system ] || scenario_of_systemd

	expect "uninstalls" sh systemd/install.sh --uninstall
	expect "configuration and databases stay" \
		test -e /etc/casmand/casmand.conf -a -e /etc/casmand/casmand.env -a \
		-e /var/lib/casman/parts.db
	expect "versions stay" test "$(stored)" -ge 1
	expect "nothing else stays" test -z "$(find /usr/local /etc/systemd /run -name '*casman*')"

	su field -c "mkdir ~/data && sh tests/clean_root.sh scan ~/data/parts.db wal 3"
	rm /etc/casmand/casmand.conf
	expect "installs for somebody else" \
		sh systemd/install.sh --user field --databases /home/field/data
	expect "runs as that user" runs_as field
	expect "and reads the databases there" \
		sh -c "casmanctl backup parts.db | grep '3 records'"
	expect "installs again without saying for whom" sh systemd/install.sh
	expect "still runs as that user" runs_as field
	expect "and still knows the databases there" \
		sh -c "casmanctl status --json | grep -q /home/field/data/parts.db"
	expect "uninstalls" sh systemd/install.sh --uninstall
}

has_variable() { # NAME=VALUE: the daemon's
	tr '\0' '\n' <"/proc/$(daemon_pid)/environ" | grep -qxF "$1"
}

scenario_of_credentials() {
	environment=/etc/casmand/casmand.env
	sed -i 's/^backend = .*/backend = r2/' /etc/casmand/casmand.conf
	expect "is told how to hand over credentials" \
		sh -c "sh systemd/install.sh | grep -e --preserve-env="
	expect "the store is not available, and it says why" \
		sh -c "casmanctl status | grep 'export R2_ACCOUNT_ID, R2_ACCESS_KEY_ID'"
	# shellcheck disable=SC2016 # no shell may expand it
	export R2_ACCOUNT_ID=account R2_ACCESS_KEY_ID=id R2_SECRET_ACCESS_KEY='a b/+="#$x'
	expect "casmanctl sees that the shell has them" sh -c "casmanctl status | grep 'Hand them over'"
	expect "takes them over, and shows none" \
		sh -c "! sh systemd/install.sh | grep -F '$R2_SECRET_ACCESS_KEY'"
	unset R2_ACCOUNT_ID R2_ACCESS_KEY_ID
	expect "for root alone" test "$(stat -c '%U %a' $environment)" = "root 600"
	expect "the daemon has them" has_variable R2_ACCESS_KEY_ID=id
	expect "whole" has_variable "R2_SECRET_ACCESS_KEY=$R2_SECRET_ACCESS_KEY"
	unset R2_SECRET_ACCESS_KEY
	expect "keeps them where nothing is exported" sh systemd/install.sh
	expect "the daemon still has them" has_variable R2_ACCOUNT_ID=account
	sed -i 's/^backend = .*/backend = file/' /etc/casmand/casmand.conf
	expect "goes back to a folder" casmanctl reload
}

restarted() { # PID: the service has a new process and is ready
	case $(daemon_pid) in 0 | "$1") return 1 ;; esac
	systemctl is-active --quiet casmand
}

scenario_of_systemd() {
	expect "is started at boot" systemctl is-enabled --quiet casmand
	expect "reloads" systemctl reload casmand
	before=$(daemon_pid)
	kill -KILL "$before"
	tries=300
	until restarted "$before" || [ $tries -eq 0 ]; do
		tries=$((tries - 1))
		sleep 0.1
	done
	expect "comes back after kill -9" restarted "$before"
}

case ${1-all} in
all)
	try_tests
	try_hand
	try_boot
	;;
tests | hand | boot) "try_$1" ;;
scenario) scenario ;;
scan) shift && scan_parts "$@" ;;
*) fail "say tests, hand or boot" ;;
esac

#!/bin/sh
# package.sh - the Debian package as a new administrator meets it, on a machine without a network
# but for R2's simulator at port 8787.  /srv/built has the package, and an older casmand.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/clean_root/expect.sh
. "$here/expect.sh"
# shellcheck source=tests/clean_root/service.sh
. "$here/service.sh"

package=$(echo /srv/built/casmand_*.deb)

# Where it asks, the answer is Enter.
apt_install() { # FILE
	echo | DEBIAN_FRONTEND=noninteractive quiet_or_told apt-get -y install "$1"
}

quiet_or_told() { # COMMAND...
	"$@" >/run/scenario.log 2>&1 || { cat /run/scenario.log && return 1; }
}

scan_parts() { # COUNT
	su field -c "sqlite3 /var/lib/casman/parts.db 'CREATE TABLE IF NOT EXISTS parts (name TEXT)'"
	for number in $(seq "$1"); do
		su field -c "sqlite3 /var/lib/casman/parts.db \"INSERT INTO parts VALUES ('$number')\""
	done
}

# The same with a newer version, and a configuration as it may be shipped then.
newer_package() {
	dpkg-deb --raw-extract "$package" /srv/newer
	sed -i 's/^Version: .*/&+newer/' /srv/newer/DEBIAN/control
	echo "# a new comment" >>/srv/newer/etc/casmand/casmand.conf
	dpkg-deb --build --root-owner-group /srv/newer /srv/newer.deb >/dev/null
}

# --- install ---

installs() {
	began=$(date +%s)
	expect "installs" apt_install "$package"
	expect "runs" systemctl is-active --quiet casmand.service casmand.socket
	expect "as its own user" runs_as casman
	expect "its configuration is its own" test "$(stat -c '%U %a' $conf)" = "casman 600"
	expect "is its version" test "$(casmand --version)" = \
		"casmand $(dpkg-query -W -f '${Version}' casmand)"
	usermod -a -G casman field
	scan_parts 10
	expect "makes a first version by itself" becomes stored_once
}

stored_once() {
	[ "$(stored)" -ge 1 ]
}

# --- a bucket, by the README ---

in_bucket() {
	export R2_ACCOUNT_ID=account R2_ACCESS_KEY_ID=id R2_SECRET_ACCESS_KEY=secret
	expect "takes keys over" quiet_or_told casmand-setup
	unset R2_ACCOUNT_ID R2_ACCESS_KEY_ID R2_SECRET_ACCESS_KEY
	sed -i 's/^backend = .*/backend = r2/
		s|^#endpoint =$|endpoint = http://127.0.0.1:8787/cdn-cgi/local/r2/s3|' $conf
	expect "takes the bucket for its store" shows "new configuration in force" casmanctl reload
	scan_parts 1
	expect "the first backup in R2 is stored" shows "stored as backups/parts.db/" casmanctl backup
	expect "R2 is reached" shows "R2 backend initialized, reached now" casmanctl status --refresh
	expect "and lists it" shows "backups/parts.db/" casmanctl list --db parts.db
	expect "all that within five minutes" test $(($(date +%s) - began)) -lt 300
}

# --- and later ---

upgrades() {
	newer_package
	versions=$(casmanctl --json list | grep -o '"key"' | wc -l)
	scans=$(total) pid=$(daemon_pid) socket=$(stat -c %i /run/casmand/casmand.sock)
	expect "upgrades" apt_install /srv/newer.deb
	expect "the daemon is a new one" test "$(daemon_pid)" != "$pid"
	expect "in the same socket" test "$(stat -c %i /run/casmand/casmand.sock)" -eq "$socket"
	expect "an edited configuration is kept" grep -q "^backend = r2" $conf
	expect "the new one lies beside it" grep -q "a new comment" $conf.dpkg-dist
	expect "its owner and mode are kept" test "$(stat -c '%U %a' $conf)" = "casman 600"
	expect "no scan is forgotten" test "$(total)" -eq "$scans"
	expect "nor a version" \
		test "$(casmanctl --json list | grep -o '"key"' | wc -l)" -eq "$versions"
}

for_somebody_else() {
	su field -c "mkdir ~/data && sqlite3 ~/data/parts.db 'PRAGMA journal_mode=WAL;
		CREATE TABLE parts (name TEXT)'" >/dev/null
	sed -i 's|/var/lib/casman/|/home/field/data/|' $conf
	expect "runs for somebody else" \
		quiet_or_told casmand-setup --user field --databases /home/field/data
	expect "as that user" runs_as field
	expect "with the databases there" shows "parts.db stored as" casmanctl backup parts.db
	sed -i 's|/home/field/data/|/var/lib/casman/|' $conf
	expect "and goes back" \
		quiet_or_told casmand-setup --user casman --databases /var/lib/casman
	expect "to its own user" runs_as casman
}

goes() {
	pid=$(daemon_pid)
	expect "is removed" quiet_or_told apt-get -y remove casmand
	expect "with its programs" cannot test -e /usr/sbin/casmand -o -e /usr/bin/casmanctl
	expect "and its socket" cannot test -e /run/casmand
	expect "nothing of it runs" cannot quiet kill -0 "$pid"
	expect "keys and configuration stay" test -e $conf -a -e /etc/casmand/casmand.env
	expect "comes back as it was" apt_install "$package"
	expect "with its store" shows "backups/parts.db/" casmanctl list
	expect "is purged" quiet_or_told apt-get -y purge casmand
	expect "keys and configuration are gone" cannot test -e /etc/casmand
	expect "databases stay" test -e /var/lib/casman/parts.db
	expect "and so does the store" stored_once
	expect "and what is not stored yet" test -d /var/lib/casmand/spool
	expect "nothing else stays" test -z "$(find /etc /lib/systemd /usr /run -name '*casman*' \
		! -path '/run/systemd/*' ! -path '/usr/src/*')"
}

# --- over an older state ---

older_state() {
	rm -rf /var/lib/casmand
	install -d -m 700 -o casman -g casman /var/lib/casmand
	install -d -o casman -g casman /run/casmand
	as_casman="setpriv --reuid=casman --regid=casman --init-groups"
	cat >/srv/older.conf <<-END
	[file]
	path = /var/lib/casmand/store
	[database parts.db]
	path = /var/lib/casman/parts.db
	count_table = parts
	on_change = mark
	END
	$as_casman /srv/built/casmand --config /srv/older.conf 2>/run/older.log &
	old=$!
	becomes quiet /srv/built/casmanctl scan --count 7
	quiet /srv/built/casmanctl backup
	kill $old
	wait $old
	versions=$(stored)
	expect "installs over the state of an older version" apt_install "$package"
	expect "which counted scans" shows '"total":7,' casmanctl --json status
	expect "the next one has the next number" \
		shows "Counted: scan 8" casmanctl scan parts.db
	scan_parts 1
	expect "makes a version after the older ones" shows "stored as" casmanctl backup parts.db
	expect "and has them all" shows "Available Backups ($((versions + 1)))" casmanctl list
}

installs
in_bucket
upgrades
for_somebody_else
goes
older_state
scenario_of_systemd

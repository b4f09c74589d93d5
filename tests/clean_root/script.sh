#!/bin/sh
# script.sh - systemd/install.sh as a new user meets it, on a machine with or without systemd.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/clean_root/expect.sh
. "$here/expect.sh"
# shellcheck source=tests/clean_root/service.sh
. "$here/service.sh"

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

scenario() {
	cd "$here/../.."
	expect "installs" sh systemd/install.sh
	expect "runs as its own user" runs_as casman
	expect "leaves nothing of root's in the build" test "$(stat -c %U build-release)" = field

	usermod -a -G casman field
	su field -c "sh tests/clean_root/script.sh scan /var/lib/casman/parts.db delete 10"
	expect "a scan is posted by who is in the group" su field -c "casmanctl scan --count 10"
	expect "a backup is stored" casmanctl backup parts.db
	expect "it lies in the store" test "$(stored)" -ge 1

	echo "# mine" >>/etc/casmand/casmand.conf
	before=$(daemon_pid)
	expect "installs again" sh systemd/install.sh
	expect "an edited configuration stays" grep -q "# mine" /etc/casmand/casmand.conf
	expect "the daemon is a new one" test "$(daemon_pid)" != "$before"
	expect "and knows the versions" sh -c "casmanctl list | grep -q parts.db"

	[ ! -d /run/systemd/system ] || scenario_of_systemd
	scenario_of_credentials

	expect "uninstalls" sh systemd/install.sh --uninstall
	expect "configuration and databases stay" \
		test -e /etc/casmand/casmand.conf -a -e /etc/casmand/casmand.env -a \
		-e /var/lib/casman/parts.db
	expect "versions stay" test "$(stored)" -ge 1
	expect "nothing else stays" \
		test -z "$(find /usr/local /etc/systemd /run -name '*casman*' ! -path '/run/systemd/*')"

	su field -c "mkdir ~/data && sh tests/clean_root/script.sh scan ~/data/parts.db wal 3"
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

case ${1-} in
scan) shift && scan_parts "$@" ;;
*) scenario ;;
esac

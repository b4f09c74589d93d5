# service.sh - what the service promises, in a machine booted with systemd.  The member is in the
# group casman, the stranger is not; parts.db is there.
# shellcheck shell=sh

dropin=/etc/systemd/system/casmand.service.d/scenario.conf
conf=/etc/casmand/casmand.conf

scenario_of_systemd() {
	useradd --create-home stranger
	service_at_rest
	service_restarts
	service_loses_no_scan
	service_is_confined
	service_has_credentials
	userdel --remove stranger 2>/dev/null
}

# --- at rest ---

service_at_rest() {
	expect "is started at boot" systemctl is-enabled --quiet casmand.service casmand.socket
	expect "says how it stands" shows "2 databases" systemctl show --property StatusText casmand
	expect "reloads" systemctl reload casmand
	expect "a scan is posted by who is in the group" \
		su field -c "casmanctl scan parts.db"
	expect "P10: and by nobody else" su stranger -c "casmanctl scan parts.db; test \$? -eq 5"
	expect "who is told how to join" shows "usermod -aG casman" su stranger -c casmanctl
}

# --- restarts ---

restarted() { # PID: the service has a new process and is ready
	case $(daemon_pid) in 0 | "$1") return 1 ;; esac
	systemctl is-active --quiet casmand
}

comes_back() { # AFTER-WHAT SIGNAL
	pid=$(daemon_pid)
	kill "-$2" "$pid"
	expect "comes back after $1" becomes restarted "$pid"
}

drop_in() { # LINE...: into the service's [Service], and in force
	printf '[Service]\n' >$dropin
	printf '%s\n' "$@" >>$dropin
	systemctl daemon-reload
	systemctl restart casmand
}

no_drop_in() {
	rm -f $dropin
	systemctl daemon-reload
	systemctl restart casmand
}

service_restarts() {
	mkdir -p "${dropin%/*}"
	comes_back "kill -9" KILL
	comes_back "an abort" ABRT
	drop_in WatchdogSec=2s
	comes_back "hanging, by the watchdog" STOP
	expect "the log says that it hung" shows "Watchdog timeout" journalctl --unit casmand
	no_drop_in
}

# --- scans through restarts ---

total() { # member of status's "scans"
	casmanctl --json status | sed 's/.*"scans"[^}]*"total": *\([0-9]*\).*/\1/'
}

# As a scanner app does: whoever got no answer posts the same uid again.
post_scans() { # COUNT
	again=0 alone=0
	for number in $(seq "$1"); do
		until quiet casmanctl --timeout 60 scan parts.db --uid "scan-$number"; do
			[ $? -ne 3 ] || alone=$((alone + 1))
			again=$((again + 1))
		done
	done
	echo $again >/run/scenario-again
	echo $alone >/run/scenario-alone
}

service_loses_no_scan() {
	before=$(total) socket=$(stat -c %i /run/casmand/casmand.sock)
	post_scans 1000 &
	poster=$!
	restarts=0
	while [ $restarts -lt 20 ]; do
		systemctl restart casmand
		restarts=$((restarts + 1))
		now=$(total)
		becomes moved "$now" || fail "no scan came between two restarts"
	done
	kill -0 $poster || fail "all scans were posted before the last restart"
	wait $poster
	expect "P1: 1000 scans through 20 restarts are 1000 scans" test $(($(total) - before)) -eq 1000
	echo "    ($(cat /run/scenario-again) of them were posted again, with the same uid)"
	expect "nobody found no casmand" test "$(cat /run/scenario-alone)" -eq 0
	expect "in the same socket" test "$(stat -c %i /run/casmand/casmand.sock)" -eq "$socket"
	systemctl stop casmand
	expect "a scan starts what was stopped" casmanctl scan parts.db
	systemctl stop casmand.socket
	expect "and not where the socket was stopped, too" \
		sh -c "casmanctl scan parts.db; test \$? -eq 3"
	systemctl start casmand
}

moved() { # TOTAL: a scan more was counted since
	[ "$(total)" -gt "$1" ]
}

# --- the sandbox ---

# As root, which only the mount namespace can keep from it.
writes() { # FOLDER
	quiet nsenter -t "$(daemon_pid)" -m -- touch "$1/scenario" && rm -f "$1/scenario"
}

service_is_confined() {
	expect "is exposed by 1.5 at most" quiet systemd-analyze security --threshold=15 casmand
	for folder in /usr /etc /etc/casmand /home/field /root /var/log /boot /opt; do
		expect "cannot write to $folder" cannot writes $folder
	done
	for folder in /var/lib/casmand /var/lib/casman /mnt; do
		expect "can write to $folder" writes $folder
	done
	status=/proc/$(daemon_pid)/status
	expect "has no capability" grep -q '^CapEff:	0*$' "$status"
	expect "gains no privilege" grep -q '^NoNewPrivs:	1$' "$status"
	expect "its system calls are filtered" grep -q '^Seccomp:	2$' "$status"
}

# --- credentials ---

uses_bucket() { # with keys that no status complains of
	shows "http://127.0.0.1:9" casmanctl status --refresh &&
		cannot quiet shows "there is no" casmanctl status
}

service_has_credentials() {
	cp -p $conf $conf.before
	printf '[r2]\nendpoint = http://127.0.0.1:9\n' >>$conf
	sed -i 's/^backend = .*/backend = r2/' $conf
	casmanctl reload >/dev/null
	expect "without keys it says so" shows "there is no access_key_id" casmanctl status

	install -m 600 /dev/null /etc/casmand/secret
	printf 'hush-hush' >/etc/casmand/secret
	drop_in "LoadCredential=R2_SECRET_ACCESS_KEY:/etc/casmand/secret" \
		"Environment=R2_ACCESS_KEY_ID=id"
	expect "takes keys by LoadCredential=" uses_bucket
	mkdir -p /etc/credstore.encrypted
	printf 'hush-hush' | systemd-creds encrypt --quiet --name=R2_SECRET_ACCESS_KEY - \
		/etc/credstore.encrypted/R2_SECRET_ACCESS_KEY
	drop_in "LoadCredentialEncrypted=R2_SECRET_ACCESS_KEY" "Environment=R2_ACCESS_KEY_ID=id"
	expect "and by LoadCredentialEncrypted=" uses_bucket
	expect "P10: has no key in its environment" \
		cannot grep -q hush-hush "/proc/$(daemon_pid)/environ"
	expect "a reload says that new keys want a restart" \
		shows "For new ones: systemctl restart casmand" casmanctl reload

	mv $conf.before $conf
	rm -r /etc/casmand/secret /etc/credstore.encrypted
	no_drop_in
}

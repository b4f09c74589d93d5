#!/bin/sh
# casmand-setup - for whom casmand runs, where the databases lie, and its keys (see --help).
#
# Every step looks at what is there and does only what is missing, and files are put in place by
# rename: a run that was interrupted is simply run again.  What an earlier run was told by --user
# and --databases is remembered in the unit's drop-in.
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

prefix=$(dirname "$(dirname "$(readlink -f "$0")")")
conf=/etc/casmand/casmand.conf
environment=/etc/casmand/casmand.env
shipped=$prefix/share/casmand/casmand.conf
dropin=/etc/systemd/system/casmand.service.d/install.conf
state=/var/lib/casmand
inbox=/var/spool/casmand   # where apps leave scans while casmand is down
run=/run/casmand
log=/var/log/casmand.log   # without systemd only
pidfile=$run/casmand.pid   # likewise
own_user=casman            # who runs casmand unless told otherwise
own_databases=/var/lib/casman
group=casman               # who may post scans
patience=30                # seconds until casmand must have stopped, or be ready

help() {
	cat <<-END
	usage: sudo casmand-setup [--user USER] [--databases DIR]
	       sudo casmand-setup --stop

	Sets casmand up and starts it anew.  What is not said stays as it is.
	Exported R2_* and AWS_* that name a key or a region are written into
	$environment, for root and casmand alone; sudo hands them over
	with --preserve-env=NAME,NAME.

	  --user USER      run as USER, to whom the databases belong (at first: $own_user, its own)
	  --databases DIR  where the databases lie (at first: $own_databases)
	  --check          only look whether USER and DIR will do
	  --stop           stop casmand until the next boot
	  --help           this text
	END
}

say() {
	echo "casmand: $*"
}

die() {
	echo "casmand: $*" >&2
	exit 1
}

with_systemd() {
	[ -d /run/systemd/system ]
}

# In a single step, so that an interruption leaves the old file or the new one.
place() { # MODE OWNER FROM TO
	install -D -m "$1" -o "$2" -g root "$3" "$4.tmp"
	mv -f "$4.tmp" "$4"
}

remembered() { # KEY
	[ ! -f $dropin ] || sed -n "s/^$1=//p" $dropin
}

make_own() { # the user, its group, and the databases' folder
	if command -v systemd-sysusers >/dev/null; then
		systemd-sysusers "$prefix/lib/sysusers.d/casmand.conf"
		systemd-tmpfiles --create "$prefix/lib/tmpfiles.d/casmand.conf"
		return
	fi
	getent group $group >/dev/null || groupadd --system $group
	id $own_user >/dev/null 2>&1 || useradd --system --gid $group --home-dir $state \
		--no-create-home --shell /usr/sbin/nologin $own_user
	[ -e $own_databases ] || install -d -m 2775 -g $group $own_databases
}

choose_user() {
	id -nG "$user" | tr ' ' '\n' | grep -qx $group || gpasswd -a "$user" $group >/dev/null
	user_group=$group
	[ "$user" = $own_user ] || user_group=$(id -gn "$user")
	as_service="setpriv --reuid=$user --regid=$user_group --init-groups --no-new-privs"
	say "runs as user $user; members of group $group may post scans"
}

make_state() {
	if [ -d $state ] && [ "$(stat -c %U $state)" != "$user" ]; then
		chown -R -h "$user:$user_group" $state
	fi
	install -d -m 700 -o "$user" -g "$user_group" $state
	install -d -m 1730 -o "$user" -g $group $inbox # as in casmand.tmpfiles
	say "databases in $databases, state in $state"
}

own_config() {
	if [ "$databases" != $own_databases ] && cmp -s "$shipped" $conf; then
		sed "s|$own_databases/|$databases/|" "$shipped" >"$work/conf"
		place 600 "$user" "$work/conf" $conf
	fi
	[ "$databases" = $own_databases ] || grep -qF "$databases/" $conf ||
		say "let the paths in $conf point to $databases"
	$as_service test -r $conf || chown "$user" $conf
}

# One NAME='VALUE' a line, which systemd and sh read alike if it has no quote and no backslash.  Values pass through no output and no
# argument list; what is not exported now stays as it is there.  Of AWS_* only what casmand reads.
take_environment() {
	taken=''
	names='R2_[A-Z0-9_]*|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION)'
	(umask 077 && cat "$environment" >"$work/environment" 2>/dev/null) || :
	for name in $(env | sed -En "s/^($names)=.+/\1/p"); do
		value=
		eval "value=\${$name-}"
		[ -n "$value" ] || continue # a line of another variable's value
		odd=$(printf %s "$value" | LC_ALL=C tr -d '\040-\046\050-\133\135-\176' | wc -c)
		[ "$odd" -eq 0 ] || die "$name holds a quote, a backslash, a line end or no ASCII"
		sed -i "/^$name=/d" "$work/environment"
		printf "%s='%s'\n" "$name" "$value" >>"$work/environment"
		taken="$taken $name"
	done
	if [ -n "$taken" ]; then
		place 600 root "$work/environment" "$environment"
		say "written into $environment:$taken"
	elif [ ! -e "$environment" ] && grep -Eqs '^[[:space:]]*backend[ 	]*[=:][ 	]*(r2|s3)' $conf; then
		say "no R2_* and no AWS_* of a key is exported, so there is no $environment."
		say "sudo takes them away; to hand them over, name them:"
		say "  sudo --preserve-env=R2_ACCOUNT_ID,R2_ACCESS_KEY_ID,R2_SECRET_ACCESS_KEY casmand-setup"
	fi
}

write_dropin() {
	if [ "$user $databases" = "$own_user $own_databases" ]; then
		rm -f $dropin
		return
	fi
	cat >"$work/dropin" <<-END
	# Written by casmand-setup --user $user --databases $databases
	[Service]
	User=$user
	Group=$user_group
	ReadWritePaths=$databases
	END
	place 644 root "$work/dropin" $dropin
}

# The socket first: started after it, casmand takes it; and it stays while casmand restarts.
start_by_systemd() {
	systemctl daemon-reload
	systemctl --quiet enable casmand.socket casmand.service
	systemctl is-active --quiet casmand.socket || systemctl stop casmand
	if ! systemctl start casmand.socket || ! systemctl restart casmand 2>"$work/output"; then
		journalctl --unit casmand --lines 5 --no-pager --output cat >&2 ||
			cat "$work/output" >&2
		die "does not start (above is why); mend it: it is tried again every 5 seconds"
	fi
	say "runs as a service, and will after each boot"
}

# The casmand that start_by_hand started, if it still runs.  By name, because /proc/PID/exe cannot
# be read in a container without CAP_SYS_PTRACE.
pid_by_hand() {
	pid=$(cat $pidfile 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = casmand ]
}

stop_by_hand() {
	pid_by_hand || return 0
	kill "$pid"
	timeout $patience tail -s 0.1 --pid="$pid" -f /dev/null || kill -KILL "$pid"
	rm -f $pidfile
}

start_by_hand() {
	stop_by_hand
	install -d -m 755 -o "$user" -g "$user_group" $run
	umask 027
	(
		HOME=$(getent passwd "$user" | cut -d : -f 6)
		set -a
		# shellcheck source=/dev/null
		[ ! -e $environment ] || . $environment
		# shellcheck disable=SC2086 # a list of words
		exec $as_service setsid casmand --config $conf
	) </dev/null >>$log 2>&1 &
	pid=$!
	echo $pid >$pidfile
	tries=$((patience * 10))
	until casmanctl status >/dev/null 2>&1; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! grep -qs '^State:.[^Z]' "/proc/$pid/status"; then
			tail -n 10 $log >&2
			die "does not start (above is the end of $log); mend it, then run this again"
		fi
		sleep 0.1
	done
	say "systemd is not running here, so casmand was started as it is, pid $pid"
	say "its log is $log; after a boot run this again"
}

stop() {
	if with_systemd; then systemctl stop casmand.socket casmand.service; fi
	stop_by_hand
}

arguments() {
	user=$(remembered User) databases=$(remembered ReadWritePaths) verb=setup
	while [ $# -gt 0 ]; do
		case $1 in
		--user) user=${2:?--user needs a name} && shift ;;
		--databases) databases=${2:?--databases needs a folder} && shift ;;
		--check | --stop) verb=${1#--} ;;
		--help) help && exit ;;
		*) die "unknown option $1; --help tells which there are" ;;
		esac
		shift
	done
	user=${user:-$own_user} databases=${databases:-$own_databases}
}

check_arguments() {
	if [ "$user" != $own_user ] && ! id "$user" >/dev/null 2>&1; then
		die "there is no user $user here: adduser $user, or spell it differently"
	fi
	if [ "$databases" != $own_databases ]; then
		[ -d "$databases" ] ||
			die "there is no folder $databases: make it as $user, or spell it differently"
		databases=$(cd "$databases" && pwd)
	fi
	case $databases in
	*[!A-Za-z0-9/._@+-]*) die "spaces and the like in '$databases' confuse systemd: rename it" ;;
	esac
}

main() {
	arguments "$@"
	[ "$(id -u)" -eq 0 ] || die "only root can set it up: sudo casmand-setup"
	[ "$verb" != stop ] || { stop && exit; }
	check_arguments
	[ "$verb" != check ] || exit 0
	[ -e $conf ] || die "there is no $conf: copy it from $shipped"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT

	make_own
	choose_user
	make_state
	own_config
	take_environment
	write_dropin
	if with_systemd; then start_by_systemd; else start_by_hand; fi
	echo
	if [ "${CASMAN_AUTO_SYNC_ON_INSTALL:-false}" = true ]; then
		casmanctl sync || say "not synced, and the installation is good: later, sudo casmanctl sync"
	fi
	casmanctl status --refresh || casmanctl status
}

main "$@"

#!/bin/sh
# install.sh - installs casmand on a Debian machine and starts it (see --help).
#
# Every step looks at what is there and does only what is missing, and files are put in place by
# rename: a run that was interrupted is simply run again.  What an earlier run was told by --user
# and --databases is remembered in the unit's drop-in.
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

prefix=/usr/local
conf=/etc/casmand/casmand.conf
environment=/etc/casmand/casmand.env
shipped=$prefix/share/casmand/casmand.conf # as last installed: tells whether $conf was edited
unit=/etc/systemd/system/casmand.service
dropin=$unit.d/install.conf
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
	usage: sudo sh systemd/install.sh [--user USER] [--databases DIR]
	       sudo sh systemd/install.sh --uninstall

	Installs the Debian packages that casmand needs, builds it, installs it below $prefix
	and starts it.  Run it again to upgrade.  An edited $conf is kept.
	Exported R2_* and AWS_* that name a key or a region are written into
	$environment, for root and casmand alone.

	  --user USER      run as USER, to whom the databases belong (default: $own_user, its own)
	  --databases DIR  where the databases lie (default: $own_databases)
	  --uninstall      stop and remove casmand; configuration, versions and databases stay
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

# Runs a command whose output is of interest only if it fails.
quietly() { # WHAT COMMAND...
	what=$1
	shift
	"$@" >"$work/output" 2>&1 && return
	tail -n 30 "$work/output" >&2
	die "$what failed (above is why); mend it, then run this again"
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

# Built by whom the checkout belongs to, so that nothing of root's is left in it.
build() {
	folder=$top/build-release
	owner=$(stat -c %u "$top")
	again=--reconfigure
	if [ ! -e "$folder/build.ninja" ] || [ "$(stat -c %u "$folder")" -ne "$owner" ]; then
		rm -rf "$folder"
		again=
	fi
	export CCACHE_DISABLE=1 # its folder would be root's
	as_owner="setpriv --reuid=$owner --regid=$(stat -c %g "$top") --clear-groups"
	# shellcheck disable=SC2086 # lists of words
	quietly "configuring the build" $as_owner meson setup $again --buildtype=release \
		--prefix=$prefix --sysconfdir=/etc -Dtests=disabled "$folder" "$top"
	# shellcheck disable=SC2086
	quietly "building" $as_owner ninja -C "$folder"
	say "built in $folder"
}

make_user() {
	getent group $group >/dev/null || groupadd --system $group
	if [ "$user" = $own_user ] && ! id $own_user >/dev/null 2>&1; then
		useradd --system --gid $group --home-dir $state --no-create-home \
			--shell /usr/sbin/nologin $own_user
	fi
	id -nG "$user" | tr ' ' '\n' | grep -qx $group || gpasswd -a "$user" $group >/dev/null
	user_group=$group
	[ "$user" = $own_user ] || user_group=$(id -gn "$user")
	as_service="setpriv --reuid=$user --regid=$user_group --init-groups --no-new-privs"
	say "runs as user $user; members of group $group may post scans"
}

make_folders() {
	install -d -m 755 /etc/casmand
	if [ -d $state ] && [ "$(stat -c %U $state)" != "$user" ]; then
		chown -R -h "$user:$user_group" $state
	fi
	install -d -m 700 -o "$user" -g "$user_group" $state
	# The group's members put scans there, and neither see nor touch those of others.
	install -d -m 1730 -o "$user" -g $group $inbox
	# What the members of the group make here belongs to the group, so casmand may read it.
	[ -e "$databases" ] || install -d -m 2775 -g $group "$databases"
	say "databases in $databases, state in $state"
}

install_config() {
	sed "s|$own_databases/|$databases/|" "$top/casmand.conf" >"$work/conf"
	if [ ! -e $conf ]; then
		place 600 "$user" "$work/conf" $conf
		say "configuration is $conf"
	elif cmp -s "$work/conf" $conf; then
		say "configuration $conf is up to date"
	elif cmp -s $shipped $conf; then
		place 600 "$user" "$work/conf" $conf
		say "configuration $conf was not edited, and is replaced by the new one"
	elif cmp -s "$work/conf" $shipped; then
		say "configuration $conf is kept as you edited it"
	else
		place 600 "$user" "$work/conf" $conf.new
		say "configuration $conf is kept as you edited it; the new one is $conf.new"
	fi
	place 644 root "$work/conf" $shipped
	[ "$databases" = $own_databases ] || grep -qF "$databases/" $conf ||
		say "let the paths in $conf point to $databases"
	$as_service test -r $conf || chown "$user" $conf
}

# One NAME='VALUE' a line, which systemd and sh read alike if it has no quote and no backslash.  Values pass through no output and no
# argument list; what is not exported now stays as it is there.  Of AWS_* only what casmand reads.
install_environment() {
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
		say "  sudo --preserve-env=R2_ACCOUNT_ID,R2_ACCESS_KEY_ID,R2_SECRET_ACCESS_KEY sh $0"
	fi
}

install_files() {
	quietly "installing" meson install -C "$top/build-release" --no-rebuild
	place 644 root "$top/systemd/casmand.service" $unit
	if [ "$user $databases" = "$own_user $own_databases" ]; then
		rm -f $dropin
	else
		cat >"$work/dropin" <<-END
		# Written by systemd/install.sh --user $user --databases $databases
		[Service]
		User=$user
		Group=$user_group
		ReadWritePaths=$databases
		END
		place 644 root "$work/dropin" $dropin
	fi
	say "installed below $prefix, and $unit"
}

start_by_systemd() {
	systemctl daemon-reload
	systemctl --quiet enable casmand
	if ! systemctl restart casmand 2>"$work/output"; then
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

uninstall() {
	if with_systemd; then
		systemctl --quiet disable --now casmand 2>/dev/null || true
	fi
	stop_by_hand
	rm -f $prefix/sbin/casmand $prefix/bin/casmanctl \
		$prefix/share/man/man8/casmand.8 $prefix/share/man/man5/casmand.conf.5 \
		$prefix/share/man/man1/casmanctl.1 $shipped $unit $dropin \
		$prefix/share/casmand/casmand_scan.py $prefix/share/casmand/scanner_app.py
	rm -rf $run
	# Unless something is left in them, or somebody else uses them.
	rmdir $unit.d $prefix/share/casmand $inbox 2>/dev/null || true
	! with_systemd || systemctl daemon-reload
	say "removed.  Left where they are:"
	say "  configuration $conf, and $environment if there is one"
	say "  state, and versions unless [file] path says otherwise: $state"
	say "  databases (${databases}), user and group $group"
}

arguments() {
	user=$(remembered User) databases=$(remembered ReadWritePaths) verb=install
	while [ $# -gt 0 ]; do
		case $1 in
		--user) user=${2:?--user needs a name} && shift ;;
		--databases) databases=${2:?--databases needs a folder} && shift ;;
		--uninstall) verb=uninstall ;;
		--help) help && exit ;;
		*) die "unknown option $1; --help tells which there are" ;;
		esac
		shift
	done
	user=${user:-$own_user} databases=${databases:-$own_databases}
}

main() {
	arguments "$@"
	[ "$(id -u)" -eq 0 ] || die "only root can install: sudo sh systemd/install.sh"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	top=$(cd "$(dirname "$0")/.." && pwd)

	if [ $verb = uninstall ]; then
		uninstall
		exit
	fi
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

	sh "$top/systemd/packages.sh" build
	build
	make_user
	make_folders
	install_config
	install_environment
	install_files
	if with_systemd; then start_by_systemd; else start_by_hand; fi
	echo
	casmanctl status --refresh || casmanctl status
}

main "$@"

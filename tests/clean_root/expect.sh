# expect.sh - for scenarios: what is expected has a name, and is said; the first failure ends it.
# shellcheck shell=sh

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

quiet() { # COMMAND...
	"$@" >/dev/null 2>&1
}

cannot() { # COMMAND...: fails
	! "$@"
}

becomes() { # COMMAND...: true within half a minute
	tries=300
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
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

shows() { # WORDS COMMAND...: prints them, in whatever lines
	words=$1
	shift
	said=$("$@" 2>&1 | tr -s '\n ' '  ')
	case $said in *"$words"*) ;; *) echo "$said" && return 1 ;; esac
}

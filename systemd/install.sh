#!/bin/sh
# install.sh - builds casmand on a Debian machine, installs it and starts it (see --help).
#
# Every step looks at what is there and does only what is missing, and files are put in place by
# rename: a run that was interrupted is simply run again.
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

prefix=/usr/local
conf=/etc/casmand/casmand.conf
shipped=$prefix/share/casmand/casmand.conf # as last installed: tells whether $conf was edited
dropins=/etc/systemd/system/casmand.service.d
earlier_unit=/etc/systemd/system/casmand.service # where this script put it once

help() {
	cat <<-END
	usage: sudo sh systemd/install.sh [OPTION OF casmand-setup]...
	       sudo sh systemd/install.sh --uninstall

	Installs the Debian packages that casmand needs, builds it, installs it below $prefix
	and starts it.  Run it again to upgrade.  An edited $conf is kept.

	  --uninstall      stop and remove casmand; configuration, versions and databases stay
	  --help           this text, and the options of casmand-setup:

	END
	sh "$top/systemd/setup.sh" --help
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

# In a single step, so that an interruption leaves the old file or the new one.
place() { # OWNER FROM TO
	install -m 600 -o "$1" -g root "$2" "$3.tmp"
	mv -f "$3.tmp" "$3"
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

# To be compared with what was installed last, so before install_files.
install_config() {
	new=$top/casmand.conf
	install -d -m 755 /etc/casmand
	if [ ! -e $conf ]; then
		place root "$new" $conf # casmand-setup gives it to whom it is for
		say "configuration is $conf"
	elif cmp -s "$new" $conf; then
		say "configuration $conf is up to date"
	elif cmp -s $shipped $conf; then
		place "$(stat -c %U $conf)" "$new" $conf
		say "configuration $conf was not edited, and is replaced by the new one"
	elif cmp -s "$new" $shipped; then
		say "configuration $conf is kept as you edited it"
	else
		place root "$new" $conf.new
		say "configuration $conf is kept as you edited it; the new one is $conf.new"
	fi
}

install_files() {
	rm -f $earlier_unit
	quietly "installing" meson install -C "$top/build-release" --no-rebuild
	say "installed below $prefix"
}

uninstall() {
	if [ -d /run/systemd/system ]; then
		systemctl --quiet disable --now casmand.socket casmand.service 2>/dev/null || true
	fi
	sh "$top/systemd/setup.sh" --stop
	rm -f $prefix/sbin/casmand $prefix/sbin/casmand-setup $prefix/bin/casmanctl \
		$prefix/share/man/man8/casmand.8 $prefix/share/man/man8/casmand-setup.8 \
		$prefix/share/man/man5/casmand.conf.5 $prefix/share/man/man1/casmanctl.1 \
		$prefix/lib/systemd/system/casmand.service $prefix/lib/systemd/system/casmand.socket \
		$prefix/lib/sysusers.d/casmand.conf $prefix/lib/tmpfiles.d/casmand.conf \
		$shipped $prefix/share/casmand/casmand_scan.py $prefix/share/casmand/scanner_app.py \
		$prefix/share/bash-completion/completions/casmanctl \
		$prefix/share/zsh/site-functions/_casmanctl \
		$dropins/install.conf $earlier_unit
	rm -rf /run/casmand
	# Unless something is left in them, or somebody else uses them.
	rmdir $prefix/share/casmand $dropins /var/spool/casmand 2>/dev/null || true
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
	say "removed.  Left where they are:"
	say "  configuration $conf, and casmand.env beside it if there is one"
	say "  state, and versions unless [file] path says otherwise: /var/lib/casmand"
	say "  databases, user and group casman"
}

main() {
	top=$(cd "$(dirname "$0")/.." && pwd)
	case ${1-} in --help) help && exit ;; esac
	[ "$(id -u)" -eq 0 ] || die "only root can install: sudo sh systemd/install.sh"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT

	if [ "${1-}" = --uninstall ]; then
		uninstall
		exit
	fi
	sh "$top/systemd/setup.sh" --check "$@"
	sh "$top/systemd/packages.sh" build
	build
	install_config
	install_files
	$prefix/sbin/casmand-setup "$@"
}

main "$@"

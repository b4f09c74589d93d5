#!/bin/sh
# packages.sh - installs those Debian packages that casmand needs and that are missing.
#
#   sh systemd/packages.sh build           to build it
#   sh systemd/packages.sh build tests     and to test it
#   sh systemd/packages.sh build package   and to make a Debian package of it
#
# Asks the network for nothing where nothing is missing.
set -eu

build='gcc libc6-dev meson ninja-build pkgconf'
build="$build libuv1-dev libsqlite3-dev libssl-dev libinih-dev libjansson-dev"
build="$build libexpat1-dev libcurl4-openssl-dev"
tests='clang llvm libclang-rt-14-dev clang-tidy clang-format cppcheck shellcheck mandoc'
tests="$tests libcmocka-dev python3 python3-pytest python3-pytest-xdist"
tests="$tests python3-pytest-rerunfailures"
tests="$tests tmux zsh sqlite3 strace socat jq dosfstools iproute2 nftables procps systemd openssl"
# A disk whose power can be cut (tests/power).
tests="$tests libfuse3-dev fuse3 e2fsprogs mount"
# Real S3 servers for them (tests/servers), and other clients of S3.
tests="$tests radosgw ceph-mon ceph-osd swift-proxy swift-account swift-container swift-object"
tests="$tests memcached python3-boto3 awscli"
# For Cloudflare's simulator of R2; npm may also be there without Debian's packages.
command -v npm >/dev/null || tests="$tests nodejs npm"

packing='dpkg-dev debhelper'

# The tests start their servers by themselves: none becomes a service because it was installed.
wanted='' quiet=''
for list; do
	case $list in
	build) wanted="$wanted $build" ;;
	tests) wanted="$wanted $tests" quiet=yes ;;
	package) wanted="$wanted $packing" ;;
	*) echo "packages.sh: unknown list '$list': say build, tests or package" >&2; exit 2 ;;
	esac
done

if ! command -v dpkg-query >/dev/null; then
	echo "packages: this is not Debian; casmand needs what Debian calls$wanted" >&2
	exit 1
fi
missing=
for package in $wanted; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=none
	[ "$state" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
	echo "packages: all are there"
	exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
	if ! command -v sudo >/dev/null; then
		echo "packages: as root, type: apt-get install$missing" >&2
		exit 1
	fi
fi

# Unattended upgrades may hold the lock on a fresh machine, so wait for it.
apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
		</dev/null >"$output" 2>&1 && return
	tail -n 20 "$output" >&2
	echo "packages: apt-get $1 failed (above is why); mend it, then run this again" >&2
	exit 1
}

output=$(mktemp)
policy=/usr/sbin/policy-rc.d # what Debian asks before it starts a service
[ ! -e $policy ] || quiet='' # somebody has answered that already
trap 'rm -f "$output"; [ -z "$quiet" ] || $as_root rm -f $policy' EXIT
echo "packages: installing$missing"
apt update
[ -z "$quiet" ] || printf '#!/bin/sh\nexit 101\n' | $as_root install -m 755 /dev/stdin $policy
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $missing
# Nor with the next boot.
[ -z "$quiet" ] || for package in $missing; do
	dpkg -L "$package" | sed -n 's|.*/systemd/system/\([^/@]*\.service\)$|\1|p'
done | xargs -r $as_root systemctl disable >"$output" 2>&1 || :

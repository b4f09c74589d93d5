#!/bin/sh
# package.sh - builds the Debian package of casmand, casmand_VERSION_ARCHITECTURE.deb.
#
#   sh systemd/package.sh [FOLDER]     into FOLDER (the working folder, unless told otherwise)
#
# Works on a copy: nothing is left in the checkout.
set -eu

to=$(cd "${1:-.}" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)

sh "$top/systemd/packages.sh" build package
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/casmand"
tar -C "$top" --exclude=./.git --exclude='./build*' --exclude='*.deb' -c . | tar -C "$work/casmand" -x
mv "$work/casmand/systemd/debian" "$work/casmand/debian"
# What it needs to build was seen to above; build-essential's C++ is not among it.
if ! (cd "$work/casmand" && DEB_BUILD_OPTIONS=noautodbgsym CCACHE_DISABLE=1 \
	dpkg-buildpackage --build=binary --no-sign --no-check-builddeps) >"$work/output" 2>&1; then
	tail -n 30 "$work/output" >&2
	echo "package: the build failed (above is why)" >&2
	exit 1
fi
for package in "$work"/casmand_*.deb; do
	mv "$package" "$to"
	echo "package: $to/${package##*/}"
done

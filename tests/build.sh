#!/bin/sh
# build.sh - builds casmand in build/FLAVOUR, with warnings as errors.
#
#   sh tests/build.sh gcc        as it is installed, but for its speed
#   sh tests/build.sh asan       clang, address and undefined behaviour sanitizer
#   sh tests/build.sh tsan       clang, thread sanitizer
#
# Then, for instance: meson test -C build/asan
set -eu

cd "$(dirname "$0")/.."
case ${1-} in
gcc) compiler=gcc options= ;;
asan) compiler=clang options='-Db_lundef=false -Db_sanitize=address,undefined' ;;
tsan) compiler=clang options='-Db_lundef=false -Db_sanitize=thread' ;;
*) echo "usage: sh tests/build.sh gcc|asan|tsan" >&2; exit 2 ;;
esac

again=
[ ! -e "build/$1/build.ninja" ] || again=--reconfigure
# shellcheck disable=SC2086 # lists of words
said=$(CC=$compiler meson setup $again "build/$1" -Dwerror=true -Dtests=enabled $options) || {
	echo "$said"
	exit 1
}
ninja -C "build/$1" --quiet -k 0

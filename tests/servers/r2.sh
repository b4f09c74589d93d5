#!/bin/sh
# r2.sh - Cloudflare's own simulator of R2 (npm's miniflare), for a test.
#
#   r2.sh PORT ACCESSKEY SECRET DATADIR [BUCKET[,BUCKET...]] [CERT KEY]
#   r2.sh install       only gets the simulator, if it is not there yet
#
# Its buckets are fixed at start; objects stay in DATADIR.  The endpoint is
# http://127.0.0.1:PORT/cdn-cgi/local/r2/s3.  Prints "ready", stays in the foreground, and ends on
# SIGTERM.  The simulator is installed once, into the user's cache folder.
set -eu

VERSION=4.20260730.0

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/casmand-tests
folder=$cache/miniflare-$VERSION

# In a folder of its own, which gets its name when all is there: half an installation is none.
install() {
	if ! command -v node npm >/dev/null; then
		echo "r2.sh: the R2 simulator needs node and npm" >&2
		exit 1
	fi
	mkdir -p "$cache"
	part=$(mktemp -d "$cache/part.XXXXXX")
	trap 'rm -rf "$part"' EXIT
	echo '{"private": true}' >"$part/package.json"
	if ! (cd "$part" && npm install --omit=dev --no-audit --no-fund --fetch-retries=1 --save-exact "miniflare@$VERSION") >"$part/log" 2>&1; then
		tail -n 5 "$part/log" >&2
		echo "r2.sh: npm cannot install miniflare@$VERSION" >&2
		exit 1
	fi
	mv -T "$part" "$folder" 2>/dev/null || [ -d "$folder" ] # another was faster
	trap - EXIT
	rm -rf "$part"
}

[ -d "$folder" ] || install
[ "$1" != install ] || exit 0

mkdir -p "$4"
cd "$folder"
exec node "$here/r2.mjs" "$@"

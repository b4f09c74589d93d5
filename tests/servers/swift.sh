#!/bin/sh
# swift.sh - OpenStack Swift with its S3 front, for a test: the strict second opinion.
#
#   swift.sh PORT ACCESSKEY SECRET DATADIR [BUCKET] [CERT KEY]
#
# ACCESSKEY has the form account:user, without an underscore.  Takes PORT for S3 and the four above
# it for its parts, all on 127.0.0.1.  Prints "ready" once a signed request was answered, stays in
# the foreground, and ends with all its parts on SIGTERM.  DATADIR needs extended attributes.
# Its region is us-east-1, and it checks that of every request.
set -eu

port=$1 access=$2 secret=$3 bucket=${5-} cert=${6-} key=${7-}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$4/etc" "$4/dev/disk"
data=$(cd "$4" && pwd)
etc=$data/etc user=$(id -un)

pids=''
stop() {
	trap - EXIT TERM INT
	# shellcheck disable=SC2086 # a list of process ids; none of these has anything to save
	kill -9 $pids 2>/dev/null || :
	wait
	exit "$1"
}
trap 'stop $?' EXIT
trap 'stop 0' TERM INT

part() { # NAME COMMAND...
	log=$data/$1.log
	shift
	"$@" >"$log" 2>&1 &
	pids="$pids $!"
}

# --- the parts that keep things: accounts, containers (buckets) and objects ---

cat >"$etc/swift.conf" <<END
[swift-hash]
swift_hash_path_suffix = casmand
swift_hash_path_prefix = test
[storage-policy:0]
name = p0
default = yes
END

/usr/bin/python3 - "$etc" "$port" <<'END'
"""One ring for each kind, with one device: who keeps what."""
import sys
from swift.common.ring import RingBuilder
for number, kind in enumerate(("account", "container", "object"), 1):
    port, builder = int(sys.argv[2]) + number, RingBuilder(1, 1, 0)
    builder.add_dev(dict(id=0, region=1, zone=1, device="disk", weight=1.0, meta="", ip="127.0.0.1", port=port,
                         replication_ip="127.0.0.1", replication_port=port))
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{kind}.ring.gz")
END

number=1
for kind in account container object; do
	cat >"$etc/$kind.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $((port + number))
workers = 0
user = $user
swift_dir = $etc
devices = $data/dev
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
log_address = /dev/null
log_level = WARNING
recon_cache_path = $data
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
recon_lock_path = $data
END
	part $kind /usr/bin/swift-$kind-server "$etc/$kind.conf" -v
	number=$((number + 1))
done
part memcached memcached -u "$user" -l 127.0.0.1 -p $((port + 4)) -U 0 -m 16 -c 256 -t 1

# --- the front that speaks S3 ---

url=http://127.0.0.1:$port tls=''
if [ -n "$cert" ]; then
	url=https://127.0.0.1:$port
	tls="cert_file = $cert
key_file = $key"
fi
cat >"$etc/proxy-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
workers = 0
user = $user
swift_dir = $etc
log_address = /dev/null
log_level = WARNING
$tls
[pipeline:main]
pipeline = catch_errors gatekeeper proxy-logging cache bulk s3api tempauth copy slo dlo proxy-logging proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$((port + 4))
[filter:bulk]
use = egg:swift#bulk
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
dns_compliant_bucket_names = true
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
allow_overrides = true
user_${access%%:*}_${access#*:} = $secret .admin
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
error_suppression_limit = 1000000
# The machine may be busy.
node_timeout = 30
conn_timeout = 5
client_timeout = 60
END
part proxy /usr/bin/swift-proxy-server "$etc/proxy-server.conf" -v

# The account is made with its first bucket; two that make that at once get in each other's way.
/usr/bin/python3 "$here/ready.py" "$url" "$access" "$secret" us-east-1 $$ "${bucket:-first}" &
wait $! # in the background, so that a signal is not kept waiting
echo ready
wait

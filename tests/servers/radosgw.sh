#!/bin/sh
# radosgw.sh - Ceph's S3 server for a test: one monitor, one store in memory, one gateway.
#
#   radosgw.sh PORT ACCESSKEY SECRET DATADIR [BUCKET] [CERT KEY]
#
# Takes PORT for S3 and the 20 above it for its parts, all on 127.0.0.1.  Prints "ready" once a
# signed request was answered, stays in the foreground, and ends with all its parts on SIGTERM.
# With RGW_IA=1 in the environment there is a storage class STANDARD_IA besides STANDARD.
# Objects live in memory and die with it.  For an outage that keeps them: kill the process that
# DATADIR/gateway.pid names, and later create DATADIR/gateway.start: the gateway comes back.
set -eu

port=$1 access=$2 secret=$3 bucket=${5-} cert=${6-} key=${7-}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$4"
data=$(cd "$4" && pwd)
conf=$data/ceph.conf

# A small answer on a kept connection would wait 40 ms without tcp_nodelay.
front="beast endpoint=127.0.0.1:$port tcp_nodelay=1" url=http://127.0.0.1:$port
if [ -n "$cert" ]; then
	front="beast ssl_endpoint=127.0.0.1:$port tcp_nodelay=1 ssl_certificate=$cert ssl_private_key=$key"
	url=https://127.0.0.1:$port
fi

cat >"$conf" <<END
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon_host = [v2:127.0.0.1:$((port + 1))/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
ms_bind_port_min = $((port + 2))
ms_bind_port_max = $((port + 20))
keyring = $data/keyring
run_dir = $data
crash_dir = $data
admin_socket = $data/\$name.\$pid.asok
log_file = $data/\$name.log
log_to_stderr = false
err_to_stderr = false
pid_file =
# One copy of everything is enough.
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
# And nobody waits for a quorum or for anybody to come up.
mon_client_hunt_interval = 0.3
mon_client_hunt_interval_max_multiple = 3
[mon]
mon_data = $data/mon
mon_initial_members = a
mon_cluster_log_file = $data/cluster.log
mon_data_avail_warn = 1
mon_data_avail_crit = 1
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
[osd]
osd_data = $data/osd
osd_objectstore = memstore
memstore_device_bytes = ${RADOSGW_BYTES:-2147483648}
osd_class_load_list = *
osd_class_default_list = *
[client]
objecter_tick_interval = 0.5
[client.rgw]
rgw_data = $data
rgw_frontends = $front
rgw_enable_usage_log = false
rgw_enable_lc_threads = false
rgw_thread_pool_size = 64
END

parts='' gateway=''
stop() {
	trap - EXIT TERM INT
	# shellcheck disable=SC2086 # lists of process ids; none of these has anything to save
	kill -9 $parts $gateway 2>/dev/null || :
	wait
	exit "$1"
}
trap 'stop $?' EXIT
trap 'stop 0' TERM INT

admin() {
	radosgw-admin -c "$conf" -n client.rgw "$@" >>"$data/out" 2>&1
}

start_gateway() {
	radosgw -c "$conf" -n client.rgw -f >>"$data/out" 2>&1 &
	gateway=$!
	echo $gateway >"$data/gateway.pid"
}

# --- the monitor, and the keys by which the parts know each other ---

rm -rf "$data/mon" "$data/osd" "$data/keyring" "$data/osd.0.log"
mkdir "$data/mon" "$data/osd"
{
	ceph-authtool -C "$data/keyring" -g -n mon. --cap mon 'allow *'
	for name in client.admin client.rgw osd.0; do
		ceph-authtool "$data/keyring" -g -n $name --cap mon 'allow *' --cap osd 'allow *'
	done
	monmaptool --create --clobber --fsid "$(sed -n 's/^fsid = //p' "$conf")" \
		--addv a "[v2:127.0.0.1:$((port + 1))/0]" "$data/monmap"
	ceph-mon -c "$conf" -i a --mkfs --monmap "$data/monmap" --keyring "$data/keyring"
} >"$data/out" 2>&1
ceph-mon -c "$conf" -i a -f >>"$data/out" 2>&1 &
parts=$!

# --- the store in memory ---

uuid=$(cat /proc/sys/kernel/random/uuid)
{
	ceph -c "$conf" osd new "$uuid"
	ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid"
} >>"$data/out" 2>&1
ceph-osd -c "$conf" -i 0 -f >>"$data/out" 2>&1 &
parts="$parts $!"
# Who asks before it is up sleeps five seconds before asking again.
tries=0
until grep -q 'booting -> active' "$data/osd.0.log" 2>/dev/null || [ $tries -eq 400 ]; do
	sleep 0.05
	tries=$((tries + 1))
done

# --- the gateway ---

admin user create --uid=test --display-name=test \
	--access-key="$access" --secret-key="$secret"
# A class that objects can be in besides STANDARD.
if [ -n "${RGW_IA-}" ]; then
	admin zonegroup placement add --rgw-zonegroup default --placement-id default-placement \
		--storage-class STANDARD_IA
	admin zone placement add --rgw-zone default --placement-id default-placement \
		--storage-class STANDARD_IA --data-pool default.rgw.ia.data
fi
start_gateway
/usr/bin/python3 "$here/ready.py" "$url" "$access" "$secret" us-east-1 $$ ${bucket:+"$bucket"} &
wait $! # in the background, so that a signal is not kept waiting
echo ready

# A gateway that dies is no failure: it was killed for an outage, and comes back when told to.
while :; do
	wait $gateway || :
	until [ -e "$data/gateway.start" ]; do sleep 0.05; done
	rm "$data/gateway.start"
	start_gateway
done

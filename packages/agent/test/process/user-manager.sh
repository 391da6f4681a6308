#!/bin/sh
# A real systemd user manager for one test, on a machine that was not booted with systemd: in a mount namespace of its own
# (unshare -m) and a control group of its own. Runs the command, then lives until its stdin ends.
# usage: user-manager.sh GROUP RUNTIME COMMAND…
set -eu
group=$1 runtime=$2
shift 2
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/system
echo $$ > "$group/cgroup.procs"
export XDG_RUNTIME_DIR="$runtime"
unset DBUS_SESSION_BUS_ADDRESS
/lib/systemd/systemd --user --unit=basic.target > "$runtime/manager.log" 2>&1 &
manager=$!
trap 'kill $manager; wait $manager || true' EXIT
until [ -S "$runtime/systemd/private" ]; do
  kill -0 $manager
  sleep 0.02
done
"$@"
read -r _ || true

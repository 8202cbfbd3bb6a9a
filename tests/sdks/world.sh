#!/usr/bin/env bash
# Runs a command in a world of the lab: world.sh BINARY WORLD FOLDER COMMAND...
# The command has its own network, /etc/resolv.conf and /etc/hosts, and every program of it ends with it. FOLDER/client holds
# the files that the lab writes for a client. The command finds their paths in its environment.
set -uo pipefail
binary=$1 world=$2 folder=$3
shift 3
mkdir -p "$folder"
echo '127.0.0.1 localhost' >"$folder/hosts"
echo 'hosts: files dns' >"$folder/nsswitch.conf"
echo 'options timeout:1 attempts:1' >"$folder/resolv.conf"

# Runs inside the namespaces.
inside() {
  local binary=$1 world=$2 folder=$3 file lab tries code
  shift 3
  ip link set lo up
  # The lab listens before its addresses exist, and then reports them.
  sysctl -qw net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1
  for file in hosts nsswitch.conf resolv.conf; do
    [ ! -e "/etc/$file" ] || mount --bind "$folder/$file" "/etc/$file" || return 3
  done
  "$binary" lab "$world" --listen --write "$folder/client" >"$folder/lab.out" 2>&1 &
  lab=$!
  for ((tries = 0; tries < 500; tries++)); do
    [ ! -e "$folder/client/listeners" ] || break
    sleep 0.02
  done
  [ -e "$folder/client/listeners" ] || { echo "the lab does not start: $(cat "$folder/lab.out")" >&2; return 3; }
  own_addresses <"$folder/client/listeners"
  env -i PATH="$PATH" HOME="$folder" LANG=C.UTF-8 WORLD="$world" FOLDER="$folder" CLIENT="$folder/client" \
    SSL_CERT_FILE="$folder/client/root.pem" SSL_CERT_DIR=/nonexistent NODE_EXTRA_CA_CERTS="$folder/client/root.pem" "$@"
  code=$?
  kill -INT "$lab"
  wait "$lab"
  return "$code"
}

own_addresses() {
  local address port role
  while read -r address port role; do
    case $address in
      127.*) ;;
      *:*) ip -6 address replace "$address/128" dev lo nodad ;;
      *) ip address replace "$address/32" dev lo ;;
    esac
    [ "$role" != 'name server' ] || echo "nameserver $address" >>"$folder/resolv.conf"
  done
}

export -f inside own_addresses
export folder
# shellcheck disable=SC2016
exec unshare --net --mount --pid --fork --kill-child --mount-proc \
  bash -c 'inside "$@"' world "$binary" "$world" "$folder" "$@"

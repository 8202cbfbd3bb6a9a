#!/usr/bin/env bash
# Counts the round trips that opening a WebSocket takes over a 50 ms link, from a namespace with its own resolv.conf to the lab's
# name server and service in other namespaces. `benches/connect/src/bin/cable.rs` makes the delay with TUN devices, because many
# kernels lack the module for `tc … netem`.
#
# Usage: benches/roundtrips.sh [ROUNDS]        SPEECH_ENDPOINT names the binary of the lab; otherwise the script builds one
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
rounds=${1:-21} one_way=25

skip() { echo "roundtrips: skipped: $*"; exit 0; }
[ "$(uname -s)" = Linux ] || skip "network namespaces are of Linux"
[ "$(id -u)" = 0 ] || skip "not root, which network namespaces need"
command -v ip >/dev/null || skip "there is no \`ip\`"
[ -c /dev/net/tun ] || skip "there is no /dev/net/tun, which the delay is made with"

[ -n "${SPEECH_ENDPOINT:-}" ] || cargo build --release --locked --quiet -p speech-endpoint-cli || exit
binary="$(realpath "${SPEECH_ENDPOINT:-${CARGO_TARGET_DIR:-target}/release/speech-endpoint}")"
cargo build --release --locked --quiet --bins --manifest-path benches/connect/Cargo.toml || exit
programs="$(realpath "${CARGO_TARGET_DIR:-benches/connect/target}/release")"
patterns=() cables=()
source tests/namespaces/network.sh
trap 'clean_up; kill ${cables[@]+"${cables[@]}"} 2>/dev/null' EXIT
trap 'exit 130' INT TERM

# Replaces the cable without delay. It is created here, and its ends are moved into the namespaces.
lay() {
  local near far
  exec 3< <(exec "$programs/cable" "$one_way")
  cables+=($!)
  read -r near far <&3 && exec 3<&- || return
  ip link set "$near" netns "$client" name "to$2" address "02:00:00:00:0$2:01" &&
    ip link set "$far" netns "$1" name cable address "02:00:00:00:0$2:02"
}

world roundtrips healthy 0
serve healthy-regional
[ -z "$broken" ] || { echo "error: $broken" >&2; exit 1; }
# That option queries the two address families one after the other.
! grep -q single-request "$settings/resolv.conf" || { echo "error: one family is asked after the other" >&2; exit 1; }

root="$work/$service/root.pem" roots="$work/roots.pem"
for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
  [ ! -e "$file" ] || { cat "$file" >"$roots"; break; }
done
cat "$root" >>"$roots"
SPEECH_KEY="$(cat "$work/$service/credential")" ip netns exec "$client" env -u SSL_CERT_DIR SSL_CERT_FILE="$roots" \
  "$programs/roundtrips" westeurope "$root" $((2 * one_way)) "$rounds"

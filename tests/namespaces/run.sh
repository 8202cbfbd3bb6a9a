#!/usr/bin/env bash
# The unmodified binary in real networks: namespaces with their own name server, service, firewall, resolv.conf and hosts.
# Run from anywhere: bash tests/namespaces/run.sh [PATTERN]... ; see README.md beside it.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.."

binary="${SPEECH_ENDPOINT:-${CARGO_TARGET_DIR:-target}/debug/speech-endpoint}"
binary="$(realpath -m "$binary")"
patterns=("$@")

skip() { echo "namespaces: skipped: $*"; exit 0; }

# What is not there is installed where that can be done.
need() {
  local tool=$1 package=$2
  command -v "$tool" >/dev/null && return
  command -v apt-get >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$package" >/dev/null 2>&1
  command -v "$tool" >/dev/null || skip "there is no \`$tool\`, and $package cannot be installed"
}

[ "$(uname -s)" = Linux ] || skip "network namespaces are of Linux"
[ "$(id -u)" = 0 ] || skip "not root, which network namespaces need"
need ip iproute2
need nft nftables
[ -x "$binary" ] || { echo "namespaces: there is no $binary: expected what \`cargo build\` makes" >&2; exit 1; }

source "$here/network.sh"
trap clean_up EXIT
trap 'exit 130' INT TERM
can_build || skip "this machine does not let root make namespaces with a firewall: $(cat "$work/refusal")"

begun=$(now)
source "$here/worlds.sh"
echo "namespaces: $passed worlds as expected, $failed not, $((($(now) - begun) / 1000)).$(printf %03d $((($(now) - begun) % 1000))) s"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

#!/usr/bin/env bash
# Measures the doctor as a whole process against the commands of an operator (dig twice, nc, openssl s_client and curl), on the
# same servers in network namespaces. Both alternate, so that noise on the machine affects both. The result is the medians and
# their ratio. The doctor checks two services, the commands check one.
#
# Usage: benches/overhead.sh [ROUNDS]      needs root, and dig, nc, openssl, curl and GNU time
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export rounds=${1:-30}

for tool in ip nft dig nc openssl curl /usr/bin/time; do
    command -v "$tool" >/dev/null || { echo "error: \`$tool\` is not there" >&2; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo "error: not root, which network namespaces need" >&2; exit 2; }

cargo build --release --locked --quiet -p speech-endpoint-cli || exit
binary="$(realpath "${CARGO_TARGET_DIR:-target}/release/speech-endpoint")"
patterns=()
source tests/namespaces/network.sh
trap clean_up EXIT
trap 'exit 130' INT TERM

world overhead healthy 0
serve healthy-regional
[ -z "$broken" ] || { echo "error: $broken" >&2; exit 1; }

by_hand() {
    dig +short "$host" A >/dev/null
    dig +short "$host" AAAA >/dev/null
    nc -z "$host" 443
    openssl s_client -connect "$host:443" -servername "$host" -CAfile "$root" </dev/null >/dev/null 2>&1
    curl -s -o /dev/null --cacert "$root" "https://$host/stt/speech/universal/v2"
}
by_doctor() { "$binary" doctor --region westeurope --ca-file "$root" >/dev/null; }
micros() { local begun=$EPOCHREALTIME; "$1"; local ended=$EPOCHREALTIME; echo $((${ended/./} - ${begun/./})); }
take_turns() {
    by_hand && by_doctor || exit
    for _ in $(seq "$rounds"); do
        micros by_hand >>"$work/hand"
        micros by_doctor >>"$work/doctor"
    done
    /usr/bin/time -f %M -o "$work/peak" "$binary" doctor --region westeurope --ca-file "$root" >/dev/null
}
export -f by_hand by_doctor micros take_turns
export binary work host=westeurope.stt.speech.microsoft.com root="$work/$service/root.pem"
SPEECH_KEY="$(cat "$work/$service/credential")" ip netns exec "$client" env -u SSL_CERT_FILE -u SSL_CERT_DIR \
    -u HTTPS_PROXY -u https_proxy -u ALL_PROXY -u all_proxy bash -c take_turns || exit

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }
awk -v hand="$(median "$work/hand")" -v own="$(median "$work/doctor")" -v peak="$(cat "$work/peak")" 'BEGIN {
    printf "by hand %.1f ms, doctor %.1f ms, ratio 1:%.1f, peak memory %.1f MB\n", hand / 1000, own / 1000, hand / own, peak / 1024
}'

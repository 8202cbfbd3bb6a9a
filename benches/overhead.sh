#!/usr/bin/env bash
# What the doctor costs as a whole process, beside what an operator types: dig twice, nc, openssl s_client and curl, against
# the same emulator. Both are run in turn, so that the noise of the machine falls on both; medians and their ratio count.
#
# Usage: benches/overhead.sh [ROUNDS]      needs dig, nc, openssl and curl
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-30}

for tool in dig nc openssl curl; do
    command -v "$tool" >/dev/null || { echo "error: \`$tool\` is not there" >&2; exit 2; }
done
unset HTTPS_PROXY https_proxy HTTP_PROXY http_proxy ALL_PROXY all_proxy NO_PROXY no_proxy SSL_CERT_FILE SSL_CERT_DIR

cargo build --release --locked --quiet
doctor=target/release/speech-endpoint
work=$(mktemp -d)
"$doctor" lab healthy-regional >"$work/lab" &
lab=$!
trap 'kill -INT $lab 2>/dev/null; wait $lab 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 50); do
    grep -q 'runs until' "$work/lab" && break
    sleep 0.1
done

dns=$(awk '/^name server/ {sub(/.*:/, "", $4); print $4}' "$work/lab")
port=$(awk '$2 == "20.61.99.10:443" {sub(/.*:/, "", $3); print $3}' "$work/lab")
root=$(awk '/^root certificate/ {print $3}' "$work/lab")
host=westeurope.stt.speech.microsoft.com

by_hand() {
    dig +short "@127.0.0.1" -p "$dns" "$host" A >/dev/null
    dig +short "@127.0.0.1" -p "$dns" "$host" AAAA >/dev/null
    nc -z 127.0.0.1 "$port"
    openssl s_client -connect "127.0.0.1:$port" -servername "$host" -CAfile "$root" </dev/null >/dev/null 2>&1
    curl -s -o /dev/null --cacert "$root" --resolve "$host:$port:127.0.0.1" "https://$host:$port/stt/speech/universal/v2"
}
by_doctor() { "$doctor" doctor --lab healthy-regional >/dev/null; }
micros() { local begun=$EPOCHREALTIME; "$1"; local ended=$EPOCHREALTIME; echo $((${ended/./} - ${begun/./})); }

by_hand && by_doctor
for _ in $(seq "$rounds"); do
    micros by_hand >>"$work/hand"
    micros by_doctor >>"$work/doctor"
done
median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }
hand=$(median "$work/hand")
own=$(median "$work/doctor")
peak=$(command -v /usr/bin/time >/dev/null && { /usr/bin/time -f %M "$doctor" doctor --lab healthy-regional >/dev/null; } 2>&1 || echo 0)
# Two services, the emulator within the process, against one service by hand.
awk -v hand="$hand" -v own="$own" -v peak="$peak" 'BEGIN {
    printf "by hand %.1f ms, doctor %.1f ms, ratio 1:%.1f, peak memory %.1f MB\n", hand / 1000, own / 1000, hand / own, peak / 1024
}'

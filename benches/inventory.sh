#!/usr/bin/env bash
# Measures `inventory --probe`: the time and the most resident memory for many accounts, in the world of the lab that has accounts
# with different faults. The lab runs in the same process, so its time and memory count too.
#
# It exits with code 1 if 1,000 accounts take 30 seconds or 150 MB.
#
# Usage: benches/inventory.sh [ACCOUNTS]...      needs GNU time; SPEECH_ENDPOINT names a release build, otherwise one is built
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -x /usr/bin/time ] || { echo "error: \`/usr/bin/time\` is not there" >&2; exit 2; }

binary=${SPEECH_ENDPOINT:-}
if [ -z "$binary" ]; then
    cargo build --release --locked --quiet -p speech-endpoint-cli
    binary=${CARGO_TARGET_DIR:-target}/release/speech-endpoint
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missed=0
[ $# -gt 0 ] || set -- 100 1000
for count in "$@"; do
    code=0
    /usr/bin/time -f '%e %U %M' -o "$work/cost" env -i "$binary" inventory --probe --lab healthy-inventory \
        --accounts "$count" --format json >"$work/accounts.json" || code=$?
    # The exit code is that of the worst account.
    [ "$code" -eq 10 ] || { echo "error: exit code $code" >&2; exit 1; }
    read -r elapsed computed peak < <(tail -n 1 "$work/cost")
    known=$(grep -c '"verdict": "' "$work/accounts.json")
    awk -v n="$count" -v known="$known" -v s="$elapsed" -v u="$computed" -v kib="$peak" 'BEGIN {
        printf "%6d accounts, %d probed: %.1f s, of them %.1f s computing; peak memory %.1f MB\n", n, known, s, u, kib / 1024
    }'
    if awk -v n="$count" -v s="$elapsed" -v kib="$peak" 'BEGIN { exit !(n == 1000 && (s >= 30 || kib >= 150 * 1024)) }'; then
        missed=1
    fi
done
exit "$missed"

#!/usr/bin/env bash
# Runs every target for RUNS executions (default 1000000) from its seeds; stops at the first crash.
# One line a target: executions, seconds, exit status. New inputs go to corpus/, crashes to artifacts/, the log beside them.
set -euo pipefail
cd "$(dirname "$0")"
unset CARGO_TARGET_DIR

runs=${1:-1000000}
if ! [[ $runs =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: $0 [RUNS]" >&2
    exit 2
fi

# The crate has no unsafe code that an address sanitizer would watch; overflow checks and assertions stay on.
cargo +nightly fuzz build --fuzz-dir . --sanitizer none
binaries=target/$(rustc +nightly -vV | sed -n 's/^host: //p')/release

for target in region custom_domain endpoint container_host account_json credential query suffixes service failure evidence; do
    mkdir -p "corpus/$target" "artifacts/$target"
    log=artifacts/$target.log
    length=512
    if [[ $target == account_json || $target == evidence ]]; then
        length=8192
    fi
    status=0
    RUST_BACKTRACE=0 "$binaries/$target" "corpus/$target" "seeds/$target" -runs="$runs" -max_len="$length" -timeout=10 \
        -dict="dictionaries/$target.dict" -artifact_prefix="artifacts/$target/" -print_final_stats=1 \
        >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    seconds=$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$log")
    printf '%-14s executions=%s seconds=%s exit=%s\n' "$target" "${executions:-?}" "${seconds:-?}" "$status"
    if ((status != 0)); then
        grep -A 3 -E 'panicked at|^==.*ERROR|^artifact_prefix' "$log" >&2 || tail -n 20 "$log" >&2
        exit "$status"
    fi
done

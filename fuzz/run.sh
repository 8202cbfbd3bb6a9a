#!/usr/bin/env bash
# Runs targets for RUNS executions each (default 1000000) from their seeds; stops at the first crash. Without names, all of them.
# One line a target: executions, seconds, executions per second, edges covered, exit status. New inputs go to corpus/, crashes to
# artifacts/, the log beside them.
set -euo pipefail
cd "$(dirname "$0")"
unset CARGO_TARGET_DIR

runs=${1:-1000000}
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then
    for path in fuzz_targets/*.rs; do
        targets+=("$(basename "$path" .rs)")
    done
fi
for target in "${targets[@]}"; do
    if ! [[ $runs =~ ^[1-9][0-9]*$ && -f fuzz_targets/$target.rs ]]; then
        echo "usage: $0 [RUNS [TARGET...]]" >&2
        exit 2
    fi
done

# The crate has no unsafe code that an address sanitizer would watch; overflow checks and assertions stay on.
cargo +nightly fuzz build --fuzz-dir . --sanitizer none
binaries=target/$(rustc +nightly -vV | sed -n 's/^host: //p')/release

for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    log=artifacts/$target.log
    case $target in
    account_json | evidence) length=8192 ;;
    certificate | dns_answer) length=2048 ;;
    *) length=512 ;;
    esac
    status=0
    # A target that is too slow ends after an hour.
    RUST_BACKTRACE=0 "$binaries/$target" "corpus/$target" "seeds/$target" -runs="$runs" -max_len="$length" -timeout=10 \
        -max_total_time=3600 -dict="dictionaries/$target.dict" -artifact_prefix="artifacts/$target/" -print_final_stats=1 \
        >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
    seconds=$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$log")
    edges=$(sed -n 's/^#[0-9].* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    printf '%-16s executions=%s seconds=%s rate=%s edges=%s exit=%s\n' \
        "$target" "${executions:-?}" "${seconds:-?}" "${rate:-?}" "${edges:-?}" "$status"
    if ((status != 0)); then
        grep -A 3 -E 'panicked at|^==.*ERROR|^artifact_prefix' "$log" >&2 || tail -n 20 "$log" >&2
        exit "$status"
    fi
done

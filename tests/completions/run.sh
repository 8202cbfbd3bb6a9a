#!/usr/bin/env bash
# Completions in real shells: types lines on a terminal, presses Tab, and looks at what the shell shows.
# It needs Python and a built binary (PROGRAM, or that of `cargo build -p speech-endpoint-cli`). Zsh and fish are installed where
# this may be done; a shell that is missing is said to be skipped. It takes about 10 seconds, and 60 at most.
set -euo pipefail
cd "$(dirname "$0")/../.."

program=${PROGRAM:-target/debug/speech-endpoint}
[ -x "$program" ] || cargo build --locked --quiet -p speech-endpoint-cli
command -v python3 >/dev/null || { echo "skipped: the completions need python3"; exit 0; }

missing=()
for shell in zsh fish; do command -v "$shell" >/dev/null || missing+=("$shell"); done
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
  may=""
  [ "$(id -u)" -eq 0 ] || may="sudo -n"
  timeout 60 $may apt-get update -qq >/dev/null 2>&1 || true
  timeout 120 $may apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || true
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$program" "$folder/speech-endpoint"
timeout 60 python3 tests/completions/shells.py "$folder"
timeout 20 python3 tests/completions/terminal.py "$folder"

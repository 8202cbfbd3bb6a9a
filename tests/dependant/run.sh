#!/usr/bin/env bash
# Builds and runs an application that uses rustls and reqwest itself, beside each feature set of the library.
set -euo pipefail
cd "$(dirname "$0")"

for features in "" net probe connect connect,aws-lc-rs; do
  echo "dependant with features '$features'"
  cargo run --locked --quiet --features "$features"
done
if cargo tree --locked --edges normal --features connect,aws-lc-rs --prefix none | grep '^ring '; then
  echo "ring is in the tree of an application that uses aws-lc-rs" >&2
  exit 1
fi

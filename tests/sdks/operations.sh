#!/usr/bin/env bash
# Runs the operations of every SDK inside a world, one SDK after another: operations.sh PACKAGES SPEECH-FOLDER PATTERN
set -uo pipefail
packages=$1 speech=$2 only=$3
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export PYTHONDONTWRITEBYTECODE=1 NODE_PATH="$packages/javascript/node_modules"
python3 "$here/python/describe.py" "$here/worlds.json" "$speech" || exit
"$packages/python/bin/python" "$here/python/operations.py" "$only"
node "$here/javascript/operations.js" "$only"
python3 "$here/python/rest.py" "$only"

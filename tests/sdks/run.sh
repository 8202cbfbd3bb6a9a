#!/usr/bin/env bash
# The Speech SDKs of Python and JavaScript, and REST, against the lab. README.md beside it describes the parts.
#   run.sh [BINARY] [WORLD]...             runs the operations and compares them with expected.json
#   run.sh --record [BINARY] [WORLD]...    runs the operations and writes expected.json (it keeps the reasons) and docs/sdks.md
#   run.sh --table                         writes docs/sdks.md from expected.json
# ONLY=PATTERN limits the operations.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.." || exit
at_once=3

skip() { echo "sdks: skipped: $*"; exit 0; }
fail() { echo "sdks: $*" >&2; exit 1; }

mode=compare
case ${1:-} in
  --table) exec python3 "$here/table.py" document ;;
  --record) mode=record; shift ;;
  -*) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
binary="$(realpath -m "${1:-${SPEECH_ENDPOINT:-${CARGO_TARGET_DIR:-target}/debug/speech-endpoint}}")"
[ $# = 0 ] || shift
worlds=("$@")

command -v python3 >/dev/null || skip "there is no \`python3\`"
[ "$mode" = record ] || python3 "$here/table.py" check || exit 1
[ "$(uname -s)" = Linux ] || skip "network namespaces are of Linux"
[ "$(id -u)" = 0 ] || skip "not root, which network namespaces need"
for tool in ip unshare node npm; do
  command -v "$tool" >/dev/null || skip "there is no \`$tool\`"
done
[ -x "$binary" ] || fail "there is no $binary: expected the result of \`cargo build\`"
unshare --net --mount --pid --fork --kill-child true 2>/dev/null || skip "this machine does not let root make namespaces"

work="$(mktemp -d)"
running=()
clean_up() {
  local process
  for process in ${running[@]+"${running[@]}"}; do kill "$process" 2>/dev/null; done
  wait
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

source "$here/install.sh"
install_packages

# in_world WORLD COMMAND...: with a limit of time for all of it. Replaces the subshell that calls it, so that its id is
# that of `timeout`, which ends the world.
in_world() {
  local world=$1
  shift
  exec timeout --kill-after=1 100 bash "$here/world.sh" "$binary" "$world" "$work/$world" "$@"
}

(in_world healthy-regional python3 "$here/python/speech.py" "$work/speech") || fail "the lab does not speak"
rm -rf "$work/healthy-regional"

begun=$SECONDS
[ ${#worlds[@]} -gt 0 ] || mapfile -t worlds < <(python3 "$here/table.py" worlds)
for world in "${worlds[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
  in_world "$world" bash "$here/operations.sh" "$packages" "$work/speech" "${ONLY:-}" >"$work/$world.results" 2>"$work/$world.errors" &
  running+=($!)
done
wait
running=()
python3 "$here/table.py" "$mode" "$work" "${ONLY:-}" "${worlds[@]}"
code=$?
echo "sdks: ${#worlds[@]} worlds in $((SECONDS - begun)) s"
exit "$code"

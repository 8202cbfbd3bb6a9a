#!/usr/bin/env bash
# The HTML report in headless Chromium: worlds of the lab, and a report with hostile texts, at three widths in light and dark.
#   run.sh [BINARY]
# SCREENSHOTS=FOLDER keeps a picture of each page. ONLY=PATTERN limits the pages.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.." || exit

skip() { echo "html: skipped: $*"; exit 0; }
fail() { echo "html: $*" >&2; exit 1; }

binary="$(realpath -m "${1:-${SPEECH_ENDPOINT:-${CARGO_TARGET_DIR:-target}/debug/speech-endpoint}}")"
[ -x "$binary" ] || fail "there is no $binary: expected the result of \`cargo build\`"
if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  (timeout 60 apt-get update -qq; timeout 180 apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1 || true
fi
chromium="$(command -v chromium || command -v chromium-browser || command -v google-chrome)" || skip "Chromium is not installed"
for tool in node npm; do
  command -v "$tool" >/dev/null || skip "there is no \`$tool\`"
done

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Once for each content of `versions`.
packages="${XDG_CACHE_HOME:-$HOME/.cache}/speech-endpoint-html/$(cksum <"$here/versions" | cut -d' ' -f1)"
if [ ! -e "$packages/complete" ]; then
  echo "html: installing the packages of tests/html/versions"
  rm -rf "$packages"
  mkdir -p "$packages"
  timeout 60 npm install --prefix "$packages" --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=20000 \
    $(awk '$1 == "npm" { print $2 "@" $3 }' "$here/versions") >"$work/install" 2>&1 || skip "npm cannot install: $(tail -n 1 "$work/install")"
  touch "$packages/complete"
fi

begun=$SECONDS
mkdir "$work/pages"
while read -r name options; do
  # The options are words.
  # shellcheck disable=SC2086
  timeout 40 "$binary" doctor --lab "$name" $options --save "$work/$name.json" --format html --share --output "$work/pages/$name.html" 2>/dev/null
  [ -s "$work/pages/$name.html" ] || fail "no report of $name"
done < <(grep -v '^#' "$here/worlds" | grep -e "${ONLY:-.}")

# A report of evidence in which every free text is an attack.
for name in DNS03-forwarder-missing HTTP05-block-page; do
  [ -e "$work/$name.json" ] || continue
  python3 "$here/hostile.py" <"$work/$name.json" >"$work/hostile.json" || fail "no hostile evidence"
  "$binary" doctor --from "$work/hostile.json" --format html --share --output "$work/pages/hostile-$name.html" 2>"$work/errors"
  [ -s "$work/pages/hostile-$name.html" ] || fail "no report of hostile evidence: $(head -n 1 "$work/errors")"
done

NODE_PATH="$packages/node_modules" timeout 240 node "$here/check.cjs" "$chromium" "$work/pages" "$work/profile" "${SCREENSHOTS:-}" || fail "the pages have faults"
echo "html: $((SECONDS - begun)) s"

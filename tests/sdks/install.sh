#!/usr/bin/env bash
# Installs the packages of `versions` from their registries, once for each content of that file. Sets `packages`.
# run.sh sources it, and sets `here` and `work`.

packages="${XDG_CACHE_HOME:-$HOME/.cache}/speech-endpoint-sdks/$(cksum <"$here/versions" | cut -d' ' -f1)"

install_packages() {
  [ ! -e "$packages/complete" ] || return 0
  echo "sdks: installing the packages of tests/sdks/versions"
  rm -rf "$packages"
  mkdir -p "$packages/javascript"
  python3 -m venv "$packages/python" >"$work/install" 2>&1 || skip "python3 cannot make a virtual environment: $(tail -n 1 "$work/install")"
  fetched PyPI timeout 120 "$packages/python/bin/pip" install --quiet --retries 1 --timeout 20 $(named pypi ==)
  fetched npm timeout 120 npm install --prefix "$packages/javascript" --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=20000 $(named npm @)
  touch "$packages/complete"
}

# named REGISTRY SEPARATOR: the packages of a registry, each with its version.
named() { awk -v registry="$1" -v separator="$2" '$1 == registry { print $2 separator $3 }' "$here/versions"; }

# fetched REGISTRY COMMAND...: skips the suite if the registry is not reachable, and fails for any other reason.
fetched() {
  local registry=$1 reason
  shift
  "$@" >"$work/install" 2>&1 && return
  # `timeout` ends with 124.
  [ $? != 124 ] || skip "$registry does not respond within 120 s"
  reason="$(grep -m 1 -iE 'connection|network|resolution|timed out|ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN' "$work/install")"
  [ -z "$reason" ] || skip "$registry is not reachable: $reason"
  fail "cannot install from $registry: $(tail -n 3 "$work/install")"
}

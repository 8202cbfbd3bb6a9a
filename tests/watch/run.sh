#!/usr/bin/env bash
# A watch over many runs: its memory stays flat, and a real Prometheus scrapes it.
#   run.sh [RUNS] [BINARY]
# 200 runs take about 30 s; 10,000 runs take some minutes. MOST_SECONDS limits the runs (default 900).
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.." || exit
runs="${1:-200}"
binary="$(realpath -m "${2:-${SPEECH_ENDPOINT:-${CARGO_TARGET_DIR:-target}/debug/speech-endpoint}}")"
world=healthy-regional

fail() { echo "watch: $*" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || { echo "watch: skipped: the memory of a process is read from /proc"; exit 0; }
command -v python3 >/dev/null || { echo "watch: skipped: there is no \`python3\`"; exit 0; }
[ -x "$binary" ] || fail "there is no $binary: expected the result of \`cargo build\`"

work="$(mktemp -d)"
running=()
clean_up() {
  local process
  for process in ${running[@]+"${running[@]}"}; do kill "$process" 2>/dev/null; done
  wait
  rm -rf "$work"
}
trap clean_up EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# The time limit is long, because a busy machine must not look like a broken network.
# Memory: samples while the runs follow each other without a pause.
env -i timeout "${MOST_SECONDS:-900}" "$binary" doctor --watch --lab "$world" --timeout 60 --every 0 --runs "$runs" > "$work/lines" &
waiter=$!
running+=("$waiter")
begun=$(date +%s)
child=""
for _ in $(seq 50); do
  child=$(cat "/proc/$waiter/task/$waiter/children" 2>/dev/null | tr -d ' ')
  [ -n "$child" ] && break
  sleep 0.1
done
pause=$(python3 -c "print(max(0.05, min(1.0, $runs / 10000)))")
while kill -0 "$waiter" 2>/dev/null; do
  sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$child/status" 2>/dev/null >> "$work/rss"
  sleep "$pause"
done
wait "$waiter" || fail "the watch ended with exit code $? after $(tail -n 1 "$work/lines")"
running=()
took=$(($(date +%s) - begun))
tail -n 1 "$work/lines" | grep -q "stopped after $runs runs: healthy" || fail "unexpected end: $(tail -n 1 "$work/lines")"
[ "$(wc -l < "$work/lines")" = 2 ] || fail "lines although nothing changed: $(cat "$work/lines")"
python3 - "$work/rss" "$runs" "$took" <<'PYTHON' || exit 1
import sys
samples = [int(line) for line in open(sys.argv[1]) if line.strip()]
if len(samples) < 20:
    sys.exit(f"watch: only {len(samples)} samples of the memory")
quarter = len(samples) // 4
mean = lambda part: sum(part) / len(part)
second, last = mean(samples[quarter:2 * quarter]), mean(samples[3 * quarter:])
growth = last / second - 1
print(f"watch: {sys.argv[2]} runs in {sys.argv[3]} s, {len(samples)} samples; resident memory: first {samples[0]} kB, "
      f"second quarter {second:.0f} kB, last quarter {last:.0f} kB ({growth:+.2%}), peak {max(samples)} kB")
if growth > 0.05:
    sys.exit("watch: the memory grows by more than 5 %")
PYTHON

# Prometheus: it scrapes a watch, and its API has what the watch found.
prometheus=$(command -v prometheus || true)
if [ -z "$prometheus" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  (apt-get update -qq && cd "$work" && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb unpacked) >/dev/null 2>&1 || true
  [ -x "$work/unpacked/usr/bin/prometheus" ] && prometheus="$work/unpacked/usr/bin/prometheus"
fi
if [ -z "$prometheus" ]; then
  echo "watch: skipped: the scrape needs \`prometheus\`, which is not installed and cannot be downloaded"
  exit 0
fi
metrics=$(free_port)
web=$(free_port)
env -i "$binary" doctor --watch --lab AUTH13 --every 1 --metrics "127.0.0.1:$metrics" > "$work/watched" 2>&1 &
running+=($!)
cat > "$work/prometheus.yml" <<YAML
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: speech
    static_configs: [ { targets: [ "127.0.0.1:$metrics" ] } ]
YAML
"$prometheus" --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address="127.0.0.1:$web" \
  > "$work/prometheus.log" 2>&1 &
running+=($!)
python3 - "$web" <<'PYTHON' || { tail -n 5 "$work/prometheus.log" "$work/watched" >&2; exit 1; }
import json, sys, time, urllib.parse, urllib.request
def query(text):
    url = f"http://127.0.0.1:{sys.argv[1]}/api/v1/query?" + urllib.parse.urlencode({"query": text})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as response:
        return json.load(response)["data"]["result"]
end, up, rounds = time.time() + 60, [], []
while time.time() < end:
    try:
        up, rounds = query("speech_endpoint_up"), query("increase(speech_endpoint_runs_total[30s])")
    except OSError:
        pass
    if len(up) == 2 and rounds and float(rounds[0]["value"][1]) > 0:
        break
    time.sleep(0.5)
found = {sample["metric"]["service"]: sample["value"][1] for sample in up}
expected = {"speech-to-text": "1", "text-to-speech-websocket": "0"}
if found != expected or not rounds:
    sys.exit(f"watch: Prometheus has {found} and {rounds}, expected {expected} and an increase of the runs")
finding = {sample["metric"]["id"] for sample in query("speech_endpoint_finding")}
changes = {sample["metric"]["service"]: sample["value"][1] for sample in query("speech_endpoint_state_changes_total")}
print(f"watch: Prometheus scraped speech_endpoint_up {found}, findings {sorted(finding)}, state changes {changes}")
PYTHON

# The pieces of a world: three namespaces, what listens in them, a firewall, and the doctor in the client.
#
#   client 10.99.1.1 ---- 10.99.1.2 service        every address of the world that is not a name server; the default route
#   client 10.99.2.1 ---- 10.99.2.2 name server    the addresses of the name servers, each with a route of its own
#
# The lab listens before its addresses are there (`ip_nonlocal_bind`), says at which, and then they are added.

work="$(mktemp -d)"
client="speech-client-$$" service="speech-service-$$" names="speech-names-$$"
settings="/etc/netns/$client"
passed=0 failed=0
labs=()

now() { date +%s%3N; }

clean_up() {
  tear_down
  rm -rf "$work"
}

tear_down() {
  local lab namespace
  for lab in ${labs[@]+"${labs[@]}"}; do
    kill -INT "$lab" 2>/dev/null
    wait "$lab" 2>/dev/null
  done
  labs=()
  for namespace in "$client" "$service" "$names"; do
    [ -e "/run/netns/$namespace" ] && ip netns delete "$namespace"
  done
  rm -rf "$settings"
}

# Whether all that is needed works here; the reason why not is kept.
can_build() {
  { build && ip netns exec "$service" nft 'add table inet firewall'; } 2>"$work/refusal" >/dev/null
  local built=$?
  tear_down
  return $built
}

build() {
  ip netns add "$client" && ip netns add "$service" && ip netns add "$names" || return
  link "$service" 1 && link "$names" 2 || return
  ip -n "$client" route add default via 10.99.1.2
  ip -n "$client" -6 route add default via fd99:1::2
  mkdir -p "$settings" || return
  # One that does not answer, so that a world without name servers does not ask those of this machine.
  echo 'nameserver 10.99.2.2' >"$settings/resolv.conf"
  echo '127.0.0.1 localhost' >"$settings/hosts"
  [ ! -e /etc/nsswitch.conf ] || echo 'hosts: files dns' >"$settings/nsswitch.conf"
}

# A cable from the client to another namespace, which answers through it. Both ends know each other from the start: to
# discover a neighbour on a link that is just up takes IPv6 longer than a second address has.
link() {
  local other=$1 nth=$2 namespace
  lay "$other" "$nth" || return
  ip -n "$client" address add "10.99.$nth.1/24" dev "to$nth"
  ip -n "$client" address add "fd99:$nth::1/64" dev "to$nth" nodad
  ip -n "$other" address add "10.99.$nth.2/24" dev cable
  ip -n "$other" address add "fd99:$nth::2/64" dev cable nodad
  ip -n "$client" link set "to$nth" up
  for namespace in "$client" "$other"; do ip -n "$namespace" link set lo up; done
  ip -n "$other" link set cable up
  ip -n "$client" neighbour replace "fd99:$nth::2" lladdr "02:00:00:00:0$nth:02" dev "to$nth" nud permanent
  ip -n "$other" neighbour replace "fd99:$nth::1" lladdr "02:00:00:00:0$nth:01" dev cable nud permanent
  ip -n "$other" route add default via "10.99.$nth.1"
  ip -n "$other" -6 route add default via "fd99:$nth::1"
  ip netns exec "$other" sysctl -q -w net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1 net.ipv4.icmp_ratelimit=0
}

# The cable itself.
lay() {
  ip link add "to$2" netns "$client" address "02:00:00:00:0$2:01" type veth \
    peer name cable netns "$1" address "02:00:00:00:0$2:02"
}

# world NAME ROOT-CAUSE EXIT-CODE: what the doctor has to find; what follows builds it, `doctor` runs and judges it.
world() {
  name=$1 expected_cause=$2 expected_code=$3
  environment=() inside=() within=0 known=1 broken='' beside='' documented=0 words=()
  wanted || return 0
  tear_down
  rm -rf "${work:?}"/*
  build || broken='the namespaces cannot be built'
}

# A world that is not what it says proves nothing, whatever the doctor finds in it.
or_broken() { broken="${broken:-cannot do: $*}"; }

wanted() {
  local pattern
  [ ${#patterns[@]} = 0 ] && return
  for pattern in "${patterns[@]}"; do [[ $name == *$pattern* ]] && return; done
  return 1
}

# serve WORLD: the lab as name server and as service, at the addresses of its world.
serve() {
  wanted || return 0
  local place address port what
  for place in "$names" "$service"; do
    ip netns exec "$place" "$binary" lab "$1" --listen --write "$work/$place" >"$work/$place.out" 2>&1 &
    labs+=($!)
  done
  for place in "$names" "$service"; do
    wait_for "$work/$place/listeners" || { or_broken "serve $1: $(cat "$work/$place.out")"; return; }
  done
  : >"$settings/resolv.conf"
  while read -r address port what; do
    if [ "$what" = 'name server' ]; then
      own "$names" "$address"
      ip -n "$client" route add "$address" via 10.99.2.2
      echo "nameserver $address" >>"$settings/resolv.conf"
    else
      own "$service" "$address"
    fi
  done <"$work/$service/listeners"
}

wait_for() {
  local tries
  for ((tries = 0; tries < 500; tries++)); do
    [ -e "$1" ] && return
    sleep 0.02
  done
  return 1
}

own() { ip -n "$1" address replace "$2" dev lo || or_broken "own $2"; }

# firewall NAMESPACE RULE: one rule for what arrives there.
firewall() {
  wanted || return 0
  ip netns exec "$1" nft -f - <<RULES || or_broken "firewall $2"
add table inet firewall
add chain inet firewall arriving { type filter hook input priority 0; }
add rule inet firewall arriving $2
RULES
}

route() { ! wanted || ip -n "$client" route add "$@" || or_broken "route $*"; }
hosts() { ! wanted || echo "$*" >>"$settings/hosts"; }
nsswitch() { ! wanted || echo "$*" >"$settings/nsswitch.conf"; }
resolv() { ! wanted || echo "$*" >>"$settings/resolv.conf"; }

# single_packets: no cable carries several packets as one, so that a firewall sees their length.
single_packets() {
  wanted || return 0
  ip -n "$client" link set to1 gso_max_segs 1 && ip -n "$service" link set cable gso_max_segs 1 || or_broken "single packets"
}

# from ADDRESS: the client connects from this address.
from() {
  wanted || return 0
  ip -n "$client" address add "$1/32" dev to1 && ip -n "$client" route replace default via 10.99.1.2 src "$1" ||
    or_broken "from $1"
}

# with NAME=VALUE...: the environment of the doctor, beside its key.
with() { environment+=("$@"); }

# inside COMMAND: what happens to the client's files first; its mounts are its own.
inside() { inside=("$@"); }

# without_root: the client is not given the root of the lab.
without_root() { known=0; }

# also ID: another finding that the report has beside the root cause.
also() { beside=$1; }

# with_documents: the doctor is given the documents of Azure that the world has.
with_documents() { documented=1; }

# says WORDS...: what the report says, such as the fact of a document and its name.
says() { words+=("$@"); }

# ends_within MILLISECONDS: how long the whole run may take.
ends_within() { within=$1; }

# doctor ARGUMENT...: runs the binary in the client, with no setting of this machine, and judges what it says.
doctor() {
  wanted || return 0
  local report="$work/report.json" key="$work/$service/credential" root="$work/$service/root.pem"
  local begun took code cause verdict
  [ ! -e "$key" ] || environment+=("SPEECH_KEY=$(cat "$key")")
  [ "$known" = 0 ] || [ ! -e "$root" ] || set -- --ca-file "$root" "$@"
  [ "$documented" = 0 ] || set -- --azure "$work/$service/azure" "$@"
  begun=$(now)
  ip netns exec "$client" env -i PATH="$PATH" HOME=/nonexistent ${environment[@]+"${environment[@]}"} \
    sh -c "${inside[*]:-:} && exec \"\$@\"" sh "$binary" doctor --format json "$@" >"$report" 2>"$work/errors"
  code=$?
  took=$(($(now) - begun))
  cause=$(sed -n 's/^  "root_cause": "\{0,1\}\([A-Za-z0-9]*\).*$/\1/p' "$report")
  verdict=$(sed -n 's/^  "verdict": "\([a-z]*\)",$/\1/p' "$report")
  [ "$cause" != null ] || cause=$verdict
  judge "$cause" "$code" "$took"
}

judge() {
  local problem='' text
  [ "$1 $2" = "$expected_cause $expected_code" ] || problem="expected $expected_cause $expected_code"
  [ -z "$beside" ] || grep -q "\"id\": \"$beside\"" "$work/report.json" || problem="$problem, expected $beside too"
  for text in ${words[@]+"${words[@]}"}; do
    grep -qF -- "$text" "$work/report.json" || problem="$problem, expected the words \`$text\`"
  done
  [ -z "$broken" ] || problem="$problem, $broken"
  if [ "$within" != 0 ] && [ "$3" -gt "$within" ]; then problem="$problem, expected to end within $within ms"; fi
  if [ -z "$problem" ]; then
    passed=$((passed + 1))
    printf 'ok   %-34s %-8s %2s  %5s ms\n' "$name" "$1" "$2" "$3"
  else
    failed=$((failed + 1))
    printf 'FAIL %-34s %-8s %2s  %5s ms: %s\n' "$name" "${1:-nothing}" "$2" "$3" "${problem#, }"
    cat "$work/errors" >&2
    [ -z "${SHOW_REPORT:-}" ] || cat "$work/report.json" >&2
  fi
}

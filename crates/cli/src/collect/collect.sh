#!/bin/sh
# Reads what Azure says about one account, for `speech-endpoint … --azure FOLDER`.
# Every command reads; none changes anything, and none reads a key.
# Needs the Azure CLI, logged in (`az login`). In another cloud: `az cloud set --name AzureUSGovernment` or `AzureChinaCloud`.
# A document that you may not read becomes `null`, and the other documents are still written.
set -u
id='{{ id }}'
nic='{{ nic }}'
folder=${1:-'{{ folder }}'}
umask 077
mkdir -p "$folder" || exit 1
count=0

# save KIND OF COMMAND...: writes one document with its kind and the resource that it is about.
save() {
  kind=$1 of=$2
  shift 2
  count=$((count + 1))
  echo "az $*" >&2
  document=$(az "$@" --output json 2>>"$folder/errors.txt") || document=null
  [ -n "$document" ] || document=null
  printf '{"kind":"%s","of":"%s","document":%s}\n' "$kind" "$of" "$document" >"$folder/$(printf '%02d' "$count")-$kind.json"
}

# ids COMMAND...: prints the IDs that a command finds, one per line.
ids() {
  az "$@" --output tsv 2>>"$folder/errors.txt" | tr -d '\r' | sort -fu
}

part() { # part ID NUMBER: one part of an ID
  printf '%s' "$1" | cut -d/ -f"$2"
}

# network SUBNET_ID: the subnet, its virtual network and the peerings of that.
network() {
  vnet=${1%/subnets/*}
  save subnet "$1" network vnet subnet show --ids "$1"
  case " $seen " in *" $vnet "*) return ;; esac
  seen="$seen $vnet"
  save virtual_network "$vnet" network vnet show --ids "$vnet"
  save peering "$vnet" network vnet peering list --subscription "$(part "$vnet" 3)" -g "$(part "$vnet" 5)" --vnet-name "${vnet##*/}"
}
seen=''

subscription=$(part "$id" 3)
group=$(part "$id" 5)

save account "$id" cognitiveservices account show --ids "$id"
save deployment "$id" cognitiveservices account deployment list --subscription "$subscription" -g "$group" -n "${id##*/}"
save role_assignment "$id" role assignment list --scope "$id" --include-inherited
save diagnostic_setting "$id" monitor diagnostic-settings list --resource "$id"
save metric_alert "$id" monitor metrics alert list --subscription "$subscription" -g "$group"
save activity_log_alert "$id" monitor activity-log alert list --subscription "$subscription" -g "$group"
save policy_state "$id" policy state list --resource "$id"

for endpoint in $(ids cognitiveservices account show --ids "$id" --query 'properties.privateEndpointConnections[].properties.privateEndpoint.id'); do
  save private_endpoint "$id" network private-endpoint show --ids "$endpoint"
  save dns_zone_group "$endpoint" network private-endpoint dns-zone-group list --subscription "$(part "$endpoint" 3)" -g "$(part "$endpoint" 5)" --endpoint-name "${endpoint##*/}"
  for interface in $(ids network private-endpoint show --ids "$endpoint" --query 'networkInterfaces[].id'); do
    save network_interface "$interface" network nic show --ids "$interface"
  done
  for subnet in $(ids network private-endpoint show --ids "$endpoint" --query 'subnet.id'); do
    network "$subnet"
  done
  for zone in $(ids network private-endpoint dns-zone-group list --subscription "$(part "$endpoint" 3)" -g "$(part "$endpoint" 5)" --endpoint-name "${endpoint##*/}" --query '[].privateDnsZoneConfigs[].privateDnsZoneId'); do
    save private_dns_zone "$zone" network private-dns zone show --ids "$zone"
    save record_set "$zone" network private-dns record-set a list --subscription "$(part "$zone" 3)" -g "$(part "$zone" 5)" -z "${zone##*/}"
    save virtual_network_link "$zone" network private-dns link vnet list --subscription "$(part "$zone" 3)" -g "$(part "$zone" 5)" -z "${zone##*/}"
  done
done

for subnet in $(ids cognitiveservices account show --ids "$id" --query 'properties.networkAcls.virtualNetworkRules[].id'); do
  network "$subnet"
done

if [ -n "$nic" ]; then
  save network_interface "$nic" network nic show --ids "$nic"
  # A virtual machine must run for these two.
  save effective_routes "$nic" network nic show-effective-route-table --ids "$nic"
  save effective_nsg "$nic" network nic list-effective-nsg --ids "$nic"
  for subnet in $(ids network nic show --ids "$nic" --query 'ipConfigurations[].subnet.id'); do
    network "$subnet"
  done
fi

echo "wrote $count documents into $folder; next: speech-endpoint account --azure $folder" >&2

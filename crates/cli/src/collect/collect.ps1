# Reads what Azure says about one account, for `speech-endpoint ... --azure FOLDER`.
# Every command reads; none changes anything, and none reads a key.
# Needs the Azure CLI, logged in (`az login`). In another cloud: `az cloud set --name AzureUSGovernment` or `AzureChinaCloud`.
# A document that you may not read becomes `null`, and the other documents are still written.
param([string]$Folder = '{{ folder }}')
$Id = '{{ id }}'
$Nic = '{{ nic }}'
$Folder = (New-Item -ItemType Directory -Force -Path $Folder).FullName
$Errors = Join-Path $Folder 'errors.txt'
$script:Count = 0
$script:Seen = @()

# Writes one document with its kind and the resource that it is about.
function Save-Document([string]$Kind, [string]$Of, [string[]]$Arguments) {
  $script:Count++
  Write-Host ('az ' + ($Arguments -join ' '))
  $text = (& az @Arguments --output json 2>> $Errors) -join "`n"
  if ($LASTEXITCODE -ne 0 -or -not $text) { $text = 'null' }
  $json = '{"kind":"' + $Kind + '","of":"' + $Of + '","document":' + $text + '}'
  $file = Join-Path $Folder ('{0:d2}-{1}.json' -f $script:Count, $Kind)
  [IO.File]::WriteAllText($file, $json, (New-Object Text.UTF8Encoding $false))
}

# Returns the IDs that a command finds.
function Get-Ids([string[]]$Arguments) {
  & az @Arguments --output tsv 2>> $Errors | Where-Object { $_ } | ForEach-Object { $_.Trim() } | Sort-Object -Unique
}

function Get-Part([string]$ResourceId, [int]$Number) { $ResourceId.Split('/')[$Number] }

function Get-Name([string]$ResourceId) { $ResourceId.Split('/')[-1] }

# The subnet, its virtual network and the peerings of that.
function Save-Network([string]$Subnet) {
  $vnet = $Subnet -replace '/subnets/[^/]*$', ''
  Save-Document 'subnet' $Subnet @('network', 'vnet', 'subnet', 'show', '--ids', $Subnet)
  if ($script:Seen -contains $vnet) { return }
  $script:Seen += $vnet
  Save-Document 'virtual_network' $vnet @('network', 'vnet', 'show', '--ids', $vnet)
  Save-Document 'peering' $vnet @('network', 'vnet', 'peering', 'list', '--subscription', (Get-Part $vnet 2), '-g', (Get-Part $vnet 4), '--vnet-name', (Get-Name $vnet))
}

$Subscription = Get-Part $Id 2
$Group = Get-Part $Id 4

Save-Document 'account' $Id @('cognitiveservices', 'account', 'show', '--ids', $Id)
Save-Document 'deployment' $Id @('cognitiveservices', 'account', 'deployment', 'list', '--subscription', $Subscription, '-g', $Group, '-n', (Get-Name $Id))
Save-Document 'role_assignment' $Id @('role', 'assignment', 'list', '--scope', $Id, '--include-inherited')
Save-Document 'diagnostic_setting' $Id @('monitor', 'diagnostic-settings', 'list', '--resource', $Id)
Save-Document 'metric_alert' $Id @('monitor', 'metrics', 'alert', 'list', '--subscription', $Subscription, '-g', $Group)
Save-Document 'activity_log_alert' $Id @('monitor', 'activity-log', 'alert', 'list', '--subscription', $Subscription, '-g', $Group)
Save-Document 'policy_state' $Id @('policy', 'state', 'list', '--resource', $Id)

foreach ($endpoint in Get-Ids @('cognitiveservices', 'account', 'show', '--ids', $Id, '--query', 'properties.privateEndpointConnections[].properties.privateEndpoint.id')) {
  $groupOf = @('--subscription', (Get-Part $endpoint 2), '-g', (Get-Part $endpoint 4), '--endpoint-name', (Get-Name $endpoint))
  Save-Document 'private_endpoint' $Id @('network', 'private-endpoint', 'show', '--ids', $endpoint)
  Save-Document 'dns_zone_group' $endpoint (@('network', 'private-endpoint', 'dns-zone-group', 'list') + $groupOf)
  foreach ($interface in Get-Ids @('network', 'private-endpoint', 'show', '--ids', $endpoint, '--query', 'networkInterfaces[].id')) {
    Save-Document 'network_interface' $interface @('network', 'nic', 'show', '--ids', $interface)
  }
  foreach ($subnet in Get-Ids @('network', 'private-endpoint', 'show', '--ids', $endpoint, '--query', 'subnet.id')) { Save-Network $subnet }
  foreach ($zone in Get-Ids (@('network', 'private-endpoint', 'dns-zone-group', 'list') + $groupOf + @('--query', '[].privateDnsZoneConfigs[].privateDnsZoneId'))) {
    $inZone = @('--subscription', (Get-Part $zone 2), '-g', (Get-Part $zone 4), '-z', (Get-Name $zone))
    Save-Document 'private_dns_zone' $zone @('network', 'private-dns', 'zone', 'show', '--ids', $zone)
    Save-Document 'record_set' $zone (@('network', 'private-dns', 'record-set', 'a', 'list') + $inZone)
    Save-Document 'virtual_network_link' $zone (@('network', 'private-dns', 'link', 'vnet', 'list') + $inZone)
  }
}

foreach ($subnet in Get-Ids @('cognitiveservices', 'account', 'show', '--ids', $Id, '--query', 'properties.networkAcls.virtualNetworkRules[].id')) { Save-Network $subnet }

if ($Nic) {
  Save-Document 'network_interface' $Nic @('network', 'nic', 'show', '--ids', $Nic)
  # A virtual machine must run for these two.
  Save-Document 'effective_routes' $Nic @('network', 'nic', 'show-effective-route-table', '--ids', $Nic)
  Save-Document 'effective_nsg' $Nic @('network', 'nic', 'list-effective-nsg', '--ids', $Nic)
  foreach ($subnet in Get-Ids @('network', 'nic', 'show', '--ids', $Nic, '--query', 'ipConfigurations[].subnet.id')) { Save-Network $subnet }
}

Write-Host "wrote $($script:Count) documents into $Folder; next: speech-endpoint account --azure $Folder"

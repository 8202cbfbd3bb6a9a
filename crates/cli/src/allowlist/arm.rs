//! Rules as templates of Azure Resource Manager, for `az deployment group create --template-file`.

use serde_json::{Value, json};

use super::rules::{ApplicationRule, FIRST_APPLICATION, FIRST_NETWORK, NetworkRule, Rules};
use crate::failure::Failure;
use crate::json::pretty;

/// Writes the rules of a network security group that exists.
pub(super) fn security_group(rules: &Rules) -> Result<String, Failure> {
    let numbered = rules.groups.iter().flat_map(|group| group.networks.iter().map(|rule| (group.id, rule))).enumerate();
    let resources = numbered.map(|(i, (group, rule))| {
        json!({
            "type": "Microsoft.Network/networkSecurityGroups/securityRules",
            "apiVersion": API_VERSION,
            "name": format!("[concat(parameters('networkSecurityGroupName'), '/speech-{group}-{}')]", rule.name),
            "properties": {
                "description": rule.description,
                "access": "Allow",
                "direction": "Outbound",
                "priority": format!("[add(parameters('firstPriority'), {i})]"),
                "protocol": if rule.transport == "udp" { "Udp" } else { "Tcp" },
                "sourceAddressPrefix": "[parameters('sourceAddressPrefix')]",
                "sourcePortRange": "*",
                "destinationAddressPrefix": rule.destination,
                "destinationPortRange": rule.port.to_string(),
            },
        })
    });
    template(
        rules,
        &json!({
            "networkSecurityGroupName": { "type": "string" },
            "firstPriority": { "type": "int", "defaultValue": 200, "minValue": 100, "maxValue": 4000 },
            "sourceAddressPrefix": { "type": "string", "defaultValue": "VirtualNetwork" },
        }),
        &resources.collect::<Vec<_>>(),
    )
}

/// Writes a rule collection group of a policy of Azure Firewall that exists.
pub(super) fn firewall(rules: &Rules) -> Result<String, Failure> {
    let mut collections = Vec::new();
    for (i, group) in rules.groups.iter().enumerate() {
        let parts: [(&str, usize, Vec<Value>); 2] = [
            ("networks", FIRST_NETWORK, group.networks.iter().map(network).collect()),
            ("hosts", FIRST_APPLICATION, group.applications.iter().map(application).collect()),
        ];
        for (part, first, rules) in parts {
            if rules.is_empty() {
                continue;
            }
            collections.push(json!({
                "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
                "name": format!("speech-{}-{part}", group.id),
                "priority": first + i,
                "action": { "type": "Allow" },
                "rules": rules,
            }));
        }
    }
    template(
        rules,
        &json!({
            "firewallPolicyName": { "type": "string" },
            "sourceAddresses": { "type": "array" },
            "priority": { "type": "int", "defaultValue": 1000, "minValue": 100, "maxValue": 65000 },
        }),
        &[json!({
            "type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
            "apiVersion": API_VERSION,
            "name": "[concat(parameters('firewallPolicyName'), '/speech')]",
            "properties": { "priority": "[parameters('priority')]", "ruleCollections": collections },
        })],
    )
}

fn application(rule: &ApplicationRule) -> Value {
    json!({
        "ruleType": "ApplicationRule",
        "name": rule.name,
        "description": rule.description,
        "protocols": [{ "protocolType": rule.protocol, "port": rule.port }],
        "sourceAddresses": "[parameters('sourceAddresses')]",
        "targetFqdns": rule.hosts,
    })
}

fn network(rule: &NetworkRule) -> Value {
    json!({
        "ruleType": "NetworkRule",
        "name": rule.name,
        "description": rule.description,
        "ipProtocols": [rule.transport.to_ascii_uppercase()],
        "sourceAddresses": "[parameters('sourceAddresses')]",
        "destinationAddresses": [rule.destination],
        "destinationPorts": [rule.port.to_string()],
    })
}

fn template(rules: &Rules, parameters: &Value, resources: &[Value]) -> Result<String, Failure> {
    let remarks: Vec<&str> = rules.remarks.iter().map(|note| note.text.as_str()).collect();
    pretty(&json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": { "description": "outbound rules for Azure AI Speech", "notes": remarks },
        "parameters": parameters,
        "resources": resources,
    }))
}

/// The version of the network resources that Terraform's provider uses as well, so that every cloud knows it.
const API_VERSION: &str = "2024-05-01";

//! What was read out of documents, as JSON with the names of the fields.

use serde_json::{Value, json};
use speech_endpoint::azure::{
    AccountDocument, ArmId, AzureView, EffectiveRule, EndpointConnection, NamedAddresses, ServiceTag, Stated,
};

/// Returns everything in the view, one list per kind of objects.
pub(crate) fn view(view: &AzureView) -> Value {
    json!({
        "accounts": list(&view.accounts, account),
        "endpoints": list(&view.endpoints, |it| json!({
            "id": id(it.id.as_ref()), "name": it.name, "location": it.location, "subnet": id(it.subnet.as_ref()), "interfaces": ids(&it.interfaces),
            "connections": list(&it.connections, |(target, it)| json!({ "to": id(target.as_ref()), "connection": connection(it) })),
            "names": list(&it.names, names), "static_addresses": texts(&it.static_addresses),
        })),
        "zone_groups": list(&view.zone_groups, |it| json!({
            "id": id(it.id.as_ref()), "endpoint": id(it.endpoint().as_ref()), "zones": ids(&it.zones), "names": list(&it.names, names),
        })),
        "zones": list(&view.zones, |it| json!({ "id": id(it.id.as_ref()), "name": it.name })),
        "records": list(&view.records, |it| json!({
            "id": id(it.id.as_ref()), "zone": it.zone, "name": it.name, "fqdn": it.fqdn(), "addresses": texts(&it.addresses),
            "is_registered": it.is_registered, "creator": it.creator,
        })),
        "links": list(&view.links, |it| json!({
            "id": id(it.id.as_ref()), "zone": it.zone, "network": id(it.network.as_ref()), "state": it.state, "falls_back": it.falls_back,
        })),
        "interfaces": list(&view.interfaces, |it| json!({
            "id": id(it.id.as_ref()), "private_endpoint": id(it.private_endpoint.as_ref()), "subnets": ids(&it.subnets),
            "names": list(&it.names, names),
        })),
        "subnets": list(&view.subnets, |it| json!({
            "id": id(it.id.as_ref()), "prefixes": texts(&it.prefixes), "route_policies": stated(&it.route_policies, |v| json!(v)),
            "service_endpoints": list(&it.service_endpoints, |it| json!([it.service, it.state])),
            "has_service_endpoint": it.has_service_endpoint(),
        })),
        "networks": list(&view.networks, |it| json!({
            "id": id(it.id.as_ref()), "prefixes": texts(&it.prefixes), "dns_servers": it.dns_servers,
        })),
        "peerings": list(&view.peerings, |it| json!({
            "id": id(it.id.as_ref()), "network": id(it.network().as_ref()), "remote": id(it.remote.as_ref()),
            "state": stated(&it.state, |v| json!(v.arm_name())), "allows_access": stated(&it.allows_access, |v| json!(v)),
            "allows_forwarded": stated(&it.allows_forwarded, |v| json!(v)), "sync_level": it.sync_level,
        })),
        "route_tables": list(&view.route_tables, |it| json!({
            "interface": id(it.interface.as_ref()),
            "routes": list(&it.routes, |it| json!({
                "name": it.name, "source": it.source, "state": it.state, "prefixes": texts(&it.prefixes),
                "tags": list(&it.tags, tag), "next_hop": it.next_hop, "next_hop_addresses": texts(&it.next_hop_addresses),
            })),
        })),
        "groups": list(&view.groups, |it| json!({
            "interface": id(it.interface.as_ref()), "id": id(it.id.as_ref()), "place": format!("{:?}", it.place), "rules": list(&it.rules, rule),
        })),
        "roles": list(&view.roles, |it| json!({
            "id": id(it.id.as_ref()), "scope": id(it.scope.as_ref()), "role": it.role, "role_name": it.role_name,
            "principal_type": it.principal_type,
        })),
        "diagnostics": list(&view.diagnostics, |it| json!({
            "id": id(it.id.as_ref()), "of": id(it.of.as_ref()), "name": it.name, "has_destination": it.has_destination,
            "categories": it.categories, "category_groups": it.category_groups,
        })),
        "metric_alerts": list(&view.metric_alerts, |it| json!({
            "id": id(it.id.as_ref()), "is_enabled": it.is_enabled, "scopes": ids(&it.scopes),
        })),
        "activity_alerts": list(&view.activity_alerts, |it| json!({
            "id": id(it.id.as_ref()), "is_enabled": it.is_enabled, "scopes": ids(&it.scopes),
            "conditions": list(&it.conditions, |it| json!([it.field, it.values])),
        })),
        "policies": list(&view.policies, |it| json!({
            "of": id(it.of.as_ref()), "compliance": it.compliance, "assignment": id(it.assignment.as_ref()), "definition": id(it.definition.as_ref()),
        })),
        "deployments": list(&view.deployments, |it| json!({
            "id": id(it.id.as_ref()), "name": it.name, "model": it.model, "version": it.version, "state": it.state,
        })),
    })
}

fn account(it: &AccountDocument) -> Value {
    json!({
        "id": id(it.id.as_ref()), "name": it.name, "location": it.location, "kind": it.kind, "sku": it.sku, "tags": it.tags,
        "identity": stated(&it.identity, |v| json!(v)), "has_properties": it.has_properties,
        "custom_domain": stated(&it.custom_domain, |v| json!(v)), "endpoint": it.endpoint,
        "public_access": stated(&it.public_access, |v| json!(v.arm_name())), "has_rules": it.has_rules,
        "default_deny": stated(&it.default_deny, |v| json!(v)), "trusted_services": stated(&it.trusted_services, |v| json!(v)),
        "address_rules": it.address_rules,
        "subnet_rules": list(&it.subnet_rules, |it| json!([it.id.as_str(), stated(&it.state, |v| json!(v.arm_name()))])),
        "connections": list(&it.connections, connection), "key_auth_disabled": stated(&it.key_auth_disabled, |v| json!(v)),
        "customer_key": stated(&it.customer_key, |v| json!(v)), "own_storage": it.own_storage,
        "restricts_outbound": stated(&it.restricts_outbound, |v| json!(v)), "allowed_fqdns": it.allowed_fqdns,
        "provisioning_state": it.provisioning_state,
    })
}

fn connection(it: &EndpointConnection) -> Value {
    json!({
        "id": id(it.id.as_ref()), "name": it.name, "endpoint": id(it.endpoint.as_ref()), "endpoint_name": it.endpoint_name(),
        "state": stated(&it.state, |v| json!(v.id())),
    })
}

fn names(it: &NamedAddresses) -> Value {
    json!([it.fqdn, texts(&it.addresses)])
}

fn tag(it: &ServiceTag) -> Value {
    json!([it.name, texts(&it.prefixes)])
}

fn rule(it: &EffectiveRule) -> Value {
    json!({
        "name": it.name, "access": it.access, "is_outbound": it.is_outbound, "priority": it.priority, "protocol": it.protocol,
        "ports": it.ports, "destinations": it.destinations, "expanded_destinations": texts(&it.expanded_destinations),
        "sources": it.sources, "expanded_sources": texts(&it.expanded_sources),
    })
}

/// Returns a known value, `null` for an absent one, and `{"unknown": …}` for one that is not documented.
fn stated<T>(it: &Stated<T>, known: impl Fn(&T) -> Value) -> Value {
    match it {
        Stated::Absent => Value::Null,
        Stated::Known(value) => known(value),
        Stated::Unknown(text) => json!({ "unknown": text }),
    }
}

fn list<T>(items: &[T], of: impl Fn(&T) -> Value) -> Value {
    items.iter().map(of).collect()
}

fn texts<T: ToString>(items: &[T]) -> Value {
    items.iter().map(|item| json!(item.to_string())).collect()
}

fn id(id: Option<&ArmId>) -> Value {
    json!(id.map(ArmId::as_str))
}

fn ids(ids: &[ArmId]) -> Value {
    ids.iter().map(|id| json!(id.as_str())).collect()
}

/// Returns where a value lacks something that is expected of it: fields of objects may be more, elements of lists may not.
pub(crate) fn lacks(expected: &Value, seen: &Value, at: &str) -> Vec<String> {
    match (expected, seen) {
        (Value::Object(fields), Value::Object(_)) => {
            fields.iter().flat_map(|(name, value)| lacks(value, &seen[name], &format!("{at}.{name}"))).collect()
        }
        (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
            let pairs = wanted.iter().zip(items).enumerate();
            pairs.flat_map(|(n, (wanted, item))| lacks(wanted, item, &format!("{at}[{n}]"))).collect()
        }
        _ if expected == seen => Vec::new(),
        _ => vec![format!("{at}: expected {expected}, got {seen}")],
    }
}

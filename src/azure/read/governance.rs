//! Reads role assignments, diagnostic settings, alerts, policy states and deployments.

use std::collections::HashMap;

use super::tree::Node;
use crate::azure::governance::{
    ActivityLogAlert, AlertCondition, Deployment, DiagnosticSetting, MetricAlert, PolicyState, RoleAssignment,
};
use crate::azure::id::ArmId;

/// The fields of a diagnostic setting that name a destination.
pub(super) const DESTINATIONS: &[&str] =
    &["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId", "serviceBusRuleId"];

pub(super) fn role(node: &Node<'_>) -> RoleAssignment {
    let definition = node.text_of("roleDefinitionId").unwrap_or_default();
    RoleAssignment {
        id: node.text_of("id").map(ArmId::new),
        scope: node.text_of("scope").map(ArmId::new),
        role: ArmId::new(definition).name().to_ascii_lowercase(),
        role_name: node.owned("roleDefinitionName"),
        principal_type: node.owned("principalType"),
    }
}

pub(super) fn diagnostic(node: &Node<'_>) -> DiagnosticSetting {
    let on = |name: &str| -> Vec<String> {
        let enabled = node.list("logs").iter().filter(|log| log.get("enabled").and_then(Node::bool) == Some(true));
        enabled.filter_map(|log| log.owned(name)).collect()
    };
    DiagnosticSetting {
        id: node.text_of("id").map(ArmId::new),
        of: None,
        name: node.owned("name"),
        has_destination: DESTINATIONS.iter().any(|name| node.text_of(name).is_some()),
        categories: on("category"),
        category_groups: on("categoryGroup"),
    }
}

pub(super) fn metric_alert(node: &Node<'_>) -> MetricAlert {
    MetricAlert { id: node.text_of("id").map(ArmId::new), is_enabled: is_enabled(node), scopes: scopes(node) }
}

pub(super) fn activity_alert(node: &Node<'_>) -> ActivityLogAlert {
    let conditions = node.get("condition").map(|condition| condition.list("allOf")).unwrap_or_default();
    ActivityLogAlert {
        id: node.text_of("id").map(ArmId::new),
        is_enabled: is_enabled(node),
        scopes: scopes(node),
        conditions: conditions.iter().flat_map(alternatives).collect(),
    }
}

/// Reads a condition, which is one comparison or a list of alternatives for one field.
fn alternatives(node: &Node<'_>) -> Vec<AlertCondition> {
    let comparison = |node: &Node<'_>| {
        let field = node.owned("field")?;
        let contained = node.texts("containsAny").into_iter().map(str::to_owned);
        Some(AlertCondition { field, values: node.owned("equals").into_iter().chain(contained).collect() })
    };
    let mut joined: Vec<AlertCondition> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let any_of = node.list("anyOf");
    for condition in any_of.iter().filter_map(comparison).chain(comparison(node).filter(|_| any_of.is_empty())) {
        let place = *places.entry(condition.field.to_ascii_lowercase()).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(known) => known.values.extend(condition.values),
            None => joined.push(condition),
        }
    }
    joined
}

pub(super) fn policy(node: &Node<'_>) -> PolicyState {
    PolicyState {
        of: node.text_of("resourceId").map(ArmId::new),
        compliance: node.owned("complianceState").unwrap_or_default(),
        assignment: node.text_of("policyAssignmentId").map(ArmId::new),
        definition: node.text_of("policyDefinitionId").map(ArmId::new),
    }
}

pub(super) fn deployment(node: &Node<'_>) -> Deployment {
    let model = node.get("model");
    Deployment {
        id: node.text_of("id").map(ArmId::new),
        name: node.owned("name"),
        model: model.and_then(|model| model.owned("name")),
        version: model.and_then(|model| model.owned("version")),
        state: node.owned("provisioningState"),
    }
}

/// Returns whether an alert is on. An alert without the field is on.
fn is_enabled(node: &Node<'_>) -> bool {
    node.get("enabled").is_none_or(|enabled| enabled.bool() == Some(true))
}

fn scopes(node: &Node<'_>) -> Vec<ArmId> {
    node.texts("scopes").into_iter().map(ArmId::new).collect()
}

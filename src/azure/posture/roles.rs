//! Judges the roles that are assigned at an account. Role names differ by language and REST has none, so the ID decides.

use super::DocumentKind;
use super::sight::{Seen, Sight, counted};
use crate::azure::governance::RoleAssignment;
use crate::azure::id::ArmId;
use crate::azure::words::shown;
use crate::resolve::access::AccountKind;
use crate::resolve::quoted::QuotedValue;

/// What a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// Speech data only: the two roles that the guidance names.
    Speech,
    /// Voice Live on Foundry; more than speech data elsewhere.
    Foundry,
    /// More data than Speech.
    BroadData,
    /// Administration.
    Administrative,
    /// Neither data nor administration of the account.
    NoData,
}

/// Source: the built-in roles of Azure RBAC.
const ROLES: &[(&str, &str, Use)] = &[
    ("f2dc8367-1007-4938-bd23-fe263f013447", "Cognitive Services Speech User", Use::Speech),
    ("0e75ca1e-0464-4b4d-8b93-68208a576181", "Cognitive Services Speech Contributor", Use::Speech),
    ("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User", Use::BroadData),
    ("b59867f0-fa02-499b-be73-45a86b5b3e1c", "Cognitive Services Data Reader", Use::BroadData),
    ("53ca6127-db72-4b80-b1b0-d745d6d5456d", "Foundry User", Use::Foundry),
    ("53ca6127-db72-4b80-b1b0-d745d6d5456d", "Azure AI User", Use::Foundry),
    ("25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", "Cognitive Services Contributor", Use::Administrative),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", Use::Administrative),
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", Use::Administrative),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", Use::NoData),
    ("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", Use::NoData),
];

/// How an assignment concerns the account.
enum Place {
    /// At the account or a part of it.
    Here,
    /// At a group, a subscription or above.
    Above,
    /// At a management group, which may or may not hold the account.
    Somewhere,
}

/// Judges every assignment: all those at the account, and those that it inherits if their role is for data.
pub(super) fn roles(sight: &Sight<'_>) -> Seen {
    let is_foundry = sight.account.speech_kind() == Some(AccountKind::Foundry);
    let (mut wanted, mut others, mut broader, mut unjudged) = (0, 0, Vec::new(), None);
    for role in &sight.view.roles {
        let (Some(place), known) = (place(role, sight), known(role)) else { continue };
        let is_here = matches!(place, Place::Here);
        let use_ = known.map(|(_, _, use_)| *use_);
        match use_ {
            Some(Use::Speech) => wanted += usize::from(!matches!(place, Place::Somewhere)),
            Some(Use::Foundry) if is_foundry => wanted += usize::from(!matches!(place, Place::Somewhere)),
            Some(Use::BroadData | Use::Foundry) if matches!(place, Place::Somewhere) => {
                unjudged.get_or_insert_with(|| above(role));
            }
            Some(Use::BroadData | Use::Foundry) => broader.push(role),
            Some(Use::Administrative) if is_here => broader.push(role),
            Some(Use::NoData) if is_here => others += 1,
            None if is_here => {
                unjudged.get_or_insert_with(|| custom(role));
            }
            Some(Use::Administrative | Use::NoData) | None => {}
        }
    }
    if let [first, ..] = broader[..] {
        let id = first.id.as_ref().map_or("ASSIGNMENT_ID", ArmId::as_str);
        return Seen::not_met(format!("{} broader than Speech: {}", counted(broader.len(), "role"), names(&broader)))
            .with_part("ASSIGNMENT_ID", id);
    }
    if let Some(unjudged) = unjudged {
        return unjudged;
    }
    let is_listed = sight.lists(DocumentKind::RoleAssignment);
    if wanted + others == 0 && !is_listed {
        return Seen::without(DocumentKind::RoleAssignment);
    }
    if sight.has_more(DocumentKind::RoleAssignment) {
        return Seen::unfinished(DocumentKind::RoleAssignment);
    }
    if wanted == 0 {
        return Seen::met("nobody has a role for data at this account");
    }
    Seen::met(format!("{} for Speech data, none broader", counted(wanted, "role assignment")))
}

fn place(role: &RoleAssignment, sight: &Sight<'_>) -> Option<Place> {
    let of_id = || {
        let (scope, _) = role.id.as_ref()?.as_str().split_at_checked(at_provider(role.id.as_ref()?.as_str())?)?;
        Some(ArmId::new(scope))
    };
    let scope = role.scope.clone().or_else(of_id)?;
    let account = sight.id?;
    if account.covers(&scope) {
        return Some(Place::Here);
    }
    if sight.is_covered_by(&scope) {
        return Some(Place::Above);
    }
    scope.after("managementGroups").is_some().then_some(Place::Somewhere)
}

/// Returns where the part of an ID begins that names an assignment at a scope.
fn at_provider(id: &str) -> Option<usize> {
    id.to_ascii_lowercase().rfind("/providers/microsoft.authorization/")
}

fn known(role: &RoleAssignment) -> Option<&'static (&'static str, &'static str, Use)> {
    let by_id = ROLES.iter().find(|(id, ..)| *id == role.role);
    let named = |name: &str| ROLES.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name));
    by_id.or_else(|| role.role_name.as_deref().and_then(named))
}

fn name(role: &RoleAssignment) -> String {
    let name = known(role).map(|(_, name, _)| (*name).to_owned());
    name.or_else(|| role.role_name.as_deref().map(shown)).unwrap_or_else(|| shown(&role.role))
}

/// Returns the names of roles, each once.
fn names(roles: &[&RoleAssignment]) -> String {
    let mut names: Vec<String> = Vec::new();
    for role in roles {
        let name = name(role);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn custom(role: &RoleAssignment) -> Seen {
    let text =
        format!("role {} is not a built-in one of this table, so it cannot be judged", QuotedValue::new(&name(role)));
    Seen::not_visible(text, "the definition of the role (`az role definition list`)")
}

fn above(role: &RoleAssignment) -> Seen {
    let text = format!("role {} is assigned at a management group, which may hold this account", name(role));
    Seen::not_visible(text, "the management groups above the subscription")
}

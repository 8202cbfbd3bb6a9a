//! Failures that only Azure's documents show: an address that is not the private endpoint's (DNS06, POL05), and a private
//! endpoint without an approved connection (POL04).

use std::net::IpAddr;

use super::refusal::Refusal;
use super::wording::joined;
use super::{Observation, RuleContext};
use crate::azure::{ConnectionState, DocumentKind, EndpointConnection, shown};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::documents::Documents;
use crate::diagnose::evidence::{AddressClass, Skip};

/// Consequences of an address that is not the endpoint's.
pub(super) const OTHER_PEER: &[&str] = &[
    "TCP02", "TCP03", "TCP04", "TCP05", "TCP11", "TLS01", "TLS03", "TLS07", "HTTP01", "HTTP03", "HTTP04", "HTTP05",
    "AUTH01", "POL01", "POL02", "POL03",
];

/// DNS06: the private address is not one of the private endpoint's. The addresses of every connection that may carry traffic
/// have to be known.
pub(super) fn stale_record(context: &RuleContext<'_>) -> Option<Observation> {
    let (documents, address) = (context.documents?, private_address(context)?);
    let carriers = documents.carriers_for(context.host()).filter(|carriers| !carriers.is_empty())?;
    if carriers.iter().any(|(_, addresses)| addresses.contains(&address)) || !documents.owners(address).is_empty() {
        return None;
    }
    let names = carriers.iter().map(|(connection, addresses)| {
        let addresses = joined(&addresses.iter().map(ToString::to_string).collect::<Vec<_>>());
        format!("{} has {addresses}", named(connection))
    });
    let names = joined(&names.collect::<Vec<_>>());
    let left = documents.endpoints_for(context.host()).into_iter().find(|(_, addresses)| addresses.contains(&address));
    let left = left.and_then(|(connection, _)| Some((connection, connection.state.known()?)));
    let left = left.map(|(connection, state)| format!(", which is {} ({})", named(connection), state.id()));
    let source = documents.cite(DocumentKind::PrivateEndpoint);
    let text = format!("`{}` resolves to {address}{}, but {names}{source}", context.host(), left.unwrap_or_default());
    let observation = Observation::new(text)
        .not("DNS03", "the address is private")
        .not("POL05", "no document shows another resource at this address");
    Some(unless_accepted(context, observation.with("ADDRESS", address.to_string())))
}

/// POL05: the private address belongs to the private endpoint of another resource.
pub(super) fn other_resource(context: &RuleContext<'_>) -> Option<Observation> {
    let (documents, address) = (context.documents?, private_address(context)?);
    let carriers = documents.carriers_for(context.host())?;
    if carriers.iter().any(|(_, addresses)| addresses.contains(&address)) {
        return None;
    }
    let owners = documents.owners(address);
    let names =
        owners.iter().map(|(endpoint, account)| format!("private endpoint `{endpoint}` of account `{account}`"));
    let names = joined(&names.collect::<Vec<_>>());
    let source = documents.cite(DocumentKind::PrivateEndpoint);
    let text = format!("`{}` resolves to {address}, which is {names}{source}", context.host());
    let observation = Observation::new(text)
        .not("DNS03", "the address is private")
        .not("DNS06", "a private endpoint has this address");
    (!owners.is_empty()).then(|| unless_accepted(context, observation.with("ADDRESS", address.to_string())))
}

fn named(connection: &EndpointConnection) -> String {
    let name = connection.endpoint_name().map(|name| format!("private endpoint `{}`", shown(name)));
    name.unwrap_or_else(|| "the private endpoint".to_owned())
}

/// The network's own evidence precedes a document, which may be older: the service accepts the credential at this address.
fn unless_accepted(context: &RuleContext<'_>, seen: Observation) -> Observation {
    if !context.trace.auth.has_passed() {
        return seen;
    }
    let observed =
        format!("{}; the service accepts the credential there, so the document is probably outdated", seen.observed);
    Observation { observed, ..seen }.at(Severity::Warning)
}

/// The private address of the resource's own host that an application uses.
fn private_address(context: &RuleContext<'_>) -> Option<IpAddr> {
    let address = context.address().filter(|_| context.is_own() && context.proxied().is_none())?;
    matches!(address.class, AddressClass::Private | AddressClass::Shared).then_some(address.ip)
}

/// POL04 with documents: the account has private endpoints, none of them is approved, and this client needs one, because it
/// expects one or because public access is disabled. A private endpoint that answers is approved, whatever a document says.
pub(super) fn unapproved(context: &RuleContext<'_>) -> Option<Observation> {
    let documents = context.documents?;
    let (connection, state) = documents.unapproved()?;
    let answers = context.is_private() && context.proxied().is_none() && context.trace.tcp.has_passed();
    let is_refused = context.policy().is_some_and(|(_, refusal)| refusal == Refusal::PublicAccess);
    let is_needed = context.is_own() && (is_refused || context.expects_private() && !answers);
    if !is_needed && !is_closed(context) {
        return None;
    }
    let name = connection.endpoint_name().map(shown).unwrap_or_default();
    let source = documents.cite(DocumentKind::Account);
    let text = format!("the connection of private endpoint `{name}` is {}, and none is approved{source}", state.id());
    let own = connection.endpoint.as_ref().and_then(|id| documents.view.endpoint(id));
    let own = own.and_then(|endpoint| endpoint.connection_to(documents.account?.id.as_ref()?));
    let differs = own.is_some_and(|own| own.state.known() == Some(&ConnectionState::Approved)).then(|| {
        let source = documents.cite(DocumentKind::PrivateEndpoint);
        format!("; the endpoint says `Approved`{source}, so one of the documents is older, and the account decides")
    });
    let observation = Observation::new(format!("{text}{}", differs.unwrap_or_default())).at(Severity::Error);
    Some(Observation { is_settled: true, ..observation })
}

/// POL02 with documents: the account admits nobody, and has no private endpoint.
pub(super) fn closed(context: &RuleContext<'_>) -> Option<String> {
    let documents = context.documents.filter(|documents| is_closed(context) && documents.unapproved().is_none())?;
    let source = documents.cite(DocumentKind::Account);
    Some(format!("`{}` responds, but the account admits nobody{source}", context.host()))
}

/// Whether the account admits nobody, although its host responds: a regional host cannot tell the account without a credential.
fn is_closed(context: &RuleContext<'_>) -> bool {
    let is_untried = context.trace.auth.skipped() == Some(Skip::NoCredential);
    let is_service = context.service().is_some() && !context.is_own();
    is_untried && is_service && context.documents.is_some_and(Documents::admits_nobody)
}

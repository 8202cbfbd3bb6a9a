//! The network access of a resource by its name in a world.

use speech_endpoint::Access;

/// Returns the network access for a name such as `private-endpoint`; `None` for `unknown`.
pub(super) fn named(network: &str) -> Result<Option<Access>, String> {
    let own = || OWN.iter().find(|(name, _)| *name == network).map(|(_, access)| access());
    match Access::named(network).or_else(own) {
        None if network != "unknown" => {
            let known = Access::NAMED.iter().map(|(name, _)| *name).chain(OWN.iter().map(|(name, _)| *name));
            let names: Vec<String> = known.map(|name| format!("`{name}`")).collect();
            Err(format!("`{network}` is not a network: expected `unknown`, {}", names.join(", ")))
        }
        access => Ok(access),
    }
}

/// A name and the access that it stands for.
type Named = (&'static str, fn() -> Access);

/// What only a world needs to name.
const OWN: &[Named] = &[
    ("private-and-public", || Access { default_deny: false, ..Access::private_endpoint() }),
    ("perimeter-and-private-endpoint", || Access { private_endpoints: 1, ..Access::perimeter() }),
    ("disabled-unreachable", || Access { private_endpoints: 0, ..Access::disabled() }),
];

//! The ARM ID of a subnet that the network rules of an account allow.

use std::fmt;
use std::str::FromStr;

use crate::resolve::quoted::looks_secret;

/// The ARM ID of a subnet, with nothing that a shell would interpret.
///
/// ```
/// use speech_endpoint::SubnetId;
///
/// let id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/app";
/// assert_eq!(id.parse::<SubnetId>()?.to_string(), id);
/// assert!("snet-app; reboot".parse::<SubnetId>().is_err());
/// # Ok::<(), speech_endpoint::SubnetIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetId(Box<str>);

impl SubnetId {
    /// Returns the ID as ARM returned it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubnetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SubnetId {
    type Err = SubnetIdError;

    fn from_str(text: &str) -> Result<Self, SubnetIdError> {
        let parts: Vec<&str> = text.split('/').collect();
        let [
            first,
            subscriptions,
            subscription,
            groups,
            group,
            providers,
            provider,
            networks,
            network,
            subnets,
            subnet,
        ] = parts[..]
        else {
            return Err(SubnetIdError);
        };
        let words = [subscriptions, groups, providers, provider, networks, subnets];
        let expected =
            ["subscriptions", "resourceGroups", "providers", "Microsoft.Network", "virtualNetworks", "subnets"];
        let is_shaped = first.is_empty()
            && words.iter().zip(expected).all(|(word, expected)| word.eq_ignore_ascii_case(expected))
            && [subscription, group, network, subnet].into_iter().all(is_name);
        if is_shaped { Ok(Self(text.into())) } else { Err(SubnetIdError) }
    }
}

/// Returns whether a name is one of Azure's that needs no quotes in a shell.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_plain) && !looks_secret(name)
}

/// Text that is not the ARM ID of a subnet, or that a shell could interpret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the ARM ID of a subnet: expected `/subscriptions/…/virtualNetworks/…/subnets/…`")]
#[non_exhaustive]
pub struct SubnetIdError;

/// A resource group has the longest name of those in an ID.
const LONGEST_NAME: usize = 90;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_a_subnet_and_nothing_that_a_shell_reads() {
        let id = |group: &str, subnet: &str| {
            format!(
                "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/{subnet}"
            )
        };
        for good in [id("rg", "app"), id("RG_net.1", "snet-app").to_uppercase().replace("SUBNETS", "subnets")] {
            assert!(good.parse::<SubnetId>().is_ok(), "{good}");
        }
        for bad in [
            String::new(),
            id("rg", ""),
            id("rg", "app/extra"),
            id("rg (old)", "app"),
            id("rg", "a$(reboot)"),
            id("rg", "a;b"),
            id("rg", "a\nb"),
            id("rg", &"a".repeat(91)),
            id("rg", "app").replace("virtualNetworks", "networkInterfaces"),
            format!("x{}", id("rg", "app")),
        ] {
            assert!(bad.parse::<SubnetId>().is_err(), "{bad}");
        }
    }
}

//! What switching the service endpoint on in a subnet does to an account.

use super::account::AccountDocument;
use super::admission::{Admission, is_in_force};
use super::id::ArmId;
use super::view::AzureView;
use crate::resolve::access::PublicAccess;

impl AzureView {
    /// Returns whether switching the service endpoint on in this subnet breaks the account for the machines in the subnet.
    ///
    /// The service then sees the subnet instead of a public address, and rejects a subnet that the account does not list,
    /// whatever its other settings. `Some(false)` for an account that lists the subnet, or that is reached by its private
    /// endpoint only. `None` for one that rejects the subnet already, or whose access is not documented.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint>
    #[must_use]
    pub fn breaks(&self, account: &AccountDocument, subnet: &ArmId) -> Option<bool> {
        if account.subnet_rules.iter().any(|rule| rule.id == *subnet && is_in_force(rule)) {
            return Some(false);
        }
        if account.custom_domain.is_absent() {
            // Its public hosts cannot be restricted, and it cannot list a subnet.
            return account.has_properties.then_some(true);
        }
        let access = account.access()?;
        let is_private = access.private_endpoints > 0;
        let is_public = match access.public_access {
            PublicAccess::Enabled if !access.default_deny => true,
            PublicAccess::Enabled => !Admission::of(account, self).addresses.is_empty(),
            PublicAccess::Disabled | PublicAccess::SecuredByPerimeter => false,
        };
        if is_public { Some(true) } else { is_private.then_some(false) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::{EndpointConnection, SubnetRule};
    use super::super::stated::Stated;
    use super::*;

    const SUBNET: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/app";

    fn account() -> AccountDocument {
        AccountDocument {
            custom_domain: Stated::Known("contoso".into()),
            has_properties: true,
            ..AccountDocument::default()
        }
    }

    fn endpoint() -> Vec<EndpointConnection> {
        let state = Stated::Known(super::super::account::ConnectionState::Approved);
        vec![EndpointConnection { id: None, name: None, endpoint: None, state }]
    }

    fn breaks(account: &AccountDocument) -> Option<bool> {
        AzureView::default().breaks(account, &ArmId::new(SUBNET))
    }

    #[test]
    fn an_account_that_is_reached_by_a_public_address_breaks_unless_it_lists_the_subnet() {
        let open = account();
        assert_eq!(breaks(&open), Some(true));
        assert_eq!(breaks(&AccountDocument { connections: endpoint(), ..open.clone() }), Some(true));
        let rule = SubnetRule { id: ArmId::new(&SUBNET.to_uppercase()), state: Stated::Absent };
        assert_eq!(breaks(&AccountDocument { subnet_rules: vec![rule], ..open }), Some(false));
        let regional = AccountDocument { custom_domain: Stated::Absent, ..account() };
        assert_eq!(breaks(&regional), Some(true));
    }

    #[test]
    fn an_account_that_rejects_the_subnet_already_cannot_break() {
        let locked = AccountDocument { default_deny: Stated::Known(true), ..account() };
        assert_eq!(breaks(&locked), None);
        let by_address = AccountDocument { address_rules: vec!["203.0.113.0/24".into()], ..locked.clone() };
        assert_eq!(breaks(&by_address), Some(true));
        let never_matching = AccountDocument { address_rules: vec!["10.0.0.0/8".into()], ..locked.clone() };
        assert_eq!(breaks(&never_matching), None);
        assert_eq!(breaks(&AccountDocument { connections: endpoint(), ..locked }), Some(false));
        let disabled = AccountDocument { public_access: Stated::Known(PublicAccess::Disabled), ..account() };
        assert_eq!(breaks(&disabled), None);
        assert_eq!(breaks(&AccountDocument { connections: endpoint(), ..disabled }), Some(false));
        let unknown = AccountDocument { public_access: Stated::Unknown("Maybe".into()), ..account() };
        assert_eq!(breaks(&unknown), None);
    }
}

//! What Azure's documents add, where it depends on a time or on an address that no world of the lab has.

use std::net::IpAddr;

use super::super::{documents::Documents, sample};
use crate::azure::AzureView;
use crate::diagnose::evidence::{Evidence, MetadataFacts};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;
use crate::{Diagnosis, Selection, diagnose_with_documents};

/// The evidence of 2026-01-01T00:00:00Z of a caller that the firewall refuses.
fn refused(local: &str) -> Evidence {
    let mut evidence = sample::own(Scenario::CustomDomainSelectedIpOnly, Expectation::PublicAddress, &[], "20.50.1.7");
    let trace = &mut evidence.traces[0];
    sample::answered(trace, sample::reply(403, "403", "Access denied due to Virtual Network/Firewall rules."));
    sample::tcp(trace).local = local.parse().ok();
    evidence
}

fn account(changed: &str, address: &str) -> String {
    format!(
        r#"{{ "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso",
            "type": "Microsoft.CognitiveServices/accounts", "name": "contoso", "location": "westeurope",
            "systemData": {{ "createdBy": "somebody@contoso.example", "lastModifiedAt": "{changed}" }},
            "properties": {{ "customSubDomainName": "contoso", "publicNetworkAccess": "Enabled", "networkAcls": {{
                "defaultAction": "Deny", "virtualNetworkRules": [], "ipRules": [{{ "value": "{address}" }}] }} }} }}"#
    )
}

fn view(documents: &[&str]) -> AzureView {
    let mut view = AzureView::default();
    for (number, document) in documents.iter().enumerate() {
        view.read(&format!("{number}.json"), document.as_bytes()).expect("JSON");
    }
    view
}

fn diagnosed(evidence: &Evidence, documents: &[&str]) -> Diagnosis {
    diagnose_with_documents(evidence, &view(documents), &Selection::default())
}

fn observed(evidence: &Evidence, documents: &[&str]) -> String {
    diagnosed(evidence, documents).root_cause().map(|finding| finding.observed.clone()).unwrap_or_default()
}

#[test]
fn a_change_is_young_for_fifteen_minutes() {
    let evidence = refused("10.2.0.7");
    for (changed, words) in [
        ("2025-12-31T23:56:30.1234567Z", "the account was changed 3 min before this run (`0.json`)"),
        ("2025-12-31T23:45:01+00:00", "changed 14 min before this run"),
        ("2026-01-01T00:00:01Z", "the account was changed after this run"),
    ] {
        let observed = observed(&evidence, &[&account(changed, "203.0.113.7")]);
        assert!(observed.contains(words) && !observed.contains("somebody"), "{changed}: {observed}");
    }
    for changed in ["2025-12-31T23:45:00Z", "2025-12-31T23:56:30", "2025-12-31T23:56:30+01:00", "2025-12-31", "é", ""]
    {
        let observed = observed(&evidence, &[&account(changed, "203.0.113.7")]);
        assert!(!observed.contains("changed"), "{changed}: {observed}");
    }
}

#[test]
fn a_public_address_is_compared_with_the_address_rules() {
    let evidence = refused("203.0.113.7");
    let missing = observed(&evidence, &[&account("", "198.51.100.0/24")]);
    assert!(missing.contains("no address rule holds 203.0.113.7 (`0.json`)"), "{missing}");
    let held = observed(&evidence, &[&account("", "203.0.113.0/24")]);
    assert!(held.contains("address rule `203.0.113.0/24` holds 203.0.113.7 (`0.json`)"), "{held}");
    let private = observed(&refused("10.2.0.7"), &[&account("", "198.51.100.0/24")]);
    assert!(!private.contains("address rule"), "{private}");
}

const INTERFACE: &str = r#"{ "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/vm",
    "type": "Microsoft.Network/networkInterfaces", "ipConfigurations": [ { "privateIPAddress": "10.2.0.7", "subnet": {
    "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/app" } } ] }"#;

const SUBNET: &str = r#"{ "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/app",
    "addressPrefix": "10.2.0.0/24", "serviceEndpoints": [], "delegations": [] }"#;

#[test]
fn an_address_has_to_place_this_machine_in_the_documents() {
    let subnet = |evidence: &Evidence, documents: &[&str]| {
        let view = view(documents);
        let documents = Documents::of(&view, evidence);
        (documents.subnet_id().map(|id| id.name().to_owned()), documents.stranger().is_some())
    };
    let app = Some("app".to_owned());
    assert_eq!(subnet(&refused("10.2.0.7"), &[INTERFACE]), (app.clone(), false));
    assert_eq!(subnet(&refused("10.2.0.9"), &[INTERFACE]), (None, true));
    assert_eq!(subnet(&refused("10.2.0.9"), &[SUBNET]), (app.clone(), false));
    assert_eq!(subnet(&refused("10.3.0.9"), &[INTERFACE, SUBNET]), (None, true));
    // Without any address, the only interface counts.
    assert_eq!(subnet(&refused("127.0.0.1"), &[INTERFACE]), (app.clone(), false));
    // A container has an address of its own; the metadata service knows that of the virtual machine.
    let mut contained = refused("172.17.0.2");
    assert_eq!(subnet(&contained, &[INTERFACE]), (None, true));
    let address: IpAddr = "10.2.0.7".parse().expect("an address");
    contained.machine.metadata =
        Some(MetadataFacts { is_azure: true, private_addresses: vec![address], ..MetadataFacts::default() });
    assert_eq!(subnet(&contained, &[INTERFACE]), (app, false));
    // A range alone does not place a machine that is not in Azure.
    let mut elsewhere = refused("10.2.0.9");
    elsewhere.machine.metadata = Some(MetadataFacts::default());
    assert_eq!(subnet(&elsewhere, &[SUBNET]), (None, false));
}

#[test]
fn an_account_of_another_cloud_or_region_says_nothing() {
    let of = |change: &dyn Fn(&mut Evidence), document: &str| {
        let mut evidence = refused("10.2.0.7");
        change(&mut evidence);
        Documents::of(&view(&[document]), &evidence).account.is_some()
    };
    let own = account("", "203.0.113.7");
    let government = own.replace("westeurope", "usgovvirginia");
    assert!(of(&|_| {}, &own));
    assert!(!of(&|_| {}, &government));
    assert!(of(&|evidence| evidence.resource.cloud = Some("usgov".into()), &government));
    assert!(!of(
        &|_| {},
        &own.replace("\"contoso\", \"publicNetworkAccess\"", "\"fabrikam\", \"publicNetworkAccess\"")
    ));
    let regional = |region: &'static str| {
        move |evidence: &mut Evidence| {
            evidence.resource.custom_domain = None;
            evidence.resource.region = Some(region.into());
        }
    };
    assert!(of(&regional("westeurope"), &own));
    assert!(!of(&regional("eastus"), &own));
}

#[test]
fn the_id_of_the_subnet_fills_the_commands() {
    let diagnosis = diagnosed(&refused("10.2.0.7"), &[&account("", "203.0.113.7"), INTERFACE, &on(SUBNET)]);
    let finding = diagnosis.root_cause().expect("a finding");
    let subnet =
        "--subnet /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/app";
    assert_eq!(finding.failure.id, "POL03");
    assert!(finding.commands.iter().any(|command| command.ends_with(subnet)), "{:?}", finding.commands);
}

fn on(subnet: &str) -> String {
    let endpoint = r#"[{ "service": "Microsoft.CognitiveServices", "provisioningState": "Succeeded" }]"#;
    subnet.replace("\"serviceEndpoints\": []", &format!("\"serviceEndpoints\": {endpoint}"))
}

//! Documents over the management API of the lab, as an application reads them.
#![cfg(feature = "connect")]
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::time::{Duration, SystemTime};

use speech_endpoint::azure::{ArmId, AzureView, CheckStatus, DocumentKind};
use speech_endpoint::connect::{Management, ManagementError};
use speech_endpoint::net::{RestClient, TlsClient};
use speech_endpoint::{Area, Cloud, Credential, Suffixes};
use speech_endpoint_lab::{Lab, World};

const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";

/// The worlds with all documents.
const WORLDS: [&str; 3] = ["healthy-documents", "healthy-documents-usgov", "healthy-documents-china"];

async fn lab(name: &str, management: &str) -> Lab {
    let (_, base) = World::all().find(|(known, _)| *known == name).expect("an embedded world");
    let world = World::parse(&format!("{base}\n[management]\n{management}\n")).expect("a world");
    Lab::start(world, SystemTime::now()).await.expect("a lab")
}

fn client(lab: &Lab) -> RestClient {
    let tls = TlsClient::new(&lab.trust()).expect("TLS");
    RestClient::new(lab.network(), &tls, &lab.proxies(), Duration::from_secs(5)).expect("a client")
}

fn management(lab: &Lab) -> Result<Management, ManagementError> {
    let token = lab.management_token().expect("a token").read().expect("an Entra token");
    Management::new(&lab.world().cloud(), client(lab), &token)
}

/// Returns the status of every check of the guidance.
fn statuses(view: &AzureView) -> Vec<(String, CheckStatus)> {
    let posture = view.posture(&view.standing(&view.accounts[0]));
    posture.checks.iter().map(|check| (check.recommendation.id.to_owned(), check.status)).collect()
}

#[tokio::test]
async fn an_account_that_is_read_live_is_that_of_its_documents() {
    for world in WORLDS {
        let lab = lab(world, "").await;
        let live = management(&lab).expect("a reader").account(&ArmId::new(ID)).await.expect("an account");
        let documents = lab.world().documents().expect("documents");
        assert_eq!(statuses(&live), statuses(&documents), "{world}");
        assert!(live.notes.is_empty(), "{world}: {:?}", live.notes);
        for kind in [DocumentKind::MetricAlert, DocumentKind::Deployment, DocumentKind::RoleAssignment] {
            assert!(live.lists(kind, &ArmId::new(ID)), "{world}: {kind}");
        }
        let counts = |view: &AzureView| {
            let parts = [view.endpoints.len(), view.zone_groups.len(), view.records.len(), view.links.len()];
            (parts, [view.subnets.len(), view.networks.len(), view.peerings.len(), view.interfaces.len()])
        };
        assert_eq!(counts(&live), counts(&documents), "{world}");
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_read_up_to_a_limit() {
    let lab = lab("healthy-documents", "endless = [\"account\"]").await;
    let view = management(&lab).expect("a reader").accounts(&ArmId::new(ID)).await.expect("a list");
    assert_eq!(view.accounts.len(), 1);
    assert_eq!(view.notes.iter().map(|note| note.id).collect::<Vec<_>>(), ["more_pages"], "{:?}", view.notes);
    assert!(!view.lists(DocumentKind::Account, &ArmId::new("/subscriptions/00000000-0000-0000-0000-000000000001")));
    assert_eq!(lab.requests().len(), 500);
}

#[tokio::test]
async fn a_call_ends_at_its_time_limit() {
    let lab = lab("healthy-documents", "silent = [\"account\"]").await;
    let reader = management(&lab).expect("a reader").with_total(Duration::from_millis(600));
    let begun = tokio::time::Instant::now();
    let error = reader.account(&ArmId::new(ID)).await.expect_err("no account");
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    assert_eq!(error.area(), Area::Http, "{error}");
}

#[tokio::test]
async fn a_credential_of_another_kind_service_or_cloud_is_never_sent() {
    let lab = lab("healthy-documents", "token-audience = \"https://management.chinacloudapi.cn\"").await;
    let error = management(&lab).expect_err("a token of another cloud");
    assert_eq!((error.area(), error.cloud()), (Area::Auth, Some(&Cloud::China)), "{error}");
    let key = Credential::key("0123456789abcdef0123456789abcdef").expect("a key");
    let error = Management::new(&Cloud::Public, client(&lab), &key).expect_err("a key");
    assert_eq!(error.area(), Area::Auth, "{error}");
    let own = Suffixes::new("speech.cloud.example", "api.cloud.example", "cognitiveservices.cloud.example");
    let own = Cloud::from(own.expect("suffixes"));
    let error = Management::new(&own, client(&lab), &key).expect_err("an unknown host");
    assert_eq!(error.area(), Area::Configuration, "{error}");
    assert!(lab.requests().is_empty());
}

#[tokio::test]
async fn an_id_that_is_not_of_an_account_is_never_requested() {
    let lab = lab("healthy-documents", "").await;
    let reader = management(&lab).expect("a reader");
    for id in ["contoso", "/subscriptions/x/../../y", &format!("{ID}/listKeys"), "/subscriptions/a?b/resourceGroups/rg"]
    {
        let error = reader.account(&ArmId::new(id)).await.expect_err(id);
        assert_eq!(error.area(), Area::Configuration, "{id}: {error}");
    }
    assert!(lab.requests().is_empty());
}

#[tokio::test]
async fn a_custom_cloud_has_the_management_host_that_is_given() {
    let own = Suffixes::new("speech.cloud.example", "api.cloud.example", "cognitiveservices.cloud.example")
        .expect("suffixes");
    assert_eq!(own.management(), None);
    assert!(own.clone().with_management("https://management.cloud.example/").is_err());
    let own = own.with_management("Management.Cloud.example").expect("a host");
    assert_eq!(own.management_scope().as_deref(), Some("https://management.cloud.example/.default"));
}

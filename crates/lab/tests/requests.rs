//! What the doctor sends to a healthy service, as `docs/requests.md` lists it. Nothing of it is billed.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a lab begins at the real time, and a test may stop"
)]

use std::fmt::Write as _;
use std::time::SystemTime;

use speech_endpoint::Service;
use speech_endpoint_lab::{Lab, Rehearsal, SeenRequest, World};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/requests.md");

#[test]
fn the_document_lists_what_the_doctor_sends() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut table = String::from(
        "| service | request without the credential | then, with the credential | content type |\n|---|---|---|---|\n",
    );
    for service in Service::in_use() {
        let requests = runtime.block_on(sent_to(service));
        let (with, without): (Vec<_>, Vec<_>) = requests.iter().partition(|request| request.form.is_some());
        let kind = requests.iter().find_map(|request| request.header("content-type")).unwrap_or("none");
        let _ = writeln!(table, "| `{}` | {} | {} | {kind} |", service.id(), listed(&without), listed(&with));
    }
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once("<!-- table -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let expected = format!("{before}<!-- table -->\n{table}<!-- end -->{after}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(DOCUMENT, &expected).unwrap();
    }
    assert_eq!(document, expected, "UPDATE_GOLDEN=1 writes it again");
}

async fn sent_to(service: Service) -> Vec<SeenRequest> {
    let resource = match service.id() {
        id if id.starts_with("openai") => "endpoint = \"https://contoso.openai.azure.com/\"",
        id if id.starts_with("voice-live") || id.starts_with("mai-") || id == "voice-agent" => {
            "endpoint = \"https://contoso.services.ai.azure.com/\""
        }
        _ => "region = \"eastus\"",
    };
    let query = match service {
        Service::CustomVoice | Service::CustomVoiceWebSocket => {
            "deploymentId = \"00000000-0000-0000-0000-000000000000\""
        }
        Service::VoiceLive
        | Service::VoiceLiveWebRtc
        | Service::OpenAiRealtime
        | Service::OpenAiRealtimeTranslation => "model = \"gpt-realtime\"",
        Service::VoiceAgent => "agent-name = \"greeter\"\nagent-project-name = \"support\"",
        Service::OpenAiLiveAttach => "session_id = \"sess_123\"",
        Service::ShortAudio | Service::SpeechToTextV1 => "language = \"en-US\"",
        _ => "",
    };
    let credential = match service {
        Service::VoiceAgent => "[credential]\nkind = \"entra\"\naudience = \"https://ai.azure.com\"\n",
        _ => "",
    };
    let toml = format!(
        "title = \"A service\"\n[resource]\n{resource}\nservices = [{:?}]\n[query]\n{query}\n{credential}\
        [expect]\nfindings = []\nverdict = \"healthy\"\n",
        service.id()
    );
    let lab = Lab::start(World::parse(&toml).unwrap(), SystemTime::now()).await.unwrap();
    lab.examine(&Rehearsal::default(), &(), std::future::pending()).await;
    lab.requests()
}

fn listed(requests: &[&SeenRequest]) -> String {
    let each = requests.iter().map(|request| {
        let upgrade = if request.is_upgrade { ", upgrade" } else { "" };
        format!("`{} {}`{upgrade}", request.method, request.path)
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Search, storage, Cosmos DB and key vaults belong to other resources: they get a handshake and no request.
#[test]
fn the_other_resources_of_a_foundry_project_get_no_request() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for world in ["healthy-foundry", "healthy-foundry-open", "TLS01-foundry-vault-inspected"] {
            let lab = Lab::start(World::named(world).unwrap(), SystemTime::now()).await.unwrap();
            let evidence = lab.examine(&Rehearsal::default(), &(), std::future::pending()).await;
            assert_eq!(evidence.traces.len(), 7, "{world}");
            let own = |host: &str| host.starts_with("contoso.");
            let hosts: Vec<String> = lab.requests().into_iter().map(|request| request.host).collect();
            assert!(hosts.len() >= 6 && hosts.iter().all(|host| own(host)), "{world}: {hosts:?}");
        }
    });
}

//! The exchanges that are refused, and the servers beside the service: the authority, the management API, the metadata service
//! and a proxy.

use speech_endpoint_lab::{Lab, World};

use crate::client::{Ask, Client};

const API: &str = "westeurope.api.cognitive.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const OWN: &str = "contoso.cognitiveservices.azure.com";
const FOUNDRY: &str = "contoso.services.ai.azure.com";
const VOICES: &str = "/tts/cognitiveservices/voices/list";
const AGENT: &str = "/api/projects/support/agents/greeter/endpoint/protocols/voice";

pub(crate) async fn all() -> Vec<Client> {
    let mut clients = Vec::new();
    credentials(&mut clients).await;
    networks(&mut clients).await;
    agents(&mut clients).await;
    container(&mut clients).await;
    clients.push(authority().await);
    clients.push(metadata().await);
    management(&mut clients).await;
    proxies(&mut clients).await;
    clients
}

/// Sends a request that is refused.
async fn refused(client: &mut Client, host: &str, path: &str, headers: &[(&str, &str)]) {
    client.ask(Ask { channel: "error", method: "GET", host, path, headers, ..Ask::default() }).await;
}

/// Keys and tokens that are not accepted.
async fn credentials(clients: &mut Vec<Client>) {
    let mut regional = Client::named("healthy-regional").await;
    refused(&mut regional, TTS, VOICES, &[("authorization", "none")]).await;
    let bearer = format!("Bearer {}", regional.lab.entra_token().expose());
    let path = "/speechtotext/transcriptions?api-version=2025-10-15";
    refused(&mut regional, API, path, &[("authorization", &bearer)]).await;
    clients.push(regional);
    let mut own = Client::named("healthy-entra-private-endpoint").await;
    refused(&mut own, OWN, VOICES, &[("authorization", "none")]).await;
    let bearer = format!("Bearer {}", own.lab.entra_token().expose());
    own.lab.expire_tokens();
    refused(&mut own, OWN, VOICES, &[("authorization", &bearer)]).await;
    let ask = Ask { channel: "error", method: "GET", host: "fabrikam.cognitiveservices.azure.com", ..Ask::default() };
    own.ask(Ask { at: Some(OWN), path: VOICES, ..ask }).await;
    let ask = Ask { channel: "error", method: "POST", host: OWN, path: "/sts/v1.0/issueToken", ..Ask::default() };
    own.ask(ask).await;
    clients.push(own);
    let mut role = Client::named("AUTH05-role-missing").await;
    let bearer = format!("Bearer {}", role.lab.entra_token().expose());
    refused(&mut role, OWN, VOICES, &[("authorization", &bearer)]).await;
    clients.push(role);
    let mut keys = Client::named("AUTH09-keys-disabled").await;
    refused(&mut keys, OWN, VOICES, &[]).await;
    clients.push(keys);
}

/// Networks that are not allowed, and the redirect of an open resource.
async fn networks(clients: &mut Vec<Client>) {
    for world in ["POL01-public-access-disabled", "POL02-nobody-allowed", "POL04-not-approved"] {
        let mut client = Client::named(world).await;
        refused(&mut client, OWN, VOICES, &[]).await;
        clients.push(client);
    }
    let mut open = Client::named("CFG14-open-custom-domain").await;
    let path = "/stt/speech/universal/v2?GenerateRedirectResponse=true";
    open.ask(Ask { channel: "REST", method: "GET", host: OWN, path, ..Ask::default() }).await;
    clients.push(open);
}

/// A voice agent and Voice Live, without what they need.
async fn agents(clients: &mut Vec<Client>) {
    let mut client = Client::named("healthy-voice-agent").await;
    let bearer = format!("Bearer {}", client.lab.credential().expect("a token").text.expose());
    let feature = ("foundry-features", "VoiceAgents=V1Preview");
    refused(&mut client, FOUNDRY, AGENT, &[]).await;
    refused(&mut client, FOUNDRY, AGENT, &[("authorization", &bearer)]).await;
    refused(&mut client, FOUNDRY, AGENT, &[("authorization", &bearer), feature]).await;
    for path in ["/voice-live/realtime", "/voice-live/realtime/calls", "/mai/v1/realtime"] {
        refused(&mut client, FOUNDRY, path, &[]).await;
        refused(&mut client, FOUNDRY, &format!("{path}?model=gpt-realtime"), &[]).await;
    }
    clients.push(client);
}

async fn container(clients: &mut Vec<Client>) {
    let mut client = Client::named("healthy-container").await;
    let ask = Ask { channel: "REST", method: "GET", host: "localhost", plain: Some(5000), ..Ask::default() };
    client.ask(Ask { path: "/cognitiveservices/voices/list", ..ask.clone() }).await;
    client.ask(Ask { path: "/nothing", ..ask }).await;
    clients.push(client);
}

/// The authority: its configuration, a token, and every refusal.
async fn authority() -> Client {
    let mut client = Client::named("healthy-entra-private-endpoint").await;
    let [(_, tenant), (_, id), (_, secret)] = Lab::sign_in_variables();
    let get = async |client: &mut Client, path: &str| {
        let ask = Ask { channel: "authority", method: "GET", host: SIGN_IN, path, ..Ask::default() };
        client.ask(ask).await
    };
    for path in [
        format!("/{tenant}/v2.0/.well-known/openid-configuration"),
        format!("/{tenant}/.well-known/openid-configuration"),
        "/contoso/v2.0/.well-known/openid-configuration".into(),
        "/common/discovery/instance".into(),
        format!("/{tenant}/oauth2/v2.0/token"),
        "/".into(),
    ] {
        get(&mut client, &path).await;
    }
    let scope = "&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default";
    for (tenant, form) in [
        (tenant, format!("client_id={id}&client_secret={secret}{scope}")),
        (tenant, format!("client_id={id}&client_assertion=e30.e30.e30{scope}")),
        ("contoso", format!("client_id={id}&client_secret={secret}{scope}")),
        (tenant, format!("client_id=x&client_secret={secret}{scope}")),
        (tenant, format!("client_id={id}&client_secret=x{scope}")),
        (tenant, format!("client_id={id}&client_assertion=x{scope}")),
        (tenant, format!("client_id={id}{scope}")),
        (tenant, format!("client_id={id}&client_secret={secret}")),
    ] {
        let path = format!("/{tenant}/oauth2/v2.0/token");
        let shown = Some("/{tenant}/oauth2/v2.0/token");
        let ask = Ask { channel: "authority", method: "POST", host: SIGN_IN, path: &path, shown, ..Ask::default() };
        client.ask(Ask { body: form.into_bytes(), ..ask }).await;
    }
    client
}

/// The instance metadata service, with and without its header.
async fn metadata() -> Client {
    let mut client = Client::named("POL03-in-azure-by-metadata").await;
    let path = "/metadata/instance/network?api-version=2021-02-01";
    let ask = Ask { channel: "metadata", method: "GET", host: "169.254.169.254", plain: Some(80), ..Ask::default() };
    let headers = [("metadata", "true"), ("authorization", "none")];
    client.ask(Ask { path, headers: &headers, ..ask.clone() }).await;
    client.ask(Ask { path, headers: &headers[1..], ..ask.clone() }).await;
    client.ask(Ask { path: "/metadata/instance/compute", headers: &headers, ..ask.clone() }).await;
    let identity = "/metadata/identity/oauth2/token?api-version=2018-02-01";
    let with_resource = format!("{identity}&resource=https%3A%2F%2Fcognitiveservices.azure.com");
    client.ask(Ask { path: &with_resource, headers: &headers, ..ask.clone() }).await;
    client.ask(Ask { path: identity, headers: &headers, ..ask }).await;
    client
}

/// The management API: an object, a list in pages, and every refusal.
async fn management(clients: &mut Vec<Client>) {
    let world = include_str!("../../src/worlds/healthy-documents.toml");
    let faults = "[management]\nbusy-times = 1\nbusy-seconds = 2\npage-size = 1\nforbidden = [\"subnet\"]\n\
        gone = [\"virtual_network\"]\nredirected = [\"private_dns_zone\"]\n";
    let mut client = Client::parsed(&format!("{world}\n{faults}")).await;
    let group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
    let network = format!("{group}/providers/Microsoft.Network");
    let account = format!("{group}/providers/Microsoft.CognitiveServices/accounts/contoso");
    let bearer = format!("Bearer {}", client.lab.management_token().expect("documents").text.expose());
    let other = format!("Bearer {}", client.lab.entra_token().expose());
    for (bearer, name, path) in [
        (&bearer, "busy", format!("{account}?api-version=2025-06-01")),
        (&bearer, "object", format!("{account}?api-version=2025-06-01")),
        (
            &bearer,
            "list",
            format!("{account}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"),
        ),
        (&bearer, "object without api-version", account.clone()),
        (&bearer, "object", format!("{account}?api-version=2000-01-01")),
        (&bearer, "object", format!("{}?api-version=2025-06-01", account.replace("0001/", "0002/"))),
        (&bearer, "object", format!("{network}/virtualNetworks/vnet/subnets/s?api-version=2024-05-01")),
        (&bearer, "object", format!("{network}/virtualNetworks/vnet?api-version=2024-05-01")),
        (&bearer, "object", format!("{network}/privateDnsZones/z?api-version=2020-06-01")),
        (&other, "object", format!("{account}?api-version=2025-06-01")),
        (&"Bearer x".to_owned(), "object", format!("{account}?api-version=2025-06-01")),
        (&"none".to_owned(), "object", format!("{account}?api-version=2025-06-01")),
    ] {
        manage(&mut client, "GET", name, &path, bearer).await;
    }
    manage(&mut client, "PUT", "object", &format!("{account}?api-version=2025-06-01"), &bearer).await;
    client.lab.expire_tokens();
    manage(&mut client, "GET", "object", &format!("{account}?api-version=2025-06-01"), &bearer).await;
    clients.push(client);
}

async fn manage(client: &mut Client, method: &str, name: &str, path: &str, bearer: &str) {
    let headers = [("authorization", bearer)];
    let ask = Ask { channel: "management", method, host: "management.azure.com", path, ..Ask::default() };
    client.ask(Ask { shown: Some(name), headers: &headers, ..ask }).await;
}

/// A proxy: a tunnel, and every refusal.
async fn proxies(clients: &mut Vec<Client>) {
    for (world, method, to) in [
        ("healthy-proxy-http", "CONNECT", "westeurope.stt.speech.microsoft.com:443"),
        ("healthy-proxy-http", "CONNECT", "nothing.invalid:443"),
        ("healthy-proxy-http", "GET", "http://westeurope.stt.speech.microsoft.com/"),
        ("PXY03-credentials-missing", "CONNECT", "westeurope.stt.speech.microsoft.com:443"),
        ("PXY04-host-forbidden", "CONNECT", "westeurope.stt.speech.microsoft.com:443"),
    ] {
        assert!(World::named(world).is_some(), "{world}");
        let mut client = Client::named(world).await;
        client.ask_proxy(method, to, &[]).await;
        clients.push(client);
    }
}

const SIGN_IN: &str = "login.microsoftonline.com";

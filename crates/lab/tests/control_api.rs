//! The control API must do what its document says, for tests on this machine and for no page in a browser.
#![allow(clippy::disallowed_methods, reason = "a lab begins at the real time")]

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use speech_endpoint_lab::{Lab, LabEvent, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(10);
const TTS: &str = "westeurope.tts.speech.microsoft.com";

struct Response {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Response {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

async fn opened(world: &str) -> (Lab, SocketAddr, SocketAddr) {
    let mut lab = Lab::start(World::named(world).expect(world), SystemTime::now()).await.expect("it starts");
    let proxy = lab.open_forward_proxy(0).await.expect("a free port");
    let api = lab.open_control_api(0).await.expect("a free port");
    (lab, proxy, api)
}

async fn raw(api: SocketAddr, text: &[u8]) -> Response {
    let mut stream = TcpStream::connect(api).await.expect("the API listens");
    stream.write_all(text).await.expect("sent");
    let mut all = Vec::new();
    timeout(SOON, stream.read_to_end(&mut all)).await.expect("in time").expect("a response");
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").map_or(all.len(), |at| at + 4);
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Response { status, head, body: all[end..].to_vec() }
}

async fn with(api: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let length = body.len();
    let text = format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    raw(api, text.as_bytes()).await
}

async fn call(api: SocketAddr, method: &str, path: &str, body: &str) -> Response {
    with(api, method, path, &format!("Host: {api}\r\n"), body).await
}

/// Requests the voices with a key.
async fn ask(lab: &Lab, key: &str) -> u16 {
    send(lab, key, speech_endpoint::Service::Voices, reqwest::Method::GET, "").await
}

/// Lets the service speak.
async fn speak(lab: &Lab) -> u16 {
    let ssml = "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>Hello.</voice></speak>";
    send(lab, lab.key().expose(), speech_endpoint::Service::TextToSpeech, reqwest::Method::POST, ssml).await
}

async fn send(
    lab: &Lab,
    key: &str,
    service: speech_endpoint::Service,
    method: reqwest::Method,
    body: &'static str,
) -> u16 {
    use speech_endpoint::connect::{Connector, TokenSource};
    use speech_endpoint::net::{ProxySettings, Trust};
    let account = lab.account().expect("an account").clone();
    let credential = speech_endpoint::Credential::key(key.to_owned()).expect("a key");
    let connector = Connector::builder(account, TokenSource::ready(credential))
        .network(lab.network())
        .trust(Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab"))
        .proxies(ProxySettings::default())
        .build()
        .expect("a connector");
    let sent = connector
        .send(service, method, &speech_endpoint::Query::default(), |request| {
            let request = request.header("content-type", "application/ssml+xml");
            request.header("x-microsoft-outputformat", "riff-16khz-16bit-mono-pcm").body(body)
        })
        .await;
    match sent {
        Ok(response) => response.status().as_u16(),
        Err(_) => lab.requests().last().map_or(0, |seen| seen.status),
    }
}

/// Returns where a value contradicts its schema.
fn contradiction(value: &Value, schema: &Value, document: &Value) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.strip_prefix('#').expect("a local reference")).expect(reference);
        return contradiction(value, target, document);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |name: &&str| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("a type that the test does not know: {other}"),
    };
    if !types.is_empty() && !types.iter().any(&is) {
        return Some(format!("{value} is not {types:?}"));
    }
    if let Some(known) = schema["enum"].as_array().filter(|known| !known.contains(value)) {
        return Some(format!("{value} is not one of {known:?}"));
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        return Some(format!("{value} is not {}", schema["const"]));
    }
    let missing = |name: &&Value| value.get(name.as_str().unwrap_or_default()).is_none();
    if let Some(name) = schema["required"].as_array().into_iter().flatten().find(missing) {
        return Some(format!("{value} has no {name}"));
    }
    let properties = schema["properties"].as_object();
    if let (Some(fields), Some(properties)) = (value.as_object(), properties)
        && let Some(name) = fields.keys().find(|name| !properties.contains_key(*name))
    {
        return Some(format!("`{name}` is not documented"));
    }
    let inside =
        properties.into_iter().flatten().filter_map(|(name, schema)| contradiction(value.get(name)?, schema, document));
    let items = value.as_array().into_iter().flatten();
    inside.chain(items.filter_map(|item| contradiction(item, &schema["items"], document))).next()
}

#[tokio::test]
async fn every_documented_operation_responds_as_documented() {
    let (lab, _, api) = opened("healthy-regional").await;
    assert_eq!(ask(&lab, lab.key().expose()).await, 200);
    let document = call(api, "GET", "/openapi.json", "").await.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut calls = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        // The list is read before it is emptied.
        for method in ["get", "post", "put", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{method} {path}");
            let body = if method == "put" { r#"{"script": []}"# } else { "" };
            let headers = format!("Host: {api}\r\nX-IDENTITY-HEADER: only-in-the-lab\r\n");
            let path = path.replace("{number}", "1").replace("/managed-identity", "/managed-identity?resource=r");
            let response = with(api, &method.to_ascii_uppercase(), &path, &headers, body).await;
            let documented = &operation["responses"][response.status.to_string()];
            assert!(
                (200..300).contains(&response.status) && documented.is_object(),
                "{method} {path}: {}",
                response.head
            );
            let schema = &documented["content"]["application/json"]["schema"];
            assert_eq!(schema.is_null(), response.body.is_empty(), "{method} {path}");
            if !schema.is_null() {
                assert_eq!(contradiction(&response.json(), schema, &document), None, "{method} {path}");
            }
            calls += 1;
        }
    }
    assert!(calls >= 13, "{calls}");
}

#[test]
fn the_published_document_is_the_one_that_the_api_returns() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lab-api.json");
    let published = std::fs::read_to_string(folder).expect("the document");
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/openapi.json");
    assert_eq!(published, std::fs::read_to_string(own).expect("the document"));
}

#[tokio::test]
async fn a_test_sees_requests_and_rotates_keys() {
    let (lab, _, api) = opened("healthy-regional").await;
    let old = lab.key().expose().to_owned();
    assert_eq!(ask(&lab, &old).await, 200);
    let seen = call(api, "GET", "/requests", "").await.json();
    let expected = json!({ "method": "GET", "host": TTS, "path": "/cognitiveservices/voices/list", "query": {},
        "status": 200, "is_upgrade": false, "credential": "key" });
    assert_eq!(seen, json!({ "requests": [expected] }));

    let new = call(api, "POST", "/keys/1/regenerate", "").await.json()["key"].as_str().expect("a key").to_owned();
    assert_eq!((ask(&lab, &old).await, ask(&lab, &new).await), (401, 200));
    let second = lab.second_key().expose().to_owned();
    call(api, "POST", "/keys/2/regenerate", "").await;
    assert_eq!(ask(&lab, &second).await, 401);
    assert_eq!(call(api, "POST", "/keys/3/regenerate", "").await.status, 404);

    assert_eq!(call(api, "DELETE", "/requests", "").await.status, 204);
    assert_eq!(call(api, "GET", "/requests", "").await.json(), json!({ "requests": [] }));
}

#[tokio::test]
async fn a_test_resets_connections() {
    let (lab, proxy, api) = opened("healthy-regional").await;
    let mut stream = TcpStream::connect(proxy).await.expect("the proxy listens");
    stream.write_all(format!("CONNECT {TTS}:443 HTTP/1.1\r\n\r\n").as_bytes()).await.expect("sent");
    stream.read_exact(&mut [0; 12]).await.expect("a response");
    while lab.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(call(api, "GET", "/connections", "").await.json(), json!({ "open": 1 }));
    assert_eq!(call(api, "POST", "/connections/reset", "").await.status, 204);
    let end = timeout(SOON, stream.read_to_end(&mut Vec::new())).await.expect("in time");
    assert_eq!(end.expect_err("a reset").kind(), std::io::ErrorKind::ConnectionReset);

    assert_eq!(call(api, "POST", "/connections/reset", r#"{"share":1,"seed":7}"#).await.status, 204);
    assert_ne!(ask(&lab, lab.key().expose()).await, 200);
    assert_eq!(call(api, "POST", "/connections/reset", r#"{"share":0}"#).await.status, 204);
    assert_eq!(ask(&lab, lab.key().expose()).await, 200);
    for wrong in [r#"{"share":2}"#, r#"{"share":-1}"#, r#"{"shares":1}"#, "[", r#"{"share":"all"}"#] {
        assert_eq!(call(api, "POST", "/connections/reset", wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_test_sets_answers_and_sees_turns() {
    let (lab, _, api) = opened("healthy-regional").await;
    let script = r#"{"script": [{"service": "synthesis", "turn": 1, "status": 409, "body": "{}"}]}"#;
    assert_eq!(call(api, "PUT", "/answers", script).await.status, 204);
    assert_eq!((speak(&lab).await, speak(&lab).await), (409, 200));
    let turns = call(api, "GET", "/turns", "").await.json()["turns"].clone();
    assert_eq!((&turns[0]["number"], &turns[0]["entry"]), (&json!(1), &json!(0)));
    assert_eq!(
        (&turns[1]["service"], &turns[1]["text"], &turns[1]["entry"]),
        (&json!("synthesis"), &json!("Hello."), &Value::Null)
    );

    let always = r#"{"script": [{"status": 409}]}"#;
    assert_eq!(call(api, "PUT", "/answers", always).await.status, 204);
    assert_eq!(speak(&lab).await, 409);
    for (wrong, named) in [
        ("", "EOF"),
        (r#"{"script": [{"trun": 1}]}"#, "script[0].trun"),
        (r#"{"script": [{}, {"after-phrases": 1}]}"#, "script[1]"),
        ("[]", "script"),
    ] {
        let refused = call(api, "PUT", "/answers", wrong).await;
        assert_eq!(refused.status, 400, "{wrong}");
        let message = refused.json()["error"]["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(named), "{wrong}: {message}");
    }
    assert_eq!(speak(&lab).await, 409, "a refused script changes nothing");
    assert_eq!(call(api, "DELETE", "/answers", "").await.status, 204);
    assert_eq!(speak(&lab).await, 200);
}

#[tokio::test]
async fn a_managed_identity_gives_tokens_that_the_service_accepts() {
    let (lab, _, api) = opened("healthy-entra-private-endpoint").await;
    let path = "/managed-identity?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com";
    let headers = format!("Host: {api}\r\nX-IDENTITY-HEADER: only-in-the-lab\r\n");
    let answer = with(api, "GET", path, &headers, "").await.json();
    assert_eq!(
        (&answer["resource"], &answer["token_type"]),
        (&json!("https://cognitiveservices.azure.com"), &json!("Bearer"))
    );
    let token = answer["access_token"].as_str().expect("a token");
    assert_eq!(lab.entra_token().expose().split('.').next(), token.split('.').next());
    assert_eq!(call(api, "GET", path, "").await.status, 403);
    assert_eq!(with(api, "GET", "/managed-identity", &headers, "").await.status, 400);
}

#[tokio::test]
async fn a_page_in_a_browser_cannot_use_the_api() {
    let (lab, _, api) = opened("healthy-regional").await;
    let key = lab.key().expose().to_owned();
    let own = format!("Host: {api}\r\n");
    for headers in [
        "Host: evil.example\r\n".to_owned(),
        format!("Host: evil.example:{}\r\n", api.port()),
        format!("{own}Origin: http://evil.example\r\n"),
        format!("{own}Origin: null\r\n"),
        format!("{own}Sec-Fetch-Site: cross-site\r\n"),
        String::new(),
    ] {
        let response = with(api, "POST", "/keys/1/regenerate", &headers, "").await;
        assert_eq!(response.status, 403, "{headers}");
        assert!(!response.head.to_ascii_lowercase().contains("access-control-allow"), "{}", response.head);
    }
    assert_eq!(lab.key().expose(), key);
    assert_eq!(
        with(api, "POST", "/keys/1/regenerate", &format!("{own}Origin: http://{api}\r\n"), "").await.status,
        200
    );
}

#[tokio::test]
async fn bodies_paths_methods_and_time_have_limits() {
    let (_lab, _, api) = opened("healthy-regional").await;
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(call(api, "POST", "/connections/reset", &large).await.status, 413);
    assert_eq!(call(api, "GET", "/keys", "").await.status, 404);
    assert_eq!(call(api, "GET", "/health/", "").await.status, 404);
    let response = call(api, "PUT", "/requests", "").await;
    assert!(response.status == 405 && response.head.contains("allow: GET, DELETE"), "{}", response.head);
    assert_eq!(raw(api, b"no HTTP\r\n\r\n").await.status, 400);
    // Every connection has one call, so that idle ones do not keep others waiting.
    assert!(call(api, "GET", "/health", "").await.head.contains("connection: close"));
}

#[tokio::test]
async fn a_client_that_sends_nothing_does_not_stop_the_others() {
    let (_lab, _, api) = opened("healthy-regional").await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(api).await.expect("a connection"));
    }
    assert_eq!(call(api, "GET", "/health", "").await.status, 200);
}

#[tokio::test]
async fn the_api_is_reachable_through_the_forward_proxy() {
    let (_lab, proxy, api) = opened("healthy-container").await;
    for host in [api.to_string(), format!("localhost:{}", api.port())] {
        let text = format!("GET http://{host}/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(raw(proxy, text.as_bytes()).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_of_the_lab_is_rejected_and_is_not_kept() {
    let (lab, _, api) = opened("healthy-regional").await;
    let mut events = lab.events();
    let real = format!("{}REALcustomerKEYnotOFtheLABxxxxxxxxx", &"Zz9".repeat(17)[..49]);
    assert_eq!(ask(&lab, &real).await, 401);
    let mut shown = Vec::new();
    for path in ["/requests", "/world"] {
        shown.push(String::from_utf8(call(api, "GET", path, "").await.body).expect("text"));
    }
    while let Ok(event) = events.try_recv() {
        shown.push(format!("{event:?}"));
        if let LabEvent::Request(seen) = event {
            shown.push(format!("{:?} {} {}", seen.headers, seen.query, seen.path));
        }
    }
    for seen in lab.requests() {
        shown.push(format!("{seen:?} {:?} {} {}", seen.headers, seen.query, seen.path));
    }
    shown.push(format!("{lab:?}"));
    let shown = shown.join("\n");
    assert!(shown.contains("/cognitiveservices/voices/list") && !shown.contains(&real), "{shown}");
    assert!(lab.requests().iter().any(|seen| seen.header("ocp-apim-subscription-key").is_some()), "{shown}");
}

#[tokio::test]
async fn events_arrive_as_they_happen() {
    let (lab, ..) = opened("healthy-regional").await;
    let mut events = lab.events();
    ask(&lab, lab.key().expose()).await;
    let first = timeout(SOON, events.recv()).await.expect("in time").expect("an event");
    assert!(matches!(first, LabEvent::Connection(to) if to.port() == 443), "{first:?}");
    let second = timeout(SOON, events.recv()).await.expect("in time").expect("an event");
    assert!(matches!(&second, LabEvent::Request(seen) if seen.status == 200), "{second:?}");
}

#[tokio::test]
async fn everything_that_a_lab_opens_is_on_loopback() {
    for (name, toml) in World::all().step_by(5) {
        let mut lab = Lab::start(World::parse(toml).expect(name), SystemTime::now()).await.expect(name);
        lab.open_forward_proxy(0).await.expect(name);
        lab.open_control_api(0).await.expect(name);
        for (role, _, listens_on) in lab.listeners() {
            assert!(listens_on.ip().is_loopback(), "{name}: {role} listens on {listens_on}");
        }
    }
}

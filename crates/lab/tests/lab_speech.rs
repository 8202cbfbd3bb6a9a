//! Runs an application against the lab: synthesis, recognition, key rotation and lost connections.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use speech_endpoint::CredentialForm;
use speech_endpoint::net::Network as _;
use speech_endpoint_lab::{Lab, World};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tungstenite::protocol::{Message, Role};

#[tokio::test]
async fn speech_synthesised_over_rest_is_recognised_over_rest_and_websocket() {
    let lab = lab("healthy-rest-services").await;
    let said = "Bed & breakfast, twice.";
    let spoken = speak(&lab, "riff-16khz-16bit-mono-pcm", "Bed &amp; breakfast, <break time='200ms'/>twice.").await;
    assert_eq!((spoken.status, spoken.kind.as_str()), (200, "audio/x-wav"));
    let wav = spoken.body;
    let understood = understand(&lab, "language=en-US", wav.clone()).await;
    assert_eq!((understood.status, &understood.json()["DisplayText"]), (200, &said.into()));
    assert_eq!(understood.json()["RecognitionStatus"], "Success");
    let detailed = understand(&lab, "language=en-US&format=detailed", wav.clone()).await;
    assert_eq!(detailed.json()["NBest"][0]["Display"], said);
    let mut socket = socket(&lab, STT, "/stt/speech/universal/v2").await;
    tell(&mut socket, "speech.config", "{}").await;
    for piece in wav.chunks(4096).chain([&[][..]]) {
        hear(&mut socket, piece).await;
    }
    let phrase = answer(&mut socket, "speech.phrase").await;
    assert_eq!(phrase["DisplayText"], said);
    assert_eq!(answer(&mut socket, "turn.end").await, serde_json::json!({}));
    socket.send(Message::Ping("alive".into())).await.expect("a ping");
    let pong = timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a pong");
    assert_eq!(pong, Message::Pong("alive".into()));
}

#[tokio::test]
async fn speech_synthesised_over_a_websocket_is_recognised_over_rest() {
    let lab = lab("healthy-regional").await;
    let mut socket = socket(&lab, TTS, "/tts/cognitiveservices/websocket/v1").await;
    tell(&mut socket, "synthesis.context", r#"{"synthesis":{"audio":{"outputFormat":"riff-16khz-16bit-mono-pcm"}}}"#)
        .await;
    tell(&mut socket, "ssml", &ssml("Hello")).await;
    let mut wav = Vec::new();
    loop {
        match timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a message") {
            Message::Binary(bytes) => {
                let head = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                wav.extend(&bytes[2 + head..]);
            }
            Message::Text(text) if text.contains("turn.end") => break,
            _ => {}
        }
    }
    assert_eq!(understand(&lab, "language=en-US", wav).await.json()["DisplayText"], "Hello");
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let lab = lab("healthy-rest-services").await;
    for (format, content, part) in [
        ("raw-16khz-16bit-mono-truesilk", "Hello", "X-Microsoft-OutputFormat"),
        ("", "Hello", "X-Microsoft-OutputFormat"),
        ("riff-16khz-16bit-mono-pcm", "", "no text to speak"),
        ("riff-16khz-16bit-mono-pcm", "<p>", "is closed by"),
    ] {
        let answer = speak(&lab, format, content).await;
        assert!(answer.status == 400 && answer.text().contains(part), "{format} {content}: {}", answer.text());
    }
    let wav = speak(&lab, "riff-16khz-16bit-mono-pcm", "Hello").await.body;
    assert_eq!(understand(&lab, "format=simple", wav).await.status, 400);
    assert_eq!(understand(&lab, "language=en-US", Vec::new()).await.status, 400);
    assert_eq!(understand(&lab, "language=en-US", b"OggS".to_vec()).await.status, 400);
    let silence = b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0\0\0\0\0".to_vec();
    assert_eq!(understand(&lab, "language=en-US", silence).await.json()["RecognitionStatus"], "NoMatch");
    let raw = speak(&lab, "raw-16khz-16bit-mono-pcm", "Hello").await;
    assert_eq!((raw.status, raw.body.len(), &raw.body[..2]), (200, 5 * 60 * 32, [0, 0].as_slice()));
}

#[tokio::test]
async fn a_lab_records_requests_and_shows_no_credential() {
    let lab = lab("healthy-issued-token").await;
    let (key, issued) = (lab.key().expose().to_owned(), lab.issued_token().expose().to_owned());
    let composed = format!("aad#{}#{}", lab.resource_id(), lab.entra_token().expose());
    let path = "/cognitiveservices/voices/list?a=b";
    let mut got = Vec::new();
    for (name, value) in [
        ("ocp-apim-subscription-key", key.as_str()),
        ("api-key", &key),
        ("authorization", &format!("Bearer {issued}")),
        ("authorization", &format!("Bearer {}", lab.entra_token().expose())),
        ("authorization", &format!("Bearer {composed}")),
        ("x-nothing", "x"),
    ] {
        got.push(get(&lab, TTS, path, &[(name, value)]).await.expect("an answer"));
    }
    let seen = lab.requests();
    assert_eq!(seen.iter().map(|seen| seen.status).collect::<Vec<_>>(), got);
    assert_eq!(got, [200, 200, 200, 401, 200, 401]);
    let forms = [
        CredentialForm::Key,
        CredentialForm::ApiKey,
        CredentialForm::IssuedToken,
        CredentialForm::Entra,
        CredentialForm::EntraComposed,
    ]
    .map(Some);
    assert_eq!(seen.iter().map(|seen| seen.form).collect::<Vec<_>>(), [&forms[..], &[None]].concat());
    let first = &seen[0];
    assert_eq!(
        (first.method.as_str(), first.host.as_str(), first.path.as_str(), first.query.as_str()),
        ("GET", TTS, "/cognitiveservices/voices/list", "a=b")
    );
    assert_eq!((first.header("ocp-apim-subscription-key"), first.is_upgrade), (Some(key.as_str()), false));
    let in_query = format!("/cognitiveservices/voices/list?Ocp-Apim-Subscription-Key={key}");
    get(&lab, TTS, &in_query, &[]).await.expect("an answer");
    let shown = format!("{:?} {lab:?}", lab.requests());
    assert!(!shown.contains(&key) && !shown.contains(&issued) && shown.contains("ocp-apim-subscription-key"));
    lab.forget_requests();
    assert!(lab.requests().is_empty());
}

#[tokio::test]
async fn keys_can_be_rotated_one_after_the_other() {
    let lab = lab("healthy-regional").await;
    let (first, second) = (lab.key(), lab.second_key());
    let status = async |key: &str| {
        get(&lab, TTS, "/cognitiveservices/voices/list", &[("ocp-apim-subscription-key", key)])
            .await
            .expect("an answer")
    };
    assert_eq!((status(first.expose()).await, status(second.expose()).await), (200, 200));
    let new = lab.regenerate_key();
    assert_eq!((status(first.expose()).await, status(second.expose()).await), (401, 200));
    assert_eq!((status(new.expose()).await, lab.key().expose()), (200, new.expose()));
    assert!(lab.revoke(second.expose()) && !lab.revoke(second.expose()));
    assert_eq!((status(second.expose()).await, status(lab.second_key().expose()).await), (401, 200));
}

#[tokio::test]
async fn expired_tokens_are_rejected_and_new_ones_accepted() {
    let own = "contoso.cognitiveservices.azure.com";
    let lab = lab("healthy-entra-private-endpoint").await;
    let status = async |token: &str| {
        let bearer = format!("Bearer {token}");
        get(&lab, own, "/tts/cognitiveservices/voices/list", &[("authorization", &bearer)]).await.expect("an answer")
    };
    let old = lab.entra_token();
    assert_eq!(status(old.expose()).await, 200);
    lab.expire_tokens();
    assert_eq!((status(old.expose()).await, status(lab.entra_token().expose()).await), (401, 200));
}

#[tokio::test]
async fn expired_issued_tokens_are_rejected_and_new_ones_accepted() {
    let lab = lab("healthy-regional").await;
    let status = async |token: &str| {
        let bearer = format!("Bearer {token}");
        get(&lab, TTS, "/cognitiveservices/voices/list", &[("authorization", &bearer)]).await.expect("an answer")
    };
    let old = lab.issued_token();
    assert_eq!(status(old.expose()).await, 200);
    lab.expire_tokens();
    assert_eq!((status(old.expose()).await, status(lab.issued_token().expose()).await), (401, 200));
}

#[tokio::test]
async fn a_share_of_connections_is_reset_and_none_stays_open() {
    let lab = lab("healthy-regional").await;
    let key = lab.key().expose().to_owned();
    let ask =
        async || get(&lab, TTS, "/cognitiveservices/voices/list", &[("ocp-apim-subscription-key", &key)]).await.is_ok();
    lab.reset_share(1.0, 7);
    let mut answered = 0;
    for _ in 0..24 {
        answered += u32::from(ask().await);
    }
    // Three of four resets come before the first response; the fourth comes a little later.
    assert!((1..=12).contains(&answered), "{answered}");
    lab.reset_share(0.0, 7);
    for _ in 0..8 {
        assert!(ask().await);
    }
    gone(&lab).await;
}

#[tokio::test]
async fn open_connections_are_counted_and_can_all_be_reset() {
    let lab = lab("healthy-regional").await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(socket(&lab, STT, "/stt/speech/universal/v2").await);
    }
    assert_eq!(lab.connections(), 3);
    lab.reset_all();
    for socket in &mut sockets {
        let end = timeout(SOON, socket.next()).await.expect("in time").expect("an end");
        let error = end.expect_err("a reset").to_string();
        assert!(error.contains("reset"), "{error}");
    }
    gone(&lab).await;
    socket(&lab, STT, "/stt/speech/universal/v2").await;
}

#[tokio::test]
async fn phrases_of_several_voices_follow_one_another_with_languages_speakers_and_words() {
    let lab = lab("healthy-regional").await;
    let mut audio = WAV_HEADER.to_vec();
    for (voice, text) in
        [("en-US-AvaNeural", "Good day."), ("de-DE-KatjaNeural", "Guten Tag."), ("en-US-AvaNeural", "Bye.")]
    {
        let content = ssml(text).replace("en-US-AvaMultilingualNeural", voice);
        let request = Request::post("/cognitiveservices/v1")
            .header("host", TTS)
            .header("content-type", "application/ssml+xml")
            .header("x-microsoft-outputformat", "raw-16khz-16bit-mono-pcm");
        audio.extend(send(&lab, TTS, request, content.into_bytes()).await.expect("an answer").body);
        audio.extend(vec![0; 32_000]);
    }
    let mut socket = socket(&lab, STT, "/stt/speech/universal/v2").await;
    let context = serde_json::json!({
        "phraseDetection": { "mode": "Conversation", "speakerDiarization": { "mode": "Anonymous" } },
        "languageId": { "languages": ["de-DE", "en-US"] },
        "phraseOutput": { "format": "Detailed", "detailed": { "options": ["WordTimings"] } },
    });
    tell(&mut socket, "speech.context", &context.to_string()).await;
    for piece in audio.chunks(1001).chain([&[][..]]) {
        hear(&mut socket, piece).await;
    }
    let mut heard = Vec::new();
    for _ in 0..3 {
        let phrase = answer(&mut socket, "speech.phrase").await;
        let (offset, duration) = (phrase["Offset"].as_u64().unwrap(), phrase["Duration"].as_u64().unwrap());
        for word in phrase["NBest"][0]["Words"].as_array().unwrap() {
            let (start, lasts) = (word["Offset"].as_u64().unwrap(), word["Duration"].as_u64().unwrap());
            assert!(start >= offset && start + lasts <= offset + duration, "{phrase}");
        }
        heard.push(
            format!("{} {} {}", phrase["DisplayText"], phrase["SpeakerId"], phrase["PrimaryLanguage"]["Language"])
                .replace('"', ""),
        );
    }
    assert_eq!(heard, ["Good day. Guest-1 en-US", "Guten Tag. Guest-2 de-DE", "Bye. Guest-1 en-US"]);
    assert_eq!(answer(&mut socket, "speech.phrase").await["RecognitionStatus"], "EndOfDictation");
    answer(&mut socket, "turn.end").await;
}

#[tokio::test]
async fn a_file_is_transcribed_with_its_channels_and_speakers() {
    let lab = lab("healthy-regional").await;
    let (left, right) = (
        speak(&lab, "raw-16khz-16bit-mono-pcm", "On the left.").await.body,
        speak(&lab, "raw-16khz-16bit-mono-pcm", "On the right.").await.body,
    );
    let sample = |bytes: &[u8], at: usize| bytes.get(2 * at..2 * at + 2).unwrap_or(&[0, 0]).to_vec();
    let mut wav = WAV_HEADER.to_vec();
    wav[22] = 2;
    wav.extend((0..right.len() / 2).flat_map(|at| [sample(&left, at), sample(&right, at)].concat()));
    let form = |definition: &str| {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"definition\"\r\n\r\n{definition}\r\n--b\r\nContent-Disposition: form-data; name=\"audio\"; filename=\"a.wav\"\r\n\r\n"
        );
        [head.as_bytes(), &wav, b"\r\n--b--\r\n"].concat()
    };
    let transcribe = async |definition: &str| {
        let request = Request::post("/speechtotext/transcriptions:transcribe?api-version=2025-10-15")
            .header("host", REST)
            .header("content-type", "multipart/form-data; boundary=b");
        send(&lab, REST, request, form(definition)).await.expect("an answer")
    };
    let result = transcribe(r#"{"locales":["en-US"],"channels":[0,1],"diarization":{"enabled":true}}"#).await.json();
    let texts: Vec<_> =
        result["combinedPhrases"].as_array().unwrap().iter().map(|phrase| phrase["text"].clone()).collect();
    assert_eq!(texts, ["On the left.", "On the right."]);
    let phrase = &result["phrases"][0];
    assert_eq!(
        (&phrase["speaker"], &phrase["locale"], &phrase["words"][0]["text"]),
        (&1.into(), &"en-US".into(), &"On".into())
    );
    assert_eq!(transcribe("{").await.status, 400);
}

#[tokio::test]
async fn a_realtime_session_hears_a_turn_and_responds() {
    let lab = lab("healthy-openai-realtime").await;
    let host = "contoso.openai.azure.com";
    let mut socket = socket(&lab, host, "/openai/v1/realtime?model=gpt-realtime").await;
    assert_eq!(event(&mut socket, "session.created").await["session"]["model"], "gpt-realtime");
    let request =
        Request::post("/openai/v1/audio/speech").header("host", host).header("content-type", "application/json");
    let body = br#"{"model":"tts","voice":"alloy","input":"What time is it?","response_format":"pcm"}"#;
    let mut audio = send(&lab, host, request, body.to_vec()).await.expect("an answer").body;
    audio.extend(vec![0; 48_000]);
    for piece in audio.chunks(4800) {
        let append = serde_json::json!({ "type": "input_audio_buffer.append", "audio": STANDARD.encode(piece) });
        socket.send(Message::text(append.to_string())).await.expect("sent");
    }
    event(&mut socket, "input_audio_buffer.speech_started").await;
    let said = event(&mut socket, "response.output_audio_transcript.done").await;
    assert_eq!(said["transcript"], "You said: What time is it?");
    assert_eq!(event(&mut socket, "response.done").await["response"]["status"], "completed");
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own_and_an_unknown_voice_is_refused() {
    let lab = lab("healthy-regional").await;
    let request = || {
        Request::post("/cognitiveservices/v1")
            .header("host", TTS)
            .header("content-type", "application/ssml+xml")
            .header("x-microsoft-outputformat", "riff-16khz-16bit-mono-pcm")
    };
    let nobody = ssml("Hello").replace("AvaMultilingual", "Nobody");
    let answer = send(&lab, TTS, request(), nobody.into_bytes()).await.expect("an answer");
    assert!(
        answer.status == 400 && answer.text().contains("Unsupported voice en-US-NobodyNeural."),
        "{}",
        answer.text()
    );
    let (first, second) = (client(&lab, TTS).await, client(&lab, TTS).await);
    let mut ids = Vec::new();
    for mut sender in [first.unwrap(), second.unwrap()] {
        let asked = Request::get("/cognitiveservices/voices/list").header("host", TTS).body(Full::default()).unwrap();
        ids.push(sender.send_request(asked).await.expect("an answer").headers()["apim-request-id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_the_connection_and_the_lab_goes_on() {
    let lab = lab("healthy-regional").await;
    let mut socket = socket(&lab, STT, "/stt/speech/universal/v2").await;
    let large = Message::binary(vec![0; 17 << 20]);
    let sent = timeout(SOON, socket.send(large)).await.expect("in time");
    let end = timeout(SOON, socket.next()).await.expect("in time");
    let is_closed = match &end {
        Some(Ok(Message::Close(Some(frame)))) => u16::from(frame.code) == 1009,
        // The lab does not read the rest, so that a reset can come first.
        other => sent.is_err() || !matches!(other, Some(Ok(_))),
    };
    assert!(is_closed, "{end:?}");
    assert_eq!(
        get(&lab, TTS, "/cognitiveservices/voices/list", &[("ocp-apim-subscription-key", lab.key().expose())])
            .await
            .expect("an answer"),
        200
    );
}

/// Returns the next event of a kind, and drops those before it.
async fn event(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let frame = timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a message");
        let Message::Text(text) = frame else { panic!("{frame:?}") };
        let event: Value = serde_json::from_str(&text).expect("JSON");
        if event["type"] == kind {
            return event;
        }
    }
}

/// The header that the SDKs send: 16 kHz, 16 bit, one channel, without a length.
const WAV_HEADER: [u8; 44] =
    *b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0";

/// Waits until no connection is open.
async fn gone(lab: &Lab) {
    let none = async {
        while lab.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(SOON, none).await.expect("no connection is left");
}

async fn lab(name: &str) -> Lab {
    Lab::start(World::named(name).expect(name), now()).await.expect(name)
}

#[allow(clippy::disallowed_methods, reason = "a lab is started now")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A response to a request.
struct Answer {
    status: u16,
    kind: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

fn ssml(content: &str) -> String {
    format!("<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>{content}</voice></speak>")
}

async fn speak(lab: &Lab, format: &str, content: &str) -> Answer {
    let request = Request::post("/cognitiveservices/v1")
        .header("host", TTS)
        .header("content-type", "application/ssml+xml")
        .header("x-microsoft-outputformat", format);
    send(lab, TTS, request, ssml(content).into_bytes()).await.expect("an answer")
}

async fn understand(lab: &Lab, query: &str, wav: Vec<u8>) -> Answer {
    let path = format!("/speech/recognition/conversation/cognitiveservices/v1?{query}");
    let request = Request::post(path).header("host", STT).header("content-type", "audio/wav");
    send(lab, STT, request, wav).await.expect("an answer")
}

async fn send(
    lab: &Lab,
    host: &str,
    request: hyper::http::request::Builder,
    body: Vec<u8>,
) -> Result<Answer, Box<dyn std::error::Error>> {
    let request = request.header("ocp-apim-subscription-key", lab.key().expose()).body(Full::from(body))?;
    let response = timeout(SOON, client(lab, host).await?.send_request(request)).await??;
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (status, kind) = (response.status().as_u16(), kind.to_owned());
    let body = timeout(SOON, response.into_body().collect()).await??.to_bytes().to_vec();
    Ok(Answer { status, kind, body })
}

async fn get(lab: &Lab, host: &str, path: &str, headers: &[(&str, &str)]) -> Result<u16, Box<dyn std::error::Error>> {
    let mut request = Request::get(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::default())?;
    let response = timeout(SOON, client(lab, host).await?.send_request(request)).await??;
    Ok(response.status().as_u16())
}

async fn client(lab: &Lab, host: &str) -> std::io::Result<SendRequest<Full<Bytes>>> {
    let lookup = lab.network().lookup(host, SOON).await;
    let ip = lookup.facts.addresses.first().expect(host).ip;
    let stream = timeout(SOON, lab.network().connect((ip, 443).into())).await.expect("in time")?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_root_certificates(lab.system_roots()).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
    tokio::spawn(connection.with_upgrades());
    Ok(sender)
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

async fn socket(lab: &Lab, host: &str, path: &str) -> Socket {
    let request = Request::get(path)
        .header("host", host)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("ocp-apim-subscription-key", lab.key().expose())
        .body(Full::default())
        .expect("a request");
    let mut sender = client(lab, host).await.expect("a connection");
    let mut upgraded: Response<_> = sender.send_request(request).await.expect("an answer");
    assert_eq!(upgraded.status(), 101);
    let stream = TokioIo::new(hyper::upgrade::on(&mut upgraded).await.expect("an upgrade"));
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

async fn tell(socket: &mut Socket, path: &str, content: &str) {
    let text = format!("Path: {path}\r\nX-RequestId: {REQUEST}\r\nX-Timestamp: 2026-01-01T00:00:00Z\r\n\r\n{content}");
    socket.send(Message::text(text)).await.expect("sent");
}

async fn hear(socket: &mut Socket, piece: &[u8]) {
    let head = format!("Path: audio\r\nX-RequestId: {REQUEST}\r\nContent-Type: audio/x-wav\r\n");
    let length = u16::try_from(head.len()).expect("a short head").to_be_bytes();
    socket.send(Message::binary([&length, head.as_bytes(), piece].concat())).await.expect("sent");
}

/// Returns the content of the next message with a path, and drops those before it.
async fn answer(socket: &mut Socket, path: &str) -> Value {
    loop {
        let frame = timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a message");
        let Message::Text(text) = frame else { panic!("{frame:?}") };
        let (head, content) = text.split_once("\r\n\r\n").expect("headers");
        assert!(head.contains(&format!("X-RequestId:{REQUEST}")), "{head}");
        if head.contains(&format!("Path:{path}")) {
            return serde_json::from_str(content).expect("JSON");
        }
    }
}

const STT: &str = "westeurope.stt.speech.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const REST: &str = "westeurope.api.cognitive.microsoft.com";
const REQUEST: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const SOON: Duration = Duration::from_secs(5);

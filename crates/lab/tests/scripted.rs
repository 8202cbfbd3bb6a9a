//! Scripted answers over real connections: what is recognised and spoken, and what a client sees where the service fails.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use speech_endpoint::net::Network as _;
use speech_endpoint_lab::{Answers, Lab, World};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tungstenite::error::ProtocolError;
use tungstenite::protocol::{Message, Role};

const PHRASES: &str = "[[script]]\nphrases = [{ text = \"First one.\", speaker = 2, language = \"de-DE\", confidence = 0.5 }, \
    { text = \"Second one.\" }, { text = \"Third one.\" }]\n";

#[tokio::test]
async fn every_service_that_takes_audio_returns_the_scripted_phrases() {
    let lab = scripted("healthy-regional", PHRASES).await;
    let all = ["First one.", "Second one.", "Third one."];
    for (path, context, expected) in [
        (V2, json!({ "phraseDetection": { "mode": "INTERACTIVE" } }), &all[..1]),
        (V2, json!({ "phraseDetection": { "mode": "CONVERSATION" } }), &all),
        (V1_ONCE, json!({}), &all[..1]),
        (V1, json!({}), &all),
        (
            V2,
            json!({ "phraseDetection": { "mode": "CONVERSATION" }, "translation": { "targetLanguages": ["fr"] } }),
            &all,
        ),
        (
            V2,
            json!({ "phraseDetection": { "mode": "CONVERSATION", "speakerDiarization": { "mode": "Anonymous" } } }),
            &all,
        ),
    ] {
        let mut socket = open(&lab, STT, path).await;
        let told = recognise(&mut socket, &context, &silence(3)).await;
        let texts: Vec<&str> = told.iter().filter_map(text).collect();
        assert_eq!(texts, expected, "{path} {context}: {told:?}");
        assert!(told.iter().any(|(path, _)| path == "speech.startDetected"), "{told:?}");
        assert_eq!(told.last().map(|(path, _)| path.as_str()), Some("turn.end"), "{told:?}");
        let times: Vec<u64> = told.iter().filter_map(end).collect();
        assert!(
            times.windows(2).all(|pair| pair[0] < pair[1]) && times.iter().all(|end| *end <= 30_000_000),
            "{times:?}"
        );
    }
    let mut socket = open(&lab, S2S, "/speech/translation/cognitiveservices/v1?from=en-US&to=fr").await;
    let told = recognise(&mut socket, &json!({}), &silence(3)).await;
    let phrase = &told.iter().find(|(path, _)| path == "translation.phrase").expect("a phrase").1;
    assert_eq!(phrase["Translation"]["Translations"][0]["Text"], "[fr] First one.");
    let short = short_audio(&lab, "language=en-US&format=detailed", silence(3)).await.json();
    assert_eq!(short["DisplayText"], "First one. Second one. Third one.");
    assert_eq!(short["NBest"][0]["Confidence"], 0.5);
    let fast = transcribe(&lab, &silence(3)).await.json();
    assert_eq!(fast["combinedPhrases"][0]["text"], "First one. Second one. Third one.");
    assert_eq!(
        (&fast["phrases"][0]["locale"], &fast["phrases"][0]["speaker"], &fast["phrases"][0]["confidence"]),
        (&json!("de-DE"), &json!(2), &json!(0.5))
    );
}

#[tokio::test]
async fn a_model_of_azure_openai_returns_the_scripted_phrases_or_is_gone() {
    let lab = scripted("healthy-openai", PHRASES).await;
    let answer = transcribe_by_model(&lab, &silence(3)).await;
    assert_eq!((answer.status, &answer.json()["text"]), (200, &json!("First one. Second one. Third one.")));
    let gone = Lab::start(World::named("healthy-but-deployment-gone").expect("a world"), now()).await.expect("a lab");
    let answer = transcribe_by_model(&gone, &silence(1)).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("DeploymentNotFound")));
}

#[tokio::test]
async fn a_turn_is_found_by_its_order_its_content_or_its_duration() {
    let lab = scripted("healthy-regional", "[[script]]\nturn = 99\nphrases = []\n").await;
    let (one, two) = (tone(1, 7), tone(1, 11));
    short_audio(&lab, "language=en-US", one.clone()).await;
    let mut socket = open(&lab, STT, V2).await;
    recognise(&mut socket, &json!({}), &one).await;
    let turns = lab.turns();
    assert_eq!(turns.iter().map(|turn| turn.service).collect::<Vec<_>>(), ["short-audio", "recognition"]);
    assert_eq!(turns[0].duration, Some(Duration::from_secs(1)));
    let hash = turns[0].sha256.clone().expect("a digest");
    assert_eq!(turns[1].sha256.as_ref(), Some(&hash), "the header that comes before the samples does not count");
    let script = format!(
        "[[script]]\nturn = 2\nphrases = [{{ text = \"By order.\" }}]\n\
        [[script]]\naudio = {{ sha256 = \"{hash}\" }}\nphrases = [{{ text = \"By content.\" }}]\n\
        [[script]]\nduration = {{ from-ms = 1500, to-ms = 2500 }}\nphrases = [{{ text = \"By duration.\" }}]\n\
        [[script]]\nphrases = [{{ text = \"Anything else.\" }}]\n"
    );
    lab.set_answers(Answers::parse_toml(&script).expect("a script"));
    let mut said = Vec::new();
    for audio in [&one, &one, &silence(2), &two] {
        let mut socket = open(&lab, STT, V2).await;
        let told = recognise(&mut socket, &json!({ "phraseDetection": { "mode": "INTERACTIVE" } }), audio).await;
        said.push(told.iter().find_map(text).expect("a phrase").to_owned());
    }
    assert_eq!(said, ["By content.", "By order.", "By duration.", "Anything else."]);
    assert_eq!(
        lab.turns().iter().rev().take(4).map(|turn| turn.entry).collect::<Vec<_>>(),
        [Some(3), Some(2), Some(0), Some(1)]
    );
    lab.clear_answers();
    let mut socket = open(&lab, STT, V2).await;
    let told = recognise(&mut socket, &json!({}), &silence(1)).await;
    assert!(told.iter().all(|message| text(message).is_none()), "{told:?}");
}

#[tokio::test]
async fn a_client_sees_each_fault_after_the_second_phrase() {
    for (fault, expected) in [
        ("\"reset\"", "reset"),
        ("\"cut\"", "end without a close frame"),
        ("{ close = 1011, reason = \"internal server error\" }", "close 1011 internal server error"),
        ("{ close = 4429 }", "close 4429 "),
        ("\"silence\"", "silence"),
    ] {
        let lab = scripted("healthy-regional", &format!("{PHRASES}after-phrases = 2\nfault = {fault}\n")).await;
        let mut socket = open(&lab, STT, V1).await;
        send_audio(&mut socket, &json!({}), &silence(3)).await;
        let (told, end) = until_end(&mut socket).await;
        assert_eq!(
            told.iter().filter_map(text).collect::<Vec<_>>(),
            ["First one.", "Second one."],
            "{fault}: {told:?}"
        );
        assert_eq!(end, expected, "{fault}");
    }
}

#[tokio::test]
async fn a_fault_without_a_place_comes_after_the_start_of_the_turn() {
    for (more, expected) in [("", &["turn.start"][..]), ("omit = [\"turn.start\"]\n", &[])] {
        let script = format!("[[script]]\nfault = {{ close = 1011 }}\n{more}");
        let lab = scripted("healthy-regional", &script).await;
        let mut socket = open(&lab, STT, V2).await;
        send_audio(&mut socket, &json!({}), &silence(1)).await;
        let (told, end) = until_end(&mut socket).await;
        assert_eq!((paths(&told), end.as_str()), (expected.to_vec(), "close 1011 "));
    }
}

#[tokio::test]
async fn a_silent_service_still_answers_pings() {
    let lab = scripted("healthy-regional", "[[script]]\nfault = \"silence\"\n").await;
    let mut socket = open(&lab, STT, V2).await;
    send_audio(&mut socket, &json!({}), &silence(1)).await;
    assert_eq!(until_end(&mut socket).await.1, "silence");
    socket.send(Message::Ping("alive".into())).await.expect("a ping");
    let pong = timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a pong");
    assert_eq!(pong, Message::Pong("alive".into()));
}

#[tokio::test]
async fn after_a_reset_the_next_turn_gets_the_rest() {
    let script = format!("{PHRASES}times = 1\nafter-phrases = 2\nfault = \"reset\"\n");
    let lab = scripted("healthy-regional", &script).await;
    let mut all = Vec::new();
    for expected in ["reset", "turn.end"] {
        let mut socket = open(&lab, STT, V1).await;
        send_audio(&mut socket, &json!({}), &silence(3)).await;
        let (told, end) = until_end(&mut socket).await;
        all.extend(told.iter().filter_map(text).map(str::to_owned));
        assert_eq!(end, expected);
    }
    assert_eq!(all, ["First one.", "Second one.", "Third one."]);
}

#[tokio::test]
async fn a_throttled_client_sees_429_and_succeeds_at_the_next_try() {
    let script =
        "[[script]]\ntimes = 2\nstatus = 429\nretry-after = 5\nbody = '{ \"error\": { \"code\": \"429\" } }'\n";
    let lab = scripted("healthy-regional", script).await;
    let refused = upgrade(&lab, STT, V2).await;
    let retry = refused.headers().get("retry-after").map(|value| value.as_bytes().to_vec());
    assert_eq!((refused.status().as_u16(), retry.as_deref()), (429, Some(&b"5"[..])));
    let body = refused.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "{ \"error\": { \"code\": \"429\" } }");
    assert_eq!(short_audio(&lab, "language=en-US", silence(1)).await.status, 429);
    assert_eq!(short_audio(&lab, "language=en-US", silence(1)).await.status, 200);
    open(&lab, STT, V2).await;
    let statuses: Vec<u16> = lab.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [429, 429, 200, 101]);
}

#[tokio::test]
async fn messages_can_be_left_out() {
    let script = format!("{PHRASES}omit = [\"turn.start\", \"speech.phrase\", \"turn.end\"]\n");
    let lab = scripted("healthy-regional", &script).await;
    let mut socket = open(&lab, STT, V1).await;
    send_audio(&mut socket, &json!({}), &silence(3)).await;
    let (told, end) = until_end(&mut socket).await;
    let paths = paths(&told);
    assert!(["turn.start", "speech.phrase", "turn.end"].iter().all(|path| !paths.contains(path)), "{paths:?}");
    assert_eq!((paths.contains(&"speech.hypothesis"), end.as_str()), (true, "silence"));
}

#[tokio::test]
async fn answers_are_delayed_and_pings_are_not() {
    let lab = scripted("healthy-regional", &format!("{PHRASES}delay-ms = 400\npause-ms = 300\n")).await;
    let mut socket = open(&lab, STT, V1).await;
    let begun = tokio::time::Instant::now();
    send_audio(&mut socket, &json!({}), &silence(3)).await;
    socket.send(Message::Ping("alive".into())).await.expect("a ping");
    let first = timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a message");
    assert_eq!(first, Message::Pong("alive".into()));
    let mut times = Vec::new();
    while times.len() < 3 {
        let frame = timeout(SOON, socket.next()).await.expect("in time").expect("a frame").expect("a message");
        if read(&frame).is_some_and(|(path, _)| path == "speech.phrase") {
            times.push(begun.elapsed());
        }
    }
    let waits = [Duration::from_millis(400), Duration::from_millis(700), Duration::from_secs(1)];
    assert!(times.iter().zip(waits).all(|(time, wait)| *time >= wait), "{times:?}");
}

#[tokio::test]
async fn a_phrase_comes_as_the_audio_passes_its_end() {
    let script = "[[script]]\nphrases = [{ text = \"Early.\" }, { text = \"Late.\", offset-ms = 2000 }]\n";
    let lab = scripted("healthy-regional", script).await;
    let mut socket = open(&lab, STT, V1).await;
    let audio = silence(1);
    send_pieces(&mut socket, audio.chunks(3200)).await;
    let (told, end) = until_end(&mut socket).await;
    let expected = ["turn.start", "speech.startDetected", "speech.hypothesis", "speech.phrase"];
    assert_eq!((paths(&told), end.as_str()), (expected.to_vec(), "silence"), "the second phrase has not begun");
    send_pieces(&mut socket, [&[][..]].into_iter()).await;
    let (told, end) = until_end(&mut socket).await;
    assert_eq!((told.iter().filter_map(text).collect::<Vec<_>>(), end.as_str()), (vec!["Late."], "turn.end"));
}

#[tokio::test]
async fn the_speech_of_synthesis_can_be_another_one() {
    let lab = scripted("healthy-regional", "").await;
    let usual = speak(&lab, "Good morning").await.body;
    for (change, text, language, size) in [
        ("voice = \"ja-JP-NanamiNeural\"", "Good morning", Some("ja-JP"), usual.len()),
        ("spoken = \"silence\"", "", None, usual.len()),
        ("spoken = \"noise\"", "", None, usual.len()),
        ("spoken = \"nothing\"", "", None, 0),
        ("spoken = \"half\"", "", None, usual.len() / 2),
    ] {
        lab.set_answers(Answers::parse_toml(&format!("[[script]]\n{change}\n")).expect(change));
        let over_rest = speak(&lab, "Good morning").await.body;
        let mut socket = open(&lab, TTS, WEBSOCKET).await;
        let (over_websocket, end) = hear_speech(&mut socket, "Good morning").await;
        // A file with a comment is longer than one without.
        assert!(over_rest.len().abs_diff(size) < 40, "{change}: {} of {size}", over_rest.len());
        assert_eq!((over_rest == over_websocket, end.as_str()), (true, "turn.end"), "{change}");
        if !over_rest.is_empty() && !change.contains("half") {
            lab.clear_answers();
            let heard = transcribe(&lab, &over_rest).await.json();
            assert_eq!(heard["combinedPhrases"][0]["text"], text, "{change}");
            assert_eq!(heard["phrases"][0]["locale"].as_str(), language, "{change}");
        }
    }
    lab.clear_answers();
    assert_eq!(speak(&lab, "Good morning").await.body, usual);
}

#[tokio::test]
async fn synthesis_fails_after_a_number_of_pieces_or_bytes() {
    let whole = {
        let lab = scripted("healthy-regional", "").await;
        speak(&lab, "A sentence of some words").await.body
    };
    for (place, size) in [("after-bytes = 5000", 5000), ("after-pieces = 2", 8192), ("after-bytes = 0", 0)] {
        for (fault, expected) in
            [("\"silence\"", "silence"), ("\"reset\"", "reset"), ("\"cut\"", "end without a close frame")]
        {
            let lab = scripted("healthy-regional", &format!("[[script]]\n{place}\nfault = {fault}\n")).await;
            let mut socket = open(&lab, TTS, WEBSOCKET).await;
            let (audio, end) = hear_speech(&mut socket, "A sentence of some words").await;
            assert_eq!((audio.as_slice(), end.as_str()), (&whole[..size], expected), "{place} {fault}");
            let (body, end) = hear_body(&lab, "A sentence of some words").await;
            let expected = if fault == "\"silence\"" { "silence" } else { "error" };
            assert_eq!((body.as_slice(), end), (&whole[..size], expected), "{place} {fault}");
        }
    }
}

#[tokio::test]
async fn a_stream_of_text_is_found_by_its_whole_text() {
    let script = "[[script]]\ntext-contains = \"good bye\"\nspoken = \"nothing\"\n";
    let lab = scripted("healthy-regional", script).await;
    for (pieces, is_empty) in [(["Say good ", "bye."], true), (["Say ", "hello."], false)] {
        let mut socket = open(&lab, TTS, WEBSOCKET).await;
        tell(&mut socket, "synthesis.context", FORMAT).await;
        for piece in pieces {
            tell(&mut socket, "text.piece", piece).await;
        }
        tell(&mut socket, "text.end", "").await;
        let (told, audio, end) = until_end_of_speech(&mut socket).await;
        assert_eq!(
            (audio.is_empty(), end.as_str(), told[0].0.as_str()),
            (is_empty, "turn.end", "turn.start"),
            "{pieces:?}"
        );
    }
    assert_eq!(lab.turns()[0].text.as_deref(), Some("Say good bye."));
}

#[tokio::test]
async fn a_response_over_rest_can_fail_or_come_late() {
    for (fault, expected) in
        [("\"reset\"", "error"), ("\"cut\"", "error"), ("{ close = 1011 }", "error"), ("\"silence\"", "silence")]
    {
        let lab = scripted("healthy-regional", &format!("[[script]]\nfault = {fault}\n")).await;
        let request = recognition(&lab, "language=en-US").body(Full::from(silence(1))).expect("a request");
        let mut client = client(&lab, STT).await;
        let end = match timeout(QUIET, client.send_request(request)).await {
            Err(_) => "silence",
            Ok(Err(_)) => "error",
            Ok(Ok(_)) => "a response",
        };
        assert_eq!(end, expected, "{fault}");
    }
    let lab = scripted("healthy-regional", "[[script]]\ndelay-ms = 300\n").await;
    let begun = tokio::time::Instant::now();
    assert_eq!(short_audio(&lab, "language=en-US", silence(1)).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn statuses_and_translations_are_as_stated() {
    let script = "[[script]]\nservice = \"recognition\"\nphrases = [{ status = \"InitialSilenceTimeout\", duration-ms = 500 }]\n\
        [[script]]\nservice = \"translation\"\ntargets = [\"de\", \"it\"]\n\
        phrases = [{ text = \"Hello.\", translations = { de = \"Hallo.\" } }]\n";
    let lab = scripted("healthy-regional", script).await;
    let mut socket = open(&lab, STT, V2).await;
    let told = recognise(&mut socket, &json!({}), &silence(1)).await;
    let phrase = &told.iter().find(|(path, _)| path == "speech.phrase").expect("a phrase").1;
    assert_eq!(
        (&phrase["RecognitionStatus"], &phrase["Duration"]),
        (&json!("InitialSilenceTimeout"), &json!(5_000_000))
    );
    let context =
        json!({ "phraseDetection": { "mode": "INTERACTIVE" }, "translation": { "targetLanguages": ["de", "fr"] } });
    let mut socket = open(&lab, STT, V2).await;
    let told = recognise(&mut socket, &context, &silence(1)).await;
    let phrase = &told.iter().find(|(_, json)| json["SpeechPhrase"].is_object()).expect("a phrase").1;
    let expected =
        json!([{ "Language": "de", "DisplayText": "Hallo." }, { "Language": "it", "DisplayText": "[it] Hello." }]);
    assert_eq!(phrase["Translations"], expected);
}

/// The examples are those of the section on scripted answers.
#[test]
fn every_example_of_the_document_is_a_script() {
    let document = include_str!("../../../docs/lab.md");
    let blocks = document.split("```toml\n").skip(1).filter_map(|block| block.split("```").next());
    let scripts: Vec<&str> = blocks.filter(|block| block.contains("[[script]]")).collect();
    for script in &scripts {
        Answers::parse_toml(script).unwrap_or_else(|error| panic!("{error}: {script}"));
    }
    assert!(scripts.len() >= 8, "{} scripts", scripts.len());
    let line = document.lines().find(|line| line.starts_with("curl -X PUT ")).expect("the example in JSON");
    let json = line.split('\'').nth(1).expect("an example");
    assert!(Answers::parse_json(json).is_ok(), "{json}");
}

async fn scripted(world: &str, script: &str) -> Lab {
    let lab = Lab::start(World::named(world).expect(world), now()).await.expect(world);
    if !script.is_empty() {
        lab.set_answers(Answers::parse_toml(script).unwrap_or_else(|error| panic!("{error}: {script}")));
    }
    lab
}

#[allow(clippy::disallowed_methods, reason = "a lab is started now")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A message: its path and its content.
type Told = (String, Value);

fn read(frame: &Message) -> Option<Told> {
    let Message::Text(text) = frame else { return None };
    let (head, content) = text.split_once("\r\n\r\n")?;
    let path = head.lines().find_map(|line| line.strip_prefix("Path:"))?;
    Some((path.to_owned(), serde_json::from_str(content).ok()?))
}

/// Returns the text of a phrase.
fn text((path, json): &Told) -> Option<&str> {
    let phrase = if path == "translation.response" { &json["SpeechPhrase"] } else { json };
    ["speech.phrase", "translation.phrase", "translation.response"].contains(&path.as_str()).then_some(())?;
    phrase["DisplayText"].as_str().or_else(|| phrase["Text"].as_str())
}

/// Returns the end of a phrase.
fn end(told: &Told) -> Option<u64> {
    text(told)?;
    let phrase = if told.0 == "translation.response" { &told.1["SpeechPhrase"] } else { &told.1 };
    Some(phrase["Offset"].as_u64()? + phrase["Duration"].as_u64()?)
}

fn paths(told: &[Told]) -> Vec<&str> {
    told.iter().map(|(path, _)| path.as_str()).collect()
}

/// Returns the messages up to the end of the turn, the connection or the patience, and which it was.
async fn until_end(socket: &mut Socket) -> (Vec<Told>, String) {
    let (told, _, end) = until_end_of_speech(socket).await;
    (told, end)
}

async fn until_end_of_speech(socket: &mut Socket) -> (Vec<Told>, Vec<u8>, String) {
    let (mut told, mut audio) = (Vec::new(), Vec::new());
    let end = loop {
        match timeout(QUIET, socket.next()).await {
            Err(_) => break "silence".to_owned(),
            Ok(Some(Ok(Message::Close(Some(close))))) => break format!("close {} {}", close.code, close.reason),
            Ok(Some(Ok(Message::Binary(bytes)))) => {
                audio.extend(&bytes[2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))..]);
            }
            Ok(Some(Ok(frame))) => {
                told.extend(read(&frame));
                if told.last().is_some_and(|(path, _)| path == "turn.end") {
                    break "turn.end".to_owned();
                }
            }
            Ok(Some(Err(tungstenite::Error::Io(error)))) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                break "reset".to_owned();
            }
            Ok(Some(Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)))) => {
                break "end without a close frame".to_owned();
            }
            Ok(other) => break format!("{other:?}"),
        }
    };
    (told, audio, end)
}

async fn send_audio(socket: &mut Socket, context: &Value, audio: &[u8]) {
    tell(socket, "speech.context", &context.to_string()).await;
    send_pieces(socket, audio.chunks(3200).chain([&[][..]])).await;
}

async fn send_pieces<'a>(socket: &mut Socket, pieces: impl Iterator<Item = &'a [u8]>) {
    for piece in pieces {
        let head = format!("Path: audio\r\nX-RequestId: {REQUEST}\r\nContent-Type: audio/x-wav\r\n");
        let length = u16::try_from(head.len()).expect("a short head").to_be_bytes();
        // The connection can end before all audio is sent.
        let _ = socket.send(Message::binary([&length, head.as_bytes(), piece].concat())).await;
    }
}

async fn recognise(socket: &mut Socket, context: &Value, audio: &[u8]) -> Vec<Told> {
    send_audio(socket, context, audio).await;
    let (told, end) = until_end(socket).await;
    assert_eq!(end, "turn.end", "{told:?}");
    told
}

async fn hear_speech(socket: &mut Socket, text: &str) -> (Vec<u8>, String) {
    tell(socket, "synthesis.context", FORMAT).await;
    tell(socket, "ssml", &ssml(text)).await;
    let (_, audio, end) = until_end_of_speech(socket).await;
    (audio, end)
}

/// Returns the body of a synthesis over REST, and how it ends.
async fn hear_body(lab: &Lab, text: &str) -> (Vec<u8>, &'static str) {
    let mut client = client(lab, TTS).await;
    let request = synthesis(lab).body(Full::from(ssml(text))).expect("a request");
    let mut response = client.send_request(request).await.expect("a response");
    let mut body = Vec::new();
    loop {
        match timeout(QUIET, response.body_mut().frame()).await {
            Err(_) => return (body, "silence"),
            Ok(None) => return (body, "end"),
            Ok(Some(Err(_))) => return (body, "error"),
            Ok(Some(Ok(frame))) => body.extend(frame.into_data().unwrap_or_default()),
        }
    }
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

async fn send(lab: &Lab, host: &str, request: hyper::http::request::Builder, body: Vec<u8>) -> Answer {
    let request = request.body(Full::from(body)).expect("a request");
    let response =
        timeout(SOON, client(lab, host).await.send_request(request)).await.expect("in time").expect("a response");
    let status = response.status().as_u16();
    Answer { status, body: response.into_body().collect().await.expect("a body").to_bytes().to_vec() }
}

fn with_key(lab: &Lab, request: hyper::http::request::Builder, host: &str) -> hyper::http::request::Builder {
    request.header("host", host).header("ocp-apim-subscription-key", lab.key().expose())
}

fn synthesis(lab: &Lab) -> hyper::http::request::Builder {
    with_key(lab, Request::post("/cognitiveservices/v1"), TTS)
        .header("content-type", "application/ssml+xml")
        .header("x-microsoft-outputformat", "riff-16khz-16bit-mono-pcm")
}

fn recognition(lab: &Lab, query: &str) -> hyper::http::request::Builder {
    with_key(lab, Request::post(format!("{V1}?{query}")), STT).header("content-type", "audio/wav")
}

async fn speak(lab: &Lab, text: &str) -> Answer {
    send(lab, TTS, synthesis(lab), ssml(text).into_bytes()).await
}

async fn short_audio(lab: &Lab, query: &str, wav: Vec<u8>) -> Answer {
    send(lab, STT, recognition(lab, query), wav).await
}

/// Transcribes a file by a form.
async fn transcribe(lab: &Lab, wav: &[u8]) -> Answer {
    let path = "/speechtotext/transcriptions:transcribe?api-version=2025-10-15";
    let definition = r#"{ "diarization": { "enabled": true } }"#;
    let request = with_key(lab, Request::post(path), REST);
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    send(lab, REST, request, form(wav, "audio", &[("definition", definition)])).await
}

async fn transcribe_by_model(lab: &Lab, wav: &[u8]) -> Answer {
    let path = "/openai/deployments/whisper/audio/transcriptions?api-version=2024-10-21";
    let request = with_key(lab, Request::post(path), OPENAI);
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    send(lab, OPENAI, request, form(wav, "file", &[])).await
}

fn form(wav: &[u8], name: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
    }
    let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.wav\"\r\n\r\n");
    [&body, head.as_bytes(), wav, b"\r\n--b--\r\n"].concat()
}

async fn client(lab: &Lab, host: &str) -> SendRequest<Full<Bytes>> {
    let lookup = lab.network().lookup(host, SOON).await;
    let ip = lookup.facts.addresses.first().expect(host).ip;
    let stream = timeout(SOON, lab.network().connect((ip, 443).into())).await.expect("in time").expect("a connection");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_root_certificates(lab.system_roots()).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("TLS");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection.with_upgrades());
    sender
}

async fn upgrade(lab: &Lab, host: &str, path: &str) -> Response<hyper::body::Incoming> {
    let request = with_key(lab, Request::get(path), host)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Full::default())
        .expect("a request");
    client(lab, host).await.send_request(request).await.expect("an answer")
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

async fn open(lab: &Lab, host: &str, path: &str) -> Socket {
    let mut upgraded = upgrade(lab, host, path).await;
    assert_eq!(upgraded.status(), 101);
    let stream = TokioIo::new(hyper::upgrade::on(&mut upgraded).await.expect("an upgrade"));
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

async fn tell(socket: &mut Socket, path: &str, content: &str) {
    let text = format!("Path: {path}\r\nX-RequestId: {REQUEST}\r\n\r\n{content}");
    socket.send(Message::text(text)).await.expect("sent");
}

fn ssml(text: &str) -> String {
    format!("<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>{text}</voice></speak>")
}

/// Makes a WAV file of this many seconds, whose samples are a pattern.
fn tone(seconds: u32, step: u32) -> Vec<u8> {
    let samples: Vec<u8> = (0..seconds * 32_000).map(|i| if step == 0 { 0 } else { (i * step % 13) as u8 }).collect();
    let size = u32::try_from(samples.len()).expect("a short file").to_le_bytes();
    let format = [1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0];
    [b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".as_slice(), &format, b"data", &size, &samples].concat()
}

fn silence(seconds: u32) -> Vec<u8> {
    tone(seconds, 0)
}

const STT: &str = "westeurope.stt.speech.microsoft.com";
const S2S: &str = "westeurope.s2s.speech.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const REST: &str = "westeurope.api.cognitive.microsoft.com";
const OPENAI: &str = "contoso.openai.azure.com";
const V1: &str = "/speech/recognition/conversation/cognitiveservices/v1";
const V1_ONCE: &str = "/speech/recognition/interactive/cognitiveservices/v1";
const V2: &str = "/stt/speech/universal/v2";
const WEBSOCKET: &str = "/tts/cognitiveservices/websocket/v1";
const FORMAT: &str = r#"{"synthesis":{"audio":{"outputFormat":"riff-16khz-16bit-mono-pcm"}}}"#;
const REQUEST: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const SOON: Duration = Duration::from_secs(10);

/// The time after which nothing more is expected.
const QUIET: Duration = Duration::from_millis(1500);

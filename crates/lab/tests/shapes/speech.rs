//! The exchanges of the Speech SDKs: recognition, translation and synthesis over a WebSocket.

use serde_json::{Value, json};
use tungstenite::protocol::Message;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::client::{Ask, Client, Socket, ssml, wav_header};
use crate::record::Body;

const STT: &str = "westeurope.stt.speech.microsoft.com";
const S2S: &str = "westeurope.s2s.speech.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const VOICE: &str = "westeurope.voice.speech.microsoft.com";
const RECOGNITION: &str = "recognition";
const SYNTHESIS: &str = "synthesis";
const VERSION_2: &str = "/stt/speech/universal/v2";

pub(crate) async fn all() -> Vec<Client> {
    let mut client = Client::named("healthy-regional").await;
    recognition(&mut client).await;
    assessment(&mut client).await;
    silence(&mut client).await;
    translation(&mut client).await;
    first_translation(&mut client).await;
    closed(&mut client).await;
    synthesis(&mut client).await;
    formats(&mut client).await;
    refused(&mut client).await;
    vec![client]
}

/// Makes samples of 16 kHz by synthesis.
pub(crate) async fn spoken(client: &mut Client, voice: &str, text: &str) -> Vec<u8> {
    let headers = [("content-type", "application/ssml+xml"), ("x-microsoft-outputformat", "raw-16khz-16bit-mono-pcm")];
    let (path, body) = ("/cognitiveservices/v1", ssml(voice, text).into_bytes());
    let ask = Ask { channel: "REST", method: "POST", host: TTS, path, headers: &headers, body, ..Ask::default() };
    client.ask(ask).await.bytes
}

/// Makes a WAV file without a comment, as the SDKs send it.
pub(crate) async fn wav(client: &mut Client, text: &str) -> Vec<u8> {
    [wav_header(), spoken(client, "en-US-AvaNeural", text).await, vec![0; 32_000]].concat()
}

/// Sends audio in a turn with a context, and records the turn.
async fn turn(client: &mut Client, socket: &mut Socket, context: &Value, audio: &[u8]) {
    socket.tell("speech.context", context).await;
    socket.hear(audio).await;
    client.until(socket, "turn.end").await;
}

async fn turn_of(client: &mut Client, host: &str, path: &str, context: &Value, audio: &[u8]) {
    let mut socket = client.open(RECOGNITION, host, path, &[]).await;
    turn(client, &mut socket, context, audio).await;
}

/// Single recognition, and a conversation of speakers, languages and words.
async fn recognition(client: &mut Client) {
    let hello = wav(client, "Hello, world.").await;
    let single = json!({ "phraseDetection": { "mode": "Interactive" } });
    let mut socket = client.open(RECOGNITION, STT, VERSION_2, &[("sec-websocket-protocol", "USP")]).await;
    socket.tell("speech.config", &json!({})).await;
    turn(client, &mut socket, &single, &hello).await;
    for (early, silent) in [(true, false), (false, true)] {
        let context = json!({
            "phraseDetection": {
                "mode": "Conversation", "initialSilenceTimeout": if silent { 500 } else { 5000 },
                "speakerDiarization": { "mode": "Anonymous", "diarizeIntermediates": early },
            },
            "languageId": { "languages": ["de-DE", "en-US"] },
            "phraseOutput": { "format": "Detailed", "detailed": { "options": ["WordTimings"] } },
        });
        let audio = if silent { [wav_header(), vec![0; 64_000]].concat() } else { hello.clone() };
        turn_of(client, STT, VERSION_2, &context, &audio).await;
        turn_of(client, STT, VERSION_2, &context, &hello).await;
    }
    for mode in ["interactive", "conversation", "dictation"] {
        let path = format!("/speech/recognition/{mode}/cognitiveservices/v1?language=en-US&format=detailed");
        turn_of(client, STT, &path, &json!({}), &hello).await;
    }
}

/// The scores of a pronunciation, down to words or to phonemes, with words that are missing.
async fn assessment(client: &mut Client) {
    let hello = wav(client, "Hello, world.").await;
    for granularity in ["Phoneme", "Word"] {
        let assessment = json!({
            "referenceText": "Hello, wide world", "gradingSystem": "HundredMark", "granularity": granularity,
            "enableMiscue": true, "enableProsodyAssessment": granularity == "Word", "nBestPhonemeCount": 3,
        });
        let context = json!({
            "phraseDetection": { "mode": "Interactive", "enrichment": { "pronunciationAssessment": assessment } },
            "phraseOutput": { "format": "Detailed" },
        });
        turn_of(client, STT, VERSION_2, &context, &hello).await;
    }
}

/// Turns in which nothing is said, or nothing in time.
async fn silence(client: &mut Client) {
    let silence = [wav_header(), vec![0; 64_000]].concat();
    for wait in [500, 5000] {
        for more in [json!({}), json!({ "languageId": { "languages": ["de-DE", "en-US"] } })] {
            let mut context = json!({ "phraseDetection": { "mode": "Interactive", "initialSilenceTimeout": wait } });
            context.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            turn_of(client, STT, VERSION_2, &context, &silence).await;
            context["translation"] = json!({ "targetLanguages": ["de"] });
            turn_of(client, STT, VERSION_2, &context, &silence).await;
        }
    }
}

/// Version 2 of translation, with and without speech.
async fn translation(client: &mut Client) {
    let hello = wav(client, "Hello, world.").await;
    for more in [json!({}), json!({ "languageId": { "languages": ["de-DE", "en-US"] } })] {
        let mut context = json!({
            "phraseDetection": { "mode": "Interactive" }, "translation": { "targetLanguages": ["de", "fr"] },
            "synthesis": { "defaultVoices": { "de": "de-DE-KatjaNeural" } },
        });
        context.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        turn_of(client, STT, VERSION_2, &context, &hello).await;
    }
}

/// Version 1 of translation.
async fn first_translation(client: &mut Client) {
    let hello = wav(client, "Hello, world.").await;
    let path = "/speech/translation/cognitiveservices/v1?from=en-US&to=de&to=fr";
    let spoken = format!("{path}&voice=de-DE-KatjaNeural&features=requireVoice");
    turn_of(client, S2S, &spoken, &json!({}), &hello).await;
    turn_of(client, S2S, &format!("/s2s{path}"), &json!({ "languageId": { "languages": ["de-DE", "en-US"] } }), &hello)
        .await;
    let silence = [wav_header(), vec![0; 64_000]].concat();
    turn_of(client, S2S, &format!("{path}&initialSilenceTimeoutMs=500"), &json!({}), &silence).await;
}

/// Messages that the service does not read.
async fn closed(client: &mut Client) {
    let mut socket = client.open(RECOGNITION, STT, VERSION_2, &[]).await;
    socket.send(Message::binary(vec![0])).await;
    client.until(&mut socket, "close 1007").await;
}

fn context(format: &str) -> Value {
    let options = [
        "wordBoundaryEnabled",
        "punctuationBoundaryEnabled",
        "sentenceBoundaryEnabled",
        "visemeEnabled",
        "bookmarkEnabled",
        "sessionEndEnabled",
    ];
    let options: serde_json::Map<String, Value> =
        options.iter().map(|name| ((*name).to_owned(), json!(true))).collect();
    json!({ "synthesis": { "audio": { "outputFormat": format, "metadataOptions": options } } })
}

/// SSML with all marks, and a text that arrives in pieces.
async fn synthesis(client: &mut Client) {
    for (host, path) in [
        (TTS, "/tts/cognitiveservices/websocket/v1"),
        (TTS, "/cognitiveservices/websocket/v2"),
        (VOICE, "/tts/cognitiveservices/websocket/v1?deploymentId=d"),
    ] {
        let mut socket = client.open(SYNTHESIS, host, path, &[]).await;
        socket.tell("synthesis.context", &context("riff-16khz-16bit-mono-pcm")).await;
        let text = ssml("en-US-AvaNeural", "Hello, <bookmark mark='a'/>world. Bye.");
        socket.tell("ssml", &json!(text)).await;
        client.until(&mut socket, "turn.end").await;
    }
    let mut socket = client.open(SYNTHESIS, TTS, "/tts/cognitiveservices/websocket/v2", &[]).await;
    socket.tell("synthesis.context", &context("raw-24khz-16bit-mono-pcm")).await;
    socket.tell("text.piece", &json!("Hello, ")).await;
    socket.tell("text.piece", &json!("world.")).await;
    socket.tell("text.end", &json!("")).await;
    client.until(&mut socket, "turn.end").await;
}

/// The content type of each kind of format.
async fn formats(client: &mut Client) {
    for format in FORMATS {
        let mut socket = client.open(SYNTHESIS, TTS, "/tts/cognitiveservices/websocket/v1", &[]).await;
        socket.tell("synthesis.context", &context(format)).await;
        socket.tell("ssml", &json!(ssml("en-US-AvaNeural", "Hi."))).await;
        client.until(&mut socket, "turn.end").await;
    }
    let audio: Vec<&Body> = client.records.iter().filter(|one| one.message == "audio").map(|one| &one.body).collect();
    assert!(audio.iter().any(|body| matches!(body, Body::Bytes)), "no audio");
}

/// Input that is not valid.
async fn refused(client: &mut Client) {
    let mut socket = client.open(SYNTHESIS, TTS, "/tts/cognitiveservices/websocket/v1", &[]).await;
    socket.tell("synthesis.context", &context("riff-16khz-16bit-mono-pcm")).await;
    socket.tell("ssml", &json!(ssml("en-US-NobodyNeural", "Hello"))).await;
    client.until(&mut socket, "close 1007").await;
    let mut socket = client.open(SYNTHESIS, TTS, "/tts/cognitiveservices/websocket/v1", &[]).await;
    // In pieces that the lab reads to their end: unread bytes could make it reset the connection.
    for number in 0..17 {
        let code = OpCode::Data(if number == 0 { Data::Binary } else { Data::Continue });
        socket.send(Message::Frame(Frame::message(vec![0; 1 << 20], code, false))).await;
    }
    client.until(&mut socket, "close 1009").await;
}

/// One format of each coding.
pub(crate) const FORMATS: [&str; 10] = [
    "riff-24khz-16bit-mono-pcm",
    "raw-16khz-16bit-mono-pcm",
    "riff-8khz-8bit-mono-mulaw",
    "audio-24khz-96kbitrate-mono-mp3",
    "ogg-16khz-16bit-mono-opus",
    "ogg-24khz-16bit-mono-opus",
    "ogg-48khz-16bit-mono-opus",
    "webm-24khz-16bit-mono-opus",
    "amr-wb-16000hz",
    "g722-16khz-64kbps",
];

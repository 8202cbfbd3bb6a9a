//! The exchanges over HTTP: speech, jobs and Azure OpenAI.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::{Answer, Ask, Client, FORM, JSON, form, ssml, wav_header};
use crate::speech::{FORMATS, wav};

const STT: &str = "westeurope.stt.speech.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const VOICE: &str = "westeurope.voice.speech.microsoft.com";
const API: &str = "westeurope.api.cognitive.microsoft.com";
const OPENAI: &str = "contoso.openai.azure.com";
const SHORT: &str = "/speech/recognition/conversation/cognitiveservices/v1";

pub(crate) async fn all() -> Vec<Client> {
    let mut client = Client::named("healthy-regional").await;
    synthesis(&mut client).await;
    short_audio(&mut client).await;
    fast_transcription(&mut client).await;
    transcriptions(&mut client).await;
    syntheses(&mut client).await;
    lists(&mut client).await;
    let mut openai = Client::named("healthy-openai-realtime").await;
    openai_speech(&mut openai).await;
    openai_transcription(&mut openai).await;
    openai_rest(&mut openai).await;
    vec![client, openai]
}

async fn ask(client: &mut Client, method: &str, host: &str, path: &str, body: Vec<u8>) -> Answer {
    client.ask(Ask { channel: "REST", method, host, path, body, ..Ask::default() }).await
}

async fn post(
    client: &mut Client,
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Answer {
    let body = body.into();
    client.ask(Ask { channel: "REST", method: "POST", host, path, headers, body, ..Ask::default() }).await
}

/// Text to speech in every kind of format, and requests that are not valid.
async fn synthesis(client: &mut Client) {
    let hello = ssml("en-US-AvaNeural", "Hi.");
    let kind = ("content-type", "application/ssml+xml");
    for format in FORMATS {
        post(client, TTS, "/cognitiveservices/v1", &[kind, ("x-microsoft-outputformat", format)], hello.clone()).await;
    }
    let riff = ("x-microsoft-outputformat", "riff-24khz-16bit-mono-pcm");
    post(client, VOICE, "/cognitiveservices/v1?deploymentId=d", &[kind, riff], hello.clone()).await;
    for (headers, body) in [
        (&[kind][..], hello.clone()),
        (&[kind, riff], ssml("en-US-NobodyNeural", "Hi.")),
        (&[kind, riff], "<speak>".into()),
        (&[kind, riff], String::new()),
        (&[("content-type", "text/plain"), riff], hello),
    ] {
        post(client, TTS, "/cognitiveservices/v1", headers, body).await;
    }
    ask(client, "GET", TTS, "/cognitiveservices/voices/list", Vec::new()).await;
}

/// Short audio: a result in each format, an assessment, and requests that are not valid.
async fn short_audio(client: &mut Client) {
    let hello = wav(client, "Hello, world.").await;
    let language = format!("{SHORT}?language=en-US");
    let silence = [wav_header(), vec![0; 3200]].concat();
    for (query, audio) in [
        ("", hello.clone()),
        ("&format=detailed", hello.clone()),
        ("&format=detailed&wordLevelTimestamps=true", hello.clone()),
        ("&lidEnabled=en-US,de-DE", hello.clone()),
        ("", silence),
        ("&lidEnabled=en-US,de-DE", [wav_header(), vec![0; 3200]].concat()),
        ("", b"OggS".to_vec()),
        ("", Vec::new()),
    ] {
        post(client, STT, &format!("{language}{query}"), &[], audio).await;
    }
    for granularity in ["Phoneme", "Word"] {
        let assessment = json!({
            "ReferenceText": "Hello, wide world", "GradingSystem": "HundredMark", "Granularity": granularity,
            "EnableMiscue": "True", "EnableProsodyAssessment": if granularity == "Word" { "True" } else { "False" },
        });
        let header = STANDARD.encode(assessment.to_string());
        post(client, STT, &language, &[("pronunciation-assessment", &header)], hello.clone()).await;
    }
    post(client, STT, SHORT, &[], hello).await;
    let ask_long = Ask { channel: "server", method: "POST", host: STT, path: &language, ..Ask::default() };
    client.ask(Ask { body: vec![0; (4 << 20) + 1], ..ask_long }).await;
    ask(client, "GET", STT, SHORT, Vec::new()).await;
}

/// Fast transcription, with and without channels, speakers and a translation.
async fn fast_transcription(client: &mut Client) {
    let path = "/speechtotext/transcriptions:transcribe?api-version=2025-10-15";
    let hello = wav(client, "Hello, world.").await;
    for definition in [
        json!({ "locales": ["en-US"] }),
        json!({ "channels": [0, 1], "diarization": { "enabled": true } }),
        json!({ "enhancedMode": { "enabled": true, "task": "translate", "targetLanguage": "de" } }),
    ] {
        let body = form(&[("definition", definition.to_string().as_bytes()), ("audio", &hello)]);
        post(client, API, path, &[FORM], body).await;
    }
    for fields in
        [&[("definition", b"{".as_slice())][..], &[("definition", br#"{"audioUrl":"https://a.example"}"#)], &[]]
    {
        post(client, API, path, &[FORM], form(fields)).await;
    }
    post(client, API, path, &[JSON], "{}").await;
    ask(client, "GET", API, path, Vec::new()).await;
}

/// The life of batch transcriptions, in the current and in the older form of the paths.
async fn transcriptions(client: &mut Client) {
    let body = json!({
        "displayName": "t", "description": "a test", "locale": "en-US", "contentUrls": ["https://a.example/a.wav"],
        "properties": { "timeToLiveHours": 6, "wordLevelTimestampsEnabled": true }, "customProperties": { "key": "value" },
    });
    let container = json!({ "displayName": "t", "locale": "en-US", "contentContainerUrl": "https://a.example/c" });
    let version = "?api-version=2025-10-15";
    for (submit, list) in [
        (format!("/speechtotext/transcriptions:submit{version}"), format!("/speechtotext/transcriptions{version}")),
        ("/speechtotext/v3.2/transcriptions".into(), "/speechtotext/v3.2/transcriptions".into()),
    ] {
        post(client, API, &submit, &[JSON], container.to_string()).await;
        let created = post(client, API, &submit, &[JSON], body.to_string()).await.json();
        let own = path_of(&created["self"]);
        let files = path_of(&created["links"]["files"]);
        for path in [&own, &files, &own, &files] {
            ask(client, "GET", API, path, Vec::new()).await;
        }
        let mark = if list.contains('?') { '&' } else { '?' };
        ask(client, "GET", API, &list, Vec::new()).await;
        let all = pages(client, format!("{list}{mark}top=1"), "values", "@nextLink").await;
        assert!(all.contains(&created["self"]), "{all:?}");
        for file in ask(client, "GET", API, &files, Vec::new()).await.json()["values"].as_array().expect("files") {
            ask(client, "GET", API, &path_of(&file["self"]), Vec::new()).await;
            let content = path_of(&file["links"]["contentUrl"]);
            // A file is on a storage account, which needs no key.
            let headers = [("authorization", "none")];
            let ask =
                Ask { channel: "REST", method: "GET", host: API, path: &content, headers: &headers, ..Ask::default() };
            client.ask(ask).await;
        }
        ask(client, "DELETE", API, &own, Vec::new()).await;
        ask(client, "DELETE", API, &own, Vec::new()).await;
        ask(client, "PATCH", API, &list, Vec::new()).await;
        post(client, API, &submit, &[JSON], "{}").await;
    }
    ask(client, "GET", API, &format!("/speechtotext/transcriptions/locales{version}"), Vec::new()).await;
}

/// The life of batch syntheses, of audio and of an avatar.
async fn syntheses(client: &mut Client) {
    let inputs = json!([{ "content": "Hello" }]);
    let body = json!({
        "inputKind": "PlainText", "description": "a test", "inputs": inputs, "properties": { "wordBoundaryEnabled": false },
        "synthesisConfig": { "voice": "en-US-AvaNeural" }, "customVoices": {},
    });
    let wrong = json!({ "inputKind": "SSML", "inputs": [{ "content": "<speak>" }] });
    for root in ["/texttospeech/batchsyntheses", "/avatar/batchsyntheses"] {
        let version = "api-version=2024-08-01";
        let own = format!("{root}/job-1?{version}");
        let put = async |client: &mut Client, path: &str, body: &Value| {
            ask(client, "PUT", API, path, body.to_string().into_bytes()).await
        };
        put(client, &own, &body).await;
        put(client, &own, &body).await;
        put(client, &format!("{root}/job-2?{version}"), &wrong).await;
        put(client, &format!("{root}/job-3?{version}"), &json!({})).await;
        for job in ["job-1", "job-2"] {
            let path = format!("{root}/{job}?{version}");
            ask(client, "GET", API, &path, Vec::new()).await;
            let done = ask(client, "GET", API, &path, Vec::new()).await.json();
            for output in done["outputs"].as_object().expect("outputs").values() {
                ask(client, "GET", API, &path_of(output), Vec::new()).await;
            }
        }
        ask(client, "GET", API, &format!("{root}?{version}"), Vec::new()).await;
        let all = pages(client, format!("{root}?{version}&maxpagesize=1"), "value", "nextLink").await;
        assert_eq!(all, [json!("job-1"), json!("job-2")]);
        ask(client, "DELETE", API, &own, Vec::new()).await;
        ask(client, "DELETE", API, &own, Vec::new()).await;
    }
}

/// Reads a list page by page, and returns the ids or addresses of its items.
async fn pages(client: &mut Client, first: String, items: &str, next: &str) -> Vec<Value> {
    let (mut path, mut all) = (first, Vec::new());
    loop {
        let page = ask(client, "GET", API, &path, Vec::new()).await.json();
        let page_items = page[items].as_array().expect("items");
        assert_eq!(page_items.len(), 1, "{page}");
        all.extend(page_items.iter().map(|item| item.get("id").unwrap_or(&item["self"]).clone()));
        assert!(all.len() < 10, "{page}");
        if page.get(next).is_none() {
            return all;
        }
        path = path_of(&page[next]);
    }
}

/// What the lab does not have, and the small answers.
async fn lists(client: &mut Client) {
    for path in [
        "/speechtotext/models/base?api-version=2025-10-15",
        "/customvoice/projects?api-version=2024-02-01-preview",
        "/videotranslation/translations?api-version=2025-05-20",
    ] {
        ask(client, "GET", API, path, Vec::new()).await;
    }
    ask(client, "POST", API, "/speechtotext/models?api-version=2025-10-15", Vec::new()).await;
    post(client, API, "/speechtotext/models?api-version=2025-10-15", &[JSON], "{}").await;
    ask(client, "POST", API, "/sts/v1.0/issueToken", Vec::new()).await;
    ask(client, "GET", TTS, "/cognitiveservices/avatar/relay/token/v1", Vec::new()).await;
    ask(client, "GET", STT, "/stt/speech/universal/v2", Vec::new()).await;
    ask(client, "GET", STT, "/nothing", Vec::new()).await;
}

async fn openai_speech(client: &mut Client) {
    for path in ["/openai/v1/audio/speech", "/openai/deployments/tts/audio/speech?api-version=2025-04-01-preview"] {
        for format in ["mp3", "opus", "wav", "pcm", "flac"] {
            let body = json!({ "model": "tts", "voice": "alloy", "input": "Hi.", "response_format": format });
            post(client, OPENAI, path, &[JSON], body.to_string()).await;
        }
        let stream = json!({ "model": "tts", "voice": "alloy", "input": "Hi.", "response_format": "wav", "stream_format": "sse" });
        let mute = json!({ "input": "Hi." });
        let long = json!({ "input": "a".repeat(4097), "voice": "alloy" });
        let wrong = ["{".into(), "{}".into(), mute.to_string(), long.to_string(), String::new()];
        for body in [stream.to_string()].into_iter().chain(wrong) {
            post(client, OPENAI, path, &[JSON], body).await;
        }
    }
}

async fn openai_transcription(client: &mut Client) {
    let body = json!({ "model": "tts", "voice": "alloy", "input": "Hello, world.", "response_format": "wav" });
    let wav = post(client, OPENAI, "/openai/v1/audio/speech", &[JSON], body.to_string()).await.bytes;
    for kind in ["transcriptions", "translations"] {
        for root in ["v1", "deployments/whisper"] {
            let path = format!("/openai/{root}/audio/{kind}");
            for format in ["json", "text", "srt", "vtt", "verbose_json", "diarized_json", "xml"] {
                let body = form(&[("response_format", format.as_bytes()), ("file", &wav)]);
                post(client, OPENAI, &path, &[FORM], body).await;
            }
            for granularity in ["word", "segment"] {
                let body = form(&[
                    ("response_format", b"verbose_json"),
                    ("timestamp_granularities[]", granularity.as_bytes()),
                    ("file", &wav),
                ]);
                post(client, OPENAI, &path, &[FORM], body).await;
            }
            post(client, OPENAI, &path, &[FORM], form(&[("stream", b"true"), ("file", &wav)])).await;
            post(client, OPENAI, &path, &[FORM], form(&[])).await;
            post(client, OPENAI, &path, &[JSON], "{}").await;
        }
    }
}

async fn openai_rest(client: &mut Client) {
    for path in ["/openai/v1/models", "/openai/models?api-version=2024-10-21"] {
        ask(client, "GET", OPENAI, path, Vec::new()).await;
    }
    for path in ["realtime/client_secrets", "realtime/calls", "realtime/translations/calls", "live/sessions"] {
        post(client, OPENAI, &format!("/openai/v1/{path}"), &[JSON], "{}").await;
    }
    for path in ["realtime", "realtime/translations", "realtime?model=gpt-realtime", "live", "live/sessions/s/attach"] {
        ask(client, "GET", OPENAI, &format!("/openai/v1/{path}"), Vec::new()).await;
    }
}

/// Returns the path and the query of an address.
fn path_of(url: &Value) -> String {
    let url = url.as_str().expect("an address");
    let rest = url.split_once("://").expect("a scheme").1;
    rest[rest.find('/').expect("a path")..].to_owned()
}

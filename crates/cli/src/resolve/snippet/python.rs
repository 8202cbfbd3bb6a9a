//! Python.

use super::call::{Body, Call, Credential, PERSONAL_VOICE};
use super::sdk::{Place, Sdk, Setting, Task};
use super::{Socket, Writer, fill, quoted};

pub(super) const WRITER: Writer = Writer { sdk, rest, socket };

const PROGRAM: &str = r"
# pip install azure-cognitiveservices-speech
import os
import sys
«imports»

import azure.cognitiveservices.speech as speechsdk

«secret»
config = speechsdk.«config»
«settings»
«body»
";

const LISTEN: &str = r#"
audio = speechsdk.audio.AudioConfig(filename="audio.wav")
recognizer = speechsdk.«class»(«name»=config, audio_config=audio)

done = threading.Event()
errors = []


def recognized(event):
    if event.result.text:
        print(«result»)


def canceled(event):
    if event.cancellation_details.reason == speechsdk.CancellationReason.Error:
        errors.append(event.cancellation_details.error_details)
    done.set()


recognizer.«event».connect(recognized)
recognizer.canceled.connect(canceled)
recognizer.session_stopped.connect(lambda event: done.set())
recognizer.start_«verb»_async().get()
done.wait()
recognizer.stop_«verb»_async().get()
sys.exit(errors[0] if errors else 0)
"#;

const SPEAK: &str = r#"
audio = speechsdk.audio.AudioOutputConfig(filename="speech.wav")
synthesizer = speechsdk.SpeechSynthesizer(speech_config=config, audio_config=audio)

«speak»
if result.reason != speechsdk.ResultReason.SynthesizingAudioCompleted:
    sys.exit(result.cancellation_details.error_details)
print("speech.wav written")
"#;

const STREAM: &str = r#"
request = speechsdk.SpeechSynthesisRequest(input_type=speechsdk.SpeechSynthesisRequestInputType.TextStream)
speaking = synthesizer.speak_async(request)
for piece in ["Hello, ", "world."]:
    request.input_stream.write(piece)
request.input_stream.close()
result = speaking.get()
"#;

const VOICES: &str = r"
synthesizer = speechsdk.SpeechSynthesizer(speech_config=config, audio_config=None)

result = synthesizer.get_voices_async().get()
if result.reason != speechsdk.ResultReason.VoicesListRetrieved:
    sys.exit(result.error_details)
for voice in result.voices:
    print(voice.short_name)
";

const REST: &str = r#"
# Python 3 alone is enough.
«imports»

«secret»
«body»
url = "«url»"
request = urllib.request.Request(url, «data»method="«method»")
«headers»
try:
    with urllib.request.urlopen(request) as response:
        answer = response.read()
except urllib.error.HTTPError as error:
    sys.exit(f"{error.code} {error.reason}\n{error.read().decode()}")
«result»
"#;

const SOCKET: &str = r#"
# pip install websocket-client
# «remark»
import os
import sys

import websocket

«secret»
url = "«url»"
socket = websocket.create_connection(url, header=[«header»], redirect_limit=0)
print("connected")
«greeting»
socket.close()
"#;

fn sdk(sdk: &Sdk) -> String {
    let body = match sdk.task {
        Task::Recognize => listen("SpeechRecognizer", "recognized", "continuous_recognition", "event.result.text"),
        Task::Translate => listen(
            "translation.TranslationRecognizer",
            "recognized",
            "continuous_recognition",
            "event.result.text, dict(event.result.translations)",
        ),
        Task::Transcribe => listen(
            "transcription.ConversationTranscriber",
            "transcribed",
            "transcribing",
            "event.result.speaker_id, event.result.text",
        ),
        Task::Speak => fill(SPEAK, &[("speak", &speak("text", "Hello, world."))]),
        Task::SpeakMarkup => fill(SPEAK, &[("speak", &speak("ssml", PERSONAL_VOICE))]),
        Task::SpeakStream => fill(SPEAK, &[("speak", STREAM)]),
        Task::ListVoices => VOICES.to_owned(),
    };
    fill(
        PROGRAM,
        &[
            ("imports", if body.contains("threading") { "import threading" } else { "" }),
            ("secret", &secret(sdk.credential)),
            ("config", &config(sdk)),
            ("settings", &sdk.settings.iter().map(setting).chain(token(sdk.credential)).collect::<Vec<_>>().join("\n")),
            ("body", &body),
        ],
    )
}

fn listen(class: &str, event: &str, verb: &str, result: &str) -> String {
    let name = if class.starts_with("translation") { "translation_config" } else { "speech_config" };
    fill(LISTEN, &[("class", class), ("name", name), ("event", event), ("verb", verb), ("result", result)])
}

fn speak(what: &str, text: &str) -> String {
    format!("result = synthesizer.speak_{what}_async({}).get()", quoted(text))
}

fn config(sdk: &Sdk) -> String {
    let class = if sdk.task == Task::Translate { "translation.SpeechTranslationConfig" } else { "SpeechConfig" };
    let key = if sdk.credential.is_some_and(|credential| !credential.is_token()) { "subscription=key, " } else { "" };
    match &sdk.place {
        Place::Region(region) => format!("{class}({key}region=\"{region}\")"),
        Place::Endpoint(url) => format!("{class}({key}endpoint=\"{url}\")"),
        Place::Host(host) => format!("{class}({key}host=\"{host}\")"),
    }
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Language(language) => format!("config.speech_recognition_language = \"{language}\""),
        Setting::Target(language) => format!("config.add_target_language(\"{language}\")"),
        Setting::Model(id) => format!("config.endpoint_id = \"{id}\""),
        Setting::Voice(voice) => format!("config.speech_synthesis_voice_name = \"{voice}\""),
        Setting::ByRest => "config.set_property_by_name(\"SPEECH-SynthesisBackend\", \"rest\")".into(),
    }
}

fn token(credential: Option<Credential>) -> Option<String> {
    credential.filter(|credential| credential.is_token()).map(|_| "config.authorization_token = key".into())
}

fn secret(credential: Option<Credential>) -> String {
    credential.map_or_else(String::new, |Credential { variable, .. }| {
        format!("key = os.environ.get(\"{variable}\")\nif not key:\n    sys.exit(\"{variable} is not set\")\n\n")
    })
}

fn rest(call: &Call, credential: Option<Credential>) -> String {
    let body = match call.body {
        Body::None => String::new(),
        Body::Empty => "body = b\"\"".into(),
        Body::Text(text) => format!("body = {}.encode()", quoted(text)),
        Body::File(file) => format!("with open(\"{file}\", \"rb\") as file:\n    body = file.read()"),
        Body::Form(part, field) => form(part, field),
    };
    let mut headers: Vec<String> =
        call.headers.iter().map(|(name, value)| format!("request.add_header(\"{name}\", \"{value}\")")).collect();
    if matches!(call.body, Body::Form(..)) {
        headers.push("request.add_header(\"Content-Type\", f\"multipart/form-data; boundary={boundary}\")".into());
    }
    if let Some(Credential { header, prefix, .. }) = credential {
        let value = if prefix.is_empty() { "key".into() } else { format!("\"{prefix}\" + key") };
        headers.push(format!("request.add_unredirected_header(\"{header}\", {value})"));
    }
    let result = match call.saved_as {
        Some(file) => {
            format!("with open(\"{file}\", \"wb\") as file:\n    file.write(answer)\nprint(\"{file} written\")")
        }
        None => "print(answer.decode())".into(),
    };
    let mut imports = vec!["import sys", "import urllib.error", "import urllib.request"];
    if credential.is_some() {
        imports.insert(0, "import os");
    }
    if matches!(call.body, Body::Form(..)) {
        imports.push("import uuid");
    }
    fill(
        REST,
        &[
            ("imports", &imports.join("\n")),
            ("secret", &secret(credential)),
            ("body", &body),
            ("url", &call.url),
            ("data", if body.is_empty() { "" } else { "data=body, " }),
            ("method", call.method),
            ("headers", &headers.join("\n")),
            ("result", &result),
        ],
    )
}

fn form(part: &str, field: Option<(&str, &str)>) -> String {
    let field = field.map_or_else(String::new, |(name, value)| {
        format!(
            r#"body += f'--{{boundary}}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
body += b'{value}\r\n'"#
        )
    });
    fill(
        r#"
boundary = uuid.uuid4().hex
body = b""
«field»
body += f'--{boundary}\r\nContent-Disposition: form-data; name="«part»"; filename="audio.wav"\r\n'.encode()
body += b"Content-Type: audio/wav\r\n\r\n"
with open("audio.wav", "rb") as file:
    body += file.read()
body += f"\r\n--{boundary}--\r\n".encode()
"#,
        &[("field", &field), ("part", part)],
    )
}

fn socket(socket: &Socket, credential: Option<Credential>) -> String {
    let header = credential
        .map_or_else(String::new, |Credential { header, prefix, .. }| format!("\"{header}: {prefix}\" + key"));
    fill(
        SOCKET,
        &[
            ("remark", &socket.remark),
            ("secret", &secret(credential)),
            ("url", &socket.url),
            ("header", &header),
            ("greeting", if socket.is_greeted { "print(socket.recv())" } else { "" }),
        ],
    )
}

//! JavaScript, under Node.js 18 or newer.

use super::call::{Body, Call, Credential, PERSONAL_VOICE};
use super::sdk::{Place, Sdk, Setting, Task};
use super::{Socket, Writer, fill, quoted};

pub(super) const WRITER: Writer = Writer { sdk, rest, socket };

const PROGRAM: &str = r#"
// npm install microsoft-cognitiveservices-speech-sdk
«imports»
const sdk = require("microsoft-cognitiveservices-speech-sdk");

«secret»
const config = sdk.«config»;
«settings»
«body»
"#;

const LISTEN: &str = r#"
const audio = sdk.AudioConfig.fromWavFileInput(fs.readFileSync("audio.wav"));
const recognizer = new sdk.«class»(config, audio);

recognizer.«event» = (_, event) => {
  if (event.result.text) {
    console.log(«result»);
  }
};
recognizer.canceled = (_, event) => {
  if (event.reason === sdk.CancellationReason.Error) {
    console.error(event.errorDetails);
    process.exitCode = 1;
  }
  recognizer.«stop»(() => recognizer.close());
};
recognizer.«start»();
"#;

const TRANSLATED: &str =
    "event.result.text, event.result.translations.languages.map((to) => event.result.translations.get(to))";

const SPEAK: &str = r#"
const audio = sdk.AudioConfig.fromAudioFileOutput("speech.wav");
const synthesizer = new sdk.SpeechSynthesizer(config, audio);

function finished(result) {
  if (result.reason === sdk.ResultReason.SynthesizingAudioCompleted) {
    console.log("speech.wav written");
  } else {
    failed(result.errorDetails);
  }
  synthesizer.close();
}

function failed(error) {
  console.error(error);
  process.exitCode = 1;
}

«speak»
"#;

const STREAM: &str = r#"
const request = new sdk.SpeechSynthesisRequest(sdk.SpeechSynthesisRequestInputType.TextStream);
synthesizer.speakAsync(request, finished, failed);
for (const piece of ["Hello, ", "world."]) {
  request.inputStream.write(piece);
}
request.inputStream.close();
"#;

const VOICES: &str = r"
const synthesizer = new sdk.SpeechSynthesizer(config, null);

synthesizer.getVoicesAsync().then((result) => {
  if (result.reason === sdk.ResultReason.VoicesListRetrieved) {
    result.voices.forEach((voice) => console.log(voice.shortName));
  } else {
    console.error(result.errorDetails);
    process.exitCode = 1;
  }
  synthesizer.close();
});
";

const REST: &str = r#"
// Node.js 18 or newer is enough.
«imports»

«secret»
const url = "«url»";

async function main() {
  «body»
  const response = await fetch(url, {
    method: "«method»",
    redirect: "error",
    «headers»
    «data»
  });
  if (!response.ok) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
  «result»
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
"#;

const SOCKET: &str = r#"
// npm install ws
// «remark»
const WebSocket = require("ws");

«secret»
const url = "«url»";
const socket = new WebSocket(url«options»);
«events»
socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
"#;

const GREETED: &str = r#"
socket.on("open", () => console.log("connected"));
socket.on("message", (message) => {
  console.log(message.toString());
  socket.close();
});
"#;

const NOT_GREETED: &str = r#"
socket.on("open", () => {
  console.log("connected");
  socket.close();
});
"#;

fn sdk(sdk: &Sdk) -> String {
    let body = match sdk.task {
        Task::Recognize => listen("SpeechRecognizer", "recognized", "ContinuousRecognition", "event.result.text"),
        Task::Translate => listen("TranslationRecognizer", "recognized", "ContinuousRecognition", TRANSLATED),
        Task::Transcribe => listen(
            "ConversationTranscriber",
            "transcribed",
            "Transcribing",
            "event.result.speakerId, event.result.text",
        ),
        Task::Speak => fill(SPEAK, &[("speak", &speak("Text", "Hello, world."))]),
        Task::SpeakMarkup => fill(SPEAK, &[("speak", &speak("Ssml", PERSONAL_VOICE))]),
        Task::SpeakStream => fill(SPEAK, &[("speak", STREAM)]),
        Task::ListVoices => VOICES.to_owned(),
    };
    fill(
        PROGRAM,
        &[
            ("imports", if body.contains("fs.") { "const fs = require(\"fs\");" } else { "" }),
            ("secret", &secret(sdk.credential)),
            ("config", &config(sdk)),
            ("settings", &sdk.settings.iter().map(setting).chain(token(sdk.credential)).collect::<Vec<_>>().join("\n")),
            ("body", &body),
        ],
    )
}

fn listen(class: &str, event: &str, verb: &str, result: &str) -> String {
    let (start, stop) = (format!("start{verb}Async"), format!("stop{verb}Async"));
    fill(LISTEN, &[("class", class), ("event", event), ("start", &start), ("stop", &stop), ("result", result)])
}

fn speak(what: &str, text: &str) -> String {
    format!("synthesizer.speak{what}Async({}, finished, failed);", quoted(text))
}

fn config(sdk: &Sdk) -> String {
    let class = if sdk.task == Task::Translate { "SpeechTranslationConfig" } else { "SpeechConfig" };
    let key = if sdk.credential.is_some_and(|credential| !credential.is_token()) { ", key" } else { "" };
    match &sdk.place {
        Place::Region(region) => format!("{class}.fromSubscription(key, \"{region}\")"),
        Place::Endpoint(url) => format!("{class}.fromEndpoint(new URL(\"{url}\"){key})"),
        Place::Host(host) => format!("{class}.fromHost(new URL(\"{host}\"){key})"),
    }
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Language(language) => format!("config.speechRecognitionLanguage = \"{language}\";"),
        Setting::Target(language) => format!("config.addTargetLanguage(\"{language}\");"),
        Setting::Model(id) => format!("config.endpointId = \"{id}\";"),
        Setting::Voice(voice) => format!("config.speechSynthesisVoiceName = \"{voice}\";"),
        Setting::ByRest => String::new(),
    }
}

fn token(credential: Option<Credential>) -> Option<String> {
    credential.filter(|credential| credential.is_token()).map(|_| "config.authorizationToken = key;".into())
}

fn secret(credential: Option<Credential>) -> String {
    credential.map_or_else(String::new, |Credential { variable, .. }| {
        format!("const key = process.env.{variable};\nif (!key) {{\n  console.error(\"{variable} is not set\");\n  process.exit(1);\n}}\n\n")
    })
}

fn rest(call: &Call, credential: Option<Credential>) -> String {
    let (body, data) = match call.body {
        Body::None => (String::new(), String::new()),
        Body::Empty => (String::new(), "body: \"\",".into()),
        Body::Text(text) => (String::new(), format!("body: {},", text_in_quotes(text))),
        Body::File(file) => (String::new(), format!("body: fs.readFileSync(\"{file}\"),")),
        Body::Form(part, field) => {
            let audio = format!("form.append(\"{part}\", new Blob([fs.readFileSync(\"audio.wav\")]), \"audio.wav\");");
            let field = field.map(|(name, value)| format!("form.append(\"{name}\", {});", text_in_quotes(value)));
            let lines = ["const form = new FormData();".into(), audio].into_iter().chain(field).collect::<Vec<_>>();
            (lines.join("\n"), "body: form,".into())
        }
    };
    let mut headers: Vec<String> =
        call.headers.iter().map(|(name, value)| format!("\"{name}\": \"{value}\"")).collect();
    if let Some(Credential { header, prefix, .. }) = credential {
        let value = if prefix.is_empty() { "key".into() } else { format!("`{prefix}${{key}}`") };
        headers.insert(0, format!("\"{header}\": {value}"));
    }
    let result = match call.saved_as {
        Some(file) => format!(
            "fs.writeFileSync(\"{file}\", Buffer.from(await response.arrayBuffer()));\nconsole.log(\"{file} written\");"
        ),
        None => "console.log(await response.text());".into(),
    };
    let needs_files = [&body, &data, &result].iter().any(|part| part.contains("fs."));
    fill(
        REST,
        &[
            ("imports", if needs_files { "const fs = require(\"fs\");" } else { "" }),
            ("secret", &secret(credential)),
            ("body", &body),
            ("url", &call.url),
            ("method", call.method),
            ("headers", &object("headers", &headers)),
            ("data", &data),
            ("result", &result),
        ],
    )
}

/// JSON and XML have no single quotes here.
fn text_in_quotes(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

fn object(name: &str, items: &[String]) -> String {
    match items {
        [] => String::new(),
        [item] => format!("{name}: {{ {item} }},"),
        items => format!("{name}: {{\n  {},\n}},", items.join(",\n  ")),
    }
}

fn socket(socket: &Socket, credential: Option<Credential>) -> String {
    let options = credential.map_or_else(String::new, |Credential { header, prefix, .. }| {
        let value = if prefix.is_empty() { "key".into() } else { format!("`{prefix}${{key}}`") };
        format!(", {{ headers: {{ \"{header}\": {value} }} }}")
    });
    fill(
        SOCKET,
        &[
            ("remark", &socket.remark),
            ("secret", &secret(credential)),
            ("url", &socket.url),
            ("options", &options),
            ("events", if socket.is_greeted { GREETED } else { NOT_GREETED }),
        ],
    )
}

//! Java 11 or newer.

use super::call::{Body, Call, Credential, PERSONAL_VOICE};
use super::sdk::{Place, Sdk, Setting, Task};
use super::{Socket, Writer, fill, quoted};

pub(super) const WRITER: Writer = Writer { sdk, rest, socket };

const PROGRAM: &str = r"
// «install»
«imports»

public class Main {
    public static void main(String[] arguments) throws Exception {
        «secret»
        «body»
    }
}
";

const SDK: &str = r"
«class» config = «class».«config»;
«settings»
«task»
";

const LISTEN: &str = r#"
CompletableFuture<String> done = new CompletableFuture<>();
try (AudioConfig audio = AudioConfig.fromWavFileInput("audio.wav");
        «class» recognizer = new «class»(config, audio)) {
    recognizer.«event».addEventListener((sender, event) -> {
        if (!event.getResult().getText().isEmpty()) {
            System.out.println(«result»);
        }
    });
    recognizer.canceled.addEventListener((sender, event) -> {
        done.complete(event.getReason() == CancellationReason.Error ? event.getErrorDetails() : "");
    });
    recognizer.sessionStopped.addEventListener((sender, event) -> done.complete(""));
    recognizer.start«verb»Async().get();
    done.get();
    recognizer.stop«verb»Async().get();
}
if (!done.get().isEmpty()) {
    System.err.println(done.get());
    System.exit(1);
}
System.exit(0);
"#;

const SPEAK: &str = r#"
try (AudioConfig audio = AudioConfig.fromWavFileOutput("speech.wav");
        SpeechSynthesizer synthesizer = new SpeechSynthesizer(config, audio)) {
    «speak»
    if (result.getReason() != ResultReason.SynthesizingAudioCompleted) {
        System.err.println(SpeechSynthesisCancellationDetails.fromResult(result).getErrorDetails());
        System.exit(1);
    }
}
System.out.println("speech.wav written");
System.exit(0);
"#;

const STREAM: &str = r#"
SpeechSynthesisRequest request = new SpeechSynthesisRequest(SpeechSynthesisRequestInputType.TextStream);
Future<SpeechSynthesisResult> speaking = synthesizer.SpeakRequestAsync(request);
for (String piece : new String[] {"Hello, ", "world."}) {
    request.getInputStream().write(piece);
}
request.getInputStream().close();
SpeechSynthesisResult result = speaking.get();
"#;

const VOICES: &str = r"
try (SpeechSynthesizer synthesizer = new SpeechSynthesizer(config, null)) {
    SynthesisVoicesResult result = synthesizer.getVoicesAsync().get();
    if (result.getReason() != ResultReason.VoicesListRetrieved) {
        System.err.println(result.getErrorDetails());
        System.exit(1);
    }
    for (VoiceInfo voice : result.getVoices()) {
        System.out.println(voice.getShortName());
    }
}
System.exit(0);
";

const REST: &str = r#"
String url = "«url»";
«prepare»
HttpRequest request = HttpRequest.newBuilder(URI.create(url))
        .method("«method»", «publisher»)
        «headers»
        .build();
HttpResponse<byte[]> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
if (response.statusCode() >= 300) {
    System.err.println(response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8));
    System.exit(1);
}
«result»
"#;

const SOCKET: &str = r#"
String url = "«url»";
CompletableFuture<String> greeting = new CompletableFuture<>();
WebSocket.Listener listener = new WebSocket.Listener() {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
        text.append(part);
        if (last) {
            greeting.complete(text.toString());
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
        greeting.complete(status + " " + reason);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        greeting.completeExceptionally(error);
    }
};
WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder()
        «header»
        .buildAsync(URI.create(url), listener).get();
System.out.println("connected");
«greeting»
socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get();
socket.abort();
"#;

const SDK_PACKAGE: &str = "com.microsoft.cognitiveservices.speech";
const INSTALL: &str = "Maven: com.microsoft.cognitiveservices.speech:client-sdk:1.53.0";

/// The classes of a program are imported one by one, by the names that it has.
const CLASSES: &[(&str, &[&str])] = &[
    ("java.io.", &["ByteArrayOutputStream"]),
    ("java.net.", &["URI"]),
    ("java.net.http.", &["HttpClient", "HttpRequest", "HttpResponse", "WebSocket"]),
    ("java.nio.charset.", &["StandardCharsets"]),
    ("java.nio.file.", &["Files", "Path"]),
    ("java.util.", &["UUID"]),
    ("java.util.concurrent.", &["CompletableFuture", "CompletionStage", "Future"]),
    (
        "com.microsoft.cognitiveservices.speech.",
        &[
            "CancellationReason",
            "ResultReason",
            "SpeechConfig",
            "SpeechRecognizer",
            "SpeechSynthesisCancellationDetails",
            "SpeechSynthesisRequest",
            "SpeechSynthesisResult",
            "SpeechSynthesizer",
            "SynthesisVoicesResult",
            "VoiceInfo",
        ],
    ),
    ("com.microsoft.cognitiveservices.speech.SpeechSynthesisRequest.", &["SpeechSynthesisRequestInputType"]),
    ("com.microsoft.cognitiveservices.speech.audio.", &["AudioConfig"]),
    ("com.microsoft.cognitiveservices.speech.transcription.", &["ConversationTranscriber"]),
    ("com.microsoft.cognitiveservices.speech.translation.", &["SpeechTranslationConfig", "TranslationRecognizer"]),
];

fn sdk(sdk: &Sdk) -> String {
    let task = match sdk.task {
        Task::Recognize => listen("SpeechRecognizer", "event.getResult().getText()"),
        Task::Translate => {
            listen("TranslationRecognizer", "event.getResult().getText() + \" \" + event.getResult().getTranslations()")
        }
        Task::Transcribe => {
            listen("ConversationTranscriber", "event.getResult().getSpeakerId() + \" \" + event.getResult().getText()")
        }
        Task::Speak => fill(SPEAK, &[("speak", &speak("Text", "Hello, world."))]),
        Task::SpeakMarkup => fill(SPEAK, &[("speak", &speak("Ssml", PERSONAL_VOICE))]),
        Task::SpeakStream => fill(SPEAK, &[("speak", STREAM)]),
        Task::ListVoices => VOICES.to_owned(),
    };
    let class = if sdk.task == Task::Translate { "SpeechTranslationConfig" } else { "SpeechConfig" };
    let settings = sdk.settings.iter().map(setting).chain(token(sdk.credential)).collect::<Vec<_>>().join("\n");
    let body = fill(SDK, &[("class", class), ("config", &config(sdk)), ("settings", &settings), ("task", &task)]);
    program(INSTALL, sdk.credential, &body)
}

fn program(install: &str, credential: Option<Credential>, body: &str) -> String {
    let is_named = |class: &str| {
        body.match_indices(class).any(|(at, _)| {
            let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '.');
            !is_part(body[..at].chars().next_back())
                && !body[at + class.len()..].chars().next().is_some_and(char::is_alphanumeric)
        })
    };
    let (microsoft, standard): (Vec<_>, Vec<_>) = CLASSES
        .iter()
        .flat_map(|(package, classes)| classes.iter().map(move |class| (package, class)))
        .filter(|(_, class)| is_named(class))
        .map(|(package, class)| format!("import {package}{class};"))
        .partition(|import| import.contains(SDK_PACKAGE));
    let gap = if microsoft.is_empty() || standard.is_empty() { "" } else { "\n\n" };
    let imports = format!("{}{gap}{}", microsoft.join("\n"), standard.join("\n"));
    fill(PROGRAM, &[("install", install), ("imports", &imports), ("secret", &secret(credential)), ("body", body)])
}

fn listen(class: &str, result: &str) -> String {
    let (event, verb) = if class == "ConversationTranscriber" {
        ("transcribed", "Transcribing")
    } else {
        ("recognized", "ContinuousRecognition")
    };
    fill(LISTEN, &[("class", class), ("result", result), ("event", event), ("verb", verb)])
}

fn speak(what: &str, text: &str) -> String {
    format!("SpeechSynthesisResult result = synthesizer.Speak{what}Async({}).get();", quoted(text))
}

fn config(sdk: &Sdk) -> String {
    let key = if sdk.credential.is_some_and(|credential| !credential.is_token()) { ", key" } else { "" };
    match &sdk.place {
        Place::Region(region) => format!("fromSubscription(key, \"{region}\")"),
        Place::Endpoint(url) => format!("fromEndpoint(URI.create(\"{url}\"){key})"),
        Place::Host(host) => format!("fromHost(URI.create(\"{host}\"){key})"),
    }
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Language(language) => format!("config.setSpeechRecognitionLanguage(\"{language}\");"),
        Setting::Target(language) => format!("config.addTargetLanguage(\"{language}\");"),
        Setting::Model(id) => format!("config.setEndpointId(\"{id}\");"),
        Setting::Voice(voice) => format!("config.setSpeechSynthesisVoiceName(\"{voice}\");"),
        Setting::ByRest => "config.setProperty(\"SPEECH-SynthesisBackend\", \"rest\");".into(),
    }
}

fn token(credential: Option<Credential>) -> Option<String> {
    credential.filter(|credential| credential.is_token()).map(|_| "config.setAuthorizationToken(key);".into())
}

fn secret(credential: Option<Credential>) -> String {
    credential.map_or_else(String::new, |Credential { variable, .. }| {
        fill(
            r#"
String key = System.getenv("«variable»");
if (key == null || key.isEmpty()) {
    System.err.println("«variable» is not set");
    System.exit(1);
}
"#,
            &[("variable", variable)],
        ) + "\n"
    })
}

fn header(name: &str, value: &str) -> String {
    format!(".header(\"{name}\", {value})")
}

fn secret_header(credential: Option<Credential>) -> Option<String> {
    credential.map(|Credential { header: name, prefix, .. }| {
        header(name, &if prefix.is_empty() { "key".into() } else { format!("\"{prefix}\" + key") })
    })
}

fn rest(call: &Call, credential: Option<Credential>) -> String {
    let publish = |what: &str| format!("HttpRequest.BodyPublishers.{what}");
    let (prepare, publisher) = match call.body {
        Body::None | Body::Empty => (String::new(), publish("noBody()")),
        Body::Text(text) => (format!("String body = {};", quoted(text)), publish("ofString(body)")),
        Body::File(file) => (String::new(), publish(&format!("ofFile(Path.of(\"{file}\"))"))),
        Body::Form(part, field) => (form(part, field), publish("ofByteArray(body.toByteArray())")),
    };
    let mut headers: Vec<String> = secret_header(credential).into_iter().collect();
    headers.extend(call.headers.iter().map(|(name, value)| header(name, &format!("\"{value}\""))));
    if matches!(call.body, Body::Form(..)) {
        headers.push(header("Content-Type", "\"multipart/form-data; boundary=\" + boundary"));
    }
    let result = match call.saved_as {
        Some(file) => {
            format!("Files.write(Path.of(\"{file}\"), response.body());\nSystem.out.println(\"{file} written\");")
        }
        None => "System.out.println(new String(response.body(), StandardCharsets.UTF_8));".into(),
    };
    let body = fill(
        REST,
        &[
            ("url", &call.url),
            ("prepare", &prepare),
            ("method", call.method),
            ("publisher", &publisher),
            ("headers", &headers.join("\n")),
            ("result", &result),
        ],
    );
    program("Java 11 or newer is enough.", credential, &body)
}

fn form(part: &str, field: Option<(&str, &str)>) -> String {
    let field = field.map_or_else(String::new, |(name, value)| {
        let head = format!("Content-Disposition: form-data; name=\\\"{name}\\\"\\r\\n\\r\\n");
        let value = quoted(value);
        let value = &value[1..value.len() - 1];
        format!("body.write((\"--\" + boundary + \"\\r\\n{head}\"\n        + \"{value}\\r\\n\").getBytes(StandardCharsets.UTF_8));")
    });
    fill(
        r#"
String boundary = UUID.randomUUID().toString();
ByteArrayOutputStream body = new ByteArrayOutputStream();
«field»
body.write(("--" + boundary + "\r\nContent-Disposition: form-data; name=\"«part»\"; filename=\"audio.wav\"\r\n"
        + "Content-Type: audio/wav\r\n\r\n").getBytes(StandardCharsets.UTF_8));
body.write(Files.readAllBytes(Path.of("audio.wav")));
body.write(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
"#,
        &[("field", &field), ("part", part)],
    )
}

fn socket(socket: &Socket, credential: Option<Credential>) -> String {
    let body = fill(
        SOCKET,
        &[
            ("url", &socket.url),
            ("header", &secret_header(credential).unwrap_or_default()),
            ("greeting", if socket.is_greeted { "System.out.println(greeting.get());" } else { "" }),
        ],
    );
    program(&format!("Java 11 or newer is enough.\n// {}", socket.remark), credential, &body)
}

//! Go.

use super::call::{Body, Call, Credential, PERSONAL_VOICE};
use super::sdk::{Place, Sdk, Setting, Task};
use super::{Socket, Writer, fill, quoted};

pub(super) const WRITER: Writer = Writer { sdk, rest, socket };

const PROGRAM: &str = r"
// go get «module»
// «remark»
package main

import (
	«imports»
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	«secret»
	«body»
}
";

const SDK: &str = r"
config, err := speech.«config»
check(err)
defer config.Close()
«settings»
«task»
";

const LISTEN: &str = r#"
input, err := audio.NewAudioConfigFromWavFileInput("audio.wav")
check(err)
defer input.Close()
recognizer, err := speech.New«class»FromConfig(config, input)
check(err)
defer recognizer.Close()

done := make(chan error, 1)
finish := func(err error) {
	select {
	case done <- err:
	default:
	}
}
recognizer.«event»(func(event speech.«args»EventArgs) {
	defer event.Close()
	if event.Result.Text != "" {
		fmt.Println(«result»)
	}
})
recognizer.Canceled(func(event speech.«args»CanceledEventArgs) {
	defer event.Close()
	if event.Reason == common.Error {
		finish(errors.New(event.ErrorDetails))
	} else {
		finish(nil)
	}
})
recognizer.SessionStopped(func(event speech.SessionEventArgs) {
	defer event.Close()
	finish(nil)
})
check(<-recognizer.Start«verb»Async())
failure := <-done
check(<-recognizer.Stop«verb»Async())
check(failure)
"#;

const SPEAK: &str = r#"
output, err := audio.NewAudioConfigFromWavFileOutput("speech.wav")
check(err)
defer output.Close()
synthesizer, err := speech.NewSpeechSynthesizerFromConfig(config, output)
check(err)
defer synthesizer.Close()

outcome := <-synthesizer.«speak»
defer outcome.Close()
check(outcome.Error)
if outcome.Result.Reason != common.SynthesizingAudioCompleted {
	details, err := speech.NewCancellationDetailsFromSpeechSynthesisResult(outcome.Result)
	check(err)
	log.Fatal(details.ErrorDetails)
}
fmt.Println("speech.wav written")
"#;

const VOICES: &str = r#"
synthesizer, err := speech.NewSpeechSynthesizerFromConfig(config, nil)
check(err)
defer synthesizer.Close()

outcome := <-synthesizer.GetVoicesAsync("")
defer outcome.Close()
check(outcome.Error)
if outcome.Result.Reason != common.VoicesListRetrieved {
	log.Fatal(outcome.Result.ErrorDetails)
}
for _, voice := range outcome.Result.Voices {
	fmt.Println(voice.ShortName)
}
"#;

const REST: &str = r#"
url := "«url»"
«prepare»
request, err := http.NewRequest("«method»", url, «reader»)
check(err)
«headers»

client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
response, err := client.Do(request)
check(err)
defer response.Body.Close()
answer, err := io.ReadAll(response.Body)
check(err)
if response.StatusCode >= 300 {
	log.Fatalf("%s\n%s", response.Status, answer)
}
«result»
"#;

const SOCKET: &str = r#"
url := "«url»"
socket, response, err := websocket.DefaultDialer.Dial(url, «header»)
if err != nil && response != nil {
	log.Fatal(response.Status)
}
check(err)
defer socket.Close()
fmt.Println("connected")
«greeting»
"#;

const GREETING: &str = r"
_, message, err := socket.ReadMessage()
check(err)
fmt.Println(string(message))
";

const MODULE: &str = "github.com/Microsoft/cognitive-services-speech-sdk-go";

fn sdk(sdk: &Sdk) -> String {
    let task = match sdk.task {
        Task::Recognize => listen("SpeechRecognizer", "SpeechRecognition", "event.Result.Text"),
        Task::Translate => listen(
            "TranslationRecognizer",
            "TranslationRecognition",
            "event.Result.Text, event.Result.GetTranslations()",
        ),
        Task::Transcribe => {
            listen("ConversationTranscriber", "ConversationTranscription", "event.Result.SpeakerID, event.Result.Text")
        }
        Task::Speak | Task::SpeakStream => fill(SPEAK, &[("speak", "SpeakTextAsync(\"Hello, world.\")")]),
        Task::SpeakMarkup => fill(SPEAK, &[("speak", &format!("SpeakSsmlAsync({})", quoted(PERSONAL_VOICE)))]),
        Task::ListVoices => VOICES.to_owned(),
    };
    let settings = sdk.settings.iter().map(setting).chain(token(sdk.credential)).collect::<Vec<_>>().join("\n");
    let body = fill(SDK, &[("config", &config(sdk)), ("settings", &settings), ("task", &task)]);
    let remark = if sdk.task == Task::SpeakStream {
        "It needs the native Speech SDK, found through CGO_CFLAGS and CGO_LDFLAGS. For Go it has no text stream: the text is sent at once."
    } else {
        "It needs the native Speech SDK, found through CGO_CFLAGS and CGO_LDFLAGS."
    };
    let modules = ["audio", "common", "speech"].map(|package| format!("{MODULE}/{package}"));
    program(MODULE, remark, &modules.each_ref().map(String::as_str), sdk.credential, &body)
}

/// Imports what the body names, and no more, which the compiler insists on.
fn program(module: &str, remark: &str, modules: &[&str], credential: Option<Credential>, body: &str) -> String {
    let standard = ["bytes", "errors", "fmt", "io", "log", "mime/multipart", "net/http", "os", "strings"];
    let secret = secret(credential);
    let is_named = |path: &&str| {
        let name = format!("{}.", path.rsplit('/').next().unwrap_or_default());
        *path == "log" || names(body, &name) || names(&secret, &name)
    };
    let quote = |path: &str| format!("\"{path}\"");
    let standard = standard.iter().copied().filter(|path| is_named(path)).map(quote);
    let modules: Vec<String> = modules.iter().copied().filter(|path| is_named(path)).map(quote).collect();
    let gap = (!modules.is_empty()).then(String::new);
    let imports = standard.chain(gap).chain(modules).collect::<Vec<_>>().join("\n");
    let text = fill(
        PROGRAM,
        &[("module", module), ("remark", remark), ("imports", &imports), ("secret", &secret), ("body", body)],
    );
    if module.is_empty() { text.replacen("// go get \n", "", 1) } else { text }
}

/// Whether the code has the package before a dot, which a URL or a longer word may have too.
fn names(code: &str, package: &str) -> bool {
    code.match_indices(package).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_.-/\"".contains(c))
    })
}

fn listen(class: &str, args: &str, result: &str) -> String {
    let (event, verb) = if class == "ConversationTranscriber" {
        ("Transcribed", "Transcribing")
    } else {
        ("Recognized", "ContinuousRecognition")
    };
    fill(LISTEN, &[("class", class), ("args", args), ("result", result), ("event", event), ("verb", verb)])
}

fn config(sdk: &Sdk) -> String {
    let class = if sdk.task == Task::Translate { "SpeechTranslationConfig" } else { "SpeechConfig" };
    let has_key = sdk.credential.is_some_and(|credential| !credential.is_token());
    let (with, key) = if has_key { ("WithSubscription", ", key") } else { ("", "") };
    match &sdk.place {
        Place::Region(region) => format!("New{class}FromSubscription(key, \"{region}\")"),
        Place::Endpoint(url) => format!("New{class}FromEndpoint{with}(\"{url}\"{key})"),
        Place::Host(host) => format!("New{class}FromHost{with}(\"{host}\"{key})"),
    }
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Language(language) => format!("check(config.SetSpeechRecognitionLanguage(\"{language}\"))"),
        Setting::Target(language) => format!("check(config.AddTargetLanguage(\"{language}\"))"),
        Setting::Model(id) => format!("check(config.SetEndpointID(\"{id}\"))"),
        Setting::Voice(voice) => format!("check(config.SetSpeechSynthesisVoiceName(\"{voice}\"))"),
        Setting::ByRest => "check(config.SetPropertyByString(\"SPEECH-SynthesisBackend\", \"rest\"))".into(),
    }
}

fn token(credential: Option<Credential>) -> Option<String> {
    credential.filter(|credential| credential.is_token()).map(|_| "check(config.SetAuthorizationToken(key))".into())
}

fn secret(credential: Option<Credential>) -> String {
    credential.map_or_else(String::new, |Credential { variable, .. }| {
        format!("key := os.Getenv(\"{variable}\")\nif key == \"\" {{\n\tlog.Fatal(\"{variable} is not set\")\n}}\n\n")
    })
}

fn rest(call: &Call, credential: Option<Credential>) -> String {
    let (prepare, reader) = match call.body {
        Body::None | Body::Empty => (String::new(), "nil".to_owned()),
        Body::Text(text) => (String::new(), format!("strings.NewReader(`{text}`)")),
        Body::File(file) => {
            (format!("content, err := os.ReadFile(\"{file}\")\ncheck(err)"), "bytes.NewReader(content)".into())
        }
        Body::Form(part, field) => (form(part, field), "&body".into()),
    };
    let mut headers: Vec<String> =
        call.headers.iter().map(|(name, value)| format!("request.Header.Set(\"{name}\", \"{value}\")")).collect();
    if matches!(call.body, Body::Form(..)) {
        headers.push("request.Header.Set(\"Content-Type\", form.FormDataContentType())".into());
    }
    if let Some(Credential { header, prefix, .. }) = credential {
        headers.push(format!("request.Header.Set(\"{header}\", {})", value(prefix)));
    }
    let result = match call.saved_as {
        Some(file) => format!("check(os.WriteFile(\"{file}\", answer, 0o644))\nfmt.Println(\"{file} written\")"),
        None => "fmt.Println(string(answer))".into(),
    };
    let body = fill(
        REST,
        &[
            ("url", &call.url),
            ("prepare", &prepare),
            ("method", call.method),
            ("reader", &reader),
            ("headers", &headers.join("\n")),
            ("result", &result),
        ],
    );
    program("", "Go's standard library is enough.", &[], credential, &body)
}

fn value(prefix: &str) -> String {
    if prefix.is_empty() { "key".into() } else { format!("\"{prefix}\"+key") }
}

fn form(part: &str, field: Option<(&str, &str)>) -> String {
    let field =
        field.map_or_else(String::new, |(name, value)| format!("check(form.WriteField(\"{name}\", `{value}`))"));
    fill(
        r#"
content, err := os.ReadFile("audio.wav")
check(err)
var body bytes.Buffer
form := multipart.NewWriter(&body)
«field»
part, err := form.CreateFormFile("«part»", "audio.wav")
check(err)
_, err = part.Write(content)
check(err)
check(form.Close())
"#,
        &[("field", &field), ("part", part)],
    )
}

fn socket(socket: &Socket, credential: Option<Credential>) -> String {
    let header = credential.map_or_else(
        || "nil".to_owned(),
        |Credential { header, prefix, .. }| {
            // Here `gofmt` wants blanks around the operator, between parentheses it wants none.
            format!("http.Header{{\"{header}\": {{{}}}}}", value(prefix).replace('+', " + "))
        },
    );
    let greeting = if socket.is_greeted { GREETING } else { "" };
    let body = fill(SOCKET, &[("url", &socket.url), ("header", &header), ("greeting", greeting)]);
    let module = "github.com/gorilla/websocket";
    program(module, &socket.remark, &[module], credential, &body)
}

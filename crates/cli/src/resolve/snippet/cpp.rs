//! C++ 17.

use super::call::{Body, Call, Credential, PERSONAL_VOICE};
use super::sdk::{Place, Sdk, Setting, Task};
use super::{Socket, Writer, fill, quoted};

pub(super) const WRITER: Writer = Writer { sdk, rest, socket };

const PROGRAM: &str = r"
// «install»
«includes»

#include <«header»>

«before»
int main()
{
    «secret»
    «body»
}
";

const SDK: &str = r"
auto config = «config»;
«settings»
«task»
";

const LISTEN: &str = r#"
auto audio = AudioConfig::FromWavFileInput("audio.wav");
std::string error;
std::promise<void> done;
std::once_flag once;
auto finish = [&] { std::call_once(once, [&] { done.set_value(); }); };

auto recognizer = «class»::FromConfig(config, audio);
recognizer->«event».Connect([](const «args»EventArgs& event) {
    if (!event.Result->Text.empty())
    {
        std::cout << «result» << std::endl;
        «more»
    }
});
recognizer->Canceled.Connect([&](const «args»CanceledEventArgs& event) {
    if (event.Reason == CancellationReason::Error)
    {
        error = event.ErrorDetails;
    }
    finish();
});
recognizer->SessionStopped.Connect([&](const SessionEventArgs&) { finish(); });
recognizer->Start«verb»Async().get();
done.get_future().get();
recognizer->Stop«verb»Async().get();
if (!error.empty())
{
    std::cerr << error << std::endl;
    return 1;
}
"#;

const TRANSLATIONS: &str = r#"
for (const auto& translation : event.Result->Translations)
{
    std::cout << translation.first << " " << translation.second << std::endl;
}
"#;

const SPEAK: &str = r#"
auto audio = AudioConfig::FromWavFileOutput("speech.wav");
auto synthesizer = SpeechSynthesizer::FromConfig(config, audio);

«speak»
if (result->Reason != ResultReason::SynthesizingAudioCompleted)
{
    std::cerr << SpeechSynthesisCancellationDetails::FromResult(result)->ErrorDetails << std::endl;
    return 1;
}
std::cout << "speech.wav written" << std::endl;
"#;

const STREAM: &str = r#"
auto request = SpeechSynthesisRequest::NewTextStreamingRequest();
auto speaking = synthesizer->SpeakAsync(request);
for (auto piece : {"Hello, ", "world."})
{
    request->GetInputStream().Write(piece);
}
request->GetInputStream().Close();
auto result = speaking.get();
"#;

const VOICES: &str = r"
auto synthesizer = SpeechSynthesizer::FromConfig(config, nullptr);

auto result = synthesizer->GetVoicesAsync().get();
if (result->Reason != ResultReason::VoicesListRetrieved)
{
    std::cerr << result->ErrorDetails << std::endl;
    return 1;
}
for (const auto& voice : result->Voices)
{
    std::cout << voice->ShortName << std::endl;
}
";

const APPEND: &str = r"
static size_t append(char* data, size_t size, size_t count, void* answer)
{
    static_cast<std::string*>(answer)->append(data, size * count);
    return size * count;
}

";

const OPEN: &str = r#"
CURL* curl = curl_easy_init();
if (curl == nullptr)
{
    return 1;
}
curl_slist* headers = nullptr;
«headers»
curl_easy_setopt(curl, CURLOPT_URL, "«url»");
curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
«rest»
curl_slist_free_all(headers);
curl_easy_cleanup(curl);
if (code != CURLE_OK)
{
    std::cerr << curl_easy_strerror(code) << std::endl;
    return 1;
}
«result»
"#;

const SEND: &str = r"
std::string answer;
curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
«body»

CURLcode code = curl_easy_perform(curl);
long status = 0;
curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
";

const RESULT: &str = r"
if (status >= 300)
{
    std::cerr << status << std::endl << answer << std::endl;
    return 1;
}
«result»
";

const CONNECT: &str = r#"
curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L); // a WebSocket
CURLcode code = curl_easy_perform(curl);
if (code == CURLE_OK)
{
    std::cout << "connected" << std::endl;
    «greeting»
}
"#;

/// Without a socket to wait for, this waits a moment between two looks.
const GREETING: &str = r"
const curl_ws_frame* frame = nullptr;
char part[4096];
size_t length = 0;
do
{
    code = curl_ws_recv(curl, part, sizeof(part), &length, &frame);
    if (code == CURLE_OK)
    {
        std::cout.write(part, static_cast<std::streamsize>(length));
    }
    else if (code == CURLE_AGAIN)
    {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
} while (code == CURLE_AGAIN || (code == CURLE_OK && frame->bytesleft > 0));
std::cout << std::endl;
";

/// A header and the names by which it is recognised; without any, it is always there.
const INCLUDES: &[(&str, &[&str])] = &[
    ("chrono", &["std::chrono"]),
    ("cstdlib", &[]),
    ("fstream", &["std::ifstream", "std::ofstream"]),
    ("future", &["std::promise"]),
    ("iostream", &["std::cout"]),
    ("iterator", &["std::istreambuf_iterator"]),
    ("mutex", &["std::once_flag"]),
    ("string", &["std::string"]),
    ("thread", &["std::this_thread"]),
];

fn sdk(sdk: &Sdk) -> String {
    let (using, task) = match sdk.task {
        Task::Recognize => ("", listen("SpeechRecognizer", "SpeechRecognition", "event.Result->Text")),
        Task::Translate => {
            ("Translation", listen("TranslationRecognizer", "TranslationRecognition", "event.Result->Text"))
        }
        Task::Transcribe => {
            let result = "event.Result->SpeakerId << \" \" << event.Result->Text";
            ("Transcription", listen("ConversationTranscriber", "ConversationTranscription", result))
        }
        Task::Speak => ("", fill(SPEAK, &[("speak", &speak("Text", "Hello, world."))])),
        Task::SpeakMarkup => ("", fill(SPEAK, &[("speak", &speak("Ssml", PERSONAL_VOICE))])),
        Task::SpeakStream => ("", fill(SPEAK, &[("speak", STREAM)])),
        Task::ListVoices => ("", VOICES.to_owned()),
    };
    let namespaces = ["", "::Audio", &format!("::{using}")][..if using.is_empty() { 2 } else { 3 }]
        .iter()
        .map(|name| format!("using namespace Microsoft::CognitiveServices::Speech{name};\n"))
        .collect::<Vec<_>>()
        .concat();
    let settings = sdk.settings.iter().map(setting).chain(token(sdk.credential)).collect::<Vec<_>>().join("\n");
    let body = fill(SDK, &[("config", &config(sdk)), ("settings", &settings), ("task", &task)]);
    let install =
        "Speech SDK for C++, in CMake: target_link_libraries(program Microsoft.CognitiveServices.Speech.core)";
    program(install, "speechapi_cxx.h", &(namespaces + "\n"), sdk.credential, &body)
}

fn program(install: &str, header: &str, before: &str, credential: Option<Credential>, body: &str) -> String {
    let secret = secret(credential);
    let is_named = |name: &&str| [before, &secret, body].iter().any(|code| code.contains(*name));
    let includes: Vec<String> = INCLUDES
        .iter()
        .filter(|(_, names)| names.is_empty() || names.iter().any(is_named))
        .map(|(header, _)| format!("#include <{header}>"))
        .collect();
    fill(
        PROGRAM,
        &[
            ("install", install),
            ("includes", &includes.join("\n")),
            ("header", header),
            ("before", before),
            ("secret", &secret),
            ("body", body),
        ],
    )
}

fn listen(class: &str, args: &str, result: &str) -> String {
    let (event, verb) = if class == "ConversationTranscriber" {
        ("Transcribed", "Transcribing")
    } else {
        ("Recognized", "ContinuousRecognition")
    };
    let more = if class == "TranslationRecognizer" { TRANSLATIONS } else { "" };
    let marks =
        [("class", class), ("args", args), ("result", result), ("more", more), ("event", event), ("verb", verb)];
    fill(LISTEN, &marks)
}

fn speak(what: &str, text: &str) -> String {
    format!("auto result = synthesizer->Speak{what}Async({}).get();", quoted(text))
}

fn config(sdk: &Sdk) -> String {
    let class = if sdk.task == Task::Translate { "SpeechTranslationConfig" } else { "SpeechConfig" };
    let key = if sdk.credential.is_some_and(|credential| !credential.is_token()) { ", key" } else { "" };
    match &sdk.place {
        Place::Region(region) => format!("{class}::FromSubscription(key, \"{region}\")"),
        Place::Endpoint(url) => format!("{class}::FromEndpoint(\"{url}\"{key})"),
        Place::Host(host) => format!("{class}::FromHost(\"{host}\"{key})"),
    }
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Language(language) => format!("config->SetSpeechRecognitionLanguage(\"{language}\");"),
        Setting::Target(language) => format!("config->AddTargetLanguage(\"{language}\");"),
        Setting::Model(id) => format!("config->SetEndpointId(\"{id}\");"),
        Setting::Voice(voice) => format!("config->SetSpeechSynthesisVoiceName(\"{voice}\");"),
        Setting::ByRest => "config->SetProperty(\"SPEECH-SynthesisBackend\", \"rest\");".into(),
    }
}

fn token(credential: Option<Credential>) -> Option<String> {
    credential.filter(|credential| credential.is_token()).map(|_| "config->SetAuthorizationToken(key);".into())
}

fn secret(credential: Option<Credential>) -> String {
    credential.map_or_else(String::new, |Credential { variable, .. }| {
        fill(
            r#"
const char* key = std::getenv("«variable»");
if (key == nullptr || *key == '\0')
{
    std::cerr << "«variable» is not set" << std::endl;
    return 1;
}
"#,
            &[("variable", variable)],
        ) + "\n"
    })
}

fn headers(call: &[(&str, &str)], credential: Option<Credential>) -> String {
    let constant =
        call.iter().map(|(name, value)| format!("headers = curl_slist_append(headers, \"{name}: {value}\");"));
    let secret = credential.map(|Credential { header, prefix, .. }| {
        format!("headers = curl_slist_append(headers, (\"{header}: {prefix}\" + std::string(key)).c_str());")
    });
    secret.into_iter().chain(constant).collect::<Vec<_>>().join("\n")
}

fn rest(call: &Call, credential: Option<Credential>) -> String {
    let body = match call.body {
        Body::None => String::new(),
        Body::Empty => "curl_easy_setopt(curl, CURLOPT_POSTFIELDS, \"\");".into(),
        Body::Text(text) => format!("curl_easy_setopt(curl, CURLOPT_POSTFIELDS, R\"({text})\");"),
        Body::File(file) => fill(
            r#"
std::ifstream file("«file»", std::ios::binary);
if (!file)
{
    std::cerr << "«file» cannot be read" << std::endl;
    return 1;
}
std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(content.size()));
curl_easy_setopt(curl, CURLOPT_POSTFIELDS, content.data());
"#,
            &[("file", file)],
        ),
        Body::Form(part, field) => form(part, field),
    };
    let result = match call.saved_as {
        Some(file) => format!(
            "std::ofstream(\"{file}\", std::ios::binary) << answer;\nstd::cout << \"{file} written\" << std::endl;"
        ),
        None => "std::cout << answer << std::endl;".into(),
    };
    let marks = [
        ("headers", headers(&call.headers, credential)),
        ("url", call.url.clone()),
        ("rest", fill(SEND, &[("body", &body)])),
        ("result", fill(RESULT, &[("result", &result)])),
    ];
    let body = fill(OPEN, &marks.each_ref().map(|(name, value)| (*name, value.as_str())));
    program("libcurl, in CMake: target_link_libraries(program CURL::libcurl)", "curl/curl.h", APPEND, credential, &body)
}

fn form(part: &str, field: Option<(&str, &str)>) -> String {
    let field = field.map_or_else(String::new, |(name, value)| {
        format!("part = curl_mime_addpart(form);\ncurl_mime_name(part, \"{name}\");\ncurl_mime_data(part, R\"({value})\", CURL_ZERO_TERMINATED);")
    });
    fill(
        r#"
curl_mime* form = curl_mime_init(curl);
curl_mimepart* part = curl_mime_addpart(form);
curl_mime_name(part, "«part»");
curl_mime_filedata(part, "audio.wav");
«field»
curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
"#,
        &[("field", &field), ("part", part)],
    )
}

fn socket(socket: &Socket, credential: Option<Credential>) -> String {
    let greeting = if socket.is_greeted { GREETING } else { "" };
    let marks = [
        ("headers", headers(&[], credential)),
        ("url", socket.url.clone()),
        ("rest", fill(CONNECT, &[("greeting", greeting)])),
        ("result", String::new()),
    ];
    let body = fill(OPEN, &marks.each_ref().map(|(name, value)| (*name, value.as_str())));
    let install = "libcurl 8.11 or newer, in CMake: target_link_libraries(program CURL::libcurl)";
    program(&format!("{install}\n// {}", socket.remark), "curl/curl.h", "", credential, &body)
}

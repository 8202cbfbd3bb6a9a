//! C# 6 or newer.

use super::call::{Body, Call, Credential, PERSONAL_VOICE};
use super::sdk::{Place, Sdk, Setting, Task};
use super::{Socket, Writer, fill, quoted};

pub(super) const WRITER: Writer = Writer { sdk, rest, socket };

const PROGRAM: &str = r"
// «install»
«using»

class Program
{
    static int Main() => Run().GetAwaiter().GetResult();

    static async Task<int> Run()
    {
        «secret»
        «body»
        return 0;
    }
}
";

const SDK: &str = r"
var config = «config»;
«settings»
«task»
";

const LISTEN: &str = r#"
var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
using (var audio = AudioConfig.FromWavFileInput("audio.wav"))
using (var recognizer = new «class»(config, audio))
{
    recognizer.«event» += (sender, e) =>
    {
        if (!string.IsNullOrEmpty(e.Result.Text))
        {
            Console.WriteLine(«result»);
        }
    };
    recognizer.Canceled += (sender, e) => done.TrySetResult(e.Reason == CancellationReason.Error ? e.ErrorDetails : null);
    recognizer.SessionStopped += (sender, e) => done.TrySetResult(null);
    await recognizer.Start«verb»Async();
    var error = await done.Task;
    await recognizer.Stop«verb»Async();
    if (error != null)
    {
        Console.Error.WriteLine(error);
        return 1;
    }
}
"#;

const SPEAK: &str = r#"
using (var audio = AudioConfig.FromWavFileOutput("speech.wav"))
using (var synthesizer = new SpeechSynthesizer(config, audio))
«request»
{
    «speak»
    if (result.Reason != ResultReason.SynthesizingAudioCompleted)
    {
        Console.Error.WriteLine(SpeechSynthesisCancellationDetails.FromResult(result).ErrorDetails);
        return 1;
    }
}
Console.WriteLine("speech.wav written");
"#;

const REQUEST: &str = "using (var request = new SpeechSynthesisRequest(SpeechSynthesisRequestInputType.TextStream))";

const STREAM: &str = r#"
var speaking = synthesizer.SpeakAsync(request);
foreach (var piece in new[] { "Hello, ", "world." })
{
    request.InputStream.Write(piece);
}
request.InputStream.Close();
var result = await speaking;
"#;

const VOICES: &str = r"
using (var synthesizer = new SpeechSynthesizer(config, null as AudioConfig))
{
    var result = await synthesizer.GetVoicesAsync();
    if (result.Reason != ResultReason.VoicesListRetrieved)
    {
        Console.Error.WriteLine(result.ErrorDetails);
        return 1;
    }
    foreach (var voice in result.Voices)
    {
        Console.WriteLine(voice.ShortName);
    }
}
";

const REST: &str = r#"
var url = "«url»";
using (var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }))
using (var request = new HttpRequestMessage(new HttpMethod("«method»"), url))
{
    «headers»
    «content»
    using (var response = await client.SendAsync(request))
    {
        if (!response.IsSuccessStatusCode)
        {
            Console.Error.WriteLine((int)response.StatusCode + " " + await response.Content.ReadAsStringAsync());
            return 1;
        }
        «result»
    }
}
"#;

const SOCKET: &str = r#"
var url = "«url»";
using (var socket = new ClientWebSocket())
{
    «header»
    await socket.ConnectAsync(new Uri(url), CancellationToken.None);
    Console.WriteLine("connected");
    «greeting»
    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
}
"#;

const GREETING: &str = r"
var buffer = new byte[4096];
WebSocketReceiveResult part;
do
{
    part = await socket.ReceiveAsync(new ArraySegment<byte>(buffer), CancellationToken.None);
    Console.Write(Encoding.UTF8.GetString(buffer, 0, part.Count));
} while (!part.EndOfMessage);
Console.WriteLine();
";

/// A namespace and the names by which it is recognised.
const NAMESPACES: &[(&str, &[&str])] = &[
    ("System", &[]),
    ("System.IO", &["File."]),
    ("System.Net.Http", &["HttpClient"]),
    ("System.Net.WebSockets", &["ClientWebSocket"]),
    ("System.Text", &["Encoding."]),
    ("System.Threading", &["CancellationToken."]),
    ("System.Threading.Tasks", &[]),
    ("Microsoft.CognitiveServices.Speech", &["SpeechConfig", "SpeechTranslationConfig"]),
    ("Microsoft.CognitiveServices.Speech.Audio", &["AudioConfig"]),
    ("Microsoft.CognitiveServices.Speech.Transcription", &["ConversationTranscriber"]),
    ("Microsoft.CognitiveServices.Speech.Translation", &["TranslationRecognizer"]),
];

fn sdk(sdk: &Sdk) -> String {
    let task = match sdk.task {
        Task::Recognize => listen("SpeechRecognizer", "e.Result.Text"),
        Task::Translate => {
            listen("TranslationRecognizer", "e.Result.Text + \" \" + string.Join(\" \", e.Result.Translations.Values)")
        }
        Task::Transcribe => listen("ConversationTranscriber", "e.Result.SpeakerId + \" \" + e.Result.Text"),
        Task::Speak => fill(SPEAK, &[("request", ""), ("speak", &speak("Text", "Hello, world."))]),
        Task::SpeakMarkup => fill(SPEAK, &[("request", ""), ("speak", &speak("Ssml", PERSONAL_VOICE))]),
        Task::SpeakStream => fill(SPEAK, &[("request", REQUEST), ("speak", STREAM)]),
        Task::ListVoices => VOICES.to_owned(),
    };
    let settings = sdk.settings.iter().map(setting).chain(token(sdk.credential)).collect::<Vec<_>>().join("\n");
    let body = fill(SDK, &[("config", &config(sdk)), ("settings", &settings), ("task", &task)]);
    program("dotnet add package Microsoft.CognitiveServices.Speech", sdk.credential, &body)
}

fn program(install: &str, credential: Option<Credential>, body: &str) -> String {
    let using = NAMESPACES
        .iter()
        .filter(|(_, names)| names.is_empty() || names.iter().any(|name| body.contains(name)))
        .map(|(namespace, _)| format!("using {namespace};"))
        .collect::<Vec<_>>()
        .join("\n");
    fill(PROGRAM, &[("install", install), ("using", &using), ("secret", &secret(credential)), ("body", body)])
}

fn listen(class: &str, result: &str) -> String {
    let (event, verb) = if class == "ConversationTranscriber" {
        ("Transcribed", "Transcribing")
    } else {
        ("Recognized", "ContinuousRecognition")
    };
    fill(LISTEN, &[("class", class), ("result", result), ("event", event), ("verb", verb)])
}

fn speak(what: &str, text: &str) -> String {
    format!("var result = await synthesizer.Speak{what}Async({});", quoted(text))
}

fn config(sdk: &Sdk) -> String {
    let class = if sdk.task == Task::Translate { "SpeechTranslationConfig" } else { "SpeechConfig" };
    let key = if sdk.credential.is_some_and(|credential| !credential.is_token()) { ", key" } else { "" };
    match &sdk.place {
        Place::Region(region) => format!("{class}.FromSubscription(key, \"{region}\")"),
        Place::Endpoint(url) => format!("{class}.FromEndpoint(new Uri(\"{url}\"){key})"),
        Place::Host(host) => format!("{class}.FromHost(new Uri(\"{host}\"){key})"),
    }
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Language(language) => format!("config.SpeechRecognitionLanguage = \"{language}\";"),
        Setting::Target(language) => format!("config.AddTargetLanguage(\"{language}\");"),
        Setting::Model(id) => format!("config.EndpointId = \"{id}\";"),
        Setting::Voice(voice) => format!("config.SpeechSynthesisVoiceName = \"{voice}\";"),
        Setting::ByRest => "config.SetProperty(\"SPEECH-SynthesisBackend\", \"rest\");".into(),
    }
}

fn token(credential: Option<Credential>) -> Option<String> {
    credential.filter(|credential| credential.is_token()).map(|_| "config.AuthorizationToken = key;".into())
}

fn secret(credential: Option<Credential>) -> String {
    credential.map_or_else(String::new, |Credential { variable, .. }| {
        fill(
            r#"
var key = Environment.GetEnvironmentVariable("«variable»");
if (string.IsNullOrEmpty(key))
{
    Console.Error.WriteLine("«variable» is not set");
    return 1;
}
"#,
            &[("variable", variable)],
        ) + "\n"
    })
}

fn value(prefix: &str) -> String {
    if prefix.is_empty() { "key".into() } else { format!("\"{prefix}\" + key") }
}

fn rest(call: &Call, credential: Option<Credential>) -> String {
    let content = match call.body {
        Body::None => String::new(),
        Body::Empty => "request.Content = new ByteArrayContent(new byte[0]);".into(),
        Body::Text(text) => {
            format!("request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes({}));", quoted(text))
        }
        Body::File(file) => format!("request.Content = new ByteArrayContent(File.ReadAllBytes(\"{file}\"));"),
        Body::Form(part, field) => {
            let audio = format!("new ByteArrayContent(File.ReadAllBytes(\"audio.wav\")), \"{part}\", \"audio.wav\"");
            let field = field.map(|(name, value)| {
                format!("\nform.Add(new ByteArrayContent(Encoding.UTF8.GetBytes({})), \"{name}\");", quoted(value))
            });
            let field = field.unwrap_or_default();
            format!("var form = new MultipartFormDataContent();\nform.Add({audio});{field}\nrequest.Content = form;")
        }
    };
    let (of_content, of_request): (Vec<_>, Vec<_>) = call.headers.iter().partition(|(name, _)| *name == "Content-Type");
    let line = |place: &str, (name, value): &(&str, &str)| {
        format!("{place}.TryAddWithoutValidation(\"{name}\", \"{value}\");")
    };
    let mut headers: Vec<String> = of_request.into_iter().map(|header| line("request.Headers", header)).collect();
    if let Some(Credential { header, prefix, .. }) = credential {
        headers.insert(0, format!("request.Headers.Add(\"{header}\", {});", value(prefix)));
    }
    let content: Vec<String> = std::iter::once(content)
        .filter(|content| !content.is_empty())
        .chain(of_content.into_iter().map(|header| line("request.Content.Headers", header)))
        .collect();
    let result = match call.saved_as {
        Some(file) => format!(
            "File.WriteAllBytes(\"{file}\", await response.Content.ReadAsByteArrayAsync());\nConsole.WriteLine(\"{file} written\");"
        ),
        None => "Console.WriteLine(await response.Content.ReadAsStringAsync());".into(),
    };
    let body = fill(
        REST,
        &[
            ("url", &call.url),
            ("method", call.method),
            ("headers", &headers.join("\n")),
            ("content", &content.join("\n")),
            ("result", &result),
        ],
    );
    program(".NET alone is enough.", credential, &body)
}

fn socket(socket: &Socket, credential: Option<Credential>) -> String {
    let header = credential.map_or_else(String::new, |Credential { header, prefix, .. }| {
        format!("socket.Options.SetRequestHeader(\"{header}\", {});", value(prefix))
    });
    let greeting = if socket.is_greeted { GREETING } else { "" };
    let body = fill(SOCKET, &[("url", &socket.url), ("header", &header), ("greeting", greeting)]);
    program(&format!(".NET alone is enough.\n// {}", socket.remark), credential, &body)
}

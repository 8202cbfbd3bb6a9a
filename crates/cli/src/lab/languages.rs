//! The lines of a program that point an SDK at a lab. The program reads its credential from the environment.

use std::str::FromStr;

use speech_endpoint_lab::Lab;

use super::place::Place;
use crate::args::listed;

/// A language with a Speech SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    JavaScript,
    CSharp,
    Java,
    Go,
    Rust,
}

impl Language {
    pub(super) const ALL: [Self; 6] = [Self::Python, Self::JavaScript, Self::CSharp, Self::Java, Self::Go, Self::Rust];

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::CSharp => "csharp",
            Self::Java => "java",
            Self::Go => "go",
            Self::Rust => "rust",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::CSharp => "C#",
            Self::Java => "Java",
            Self::Go => "Go",
            Self::Rust => "Rust",
        }
    }
}

listed!(Language, Language::ALL.map(Language::id));

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || {
            let [others @ .., last] = Self::ALL.map(Self::id);
            format!("expected {} or {last}", others.join(", "))
        };
        Self::ALL.into_iter().find(|language| language.id() == text).ok_or_else(names)
    }
}

/// The credential of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Key,
    Token,
    Nothing,
}

impl Given {
    /// Returns an expression for the key, if the client has one.
    fn key(self, expression: &str) -> Option<&str> {
        (self == Self::Key).then_some(expression)
    }
}

/// Returns the lines for a language; `None` if the world has no resource. The address of the proxy is a host and a port.
pub(super) fn lines(language: Language, lab: &Lab, (host, port): (&str, u16)) -> Option<Vec<String>> {
    let given = match lab.credential() {
        None => Given::Nothing,
        Some(credential) if credential.is_token => Given::Token,
        Some(_) => Given::Key,
    };
    let place = Place::of(lab)?;
    let is_native = !matches!(language, Language::JavaScript | Language::Rust);
    let place = if is_native { place.for_native_core(lab) } else { place };
    let mut lines = match language {
        Language::Python => python(&place, given),
        Language::JavaScript => javascript(&place, given),
        Language::CSharp => csharp(&place, given),
        Language::Java => java(&place, given),
        Language::Go => go(&place, given),
        Language::Rust => return Some(rust(&place, given)),
    };
    lines.push(match language {
        Language::Python => format!("config.set_proxy(\"{host}\", {port})"),
        Language::JavaScript => format!("config.setProxy(\"{host}\", {port});"),
        Language::CSharp => format!("config.SetProxy(\"{host}\", {port});"),
        // This SDK has no overload without a user.
        Language::Java => format!("config.setProxy(\"{host}\", {port}, \"\", \"\");"),
        _ => format!("err = config.SetProxy(\"{host}\", {port})"),
    });
    Some(lines)
}

fn python(place: &Place, given: Given) -> Vec<String> {
    let (name, value) = match place {
        Place::Region(region) => ("region", region),
        Place::Endpoint(url) => ("endpoint", url),
        Place::Host(url) => ("host", url),
    };
    let more = match (given, place) {
        (Given::Key, _) => ", subscription=os.environ[\"SPEECH_KEY\"]",
        (Given::Token, Place::Region(_)) => ", auth_token=os.environ[\"SPEECH_TOKEN\"]",
        _ => "",
    };
    let mut lines =
        split(&format!("config = speechsdk.SpeechConfig(\n    {name}=\"{value}\"{})", more.replace(", ", ",\n    ")));
    if given == Given::Token && !matches!(place, Place::Region(_)) {
        lines.push("config.authorization_token = os.environ[\"SPEECH_TOKEN\"]".to_owned());
    }
    lines
}

fn javascript(place: &Place, given: Given) -> Vec<String> {
    let made = match (place, given) {
        (Place::Region(region), Given::Token) => {
            format!("fromAuthorizationToken(\n    process.env.SPEECH_TOKEN, \"{region}\")")
        }
        (Place::Region(region), _) => format!("fromSubscription(\n    process.env.SPEECH_KEY, \"{region}\")"),
        (place, given) => of_url(("fromEndpoint", "fromHost"), "URL", place, given.key("process.env.SPEECH_KEY")),
    };
    let mut lines = split(&format!("const config = sdk.SpeechConfig.{made};"));
    if given == Given::Token && !matches!(place, Place::Region(_)) {
        lines.push("config.authorizationToken = process.env.SPEECH_TOKEN;".to_owned());
    }
    lines
}

fn csharp(place: &Place, given: Given) -> Vec<String> {
    let of = |name: &str| format!("Environment.GetEnvironmentVariable(\"{name}\")");
    let made = match (place, given) {
        (Place::Region(region), Given::Token) => {
            format!("FromAuthorizationToken(\n    {},\n    \"{region}\")", of("SPEECH_TOKEN"))
        }
        (Place::Region(region), _) => format!("FromSubscription(\n    {},\n    \"{region}\")", of("SPEECH_KEY")),
        (place, given) => of_url(("FromEndpoint", "FromHost"), "Uri", place, given.key(&of("SPEECH_KEY"))),
    };
    let mut lines = split(&format!("var config = SpeechConfig.{made};"));
    if given == Given::Token && !matches!(place, Place::Region(_)) {
        lines.extend(split(&format!("config.AuthorizationToken =\n    {};", of("SPEECH_TOKEN"))));
    }
    lines
}

fn java(place: &Place, given: Given) -> Vec<String> {
    let made = match (place, given) {
        (Place::Region(region), Given::Token) => {
            format!("fromAuthorizationToken(\n    System.getenv(\"SPEECH_TOKEN\"), \"{region}\")")
        }
        (Place::Region(region), _) => {
            format!("fromSubscription(\n    System.getenv(\"SPEECH_KEY\"), \"{region}\")")
        }
        (place, given) => {
            of_url(("fromEndpoint", "fromHost"), "URI", place, given.key("System.getenv(\"SPEECH_KEY\")"))
        }
    };
    let mut lines = split(&format!("SpeechConfig config = SpeechConfig.{made};"));
    if given == Given::Token && !matches!(place, Place::Region(_)) {
        lines.push("config.setAuthorizationToken(System.getenv(\"SPEECH_TOKEN\"));".to_owned());
    }
    lines
}

fn go(place: &Place, given: Given) -> Vec<String> {
    let with = if given == Given::Key { "WithSubscription" } else { "" };
    let key = if given == Given::Key { ",\n    os.Getenv(\"SPEECH_KEY\")" } else { "" };
    let made = match (place, given) {
        (Place::Region(region), Given::Token) => {
            format!("FromAuthorizationToken(\n    os.Getenv(\"SPEECH_TOKEN\"), \"{region}\")")
        }
        (Place::Region(region), _) => format!("FromSubscription(\n    os.Getenv(\"SPEECH_KEY\"), \"{region}\")"),
        (Place::Endpoint(url), _) => format!("FromEndpoint{with}(\n    \"{url}\"{key})"),
        (Place::Host(url), _) => format!("FromHost{with}(\n    \"{url}\"{key})"),
    };
    let mut lines = split(&format!("config, err := speech.NewSpeechConfig{made}"));
    if given == Given::Token && !matches!(place, Place::Region(_)) {
        lines.push("err = config.SetAuthorizationToken(os.Getenv(\"SPEECH_TOKEN\"))".to_owned());
    }
    lines
}

/// Rust with this library, which reads the proxy and the roots from the environment.
fn rust(place: &Place, given: Given) -> Vec<String> {
    let account = match place {
        Place::Region(region) => format!("Account::regional(\"{region}\".parse()?)?"),
        Place::Endpoint(url) => format!("Account::from_endpoint(\n    \"{url}\")?.value"),
        Place::Host(url) => format!("Account::container(\"{url}\".parse()?)"),
    };
    let (credential, source) = match given {
        Given::Key => (Some("Credential::key(env::var(\"SPEECH_KEY\")?)?"), "TokenSource::ready(credential)"),
        Given::Token => (Some("Credential::token(env::var(\"SPEECH_TOKEN\")?)?"), "TokenSource::ready(credential)"),
        Given::Nothing => (None, "TokenSource::none()"),
    };
    let mut lines = split(&format!("let account = {account};"));
    lines.extend(credential.map(|credential| format!("let credential = {credential};")));
    lines.push(format!("let source = {source};"));
    lines.push("let connector = Connector::builder(account, source).build()?;".to_owned());
    lines
}

/// Returns a call that takes the URL of an endpoint or a host as an object of a class, and the key.
fn of_url((of_endpoint, of_host): (&str, &str), class: &str, place: &Place, key: Option<&str>) -> String {
    let (name, url) = match place {
        Place::Host(url) => (of_host, url),
        Place::Endpoint(text) | Place::Region(text) => (of_endpoint, text),
    };
    let key = key.map(|key| format!(",\n    {key}")).unwrap_or_default();
    format!("{name}(\n    new {class}(\"{url}\"){key})")
}

fn split(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

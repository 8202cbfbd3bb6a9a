//! One call of a connector against a hostile server, and its outcome.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use futures_util::StreamExt as _;
use reqwest::Method;

use speech_endpoint::connect::{Builder, ConnectError, Connector, TokenSource};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Access, Account, Query, Service};
use tokio::time::{Instant, timeout};

use super::ground::Ground;
use super::server::{Certificates, Script, Talk, Tls};

/// The kind of call; each has a different hostile host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// A WebSocket.
    Socket,
    /// A request sent by the connector.
    Send,
    /// A request sent by the application.
    Request,
    /// A WebSocket with an issued token from a hostile issuer.
    Token,
}

/// The kind of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Regional,
    /// A custom domain behind a private endpoint.
    Private,
    /// A custom domain with discovery.
    Directed,
}

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) whose: Whose,
    pub(crate) script: Script,
    /// Additional hosts to which connections are allowed.
    pub(crate) others: Vec<(&'static str, Script)>,
    pub(crate) is_proxied: bool,
    /// Whether lookups for evidence use up all their time.
    pub(crate) is_slow: bool,
    /// The expected result of each call.
    pub(crate) says: Vec<(Way, String)>,
}

/// The outcome of a call.
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) said: String,
    /// The expected result; `None` accepts any.
    expected: String,
    pub(crate) over: Duration,
    /// Whether the intended host received the credential. Without such calls the test would prove nothing.
    pub(crate) is_given: bool,
    pub(crate) leaks: Vec<String>,
}

impl Outcome {
    /// Returns whether a busy machine could also cause this fault.
    pub(crate) fn is_hasty(&self) -> bool {
        self.over > TOLERANCE || self.said.is_empty() || (!self.expected.is_empty() && self.said != self.expected)
    }

    pub(crate) fn wrong(&self) -> Vec<String> {
        let Self { name, said, expected, over, .. } = self;
        let mut wrong: Vec<String> = self.leaks.iter().map(|leak| format!("{name}: {leak}")).collect();
        if self.is_hasty() {
            wrong.push(format!("{name}: said `{said}`, expected `{expected}`, {over:?} over its limit"));
        }
        wrong
    }
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, tls: Tls, talk: Talk, says: &[(Way, &str)]) -> Self {
        Self {
            name: name.into(),
            whose: Whose::Regional,
            script: Script { tls, talk },
            others: Vec::new(),
            is_proxied: false,
            is_slow: false,
            says: says.iter().map(|(way, said)| (*way, (*said).to_owned())).collect(),
        }
    }

    pub(crate) fn of(self, whose: Whose) -> Self {
        Self { whose, ..self }
    }

    pub(crate) fn and(mut self, host: &'static str, tls: Tls, talk: Talk) -> Self {
        self.others.push((host, Script { tls, talk }));
        self
    }

    /// Whether the script is that of a proxy without any server behind it.
    pub(crate) fn at_a_proxy(self) -> Self {
        Self { is_proxied: true, ..self }
    }

    pub(crate) fn with_slow_names(self) -> Self {
        Self { is_slow: true, ..self }
    }

    /// Returns the hostile host.
    fn host(&self, way: Way) -> &'static str {
        match (self.whose, way) {
            _ if self.is_proxied => PROXY,
            (Whose::Private | Whose::Directed, Way::Socket | Way::Token) | (Whose::Private, _) => OWN,
            (_, Way::Socket) => STT,
            (_, Way::Send | Way::Request) => TTS,
            (_, Way::Token) => ISSUER,
        }
    }

    fn account(&self) -> Account {
        let own = || Account::custom_domain("contoso".parse().unwrap());
        match self.whose {
            Whose::Regional => Account::regional("westeurope".parse().unwrap()).unwrap(),
            Whose::Private => own().with_access(Access::private_endpoint()),
            Whose::Directed => own().with_access(Access::open()),
        }
    }

    pub(crate) fn name_of(&self, way: Way) -> String {
        format!("{}, {way:?}", self.name)
    }

    /// Returns whether the call ends only at its time limit.
    pub(crate) fn waits(&self) -> bool {
        let Script { tls, talk } = &self.script;
        let drips = matches!(talk, Talk::Goes { every, .. } if !every.is_zero());
        self.is_slow || drips || matches!(tls, Tls::Silent | Tls::Drips) || matches!(talk, Talk::Silent)
    }

    /// Makes the call and checks all its effects.
    pub(crate) async fn run(
        &self,
        way: Way,
        expected: &str,
        certificates: &Arc<Certificates>,
        limit: Duration,
    ) -> Outcome {
        let host = self.host(way);
        let mut scripts: HashMap<String, Script> =
            self.others.iter().map(|(host, script)| ((*host).to_owned(), script.clone())).collect();
        scripts.insert(host.to_owned(), self.script.clone());
        let ground = Ground::new(scripts, certificates.clone(), self.whose == Whose::Private, self.is_slow);
        let connector = self.builder(way, &ground, certificates).time_limit(limit).build().unwrap();
        let begun = Instant::now();
        let (said, shown) = call(&connector, way).await;
        let over = begun.elapsed().saturating_sub(limit);
        let (name, expected) = (self.name_of(way), expected.to_owned());
        let mut outcome = Outcome { name, said, expected, over, is_given: false, leaks: Vec::new() };
        if let Some(secret) = secret_in(&shown) {
            outcome.leaks.push(format!("{secret} is shown in {shown}"));
        }
        self.look(&ground, host, &mut outcome);
        outcome
    }

    /// Runs the doctor. Returns the hosts that were looked up, and the evidence.
    pub(crate) async fn examine(&self, certificates: &Arc<Certificates>) -> (Vec<String>, String) {
        let scripts = HashMap::from([(OWN.to_owned(), self.script.clone())]);
        let ground = Ground::new(scripts, certificates.clone(), false, false);
        let connector = self.builder(Way::Socket, &ground, certificates).build().unwrap();
        let evidence = connector.probe(Service::SpeechToText, &Query::default()).await;
        (ground.hosts(), serde_json::to_string(&evidence).unwrap())
    }

    fn builder(&self, way: Way, ground: &Ground, certificates: &Certificates) -> Builder {
        let source = TokenSource::key(KEY).unwrap();
        let source = if way == Way::Token { source.issuing_tokens() } else { source };
        let proxy = self.is_proxied.then(|| format!("http://{LOGIN}@{PROXY}:3128"));
        let proxies = ProxySettings::new(proxy.as_deref(), &[]).unwrap();
        let trust = Trust::of(certificates.roots.clone(), certificates.roots.clone(), "the test's root");
        Connector::builder(self.account(), source).network(ground.clone()).trust(trust).proxies(proxies)
    }

    /// Checks which bytes went to which hosts.
    fn look(&self, ground: &Ground, host: &str, outcome: &mut Outcome) {
        let known = |asked: &str| asked == host || self.others.iter().any(|(other, _)| *other == asked);
        let is_verified = |asked: &str| {
            let other = self.others.iter().find(|(other, _)| *other == asked).map(|(_, script)| script);
            let script = other.or((asked == host).then_some(&self.script));
            script.is_some_and(|script| script.tls == Tls::Good)
        };
        for asked in ground.hosts().iter().filter(|asked| !known(asked)) {
            outcome.leaks.push(format!("`{asked}` was looked up"));
        }
        let port = if self.is_proxied { 3128 } else { 443 };
        for (asked, other) in ground.ports().iter().filter(|(asked, other)| !known(asked) || *other != port) {
            outcome.leaks.push(format!("`{asked}:{other}` was connected to"));
        }
        ground.each(|record| {
            let is_meant = is_verified(&record.host) && !self.is_proxied;
            for (bytes, where_) in [(&record.inside, "inside TLS"), (&record.wire, "on the wire")] {
                // A proxy may receive its login, and nothing else.
                let is_leak = |secret: &&str| !(self.is_proxied && *secret == LOGIN);
                match secret_in(&String::from_utf8_lossy(bytes)).filter(is_leak) {
                    Some(_) if is_meant && where_ == "inside TLS" => outcome.is_given = true,
                    Some(secret) => outcome.leaks.push(format!("`{}` was given {secret} {where_}", record.host)),
                    None => {}
                }
            }
        });
    }
}

/// Makes the call, and returns its result and every text that it shows.
async fn call(connector: &Connector, way: Way) -> (String, String) {
    let query = Query::default();
    match way {
        Way::Socket | Way::Token => match connector.websocket(Service::SpeechToText, &query).await {
            Ok(mut opened) => match timeout(Duration::from_millis(100), opened.socket.next()).await {
                Ok(Some(Ok(message))) => (format!("opened: {message:?}"), String::new()),
                Ok(broken) => ("opened, then broken".to_owned(), format!("{broken:?}")),
                Err(_) => ("opened".to_owned(), String::new()),
            },
            Err(error) => said(&error),
        },
        Way::Send => match connector.send(Service::Voices, Method::GET, &query, |request| request).await {
            Ok(answer) => (format!("answered {}", answer.status().as_u16()), format!("{answer:?}")),
            Err(error) => said(&error),
        },
        Way::Request => {
            let request = connector.request(Service::Voices, Method::GET).await.unwrap();
            let shown = format!("{request:?}");
            match connector.execute(request.build().unwrap()).await {
                // The application may show what the server sent.
                Ok(answer) => (format!("answered {}", answer.status().as_u16()), shown),
                Err(error) => ("no answer".to_owned(), format!("{shown} {error} {error:?}")),
            }
        }
    }
}

/// Returns the diagnosis in a word or two, and every text of an error.
fn said(error: &ConnectError) -> (String, String) {
    let diagnosis = error.diagnosis();
    let root = diagnosis.root_cause().map(|finding| finding.failure.id.to_owned());
    let stage = diagnosis.unexplained.first().map(|unexplained| format!("unexplained {}", unexplained.stage));
    let said = [root, stage].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let evidence = serde_json::to_string(error.evidence()).unwrap();
    let mut shown = format!("{error} | {error:?} | {error:#?} | {evidence} | {diagnosis:?} | {:?}", error.reply());
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(shown, " | {cause} | {cause:?}");
        next = cause.source();
    }
    (said, shown)
}

/// Returns the secret of which a text contains a piece.
pub(crate) fn secret_in(text: &str) -> Option<&'static str> {
    static SPELLINGS: OnceLock<Vec<(&str, String)>> = OnceLock::new();
    let text = text.to_ascii_lowercase();
    let holds = |piece: &[u8]| std::str::from_utf8(piece).is_ok_and(|piece| text.contains(piece));
    let spellings = SPELLINGS.get_or_init(|| SECRETS.into_iter().flat_map(spellings).collect());
    let found = spellings.iter().find(|(_, spelling)| {
        // Every longer piece contains one of these, and there are fewer of them.
        spelling.as_bytes().chunks_exact(PIECE / 2).any(holds) && spelling.as_bytes().windows(PIECE).any(holds)
    });
    found.map(|(secret, _)| *secret)
}

/// Returns a secret in plain text and in base64, which has three variants depending on the preceding bytes.
fn spellings(secret: &'static str) -> Vec<(&'static str, String)> {
    let encoded = (0..3).map(|skipped| STANDARD_NO_PAD.encode(&secret[skipped..]));
    let every = encoded.chain([secret.to_owned()]);
    every.map(|spelling| (secret, spelling.to_ascii_lowercase())).collect()
}

pub(crate) const STT: &str = "westeurope.stt.speech.microsoft.com";
pub(crate) const TTS: &str = "westeurope.tts.speech.microsoft.com";
pub(crate) const ISSUER: &str = "westeurope.api.cognitive.microsoft.com";
pub(crate) const OWN: &str = "contoso.cognitiveservices.azure.com";
pub(crate) const ELSEWHERE: &str = "northeurope.stt.speech.microsoft.com";
const PROXY: &str = "proxy.example";

/// The secrets: a key, a token and a proxy login.
pub(crate) const SECRETS: [&str; 3] = [KEY, TOKEN, LOGIN];
pub(crate) const KEY: &str = "1af2c93d04be57861af9c03d4be57862";
pub(crate) const TOKEN: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ1cm46bXMuY29nbml0aXZlc2VydmljZXMifQ.c2lnbmVkLWJ5LW5vYm9keQ";
const LOGIN: &str = "clerk:correct-horse-battery";

/// The length of the pieces of a secret that are searched for.
const PIECE: usize = 12;

/// The time by which a call may exceed its limit.
pub(crate) const TOLERANCE: Duration = Duration::from_millis(300);

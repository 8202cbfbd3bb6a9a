//! Reads any URL or host of a Speech resource that users paste into an account.

use url::{Host, Url};

use crate::resolve::account::{Account, AccountError, ContainerHost};
use crate::resolve::cloud::{Cloud, HostKind, HostReading, OFFERINGS};
use crate::resolve::endpoint::is_retired;
use crate::resolve::facts::meant::{is_placeholder_of_endpoint, region_meant};
use crate::resolve::name::{CustomDomain, NameError, Region, normalized_host, other_host, private_alias};
use crate::resolve::note::{Note, WithNotes};
use crate::resolve::quoted::{QuotedValue, looks_secret};
use crate::resolve::setting::{Setting, SettingHint};

impl Account {
    /// Reads any endpoint URL: from the portal, a custom domain, a sample, Foundry or Azure OpenAI. The path and query
    /// only show what was meant; the URLs to call are built from scratch.
    ///
    /// 1. Parse strictly: `https` or `wss` (or no scheme), port 443, a host name, no user info, no fragment.
    /// 2. Reject retired hosts and paths.
    /// 3. Find the cloud and the kind of host by its suffix; reject a host outside every cloud.
    /// 4. Read the region or the custom domain from the first label.
    /// 5. Note which parts cannot be called as given.
    ///
    /// ```
    /// use speech_endpoint::Account;
    ///
    /// let read = Account::from_endpoint("https://contoso.privatelink.cognitiveservices.azure.com/")?;
    /// assert_eq!(read.value.domain().map(|domain| domain.as_str()), Some("contoso"));
    /// assert_eq!(read.notes[0].id, "CFG07");
    /// # Ok::<(), speech_endpoint::PastedError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PastedError`] with the value, the expected form and the closest match.
    pub fn from_endpoint(text: &str) -> Result<WithNotes<Self>, PastedError> {
        let url = parse(text)?;
        let host = normalized_host(url.host_str().unwrap_or_default());
        let path = url.path().to_ascii_lowercase();
        if let Some(replacement) = retired_host(&host).or_else(|| retired_path(&path)) {
            return Err(PastedError::Retired { given: QuotedValue::new(text), replacement });
        }
        for cloud in Cloud::DOCUMENTED {
            let Some(reading) = cloud.suffixes().read(&host) else { continue };
            let mut read = if reading.kind.is_named_by_customers() {
                own_host(text, &host, &path, &reading, &cloud)
            } else {
                regional_host(text, &path, &reading, &cloud)
            }?;
            if is_unsuitable(&path, url.query()) {
                read.notes.push(Note::new("used_as_given", format!("{USED_AS_GIVEN} `https://{host}/`")));
            }
            return Ok(read);
        }
        Err(match right_cloud(&host) {
            Some(suggestion) => PastedError::WrongCloud { given: QuotedValue::new(text), suggestion },
            None => PastedError::Foreign { given: QuotedValue::new(text) },
        })
    }
}

impl Account {
    /// Reads the host of a container. An Azure host is read as an endpoint, with a note, because SDKs that receive one
    /// as a host omit the path prefix that a custom domain needs.
    ///
    /// ```
    /// use speech_endpoint::{Account, Scenario};
    ///
    /// assert_eq!(Account::from_host("ws://localhost:5000")?.value.scenario(), Scenario::Container);
    /// # Ok::<(), speech_endpoint::PastedError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PastedError`] with the value and the expected form.
    pub fn from_host(text: &str) -> Result<WithNotes<Self>, PastedError> {
        let host: ContainerHost = text.parse()?;
        let name = host.authority().to_owned();
        if Self::from_endpoint(&name).is_err() {
            return Ok(WithNotes::new(Self::container(host)));
        }
        let mut read = Self::from_endpoint(text)?;
        read.notes.push(Note::new(
            "azure_host",
            format!("`{name}` is an Azure host, not a container, so it is read as an endpoint"),
        ));
        Ok(read)
    }
}

/// Text that is not an endpoint of a Speech resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PastedError {
    /// The text is not a URL of the expected form (`CFG05`).
    #[error("{given} is not an endpoint: expected {expected}")]
    Url {
        /// The given value.
        given: QuotedValue,
        /// The expected form.
        expected: &'static str,
    },
    /// The host is outside every Azure cloud (`CFG05`). No credential would ever be sent there.
    #[error(
        "{given} is not a host of Azure AI Speech in any cloud: expected something like `westeurope.api.cognitive.microsoft.com` or `contoso.cognitiveservices.azure.com`; give the address of a container as the host"
    )]
    Foreign {
        /// The given value.
        given: QuotedValue,
    },
    /// The region and the suffix belong to different clouds, or the suffix is wrong for this kind of host (`CFG06`).
    #[error("{given} mixes clouds; the host of that region is `{suggestion}`")]
    WrongCloud {
        /// The given value.
        given: QuotedValue,
        /// The host of that region.
        suggestion: String,
    },
    /// A region was given as an endpoint (`CFG05`).
    #[error("{given} is a region, not an endpoint; give it as the region")]
    Region {
        /// The given value.
        given: QuotedValue,
        /// The region.
        region: String,
    },
    /// The host or path is retired (`CFG13`).
    #[error("{given} is retired; use {replacement}")]
    Retired {
        /// The given value.
        given: QuotedValue,
        /// The replacement.
        replacement: &'static str,
    },
    /// The first label is not a region or custom domain.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The parts of the host contradict each other.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl PastedError {
    /// Returns the id in the failure catalogue.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Url { .. } | Self::Foreign { .. } | Self::Region { .. } => "CFG05",
            Self::WrongCloud { .. } => "CFG06",
            Self::Retired { .. } => "CFG13",
            Self::Name(error) => error.id(),
            Self::Account(error) => error.id(),
        }
    }

    /// Returns the settings that the message asks for.
    #[must_use]
    pub fn hints(&self) -> Vec<SettingHint> {
        match self {
            Self::Foreign { .. } | Self::Url { expected: ENCRYPTED, .. } => vec![Setting::Host.into()],
            Self::Retired { replacement: BY_REGION, .. } => vec![Setting::Region.into()],
            Self::Region { region, .. } => vec![SettingHint::with(Setting::Region, region)],
            Self::Name(error) => error.hints(),
            _ => Vec::new(),
        }
    }
}

/// Step 1.
fn parse(text: &str) -> Result<Url, PastedError> {
    let trimmed = text.trim();
    if looks_secret(trimmed) && !trimmed.contains('/') {
        return Err(NameError::secret(Setting::Endpoint, trimmed).into());
    }
    let error = |expected| PastedError::Url { given: QuotedValue::new(trimmed), expected };
    let is_bare = !trimmed.contains(['.', '/', '?', '#']);
    if let Some(region) = region_meant(trimmed).filter(|_| is_bare) {
        return Err(PastedError::Region { given: QuotedValue::new(trimmed), region: region.to_owned() });
    }
    let authority = trimmed.split_once("://").map_or(trimmed, |(_, rest)| rest).split('/').next().unwrap_or_default();
    if is_bare && is_placeholder_of_endpoint(trimmed)
        || authority.contains(['{', '}', '<', '>', '$']) && authority.contains('.')
    {
        return Err(NameError::Placeholder { given: QuotedValue::new(trimmed) }.into());
    }
    // URL parsers drop, convert or decode some characters; they must not silently change the host.
    if !trimmed.bytes().all(|b| b.is_ascii_graphic())
        || trimmed.contains(['\\', '<', '>', '"', '`', '^', '{', '|', '}'])
    {
        return Err(error("plain ASCII text without blanks, quotes or backslashes"));
    }
    let (scheme, rest) = trimmed.split_once("://").unwrap_or(("https", trimmed));
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "https" | "wss" => {}
        "http" | "ws" => {
            return Err(error(ENCRYPTED));
        }
        _ => return Err(error("`https://` or `wss://`")),
    }
    if ["http:", "https:", "ws:", "wss:", "http//", "https//", "wss//"].iter().any(|lead| rest.starts_with(lead)) {
        return Err(error("one scheme, `https://` or `wss://`, and then the host"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(error("a URL without a user name or password"));
    }
    if authority.contains('%') {
        return Err(error("a host name without percent-encoding"));
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Err(error("a host, like in `https://contoso.cognitiveservices.azure.com/`"));
    }
    let url = Url::parse(&format!("{scheme}://{rest}"))
        .map_err(|_| error("something like `https://contoso.cognitiveservices.azure.com/`"))?;
    if url.fragment().is_some() {
        return Err(error("a URL without a fragment (`#…`)"));
    }
    if url.port().is_some() {
        return Err(error("port 443, the only port that Azure serves"));
    }
    match url.host() {
        Some(Host::Domain(domain)) if !domain.split('.').any(|label| label.starts_with("xn--")) => Ok(url),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
            Err(error("a host name, not an address, because certificates cover only names"))
        }
        _ => Err(error("a host name with only ASCII letters, digits and hyphens")),
    }
}

fn regional_host(
    text: &str,
    path: &str,
    reading: &HostReading<'_>,
    cloud: &Cloud,
) -> Result<WithNotes<Account>, PastedError> {
    let WithNotes { value: region, mut notes } = Region::read(reading.label).map_err(|error| error.about(text))?;
    let account = match Account::regional_in(region.clone(), cloud.clone()) {
        Err(AccountError::WrongCloud { belongs_to, .. }) => {
            return Err(PastedError::WrongCloud {
                given: QuotedValue::new(text),
                suggestion: host_of(&region, reading.kind, &belongs_to),
            });
        }
        other => other?,
    };
    if let Some(note) =
        notes.iter_mut().find(|note| note.id == "unlisted_region" && matches!(reading.kind, HostKind::Realtime(_)))
    {
        let custom = format!("{region}.{}", cloud.suffixes().custom_domain());
        *note = Note::new("CFG02", format!("{}; if it is a custom domain, its host is `{custom}`", note.text))
            .suggesting(custom);
    }
    if reading.kind == HostKind::Rest && (path == "/" || without_prefix(path).is_some_and(is_realtime)) {
        notes.push(Note::new("sdk_host", SDK_HOST));
    } else if reading.kind == HostKind::Rest && (is_token(path) || is_realtime(path)) {
        let host = host_of(&region, HostKind::Realtime("stt"), cloud);
        notes.push(
            Note::new(
                "CFG03",
                format!(
                    "`{}` serves only tokens and REST; real-time calls go to `{host}` or the corresponding `tts` host",
                    host_of(&region, HostKind::Rest, cloud)
                ),
            )
            .suggesting(host),
        );
    }
    Ok(WithNotes { value: account, notes })
}

fn own_host(
    text: &str,
    host: &str,
    path: &str,
    reading: &HostReading<'_>,
    cloud: &Cloud,
) -> Result<WithNotes<Account>, PastedError> {
    let domain = CustomDomain::label(reading.label).map_err(|error| error.about(text))?;
    let suffixes = cloud.suffixes();
    let mut notes = Vec::new();
    let public = host.replacen(".privatelink.", ".", 1);
    if reading.private {
        notes.push(private_alias(&public));
    }
    if reading.kind != HostKind::CustomDomain {
        notes.push(other_host(&public, reading.label, cloud));
    } else if is_token(path) {
        notes.push(Note::new(
            "CFG03",
            format!(
                "this URL is for tokens; real-time calls use other paths on `{domain}.{}`, and a native SDK that gets \
                 it as endpoint sends the key to `{domain}.stt.{}`",
                suffixes.custom_domain(),
                Cloud::Public.suffixes().realtime()
            ),
        ));
    } else if let Some(fault) = prefix_fault(path) {
        notes.push(Note::new(
            "CFG04",
            format!("the given path returns 404 on `{domain}.{}`: {fault}", suffixes.custom_domain()),
        ));
    }
    let account =
        if reading.kind == HostKind::OpenAi { Account::openai(domain) } else { Account::custom_domain(domain) };
    Ok(WithNotes { value: account.with_cloud(cloud.clone())?, notes })
}

/// Returns the fault in the path prefix on a custom domain.
fn prefix_fault(path: &str) -> Option<&'static str> {
    if is_realtime(path) {
        return Some("there, a real-time path begins with `/stt`, `/tts`, `/voice` or `/s2s`");
    }
    let batch = without_prefix(path).is_some_and(|rest| BATCH.iter().any(|batch| rest.starts_with(batch)));
    batch.then_some("there, a batch or management path has no prefix")
}

/// Returns the path after the offering that a custom domain needs before real-time paths.
fn without_prefix(path: &str) -> Option<&str> {
    let path = path.strip_prefix('/')?;
    OFFERINGS.iter().find_map(|offering| path.strip_prefix(offering)).filter(|rest| rest.starts_with('/'))
}

/// Returns whether no service is at this path, or a query stands alone. Native SDKs call both as they are, for every service:
/// `uspimpl.cpp` and `usp_connection.cpp` of microsoft-foundry/SpeechSDK 1.52.
fn is_unsuitable(path: &str, query: Option<&str>) -> bool {
    let rest = without_prefix(path).unwrap_or(path);
    let is_known = is_token(path)
        || is_realtime(rest)
        || BATCH.iter().any(|batch| rest.starts_with(batch))
        || ["/openai/", "/voice-live/", "/mai/", "/api/texttospeech/"].iter().any(|start| path.starts_with(start))
        || path.starts_with("/api/projects/") && path.contains("/agents/");
    if path == "/" { query.is_some_and(|query| !query.is_empty()) } else { !is_known }
}

fn is_token(path: &str) -> bool {
    path.trim_end_matches('/').ends_with("/issuetoken")
}

/// Returns whether the path belongs on a real-time host, without a prefix.
fn is_realtime(path: &str) -> bool {
    [
        "/speech/universal/",
        "/speech/recognition/",
        "/speech/translation/",
        "/cognitiveservices/websocket/",
        "/cognitiveservices/v1",
        "/cognitiveservices/voices/",
        "/cognitiveservices/avatar/",
    ]
    .iter()
    .any(|start| path.starts_with(start))
}

fn host_of(region: &Region, kind: HostKind, cloud: &Cloud) -> String {
    let suffixes = cloud.suffixes();
    match kind {
        HostKind::Realtime(offering) => format!("{region}.{offering}.{}", suffixes.realtime()),
        _ => format!("{region}.{}", suffixes.rest()),
    }
}

/// Returns the probable host for one that begins like a regional host but has an unknown suffix.
fn right_cloud(host: &str) -> Option<String> {
    let (label, rest) = host.split_once('.')?;
    let domain = ["microsoft.com", "microsoft.us", "azure.com", "azure.us", "azure.cn", "microsoft.cn"]
        .iter()
        .find_map(|domain| rest.strip_suffix(domain))?;
    let region: Region = label.parse().ok()?;
    let cloud = Cloud::of_region(region.as_str())?;
    let kind = if domain == "api.cognitive." {
        HostKind::Rest
    } else {
        let label = domain.strip_suffix(".speech.")?;
        HostKind::Realtime(OFFERINGS.into_iter().find(|offering| *offering == label)?)
    };
    Some(host_of(&region, kind, &cloud))
}

/// The beginnings of the batch and management paths.
const BATCH: [&str; 5] =
    ["/speechtotext/", "/texttospeech/", "/customvoice/", "/avatar/batchsyntheses", "/videotranslation/"];

/// Live tests of the JavaScript SDK (`SpeechConfigConnectionFactories.ts` @9e882235, July 2026) expect this to work; the native
/// SDK does it since 1.43 (`usp_endpoint.h` of microsoft-foundry/SpeechSDK). Without the prefix, the host answers 404
/// (livekit/agents 2082).
const SDK_HOST: &str = "an SDK since 1.43 calls this host itself, with `/stt` or `/tts` before the path; the URLs here use the documented hosts of the offerings";

const USED_AS_GIVEN: &str =
    "an SDK calls the path and the query of its endpoint as they are, for every service; give it only";

/// Expected in place of an unencrypted URL.
const ENCRYPTED: &str =
    "`https://` or `wss://`, because credentials never go over plain text; give the address of a container as the host";

/// The replacement of a host that had no region.
const BY_REGION: &str = "the host of your region, like `westeurope.stt.speech.microsoft.com`; give the region";

/// Returns the replacement of a retired host.
fn retired_host(host: &str) -> Option<&'static str> {
    match host {
        "speech.platform.bing.com" | "api.cognitive.microsoft.com" | "openspeech.bing.com" => return Some(BY_REGION),
        _ => {}
    }
    let labels: Vec<&str> = host.split('.').collect();
    match labels[..] {
        // The hosts of Project Oxford and of the Custom Speech portal, by region.
        ["oxford-speech", "cloudapp", "net"] | [.., "projectoxford", "ai"] | [_, "cris", "ai"] => Some(BY_REGION),
        [_, "convai", "speech", ..] => Some("`voice-live`: Custom Commands retired on 2026-04-30"),
        ["transcribe" | "signature", _, "cts", "speech", ..] => {
            Some("`conversation-transcription`: meeting transcription retired on 2025-03-28")
        }
        _ => None,
    }
}

/// Returns the replacement of a retired path. <https://learn.microsoft.com/azure/ai-services/speech-service/migrate-2025-10-15>
fn retired_path(path: &str) -> Option<&'static str> {
    let mut segments = path.split('/').skip(1);
    match (segments.next()?, segments.next()) {
        ("speechtotext", Some(version)) if is_retired(version) => {
            Some("`speech-to-text-rest` with `api-version=2025-10-15`")
        }
        ("texttospeech", Some(version)) if is_retired(version) => Some("`batch-synthesis`"),
        ("speaker-recognition", _) => Some(
            "`conversation-transcription`, which distinguishes speakers: speaker recognition retired on 2025-09-30",
        ),
        _ => None,
    }
}

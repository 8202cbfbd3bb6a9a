//! The properties that the targets assert, whatever was given.

use std::error::Error;

use speech_endpoint::{
    Access, Account, Cloud, CredentialError, CustomDomain, Endpoint, Note, Region, Resource, Service, may_receive,
};
use url::Url;

pub mod peer;

/// A number that depends on what was given and on nothing else, to choose one of several situations by.
#[must_use]
pub fn choice(given: &[u8]) -> usize {
    given.iter().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)))
}

/// An error says what is wrong on one line, and does not repeat a secret that it was given.
pub fn check_error(given: &str, error: &(impl Error + 'static)) {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        check_line(&error.to_string());
        keeps_secrets(given, &error.to_string());
        cause = error.source();
    }
    keeps_secrets(given, &format!("{error:?}"));
}

/// Notes are sentences of one line.
pub fn check_notes(notes: &[Note]) {
    for note in notes {
        check_line(&note.to_string());
        if let Some(suggestion) = &note.suggestion {
            check_line(suggestion);
        }
    }
}

/// One line of a sensible length that shows on a terminal as it was written.
pub fn check_line(text: &str) {
    assert!(!text.is_empty() && text.chars().count() < 1500, "{} characters", text.chars().count());
    let breaks = |c: char| c.is_control() || "\u{2028}\u{2029}\u{61c}\u{200e}\u{200f}".contains(c);
    let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(|c| breaks(c) || reorders(c)), "{text:?}");
}

/// The runs of a text that have the shape of a key or a token.
#[must_use]
pub fn secrets(text: &str) -> Vec<&str> {
    let is_key = |run: &&str| {
        (run.len() == 32 && run.bytes().all(|b| b.is_ascii_hexdigit())) || run.len() == 84 // of letters and digits
    };
    let is_token = |run: &&str| {
        run.starts_with("ey")
            && run.as_bytes().get(2).is_some_and(u8::is_ascii_uppercase)
            && run.split('.').count() == 3
            && run.split('.').all(|part| !part.is_empty())
    };
    let keys = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_key);
    let tokens = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).filter(is_token);
    keys.chain(tokens).collect()
}

/// Keys, tokens, passwords and query values of what was given do not come back.
fn keeps_secrets(given: &str, text: &str) {
    let shown = secrets(text);
    for secret in secrets(given) {
        let is_shown = shown.iter().any(|shown| shown.eq_ignore_ascii_case(secret));
        assert!(!is_shown, "{secret:?} of {given:?} is repeated: {text}");
    }
    let lower = given.to_lowercase();
    let password = lower
        .split_once("://")
        .and_then(|(_, rest)| rest.rsplit_once('@'))
        .map(|(password, _)| password)
        .filter(|password| password.contains(':') && !EXAMPLES.iter().any(|example| example.contains(password)));
    let values = lower.find('?').map(|start| &lower[start..]).filter(|values| values.contains('='));
    for secret in password.into_iter().chain(values) {
        // Blanks, quotes and backslashes are the message's own.
        let is_plain = secret.chars().all(|c| c.is_ascii_graphic() && !"`\"'\\".contains(c));
        let is_telling = is_plain && secret.len() > 8 && lower.matches(secret).count() == 1;
        assert!(!is_telling || !text.to_lowercase().contains(secret), "{secret:?} of {given:?} is repeated: {text}");
    }
}

/// What the messages themselves have a colon in.
const EXAMPLES: [&str; 3] =
    ["ws://localhost:5000", "transcriptions:transcribe", "https://contoso.cognitiveservices.azure.com/"];

/// The same account in one of the situations that a resource can be in.
#[must_use]
pub fn in_a_situation(account: Account, choice: usize) -> Account {
    let region = match account.cloud() {
        Cloud::UsGovernment => "usgovvirginia",
        Cloud::China => "chinaeast2",
        _ => "westeurope",
    };
    let region: Region = region.parse().expect("a listed region");
    let account =
        if choice.is_multiple_of(2) { account.clone().with_region(region).unwrap_or(account) } else { account };
    let account = if (choice / 2).is_multiple_of(2) { account.with_discovery() } else { account };
    let account = if (choice / 4).is_multiple_of(2) { account.with_key_auth_disabled() } else { account };
    match choice / 8 % 8 {
        0 => account,
        1 => account.with_access(Access::open()),
        2 => account.with_access(Access::locked()),
        3 => account.with_access(Access::ip_rules()),
        4 => account.with_access(Access::service_endpoint()),
        5 => account.with_access(Access::private_endpoint()),
        6 => account.with_access(Access::private_and_service_endpoint()),
        _ => account.with_access(Access::disabled()),
    }
}

/// Every service resolves, or says why not; one of them, by `choice`, is also read back and disguised.
pub fn check_account(account: &Account, choice: usize) {
    let prepared = account.prepare();
    for service in Service::all() {
        match account.endpoint(service) {
            Ok(endpoint) => {
                assert_eq!(endpoint.service(), service);
                assert_eq!(endpoint.account(), account);
                check_endpoint(&endpoint);
                assert_eq!(prepared.get(service), Ok(&endpoint));
            }
            Err(error) => {
                assert_eq!(error.service(), service);
                check_line(&error.to_string());
                assert_eq!(prepared.get(service), Err(&error));
            }
        }
    }
    let resolved: Vec<Endpoint> = account.endpoints().flatten().collect();
    if let Some(endpoint) = resolved.get(choice % resolved.len().max(1)) {
        check_notes(&endpoint.notes());
        check_disguises(endpoint);
        check_reads_back(endpoint);
    }
}

/// The URL is what it should be: its scheme, its host, nothing hidden in it, and the account's credential may go there.
pub fn check_endpoint(endpoint: &Endpoint) {
    let (account, url) = (endpoint.account(), endpoint.to_url());
    assert_eq!(url.as_str(), endpoint.url(), "not in normal form");
    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    assert!(url.fragment().is_none() && endpoint.url().matches('?').count() <= 1, "{url}");
    let container = match account.resource() {
        Resource::Container(host) => Some(host),
        _ => None,
    };
    let secure = container.is_none_or(|host| host.is_secure());
    let scheme = match (endpoint.service().is_websocket(), secure) {
        (true, true) => "wss",
        (true, false) => "ws",
        (false, true) => "https",
        (false, false) => "http",
    };
    assert_eq!(url.scheme(), scheme);
    let allowed = may_receive(account, &url);
    if secure {
        assert_eq!(allowed, Ok(()), "{url}");
    } else {
        assert!(matches!(allowed, Err(CredentialError::Insecure { .. })), "{url}: {allowed:?}");
    }
    let host = url.host_str().expect("a host");
    if let Some(container) = container {
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        assert_eq!((&*authority, endpoint.host()), (container.authority(), container.authority()));
        return;
    }
    assert_eq!((url.port(), host), (None, endpoint.host()));
    assert!(
        host.len() <= 253 && host.split('.').all(|label| (1..=63).contains(&label.len())),
        "{host} has no DNS name"
    );
    let suffixes = account.cloud().suffixes();
    let owned = if endpoint.is_own_host() {
        [Some(suffixes.custom_domain()), suffixes.openai(), suffixes.foundry()]
            .into_iter()
            .flatten()
            .any(|suffix| host == format!("{}.{suffix}", account.domain().expect("a custom domain")))
    } else {
        let region = account.region().expect("a region").as_str();
        let rest = host.strip_prefix(region).and_then(|rest| rest.strip_prefix('.')).expect("the region goes first");
        let labels = rest.strip_suffix(suffixes.realtime()).and_then(|rest| rest.strip_suffix('.'));
        rest == suffixes.rest()
            || labels.is_some_and(|labels| ["stt", "tts", "voice", "s2s", "customvoice.api"].contains(&labels))
    };
    assert!(owned, "{host} is not a host of {account:?}");
}

/// A URL that only looks like the resolved one is refused the credential.
fn check_disguises(endpoint: &Endpoint) {
    let account = endpoint.account();
    let url = endpoint.to_url();
    let scheme = url.scheme();
    let rest = endpoint.url().strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")).expect("a scheme");
    let host = url.host_str().expect("a host");
    let path = url.path();
    let port = if url.port() == Some(8443) { 8444 } else { 8443 };
    let plain = if scheme.starts_with("ws") { "ws" } else { "http" };
    let mut disguises = vec![
        format!("{plain}://{rest}"),
        format!("ftp://{rest}"),
        format!("{scheme}://user@{rest}"),
        format!("{scheme}://:pw@{rest}"),
        format!("{scheme}://{host}:{port}{path}"),
        format!("{scheme}://{host}.evil.example{path}"),
        format!("{scheme}://evil.example/{rest}"),
        format!("{scheme}://evil.example\\@{rest}"),
        format!("{scheme}://evil.{host}{path}"),
    ];
    if endpoint.is_own_host() {
        disguises.push(format!("{scheme}://x{host}{path}"));
    }
    if account.domain().is_some() && endpoint.is_own_host() {
        disguises.push(format!("{scheme}://{}{path}", host.replacen('.', ".privatelink.", 1)));
    }
    for disguise in disguises {
        // Names before an address make no URL.
        let Ok(disguise) = Url::parse(&disguise) else { continue };
        let allowed = may_receive(account, &disguise);
        assert!(allowed.is_err(), "{disguise} may receive the credential of {account:?}");
    }
}

/// A resolved URL, pasted, leads to the same resource.
fn check_reads_back(endpoint: &Endpoint) {
    let account = endpoint.account();
    if matches!(account.cloud(), Cloud::Custom(_)) || matches!(account.resource(), Resource::Container(_)) {
        return;
    }
    let read = match Account::from_endpoint(endpoint.url()) {
        Ok(read) => read.value,
        Err(error) => {
            // A resource may be named like a region; who types such a name means the region.
            let domain = account.domain().filter(|_| endpoint.is_own_host());
            let named_like_a_region = domain.is_some_and(|domain| is_listed(domain.as_str()));
            assert!(named_like_a_region, "{} is refused: {error}", endpoint.url());
            return;
        }
    };
    assert_eq!(read.cloud(), account.cloud(), "{}", endpoint.url());
    if endpoint.is_own_host() {
        assert_eq!(read.domain(), account.domain(), "{}", endpoint.url());
    } else {
        assert_eq!(read.region(), account.region(), "{}", endpoint.url());
    }
}

/// A region reads as itself, without more ado than it deserves.
pub fn check_region(region: &Region) {
    let read = Region::read(&region.to_string()).unwrap_or_else(|error| panic!("{region} does not read back: {error}"));
    assert_eq!(read.value, *region);
    assert!(read.notes.iter().all(|note| note.id == "unlisted_region"), "{:?}", read.notes);
    assert_eq!(read.notes.is_empty(), region.display_name().is_some());
    if let Some(name) = region.display_name() {
        assert_eq!(name.parse().as_ref(), Ok(region));
    }
}

/// A custom domain reads as itself, alone and as a host.
pub fn check_domain(domain: &CustomDomain) {
    if is_listed(domain.as_str()) {
        return;
    }
    for cloud in Cloud::DOCUMENTED {
        let host = format!("{domain}.{}", cloud.suffixes().custom_domain());
        let read = Account::from_endpoint(&format!("https://{host}/")).expect("its own URL");
        assert_eq!((read.value.domain(), read.value.cloud(), read.notes.len()), (Some(domain), &cloud, 0));
        match CustomDomain::read(&host) {
            Ok(read) => assert_eq!((read.value, read.notes), ((domain.clone(), Some(cloud)), Vec::new())),
            Err(error) => assert!(holds_key(domain.as_str()), "{host} does not read back: {error}"),
        }
    }
    match domain.to_string().parse::<CustomDomain>() {
        Ok(read) => assert_eq!(read, *domain),
        Err(error) => assert!(holds_key(domain.as_str()), "{domain} does not read back: {error}"),
    }
}

/// A name that a key may stand in; in a URL it is taken for a name all the same.
fn holds_key(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32)
}

fn is_listed(name: &str) -> bool {
    name.parse::<Region>().is_ok_and(|region| region.as_str() == name && region.display_name().is_some())
}

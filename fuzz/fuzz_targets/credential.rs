#![no_main]
//! A credential that is taken makes a header that can be sent; no error, description or debug output ever shows any of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{
    Access, Account, Cloud, Credential, CredentialError, Endpoint, CredentialHeader, ResourceId, Service, Suffixes,
};
use speech_endpoint_fuzz::{check_error, check_line, choice};

fuzz_target!(|text: &str| {
    let id: ResourceId = ID.parse().expect("a resource id");
    let key = Credential::key(text);
    let token = Credential::token(text);
    let issued = Credential::issued_token(text);
    let entra = Credential::entra(text, None);
    let with_id = Credential::entra(text, Some(id.clone()));

    for taken in [&key, &token, &issued, &entra, &with_id] {
        match taken {
            Ok(credential) => check_credential(text, credential),
            Err(error) => {
                check_line(&error.to_string());
                shows_nothing_of(text, &error.to_string());
                shows_nothing_of(text, &format!("{error:?}"));
            }
        }
    }
    // One text is one thing.
    assert!(key.is_err() || token.is_err(), "both a key and a token");
    assert_eq!(issued.is_ok(), entra.is_ok());
    assert_eq!(issued.is_ok(), with_id.is_ok());
    assert_eq!(issued.is_ok(), token.is_ok() && !text.starts_with("aad#"));

    if let (Ok(composed), true) = (&token, text.starts_with("aad#")) {
        let (id, plain) = text["aad#".len()..].split_once('#').expect("three parts");
        let id: ResourceId = id.parse().expect("its resource id");
        let made = Credential::entra(plain, Some(id)).expect("its token");
        for endpoint in ENDPOINTS.iter() {
            let (given, made) = (composed.header(endpoint), made.header(endpoint));
            assert_eq!(given.is_ok(), made.is_ok(), "{endpoint}");
            if let (Ok(given), Ok(made), false) = (given, made, endpoint.is_own_host()) {
                assert_eq!((given.name, given.value.expose()), (made.name, made.value.expose()));
            }
        }
    }

    match text.parse::<ResourceId>() {
        Ok(id) => {
            assert_eq!(id.as_str(), text.trim());
            assert_eq!(id.as_str().parse().as_ref(), Ok(&id));
            assert!(!id.account().is_empty() && id.as_str().ends_with(id.account()));
            assert!(!id.as_str().contains(|c: char| c == '#' || c.is_control()), "{id:?}");
            let composed = format!("aad#{}#{TOKEN}", id.as_str());
            let header = Credential::token(composed.clone()).and_then(|composed| composed.header(&ENDPOINTS[0]));
            assert_eq!(header.expect("the composed form").value.expose(), format!("Bearer {composed}"));
        }
        Err(error) => {
            check_error(text, &error);
            let message = error.to_string();
            let parts: Vec<&str> = text.trim().split('/').collect();
            for id in parts.iter().filter(|part| is_guid(part)) {
                let elsewhere = parts.iter().any(|part| part.len() > id.len() && part.contains(id));
                assert!(elsewhere || !message.contains(id), "{id} is shown whole: {message}");
            }
        }
    }
});

fn check_credential(text: &str, credential: &Credential) {
    // A resource id is no secret, even where it repeats a part of the token.
    let composed = text.trim().strip_prefix("aad#").and_then(|rest| rest.rsplit_once('#'));
    let (text, id) = match composed {
        Some((id, token)) => (token, format!("{id:?}")),
        None => (text, String::from("no resource id")),
    };
    let (salt, other) = (choice(text.as_bytes()) as u64, 7);
    for shown in [credential.describe(salt), format!("{credential:?}"), format!("{credential:#?}")] {
        shows_nothing_of(text, &shown.replace(&id, ""));
    }
    check_line(&credential.describe(salt));
    assert_eq!(credential.describe(salt), credential.describe(salt));
    assert!(salt == other || credential.describe(salt) != credential.describe(other));
    for endpoint in ENDPOINTS.iter() {
        match credential.header(endpoint) {
            Ok(header) => check_header(text, &header, endpoint),
            Err(error) => {
                check_line(&error.to_string());
                shows_nothing_of(text, &error.to_string());
                assert!(error.id() != "CFG05" || !is_secure(endpoint), "{endpoint}: {error}");
            }
        }
    }
}

fn check_header(text: &str, header: &CredentialHeader, endpoint: &Endpoint) {
    shows_nothing_of(text, &format!("{header:?}"));
    assert!(is_secure(endpoint), "{endpoint}");
    let value = header.value.expose();
    let content = match header.name {
        "Authorization" => value.strip_prefix("Bearer ").expect("the scheme"),
        "Ocp-Apim-Subscription-Key" | "api-key" => value,
        other => panic!("{other} carries no credential"),
    };
    // Letters beyond ASCII are in the name of a resource group or nowhere.
    let group = content.strip_prefix("aad#").and_then(|rest| rest.split('/').nth(4)).unwrap_or_default();
    let sendable = |c: char| c.is_ascii_graphic() || group.contains(c) && c.is_alphanumeric();
    assert!(!content.is_empty() && content.chars().all(sendable), "cannot be sent to {endpoint}");
    assert!(content.ends_with(text), "another secret for {endpoint}");
}

fn is_secure(endpoint: &Endpoint) -> bool {
    endpoint.url().starts_with("https://") || endpoint.url().starts_with("wss://")
}

/// No nine characters of what was given are in the text, but for those that are in the text for anybody.
fn shows_nothing_of(given: &str, text: &str) {
    let text = without_numbers(text);
    if FIXED.contains(&text) {
        return;
    }
    let given: Vec<char> = without_numbers(given).chars().collect();
    for window in given.windows(9) {
        let window: String = window.iter().collect();
        let shown = text.contains(&window) && !FIXED.iter().any(|fixed| fixed.contains(&window));
        assert!(!shown, "{window:?} is shown: {text}");
    }
}

/// Lengths and fingerprints, the same for all.
fn without_numbers(text: &str) -> String {
    let mut shortened = String::with_capacity(text.len());
    for c in text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }) {
        if c != '0' || !shortened.ends_with('0') {
            shortened.push(c);
        }
    }
    shortened
}

fn is_guid(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| if hyphens.contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
}

const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";
const TOKEN: &str = "eyA.B.C";

/// Hosts of every kind; the first takes the composed form.
static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
    let regional = Account::regional("westeurope".parse().expect("a region")).expect("a public region");
    let custom = Account::custom_domain("contoso".parse().expect("a custom domain"));
    let suffixes = Suffixes::new("speech.cloud.example", "api.cloud.example", "custom.cloud.example");
    let suffixes = suffixes.expect("three host names");
    let accounts = [
        regional.clone(),
        custom.clone(),
        custom.clone().with_access(Access::private_endpoint()),
        custom.clone().with_key_auth_disabled(),
        custom.with_cloud(Cloud::from(suffixes)).expect("any cloud"),
        Account::openai("contoso".parse().expect("a custom domain")),
        Account::container("https://speech.example:8443".parse().expect("an address")),
        Account::container("http://localhost:5000".parse().expect("an address")),
    ];
    let services = [
        Service::SpeechToText,
        Service::TextToSpeech,
        Service::TextToSpeechWebSocket,
        Service::IssueToken,
        Service::BatchSynthesis,
        Service::VoiceLive,
        Service::OpenAiSpeech,
    ];
    let all = accounts.iter().flat_map(|account| services.map(|service| account.endpoint(service)));
    all.filter_map(Result::ok).collect()
});

/// What is said of credentials of every kind and of every fault: said to anybody, so nobody's secret.
static FIXED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let key = "0123456789abcdef0123456789abcdef";
    let token = "eyJ.eyJ.c2";
    let texts = ["", " ", "<k>", "a\nb", "a b", "a\"", "\u{7f}", "ab", "Bearer x", "aad#x", "aad#x#y", key, token];
    let mut fixed = BTreeSet::new();
    for text in texts {
        let taken = [
            Credential::key(text),
            Credential::token(text),
            Credential::token(format!("aad#{ID}#{text}")),
            Credential::issued_token(text),
            Credential::entra(text, Some(ID.parse().expect("a resource id"))),
            Credential::entra(text, None),
        ];
        for taken in taken {
            fixed.insert(format!("{taken:?}"));
            match taken {
                Ok(credential) => {
                    fixed.extend([credential.describe(0), format!("{credential:#?}")]);
                    let headers = ENDPOINTS.iter().map(|endpoint| credential.header(endpoint));
                    for header in headers {
                        fixed.insert(format!("{header:?}"));
                        fixed.extend(header.err().as_ref().map(CredentialError::to_string));
                    }
                }
                Err(error) => drop(fixed.insert(error.to_string())),
            }
        }
    }
    fixed.into_iter().map(|text| without_numbers(&text)).collect()
});

#![no_main]
//! Settings, one `name=value` a line: they change the query of a URL, the three parts of the path that are theirs, the host
//! of the list of voices, and nothing else; what they say arrives as it was given.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{Access, Account, RecognitionMode, Query, QueryError, ResolveError, Service};
use speech_endpoint_fuzz::{check_endpoint, check_error, check_line, choice, secrets};
use url::{Url, form_urlencoded};

fuzz_target!(|text: &str| {
    let mut query = Query::default();
    let mut given = Given::default();
    for line in text.split('\n').take(16) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        match add(&query, &mut given, name, value) {
            Ok(longer) => query = longer,
            Err(error) => check_error(line, &error),
        }
    }
    let named = [&given.language, &given.model, &given.deployment].into_iter().flatten();
    for text in named.chain(given.free.iter().map(|(name, _)| name)) {
        assert!(secrets(text).is_empty(), "a secret goes into the URL: {text}");
    }
    for (_, value) in &given.free {
        // Connection ids look like keys.
        assert!(secrets(value).is_empty() || is_connection_id(value), "a secret goes into the URL: {value}");
    }

    let (account, bases) = &BASES[choice(text.as_bytes()) % BASES.len()];
    for (service, base) in bases {
        let carried = query.carried_by(*service);
        assert_eq!(carried.carried_by(*service), carried);
        let resolved = account.endpoint_with(*service, &carried);
        let whole = account.endpoint_with(*service, &query);
        match (base, resolved) {
            (None, resolved) => assert!(resolved.is_err() && whole.is_err(), "{service}"),
            (Some(_), Err(error)) => {
                check_line(&error.to_string());
                let version = given.version.as_deref();
                match error {
                    ResolveError::RetiredVersion { version: refused, .. } => assert_eq!(Some(refused.as_str()), version),
                    ResolveError::Parameter { parameter: "numbered version", .. } => {
                        assert!(version.is_some_and(|version| version.starts_with('v')));
                    }
                    ResolveError::Parameter { service: Service::Voices, parameter: "deployment", .. } => {
                        assert!(given.deployment.is_some() && account.endpoint(Service::CustomVoice).is_err(), "{error}");
                    }
                    error => panic!("{error}"),
                }
                assert!(whole.is_err(), "{service}");
            }
            (Some(base), Ok(endpoint)) => {
                check_endpoint(&endpoint);
                let voices = *service == Service::Voices && given.deployment.is_some();
                let base = if voices { of_custom_voices(base) } else { base.clone() };
                check_url(*service, &base, &endpoint.to_url(), &given);
                match whole {
                    Ok(whole) => assert_eq!(whole, endpoint),
                    Err(error) => {
                        check_line(&error.to_string());
                        assert!(carried != query && matches!(error, ResolveError::Parameter { .. }), "{error}");
                    }
                }
            }
        }
    }
});

/// What was taken, to compare the URL with.
#[derive(Default)]
struct Given {
    language: Option<String>,
    mode: Option<RecognitionMode>,
    model: Option<String>,
    deployment: Option<String>,
    version: Option<String>,
    free: Vec<(String, String)>,
}

/// Adds one setting; a named one, by its own method and as a parameter alike.
fn add(query: &Query, given: &mut Given, name: &str, value: &str) -> Result<Query, QueryError> {
    if name == "mode" {
        let mode: RecognitionMode = value.parse()?;
        assert_eq!((mode.id(), mode.to_string().as_str()), (value, value));
        given.mode = Some(mode);
        return Ok(query.clone().with_mode(mode));
    }
    let as_parameter = query.clone().with_parameter(name, value);
    let (by_name, place) = match name {
        "language" => (query.clone().with_language(value), &mut given.language),
        "cid" => (query.clone().with_custom_model(value), &mut given.model),
        "deploymentId" => (query.clone().with_deployment(value), &mut given.deployment),
        "api-version" => (query.clone().with_api_version(value), &mut given.version),
        _ => {
            if as_parameter.is_ok() {
                assert!(!name.is_empty());
                given.free.push((name.into(), value.into()));
            }
            return as_parameter;
        }
    };
    assert_eq!(as_parameter, by_name);
    if by_name.is_ok() {
        assert!(place.replace(value.into()).is_none(), "{name} is taken twice");
    }
    by_name
}

/// With a deployment, the list of voices comes from the regional host of custom voices; a custom domain has no such host.
fn of_custom_voices(base: &Url) -> Url {
    let mut base = base.clone();
    if let Some((region, rest)) = base.host_str().and_then(|host| host.split_once(".tts.")) {
        let host = format!("{region}.voice.{rest}");
        base.set_host(Some(&host)).expect("a host");
    }
    base
}

/// The sessions that name their deployment in `model`.
const BY_MODEL: [Service; 2] = [Service::OpenAiRealtime, Service::OpenAiRealtimeTranslation];

fn check_url(service: Service, base: &Url, url: &Url, given: &Given) {
    assert_eq!((base.scheme(), base.host_str(), base.port()), (url.scheme(), url.host_str(), url.port()));
    check_path(base.path(), url.path(), given);

    let raw: Vec<&str> = url.query().map(|query| query.split('&').collect()).unwrap_or_default();
    let names: Vec<&str> = raw.iter().map(|item| item.split_once('=').expect("name=value").0).collect();
    assert!(names.is_sorted() && raw.iter().all(|item| item.matches('=').count() == 1), "{url}");

    let pairs: Vec<(String, String)> = url.query_pairs().map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    let values = |pairs: &[(String, String)], name: &str| -> Vec<String> {
        pairs.iter().filter(|(other, _)| other == name).map(|(_, value)| value.clone()).collect()
    };
    let in_base: Vec<(String, String)> = base.query_pairs().map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    for (name, value) in &pairs {
        let named = match name.as_str() {
            "language" => &given.language,
            "cid" => &given.model,
            "deploymentId" => &given.deployment,
            // A deployment has a version of its own.
            "api-version" if given.version.is_none() => {
                assert!(in_base.iter().any(|(_, v)| v == value) || given.deployment.is_some(), "{url}");
                continue;
            }
            "api-version" => &given.version,
            "model" if given.deployment.is_some() && BY_MODEL.contains(&service) => &given.deployment,
            _ if in_base.iter().any(|(other, _)| other == name) => {
                assert_eq!(values(&pairs, name), values(&in_base, name), "{url}");
                continue;
            }
            _ => {
                // Those of one name stay in the order in which they were given.
                assert_eq!(values(&pairs, name), values(&given.free, name), "{url}");
                continue;
            }
        };
        assert_eq!((named.as_ref(), values(&pairs, name).len()), (Some(value), 1), "{name} of {url}");
    }
    for (name, _) in &given.free {
        assert!(pairs.iter().any(|(other, _)| other == name), "{name} is lost: {url}");
    }
    for (name, value) in &in_base {
        let replaced = name == "api-version" && (given.version.is_some() || given.deployment.is_some());
        assert!(replaced || pairs.contains(&(name.clone(), value.clone())), "{name} is lost: {url}");
    }
}

/// A mode, a numbered version and a deployment are part of some paths.
fn check_path(base: &str, path: &str, given: &Given) {
    let version = given.version.as_ref().filter(|version| version.starts_with('v'));
    if let (Some(mode), true) = (given.mode, base.contains("/recognition/conversation/")) {
        assert_eq!(path, base.replace("/conversation/", &format!("/{mode}/")));
    } else if let (Some(version), "/speechtotext/transcriptions") = (version, base) {
        assert_eq!(path, format!("/speechtotext/{version}/transcriptions"));
    } else if let (Some(deployment), Some(end)) = (&given.deployment, base.strip_prefix("/openai/v1")) {
        if path == base {
            return; // The deployment is a parameter of this one.
        }
        let segment = path.strip_prefix("/openai/deployments/").and_then(|rest| rest.strip_suffix(end));
        let segment = segment.unwrap_or_else(|| panic!("{path} in place of {base}"));
        assert!(!segment.contains('/'), "{path}");
        let decoded = form_urlencoded::parse(segment.as_bytes()).next().expect("one name").0;
        assert_eq!(decoded, *deployment);
    } else {
        assert_eq!(path, base);
    }
}

fn is_connection_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// An account with the URL of each service, without a query.
type Base = (Account, Vec<(Service, Option<Url>)>);

static BASES: LazyLock<Vec<Base>> = LazyLock::new(|| {
    let regional = |region: &str| Account::regional(region.parse().expect("a region")).expect("a documented cloud");
    let container = |address: &str| Account::container(address.parse().expect("an address"));
    let custom = Account::custom_domain("contoso".parse().expect("a custom domain"));
    let accounts = [
        regional("westeurope"),
        regional("usgovvirginia"),
        custom.clone(),
        custom.with_access(Access::private_endpoint()),
        Account::openai("contoso".parse().expect("a custom domain")),
        container("http://localhost:5000"),
        container("https://speech.example"),
    ];
    let bases = |account: &Account| {
        Service::all()
            .map(|service| (service, account.endpoint(service).ok().map(|endpoint| endpoint.to_url())))
            .collect()
    };
    accounts.into_iter().map(|account| (account.clone(), bases(&account))).collect()
});
